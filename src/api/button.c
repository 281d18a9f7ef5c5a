#include "api/request.h"
#include "api/resource.h"
#include "store/device.h"

#include <errno.h>
#include <string.h>

enum { LABEL_MAX = 60 };

struct button_view {
	int64_t button;
	struct view label;
	struct shape_list destinations; /* device numbers */
};

struct buttons_view {
	struct shape_list items;
};

static const struct field button_fields[] = {
	{ "button", FIELD_INT, 0, offsetof(struct button_view, button), .min = 1, .max = BUTTONS_MAX,
	  .doc = "What the intercom dials" },
	{ "label", FIELD_TEXT, FIELD_OPTIONAL, offsetof(struct button_view, label), .max = LABEL_MAX },
	{ "destinations", FIELD_IDS, 0, offsetof(struct button_view, destinations),
	  .max = BUTTON_DESTINATIONS_MAX, .doc = "Devices of the site that ring at once" },
};
static const struct shape button_shape = SHAPE("Button", struct button_view, button_fields);

static const struct field buttons_fields[] = {
	{ "items", FIELD_OBJECTS, 0, offsetof(struct buttons_view, items), .max = BUTTONS_MAX,
	  .of = &button_shape },
};
const struct shape buttons_shape = SHAPE("Buttons", struct buttons_view, buttons_fields);

static int check_intercom(struct request *r)
{
	struct device_row row;
	const int rc = device_get(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->now, r->arena, &row);

	if (rc != 0 || view_eq(row.kind, VIEW("intercom")))
		return rc;
	return reply_problem(r, 409, NULL, "Only an intercom has buttons.");
}

/* Destinations come by button and number, as the buttons do: one pass gives each its own. */
static int reply_buttons(struct request *r)
{
	struct button_destination_row *to;
	struct button_row *rows;
	struct button_view *views;
	size_t n, nto, at = 0;
	int64_t *ids;
	int rc = button_list(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->arena, &rows, &n);

	if (rc == 0)
		rc = button_destinations(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->arena, &to, &nto);
	if (rc != 0)
		return rc;
	views = arena_alloc(r->arena, sizeof(*views) * (n + 1));
	ids = arena_alloc(r->arena, sizeof(*ids) * (nto + 1));
	if (!views || !ids)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		views[i] = (struct button_view){ rows[i].button, rows[i].label, { ids + at, 0 } };
		while (at < nto && to[at].button == rows[i].button) {
			ids[at] = to[at].destination;
			at++;
			views[i].destinations.n++;
		}
	}
	return reply_one(r, &(struct buttons_view){ { views, n } });
}

int api_buttons_get(struct request *r)
{
	const int rc = check_intercom(r);

	return rc == 0 ? reply_buttons(r) : rc;
}

static bool has_twice(const int64_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (ids[i] == ids[k])
				return true;
	return false;
}

static int edit_fill(struct request *r, const struct button_view *views, size_t n,
		     struct button_edit *edits)
{
	bool used[BUTTONS_MAX + 1] = {};

	for (size_t i = 0; i < n; i++) {
		const struct button_view *v = &views[i];
		if (used[v->button])
			return reply_problem(r, 422, arena_printf(r->arena, "items[%zu].button", i),
					     "Button %d is there twice.", (int)v->button);
		used[v->button] = true;
		if (has_twice(v->destinations.p, v->destinations.n))
			return reply_problem(r, 422,
					     arena_printf(r->arena, "items[%zu].destinations", i),
					     "Button %d has a device twice.", (int)v->button);
		edits[i] = (struct button_edit){ v->button, v->label.p ? v->label : VIEW(""),
						 v->destinations.p, v->destinations.n };
	}
	return 0;
}

int api_buttons_put(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	const struct buttons_view *body = r->body;
	struct button_edit *edits = arena_alloc(r->arena, sizeof(*edits) * (body->items.n + 1));
	int rc = edits ? check_intercom(r) : -ENOMEM;

	if (rc == 0)
		rc = edit_fill(r, body->items.p, body->items.n, edits);
	if (rc == 0)
		rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = button_replace(r->db, r->now, r->ids[ID_SITE], r->ids[ID_OBJECT], edits,
				    body->items.n);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == -ENOLINK)
		return reply_problem(r, 422, "items", "A destination is no device of this site.");
	return rc == 0 ? reply_buttons(r) : rc;
}
