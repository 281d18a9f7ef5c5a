/* Callbacks of these bufferevents are not deferred, on purpose: evhttp takes an error that comes
 * behind the data of the same turn for one of the request that its handler has by then. What
 * libevent 2.1 reads while a read waits for a write it hands over in any state, and evhttp ends the
 * program when it does not expect it; so nothing may make a read wait for a write: no
 * renegotiation, and no KeyUpdate, whose answer is written by SSL_read. No browser asks for one. */
#include "io/tls.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Of TLS 1.2; all of 1.3's are fine. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

/* The first is for whoever names nobody, or somebody that none is for. */
struct certificates {
	SSL_CTX *ctx[1 + TLS_FOLDER_MAX];
	size_t n;
	int64_t expires_s;
};

struct tls {
	struct tls_conf conf;
	struct certificates have;
};

/* One certificate's files. */
struct pair {
	const char *certificate, *key;
};

static void ctx_clean(SSL_CTX **ctx)
{
	SSL_CTX_free(*ctx);
}

static void certificates_clean(struct certificates *c)
{
	for (size_t i = 0; i < c->n; i++)
		SSL_CTX_free(c->ctx[i]);
	c->n = 0;
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

static SSL_CTX *ctx_for(const struct certificates *c, const char *name, unsigned flags)
{
	for (size_t i = 0; i < c->n; i++)
		if (X509_check_host(SSL_CTX_get0_certificate(c->ctx[i]), name, 0, flags, NULL) == 1)
			return c->ctx[i];
	return NULL;
}

/* A wildcard is the second choice: SIP phones that follow RFC 5922 section 7.2 take none. A name
 * that no certificate is for is not refused: phones with an old one in their settings would be cut
 * off, and those that look at the certificate refuse it themselves. */
static int on_name(SSL *ssl, int *, void *arg)
{
	const struct certificates *have = &((const struct tls *)arg)->have;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	SSL_CTX *ctx = name ? ctx_for(have, name, X509_CHECK_FLAG_NO_WILDCARDS) : NULL;

	if (name && !ctx)
		ctx = ctx_for(have, name, 0);
	if (!ctx)
		return SSL_TLSEXT_ERR_NOACK;
	return SSL_set_SSL_CTX(ssl, ctx) ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
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
static int check_readable(const char *option, const char *what, const char *path, struct err *err)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, -errno, "%s_%s %s: %s", option, what, path, strerror(errno));
	close(fd);
	return 0;
}

static int load_certificate(SSL_CTX *ctx, const char *option, const char *path, struct err *err)
{
	const int rc = check_readable(option, "certificate", path, err);

	if (rc < 0)
		return rc;
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx, path) == 1)
		return 0;
	return err_set(err, -EINVAL, "%s_certificate %s: no certificate in PEM (%s)", option, path,
		       reason());
}

static int load_key(SSL_CTX *ctx, const char *option, struct pair files, struct err *err)
{
	const int rc = check_readable(option, "key", files.key, err);
	bool taken;

	if (rc < 0)
		return rc;
	ERR_clear_error();
	taken = SSL_CTX_use_PrivateKey_file(ctx, files.key, SSL_FILETYPE_PEM) == 1;
	if (!taken && ERR_GET_REASON(ERR_peek_last_error()) != X509_R_KEY_VALUES_MISMATCH)
		return err_set(err, -EINVAL, "%s_key %s: no key in PEM without a password (%s)",
			       option, files.key, reason());
	/* A key of another kind is taken too, for a certificate to come. */
	if (!taken || SSL_CTX_check_private_key(ctx) != 1)
		return err_set(err, -EINVAL, "%s_key %s does not belong to the certificate in %s",
			       option, files.key, files.certificate);
	return 0;
}

static int64_t expiry_of(SSL_CTX *ctx)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(ctx)), &tm) != 1)
		return 0;
	return timegm(&tm);
}

static int ctx_set_up(struct tls *tls, SSL_CTX *ctx)
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
	if (tls->conf.http)
		SSL_CTX_set_alpn_select_cb(ctx, on_protocols, NULL);
	SSL_CTX_set_tlsext_servername_callback(ctx, on_name);
	SSL_CTX_set_tlsext_servername_arg(ctx, tls);
	SSL_CTX_set_default_passwd_cb(ctx, on_password);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
			       SSL_CTX_set_cipher_list(ctx, ciphers) == 1
		       ? 0
		       : -EIO;
}

