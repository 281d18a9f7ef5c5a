#include "api/push.h"

#include "api/app.h"
#include "api/limits.h"
#include "api/person.h"
#include "api/request.h"
#include "api/resource.h"
#include "base/log.h"
#include "store/push.h"

#include <errno.h>
#include <sodium.h>

enum {
	KEY_ARENA_MAX = 16384,
	TOKEN_TEXT_MAX = 64,
	KEY_TEXT_MAX = 128, /* characters of p256dh, and of auth */
};

/* Our key. */

static int key_make(struct db *db, const struct secret_key *key, struct rand *rand, int64_t now_ms,
		    struct arena *arena)
{
	struct webpush_pair pair;
	struct view sealed;
	int rc = webpush_pair_make(rand, &pair);

	if (rc == 0)
		rc = secret_seal(key, rand,
				 (struct view){ (const char *)pair.secret, sizeof(pair.secret) },
				 arena, &sealed);
	sodium_memzero(&pair, sizeof(pair));
	return rc == 0 ? push_key_put(db, now_ms, sealed) : rc;
}

/* -ENOENT: none was made; -EBADMSG: it cannot be read. */
static int key_read(struct db *db, const struct secret_key *key, struct arena *arena,
		    struct webpush_pair *ret_pair)
{
	struct view sealed, plain;
	int rc = push_key_get(db, arena, &sealed);

	if (rc == 0)
		rc = secret_open(key, sealed, arena, &plain);
	if (rc == 0 && plain.n != WEBPUSH_PRIVATE_SIZE)
		rc = -EBADMSG;
	if (rc == 0)
		rc = webpush_pair_of((const unsigned char *)plain.p, ret_pair);
	return rc == -EINVAL ? -EBADMSG : rc;
}

static int key_find(struct db *db, const struct secret_key *key, struct rand *rand, int64_t now_ms,
		    struct webpush_pair *ret_pair)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(KEY_ARENA_MAX);
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(db, &tx);

	if (rc == 0)
		rc = key_read(db, key, &arena, ret_pair);
	if (rc == -EBADMSG) {
		log_warn("push_key_lost");
		rc = push_key_forget(db);
		rc = rc == 0 ? -ENOENT : rc;
	}
	if (rc == -ENOENT) {
		rc = key_make(db, key, rand, now_ms, &arena);
		if (rc == 0)
			rc = key_read(db, key, &arena, ret_pair);
	}
	return rc == 0 ? db_commit(&tx) : rc;
}

int push_key_open(struct db *db, const struct secret_key *key, struct rand *rand, int64_t now_ms,
		  struct webpush_pair *ret_pair, struct err *err)
{
	const int rc = key_find(db, key, rand, now_ms, ret_pair);

	return rc < 0 ? err_set(err, rc, "cannot read or make the key of notices: %s", db_error(db))
		      : 0;
}

/* Subscriptions. */

struct push_key_view {
	struct view key;
};

static const struct field key_fields[] = {
	{ "key", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct push_key_view, key),
	  .doc = "What a browser subscribes with (applicationServerKey); null: there are no "
		 "notices" },
};
const struct shape push_key_shape = SHAPE("PushKey", struct push_key_view, key_fields);

struct push_edit {
	struct view endpoint;
	struct view p256dh;
	struct view auth;
	struct view language;
	struct shape_list devices;
};

static const char *endpoint_fault(struct view text)
{
	struct webpush_endpoint e;

	return webpush_endpoint_read(text, &e) < 0 ? "must be an https:// address." : NULL;
}

static const struct field push_fields[] = {
	{ "endpoint", FIELD_TEXT, FIELD_SECRET, offsetof(struct push_edit, endpoint), .min = 1,
	  .max = WEBPUSH_ENDPOINT_MAX, .check = endpoint_fault,
	  .doc = "As PushSubscription has it" },
	{ "p256dh", FIELD_TEXT, FIELD_SECRET, offsetof(struct push_edit, p256dh), .min = 1,
	  .max = KEY_TEXT_MAX, .doc = "Of its keys, base64url; likewise the next" },
	{ "auth", FIELD_TEXT, FIELD_SECRET, offsetof(struct push_edit, auth), .min = 1,
	  .max = KEY_TEXT_MAX },
	{ "language", FIELD_TEXT, 0, offsetof(struct push_edit, language), .min = LANGUAGE_MIN,
	  .max = LANGUAGE_MAX, .check = language_fault, .doc = "Of the notices" },
	{ "devices", FIELD_IDS, FIELD_OPTIONAL, offsetof(struct push_edit, devices),
	  .max = PUSH_PER_ENDPOINT_MAX,
	  .doc = "For which of one's apps; without it for all. Others it stands for no more" },
};
const struct shape push_shape = SHAPE("PushSubscription", struct push_edit, push_fields);

int api_push_get(struct request *r)
{
	const struct push_key_view view = { view_str(r->env->push.key) };

	return reply_one(r, &view);
}

/* Names are looked at when something is sent; an address as such can be refused here. */
static bool may_post(const struct request *r, struct view endpoint)
{
	struct webpush_endpoint e;
	struct addr at;
	char *host;

	if (webpush_endpoint_read(endpoint, &e) < 0)
		return false;
	if (r->env->push.private)
		return true;
	host = arena_dup(r->arena, e.host);
	return e.secure && host && (addr_parse_host(host, &at) < 0 || addr_is_public(&at));
}

