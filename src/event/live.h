/* event/live.h - live pages: the changes of one site, to whoever watches it, resumable by cursor.
 *
 * A watcher belongs to the loop that it named; its functions run there. The reading is the feed's
 * thread's. A watcher gets each change of its site behind its cursor exactly once and in order.
 *
 * Cost: a change is copied once per watcher of its site; sites without watchers cost one look-up. */
#pragma once
#include "event/feed.h"
#include "io/loop.h"

enum {
	LIVE_RESUME_MAX = 1000, /* changes given again; further behind, `reset` says: load anew */
	LIVE_TYPE_MAX = 24,
	LIVE_OBJECT_MAX = 24,
	LIVE_WATCHERS_MAX = 50000,
};

struct live_event {
	int64_t cursor;
	int64_t site_id;
	char type[LIVE_TYPE_MAX]; /* site, apartment, device, button, call … or reset */
	char object[LIVE_OBJECT_MAX];
};

struct live;
struct live_watcher;
typedef void live_fn(void *arg, const struct live_event *events, size_t n);

/* Before feed_start. */
[[nodiscard]] int live_new(struct feed *feed, struct live **ret_live);
/* After feed_free, and after the loops of its watchers are freed: they still hold batches. */
void live_free(struct live *live);
/* cursor: the last that the page has seen, 0 for "from now on" (it then gets one `reset` event that
 * carries the cursor to start from). Call on the loop's thread. -EAGAIN at LIVE_WATCHERS_MAX. */
[[nodiscard]] int live_watch(struct live *live, struct loop *loop, int64_t site_id, int64_t cursor,
			     live_fn *fn, void *arg, struct live_watcher **ret_watcher);
/* On the loop's thread; fn is not called any more. */
void live_leave(struct live_watcher *watcher);
