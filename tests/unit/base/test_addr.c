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
		"",          "127.0.0.1",     "127.0.0.1:",      "127.0.0.1:65536", "::1:5060",
		"[::1]5060", "localhost:80",  "127.0.0.1:-1",    "[::1:80",         "[]:80",
		"1.2.3:80",  "1.2.3.4.5:80",  ":80",             "[1.2.3.4:80",
	};
	struct addr a;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(addr_parse(bad[i], &a), -EINVAL);
	assert_int_equal(addr_parse(NULL, &a), -EINVAL);
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
		cmocka_unit_test(ipv4_in_ipv6_is_the_same_host),
		cmocka_unit_test(the_wildcard_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
