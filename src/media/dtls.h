/* media/dtls.h - DTLS 1.2 for the keys of SRTP (RFC 5764, RFC 8842), on OpenSSL.
 *
 * One identity, made at the start, serves every leg: a self-signed ECDSA P-256 certificate whose
 * SHA-256 fingerprint stands in the SDP. The peer's certificate is trusted when its fingerprint is
 * that of the peer's SDP, and nothing else about it counts. No sockets: datagrams come in and go
 * out by callback, one for each record. There is no cookie exchange; whoever feeds this knows by
 * ICE that the source is not forged. Belongs to the thread of its timers.
 *
 * Time-outs run on our timers; whether one has really passed OpenSSL judges by the system's clock.
 */
#pragma once
#include "base/timer.h"
#include "media/srtp.h"

#include <stdint.h>

enum {
	DTLS_MTU = 1200,           /* bytes of a datagram that we send */
	DTLS_DATAGRAM_MAX = 16384, /* that we read */
	DTLS_RETRY_MS = 100, /* doubled each time (RFC 6347 section 4.2.4.1 lets us know better) */
	DTLS_RETRY_MAX_MS = 3000,
	DTLS_HANDSHAKE_MS = 15000, /* and then it has failed */
	DTLS_HASH_SIZE = 32,
	DTLS_FINGERPRINT_MAX = 3 * DTLS_HASH_SIZE, /* with the NUL */
};

enum dtls_role { DTLS_SERVER, DTLS_CLIENT };
enum dtls_state { DTLS_HANDSHAKE, DTLS_UP, DTLS_FAILED, DTLS_CLOSED };

struct dtls;
struct dtls_identity;

/* 0, -ENOMEM or -EIO. */
[[nodiscard]] int dtls_identity_new(const struct clock *clock, struct dtls_identity **ret_identity);
/* Sessions may live on. NULL is fine. */
void dtls_identity_free(struct dtls_identity *identity);
/* "12:AB:…", as in a=fingerprint:sha-256 (RFC 8122). */
const char *dtls_fingerprint(const struct dtls_identity *identity);

struct dtls_conf {
	const struct dtls_identity *identity;
	enum dtls_role role;
	uint8_t hash[DTLS_HASH_SIZE]; /* of the peer's certificate: SHA-256 */
	struct timers *timers;
	void (*send)(void *arg, const uint8_t *p, size_t n);
	/* The state is another one. Must not free the session. */
	void (*changed)(void *arg, enum dtls_state state);
	void *arg;
};

struct dtls_keys {
	enum srtp_profile profile;
	struct srtp_master ours, theirs;
};

/* Waits for the peer until dtls_start or dtls_hear. */
[[nodiscard]] int dtls_new(const struct dtls_conf *conf, struct dtls **ret_dtls);
/* Tells the peer, when it is up, that nothing follows. NULL is fine. */
void dtls_free(struct dtls *d);
/* The client speaks first. Nothing happens in a server, or the second time. */
void dtls_start(struct dtls *d);
/* A datagram of the peer. What is wrong with it is passed over, or ends the handshake. */
void dtls_hear(struct dtls *d, const uint8_t *p, size_t n);
enum dtls_state dtls_state(const struct dtls *d);
/* Of a session that is up. 0 or -EIO. */
[[nodiscard]] int dtls_keys(const struct dtls *d, struct dtls_keys *ret_keys);

/* RFC 7983: may these bytes be DTLS? */
static inline bool dtls_is(const uint8_t *p, size_t n)
{
	return n > 0 && p[0] >= 20 && p[0] <= 63;
}
