#include "store/company.h"

#include "store/account.h"
#include "store/change.h"
#include "store/member.h"

#include <errno.h>

static const struct db_column company_columns[] = {
	DB_COLUMN_INT(struct company_row, id),
	DB_COLUMN_TEXT(struct company_row, name),
	DB_COLUMN_INT(struct company_row, created_at),
	DB_COLUMN_INT(struct company_row, sites),
};
static const struct db_shape company_shape = DB_SHAPE(struct company_row, company_columns);

static const struct db_column admin_columns[] = {
	DB_COLUMN_INT(struct company_admin_row, id),
	DB_COLUMN_TEXT(struct company_admin_row, name),
	DB_COLUMN_TEXT(struct company_admin_row, email),
	DB_COLUMN_INT(struct company_admin_row, active),
};
static const struct db_shape admin_shape = DB_SHAPE(struct company_admin_row, admin_columns);

struct count_row {
	int64_t n;
};
static const struct db_column count_columns[] = { DB_COLUMN_INT(struct count_row, n) };
static const struct db_shape count_shape = DB_SHAPE(struct count_row, count_columns);

#define COMPANY_SELECT                                                                             \
	"SELECT c.id, c.name, c.created_at,"                                                       \
	" (SELECT COUNT(*) FROM site s WHERE s.company_id = c.id) AS sites FROM company c"
#define ADMIN_SELECT                                                                               \
	"SELECT p.id, p.name, p.email," PERSON_ACTIVE("p")                                         \
	" FROM person_role r JOIN person p ON p.id = r.person_id"                                  \
	" WHERE r.company_id = $1 AND r.role = 'company_admin'"

enum { LIST, GET, RENAME, ADMINS, ADMIN_GET, ADMIN_REMOVE, ADMIN_COUNT };

static const struct db_stmt stmts[] = {
	[LIST] = { "company_list",
		   COMPANY_SELECT
		   " WHERE (c.name, c.id) > ($2, $3) AND c.id IN"
		   " (SELECT r.company_id FROM person_role r WHERE r.person_id = $1"
		   " AND r.role = 'company_admin' UNION SELECT o.id FROM company o"
		   " WHERE EXISTS (SELECT 1 FROM person_role r WHERE r.person_id = $1"
		   " AND r.role = 'operator')) ORDER BY c.name, c.id LIMIT $4",
		   &company_shape },
	[GET] = { "company_get", COMPANY_SELECT " WHERE c.id = $1", &company_shape },
	[RENAME] = { "company_rename", "UPDATE company SET name = $2 WHERE id = $1" },
	[ADMINS] = { "company_admins",
		     ADMIN_SELECT " AND (p.name, p.id) > ($2, $3) ORDER BY p.name, p.id LIMIT $4",
		     &admin_shape },
	[ADMIN_GET] = { "company_admin_get", ADMIN_SELECT " AND p.id = $2", &admin_shape },
	[ADMIN_REMOVE] = { "company_admin_remove",
			   "DELETE FROM person_role WHERE company_id = $1 AND person_id = $2"
			   " AND role = 'company_admin'" },
	[ADMIN_COUNT] = { "company_admin_count",
			  "SELECT COUNT(*) AS n FROM person_role WHERE company_id = $1"
			  " AND role = 'company_admin'",
			  &count_shape },
};

int company_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

int company_list(struct db *db, int64_t person_id, struct name_cursor after, int64_t max,
		 struct arena *arena, struct company_row **ret_companies, size_t *ret_n)
{
	return db_select(db, &stmts[LIST],
			 DB_ARGS(A_INT(person_id), A_TEXT(after.name), A_INT(after.id), A_INT(max)),
			 arena, ret_companies, ret_n);
}

int company_get(struct db *db, int64_t id, struct arena *arena, struct company_row *ret_company)
{
	return db_one(db, &stmts[GET], DB_ARGS(A_INT(id)), arena, ret_company);
}

static int changed(struct db *db, int64_t now_ms, struct view type, int64_t id)
{
	return change_append(db, now_ms, DB_INT_NULL, type, id);
}

static int update(struct db *db, const struct db_stmt *stmt, const struct db_arg *args,
		  size_t nargs)
{
	int64_t n;
	const int rc = db_exec(db, stmt, args, nargs, &n);

	return rc < 0 ? rc : n ? 0 : -ENOENT;
}

int company_rename(struct db *db, int64_t now_ms, int64_t id, struct view name)
{
	const int rc = update(db, &stmts[RENAME], DB_ARGS(A_INT(id), A_TEXT(name)));

	return rc < 0 ? rc : changed(db, now_ms, VIEW("company"), id);
}

int company_admins(struct db *db, int64_t company_id, struct name_cursor after, int64_t max,
		   struct arena *arena, struct company_admin_row **ret_admins, size_t *ret_n)
{
	return db_select(
		db, &stmts[ADMINS],
		DB_ARGS(A_INT(company_id), A_TEXT(after.name), A_INT(after.id), A_INT(max)), arena,
		ret_admins, ret_n);
}

int company_admin_get(struct db *db, int64_t company_id, int64_t person_id, struct arena *arena,
		      struct company_admin_row *ret_admin)
{
	return db_one(db, &stmts[ADMIN_GET], DB_ARGS(A_INT(company_id), A_INT(person_id)), arena,
		      ret_admin);
}

/* The row in the feed comes before the count: its lock makes two who leave at once wait for each
 * other, so that one of them sees that he is the last. */
int company_admin_remove(struct db *db, int64_t now_ms, int64_t company_id, int64_t person_id,
			 int64_t *ret_left)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);
	struct count_row row;
	int rc = update(db, &stmts[ADMIN_REMOVE], DB_ARGS(A_INT(company_id), A_INT(person_id)));

	if (rc == 0)
		rc = changed(db, now_ms, VIEW("person"), person_id);
	if (rc == 0)
		rc = db_one(db, &stmts[ADMIN_COUNT], DB_ARGS(A_INT(company_id)), &arena, &row);
	if (rc < 0)
		return rc;
	*ret_left = row.n;
	return person_release(db, now_ms, person_id);
}
