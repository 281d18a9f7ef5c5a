/* api/session.h - who is asking: sign-in, the cookie, and sign-out.
 *
 * The cookie holds a random token; only its hash is stored, so that a stolen database signs nobody
 * in. A session ends when it was idle for SESSION_IDLE_MS, and after SESSION_MAX_MS in any case. */
#pragma once
#include "api/request.h"

enum {
	SESSION_TOUCH_MS = 5 * 60 * 1000, /* a use is written down at most this often */
};
#define SESSION_IDLE_MS (INT64_C(7) * 24 * 3600 * 1000)
#define SESSION_MAX_MS (INT64_C(30) * 24 * 3600 * 1000)

/* Fills r->who from the cookie. -ENOENT without a session that is good. */
[[nodiscard]] int session_authenticate(struct request *r);
