#include "store/member.h"

#include "base/fold.h"
#include "store/account.h"
#include "store/app.h"
#include "store/change.h"

#include <errno.h>

enum { FOLD_ARENA_MAX = 64 * 1024, FOLD_MAX = 16 * 1024 };

static const struct db_column member_columns[] = {
	DB_COLUMN_INT(struct member_row, id),
	DB_COLUMN_TEXT(struct member_row, name),
	DB_COLUMN_TEXT(struct member_row, email),
	DB_COLUMN_TEXT(struct member_row, role),
	DB_COLUMN_TEXT(struct member_row, language),
	DB_COLUMN_TEXT(struct member_row, phone),
	DB_COLUMN_TEXT(struct member_row, comment),
	DB_COLUMN_TEXT(struct member_row, sort),
	DB_COLUMN_INT(struct member_row, created_at),
	DB_COLUMN_INT(struct member_row, active),
	DB_COLUMN_INT(struct member_row, invited_until),
	DB_COLUMN_INT(struct member_row, alone),
	DB_COLUMN_INT(struct member_row, apartment_id),
	DB_COLUMN_TEXT(struct member_row, floor),
	DB_COLUMN_TEXT(struct member_row, number),
	DB_COLUMN_TEXT(struct member_row, apartment_name),
	DB_COLUMN_INT(struct member_row, admin),
};
static const struct db_shape member_shape = DB_SHAPE(struct member_row, member_columns);

struct known_row {
	int64_t site_id;
	struct view phone;
	struct view comment;
};
static const struct db_column known_columns[] = {
	DB_COLUMN_INT(struct known_row, site_id),
	DB_COLUMN_TEXT(struct known_row, phone),
	DB_COLUMN_TEXT(struct known_row, comment),
};
static const struct db_shape known_shape = DB_SHAPE(struct known_row, known_columns);

struct count_row {
	int64_t n;
};
static const struct db_column count_columns[] = { DB_COLUMN_INT(struct count_row, n) };
static const struct db_shape count_shape = DB_SHAPE(struct count_row, count_columns);

/* What is read of the members that `from` chooses as m, with their homes. */
#define MEMBER_SELECT(from)                                                                        \
	"SELECT p.id, p.name, p.email, p.language, m.phone, m.comment, m.sort, m.created_at,"      \
	" (SELECT r.role FROM person_role r WHERE r.site_id = m.site_id AND r.person_id = p.id"    \
	" AND r.role <> 'apartment_admin') AS role,"                                               \
	PERSON_ACTIVE("p") ", p.invited_until,"                                                    \
	" CASE WHEN NOT EXISTS (SELECT 1 FROM member o WHERE o.person_id = p.id"                   \
	" AND o.site_id <> m.site_id)"                                                             \
	" AND NOT EXISTS (SELECT 1 FROM person_role r WHERE r.person_id = p.id"                    \
	" AND (r.site_id IS NULL OR r.site_id <> m.site_id)) THEN 1 ELSE 0 END AS alone,"          \
	" h.apartment_id, a.floor, a.number, a.name AS apartment_name,"                            \
	" (SELECT COUNT(*) FROM person_role r WHERE r.apartment_id = h.apartment_id"               \
	" AND r.person_id = p.id AND r.role = 'apartment_admin') AS admin"                         \
	" FROM " from " m JOIN person p ON p.id = m.person_id"                                     \
	" LEFT JOIN resident h ON h.site_id = m.site_id AND h.person_id = m.person_id"             \
	" LEFT JOIN apartment a ON a.site_id = h.site_id AND a.id = h.apartment_id"
#define MEMBER_ORDER      " ORDER BY m.sort, m.person_id, a.number, a.id"
#define MEMBER_ORDER_DOWN " ORDER BY m.sort DESC, m.person_id DESC, a.number, a.id"
/* $1 site, $2 $3 cursor, $4 pattern, $5 most. An apartment's people are few: the empty text behind
 * the name keeps SQLite, which has no statistics, from walking through the whole site by name.
 * Downwards the list begins behind the last name. */
#define PAGE_OF(sort, past, way)                                                                   \
	" WHERE m.site_id = $1 AND (" sort ", m.person_id) " past                                  \
	" AND ($4 = '' OR m.search LIKE $4 ESCAPE '!')"                                            \
	" ORDER BY " sort way ", m.person_id" way " LIMIT $5)"
