/* tests/flow/net.h - a network in memory between the server and the phones of a test. It takes the
 * place of src/sip/flow.c when the program is linked.
 *
 * Datagrams take their time, and may be lost, come twice or overtake each other, as the seed says.
 * A connection keeps the order and loses nothing, until it is reset. */
#pragma once
#include "sip/flow.h"

struct net_faults {
	unsigned loss, twice, full; /* per cent; full: the server's socket buffer is */
	unsigned delay_ms;          /* at most, for each packet anew */
};

struct net;
struct net_conf {
	const struct clock *clock;
	struct rand *rand;
	struct net_faults faults;
	/* Something came out at a phone's end of a flow; bytes are NUL-terminated behind their end.
	 */
	void (*to_phone)(void *arg, const struct flow *flow, struct view bytes);
	/* Around each call into the server. */
	void (*server)(void *arg, bool entered);
	void *arg;
};

struct net *net_open(const struct net_conf *conf);
void net_close(struct net *net);
/* The one network that flows_open finds. */
extern struct net *net_here;

/* A connection of a phone to the server. */
struct flow net_connect(struct net *net, const struct addr *from);
/* What is on the way is lost; the server hears of it a little later. */
void net_reset(struct net *net, const struct flow *flow);
void net_to_server(struct net *net, const struct flow *flow, struct view bytes);
/* When the next packet comes out, or -1. */
int64_t net_due_us(const struct net *net);
/* Hands over what is due. */
void net_run(struct net *net);
