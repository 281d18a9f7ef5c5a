/* Does the work of a captcha as a browser does, from its text alone. */
#pragma once
#include "api/captcha.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static inline void captcha_bytes(struct view challenge, const char *name, unsigned char *to,
				 size_t n)
{
	const char *at = strstr(challenge.p, name);

	sodium_hex2bin(to, n, at + strlen(name), 2 * n, NULL, NULL, NULL);
}

/* The first counter that solves it. */
static inline uint32_t captcha_counter(struct view challenge)
{
	unsigned char password[CAPTCHA_NONCE_SIZE + 4], salt[CAPTCHA_SALT_SIZE], key[32];
	const int cost = atoi(strstr(challenge.p, "\"cost\":") + 7);

	captcha_bytes(challenge, "\"nonce\":\"", password, CAPTCHA_NONCE_SIZE);
	captcha_bytes(challenge, "\"salt\":\"", salt, sizeof(salt));
	for (uint32_t n = 0;; n++) {
		for (int i = 0; i < 4; i++)
			password[CAPTCHA_NONCE_SIZE + i] = (unsigned char)(n >> (24 - 8 * i));
		PKCS5_PBKDF2_HMAC((const char *)password, sizeof(password), salt, sizeof(salt),
				  cost, EVP_sha256(), sizeof(key), key);
		if (key[0] == 0)
			return n;
	}
}

/* What the browser sends, in the arena. */
static inline const char *captcha_answer(struct view challenge, uint32_t counter,
					 struct arena *arena)
{
	const char *json = arena_printf(arena,
					"{\"challenge\":%.*s,\"solution\":{\"counter\":%u,"
					"\"derivedKey\":\"00\",\"time\":1.5}}",
					(int)challenge.n, challenge.p, counter);
	const size_t n = strlen(json),
		     size = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL);
	char *text = arena_alloc(arena, size);

	return sodium_bin2base64(text, size, (const unsigned char *)json, n,
				 sodium_base64_VARIANT_ORIGINAL);
}

static inline const char *captcha_solve(struct view challenge, struct arena *arena)
{
	return captcha_answer(challenge, captcha_counter(challenge), arena);
}
