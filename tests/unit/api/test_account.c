/* Invitations, registration, activation, passwords, addresses, sessions, and what strangers try. */
#include "fixture.h"

#include "api/invite.h"
#include "api/token.h"
#include "store/account.h"
#include "store/mail.h"
#include "store/token.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
		TEST(an_invitation_lets_in_who_has_no_password),
		TEST(who_has_a_password_is_told_without_a_token),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
