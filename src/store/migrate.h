/* store/migrate.h - brings a database forward to the schema that this program knows.
 *
 * Steps are numbered files of schema/, compiled in. Each runs in a transaction of its own together
 * with its row in `migration`; there is no way back. Any thread with its own connection; two
 * programs that start at once wait for each other. */
#pragma once
#include "store/db.h"

/* The version that this program knows. */
int64_t migrate_latest(void);
/* 0 for an empty database. */
[[nodiscard]] int migrate_version(struct db *db, int64_t *ret_version);
/* -EPROTO when the database is newer than the program, which then leaves it alone. */
[[nodiscard]] int migrate_up(struct db *db, int64_t now_ms, struct err *err);
