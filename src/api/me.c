/* One's own account: name and language, password, e-mail address, sessions. */
#include "api/account.h"
#include "api/limits.h"
#include "api/notice.h"
#include "api/password.h"
#include "api/person.h"
#include "api/resource.h"
#include "api/session.h"
#include "base/token.h"
#include "base/log.h"
#include "store/factor.h"
#include "store/passkey.h"
#include "store/token.h"

#include <errno.h>

#define EMAIL_CHANGE_MS (INT64_C(24) * 3600 * 1000) /* for how long the link is good */

struct me {
	int64_t id;
	struct view email;
	struct view name;
	struct view language;
	bool has_password;
	bool app_codes;
	int64_t passkeys;
	bool second_factor;
	int64_t recovery_codes;
	bool recovery_codes_kept;
};

#define ME_EDIT_FIELDS                                                                             \
	{ "name", FIELD_TEXT, 0, offsetof(struct me, name), .min = 1, .max = 100 },                \
	{                                                                                          \
		"language", FIELD_TEXT, 0, offsetof(struct me, language),                          \
			.min = LANGUAGE_MIN, .max = LANGUAGE_MAX, .check = language_fault          \
	}

static const struct field me_edit_fields[] = { ME_EDIT_FIELDS };
const struct shape me_edit_shape = SHAPE("MeEdit", struct me, me_edit_fields);

static const struct field me_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct me, id) },
	{ "email", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct me, email) },
	ME_EDIT_FIELDS,
	{ "has_password", FIELD_BOOL, 0, offsetof(struct me, has_password),
	  .doc = "false: signs in with passkeys only" },
	{ "app_codes", FIELD_BOOL, 0, offsetof(struct me, app_codes),
	  .doc = "Codes of an authenticator app are a second factor" },
	{ "passkeys", FIELD_INT, 0, offsetof(struct me, passkeys), .max = PASSKEYS_PER_PERSON_MAX },
	{ "second_factor", FIELD_BOOL, 0, offsetof(struct me, second_factor),
	  .doc = "Signing in with the password asks for a second step" },
	{ "recovery_codes", FIELD_INT, 0, offsetof(struct me, recovery_codes), .max = INT64_MAX,
	  .doc = "How many are left" },
	{ "recovery_codes_kept", FIELD_BOOL, 0, offsetof(struct me, recovery_codes_kept),
	  .doc = "Whether they were said to be in a safe place" },
};
const struct shape me_shape = SHAPE("Me", struct me, me_fields);

struct password_edit {
	struct view current;
	struct view password;
};

static const struct field password_edit_fields[] = {
	{ "current", FIELD_TEXT, FIELD_RAW | FIELD_SECRET | FIELD_OPTIONAL | FIELD_NULLABLE,
	  offsetof(struct password_edit, current), .min = 1, .max = PASSWORD_MAX,
	  .doc = "Where there is one" },
	{ "password", FIELD_TEXT, FIELD_RAW | FIELD_SECRET,
	  offsetof(struct password_edit, password), .min = PASSWORD_MIN, .max = PASSWORD_MAX,
	  .check = password_fault },
};
const struct shape password_edit_shape =
	SHAPE("PasswordEdit", struct password_edit, password_edit_fields);

struct email_edit {
	struct view email;
};

static const struct field email_edit_fields[] = {
	{ "email", FIELD_TEXT, 0, offsetof(struct email_edit, email), .min = EMAIL_MIN,
	  .max = EMAIL_MAX, .check = email_fault },
};
const struct shape email_edit_shape = SHAPE("EmailEdit", struct email_edit, email_edit_fields);

struct email_confirm {
	struct view token;
};

static const struct field email_confirm_fields[] = {
	{ "token", FIELD_TEXT, FIELD_SECRET, offsetof(struct email_confirm, token), .min = 1,
	  .max = 128 },
};
const struct shape email_confirm_shape =
	SHAPE("EmailConfirm", struct email_confirm, email_confirm_fields);

struct session_entry {
	struct session_seen_row row;
	bool current;
};

#define SEEN(member) offsetof(struct session_entry, row.member)
static const struct field session_entry_fields[] = {
	{ "id", FIELD_ID, 0, SEEN(id) },
	{ "created_at", FIELD_INT, 0, SEEN(created_at), .max = INT64_MAX },
	{ "seen_at", FIELD_INT, 0, SEEN(seen_at), .max = INT64_MAX,
	  .doc = "When it was last used, to a few minutes" },
	{ "address", FIELD_TEXT, 0, SEEN(address) },
	{ "agent", FIELD_TEXT, 0, SEEN(agent), .doc = "What the browser called itself" },
	{ "current", FIELD_BOOL, 0, offsetof(struct session_entry, current),
	  .doc = "The one that asks" },
};
const struct shape session_entry_shape =
	SHAPE("SessionEntry", struct session_entry, session_entry_fields);

