/* What a connection sends, judged before evhttp acts on it.
 *
 * A callback on the input buffer sees every byte before evhttp's reader does. It follows the
 * requests: a head is collected and judged (http_head.h) as it grows, so by the time evhttp has it
 * whole it is known to be fair and its body to be within its limit; each part has its deadline. What
 * is refused is drained at once, so that evhttp never completes it; the answer comes from here, and
 * the connection is drained a moment longer, so that the answer arrives. Of a TLS connection the bytes
 * are those inside; one whose handshake is not over is ended without an answer. */
#include "io/http_priv.h"

#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/tls.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum gate_state { GATE_HEAD, GATE_BODY, GATE_OPEN, GATE_REFUSED };

struct host {
	struct map_node node;
	unsigned char bytes[ADDR_HOST_BYTES];
	unsigned connections;
};

struct gate {
	struct http *http;
	struct bufferevent *bev;
	struct evhttp_connection *conn;  /* known from its first request or the first turn on */
	struct evbuffer_cb_entry *watch; /* on its input */
	struct buf raw;                  /* the head so far */
	enum gate_state state;
	struct http_head head;
	uint64_t body_left;
	bool begun;          /* bytes of a request have come */
	bool busy;           /* a handler has a request of this connection */
	bool held;           /* a reference of ours keeps bev until the first turn */
	struct map_node node; /* of http's gates */
	unsigned requests;   /* let through so far */
	struct host *host;   /* NULL until counted */
	struct timer start;  /* the first turn of the loop */
	struct timer timer;  /* deadline of the present part */
};

struct refusal {
	unsigned status;
	const char *detail;
};

static const struct refusal bad_request = { 400, "The request is malformed." };
static const struct refusal too_slow = { 408, "The request came too slowly." };
static const struct refusal no_length = { 411,
					  "Send Content-Length; chunked requests are not taken." };
static const struct refusal too_large = { 413, "The body is larger than this address takes." };
static const struct refusal head_too_large = { 431, "The head of the request is too large." };
static const struct refusal bad_version = { 505, "Only HTTP/1.0 and HTTP/1.1 are spoken here." };
static const struct refusal too_many = { 503, "Too many connections from this address." };

static struct timers *timers_of(const struct gate *g)
{
	return loop_timers(g->http->loop);
}

static void deadline(struct gate *g, int64_t ms, timer_fn *fn)
{
	if (timers_arm(timers_of(g), &g->timer, ms, fn, g) < 0)
		log_error("http_no_timer");
}

static void on_linger(void *arg)
{
	struct gate *g = arg;

	if (g->busy)
		deadline(g, HTTP_LINGER_MS, on_linger);
	else
		bufferevent_trigger_event(g->bev, BEV_EVENT_EOF | BEV_EVENT_READING, 0);
}

/* False when the peer cannot hear it. */
static bool say_last(struct bufferevent *bev, struct view text)
{
	const int fd = bufferevent_getfd(bev);
	const bool said = tls_is(bev) ? tls_say(bev, text) :
					send(fd, text.p, text.n, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)text.n;

	tls_bye(bev);
	if (said)
		shutdown(fd, SHUT_WR);
	return said;
}

/* No answer to an earlier request is still to come, or on its way. */
static bool is_quiet(const struct gate *g)
{
	return !g->busy && evbuffer_get_length(bufferevent_get_output(g->bev)) == 0;
}

/* The answer goes straight to the socket: evhttp knows nothing of this request, or has but a part
 * of its body. Behind an answer that is still to come it would stand in the wrong place, so it is
 * left out then. */
static void refuse(struct gate *g, const struct refusal *r, bool may_say)
{
	const char *phrase = http_phrase(r->status);
	char body[256], text[640];
	const int n = snprintf(
		body, sizeof(body),
		"{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%u,\"detail\":\"%s\"}",
		phrase, r->status, r->detail);
	const int all = snprintf(text, sizeof(text),
				 "HTTP/1.1 %u %s\r\nContent-Type: application/problem+json\r\n"
				 "Content-Length: %d\r\nConnection: close\r\n\r\n%s",
				 r->status, phrase, n, body);
	bool said;

	g->state = GATE_REFUSED;
	buf_free(&g->raw);
	log_debug("http_refused", LF_I("status", r->status));
	said = may_say && say_last(g->bev, (struct view){ text, (size_t)all });
	deadline(g, said || g->requests ? HTTP_LINGER_MS : 0, on_linger);
}

/* Of bytes that have just come nobody knows yet what evhttp makes of those before them. */
static void refuse_first(struct gate *g, const struct refusal *r)
{
	refuse(g, r, g->requests == 0);
}

static void on_late(void *arg)
{
	struct gate *g = arg;

	if (g->begun)
		refuse(g, &too_slow, is_quiet(g)); /* evhttp has long had what came before */
	else
		on_linger(g);
}

/* Counting per host, once the socket is there. */

static struct host *host_of(struct http *http, int fd)
{
	struct addr peer = { .len = sizeof(peer.v6) };
	unsigned char bytes[ADDR_HOST_BYTES];
	struct map_node *node;
	struct host *host;

