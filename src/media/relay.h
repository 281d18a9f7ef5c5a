/* media/relay.h - passes RTP and RTCP between the legs of a call.
 *
 * A session has up to RELAY_LEGS_MAX legs; a leg has an audio stream, a video stream or both,
 * each on its own pair of UDP ports. relay_route() says to which legs the packets of one leg's
 * stream go: one leg's video may go to many ringing legs, an answered call is two routes.
 * RTCP follows the routes in both directions, so reports and key-frame requests of a viewer reach
 * the source.
 *
 * A leg may also be a browser (relay_web_open, media/web.h): encrypted, all of a worker's on one
 * port. It sends and hears audio and sees video; its formats are told and its routes given like any
 * leg's. While a session has such legs, the newest pictures of each source of video are kept, so
 * that a browser sees at once what is there. RTCP ends at a browser leg: what it lost is sent again
 * from what is kept, and its wish for a key frame is one of the relay (RELAY_EV_PICTURE).
 *
 * Threads: every function here is called by one thread, the owner (the SIP loop). Packets are
 * moved by the relay's own threads; orders go to them by queue and take effect in order; what
 * they have to tell comes back by queue: relay_fd() is readable when relay_poll() has something.
 *
 * Latching (symmetric RTP): packets to a peer go to the address of its SDP until the peer's
 * own packets come, then to where these come from.
 *   1. A packet from the SDP address, or from a host named by the SDP or the signalling,
 *      latches at once. Any other source needs RELAY_PROBATION packets in sequence with one
 *      SSRC, and is refused when the stream is `strict`.
 *   2. For RELAY_SETTLE_MS a better source (SDP address before host before any) replaces a
 *      worse one. Then the socket is connected and nothing else is heard.
 *   3. A settled stream moves only if its source was silent for RELAY_MOVE_MS and the new one
 *      carries on the same SSRC within RELAY_MOVE_WINDOW sequence numbers, for
 *      RELAY_PROBATION packets. A new address in relay_stream_set() starts afresh.
 *   4. A new SSRC from the latched source counts after RELAY_PROBATION packets in sequence. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/addr.h"
#include "media/seal.h"
#include "media/web.h"

enum {
	RELAY_LEGS_MAX = 32,
	RELAY_WORKERS_MAX = 64,
	RELAY_FORMATS_MAX = 24,
	RELAY_PACKET_MAX = 2048,
	RELAY_COMMANDS_MAX = 16384, /* waiting per worker */
	RELAY_EVENTS_MAX = 16384,   /* waiting per worker */
	RELAY_PROBATION = 2,
	RELAY_SETTLE_MS = 5000,
	RELAY_MOVE_MS = 2000,
	RELAY_MOVE_WINDOW = 3000,
	RELAY_TICK_US_MAX = 20000,
	RELAY_CODEC_NONE = 255,              /* no codec has this number */
	RELAY_KEYFRAME_MS = 500,             /* at most one request per stream in this time */
	RELAY_PRESS_MS = 160,                /* how long a key is pressed (relay_press) */
	RELAY_PAUSE_MS = 80,                 /* until the next may be */
	RELAY_WEB_MAX = ICE_SOCKETS_MAX - 1, /* addresses of browser legs */
	RELAY_WEB_LEGS_MAX = ICE_LEGS_MAX,   /* per worker */
};

enum relay_kind { RELAY_AUDIO, RELAY_VIDEO, RELAY_KINDS };

struct relay;
struct relay_session;

struct relay_conf {
	const struct clock *clock; /* must serve every thread */
	uint16_t port_lo, port_hi;
	struct addr v4, v6;  /* where to bind; unset: family not served */
	unsigned workers;    /* 0: one */
	unsigned tick_us;    /* 0: 2,000; the pause between rounds under load */
	uint32_t port_start; /* a random number: which port is used first */

