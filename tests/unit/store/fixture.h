/* A database of the newest schema per test, on SQLite and on the PostgreSQL that VESTIBULE_TEST_DB
 * names. */
#pragma once
#include "store/migrate.h"
#include "store/store.h"
#include "../test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fixture {
	struct db *db;
	struct arena arena;
	char path[64];
	char url[256];
};

static inline void fixture_open(struct fixture *f)
{
	struct err err = {};
	struct db *db;

	f->arena = ARENA_INIT(1 << 22);
	if (db_open(f->url, &err, &db) < 0)
		fail_msg("%s", err.text);
	if (f->path[0] == '\0')
		assert_int_equal(db_script(db, "DROP SCHEMA public CASCADE; CREATE SCHEMA public"), 0);
	if (migrate_up(db, 1, &err) < 0)
		fail_msg("%s", err.text);
	db_close(db);
	if (store_open(f->url, &err, &f->db) < 0)
		fail_msg("%s", err.text);
}

static inline int fixture_sqlite(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->path, sizeof(f->path), "/tmp/vestibule-db-XXXXXX");
	close(mkstemp(f->path));
	snprintf(f->url, sizeof(f->url), "sqlite:%s", f->path);
	fixture_open(f);
	*state = f;
	return 0;
}

static inline int fixture_pgsql(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->url, sizeof(f->url), "%s", getenv("VESTIBULE_TEST_DB"));
	fixture_open(f);
	*state = f;
	return 0;
}

static inline int fixture_close(void **state)
{
	struct fixture *f = *state;
	char name[80];

	db_close(f->db);
	arena_free(&f->arena);
	for (int i = 0; i < 3 && f->path[0]; i++) {
		snprintf(name, sizeof(name), "%s%s", f->path, i == 0 ? "" : i == 1 ? "-wal" : "-shm");
		unlink(name);
	}
	free(f);
	return 0;
}

#define ON_BOTH(fn)                                                                                \
	{ #fn " on SQLite", fn, fixture_sqlite, fixture_close, NULL },                             \
	{ #fn " on PostgreSQL", fn, fixture_pgsql, fixture_close, NULL }
