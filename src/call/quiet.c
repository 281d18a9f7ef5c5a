#include "call/quiet.h"

enum { DAY_S = 86400, MONDAY_S = 3 * DAY_S /* 1970 began with a Thursday */ };

static bool has_day(const struct quiet_time *t, unsigned day)
{
	return t->days >> day & 1;
}

static bool holds(const struct quiet_time *t, unsigned day, unsigned minute)
{
	if (t->from_minute < t->until_minute)
		return has_day(t, day) && minute >= t->from_minute && minute < t->until_minute;
	return (has_day(t, day) && minute >= t->from_minute) ||
	       (has_day(t, (day + 6) % 7) && minute < t->until_minute);
}

bool quiet_at(const struct quiet_time *times, size_t n, const struct zone *zone, int64_t now_ms)
{
	const int64_t utc_s = now_ms / 1000, wall_s = utc_s + zone_offset_s(zone, utc_s);
	const unsigned day = (unsigned)((wall_s + MONDAY_S) / DAY_S % 7);
	const unsigned minute = (unsigned)(wall_s % DAY_S / 60);

	for (size_t i = 0; i < n; i++) {
		if (holds(&times[i], day, minute))
			return true;
	}
	return false;
}
