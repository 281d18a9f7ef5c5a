/* The second factor of one's own account, and the second step of signing in.
 *
 * A code is taken once: of two requests with the same one, the first to write its step wins.
 * Between the two steps there is no session, only a cookie that says whose password was right. */
#include "api/account.h"
#include "api/factor.h"
#include "api/limits.h"
#include "api/passkey.h"
#include "api/notice.h"
#include "api/password.h"
#include "api/resource.h"
#include "api/session.h"
#include "base/token.h"
#include "api/totp.h"
#include "base/log.h"
#include "store/factor.h"
#include "store/token.h"

#include <errno.h>
#include <inttypes.h>

#define SECOND_COOKIE "second"
#define SECOND_MS     (INT64_C(5) * 60 * 1000) /* to find the phone in */

struct code {
	struct view code;
};

#define CODE_FIELD(type)                                                                           \
	{                                                                                          \
		"code", FIELD_TEXT, FIELD_SECRET, offsetof(type, code),                            \
			.min = 1, .max = CODE_MAX, .doc = "Of the app, or a recovery code"         \
	}

static const struct field code_fields[] = { CODE_FIELD(struct code) };
const struct shape code_shape = SHAPE("Code", struct code, code_fields);

struct totp_confirm {
	struct view code;
	struct view password;
};

static const struct field confirm_fields[] = {
	CODE_FIELD(struct totp_confirm),
	{ "password", FIELD_TEXT, FIELD_RAW | FIELD_SECRET, offsetof(struct totp_confirm, password),
	  .min = 1, .max = PASSWORD_MAX },
};
const struct shape totp_confirm_shape = SHAPE("TotpConfirm", struct totp_confirm, confirm_fields);

struct totp_secret {
	struct view secret;
	struct view uri;
};

static const struct field secret_fields[] = {
	{ "secret", FIELD_TEXT, FIELD_SECRET, offsetof(struct totp_secret, secret),
	  .doc = "Base32" },
	{ "uri", FIELD_TEXT, FIELD_SECRET, offsetof(struct totp_secret, uri),
	  .doc = "For a QR code" },
};
const struct shape totp_secret_shape = SHAPE("TotpSecret", struct totp_secret, secret_fields);

struct recovery_codes {
	struct shape_list codes;
};

static const struct field recovery_code_fields[] = {
	{ "code", FIELD_TEXT, FIELD_SECRET, offsetof(struct recovery_code, code) },
};
const struct shape recovery_code_shape =
	SHAPE("RecoveryCode", struct recovery_code, recovery_code_fields);

static const struct field recovery_fields[] = {
	{ "codes", FIELD_OBJECTS, 0, offsetof(struct recovery_codes, codes), .max = RECOVERY_CODES,
	  .of = &recovery_code_shape },
};
const struct shape recovery_codes_shape =
	SHAPE("RecoveryCodes", struct recovery_codes, recovery_fields);

static struct view limit_of(struct request *r, int64_t person_id)
{
	return view_str(arena_printf(r->arena, "%" PRId64, person_id));
}

static int take_step(struct request *r, const struct totp_row *totp, struct view code)
{
	struct view secret;
	int64_t step;
	int rc = secret_open(&r->env->key, totp->secret_sealed, r->arena, &secret);

	if (rc == 0)
		rc = totp_match(secret, r->now, code, &step);
	if (rc == 0)
		rc = totp_step(r->db, totp->person_id, step);
	return rc == -EEXIST ? -EACCES : rc;
}

static int take_recovery(struct request *r, int64_t person_id, struct view code)
{
	struct view hash;
	int rc = recovery_hash(&r->env->key, code, r->arena, &hash);

	if (rc == 0)
		rc = recovery_take(r->db, person_id, hash);
	return rc == -EINVAL || rc == -ENOENT ? -EACCES : rc;
}

