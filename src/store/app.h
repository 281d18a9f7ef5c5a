/* store/app.h - devices that are apps, as those who use them see them: what a session acts for, the
 * sessions of devices, and their calls.
 *
 * Who writes holds a transaction. Cost: every read is an index range, or one row for each device.
 */
#pragma once
#include "store/db.h"

/* An app with its place. */
struct app_device_row {
	int64_t number;
	int64_t site_id;
	int64_t directory_id; /* DB_INT_NULL: it may call everybody that it sees */
	struct view name;
	struct view site_name;
	struct view zone;
	int64_t apartment_id; /* DB_INT_NULL: none; likewise its three texts */
	struct view floor;
	struct view apartment;
	struct view apartment_name;
	int64_t services; /* 1: the apartment's are on */
};

struct app_session_row {
	int64_t site_id;
	int64_t device;
	int64_t created_at;
	int64_t seen_at;
	int64_t expires_at;
};

/* One app, and where it is. */
struct app_place {
	int64_t site_id;
	int64_t device;
};

/* A call in which an app took part. */
struct app_call_row {
	int64_t site_id;
	int64_t id;
	int64_t device;   /* the app */
	int64_t outgoing; /* 1: it called */
	int64_t test;     /* 1: nobody was at the door (switchboard_test) */
	int64_t started_at;
	int64_t answered_at; /* DB_INT_NULL and p NULL where nothing is known yet */
	int64_t ended_at;
	struct view result;
	int64_t picture_at;
	int64_t answered_by;
	struct view answered_by_name;
	int64_t with_device; /* who called; whom it called, DB_INT_NULL: nobody was rung */
	struct view with_name;
};

/* What signing in needs to know. */
struct app_secret_row {
	int64_t number;
	int64_t site_id;
	struct view password_sealed;
};

[[nodiscard]] int app_prepare(struct db *db, struct err *err);

/* Those that the person holds, by site and name. */
[[nodiscard]] int app_list_of_person(struct db *db, int64_t person_id, int64_t max,
				     struct arena *arena, struct app_device_row **ret_devices,
				     size_t *ret_n);
/* -ENOENT: no such app in the site. */
[[nodiscard]] int app_get(struct db *db, int64_t site_id, int64_t number, struct arena *arena,
			  struct app_device_row *ret_device);
/* Of whichever site. -ENOENT: no such app. */
[[nodiscard]] int app_secret(struct db *db, int64_t number, struct arena *arena,
			     struct app_secret_row *ret_secret);

/* What it called and what rang there, before that call (INT64_MAX: the newest), the newest first of
 * each: up to max of both, which ret_calls has room for. Cost: two index ranges. */
[[nodiscard]] int app_calls(struct db *db, const struct app_place *app, int64_t before, int64_t max,
			    struct arena *arena, struct app_call_row *ret_calls, size_t *ret_n);

/* token_hash: 32 bytes. -ENOLINK: the device is gone. */
[[nodiscard]] int app_session_create(struct db *db, struct view token_hash,
				     const struct app_session_row *session, struct view address,
				     struct view agent);
/* -ENOENT too when it has expired. */
[[nodiscard]] int app_session_find(struct db *db, struct view token_hash, int64_t now_ms,
				   struct arena *arena, struct app_session_row *ret_session);
[[nodiscard]] int app_session_touch(struct db *db, struct view token_hash, int64_t now_ms,
				    int64_t expires_at);
[[nodiscard]] int app_session_delete(struct db *db, int64_t now_ms, struct view token_hash);
/* All of a device, of whose change its caller tells the feed. */
[[nodiscard]] int app_session_clear(struct db *db, int64_t site_id, int64_t device);
[[nodiscard]] int app_session_expire(struct db *db, int64_t now_ms);

/* What this person held of the site is nobody's any more; the feed gets each. Its password is the
 * caller's to change. */
[[nodiscard]] int app_release(struct db *db, int64_t now_ms, int64_t site_id, int64_t person_id);
/* A page of the app came, the first, at that time, or the last has gone (DB_INT_NULL); one of a
 * device that is gone is left out. */
[[nodiscard]] int app_online_set(struct db *db, int64_t now_ms, int64_t device, int64_t online_at);
/* After a crash: no page is connected. */
[[nodiscard]] int app_online_clear(struct db *db, int64_t now_ms);
