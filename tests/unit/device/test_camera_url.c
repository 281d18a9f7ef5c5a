#include "../test.h"

#include "device/camera_url.h"

#include <string.h>

static void an_address_needs_a_scheme_and_a_host(void **)
{
	static const char *const good[] = {
		"http://192.168.1.20/api/camera/snapshot?width=640&height=480",
		"https://door.example.com",
		"HTTP://door:8080/a.jpg",
		"http://[fd00::1]:80/a;b=c,d",
		"http://10.0.0.1/user@home.jpg",
	};
	static const char *const bad[] = {
		"",
		"http://",
		"http:///a.jpg",
		"ftp://10.0.0.1/a.jpg",
		"file:///etc/passwd",
		"10.0.0.1/a.jpg",
		"http://eye:secret@10.0.0.1/",
		"http://10.0.0.1\\@10.0.0.2/",
		"http://10.0.0.1 /a.jpg",
		"http://10.0.0.1/a b.jpg",
		"http://10.0.0.1/a\r\nX: y",
		"http://10.0.0.1/a#b",
		"http://:80/",
		"http://d\xc3\xb6r/",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(camera_url_fault(view_str(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(camera_url_fault(view_str(bad[i])));
}

static void an_address_has_its_limit(void **)
{
	char url[CAMERA_URL_MAX + 1];

	memset(url, 'a', sizeof(url));
	memcpy(url, "http://h/", 9);
	assert_null(camera_url_fault((struct view){ url, CAMERA_URL_MAX }));
	assert_non_null(camera_url_fault((struct view){ url, CAMERA_URL_MAX + 1 }));
}

static void assert_origin(const char *url, const char *expected)
{
	assert_true(view_eq(camera_url_origin(view_str(url)), view_str(expected)));
}

static void an_origin_is_scheme_host_and_port(void **)
{
	assert_origin("http://10.0.0.1:81/a.jpg", "http://10.0.0.1:81");
	assert_origin("https://door?a=b", "https://door");
	assert_origin("http://door", "http://door");
}

static bool near(const char *host)
{
	struct addr at;

	assert_int_equal(addr_parse_host(host, &at), 0);
	return camera_is_near(&at);
}

static void what_is_of_this_host_or_its_links_is_near(void **)
{
	assert_true(near("127.0.0.1"));
	assert_true(near("127.8.8.8"));
	assert_true(near("0.0.0.0"));
	assert_true(near("169.254.169.254"));
	assert_true(near("[::1]"));
	assert_true(near("[::]"));
	assert_true(near("[fe80::1]"));
	assert_true(near("[::ffff:127.0.0.1]"));
	assert_true(near("[::ffff:169.254.1.1]"));
	assert_false(near("192.168.1.20"));
	assert_false(near("10.0.0.1"));
	assert_false(near("[fd00::1]"));
	assert_false(near("203.0.113.9"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_needs_a_scheme_and_a_host),
		cmocka_unit_test(an_address_has_its_limit),
		cmocka_unit_test(an_origin_is_scheme_host_and_port),
		cmocka_unit_test(what_is_of_this_host_or_its_links_is_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
