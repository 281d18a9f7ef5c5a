#include "io/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct job {
	struct job *next;
	worker_fn *fn;
	void *arg;
};

struct lane {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	struct job *head, **tail;
	unsigned waiting;
	bool stopping;
};

struct thread {
	struct workers *workers;
	struct lane *lane;
	pthread_t thread;
};

struct workers {
	struct workers_conf conf;
	struct lane lanes[WORKER_LANES];
	struct thread threads[WORKER_LANES * WORKER_THREADS_MAX];
	unsigned nthreads;
	pthread_mutex_t lock; /* the rest: the start */
	pthread_cond_t cond;
	unsigned opened;
	int rc;
	struct err err;
};

static struct job *job_take(struct lane *lane)
{
	struct job *job;

	pthread_mutex_lock(&lane->lock);
	while (!lane->head && !lane->stopping)
		pthread_cond_wait(&lane->cond, &lane->lock);
	job = lane->head;
	if (job) {
		lane->head = job->next;
		lane->waiting--;
		if (!lane->head)
			lane->tail = &lane->head;
	}
	pthread_mutex_unlock(&lane->lock);
	return job;
}

static int thread_open(struct workers *w, void **ret_state)
{
	struct err err = {};
	const int rc = w->conf.open ? w->conf.open(w->conf.arg, &err, ret_state) : 0;

	pthread_mutex_lock(&w->lock);
	w->opened++;
	if (rc < 0 && w->rc == 0) {
		w->rc = rc;
		w->err = err;
	}
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->lock);
	return rc;
}

static void *thread_main(void *arg)
{
	const struct thread *t = arg;
	struct workers *w = t->workers;
	void *state = NULL;
	struct job *job;

	if (thread_open(w, &state) < 0)
		return NULL;
	while ((job = job_take(t->lane))) {
		job->fn(job->arg, state);
		free(job);
	}
	if (w->conf.close)
		w->conf.close(w->conf.arg, state);
	return NULL;
}

static int threads_start(struct workers *w)
{
	for (int lane = 0; lane < WORKER_LANES; lane++) {
		for (unsigned i = 0; i < w->conf.threads[lane]; i++) {
			struct thread *t = &w->threads[w->nthreads];
			int rc;

			*t = (struct thread){ .workers = w, .lane = &w->lanes[lane] };
			rc = -pthread_create(&t->thread, NULL, thread_main, t);
			if (rc < 0)
				return rc;
			w->nthreads++;
		}
	}
	return 0;
}

static int wait_opened(struct workers *w, struct err *err)
{
	int rc;

	pthread_mutex_lock(&w->lock);
	while (w->opened < w->nthreads)
		pthread_cond_wait(&w->cond, &w->lock);
	rc = w->rc;
	pthread_mutex_unlock(&w->lock);
	if (rc < 0 && err)
		*err = w->err;
	return rc;
}

int workers_start(const struct workers_conf *conf, struct err *err, struct workers **ret_workers)
{
	struct workers *w;
	int rc;

	for (int lane = 0; lane < WORKER_LANES; lane++) {
		if (conf->threads[lane] < 1 || conf->threads[lane] > WORKER_THREADS_MAX)
			return err_set(err, -EINVAL, "a lane has 1 to %d threads", WORKER_THREADS_MAX);
	}
	w = calloc(1, sizeof(*w));
	if (!w)
		return err_set(err, -ENOMEM, "no memory");
	w->conf = *conf;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->cond, NULL);
	for (int lane = 0; lane < WORKER_LANES; lane++) {
		pthread_mutex_init(&w->lanes[lane].lock, NULL);
		pthread_cond_init(&w->lanes[lane].cond, NULL);
		w->lanes[lane].tail = &w->lanes[lane].head;
	}
	rc = threads_start(w);
	if (rc == 0)
		rc = wait_opened(w, err);
	else
		err_set(err, rc, "cannot start a thread");
	if (rc < 0) {
		workers_stop(w);
		return rc;
	}
	*ret_workers = w;
	return 0;
}

void workers_stop(struct workers *w)
{
	if (!w)
		return;
	for (int lane = 0; lane < WORKER_LANES; lane++) {
		pthread_mutex_lock(&w->lanes[lane].lock);
		w->lanes[lane].stopping = true;
		pthread_cond_broadcast(&w->lanes[lane].cond);
		pthread_mutex_unlock(&w->lanes[lane].lock);
	}
	for (unsigned i = 0; i < w->nthreads; i++)
		pthread_join(w->threads[i].thread, NULL);
	for (int lane = 0; lane < WORKER_LANES; lane++) {
		pthread_mutex_destroy(&w->lanes[lane].lock);
		pthread_cond_destroy(&w->lanes[lane].cond);
	}
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->cond);
	free(w);
}

int workers_run(struct workers *w, enum worker_lane at, worker_fn *fn, void *arg)
{
	struct lane *lane = &w->lanes[at];
	struct job *job = malloc(sizeof(*job));
	bool full;

	if (!job)
		return -ENOMEM;
	*job = (struct job){ .fn = fn, .arg = arg };
	pthread_mutex_lock(&lane->lock);
	full = lane->waiting >= WORKER_QUEUE_MAX || lane->stopping;
	if (!full) {
		*lane->tail = job;
		lane->tail = &job->next;
		lane->waiting++;
	}
	pthread_mutex_unlock(&lane->lock);
	if (!full) /* behind the unlock: who wakes up takes the lock first */
		pthread_cond_signal(&lane->cond);
	if (full) {
		free(job);
		return -EAGAIN;
	}
	/* cppcheck-suppress memleak ; the lane has it */
	return 0;
}
