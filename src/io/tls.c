/* Callbacks of these bufferevents are not deferred, on purpose: evhttp takes an error that comes
 * behind the data of the same turn for one of the request that its handler has by then. What
 * libevent 2.1 reads while a read waits for a write it hands over in any state, and evhttp ends the
 * program when it does not expect it; so nothing may make a read wait for a write: no
 * renegotiation, and no KeyUpdate, whose answer is written by SSL_read. No browser asks for one. */
#include "io/tls.h"

#include "base/mem.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Of TLS 1.2; all of 1.3's are fine. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

struct tls {
	const char *certificate, *key;
	SSL_CTX *ctx;
	int64_t expires_s;
};

static void ctx_clean(SSL_CTX **ctx)
{
	SSL_CTX_free(*ctx);
}

/* The connection's own rules. */

static void cut(const SSL *ssl)
{
	shutdown(SSL_get_fd(ssl), SHUT_RDWR);
}

static void on_message(int written, int, int type, const void *bytes, size_t n, SSL *ssl, void *)
{
	const unsigned char *p = bytes;

	if (!written && type == SSL3_RT_HANDSHAKE && n && p[0] == SSL3_MT_KEY_UPDATE)
		cut(ssl);
}

static int on_protocols(SSL *, const unsigned char **ret_out, unsigned char *ret_n,
			const unsigned char *in, unsigned n, void *)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *out = NULL;

	if (SSL_select_next_proto(&out, ret_n, ours, sizeof(ours) - 1, in, n) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL; /* RFC 7301 section 3.2 */
	*ret_out = out;
	return SSL_TLSEXT_ERR_OK;
}

/* Without it OpenSSL would ask at the terminal. */
static int on_password(char *, int, int, void *)
{
	return -1;
}

/* Files. */

static const char *reason(void)
{
	const unsigned long code = ERR_peek_error(); /* the first one is the cause */
	const char *text = code ? ERR_reason_error_string(code) : NULL;

	return text ? text : "it cannot be used";
}

/* OpenSSL's words for a missing file do not name it. */
static int check_readable(const char *option, const char *path, struct err *err)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, -errno, "%s %s: %s", option, path, strerror(errno));
	close(fd);
	return 0;
}

static int load_certificate(SSL_CTX *ctx, const char *path, struct err *err)
{
	const int rc = check_readable("tls_certificate", path, err);

	if (rc < 0)
		return rc;
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx, path) == 1)
		return 0;
	return err_set(err, -EINVAL, "tls_certificate %s: no certificate in PEM (%s)", path,
		       reason());
}

static int load_key(SSL_CTX *ctx, const struct tls *tls, struct err *err)
{
	const int rc = check_readable("tls_key", tls->key, err);
	bool taken;

	if (rc < 0)
		return rc;
	ERR_clear_error();
	taken = SSL_CTX_use_PrivateKey_file(ctx, tls->key, SSL_FILETYPE_PEM) == 1;
	if (!taken && ERR_GET_REASON(ERR_peek_last_error()) != X509_R_KEY_VALUES_MISMATCH)
		return err_set(err, -EINVAL, "tls_key %s: no key in PEM without a password (%s)",
			       tls->key, reason());
	/* A key of another kind is taken too, for a certificate to come. */
	if (!taken || SSL_CTX_check_private_key(ctx) != 1)
		return err_set(err, -EINVAL, "tls_key %s does not belong to the certificate in %s",
			       tls->key, tls->certificate);
	return 0;
}

static int64_t expiry_of(SSL_CTX *ctx)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(ctx)), &tm) != 1)
		return 0;
	return timegm(&tm);
}

static int ctx_set_up(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					 SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
					 SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS); /* else 34 KB for each idle connection */
	/* Connections are kept, so handshakes are rare; a stored secret would outlive the
	 * certificate. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_msg_callback(ctx, on_message);
	SSL_CTX_set_alpn_select_cb(ctx, on_protocols, NULL);
	SSL_CTX_set_default_passwd_cb(ctx, on_password);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
			       SSL_CTX_set_cipher_list(ctx, ciphers) == 1
		       ? 0
		       : -EIO;
}

int tls_reload(struct tls *tls, struct err *err)
{
	CLEANUP(ctx_clean) SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int rc;

	if (!ctx || ctx_set_up(ctx) < 0)
		return err_set(err, -ENOMEM, "TLS: %s", reason());
	rc = load_certificate(ctx, tls->certificate, err);
	if (rc == 0)
		rc = load_key(ctx, tls, err);
	if (rc < 0)
		return rc;
	tls->expires_s = expiry_of(ctx);
	SSL_CTX_free(tls->ctx); /* connections hold on to theirs */
	tls->ctx = TAKE(ctx);
	return 0;
}

int tls_open(const char *certificate, const char *key, struct err *err, struct tls **ret_tls)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	int rc;

	if (!tls)
		return err_set(err, -ENOMEM, "no memory");
	tls->certificate = certificate;
	tls->key = key;
	rc = tls_reload(tls, err);
	if (rc < 0) {
		tls_free(tls);
		return rc;
	}
	*ret_tls = tls;
	return 0;
}

void tls_free(struct tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->ctx);
	free(tls);
}

int64_t tls_expires_s(const struct tls *tls)
{
	return tls->expires_s;
}

/* Connections. */

struct bufferevent *tls_accept(struct tls *tls, struct event_base *base)
{
	SSL *ssl = SSL_new(tls->ctx);

	/* Frees ssl when it fails. */
	return ssl ? bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING,
						    BEV_OPT_CLOSE_ON_FREE)
		   : NULL;
}

bool tls_is(struct bufferevent *bev)
{
	return bufferevent_openssl_get_ssl(bev) != NULL;
}

static SSL *talking(struct bufferevent *bev)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);

	return ssl && SSL_is_init_finished(ssl) && !(SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN)
		       ? ssl
		       : NULL;
}

bool tls_say(struct bufferevent *bev, struct view text)
{
	SSL *ssl = talking(bev);
	size_t n = 0;
	bool said;

	if (!ssl)
		return false;
	ERR_clear_error();
	said = SSL_write_ex(ssl, text.p, text.n, &n) == 1 && n == text.n;
	ERR_clear_error();
	return said;
}

void tls_bye(struct bufferevent *bev)
{
	SSL *ssl = talking(bev);

	if (!ssl)
		return;
	ERR_clear_error();
	SSL_shutdown(ssl);
	ERR_clear_error();
}
