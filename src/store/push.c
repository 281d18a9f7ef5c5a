#include "store/push.h"

#include "store/change.h"

#include <errno.h>
#include <string.h>

enum { END_ARGS_MAX = 2 };

static const struct db_column push_columns[] = {
	DB_COLUMN_INT(struct push_row, id),         DB_COLUMN_INT(struct push_row, site_id),
	DB_COLUMN_INT(struct push_row, device),     DB_COLUMN_INT(struct push_row, person_id),
	DB_COLUMN_INT(struct push_row, session_id), DB_COLUMN_TEXT(struct push_row, endpoint),
	DB_COLUMN_BLOB(struct push_row, p256dh),    DB_COLUMN_BLOB(struct push_row, auth),
	DB_COLUMN_TEXT(struct push_row, language),  DB_COLUMN_INT(struct push_row, created_at),
	DB_COLUMN_INT(struct push_row, failures),   DB_COLUMN_INT(struct push_row, retry_at),
	DB_COLUMN_BLOB(struct push_row, app_token_hash),
};
static const struct db_shape push_shape = DB_SHAPE(struct push_row, push_columns);

static const struct db_column place_columns[] = {
	DB_COLUMN_INT(struct push_place, site_id),
	DB_COLUMN_INT(struct push_place, device),
};
static const struct db_shape place_shape = DB_SHAPE(struct push_place, place_columns);

struct key_row {
	struct view secret_sealed;
};
static const struct db_column key_columns[] = {
	DB_COLUMN_BLOB(struct key_row, secret_sealed),
};
static const struct db_shape key_shape = DB_SHAPE(struct key_row, key_columns);

enum {
	ADD,
	MAKE_ROOM,
	REMOVE_ENDPOINT,
	REMOVE,
	CLEAR,
	LIST,
	TOOK,
	FAILED,
	GONE,
	KEY_GET,
	KEY_PUT,
	KEY_FORGET,
	FORGET_ALL,
	ENDS, /* one for each of enum push_ending */
};

#define TELLS_OF(table, condition)                                                                 \
	"INSERT INTO change (at, site_id, type, object) SELECT CAST($1 AS BIGINT),"                \
	" site_id, 'device', CAST(device AS TEXT) FROM " table " WHERE " condition                 \
	" GROUP BY site_id, device ORDER BY site_id, device"
#define ENDS_WHERE(condition) TELLS_OF("push_subscription", condition)
#define OF_SESSIONS(condition) "session_id IN (SELECT id FROM session WHERE " condition ")"

