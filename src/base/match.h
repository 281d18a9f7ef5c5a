/* base/match.h - does a text have what somebody looks for?
 *
 * The words of a question, folded (base/fold.h), are held against a folded text. Pure; any thread.
 */
#pragma once
#include "base/mem.h"

enum { MATCH_WORDS_MAX = 8 /* of a question; further ones are left out */ };

struct match_query {
	struct view words[MATCH_WORDS_MAX];
	size_t n;
};

/* The words point into the arena. -ENOMEM, also for a text larger than MATCH_TEXT_MAX bytes. */
enum { MATCH_TEXT_MAX = 64 * 1024 };
[[nodiscard]] int match_query(struct arena *arena, struct view text, struct match_query *ret_query);

enum { MATCH_NO = -1, MATCH_BEGINS, MATCH_WORD, MATCH_INSIDE };
/* How well a folded text fits, lower is better: it begins with the first word, one of its words
 * does, or it has it inside. MATCH_NO unless every word is found. */
int match_rank(struct view folded, const struct match_query *query);
