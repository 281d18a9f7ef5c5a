/* sip/flow.h - the sockets of SIP, and the way back to a peer.
 *
 * A flow is a plain value: through which of our sockets a peer was heard, and where. Requests to a
 * device go down the flow that it registered from, never to its Contact's host (NAT). A TCP flow
 * ends with its connection; sending to it then says -ENOTCONN. IPv4 peers of a socket for both
 * families are IPv4 here.
 *
 * Everything on the sip loop's thread. Cost: UDP is read in batches of FLOW_BATCH (recvmmsg); a
 * datagram costs no allocation before it is parsed. */
#pragma once
#include "base/addr.h"
#include "base/buf.h"
#include "base/err.h"
#include "io/loop.h"

enum {
	FLOW_MESSAGE_MAX = 65535, /* bytes */
	FLOW_BATCH = 32,
	FLOW_TCP_MAX = 20000,         /* connections */
	FLOW_TCP_PER_HOST_MAX = 1000, /* a whole building may be behind one address */
	FLOW_TCP_OUT_MAX = 256 * 1024, /* bytes waiting; beyond it the connection is closed */
	FLOW_TCP_MESSAGE_MS = 10000,   /* from the first byte of a message to its last */
	FLOW_TCP_IDLE_MS = 900000,
	FLOW_TCP_STRANGER_MS = 30000, /* all that a connection gets that flow_keep was not called for */
};

enum flow_transport { FLOW_UDP, FLOW_TCP };

struct flow {
	enum flow_transport transport;
	uint64_t conn;     /* TCP: the connection's number, never used twice; UDP: 0 */
	struct addr peer;
};

struct flows;

struct flows_conf {
	struct loop *loop;
	const char *listen;    /* "ADDR:PORT", UDP and TCP; port 0: the system's choice for both */
	const char *public_host; /* what Via and Contact say; NULL: the address listened on, or the
				  * one that routes to the peer when that is the wildcard */
	/* A whole message, or a keep-alive already answered by the flow layer (CRLF CRLF, RFC 5626)
	 * and not passed on. `raw` is valid during the call and NUL-terminated behind its end. */
	void (*message)(void *arg, const struct flow *flow, struct view raw);
	/* A TCP flow is gone. Never called from inside of flow_send. */
	void (*gone)(void *arg, const struct flow *flow);
	/* Asked for each datagram and each accepted connection before anything else; false drops. */
	bool (*admit)(void *arg, const struct addr *peer);
	void *arg;
};

[[nodiscard]] int flows_open(const struct flows_conf *conf, struct err *err, struct flows **ret_flows);
/* What was sent before still goes out. */
void flows_close(struct flows *flows);
/* 0, -ENOTCONN, -ENOBUFS, -EMSGSIZE or what the system said. */
int flow_send(struct flows *flows, const struct flow *flow, struct view bytes);
/* "host:port" for Via, Contact and SDP as this peer should see it; valid until the next call. */
struct view flow_local(struct flows *flows, const struct flow *flow);
/* The same as an address. */
struct addr flow_local_addr(struct flows *flows, const struct flow *flow);
uint16_t flows_port(const struct flows *flows);
/* TCP connections that stand. */
size_t flows_connections(const struct flows *flows);
static inline bool flow_same(const struct flow *a, const struct flow *b)
{
	return a->transport == b->transport && a->conn == b->conn && addr_same(&a->peer, &b->peer);
}
/* A UDP flow always; a TCP flow while its connection stands. */
bool flow_alive(const struct flows *flows, const struct flow *flow);
/* A device authenticated on this connection: it may stay. Nothing to do for UDP. */
void flow_keep(struct flows *flows, const struct flow *flow);
/* Ends a TCP connection soon (not during the call; `gone` follows); nothing to do for UDP. */
void flow_close(struct flows *flows, const struct flow *flow);
