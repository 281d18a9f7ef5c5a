/* sim/keys.h - digits that arrive from a call: one press counts once, and a code is noticed.
 * Pure; belongs to its caller. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Phones send one press as an RTP event and as INFO; the second within KEYS_TWIN_MS is its twin. */
enum { KEYS_TWIN_MS = 400, KEYS_PAUSE_MS = 8000, KEYS_MAX = 32 };
enum keys_way { KEYS_RTP, KEYS_INFO };

struct keys {
	char typed[KEYS_MAX + 1]; /* the newest last */
	int64_t last_ms;
	int64_t twin_ms; /* when the last counted digit came */
	char twin;       /* that digit; 0 once its twin has come */
	enum keys_way way;
};

/* false: the digit is the twin of one that was counted. */
bool keys_press(struct keys *k, char digit, enum keys_way way, int64_t now_ms);
/* What was typed ends with code, which is then used up. An empty code never does. */
bool keys_took(struct keys *k, const char *code);
