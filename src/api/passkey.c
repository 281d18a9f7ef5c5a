#include "api/passkey.h"

#include "api/resource.h"
#include "api/session.h"
#include "base/log.h"
#include "proto/webauthn.h"
#include "store/factor.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

enum {
	NONCE_SIZE = 16,
	MAC_SIZE = crypto_generichash_BYTES,
	HANDLE_SIZE = 32,
};

/* As it goes out, and comes back. */
struct challenge {
	unsigned char nonce[NONCE_SIZE];
	unsigned char expires_at[8]; /* epoch ms, big-endian */
	unsigned char mac[MAC_SIZE];
};

#define ANSWER(member) offsetof(struct passkey_answer, member)
#define ANSWER_PART(name)                                                                          \
	{                                                                                          \
#name, FIELD_TEXT, 0, ANSWER(name), .min = 1, .max = PASSKEY_TEXT_MAX,             \
						    .doc = "base64url"                             \
	}
static const struct field answer_fields[] = {
	ANSWER_PART(credential_id),
	ANSWER_PART(client_data),
	ANSWER_PART(authenticator_data),
	ANSWER_PART(signature),
	{ "user_handle", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULLABLE, ANSWER(user_handle), .min = 1,
	  .max = PASSKEY_TEXT_MAX, .doc = "base64url, where the authenticator tells it" },
};
const struct shape passkey_answer_shape =
	SHAPE("PasskeyAnswer", struct passkey_answer, answer_fields);

struct allowed {
	struct view credential_id;
	struct view transports;
};

static const struct field allowed_fields[] = {
	{ "credential_id", FIELD_TEXT, 0, offsetof(struct allowed, credential_id),
	  .doc = "base64url" },
	{ "transports", FIELD_TEXT, 0, offsetof(struct allowed, transports),
	  .doc = "Words with commas between them, such as usb,nfc" },
};
const struct shape passkey_known_shape = SHAPE("PasskeyKnown", struct allowed, allowed_fields);

struct ask_view {
	struct view challenge;
	struct view rp_id;
	struct view user_verification;
	struct shape_list allow;
	int64_t timeout_ms;
	bool app_codes;
	bool has_password;
};

static const char *const verifications[] = { "required", "discouraged", NULL };

#define ASK(member) offsetof(struct ask_view, member)
static const struct field ask_fields[] = {
	{ "challenge", FIELD_TEXT, 0, ASK(challenge), .doc = "base64url" },
	{ "rp_id", FIELD_TEXT, 0, ASK(rp_id), .doc = "The host name that passkeys are for" },
	{ "user_verification", FIELD_ENUM, 0, ASK(user_verification), .values = verifications },
	{ "allow", FIELD_OBJECTS, 0, ASK(allow), .max = PASSKEYS_PER_PERSON_MAX,
	  .of = &passkey_known_shape, .doc = "The person's own; empty while nobody is known" },
	{ "timeout_ms", FIELD_INT, 0, ASK(timeout_ms), .max = INT64_MAX,
	  .doc = "How long the challenge is good" },
	{ "app_codes", FIELD_BOOL, 0, ASK(app_codes), .doc = "A code of an app would do as well" },
	{ "has_password", FIELD_BOOL, 0, ASK(has_password),
	  .doc = "The person has a password, which would do where it is asked for" },
};
const struct shape passkey_ask_shape = SHAPE("PasskeyAsk", struct ask_view, ask_fields);

int passkey_party(struct request *r, struct webauthn_party *ret_party)
{
	const int rc =
		r->env->public_url_given
			? webauthn_party_of_url(r->env->public_url, r->arena, ret_party)
			: webauthn_party_of_host(r->ask->host, r->ask->secure, r->arena, ret_party);

	return rc == -EINVAL ? reply_problem(r, 400, NULL, "The Host of the request is none.") : rc;
}

/* ---- challenges ---- */

static void mac_add(crypto_generichash_state *state, const void *bytes, size_t n)
{
	crypto_generichash_update(state, bytes, n);
}

static void challenge_mac(const struct request *r, const struct passkey_ask *ask,
			  const struct challenge *c, unsigned char mac[MAC_SIZE])
{
	crypto_generichash_state state;
	struct secret_key key;

	secret_subkey(&r->env->key, "passkey challenge", &key);
	crypto_generichash_init(&state, key.bytes, sizeof(key.bytes), MAC_SIZE);
	mac_add(&state, c->nonce, sizeof(c->nonce));
	mac_add(&state, c->expires_at, sizeof(c->expires_at));
	mac_add(&state, ask->purpose, strlen(ask->purpose) + 1);
	mac_add(&state, ask->bound_to.p ? ask->bound_to.p : "", ask->bound_to.n);
	crypto_generichash_final(&state, mac, MAC_SIZE);
	sodium_memzero(&key, sizeof(key));
}

