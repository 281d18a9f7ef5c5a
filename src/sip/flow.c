#include "sip/flow_priv.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	UDP_BATCHES_PER_WAKE = 8, /* then timers and TCP get their turn */
	UDP_SOCKET_BUFFER = 4 * 1024 * 1024,
	PORT_TRIES = 16, /* for a port that is free for both UDP and TCP */
};

struct udp_batch {
	struct mmsghdr msgs[FLOW_BATCH];
	struct iovec parts[FLOW_BATCH];
	struct addr peers[FLOW_BATCH];
	char bytes[FLOW_BATCH][FLOW_MESSAGE_MAX + 1];
};

/* Phones keep a NAT's door open with CRLF CRLF (RFC 5626), which wants an answer, or with a blank
 * or a NUL, which do not. */
static bool udp_keep_alive(struct flows *flows, const struct flow *flow, struct view raw)
{
	if (raw.n > 4)
		return false;
	if (view_eq(raw, VIEW("\r\n\r\n")))
		flow_send(flows, flow, VIEW("\r\n"));
	return true;
}

static void udp_take(struct flows *flows, size_t i, size_t n)
{
	struct udp_batch *batch = flows->batch;
	struct flow flow = { .transport = FLOW_UDP, .peer = batch->peers[i] };
	const struct view raw = { batch->bytes[i], n };

	flow.peer.len = batch->msgs[i].msg_hdr.msg_namelen;
	flow.peer = addr_unmapped(&flow.peer);
	batch->bytes[i][n] = '\0';
	if (flows->conf.admit && !flows->conf.admit(flows->conf.arg, &flow.peer))
		return;
	if (!udp_keep_alive(flows, &flow, raw))
		flows->conf.message(flows->conf.arg, &flow, raw);
}

static int udp_read(struct flows *flows)
{
	struct udp_batch *batch = flows->batch;
	int n;

	for (size_t i = 0; i < FLOW_BATCH; i++)
		batch->msgs[i].msg_hdr.msg_namelen = sizeof(batch->peers[i].v6);
	n = recvmmsg(flows->udp, batch->msgs, FLOW_BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		udp_take(flows, (size_t)i, batch->msgs[i].msg_len);
	return n;
}

static int64_t now_ms(const struct flows *flows)
{
	return clock_mono_us(flows->timers->clock) / 1000;
}

static void on_udp(evutil_socket_t, short, void *arg)
{
	struct flows *flows = arg;

	for (int i = 0; i < UDP_BATCHES_PER_WAKE; i++) {
		if (udp_read(flows) < FLOW_BATCH) {
			flows->behind = false;
			return;
		}
	}
	if (!flows->behind)
		flows->behind_ms = now_ms(flows);
	flows->behind = true;
}

static int udp_open(struct flows *flows)
{
	struct udp_batch *batch = flows->batch = malloc(sizeof(*batch));

	if (!batch)
		return -ENOMEM;
	for (size_t i = 0; i < FLOW_BATCH; i++) {
		batch->parts[i] = (struct iovec){ batch->bytes[i], FLOW_MESSAGE_MAX };
		batch->msgs[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &batch->peers[i].sa,
								.msg_iov = &batch->parts[i],
								.msg_iovlen = 1 } };
	}
	flows->udp_event = event_new(loop_base(flows->conf.loop), flows->udp, EV_READ | EV_PERSIST,
				     on_udp, flows);
	return flows->udp_event && event_add(flows->udp_event, NULL) == 0 ? 0 : -ENOMEM;
}

