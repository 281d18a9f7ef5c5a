/* office/mail.h - the mail sender: takes what waits in the outbox and brings it to the SMTP server.
 *
 * One thread with a database connection of its own. It looks when the feed tells of a mail, and
 * every MAIL_POLL_MS besides: for those whose next try is due, and for what a lost wake-up or a
 * dead node left. A mail is claimed, sent, and settled; what happens in between at worst sends it
 * twice, under the same Message-ID. Without an SMTP server mails are kept, for the operator to hand
 * on.
 *
 * What the server refuses for good (5xx) has failed, with the server's words. What fails otherwise
 * is tried again with growing pauses, until MAIL_TRIES_MAX or MAIL_AGE_MAX_MS. While the server is
 * away, only one mail at a time tries. */
#pragma once
#include "event/feed.h"
#include "office/smtp.h"

enum {
	MAIL_POLL_MS = 1000,
	MAIL_CLAIM_SPARE_MS = 60000,      /* that a claim lasts beyond what sending may take */
	MAIL_HOLD_MAX_MS = 5 * 60 * 1000, /* between two looks for a server that is away */
	MAIL_TRIES_MAX = 25,
	MAIL_AGE_MAX_MS = 3 * 24 * 3600 * 1000,
	MAIL_KEEP_MAX_MS = 30 * 24 * 3600 * INT64_C(1000), /* then what is done is forgotten */
	MAIL_EXPIRE_MS = 3600 * 1000,                      /* how often that is done */
};

struct mailer;

struct mailer_conf {
	const char *db_url;
	const struct clock *clock;
	const char *public_url;       /* what links begin with, as mail_base_fits has it */
	const char *from;             /* `Name <address>` or an address; NULL without smtp */
	const struct smtp_conf *smtp; /* NULL: mails are kept */
};

/* What conf points at is copied or only looked at here, but for clock. */
[[nodiscard]] int mailer_start(const struct mailer_conf *conf, struct err *err,
			       struct mailer **ret_mailer);
/* A mail that is on its way gets SMTP_STOP_MS. After the feed that it follows. NULL is fine. */
void mailer_stop(struct mailer *m);
/* A feed_rows_fn. */
int mailer_follow(void *mailer, struct db *db, const struct change_row *rows, size_t n);

struct mailer_stats {
	uint64_t waiting;                       /* in the whole outbox */
	uint64_t sent, failed, kept, postponed; /* by this server since its start */
	bool down;                              /* the server did not take the last one */
};
/* Any thread. */
struct mailer_stats mailer_stats(struct mailer *m);
