/* store/privacy.h - all that is kept about one person: to hand it over, and to take it away.
 *
 * Erasing keeps the person's row and its number, so that what refers to it stays whole, but nothing
 * that tells who it was: the name becomes an alias, also in the trail, and everything else that the
 * person alone had is removed. A table that refers to a person belongs into the lists of privacy.c;
 * a test finds those that do not.
 *
 * Cost: erasing reads the person's companies' part of the trail once. */
#pragma once
#include "base/json.h"
#include "store/db.h"

enum {
	PRIVACY_ROWS_MAX = 5000,   /* entries of one section of an export */
	PRIVACY_PLACES_MAX = 1000, /* roles and memberships of one person that are looked at */
	PRIVACY_ARENA_MAX = 64 * 1024 * 1024,
	PRIVACY_ALIAS_SIZE = 48,
};

/* What of a person is handed over: what this company, or this site of it, has. DB_INT_NULL: no such
 * bound; without either it is everything, the sessions too. */
struct privacy_scope {
	int64_t company_id;
	int64_t site_id;
};
#define PRIVACY_EVERYTHING ((struct privacy_scope){ DB_INT_NULL, DB_INT_NULL })

/* Where a person has a role, or is known without one (role p NULL). */
struct privacy_place_row {
	struct view role;
	int64_t company_id; /* DB_INT_NULL: the operator's */
	int64_t site_id;    /* DB_INT_NULL: of the company as a whole */
};

/* What an erasure would touch. */
struct privacy_count_row {
	int64_t roles;
	int64_t memberships;
	int64_t apartments;
	int64_t sessions;
	int64_t mails;
	int64_t entries; /* of the trail, that would have the alias */
};

[[nodiscard]] int privacy_prepare(struct db *db, struct err *err);
/* One object: a list of rows for each section, and in "cut" the names of those that had more than
 * PRIVACY_ROWS_MAX. -ENOENT without the person. */
[[nodiscard]] int privacy_export(struct db *db, int64_t person_id, struct privacy_scope scope,
				 struct json *j);
[[nodiscard]] int privacy_places(struct db *db, int64_t person_id, struct arena *arena,
				 struct privacy_place_row **ret_places, size_t *ret_n);
/* The name of a company that has no other administrator; -ENOENT without such a company. */
[[nodiscard]] int privacy_last_admin(struct db *db, int64_t person_id, struct arena *arena,
				     struct view *ret_company);
[[nodiscard]] int privacy_count(struct db *db, int64_t person_id,
				struct privacy_count_row *ret_counts);
/* "Erased person 7". */
void privacy_alias(int64_t person_id, char ret_alias[PRIVACY_ALIAS_SIZE]);
/* Inside the caller's transaction. -ENOENT without the person. What may stand in the way (the last
 * administrator) is the caller's to look for. */
[[nodiscard]] int privacy_erase(struct db *db, int64_t now_ms, int64_t person_id);
