/* An answer to a captcha: the input as it is, and as what is under its base64. Whatever it says, no
 * captcha is solved but the one that the server made, and that names its own nonce and end. */
#include "api/captcha.h"
#include "base/rand.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1700000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The one that the corpus solves. */
static const char *own_nonce(const struct secret_key *key, struct arena *arena)
{
	struct rand_seeded rand;
	struct view challenge;
	const char *at;

	rand_seeded_init(&rand, 1);
	if (captcha_make(key, &rand.rand, 1, NOW, arena, &challenge) < 0)
		abort();
	at = strstr(challenge.p, "\"nonce\":\"");
	return at ? at + strlen("\"nonce\":\"") : NULL;
}

static void try_answer(struct view answer, int64_t now, const char *nonce, struct arena *arena)
{
	const struct secret_key key = {};
	struct captcha_solved solved;
	const int rc = captcha_check(&key, answer, now, arena, &solved);

	if (rc != 0 && rc != -EBADMSG && rc != -ETIME && rc != -ENOMEM)
		abort();
	if (rc == 0 && (solved.nonce.n != 2 * CAPTCHA_NONCE_SIZE ||
			memcmp(solved.nonce.p, nonce, solved.nonce.n) != 0 ||
			solved.expires_at != NOW + CAPTCHA_SECONDS * INT64_C(1000)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	const size_t size = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL);
	const struct secret_key key = {};
	const char *nonce = own_nonce(&key, &arena);
	char *text = arena_alloc(&arena, size);

	if (!nonce)
		abort();
	try_answer((struct view){ (const char *)data, n }, NOW, nonce, &arena);
	if (!text)
		return 0;
	sodium_bin2base64(text, size, data, n, sodium_base64_VARIANT_ORIGINAL);
	try_answer(view_str(text), NOW, nonce, &arena);
	try_answer(view_str(text), INT64_MAX, nonce, &arena);
	return 0;
}
