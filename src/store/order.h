/* store/order.h - who may be called, when, and over what: phone directories, quiet times, outside
 * lines.
 *
 * Who writes holds a transaction; each write appends to the feed what the sip loop has to read
 * anew. */
#pragma once
#include "store/db.h"

enum {
	PHONE_DIRECTORIES_MAX = 50, /* of one site */
	PHONE_ENTRIES_MAX = 200,    /* of one directory: all of a site are DB_ROWS_MAX */
	QUIET_MAX = 10,             /* times of one person */
	PERSON_DEVICES_MAX =
		1000, /* that one person holds, and that a change of times is told to */
};

/* The devices that a device may call, when it has a directory. */
struct phone_directory_row {
	int64_t id;
	struct view name;
	int64_t entries;
	int64_t devices; /* that have it */
};

struct phone_entry_row {
	int64_t directory_id;
	int64_t device;
	struct view name; /* what it is called there; empty: as it is everywhere */
};

struct quiet_row {
	int64_t device; /* of which it is, where there are several */
	int64_t days;   /* bit 0: Monday */
	int64_t from_minute;
	int64_t until_minute;
};

/* Who is told of a missed call. */
struct missed_row {
	int64_t id;
	struct view email;
	struct view name;
	struct view language;
};

/* What a site calls outside through. */
struct line_row {
	struct view host;
	int64_t port;
	struct view transport; /* udp, tcp, tls */
	struct view username;  /* empty: the provider knows us by our address */
	struct view password_sealed;
	struct view caller; /* the number that is shown outside; empty: the user's */
};

[[nodiscard]] int order_prepare(struct db *db, struct err *err);

/* All of the site, by name. */
[[nodiscard]] int phone_directory_list(struct db *db, int64_t site_id, struct arena *arena,
				       struct phone_directory_row **ret_rows, size_t *ret_n);
[[nodiscard]] int phone_directory_get(struct db *db, int64_t site_id, int64_t id,
				      struct arena *arena, struct phone_directory_row *ret_row);
/* -EEXIST: the name is taken; -ENOSPC: the site has PHONE_DIRECTORIES_MAX. */
[[nodiscard]] int phone_directory_create(struct db *db, int64_t now_ms, int64_t site_id,
					 struct view name, int64_t *ret_id);
[[nodiscard]] int phone_directory_rename(struct db *db, int64_t now_ms, int64_t site_id, int64_t id,
					 struct view name);
/* -ENOLINK: a device has it. */
[[nodiscard]] int phone_directory_delete(struct db *db, int64_t now_ms, int64_t site_id,
					 int64_t id);
/* By device. */
[[nodiscard]] int phone_entries(struct db *db, int64_t site_id, int64_t id, struct arena *arena,
				struct phone_entry_row **ret_rows, size_t *ret_n);
/* Of all directories of the site, by directory and device. */
[[nodiscard]] int phone_entries_of_site(struct db *db, int64_t site_id, struct arena *arena,
					struct phone_entry_row **ret_rows, size_t *ret_n);
/* All entries at once; the caller knows that the directory is the site's, and tells the feed by
 * creating or renaming it. -ENOLINK: one is no device of the site; -EEXIST: one twice. */
[[nodiscard]] int phone_entries_replace(struct db *db, int64_t site_id, int64_t id,
					const struct phone_entry_row *entries, size_t n);

/* In their order. */
[[nodiscard]] int quiet_list(struct db *db, int64_t person_id, struct arena *arena,
			     struct quiet_row **ret_rows, size_t *ret_n);
/* Of the apps of the site, by device; and of one of them. */
[[nodiscard]] int quiet_list_of_site(struct db *db, int64_t site_id, struct arena *arena,
				     struct quiet_row **ret_rows, size_t *ret_n);
[[nodiscard]] int quiet_list_of_device(struct db *db, int64_t site_id, int64_t device,
				       struct arena *arena, struct quiet_row **ret_rows,
				       size_t *ret_n);
[[nodiscard]] int quiet_replace(struct db *db, int64_t now_ms, int64_t person_id,
				const struct quiet_row *times, size_t n);
/* Whether a mail tells the person of missed calls. */
[[nodiscard]] int missed_mail_get(struct db *db, int64_t person_id, bool *ret_on);
[[nodiscard]] int missed_mail_set(struct db *db, int64_t person_id, bool on);

/* Who wants a mail of this call: who holds a device that was to ring and did not decline, or lives
 * where one that nobody holds was. */
[[nodiscard]] int missed_people(struct db *db, int64_t site_id, int64_t call_id, int64_t max,
				struct arena *arena, struct missed_row **ret_rows, size_t *ret_n);
/* How many such mails the person was sent since then. */
[[nodiscard]] int missed_count(struct db *db, int64_t person_id, int64_t since_ms, int64_t *ret_n);

/* -ENOENT: the site has none. */
[[nodiscard]] int line_get(struct db *db, int64_t site_id, struct arena *arena,
			   struct line_row *ret_line);
[[nodiscard]] int line_set(struct db *db, int64_t now_ms, int64_t site_id,
			   const struct line_row *line);
[[nodiscard]] int line_delete(struct db *db, int64_t now_ms, int64_t site_id);
