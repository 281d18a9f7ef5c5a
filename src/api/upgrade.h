/* api/upgrade.h - a live page on its WebSocket, once a worker has judged who asks.
 * Everything on the web loop's thread. */
#pragma once
#include "event/live.h"
#include "io/http.h"

/* A page is closed after this, in ms, and comes back with its cursor: so a session that ended, or a
 * role that was taken away, ends its pages. */
enum { LIVE_PAGE_MS = 15 * 60 * 1000 };

struct upgrade {
	struct live *live;
	struct loop *loop;
	int64_t site_id;
	int64_t cursor; /* 0: from now on */
};

/* The exchange is gone after. */
void upgrade_run(const struct upgrade *up, struct http_exchange *x);
