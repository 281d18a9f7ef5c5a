/* Passkeys: how one comes, what it signs in to, and everything that it is refused for. */
#include "authenticator.h"
#include "fixture.h"

#include "api/passkey.h"
#include "api/session.h"
#include "api/totp.h"
#include "store/account.h"
#include "store/factor.h"
#include "store/mail.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#define PASSWORD "correct horse battery"
#define ADDRESS  "site_user@example.com"
#define SIGN_IN  "{\"email\":\"" ADDRESS "\",\"password\":\"" PASSWORD "\"}"

/* Passkeys work over HTTPS. */
static int setup(void **state)
{
	const int rc = fixture_setup(state);
	struct fixture *f = *state;

	f->ask.secure = true;
	return rc;
}

static void password_set(struct fixture *f, enum role role, bool given)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct view hash = {};

	if (given)
		assert_int_equal(password_hash(VIEW(PASSWORD), &f->setup, &hash), 0);
	assert_int_equal(db_begin(f->db, &tx), 0);
	assert_int_equal(person_password_set(f->db, NOW, f->person[role], hash), 0);
	assert_int_equal(db_commit(&tx), 0);
}

static const char *challenge_for(struct fixture *f, enum role role)
{
	assert_status(f, 200, role, "POST", "/me/passkeys/options", NULL);
	return fixture_get(f, "challenge");
}

static const char *made(struct fixture *f, struct authenticator *a, enum role role)
{
	return authenticator_register(a, &f->setup, challenge_for(f, role), "Blue key");
}

/* Its id. */
static const char *add(struct fixture *f, struct authenticator *a, enum role role)
{
	assert_status(f, 201, role, "POST", "/me/passkeys", made(f, a, role));
	return fixture_get(f, "id");
}

static const char *asked(struct fixture *f, enum role role, const char *path)
{
	assert_status(f, 200, role, "POST", path, NULL);
	return fixture_get(f, "challenge");
}

static const char *signed_by(struct fixture *f, struct authenticator *a)
{
	return authenticator_sign(a, &f->setup, asked(f, NOBODY, "/session/passkey/options"));
}

static void sign_in(struct fixture *f, struct authenticator *a, unsigned want)
{
	assert_status(f, want, NOBODY, "POST", "/session/passkey", signed_by(f, a));
}

static void cookie_keep(struct fixture *f)
{
	struct view rest;
	const struct view cookie = view_cut(view_str(fixture_field(f, "Set-Cookie")), ';', &rest);

	f->ask.cookie = view_str(arena_dup(&f->setup, cookie));
}

static size_t count_of(struct fixture *f, const char *list)
{
	json_t *root = json_loads(fixture_text(f), 0, NULL);
	const size_t n = json_array_size(json_object_get(root, list));

	json_decref(root);
	return n;
}

static const char *code_of(struct fixture *f, size_t i)
{
	json_t *root = json_loads(fixture_text(f), 0, NULL);
	json_t *code = json_array_get(json_object_get(root, "codes"), i);
	const char *text = fixture_path(f, "%s", json_string_value(json_object_get(code, "code")));

	json_decref(root);
	return text;
}

static size_t mails_of(struct fixture *f, const char *template)
{
	struct mail_row *mails;
	size_t n, found = 0;

	assert_int_equal(mail_list(f->db, (struct view){}, INT64_MAX, 100, &f->setup, &mails, &n),
			 0);
	for (size_t i = 0; i < n; i++)
		found += strcmp(mails[i].template.p, template) == 0;
	return found;
}

static struct passkey_row row_of(struct fixture *f, const struct authenticator *a)
{
	struct passkey_row row;

	assert_int_equal(passkey_find(f->db, a->credential_id, &f->setup, &row), 0);
	return row;
}

/* ---- coming ---- */

static void every_algorithm_is_added_and_signs_in(void **state)
{
	static const int algorithms[] = { COSE_ES256, COSE_RS256, COSE_EDDSA };
	static const char *const ids[] = { "one", "two", "three" }, *const formats[] = { "none",
											 "packed" };
	struct fixture *f = *state;

	for (size_t i = 0; i < 6; i++) {
		CLEANUP(authenticator_free) struct authenticator a;

		authenticator_init(&a, algorithms[i / 2], fixture_path(f, "%s%zu", ids[i / 2], i));
		a.format = formats[i % 2];
		a.protects = i >= 2;
		add(f, &a, ROLE_SITE_USER);
		assert_int_equal(row_of(f, &a).algorithm, algorithms[i / 2]);
		a.count++;
		sign_in(f, &a, 201);
		assert_string_equal(fixture_get(f, "name"), "site_user");
	}
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/me/passkeys", NULL);
	assert_int_equal(count_of(f, "items"), 6);
	assert_status(f, 200, ROLE_SITE_USER, "POST", "/me/passkeys/options", NULL);
	assert_int_equal(count_of(f, "exclude"), 6);
}