static int reply_me(struct request *r)
{
	struct factors_row have;
	struct person_row person;
	struct me me;
	int rc = person_get(r->db, r->who.person_id, r->arena, &person);

	if (rc == 0)
		rc = factors_get(r->db, person.id, r->arena, &have);
	if (rc < 0)
		return rc;
	me = (struct me){ .id = person.id,
			  .email = person.email,
			  .name = person.name,
			  .language = person.language,
			  .has_password = have.password,
			  .app_codes = have.totp_at != DB_INT_NULL,
			  .passkeys = have.passkeys,
			  .second_factor = have.totp_at != DB_INT_NULL || have.passkeys > 0,
			  .recovery_codes = have.codes,
			  .recovery_codes_kept = have.codes_kept_at != DB_INT_NULL };
	return reply_one(r, &me);
}

int api_me_get(struct request *r)
{
	return reply_me(r);
}

int api_me_put(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	const struct me *in = r->body;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = person_profile_set(r->db, r->now, r->who.person_id, in->name, in->language);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_me(r) : rc;
}

int password_ask(struct request *r, struct view password, const char *field)
{
	struct person_row person;
	const struct view account = r->who.email.p ? r->who.email : VIEW("nobody");
	const int64_t wait = limits_try(r->env->limits, LIMITS_SIGN_IN, account, &r->ask->peer);
	int rc;

	if (wait > 0)
		return reply_wait(r, wait);
	rc = person_get(r->db, r->who.person_id, r->arena, &person);
	if (rc < 0)
		return rc;
	if (!password_verify(person.password.p ? person.password.p : r->env->dummy_hash,
			     password) ||
	    !person.password.p) {
		log_warn("password_refused", LF_I("person", person.id),
			 LF_V("address", session_address(r)));
		return reply_problem(r, 403, field, "The password is wrong.");
	}
	limits_forgive(r->env->limits, LIMITS_SIGN_IN, account, &r->ask->peer);
	return 0;
}

static int change_password(struct request *r, struct view password)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct person_row person;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = person_get(r->db, r->who.person_id, r->arena, &person);
	if (rc == 0)
		rc = password_replace(r, &person, password, r->who.session_id);
	return rc == 0 ? db_commit(&tx) : rc;
}

/* The current password, or, of who has none, a proof of these minutes. */
static int ask_current(struct request *r, struct view current)
{
	struct person_row person;
	const int rc = person_get(r->db, r->who.person_id, r->arena, &person);

	if (rc < 0)
		return rc;
	if (!person.password.p)
		return session_ask_fresh(r);
	return current.p ? password_ask(r, current, "current")
			 : reply_problem(r, 422, "current", "current is missing.");
}

int api_me_password(struct request *r)
{
	const struct password_edit *in = r->body;
	struct view password;
	int rc = ask_current(r, in->current);

	if (rc == 0)
		rc = password_hash(in->password, r->arena, &password);
	if (rc == 0)
		rc = change_password(r, password);
	return rc == 0 ? reply_none(r) : rc;
}

/* Codes of an app stand beside a password, and go with it. -EPERM: no passkey could sign in alone.
 * -ENOENT: there is no password. */
static int drop_password(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct factors_row have;
	struct person_row person;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = person_get(r->db, r->who.person_id, r->arena, &person);
	if (rc == 0)
		rc = factors_get(r->db, person.id, r->arena, &have);
	if (rc == 0 && !have.password)
		rc = -ENOENT;
	if (rc == 0 && have.passkeys_alone == 0)
		rc = -EPERM;
	if (rc == 0)
		rc = password_replace(r, &person, (struct view){}, r->who.session_id);
	if (rc == 0 && have.totp_at != DB_INT_NULL)
		rc = totp_delete(r->db, person.id);
	return rc == 0 ? db_commit(&tx) : rc;
}

int api_me_password_delete(struct request *r)
{
	const int rc = drop_password(r);

	if (rc == -EPERM)
		return reply_problem(r, 409, NULL, "Add a passkey first that needs no password.");
	if (rc == -ENOENT)
		return reply_problem(r, 409, NULL, "There is no password.");
	return rc == 0 ? reply_none(r) : rc;
}

static int mail_confirmation(struct request *r, const struct person_row *me, struct view email,
			     const struct token *token)
{
	struct person_row at_new = *me;
	const char *path = arena_printf(r->arena, "/confirm-email#%s", token->text.p);

	if (!path)
		return -ENOMEM;
	at_new.email = email;
	return notice_person(r, &at_new, "email_change", path);
}

