/* Proving who one is: by password or passkey, and once more before what is sensitive. */
#include "api/account.h"
#include "api/factor.h"
#include "api/limits.h"
#include "api/passkey.h"
#include "api/password.h"
#include "api/person.h"
#include "api/resource.h"
#include "api/session.h"
#include "base/log.h"

#include <errno.h>

struct sign_in {
	struct view email;
	struct view password;
};

static const struct field sign_in_fields[] = {
	{ "email", FIELD_TEXT, 0, offsetof(struct sign_in, email), .min = 1, .max = EMAIL_MAX },
	{ "password", FIELD_TEXT, FIELD_RAW | FIELD_SECRET, offsetof(struct sign_in, password),
	  .min = 1, .max = PASSWORD_MAX },
};
const struct shape sign_in_shape = SHAPE("SignIn", struct sign_in, sign_in_fields);

struct verify {
	struct view password;
};

static const struct field verify_fields[] = {
	{ "password", FIELD_TEXT, FIELD_RAW | FIELD_SECRET, offsetof(struct verify, password),
	  .min = 1, .max = PASSWORD_MAX },
};
const struct shape verify_shape = SHAPE("Verify", struct verify, verify_fields);

static int refuse_sign_in(struct request *r)
{
	log_warn("sign_in_refused", LF_V("address", session_address(r)));
	return reply_problem(r, 401, NULL, "The e-mail address or the password is wrong.");
}

static int enter(struct request *r, const struct person_row *person)
{
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = session_begin(r, person);
	return rc == 0 ? db_commit(&tx) : rc;
}

/* An unknown account costs one hash, as a known one does, and gets the same answer. */
int api_session_post(struct request *r)
{
	struct sign_in *in = r->body;
	struct person_row person;
	int64_t wait;
	bool known, right;
	int rc = email_fold(r->arena, &in->email);

	if (rc < 0)
		return rc;
	wait = limits_try(r->env->limits, LIMITS_SIGN_IN, in->email, &r->ask->peer);
	if (wait > 0)
		return reply_wait(r, wait);
	rc = person_by_email(r->db, in->email, r->arena, &person);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	known = rc == 0 && person.password.p && person.disabled_at == DB_INT_NULL;
	right = password_verify(known ? person.password.p : r->env->dummy_hash, in->password);
	if (!known || !right)
		return refuse_sign_in(r);
	limits_forgive(r->env->limits, LIMITS_SIGN_IN, in->email, &r->ask->peer);
	if (factor_is_on(r, person.id, &rc))
		return factor_ask(r, person.id);
	if (rc == 0)
		rc = enter(r, &person);
	if (rc < 0)
		return rc;
	log_info("signed_in", LF_I("person", person.id), LF_V("address", session_address(r)));
	return session_reply(r);
}

static struct passkey_ask ask_anybody(void)
{
	return (struct passkey_ask){ .purpose = PASSKEY_SIGN_IN, .verified = true };
}

int api_session_passkey_options(struct request *r)
{
	const struct passkey_ask ask = ask_anybody();

	return passkey_reply_ask(r, &ask);
}

static int refuse_passkey(struct request *r)
{
	return reply_problem(r, 401, NULL, "The passkey was refused.");
}

static int enter_by_passkey(struct request *r, const struct passkey_row *passkey)
{
	struct person_row person;
	int rc = person_get(r->db, passkey->person_id, r->arena, &person);

	if (rc == 0)
		rc = enter(r, &person);
	return rc;
}

/* Of a passkey that nobody knows and one that signs wrongly the answer is the same, and so it is
 * where the person is disabled. */
int api_session_passkey(struct request *r)
{
	const struct passkey_answer *in = r->body;
	const struct passkey_ask ask = ask_anybody();
	const int64_t wait =
		limits_try(r->env->limits, LIMITS_SIGN_IN, in->credential_id, &r->ask->peer);
	struct passkey_row passkey;
	int rc;

	if (wait > 0)
		return reply_wait(r, wait);
	rc = passkey_take(r, &ask, in, &passkey);
	if (rc == 0)
		rc = enter_by_passkey(r, &passkey);
	if (rc == -EACCES || rc == -ENOENT)
		return refuse_passkey(r);
	if (rc != 0)
		return rc;
	limits_forgive(r->env->limits, LIMITS_SIGN_IN, in->credential_id, &r->ask->peer);
	log_info("signed_in", LF_I("person", passkey.person_id), LF_I("passkey", passkey.id),
		 LF_V("address", session_address(r)));
	return session_reply(r);
}

static struct passkey_ask ask_own(const struct request *r)
{
	return (struct passkey_ask){ .purpose = PASSKEY_VERIFY,
				     .bound_to = r->who.token_hash,
				     .person_id = r->who.person_id,
				     .verified = true };
}

int api_session_verify_options(struct request *r)
{
	const struct passkey_ask ask = ask_own(r);

	return passkey_reply_ask(r, &ask);
}

int api_session_verify_passkey(struct request *r)
{
	const struct passkey_ask ask = ask_own(r);
	struct passkey_row passkey;
	int rc = passkey_take(r, &ask, r->body, &passkey);

	if (rc == -EACCES)
		return reply_problem(r, 403, NULL, "The passkey was refused.");
	if (rc == 0)
		rc = session_verify(r->db, r->who.token_hash, r->now);
	return rc == 0 ? reply_none(r) : rc;
}

int api_session_verify(struct request *r)
{
	const struct verify *in = r->body;
	int rc = password_ask(r, in->password, "password");

	if (rc == 0)
		rc = session_verify(r->db, r->who.token_hash, r->now);
	return rc == 0 ? reply_none(r) : rc;
}
