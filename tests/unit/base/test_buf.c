#include "base/buf.h"
#include "../test.h"

#include <errno.h>
#include <string.h>

static void a_line_ends_with_crlf_or_lf(void **)
{
	struct view rest, line = view_line(VIEW("one\r\ntwo\nthree"), &rest);

	assert_true(view_eq(line, VIEW("one")));
	line = view_line(rest, &rest);
	assert_true(view_eq(line, VIEW("two")));
	line = view_line(rest, &rest);
	assert_true(view_eq(line, VIEW("three")));
	assert_int_equal(rest.n, 0);
}

static void numbers_are_digits_within_a_limit(void **)
{
	uint64_t n = 7;

	assert_int_equal(view_u64(VIEW("65535"), 65535, &n), 0);
	assert_int_equal(n, 65535);
	assert_int_equal(view_u64(VIEW("65536"), 65535, &n), -ERANGE);
	assert_int_equal(view_u64(VIEW("18446744073709551616"), UINT64_MAX, &n), -ERANGE);
	assert_int_equal(view_u64(VIEW(""), 9, &n), -EINVAL);
	assert_int_equal(view_u64(VIEW("-1"), 9, &n), -EINVAL);
	assert_int_equal(view_u64(VIEW("1 "), 9, &n), -EINVAL);
	assert_int_equal(n, 65535);
}

static void the_first_error_stays(void **)
{
	struct buf b = BUF_INIT(8);

	buf_str(&b, "12345678");
	assert_int_equal(b.err, 0);
	assert_string_equal(buf_cstr(&b), "12345678");
	buf_chr(&b, '9');
	assert_int_equal(b.err, -EMSGSIZE);
	buf_printf(&b, "%d", 1);
	assert_true(view_eq(buf_view(&b), VIEW("12345678")));
	assert_null(buf_cstr(&b));
	buf_reset(&b);
	buf_printf(&b, "%s-%d", "abc", 42);
	assert_string_equal(buf_cstr(&b), "abc-42");
	buf_eat(&b, 4);
	assert_string_equal(buf_cstr(&b), "42");
	buf_free(&b);
}

/* Lengths around that of the first allocation and of a later one. */
static void a_text_is_cut_between_characters(void **)
{
	const struct view text = VIEW("a\u00e9\u20acb"); /* of 1, 2, 3 and 1 bytes */
	static const size_t lengths[] = { 0, 1, 1, 3, 3, 3, 6, 7, 7 };

	for (size_t max = 0; max < sizeof(lengths) / sizeof(lengths[0]); max++) {
		assert_int_equal(view_head(text, max).n, lengths[max]);
		assert_ptr_equal(view_head(text, max).p, text.p);
	}
	assert_int_equal(view_head(VIEW("\x80\x80"), 1).n, 0);
}

static void formatted_text_is_whole_at_every_length(void **)
{
	char text[1200];

	for (size_t n = 0; n < sizeof(text); n++) {
		struct buf b = BUF_INIT(4096);

		memset(text, 'x', n);
		text[n] = '\0';
		buf_str(&b, "head ");
		buf_printf(&b, "%s%c", text, '.');
		assert_int_equal(b.err, 0);
		assert_int_equal(b.n, n + 6);
		assert_memory_equal(b.p, "head ", 5);
		assert_memory_equal(b.p + 5, text, n);
		assert_int_equal(b.p[b.n - 1], '.');
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_ends_with_crlf_or_lf),
		cmocka_unit_test(numbers_are_digits_within_a_limit),
		cmocka_unit_test(the_first_error_stays),
		cmocka_unit_test(a_text_is_cut_between_characters),
		cmocka_unit_test(formatted_text_is_whole_at_every_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
