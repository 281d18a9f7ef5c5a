#include "store/call.h"

#include "api/request.h"
#include "api/resource.h"

#include <errno.h>

enum {
	OPENINGS_MAX = 1000, /* listed of one call */
	LEGS_MAX = 64,       /* more than a call can have */
};
_Static_assert((int)PAGE_SIZE_MAX < (int)CALL_PAGE_MAX, "one row more tells of another page");

struct call_view {
	struct call_row row;
	bool test;
	struct shape_list opened;
	struct shape_list legs, streams; /* of one call only */
};

static const char *const states[] = { "ringing", "talking", "ended", NULL };
static const char *const results[] = { "answered", "missed", "declined", "busy", "failed", NULL };

static const struct field opening_fields[] = {
	{ "at", FIELD_INT, 0, offsetof(struct opening_row, at), .max = INT64_MAX },
	{ "by_device", FIELD_ID, FIELD_NULLABLE, offsetof(struct opening_row, by_device) },
	{ "by_name", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct opening_row, by_name) },
	{ "how", FIELD_TEXT, 0, offsetof(struct opening_row, how) },
};
static const struct shape opening_shape = SHAPE("Opening", struct opening_row, opening_fields);

static const char *const outcomes[] = { "answered", "missed",    "declined",    "busy",
					"failed",   "elsewhere", "unreachable", NULL };
#define LEG(member) offsetof(struct call_leg_row, member)
#define MOMENT(name, what)                                                                         \
	{                                                                                          \
#name, FIELD_INT, FIELD_NULLABLE, LEG(name), .max = INT64_MAX, .doc = (what)       \
	}
static const struct field leg_fields[] = {
	{ "device", FIELD_ID, 0, LEG(device) },
	{ "name", FIELD_TEXT, 0, LEG(name) },
	{ "apartment", FIELD_TEXT, FIELD_NULLABLE, LEG(apartment),
	  .doc = "The number of that where the device is now" },
	{ "at", FIELD_INT, 0, LEG(at), .max = INT64_MAX,
	  .doc = "When it answered, or its part was over" },
	{ "result", FIELD_ENUM, 0, LEG(result), .values = outcomes,
	  .doc = "missed: nobody answered there; elsewhere: another one answered; unreachable: "
		 "it was not registered; failed: it could not be rung" },
	MOMENT(pushed_at, "When its push was handed to the push service; null, as all of these: "
			  "it was not, or nobody could tell"),
	MOMENT(delivered_at, "When it said that the push had come"),
	MOMENT(woken_at, "When it connected, or registered, because of it"),
	MOMENT(offered_at, "When the call went out to it"),
	MOMENT(rang_at, "When it said that it rings, or showed the call"),
	MOMENT(preview_at, "When the door's picture went there before anybody had answered"),
	MOMENT(answered_at, "When it answered"),
	MOMENT(video_at, "When it showed its first picture; only an app tells"),
	MOMENT(ended_at, "When its part was over"),
	{ "why", FIELD_TEXT, FIELD_NULLABLE, LEG(why),
	  .doc = "Why it was: answered_elsewhere, caller_gone, declined, busy, no_answer, "
		 "unreachable, never_came (pushed, but it never connected), lost (its connection "
		 "broke), refused, hangup, peer_hangup, limit, codec (the caller would not speak "
		 "its codec), stopped, opened; there may be others" },
};
static const struct shape leg_shape = SHAPE("CallLeg", struct call_leg_row, leg_fields);

