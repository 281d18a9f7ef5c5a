/* call/call_priv.h - one call: its caller, the legs that ring, who answered. Shared by switchboard.c,
 * call.c (what happens when), ring.c (who rings when), rung.c (who may still come), leg.c and its
 * kinds (what a leg reports; leg_nobody.c has the test calls, too), app.c (links) and opening.c
 * (switches). */
#pragma once
#include "call/leg.h"
#include "call/machine.h"
#include "call/media.h"
#include "call/steps.h"
#include "call/rung.h"
#include "call/streams.h"

/* How many calls a device makes at this moment. */
struct caller {
	uint64_t device;
	unsigned calls;
	bool tested; /* one of them is a test */
	struct map_node node; /* the switchboard's */
};

/* A switch that is being opened: its code on the way, key by key (opening.c). */
struct opening {
	unsigned number; /* of the switch; 0: none */
	char code[CALL_CODE_MAX];
	size_t sent;
	unsigned waited; /* for the door to listen */
	const char *how; /* for the history */
	bool by_caller;  /* who opens: the caller, or who answered */
	bool hang_up;    /* nobody meant to talk */
	struct timer timer;
};

struct call {
	struct switchboard *sb;
	int64_t id; /* rises with time */
	int64_t site_id;
	unsigned ring_ms, talk_ms; /* at most, from the last step and from the answer */
	enum call_state state;
	struct map_node node; /* the switchboard's */
	struct call_leg caller;
	struct list legs; /* ringing, or the one that answered */
	struct call_leg *answered;
	struct media *media;
	bool test;    /* nobody calls: see switchboard_test */
	bool offered; /* the caller's INVITE had an offer */
	bool ringing_told, early_told;
	bool any_rang, any_busy, any_declined;
	bool picture;       /* the caller shows one */
	bool no_picture;    /* it should, and does not */
	bool picture_back;  /* somebody that it rings shows one */
	bool looked_at;     /* by an app, through a door's own camera */
	const char *why;    /* what ends it, when that is not what the event says; NULL */
	int64_t talking_at; /* UTC, ms */
	unsigned nlegs; /* ever */
	struct call_leg *offering; /* whose new offer waits for the other side */
	struct call_leg *restoring; /* who is offered what was before: its answer was of no use */
	struct call_leg *telling;   /* the caller, that is offered what who answered takes */
	struct call_leg *hearing; /* who is offered the sound, or keys, of an app that only looked */
	struct steps steps;        /* who rings, and who is yet to */
	struct list rung;          /* whom it rings (rung.h) */
	struct list hushed;        /* and whom it would */
	struct timer timer;        /* next step, ring time-out, then talk limit */
	struct timer video;        /* until then the caller may begin to show something */
	struct opening opening;
};

struct switchboard {
	struct switchboard_conf conf;
	struct sessions *sessions;
	struct timers *timers;
	struct event *relay_event;
	struct map calls; /* by id */
	struct map callers; /* by device */
	struct map streams; /* of calls that are over, until the relay has told of them */
	struct map bells;   /* by device: which calls ring for it (rung.h) */
	struct map seats;   /* by device: which apps are connected (app.c) */
	struct list links;  /* apps that are connected */
	struct map line_uses;     /* by site: calls outside (leg_line.c) */
	struct list line_asks;    /* providers whose address is asked for */
	struct evdns_base *names; /* NULL: none was asked for yet */
	int64_t last_id;
	uint64_t session_ids;
	struct switchboard_stats stats;
	bool draining;
	void (*idle)(void *arg);
	void *idle_arg;
};

/* Keys of the switchboard's maps. */
static inline struct view id_key(const int64_t *id)
{
	return (struct view){ (const char *)id, sizeof(*id) };
}

static inline struct view device_key(const uint64_t *device)
{
	return (struct view){ (const char *)device, sizeof(*device) };
}

/* Whom a leg talks to; NULL before somebody answered. */
static inline struct call_leg *call_leg_peer(const struct call_leg *leg)
{
	struct call *call = leg->call;

	return leg == &call->caller ? call->answered : &call->caller;
}

/* call.c. After it the call may be gone. leg: whom it is about; may be NULL. */
void call_event(struct call *call, enum call_event event, struct call_leg *leg);
/* It ends, answered or not. leg: whose doing it was; NULL: nobody's of the two. why: NULL: what
 * that says. */
void call_hang_up(struct call *call, struct call_leg *leg, const char *why);
void call_record(const struct call *call, enum call_record_type type, const struct call_leg *leg,
		 const char *text);
/* Its first result counts: a phone that was busy did not miss the call that ended for it. */
void call_leg_result(struct call_leg *leg, const char *result, const char *why);
/* Ends the leg and forgets it. */
void call_leg_drop(struct call_leg *leg, const char *result, const struct leg_end *end);
/* The caller shows something, or should have begun to. */
void call_picture(struct call *call, bool shows);
/* So does somebody that it rings. */
void call_picture_back(struct call *call);
void call_free(struct call *call);
static inline int64_t call_now(const struct call *call)
{
	return clock_wall_ms(call->sb->conf.clock);
}

