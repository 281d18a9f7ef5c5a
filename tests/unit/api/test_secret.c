#include "api/secret.h"
#include "../test.h"

#include <errno.h>
#include <string.h>

static const struct secret_key key = { "0123456789abcdef0123456789abcde" };

static void opens_what_it_sealed_and_nothing_else(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);
	const struct secret_key other = { "another key" };
	struct view sealed, again, plain;

	assert_int_equal(secret_seal(&key, rand_system(), VIEW("pass"), &arena, &sealed), 0);
	assert_int_equal(secret_seal(&key, rand_system(), VIEW("pass"), &arena, &again), 0);
	assert_false(view_eq(sealed, again));
	assert_int_equal(secret_open(&key, sealed, &arena, &plain), 0);
	assert_string_equal(plain.p, "pass");
	assert_int_equal(plain.n, 4);
	assert_int_equal(secret_open(&other, sealed, &arena, &plain), -EBADMSG);
	for (size_t n = 0; n < sealed.n; n++)
		assert_int_equal(secret_open(&key, (struct view){ sealed.p, n }, &arena, &plain),
				 -EBADMSG);
	((char *)(uintptr_t)sealed.p)[sealed.n - 1] ^= 1;
	assert_int_equal(secret_open(&key, sealed, &arena, &plain), -EBADMSG);
}

/* The digests were computed with `printf 1234567890:vestibule:PASSWORD | md5sum` and sha256sum. */
static void makes_the_digests_of_a_sip_account(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);
	struct rand_seeded seeded;
	struct credential made;
	struct view plain;

	rand_seeded_init(&seeded, 1);
	assert_int_equal(credential_make(&key, &seeded.rand, 1234567890, "vestibule", &arena, &made),
			 0);
	assert_int_equal(made.password.n, SIP_PASSWORD_SIZE);
	assert_string_equal(made.password.p, "zXypXgXhWmbuoCGLzxQi");
	assert_string_equal(made.ha1_md5.p, "362a7416bf99f7e723a5c35a23749324");
	assert_string_equal(made.ha1_sha256.p, "fde2acd8928513c3a1668bae0732ac48"
			    "61393987828b8e9c98e914cebc0231aa");
	assert_int_equal(secret_open(&key, made.sealed, &arena, &plain), 0);
	assert_true(view_eq(plain, made.password));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_what_it_sealed_and_nothing_else),
		cmocka_unit_test(makes_the_digests_of_a_sip_account),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
