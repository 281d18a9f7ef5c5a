/* The second factor of one's own account, and the second step of signing in.
 *
 * A code is taken once: of two requests with the same one, the first to write its step wins.
 * Between the two steps there is no session, only a cookie that says whose password was right. */
#include "api/account.h"
#include "api/factor.h"
#include "api/limits.h"
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
	{ "code", FIELD_TEXT, FIELD_SECRET, offsetof(struct code, code) },
};
static const struct shape recovery_code_shape =
	SHAPE("RecoveryCode", struct code, recovery_code_fields);

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
static int take_code(struct request *r, const struct totp_row *totp, struct view code)
{
	const int rc = take_step(r, totp, code);

	return rc == -EINVAL ? take_recovery(r, totp->person_id, code) : rc;
}

bool factor_is_on(struct request *r, int64_t person_id, int *ret_rc)
{
	struct totp_row totp;
	const int rc = totp_get(r->db, person_id, r->arena, &totp);

	*ret_rc = rc == -ENOENT ? 0 : rc;
	return rc == 0 && totp.confirmed_at != DB_INT_NULL;
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
	return reply_problem_type(r, 401, PROBLEM_SECOND_FACTOR,
				  "A code of the second factor is needed.");
}

static int enter(struct request *r, struct view hash, const struct token_row *token,
		 struct view code)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct token_row taken;
	struct person_row person;
	struct totp_row totp;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = token_take(r->db, hash, VIEW("second_factor"), r->now, r->arena, &taken);
	if (rc == 0)
		rc = person_get(r->db, token->person_id, r->arena, &person);
	if (rc == 0)
		rc = totp_get(r->db, token->person_id, r->arena, &totp);
	if (rc == 0)
		rc = take_code(r, &totp, code);
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

int api_session_second(struct request *r)
{
	const struct code *in = r->body;
	struct token_row token;
	struct view hash, limit;
	int64_t wait;
	int rc = cookie_hash(r, SECOND_COOKIE, &hash);

	if (rc == 0)
		rc = token_find(r->db, hash, VIEW("second_factor"), r->now, r->arena, &token);
	if (rc < 0)
		return rc == -ENOENT ? start_again(r) : rc;
	limit = limit_of(r, token.person_id);
	wait = limits_try(r->env->limits, LIMITS_CODE, limit, &r->ask->peer);
	if (wait > 0)
		return reply_wait(r, wait);
	rc = enter(r, hash, &token, in->code);
	if (rc == -EACCES)
		return refuse_code(r, token.person_id);
	if (rc < 0)
		return rc == -ENOENT ? start_again(r) : rc;
	limits_forgive(r->env->limits, LIMITS_CODE, limit, &r->ask->peer);
	cookie_set(r, SECOND_COOKIE, "", 0);
	log_info("signed_in", LF_I("person", token.person_id), LF_V("address", session_address(r)));
	return session_reply(r);
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

int api_totp_post(struct request *r)
{
	char bytes[TOTP_SECRET_SIZE];
	const struct view secret = { bytes, sizeof(bytes) };
	const struct view account = r->who.email.p ? r->who.email : r->who.name;
	struct totp_secret answer;
	struct view sealed;
	int rc;

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
static int renew_codes(struct request *r, struct code codes[RECOVERY_CODES])
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

static int switch_on(struct request *r, struct view code, struct code codes[RECOVERY_CODES])
{
	DB_TRANSACTION struct db_tx tx = {};
	struct totp_row totp;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = totp_get(r->db, r->who.person_id, r->arena, &totp);
	if (rc == 0)
		rc = totp_confirm(r->db, r->now, r->who.person_id);
	if (rc == 0)
		rc = take_step(r, &totp, code);
	if (rc == 0)
		rc = renew_codes(r, codes);
	if (rc == 0)
		rc = tell(r, "two_factor_on");
	return rc == 0 ? db_commit(&tx) : rc;
}

static int reply_codes(struct request *r, struct code codes[RECOVERY_CODES])
{
	const struct recovery_codes answer = { { codes, RECOVERY_CODES } };

	return reply_one(r, &answer);
}

int api_totp_confirm(struct request *r)
{
	const struct totp_confirm *in = r->body;
	const struct view limit = limit_of(r, r->who.person_id);
	struct code codes[RECOVERY_CODES];
	int64_t wait;
	int rc = password_ask(r, in->password, "password");

	if (rc != 0)
		return rc;
	wait = limits_try(r->env->limits, LIMITS_CODE, limit, &r->ask->peer);
	if (wait > 0)
		return reply_wait(r, wait);
	rc = switch_on(r, in->code, codes);
	if (rc == -EACCES || rc == -EINVAL)
		return refuse_code(r, r->who.person_id);
	if (rc == -ENOENT)
		return reply_problem(r, 409, NULL, "There is nothing to confirm.");
	if (rc < 0)
		return rc;
	limits_forgive(r->env->limits, LIMITS_CODE, limit, &r->ask->peer);
	log_info("second_factor_on", LF_I("person", r->who.person_id));
	return reply_codes(r, codes);
}

int api_totp_delete(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = totp_delete(r->db, r->who.person_id);
	if (rc == 0)
		rc = tell(r, "two_factor_off");
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
	struct code codes[RECOVERY_CODES];
	int rc;

	if (!factor_is_on(r, r->who.person_id, &rc))
		return rc < 0 ? rc : is_off(r);
	rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = renew_codes(r, codes);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_codes(r, codes) : rc;
}

int api_recovery_codes_kept(struct request *r)
{
	const int rc = recovery_kept(r->db, r->now, r->who.person_id);

	if (rc == -ENOENT)
		return is_off(r);
	return rc == 0 ? reply_none(r) : rc;
}
