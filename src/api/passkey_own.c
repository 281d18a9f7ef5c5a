/* One's own passkeys: adding, naming, taking away. */
#include "api/account.h"
#include "api/factor.h"
#include "api/passkey.h"
#include "api/resource.h"
#include "api/totp.h"
#include "base/log.h"
#include "proto/webauthn.h"
#include "store/factor.h"

#include <errno.h>

enum { TITLE_MAX = 100, TRANSPORTS_MAX = 100 };

struct passkey_view {
	int64_t id;
	struct view name;
	struct view rp_id;
	struct view transports;
	bool alone;
	bool backed_up;
	int64_t created_at;
	int64_t used_at;
	int64_t suspect_at;
};

#define VIEWED(type, base, member) (offsetof(type, base) + offsetof(struct passkey_view, member))
#define PASSKEY_FIELDS(type, base)                                                                 \
	{ "id", FIELD_ID, 0, VIEWED(type, base, id) },                                             \
		{ "name", FIELD_TEXT, 0, VIEWED(type, base, name) },                               \
		{ "rp_id", FIELD_TEXT, 0, VIEWED(type, base, rp_id),                               \
		  .doc = "The host name that it is for" },                                         \
		{ "transports", FIELD_TEXT, 0, VIEWED(type, base, transports),                     \
		  .doc = "How it can be reached: words with commas between them" },                \
		{ "alone", FIELD_BOOL, 0, VIEWED(type, base, alone),                               \
		  .doc = "It needs no password beside it" },                                       \
		{ "backed_up", FIELD_BOOL, 0, VIEWED(type, base, backed_up),                       \
		  .doc = "It is kept beyond its device, by whoever made that" },                   \
		{ "created_at", FIELD_INT, 0, VIEWED(type, base, created_at), .max = INT64_MAX },  \
		{ "used_at", FIELD_INT, FIELD_NULLABLE, VIEWED(type, base, used_at),               \
		  .max = INT64_MAX },                                                              \
	{                                                                                          \
		"suspect_at", FIELD_INT, FIELD_NULLABLE, VIEWED(type, base, suspect_at),           \
			.max = INT64_MAX,                                                          \
			.doc = "When it last behaved as a copy would, and was refused"             \
	}

struct passkey_one {
	struct passkey_view passkey;
};

static const struct field passkey_fields[] = { PASSKEY_FIELDS(struct passkey_one, passkey) };
const struct shape passkey_shape = SHAPE("Passkey", struct passkey_one, passkey_fields);

struct passkey_added {
	struct passkey_view passkey;
	struct shape_list codes;
};

static const struct field added_fields[] = {
	PASSKEY_FIELDS(struct passkey_added, passkey),
	{ "codes", FIELD_OBJECTS, 0, offsetof(struct passkey_added, codes), .max = RECOVERY_CODES,
	  .of = &recovery_code_shape, .doc = "New recovery codes, where there were none" },
};
const struct shape passkey_added_shape = SHAPE("PasskeyAdded", struct passkey_added, added_fields);

struct passkey_edit {
	struct view name;
};

#define NAME_FIELD(type)                                                                           \
	{                                                                                          \
		"name", FIELD_TEXT, 0, offsetof(type, name), .min = 1, .max = TITLE_MAX            \
	}
static const struct field edit_fields[] = { NAME_FIELD(struct passkey_edit) };
const struct shape passkey_edit_shape = SHAPE("PasskeyEdit", struct passkey_edit, edit_fields);

struct passkey_new {
	struct view name;
	struct view client_data;
	struct view attestation;
	struct view transports;
	bool discoverable;
};

static const char *transports_fault(struct view text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!((text.p[i] >= 'a' && text.p[i] <= 'z') || text.p[i] == '-' ||
		      text.p[i] == ','))
			return "must be words with commas between them.";
	return NULL;
}

#define NEW(member) offsetof(struct passkey_new, member)
static const struct field new_fields[] = {
	NAME_FIELD(struct passkey_new),
	{ "client_data", FIELD_TEXT, 0, NEW(client_data), .min = 1, .max = PASSKEY_TEXT_MAX,
	  .doc = "base64url" },
	{ "attestation", FIELD_TEXT, 0, NEW(attestation), .min = 1, .max = PASSKEY_ATTESTATION_MAX,
	  .doc = "base64url of the attestation object" },
	{ "transports", FIELD_TEXT, 0, NEW(transports), .max = TRANSPORTS_MAX,
	  .check = transports_fault, .doc = "As the browser tells them, with commas between them" },
	{ "discoverable", FIELD_BOOL, 0, NEW(discoverable),
	  .doc = "It can be found without knowing whose it is" },
};
const struct shape passkey_new_shape = SHAPE("PasskeyNew", struct passkey_new, new_fields);

