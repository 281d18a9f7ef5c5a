#include "store/audit.h"

#include "base/fold.h"

#include <assert.h>

enum { SEARCH_TEXT_MAX = 2048 };

static const struct db_column audit_columns[] = {
	DB_COLUMN_INT(struct audit_row, id),           DB_COLUMN_INT(struct audit_row, at),
	DB_COLUMN_INT(struct audit_row, company_id),   DB_COLUMN_INT(struct audit_row, site_id),
	DB_COLUMN_INT(struct audit_row, person_id),    DB_COLUMN_INT(struct audit_row, subject_id),
	DB_COLUMN_TEXT(struct audit_row, person_name), DB_COLUMN_TEXT(struct audit_row, address),
	DB_COLUMN_TEXT(struct audit_row, verb),        DB_COLUMN_TEXT(struct audit_row, object),
	DB_COLUMN_INT(struct audit_row, object_id),    DB_COLUMN_TEXT(struct audit_row, label),
	DB_COLUMN_INT(struct audit_row, denied),       DB_COLUMN_TEXT(struct audit_row, before),
	DB_COLUMN_TEXT(struct audit_row, after),       DB_COLUMN_TEXT(struct audit_row, site_name),
};
static const struct db_shape audit_shape = DB_SHAPE(struct audit_row, audit_columns);

struct count_row {
	int64_t n;
};
static const struct db_column count_columns[] = { DB_COLUMN_INT(struct count_row, n) };
static const struct db_shape count_shape = DB_SHAPE(struct count_row, count_columns);

#define AUDIT_SELECT                                                                               \
	"SELECT id, at, company_id, site_id, person_id, person_name, subject_id, address, verb,"   \
	" object, object_id, label, denied, before, after,"                                        \
	" (SELECT name FROM site WHERE site.id = audit.site_id"                                    \
	" AND site.company_id = audit.company_id) AS site_name FROM audit"
/* The casts tell PostgreSQL what a parameter is that may be NULL. */
#define AUDIT_FILTER                                                                               \
	" AND (CAST($3 AS BIGINT) IS NULL OR person_id = $3)"                                      \
	" AND (CAST($4 AS TEXT) IS NULL OR object = $4)"                                           \
	" AND (CAST($5 AS BIGINT) IS NULL OR at >= $5)"                                            \
	" AND (CAST($6 AS BIGINT) IS NULL OR at < $6)"                                             \
	" AND (CAST($7 AS TEXT) IS NULL OR search LIKE $7 ESCAPE '\\')"
#define AUDIT_LIST(of)                                                                             \
	AUDIT_SELECT " WHERE " of " = $1 AND id < $2" AUDIT_FILTER " ORDER BY id DESC LIMIT $8"
#define AUDIT_LIST_RISING(of)                                                                      \
	AUDIT_SELECT " WHERE " of " = $1 AND id > $2" AUDIT_FILTER " ORDER BY id LIMIT $8"

enum {
	APPEND,
	LIST_SITE,
	LIST_COMPANY,
	LIST_SITE_RISING,
	LIST_COMPANY_RISING,
	DENIED,
	EXPIRE,
};

static const struct db_stmt stmts[] = {
	[APPEND] = { "audit_append",
		     "INSERT INTO audit (at, company_id, site_id, person_id, person_name, "
		     "subject_id,"
		     " address, verb, object, object_id, label, denied, before, after, search)"
		     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)" },
	[LIST_SITE] = { "audit_list_site", AUDIT_LIST("site_id"), &audit_shape },
	[LIST_COMPANY] = { "audit_list_company", AUDIT_LIST("company_id"), &audit_shape },
	[LIST_SITE_RISING] = { "audit_list_site_rising", AUDIT_LIST_RISING("site_id"),
			       &audit_shape },
	[LIST_COMPANY_RISING] = { "audit_list_company_rising", AUDIT_LIST_RISING("company_id"),
				  &audit_shape },
	[DENIED] = { "audit_denied",
		     "SELECT COUNT(*) AS n FROM audit"
		     " WHERE person_id = $1 AND at >= $2 AND denied = 1",
		     &count_shape },
	[EXPIRE] = { "audit_expire", "DELETE FROM audit WHERE id IN"
				     " (SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2)" },
};

