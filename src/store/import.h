/* store/import.h - imports of people: the file's rows, their fate, and what writes them into a
 * site.
 *
 * The writing is by sets: a handful of statements for a range of lines, whatever their number. All
 * of an import is one transaction of the caller's, who also appends to the feed. */
#pragma once
#include "store/db.h"

enum {
	IMPORTS_KEPT_MAX = 20,    /* of a site: older ones go when another comes */
	IMPORT_LINES_READ = 2000, /* per statement, at most */
};
/* How long files of people are kept. */
#define IMPORT_KEEP_MS (INT64_C(30) * 24 * 3600 * 1000)

struct import_row {
	int64_t id;
	int64_t site_id;
	int64_t person_id; /* DB_INT_NULL: is gone */
	struct view name;  /* of the file */
	struct view state;
	struct view error;
	int64_t lines;
	int64_t good_only, invite;
	int64_t created_at;
	int64_t done_at; /* DB_INT_NULL: not yet */
};

struct import_line {
	int64_t line; /* number of the row in the file */
	struct view floor, number, apartment, first_name, surname, email, comment;
	struct view account; /* as schema/0008.sql says */
	struct view fate;
	struct view field, fault;              /* empty where all is well */
	int64_t other_line;                    /* the row that the fault is about too; 0: none */
	int64_t makes_person, makes_apartment; /* this row is the one that does */
};

struct import_counts {
	int64_t create_n, add_n, keep_n, fault_n;
};

/* One of the people of a site in one of their homes, or without any. */
struct import_person {
	int64_t person_id;
	int64_t apartment_id; /* 0: lives in none */
	struct view floor, number, apartment, name;
	struct view email; /* p NULL: none */
	struct view comment;
};

struct import_home {
	int64_t id;
	struct view floor, number;
};

struct import_invited {
	int64_t line;
	int64_t person_id;
	struct view email, name;
	struct view site, language;
	struct view inviter;  /* who uploaded the file, else the company */
	int64_t active; /* 1: signs in already */
	int64_t company_id;
};

[[nodiscard]] int import_prepare(struct db *db, struct err *err);

/* In the state `ready`, without lines. Forgets what is too old, or too many of the site. */
[[nodiscard]] int import_create(struct db *db, int64_t now_ms, const struct import_row *import,
				int64_t *ret_id);
[[nodiscard]] int import_line_add(struct db *db, int64_t site_id, int64_t id,
				  const struct import_line *line);
/* Fate, fault and what it makes. */
[[nodiscard]] int import_line_judge(struct db *db, int64_t site_id, int64_t id,
				    const struct import_line *line);
[[nodiscard]] int import_get(struct db *db, int64_t site_id, int64_t id, struct arena *arena,
			     struct import_row *ret_import);
/* Newest first. */
[[nodiscard]] int import_list(struct db *db, int64_t site_id, struct arena *arena,
			      struct import_row **ret_imports, size_t *ret_n);
[[nodiscard]] int import_count(struct db *db, int64_t site_id, int64_t id,
			       struct import_counts *ret_counts);
/* Lines behind `after`; of one fate, or of all when it is empty. */
[[nodiscard]] int import_lines(struct db *db, int64_t site_id, int64_t id, struct view fate,
			       int64_t after, int64_t max, struct arena *arena,
			       struct import_line **ret_lines, size_t *ret_n);

/* From `ready` or `failed` to `waiting`; -EEXIST from any other state. Appends to the feed. */
[[nodiscard]] int import_start(struct db *db, int64_t now_ms, const struct import_row *import);
/* Of a file that is `ready` or `failed`, with its lines; -EEXIST in any other state, -ENOENT
 * without it. Appends to the feed. */
[[nodiscard]] int import_delete(struct db *db, int64_t now_ms, int64_t site_id, int64_t id);
/* Takes the next that waits: it is `running` then. -ENOENT without any. */
[[nodiscard]] int import_take(struct db *db, struct arena *arena, struct import_row *ret_import);
/* To `done`, or to `failed` with why. Appends to the feed. */
[[nodiscard]] int import_finish(struct db *db, int64_t now_ms, const struct import_row *import,
				struct view state, struct view error);
/* At the start of the server: what ran when it ended waits again. */
[[nodiscard]] int import_requeue(struct db *db);

/* The site as it is: homes behind an id, and people behind (person, apartment), in that order. */
[[nodiscard]] int import_homes(struct db *db, int64_t site_id, int64_t after_id, int64_t max,
			       struct arena *arena, struct import_home **ret_homes, size_t *ret_n);
[[nodiscard]] int import_people(struct db *db, int64_t site_id, int64_t after_person,
				int64_t after_apartment, int64_t max, struct arena *arena,
				struct import_person **ret_people, size_t *ret_n);
/* All people of the site, page by page; the first failure of `fn` ends it and is returned. What `fn`
 * is given is gone afterwards. */
[[nodiscard]] int import_people_each(struct db *db, int64_t site_id,
				     int (*fn)(void *arg, const struct import_person *p), void *arg);

/* Writes what the lines behind `from` up to `to` make. Who has an account anywhere keeps it and its
 * name; what is there already stays as it is. */
[[nodiscard]] int import_apply(struct db *db, int64_t now_ms, const struct import_row *import,
			       int64_t from, int64_t to);
/* Who is new to the site and has an e-mail. */
[[nodiscard]] int import_invited(struct db *db, int64_t site_id, int64_t id, int64_t after,
				 int64_t max, struct arena *arena,
				 struct import_invited **ret_people, size_t *ret_n);
