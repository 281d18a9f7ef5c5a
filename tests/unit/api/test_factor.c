/* The second factor: how it comes on, what a sign-in asks for then, and what it refuses. */
#include "fixture.h"

#include "api/session.h"
#include "api/totp.h"
#include "store/account.h"
#include "store/mail.h"

#include <errno.h>
#include <jansson.h>
#include <liboath/oath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSWORD "correct horse battery"
#define ADDRESS  "site_user@example.com"

static void password_give(struct fixture *f)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct person_row person;
	struct view hash;

	assert_int_equal(password_hash(VIEW(PASSWORD), &f->setup, &hash), 0);
	assert_int_equal(db_begin(f->db, &tx), 0);
	assert_int_equal(person_by_email(f->db, VIEW(ADDRESS), &f->setup, &person), 0);
	assert_int_equal(person_password_set(f->db, NOW, person.id, hash), 0);
	assert_int_equal(db_commit(&tx), 0);
}

/* The code of that secret (base32) that many steps from now. */
static const char *code_of(struct fixture *f, const char *secret, int steps)
{
	char *bytes, code[TOTP_DIGITS + 1];
	size_t n;

	assert_int_equal(oath_base32_decode(secret, strlen(secret), &bytes, &n), OATH_OK);
	assert_int_equal(
		oath_totp_generate(bytes, n, f->now / 1000 + 30 * steps, 30, 0, TOTP_DIGITS, code),
		OATH_OK);
	free(bytes);
	return fixture_path(f, "%s", code);
}

static const char *confirm_body(struct fixture *f, const char *code, const char *password)
{
	return fixture_path(f, "{\"code\":\"%s\",\"password\":\"%s\"}", code, password);
}

/* Switches it on for the site user, with the code before this step's. Returns the secret. */
static const char *switch_on(struct fixture *f)
{
	const char *secret;

	password_give(f);
	assert_status(f, 201, ROLE_SITE_USER, "POST", "/me/totp", NULL);
	secret = fixture_get(f, "secret");
	assert_status(f, 200, ROLE_SITE_USER, "POST", "/me/totp/confirm",
		      confirm_body(f, code_of(f, secret, -1), PASSWORD));
	return secret;
}

static const char *recovery_code(struct fixture *f, size_t i)
{
	json_t *root = json_loads(fixture_text(f), 0, NULL);
	json_t *codes = json_object_get(root, "codes");
	const char *code = fixture_path(
		f, "%s", json_string_value(json_object_get(json_array_get(codes, i), "code")));

	assert_int_equal(json_array_size(codes), RECOVERY_CODES);
	json_decref(root);
	return code;
}

/* The first step; takes the cookie of the answer, as a browser would. */
static void sign_in(struct fixture *f)
{
	struct view rest;

	f->ask.cookie = (struct view){};
	assert_status(f, 401, NOBODY, "POST", "/session",
		      "{\"email\":\"" ADDRESS "\",\"password\":\"" PASSWORD "\"}");
	assert_string_equal(fixture_get(f, "type"), PROBLEM_SECOND_FACTOR);
	f->ask.cookie = view_str(arena_dup(
		&f->setup, view_cut(view_str(fixture_field(f, "Set-Cookie")), ';', &rest)));
	assert_true(view_starts(f->ask.cookie, VIEW("second=")));
}

static void second(struct fixture *f, unsigned want, const char *code)
{
	assert_status(f, want, NOBODY, "POST", "/session/second",
		      fixture_path(f, "{\"code\":\"%s\"}", code));
}

static const char *newest_template(struct fixture *f)
{
	struct mail_row *mails;
	size_t n;

	assert_int_equal(mail_list(f->db, (struct view){}, INT64_MAX, 1, &f->setup, &mails, &n), 0);
	assert_int_equal(n, 1);
	return mails[0].template.p;
}

static void it_comes_on_with_a_code_and_the_password(void **state)
{
	struct fixture *f = *state;
	const char *secret, *uri;

	password_give(f);
	assert_status(f, 409, ROLE_SITE_USER, "POST", "/me/totp/confirm",
		      confirm_body(f, "123456", PASSWORD));
	assert_status(f, 201, ROLE_SITE_USER, "POST", "/me/totp", NULL);
	secret = fixture_get(f, "secret");
	uri = fixture_get(f, "uri");
	assert_non_null(strstr(uri, secret));
	assert_non_null(strstr(uri, "otpauth://totp/Vestibule:site_user%40example.com?"));
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/me", NULL);
	assert_string_equal(fixture_get(f, "second_factor"), "other");
	assert_problem(f, 403, "password", ROLE_SITE_USER, "POST", "/me/totp/confirm",
		       confirm_body(f, code_of(f, secret, 0), "wrong"));
	assert_problem(f, 403, "code", ROLE_SITE_USER, "POST", "/me/totp/confirm",
		       confirm_body(f, code_of(f, secret, 9), PASSWORD));
	assert_problem(f, 403, "code", ROLE_SITE_USER, "POST", "/me/totp/confirm",
		       confirm_body(f, "letters", PASSWORD));
	assert_status(f, 200, ROLE_SITE_USER, "POST", "/me/totp/confirm",
		      confirm_body(f, code_of(f, secret, 0), PASSWORD));
	assert_int_equal(strlen(recovery_code(f, 9)), RECOVERY_LETTERS + 1);
	assert_string_equal(newest_template(f), "two_factor_on");
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/me", NULL);
	assert_non_null(strstr(fixture_text(f), "\"second_factor\":true,\"recovery_codes\":10,"
						"\"recovery_codes_kept\":false}"));
	assert_status(f, 204, ROLE_SITE_USER, "POST", "/me/recovery-codes/kept", NULL);
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/me", NULL);
	assert_string_equal(fixture_get(f, "recovery_codes_kept"), "true");
	assert_status(f, 409, ROLE_SITE_USER, "POST", "/me/totp", NULL);
}