/* leg.c */
struct call_leg *leg_new(struct call *call, const struct leg_kind *kind, const struct dir_device *to);
/* It rings no more; the call may be gone after it. code: its final response, or what would be
 * one; lost: none came. */
void leg_lose(struct call_leg *leg, unsigned code, bool lost);
/* The history has it that it did not ring, and why. */
void leg_not_rung(struct call *call, const struct dir_device *to, const char *result,
		  const char *why);
enum legs { LEGS_BEST, LEGS_OTHERS };
/* Starts a leg to the best living binding or link of the device, or to each of its others, `max` at
 * most. */
void legs_start(struct call *call, const struct dir_device *to, enum legs which, unsigned max);
/* The device is no part of the call any more; the call may be gone after it. */
void call_leave(struct call *call, uint64_t device);
void leg_digit(struct call_leg *leg, char digit, enum dtmf_how how);
/* It opened the door that it talks to; the history has it. */
void leg_opened(const struct call_leg *leg, const char *how);

/* leg_sip.c */
/* How media reach a device by this flow. */
struct media_way leg_sip_way(const struct switchboard *sb, uint64_t device, const struct flow *flow);
extern const struct session_handlers caller_handlers;
bool leg_sip_start(struct call *call, const struct dir_device *to, const struct sip_binding *binding);
/* Its media and its session; it is the caller's to append. */
int leg_sip_invite(struct call_leg *leg, const struct session_to *to);
/* The app that looks at it talks from now on. */
void leg_sip_talk(struct call_leg *leg);
/* Keys come: where nothing is sent to it, because the app only looks at it, it is told to listen. */
void leg_sip_hear_keys(struct call_leg *leg);
/* Which binding it is, for all that counts here. */
uint64_t leg_contact(const struct sip_binding *binding);

/* leg_line.c */
/* To a phone outside. False: there is no line, or it was used too often. */
bool leg_line_start(struct call *call, const struct dir_device *to);
void leg_line_free(struct switchboard *sb);

/* leg_app.c */
bool leg_app_start(struct call *call, const struct dir_device *to, struct app_link *link);
/* The caller is an app. */
void leg_app_caller(struct call_leg *leg, struct app_link *link, const struct app_message *dial,
		    const struct dir_device *to);
/* A page of the device came: one that waits for its link takes it. False: there is none. */
bool leg_app_adopt(struct call *call, uint64_t device, struct app_link *link);
void leg_app_resume(struct call_leg *leg, struct app_link *link, bool fresh);
void leg_app_hear(struct call_leg *leg, const struct app_message *message);
/* The link is gone. */
void leg_app_away(struct call_leg *leg);
/* From the relay. */
void leg_app_media(struct call_leg *leg, bool up);

/* app.c */
void app_send(struct app_link *link, struct buf *message);
void app_error(struct app_link *link, const struct app_message *about, const char *code,
	       const char *detail);
/* For leg_app.c: the legs of a link. */
bool app_link_has(const struct app_link *link, const struct call *call);
bool app_link_full(const struct app_link *link);
void app_link_add(struct app_link *link, struct call_leg *leg);
void app_link_remove(struct call_leg *leg);
/* Each link of the device, the one that came last first, until fn says false. */
void app_each_link(struct switchboard *sb, uint64_t device,
		   bool (*fn)(void *arg, struct app_link *link), void *arg);
/* The directory changed the device: links whose device it is no more lose it. */
void app_device_changed(struct switchboard *sb, uint64_t device);
void app_links_free(struct switchboard *sb);

/* opening.c */
/* leg: who opens; of a call that rings or talks. how: for the history. -ENOENT: no such switch;
 * -EBUSY: another is being opened. After it the call may be gone. */
int opening_start(struct call_leg *leg, unsigned number, const char *how);
/* Who opened talks now: the call goes on. False: nothing was about to end it. */
bool opening_stay(struct call *call);
void opening_stop(struct call *call);

/* ring.c */
/* The first step; answers the caller when nobody can ring, and the call may be gone after it. */
void ring_begin(struct call *call, const struct route *route);
/* Somebody rings no more, or will not come: if nobody else does, the next step begins. False: none
 * is left, and the call is gone. */
bool ring_less(struct call *call);
/* Until when it rings, if nobody answers: UTC, ms. */
int64_t ring_until(const struct call *call);
/* The device may ring in this call: it is of its site. NULL: not. */
const struct dir_device *ring_device(const struct call *call, uint64_t number);

/* switchboard.c */
/* A number that no call and no opening had before; rises with time, also over restarts. */
int64_t switchboard_id(struct switchboard *sb);
struct call *switchboard_call(const struct switchboard *sb, int64_t id);
/* A new call without its caller's leg; NULL without memory. */
struct call *switchboard_call_new(struct switchboard *sb, const struct dir_device *from);
/* Rings; its caller is there. */
void switchboard_call_start(struct call *call, const struct dir_device *from,
			    const struct route *route);
/* Takes it back before it was started. */
void switchboard_call_drop(struct call *call);
bool switchboard_is_full(const struct switchboard *sb);
bool switchboard_is_busy(const struct switchboard *sb, uint64_t device);
/* A test call rings in its name. */
bool switchboard_is_tested(const struct switchboard *sb, uint64_t device);
void switchboard_forget(struct switchboard *sb, struct call *call);
