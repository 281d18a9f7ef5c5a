/* When one's apps do not ring, and whether missed calls are mailed. */
#include "api/request.h"
#include "api/resource.h"
#include "store/order.h"

#include <errno.h>

enum { DAYS_ALL = 127, DAY_MINUTES = 1440 };

struct quiet_view {
	struct shape_list items;
	bool missed_mail;
};

#define TIME(member) offsetof(struct quiet_row, member)
static const struct field time_fields[] = {
	{ "days", FIELD_INT, 0, TIME(days), .min = 1, .max = DAYS_ALL,
	  .doc = "A sum of 1 for Monday, 2 for Tuesday … 64 for Sunday: the days it begins on" },
	{ "from_minute", FIELD_INT, 0, TIME(from_minute), .max = DAY_MINUTES - 1,
	  .doc = "Of the day, where the door is" },
	{ "until_minute", FIELD_INT, 0, TIME(until_minute), .max = DAY_MINUTES,
	  .doc = "On the next day, unless it is later than from_minute" },
};
static const struct shape time_shape = SHAPE("QuietTime", struct quiet_row, time_fields);

static const struct field quiet_fields[] = {
	{ "items", FIELD_OBJECTS, 0, offsetof(struct quiet_view, items), .max = QUIET_MAX,
	  .of = &time_shape },
	{ "missed_mail", FIELD_BOOL, 0, offsetof(struct quiet_view, missed_mail),
	  .doc = "Calls that nobody answered are mailed, also those of quiet times" },
};
const struct shape quiet_shape = SHAPE("Quiet", struct quiet_view, quiet_fields);

int api_quiet_get(struct request *r)
{
	struct quiet_view view = {};
	struct quiet_row *rows;
	int rc = quiet_list(r->db, r->who.person_id, r->arena, &rows, &view.items.n);

	if (rc == 0)
		rc = missed_mail_get(r->db, r->who.person_id, &view.missed_mail);
	if (rc < 0)
		return rc;
	view.items.p = rows;
	return reply_one(r, &view);
}

int api_quiet_put(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	const struct quiet_view *body = r->body;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = quiet_replace(r->db, r->now, r->who.person_id, body->items.p, body->items.n);
	if (rc == 0)
		rc = missed_mail_set(r->db, r->who.person_id, body->missed_mail);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? api_quiet_get(r) : rc;
}
