/* What an intercom is told so that it calls phones of its own network by itself. */
#include "../test.h"
#include "device/local.h"

#include <errno.h>

static struct local_button button_of(struct arena *arena, const struct local_peer *peers, size_t n)
{
	struct local_button b = {};

	assert_int_equal(local_button(7, peers, n, VIEW("sip.example:5060"), arena, &b), 0);
	return b;
}

#define PEER(uri) ((struct local_peer){ 1000000002, true, false, VIEW(uri), VIEW("udp") })

static void a_button_without_local_phones_stays_one_call(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 16);
	const struct local_peer peers[] = {
		{ 1000000002, false, false, VIEW("sip:1000000002@192.168.1.20:5060"), VIEW("udp") },
		{ 1000000003, true, false, {}, {} },
		{ 1000000004, true, false, VIEW("sip:1000000004@203.0.113.9:5060"), VIEW("udp") },
	};
	const struct local_button b = button_of(&arena, peers, 3);

	assert_string_equal(b.uri.p, "sip:7@sip.example:5060");
	for (size_t i = 0; i < 3; i++) {
		assert_false(b.dials[i].direct);
		assert_null(b.dials[i].uri.p);
	}
	assert_int_equal(b.dials[0].fault, LOCAL_FINE);
	assert_int_equal(b.dials[1].fault, LOCAL_ABSENT);
	assert_int_equal(b.dials[2].fault, LOCAL_OUTSIDE);
	assert_string_equal(button_of(&arena, NULL, 0).uri.p, "sip:7@sip.example:5060");
}

static void one_local_phone_makes_it_a_call_each(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 16);
	const struct local_peer peers[] = {
		{ 1000000002, true, false,
		  VIEW("sip:1000000002@192.168.1.20:5062;ob;transport=tcp?x=y"), VIEW("tcp") },
		{ 1000000003, false, false, VIEW("sip:a@10.0.0.3"), VIEW("udp") },
		{ 1000000004, true, false, {}, {} },
	};
	const struct local_button b = button_of(&arena, peers, 3);

	assert_null(b.uri.p);
	assert_true(b.dials[0].direct);
	assert_string_equal(b.dials[0].uri.p, "sip:1000000002@192.168.1.20:5062;transport=tcp");
	assert_false(b.dials[1].direct);
	assert_string_equal(b.dials[1].uri.p, "sip:1000000003@sip.example:5060");
	assert_string_equal(b.dials[2].uri.p, "sip:1000000004@sip.example:5060");
	assert_int_equal(b.dials[2].fault, LOCAL_ABSENT);
}

static void only_addresses_of_a_local_network_are_dialled(void **)
{
	static const struct {
		const char *uri;
		bool direct;
	} cases[] = {
		{ "sip:x@10.1.2.3:5060", true },
		{ "sip:x@172.16.0.1", true },
		{ "sip:x@172.31.255.254", true },
		{ "sip:x@172.32.0.1", false },
		{ "sip:x@192.168.255.1:1", true },
		{ "sip:x@192.169.0.1", false },
		{ "sip:x@169.254.9.9", true },
		{ "sip:169.253.1.1", false },
		{ "sip:10.1.2.3", true },
		{ "sip:x@[fd00::5]:5060", true },
		{ "sip:x@[fe80::1]", true },
		{ "sip:x@[2001:db8::1]:5060", false },
		{ "sip:x@[::ffff:192.168.1.1]:5060", true },
		{ "sip:x@phone.local:5060", false },
		{ "sip:x@df7jal23ls0d.invalid;transport=ws", false },
		{ "sip:10.1.2.3@203.0.113.9", false },
		{ "sip:x@", false },
		{ "sip:", false },
		{ "nonsense", false },
		{ "sip:x@100000000000000000000000000000000000000000000000000000000000000001",
		  false },
	};
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 16);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct local_peer peer = { 1000000002, true, false, view_str(cases[i].uri),
						 VIEW("udp") };
		const struct local_button b = button_of(&arena, &peer, 1);

		if (b.dials[0].direct != cases[i].direct)
			print_error("%s\n", cases[i].uri);
		assert_int_equal(b.dials[0].direct, cases[i].direct);
		assert_int_equal(b.dials[0].fault, cases[i].direct ? LOCAL_FINE : LOCAL_OUTSIDE);
	}
}

static void a_phone_outside_keeps_the_button_one_call(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 16);
	const struct local_peer peers[] = {
		PEER("sip:x@10.1.2.3"),
		{ 1000000009, false, true, {}, {} },
	};
	const struct local_button b = button_of(&arena, peers, 2);

	assert_string_equal(b.uri.p, "sip:7@sip.example:5060");
	assert_false(b.dials[0].direct);
	assert_int_equal(b.dials[0].fault, LOCAL_LINE);
	assert_int_equal(b.dials[1].fault, LOCAL_FINE);
}

static void want_of_memory_is_told(void **)
{
	const struct local_peer peer = PEER("sip:x@10.1.2.3");
	struct local_button b = {};
	int rc = -ENOMEM;

	for (size_t max = 0; rc != 0; max += 16) {
		CLEANUP(arena_free) struct arena arena = ARENA_INIT(max);

		rc = local_button(7, &peer, 1, VIEW("sip.example"), &arena, &b);
		assert_true(rc == 0 || rc == -ENOMEM);
		assert_true(max < 4096);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_button_without_local_phones_stays_one_call),
		cmocka_unit_test(one_local_phone_makes_it_a_call_each),
		cmocka_unit_test(only_addresses_of_a_local_network_are_dialled),
		cmocka_unit_test(a_phone_outside_keeps_the_button_one_call),
		cmocka_unit_test(want_of_memory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
