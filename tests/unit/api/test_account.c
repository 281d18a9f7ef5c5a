/* Invitations, registration, activation, passwords, addresses, sessions, and what strangers try. */
#include "fixture.h"

#include "api/invite.h"
#include "api/session.h"
#include "base/token.h"
#include "store/account.h"
#include "store/mail.h"
#include "store/token.h"
#include "captcha_solver.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The newest mail of the outbox; mails[0] of them all. */
static struct mail_row mail_newest(struct fixture *f)
{
	struct mail_row *mails;
	size_t n;

	assert_int_equal(mail_list(f->db, (struct view){}, INT64_MAX, 10, &f->setup, &mails, &n),
			 0);
	assert_true(n > 0);
	return mails[0];
}

static size_t mail_number(struct fixture *f)
{
	struct mail_row *mails;
	size_t n;

	assert_int_equal(mail_list(f->db, (struct view){}, INT64_MAX, 100, &f->setup, &mails, &n),
			 0);
	return n;
}

/* The token of the link in the newest mail. */
static const char *mailed_token(struct fixture *f)
{
	const struct mail_row mail = mail_newest(f);
	const char *at = strchr(mail.arguments.p, '#');

	assert_non_null(at);
	return fixture_path(f, "%.*s", TOKEN_DIGITS, at + 1);
}

static struct view or_null(const char *text)
{
	return text ? view_str(text) : (struct view){};
}

static int64_t person_make(struct fixture *f, const char *email, const char *password)
{
	const struct person_row person = { .email = or_null(email),
					   .name = VIEW("Paul"),
					   .password = or_null(password),
					   .language = VIEW("fr") };
	DB_TRANSACTION struct db_tx tx = {};
	int64_t id = 0;

	assert_int_equal(db_begin(f->db, &tx), 0);
	assert_int_equal(person_create(f->db, NOW, &person, &id), 0);
	assert_int_equal(db_commit(&tx), 0);
	return id;
}

static int invite(struct fixture *f, int64_t person_id)
{
	struct request r = { .env = &f->env,
			     .db = f->db,
			     .arena = &f->setup,
			     .now = f->now,
			     .who = { .name = VIEW("Ida \"Admin\"") } };
	const struct invite in = { person_id, f->company, f->own, VIEW("Own"), VIEW("en") };

	return account_invite(&r, &in);
}

static void an_invitation_lets_in_who_has_no_password(void **state)
{
	struct fixture *f = *state;
	const int64_t id = person_make(f, "paul@example.com", NULL);
	struct mail_row mail;
	struct token_row token;
	struct view hash, old;

	assert_int_equal(invite(f, id), 0);
	mail = mail_newest(f);
	assert_string_equal(mail.template.p, "invitation");
	assert_string_equal(mail.recipient.p, "paul@example.com");
	assert_string_equal(mail.language.p, "en");
	assert_true(mail.site_id == f->own && mail.company_id == f->company &&
		    mail.person_id == id);
	assert_non_null(strstr(mail.arguments.p, "\"by\":\"Ida \\\"Admin\\\"\",\"place\":\"Own\","
						 "\"path\":\"/activate#"));
	assert_int_equal(token_hash(view_str(mailed_token(f)), &f->setup, &old), 0);
	assert_int_equal(token_find(f->db, old, VIEW("invitation"), NOW, &f->setup, &token), 0);
	assert_int_equal(token.person_id, id);
	assert_int_equal(invite(f, id), 0); /* once more: the link before is over */
	assert_int_equal(token_hash(view_str(mailed_token(f)), &f->setup, &hash), 0);
	assert_int_equal(token_find(f->db, old, VIEW("invitation"), NOW, &f->setup, &token),
			 -ENOENT);
	assert_int_equal(
		token_find(f->db, hash, VIEW("invitation"), NOW + INVITE_MS - 1, &f->setup, &token),
		0);
}

