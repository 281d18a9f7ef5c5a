#include "store/db_priv.h"

#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void db_error_set(struct db *db, const char *text)
{
	snprintf(db->error, sizeof(db->error), "%s", text);
	/* libpq ends its messages with a newline, and the first line says it. */
	db->error[strcspn(db->error, "\n")] = '\0';
}

const char *db_error(const struct db *db)
{
	return db->error;
}

static int open_engine(struct db *db, const char *url, struct err *err)
{
	const struct view v = view_str(url);

	if (view_starts(v, VIEW("sqlite:")))
		return db_sqlite_open(db, url + strlen("sqlite:"), err);
	if (view_starts(v, VIEW("postgresql://")) || view_starts(v, VIEW("postgres://")))
		return db_pgsql_open(db, url, err);
	return err_set(err, -EINVAL, "database URL must begin with sqlite: or postgresql://");
}

int db_open(const char *url, struct err *err, struct db **ret_db)
{
	struct db *db = calloc(1, sizeof(*db));

	if (!db)
		return err_set(err, -ENOMEM, "out of memory");
	map_init(&db->prepared);
	const int rc = open_engine(db, url, err);
	if (rc < 0) {
		db_close(db);
		return rc;
	}
	*ret_db = db;
	return 0;
}

static void prepared_free(struct map_node *node, void *arg)
{
	struct db *db = arg;
	struct db_prepared *p = (struct db_prepared *)(void *)node; /* node is its first member */

	db->engine->finalize(db, p);
	map_remove(&db->prepared, node);
	free(p);
}

void db_close(struct db *db)
{
	if (!db)
		return;
	map_each(&db->prepared, prepared_free, db);
	map_free(&db->prepared);
	if (db->engine && db->conn)
		db->engine->close(db);
	free(db);
}

static struct view stmt_key(const struct db_stmt *const *stmt)
{
	return (struct view){ (const char *)stmt, sizeof(*stmt) };
}

static int columns_find(struct db *db, struct db_prepared *p, struct err *err)
{
	const struct db_shape *shape = p->stmt->shape;

	for (size_t i = 0; shape && i < shape->ncolumns; i++) {
		p->column[i] = db->engine->column(db, p, shape->columns[i].name);
		if (p->column[i] < 0)
			return err_set(err, -EINVAL, "statement %s has no column %s", p->stmt->name,
				       shape->columns[i].name);
	}
	return 0;
}

static int prepare_one(struct db *db, const struct db_stmt *stmt, struct err *err)
{
	assert(!stmt->shape || stmt->shape->ncolumns <= DB_COLUMNS_MAX);
	if (map_get(&db->prepared, stmt_key(&stmt)))
		return err_set(err, -EEXIST, "statement %s is prepared twice", stmt->name);
	struct db_prepared *p = calloc(1, sizeof(*p));
	if (!p)
		return err_set(err, -ENOMEM, "out of memory");
	p->stmt = p->key = stmt;
	int rc = db->engine->prepare(db, p);
	if (rc < 0) {
		free(p);
		return err_set(err, rc, "statement %s: %s", stmt->name, db_error(db));
	}
	rc = map_put(&db->prepared, &p->node, stmt_key(&p->key));
	if (rc < 0) {
		db->engine->finalize(db, p);
		free(p);
		return err_set(err, rc, "out of memory");
	}
	return columns_find(db, p, err);
}