struct options {
	struct view challenge;
	struct view rp_id;
	struct view user_handle;
	struct view user_name;
	struct view user_title;
	struct shape_list exclude;
	int64_t timeout_ms;
};

#define OPTIONS(member) offsetof(struct options, member)
static const struct field options_fields[] = {
	{ "challenge", FIELD_TEXT, 0, OPTIONS(challenge), .doc = "base64url" },
	{ "rp_id", FIELD_TEXT, 0, OPTIONS(rp_id), .doc = "The host name that it will be for" },
	{ "user_handle", FIELD_TEXT, 0, OPTIONS(user_handle), .doc = "base64url" },
	{ "user_name", FIELD_TEXT, 0, OPTIONS(user_name) },
	{ "user_title", FIELD_TEXT, 0, OPTIONS(user_title) },
	{ "exclude", FIELD_OBJECTS, 0, OPTIONS(exclude), .max = PASSKEYS_PER_PERSON_MAX,
	  .of = &passkey_known_shape, .doc = "Those that there are already" },
	{ "timeout_ms", FIELD_INT, 0, OPTIONS(timeout_ms), .max = INT64_MAX,
	  .doc = "How long the challenge is good" },
};
const struct shape passkey_options_shape = SHAPE("PasskeyOptions", struct options, options_fields);

/* ---- reading ---- */

static struct passkey_view view_of(const struct passkey_row *p)
{
	return (struct passkey_view){ .id = p->id,
				      .name = p->name,
				      .rp_id = p->rp_id,
				      .transports = p->transports,
				      .alone = p->discoverable && p->verified,
				      .backed_up = p->backed_up,
				      .created_at = p->created_at,
				      .used_at = p->used_at,
				      .suspect_at = p->suspect_at };
}

