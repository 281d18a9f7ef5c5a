/* io/http_priv.h - what http.c (requests and replies) and http_gate.c (bytes before evhttp) share. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "io/http.h"
#include "io/http_head.h"

struct bufferevent;
struct evhttp;
struct evhttp_connection;
struct evhttp_request;

enum { HTTP_TRUSTED_MAX = 16, HTTP_LINGER_MS = 2000 };

struct http {
	struct loop *loop;
	struct http_conf conf;
	struct addr trusted[HTTP_TRUSTED_MAX];
	unsigned ntrusted;
	struct evhttp *evhttp;
	uint16_t port;
	unsigned connections;
	struct map hosts; /* connections per host */
	struct map gates; /* by bufferevent */
	struct list websockets;
};

struct http_exchange {
	struct http *http;
	struct evhttp_request *request;
	struct addr peer;
	bool secure;
	struct view path, query;
	/* The reply, once it is given. */
	unsigned status;
	struct buf fields; /* "name\0value\0" … */
	struct buf body;
};

/* The bufferevent of a new connection, with the gate in front; for evhttp_set_bevcb. */
struct bufferevent *http_gate_new(struct event_base *base, void *http);
/* While a request is with its handler, no deadline of the gate may end the connection. */
void http_gate_busy(struct http *http, struct evhttp_connection *conn, bool busy);
/* Bytes pass unseen from now on: the connection is a WebSocket. */
void http_gate_open(struct http *http, struct bufferevent *bev);
/* Before a connection is freed by hand: evhttp tells of the closings that it does itself only. */
void http_gate_close(struct http *http, struct bufferevent *bev);
void http_gates_close(struct http *http);
/* Ends all that still stand; each hears `closed`. */
void websockets_end(struct http *http);
/* The request and its connection change hands; the exchange is freed. */
struct evhttp_request *http_take_request(struct http_exchange *x);
