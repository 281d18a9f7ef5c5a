#include "media/dtls.h"

#include "base/mem.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RECORD_HEAD = 13, /* RFC 6347 section 4.1; its last two bytes are the length */
	READ_SIZE = 2048,
	READS_MAX = 16,             /* of one datagram */
	FINISHED_GCM = 8 + 24 + 16, /* bytes of the record of a Finished: nonce, message, tag */
	FINISHED_CHACHA = 24 + 16,  /* the same with ChaCha20, which sends no nonce */
	SERIAL_BITS = 64,
	VALID_BEFORE_S = 24 * 3600,     /* clocks differ */
	VALID_S = 10 * 365 * 24 * 3600, /* nobody looks at it, but for curious tools */
};

/* GCM first: it costs half as much. */
static const char profiles[] = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";
static const char ciphers[] = "ECDHE+aECDSA+AESGCM:ECDHE+aECDSA+CHACHA20";
static const char label[] = "EXTRACTOR-dtls_srtp"; /* RFC 5764 section 4.2 */

struct dtls_identity {
	SSL_CTX *ctx;
	char fingerprint[DTLS_FINGERPRINT_MAX + 1];
};

struct dtls {
	struct dtls_conf conf;
	SSL *ssl;
	BIO *in, *out; /* the session's */
	enum dtls_state state;
	bool started;
	struct timer retry, limit;
};

/* The identity. */

static void key_clean(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void cert_clean(X509 **cert)
{
	X509_free(*cert);
}

static bool serial_set(X509 *cert)
{
	BIGNUM *n = BN_new();
	const bool done = n && BN_rand(n, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
			  BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));

	BN_free(n);
	return done;
}

static bool name_set(X509 *cert)
{
	static const unsigned char name[] = "vestibule";
	X509_NAME *subject = X509_get_subject_name(cert);

	return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(cert, subject) == 1;
}

static X509 *cert_make(EVP_PKEY *key, const struct clock *clock)
{
	const time_t now = (time_t)(clock_wall_ms(clock) / 1000);
	X509 *cert = X509_new();

	if (cert && X509_set_version(cert, X509_VERSION_3) == 1 && serial_set(cert) &&
	    name_set(cert) && ASN1_TIME_set(X509_getm_notBefore(cert), now - VALID_BEFORE_S) &&
	    ASN1_TIME_set(X509_getm_notAfter(cert), now + VALID_S) &&
	    X509_set_pubkey(cert, key) == 1 && X509_sign(cert, key, EVP_sha256()) > 0)
		return cert;
	X509_free(cert);
	return NULL;
}

static bool hash_of(const X509 *cert, uint8_t ret_hash[DTLS_HASH_SIZE])
{
	unsigned n = 0;

	return X509_digest(cert, EVP_sha256(), ret_hash, &n) == 1 && n == DTLS_HASH_SIZE;
}

static bool fingerprint_set(struct dtls_identity *identity, const X509 *cert)
{
	uint8_t hash[DTLS_HASH_SIZE];

	if (!hash_of(cert, hash))
		return false;
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(identity->fingerprint + 3 * i, 4, "%02X:", hash[i]);
	identity->fingerprint[DTLS_FINGERPRINT_MAX - 1] = '\0';
	return true;
}

/* Any certificate passes: its fingerprint is looked at when the handshake is over. */
static int on_verify(int, X509_STORE_CTX *)
{
	return 1;
}

static bool ctx_set_up(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					 SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU |
					 SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_send_fragment(ctx, DTLS_MTU); /* else 16 KB more for each session */
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, on_verify);
	return SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, ciphers) == 1 &&
	       SSL_CTX_set_tlsext_use_srtp(ctx, profiles) == 0; /* 0 is success */
}

static bool identity_make(struct dtls_identity *identity, const struct clock *clock)
{
	CLEANUP(key_clean) EVP_PKEY *key = EVP_EC_gen("P-256");
	CLEANUP(cert_clean) X509 *cert = key ? cert_make(key, clock) : NULL;

	identity->ctx = SSL_CTX_new(DTLS_method());
	return cert && identity->ctx && ctx_set_up(identity->ctx) &&
	       SSL_CTX_use_certificate(identity->ctx, cert) == 1 &&
	       SSL_CTX_use_PrivateKey(identity->ctx, key) == 1 && fingerprint_set(identity, cert);
}

int dtls_identity_new(const struct clock *clock, struct dtls_identity **ret_identity)
{
	struct dtls_identity *identity = calloc(1, sizeof(*identity));

	if (!identity)
		return -ENOMEM;
	if (!identity_make(identity, clock)) {
		ERR_clear_error();
		dtls_identity_free(identity);
		return -EIO;
	}
	*ret_identity = identity;
	return 0;
}

