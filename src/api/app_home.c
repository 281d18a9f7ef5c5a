/* What an app shows: for which devices it rings, whom they may call, and their calls. */
#include "api/app.h"
#include "api/resource.h"
#include "store/call.h"
#include "store/device.h"
#include "store/switch.h"

#include <errno.h>
#include <stdlib.h>

struct switch_view {
	int64_t number;
	struct view name;
};

struct contact_view {
	int64_t id;
	struct view name;
	struct view kind;
	bool online;
	struct shape_list switches;
};

struct place_view {
	int64_t id;
	struct view floor, number, name;
};

struct device_view {
	int64_t id;
	struct view name;
	int64_t site_id;
	struct view site_name;
	struct view zone;
	const void *apartment; /* struct place_view */
	bool services;
	struct shape_list contacts;
};

struct app_view {
	struct view name;
	bool person;
	struct shape_list devices;
};

static const struct field switch_fields[] = {
	{ "number", FIELD_INT, 0, offsetof(struct switch_view, number), .min = 1,
	  .max = SWITCHES_MAX },
	{ "name", FIELD_TEXT, 0, offsetof(struct switch_view, name) },
};
static const struct shape switch_shape = SHAPE("AppSwitch", struct switch_view, switch_fields);

static const char *const kinds[] = { "intercom", "phone", "app", NULL };
static const struct field contact_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct contact_view, id), .doc = "The number to call" },
	{ "name", FIELD_TEXT, 0, offsetof(struct contact_view, name) },
	{ "kind", FIELD_ENUM, 0, offsetof(struct contact_view, kind), .values = kinds },
	{ "online", FIELD_BOOL, 0, offsetof(struct contact_view, online) },
	{ "switches", FIELD_OBJECTS, 0, offsetof(struct contact_view, switches),
	  .max = SWITCHES_MAX, .of = &switch_shape, .doc = "What can be opened there" },
};
static const struct shape app_contact_shape =
	SHAPE("AppContact", struct contact_view, contact_fields);

static const struct field place_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct place_view, id) },
	{ "floor", FIELD_TEXT, 0, offsetof(struct place_view, floor) },
	{ "number", FIELD_TEXT, 0, offsetof(struct place_view, number) },
	{ "name", FIELD_TEXT, 0, offsetof(struct place_view, name) },
};
static const struct shape place_shape = SHAPE("AppApartment", struct place_view, place_fields);

static const struct field app_device_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct device_view, id) },
	{ "name", FIELD_TEXT, 0, offsetof(struct device_view, name) },
	{ "site_id", FIELD_ID, 0, offsetof(struct device_view, site_id) },
	{ "site_name", FIELD_TEXT, 0, offsetof(struct device_view, site_name) },
	{ "zone", FIELD_TEXT, 0, offsetof(struct device_view, zone), .doc = "Of the site's times" },
	{ "apartment", FIELD_OBJECT, FIELD_NULLABLE, offsetof(struct device_view, apartment),
	  .of = &place_shape },
	{ "services", FIELD_BOOL, 0, offsetof(struct device_view, services),
	  .doc = "Paid services are on; without an apartment they always are" },
	{ "contacts", FIELD_OBJECTS, 0, offsetof(struct device_view, contacts),
	  .max = DEVICE_CONTACTS_MAX, .of = &app_contact_shape, .doc = "Whom it may call" },
};
static const struct shape app_device_shape =
	SHAPE("AppDevice", struct device_view, app_device_fields);

static const struct field app_fields[] = {
	{ "name", FIELD_TEXT, 0, offsetof(struct app_view, name),
	  .doc = "Of the person, or of the device that signed in" },
	{ "person", FIELD_BOOL, 0, offsetof(struct app_view, person),
	  .doc = "An account is signed in: routes of the account are there too" },
	{ "devices", FIELD_OBJECTS, 0, offsetof(struct app_view, devices), .max = APPS_MAX,
	  .of = &app_device_shape },
};
const struct shape app_shape = SHAPE("App", struct app_view, app_fields);

