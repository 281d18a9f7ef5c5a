#include "fixture.h"

#include "api/session.h"
#include "store/account.h"

#include <stdio.h>
#include <string.h>

#define PASSWORD "correct horse battery"
#define SIGN_IN(email, password) "{\"email\":\"" email "\",\"password\":\"" password "\"}"

static void password_give(struct fixture *f)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct person_row person;
	struct view hash;

	assert_int_equal(password_hash(VIEW(PASSWORD), &f->setup, &hash), 0);
	assert_int_equal(db_begin(f->db, &tx), 0);
	assert_int_equal(person_by_email(f->db, VIEW("site_admin@example.com"), &f->setup, &person), 0);
	assert_int_equal(person_password_set(f->db, NOW, person.id, hash), 0);
	assert_int_equal(db_commit(&tx), 0);
}

/* Takes the cookie of the answer into the next request, as a browser would. */
static void cookie_keep(struct fixture *f)
{
	struct view rest;
	const struct view cookie = view_cut(view_str(fixture_field(f, "Set-Cookie")), ';', &rest);

	f->ask.cookie = view_str(arena_dup(&f->setup, cookie));
}

static void signs_in_and_out(void **state)
{
	struct fixture *f = *state;

	password_give(f);
	assert_status(f, 201, NOBODY, "POST", "/session",
		      SIGN_IN(" Site_Admin@EXAMPLE.com", PASSWORD));
	assert_string_equal(fixture_get(f, "name"), "site_admin");
	assert_non_null(strstr(fixture_text(f), "\"roles\":[{\"role\":\"site_admin\""));
	assert_non_null(strstr(fixture_field(f, "Set-Cookie"),
			       "; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"));
	assert_null(strstr(fixture_field(f, "Set-Cookie"), "Secure"));
	cookie_keep(f);
	assert_status(f, 200, NOBODY, "GET", "/session", NULL);
	assert_string_equal(fixture_get(f, "email"), "site_admin@example.com");
	assert_status(f, 204, NOBODY, "DELETE", "/session", NULL);
	assert_non_null(strstr(fixture_field(f, "Set-Cookie"), "session=; Path=/; Max-Age=0;"));
	assert_status(f, 401, NOBODY, "GET", "/session", NULL);
}

/* Whoever plants a cookie before the sign-in, made up or of a session of their own, has nothing
 * after it: the token is always a new one, and what the browser had before is over. */
static void signing_in_takes_up_no_planted_session(void **state)
{
	static const char made_up[] =
		"session=6161616161616161616161616161616161616161616161616161616161616161";
	struct fixture *f = *state;
	struct view first;

	password_give(f);
	f->ask.cookie = view_str(made_up);
	assert_status(f, 201, NOBODY, "POST", "/session", SIGN_IN("site_admin@example.com", PASSWORD));
	assert_null(strstr(fixture_field(f, "Set-Cookie"), "61616161616161616161"));
	assert_status(f, 401, NOBODY, "GET", "/session", NULL);
	f->ask.cookie = (struct view){};
	assert_status(f, 201, NOBODY, "POST", "/session", SIGN_IN("site_admin@example.com", PASSWORD));
	cookie_keep(f);
	first = f->ask.cookie;
	assert_status(f, 201, NOBODY, "POST", "/session", SIGN_IN("site_admin@example.com", PASSWORD));
	cookie_keep(f);
	assert_false(view_eq(f->ask.cookie, first));
	assert_status(f, 200, NOBODY, "GET", "/session", NULL);
	f->ask.cookie = first;
	assert_status(f, 401, NOBODY, "GET", "/session", NULL);
}

static void over_tls_the_cookie_has_the_prefix(void **state)
{
	struct fixture *f = *state;

	password_give(f);
	f->ask.secure = true;
	assert_status(f, 201, NOBODY, "POST", "/session",
		      SIGN_IN("site_admin@example.com", PASSWORD));
	assert_memory_equal(fixture_field(f, "Set-Cookie"), "__Host-session=", 15);
	assert_non_null(strstr(fixture_field(f, "Set-Cookie"), "; Secure"));
	cookie_keep(f);
	assert_status(f, 200, NOBODY, "GET", "/session", NULL);
	f->ask.secure = false;
	assert_status(f, 401, NOBODY, "GET", "/session", NULL);
}

static void says_the_same_to_whoever_is_wrong(void **state)
{
	struct fixture *f = *state;
	const char *first;

	password_give(f);
	assert_status(f, 401, NOBODY, "POST", "/session",
		      SIGN_IN("site_admin@example.com", "wrong horse battery"));
	first = fixture_path(f, "%s", fixture_text(f));
	assert_string_equal(fixture_field(f, "Set-Cookie"), "");
	assert_status(f, 401, NOBODY, "POST", "/session", SIGN_IN("nobody@example.com", PASSWORD));
	assert_string_equal(fixture_text(f), first);
	/* A person without a password. */
	assert_status(f, 401, NOBODY, "POST", "/session", SIGN_IN("operator@example.com", PASSWORD));
	assert_string_equal(fixture_text(f), first);
}

static void tries_run_out(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < LIMITS_ACCOUNT_TRIES; i++)
		assert_status(f, 401, NOBODY, "POST", "/session", SIGN_IN("a@example.com", "b"));
	assert_status(f, 429, NOBODY, "POST", "/session", SIGN_IN("A@example.com", "b"));
	assert_string_equal(fixture_field(f, "Retry-After"), "60");
	clock_virtual_advance(&f->clock, INT64_C(60000000));
	assert_status(f, 401, NOBODY, "POST", "/session", SIGN_IN("a@example.com", "b"));
}

