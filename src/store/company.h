/* store/company.h - companies and who administers them. Who writes holds a transaction; each write
 * appends to the feed. store/site.h makes companies. */
#pragma once
#include "store/site.h"

enum { COMPANIES_MAX = 50 /* that one person may administer */ };

struct company_row {
	int64_t id;
	struct view name;
	int64_t created_at;
	int64_t sites; /* how many it has */
};

struct company_admin_row {
	int64_t id; /* of the person */
	struct view name;
	struct view email;
	int64_t active; /* 1: has a password */
};

[[nodiscard]] int company_prepare(struct db *db, struct err *err);

/* Those that the person administers, by name; an operator sees all. */
[[nodiscard]] int company_list(struct db *db, int64_t person_id, struct name_cursor after,
			       int64_t max, struct arena *arena, struct company_row **ret_companies,
			       size_t *ret_n);
[[nodiscard]] int company_get(struct db *db, int64_t id, struct arena *arena,
			      struct company_row *ret_company);
[[nodiscard]] int company_rename(struct db *db, int64_t now_ms, int64_t id, struct view name);

/* By name. */
[[nodiscard]] int company_admins(struct db *db, int64_t company_id, struct name_cursor after,
				 int64_t max, struct arena *arena,
				 struct company_admin_row **ret_admins, size_t *ret_n);
/* -ENOENT: is none. */
[[nodiscard]] int company_admin_get(struct db *db, int64_t company_id, int64_t person_id,
				    struct arena *arena, struct company_admin_row *ret_admin);
/* Takes the role away, and the person if nobody else has him. -ENOENT: is none.
 * *ret_left: how many admins the company has then; the caller rolls back what leaves none. */
[[nodiscard]] int company_admin_remove(struct db *db, int64_t now_ms, int64_t company_id,
				       int64_t person_id, int64_t *ret_left);
