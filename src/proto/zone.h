/* proto/zone.h - what a clock on the wall shows: a time zone as the system keeps it (TZif, RFC
 * 9636). Pure.
 *
 * Of a zone we keep the changes of its offset within some years: they are few, and to look one up
 * needs no file. Leap seconds ("right" zones) are not heeded. Times: seconds since 1970, UTC. */
#pragma once
#include "base/buf.h"

enum {
	ZONE_CHANGES_MAX = 128, /* four a year for thirty years */
	ZONE_FILE_MAX = 64 * 1024,
};

struct zone_change {
	int64_t at;
	int32_t offset_s; /* from then on, east of Greenwich */
};

struct zone {
	int32_t before_s; /* until the first change */
	unsigned n;
	struct zone_change changes[ZONE_CHANGES_MAX]; /* by time */
};

/* What the file says of `from` … `until`; what exceeds ZONE_CHANGES_MAX is left out, so that the
 * last that is kept counts on. -EBADMSG: it is no such file. Cost: linear in the file. */
[[nodiscard]] int zone_read(struct view file, int64_t from, int64_t until, struct zone *ret_zone);
/* What to add to UTC. */
int32_t zone_offset_s(const struct zone *zone, int64_t at);
