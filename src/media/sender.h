/* media/sender.h - a stream that goes out under an SSRC and numbers of our own: its headers, and
 * what its reports say.
 *
 * An index is the sequence number and, above its 16 bits, how often it went round (RFC 3711 section
 * 3.3.1). Belongs to whoever sends. */
#pragma once
#include "media/feedback.h"

/* Of the first index: the counter does not roll over at once. */
enum { SENDER_FIRST_BELOW = 32768 };

struct sender {
	uint32_t ssrc, clock_hz;
	bool any;
	uint64_t index; /* the newest that went out */
	uint32_t ts;    /* its timestamp */
	int64_t sent_us;
	uint32_t packets, bytes; /* bytes: of payload */
};

void sender_header(const struct sender *s, uint8_t pt, bool marker, uint64_t index, uint32_t ts,
		   uint8_t ret_bytes[RTP_HEADER_SIZE]);
/* A packet went out, perhaps again or later than others behind it. */
void sender_note(struct sender *s, uint64_t index, uint32_t ts, size_t payload, int64_t now_us);
/* As feedback_report_print. block: of what comes in, or NULL. wall_ms: UTC. */
size_t sender_report(const struct sender *s, int64_t now_us, int64_t wall_ms, const char *cname,
		     const struct feedback_block *block, uint8_t ret_bytes[FEEDBACK_REPORT_MAX]);