static void who_has_a_password_is_told_without_a_token(void **state)
{
	struct fixture *f = *state;
	const int64_t id = person_make(f, "paul@example.com", "hash");

	assert_int_equal(invite(f, id), 0);
	assert_string_equal(mail_newest(f).template.p, "added_to_place");
	assert_null(strchr(mail_newest(f).arguments.p, '#'));
	assert_int_equal(invite(f, id + 99), -ENOENT);
	assert_int_equal(invite(f, person_make(f, NULL, NULL)), -EDESTADDRREQ);
	assert_int_equal(mail_number(f), 1);
}

#define PASSWORD "correct horse battery"
#define REGISTER(email)                                                                            \
	"{\"name\":\"Rosa\",\"company\":\"Rosa & Co\",\"email\":\"" email                          \
	"\",\"language\":\"fr\",\"consent\":true,\"captcha\":\"%s\"}"

/* A solved captcha, of little work. */
static const char *captcha(struct fixture *f)
{
	struct view challenge;

	assert_int_equal(captcha_make(&f->env.key, f->env.rand, 1, f->now, &f->setup, &challenge),
			 0);
	return captcha_solve(challenge, &f->setup);
}

/* One as the server asks for it. */
static const char *whole_captcha(struct fixture *f)
{
	assert_status(f, 200, NOBODY, "GET", "/captcha", NULL);
	return captcha_solve(view_str(fixture_path(f, "%s", fixture_text(f))), &f->setup);
}

/* fmt has the place of the captcha. */
#define enrol(f, want, fmt)                                                                        \
	assert_status(f, want, NOBODY, "POST", "/registration", fixture_path(f, fmt, captcha(f)))

static const char *token_body(struct fixture *f, const char *token, const char *password)
{
	return fixture_path(f, "{\"token\":\"%s\",\"password\":\"%s\"}", token, password);
}

static void activate(struct fixture *f, unsigned want, const char *token)
{
	assert_status(f, want, NOBODY, "POST", "/activation", token_body(f, token, PASSWORD));
}

/* Takes the cookie of the answer into the next request, as a browser would. */
static void cookie_keep(struct fixture *f)
{
	struct view rest;
	const struct view cookie = view_cut(view_str(fixture_field(f, "Set-Cookie")), ';', &rest);

	assert_true(cookie.n > TOKEN_DIGITS);
	f->ask.cookie = view_str(arena_dup(&f->setup, cookie));
}

static void sign_in(struct fixture *f, unsigned want, const char *email, const char *password)
{
	assert_status(f, want, NOBODY, "POST", "/session",
		      fixture_path(f, "{\"email\":\"%s\",\"password\":\"%s\"}", email, password));
}

static void a_stranger_becomes_a_company(void **state)
{
	struct fixture *f = *state;
	struct mail_row mail;
	const char *token;

	assert_status(f, 200, NOBODY, "GET", "/registration", NULL);
	assert_string_equal(fixture_get(f, "open"), "true");
	enrol(f, 202, REGISTER(" Rosa@Example.com "));
	assert_string_equal(fixture_text(f), "");
	mail = mail_newest(f);
	assert_string_equal(mail.template.p, "activation");
	assert_string_equal(mail.recipient.p, "rosa@example.com");
	assert_string_equal(mail.recipient_name.p, "Rosa");
	assert_string_equal(mail.language.p, "fr");
	sign_in(f, 401, "rosa@example.com", PASSWORD);
	token = mailed_token(f);
	assert_problem(f, 422, "password", NOBODY, "POST", "/activation",
		       token_body(f, token, "short"));
	activate(f, 201, token);
	assert_string_equal(fixture_get(f, "name"), "Rosa");
	assert_non_null(strstr(fixture_text(f), "\"role\":\"company_admin\""));
	cookie_keep(f);
	assert_status(f, 200, NOBODY, "GET", "/sites", NULL);
	assert_string_equal(fixture_text(f), "{\"items\":[],\"next\":null}");
	assert_status(
		f, 201, NOBODY, "POST", "/sites",
		"{\"name\":\"Own\",\"type\":\"commercial\",\"zone\":\"UTC\",\"language\":\"fr\"}");
	assert_problem(f, 410, "token", NOBODY, "POST", "/activation",
		       token_body(f, token, PASSWORD));
	sign_in(f, 201, "ROSA@example.com", PASSWORD);
}

