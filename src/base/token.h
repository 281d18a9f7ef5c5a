/* base/token.h - random tokens that prove something by being known: cookies, links in mails.
 *
 * A token is TOKEN_SIZE random bytes, told as hexadecimal digits once; the server keeps only its
 * hash, so that a stolen database opens nothing. Pure but for the randomness given; any thread. */
#pragma once
#include "base/mem.h"
#include "base/rand.h"

enum { TOKEN_SIZE = 32, TOKEN_DIGITS = 2 * TOKEN_SIZE, TOKEN_HASH_SIZE = 32 };

struct token {
	struct view text; /* TOKEN_DIGITS, NUL-terminated in the arena */
	struct view hash; /* TOKEN_HASH_SIZE bytes in the arena */
};

/* -ENOMEM. */
[[nodiscard]] int token_make(struct rand *rand, struct arena *arena, struct token *ret_token);
/* The hash of a token that somebody tells. -ENOENT: it cannot be one. -ENOMEM. */
[[nodiscard]] int token_hash(struct view text, struct arena *arena, struct view *ret_hash);
