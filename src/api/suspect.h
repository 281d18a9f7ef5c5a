/* api/suspect.h - who guesses SIP passwords, as the operator sees it.
 *
 * The list is the SIP side's; whoever wires the server together copies it for the workers. */
#pragma once
#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

enum {
	SUSPECTS_SHOWN_MAX = 200, /* hosts, those heard of last; all are in the log */
	SUSPECT_ADDRESS_MAX = 63, /* bytes of a host's address */
};

struct suspect {
	struct view address; /* a host, without a port */
	int64_t failures;    /* wrong passwords, unknown users and broken messages */
	int64_t dropped;     /* messages left without an answer since */
	int64_t first_at, last_at; /* epoch ms: of the failures */
	int64_t until_at;          /* epoch ms: when it is none any more, should nothing follow */
};

struct arena;

/* Up to max of them, those heard of last first, with texts in the arena; *ret_n is how many. Any
 * thread. 0 or -ENOMEM. */
typedef int suspects_fn(void *arg, struct arena *arena, struct suspect *ret_suspects, size_t max,
			size_t *ret_n);

/* The host of that address is no suspect any more. Any thread. 0, -EINVAL: no address, -ENOENT: it
 * is not on the list, -EAGAIN. */
typedef int suspect_forget_fn(void *arg, struct view address);
