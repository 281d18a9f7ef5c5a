#include "call/machine.h"

static const struct call_step steps[CALL_NSTATES][CALL_NEVENTS] = {
	[CALL_NEW] = {
		[CALL_EV_ROUTED]       = { true, CALL_RINGING, CALL_DO_NOTHING },
		[CALL_EV_NOBODY]       = { true, CALL_ENDED,   CALL_DO_REFUSE },
		[CALL_EV_LEG_LOST]     = { true, CALL_NEW,     CALL_DO_DROP_LEG },
		[CALL_EV_CANCEL]       = { true, CALL_ENDED,   CALL_DO_RELEASE },
		[CALL_EV_STOP]         = { true, CALL_ENDED,   CALL_DO_SHUT },
	},
	[CALL_RINGING] = {
		[CALL_EV_PROGRESS]     = { true, CALL_RINGING, CALL_DO_RING },
		[CALL_EV_ANSWER]       = { true, CALL_TALKING, CALL_DO_BRIDGE },
		[CALL_EV_LEG_LOST]     = { true, CALL_RINGING, CALL_DO_DROP_LEG },
		[CALL_EV_ALL_LOST]     = { true, CALL_ENDED,   CALL_DO_REFUSE },
		[CALL_EV_CANCEL]       = { true, CALL_ENDED,   CALL_DO_RELEASE },
		[CALL_EV_RING_TIMEOUT] = { true, CALL_ENDED,   CALL_DO_TIME_OUT },
		[CALL_EV_STOP]         = { true, CALL_ENDED,   CALL_DO_SHUT },
	},
	[CALL_TALKING] = {
		[CALL_EV_HANGUP]       = { true, CALL_ENDED,   CALL_DO_HANG_UP },
		[CALL_EV_TALK_LIMIT]   = { true, CALL_ENDED,   CALL_DO_HANG_UP },
		[CALL_EV_SILENT]       = { true, CALL_ENDED,   CALL_DO_HANG_UP },
		[CALL_EV_STOP]         = { true, CALL_ENDED,   CALL_DO_SHUT },
	},
};

static const char *const state_names[CALL_NSTATES] = { "new", "ringing", "talking", "ended" };

static const char *const event_names[CALL_NEVENTS] = {
	"routed", "nobody",       "progress",   "answer", "leg_lost", "all_lost", "cancel",
	"hangup", "ring_timeout", "talk_limit", "silent", "stop",
};

const struct call_step *call_step(enum call_state state, enum call_event event)
{
	return &steps[state][event];
}

const char *call_state_name(enum call_state state)
{
	return state_names[state];
}

const char *call_event_name(enum call_event event)
{
	return event_names[event];
}

void call_diagram(struct buf *out)
{
	buf_str(out, "stateDiagram-v2\n\t[*] --> new\n");
	for (int s = 0; s < CALL_NSTATES; s++) {
		for (int e = 0; e < CALL_NEVENTS; e++) {
			if (steps[s][e].allowed)
				buf_printf(out, "\t%s --> %s: %s\n", state_names[s],
					   state_names[steps[s][e].next], event_names[e]);
		}
	}
	buf_str(out, "\tended --> [*]\n");
}
