#include "device/local.h"

#include "base/addr.h"

#include <errno.h>

enum { HOST_MAX = 64 };

/* user@host:port of a contact, without scheme, parameters and headers. */
static struct view place_of(struct view contact)
{
	struct view rest, place;

	view_cut(contact, ':', &rest);
	place = view_cut(rest, ';', &rest);
	return view_cut(place, '?', &rest);
}

/* A host name of a contact says nothing about where it is: only numbers count. */
static bool host_of(struct view place, struct addr *ret_addr)
{
	struct view host = place;
	char text[HOST_MAX];

	for (size_t i = 0; i < place.n; i++)
		if (place.p[i] == '@')
			host = (struct view){ place.p + i + 1, place.n - i - 1 };
	if (host.n == 0 || host.n >= sizeof(text))
		return false;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	return addr_parse(text, ret_addr) == 0 || addr_parse_host(text, ret_addr) == 0;
}

/* RFC 1918, RFC 4193, and those of a link or a host: they mean something in one network only. */
static bool is_local(const struct addr *mapped)
{
	const struct addr a = addr_unmapped(mapped);

	if (addr_is_loopback(&a) || addr_is_link_local(&a))
		return true;
	if (a.sa.sa_family == AF_INET) {
		const uint32_t ip = ntohl(a.v4.sin_addr.s_addr);

		return ip >> 24 == 10 || ip >> 20 == 0xac1 || ip >> 16 == 0xc0a8;
	}
	return (a.v6.sin6_addr.s6_addr[0] & 0xfe) == 0xfc;
}

static bool has_line(const struct local_peer *peers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (peers[i].line)
			return true;
	return false;
}

static enum local_fault fault_of(const struct local_peer *peer, bool beside_line)
{
	struct addr host;

	if (!peer->local)
		return LOCAL_FINE;
	if (beside_line)
		return LOCAL_LINE;
	if (!peer->contact.p)
		return LOCAL_ABSENT;
	return host_of(place_of(peer->contact), &host) && is_local(&host) ? LOCAL_FINE
									  : LOCAL_OUTSIDE;
}

static struct view text_view(const char *text)
{
	return text ? view_str(text) : (struct view){};
}

static struct view direct_uri(const struct local_peer *peer, struct arena *arena)
{
	const struct view place = place_of(peer->contact);
	const bool udp = !peer->transport.p || view_eq(peer->transport, VIEW("udp"));

	return text_view(arena_printf(arena, "sip:%.*s%s%.*s", (int)place.n, place.p,
				      udp ? "" : ";transport=", udp ? 0 : (int)peer->transport.n,
				      udp ? "" : peer->transport.p));
}

static struct view server_uri(int64_t user, struct view registrar, struct arena *arena)
{
	return text_view(arena_printf(arena, "sip:%lld@%.*s", (long long)user, (int)registrar.n,
				      registrar.p));
}

int local_button(int64_t button, const struct local_peer *peers, size_t n, struct view registrar,
		 struct arena *arena, struct local_button *ret_button)
{
	struct local_button b = { .dials = arena_alloc(arena, (n + 1) * sizeof(*b.dials)) };
	const bool line = has_line(peers, n);
	size_t ndirect = 0;

	if (!b.dials)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const enum local_fault fault = fault_of(&peers[i], line);

		b.dials[i] = (struct local_dial){ .direct = peers[i].local && fault == LOCAL_FINE,
						  .fault = fault };
		ndirect += b.dials[i].direct;
	}
	for (size_t i = 0; i < n && ndirect; i++) {
		struct local_dial *d = &b.dials[i];

		d->uri = d->direct ? direct_uri(&peers[i], arena)
				   : server_uri(peers[i].device, registrar, arena);
		if (!d->uri.p)
			return -ENOMEM;
	}
	if (!ndirect) {
		b.uri = server_uri(button, registrar, arena);
		if (!b.uri.p)
			return -ENOMEM;
	}
	*ret_button = b;
	return 0;
}
