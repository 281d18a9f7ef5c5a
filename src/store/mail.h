/* store/mail.h - the outbox: mail that is to go, goes, or went.
 *
 * Whoever has something to say queues it in the transaction that makes it true: no mail of what did
 * not happen, none lost of what did. What is kept is the template's name and its arguments; the text
 * is made when it is sent, in the language that stands here, else in that of its site.
 *
 * A server claims a mail before it sends it: until the claim ends, no other server takes it. A
 * server that dies in between leaves a mail that is claimed again later, so that mail goes at least
 * once. What was sent loses its arguments: the one-time links in them are the recipient's alone. */
#pragma once
#include "store/db.h"

enum {
	MAIL_PAGE_MAX = 500,
	MAIL_SEARCH_MAX = 254, /* bytes of an address that is looked for */
};

struct mail_row {
	int64_t id;
	int64_t company_id; /* DB_INT_NULL where it is about none; likewise the next two */
	int64_t site_id;
	int64_t person_id;
	struct view recipient; /* the address */
	struct view recipient_name;
	struct view language;
	struct view template;  /* as office/mail_text.h lists them */
	struct view arguments; /* a JSON object of texts */
	int64_t due_at;        /* of a new one: not before; 0: at once */
	/* From here on what mail_queue sets itself. */
	struct view state;     /* waiting, sent, failed, kept */
	int64_t tries;         /* begun */
	int64_t created_at;
	int64_t requeued_at;   /* DB_INT_NULL: never */
	int64_t claimed_until; /* 0: by nobody */
	int64_t done_at;       /* DB_INT_NULL while it waits */
	struct view error;     /* why the last try failed */
	/* Read with it, not kept in it: of site_id, empty where it is about none. */
	struct view site_language;
};

[[nodiscard]] int mail_prepare(struct db *db, struct err *err);
/* To be sent as soon as may be, from due_at on. Inside the caller's transaction; appends to the
 * feed as `mail`. */
[[nodiscard]] int mail_queue(struct db *db, int64_t now_ms, const struct mail_row *mail,
			     int64_t *ret_id);

struct mail_counts {
	int64_t waiting;
	int64_t due; /* those of them that may be claimed now */
};
[[nodiscard]] int mail_count(struct db *db, int64_t now_ms, struct mail_counts *ret_counts);
/* Takes the mail that is due for longest until then, and counts a try. -ENOENT: none is due, or
 * another server was quicker. */
[[nodiscard]] int mail_claim(struct db *db, int64_t now_ms, int64_t until_ms, struct arena *arena,
			     struct mail_row *ret_mail);

struct mail_outcome {
	struct view state;  /* `waiting`: another try at due_at */
	int64_t due_at;
	struct view error;
};
/* Ends the claim that mail_claim gave. -ENOENT: it is not ours any more. */
[[nodiscard]] int mail_settle(struct db *db, int64_t now_ms, const struct mail_row *claimed,
			      const struct mail_outcome *outcome);
/* Ends every claim: where there is one server only, those of its former run. */
[[nodiscard]] int mail_release(struct db *db);

/* The whole outbox by state. */
struct mail_tally {
	int64_t waiting, sent, failed, kept;
};
[[nodiscard]] int mail_tally(struct db *db, struct mail_tally *ret_tally);

struct mail_filter {
	struct view state;     /* p NULL: all */
	struct view recipient; /* a part of the address, in any case; p NULL: all */
};
/* Newest first; before_id: INT64_MAX begins. -EMSGSIZE: more than MAIL_SEARCH_MAX is looked for. */
[[nodiscard]] int mail_search(struct db *db, const struct mail_filter *filter, int64_t before_id,
			      int64_t max, struct arena *arena, struct mail_row **ret_mails,
			      size_t *ret_n);
/* The same, of a state. */
[[nodiscard]] int mail_list(struct db *db, struct view state, int64_t before_id, int64_t max,
			    struct arena *arena, struct mail_row **ret_mails, size_t *ret_n);
[[nodiscard]] int mail_get(struct db *db, int64_t id, struct arena *arena,
			   struct mail_row *ret_mail);
/* Due now, with all its tries again. Inside the caller's transaction; appends to the feed. -ENOENT:
 * there is none, or it was sent. */
[[nodiscard]] int mail_retry(struct db *db, int64_t now_ms, int64_t id);
/* Forgets what was done with before then. */
[[nodiscard]] int mail_expire(struct db *db, int64_t before_ms, int64_t *ret_removed);
