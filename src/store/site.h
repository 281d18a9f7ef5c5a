/* store/site.h - companies, sites and apartments. Lists are pages by keyset; the last row of a page
 * is the cursor of the next. Who writes holds a transaction; each write appends to the feed. */
#pragma once
#include "store/db.h"

enum {
	SITE_PAGE_MAX = 500,
	APARTMENT_PAGE_MAX = 500,
	RESPONDERS_MAX = 4, /* paid ones of an apartment on a residential site */
};

struct site_row {
	int64_t id;
	int64_t company_id;
	struct view name;
	struct view type; /* residential, commercial */
	struct view zone; /* IANA */
	struct view language;
	int64_t created_at;
	struct view company; /* its name, when read */
	struct view subtype; /* what kind of residential or commercial; may be empty, as the rest */
	struct view country; /* ISO 3166 */
	struct view region;
	struct view postal_code;
};

/* What a change of a site's type meets. */
struct site_type_row {
	int64_t apartment_admins; /* roles that a commercial site has not */
	int64_t services;         /* apartments with paid services switched on */
	int64_t responders;
	int64_t homeless;         /* responders without an apartment */
	int64_t crowded;          /* apartments with more than RESPONDERS_MAX of them */
};

struct apartment_row {
	int64_t id;
	int64_t site_id;
	struct view floor;
	struct view number;
	struct view name;
	int64_t services;  /* 1: paid services are on */
	int64_t residents; /* when read: how many live there, and devices that belong to it */
	int64_t devices;
};

/* Behind (text, id) in the list's order; the empty text and 0 begin. */
struct name_cursor {
	struct view name;
	int64_t id;
};
#define NAME_CURSOR_FIRST ((struct name_cursor){ VIEW(""), 0 })

[[nodiscard]] int site_prepare(struct db *db, struct err *err);

[[nodiscard]] int company_create(struct db *db, int64_t now_ms, struct view name, int64_t *ret_id);
/* The oldest; -ENOENT without any. */
[[nodiscard]] int company_first(struct db *db, int64_t *ret_id);

/* Those that the person has any role for, by name. */
[[nodiscard]] int site_list(struct db *db, int64_t person_id, struct name_cursor after, int64_t max,
			    struct arena *arena, struct site_row **ret_sites, size_t *ret_n);
/* Every site of the server, by id: for the server's own consumers. */
[[nodiscard]] int site_ids(struct db *db, int64_t after_id, int64_t max, struct arena *arena,
			   struct site_row **ret_sites, size_t *ret_n);
[[nodiscard]] int site_get(struct db *db, int64_t id, struct arena *arena, struct site_row *ret_site);
/* -EEXIST: the company has a site of that name; -ENOLINK: no such company. */
[[nodiscard]] int site_create(struct db *db, int64_t now_ms, const struct site_row *site,
			      int64_t *ret_id);
/* All but company and type. */
[[nodiscard]] int site_edit(struct db *db, int64_t now_ms, const struct site_row *site);
[[nodiscard]] int site_type_facts(struct db *db, int64_t id, struct site_type_row *ret_facts);
/* Takes away what the other type does not have: sub-type, apartment admins, apartments' services. */
[[nodiscard]] int site_type_set(struct db *db, int64_t now_ms, int64_t id, struct view type);
/* With all that it holds. */
[[nodiscard]] int site_delete(struct db *db, int64_t now_ms, int64_t id);

/* By number. */
[[nodiscard]] int apartment_list(struct db *db, int64_t site_id, struct name_cursor after, int64_t max,
				 struct arena *arena, struct apartment_row **ret_apartments,
				 size_t *ret_n);
[[nodiscard]] int apartment_get(struct db *db, int64_t site_id, int64_t id, struct arena *arena,
				struct apartment_row *ret_apartment);
/* -EEXIST: floor and number are taken. */
[[nodiscard]] int apartment_create(struct db *db, int64_t now_ms, const struct apartment_row *apartment,
				   int64_t *ret_id);
[[nodiscard]] int apartment_edit(struct db *db, int64_t now_ms, const struct apartment_row *apartment);
/* -ENOLINK: devices still belong to it. */
[[nodiscard]] int apartment_delete(struct db *db, int64_t now_ms, int64_t site_id, int64_t id);
