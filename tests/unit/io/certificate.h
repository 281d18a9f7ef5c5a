/* A self-signed certificate for 127.0.0.1 on P-256 and its key, as PEM files. */
#pragma once
#include "../test.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <unistd.h>

struct certificate {
	char certificate[64], key[64]; /* names of files */
};

static inline void certificate_write(const struct certificate *c, X509 *x509, EVP_PKEY *pkey,
				     const char *password)
{
	FILE *out = fopen(c->certificate, "w");

	assert_non_null(out);
	assert_int_equal(PEM_write_X509(out, x509), 1);
	assert_int_equal(fclose(out), 0);
	out = fopen(c->key, "w");
	assert_non_null(out);
	assert_int_equal(PEM_write_PrivateKey(out, pkey, password ? EVP_aes_128_cbc() : NULL, NULL,
					      0, NULL, (void *)password),
			 1);
	assert_int_equal(fclose(out), 0);
}

static inline void certificate_add_name(X509 *x509, const char *name)
{
	char value[300];
	X509_EXTENSION *e;

	snprintf(value, sizeof(value), "DNS:%s", name);
	e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x509, e, -1), 1);
	X509_EXTENSION_free(e);
}

/* Into the files of *c, which are made when it has no names yet; for `host` too unless it is NULL.
 */
static inline void certificate_make_for(struct certificate *c, long serial, const char *password,
					const char *host)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *x509 = X509_new();
	X509_NAME *name = X509_get_subject_name(x509);

	if (!c->certificate[0]) {
		snprintf(c->certificate, sizeof(c->certificate), "/tmp/vestibule-cert-XXXXXX");
		close(mkstemp(c->certificate));
		snprintf(c->key, sizeof(c->key), "/tmp/vestibule-key-XXXXXX");
		close(mkstemp(c->key));
	}
	X509_set_version(x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), serial);
	X509_gmtime_adj(X509_getm_notBefore(x509), -60);
	X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"127.0.0.1", -1,
				   -1, 0);
	X509_set_issuer_name(x509, name);
	X509_set_pubkey(x509, pkey);
	if (host)
		certificate_add_name(x509, host);
	assert_true(X509_sign(x509, pkey, EVP_sha256()) > 0);
	certificate_write(c, x509, pkey, password);
	X509_free(x509);
	EVP_PKEY_free(pkey);
}

static inline void certificate_make(struct certificate *c, long serial, const char *password)
{
	certificate_make_for(c, serial, password, NULL);
}

static inline void certificate_remove(const struct certificate *c)
{
	unlink(c->certificate);
	unlink(c->key);
}
