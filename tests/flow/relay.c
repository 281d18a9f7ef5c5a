#include "relay.h"

#include "../unit/test.h"
#include "base/list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { PORT_FIRST = 20000, PRESSED_MAX = 32 };

struct line {
	uint16_t port; /* 0: none */
	struct relay_stream set;
	uint32_t to;
	int64_t heard_us;
	bool silent;
	char pressed[PRESSED_MAX];
};

struct leg {
	bool open;
	bool web, answered;
	char ufrag[16]; /* of a browser's */
	uint64_t tag;
	int family;
	struct line lines[RELAY_KINDS];
};

struct relay_session {
	struct list list;
	struct relay *relay;
	uint64_t tag;
	struct leg legs[RELAY_LEGS_MAX];
};

struct event_node {
	struct list list;
	struct relay_event event;
};

struct relay {
	struct relay_fake_conf conf;
	struct list sessions, events;
	uint16_t port;
	unsigned webs, keyframes;
	bool no_web;
	int fd;
};

int relay_fake_open(const struct relay_fake_conf *conf, struct relay **ret_relay)
{
	struct relay *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->conf = *conf;
	r->port = PORT_FIRST;
	r->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	list_init(&r->sessions);
	list_init(&r->events);
	*ret_relay = r;
	return 0;
}

void relay_fake_close(struct relay *r)
{
	LIST_EACH(it, &r->events)
		free(CONTAINER_OF(it, struct event_node, list));
	LIST_EACH(it, &r->sessions)
		free(CONTAINER_OF(it, struct relay_session, list));
	close(r->fd);
	free(r);
}

static void tell(struct relay *r, const struct relay_event *event)
{
	struct event_node *node = malloc(sizeof(*node));
	const uint64_t one = 1;

	assert_non_null(node);
	node->event = *event;
	list_append(&r->events, &node->list);
	assert_int_equal(write(r->fd, &one, sizeof(one)), sizeof(one));
}

bool relay_fake_events(const struct relay *r)
{
	return !list_empty(&r->events);
}

struct place {
	struct relay_session *session;
	unsigned leg;
	enum relay_kind kind;
	struct line *line;
};

/* Every stream of every open leg. */
static void each_line(struct relay *r,
		      void (*fn)(struct relay *r, const struct place *at, void *arg), void *arg)
{
	LIST_EACH(it, &r->sessions) {
		struct relay_session *s = CONTAINER_OF(it, struct relay_session, list);

		for (unsigned i = 0; i < RELAY_LEGS_MAX; i++) {
			for (enum relay_kind k = 0; k < RELAY_KINDS && s->legs[i].open; k++) {
				if (s->legs[i].lines[k].port)
					fn(r, &(struct place){ s, i, k, &s->legs[i].lines[k] },
					   arg);
			}
		}
	}
}

static void tick(struct relay *r, const struct place *at, void *)
{
	struct line *l = at->line;
	const int64_t now = clock_mono_us(r->conf.clock);
	const bool heard = r->conf.heard(r->conf.arg, &l->set.rtp);
	struct relay_event e = { .session = at->session->tag,
				 .leg = at->session->legs[at->leg].tag,
				 .kind = at->kind };

	if (heard)
		l->heard_us = now;
	e.type = heard ? RELAY_EV_HEARD : RELAY_EV_SILENT;
	if (l->silent == heard && l->set.silence_ms &&
	    (heard || now - l->heard_us >= (int64_t)l->set.silence_ms * 1000)) {
		l->silent = !heard;
		tell(r, &e);
	}
}

void relay_fake_tick(struct relay *r)
{
	each_line(r, tick, NULL);
}

struct search {
	const struct addr *rtp;
	struct place found;
};

static void match(struct relay *, const struct place *at, void *arg)
{
	struct search *s = arg;

	if (addr_same(&at->line->set.rtp, s->rtp))
		s->found = *at;
}

static struct place find(const struct relay *r, const struct addr *rtp)
{
	struct search s = { rtp, {} };

	each_line((struct relay *)r, match, &s);
	return s.found;
}

void relay_fake_press(struct relay *r, const struct addr *rtp, char digit)
{
	const struct place at = find(r, rtp);

	assert_non_null(at.session);
	tell(r, &(struct relay_event){ .type = RELAY_EV_DIGIT,
				       .session = at.session->tag,
				       .leg = at.session->legs[at.leg].tag,
				       .kind = at.kind,
				       .digit = digit });
}

const char *relay_fake_pressed(const struct relay *r, const struct addr *rtp)
{
	const struct place at = find(r, rtp);

	assert_non_null(at.session);
	return at.line->pressed;
}

static bool share_codec(const struct relay_stream *a, const struct relay_stream *b)
{
	for (unsigned i = 0; i < a->nformats; i++) {
		for (unsigned k = 0; k < b->nformats; k++) {
			if (!a->formats[i].event && a->formats[i].codec == b->formats[k].codec)
				return true;
		}
	}
	return false;
}

