#include "proto/dtmf_info.h"
#include "../test.h"

static char relay(const char *body)
{
	return dtmf_info_read(VIEW("application/dtmf-relay"), view_str(body));
}

static void each_way_of_naming_a_key_is_read(void **)
{
	assert_int_equal(relay("Signal=5\r\nDuration=160\r\n"), '5');
	assert_int_equal(relay("Duration= 160\nsignal= * \n"), '*');
	assert_int_equal(relay("Signal=11"), '#');
	assert_int_equal(relay("Signal=a"), 'A');
	assert_int_equal(dtmf_info_read(VIEW("Application/DTMF"), VIEW("0\r\n")), '0');
}

static void anything_else_is_no_key(void **)
{
	assert_int_equal(relay(""), 0);
	assert_int_equal(relay("Signal="), 0);
	assert_int_equal(relay("Signal=12"), 0);
	assert_int_equal(relay("Signal=E"), 0);
	assert_int_equal(dtmf_info_read(VIEW("application/dtmf"), (struct view){ "\0", 1 }), 0);
	assert_int_equal(dtmf_info_read(VIEW("application/media_control+xml"), VIEW("5")), 0);
}

static void what_is_written_is_read_again(void **)
{
	static const char keys[] = "0123456789*#ABCD";

	for (const char *k = keys; *k; k++) {
		struct buf b = BUF_INIT(64);

		dtmf_info_write(&b, *k, 160);
		assert_int_equal(dtmf_info_read(VIEW("application/dtmf-relay"), buf_view(&b)), *k);
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_of_naming_a_key_is_read),
		cmocka_unit_test(anything_else_is_no_key),
		cmocka_unit_test(what_is_written_is_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
