#include "store/site.h"

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

static const char *const site_types[] = { "residential", "commercial", NULL };

#define SITE_EDIT_FIELDS                                                                           \
	{ "name", FIELD_TEXT, 0, offsetof(struct site_row, name), .min = 1, .max = 100 },          \
	{ "type", FIELD_ENUM, 0, offsetof(struct site_row, type), .values = site_types,            \
	  .doc = "Stays what it was when the site was made" },                                     \
	{ "zone", FIELD_TEXT, 0, offsetof(struct site_row, zone), .min = 1, .max = ZONE_MAX,       \
	  .check = zone_fault, .doc = "IANA time zone" },                                          \
	{ "language", FIELD_TEXT, 0, offsetof(struct site_row, language), .min = LANGUAGE_MIN,     \
	  .max = LANGUAGE_MAX, .check = language_fault, .doc = "Of the site's mails" }

static const struct field edit_fields[] = { SITE_EDIT_FIELDS };
const struct shape site_edit_shape = SHAPE("SiteEdit", struct site_row, edit_fields);

static const struct field site_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct site_row, id) },
	SITE_EDIT_FIELDS,
};
const struct shape site_shape = SHAPE("Site", struct site_row, site_fields);

int api_site_list(struct request *r)
{
	struct name_cursor after;
	struct site_row *sites;
	struct view next;
	size_t n;
	int rc = page_after(r, &after);

	if (rc == 0)
		rc = site_list(r->db, r->who.person_id, after, r->limit + 1, r->arena, &sites, &n);
	if (rc != 0)
		return rc;
	next = n > (size_t)r->limit ? page_next(r, sites[r->limit - 1].name, sites[r->limit - 1].id)
				    : (struct view){};
	return reply_list(r, sites, page_size(r, n), next);
}

/* A site belongs to the company whose admin makes it. */
static int company_of(struct request *r, int64_t *ret_company)
{
	for (size_t i = 0; i < r->who.ngrants; i++) {
		const struct grant *grant = &r->who.grants[i];
		if (role_has(grant->role, RIGHT_SITE_CREATE)) {
			*ret_company = grant->company_id;
			return 0;
		}
	}
	return reply_problem(r, 403, NULL, "Your role may not do this.");
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

int api_site_get(struct request *r)
{
	return reply_site(r, r->ids[ID_SITE]);
}

int api_site_put(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct site_row *site = r->body, old;
	int rc = db_begin(r->db, &tx);

	site->id = r->ids[ID_SITE];
	if (rc == 0)
		rc = site_get(r->db, site->id, r->arena, &old);
	if (rc == 0 && !view_eq(old.type, site->type))
		return reply_problem(r, 422, "type", "The type of a site cannot change.");
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
