/* sip/session_priv.h - the dialog's state, shared by session.c (life), session_offer.c (what
 * happens inside of it), session_account.c (credentials that we show), session_errand.c (requests
 * that nobody waits for), session_reliable.c (provisional responses that are acknowledged) and
 * session_text.c (headers). */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/timer.h"
#include "sip/challenge.h"
#include "sip/re.h"
#include "sip/session.h"

enum session_state {
	SESSION_CALLING,   /* ours: no final response yet */
	SESSION_INCOMING,  /* theirs: we have not answered finally */
	SESSION_ANSWERED,  /* theirs: our 2xx waits for its ACK */
	SESSION_CONFIRMED,
	SESSION_CANCELLED, /* ours: CANCEL sent; waits for the final response */
};

enum offer_state {
	OFFER_NONE,
	OFFER_OURS,   /* our re-INVITE is under way */
	OFFER_RETRY,  /* it met glare and waits */
	OFFER_THEIRS, /* the user has to answer */
	OFFER_ACK,    /* our 2xx to their re-INVITE waits for its ACK */
};

enum { URI_MAX = 512, CALL_ID_MAX = 256, TAG_MAX = 128, PARTY_MAX = 768, ROUTE_MAX = 2048 };

struct sessions {
	struct sessions_conf conf;
	struct tx_layer *layer;
	struct map by_tag; /* our tag → session */
	struct list errands; /* on their way (session_errand.c) */
	size_t nerrands;
};

/* The last reliable provisional response of a peer (RFC 3262). */
struct session_heard {
	bool any;
	uint32_t seq;
	char tag[TAG_MAX]; /* of its branch */
};

/* Ours, where the INVITE requires that they are reliable. */
struct session_ringing {
	bool required;
	bool waits; /* for its PRACK */
	uint32_t seq;
	unsigned code;
	struct buf sdp;
	unsigned next_code; /* what goes out once it has come; 200: the answer; 0: nothing */
	struct buf next_sdp;
	struct timer again;
	int64_t repeat_ms, waited_ms;
};

/* Ours with a provider: what it asked, and what answers it. */
struct session_account {
	char user[SESSION_NAME_MAX + 1], password[SESSION_NAME_MAX + 1];
	bool challenged;
	unsigned tries;   /* of the first INVITE */
	unsigned repeats; /* of the offer under way */
	struct challenge challenge;
	char invite_line[CHALLENGE_LINE_MAX]; /* of the last INVITE, for its ACK */
};

struct session {
	struct sessions *ss;
	struct map_node node;
	enum session_state state;
	const struct session_handlers *handlers; /* NULL: the user let go */
	void *arg;
	uint64_t user; /* the peer's device number */
	struct flow flow;
	struct session_account *account; /* NULL: we are asked for none */

	char call_id[CALL_ID_MAX];
	char tag[TX_TAG_LEN + 1];    /* ours */
	char peer_tag[TAG_MAX];      /* empty until known */
	char us[PARTY_MAX];          /* From or To value without tag, as in the first INVITE */
	char peer[PARTY_MAX];
	char target[URI_MAX];        /* the peer's Contact */
	char route[ROUTE_MAX];       /* "Route: …\r\n" lines or empty */
	uint32_t cseq;               /* our last */
	uint32_t invite_cseq;
	uint32_t peer_cseq;
	bool caller;                 /* we sent the INVITE: owner of the Call-ID (section 14.1) */

	struct tx_client *invite;    /* ours, the first or a re-INVITE */
	struct tx_server *answering; /* theirs, the first or a re-INVITE or UPDATE */
	bool answering_update;

	enum offer_state offer;
	struct buf offer_sdp;        /* ours under way, for retries */
	struct buf last_sdp;         /* what we said last: refreshes repeat it */
	struct buf peer_sdp;         /* what the peer said last: the same again is a refresh */
	struct buf asked_sdp;        /* its offer that waits for our answer */
	unsigned glares;             /* how often it met 491 */
	bool refreshing;             /* the offer under way is a session refresh of our own */

	struct session_heard heard;
	struct session_ringing ringing;

	struct buf ok_headers;       /* the 2xx that waits for its ACK */
	struct buf ok_body;
	struct timer repeat;         /* 2xx repetition, or retry after glare */
	unsigned repeat_ms;
	struct timer limit;          /* INVITE without end; 2xx without ACK */
	struct timer refresh;        /* RFC 4028: ours to send, or theirs to miss */
	unsigned expires_s;          /* 0: no session timer */
	bool we_refresh;
	unsigned asked_s;            /* the same as the peer's request asks: from our 2xx on */
	bool asked_we_refresh;
};

