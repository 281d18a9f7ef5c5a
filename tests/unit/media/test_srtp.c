/* Key derivation: RFC 3711 appendix B.3. Whole packets: the reference vectors of libsrtp. */
#include "media/srtp.h"
#include "../test.h"

#include <errno.h>
#include <string.h>

enum { PACKET_MAX = 256 };

static const struct srtp_master cm = {
	.key = { 0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0, 0xd6, 0x4f, 0xa3, 0x2c, 0x06, 0xde,
		 0x41, 0x39 },
	.salt = { 0x0e, 0xc6, 0x75, 0xad, 0x49, 0x8a, 0xfe, 0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab,
		  0xe6 },
};

static const struct srtp_master gcm = {
	.key = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d,
		 0x0e, 0x0f },
	.salt = { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab },
};

static const uint8_t rtp_plain[28] = {
	0x80, 0x0f, 0x12, 0x34, 0xde, 0xca, 0xfb, 0xad, 0xca, 0xfe, 0xba, 0xbe, 0xab, 0xab,
	0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,
};

static const uint8_t rtcp_plain[24] = {
	0x81, 0xc8, 0x00, 0x0b, 0xca, 0xfe, 0xba, 0xbe, 0xab, 0xab, 0xab, 0xab,
	0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab,
};

static const uint8_t rtp_cm[38] = {
	0x80, 0x0f, 0x12, 0x34, 0xde, 0xca, 0xfb, 0xad, 0xca, 0xfe, 0xba, 0xbe, 0x4e,
	0x55, 0xdc, 0x4c, 0xe7, 0x99, 0x78, 0xd8, 0x8c, 0xa4, 0xd2, 0x15, 0x94, 0x9d,
	0x24, 0x02, 0xb7, 0x8d, 0x6a, 0xcc, 0x99, 0xea, 0x17, 0x9b, 0x8d, 0xbb,
};

static const uint8_t rtcp_cm[38] = {
	0x81, 0xc8, 0x00, 0x0b, 0xca, 0xfe, 0xba, 0xbe, 0x71, 0x28, 0x03, 0x5b, 0xe4,
	0x87, 0xb9, 0xbd, 0xbe, 0xf8, 0x90, 0x41, 0xf9, 0x77, 0xa5, 0xa8, 0x80, 0x00,
	0x00, 0x01, 0x99, 0x3e, 0x08, 0xcd, 0x54, 0xd6, 0xc1, 0x23, 0x07, 0x98,
};

static const uint8_t rtp_gcm[44] = {
	0x80, 0x0f, 0x12, 0x34, 0xde, 0xca, 0xfb, 0xad, 0xca, 0xfe, 0xba, 0xbe, 0xc5, 0x00, 0x2e,
	0xde, 0x04, 0xcf, 0xdd, 0x2e, 0xb9, 0x11, 0x59, 0xe0, 0x88, 0x0a, 0xa0, 0x6e, 0xd2, 0x97,
	0x68, 0x26, 0xf7, 0x96, 0xb2, 0x01, 0xdf, 0x31, 0x31, 0xa1, 0x27, 0xe8, 0xa3, 0x92,
};

static const uint8_t rtcp_gcm[44] = {
	0x81, 0xc8, 0x00, 0x0b, 0xca, 0xfe, 0xba, 0xbe, 0xc9, 0x8b, 0x8b, 0x5d, 0xf0, 0x39, 0x2a,
	0x55, 0x85, 0x2b, 0x6c, 0x21, 0xac, 0x8e, 0x70, 0x25, 0xc5, 0x2c, 0x6f, 0xbe, 0xa2, 0xb3,
	0xb4, 0x46, 0xea, 0x31, 0x12, 0x3b, 0xa8, 0x8c, 0xe6, 0x1e, 0x80, 0x00, 0x00, 0x01,
};

static void session_keys_are_those_of_the_rfc(void **)
{
	static const uint8_t cipher[16] = { 0xc6, 0x1e, 0x7a, 0x93, 0x74, 0x4f, 0x39, 0xee,
					    0x10, 0x73, 0x4a, 0xfe, 0x3f, 0xf7, 0xa0, 0x87 };
	static const uint8_t salt[14] = { 0x30, 0xcb, 0xbc, 0x08, 0x86, 0x3d, 0x8c,
					  0x85, 0xd4, 0x9d, 0xb3, 0x4a, 0x9a, 0xe1 };
	static const uint8_t auth[20] = { 0xce, 0xbe, 0x32, 0x1f, 0x6f, 0xf7, 0x71,
					  0x6b, 0x6f, 0xd4, 0xab, 0x49, 0xaf, 0x25,
					  0x6a, 0x15, 0x6d, 0x38, 0xba, 0xa4 };
	uint8_t key[20];

	assert_int_equal(srtp_derive(&cm, SRTP_SALT_MAX, 0, key, sizeof(cipher)), 0);
	assert_memory_equal(key, cipher, sizeof(cipher));
	assert_int_equal(srtp_derive(&cm, SRTP_SALT_MAX, 1, key, sizeof(auth)), 0);
	assert_memory_equal(key, auth, sizeof(auth));
	assert_int_equal(srtp_derive(&cm, SRTP_SALT_MAX, 2, key, sizeof(salt)), 0);
	assert_memory_equal(key, salt, sizeof(salt));
}

