/* media/keypad.h - keys that we press at a peer, as telephone-events (RFC 4733): one after the
 * other, each for a while and followed by a pause.
 *
 * What others press meanwhile comes in packets of their own, which would cut ours short: such a
 * press waits its turn instead. And a telephone may send one press both by packets and by a way
 * that made us press it: its packets are not passed on then.
 *
 * Pure; belongs to the stream to the peer. Times are microseconds that only go up. */
#pragma once
#include "media/digit.h"
#include "media/line.h"
#include "media/relay.h"

enum {
	KEYPAD_KEYS_MAX = 32,  /* waiting; more are lost */
	KEYPAD_STEP_MS = 20,   /* between the packets of a press */
	KEYPAD_ENDS = 3,       /* the last one is sent so often (section 2.5.1.4) */
	KEYPAD_VOLUME = 10,    /* -dBm0 */
	KEYPAD_RECENT_MAX = 8, /* presses that may still have a twin */
	KEYPAD_TWIN_MS = 1000,
};

struct keypad {
	char keys[KEYPAD_KEYS_MAX];
	unsigned nkeys;
	uint32_t clock_hz;
	unsigned sent;    /* packets of the press; 0: none is on */
	char key;         /* of the press */
	int64_t begun_us; /* the press, or the one before */
	bool begun;       /* there was one */

	uint32_t ssrc; /* of the packets that others press with */
	struct digit heard;
	bool swallowed; /* what they press does not go out */
	struct keypad_press {
		char key; /* 0: none, or its twin has come */
		int64_t at_us;
	} recent[KEYPAD_RECENT_MAX];
	unsigned next;
};

/* ssrc, heard: of the source that sends to the peer, and what it presses. */
void keypad_init(struct keypad *k, uint32_t clock_hz, uint32_t ssrc, const struct digit *heard);
/* False: no key, or too many wait. */
bool keypad_add(struct keypad *k, char key, int64_t now_us);
/* The press that is on breaks off, and what waits is forgotten. */
void keypad_stop(struct keypad *k);
/* When there is something to send; -1: nothing waits. */
int64_t keypad_due_us(const struct keypad *k, int64_t now_us);
/* What is due is sent now. */
void keypad_next(struct keypad *k, int64_t now_us, struct line_event *ret_event);
/* A press is on: everything else is held back. */
bool keypad_presses(const struct keypad *k);
/* An event packet of another's. False: it must not go to the peer. */
bool keypad_passes(struct keypad *k, const uint8_t *p, const struct rtp *rtp, int64_t now_us);
