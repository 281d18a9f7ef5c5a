#include "store/db_priv.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sqlite_stmt {
	sqlite3_stmt *stmt;
	int arg[DB_ARGS_MAX]; /* SQLite numbers $n by first appearance; arg[n-1] is its index, or 0 */
};

static int sqlite_fault(struct db *db, int code)
{
	db_error_set(db, sqlite3_errmsg(db->conn));
	switch (code) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
		return -EEXIST;
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return -ENOLINK;
	case SQLITE_CONSTRAINT_CHECK:
	case SQLITE_CONSTRAINT_NOTNULL:
		return -EINVAL;
	case SQLITE_NOMEM:
		return -ENOMEM;
	default:
		return (code & 0xff) == SQLITE_BUSY ? -EBUSY : -EIO;
	}
}

static int sqlite_prepare(struct db *db, struct db_prepared *p)
{
	struct sqlite_stmt *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	const int code = sqlite3_prepare_v3(db->conn, p->stmt->sql, -1, SQLITE_PREPARE_PERSISTENT,
					    &s->stmt, NULL);
	if (code != SQLITE_OK) {
		free(s);
		return sqlite_fault(db, code);
	}
	for (int i = 0; i < DB_ARGS_MAX; i++) {
		char name[8];
		snprintf(name, sizeof(name), "$%d", i + 1);
		s->arg[i] = sqlite3_bind_parameter_index(s->stmt, name);
	}
	p->handle = s;
	return 0;
}

static int sqlite_column(struct db *, struct db_prepared *p, const char *name)
{
	struct sqlite_stmt *s = p->handle;

	for (int i = 0; i < sqlite3_column_count(s->stmt); i++)
		if (strcmp(sqlite3_column_name(s->stmt, i), name) == 0)
			return i;
	return -1;
}

static int bind_one(sqlite3_stmt *stmt, int index, const struct db_arg *a)
{
	switch (a->kind) {
	case DB_ARG_INT:
		return sqlite3_bind_int64(stmt, index, a->number);
	case DB_ARG_TEXT:
		return sqlite3_bind_text64(stmt, index, a->bytes.p, a->bytes.n, SQLITE_STATIC,
					   SQLITE_UTF8);
	case DB_ARG_BLOB:
		return sqlite3_bind_blob64(stmt, index, a->bytes.p, a->bytes.n, SQLITE_STATIC);
	case DB_ARG_NULL:
		break;
	}
	return sqlite3_bind_null(stmt, index);
}

static struct db_cell cell_read(sqlite3_stmt *stmt, int index, enum db_type type)
{
	struct db_cell cell = { .null = sqlite3_column_type(stmt, index) == SQLITE_NULL };

	if (cell.null)
		return cell;
	if (type == DB_INT) {
		cell.number = sqlite3_column_int64(stmt, index);
		return cell;
	}
	const char *p = type == DB_TEXT ? (const char *)sqlite3_column_text(stmt, index)
					: sqlite3_column_blob(stmt, index);
	cell.bytes = (struct view){ p ? p : "", (size_t)sqlite3_column_bytes(stmt, index) };
	return cell;
}

static int row_give(const struct db_prepared *p, sqlite3_stmt *stmt, db_row_fn *fn, void *arg)
{
	const struct db_shape *shape = p->stmt->shape;
	struct db_cell cells[DB_COLUMNS_MAX];

	if (!fn)
		return 0;
	for (size_t i = 0; i < shape->ncolumns; i++)
		cells[i] = cell_read(stmt, p->column[i], shape->columns[i].type);
	return fn(cells, arg);
}

