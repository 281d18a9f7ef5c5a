/* The one-time link that makes the first administrator. */
#include "api/limits.h"
#include "api/password.h"
#include "api/person.h"
#include "api/request.h"
#include "api/resource.h"
#include "api/session.h"
#include "base/log.h"
#include "store/account.h"

#include <sodium.h>
#include <string.h>

enum { HASH_SIZE = crypto_generichash_BYTES };

struct setup {
	struct view token;
	struct view email;
	struct view password;
	struct view name;
	struct view language;
};

static const struct field setup_fields[] = {
	{ "token", FIELD_TEXT, FIELD_SECRET, offsetof(struct setup, token), .min = 1, .max = 128 },
	{ "email", FIELD_TEXT, 0, offsetof(struct setup, email), .min = EMAIL_MIN, .max = EMAIL_MAX,
	  .check = email_fault },
	{ "password", FIELD_TEXT, FIELD_RAW | FIELD_SECRET, offsetof(struct setup, password),
	  .min = PASSWORD_MIN, .max = PASSWORD_MAX, .check = password_fault },
	{ "name", FIELD_TEXT, 0, offsetof(struct setup, name), .min = 1, .max = 100 },
	{ "language", FIELD_TEXT, FIELD_OPTIONAL, offsetof(struct setup, language),
	  .min = LANGUAGE_MIN, .max = LANGUAGE_MAX, .check = language_fault,
	  .doc = "Of the administrator's mails; English unless said" },
};
const struct shape setup_shape = SHAPE("Setup", struct setup, setup_fields);

static bool token_is_right(const struct request *r, struct view token)
{
	unsigned char want[HASH_SIZE], have[HASH_SIZE];
	const char *own = r->env->setup_token;

	if (!own)
		return false;
	crypto_generichash(want, sizeof(want), (const unsigned char *)own, strlen(own), NULL, 0);
	crypto_generichash(have, sizeof(have), (const unsigned char *)token.p, token.n, NULL, 0);
	return sodium_memcmp(want, have, sizeof(want)) == 0;
}

static int grant_first(struct request *r, int64_t person_id, int64_t company_id)
{
	const struct role_row operator= { VIEW("operator"), DB_INT_NULL, DB_INT_NULL, DB_INT_NULL };
	const struct role_row admin = { VIEW("company_admin"), company_id, DB_INT_NULL,
					DB_INT_NULL };
	const int rc = role_grant(r->db, r->now, person_id, &operator);

	return rc == 0 ? role_grant(r->db, r->now, person_id, &admin) : rc;
}

/* The company comes first: its row of the feed makes two of these wait for each other on both
 * engines, so that the second sees the first's operator. */
static int make_first(struct request *r, const struct person_row *person)
{
	DB_TRANSACTION struct db_tx tx = {};
	int64_t company_id = 0, person_id = 0;
	bool any = false;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = company_create(r->db, r->now, person->name, &company_id);
	if (rc == 0)
		rc = person_any_operator(r->db, &any);
	if (rc == 0 && any)
		return reply_problem(r, 410, NULL, "There is an administrator already.");
	if (rc == 0)
		rc = person_create(r->db, r->now, person, &person_id);
	if (rc == 0)
		rc = grant_first(r, person_id, company_id);
	return rc == 0 ? db_commit(&tx) : rc;
}

int api_setup_post(struct request *r)
{
	struct setup *in = r->body;
	struct person_row person = { .language = VIEW("en"), .disabled_at = DB_INT_NULL };
	const int64_t wait =
		limits_try(r->env->limits, LIMITS_SIGN_IN, VIEW("setup"), &r->ask->peer);
	int rc;

	if (wait > 0)
		return reply_wait(r, wait);
	if (!token_is_right(r, in->token))
		return reply_problem(r, 403, "token", "This link is not, or no longer, good.");
	rc = email_fold(r->arena, &in->email);
	if (rc == 0)
		rc = password_hash(in->password, r->arena, &person.password);
	person.email = in->email;
	person.name = in->name;
	if (in->language.p)
		person.language = in->language;
	if (rc == 0)
		rc = make_first(r, &person);
	if (rc != 0)
		return rc;
	limits_forgive(r->env->limits, LIMITS_SIGN_IN, VIEW("setup"), &r->ask->peer);
	log_info("first_administrator", LF_V("address", session_address(r)));
	return reply_none(r);
}
