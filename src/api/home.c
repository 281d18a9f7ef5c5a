/* Homes: what who lives in one sees of it, and moving out, which says first what it takes away. */
#include "api/people.h"
#include "api/resource.h"
#include "store/device.h"

#include <errno.h>

enum { MOVE_DEVICES_MAX = APARTMENT_DEVICES_MAX };

static const char *const roles[] = { "site_admin_payment", "site_admin", "site_user",
				     "site_user_no_login", NULL };
static const char *const kinds[] = { "intercom", "phone", "app", "line", NULL };

struct neighbour_view {
	int64_t id;
	struct view name;
	bool admin;
};

struct thing_view {
	int64_t id;
	struct view name;
	struct view kind;
	bool online;
	bool ready;
};

struct home_view {
	int64_t id;
	struct view floor, number, name;
	bool services, admin;
	struct shape_list residents, devices;
};

static const struct field neighbour_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct neighbour_view, id) },
	{ "name", FIELD_TEXT, 0, offsetof(struct neighbour_view, name) },
	{ "admin", FIELD_BOOL, 0, offsetof(struct neighbour_view, admin) },
};
static const struct shape neighbour_shape =
	SHAPE("HomeResident", struct neighbour_view, neighbour_fields);

static const struct field thing_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct thing_view, id) },
	{ "name", FIELD_TEXT, 0, offsetof(struct thing_view, name) },
	{ "kind", FIELD_ENUM, 0, offsetof(struct thing_view, kind), .values = kinds },
	{ "online", FIELD_BOOL, 0, offsetof(struct thing_view, online) },
	{ "ready", FIELD_BOOL, 0, offsetof(struct thing_view, ready),
	  .doc = "It is online, or a notice of a call wakes it" },
};
static const struct shape thing_shape = SHAPE("HomeDevice", struct thing_view, thing_fields);

static const struct field home_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct home_view, id), .doc = "Of the apartment" },
	{ "floor", FIELD_TEXT, 0, offsetof(struct home_view, floor) },
	{ "number", FIELD_TEXT, 0, offsetof(struct home_view, number) },
	{ "name", FIELD_TEXT, 0, offsetof(struct home_view, name) },
	{ "services", FIELD_BOOL, 0, offsetof(struct home_view, services) },
	{ "admin", FIELD_BOOL, 0, offsetof(struct home_view, admin),
	  .doc = "Who asks may manage its users" },
	{ "residents", FIELD_OBJECTS, 0, offsetof(struct home_view, residents),
	  .max = RESIDENTS_MAX, .of = &neighbour_shape },
	{ "devices", FIELD_OBJECTS, 0, offsetof(struct home_view, devices),
	  .max = APARTMENT_DEVICES_MAX, .of = &thing_shape },
};
const struct shape home_shape = SHAPE("Home", struct home_view, home_fields);

static int find_people(struct request *r, int64_t apartment_id, struct member_row **ret_rows,
		       size_t *ret_n)
{
	const struct member_filter filter = { .site_id = r->place.site_id,
					      .apartment_id = apartment_id,
					      .after = NAME_CURSOR_FIRST,
					      .max = RESIDENTS_MAX };

	return member_list(r->db, &filter, r->arena, ret_rows, ret_n);
}

static int home_residents(struct request *r, struct home_view *home)
{
	struct neighbour_view *views;
	struct member_row *rows;
	size_t n;
	const int rc = find_people(r, home->id, &rows, &n);

	if (rc < 0)
		return rc;
	views = arena_alloc(r->arena, sizeof(*views) * (n + 1));
	if (!views)
		return -ENOMEM;
	home->residents.p = views;
	for (size_t i = 0; i < n; i++)
		if (rows[i].apartment_id == home->id)
			views[home->residents.n++] =
				(struct neighbour_view){ rows[i].id, rows[i].name, rows[i].admin };
	return 0;
}

static int home_devices(struct request *r, struct home_view *home)
{
	struct thing_view *views;
	struct device_row *rows;
	size_t n;
	const int rc = device_list_of_apartment(r->db, r->place.site_id, home->id, r->now, r->arena,
						&rows, &n);

	if (rc < 0)
		return rc;
	views = arena_alloc(r->arena, sizeof(*views) * (n + 1));
	if (!views)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		views[i] = (struct thing_view){ rows[i].number, rows[i].name, device_kind(&rows[i]),
						device_is_online(&rows[i]),
						device_is_online(&rows[i]) || rows[i].wakes };
	home->devices = (struct shape_list){ views, n };
	return 0;
}

