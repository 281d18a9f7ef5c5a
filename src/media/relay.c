#include "media/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/mem.h"
#include "media/worker.h"

enum {
	TICK_US = 2000,
	TOS_AUDIO = 0xb8, /* DSCP EF */
	TOS_VIDEO = 0x88, /* DSCP AF41 */
};

struct relay_session {
	struct relay *relay;
	struct worker *worker;
	struct list node; /* in relay->sessions */
	uint32_t legs;    /* taken */
	struct leg *leg[RELAY_LEGS_MAX];
	struct session session; /* the worker's */
};

struct relay {
	struct port_pool *ports;
	struct rand *rand;
	struct addr web_public;
	int ready;
	struct list sessions;
	struct leg *closed; /* being told about */
	unsigned closed_step;
	unsigned nworkers;
	struct worker *workers[];
};

/* The ports of worker i. */
static int web_ports(const struct relay_conf *conf, unsigned i, struct addr ret_web[RELAY_WEB_MAX])
{
	for (unsigned k = 0; k < conf->nweb; k++) {
		const unsigned port = addr_port(&conf->web[k]);

		if (port + i > UINT16_MAX)
			return -EINVAL;
		ret_web[k] = addr_with_port(&conf->web[k], port ? (uint16_t)(port + i) : 0);
	}
	return 0;
}

static int workers_start(struct relay *r, const struct relay_conf *conf)
{
	struct addr web[RELAY_WEB_MAX];
	const struct worker_conf worker = {
		.ready = r->ready,
		.clock = conf->clock,
		.rand = conf->rand,
		.tick_us = conf->tick_us ? conf->tick_us : TICK_US,
		.web = web,
		.nweb = conf->nweb,
	};

	for (unsigned i = 0; i < r->nworkers; i++) {
		int err = web_ports(conf, i, web);

		if (err < 0)
			return err;
		r->workers[i] = malloc(sizeof(*r->workers[i]));
		if (r->workers[i] == NULL)
			return -ENOMEM;
		err = worker_start(r->workers[i], &worker);
		if (err < 0)
			return err;
	}
	return 0;
}

static bool conf_valid(const struct relay_conf *conf)
{
	return conf->workers <= RELAY_WORKERS_MAX && conf->tick_us <= RELAY_TICK_US_MAX &&
	       conf->nweb <= RELAY_WEB_MAX && (conf->nweb == 0 || conf->rand != NULL);
}

int relay_start(const struct relay_conf *conf, struct relay **ret_relay)
{
	unsigned n = conf->workers ? conf->workers : 1;
	struct relay *r;
	int err;

	if (!conf_valid(conf))
		return -EINVAL;
	r = calloc(1, sizeof(*r) + n * sizeof(struct worker *));
	if (r == NULL)
		return -ENOMEM;
	r->nworkers = n;
	r->rand = conf->rand;
	r->web_public = conf->web_public;
	list_init(&r->sessions);
	r->ready = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (r->ready < 0)
		err = -errno;
	else
		err = port_pool_new(conf->port_lo, conf->port_hi, &conf->v4, &conf->v6,
				    conf->port_start, conf->clock, &r->ports);
	if (err == 0)
		err = workers_start(r, conf);
	if (err < 0) {
		relay_stop(r);
		return err;
	}
	*ret_relay = r;
	return 0;
}

/* With its sockets, when the relay stops: until then they go back to the pool (leg_drop). */
static void leg_free(struct leg *leg)
{
	if (leg == NULL)
		return;
	session_leg_clear(leg);
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		for (unsigned i = 0; i < SIDES; i++) {
			if (leg->channel[k].end[i].fd >= 0)
				close(leg->channel[k].end[i].fd);
		}
	}
	free(leg);
}

/* Legs are where the orders, the session, the list of closed ones, or the teller left them. */
static void worker_drop(struct worker *w)
{
	for (struct order *o = w->orders, *next; o != NULL; o = next) {
		next = o->next;
		if (o->type == ORDER_LEG_OPEN)
			leg_free(o->opened);
		if (o->type != ORDER_LEG_CLOSE && o->type != ORDER_CLOSE)
			free(o);
	}
	LIST_EACH(node, &w->legs)
		leg_free(CONTAINER_OF(node, struct leg, node));
	for (struct done *d = w->done, *next; d != NULL; d = next) {
		next = d->next;
		if (!d->is_session)
			leg_free(CONTAINER_OF(d, struct leg, done));
	}
	worker_free(w);
	free(w);
}

