#include "api/webauthn.h"

#include "proto/webauthn.h"

#include <errno.h>
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <jansson.h>
#include <sodium.h>
#include <string.h>

_Static_assert((int)WEBAUTHN_HASH_SIZE == crypto_hash_sha256_BYTES, "a host's hash is SHA-256");

/* ---- whom it is for ---- */

static struct view without(struct view v, struct view end)
{
	const size_t n = v.n > end.n ? v.n - end.n : v.n;

	return view_eq((struct view){ v.p + n, v.n - n }, end) ? (struct view){ v.p, n } : v;
}

static struct view host_name(struct view host)
{
	struct view port;
	const char *bracket = host.n ? memchr(host.p, ']', host.n) : NULL;

	if (bracket)
		return (struct view){ host.p, (size_t)(bracket - host.p) + 1 };
	return view_cut(host, ':', &port);
}

static bool is_host(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!v.p[i] || !strchr("abcdefghijklmnopqrstuvwxyz0123456789.-:[]", v.p[i]))
			return false;
	return v.n > 0 && v.n <= WEBAUTHN_PARTY_MAX + sizeof(":65535") - 1;
}

static int lower(struct view v, struct arena *arena, struct view *ret_lower)
{
	char *p = arena_dup(arena, v);

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < v.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] - 'A' + 'a');
	*ret_lower = (struct view){ p, v.n };
	return 0;
}

static int party_make(struct view host, bool http, bool https, struct arena *arena,
		      struct webauthn_party *ret_party)
{
	struct webauthn_party p = { .http = http, .https = https };
	int rc = lower(host, arena, &p.host);

	if (rc < 0)
		return rc;
	p.rp_id = host_name(p.host);
	if (!is_host(p.host) || p.rp_id.n == 0 || p.rp_id.n > WEBAUTHN_PARTY_MAX)
		return -EINVAL;
	p.rp_id.p = arena_dup(arena, p.rp_id);
	if (!p.rp_id.p)
		return -ENOMEM;
	*ret_party = p;
	return 0;
}

int webauthn_party_of_url(const char *url, struct arena *arena, struct webauthn_party *ret_party)
{
	const bool https = view_starts(view_str(url), VIEW("https:"));
	struct view rest, path, host;

	view_cut(view_str(url), ':', &rest);
	if (!view_starts(rest, VIEW("//")))
		return -EINVAL;
	host = view_cut((struct view){ rest.p + 2, rest.n - 2 }, '/', &path);
	host = without(host, https ? VIEW(":443") : VIEW(":80"));
	return party_make(host, !https, https, arena, ret_party);
}

int webauthn_party_of_host(struct view host, bool secure, struct arena *arena,
			   struct webauthn_party *ret_party)
{
	return party_make(host, !secure, true, arena, ret_party);
}

static bool origin_fits(struct view origin, const struct webauthn_party *party)
{
	struct view rest;
	const struct view scheme = view_cut(origin, ':', &rest);
	const bool fits = (party->https && view_eq(scheme, VIEW("https"))) ||
			  (party->http && view_eq(scheme, VIEW("http")));

	if (!fits || !view_starts(rest, VIEW("//")))
		return false;
	return view_eq((struct view){ rest.p + 2, rest.n - 2 }, party->host);
}

/* ---- bytes as text ---- */