static const char *const kinds[] = { "audio", "video", NULL };
#define STREAM(member) offsetof(struct call_stream_row, member)
static const struct field stream_fields[] = {
	{ "device", FIELD_ID, 0, STREAM(device), .doc = "Whose sound or picture it was" },
	{ "name", FIELD_TEXT, 0, STREAM(name) },
	{ "kind", FIELD_ENUM, 0, STREAM(kind), .values = kinds },
	{ "codec", FIELD_TEXT, 0, STREAM(codec),
	  .doc = "As SDP names it; empty when nothing came" },
	{ "packets", FIELD_INT, 0, STREAM(packets), .max = INT64_MAX,
	  .doc = "RTP packets that came" },
	{ "lost", FIELD_INT, 0, STREAM(lost), .max = INT64_MAX,
	  .doc = "Packets that were missing" },
	{ "jitter_us", FIELD_INT, 0, STREAM(jitter_us), .max = INT64_MAX,
	  .doc = "How unevenly they came (RFC 3550), at the end of the call, microseconds" },
	{ "sent", FIELD_INT, 0, STREAM(sent), .max = INT64_MAX,
	  .doc = "RTP packets of the other side that were passed on to it" },
};
static const struct shape stream_shape = SHAPE("CallStream", struct call_stream_row, stream_fields);

#define CALL_ROW(member) offsetof(struct call_view, row.member)
/* clang-format off */
#define CALL_FIELDS                                                                                \
	{ "id", FIELD_ID, 0, CALL_ROW(id) },                                                       \
	{ "from_device", FIELD_ID, 0, CALL_ROW(from_device) },                                     \
	{ "from_name", FIELD_TEXT, FIELD_NULLABLE, CALL_ROW(from_name) },                          \
	{ "started_at", FIELD_INT, 0, CALL_ROW(started_at), .max = INT64_MAX,                      \
	  .doc = "Milliseconds since 1970, UTC, as all times" },                                   \
	{ "answered_at", FIELD_INT, FIELD_NULLABLE, CALL_ROW(answered_at), .max = INT64_MAX },     \
	{ "ended_at", FIELD_INT, FIELD_NULLABLE, CALL_ROW(ended_at), .max = INT64_MAX },           \
	{ "state", FIELD_ENUM, 0, CALL_ROW(state), .values = states },                             \
	{ "result", FIELD_ENUM, FIELD_NULLABLE, CALL_ROW(result), .values = results },             \
	{ "answered_by", FIELD_ID, FIELD_NULLABLE, CALL_ROW(answered_by) },                        \
	{ "answered_by_name", FIELD_TEXT, FIELD_NULLABLE, CALL_ROW(answered_by_name) },            \
	{ "rang_at", FIELD_INT, FIELD_NULLABLE, CALL_ROW(rang_at), .max = INT64_MAX,              \
	  .doc = "When the first phone rang, once it is over; null: none did" },                    \
	{ "picture_at", FIELD_INT, FIELD_NULLABLE, CALL_ROW(picture_at), .max = INT64_MAX,        \
	  .doc = "When its picture was taken; null: it has none" },                                 \
	{ "test", FIELD_BOOL, 0, offsetof(struct call_view, test),                                 \
	  .doc = "Somebody tried the button from afar; nobody was at the door" },                  \
	{ "opened", FIELD_OBJECTS, 0, offsetof(struct call_view, opened), .max = OPENINGS_MAX,     \
	  .of = &opening_shape, .doc = "The doors that were opened during it" }
/* clang-format on */

static const struct field call_fields[] = { CALL_FIELDS };
const struct shape call_shape = SHAPE("Call", struct call_view, call_fields);

static const struct field call_detail_fields[] = {
	CALL_FIELDS,
	{ "legs", FIELD_OBJECTS, 0, offsetof(struct call_view, legs), .max = LEGS_MAX,
	  .of = &leg_shape,
	  .doc = "Who was rung and what became of it; each is here once it is over" },
	{ "streams", FIELD_OBJECTS, 0, offsetof(struct call_view, streams), .max = CALL_STREAMS_MAX,
	  .of = &stream_shape,
	  .doc = "Sound and picture of the two who talked, once the call is over" },
};
const struct shape call_detail_shape = SHAPE("CallDetail", struct call_view, call_detail_fields);

