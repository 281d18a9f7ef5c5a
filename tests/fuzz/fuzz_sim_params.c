/* A query and, behind a NUL, a body of the simulated door: what is read, written anew with every
 * byte escaped, reads the same. */
#include "base/mem.h"
#include "params.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void escape(struct buf *out, struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		buf_printf(out, "%%%02x", (unsigned char)v.p[i]);
}

static void write_again(const struct params *p, struct buf *out)
{
	for (size_t i = 0; i < p->count; i++) {
		buf_chr(out, '&');
		escape(out, p->items[i].name);
		buf_chr(out, '=');
		escape(out, p->items[i].value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct params p, q;
	CLEANUP(buf_free) struct buf text = BUF_INIT(1 << 20);
	struct view body;
	const struct view query = view_cut((struct view){ (const char *)data, n }, '\0', &body);
	uint64_t number = 0;
	int rc;

	p.count = p.used = q.count = q.used = 0;
	rc = params_add(&p, query);
	if (rc == 0)
		rc = params_add(&p, body);
	if (rc != 0 && rc != -EINVAL && rc != -E2BIG)
		abort();
	if (p.count > PARAMS_COUNT_MAX || p.used > PARAMS_BYTES_MAX ||
	    (params_number(&p, "timeout", 600, &number) == 0 && number > 600))
		abort();
	write_again(&p, &text);
	if (text.err || params_add(&q, buf_view(&text)) || q.count != p.count)
		abort();
	for (size_t i = 0; i < p.count; i++)
		if (!view_eq(p.items[i].name, q.items[i].name) ||
		    !view_eq(p.items[i].value, q.items[i].value))
			abort();
	return 0;
}
