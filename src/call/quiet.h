/* call/quiet.h - when somebody is not to be rung. Pure.
 *
 * Times are those of the clock on the wall at the site: what it does not show in the night of the
 * change to summer time does not come, what it shows twice in autumn comes twice. */
#pragma once
#include "proto/zone.h"

enum { QUIET_DAY_MIN = 1440 };

struct quiet_time {
	unsigned days; /* bit 0: Monday */
	unsigned from_minute,
		until_minute; /* of the day; ends on the next day unless later than it begins */
};

bool quiet_at(const struct quiet_time *times, size_t n, const struct zone *zone, int64_t now_ms);