/* A cursor is the start and id of the last call shown: "1700000000000.42". */
static int cursor_read(struct request *r, struct call_cursor *ret_before)
{
	struct view rest;
	const struct view at = view_cut(r->cursor, '.', &rest);
	uint64_t started_at, id;

	*ret_before = CALL_CURSOR_NEWEST;
	if (!r->cursor.p)
		return 0;
	if (view_u64(at, INT64_MAX, &started_at) < 0 || view_u64(rest, INT64_MAX, &id) < 0)
		return reply_no_cursor(r);
	*ret_before = (struct call_cursor){ (int64_t)started_at, (int64_t)id };
	return 0;
}

/* Gives each call of a page its openings, which were read in one go. */
static int fill(struct request *r, const struct call_row *calls, size_t n, struct call_view *views)
{
	struct opening_row *openings, *sorted;
	size_t nopenings, at = 0;
	int rc;

	if (n == 0)
		return 0;
	rc = call_openings_between(r->db, r->ids[ID_SITE], calls[n - 1].started_at,
				   calls[0].started_at, r->arena, &openings, &nopenings);
	if (rc < 0)
		return rc;
	sorted = arena_alloc(r->arena, sizeof(*sorted) * (nopenings + 1));
	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		views[i] = (struct call_view){ .row = calls[i],
					       .test = calls[i].test != 0,
					       .opened = { sorted + at, 0 } };
		for (size_t k = 0; k < nopenings && views[i].opened.n < OPENINGS_MAX; k++)
			if (openings[k].call_id == calls[i].id) {
				sorted[at++] = openings[k];
				views[i].opened.n++;
			}
	}
	return 0;
}

/* All of them, or with rang=late those that rang late or never. */
static int read_page(struct request *r, struct call_row **ret_calls, size_t *ret_n)
{
	const struct view rang = query_get(r->arena, r->ask->query, "rang");
	const int64_t site = r->ids[ID_SITE], max = r->limit + 1;
	struct call_cursor before;
	const int rc = cursor_read(r, &before);

	if (rc != 0)
		return rc;
	if (!rang.p)
		return call_list(r->db, site, before, max, r->arena, ret_calls, ret_n);
	if (view_eq(rang, VIEW("late")))
		return call_list_late(r->db, site, before, max, r->arena, ret_calls, ret_n);
	return reply_problem(r, 400, "rang", "rang must be late, or be left out.");
}

int api_call_list(struct request *r)
{
	struct call_view *views;
	struct call_row *calls;
	struct view next = {};
	size_t n;
	int rc = read_page(r, &calls, &n);

	if (rc != 0)
		return rc;
	if (n > (size_t)r->limit)
		next = view_str(arena_printf(r->arena, "%lld.%lld",
					     (long long)calls[r->limit - 1].started_at,
					     (long long)calls[r->limit - 1].id));
	n = page_size(r, n);
	views = arena_alloc(r->arena, sizeof(*views) * (n + 1));
	if (!views)
		return -ENOMEM;
	rc = fill(r, calls, n, views);
	return rc == 0 ? reply_list(r, views, n, next) : rc;
}

int api_call_get(struct request *r)
{
	const int64_t site = r->ids[ID_SITE], id = r->ids[ID_OBJECT];
	struct opening_row *openings;
	struct call_stream_row *streams;
	struct call_leg_row *legs;
	struct call_view view = {};
	size_t nopenings, nlegs, nstreams;
	int rc = call_get(r->db, site, id, r->arena, &view.row);

	if (rc == 0)
		rc = call_openings(r->db, site, id, r->arena, &openings, &nopenings);
	if (rc == 0)
		rc = call_legs(r->db, site, id, r->arena, &legs, &nlegs);
	if (rc == 0)
		rc = call_streams(r->db, site, id, r->arena, &streams, &nstreams);
	if (rc != 0)
		return rc;
	view.test = view.row.test != 0;
	view.opened = (struct shape_list){ openings,
					   nopenings < OPENINGS_MAX ? nopenings : OPENINGS_MAX };
	view.legs = (struct shape_list){ legs, nlegs < LEGS_MAX ? nlegs : LEGS_MAX };
	view.streams =
		(struct shape_list){ streams,
				     nstreams < CALL_STREAMS_MAX ? nstreams : CALL_STREAMS_MAX };
	return reply_one(r, &view);
}
