/* media/feedback.h - RTCP of a browser leg (RFC 3550 section 6, RFC 4585, RFC 5104): what a viewer
 * says of our streams, and the sender reports that it gets. Pure; any thread. */
#pragma once
#include "media/rtp.h"

enum {
	FEEDBACK_LOST_MAX = 256, /* sequence numbers of one compound packet */
	FEEDBACK_CNAME_MAX = 64,
	FEEDBACK_REPORT_MAX = 28 + 24 + 12 + FEEDBACK_CNAME_MAX + 4,
	FEEDBACK_PLI_SIZE = 20,
};

/* What a report says of a stream that comes in (RFC 3550 section 6.4.1). */
struct feedback_block {
	uint32_t ssrc;
	uint8_t fraction;            /* lost since the last one, of 256 */
	int32_t lost;                /* since the start; 24 bits of it are told */
	uint32_t highest;            /* sequence number, and how often it went round */
	uint32_t jitter;             /* timestamp units */
	uint32_t last_report, delay; /* of the last sender report; 1/65,536 s */
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
	bool sent;    /* a sender report is there, of whatever stream */
	uint32_t ntp; /* its middle 32 bits: last_report of ours */
};

/* What the compound packet says of the stream ssrc. It has passed rtcp_valid. */
void feedback_read(const uint8_t *p, size_t n, uint32_t ssrc, struct feedback *ret_feedback);

struct feedback_sender {
	uint32_t ssrc;
	uint64_t ntp; /* now; 32.32 seconds since 1900 */
	uint32_t ts;  /* the stream's, now */
	uint32_t packets, bytes;
	const char *cname;
	const struct feedback_block *block; /* NULL: nothing comes in */
};

/* A sender report, or a receiver report when nothing was sent, with an SDES. Bytes written. */
size_t feedback_report_print(const struct feedback_sender *s,
			     uint8_t ret_bytes[FEEDBACK_REPORT_MAX]);
/* What the receiver `ours` asks for: a key frame of the stream `theirs`. */
void feedback_pli_print(uint32_t ours, uint32_t theirs, uint8_t ret_bytes[FEEDBACK_PLI_SIZE]);
