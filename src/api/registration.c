/* From a stranger to an account: captcha, registration, the link in the mail, the password.
 *
 * Nobody learns here which addresses have an account: the answer is the same, so are the rows that
 * are written and the mail that goes, and only whoever reads that mailbox sees what it says. */
#include "api/account.h"
#include "api/limits.h"
#include "api/link.h"
#include "api/notice.h"
#include "api/password.h"
#include "api/person.h"
#include "api/request.h"
#include "api/resource.h"
#include "api/session.h"
#include "base/token.h"
#include "base/log.h"
#include "store/account.h"
#include "store/token.h"

#include <errno.h>

#define REGISTRATION_MS (INT64_C(24) * 3600 * 1000) /* for how long the link is good */

struct registration {
	struct view name;
	struct view company;
	struct view email;
	struct view language;
	bool consent;
	struct view captcha;
};

static const struct field registration_fields[] = {
	{ "name", FIELD_TEXT, 0, offsetof(struct registration, name), .min = 1, .max = 100 },
	{ "company", FIELD_TEXT, 0, offsetof(struct registration, company), .min = 1, .max = 100 },
	{ "email", FIELD_TEXT, 0, offsetof(struct registration, email), .min = EMAIL_MIN,
	  .max = EMAIL_MAX, .check = email_fault },
	{ "language", FIELD_TEXT, 0, offsetof(struct registration, language), .min = LANGUAGE_MIN,
	  .max = LANGUAGE_MAX, .check = language_fault },
	{ "consent", FIELD_BOOL, 0, offsetof(struct registration, consent),
	  .doc = "That the data may be kept; must be true" },
	{ "captcha", FIELD_TEXT, 0, offsetof(struct registration, captcha), .min = 1,
	  .max = CAPTCHA_TEXT_MAX,
	  .doc = "What GET /captcha asked for, solved; base64 as ALTCHA has it" },
};
const struct shape registration_shape =
	SHAPE("Registration", struct registration, registration_fields);

struct registration_state {
	bool open;
};

static const struct field state_fields[] = {
	{ "open", FIELD_BOOL, 0, offsetof(struct registration_state, open) },
};
const struct shape registration_state_shape =
	SHAPE("RegistrationState", struct registration_state, state_fields);

struct activation {
	struct view token;
	struct view password;
};

static const struct field activation_fields[] = {
	{ "token", FIELD_TEXT, FIELD_SECRET, offsetof(struct activation, token), .min = 1,
	  .max = 128 },
	{ "password", FIELD_TEXT, FIELD_RAW | FIELD_SECRET, offsetof(struct activation, password),
	  .min = PASSWORD_MIN, .max = PASSWORD_MAX, .check = password_fault },
};
const struct shape activation_shape = SHAPE("Activation", struct activation, activation_fields);

int api_registration_get(struct request *r)
{
	const struct registration_state state = { r->env->registration_open };

	return reply_one(r, &state);
}

int api_captcha_get(struct request *r)
{
	const int64_t wait =
		limits_try(r->env->limits, LIMITS_CAPTCHA, (struct view){}, &r->ask->peer);
	struct view json;
	int rc;

	if (wait > 0)
		return reply_wait(r, wait);
	rc = captcha_make(&r->env->key, r->env->rand, CAPTCHA_COST, r->now, r->arena, &json);
	if (rc < 0)
		return rc;
	reply_field(r, "Content-Type", "application/json");
	r->answer->status = r->route->status;
	buf_add(&r->answer->body, json);
	return 0;
}

int captcha_refuse(struct request *r)
{
	return reply_problem_type(r, 422, PROBLEM_CAPTCHA,
				  "The captcha is not solved, too old, or was used before.");
}

int captcha_ask(struct request *r, struct view answer, struct captcha_solved *ret_solved)
{
	const int rc = captcha_check(&r->env->key, answer, r->now, r->arena, ret_solved);

	return rc == -EBADMSG || rc == -ETIME ? captcha_refuse(r) : rc;
}

static bool has_account(const struct person_row *person)
{
	return person_is_active(person) || person->disabled_at != DB_INT_NULL;
}

static int mail_activation(struct request *r, const struct registration *in,
			   const struct token *token)
{
	const char *path = arena_printf(r->arena, "/activate#%s", token->text.p);

	if (!path)
		return -ENOMEM;
	return notice_queue(r, &(struct notice){
				       .template = "activation",
				       .recipient = in->email,
				       .name = in->name,
				       .language = in->language,
				       .arguments = { { "path", view_str(path) } },
				       .narguments = 1,
			       });
}

static int keep(struct request *r, const struct registration *in, const struct token *token)
{
	const struct registration_row row = { token->hash,
					      in->email,
					      in->name,
					      in->company,
					      in->language,
					      r->now,
					      r->now + REGISTRATION_MS };

	return registration_create(r->db, &row);
}

