/* A new password for whoever forgot the old one: a link to the account's address.
 *
 * What is asked for an address without an account costs the same rows: a token that is nobody's,
 * and a mail that is taken back before anybody sees it. */
#include "api/account.h"
#include "api/limits.h"
#include "api/link.h"
#include "api/notice.h"
#include "api/password.h"
#include "api/person.h"
#include "api/resource.h"
#include "api/session.h"
#include "base/token.h"
#include "base/log.h"
#include "store/token.h"

#include <errno.h>

#define RESET_MS (INT64_C(3600) * 1000) /* for how long the link is good */

struct forgotten {
	struct view email;
	struct view captcha;
};

static const struct field forgotten_fields[] = {
	{ "email", FIELD_TEXT, 0, offsetof(struct forgotten, email), .min = EMAIL_MIN,
	  .max = EMAIL_MAX, .check = email_fault },
	{ "captcha", FIELD_TEXT, 0, offsetof(struct forgotten, captcha), .min = 1,
	  .max = CAPTCHA_TEXT_MAX,
	  .doc = "What GET /captcha asked for, solved; base64 as ALTCHA has it" },
};
const struct shape forgotten_shape = SHAPE("ForgottenPassword", struct forgotten, forgotten_fields);

struct reset {
	struct view token;
	struct view password;
};

static const struct field reset_fields[] = {
	{ "token", FIELD_TEXT, FIELD_SECRET, offsetof(struct reset, token), .min = 1, .max = 128 },
	{ "password", FIELD_TEXT, FIELD_RAW | FIELD_SECRET, offsetof(struct reset, password),
	  .min = PASSWORD_MIN, .max = PASSWORD_MAX, .check = password_fault },
};
const struct shape reset_shape = SHAPE("PasswordReset", struct reset, reset_fields);

/* Who is only called or let in has no account to sign in to. *ret_person is always one that a mail
 * could go to. */
static int account_of(struct request *r, struct view email, struct person_row *ret_person,
		      bool *ret_may)
{
	struct role_row *roles;
	size_t n;
	int rc = person_by_email(r->db, email, r->arena, ret_person);

	*ret_may = false;
	if (rc == -ENOENT)
		*ret_person = (struct person_row){ .email = email,
						   .language = VIEW("en"),
						   .name = VIEW(""),
						   .disabled_at = DB_INT_NULL };
	else if (rc < 0)
		return rc;
	else
		*ret_may = person_is_active(ret_person);
	rc = role_list(r->db, ret_person->id, r->arena, &roles, &n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		*ret_may = *ret_may || role_from_text(roles[i].role) != ROLE_NONE;
	*ret_may = *ret_may && ret_person->disabled_at == DB_INT_NULL;
	return rc;
}

static int mail_link(struct request *r, const struct person_row *person, bool may,
		     const struct token *token)
{
	DB_TRANSACTION struct db_tx tx = {};
	const char *path = arena_printf(r->arena, "/reset#%s", token->text.p);
	int rc = path ? db_begin(r->db, &tx) : -ENOMEM;

	if (rc == 0)
		rc = notice_person(r, person, "password_reset", path);
	return rc == 0 && may ? db_commit(&tx) : rc;
}

/* -EEXIST: the captcha was used before. */
static int send_link(struct request *r, struct view email, const struct captcha_solved *captcha)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct token_row row = { .purpose = VIEW("password_reset"),
				 .created_at = r->now,
				 .expires_at = r->now + RESET_MS };
	struct person_row person;
	struct token token;
	bool may = false;
	int rc = token_make(r->env->rand, r->arena, &token);

	if (rc == 0)
		rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = token_expire(r->db, r->now);
	if (rc == 0)
		rc = captcha_use(r->db, captcha->nonce, captcha->expires_at);
	if (rc == 0)
		rc = account_of(r, email, &person, &may);
	if (rc < 0)
		return rc;
	row.token_hash = token.hash;
	row.person_id = may ? person.id : DB_INT_NULL;
	rc = token_create(r->db, &row);
	if (rc == 0)
		rc = mail_link(r, &person, may, &token);
	return rc == 0 ? db_commit(&tx) : rc;
}

int api_password_forgotten(struct request *r)
{
	struct forgotten *in = r->body;
	struct captcha_solved captcha;
	int64_t wait;
	int rc = captcha_ask(r, in->captcha, &captcha);

	if (rc == 0)
		rc = email_fold(r->arena, &in->email);
	if (rc != 0)
		return rc;
	wait = limits_try(r->env->limits, LIMITS_MAIL, in->email, &r->ask->peer);
	if (wait > 0)
		return reply_wait(r, wait);
	rc = send_link(r, in->email, &captcha);
	if (rc == -EEXIST)
		return captcha_refuse(r);
	return rc == 0 ? reply_none(r) : rc;
}

int password_replace(struct request *r, const struct person_row *person, struct view password,
		     int64_t but_session)
{
	int rc = person_password_set(r->db, r->now, person->id, password);

	if (rc == 0)
		rc = token_delete(r->db, person->id);
	if (rc == 0)
		rc = session_delete_all(r->db, r->now, person->id, but_session);
	if (rc == 0 && person->email.p)
		rc = notice_person(r, person, "password_changed", "/forgotten");
	return rc;
}

/* -ENOENT: the link is not, or no longer, good. */
static int reset(struct request *r, struct view hash, struct view password)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct token_row token;
	struct person_row person;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = token_take(r->db, hash, VIEW("password_reset"), r->now, r->arena, &token);
	if (rc == 0)
		rc = person_get(r->db, token.person_id, r->arena, &person);
	if (rc == 0 && person.disabled_at != DB_INT_NULL)
		rc = -ENOENT;
	if (rc == 0)
		rc = password_replace(r, &person, password, 0);
	if (rc < 0)
		return rc;
	log_info("password_reset", LF_I("person", person.id), LF_V("address", session_address(r)));
	return db_commit(&tx);
}

int api_password_reset(struct request *r)
{
	const struct reset *in = r->body;
	const int rc = link_follow(r, in->token, in->password, reset);

	return rc == 0 ? reply_none(r) : rc;
}
