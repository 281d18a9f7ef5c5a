#include "server/errand.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Two hold it, the worker who waits and the loop who does it. */
struct errand {
	errand_fn *fn;
	void *arg;
	_Atomic int holders;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool done;
	int rc;
	alignas(max_align_t) char what[ERRAND_SIZE_MAX];
};

static struct errand *errand_new(errand_fn *fn, void *arg, const void *what, size_t n)
{
	struct errand *e = calloc(1, sizeof(*e));
	pthread_condattr_t attr;

	assert(n <= ERRAND_SIZE_MAX);
	if (!e)
		return NULL;
	e->fn = fn;
	e->arg = arg;
	e->holders = 2;
	memcpy(e->what, what, n);
	pthread_mutex_init(&e->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&e->cond, &attr);
	pthread_condattr_destroy(&attr);
	return e;
}

static void errand_drop(struct errand *e)
{
	if (atomic_fetch_sub(&e->holders, 1) > 1)
		return;
	pthread_cond_destroy(&e->cond);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

/* On the loop's thread. Whoever waits reads what was written only once it is done. */
static void errand_do(void *arg)
{
	struct errand *e = arg;
	const int rc = e->fn(e->arg, e->what);

	pthread_mutex_lock(&e->lock);
	e->done = true;
	e->rc = rc;
	pthread_cond_signal(&e->cond);
	pthread_mutex_unlock(&e->lock);
	errand_drop(e);
}

static int errand_wait(struct errand *e, void *what, size_t n, unsigned wait_ms)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&e->lock);
	while (!e->done && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&e->cond, &e->lock, &until);
	rc = e->done ? e->rc : -EAGAIN;
	if (e->done)
		memcpy(what, e->what, n);
	pthread_mutex_unlock(&e->lock);
	return rc;
}

int errand_run(struct loop *loop, errand_fn *fn, void *arg, void *what, size_t n, unsigned wait_ms)
{
	struct errand *e = errand_new(fn, arg, what, n);
	int rc;

	if (!e)
		return -ENOMEM;
	rc = loop_post(loop, errand_do, e);
	if (rc < 0)
		errand_drop(e); /* the loop's */
	else
		rc = errand_wait(e, what, n, wait_ms);
	errand_drop(e);
	return rc;
}
