/* office/push_priv.h - the push sender's inside: one ring, and those whom it wakes. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/timer.h"
#include "office/post.h"
#include "office/push.h"
#include "office/push_text.h"
#include "store/push.h"

enum { RING_ARENA_MAX = 64 * 1024, PUSH_ORIGINS_MAX = 16 };

/* A browser, or a SIP phone. */
struct push_target {
	struct push_ring *ring;
	const char *address; /* the browser's endpoint; the SIP phone's Contact */
	bool sip;
	int64_t id; /* of the subscription */
	struct webpush_keys keys;
	struct view language;
	int64_t failures, retry_at;
	char seen[PUSH_TOKEN_DIGITS + 1], open[PUSH_TOKEN_DIGITS + 1];
	bool shown; /* or awake: it needs no more waking */
	bool out;   /* a message is on its way: */
	enum push_message out_as;
	bool sent;    /* one was taken */
	bool refused; /* this message: the next may go */
	bool gone;
	bool due;  /* the end of the ring is to be told */
	int tries; /* of that */
};

struct push_key {
	int64_t call_id;
	uint64_t device;
};

struct push_ring {
	struct map_node node; /* of those that ring */
	struct list list;     /* of all */
	struct pusher *pusher;
	struct push_key key;
	struct arena arena;
	struct push_call call;
	struct push_target targets[PUSH_TARGETS_MAX];
	size_t ntargets;
	struct timer timer;
	unsigned repeats;
	bool told;                 /* whether anybody could be woken */
	enum push_message message; /* RING, or what its end became */
	const char *why, *by;
};

/* A proof of who we are is made once for each push service and then used for hours: some of them
 * count how often a new one comes. */
struct push_origin {
	char *origin, *token;
	int64_t expires_s;
};

struct pusher {
	const struct clock *clock;
	struct rand *rand;
	struct db *db;
	struct post *post;
	struct webpush_pair key;
	char *contact, *gateway, *gateway_header;
	void (*pushed)(void *arg, int64_t call_id, uint64_t device, int64_t at_ms, bool any);
	void *arg;
	struct timers timers;
	struct map ringing;
	struct list rings;
	size_t nrings;
	struct push_origin origins[PUSH_ORIGINS_MAX];
	size_t next_origin;
	struct push_tokens *tokens;
	pthread_t thread;
	bool started;
	_Atomic size_t sip_rings; /* with a SIP phone among their targets */
	pthread_mutex_t lock;     /* the rest */
	struct list asks;
	size_t nasks;
	bool stopping;
	struct pusher_stats stats;
};

/* What becomes of a message: pure. */
enum push_fate {
	PUSH_TOOK,
	PUSH_BUSY,    /* later, perhaps */
	PUSH_REFUSED, /* this message, for good */
	PUSH_GONE,    /* the subscription */
};
enum push_fate push_judge(long code);
/* How long to leave a subscription alone after so many failures in a row. */
int64_t push_pause_ms(int64_t failures, int64_t retry_s);

/* push_send.c: one message to one target. -EAGAIN and other errors: nothing went out. */
[[nodiscard]] int push_send(struct push_target *t, post_done_fn *done);
void push_origins_free(struct pusher *p);
