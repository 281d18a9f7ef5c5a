#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BUF_FIRST = 256 };

struct view view_str(const char *cstr)
{
	return cstr ? (struct view){ cstr, strlen(cstr) } : (struct view){ "", 0 };
}

bool view_eq(struct view a, struct view b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool view_ieq(struct view a, struct view b)
{
	return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

bool view_starts(struct view v, struct view prefix)
{
	return v.n >= prefix.n && view_eq((struct view){ v.p, prefix.n }, prefix);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct view view_trim(struct view v)
{
	while (v.n > 0 && is_blank(v.p[0])) {
		v.p++;
		v.n--;
	}
	while (v.n > 0 && is_blank(v.p[v.n - 1]))
		v.n--;
	return v;
}

struct view view_head(struct view v, size_t max)
{
	size_t n = max;

	if (v.n <= max)
		return v;
	while (n > 0 && ((unsigned char)v.p[n] & 0xc0) == 0x80)
		n--;
	return (struct view){ v.p, n };
}

struct view view_cut(struct view v, char sep, struct view *rest)
{
	const char *at = v.n > 0 ? memchr(v.p, sep, v.n) : NULL;

	if (!at) {
		*rest = (struct view){ "", 0 };
		return v;
	}
	const size_t head = (size_t)(at - v.p);
	*rest = (struct view){ at + 1, v.n - head - 1 };
	return (struct view){ v.p, head };
}

struct view view_line(struct view v, struct view *rest)
{
	struct view line = view_cut(v, '\n', rest);

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

int view_u64(struct view v, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (v.n == 0)
		return -EINVAL;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return -EINVAL;
		const uint64_t digit = (uint64_t)(v.p[i] - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	if (value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

char *view_dup(struct view v)
{
	char *copy = malloc(v.n + 1);

	if (!copy)
		return NULL;
	if (v.n > 0)
		memcpy(copy, v.p, v.n);
	copy[v.n] = '\0';
	return copy;
}

void buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .max = b->max };
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->err = 0;
}

/* Room for n more bytes and a NUL that is not counted. */
static bool buf_room(struct buf *b, size_t n)
{
	if (b->err)
		return false;
	if (n > b->max || b->n > b->max - n) {
		b->err = -EMSGSIZE;
		return false;
	}
	const size_t need = b->n + n + 1;
	if (need <= b->cap)
		return true;
	size_t cap = b->cap ? b->cap : BUF_FIRST;
	while (cap < need)
		cap *= 2;
	char *p = realloc(b->p, cap);
	if (!p) {
		b->err = -ENOMEM;
		return false;
	}
	b->p = p;
	b->cap = cap;
	return true;
}

void buf_add(struct buf *b, struct view v)
{
	if (!buf_room(b, v.n) || v.n == 0)
		return;
	memcpy(b->p + b->n, v.p, v.n);
	b->n += v.n;
}

void buf_str(struct buf *b, const char *cstr)
{
	buf_add(b, view_str(cstr));
}

void buf_chr(struct buf *b, char c)
{
	if (buf_room(b, 1))
		b->p[b->n++] = c;
}

/* What fits into the room that is there, as most does, is formatted once. */
void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	size_t room;
	int n;

	if (!buf_room(b, 0))
		return;
	room = b->cap - b->n;
	va_copy(again, ap);
	n = vsnprintf(b->p + b->n, room, fmt, ap);
	if (n >= 0 && buf_room(b, (size_t)n)) {
		if ((size_t)n >= room)
			vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_eat(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
		return;
	}
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

struct view buf_view(const struct buf *b)
{
	return (struct view){ b->p ? b->p : "", b->n };
}

const char *buf_cstr(struct buf *b)
{
	if (!buf_room(b, 0))
		return NULL;
	b->p[b->n] = '\0';
	return b->p;
}
