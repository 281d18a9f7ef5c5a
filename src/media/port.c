#include "media/port.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { PORT_RCVBUF = 256 * 1024 };

struct side {
	struct addr bind;
	unsigned next;
	unsigned used;
	bool *taken;
};

struct port_pool {
	uint16_t first;
	unsigned pairs;
	struct side v4, v6;
};

static struct side *pool_side(struct port_pool *pool, int family)
{
	return family == AF_INET6 ? &pool->v6 : &pool->v4;
}

static int side_init(struct side *s, const struct addr *bind, unsigned pairs, uint32_t start)
{
	if (bind == NULL || !addr_is_set(bind))
		return 0;
	s->bind = *bind;
	s->next = start % pairs;
	s->taken = calloc(pairs, sizeof(*s->taken));
	return s->taken ? 0 : -ENOMEM;
}

int port_pool_new(uint16_t lo, uint16_t hi, const struct addr *v4, const struct addr *v6,
		  uint32_t start, struct port_pool **ret_pool)
{
	unsigned first = (lo + 1U) & ~1U;
	struct port_pool *pool;

	if (lo == 0 || first + 1 > hi)
		return -EINVAL;
	pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return -ENOMEM;
	pool->first = (uint16_t)first;
	pool->pairs = (hi - first + 1) / 2;
	if (side_init(&pool->v4, v4, pool->pairs, start) < 0 ||
	    side_init(&pool->v6, v6, pool->pairs, start) < 0) {
		port_pool_free(pool);
		return -ENOMEM;
	}
	*ret_pool = pool;
	return 0;
}

void port_pool_free(struct port_pool *pool)
{
	if (pool == NULL)
		return;
	free(pool->v4.taken);
	free(pool->v6.taken);
	free(pool);
}

/* The DSCP and buffer options are wishes: a kernel that refuses them still relays. */
static int socket_open(const struct addr *bind_to, uint16_t port, int tos)
{
	struct addr a = addr_with_port(bind_to, port);
	int on = 1, size = PORT_RCVBUF, err;
	int fd = socket(a.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (a.sa.sa_family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
		setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	} else {
		setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, &a.sa, a.len) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int pair_try(const struct side *s, uint16_t port, int tos, struct port_pair *ret_pair)
{
	int rtp = socket_open(&s->bind, port, tos), rtcp;

	if (rtp < 0)
		return rtp;
	rtcp = socket_open(&s->bind, (uint16_t)(port + 1), tos);
	if (rtcp < 0) {
		close(rtp);
		return rtcp;
	}
	*ret_pair = (struct port_pair){
		.fd = { rtp, rtcp },
		.port = port,
		.family = s->bind.sa.sa_family,
	};
	return 0;
}

int port_pair_open(struct port_pool *pool, int family, int tos, struct port_pair *ret_pair)
{
	struct side *s = pool_side(pool, family);

	if (s->taken == NULL)
		return -EAFNOSUPPORT;
	for (unsigned i = 0; i < pool->pairs && s->used < pool->pairs; i++) {
		unsigned at = s->next;
		int err;

		s->next = (s->next + 1) % pool->pairs;
		if (s->taken[at])
			continue;
		err = pair_try(s, (uint16_t)(pool->first + 2 * at), tos, ret_pair);
		if (err == -EADDRINUSE || err == -EACCES)
			continue;
		if (err < 0)
			return err;
		s->taken[at] = true;
		s->used++;
		return 0;
	}
	return -ENOSPC;
}

void port_pair_release(struct port_pool *pool, int family, uint16_t port)
{
	struct side *s = pool_side(pool, family);
	unsigned at = (port - (unsigned)pool->first) / 2;

	if (s->taken[at]) {
		s->taken[at] = false;
		s->used--;
	}
}

unsigned port_pool_used(const struct port_pool *pool, int family)
{
	return family == AF_INET6 ? pool->v6.used : pool->v4.used;
}
