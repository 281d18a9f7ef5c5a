/* store/summary.h - the figures of one site, for its first page.
 *
 * Counted when asked, by the keys that the tables have: a site's devices, the calls and openings of
 * a week, and the calls of a month: one range of the key by time, a row for each (100 a day: 1 ms,
 * 1,000 a day: 12 ms, on either engine). */
#pragma once
#include "store/db.h"

enum { SUMMARY_RESULTS_MAX = 8 };

struct summary_row {
	int64_t intercoms;
	int64_t phones; /* outside ones, which the site does not have, left out: here and below */
	int64_t registered; /* or connected */
	int64_t ready;      /* asleep, and a notice wakes it */
	int64_t needs_configuration;
	int64_t not_registered;
	int64_t buttons; /* that ring somebody */
	int64_t apartments;
	int64_t people;
	int64_t openings_today;
	int64_t openings_week;
};

struct summary_calls_row {
	struct view result; /* p NULL: going on */
	int64_t today;
	int64_t week;
};

/* How soon the first phone rang, once an intercom called. Calls that go on do not count. */
struct summary_rings_row {
	int64_t rings;
	int64_t rings_1s; /* under a second */
	int64_t rings_3s; /* those too */
	int64_t rings_10s;
	int64_t rings_never;
};

/* What is counted since when. */
struct summary_times {
	int64_t now_ms;
	int64_t today_ms; /* not before week_ms */
	int64_t week_ms;
	int64_t month_ms; /* the rings */
};

[[nodiscard]] int summary_prepare(struct db *db, struct err *err);
[[nodiscard]] int summary_get(struct db *db, int64_t site_id, const struct summary_times *times,
			      struct arena *arena, struct summary_row *ret_summary);
/* A row for each result of the week; at most SUMMARY_RESULTS_MAX. */
[[nodiscard]] int summary_calls(struct db *db, int64_t site_id, const struct summary_times *times,
				struct arena *arena, struct summary_calls_row **ret_rows,
				size_t *ret_n);
[[nodiscard]] int summary_rings(struct db *db, int64_t site_id, const struct summary_times *times,
				struct summary_rings_row *ret_rings);
