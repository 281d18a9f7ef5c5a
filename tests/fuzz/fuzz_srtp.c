/* A packet of media or RTCP at a browser leg: as it is, which proves nothing; and protected by the
 * peer, when what is inside is read. */
#include "media/feedback.h"
#include "media/srtp.h"

#include <stdlib.h>
#include <string.h>

enum { PACKET_MAX = 2048 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct srtp_master master = { .key = "0123456789abcde", .salt = "0123456789abc" };

static void check(bool good)
{
	if (!good)
		abort();
}

static void forged(struct srtp *in, const uint8_t *data, size_t size)
{
	uint8_t p[PACKET_MAX];
	size_t n = size;

	memcpy(p, data, n);
	check(srtp_unprotect(in, p, &n) < 0);
	n = size;
	memcpy(p, data, n);
	check(srtcp_unprotect(in, p, &n) < 0);
}

static void media(struct srtp *out, struct srtp *in, const uint8_t *data, size_t size)
{
	uint8_t p[PACKET_MAX];
	size_t n = size;

	memcpy(p, data, n);
	if (n < RTP_HEADER_SIZE || srtp_protect(out, rtp_get16(p + 2), p, &n, sizeof(p)) < 0)
		return;
	check(srtp_unprotect(in, p, &n) == 0 && n == size && memcmp(p, data, n) == 0);
}

static void control(struct srtp *out, struct srtp *in, const uint8_t *data, size_t size)
{
	uint8_t p[PACKET_MAX];
	struct feedback f;
	size_t n = size;

	memcpy(p, data, n);
	if (srtcp_protect(out, p, &n, sizeof(p)) < 0)
		return;
	check(srtcp_unprotect(in, p, &n) == 0 && n == size && memcmp(p, data, n) == 0);
	if (!rtcp_valid(p, n))
		return;
	feedback_read(p, n, n >= 12 ? rtp_get32(p + 8) : 0, &f);
	check(f.nlost <= FEEDBACK_LOST_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum srtp_profile profiles[] = { SRTP_CM_SHA1_80, SRTP_GCM_128 };
	struct srtp *out, *in;

	if (n > PACKET_MAX - SRTP_OVERHEAD_MAX)
		return 0;
	for (unsigned i = 0; i < 2; i++) {
		check(srtp_new(profiles[i], SRTP_SEND, &master, &out) == 0);
		check(srtp_new(profiles[i], SRTP_RECEIVE, &master, &in) == 0);
		forged(in, data, n);
		media(out, in, data, n);
		control(out, in, data, n);
		srtp_free(out);
		srtp_free(in);
	}
	return 0;
}
