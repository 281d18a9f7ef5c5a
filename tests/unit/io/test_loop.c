#include "io/loop.h"
#include "../test.h"

#include <pthread.h>

enum { POSTERS = 4, POSTS = 5000 };

struct seen {
	struct loop *loop;
	int last[POSTERS];
	int count;
	bool in_order;
};

struct post {
	struct seen *seen;
	int poster;
	int number;
};

static struct post posts[POSTERS][POSTS];

static void on_post(void *arg)
{
	const struct post *p = arg;

	if (p->number != p->seen->last[p->poster] + 1)
		p->seen->in_order = false;
	p->seen->last[p->poster] = p->number;
	if (++p->seen->count == POSTERS * POSTS)
		loop_stop(p->seen->loop);
}

static void *poster(void *arg)
{
	struct post *mine = arg;

	for (int i = 0; i < POSTS; i++) {
		if (loop_post(mine->seen->loop, on_post, &mine[i]))
			break;
	}
	return NULL;
}

static void posts_of_many_threads_run_once_and_in_order(void **)
{
	struct seen seen = { .in_order = true };
	pthread_t threads[POSTERS];

	assert_int_equal(loop_new(clock_system(), &seen.loop), 0);
	for (int t = 0; t < POSTERS; t++) {
		for (int i = 0; i < POSTS; i++)
			posts[t][i] = (struct post){ &seen, t, i + 1 };
		assert_int_equal(pthread_create(&threads[t], NULL, poster, posts[t]), 0);
	}
	loop_run(seen.loop);
	for (int t = 0; t < POSTERS; t++)
		pthread_join(threads[t], NULL);
	assert_int_equal(seen.count, POSTERS * POSTS);
	assert_true(seen.in_order);
	loop_free(seen.loop);
}

static void on_timer(void *arg)
{
	(*(int *)arg)++;
}

static void a_timer_fires_when_the_clock_says_so(void **)
{
	struct clock_virtual clock;
	struct timer timer = {};
	struct loop *loop;
	int fired = 0;

	clock_virtual_init(&clock, 0);
	assert_int_equal(loop_new(&clock.clock, &loop), 0);
	assert_int_equal(timers_arm(loop_timers(loop), &timer, 500, on_timer, &fired), 0);
	loop_turn(loop);
	assert_int_equal(fired, 0);
	clock_virtual_advance(&clock, 500 * 1000);
	loop_turn(loop);
	assert_int_equal(fired, 1);
	loop_free(loop);
}

static void what_was_posted_to_a_loop_that_ends_still_runs(void **)
{
	struct loop *loop;
	int ran = 0;

	assert_int_equal(loop_new(clock_system(), &loop), 0);
	assert_int_equal(loop_post(loop, on_timer, &ran), 0);
	loop_free(loop);
	assert_int_equal(ran, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(posts_of_many_threads_run_once_and_in_order),
		cmocka_unit_test(a_timer_fires_when_the_clock_says_so),
		cmocka_unit_test(what_was_posted_to_a_loop_that_ends_still_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
