/* event/missed.h - a mail about a call that nobody answered, to those who want one.
 *
 * In the transaction that ends the call, on the log writer's thread: a call that is told of is told
 * of once. Whom: who holds an app that was to ring, also one that did not because of a quiet time,
 * and who lives where another phone was to. Not who declined. */
#pragma once
#include "store/call.h"

enum {
	MISSED_PEOPLE_MAX = 100, /* who are told of one call */
	MISSED_MAILS_MAX = 12,   /* that one person gets in MISSED_MAILS_MS */
	MISSED_MAILS_MS = 3600 * 1000,
};

/* call: as it was ended. Nothing to do for one that was answered or declined, nor for a test. */
[[nodiscard]] int missed_tell(struct db *db, int64_t now_ms, const struct call_row *call);
