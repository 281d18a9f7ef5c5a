/* proto/sip_push.h - how a SIP phone may be woken: the parameters of its Contact's URI (RFC 8599
 * section 4). Views point into the URI. Pure. */
#pragma once
#include "base/buf.h"

struct sip_push {
	struct view provider; /* the push service: apns, fcm …; empty: it asks which there are */
	struct view prid;     /* whom the service knows the phone by */
	struct view param;    /* what the service wants besides; may be empty */
};

/* False: the URI names no push service, or names one twice. */
bool sip_push_read(struct view uri, struct sip_push *ret_push);
/* There is all that waking takes. */
bool sip_push_is_whole(const struct sip_push *push);
/* One of the words of a list with spaces between them, in any case. */
bool sip_push_is_among(struct view provider, const char *words);
/* Appends a value without its escapes (RFC 3261 section 19.1.2). */
void sip_push_plain(struct view value, struct buf *out);
