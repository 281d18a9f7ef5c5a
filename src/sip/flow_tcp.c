/* TCP and TLS: connections with deadlines, and messages cut out of the stream by Content-Length
 * (RFC 3261 section 18.3).
 *
 * Invariants:
 *   1. A connection is freed from its own timer or from flows_close only, so a handler may send on
 *      it or close it while one of its messages is being handed over.
 *   2. Each byte is looked at a bounded number of times, however slowly it drips in.
 *   3. A connection that no device authenticated on ends FLOW_TCP_STRANGER_MS after its start,
 *      whatever it sends: the connections of a host are few, and its devices want them.
 *   4. A TLS connection's handshake is counted, here and with its host, from its start until it is
 *      over, which is when the first byte may be read, or when the connection is freed. */
#include "base/log.h"
#include "io/tls.h"
#include "sip/flow_priv.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

struct conn_host {
	struct map_node node;
	unsigned char host[ADDR_HOST_BYTES];
	size_t count;
	size_t handshakes; /* of them under way */
};

struct conn {
	struct map_node node;
	struct flows *flows;
	struct flow flow;
	struct bufferevent *bev;
	struct conn_host *host;
	struct timer timer; /* idle, or the deadline of a message, or 0 ms: closing */
	int64_t stranger_until_ms; /* by the loop's clock */
	size_t scanned;     /* bytes of the input without the end of a head */
	size_t need;        /* bytes of the message whose head is in, or 0 */
	bool in_message;
	bool had_crlf;
	bool kept; /* no stranger's */
	bool greeting, secured; /* TLS: its handshake is under way, went well */
	bool closing;
};

static struct view conn_key(const struct conn *c)
{
	return (struct view){ (const char *)&c->flow.conn, sizeof(c->flow.conn) };
}

static struct conn_host *host_find(const struct flows *flows, const struct addr *peer)
{
	unsigned char bytes[ADDR_HOST_BYTES];
	struct map_node *found;

	addr_host_bytes(peer, bytes);
	found = map_get(&flows->hosts, (struct view){ (const char *)bytes, sizeof(bytes) });
	return found ? CONTAINER_OF(found, struct conn_host, node) : NULL;
}

static struct conn_host *host_take(struct flows *flows, const struct addr *peer)
{
	struct conn_host *host = host_find(flows, peer);

	if (host && host->count >= FLOW_TCP_PER_HOST_MAX)
		return NULL;
	if (host) {
		host->count++;
		return host;
	}
	host = calloc(1, sizeof(*host));
	if (!host)
		return NULL;
	addr_host_bytes(peer, host->host);
	host->count = 1;
	if (map_put(&flows->hosts, &host->node,
		    (struct view){ (const char *)host->host, sizeof(host->host) })) {
		free(host);
		return NULL;
	}
	return host;
}

static void host_drop(struct flows *flows, struct conn_host *host)
{
	if (!host || --host->count > 0)
		return;
	map_remove(&flows->hosts, &host->node);
	free(host);
}

static int64_t now_ms(const struct flows *flows)
{
	return clock_mono_us(flows->timers->clock) / 1000;
}

static void listen_on(void *arg);

/* The loop's turn belongs to the calls again for so long; who comes meanwhile waits. */
static void rest(struct flow_listener *l, int64_t ms)
{
	if (timers_arm(l->flows->timers, &l->again, ms, listen_on, l) == 0)
		evconnlistener_disable(l->listener);
}

static void listen_on(void *arg)
{
	struct flow_listener *l = arg;

	if (l->transport == FLOW_TLS && l->flows->handshakes >= FLOW_TLS_PENDING)
		rest(l, FLOW_TLS_TICK_MS);
	else
		evconnlistener_enable(l->listener);
}

static void handshake_begin(struct conn *c)
{
	struct flows *flows = c->flows;
	const int64_t now = now_ms(flows);

	c->greeting = true;
	c->host->handshakes++;
	flows->handshakes++;
	if (now - flows->tick_ms >= FLOW_TLS_TICK_MS) {
		flows->tick_ms = now;
		flows->tick_handshakes = 0;
	}
	flows->tick_handshakes++;
	if (flows->tick_handshakes >= FLOW_TLS_RATE * FLOW_TLS_TICK_MS / 1000 ||
	    flows->handshakes >= FLOW_TLS_PENDING)
		rest(&flows->tls, flows->tick_ms + FLOW_TLS_TICK_MS - now);
}

