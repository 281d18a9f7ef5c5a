#include "store/change.h"

#include <inttypes.h>
#include <stdio.h>

static const struct db_column change_columns[] = {
	DB_COLUMN_INT(struct change_row, id),      DB_COLUMN_INT(struct change_row, at),
	DB_COLUMN_INT(struct change_row, site_id), DB_COLUMN_TEXT(struct change_row, type),
	DB_COLUMN_TEXT(struct change_row, object),
};
static const struct db_shape change_shape = DB_SHAPE(struct change_row, change_columns);

struct range_row {
	int64_t oldest;
	int64_t newest;
};
static const struct db_column range_columns[] = {
	DB_COLUMN_INT(struct range_row, oldest),
	DB_COLUMN_INT(struct range_row, newest),
};
static const struct db_shape range_shape = DB_SHAPE(struct range_row, range_columns);

struct place_row {
	int64_t site_id;
	int64_t number;
};
static const struct db_column place_columns[] = {
	DB_COLUMN_INT(struct place_row, site_id),
	DB_COLUMN_INT(struct place_row, number),
};
const struct db_shape change_device_shape = DB_SHAPE(struct place_row, place_columns);

enum { PLACES_ARENA_MAX = DB_ROWS_MAX * 4 * sizeof(struct place_row) };
enum { APPEND, AFTER, AFTER_OF_SITE, RANGE, EXPIRE };

static const struct db_stmt stmts[] = {
	[APPEND] = { "change_append",
		     "INSERT INTO change (at, site_id, type, object) VALUES ($1, $2, $3, $4)" },
	[AFTER] = { "change_after",
		    "SELECT id, at, site_id, type, object FROM change"
		    " WHERE id > $1 ORDER BY id LIMIT $2",
		    &change_shape },
	[AFTER_OF_SITE] = { "change_after_of_site",
			    "SELECT id, at, site_id, type, object FROM change"
			    " WHERE site_id = $1 AND id > $2 ORDER BY id LIMIT $3",
			    &change_shape },
	[RANGE] = { "change_range",
		    "SELECT COALESCE((SELECT MIN(id) FROM change), 0) AS oldest,"
		    " COALESCE((SELECT MAX(id) FROM change), 0) AS newest", /* each an end of the key */
		    &range_shape },
	[EXPIRE] = { "change_expire", "DELETE FROM change WHERE at < $1" },
};

/* PostgreSQL hands out identities before commit: without the lock, a reader could pass an id whose
 * transaction has not committed yet. SQLite has one writer, so its order is that of commit. */
static const char commit_order_lock[] = "SELECT pg_advisory_xact_lock(7610391)";

int change_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

int change_order(struct db *db)
{
	return db_is_pgsql(db) ? db_script(db, commit_order_lock) : 0;
}

int change_append(struct db *db, int64_t at, int64_t site_id, struct view type, int64_t object)
{
	char text[24];
	const int rc = change_order(db);

	if (rc < 0)
		return rc;
	snprintf(text, sizeof(text), "%" PRId64, object);
	return db_exec(db, &stmts[APPEND],
		       DB_ARGS(A_INT(at), A_INT_OR_NULL(site_id), A_TEXT(type),
			       A_TEXT(view_str(text))),
		       NULL);
}

int change_append_devices(struct db *db, int64_t at, const struct db_stmt *stmt,
			  const struct db_arg *args, size_t nargs, size_t *ret_n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(PLACES_ARENA_MAX);
	struct place_row *rows;
	size_t n;
	int rc = db_select(db, stmt, args, nargs, &arena, &rows, &n);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = change_append(db, at, rows[i].site_id, VIEW("device"), rows[i].number);
	if (rc == 0 && ret_n)
		*ret_n = n;
	return rc;
}

int change_after(struct db *db, int64_t cursor, int64_t max, struct arena *arena,
		 struct change_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[AFTER], DB_ARGS(A_INT(cursor), A_INT(max)), arena, ret_rows, ret_n);
}

int change_after_of_site(struct db *db, int64_t site_id, int64_t cursor, int64_t max,
			 struct arena *arena, struct change_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[AFTER_OF_SITE],
			 DB_ARGS(A_INT(site_id), A_INT(cursor), A_INT(max)), arena, ret_rows, ret_n);
}

int change_range(struct db *db, int64_t *ret_oldest, int64_t *ret_newest)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1024);
	struct range_row row;
	const int rc = db_one(db, &stmts[RANGE], DB_NO_ARGS, &arena, &row);

	if (rc < 0)
		return rc;
	*ret_oldest = row.oldest;
	*ret_newest = row.newest;
	return 0;
}

int change_expire(struct db *db, int64_t at, int64_t *ret_removed)
{
	return db_exec(db, &stmts[EXPIRE], DB_ARGS(A_INT(at)), ret_removed);
}
