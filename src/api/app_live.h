/* api/app_live.h - the connections of apps: a WebSocket on the web loop, and on the sip loop the
 *link through which it takes part in calls (call/app.h). Between the two, messages are posted from
 *loop to loop, and keep their order both ways.
 *
 * A connection ends when its session does, or when the session's apps are others than before: that
 * is looked up every APP_CHECK_MS, and at once when the change feed tells of one of the devices or
 * of the person, or when the person signs out somewhere. It ends too when either side does not keep up: with more than APP_WAY_MAX messages
 * on the way. The codes (RFC 6455 section 7.4.1) with which it closes:
 *
 *	1008  the session is over, or has no app any more
 *	1012  its apps are others now: connect again
 *	1013  too many, or too slow: connect again after a while
 *
 * Which devices have a connection is written down by the journal, and forgotten at a crash's
 *restart (store/app.h). */
#pragma once
#include "api/app.h"
#include "io/loop.h"
#include "io/worker.h"

enum {
	APP_CHECK_MS = 2 * 60 * 1000,
	APP_WAY_MAX = 256, /* messages of one connection on the way to the other loop */
};

struct app_live;
struct journal;
struct live;
struct switchboard;

struct app_live_conf {
	const struct env *env;
	struct loop *web, *sip;
	struct workers *workers; /* their state is api_worker_open's */
	struct live *live;       /* NULL: only APP_CHECK_MS counts */
	struct switchboard *switchboard;
	struct journal *journal; /* NULL: nobody is told who is connected */
};

[[nodiscard]] int app_live_new(const struct app_live_conf *conf, struct app_live **ret_live);
/* Sessions of the person have ended: looks which connections go with them. Any thread. NULL is fine. */
void app_live_look(struct app_live *live, int64_t person_id);
/* After workers_stop, and before http_free, which runs what is posted: no worker is asked any more.
 * NULL is fine. */
void app_live_stop(struct app_live *live);
/* After http_free, before switchboard_free and loop_free, while neither loop runs. What is still posted
 * finds nobody. NULL is fine. */
void app_live_free(struct app_live *live);

/* What a connection needs of the request that asked for it. */
struct app_live_ask {
	const struct app_device_row *apps;
	size_t napps;
	int64_t person_id;   /* 0: a device's session only */
	struct view cookies; /* of the sessions alone */
	bool secure;
};

/* Of a request of RIGHT_APP, on its worker; lives as long as the request's arena. cookies p NULL
 * without memory. */
struct app_live_ask app_live_ask(struct request *r);
/* The exchange is gone after. On the web loop's thread. */
void app_live_run(struct app_live *live, const struct app_live_ask *ask, struct http_exchange *x);
