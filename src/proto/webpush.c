#include "proto/webpush.h"

#include "base/json.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <sodium.h>
#include <string.h>

enum {
	SHARED_SIZE = 32,
	IKM_SIZE = 32,
	CEK_SIZE = 16,
	NONCE_SIZE = 12,
	TAG_SIZE = 16,
	SIGNATURE_SIZE = 64,
	SIGNATURE_DER_MAX = 80,
	DRAWS_MAX = 16, /* of a private key: one in 2^32 is none */
	JWT_MAX = 1600,
};

#define BASE64URL sodium_base64_VARIANT_URLSAFE_NO_PADDING

static_assert(WEBPUSH_KEY_TEXT_MAX >= (WEBPUSH_PUBLIC_SIZE + 2) / 3 * 4, "a key fits its text");

/* Addresses. */

static bool is_host(struct view host)
{
	if (host.n == 0)
		return false;
	for (size_t i = 0; i < host.n; i++) {
		const char c = host.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '.' || c == '-'))
			return false;
	}
	return true;
}

static bool is_v6(struct view host)
{
	for (size_t i = 0; i < host.n; i++)
		if (!strchr("0123456789abcdefABCDEF:.", host.p[i]) || !host.p[i])
			return false;
	return host.n > 0 && memchr(host.p, ':', host.n);
}

/* What a URI may consist of (RFC 3986), without a fragment: that would not be sent. */
static bool is_uri(struct view text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] > '~' || strchr("\"<>\\^`{|}#", text.p[i]))
			return false;
	return true;
}

static size_t authority_size(struct view rest)
{
	size_t n = 0;

	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
		n++;
	return n;
}

static int authority_read(struct view authority, struct webpush_endpoint *e)
{
	struct view port, after;
	uint64_t number = e->secure ? 443 : 80;
	bool fits;

	if (authority.n > 0 && authority.p[0] == '[') {
		e->host = view_cut((struct view){ authority.p + 1, authority.n - 1 }, ']', &after);
		fits = is_v6(e->host) && (after.n == 0 || after.p[0] == ':') &&
		       e->host.n + 2 + after.n == authority.n;
		view_cut(after, ':', &port);
	} else {
		e->host = view_cut(authority, ':', &port);
		fits = is_host(e->host);
	}
	if (!fits || authority.p[authority.n - 1] == ':' ||
	    (port.n && (view_u64(port, UINT16_MAX, &number) < 0 || number == 0)))
		return -EBADMSG;
	e->port = (uint16_t)number;
	return 0;
}

int webpush_endpoint_read(struct view text, struct webpush_endpoint *ret_endpoint)
{
	const bool secure = view_starts(text, VIEW("https://"));
	const size_t scheme = secure ? sizeof("https://") - 1 : sizeof("http://") - 1;
	struct webpush_endpoint e = { .secure = secure };
	size_t n;
	int rc;

	if (text.n > WEBPUSH_ENDPOINT_MAX)
		return -EMSGSIZE;
	if ((!secure && !view_starts(text, VIEW("http://"))) || !is_uri(text))
		return -EBADMSG;
	n = authority_size((struct view){ text.p + scheme, text.n - scheme });
	rc = n == 0 ? -EBADMSG : authority_read((struct view){ text.p + scheme, n }, &e);
	if (rc < 0)
		return rc;
	e.origin = (struct view){ text.p, scheme + n };
	*ret_endpoint = e;
	return 0;
}

/* Keys. */

static int base64_read(struct view text, unsigned char *ret_bytes, size_t size)
{
	size_t n;

	while (text.n > 0 && text.p[text.n - 1] == '=')
		text.n--;
	if (sodium_base642bin(ret_bytes, size, text.p ? text.p : "", text.n, NULL, &n, NULL,
			      BASE64URL) < 0)
		return -EBADMSG;
	return n == size ? 0 : -EBADMSG;
}