static size_t places_all(const struct request *r, struct push_place *ret_places)
{
	const struct app_device_row *own;
	size_t n;

	request_app_devices(r, &own, &n);
	n = n < PUSH_PER_ENDPOINT_MAX ? n : PUSH_PER_ENDPOINT_MAX;
	for (size_t i = 0; i < n; i++)
		ret_places[i] = (struct push_place){ own[i].site_id, own[i].number };
	return n;
}

/* ANSWERED when one is none of the request's, or named twice. */
static int places_named(struct request *r, const struct shape_list *asked,
			struct push_place *ret_places)
{
	const int64_t *ids = asked->p;

	for (size_t i = 0; i < asked->n; i++) {
		const struct app_device_row *own = request_app_device(r, ids[i]);

		if (!own)
			return reply_problem(r, 422, "devices", "This is no app of yours.");
		for (size_t k = 0; k < i; k++)
			if (ids[k] == ids[i])
				return reply_problem(r, 422, "devices", "An app is named twice.");
		ret_places[i] = (struct push_place){ own->site_id, own->number };
	}
	return 0;
}

static struct push_row row_of(const struct request *r, const struct push_edit *in,
			      const struct webpush_keys *keys)
{
	return (struct push_row){
		.person_id = r->who.person_id ? r->who.person_id : DB_INT_NULL,
		.session_id = r->who.person_id ? r->who.session_id : DB_INT_NULL,
		.app_token_hash = r->who.app_token_hash,
		.endpoint = in->endpoint,
		.p256dh = { (const char *)keys->p256dh, sizeof(keys->p256dh) },
		.auth = { (const char *)keys->auth, sizeof(keys->auth) },
		.language = in->language,
	};
}

static int subscribe(struct request *r, const struct push_row *row, const struct push_place *places,
		     size_t n)
{
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = push_replace(r->db, r->now, row, places, n);
	if (rc == -ENOLINK) /* the app went, or the session ended, meanwhile */
		return reply_problem(r, 409, NULL, "Sign in again.");
	return rc == 0 ? db_commit(&tx) : rc;
}

int api_push_put(struct request *r)
{
	struct push_edit *in = r->body;
	struct push_place places[PUSH_PER_ENDPOINT_MAX];
	struct webpush_keys keys;
	struct push_row row;
	size_t n = in->devices.n;
	int rc = 0;

	if (!r->env->push.key)
		return reply_problem(r, 409, NULL, "This server sends no notices.");
	if (!may_post(r, in->endpoint))
		return reply_problem(r, 422, "endpoint", "Nothing is sent to this address.");
	if (webpush_keys_read(in->p256dh, in->auth, &keys) < 0)
		return reply_problem(r, 422, "p256dh", "These are no keys of a subscription.");
	if (n > 0)
		rc = places_named(r, &in->devices, places);
	else
		n = places_all(r, places);
	if (rc != 0)
		return rc;
	row = row_of(r, in, &keys);
	rc = subscribe(r, &row, places, n);
	return rc == 0 ? reply_none(r) : rc;
}

int api_push_delete(struct request *r)
{
	const struct view endpoint = query_get(r->arena, r->ask->query, "endpoint");
	DB_TRANSACTION struct db_tx tx = {};
	const struct app_device_row *own;
	size_t n, removed = 0;
	int rc = 0;

	if (!endpoint.p)
		return reply_problem(r, 400, "endpoint", "endpoint is missing.");
	request_app_devices(r, &own, &n);
	rc = db_begin(r->db, &tx);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = push_remove(r->db, r->now,
				 (struct push_place){ own[i].site_id, own[i].number }, endpoint);
		removed += rc == 0;
		rc = rc == -ENOENT ? 0 : rc;
	}
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == 0 && removed == 0)
		return reply_problem(r, 404, "endpoint", "There is no such subscription.");
	return rc == 0 ? reply_none(r) : rc;
}

/* Tokens. */

struct push_told {
	struct view token;
};

static const struct field told_fields[] = {
	{ "token", FIELD_TEXT, FIELD_SECRET, offsetof(struct push_told, token), .min = 1,
	  .max = TOKEN_TEXT_MAX, .doc = "Of a notice; good once, while the call rings" },
};
const struct shape push_told_shape = SHAPE("NoticeToken", struct push_told, told_fields);

/* Who guesses is slowed down, though there is nothing to be found so. */
static int follow(struct request *r, int (*fn)(void *arg, struct view token))
{
	const struct push_told *in = r->body;
	const int64_t wait =
		limits_try(r->env->limits, LIMITS_NOTICE, (struct view){}, &r->ask->peer);
	int rc;

	if (wait > 0)
		return reply_wait(r, wait);
	rc = fn ? fn(r->env->push.arg, in->token) : -ENOENT;
	if (rc == 0)
		limits_forgive(r->env->limits, LIMITS_NOTICE, (struct view){}, &r->ask->peer);
	if (rc == -ENOENT)
		return reply_problem(r, 410, "token",
				     "The call rings no more, or this was done already.");
	if (rc == -EAGAIN)
		return reply_problem(r, 503, NULL, "There is too much to do. Try again.");
	return rc == 0 ? reply_none(r) : rc;
}

int api_push_seen(struct request *r)
{
	return follow(r, r->env->push.seen);
}

int api_push_open(struct request *r)
{
	return follow(r, r->env->push.open);
}