int db_prepare(struct db *db, const struct db_stmt *stmts, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const int rc = prepare_one(db, &stmts[i], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int failed(const struct db *db, const char *what, int rc)
{
	if (rc == -EIO && !db->lost) /* that is logged once */
		log_error("db_failed", LF_S("statement", what), LF_S("error", db_error(db)));
	return rc;
}

static void prepared_again(struct map_node *node, void *arg)
{
	struct db *db = arg;

	if (db->engine->prepare_again(db, (struct db_prepared *)(void *)node) < 0)
		db->lost = true;
}

/* What ran when the server went away has failed; whoever comes next, outside of a transaction,
 * finds a new connection with the same statements. */
static int revive(struct db *db)
{
	if (!db->lost || db->depth)
		return 0;
	const int rc = db->engine->reconnect(db);
	if (rc < 0)
		return rc;
	db->lost = false;
	map_each(&db->prepared, prepared_again, db);
	if (db->lost)
		return -EIO;
	log_info("db_back");
	return 0;
}

/* It can run twice: it changes nothing, and no transaction is lost with it. */
static bool may_repeat(const struct db *db, const struct db_stmt *stmt)
{
	return db->lost && !db->depth && strncmp(stmt->sql, "SELECT ", 7) == 0;
}

static int run(struct db *db, const struct db_stmt *stmt, const struct db_arg *args, size_t nargs,
	       db_row_fn *fn, void *arg, int64_t *ret_changes)
{
	struct map_node *node = map_get(&db->prepared, stmt_key(&stmt));

	assert(node); /* every table of statements is prepared when the store opens */
	assert(nargs <= DB_ARGS_MAX);
	struct db_prepared *p = (struct db_prepared *)(void *)node;
	int rc = revive(db);
	if (rc < 0)
		return rc;
	rc = db->engine->run(db, p, args, nargs, fn, arg, ret_changes);
	if (rc == -EIO && may_repeat(db, stmt)) {
		rc = revive(db);
		if (rc == 0)
			rc = db->engine->run(db, p, args, nargs, fn, arg, ret_changes);
	}
	return failed(db, stmt->name, rc);
}

int db_script(struct db *db, const char *sql)
{
	const int rc = revive(db);

	return rc < 0 ? rc : failed(db, "script", db->engine->script(db, sql));
}

int db_exec(struct db *db, const struct db_stmt *stmt, const struct db_arg *args, size_t nargs,
	    int64_t *ret_changes)
{
	return run(db, stmt, args, nargs, NULL, NULL, ret_changes);
}

/* Rows pile up in one growing array; texts go straight to the arena. */
struct collect {
	const struct db_shape *shape;
	struct arena *arena;
	size_t max;
	char *rows;
	size_t n;
	size_t cap;
};

static int row_fill(const struct collect *c, const struct db_cell *cells, char *row)
{
	for (size_t i = 0; i < c->shape->ncolumns; i++) {
		const struct db_column *column = &c->shape->columns[i];
		if (column->type == DB_INT) {
			const int64_t number = cells[i].null ? DB_INT_NULL : cells[i].number;
			memcpy(row + column->offset, &number, sizeof(number));
			continue;
		}
		struct view text = {};
		if (!cells[i].null) {
			text = (struct view){ arena_dup(c->arena, cells[i].bytes),
					      cells[i].bytes.n };
			if (!text.p)
				return -ENOMEM;
		}
		memcpy(row + column->offset, &text, sizeof(text));
	}
	return 0;
}

static int collect_row(const struct db_cell *cells, void *arg)
{
	struct collect *c = arg;

	if (c->n == c->max)
		return -EMSGSIZE;
	if (c->n == c->cap) {
		const size_t cap = c->cap ? c->cap * 2 : 8;
		char *rows = realloc(c->rows, cap * c->shape->size);
		if (!rows)
			return -ENOMEM;
		c->rows = rows;
		c->cap = cap;
	}
	char *row = c->rows + c->n * c->shape->size;
	memset(row, 0, c->shape->size);
	c->n++;
	return row_fill(c, cells, row);
}

int db_select(struct db *db, const struct db_stmt *stmt, const struct db_arg *args, size_t nargs,
	      struct arena *arena, void *ret_rows, size_t *ret_n)
{
	struct collect c = { .shape = stmt->shape, .arena = arena, .max = DB_ROWS_MAX };
	int rc = run(db, stmt, args, nargs, collect_row, &c, NULL);
	void *rows = NULL;

	if (rc == 0) {
		rows = arena_alloc(arena, c.n * c.shape->size);
		if (!rows)
			rc = -ENOMEM;
		else if (c.n > 0)
			memcpy(rows, c.rows, c.n * c.shape->size);
	}
	free(c.rows);
	if (rc < 0)
		return rc;
	*(void **)ret_rows = rows;
	*ret_n = c.n;
	return 0;
}

struct first {
	struct collect collect;
	char *row;
	bool seen;
};

static int first_row(const struct db_cell *cells, void *arg)
{
	struct first *f = arg;

	if (f->seen)
		return 0; /* the statement runs to its end: it may write (RETURNING) */
	f->seen = true;
	return row_fill(&f->collect, cells, f->row);
}

int db_one(struct db *db, const struct db_stmt *stmt, const struct db_arg *args, size_t nargs,
	   struct arena *arena, void *ret_row)
{
	AUTO_FREE char *row = calloc(1, stmt->shape->size);
	struct first f = { .collect = { .shape = stmt->shape, .arena = arena }, .row = row };

	if (!row)
		return -ENOMEM;
	const int rc = run(db, stmt, args, nargs, first_row, &f, NULL);
	if (rc < 0)
		return rc;
	if (!f.seen)
		return -ENOENT;
	memcpy(ret_row, row, stmt->shape->size);
	return 0;
}

struct number_row {
	int64_t number;
};
static const struct db_column number_columns[] = { DB_COLUMN_INT(struct number_row, number) };
const struct db_shape db_number_shape = DB_SHAPE(struct number_row, number_columns);

int db_number(struct db *db, const struct db_stmt *stmt, const struct db_arg *args, size_t nargs,
	      int64_t *ret_number)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1024);

	assert(stmt->shape->ncolumns == 1 && stmt->shape->size == sizeof(*ret_number));
	return db_one(db, stmt, args, nargs, &arena, ret_number);
}

