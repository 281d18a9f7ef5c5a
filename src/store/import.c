#include "store/import.h"

#include "store/account.h"
#include "store/change.h"
#include "store/member.h"

#include <errno.h>

static const struct db_column import_columns[] = {
	DB_COLUMN_INT(struct import_row, id),        DB_COLUMN_INT(struct import_row, site_id),
	DB_COLUMN_INT(struct import_row, person_id), DB_COLUMN_TEXT(struct import_row, name),
	DB_COLUMN_TEXT(struct import_row, state),    DB_COLUMN_TEXT(struct import_row, error),
	DB_COLUMN_INT(struct import_row, lines),     DB_COLUMN_INT(struct import_row, good_only),
	DB_COLUMN_INT(struct import_row, invite),    DB_COLUMN_INT(struct import_row, created_at),
	DB_COLUMN_INT(struct import_row, done_at),
};
static const struct db_shape import_shape = DB_SHAPE(struct import_row, import_columns);

static const struct db_column line_columns[] = {
	DB_COLUMN_INT(struct import_line, line),
	DB_COLUMN_TEXT(struct import_line, floor),
	DB_COLUMN_TEXT(struct import_line, number),
	DB_COLUMN_TEXT(struct import_line, apartment),
	DB_COLUMN_TEXT(struct import_line, first_name),
	DB_COLUMN_TEXT(struct import_line, surname),
	DB_COLUMN_TEXT(struct import_line, email),
	DB_COLUMN_TEXT(struct import_line, comment),
	DB_COLUMN_TEXT(struct import_line, account),
	DB_COLUMN_TEXT(struct import_line, fate),
	DB_COLUMN_TEXT(struct import_line, field),
	DB_COLUMN_TEXT(struct import_line, fault),
	DB_COLUMN_INT(struct import_line, other_line),
	DB_COLUMN_INT(struct import_line, makes_person),
	DB_COLUMN_INT(struct import_line, makes_apartment),
};
static const struct db_shape line_shape = DB_SHAPE(struct import_line, line_columns);

static const struct db_column counts_columns[] = {
	DB_COLUMN_INT(struct import_counts, create_n),
	DB_COLUMN_INT(struct import_counts, add_n),
	DB_COLUMN_INT(struct import_counts, keep_n),
	DB_COLUMN_INT(struct import_counts, fault_n),
};
static const struct db_shape counts_shape = DB_SHAPE(struct import_counts, counts_columns);

static const struct db_column person_columns[] = {
	DB_COLUMN_INT(struct import_person, person_id),
	DB_COLUMN_INT(struct import_person, apartment_id),
	DB_COLUMN_TEXT(struct import_person, floor),
	DB_COLUMN_TEXT(struct import_person, number),
	DB_COLUMN_TEXT(struct import_person, apartment),
	DB_COLUMN_TEXT(struct import_person, name),
	DB_COLUMN_TEXT(struct import_person, email),
	DB_COLUMN_TEXT(struct import_person, comment),
};
static const struct db_shape person_shape = DB_SHAPE(struct import_person, person_columns);

static const struct db_column home_columns[] = {
	DB_COLUMN_INT(struct import_home, id),
	DB_COLUMN_TEXT(struct import_home, floor),
	DB_COLUMN_TEXT(struct import_home, number),
};
static const struct db_shape home_shape = DB_SHAPE(struct import_home, home_columns);

static const struct db_column invited_columns[] = {
	DB_COLUMN_INT(struct import_invited, line),
	DB_COLUMN_INT(struct import_invited, person_id),
	DB_COLUMN_TEXT(struct import_invited, email),
	DB_COLUMN_TEXT(struct import_invited, name),
	DB_COLUMN_TEXT(struct import_invited, site),
	DB_COLUMN_TEXT(struct import_invited, inviter),
	DB_COLUMN_INT(struct import_invited, active),
	DB_COLUMN_TEXT(struct import_invited, language),
	DB_COLUMN_INT(struct import_invited, company_id),
};
static const struct db_shape invited_shape = DB_SHAPE(struct import_invited, invited_columns);