static int home_of(struct request *r, int64_t apartment_id, struct home_view *ret_home)
{
	const struct place place = { r->place.company_id, r->place.site_id, apartment_id };
	struct apartment_row row;
	int rc = apartment_get(r->db, r->place.site_id, apartment_id, r->arena, &row);

	if (rc < 0)
		return rc;
	*ret_home = (struct home_view){
		.id = row.id,
		.floor = row.floor,
		.number = row.number,
		.name = row.name,
		.services = row.services,
		.admin = rights_judge(r->who.grants, r->who.ngrants, RIGHT_HOME_EDIT, place) ==
			 VERDICT_YES,
	};
	rc = home_residents(r, ret_home);
	return rc == 0 ? home_devices(r, ret_home) : rc;
}

int api_home_get(struct request *r)
{
	struct home_view home;
	const int rc = home_of(r, r->place.apartment_id, &home);

	return rc == 0 ? reply_one(r, &home) : rc;
}

/* The homes of who asks: MEMBER_HOMES_MAX at most, so there is one page. */
int api_home_list(struct request *r)
{
	struct home_view *homes;
	struct member_row *rows;
	size_t n = 0, found = 0;
	int rc = member_get(r->db, r->place.site_id, r->who.person_id, r->arena, &rows, &n);

	if (rc < 0 && rc != -ENOENT)
		return rc;
	homes = arena_alloc(r->arena, sizeof(*homes) * (n + 1));
	if (!homes)
		return -ENOMEM;
	rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (rows[i].apartment_id != DB_INT_NULL)
			rc = home_of(r, rows[i].apartment_id, &homes[found++]);
	return rc == 0 ? reply_list(r, homes, found, (struct view){}) : rc;
}

/* ---- moving out ---- */

struct mover {
	struct member_row row; /* as he was */
	bool admin, leaves_site, account_ends;
};

struct goner {
	int64_t id;
	struct view name;
	struct view kind;
	bool removed;
};

struct move_view {
	struct shape_list people, devices;
};

static const struct field mover_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct mover, row.id) },
	{ "name", FIELD_TEXT, 0, offsetof(struct mover, row.name) },
	{ "email", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct mover, row.email) },
	{ "role", FIELD_ENUM, FIELD_NULLABLE, offsetof(struct mover, row.role), .values = roles },
	{ "phone", FIELD_TEXT, 0, offsetof(struct mover, row.phone) },
	{ "language", FIELD_TEXT, 0, offsetof(struct mover, row.language) },
	{ "comment", FIELD_TEXT, 0, offsetof(struct mover, row.comment) },
	{ "admin", FIELD_BOOL, 0, offsetof(struct mover, admin), .doc = "Of this apartment" },
	{ "leaves_site", FIELD_BOOL, 0, offsetof(struct mover, leaves_site),
	  .doc = "Lives nowhere else here and is no admin: is no user of the site any more" },
	{ "account_ends", FIELD_BOOL, 0, offsetof(struct mover, account_ends),
	  .doc = "No other place has this person" },
};
static const struct shape mover_shape = SHAPE("Mover", struct mover, mover_fields);

static const struct field goner_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct goner, id) },
	{ "name", FIELD_TEXT, 0, offsetof(struct goner, name) },
	{ "kind", FIELD_ENUM, 0, offsetof(struct goner, kind), .values = kinds },
	{ "removed", FIELD_BOOL, 0, offsetof(struct goner, removed),
	  .doc = "With its SIP account; else it stays in the apartment" },
};
static const struct shape goner_shape = SHAPE("MovedDevice", struct goner, goner_fields);

static const struct field move_fields[] = {
	{ "people", FIELD_OBJECTS, 0, offsetof(struct move_view, people), .max = RESIDENTS_MAX,
	  .of = &mover_shape },
	{ "devices", FIELD_OBJECTS, 0, offsetof(struct move_view, devices), .max = MOVE_DEVICES_MAX,
	  .of = &goner_shape },
};
const struct shape move_out_shape = SHAPE("MoveOut", struct move_view, move_fields);

struct move_body {
	struct shape_list people, devices;
};

static const struct field move_edit_fields[] = {
	{ "people", FIELD_IDS, 0, offsetof(struct move_body, people), .max = RESIDENTS_MAX,
	  .doc = "Who moves out" },
	{ "devices", FIELD_IDS, 0, offsetof(struct move_body, devices), .max = MOVE_DEVICES_MAX,
	  .doc = "What is removed; the rest stays in the apartment" },
};
const struct shape move_out_edit_shape = SHAPE("MoveOutEdit", struct move_body, move_edit_fields);

/* Rows of one person, as member_list has them, from `first` on. */
static struct mover mover_of(const struct member_row *rows, size_t n, int64_t apartment_id)
{
	const bool plain = !rows[0].role.p || role_from_text(rows[0].role) >= ROLE_SITE_USER;
	struct mover mover = { .row = rows[0], .leaves_site = plain && n == 1 };