void relay_stop(struct relay *r)
{
	if (r == NULL)
		return;
	for (unsigned i = 0; i < r->nworkers && r->workers[i] != NULL; i++)
		worker_stop(r->workers[i]);
	for (unsigned i = 0; i < r->nworkers && r->workers[i] != NULL; i++)
		worker_drop(r->workers[i]);
	leg_free(r->closed);
	LIST_EACH(node, &r->sessions)
		free(CONTAINER_OF(node, struct relay_session, node));
	port_pool_free(r->ports);
	if (r->ready >= 0)
		close(r->ready);
	free(r);
}

int relay_fd(const struct relay *r)
{
	return r->ready;
}

static int tos_of(enum relay_kind kind)
{
	return kind == RELAY_VIDEO ? TOS_VIDEO : TOS_AUDIO;
}

static void leg_drop(struct relay *r, struct leg *leg)
{
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		struct end *end = leg->channel[k].end;
		const struct port_pair pair = {
			.fd = { end[SIDE_RTP].fd, end[SIDE_RTCP].fd },
			.port = leg->port[k],
			.family = leg->family,
			.tos = tos_of((enum relay_kind)k),
		};

		if (leg->port[k])
			port_pair_release(r->ports, &pair);
	}
	free(leg);
}

/* One event per call: the last statistics of each stream, then that the leg is closed. */
static bool tell_closed(struct relay *r, struct relay_event *ret_event)
{
	struct leg *leg = r->closed;
	struct worker *worker;

	if (leg == NULL)
		return false;
	*ret_event = (struct relay_event){ .session = leg->session->tag, .leg = leg->tag };
	while (r->closed_step < RELAY_KINDS) {
		unsigned k = r->closed_step++;

		if (!(leg->kinds >> k & 1))
			continue;
		ret_event->type = RELAY_EV_STATS;
		ret_event->kind = (enum relay_kind)k;
		ret_event->stats = stream_stats(&leg->channel[k].stream);
		return true;
	}
	ret_event->type = RELAY_EV_LEG_CLOSED;
	worker = CONTAINER_OF(leg->session, struct relay_session, session)->worker;
	worker->load--;
	worker->web_legs -= leg->is_web;
	leg_drop(r, TAKE(r->closed));
	return true;
}

static bool tell_done(struct relay *r, struct done *done, struct relay_event *ret_event)
{
	struct relay_session *s;

	if (!done->is_session) {
		r->closed = CONTAINER_OF(done, struct leg, done);
		r->closed_step = 0;
		return tell_closed(r, ret_event);
	}
	s = CONTAINER_OF(done, struct relay_session, session.done);
	*ret_event = (struct relay_event){ .type = RELAY_EV_CLOSED, .session = s->session.tag };
	list_remove(&s->node);
	free(s);
	return true;
}

static bool poll_workers(struct relay *r, struct relay_event *ret_event)
{
	if (tell_closed(r, ret_event))
		return true;
	for (unsigned i = 0; i < r->nworkers; i++) {
		struct event_node *node = worker_event(r->workers[i]);
		struct done *done;

		if (node != NULL) {
			*ret_event = node->event;
			free(node);
			return true;
		}
		done = worker_done(r->workers[i]);
		if (done != NULL)
			return tell_done(r, done, ret_event);
	}
	return false;
}

bool relay_poll(struct relay *r, struct relay_event *ret_event)
{
	uint64_t n;

	if (poll_workers(r, ret_event))
		return true;
	/* What comes between the look above and the read would go unseen; so look again. */
	if (read(r->ready, &n, sizeof(n)) < 0)
		return false;
	return poll_workers(r, ret_event);
}

uint64_t relay_events_lost(struct relay *r)
{
	uint64_t ret = 0;

	for (unsigned i = 0; i < r->nworkers; i++) {
		pthread_mutex_lock(&r->workers[i]->lock);
		ret += r->workers[i]->events_lost;
		pthread_mutex_unlock(&r->workers[i]->lock);
	}
	return ret;
}

unsigned relay_ports_used(const struct relay *r)
{
	return port_pool_used(r->ports, AF_INET) + port_pool_used(r->ports, AF_INET6);
}

static struct worker *least_loaded(const struct relay *r)
{
	struct worker *ret = r->workers[0];

	for (unsigned i = 1; i < r->nworkers; i++) {
		if (r->workers[i]->load < ret->load)
			ret = r->workers[i];
	}
	return ret;
}

int relay_session_open(struct relay *r, uint64_t tag, struct relay_session **ret_session)
{
	struct relay_session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->relay = r;
	s->worker = least_loaded(r);
	s->session.tag = tag;
	s->session.done.is_session = true;
	s->session.close = (struct order){ .type = ORDER_CLOSE, .session = &s->session };
	list_append(&r->sessions, &s->node);
	*ret_session = s;
	return 0;
}

void relay_session_close(struct relay_session *s)
{
	worker_post_always(s->worker, &s->session.close);
}

