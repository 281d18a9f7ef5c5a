/* media/datagram.h - UDP datagrams, sent many in one go.
 *
 * Those of one length to one address are given to the kernel as one, which cuts it (UDP_SEGMENT,
 * udp(7)): the packets of a picture then go through its stack once. Where it will not cut, as on a
 * path that is narrower than they are, they go one by one.
 *
 * Any thread; nothing is kept. */
#pragma once
#include "base/addr.h"

#include <stddef.h>

enum { DATAGRAMS_MAX = 64 };

struct datagram {
	const struct addr *to; /* NULL: where the socket is connected to */
	const void *p;
	size_t n;
};

struct datagrams_sent {
	unsigned packets;
	size_t bytes;
};

/* At most DATAGRAMS_MAX, in their order, without waiting. A refused one is lost, and does not hold
 * up the others. */
struct datagrams_sent datagrams_send(int fd, const struct datagram *datagrams, unsigned n);
