#include "base/addr.h"

#include "base/buf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

int addr_parse_host(const char *text, struct addr *ret_addr)
{
	struct view v = view_str(text);
	struct addr a = {};
	char host[INET6_ADDRSTRLEN];

	if (v.n >= 2 && v.p[0] == '[' && v.p[v.n - 1] == ']')
		v = (struct view){ v.p + 1, v.n - 2 };
	if (v.n >= sizeof(host))
		return -EINVAL;
	memcpy(host, v.p, v.n);
	host[v.n] = '\0';
	if (inet_pton(AF_INET, host, &a.v4.sin_addr) == 1) {
		a.sa.sa_family = AF_INET;
		a.len = sizeof(a.v4);
	} else if (inet_pton(AF_INET6, host, &a.v6.sin6_addr) == 1) {
		a.sa.sa_family = AF_INET6;
		a.len = sizeof(a.v6);
	} else {
		return -EINVAL;
	}
	*ret_addr = a;
	return 0;
}

int addr_parse(const char *text, struct addr *ret_addr)
{
	const char *colon = text ? strrchr(text, ':') : NULL;
	char host[ADDR_TEXT_MAX];
	struct addr a;
	uint64_t port;

	if (!colon || (size_t)(colon - text) >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	if (strchr(host, ':') && host[0] != '[')
		return -EINVAL;
	if (view_u64(view_str(colon + 1), UINT16_MAX, &port) || addr_parse_host(host, &a))
		return -EINVAL;
	*ret_addr = addr_with_port(&a, (uint16_t)port);
	return 0;
}

void addr_host_bytes(const struct addr *a, unsigned char ret_bytes[ADDR_HOST_BYTES])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (a->sa.sa_family == AF_INET) {
		memcpy(ret_bytes, mapped, sizeof(mapped));
		memcpy(ret_bytes + sizeof(mapped), &a->v4.sin_addr, sizeof(a->v4.sin_addr));
	} else {
		memcpy(ret_bytes, &a->v6.sin6_addr, ADDR_HOST_BYTES);
	}
}

void addr_host_text(const struct addr *a, char ret_text[ADDR_TEXT_MAX])
{
	const struct in6_addr *v6 = &a->v6.sin6_addr;

	ret_text[0] = '\0';
	if (a->sa.sa_family == AF_INET)
		inet_ntop(AF_INET, &a->v4.sin_addr, ret_text, ADDR_TEXT_MAX);
	else if (a->sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(v6))
		inet_ntop(AF_INET, &v6->s6_addr[12], ret_text, ADDR_TEXT_MAX);
	else if (a->sa.sa_family == AF_INET6)
		inet_ntop(AF_INET6, v6, ret_text, ADDR_TEXT_MAX);
}

void addr_text(const struct addr *a, char ret_text[ADDR_TEXT_MAX])
{
	char host[ADDR_TEXT_MAX];

	addr_host_text(a, host);
	snprintf(ret_text, ADDR_TEXT_MAX, strchr(host, ':') ? "[%.45s]:%u" : "%.45s:%u", host,
		 (unsigned)addr_port(a));
}

bool addr_is_wildcard(const struct addr *a)
{
	if (a->sa.sa_family == AF_INET)
		return a->v4.sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr);
}

struct addr addr_unmapped(const struct addr *a)
{
	struct addr ret = { .v4 = { .sin_family = AF_INET }, .len = sizeof(ret.v4) };

	if (a->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr))
		return *a;
	memcpy(&ret.v4.sin_addr, &a->v6.sin6_addr.s6_addr[12], sizeof(ret.v4.sin_addr));
	ret.v4.sin_port = a->v6.sin6_port;
	return ret;
}

struct addr addr_mapped(const struct addr *a)
{
	struct addr ret = { .v6 = { .sin6_family = AF_INET6 }, .len = sizeof(ret.v6) };

	if (a->sa.sa_family != AF_INET)
		return *a;
	addr_host_bytes(a, ret.v6.sin6_addr.s6_addr);
	ret.v6.sin6_port = a->v4.sin_port;
	return ret;
}

bool addr_is_loopback(const struct addr *a)
{
	const struct addr at = addr_unmapped(a);

	if (at.sa.sa_family == AF_INET)
		return ntohl(at.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return at.sa.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&at.v6.sin6_addr);
}

bool addr_is_link_local(const struct addr *a)
{
	const struct addr at = addr_unmapped(a);

	if (at.sa.sa_family == AF_INET)
		return ntohl(at.v4.sin_addr.s_addr) >> 16 == 0xa9fe; /* 169.254.0.0/16 */
	return at.sa.sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&at.v6.sin6_addr);
}

static bool is_public_v4(uint32_t host)
{
	static const struct {
		uint32_t net;
		unsigned bits;
	} others[] = {
		{ 0x00000000, 8 },  { 0x0a000000, 8 },  { 0x64400000, 10 }, { 0x7f000000, 8 },
		{ 0xa9fe0000, 16 }, { 0xac100000, 12 }, { 0xc0000000, 24 }, { 0xc0000200, 24 },
		{ 0xc0586300, 24 }, { 0xc0a80000, 16 }, { 0xc6120000, 15 }, { 0xc6336400, 24 },
		{ 0xcb007100, 24 }, { 0xe0000000, 3 },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if ((host ^ others[i].net) >> (32 - others[i].bits) == 0)
			return false;
	return true;
}

static uint32_t v4_at(const struct in6_addr *v6, size_t at)
{
	const unsigned char *p = v6->s6_addr + at;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool is_public_v6(const struct in6_addr *v6)
{
	static const unsigned char nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	const unsigned char *p = v6->s6_addr;

	if (memcmp(p, nat64, sizeof(nat64)) == 0)
		return is_public_v4(v4_at(v6, sizeof(nat64)));
	if (p[0] == 0x20 && p[1] == 0x02) /* 6to4 */
		return is_public_v4(v4_at(v6, 2));
	if (p[0] == 0x20 && p[1] == 0x01 && (p[2] < 2 || (p[2] == 0x0d && p[3] == 0xb8)))
		return false; /* protocols' own, Teredo among them, and documentation */
	if (p[0] == 0x3f && p[1] == 0xff && p[2] < 0x10) /* documentation */
		return false;
	return p[0] >> 5 == 1; /* 2000::/3: what has been given out */
}

bool addr_is_public(const struct addr *a)
{
	const struct addr at = addr_unmapped(a);

	if (at.sa.sa_family == AF_INET)
		return is_public_v4(ntohl(at.v4.sin_addr.s_addr));
	return at.sa.sa_family == AF_INET6 && is_public_v6(&at.v6.sin6_addr);
}