static void handshake_end(struct conn *c, bool well)
{
	struct flows *flows = c->flows;

	if (!c->greeting)
		return;
	c->greeting = false;
	c->secured = well;
	c->host->handshakes--;
	flows->handshakes--;
	if (well)
		flows->secure++;
	else
		flows->handshakes_failed++;
}

static void conn_free(struct conn *c)
{
	handshake_end(c, false);
	if (c->secured)
		c->flows->secure--;
	timers_cancel(c->flows->timers, &c->timer);
	map_remove(&c->flows->conns, &c->node);
	host_drop(c->flows, c->host);
	if (c->bev) {
		tls_bye(c->bev);
		bufferevent_free(c->bev);
	}
	free(c);
}

static void on_conn_timer(void *arg)
{
	struct conn *c = arg;
	struct flows *flows = c->flows;
	const struct flow flow = c->flow;

	conn_free(c);
	if (flows->conf.gone)
		flows->conf.gone(flows->conf.arg, &flow);
}

/* The timer is in the heap already, so that moving it cannot fail. */
static void conn_arm(struct conn *c, int64_t ms)
{
	const int rc = timers_arm(c->flows->timers, &c->timer, ms, on_conn_timer, c);

	if (rc < 0)
		log_error("sip_timer", LF_I("code", rc));
}

/* Arms the timer, but a stranger's not beyond the end of its time. */
static void conn_wait(struct conn *c, int64_t ms)
{
	const int64_t left = c->stranger_until_ms - now_ms(c->flows);

	if (!c->kept && left < ms)
		ms = left > 0 ? left : 0;
	conn_arm(c, ms);
}

static void conn_close(struct conn *c)
{
	if (c->closing)
		return;
	c->closing = true;
	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	conn_arm(c, 0);
}

static struct conn *conn_find(const struct flows *flows, const struct flow *flow)
{
	const struct view key = { (const char *)&flow->conn, sizeof(flow->conn) };
	struct map_node *found = map_get(&flows->conns, key);
	struct conn *c = found ? CONTAINER_OF(found, struct conn, node) : NULL;

	return c && !c->closing ? c : NULL;
}

/* -EBADMSG when it is no number or is given twice, differently. Without one there is no body. */
static int content_length(struct view head, size_t *ret_n)
{
	uint64_t n = 0, other;
	bool seen = false;
	struct view line, rest;

	view_line(head, &rest);
	while (rest.n > 0) {
		struct view value, name;

		line = view_line(rest, &rest);
		name = view_trim(view_cut(line, ':', &value));
		if (!view_ieq(name, VIEW("Content-Length")) && !view_ieq(name, VIEW("l")))
			continue;
		if (view_u64(view_trim(value), FLOW_MESSAGE_MAX, &other) || (seen && other != n))
			return -EBADMSG;
		n = other;
		seen = true;
	}
	*ret_n = (size_t)n;
	return 0;
}

/* Two in a row are a ping (RFC 5626 section 4.4.1); one alone means nothing. */
static void eat_crlf(struct conn *c, struct evbuffer *in)
{
	char two[2];

	while (evbuffer_copyout(in, two, 2) == 2 && two[0] == '\r' && two[1] == '\n') {
		evbuffer_drain(in, 2);
		if (c->had_crlf)
			bufferevent_write(c->bev, "\r\n", 2);
		c->had_crlf = !c->had_crlf;
	}
}

/* How many bytes the first message in the buffer has: 0 while its head is incomplete. */
static int measure(struct conn *c, struct evbuffer *in, size_t *ret_need)
{
	const size_t have = evbuffer_get_length(in);
	struct evbuffer_ptr from, end;
	size_t body, head;

	if (evbuffer_ptr_set(in, &from, c->scanned > 3 ? c->scanned - 3 : 0, EVBUFFER_PTR_SET) < 0)
		return -EIO;
	end = evbuffer_search(in, "\r\n\r\n", 4, &from);
	if (end.pos < 0) {
		c->scanned = have;
		*ret_need = 0;
		return have > FLOW_MESSAGE_MAX ? -EMSGSIZE : 0;
	}
	head = (size_t)end.pos + 4;
	if (head > FLOW_MESSAGE_MAX)
		return -EMSGSIZE;
	const char *p = (const char *)evbuffer_pullup(in, (ev_ssize_t)head);
	if (!p)
		return -ENOMEM;
	if (content_length((struct view){ p, head }, &body) < 0)
		return -EBADMSG;
	*ret_need = head + body;
	return head + body > FLOW_MESSAGE_MAX ? -EMSGSIZE : 0;
}

