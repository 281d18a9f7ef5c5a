#include "event/live.h"

#include "base/list.h"
#include "base/log.h"
#include "base/map.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Watchers of one site. Only the feed's thread looks at it. */
struct room {
	int64_t site_id;
	struct map_node node;
	struct list watchers;
};

struct live {
	struct feed *feed;
	struct map rooms;
	atomic_int watchers;
};

struct live_watcher {
	struct live *live;
	struct loop *loop;
	int64_t site_id;
	int64_t cursor; /* feed's thread, once watching */
	live_fn *fn;
	void *arg;
	bool left;      /* the loop's thread */
	atomic_int refs; /* the owner, the room, and each batch under way */
	struct list list; /* the room's; feed's thread */
};

struct batch {
	struct live_watcher *watcher;
	size_t n;
	struct live_event events[];
};

static void unref(struct live_watcher *w)
{
	if (atomic_fetch_sub(&w->refs, 1) > 1)
		return;
	atomic_fetch_sub(&w->live->watchers, 1);
	free(w);
}

static struct view key_of(const int64_t *site_id)
{
	return (struct view){ (const char *)site_id, sizeof(*site_id) };
}

static struct room *room_find(const struct live *live, int64_t site_id)
{
	const struct map_node *node = map_get(&live->rooms, key_of(&site_id));

	return node ? CONTAINER_OF(node, struct room, node) : NULL;
}

static struct room *room_open(struct live *live, int64_t site_id)
{
	struct room *room = room_find(live, site_id);

	if (room)
		return room;
	room = calloc(1, sizeof(*room));
	if (!room)
		return NULL;
	room->site_id = site_id;
	list_init(&room->watchers);
	if (map_put(&live->rooms, &room->node, key_of(&room->site_id)) < 0) {
		free(room);
		return NULL;
	}
	return room;
}

static void room_close(struct live *live, struct room *room)
{
	if (!room || !list_empty(&room->watchers))
		return;
	map_remove(&live->rooms, &room->node);
	free(room);
}

/* Delivery: made on the feed's thread, given on the watcher's loop. */

static void deliver(void *arg)
{
	struct batch *batch = arg;
	struct live_watcher *w = batch->watcher;

	if (!w->left)
		w->fn(w->arg, batch->events, batch->n);
	unref(w);
	free(batch);
}

static struct batch *batch_new(struct live_watcher *w, size_t n)
{
	struct batch *batch = calloc(1, sizeof(*batch) + n * sizeof(struct live_event));

	if (batch)
		batch->watcher = w;
	return batch;
}

static void batch_send(struct batch *batch)
{
	struct live_watcher *w = batch->watcher;

	atomic_fetch_add(&w->refs, 1);
	if (loop_post(w->loop, deliver, batch) == 0)
		return;
	log_warn("live_lost", LF_I("site", w->site_id)); /* the page finds out by its cursor */
	unref(w);
	free(batch);
}

static struct live_event event_of(const struct change_row *row)
{
	struct live_event e = { .cursor = row->id, .site_id = row->site_id };

	snprintf(e.type, sizeof(e.type), "%.*s", (int)row->type.n, row->type.p);
	snprintf(e.object, sizeof(e.object), "%.*s", (int)row->object.n, row->object.p);
	return e;
}

/* Those of `rows` that are of the watcher's site and behind its cursor. */
static void send_rows(struct live_watcher *w, const struct change_row *rows, size_t n)
{
	struct batch *batch = batch_new(w, n);

	if (!batch)
		return;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].site_id == w->site_id && rows[i].id > w->cursor)
			batch->events[batch->n++] = event_of(&rows[i]);
	}
	if (!batch->n) {
		free(batch);
		return;
	}
	w->cursor = batch->events[batch->n - 1].cursor;
	batch_send(batch);
}

