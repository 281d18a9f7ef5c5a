/* Quiet times, also in the nights in which the clocks are put forward and back. */
#include "call/quiet.h"
#include "../test.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };
enum { WEEKDAYS = 31, ALL = 127, SATURDAY = 32, SUNDAY = 64 };
#define MONDAY INT64_C(1772409600) /* 2 March 2026, midnight UTC */
#define SPRING INT64_C(1774746000) /* 29 March 2026, 01:00 UTC: a Sunday */
#define AUTUMN INT64_C(1792890000) /* 25 October 2026, 01:00 UTC: a Sunday */

static const struct zone prague = { .before_s = HOUR,
				    .n = 2,
				    .changes = { { SPRING, 2 * HOUR }, { AUTUMN, HOUR } } };
static const struct zone utc;

static bool quiet(struct quiet_time time, const struct zone *zone, int64_t at_s)
{
	return quiet_at(&time, 1, zone, at_s * 1000);
}

static void a_time_holds_from_its_first_minute_to_before_its_last(void **)
{
	const struct quiet_time noon = { WEEKDAYS, 12 * 60, 13 * 60 };

	assert_false(quiet(noon, &utc, MONDAY + 12 * HOUR - 1));
	assert_true(quiet(noon, &utc, MONDAY + 12 * HOUR));
	assert_true(quiet(noon, &utc, MONDAY + 13 * HOUR - 1));
	assert_false(quiet(noon, &utc, MONDAY + 13 * HOUR));
	assert_true(quiet(noon, &utc, MONDAY + 4 * DAY + 12 * HOUR));
	assert_false(quiet(noon, &utc, MONDAY + 5 * DAY + 12 * HOUR)); /* Saturday */
	assert_true(quiet(noon, &prague, MONDAY + 11 * HOUR));
	assert_false(quiet(noon, &prague, MONDAY + 12 * HOUR));
}

static void a_night_belongs_to_the_day_that_it_begins_on(void **)
{
	const struct quiet_time night = { SATURDAY, 22 * 60, 7 * 60 };

	assert_false(quiet(night, &utc, MONDAY + 5 * DAY + 6 * HOUR)); /* Friday's night */
	assert_true(quiet(night, &utc, MONDAY + 5 * DAY + 22 * HOUR));
	assert_true(quiet(night, &utc, MONDAY + 6 * DAY + 7 * HOUR - 1));
	assert_false(quiet(night, &utc, MONDAY + 6 * DAY + 7 * HOUR));
	assert_false(quiet(night, &utc, MONDAY + 6 * DAY + 22 * HOUR));
}

static void a_sunday_night_ends_on_monday(void **)
{
	const struct quiet_time night = { SUNDAY, 22 * 60, 7 * 60 };

	assert_true(quiet(night, &utc, MONDAY + HOUR));
	assert_true(quiet(night, &utc, MONDAY + 7 * DAY + HOUR));
	assert_false(quiet(night, &utc, MONDAY + DAY + HOUR));
}

static void a_whole_day_can_be_said_in_two_ways(void **)
{
	const struct quiet_time day = { SATURDAY, 0, QUIET_DAY_MIN }, around = { SATURDAY, 60, 60 };

	assert_true(quiet(day, &utc, MONDAY + 5 * DAY));
	assert_true(quiet(day, &utc, MONDAY + 6 * DAY - 1));
	assert_false(quiet(day, &utc, MONDAY + 6 * DAY));
	assert_false(quiet(around, &utc, MONDAY + 5 * DAY));
	assert_true(quiet(around, &utc, MONDAY + 5 * DAY + HOUR));
	assert_true(quiet(around, &utc, MONDAY + 6 * DAY + HOUR - 1));
	assert_false(quiet(around, &utc, MONDAY + 6 * DAY + HOUR));
}

/* 01:59:59 is followed by 03:00:00. */
static void an_hour_that_is_left_out_is_not_quiet(void **)
{
	const struct quiet_time night = { SATURDAY, 22 * 60, 7 * 60 }, gap = { ALL, 120, 180 };

	assert_true(quiet(night, &prague, SPRING - 1));
	assert_true(quiet(night, &prague, SPRING));
	assert_true(quiet(night, &prague, SPRING + 4 * HOUR - 1)); /* seven o'clock */
	assert_false(quiet(night, &prague, SPRING + 4 * HOUR));
	assert_false(quiet(gap, &prague, SPRING - 1));
	assert_false(quiet(gap, &prague, SPRING));
}

/* 02:59:59 is followed by 02:00:00. */
static void an_hour_that_comes_twice_is_quiet_twice(void **)
{
	const struct quiet_time night = { SATURDAY, 22 * 60, 7 * 60 }, hour = { ALL, 120, 180 };

	assert_true(quiet(hour, &prague, AUTUMN - HOUR));
	assert_true(quiet(hour, &prague, AUTUMN - 1));
	assert_true(quiet(hour, &prague, AUTUMN));
	assert_false(quiet(hour, &prague, AUTUMN + HOUR));
	assert_true(quiet(night, &prague, AUTUMN + 5 * HOUR - 1)); /* before seven */
	assert_false(quiet(night, &prague, AUTUMN + 5 * HOUR));
}

static void any_of_several_will_do(void **)
{
	const struct quiet_time two[] = { { ALL, 0, 60 }, { ALL, 120, 180 } };

	assert_true(quiet_at(two, 2, &utc, MONDAY * 1000));
	assert_false(quiet_at(two, 2, &utc, (MONDAY + HOUR) * 1000));
	assert_true(quiet_at(two, 2, &utc, (MONDAY + 2 * HOUR) * 1000));
	assert_false(quiet_at(two, 0, &utc, MONDAY * 1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_holds_from_its_first_minute_to_before_its_last),
		cmocka_unit_test(a_night_belongs_to_the_day_that_it_begins_on),
		cmocka_unit_test(a_sunday_night_ends_on_monday),
		cmocka_unit_test(a_whole_day_can_be_said_in_two_ways),
		cmocka_unit_test(an_hour_that_is_left_out_is_not_quiet),
		cmocka_unit_test(an_hour_that_comes_twice_is_quiet_twice),
		cmocka_unit_test(any_of_several_will_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
