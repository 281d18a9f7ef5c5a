/* sip/re.h - libre's message parser, and nothing else of it.
 *
 * Its list shares names with base/list.h, so it is renamed on the way in; its headers are not
 * written for our warnings. pkg-config omits the three HAVE_ macros (src/sip/meson.build sets them).
 * A sip_msg is reference-counted: mem_ref and mem_deref. Its views point into its own buffer. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"

#pragma GCC system_header
#define list re_list
#define list_init re_list_init
#define list_append re_list_append
#include <re/re_types.h>
#include <re/re_fmt.h>
#include <re/re_mem.h>
#include <re/re_mbuf.h>
#include <re/re_list.h>
#include <re/re_sa.h>
#include <re/re_uri.h>
#include <re/re_msg.h>
#include <re/re_httpauth.h>
#include <re/re_sip.h>
#undef list
#undef list_init
#undef list_append

static inline struct view view_pl(const struct pl *pl)
{
	return (struct view){ pl->p, pl->l };
}

static inline struct pl pl_view(struct view v)
{
	return (struct pl){ .p = v.p, .l = v.n };
}

/* Reads a message. -EBADMSG, -ENOMEM. */
[[nodiscard]] int re_read(struct view raw, struct sip_msg **ret_msg);
/* libre's name for it, and it takes this one (re.c). Any thread. */
uint64_t rand_u64(void);

/* The value of the first header of that kind; the empty view without one. */
static inline struct view sip_header(const struct sip_msg *msg, enum sip_hdrid id)
{
	const struct sip_hdr *h = sip_msg_hdr(msg, id);

	return h ? view_pl(&h->val) : (struct view){};
}

static inline struct view sip_body(const struct sip_msg *msg)
{
	return (struct view){ (const char *)msg->mb->buf + msg->mb->pos, msg->mb->end - msg->mb->pos };
}

/* Fit for the request line of what we send: no spaces, control characters, quotes or brackets. */
static inline bool sip_uri_clean(struct view uri)
{
	for (size_t i = 0; i < uri.n; i++)
		if (uri.p[i] <= ' ' || uri.p[i] > '~' || strchr("<>\"", uri.p[i]))
			return false;
	return uri.n > 0;
}
