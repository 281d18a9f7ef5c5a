#include "api/request.h"
#include "api/resource.h"
#include "store/site.h"

#include <errno.h>

struct apartment_view {
	struct apartment_row row;
	bool services;
};

#define APARTMENT_EDIT_FIELDS                                                                      \
	{ "number", FIELD_TEXT, 0, offsetof(struct apartment_view, row.number), .min = 1, .max = 20,    \
	  .doc = "Unique on its floor" },                                                          \
	{ "floor", FIELD_TEXT, FIELD_OPTIONAL, offsetof(struct apartment_view, row.floor), .max = 20 }, \
	{ "name", FIELD_TEXT, FIELD_OPTIONAL, offsetof(struct apartment_view, row.name), .max = 100 }, \
	{ "services", FIELD_BOOL, FIELD_OPTIONAL, offsetof(struct apartment_view, services),       \
	  .doc = "Paid services are on" }

static const struct field edit_fields[] = { APARTMENT_EDIT_FIELDS };
const struct shape apartment_edit_shape = SHAPE("ApartmentEdit", struct apartment_view, edit_fields);

static const struct field apartment_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct apartment_view, row.id) },
	APARTMENT_EDIT_FIELDS,
	{ "residents", FIELD_INT, 0, offsetof(struct apartment_view, row.residents), .max = INT64_MAX,
	  .doc = "How many users live there" },
	{ "devices", FIELD_INT, 0, offsetof(struct apartment_view, row.devices), .max = INT64_MAX,
	  .doc = "How many belong to it" },
};
const struct shape apartment_shape = SHAPE("Apartment", struct apartment_view, apartment_fields);

int api_apartment_list(struct request *r)
{
	struct apartment_view *views;
	struct apartment_row *rows;
	struct name_cursor after;
	struct view next;
	size_t n;
	int rc = page_after(r, &after);

	if (rc == 0)
		rc = apartment_list(r->db, r->ids[ID_SITE], after, r->limit + 1, r->arena, &rows, &n);
	if (rc != 0)
		return rc;
	next = n > (size_t)r->limit ? page_next(r, rows[r->limit - 1].number, rows[r->limit - 1].id)
				    : (struct view){};
	n = page_size(r, n);
	views = arena_alloc(r->arena, sizeof(*views) * (n + 1));
	if (!views)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		views[i] = (struct apartment_view){ rows[i], rows[i].services };
	return reply_list(r, views, n, next);
}

static int reply_apartment(struct request *r, int64_t id)
{
	struct apartment_row row;
	const int rc = apartment_get(r->db, r->ids[ID_SITE], id, r->arena, &row);

	return rc == 0 ? reply_one(r, &(struct apartment_view){ row, row.services }) : rc;
}

int api_apartment_get(struct request *r)
{
	return reply_apartment(r, r->ids[ID_OBJECT]);
}

static struct apartment_row *edit_of(struct request *r, int64_t id)
{
	struct apartment_view *view = r->body;
	struct apartment_row *row = &view->row;

	row->services = view->services;
	row->id = id;
	row->site_id = r->ids[ID_SITE];
	if (!row->floor.p)
		row->floor = VIEW("");
	if (!row->name.p)
		row->name = VIEW("");
	return row;
}

static int number_taken(struct request *r)
{
	return reply_problem(r, 409, "number", "This floor has an apartment of this number already.");
}

int api_apartment_post(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	const struct apartment_row *row = edit_of(r, 0);
	int64_t id = 0;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = apartment_create(r->db, r->now, row, &id);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == -EEXIST)
		return number_taken(r);
	return rc == 0 ? reply_apartment(r, id) : rc;
}

int api_apartment_put(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	const struct apartment_row *row = edit_of(r, r->ids[ID_OBJECT]);
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = apartment_edit(r->db, r->now, row);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == -EEXIST)
		return number_taken(r);
	return rc == 0 ? reply_apartment(r, row->id) : rc;
}

int api_apartment_delete(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = apartment_delete(r->db, r->now, r->ids[ID_SITE], r->ids[ID_OBJECT]);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == -ENOLINK)
		return reply_problem(r, 409, NULL, "Devices belong to this apartment; move them first.");
	return rc == 0 ? reply_none(r) : rc;
}
