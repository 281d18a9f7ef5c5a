/* sim/api.h - the door's HTTP side: its device API (/api/GROUP/FUNCTION) and its own page.
 *
 * On libre's loop and a server of its own (web.h). Answers are {"success":true,"result":{…}} or
 * {"success":false,"error":{"code":…,"param":…,"description":…}}, both with status 200. */
#pragma once
#include "door.h"

enum {
	API_PULLS_MAX = 16, /* long polls that wait at once */
	API_PULL_WAIT_S = 120,
};

struct api;

/* address: ADDR:PORT. door must outlive the api. 0 or a positive errno. */
[[nodiscard]] int api_new(struct door *door, const char *name, const char *address,
			  struct api **ret_api);
void api_free(struct api *a);
/* Where it listens: useful when the port was 0. */
void api_address(const struct api *a, struct sa *ret_sa);
