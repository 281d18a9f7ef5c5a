/* call/route.h - who rings: what was dialled, by whom, becomes a list of devices.
 * Pure: reads the directory, on the sip loop's thread. Never leaves the caller's site. */
#pragma once
#include "call/directory.h"

enum { ROUTE_MAX_DEVICES = 31, ROUTE_BUTTON_MAX = 150 };

struct route {
	unsigned button; /* 0: a number was dialled */
	size_t n;
	struct dir_destination to[ROUTE_MAX_DEVICES]; /* by time */
};

/* dialled: the user part of the request URI: a button (1…150) of the caller, or a device's number.
 * -ENOENT: no such button, number, or not of this site, or not one that it may call (the same to
 * the caller); -EINVAL: not a number at all. A button without destinations gives n = 0. Phones
 * outside are rung by buttons alone: nobody dials his way out. */
[[nodiscard]] int route_devices(const struct directory *dir, const struct dir_device *caller,
			     struct view dialled, struct route *ret_route);
