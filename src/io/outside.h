/* io/outside.h - HTTP through libcurl to addresses that others gave us.
 *
 * No redirects, nothing from the environment, an end to every wait; and whether an address will do is
 * asked when the connection is made, and again when a request goes over one that is there, so that no
 * name can turn into another address meanwhile. The handles, and what is fetched, are their owner's.
 */
#pragma once
#include "base/addr.h"

#include <curl/curl.h>

struct outside {
	/* The port of `to` is not always there. */
	bool (*may_connect)(const struct outside *outside, const struct addr *to);
	const char *schemes; /* "https", or "http,https" */
	long ms, connect_ms; /* the whole of it; name, TCP and TLS */
};

/* The struct stays where it is while the handle is there. */
[[nodiscard]] CURLcode outside_set(CURL *curl, const struct outside *outside);
/* Calls `ended` with the CURLOPT_PRIVATE of each handle that has come to an end; how many. */
size_t outside_ended(CURLM *multi, void (*ended)(void *private, CURLcode code));
