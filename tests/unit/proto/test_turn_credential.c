/* That coturn takes them is shown in tests/e2e/web_leg.mjs. */
#include "proto/turn_credential.h"
#include "../test.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* Made by another implementation. */
static void the_password_proves_the_name(void **)
{
	struct turn_credential c;

	assert_int_equal(turn_credential_make(VIEW("north"), 1700000000999, VIEW("7"), &c), 0);
	assert_string_equal(c.username, "1700000000:7");
	assert_string_equal(c.password, "PPWz7PpRwxKwGzZCJzS+CZ2BJhk=");
}

static void the_longest_fit(void **)
{
	char secret[TURN_SECRET_MAX + 1];
	struct turn_credential c;

	memset(secret, 's', sizeof(secret));
	assert_int_equal(turn_credential_make((struct view){ secret, TURN_SECRET_MAX }, INT64_MAX,
					      VIEW("abcdefghijklmnopqrstuvwxyz012345"), &c),
			 0);
	assert_string_equal(c.username, "9223372036854775:abcdefghijklmnopqrstuvwxyz012345");
	assert_int_equal(strlen(c.password), TURN_PASSWORD_SIZE - 1);
	assert_int_equal(
		turn_credential_make((struct view){ secret, sizeof(secret) }, 0, VIEW("7"), &c),
		-EINVAL);
}

static void what_cannot_be_is_refused(void **)
{
	struct turn_credential c = { .username = "as it was" };

	assert_int_equal(turn_credential_make(VIEW(""), 0, VIEW("7"), &c), -EINVAL);
	assert_int_equal(turn_credential_make(VIEW("north"), -1, VIEW("7"), &c), -EINVAL);
	assert_int_equal(turn_credential_make(VIEW("north"), 0, VIEW(""), &c), -EINVAL);
	assert_int_equal(turn_credential_make(VIEW("north"), 0, VIEW("a:b"), &c), -EINVAL);
	assert_int_equal(turn_credential_make(VIEW("north"), 0,
					      VIEW("abcdefghijklmnopqrstuvwxyz0123456"), &c),
			 -EINVAL);
	assert_string_equal(c.username, "as it was");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_password_proves_the_name),
		cmocka_unit_test(the_longest_fit),
		cmocka_unit_test(what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
