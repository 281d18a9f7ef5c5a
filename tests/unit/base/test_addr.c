#include "base/addr.h"
#include "../test.h"

#include <errno.h>

static void check_text(const char *in, const char *out)
{
	char text[ADDR_TEXT_MAX];
	struct addr a;

	assert_int_equal(addr_parse(in, &a), 0);
	addr_text(&a, text);
	assert_string_equal(text, out);
}

static void an_address_reads_as_it_is_written(void **)
{
	check_text("127.0.0.1:5060", "127.0.0.1:5060");
	check_text("[::1]:0", "[::1]:0");
	check_text("[2001:db8:0:0::7]:65535", "[2001:db8::7]:65535");
	check_text("[::ffff:10.1.2.3]:5060", "10.1.2.3:5060");
}

static void what_is_no_address_is_refused(void **)
{
	static const char *const bad[] = {
		"",          "127.0.0.1",    "127.0.0.1:",   "127.0.0.1:65536", "::1:5060",
		"[::1]5060", "localhost:80", "127.0.0.1:-1", "[::1:80",         "[]:80",
		"1.2.3:80",  "1.2.3.4.5:80", ":80",          "[1.2.3.4:80",
	};
	struct addr a;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(addr_parse(bad[i], &a), -EINVAL);
	assert_int_equal(addr_parse(NULL, &a), -EINVAL);
}

static bool is_public(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse_host(text, &a), 0);
	return addr_is_public(&a);
}

static void only_what_the_internet_reaches_is_public(void **)
{
	static const char *const good[] = {
		"1.1.1.1",         "9.255.255.255", "11.0.0.0",       "100.63.255.255",
		"100.128.0.0",     "172.15.0.1",    "172.32.0.1",     "192.167.1.1",
		"192.169.1.1",     "198.17.0.1",    "198.20.0.1",     "223.255.1.1",
		"2606:4700::1",    "2a00::1",       "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
		"2002:808:808::1",
	};
	static const char *const bad[] = {
		"0.0.0.0",
		"10.1.2.3",
		"100.64.0.1",
		"127.0.0.1",
		"127.255.255.255",
		"169.254.169.254",
		"172.16.0.1",
		"172.31.255.1",
		"192.0.0.1",
		"192.0.2.1",
		"192.88.99.1",
		"192.168.0.1",
		"198.18.0.1",
		"198.19.1.1",
		"198.51.100.1",
		"203.0.113.1",
		"224.0.0.1",
		"240.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"fe80::1",
		"fc00::1",
		"fd12::1",
		"ff02::1",
		"2001:db8::1",
		"2001::1",
		"::ffff:10.0.0.1",
		"::ffff:127.0.0.1",
		"64:ff9b::10.0.0.1",
		"2002:7f00:1::1",
		"2002:c0a8:1::1",
		"3fff::1",
		"::7f00:1",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!is_public(good[i]))
			fail_msg("%s is public", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (is_public(bad[i]))
			fail_msg("%s is not public", bad[i]);
}

static void this_host_is_known_by_its_address(void **)
{
	struct addr a;

	assert_true(addr_parse_host("127.9.9.9", &a) == 0 && addr_is_loopback(&a));
	assert_true(addr_parse_host("::1", &a) == 0 && addr_is_loopback(&a));
	assert_true(addr_parse_host("::ffff:127.0.0.1", &a) == 0 && addr_is_loopback(&a));
	assert_true(addr_parse_host("128.0.0.1", &a) == 0 && !addr_is_loopback(&a));
	assert_true(addr_parse_host("::2", &a) == 0 && !addr_is_loopback(&a));
}

static void an_address_of_a_link_is_known(void **)
{
	static const char *const links[] = { "169.254.0.1", "169.254.255.255", "fe80::1",
					     "febf::1", "::ffff:169.254.1.1" };
	static const char *const others[] = { "169.253.0.1", "169.255.0.1", "fec0::1", "fd00::1",
					      "127.0.0.1",   "::1",         "::" };
	struct addr a;

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		assert_true(addr_parse_host(links[i], &a) == 0 && addr_is_link_local(&a));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_true(addr_parse_host(others[i], &a) == 0 && !addr_is_link_local(&a));
}

static void ipv4_in_ipv6_is_the_same_host(void **)
{
	unsigned char four[ADDR_HOST_BYTES], six[ADDR_HOST_BYTES];
	struct addr a;

	assert_int_equal(addr_parse_host("10.1.2.3", &a), 0);
	assert_int_equal(addr_port(&a), 0);
	addr_host_bytes(&a, four);
	assert_int_equal(addr_parse_host("[::ffff:10.1.2.3]", &a), 0);
	addr_host_bytes(&a, six);
	assert_memory_equal(four, six, sizeof(six));
}

static void the_wildcard_is_known(void **)
{
	struct addr a;

	assert_int_equal(addr_parse("0.0.0.0:1", &a), 0);
	assert_true(addr_is_wildcard(&a));
	assert_int_equal(addr_parse("[::]:1", &a), 0);
	assert_true(addr_is_wildcard(&a));
	assert_int_equal(addr_parse("127.0.0.1:1", &a), 0);
	assert_false(addr_is_wildcard(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_reads_as_it_is_written),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(only_what_the_internet_reaches_is_public),
		cmocka_unit_test(an_address_of_a_link_is_known),
		cmocka_unit_test(this_host_is_known_by_its_address),
		cmocka_unit_test(ipv4_in_ipv6_is_the_same_host),
		cmocka_unit_test(the_wildcard_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
