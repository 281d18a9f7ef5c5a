#include "net.h"

#include "../unit/test.h"
#include "base/list.h"
#include "base/rand.h"

#include <errno.h>
#include <stdlib.h>

enum { CONNS_MAX = 256, DELAY_LEAST_US = 200 };

enum what { TO_SERVER, TO_PHONE, RESET };

struct packet {
	struct list list;
	int64_t due_us;
	enum what what;
	struct flow flow;
	size_t n;
	char bytes[];
};

struct conn {
	bool cut;      /* at the phone's end */
	bool gone;     /* the server knows */
	int64_t us[2]; /* when the last packet of each direction comes out: later ones come later */
};

struct net {
	struct net_conf conf;
	struct list packets; /* by due_us, then as they were sent */
	struct conn conns[CONNS_MAX];
	size_t nconns;
	struct flows *flows;
};

struct flows {
	struct flows_conf conf;
	char text[ADDR_TEXT_MAX];
};

struct net *net_here;

struct net *net_open(const struct net_conf *conf)
{
	struct net *net = calloc(1, sizeof(*net));

	assert_non_null(net);
	net->conf = *conf;
	list_init(&net->packets);
	net_here = net;
	return net;
}

void net_close(struct net *net)
{
	LIST_EACH(it, &net->packets)
		free(CONTAINER_OF(it, struct packet, list));
	free(net);
	net_here = NULL;
}

static bool chance(struct net *net, unsigned percent)
{
	return percent && rand_below(net->conf.rand, 100) < percent;
}

static struct conn *conn_of(struct net *net, const struct flow *flow)
{
	return flow->transport == FLOW_TCP && flow->conn >= 1 && flow->conn <= net->nconns
		       ? &net->conns[flow->conn - 1]
		       : NULL;
}

static void enqueue(struct net *net, enum what what, const struct flow *flow, struct view bytes)
{
	struct packet *p = malloc(sizeof(*p) + bytes.n + 1);
	struct conn *conn = conn_of(net, flow);
	struct list *before = net->packets.prev;

	assert_non_null(p);
	*p = (struct packet){ .what = what, .flow = *flow, .n = bytes.n };
	if (bytes.n)
		memcpy(p->bytes, bytes.p, bytes.n);
	p->bytes[bytes.n] = '\0';
	p->due_us = clock_mono_us(net->conf.clock) + DELAY_LEAST_US +
		    (int64_t)rand_below(net->conf.rand, net->conf.faults.delay_ms * 1000 + 1);
	if (conn && p->due_us < conn->us[what == TO_PHONE])
		p->due_us = conn->us[what == TO_PHONE];
	if (conn)
		conn->us[what == TO_PHONE] = p->due_us;
	while (before != &net->packets &&
	       CONTAINER_OF(before, struct packet, list)->due_us > p->due_us)
		before = before->prev;
	list_append(before->next, &p->list);
}

static void carry(struct net *net, enum what what, const struct flow *flow, struct view bytes)
{
	if (flow->transport == FLOW_TCP) {
		enqueue(net, what, flow, bytes);
		return;
	}
	if (!chance(net, net->conf.faults.loss))
		enqueue(net, what, flow, bytes);
	if (chance(net, net->conf.faults.twice))
		enqueue(net, what, flow, bytes);
}

struct flow net_connect(struct net *net, const struct addr *from)
{
	assert_true(net->nconns < CONNS_MAX);
	return (struct flow){ FLOW_TCP, ++net->nconns, *from };
}

void net_reset(struct net *net, const struct flow *flow)
{
	struct conn *conn = conn_of(net, flow);

	assert_non_null(conn);
	if (conn->cut)
		return;
	conn->cut = true;
	LIST_EACH(it, &net->packets) {
		struct packet *p = CONTAINER_OF(it, struct packet, list);

		if (p->flow.transport == FLOW_TCP && p->flow.conn == flow->conn) {
			list_remove(&p->list);
			free(p);
		}
	}
	enqueue(net, RESET, flow, (struct view){});
}

void net_to_server(struct net *net, const struct flow *flow, struct view bytes)
{
	const struct conn *conn = conn_of(net, flow);

	if (!conn || !conn->cut)
		carry(net, TO_SERVER, flow, bytes);
}

int64_t net_due_us(const struct net *net)
{
	return list_empty(&net->packets)
		       ? -1
		       : CONTAINER_OF(net->packets.next, struct packet, list)->due_us;
}

