/* sim/door.h - the simulated door: what its parts have to do with each other.
 *
 * One loop (libre's), one thread: a door is created, used and freed there. */
#pragma once
#include "journal.h"
#include "keys.h"
#include "phone.h"
#include "relay.h"

enum { DOOR_CODE_MAX = 16 };

struct door_conf {
	struct phone_conf phone;
	const char *dial;        /* what button 1 calls */
	const char *unlock_code; /* switches relay 1; empty = none */
};

struct door {
	struct door_conf conf;
	struct journal *journal;
	struct relays *relays;
	struct phone *phone;
	struct keys far_keys;  /* from the call */
	struct keys near_keys; /* from the keypad */
	uint32_t codes;        /* entered at the keypad */
};

/* conf's strings must outlive the door. 0 or a positive errno; d is then nothing to free. */
[[nodiscard]] int door_open(struct door *d, const struct door_conf *conf);
void door_close(struct door *d);
/* A key of the door's own front: '0' … '9', '*', '#', or button 1 as '%'. */
void door_key(struct door *d, char key);
