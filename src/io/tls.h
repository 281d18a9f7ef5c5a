/* io/tls.h - a server's certificates and keys, and the TLS side of its connections.
 *
 * A client that names whom it wants (SNI, RFC 6066 section 3) gets the certificate for that name, in
 * doubt the one without a wildcard; any other the first one. TLS 1.2 and 1.3 with forward secrecy; no resumption, no renegotiation. Connections stand on
 * OpenSSL bufferevents of libevent. A struct tls belongs to the thread of the loop whose
 * connections it serves. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

struct bufferevent;
struct event_base;
struct tls;

enum { TLS_FOLDER_MAX = 64 }; /* certificates */

/* PEM files: the certificate with the chain behind it, and its key without a password. The texts
 * stay the caller's and outlive the struct. */
struct tls_conf {
	const char *certificate, *key;
	const char *folder; /* of more of them: NAME.pem, and NAME.key beside it; NULL: none */
	const char *option; /* what errors call them: OPTION_certificate, _key and _folder */
	bool http;          /* ALPN: http/1.1 or nothing (RFC 7301); otherwise nobody asks */
};

/* Errors name the file and say what is wrong with it. */
[[nodiscard]] int tls_open(const struct tls_conf *conf, struct err *err, struct tls **ret_tls);
/* Reads all files again. New connections get what they say now, old ones live on; on failure
 * everything stays as it was. */
[[nodiscard]] int tls_reload(struct tls *tls, struct err *err);
/* Connections may live on, but none that is in its handshake. NULL is fine. */
void tls_free(struct tls *tls);
/* When the first of the certificates ends, UTC seconds since 1970. */
int64_t tls_expires_s(const struct tls *tls);
/* How many certificates it has. */
size_t tls_count(const struct tls *tls);

/* The bufferevent of a connection to come, without its socket yet; NULL without memory. */
struct bufferevent *tls_accept(struct tls *tls, struct event_base *base);

/* Of the bufferevents of tls_accept, and of others, which are taken for plain ones. */
bool tls_is(struct bufferevent *bev);
/* Why its handshake ended early, in a few words. */
const char *tls_why(struct bufferevent *bev);
/* Writes past the bufferevent, whose output must never have been used. False when the handshake is
 * not over or the socket is full. */
bool tls_say(struct bufferevent *bev, struct view text);
/* Sends what waits in the bufferevent's output, as much as the socket takes now: for when its loop
 * runs no more. Plain ones too. */
void tls_flush(struct bufferevent *bev);
/* Tells the peer that nothing follows, so that it cannot take a cut for the end. */
void tls_bye(struct bufferevent *bev);
