#include "base/rand.h"
#include "base/timer.h"
#include "../test.h"

#include <stdlib.h>

enum { MANY = 10000, SPAN_MS = 5000 };

struct fired {
	struct timer timer;
	struct clock_virtual *clock;
	struct timers *timers;
	int64_t at_us;
	int times;
};

static void on_fire(void *arg)
{
	struct fired *f = arg;

	f->at_us = f->clock->now_us;
	f->times++;
}

static void run_until(struct timers *ts, struct clock_virtual *clock, int64_t end_us)
{
	int64_t wait;

	while ((wait = timers_wait_us(ts)) >= 0 && clock->now_us + wait <= end_us) {
		clock_virtual_advance(clock, wait);
		timers_run(ts);
	}
}

static void each_fires_once_and_on_time(void **)
{
	struct fired *all = calloc(MANY, sizeof(*all));
	struct rand_seeded seed;
	struct clock_virtual clock;
	struct timers ts;
	int64_t due_ms[MANY];

	rand_seeded_init(&seed, 1);
	clock_virtual_init(&clock, 0);
	timers_init(&ts, &clock.clock);
	for (int i = 0; i < MANY; i++) {
		all[i].clock = &clock;
		due_ms[i] = (int64_t)rand_below(&seed.rand, SPAN_MS);
		assert_int_equal(timers_arm(&ts, &all[i].timer, due_ms[i], on_fire, &all[i]), 0);
	}
	for (int i = 0; i < MANY; i += 3)
		timers_cancel(&ts, &all[i].timer);
	run_until(&ts, &clock, SPAN_MS * 1000);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(all[i].times, i % 3 ? 1 : 0);
		assert_false(timer_armed(&all[i].timer));
		if (i % 3)
			assert_int_equal(all[i].at_us, due_ms[i] * 1000);
	}
	timers_free(&ts);
	free(all);
}

static void on_fire_again(void *arg)
{
	struct fired *f = arg;

	on_fire(arg);
	assert_int_equal(timers_arm(f->timers, &f->timer, 0, on_fire_again, f), 0);
}

static void a_handler_that_arms_itself_does_not_starve_the_loop(void **)
{
	struct clock_virtual clock;
	struct timers ts;
	struct fired again = { .clock = &clock, .timers = &ts };

	clock_virtual_init(&clock, 0);
	timers_init(&ts, &clock.clock);
	assert_int_equal(timers_arm(&ts, &again.timer, 10, on_fire_again, &again), 0);
	assert_int_equal(timers_arm(&ts, &again.timer, 20, on_fire_again, &again), 0);
	timers_run(&ts);
	assert_int_equal(again.times, 0);
	clock_virtual_advance(&clock, 20000);
	timers_run(&ts);
	assert_int_equal(again.times, 1);
	timers_free(&ts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fires_once_and_on_time),
		cmocka_unit_test(a_handler_that_arms_itself_does_not_starve_the_loop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
