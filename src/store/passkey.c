#include "store/passkey.h"

#include "store/change.h"

#include <errno.h>

static const struct db_column passkey_columns[] = {
	DB_COLUMN_INT(struct passkey_row, id),
	DB_COLUMN_INT(struct passkey_row, person_id),
	DB_COLUMN_BLOB(struct passkey_row, credential_id),
	DB_COLUMN_BLOB(struct passkey_row, user_handle),
	DB_COLUMN_TEXT(struct passkey_row, rp_id),
	DB_COLUMN_INT(struct passkey_row, algorithm),
	DB_COLUMN_BLOB(struct passkey_row, public_key),
	DB_COLUMN_INT(struct passkey_row, sign_count),
	DB_COLUMN_BLOB(struct passkey_row, aaguid),
	DB_COLUMN_TEXT(struct passkey_row, transports),
	DB_COLUMN_TEXT(struct passkey_row, name),
	DB_COLUMN_INT(struct passkey_row, discoverable),
	DB_COLUMN_INT(struct passkey_row, verified),
	DB_COLUMN_INT(struct passkey_row, backed_up),
	DB_COLUMN_INT(struct passkey_row, created_at),
	DB_COLUMN_INT(struct passkey_row, used_at),
	DB_COLUMN_INT(struct passkey_row, suspect_at),
};
static const struct db_shape passkey_shape = DB_SHAPE(struct passkey_row, passkey_columns);

struct number_row {
	int64_t n;
};
static const struct db_column number_columns[] = { DB_COLUMN_INT(struct number_row, n) };
static const struct db_shape number_shape = DB_SHAPE(struct number_row, number_columns);

#define PASSKEY_COLUMNS                                                                            \
	"person_id, credential_id, user_handle, rp_id, algorithm, public_key, sign_count, aaguid," \
	" transports, name, discoverable, verified, backed_up, created_at"
#define PASSKEY_SELECT "SELECT id, " PASSKEY_COLUMNS ", used_at, suspect_at FROM passkey"

enum {
	LIST,
	GET,
	FIND,
	COUNT,
	CREATE,
	RENAME,
	DELETE,
	DELETE_ALL,
	USE,
	SUSPECT,
	CHALLENGE_USE,
	CHALLENGE_EXPIRE,
};

static const struct db_stmt stmts[] = {
	[LIST] = { "passkey_list", PASSKEY_SELECT " WHERE person_id = $1 ORDER BY id LIMIT $2",
		   &passkey_shape },
	[GET] = { "passkey_get", PASSKEY_SELECT " WHERE person_id = $1 AND id = $2",
		  &passkey_shape },
	[FIND] = { "passkey_find", PASSKEY_SELECT " WHERE credential_id = $1", &passkey_shape },
	[COUNT] = { "passkey_count", "SELECT COUNT(*) AS n FROM passkey WHERE person_id = $1",
		    &number_shape },
	[CREATE] = { "passkey_create",
		     "INSERT INTO passkey (" PASSKEY_COLUMNS
		     ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
		     " RETURNING id AS n",
		     &number_shape },
	[RENAME] = { "passkey_rename",
		     "UPDATE passkey SET name = $3 WHERE person_id = $1 AND id = $2" },
	[DELETE] = { "passkey_delete", "DELETE FROM passkey WHERE person_id = $1 AND id = $2" },
	[DELETE_ALL] = { "passkey_delete_all", "DELETE FROM passkey WHERE person_id = $1" },
	[USE] = { "passkey_use",
		  "UPDATE passkey SET sign_count = $2, backed_up = $3, used_at = $4 WHERE id = $1"
		  " AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))" },
	[SUSPECT] = { "passkey_suspect", "UPDATE passkey SET suspect_at = $2 WHERE id = $1" },
	[CHALLENGE_USE] = { "passkey_challenge_use",
			    "INSERT INTO passkey_challenge (nonce, expires_at) VALUES ($1, $2)" },
	[CHALLENGE_EXPIRE] = { "passkey_challenge_expire",
			       "DELETE FROM passkey_challenge WHERE expires_at <= $1" },
};

int passkey_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

int passkey_list(struct db *db, int64_t person_id, struct arena *arena,
		 struct passkey_row **ret_passkeys, size_t *ret_n)
{
	return db_select(db, &stmts[LIST],
			 DB_ARGS(A_INT(person_id), A_INT(PASSKEYS_PER_PERSON_MAX)), arena,
			 ret_passkeys, ret_n);
}

