/* call/media.h - the media of a call: what the SDPs say, told to the relay.
 *
 * Every leg talks to its own ports of the relay; payload type numbers of each leg are its own.
 * Belongs to its call, on the sip loop's thread.
 *
 * Invariants:
 *   1. Whatever SDP a leg gets names our address and that leg's ports, never the other side's.
 *   2. Packets pass to ringing legs only from the caller; between two legs only once connected.
 *   3. A stream that a leg refused (port 0) has no route.
 *   4. Whether a leg's packets are sealed, and with which keys, is between us and that leg.
 *   5. What the caller was told before anybody answered stays the answer to its INVITE. */
#pragma once
#include "base/mem.h"
#include "media/relay.h"
#include "proto/sdp.h"

enum {
	MEDIA_CODECS_MAX = 64,            /* different codecs in one call */
	MEDIA_SAID_MAX = 48 * 1024,       /* bytes of a description that was read */
	MEDIA_NAMES_MAX = 64 * 1024,      /* of the codecs' names and parameters */
	MEDIA_SDP_MAX = 16384,
	MEDIA_SILENCE_MS = 60000,         /* a side that sends nothing for so long is lost */
	MEDIA_LEGS_MAX = RELAY_LEGS_MAX,
};

struct media;

/* What a leg wants of SRTP (RFC 4568). Keys stand in the SIP messages: who must not see them must not
 * see those. */
enum media_srtp {
	MEDIA_SRTP_OFF,      /* in clear; who insists on keys is refused */
	MEDIA_SRTP_TAKEN,    /* when the leg offers it */
	MEDIA_SRTP_OFFERED,  /* to the leg, too, which may leave it (RFC 8643) */
	MEDIA_SRTP_REQUIRED, /* nothing passes in clear */
};

/* How a leg is reached. */
struct media_way {
	struct addr local;  /* our address as the leg sees it */
	struct addr signal; /* where its signalling comes from */
	enum media_srtp srtp;
};

struct media_conf {
	struct relay *relay;
	struct rand *rand; /* of keys */
	uint64_t tag; /* of the relay's events; a leg's: media_leg_of */
	uint64_t session_id; /* of o= lines: random */
};

[[nodiscard]] int media_new(const struct media_conf *conf, struct media **ret_media);
void media_free(struct media *m);

/* Opens a leg and reads its offer. -EBADMSG: no SDP; -EPROTONOSUPPORT: nothing in it that can be
 * relayed, or not as the way wants it. An empty offer (an INVITE without SDP) gives a leg that will be offered what door phones speak.
 * *ret_leg is the index; the caller's is 0. */
[[nodiscard]] int media_caller(struct media *m, struct view offer, const struct media_way *way);
/* A leg to ring, and the offer for it: the caller's, with our ports. */
[[nodiscard]] int media_callee(struct media *m, const struct media_way *way, unsigned *ret_leg,
			       struct buf *ret_offer);
/* Its ports are given back; of what is here only media_codec and media_free may follow. */
void media_close(struct media *m);
/* The name of a codec that the relay tells of (relay_stats.codec); "" for none. Good until
 * media_free. */
const char *media_codec(const struct media *m, unsigned codec);
void media_leg_close(struct media *m, unsigned leg);
/* The callee's answer (early or final). -EBADMSG, -EPROTONOSUPPORT: nothing in common. */
[[nodiscard]] int media_answered(struct media *m, unsigned leg, struct view answer);
/* The answer for the caller while it rings, once this callee answered early: with what all can take
 * that ring, as far as they have said, or else with what this one takes. -EAGAIN: the caller shows
 * a picture that this one does not take; another may. */
[[nodiscard]] int media_answer_early(struct media *m, unsigned leg, struct buf *ret_sdp);
/* The answer for the caller, by this callee's; an offer for it when its INVITE had none. What it
 * was told early is told again, letter by letter (RFC 3261 section 13.2.1), whoever answered. */
[[nodiscard]] int media_answer_caller(struct media *m, unsigned leg, struct buf *ret_sdp);
/* The caller's answer in its ACK, when its INVITE had no offer. */
[[nodiscard]] int media_caller_answered(struct media *m, struct view answer);
/* What the caller was told early goes with what this callee takes. */
enum media_fit {
	MEDIA_FITS,        /* or nothing was told */
	MEDIA_FITS_PARTLY, /* the picture is missing, or this one sends what was not told */
	MEDIA_FITS_NOT,    /* it cannot hear what the caller sends */
};
enum media_fit media_fits(const struct media *m, unsigned leg);
/* An offer to the caller of what this callee takes, and the caller's answer. -EBADMSG,
 * -EPROTONOSUPPORT: of no use; what was told stays. */
