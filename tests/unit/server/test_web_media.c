#include "server/web_media.h"
#include "../test.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static struct web_media found(const struct settings *s)
{
	struct web_media m;

	assert_int_equal(web_media_find(s, &m, NULL), 0);
	return m;
}

static void expect_host(const struct addr *at, const char *host)
{
	char text[ADDR_TEXT_MAX];

	addr_host_text(at, text);
	assert_string_equal(text, host);
	assert_int_equal(addr_port(at), 0);
}

static void by_default_it_is_the_address_of_sip(void **)
{
	const struct web_media m = found(&(struct settings){ .sip = "127.0.0.1:5060" });
	const struct web_media six = found(&(struct settings){ .sip = "[::1]:5060" });

	assert_int_equal(m.n, 1);
	expect_host(&m.at[0], "127.0.0.1");
	assert_false(addr_is_set(&m.seen));
	assert_int_equal(six.n, 1);
	expect_host(&six.at[0], "::1");
}

/* The address that this host speaks from to others; false where it has none. Nothing is sent. */
static bool own(const char *to, struct addr *ret_own)
{
	struct addr peer;
	int fd;
	bool ok;

	assert_int_equal(addr_parse(to, &peer), 0);
	fd = socket(peer.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	*ret_own = (struct addr){ .len = sizeof(ret_own->v6) };
	ok = fd >= 0 && connect(fd, &peer.sa, peer.len) == 0 &&
	     getsockname(fd, &ret_own->sa, &ret_own->len) == 0;
	if (fd >= 0)
		close(fd);
	return ok && !(peer.sa.sa_family == AF_INET6 &&
		       IN6_IS_ADDR_LINKLOCAL(&ret_own->v6.sin6_addr));
}

static bool has(const struct web_media *m, const struct addr *at)
{
	for (unsigned i = 0; i < m->n; i++)
		if (addr_same_host(&m->at[i], at))
			return true;
	return false;
}

static void a_wildcard_is_every_address_that_others_reach(void **)
{
	const struct web_media m = found(&(struct settings){ .sip = "[::]:5060" });
	const struct web_media four = found(&(struct settings){ .sip = "0.0.0.0:5060" });
	struct addr at;
	char text[ADDR_TEXT_MAX];

	if (own("198.51.100.1:9", &at))
		assert_true(has(&m, &at) && has(&four, &at));
	if (own("[2001:db8::1]:9", &at))
		assert_true(has(&m, &at) && !has(&four, &at));

	for (unsigned i = 0; i < m.n; i++) {
		addr_host_text(&m.at[i], text);
		assert_int_not_equal(strncmp(text, "127.", 4), 0);
		assert_int_not_equal(strncmp(text, "fe80:", 5), 0);
		assert_string_not_equal(text, "::1");
		for (unsigned k = 0; k < i; k++)
			assert_false(addr_same_host(&m.at[i], &m.at[k]));
	}
}

static void what_is_named_counts_instead(void **)
{
	const struct web_media m = found(&(struct settings){
		.sip = "0.0.0.0:5060", .web_media = "192.0.2.1, 2001:db8::1,192.0.2.1" });
	struct web_media none;

	assert_int_equal(m.n, 2);
	expect_host(&m.at[0], "192.0.2.1");
	expect_host(&m.at[1], "2001:db8::1");
	assert_int_equal(
		web_media_find(&(struct settings){ .sip = "0.0.0.0:5060", .web_media = "0.0.0.0" },
			       &none, NULL),
		-EINVAL);
	assert_int_equal(web_media_find(&(struct settings){ .sip = "0.0.0.0:5060",
							    .web_media = "192.0.2.1:7" },
					&none, NULL),
			 -EINVAL);
}

static void a_public_address_is_seen_but_not_opened(void **)
{
	struct settings s = { .sip = "127.0.0.1:5060", .sip_public = "198.51.100.7" };
	const struct web_media behind = found(&s);

	assert_int_equal(behind.n, 1);
	expect_host(&behind.seen, "198.51.100.7");
	s.sip_public = "127.0.0.1";
	assert_int_equal(found(&s).seen.len, 0);
	s.sip_public = "sip.example.com";
	assert_int_equal(found(&s).seen.len, 0);
}

static void settings_take_what_can_be_used(void **)
{
	static const char *const good[] = {
		"--web-media=10.0.0.1,::1", "--web-port=5064",
		"--turn-urls=turn:a:3478?transport=tcp,turns:[::1]:5349"
	};
	static const char *const bad[] = { "--web-media=door.example.com", "--web-port=65536",
					   "--turn-urls=http://a", "--turn-urls=turn:a b" };
	struct arena arena = ARENA_INIT(1 << 20);

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]) + sizeof(bad) / sizeof(bad[0]); i++) {
		const bool fits = i < sizeof(good) / sizeof(good[0]);
		char *argv[] = {
			"x",
			(char *)(uintptr_t)(fits ? good[i]
						 : bad[i - sizeof(good) / sizeof(good[0])]),
			NULL
		};
		struct settings s = {};
		struct err err = {};

		assert_int_equal(settings_read(&s, &arena, 2, argv, &err) == 0, fits);
		arena_free(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_default_it_is_the_address_of_sip),
		cmocka_unit_test(a_wildcard_is_every_address_that_others_reach),
		cmocka_unit_test(what_is_named_counts_instead),
		cmocka_unit_test(a_public_address_is_seen_but_not_opened),
		cmocka_unit_test(settings_take_what_can_be_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
