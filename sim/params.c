#include "params.h"
#include <errno.h>

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int decode(struct params *p, struct view raw, struct view *ret_text)
{
	char *start = p->bytes + p->used;
	size_t n = 0;

	if (raw.n > PARAMS_BYTES_MAX - p->used)
		return -E2BIG;
	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i] == '+' ? ' ' : raw.p[i];
		if (c == '%') {
			if (raw.n - i < 3 || hex(raw.p[i + 1]) < 0 || hex(raw.p[i + 2]) < 0)
				return -EINVAL;
			c = (char)(hex(raw.p[i + 1]) << 4 | hex(raw.p[i + 2]));
			i += 2;
		}
		start[n++] = c;
	}
	p->used += n;
	*ret_text = (struct view){ start, n };
	return 0;
}

int params_add(struct params *p, struct view text)
{
	while (text.n) {
		struct view value, item = view_cut(text, '&', &text);
		struct view name = view_cut(item, '=', &value);

		if (!name.n)
			continue;
		if (p->count == PARAMS_COUNT_MAX)
			return -E2BIG;
		int err = decode(p, name, &p->items[p->count].name);
		if (!err)
			err = decode(p, value, &p->items[p->count].value);
		if (err)
			return err;
		p->count++;
	}
	return 0;
}

struct view params_get(const struct params *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (view_eq(p->items[i].name, view_str(name)))
			return p->items[i].value;
	return (struct view){};
}

int params_number(const struct params *p, const char *name, uint64_t max, uint64_t *ret_value)
{
	struct view text = params_get(p, name);
	return text.n ? view_u64(text, max, ret_value) : -ENOENT;
}
