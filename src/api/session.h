/* api/session.h - who is asking: sign-in, the cookie, and sign-out.
 *
 * The cookie holds a random token; only its hash is stored, so that a stolen database signs nobody
 * in. A session ends when it was idle for SESSION_IDLE_MS, and after SESSION_MAX_MS in any case. */
#pragma once
#include "api/request.h"

enum {
	SESSION_TOUCH_MS = 5 * 60 * 1000, /* a use is written down at most this often */
	SESSION_FRESH_MS = 10 * 60 * 1000, /* for how long a proof to be there is good */
};
#define SESSION_IDLE_MS (INT64_C(7) * 24 * 3600 * 1000)
#define SESSION_MAX_MS (INT64_C(30) * 24 * 3600 * 1000)
#define SESSION_COOKIE "session"

struct person_row;

/* Fills r->who from the cookie. -ENOENT without a session that is good. */
[[nodiscard]] int session_authenticate(struct request *r);
/* Signs the person in with a new session and its cookie; what the browser had before is over. Best
 * in a transaction. -ENOENT: the person is disabled. */
[[nodiscard]] int session_begin(struct request *r, const struct person_row *person);
/* Fills r->who as if the person had signed in. -ENOENT: the person is disabled. */
[[nodiscard]] int session_person(struct request *r, const struct person_row *person);
/* Whether the person proved to be there of late. ANSWERED when it must do so first. */
[[nodiscard]] int session_ask_fresh(struct request *r);
/* Who r->who is, as session_shape. */
int session_reply(struct request *r);
/* Whom a request comes from, as text for people and logs. */
struct view session_address(struct request *r);
/* What the client says that it is, as printable ASCII. */
struct view session_agent(struct request *r);

/* The hash of the token in a cookie. -ENOENT: there is none. */
[[nodiscard]] int cookie_hash(struct request *r, const char *name, struct view *ret_hash);
/* The cookie as it came, NAME=VALUE; empty without it. */
struct view cookie_field(struct request *r, const char *name);
void cookie_set(struct request *r, const char *name, const char *token, int64_t age_ms);
