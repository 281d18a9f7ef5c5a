/* office/push_token.h - tokens of notices: known by whoever got the notice, good for one use.
 *
 * They live in memory, no longer than the call rings, and are gone with the server. Any thread. */
#pragma once
#include "base/buf.h"
#include "base/rand.h"

enum {
	PUSH_TOKEN_BYTES = 16,
	PUSH_TOKEN_DIGITS = 2 * PUSH_TOKEN_BYTES,
	PUSH_TOKENS_MAX = 65536, /* at once; beyond it notices go without */
};

enum push_token_kind { PUSH_TOKEN_SEEN, PUSH_TOKEN_OPEN };

/* What a token stands for. */
struct push_token {
	enum push_token_kind kind;
	int64_t call_id;
	uint64_t device;
	int64_t subscription;
	unsigned number;    /* OPEN: the switch */
	int64_t expires_at; /* UTC, ms */
};

struct push_tokens;

[[nodiscard]] int push_tokens_new(struct push_tokens **ret_tokens);
void push_tokens_free(struct push_tokens *t);
/* -ENOSPC at PUSH_TOKENS_MAX; -ENOMEM: the text is empty then. */
int push_tokens_issue(struct push_tokens *t, struct rand *rand, const struct push_token *what,
		      char ret_text[PUSH_TOKEN_DIGITS + 1]);
/* Once. -ENOENT: there is no such token of that kind, or no more. */
[[nodiscard]] int push_tokens_take(struct push_tokens *t, enum push_token_kind kind,
				   struct view text, int64_t now_ms, struct push_token *ret_what);
/* Its call rings no more. An empty text, or one that was taken, is fine. */
void push_tokens_drop(struct push_tokens *t, const char *text);
size_t push_tokens_count(struct push_tokens *t);
