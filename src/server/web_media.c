#include "server/web_media.h"

#include "base/buf.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>

static void add(struct web_media *m, const struct addr *at)
{
	for (unsigned i = 0; i < m->n; i++) {
		if (addr_same_host(&m->at[i], at))
			return;
	}
	if (m->n < RELAY_WEB_MAX)
		m->at[m->n++] = addr_with_port(at, 0);
}

static int find_named(const char *list, struct web_media *m, struct err *err)
{
	struct view rest = view_str(list);
	char text[ADDR_TEXT_MAX];
	struct addr at;

	while (rest.n) {
		const struct view one = view_trim(view_cut(rest, ',', &rest));

		snprintf(text, sizeof(text), "%.*s", (int)one.n, one.p);
		if (addr_parse_host(text, &at) < 0 || addr_is_wildcard(&at))
			return err_set(err, -EINVAL, "web_media: \"%s\" is no address of a host",
				       text);
		add(m, &at);
	}
	return 0;
}

/* Others can reach it: loopback cannot be, and link-local addresses of IPv6 need an interface's
 * name, which candidates do not have. */
static bool is_reachable(const struct addr *at)
{
	return !addr_is_loopback(at) && (at->sa.sa_family == AF_INET || !addr_is_link_local(at));
}

static void add_interface(struct web_media *m, const struct ifaddrs *i, int family)
{
	struct addr at = {};

	if (!(i->ifa_flags & IFF_UP) || i->ifa_addr == NULL || i->ifa_addr->sa_family != family)
		return;
	at.len = family == AF_INET ? sizeof(at.v4) : sizeof(at.v6);
	memcpy(&at.v6, i->ifa_addr, at.len);
	if (is_reachable(&at))
		add(m, &at);
}

/* Every address of the host in the families that SIP's wildcard hears; IPv4 first, which more
 * networks have. */
static int find_own(const struct addr *sip, struct web_media *m, struct err *err)
{
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return err_set(err, -errno, "cannot ask for this host's addresses");
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		add_interface(m, i, AF_INET);
	for (const struct ifaddrs *i = all; i && sip->sa.sa_family == AF_INET6; i = i->ifa_next)
		add_interface(m, i, AF_INET6);
	freeifaddrs(all);
	return 0;
}

int web_media_find(const struct settings *s, struct web_media *ret_media, struct err *err)
{
	struct web_media m = {};
	struct addr sip;
	int rc = 0;

	if (addr_parse(s->sip, &sip) < 0)
		return err_set(err, -EINVAL, "sip: no address");
	if (s->web_media && s->web_media[0])
		rc = find_named(s->web_media, &m, err);
	else if (addr_is_wildcard(&sip))
		rc = find_own(&sip, &m, err);
	else
		add(&m, &sip);
	if (rc < 0)
		return rc;
	if (s->sip_public && addr_parse_host(s->sip_public, &m.seen) == 0)
		for (unsigned i = 0; i < m.n; i++)
			if (addr_same_host(&m.seen, &m.at[i]))
				m.seen = (struct addr){};
	*ret_media = m;
	return 0;
}
