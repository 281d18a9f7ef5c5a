/* store/call.h - the history: calls, their legs, and the doors that were opened.
 *
 * Every write appends to the change feed and belongs in a transaction of the caller, who may put
 * many into one (group commit). The id is the caller's: unique in its site, given before the first
 * write. Texts of rows that are read live in the arena.
 *
 * Cost: a call is one row of about 120 bytes clustered by (site, time, id), one index entry
 * (another when it rang late), and one feed row per write; a leg or an opening is one row. A page
 * of the list is one index range, whatever the age of the page. */
#pragma once
#include "store/db.h"

enum {
	CALL_PAGE_MAX = 500,
	CALL_STREAMS_MAX = 4,    /* of a call: sound and picture of the two who talked */
	CALL_LATE_MS = 3000,     /* from here on a first ring is late */
	CALL_EXPIRE_MAX = 1000,  /* calls and openings that one call_expire removes */
	CALL_EXPIRE_SITES = 200, /* and how many sites it looks at */
};

/* Times in epoch ms; DB_INT_NULL and views without p where nothing is known yet. */
struct call_row {
	int64_t site_id;
	int64_t id;
	int64_t started_at;
	int64_t from_device;
	struct view from_name;
	int64_t button; /* DB_INT_NULL: a number was dialled */
	int64_t answered_at;
	int64_t ended_at;   /* set when and only when state is "ended" */
	struct view state;  /* ringing, talking, ended */
	struct view result; /* answered, missed, declined, busy, failed */
	int64_t answered_by;
	struct view answered_by_name;
	int64_t rang_at; /* read only: when the first phone rang, or answered without; known at the
			    end. DB_INT_NULL: none did */
	int64_t picture_at; /* read only: of the picture that it has; store/picture.h */
	int64_t test;       /* 1: nobody was at the door (switchboard_test) */
};

struct call_leg_row {
	int64_t site_id;
	int64_t call_id;
	int64_t leg; /* 0, 1, … within the call */
	int64_t device;
	struct view name;
	int64_t rang_at;    /* DB_INT_NULL: it did not */
	int64_t at;         /* when its part was over, or when it answered */
	struct view result; /* those of a call, elsewhere, and unreachable: no binding, so it was
			       not rung */
	/* The trace, with rang_at: call/record.h says what each is. DB_INT_NULL where nothing
	 * happened; 0 says so too, when written. */
	int64_t pushed_at;
	int64_t delivered_at;
	int64_t woken_at;
	int64_t offered_at;
	int64_t preview_at;
	int64_t answered_at;
	int64_t video_at;
	int64_t ended_at;
	struct view why;
	struct view apartment; /* read only: the number of that where the device is now */
};

/* What came from a leg (0: the caller), and went to it. */
struct call_stream_row {
	int64_t site_id;
	int64_t call_id;
	int64_t leg;
	struct view kind;  /* audio, video */
	struct view codec; /* "" when nothing came */
	int64_t packets;
	int64_t lost;
	int64_t jitter_us;
	int64_t sent;
	int64_t device; /* read only: the leg's, and its name */
	struct view name;
};

struct opening_row {
	int64_t site_id;
	int64_t id;
	int64_t at;
	int64_t call_id; /* DB_INT_NULL outside a call */
	int64_t device;  /* the door */
	int64_t by_device;
	struct view by_name;
	struct view how; /* dtmf, info, app, notice */
};

/* Newest first; a page holds what is older than the cursor. */
struct call_cursor {
	int64_t started_at;
	int64_t id;
};
#define CALL_CURSOR_NEWEST ((struct call_cursor){ INT64_MAX, INT64_MAX })

[[nodiscard]] int call_prepare(struct db *db, struct err *err);
/* The call begins: ringing. -ENOLINK without the site. */
[[nodiscard]] int call_start(struct db *db, int64_t now_ms, const struct call_row *call);
/* The first leg answered. -ENOENT without the call. */
[[nodiscard]] int call_answer(struct db *db, int64_t now_ms, const struct call_row *call);
/* -ENOENT without the call; -EINVAL for a result outside the list. */
[[nodiscard]] int call_end(struct db *db, int64_t now_ms, const struct call_row *call);
/* -ENOLINK without the call. No feed row of its own: the call's answer or end follows. Of a leg
 * that is there already, what it knew stays where the new row knows nothing. */
[[nodiscard]] int call_leg_add(struct db *db, const struct call_leg_row *leg);
/* Completes the trace of a leg that is there (what it was and its result stay). -ENOENT without it.
 */
[[nodiscard]] int call_leg_trace(struct db *db, const struct call_leg_row *leg);
/* All of a call. -ENOLINK without the call. */
[[nodiscard]] int call_streams_add(struct db *db, int64_t now_ms,
				   const struct call_stream_row *streams, size_t n);
[[nodiscard]] int call_opening_add(struct db *db, int64_t now_ms, const struct opening_row *opening);
/* After a crash: ends all calls that were open, as "failed" or, once answered, "answered". */
[[nodiscard]] int call_end_lost(struct db *db, int64_t now_ms, size_t *ret_ended);

/* -ENOENT for another site's call. */
[[nodiscard]] int call_get(struct db *db, int64_t site_id, int64_t id, struct arena *arena,
			   struct call_row *ret_call);
/* At most `max` (<= CALL_PAGE_MAX) calls; the last row is the cursor of the next page. */
[[nodiscard]] int call_list(struct db *db, int64_t site_id, struct call_cursor before, int64_t max,
			    struct arena *arena, struct call_row **ret_calls, size_t *ret_n);
/* Of them those of intercoms whose first phone rang after CALL_LATE_MS or more, or none at all. */
[[nodiscard]] int call_list_late(struct db *db, int64_t site_id, struct call_cursor before,
				 int64_t max, struct arena *arena, struct call_row **ret_calls,
				 size_t *ret_n);
[[nodiscard]] int call_legs(struct db *db, int64_t site_id, int64_t call_id, struct arena *arena,
			    struct call_leg_row **ret_legs, size_t *ret_n);
[[nodiscard]] int call_streams(struct db *db, int64_t site_id, int64_t call_id, struct arena *arena,
			       struct call_stream_row **ret_streams, size_t *ret_n);
[[nodiscard]] int call_openings(struct db *db, int64_t site_id, int64_t call_id, struct arena *arena,
				struct opening_row **ret_openings, size_t *ret_n);
/* Those of a page of the list in one go: of all calls that started at or between the two times. */
[[nodiscard]] int call_openings_between(struct db *db, int64_t site_id, int64_t from_ms, int64_t to_ms,
					struct arena *arena, struct opening_row **ret_openings,
					size_t *ret_n);
/* Retention: forgets ended calls, with legs and openings, and openings outside of calls, that are
 * older than `at_ms`. A part at a time: begins with the site after *after_site (0: with the first),
 * which moves on; without more it is 0 again. */
[[nodiscard]] int call_expire(struct db *db, int64_t at_ms, int64_t *after_site,
			      int64_t *ret_removed, bool *ret_more);