static void the_first_comes_with_recovery_codes_and_a_mail(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a, b;
	struct fixture *f = *state;

	authenticator_init(&a, COSE_ES256, "one");
	authenticator_init(&b, COSE_ES256, "two");
	add(f, &a, ROLE_SITE_USER);
	assert_int_equal(count_of(f, "codes"), RECOVERY_CODES);
	assert_string_equal(fixture_get(f, "alone"), "true");
	assert_int_equal(mails_of(f, "two_factor_on"), 1);
	add(f, &b, ROLE_SITE_USER);
	assert_int_equal(count_of(f, "codes"), 0);
	assert_int_equal(mails_of(f, "two_factor_on"), 1);
	assert_status(f, 204, ROLE_SITE_USER, "POST", "/me/recovery-codes/kept", NULL);
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/me", NULL);
	assert_non_null(strstr(fixture_text(f),
			       "\"has_password\":true,\"app_codes\":false,"
			       "\"passkeys\":2,\"second_factor\":true,"
			       "\"recovery_codes\":10,\"recovery_codes_kept\":true}"));
}

static void what_does_not_answer_is_not_added(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *origin, *rp_id, *type, *more, *format;
		bool certified, forged;
		unsigned flags;
	} wrong[] = {
		{ .origin = "https://evil.example.com" },
		{ .origin = "https://door.example.com:8443" },
		{ .origin = "http://door.example.com" },
		{ .origin = "https://door.example.com/" },
		{ .origin = "door.example.com" },
		{ .rp_id = "example.com" },
		{ .type = "webauthn.get" },
		{ .more = ",\"crossOrigin\":true" },
		{ .more = ",\"topOrigin\":\"https://door.example.com\"" },
		{ .more = ",\"type\":\"webauthn.create\"" },
		{ .format = "fido-u2f" },
		{ .format = "packed", .certified = true },
		{ .format = "packed", .forged = true },
		{ .flags = WEBAUTHN_VERIFIED },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CLEANUP(authenticator_free) struct authenticator a;

		authenticator_init(&a, COSE_ES256, "one");
		a.origin = wrong[i].origin ? wrong[i].origin : a.origin;
		a.rp_id = wrong[i].rp_id ? wrong[i].rp_id : a.rp_id;
		a.type = wrong[i].type;
		a.more = wrong[i].more ? wrong[i].more : "";
		a.format = wrong[i].format ? wrong[i].format : a.format;
		a.certified = wrong[i].certified;
		a.forged = wrong[i].forged;
		a.flags = wrong[i].flags ? wrong[i].flags : a.flags;
		assert_problem(f, 422, "attestation", ROLE_SITE_USER, "POST", "/me/passkeys",
			       made(f, &a, ROLE_SITE_USER));
	}
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/me/passkeys", NULL);
	assert_int_equal(count_of(f, "items"), 0);
}

/* A browser that says more, but nothing wrong. */
static void a_challenge_is_ones_own_and_answered_once(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a, b;
	struct fixture *f = *state;
	const char *body;

	authenticator_init(&a, COSE_ES256, "one");
	authenticator_init(&b, COSE_ES256, "two");
	a.more = ",\"crossOrigin\":false,\"other\":{}";
	body = made(f, &a, ROLE_SITE_ADMIN); /* asked for by another */
	assert_problem(f, 422, "attestation", ROLE_SITE_USER, "POST", "/me/passkeys", body);
	body = authenticator_register(&a, &f->setup, asked(f, NOBODY, "/session/passkey/options"),
				      "For something else");
	assert_problem(f, 422, "attestation", ROLE_SITE_USER, "POST", "/me/passkeys", body);
	body = made(f, &a, ROLE_SITE_USER);
	f->now += PASSKEY_CHALLENGE_MS;
	assert_problem(f, 422, "attestation", ROLE_SITE_USER, "POST", "/me/passkeys", body);
	f->now -= 1;
	assert_status(f, 201, ROLE_SITE_USER, "POST", "/me/passkeys", body);
	f->now = NOW;
	body = challenge_for(f, ROLE_SITE_USER);
	assert_status(f, 201, ROLE_SITE_USER, "POST", "/me/passkeys",
		      authenticator_register(&b, &f->setup, body, "Once"));
	b.credential_id = VIEW("three");
	assert_problem(f, 422, "attestation", ROLE_SITE_USER, "POST", "/me/passkeys",
		       authenticator_register(&b, &f->setup, body, "Twice"));
}

