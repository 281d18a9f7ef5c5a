/* Against a peer that is plain OpenSSL, in both roles. */
#include "media/dtls.h"
#include "../test.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DATAGRAMS_MAX = 64,
	DEADLINE_MS = 10000,
	RECORD_HEAD = 13,
	FORGED = 120,
	FORGED_MAX = 200,
	KEYS_MAX = 60
};

struct datagram {
	size_t n;
	uint8_t p[2048];
};

struct world {
	struct clock_virtual clock;
	struct timers timers;
	struct dtls_identity *identity;
	struct dtls *dtls;
	struct datagram sent[DATAGRAMS_MAX];
	unsigned nsent, total;
	unsigned changes;
	enum dtls_state last;

	SSL_CTX *ctx;
	SSL *peer;
	BIO *in, *out;
	uint8_t hash[DTLS_HASH_SIZE];
	enum dtls_role role;
	bool forging; /* an attacker speaks before each datagram of the peer */
	bool packed;  /* whose flight is one datagram */
};

static void on_send(void *arg, const uint8_t *p, size_t n)
{
	struct world *w = arg;

	assert_true(w->nsent < DATAGRAMS_MAX && n <= DTLS_MTU);
	assert_true(dtls_is(p, n));
	assert_int_equal(n, RECORD_HEAD + (p[11] << 8 | p[12])); /* one record, whole */
	w->total++;
	w->sent[w->nsent].n = n;
	memcpy(w->sent[w->nsent++].p, p, n);
}

static void on_changed(void *arg, enum dtls_state state)
{
	struct world *w = arg;

	w->changes++;
	w->last = state;
}

static int any(int, X509_STORE_CTX *)
{
	return 1;
}

static void peer_open(struct world *w, const char *profiles, bool client)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	unsigned n;

	X509_set_version(cert, X509_VERSION_3);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	assert_int_equal(X509_digest(cert, EVP_sha256(), w->hash, &n), 1);
	w->ctx = SSL_CTX_new(DTLS_method());
	SSL_CTX_use_certificate(w->ctx, cert);
	SSL_CTX_use_PrivateKey(w->ctx, key);
	SSL_CTX_set_verify(w->ctx, SSL_VERIFY_PEER, any);
	assert_int_equal(SSL_CTX_set_tlsext_use_srtp(w->ctx, profiles), 0);
	w->peer = SSL_new(w->ctx);
	w->in = BIO_new(BIO_s_mem());
	w->out = BIO_new(BIO_s_mem());
	BIO_set_mem_eof_return(w->in, -1);
	BIO_set_mem_eof_return(w->out, -1);
	SSL_set_bio(w->peer, w->in, w->out);
	SSL_set_options(w->peer, SSL_OP_NO_QUERY_MTU);
	SSL_set_mtu(w->peer, 400); /* its messages come in fragments */
	if (client)
		SSL_set_connect_state(w->peer);
	else
		SSL_set_accept_state(w->peer);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	clock_virtual_init(&w->clock, 1700000000000);
	timers_init(&w->timers, &w->clock.clock);
	*state = w;
	return dtls_identity_new(&w->clock.clock, &w->identity);
}

static int teardown(void **state)
{
	struct world *w = *state;

	dtls_free(w->dtls);
	dtls_identity_free(w->identity);
	SSL_free(w->peer);
	SSL_CTX_free(w->ctx);
	assert_int_equal(timers_wait_us(&w->timers), -1);
	timers_free(&w->timers);
	free(w);
	return 0;
}

static void session_open(struct world *w, enum dtls_role role, const char *profiles)
{
	struct dtls_conf conf = {
		.identity = w->identity,
		.role = role,
		.timers = &w->timers,
		.send = on_send,
		.changed = on_changed,
		.arg = w,
	};

	peer_open(w, profiles, role == DTLS_SERVER);
	memcpy(conf.hash, w->hash, sizeof(conf.hash));
	assert_int_equal(dtls_new(&conf, &w->dtls), 0);
	dtls_start(w->dtls);
}

/* The peer reads what we sent, and speaks. */
static void peer_turn(struct world *w)
{
	struct datagram *d = w->sent;
	const unsigned n = w->nsent;

	w->nsent = 0;
	ERR_clear_error();
	SSL_do_handshake(w->peer);
	for (unsigned i = 0; i < n; i++) {
		char byte;

		BIO_write(w->in, d[i].p, (int)d[i].n);
		if (SSL_do_handshake(w->peer) == 1)
			(void)!SSL_read(w->peer, &byte, 1);
	}
}

/* Handshake records of the next epoch, of every number that may come, before each of the peer's. */
static void forge_next_epoch(struct world *w)
{
	static const uint8_t sizes[] = { 0, 1, 8, 24, 40, 48, 80, FORGED_MAX };
	uint8_t p[RECORD_HEAD + FORGED_MAX] = { 22, 254, 253, 0, 1 };

	for (uint8_t seq = 0; seq < FORGED; seq++) {
		p[10] = seq;
		p[12] = sizes[seq % sizeof(sizes)];
		dtls_hear(w->dtls, p, RECORD_HEAD + (size_t)p[12]);
	}
}

