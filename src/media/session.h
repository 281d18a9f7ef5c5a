/* media/session.h - legs and their sockets on the worker's side: orders applied, packets moved.
 *
 * A struct leg is made by the owner, given to a worker with the order that opens it, and handed
 * back closed through the worker's outbox. Between these it is the worker's alone, except for
 * the first fields, which never change.
 *
 * Invariants:
 *   1. session->legs[i] is NULL or a leg in worker->legs with index i.
 *   2. A leg's sockets are watched exactly while it is in worker->legs; the owner takes them from
 *      the pool before and gives them back after.
 *   3. An end is `connected` only while its stream is settled.
 *   4. A browser leg has no sockets; it sees the picture of the channel that is `watched`, which
 *      has one, or nothing.
 *   5. Where the description has keys nothing passes in clear, in neither direction.
 *   6. Pictures are kept while the session has browser legs: from the first packet heard in that
 *      time. */
#pragma once
#include "base/list.h"
#include "media/port.h"
#include "media/stream.h"

struct worker;
struct session;
struct leg;

enum side { SIDE_RTP, SIDE_RTCP, SIDES };

struct channel;
struct sets;

struct end {
	struct channel *channel;
	int fd; /* -1: the leg has no such stream */
	enum side side;
	bool connected;
	bool drained; /* connected, and what came before that is read: sources need no check */
};

struct tone;
struct press;

struct channel {
	struct leg *leg;
	enum relay_kind kind;
	struct end end[SIDES];
	struct stream stream;
	uint32_t to;
	struct seal *seal; /* where the stream's description has keys */
	struct press *press; /* keys that we press at the peer; NULL: there was none yet */
	struct tone *tone; /* listens for tones; NULL: it does not */
	bool keyframe_wanted;
	bool keyframe_told;      /* the owner is told of it, too */
	struct picture *picture; /* of what is heard here; NULL: not kept */
	struct sets *sets;       /* parameter sets out of the SDP, or NULL */
	uint8_t picture_pt;      /* its newest payload type, STREAM_PT_NONE: none came */
	uint64_t picture_key;    /* the key frame that came last */
};

enum order_type {
	ORDER_LEG_OPEN,
	ORDER_LEG_CLOSE,
	ORDER_STREAM,
	ORDER_ROUTE,
	ORDER_KEYFRAME,
	ORDER_ANSWER, /* of a browser */
	ORDER_SETS,   /* of a picture */
	ORDER_PRESS,
	ORDER_CLOSE,
};

struct order {
	struct order *next;
	enum order_type type;
	struct session *session;
	unsigned leg;
	enum relay_kind kind;
	union {
		struct leg *opened;
		struct relay_stream stream;
		uint32_t to;
		char key;
		struct web_peer peer; /* the views of these point behind the order */
		struct {
			struct view sps, pps;
		} sets;
	};
};

/* What a worker hands back. */
struct done {
	struct done *next;
	bool is_session;
};

struct leg {
	uint64_t tag;
	unsigned index;
	unsigned kinds; /* bits 1 << RELAY_AUDIO, 1 << RELAY_VIDEO */
	bool is_web;
	struct ice_own own; /* of a browser leg */
	int family;
	uint16_t port[RELAY_KINDS]; /* 0: none */
	struct session *session;

	struct order close; /* made with the leg, so that closing cannot fail */
	struct done done;
	struct list node; /* in worker->legs */
	struct channel channel[RELAY_KINDS];

	struct worker *worker;   /* of a browser leg */
	struct web_leg *web;     /* NULL: no browser, or there was no memory for it */
	struct channel *watched; /* NULL: nothing */
	uint8_t watched_pt;
};

struct session {
	uint64_t tag;
	unsigned nweb; /* browser legs */
	struct leg *legs[RELAY_LEGS_MAX];
	struct order close;
	struct done done;
};

/* An order that has come up. Its opened leg becomes the session's. */
void session_apply(struct worker *w, const struct order *o);
/* Reads what waits on the socket, at most one batch, and passes it on. */
void session_read(struct worker *w, struct end *end);
/* Frees what the worker keeps with a leg: its browser, its pictures. */
void session_leg_clear(struct leg *leg);
/* Settling, moving, silence and key frames that are due; to be called often. */
void session_scan(struct worker *w, struct leg *leg);
