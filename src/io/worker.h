/* io/worker.h - threads for what blocks: SQL, password hashing, exports.
 *
 * A job runs on one thread of its lane from start to end. Each thread has a state of its own (its
 * database connection), made by `open` on that thread before the first job. */
#pragma once
#include <stddef.h>
#include "base/err.h"

enum worker_lane { LANE_REQUEST, LANE_SLOW, LANE_HASH, WORKER_LANES };
enum { WORKER_QUEUE_MAX = 1024 /* waiting jobs per lane */, WORKER_THREADS_MAX = 64 };

struct workers;
typedef void worker_fn(void *arg, void *state);

struct workers_conf {
	unsigned threads[WORKER_LANES]; /* 1 … WORKER_THREADS_MAX each */
	int (*open)(void *arg, struct err *err, void **ret_state); /* may be NULL */
	void (*close)(void *arg, void *state);
	void *arg;
};

/* Waits until every thread's state is open; the first failure ends them all and is returned. */
[[nodiscard]] int workers_start(const struct workers_conf *conf, struct err *err,
				struct workers **ret_workers);
/* Runs what is queued, then ends the threads. NULL is fine. */
void workers_stop(struct workers *w);
/* Any thread. -EAGAIN when the lane's queue is full: the job did not and will not run. */
[[nodiscard]] int workers_run(struct workers *w, enum worker_lane lane, worker_fn *fn, void *arg);
