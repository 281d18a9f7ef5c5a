/* Proving who one is: by password, and once more before what is sensitive. */
#include "api/account.h"
#include "api/factor.h"
#include "api/limits.h"
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

int api_session_verify(struct request *r)
{
	const struct verify *in = r->body;
	int rc = password_ask(r, in->password, "password");

	if (rc == 0)
		rc = session_verify(r->db, r->who.token_hash, r->now);
	return rc == 0 ? reply_none(r) : rc;
}