static void a_session_ends_when_idle_and_when_old(void **state)
{
	struct fixture *f = *state;

	password_give(f);
	assert_status(f, 201, NOBODY, "POST", "/session",
		      SIGN_IN("site_admin@example.com", PASSWORD));
	cookie_keep(f);
	for (int i = 1; i <= 29; i++) { /* used every day, it lives until its end */
		f->now = NOW + i * INT64_C(24) * 3600 * 1000;
		assert_status(f, 200, NOBODY, "GET", "/session", NULL);
	}
	f->now = NOW + SESSION_MAX_MS;
	assert_status(f, 401, NOBODY, "GET", "/session", NULL);

	assert_status(f, 201, NOBODY, "POST", "/session",
		      SIGN_IN("site_admin@example.com", PASSWORD));
	cookie_keep(f);
	f->now += SESSION_IDLE_MS - 1;
	assert_status(f, 200, NOBODY, "GET", "/session", NULL);
	f->now += SESSION_IDLE_MS;
	assert_status(f, 401, NOBODY, "GET", "/session", NULL);
}

static void a_broken_cookie_is_none(void **state)
{
	static const char *const cookies[] = {
		"", "session", "session=", "session=zz", "session=00; session=11", "=;;;=", "session=\xff",
		"session=61616161616161616161616161616161616161616161616161616161616161",
		"Session=6161616161616161616161616161616161616161616161616161616161616161",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cookies) / sizeof(cookies[0]); i++) {
		f->ask.cookie = view_str(cookies[i]);
		assert_status(f, 401, NOBODY, "GET", "/session", NULL);
	}
}

#define SETUP(token, password)                                                                     \
	"{\"token\":\"" token "\",\"email\":\"First@example.com\",\"password\":\"" password         \
	"\",\"name\":\"First\"}"
#define SETUP_IN(language)                                                                         \
	"{\"token\":\"one-time\",\"email\":\"First@example.com\",\"password\":\"" PASSWORD          \
	"\",\"name\":\"First\",\"language\":\"" language "\"}"

static void setup_is_over_once_there_is_an_operator(void **state)
{
	struct fixture *f = *state;

	assert_problem(f, 403, "token", NOBODY, "POST", "/setup", SETUP("one-time", PASSWORD));
	f->env.setup_token = "one-time";
	assert_problem(f, 403, "token", NOBODY, "POST", "/setup", SETUP("two-time", PASSWORD));
	assert_status(f, 410, NOBODY, "POST", "/setup", SETUP("one-time", PASSWORD));
}

static void setup_wants_a_good_password(void **state)
{
	struct fixture *f = *state;

	f->env.setup_token = "one-time";
	assert_problem(f, 422, "password", NOBODY, "POST", "/setup", SETUP("one-time", "eleven chrs"));
	assert_non_null(strstr(fixture_text(f), "at least 12 characters"));
	assert_problem(f, 422, "password", NOBODY, "POST", "/setup", SETUP("one-time", "aaaabbbbccccdddd"));
	assert_non_null(strstr(fixture_text(f), "5 different"));
	assert_problem(f, 422, "email", NOBODY, "POST", "/setup",
		       "{\"token\":\"t\",\"email\":\"no one\",\"password\":\"" PASSWORD "\",\"name\":\"N\"}");
}

static void setup_makes_the_first_administrator(void **state)
{
	static const struct db_stmt forget = { "forget", "DELETE FROM person" };
	struct fixture *f = *state;
	struct person_row first;

	assert_int_equal(db_prepare(f->db, &forget, 1, NULL), 0);
	assert_int_equal(db_exec(f->db, &forget, DB_NO_ARGS, NULL), 0);
	f->env.setup_token = "one-time";
	assert_problem(f, 422, "language", NOBODY, "POST", "/setup", SETUP_IN("?"));
	assert_status(f, 204, NOBODY, "POST", "/setup", SETUP_IN("de"));
	assert_status(f, 410, NOBODY, "POST", "/setup", SETUP("one-time", PASSWORD));
	assert_int_equal(person_by_email(f->db, VIEW("first@example.com"), &f->setup, &first), 0);
	assert_string_equal(first.language.p, "de");
	assert_status(f, 201, NOBODY, "POST", "/session", SIGN_IN("first@example.com", PASSWORD));
	cookie_keep(f);
	assert_non_null(strstr(fixture_text(f), "\"operator\""));
	assert_non_null(strstr(fixture_text(f), "\"company_admin\""));
	assert_status(f, 201, NOBODY, "POST", "/sites",
		      "{\"name\":\"Mine\",\"type\":\"commercial\",\"zone\":\"UTC\",\"language\":\"cs\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
		TEST(signs_in_and_out),
		TEST(signing_in_takes_up_no_planted_session),
		TEST(over_tls_the_cookie_has_the_prefix),
		TEST(says_the_same_to_whoever_is_wrong),
		TEST(tries_run_out),
		TEST(a_session_ends_when_idle_and_when_old),
		TEST(a_broken_cookie_is_none),
		TEST(setup_is_over_once_there_is_an_operator),
		TEST(setup_wants_a_good_password),
		TEST(setup_makes_the_first_administrator),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