static int bind_socket(const struct addr *at, int type)
{
	const int fd = socket(at->sa.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int zero = 0, one = 1;
	int rc;

	if (fd < 0)
		return -errno;
	if (at->sa.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &at->sa, at->len) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

/* A UDP and a TCP socket on one port. */
static int bind_pair(struct flows *flows, const struct addr *at, int *ret_tcp)
{
	const int size = UDP_SOCKET_BUFFER;
	struct addr bound = *at;
	const int udp = bind_socket(at, SOCK_DGRAM);
	int tcp;

	if (udp < 0)
		return udp;
	if (getsockname(udp, &bound.sa, &bound.len) < 0) {
		close(udp);
		return -EIO;
	}
	tcp = bind_socket(&bound, SOCK_STREAM);
	if (tcp < 0) {
		close(udp);
		return tcp;
	}
	setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(udp, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	flows->udp = udp;
	flows->bound = bound;
	*ret_tcp = tcp;
	return 0;
}

static int bind_both(struct flows *flows, struct err *err, int *ret_tcp)
{
	const char *text = flows->conf.listen;
	struct addr at;
	int rc = -EADDRINUSE;

	if (addr_parse(text, &at) < 0)
		return err_set(err, -EINVAL, "\"%s\" is no ADDR:PORT for SIP", text ? text : "");
	for (int i = 0; rc == -EADDRINUSE && i < (addr_port(&at) ? 1 : PORT_TRIES); i++)
		rc = bind_pair(flows, &at, ret_tcp);
	return rc < 0 ? err_set(err, rc, "cannot listen for SIP on %s: %s", text, strerror(-rc)) : 0;
}

static int bind_tls(struct flows *flows, struct err *err, int *ret_fd)
{
	const char *text = flows->conf.listen_tls;
	struct addr *at = &flows->bound_tls;
	int fd;

	if (!text)
		return 0;
	if (addr_parse(text, at) < 0)
		return err_set(err, -EINVAL, "\"%s\" is no ADDR:PORT for SIP over TLS", text);
	fd = bind_socket(at, SOCK_STREAM);
	if (fd < 0)
		return err_set(err, fd, "cannot listen for SIP over TLS on %s: %s", text,
			       strerror(-fd));
	if (getsockname(fd, &at->sa, &at->len) < 0) {
		close(fd);
		return err_set(err, -EIO, "cannot listen for SIP over TLS on %s", text);
	}
	*ret_fd = fd;
	return 0;
}

static int open_all(struct flows *flows, struct err *err)
{
	int tcp = -1, tls = -1;
	int rc = bind_both(flows, err, &tcp);

	if (rc < 0)
		return rc;
	rc = bind_tls(flows, err, &tls);
	if (rc < 0) {
		close(tcp);
		return rc;
	}
	rc = flows_tcp_open(flows, tcp, tls);
	if (rc == 0)
		rc = udp_open(flows);
	return rc < 0 ? err_set(err, rc, "cannot open SIP: %s", strerror(-rc)) : 0;
}

int flows_open(const struct flows_conf *conf, struct err *err, struct flows **ret_flows)
{
	struct flows *flows = calloc(1, sizeof(*flows));
	int rc;

	if (!flows)
		return err_set(err, -ENOMEM, "no memory for SIP");
	flows->conf = *conf;
	flows->udp = -1;
	flows->timers = loop_timers(conf->loop);
	flows->routes = calloc(FLOW_ROUTES, sizeof(*flows->routes));
	flows->public_host = conf->public_host ? view_dup(view_str(conf->public_host)) : NULL;
	if (!flows->routes || (conf->public_host && !flows->public_host)) {
		flows_close(flows);
		return err_set(err, -ENOMEM, "no memory for SIP");
	}
	if (flows->public_host && addr_parse_host(flows->public_host, &flows->public_addr) < 0)
		flows->public_addr = (struct addr){};
	rc = open_all(flows, err);
	if (rc < 0) {
		flows_close(flows);
		return rc;
	}
	*ret_flows = flows;
	return 0;
}

void flows_close(struct flows *flows)
{
	if (!flows)
		return;
	flows_tcp_close(flows);
	if (flows->udp_event)
		event_free(flows->udp_event);
	if (flows->udp >= 0)
		close(flows->udp);
	free(flows->batch);
	free(flows->routes);
	free(flows->public_host);
	free(flows);
}

static int udp_send(struct flows *flows, const struct flow *flow, struct view bytes)
{
	const struct addr to = flows->bound.sa.sa_family == AF_INET6 ? addr_mapped(&flow->peer)
								     : flow->peer;

	if (sendto(flows->udp, bytes.p, bytes.n, 0, &to.sa, to.len) >= 0)
		return 0;
	return errno == EAGAIN ? -ENOBUFS : -errno;
}

int flow_send(struct flows *flows, const struct flow *flow, struct view bytes)
{
	if (bytes.n > FLOW_MESSAGE_MAX)
		return -EMSGSIZE;
	return flow->transport == FLOW_UDP ? udp_send(flows, flow, bytes)
					   : flow_tcp_send(flows, flow, bytes);
}

/* The system's choice of our address for this peer: a connected UDP socket knows. */
static bool route_ask(const struct addr *peer, struct addr *ret_local)
{
	const int fd = socket(peer->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct addr local = { .len = sizeof(local.v6) };
	bool ok;

	if (fd < 0)
		return false;
	ok = connect(fd, &peer->sa, peer->len) == 0 && getsockname(fd, &local.sa, &local.len) == 0;
	close(fd);
	if (ok)
		*ret_local = local;
	return ok;
}

static struct addr route_find(struct flows *flows, const struct addr *peer)
{
	const int64_t now = clock_mono_us(flows->timers->clock);
	unsigned char host[ADDR_HOST_BYTES];
	struct flow_route *route;
	size_t slot = 0;

	addr_host_bytes(peer, host);
	for (size_t i = 0; i < sizeof(host); i++)
		slot = slot * 31 + host[i];
	route = &flows->routes[slot % FLOW_ROUTES];
	if (now < route->until_us && addr_same_host(&route->peer, peer))
		return route->local;
	*route = (struct flow_route){ *peer, flows->bound, now + FLOW_ROUTE_MS * 1000 };
	route_ask(peer, &route->local);
	return route->local;
}

static const struct addr *bound_for(const struct flows *flows, const struct flow *flow)
{
	return flow->transport == FLOW_TLS ? &flows->bound_tls : &flows->bound;
}

struct addr flow_local_addr(struct flows *flows, const struct flow *flow)
{
	const struct addr *bound = bound_for(flows, flow);
	struct addr local = *bound;

	if (addr_is_set(&flows->public_addr))
		local = flows->public_addr;
	else if (addr_is_wildcard(bound))
		local = route_find(flows, &flow->peer);
	return addr_with_port(&local, addr_port(bound));
}

struct view flow_local(struct flows *flows, const struct flow *flow)
{
	struct addr local;

	if (flows->public_host && !addr_is_set(&flows->public_addr)) {
		snprintf(flows->local_text, sizeof(flows->local_text), "%.253s:%u",
			 flows->public_host, (unsigned)addr_port(bound_for(flows, flow)));
	} else {
		local = flow_local_addr(flows, flow);
		addr_text(&local, flows->local_text);
	}
	return view_str(flows->local_text);
}

uint16_t flows_port(const struct flows *flows)
{
	return addr_port(&flows->bound);
}

uint16_t flows_port_tls(const struct flows *flows)
{
	return flows->tls.listener ? addr_port(&flows->bound_tls) : 0;
}

int64_t flows_behind_ms(const struct flows *flows)
{
	return flows->behind ? now_ms(flows) - flows->behind_ms : 0;
}

struct flows_stats flows_stats(const struct flows *flows)
{
	return (struct flows_stats){ flows->conns.count, flows->secure, flows->handshakes_failed };
}
