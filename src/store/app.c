#include "store/app.h"

#include "store/change.h"
#include "store/push.h"

enum { ONLINE_PART = 1000 /* rows that one statement changes */ };

static const struct db_column device_columns[] = {
	DB_COLUMN_INT(struct app_device_row, number),
	DB_COLUMN_INT(struct app_device_row, site_id),
	DB_COLUMN_INT(struct app_device_row, directory_id),
	DB_COLUMN_TEXT(struct app_device_row, name),
	DB_COLUMN_TEXT(struct app_device_row, site_name),
	DB_COLUMN_TEXT(struct app_device_row, zone),
	DB_COLUMN_INT(struct app_device_row, apartment_id),
	DB_COLUMN_TEXT(struct app_device_row, floor),
	DB_COLUMN_TEXT(struct app_device_row, apartment),
	DB_COLUMN_TEXT(struct app_device_row, apartment_name),
	DB_COLUMN_INT(struct app_device_row, services),
};
static const struct db_shape device_shape = DB_SHAPE(struct app_device_row, device_columns);

static const struct db_column session_columns[] = {
	DB_COLUMN_INT(struct app_session_row, site_id),
	DB_COLUMN_INT(struct app_session_row, device),
	DB_COLUMN_INT(struct app_session_row, created_at),
	DB_COLUMN_INT(struct app_session_row, seen_at),
	DB_COLUMN_INT(struct app_session_row, expires_at),
};
static const struct db_shape session_shape = DB_SHAPE(struct app_session_row, session_columns);

static const struct db_column secret_columns[] = {
	DB_COLUMN_INT(struct app_secret_row, number),
	DB_COLUMN_INT(struct app_secret_row, site_id),
	DB_COLUMN_BLOB(struct app_secret_row, password_sealed),
};
static const struct db_shape secret_shape = DB_SHAPE(struct app_secret_row, secret_columns);

static const struct db_column call_columns[] = {
	DB_COLUMN_INT(struct app_call_row, site_id),
	DB_COLUMN_INT(struct app_call_row, id),
	DB_COLUMN_INT(struct app_call_row, device),
	DB_COLUMN_INT(struct app_call_row, outgoing),
	DB_COLUMN_INT(struct app_call_row, test),
	DB_COLUMN_INT(struct app_call_row, started_at),
	DB_COLUMN_INT(struct app_call_row, answered_at),
	DB_COLUMN_INT(struct app_call_row, ended_at),
	DB_COLUMN_TEXT(struct app_call_row, result),
	DB_COLUMN_INT(struct app_call_row, picture_at),
	DB_COLUMN_INT(struct app_call_row, answered_by),
	DB_COLUMN_TEXT(struct app_call_row, answered_by_name),
	DB_COLUMN_INT(struct app_call_row, with_device),
	DB_COLUMN_TEXT(struct app_call_row, with_name),
};
static const struct db_shape call_shape = DB_SHAPE(struct app_call_row, call_columns);

#define DEVICE_SELECT                                                                              \
	"SELECT d.number, d.site_id, d.directory_id, d.name, s.name AS site_name, s.zone,"           \
	" d.apartment_id, a.floor, a.number AS apartment, a.name AS apartment_name,"               \
	" a.services"                                                                              \
	" FROM device d JOIN site s ON s.id = d.site_id"                                           \
	" LEFT JOIN apartment a ON a.site_id = d.site_id AND a.id = d.apartment_id"

#define CALL_COLUMNS                                                                               \
	"SELECT c.site_id, c.id, CAST($2 AS BIGINT) AS device, c.started_at, c.answered_at,"       \
	" c.ended_at, c.result, c.picture_at, c.answered_by, c.answered_by_name, c.test,"
/* The first that was rung. */
#define CALLED(column)                                                                             \
	" (SELECT l." column " FROM call_leg l WHERE l.site_id = c.site_id AND l.call_id = c.id"   \
	" ORDER BY l.leg LIMIT 1)"

enum {
	OF_PERSON,
	GET,
	SECRET,
	CALLS_IN,
	CALLS_OUT,
	SESSION_CREATE,
	SESSION_FIND,
	SESSION_TOUCH,
	SESSION_DELETE,
	SESSION_CLEAR,
	SESSION_EXPIRE,
	RELEASE,
	ONLINE,
	OFFLINE,
	ONLINE_CLEAR,
};