int audit_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

int audit_append(struct db *db, const struct audit_row *a)
{
	CLEANUP(buf_free) struct buf search = BUF_INIT(SEARCH_TEXT_MAX);

	fold_add(&search, a->person_name);
	buf_chr(&search, '\n');
	fold_add(&search, a->label);
	buf_chr(&search, '\n');
	fold_add(&search, a->address);
	if (search.err < 0)
		return search.err;
	return db_exec(db, &stmts[APPEND],
		       DB_ARGS(A_INT(a->at), A_INT_OR_NULL(a->company_id),
			       A_INT_OR_NULL(a->site_id), A_INT_OR_NULL(a->person_id),
			       A_TEXT(a->person_name), A_INT_OR_NULL(a->subject_id),
			       A_TEXT(a->address), A_TEXT(a->verb), A_TEXT(a->object),
			       A_INT_OR_NULL(a->object_id), A_TEXT(a->label), A_INT(a->denied),
			       A_TEXT(a->before), A_TEXT(a->after), A_TEXT(buf_view(&search))),
		       NULL);
}

/* A pattern for LIKE that finds the text as it is, wherever it stands. */
static struct view pattern_of(struct buf *out, struct view search)
{
	CLEANUP(buf_free) struct buf folded = BUF_INIT(AUDIT_SEARCH_MAX);

	if (!search.p)
		return (struct view){};
	fold_add(&folded,
		 (struct view){ search.p,
				search.n < AUDIT_SEARCH_MAX ? search.n : AUDIT_SEARCH_MAX });
	buf_chr(out, '%');
	for (size_t i = 0; i < folded.n; i++) {
		if (folded.p[i] == '%' || folded.p[i] == '_' || folded.p[i] == '\\')
			buf_chr(out, '\\');
		buf_chr(out, folded.p[i]);
	}
	buf_chr(out, '%');
	return buf_view(out);
}

int audit_list(struct db *db, const struct audit_filter *f, int64_t past_id, int64_t max,
	       struct arena *arena, struct audit_row **ret_rows, size_t *ret_n)
{
	CLEANUP(buf_free) struct buf pattern = BUF_INIT(2 * AUDIT_SEARCH_MAX + 2);
	const bool of_site = f->site_id != DB_INT_NULL;
	const struct view like = pattern_of(&pattern, f->search);
	const size_t list = f->rising ? of_site ? LIST_SITE_RISING : LIST_COMPANY_RISING
			    : of_site ? LIST_SITE
				      : LIST_COMPANY;

	assert(max > 0 && max <= AUDIT_PAGE_MAX);
	if (pattern.err < 0)
		return pattern.err;
	return db_select(db, &stmts[list],
			 DB_ARGS(A_INT_OR_NULL(of_site ? f->site_id : f->company_id),
				 A_INT(past_id), A_INT_OR_NULL(f->person_id), A_TEXT(f->object),
				 A_INT_OR_NULL(f->from_ms), A_INT_OR_NULL(f->to_ms), A_TEXT(like),
				 A_INT(max)),
			 arena, ret_rows, ret_n);
}

int audit_denied(struct db *db, int64_t person_id, int64_t from_ms, int64_t *ret_n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1024);
	struct count_row row;
	const int rc =
		db_one(db, &stmts[DENIED], DB_ARGS(A_INT(person_id), A_INT(from_ms)), &arena, &row);

	if (rc == 0)
		*ret_n = row.n;
	return rc;
}

int audit_expire(struct db *db, int64_t at_ms, int64_t *ret_removed)
{
	return db_exec(db, &stmts[EXPIRE], DB_ARGS(A_INT(at_ms), A_INT(AUDIT_EXPIRE_MAX)),
		       ret_removed);
}
