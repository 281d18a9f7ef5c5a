#include "base/fold.h"
#include "base/match.h"
#include "../test.h"

#include <errno.h>

static int match(struct arena *arena, const char *text, const char *question)
{
	struct buf folded = BUF_INIT(1024);
	struct match_query query;
	int rank;

	fold_add(&folded, view_str(text));
	assert_int_equal(match_query(arena, view_str(question), &query), 0);
	rank = match_rank(buf_view(&folded), &query);
	buf_free(&folded);
	return rank;
}

static void every_word_must_be_there_and_the_first_one_ranks(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);

	assert_int_equal(match(&arena, "Maple House", "map"), MATCH_BEGINS);
	assert_int_equal(match(&arena, "Maple House", "HOU"), MATCH_WORD);
	assert_int_equal(match(&arena, "Maple House", "ouse"), MATCH_INSIDE);
	assert_int_equal(match(&arena, "\u0160koda", "skod"), MATCH_BEGINS);
	assert_int_equal(match(&arena, "grass a", "as a"), MATCH_INSIDE);
	assert_int_equal(match(&arena, "bass-ass", "ass"), MATCH_WORD); /* the better of two */
	assert_int_equal(match(&arena, "Maple House", "  house   maple "), MATCH_WORD);
	assert_int_equal(match(&arena, "Maple House", "maple x"), MATCH_NO);
	assert_int_equal(match(&arena, "", "a"), MATCH_NO);
	assert_int_equal(match(&arena, "Maple", ""), MATCH_NO);
	assert_int_equal(match(&arena, "a b c d e f g h", "a b c d e f g h i j"), MATCH_BEGINS);
}

static void without_memory_there_is_no_answer(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(8);
	struct match_query query;

	assert_int_equal(match_query(&arena, VIEW("a long enough text"), &query), -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_must_be_there_and_the_first_one_ranks),
		cmocka_unit_test(without_memory_there_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
