/* Invariants: 1. a timer runs if and only if its medium may be sent to a known address;
 * 2. the encoder exists once a picture was first wanted and matches the packetization mode. */
#include "stream.h"
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "camera.h"
#include "g711.h"

enum {
	AUDIO_MS = 20,
	VIDEO_HZ = 90000,
	LATE_MS = 200, /* a sender that is later than this does not catch up */
	STALE_MS = 1500,
	EVENT_PAYLOAD = 4, /* RFC 4733 section 2.3 */
	PSFB_FIR = 4,      /* RFC 5104 section 4.3.1 */
	VIDEO_KBITS_SDP = 1024,
	DIGIT_EVENTS = 16,
};

struct stream {
	struct stream_hooks hooks;
	struct sdp_session *sdp;
	struct sdp_media *audio, *video;
	struct rtp_sock *audio_rtp, *video_rtp;
	struct tmr audio_tmr, video_tmr;
	uint64_t audio_due, video_due; /* ms, of tmr_jiffies */
	struct voice voice;
	struct meter meter;
	enum g711_law law;
	uint8_t audio_pt, video_pt;
	uint32_t audio_ts, video_ts;
	uint32_t digit_ts; /* RTP time of the last event: packets of one press share it */
	bool digit_seen;
	struct camera *camera;
	bool whole_nals; /* what camera was made for */
	bool key;        /* the next picture shall be a key frame */
	struct sa audio_to, video_to;
	struct stream_numbers numbers;
};

static int64_t now_ms(void)
{
	return clock_mono_us(clock_system()) / 1000;
}

/* Receiving */

static void take_digit(struct stream *s, const struct rtp_header *hdr, const struct mbuf *mb)
{
	if (mbuf_get_left(mb) < EVENT_PAYLOAD || mbuf_buf(mb)[0] >= DIGIT_EVENTS)
		return;
	if (s->digit_seen && s->digit_ts == hdr->ts)
		return;
	s->digit_seen = true;
	s->digit_ts = hdr->ts;
	s->hooks.digit((char)telev_code2digit(mbuf_buf(mb)[0]), s->hooks.arg);
}

static void audio_came(const struct sa *from, const struct rtp_header *hdr, struct mbuf *mb,
		       void *arg)
{
	struct stream *s = arg;
	const struct sdp_format *fmt = sdp_media_lformat(s->audio, hdr->pt);

	/* Keys open the door: a stranger who guesses the port must not be heard. Of the host only,
	 * because a NAT on the way may have another idea of the port. */
	if (!fmt || !sa_cmp(from, sdp_media_raddr(s->audio), SA_ADDR))
		return;
	if (!str_casecmp(fmt->name, telev_rtpfmt)) {
		take_digit(s, hdr, mb);
		return;
	}
	s->numbers.audio_in++;
	meter_add(&s->meter, str_casecmp(fmt->name, "PCMA") ? G711_ULAW : G711_ALAW, mbuf_buf(mb),
		  mbuf_get_left(mb), now_ms());
}

/* The door shows no picture of its visitors' hosts, but libre wants a receiver. */
static void video_came(const struct sa *from, const struct rtp_header *hdr, struct mbuf *mb,
		       void *arg)
{
	(void)from, (void)hdr, (void)mb, (void)arg;
}

static void video_control_came(const struct sa *from, struct rtcp_msg *msg, void *arg)
{
	(void)from;
	bool feedback = msg->hdr.pt == RTCP_PSFB &&
			(msg->hdr.count == RTCP_PSFB_PLI || msg->hdr.count == PSFB_FIR);

	if (feedback || msg->hdr.pt == RTCP_FIR)
		stream_key_frame(arg);
}

/* Sending */

/* Payload space behind the room for an RTP header. */
static struct mbuf *payload_new(size_t n)
{
	struct mbuf *mb = mbuf_alloc(RTP_HEADER_SIZE + n);

	if (mb)
		mb->pos = mb->end = RTP_HEADER_SIZE;
	return mb;
}

static void send_sound(struct stream *s)
{
	int16_t pcm[G711_FRAME];
	struct mbuf *mb = payload_new(G711_FRAME);

	if (!mb)
		return;
	voice_make(&s->voice, pcm, G711_FRAME);
	for (size_t i = 0; i < G711_FRAME; i++)
		mb->buf[RTP_HEADER_SIZE + i] = g711_encode(s->law, pcm[i]);
	mb->end = RTP_HEADER_SIZE + G711_FRAME;
	bool first = !s->numbers.audio_out;
	if (!rtp_send(s->audio_rtp, &s->audio_to, false, first, s->audio_pt, s->audio_ts, mb))
		s->numbers.audio_out++;
	mem_deref(mb);
}

