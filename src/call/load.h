/* call/load.h - keeps the directory like the store: the one place of this room that reads SQL, and
 * it does so on the feed's thread. */
#pragma once
#include "base/list.h"
#include "call/directory.h"
#include "event/feed.h"

/* Keep it where it is from the first change that is followed on. */
struct directory_loader {
	struct loop *loop; /* the directory's */
	struct directory *directory;
	uint64_t rows; /* the feed's thread: of devices and buttons, read so far */
	/* the loop's: what was read and is not in the directory yet, for want of memory */
	struct list waiting;
	struct timer retry;
};

enum { DIRECTORY_RETRY_MS = 1000 };

void directory_loader_init(struct directory_loader *loader, struct loop *loop,
			   struct directory *directory);
/* Once nothing is posted any more: forgets what waits. */
void directory_loader_free(struct directory_loader *loader);
/* Before any thread runs: all sites, straight into the directory. */
[[nodiscard]] int directory_load_all(struct directory *dir, struct db *db, struct err *err);
/* The bindings that stand, straight into the registrar. */
[[nodiscard]] int bindings_load_all(struct sip_endpoint *endpoint, struct db *db, int64_t now_ms,
				    struct err *err);
/* For feed_consume; arg: a struct directory_loader that outlives the feed. What changed is read
 * anew and posted to the loop: a device by itself, however many of its rows the batch holds, and
 * all of a site only when the site itself changed. Cost: a device and its buttons for each that
 * changed. */
int directory_follow(void *arg, struct db *db, const struct change_row *rows, size_t n);
