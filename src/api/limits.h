/* api/limits.h - how often somebody may try to sign in, per account and per address.
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
};

struct limits;

[[nodiscard]] int limits_new(const struct clock *clock, struct limits **ret_limits);
void limits_free(struct limits *l);
/* Counts a try. 0, or how long to wait in ms: the try is not allowed then and does not count. An
 * IPv6 address counts as its /64. */
[[nodiscard]] int64_t limits_try(struct limits *l, struct view account, const struct addr *peer);
/* The try was right: the account starts anew, and the address gets it back. */
void limits_forgive(struct limits *l, struct view account, const struct addr *peer);