/* VESTIBULE_TRACE=1: what comes out where, as it happens. */
static void trace(const struct net *net, const struct packet *p)
{
	static const char *const arrows[] = { "->", "<-", "><" };
	char peer[ADDR_TEXT_MAX];

	if (!getenv("VESTIBULE_TRACE"))
		return;
	addr_text(&p->flow.peer, peer);
	print_message("# %10.3f %s %s %.*s\n", (double)clock_mono_us(net->conf.clock) / 1e6, peer,
		      arrows[p->what], (int)strcspn(p->bytes, "\r"), p->bytes);
}

/* While the server is down its packets fall into the void. */
static void deliver(struct net *net, struct packet *p)
{
	const struct flows_conf *conf = net->flows ? &net->flows->conf : NULL;
	struct conn *conn = conn_of(net, &p->flow);

	trace(net, p);
	if (p->what == TO_PHONE) {
		net->conf.to_phone(net->conf.arg, &p->flow, (struct view){ p->bytes, p->n });
		return;
	}
	if (p->what == RESET)
		conn->gone = true;
	if (!conf)
		return;
	net->conf.server(net->conf.arg, true);
	if (p->what == RESET)
		conf->gone(conf->arg, &p->flow);
	else if (conf->admit(conf->arg, &p->flow.peer))
		conf->message(conf->arg, &p->flow, (struct view){ p->bytes, p->n });
	net->conf.server(net->conf.arg, false);
}

void net_run(struct net *net)
{
	const int64_t now = clock_mono_us(net->conf.clock);

	while (!list_empty(&net->packets)) {
		struct packet *p = CONTAINER_OF(net->packets.next, struct packet, list);

		if (p->due_us > now)
			return;
		list_remove(&p->list);
		deliver(net, p);
		free(p);
	}
}

/* In place of flow.c. */

int flows_open(const struct flows_conf *conf, struct err *err, struct flows **ret_flows)
{
	struct flows *flows = calloc(1, sizeof(*flows));

	if (!flows)
		return err_set(err, -ENOMEM, "no memory for SIP");
	flows->conf = *conf;
	net_here->flows = *ret_flows = flows;
	return 0;
}

/* Connections end with the program; the phones learn it by their next message. */
void flows_close(struct flows *flows)
{
	if (!flows)
		return;
	for (size_t i = 0; i < net_here->nconns; i++)
		net_here->conns[i].cut = net_here->conns[i].gone = true;
	net_here->flows = NULL;
	free(flows);
}

int flow_send(struct flows *, const struct flow *flow, struct view bytes)
{
	struct net *net = net_here;
	const struct conn *conn = conn_of(net, flow);
	const bool tcp = flow->transport == FLOW_TCP;

	if (tcp && (!conn || conn->gone))
		return -ENOTCONN;
	if (!tcp && chance(net, net->conf.faults.full))
		return -ENOBUFS;
	net->conf.server(net->conf.arg, false);
	if (!conn || !conn->cut)
		carry(net, TO_PHONE, flow, bytes);
	net->conf.server(net->conf.arg, true);
	return 0;
}

struct addr flow_local_addr(struct flows *, const struct flow *flow)
{
	struct addr local;

	assert_int_equal(addr_parse(flow->peer.sa.sa_family == AF_INET6 ? "[2001:db8::1]:5060"
									: "192.0.2.1:5060",
				    &local),
			 0);
	return local;
}

struct view flow_local(struct flows *flows, const struct flow *flow)
{
	const struct addr local = flow_local_addr(flows, flow);

	addr_text(&local, flows->text);
	return view_str(flows->text);
}

uint16_t flows_port(const struct flows *)
{
	return 5060;
}

bool flow_alive(const struct flows *, const struct flow *flow)
{
	const struct conn *conn = conn_of(net_here, flow);

	return flow->transport == FLOW_UDP || (conn && !conn->gone);
}

void flow_close(struct flows *, const struct flow *flow)
{
	if (flow->transport == FLOW_TCP && conn_of(net_here, flow))
		net_reset(net_here, flow);
}

void flow_keep(struct flows *, const struct flow *)
{
}

int64_t flows_behind_ms(const struct flows *)
{
	return 0;
}

struct flows_stats flows_stats(const struct flows *)
{
	size_t n = 0;

	for (size_t i = 0; i < net_here->nconns; i++)
		n += !net_here->conns[i].gone;
	return (struct flows_stats){ .connections = n };
}
