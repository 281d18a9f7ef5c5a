/* store/support.h - whom people of a site turn to: facility contacts, and tickets with their
 * conversation.
 *
 * Who writes holds a transaction; each write appends to the feed, as `contact` or `ticket`. */
#pragma once
#include "store/db.h"

enum {
	CONTACTS_MAX = 100, /* of one site */
	TICKET_PAGE_MAX = 500,
	TICKET_MESSAGES_MAX = 200, /* of one ticket */
	STAFF_MAX = 20,            /* people who are told of a ticket */
};

struct contact_row {
	int64_t id;
	int64_t site_id;
	int64_t position; /* smaller ones come first */
	struct view name;
	struct view role;
	struct view purpose; /* what to turn to this person for */
	struct view phone;
	struct view email;
};

struct ticket_row {
	int64_t id;
	int64_t site_id;
	int64_t person_id;
	struct view person_name;
	struct view contact; /* how to reach the reporter, as typed */
	struct view subject;
	struct view context; /* JSON object */
	struct view state;   /* open, answered, closed, reopened */
	int64_t created_at;
	int64_t changed_at;
};

struct ticket_message_row {
	int64_t id;
	int64_t site_id;
	int64_t ticket_id;
	int64_t person_id;
	struct view person_name;
	int64_t staff; /* 1: by who looks after the site */
	struct view text;
	int64_t at;
};

struct staff_row {
	int64_t person_id;
	struct view name;
	struct view email;
	struct view language;
};

/* How much of it a person has caused. */
struct ticket_count_row {
	int64_t open;     /* tickets of the site that are not closed */
	int64_t tickets;  /* since `from_ms` */
	int64_t messages; /* since `from_ms` */
};

#define TICKET_NEWEST INT64_MAX

[[nodiscard]] int support_prepare(struct db *db, struct err *err);

/* All of the site, in order. */
[[nodiscard]] int contact_list(struct db *db, int64_t site_id, struct arena *arena,
			       struct contact_row **ret_contacts, size_t *ret_n);
[[nodiscard]] int contact_get(struct db *db, int64_t site_id, int64_t id, struct arena *arena,
			      struct contact_row *ret_contact);
/* -ENOSPC: the site has CONTACTS_MAX. */
[[nodiscard]] int contact_create(struct db *db, int64_t now_ms, const struct contact_row *contact,
				 int64_t *ret_id);
[[nodiscard]] int contact_edit(struct db *db, int64_t now_ms, const struct contact_row *contact);
[[nodiscard]] int contact_delete(struct db *db, int64_t now_ms, int64_t site_id, int64_t id);

/* Newest first, older than before_id; of one person, and in one state, unless person_id is
 * DB_INT_NULL and state has no p. */
[[nodiscard]] int ticket_list(struct db *db, int64_t site_id, int64_t person_id, struct view state,
			      int64_t before_id, int64_t max, struct arena *arena,
			      struct ticket_row **ret_tickets, size_t *ret_n);
[[nodiscard]] int ticket_get(struct db *db, int64_t site_id, int64_t id, struct arena *arena,
			     struct ticket_row *ret_ticket);
/* With its first message. */
[[nodiscard]] int ticket_create(struct db *db, int64_t now_ms, const struct ticket_row *ticket,
				struct view text, int64_t *ret_id);
[[nodiscard]] int ticket_state_set(struct db *db, int64_t now_ms, int64_t site_id, int64_t id,
				   struct view state);
/* Oldest first. */
[[nodiscard]] int ticket_messages(struct db *db, int64_t site_id, int64_t ticket_id,
				  struct arena *arena, struct ticket_message_row **ret_messages,
				  size_t *ret_n);
/* And the ticket's new state. -ENOSPC: the ticket has TICKET_MESSAGES_MAX. */
[[nodiscard]] int ticket_message_add(struct db *db, int64_t now_ms,
				     const struct ticket_message_row *message, struct view state,
				     int64_t *ret_id);
[[nodiscard]] int ticket_count(struct db *db, int64_t site_id, int64_t person_id, int64_t from_ms,
			       struct ticket_count_row *ret_counts);
/* The site's own administrators with an e-mail address, or without any its company's. */
[[nodiscard]] int site_staff(struct db *db, int64_t site_id, struct arena *arena,
			     struct staff_row **ret_staff, size_t *ret_n);
