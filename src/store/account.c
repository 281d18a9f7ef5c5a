#include "store/account.h"

#include "store/change.h"
#include "store/member.h"
#include "store/push.h"

#include <errno.h>

static const struct db_column person_columns[] = {
	DB_COLUMN_INT(struct person_row, id),        DB_COLUMN_TEXT(struct person_row, email),
	DB_COLUMN_TEXT(struct person_row, name),     DB_COLUMN_TEXT(struct person_row, password),
	DB_COLUMN_TEXT(struct person_row, language), DB_COLUMN_INT(struct person_row, disabled_at),
	DB_COLUMN_INT(struct person_row, passkeys),
};
static const struct db_shape person_shape = DB_SHAPE(struct person_row, person_columns);

static const struct db_column role_columns[] = {
	DB_COLUMN_TEXT(struct role_row, role),
	DB_COLUMN_INT(struct role_row, company_id),
	DB_COLUMN_INT(struct role_row, site_id),
	DB_COLUMN_INT(struct role_row, apartment_id),
};
static const struct db_shape role_shape = DB_SHAPE(struct role_row, role_columns);

static const struct db_column session_columns[] = {
	DB_COLUMN_INT(struct session_row, person_id),
	DB_COLUMN_INT(struct session_row, created_at),
	DB_COLUMN_INT(struct session_row, seen_at),
	DB_COLUMN_INT(struct session_row, expires_at),
	DB_COLUMN_INT(struct session_row, id),
	DB_COLUMN_INT(struct session_row, verified_at),
	DB_COLUMN_TEXT(struct session_row, email),
	DB_COLUMN_TEXT(struct session_row, name),
	DB_COLUMN_TEXT(struct session_row, language),
	DB_COLUMN_INT(struct session_row, disabled_at),
};
static const struct db_shape session_shape = DB_SHAPE(struct session_row, session_columns);

static const struct db_column session_seen_columns[] = {
	DB_COLUMN_INT(struct session_seen_row, id),
	DB_COLUMN_INT(struct session_seen_row, created_at),
	DB_COLUMN_INT(struct session_seen_row, seen_at),
	DB_COLUMN_TEXT(struct session_seen_row, address),
	DB_COLUMN_TEXT(struct session_seen_row, agent),
};
static const struct db_shape session_seen_shape =
	DB_SHAPE(struct session_seen_row, session_seen_columns);

struct id_row {
	int64_t id;
};
static const struct db_column id_columns[] = { DB_COLUMN_INT(struct id_row, id) };
static const struct db_shape id_shape = DB_SHAPE(struct id_row, id_columns);

#define PERSON_SELECT                                                                              \
	"SELECT id, email, name, password, language, disabled_at, (SELECT COUNT(*) FROM passkey k" \
	" WHERE k.person_id = person.id) AS passkeys FROM person"

enum {
	BY_EMAIL,
	GET,
	CREATE,
	PASSWORD,
	PROFILE,
	EMAIL,
	CONSENT,
	ANY_OPERATOR,
	GRANT,
	ROLES,
	ROLES_OF_SITE,
	SESSION_CREATE,
	SESSION_FIND,
	SESSION_TOUCH,
	SESSION_DELETE,
	SESSION_EXPIRE,
	SESSION_VERIFY,
	SESSION_LIST,
	SESSION_DELETE_ONE,
	SESSION_DELETE_ALL,
};

