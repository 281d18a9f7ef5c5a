/* event/feed.h - the thread that reads the change feed and hands it to those who follow it.
 *
 * It has a database connection and a cursor of its own. feed_wake, from any thread after a commit,
 * makes it look at once; without a wake-up it looks every FEED_POLL_MS, so that a lost one, or a
 * commit of another process, costs time and never data.
 *
 * Consumers run on the feed's thread, one after the other, in the order of the feed: they are quick,
 * or they post to a loop. Cost: one indexed read per wake-up, however many changes woke it. */
#pragma once
#include "base/clock.h"
#include "store/change.h"

enum {
	FEED_BATCH = 500,   /* rows per read */
	FEED_POLL_MS = 1000,
	FEED_KEEP_MS = 7 * 24 * 3600 * 1000, /* older rows are forgotten: a page that slept longer starts anew */
	FEED_EXPIRE_MS = 3600 * 1000,        /* how often that is done */
	FEED_CONSUMERS_MAX = 8,
};

struct feed;

/* 0, or a negative errno that another try may cure, such as a database that went away: then the rows
 * come again, to those consumers too that had taken them. */
typedef int feed_rows_fn(void *arg, struct db *db, const struct change_row *rows, size_t n);
/* cursor: everything up to it has been handed out. */
typedef void feed_task_fn(void *arg, struct db *db, int64_t cursor);

/* From the newest row of this moment on: what was before, consumers load themselves, after it and
 * before feed_start, so that a change of another process meanwhile is in the one or the other. */
[[nodiscard]] int feed_new(const char *db_url, const struct clock *clock, struct err *err,
			   struct feed **ret_feed);
/* Before feed_start. -ENOSPC. */
[[nodiscard]] int feed_consume(struct feed *feed, feed_rows_fn *fn, void *arg);
[[nodiscard]] int feed_start(struct feed *feed);
/* Ends the thread; tasks that wait are run. NULL is fine. */
void feed_free(struct feed *feed);
/* Any thread. */
void feed_wake(struct feed *feed);
/* Runs fn on the feed's thread between two batches. Any thread. */
[[nodiscard]] int feed_task(struct feed *feed, feed_task_fn *fn, void *arg);
