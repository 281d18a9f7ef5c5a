/* The messages are those of RFC 5769. */
#include "proto/stun.h"
#include "../test.h"

#include <errno.h>
#include <string.h>

static const char password[] = "VOkJxbRl1RmTxUk/WvJxBt";

static const uint8_t request[] = {
	0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34,
	0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e,
	0x20, 0x74, 0x65, 0x73, 0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24,
	0x00, 0x04, 0x6e, 0x00, 0x01, 0xff, 0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1,
	0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09, 0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68,
	0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14, 0x9a, 0xea, 0xa7, 0x0c,
	0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49, 0xc1, 0xb5,
	0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
};

static const uint8_t response4[] = {
	0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34,
	0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74,
	0x20, 0x76, 0x65, 0x63, 0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08, 0x00, 0x01,
	0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43, 0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99,
	0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9, 0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b,
	0xe7, 0xd7, 0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96,
};

static const uint8_t response6[] = {
	0x01, 0x01, 0x00, 0x48, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34,
	0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74,
	0x20, 0x76, 0x65, 0x63, 0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x14, 0x00, 0x02,
	0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5,
	0xbe, 0xd2, 0xb9, 0xd9, 0x00, 0x08, 0x00, 0x14, 0xa3, 0x82, 0x95, 0x4e, 0x4b, 0xe6,
	0x7b, 0xf1, 0x17, 0x84, 0xc9, 0x7c, 0x82, 0x92, 0xc2, 0x75, 0xbf, 0xe3, 0xed, 0x41,
	0x80, 0x28, 0x00, 0x04, 0xc8, 0xfb, 0x0b, 0x4c,
};

static void a_request_is_read(void **)
{
	struct stun m;

	assert_true(stun_is(request, sizeof(request)));
	assert_int_equal(stun_read(request, sizeof(request), &m), 0);
	assert_int_equal(m.type, STUN_REQUEST);
	assert_true(view_eq(m.username, VIEW("evtj:h6vY")));
	assert_true(m.has_priority);
	assert_int_equal(m.priority, 0x6e0001ff);
	assert_int_equal(m.role, STUN_CONTROLLED);
	assert_true(m.tie_breaker == UINT64_C(0x932ff9b151263b36));
	assert_false(m.use_candidate);
	assert_true(m.fingerprint);
	assert_int_equal(m.nunknown, 0);
	assert_true(stun_verify(request, sizeof(request), &m, view_str(password)));
	assert_false(stun_verify(request, sizeof(request), &m, VIEW("VOkJxbRl1RmTxUk/WvJxBu")));
}

static void expect_mapped(const uint8_t *p, size_t n, const char *text)
{
	struct stun m;
	struct addr want;

	assert_int_equal(addr_parse(text, &want), 0);
	assert_int_equal(stun_read(p, n, &m), 0);
	assert_int_equal(m.type, STUN_SUCCESS);
	assert_true(addr_same(&m.mapped, &want));
	assert_true(stun_verify(p, n, &m, view_str(password)));
}

static void responses_of_both_families_are_read(void **)
{
	expect_mapped(response4, sizeof(response4), "192.0.2.1:32853");
	expect_mapped(response6, sizeof(response6), "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
}

/* Whatever byte is wrong, the message is refused; or it has lost its fingerprint, which ICE asks
 * for. */
static void no_byte_can_be_changed(void **)
{
	uint8_t p[sizeof(request)];
	struct stun m;

	for (size_t i = 0; i < sizeof(request); i++) {
		memcpy(p, request, sizeof(p));
		p[i] ^= 1;
		assert_true(stun_read(p, sizeof(p), &m) < 0 || !m.fingerprint);
	}
	for (size_t n = 0; n < sizeof(request); n++)
		assert_int_equal(stun_read(request, n, &m), -EBADMSG);
}

static void what_is_printed_is_read(void **)
{
	const struct stun out = {
		.type = STUN_REQUEST,
		.tid = "0123456789a",
		.username = VIEW("abcd:efg"),
		.role = STUN_CONTROLLING,
		.tie_breaker = 0x1122334455667788,
		.has_priority = true,
		.priority = 0x7e0000ff,
		.use_candidate = true,
	};
	uint8_t p[STUN_MESSAGE_MAX];
	const size_t n = stun_print(&out, view_str(password), p, sizeof(p));
	struct stun in;

	assert_true(n > 0);
	assert_int_equal(stun_read(p, n, &in), 0);
	assert_true(view_eq(in.username, out.username));
	assert_memory_equal(in.tid, out.tid, STUN_TID_SIZE);
	assert_int_equal(in.role, out.role);
	assert_true(in.tie_breaker == out.tie_breaker);
	assert_int_equal(in.priority, out.priority);
	assert_true(in.use_candidate);
	assert_true(in.fingerprint);
	assert_true(stun_verify(p, n, &in, view_str(password)));
	for (size_t size = 0; size < n; size++)
		assert_int_equal(stun_print(&out, view_str(password), p, size), 0);
}

static void errors_name_what_is_unknown(void **)
{
	const struct stun out = {
		.type = STUN_ERROR, .error = 420, .unknown = { 0x7f01, 0x001c }, .nunknown = 2
	};
	uint8_t p[STUN_REPLY_MAX];
	const size_t n = stun_print(&out, (struct view){}, p, sizeof(p));
	struct stun in;

	assert_int_equal(stun_read(p, n, &in), 0);
	assert_int_equal(in.error, 420);
	assert_int_equal(in.integrity_at, 0);
	assert_false(stun_verify(p, n, &in, VIEW("")));
}

/* Prints an attribute of a number that nobody knows. */
static void unknown_attributes_are_noted_when_they_must_be_understood(void **)
{
	const struct stun out = { .type = STUN_REQUEST, .has_priority = true };
	uint8_t p[STUN_REPLY_MAX];
	const size_t n = stun_print(&out, (struct view){}, p, sizeof(p)) - 8;
	struct stun in;

	p[3] = (uint8_t)(n - STUN_HEADER_SIZE); /* without its fingerprint */
	p[STUN_HEADER_SIZE] = 0x7f;
	assert_int_equal(stun_read(p, n, &in), 0);
	assert_int_equal(in.nunknown, 1);
	assert_int_equal(in.unknown[0], 0x7f24);
	assert_false(in.fingerprint);
	p[STUN_HEADER_SIZE] = 0xc0;
	assert_int_equal(stun_read(p, n, &in), 0);
	assert_int_equal(in.nunknown, 0);
}

static void other_methods_are_told_apart(void **)
{
	uint8_t p[sizeof(request)];
	struct stun m;

	memcpy(p, request, sizeof(p));
	p[1] = 3; /* Allocate */
	assert_int_equal(stun_read(p, sizeof(p), &m), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_read),
		cmocka_unit_test(responses_of_both_families_are_read),
		cmocka_unit_test(no_byte_can_be_changed),
		cmocka_unit_test(what_is_printed_is_read),
		cmocka_unit_test(errors_name_what_is_unknown),
		cmocka_unit_test(unknown_attributes_are_noted_when_they_must_be_understood),
		cmocka_unit_test(other_methods_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
