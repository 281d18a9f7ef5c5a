/* A worker asks, a loop does. */
#include "../test.h"
#include "server/errand.h"

#include <errno.h>
#include <pthread.h>

enum { PATIENCE_MS = 60000 };

struct sum {
	int a, b, ret;
};

static int add(void *arg, void *what)
{
	struct sum *s = what;

	++*(int *)arg;
	s->ret = s->a + s->b;
	return s->ret < 0 ? -ERANGE : 0;
}

static void *run(void *loop)
{
	loop_run(loop);
	return NULL;
}

static void what_was_done_comes_back(void **)
{
	struct sum s = { 3, 4, 0 };
	struct loop *loop;
	pthread_t thread;
	int done = 0;

	assert_int_equal(loop_new(clock_system(), &loop), 0);
	assert_int_equal(pthread_create(&thread, NULL, run, loop), 0);
	assert_int_equal(errand_run(loop, add, &done, &s, sizeof(s), PATIENCE_MS), 0);
	assert_int_equal(s.ret, 7);
	s.a = -40;
	assert_int_equal(errand_run(loop, add, &done, &s, sizeof(s), PATIENCE_MS), -ERANGE);
	assert_int_equal(s.ret, -36);
	loop_stop(loop);
	pthread_join(thread, NULL);
	loop_free(loop);
	assert_int_equal(done, 2);
}

/* Whoever asked is gone, and so is what it asked with. */
static void nobody_waits_for_ever(void **)
{
	struct loop *loop;
	int done = 0;

	assert_int_equal(loop_new(clock_system(), &loop), 0);
	{
		struct sum s = { 3, 4, 0 };

		assert_int_equal(errand_run(loop, add, &done, &s, sizeof(s), 1), -EAGAIN);
		assert_int_equal(s.ret, 0);
	}
	assert_int_equal(done, 0);
	loop_posts(loop);
	assert_int_equal(done, 1);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_done_comes_back),
		cmocka_unit_test(nobody_waits_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
