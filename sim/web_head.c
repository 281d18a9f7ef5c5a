#include "web_head.h"
#include <errno.h>
#include <string.h>

enum {
	BAD_REQUEST = 400,
	TOO_LARGE = 413,
	MANY_FIELDS = 431,
	NOT_IMPLEMENTED = 501,
	OTHER_VERSION = 505,
};

size_t web_head_size(struct view bytes)
{
	const char *end = bytes.n ? memmem(bytes.p, bytes.n, "\r\n\r\n", 4) : NULL;

	return end ? (size_t)(end - bytes.p) + 4 : 0;
}

/* The next line without its CRLF. False for a bare CR or LF, or a control character other than
 * TAB: what one reader takes for the end of a line another does not. */
static bool take_line(struct view *rest, struct view *ret_line)
{
	size_t n = 0;

	while (n < rest->n && rest->p[n] != '\r') {
		const unsigned char c = (unsigned char)rest->p[n++];
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	if (rest->n - n < 2 || rest->p[n + 1] != '\n')
		return false;
	*ret_line = (struct view){ rest->p, n };
	*rest = (struct view){ rest->p + n + 2, rest->n - n - 2 };
	return true;
}

/* RFC 9110 section 5.6.2. */
static bool is_token(struct view v)
{
	static const char allowed[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (size_t i = 0; i < v.n; i++)
		if (!memchr(allowed, v.p[i], sizeof(allowed) - 1))
			return false;
	return v.n > 0;
}

static unsigned read_first(struct view line, struct web_head *h)
{
	struct view rest, version, target;

	h->method = view_cut(line, ' ', &rest);
	target = view_cut(rest, ' ', &version);
	if (!is_token(h->method) || !target.n || target.p[0] != '/' || !version.n)
		return BAD_REQUEST;
	if (!view_eq(version, VIEW("HTTP/1.1")) && !view_eq(version, VIEW("HTTP/1.0")))
		return view_starts(version, VIEW("HTTP/")) ? OTHER_VERSION : BAD_REQUEST;
	h->close = view_eq(version, VIEW("HTTP/1.0"));
	h->path = view_cut(target, '?', &h->query);
	return 0;
}

/* A list of tokens names one. */
static bool names(struct view list, struct view token)
{
	while (list.n)
		if (view_ieq(view_trim(view_cut(list, ',', &list)), token))
			return true;
	return false;
}

static unsigned read_length(struct view value, bool *sized, struct web_head *h)
{
	uint64_t n = 0;
	const int err = view_u64(value, WEB_BODY_MAX, &n);

	if (*sized || (err && err != -ERANGE))
		return BAD_REQUEST;
	*sized = true;
	h->body_n = n;
	return err ? TOO_LARGE : 0;
}

static unsigned read_field(struct view line, bool *sized, struct web_head *h)
{
	struct view value, name = view_cut(line, ':', &value);

	if (!is_token(name) || name.n == line.n)
		return BAD_REQUEST;
	value = view_trim(value);
	if (view_ieq(name, VIEW("content-length")))
		return read_length(value, sized, h);
	if (view_ieq(name, VIEW("transfer-encoding")))
		return NOT_IMPLEMENTED;
	if (view_ieq(name, VIEW("content-type")))
		h->type = value;
	else if (view_ieq(name, VIEW("accept-language")))
		h->languages = value;
	else if (view_ieq(name, VIEW("connection")))
		h->close |= names(value, VIEW("close"));
	else if (view_ieq(name, VIEW("expect")))
		h->expects = view_ieq(value, VIEW("100-continue"));
	return 0;
}

unsigned web_head_read(struct view head, struct web_head *ret_head)
{
	struct web_head h = {};
	struct view line;
	bool sized = false;
	unsigned status = take_line(&head, &line) ? read_first(line, &h) : BAD_REQUEST;

	for (size_t i = 0; !status; i++) {
		if (!take_line(&head, &line))
			return BAD_REQUEST;
		if (!line.n)
			break;
		status = i < WEB_FIELDS_MAX ? read_field(line, &sized, &h) : MANY_FIELDS;
	}
	if (!status)
		*ret_head = h;
	return status;
}
