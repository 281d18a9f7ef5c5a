#include "store/search.h"

#include "api/person.h"
#include "api/request.h"
#include "api/resource.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ZONE_MAX = 64 };

/* The characters keep the name inside the folder. */
static bool zone_is_safe(struct view zone)
{
	for (size_t i = 0; i < zone.n; i++) {
		const char c = zone.p[i];
		const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		const bool digit = c >= '0' && c <= '9';
		if (!letter && !digit && c != '/' && c != '_' && c != '-' && c != '+')
			return false;
	}
	return zone.n > 0 && zone.n <= ZONE_MAX && zone.p[0] != '/';
}

/* A zone is what the system has a file of time zone data for (RFC 8536 section 3.1). */
static const char *zone_fault(struct view zone)
{
	static const char unknown[] = "must be an IANA time zone, such as Europe/Prague.";
	char path[sizeof("/usr/share/zoneinfo/") + ZONE_MAX], magic[4] = "";
	FILE *file;

	if (!zone_is_safe(zone))
		return unknown;
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.*s", (int)zone.n, zone.p);
	file = fopen(path, "re");
	if (!file)
		return unknown;
	if (fread(magic, 1, sizeof(magic), file) != sizeof(magic))
		magic[0] = '\0';
	fclose(file);
	return memcmp(magic, "TZif", sizeof(magic)) == 0 ? NULL : unknown;
}

/* ISO 3166-1, two letters; empty when it was not said. */
static const char *country_fault(struct view v)
{
	bool good = v.n == 0 || v.n == 2;

	for (size_t i = 0; i < v.n; i++)
		good = good && v.p[i] >= 'A' && v.p[i] <= 'Z';
	return good ? NULL : "must be a country's code, such as CZ.";
}

static const char *const site_types[] = { "residential", "commercial", NULL };
/* By type; each may be left open. */
static const char *const subtypes[] = { "apartment_building", "family_house", "student_housing",
					"office", "mixed_use", "retail", "industrial", "public",
					"other", "", NULL };
enum { SUBTYPES_RESIDENTIAL = 3, SUBTYPES_COMMERCIAL = 5 };

#define SITE_EDIT_FIELDS                                                                           \
	{ "name", FIELD_TEXT, 0, offsetof(struct site_row, name), .min = 1, .max = 100 },          \
	{ "type", FIELD_ENUM, 0, offsetof(struct site_row, type), .values = site_types,            \
	  .doc = "How paid services are charged: changes by /type-change alone" },                 \
	{ "subtype", FIELD_ENUM, FIELD_OPTIONAL, offsetof(struct site_row, subtype),               \
	  .values = subtypes, .doc = "Informative; the first three are residential" },             \
	{ "zone", FIELD_TEXT, 0, offsetof(struct site_row, zone), .min = 1, .max = ZONE_MAX,       \
	  .check = zone_fault, .doc = "IANA time zone" },                                          \
	{ "language", FIELD_TEXT, 0, offsetof(struct site_row, language), .min = LANGUAGE_MIN,     \
	  .max = LANGUAGE_MAX, .check = language_fault, .doc = "Of the site's mails" },            \
	{ "country", FIELD_TEXT, FIELD_OPTIONAL, offsetof(struct site_row, country), .max = 2,     \
	  .check = country_fault, .doc = "ISO 3166" },                                             \
	{ "region", FIELD_TEXT, FIELD_OPTIONAL, offsetof(struct site_row, region), .max = 100 },   \
	{ "postal_code", FIELD_TEXT, FIELD_OPTIONAL, offsetof(struct site_row, postal_code),       \
	  .max = 20 },                                                                             \
	{ "company_id", FIELD_ID, FIELD_OPTIONAL | FIELD_NULLABLE,                                 \
	  offsetof(struct site_row, company_id), .doc = "Stays; one's first unless said" }

static const struct field edit_fields[] = { SITE_EDIT_FIELDS };
const struct shape site_edit_shape = SHAPE("SiteEdit", struct site_row, edit_fields);

static const struct field site_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct site_row, id) },
	SITE_EDIT_FIELDS,
	{ "company", FIELD_TEXT, 0, offsetof(struct site_row, company), .max = 100,
	  .doc = "The name of the company that it belongs to" },
};
const struct shape site_shape = SHAPE("Site", struct site_row, site_fields);

struct type_body {
	struct view type;
};

struct consequence {
	struct view code;
	int64_t count;
};

struct type_view {
	struct view type;
	bool allowed;
	struct shape_list changes; /* of struct consequence */
	struct shape_list obstacles;
};

static const struct field type_edit_fields[] = {
	{ "type", FIELD_ENUM, 0, offsetof(struct type_body, type), .values = site_types },
};
const struct shape type_edit_shape = SHAPE("TypeEdit", struct type_body, type_edit_fields);

