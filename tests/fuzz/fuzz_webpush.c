/* Subscriptions as browsers give them: an endpoint and two keys, a line each. */
#include "proto/webpush.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_endpoint(struct view text)
{
	struct webpush_endpoint e;

	if (webpush_endpoint_read(text, &e) < 0)
		return;
	if (e.origin.p != text.p || e.origin.n > text.n || e.host.p < text.p || e.host.n == 0 ||
	    e.host.p + e.host.n > text.p + e.origin.n || e.port == 0)
		abort();
	if (memchr(text.p, '\n', text.n) || memchr(text.p, '@', e.origin.n))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(WEBPUSH_BODY_MAX);
	struct view rest, auth;
	const struct view endpoint = view_cut((struct view){ (const char *)data, n }, '\n', &rest);
	const struct view p256dh = view_cut(rest, '\n', &auth);
	struct webpush_keys keys;

	check_endpoint(endpoint);
	/* Whatever is taken for keys can be written to. */
	if (webpush_keys_read(p256dh, auth, &keys) == 0 &&
	    webpush_encrypt(&keys, VIEW("{}"), rand_system(), &out) < 0)
		abort();
	return 0;
}
