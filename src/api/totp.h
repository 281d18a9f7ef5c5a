/* api/totp.h - codes of an authenticator app (RFC 6238, as all apps have it: SHA-1, 6 digits, 30
 * seconds) and recovery codes. Pure but for the randomness given; any thread. */
#pragma once
#include "api/secret.h"

enum {
	TOTP_SECRET_SIZE = 20, /* bytes, RFC 4226 section 4 */
	TOTP_STEP_MS = 30 * 1000,
	TOTP_WINDOW = 1, /* steps that a phone's clock may be off, either way */
	TOTP_DIGITS = 6,
	RECOVERY_CODES = 10,
	RECOVERY_LETTERS = 10, /* of 32: 50 bits */
	RECOVERY_HASH_SIZE = 32,
	CODE_MAX = 32, /* characters that somebody may type as a code */
};

/* What the app is told: otpauth://totp/… with the secret in base32, which *ret_base32 is too. */
[[nodiscard]] int totp_uri(struct view secret, struct view account, struct arena *arena,
			   struct view *ret_uri, struct view *ret_base32);
/* The step of which the code is. -EACCES: of none near now. -EINVAL: it is no such code. */
[[nodiscard]] int totp_match(struct view secret, int64_t now_ms, struct view code,
			     int64_t *ret_step);

/* One to show: letters and digits that nobody mistakes, in two groups. -ENOMEM. */
[[nodiscard]] int recovery_make(struct rand *rand, struct arena *arena, struct view *ret_code);
/* As it is stored; case, spaces and hyphens do not count. -EINVAL: it can be none. */
[[nodiscard]] int recovery_hash(const struct secret_key *key, struct view code, struct arena *arena,
				struct view *ret_hash);