/* The answer, and the rows that are written, are the same; only the mailbox tells. */
static void nobody_learns_whose_address_has_an_account(void **state)
{
	struct fixture *f = *state;
	const size_t before = mail_number(f);

	person_make(f, "paul@example.com", "hash");
	enrol(f, 202, REGISTER("Paul@example.com"));
	assert_string_equal(fixture_text(f), "");
	assert_int_equal(f->answer.nfields, 0);
	assert_int_equal(mail_number(f), before + 1);
	assert_string_equal(mail_newest(f).template.p, "already_registered");
	assert_string_equal(mail_newest(f).arguments.p, "{\"path\":\"/\"}");
	enrol(f, 202, REGISTER("other@example.com"));
	assert_string_equal(fixture_text(f), "");
	assert_int_equal(f->answer.nfields, 0);
	assert_int_equal(mail_number(f), before + 2);
	assert_string_equal(mail_newest(f).template.p, "activation");
}

static void a_captcha_is_asked_for_and_good_once(void **state)
{
	struct fixture *f = *state;
	const char *solved = whole_captcha(f),
		   *body = fixture_path(f, REGISTER("a@example.com"), solved);

	assert_status(f, 422, NOBODY, "POST", "/registration",
		      fixture_path(f, REGISTER("a@example.com"), "e30="));
	assert_string_equal(fixture_get(f, "type"), PROBLEM_CAPTCHA);
	assert_int_equal(mail_number(f), 0);
	assert_status(f, 202, NOBODY, "POST", "/registration", body);
	assert_status(f, 422, NOBODY, "POST", "/registration", body);
	assert_string_equal(fixture_get(f, "type"), PROBLEM_CAPTCHA);
	assert_int_equal(mail_number(f), 1);
	body = fixture_path(f, REGISTER("a@example.com"), captcha(f));
	f->now += CAPTCHA_SECONDS * INT64_C(1000);
	assert_status(f, 422, NOBODY, "POST", "/registration", body);
}

static void a_closed_server_takes_nobody_and_consent_is_asked_for(void **state)
{
	struct fixture *f = *state;
	const char *refusal =
		"{\"name\":\"R\",\"company\":\"C\",\"email\":\"r@e\",\"language\":\"en\","
		"\"consent\":false,\"captcha\":\"x\"}";

	assert_problem(f, 422, "consent", NOBODY, "POST", "/registration", refusal);
	f->env.registration_open = false;
	enrol(f, 403, REGISTER("a@example.com"));
	assert_int_equal(mail_number(f), 0);
}

/* Each address gets a few mails an hour, whether it has an account or not. */
static void strangers_cannot_fill_a_mailbox(void **state)
{
	struct fixture *f = *state;

	person_make(f, "paul@example.com", "hash");
	for (int i = 0; i < LIMITS_MAIL_TRIES; i++) {
		enrol(f, 202, REGISTER("a@example.com"));
		enrol(f, 202, REGISTER("paul@example.com"));
	}
	enrol(f, 429, REGISTER("A@example.com"));
	assert_string_equal(fixture_field(f, "Retry-After"), "1200");
	enrol(f, 429, REGISTER("paul@example.com"));
	enrol(f, 202, REGISTER("b@example.com"));
}

static void a_link_ends_with_its_time_and_with_its_namesake(void **state)
{
	struct fixture *f = *state;
	const char *first, *second;

	enrol(f, 202, REGISTER("a@example.com"));
	first = mailed_token(f);
	enrol(f, 202, REGISTER("a@example.com"));
	second = mailed_token(f);
	f->now += INT64_C(24) * 3600 * 1000;
	activate(f, 410, first);
	f->now -= 1;
	activate(f, 201, first);
	activate(f, 410, second);
	activate(f, 410, "00");
	activate(f, 410, "zz");
}

