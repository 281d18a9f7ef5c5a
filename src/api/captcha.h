/* api/captcha.h - a piece of work for whoever asks without an account: ALTCHA 3, self-hosted.
 *
 * The browser looks for a counter with which PBKDF2 of nonce and counter begins with
 * CAPTCHA_PREFIX; the server signs what it asks for and derives once to check. Nothing is kept of a
 * captcha until it is solved; that each is used once is store/token.h's captcha_use. It slows
 * robots down and proves no human: limits count besides.
 *
 * Pure but for the randomness given; any thread. Checking costs CAPTCHA_COST rounds of HMAC. */
#pragma once
#include "api/secret.h"

enum {
	CAPTCHA_COST = 1000,      /* rounds of PBKDF2 per try; 256 tries on average */
	CAPTCHA_COST_MAX = 10000, /* of what is accepted */
	CAPTCHA_SECONDS = 1200,   /* for how long one may be solved */
	CAPTCHA_NONCE_SIZE = 16,
	CAPTCHA_SALT_SIZE = 16,
	CAPTCHA_TEXT_MAX = 2048, /* bytes of an answer */
};

/* The challenge as JSON in the arena, {"parameters", "signature"}; cost: rounds, CAPTCHA_COST
 * unless in a hurry. -ENOMEM. */
[[nodiscard]] int captcha_make(const struct secret_key *key, struct rand *rand, int64_t cost,
			       int64_t now_ms, struct arena *arena, struct view *ret_json);

struct captcha_solved {
	struct view nonce;  /* hexadecimal, in the arena */
	int64_t expires_at; /* epoch ms */
};

/* Whether the answer, base64 of {"challenge", "solution"}, solves one of ours. -EBADMSG: it does
 * not; -ETIME: it did, but too late; -ENOMEM. */
[[nodiscard]] int captcha_check(const struct secret_key *key, struct view answer, int64_t now_ms,
				struct arena *arena, struct captcha_solved *ret_solved);