static void channel_init(struct leg *leg, enum relay_kind kind)
{
	struct channel *c = &leg->channel[kind];

	for (unsigned i = 0; i < SIDES; i++)
		c->end[i] = (struct end){ .channel = c, .fd = -1, .side = (enum side)i };
	c->leg = leg;
	c->kind = kind;
	stream_init(&c->stream, kind);
}

/* Without sockets yet. */
static struct leg *leg_new(struct relay_session *s, uint64_t tag, unsigned kinds)
{
	struct leg *leg = calloc(1, sizeof(*leg));

	if (leg == NULL)
		return NULL;
	leg->tag = tag;
	leg->kinds = kinds;
	leg->session = &s->session;
	leg->index = (unsigned)__builtin_ctz(~s->legs);
	leg->close = (struct order){ .type = ORDER_LEG_CLOSE,
				     .session = &s->session,
				     .leg = leg->index };
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		channel_init(leg, (enum relay_kind)k);
	return leg;
}

static int channel_open(struct relay *r, struct leg *leg, enum relay_kind kind)
{
	struct port_pair pair;
	int err = port_pair_open(r->ports, leg->family, tos_of(kind), &pair);

	if (err < 0)
		return err;
	for (unsigned i = 0; i < SIDES; i++)
		leg->channel[kind].end[i].fd = pair.fd[i];
	leg->port[kind] = pair.port;
	return 0;
}

static int leg_open(struct relay *r, struct leg *leg, int family)
{
	int err = 0;

	leg->family = family;
	for (unsigned k = 0; k < RELAY_KINDS && err == 0; k++) {
		if (leg->kinds >> k & 1)
			err = channel_open(r, leg, (enum relay_kind)k);
	}
	return err;
}

/* The order, and behind it room for bytes that it speaks of. */
static struct order *order_new(struct relay_session *s, const struct order *template, size_t room)
{
	struct order *o = malloc(sizeof(*o) + room);

	if (o == NULL)
		return NULL;
	*o = *template;
	o->session = &s->session;
	return o;
}

static int order_post(struct relay_session *s, struct order *o)
{
	int err = worker_post(s->worker, o);

	if (err < 0)
		free(o);
	return err;
}

static int give_order(struct relay_session *s, const struct order *template)
{
	struct order *o = order_new(s, template, 0);

	return o != NULL ? order_post(s, o) : -ENOMEM;
}

/* Copies v to *at, which moves on. */
static struct view order_put(char **at, struct view v)
{
	const struct view ret = { *at, v.n };

	memcpy(*at, v.p, v.n);
	*at += v.n;
	return ret;
}

/* Gives the leg to its worker; an error frees it. */
static int leg_give(struct relay_session *s, struct leg *leg, unsigned *ret_leg)
{
	int err = give_order(s, &(struct order){ .type = ORDER_LEG_OPEN, .opened = leg });

	if (err < 0) {
		leg_drop(s->relay, leg);
		return err;
	}
	s->legs |= UINT32_C(1) << leg->index;
	s->leg[leg->index] = leg;
	s->worker->load++;
	*ret_leg = leg->index;
	return 0;
}

int relay_leg_open(struct relay_session *s, uint64_t tag, int family, unsigned kinds,
		   struct relay_ports *ret_ports, unsigned *ret_leg)
{
	struct leg *leg;
	int err;

	if (s->legs == UINT32_MAX)
		return -ENOSPC;
	leg = leg_new(s, tag, kinds);
	if (leg == NULL)
		return -ENOMEM;
	err = leg_open(s->relay, leg, family);
	if (err < 0) {
		leg_drop(s->relay, leg);
		return err;
	}
	err = leg_give(s, leg, ret_leg);
	if (err == 0)
		memcpy(ret_ports->rtp, leg->port, sizeof(ret_ports->rtp));
	return err;
}

/* A NAT that leaves ports as they are stands before the first address. */
static void candidates_fill(const struct relay *r, const struct web *web,
			    struct relay_web *ret_ours)
{
	const struct addr first = web_address(web, 0);

	ret_ours->ncandidates = 0;
	if (addr_is_set(&r->web_public))
		ret_ours->candidates[ret_ours->ncandidates++] =
			addr_with_port(&r->web_public, addr_port(&first));
	for (unsigned i = 0; i < web_sockets(web); i++)
		ret_ours->candidates[ret_ours->ncandidates++] = web_address(web, i);
}