static void guesses_of_links_are_slowed_down(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < LIMITS_ADDRESS_TRIES; i++)
		activate(f, 410, "00");
	activate(f, 429, "00");
}

static void an_invitation_is_followed(void **state)
{
	struct fixture *f = *state;
	const int64_t id = person_make(f, "paul@example.com", NULL);
	const char *token;

	assert_int_equal(invite(f, id), 0);
	token = mailed_token(f);
	activate(f, 201, token);
	assert_string_equal(fixture_get(f, "id"), fixture_path(f, "%lld", (long long)id));
	assert_non_null(strstr(fixture_text(f), "\"roles\":[]"));
	activate(f, 410, token);
	sign_in(f, 201, "paul@example.com", PASSWORD);
}

/* Who was invited and registers instead is one person, not two. */
static void a_person_without_a_password_may_register(void **state)
{
	struct fixture *f = *state;
	const int64_t id = person_make(f, "paul@example.com", NULL);
	const char *invitation, *registration;

	assert_int_equal(invite(f, id), 0);
	invitation = mailed_token(f);
	enrol(f, 202, REGISTER("paul@example.com"));
	assert_string_equal(mail_newest(f).template.p, "activation");
	registration = mailed_token(f);
	activate(f, 201, registration);
	assert_string_equal(fixture_get(f, "id"), fixture_path(f, "%lld", (long long)id));
	assert_string_equal(fixture_get(f, "name"), "Rosa");
	activate(f, 410, invitation);
}

/* The account that came first keeps the address: a link that waited opens no second way in. */
static void a_link_that_waited_takes_over_no_account(void **state)
{
	struct fixture *f = *state;
	const char *token;

	enrol(f, 202, REGISTER("paul@example.com"));
	token = mailed_token(f);
	person_make(f, "paul@example.com", "hash");
	activate(f, 410, token);
}

