/* sip/overload.h - whether the sip loop is behind, so that new calls are turned away before those
 * that stand suffer.
 *
 * The measure is lag: by how much a timer of the loop runs late, or for how long the socket of UDP
 * has had more than was read, whichever is greater; looked at every OVERLOAD_TICK_MS. One long turn
 * is no overload: it begins with OVERLOAD_LATE late looks in a row and ends with OVERLOAD_CALM that
 * are not late, so that it does not flicker.
 *
 * On the sip loop's thread. */
#pragma once
#include "base/timer.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	OVERLOAD_TICK_MS = 100,
	OVERLOAD_LAG_MS = 100, /* from here on a look is late: voices do not pass this loop, but rings do */
	OVERLOAD_LATE = 3,
	OVERLOAD_CALM = 10,
	OVERLOAD_RETRY_S = 5, /* what is turned away comes again after so long */
	OVERLOAD_SPREAD_S = 10, /* and up to so much more: not all at once */
};

struct overload_conf {
	struct timers *timers;
	int64_t (*behind_ms)(void *arg); /* of what is read elsewhere than in timers; 0: nothing waits */
	void *arg;
};

struct overload;
[[nodiscard]] int overload_new(const struct overload_conf *conf, struct overload **ret_overload);
void overload_free(struct overload *o);
/* NULL, where nobody looks, never is. */
bool overload_is(const struct overload *o);
/* At the last look; 0 with NULL. */
int64_t overload_lag_ms(const struct overload *o);
