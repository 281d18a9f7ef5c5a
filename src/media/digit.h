/* media/digit.h - key presses in telephone-event packets (RFC 4733).
 * Pure; belongs to whoever owns the stream. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct digit {
	bool any;
	bool ended;
	uint8_t code;
	uint16_t duration;
	uint32_t ts;
};

/* One packet: its RTP timestamp and payload. Returns the key ('0'-'9', '*', '#', 'A'-'D') at
 * the first packet of a press, 0 for all others: repeats, ends, segments of a long press
 * (section 2.5.1.3), late packets, other events, too short ones. Marker bits are not needed. */
char digit_read(struct digit *d, uint32_t ts, const uint8_t *p, size_t n);
/* The event of a key; -1: there is none. */
int digit_code(char key);
