/* media/ice_lite.h - the lite side of ICE (RFC 8445 section 2.5) for every browser leg on one port.
 *
 * Legs are found by the user name of a check, and from then on by the address that it came from. A
 * lite agent asks nobody: it answers checks, takes the path that the peer nominates, and knows by
 * the peer's checks that it may go on sending (RFC 7675). Pure: packets come in, a reply goes out;
 * no sockets. Belongs to the thread of its port. Each packet costs O(1).
 *
 * Invariants:
 *   1. A path is in the table exactly while its leg has it, and only a check with the leg's own
 *      password has put it there.
 *   2. A pair of socket and address belongs to one leg: the last that proved it.
 *   3. leg->selected is NULL or one of leg->paths that is in use.
 *
 * What cannot prove that it knows the password gets no answer, not even 400 or 401: a browser would
 * do nothing else with it, and others learn nothing. */
#pragma once
#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/rand.h"
#include "proto/stun.h"

enum {
	ICE_LEGS_MAX = 4096,
	ICE_PATHS_MAX = 8, /* of a leg; the one not heard for longest makes room */
	ICE_SOCKETS_MAX = 16,
	ICE_UFRAG_SIZE = 16,      /* characters; RFC 8445 section 5.3 wants 24 bits, these are 64 */
	ICE_PWD_SIZE = 32,        /* 128 bits */
	ICE_PEER_UFRAG_MAX = 256, /* characters */
	ICE_CONSENT_MS = 30000,   /* RFC 7675 section 5.1 */
	ICE_PATH_KEY_SIZE = 1 + ADDR_HOST_BYTES + 2,
};

struct ice_leg;

/* One of our sockets and an address of the peer. */
struct ice_path {
	struct map_node node;
	uint8_t key[ICE_PATH_KEY_SIZE];
	struct ice_leg *leg; /* NULL: not in use */
	struct addr peer;
	unsigned socket;
	int64_t heard_us;
};

/* What a leg is called and what proves that one means it. */
struct ice_own {
	char ufrag[ICE_UFRAG_SIZE + 1];
	char pwd[ICE_PWD_SIZE + 1];
};

struct ice_leg {
	struct map_node node; /* by ufrag */
	struct ice *ice;
	void *owner;
	struct ice_own own;
	char peer_ufrag[ICE_PEER_UFRAG_MAX + 1]; /* empty: the answer has not come */
	struct ice_path paths[ICE_PATHS_MAX];
	struct ice_path *selected;
	bool nominated;
};

struct ice {
	const struct clock *clock;
	struct map legs;
	struct map paths;
	uint64_t refused; /* messages that proved nothing or are none that we answer */
};

struct ice_heard {
	struct ice_leg *leg; /* whose check it was, NULL: nobody's */
	bool moved;          /* leg->selected is another one now */
	size_t reply;        /* bytes to send back the same way; 0: none */
};

/* A user name and a password for a leg. Any thread that owns the source. */
void ice_own_make(struct rand *rand, struct ice_own *ret_own);

void ice_init(struct ice *ice, const struct clock *clock);
/* Legs must be closed. */
void ice_free(struct ice *ice);

/* -EEXIST: another leg is called so; -ENOSPC, -ENOMEM. The struct stays where it is. */
[[nodiscard]] int ice_leg_open(struct ice *ice, struct ice_leg *leg, const struct ice_own *own,
			       void *owner);
void ice_leg_close(struct ice_leg *leg);
/* What the answer says: from now on checks under another name are refused. A new name is a restart
 * (RFC 8445 section 9): the paths of the old one go. -EINVAL: empty, too long or not of ice-chars
 * (RFC 8839 section 5.4). */
[[nodiscard]] int ice_leg_peer(struct ice_leg *leg, struct view ufrag);

/* A STUN message that came in on our socket of this number. */
struct ice_heard ice_hear(struct ice *ice, unsigned socket, const struct addr *from,
			  const uint8_t *p, size_t n, uint8_t ret_reply[STUN_REPLY_MAX]);
/* The leg that proved to be behind this address, or NULL. */
struct ice_leg *ice_find(const struct ice *ice, unsigned socket, const struct addr *from);
/* May we send on the selected path? False before there is one. */
bool ice_consented(const struct ice_leg *leg);
