#include "media/stream.h"
#include "../test.h"

enum { SECOND = 1000000, SIZE = 172 };

static const uint32_t HOST_A = 0x0a000001, HOST_B = 0x0a000002, THIEF = 0x0a0000ff;

static struct addr at(uint32_t host, uint16_t port)
{
	return (struct addr){
		.v4 = { .sin_family = AF_INET,
			.sin_addr.s_addr = htonl(host),
			.sin_port = htons(port) },
		.len = sizeof(struct sockaddr_in),
	};
}

/* One RTP packet of 20 ms. */
static enum stream_verdict hear(struct stream *s, struct addr from, uint32_t ssrc, uint16_t seq,
				uint64_t now_us)
{
	uint8_t p[SIZE] = { 0x80, 0, (uint8_t)(seq >> 8), (uint8_t)seq };
	uint32_t ts = htonl(seq * 160U), be = htonl(ssrc);
	struct rtp rtp;

	memcpy(p + 4, &ts, 4);
	memcpy(p + 8, &be, 4);
	return stream_hear(s, &from, p, sizeof(p), now_us, &rtp);
}

static struct stream expecting(struct addr rtp, bool strict)
{
	struct stream s;

	stream_init(&s, RELAY_AUDIO);
	stream_set(&s, &(struct relay_stream){ .rtp = rtp, .strict = strict }, RELAY_AUDIO, 0);
	return s;
}

static void the_signalled_address_latches_at_once_and_for_good(void **)
{
	struct stream s = expecting(at(HOST_A, 4000), false);

	assert_int_equal(hear(&s, at(HOST_A, 4000), 7, 1, 1), STREAM_LATCHED);
	assert_true(s.settled);
	assert_int_equal(hear(&s, at(HOST_A, 4000), 7, 2, 2), STREAM_PASS);
	/* Even one who knows SSRC and sequence is refused while the source speaks. */
	for (uint16_t seq = 3; seq < 9; seq++)
		assert_int_equal(hear(&s, at(THIEF, 9), 7, seq, 3), STREAM_REFUSED);
	assert_int_equal(hear(&s, at(HOST_A, 4000), 7, 3, 4), STREAM_PASS);
	assert_int_equal(s.stats.refused, 6);
	assert_int_equal(s.stats.packets, 3);
}

static void another_source_needs_probation(void **)
{
	struct stream s = expecting(at(HOST_A, 4000), false);

	assert_int_equal(hear(&s, at(HOST_B, 5), 7, 10, 1), STREAM_REFUSED);
	assert_int_equal(hear(&s, at(HOST_B, 5), 7, 12, 2), STREAM_REFUSED);
	assert_int_equal(hear(&s, at(HOST_B, 5), 8, 13, 3), STREAM_REFUSED);
	assert_int_equal(hear(&s, at(HOST_B, 6), 8, 14, 4), STREAM_REFUSED);
	assert_int_equal(hear(&s, at(HOST_B, 6), 8, 15, 5), STREAM_LATCHED);
	assert_int_equal(ntohs(addr_port_raw(&s.from)), 6);
}

static void a_better_source_replaces_a_worse_one_until_settled(void **)
{
	struct stream s = expecting(at(HOST_A, 4000), false);
	struct stream late = s;

	hear(&s, at(THIEF, 5), 7, 1, 1);
	assert_int_equal(hear(&s, at(THIEF, 5), 7, 2, 1), STREAM_LATCHED);
	assert_int_equal(hear(&s, at(HOST_A, 4444), 9, 1, 2), STREAM_LATCHED);
	assert_int_equal(hear(&s, at(THIEF, 5), 7, 3, 3), STREAM_REFUSED);
	assert_int_equal(hear(&s, at(HOST_A, 4000), 9, 2, 4), STREAM_LATCHED);
	assert_int_equal(hear(&s, at(HOST_A, 4444), 9, 3, 5), STREAM_REFUSED);

	hear(&late, at(HOST_B, 5), 7, 1, 1);
	hear(&late, at(HOST_B, 5), 7, 2, 1);
	assert_false(stream_settles(&late, 2 * SECOND));
	assert_true(stream_settles(&late, 6 * SECOND));
	late.settled = true;
	assert_int_equal(hear(&late, at(HOST_A, 4000), 9, 1, 1), STREAM_REFUSED);
}

static void a_strict_stream_hears_named_hosts_only(void **)
{
	struct stream s = expecting(at(HOST_A, 4000), true);
	struct relay_stream peer = { .rtp = at(0xc0a80001, 4000),
				     .signal = at(HOST_B, 5060),
				     .strict = true };

	for (uint16_t seq = 0; seq < 5; seq++)
		assert_int_equal(hear(&s, at(THIEF, 5), 7, seq, 1), STREAM_REFUSED);
	stream_set(&s, &peer, RELAY_AUDIO, 0);
	assert_int_equal(hear(&s, at(HOST_B, 777), 7, 1, 1), STREAM_LATCHED);
}

