/* media/stream.h - what one stream hears: latching (rules in relay.h) and statistics.
 * Pure: packets, addresses and time come in, a verdict comes out; no sockets.
 * Belongs to the worker that owns the session. Times are microseconds that only go up. */
#pragma once
#include "media/digit.h"
#include "media/feedback.h"
#include "media/relay.h"
#include "media/rtp.h"

enum stream_rank { STREAM_NONE, STREAM_ANY, STREAM_HOST, STREAM_EXACT };

enum stream_verdict {
	STREAM_PASS,    /* relay it */
	STREAM_LATCHED, /* relay it; the source is new */
	STREAM_REFUSED, /* wrong source */
	STREAM_INVALID,
};

enum { STREAM_CODECS = 256, STREAM_CODEC_NONE = RELAY_CODEC_NONE, STREAM_PT_NONE = 255 };

/* A source on probation. */
struct candidate {
	struct addr from;
	uint32_t ssrc;
	uint16_t next;
	unsigned count;
};

struct stream {
	struct relay_stream peer;
	uint8_t codec_of[RTP_FORMATS]; /* payload type -> codec */
	uint8_t pt_of[STREAM_CODECS];  /* codec -> payload type */
	uint64_t event_pts[RTP_FORMATS / 64];

	struct addr from;      /* latched source */
	struct addr rtcp_from; /* the same of RTCP, unset until heard */
	enum stream_rank rank;
	bool settled;
	bool ssrc_known;
	bool ssrc_fresh; /* the owner signalled anew: the next SSRC needs no probation */
	uint32_t ssrc;
	uint64_t latched_us;
	struct candidate candidate;

	uint16_t seq_max, seq_base;
	uint32_t cycles;
	uint64_t epoch_packets; /* since seq_base */
	uint32_t ts;            /* of the last packet that was no event, */
	uint64_t ts_us;         /* and when it came; 0: none did of this SSRC */
	int64_t lost_before;    /* of earlier SSRCs */
	int64_t reported_lost;  /* at the last stream_report, with the packets heard by then */
	uint64_t reported_packets;
	uint32_t transit;
	uint32_t jitter16; /* timestamp units * 16 */
	bool transit_known;

	struct digit digit;
	bool silent;
	uint64_t watch_us; /* since when silence counts */
	uint64_t keyframe_us;
	struct relay_stats stats;
};

void stream_init(struct stream *s, enum relay_kind kind);
/* Takes over what the peer's SDP says. True if latching starts afresh (the address is new). */
bool stream_set(struct stream *s, const struct relay_stream *peer, enum relay_kind kind,
		uint64_t now_us);

/* A packet p[0..n) from `from`, or NULL if the kernel let through only the latched source.
 * *ret_rtp is filled unless the verdict is STREAM_INVALID. */
enum stream_verdict stream_hear(struct stream *s, const struct addr *from, const uint8_t *p,
				size_t n, uint64_t now_us, struct rtp *ret_rtp);
/* The same for RTCP. */
enum stream_verdict stream_hear_rtcp(struct stream *s, const struct addr *from, const uint8_t *p,
				     size_t n);

/* The key pressed by this packet, or 0. */
char stream_digit(struct stream *s, const uint8_t *p, const struct rtp *rtp);

/* May the socket be connected to s->from for good? */
bool stream_settles(const struct stream *s, uint64_t now_us);
/* Settled, but so silent that it may have moved: the socket must hear others again. */
bool stream_may_move(const struct stream *s, uint64_t now_us);

/* Where packets to the peer go; unset when nobody knows yet. */
struct addr stream_rtp_dest(const struct stream *s);
struct addr stream_rtcp_dest(const struct stream *s);

struct relay_stats stream_stats(const struct stream *s);
/* What a report says of it, but for the sender's last one. False while nothing was heard. */
bool stream_report(struct stream *s, struct feedback_block *ret_block);

/* The payload type under which `to` knows what `from` calls pt, or STREAM_PT_NONE. */
static inline uint8_t stream_pt(const struct stream *from, const struct stream *to, uint8_t pt)
{
	if (from->peer.nformats == 0 || to->peer.nformats == 0)
		return pt;
	return to->pt_of[from->codec_of[pt]];
}

static inline bool stream_is_event(const struct stream *s, uint8_t pt)
{
	return s->event_pts[pt >> 6] >> (pt & 63) & 1;
}
