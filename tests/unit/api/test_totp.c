/* Codes of an app, against RFC 6238's own, and recovery codes. */
#include "api/totp.h"
#include "../test.h"

#include <errno.h>
#include <string.h>

static const struct view secret = VIEW("12345678901234567890"); /* of RFC 6238 appendix B */

static int match(const char *code, int64_t now_s)
{
	int64_t step = -1;
	const int rc = totp_match(secret, now_s * 1000, view_str(code), &step);

	return rc == 0 ? (int)step : rc;
}

/* The RFC's codes have eight digits; the last six are those of six. */
static void the_codes_are_those_of_the_rfc(void **)
{
	assert_int_equal(match("287082", 59), 1);
	assert_int_equal(match("081804", 1111111109), 37037036);
	assert_int_equal(match("050471", 1111111111), 37037037);
	assert_int_equal(match("005924", 1234567890), 41152263);
	assert_int_equal(match("279037", 2000000000), 66666666);
}

static void a_clock_may_be_off_by_a_step(void **)
{
	assert_int_equal(match("050471", 1111111111 + 30), 37037037);
	assert_int_equal(match("050471", 1111111111 - 30), 37037037);
	assert_int_equal(match("050471", 1111111111 + 60), -EACCES);
	assert_int_equal(match("050471", 1111111111 - 60), -EACCES);
	assert_int_equal(match("050 471", 1111111111), 37037037);
	assert_int_equal(match("050472", 1111111111), -EACCES);
}

static void what_is_no_code_is_refused(void **)
{
	static const char *const codes[] = { "",       "12345", "1234567",
					     "12345a", "-----", "\xd9\xa1\xd9\xa2\xd9\xa3" };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_int_equal(match(codes[i], 59), -EINVAL);
}

static void the_app_is_told_whose_it_is(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);
	struct view uri, base32;

	assert_int_equal(totp_uri(secret, VIEW("a+b&c=d?@e.org"), &arena, &uri, &base32), 0);
	assert_string_equal(base32.p, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	assert_string_equal(uri.p, "otpauth://totp/Vestibule:a%2Bb%26c%3Dd%3F%40e.org"
				   "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Vestibule");
}

static void a_recovery_code_may_be_typed_anyhow(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);
	struct secret_key key = {};
	struct rand_seeded rand;
	struct view code, first, again;
	char typed[] = "XXXXX xxxxx";

	rand_seeded_init(&rand, 1);
	assert_int_equal(recovery_make(&rand.rand, &arena, &code), 0);
	assert_int_equal(code.n, RECOVERY_LETTERS + 1);
	assert_int_equal(recovery_hash(&key, code, &arena, &first), 0);
	for (size_t i = 0; i < code.n; i++)
		if (code.p[i] != '-')
			typed[i] = (char)(code.p[i] >= 'A' && i > 5 ? code.p[i] + 32 : code.p[i]);
	assert_int_equal(recovery_hash(&key, view_str(typed), &arena, &again), 0);
	assert_true(view_eq(first, again));
	key.bytes[0] = 1;
	assert_int_equal(recovery_hash(&key, code, &arena, &again), 0);
	assert_false(view_eq(first, again));
	assert_int_equal(recovery_hash(&key, VIEW("ABCDE"), &arena, &again), -EINVAL);
	assert_int_equal(recovery_hash(&key, VIEW("ABCDE-FGHJ0"), &arena, &again), -EINVAL);
	assert_int_equal(recovery_hash(&key, VIEW("ABCDE-FGHJK-L"), &arena, &again), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_codes_are_those_of_the_rfc),
		cmocka_unit_test(a_clock_may_be_off_by_a_step),
		cmocka_unit_test(what_is_no_code_is_refused),
		cmocka_unit_test(the_app_is_told_whose_it_is),
		cmocka_unit_test(a_recovery_code_may_be_typed_anyhow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