/* -EEXIST: the captcha was used before. */
static int enrol(struct request *r, const struct registration *in,
		 const struct captcha_solved *captcha)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct person_row person;
	struct token token;
	bool known;
	int rc = token_make(r->env->rand, r->arena, &token);

	if (rc == 0)
		rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = token_expire(r->db, r->now);
	if (rc == 0)
		rc = captcha_use(r->db, captcha->nonce, captcha->expires_at);
	if (rc == 0)
		rc = keep(r, in, &token);
	if (rc < 0)
		return rc;
	rc = person_by_email(r->db, in->email, r->arena, &person);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	known = rc == 0 && has_account(&person);
	rc = known ? notice_person(r, &person, "already_registered", "/")
		   : mail_activation(r, in, &token);
	return rc == 0 ? db_commit(&tx) : rc;
}

int api_registration_post(struct request *r)
{
	struct registration *in = r->body;
	struct captcha_solved captcha;
	int64_t wait;
	int rc;

	if (!r->env->registration_open)
		return reply_problem(r, 403, NULL,
				     "Nobody can register here: ask whoever runs the server.");
	if (!in->consent)
		return reply_problem(r, 422, "consent", "consent must be given.");
	rc = captcha_ask(r, in->captcha, &captcha);
	if (rc == 0)
		rc = email_fold(r->arena, &in->email);
	if (rc != 0)
		return rc;
	wait = limits_try(r->env->limits, LIMITS_MAIL, in->email, &r->ask->peer);
	if (wait > 0)
		return reply_wait(r, wait);
	rc = enrol(r, in, &captcha);
	if (rc == -EEXIST)
		return captcha_refuse(r);
	return rc == 0 ? reply_none(r) : rc;
}

/* Somebody may have made a person of the address meanwhile, to be called or invited: that becomes
 * the account, for the link has proved whose the address is. -ENOENT: there is an account already.
 */
static int adopt(struct request *r, const struct registration_row *row, struct view password,
		 struct person_row *ret_person)
{
	struct person_row person = { .email = row->email,
				     .name = row->name,
				     .password = password,
				     .language = row->language,
				     .disabled_at = DB_INT_NULL };
	struct person_row old;
	int rc = person_by_email(r->db, row->email, r->arena, &old);

	if (rc == 0 && has_account(&old))
		return -ENOENT;
	if (rc == -ENOENT)
		rc = person_create(r->db, r->now, &person, &person.id);
	else if (rc == 0)
		person.id = old.id;
	if (rc == 0)
		rc = person_profile_set(r->db, r->now, person.id, row->name, row->language);
	if (rc == 0)
		rc = person_password_set(r->db, r->now, person.id, password);
	if (rc == 0)
		*ret_person = person;
	return rc;
}

static int found_company(struct request *r, int64_t person_id, struct view name)
{
	struct role_row admin = { .role = VIEW("company_admin"),
				  .site_id = DB_INT_NULL,
				  .apartment_id = DB_INT_NULL };
	const int rc = company_create(r->db, r->now, name, &admin.company_id);

	return rc == 0 ? role_grant(r->db, r->now, person_id, &admin) : rc;
}

static int from_registration(struct request *r, struct view hash, struct view password,
			     struct person_row *ret_person)
{
	struct registration_row row;
	int rc = registration_take(r->db, hash, r->now, r->arena, &row);

	if (rc == 0)
		rc = adopt(r, &row, password, ret_person);
	if (rc == 0)
		rc = person_consent_set(r->db, ret_person->id, row.created_at);
	return rc == 0 ? found_company(r, ret_person->id, row.company) : rc;
}

static int from_invitation(struct request *r, struct view hash, struct view password,
			   struct person_row *ret_person)
{
	struct token_row token;
	int rc = token_take(r->db, hash, VIEW("invitation"), r->now, r->arena, &token);

	if (rc == 0)
		rc = person_get(r->db, token.person_id, r->arena, ret_person);
	return rc == 0 ? person_password_set(r->db, r->now, ret_person->id, password) : rc;
}

/* -ENOENT: the link is not, or no longer, good. */
static int activate(struct request *r, struct view hash, struct view password)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct person_row person;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = from_registration(r, hash, password, &person);
	if (rc == -ENOENT)
		rc = from_invitation(r, hash, password, &person);
	if (rc == 0)
		rc = token_delete(r->db, person.id);
	if (rc == 0)
		rc = session_begin(r, &person);
	return rc == 0 ? db_commit(&tx) : rc;
}

int api_activation_post(struct request *r)
{
	const struct activation *in = r->body;
	const int rc = link_follow(r, in->token, in->password, activate);

	if (rc != 0)
		return rc;
	log_info("account_activated", LF_I("person", r->who.person_id),
		 LF_V("address", session_address(r)));
	return session_reply(r);
}