static void a_credential_is_one_persons(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a;
	struct fixture *f = *state;

	authenticator_init(&a, COSE_ES256, "one");
	add(f, &a, ROLE_SITE_USER);
	assert_problem(f, 409, "attestation", ROLE_SITE_USER, "POST", "/me/passkeys",
		       made(f, &a, ROLE_SITE_USER));
	assert_problem(f, 409, "attestation", ROLE_SITE_ADMIN, "POST", "/me/passkeys",
		       made(f, &a, ROLE_SITE_ADMIN));
	sign_in(f, &a, 401); /* did not count on */
	a.count = 7;
	sign_in(f, &a, 201);
	assert_string_equal(fixture_get(f, "name"), "site_user");
}

static void bytes_that_are_none_are_refused(void **state)
{
	static const char *const bodies[] = {
		"{\"name\":\"x\",\"client_data\":\"e30\",\"attestation\":\"!\",\"transports\":\"\","
		"\"discoverable\":true}",
		"{\"name\":\"x\",\"client_data\":\"e30\",\"attestation\":\"oA\",\"transports\":"
		"\"\","
		"\"discoverable\":true}",
		"{\"name\":\"x\",\"client_data\":\"bnVsbA\",\"attestation\":\"oA\",\"transports\":"
		"\"\","
		"\"discoverable\":true}",
		"{\"name\":\"x\",\"client_data\":\"e30=\",\"attestation\":\"oA\",\"transports\":"
		"\"\","
		"\"discoverable\":true}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_problem(f, 422, "attestation", ROLE_SITE_USER, "POST", "/me/passkeys",
			       bodies[i]);
	assert_problem(f, 422, "transports", ROLE_SITE_USER, "POST", "/me/passkeys",
		       "{\"name\":\"x\",\"client_data\":\"e30\",\"attestation\":\"oA\","
		       "\"transports\":\"<b>\",\"discoverable\":true}");
	assert_status(f, 401, NOBODY, "POST", "/session/passkey",
		      "{\"credential_id\":\"b25l\",\"client_data\":\"e30\","
		      "\"authenticator_data\":\"AA\",\"signature\":\"AA\"}");
}

static void there_are_only_so_many(void **state)
{
	struct fixture *f = *state;
	CLEANUP(authenticator_free) struct authenticator a;
	const char *body = NULL;

	authenticator_init(&a, COSE_ES256, "");
	for (int i = 0; i < PASSKEYS_PER_PERSON_MAX; i++) {
		a.credential_id = view_str(fixture_path(f, "key %d", i));
		if (i == PASSKEYS_PER_PERSON_MAX - 1)
			body = challenge_for(f, ROLE_SITE_USER);
		add(f, &a, ROLE_SITE_USER);
	}
	assert_status(f, 409, ROLE_SITE_USER, "POST", "/me/passkeys/options", NULL);
	a.credential_id = VIEW("one more");
	assert_status(f, 409, ROLE_SITE_USER, "POST", "/me/passkeys",
		      authenticator_register(&a, &f->setup, body, "One more"));
}

/* ---- signing in ---- */

