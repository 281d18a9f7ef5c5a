#include "event/feed.h"

#include "base/log.h"
#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { ARENA_BYTES = 4 * 1024 * 1024 };

struct task {
	struct task *next;
	feed_task_fn *fn;
	void *arg;
};

struct feed {
	const struct clock *clock;
	struct db *db;
	int64_t cursor;
	int64_t expired_ms; /* by the wall clock: when old rows were last forgotten */
	struct {
		feed_rows_fn *fn;
		void *arg;
	} consumers[FEED_CONSUMERS_MAX];
	size_t nconsumers;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* the rest */
	pthread_cond_t cond;
	bool woken, stopping;
	struct task *tasks, **tail;
};

int feed_new(const char *db_url, const struct clock *clock, struct err *err, struct feed **ret_feed)
{
	struct feed *feed = calloc(1, sizeof(*feed));
	pthread_condattr_t attr;
	int64_t oldest;
	int rc;

	if (!feed)
		return err_set(err, -ENOMEM, "no memory");
	feed->clock = clock;
	feed->tail = &feed->tasks;
	pthread_mutex_init(&feed->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&feed->cond, &attr);
	pthread_condattr_destroy(&attr);
	rc = store_open(db_url, err, &feed->db);
	if (rc == 0 && change_range(feed->db, &oldest, &feed->cursor) < 0)
		rc = err_set(err, -EIO, "cannot read the changes: %s", db_error(feed->db));
	if (rc < 0) {
		feed_free(feed);
		return rc;
	}
	*ret_feed = feed;
	return 0;
}

int feed_consume(struct feed *feed, feed_rows_fn *fn, void *arg)
{
	if (feed->nconsumers == FEED_CONSUMERS_MAX)
		return -ENOSPC;
	feed->consumers[feed->nconsumers].fn = fn;
	feed->consumers[feed->nconsumers++].arg = arg;
	return 0;
}

/* The next batch; *ret_more when there may be another. It is done once every consumer has it. */
static int read_batch(struct feed *feed, bool *ret_more)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ARENA_BYTES);
	struct change_row *rows;
	size_t n;
	int rc = change_after(feed->db, feed->cursor, FEED_BATCH, &arena, &rows, &n);

	for (size_t i = 0; rc == 0 && n && i < feed->nconsumers; i++)
		rc = feed->consumers[i].fn(feed->consumers[i].arg, feed->db, rows, n);
	if (rc < 0)
		return rc;
	if (n)
		feed->cursor = rows[n - 1].id;
	*ret_more = n == FEED_BATCH;
	return 0;
}

static void expire(struct feed *feed)
{
	const int64_t now_ms = clock_wall_ms(feed->clock);
	int64_t removed = 0;

	if (now_ms - feed->expired_ms < FEED_EXPIRE_MS)
		return;
	feed->expired_ms = now_ms;
	if (change_expire(feed->db, now_ms - FEED_KEEP_MS, &removed) == 0 && removed)
		log_info("feed_expired", LF_I("rows", removed));
}

static struct task *wait_for_work(struct feed *feed, bool *ret_stop)
{
	struct timespec until;
	struct task *tasks;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += FEED_POLL_MS / 1000;
	pthread_mutex_lock(&feed->lock);
	while (!feed->woken && !feed->stopping && !feed->tasks) {
		if (pthread_cond_timedwait(&feed->cond, &feed->lock, &until) == ETIMEDOUT)
			break;
	}
	feed->woken = false;
	*ret_stop = feed->stopping;
	tasks = feed->tasks;
	feed->tasks = NULL;
	feed->tail = &feed->tasks;
	pthread_mutex_unlock(&feed->lock);
	return tasks;
}

static void tasks_run(struct feed *feed, struct task *tasks)
{
	while (tasks) {
		struct task *next = tasks->next;

		tasks->fn(tasks->arg, feed->db, feed->cursor);
		free(tasks);
		tasks = next;
	}
}

static void *feed_main(void *arg)
{
	struct feed *feed = arg;
	bool stop = false, failing = false;

	while (!stop) {
		struct task *tasks = wait_for_work(feed, &stop);
		bool more = true;
		int rc = 0;

		while (rc == 0 && more)
			rc = read_batch(feed, &more);
		if (rc < 0 && !failing)
			log_error("feed_failed", LF_I("error", rc));
		failing = rc < 0; /* the next look is FEED_POLL_MS away */
		tasks_run(feed, tasks);
		expire(feed);
	}
	return NULL;
}

int feed_start(struct feed *feed)
{
	const int rc = -pthread_create(&feed->thread, NULL, feed_main, feed);

	feed->started = rc == 0;
	return rc;
}

void feed_wake(struct feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	feed->woken = true;
	pthread_cond_signal(&feed->cond);
	pthread_mutex_unlock(&feed->lock);
}

int feed_task(struct feed *feed, feed_task_fn *fn, void *arg)
{
	struct task *task = malloc(sizeof(*task));

	if (!task)
		return -ENOMEM;
	*task = (struct task){ .fn = fn, .arg = arg };
	pthread_mutex_lock(&feed->lock);
	*feed->tail = task;
	feed->tail = &task->next;
	pthread_cond_signal(&feed->cond);
	pthread_mutex_unlock(&feed->lock);
	return 0;
}

void feed_free(struct feed *feed)
{
	if (!feed)
		return;
	if (feed->started) {
		pthread_mutex_lock(&feed->lock);
		feed->stopping = true;
		pthread_cond_signal(&feed->cond);
		pthread_mutex_unlock(&feed->lock);
		pthread_join(feed->thread, NULL);
	}
	tasks_run(feed, feed->tasks);
	db_close(feed->db);
	pthread_cond_destroy(&feed->cond);
	pthread_mutex_destroy(&feed->lock);
	free(feed);
}
