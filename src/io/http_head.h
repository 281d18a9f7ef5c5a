/* io/http_head.h - the strict look at the raw head of a request, before any other parser sees it.
 *
 * Two parsers that disagree on where a request ends are how requests are smuggled; what could be
 * read in two ways is refused here: bare CR or LF, control characters, folded lines, space before
 * the colon, a second or a contradicting length (RFC 9112 sections 2.2, 3, 5, 6 and 11.2).
 *
 * Pure: no I/O, no allocation. A struct belongs to one thread. The work is linear in the bytes of
 * the head, however small the pieces in which they come. */
#pragma once
#include "base/buf.h"

enum {
	HTTP_HEAD_MAX = 16 * 1024, /* bytes, with the empty line at the end */
	HTTP_LINE_MAX = 8 * 1024,  /* bytes of one line, with its CRLF */
	HTTP_FIELDS_MAX = 100,
};

struct http_head {
	size_t size;          /* bytes of the head, once it is whole */
	uint64_t body_size;   /* bytes, from Content-Length; 0 without one */
	bool has_length;
	bool chunked;
	bool has_host;
	unsigned minor;       /* HTTP/1.minor: 0 or 1 */
	unsigned fields;
	size_t line_at;       /* where the line begins that is not judged yet */
	size_t scanned;       /* no LF in line_at..scanned */
	bool started;         /* the request line is judged */
};

/* Looks at what came in so far. *h starts as {} and `raw` is, at each call, everything since the
 * first byte of the request; the bytes behind the head are not looked at. After anything but
 * -EAGAIN the struct is done.
 * 0: the head is whole and fair, h->size tells its end. -EAGAIN: more is needed.
 * -EBADMSG: refuse with 400. -EMSGSIZE: refuse with 431. -ENOTSUP: a version other than 1.0 and
 * 1.1, refuse with 505. */
[[nodiscard]] int http_head_check(struct http_head *h, struct view raw);