static const struct db_stmt stmts[] = {
	[ADD] = { "push_add", "INSERT INTO push_subscription (site_id, device, person_id,"
			      " session_id, app_token_hash, endpoint, p256dh, auth, language,"
			      " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)" },
	[MAKE_ROOM] = { "push_make_room",
			"DELETE FROM push_subscription WHERE site_id = $1 AND id IN (SELECT id"
			" FROM push_subscription WHERE site_id = $1 AND device = $2"
			" ORDER BY id DESC LIMIT 100 OFFSET $3)" },
	/* A browser's, in whichever sites it was signed in to. */
	[REMOVE_ENDPOINT] = { "push_remove_endpoint",
			      "DELETE FROM push_subscription WHERE endpoint = $1"
			      " RETURNING site_id, device",
			      &place_shape },
	[REMOVE] = { "push_remove", "DELETE FROM push_subscription"
				    " WHERE site_id = $1 AND device = $2 AND endpoint = $3" },
	[CLEAR] = { "push_clear",
		    "DELETE FROM push_subscription WHERE site_id = $1 AND device = $2" },
	[LIST] = { "push_list",
		   "SELECT id, site_id, device, person_id, session_id, app_token_hash, endpoint, p256dh, auth,"
		   " language, created_at, failures, retry_at FROM push_subscription"
		   " WHERE site_id = $1 AND device = $2 ORDER BY id LIMIT $3",
		   &push_shape },
	[TOOK] = { "push_took", "UPDATE push_subscription SET failures = 0, retry_at = 0"
				" WHERE site_id = $1 AND id = $2" },
	[FAILED] = { "push_failed", "UPDATE push_subscription SET failures = failures + 1,"
				    " retry_at = $3 WHERE site_id = $1 AND id = $2" },
	[GONE] = { "push_gone",
		   "DELETE FROM push_subscription WHERE site_id = $1 AND id = $2"
		   " RETURNING site_id, device AS number",
		   &change_device_shape },
	[KEY_GET] = { "push_key_get", "SELECT secret_sealed FROM push_key WHERE id = 1",
		      &key_shape },
	[KEY_PUT] = { "push_key_put",
		      "INSERT INTO push_key (id, secret_sealed, created_at) VALUES (1, $1, $2)"
		      " ON CONFLICT (id) DO NOTHING" },
	[KEY_FORGET] = { "push_key_forget", "DELETE FROM push_key WHERE id = 1" },
	[FORGET_ALL] = { "push_forget_all", "DELETE FROM push_subscription" },
	[ENDS + PUSH_END_SESSION] = { "push_end_session",
				      ENDS_WHERE(OF_SESSIONS("token_hash = $2")) },
	[ENDS + PUSH_END_ONE] = { "push_end_one",
				  ENDS_WHERE(OF_SESSIONS("person_id = $2 AND id = $3")) },
	[ENDS + PUSH_END_OTHERS] = { "push_end_others",
				     ENDS_WHERE(OF_SESSIONS("person_id = $2 AND id <> $3")) },
	[ENDS + PUSH_END_EXPIRED] = { "push_end_expired",
				      ENDS_WHERE(OF_SESSIONS("expires_at <= $2")) },
	/* The device itself: its subscriptions are no others', and its pages hear of it. */
	[ENDS + PUSH_END_APP] = { "push_end_app", TELLS_OF("app_session", "token_hash = $2") },
	[ENDS + PUSH_END_APP_EXPIRED] = { "push_end_app_expired",
					  ENDS_WHERE("app_token_hash IN (SELECT token_hash"
						     " FROM app_session WHERE expires_at <= $2)") },
};

int push_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

/* Whether it can be woken may be another now. */
static int device_changed(struct db *db, int64_t now_ms, struct push_place p)
{
	return change_append(db, now_ms, p.site_id, VIEW("device"), p.device);
}

static bool is_among(const struct push_place *places, size_t n, struct push_place p)
{
	for (size_t i = 0; i < n; i++)
		if (places[i].site_id == p.site_id && places[i].device == p.device)
			return true;
	return false;
}

/* Those of `a` that `b` has not. */
static int others_changed(struct db *db, int64_t now_ms, const struct push_place *a, size_t na,
			  const struct push_place *b, size_t nb)
{
	int rc = 0;

	for (size_t i = 0; i < na && rc == 0; i++)
		if (!is_among(b, nb, a[i]))
			rc = device_changed(db, now_ms, a[i]);
	return rc;
}

static int add(struct db *db, int64_t now_ms, const struct push_row *row, struct push_place p)
{
	const int rc = db_exec(
		db, &stmts[MAKE_ROOM],
		DB_ARGS(A_INT(p.site_id), A_INT(p.device), A_INT(PUSH_PER_DEVICE_MAX - 1)), NULL);

	return rc < 0 ? rc
		      : db_exec(db, &stmts[ADD],
				DB_ARGS(A_INT(p.site_id), A_INT(p.device),
					A_INT_OR_NULL(row->person_id),
					A_INT_OR_NULL(row->session_id),
					A_BLOB(row->app_token_hash), A_TEXT(row->endpoint),
					A_BLOB(row->p256dh), A_BLOB(row->auth),
					A_TEXT(row->language), A_INT(now_ms)),
				NULL);
}