#define UP "> ($2, $3)"
#define DOWN                                                                                       \
	"< (CASE WHEN $2 <> '' THEN $2 ELSE (SELECT MAX(x.sort) || 'x' FROM member x"              \
	" WHERE x.site_id = $1) END, $3)"
#define MEMBER_LIST(joins, sort)                                                                   \
	MEMBER_SELECT("(SELECT m.* FROM member m" joins PAGE_OF(sort, UP, "")) MEMBER_ORDER
#define MEMBER_LIST_DOWN(joins, sort)                                                              \
	MEMBER_SELECT("(SELECT m.* FROM member m" joins PAGE_OF(sort, DOWN, " DESC"))              \
	MEMBER_ORDER_DOWN
#define BY_NAME        "m.sort"
#define BY_NAME_OF_FEW "m.sort || ''"
#define OF_ROLE                                                                                    \
	" JOIN person_role w ON w.site_id = m.site_id AND w.person_id = m.person_id AND w.role = " \
	"$6"
#define OF_APARTMENT                                                                               \
	" JOIN resident l ON l.site_id = m.site_id AND l.person_id = m.person_id"                  \
	" AND l.apartment_id = "

enum {
	LIST,
	LIST_ROLE,
	LIST_APARTMENT,
	LIST_APARTMENT_ROLE,
	DOWNWARDS, /* to be added to those above */
	GET = 2 * DOWNWARDS,
	ADD,
	EDIT,
	NAME,
	KNOWN,
	REFRESH,
	REMOVE,
	ROLES_REMOVE,
	MAIN_REMOVE,
	RELEASE,
	LIVES,
	MOVE_IN,
	MOVE_OUT,
	ADMIN_REMOVE,
	RESIDENTS,
};

static const struct db_stmt stmts[] = {
	[LIST] = { "member_list", MEMBER_LIST("", BY_NAME), &member_shape },
	[LIST_ROLE] = { "member_list_role", MEMBER_LIST(OF_ROLE, BY_NAME), &member_shape },
	[LIST_APARTMENT] = { "member_list_apartment",
			     MEMBER_LIST(OF_APARTMENT "$6", BY_NAME_OF_FEW), &member_shape },
	[LIST_APARTMENT_ROLE] = { "member_list_apartment_role",
				  MEMBER_LIST(OF_ROLE OF_APARTMENT "$7", BY_NAME_OF_FEW),
				  &member_shape },
	[DOWNWARDS + LIST] = { "member_list_down", MEMBER_LIST_DOWN("", BY_NAME), &member_shape },
	[DOWNWARDS + LIST_ROLE] = { "member_list_role_down", MEMBER_LIST_DOWN(OF_ROLE, BY_NAME),
				    &member_shape },
	[DOWNWARDS + LIST_APARTMENT] = { "member_list_apartment_down",
					 MEMBER_LIST_DOWN(OF_APARTMENT "$6", BY_NAME_OF_FEW),
					 &member_shape },
	[DOWNWARDS + LIST_APARTMENT_ROLE] = { "member_list_apartment_role_down",
					      MEMBER_LIST_DOWN(OF_ROLE OF_APARTMENT "$7",
							       BY_NAME_OF_FEW),
					      &member_shape },
	[GET] = { "member_get",
		  MEMBER_SELECT("member") " WHERE m.site_id = $1 AND m.person_id = $2" MEMBER_ORDER,
		  &member_shape },
	[ADD] = { "member_add", "INSERT INTO member (site_id, person_id, phone, comment, sort, "
				"search, created_at)"
				" VALUES ($1, $2, $3, $4, $5, $6, $7)" },
	[EDIT] = { "member_edit",
		   "UPDATE member SET phone = $3, comment = $4, sort = $5, search = $6"
		   " WHERE site_id = $1 AND person_id = $2" },
	[NAME] = { "member_name",
		   "UPDATE person SET name = $3, email = $4, language = $5 WHERE id = $2 AND EXISTS"
		   " (SELECT 1 FROM member m WHERE m.site_id = $1 AND m.person_id = $2)" },
	[KNOWN] = { "member_known",
		    "SELECT site_id, phone, comment FROM member WHERE person_id = $1",
		    &known_shape },
	[REFRESH] = { "member_refresh", "UPDATE member SET sort = $3, search = $4 WHERE site_id = "
					"$1 AND person_id = $2" },
	[REMOVE] = { "member_remove", "DELETE FROM member WHERE site_id = $1 AND person_id = $2" },
	[ROLES_REMOVE] = { "member_roles_remove",
			   "DELETE FROM person_role WHERE site_id = $1 AND person_id = $2" },
	[MAIN_REMOVE] = { "member_main_remove",
			  "DELETE FROM person_role WHERE site_id = $1 AND person_id = $2"
			  " AND role <> 'apartment_admin'" },
	[RELEASE] = { "person_release",
		      "DELETE FROM person WHERE id = $1"
		      " AND NOT EXISTS (SELECT 1 FROM member m WHERE m.person_id = $1)"
		      " AND NOT EXISTS (SELECT 1 FROM person_role r WHERE r.person_id = $1)" },
	[LIVES] = { "resident_lives",
		    "SELECT COUNT(*) AS n FROM resident WHERE site_id = $1 AND apartment_id = $2"
		    " AND person_id = $3",
		    &count_shape },
	[MOVE_IN] = { "resident_add",
		      "INSERT INTO resident (site_id, apartment_id, person_id, created_at)"
		      " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING" },
	[MOVE_OUT] = { "resident_remove",
		       "DELETE FROM resident WHERE site_id = $1 AND apartment_id = $2"
		       " AND person_id = $3" },
	[ADMIN_REMOVE] = { "resident_admin_remove",
			   "DELETE FROM person_role WHERE site_id = $1 AND apartment_id = $2"
			   " AND person_id = $3 AND role = 'apartment_admin'" },
	[RESIDENTS] = { "resident_count",
			"SELECT COUNT(*) AS n FROM resident WHERE site_id = $1 AND apartment_id = "
			"$2",
			&count_shape },
};