static const struct db_stmt stmts[] = {
	[OF_PERSON] = { "app_list_of_person",
			DEVICE_SELECT " WHERE d.person_id = $1 AND d.app = 1"
				      " ORDER BY s.name, d.site_id, d.name, d.number LIMIT $2",
			&device_shape },
	[GET] = { "app_get", DEVICE_SELECT " WHERE d.site_id = $1 AND d.number = $2 AND d.app = 1",
		  &device_shape },
	[SECRET] = { "app_secret",
		     "SELECT number, site_id, password_sealed FROM device"
		     " WHERE number = $1 AND app = 1",
		     &secret_shape },
	[CALLS_IN] = { "app_calls_in",
		       CALL_COLUMNS
		       " 0 AS outgoing, c.from_device AS with_device, c.from_name AS with_name"
		       " FROM call c WHERE c.site_id = $1 AND c.id IN"
		       " (SELECT DISTINCT l.call_id FROM call_leg l WHERE l.site_id = $1"
		       " AND l.device = $2 AND l.call_id < $3 ORDER BY l.call_id DESC LIMIT $4)"
		       " ORDER BY c.id DESC",
		       &call_shape },
	[CALLS_OUT] = { "app_calls_out",
			CALL_COLUMNS " 1 AS outgoing," CALLED("device") " AS with_device," CALLED(
				"name") " AS with_name FROM call c WHERE c.site_id = $1"
					" AND c.from_device = $2 AND c.id < $3"
					" ORDER BY c.id DESC LIMIT $4",
			&call_shape },
	[SESSION_CREATE] = { "app_session_create",
			     "INSERT INTO app_session (token_hash, site_id, device, created_at,"
			     " seen_at, expires_at, address, agent)"
			     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)" },
	[SESSION_FIND] = { "app_session_find",
			   "SELECT site_id, device, created_at, seen_at, expires_at"
			   " FROM app_session WHERE token_hash = $1 AND expires_at > $2",
			   &session_shape },
	[SESSION_TOUCH] = { "app_session_touch", "UPDATE app_session SET seen_at = $2,"
						 " expires_at = $3 WHERE token_hash = $1" },
	[SESSION_DELETE] = { "app_session_delete",
			     "DELETE FROM app_session WHERE token_hash = $1" },
	[SESSION_CLEAR] = { "app_session_clear",
			    "DELETE FROM app_session WHERE site_id = $1 AND device = $2" },
	[SESSION_EXPIRE] = { "app_session_expire",
			     "DELETE FROM app_session WHERE expires_at <= $1" },
	[RELEASE] = { "app_release",
		      "UPDATE device SET person_id = NULL WHERE site_id = $1 AND person_id = $2"
		      " RETURNING site_id, number",
		      &change_device_shape },
	[ONLINE] = { "app_online",
		     "UPDATE device SET app_online_at = $2,"
		     " registered_at = COALESCE(registered_at, $2)"
		     " WHERE number = $1 AND app = 1 RETURNING site_id, number",
		     &change_device_shape },
	[OFFLINE] = { "app_offline",
		      "UPDATE device SET app_online_at = NULL"
		      " WHERE number = $1 AND app_online_at IS NOT NULL RETURNING site_id, number",
		      &change_device_shape },
	[ONLINE_CLEAR] = { "app_online_clear",
			   "UPDATE device SET app_online_at = NULL WHERE number IN"
			   " (SELECT number FROM device WHERE app_online_at IS NOT NULL"
			   " ORDER BY app_online_at LIMIT $1) RETURNING site_id, number",
			   &change_device_shape },
};

int app_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

int app_list_of_person(struct db *db, int64_t person_id, int64_t max, struct arena *arena,
		       struct app_device_row **ret_devices, size_t *ret_n)
{
	return db_select(db, &stmts[OF_PERSON], DB_ARGS(A_INT(person_id), A_INT(max)), arena,
			 ret_devices, ret_n);
}

