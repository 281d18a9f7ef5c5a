/* sip/challenge.h - the client's half of digest authentication: how a provider's 401 or 407 is
 * answered (RFC 3261 section 22.2, RFC 7616, RFC 8760), qop=auth or none. Pure.
 *
 * A challenge is kept, so that what follows it in the dialog has credentials at once. */
#pragma once
#include "sip/re.h"

enum {
	CHALLENGE_TEXT_MAX = 512, /* bytes of realm, nonce and opaque each */
	CHALLENGE_LINE_MAX = 4096,
};

struct challenge {
	bool proxy; /* it was a 407 */
	bool sha256;
	bool named; /* it named its algorithm */
	bool qop;
	bool stale; /* the password was right, the nonce too old */
	unsigned nc;
	char realm[CHALLENGE_TEXT_MAX], nonce[CHALLENGE_TEXT_MAX], opaque[CHALLENGE_TEXT_MAX];
};

struct challenge_ask {
	const char *user, *password; /* the user without quotes and backslashes */
	const char *method, *uri;
	const char *cnonce; /* random, hexadecimal */
};

/* The first that we can answer: RFC 8760 section 2.4. -ENOENT: there is none. */
[[nodiscard]] int challenge_read(const struct sip_msg *response, struct challenge *ret_challenge);
/* Appends a whole Authorization or Proxy-Authorization line; counts. */
void challenge_answer(struct challenge *challenge, const struct challenge_ask *ask,
		      struct buf *out);
