#include "api/live.h"

#include "api/request.h"
#include "api/resource.h"

#define EVENT(member) offsetof(struct live_view, member)
static const struct field event_fields[] = {
	{ "cursor", FIELD_ID, 0, EVENT(cursor), .doc = "To come back with" },
	{ "type", FIELD_TEXT, 0, EVENT(type),
	  .doc = "What changed: site, apartment, device, button, call …; reset: read all anew" },
	{ "site", FIELD_ID, 0, EVENT(site) },
	{ "id", FIELD_TEXT, 0, EVENT(id) },
};
const struct shape live_event_shape = SHAPE("LiveEvent", struct live_view, event_fields);

/* The right to the site was judged before; what is left is the cursor. */
int api_live_get(struct request *r)
{
	uint64_t cursor;

	if (r->cursor.p && view_u64(r->cursor, INT64_MAX, &cursor) < 0)
		return reply_problem(r, 400, "cursor", "cursor must be that of an earlier event.");
	r->answer->status = r->route->status;
	return 0;
}

int64_t live_cursor(const struct request *r)
{
	uint64_t cursor;

	return view_u64(r->cursor, INT64_MAX, &cursor) == 0 ? (int64_t)cursor : 0;
}
