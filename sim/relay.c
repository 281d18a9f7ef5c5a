#include "relay.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/log.h"

struct unit {
	struct relay state;
	struct tmr off;
	struct relays *all;
	unsigned number;
};

struct relays {
	struct journal *journal;
	struct unit units[RELAY_COUNT];
};

struct relays *relays_new(struct journal *journal)
{
	struct relays *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->journal = journal;
	for (unsigned i = 0; i < RELAY_COUNT; i++) {
		r->units[i].all = r;
		r->units[i].number = i + 1;
	}
	return r;
}

void relays_free(struct relays *r)
{
	for (unsigned i = 0; r && i < RELAY_COUNT; i++)
		tmr_cancel(&r->units[i].off);
	free(r);
}

enum relay_action relay_action_find(struct view name)
{
	static const char *const names[RELAY_ACTIONS] = { "on",     "off",  "trigger", "lock",
							  "unlock", "hold", "release" };
	unsigned i = 0;

	while (i < RELAY_ACTIONS && !view_eq(name, view_str(names[i])))
		i++;
	return (enum relay_action)i;
}

static void set_active(struct unit *u, bool active, const char *originator)
{
	char port[16];

	if (u->state.active == active)
		return;
	u->state.active = active;
	snprintf(port, sizeof(port), "relay%u", u->number);
	log_info("switch", LF_I("switch", u->number), LF_I("on", active), LF_S("by", originator));
	journal_add(u->all->journal, "SwitchStateChanged", JP_I("switch", u->number),
		    JP_B("state", active), JP_S("originator", originator));
	journal_add(u->all->journal, "OutputChanged", JP_S("port", port), JP_B("state", active));
}

static void time_over(void *arg)
{
	set_active(arg, false, "timeout");
}

static void switch_on(struct unit *u, unsigned timeout_s, const char *originator)
{
	tmr_start(&u->off, 1000ull * (timeout_s ? timeout_s : RELAY_ON_S), time_over, u);
	set_active(u, true, originator);
}

static void switch_off(struct unit *u, const char *originator)
{
	tmr_cancel(&u->off);
	set_active(u, false, originator);
}

int relay_control(struct relays *r, unsigned number, enum relay_action action, unsigned timeout_s,
		  const char *originator)
{
	if (!number || number > RELAY_COUNT)
		return -ENOENT;
	struct unit *u = &r->units[number - 1];
	bool moves = action == RELAY_ON || action == RELAY_TRIGGER || action == RELAY_HOLD;

	if (moves && u->state.locked)
		return -EPERM;
	switch (action) {
	case RELAY_ON:
	case RELAY_TRIGGER:
		if (!u->state.held)
			switch_on(u, timeout_s, originator);
		break;
	case RELAY_LOCK:
		u->state.locked = true;
		[[fallthrough]];
	case RELAY_OFF:
	case RELAY_RELEASE:
		u->state.held = false;
		switch_off(u, originator);
		break;
	case RELAY_UNLOCK:
		u->state.locked = false;
		break;
	case RELAY_HOLD:
		tmr_cancel(&u->off);
		u->state.held = true;
		set_active(u, true, originator);
		break;
	case RELAY_ACTIONS:
		return -EINVAL;
	}
	return 0;
}

struct relay relay_get(const struct relays *r, unsigned number)
{
	return r->units[number - 1].state;
}