static EVP_PKEY *key_of(const struct webpush_pair *pair, const unsigned char *point)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	unsigned char scalar[WEBPUSH_PRIVATE_SIZE];
	OSSL_PARAM params[4];
	EVP_PKEY *key = NULL;
	size_t n = 0;

	params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
						       (char[]){ "prime256v1" }, 0);
	params[n++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point,
							WEBPUSH_PUBLIC_SIZE);
	if (pair) { /* a number in the order of this machine's bytes */
		for (size_t i = 0; i < sizeof(scalar); i++)
			scalar[i] = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
					    ? pair->secret[sizeof(scalar) - 1 - i]
					    : pair->secret[i];
		params[n++] =
			OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar, sizeof(scalar));
	}
	params[n] = OSSL_PARAM_construct_end();
	if (!ctx || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &key, pair ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) <=
		    0)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OPENSSL_cleanse(scalar, sizeof(scalar));
	return key;
}

static void key_free(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

/* OpenSSL refuses a point that is not on the curve when it makes the key, and infinity. */
int webpush_keys_read(struct view p256dh, struct view auth, struct webpush_keys *ret_keys)
{
	CLEANUP(key_free) EVP_PKEY *key = NULL;
	struct webpush_keys keys = {};

	if (base64_read(p256dh, keys.p256dh, sizeof(keys.p256dh)) < 0 ||
	    base64_read(auth, keys.auth, sizeof(keys.auth)) < 0 || keys.p256dh[0] != 4)
		return -EBADMSG;
	key = key_of(NULL, keys.p256dh);
	if (!key)
		return -EBADMSG;
	*ret_keys = keys;
	return 0;
}

static bool point_of(const EC_GROUP *group, const BIGNUM *secret, unsigned char *ret_point)
{
	EC_POINT *point = EC_POINT_new(group);
	const bool ok = point && EC_POINT_mul(group, point, secret, NULL, NULL, NULL) &&
			EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, ret_point,
					   WEBPUSH_PUBLIC_SIZE, NULL) == WEBPUSH_PUBLIC_SIZE;

	EC_POINT_free(point);
	return ok;
}

int webpush_pair_of(const unsigned char secret[WEBPUSH_PRIVATE_SIZE], struct webpush_pair *ret_pair)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *number = BN_secure_new();
	struct webpush_pair pair;
	int rc = -ENOMEM;

	if (group && number && BN_bin2bn(secret, WEBPUSH_PRIVATE_SIZE, number)) {
		BN_set_flags(number, BN_FLG_CONSTTIME);
		rc = BN_is_zero(number) || BN_cmp(number, EC_GROUP_get0_order(group)) >= 0 ? -EINVAL
		     : point_of(group, number, pair.point)                                 ? 0
							   : -ENOMEM;
	}
	BN_clear_free(number);
	EC_GROUP_free(group);
	if (rc < 0)
		return rc;
	memcpy(pair.secret, secret, sizeof(pair.secret));
	*ret_pair = pair;
	OPENSSL_cleanse(&pair, sizeof(pair));
	return 0;
}

int webpush_pair_make(struct rand *rand, struct webpush_pair *ret_pair)
{
	unsigned char secret[WEBPUSH_PRIVATE_SIZE];
	int rc = -EINVAL;

	for (int i = 0; rc == -EINVAL && i < DRAWS_MAX; i++) {
		rand_bytes(rand, secret, sizeof(secret));
		rc = webpush_pair_of(secret, ret_pair);
	}
	OPENSSL_cleanse(secret, sizeof(secret));
	return rc;
}

void webpush_key_text(const unsigned char point[WEBPUSH_PUBLIC_SIZE],
		      char ret_text[WEBPUSH_KEY_TEXT_MAX])
{
	sodium_bin2base64(ret_text, WEBPUSH_KEY_TEXT_MAX, point, WEBPUSH_PUBLIC_SIZE, BASE64URL);
}

/* Messages. */

