#include "media/port.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	PORT_RCVBUF = 256 * 1024,
	PORT_REST_RCVBUF = 4096, /* enough to tell that somebody sends */
	PORT_DRAIN_MAX = 4096,   /* more than the larger buffer holds */
};

struct idle {
	struct port_pair pair;
	int64_t since_us;
};

struct side {
	struct addr bind;
	unsigned next;
	unsigned used;
	bool *taken;       /* out or idle */
	struct idle *idle; /* a ring, the first to rest first */
	unsigned idle_at, idle_n;
};

struct port_pool {
	uint16_t first;
	unsigned pairs;
	const struct clock *clock;
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
	s->idle = calloc(PORT_IDLE_MAX, sizeof(*s->idle));
	return s->taken && s->idle ? 0 : -ENOMEM;
}

int port_pool_new(uint16_t lo, uint16_t hi, const struct addr *v4, const struct addr *v6,
		  uint32_t start, const struct clock *clock, struct port_pool **ret_pool)
{
	unsigned first = (lo + 1U) & ~1U;
	struct port_pool *pool;

	if (lo == 0 || first + 1 > hi)
		return -EINVAL;
	pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return -ENOMEM;
	pool->clock = clock;
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

static void pair_close(const struct port_pair *pair)
{
	for (unsigned i = 0; i < 2; i++)
		close(pair->fd[i]);
}

static struct idle *idle_first(struct side *s)
{
	return s->idle_n ? &s->idle[s->idle_at] : NULL;
}

static void idle_shift(struct side *s)
{
	s->idle_at = (s->idle_at + 1) % PORT_IDLE_MAX;
	s->idle_n--;
}

static void side_free(struct side *s)
{
	for (struct idle *i; (i = idle_first(s)) != NULL; idle_shift(s))
		pair_close(&i->pair);
	free(s->taken);
	free(s->idle);
}

void port_pool_free(struct port_pool *pool)
{
	if (pool == NULL)
		return;
	side_free(&pool->v4);
	side_free(&pool->v6);
	free(pool);
}

/* A wish, as the buffer below: a kernel that refuses it still relays. */
static void tos_set(int fd, int family, int tos)
{
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	else
		setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
}

static void rcvbuf_set(int fd, int size)
{
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static int socket_open(const struct addr *bind_to, uint16_t port, int tos)
{
	struct addr a = addr_with_port(bind_to, port);
	int on = 1, err;
	int fd = socket(a.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (a.sa.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	tos_set(fd, a.sa.sa_family, tos);
	rcvbuf_set(fd, PORT_RCVBUF);
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
		.tos = tos,
	};
	return 0;
}

static int pair_new(struct port_pool *pool, struct side *s, int tos, struct port_pair *ret_pair)
{
	for (unsigned i = 0; i < pool->pairs && s->used + s->idle_n < pool->pairs; i++) {
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
		return 0;
	}
	return -ENOSPC;
}

enum drained { DRAINED_QUIET, DRAINED_SOME, DRAINED_NEVER };

/* What had come is dropped. */
static enum drained socket_drain(int fd)
{
	enum drained found = DRAINED_QUIET;
	char byte;

	for (unsigned i = 0; i < PORT_DRAIN_MAX; i++) {
		if (recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) < 0 && errno == EAGAIN)
			return found;
		found = DRAINED_SOME;
	}
	return DRAINED_NEVER;
}

static bool socket_rest(int fd)
{
	static const struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	if (connect(fd, &nobody, sizeof(nobody)) < 0)
		return false;
	rcvbuf_set(fd, PORT_REST_RCVBUF);
	return socket_drain(fd) != DRAINED_NEVER;
}

static bool pair_rest(const struct side *s, const struct port_pair *pair)
{
	return s->idle_n < PORT_IDLE_MAX && socket_rest(pair->fd[0]) && socket_rest(pair->fd[1]);
}

static void pair_wake(struct port_pair *pair, int tos)
{
	for (unsigned k = 0; k < 2; k++) {
		rcvbuf_set(pair->fd[k], PORT_RCVBUF);
		if (pair->tos != tos)
			tos_set(pair->fd[k], pair->family, tos);
	}
	pair->tos = tos;
}

static void number_free(struct port_pool *pool, struct side *s, uint16_t port)
{
	s->taken[(port - (unsigned)pool->first) / 2] = false;
}

static void idle_push(struct port_pool *pool, struct side *s, const struct port_pair *pair)
{
	s->idle[(s->idle_at + s->idle_n++) % PORT_IDLE_MAX] =
		(struct idle){ *pair, clock_mono_us(pool->clock) };
}

/* One that heard something lately, unless `ms` is 0, rests again: somebody has not heard yet that
 * the old call is over. -ENOENT when none is fit. */
static int pair_again(struct port_pool *pool, struct side *s, int tos, int64_t ms,
		      struct port_pair *ret_pair)
{
	const int64_t now_us = clock_mono_us(pool->clock);

	for (struct idle *i; (i = idle_first(s)) != NULL && now_us - i->since_us >= ms * 1000;) {
		struct port_pair pair = i->pair;
		const enum drained rtp = socket_drain(pair.fd[0]), rtcp = socket_drain(pair.fd[1]);

		idle_shift(s);
		if (ms > 0 && (rtp != DRAINED_QUIET || rtcp != DRAINED_QUIET)) {
			idle_push(pool, s, &pair);
			continue;
		}
		pair_wake(&pair, tos);
		*ret_pair = pair;
		return 0;
	}
	return -ENOENT;
}

int port_pair_open(struct port_pool *pool, int family, int tos, struct port_pair *ret_pair)
{
	struct side *s = pool_side(pool, family);
	int err;

	if (s->taken == NULL)
		return -EAFNOSUPPORT;
	err = pair_again(pool, s, tos, PORT_REST_MS, ret_pair);
	if (err < 0)
		err = pair_new(pool, s, tos, ret_pair);
	if (err < 0 && pair_again(pool, s, tos, 0, ret_pair) == 0)
		err = 0;
	s->used += err == 0;
	return err;
}

void port_pair_release(struct port_pool *pool, const struct port_pair *pair)
{
	struct side *s = pool_side(pool, pair->family);

	s->used--;
	if (pair_rest(s, pair)) {
		idle_push(pool, s, pair);
		return;
	}
	pair_close(pair);
	number_free(pool, s, pair->port);
}

unsigned port_pool_used(const struct port_pool *pool, int family)
{
	return family == AF_INET6 ? pool->v6.used : pool->v4.used;
}
