/* store/db.h - one thin layer over SQLite and PostgreSQL.
 *
 * A connection belongs to one thread. Statements are constant tables with one portable text ($1 …,
 * RETURNING, ON CONFLICT); db_prepare prepares them all and checks every column of their shape, so
 * a misspelt name is a refusal to start. Result columns are bound by name.
 *
 * Cost: a statement is one lookup by address, one execution, and one copy of each row into the
 * caller's arena.
 *
 * Errors, besides -ENOMEM:
 *	-ENOENT  no row where one was asked for     -EEXIST   a unique key is taken
 *	-ENOLINK a foreign key points at nothing    -EINVAL   a check or NOT NULL refused a value
 *	-EBUSY   locked or serialisation failed     -EMSGSIZE more than DB_ROWS_MAX rows
 *	-EIO     anything else; the engine's words are logged as `db_failed`
 *
 * When PostgreSQL goes away, what runs then fails with -EIO and a transaction is lost as a whole;
 * the next statement or db_begin outside of a transaction connects again (`db_lost`, `db_back`). A
 * SELECT outside of a transaction does so itself, once: a restart costs a reader nothing.
 */
#pragma once
#include "base/err.h"
#include "base/mem.h"

enum {
	DB_ARGS_MAX = 24,
	DB_COLUMNS_MAX = 32,
	DB_ROWS_MAX = 10000,
	DB_BUSY_MS = 5000, /* how long SQLite waits for another writer */
	DB_NESTING_MAX = 4, /* transactions inside each other */
};

struct db;

enum db_type { DB_INT, DB_TEXT, DB_BLOB };

/* Where a column goes: int64_t for DB_INT, struct view for the others (NUL-terminated in the arena;
 * p = NULL stands for NULL; NULL as DB_INT is DB_INT_NULL). */
struct db_column {
	const char *name;
	enum db_type type;
	size_t offset;
};

#define DB_INT_NULL INT64_MIN

struct db_shape {
	size_t size; /* of the row's struct */
	const struct db_column *columns;
	size_t ncolumns;
};

#define DB_COLUMN_INT(row, field) { #field, DB_INT, offsetof(row, field) }
#define DB_COLUMN_TEXT(row, field) { #field, DB_TEXT, offsetof(row, field) }
#define DB_COLUMN_BLOB(row, field) { #field, DB_BLOB, offsetof(row, field) }
#define DB_SHAPE(row, column_table)                                                                \
	{ sizeof(row), column_table, sizeof(column_table) / sizeof((column_table)[0]) }

struct db_stmt {
	const char *name; /* for the log */
	const char *sql;
	const struct db_shape *shape; /* NULL when it returns nothing */
};

struct db_arg {
	enum { DB_ARG_NULL, DB_ARG_INT, DB_ARG_TEXT, DB_ARG_BLOB } kind;
	int64_t number;
	struct view bytes;
};

#define A_INT(n) ((struct db_arg){ .kind = DB_ARG_INT, .number = (n) })
#define A_INT_OR_NULL(n)                                                                           \
	((struct db_arg){ .kind = (n) == DB_INT_NULL ? DB_ARG_NULL : DB_ARG_INT, .number = (n) })
/* A view whose p is NULL is SQL's NULL. */
#define A_TEXT(v) ((struct db_arg){ .kind = (v).p ? DB_ARG_TEXT : DB_ARG_NULL, .bytes = (v) })
#define A_BLOB(v) ((struct db_arg){ .kind = (v).p ? DB_ARG_BLOB : DB_ARG_NULL, .bytes = (v) })
#define DB_ARGS(...)                                                                               \
	(const struct db_arg[]){ __VA_ARGS__ },                                                    \
		sizeof((const struct db_arg[]){ __VA_ARGS__ }) / sizeof(struct db_arg)
#define DB_NO_ARGS NULL, 0

/* `sqlite:PATH` (":memory:" too) or a `postgresql://…` URL. Settings that matter are set and read
 * back: foreign keys, WAL and synchronous=FULL on SQLite; on PostgreSQL standard_conforming_strings
 * and synchronous_commit are read, and refused when they are off. */
[[nodiscard]] int db_open(const char *url, struct err *err, struct db **ret_db);
/* Takes NULL. An open transaction is rolled back. */
void db_close(struct db *db);
/* The words of the engine about the last error, valid until the next call. */
const char *db_error(const struct db *db);
bool db_is_pgsql(const struct db *db);

/* Call after migrations, once per table of statements. */
[[nodiscard]] int db_prepare(struct db *db, const struct db_stmt *stmts, size_t n, struct err *err);
/* A script of several statements, not prepared: migrations only. */
[[nodiscard]] int db_script(struct db *db, const char *sql);

/* Returns nothing. ret_changes (rows touched) may be NULL. */
[[nodiscard]] int db_exec(struct db *db, const struct db_stmt *stmt, const struct db_arg *args,
			  size_t nargs, int64_t *ret_changes);
/* All rows, an array of the shape's struct in the arena. */
[[nodiscard]] int db_select(struct db *db, const struct db_stmt *stmt, const struct db_arg *args,
			    size_t nargs, struct arena *arena, void *ret_rows, size_t *ret_n);
/* The first row into *ret_row; -ENOENT without one. */
[[nodiscard]] int db_one(struct db *db, const struct db_stmt *stmt, const struct db_arg *args,
			 size_t nargs, struct arena *arena, void *ret_row);
/* The same of a statement that returns one whole number a row: db_number_shape, or another of the kind. */
[[nodiscard]] int db_number(struct db *db, const struct db_stmt *stmt, const struct db_arg *args,
			    size_t nargs, int64_t *ret_number);
extern const struct db_shape db_number_shape; /* its column is `number` */

/* SQLite takes the write lock at once, so a later statement cannot fail with -EBUSY half-way. A
 * transaction begun inside another is part of it: rolled back alone, but committed only with it.
 *
 *	DB_TRANSACTION struct db_tx tx = {};
 *	rc = db_begin(db, &tx); … return db_commit(&tx);   every other way out rolls back
 */
struct db_tx {
	struct db *db;
};
#define DB_TRANSACTION CLEANUP(db_rollback)
[[nodiscard]] int db_begin(struct db *db, struct db_tx *ret_tx);
/* Outside of a transaction only: begins with the first db_begin inside it, and takes no lock before.
 * Statements that run until then are on their own. */
[[nodiscard]] int db_begin_late(struct db *db, struct db_tx *ret_tx);
[[nodiscard]] int db_commit(struct db_tx *tx);
void db_rollback(struct db_tx *tx);