int passkey_get(struct db *db, int64_t person_id, int64_t id, struct arena *arena,
		struct passkey_row *ret_passkey)
{
	return db_one(db, &stmts[GET], DB_ARGS(A_INT(person_id), A_INT(id)), arena, ret_passkey);
}

int passkey_find(struct db *db, struct view credential_id, struct arena *arena,
		 struct passkey_row *ret_passkey)
{
	return db_one(db, &stmts[FIND], DB_ARGS(A_BLOB(credential_id)), arena, ret_passkey);
}

/* Whether the person signs in at all may have changed. */
static int person_changed(struct db *db, int64_t now_ms, int64_t person_id)
{
	return change_append(db, now_ms, DB_INT_NULL, VIEW("person"), person_id);
}

static int insert(struct db *db, const struct passkey_row *p, struct arena *arena, int64_t *ret_id)
{
	struct number_row row;
	const int rc =
		db_one(db, &stmts[CREATE],
		       DB_ARGS(A_INT(p->person_id), A_BLOB(p->credential_id),
			       A_BLOB(p->user_handle), A_TEXT(p->rp_id), A_INT(p->algorithm),
			       A_BLOB(p->public_key), A_INT(p->sign_count), A_BLOB(p->aaguid),
			       A_TEXT(p->transports), A_TEXT(p->name), A_INT(p->discoverable),
			       A_INT(p->verified), A_INT(p->backed_up), A_INT(p->created_at)),
		       arena, &row);

	if (rc == 0)
		*ret_id = row.n;
	return rc;
}

/* The row of the feed comes first: it makes two of these wait for each other on both engines, so
 * that the second counts the first's. */
int passkey_create(struct db *db, int64_t now_ms, const struct passkey_row *p, int64_t *ret_id)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);
	struct number_row row;
	int rc = person_changed(db, now_ms, p->person_id);

	if (rc == 0)
		rc = db_one(db, &stmts[COUNT], DB_ARGS(A_INT(p->person_id)), &arena, &row);
	if (rc == 0 && row.n >= PASSKEYS_PER_PERSON_MAX)
		rc = -ENOSPC;
	return rc == 0 ? insert(db, p, &arena, ret_id) : rc;
}

/* `none` when the statement touched no row. */
static int touch(struct db *db, const struct db_stmt *stmt, const struct db_arg *args, size_t nargs,
		 int none)
{
	int64_t n;
	const int rc = db_exec(db, stmt, args, nargs, &n);

	return rc < 0 || n > 0 ? rc : none;
}

int passkey_rename(struct db *db, int64_t person_id, int64_t id, struct view name)
{
	return touch(db, &stmts[RENAME], DB_ARGS(A_INT(person_id), A_INT(id), A_TEXT(name)),
		     -ENOENT);
}

int passkey_delete(struct db *db, int64_t now_ms, int64_t person_id, int64_t id)
{
	const int rc = touch(db, &stmts[DELETE], DB_ARGS(A_INT(person_id), A_INT(id)), -ENOENT);

	return rc == 0 ? person_changed(db, now_ms, person_id) : rc;
}

int passkey_delete_all(struct db *db, int64_t now_ms, int64_t person_id)
{
	const int rc = touch(db, &stmts[DELETE_ALL], DB_ARGS(A_INT(person_id)), -ENOENT);

	return rc == 0 ? person_changed(db, now_ms, person_id) : rc;
}

int passkey_use(struct db *db, int64_t now_ms, int64_t id, int64_t sign_count, bool backed_up)
{
	return touch(db, &stmts[USE],
		     DB_ARGS(A_INT(id), A_INT(sign_count), A_INT(backed_up), A_INT(now_ms)),
		     -EEXIST);
}

int passkey_suspect(struct db *db, int64_t now_ms, int64_t id)
{
	return touch(db, &stmts[SUSPECT], DB_ARGS(A_INT(id), A_INT(now_ms)), -ENOENT);
}

int passkey_challenge_use(struct db *db, struct view nonce, int64_t expires_at)
{
	return db_exec(db, &stmts[CHALLENGE_USE], DB_ARGS(A_BLOB(nonce), A_INT(expires_at)), NULL);
}

int passkey_challenge_expire(struct db *db, int64_t now_ms)
{
	return db_exec(db, &stmts[CHALLENGE_EXPIRE], DB_ARGS(A_INT(now_ms)), NULL);
}