int push_replace(struct db *db, int64_t now_ms, const struct push_row *row,
		 const struct push_place *devices, size_t n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(64 * 1024);
	struct push_place *had;
	size_t nhad;
	int rc;

	if (n > PUSH_PER_ENDPOINT_MAX)
		return -E2BIG;
	rc = db_select(db, &stmts[REMOVE_ENDPOINT], DB_ARGS(A_TEXT(row->endpoint)), &arena, &had,
		       &nhad);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add(db, now_ms, row, devices[i]);
	if (rc == 0)
		rc = others_changed(db, now_ms, had, nhad, devices, n);
	return rc < 0 ? rc : others_changed(db, now_ms, devices, n, had, nhad);
}

int push_remove(struct db *db, int64_t now_ms, struct push_place p, struct view endpoint)
{
	int64_t n;
	const int rc = db_exec(db, &stmts[REMOVE],
			       DB_ARGS(A_INT(p.site_id), A_INT(p.device), A_TEXT(endpoint)), &n);

	if (rc < 0)
		return rc;
	return n ? device_changed(db, now_ms, p) : -ENOENT;
}

int push_clear(struct db *db, struct push_place p)
{
	return db_exec(db, &stmts[CLEAR], DB_ARGS(A_INT(p.site_id), A_INT(p.device)), NULL);
}

int push_list(struct db *db, struct push_place p, struct arena *arena, struct push_row **ret_rows,
	      size_t *ret_n)
{
	return db_select(db, &stmts[LIST],
			 DB_ARGS(A_INT(p.site_id), A_INT(p.device), A_INT(PUSH_PER_DEVICE_MAX)),
			 arena, ret_rows, ret_n);
}

int push_took(struct db *db, int64_t site_id, int64_t id)
{
	return db_exec(db, &stmts[TOOK], DB_ARGS(A_INT(site_id), A_INT(id)), NULL);
}

int push_failed(struct db *db, int64_t site_id, int64_t id, int64_t retry_at)
{
	return db_exec(db, &stmts[FAILED], DB_ARGS(A_INT(site_id), A_INT(id), A_INT(retry_at)),
		       NULL);
}

int push_gone(struct db *db, int64_t now_ms, int64_t site_id, int64_t id)
{
	return change_append_devices(db, now_ms, &stmts[GONE], DB_ARGS(A_INT(site_id), A_INT(id)),
				     NULL);
}

static int tell_ending(struct db *db, int64_t now_ms, enum push_ending which,
		       const struct db_arg *args, size_t nargs)
{
	struct db_arg all[1 + END_ARGS_MAX] = { A_INT(now_ms) };
	const int rc = nargs <= END_ARGS_MAX ? change_order(db) : -EINVAL;

	if (rc < 0)
		return rc;
	memcpy(&all[1], args, nargs * sizeof(*args));
	return db_exec(db, &stmts[ENDS + which], all, 1 + nargs, NULL);
}

int push_end(struct db *db, int64_t now_ms, const struct push_end *end, const struct db_arg *args,
	     size_t nargs, int64_t *ret_n)
{
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(db, &tx);

	if (rc == 0)
		rc = tell_ending(db, now_ms, end->which, args, nargs);
	if (rc == 0)
		rc = db_exec(db, end->stmt, args, nargs, ret_n);
	return rc == 0 ? db_commit(&tx) : rc;
}

int push_key_get(struct db *db, struct arena *arena, struct view *ret_sealed)
{
	struct key_row row;
	const int rc = db_one(db, &stmts[KEY_GET], DB_NO_ARGS, arena, &row);

	if (rc == 0)
		*ret_sealed = row.secret_sealed;
	return rc;
}

int push_key_put(struct db *db, int64_t now_ms, struct view sealed)
{
	return db_exec(db, &stmts[KEY_PUT], DB_ARGS(A_BLOB(sealed), A_INT(now_ms)), NULL);
}

int push_key_forget(struct db *db)
{
	const int rc = db_exec(db, &stmts[FORGET_ALL], DB_NO_ARGS, NULL);

	return rc < 0 ? rc : db_exec(db, &stmts[KEY_FORGET], DB_NO_ARGS, NULL);
}
