/* device/local.h - what an intercom itself must be told so that it calls phones of its own network
 * without the server: its settings for local mode.
 *
 * A phone in local mode is dialled at the address that it registered from its own network with; all
 * others, and those whose address is not known or lies outside, through the server as ever. A button
 * without any phone that is dialled directly stays one call to the server, which knows the steps of
 * the ring; one with such a phone is as many calls as it has phones, because the server would ring
 * them all a second time. A phone outside is reached by a button's own call alone: with one, the
 * button stays one call, too.
 *
 * Pure; any thread. */
#pragma once
#include "base/mem.h"

enum local_fault {
	LOCAL_FINE,
	LOCAL_ABSENT,  /* in local mode, but not registered: nobody knows where it is */
	LOCAL_OUTSIDE, /* in local mode, but its address is of no local network */
	LOCAL_LINE,    /* in local mode, but the button also rings a phone outside */
};

struct local_peer {
	int64_t device;
	bool local;             /* its connection mode */
	bool line;              /* a phone outside */
	struct view contact;    /* the URI that it registered; p NULL: it is not registered */
	struct view transport;  /* udp, tcp, tls */
};

struct local_dial {
	bool direct;
	struct view uri; /* what the intercom dials; p NULL: the button's own URI rings it, too */
	enum local_fault fault;
};

struct local_button {
	struct view uri;          /* what the button dials as a whole; p NULL: each of its phones */
	struct local_dial *dials; /* one per peer */
};

/* registrar: host:port of the server. -ENOMEM. */
[[nodiscard]] int local_button(int64_t button, const struct local_peer *peers, size_t n,
			       struct view registrar, struct arena *arena,
			       struct local_button *ret_button);
