/* server/expiry.h - old rows of trail and history are forgotten: hourly, a part at a time.
 *
 * The work is done on the feed's thread, which has a database connection and nothing urgent to do; the
 * timer is the sip loop's, where everything here is called. */
#pragma once
#include "event/feed.h"
#include "io/loop.h"

enum {
	EXPIRY_MS = 3600 * 1000, /* how often */
	EXPIRY_NEXT_MS = 1000,   /* between two parts, so that others get their turn */
};

struct expiry_conf {
	struct feed *feed;
	struct loop *loop;
	const struct clock *clock;
	int64_t audit_days, call_days; /* how long rows are kept */
};

struct expiry {
	struct expiry_conf conf;
	struct timer timer;
	/* the feed's thread: between two parts of the history, and the site that was done last */
	bool more;
	int64_t after;
};

/* The first part begins at once. The struct outlives feed and loop. */
void expiry_start(struct expiry *e, const struct expiry_conf *conf);
