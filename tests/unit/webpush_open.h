/* What a browser does with a message of Web Push (RFC 8291 section 3): the other half of
 * proto/webpush.c, for tests. */
#pragma once
#include "proto/webpush.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

static inline void webpush_hmac(const void *key, size_t nkey, const void *text, size_t n,
				unsigned char ret[32])
{
	unsigned size = 32;

	HMAC(EVP_sha256(), key, (int)nkey, text, n, ret, &size);
}

/* One block of HKDF: both of its steps. */
static inline void webpush_hkdf(const void *salt, size_t nsalt, const void *ikm, size_t nikm,
				const void *info, size_t ninfo, unsigned char ret[32])
{
	unsigned char prk[32], text[256];

	webpush_hmac(salt, nsalt, ikm, nikm, prk);
	memcpy(text, info, ninfo);
	text[ninfo] = 1;
	webpush_hmac(prk, sizeof(prk), text, ninfo + 1, ret);
}

static inline bool webpush_agree(const struct webpush_pair *own, const unsigned char *peer,
				 unsigned char ret_shared[32])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *secret = BN_bin2bn(own->secret, sizeof(own->secret), NULL), *x = BN_new();
	EC_POINT *theirs = EC_POINT_new(group), *shared = EC_POINT_new(group);
	const bool ok = EC_POINT_oct2point(group, theirs, peer, WEBPUSH_PUBLIC_SIZE, NULL) &&
			EC_POINT_mul(group, shared, NULL, theirs, secret, NULL) &&
			EC_POINT_get_affine_coordinates(group, shared, x, NULL, NULL) &&
			BN_bn2binpad(x, ret_shared, 32) == 32;

	EC_POINT_free(theirs);
	EC_POINT_free(shared);
	BN_free(secret);
	BN_free(x);
	EC_GROUP_free(group);
	return ok;
}

/* The plain text with a NUL behind it. False: it was not meant for this browser. */
static inline bool webpush_open(const struct webpush_pair *browser, const unsigned char *auth,
				struct view body, char *ret_plain, size_t size)
{
	const unsigned char *salt = (const unsigned char *)body.p, *peer = salt + 21;
	const size_t n = body.n - WEBPUSH_HEAD_SIZE - 16;
	unsigned char shared[32], ikm[32], cek[32], nonce[32];
	unsigned char info[14 + 2 * WEBPUSH_PUBLIC_SIZE] = "WebPush: info";
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int some = 0, rest = 0;
	bool ok =
		body.n > WEBPUSH_HEAD_SIZE + 16 && n < size && webpush_agree(browser, peer, shared);

	if (ok) {
		memcpy(info + 14, browser->point, WEBPUSH_PUBLIC_SIZE);
		memcpy(info + 14 + WEBPUSH_PUBLIC_SIZE, peer, WEBPUSH_PUBLIC_SIZE);
		webpush_hkdf(auth, WEBPUSH_AUTH_SIZE, shared, 32, info, sizeof(info), ikm);
		webpush_hkdf(salt, 16, ikm, 32, "Content-Encoding: aes128gcm", 28, cek);
		webpush_hkdf(salt, 16, ikm, 32, "Content-Encoding: nonce", 24, nonce);
		ok = EVP_DecryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, cek, nonce) &&
		     EVP_DecryptUpdate(ctx, (unsigned char *)ret_plain, &some,
				       salt + WEBPUSH_HEAD_SIZE, (int)n) &&
		     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, 16,
					 (void *)(salt + WEBPUSH_HEAD_SIZE + n)) &&
		     EVP_DecryptFinal_ex(ctx, (unsigned char *)ret_plain + some, &rest) > 0 &&
		     ret_plain[n - 1] == 2;
	}
	EVP_CIPHER_CTX_free(ctx);
	if (ok)
		ret_plain[n - 1] = '\0';
	return ok;
}
