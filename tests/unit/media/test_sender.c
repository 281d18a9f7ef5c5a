#include "media/sender.h"
#include "../test.h"

enum { HZ = 8000, AT_US = 1000000 };

static struct sender sender(void)
{
	return (struct sender){ .ssrc = 0x01020304, .clock_hz = HZ };
}

static void a_header_is_read_back(void **)
{
	const struct sender s = sender();
	uint8_t p[RTP_HEADER_SIZE];
	struct rtp rtp = {};

	sender_header(&s, 96, true, 0x30009, 0xfffffffe, p);
	assert_true(rtp_read(p, sizeof(p), &rtp));
	assert_int_equal(rtp.ssrc, s.ssrc);
	assert_int_equal(rtp.seq, 9); /* it went round */
	assert_int_equal(rtp.ts, 0xfffffffe);
	assert_int_equal(rtp.pt, 96);
	assert_true(rtp.marker);
	assert_int_equal(rtp.payload, RTP_HEADER_SIZE);
	sender_header(&s, 96, false, 0x30009, 0, p);
	assert_true(rtp_read(p, sizeof(p), &rtp));
	assert_false(rtp.marker);
}

/* What is sent again or late counts, but time goes on from the newest. */
static void a_report_goes_on_from_the_newest(void **)
{
	struct sender s = sender();
	uint8_t p[FEEDBACK_REPORT_MAX];
	size_t n;

	sender_note(&s, 7, 1600, 100, AT_US);
	sender_note(&s, 9, 1920, 100, AT_US);
	sender_note(&s, 8, 1760, 50, AT_US + 500000);
	n = sender_report(&s, AT_US + 1000000, 1700000000250, "name", NULL, p);
	assert_true(rtcp_valid(p, n));
	assert_int_equal(p[1], 200);
	assert_int_equal(rtp_get32(p + 4), s.ssrc);
	assert_int_equal(rtp_get32(p + 8), (uint32_t)(1700000000 + 2208988800U));
	assert_int_equal(rtp_get32(p + 12), 1U << 30); /* a quarter of a second */
	assert_int_equal(rtp_get32(p + 16), 1920 + HZ);
	assert_int_equal(rtp_get32(p + 20), 3);
	assert_int_equal(rtp_get32(p + 24), 250);
}

static void the_first_counts_whatever_its_number(void **)
{
	struct sender s = sender();

	s.index = 5;
	sender_note(&s, 3, 160, 10, AT_US);
	assert_true(s.any);
	assert_int_equal(s.index, 3);
	assert_int_equal(s.ts, 160);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_is_read_back),
		cmocka_unit_test(a_report_goes_on_from_the_newest),
		cmocka_unit_test(the_first_counts_whatever_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
