/* Two streams with each other's keys: what one seals the other opens, and nothing else. */
#include "media/seal.h"
#include "../test.h"

#include <errno.h>
#include <string.h>

enum { HZ = 8000, PAYLOAD = 160, PT = 8, STEP_US = 20000 };

static struct seal_keys keys_of(uint8_t ours, uint8_t theirs, enum srtp_profile profile)
{
	struct seal_keys keys = { .profile = profile };

	memset(&keys.ours, ours, sizeof(keys.ours));
	memset(&keys.theirs, theirs, sizeof(keys.theirs));
	return keys;
}

static struct {
	struct seal *here, *there;
} t;

static void begin(enum srtp_profile profile)
{
	const struct seal_keys here = keys_of(1, 2, profile), there = keys_of(2, 1, profile);

	assert_int_equal(seal_new(&here, HZ, &t.here), 0);
	assert_int_equal(seal_new(&there, HZ, &t.there), 0);
}

static void end(void)
{
	seal_free(t.here);
	seal_free(t.there);
}

/* A packet of a source, in clear. */
static struct rtp plain(uint8_t p[RTP_HEADER_SIZE + PAYLOAD], uint32_t ssrc, uint16_t seq)
{
	struct rtp rtp;

	memset(p, 0, RTP_HEADER_SIZE);
	p[0] = 0x80;
	p[2] = (uint8_t)(seq >> 8);
	p[3] = (uint8_t)seq;
	p[7] = (uint8_t)(seq * 4);
	p[11] = (uint8_t)ssrc;
	memset(p + RTP_HEADER_SIZE, (int)seq, PAYLOAD);
	assert_true(rtp_read(p, RTP_HEADER_SIZE + PAYLOAD, &rtp));
	return rtp;
}

static bool close_one(uint32_t ssrc, uint16_t seq, int64_t at_us, uint8_t *out, size_t *n)
{
	uint8_t p[RTP_HEADER_SIZE + PAYLOAD];
	const struct rtp rtp = plain(p, ssrc, seq);

	return seal_close(t.here, p, &rtp, PT, at_us, out, n);
}

static void what_is_sealed_is_opened(void **)
{
	static const enum srtp_profile profiles[] = { SRTP_CM_SHA1_80, SRTP_GCM_128 };

	for (unsigned k = 0; k < 2; k++) {
		begin(profiles[k]);
		for (uint16_t seq = 65000, i = 0; i < 2000; i++, seq++) { /* round, too */
			uint8_t out[SEAL_PACKET_MAX];
			struct rtp rtp;
			size_t n;

			assert_true(close_one(7, seq, i * STEP_US, out, &n));
			assert_int_equal(seal_open(t.there, out, &n), 0);
			assert_true(rtp_read(out, n, &rtp));
			assert_int_equal(rtp.pt, PT);
			assert_int_equal(n, RTP_HEADER_SIZE + PAYLOAD);
			assert_int_equal(out[RTP_HEADER_SIZE], (uint8_t)seq);
		}
		end();
	}
}

/* Two packets under one number would show what is in them. */
static void no_number_is_given_twice(void **)
{
	static const struct {
		uint32_t ssrc;
		uint16_t seq;
		bool goes;
	} story[] = {
		{ 7, 100, true },  { 7, 101, true }, { 7, 101, false }, /* again, with other words */
		{ 7, 103, true },  { 7, 102, true }, { 7, 102, false }, { 9, 100, true },
		{ 9, 101, true },  { 7, 100, true }, /* the first one is back: a new source */
	};
	uint16_t used[16], n_used = 0;
	uint32_t ssrc = 0;

	begin(SRTP_GCM_128);
	for (unsigned i = 0; i < sizeof(story) / sizeof(story[0]); i++) {
		uint8_t out[SEAL_PACKET_MAX];
		size_t n;
		const bool went = close_one(story[i].ssrc, story[i].seq, i * STEP_US, out, &n);

		if (went != story[i].goes)
			fail_msg("packet %u: %d", i, went);
		if (!went)
			continue;
		for (unsigned k = 0; k < n_used; k++)
			assert_int_not_equal(rtp_get16(out + 2), used[k]);
		used[n_used++] = rtp_get16(out + 2);
		assert_true(!ssrc || rtp_get32(out + 8) == ssrc);
		ssrc = rtp_get32(out + 8);
		assert_int_equal(seal_open(t.there, out, &n), 0);
	}
	end();
}

static void what_is_not_the_peers_is_refused(void **)
{
	uint8_t out[SEAL_PACKET_MAX], copy[SEAL_PACKET_MAX];
	size_t n, was;

	begin(SRTP_CM_SHA1_80);
	assert_true(close_one(7, 1, STEP_US, out, &n));
	was = n;
	memcpy(copy, out, n);
	copy[20] ^= 1;
	assert_int_equal(seal_open(t.there, copy, &n), -EBADMSG);
	n = was;
	memcpy(copy, out, n);
	assert_int_equal(seal_open(t.here, copy, &n), -EBADMSG); /* our own, thrown back */
	n = was;
	memcpy(copy, out, n);
	assert_int_equal(seal_open(t.there, copy, &n), 0);
	n = was;
	assert_int_equal(seal_open(t.there, out, &n), -EALREADY);
	end();
}

