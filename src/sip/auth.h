/* sip/auth.h - who sent this request: digest with MD5 and SHA-256 (RFC 3261 section 22, RFC 7616,
 * RFC 8760), qop=auth.
 *
 * Everything on the sip loop's thread.
 *
 * Invariants:
 *   1. A challenge costs no memory: a nonce carries its time and a keyed hash of it, so that only we
 *      can make one.
 *   2. No credentials count twice: each nonce that was used well keeps a window of the counts (nc)
 *      seen. When the table is full the oldest nonce leaves it, and every untracked nonce up to that
 *      age is stale from then on.
 *   3. An unknown user costs as much work as a wrong password, and gets the same answer. */
#pragma once
#include "base/clock.h"
#include "base/rand.h"
#include "sip/endpoint.h"

enum {
	AUTH_NONCE_LIFE_MS = 3600000,
	AUTH_NONCES_MAX = 262144, /* nonces in use */
	AUTH_WINDOW = 64,         /* counts below the highest that may still come late */
	AUTH_FIELD_MAX = 1024,    /* bytes of one value of an Authorization header */
};

enum auth_result {
	AUTH_NONE,    /* no credentials that we asked for */
	AUTH_OK,
	AUTH_REPEAT,  /* the very message that was good before, from where it came before */
	AUTH_STALE,   /* the password is right, the nonce is too old or used */
	AUTH_WRONG,   /* password, or credentials made for another request */
	AUTH_UNKNOWN, /* no such user */
};

struct auth_conf {
	const char *realm; /* outlives the auth */
	const struct clock *clock;
	struct rand *rand;
	bool offer_sha256; /* see sip/endpoint.h */
	bool (*secret)(void *arg, uint64_t user, struct sip_secret *ret_secret);
	void *arg;
};

struct auth;
[[nodiscard]] int auth_new(const struct auth_conf *conf, struct auth **ret_auth);
void auth_free(struct auth *auth);
/* *ret_user is set with AUTH_OK, AUTH_REPEAT, AUTH_STALE and AUTH_WRONG. */
enum auth_result auth_check(struct auth *auth, const struct sip_msg *msg, const struct flow *flow,
			    uint64_t *ret_user);
/* A WWW-Authenticate line for MD5; with offer_sha256 one for SHA-256 before it. */
void auth_challenge(struct auth *auth, bool stale, struct buf *out);
/* "0000000000" … "9999999999": ten digits. 0 or -EINVAL. */
[[nodiscard]] int auth_user(struct view text, uint64_t *ret_user);
