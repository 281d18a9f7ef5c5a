/* media/tone.h - keys pressed as tones in the sound itself (DTMF, ITU-T Q.23), for telephones that
 * send neither telephone-events nor INFO. spandsp listens.
 *
 * Belongs to whoever owns the stream. Cost: some 2 µs of CPU a packet of 20 ms; so
 * only streams listen whose peer has no telephone-event. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum {
	TONE_PACKET_MAX = 1600, /* bytes of a payload that is listened to: 200 ms */
	TONE_PT_ULAW = 0,       /* the static payload types of G.711 (RFC 3551) */
	TONE_PT_ALAW = 8,
};

struct tone;

/* -ENOMEM. */
[[nodiscard]] int tone_new(struct tone **ret_tone);
/* NULL is fine. */
void tone_free(struct tone *tone);
/* The payload of one packet, in the order of sending. Returns the key ('0'-'9', '*', '#', 'A'-'D')
 * once per press, 0 for nothing new and for what is not G.711. */
char tone_hear(struct tone *tone, uint8_t pt, const uint8_t *p, size_t n);
