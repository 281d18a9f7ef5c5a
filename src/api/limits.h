/* api/limits.h - how often somebody may try what is open to all, per account and per address, and
 * how many mails somebody may cause.
 *
 * Each has a bucket of tries that fills again with time. The tables are bounded: when one is full,
 * the entry that was used least recently is forgotten, so that an attacker who cycles through
 * accounts is held by the address's bucket, and one who cycles through addresses by the account's.
 *
 * The one thing that workers share under a lock: tries of one account arrive on any of them, and
 * must count before the slow hash, not after it. Any thread. */
#pragma once
#include "base/addr.h"
#include "base/buf.h"
#include "base/clock.h"

enum {
	LIMITS_ENTRIES_MAX = 16384, /* per table */
	LIMITS_ACCOUNT_TRIES = 10,
	LIMITS_ACCOUNT_REFILL_MS = 60 * 1000, /* until one more try */
	LIMITS_ADDRESS_TRIES = 30,
	LIMITS_ADDRESS_REFILL_MS = 10 * 1000,
	LIMITS_CODE_TRIES = 5, /* of a million codes, three are right at a time */
	LIMITS_CODE_REFILL_MS = 3 * 60 * 1000,
	LIMITS_MAIL_TRIES = 3, /* mails that strangers can have sent to one address */
	LIMITS_MAIL_REFILL_MS = 20 * 60 * 1000,
	LIMITS_MAIL_ADDRESS_TRIES = 20,
	LIMITS_MAIL_ADDRESS_REFILL_MS = 60 * 1000,
	LIMITS_CAPTCHA_TRIES = 60,
	LIMITS_CAPTCHA_REFILL_MS = 2 * 1000,
	LIMITS_INVITED_TRIES = 20, /* mails that people with a role can have sent to one address */
	LIMITS_INVITED_REFILL_MS = 3 * 60 * 1000,
	LIMITS_SENDER_TRIES = 200, /* steps of one person that mail others: a house at once */
	LIMITS_SENDER_REFILL_MS = 10 * 1000,
	LIMITS_NOTICE_TRIES = 300, /* a house behind one address, where all phones are rung */
	LIMITS_NOTICE_REFILL_MS = 500,
	LIMITS_TEST_TRIES = 10, /* test calls of a site: each rings at people's homes */
	LIMITS_TEST_REFILL_MS = 6 * 60 * 1000,
};

/* What is tried; each kind has buckets of its own. */
enum limits_kind {
	LIMITS_SIGN_IN, /* a password */
	LIMITS_CODE,    /* of the second factor */
	LIMITS_MAIL,    /* a mail to whoever was named */
	LIMITS_LINK,    /* the token of a link: per address only */
	LIMITS_CAPTCHA, /* a captcha to solve: per address only */
	LIMITS_INVITED, /* an invitation: per account only, as is the next */
	LIMITS_SENDER,  /* a step of somebody signed in that mails somebody else */
	LIMITS_NOTICE,  /* the token of a notice: per address only */
	LIMITS_TEST,    /* a test call: per site only */
	LIMITS_KINDS
};

struct limits;

[[nodiscard]] int limits_new(const struct clock *clock, struct limits **ret_limits);
void limits_free(struct limits *l);
/* Counts a try. 0, or how long to wait in ms: the try is not allowed then and does not count. An
 * IPv6 address counts as its /64; an account whose p is NULL counts as none, as does a peer of
 * NULL. */
[[nodiscard]] int64_t limits_try(struct limits *l, enum limits_kind kind, struct view account,
				 const struct addr *peer);
/* The try was right: the account starts anew, and the address gets it back. */
void limits_forgive(struct limits *l, enum limits_kind kind, struct view account,
		    const struct addr *peer);