static const char *const change_codes[] = { "charged_by_apartment", "charged_by_device",
					    "apartment_admins_end", "services_end", "subtype_ends",
					    NULL };
static const char *const obstacle_codes[] = { "responders_without_apartment",
					      "apartments_with_too_many", NULL };

static const struct field change_fields[] = {
	{ "code", FIELD_ENUM, 0, offsetof(struct consequence, code), .values = change_codes },
	{ "count", FIELD_INT, 0, offsetof(struct consequence, count), .max = INT64_MAX },
};
static const struct shape change_shape = SHAPE("TypeConsequence", struct consequence, change_fields);
static const struct field obstacle_fields[] = {
	{ "code", FIELD_ENUM, 0, offsetof(struct consequence, code), .values = obstacle_codes },
	{ "count", FIELD_INT, 0, offsetof(struct consequence, count), .max = INT64_MAX },
};
static const struct shape obstacle_shape =
	SHAPE("TypeObstacle", struct consequence, obstacle_fields);

enum { CONSEQUENCES_MAX = 5 };
static const struct field type_fields[] = {
	{ "type", FIELD_ENUM, 0, offsetof(struct type_view, type), .values = site_types },
	{ "allowed", FIELD_BOOL, 0, offsetof(struct type_view, allowed),
	  .doc = "It is another type, and nothing hinders it" },
	{ "changes", FIELD_OBJECTS, 0, offsetof(struct type_view, changes), .max = CONSEQUENCES_MAX,
	  .of = &change_shape },
	{ "obstacles", FIELD_OBJECTS, 0, offsetof(struct type_view, obstacles),
	  .max = CONSEQUENCES_MAX, .of = &obstacle_shape },
};
const struct shape type_change_shape = SHAPE("TypeChange", struct type_view, type_fields);

/* Those that somebody looks for. */
static int list_found(struct request *r, struct view q, struct name_cursor after)
{
	struct match_query query;
	struct site_row *sites;
	struct view next = {};
	size_t n;
	int rc = match_query(r->arena, q, &query);

	if (rc == 0)
		rc = search_sites(r->db, r->who.person_id, &query, after, (size_t)r->limit + 1,
				  r->arena, &sites, &n, &after);
	if (rc != 0)
		return rc;
	if (n > (size_t)r->limit)
		next = page_next(r, sites[r->limit - 1].name, sites[r->limit - 1].id);
	else if (after.id != 0)
		next = page_next(r, after.name, after.id);
	return reply_list(r, sites, page_size(r, n), next);
}

int api_site_list(struct request *r)
{
	const struct view q = view_trim(query_get(r->arena, r->ask->query, "q"));
	struct name_cursor after;
	struct site_row *sites;
	struct view next;
	size_t n;
	int rc = page_after(r, &after);

	if (rc == 0 && q.n > 0)
		return list_found(r, q, after);
	if (rc == 0)
		rc = site_list(r->db, r->who.person_id, after, r->limit + 1, r->arena, &sites, &n);
	if (rc != 0)
		return rc;
	next = n > (size_t)r->limit ? page_next(r, sites[r->limit - 1].name, sites[r->limit - 1].id)
				    : (struct view){};
	return reply_list(r, sites, page_size(r, n), next);
}

/* A site belongs to the company that was named, or to the first, of those that one administers. */
static int company_of(struct request *r, int64_t *company)
{
	bool any = false;

	for (size_t i = 0; i < r->who.ngrants; i++) {
		const struct grant *grant = &r->who.grants[i];

		if (!role_has(grant->role, RIGHT_SITE_CREATE))
			continue;
		any = true;
		if (*company != INT64_MIN && *company != grant->company_id)
			continue;
		*company = grant->company_id;
		return 0;
	}
	if (any)
		return reply_problem(r, 422, "company_id", "You administer no such company.");
	return reply_problem(r, 403, NULL, "Your role may not do this.");
}

static bool is_residential(struct view type)
{
	return view_eq(type, VIEW("residential"));
}

/* "other" and none go with both types. */
static int check_subtype(struct request *r, const struct site_row *site)
{
	const size_t from = is_residential(site->type) ? SUBTYPES_RESIDENTIAL : 0;
	const size_t n = is_residential(site->type) ? SUBTYPES_COMMERCIAL : SUBTYPES_RESIDENTIAL;

	for (size_t i = from; site->subtype.p && i < from + n; i++)
		if (view_eq(site->subtype, view_str(subtypes[i])))
			return reply_problem(r, 422, "subtype", "That goes with the other type.");
	return 0;
}

static int reply_site(struct request *r, int64_t id)
{
	struct site_row site;
	const int rc = site_get(r->db, id, r->arena, &site);

	return rc == 0 ? reply_one(r, &site) : rc;
}

static int name_taken(struct request *r)
{
	return reply_problem(r, 409, "name", "There is a site of this name already.");
}

