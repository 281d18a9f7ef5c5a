/* base/buf.h - bytes: a borrowed view and a growable buffer.
 *
 * A view owns nothing and is not NUL-terminated. A buf owns its memory, belongs to one thread, and
 * keeps the first error it met: callers append freely and look at `err` once, at the end. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view {
	const char *p;
	size_t n;
};

#define VIEW(lit) ((struct view){ (lit), sizeof(lit) - 1 })

/* NULL gives the empty view. */
struct view view_str(const char *cstr);
bool view_eq(struct view a, struct view b);
/* ASCII case only: header names, tokens, methods. */
bool view_ieq(struct view a, struct view b);
bool view_starts(struct view v, struct view prefix);
/* Without SP, HTAB, CR, LF at both ends. */
struct view view_trim(struct view v);
/* Its beginning of at most max bytes, not through the middle of a character of UTF-8. */
struct view view_head(struct view v, size_t max);
/* What stands before the first `sep`; *rest becomes what follows it, or is empty without a `sep`. */
struct view view_cut(struct view v, char sep, struct view *rest);
/* The next line without its CRLF or LF; *rest moves on. */
struct view view_line(struct view v, struct view *rest);
/* Decimal digits only, no sign. 0; -EINVAL on anything else or the empty view; -ERANGE above max. */
[[nodiscard]] int view_u64(struct view v, uint64_t max, uint64_t *ret_value);
/* A NUL-terminated copy for free(); NULL without memory. */
[[nodiscard]] char *view_dup(struct view v);

struct buf {
	char *p;
	size_t n;
	size_t cap;
	size_t max; /* bytes; an append beyond it sets err = -EMSGSIZE and leaves the content alone */
	int err;    /* 0, -ENOMEM or -EMSGSIZE; sticky */
};

#define BUF_INIT(max_bytes) ((struct buf){ .max = (max_bytes) })

void buf_free(struct buf *b);
/* Empties and clears the error, keeps the memory. */
void buf_reset(struct buf *b);
void buf_add(struct buf *b, struct view v);
void buf_str(struct buf *b, const char *cstr);
void buf_chr(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Takes the first n bytes away. */
void buf_eat(struct buf *b, size_t n);
struct view buf_view(const struct buf *b);
/* A NUL behind the content (not counted), or NULL when the buffer carries an error. */
const char *buf_cstr(struct buf *b);