[[nodiscard]] int media_tell_anew(struct media *m, unsigned leg, struct buf *ret_offer);
[[nodiscard]] int media_told_anew(struct media *m, unsigned leg, struct view answer);
/* The caller's streams reach every leg that answered early. */
void media_preview(struct media *m);
/* The caller and this leg hear and see each other, and nobody else. Silence is watched from now on. */
void media_connect(struct media *m, unsigned leg);

/* A new offer inside the call from one side, as it must be put to the other. */
[[nodiscard]] int media_reoffer(struct media *m, unsigned from, struct view offer, unsigned to,
				struct buf *ret_offer);
/* The other side's answer to it, as it must be given to the first. -EBADMSG, -EPROTONOSUPPORT: of
 * no use; nothing has changed here, but that side has taken the offer (RFC 3264 section 4):
 * media_restore. */
[[nodiscard]] int media_reanswer(struct media *m, unsigned to, struct view answer, unsigned from,
				 struct buf *ret_answer);

/* An offer that puts the leg back to what the other side said last, and what the leg answers to it.
 */
[[nodiscard]] int media_restore(struct media *m, unsigned leg, unsigned other,
				struct buf *ret_offer);
[[nodiscard]] int media_restored(struct media *m, unsigned leg, unsigned other, struct view answer);

/* Apps (media_app.c): legs whose peer is a browser, each of which hears one codec, the other side's.
 * Everything above but what takes or gives an SDP works on them too; that, they have here. */

/* The app calls. listen: nothing that it sends is heard. What relay_web_open says. */
[[nodiscard]] int media_caller_app(struct media *m, bool listen);
/* A leg to ring an app, and the offer for its browser. -EPROTONOSUPPORT: the caller has nothing that
 * a browser takes; -ENOSPC, or what relay_web_open says. */
[[nodiscard]] int media_callee_app(struct media *m, unsigned *ret_leg, struct buf *ret_offer);
/* The offer for the browser of the app that calls, once this leg answered it. */
[[nodiscard]] int media_offer_app(struct media *m, unsigned by, struct buf *ret_offer);
/* The browser's answer to the last offer. -EBADMSG, -EPROTONOSUPPORT; -EALREADY: there was one, or
 * it answers an earlier offer, and nothing has changed. */
[[nodiscard]] int media_app_answered(struct media *m, unsigned leg, struct view answer);
/* What the browser had is gone: a new offer with new keys. What it had stays until then. */
[[nodiscard]] int media_app_again(struct media *m, unsigned leg, struct buf *ret_offer);
/* A new offer inside the call, put to an app, which is not asked: its answer. -EPROTONOSUPPORT: the
 * app would not hear it any more; nothing has changed then. */
[[nodiscard]] int media_app_reoffer(struct media *m, unsigned from, struct view offer, unsigned to,
				    struct buf *ret_answer);
/* A leg in whose name the caller can be answered, and nobody hears it. */
[[nodiscard]] int media_callee_nobody(struct media *m, unsigned *ret_leg);
/* Nobody calls: sound alone is offered in its name, it sends nothing and hears nothing. */
[[nodiscard]] int media_caller_nobody(struct media *m);
/* This leg answered it. -EPROTONOSUPPORT: without sound. */
[[nodiscard]] int media_connect_nobody(struct media *m, unsigned leg);
bool media_is_nobody(const struct media *m, unsigned leg);
/* An offer is on its way to the browser, or not answered yet. */
bool media_app_waits(const struct media *m, unsigned leg);
/* Who only looked on is heard from now on: an offer that tells the other side, for media_restored.
 * A negative errno: it cannot be told, but it is so. */
[[nodiscard]] int media_app_talk(struct media *m, unsigned other, struct buf *ret_offer);
/* The same, but keys are all that is sent. */
[[nodiscard]] int media_app_press(struct media *m, unsigned other, struct buf *ret_offer);
/* That offer was refused: nothing is sent, as before. */
void media_app_looks(struct media *m);
/* The app was offered a picture. */
bool media_app_sees(const struct media *m, unsigned leg);
/* Which leg an event of the relay is about. False: one that is no more. */
bool media_leg_of(const struct media *m, uint64_t tag, unsigned *ret_leg);

/* Telephone-events (RFC 4733) that the one leg sends pass to the other: its keys need nothing else.
 */
bool media_events_pass(const struct media *m, unsigned from, unsigned to);
/* It takes telephone-events, but nothing is sent to it: it, or who talks to it, has said so. */
bool media_is_deaf(const struct media *m, unsigned leg);
/* Presses a key at the leg's peer by telephone-events. -ENOTSUP: it takes none, or is deaf; or what
 * relay_press says; INFO is left then. */
[[nodiscard]] int media_press(struct media *m, unsigned leg, char key);
/* From the relay's events: true when every stream that the leg should send is silent now. */
bool media_silent(struct media *m, unsigned leg, enum relay_kind kind, bool silent);