	for (size_t i = 0; i < n; i++)
		if (rows[i].apartment_id == apartment_id)
			mover.admin = rows[i].admin;
	mover.account_ends = mover.leaves_site && rows[0].alone;
	return mover;
}

static int plan_people(struct request *r, struct move_view *view)
{
	struct member_row *rows;
	struct mover *movers;
	size_t n, last;
	const int rc = find_people(r, r->place.apartment_id, &rows, &n);

	if (rc < 0)
		return rc;
	movers = arena_alloc(r->arena, sizeof(*movers) * (n + 1));
	if (!movers)
		return -ENOMEM;
	view->people.p = movers;
	for (size_t i = 0; i < n; i = last) {
		for (last = i; last < n && rows[last].id == rows[i].id; last++)
			;
		movers[view->people.n++] = mover_of(rows + i, last - i, r->place.apartment_id);
	}
	return 0;
}

/* Phones go with whoever they ring for; an intercom is part of the house. */
static int plan_devices(struct request *r, struct move_view *view)
{
	struct device_row *rows;
	struct goner *goners;
	size_t n;
	const int rc = device_list_of_apartment(r->db, r->place.site_id, r->place.apartment_id,
						r->now, r->arena, &rows, &n);

	if (rc < 0)
		return rc;
	goners = arena_alloc(r->arena, sizeof(*goners) * (n + 1));
	if (!goners)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		goners[i] = (struct goner){ rows[i].number, rows[i].name, device_kind(&rows[i]),
					    view_eq(rows[i].kind, VIEW("phone")) };
	view->devices = (struct shape_list){ goners, n };
	return 0;
}

static int plan(struct request *r, struct move_view *ret_view)
{
	struct apartment_row apartment;
	int rc =
		apartment_get(r->db, r->place.site_id, r->place.apartment_id, r->arena, &apartment);

	*ret_view = (struct move_view){};
	if (rc == 0)
		rc = plan_people(r, ret_view);
	return rc == 0 ? plan_devices(r, ret_view) : rc;
}

int api_move_out_get(struct request *r)
{
	struct move_view view;
	const int rc = plan(r, &view);

	return rc == 0 ? reply_one(r, &view) : rc;
}

static int leave_site(struct request *r, int64_t id)
{
	const int rc = people_check_above(r, id);

	return rc == 0 ? people_remove(r, id) : rc;
}

static int move_person(struct request *r, int64_t id, size_t i, const struct move_view *planned,
		       struct mover *ret_mover)
{
	const struct home home = { r->place.company_id, r->place.site_id, r->place.apartment_id,
				   id };
	const struct mover *movers = planned->people.p;

	for (size_t k = 0; k < planned->people.n; k++) {
		if (movers[k].row.id != id)
			continue;
		*ret_mover = movers[k];
		return movers[k].leaves_site ? leave_site(r, id)
					     : resident_remove(r->db, r->now, &home);
	}
	return reply_problem(r, 422, arena_printf(r->arena, "people[%zu]", i),
			     "This user does not live here any more.");
}

static int move_device(struct request *r, int64_t id, size_t i, const struct move_view *planned,
		       struct goner *ret_goner)
{
	const struct goner *goners = planned->devices.p;

	for (size_t k = 0; k < planned->devices.n; k++) {
		if (goners[k].id != id)
			continue;
		*ret_goner = goners[k];
		ret_goner->removed = true;
		return device_delete(r->db, r->now, r->place.site_id, id);
	}
	return reply_problem(r, 422, arena_printf(r->arena, "devices[%zu]", i),
			     "This device is not in the apartment any more.");
}

/* What was taken away, in the order asked for: enough to let everybody move in again. */
static int move_out(struct request *r, const struct move_body *body, struct move_view *ret_done)
{
	struct mover *movers = arena_alloc(r->arena, sizeof(*movers) * (body->people.n + 1));
	struct goner *goners = arena_alloc(r->arena, sizeof(*goners) * (body->devices.n + 1));
	const int64_t *people = body->people.p, *devices = body->devices.p;
	struct move_view planned;
	int rc = movers && goners ? plan(r, &planned) : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < body->people.n; i++)
		rc = move_person(r, people[i], i, &planned, &movers[i]);
	for (size_t i = 0; rc == 0 && i < body->devices.n; i++)
		rc = move_device(r, devices[i], i, &planned, &goners[i]);
	*ret_done = (struct move_view){ { movers, body->people.n }, { goners, body->devices.n } };
	return rc == -ENOENT ? reply_problem(r, 422, NULL, "Something is named twice.") : rc;
}

int api_move_out_post(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct apartment_row apartment;
	struct move_view done;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = apartment_get(r->db, r->place.site_id, r->place.apartment_id, r->arena,
				   &apartment);
	if (rc == 0)
		rc = move_out(r, r->body, &done);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_one(r, &done) : rc;
}
