/* sip/flow_priv.h - what flow.c and flow_tcp.c share. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "sip/flow.h"

struct event;
struct evconnlistener;
struct udp_batch;

enum {
	FLOW_ROUTES = 256,         /* remembered "which of our addresses faces this peer" */
	FLOW_ROUTE_MS = 10000,     /* for so long */
	FLOW_ACCEPT_AGAIN_MS = 1000, /* after accept ran out of descriptors */
	FLOW_TLS_TICK_MS = 100,      /* handshakes are counted over so long */
};

struct flow_route {
	struct addr peer, local;
	int64_t until_us;
};

/* A listening socket for connections. */
struct flow_listener {
	struct flows *flows;
	enum flow_transport transport;
	struct evconnlistener *listener; /* NULL: there is none */
	struct timer again; /* while it rests */
};

struct flows {
	struct flows_conf conf;
	struct timers *timers;
	char *public_host;       /* NULL: none */
	struct addr public_addr; /* unset when public_host is a name */
	struct addr bound, bound_tls;
	char local_text[ADDR_TEXT_MAX + 256]; /* what flow_local returned last */
	struct flow_route *routes;

	int udp;
	struct event *udp_event;
	struct udp_batch *batch;
	bool behind;       /* not all that came was read */
	int64_t behind_ms; /* since when, by the loop's clock */

	struct flow_listener tcp, tls;
	size_t handshakes, secure;  /* under way, done */
	size_t tick_handshakes;     /* begun since */
	int64_t tick_ms;            /* by the loop's clock */
	uint64_t handshakes_failed;
	struct map conns; /* struct conn by number */
	struct map hosts; /* struct conn_host by host */
	uint64_t next_conn;
	char *message; /* FLOW_MESSAGE_MAX + 1: the message of a stream being handed over */
};

/* flow_tcp.c */
/* Both sockets are its own from here on; fd_tls -1: no TLS. */
[[nodiscard]] int flows_tcp_open(struct flows *flows, int fd, int fd_tls);
void flows_tcp_close(struct flows *flows);
int flow_tcp_send(struct flows *flows, const struct flow *flow, struct view bytes);
