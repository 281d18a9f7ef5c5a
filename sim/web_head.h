/* sim/web_head.h - the head of an HTTP/1.1 request (RFC 9112), read strictly. Pure. */
#pragma once
#include "base/buf.h"

enum {
	WEB_HEAD_MAX = 16 * 1024,
	WEB_FIELDS_MAX = 64,
	WEB_BODY_MAX = 64 * 1024,
};

struct web_head {                        /* views into what was read */
	struct view method, path, query; /* query: what follows the '?' */
	struct view type, languages;     /* Content-Type, Accept-Language; empty when absent */
	size_t body_n;                   /* of Content-Length */
	bool close;                      /* no further request comes, or may come */
	bool expects;                    /* Expect: 100-continue */
};

/* The bytes of the head with its empty line, 0 while that has not come. */
size_t web_head_size(struct view bytes);
/* head: as long as web_head_size said. 0, or the HTTP status of the refusal. */
[[nodiscard]] unsigned web_head_read(struct view head, struct web_head *ret_head);