	if (getpeername(fd, &peer.sa, &peer.len) < 0)
		return NULL;
	addr_host_bytes(&peer, bytes);
	node = map_get(&http->hosts, (struct view){ (const char *)bytes, sizeof(bytes) });
	if (node)
		return CONTAINER_OF(node, struct host, node);
	host = calloc(1, sizeof(*host));
	if (!host)
		return NULL;
	memcpy(host->bytes, bytes, sizeof(bytes));
	if (map_put(&http->hosts, &host->node,
		    (struct view){ (const char *)host->bytes, sizeof(host->bytes) }) < 0) {
		free(host);
		return NULL;
	}
	return host;
}

static bool is_trusted(const struct http *http, const struct host *host)
{
	unsigned char bytes[ADDR_HOST_BYTES];

	for (unsigned i = 0; i < http->ntrusted; i++) {
		addr_host_bytes(&http->trusted[i], bytes);
		if (memcmp(bytes, host->bytes, sizeof(bytes)) == 0)
			return true;
	}
	return false;
}

static void gate_free(struct gate *g)
{
	timers_cancel(timers_of(g), &g->start);
	timers_cancel(timers_of(g), &g->timer);
	map_remove(&g->http->gates, &g->node);
	g->http->connections--;
	if (g->host && --g->host->connections == 0) {
		map_remove(&g->http->hosts, &g->host->node);
		free(g->host);
	}
	buf_free(&g->raw);
	evbuffer_remove_cb_entry(bufferevent_get_input(g->bev), g->watch);
	tls_bye(g->bev);
	if (g->held)
		bufferevent_decref(g->bev);
	free(g);
}

/* evhttp lets the connection go. */
static void on_closed(struct evhttp_connection *, void *arg)
{
	gate_free(arg);
}

static void meet(struct gate *g, struct evhttp_connection *conn)
{
	g->conn = conn;
	evhttp_connection_set_closecb(conn, on_closed, g);
}

/* The first turn of the loop after accept: evhttp has made its connection by now, or, should the
 * peer have gone already, thrown it away again; our reference kept the bufferevent until here. A
 * first request may have come before; it told the connection, for the bufferevent may be a
 * WebSocket's since, and its context no longer evhttp's. */
static void on_first_turn(void *arg)
{
	struct gate *g = arg;
	struct bufferevent *bev = g->bev;
	const int fd = bufferevent_getfd(bev), on = 1;
	void *context = NULL;

	if (!g->conn)
		bufferevent_getcb(bev, NULL, NULL, NULL, &context);
	if (!g->conn && !context) {
		gate_free(g);
		return;
	}
	if (!g->conn)
		meet(g, context);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	g->host = host_of(g->http, fd);
	if (g->host)
		g->host->connections++;
	if (!g->host || g->http->connections > HTTP_CONNECTIONS_MAX ||
	    (g->host->connections > HTTP_CONNECTIONS_PER_HOST_MAX && !is_trusted(g->http, g->host)))
		refuse_first(g, &too_many);
	else if (!timer_armed(&g->timer) && g->state != GATE_OPEN)
		deadline(g, HTTP_HEAD_MS, on_late);
	g->held = false;
	bufferevent_decref(bev);
}

/* Judging. */

static const struct refusal *refusal_of(int rc)
{
	switch (rc) {
	case -EMSGSIZE:
		return &head_too_large;
	case -ENOTSUP:
		return &bad_version;
	default:
		return &bad_request;
	}
}

static size_t body_limit(const struct http *http, struct view head)
{
	struct view rest;
	const struct view method = view_cut(head, ' ', &rest);
	const struct view target = view_cut(rest, ' ', &rest);

	return http->conf.body_max ?
		       http->conf.body_max(http->conf.arg, method, view_cut(target, '?', &rest)) :
		       HTTP_BODY_MAX;
}

/* True when the head is whole, fair, and its body may come. */
static bool judge(struct gate *g)
{
	const struct view raw = buf_view(&g->raw);
	const int rc = g->raw.err ? -EMSGSIZE : http_head_check(&g->head, raw);

	if (rc == -EAGAIN)
		return false;
	if (rc < 0)
		refuse_first(g, refusal_of(rc));
	else if (g->head.chunked)
		refuse_first(g, &no_length);
	else if (g->head.body_size > body_limit(g->http, raw))
		refuse_first(g, &too_large);
	return rc == 0 && g->state == GATE_HEAD;
}

/* Bytes of a head; returns how many belong to it. */
static size_t take_head(struct gate *g, struct view bytes)
{
	const size_t before = g->raw.n;
	const size_t room = HTTP_HEAD_MAX - before;
	size_t used;

	if (!g->begun) {
		g->begun = true;
		deadline(g, HTTP_HEAD_MS, on_late);
	}
	buf_add(&g->raw, (struct view){ bytes.p, bytes.n < room ? bytes.n : room });
	if (!judge(g))
		return bytes.n;
	used = g->head.size - before;
	g->body_left = g->head.body_size;
	g->state = g->body_left ? GATE_BODY : GATE_HEAD;
	g->head = (struct http_head){};
	buf_free(&g->raw);
	g->raw = BUF_INIT(HTTP_HEAD_MAX);
	g->requests++;
	g->begun = g->body_left > 0;
	deadline(g, g->body_left ? HTTP_BODY_MS : HTTP_IDLE_MS, on_late);
	return used;
}