struct web_search {
	const char *ufrag;
	struct place found[RELAY_KINDS];
};

static void match_web(struct relay *, const struct place *at, void *arg)
{
	struct web_search *s = arg;
	const struct leg *leg = &at->session->legs[at->leg];

	if (leg->web && strcmp(leg->ufrag, s->ufrag) == 0)
		s->found[at->kind] = *at;
}

static struct place find_web(const struct relay *r, const char *ufrag, enum relay_kind kind)
{
	struct web_search s = { ufrag, {} };

	each_line((struct relay *)r, match_web, &s);
	return s.found[kind];
}

static bool reaches(const struct place *a, const struct place *b)
{
	return a->session && a->session == b->session && a->kind == b->kind &&
	       (a->line->to >> b->leg & 1) && share_codec(&a->line->set, &b->line->set);
}

bool relay_fake_shows(const struct relay *r, const struct addr *from, const char *ufrag,
		      enum relay_kind kind)
{
	const struct place a = find(r, from), b = find_web(r, ufrag, kind);

	return reaches(&a, &b) && b.session->legs[b.leg].answered;
}

bool relay_fake_hears(const struct relay *r, const char *ufrag, const struct addr *to)
{
	const struct place a = find_web(r, ufrag, RELAY_AUDIO), b = find(r, to);

	return reaches(&a, &b);
}

bool relay_fake_joins(const struct relay *r, const char *from, const char *to)
{
	const struct place a = find_web(r, from, RELAY_AUDIO), b = find_web(r, to, RELAY_AUDIO);

	return reaches(&a, &b);
}

static void tell_at(struct relay *r, const struct place *at, enum relay_event_type type)
{
	if (at->session)
		tell(r, &(struct relay_event){ .type = type,
					       .session = at->session->tag,
					       .leg = at->session->legs[at->leg].tag,
					       .kind = at->kind });
}

void relay_fake_media(struct relay *r, const char *ufrag, bool up)
{
	const struct place at = find_web(r, ufrag, RELAY_AUDIO);

	tell_at(r, &at, up ? RELAY_EV_UP : RELAY_EV_DOWN);
}

void relay_fake_video(struct relay *r, const struct addr *rtp, bool wanted)
{
	const struct place at = find(r, rtp);

	tell_at(r, &at, wanted ? RELAY_EV_PICTURE : RELAY_EV_LATCHED);
}

void relay_fake_no_web(struct relay *r)
{
	r->no_web = true;
}

unsigned relay_fake_keyframes(const struct relay *r)
{
	return r->keyframes;
}

bool relay_fake_passes(const struct relay *r, const struct addr *from, const struct addr *to)
{
	const struct place a = find(r, from), b = find(r, to);

	return reaches(&a, &b);
}

static void count_leg(struct relay *, const struct place *, void *arg)
{
	++*(unsigned *)arg;
}

unsigned relay_fake_legs(const struct relay *r)
{
	unsigned n = 0;

	each_line((struct relay *)r, count_leg, &n);
	return n;
}

unsigned relay_fake_sessions(const struct relay *r)
{
	unsigned n = 0;

	LIST_EACH(it, &r->sessions)
		n++;
	return n;
}

/* In place of relay.c. */

int relay_fd(const struct relay *r)
{
	return r->fd;
}

bool relay_poll(struct relay *r, struct relay_event *ret_event)
{
	uint64_t n;

	if (read(r->fd, &n, sizeof(n)) < 0)
		assert_int_equal(errno, EAGAIN);
	if (list_empty(&r->events))
		return false;
	struct event_node *node = CONTAINER_OF(r->events.next, struct event_node, list);

	*ret_event = node->event;
	list_remove(&node->list);
	free(node);
	return true;
}

int relay_session_open(struct relay *r, uint64_t tag, struct relay_session **ret_session)
{
	struct relay_session *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->relay = r;
	s->tag = tag;
	list_append(&r->sessions, &s->list);
	*ret_session = s;
	return 0;
}

static void tell_own(struct relay *r, const struct relay_event *event)
{
	if (r->conf.server)
		r->conf.server(r->conf.arg, false);
	tell(r, event);
	if (r->conf.server)
		r->conf.server(r->conf.arg, true);
}

/* As if every stream with a format had been heard. */
static void tell_stats(const struct relay_session *s, const struct leg *leg)
{
	for (enum relay_kind k = 0; k < RELAY_KINDS; k++) {
		const struct relay_stream *set = &leg->lines[k].set;

		if (leg->lines[k].port && set->nformats)
			tell_own(s->relay, &(struct relay_event){
						   .type = RELAY_EV_STATS,
						   .session = s->tag,
						   .leg = leg->tag,
						   .kind = k,
						   .stats = { .packets = 1000,
							      .sent_packets = 900,
							      .lost = -1,
							      .jitter_us = 4000,
							      .codec = set->formats[0].codec },
					   });
	}
}