/* One page: PASSKEYS_PER_PERSON_MAX is what a person can have. */
int api_passkey_list(struct request *r)
{
	struct passkey_row *rows;
	struct passkey_one *list;
	size_t n;
	int rc;

	if (r->cursor.p)
		return reply_problem(r, 400, "cursor", "This list has one page only.");
	rc = passkey_list(r->db, r->who.person_id, r->arena, &rows, &n);
	if (rc < 0)
		return rc;
	list = arena_alloc(r->arena, (n + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		list[i].passkey = view_of(&rows[i]);
	return reply_list(r, list, n, (struct view){});
}

int api_passkey_get(struct request *r)
{
	struct passkey_row row;
	struct passkey_one one;
	const int rc = passkey_get(r->db, r->who.person_id, r->ids[ID_OWN], r->arena, &row);

	if (rc < 0)
		return rc;
	one.passkey = view_of(&row);
	return reply_one(r, &one);
}

/* ---- adding ---- */

static struct passkey_ask ask_of(const struct request *r)
{
	return (struct passkey_ask){ .purpose = PASSKEY_REGISTER,
				     .bound_to = r->who.token_hash,
				     .person_id = r->who.person_id };
}

static int too_many(struct request *r)
{
	return reply_problem(r, 409, NULL, "There are %d passkeys already: remove one first.",
			     PASSKEYS_PER_PERSON_MAX);
}

int api_passkey_options(struct request *r)
{
	const struct passkey_ask ask = ask_of(r);
	struct options out = { .user_name = r->who.email.p ? r->who.email : r->who.name,
			       .user_title = r->who.name,
			       .timeout_ms = PASSKEY_CHALLENGE_MS };
	struct webauthn_party party;
	struct view handle;
	int rc = passkey_party(r, &party);

	if (rc == 0)
		rc = passkey_challenge_make(r, &ask, &out.challenge);
	if (rc == 0)
		rc = passkey_user_handle(r, r->who.person_id, &handle);
	if (rc == 0)
		rc = passkey_allowed(r, &ask, party.rp_id, &out.exclude);
	if (rc != 0)
		return rc;
	if (out.exclude.n == PASSKEYS_PER_PERSON_MAX)
		return too_many(r);
	out.rp_id = party.rp_id;
	out.user_handle = webauthn_bytes_text(handle, r->arena);
	return out.user_handle.p ? reply_one(r, &out) : -ENOMEM;
}

struct proven {
	struct webauthn_made made;
	struct webauthn_party party;
	struct view nonce;
	int64_t expires_at;
};

static int prove(struct request *r, const struct passkey_new *in, struct proven *ret_proven)
{
	const struct passkey_ask ask = ask_of(r);
	struct view client_data, attestation, challenge;
	struct proven p;
	int rc = passkey_party(r, &p.party);

	if (rc == 0)
		rc = webauthn_bytes_read(in->client_data, r->arena, &client_data);
	if (rc == 0)
		rc = webauthn_bytes_read(in->attestation, r->arena, &attestation);
	if (rc == 0)
		rc = webauthn_client_read(client_data, "webauthn.create", &p.party, r->arena,
					  &challenge);
	if (rc == 0)
		rc = passkey_challenge_check(r, &ask, challenge, &p.nonce, &p.expires_at);
	if (rc == 0)
		rc = webauthn_made_read(attestation, client_data, &p.party, r->arena, &p.made);
	if (rc == 0)
		*ret_proven = p;
	return rc == -EINVAL ? -EACCES : rc;
}

static int create(struct request *r, const struct passkey_new *in, const struct proven *proven,
		  int64_t *ret_id)
{
	const struct webauthn_made *made = &proven->made;
	struct passkey_row row = { .person_id = r->who.person_id,
				   .credential_id = made->credential_id,
				   .rp_id = proven->party.rp_id,
				   .algorithm = made->algorithm,
				   .public_key = made->public_key,
				   .sign_count = made->count,
				   .aaguid = made->aaguid,
				   .transports = in->transports,
				   .name = in->name,
				   .discoverable = in->discoverable,
				   .verified = (made->flags & WEBAUTHN_VERIFIED) != 0,
				   .backed_up = (made->flags & WEBAUTHN_BACKED_UP) != 0,
				   .created_at = r->now };
	const int rc = passkey_user_handle(r, row.person_id, &row.user_handle);

	return rc == 0 ? passkey_create(r->db, r->now, &row, ret_id) : rc;
}

/* The first second factor comes with recovery codes, and with a mail. -EALREADY: the challenge was
 * answered before. */
static int keep(struct request *r, const struct passkey_new *in, const struct proven *proven,
		struct recovery_code codes[RECOVERY_CODES], struct passkey_added *ret_added)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct factors_row before;
	struct passkey_row row;
	int64_t id;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = passkey_challenge_expire(r->db, r->now);
	if (rc == 0)
		rc = passkey_challenge_use(r->db, proven->nonce, proven->expires_at);
	if (rc == -EEXIST)
		return -EALREADY;
	if (rc == 0)
		rc = factors_get(r->db, r->who.person_id, r->arena, &before);
	if (rc == 0)
		rc = create(r, in, proven, &id);
	if (rc == 0)
		rc = passkey_get(r->db, r->who.person_id, id, r->arena, &row);
	if (rc == 0)
		rc = factor_added(r, &before, codes, &ret_added->codes);
	if (rc < 0)
		return rc;
	ret_added->passkey = view_of(&row);
	return db_commit(&tx);
}

int api_passkey_post(struct request *r)
{
	const struct passkey_new *in = r->body;
	struct recovery_code codes[RECOVERY_CODES];
	struct passkey_added added;
	struct proven proven;
	int rc = prove(r, in, &proven);

	if (rc == 0)
		rc = keep(r, in, &proven, codes, &added);
	switch (rc) {
	case 0:
		log_info("passkey_added", LF_I("person", r->who.person_id),
			 LF_I("passkey", added.passkey.id));
		return reply_one(r, &added);
	case -EACCES:
	case -EALREADY:
		return reply_problem(r, 422, "attestation",
				     "The passkey does not answer what was asked; try again.");
	case -ENOTSUP:
		return reply_problem(r, 422, "attestation",
				     "The passkey is of a kind that is not taken here.");
	case -EEXIST:
		return reply_problem(r, 409, "attestation", "This passkey is registered already.");
	case -ENOSPC:
		return too_many(r);
	default:
		return rc;
	}
}

/* ---- changing ---- */

int api_passkey_put(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	const struct passkey_edit *in = r->body;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = passkey_rename(r->db, r->who.person_id, r->ids[ID_OWN], in->name);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? api_passkey_get(r) : rc;
}

/* -EPERM: nothing would be left to sign in with. */
static int take_away(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct factors_row left;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = passkey_delete(r->db, r->now, r->who.person_id, r->ids[ID_OWN]);
	if (rc == 0)
		rc = factors_get(r->db, r->who.person_id, r->arena, &left);
	if (rc == 0 && !left.password && left.passkeys_alone == 0)
		rc = -EPERM;
	if (rc == 0)
		rc = factor_removed(r, &left);
	return rc == 0 ? db_commit(&tx) : rc;
}

int api_passkey_delete(struct request *r)
{
	const int rc = take_away(r);

	if (rc == -EPERM)
		return reply_problem(
			r, 409, NULL,
			"You could not sign in any more: add a passkey or a password first.");
	if (rc < 0)
		return rc;
	log_info("passkey_removed", LF_I("person", r->who.person_id),
		 LF_I("passkey", r->ids[ID_OWN]));
	return reply_none(r);
}
