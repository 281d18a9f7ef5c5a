/* store/store.h - a connection ready for work: opened, at the right schema, all statements prepared. */
#pragma once
#include "store/db.h"

/* Opens, and prepares every family. -EPROTO: the schema is not this program's: migrate first. */
[[nodiscard]] int store_open(const char *url, struct err *err, struct db **ret_db);
/* The second half, for a database that is open already. -EPROTO likewise. */
[[nodiscard]] int store_prepare(struct db *db, struct err *err);