static void nobody_signs_in_with_what_is_wrong(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a, b;
	struct fixture *f = *state;
	const char *body, *refusal;

	authenticator_init(&a, COSE_ES256, "one");
	authenticator_init(&b, COSE_ES256, "one"); /* the same id, another key */
	add(f, &a, ROLE_SITE_USER);
	b.count = a.count = 10;
	sign_in(f, &b, 401);
	refusal = fixture_path(f, "%s", fixture_text(f));
	b.credential_id = VIEW("nobody's");
	sign_in(f, &b, 401);
	assert_string_equal(fixture_text(f), refusal);
	a.origin = "https://evil.example.com";
	sign_in(f, &a, 401);
	assert_string_equal(fixture_text(f), refusal);
	a.origin = "https://door.example.com";
	a.rp_id = "evil.example.com";
	sign_in(f, &a, 401);
	a.rp_id = "door.example.com";
	a.type = "webauthn.create";
	sign_in(f, &a, 401);
	a.type = NULL;
	a.flags = WEBAUTHN_PRESENT; /* a touch, but neither PIN nor finger */
	sign_in(f, &a, 401);
	assert_string_equal(fixture_text(f), refusal);
	a.flags = WEBAUTHN_VERIFIED;
	sign_in(f, &a, 401);
	a.flags |= WEBAUTHN_PRESENT;
	a.user_handle = VIEW("somebody else");
	sign_in(f, &a, 401);
	a.user_handle = row_of(f, &a).user_handle;
	clock_virtual_advance(&f->clock, 10 * LIMITS_ACCOUNT_REFILL_MS * INT64_C(1000));
	body = authenticator_sign(&a, &f->setup, challenge_for(f, ROLE_SITE_USER));
	assert_status(f, 401, NOBODY, "POST", "/session/passkey", body);
	body = authenticator_sign(&a, &f->setup, "AAAA");
	assert_status(f, 401, NOBODY, "POST", "/session/passkey", body);
	assert_int_equal(row_of(f, &a).used_at, DB_INT_NULL);
	sign_in(f, &a, 201);
	assert_int_equal(row_of(f, &a).used_at, NOW);
}

static void an_answer_is_good_once_and_in_time(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a;
	struct fixture *f = *state;
	const char *body;

	authenticator_init(&a, COSE_ES256, "one");
	a.count = 0; /* does not count, as passkeys of phones do not */
	add(f, &a, ROLE_SITE_USER);
	body = signed_by(f, &a);
	assert_status(f, 201, NOBODY, "POST", "/session/passkey", body);
	assert_status(f, 401, NOBODY, "POST", "/session/passkey", body);
	body = signed_by(f, &a);
	f->now += PASSKEY_CHALLENGE_MS;
	assert_status(f, 401, NOBODY, "POST", "/session/passkey", body);
	sign_in(f, &a, 201);
	sign_in(f, &a, 201);
	assert_int_equal(row_of(f, &a).suspect_at, DB_INT_NULL);
}

static void a_count_that_goes_back_is_refused_and_told(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a;
	struct fixture *f = *state;
	const char *id, *body;

	authenticator_init(&a, COSE_ES256, "one");
	id = add(f, &a, ROLE_SITE_USER);
	a.count = 9;
	sign_in(f, &a, 201);
	body = signed_by(f, &a);
	a.count = 8;
	sign_in(f, &a, 401);
	assert_status(f, 200, ROLE_SITE_USER, "GET", fixture_path(f, "/me/passkeys/%s", id), NULL);
	assert_non_null(strstr(fixture_text(f), "\"suspect_at\":1700000000000"));
	assert_status(f, 401, NOBODY, "POST", "/session/passkey", body); /* nor the same again */
	a.count = 10;
	sign_in(f, &a, 201);
	assert_int_equal(row_of(f, &a).sign_count, 10);
}

static void tries_run_out(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a, b;
	struct fixture *f = *state;

	authenticator_init(&a, COSE_ES256, "one");
	authenticator_init(&b, COSE_ES256, "one");
	add(f, &a, ROLE_SITE_USER);
	for (int i = 0; i < LIMITS_ACCOUNT_TRIES; i++)
		sign_in(f, &b, 401);
	a.count = 2;
	sign_in(f, &a, 429);
	clock_virtual_advance(&f->clock, LIMITS_ACCOUNT_REFILL_MS * INT64_C(1000));
	sign_in(f, &a, 201);
}

static void who_is_disabled_stays_out(void **state)
{
	static const struct db_stmt disable = { "disable", "UPDATE person SET disabled_at = 1"
							   " WHERE id = $1" };
	CLEANUP(authenticator_free) struct authenticator a;
	struct fixture *f = *state;

	authenticator_init(&a, COSE_ES256, "one");
	add(f, &a, ROLE_SITE_USER);
	assert_int_equal(db_prepare(f->db, &disable, 1, NULL), 0);
	assert_int_equal(db_exec(f->db, &disable, DB_ARGS(A_INT(f->person[ROLE_SITE_USER])), NULL),
			 0);
	a.count = 2;
	sign_in(f, &a, 401);
	assert_string_equal(fixture_get(f, "detail"), "The passkey was refused.");
}