static size_t take_body(struct gate *g, struct view bytes)
{
	const size_t part = bytes.n < g->body_left ? bytes.n : (size_t)g->body_left;

	g->body_left -= part;
	if (g->body_left == 0) {
		g->state = GATE_HEAD;
		g->begun = false;
		deadline(g, HTTP_IDLE_MS, on_late);
	}
	return part;
}

static void take(struct gate *g, struct view bytes)
{
	while (bytes.n && (g->state == GATE_HEAD || g->state == GATE_BODY)) {
		const size_t used = g->state == GATE_BODY ? take_body(g, bytes) : take_head(g, bytes);

		bytes = (struct view){ bytes.p + used, bytes.n - used };
	}
}

/* evhttp reads line by line and may answer one that it dislikes by itself, before our own answer to
 * the whole: the first head comes to it whole. Behind answers of evhttp none of ours is sent. */
static void hold_back(struct gate *g, size_t have)
{
	if (g->requests <= 1)
		bufferevent_setwatermark(g->bev, EV_READ, g->requests == 0 ? have + 1 : 0, 0);
}

static void on_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg)
{
	struct gate *g = arg;
	const size_t n = evbuffer_get_length(in);
	struct evbuffer_ptr at;
	struct evbuffer_iovec part;
	size_t left = info->n_added;

	if (!left || g->state == GATE_OPEN)
		return;
	evbuffer_ptr_set(in, &at, n - left, EVBUFFER_PTR_SET);
	while (left && g->state != GATE_REFUSED && evbuffer_peek(in, -1, &at, &part, 1) > 0) {
		const size_t len = part.iov_len < left ? part.iov_len : left;

		take(g, (struct view){ part.iov_base, len });
		left -= len;
		if (left)
			evbuffer_ptr_set(in, &at, len, EVBUFFER_PTR_ADD);
	}
	if (g->state == GATE_REFUSED)
		evbuffer_drain(in, evbuffer_get_length(in));
	else
		hold_back(g, n);
}

static struct view bev_key(struct bufferevent *const *bev)
{
	return (struct view){ (const char *)bev, sizeof(struct bufferevent *) };
}

static struct gate *gate_of(struct http *http, struct bufferevent *bev)
{
	struct map_node *node = map_get(&http->gates, bev_key(&bev));

	return node ? CONTAINER_OF(node, struct gate, node) : NULL;
}

void http_gate_busy(struct http *http, struct evhttp_connection *conn, bool busy)
{
	struct gate *g = gate_of(http, evhttp_connection_get_bufferevent(conn));

	if (!g)
		return;
	if (!g->conn)
		meet(g, conn);
	g->busy = busy;
	if (g->state == GATE_HEAD && !g->begun)
		deadline(g, HTTP_IDLE_MS, on_late);
}

void http_gate_open(struct http *http, struct bufferevent *bev)
{
	struct gate *g = gate_of(http, bev);

	if (!g)
		return;
	g->state = GATE_OPEN;
	timers_cancel(timers_of(g), &g->timer);
}

static void gate_close(struct map_node *node, void *)
{
	struct gate *g = CONTAINER_OF(node, struct gate, node);

	if (g->conn)
		evhttp_connection_set_closecb(g->conn, NULL, NULL);
	gate_free(g);
}

void http_gate_close(struct http *http, struct bufferevent *bev)
{
	struct gate *g = gate_of(http, bev);

	if (g)
		gate_close(&g->node, NULL);
}

void http_gates_close(struct http *http)
{
	map_each(&http->gates, gate_close, NULL);
}

struct bufferevent *http_gate_new(struct event_base *base, void *arg)
{
	struct http *http = arg;
	struct bufferevent *bev = http->conf.tls ? tls_accept(http->conf.tls, base) :
						   bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	struct gate *g = calloc(1, sizeof(*g));

	if (!bev || !g)
		goto fail;
	g->http = http;
	g->bev = bev;
	g->raw = BUF_INIT(HTTP_HEAD_MAX);
	g->watch = evbuffer_add_cb(bufferevent_get_input(bev), on_input, g);
	if (!g->watch || map_put(&g->http->gates, &g->node, bev_key(&g->bev)) < 0)
		goto fail;
	if (timers_arm(timers_of(g), &g->start, 0, on_first_turn, g) < 0) {
		map_remove(&g->http->gates, &g->node);
		goto fail;
	}
	g->http->connections++;
	bufferevent_incref(bev);
	g->held = true;
	return bev;
fail:
	if (bev)
		bufferevent_free(bev);
	free(g);
	return NULL;
}