/* In a transaction that ends when the code was wrong. -EACCES: it is. */
static int take_code(struct request *r, int64_t person_id, struct view code)
{
	struct totp_row totp;
	int rc = totp_get(r->db, person_id, r->arena, &totp);

	if (rc == -ENOENT || (rc == 0 && totp.confirmed_at == DB_INT_NULL))
		rc = -EINVAL; /* of no app: a recovery code, if any */
	else if (rc == 0)
		rc = take_step(r, &totp, code);
	return rc == -EINVAL ? take_recovery(r, person_id, code) : rc;
}

static bool is_on(const struct factors_row *have)
{
	return have->totp_at != DB_INT_NULL || have->passkeys > 0;
}

bool factor_is_on(struct request *r, int64_t person_id, int *ret_rc)
{
	struct factors_row have;

	*ret_rc = factors_get(r->db, person_id, r->arena, &have);
	return *ret_rc == 0 && is_on(&have);
}

int factor_ask(struct request *r, int64_t person_id)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct token_row row = { .purpose = VIEW("second_factor"),
				 .person_id = person_id,
				 .created_at = r->now,
				 .expires_at = r->now + SECOND_MS };
	struct token token;
	int rc = token_make(r->env->rand, r->arena, &token);

	row.token_hash = token.hash;
	if (rc == 0)
		rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = token_expire(r->db, r->now);
	if (rc == 0)
		rc = token_create(r->db, &row);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc < 0)
		return rc;
	cookie_set(r, SECOND_COOKIE, token.text.p, SECOND_MS);
	return reply_problem_type(r, 401, PROBLEM_SECOND_FACTOR, "The second factor is needed.");
}

/* A code whose p is NULL: the person proved to have a passkey. */
static int enter(struct request *r, struct view hash, int64_t person_id, struct view code)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct token_row taken;
	struct person_row person;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = token_take(r->db, hash, VIEW("second_factor"), r->now, r->arena, &taken);
	if (rc == 0)
		rc = person_get(r->db, person_id, r->arena, &person);
	if (rc == 0 && code.p)
		rc = take_code(r, person_id, code);
	if (rc == 0)
		rc = session_begin(r, &person);
	return rc == 0 ? db_commit(&tx) : rc;
}

static int refuse_code(struct request *r, int64_t person_id)
{
	log_warn("code_refused", LF_I("person", person_id), LF_V("address", session_address(r)));
	return reply_problem(r, 403, "code", "The code is wrong, or was used before.");
}

static int start_again(struct request *r)
{
	return reply_problem(r, 401, NULL, "Sign in with the password first.");
}

/* Who is between the steps, by the cookie's hash. -ENOENT: nobody is. */
static int find_first_step(struct request *r, struct view *ret_hash, int64_t *ret_person_id)
{
	struct token_row token;
	int rc = cookie_hash(r, SECOND_COOKIE, ret_hash);

	if (rc == 0)
		rc = token_find(r->db, *ret_hash, VIEW("second_factor"), r->now, r->arena, &token);
	if (rc == 0)
		*ret_person_id = token.person_id;
	return rc;
}

static int count_try(struct request *r, int64_t person_id)
{
	const int64_t wait =
		limits_try(r->env->limits, LIMITS_CODE, limit_of(r, person_id), &r->ask->peer);

	return wait > 0 ? reply_wait(r, wait) : 0;
}

static int entered(struct request *r, int64_t person_id)
{
	limits_forgive(r->env->limits, LIMITS_CODE, limit_of(r, person_id), &r->ask->peer);
	cookie_set(r, SECOND_COOKIE, "", 0);
	log_info("signed_in", LF_I("person", person_id), LF_V("address", session_address(r)));
	return session_reply(r);
}

int api_session_second(struct request *r)
{
	const struct code *in = r->body;
	struct view hash;
	int64_t person_id;
	int rc = find_first_step(r, &hash, &person_id);

	if (rc == 0)
		rc = count_try(r, person_id);
	if (rc == 0)
		rc = enter(r, hash, person_id, in->code);
	if (rc == -EACCES)
		return refuse_code(r, person_id);
	if (rc == -ENOENT)
		return start_again(r);
	return rc == 0 ? entered(r, person_id) : rc;
}

