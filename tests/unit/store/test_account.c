/* Sessions by id, one-time tokens, registrations, captchas, and the second factor. */
#include "store/account.h"
#include "store/factor.h"
#include "store/passkey.h"
#include "store/token.h"
#include "fixture.h"

#include <errno.h>

enum { NOW = 1000000, LATER = NOW + 100 };

static int64_t person_new(struct fixture *f, struct view email)
{
	const struct person_row p = { .email = email, .name = VIEW("P"), .language = VIEW("en") };
	int64_t id = 0;

	assert_int_equal(person_create(f->db, NOW, &p, &id), 0);
	return id;
}

static void session_new(struct fixture *f, int64_t person, struct view hash, int64_t at)
{
	const struct session_row s = {
		.person_id = person, .created_at = at, .seen_at = at, .expires_at = at + 100
	};

	assert_int_equal(session_create(f->db, hash, &s, VIEW("::1"), VIEW("agent")), 0);
}

static void sessions_are_listed_and_ended_by_their_person(void **state)
{
	struct fixture *f = *state;
	const int64_t me = person_new(f, VIEW("a@b")), other = person_new(f, VIEW("c@d"));
	struct session_seen_row *list;
	struct session_row found;
	size_t n;

	session_new(f, me, VIEW("1"), NOW);
	session_new(f, me, VIEW("2"), NOW + 5);
	session_new(f, other, VIEW("3"), NOW);
	assert_int_equal(session_list(f->db, me, NOW + 99, &f->arena, &list, &n), 0);
	assert_int_equal(n, 2);
	assert_true(list[0].seen_at == NOW + 5 && list[1].seen_at == NOW);
	assert_true(view_eq(list[0].agent, VIEW("agent")));
	assert_int_equal(session_delete_one(f->db, NOW, other, list[0].id), -ENOENT);
	assert_int_equal(session_delete_one(f->db, NOW, me, list[1].id), 0);
	assert_int_equal(session_find(f->db, VIEW("1"), NOW, &f->arena, &found), -ENOENT);
	assert_int_equal(session_find(f->db, VIEW("2"), NOW, &f->arena, &found), 0);
	assert_true(found.id == list[0].id && found.verified_at == NOW + 5);
	assert_int_equal(session_verify(f->db, VIEW("2"), NOW + 9), 0);
	assert_int_equal(session_find(f->db, VIEW("2"), NOW, &f->arena, &found), 0);
	assert_int_equal(found.verified_at, NOW + 9);
	session_new(f, me, VIEW("4"), NOW);
	assert_int_equal(session_delete_all(f->db, NOW, me, found.id), 0);
	assert_int_equal(session_list(f->db, me, NOW, &f->arena, &list, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(session_delete_all(f->db, NOW, me, 0), 0);
	assert_int_equal(session_list(f->db, me, NOW, &f->arena, &list, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(session_find(f->db, VIEW("3"), NOW, &f->arena, &found), 0);
}

static void a_person_says_who_it_is(void **state)
{
	struct fixture *f = *state;
	const int64_t me = person_new(f, VIEW("a@b"));
	struct person_row p;

	person_new(f, VIEW("c@d"));
	assert_int_equal(person_profile_set(f->db, NOW, me, VIEW("New"), VIEW("fr")), 0);
	assert_int_equal(person_email_set(f->db, NOW, me, VIEW("e@f")), 0);
	assert_int_equal(person_email_set(f->db, NOW, me, VIEW("c@d")), -EEXIST);
	assert_int_equal(person_consent_set(f->db, me, NOW), 0);
	assert_int_equal(person_get(f->db, me, &f->arena, &p), 0);
	assert_true(view_eq(p.name, VIEW("New")) && view_eq(p.language, VIEW("fr")));
	assert_true(view_eq(p.email, VIEW("e@f")));
	assert_int_equal(person_profile_set(f->db, NOW, me + 99, VIEW("N"), VIEW("fr")), -ENOENT);
}

static void token_new(struct fixture *f, int64_t person, struct view hash, struct view purpose)
{
	const struct token_row t = { .token_hash = hash,
				     .purpose = purpose,
				     .person_id = person,
				     .created_at = NOW,
				     .expires_at = LATER };

	assert_int_equal(token_create(f->db, &t), 0);
}

static void a_token_is_good_once_for_what_it_was_made(void **state)
{
	struct fixture *f = *state;
	const struct view reset = VIEW("password_reset"), invitation = VIEW("invitation");
	const int64_t me = person_new(f, VIEW("a@b"));
	struct token_row t;

	token_new(f, me, VIEW("old"), reset);
	token_new(f, me, VIEW("in"), invitation);
	token_new(f, me, VIEW("new"), reset);
	token_new(f, DB_INT_NULL, VIEW("none"), reset);
	assert_int_equal(token_take(f->db, VIEW("old"), reset, NOW, &f->arena, &t), -ENOENT);
	assert_int_equal(token_take(f->db, VIEW("none"), reset, NOW, &f->arena, &t), -ENOENT);
	assert_int_equal(token_take(f->db, VIEW("new"), invitation, NOW, &f->arena, &t), -ENOENT);
	assert_int_equal(token_take(f->db, VIEW("new"), reset, LATER, &f->arena, &t), -ENOENT);
	assert_int_equal(token_find(f->db, VIEW("new"), reset, NOW, &f->arena, &t), 0);
	assert_int_equal(token_take(f->db, VIEW("new"), reset, LATER - 1, &f->arena, &t), 0);
	assert_int_equal(t.person_id, me);
	assert_int_equal(token_find(f->db, VIEW("new"), reset, NOW, &f->arena, &t), -ENOENT);
	assert_int_equal(token_find(f->db, VIEW("in"), invitation, NOW, &f->arena, &t), 0);
	assert_int_equal(token_delete(f->db, me), 0);
	assert_int_equal(token_find(f->db, VIEW("in"), invitation, NOW, &f->arena, &t), -ENOENT);
}

static void registration_new(struct fixture *f, struct view hash, struct view email)
{
	const struct registration_row r = { hash,       email, VIEW("N"), VIEW("C"),
					    VIEW("fr"), NOW,   LATER };

	assert_int_equal(registration_create(f->db, &r), 0);
}

static void a_registration_takes_its_namesakes_along(void **state)
{
	struct fixture *f = *state;
	struct registration_row r;

	registration_new(f, VIEW("1"), VIEW("a@b"));
	registration_new(f, VIEW("2"), VIEW("a@b"));
	registration_new(f, VIEW("3"), VIEW("c@d"));
	assert_int_equal(registration_take(f->db, VIEW("1"), LATER, &f->arena, &r), -ENOENT);
	assert_int_equal(registration_take(f->db, VIEW("1"), NOW, &f->arena, &r), 0);
	assert_true(view_eq(r.email, VIEW("a@b")) && view_eq(r.company, VIEW("C")));
	assert_int_equal(registration_take(f->db, VIEW("2"), NOW, &f->arena, &r), -ENOENT);
	assert_int_equal(token_expire(f->db, LATER), 0);
	assert_int_equal(registration_take(f->db, VIEW("3"), NOW, &f->arena, &r), -ENOENT);
}

static void a_captcha_is_used_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(captcha_use(f->db, VIEW("nonce"), LATER), 0);
	assert_int_equal(captcha_use(f->db, VIEW("nonce"), LATER), -EEXIST);
	assert_int_equal(token_expire(f->db, LATER - 1), 0);
	assert_int_equal(captcha_use(f->db, VIEW("nonce"), LATER), -EEXIST);
	assert_int_equal(token_expire(f->db, LATER), 0);
	assert_int_equal(captcha_use(f->db, VIEW("nonce"), LATER), 0);
}

static void a_second_factor_is_on_once_it_is_confirmed(void **state)
{
	struct fixture *f = *state;
	const int64_t me = person_new(f, VIEW("a@b"));
	struct totp_row t;

	assert_int_equal(totp_any(f->db, &f->arena, &t), -ENOENT);
	assert_int_equal(totp_create(f->db, NOW, me, VIEW("first")), 0);
	assert_int_equal(totp_create(f->db, NOW, me, VIEW("sec\0nd")), 0);
	assert_int_equal(totp_get(f->db, me, &f->arena, &t), 0);
	assert_true(view_eq(t.secret_sealed, VIEW("sec\0nd")) && t.confirmed_at == DB_INT_NULL);
	assert_int_equal(totp_confirm(f->db, NOW, me), 0);
	assert_int_equal(totp_confirm(f->db, NOW, me), -ENOENT);
	assert_int_equal(totp_create(f->db, NOW, me, VIEW("third")), -EEXIST);
	assert_int_equal(totp_step(f->db, me, 7), 0);
	assert_int_equal(totp_step(f->db, me, 7), -EEXIST);
	assert_int_equal(totp_step(f->db, me, 6), -EEXIST);
	assert_int_equal(totp_step(f->db, me, 8), 0);
	assert_int_equal(totp_any(f->db, &f->arena, &t), 0);
	assert_int_equal(t.last_step, 8);
	assert_int_equal(totp_delete(f->db, me), 0);
	assert_int_equal(totp_delete(f->db, me), -ENOENT);
}

static void recovery_codes_are_good_once(void **state)
{
	struct fixture *f = *state;
	const struct view first[] = { VIEW("1"), VIEW("2") }, second[] = { VIEW("3") };
	const int64_t me = person_new(f, VIEW("a@b"));
	struct factors_row have;
	int64_t n;

	assert_int_equal(totp_create(f->db, NOW, me, VIEW("secret")), 0);
	assert_int_equal(recovery_replace(f->db, me, first, 2), 0);
	assert_int_equal(recovery_kept(f->db, NOW, me), 0);
	assert_int_equal(recovery_take(f->db, me, VIEW("1")), 0);
	assert_int_equal(recovery_take(f->db, me, VIEW("1")), -ENOENT);
	assert_int_equal(factors_get(f->db, me, &f->arena, &have), 0);
	assert_true(have.codes == 1 && have.codes_kept_at == NOW);
	assert_int_equal(recovery_replace(f->db, me, second, 1), 0);
	assert_int_equal(recovery_take(f->db, me, VIEW("2")), -ENOENT);
	assert_int_equal(factors_get(f->db, me, &f->arena, &have), 0);
	assert_true(have.codes == 1 && have.codes_kept_at == DB_INT_NULL);
	assert_true(have.totp_at == DB_INT_NULL && have.passkeys == 0);
	assert_int_equal(totp_delete_all(f->db, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(recovery_take(f->db, me, VIEW("3")), -ENOENT);
}

static struct passkey_row passkey_of(int64_t person_id, struct view credential_id)
{
	return (struct passkey_row){ .person_id = person_id,
				     .credential_id = credential_id,
				     .user_handle = VIEW("who\0"),
				     .rp_id = VIEW("door.example.com"),
				     .algorithm = -7,
				     .public_key = VIEW("k\0y"),
				     .aaguid = VIEW("model"),
				     .transports = VIEW("usb,nfc"),
				     .name = VIEW("Key"),
				     .discoverable = 1,
				     .created_at = NOW };
}

static void a_passkey_belongs_to_one_person(void **state)
{
	struct fixture *f = *state;
	const int64_t me = person_new(f, VIEW("a@b")), other = person_new(f, VIEW("c@d"));
	const struct passkey_row mine = passkey_of(me, VIEW("id\0 1"));
	struct passkey_row theirs = passkey_of(other, VIEW("id\0 1")), found, *list;
	struct factors_row have;
	struct person_row person;
	int64_t id = 0, second = 0;
	size_t n;

	assert_int_equal(passkey_find(f->db, VIEW("id\0 1"), &f->arena, &found), -ENOENT);
	assert_int_equal(passkey_create(f->db, NOW, &mine, &id), 0);
	assert_int_equal(passkey_create(f->db, NOW, &theirs, &second), -EEXIST);
	theirs.credential_id = VIEW("id\0 2");
	theirs.verified = 1;
	assert_int_equal(passkey_create(f->db, NOW, &theirs, &second), 0);
	assert_int_equal(passkey_find(f->db, VIEW("id\0 1"), &f->arena, &found), 0);
	assert_true(found.id == id && found.person_id == me && view_eq(found.public_key, VIEW("k\0y")));
	assert_true(found.used_at == DB_INT_NULL && found.suspect_at == DB_INT_NULL);
	assert_int_equal(passkey_get(f->db, other, id, &f->arena, &found), -ENOENT);
	assert_int_equal(passkey_rename(f->db, other, id, VIEW("Mine")), -ENOENT);
	assert_int_equal(passkey_delete(f->db, NOW, other, id), -ENOENT);
	assert_int_equal(passkey_rename(f->db, me, id, VIEW("Blue key")), 0);
	assert_int_equal(passkey_list(f->db, me, &f->arena, &list, &n), 0);
	assert_true(n == 1 && view_eq(list[0].name, VIEW("Blue key")));
	assert_int_equal(factors_get(f->db, me, &f->arena, &have), 0);
	assert_true(have.passkeys == 1 && have.passkeys_alone == 0);
	assert_int_equal(factors_get(f->db, other, &f->arena, &have), 0);
	assert_true(have.passkeys == 1 && have.passkeys_alone == 1);
	assert_int_equal(person_get(f->db, me, &f->arena, &person), 0);
	assert_int_equal(person.passkeys, 1);
	assert_int_equal(passkey_delete(f->db, NOW, me, id), 0);
	assert_int_equal(passkey_delete(f->db, NOW, me, id), -ENOENT);
	assert_int_equal(person_get(f->db, me, &f->arena, &person), 0);
	assert_int_equal(person.passkeys, 0);
	assert_int_equal(passkey_delete_all(f->db, NOW, me), -ENOENT);
	assert_int_equal(passkey_delete_all(f->db, NOW, other), 0);
	assert_int_equal(passkey_find(f->db, VIEW("id\0 2"), &f->arena, &found), -ENOENT);
}

static void a_person_has_so_many_passkeys(void **state)
{
	struct fixture *f = *state;
	const int64_t me = person_new(f, VIEW("a@b"));
	int64_t id;

	for (int i = 0; i <= PASSKEYS_PER_PERSON_MAX; i++) {
		const char credential = (char)('a' + i);
		const struct passkey_row one = passkey_of(me, (struct view){ &credential, 1 });
		assert_int_equal(passkey_create(f->db, NOW, &one, &id),
				 i < PASSKEYS_PER_PERSON_MAX ? 0 : -ENOSPC);
	}
}

static void a_count_goes_on_or_stays_nothing(void **state)
{
	struct fixture *f = *state;
	const struct passkey_row one =
		passkey_of(person_new(f, VIEW("a@b")), VIEW("id"));
	struct passkey_row found;
	int64_t id = 0;

	assert_int_equal(passkey_create(f->db, NOW, &one, &id), 0);
	assert_int_equal(passkey_use(f->db, NOW, id, 0, false), 0);
	assert_int_equal(passkey_use(f->db, NOW, id, 0, false), 0);
	assert_int_equal(passkey_use(f->db, NOW, id, 7, true), 0);
	assert_int_equal(passkey_use(f->db, NOW, id, 7, true), -EEXIST);
	assert_int_equal(passkey_use(f->db, NOW, id, 6, true), -EEXIST);
	assert_int_equal(passkey_use(f->db, NOW, id, 0, true), -EEXIST);
	assert_int_equal(passkey_use(f->db, NOW, id, 4294967295, true), 0);
	assert_int_equal(passkey_suspect(f->db, LATER, id), 0);
	assert_int_equal(passkey_find(f->db, VIEW("id"), &f->arena, &found), 0);
	assert_true(found.used_at == NOW && found.suspect_at == LATER && found.backed_up == 1);
	assert_int_equal(passkey_suspect(f->db, LATER, id + 1), -ENOENT);
}

static void a_challenge_is_answered_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(passkey_challenge_use(f->db, VIEW("n\0n"), LATER), 0);
	assert_int_equal(passkey_challenge_use(f->db, VIEW("n\0n"), LATER), -EEXIST);
	assert_int_equal(passkey_challenge_expire(f->db, LATER - 1), 0);
	assert_int_equal(passkey_challenge_use(f->db, VIEW("n\0n"), LATER), -EEXIST);
	assert_int_equal(passkey_challenge_expire(f->db, LATER), 0);
	assert_int_equal(passkey_challenge_use(f->db, VIEW("n\0n"), LATER), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(sessions_are_listed_and_ended_by_their_person),
		ON_BOTH(a_person_says_who_it_is),
		ON_BOTH(a_token_is_good_once_for_what_it_was_made),
		ON_BOTH(a_registration_takes_its_namesakes_along),
		ON_BOTH(a_captcha_is_used_once),
		ON_BOTH(a_second_factor_is_on_once_it_is_confirmed),
		ON_BOTH(recovery_codes_are_good_once),
		ON_BOTH(a_passkey_belongs_to_one_person),
		ON_BOTH(a_person_has_so_many_passkeys),
		ON_BOTH(a_count_goes_on_or_stays_nothing),
		ON_BOTH(a_challenge_is_answered_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
