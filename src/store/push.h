/* store/push.h - subscriptions of browsers to be woken, and the key pair that push services know us
 * by.
 *
 * A subscription is an endpoint (one browser on one phone) for a device; the same endpoint may
 * stand for several devices. Who writes holds a transaction; what changes whether a device can be
 * woken appends to the feed as a change of the device. */
#pragma once
#include "store/db.h"

enum {
	PUSH_PER_DEVICE_MAX = 10,   /* subscriptions; a further one takes the oldest's place */
	PUSH_PER_ENDPOINT_MAX = 64, /* devices */
};

struct push_row {
	int64_t id;
	int64_t site_id;
	int64_t device;
	int64_t person_id;  /* who is signed in there; DB_INT_NULL: a device's ID and password is */
	int64_t session_id; /* of that person: the subscription ends with it */
	struct view app_token_hash; /* of a device's session: likewise; p NULL: none */
	struct view endpoint;
	struct view p256dh, auth; /* bytes */
	struct view language;
	int64_t created_at;
	int64_t failures; /* in a row */
	int64_t retry_at; /* nothing is sent before */
};

struct push_place {
	int64_t site_id;
	int64_t device;
};

[[nodiscard]] int push_prepare(struct db *db, struct err *err);

/* From now on this endpoint stands for these devices and no others, whoever had it before: a
 * browser has but one. `row` gives everything but id, site and device. -ENOLINK: no such device or
 * session; -E2BIG: more than PUSH_PER_ENDPOINT_MAX. */
[[nodiscard]] int push_replace(struct db *db, int64_t now_ms, const struct push_row *row,
			       const struct push_place *devices, size_t n);
/* -ENOENT: the device has no such subscription. */
[[nodiscard]] int push_remove(struct db *db, int64_t now_ms, struct push_place device,
			      struct view endpoint);
/* All of a device, of whose change its caller tells the feed. */
[[nodiscard]] int push_clear(struct db *db, struct push_place device);
/* Of one device, the oldest first. */
[[nodiscard]] int push_list(struct db *db, struct push_place device, struct arena *arena,
			    struct push_row **ret_rows, size_t *ret_n);

/* What became of a message: it was taken, it was not, or there is no such subscription any more.
 * One that is gone meanwhile is passed over. */
[[nodiscard]] int push_took(struct db *db, int64_t site_id, int64_t id);
[[nodiscard]] int push_failed(struct db *db, int64_t site_id, int64_t id, int64_t retry_at);
[[nodiscard]] int push_gone(struct db *db, int64_t now_ms, int64_t site_id, int64_t id);

/* Which sessions end, and the arguments that say so. */
enum push_ending {
	PUSH_END_SESSION,     /* the token's hash */
	PUSH_END_ONE,         /* person, session */
	PUSH_END_OTHERS,      /* person, the session that stays */
	PUSH_END_EXPIRED,     /* now */
	PUSH_END_APP,         /* the token's hash */
	PUSH_END_APP_EXPIRED, /* now */
};
struct push_end {
	enum push_ending which;
	const struct db_stmt *stmt; /* deletes them, with the same arguments */
};
/* Deletes sessions, and with them what was subscribed in them: the feed is told of the devices, which
 * may not be woken any more. Begins a transaction. ret_n (how many sessions) may be NULL. */
[[nodiscard]] int push_end(struct db *db, int64_t now_ms, const struct push_end *end,
			   const struct db_arg *args, size_t nargs, int64_t *ret_n);

/* -ENOENT: there is none yet. */
[[nodiscard]] int push_key_get(struct db *db, struct arena *arena, struct view *ret_sealed);
/* Unless there is one already: of two servers that begin at once, both go on with the first's. */
[[nodiscard]] int push_key_put(struct db *db, int64_t now_ms, struct view sealed);
/* The key is lost: with it all subscriptions, which were made for it. */
[[nodiscard]] int push_key_forget(struct db *db);