static int add_pair(struct tls *tls, struct certificates *c, struct pair files, struct err *err)
{
	CLEANUP(ctx_clean) SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int64_t expires_s;
	int rc;

	if (!ctx || ctx_set_up(tls, ctx) < 0)
		return err_set(err, -ENOMEM, "TLS: %s", reason());
	rc = load_certificate(ctx, tls->conf.option, files.certificate, err);
	if (rc == 0)
		rc = load_key(ctx, tls->conf.option, files, err);
	if (rc < 0)
		return rc;
	expires_s = expiry_of(ctx);
	if (c->n == 0 || expires_s < c->expires_s)
		c->expires_s = expires_s;
	c->ctx[c->n++] = TAKE(ctx);
	return 0;
}

/* Of a folder. */

static int is_certificate(const struct dirent *entry)
{
	const size_t n = strlen(entry->d_name);

	return n > 4 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 4, ".pem") == 0;
}

static int add_file(struct tls *tls, struct certificates *c, const char *name, struct err *err)
{
	const char *folder = tls->conf.folder;
	char certificate[PATH_MAX], key[PATH_MAX];
	int n;

	if (c->n > TLS_FOLDER_MAX)
		return err_set(err, -E2BIG, "%s_folder %s: more than %d certificates",
			       tls->conf.option, folder, TLS_FOLDER_MAX);
	n = snprintf(certificate, sizeof(certificate), "%s/%s", folder, name);
	if (n < 0 || (size_t)n >= sizeof(certificate))
		return err_set(err, -ENAMETOOLONG, "%s_folder %s: %s", tls->conf.option, folder,
			       strerror(ENAMETOOLONG));
	snprintf(key, sizeof(key), "%.*s.key", n - 4, certificate);
	return add_pair(tls, c, (struct pair){ certificate, key }, err);
}

/* By name: which of two certificates for one host is shown does not depend on the file system. */
static int add_folder(struct tls *tls, struct certificates *c, struct err *err)
{
	const char *folder = tls->conf.folder;
	struct dirent **entries = NULL;
	int rc = 0;
	const int n = scandir(folder, &entries, is_certificate, alphasort);

	if (n < 0)
		return err_set(err, -errno, "%s_folder %s: %s", tls->conf.option, folder,
			       strerror(errno));
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = add_file(tls, c, entries[i]->d_name, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

int tls_reload(struct tls *tls, struct err *err)
{
	CLEANUP(certificates_clean) struct certificates fresh = {};
	const struct pair first = { tls->conf.certificate, tls->conf.key };
	int rc = add_pair(tls, &fresh, first, err);

	if (rc == 0 && tls->conf.folder)
		rc = add_folder(tls, &fresh, err);
	if (rc < 0)
		return rc;
	certificates_clean(&tls->have); /* connections hold on to theirs */
	tls->have = fresh;
	fresh.n = 0;
	return 0;
}

int tls_open(const struct tls_conf *conf, struct err *err, struct tls **ret_tls)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	int rc;

	if (!tls)
		return err_set(err, -ENOMEM, "no memory");
	tls->conf = *conf;
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
	certificates_clean(&tls->have);
	free(tls);
}

int64_t tls_expires_s(const struct tls *tls)
{
	return tls->have.expires_s;
}

size_t tls_count(const struct tls *tls)
{
	return tls->have.n;
}

/* Connections. */

struct bufferevent *tls_accept(struct tls *tls, struct event_base *base)
{
	SSL *ssl = SSL_new(tls->have.ctx[0]);

	/* Frees ssl when it fails. */
	return ssl ? bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING,
						    BEV_OPT_CLOSE_ON_FREE)
		   : NULL;
}

bool tls_is(struct bufferevent *bev)
{
	return bufferevent_openssl_get_ssl(bev) != NULL;
}

const char *tls_why(struct bufferevent *bev)
{
	const unsigned long code = bufferevent_get_openssl_error(bev);
	const char *text = code ? ERR_reason_error_string(code) : NULL;

	return text ? text : "the peer left";
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

/* In the pieces in which libevent writes: one that waits for its repetition must not get smaller.
 */
static void flush_tls(SSL *ssl, struct evbuffer *out)
{
	struct evbuffer_iovec piece;
	size_t n;

	while (evbuffer_peek(out, -1, NULL, &piece, 1) > 0 && piece.iov_len) {
		ERR_clear_error();
		if (SSL_write_ex(ssl, piece.iov_base, piece.iov_len, &n) != 1 ||
		    evbuffer_drain(out, n) < 0)
			break;
	}
	ERR_clear_error();
}

void tls_flush(struct bufferevent *bev)
{
	struct evbuffer *out = bufferevent_get_output(bev);
	SSL *ssl = talking(bev);

	/* A bufferevent freezes the front of its output for everybody else. */
	if (evbuffer_get_length(out) == 0 || evbuffer_unfreeze(out, 1) < 0)
		return;
	if (ssl)
		flush_tls(ssl, out);
	else if (!tls_is(bev))
		evbuffer_write(out, bufferevent_getfd(bev));
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