struct pair {
	struct srtp *out, *in;
};

static struct pair pair_open(enum srtp_profile profile, const struct srtp_master *master)
{
	struct pair s;

	assert_int_equal(srtp_new(profile, SRTP_SEND, master, &s.out), 0);
	assert_int_equal(srtp_new(profile, SRTP_RECEIVE, master, &s.in), 0);
	return s;
}

static void pair_close(const struct pair *s)
{
	srtp_free(s->out);
	srtp_free(s->in);
}

static void expect_rtp(enum srtp_profile profile, const struct srtp_master *master,
		       const uint8_t *want, size_t want_n)
{
	struct pair s = pair_open(profile, master);
	uint8_t p[PACKET_MAX];
	size_t n = sizeof(rtp_plain);

	memcpy(p, rtp_plain, n);
	assert_int_equal(srtp_protect(s.out, 0x1234, p, &n, want_n - 1), -EMSGSIZE);
	assert_int_equal(srtp_protect(s.out, 0x1234, p, &n, want_n), 0);
	assert_int_equal(n, want_n);
	assert_memory_equal(p, want, n);
	assert_int_equal(srtp_unprotect(s.in, p, &n), 0);
	assert_int_equal(n, sizeof(rtp_plain));
	assert_memory_equal(p, rtp_plain, n);
	pair_close(&s);
}

static void expect_rtcp(enum srtp_profile profile, const struct srtp_master *master,
			const uint8_t *want, size_t want_n)
{
	struct pair s = pair_open(profile, master);
	uint8_t p[PACKET_MAX];
	size_t n;

	for (unsigned i = 0; i < 2; i++) { /* the vector has index 1 */
		n = sizeof(rtcp_plain);
		memcpy(p, rtcp_plain, n);
		assert_int_equal(srtcp_protect(s.out, p, &n, sizeof(p)), 0);
	}
	assert_int_equal(n, want_n);
	assert_memory_equal(p, want, n);
	assert_int_equal(srtcp_unprotect(s.in, p, &n), 0);
	assert_int_equal(n, sizeof(rtcp_plain));
	assert_memory_equal(p, rtcp_plain, n);
	memcpy(p, want, want_n);
	n = want_n;
	assert_int_equal(srtcp_unprotect(s.in, p, &n), -EALREADY);
	pair_close(&s);
}

static void packets_are_those_of_the_reference(void **)
{
	expect_rtp(SRTP_CM_SHA1_80, &cm, rtp_cm, sizeof(rtp_cm));
	expect_rtp(SRTP_GCM_128, &gcm, rtp_gcm, sizeof(rtp_gcm));
	expect_rtcp(SRTP_CM_SHA1_80, &cm, rtcp_cm, sizeof(rtcp_cm));
	expect_rtcp(SRTP_GCM_128, &gcm, rtcp_gcm, sizeof(rtcp_gcm));
}

/* A protected packet of this index. */
static size_t protected_of(struct srtp *out, uint64_t index, uint32_t ssrc, uint8_t *p)
{
	size_t n = sizeof(rtp_plain);

	memcpy(p, rtp_plain, n);
	p[2] = (uint8_t)(index >> 8);
	p[3] = (uint8_t)index;
	p[8] = (uint8_t)ssrc;
	assert_int_equal(srtp_protect(out, index, p, &n, PACKET_MAX), 0);
	return n;
}

static int carried(const struct pair *s, uint64_t index)
{
	uint8_t p[PACKET_MAX];
	size_t n = protected_of(s->out, index, 1, p);

	return srtp_unprotect(s->in, p, &n);
}

static void each_profile(void (*run)(enum srtp_profile, const struct srtp_master *))
{
	run(SRTP_CM_SHA1_80, &cm);
	run(SRTP_GCM_128, &gcm);
}