	/* Where browser legs are, with port (0: any); without any there are none. Worker i has the
	 * i-th port from there. Loopback only in tests, never a wildcard. */
	const struct addr *web;
	unsigned nweb;
	struct addr web_public; /* the host of the first as browsers see it through a NAT that
				 * leaves ports as they are; may be unset */
	struct rand *rand;      /* must serve every thread; needed for browser legs */
};

/* One payload type of a stream. Two streams speak of the same codec when `codec`, a number the
 * owner gives out per session, is equal; the payload type is rewritten on the way. Where a payload
 * type stands more than once, its first codec is what the peer sends, and the others are what it
 * reads under it as well. */
struct relay_format {
	uint8_t pt;
	uint8_t codec;
	bool event; /* telephone-event (RFC 4733) */
};

/* What a stream's peer said in its SDP. Without formats every payload type passes unchanged;
 * with formats, others are dropped. */
struct relay_stream {
	struct addr rtp;    /* c= and m=; unset: learn from packets */
	struct addr rtcp;   /* a=rtcp; unset: RTP port + 1 */
	struct addr signal; /* where its signalling comes from (port ignored); may be unset */
	bool rtcp_mux;
	bool strict;         /* never latch to a host not named above */
	bool tones;          /* audio: keys may come as tones in the sound (media/tone.h) */
	uint8_t event_pt;    /* audio: the peer takes telephone-events under it; 0: it takes none */
	struct seal_keys keys; /* profile 0: in clear */
	uint32_t clock_hz;   /* 0: 8,000 for audio, 90,000 for video */
	uint32_t silence_ms; /* 0: do not watch */
	unsigned nformats;
	struct relay_format formats[RELAY_FORMATS_MAX];
};

struct relay_stats {
	uint64_t packets, bytes;           /* RTP heard and found good; bytes with header */
	uint64_t sent_packets, sent_bytes; /* RTP */
	uint64_t rtcp_packets;             /* heard and good */
	uint64_t invalid;                  /* not RTP, not RTCP, or no known format */
	uint64_t refused;                  /* from a wrong source */
	int64_t lost;                      /* expected - received (RFC 3550 A.3), may be < 0 */
	uint32_t jitter_us;                /* RFC 3550 A.8 */
	uint64_t first_us, last_us;        /* by the relay's clock; 0: never */
	uint8_t codec; /* of the last packet that was no event; RELAY_CODEC_NONE: not known */
};

enum relay_event_type {
	RELAY_EV_LATCHED, /* the first packet, or a new source: .addr */
	RELAY_EV_DIGIT,   /* once per press: .digit is '0'-'9', '*', '#', 'A'-'D' */
	RELAY_EV_SILENT,  /* nothing heard for silence_ms */
	RELAY_EV_HEARD,   /* heard again after RELAY_EV_SILENT */
	RELAY_EV_UP,      /* of a browser leg: media flows */
	RELAY_EV_DOWN, /* of a browser leg: it left, is gone, or is not who it should be; or there
			* was no memory for it. Nothing goes to it any more */
	RELAY_EV_PICTURE, /* a browser wants a key frame of this leg, which sends to it; RTCP has
			   * just asked. At most one in RELAY_KEYFRAME_MS, however many look */
	RELAY_EV_STATS,   /* the last ones of a closed leg: .stats */
	RELAY_EV_LEG_CLOSED,
	RELAY_EV_CLOSED, /* the session is gone; nothing follows with its tag */
};

struct relay_event {
	enum relay_event_type type;
	uint64_t session; /* the owner's tags */
	uint64_t leg;
	enum relay_kind kind;
	bool tone; /* RELAY_EV_DIGIT: it was heard in the sound, and no telephone-event passed */
	union {
		struct addr addr;
		char digit;
		struct relay_stats stats;
	};
};

struct relay_ports {
	uint16_t rtp[RELAY_KINDS]; /* 0: the leg has no such stream; RTCP is one above */
};

