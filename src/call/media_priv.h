/* call/media_priv.h - what media.c (phones), media_app.c (browsers), media_early.c (what the caller
 * is told while it rings) and media_srtp.c (keys of phones) share: the legs of a call and what each
 * has said. */
#pragma once
#include "call/media.h"

/* What door phones speak, for a party that has said nothing itself; a direction follows the sound,
 * and the picture. Its host is never written, for ours stands there; but 0.0.0.0 would mean that it
 * holds the call. */
#define MEDIA_HEAD "v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define MEDIA_SOUND                                                                                \
	"m=audio 9 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"            \
	"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
#define MEDIA_PICTURE                                                                              \
	"m=video 9 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"                                       \
	"a=fmtp:99 profile-level-id=42e01f;packetization-mode=1\r\n"

struct stream {
	int line; /* index of the m= line in the leg's SDP; -1: none */
	bool on;  /* both sides agreed to it */
	bool silent;
	struct relay_stream set;
};

/* A description and the memory that it lives in. */
struct said {
	struct arena arena;
	struct sdp *sdp;
};

/* What was offered to a browser, and what it took. */
struct app_media {
	bool listen; /* it is not heard */
	bool video;  /* a picture was offered */
	bool video_taken;
	bool sound, event; /* the other side has them */
	uint8_t pt;        /* of the sound */
	unsigned sound_codec, event_codec;
	bool answered;   /* the last offer */
	unsigned offers; /* beside the first: a new one is a new leg of the relay */
	struct relay_web ours;
};

enum { MEDIA_SUITES = 2 };

struct leg {
	bool open;
	bool web;       /* a browser */
	bool nobody;    /* and not even that: without a leg in the relay */
	bool reoffered; /* inside the call: that it only sends is a hold from then on */
	unsigned relay_leg;
	struct media_way way;
	bool keyed; /* the keys below are made */
	struct sdes keys[RELAY_KINDS][MEDIA_SUITES]; /* ours, as they are offered */
	struct relay_ports ports;
	uint64_t version;
	struct said said; /* last; of a browser, what it means in the words of a phone */
	struct stream streams[RELAY_KINDS];
	struct app_media app;
};

struct media {
	struct media_conf conf;
	struct relay_session *session;
	struct arena names; /* of the codecs */
	struct leg legs[MEDIA_LEGS_MAX];
	struct sdp_format codecs[MEDIA_CODECS_MAX]; /* the index is the relay's codec number */
	unsigned ncodecs;
	bool caller_offered;
	struct buf told; /* the caller's answer while it rang; empty: none, or it counts no more */
	struct said told_means; /* in the lines and numbers of the caller's offer */
	struct said pending; /* an offer inside the call that waits for its answer */
	int pending_lines[RELAY_KINDS];
	bool connected;
	unsigned peer; /* of the caller, once connected */
};

/* media.c */
/* The m= line of that index; NULL: there is none. */
const struct sdp_media *media_line_at(const struct sdp *sdp, int line);
int media_said_read(struct view text, struct said *ret_said);
/* What was said before is forgotten. */
void media_said_move(struct said *to, struct said *from);
/* A number for the codec; MEDIA_CODECS_MAX when there are too many. It outlives the description. */
unsigned media_codec_number(struct media *m, const struct sdp_format *format);
/* Our ports of `leg` at the lines that are relayed, and our keys, for the answer to its offer;
 * every other line is refused. */
struct sdp_edit media_answer_for(struct media *m, struct leg *leg, const struct sdp *offer,
				 const int lines[RELAY_KINDS]);
/* A free leg beside the caller's; MEDIA_LEGS_MAX without any. */
unsigned media_leg_free(const struct media *m);
/* The offer of `leg` was taken: what it said counts now, in the lines that the other side took. */
int media_take_offer(struct media *m, struct leg *leg, const int lines[RELAY_KINDS]);
/* The first m= line of each kind that can be relayed, is as this leg's way wants it, and for which
 * it has ports from the start. -EPROTONOSUPPORT without any. */
int media_lines_with_ports(const struct sdp *sdp, const struct leg *leg,
			   int ret_lines[RELAY_KINDS]);
/* Whoever was on hold, or changed where it listens, sees nothing until the next key frame. */
void media_ask_for_picture(struct media *m);

/* A line that is relayed. */
bool media_relayable(const struct sdp_media *line);
/* The lines of the streams that the leg has on; -1: none. */
void media_streams_on(const struct leg *leg, int ret_lines[RELAY_KINDS]);
/* The answerer's streams, against the lines that it was offered; what it said is the leg's then, and
 * otherwise forgotten. -EPROTONOSUPPORT: none. */
int media_take_said(struct media *m, struct leg *leg, const struct sdp *offer, struct said *said);
/* The answer to the caller's offer by what this leg takes. */
int media_answer_print(struct media *m, const struct leg *by, struct buf *out);

/* media_early.c */
/* An offer inside the call was answered: that counts now. */
void media_told_over(struct media *m);

/* media_srtp.c */
/* What the leg says there goes with what its way wants. */
bool media_srtp_fits(const struct leg *leg, const struct sdp_media *line);
/* The keys under which the line's packets go; profile 0: in clear. */
struct seal_keys media_srtp_keys(struct media *m, struct leg *leg, enum relay_kind kind,
				 const struct sdp_media *line);
/* Into the line of an offer to the leg, and into that of an answer to this line of its own. */
void media_srtp_offer(struct media *m, struct leg *leg, enum relay_kind kind,
		      struct sdp_edit_media *edit);
void media_srtp_answer(struct media *m, struct leg *leg, enum relay_kind kind,
		       const struct sdp_media *line, struct sdp_edit_media *edit);