static void replays(enum srtp_profile profile, const struct srtp_master *master)
{
	struct pair s = pair_open(profile, master);

	assert_int_equal(carried(&s, 1000), 0);
	assert_int_equal(carried(&s, 1000), -EALREADY);
	assert_int_equal(carried(&s, 998), 0);
	assert_int_equal(carried(&s, 998), -EALREADY);
	assert_int_equal(carried(&s, 1000 + SRTP_WINDOW - 1), 0);
	assert_int_equal(carried(&s, 1000), -EALREADY);
	assert_int_equal(carried(&s, 999), -EALREADY); /* just out of the window */
	assert_int_equal(carried(&s, 1001), 0);
	assert_int_equal(carried(&s, 1000 + 10 * SRTP_WINDOW), 0);
	assert_int_equal(carried(&s, 1001), -EALREADY);
	pair_close(&s);
}

static void replay_is_refused(void **)
{
	each_profile(replays);
}

static void rolls_over(enum srtp_profile profile, const struct srtp_master *master)
{
	struct pair s = pair_open(profile, master);

	assert_int_equal(carried(&s, 65530), 0);
	assert_int_equal(carried(&s, 65537), 0);
	assert_int_equal(carried(&s, 65535), 0);
	for (uint64_t index = 90000; index < 300000; index += 30000)
		assert_int_equal(carried(&s, index), 0);
	assert_int_equal(carried(&s, 270000 - 1), 0);
	assert_int_equal(carried(&s, 270000 + 65536), -EALREADY); /* a whole turn was missed */
	pair_close(&s);
}

static void the_counter_rolls_over(void **)
{
	each_profile(rolls_over);
}

static void forgeries(enum srtp_profile profile, const struct srtp_master *master)
{
	struct pair s = pair_open(profile, master);
	uint8_t good[PACKET_MAX], p[PACKET_MAX];
	const size_t size = protected_of(s.out, 7, 1, good);
	size_t n;

	for (size_t i = 0; i < size; i++) {
		memcpy(p, good, size);
		p[i] ^= 0x10;
		n = size;
		assert_int_equal(srtp_unprotect(s.in, p, &n), -EBADMSG);
	}
	for (n = 0; n < size; n++) {
		size_t cut = n;

		memcpy(p, good, size);
		assert_int_equal(srtp_unprotect(s.in, p, &cut), -EBADMSG);
	}
	n = size;
	assert_int_equal(srtp_unprotect(s.in, good, &n), 0); /* forgeries took nothing */
	pair_close(&s);
}

static void forgeries_are_refused_and_leave_no_trace(void **)
{
	each_profile(forgeries);
}

static void the_same_again_is_the_same(void **)
{
	struct pair s = pair_open(SRTP_GCM_128, &gcm);
	uint8_t a[PACKET_MAX], b[PACKET_MAX];
	size_t n = protected_of(s.out, 70000, 1, a);

	protected_of(s.out, 70001, 1, b);
	assert_int_equal(protected_of(s.out, 70000, 1, b), n);
	assert_memory_equal(a, b, n);
	pair_close(&s);
}

static void sources_are_few(void **)
{
	struct pair s = pair_open(SRTP_GCM_128, &gcm);
	uint8_t p[PACKET_MAX];

	for (uint32_t ssrc = 0; ssrc <= SRTP_SOURCES_MAX; ssrc++) {
		size_t n = protected_of(s.out, 5, ssrc, p);

		assert_int_equal(srtp_unprotect(s.in, p, &n),
				 ssrc < SRTP_SOURCES_MAX ? 0 : -ENOSPC);
	}
	pair_close(&s);
}

static void keys_wear_out(void **)
{
	struct pair s = pair_open(SRTP_GCM_128, &gcm);
	uint8_t p[PACKET_MAX];
	size_t n = sizeof(rtp_plain);

	memcpy(p, rtp_plain, n);
	assert_int_equal(srtp_protect(s.out, (UINT64_C(1) << 48) | 0x1234, p, &n, sizeof(p)),
			 -EKEYEXPIRED);
	assert_int_equal(srtp_protect(s.out, 0x1235, p, &n, sizeof(p)), -EINVAL);
	pair_close(&s);
	assert_int_equal(srtp_new((enum srtp_profile)2, SRTP_SEND, &cm, &s.out), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(session_keys_are_those_of_the_rfc),
		cmocka_unit_test(packets_are_those_of_the_reference),
		cmocka_unit_test(replay_is_refused),
		cmocka_unit_test(the_counter_rolls_over),
		cmocka_unit_test(forgeries_are_refused_and_leave_no_trace),
		cmocka_unit_test(the_same_again_is_the_same),
		cmocka_unit_test(sources_are_few),
		cmocka_unit_test(keys_wear_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