int passkey_challenge_make(struct request *r, const struct passkey_ask *ask, struct view *ret_text)
{
	int64_t left = r->now + PASSKEY_CHALLENGE_MS;
	struct challenge c;

	rand_bytes(r->env->rand, c.nonce, sizeof(c.nonce));
	for (size_t i = sizeof(c.expires_at); i-- > 0; left >>= 8)
		c.expires_at[i] = (unsigned char)(left & 0xff);
	challenge_mac(r, ask, &c, c.mac);
	*ret_text = webauthn_bytes_text((struct view){ (const char *)&c, sizeof(c) }, r->arena);
	return ret_text->p ? 0 : -ENOMEM;
}

int passkey_challenge_check(struct request *r, const struct passkey_ask *ask, struct view challenge,
			    struct view *ret_nonce, int64_t *ret_expires_at)
{
	unsigned char mac[MAC_SIZE];
	int64_t expires_at = 0;
	struct challenge c;

	if (challenge.n != sizeof(c))
		return -EACCES;
	memcpy(&c, challenge.p, sizeof(c));
	challenge_mac(r, ask, &c, mac);
	if (sodium_memcmp(mac, c.mac, sizeof(mac)) != 0)
		return -EACCES;
	for (size_t i = 0; i < sizeof(c.expires_at); i++)
		expires_at = expires_at << 8 | c.expires_at[i];
	if (expires_at <= r->now)
		return -EACCES;
	*ret_nonce = (struct view){ challenge.p, sizeof(c.nonce) };
	*ret_expires_at = expires_at;
	return 0;
}

int passkey_user_handle(struct request *r, int64_t person_id, struct view *ret_handle)
{
	unsigned char *handle = arena_alloc(r->arena, HANDLE_SIZE);
	struct secret_key key;

	if (!handle)
		return -ENOMEM;
	secret_subkey(&r->env->key, "passkey user", &key);
	crypto_generichash(handle, HANDLE_SIZE, (const unsigned char *)&person_id,
			   sizeof(person_id), key.bytes, sizeof(key.bytes));
	sodium_memzero(&key, sizeof(key));
	*ret_handle = (struct view){ (char *)handle, HANDLE_SIZE };
	return 0;
}

/* ---- what comes back ---- */

static int decode(struct request *r, const struct passkey_answer *in, struct passkey_answer *out)
{
	const struct view texts[] = { in->credential_id, in->client_data, in->authenticator_data,
				      in->signature, in->user_handle };
	struct view *const bytes[] = { &out->credential_id, &out->client_data,
				       &out->authenticator_data, &out->signature,
				       &out->user_handle };
	int rc = 0;

	*out = (struct passkey_answer){};
	for (size_t i = 0; rc == 0 && i < sizeof(bytes) / sizeof(bytes[0]); i++)
		if (texts[i].p)
			rc = webauthn_bytes_read(texts[i], r->arena, bytes[i]);
	return rc == -EINVAL ? -EACCES : rc;
}

/* The passkey is one that was asked for. */
static bool is_asked(const struct passkey_row *passkey, const struct passkey_ask *ask,
		     const struct passkey_answer *answer, const struct webauthn_party *party)
{
	return (ask->person_id == 0 || passkey->person_id == ask->person_id) &&
	       view_eq(passkey->rp_id, party->rp_id) &&
	       (!answer->user_handle.p || view_eq(answer->user_handle, passkey->user_handle));
}

static int find(struct request *r, const struct passkey_ask *ask,
		const struct passkey_answer *answer, const struct webauthn_party *party,
		struct passkey_row *ret_passkey)
{
	const int rc = passkey_find(r->db, answer->credential_id, r->arena, ret_passkey);

	if (rc == -ENOENT || (rc == 0 && !is_asked(ret_passkey, ask, answer, party)))
		return -EACCES;
	return rc;
}