static void what_is_registered_stays_text(void **state)
{
	static const char *const bodies[] = {
		"{\"name\":\"R\\r\\nBcc: "
		"x@y\",\"company\":\"C\",\"email\":\"r@e\",\"language\":\"en\","
		"\"consent\":true,\"captcha\":\"x\"}",
		"{\"name\":\"R\",\"company\":\"C\",\"email\":\"r@e\\r\\nBcc: "
		"x@y\",\"language\":\"en\","
		"\"consent\":true,\"captcha\":\"x\"}",
		("{\"name\":\"R\",\"company\":\"C\",\"email\":\"r@e\",\"language\":\"en\\r\\nX: "
		 "y\","
		 "\"consent\":true,\"captcha\":\"x\"}"),
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_status(f, 422, NOBODY, "POST", "/registration", bodies[i]);
	f->ask.host =
		VIEW("evil.example"); /* links come from the setting, never from the request */
	enrol(f, 202, REGISTER("a@example.com"));
	assert_null(strstr(mail_newest(f).arguments.p, "evil"));
}

/* Somebody who plants a cookie in a browser does not own the session that begins there. */
static void a_planted_session_is_never_taken_up(void **state)
{
	struct fixture *f = *state;
	struct view planted;

	person_make(f, "paul@example.com", NULL);
	enrol(f, 202, REGISTER("paul@example.com"));
	activate(f, 201, mailed_token(f));
	cookie_keep(f);
	planted = f->ask.cookie; /* the attacker's own, of a real account */
	enrol(f, 202, REGISTER("victim@example.com"));
	activate(f, 201, mailed_token(f));
	cookie_keep(f);
	assert_false(view_eq(f->ask.cookie, planted));
	assert_status(f, 200, NOBODY, "GET", "/session", NULL);
	assert_string_equal(fixture_get(f, "email"), "victim@example.com");
	f->ask.cookie = planted;
	assert_status(f, 401, NOBODY, "GET", "/session", NULL);
}

/* An account of its own, signed in. */
static void account(struct fixture *f, const char *email)
{
	struct view hash;

	assert_int_equal(password_hash(VIEW(PASSWORD), &f->setup, &hash), 0);
	person_make(f, email, hash.p);
	f->ask.cookie = (struct view){};
	sign_in(f, 201, email, PASSWORD);
	cookie_keep(f);
}

static void forget(struct fixture *f, unsigned want, const char *email)
{
	assert_status(f, want, NOBODY, "POST", "/password/forgotten",
		      fixture_path(f, "{\"email\":\"%s\",\"captcha\":\"%s\"}", email, captcha(f)));
}

static void reset(struct fixture *f, unsigned want, const char *token, const char *password)
{
	assert_status(f, want, NOBODY, "POST", "/password/reset", token_body(f, token, password));
}

static void a_forgotten_password_is_replaced_and_ends_all_sessions(void **state)
{
	struct fixture *f = *state;
	const char *token;

	account(f, "a@example.com");
	forget(f, 202, "A@example.com");
	assert_string_equal(fixture_text(f), "");
	assert_string_equal(mail_newest(f).template.p, "password_reset");
	token = mailed_token(f);
	assert_status(f, 200, NOBODY, "GET", "/session", NULL);
	activate(f, 410, token); /* a link does what it was made for only */
	reset(f, 204, token, "another long password");
	assert_string_equal(mail_newest(f).template.p, "password_changed");
	assert_status(f, 401, NOBODY, "GET", "/session", NULL);
	reset(f, 410, token, "another long password");
	sign_in(f, 401, "a@example.com", PASSWORD);
	sign_in(f, 201, "a@example.com", "another long password");
	forget(f, 202, "a@example.com");
	token = mailed_token(f);
	f->now += INT64_C(3600) * 1000;
	reset(f, 410, token, PASSWORD);
}

/* Unknown, disabled, or only called at the door: the answer is the same, and no mail goes. */
static void nobody_learns_who_can_have_forgotten_a_password(void **state)
{
	struct fixture *f = *state;
	const struct role_row guest = { VIEW("site_user_no_login"), f->company, f->own,
					DB_INT_NULL };
	const struct role_row user = { VIEW("site_user"), f->company, f->own, DB_INT_NULL };
	const int64_t guest_id = person_make(f, "guest@example.com", NULL);
	const int64_t user_id = person_make(f, "user@example.com", NULL);

	assert_int_equal(role_grant(f->db, NOW, guest_id, &guest), 0);
	assert_int_equal(role_grant(f->db, NOW, user_id, &user), 0);
	forget(f, 202, "unknown@example.com");
	assert_string_equal(fixture_text(f), "");
	assert_int_equal(f->answer.nfields, 0);
	forget(f, 202, "guest@example.com");
	assert_string_equal(fixture_text(f), "");
	assert_int_equal(mail_number(f), 0);
	forget(f, 202, "user@example.com"); /* who lost the invitation has this way in */
	assert_string_equal(fixture_text(f), "");
	assert_int_equal(f->answer.nfields, 0);
	assert_int_equal(mail_number(f), 1);
	forget(f, 202, "unknown@example.com");
	forget(f, 202, "unknown@example.com");
	forget(f, 429, "unknown@example.com");
}

static void a_new_password_costs_a_captcha_too(void **state)
{
	struct fixture *f = *state;
	const char *body;

	account(f, "a@example.com");
	assert_problem(f, 422, "captcha", NOBODY, "POST", "/password/forgotten",
		       "{\"email\":\"a@example.com\"}");
	assert_status(f, 422, NOBODY, "POST", "/password/forgotten",
		      "{\"email\":\"a@example.com\",\"captcha\":\"e30=\"}");
	assert_string_equal(fixture_get(f, "type"), PROBLEM_CAPTCHA);
	assert_int_equal(mail_number(f), 0);
	body = fixture_path(f, "{\"email\":\"a@example.com\",\"captcha\":\"%s\"}", captcha(f));
	assert_status(f, 202, NOBODY, "POST", "/password/forgotten", body);
	assert_int_equal(mail_number(f), 1);
	assert_status(f, 422, NOBODY, "POST", "/password/forgotten", body);
	assert_string_equal(fixture_get(f, "type"), PROBLEM_CAPTCHA);
	assert_int_equal(mail_number(f), 1);
}

static void a_password_is_changed_by_who_knows_it(void **state)
{
	struct fixture *f = *state;
	struct view first;

	account(f, "a@example.com");
	first = f->ask.cookie;
	f->ask.cookie = (struct view){};
	sign_in(f, 201, "a@example.com", PASSWORD);
	cookie_keep(f);
	assert_problem(f, 403, "current", NOBODY, "POST", "/me/password",
		       "{\"current\":\"wrong\",\"password\":\"another long password\"}");
	assert_problem(f, 422, "password", NOBODY, "POST", "/me/password",
		       "{\"current\":\"" PASSWORD "\",\"password\":\"short\"}");
	assert_status(f, 204, NOBODY, "POST", "/me/password",
		      "{\"current\":\"" PASSWORD "\",\"password\":\"another long password\"}");
	assert_string_equal(mail_newest(f).template.p, "password_changed");
	assert_status(f, 200, NOBODY, "GET", "/session", NULL);
	f->ask.cookie = first;
	assert_status(f, 401, NOBODY, "GET", "/session", NULL);
	sign_in(f, 201, "a@example.com", "another long password");
}

static void guesses_of_the_current_password_run_out(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < LIMITS_ACCOUNT_TRIES; i++)
		assert_status(f, 403, ROLE_SITE_USER, "POST", "/session/verify",
			      "{\"password\":\"x\"}");
	assert_status(f, 429, ROLE_SITE_USER, "POST", "/session/verify", "{\"password\":\"x\"}");
	assert_status(f, 429, ROLE_SITE_USER, "POST", "/me/password",
		      "{\"current\":\"x\",\"password\":\"another long password\"}");
}

