#include "api/device.h"
#include "api/limits.h"
#include "api/request.h"
#include "api/resource.h"
#include "store/device.h"

#include <errno.h>
#include <string.h>

enum { LABEL_MAX = 60 };

struct button_view {
	int64_t button;
	struct view label;
	struct shape_list destinations; /* of button_destination */
};

struct buttons_view {
	struct shape_list items;
};

static const struct field destination_fields[] = {
	{ "device", FIELD_ID, 0, offsetof(struct button_destination, device) },
	{ "after_s", FIELD_INT, FIELD_OPTIONAL, offsetof(struct button_destination, after_s),
	  .max = BUTTON_AFTER_MAX_S,
	  .doc = "Seconds from the bell until it begins to ring, or sooner when all before it have "
		 "refused or cannot be reached" },
};
static const struct shape destination_shape =
	SHAPE("ButtonDestination", struct button_destination, destination_fields);

static const struct field button_fields[] = {
	{ "button", FIELD_INT, 0, offsetof(struct button_view, button), .min = 1, .max = BUTTONS_MAX,
	  .doc = "What the intercom dials" },
	{ "label", FIELD_TEXT, FIELD_OPTIONAL, offsetof(struct button_view, label), .max = LABEL_MAX },
	{ "destinations", FIELD_OBJECTS, 0, offsetof(struct button_view, destinations),
	  .max = BUTTON_DESTINATIONS_MAX, .of = &destination_shape,
	  .doc = "Devices of the site, in the order in which they ring" },
};
static const struct shape button_shape = SHAPE("Button", struct button_view, button_fields);

static const struct field buttons_fields[] = {
	{ "items", FIELD_OBJECTS, 0, offsetof(struct buttons_view, items), .max = BUTTONS_MAX,
	  .of = &button_shape },
};
const struct shape buttons_shape = SHAPE("Buttons", struct buttons_view, buttons_fields);

/* Destinations come by button, as the buttons do: one pass gives each its own. */
static int reply_buttons(struct request *r)
{
	struct button_destination_row *to;
	struct button_destination *rings;
	struct button_row *rows;
	struct button_view *views;
	size_t n, nto, at = 0;
	int rc = button_list(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->arena, &rows, &n);

	if (rc == 0)
		rc = button_destinations(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->arena, &to, &nto);
	if (rc != 0)
		return rc;
	views = arena_alloc(r->arena, sizeof(*views) * (n + 1));
	rings = arena_alloc(r->arena, sizeof(*rings) * (nto + 1));
	if (!views || !rings)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		views[i] = (struct button_view){ rows[i].button, rows[i].label, { rings + at, 0 } };
		while (at < nto && to[at].button == rows[i].button) {
			rings[at] = (struct button_destination){ to[at].destination, to[at].after_s };
			at++;
			views[i].destinations.n++;
		}
	}
	return reply_one(r, &(struct buttons_view){ { views, n } });
}

int api_buttons_get(struct request *r)
{
	const int rc = device_check_intercom(r, "buttons");

	return rc == 0 ? reply_buttons(r) : rc;
}

static bool has_twice(const struct button_destination *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (to[i].device == to[k].device)
				return true;
	return false;
}

static void at_once_by_default(struct button_destination *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i].after_s = to[i].after_s == DB_INT_NULL ? 0 : to[i].after_s;
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
		at_once_by_default(v->destinations.p, v->destinations.n);
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
	int rc = edits ? device_check_intercom(r, "buttons") : -ENOMEM;

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

/* ---- test calls ---- */

struct test_view {
	int64_t id;
};

static const struct field test_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct test_view, id), .doc = "Of the call" },
};
const struct shape test_call_shape = SHAPE("TestCall", struct test_view, test_fields);

static int reply_untested(struct request *r, int rc)
{
	const int button = (int)r->ids[ID_PART];

	switch (rc) {
	case -ENOENT:
		return reply_problem(r, 404, NULL, "The intercom has no button %d.", button);
	case -EHOSTUNREACH:
		return reply_problem(r, 422, NULL, "Button %d rings nobody.", button);
	case -EBUSY:
		return reply_problem(r, 409, NULL,
				     "A test call of this intercom rings already, or it has too "
				     "many calls.");
	case -ENOSPC:
	case -EAGAIN:
		return reply_problem(r, 503, NULL, "The server takes no calls now.");
	default:
		return rc;
	}
}

static int may_test(struct request *r)
{
	const struct view site = { (const char *)&r->ids[ID_SITE], sizeof(r->ids[ID_SITE]) };
	int64_t wait;
	int rc = device_check_intercom(r, "buttons");

	if (rc != 0)
		return rc;
	if (r->ids[ID_PART] < 1 || r->ids[ID_PART] > BUTTONS_MAX)
		return -ENOENT;
	wait = limits_try(r->env->limits, LIMITS_TEST, site, NULL);
	return wait > 0 ? reply_wait(r, wait) : 0;
}

int api_button_test(struct request *r)
{
	struct test_call call = { .site_id = r->ids[ID_SITE],
				  .device = r->ids[ID_OBJECT],
				  .button = r->ids[ID_PART] };
	int rc = may_test(r);

	if (rc != 0)
		return rc;
	rc = r->env->test_call ? r->env->test_call(r->env->test_call_arg, &call) : -ENOSPC;
	return rc < 0 ? reply_untested(r, rc) : reply_one(r, &(struct test_view){ call.ret_call });
}