/* Of one device of them all, which come by device. */
static int switches_of(struct request *r, const struct device_row *device,
		       const struct switch_row *rows, size_t n, struct shape_list *ret_switches)
{
	struct switch_view *views;
	size_t first = 0, end;

	while (first < n && rows[first].device != device->number)
		first++;
	for (end = first; end < n && rows[end].device == device->number;)
		end++;
	views = arena_alloc(r->arena, (end - first + 1) * sizeof(*views));
	if (!views)
		return -ENOMEM;
	for (size_t i = first; i < end; i++)
		views[i - first] = (struct switch_view){ rows[i].number, rows[i].name };
	*ret_switches = (struct shape_list){ views, end - first };
	return 0;
}

static int contacts_of(struct request *r, const struct app_device_row *app,
		       struct shape_list *ret_contacts)
{
	const struct device_caller caller = { app->site_id, app->number, app->apartment_id,
					      app->directory_id };
	struct contact_view *views;
	struct switch_row *switches;
	struct device_row *rows;
	size_t n, nswitches;
	int rc = device_contacts(r->db, &caller, r->now, r->arena, &rows, &n);

	if (rc == 0)
		rc = switch_list_of_site(r->db, app->site_id, r->arena, &switches, &nswitches);
	if (rc < 0)
		return rc;
	views = arena_alloc(r->arena, (n + 1) * sizeof(*views));
	if (!views)
		return -ENOMEM;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		views[i] =
			(struct contact_view){ rows[i].number, rows[i].name, device_kind(&rows[i]),
					       device_is_online(&rows[i]) };
		rc = switches_of(r, &rows[i], switches, nswitches, &views[i].switches);
	}
	*ret_contacts = (struct shape_list){ views, n };
	return rc;
}

static int device_of(struct request *r, const struct app_device_row *app,
		     struct device_view *ret_device)
{
	struct place_view *place = NULL;

	if (app->apartment_id != DB_INT_NULL) {
		place = arena_alloc(r->arena, sizeof(*place));
		if (!place)
			return -ENOMEM;
		*place = (struct place_view){ app->apartment_id, app->floor, app->apartment,
					      app->apartment_name };
	}
	*ret_device = (struct device_view){ .id = app->number,
					    .name = app->name,
					    .site_id = app->site_id,
					    .site_name = app->site_name,
					    .zone = app->zone,
					    .apartment = place,
					    .services = !place || app->services == 1 };
	return contacts_of(r, app, &ret_device->contacts);
}

int api_app_get(struct request *r)
{
	const struct app_device_row *apps;
	struct device_view *views;
	struct app_view view;
	size_t n;
	int rc = 0;

	request_app_devices(r, &apps, &n);
	views = arena_alloc(r->arena, n * sizeof(*views));
	if (!views)
		return -ENOMEM;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = device_of(r, &apps[i], &views[i]);
	view = (struct app_view){ r->who.person_id ? r->who.name : apps[0].name,
				  r->who.person_id != 0,
				  { views, n } };
	return rc == 0 ? reply_one(r, &view) : rc;
}

/* Calls. */

struct with_view {
	int64_t id;
	struct view name;
};

struct call_view {
	struct app_call_row row;
	bool outgoing, test, picture;
	const void *with; /* struct with_view */
};

static const char *const results[] = { "answered", "missed", "declined", "busy", "failed", NULL };
static const struct field with_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct with_view, id) },
	{ "name", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct with_view, name) },
};
static const struct shape with_shape = SHAPE("AppPeer", struct with_view, with_fields);

#define CALL(member) offsetof(struct call_view, row.member)
static const struct field call_fields[] = {
	{ "id", FIELD_ID, 0, CALL(id) },
	{ "site_id", FIELD_ID, 0, CALL(site_id) },
	{ "device", FIELD_ID, 0, CALL(device), .doc = "One's own that took part" },
	{ "started_at", FIELD_INT, 0, CALL(started_at), .max = INT64_MAX },
	{ "answered_at", FIELD_INT, FIELD_NULLABLE, CALL(answered_at), .max = INT64_MAX },
	{ "ended_at", FIELD_INT, FIELD_NULLABLE, CALL(ended_at), .max = INT64_MAX },
	{ "result", FIELD_ENUM, FIELD_NULLABLE, CALL(result), .values = results,
	  .doc = "Of the call: answered, though perhaps by another device; null: it goes on" },
	{ "outgoing", FIELD_BOOL, 0, offsetof(struct call_view, outgoing) },
	{ "test", FIELD_BOOL, 0, offsetof(struct call_view, test),
	  .doc = "Nobody was at the door: it was never missed" },
	{ "with", FIELD_OBJECT, FIELD_NULLABLE, offsetof(struct call_view, with), .of = &with_shape,
	  .doc = "Who called, or was called" },
	{ "answered_by", FIELD_TEXT, FIELD_NULLABLE, CALL(answered_by_name),
	  .doc = "Its name, as it was then" },
	{ "picture", FIELD_BOOL, 0, offsetof(struct call_view, picture) },
};
const struct shape app_call_shape = SHAPE("AppCall", struct call_view, call_fields);

