#include "media/feedback.h"
#include "../test.h"

#include <string.h>

enum { OURS = 0x01020304 };

static struct feedback read_all(const uint8_t *p, size_t n)
{
	struct feedback f;

	assert_true(rtcp_valid(p, n));
	feedback_read(p, n, OURS, &f);
	return f;
}

#define READ(...)                                                                                  \
	read_all((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void a_nack_names_what_is_lost(void **)
{
	struct feedback f = READ(0x80, 201, 0, 1, 9, 9, 9, 9, 0x81, 205, 0, 4, 9, 9, 9, 9, 1, 2, 3,
				 4, 0xff, 0xfe, 0x80, 0x03, 0, 9, 0, 0);

	assert_int_equal(f.nlost, 5);
	assert_int_equal(f.lost[0], 0xfffe);
	assert_int_equal(f.lost[1], 0xffff);
	assert_int_equal(f.lost[2], 0);
	assert_int_equal(f.lost[3], 14);
	assert_int_equal(f.lost[4], 9);
	assert_false(f.picture);
	f = READ(0x81, 205, 0, 3, 9, 9, 9, 9, 1, 2, 3, 5, 0, 1, 0, 0);
	assert_int_equal(f.nlost, 0); /* of another stream */
}

static void a_picture_is_asked_for_in_two_ways(void **)
{
	assert_true(READ(0x81, 206, 0, 2, 9, 9, 9, 9, 1, 2, 3, 4).picture);
	assert_false(READ(0x81, 206, 0, 2, 9, 9, 9, 9, 1, 2, 3, 5).picture);
	assert_true(READ(0x84, 206, 0, 4, 9, 9, 9, 9, 0, 0, 0, 0, 1, 2, 3, 4, 7, 0, 0, 0).picture);
	assert_false(READ(0x84, 206, 0, 4, 9, 9, 9, 9, 1, 2, 3, 4, 1, 2, 3, 5, 7, 0, 0, 0).picture);
	assert_false(READ(0x8f, 206, 0, 2, 9, 9, 9, 9, 1, 2, 3, 4).picture); /* REMB and the like */
}

static void a_picture_that_we_ask_for_is_read_back(void **)
{
	uint8_t p[FEEDBACK_PLI_SIZE];

	feedback_pli_print(7, OURS, p);
	assert_true(read_all(p, sizeof(p)).picture);
	assert_int_equal(rtp_get32(p + 4), 7);
	assert_int_equal(rtp_get32(p + 12), 7);
	feedback_pli_print(7, OURS + 1, p);
	assert_false(read_all(p, sizeof(p)).picture);
}

static void a_report_tells_of_loss(void **)
{
	const struct feedback f = READ(0x81, 201, 0, 7, 9, 9, 9, 9, 1, 2, 3, 4, 64, 0xff, 0xff,
				       0xfe, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7);

	assert_true(f.report);
	assert_int_equal(f.fraction, 64);
	assert_int_equal(f.lost_total, -2);
	assert_int_equal(f.jitter, 5);
	assert_int_equal(f.last_report, 6);
	assert_int_equal(f.delay, 7);
}

static void lists_that_lie_hurt_nobody(void **)
{
	uint8_t p[2000] = { 0x81, 205 };
	struct feedback f;

	assert_false(READ(0x9f, 201, 0, 1, 9, 9, 9, 9).report); /* 31 blocks, none there */
	assert_int_equal(READ(0x81, 205, 0, 1, 1, 2, 3, 4).nlost, 0);
	assert_false(READ(0x81, 206, 0, 1, 1, 2, 3, 4).picture);
	p[2] = (sizeof(p) / 4 - 1) >> 8;
	p[3] = (sizeof(p) / 4 - 1) & 255;
	memset(p + 4, 0xff, sizeof(p) - 4);
	memcpy(p + 8, "\1\2\3\4", 4);
	f = read_all(p, sizeof(p));
	assert_int_equal(f.nlost, FEEDBACK_LOST_MAX);
}

static void a_sender_report_is_valid(void **)
{
	const struct feedback_sender s = { .ssrc = OURS,
					   .ntp = UINT64_C(0x1122334455667788),
					   .ts = 9,
					   .packets = 10,
					   .bytes = 11,
					   .cname = "abc" };
	uint8_t p[FEEDBACK_REPORT_MAX];
	const size_t n = feedback_report_print(&s, p);

	assert_true(rtcp_valid(p, n));
	assert_int_equal(n, 28 + 16);
	assert_int_equal(rtp_get32(p + 4), OURS);
	assert_int_equal(rtp_get32(p + 8), 0x11223344);
	assert_int_equal(rtp_get32(p + 16), 9);
	assert_int_equal(p[29], 202);
	assert_memory_equal(p + 36,
			    "\1\3"
			    "abc\0\0",
			    7);
}

static void a_report_says_what_came_in(void **)
{
	const struct feedback_block b = { .ssrc = 0x01020304,
					  .fraction = 5,
					  .lost = -2,
					  .highest = 0x10002,
					  .jitter = 9,
					  .last_report = 0xaabbccdd,
					  .delay = 65536 };
	struct feedback_sender s = { .ssrc = OURS, .cname = "abc", .block = &b };
	uint8_t p[FEEDBACK_REPORT_MAX];
	struct feedback f;
	size_t n = feedback_report_print(&s, p);

	assert_true(rtcp_valid(p, n));
	assert_int_equal(p[1], 201); /* nothing was sent */
	assert_int_equal(n, 8 + 24 + 16);
	feedback_read(p, n, b.ssrc, &f);
	assert_true(f.report && !f.sent);
	assert_int_equal(f.fraction, 5);
	assert_int_equal(f.lost_total, -2);
	assert_int_equal(f.jitter, 9);
	assert_int_equal(f.last_report, 0xaabbccdd);
	assert_int_equal(f.delay, 65536);
	s.packets = 1;
	s.ntp = UINT64_C(0x1122334455667788);
	n = feedback_report_print(&s, p);
	assert_true(rtcp_valid(p, n));
	feedback_read(p, n, b.ssrc, &f);
	assert_true(f.report && f.sent);
	assert_int_equal(f.ntp, 0x33445566);
	assert_int_equal(f.fraction, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nack_names_what_is_lost),
		cmocka_unit_test(a_picture_is_asked_for_in_two_ways),
		cmocka_unit_test(a_picture_that_we_ask_for_is_read_back),
		cmocka_unit_test(a_report_tells_of_loss),
		cmocka_unit_test(lists_that_lie_hurt_nobody),
		cmocka_unit_test(a_sender_report_is_valid),
		cmocka_unit_test(a_report_says_what_came_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
