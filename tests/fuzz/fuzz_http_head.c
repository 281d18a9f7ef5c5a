/* The head of a request, whole and in pieces: both are judged alike, and what is fair leaves
 * nothing to a second opinion. The first byte says how large the pieces are. */
#include "io/http_head.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool good)
{
	if (!good)
		abort();
}

static bool names(struct view line, struct view name)
{
	return line.n > name.n && view_ieq((struct view){ line.p, name.n }, name) &&
	       line.p[name.n] == ':';
}

static void check_fair(struct view head)
{
	struct view rest = head, line;
	unsigned lengths = 0, codings = 0;

	check(head.n <= HTTP_HEAD_MAX && head.n >= 4);
	check(memcmp(head.p + head.n - 4, "\r\n\r\n", 4) == 0);
	for (size_t i = 0; i < head.n; i++) {
		const unsigned char c = (unsigned char)head.p[i];

		check(c >= 0x20 || c == '\t' || c == '\r' || c == '\n');
		check(c != '\n' || (i > 0 && head.p[i - 1] == '\r'));
		check(c != '\r' || (i + 1 < head.n && head.p[i + 1] == '\n'));
	}
	while ((line = view_line(rest, &rest)).n > 0) {
		check(line.p[0] != ' ' && line.p[0] != '\t');
		lengths += names(line, VIEW("Content-Length"));
		codings += names(line, VIEW("Transfer-Encoding"));
	}
	check(rest.n == 0 && lengths + codings <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const size_t step = n ? 1 + (size_t)data[0] : 1;
	const struct view raw = { (const char *)data + (n > 0), n ? n - 1 : 0 };
	struct http_head whole = {}, parts = {};
	const int rc = http_head_check(&whole, raw);
	int again = -EAGAIN;

	for (size_t at = 0; again == -EAGAIN && at < raw.n;) {
		at = raw.n - at < step ? raw.n : at + step;
		again = http_head_check(&parts, (struct view){ raw.p, at });
	}
	check(rc == again);
	if (rc < 0)
		return 0;
	check(whole.size == parts.size && whole.body_size == parts.body_size);
	check(whole.chunked == parts.chunked && whole.size <= raw.n);
	check_fair((struct view){ raw.p, whole.size });
	return 0;
}
