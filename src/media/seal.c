#include "media/seal.h"

#include "media/line.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum { CNAME_BYTES = 8 };

struct seal {
	struct seal_keys keys;
	struct srtp *in, *out;
	struct line line;
	int64_t reported_us;
	char cname[2 * CNAME_BYTES + 1];
};

static bool name_make(struct seal *seal)
{
	uint8_t random[CNAME_BYTES];

	if (RAND_bytes(random, sizeof(random)) != 1)
		return false;
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
	rc = line_init(&seal->line, clock_hz) && name_make(seal) ? 0 : -ENOMEM;
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
	feedback_read(p, *n, seal->line.sender.ssrc, &feedback);
	*ret_picture = feedback.picture;
	return 0;
}

/* What the bytes say in clear is in its place, and counted once it is sealed. */
static bool protect(struct seal *seal, const struct line_place *place, int64_t now_us,
		    uint8_t *bytes, size_t *n)
{
	const size_t payload = *n - RTP_HEADER_SIZE;

	if (srtp_protect(seal->out, place->index, bytes, n, SEAL_PACKET_MAX) < 0)
		return false;
	sender_note(&seal->line.sender, place->index, place->ts, payload, now_us);
	return true;
}

bool seal_close(struct seal *seal, const uint8_t *p, const struct rtp *rtp, uint8_t pt,
		int64_t now_us, uint8_t ret_bytes[SEAL_PACKET_MAX], size_t *ret_n)
{
	const size_t payload = (size_t)(rtp->end - rtp->payload);
	struct line_place place;

	if (RTP_HEADER_SIZE + payload + SRTP_OVERHEAD_MAX > SEAL_PACKET_MAX ||
	    !line_packet(&seal->line, p, rtp, pt, now_us, ret_bytes, &place))
		return false;
	*ret_n = RTP_HEADER_SIZE + payload;
	return protect(seal, &place, now_us, ret_bytes, ret_n);
}

bool seal_event(struct seal *seal, const struct line_event *event, uint8_t pt, int64_t now_us,
		uint8_t ret_bytes[SEAL_PACKET_MAX], size_t *ret_n)
{
	struct line_place place;

	line_event(&seal->line, event, pt, now_us, ret_bytes, &place);
	*ret_n = LINE_EVENT_SIZE;
	return protect(seal, &place, now_us, ret_bytes, ret_n);
}

void seal_hold(struct seal *seal, const struct rtp *rtp, int64_t now_us)
{
	line_hold(&seal->line, rtp, now_us);
}

bool seal_report(struct seal *seal, int64_t now_us, int64_t wall_ms,
		 uint8_t ret_bytes[SEAL_PACKET_MAX], size_t *ret_n)
{
	if (!seal->line.sender.any || now_us - seal->reported_us < SEAL_REPORT_MS * INT64_C(1000))
		return false;
	seal->reported_us = now_us;
	*ret_n = sender_report(&seal->line.sender, now_us, wall_ms, seal->cname, NULL, ret_bytes);
	return srtcp_protect(seal->out, ret_bytes, ret_n, SEAL_PACKET_MAX) == 0;
}

bool seal_pli(struct seal *seal, uint32_t ssrc, uint8_t ret_bytes[SEAL_PACKET_MAX], size_t *ret_n)
{
	feedback_pli_print(seal->line.sender.ssrc, ssrc, ret_bytes);
	*ret_n = FEEDBACK_PLI_SIZE;
	return srtcp_protect(seal->out, ret_bytes, ret_n, SEAL_PACKET_MAX) == 0;
}