/* An address of somebody else gets a mail too, which only says that it has an account. */
static int ask_address(struct request *r, struct view email)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct token_row row = { .purpose = VIEW("email_change"),
				 .email = email,
				 .created_at = r->now,
				 .expires_at = r->now + EMAIL_CHANGE_MS };
	struct person_row me, other;
	struct token token;
	bool taken;
	int rc = token_make(r->env->rand, r->arena, &token);

	if (rc == 0)
		rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = token_expire(r->db, r->now);
	if (rc == 0)
		rc = person_get(r->db, r->who.person_id, r->arena, &me);
	if (rc < 0)
		return rc;
	rc = person_by_email(r->db, email, r->arena, &other);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	taken = rc == 0;
	row.token_hash = token.hash;
	row.person_id = taken ? DB_INT_NULL : me.id;
	rc = token_create(r->db, &row);
	if (rc == 0)
		rc = taken ? notice_person(r, &other, "already_registered", "/")
			   : mail_confirmation(r, &me, email, &token);
	return rc == 0 ? db_commit(&tx) : rc;
}

int api_me_email(struct request *r)
{
	struct email_edit *in = r->body;
	int64_t wait;
	int rc = email_fold(r->arena, &in->email);

	if (rc < 0)
		return rc;
	if (view_eq(in->email, r->who.email))
		return reply_problem(r, 422, "email", "email is your address already.");
	wait = limits_try(r->env->limits, LIMITS_MAIL, in->email, &r->ask->peer);
	if (wait > 0)
		return reply_wait(r, wait);
	rc = ask_address(r, in->email);
	return rc == 0 ? reply_none(r) : rc;
}

static int tell_old_address(struct request *r, const struct person_row *person, struct view email)
{
	if (!person->email.p)
		return 0;
	return notice_queue(r, &(struct notice){
				       .template = "email_changed_notice",
				       .person_id = person->id,
				       .recipient = person->email,
				       .name = person->name,
				       .language = person->language,
				       .arguments = { { "email", email } },
				       .narguments = 1,
			       });
}

/* Links that went to the old address are over with it. -ENOENT: the link is not, or no longer,
 * good; -EEXIST: somebody else has the address by now. */
static int move_address(struct request *r, struct view hash)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct token_row token;
	struct person_row person;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = token_take(r->db, hash, VIEW("email_change"), r->now, r->arena, &token);
	if (rc == 0)
		rc = person_get(r->db, token.person_id, r->arena, &person);
	if (rc == 0)
		rc = person_email_set(r->db, r->now, person.id, token.email);
	if (rc == 0)
		rc = token_delete(r->db, person.id);
	if (rc == 0)
		rc = tell_old_address(r, &person, token.email);
	return rc == 0 ? db_commit(&tx) : rc;
}

int api_me_email_confirm(struct request *r)
{
	const struct email_confirm *in = r->body;
	const int64_t wait =
		limits_try(r->env->limits, LIMITS_LINK, (struct view){}, &r->ask->peer);
	struct view hash;
	int rc;

	if (wait > 0)
		return reply_wait(r, wait);
	rc = token_hash(in->token, r->arena, &hash);
	if (rc == 0)
		rc = move_address(r, hash);
	if (rc == -ENOENT || rc == -EEXIST)
		return reply_link_over(r);
	if (rc < 0)
		return rc;
	limits_forgive(r->env->limits, LIMITS_LINK, (struct view){}, &r->ask->peer);
	return reply_none(r);
}

/* One page: SESSION_LIST_MAX is what a person can have to look at. */
int api_me_session_list(struct request *r)
{
	struct session_seen_row *rows;
	struct session_entry *entries;
	size_t n;
	int rc;

	if (r->cursor.p)
		return reply_problem(r, 400, "cursor", "This list has one page only.");
	rc = session_list(r->db, r->who.person_id, r->now, r->arena, &rows, &n);
	if (rc < 0)
		return rc;
	entries = arena_alloc(r->arena, (n + 1) * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		entries[i] = (struct session_entry){ rows[i], rows[i].id == r->who.session_id };
	return reply_list(r, entries, n, (struct view){});
}

int api_me_session_delete(struct request *r)
{
	const int rc = session_delete_one(r->db, r->now, r->who.person_id, r->ids[ID_OWN]);

	if (rc == 0 && r->ids[ID_OWN] == r->who.session_id)
		cookie_set(r, SESSION_COOKIE, "", 0);
	return rc == 0 ? reply_none(r) : rc;
}

int api_me_session_delete_others(struct request *r)
{
	const int rc = session_delete_all(r->db, r->now, r->who.person_id, r->who.session_id);

	return rc == 0 ? reply_none(r) : rc;
}
