#include "media/digit.h"
#include "../test.h"

static char press(struct digit *d, uint32_t ts, uint8_t code, bool end, uint16_t duration)
{
	uint8_t p[4] = { code, end ? 0x8a : 0x0a, (uint8_t)(duration >> 8), (uint8_t)duration };

	return digit_read(d, ts, p, sizeof(p));
}

static void one_press_is_one_key(void **)
{
	struct digit d = {};

	assert_int_equal(press(&d, 1000, 5, false, 160), '5');
	assert_int_equal(press(&d, 1000, 5, false, 320), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(press(&d, 1000, 5, true, 480), 0);
	assert_int_equal(press(&d, 3000, 5, false, 160), '5');
}

static void a_lone_end_packet_is_a_key(void **)
{
	struct digit d = {};

	assert_int_equal(press(&d, 0, 11, true, 800), '#');
	assert_int_equal(press(&d, 0, 11, true, 800), 0);
	assert_int_equal(press(&d, 2000, 10, true, 800), '*');
}

static void segments_of_a_long_press_are_one_key(void **)
{
	struct digit d = {};

	assert_int_equal(press(&d, 100, 15, false, 65535), 'D');
	assert_int_equal(press(&d, 100 + 65535, 15, false, 160), 0);
	assert_int_equal(press(&d, 100 + 65535, 15, true, 320), 0);
	assert_int_equal(press(&d, 100 + 65535 + 320, 15, false, 160), 'D');
}

static void late_packets_and_other_events_are_no_key(void **)
{
	struct digit d = {};
	uint8_t shorter[3] = { 1, 0, 0 };

	assert_int_equal(press(&d, 0xfffffff0, 1, true, 160), '1');
	assert_int_equal(press(&d, 0x10, 2, false, 160), '2');
	assert_int_equal(press(&d, 0xfffffff0, 1, true, 160), 0);
	assert_int_equal(press(&d, 0x1000, 16, false, 160), 0);
	assert_int_equal(digit_read(&d, 0x2000, shorter, sizeof(shorter)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_press_is_one_key),
		cmocka_unit_test(a_lone_end_packet_is_a_key),
		cmocka_unit_test(segments_of_a_long_press_are_one_key),
		cmocka_unit_test(late_packets_and_other_events_are_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