/* ---- beside the password ---- */

static void first_step(struct fixture *f)
{
	f->ask.cookie = (struct view){};
	assert_status(f, 401, NOBODY, "POST", "/session", SIGN_IN);
	assert_string_equal(fixture_get(f, "type"), PROBLEM_SECOND_FACTOR);
	cookie_keep(f);
}

static void it_is_the_second_step_after_the_password(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a, b;
	struct fixture *f = *state;
	const char *challenge;

	authenticator_init(&a, COSE_ES256, "one");
	authenticator_init(&b, COSE_ES256, "two");
	password_set(f, ROLE_SITE_USER, true);
	a.flags = WEBAUTHN_PRESENT; /* a touch is enough beside a password */
	add(f, &a, ROLE_SITE_USER);
	assert_string_equal(fixture_get(f, "alone"), "other");
	add(f, &b, ROLE_SITE_ADMIN);
	assert_status(f, 409, NOBODY, "POST", "/session/second/options", NULL);
	first_step(f);
	assert_status(f, 401, NOBODY, "GET", "/session", NULL);
	challenge = asked(f, NOBODY, "/session/second/options");
	assert_int_equal(count_of(f, "allow"), 1);
	assert_string_equal(fixture_get(f, "app_codes"), "other");
	b.count = 9;
	assert_status(f, 403, NOBODY, "POST", "/session/second/passkey",
		      authenticator_sign(&b, &f->setup, challenge)); /* another's */
	a.count = 9;
	assert_status(f, 201, NOBODY, "POST", "/session/second/passkey",
		      authenticator_sign(&a, &f->setup, challenge));
	assert_string_equal(fixture_get(f, "name"), "site_user");
	assert_non_null(strstr(fixture_field(f, "Set-Cookie"), "session="));
	assert_status(f, 401, NOBODY, "POST", "/session/second/passkey",
		      authenticator_sign(&a, &f->setup, challenge)); /* the step is used up */
	first_step(f);
	a.count++;
	assert_status(f, 403, NOBODY, "POST", "/session/second/passkey",
		      authenticator_sign(&a, &f->setup, challenge)); /* of another sign-in */
}

static void a_recovery_code_stands_in_for_it(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a;
	struct fixture *f = *state;
	const char *code;

	authenticator_init(&a, COSE_ES256, "one");
	password_set(f, ROLE_SITE_USER, true);
	add(f, &a, ROLE_SITE_USER);
	code = code_of(f, 4);
	first_step(f);
	assert_problem(f, 403, "code", NOBODY, "POST", "/session/second", "{\"code\":\"000000\"}");
	assert_status(f, 201, NOBODY, "POST", "/session/second",
		      fixture_path(f, "{\"code\":\"%s\"}", code));
}

static void it_proves_who_is_there(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a, b;
	struct fixture *f = *state;
	const char *challenge;

	authenticator_init(&a, COSE_ES256, "one");
	authenticator_init(&b, COSE_ES256, "two");
	add(f, &a, ROLE_SITE_USER);
	b.flags = WEBAUTHN_PRESENT;
	add(f, &b, ROLE_SITE_USER);
	a.count = b.count = 5;
	f->now += SESSION_FRESH_MS;
	assert_status(f, 403, ROLE_SITE_USER, "POST", "/me/passkeys/options", NULL);
	assert_string_equal(fixture_get(f, "type"), PROBLEM_VERIFY);
	challenge = asked(f, ROLE_SITE_USER, "/session/verify/options");
	assert_int_equal(count_of(f, "allow"), 1);
	assert_string_equal(fixture_get(f, "has_password"), "true");
	assert_status(f, 403, ROLE_SITE_USER, "POST", "/session/verify/passkey",
		      authenticator_sign(&b, &f->setup, challenge)); /* only a touch */
	assert_status(f, 403, ROLE_SITE_ADMIN, "POST", "/session/verify/passkey",
		      authenticator_sign(&a, &f->setup, challenge));
	assert_status(f, 204, ROLE_SITE_USER, "POST", "/session/verify/passkey",
		      authenticator_sign(&a, &f->setup, challenge));
	assert_status(f, 200, ROLE_SITE_USER, "POST", "/me/passkeys/options", NULL);
}