static int agree(const struct webpush_pair *ours, const unsigned char *theirs,
		 unsigned char ret_shared[SHARED_SIZE])
{
	CLEANUP(key_free) EVP_PKEY *own = key_of(ours, ours->point);
	CLEANUP(key_free) EVP_PKEY *peer = key_of(NULL, theirs);
	EVP_PKEY_CTX *ctx = own ? EVP_PKEY_CTX_new(own, NULL) : NULL;
	size_t n = SHARED_SIZE;
	int rc = !peer ? -EBADMSG : !ctx ? -ENOMEM : 0;

	if (rc == 0 &&
	    (EVP_PKEY_derive_init(ctx) <= 0 || EVP_PKEY_derive_set_peer(ctx, peer) <= 0 ||
	     EVP_PKEY_derive(ctx, ret_shared, &n) <= 0 || n != SHARED_SIZE))
		rc = -EBADMSG;
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

/* RFC 5869 with SHA-256, both of its steps. */
static int hkdf(struct view salt, struct view ikm, struct view info, unsigned char *ret, size_t n)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){ "SHA256" }, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt.p, salt.n),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)ikm.p, ikm.n),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info.p, info.n),
		OSSL_PARAM_construct_end(),
	};
	const int rc = ctx && EVP_KDF_derive(ctx, ret, n, params) > 0 ? 0 : -ENOMEM;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return rc;
}

static struct view bytes_of(const unsigned char *p, size_t n)
{
	return (struct view){ (const char *)p, n };
}

struct record_keys {
	unsigned char cek[CEK_SIZE];
	unsigned char nonce[NONCE_SIZE];
};

/* RFC 8291 section 3.4. */
static int derive(const struct webpush_keys *to, const struct webpush_pair *ours,
		  const unsigned char *salt, struct record_keys *ret_keys)
{
	unsigned char shared[SHARED_SIZE], ikm[IKM_SIZE];
	unsigned char info[14 + 2 * WEBPUSH_PUBLIC_SIZE] = "WebPush: info"; /* with its NUL */
	const struct view salt_view = bytes_of(salt, WEBPUSH_SALT_SIZE);
	int rc = agree(ours, to->p256dh, shared);

	memcpy(info + 14, to->p256dh, WEBPUSH_PUBLIC_SIZE);
	memcpy(info + 14 + WEBPUSH_PUBLIC_SIZE, ours->point, WEBPUSH_PUBLIC_SIZE);
	if (rc == 0)
		rc = hkdf(bytes_of(to->auth, sizeof(to->auth)), bytes_of(shared, sizeof(shared)),
			  bytes_of(info, sizeof(info)), ikm, sizeof(ikm));
	if (rc == 0)
		rc = hkdf(salt_view, bytes_of(ikm, sizeof(ikm)),
			  VIEW("Content-Encoding: aes128gcm\0"), ret_keys->cek,
			  sizeof(ret_keys->cek));
	if (rc == 0)
		rc = hkdf(salt_view, bytes_of(ikm, sizeof(ikm)), VIEW("Content-Encoding: nonce\0"),
			  ret_keys->nonce, sizeof(ret_keys->nonce));
	OPENSSL_cleanse(shared, sizeof(shared));
	OPENSSL_cleanse(ikm, sizeof(ikm));
	return rc;
}

/* The one record, and so the last: its delimiter is 2. */
static int seal(const struct record_keys *keys, struct view plain, struct buf *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char text[WEBPUSH_PLAIN_MAX + 1 + TAG_SIZE];
	int n = 0, rest = 0, tail = 0;
	const bool ok =
		ctx && EVP_EncryptInit_ex2(ctx, EVP_aes_128_gcm(), keys->cek, keys->nonce, NULL) &&
		EVP_EncryptUpdate(ctx, text, &n, (const unsigned char *)plain.p, (int)plain.n) &&
		EVP_EncryptUpdate(ctx, text + n, &rest, (const unsigned char[]){ 2 }, 1) &&
		EVP_EncryptFinal_ex(ctx, text + n + rest, &tail) &&
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, text + n + rest + tail);

	EVP_CIPHER_CTX_free(ctx);
	if (!ok)
		return -ENOMEM;
	buf_add(out, bytes_of(text, (size_t)(n + rest + tail) + TAG_SIZE));
	return out->err;
}

int webpush_encrypt(const struct webpush_keys *keys, struct view plain, struct rand *rand,
		    struct buf *out)
{
	static const unsigned char record_size[] = { 0, 0, WEBPUSH_BODY_MAX >> 8, 0 };
	unsigned char salt[WEBPUSH_SALT_SIZE];
	struct record_keys record;
	struct webpush_pair ours;
	int rc;