/* Rows that come again are behind every cursor. */
static int on_rows(void *arg, struct db *, const struct change_row *rows, size_t n)
{
	struct live *live = arg;

	for (size_t i = 0; i < n; i++) {
		const struct room *room = room_find(live, rows[i].site_id);

		if (!room)
			continue;
		/* The first row of a room sends them all; the later ones find the cursors ahead. */
		LIST_EACH(it, &room->watchers) {
			struct live_watcher *w = CONTAINER_OF(it, struct live_watcher, list);

			if (rows[i].id > w->cursor)
				send_rows(w, rows + i, n - i);
		}
	}
	return 0;
}

/* Coming and going: tasks on the feed's thread. */

static void send_reset(struct live_watcher *w, int64_t cursor)
{
	struct batch *batch = batch_new(w, 1);

	w->cursor = cursor;
	if (!batch)
		return;
	batch->n = 1;
	batch->events[0] = (struct live_event){ .cursor = cursor, .site_id = w->site_id,
						.type = "reset" };
	batch_send(batch);
}

/* What the page missed, or `reset` when that is too much or no longer known. */
static void resume(struct live_watcher *w, struct db *db, int64_t cursor)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1024 * 1024);
	struct change_row *rows;
	int64_t oldest, newest;
	size_t n;

	if (w->cursor <= 0 || w->cursor > cursor || change_range(db, &oldest, &newest) < 0 ||
	    w->cursor < oldest - 1 ||
	    change_after_of_site(db, w->site_id, w->cursor, LIVE_RESUME_MAX + 1, &arena, &rows, &n) < 0 ||
	    n > LIVE_RESUME_MAX)
		send_reset(w, cursor);
	else
		send_rows(w, rows, n); /* may run ahead of the feed; on_rows looks at the cursor */
}

static void join_task(void *arg, struct db *db, int64_t cursor)
{
	struct live_watcher *w = arg;
	struct room *room = room_open(w->live, w->site_id);

	if (!room) {
		unref(w);
		return;
	}
	list_append(&room->watchers, &w->list);
	resume(w, db, cursor);
}

static void leave_task(void *arg, struct db *, int64_t)
{
	struct live_watcher *w = arg;

	if (!list_empty(&w->list)) {
		list_remove(&w->list);
		room_close(w->live, room_find(w->live, w->site_id));
		unref(w);
	}
	unref(w);
}

int live_new(struct feed *feed, struct live **ret_live)
{
	struct live *live = calloc(1, sizeof(*live));
	int rc;

	if (!live)
		return -ENOMEM;
	live->feed = feed;
	map_init(&live->rooms);
	rc = feed_consume(feed, on_rows, live);
	if (rc < 0) {
		live_free(live);
		return rc;
	}
	*ret_live = live;
	return 0;
}

void live_free(struct live *live)
{
	if (!live)
		return;
	map_free(&live->rooms);
	free(live);
}

int live_watch(struct live *live, struct loop *loop, int64_t site_id, int64_t cursor, live_fn *fn,
	       void *arg, struct live_watcher **ret_watcher)
{
	struct live_watcher *w;
	int rc;

	if (atomic_fetch_add(&live->watchers, 1) >= LIVE_WATCHERS_MAX) {
		atomic_fetch_sub(&live->watchers, 1);
		return -EAGAIN;
	}
	w = calloc(1, sizeof(*w));
	if (!w) {
		atomic_fetch_sub(&live->watchers, 1);
		return -ENOMEM;
	}
	*w = (struct live_watcher){ .live = live, .loop = loop, .site_id = site_id,
				    .cursor = cursor, .fn = fn, .arg = arg };
	list_init(&w->list);
	atomic_init(&w->refs, 2);
	rc = feed_task(live->feed, join_task, w);
	if (rc < 0) {
		atomic_store(&w->refs, 1);
		unref(w);
		return rc;
	}
	*ret_watcher = w;
	return 0;
}

void live_leave(struct live_watcher *w)
{
	w->left = true;
	if (feed_task(w->live->feed, leave_task, w) < 0)
		log_error("live_leave_failed"); /* no memory: the watcher stays behind, silent */
}
