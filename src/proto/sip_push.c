#include "proto/sip_push.h"

#include <string.h>

/* What stands behind the host: a password before it may have semicolons too. */
static struct view params_of(struct view uri)
{
	const char *at = memchr(uri.p ? uri.p : "", '@', uri.n);
	struct view rest = at ? (struct view){ at + 1, (size_t)(uri.p + uri.n - at - 1) } : uri;
	struct view headers;

	rest = view_cut(rest, '?', &headers);
	view_cut(rest, ';', &rest);
	return rest;
}

bool sip_push_read(struct view uri, struct sip_push *ret_push)
{
	struct view rest = params_of(uri);
	struct sip_push push = {};
	unsigned providers = 0;

	while (rest.n > 0) {
		struct view value, param = view_cut(rest, ';', &rest);
		const struct view name = view_cut(param, '=', &value);

		if (view_ieq(name, VIEW("pn-provider"))) {
			push.provider = value;
			providers++;
		} else if (view_ieq(name, VIEW("pn-prid"))) {
			push.prid = value;
		} else if (view_ieq(name, VIEW("pn-param"))) {
			push.param = value;
		}
	}
	if (providers != 1)
		return false;
	*ret_push = push;
	return true;
}

bool sip_push_is_whole(const struct sip_push *push)
{
	return push->provider.n > 0 && push->prid.n > 0;
}

bool sip_push_is_among(struct view provider, const char *words)
{
	struct view rest = view_str(words);

	while (rest.n > 0) {
		const struct view word = view_cut(rest, ' ', &rest);

		if (word.n > 0 && view_ieq(word, provider))
			return true;
	}
	return false;
}

static int digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

void sip_push_plain(struct view v, struct buf *out)
{
	for (size_t i = 0; i < v.n; i++) {
		const bool escape = v.p[i] == '%' && i + 2 < v.n && digit(v.p[i + 1]) >= 0 &&
				    digit(v.p[i + 2]) >= 0;

		if (escape) {
			buf_chr(out, (char)(digit(v.p[i + 1]) << 4 | digit(v.p[i + 2])));
			i += 2;
		} else {
			buf_chr(out, v.p[i]);
		}
	}
}