/* Starts tmr for the next moment of a rhythm; one that fell behind begins anew. */
static void next_beat(struct tmr *tmr, uint64_t *due, uint64_t step_ms, tmr_h *beat, void *arg)
{
	const uint64_t now = tmr_jiffies();

	*due += step_ms;
	if (*due + LATE_MS < now)
		*due = now;
	tmr_start(tmr, *due > now ? *due - now : 0, beat, arg);
}

static void sound_beat(void *arg)
{
	struct stream *s = arg;

	send_sound(s);
	s->audio_ts += G711_FRAME;
	next_beat(&s->audio_tmr, &s->audio_due, AUDIO_MS, sound_beat, s);
}

static int send_payload(const uint8_t *head, size_t head_n, const uint8_t *p, size_t n, bool marker,
			void *arg)
{
	struct stream *s = arg;
	struct mbuf *mb = payload_new(head_n + n);

	if (!mb)
		return ENOMEM;
	int err = head_n ? mbuf_write_mem(mb, head, head_n) : 0;
	err |= mbuf_write_mem(mb, p, n);
	mb->pos = RTP_HEADER_SIZE;
	/* What the network refuses is lost like any other packet: the picture goes on. */
	if (!err &&
	    !rtp_send(s->video_rtp, &s->video_to, false, marker, s->video_pt, s->video_ts, mb))
		s->numbers.video_out++;
	mem_deref(mb);
	return err;
}

static void picture_beat(void *arg)
{
	struct stream *s = arg;
	const int64_t wall_ms = clock_wall_ms(clock_system());

	s->video_ts = (uint32_t)(now_ms() * (VIDEO_HZ / 1000));
	int err = camera_frame(s->camera, wall_ms, s->hooks.open(s->hooks.arg), s->key,
			       send_payload, s);
	if (err)
		log_error("picture_failed", LF_I("error", err));
	s->numbers.frames++;
	s->key = false;
	/* 1000/15 is no whole number: 66, 67, 67. */
	uint64_t step = 1000 / CAMERA_FPS + (s->numbers.frames % 3 != 0);
	next_beat(&s->video_tmr, &s->video_due, step, picture_beat, s);
}

void stream_key_frame(struct stream *s)
{
	s->key = true;
	s->numbers.key_requests++;
}

/* Description */

/* RFC 6184 section 8.1; without fmtp mode 0 is meant. */
static unsigned packetization_mode(const char *params)
{
	struct pl pl, mode;

	if (!params)
		return 0;
	pl_set_str(&pl, params);
	return fmt_param_get(&pl, "packetization-mode", &mode) ? pl_u32(&mode) : 0;
}

/* Formats match when their modes do; profile and level are the receiver's affair, which decodes
 * baseline in any case. */
static bool same_mode(const char *a, const char *b, void *data)
{
	(void)data;
	return packetization_mode(a) == packetization_mode(b);
}

static int add_formats(struct stream *s)
{
	int err = sdp_format_add(NULL, s->audio, false, "0", "PCMU", G711_RATE, 1, NULL, NULL, NULL,
				 false, NULL);
	err |= sdp_format_add(NULL, s->audio, false, "8", "PCMA", G711_RATE, 1, NULL, NULL, NULL,
			      false, NULL);
	err |= sdp_format_add(NULL, s->audio, false, "101", telev_rtpfmt, TELEV_SRATE, 1, NULL,
			      NULL, NULL, false, "0-15");
	err |= sdp_format_add(NULL, s->video, false, "99", "H264", VIDEO_HZ, 1, NULL, same_mode,
			      NULL, false, "profile-level-id=42e01e;packetization-mode=1");
	err |= sdp_format_add(NULL, s->video, false, "98", "H264", VIDEO_HZ, 1, NULL, same_mode,
			      NULL, false, "profile-level-id=42e01e;packetization-mode=0");
	return err;
}

static int add_media(struct stream *s, const struct sa *address)
{
	int err = sdp_session_alloc(&s->sdp, address);

	if (err)
		return err;
	err = sdp_media_add(&s->audio, s->sdp, sdp_media_audio, sa_port(rtp_local(s->audio_rtp)),
			    sdp_proto_rtpavp);
	if (!err)
		err = sdp_media_add(&s->video, s->sdp, sdp_media_video,
				    sa_port(rtp_local(s->video_rtp)), sdp_proto_rtpavp);
	if (err)
		return err;
	err = sdp_media_set_alt_protos(s->audio, 1, "RTP/AVPF");
	err |= sdp_media_set_alt_protos(s->video, 1, "RTP/AVPF");
	err |= sdp_media_set_lattr(s->audio, true, "ptime", "%d", AUDIO_MS);
	err |= sdp_media_set_lattr(s->video, false, "rtcp-fb", "* nack pli");
	err |= sdp_media_set_lattr(s->video, false, "rtcp-fb", "* ccm fir");
	sdp_media_set_lbandwidth(s->video, SDP_BANDWIDTH_AS, VIDEO_KBITS_SDP);
	sdp_media_set_ldir(s->video, SDP_SENDONLY);
	return err ? err : add_formats(s);
}

