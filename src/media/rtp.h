/* media/rtp.h - the fixed RTP header (RFC 3550 section 5.1) and what tells RTCP from it.
 * Pure reading of bytes; any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RTP_HEADER_SIZE = 12,
	RTCP_HEADER_SIZE = 8,
	RTP_FORMATS = 128,
};

struct rtp {
	uint32_t ts;
	uint32_t ssrc;
	uint16_t seq;
	uint8_t pt;
	bool marker;
	uint16_t payload; /* offset of the payload */
	uint16_t end;     /* offset behind it, padding taken off */
};

static inline uint16_t rtp_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t rtp_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* RFC 5761 section 4: on a shared port the second byte of RTCP is 192 to 223. */
static inline bool rtp_is_rtcp(const uint8_t *p, size_t n)
{
	return n >= RTCP_HEADER_SIZE && p[1] >= 192 && p[1] <= 223;
}

/* True and *ret_rtp filled if p[0..n) is a well-formed RTP packet. n is at most 65,535. */
static inline bool rtp_read(const uint8_t *p, size_t n, struct rtp *ret_rtp)
{
	size_t at, pad = 0;

	if (n < RTP_HEADER_SIZE || n > UINT16_MAX || p[0] >> 6 != 2)
		return false;
	at = RTP_HEADER_SIZE + 4U * (p[0] & 15U);
	if (p[0] & 0x10) {
		if (at + 4 > n)
			return false;
		at += 4 + 4U * rtp_get16(p + at + 2);
	}
	if (p[0] & 0x20) {
		pad = p[n - 1];
		if (pad == 0)
			return false;
	}
	if (at + pad > n)
		return false;
	*ret_rtp = (struct rtp){
		.ts = rtp_get32(p + 4),
		.ssrc = rtp_get32(p + 8),
		.seq = rtp_get16(p + 2),
		.pt = p[1] & 127,
		.marker = p[1] >> 7,
		.payload = (uint16_t)at,
		.end = (uint16_t)(n - pad),
	};
	return true;
}

/* RFC 3550 appendix A.2: version 2, a known first type, lengths that add up. */
static inline bool rtcp_valid(const uint8_t *p, size_t n)
{
	size_t at = 0;

	if (n < RTCP_HEADER_SIZE || n % 4 != 0 || p[1] < 192 || p[1] > 223)
		return false;
	while (at + 4 <= n) {
		if (p[at] >> 6 != 2)
			return false;
		at += 4 + 4U * rtp_get16(p + at + 2);
	}
	return at == n;
}
