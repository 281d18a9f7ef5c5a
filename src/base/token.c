#include "base/token.h"

#include <errno.h>
#include <sodium.h>

_Static_assert(TOKEN_HASH_SIZE == crypto_generichash_BYTES, "the hash is BLAKE2b of 32 bytes");

static int hash_of(const unsigned char bytes[TOKEN_SIZE], struct arena *arena,
		   struct view *ret_hash)
{
	unsigned char *hash = arena_alloc(arena, TOKEN_HASH_SIZE);

	if (!hash)
		return -ENOMEM;
	crypto_generichash(hash, TOKEN_HASH_SIZE, bytes, TOKEN_SIZE, NULL, 0);
	*ret_hash = (struct view){ (char *)hash, TOKEN_HASH_SIZE };
	return 0;
}

int token_make(struct rand *rand, struct arena *arena, struct token *ret_token)
{
	unsigned char bytes[TOKEN_SIZE];
	char *text = arena_alloc(arena, TOKEN_DIGITS + 1);
	struct token token;
	int rc;

	if (!text)
		return -ENOMEM;
	rand_bytes(rand, bytes, sizeof(bytes));
	sodium_bin2hex(text, TOKEN_DIGITS + 1, bytes, sizeof(bytes));
	token.text = (struct view){ text, TOKEN_DIGITS };
	rc = hash_of(bytes, arena, &token.hash);
	if (rc == 0)
		*ret_token = token;
	return rc;
}

int token_hash(struct view text, struct arena *arena, struct view *ret_hash)
{
	unsigned char bytes[TOKEN_SIZE];
	size_t n;

	if (text.n != TOKEN_DIGITS ||
	    sodium_hex2bin(bytes, sizeof(bytes), text.p, text.n, NULL, &n, NULL) != 0 ||
	    n != sizeof(bytes))
		return -ENOENT;
	return hash_of(bytes, arena, ret_hash);
}