int stream_new(const struct stream_conf *conf, struct stream **ret_stream)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return ENOMEM;
	s->hooks = conf->hooks;
	s->audio_ts = rand_u32();
	s->meter.dbfs = METER_FLOOR;
	int err = rtp_listen(&s->audio_rtp, IPPROTO_UDP, conf->address, conf->port_low,
			     conf->port_high, true, audio_came, NULL, s);
	if (!err)
		err = rtp_listen(&s->video_rtp, IPPROTO_UDP, conf->address, conf->port_low,
				 conf->port_high, true, video_came, video_control_came, s);
	if (!err)
		err = add_media(s, conf->address);
	if (err) {
		stream_free(s);
		return err;
	}
	*ret_stream = s;
	return 0;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	tmr_cancel(&s->audio_tmr);
	tmr_cancel(&s->video_tmr);
	mem_deref(s->audio_rtp);
	mem_deref(s->video_rtp);
	mem_deref(s->sdp);
	camera_free(s->camera);
	free(s);
}

int stream_describe(struct stream *s, bool offer, struct mbuf **ret_mb)
{
	return sdp_encode(ret_mb, s->sdp, offer);
}

/* The first format of the peer that both know and that is one of the two names. */
static const struct sdp_format *chosen(const struct sdp_media *m, const char *name,
				       const char *other)
{
	for (struct le *le = list_head(sdp_media_format_lst(m, false)); le; le = le->next) {
		const struct sdp_format *fmt = le->data;
		if (fmt->sup && (!str_casecmp(fmt->name, name) || !str_casecmp(fmt->name, other)))
			return fmt;
	}
	return NULL;
}

static bool may_send(const struct sdp_media *m)
{
	const struct sa *to = sdp_media_raddr(m);
	return sa_port(to) && !sa_is_any(to) && (sdp_media_dir(m) & SDP_SENDONLY);
}

static void control_start(struct rtp_sock *rtp, const struct sdp_media *m, uint32_t rate)
{
	struct sa to;

	sdp_media_raddr_rtcp(m, &to);
	rtcp_set_srate(rtp, rate, rate);
	rtcp_start(rtp, "vestibule-door", &to);
}

static void update_audio(struct stream *s)
{
	const struct sdp_format *fmt = chosen(s->audio, "PCMU", "PCMA");
	const bool was = s->numbers.audio;

	s->numbers.audio = fmt && may_send(s->audio);
	if (!s->numbers.audio) {
		tmr_cancel(&s->audio_tmr);
		return;
	}
	s->law = str_casecmp(fmt->name, "PCMA") ? G711_ULAW : G711_ALAW;
	s->audio_pt = (uint8_t)fmt->pt;
	s->audio_to = *sdp_media_raddr(s->audio);
	control_start(s->audio_rtp, s->audio, G711_RATE);
	if (was)
		return;
	s->audio_due = tmr_jiffies();
	tmr_start(&s->audio_tmr, 0, sound_beat, s);
}

static int fit_camera(struct stream *s, const struct sdp_format *fmt)
{
	bool whole_nals = packetization_mode(fmt->params) == 0;

	if (s->camera && s->whole_nals == whole_nals)
		return 0;
	camera_free(s->camera);
	s->camera = NULL;
	s->whole_nals = whole_nals;
	return camera_new(whole_nals, &s->camera);
}

static int update_video(struct stream *s)
{
	const struct sdp_format *fmt = chosen(s->video, "H264", "H264");
	const bool was = s->numbers.video;

	s->numbers.video = fmt && may_send(s->video);
	if (!s->numbers.video) {
		tmr_cancel(&s->video_tmr);
		return 0;
	}
	int err = fit_camera(s, fmt);
	if (err) {
		s->numbers.video = false;
		tmr_cancel(&s->video_tmr);
		return err;
	}
	s->video_pt = (uint8_t)fmt->pt;
	s->video_to = *sdp_media_raddr(s->video);
	s->key = true; /* whoever changed the session may be a new viewer */
	control_start(s->video_rtp, s->video, VIDEO_HZ);
	if (was)
		return 0;
	s->video_due = tmr_jiffies();
	tmr_start(&s->video_tmr, 0, picture_beat, s);
	return 0;
}

int stream_take(struct stream *s, struct mbuf *sdp, bool offer)
{
	int err = sdp_decode(s->sdp, sdp, offer);

	if (err)
		return err;
	update_audio(s);
	return update_video(s);
}

void stream_numbers(const struct stream *s, struct stream_numbers *ret_numbers)
{
	*ret_numbers = s->numbers;
	bool fresh = s->meter.heard_ms && now_ms() - s->meter.heard_ms < STALE_MS;
	ret_numbers->level_dbfs = fresh ? s->meter.dbfs : METER_FLOOR;
}
