#include "call/dtmf.h"
#include "../test.h"

static void type(struct dtmf *d, const char *keys, enum dtmf_how how, int64_t at)
{
	for (; *keys; keys++, at += 100)
		assert_true(dtmf_press(d, *keys, how, at));
}

static void the_code_opens_once(void **)
{
	struct dtmf d = {};

	type(&d, "9900*", DTMF_RTP, 1000);
	assert_true(dtmf_take_code(&d, "00*"));
	assert_false(dtmf_take_code(&d, "00*"));
	type(&d, "0*", DTMF_RTP, 3000);
	assert_false(dtmf_take_code(&d, "00*"));
	assert_false(dtmf_take_code(&d, ""));
}

static void one_press_by_both_ways_counts_once(void **)
{
	struct dtmf d = {};

	assert_true(dtmf_press(&d, '0', DTMF_RTP, 1000));
	assert_false(dtmf_press(&d, '0', DTMF_INFO, 1200));
	assert_true(dtmf_press(&d, '0', DTMF_INFO, 1300)); /* the second press, INFO first */
	assert_false(dtmf_press(&d, '0', DTMF_RTP, 1310));
	assert_true(dtmf_press(&d, '*', DTMF_RTP, 1400));
	assert_true(dtmf_take_code(&d, "00*"));
	assert_true(dtmf_press(&d, '*', DTMF_INFO, 1400 + DTMF_TWIN_MS + 1)); /* too late for a twin */
}

static void a_pause_starts_the_code_anew(void **)
{
	struct dtmf d = {};

	type(&d, "00", DTMF_RTP, 1000);
	type(&d, "*", DTMF_RTP, 1100 + DTMF_GAP_MS + 1);
	assert_false(dtmf_take_code(&d, "00*"));
}

static void many_keys_are_forgotten_from_the_front(void **)
{
	struct dtmf d = {};

	for (int i = 0; i < 100; i++)
		type(&d, "12", DTMF_RTP, 1000 + 200 * i);
	type(&d, "00*", DTMF_RTP, 1000 + 200 * 100);
	assert_int_equal(d.ntyped, DTMF_TYPED_MAX);
	assert_true(dtmf_take_code(&d, "00*"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_code_opens_once),
		cmocka_unit_test(one_press_by_both_ways_counts_once),
		cmocka_unit_test(a_pause_starts_the_code_anew),
		cmocka_unit_test(many_keys_are_forgotten_from_the_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
