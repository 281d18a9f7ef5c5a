/* media/port.h - pairs of UDP sockets, RTP on an even port and RTCP on the next (RFC 3550
 * section 11), out of a range.
 *
 * A pool belongs to one thread, the owner of the relay. A pair that was given back is kept open for
 * the next call, because making sockets costs more than the rest of a call's media. It serves again
 * once nothing came for PORT_REST_MS: a device that did not hear the end of its call, and sends on,
 * does not meet a new one. Only when nothing else is left, a pair serves without that rest. Other
 * numbers come round again only after the rest of the range. */
#pragma once
#include <stdint.h>
#include "base/addr.h"
#include "base/clock.h"

enum {
	PORT_REST_MS = 2000,
	PORT_IDLE_MAX = 1024, /* pairs kept open, per family */
};

struct port_pool;

struct port_pair {
	int fd[2];     /* RTP, RTCP; non-blocking, close on exec */
	uint16_t port; /* of RTP */
	int family;
	int tos;
};

/* Range lo..hi inclusive; v4 and v6 say where to bind (their ports are ignored), either may be
 * unset. start picks the first pair to try (a random number outside tests).
 * -EINVAL for a range without one whole pair, -ENOMEM. */
[[nodiscard]] int port_pool_new(uint16_t lo, uint16_t hi, const struct addr *v4,
				const struct addr *v6, uint32_t start,
				const struct clock *clock, struct port_pool **ret_pool);
void port_pool_free(struct port_pool *pool);

/* The pair that rested longest, or the next free one, passing over ports that other programs hold.
 * tos: the DSCP byte. -ENOSPC when the range is used up, -EAFNOSUPPORT when the family has no
 * address, else what socket() said. */
[[nodiscard]] int port_pair_open(struct port_pool *pool, int family, int tos,
				 struct port_pair *ret_pair);
/* Takes the pair back with its sockets, which no epoll may watch any more. */
void port_pair_release(struct port_pool *pool, const struct port_pair *pair);

/* Pairs that are out, in the family. */
unsigned port_pool_used(const struct port_pool *pool, int family);
