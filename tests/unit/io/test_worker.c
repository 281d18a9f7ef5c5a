#include "io/worker.h"
#include "../test.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

enum { JOBS = 1000 };

static atomic_int opened, closed, ran;

static int open_state(void *arg, struct err *err, void **ret_state)
{
	const int nth = atomic_fetch_add(&opened, 1);

	if (arg && nth == 2)
		return err_set(err, -EIO, "the third fails");
	*ret_state = &opened;
	return 0;
}

static void close_state(void *, void *state)
{
	assert_ptr_equal(state, &opened);
	atomic_fetch_add(&closed, 1);
}

static void job(void *arg, void *state)
{
	assert_ptr_equal(state, &opened);
	atomic_fetch_add(&ran, *(int *)arg);
}

static struct workers_conf conf_of(void *arg)
{
	atomic_store(&opened, 0);
	atomic_store(&closed, 0);
	atomic_store(&ran, 0);
	return (struct workers_conf){ { 3, 1, 1 }, open_state, close_state, arg };
}

static void every_job_runs_once_before_the_end(void **)
{
	const struct workers_conf conf = conf_of(NULL);
	struct workers *w;
	int one = 1, taken = 0;

	assert_int_equal(workers_start(&conf, NULL, &w), 0);
	assert_int_equal(atomic_load(&opened), 5);
	for (int i = 0; i < JOBS; i++)
		taken += workers_run(w, (enum worker_lane)(i % WORKER_LANES), job, &one) == 0;
	workers_stop(w);
	assert_int_equal(atomic_load(&ran), taken);
	assert_int_equal(atomic_load(&closed), 5);
}

static void a_state_that_does_not_open_ends_the_start(void **)
{
	int yes = 1;
	const struct workers_conf conf = conf_of(&yes);
	struct workers *w = NULL;
	struct err err = {};

	assert_int_equal(workers_start(&conf, &err, &w), -EIO);
	assert_string_equal(err.text, "the third fails");
	assert_null(w);
	assert_int_equal(atomic_load(&closed), 4);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void wait_job(void *, void *)
{
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

static void a_full_lane_says_so_and_others_go_on(void **)
{
	const struct workers_conf conf = conf_of(NULL);
	struct workers *w;
	int one = 1, rc = 0, n = 0;

	assert_int_equal(workers_start(&conf, NULL, &w), 0);
	pthread_mutex_lock(&gate);
	while (rc == 0 && n < 2 * WORKER_QUEUE_MAX) {
		rc = workers_run(w, LANE_SLOW, wait_job, NULL);
		n += rc == 0;
	}
	assert_int_equal(rc, -EAGAIN);
	assert_in_range(n, WORKER_QUEUE_MAX, WORKER_QUEUE_MAX + 1);
	assert_int_equal(workers_run(w, LANE_HASH, job, &one), 0);
	pthread_mutex_unlock(&gate);
	workers_stop(w);
	assert_int_equal(atomic_load(&ran), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_job_runs_once_before_the_end),
		cmocka_unit_test(a_state_that_does_not_open_ends_the_start),
		cmocka_unit_test(a_full_lane_says_so_and_others_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
