/* What an app may say: what is understood keeps to its limits, and what is not is named. */
#include "proto/app_message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool inside(const struct app_message *m)
{
	if (m->word >= APP_NWORDS || m->ref.n > APP_REF_MAX || m->to.n > APP_TO_MAX)
		return false;
	if (m->word == APP_DIAL)
		return m->to.n > 0;
	if (m->word == APP_DIGIT && !strchr("0123456789*#ABCD", m->digit))
		return false;
	return m->call > 0 && (m->word != APP_RESUME || m->token.n == APP_TOKEN_DIGITS) &&
	       (m->word != APP_SDP || m->sdp.n) && (m->word != APP_OPEN || m->number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1024 * 1024);
	CLEANUP(buf_free) struct buf out = BUF_INIT(64 * 1024);
	struct app_message m = {};
	const char *why = NULL;

	const int rc = app_message_read((struct view){ (const char *)data, n }, &arena, &m, &why);

	if ((rc == 0) == (why != NULL) || (rc == 0 && !inside(&m)))
		abort();
	app_error_print(&out, m.call, m.ref, "bad_message", why ? why : "");
	if (out.err)
		abort();
	return 0;
}
