/* sip/guard.h - scanners and floods: who is slowed, who is not.
 *
 * Everything on the sip loop's thread. Both tables are bounded; what was heard of least recently
 * leaves them first.
 *
 * Invariants:
 *   1. An address alone never bars anybody: a whole building with one scanner in it shares one. A
 *      source (address and port, or connection) that a device authenticated from is not limited.
 *   2. Any other source gets GUARD_RATE messages a second after a burst, before anything is parsed.
 *   3. A host with GUARD_FAILURES failures that were not forgiven is suspect: what it asks for in
 *      the name of nobody we know, or with a wrong password, gets no answer any more. Right
 *      credentials are always heard. */
#pragma once
#include "base/addr.h"
#include "base/clock.h"

#include <stdint.h>

enum {
	GUARD_SOURCES_MAX = 131072,
	GUARD_HOSTS_MAX = 32768,
	GUARD_RATE = 50,  /* messages a second of a source that nobody authenticated from */
	GUARD_BURST = 200,
	GUARD_TRUST_MS = 4000000, /* longer than a registration may last */
	GUARD_FAILURES = 20,
	GUARD_FORGIVE_MS = 10000, /* one failure is forgotten in so long */
	GUARD_SUSPECT_MS = 600000, /* since the last failure */
};

struct guard;

/* A suspect host. */
struct guard_entry {
	struct addr host;
	uint64_t failures; /* all that were counted */
	uint64_t dropped;  /* messages that got no answer */
	int64_t since_ms, last_ms; /* wall */
	int64_t until_ms;          /* wall: when it ends, should nothing more come */
};

[[nodiscard]] int guard_new(const struct clock *clock, struct guard **ret_guard);
void guard_free(struct guard *g);
/* A message came. False: drop it unread. */
bool guard_admit(struct guard *g, const struct addr *peer);
/* A device authenticated from there. */
void guard_good(struct guard *g, const struct addr *peer);
/* Wrong password, unknown user, or no SIP at all. */
void guard_bad(struct guard *g, const struct addr *peer);
/* True: nothing that is not authenticated gets an answer. Counts it as dropped. */
bool guard_silent(struct guard *g, const struct addr *peer);
bool guard_trusts(const struct guard *g, const struct addr *peer);
/* What its failures count is nothing any more: the host begins anew. False: there were none. */
bool guard_forget(struct guard *g, const struct addr *host);
uint64_t guard_dropped(const struct guard *g);
/* The suspect hosts, those heard of last first; returns how many were written. */
size_t guard_list(const struct guard *g, struct guard_entry *ret_entries, size_t max);