static void a_silent_source_may_move_with_its_ssrc_and_sequence(void **)
{
	struct stream s = expecting(at(HOST_A, 4000), false);

	hear(&s, at(HOST_A, 4000), 7, 100, 1);
	assert_int_equal(hear(&s, at(HOST_B, 9), 7, 101, SECOND), STREAM_REFUSED);
	assert_true(stream_may_move(&s, 3 * SECOND));
	/* Wrong SSRC, old sequence, too far ahead: nobody who only guesses gets in. */
	for (uint16_t i = 0; i < 4; i++) {
		assert_int_equal(hear(&s, at(THIEF, 9), 8, (uint16_t)(101 + i), 3 * SECOND),
				 STREAM_REFUSED);
		assert_int_equal(hear(&s, at(THIEF, 9), 7, (uint16_t)(90 + i), 3 * SECOND),
				 STREAM_REFUSED);
		assert_int_equal(hear(&s, at(THIEF, 9), 7, (uint16_t)(30000 + i), 3 * SECOND),
				 STREAM_REFUSED);
	}
	assert_int_equal(hear(&s, at(HOST_B, 9), 7, 250, 3 * SECOND), STREAM_REFUSED);
	assert_int_equal(hear(&s, at(HOST_B, 9), 7, 251, 3 * SECOND), STREAM_LATCHED);
	assert_int_equal(hear(&s, at(HOST_A, 4000), 8, 1, 3 * SECOND), STREAM_LATCHED);
}

static void a_new_address_in_the_sdp_starts_afresh(void **)
{
	struct stream s = expecting(at(HOST_A, 4000), false);
	struct relay_stream peer = { .rtp = at(HOST_B, 6000) };
	struct addr dest;

	hear(&s, at(HOST_A, 4000), 7, 1, 1);
	assert_false(
		stream_set(&s, &(struct relay_stream){ .rtp = at(HOST_A, 4000) }, RELAY_AUDIO, 2));
	assert_true(stream_set(&s, &peer, RELAY_AUDIO, 2));
	dest = stream_rtp_dest(&s);
	assert_true(addr_same(&dest, &peer.rtp));
	assert_int_equal(hear(&s, at(HOST_B, 6000), 99, 1, 3), STREAM_LATCHED);
}

static void a_new_ssrc_needs_probation_unless_signalled(void **)
{
	struct stream s = expecting(at(HOST_A, 4000), false);

	hear(&s, at(HOST_A, 4000), 7, 1, 1);
	s.ssrc_fresh = false;
	assert_int_equal(hear(&s, at(HOST_A, 4000), 8, 500, 1), STREAM_REFUSED);
	assert_int_equal(hear(&s, at(HOST_A, 4000), 7, 2, 1), STREAM_PASS);
	assert_int_equal(hear(&s, at(HOST_A, 4000), 8, 501, 1), STREAM_PASS);
	assert_int_equal(s.ssrc, 8);
	stream_set(&s, &(struct relay_stream){ .rtp = at(HOST_A, 4000) }, RELAY_AUDIO, 2);
	assert_int_equal(hear(&s, at(HOST_A, 4000), 9, 1, 1), STREAM_PASS);
}

static void losses_and_jitter_are_those_of_rfc_3550(void **)
{
	struct stream s = expecting(at(HOST_A, 4000), false);
	uint64_t now_us = SECOND;

	/* Over the wrap of the sequence number, every tenth lost, one late. */
	for (unsigned i = 0; i < 100; i++, now_us += 20000) {
		if (i % 10 != 5)
			hear(&s, at(HOST_A, 4000), 7, (uint16_t)(65500 + i), now_us);
	}
	assert_int_equal(stream_stats(&s).lost, 10);
	assert_int_equal(stream_stats(&s).packets, 90);
	assert_int_equal(stream_stats(&s).bytes, 90 * SIZE);
	hear(&s, at(HOST_A, 4000), 7, (uint16_t)(65500 + 95), now_us);
	assert_int_equal(stream_stats(&s).lost, 9);

	s = expecting(at(HOST_A, 4000), false);
	for (unsigned i = 0; i < 400; i++)
		hear(&s, at(HOST_A, 4000), 7, (uint16_t)i,
		     SECOND + i * 20000U + (i % 2 ? 8000 : 0));
	assert_in_range(stream_stats(&s).jitter_us, 7000, 8200);
}

static void a_report_tells_of_the_time_since_the_last_one(void **)
{
	struct stream s = expecting(at(HOST_A, 4000), false);
	struct feedback_block b = { .lost = 77 };

	assert_false(stream_report(&s, &b));
	assert_int_equal(b.lost, 77);
	for (unsigned i = 0; i < 8; i++)
		if (i != 3 && i != 5)
			hear(&s, at(HOST_A, 4000), 7, (uint16_t)(65532 + i), SECOND);
	assert_true(stream_report(&s, &b));
	assert_int_equal(b.ssrc, 7);
	assert_int_equal(b.lost, 2);
	assert_int_equal(b.fraction, 64); /* two of eight */
	assert_int_equal(b.highest, 65536 + 3);
	assert_true(stream_report(&s, &b));
	assert_int_equal(b.fraction, 0);
	assert_int_equal(b.lost, 2);
	hear(&s, at(HOST_A, 4000), 7, 3, SECOND); /* again: more than was sent */
	assert_true(stream_report(&s, &b));
	assert_int_equal(b.fraction, 0);
	assert_int_equal(b.lost, 1);
}

