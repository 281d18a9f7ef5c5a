/* media/feedback.h - RTCP of a browser leg (RFC 3550 section 6, RFC 4585, RFC 5104): what a viewer
 * says of our streams, and the sender reports that it gets. Pure; any thread. */
#pragma once
#include "media/rtp.h"

enum {
	FEEDBACK_LOST_MAX = 256, /* sequence numbers of one compound packet */
	FEEDBACK_CNAME_MAX = 64,
	FEEDBACK_REPORT_MAX = 28 + 12 + FEEDBACK_CNAME_MAX + 4,
};

struct feedback {
	bool picture; /* a key frame is asked for: PLI, FIR */
	bool bye;
	unsigned nlost;
	uint16_t lost[FEEDBACK_LOST_MAX];
	bool report;
	uint8_t fraction; /* lost, of 256 */
	int32_t lost_total;
	uint32_t jitter;      /* timestamp units */
	uint32_t last_report; /* LSR and DLSR, for the round trip */
	uint32_t delay;
};

/* What the compound packet says of the stream ssrc. It has passed rtcp_valid. */
void feedback_read(const uint8_t *p, size_t n, uint32_t ssrc, struct feedback *ret_feedback);

struct feedback_sender {
	uint32_t ssrc;
	uint64_t ntp; /* now; 32.32 seconds since 1900 */
	uint32_t ts;  /* the stream's, now */
	uint32_t packets, bytes;
	const char *cname;
};

/* A sender report with an SDES. Bytes written. */
size_t feedback_report_print(const struct feedback_sender *s,
			     uint8_t ret_bytes[FEEDBACK_REPORT_MAX]);
