/* media/port.h - pairs of UDP sockets, RTP on an even port and RTCP on the next (RFC 3550
 * section 11), out of a range.
 *
 * A pool belongs to one thread, the owner of the relay. The sockets of a pair are the caller's
 * as soon as they are opened; the number stays taken until port_pair_release. A number given
 * back comes round again only after the rest of the range, so that late packets of an old call
 * do not meet a new one. */
#pragma once
#include <stdint.h>
#include "base/addr.h"

struct port_pool;

struct port_pair {
	int fd[2];     /* RTP, RTCP; non-blocking, close on exec */
	uint16_t port; /* of RTP */
	int family;
};

/* Range lo..hi inclusive; v4 and v6 say where to bind (their ports are ignored), either may be
 * unset. start picks the first pair to try (a random number outside tests).
 * -EINVAL for a range without one whole pair, -ENOMEM. */
[[nodiscard]] int port_pool_new(uint16_t lo, uint16_t hi, const struct addr *v4,
				const struct addr *v6, uint32_t start, struct port_pool **ret_pool);
void port_pool_free(struct port_pool *pool);

/* Opens the next free pair of the family, passing over ports that other programs hold.
 * tos: the DSCP byte. -ENOSPC when the range is used up, -EAFNOSUPPORT when the family has no
 * address, else what socket() said. */
[[nodiscard]] int port_pair_open(struct port_pool *pool, int family, int tos,
				 struct port_pair *ret_pair);
void port_pair_release(struct port_pool *pool, int family, uint16_t port);

/* Pairs taken in the family. */
unsigned port_pool_used(const struct port_pool *pool, int family);
