/* api/app.h - who asks as an app, and for which devices.
 *
 * A request of RIGHT_APP may bring two sessions: a person's (api/session.h), which acts for the
 * apps that the person holds, and a device's, that of somebody who gave its ID and password. Both
 * count. Runs on the request's worker. */
#pragma once
#include "api/request.h"
#include "store/app.h"

enum {
	APPS_MAX = 32, /* that one request acts for; the first by site and name */
};
#define APP_COOKIE  "app"
#define APP_IDLE_MS (INT64_C(90) * 24 * 3600 * 1000)  /* a tablet on a wall may be off for long */
#define APP_MAX_MS  (INT64_C(400) * 24 * 3600 * 1000) /* longer no browser keeps a cookie */

/* Fills r->who, the apps too, from the cookies. -ENOENT without a session that is good; with one of
 * a person there may be no app. */
[[nodiscard]] int app_authenticate(struct request *r);
/* The apps that a request of RIGHT_APP acts for: at least one. */
void request_app_devices(const struct request *r, const struct app_device_row **ret_devices,
			 size_t *ret_n);
/* The one of that number; NULL: it is none of them. */
const struct app_device_row *request_app_device(const struct request *r, int64_t number);
