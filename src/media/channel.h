/* media/channel.h - what goes out of a channel: packets as they come, or in a numbering of our own,
 * which has it sealed, or keys of ours among them.
 *
 * A channel in clear passes packets as they are until the first key is pressed at its peer, and is
 * numbered by us from then on: in the SSRC, numbers and time of what went there before, or in its
 * own where nothing did. Belongs to the worker. */
#pragma once
#include "media/worker.h"

/* Has sockets. */
static inline bool channel_is_open(const struct channel *c)
{
	return c->end[SIDE_RTP].fd >= 0;
}

static inline bool channel_is_sealed(const struct channel *c)
{
	return c->stream.peer.keys.profile != 0;
}

static inline bool channel_is_numbered(const struct channel *c)
{
	return channel_is_sealed(c) || c->press != NULL;
}

/* A refused send is a lost packet: RTP knows how to live with that. */
void end_send(const struct end *end, const struct addr *to, const void *p, size_t n);
/* Packets as they are. */
void channel_send(struct channel *to, const struct iovec *iov, unsigned n);

/* A packet of a source on its way to a channel. */
struct passed {
	const struct stream *from;
	const uint8_t *p;
	size_t n;
	uint8_t from_pt, pt; /* here and there */
};

/* Of a channel that is numbered. */
void channel_put(const struct worker *w, struct channel *to, const struct passed *packet);
/* Without memory for it the key is lost. */
void channel_press(struct worker *w, struct channel *c, char key);
/* No key any more, when nothing is sent any more. */
void channel_press_free(struct channel *c);