static void a_sign_in_takes_two_steps(void **state)
{
	struct fixture *f = *state;
	const char *secret = switch_on(f);

	sign_in(f);
	assert_status(f, 401, NOBODY, "GET", "/session", NULL); /* the first is no session */
	assert_problem(f, 403, "code", NOBODY, "POST", "/session/second", "{\"code\":\"000000\"}");
	second(f, 201, code_of(f, secret, 0));
	assert_string_equal(fixture_get(f, "name"), "site_user");
	assert_non_null(strstr(fixture_field(f, "Set-Cookie"), "session="));
	second(f, 401, code_of(f, secret, 1)); /* the first step is used up */
	f->ask.cookie = (struct view){};
	second(f, 401, code_of(f, secret, 1));
}

static void a_code_is_taken_once(void **state)
{
	struct fixture *f = *state;
	const char *secret = switch_on(f);

	sign_in(f);
	second(f, 403, code_of(f, secret, -1)); /* switched it on */
	second(f, 201, code_of(f, secret, 1));
	sign_in(f);
	second(f, 403, code_of(f, secret, 1));
	second(f, 403, code_of(f, secret, 0)); /* older than one that was taken */
	f->now += TOTP_STEP_MS * 2;
	second(f, 201, code_of(f, secret, 0));
}

static void the_first_step_waits_a_few_minutes_only(void **state)
{
	struct fixture *f = *state;
	const char *secret = switch_on(f);

	sign_in(f);
	f->now += INT64_C(5) * 60 * 1000;
	second(f, 401, code_of(f, secret, 0));
}

/* Also over several sign-ins, whose first step was right. */
static void guesses_of_codes_run_out(void **state)
{
	struct fixture *f = *state;
	const char *secret = switch_on(f);

	for (int i = 0; i < LIMITS_CODE_TRIES; i++) {
		sign_in(f);
		second(f, 403, "000000");
	}
	sign_in(f);
	second(f, 429, code_of(f, secret, 0));
	assert_string_equal(fixture_field(f, "Retry-After"), "180");
	clock_virtual_advance(&f->clock, LIMITS_CODE_REFILL_MS * INT64_C(1000));
	second(f, 201, code_of(f, secret, 0));
}

static void a_recovery_code_stands_in_once(void **state)
{
	struct fixture *f = *state;
	const char *code, *other;

	switch_on(f);
	code = recovery_code(f, 3);
	other = recovery_code(f, 4);
	sign_in(f);
	second(f, 201, code);
	sign_in(f);
	second(f, 403, code);
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/me", NULL);
	assert_non_null(strstr(fixture_text(f), "\"recovery_codes\":9"));
	assert_status(f, 200, ROLE_SITE_USER, "POST", "/me/recovery-codes", NULL);
	assert_string_not_equal(recovery_code(f, 4), other);
	code = recovery_code(f, 4);
	sign_in(f);
	second(f, 403, other); /* the new ones end the old */
	second(f, 201, code);
}

static void it_goes_off_for_who_was_asked_lately(void **state)
{
	struct fixture *f = *state;

	assert_status(f, 409, ROLE_SITE_USER, "DELETE", "/me/totp", NULL);
	assert_status(f, 409, ROLE_SITE_USER, "POST", "/me/recovery-codes", NULL);
	assert_status(f, 409, ROLE_SITE_USER, "POST", "/me/recovery-codes/kept", NULL);
	switch_on(f);
	f->now += SESSION_FRESH_MS;
	assert_status(f, 403, ROLE_SITE_USER, "DELETE", "/me/totp", NULL);
	assert_string_equal(fixture_get(f, "type"), PROBLEM_VERIFY);
	assert_status(f, 403, ROLE_SITE_USER, "POST", "/me/recovery-codes", NULL);
	assert_status(f, 204, ROLE_SITE_USER, "POST", "/session/verify",
		      "{\"password\":\"" PASSWORD "\"}");
	assert_status(f, 204, ROLE_SITE_USER, "DELETE", "/me/totp", NULL);
	assert_string_equal(newest_template(f), "two_factor_off");
	assert_status(f, 201, NOBODY, "POST", "/session",
		      "{\"email\":\"" ADDRESS "\",\"password\":\"" PASSWORD "\"}");
}

static void another_master_key_lets_nobody_in(void **state)
{
	struct fixture *f = *state;
	const char *secret = switch_on(f);

	f->env.key.bytes[0] ^= 1;
	sign_in(f);
	second(f, 500, code_of(f, secret, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
		TEST(it_comes_on_with_a_code_and_the_password),
		TEST(a_sign_in_takes_two_steps),
		TEST(a_code_is_taken_once),
		TEST(the_first_step_waits_a_few_minutes_only),
		TEST(guesses_of_codes_run_out),
		TEST(a_recovery_code_stands_in_once),
		TEST(it_goes_off_for_who_was_asked_lately),
		TEST(another_master_key_lets_nobody_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
