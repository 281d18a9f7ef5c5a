/* store/change.h - the change feed: a row per change, written in the transaction that makes it.
 *
 * Ids rise in the order of commit on both engines, so a reader that has seen an id has seen all
 * before it. Cost: one insert per change; a read is one index range. */
#pragma once
#include "store/db.h"

struct change_row {
	int64_t id; /* the cursor */
	int64_t at;
	int64_t site_id; /* DB_INT_NULL for what belongs to no site */
	struct view type;
	struct view object; /* the id of what changed */
};

[[nodiscard]] int change_prepare(struct db *db, struct err *err);
/* Inside the caller's transaction. `type` is an object's name: site, apartment, device, call … */
[[nodiscard]] int change_append(struct db *db, int64_t at, int64_t site_id, struct view type,
				int64_t object);
/* Runs a statement that changes devices, or asks which ones changed: its rows are of
 * change_device_shape (site_id, number), and each device is appended. ret_n may be NULL. */
[[nodiscard]] int change_append_devices(struct db *db, int64_t at, const struct db_stmt *stmt,
					const struct db_arg *args, size_t nargs, size_t *ret_n);
extern const struct db_shape change_device_shape;
/* Before a statement that appends many rows by itself; likewise. */
[[nodiscard]] int change_order(struct db *db);
/* What came after the cursor, oldest first, at most max rows. All sites: for the server's own
 * consumers. */
[[nodiscard]] int change_after(struct db *db, int64_t cursor, int64_t max, struct arena *arena,
			       struct change_row **ret_rows, size_t *ret_n);
/* The same for one site: for a live page. */
[[nodiscard]] int change_after_of_site(struct db *db, int64_t site_id, int64_t cursor, int64_t max,
				       struct arena *arena, struct change_row **ret_rows,
				       size_t *ret_n);
/* The oldest and newest cursor kept, 0 and 0 without any: a consumer whose cursor is older than the
 * oldest loads anew. */
[[nodiscard]] int change_range(struct db *db, int64_t *ret_oldest, int64_t *ret_newest);
/* Forgets what happened before `at`. */
[[nodiscard]] int change_expire(struct db *db, int64_t at, int64_t *ret_removed);
