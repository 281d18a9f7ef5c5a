/* server/web_media.h - where the media of browsers is: what web_media says, or else what follows
 * from where SIP listens. Asks the system for its addresses, once, before any thread. */
#pragma once
#include "media/relay.h"
#include "server/settings.h"

struct web_media {
	struct addr at[RELAY_WEB_MAX]; /* without a port */
	unsigned n;                    /* 0: the host has no address that another could reach */
	struct addr
		seen; /* the first of them through a NAT: sip_public; unset when it is no address */
};

/* -EINVAL for a setting that is no address, or what the system said. */
[[nodiscard]] int web_media_find(const struct settings *s, struct web_media *ret_media,
				 struct err *err);