/* What our offer to a browser says of us (struct web_offer). */
struct relay_web {
	const char *fingerprint;                 /* while the relay is there */
	struct addr candidates[ICE_SOCKETS_MAX]; /* the first is liked best */
	unsigned ncandidates;
	char ufrag[ICE_UFRAG_SIZE + 1], pwd[ICE_PWD_SIZE + 1];
};

/* -EINVAL for a bad range or number of workers or addresses, -ENOMEM, or what the system said. */
[[nodiscard]] int relay_start(const struct relay_conf *conf, struct relay **ret_relay);
/* Ends the threads and frees everything, open sessions too. NULL is fine. */
void relay_stop(struct relay *relay);

/* Readable while events wait. */
int relay_fd(const struct relay *relay);
/* False when there is none. */
bool relay_poll(struct relay *relay, struct relay_event *ret_event);
/* Events that could not be kept because the owner did not poll; closings never are. */
uint64_t relay_events_lost(struct relay *relay);
/* Port pairs taken, both families. */
unsigned relay_ports_used(const struct relay *relay);

/* tag comes back in events. */
[[nodiscard]] int relay_session_open(struct relay *relay, uint64_t tag,
				     struct relay_session **ret_session);
/* Never fails; the pointer is dead afterwards. Legs still open are closed with their events. */
void relay_session_close(struct relay_session *session);

/* kinds: bits 1 << RELAY_AUDIO, 1 << RELAY_VIDEO. *ret_leg is 0..RELAY_LEGS_MAX-1.
 * -ENOSPC: no free leg or no free ports; -EAFNOSUPPORT; -EAGAIN: too many orders waiting. */
[[nodiscard]] int relay_leg_open(struct relay_session *session, uint64_t tag, int family,
				 unsigned kinds, struct relay_ports *ret_ports, unsigned *ret_leg);
void relay_leg_close(struct relay_session *session, unsigned leg);

/* A leg of audio and video whose peer is a browser; what it sends of video is dropped.
 * -ENOTSUP: there are no addresses for such; -ENOSPC, -ENOMEM, -EAGAIN. */
[[nodiscard]] int relay_web_open(struct relay_session *session, uint64_t tag,
				 struct relay_web *ret_ours, unsigned *ret_leg);
/* What the browser's answer says, once; copied. An order as below; one that makes no sense brings
 * RELAY_EV_DOWN. -EINVAL also for a user name that is empty or too long. */
[[nodiscard]] int relay_web_answer(struct relay_session *session, unsigned leg,
				   const struct web_peer *peer);
/* The H.264 parameter sets of a source of video whose SDP has them (sprop-parameter-sets, decoded):
 * browsers need them in the stream. Those in the stream replace them. -EINVAL also when one of them
 * is empty or longer than H264_SET_MAX. */
[[nodiscard]] int relay_picture_sets(struct relay_session *session, unsigned leg, struct view sps,
				     struct view pps);

/* The rest gives an order: 0, -EINVAL (no such stream), -EAGAIN or -ENOMEM. */
[[nodiscard]] int relay_stream_set(struct relay_session *session, unsigned leg,
				   enum relay_kind kind, const struct relay_stream *stream);
/* The stream's packets go to the legs in the bit set `to` and to no others. New viewers of a
 * video stream make the relay ask its source for a key frame. */
[[nodiscard]] int relay_route(struct relay_session *session, unsigned from, enum relay_kind kind,
			      uint32_t to);
/* Presses a key ('0'-'9', '*', '#', 'A'-'D') at the leg's peer by telephone-events (RFC 4733),
 * after those that wait; the sound that goes there is held back while it lasts, and goes on in one
 * numbering. It is lost when the stream has no event_pt, or too many wait. -EINVAL also for a
 * browser, and for what is no key. */
[[nodiscard]] int relay_press(struct relay_session *session, unsigned leg, char key);
/* Asks the stream's source for a key frame (RFC 4585 PLI). */
[[nodiscard]] int relay_keyframe(struct relay_session *session, unsigned leg);
