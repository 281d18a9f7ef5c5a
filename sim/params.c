#include "params.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

/* Multipart */

enum { BOUNDARY_MAX = 70 }; /* RFC 2046 section 5.1.1 */

/* name=value or name="value" of a header's parameters; quoted pairs are not undone. */
static struct view parameter(struct view header, struct view name)
{
	struct view item, key;

	(void)view_cut(header, ';', &header);
	while (header.n) {
		item = view_trim(view_cut(header, ';', &header));
		key = view_trim(view_cut(item, '=', &item));
		item = view_trim(item);
		if (!view_ieq(key, name))
			continue;
		if (item.n >= 2 && item.p[0] == '"' && item.p[item.n - 1] == '"')
			item = (struct view){ item.p + 1, item.n - 2 };
		return item;
	}
	return (struct view){};
}

struct view params_media_type(struct view content_type)
{
	struct view rest;

	return view_trim(view_cut(content_type, ';', &rest));
}

struct view params_boundary(struct view content_type)
{
	struct view boundary = {};

	if (view_ieq(params_media_type(content_type), VIEW("multipart/form-data")))
		boundary = parameter(content_type, VIEW("boundary"));
	return boundary.n <= BOUNDARY_MAX ? boundary : (struct view){};
}

/* What stands before the next delimiter, which *rest moves behind. False without one. */
static bool take_part(struct view *rest, struct view delimiter, struct view *ret_part)
{
	const char *at = rest->n ? memmem(rest->p, rest->n, delimiter.p, delimiter.n) : NULL;

	if (!at)
		return false;
	*ret_part = (struct view){ rest->p, (size_t)(at - rest->p) };
	*rest = (struct view){ at + delimiter.n, rest->n - ret_part->n - delimiter.n };
	return true;
}

static int copy(struct params *p, struct view raw, struct view *ret_text)
{
	if (raw.n > PARAMS_BYTES_MAX - p->used)
		return -E2BIG;
	*ret_text = (struct view){ p->bytes + p->used, raw.n };
	if (raw.n)
		memcpy(p->bytes + p->used, raw.p, raw.n);
	p->used += raw.n;
	return 0;
}

static struct view name_of_part(struct view head)
{
	while (head.n) {
		struct view value, line = view_line(head, &head);
		struct view name = view_cut(line, ':', &value);

		if (view_ieq(name, VIEW("content-disposition")))
			return parameter(value, VIEW("name"));
	}
	return (struct view){};
}

static int add_part(struct params *p, struct view part)
{
	struct view head;

	if (!take_part(&part, VIEW("\r\n\r\n"), &head))
		return -EINVAL;
	struct view name = name_of_part(head);
	if (!name.n)
		return -EINVAL;
	if (p->count == PARAMS_COUNT_MAX)
		return -E2BIG;
	int err = copy(p, name, &p->items[p->count].name);
	if (!err)
		err = copy(p, part, &p->items[p->count].value);
	if (!err)
		p->count++;
	return err;
}

int params_add_multipart(struct params *p, struct view body, struct view boundary)
{
	char text[BOUNDARY_MAX + 4];
	struct view part;
	int n = snprintf(text, sizeof(text), "\r\n--%.*s", (int)boundary.n, boundary.p);
	const struct view delimiter = { text, (size_t)n };
	const struct view first = { text + 2, delimiter.n - 2 };

	if (!take_part(&body, first, &part) || part.n)
		return -EINVAL;
	while (!view_starts(body, VIEW("--"))) {
		if (!view_starts(body, VIEW("\r\n")) || !take_part(&body, delimiter, &part) ||
		    part.n < 2)
			return -EINVAL;
		int err = add_part(p, (struct view){ part.p + 2, part.n - 2 });
		if (err)
			return err;
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
