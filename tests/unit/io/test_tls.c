/* Certificate files, and peers that are not what they should be; requests inside TLS: test_http.c.
 */
#include "io/http.h"
#include "io/tls.h"
#include "certificate.h"
#include "peer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#define HELLO "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

struct server {
	char folder[32];
	struct certificate certificate;
	struct certificate named[3]; /* in the folder */
	struct tls *tls;
	struct loop *loop;
	struct http *http;
	pthread_t thread;
};

static void handle(void *, struct http_exchange *x)
{
	http_reply(x, 200, NULL, 0, VIEW("welcome"));
}

static void *run(void *arg)
{
	loop_run(arg);
	return NULL;
}

/* Into the folder, of that name. */
static void make_named(struct server *s, size_t i, const char *name, const char *host)
{
	struct certificate *c = &s->named[i];
	char folder[sizeof(s->folder)];

	memcpy(folder, s->folder, sizeof(folder));
	snprintf(c->certificate, sizeof(c->certificate), "%.31s/%.8s.pem", folder, name);
	snprintf(c->key, sizeof(c->key), "%.31s/%.8s.key", folder, name);
	certificate_make_for(c, 10 + (long)i, NULL, host);
}

static void make_folder(struct server *s)
{
	snprintf(s->folder, sizeof(s->folder), "/tmp/vestibule-tls-XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	make_named(s, 0, "a", "*.example.net");
	make_named(s, 1, "b", "one.example.net");
	make_named(s, 2, "c", "two.example.org");
}

static int setup(void **state)
{
	struct server *s = calloc(1, sizeof(*s));
	struct tls_conf tls = { .certificate = s->certificate.certificate,
				.key = s->certificate.key,
				.folder = s->folder,
				.option = "tls",
				.http = true };
	struct http_conf conf = { .listen = "127.0.0.1:0", .handle = handle };
	struct err err = {};

	certificate_make(&s->certificate, 1, NULL);
	make_folder(s);
	if (tls_open(&tls, &err, &s->tls) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(loop_new(clock_system(), &s->loop), 0);
	conf.tls = s->tls;
	assert_int_equal(http_start(s->loop, &conf, &err, &s->http), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, run, s->loop), 0);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct server *s = *state;

	loop_stop(s->loop);
	pthread_join(s->thread, NULL);
	http_free(s->http);
	loop_free(s->loop);
	tls_free(s->tls);
	certificate_remove(&s->certificate);
	for (size_t i = 0; i < 3; i++)
		certificate_remove(&s->named[i]);
	assert_int_equal(rmdir(s->folder), 0);
	free(s);
	return 0;
}

static void welcomes(const struct peer *p)
{
	struct buf in = BUF_INIT(4096);

	peer_put(p, HELLO, sizeof(HELLO) - 1);
	assert_non_null(strstr(peer_get(p, "welcome", &in), "welcome"));
	buf_free(&in);
}

static void still_serves(const struct server *s)
{
	const struct peer p = peer_open(http_port(s->http), true);

	welcomes(&p);
	peer_close(&p);
}

/* Files. */

static void refused(const char *certificate, const char *key, int rc, const char *want)
{
	const struct tls_conf conf = { .certificate = certificate, .key = key, .option = "tls" };
	struct tls *tls = NULL;
	struct err err = {};

	assert_int_equal(tls_open(&conf, &err, &tls), rc);
	if (!strstr(err.text, want))
		fail_msg("wanted %s, got %s", want, err.text);
	assert_null(tls);
}

static void a_wrong_file_is_named_with_its_reason(void **)
{
	struct certificate one = {}, two = {}, locked = {};
	char want[256];

	certificate_make(&one, 1, NULL);
	certificate_make(&two, 2, NULL);
	certificate_make(&locked, 3, "secret");
	refused("/nowhere/cert.pem", one.key, -ENOENT,
		"tls_certificate /nowhere/cert.pem: No such file or directory");
	refused(one.certificate, "/nowhere/key.pem", -ENOENT,
		"tls_key /nowhere/key.pem: No such file");
	snprintf(want, sizeof(want), "tls_certificate %s: no certificate in PEM (no start line)",
		 one.key);
	refused(one.key, one.key, -EINVAL, want);
	snprintf(want, sizeof(want), "tls_key %s: no key in PEM", one.certificate);
	refused(one.certificate, one.certificate, -EINVAL, want);
	snprintf(want, sizeof(want), "tls_key %s does not belong to the certificate in %s", two.key,
		 one.certificate);
	refused(one.certificate, two.key, -EINVAL, want);
	snprintf(want, sizeof(want), "tls_key %s: no key in PEM without a password", locked.key);
	refused(locked.certificate, locked.key, -EINVAL, want);
	certificate_remove(&one);
	certificate_remove(&two);
	certificate_remove(&locked);
}

static void a_key_of_another_kind_does_not_belong(void **)
{
	struct certificate one = {};
	EVP_PKEY *rsa = EVP_RSA_gen(2048);
	FILE *out;

	certificate_make(&one, 1, NULL);
	out = fopen(one.key, "w");
	assert_non_null(out);
	assert_int_equal(PEM_write_PrivateKey(out, rsa, NULL, NULL, 0, NULL, NULL), 1);
	fclose(out);
	EVP_PKEY_free(rsa);
	refused(one.certificate, one.key, -EINVAL, " does not belong to the certificate in ");
	certificate_remove(&one);
}

/* Reloading, on the loop's thread. */

struct reload {
	struct server *server;
	int rc;
	struct err err;
	bool done;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

static void on_reload(void *arg)
{
	struct reload *r = arg;

	pthread_mutex_lock(&r->lock);
	r->rc = tls_reload(r->server->tls, &r->err);
	r->done = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static int reload(struct server *s)
{
	struct reload r = { .server = s,
			    .lock = PTHREAD_MUTEX_INITIALIZER,
			    .changed = PTHREAD_COND_INITIALIZER };

	assert_int_equal(loop_post(s->loop, on_reload, &r), 0);
	pthread_mutex_lock(&r.lock);
	while (!r.done)
		pthread_cond_wait(&r.changed, &r.lock);
	pthread_mutex_unlock(&r.lock);
	return r.rc;
}

static long serial_of(const struct peer *p)
{
	X509 *x509 = SSL_get1_peer_certificate(p->ssl);
	const long serial = ASN1_INTEGER_get(X509_get0_serialNumber(x509));

	X509_free(x509);
	return serial;
}

static long serial_now(const struct server *s)
{
	const struct peer p = peer_open(http_port(s->http), true);
	const long serial = serial_of(&p);

	welcomes(&p);
	peer_close(&p);
	return serial;
}

static void new_connections_get_the_new_certificate(void **state)
{
	struct server *s = *state;
	const struct peer old = peer_open(http_port(s->http), true);

	welcomes(&old);
	certificate_make(&s->certificate, 77, NULL);
	assert_int_equal(serial_now(s), 1);
	assert_int_equal(reload(s), 0);
	assert_int_equal(serial_now(s), 77);
	welcomes(&old);
	assert_int_equal(serial_of(&old), 1);
	peer_close(&old);
}

static void a_broken_file_keeps_the_old_certificate(void **state)
{
	struct server *s = *state;
	const int64_t expires_s = tls_expires_s(s->tls);

	assert_true(expires_s > time(NULL) + 3000);
	assert_true(expires_s <= time(NULL) + 3600);
	assert_int_equal(truncate(s->certificate.key, 0), 0);
	assert_int_equal(reload(s), -EINVAL);
	assert_int_equal(serial_now(s), 1);
	assert_int_equal(unlink(s->certificate.certificate), 0);
	assert_int_equal(reload(s), -ENOENT);
	assert_int_equal(serial_now(s), 1);
}

/* Names. */

/* The serial of the certificate that is shown to who asks for `host`, or for nobody. */
static long serial_for(const struct server *s, const char *host)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	const struct peer p = { peer_connect(http_port(s->http)), SSL_new(ctx) };
	long serial;

	SSL_CTX_free(ctx);
	if (host)
		SSL_set_tlsext_host_name(p.ssl, host);
	SSL_set_fd(p.ssl, p.fd);
	assert_int_equal(SSL_connect(p.ssl), 1);
	serial = serial_of(&p);
	welcomes(&p);
	peer_close(&p);
	return serial;
}

static void each_name_gets_its_certificate(void **state)
{
	const struct server *s = *state;

	assert_int_equal(tls_count(s->tls), 4);
	assert_int_equal(serial_for(s, NULL), 1);
	assert_int_equal(serial_for(s, "unknown.example.com"), 1);
	assert_int_equal(serial_for(s, "two.example.org"), 12);
	assert_int_equal(serial_for(s, "TWO.example.org"), 12);
	assert_int_equal(serial_for(s, "one.example.net"), 11); /* not the wildcard before it */
	assert_int_equal(serial_for(s, "other.example.net"), 10);
	assert_int_equal(serial_for(s, "a.b.example.net"), 1);
}

static void a_folder_is_read_anew(void **state)
{
	struct server *s = *state;

	certificate_remove(&s->named[2]);
	make_named(s, 1, "b", "two.example.org");
	assert_int_equal(serial_for(s, "two.example.org"), 12);
	assert_int_equal(reload(s), 0);
	assert_int_equal(serial_for(s, "two.example.org"), 11);
	assert_int_equal(serial_for(s, "one.example.net"), 10);
	unlink(s->named[1].key); /* half a pair changes nothing, nor does it come in part */
	certificate_make(&s->certificate, 99, NULL);
	assert_int_equal(reload(s), -ENOENT);
	assert_int_equal(serial_now(s), 1);
	assert_int_equal(serial_for(s, "two.example.org"), 11);
}

static void a_wrong_folder_is_named_with_its_reason(void **)
{
	struct server s = {};
	struct tls_conf conf = { .option = "sip_tls", .folder = "/nowhere" };
	struct tls *tls = NULL;
	struct err err = {};
	char want[256];

	certificate_make(&s.certificate, 1, NULL);
	conf.certificate = s.certificate.certificate;
	conf.key = s.certificate.key;
	assert_int_equal(tls_open(&conf, &err, &tls), -ENOENT);
	assert_string_equal(err.text, "sip_tls_folder /nowhere: No such file or directory");
	make_folder(&s);
	unlink(s.named[1].key);
	conf.folder = s.folder;
	assert_int_equal(tls_open(&conf, &err, &tls), -ENOENT);
	snprintf(want, sizeof(want), "sip_tls_key %s: No such file or directory", s.named[1].key);
	assert_string_equal(err.text, want);
	for (size_t i = 0; i < 3; i++)
		certificate_remove(&s.named[i]);
	certificate_remove(&s.certificate);
	assert_int_equal(rmdir(s.folder), 0);
}

static void a_folder_has_a_limit(void **)
{
	struct server s = { .folder = "/tmp/vestibule-tls-XXXXXX" };
	struct tls_conf conf = { .option = "tls", .folder = s.folder };
	struct tls *tls = NULL;
	struct err err = {};
	char path[128];

	certificate_make(&s.certificate, 1, NULL);
	conf.certificate = s.certificate.certificate;
	conf.key = s.certificate.key;
	assert_non_null(mkdtemp(s.folder));
	for (int i = 0; i <= TLS_FOLDER_MAX; i++) {
		snprintf(path, sizeof(path), "%s/%d.pem", s.folder, i);
		assert_int_equal(symlink(s.certificate.certificate, path), 0);
		snprintf(path, sizeof(path), "%s/%d.key", s.folder, i);
		assert_int_equal(symlink(s.certificate.key, path), 0);
	}
	assert_int_equal(tls_open(&conf, &err, &tls), -E2BIG);
	assert_non_null(strstr(err.text, "more than 64 certificates"));
	for (int i = 0; i <= TLS_FOLDER_MAX; i++) {
		snprintf(path, sizeof(path), "%s/%d.pem", s.folder, i);
		unlink(path);
		snprintf(path, sizeof(path), "%s/%d.key", s.folder, i);
		unlink(path);
	}
	certificate_remove(&s.certificate);
	assert_int_equal(rmdir(s.folder), 0);
}

/* Peers. */

static void plain_http_gets_no_answer(void **state)
{
	const struct server *s = *state;
	const struct peer p = peer_open(http_port(s->http), false);
	struct buf in = BUF_INIT(4096);

	peer_put(&p, HELLO, sizeof(HELLO) - 1);
	assert_null(strstr(peer_get(&p, NULL, &in), "HTTP/"));
	peer_close(&p);
	buf_free(&in);
	still_serves(s);
}

static void who_leaves_in_the_handshake_hurts_nobody(void **state)
{
	const struct server *s = *state;
	const struct linger reset = { 1, 0 };
	static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

	for (size_t n = 0; n < sizeof(hello); n++) {
		const struct peer p = { .fd = peer_connect(http_port(s->http)) };

		peer_put(&p, hello, n);
		if (n % 2) /* a reset instead of an end */
			setsockopt(p.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		peer_close(&p);
	}
	still_serves(s);
}

/* The client's error of a handshake with these limits. */
static int handshake(const struct server *s, int version, const char *protocols)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct peer p = { peer_connect(http_port(s->http)), SSL_new(ctx) };
	int reason = 0;

	SSL_set_security_level(p.ssl, 0); /* so that it even offers what is old */
	SSL_set_max_proto_version(p.ssl, version);
	if (protocols)
		SSL_set_alpn_protos(p.ssl, (const unsigned char *)protocols,
				    (unsigned)strlen(protocols));
	SSL_set_fd(p.ssl, p.fd);
	ERR_clear_error();
	if (SSL_connect(p.ssl) != 1)
		reason = ERR_GET_REASON(ERR_peek_error());
	else
		welcomes(&p);
	peer_close(&p);
	SSL_CTX_free(ctx);
	return reason;
}

static void old_versions_and_other_protocols_are_refused(void **state)
{
	const struct server *s = *state;

	assert_int_equal(handshake(s, TLS1_3_VERSION, "\x02h2\x08http/1.1"), 0);
	assert_int_equal(handshake(s, TLS1_2_VERSION, NULL), 0);
	assert_int_equal(handshake(s, TLS1_1_VERSION, NULL), SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
	assert_int_equal(handshake(s, TLS1_3_VERSION, "\x02h2"),
			 SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
}

static void a_key_update_ends_its_connection(void **state)
{
	const struct server *s = *state;
	const struct peer p = peer_open(http_port(s->http), true);
	char byte;

	assert_int_equal(SSL_version(p.ssl), TLS1_3_VERSION);
	welcomes(&p);
	assert_int_equal(SSL_key_update(p.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	peer_put(&p, HELLO, sizeof(HELLO) - 1); /* it goes out before these */
	assert_true(peer_read(&p, &byte, 1) <= 0);
	peer_close(&p);
	still_serves(s);
}

static void nothing_is_kept_to_resume(void **state)
{
	const struct server *s = *state;
	const struct peer p = peer_open(http_port(s->http), true);

	welcomes(&p);
	assert_false(SSL_SESSION_is_resumable(SSL_get0_session(p.ssl)));
	peer_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_file_is_named_with_its_reason),
		cmocka_unit_test(a_key_of_another_kind_does_not_belong),
		cmocka_unit_test_setup_teardown(new_connections_get_the_new_certificate, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_broken_file_keeps_the_old_certificate, setup,
						teardown),
		cmocka_unit_test_setup_teardown(each_name_gets_its_certificate, setup, teardown),
		cmocka_unit_test_setup_teardown(a_folder_is_read_anew, setup, teardown),
		cmocka_unit_test(a_wrong_folder_is_named_with_its_reason),
		cmocka_unit_test(a_folder_has_a_limit),
		cmocka_unit_test_setup_teardown(plain_http_gets_no_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(who_leaves_in_the_handshake_hurts_nobody, setup,
						teardown),
		cmocka_unit_test_setup_teardown(old_versions_and_other_protocols_are_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_key_update_ends_its_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_kept_to_resume, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