int api_site_post(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct site_row *site = r->body;
	int64_t id = 0;
	int rc = company_of(r, &site->company_id);

	if (rc == 0)
		rc = check_subtype(r, site);
	if (rc == 0)
		rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = site_create(r->db, r->now, site, &id);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == -EEXIST)
		return name_taken(r);
	if (rc == 0) /* for the trail: the path named no place */
		r->place = (struct place){ site->company_id, id, 0 };
	return rc == 0 ? reply_site(r, id) : rc;
}

/* Its right was judged by the row, which is what is asked for. */
int api_site_get(struct request *r)
{
	return r->site.id ? reply_one(r, &r->site) : reply_site(r, r->ids[ID_SITE]);
}

int api_site_put(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct site_row *site = r->body, old;
	int rc = check_subtype(r, site);

	site->id = r->ids[ID_SITE];
	if (rc == 0)
		rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = site_get(r->db, site->id, r->arena, &old);
	if (rc == 0 && !view_eq(old.type, site->type))
		return reply_problem(r, 422, "type", "The type changes by /type-change.");
	if (rc == 0 && site->company_id != INT64_MIN && site->company_id != old.company_id)
		return reply_problem(r, 422, "company_id", "A site stays with its company.");
	if (rc == 0)
		rc = site_edit(r->db, r->now, site);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == -EEXIST)
		return name_taken(r);
	return rc == 0 ? reply_site(r, site->id) : rc;
}

int api_site_delete(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = site_delete(r->db, r->now, r->ids[ID_SITE]);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_none(r) : rc;
}

static void add(struct shape_list *list, const char *code, int64_t count, bool shown)
{
	struct consequence *entries = (struct consequence *)(uintptr_t)list->p;

	if (shown)
		entries[list->n++] = (struct consequence){ view_str(code), count };
}

/* What the other type brings and takes, and what stands in its way. */
static int consequences(struct request *r, const struct site_row *site, struct view type,
			struct type_view *ret_view)
{
	struct consequence *entries = arena_alloc(r->arena, 2 * CONSEQUENCES_MAX * sizeof(*entries));
	struct type_view view = { .type = type, .changes = { entries, 0 },
				  .obstacles = { entries ? entries + CONSEQUENCES_MAX : NULL, 0 } };
	const bool other = !view_eq(site->type, type), home = is_residential(type);
	struct site_type_row facts;
	const int rc = entries ? site_type_facts(r->db, site->id, &facts) : -ENOMEM;

	if (rc < 0)
		return rc;
	add(&view.changes, change_codes[0], facts.responders, other && home);
	add(&view.changes, change_codes[1], facts.responders, other && !home);
	add(&view.changes, change_codes[2], facts.apartment_admins,
	    other && !home && facts.apartment_admins > 0);
	add(&view.changes, change_codes[3], facts.services, other && !home && facts.services > 0);
	add(&view.changes, change_codes[4], 1, other && site->subtype.n > 0);
	add(&view.obstacles, obstacle_codes[0], facts.homeless, other && home && facts.homeless > 0);
	add(&view.obstacles, obstacle_codes[1], facts.crowded, other && home && facts.crowded > 0);
	view.allowed = other && view.obstacles.n == 0;
	*ret_view = view;
	return 0;
}

int api_type_change_get(struct request *r)
{
	const struct view type = query_get(r->arena, r->ask->query, "type");
	struct type_view view;
	int rc;

	if (!view_eq(type, VIEW("residential")) && !view_eq(type, VIEW("commercial")))
		return reply_problem(r, 400, "type", "type must be residential or commercial.");
	rc = consequences(r, &r->site, type, &view);
	return rc == 0 ? reply_one(r, &view) : rc;
}

/* Looked at once the row in the feed stands, as a device is that comes meanwhile: its lock lets one
 * of the two see the other. */
static int check_obstacles(struct request *r, const struct site_row *old, const struct type_view *view)
{
	const struct consequence *first = view->obstacles.p;

	if (view_eq(old->type, view->type) || view->obstacles.n == 0)
		return 0;
	if (view_eq(first->code, view_str(obstacle_codes[0])))
		return reply_problem(r, 409, "type", "%lld responders have no apartment yet.",
				     (long long)first->count);
	return reply_problem(r, 409, "type", "%lld apartments have more than %d responders.",
			     (long long)first->count, RESPONDERS_MAX);
}

int api_type_change_put(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	const struct type_body *body = r->body;
	struct type_view view;
	struct site_row old;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = site_get(r->db, r->ids[ID_SITE], r->arena, &old);
	if (rc == 0 && !view_eq(old.type, body->type))
		rc = site_type_set(r->db, r->now, old.id, body->type);
	if (rc == 0)
		rc = consequences(r, &old, body->type, &view);
	if (rc == 0)
		rc = check_obstacles(r, &old, &view);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_site(r, old.id) : rc;
}
