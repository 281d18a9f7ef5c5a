/* Which destinations ring when. */
#include "call/steps.h"
#include "../test.h"

static struct route route_of(const unsigned *after_s, size_t n)
{
	struct route route = { .n = n };

	for (size_t i = 0; i < n; i++)
		route.to[i] = (struct dir_destination){ 1000000001 + i, after_s[i] };
	return route;
}

static void take(struct steps *steps, int64_t now_ms, uint64_t first, size_t count)
{
	size_t n = 0;
	const struct dir_destination *to = steps_take(steps, now_ms, &n);

	assert_non_null(to);
	assert_int_equal(to->device, first);
	assert_int_equal(n, count);
}

static void steps_come_at_their_times(void **)
{
	const struct route route = route_of((const unsigned[]){ 0, 0, 20, 40 }, 4);
	struct steps steps;

	steps_begin(&steps, &route, 5000);
	assert_int_equal(steps_wait_ms(&steps, 5000), 0);
	take(&steps, 5000, 1000000001, 2);
	assert_int_equal(steps_left(&steps), 2);
	assert_int_equal(steps_wait_ms(&steps, 6000), 19000);
	assert_int_equal(steps_wait_ms(&steps, 26000), 0);
	take(&steps, 26000, 1000000003, 1); /* a second late: the next is not */
	assert_int_equal(steps_wait_ms(&steps, 26000), 19000);
	take(&steps, 45000, 1000000004, 1);
	assert_int_equal(steps_wait_ms(&steps, 45000), -1);
	assert_null(steps_take(&steps, 45000, &(size_t){ 0 }));
}

static void what_comes_early_brings_the_rest_forward(void **)
{
	const struct route route = route_of((const unsigned[]){ 0, 20, 40 }, 3);
	struct steps steps;

	steps_begin(&steps, &route, 0);
	take(&steps, 0, 1000000001, 1);
	take(&steps, 5000, 1000000002, 1);
	assert_int_equal(steps_wait_ms(&steps, 5000), 20000);
	take(&steps, 25000, 1000000003, 1);
}

static void a_route_to_nobody_has_no_steps(void **)
{
	const struct route route = {};
	struct steps steps;

	steps_begin(&steps, &route, 0);
	assert_int_equal(steps_left(&steps), 0);
	assert_int_equal(steps_wait_ms(&steps, 0), -1);
	assert_null(steps_take(&steps, 0, &(size_t){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_come_at_their_times),
		cmocka_unit_test(what_comes_early_brings_the_rest_forward),
		cmocka_unit_test(a_route_to_nobody_has_no_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