int app_get(struct db *db, int64_t site_id, int64_t number, struct arena *arena,
	    struct app_device_row *ret_device)
{
	return db_one(db, &stmts[GET], DB_ARGS(A_INT(site_id), A_INT(number)), arena, ret_device);
}

int app_secret(struct db *db, int64_t number, struct arena *arena,
	       struct app_secret_row *ret_secret)
{
	return db_one(db, &stmts[SECRET], DB_ARGS(A_INT(number)), arena, ret_secret);
}

int app_calls(struct db *db, const struct app_place *app, int64_t before, int64_t max,
	      struct arena *arena, struct app_call_row *ret_calls, size_t *ret_n)
{
	static const int both[] = { CALLS_IN, CALLS_OUT };
	size_t total = 0;

	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		struct app_call_row *rows;
		size_t n;
		const int rc = db_select(
			db, &stmts[both[i]],
			DB_ARGS(A_INT(app->site_id), A_INT(app->device), A_INT(before), A_INT(max)),
			arena, &rows, &n);

		if (rc < 0)
			return rc;
		for (size_t k = 0; k < n; k++)
			ret_calls[total++] = rows[k];
	}
	*ret_n = total;
	return 0;
}

/* Sessions. */

int app_session_create(struct db *db, struct view token_hash, const struct app_session_row *s,
		       struct view address, struct view agent)
{
	return db_exec(db, &stmts[SESSION_CREATE],
		       DB_ARGS(A_BLOB(token_hash), A_INT(s->site_id), A_INT(s->device),
			       A_INT(s->created_at), A_INT(s->seen_at), A_INT(s->expires_at),
			       A_TEXT(address), A_TEXT(agent)),
		       NULL);
}

int app_session_find(struct db *db, struct view token_hash, int64_t now_ms, struct arena *arena,
		     struct app_session_row *ret_session)
{
	return db_one(db, &stmts[SESSION_FIND], DB_ARGS(A_BLOB(token_hash), A_INT(now_ms)), arena,
		      ret_session);
}

int app_session_touch(struct db *db, struct view token_hash, int64_t now_ms, int64_t expires_at)
{
	return db_exec(db, &stmts[SESSION_TOUCH],
		       DB_ARGS(A_BLOB(token_hash), A_INT(now_ms), A_INT(expires_at)), NULL);
}

int app_session_delete(struct db *db, int64_t now_ms, struct view token_hash)
{
	const struct push_end end = { PUSH_END_APP, &stmts[SESSION_DELETE] };

	return push_end(db, now_ms, &end, DB_ARGS(A_BLOB(token_hash)), NULL);
}

int app_session_clear(struct db *db, int64_t site_id, int64_t device)
{
	return db_exec(db, &stmts[SESSION_CLEAR], DB_ARGS(A_INT(site_id), A_INT(device)), NULL);
}

int app_session_expire(struct db *db, int64_t now_ms)
{
	const struct push_end end = { PUSH_END_APP_EXPIRED, &stmts[SESSION_EXPIRE] };

	return push_end(db, now_ms, &end, DB_ARGS(A_INT(now_ms)), NULL);
}

/* What changes of devices. */

int app_release(struct db *db, int64_t now_ms, int64_t site_id, int64_t person_id)
{
	return change_append_devices(db, now_ms, &stmts[RELEASE],
				     DB_ARGS(A_INT(site_id), A_INT(person_id)), NULL);
}

int app_online_set(struct db *db, int64_t now_ms, int64_t device, int64_t online_at)
{
	if (online_at == DB_INT_NULL)
		return change_append_devices(db, now_ms, &stmts[OFFLINE], DB_ARGS(A_INT(device)),
					     NULL);
	return change_append_devices(db, now_ms, &stmts[ONLINE],
				     DB_ARGS(A_INT(device), A_INT(online_at)), NULL);
}

int app_online_clear(struct db *db, int64_t now_ms)
{
	size_t n = ONLINE_PART;
	int rc = 0;

	while (rc == 0 && n == ONLINE_PART)
		rc = change_append_devices(db, now_ms, &stmts[ONLINE_CLEAR],
					   DB_ARGS(A_INT(ONLINE_PART)), &n);
	return rc;
}