static struct passkey_ask ask_second(struct view hash, int64_t person_id)
{
	return (struct passkey_ask){ .purpose = PASSKEY_SECOND,
				     .bound_to = hash,
				     .person_id = person_id };
}

int api_session_second_options(struct request *r)
{
	struct passkey_ask ask;
	struct view hash;
	int64_t person_id;
	const int rc = find_first_step(r, &hash, &person_id);

	if (rc == -ENOENT)
		return reply_problem(r, 409, NULL, "Sign in with the password first.");
	if (rc < 0)
		return rc;
	ask = ask_second(hash, person_id);
	return passkey_reply_ask(r, &ask);
}

int api_session_second_passkey(struct request *r)
{
	struct passkey_row passkey;
	struct view hash;
	int64_t person_id;
	int rc = find_first_step(r, &hash, &person_id);

	if (rc == 0)
		rc = count_try(r, person_id);
	if (rc == 0) {
		const struct passkey_ask ask = ask_second(hash, person_id);
		rc = passkey_take(r, &ask, r->body, &passkey);
	}
	if (rc == 0)
		rc = enter(r, hash, person_id, (struct view){});
	if (rc == -EACCES)
		return reply_problem(r, 403, NULL, "The passkey was refused.");
	if (rc == -ENOENT)
		return start_again(r);
	return rc == 0 ? entered(r, person_id) : rc;
}

static int is_on_already(struct request *r)
{
	return reply_problem(r, 409, NULL, "The second factor is on: switch it off first.");
}

static int is_off(struct request *r)
{
	return reply_problem(r, 409, NULL, "The second factor is off.");
}

static int keep_secret(struct request *r, struct view sealed)
{
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = totp_create(r->db, r->now, r->who.person_id, sealed);
	return rc == 0 ? db_commit(&tx) : rc;
}

static int has_password(struct request *r, bool *ret_has)
{
	struct factors_row have;
	const int rc = factors_get(r->db, r->who.person_id, r->arena, &have);

	if (rc == 0)
		*ret_has = have.password;
	return rc;
}

int api_totp_post(struct request *r)
{
	char bytes[TOTP_SECRET_SIZE];
	const struct view secret = { bytes, sizeof(bytes) };
	const struct view account = r->who.email.p ? r->who.email : r->who.name;
	struct totp_secret answer;
	struct view sealed;
	bool has = false;
	int rc = has_password(r, &has);

	if (rc < 0)
		return rc;
	if (!has)
		return reply_problem(r, 409, NULL,
				     "Codes stand beside a password, and there is none.");
	rand_bytes(r->env->rand, bytes, sizeof(bytes));
	rc = secret_seal(&r->env->key, r->env->rand, secret, r->arena, &sealed);
	if (rc == 0)
		rc = totp_uri(secret, account, r->arena, &answer.uri, &answer.secret);
	if (rc == 0)
		rc = keep_secret(r, sealed);
	if (rc == -EEXIST)
		return is_on_already(r);
	return rc == 0 ? reply_one(r, &answer) : rc;
}

/* New codes in place of all others; they are shown once and never again. */
static int renew_codes(struct request *r, struct recovery_code codes[RECOVERY_CODES])
{
	struct view hashes[RECOVERY_CODES];
	int rc = 0;

	for (int i = 0; rc == 0 && i < RECOVERY_CODES; i++) {
		rc = recovery_make(r->env->rand, r->arena, &codes[i].code);
		if (rc == 0)
			rc = recovery_hash(&r->env->key, codes[i].code, r->arena, &hashes[i]);
	}
	return rc == 0 ? recovery_replace(r->db, r->who.person_id, hashes, RECOVERY_CODES) : rc;
}

