/* store/db_priv.h - what db.c asks of an engine. */
#pragma once
#include "base/map.h"
#include "store/db.h"

struct db_cell {
	bool null;
	int64_t number;
	struct view bytes; /* valid until the row function returns */
};

/* One row, cells in the order of the shape. Non-zero stops with that code. */
typedef int db_row_fn(const struct db_cell *cells, void *arg);

struct db_prepared {
	struct map_node node;
	const struct db_stmt *stmt;
	const struct db_stmt *key; /* the address is the key */
	int column[DB_COLUMNS_MAX]; /* result column of the shape's i-th */
	void *handle;               /* the engine's */
};

struct db_engine {
	int (*prepare)(struct db *db, struct db_prepared *p);
	/* Index of a result column by name, -1 without it. */
	int (*column)(struct db *db, struct db_prepared *p, const char *name);
	int (*run)(struct db *db, struct db_prepared *p, const struct db_arg *args, size_t nargs,
		   db_row_fn *fn, void *arg, int64_t *ret_changes);
	int (*script)(struct db *db, const char *sql);
	/* Opens the connection anew; NULL where none can be lost. */
	int (*reconnect)(struct db *db);
	/* The same statement for the new connection. */
	int (*prepare_again)(struct db *db, struct db_prepared *p);
	void (*finalize)(struct db *db, struct db_prepared *p);
	void (*close)(struct db *db);
	const char *begin;
};

struct db {
	const struct db_engine *engine;
	void *conn;
	struct map prepared;
	unsigned depth; /* transactions begun and not over */
	bool late; /* the outermost one waits for the first inside it */
	bool lost; /* the engine sets it when the server is gone; db.c clears it */
	char error[ERR_TEXT_MAX];
};

int db_sqlite_open(struct db *db, const char *path, struct err *err);
int db_pgsql_open(struct db *db, const char *url, struct err *err);
void db_error_set(struct db *db, const char *text);
