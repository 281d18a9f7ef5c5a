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

static inline uint16_t addr_port(const struct addr *a)
{
	return ntohs(addr_port_raw(a));
}

enum {
	ADDR_TEXT_MAX = 64,   /* bytes with the NUL: brackets, 45 of IPv6, colon, port */
	ADDR_HOST_BYTES = 16, /* of addr_host_bytes */
};

/* "ADDR:PORT", IPv6 in brackets; numbers only. 0 or -EINVAL. */
[[nodiscard]] int addr_parse(const char *text, struct addr *ret_addr);
/* A host alone, numbers only, brackets allowed; the port becomes 0. 0 or -EINVAL. */
[[nodiscard]] int addr_parse_host(const char *text, struct addr *ret_addr);
/* The host without brackets and port. An IPv4 address inside of IPv6 is written as IPv4. */
void addr_host_text(const struct addr *a, char ret_text[ADDR_TEXT_MAX]);
/* "host:port", IPv6 in brackets. */
void addr_text(const struct addr *a, char ret_text[ADDR_TEXT_MAX]);
/* The host as a key: IPv6, or IPv4 as ::ffff:a.b.c.d. */
void addr_host_bytes(const struct addr *a, unsigned char ret_bytes[ADDR_HOST_BYTES]);
bool addr_is_wildcard(const struct addr *a);
bool addr_is_loopback(const struct addr *a);
/* Of one link only (RFC 3927, RFC 4291). */
bool addr_is_link_local(const struct addr *a);
/* One that the internet reaches: not of this host, of a private or shared network, of a link, for
 * documentation, or for groups (RFC 6890). IPv4 inside of IPv6, also that of NAT64 and 6to4, is
 * judged as what it is. */
bool addr_is_public(const struct addr *a);
/* IPv4 inside of IPv6 (what a socket for both hears) as IPv4, and the other way round; anything else
 * as it is. */
struct addr addr_unmapped(const struct addr *a);
struct addr addr_mapped(const struct addr *a);
