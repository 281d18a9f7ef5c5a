/* call/leg.h - one party of a call: a phone (leg_sip.c), an app (leg_app.c), or nobody
 * (leg_nobody.c), in whose name a door is answered that is opened from afar (opening.c), and who
 * makes test calls. The call does not care which. */
#pragma once
#include "base/list.h"
#include "base/timer.h"
#include "call/app.h"
#include "call/dtmf.h"
#include "call/record.h"
#include "call/switchboard.h"
#include "proto/app_message.h"

enum { CALL_CODE_MAX = 17, LEG_PICTURE_MS = 1000 };

struct call;
struct call_leg;

struct leg_end {
	const char *why;    /* a word of call_trace.why */
	const char *by;     /* who did it; NULL: not told */
	unsigned code;      /* of the final response to a caller that was not answered */
	const char *phrase; /* of that response; else the value of a Reason header, or NULL */
};

/* What a party is told. None of these calls an event of the call, but `connect`. */
struct leg_kind {
	/* The caller: somebody rings. early: whose media it may have already, or NULL. */
	void (*ringing)(struct call_leg *caller, struct call_leg *early);
	/* The caller: `by` answered. A negative errno: it cannot be connected. The call may end in
	 * it. */
	int (*connect)(struct call_leg *caller, struct call_leg *by);
	/* The callee that answered: it has the call. */
	void (*connected)(struct call_leg *callee);
	/* It is over. The second time nothing happens. */
	void (*end)(struct call_leg *leg, const struct leg_end *end);
	void (*digit)(struct call_leg *leg, char digit);
	/* It opened this switch. */
	void (*opened)(struct call_leg *leg, unsigned number);
	/* A viewer wants a key frame of it. */
	void (*picture)(struct call_leg *leg);
	/* The caller shows a picture now, or none. */
	void (*video)(struct call_leg *callee, bool shows);
};

extern const struct leg_kind leg_sip, leg_app, leg_nobody;

/* A SIP phone's. */
struct leg_phone {
	struct session *session; /* NULL: ended */
	uint64_t contact;        /* of which binding (leg_contact) */
	struct flow flow;        /* that it was called by */
	int64_t picture_ms;      /* when it was asked for a key frame last */
};

/* An app's. */
struct leg_page {
	struct app_link *link; /* NULL: its socket is gone, or it has left */
	struct list of_link;
	char token[APP_TOKEN_DIGITS + 1];
	bool over;
	bool answer_wanted; /* before its media are agreed on */
	bool offered;       /* as caller: it was sent an offer */
	bool look;          /* as caller: it is not heard */
	bool down;          /* its media broke down */
	struct timer away;  /* its link comes back until then */
	struct timer mute;  /* its media do */
};

struct call_leg {
	struct call *call;
	const struct leg_kind *kind;
	unsigned at;     /* index in the call's media; the caller's is 0 */
	unsigned number; /* unique in the call, unlike `at` */
	uint64_t device;
	char name[CALL_NAME_MAX];
	char code[CALL_CODE_MAX]; /* what opens it, when it is a door; "" for none */
	bool early;               /* it has agreed on media, and has not answered */
	bool told;                /* the history has its result */
	struct call_trace trace;
	struct dtmf dtmf;
	struct list list; /* the call's legs */
	union {
		struct leg_phone phone;
		struct leg_page page;
	};
};
