/* sim/relay.h - the door's switches: a relay that opens the door for a while, and one that stays.
 * Belongs to the loop's thread. Numbers are those of the API, from 1. */
#pragma once
#include <re.h>
#include "journal.h"

enum { RELAY_COUNT = 2, RELAY_ON_S = 5, RELAY_ON_MAX_S = 600 };

enum relay_action {
	RELAY_ON,
	RELAY_OFF,
	RELAY_TRIGGER,
	RELAY_LOCK,
	RELAY_UNLOCK,
	RELAY_HOLD,
	RELAY_RELEASE,
	RELAY_ACTIONS
};

struct relay {
	bool active, locked, held;
};

struct relays;

[[nodiscard]] struct relays *relays_new(struct journal *journal);
void relays_free(struct relays *r);
/* The name of an action in the API; relay_action_find gives RELAY_ACTIONS for an unknown one. */
enum relay_action relay_action_find(struct view name);
/* timeout_s 0 = the switch's own time; originator: who, for the log ("dtmf", "api", "keypad").
 * 0, -ENOENT for a number that is none, -EPERM while locked. */
[[nodiscard]] int relay_control(struct relays *r, unsigned number, enum relay_action action,
				unsigned timeout_s, const char *originator);
/* number 1 … RELAY_COUNT. */
struct relay relay_get(const struct relays *r, unsigned number);