static void a_profile_is_ones_own(void **state)
{
	struct fixture *f = *state;

	assert_status(f, 200, ROLE_SITE_USER, "PUT", "/me",
		      "{\"name\":\" Zo\xc3\xab \",\"language\":\"fr\"}");
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/me", NULL);
	assert_string_equal(fixture_get(f, "name"), "Zo\xc3\xab");
	assert_string_equal(fixture_get(f, "language"), "fr");
	assert_string_equal(fixture_get(f, "email"), "site_user@example.com");
	assert_problem(f, 422, "language", ROLE_SITE_USER, "PUT", "/me",
		       "{\"name\":\"Z\",\"language\":\"FR\"}");
	assert_problem(f, 422, "email", ROLE_SITE_USER, "PUT", "/me",
		       "{\"name\":\"Z\",\"language\":\"fr\",\"email\":\"x@y\"}");
	assert_status(f, 200, ROLE_SITE_ADMIN, "GET", "/me", NULL);
	assert_string_equal(fixture_get(f, "name"), "site_admin");
}

#define EMAIL(address) "{\"email\":\"" address "\"}"

static void confirm_email(struct fixture *f, unsigned want, const char *token)
{
	assert_status(f, want, NOBODY, "POST", "/me/email/confirm",
		      fixture_path(f, "{\"token\":\"%s\"}", token));
}

