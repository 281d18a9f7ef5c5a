#include "api/password.h"

#include <errno.h>
#include <sodium.h>

int password_hash(struct view password, struct arena *arena, struct view *ret_hash)
{
	char *hash = arena_alloc(arena, crypto_pwhash_STRBYTES);

	if (!hash || crypto_pwhash_str_alg(hash, password.p, password.n, PASSWORD_PASSES,
					   PASSWORD_MEMORY, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return -ENOMEM;
	*ret_hash = view_str(hash);
	return 0;
}

bool password_verify(const char *hash, struct view password)
{
	return crypto_pwhash_str_verify(hash, password.p, password.n) == 0;
}

const char *password_fault(struct view password)
{
	bool seen[256] = {};
	int different = 0;

	for (size_t i = 0; i < password.n; i++) {
		bool *at = &seen[(unsigned char)password.p[i]];
		different += !*at;
		*at = true;
	}
	if (different < PASSWORD_DIFFERENT_MIN)
		return "needs at least 5 different characters.";
	return NULL;
}
