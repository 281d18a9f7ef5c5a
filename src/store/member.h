/* store/member.h - the people of a site: what the site knows of them, their role in it, and where
 * they live.
 *
 * A member has one role in the site or none, and is besides the admin of any number of the
 * apartments where he lives. Who writes holds a transaction; each write appends to the feed as
 * `person`, whose object is the person's id.
 *
 * The list goes by the folded name; name and e-mail stand folded in the member's row, so whoever
 * changes a person's name or e-mail calls member_refresh. Cost of a page: one index range; with a
 * text to search for, at most one walk through the site's people. */
#pragma once
#include "store/account.h"
#include "store/site.h"

enum {
	MEMBER_HOMES_MAX = 32,  /* apartments of one person */
	RESIDENTS_MAX = 100,    /* people of one apartment */
	MEMBER_QUERY_MAX = 100, /* bytes of a text to search for */
};

/* A row for each apartment, one without for who lives in none. Rows of one person come together. */
struct member_row {
	int64_t id; /* of the person */
	struct view name;
	struct view email; /* p NULL: none */
	struct view role;  /* p NULL: none in the site as a whole */
	struct view language;
	struct view phone;
	struct view comment;
	struct view sort; /* with the id, the list's cursor */
	int64_t created_at;
	int64_t active;       /* 1: signs in with a password of his own */
	int64_t invited_until; /* by a link to choose one; DB_INT_NULL: never */
	int64_t alone;        /* 1: no other site or company has him */
	int64_t apartment_id; /* DB_INT_NULL: none; likewise its three texts */
	struct view floor;
	struct view number;
	struct view apartment_name;
	int64_t admin; /* 1: of that apartment */
};

struct member_filter {
	int64_t site_id;
	int64_t apartment_id; /* DB_INT_NULL: wherever they live */
	struct view role;     /* empty: whatever they are */
	struct view q;        /* part of name, e-mail, phone or comment; empty: all */
	bool down;            /* from the last name to the first */
	struct name_cursor after;
	int64_t max; /* people */
};

struct member_edit {
	int64_t site_id;
	int64_t person_id;
	struct view phone;
	struct view comment;
};

/* A person in an apartment. */
struct home {
	int64_t company_id;
	int64_t site_id;
	int64_t apartment_id;
	int64_t person_id;
};

[[nodiscard]] int member_prepare(struct db *db, struct err *err);

[[nodiscard]] int member_list(struct db *db, const struct member_filter *filter,
			      struct arena *arena, struct member_row **ret_rows, size_t *ret_n);
/* -ENOENT: none of this site's. */
[[nodiscard]] int member_get(struct db *db, int64_t site_id, int64_t person_id, struct arena *arena,
			     struct member_row **ret_rows, size_t *ret_n);
/* -EEXIST: is one already; -ENOENT: no such person; -ENOLINK: no such site. */
[[nodiscard]] int member_add(struct db *db, int64_t now_ms, const struct member_edit *edit);
/* Phone and comment. */
[[nodiscard]] int member_edit(struct db *db, int64_t now_ms, const struct member_edit *edit);
/* Name, e-mail (p NULL: none) and language of the person. -EEXIST: the e-mail is somebody's. */
[[nodiscard]] int member_name(struct db *db, int64_t now_ms, int64_t site_id,
			      const struct person_row *person);
/* After a person's name or e-mail changed: in each site where he is. */
[[nodiscard]] int member_refresh(struct db *db, int64_t now_ms, int64_t person_id);
/* Another link was made for him (store/token.h). */
[[nodiscard]] int member_invited(struct db *db, int64_t now_ms, int64_t site_id, int64_t person_id);
/* Takes away all that he has in this site: role, homes, apps, membership. The person goes too
 * unless a site or company still has him. */
[[nodiscard]] int member_remove(struct db *db, int64_t now_ms, int64_t site_id, int64_t person_id);
/* Instead of the role that he has in the site. */
[[nodiscard]] int member_role_set(struct db *db, int64_t now_ms, int64_t company_id,
				  int64_t site_id, int64_t person_id, struct view role);
/* The person goes if no site and no company has him. */
[[nodiscard]] int person_release(struct db *db, int64_t now_ms, int64_t person_id);

/* Nothing happens to who lives there already. -ENOLINK: no such apartment or member here. */
[[nodiscard]] int resident_add(struct db *db, int64_t now_ms, const struct home *home);
/* With the role of its admin. -ENOENT: does not live there. */
[[nodiscard]] int resident_remove(struct db *db, int64_t now_ms, const struct home *home);
/* Grants or withdraws the role of the apartment's admin; *ret_changed (may be NULL): he was not, or
 * was. -ENOENT: does not live there. */
[[nodiscard]] int resident_admin_set(struct db *db, int64_t now_ms, const struct home *home,
				     bool admin, bool *ret_changed);
[[nodiscard]] int resident_count(struct db *db, int64_t site_id, int64_t apartment_id,
				 int64_t *ret_n);