/* What the query asks for: all of the session's, or one. */
static int which(struct request *r, const struct app_device_row **ret_apps, size_t *ret_n)
{
	const struct view text = query_get(r->arena, r->ask->query, "device");
	uint64_t number = 0;

	request_app_devices(r, ret_apps, ret_n);
	if (!text.p)
		return 0;
	if (view_u64(text, INT64_MAX, &number) < 0)
		return reply_problem(r, 400, "device", "device must be an id.");
	*ret_apps = request_app_device(r, (int64_t)number);
	*ret_n = 1;
	return *ret_apps ? 0 : reply_problem(r, 404, "device", "This is none of your apps.");
}

/* The newest first; of one call the side that tells most: who called, who answered. */
static int by_call(const void *a, const void *b)
{
	const struct app_call_row *x = a, *y = b;
	const bool answered_x = x->answered_by == x->device,
		   answered_y = y->answered_by == y->device;

	if (x->id != y->id)
		return x->id > y->id ? -1 : 1;
	if (x->outgoing != y->outgoing)
		return x->outgoing ? -1 : 1;
	if (answered_x != answered_y)
		return answered_x ? -1 : 1;
	return (x->device > y->device) - (x->device < y->device);
}

/* Each app's newest, as many as the page may need, sorted, and each call once. */
static int read_calls(struct request *r, int64_t before, struct app_call_row **ret_rows,
		      size_t *ret_n)
{
	const struct app_device_row *apps;
	struct app_call_row *all;
	size_t n, total = 0, kept = 0;
	int rc = which(r, &apps, &n);

	if (rc != 0)
		return rc;
	all = arena_alloc(r->arena, n * 2 * (size_t)(r->limit + 1) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct app_place place = { apps[i].site_id, apps[i].number };
		size_t got = 0;

		rc = app_calls(r->db, &place, before, r->limit + 1, r->arena, all + total, &got);
		total += got;
	}
	if (rc < 0)
		return rc;
	qsort(all, total, sizeof(*all), by_call);
	for (size_t i = 0; i < total; i++)
		if (kept == 0 || all[kept - 1].id != all[i].id)
			all[kept++] = all[i];
	*ret_rows = all;
	*ret_n = kept;
	return 0;
}

static int view_call(struct request *r, const struct app_call_row *row, struct call_view *ret_view)
{
	struct with_view *with = NULL;

	if (row->with_device != DB_INT_NULL) {
		with = arena_alloc(r->arena, sizeof(*with));
		if (!with)
			return -ENOMEM;
		*with = (struct with_view){ row->with_device, row->with_name };
	}
	*ret_view = (struct call_view){ *row, row->outgoing == 1, row->test == 1,
					row->picture_at != DB_INT_NULL, with };
	return 0;
}

/* The cursor is the id of the last call shown: a later call has a higher one. */
int api_app_call_list(struct request *r)
{
	struct app_call_row *rows;
	struct call_view *views;
	struct view next = {};
	uint64_t before = INT64_MAX;
	size_t n;
	int rc;

	if (r->cursor.p && view_u64(r->cursor, INT64_MAX, &before) < 0)
		return reply_no_cursor(r);
	rc = read_calls(r, (int64_t)before, &rows, &n);
	if (rc != 0)
		return rc;
	if (n > (size_t)r->limit)
		next = view_str(arena_printf(r->arena, "%lld", (long long)rows[r->limit - 1].id));
	n = page_size(r, n);
	views = arena_alloc(r->arena, (n + 1) * sizeof(*views));
	if (!views)
		return -ENOMEM;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = view_call(r, &rows[i], &views[i]);
	return rc == 0 ? reply_list(r, views, n, next) : rc;
}
