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
	int ready;
	struct list sessions;
	struct leg *closed; /* being told about */
	unsigned closed_step;
	unsigned nworkers;
	struct worker *workers[];
};

static int workers_start(struct relay *r, const struct clock *clock, unsigned tick_us)
{
	for (unsigned i = 0; i < r->nworkers; i++) {
		int err;

		r->workers[i] = malloc(sizeof(*r->workers[i]));
		if (r->workers[i] == NULL)
			return -ENOMEM;
		err = worker_start(r->workers[i], r->ready, clock, tick_us);
		if (err < 0)
			return err;
	}
	return 0;
}

int relay_start(const struct relay_conf *conf, struct relay **ret_relay)
{
	unsigned n = conf->workers ? conf->workers : 1;
	struct relay *r;
	int err;

	if (n > RELAY_WORKERS_MAX || conf->tick_us > RELAY_TICK_US_MAX)
		return -EINVAL;
	r = calloc(1, sizeof(*r) + n * sizeof(struct worker *));
	if (r == NULL)
		return -ENOMEM;
	r->nworkers = n;
	list_init(&r->sessions);
	r->ready = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (r->ready < 0)
		err = -errno;
	else
		err = port_pool_new(conf->port_lo, conf->port_hi, &conf->v4, &conf->v6,
				    conf->port_start, conf->clock, &r->ports);
	if (err == 0)
		err = workers_start(r, conf->clock, conf->tick_us ? conf->tick_us : TICK_US);
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

	if (leg == NULL)
		return false;
	*ret_event = (struct relay_event){ .session = leg->session->tag, .leg = leg->tag };
	while (r->closed_step < RELAY_KINDS) {
		unsigned k = r->closed_step++;

		if (leg->port[k] == 0)
			continue;
		ret_event->type = RELAY_EV_STATS;
		ret_event->kind = (enum relay_kind)k;
		ret_event->stats = stream_stats(&leg->channel[k].stream);
		return true;
	}
	ret_event->type = RELAY_EV_LEG_CLOSED;
	CONTAINER_OF(leg->session, struct relay_session, session)->worker->load--;
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

static int channel_open(struct relay *r, struct leg *leg, enum relay_kind kind, bool wanted)
{
	struct channel *c = &leg->channel[kind];
	struct port_pair pair = { .fd = { -1, -1 } };
	int err = 0;

	if (wanted)
		err = port_pair_open(r->ports, leg->family, tos_of(kind), &pair);
	for (unsigned i = 0; i < SIDES; i++)
		c->end[i] = (struct end){ .channel = c, .fd = pair.fd[i], .side = (enum side)i };
	c->leg = leg;
	c->kind = kind;
	leg->port[kind] = pair.port;
	stream_init(&c->stream, kind);
	return err;
}

static int leg_new(struct relay_session *s, uint64_t tag, int family, unsigned kinds,
		   struct leg **ret_leg)
{
	struct leg *leg = calloc(1, sizeof(*leg));
	int err = 0;

	if (leg == NULL)
		return -ENOMEM;
	leg->tag = tag;
	leg->family = family;
	leg->session = &s->session;
	leg->index = (unsigned)__builtin_ctz(~s->legs);
	leg->close = (struct order){ .type = ORDER_LEG_CLOSE,
				     .session = &s->session,
				     .leg = leg->index };
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		int failed = channel_open(s->relay, leg, (enum relay_kind)k,
					  err == 0 && (kinds >> k & 1));

		err = err ? err : failed;
	}
	if (err < 0) {
		leg_drop(s->relay, leg);
		return err;
	}
	*ret_leg = leg;
	return 0;
}

static int give_order(struct relay_session *s, const struct order *template)
{
	struct order *o = malloc(sizeof(*o));
	int err;

	if (o == NULL)
		return -ENOMEM;
	*o = *template;
	o->session = &s->session;
	err = worker_post(s->worker, o);
	if (err < 0)
		free(o);
	return err;
}

int relay_leg_open(struct relay_session *s, uint64_t tag, int family, unsigned kinds,
		   struct relay_ports *ret_ports, unsigned *ret_leg)
{
	struct leg *leg;
	int err;

	if (s->legs == UINT32_MAX)
		return -ENOSPC;
	err = leg_new(s, tag, family, kinds, &leg);
	if (err < 0)
		return err;
	err = give_order(s, &(struct order){ .type = ORDER_LEG_OPEN, .opened = leg });
	if (err < 0) {
		leg_drop(s->relay, leg);
		return err;
	}
	s->legs |= UINT32_C(1) << leg->index;
	s->leg[leg->index] = leg;
	s->worker->load++;
	*ret_leg = leg->index;
	memcpy(ret_ports->rtp, leg->port, sizeof(ret_ports->rtp));
	return 0;
}

int relay_web_open(struct relay_session *, uint64_t, struct relay_web *, unsigned *)
{
	return -ENOTSUP; /* no worker has a port for it */
}

static struct leg *leg_find(const struct relay_session *s, unsigned leg)
{
	return leg < RELAY_LEGS_MAX && (s->legs >> leg & 1) ? s->leg[leg] : NULL;
}

static bool stream_exists(const struct relay_session *s, unsigned leg, enum relay_kind kind)
{
	const struct leg *found = leg_find(s, leg);

	return found != NULL && found->port[kind] != 0;
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
	if (stream->nformats > RELAY_FORMATS_MAX)
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

int relay_web_answer(struct relay_session *, unsigned, const struct web_peer *)
{
	return -EINVAL;
}

int relay_picture_sets(struct relay_session *, unsigned, struct view, struct view)
{
	return -EINVAL;
}

int relay_keyframe(struct relay_session *s, unsigned leg)
{
	if (!stream_exists(s, leg, RELAY_VIDEO))
		return -EINVAL;
	return give_order(
		s, &(struct order){ .type = ORDER_KEYFRAME, .leg = leg, .kind = RELAY_VIDEO });
}
