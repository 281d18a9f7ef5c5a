/* store/audit.h - the trail: who changed what, when and from where.
 *
 * A row is appended in the transaction of the change that it tells of, and names people and sites
 * by number and name: it outlives them. Lists go from the newest to the oldest, or back; the id of
 * the last row is the cursor of the next page.
 *
 * Cost: a row is one insert into five indexes; a page is one index range, and with a filter that
 * matches seldom the rows in between. */
#pragma once
#include "store/db.h"

enum {
	AUDIT_PAGE_MAX = 1000,
	AUDIT_EXPIRE_MAX = 10000, /* rows that one audit_expire removes */
	AUDIT_SEARCH_MAX = 100,   /* bytes of a search that count */
};

struct audit_row {
	int64_t id;
	int64_t at;
	int64_t company_id; /* DB_INT_NULL where it is about none; likewise the next three */
	int64_t site_id;
	int64_t person_id;  /* who */
	int64_t subject_id; /* whom it is about */
	struct view person_name;
	struct view address; /* from where */
	struct view verb;    /* create, change, delete, do */
	struct view object;  /* devices, credentials, … */
	int64_t object_id;   /* DB_INT_NULL: none */
	struct view label;   /* what people call it */
	int64_t denied;      /* 1: was tried and refused */
	struct view before;  /* JSON objects; p NULL: nothing to tell */
	struct view after;
	/* Read only. */
	struct view site_name; /* of today; p NULL without a site, or when it is gone */
};

/* What of the trail is asked for: one of site and company, and what is not DB_INT_NULL or p NULL of
 * the rest. */
struct audit_filter {
	int64_t site_id;
	int64_t company_id;
	int64_t person_id;
	struct view object;
	int64_t from_ms;    /* this and later */
	int64_t to_ms;      /* earlier than this */
	struct view search; /* as typed */
	bool rising;        /* from the oldest row to the newest */
};
#define AUDIT_FILTER_ALL                                                                           \
	((struct audit_filter){ .site_id = DB_INT_NULL,                                            \
				.company_id = DB_INT_NULL,                                         \
				.person_id = DB_INT_NULL,                                          \
				.from_ms = DB_INT_NULL,                                            \
				.to_ms = DB_INT_NULL })
#define AUDIT_NEWEST INT64_MAX
#define AUDIT_OLDEST 0

[[nodiscard]] int audit_prepare(struct db *db, struct err *err);
/* Inside the caller's transaction. */
[[nodiscard]] int audit_append(struct db *db, const struct audit_row *row);
/* At most `max` (<= AUDIT_PAGE_MAX) rows behind the row `past_id`: older ones, or newer ones where
 * the list is rising. A filter without site and without company finds nothing. */
[[nodiscard]] int audit_list(struct db *db, const struct audit_filter *filter, int64_t past_id,
			     int64_t max, struct arena *arena, struct audit_row **ret_rows,
			     size_t *ret_n);
/* How often the person was refused since `from_ms`. */
[[nodiscard]] int audit_denied(struct db *db, int64_t person_id, int64_t from_ms, int64_t *ret_n);
/* Forgets the oldest of what happened before `at_ms`, AUDIT_EXPIRE_MAX rows at most. */
[[nodiscard]] int audit_expire(struct db *db, int64_t at_ms, int64_t *ret_removed);
