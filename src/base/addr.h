/* base/addr.h - a socket address that can be copied and compared.
 * Plain values; any thread. len 0 means "none". */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

struct addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
};

static inline bool addr_is_set(const struct addr *a)
{
	return a->len != 0;
}

static inline bool addr_same_host(const struct addr *a, const struct addr *b)
{
	if (!a->len || !b->len || a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr)) == 0;
}

/* sin_port and sin6_port lie at the same place. */
static inline in_port_t addr_port_raw(const struct addr *a)
{
	return a->sa.sa_family == AF_INET ? a->v4.sin_port : a->v6.sin6_port;
}

static inline bool addr_same(const struct addr *a, const struct addr *b)
{
	return addr_same_host(a, b) && addr_port_raw(a) == addr_port_raw(b);
}

/* The same host, another port (host byte order). */
static inline struct addr addr_with_port(const struct addr *a, uint16_t port)
{
	struct addr ret = *a;

	if (ret.sa.sa_family == AF_INET)
		ret.v4.sin_port = htons(port);
	else
		ret.v6.sin6_port = htons(port);
	return ret;
}
