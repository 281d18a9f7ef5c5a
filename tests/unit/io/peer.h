/* A raw client of a server on loopback, plain or inside TLS. Blocks, with a deadline. */
#pragma once
#include "base/buf.h"
#include "../test.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PEER_WAIT_MS = 20000 };

struct peer {
	int fd;
	SSL *ssl; /* NULL: plain */
};

static inline int peer_connect(uint16_t port)
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
					.sin_port = htons(port),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct timeval wait = { .tv_sec = PEER_WAIT_MS / 1000 };
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return fd;
}

static inline struct peer peer_open(uint16_t port, bool tls)
{
	struct peer p = { .fd = peer_connect(port) };
	SSL_CTX *ctx;

	if (!tls)
		return p;
	ctx = SSL_CTX_new(TLS_client_method());
	p.ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	SSL_set_fd(p.ssl, p.fd);
	if (SSL_connect(p.ssl) != 1)
		fail_msg("no handshake: %s", ERR_reason_error_string(ERR_peek_last_error()));
	return p;
}

/* Without a goodbye. */
static inline void peer_close(const struct peer *p)
{
	SSL_free(p->ssl);
	close(p->fd);
}

/* 0 at an orderly end: with TLS, one that the server announced. */
static inline ssize_t peer_read(const struct peer *p, char *ret_bytes, size_t n)
{
	ssize_t got;

	if (!p->ssl)
		return recv(p->fd, ret_bytes, n, 0);
	ERR_clear_error();
	got = SSL_read(p->ssl, ret_bytes, (int)n);
	return got > 0 ? got : SSL_get_error(p->ssl, (int)got) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

/* What the server does not take any more is dropped: its answer tells. */
static inline void peer_put(const struct peer *p, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n) {
		const ssize_t sent =
			p->ssl ? SSL_write(p->ssl, at, (int)n) : send(p->fd, at, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		at += sent;
		n -= (size_t)sent;
	}
}

/* Reads until `mark` was seen, or the end; what was read. */
static inline char *peer_get(const struct peer *p, const char *mark, struct buf *in)
{
	char part[4096];

	for (;;) {
		const char *text = buf_cstr(in);
		ssize_t n;

		if (mark && text && strstr(text, mark))
			return in->p;
		n = peer_read(p, part, sizeof(part));
		if (n < 0 && p->ssl)
			fail_msg("cut or silent; so far: %s", text ? text : "");
		if (n <= 0)
			return buf_cstr(in) ? in->p : "";
		buf_add(in, (struct view){ part, (size_t)n });
	}
}
