#include "api/limits.h"
#include "../test.h"

#include <stdio.h>

static struct addr v4(uint32_t host)
{
	return (struct addr){ .v4 = { .sin_family = AF_INET, .sin_addr = { htonl(host) } },
			      .len = sizeof(struct sockaddr_in) };
}

static void an_account_runs_dry_and_fills_again(void **)
{
	struct clock_virtual clock;
	struct limits *l;

	clock_virtual_init(&clock, 0);
	assert_int_equal(limits_new(&clock.clock, &l), 0);
	for (uint32_t i = 0; i < LIMITS_ACCOUNT_TRIES; i++) {
		const struct addr peer = v4(i);
		assert_int_equal(limits_try(l, LIMITS_SIGN_IN, VIEW("a@b"), &peer), 0);
	}
	const struct addr peer = v4(1000);
	assert_int_equal(limits_try(l, LIMITS_SIGN_IN, VIEW("a@b"), &peer), LIMITS_ACCOUNT_REFILL_MS);
	assert_int_equal(limits_try(l, LIMITS_SIGN_IN, VIEW("other@b"), &peer), 0);
	clock_virtual_advance(&clock, LIMITS_ACCOUNT_REFILL_MS * INT64_C(1000));
	assert_int_equal(limits_try(l, LIMITS_SIGN_IN, VIEW("a@b"), &peer), 0);
	assert_true(limits_try(l, LIMITS_SIGN_IN, VIEW("a@b"), &peer) > 0);
	limits_free(l);
}

static void an_address_runs_dry_and_right_tries_are_free(void **)
{
	struct clock_virtual clock;
	const struct addr peer = v4(1), other = v4(2);
	struct limits *l;
	char account[16];

	clock_virtual_init(&clock, 0);
	assert_int_equal(limits_new(&clock.clock, &l), 0);
	for (int i = 0; i < 10 * LIMITS_ADDRESS_TRIES; i++) {
		assert_int_equal(limits_try(l, LIMITS_SIGN_IN, VIEW("a@b"), &peer), 0);
		limits_forgive(l, LIMITS_SIGN_IN, VIEW("a@b"), &peer);
	}
	for (int i = 0; i < LIMITS_ADDRESS_TRIES; i++) {
		snprintf(account, sizeof(account), "%d@b", i);
		assert_int_equal(limits_try(l, LIMITS_SIGN_IN, view_str(account), &peer), 0);
	}
	assert_int_equal(limits_try(l, LIMITS_SIGN_IN, VIEW("x@b"), &peer), LIMITS_ADDRESS_REFILL_MS);
	assert_int_equal(limits_try(l, LIMITS_SIGN_IN, VIEW("x@b"), &other), 0);
	limits_free(l);
}

static void a_network_of_ipv6_is_one_address(void **)
{
	struct clock_virtual clock;
	struct addr peer = { .v6 = { .sin6_family = AF_INET6 }, .len = sizeof(struct sockaddr_in6) };
	struct limits *l;
	char account[16];

	clock_virtual_init(&clock, 0);
	assert_int_equal(limits_new(&clock.clock, &l), 0);
	for (int i = 0; i <= LIMITS_ADDRESS_TRIES; i++) {
		peer.v6.sin6_addr.s6_addr[15] = (unsigned char)i;
		snprintf(account, sizeof(account), "%d@b", i);
		assert_int_equal(limits_try(l, LIMITS_SIGN_IN, view_str(account), &peer) == 0,
				 i < LIMITS_ADDRESS_TRIES);
	}
	peer.v6.sin6_addr.s6_addr[7] = 1;
	assert_int_equal(limits_try(l, LIMITS_SIGN_IN, VIEW("x@b"), &peer), 0);
	limits_free(l);
}

static void tables_are_bounded(void **)
{
	struct clock_virtual clock;
	struct limits *l;
	char account[16];

	clock_virtual_init(&clock, 0);
	assert_int_equal(limits_new(&clock.clock, &l), 0);
	for (uint32_t i = 0; i < 3 * LIMITS_ENTRIES_MAX; i++) {
		const struct addr peer = v4(i);
		snprintf(account, sizeof(account), "%u", i);
		assert_int_equal(limits_try(l, LIMITS_SIGN_IN, view_str(account), &peer), 0);
	}
	limits_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_runs_dry_and_fills_again),
		cmocka_unit_test(an_address_runs_dry_and_right_tries_are_free),
		cmocka_unit_test(a_network_of_ipv6_is_one_address),
		cmocka_unit_test(tables_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