struct id_row {
	int64_t id;
};
static const struct db_column id_columns[] = { DB_COLUMN_INT(struct id_row, id) };
static const struct db_shape id_shape = DB_SHAPE(struct id_row, id_columns);

#define COLUMNS                                                                                    \
	"id, site_id, person_id, name, state, error, lines, good_only, invite, "                   \
	"created_at,"                                                                              \
	" done_at"
#define LINE_COLUMNS                                                                               \
	"line, floor, number, apartment, first_name, surname, email, comment, account, fate, "     \
	"field,"                                                                                   \
	" fault, other_line, makes_person, makes_apartment"
/* Of the range that is written, those that are to be. */
#define RANGE                                                                                      \
	"l.site_id = $1 AND l.import_id = $2 AND l.line > $3 AND l.line <= $4"                     \
	" AND l.fate IN ('create', 'add')"

enum {
	CREATE,
	FORGET,
	LINE_ADD,
	LINE_JUDGE,
	GET,
	LIST,
	COUNT,
	LINES,
	LINES_OF_FATE,
	START,
	DELETE,
	TAKE_NEXT,
	FINISH,
	REQUEUE,
	HOMES,
	PEOPLE,
	MAKE_HOMES,
	MAKE_PEOPLE,
	FIND,
	MAKE_MEMBERS,
	MAKE_ROLES,
	MAKE_RESIDENTS,
	CLEAR_MARKS,
	UNFOLDED,
	INVITED,
};

