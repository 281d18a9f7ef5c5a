/* api/device.h - what the routes below a device ask of it. On the request's worker. */
#pragma once
#include "api/request.h"

/* The device of the path is an intercom: what only one has (buttons, switches …) is asked for. -ENOENT:
 * there is none; ANSWERED when it is another. */
[[nodiscard]] int device_check_intercom(struct request *r, const char *what);
