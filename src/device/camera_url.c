#include "device/camera_url.h"

/* Behind the scheme; n 0: it has none of ours. */
static size_t scheme_length(struct view url)
{
	static const struct view schemes[] = { { "http://", 7 }, { "https://", 8 } };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		const size_t n = schemes[i].n;

		if (url.n > n && view_ieq((struct view){ url.p, n }, schemes[i]))
			return n;
	}
	return 0;
}

static size_t authority_length(struct view rest)
{
	size_t n = 0;

	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?' && rest.p[n] != '#')
		n++;
	return n;
}

/* Names, numbers, brackets of IPv6: nothing that two programs could read in two ways. */
static bool is_authority(struct view v)
{
	bool good = v.n > 0 && v.p[0] != ':' && v.p[0] != '.' && v.p[0] != '-';

	for (size_t i = 0; i < v.n; i++) {
		const char c = v.p[i];

		good = good && ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
				c == '.' || c == '-' || c == ':' || c == '[' || c == ']');
	}
	return good;
}

static bool is_printable(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] <= ' ' || v.p[i] > '~' || v.p[i] == '\\' || v.p[i] == '#')
			return false;
	return true;
}

const char *camera_url_fault(struct view url)
{
	const size_t scheme = scheme_length(url);
	const struct view rest = { url.p + scheme, url.n - scheme };
	const struct view authority = { rest.p, authority_length(rest) };

	if (url.n > CAMERA_URL_MAX)
		return "is too long.";
	if (!scheme)
		return "must be an address such as http://192.168.1.20/snapshot.jpg.";
	for (size_t i = 0; i < authority.n; i++)
		if (authority.p[i] == '@')
			return "must have no name or password: they have fields of their own.";
	if (!is_authority(authority))
		return "must name a host behind http:// or https://.";
	return is_printable(rest) ? NULL : "must have no spaces, backslashes or #.";
}

struct view camera_url_origin(struct view url)
{
	const size_t scheme = scheme_length(url);
	const struct view rest = { url.p + scheme, url.n - scheme };

	return (struct view){ url.p, scheme + authority_length(rest) };
}

bool camera_is_near(const struct addr *at)
{
	const struct addr a = addr_unmapped(at);

	return addr_is_loopback(&a) || addr_is_wildcard(&a) || addr_is_link_local(&a);
}
