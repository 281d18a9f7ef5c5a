#include "store/factor.h"

#include <errno.h>

static const struct db_column totp_columns[] = {
	DB_COLUMN_INT(struct totp_row, person_id),  DB_COLUMN_BLOB(struct totp_row, secret_sealed),
	DB_COLUMN_INT(struct totp_row, created_at), DB_COLUMN_INT(struct totp_row, confirmed_at),
	DB_COLUMN_INT(struct totp_row, last_step),
};
static const struct db_shape totp_shape = DB_SHAPE(struct totp_row, totp_columns);

static const struct db_column factors_columns[] = {
	DB_COLUMN_INT(struct factors_row, password),
	DB_COLUMN_INT(struct factors_row, totp_at),
	DB_COLUMN_INT(struct factors_row, passkeys),
	DB_COLUMN_INT(struct factors_row, passkeys_alone),
	DB_COLUMN_INT(struct factors_row, codes),
	DB_COLUMN_INT(struct factors_row, codes_kept_at),
};
static const struct db_shape factors_shape = DB_SHAPE(struct factors_row, factors_columns);

#define TOTP_SELECT "SELECT person_id, secret_sealed, created_at, confirmed_at, last_step FROM totp"

enum {
	FACTORS,
	GET,
	ANY,
	CREATE,
	CONFIRM,
	STEP,
	DELETE,
	DELETE_ALL,
	CODES_DELETE_ALL,
	CODES_DELETE,
	CODES_LOST,
	CODE_CREATE,
	CODE_TAKE,
	KEPT,
};

static const struct db_stmt stmts[] = {
	[FACTORS] = { "factors_get",
		      "SELECT CASE WHEN p.password IS NULL THEN 0 ELSE 1 END AS password,"
		      " (SELECT t.confirmed_at FROM totp t WHERE t.person_id = p.id) AS totp_at,"
		      " (SELECT COUNT(*) FROM passkey k WHERE k.person_id = p.id) AS passkeys,"
		      " (SELECT COUNT(*) FROM passkey k WHERE k.person_id = p.id"
		      " AND k.discoverable = 1 AND k.verified = 1) AS passkeys_alone,"
		      " (SELECT COUNT(*) FROM recovery_code r WHERE r.person_id = p.id) AS codes,"
		      " p.codes_kept_at FROM person p WHERE p.id = $1",
		      &factors_shape },
	[GET] = { "totp_get", TOTP_SELECT " WHERE person_id = $1", &totp_shape },
	[ANY] = { "totp_any", TOTP_SELECT " ORDER BY person_id LIMIT 1", &totp_shape },
	[CREATE] = { "totp_create",
		     "INSERT INTO totp (person_id, secret_sealed, created_at) VALUES ($1, $2, $3)"
		     " ON CONFLICT (person_id) DO UPDATE SET secret_sealed = $2, created_at = $3"
		     " WHERE totp.confirmed_at IS NULL" },
	[CONFIRM] = { "totp_confirm", "UPDATE totp SET confirmed_at = $2"
				      " WHERE person_id = $1 AND confirmed_at IS NULL" },
	[STEP] = { "totp_step",
		   "UPDATE totp SET last_step = $2 WHERE person_id = $1 AND last_step < $2" },
	[DELETE] = { "totp_delete", "DELETE FROM totp WHERE person_id = $1" },
	[DELETE_ALL] = { "totp_delete_all", "DELETE FROM totp" },
	[CODES_DELETE_ALL] = { "recovery_delete_all", "DELETE FROM recovery_code" },
	[CODES_DELETE] = { "recovery_delete", "DELETE FROM recovery_code WHERE person_id = $1" },
	[CODES_LOST] = { "recovery_lost", "UPDATE person SET codes_kept_at = NULL WHERE id = $1" },
	[CODE_CREATE] = { "recovery_create",
			  "INSERT INTO recovery_code (person_id, code_hash) VALUES ($1, $2)" },
	[CODE_TAKE] = { "recovery_take",
			"DELETE FROM recovery_code WHERE person_id = $1 AND code_hash = $2" },
	[KEPT] = { "recovery_kept", "UPDATE person SET codes_kept_at = $2 WHERE id = $1" },
};

int factor_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

int factors_get(struct db *db, int64_t person_id, struct arena *arena,
		struct factors_row *ret_factors)
{
	return db_one(db, &stmts[FACTORS], DB_ARGS(A_INT(person_id)), arena, ret_factors);
}

int totp_get(struct db *db, int64_t person_id, struct arena *arena, struct totp_row *ret_totp)
{
	return db_one(db, &stmts[GET], DB_ARGS(A_INT(person_id)), arena, ret_totp);
}

int totp_any(struct db *db, struct arena *arena, struct totp_row *ret_totp)
{
	return db_one(db, &stmts[ANY], DB_NO_ARGS, arena, ret_totp);
}

/* `none` when the statement touched no row. */
static int touch(struct db *db, const struct db_stmt *stmt, const struct db_arg *args, size_t nargs,
		 int none)
{
	int64_t n;
	const int rc = db_exec(db, stmt, args, nargs, &n);

	return rc < 0 || n > 0 ? rc : none;
}

int totp_create(struct db *db, int64_t now_ms, int64_t person_id, struct view secret_sealed)
{
	return touch(db, &stmts[CREATE],
		     DB_ARGS(A_INT(person_id), A_BLOB(secret_sealed), A_INT(now_ms)), -EEXIST);
}

int totp_confirm(struct db *db, int64_t now_ms, int64_t person_id)
{
	return touch(db, &stmts[CONFIRM], DB_ARGS(A_INT(person_id), A_INT(now_ms)), -ENOENT);
}

int totp_step(struct db *db, int64_t person_id, int64_t step)
{
	return touch(db, &stmts[STEP], DB_ARGS(A_INT(person_id), A_INT(step)), -EEXIST);
}

int totp_delete(struct db *db, int64_t person_id)
{
	return touch(db, &stmts[DELETE], DB_ARGS(A_INT(person_id)), -ENOENT);
}

int totp_delete_all(struct db *db, int64_t *ret_n)
{
	const int rc = db_exec(db, &stmts[CODES_DELETE_ALL], DB_NO_ARGS, NULL);

	return rc == 0 ? db_exec(db, &stmts[DELETE_ALL], DB_NO_ARGS, ret_n) : rc;
}

int recovery_replace(struct db *db, int64_t person_id, const struct view *hashes, size_t n)
{
	int rc = db_exec(db, &stmts[CODES_DELETE], DB_ARGS(A_INT(person_id)), NULL);

	if (rc == 0)
		rc = db_exec(db, &stmts[CODES_LOST], DB_ARGS(A_INT(person_id)), NULL);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = db_exec(db, &stmts[CODE_CREATE], DB_ARGS(A_INT(person_id), A_BLOB(hashes[i])),
			     NULL);
	return rc;
}

int recovery_take(struct db *db, int64_t person_id, struct view hash)
{
	return touch(db, &stmts[CODE_TAKE], DB_ARGS(A_INT(person_id), A_BLOB(hash)), -ENOENT);
}

int recovery_kept(struct db *db, int64_t now_ms, int64_t person_id)
{
	return touch(db, &stmts[KEPT], DB_ARGS(A_INT(person_id), A_INT(now_ms)), -ENOENT);
}
