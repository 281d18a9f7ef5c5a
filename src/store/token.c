#include "store/token.h"

#include <errno.h>

static const struct db_column registration_columns[] = {
	DB_COLUMN_BLOB(struct registration_row, token_hash),
	DB_COLUMN_TEXT(struct registration_row, email),
	DB_COLUMN_TEXT(struct registration_row, name),
	DB_COLUMN_TEXT(struct registration_row, company),
	DB_COLUMN_TEXT(struct registration_row, language),
	DB_COLUMN_INT(struct registration_row, created_at),
	DB_COLUMN_INT(struct registration_row, expires_at),
};
static const struct db_shape registration_shape =
	DB_SHAPE(struct registration_row, registration_columns);

static const struct db_column token_columns[] = {
	DB_COLUMN_BLOB(struct token_row, token_hash), DB_COLUMN_TEXT(struct token_row, purpose),
	DB_COLUMN_INT(struct token_row, person_id),   DB_COLUMN_TEXT(struct token_row, email),
	DB_COLUMN_INT(struct token_row, created_at),  DB_COLUMN_INT(struct token_row, expires_at),
};
static const struct db_shape token_shape = DB_SHAPE(struct token_row, token_columns);

#define TOKEN_COLUMNS "token_hash, purpose, person_id, email, created_at, expires_at"
#define TOKEN_WHERE                                                                                \
	" WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3 AND person_id IS NOT NULL"

enum {
	REGISTRATION_CREATE,
	REGISTRATION_TAKE,
	REGISTRATION_FORGET,
	REGISTRATION_EXPIRE,
	CREATE,
	REPLACE,
	INVITED,
	FIND,
	TAKE_ONE,
	DELETE,
	EXPIRE,
	CAPTCHA_USE,
	CAPTCHA_EXPIRE,
};

static const struct db_stmt stmts[] = {
	[REGISTRATION_CREATE] = { "registration_create",
				  "INSERT INTO registration (token_hash, email, name, company, "
				  "language,"
				  " created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)" },
	[REGISTRATION_TAKE] = { "registration_take",
				"DELETE FROM registration WHERE token_hash = $1 AND expires_at > $2"
				" RETURNING token_hash, email, name, company, language, created_at,"
				" expires_at",
				&registration_shape },
	[REGISTRATION_FORGET] = { "registration_forget",
				  "DELETE FROM registration WHERE email = $1" },
	[REGISTRATION_EXPIRE] = { "registration_expire",
				  "DELETE FROM registration WHERE expires_at <= $1" },
	[CREATE] = { "token_create", "INSERT INTO account_token (" TOKEN_COLUMNS
				     ") VALUES ($1, $2, $3, $4, $5, $6)" },
	[REPLACE] = { "token_replace",
		      "DELETE FROM account_token WHERE person_id = $1 AND purpose = $2" },
	[INVITED] = { "token_invited", "UPDATE person SET invited_until = $2 WHERE id = $1" },
	[FIND] = { "token_find", "SELECT " TOKEN_COLUMNS " FROM account_token" TOKEN_WHERE,
		   &token_shape },
	[TAKE_ONE] = { "token_take",
		       "DELETE FROM account_token" TOKEN_WHERE " RETURNING " TOKEN_COLUMNS,
		       &token_shape },
	[DELETE] = { "token_delete", "DELETE FROM account_token WHERE person_id = $1" },
	[EXPIRE] = { "token_expire", "DELETE FROM account_token WHERE expires_at <= $1" },
	[CAPTCHA_USE] = { "captcha_use",
			  "INSERT INTO captcha_used (nonce, expires_at) VALUES ($1, $2)" },
	[CAPTCHA_EXPIRE] = { "captcha_expire", "DELETE FROM captcha_used WHERE expires_at <= $1" },
};

int token_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

int registration_create(struct db *db, const struct registration_row *r)
{
	return db_exec(db, &stmts[REGISTRATION_CREATE],
		       DB_ARGS(A_BLOB(r->token_hash), A_TEXT(r->email), A_TEXT(r->name),
			       A_TEXT(r->company), A_TEXT(r->language), A_INT(r->created_at),
			       A_INT(r->expires_at)),
		       NULL);
}

int registration_take(struct db *db, struct view token_hash, int64_t now_ms, struct arena *arena,
		      struct registration_row *ret_registration)
{
	struct registration_row row;
	int rc = db_one(db, &stmts[REGISTRATION_TAKE], DB_ARGS(A_BLOB(token_hash), A_INT(now_ms)),
			arena, &row);

	if (rc == 0)
		rc = db_exec(db, &stmts[REGISTRATION_FORGET], DB_ARGS(A_TEXT(row.email)), NULL);
	if (rc == 0)
		*ret_registration = row;
	return rc;
}

int token_create(struct db *db, const struct token_row *t)
{
	int rc = db_exec(db, &stmts[REPLACE],
			 DB_ARGS(A_INT_OR_NULL(t->person_id), A_TEXT(t->purpose)), NULL);

	if (rc == 0 && view_eq(t->purpose, VIEW("invitation")))
		rc = db_exec(db, &stmts[INVITED],
			     DB_ARGS(A_INT(t->person_id), A_INT(t->expires_at)), NULL);
	return rc < 0 ? rc
		      : db_exec(db, &stmts[CREATE],
				DB_ARGS(A_BLOB(t->token_hash), A_TEXT(t->purpose),
					A_INT_OR_NULL(t->person_id), A_TEXT(t->email),
					A_INT(t->created_at), A_INT(t->expires_at)),
				NULL);
}

int token_find(struct db *db, struct view token_hash, struct view purpose, int64_t now_ms,
	       struct arena *arena, struct token_row *ret_token)
{
	return db_one(db, &stmts[FIND], DB_ARGS(A_BLOB(token_hash), A_TEXT(purpose), A_INT(now_ms)),
		      arena, ret_token);
}

int token_take(struct db *db, struct view token_hash, struct view purpose, int64_t now_ms,
	       struct arena *arena, struct token_row *ret_token)
{
	return db_one(db, &stmts[TAKE_ONE],
		      DB_ARGS(A_BLOB(token_hash), A_TEXT(purpose), A_INT(now_ms)), arena,
		      ret_token);
}

int token_delete(struct db *db, int64_t person_id)
{
	return db_exec(db, &stmts[DELETE], DB_ARGS(A_INT(person_id)), NULL);
}

int token_expire(struct db *db, int64_t now_ms)
{
	static const int all[] = { REGISTRATION_EXPIRE, EXPIRE, CAPTCHA_EXPIRE };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(all) / sizeof(all[0]); i++)
		rc = db_exec(db, &stmts[all[i]], DB_ARGS(A_INT(now_ms)), NULL);
	return rc;
}

int captcha_use(struct db *db, struct view nonce, int64_t expires_at)
{
	return db_exec(db, &stmts[CAPTCHA_USE], DB_ARGS(A_TEXT(nonce), A_INT(expires_at)), NULL);
}
