#include "keys.h"
#include "../test.h"
#include <string.h>

static void type(struct keys *k, const char *text, int64_t at_ms)
{
	for (; *text; text++, at_ms += 100)
		assert_true(keys_press(k, *text, KEYS_RTP, at_ms));
}

static void a_code_is_noticed_once(void **)
{
	struct keys k = {};

	type(&k, "99", 0);
	assert_false(keys_took(&k, "00*"));
	type(&k, "00*", 300);
	assert_false(keys_took(&k, ""));
	assert_true(keys_took(&k, "00*"));
	assert_false(keys_took(&k, "00*"));
}

static void a_pause_begins_anew(void **)
{
	struct keys k = {};

	type(&k, "00", 0);
	type(&k, "*", 100 + KEYS_PAUSE_MS + 1);
	assert_false(keys_took(&k, "00*"));
}

static void one_press_by_two_ways_counts_once(void **)
{
	struct keys k = {};

	assert_true(keys_press(&k, '1', KEYS_RTP, 0));
	assert_false(keys_press(&k, '1', KEYS_INFO, 100));
	assert_true(keys_press(&k, '1', KEYS_INFO, 200));
	assert_true(keys_press(&k, '1', KEYS_INFO, 300));
	assert_string_equal(k.typed, "111");
}

static void only_the_newest_keys_are_kept(void **)
{
	struct keys k = {};

	for (int i = 0; i < KEYS_MAX; i++)
		type(&k, "5", i);
	type(&k, "12", 100);
	assert_int_equal(strlen(k.typed), KEYS_MAX);
	assert_true(keys_took(&k, "12"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_is_noticed_once),
		cmocka_unit_test(a_pause_begins_anew),
		cmocka_unit_test(one_press_by_two_ways_counts_once),
		cmocka_unit_test(only_the_newest_keys_are_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
