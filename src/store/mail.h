/* store/mail.h - the outbox: mail that is to go, goes, or went.
 *
 * Whoever has something to say queues it in the transaction that makes it true: no mail of what did
 * not happen, none lost of what did. What is kept is the template's name and its arguments; the text
 * is made when it is sent, in the language that stands here. */
#pragma once
#include "store/db.h"

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
};

[[nodiscard]] int mail_prepare(struct db *db, struct err *err);
/* To be sent as soon as may be. Inside the caller's transaction; appends to the feed as `mail`. */
[[nodiscard]] int mail_queue(struct db *db, int64_t now_ms, const struct mail_row *mail,
			     int64_t *ret_id);