static void a_key_frame_is_asked_for_by_our_name(void **)
{
	uint8_t out[SEAL_PACKET_MAX];
	bool picture = false;
	uint32_t ours;
	size_t n;

	begin(SRTP_GCM_128);
	assert_true(close_one(7, 1, STEP_US, out, &n));
	ours = rtp_get32(out + 8);
	assert_true(seal_pli(t.there, ours, out, &n));
	assert_int_equal(seal_open_rtcp(t.here, out, &n, &picture), 0);
	assert_true(picture);
	assert_true(seal_pli(t.there, ours + 1, out, &n)); /* of another stream */
	assert_int_equal(seal_open_rtcp(t.here, out, &n, &picture), 0);
	assert_false(picture);
	end();
}

/* Under the right key, but of another length than it says. */
static void sealed_nonsense_is_refused(void **)
{
	uint8_t p[SEAL_PACKET_MAX] = { 0x80, 201, 0, 2, 0, 0, 0, 7 };
	const struct seal_keys there = keys_of(2, 1, SRTP_GCM_128);
	struct srtp *srtp;
	bool picture = false;
	size_t n = 8;

	begin(SRTP_GCM_128);
	assert_int_equal(srtp_new(there.profile, SRTP_SEND, &there.ours, &srtp), 0);
	assert_int_equal(srtcp_protect(srtp, p, &n, sizeof(p)), 0);
	assert_int_equal(seal_open_rtcp(t.here, p, &n, &picture), -EBADMSG);
	assert_int_equal(n, 8); /* it was opened, and then refused */
	srtp_free(srtp);
	end();
}

static void reports_come_once_a_second_and_not_before_the_first_packet(void **)
{
	uint8_t out[SEAL_PACKET_MAX];
	const int64_t second = 1000000;
	bool picture;
	size_t n;

	begin(SRTP_CM_SHA1_80);
	assert_false(seal_report(t.here, 5 * second, 1700000000000, out, &n));
	assert_true(close_one(7, 1, 5 * second, out, &n));
	assert_true(seal_report(t.here, 5 * second, 1700000000000, out, &n));
	assert_int_equal(seal_open_rtcp(t.there, out, &n, &picture), 0);
	assert_int_equal(out[1], 200);
	assert_int_equal(rtp_get32(out + 8), (uint32_t)(1700000000 + 2208988800U));
	assert_int_equal(rtp_get32(out + 20), 1);       /* packets */
	assert_int_equal(rtp_get32(out + 24), PAYLOAD); /* bytes */
	assert_false(seal_report(t.here, 5 * second + 999999, 1700000000999, out, &n));
	assert_true(seal_report(t.here, 6 * second, 1700000001000, out, &n));
	end();
}

/* A receiver lays sound and picture over each other by it. */
static void a_report_tells_the_time_of_the_newest_packet(void **)
{
	uint8_t out[SEAL_PACKET_MAX];
	uint32_t newest;
	bool picture;
	size_t n;

	begin(SRTP_CM_SHA1_80);
	assert_true(close_one(7, 1, 1000000, out, &n));
	assert_true(close_one(7, 3, 1040000, out, &n));
	newest = rtp_get32(out + 4);
	assert_true(close_one(7, 2, 1041000, out, &n)); /* late */
	assert_true(seal_report(t.here, 1042000, 1700000000000, out, &n));
	assert_int_equal(seal_open_rtcp(t.there, out, &n, &picture), 0);
	assert_int_equal(rtp_get32(out + 16), newest + 2 * HZ / 1000);
	assert_int_equal(rtp_get32(out + 20), 3);
	end();
}

static void the_same_keys_are_known(void **)
{
	struct seal_keys keys = keys_of(1, 2, SRTP_GCM_128);

	begin(SRTP_GCM_128);
	keys.ours.salt[SRTP_SALT_MAX - 1] ^= 1; /* AES-GCM takes 12 bytes of it */
	assert_true(seal_has(t.here, &keys));
	keys.theirs.key[0] ^= 1;
	assert_false(seal_has(t.here, &keys));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_is_opened),
		cmocka_unit_test(no_number_is_given_twice),
		cmocka_unit_test(what_is_not_the_peers_is_refused),
		cmocka_unit_test(a_key_frame_is_asked_for_by_our_name),
		cmocka_unit_test(sealed_nonsense_is_refused),
		cmocka_unit_test(reports_come_once_a_second_and_not_before_the_first_packet),
		cmocka_unit_test(a_report_tells_the_time_of_the_newest_packet),
		cmocka_unit_test(the_same_keys_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