/* ---- without a password ---- */

static void the_password_can_go_and_come_back(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a, b;
	struct fixture *f = *state;

	authenticator_init(&a, COSE_ES256, "one");
	authenticator_init(&b, COSE_ES256, "two");
	password_set(f, ROLE_SITE_USER, true);
	b.flags = WEBAUTHN_PRESENT;
	add(f, &b, ROLE_SITE_USER);
	assert_status(f, 409, ROLE_SITE_USER, "DELETE", "/me/password", NULL);
	add(f, &a, ROLE_SITE_USER);
	assert_status(f, 204, ROLE_SITE_USER, "DELETE", "/me/password", NULL);
	assert_int_equal(mails_of(f, "password_changed"), 1);
	assert_status(f, 409, ROLE_SITE_USER, "DELETE", "/me/password", NULL);
	assert_status(f, 401, NOBODY, "POST", "/session", SIGN_IN);
	assert_non_null(strstr(fixture_text(f), "about:blank")); /* no second step is asked for */
	a.count = 2;
	sign_in(f, &a, 201);
	assert_status(f, 409, ROLE_SITE_USER, "POST", "/me/totp", NULL);
	f->now += SESSION_FRESH_MS;
	assert_status(f, 403, ROLE_SITE_USER, "POST", "/me/password",
		      "{\"password\":\"" PASSWORD "\"}");
	assert_string_equal(fixture_get(f, "type"), PROBLEM_VERIFY);
	f->now = NOW;
	assert_status(f, 204, ROLE_SITE_USER, "POST", "/me/password",
		      "{\"password\":\"" PASSWORD "\"}");
	first_step(f);
	f->ask.cookie = (struct view){};
	assert_problem(f, 422, "current", ROLE_SITE_USER, "POST", "/me/password",
		       "{\"password\":\"another " PASSWORD "\"}");
	assert_problem(f, 403, "current", ROLE_SITE_USER, "POST", "/me/password",
		       "{\"current\":\"wrong\",\"password\":\"another " PASSWORD "\"}");
}

static void codes_of_an_app_go_with_the_password(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a;
	struct fixture *f = *state;
	struct factors_row have;
	struct totp_row totp;

	authenticator_init(&a, COSE_ES256, "one");
	assert_status(f, 201, ROLE_SITE_USER, "POST", "/me/totp", NULL);
	assert_int_equal(totp_confirm(f->db, NOW, f->person[ROLE_SITE_USER]), 0);
	add(f, &a, ROLE_SITE_USER);
	assert_status(f, 204, ROLE_SITE_USER, "DELETE", "/me/password", NULL);
	assert_int_equal(totp_get(f->db, f->person[ROLE_SITE_USER], &f->setup, &totp), -ENOENT);
	assert_int_equal(factors_get(f->db, f->person[ROLE_SITE_USER], &f->setup, &have), 0);
	assert_true(have.codes == RECOVERY_CODES && !have.password && have.passkeys == 1);
}

static void the_last_way_in_stays(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a, b;
	struct fixture *f = *state;
	const char *one, *two;

	authenticator_init(&a, COSE_ES256, "one");
	authenticator_init(&b, COSE_ES256, "two");
	one = fixture_path(f, "/me/passkeys/%s", add(f, &a, ROLE_SITE_USER));
	b.flags = WEBAUTHN_PRESENT; /* signs in nowhere alone */
	two = fixture_path(f, "/me/passkeys/%s", add(f, &b, ROLE_SITE_USER));
	password_set(f, ROLE_SITE_USER, false);
	assert_status(f, 409, ROLE_SITE_USER, "DELETE", one, NULL);
	assert_status(f, 204, ROLE_SITE_USER, "DELETE", two, NULL);
	assert_status(f, 409, ROLE_SITE_USER, "DELETE", one, NULL);
	assert_int_equal(mails_of(f, "two_factor_off"), 0);
	password_set(f, ROLE_SITE_USER, true);
	assert_status(f, 204, ROLE_SITE_USER, "DELETE", one, NULL);
	assert_int_equal(mails_of(f, "two_factor_off"), 1);
	assert_status(f, 404, ROLE_SITE_USER, "DELETE", one, NULL);
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/me", NULL);
	assert_non_null(strstr(fixture_text(f), "\"second_factor\":false,\"recovery_codes\":0"));
	assert_status(f, 201, NOBODY, "POST", "/session", SIGN_IN);
}

