/* Captchas: what is asked for can be solved, once made by us, in time; nothing else passes. */
#include "api/captcha.h"
#include "../test.h"

#include "captcha_solver.h"

#include <errno.h>
#include <stdlib.h>

#define NOW INT64_C(1700000000000)

struct world {
	struct secret_key key;
	struct rand_seeded rand;
	struct arena arena;
	struct view challenge;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->arena = ARENA_INIT(1 << 20);
	rand_seeded_init(&w->rand, 1);
	assert_int_equal(
		captcha_make(&w->key, &w->rand.rand, 10, NOW, &w->arena, &w->challenge),
		0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	arena_free(&w->arena);
	free(w);
	return 0;
}

static int check(struct world *w, const char *answer, int64_t now)
{
	struct captcha_solved solved;

	return captcha_check(&w->key, view_str(answer), now, &w->arena, &solved);
}

static void it_looks_as_altcha_wants_it(void **state)
{
	struct world *w = *state;
	const char *text = w->challenge.p;

	assert_non_null(strstr(text,
			       "{\"parameters\":{\"algorithm\":\"PBKDF2/SHA-256\",\"cost\":10,"
			       "\"expiresAt\":1700001200,\"keyLength\":32,\"keyPrefix\":\"00\","
			       "\"nonce\":\""));
	assert_non_null(strstr(text, "\",\"salt\":\""));
	assert_non_null(strstr(text, "\"},\"signature\":\""));
}

static void whoever_does_the_work_passes_in_time(void **state)
{
	struct world *w = *state;
	const char *answer = captcha_solve(w->challenge, &w->arena);
	struct captcha_solved solved;

	assert_int_equal(captcha_check(&w->key, view_str(answer), NOW, &w->arena, &solved), 0);
	assert_int_equal(solved.nonce.n, 2 * CAPTCHA_NONCE_SIZE);
	assert_true(solved.expires_at == NOW + CAPTCHA_SECONDS * INT64_C(1000));
	assert_int_equal(check(w, answer, solved.expires_at - 1), 0);
	assert_int_equal(check(w, answer, solved.expires_at), -ETIME);
	w->key.bytes[0] ^= 1;
	assert_int_equal(check(w, answer, NOW), -EBADMSG);
}

static void a_wrong_counter_is_no_solution(void **state)
{
	struct world *w = *state;
	const uint32_t right = captcha_counter(w->challenge);

	assert_int_equal(check(w, captcha_answer(w->challenge, right, &w->arena), NOW), 0);
	for (uint32_t n = 0; n < 8; n++)
		if (n < right)
			assert_int_equal(check(w, captcha_answer(w->challenge, n, &w->arena), NOW),
					 -EBADMSG);
}

/* Easier work, a longer time, another nonce: the signature does not fit any more. */
static void what_was_asked_for_cannot_be_changed(void **state)
{
	static const char *const changes[][2] = {
		{ "\"cost\":10", "\"cost\":1" },
		{ "\"cost\":10", "\"cost\":11" },
		{ "\"expiresAt\":1700001200", "\"expiresAt\":1900001200" },
		{ "\"nonce\":\"", "\"nonce\":\"0" },
		{ "\"salt\":\"", "\"salt\":\"\",\"x\":\"" },
		{ "\"signature\":\"", "\"signature\":\"0" },
	};
	struct world *w = *state;
	const uint32_t counter = captcha_counter(w->challenge);

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const char *at = strstr(w->challenge.p, changes[i][0]);
		const char *other =
			arena_printf(&w->arena, "%.*s%s%s", (int)(at - w->challenge.p),
				     w->challenge.p, changes[i][1], at + strlen(changes[i][0]));
		assert_int_equal(check(w, captcha_answer(view_str(other), counter, &w->arena), NOW),
				 -EBADMSG);
	}
}

static void anything_else_is_none(void **state)
{
	static const char *const answers[] = {
		"", "=", "!!!!", "e30=", "W10=", "bnVsbA==", "eyJjaGFsbGVuZ2UiOnt9fQ==", "\xff\xff",
	};
	struct world *w = *state;
	char *longest = arena_alloc(&w->arena, CAPTCHA_TEXT_MAX + 2);

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		assert_int_equal(check(w, answers[i], NOW), -EBADMSG);
	memset(longest, 'A', CAPTCHA_TEXT_MAX + 1);
	assert_int_equal(check(w, longest, NOW), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(it_looks_as_altcha_wants_it),    TEST(whoever_does_the_work_passes_in_time),
		TEST(a_wrong_counter_is_no_solution), TEST(what_was_asked_for_cannot_be_changed),
		TEST(anything_else_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
