/* call/call_priv.h - one call: its caller, the legs that ring, who answered. Shared by switchboard.c,
 * call.c (what happens when), ring.c (who rings when) and leg.c (what a leg reports). */
#pragma once
#include "base/list.h"
#include "base/timer.h"
#include "call/dtmf.h"
#include "call/machine.h"
#include "call/media.h"
#include "call/steps.h"
#include "call/streams.h"
#include "call/switchboard.h"

enum { CALL_CODE_MAX = 17 };

struct call;

struct call_leg {
	struct call *call;
	struct session *session; /* NULL: ended */
	unsigned at;             /* index in the call's media; the caller's is 0 */
	unsigned number;         /* unique in the call, unlike `at` */
	uint64_t device;
	char name[CALL_NAME_MAX];
	char code[CALL_CODE_MAX]; /* what opens it, when it is a door; "" for none */
	int64_t rang_at;          /* when 180 or 183 came; 0: not yet */
	bool early; /* its answer came with a 183 */
	bool told;  /* the history has its result */
	struct dtmf dtmf;
	struct list list; /* the call's legs */
};

/* How many calls a device makes at this moment. */
struct caller {
	uint64_t device;
	unsigned calls;
	struct map_node node; /* the switchboard's */
};

struct call {
	struct switchboard *sb;
	int64_t id; /* rises with time */
	int64_t site_id;
	enum call_state state;
	struct map_node node; /* the switchboard's */
	struct call_leg caller;
	struct list legs; /* ringing, or the one that answered */
	struct call_leg *answered;
	struct media *media;
	bool offered; /* the caller's INVITE had an offer */
	bool ringing_told, early_told;
	bool any_rang, any_busy, any_declined;
	unsigned nlegs; /* ever */
	struct call_leg *offering; /* whose new offer waits for the other side */
	struct call_leg *restoring; /* who is offered what was before: its answer was of no use */
	struct steps steps;        /* who rings, and who is yet to */
	struct timer timer;        /* next step, ring time-out, then talk limit */
};

struct switchboard {
	struct switchboard_conf conf;
	struct sessions *sessions;
	struct timers *timers;
	struct event *relay_event;
	struct map calls; /* by id */
	struct map callers; /* by device */
	struct map streams; /* of calls that are over, until the relay has told of them */
	int64_t last_id;
	uint64_t session_ids;
	struct switchboard_stats stats;
	bool draining;
	void (*idle)(void *arg);
	void *idle_arg;
};

/* Whom a leg talks to; NULL before somebody answered. */
static inline struct call_leg *call_leg_peer(const struct call_leg *leg)
{
	struct call *call = leg->call;

	return leg == &call->caller ? call->answered : &call->caller;
}

/* call.c. After it the call may be gone. leg: whom it is about; may be NULL. */
void call_event(struct call *call, enum call_event event, struct call_leg *leg);
void call_record(const struct call *call, enum call_record_type type, const struct call_leg *leg,
		 const char *text);
/* Its first result counts: a phone that was busy did not miss the call that ended for it. */
void call_leg_result(struct call_leg *leg, const char *result);
/* Ends the leg's session (if any) and forgets it. */
void call_leg_drop(struct call_leg *leg, const char *result, const char *reason);
void call_free(struct call *call);

/* leg.c */
enum legs { LEGS_BEST, LEGS_OTHERS };
/* Starts a leg to the best living binding of the device, or to each of its others, `max` at most. */
void legs_start(struct call *call, const struct dir_device *to, enum legs which, unsigned max);
extern const struct session_handlers caller_handlers;
/* The device is no part of the call any more; the call may be gone after it. */
void call_leave(struct call *call, uint64_t device);
void leg_digit(struct call_leg *leg, char digit, enum dtmf_how how);

/* ring.c */
/* The first step; answers the caller when nobody can ring, and the call may be gone after it. */
void ring_begin(struct call *call, const struct route *route);
/* The next step, if any is left, begins now, and one after the other until somebody rings. False:
 * nobody does. */
bool ring_on(struct call *call);

/* switchboard.c */
/* A number that no call and no opening had before; rises with time, also over restarts. */
int64_t switchboard_id(struct switchboard *sb);
void switchboard_forget(struct switchboard *sb, struct call *call);
