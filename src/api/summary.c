#include "store/summary.h"

#include "api/request.h"
#include "api/resource.h"

enum { HOUR_MS = 3600 * 1000, DAY_HOURS_MAX = 26 /* of a day that summer time ends */ };
#define WEEK_MS  (INT64_C(7) * 24 * HOUR_MS)
#define MONTH_MS (INT64_C(30) * 24 * HOUR_MS)

struct summary_view {
	struct summary_row row;
	struct summary_rings_row rings;
	struct shape_list calls;
};

#define CALLS(member) offsetof(struct summary_calls_row, member)
static const struct field calls_fields[] = {
	{ "result", FIELD_TEXT, FIELD_NULLABLE, CALLS(result), .doc = "null: going on" },
	{ "today", FIELD_INT, 0, CALLS(today), .max = INT64_MAX },
	{ "week", FIELD_INT, 0, CALLS(week), .max = INT64_MAX },
};
static const struct shape calls_shape =
	SHAPE("SummaryCalls", struct summary_calls_row, calls_fields);

#define COUNT(name)                                                                                \
	{                                                                                          \
#name, FIELD_INT, FIELD_NULLABLE, offsetof(struct summary_view, row.name),         \
			.max = INT64_MAX                                                           \
	}
#define RINGS(name, what)                                                                          \
	{                                                                                          \
#name, FIELD_INT, FIELD_NULLABLE, offsetof(struct summary_view, rings.name),       \
			.max = INT64_MAX, .doc = (what)                                            \
	}
static const struct field summary_fields[] = {
	COUNT(intercoms),
	COUNT(phones),
	COUNT(registered),
	COUNT(ready),
	COUNT(needs_configuration),
	COUNT(not_registered),
	COUNT(buttons),
	COUNT(apartments),
	COUNT(people),
	COUNT(openings_today),
	COUNT(openings_week),
	RINGS(rings, "Calls of intercoms of the last 30 days that are over"),
	RINGS(rings_1s, "Of them those whose first phone rang in under a second"),
	RINGS(rings_3s, "In under 3 seconds, those too"),
	RINGS(rings_10s, "In under 10 seconds, those too"),
	RINGS(rings_never, "And those where no phone rang"),
	{ "calls", FIELD_OBJECTS, 0, offsetof(struct summary_view, calls),
	  .max = SUMMARY_RESULTS_MAX, .of = &calls_shape,
	  .doc = "By result, of today and of the last seven days, without tests" },
};
const struct shape summary_shape = SHAPE("Summary", struct summary_view, summary_fields);

/* Midnight is the reader's to know: the server keeps no calendar. Without it, or with one that
 * cannot be, today is the last 24 hours. */
static int64_t today_of(const struct request *r)
{
	const struct view text = query_get(r->arena, r->ask->query, "today");
	uint64_t at;

	if (view_u64(text, INT64_MAX, &at) == 0 && (int64_t)at <= r->now &&
	    (int64_t)at > r->now - (int64_t)DAY_HOURS_MAX * HOUR_MS)
		return (int64_t)at;
	return r->now - INT64_C(24) * HOUR_MS;
}

static bool may(const struct request *r, enum right right)
{
	return rights_judge(r->who.grants, r->who.ngrants, right, r->place) == VERDICT_YES;
}

/* Null is what the role may not read. */
static void hide(const struct request *r, struct summary_row *s, struct summary_rings_row *rings)
{
	if (!may(r, RIGHT_DEVICE_READ))
		s->intercoms = s->phones = s->registered = s->ready =
			s->needs_configuration = s->not_registered = s->buttons = DB_INT_NULL;
	if (!may(r, RIGHT_APARTMENT_READ))
		s->apartments = DB_INT_NULL;
	if (!may(r, RIGHT_USER_READ))
		s->people = DB_INT_NULL;
	if (may(r, RIGHT_CALL_READ))
		return;
	s->openings_today = s->openings_week = DB_INT_NULL;
	*rings = (struct summary_rings_row){ DB_INT_NULL, DB_INT_NULL, DB_INT_NULL, DB_INT_NULL,
					     DB_INT_NULL };
}

static int read_calls(struct request *r, const struct summary_times *times,
		      struct summary_view *view)
{
	struct summary_calls_row *calls;
	size_t n;
	int rc = summary_calls(r->db, r->ids[ID_SITE], times, r->arena, &calls, &n);

	if (rc == 0)
		rc = summary_rings(r->db, r->ids[ID_SITE], times, &view->rings);
	if (rc == 0)
		view->calls =
			(struct shape_list){ calls,
					     n < SUMMARY_RESULTS_MAX ? n : SUMMARY_RESULTS_MAX };
	return rc;
}

int api_summary_get(struct request *r)
{
	const struct summary_times times = { r->now, today_of(r), r->now - WEEK_MS,
					     r->now - MONTH_MS };
	struct summary_view view = {};
	int rc = summary_get(r->db, r->ids[ID_SITE], &times, r->arena, &view.row);

	if (rc == 0 && may(r, RIGHT_CALL_READ))
		rc = read_calls(r, &times, &view);
	if (rc != 0)
		return rc;
	hide(r, &view.row, &view.rings);
	return reply_one(r, &view);
}
