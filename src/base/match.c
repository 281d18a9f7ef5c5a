#include "base/match.h"

#include "base/fold.h"

#include <errno.h>
#include <string.h>

int match_query(struct arena *arena, struct view text, struct match_query *ret_query)
{
	struct buf folded = BUF_INIT(MATCH_TEXT_MAX);
	struct view rest = {};
	char *copy;

	fold_add(&folded, text);
	copy = folded.err < 0 ? NULL : arena_dup(arena, buf_view(&folded));
	rest = (struct view){ copy, copy ? folded.n : 0 };
	buf_free(&folded);
	if (!copy)
		return -ENOMEM;
	*ret_query = (struct match_query){};
	while (rest.n > 0 && ret_query->n < MATCH_WORDS_MAX) {
		const struct view word = view_trim(view_cut(rest, ' ', &rest));
		if (word.n > 0)
			ret_query->words[ret_query->n++] = word;
	}
	return 0;
}

static bool in_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

static int match_word(struct view text, struct view word)
{
	int best = MATCH_NO;

	for (const char *at = text.p; at; at++) {
		at = memmem(at, (size_t)(text.p + text.n - at), word.p, word.n);
		if (!at)
			break;
		if (at == text.p)
			return MATCH_BEGINS;
		if (!in_word(at[-1]))
			return MATCH_WORD;
		best = MATCH_INSIDE;
	}
	return best;
}

int match_rank(struct view folded, const struct match_query *query)
{
	int best = MATCH_NO;

	for (size_t i = 0; i < query->n; i++) {
		const int how = match_word(folded, query->words[i]);
		if (how == MATCH_NO)
			return MATCH_NO;
		if (i == 0)
			best = how;
	}
	return best;
}
