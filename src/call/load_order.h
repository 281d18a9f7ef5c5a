/* call/load_order.h - what of who may call whom and when goes into the directory: of load.c only.
 *
 * On any thread. Everything that is filled in belongs to the arena of the site or device. */
#pragma once
#include "call/directory.h"
#include "store/device.h"
#include "store/order.h"

/* What the store has of it; what is left of `quiet` is of devices behind. */
struct order {
	struct quiet_row *quiet; /* by device */
	size_t nquiet;
	struct phone_entry_row *entries; /* by directory and device */
	size_t nentries;
	struct line_row line;
	bool has_line;
	struct view zone;
	/* Made when the first device needs it, and shared by the others. */
	struct zone *made_zone;
	struct dir_trunk *made_trunk;
	struct dir_list *made_list; /* of the last directory */
	int64_t made_list_of;
};

/* Of a whole site, or of one device; only what one of the devices has is asked for. */
[[nodiscard]] int order_read_site(struct db *db, int64_t site_id,
				  const struct directory_row *devices, size_t n,
				  struct arena *arena, struct order *ret_order);
[[nodiscard]] int order_read_one(struct db *db, int64_t site_id, const struct directory_row *device,
				 struct arena *arena, struct order *ret_order);
/* The next device, by number. */
[[nodiscard]] int order_fill(struct arena *arena, struct dir_device *d,
			     const struct directory_row *row, struct order *order);
