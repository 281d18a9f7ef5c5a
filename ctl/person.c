/* vestibulectl export-person, erase-person and reset-second-factor: what an operator does for one
 * person, on request. */
#include "ctl.h"

#include "store/account.h"
#include "store/audit.h"
#include "store/factor.h"
#include "store/mail.h"
#include "store/passkey.h"
#include "store/privacy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { EXPORT_MAX = 256 * 1024 * 1024 /* bytes of one person's document */ };

/* By number or e-mail address. */
static int person_find(struct ctl *c, struct person_row *ret_person, struct err *err)
{
	const struct view word = view_str(c->argv[0]);
	uint64_t id;
	int rc;

	if (view_u64(word, INT64_MAX, &id) == 0) {
		rc = person_get(c->db, (int64_t)id, &c->arena, ret_person);
	} else {
		for (char *p = c->argv[0]; *p; p++) /* e-mail addresses are kept folded */
			*p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
		rc = person_by_email(c->db, word, &c->arena, ret_person);
	}
	if (rc == -ENOENT)
		return err_set(err, rc, "there is no person \"%s\"", c->argv[0]);
	return rc < 0 ? err_set(err, rc, "cannot read the accounts: %s", db_error(c->db)) : 0;
}

int ctl_export_person(struct ctl *c, struct err *err)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(EXPORT_MAX);
	struct json j = JSON_TO(&out);
	struct person_row person;
	int rc = person_find(c, &person, err);

	if (rc < 0)
		return rc;
	rc = privacy_export(c->db, person.id, PRIVACY_EVERYTHING, &j);
	if (rc == 0)
		rc = out.err;
	if (rc < 0)
		return err_set(err, rc, "cannot read what is kept: %s", db_error(c->db));
	buf_chr(&out, '\n');
	if (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0)
		return err_set(err, -EIO, "cannot write");
	return 0;
}

/* What the trail tells of a person. */
struct deed {
	int64_t at, person_id;
	const char *verb, *object;
	struct view label;
};

static int trail_append(struct ctl *c, const struct deed *deed, int64_t company_id)
{
	const struct audit_row row = {
		.at = deed->at,
		.company_id = company_id,
		.site_id = DB_INT_NULL,
		.person_id = DB_INT_NULL,
		.subject_id = deed->person_id,
		.person_name = VIEW("vestibulectl"),
		.address = VIEW(""),
		.verb = view_str(deed->verb),
		.object = view_str(deed->object),
		.object_id = deed->person_id,
		.label = deed->label,
	};

	return audit_append(c->db, &row);
}

/* It tells of it as of any other change: once for each company that knows the person. */
static int trail_tell(struct ctl *c, const struct deed *deed,
		      const struct privacy_place_row *places, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		bool told = places[i].company_id == DB_INT_NULL;
		for (size_t k = 0; k < i; k++)
			told = told || places[k].company_id == places[i].company_id;
		if (!told)
			rc = trail_append(c, deed, places[i].company_id);
	}
	return rc;
}

static int erase(struct ctl *c, int64_t person_id, const char *alias, struct err *err)
{
	const struct deed deed = { clock_wall_ms(clock_system()), person_id, "do", "erase",
				   view_str(alias) };
	DB_TRANSACTION struct db_tx tx = {};
	struct privacy_place_row *places;
	struct view company;
	size_t n = 0;
	int rc = db_begin(c->db, &tx);

	if (rc == 0)
		rc = privacy_last_admin(c->db, person_id, &c->arena, &company);
	if (rc == 0)
		return err_set(err, -EPERM,
			       "this is the only administrator of %.*s: make another one first",
			       (int)company.n, company.p);
	if (rc == -ENOENT)
		rc = privacy_places(c->db, person_id, &c->arena, &places, &n);
	if (rc == 0)
		rc = privacy_erase(c->db, deed.at, person_id);
	if (rc == 0)
		rc = trail_tell(c, &deed, places, n);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc < 0 ? err_set(err, rc, "cannot erase: %s", db_error(c->db)) : 0;
}

int ctl_erase_person(struct ctl *c, struct err *err)
{
	char alias[PRIVACY_ALIAS_SIZE];
	struct person_row person;
	int rc = person_find(c, &person, err);

	if (rc < 0)
		return rc;
	privacy_alias(person.id, alias);
	rc = erase(c, person.id, alias, err);
	if (rc == 0)
		printf("%s\n", alias);
	return rc;
}

/* Of either kind, with the recovery codes. -ENOENT: there is none. */
static int factors_delete(struct ctl *c, int64_t now_ms, int64_t person_id)
{
	const int codes = totp_delete(c->db, person_id);
	const int keys = codes == 0 || codes == -ENOENT
				 ? passkey_delete_all(c->db, now_ms, person_id)
				 : codes;

	if (keys < 0 && (keys != -ENOENT || codes < 0))
		return keys;
	return recovery_replace(c->db, person_id, NULL, 0);
}

/* Whoever had the lost phone may be signed in with it, and whoever asked may not be who it seemed:
 * all sessions end, and the mailbox hears of it. */
static int reset_factor(struct ctl *c, const struct person_row *person)
{
	const struct deed deed = { clock_wall_ms(clock_system()), person->id, "delete", "totp",
				   person->name };
	const struct mail_row mail = { .company_id = DB_INT_NULL,
				       .site_id = DB_INT_NULL,
				       .person_id = person->id,
				       .recipient = person->email,
				       .recipient_name = person->name,
				       .language = person->language,
				       .template = VIEW("two_factor_off"),
				       .arguments = VIEW("{}") };
	DB_TRANSACTION struct db_tx tx = {};
	struct privacy_place_row *places;
	int64_t mail_id;
	size_t n = 0;
	int rc = db_begin(c->db, &tx);

	if (rc == 0)
		rc = factors_delete(c, deed.at, person->id);
	if (rc == 0)
		rc = session_delete_all(c->db, deed.at, person->id, 0);
	if (rc == 0)
		rc = privacy_places(c->db, person->id, &c->arena, &places, &n);
	if (rc == 0)
		rc = trail_tell(c, &deed, places, n);
	if (rc == 0 && person->email.p)
		rc = mail_queue(c->db, deed.at, &mail, &mail_id);
	return rc == 0 ? db_commit(&tx) : rc;
}

int ctl_reset_second_factor(struct ctl *c, struct err *err)
{
	struct person_row person;
	int rc = person_find(c, &person, err);

	if (rc < 0)
		return rc;
	rc = reset_factor(c, &person);
	if (rc == -ENOENT)
		return err_set(err, rc, "%s has no second factor", c->argv[0]);
	if (rc < 0)
		return err_set(err, rc, "cannot switch it off: %s", db_error(c->db));
	printf("%s signs in with the password alone\n", c->argv[0]);
	return 0;
}
