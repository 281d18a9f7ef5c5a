/* media/worker.h - one media thread: its sockets, its legs, its two queues.
 *
 * Fields above `lock` belong to the thread; those below are shared under it. */
#pragma once
#include <pthread.h>
#include <sys/uio.h>
#include "media/session.h"

enum {
	WORKER_BATCH = 32,
	WORKER_WEB_BATCHES = 16, /* of a browsers' socket in a round */
};

struct event_node {
	struct event_node *next;
	struct relay_event event;
};

struct worker {
	pthread_t thread;
	bool started;
	int epoll;
	int wake;  /* eventfd: orders wait */
	int ready; /* eventfd of the relay: events wait; not owned */
	const struct clock *clock;
	unsigned tick_us;
	uint64_t now_us; /* at the start of the round */
	uint64_t scan_us;
	unsigned packets; /* since the last scan */
	bool loaded;
	bool told; /* the owner, in this round: it is woken at its end */
	struct list legs;
	uint8_t bytes[WORKER_BATCH][RELAY_PACKET_MAX];
	struct addr names[WORKER_BATCH];
	struct iovec iov[WORKER_BATCH];
	struct mmsghdr in[WORKER_BATCH];
	struct timers timers;
	struct web *web;                      /* NULL: no browser legs */
	struct end web_ends[ICE_SOCKETS_MAX]; /* of its sockets; without a channel */

	pthread_mutex_t lock;
	bool stop;
	struct order *orders, **orders_tail;
	unsigned norders;
	struct event_node *events, **events_tail;
	unsigned nevents;
	uint64_t events_lost;
	struct done *done, **done_tail;

	unsigned load;     /* legs; the owner's alone */
	unsigned web_legs; /* browsers among them */
};

struct worker_conf {
	int ready;                 /* see above */
	const struct clock *clock; /* serves every thread, and so does rand */
	struct rand *rand;
	unsigned tick_us;
	const struct addr *web; /* where browser legs are */
	unsigned nweb;
};

/* The struct must stay where it is until worker_stop. */
[[nodiscard]] int worker_start(struct worker *w, const struct worker_conf *conf);
/* Ends the thread. The queues keep what is in them; worker_free drops it. */
void worker_stop(struct worker *w);
void worker_free(struct worker *w);

/* Owner: puts an order in; -EAGAIN when RELAY_COMMANDS_MAX wait, unless it must go. */
[[nodiscard]] int worker_post(struct worker *w, struct order *o);
void worker_post_always(struct worker *w, struct order *o);
/* Owner: the oldest event, or NULL. The caller frees it. */
struct event_node *worker_event(struct worker *w);
/* Owner: the oldest closed leg or session if no event waits before it, or NULL. */
struct done *worker_done(struct worker *w);

/* Thread: tells the owner. An event may be lost at RELAY_EVENTS_MAX, a closing never. */
void worker_tell(struct worker *w, const struct relay_event *event);
void worker_hand_back(struct worker *w, struct done *done);