int webauthn_bytes_read(struct view text, struct arena *arena, struct view *ret_bytes)
{
	unsigned char *to = arena_alloc(arena, text.n + 1);
	size_t n = 0;

	if (!to)
		return -ENOMEM;
	if (sodium_base642bin(to, text.n + 1, text.p ? text.p : "", text.n, NULL, &n, NULL,
			      sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
		return -EINVAL;
	*ret_bytes = (struct view){ (char *)to, n };
	return 0;
}

struct view webauthn_bytes_text(struct view bytes, struct arena *arena)
{
	const size_t size =
		sodium_base64_ENCODED_LEN(bytes.n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *to = arena_alloc(arena, size);

	if (!to)
		return (struct view){};
	sodium_bin2base64(to, size, (const unsigned char *)bytes.p, bytes.n,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return (struct view){ to, size - 1 };
}

/* ---- what the browser says ---- */

static struct view member(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return (struct view){ json_string_value(value), json_string_length(value) };
}

/* Browsers may say more than this (section 5.8.1), but not that another page is around ours. */
static bool client_fits(const json_t *client, const char *type, const struct webauthn_party *party)
{
	const json_t *cross = json_object_get(client, "crossOrigin");

	return json_is_object(client) && view_eq(member(client, "type"), view_str(type)) &&
	       origin_fits(member(client, "origin"), party) && (!cross || json_is_false(cross)) &&
	       !json_object_get(client, "topOrigin");
}

int webauthn_client_read(struct view json, const char *type, const struct webauthn_party *party,
			 struct arena *arena, struct view *ret_challenge)
{
	json_t *client = json.n <= WEBAUTHN_CLIENT_MAX
				 ? json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL)
				 : NULL;
	int rc = client_fits(client, type, party) ? 0 : -EACCES;

	if (rc == 0)
		rc = webauthn_bytes_read(member(client, "challenge"), arena, ret_challenge);
	json_decref(client);
	return rc == -EINVAL ? -EACCES : rc;
}

/* ---- what the authenticator says ---- */

static bool is_for(const struct webauthn_data *data, struct view rp_id)
{
	unsigned char hash[WEBAUTHN_HASH_SIZE];

	crypto_hash_sha256(hash, (const unsigned char *)rp_id.p, rp_id.n);
	return memcmp(data->rp_hash.p, hash, sizeof(hash)) == 0;
}

static const unsigned char *bytes_of(struct view v)
{
	return (const unsigned char *)v.p;
}

static void client_hash(struct view client_data, unsigned char hash[WEBAUTHN_HASH_SIZE])
{
	crypto_hash_sha256(hash, bytes_of(client_data), client_data.n);
}

/* One of these for each algorithm that the pages ask for. */
struct key {
	es256_pk_t *es256;
	rs256_pk_t *rs256;
	eddsa_pk_t *eddsa;
	const void *loaded;
};

static void key_free(struct key *key)
{
	es256_pk_free(&key->es256);
	rs256_pk_free(&key->rs256);
	eddsa_pk_free(&key->eddsa);
}

static bool is_algorithm(int64_t algorithm)
{
	return algorithm == COSE_ES256 || algorithm == COSE_EDDSA || algorithm == COSE_RS256;
}

static int key_load(struct key *key, int64_t algorithm, struct view bytes)
{
	int fault = FIDO_ERR_UNSUPPORTED_ALGORITHM;

	if (algorithm == COSE_ES256 && (key->es256 = es256_pk_new())) {
		fault = es256_pk_from_ptr(key->es256, bytes.p, bytes.n);
		key->loaded = key->es256;
	} else if (algorithm == COSE_RS256 && (key->rs256 = rs256_pk_new())) {
		fault = rs256_pk_from_ptr(key->rs256, bytes.p, bytes.n);
		key->loaded = key->rs256;
	} else if (algorithm == COSE_EDDSA && (key->eddsa = eddsa_pk_new())) {
		fault = eddsa_pk_from_ptr(key->eddsa, bytes.p, bytes.n);
		key->loaded = key->eddsa;
	}
	return fault == FIDO_OK ? 0 : -EACCES;
}

static int cred_fill(fido_cred_t *cred, const struct webauthn_data *data, struct view raw,
		     struct view client_data, const struct webauthn_party *party)
{
	unsigned char hash[WEBAUTHN_HASH_SIZE];
	const bool verified = data->flags & WEBAUTHN_VERIFIED;

	client_hash(client_data, hash);
	if (fido_cred_set_type(cred, (int)data->algorithm) != FIDO_OK ||
	    fido_cred_set_clientdata_hash(cred, hash, sizeof(hash)) != FIDO_OK ||
	    fido_cred_set_rp(cred, party->rp_id.p, NULL) != FIDO_OK ||
	    fido_cred_set_uv(cred, verified ? FIDO_OPT_TRUE : FIDO_OPT_OMIT) != FIDO_OK ||
	    fido_cred_set_authdata_raw(cred, bytes_of(raw), raw.n) != FIDO_OK)
		return -EACCES;
	return 0;
}

/* Signed by the key that was made, without a certificate of its maker (section 8.2). Browsers ask
 * for credProtect on their own, and libfido2 wants to hear of it. */
static int cred_verify_self(fido_cred_t *cred, const struct webauthn_attestation *a,
			    const struct webauthn_data *data)
{
	if (a->certified)
		return -ENOTSUP;
	if (a->algorithm != data->algorithm)
		return -EACCES;
	if (data->protection && fido_cred_set_prot(cred, (int)data->protection) != FIDO_OK)
		return -EACCES;
	if (fido_cred_set_fmt(cred, "packed") != FIDO_OK ||
	    fido_cred_set_attstmt(cred, bytes_of(a->statement), a->statement.n) != FIDO_OK ||
	    fido_cred_verify_self(cred) != FIDO_OK)
		return -EACCES;
	return 0;
}

static int attestation_check(fido_cred_t *cred, const struct webauthn_attestation *a,
			     const struct webauthn_data *data)
{
	if (view_eq(a->format, VIEW("none")))
		return a->empty ? 0 : -EACCES;
	return view_eq(a->format, VIEW("packed")) ? cred_verify_self(cred, a, data) : -ENOTSUP;
}

static int key_copy(const fido_cred_t *cred, const struct webauthn_data *data, struct arena *arena,
		    struct view *ret_key)
{
	CLEANUP(key_free) struct key key = {};
	const struct view bytes = { (const char *)fido_cred_pubkey_ptr(cred),
				    fido_cred_pubkey_len(cred) };
	const int rc = bytes.p ? key_load(&key, data->algorithm, bytes) : -EACCES;

	if (rc < 0)
		return rc;
	*ret_key = (struct view){ arena_dup(arena, bytes), bytes.n };
	return ret_key->p ? 0 : -ENOMEM;
}

int webauthn_made_read(struct view attestation, struct view client_data,
		       const struct webauthn_party *party, struct arena *arena,
		       struct webauthn_made *ret_made)
{
	CLEANUP(fido_cred_free) fido_cred_t *cred = fido_cred_new();
	struct webauthn_attestation a;
	struct webauthn_data data;
	struct view key;
	int rc;

	if (!cred)
		return -ENOMEM;
	if (webauthn_attestation_read(attestation, &a) < 0 ||
	    webauthn_data_read(a.data, &data) < 0 || !data.credential_id.p ||
	    !is_for(&data, party->rp_id) || !(data.flags & WEBAUTHN_PRESENT))
		return -EACCES;
	if (!is_algorithm(data.algorithm))
		return -ENOTSUP;
	rc = cred_fill(cred, &data, a.data, client_data, party);
	if (rc == 0)
		rc = attestation_check(cred, &a, &data);
	if (rc == 0)
		rc = key_copy(cred, &data, arena, &key);
	if (rc == 0)
		*ret_made = (struct webauthn_made){ data.credential_id, data.aaguid, key,
						    data.algorithm,     data.count,  data.flags };
	return rc;
}

static int assert_verify(const struct webauthn_signed *s, const struct key *key)
{
	CLEANUP(fido_assert_free) fido_assert_t *assertion = fido_assert_new();
	unsigned char hash[WEBAUTHN_HASH_SIZE];

	if (!assertion)
		return -ENOMEM;
	client_hash(s->client_data, hash);
	if (fido_assert_set_count(assertion, 1) != FIDO_OK ||
	    fido_assert_set_clientdata_hash(assertion, hash, sizeof(hash)) != FIDO_OK ||
	    fido_assert_set_rp(assertion, s->rp_id.p) != FIDO_OK ||
	    fido_assert_set_up(assertion, FIDO_OPT_TRUE) != FIDO_OK ||
	    fido_assert_set_uv(assertion, s->verified ? FIDO_OPT_TRUE : FIDO_OPT_OMIT) != FIDO_OK ||
	    fido_assert_set_authdata_raw(assertion, 0, bytes_of(s->data), s->data.n) != FIDO_OK ||
	    fido_assert_set_sig(assertion, 0, bytes_of(s->signature), s->signature.n) != FIDO_OK ||
	    fido_assert_verify(assertion, 0, (int)s->algorithm, key->loaded) != FIDO_OK)
		return -EACCES;
	return 0;
}

int webauthn_signed_check(const struct webauthn_signed *s, uint32_t *ret_count, unsigned *ret_flags)
{
	CLEANUP(key_free) struct key key = {};
	struct webauthn_data data;
	int rc;

	if (webauthn_data_read(s->data, &data) < 0 || !is_for(&data, s->rp_id) ||
	    !(data.flags & WEBAUTHN_PRESENT) || (s->verified && !(data.flags & WEBAUTHN_VERIFIED)))
		return -EACCES;
	rc = key_load(&key, s->algorithm, s->public_key);
	if (rc == 0)
		rc = assert_verify(s, &key);
	if (rc < 0)
		return rc;
	*ret_count = data.count;
	*ret_flags = data.flags;
	return 0;
}