int member_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

static int changed(struct db *db, int64_t now_ms, int64_t site_id, int64_t person_id)
{
	return change_append(db, now_ms, site_id, VIEW("person"), person_id);
}

/* -ENOENT when no row was touched. */
static int update(struct db *db, const struct db_stmt *stmt, const struct db_arg *args,
		  size_t nargs)
{
	int64_t n;
	const int rc = db_exec(db, stmt, args, nargs, &n);

	return rc < 0 ? rc : n ? 0 : -ENOENT;
}

/* %…%, with what LIKE would take for its own escaped; empty for the empty text. p NULL without
 * memory. */
static struct view pattern_of(struct arena *arena, struct view q)
{
	CLEANUP(buf_free) struct buf folded = BUF_INIT(FOLD_MAX), out = BUF_INIT(2 * FOLD_MAX + 2);

	fold_add(&folded, q);
	if (q.n > 0)
		buf_chr(&out, '%');
	for (size_t i = 0; i < folded.n; i++) {
		if (folded.p[i] == '%' || folded.p[i] == '_' || folded.p[i] == '!')
			buf_chr(&out, '!');
		buf_chr(&out, folded.p[i]);
	}
	if (q.n > 0)
		buf_chr(&out, '%');
	if (folded.err < 0 || out.err < 0)
		return (struct view){};
	return (struct view){ arena_dup(arena, buf_view(&out)), out.n };
}

int member_list(struct db *db, const struct member_filter *f, struct arena *arena,
		struct member_row **ret_rows, size_t *ret_n)
{
	const struct view pattern = pattern_of(arena, f->q);
	struct db_arg args[7] = { A_INT(f->site_id), A_TEXT(f->after.name), A_INT(f->after.id),
				  A_TEXT(pattern), A_INT(f->max) };
	size_t nargs = 5, stmt = LIST;

	if (!pattern.p)
		return -ENOMEM;
	if (f->role.n > 0) {
		args[nargs++] = A_TEXT(f->role);
		stmt = LIST_ROLE;
	}
	if (f->apartment_id != DB_INT_NULL) {
		args[nargs++] = A_INT(f->apartment_id);
		stmt = stmt == LIST_ROLE ? LIST_APARTMENT_ROLE : LIST_APARTMENT;
	}
	if (f->down)
		stmt += DOWNWARDS;
	return db_select(db, &stmts[stmt], args, nargs, arena, ret_rows, ret_n);
}