static const struct db_stmt stmts[] = {
	[BY_EMAIL] = { "person_by_email", PERSON_SELECT " WHERE email = $1", &person_shape },
	[GET] = { "person_get", PERSON_SELECT " WHERE id = $1", &person_shape },
	[CREATE] = { "person_create",
		     "INSERT INTO person (email, name, password, language, created_at)"
		     " VALUES ($1, $2, $3, $4, $5) RETURNING id",
		     &id_shape },
	[PASSWORD] = { "person_password_set", "UPDATE person SET password = $2 WHERE id = $1" },
	[PROFILE] = { "person_profile_set",
		      "UPDATE person SET name = $2, language = $3 WHERE id = $1" },
	[EMAIL] = { "person_email_set", "UPDATE person SET email = $2 WHERE id = $1" },
	[CONSENT] = { "person_consent_set", "UPDATE person SET consent_at = $2 WHERE id = $1" },
	[ANY_OPERATOR] = { "person_any_operator",
			   "SELECT COUNT(*) AS id FROM person_role WHERE role = 'operator'", &id_shape },
	[GRANT] = { "role_grant",
		    "INSERT INTO person_role (person_id, role, company_id, site_id, apartment_id)"
		    " VALUES ($1, $2, $3, $4, $5)" },
	[ROLES] = { "role_list",
		    "SELECT role, company_id, site_id, apartment_id FROM person_role"
		    " WHERE person_id = $1 ORDER BY id",
		    &role_shape },
	[ROLES_OF_SITE] = { "role_list_of_site",
			    "SELECT r.role, r.company_id, r.site_id, r.apartment_id FROM person_role r"
			    " JOIN site s ON s.id = $2 WHERE r.person_id = $1 AND (r.role = 'operator'"
			    " OR r.site_id = s.id"
			    " OR (r.role = 'company_admin' AND r.company_id = s.company_id))"
			    " ORDER BY r.id",
			    &role_shape },
	[SESSION_CREATE] = { "session_create",
			     "INSERT INTO session (token_hash, person_id, created_at, seen_at, expires_at,"
			     " verified_at, address, agent) VALUES ($1, $2, $3, $4, $5, $3, $6, $7)" },
	[SESSION_FIND] = { "session_find",
			   "SELECT s.id, s.person_id, s.created_at, s.seen_at, s.expires_at,"
			   " s.verified_at, p.email, p.name, p.language, p.disabled_at FROM session s"
			   " JOIN person p ON p.id = s.person_id"
			   " WHERE s.token_hash = $1 AND s.expires_at > $2",
			   &session_shape },
	[SESSION_TOUCH] = { "session_touch",
			    "UPDATE session SET seen_at = $2, expires_at = $3 WHERE token_hash = $1" },
	[SESSION_DELETE] = { "session_delete", "DELETE FROM session WHERE token_hash = $1" },
	[SESSION_EXPIRE] = { "session_expire", "DELETE FROM session WHERE expires_at <= $1" },
	[SESSION_VERIFY] = { "session_verify",
			     "UPDATE session SET verified_at = $2 WHERE token_hash = $1" },
	[SESSION_LIST] = { "session_list",
			   "SELECT id, created_at, seen_at, address, agent FROM session"
			   " WHERE person_id = $1 AND expires_at > $2 ORDER BY seen_at DESC, id DESC"
			   " LIMIT $3",
			   &session_seen_shape },
	[SESSION_DELETE_ONE] = { "session_delete_one",
				 "DELETE FROM session WHERE person_id = $1 AND id = $2" },
	[SESSION_DELETE_ALL] = { "session_delete_all",
				 "DELETE FROM session WHERE person_id = $1 AND id <> $2" },
};

int account_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

static int person_changed(struct db *db, int64_t now_ms, int64_t site_id, int64_t id)
{
	return change_append(db, now_ms, site_id, VIEW("person"), id);
}

int person_by_email(struct db *db, struct view email, struct arena *arena,
		    struct person_row *ret_person)
{
	return db_one(db, &stmts[BY_EMAIL], DB_ARGS(A_TEXT(email)), arena, ret_person);
}

int person_get(struct db *db, int64_t id, struct arena *arena, struct person_row *ret_person)
{
	return db_one(db, &stmts[GET], DB_ARGS(A_INT(id)), arena, ret_person);
}

int person_create(struct db *db, int64_t now_ms, const struct person_row *p, int64_t *ret_id)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);
	struct id_row row;
	int rc = db_one(db, &stmts[CREATE],
			DB_ARGS(A_TEXT(p->email), A_TEXT(p->name), A_TEXT(p->password),
				A_TEXT(p->language), A_INT(now_ms)),
			&arena, &row);

	if (rc == 0)
		rc = person_changed(db, now_ms, DB_INT_NULL, row.id);
	if (rc == 0)
		*ret_id = row.id;
	return rc;
}

static int person_set(struct db *db, int64_t now_ms, int64_t id, const struct db_stmt *stmt,
		      const struct db_arg *args, size_t nargs)
{
	int64_t n;
	const int rc = db_exec(db, stmt, args, nargs, &n);

	if (rc < 0)
		return rc;
	return n ? person_changed(db, now_ms, DB_INT_NULL, id) : -ENOENT;
}

int person_password_set(struct db *db, int64_t now_ms, int64_t id, struct view password)
{
	return person_set(db, now_ms, id, &stmts[PASSWORD], DB_ARGS(A_INT(id), A_TEXT(password)));
}

int person_profile_set(struct db *db, int64_t now_ms, int64_t id, struct view name,
		       struct view language)
{
	const int rc = person_set(db, now_ms, id, &stmts[PROFILE],
				  DB_ARGS(A_INT(id), A_TEXT(name), A_TEXT(language)));

	return rc == 0 ? member_refresh(db, now_ms, id) : rc;
}

int person_email_set(struct db *db, int64_t now_ms, int64_t id, struct view email)
{
	const int rc = person_set(db, now_ms, id, &stmts[EMAIL], DB_ARGS(A_INT(id), A_TEXT(email)));

	return rc == 0 ? member_refresh(db, now_ms, id) : rc;
}