/* Hands over one message. False: no whole one is there, or the connection ends. */
static bool take_message(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct flows *flows = c->flows;
	size_t n;
	int rc = 0;

	if (c->need == 0) {
		eat_crlf(c, in);
		rc = evbuffer_get_length(in) > 0 ? measure(c, in, &c->need) : 0;
	}
	if (rc < 0) {
		log_info("sip_tcp_bad_stream", LF_I("code", rc));
		conn_close(c);
		return false;
	}
	if (c->need == 0 || evbuffer_get_length(in) < c->need)
		return false;
	n = c->need;
	evbuffer_remove(in, flows->message, n);
	flows->message[n] = '\0';
	c->scanned = c->need = 0;
	c->had_crlf = c->in_message = false;
	flows->conf.message(flows->conf.arg, &c->flow, (struct view){ flows->message, n });
	return !c->closing;
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;
	bool part;

	if (c->closing)
		return;
	while (take_message(c))
		;
	if (c->closing)
		return;
	part = evbuffer_get_length(bufferevent_get_input(bev)) > 0;
	if (!part)
		conn_wait(c, FLOW_TCP_IDLE_MS);
	else if (!c->in_message)
		conn_wait(c, FLOW_TCP_MESSAGE_MS);
	c->in_message = part;
}

/* A device that does not like our certificate, for one. */
static void log_refused(const struct conn *c)
{
	char host[ADDR_TEXT_MAX];

	addr_host_text(&c->flow.peer, host);
	log_info("sip_tls_refused", LF_S("host", host), LF_S("why", tls_why(c->bev)));
}

static void on_event(struct bufferevent *, short what, void *arg)
{
	struct conn *c = arg;

	if (what & BEV_EVENT_CONNECTED) {
		handshake_end(c, true);
		conn_wait(c, FLOW_TCP_STRANGER_MS);
		return;
	}
	if (c->greeting)
		log_refused(c);
	conn_close(c);
}

static struct conn *conn_new(struct flows *flows, enum flow_transport transport,
			     const struct addr *peer)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->flows = flows;
	c->flow = (struct flow){ transport, flows->next_conn++, *peer };
	c->stranger_until_ms = now_ms(flows) + FLOW_TCP_STRANGER_MS;
	if (map_put(&flows->conns, &c->node, conn_key(c))) {
		free(c);
		return NULL;
	}
	c->host = host_take(flows, peer);
	if (!c->host || timers_arm(flows->timers, &c->timer, FLOW_TCP_STRANGER_MS, on_conn_timer, c)) {
		conn_free(c);
		return NULL;
	}
	return c;
}