static void who_has_only_a_passkey_is_active(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a;
	struct fixture *f = *state;
	const char *user = fixture_path(f, "/sites/%lld/users/%lld", (long long)f->own,
					(long long)f->person[ROLE_SITE_USER]);

	authenticator_init(&a, COSE_ES256, "one");
	password_set(f, ROLE_SITE_USER, false);
	assert_status(f, 200, ROLE_SITE_ADMIN, "GET", user, NULL);
	assert_string_equal(fixture_get(f, "status"), "not_invited");
	assert_string_equal(fixture_get(f, "managed"), "true");
	add(f, &a, ROLE_SITE_USER);
	assert_status(f, 200, ROLE_SITE_ADMIN, "GET", user, NULL);
	assert_string_equal(fixture_get(f, "status"), "active");
	assert_string_equal(fixture_get(f, "managed"), "other");
}

/* ---- whose they are ---- */

static void others_neither_see_nor_change_it(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a;
	struct fixture *f = *state;
	const char *path;

	authenticator_init(&a, COSE_ES256, "one");
	path = fixture_path(f, "/me/passkeys/%s", add(f, &a, ROLE_SITE_USER));
	assert_status(f, 404, ROLE_OPERATOR, "GET", path, NULL);
	assert_status(f, 404, ROLE_OPERATOR, "PUT", path, "{\"name\":\"Mine\"}");
	assert_status(f, 404, ROLE_OPERATOR, "DELETE", path, NULL);
	assert_status(f, 200, ROLE_SITE_USER, "PUT", path, "{\"name\":\"Key ring\"}");
	assert_string_equal(fixture_get(f, "name"), "Key ring");
}

/* The host of the setting, or else that of the request; a passkey for one is none for another. */
static void a_passkey_is_for_one_host_name(void **state)
{
	CLEANUP(authenticator_free) struct authenticator a, b;
	struct fixture *f = *state;

	authenticator_init(&a, COSE_ES256, "one");
	authenticator_init(&b, COSE_ES256, "two");
	f->env.public_url = "https://Door.example.com:443/house";
	f->env.public_url_given = true;
	f->ask.host = VIEW("10.0.0.1:8080");
	f->ask.secure = false;
	add(f, &a, ROLE_SITE_USER);
	f->env.public_url_given = false;
	f->ask.host = VIEW("localhost:8080");
	a.count++;
	sign_in(f, &a, 401);
	b.rp_id = a.rp_id = "localhost";
	b.origin = a.origin = "http://localhost:8080";
	sign_in(f, &a, 401);
	add(f, &b, ROLE_SITE_USER);
	assert_status(f, 200, ROLE_SITE_USER, "POST", "/me/passkeys/options", NULL);
	assert_int_equal(count_of(f, "exclude"), 1);
	assert_string_equal(fixture_get(f, "rp_id"), "localhost");
	b.count++;
	sign_in(f, &b, 201);
	f->ask.host = VIEW("a b");
	assert_status(f, 400, NOBODY, "POST", "/session/passkey/options", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)
		TEST(every_algorithm_is_added_and_signs_in),
		TEST(the_first_comes_with_recovery_codes_and_a_mail),
		TEST(what_does_not_answer_is_not_added),
		TEST(a_challenge_is_ones_own_and_answered_once),
		TEST(a_credential_is_one_persons),
		TEST(bytes_that_are_none_are_refused),
		TEST(there_are_only_so_many),
		TEST(nobody_signs_in_with_what_is_wrong),
		TEST(an_answer_is_good_once_and_in_time),
		TEST(a_count_that_goes_back_is_refused_and_told),
		TEST(tries_run_out),
		TEST(who_is_disabled_stays_out),
		TEST(it_is_the_second_step_after_the_password),
		TEST(a_recovery_code_stands_in_for_it),
		TEST(it_proves_who_is_there),
		TEST(the_password_can_go_and_come_back),
		TEST(codes_of_an_app_go_with_the_password),
		TEST(the_last_way_in_stays),
		TEST(who_has_only_a_passkey_is_active),
		TEST(others_neither_see_nor_change_it),
		TEST(a_passkey_is_for_one_host_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