int person_consent_set(struct db *db, int64_t id, int64_t at_ms)
{
	return db_exec(db, &stmts[CONSENT], DB_ARGS(A_INT(id), A_INT(at_ms)), NULL);
}

int person_any_operator(struct db *db, bool *ret_any)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);
	struct id_row row;
	const int rc = db_one(db, &stmts[ANY_OPERATOR], DB_NO_ARGS, &arena, &row);

	if (rc == 0)
		*ret_any = row.id > 0;
	return rc;
}

int role_grant(struct db *db, int64_t now_ms, int64_t person_id, const struct role_row *r)
{
	const int rc = db_exec(db, &stmts[GRANT],
			       DB_ARGS(A_INT(person_id), A_TEXT(r->role), A_INT_OR_NULL(r->company_id),
				       A_INT_OR_NULL(r->site_id), A_INT_OR_NULL(r->apartment_id)),
			       NULL);

	return rc < 0 ? rc : person_changed(db, now_ms, r->site_id, person_id);
}

int role_list(struct db *db, int64_t person_id, struct arena *arena, struct role_row **ret_roles,
	      size_t *ret_n)
{
	return db_select(db, &stmts[ROLES], DB_ARGS(A_INT(person_id)), arena, ret_roles, ret_n);
}

int role_list_of_site(struct db *db, int64_t person_id, int64_t site_id, struct arena *arena,
		      struct role_row **ret_roles, size_t *ret_n)
{
	return db_select(db, &stmts[ROLES_OF_SITE], DB_ARGS(A_INT(person_id), A_INT(site_id)), arena,
			 ret_roles, ret_n);
}

int session_create(struct db *db, struct view token_hash, const struct session_row *s,
		   struct view address, struct view agent)
{
	return db_exec(db, &stmts[SESSION_CREATE],
		       DB_ARGS(A_BLOB(token_hash), A_INT(s->person_id), A_INT(s->created_at),
			       A_INT(s->seen_at), A_INT(s->expires_at), A_TEXT(address), A_TEXT(agent)),
		       NULL);
}

int session_find(struct db *db, struct view token_hash, int64_t now_ms, struct arena *arena,
		 struct session_row *ret_session)
{
	return db_one(db, &stmts[SESSION_FIND], DB_ARGS(A_BLOB(token_hash), A_INT(now_ms)), arena,
		      ret_session);
}

int session_touch(struct db *db, struct view token_hash, int64_t now_ms, int64_t expires_at)
{
	return db_exec(db, &stmts[SESSION_TOUCH],
		       DB_ARGS(A_BLOB(token_hash), A_INT(now_ms), A_INT(expires_at)), NULL);
}

int session_delete(struct db *db, int64_t now_ms, struct view token_hash)
{
	const struct push_end end = { PUSH_END_SESSION, &stmts[SESSION_DELETE] };

	return push_end(db, now_ms, &end, DB_ARGS(A_BLOB(token_hash)), NULL);
}

int session_expire(struct db *db, int64_t now_ms)
{
	const struct push_end end = { PUSH_END_EXPIRED, &stmts[SESSION_EXPIRE] };

	return push_end(db, now_ms, &end, DB_ARGS(A_INT(now_ms)), NULL);
}

int session_verify(struct db *db, struct view token_hash, int64_t now_ms)
{
	return db_exec(db, &stmts[SESSION_VERIFY], DB_ARGS(A_BLOB(token_hash), A_INT(now_ms)), NULL);
}

int session_list(struct db *db, int64_t person_id, int64_t now_ms, struct arena *arena,
		 struct session_seen_row **ret_sessions, size_t *ret_n)
{
	return db_select(db, &stmts[SESSION_LIST],
			 DB_ARGS(A_INT(person_id), A_INT(now_ms), A_INT(SESSION_LIST_MAX)), arena,
			 ret_sessions, ret_n);
}

int session_delete_one(struct db *db, int64_t now_ms, int64_t person_id, int64_t id)
{
	const struct push_end end = { PUSH_END_ONE, &stmts[SESSION_DELETE_ONE] };
	int64_t n;
	const int rc = push_end(db, now_ms, &end, DB_ARGS(A_INT(person_id), A_INT(id)), &n);

	return rc < 0 || n > 0 ? rc : -ENOENT;
}

int session_delete_all(struct db *db, int64_t now_ms, int64_t person_id, int64_t but_id)
{
	const struct push_end end = { PUSH_END_OTHERS, &stmts[SESSION_DELETE_ALL] };

	return push_end(db, now_ms, &end, DB_ARGS(A_INT(person_id), A_INT(but_id)), NULL);
}