static const struct db_stmt stmts[] = {
	[CREATE] = { "import_create",
		     "INSERT INTO import (site_id, person_id, name, state, lines, created_at)"
		     " VALUES ($1, $2, $3, 'ready', $4, $5) RETURNING id",
		     &id_shape },
	[FORGET] = { "import_forget",
		     "DELETE FROM import WHERE site_id = $1 AND state NOT IN ('waiting', 'running')"
		     " AND (created_at < $2 OR id NOT IN (SELECT k.id FROM import k WHERE "
		     "k.site_id = $1"
		     " ORDER BY k.id DESC LIMIT $3))" },
	[LINE_ADD] = { "import_line_add",
		       "INSERT INTO import_line (site_id, import_id, " LINE_COLUMNS
		       ") VALUES ($1, $2, $3,"
		       " $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)" },
	[LINE_JUDGE] = { "import_line_judge",
			 "UPDATE import_line SET fate = $4, field = $5, fault = $6, other_line = "
			 "$7,"
			 " makes_person = $8, makes_apartment = $9"
			 " WHERE site_id = $1 AND import_id = $2 AND line = $3" },
	[GET] = { "import_get", "SELECT " COLUMNS " FROM import WHERE site_id = $1 AND id = $2",
		  &import_shape },
	[LIST] = { "import_list",
		   "SELECT " COLUMNS " FROM import WHERE site_id = $1 ORDER BY id DESC LIMIT $2",
		   &import_shape },
	[COUNT] = { "import_count",
		    "SELECT COALESCE(SUM(CASE fate WHEN 'create' THEN 1 END), 0) AS create_n,"
		    " COALESCE(SUM(CASE fate WHEN 'add' THEN 1 END), 0) AS add_n,"
		    " COALESCE(SUM(CASE fate WHEN 'keep' THEN 1 END), 0) AS keep_n,"
		    " COALESCE(SUM(CASE fate WHEN 'fault' THEN 1 END), 0) AS fault_n"
		    " FROM import_line WHERE site_id = $1 AND import_id = $2",
		    &counts_shape },
	[LINES] = { "import_lines",
		    "SELECT " LINE_COLUMNS " FROM import_line WHERE site_id = $1 AND import_id = $2"
		    " AND line > $3 ORDER BY line LIMIT $4",
		    &line_shape },
	[LINES_OF_FATE] = { "import_lines_of_fate",
			    "SELECT " LINE_COLUMNS " FROM import_line WHERE site_id = $1"
			    " AND import_id = $2 AND line > $3 AND fate = $5 ORDER BY line LIMIT "
			    "$4",
			    &line_shape },
	[START] = { "import_start",
		    "UPDATE import SET state = 'waiting', error = '', good_only = $3, invite = $4"
		    " WHERE site_id = $1 AND id = $2 AND state IN ('ready', 'failed')" },
	[DELETE] = { "import_delete", "DELETE FROM import WHERE site_id = $1 AND id = $2"
				      " AND state IN ('ready', 'failed')" },
	[TAKE_NEXT] = { "import_take",
			"UPDATE import SET state = 'running' WHERE state = 'waiting' AND id ="
			" (SELECT MIN(w.id) FROM import w WHERE w.state = 'waiting') "
			"RETURNING " COLUMNS,
			&import_shape },
	[FINISH] = { "import_finish", "UPDATE import SET state = $3, error = $4, done_at = $5"
				      " WHERE site_id = $1 AND id = $2" },
	[REQUEUE] = { "import_requeue",
		      "UPDATE import SET state = 'waiting' WHERE state = 'running'" },
	[HOMES] = { "import_homes",
		    "SELECT id, floor, number FROM apartment WHERE site_id = $1 AND id > $2"
		    " ORDER BY id LIMIT $3",
		    &home_shape },
	[PEOPLE] = { "import_people",
		     "SELECT m.person_id AS person_id, COALESCE(a.id, 0) AS apartment_id,"
		     " COALESCE(a.floor, '') AS floor, COALESCE(a.number, '') AS number,"
		     " COALESCE(a.name, '') AS apartment, p.name AS name, p.email AS email,"
		     " m.comment AS comment FROM member m JOIN person p ON p.id = m.person_id"
		     " LEFT JOIN resident r ON r.site_id = m.site_id AND r.person_id = m.person_id"
		     " LEFT JOIN apartment a ON a.site_id = r.site_id AND a.id = r.apartment_id"
		     " WHERE m.site_id = $1 AND m.person_id >= $2"
		     " AND (m.person_id > $2 OR COALESCE(a.id, 0) > $3)"
		     " ORDER BY m.person_id, COALESCE(a.id, 0) LIMIT $4",
		     &person_shape },
	[MAKE_HOMES] = { "import_make_homes",
			 "INSERT INTO apartment (site_id, floor, number, name, created_at)"
			 " SELECT l.site_id, l.floor, l.number, l.apartment, CAST($5 AS BIGINT)"
			 " FROM import_line l WHERE " RANGE " AND l.makes_apartment = 1"
			 " ON CONFLICT DO NOTHING" },
	[MAKE_PEOPLE] = { "import_make_people",
			  "INSERT INTO person (email, name, language, created_at)"
			  " SELECT l.account, TRIM(l.first_name || ' ' || l.surname), s.language,"
			  " CAST($5 AS BIGINT) FROM import_line l JOIN site s ON s.id = l.site_id"
			  " WHERE " RANGE " AND l.makes_person = 1 ON CONFLICT DO NOTHING" },
	[FIND] = { "import_find",
		   "UPDATE import_line SET person_id = (SELECT p.id FROM person p"
		   " WHERE p.email = import_line.account), apartment_id = (SELECT a.id FROM "
		   "apartment a"
		   " WHERE a.site_id = import_line.site_id AND a.floor = import_line.floor"
		   " AND a.number = import_line.number AND import_line.number <> '')"
		   " WHERE site_id = $1 AND import_id = $2 AND line > $3 AND line <= $4"
		   " AND fate IN ('create', 'add')" },
	[MAKE_MEMBERS] = { "import_make_members",
			   "INSERT INTO member (site_id, person_id, comment, sort, created_at)"
			   " SELECT l.site_id, p.id, l.comment, p.name, CAST($5 AS BIGINT) FROM "
			   "import_line l"
			   " JOIN person p ON p.id = l.person_id WHERE " RANGE
			   " ORDER BY l.line ON CONFLICT DO NOTHING" },
	/* The sum keeps SQLite from going through all roles of the site: a person has few. */
	[MAKE_ROLES] = { "import_make_roles",
			 "INSERT INTO person_role (person_id, role, company_id, site_id)"
			 " SELECT l.person_id, CASE l.email WHEN '' THEN 'site_user_no_login'"
			 " ELSE 'site_user' END, s.company_id, l.site_id FROM import_line l"
			 " JOIN site s ON s.id = l.site_id WHERE " RANGE " AND l.makes_person = 1"
			 " AND NOT EXISTS (SELECT 1 FROM person_role r WHERE r.person_id = "
			 "l.person_id"
			 " AND r.site_id + 0 = l.site_id AND r.role <> 'apartment_admin')" },
	[MAKE_RESIDENTS] = { "import_make_residents",
			     "INSERT INTO resident (site_id, apartment_id, person_id, created_at)"
			     " SELECT l.site_id, l.apartment_id, l.person_id, CAST($5 AS BIGINT)"
			     " FROM import_line l WHERE " RANGE " AND l.apartment_id IS NOT NULL"
			     " AND l.person_id IS NOT NULL ON CONFLICT DO NOTHING" },
	[CLEAR_MARKS] = { "import_clear_marks",
			  "UPDATE person SET email = NULL WHERE id IN (SELECT l.person_id FROM "
			  "import_line l"
			  " WHERE " RANGE " AND l.makes_person = 1 AND l.email = '')" },
	[UNFOLDED] = { "import_unfolded",
		       "SELECT DISTINCT m.person_id AS id FROM import_line l JOIN member m"
		       " ON m.site_id = l.site_id AND m.person_id = l.person_id"
		       " WHERE " RANGE " AND m.search = ''",
		       &id_shape },
	[INVITED] = { "import_invited",
		      "SELECT l.line AS line, p.id AS person_id, p.email AS email, p.name AS name,"
		      " s.name AS site, s.language AS language, COALESCE(b.name, c.name) AS "
		      "inviter,"
		      PERSON_ACTIVE("p") ","
		      " c.id AS company_id FROM import_line l JOIN person p ON p.id = l.person_id"
		      " JOIN site s ON s.id = l.site_id JOIN company c ON c.id = s.company_id"
		      " JOIN import i ON i.site_id = l.site_id AND i.id = l.import_id"
		      " LEFT JOIN person b ON b.id = i.person_id"
		      " WHERE l.site_id = $1 AND l.import_id = $2 AND l.line > $3"
		      " AND l.makes_person = 1 AND p.email IS NOT NULL ORDER BY l.line LIMIT $4",
		      &invited_shape },
};

