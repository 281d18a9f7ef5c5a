/* tests/unit/call/fake_relay.h - a relay without sockets: takes the place of media/relay.c when the
 * program is linked, so include it in one file of a test only. It checks what it is told. */
#pragma once
#include "media/relay.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { FAKE_PORT = 20000 };

struct relay {
	int fd;
	struct relay_event event; /* of a poll, once `waits` */
	bool waits;
	unsigned keyframes; /* asked for */
	unsigned sets;      /* told */
	char pressed[16];   /* keys, in order */
	unsigned npressed;
	struct relay_session *last; /* opened */
};

struct relay_session {
	struct relay *relay;
	uint64_t tag;
	unsigned kinds[RELAY_LEGS_MAX]; /* 0: no such leg */
	bool web[RELAY_LEGS_MAX], answered[RELAY_LEGS_MAX];
	uint64_t tag_of[RELAY_LEGS_MAX];
	struct relay_stream set[RELAY_LEGS_MAX][RELAY_KINDS];
	uint32_t to[RELAY_LEGS_MAX][RELAY_KINDS];
};

static inline struct relay fake_relay_open(void)
{
	return (struct relay){ .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };
}

static inline void fake_relay_close(struct relay *relay)
{
	close(relay->fd);
}

static inline void fake_relay_tell(struct relay *relay, const struct relay_event *event)
{
	const uint64_t one = 1;

	relay->event = *event;
	relay->waits = write(relay->fd, &one, sizeof(one)) == sizeof(one);
}

int relay_fd(const struct relay *relay)
{
	return relay->fd;
}

bool relay_poll(struct relay *relay, struct relay_event *ret_event)
{
	uint64_t count;

	if (!relay->waits || read(relay->fd, &count, sizeof(count)) < 0)
		return false;
	relay->waits = false;
	*ret_event = relay->event;
	return true;
}

int relay_session_open(struct relay *relay, uint64_t tag, struct relay_session **ret_session)
{
	struct relay_session *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->relay = relay;
	s->tag = tag;
	*ret_session = relay->last = s;
	return 0;
}

void relay_session_close(struct relay_session *s)
{
	free(s);
}

int relay_leg_open(struct relay_session *s, uint64_t tag, int, unsigned kinds,
		   struct relay_ports *ret_ports, unsigned *ret_leg)
{
	unsigned leg = 0;

	assert(kinds && kinds < 1 << RELAY_KINDS);
	while (leg < RELAY_LEGS_MAX && s->kinds[leg])
		leg++;
	if (leg == RELAY_LEGS_MAX)
		return -ENOSPC;
	s->kinds[leg] = kinds;
	s->tag_of[leg] = tag;
	memset(s->set[leg], 0, sizeof(s->set[leg]));
	memset(s->to[leg], 0, sizeof(s->to[leg]));
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		ret_ports->rtp[k] = kinds >> k & 1 ? (uint16_t)(FAKE_PORT + 8 * leg + 2 * k) : 0;
	*ret_leg = leg;
	return 0;
}

int relay_web_open(struct relay_session *s, uint64_t tag, struct relay_web *ret_ours, unsigned *ret_leg)
{
	struct relay_ports ports;
	const int rc = relay_leg_open(s, tag, AF_INET, 3, &ports, ret_leg);

	if (rc < 0)
		return rc;
	s->web[*ret_leg] = true;
	s->answered[*ret_leg] = false;
	*ret_ours = (struct relay_web){ .fingerprint = "00:11", .ufrag = "ours", .pwd = "secret" };
	return 0;
}

int relay_web_answer(struct relay_session *s, unsigned leg, const struct web_peer *peer)
{
	assert(leg < RELAY_LEGS_MAX && s->kinds[leg] && s->web[leg] && !s->answered[leg]);
	assert(peer->ufrag.n);
	s->answered[leg] = true;
	return 0;
}

int relay_picture_sets(struct relay_session *s, unsigned leg, struct view sps, struct view pps)
{
	assert(leg < RELAY_LEGS_MAX && s->kinds[leg] && sps.n && pps.n);
	s->relay->sets++;
	return 0;
}

void relay_leg_close(struct relay_session *s, unsigned leg)
{
	assert(leg < RELAY_LEGS_MAX && s->kinds[leg]);
	s->kinds[leg] = 0;
	s->web[leg] = false;
}

static inline bool fake_relay_has(const struct relay_session *s, unsigned leg, enum relay_kind kind)
{
	return leg < RELAY_LEGS_MAX && s->kinds[leg] >> kind & 1;
}

int relay_stream_set(struct relay_session *s, unsigned leg, enum relay_kind kind,
		     const struct relay_stream *stream)
{
	assert(fake_relay_has(s, leg, kind));
	assert(stream->nformats <= RELAY_FORMATS_MAX);
	for (unsigned i = 0; i < stream->nformats; i++)
		assert(stream->formats[i].pt < 128);
	s->set[leg][kind] = *stream;
	return 0;
}

int relay_route(struct relay_session *s, unsigned from, enum relay_kind kind, uint32_t to)
{
	assert(fake_relay_has(s, from, kind));
	for (unsigned i = 0; i < RELAY_LEGS_MAX; i++)
		assert(!(to >> i & 1) || (i != from && fake_relay_has(s, i, kind)));
	s->to[from][kind] = to;
	return 0;
}

int relay_keyframe(struct relay_session *s, unsigned leg)
{
	assert(fake_relay_has(s, leg, RELAY_VIDEO));
	s->relay->keyframes++;
	return 0;
}

int relay_press(struct relay_session *s, unsigned leg, char key)
{
	assert(fake_relay_has(s, leg, RELAY_AUDIO) && !s->web[leg]);
	assert(s->set[leg][RELAY_AUDIO].event_pt && key);
	s->relay->pressed[s->relay->npressed++ % (sizeof(s->relay->pressed) - 1)] = key;
	return 0;
}