static int tell(struct request *r, const char *template)
{
	struct person_row person;
	const int rc = person_get(r->db, r->who.person_id, r->arena, &person);

	return rc == 0 && person.email.p ? notice_person(r, &person, template, NULL) : rc;
}

int factor_added(struct request *r, const struct factors_row *before,
		 struct recovery_code codes[RECOVERY_CODES], struct shape_list *ret_codes)
{
	int rc = 0;

	*ret_codes = (struct shape_list){};
	if (before->codes == 0) {
		rc = renew_codes(r, codes);
		*ret_codes = (struct shape_list){ codes, RECOVERY_CODES };
	}
	return rc == 0 && !is_on(before) ? tell(r, "two_factor_on") : rc;
}

int factor_removed(struct request *r, const struct factors_row *left)
{
	int rc;

	if (is_on(left))
		return 0;
	rc = recovery_replace(r->db, r->who.person_id, NULL, 0);
	return rc == 0 ? tell(r, "two_factor_off") : rc;
}

static int switch_on(struct request *r, struct view code,
		     struct recovery_code codes[RECOVERY_CODES], struct shape_list *ret_codes)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct factors_row before;
	struct totp_row totp;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = factors_get(r->db, r->who.person_id, r->arena, &before);
	if (rc == 0)
		rc = totp_get(r->db, r->who.person_id, r->arena, &totp);
	if (rc == 0)
		rc = totp_confirm(r->db, r->now, r->who.person_id);
	if (rc == 0)
		rc = take_step(r, &totp, code);
	if (rc == 0)
		rc = factor_added(r, &before, codes, ret_codes);
	return rc == 0 ? db_commit(&tx) : rc;
}

int api_totp_confirm(struct request *r)
{
	const struct totp_confirm *in = r->body;
	const struct view limit = limit_of(r, r->who.person_id);
	struct recovery_code codes[RECOVERY_CODES];
	struct recovery_codes answer;
	int64_t wait;
	int rc = password_ask(r, in->password, "password");

	if (rc != 0)
		return rc;
	wait = limits_try(r->env->limits, LIMITS_CODE, limit, &r->ask->peer);
	if (wait > 0)
		return reply_wait(r, wait);
	rc = switch_on(r, in->code, codes, &answer.codes);
	if (rc == -EACCES || rc == -EINVAL)
		return refuse_code(r, r->who.person_id);
	if (rc == -ENOENT)
		return reply_problem(r, 409, NULL, "There is nothing to confirm.");
	if (rc < 0)
		return rc;
	limits_forgive(r->env->limits, LIMITS_CODE, limit, &r->ask->peer);
	log_info("second_factor_on", LF_I("person", r->who.person_id));
	return reply_one(r, &answer);
}

int api_totp_delete(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct factors_row left;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = totp_delete(r->db, r->who.person_id);
	if (rc == 0)
		rc = factors_get(r->db, r->who.person_id, r->arena, &left);
	if (rc == 0)
		rc = factor_removed(r, &left);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == -ENOENT)
		return is_off(r);
	if (rc < 0)
		return rc;
	log_info("second_factor_off", LF_I("person", r->who.person_id));
	return reply_none(r);
}

int api_recovery_codes_post(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct recovery_code codes[RECOVERY_CODES];
	const struct recovery_codes answer = { { codes, RECOVERY_CODES } };
	int rc;

	if (!factor_is_on(r, r->who.person_id, &rc))
		return rc < 0 ? rc : is_off(r);
	rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = renew_codes(r, codes);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_one(r, &answer) : rc;
}

int api_recovery_codes_kept(struct request *r)
{
	int rc;

	if (!factor_is_on(r, r->who.person_id, &rc))
		return rc < 0 ? rc : is_off(r);
	rc = recovery_kept(r->db, r->now, r->who.person_id);
	return rc == 0 ? reply_none(r) : rc;
}