static int signature_check(const struct passkey_row *passkey, const struct passkey_ask *ask,
			   const struct passkey_answer *answer, uint32_t *ret_count,
			   unsigned *ret_flags)
{
	return webauthn_signed_check(&(struct webauthn_signed){ .rp_id = passkey->rp_id,
								.algorithm = passkey->algorithm,
								.public_key = passkey->public_key,
								.data = answer->authenticator_data,
								.client_data = answer->client_data,
								.signature = answer->signature,
								.verified = ask->verified },
				     ret_count, ret_flags);
}

/* The challenge is over either way, and the mark of a suspect stays. */
static int write_down(struct request *r, const struct passkey_row *passkey, struct view nonce,
		      int64_t expires_at, uint32_t count, unsigned flags)
{
	DB_TRANSACTION struct db_tx tx = {};
	int used = 0, rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = passkey_challenge_expire(r->db, r->now);
	if (rc == 0)
		rc = passkey_challenge_use(r->db, nonce, expires_at);
	if (rc == -EEXIST)
		return -EACCES;
	if (rc == 0)
		rc = used =
			passkey_use(r->db, r->now, passkey->id, count, flags & WEBAUTHN_BACKED_UP);
	if (used == -EEXIST)
		rc = passkey_suspect(r->db, r->now, passkey->id);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc < 0 || used == 0)
		return rc;
	log_warn("passkey_copied", LF_I("passkey", passkey->id), LF_I("person", passkey->person_id),
		 LF_I("count", count), LF_I("last", passkey->sign_count));
	return -EACCES;
}

static int judge(struct request *r, const struct passkey_ask *ask, const struct passkey_answer *in,
		 struct passkey_row *ret_passkey)
{
	struct webauthn_party party;
	struct passkey_answer answer;
	struct view challenge, nonce = {};
	int64_t expires_at = 0;
	unsigned flags = 0;
	uint32_t count = 0;
	int rc = passkey_party(r, &party);

	if (rc == 0)
		rc = decode(r, in, &answer);
	if (rc == 0)
		rc = webauthn_client_read(answer.client_data, "webauthn.get", &party, r->arena,
					  &challenge);
	if (rc == 0)
		rc = passkey_challenge_check(r, ask, challenge, &nonce, &expires_at);
	if (rc == 0)
		rc = find(r, ask, &answer, &party, ret_passkey);
	if (rc == 0)
		rc = signature_check(ret_passkey, ask, &answer, &count, &flags);
	return rc == 0 ? write_down(r, ret_passkey, nonce, expires_at, count, flags) : rc;
}

int passkey_take(struct request *r, const struct passkey_ask *ask, const struct passkey_answer *in,
		 struct passkey_row *ret_passkey)
{
	const int rc = judge(r, ask, in, ret_passkey);

	if (rc == -EACCES)
		log_warn("passkey_refused", LF_S("for", ask->purpose),
			 LF_V("address", session_address(r)));
	return rc;
}

/* ---- asking ---- */

int passkey_allowed(struct request *r, const struct passkey_ask *ask, struct view rp_id,
		    struct shape_list *ret_allowed)
{
	struct passkey_row *rows;
	struct allowed *list;
	size_t n, k = 0;
	int rc = passkey_list(r->db, ask->person_id, r->arena, &rows, &n);

	if (rc < 0)
		return rc;
	list = arena_alloc(r->arena, (n + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!view_eq(rows[i].rp_id, rp_id) || (ask->verified && !rows[i].verified))
			continue;
		list[k].credential_id = webauthn_bytes_text(rows[i].credential_id, r->arena);
		list[k].transports = rows[i].transports;
		if (!list[k++].credential_id.p)
			return -ENOMEM;
	}
	*ret_allowed = (struct shape_list){ list, k };
	return 0;
}

int passkey_reply_ask(struct request *r, const struct passkey_ask *ask)
{
	struct ask_view view = { .user_verification =
					 view_str(verifications[ask->verified ? 0 : 1]),
				 .timeout_ms = PASSKEY_CHALLENGE_MS };
	struct factors_row have = { .totp_at = DB_INT_NULL };
	struct webauthn_party party;
	int rc = passkey_party(r, &party);

	if (rc == 0)
		rc = passkey_challenge_make(r, ask, &view.challenge);
	if (rc == 0 && ask->person_id)
		rc = passkey_allowed(r, ask, party.rp_id, &view.allow);
	if (rc == 0 && ask->person_id)
		rc = factors_get(r->db, ask->person_id, r->arena, &have);
	if (rc != 0)
		return rc;
	view.rp_id = party.rp_id;
	view.app_codes = have.totp_at != DB_INT_NULL;
	view.has_password = have.password;
	return reply_one(r, &view);
}