enum { PEOPLE_ARENA_MAX = 64 * 1024 * 1024 /* a page of them: IMPORT_LINES_READ */ };

int import_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

static int changed(struct db *db, int64_t now_ms, int64_t site_id, int64_t id)
{
	return change_append(db, now_ms, site_id, VIEW("import"), id);
}

int import_create(struct db *db, int64_t now_ms, const struct import_row *i, int64_t *ret_id)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);
	struct id_row row;
	int rc = db_one(db, &stmts[CREATE],
			DB_ARGS(A_INT(i->site_id), A_INT_OR_NULL(i->person_id), A_TEXT(i->name),
				A_INT(i->lines), A_INT(now_ms)),
			&arena, &row);

	if (rc == 0)
		rc = db_exec(db, &stmts[FORGET],
			     DB_ARGS(A_INT(i->site_id), A_INT(now_ms - IMPORT_KEEP_MS),
				     A_INT(IMPORTS_KEPT_MAX)),
			     NULL);
	if (rc == 0)
		*ret_id = row.id;
	return rc;
}

int import_line_add(struct db *db, int64_t site_id, int64_t id, const struct import_line *l)
{
	return db_exec(db, &stmts[LINE_ADD],
		       DB_ARGS(A_INT(site_id), A_INT(id), A_INT(l->line), A_TEXT(l->floor),
			       A_TEXT(l->number), A_TEXT(l->apartment), A_TEXT(l->first_name),
			       A_TEXT(l->surname), A_TEXT(l->email), A_TEXT(l->comment),
			       A_TEXT(l->account), A_TEXT(l->fate), A_TEXT(l->field),
			       A_TEXT(l->fault), A_INT(l->other_line), A_INT(l->makes_person),
			       A_INT(l->makes_apartment)),
		       NULL);
}

