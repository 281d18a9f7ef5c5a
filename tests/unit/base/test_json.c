#include "base/json.h"
#include "../test.h"

static void commas_and_nesting(void **)
{
	struct buf b = BUF_INIT(1024);
	struct json j = JSON_TO(&b);

	json_open(&j);
	json_key(&j, "items");
	json_list_open(&j);
	json_int(&j, -1);
	json_open(&j);
	json_close(&j);
	json_str(&j, NULL);
	json_list_close(&j);
	json_key(&j, "id");
	json_id(&j, INT64_MAX);
	json_close(&j);
	assert_string_equal(buf_cstr(&b), "{\"items\":[-1,{},null],\"id\":\"9223372036854775807\"}");
	buf_free(&b);
}

static void numbers_have_all_their_digits(void **)
{
	static const int64_t values[] = { 0, 9, 10, -1, -10, INT64_MAX, INT64_MIN };
	struct buf b = BUF_INIT(1024);
	struct json j = JSON_TO(&b);

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		json_int(&j, values[i]);
	json_id(&j, -7);
	assert_string_equal(buf_cstr(&b), "0,9,10,-1,-10,9223372036854775807,-9223372036854775808,"
					  "\"-7\"");
	buf_free(&b);
}

static void text_is_escaped_and_always_utf8(void **)
{
	struct buf b = BUF_INIT(1024);
	struct json j = JSON_TO(&b);

	json_view(&j, VIEW("plain, \x7f\xc2\x9b, then \"plain\""));
	json_view(&j, VIEW(""));
	json_view(&j, VIEW("\"\\\n\x01 \xc3\xa9 \xf0\x9f\x98\x80"));
	json_view(&j, VIEW("\xff \xc0\xaf \xed\xa0\x80 \xe2\x82"));
	assert_string_equal(buf_cstr(&b),
		"\"plain, \\u007f\\u009b, then \\\"plain\\\"\",\"\","
		"\"\\\"\\\\\\n\\u0001 \xc3\xa9 \xf0\x9f\x98\x80\","
		"\"\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd "
		"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\"");
	buf_free(&b);
}

static void text_has_no_control_and_no_broken_bytes(void **)
{
	assert_true(json_is_text(VIEW("")));
	assert_true(json_is_text(VIEW("a \xc3\xa9 \xf0\x9f\x98\x80")));
	assert_false(json_is_text(VIEW("a\n")));
	assert_false(json_is_text(VIEW("a\0b")));
	assert_false(json_is_text(VIEW("\x7f")));
	assert_false(json_is_text(VIEW("\xc3")));
	assert_false(json_is_text(VIEW("\xed\xa0\x80")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_and_nesting),
		cmocka_unit_test(numbers_have_all_their_digits),
		cmocka_unit_test(text_is_escaped_and_always_utf8),
		cmocka_unit_test(text_has_no_control_and_no_broken_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
