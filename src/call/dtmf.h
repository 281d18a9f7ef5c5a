/* call/dtmf.h - keys pressed during a call: one press once, and the unlock code.
 *
 * A phone may send one press by two ways, such as RFC 4733 packets and INFO: what comes a second time
 * by another way within DTMF_TWIN_MS is its twin. Pure; one per leg. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DTMF_TYPED_MAX = 16,  /* keys remembered */
	DTMF_RECENT_MAX = 8,  /* presses that may still have a twin */
	DTMF_TWIN_MS = 1000,
	DTMF_GAP_MS = 10000,  /* a longer pause starts the code anew */
};

enum dtmf_how { DTMF_RTP, DTMF_INFO, DTMF_TONE };

struct dtmf {
	char typed[DTMF_TYPED_MAX];
	size_t ntyped;
	int64_t last_ms;
	struct dtmf_press {
		char digit; /* 0: none, or its twin has come */
		enum dtmf_how how;
		int64_t at_ms;
	} recent[DTMF_RECENT_MAX];
	unsigned next;
};

/* False: the twin of an earlier press. now_ms: any clock that only rises. */
bool dtmf_press(struct dtmf *d, char digit, enum dtmf_how how, int64_t now_ms);
/* The keys end with the code; they are forgotten then, so that a code opens once. */
bool dtmf_take_code(struct dtmf *d, const char *code);
