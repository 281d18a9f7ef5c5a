#include "proto/base64.h"
#include "../test.h"

#include <errno.h>
#include <string.h>

/* RFC 4648 section 10, and without the padding. */
static void the_examples_of_the_rfc_are_read(void **)
{
	static const struct {
		const char *text, *bytes;
	} cases[] = {
		{ "", "" },
		{ "Zg==", "f" },
		{ "Zm8=", "fo" },
		{ "Zm9v", "foo" },
		{ "Zm9vYg==", "foob" },
		{ "Zm9vYmE=", "fooba" },
		{ "Zm9vYmFy", "foobar" },
		{ "Zg", "f" },
		{ "Zm8", "fo" },
		{ "Zm9vYg", "foob" },
		{ "Zm9vYmE", "fooba" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[6];
		size_t n = 99;

		assert_int_equal(
			base64_read(view_str(cases[i].text), bytes, strlen(cases[i].bytes), &n), 0);
		assert_int_equal(n, strlen(cases[i].bytes));
		assert_memory_equal(bytes, cases[i].bytes, n);
	}
}

static void what_is_none_or_too_long_is_refused(void **)
{
	static const char *const texts[] = { "Z",    "Zm9vY", "Zm9v\n",  " Zm9",
					     "Zm-v", "Zm_v",  "Zm9v!m9v" };
	uint8_t bytes[8];
	size_t n = 99;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(base64_read(view_str(texts[i]), bytes, sizeof(bytes), &n),
				 -EBADMSG);
	assert_int_equal(base64_read(VIEW("Zm9vYmFy"), bytes, 5, &n), -EMSGSIZE);
	assert_int_equal(n, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_rfc_are_read),
		cmocka_unit_test(what_is_none_or_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