int import_line_judge(struct db *db, int64_t site_id, int64_t id, const struct import_line *l)
{
	return db_exec(db, &stmts[LINE_JUDGE],
		       DB_ARGS(A_INT(site_id), A_INT(id), A_INT(l->line), A_TEXT(l->fate),
			       A_TEXT(l->field), A_TEXT(l->fault), A_INT(l->other_line),
			       A_INT(l->makes_person), A_INT(l->makes_apartment)),
		       NULL);
}

int import_get(struct db *db, int64_t site_id, int64_t id, struct arena *arena,
	       struct import_row *ret_import)
{
	return db_one(db, &stmts[GET], DB_ARGS(A_INT(site_id), A_INT(id)), arena, ret_import);
}

int import_list(struct db *db, int64_t site_id, struct arena *arena,
		struct import_row **ret_imports, size_t *ret_n)
{
	return db_select(db, &stmts[LIST], DB_ARGS(A_INT(site_id), A_INT(IMPORTS_KEPT_MAX)), arena,
			 ret_imports, ret_n);
}

int import_count(struct db *db, int64_t site_id, int64_t id, struct import_counts *ret_counts)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);

	return db_one(db, &stmts[COUNT], DB_ARGS(A_INT(site_id), A_INT(id)), &arena, ret_counts);
}

int import_lines(struct db *db, int64_t site_id, int64_t id, struct view fate, int64_t after,
		 int64_t max, struct arena *arena, struct import_line **ret_lines, size_t *ret_n)
{
	if (fate.n == 0)
		return db_select(db, &stmts[LINES],
				 DB_ARGS(A_INT(site_id), A_INT(id), A_INT(after), A_INT(max)),
				 arena, ret_lines, ret_n);
	return db_select(db, &stmts[LINES_OF_FATE],
			 DB_ARGS(A_INT(site_id), A_INT(id), A_INT(after), A_INT(max), A_TEXT(fate)),
			 arena, ret_lines, ret_n);
}

int import_start(struct db *db, int64_t now_ms, const struct import_row *i)
{
	int64_t n;
	const int rc = db_exec(
		db, &stmts[START],
		DB_ARGS(A_INT(i->site_id), A_INT(i->id), A_INT(i->good_only), A_INT(i->invite)),
		&n);

	if (rc < 0)
		return rc;
	return n ? changed(db, now_ms, i->site_id, i->id) : -EEXIST;
}

int import_delete(struct db *db, int64_t now_ms, int64_t site_id, int64_t id)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(16 * 1024);
	struct import_row row;
	int64_t n = 0;
	int rc = import_get(db, site_id, id, &arena, &row);

	if (rc == 0)
		rc = db_exec(db, &stmts[DELETE], DB_ARGS(A_INT(site_id), A_INT(id)), &n);
	if (rc == 0 && n == 0)
		rc = -EEXIST;
	return rc < 0 ? rc : changed(db, now_ms, site_id, id);
}

int import_take(struct db *db, struct arena *arena, struct import_row *ret_import)
{
	return db_one(db, &stmts[TAKE_NEXT], DB_NO_ARGS, arena, ret_import);
}

