#include "media/seal.h"

#include "media/sender.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum { CNAME_BYTES = 8 };

struct seal {
	struct seal_keys keys;
	struct srtp *in, *out;
	struct renumber numbers;
	uint64_t first; /* index of number 0 */
	struct sender sender;
	int64_t reported_us;
	char cname[2 * CNAME_BYTES + 1];
};

static bool names_make(struct seal *seal)
{
	uint8_t random[CNAME_BYTES];
	uint16_t first;

	if (RAND_bytes((uint8_t *)&seal->sender.ssrc, sizeof(seal->sender.ssrc)) != 1 ||
	    RAND_bytes((uint8_t *)&first, sizeof(first)) != 1 ||
	    RAND_bytes(random, sizeof(random)) != 1)
		return false;
	seal->first = first % SENDER_FIRST_BELOW;
	for (unsigned i = 0; i < CNAME_BYTES; i++) {
		seal->cname[2 * i] = (char)('a' + (random[i] >> 4));
		seal->cname[2 * i + 1] = (char)('a' + (random[i] & 15));
	}
	return true;
}

int seal_new(const struct seal_keys *keys, uint32_t clock_hz, struct seal **ret_seal)
{
	struct seal *seal = calloc(1, sizeof(*seal));
	int rc;

	if (!seal)
		return -ENOMEM;
	seal->keys = *keys;
	seal->sender.clock_hz = clock_hz;
	renumber_init(&seal->numbers, clock_hz);
	rc = names_make(seal) ? 0 : -ENOMEM;
	if (rc == 0)
		rc = srtp_new(keys->profile, SRTP_RECEIVE, &keys->theirs, &seal->in);
	if (rc == 0)
		rc = srtp_new(keys->profile, SRTP_SEND, &keys->ours, &seal->out);
	if (rc < 0) {
		seal_free(seal);
		return rc;
	}
	*ret_seal = seal;
	return 0;
}

void seal_free(struct seal *seal)
{
	if (!seal)
		return;
	srtp_free(seal->in);
	srtp_free(seal->out);
	OPENSSL_cleanse(seal, sizeof(*seal));
	free(seal);
}

static bool master_same(const struct srtp_master *a, const struct srtp_master *b,
			enum srtp_profile profile)
{
	return memcmp(a->key, b->key, sizeof(a->key)) == 0 &&
	       memcmp(a->salt, b->salt, srtp_salt_size(profile)) == 0;
}

bool seal_has(const struct seal *seal, const struct seal_keys *keys)
{
	return seal->keys.profile == keys->profile &&
	       master_same(&seal->keys.ours, &keys->ours, keys->profile) &&
	       master_same(&seal->keys.theirs, &keys->theirs, keys->profile);
}

int seal_open(struct seal *seal, uint8_t *p, size_t *n)
{
	return srtp_unprotect(seal->in, p, n);
}

int seal_open_rtcp(struct seal *seal, uint8_t *p, size_t *n, bool *ret_picture)
{
	struct feedback feedback;
	const int rc = srtcp_unprotect(seal->in, p, n);

	if (rc < 0)
		return rc;
	if (!rtcp_valid(p, *n))
		return -EBADMSG;
	feedback_read(p, *n, seal->sender.ssrc, &feedback);
	*ret_picture = feedback.picture;
	return 0;
}

bool seal_close(struct seal *seal, const uint8_t *p, const struct rtp *rtp, uint8_t pt,
		int64_t now_us, uint8_t ret_bytes[SEAL_PACKET_MAX], size_t *ret_n)
{
	const size_t payload = (size_t)(rtp->end - rtp->payload);
	struct renumbered r;
	uint64_t index;

	if (RTP_HEADER_SIZE + payload + SRTP_OVERHEAD_MAX > SEAL_PACKET_MAX ||
	    !renumber_take(&seal->numbers, rtp, now_us, &r))
		return false;
	index = seal->first + r.number;
	sender_header(&seal->sender, pt, rtp->marker || r.source, index, r.ts, ret_bytes);
	memcpy(ret_bytes + RTP_HEADER_SIZE, p + rtp->payload, payload);
	*ret_n = RTP_HEADER_SIZE + payload;
	if (srtp_protect(seal->out, index, ret_bytes, ret_n, SEAL_PACKET_MAX) < 0)
		return false;
	sender_note(&seal->sender, index, r.ts, payload, now_us);
	return true;
}

bool seal_report(struct seal *seal, int64_t now_us, int64_t wall_ms,
		 uint8_t ret_bytes[SEAL_PACKET_MAX], size_t *ret_n)
{
	if (!seal->sender.any || now_us - seal->reported_us < SEAL_REPORT_MS * INT64_C(1000))
		return false;
	seal->reported_us = now_us;
	*ret_n = sender_report(&seal->sender, now_us, wall_ms, seal->cname, NULL, ret_bytes);
	return srtcp_protect(seal->out, ret_bytes, ret_n, SEAL_PACKET_MAX) == 0;
}

bool seal_pli(struct seal *seal, uint32_t ssrc, uint8_t ret_bytes[SEAL_PACKET_MAX], size_t *ret_n)
{
	feedback_pli_print(seal->sender.ssrc, ssrc, ret_bytes);
	*ret_n = FEEDBACK_PLI_SIZE;
	return srtcp_protect(seal->out, ret_bytes, ret_n, SEAL_PACKET_MAX) == 0;
}
