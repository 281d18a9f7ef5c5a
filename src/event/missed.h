/* event/missed.h - a call that nobody answered: the picture of who rang, and a mail to those who
 * want one.
 *
 * In the transaction that ends the call, on the log writer's thread: a call that is told of is told
 * of once. Whom: who holds an app that was to ring, also one that did not because of a quiet time,
 * and who lives where another phone was to. Not who declined.
 *
 * The door's picture comes with the end of the call. It is kept as if the first app that the call
 * was for had given it: who sees that app's calls sees it, and it goes with the one who holds that
 * app. Where no app was to ring nobody could look at it, and none is kept. An app's picture of its
 * own may be on its way still when the call ends: a mail without one waits MISSED_PICTURE_MS for
 * it, and takes what there is when it is written (office/mail.c). */
#pragma once
#include "store/call.h"

enum {
	MISSED_PEOPLE_MAX = 100, /* who are told of one call */
	MISSED_MAILS_MAX = 12,   /* that one person gets in MISSED_MAILS_MS */
	MISSED_MAILS_MS = 3600 * 1000,
	MISSED_PICTURE_MS = 5000,
};

/* Whether nobody answered or declined. */
bool missed_is(struct view result);
/* jpeg: what the door showed at `at`. Nothing is kept of a call that was answered or declined, that
 * has a picture, or of what is none. Before missed_tell, or later. */
[[nodiscard]] int missed_keep(struct db *db, int64_t now_ms, const struct call_row *call,
			      struct view jpeg, int64_t at);
/* call: as it was ended. Nothing to do for one that was answered or declined, nor for a test. */
[[nodiscard]] int missed_tell(struct db *db, int64_t now_ms, const struct call_row *call);