void relay_session_close(struct relay_session *s)
{
	for (unsigned i = 0; i < RELAY_LEGS_MAX; i++)
		if (s->legs[i].open)
			tell_stats(s, &s->legs[i]);
	tell_own(s->relay, &(struct relay_event){ .type = RELAY_EV_CLOSED, .session = s->tag });
	list_remove(&s->list);
	free(s);
}

int relay_leg_open(struct relay_session *s, uint64_t tag, int family, unsigned kinds,
		   struct relay_ports *ret_ports, unsigned *ret_leg)
{
	unsigned i = 0;

	while (i < RELAY_LEGS_MAX && s->legs[i].open)
		i++;
	if (i == RELAY_LEGS_MAX)
		return -ENOSPC;
	s->legs[i] = (struct leg){ .open = true, .tag = tag, .family = family };
	*ret_ports = (struct relay_ports){};
	for (int k = 0; k < RELAY_KINDS; k++) {
		if (!(kinds >> k & 1))
			continue;
		s->relay->port = (uint16_t)(s->relay->port + 2);
		ret_ports->rtp[k] = s->legs[i].lines[k].port = s->relay->port;
	}
	*ret_leg = i;
	return 0;
}

int relay_web_open(struct relay_session *s, uint64_t tag, struct relay_web *ret_ours, unsigned *ret_leg)
{
	struct relay_ports ports;
	struct leg *leg;
	int rc;

	if (s->relay->no_web)
		return -ENOTSUP;
	rc = relay_leg_open(s, tag, AF_INET, 1 << RELAY_AUDIO | 1 << RELAY_VIDEO, &ports, ret_leg);
	if (rc < 0)
		return rc;
	leg = &s->legs[*ret_leg];
	leg->web = true;
	snprintf(leg->ufrag, sizeof(leg->ufrag), "u%u", ++s->relay->webs);
	*ret_ours = (struct relay_web){ .fingerprint = "00:11", .pwd = "secret", .ncandidates = 1 };
	snprintf(ret_ours->ufrag, sizeof(ret_ours->ufrag), "%s", leg->ufrag);
	assert_int_equal(addr_parse("192.0.2.1:4000", &ret_ours->candidates[0]), 0);
	return 0;
}

int relay_web_answer(struct relay_session *s, unsigned leg, const struct web_peer *peer)
{
	assert_true(leg < RELAY_LEGS_MAX && s->legs[leg].open && s->legs[leg].web);
	assert_true(peer->ufrag.n && !s->legs[leg].answered);
	s->legs[leg].answered = true;
	return 0;
}

int relay_picture_sets(struct relay_session *, unsigned, struct view, struct view)
{
	return 0;
}

static struct line *line_of(struct relay_session *s, unsigned leg, enum relay_kind kind)
{
	struct line *l =
		leg < RELAY_LEGS_MAX && s->legs[leg].open ? &s->legs[leg].lines[kind] : NULL;

	return l && l->port ? l : NULL;
}

void relay_leg_close(struct relay_session *s, unsigned leg)
{
	assert_true(leg < RELAY_LEGS_MAX && s->legs[leg].open);
	tell_stats(s, &s->legs[leg]);
	s->legs[leg].open = false;
	for (unsigned i = 0; i < RELAY_LEGS_MAX; i++) {
		for (int k = 0; k < RELAY_KINDS; k++)
			s->legs[i].lines[k].to &= ~(UINT32_C(1) << leg);
	}
}

int relay_stream_set(struct relay_session *s, unsigned leg, enum relay_kind kind,
		     const struct relay_stream *stream)
{
	struct line *l = line_of(s, leg, kind);

	if (!l)
		return -EINVAL;
	l->heard_us = clock_mono_us(s->relay->conf.clock);
	l->silent = false;
	l->set = *stream;
	return 0;
}

int relay_route(struct relay_session *s, unsigned from, enum relay_kind kind, uint32_t to)
{
	struct line *l = line_of(s, from, kind);

	if (!l)
		return -EINVAL;
	for (unsigned i = 0; i < RELAY_LEGS_MAX; i++)
		assert_true(!(to >> i & 1) || s->legs[i].open);
	l->to = to & ~(UINT32_C(1) << from);
	return 0;
}

int relay_keyframe(struct relay_session *s, unsigned leg)
{
	s->relay->keyframes++;
	return line_of(s, leg, RELAY_VIDEO) ? 0 : -EINVAL;
}

int relay_press(struct relay_session *s, unsigned leg, char key)
{
	struct line *l = line_of(s, leg, RELAY_AUDIO);
	size_t n;

	if (!l || s->legs[leg].web)
		return -EINVAL;
	assert_true(l->set.event_pt && key);
	n = strlen(l->pressed);
	assert_true(n + 1 < sizeof(l->pressed));
	l->pressed[n] = key;
	l->pressed[n + 1] = '\0';
	return 0;
}
