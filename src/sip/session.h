/* sip/session.h - INVITE dialogs: one leg of a call each (RFC 3261 sections 12 to 15, RFC 3264's
 * order of offers, session timers of RFC 4028, INFO of RFC 6086, acknowledged ringing of RFC 3262).
 *
 * Everything on the sip loop's thread. The layer owns a session from its start until `ended`, which
 * it calls exactly once and after which the pointer is dead; the user may let go with session_end,
 * and is then not called any more.
 *
 * Invariants:
 *   1. Requests inside a dialog go down the flow that the peer was last heard on, not to the host of
 *      its Contact. When a TCP flow is gone, the flow of a living binding of the same user serves.
 *   2. A request inside a dialog counts only if it comes from the host of the dialog's flow or of one
 *      of the user's bindings; tags alone do not open a dialog to strangers.
 *   3. One offer at a time: ours against theirs is glare, answered 491 and tried again later.
 *   4. A 2xx is repeated until its ACK, at most for 64*T1, then the session ends with a BYE.
 *   5. A second 2xx from another branch of a fork is acknowledged and ended at once. */
#pragma once
#include "sip/endpoint.h"

enum {
	SESSIONS_MAX = 100000,
	SESSION_EXPIRES_S = 1800, /* what we ask for */
	SESSION_MIN_SE_S = 90,
	SESSION_NAME_MAX = 100, /* bytes of a display name */
	SESSION_INVITE_MS = 180000, /* the longest that an INVITE may wait for its final response */
	SESSION_BODY_MAX = 16384,
	SESSION_TRIES_MAX = 2,    /* credentials are shown so often, the second time to a new nonce */
	SESSION_REPEATS_MAX = 1,  /* inside the dialog a request goes out again with others so often */
	SESSION_ERRANDS_MAX = 4096, /* that wait for an answer; more are not repeated */
	SESSION_GLARES_MAX = 8, /* an offer that met 491 is tried again so often */
};

/* What may be asked of a session, and for one. */
#define SESSION_ALLOW "Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, INFO, OPTIONS\r\n"

struct sessions;
struct session;

struct sessions_conf {
	struct sip_endpoint *endpoint;
	struct timers *timers;
	struct rand *rand;
	const char *realm; /* the host in From and To */
};

struct session_end {
	unsigned code;      /* final response; 0: BYE, CANCEL or our own doing */
	struct view reason; /* phrase or Reason header; may be empty */
	bool lost;          /* nothing came back: time-out, broken flow, no ACK, no refresh */
};

struct session_handlers {
	/* Outgoing: a provisional response above 100; sdp may be empty. */
	void (*progress)(void *arg, unsigned code, struct view sdp);
	/* Outgoing: 2xx. */
	void (*answered)(void *arg, struct view sdp);
	/* Incoming: the ACK of our 2xx; sdp answers our offer when the INVITE had none. */
	void (*acked)(void *arg, struct view sdp);
	/* The peer offers anew (re-INVITE, UPDATE). Answer with session_offer_reply, now or later. What
	 * only refreshes the session, or asks for our offer again, is answered inside. */
	void (*offered)(void *arg, struct view sdp);
	/* Our session_offer was answered: 2xx with sdp, or refused. 491: an offer of the peer came
	 * between, and follows; the session must not end in the call of this. */
	void (*offer_done)(void *arg, unsigned code, struct view sdp);
	/* Already answered with 200. type: e.g. application/dtmf-relay. */
	void (*info)(void *arg, struct view type, struct view body);
	void (*ended)(void *arg, const struct session_end *end);
};

[[nodiscard]] int sessions_new(const struct sessions_conf *conf, struct sessions **ret_sessions);
/* Ends nothing politely: the process is about to exit. */
void sessions_free(struct sessions *ss);
/* What the endpoint's `request` got with a To tag, and every ACK. */
void sessions_request(struct sessions *ss, struct tx_server *tx, const struct sip_msg *msg,
		      const struct flow *flow);
size_t sessions_count(const struct sessions *ss);

/* Ours with a provider, for calls to phones outside. Texts are without line breaks and quotes. */
struct session_line {
	const char *host;
	const char *number; /* who is called: the user of To */
	const char *caller; /* who calls: the user of From */
	const char *user, *password; /* "": it asks for none */
};

struct session_to {
	uint64_t user;              /* whom we call */
	const char *contact;        /* request URI */
	const char *path;           /* Route of the request; NULL or empty: none */
	struct flow flow;
	uint64_t from_user;         /* who calls */
	const char *from_name;      /* display name; may be NULL */
	const struct session_line *line; /* NULL: a device of ours is called */
};

/* Outgoing. -EAGAIN at SESSIONS_MAX, or what the flow said. */
[[nodiscard]] int session_invite(struct sessions *ss, const struct session_to *to, struct view sdp,
				 const struct session_handlers *handlers, void *arg,
				 struct session **ret_session);
/* Incoming: an authenticated INVITE of `user`. Answers 420 (Require), 413, 415 or 503 itself and
 * says so with a negative errno. *ret_sdp points into the session and may be empty. */
[[nodiscard]] int session_accept(struct sessions *ss, struct tx_server *tx, const struct sip_msg *msg,
				 const struct flow *flow, uint64_t user,
				 const struct session_handlers *handlers, void *arg,
				 struct session **ret_session, struct view *ret_sdp);
/* Incoming, before the final response: 180, 183 … sdp may be empty. */
void session_progress(struct session *s, unsigned code, struct view sdp);
/* Incoming: 200 with sdp. */
void session_answer(struct session *s, struct view sdp);
/* Says good-bye in the way that fits: a final response `code` with the phrase `reason` to an unanswered
 * INVITE of the peer, CANCEL to our own, BYE to a confirmed dialog, both with `reason` as the value of
 * a Reason header. NULL: a plain phrase, no header. The user is not called any more and the pointer is
 * dead. */
void session_end(struct session *s, unsigned code, const char *reason);
/* Re-INVITE with an offer. -EBUSY while another offer is under way; glare is retried inside. */
[[nodiscard]] int session_offer(struct session *s, struct view sdp);
/* Answers `offered`: 200 with sdp, or a refusal with an empty one. */
void session_offer_reply(struct session *s, unsigned code, struct view sdp);
/* INFO; its answer does not matter. */
void session_info(struct session *s, const char *type, struct view body);
