#include "io/http_head.h"

#include <errno.h>
#include <string.h>

/* RFC 9110 section 5.6.2 */
static bool is_token_char(char c)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool is_token(struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (!is_token_char(v.p[i]))
			return false;
	}
	return v.n > 0;
}

/* Visible ASCII: whatever else a target holds must come percent-encoded. */
static bool is_visible(struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < 0x21 || v.p[i] > 0x7e)
			return false;
	}
	return v.n > 0;
}

/* RFC 9112 section 3.2.1, the form of a server that is no proxy. Of other forms, and of "//host",
 * evhttp takes the host apart; what it does not like it may answer twice. */
static bool is_target(struct view v)
{
	return is_visible(v) && v.p[0] == '/' && (v.n == 1 || v.p[1] != '/');
}

/* RFC 9110 section 5.5: HTAB, SP, visible ASCII, and bytes above it. */
static bool is_value(struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* An empty line before the request line, which RFC 9112 section 2.2 lets a server skip, is refused:
 * no client of ours sends one. */
static int judge_request_line(struct http_head *h, struct view line)
{
	struct view rest, method = view_cut(line, ' ', &rest);
	struct view version, target = view_cut(rest, ' ', &version);

	if (!is_token(method) || !is_target(target))
		return -EBADMSG;
	h->started = true;
	if (view_eq(version, VIEW("HTTP/1.1")))
		h->minor = 1;
	else if (!view_eq(version, VIEW("HTTP/1.0")))
		return view_starts(version, VIEW("HTTP/")) && is_visible(version) ? -ENOTSUP
										 : -EBADMSG;
	return 0;
}

/* RFC 9112 section 6.3: a list of equal lengths may be folded into one; we refuse it too. */
static int judge_length(struct http_head *h, struct view value)
{
	if (h->has_length || view_u64(value, INT64_MAX, &h->body_size))
		return -EBADMSG;
	h->has_length = true;
	return 0;
}

/* The one coding that evhttp takes apart. RFC 9112 section 6.1: none in HTTP/1.0. */
static int judge_coding(struct http_head *h, struct view value)
{
	if (h->chunked || h->minor == 0 || !view_ieq(value, VIEW("chunked")))
		return -EBADMSG;
	h->chunked = true;
	return 0;
}

static int judge_field(struct http_head *h, struct view line)
{
	const char *colon = memchr(line.p, ':', line.n);
	struct view name, value;

	if (!colon)
		return -EBADMSG;
	name = (struct view){ line.p, (size_t)(colon - line.p) };
	value = view_trim((struct view){ colon + 1, line.n - name.n - 1 });
	if (!is_token(name) || !is_value(value)) /* a folded line has a space in its name */
		return -EBADMSG;
	if (++h->fields > HTTP_FIELDS_MAX)
		return -EMSGSIZE;
	if (view_ieq(name, VIEW("Content-Length")))
		return judge_length(h, value);
	if (view_ieq(name, VIEW("Transfer-Encoding")))
		return judge_coding(h, value);
	if (view_ieq(name, VIEW("Host"))) {
		if (h->has_host)
			return -EBADMSG;
		h->has_host = true;
	}
	return 0;
}

/* RFC 9112 section 3.2: HTTP/1.1 needs a Host. Section 6.1: both lengths are an attack. */
static int judge_end(const struct http_head *h)
{
	if (!h->started || (h->has_length && h->chunked) || (h->minor == 1 && !h->has_host))
		return -EBADMSG;
	return 0;
}

/* line: without its LF. *ret_end: it was the empty line. */
static int judge_line(struct http_head *h, struct view line, bool *ret_end)
{
	if (line.n == 0 || line.p[line.n - 1] != '\r')
		return -EBADMSG;
	line.n--;
	if (memchr(line.p, '\r', line.n))
		return -EBADMSG;
	*ret_end = line.n == 0;
	if (*ret_end)
		return judge_end(h);
	return h->started ? judge_field(h, line) : judge_request_line(h, line);
}

int http_head_check(struct http_head *h, struct view raw)
{
	size_t seen = raw.n < HTTP_HEAD_MAX ? raw.n : HTTP_HEAD_MAX;

	while (h->scanned < seen) {
		const char *lf = memchr(raw.p + h->scanned, '\n', seen - h->scanned);
		size_t end = lf ? (size_t)(lf - raw.p) : seen;
		bool last;
		int err;

		if (end - h->line_at >= HTTP_LINE_MAX)
			return -EMSGSIZE;
		h->scanned = end;
		if (!lf)
			break;
		err = judge_line(h, (struct view){ raw.p + h->line_at, end - h->line_at }, &last);
		if (err)
			return err;
		h->line_at = h->scanned = end + 1;
		if (last) {
			h->size = end + 1;
			return 0;
		}
	}
	return seen == HTTP_HEAD_MAX ? -EMSGSIZE : -EAGAIN;
}