	if (plain.n > WEBPUSH_PLAIN_MAX)
		return -EMSGSIZE;
	rc = webpush_pair_make(rand, &ours);
	rand_bytes(rand, salt, sizeof(salt));
	if (rc == 0)
		rc = derive(keys, &ours, salt, &record);
	if (rc == 0) {
		buf_add(out, bytes_of(salt, sizeof(salt)));
		buf_add(out, bytes_of(record_size, sizeof(record_size)));
		buf_chr(out, WEBPUSH_PUBLIC_SIZE);
		buf_add(out, bytes_of(ours.point, sizeof(ours.point)));
		rc = seal(&record, plain, out);
	}
	OPENSSL_cleanse(&ours, sizeof(ours));
	OPENSSL_cleanse(&record, sizeof(record));
	return rc;
}

/* Tokens. */

static void base64_add(struct buf *out, struct view bytes)
{
	char text[JWT_MAX];

	if (sodium_base64_encoded_len(bytes.n, BASE64URL) > sizeof(text)) {
		out->err = out->err ? out->err : -EMSGSIZE;
		return;
	}
	sodium_bin2base64(text, sizeof(text), (const unsigned char *)bytes.p, bytes.n, BASE64URL);
	buf_str(out, text);
}

static void claims_add(struct buf *out, struct view origin, struct view subject, int64_t expires_s)
{
	CLEANUP(buf_free) struct buf claims = BUF_INIT(JWT_MAX);
	struct json j = JSON_TO(&claims);

	json_open(&j);
	json_key(&j, "aud");
	json_view(&j, origin);
	json_key(&j, "exp");
	json_int(&j, expires_s);
	if (subject.n) {
		json_key(&j, "sub");
		json_view(&j, subject);
	}
	json_close(&j);
	out->err = out->err ? out->err : claims.err;
	base64_add(out, buf_view(&claims));
}

/* JWS has the two numbers plain (RFC 7518 section 3.4), OpenSSL gives them in DER. */
static int plain_signature(const unsigned char *der, size_t n, unsigned char ret[SIGNATURE_SIZE])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	const bool ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret, SIGNATURE_SIZE / 2) > 0 &&
			BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret + SIGNATURE_SIZE / 2,
				     SIGNATURE_SIZE / 2) > 0;

	ECDSA_SIG_free(sig);
	return ok ? 0 : -ENOMEM;
}

static int sign(const struct webpush_pair *pair, struct view text,
		unsigned char ret[SIGNATURE_SIZE])
{
	CLEANUP(key_free) EVP_PKEY *key = key_of(pair, pair->point);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[SIGNATURE_DER_MAX];
	size_t n = sizeof(der);
	const bool ok = key && ctx &&
			EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL) > 0 &&
			EVP_DigestSign(ctx, der, &n, (const unsigned char *)text.p, text.n) > 0;

	EVP_MD_CTX_free(ctx);
	return ok ? plain_signature(der, n, ret) : -ENOMEM;
}

int webpush_token(const struct webpush_pair *pair, struct view origin, struct view subject,
		  int64_t expires_s, struct buf *out)
{
	CLEANUP(buf_free) struct buf jwt = BUF_INIT(JWT_MAX);
	unsigned char signature[SIGNATURE_SIZE];
	char key[WEBPUSH_KEY_TEXT_MAX];
	int rc;

	if (origin.n == 0 || subject.n > WEBPUSH_SUBJECT_MAX)
		return -EINVAL;
	base64_add(&jwt, VIEW("{\"typ\":\"JWT\",\"alg\":\"ES256\"}"));
	buf_chr(&jwt, '.');
	claims_add(&jwt, origin, subject, expires_s);
	rc = jwt.err ? jwt.err : sign(pair, buf_view(&jwt), signature);
	if (rc < 0)
		return rc == -EMSGSIZE ? -EINVAL : rc;
	buf_chr(&jwt, '.');
	base64_add(&jwt, bytes_of(signature, sizeof(signature)));
	webpush_key_text(pair->point, key);
	buf_str(out, "vapid t=");
	buf_add(out, buf_view(&jwt));
	buf_str(out, ", k=");
	buf_str(out, key);
	return jwt.err ? -EINVAL : out->err;
}
