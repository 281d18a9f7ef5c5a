/* tests/flow/ua.h - scripted telephones and doors, with an idea of RFC 3261 of their own: they
 * share no code with the server, so that both can be wrong only in different ways.
 *
 * A plan says what a phone does when it is called; what happens inside of a call the test starts by
 * hand. Repetitions, acknowledgements and answers to the server's requests go by themselves. */
#pragma once
#include "base/addr.h"
#include "base/list.h"
#include "base/rand.h"
#include "base/timer.h"
#include "net.h"

enum {
	UA_TEXT = 8192,
	UA_EXPIRES_S = 120,
	UA_RINGS_MS = 150000, /* without an answer of its plan, and without a CANCEL */
};

struct ua;

struct ua_plan {
	int ring_ms;           /* 180 after so long; < 0: none */
	int answer_ms;         /* the final response after so long; < 0: none */
	unsigned code;         /* that response; 0: 200 */
	bool early;            /* 183 with SDP instead of 180 */
	const char *early_dir; /* the direction in it; NULL: sendrecv */
	bool fork;             /* a second 200, as from another branch behind a proxy */
	unsigned refuse_offer; /* code for offers inside of a call; 0: they are taken */
	int offer_ms;          /* how long it thinks about them */
	unsigned spoil;        /* so many of its answers to them are `spoilt` */
	const char *spoilt;
	unsigned session_s;    /* asks for a session timer; 0: none */
	bool we_refresh;       /* it is the one who refreshes */
	bool forgets_refresh;
	bool by_update;        /* refreshes by UPDATE */
	bool no_ack, no_bye;   /* never sends them */
	unsigned deaf_to_acks; /* so many do not reach it */
	bool no_video;
	bool plain_profile; /* writes its H.264 as 42001f and another level */
	bool pcma_first;
	bool no_events;     /* has no telephone-event */
	const char *codecs; /* of its sound, instead of "0 8": one or both of them */
	bool reliable;      /* as caller it requires that ringing is acknowledged */
	bool sdes;          /* its sound is sealed */
	bool asks; /* a provider: each request needs credentials, each by a nonce of its own */
	bool never_pleased; /* inside of a call */
};

enum ua_state { UA_CALLING, UA_INCOMING, UA_TALKING, UA_OVER };

struct ua_call {
	struct list list;
	struct ua *ua;
	enum ua_state state;
	bool caller;
	char call_id[80], tag[24], peer_tag[80], us[256], peer[256], target[256];
	unsigned cseq, version;
	uint16_t port;       /* RTP of the audio; the video's is two above */
	const char *dir;     /* what it says of its media */
	char heard_dir[12];  /* what the other side said last */
	bool video;          /* both have it */
	char body[UA_TEXT];  /* the other side's last SDP */
	unsigned offers;     /* of the other side, taken */
	unsigned code;       /* the final response, sent or heard */
	unsigned offer_code; /* of the last re-INVITE or UPDATE of its own; 0: none yet */
	bool rang;           /* as caller: 180 or 183 came */
	bool preview;        /* as caller: it was 183 with SDP */
	char told[UA_TEXT];  /* that SDP */
	unsigned rseq;       /* of the last that it has acknowledged */
	bool answered;       /* 200 sent or heard */
	bool hung_up;        /* the other side's BYE came */
	bool cancelled;      /* the other side's CANCEL came */
	unsigned digits;     /* INFO heard, with a key */
	unsigned pictures;   /* and with a wish for a key frame */
	char reason[160];    /* of that BYE or CANCEL */
	bool late;           /* its INVITE had no SDP */
	bool cancel_wanted;
	struct ua_tx *invite;     /* its own that waits for a final response */
	struct ua_served *served; /* the other side's that waits for one */
	char first_ok[UA_TEXT];   /* as caller: the SDP of the 200 to its first INVITE */
	char ack[UA_TEXT];        /* the last sent */
	char ok[UA_TEXT];         /* the 2xx that waits for its ACK, or "" */
	int64_t again_ms;
	bool asked_by_update;
	unsigned session_s;
	bool we_refresh;
	char said[2048]; /* its last SDP: a refresh and a retry repeat it */
	struct timer ring, answer, repeat, limit, refresh, retry;
};

struct ua {
	struct net *net;
	struct timers *timers;
	struct rand *rand;
	char user[16], password[16];
	struct addr addr;
	bool tcp;
	uint64_t conn;
	bool vanished;
	bool registered;
	unsigned cseq, nc;
	char nonce[128];
	char asked_nonce[20]; /* that the next request must answer; "": none yet */
	unsigned asked_cseq;  /* of the request that was asked */
	unsigned asked;
	char register_id[24];
	struct ua_plan plan;
	struct list calls, txs, serveds;
	struct timer again;
	uint16_t next_port;
};

/* "ADDR:PORT" */
void ua_open(struct ua *ua, const char *user, const char *addr, bool tcp);
void ua_close(struct ua *ua);
/* Now, and again before it ends. expires_s 0: not any more. */
void ua_register(struct ua *ua, unsigned expires_s);
/* A new connection in place of the old one. */
void ua_reconnect(struct ua *ua);
void ua_hear(struct ua *ua, struct view text);

struct ua_call *ua_call(struct ua *ua, const char *dial, bool late);
void ua_cancel(struct ua_call *c);
void ua_bye(struct ua_call *c);
/* A new offer with another direction; update: by UPDATE. */
void ua_offer(struct ua_call *c, const char *dir, bool update);
/* The same offer once more. */
void ua_offer_again(struct ua_call *c);
void ua_info(struct ua_call *c, char digit);
/* The newest call; NULL without one. */
struct ua_call *ua_last(const struct ua *ua);
/* Its last call is one that it has not answered yet. */
bool ua_rings(const struct ua *ua);
/* The newest that was answered and is on; NULL without one. */
struct ua_call *ua_talking(const struct ua *ua);
unsigned ua_calls(const struct ua *ua);
uint64_t ua_number(const struct ua *ua);
/* A living call that sends from there: audio or video. */
bool ua_sends(const struct ua *ua, const struct addr *rtp);
struct addr ua_rtp(const struct ua_call *c, bool video);
