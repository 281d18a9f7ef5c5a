/* io/http.h - the HTTP server: evhttp on a loop, strict before it parses, with deadlines.
 *
 * The handler runs on the loop's thread for each whole request. It answers at once or keeps the
 * exchange, hands it to a worker and answers later with http_reply, which any thread may call.
 * Views of the request live until the reply. Every exchange is answered exactly once; when the peer
 * went away meanwhile, the reply is dropped. */
#pragma once
#include "base/addr.h"
#include "base/buf.h"
#include "base/err.h"
#include "io/loop.h"

enum {
	HTTP_BODY_MAX = 64 * 1024,         /* bytes, unless the route names its own */
	HTTP_HEAD_MS = 10000,              /* from the first byte of a request to the end of its head;
					    * from accept to the first byte, TLS handshake included */
	HTTP_BODY_MS = 30000,              /* the whole body */
	HTTP_IDLE_MS = 60000,              /* between two requests */
	HTTP_CONNECTIONS_PER_HOST_MAX = 256,
	HTTP_CONNECTIONS_MAX = 8192,
};

/* What a status is called (RFC 9110), of those that are used here; "Status" for others. */
const char *http_phrase(unsigned status);

struct http;
struct http_exchange;
struct tls;

struct http_conf {
	const char *listen;      /* "ADDR:PORT", "[V6]:PORT"; port 0: the system's choice */
	struct tls *tls;         /* of the loop's thread, outlives the server; NULL: plain HTTP */
	const char *const *trusted; /* hosts whose X-Forwarded-For/-Proto count; NULL-terminated */
	void (*handle)(void *arg, struct http_exchange *x);
	/* Body limit in bytes of a route, asked when the head is whole. */
	size_t (*body_max)(void *arg, struct view method, struct view path);
	void *arg;
};

[[nodiscard]] int http_start(struct loop *loop, const struct http_conf *conf, struct err *err,
			     struct http **ret_http);
/* Ends what is open, once every exchange has its reply. */
void http_free(struct http *http);
/* The port that is listened on, host byte order. */
uint16_t http_port(const struct http *http);

struct view http_method(const struct http_exchange *x);
struct view http_path(const struct http_exchange *x);  /* as sent, without the query */
struct view http_query(const struct http_exchange *x); /* as sent, behind the '?' */
struct view http_body(const struct http_exchange *x);
/* The first field of that name, any case; the empty view without it. */
struct view http_header(const struct http_exchange *x, const char *name);
/* The peer, or whom a trusted proxy named. */
struct addr http_peer(const struct http_exchange *x);
/* The connection, or a trusted proxy's, is TLS. */
bool http_secure(const struct http_exchange *x);

struct http_field {
	const char *name;
	const char *value;
};

/* Copies fields and body. Content-Length and Date are the server's. The exchange is gone after. */
void http_reply(struct http_exchange *x, unsigned status, const struct http_field *fields,
		size_t nfields, struct view body);