int relay_web_open(struct relay_session *s, uint64_t tag, struct relay_web *ret_ours,
		   unsigned *ret_leg)
{
	struct ice_own own;
	struct leg *leg;
	int err;

	if (s->worker->web == NULL)
		return -ENOTSUP;
	if (s->legs == UINT32_MAX || s->worker->web_legs >= RELAY_WEB_LEGS_MAX)
		return -ENOSPC;
	leg = leg_new(s, tag, 1U << RELAY_AUDIO | 1U << RELAY_VIDEO);
	if (leg == NULL)
		return -ENOMEM;
	leg->is_web = true;
	ice_own_make(s->relay->rand, &own);
	leg->own = own;
	err = leg_give(s, leg, ret_leg);
	if (err < 0)
		return err;
	s->worker->web_legs++;
	ret_ours->fingerprint = web_fingerprint(s->worker->web);
	memcpy(ret_ours->ufrag, own.ufrag, sizeof(own.ufrag));
	memcpy(ret_ours->pwd, own.pwd, sizeof(own.pwd));
	candidates_fill(s->relay, s->worker->web, ret_ours);
	return 0;
}

static struct leg *leg_find(const struct relay_session *s, unsigned leg)
{
	return leg < RELAY_LEGS_MAX && (s->legs >> leg & 1) ? s->leg[leg] : NULL;
}

static bool stream_exists(const struct relay_session *s, unsigned leg, enum relay_kind kind)
{
	const struct leg *found = leg_find(s, leg);

	return found != NULL && (found->kinds >> kind & 1);
}

void relay_leg_close(struct relay_session *s, unsigned leg)
{
	struct leg *found = leg_find(s, leg);

	if (found == NULL)
		return;
	s->legs &= ~(UINT32_C(1) << leg);
	worker_post_always(s->worker, &found->close);
}

static bool formats_valid(const struct relay_stream *stream)
{
	if (stream->nformats > RELAY_FORMATS_MAX || stream->event_pt >= RTP_FORMATS)
		return false;
	for (unsigned i = 0; i < stream->nformats; i++) {
		if (stream->formats[i].pt >= RTP_FORMATS ||
		    stream->formats[i].codec == STREAM_CODEC_NONE)
			return false;
	}
	return true;
}

int relay_stream_set(struct relay_session *s, unsigned leg, enum relay_kind kind,
		     const struct relay_stream *stream)
{
	if (!stream_exists(s, leg, kind) || !formats_valid(stream))
		return -EINVAL;
	return give_order(s, &(struct order){
				     .type = ORDER_STREAM,
				     .leg = leg,
				     .kind = kind,
				     .stream = *stream,
			     });
}

int relay_route(struct relay_session *s, unsigned from, enum relay_kind kind, uint32_t to)
{
	if (!stream_exists(s, from, kind))
		return -EINVAL;
	return give_order(s, &(struct order){
				     .type = ORDER_ROUTE,
				     .leg = from,
				     .kind = kind,
				     .to = to & ~(UINT32_C(1) << from),
			     });
}

int relay_press(struct relay_session *s, unsigned leg, char key)
{
	if (!stream_exists(s, leg, RELAY_AUDIO) || leg_find(s, leg)->is_web || digit_code(key) < 0)
		return -EINVAL;
	return give_order(
		s, &(struct order){
			   .type = ORDER_PRESS, .leg = leg, .kind = RELAY_AUDIO, .key = key });
}

int relay_web_answer(struct relay_session *s, unsigned leg, const struct web_peer *peer)
{
	const struct leg *found = leg_find(s, leg);
	struct order *o;
	char *at;

	if (found == NULL || !found->is_web || !peer->ufrag.n || peer->ufrag.n > ICE_PEER_UFRAG_MAX)
		return -EINVAL;
	o = order_new(s, &(struct order){ .type = ORDER_ANSWER, .leg = leg, .peer = *peer },
		      peer->ufrag.n);
	if (o == NULL)
		return -ENOMEM;
	at = (char *)(o + 1);
	o->peer.ufrag = order_put(&at, peer->ufrag);
	return order_post(s, o);
}

static bool set_fits(struct view set)
{
	return set.n > 0 && set.n <= H264_SET_MAX;
}

int relay_picture_sets(struct relay_session *s, unsigned leg, struct view sps, struct view pps)
{
	struct order *o;
	char *at;

	if (!stream_exists(s, leg, RELAY_VIDEO) || !set_fits(sps) || !set_fits(pps))
		return -EINVAL;
	o = order_new(s, &(struct order){ .type = ORDER_SETS, .leg = leg, .kind = RELAY_VIDEO },
		      sps.n + pps.n);
	if (o == NULL)
		return -ENOMEM;
	at = (char *)(o + 1);
	o->sets.sps = order_put(&at, sps);
	o->sets.pps = order_put(&at, pps);
	return order_post(s, o);
}

int relay_keyframe(struct relay_session *s, unsigned leg)
{
	if (!stream_exists(s, leg, RELAY_VIDEO))
		return -EINVAL;
	return give_order(
		s, &(struct order){ .type = ORDER_KEYFRAME, .leg = leg, .kind = RELAY_VIDEO });
}
