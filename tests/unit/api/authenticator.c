#include "authenticator.h"

#include "api/webauthn.h"
#include "../test.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <string.h>

enum { BYTES_MAX = 16384, BYTES = 2, TEXT = 3, LIST = 4, MAP = 5 };

void authenticator_init(struct authenticator *a, int algorithm, const char *credential_id)
{
	*a = (struct authenticator){ .algorithm = algorithm,
				     .credential_id = view_str(credential_id),
				     .count = 1,
				     .flags = WEBAUTHN_PRESENT | WEBAUTHN_VERIFIED,
				     .rp_id = "door.example.com",
				     .origin = "https://door.example.com",
				     .more = "",
				     .format = "none" };
	if (algorithm == COSE_ES256)
		a->key = EVP_EC_gen("P-256");
	else if (algorithm == COSE_RS256)
		a->key = EVP_RSA_gen(2048);
	else
		a->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_non_null(a->key);
}

void authenticator_free(struct authenticator *a)
{
	EVP_PKEY_free(a->key);
}

/* ---- CBOR, as much as it takes ---- */

static void head(struct buf *out, unsigned major, uint64_t n)
{
	if (n < 24) {
		buf_chr(out, (char)(major << 5 | n));
	} else if (n < 256) {
		buf_chr(out, (char)(major << 5 | 24));
		buf_chr(out, (char)n);
	} else {
		buf_chr(out, (char)(major << 5 | 25));
		buf_chr(out, (char)(n >> 8));
		buf_chr(out, (char)n);
	}
}

static void number(struct buf *out, int64_t n)
{
	n < 0 ? head(out, 1, (uint64_t)(-1 - n)) : head(out, 0, (uint64_t)n);
}

static void string(struct buf *out, unsigned major, struct view v)
{
	head(out, major, v.n);
	buf_add(out, v);
}

static void big(struct buf *out, const EVP_PKEY *key, const char *name, size_t size)
{
	unsigned char bytes[512];
	BIGNUM *n = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
	assert_int_equal(BN_bn2binpad(n, bytes, (int)size), (int)size);
	string(out, BYTES, (struct view){ (char *)bytes, size });
	BN_free(n);
}

/* RFC 9053 section 7. */
static void key_add(struct buf *out, const struct authenticator *a)
{
	unsigned char raw[32];
	size_t n = sizeof(raw);

	head(out, MAP, a->algorithm == COSE_ES256 ? 5 : 4);
	number(out, 1);
	number(out, a->algorithm == COSE_ES256 ? 2 : a->algorithm == COSE_RS256 ? 3 : 1);
	number(out, 3);
	number(out, a->algorithm);
	number(out, -1);
	if (a->algorithm == COSE_RS256) {
		big(out, a->key, OSSL_PKEY_PARAM_RSA_N, 256);
		number(out, -2);
		big(out, a->key, OSSL_PKEY_PARAM_RSA_E, 3);
		return;
	}
	number(out, a->algorithm == COSE_ES256 ? 1 : 6);
	number(out, -2);
	if (a->algorithm == COSE_ES256) {
		big(out, a->key, OSSL_PKEY_PARAM_EC_PUB_X, 32);
		number(out, -3);
		big(out, a->key, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
		return;
	}
	assert_int_equal(EVP_PKEY_get_raw_public_key(a->key, raw, &n), 1);
	string(out, BYTES, (struct view){ (char *)raw, n });
}

/* ---- what it says ---- */

static void data_add(struct buf *out, const struct authenticator *a, bool made)
{
	const bool extended = made && a->protects;
	unsigned char hash[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)a->rp_id, strlen(a->rp_id), hash);
	buf_add(out, (struct view){ (char *)hash, sizeof(hash) });
	buf_chr(out, (char)(a->flags | (made ? WEBAUTHN_CREDENTIAL : 0) |
			    (extended ? WEBAUTHN_EXTENSIONS : 0)));
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_chr(out, (char)(a->count >> shift));
	if (!made)
		return;
	buf_add(out, (struct view){ "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", WEBAUTHN_AAGUID_SIZE });
	buf_chr(out, (char)(a->credential_id.n >> 8));
	buf_chr(out, (char)a->credential_id.n);
	buf_add(out, a->credential_id);
	key_add(out, a);
	if (!extended)
		return;
	head(out, MAP, 1);
	string(out, TEXT, VIEW("credProtect"));
	number(out, 2);
}