void dtls_identity_free(struct dtls_identity *identity)
{
	if (!identity)
		return;
	SSL_CTX_free(identity->ctx);
	free(identity);
}

const char *dtls_fingerprint(const struct dtls_identity *identity)
{
	return identity->fingerprint;
}

/* A session. */

/* Of the record at p, or 0 when there is no whole one. */
static size_t record_size(const uint8_t *p, size_t n)
{
	const size_t size = n < RECORD_HEAD ? 0 : RECORD_HEAD + (size_t)(p[11] << 8 | p[12]);

	return size <= n ? size : 0;
}

/* What OpenSSL wrote, a datagram for each record: a record must not be cut, and a peer need not
 * read several of them in one. */
static void flush(struct dtls *d)
{
	char *bytes;
	const long n = BIO_get_mem_data(d->out, &bytes);
	const uint8_t *p = (const uint8_t *)bytes;

	for (size_t left = n > 0 ? (size_t)n : 0; left > 0;) {
		const size_t size = record_size(p, left);

		if (!size)
			break;
		d->conf.send(d->conf.arg, p, size);
		p += size;
		left -= size;
	}
	(void)BIO_reset(d->out);
}

static void become(struct dtls *d, enum dtls_state state)
{
	timers_cancel(d->conf.timers, &d->retry);
	timers_cancel(d->conf.timers, &d->limit);
	d->state = state;
	d->conf.changed(d->conf.arg, state);
}

static bool peer_is_right(const struct dtls *d)
{
	const X509 *cert = SSL_get0_peer_certificate(d->ssl);
	uint8_t hash[DTLS_HASH_SIZE];

	return cert && hash_of(cert, hash) &&
	       CRYPTO_memcmp(hash, d->conf.hash, sizeof(hash)) == 0 &&
	       SSL_get_selected_srtp_profile(d->ssl);
}

/* Goes on with the handshake, then reads; application data (nobody asked for any) is dropped.
 * Returns OpenSSL's word for why it stopped. */
static int step(struct dtls *d)
{
	char scratch[READ_SIZE];
	int rc = 1;

	ERR_clear_error();
	if (!SSL_is_init_finished(d->ssl))
		rc = SSL_do_handshake(d->ssl);
	for (unsigned i = 0; rc > 0 && i < READS_MAX; i++)
		rc = SSL_read(d->ssl, scratch, sizeof(scratch));
	return rc > 0 ? SSL_ERROR_NONE : SSL_get_error(d->ssl, rc);
}

/* A forged record of the next epoch is found out late, and stops OpenSSL with a "system" error in
 * front of what it has not read yet: no reason to end. */
static void handshake_or_read(struct dtls *d)
{
	int why = step(d);

	for (unsigned i = 0; why == SSL_ERROR_SYSCALL && BIO_ctrl_pending(d->in) && i < READS_MAX;
	     i++)
		why = step(d);
	flush(d);
	ERR_clear_error();
	if (why == SSL_ERROR_ZERO_RETURN)
		become(d, DTLS_CLOSED);
	else if (why == SSL_ERROR_SSL)
		become(d, d->state == DTLS_UP ? DTLS_CLOSED : DTLS_FAILED);
	else if (d->state == DTLS_HANDSHAKE && SSL_is_init_finished(d->ssl))
		become(d, peer_is_right(d) ? DTLS_UP : DTLS_FAILED);
}

static void on_retry(void *arg);

static void retry_arm(struct dtls *d)
{
	struct timeval left;
	int64_t ms;

	timers_cancel(d->conf.timers, &d->retry);
	if (d->state != DTLS_HANDSHAKE || DTLSv1_get_timeout(d->ssl, &left) != 1)
		return;
	ms = (int64_t)left.tv_sec * 1000 + left.tv_usec / 1000 + 1;
	if (timers_arm(d->conf.timers, &d->retry, ms, on_retry, d) < 0)
		become(d, DTLS_FAILED);
}

static void on_retry(void *arg)
{
	struct dtls *d = arg;

	ERR_clear_error();
	if (DTLSv1_handle_timeout(d->ssl) < 0)
		become(d, DTLS_FAILED);
	flush(d);
	ERR_clear_error();
	retry_arm(d);
}

static void on_limit(void *arg)
{
	become(arg, DTLS_FAILED);
}

static unsigned retry_after(SSL *, unsigned last_us)
{
	const unsigned most = DTLS_RETRY_MAX_MS * 1000U;

	if (last_us == 0)
		return DTLS_RETRY_MS * 1000U;
	return last_us < most / 2 ? 2 * last_us : most;
}