int import_finish(struct db *db, int64_t now_ms, const struct import_row *i, struct view state,
		  struct view error)
{
	const int rc = db_exec(db, &stmts[FINISH],
			       DB_ARGS(A_INT(i->site_id), A_INT(i->id), A_TEXT(state),
				       A_TEXT(error), A_INT(now_ms)),
			       NULL);

	return rc < 0 ? rc : changed(db, now_ms, i->site_id, i->id);
}

int import_requeue(struct db *db)
{
	return db_exec(db, &stmts[REQUEUE], DB_NO_ARGS, NULL);
}

int import_homes(struct db *db, int64_t site_id, int64_t after_id, int64_t max, struct arena *arena,
		 struct import_home **ret_homes, size_t *ret_n)
{
	return db_select(db, &stmts[HOMES], DB_ARGS(A_INT(site_id), A_INT(after_id), A_INT(max)),
			 arena, ret_homes, ret_n);
}

int import_people(struct db *db, int64_t site_id, int64_t after_person, int64_t after_apartment,
		  int64_t max, struct arena *arena, struct import_person **ret_people,
		  size_t *ret_n)
{
	return db_select(
		db, &stmts[PEOPLE],
		DB_ARGS(A_INT(site_id), A_INT(after_person), A_INT(after_apartment), A_INT(max)),
		arena, ret_people, ret_n);
}

int import_people_each(struct db *db, int64_t site_id,
		       int (*fn)(void *arg, const struct import_person *p), void *arg)
{
	int64_t person = 0, apartment = 0;
	size_t n = IMPORT_LINES_READ;
	int rc = 0;

	while (rc == 0 && n == IMPORT_LINES_READ) {
		CLEANUP(arena_free) struct arena arena = ARENA_INIT(PEOPLE_ARENA_MAX);
		struct import_person *people;

		rc = import_people(db, site_id, person, apartment, IMPORT_LINES_READ, &arena,
				   &people, &n);
		for (size_t i = 0; rc == 0 && i < n; i++) {
			rc = fn(arg, &people[i]);
			person = people[i].person_id;
			apartment = people[i].apartment_id;
		}
	}
	return rc;
}

/* New members are sorted and searched by folded text, which is no work for the database. */
static int fold_members(struct db *db, int64_t now_ms, const struct db_arg *range)
{
	CLEANUP(arena_free)
	struct arena arena = ARENA_INIT(DB_ROWS_MAX * 2 * sizeof(struct id_row));
	struct id_row *people = NULL;
	size_t n = 0;
	int rc = db_select(db, &stmts[UNFOLDED], range, 4, &arena, &people, &n);

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = member_refresh(db, now_ms, people[i].id);
	return rc;
}

int import_apply(struct db *db, int64_t now_ms, const struct import_row *i, int64_t from,
		 int64_t to)
{
	static const struct {
		unsigned stmt;
		bool timed;
	} steps[] = { { MAKE_HOMES, true },   { MAKE_PEOPLE, true }, { FIND, false },
		      { MAKE_MEMBERS, true }, { MAKE_ROLES, false }, { MAKE_RESIDENTS, true },
		      { CLEAR_MARKS, false } };
	const struct db_arg args[] = { A_INT(i->site_id), A_INT(i->id), A_INT(from), A_INT(to),
				       A_INT(now_ms) };
	int rc = 0;

	for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]) && rc == 0; s++)
		rc = db_exec(db, &stmts[steps[s].stmt], args, steps[s].timed ? 5 : 4, NULL);
	return rc == 0 ? fold_members(db, now_ms, args) : rc;
}

int import_invited(struct db *db, int64_t site_id, int64_t id, int64_t after, int64_t max,
		   struct arena *arena, struct import_invited **ret_people, size_t *ret_n)
{
	return db_select(db, &stmts[INVITED],
			 DB_ARGS(A_INT(site_id), A_INT(id), A_INT(after), A_INT(max)), arena,
			 ret_people, ret_n);
}