int member_get(struct db *db, int64_t site_id, int64_t person_id, struct arena *arena,
	       struct member_row **ret_rows, size_t *ret_n)
{
	const int rc = db_select(db, &stmts[GET], DB_ARGS(A_INT(site_id), A_INT(person_id)), arena,
				 ret_rows, ret_n);

	return rc == 0 && *ret_n == 0 ? -ENOENT : rc;
}

struct folded {
	struct view sort;
	struct view search;
};

static int fold_into(struct buf *folded, struct arena *arena, struct view *ret)
{
	if (folded->err < 0)
		return folded->err;
	*ret = (struct view){ arena_dup(arena, buf_view(folded)), folded->n };
	return ret->p ? 0 : -ENOMEM;
}

/* A name of nothing but accents sorts as it is. */
static int fold_member(const struct person_row *p, struct view phone, struct view comment,
		       struct arena *arena, struct folded *ret_folded)
{
	const struct view texts[] = { p->email, phone, comment };
	CLEANUP(buf_free) struct buf out = BUF_INIT(FOLD_MAX);
	int rc;

	fold_add(&out, p->name);
	if (out.n == 0)
		buf_add(&out, p->name);
	rc = fold_into(&out, arena, &ret_folded->sort);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		buf_chr(&out, '\n');
		fold_add(&out, texts[i]);
	}
	return rc < 0 ? rc : fold_into(&out, arena, &ret_folded->search);
}

static int fold_edit(struct db *db, const struct member_edit *e, struct arena *arena,
		     struct folded *ret_folded)
{
	struct person_row person;
	const int rc = person_get(db, e->person_id, arena, &person);

	return rc < 0 ? rc : fold_member(&person, e->phone, e->comment, arena, ret_folded);
}

int member_add(struct db *db, int64_t now_ms, const struct member_edit *e)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(FOLD_ARENA_MAX);
	struct folded folded = {};
	int rc = fold_edit(db, e, &arena, &folded);

	if (rc == 0)
		rc = db_exec(db, &stmts[ADD],
			     DB_ARGS(A_INT(e->site_id), A_INT(e->person_id), A_TEXT(e->phone),
				     A_TEXT(e->comment), A_TEXT(folded.sort), A_TEXT(folded.search),
				     A_INT(now_ms)),
			     NULL);
	return rc < 0 ? rc : changed(db, now_ms, e->site_id, e->person_id);
}

int member_edit(struct db *db, int64_t now_ms, const struct member_edit *e)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(FOLD_ARENA_MAX);
	struct folded folded = {};
	int rc = fold_edit(db, e, &arena, &folded);

	if (rc == 0)
		rc = update(db, &stmts[EDIT],
			    DB_ARGS(A_INT(e->site_id), A_INT(e->person_id), A_TEXT(e->phone),
				    A_TEXT(e->comment), A_TEXT(folded.sort),
				    A_TEXT(folded.search)));
	return rc < 0 ? rc : changed(db, now_ms, e->site_id, e->person_id);
}

int member_refresh(struct db *db, int64_t now_ms, int64_t person_id)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	struct known_row *known = NULL;
	struct person_row person;
	struct folded folded;
	size_t n = 0;
	int rc = person_get(db, person_id, &arena, &person);

	if (rc == 0)
		rc = db_select(db, &stmts[KNOWN], DB_ARGS(A_INT(person_id)), &arena, &known, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = fold_member(&person, known[i].phone, known[i].comment, &arena, &folded);
		if (rc == 0)
			rc = update(db, &stmts[REFRESH],
				    DB_ARGS(A_INT(known[i].site_id), A_INT(person_id),
					    A_TEXT(folded.sort), A_TEXT(folded.search)));
		if (rc == 0)
			rc = changed(db, now_ms, known[i].site_id, person_id);
	}
	return rc;
}

int member_name(struct db *db, int64_t now_ms, int64_t site_id, const struct person_row *p)
{
	const int rc = update(db, &stmts[NAME],
			      DB_ARGS(A_INT(site_id), A_INT(p->id), A_TEXT(p->name),
				      A_TEXT(p->email), A_TEXT(p->language)));

	return rc < 0 ? rc : member_refresh(db, now_ms, p->id);
}

