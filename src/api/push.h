/* api/push.h - notices to sleeping phones, as the routes see them: who we are to push services, and
 * what a token of a notice does. */
#pragma once
#include "api/secret.h"
#include "base/err.h"
#include "proto/webpush.h"
#include "store/db.h"

/* How the routes reach the push sender and the calls. The functions may wait, for PUSH_WAIT_MS at
 * most, and are called on any worker. */
enum { PUSH_WAIT_MS = 3000 };

struct push_way {
	const char *key; /* our public key, in base64url; NULL: there are no notices */
	bool private;    /* push services may be anywhere: see office/post.h */
	/* The notice has come. -ENOENT: no such token, or it was used. */
	int (*seen)(void *arg, struct view token);
	/* Opens the door. -ENOENT likewise, and where the call rings no more; -EAGAIN: there is too
	 * much to do. */
	int (*open)(void *arg, struct view token);
	void *arg;
};

/* Our key pair, made at the first time and then kept in the store, sealed with the master key. What
 * another master key sealed is lost, and all subscriptions with it. Begins a transaction. */
[[nodiscard]] int push_key_open(struct db *db, const struct secret_key *key, struct rand *rand,
				int64_t now_ms, struct webpush_pair *ret_pair, struct err *err);
