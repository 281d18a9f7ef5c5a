/* media/web.h - browser legs: ICE-lite, DTLS-SRTP, a bundle of audio and H.264, all legs on one UDP
 * port (RFC 8834, RFC 8843, RFC 7983).
 *
 * A struct web has a socket for each of its addresses, so that an answer leaves from the address
 * that was asked. The owner watches web_fd() of each and calls web_read(); timers are the owner's
 * too. Everything runs on that one thread, but what says where the sockets are, which may be asked
 * by any. Legs share nothing but the port: what a leg sends has its own SSRCs and numbers, whatever
 * source it comes from.
 *
 *	ice_own_make → web_leg_open → offer (proto/web_sdp.h) → web_leg_answer → WEB_UP → media both
 *ways
 *
 * Invariants:
 *   1. Nothing but replies to proven checks goes to an address before a check came from it, and
 *      nothing to an address whose consent is over.
 *   2. No media goes out before the peer's certificate is the one of its description.
 *   3. A nonce is used for one packet only: numbers come from media/renumber.h, and what is sent
 *      again is the same.
 *   4. Once WEB_DOWN was told nothing is sent or told any more. */
#pragma once
#include "media/dtls.h"
#include "media/feedback.h"
#include "media/ice_lite.h"
#include "media/picture.h"

enum {
	WEB_PACKET_MAX = 2048,
	WEB_BATCH = 64,        /* packets read from a socket in one go, and sent */
	WEB_TICK_MS = 1000,    /* sender reports, consent, the budget below */
	WEB_RESENDS_MAX = 500, /* packets sent again between two ticks */
	WEB_PICTURE_MS = 1000, /* between two wishes for a key frame */
	WEB_CATCH_UP = 32,     /* packets sent at once to a viewer who came late */
	WEB_CATCH_UP_MS = 5,
	WEB_BUFFER = 4 * 1024 * 1024, /* of a socket, each way; the system may give less */
	WEB_CNAME_SIZE = 16,          /* characters */
};

struct web;
struct web_leg;

struct web_conf {
	const struct clock *clock;
	struct timers *timers;
	struct rand *rand;            /* of web_leg_open's thread */
	const struct addr *addresses; /* with port; 0: any. Loopback only in tests */
	unsigned naddresses;          /* up to ICE_SOCKETS_MAX */
};

enum web_event {
	WEB_UP,      /* media flows */
	WEB_PICTURE, /* the source should send a key frame; at most one in WEB_PICTURE_MS */
	WEB_DOWN,    /* the browser left, is silent for too long, or is not who it should be */
};

struct web_leg_conf {
	struct ice_own own;
	/* None of them may close a leg. */
	void (*event)(void *arg, enum web_event event);
	/* A packet in clear, whose bytes may be changed. */
	void (*audio)(void *arg, uint8_t *bytes, size_t n, const struct rtp *rtp);
	/* What was heard of audio since this was asked last, but for the times of the sender's
	 * report. False: nothing yet. */
	bool (*report)(void *arg, struct feedback_block *ret_block);
	void *arg;
};

/* Packets with their headers, those sent again among them. */
struct web_sent {
	uint64_t packets, bytes;
};

struct web_stats {
	uint64_t heard, refused; /* packets of media; refused: not protected right, or again */
	uint64_t reports;        /* of RTCP, heard */
	struct web_sent audio, video;
	uint64_t resent, lost_for_good; /* lost_for_good: asked for, kept no more */
	uint64_t picture_asks;
	uint8_t fraction; /* of 256: video lost on the way, as the last report says */
};

/* Opens the sockets and makes the certificate. -EINVAL, -ENOMEM, -EIO or what the system said. */
[[nodiscard]] int web_open(const struct web_conf *conf, struct web **ret_web);
/* Legs must be closed. NULL is fine. */
void web_close(struct web *web);
unsigned web_sockets(const struct web *web);
int web_fd(const struct web *web, unsigned socket);
/* Where the socket is bound: the candidates. */
struct addr web_address(const struct web *web, unsigned socket);
const char *web_fingerprint(const struct web *web);
/* Reads what waits on the socket, at most one batch. Packets read. */
unsigned web_read(struct web *web, unsigned socket);
/* Sends what legs have put by: to be called when web_read, timers and all that is below have been.
 */
void web_flush(struct web *web);

/* -EEXIST: another leg has this user name; -ENOSPC, -ENOMEM. */
[[nodiscard]] int web_leg_open(struct web *web, const struct web_leg_conf *conf,
			       struct web_leg **ret_leg);
/* NULL is fine. */
void web_leg_close(struct web_leg *leg);

struct web_peer {
	struct view ufrag;
	uint8_t hash[DTLS_HASH_SIZE];
	bool passive; /* we speak first */
};

/* What the answer said, once. -EINVAL, -EALREADY, -ENOMEM. */
[[nodiscard]] int web_leg_answer(struct web_leg *leg, const struct web_peer *peer);

/* A packet of audio for the browser, in clear, under this payload type of the offer. */
void web_leg_audio(struct web_leg *leg, const uint8_t *bytes, const struct rtp *rtp, uint8_t pt);
/* What the leg sees from now on, under this payload type; NULL: nothing. The newest key frame that
 * is kept is sent at once, and if there is none it is asked for. The picture must outlive this. */
void web_leg_watch(struct web_leg *leg, const struct picture *picture, uint8_t pt);
/* Each packet that picture_hear gave, for each leg that watches. */
void web_leg_video(struct web_leg *leg, const struct picture_packet *packet);
struct web_stats web_leg_stats(const struct web_leg *leg);