static int session_open(struct dtls *d)
{
	d->ssl = SSL_new(d->conf.identity->ctx);
	d->in = BIO_new(BIO_s_mem());
	d->out = BIO_new(BIO_s_mem());
	if (!d->ssl || !d->in || !d->out) {
		BIO_free(d->in);
		BIO_free(d->out);
		return -ENOMEM;
	}
	BIO_set_mem_eof_return(d->in, -1); /* nothing there is not the end */
	BIO_set_mem_eof_return(d->out, -1);
	SSL_set_bio(d->ssl, d->in, d->out);
	SSL_set_mtu(d->ssl, DTLS_MTU);
	DTLS_set_timer_cb(d->ssl, retry_after);
	if (d->conf.role == DTLS_CLIENT)
		SSL_set_connect_state(d->ssl);
	else
		SSL_set_accept_state(d->ssl);
	return timers_arm(d->conf.timers, &d->limit, DTLS_HANDSHAKE_MS, on_limit, d);
}

int dtls_new(const struct dtls_conf *conf, struct dtls **ret_dtls)
{
	struct dtls *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	d->conf = *conf;
	err = session_open(d);
	ERR_clear_error();
	if (err < 0) {
		SSL_free(d->ssl);
		free(d);
		return err;
	}
	*ret_dtls = d;
	return 0;
}

void dtls_free(struct dtls *d)
{
	if (!d)
		return;
	timers_cancel(d->conf.timers, &d->retry);
	timers_cancel(d->conf.timers, &d->limit);
	ERR_clear_error();
	if (d->state == DTLS_UP) {
		SSL_shutdown(d->ssl);
		flush(d);
	}
	SSL_free(d->ssl);
	ERR_clear_error();
	free(d);
}

void dtls_start(struct dtls *d)
{
	if (d->conf.role != DTLS_CLIENT || d->started || d->state != DTLS_HANDSHAKE)
		return;
	d->started = true;
	handshake_or_read(d);
	retry_arm(d);
}

/* A record that cannot come from the peer but would stop OpenSSL: application data in clear, and
 * anything but the last handshake message under keys that are not agreed on yet. OpenSSL keeps such
 * records for later, and one that is too short then costs what comes behind it. */
static bool is_forged(const struct dtls *d, const uint8_t *p, size_t n)
{
	const bool clear = !p[3] && !p[4]; /* epoch 0 */

	if (clear)
		return p[0] == SSL3_RT_APPLICATION_DATA;
	return !SSL_is_init_finished(d->ssl) &&
	       (p[0] != SSL3_RT_HANDSHAKE ||
		(n != RECORD_HEAD + FINISHED_GCM && n != RECORD_HEAD + FINISHED_CHACHA));
}

static void record_hear(struct dtls *d, const uint8_t *p, size_t n)
{
	if (is_forged(d, p, n) || BIO_write(d->in, p, (int)n) != (int)n)
		return;
	handshake_or_read(d);
	(void)BIO_reset(d->in);
}

/* Record by record, so that each is looked at. */
void dtls_hear(struct dtls *d, const uint8_t *p, size_t n)
{
	size_t size;

	if (n > DTLS_DATAGRAM_MAX)
		return;
	for (size_t at = 0; (size = record_size(p + at, n - at)) > 0; at += size) {
		if (d->state == DTLS_FAILED || d->state == DTLS_CLOSED)
			return;
		record_hear(d, p + at, size);
	}
	retry_arm(d);
}

enum dtls_state dtls_state(const struct dtls *d)
{
	return d->state;
}

/* RFC 5764 section 4.2: the client's key, the server's, the client's salt, the server's. */
int dtls_keys(const struct dtls *d, struct dtls_keys *ret_keys)
{
	const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(d->ssl);
	uint8_t bytes[2 * (SRTP_KEY_SIZE + SRTP_SALT_MAX)];
	struct srtp_master *client, *server;
	struct dtls_keys keys = {};
	size_t salt;

	if (d->state != DTLS_UP || !profile)
		return -EIO;
	keys.profile = (enum srtp_profile)profile->id;
	salt = srtp_salt_size(keys.profile);
	if (SSL_export_keying_material(d->ssl, bytes, 2 * (SRTP_KEY_SIZE + salt), label,
				       sizeof(label) - 1, NULL, 0, 0) != 1)
		return -EIO;
	client = d->conf.role == DTLS_CLIENT ? &keys.ours : &keys.theirs;
	server = d->conf.role == DTLS_CLIENT ? &keys.theirs : &keys.ours;
	memcpy(client->key, bytes, SRTP_KEY_SIZE);
	memcpy(server->key, bytes + SRTP_KEY_SIZE, SRTP_KEY_SIZE);
	memcpy(client->salt, bytes + 2 * SRTP_KEY_SIZE, salt);
	memcpy(server->salt, bytes + 2 * SRTP_KEY_SIZE + salt, salt);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	*ret_keys = keys;
	OPENSSL_cleanse(&keys, sizeof(keys));
	return 0;
}