static void client_add(struct buf *out, const struct authenticator *a, const char *type,
		       const char *challenge)
{
	buf_printf(out, "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\"%s}",
		   a->type ? a->type : type, challenge, a->origin, a->more);
}

static void signature_add(struct buf *out, const struct authenticator *a, const struct buf *data,
			  const struct buf *client)
{
	CLEANUP(buf_free) struct buf over = BUF_INIT(BYTES_MAX);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char hash[SHA256_DIGEST_LENGTH], signature[512];
	size_t n = sizeof(signature);

	SHA256((const unsigned char *)client->p, client->n, hash);
	hash[0] ^= a->forged;
	buf_add(&over, buf_view(data));
	buf_add(&over, (struct view){ (char *)hash, sizeof(hash) });
	assert_int_equal(EVP_DigestSignInit(ctx, NULL,
					    a->algorithm == COSE_EDDSA ? NULL : EVP_sha256(), NULL,
					    a->key),
			 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &n, (unsigned char *)over.p, over.n), 1);
	EVP_MD_CTX_free(ctx);
	buf_add(out, (struct view){ (char *)signature, n });
}

static void statement_add(struct buf *out, const struct authenticator *a, const struct buf *data,
			  const struct buf *client)
{
	CLEANUP(buf_free) struct buf signature = BUF_INIT(BYTES_MAX);

	if (strcmp(a->format, "packed") != 0) {
		head(out, MAP, 0);
		return;
	}
	signature_add(&signature, a, data, client);
	head(out, MAP, a->certified ? 3 : 2);
	string(out, TEXT, VIEW("alg"));
	number(out, a->algorithm);
	string(out, TEXT, VIEW("sig"));
	string(out, BYTES, buf_view(&signature));
	if (!a->certified)
		return;
	string(out, TEXT, VIEW("x5c"));
	head(out, LIST, 1);
	string(out, BYTES, VIEW("certificate"));
}

static const char *text_of(struct buf *bytes, struct arena *arena)
{
	assert_int_equal(bytes->err, 0);
	return webauthn_bytes_text(buf_view(bytes), arena).p;
}

const char *authenticator_register(struct authenticator *a, struct arena *arena,
				   const char *challenge, const char *name)
{
	CLEANUP(buf_free) struct buf client = BUF_INIT(BYTES_MAX);
	CLEANUP(buf_free) struct buf data = BUF_INIT(BYTES_MAX);
	CLEANUP(buf_free) struct buf object = BUF_INIT(BYTES_MAX);

	client_add(&client, a, "webauthn.create", challenge);
	data_add(&data, a, true);
	head(&object, MAP, 3);
	string(&object, TEXT, VIEW("fmt"));
	string(&object, TEXT, view_str(a->format));
	string(&object, TEXT, VIEW("attStmt"));
	statement_add(&object, a, &data, &client);
	string(&object, TEXT, VIEW("authData"));
	string(&object, BYTES, buf_view(&data));
	return arena_printf(arena,
			    "{\"name\":\"%s\",\"client_data\":\"%s\",\"attestation\":\"%s\","
			    "\"transports\":\"usb,nfc\",\"discoverable\":true}",
			    name, text_of(&client, arena), text_of(&object, arena));
}

const char *authenticator_sign(struct authenticator *a, struct arena *arena, const char *challenge)
{
	CLEANUP(buf_free) struct buf client = BUF_INIT(BYTES_MAX);
	CLEANUP(buf_free) struct buf data = BUF_INIT(BYTES_MAX);
	CLEANUP(buf_free) struct buf signature = BUF_INIT(BYTES_MAX);
	const char *handle = a->user_handle.p ? webauthn_bytes_text(a->user_handle, arena).p : NULL;

	client_add(&client, a, "webauthn.get", challenge);
	data_add(&data, a, false);
	signature_add(&signature, a, &data, &client);
	return arena_printf(
		arena,
		"{\"credential_id\":\"%s\",\"client_data\":\"%s\","
		"\"authenticator_data\":\"%s\",\"signature\":\"%s\",\"user_handle\":%s%s%s}",
		webauthn_bytes_text(a->credential_id, arena).p, text_of(&client, arena),
		text_of(&data, arena), text_of(&signature, arena), handle ? "\"" : "",
		handle ? handle : "null", handle ? "\"" : "");
}