static void an_address_changes_once_the_new_one_answers(void **state)
{
	struct fixture *f = *state;
	const char *reset_token, *token;

	account(f, "old@example.com");
	forget(f, 202, "old@example.com");
	reset_token = mailed_token(f);
	assert_problem(f, 422, "email", NOBODY, "POST", "/me/email", EMAIL("OLD@example.com"));
	assert_status(f, 202, NOBODY, "POST", "/me/email", EMAIL("New@example.com"));
	assert_string_equal(mail_newest(f).template.p, "email_change");
	assert_string_equal(mail_newest(f).recipient.p, "new@example.com");
	token = mailed_token(f);
	assert_status(f, 200, NOBODY, "GET", "/me", NULL);
	assert_string_equal(fixture_get(f, "email"), "old@example.com");
	confirm_email(f, 204, token);
	assert_string_equal(mail_newest(f).template.p, "email_changed_notice");
	assert_string_equal(mail_newest(f).recipient.p, "old@example.com");
	assert_string_equal(mail_newest(f).arguments.p, "{\"email\":\"new@example.com\"}");
	assert_status(f, 200, NOBODY, "GET", "/me", NULL);
	assert_string_equal(fixture_get(f, "email"), "new@example.com");
	confirm_email(f, 410, token);
	reset(f, 410, reset_token, PASSWORD); /* it went to the old mailbox */
	sign_in(f, 401, "old@example.com", PASSWORD);
	sign_in(f, 201, "new@example.com", PASSWORD);
}

/* Asking for the address of somebody else tells that person, and the asker nothing. */
static void an_address_of_somebody_else_stays_theirs(void **state)
{
	struct fixture *f = *state;
	const char *token;

	person_make(f, "paul@example.com", "hash");
	assert_status(f, 202, ROLE_SITE_USER, "POST", "/me/email", EMAIL("paul@example.com"));
	assert_string_equal(fixture_text(f), "");
	assert_string_equal(mail_newest(f).template.p, "already_registered");
	assert_status(f, 202, ROLE_SITE_USER, "POST", "/me/email", EMAIL("free@example.com"));
	assert_string_equal(fixture_text(f), "");
	token = mailed_token(f);
	person_make(f, "free@example.com", "hash");
	confirm_email(f, 410, token);
}

static void sensitive_steps_ask_again(void **state)
{
	struct fixture *f = *state;

	account(f, "a@example.com");
	f->now += SESSION_FRESH_MS - 1;
	assert_status(f, 202, NOBODY, "POST", "/me/email", EMAIL("b@example.com"));
	f->now += 1;
	assert_status(f, 403, NOBODY, "POST", "/me/email", EMAIL("c@example.com"));
	assert_string_equal(fixture_get(f, "type"), PROBLEM_VERIFY);
	assert_problem(f, 403, "password", NOBODY, "POST", "/session/verify",
		       "{\"password\":\"wrong\"}");
	assert_status(f, 403, NOBODY, "POST", "/me/email", EMAIL("c@example.com"));
	assert_status(f, 204, NOBODY, "POST", "/session/verify", "{\"password\":\"" PASSWORD "\"}");
	assert_status(f, 202, NOBODY, "POST", "/me/email", EMAIL("c@example.com"));
}

/* The id of the session in the list that is, or is not, the one that asks. */
static const char *session_id(struct fixture *f, const char *current)
{
	const char *at, *end;

	assert_status(f, 200, NOBODY, "GET", "/me/sessions", NULL);
	end = strstr(fixture_text(f), current);
	assert_non_null(end);
	for (at = end; strncmp(at, "{\"id\":\"", 7) != 0; at--)
		assert_true(at > fixture_text(f));
	return fixture_path(f, "%.*s", (int)strcspn(at + 7, "\""), at + 7);
}

