/* A request to the simulated door: its head, then its parameters in the three ways they come. */
#include "params.h"
#include "web_head.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void inside(const struct params *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].value.n &&
		    (p->items[i].value.p < p->bytes ||
		     p->items[i].value.p + p->items[i].value.n > p->bytes + PARAMS_BYTES_MAX))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct view all = { (const char *)data, n };
	const size_t head_n = web_head_size(all);
	struct web_head head;
	struct params p = {};

	if (!head_n || web_head_read((struct view){ all.p, head_n }, &head))
		return 0;
	if (head.body_n > WEB_BODY_MAX || !head.path.n)
		abort();
	const struct view body = { all.p + head_n, n - head_n };
	const struct view boundary = params_boundary(head.type);
	if (!params_add(&p, head.query) && boundary.n)
		(void)params_add_multipart(&p, body, boundary);
	else
		(void)params_add(&p, body);
	inside(&p);
	return 0;
}
