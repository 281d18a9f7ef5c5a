/* api/secret.h - secrets at rest, sealed with the master key (libsodium's secretbox), and what is
 * made from a SIP password. Pure but for the randomness given; any thread. */
#pragma once
#include "base/mem.h"
#include "base/rand.h"

enum {
	SECRET_KEY_SIZE = 32,
	SIP_PASSWORD_SIZE = 20, /* characters: 119 bits from 62 letters and digits */
};

struct secret_key {
	unsigned char bytes[SECRET_KEY_SIZE];
};

/* Nonce and box, in the arena. */
[[nodiscard]] int secret_seal(const struct secret_key *key, struct rand *rand, struct view plain,
			      struct arena *arena, struct view *ret_sealed);
/* NUL-terminated, in the arena. -EBADMSG: another key, or not what was sealed. */
[[nodiscard]] int secret_open(const struct secret_key *key, struct view sealed, struct arena *arena,
			      struct view *ret_plain);

/* A key for one purpose, made from the master key. */
void secret_subkey(const struct secret_key *key, const char *purpose, struct secret_key *ret_subkey);

/* A device's SIP account. Texts are NUL-terminated, all is in the arena. */
struct credential {
	struct view password;
	struct view sealed;
	struct view ha1_md5;    /* hex of MD5(number:realm:password), RFC 7616 section 3.4.2 */
	struct view ha1_sha256; /* hex of SHA-256 of the same, RFC 8760 */
};

[[nodiscard]] int credential_make(const struct secret_key *key, struct rand *rand, int64_t number,
				  const char *realm, struct arena *arena,
				  struct credential *ret_credential);