static void sessions_are_seen_and_ended(void **state)
{
	struct fixture *f = *state;
	struct view first, second;
	const char *id;

	f->ask.agent = VIEW("Firefox\r\nX: \xff");
	account(f, "a@example.com");
	first = f->ask.cookie;
	f->ask.cookie = (struct view){};
	f->ask.agent = VIEW("Chromium");
	sign_in(f, 201, "a@example.com", PASSWORD);
	cookie_keep(f);
	second = f->ask.cookie;
	id = session_id(f, "\"current\":false");
	assert_non_null(strstr(fixture_text(f), "\"agent\":\"Firefox??X: ?\",\"current\":false"));
	assert_non_null(strstr(fixture_text(f), "\"agent\":\"Chromium\",\"current\":true"));
	assert_status(f, 404, ROLE_SITE_USER, "DELETE", fixture_path(f, "/me/sessions/%s", id),
		      NULL);
	assert_status(f, 204, NOBODY, "DELETE", fixture_path(f, "/me/sessions/%s", id), NULL);
	assert_status(f, 404, NOBODY, "DELETE", fixture_path(f, "/me/sessions/%s", id), NULL);
	f->ask.cookie = first;
	assert_status(f, 401, NOBODY, "GET", "/session", NULL);
	sign_in(f, 201, "a@example.com", PASSWORD);
	cookie_keep(f);
	assert_status(f, 204, NOBODY, "DELETE", "/me/sessions", NULL);
	assert_status(f, 200, NOBODY, "GET", "/session", NULL);
	first = f->ask.cookie;
	f->ask.cookie = second;
	assert_status(f, 401, NOBODY, "GET", "/session", NULL);
	f->ask.cookie = first;
	id = session_id(f, "\"current\":true");
	assert_status(f, 204, NOBODY, "DELETE", fixture_path(f, "/me/sessions/%s", id), NULL);
	assert_non_null(strstr(fixture_field(f, "Set-Cookie"), "Max-Age=0"));
	assert_status(f, 401, NOBODY, "GET", "/session", NULL);
}

/* A page elsewhere that has a signed-in browser send something changes nothing. */
static void another_origin_does_nothing_to_an_account(void **state)
{
	static const char *const tries[][2] = {
		{ "/me/password",
		  "{\"current\":\"" PASSWORD "\",\"password\":\"another long password\"}" },
		{ "/me/email", EMAIL("x@example.com") },
		{ "/session/verify", "{\"password\":\"" PASSWORD "\"}" },
		{ "/session", "{\"email\":\"a@example.com\",\"password\":\"" PASSWORD "\"}" },
	};
	struct fixture *f = *state;

	account(f, "a@example.com");
	f->ask.origin = VIEW("https://evil.example");
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		assert_status(f, 403, NOBODY, "POST", tries[i][0], tries[i][1]);
		assert_string_equal(fixture_field(f, "Set-Cookie"), "");
	}
	assert_status(f, 403, NOBODY, "DELETE", "/me/sessions", NULL);
	f->ask.origin = (struct view){};
	f->ask.content_type = VIEW("text/plain"); /* what a form can send without asking first */
	assert_status(f, 415, NOBODY, "POST", tries[0][0], tries[0][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
		TEST(an_invitation_lets_in_who_has_no_password),
		TEST(who_has_a_password_is_told_without_a_token),
		TEST(a_stranger_becomes_a_company),
		TEST(nobody_learns_whose_address_has_an_account),
		TEST(a_captcha_is_asked_for_and_good_once),
		TEST(a_closed_server_takes_nobody_and_consent_is_asked_for),
		TEST(strangers_cannot_fill_a_mailbox),
		TEST(a_link_ends_with_its_time_and_with_its_namesake),
		TEST(guesses_of_links_are_slowed_down),
		TEST(an_invitation_is_followed),
		TEST(a_person_without_a_password_may_register),
		TEST(a_link_that_waited_takes_over_no_account),
		TEST(what_is_registered_stays_text),
		TEST(a_planted_session_is_never_taken_up),
		TEST(a_forgotten_password_is_replaced_and_ends_all_sessions),
		TEST(nobody_learns_who_can_have_forgotten_a_password),
		TEST(a_new_password_costs_a_captcha_too),
		TEST(a_password_is_changed_by_who_knows_it),
		TEST(guesses_of_the_current_password_run_out),
		TEST(a_profile_is_ones_own),
		TEST(an_address_changes_once_the_new_one_answers),
		TEST(an_address_of_somebody_else_stays_theirs),
		TEST(sensitive_steps_ask_again),
		TEST(sessions_are_seen_and_ended),
		TEST(another_origin_does_nothing_to_an_account),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