static int begin(struct db *db)
{
	const char *begin = db->depth ? "SAVEPOINT nested" : db->engine->begin;
	int rc;

	assert(db->depth < DB_NESTING_MAX);
	rc = db_script(db, begin);
	if (rc < 0 && db->lost && !db->depth) /* nothing has run yet */
		rc = db_script(db, begin);
	if (rc == 0)
		db->depth++;
	return rc;
}

int db_begin(struct db *db, struct db_tx *ret_tx)
{
	int rc = 0;

	if (db->late) {
		rc = begin(db);
		db->late = rc < 0;
	}
	if (rc == 0)
		rc = begin(db);
	if (rc == 0)
		ret_tx->db = db;
	return rc;
}

int db_begin_late(struct db *db, struct db_tx *ret_tx)
{
	assert(!db->depth && !db->late);
	db->late = true;
	ret_tx->db = db;
	return 0;
}

/* Ends a transaction that never began. */
static bool end_late(struct db_tx *tx)
{
	if (!tx->db || !tx->db->late)
		return false;
	tx->db->late = false;
	tx->db = NULL;
	return true;
}

int db_commit(struct db_tx *tx)
{
	if (end_late(tx))
		return 0;
	const int rc = db_script(tx->db, tx->db->depth > 1 ? "RELEASE SAVEPOINT nested" : "COMMIT");

	if (rc < 0) {
		db_rollback(tx);
		return rc;
	}
	tx->db->depth--;
	tx->db = NULL;
	return 0;
}

void db_rollback(struct db_tx *tx)
{
	const char *back = "ROLLBACK";
	struct db *db;

	if (end_late(tx))
		return;
	db = TAKE(tx->db);
	if (!db)
		return;
	if (--db->depth)
		back = "ROLLBACK TO SAVEPOINT nested; RELEASE SAVEPOINT nested";
	if (!db->lost && db_script(db, back) < 0) /* else the server has rolled back */
		log_warn("db_rollback_failed", LF_S("error", db_error(db)));
}
