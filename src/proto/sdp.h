/* proto/sdp.h - session descriptions (RFC 8866) as a relay needs them: read the media, re-print them
 * with our address and ports, and keep every line that we do not know.
 *
 * Pure. What is read lives in the caller's arena. The level of H.264 is never a reason to refuse. */
#pragma once
#include "base/addr.h"
#include "base/mem.h"
#include "proto/sdes.h"

enum { SDP_MAX = 16384 /* bytes */, SDP_LINES_MAX = 400, SDP_MEDIA_MAX = 8, SDP_FORMATS_MAX = 24 };

enum sdp_kind { SDP_AUDIO, SDP_VIDEO, SDP_OTHER };
enum sdp_dir { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };

struct sdp_format {
	uint8_t pt;
	struct view name; /* encoding; of RFC 3551's static types too. Empty: unknown */
	uint32_t clock_hz;
	unsigned channels;
	struct view fmtp;
	bool event; /* telephone-event (RFC 4733) */
};

struct sdp_media {
	enum sdp_kind kind;
	struct view proto;
	bool avpf;
	bool savp;     /* SRTP under the key of `crypto` */
	bool secure;   /* SRTP without a key that we could use, or DTLS: it cannot be relayed */
	/* The first that we understand; suite SDES_NONE: none. Beside plain RTP it says that SRTP is
	 * welcome (RFC 8643). */
	struct sdes crypto;
	uint16_t port; /* 0: refused */
	struct addr rtp, rtcp; /* unset: a host name, 0.0.0.0 or nothing: learn from packets */
	bool rtcp_mux;
	enum sdp_dir dir; /* c=0.0.0.0 (RFC 3264 section 8.4) counts as sendonly */
	unsigned nformats;
	struct sdp_format formats[SDP_FORMATS_MAX];
	unsigned first_line, nlines; /* private: of `lines`, the m= line first */
};

struct sdp {
	unsigned nmedia;
	struct sdp_media media[SDP_MEDIA_MAX];
	struct view *lines; /* private */
	unsigned nlines, session_lines;
};

/* -EBADMSG: not SDP; -EMSGSIZE: beyond a limit above; -ENOMEM. CRLF or LF. */
[[nodiscard]] int sdp_read(struct view text, struct arena *arena, struct sdp **ret_sdp);

/* The same codec: name, clock and channels; for H.264 the profile (42001f is 42e01f) and
 * packetization-mode too. */
bool sdp_format_same(const struct sdp_format *a, const struct sdp_format *b);
/* Who said `sink` can read what is sent as `source`: the same codec, or H.264 whose single NAL units
 * (packetization-mode 0) are a part of what mode 1 allows (RFC 6184 section 6.3). */
bool sdp_format_takes(const struct sdp_format *sink, const struct sdp_format *source);

/* The medium names this codec. */
bool sdp_has(const struct sdp_media *media, const struct sdp_format *format);
/* The first of its formats that the other names, too: of events, or of the others. NULL: none. */
const struct sdp_format *sdp_common(const struct sdp_media *media, const struct sdp_media *other,
				    bool event);
/* The clock of the first format that is no event; 0: not known. */
uint32_t sdp_clock_hz(const struct sdp_media *media);
/* The telephone-events of this clock, which they share with the sound (RFC 4733 section 2.1). NULL:
 * there are none. */
const struct sdp_format *sdp_event(const struct sdp_media *media, uint32_t clock_hz);

/* The parameter sets of H.264 that a format names (sprop-parameter-sets, RFC 6184 section 8.1): the
 * first of each kind. False without both, or when one of them is longer than SDP_H264_SET_MAX. */
enum { SDP_H264_SET_MAX = 256 };
struct sdp_h264_set {
	uint8_t bytes[SDP_H264_SET_MAX];
	size_t n;
};
bool sdp_h264_sets(const struct sdp_format *format, struct sdp_h264_set *ret_sps,
		   struct sdp_h264_set *ret_pps);

/* The attribute, a whole line. */
void sdp_dir_print(struct buf *out, enum sdp_dir dir);

struct sdp_edit_media {
	uint16_t port; /* RTP; RTCP is one above. 0 refuses the media (RFC 3264 section 6) */
	bool savp; /* in what sdp_relay prints; an answer has the profile of its offer */
	const struct sdes *crypto;
	unsigned ncrypto;
	uint32_t left_out; /* bit i: sdp_answer does not take the offer's format i */
	bool wide;         /* in sdp_answer both directions, as far as they are offered */
};

struct sdp_edit {
	struct addr host; /* ours: c= and o= */
	uint64_t session_id, version; /* of o= */
	struct sdp_edit_media media[SDP_MEDIA_MAX];
};

/* One side's description as ours to the other side: our o=, c= and ports; what would lead around
 * the relay (candidates, ICE, rtcp, ssrc, crypto, bandwidth stays) is left out, the rest kept in
 * order. Sound without telephone-events has them all the same, under a number that is free: we
 * press keys that come by other ways. -EMSGSIZE, -ENOMEM: the buffer's. */
[[nodiscard]] int sdp_relay(const struct sdp *in, const struct sdp_edit *edit, struct buf *out);
/* The answer to `offer` in our name, by what the other side answered: the offer's m= lines and
 * payload type numbers, the codecs that both have in the answerer's order with the answerer's
 * parameters. Telephone-events that were offered for such a codec's clock are taken in any case.
 * The m= lines of `answer` stand in the order of those of `offer`. */
[[nodiscard]] int sdp_answer(const struct sdp *offer, const struct sdp *answer,
			     const struct sdp_edit *edit, struct buf *out);