/* Takes the socket. */
static int conn_open(struct conn *c, evutil_socket_t fd)
{
	struct event_base *base = loop_base(c->flows->conf.loop);
	const int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->bev = c->flow.transport == FLOW_TLS ?
			 tls_accept(c->flows->conf.tls, base) :
			 bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (!c->bev) {
		close(fd);
		return -ENOMEM;
	}
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	if (c->flow.transport == FLOW_TLS) {
		handshake_begin(c);
		conn_arm(c, FLOW_TLS_HANDSHAKE_MS);
	}
	if (bufferevent_setfd(c->bev, fd) < 0) {
		close(fd);
		return -EIO;
	}
	return bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

static bool welcome(const struct flow_listener *l, const struct addr *peer)
{
	const struct flows *flows = l->flows;
	const struct conn_host *host = l->transport == FLOW_TLS ? host_find(flows, peer) : NULL;

	return flows->conns.count < FLOW_TCP_MAX &&
	       (!host || host->handshakes < FLOW_TLS_PENDING_PER_HOST) &&
	       (!flows->conf.admit || flows->conf.admit(flows->conf.arg, peer));
}

static void on_accept(struct evconnlistener *, evutil_socket_t fd, struct sockaddr *sa, int len,
		      void *arg)
{
	struct flow_listener *l = arg;
	struct addr peer = { .len = (socklen_t)len };
	struct conn *c = NULL;

	memcpy(&peer.sa, sa, (size_t)len < sizeof(peer.v6) ? (size_t)len : sizeof(peer.v6));
	peer = addr_unmapped(&peer);
	if (welcome(l, &peer))
		c = conn_new(l->flows, l->transport, &peer);
	if (!c)
		close(fd);
	else if (conn_open(c, fd) < 0)
		conn_free(c);
}

/* Out of descriptors, mostly: trying again at once would only burn the processor. */
static void on_accept_error(struct evconnlistener *, void *arg)
{
	log_warn("sip_accept", LF_S("error", strerror(errno)));
	rest(arg, FLOW_ACCEPT_AGAIN_MS);
}

static int listen_open(struct flows *flows, struct flow_listener *l, enum flow_transport transport,
		       int fd)
{
	*l = (struct flow_listener){ .flows = flows, .transport = transport };
	l->listener = evconnlistener_new(loop_base(flows->conf.loop), on_accept, l,
					 LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
	if (!l->listener) {
		close(fd);
		return -ENOMEM;
	}
	evconnlistener_set_error_cb(l->listener, on_accept_error);
	return 0;
}

int flows_tcp_open(struct flows *flows, int fd, int fd_tls)
{
	int rc = listen_open(flows, &flows->tcp, FLOW_TCP, fd);

	if (fd_tls >= 0 && listen_open(flows, &flows->tls, FLOW_TLS, fd_tls) < 0)
		rc = -ENOMEM;
	map_init(&flows->conns);
	map_init(&flows->hosts);
	/* A binding that outlives a restart must not meet a new connection under its number. */
	flows->next_conn = ((uint64_t)clock_wall_ms(flows->timers->clock) << 20) + 1;
	flows->message = malloc(FLOW_MESSAGE_MAX + 1);
	return flows->message ? rc : -ENOMEM;
}

/* The loop runs no more, so what waits to be written, such as the BYEs of a server that ends, goes
 * straight to the socket: as much as that takes now. */
static void free_node(struct map_node *node, void *)
{
	struct conn *c = CONTAINER_OF(node, struct conn, node);

	if (!c->closing)
		tls_flush(c->bev);
	conn_free(c);
}

static void listen_close(struct flow_listener *l)
{
	if (!l->listener)
		return;
	timers_cancel(l->flows->timers, &l->again);
	evconnlistener_free(l->listener);
}

void flows_tcp_close(struct flows *flows)
{
	listen_close(&flows->tcp);
	listen_close(&flows->tls);
	map_each(&flows->conns, free_node, NULL);
	map_free(&flows->conns);
	map_free(&flows->hosts);
	free(flows->message);
}

int flow_tcp_send(struct flows *flows, const struct flow *flow, struct view bytes)
{
	struct conn *c = conn_find(flows, flow);

	if (!c)
		return -ENOTCONN;
	if (evbuffer_get_length(bufferevent_get_output(c->bev)) + bytes.n > FLOW_TCP_OUT_MAX) {
		log_info("sip_tcp_slow_reader", LF_I("conn", flow->conn));
		conn_close(c);
		return -ENOBUFS;
	}
	return bufferevent_write(c->bev, bytes.p, bytes.n) == 0 ? 0 : -ENOMEM;
}

bool flow_alive(const struct flows *flows, const struct flow *flow)
{
	return flow->transport == FLOW_UDP || conn_find(flows, flow);
}

void flow_keep(struct flows *flows, const struct flow *flow)
{
	struct conn *c = flow->transport == FLOW_UDP ? NULL : conn_find(flows, flow);

	if (!c || c->kept)
		return;
	c->kept = true;
	conn_arm(c, FLOW_TCP_IDLE_MS); /* should more be in the buffer, on_read arms it shorter */
}

void flow_close(struct flows *flows, const struct flow *flow)
{
	struct conn *c = flow->transport == FLOW_UDP ? NULL : conn_find(flows, flow);

	if (c)
		conn_close(c);
}
