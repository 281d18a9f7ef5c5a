/* call/machine.h - the states of a call, as a table. Pure.
 *
 * What a call does at a step is the action of the table; call.c has a function for each. An event
 * that a state does not allow is ignored and logged, for the network decides the order. */
#pragma once
#include <stdbool.h>
#include "base/buf.h"

enum call_state { CALL_NEW, CALL_RINGING, CALL_TALKING, CALL_ENDED, CALL_NSTATES };

enum call_event {
	CALL_EV_ROUTED,       /* at least one leg was started */
	CALL_EV_NOBODY,       /* none could be */
	CALL_EV_PROGRESS,     /* a leg rings or shows early media */
	CALL_EV_ANSWER,       /* a leg answered */
	CALL_EV_LEG_LOST,     /* a leg refused or vanished, others go on */
	CALL_EV_ALL_LOST,     /* the last one did */
	CALL_EV_CANCEL,       /* the caller gave up */
	CALL_EV_HANGUP,       /* one of the two hung up */
	CALL_EV_RING_TIMEOUT, /* nobody answered in time */
	CALL_EV_TALK_LIMIT,   /* talked for as long as is allowed */
	CALL_EV_SILENT,       /* one side sends nothing any more */
	CALL_EV_STOP,         /* the server goes down */
	CALL_NEVENTS,
};

enum call_action {
	CALL_DO_NOTHING,
	CALL_DO_RING,     /* 180 or 183 to the caller */
	CALL_DO_BRIDGE,   /* connect, tell the others "completed elsewhere" */
	CALL_DO_DROP_LEG, /* forget the leg */
	CALL_DO_REFUSE,   /* final refusal to the caller */
	CALL_DO_RELEASE,  /* stop every ringing leg; the caller is gone already */
	CALL_DO_TIME_OUT, /* stop every ringing leg, 480 to the caller */
	CALL_DO_HANG_UP,  /* BYE to whoever is still there */
	CALL_DO_SHUT,     /* refuse or hang up, whatever it takes */
};

struct call_step {
	bool allowed;
	enum call_state next;
	enum call_action action;
};

const struct call_step *call_step(enum call_state state, enum call_event event);
const char *call_state_name(enum call_state state);
const char *call_event_name(enum call_event event);
/* The table as a Mermaid state diagram: doc/call-states.md is printed from it. */
void call_diagram(struct buf *out);