int member_invited(struct db *db, int64_t now_ms, int64_t site_id, int64_t person_id)
{
	return changed(db, now_ms, site_id, person_id);
}

int person_release(struct db *db, int64_t now_ms, int64_t person_id)
{
	int64_t n;
	const int rc = db_exec(db, &stmts[RELEASE], DB_ARGS(A_INT(person_id)), &n);

	return rc < 0 || n == 0 ? rc : changed(db, now_ms, DB_INT_NULL, person_id);
}

int member_remove(struct db *db, int64_t now_ms, int64_t site_id, int64_t person_id)
{
	int rc = db_exec(db, &stmts[ROLES_REMOVE], DB_ARGS(A_INT(site_id), A_INT(person_id)), NULL);

	if (rc == 0)
		rc = app_release(db, now_ms, site_id, person_id);
	if (rc == 0)
		rc = update(db, &stmts[REMOVE], DB_ARGS(A_INT(site_id), A_INT(person_id)));
	if (rc == 0)
		rc = changed(db, now_ms, site_id, person_id);
	return rc < 0 ? rc : person_release(db, now_ms, person_id);
}

int member_role_set(struct db *db, int64_t now_ms, int64_t company_id, int64_t site_id,
		    int64_t person_id, struct view role)
{
	const struct role_row row = { role, company_id, site_id, DB_INT_NULL };
	const int rc =
		db_exec(db, &stmts[MAIN_REMOVE], DB_ARGS(A_INT(site_id), A_INT(person_id)), NULL);

	return rc < 0 ? rc : role_grant(db, now_ms, person_id, &row);
}

/* Apartments and who lives in them. */

int resident_add(struct db *db, int64_t now_ms, const struct home *h)
{
	const int rc = db_exec(db, &stmts[MOVE_IN],
			       DB_ARGS(A_INT(h->site_id), A_INT(h->apartment_id),
				       A_INT(h->person_id), A_INT(now_ms)),
			       NULL);

	return rc < 0 ? rc : changed(db, now_ms, h->site_id, h->person_id);
}

static int admin_remove(struct db *db, const struct home *h, int64_t *ret_n)
{
	return db_exec(db, &stmts[ADMIN_REMOVE],
		       DB_ARGS(A_INT(h->site_id), A_INT(h->apartment_id), A_INT(h->person_id)),
		       ret_n);
}

int resident_remove(struct db *db, int64_t now_ms, const struct home *h)
{
	int rc = admin_remove(db, h, NULL);

	if (rc == 0)
		rc = update(
			db, &stmts[MOVE_OUT],
			DB_ARGS(A_INT(h->site_id), A_INT(h->apartment_id), A_INT(h->person_id)));
	return rc < 0 ? rc : changed(db, now_ms, h->site_id, h->person_id);
}

static int count(struct db *db, const struct db_stmt *stmt, const struct db_arg *args, size_t nargs,
		 int64_t *ret_n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);
	struct count_row row;
	const int rc = db_one(db, stmt, args, nargs, &arena, &row);

	if (rc == 0)
		*ret_n = row.n;
	return rc;
}

int resident_admin_set(struct db *db, int64_t now_ms, const struct home *h, bool admin,
		       bool *ret_changed)
{
	const struct role_row row = { VIEW("apartment_admin"), h->company_id, h->site_id,
				      h->apartment_id };
	int64_t lives, was;
	int rc = count(db, &stmts[LIVES],
		       DB_ARGS(A_INT(h->site_id), A_INT(h->apartment_id), A_INT(h->person_id)),
		       &lives);

	if (rc == 0 && lives == 0)
		rc = -ENOENT;
	if (rc == 0)
		rc = admin_remove(db, h, &was);
	if (rc < 0)
		return rc;
	if (ret_changed)
		*ret_changed = admin != (was > 0);
	return admin ? role_grant(db, now_ms, h->person_id, &row)
		     : changed(db, now_ms, h->site_id, h->person_id);
}

int resident_count(struct db *db, int64_t site_id, int64_t apartment_id, int64_t *ret_n)
{
	return count(db, &stmts[RESIDENTS], DB_ARGS(A_INT(site_id), A_INT(apartment_id)), ret_n);
}