static bool good(const uint8_t *p, size_t n)
{
	struct rtp rtp;

	return rtp_read(p, n, &rtp);
}

static void headers_are_checked(void **)
{
	uint8_t p[32] = { 0x80 };

	assert_true(good(p, 12));
	assert_false(good(p, 11));
	p[0] = 0x40;
	assert_false(good(p, 12));
	p[0] = 0x82; /* two CSRC */
	assert_false(good(p, 19));
	assert_true(good(p, 20));
	p[0] = 0x90; /* an extension of two words */
	p[15] = 2;
	assert_false(good(p, 15));
	assert_false(good(p, 23));
	assert_true(good(p, 24));
	p[0] = 0xa0; /* padding */
	p[19] = 0;
	assert_false(good(p, 20));
	p[19] = 9;
	assert_false(good(p, 20));
	p[19] = 8;
	assert_true(good(p, 20));
}

static void rtcp_comes_from_the_latched_host(void **)
{
	struct stream s = expecting(at(HOST_A, 4000), false);
	uint8_t rr[8] = { 0x80, 201, 0, 1, 0, 0, 0, 7 }, bad[8] = { 0x80, 201, 0, 2 };
	struct addr a = at(HOST_A, 4001), b = at(THIEF, 4001), other = at(HOST_A, 4009);

	assert_int_equal(stream_hear_rtcp(&s, &a, bad, sizeof(bad)), STREAM_INVALID);
	assert_int_equal(stream_hear_rtcp(&s, &b, rr, sizeof(rr)), STREAM_REFUSED);
	hear(&s, at(HOST_A, 4000), 7, 1, 1);
	assert_int_equal(stream_hear_rtcp(&s, &a, rr, sizeof(rr)), STREAM_LATCHED);
	assert_int_equal(stream_hear_rtcp(&s, &other, rr, sizeof(rr)), STREAM_REFUSED);
	assert_int_equal(stream_hear_rtcp(&s, &a, rr, sizeof(rr)), STREAM_PASS);
}

static void only_agreed_payload_types_pass(void **)
{
	struct relay_stream a = { .nformats = 2,
				  .formats = { { 0, 1 }, { 101, 2, .event = true } } };
	struct relay_stream b = { .nformats = 1, .formats = { { 97, 2, .event = true } } };
	struct stream s, t;
	uint8_t p[SIZE] = { 0x80, 8 };
	struct addr from = at(HOST_A, 1);
	struct rtp rtp;

	stream_init(&s, RELAY_AUDIO);
	stream_init(&t, RELAY_AUDIO);
	stream_set(&s, &a, RELAY_AUDIO, 0);
	assert_int_equal(stream_pt(&s, &t, 101), 101);
	stream_set(&t, &b, RELAY_AUDIO, 0);
	assert_int_equal(stream_pt(&s, &t, 101), 97);
	assert_int_equal(stream_pt(&s, &t, 0), STREAM_PT_NONE);
	assert_int_equal(stream_hear(&s, &from, p, sizeof(p), 1, &rtp), STREAM_INVALID);
}

static void one_payload_type_may_read_two_codecs(void **)
{
	struct relay_stream door = { .nformats = 2, .formats = { { 98, 1 }, { 99, 2 } } };
	struct relay_stream viewer = { .nformats = 3,
				       .formats = { { 120, 2 }, { 120, 1 }, { 98, 1 } } };
	struct stream s, t;

	stream_init(&s, RELAY_VIDEO);
	stream_init(&t, RELAY_VIDEO);
	stream_set(&s, &door, RELAY_VIDEO, 0);
	stream_set(&t, &viewer, RELAY_VIDEO, 0);
	assert_int_equal(stream_pt(&s, &t, 98), 120);
	assert_int_equal(stream_pt(&s, &t, 99), 120);
	assert_int_equal(stream_pt(&t, &s, 120), 99); /* it sends the first one only */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_signalled_address_latches_at_once_and_for_good),
		cmocka_unit_test(another_source_needs_probation),
		cmocka_unit_test(a_better_source_replaces_a_worse_one_until_settled),
		cmocka_unit_test(a_strict_stream_hears_named_hosts_only),
		cmocka_unit_test(a_silent_source_may_move_with_its_ssrc_and_sequence),
		cmocka_unit_test(a_new_address_in_the_sdp_starts_afresh),
		cmocka_unit_test(a_new_ssrc_needs_probation_unless_signalled),
		cmocka_unit_test(losses_and_jitter_are_those_of_rfc_3550),
		cmocka_unit_test(a_report_tells_of_the_time_since_the_last_one),
		cmocka_unit_test(headers_are_checked),
		cmocka_unit_test(rtcp_comes_from_the_latched_host),
		cmocka_unit_test(only_agreed_payload_types_pass),
		cmocka_unit_test(one_payload_type_may_read_two_codecs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
