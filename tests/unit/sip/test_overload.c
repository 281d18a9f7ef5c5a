#include "sip/overload.h"
#include "../test.h"

#include <string.h>

static struct {
	struct clock_virtual clock;
	struct timers timers;
	struct overload *o;
	int64_t behind_ms;
} t;

static int64_t on_behind(void *)
{
	return t.behind_ms;
}

static int setup(void **)
{
	memset(&t, 0, sizeof(t));
	clock_virtual_init(&t.clock, 1700000000000);
	timers_init(&t.timers, &t.clock.clock);
	return overload_new(&(struct overload_conf){ &t.timers, on_behind, NULL }, &t.o);
}

static int teardown(void **)
{
	overload_free(t.o);
	assert_int_equal(t.timers.count, 0);
	timers_free(&t.timers);
	return 0;
}

/* So many looks, each so much later than due. */
static void look(int times, int64_t late_ms)
{
	for (int i = 0; i < times; i++) {
		clock_virtual_advance(&t.clock, (OVERLOAD_TICK_MS + late_ms) * 1000);
		timers_run(&t.timers);
	}
}

static void a_long_turn_is_no_overload(void **)
{
	look(100, 0);
	look(1, 60000);
	assert_int_equal(overload_lag_ms(t.o), 60000);
	assert_false(overload_is(t.o));
	look(1, 0);
	look(OVERLOAD_LATE - 1, OVERLOAD_LAG_MS);
	look(1, OVERLOAD_LAG_MS - 1);
	look(OVERLOAD_LATE - 1, OVERLOAD_LAG_MS);
	assert_false(overload_is(t.o));
}

static void late_looks_in_a_row_are(void **)
{
	look(OVERLOAD_LATE - 1, OVERLOAD_LAG_MS);
	assert_false(overload_is(t.o));
	look(1, OVERLOAD_LAG_MS);
	assert_true(overload_is(t.o));
	look(OVERLOAD_CALM - 1, 0);
	look(1, OVERLOAD_LAG_MS); /* not over yet: the calm begins anew */
	look(OVERLOAD_CALM - 1, 0);
	assert_true(overload_is(t.o));
	look(1, 0);
	assert_false(overload_is(t.o));
	assert_int_equal(overload_lag_ms(t.o), 0);
}

static void what_waits_unread_counts_too(void **)
{
	t.behind_ms = OVERLOAD_LAG_MS;
	look(OVERLOAD_LATE, 0);
	assert_true(overload_is(t.o));
	assert_int_equal(overload_lag_ms(t.o), OVERLOAD_LAG_MS);
	t.behind_ms = 0;
	look(OVERLOAD_CALM, 0);
	assert_false(overload_is(t.o));
}

static void nobody_is_never_overloaded(void **)
{
	assert_false(overload_is(NULL));
	assert_int_equal(overload_lag_ms(NULL), 0);
	overload_free(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_long_turn_is_no_overload),
		TEST(late_looks_in_a_row_are),
		TEST(what_waits_unread_counts_too),
		TEST(nobody_is_never_overloaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