/* session_text.c */
void session_headers(const struct session *s, struct buf *out, const char *method, uint32_t cseq);
void session_contact(const struct session *s, struct buf *out);
void session_type(struct buf *out, struct view sdp);
void session_timer_headers(const struct session *s, struct buf *out, bool response);
int session_target_learn(struct session *s, const struct sip_msg *msg);
int session_route_learn(struct session *s, const struct sip_msg *msg, bool reverse);
void session_keep(struct buf *sdp, struct view text);
void session_quote(struct buf *out, struct view name);
bool session_copy(char *to, size_t size, struct view from);
/* The SDP of a message; false: there is a body that is no SDP. */
bool session_body(const struct sip_msg *msg, struct view *ret_sdp);
/* 415 for such a one. */
void session_refuse_type(struct tx_server *tx);

/* session.c */
void session_free(struct session *s);
/* Calls `ended` and frees. */
void session_over(struct session *s, const struct session_end *end);
/* Nothing comes back any more: BYE for politeness, then over. */
void session_lost(struct session *s);
void session_bye(struct session *s, const char *reason);
/* Sends inside the dialog: over the flow, or a living one. */
int session_send(struct session *s, const char *method, struct view extra, struct view body,
		 tx_response_fn *fn, void *arg, struct tx_client **ret_tx);
void session_ack(struct session *s, uint32_t cseq);
/* The 2xx of an INVITE, repeated until its ACK. */
void session_ok(struct session *s, struct view sdp);
void session_acked(struct session *s, const struct sip_msg *msg);
/* Reads Session-Expires of a request, for session_timer_agree, or of a 2xx to ours: it counts. */
void session_timer_ask(struct session *s, const struct sip_msg *msg);
void session_timer_learn(struct session *s, const struct sip_msg *msg);
/* What was asked counts, with the 2xx that is about to go out. */
void session_timer_agree(struct session *s);
/* Session-Expires below our minimum: answered with 422. */
bool session_timer_refused(struct tx_server *tx, const struct sip_msg *msg);

/* Takes a response that changes nothing. */
void session_nobody_cares(void *arg, struct tx_client *tx, const struct sip_msg *msg, int err);
const char *session_phrase(unsigned code);

/* session_account.c */
int session_account_keep(struct session *s, const struct session_to *to);
void session_account_free(struct session *s);
/* The response asks for credentials that we have and have not shown yet. */
bool session_account_challenged(struct session *s, const struct sip_msg *msg);
/* Inside the dialog: it asks for credentials by a nonce that we have not answered. */
bool session_account_anew(struct session *s, const struct sip_msg *msg);
/* Of its own; NULL without memory. */
struct session_account *session_account_copy(const struct session *s);
/* What `from`, a copy of the session, was asked last is what the session answers from now on. */
void session_account_learn(struct session *s, const struct session *from);
/* Once it was challenged, each request has them. */
void session_account_headers(struct session *s, const char *method, struct buf *out);

/* session_errand.c */
/* Sends inside the dialog; its answer does not matter, unless it asks for credentials. The session
 * may be freed after it, and may be a copy. */
void session_errand(struct session *s, const char *method, struct view extra, struct view body);
void session_errands_free(struct sessions *ss);

/* session_reliable.c */
void session_reliable_init(struct session *s, bool required);
/* The final response goes out: nothing is repeated any more. */
void session_reliable_stop(struct session *s);
void session_reliable_free(struct session *s);
/* A provisional response of the peer: acknowledged when it asks for that. False: it came before. */
bool session_provisional_news(struct session *s, const struct sip_msg *msg);
/* False: it may go out as it is, once. */
bool session_ring_reliably(struct session *s, unsigned code, struct view sdp);
/* True: an SDP of ours waits for its PRACK, and the answer goes out after that (section 3). */
bool session_answer_waits(struct session *s, struct view sdp);
void session_pracked(struct session *s, struct tx_server *tx, const struct sip_msg *msg);

/* session_offer.c: requests inside the dialog other than ACK. */
void session_inside(struct session *s, struct tx_server *tx, const struct sip_msg *msg);
int session_offer_send(struct session *s);
