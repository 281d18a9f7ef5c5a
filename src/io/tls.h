/* io/tls.h - a server's certificate and key, and the TLS side of its connections.
 *
 * TLS 1.2 and 1.3 with forward secrecy; no resumption, no renegotiation. Connections stand on
 * OpenSSL bufferevents of libevent. A struct tls belongs to the thread of the loop whose
 * connections it serves. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

struct bufferevent;
struct event_base;
struct tls;

/* PEM files: the certificate with the chain behind it, and its key without a password. The texts
 * stay the caller's and outlive the struct. Errors name the file and say what is wrong with it. */
[[nodiscard]] int tls_open(const char *certificate, const char *key, struct err *err,
			   struct tls **ret_tls);
/* Reads both files again. New connections get what they say now, old ones live on; on failure
 * everything stays as it was. */
[[nodiscard]] int tls_reload(struct tls *tls, struct err *err);
/* Connections may live on. NULL is fine. */
void tls_free(struct tls *tls);
/* When the certificate ends, UTC seconds since 1970. */
int64_t tls_expires_s(const struct tls *tls);

/* The bufferevent of a connection to come, without its socket yet; NULL without memory. */
struct bufferevent *tls_accept(struct tls *tls, struct event_base *base);

/* Of the bufferevents of tls_accept, and of others, which are taken for plain ones. */
bool tls_is(struct bufferevent *bev);
/* Writes past the bufferevent, whose output must never have been used. False when the handshake is
 * not over or the socket is full. */
bool tls_say(struct bufferevent *bev, struct view text);
/* Tells the peer that nothing follows, so that it cannot take a cut for the end. */
void tls_bye(struct bufferevent *bev);
