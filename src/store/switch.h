/* store/switch.h - the switches of an intercom: relays that a call may operate.
 *
 * Switch 1 opens the door: its code is what device_row calls the unlock code, and is kept nowhere
 * else. Who writes holds a transaction. */
#pragma once
#include "store/db.h"

enum {
	SWITCHES_MAX = 4, /* of one intercom */
	SWITCH_DOOR = 1,  /* the number of the one that the unlock code is of */
};

struct switch_row {
	int64_t device;
	int64_t number;    /* 1 … SWITCHES_MAX */
	struct view name;  /* shown in the app; empty: none */
	struct view code;  /* what the intercom hears: 00* */
	struct view owner; /* platform, device: who keeps the setting */
};

[[nodiscard]] int switch_prepare(struct db *db, struct err *err);

/* By number. */
[[nodiscard]] int switch_list(struct db *db, int64_t site_id, int64_t device, struct arena *arena,
			      struct switch_row **ret_switches, size_t *ret_n);
/* Of all intercoms of a site, by device and number. */
[[nodiscard]] int switch_list_of_site(struct db *db, int64_t site_id, struct arena *arena,
				      struct switch_row **ret_switches, size_t *ret_n);
/* All of a device at once; their `device` is not looked at. -ENOLINK: there is no such device in
 * this site; -EEXIST: a number twice; -EINVAL: a number or code that cannot be. */
[[nodiscard]] int switch_replace(struct db *db, int64_t now_ms, int64_t site_id, int64_t device,
				 const struct switch_row *switches, size_t n);
/* The code of switch 1, whose name and owner stay; p NULL or empty: there is no switch 1 any more.
 * The feed's row is the caller's. */
[[nodiscard]] int switch_door_code(struct db *db, int64_t site_id, int64_t device,
				   struct view code);