static int sqlite_run(struct db *db, struct db_prepared *p, const struct db_arg *args, size_t nargs,
		      db_row_fn *fn, void *arg, int64_t *ret_changes)
{
	struct sqlite_stmt *s = p->handle;
	int code = SQLITE_OK, rc = 0;

	for (size_t i = 0; i < nargs && code == SQLITE_OK; i++)
		if (s->arg[i] > 0)
			code = bind_one(s->stmt, s->arg[i], &args[i]);
	if (code == SQLITE_OK)
		while (rc == 0 && (code = sqlite3_step(s->stmt)) == SQLITE_ROW)
			rc = row_give(p, s->stmt, fn, arg);
	if (rc == 0 && code != SQLITE_DONE)
		rc = sqlite_fault(db, sqlite3_extended_errcode(db->conn));
	if (rc == 0 && ret_changes)
		*ret_changes = sqlite3_changes64(db->conn);
	sqlite3_reset(s->stmt);
	sqlite3_clear_bindings(s->stmt);
	return rc;
}

static int sqlite_script(struct db *db, const char *sql)
{
	const int code = sqlite3_exec(db->conn, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : sqlite_fault(db, sqlite3_extended_errcode(db->conn));
}

static void sqlite_finalize(struct db *, struct db_prepared *p)
{
	struct sqlite_stmt *s = p->handle;

	sqlite3_finalize(s->stmt);
	free(s);
}

static void sqlite_close(struct db *db)
{
	sqlite3_close(db->conn);
}

static const struct db_engine sqlite_engine = {
	.prepare = sqlite_prepare,
	.column = sqlite_column,
	.run = sqlite_run,
	.script = sqlite_script,
	.finalize = sqlite_finalize,
	.close = sqlite_close,
	.begin = "BEGIN IMMEDIATE",
};

/* What durability and integrity rest on. A pragma that SQLite does not know or may not set says
 * nothing, so each is read back. */
static const struct pragma {
	const char *set;
	const char *get;
	const char *want;
	const char *want_in_memory;
} pragmas[] = {
	{ "PRAGMA foreign_keys=ON", "PRAGMA foreign_keys", "1", "1" },
	{ "PRAGMA journal_mode=WAL", "PRAGMA journal_mode", "wal", "memory" },
	{ "PRAGMA synchronous=FULL", "PRAGMA synchronous", "2", "2" },
	{ "PRAGMA trusted_schema=OFF", "PRAGMA trusted_schema", "0", "0" },
};

static int pragma_read(struct db *db, const char *sql, char *ret_text, size_t n)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db->conn, sql, -1, &stmt, NULL) != SQLITE_OK)
		return sqlite_fault(db, SQLITE_ERROR);
	const bool row = sqlite3_step(stmt) == SQLITE_ROW;
	snprintf(ret_text, n, "%s", row ? (const char *)sqlite3_column_text(stmt, 0) : "");
	sqlite3_finalize(stmt);
	return 0;
}

static int pragmas_set(struct db *db, bool in_memory, struct err *err)
{
	for (size_t i = 0; i < sizeof(pragmas) / sizeof(pragmas[0]); i++) {
		const struct pragma *p = &pragmas[i];
		const char *want = in_memory ? p->want_in_memory : p->want;
		char got[32] = "";
		int rc = sqlite_script(db, p->set);
		if (rc == 0)
			rc = pragma_read(db, p->get, got, sizeof(got));
		if (rc < 0)
			return err_set(err, rc, "%s: %s", p->set, db_error(db));
		if (strcmp(got, want) != 0)
			return err_set(err, -EIO, "%s did not hold: it reads %s", p->set, got);
	}
	return 0;
}

int db_sqlite_open(struct db *db, const char *path, struct err *err)
{
	sqlite3 *conn = NULL;
	const int code = sqlite3_open_v2(
		path, &conn, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

	db->engine = &sqlite_engine;
	db->conn = conn; /* set even on failure: it carries the message and wants closing */
	if (code != SQLITE_OK)
		return err_set(err, -EIO, "cannot open %s: %s", path,
			       conn ? sqlite3_errmsg(conn) : "out of memory");
	sqlite3_extended_result_codes(conn, 1);
	sqlite3_busy_timeout(conn, DB_BUSY_MS);
	return pragmas_set(db, strcmp(path, ":memory:") == 0, err);
}
