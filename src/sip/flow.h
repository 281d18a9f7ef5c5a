/* sip/flow.h - the sockets of SIP, and the way back to a peer.
 *
 * A flow is a plain value: through which of our sockets a peer was heard, and where. Requests to a
 * device go down the flow that it registered from, never to its Contact's host (NAT). A flow of TCP
 * or TLS ends with its connection; sending to it then says -ENOTCONN. IPv4 peers of a socket for both
 * families are IPv4 here.
 *
 * Everything on the sip loop's thread. Cost: UDP is read in batches of FLOW_BATCH (recvmmsg); a
 * datagram costs no allocation before it is parsed. The handshakes of TLS are what costs most here:
 * so many are begun a second and are under way at once, and the others wait in the system's queue,
 * so that calls do not suffer when all devices come back together. */
#pragma once
#include "base/addr.h"
#include "base/buf.h"
#include "base/err.h"
#include "io/loop.h"

enum {
	FLOW_MESSAGE_MAX = 65535, /* bytes */
	FLOW_BATCH = 32,
	FLOW_TCP_MAX = 20000,         /* connections, those of TLS with them, as in what follows */
	FLOW_TCP_PER_HOST_MAX = 1000, /* a whole building may be behind one address */
	FLOW_TCP_OUT_MAX = 256 * 1024, /* bytes waiting; beyond it the connection is closed */
	FLOW_TCP_MESSAGE_MS = 10000,   /* from the first byte of a message to its last */
	FLOW_TCP_IDLE_MS = 900000,
	FLOW_TCP_STRANGER_MS = 30000, /* all that a connection gets that flow_keep was not called for */
	FLOW_TLS_HANDSHAKE_MS = 10000,
	FLOW_TLS_RATE = 200,    /* handshakes begun in a second: a quarter of it, with keys of RSA 2048 */
	FLOW_TLS_PENDING = 1000, /* handshakes under way; about 50 kB each */
	FLOW_TLS_PENDING_PER_HOST = 100, /* more of one host are closed */
};

enum flow_transport { FLOW_UDP, FLOW_TCP, FLOW_TLS };

struct flow {
	enum flow_transport transport;
	uint64_t conn;     /* the connection's number, never used twice; UDP: 0 */
	struct addr peer;
};

struct flows;
struct tls;

struct flows_conf {
	struct loop *loop;
	const char *listen;    /* "ADDR:PORT", UDP and TCP; port 0: the system's choice for both */
	const char *listen_tls; /* "ADDR:PORT" for TLS; NULL: there is none */
	struct tls *tls;        /* its certificates, this thread's */
	const char *public_host; /* what Via and Contact say; NULL: the address listened on, or the
				  * one that routes to the peer when that is the wildcard */
	/* A whole message, or a keep-alive already answered by the flow layer (CRLF CRLF, RFC 5626)
	 * and not passed on. `raw` is valid during the call and NUL-terminated behind its end. */
	void (*message)(void *arg, const struct flow *flow, struct view raw);
	/* A flow of TCP or TLS is gone. Never called from inside of flow_send. */
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
/* 0 without TLS. */
uint16_t flows_port_tls(const struct flows *flows);

struct flows_stats {
	size_t connections; /* that stand, of TCP and TLS */
	size_t secure;      /* those of TLS, without handshakes under way */
	uint64_t handshakes_failed;
};
struct flows_stats flows_stats(const struct flows *flows);

/* For how long datagrams have been waiting that were not read yet; 0: none were left. */
int64_t flows_behind_ms(const struct flows *flows);

/* udp, tcp, tls. */
static inline const char *flow_transport_name(enum flow_transport transport)
{
	static const char *const names[] = { "udp", "tcp", "tls" };

	return names[transport];
}
/* False: another word. */
static inline bool flow_transport_read(struct view name, enum flow_transport *ret_transport)
{
	for (enum flow_transport t = FLOW_UDP; t <= FLOW_TLS; t++) {
		if (view_eq(name, view_str(flow_transport_name(t)))) {
			*ret_transport = t;
			return true;
		}
	}
	return false;
}
static inline bool flow_same(const struct flow *a, const struct flow *b)
{
	return a->transport == b->transport && a->conn == b->conn && addr_same(&a->peer, &b->peer);
}
/* A UDP flow always; another while its connection stands. */
bool flow_alive(const struct flows *flows, const struct flow *flow);
/* A device authenticated on this connection: it may stay. Nothing to do for UDP. */
void flow_keep(struct flows *flows, const struct flow *flow);
/* Ends a connection soon (not during the call; `gone` follows); nothing to do for UDP. */
void flow_close(struct flows *flows, const struct flow *flow);