/* We read what the peer sent, a datagram for each of its records. */
static void our_turn(struct world *w)
{
	uint8_t bytes[16384];
	const int n = BIO_read(w->out, bytes, sizeof(bytes));

	for (size_t at = 0, size; n > 0 && at < (size_t)n; at += size) {
		size = RECORD_HEAD + (size_t)(bytes[at + 11] << 8 | bytes[at + 12]);
		if (w->packed)
			size = (size_t)n - at;
		if (w->forging)
			forge_next_epoch(w);
		dtls_hear(w->dtls, bytes + at, size);
	}
}

static void turns(struct world *w)
{
	for (unsigned i = 0; i < 8; i++) {
		peer_turn(w);
		our_turn(w);
	}
}

static void expect_keys(struct world *w, enum srtp_profile profile, enum dtls_role ours)
{
	const size_t salt = srtp_salt_size(profile);
	uint8_t bytes[KEYS_MAX];
	struct dtls_keys keys;
	const struct srtp_master *client = ours == DTLS_CLIENT ? &keys.ours : &keys.theirs;
	const struct srtp_master *server = ours == DTLS_CLIENT ? &keys.theirs : &keys.ours;

	assert_int_equal(dtls_keys(w->dtls, &keys), 0);
	assert_int_equal(keys.profile, profile);
	assert_int_equal(SSL_export_keying_material(w->peer, bytes, 2 * (16 + salt),
						    "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0),
			 1);
	assert_memory_equal(client->key, bytes, 16);
	assert_memory_equal(server->key, bytes + 16, 16);
	assert_memory_equal(client->salt, bytes + 32, salt);
	assert_memory_equal(server->salt, bytes + 32 + salt, salt);
}

static void handshake(struct world *w, enum dtls_role role, const char *profiles,
		      enum srtp_profile want)
{
	session_open(w, role, profiles);
	turns(w);
	assert_int_equal(dtls_state(w->dtls), DTLS_UP);
	assert_int_equal(w->changes, 1);
	assert_int_equal(w->last, DTLS_UP);
	expect_keys(w, want, role);
}

static void a_server_prefers_gcm(void **state)
{
	handshake(*state, DTLS_SERVER, "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM",
		  SRTP_GCM_128);
}

static void a_server_takes_sha1(void **state)
{
	handshake(*state, DTLS_SERVER, "SRTP_AES128_CM_SHA1_80", SRTP_CM_SHA1_80);
}

static void a_client_takes_what_the_server_chooses(void **state)
{
	handshake(*state, DTLS_CLIENT, "SRTP_AES128_CM_SHA1_80", SRTP_CM_SHA1_80);
}

static void another_certificate_is_not_trusted(void **state)
{
	struct world *w = *state;
	struct dtls_keys keys;

	session_open(w, DTLS_SERVER, "SRTP_AEAD_AES_128_GCM");
	dtls_free(w->dtls);
	w->hash[DTLS_HASH_SIZE - 1] ^= 1;
	const struct dtls_conf conf = { .identity = w->identity,
					.timers = &w->timers,
					.send = on_send,
					.changed = on_changed,
					.arg = w };
	struct dtls_conf wrong = conf;

	memcpy(wrong.hash, w->hash, sizeof(wrong.hash));
	assert_int_equal(dtls_new(&wrong, &w->dtls), 0);
	turns(w);
	assert_int_equal(dtls_state(w->dtls), DTLS_FAILED);
	assert_true(dtls_keys(w->dtls, &keys) < 0);
}

static void a_peer_without_srtp_is_refused(void **state)
{
	struct world *w = *state;

	session_open(w, DTLS_SERVER, "SRTP_AES128_CM_SHA1_32");
	turns(w);
	assert_int_equal(dtls_state(w->dtls), DTLS_FAILED);
}

/* OpenSSL looks at the system's clock as well, so this waits for as long as a time-out takes. */
static void a_lost_flight_is_sent_again(void **state)
{
	struct world *w = *state;
	const int64_t start = clock_mono_us(clock_system());
	unsigned first;

	session_open(w, DTLS_SERVER, "SRTP_AEAD_AES_128_GCM");
	peer_turn(w);
	our_turn(w);
	first = w->nsent;
	assert_true(first > 0);
	w->nsent = 0; /* all lost */
	while (w->nsent == 0 && w->clock.now_us < DEADLINE_MS * 1000) {
		w->clock.now_us = clock_mono_us(clock_system()) - start;
		timers_run(&w->timers);
	}
	assert_int_equal(w->nsent, first);
	turns(w);
	assert_int_equal(dtls_state(w->dtls), DTLS_UP);
}

static void a_handshake_has_an_end(void **state)
{
	struct world *w = *state;

	session_open(w, DTLS_CLIENT, "SRTP_AEAD_AES_128_GCM");
	assert_true(w->nsent > 0);
	w->nsent = 0;
	clock_virtual_advance(&w->clock, DTLS_HANDSHAKE_MS * INT64_C(1000) - 1);
	timers_run(&w->timers);
	assert_int_equal(dtls_state(w->dtls), DTLS_HANDSHAKE);
	clock_virtual_advance(&w->clock, 1);
	timers_run(&w->timers);
	assert_int_equal(dtls_state(w->dtls), DTLS_FAILED);
}

static void garbage_does_not_disturb(void **state)
{
	static const uint8_t bad[][16] = {
		{ 22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3 },
		{ 63 },
		{ 20, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0, 3, 1, 2, 3 },
		{ 23, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3 },
	};
	struct world *w = *state;
	const int64_t start = clock_mono_us(clock_system());

	session_open(w, DTLS_SERVER, "SRTP_AEAD_AES_128_GCM");
	while (w->changes == 0 && w->clock.now_us < DEADLINE_MS * 1000) {
		for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
			dtls_hear(w->dtls, bad[i], sizeof(bad[i]));
		DTLSv1_handle_timeout(w->peer);
		peer_turn(w);
		our_turn(w);
		w->clock.now_us = clock_mono_us(clock_system()) - start;
		timers_run(&w->timers);
	}
	assert_int_equal(dtls_state(w->dtls), DTLS_UP);
	expect_keys(w, SRTP_GCM_128, DTLS_SERVER);
}

static void forged_records_hold_nothing_up(void **state)
{
	struct world *w = *state;

	session_open(w, w->role, "SRTP_AEAD_AES_128_GCM");
	w->forging = true;
	turns(w); /* nothing is sent again: time stands still */
	assert_int_equal(dtls_state(w->dtls), DTLS_UP);
	expect_keys(w, SRTP_GCM_128, w->role);
	forge_next_epoch(w);
	assert_int_equal(dtls_state(w->dtls), DTLS_UP);
}

static void forged_records_do_not_hold_up_a_packed_flight(void **state)
{
	((struct world *)*state)->packed = true;
	forged_records_hold_nothing_up(state);
}

static void forged_records_do_not_hold_up_a_client(void **state)
{
	((struct world *)*state)->role = DTLS_CLIENT;
	forged_records_hold_nothing_up(state);
}

static void the_peer_can_close(void **state)
{
	struct world *w = *state;

	handshake(w, DTLS_SERVER, "SRTP_AEAD_AES_128_GCM", SRTP_GCM_128);
	SSL_shutdown(w->peer);
	our_turn(w);
	assert_int_equal(dtls_state(w->dtls), DTLS_CLOSED);
	assert_int_equal(w->changes, 2);
}

static void we_can_close(void **state)
{
	struct world *w = *state;

	handshake(w, DTLS_CLIENT, "SRTP_AEAD_AES_128_GCM", SRTP_GCM_128);
	dtls_free(w->dtls);
	w->dtls = NULL;
	assert_int_equal(w->nsent, 1);
	peer_turn(w);
	assert_int_equal(SSL_get_shutdown(w->peer), SSL_RECEIVED_SHUTDOWN);
}

static void fingerprints_are_written_as_in_sdp(void **state)
{
	struct world *w = *state;
	const char *text = dtls_fingerprint(w->identity);

	assert_int_equal(strlen(text), DTLS_FINGERPRINT_MAX - 1);
	for (size_t i = 0; text[i]; i++)
		assert_true(i % 3 == 2 ? text[i] == ':'
				       : strchr("0123456789ABCDEF", text[i]) != NULL);
	handshake(w, DTLS_SERVER, "SRTP_AEAD_AES_128_GCM", SRTP_GCM_128);
	uint8_t hash[DTLS_HASH_SIZE];
	char pair[3];
	unsigned n;

	assert_int_equal(X509_digest(SSL_get0_peer_certificate(w->peer), EVP_sha256(), hash, &n),
			 1);
	for (size_t i = 0; i < sizeof(hash); i++) {
		snprintf(pair, sizeof(pair), "%02X", hash[i]);
		assert_memory_equal(text + 3 * i, pair, 2);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_server_prefers_gcm),
		T(a_server_takes_sha1),
		T(a_client_takes_what_the_server_chooses),
		T(another_certificate_is_not_trusted),
		T(a_peer_without_srtp_is_refused),
		T(a_lost_flight_is_sent_again),
		T(a_handshake_has_an_end),
		T(garbage_does_not_disturb),
		T(forged_records_hold_nothing_up),
		T(forged_records_do_not_hold_up_a_packed_flight),
		T(forged_records_do_not_hold_up_a_client),
		T(the_peer_can_close),
		T(we_can_close),
		T(fingerprints_are_written_as_in_sdp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
