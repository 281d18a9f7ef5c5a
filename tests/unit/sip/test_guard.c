#include "base/log.h"
#include "sip/guard.h"
#include "../test.h"

#include <stdio.h>
#include <stdlib.h>

static struct {
	struct clock_virtual clock;
	struct guard *g;
	struct addr scanner, neighbour, elsewhere;
} t;

static int setup(void **)
{
	clock_virtual_init(&t.clock, 1700000000000);
	assert_int_equal(addr_parse("198.51.100.7:5060", &t.scanner), 0);
	assert_int_equal(addr_parse("198.51.100.7:40001", &t.neighbour), 0);
	assert_int_equal(addr_parse("198.51.100.8:5060", &t.elsewhere), 0);
	return guard_new(&t.clock.clock, &t.g);
}

static int teardown(void **)
{
	guard_free(t.g);
	return 0;
}

static void pass_ms(int64_t ms)
{
	clock_virtual_advance(&t.clock, ms * 1000);
}

static size_t admitted(const struct addr *peer, size_t tries)
{
	size_t n = 0;

	for (size_t i = 0; i < tries; i++)
		n += guard_admit(t.g, peer);
	return n;
}

static void a_source_has_a_burst_and_a_rate(void **)
{
	assert_int_equal(admitted(&t.scanner, 1000), GUARD_BURST);
	assert_int_equal(guard_dropped(t.g), 1000 - GUARD_BURST);
	pass_ms(1000);
	assert_int_equal(admitted(&t.scanner, 1000), GUARD_RATE);
	assert_int_equal(admitted(&t.neighbour, 10), 10);
	pass_ms(3600000);
	assert_int_equal(admitted(&t.scanner, 1000), GUARD_BURST);
}

static void who_authenticated_is_not_limited(void **)
{
	guard_good(t.g, &t.neighbour);
	assert_true(guard_trusts(t.g, &t.neighbour));
	assert_false(guard_trusts(t.g, &t.scanner));
	assert_int_equal(admitted(&t.neighbour, 100000), 100000);
	pass_ms(GUARD_TRUST_MS);
	assert_false(guard_trusts(t.g, &t.neighbour));
	assert_int_equal(admitted(&t.neighbour, 1000), GUARD_BURST);
}

static void failures_make_a_host_suspect_but_for_who_is_trusted(void **)
{
	struct guard_entry entries[4];

	for (int i = 0; i < GUARD_FAILURES - 1; i++)
		guard_bad(t.g, &t.scanner);
	assert_false(guard_silent(t.g, &t.scanner));
	assert_int_equal(guard_list(t.g, entries, 4), 0);
	guard_bad(t.g, &t.scanner);
	assert_true(guard_silent(t.g, &t.scanner));
	assert_true(guard_silent(t.g, &t.neighbour)); /* not authenticated yet: no answer, but heard */
	guard_good(t.g, &t.neighbour);
	assert_false(guard_silent(t.g, &t.neighbour));
	assert_false(guard_silent(t.g, &t.elsewhere));
	assert_int_equal(guard_list(t.g, entries, 4), 1);
	assert_true(addr_same_host(&entries[0].host, &t.scanner));
	assert_int_equal(entries[0].failures, GUARD_FAILURES);
	assert_int_equal(entries[0].dropped, 2);
	assert_int_equal(entries[0].since_ms, 1700000000000);
	pass_ms(GUARD_SUSPECT_MS - 1);
	assert_true(guard_silent(t.g, &t.scanner));
	guard_bad(t.g, &t.scanner); /* goes on */
	pass_ms(GUARD_SUSPECT_MS - 1);
	assert_true(guard_silent(t.g, &t.scanner));
	pass_ms(1);
	assert_false(guard_silent(t.g, &t.scanner));
	assert_int_equal(guard_list(t.g, entries, 4), 0);
}

static void a_forgotten_host_begins_anew(void **)
{
	struct guard_entry entry;

	for (int i = 0; i < GUARD_FAILURES; i++)
		guard_bad(t.g, &t.scanner);
	assert_int_equal(guard_list(t.g, &entry, 1), 1);
	assert_int_equal(entry.until_ms, 1700000000000 + GUARD_SUSPECT_MS);
	assert_false(guard_forget(t.g, &t.elsewhere));
	assert_true(guard_forget(t.g, &t.neighbour)); /* its port does not matter */
	assert_false(guard_forget(t.g, &t.scanner));
	assert_int_equal(guard_list(t.g, &entry, 1), 0);
	for (int i = 0; i < GUARD_FAILURES - 1; i++)
		guard_bad(t.g, &t.scanner);
	assert_false(guard_silent(t.g, &t.scanner));
	guard_bad(t.g, &t.scanner);
	assert_true(guard_silent(t.g, &t.scanner));
}

static void rare_failures_are_forgiven(void **)
{
	for (int i = 0; i < 100 * GUARD_FAILURES; i++) {
		guard_bad(t.g, &t.scanner);
		pass_ms(GUARD_FORGIVE_MS);
	}
	assert_false(guard_silent(t.g, &t.scanner));
}

static void the_list_names_the_last_first_and_is_bounded(void **)
{
	struct guard_entry *entries = calloc(GUARD_HOSTS_MAX + 1, sizeof(*entries));
	struct addr a = t.scanner;

	assert_non_null(entries);
	for (uint32_t host = 1; host <= GUARD_HOSTS_MAX + 10; host++) {
		a.v4.sin_addr.s_addr = htonl(host);
		for (int i = 0; i < GUARD_FAILURES; i++)
			guard_bad(t.g, &a);
	}
	assert_int_equal(guard_list(t.g, entries, GUARD_HOSTS_MAX + 1), GUARD_HOSTS_MAX);
	assert_int_equal(entries[0].host.v4.sin_addr.s_addr, htonl(GUARD_HOSTS_MAX + 10));
	free(entries);
}

static void a_storm_of_sources_is_bounded(void **)
{
	struct addr a = t.elsewhere;

	guard_good(t.g, &t.neighbour);
	for (uint32_t i = 0; i < GUARD_SOURCES_MAX - 1; i++) {
		a.v4.sin_addr.s_addr = htonl(i);
		assert_true(guard_admit(t.g, &a));
	}
	assert_true(guard_trusts(t.g, &t.neighbour));
	a.v4.sin_addr.s_addr = htonl(UINT32_MAX);
	assert_true(guard_admit(t.g, &a));
	assert_false(guard_trusts(t.g, &t.neighbour)); /* forgotten, so it begins anew */
	assert_int_equal(admitted(&t.neighbour, 1000), GUARD_BURST);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_source_has_a_burst_and_a_rate),
		TEST(who_authenticated_is_not_limited),
		TEST(failures_make_a_host_suspect_but_for_who_is_trusted),
		TEST(a_forgotten_host_begins_anew),
		TEST(rare_failures_are_forgiven),
		TEST(the_list_names_the_last_first_and_is_bounded),
		TEST(a_storm_of_sources_is_bounded),
	};

	if (log_open(NULL, LOGL_ERROR, false) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
