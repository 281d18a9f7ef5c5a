/* office/push.h - the push sender: wakes phones that sleep, while a call rings for them.
 *
 * One thread with a database connection of its own. What is asked of it goes into a queue and never
 * waits; a browser gets its messages through the push service that it subscribed to
 * (proto/webpush.h, store/push.h), a SIP phone with push parameters (RFC 8599) through the gateway
 * of the settings.
 *
 * A ring goes out at once and again every PUSH_REPEAT_MS, to each browser until it says that it
 * shows the call, and to a SIP phone until it registers, or until the call rings no more; then what
 * was shown is taken back (`cancel`), or turned into a missed call. Messages of one call have one
 * topic, so that the push service keeps only the last of them for a phone that is off.
 *
 * A subscription that is gone (404, 410), or that was refused PUSH_REFUSALS_MAX times in a row, is
 * removed; a service that is busy is left alone for as long as it says. */
#pragma once
#include "base/clock.h"
#include "base/err.h"
#include "base/rand.h"
#include "office/push_token.h"
#include "proto/webpush.h"

enum {
	PUSH_REPEAT_MS = 4000,
	PUSH_REPEATS_MAX = 45,
	PUSH_TTL_S = 30, /* of a ring and of its end, if it does not end sooner */
	PUSH_MISSED_TTL_S = 12 * 3600,
	PUSH_TRIES_MAX = 3,        /* of a cancel, or of a missed call */
	PUSH_PAUSE_MAX_MS = 60000, /* after failures in a row, unless the service says otherwise */
	PUSH_REFUSALS_MAX = 10,
	PUSH_LINGER_MS = 60000, /* a ring whose end nobody told is forgotten so long after it */
	PUSH_RINGS_MAX = 20000,
	PUSH_ASKS_MAX = 40000,  /* waiting */
	PUSH_TARGETS_MAX = 18,  /* browsers and SIP phones of one device */
	PUSH_NAME_MAX = 128,    /* bytes of a name that are told */
	PUSH_CONTACT_MAX = 512, /* bytes of a SIP phone's Contact */
};

/* A call, for one of those that it rings. The texts are copied. */
struct push_call {
	int64_t call_id, site_id;
	uint64_t device, from;
	const char *from_name;
	int64_t at, until;       /* UTC, ms */
	unsigned switch_number;  /* what its notice may open; 0: nothing */
	const char *switch_name; /* "" for none */
	bool test;               /* nobody came: there is nothing to miss */
	bool camera;             /* who calls has one: its notice may show what that sees */
};

struct pusher_conf {
	const char *db_url;
	const struct clock *clock;
	struct rand *rand; /* rand_system: it is used from several threads */
	struct webpush_pair key;
	const char *contact;       /* mailto: or https:, for the push services; "" for none */
	const char *ca_file;       /* as in office/post.h */
	bool private;              /* likewise */
	const char *gateway;       /* where SIP phones are woken; NULL: nowhere */
	const char *gateway_token; /* goes with it as a bearer token; NULL: none */
	/* The first message of a ring was taken, or (any false) there is nobody to send one to. On
	 * the push sender's thread. */
	void (*pushed)(void *arg, int64_t call_id, uint64_t device, int64_t at_ms, bool any);
	void *arg;
};

struct pusher;

/* What conf points at is copied, but for clock and rand. */
[[nodiscard]] int pusher_start(const struct pusher_conf *conf, struct err *err,
			       struct pusher **ret_pusher);
/* What is on its way is given up. NULL is fine. */
void pusher_stop(struct pusher *p);

/* Any thread; these never wait. What is beyond PUSH_ASKS_MAX is dropped, and logged. */
void push_ring(struct pusher *p, const struct push_call *call);
/* It rings there no more. why: a word of call_trace.why; where it means that nobody came to answer,
 * a missed call is told of, unless it was a test. by: who answered elsewhere, "" if that is not
 * known. */
void push_cancel(struct pusher *p, int64_t call_id, uint64_t device, const char *why,
		 const char *by);
/* A call that this device has missed, whether or not it was rung. */
void push_missed(struct pusher *p, const struct push_call *call);
/* A SIP phone's binding ends soon: it is woken to register again. */
void push_refresh(struct pusher *p, uint64_t device, const char *contact);
/* A SIP phone registered: it needs no more waking. */
void push_awake(struct pusher *p, uint64_t device);

/* Somebody tells a token. Once. Any thread. -ENOENT: there is none such. */
[[nodiscard]] int push_seen(struct pusher *p, struct view token, struct push_token *ret_what);
[[nodiscard]] int push_open(struct pusher *p, struct view token, struct push_token *ret_what);

struct pusher_stats {
	uint64_t rings, tokens, waiting;            /* now */
	uint64_t sent, failed, gone, dropped, lost; /* ever */
};
/* Any thread. */
struct pusher_stats pusher_stats(struct pusher *p);
