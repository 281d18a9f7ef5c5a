#include "media/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "base/mem.h"
#include "media/tone.h"

/* Packets of one batch that go on, by their place in the worker's buffers. */
struct batch {
	unsigned n;
	uint8_t at[WORKER_BATCH];
	uint8_t pt[WORKER_BATCH];
};

struct sets {
	size_t nsps, npps;
	char sps[H264_SET_MAX], pps[H264_SET_MAX];
};

static void tell(struct worker *w, const struct channel *c, struct relay_event event)
{
	event.session = c->leg->session->tag;
	event.leg = c->leg->tag;
	event.kind = c->kind;
	worker_tell(w, &event);
}

/* Writes the payload type of each receiver into the shared bytes just before it is sent. */
static void forward_to(struct worker *w, const struct channel *from, struct channel *to,
		       const struct batch *b)
{
	struct iovec iov[WORKER_BATCH];
	unsigned n = 0;

	for (unsigned i = 0; i < b->n; i++) {
		uint8_t pt = stream_pt(&from->stream, &to->stream, b->pt[i]);
		uint8_t *p = w->bytes[b->at[i]];

		if (pt == STREAM_PT_NONE)
			continue;
		if (channel_is_numbered(to)) {
			channel_put(w, to,
				    &(struct passed){ &from->stream, p, w->in[b->at[i]].msg_len,
						      b->pt[i], pt });
			continue;
		}
		p[1] = (uint8_t)((p[1] & 0x80) | pt);
		iov[n++] = (struct iovec){ p, w->in[b->at[i]].msg_len };
	}
	channel_send(to, iov, n);
}

static void audio_to_web(const struct channel *from, struct leg *to, const uint8_t *bytes,
			 const struct rtp *rtp, uint8_t from_pt)
{
	const uint8_t pt = stream_pt(&from->stream, &to->channel[RELAY_AUDIO].stream, from_pt);

	if (to->web != NULL && pt != STREAM_PT_NONE)
		web_leg_audio(to->web, bytes, rtp, pt);
}

static void batch_to_web(struct worker *w, const struct channel *from, struct leg *to,
			 const struct batch *b)
{
	struct rtp rtp;

	for (unsigned i = 0; i < b->n; i++) {
		const uint8_t *p = w->bytes[b->at[i]];

		if (rtp_read(p, w->in[b->at[i]].msg_len, &rtp))
			audio_to_web(from, to, p, &rtp, b->pt[i]);
	}
}

static void picture_forward(struct worker *w, struct channel *from, const struct batch *b);

static void forward(struct worker *w, struct channel *from, const struct batch *b)
{
	const struct session *s = from->leg->session;

	for (uint32_t left = from->to; b->n && left; left &= left - 1) {
		struct leg *leg = s->legs[__builtin_ctz(left)];

		if (leg == NULL)
			continue;
		if (channel_is_open(&leg->channel[from->kind]))
			forward_to(w, from, &leg->channel[from->kind], b);
		else if (leg->is_web && from->kind == RELAY_AUDIO)
			batch_to_web(w, from, leg, b);
	}
	if (b->n && s->nweb && from->kind == RELAY_VIDEO)
		picture_forward(w, from, b);
}

static void rtcp_send(struct channel *c, const void *p, size_t n)
{
	struct addr to = stream_rtcp_dest(&c->stream);

	end_send(&c->end[c->stream.peer.rtcp_mux ? SIDE_RTP : SIDE_RTCP], &to, p, n);
}

/* To those who get this stream and to those it gets: reports go both ways. */
static void rtcp_forward(const struct channel *from, const void *p, size_t n)
{
	const struct session *s = from->leg->session;

	for (unsigned i = 0; i < RELAY_LEGS_MAX; i++) {
		struct leg *leg = s->legs[i];
		struct channel *c = leg ? &leg->channel[from->kind] : NULL;

		if (c == NULL || c == from || !channel_is_open(c) || channel_is_sealed(c))
			continue;
		if ((from->to >> i & 1) || (c->to >> from->leg->index & 1))
			rtcp_send(c, p, n);
	}
}

static void rtcp_read(struct channel *c, const struct addr *from, const uint8_t *p, size_t n)
{
	if (stream_hear_rtcp(&c->stream, from, p, n) <= STREAM_LATCHED && !channel_is_sealed(c))
		rtcp_forward(c, p, n);
}

static void picture_ask(struct worker *w, const struct leg *viewer);

/* False: the packet is not the peer's, or was here before. */
static bool unseal(struct worker *w, struct channel *c, unsigned i, size_t *n)
{
	uint8_t *p = w->bytes[i];
	const bool rtcp = rtp_is_rtcp(p, *n);
	bool picture = false;
	int rc = -EBADMSG;

	if (c->seal && rtcp)
		rc = seal_open_rtcp(c->seal, p, n, &picture);
	else if (c->seal)
		rc = seal_open(c->seal, p, n);
	w->in[i].msg_len = (unsigned)*n;
	if (picture)
		picture_ask(w, c->leg);
	if (rc < 0)
		c->stream.stats.refused++;
	return rc == 0;
}

static void report(const struct worker *w, struct channel *c)
{
	uint8_t out[SEAL_PACKET_MAX];
	size_t n;

	if (c->seal &&
	    seal_report(c->seal, (int64_t)w->now_us, clock_wall_ms(w->clock), out, &n))
		rtcp_send(c, out, n);
}

static bool connect_end(struct end *end, const struct addr *to)
{
	static const struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	end->drained = false;
	end->connected = to != NULL && connect(end->fd, &to->sa, to->len) == 0;
	if (to == NULL)
		(void)connect(end->fd, &nobody, sizeof(nobody));
	return end->connected;
}

static void settle(struct channel *c, uint64_t now_us)
{
	struct end *end = &c->end[SIDE_RTP];

	if (end->connected || !stream_settles(&c->stream, now_us) ||
	    stream_may_move(&c->stream, now_us))
		return;
	c->stream.settled = true;
	connect_end(end, &c->stream.from);
}

static void pli_send(struct channel *c)
{
	const uint32_t ssrc = c->stream.ssrc;
	uint8_t out[SEAL_PACKET_MAX];
	size_t n = FEEDBACK_PLI_SIZE;

	if (!channel_is_sealed(c))
		feedback_pli_print(~ssrc, ssrc, out);
	else if (!c->seal || !seal_pli(c->seal, ssrc, out, &n))
		return;
	rtcp_send(c, out, n);
}

/* Less than RELAY_KEYFRAME_MS ago, and its first key frame may still be under way. */
static bool has_just_begun(const struct worker *w, const struct channel *c)
{
	return c->picture != NULL && c->picture_key == 0 &&
	       w->now_us - c->stream.stats.first_us < RELAY_KEYFRAME_MS * UINT64_C(1000);
}

/* A source that has not begun will begin with a key frame. */
static void keyframe_due(struct worker *w, struct channel *c)
{
	if (!c->keyframe_wanted || !c->stream.ssrc_known || has_just_begun(w, c) ||
	    w->now_us - c->stream.keyframe_us < RELAY_KEYFRAME_MS * UINT64_C(1000))
		return;
	c->stream.keyframe_us = w->now_us;
	pli_send(c);
	if (c->keyframe_told)
		tell(w, c, (struct relay_event){ .type = RELAY_EV_PICTURE });
	c->keyframe_wanted = c->keyframe_told = false;
}

/* Sets that are none are of no use to anybody. */
static void sets_use(const struct channel *c)
{
	const struct sets *s = c->sets;

	if (s == NULL || c->picture == NULL ||
	    picture_sets(c->picture, (struct view){ s->sps, s->nsps },
			 (struct view){ s->pps, s->npps }) < 0)
		return;
}

/* A key frame is asked for, since the source may have begun long ago. */
static bool picture_keep(struct channel *c)
{
	if (c->picture == NULL && picture_new(&c->picture) == 0) {
		c->picture_pt = STREAM_PT_NONE;
		c->picture_key = 0;
		c->keyframe_wanted = true;
		sets_use(c);
	}
	return c->picture != NULL;
}

static void picture_drop(struct channel *c)
{
	picture_free(TAKE(c->picture));
}

static struct channel *source_of(const struct leg *viewer)
{
	for (unsigned i = 0; i < RELAY_LEGS_MAX; i++) {
		struct leg *leg = viewer->session->legs[i];
		struct channel *c = leg ? &leg->channel[RELAY_VIDEO] : NULL;

		if (c != NULL && c->picture != NULL && (c->to >> viewer->index & 1))
			return c;
	}
	return NULL;
}

/* What the viewer sees from now on. `watched` is set first: the picture may be asked for. */
static void watch(struct leg *viewer)
{
	struct channel *c = source_of(viewer);
	uint8_t pt = STREAM_PT_NONE;

	if (c != NULL && c->picture_pt != STREAM_PT_NONE)
		pt = stream_pt(&c->stream, &viewer->channel[RELAY_VIDEO].stream, c->picture_pt);
	if (pt == STREAM_PT_NONE)
		c = NULL;
	if (c == viewer->watched && pt == viewer->watched_pt)
		return;
	viewer->watched = c;
	viewer->watched_pt = pt;
	web_leg_watch(viewer->web, c ? c->picture : NULL, pt);
}

/* Routes, formats, or the sources themselves are others. */
static void watch_all(const struct session *s)
{
	for (unsigned i = 0; i < RELAY_LEGS_MAX; i++) {
		if (s->legs[i] != NULL && s->legs[i]->web != NULL)
			watch(s->legs[i]);
	}
}

static void packet_to_viewers(const struct channel *from, const struct picture_packet *k)
{
	const struct session *s = from->leg->session;

	for (uint32_t left = from->to; left; left &= left - 1) {
		const struct leg *leg = s->legs[__builtin_ctz(left)];

		if (leg != NULL && leg->web != NULL && leg->watched == from)
			web_leg_video(leg->web, k);
	}
}

/* What everybody waited for is there when a key frame begins. */
static void picture_hear_one(struct worker *w, struct channel *from, unsigned at, uint8_t pt)
{
	struct picture_packet out[PICTURE_BURST];
	struct rtp rtp;
	unsigned n;

	if (!rtp_read(w->bytes[at], w->in[at].msg_len, &rtp))
		return;
	n = picture_hear(from->picture, w->bytes[at], &rtp, (int64_t)w->now_us, out);
	if (picture_key(from->picture) > from->picture_key) {
		from->picture_key = picture_key(from->picture);
		from->keyframe_wanted = from->keyframe_told = false;
	}
	if (pt != from->picture_pt) {
		from->picture_pt = pt;
		watch_all(from->leg->session);
	}
	for (unsigned i = 0; i < n; i++)
		packet_to_viewers(from, &out[i]);
}

static void picture_forward(struct worker *w, struct channel *from, const struct batch *b)
{
	for (unsigned i = 0; i < b->n && picture_keep(from); i++)
		picture_hear_one(w, from, b->at[i], b->pt[i]);
	keyframe_due(w, from);
}

static void on_latched(struct worker *w, struct channel *c)
{
	if (c->end[SIDE_RTP].connected)
		connect_end(&c->end[SIDE_RTP], NULL);
	settle(c, w->now_us);
	tell(w, c, (struct relay_event){ .type = RELAY_EV_LATCHED, .addr = c->stream.from });
}

/* Who sends telephone-events sends no tones, or means the same with them. */
static char heard_digit(struct channel *c, const uint8_t *p, const struct rtp *rtp)
{
	const char digit = stream_digit(&c->stream, p, rtp);

	if (digit && c->tone)
		tone_free(TAKE(c->tone));
	if (digit || !c->tone)
		return digit;
	return tone_hear(c->tone, rtp->pt, p + rtp->payload, rtp->end - rtp->payload);
}

static void on_heard(struct worker *w, struct channel *c, const uint8_t *p, const struct rtp *rtp)
{
	const char digit = heard_digit(c, p, rtp);

	if (c->stream.silent) {
		c->stream.silent = false;
		tell(w, c, (struct relay_event){ .type = RELAY_EV_HEARD });
	}
	if (digit)
		tell(w, c,
		     (struct relay_event){ .type = RELAY_EV_DIGIT,
					   .tone = c->tone != NULL,
					   .digit = digit });
}

static bool rtp_read_one(struct worker *w, struct channel *c, unsigned i, const struct addr *from,
			 uint8_t *ret_pt)
{
	const uint8_t *p = w->bytes[i];
	struct rtp rtp;
	enum stream_verdict v = stream_hear(&c->stream, from, p, w->in[i].msg_len, w->now_us, &rtp);

	if (v > STREAM_LATCHED)
		return false;
	if (v == STREAM_LATCHED)
		on_latched(w, c);
	on_heard(w, c, p, &rtp);
	*ret_pt = rtp.pt;
	return true;
}

/* Audio comes one packet per round: a plain recv is cheaper than a batch of one. Level-triggered,
 * so a second packet comes up in the next round; a flood is thereby held to one per round. */
static unsigned receive(struct worker *w, struct end *end)
{
	bool single = end->drained && end->channel->kind == RELAY_AUDIO;
	ssize_t got;
	int n;

	if (single) {
		got = recv(end->fd, w->bytes[0], RELAY_PACKET_MAX, MSG_DONTWAIT | MSG_TRUNC);
		if (got < 0)
			return 0;
		w->in[0].msg_len = (unsigned)got;
		return 1;
	}
	for (unsigned i = 0; i < WORKER_BATCH; i++) {
		w->in[i].msg_hdr.msg_namelen = sizeof(w->names[i].v6);
		w->names[i].len = 0;
	}
	n = recvmmsg(end->fd, w->in, WORKER_BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL);
	return n < 0 ? 0 : (unsigned)n;
}

void session_read(struct worker *w, struct end *end)
{
	struct channel *c = end->channel;
	bool drained = end->drained, connected = end->connected;
	struct batch b = {};
	unsigned n = receive(w, end);

	w->packets += n;
	for (unsigned i = 0; i < n; i++) {
		const struct addr *from = drained ? NULL : &w->names[i];
		size_t size = w->in[i].msg_len;

		w->names[i].len = w->in[i].msg_hdr.msg_namelen;
		if (size > RELAY_PACKET_MAX)
			c->stream.stats.invalid++;
		else if (channel_is_sealed(c) && !unseal(w, c, i, &size))
			continue;
		else if (end->side == SIDE_RTCP ||
			 (c->stream.peer.rtcp_mux && rtp_is_rtcp(w->bytes[i], size)))
			rtcp_read(c, from, w->bytes[i], size);
		else if (rtp_read_one(w, c, i, from, &b.pt[b.n]))
			b.at[b.n++] = (uint8_t)i;
	}
	forward(w, c, &b);
	if (connected && end->connected && n < WORKER_BATCH)
		end->drained = true;
}

static void scan_channel(struct worker *w, struct channel *c)
{
	if (c->end[SIDE_RTP].connected && stream_may_move(&c->stream, w->now_us))
		connect_end(&c->end[SIDE_RTP], NULL);
	settle(c, w->now_us);
	keyframe_due(w, c);
	report(w, c);
}

static void scan_silence(struct worker *w, struct channel *c)
{
	struct stream *s = &c->stream;
	uint64_t heard_us = s->stats.last_us > s->watch_us ? s->stats.last_us : s->watch_us;

	if (s->peer.silence_ms && !s->silent &&
	    w->now_us - heard_us >= s->peer.silence_ms * UINT64_C(1000)) {
		s->silent = true;
		tell(w, c, (struct relay_event){ .type = RELAY_EV_SILENT });
	}
}

void session_scan(struct worker *w, struct leg *leg)
{
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		if (channel_is_open(&leg->channel[k]))
			scan_channel(w, &leg->channel[k]);
		scan_silence(w, &leg->channel[k]);
	}
}

/* Browsers. */

static void tell_web(struct leg *leg, enum relay_event_type type)
{
	tell(leg->worker, &leg->channel[RELAY_AUDIO], (struct relay_event){ .type = type });
}

static void on_picture_wanted(struct worker *w, struct channel *source)
{
	if (source == NULL)
		return;
	source->keyframe_wanted = source->keyframe_told = true;
	keyframe_due(w, source);
}

/* A telephone that the sources do not hear of themselves. */
static void picture_ask(struct worker *w, const struct leg *viewer)
{
	for (unsigned i = 0; i < RELAY_LEGS_MAX; i++) {
		struct leg *leg = viewer->session->legs[i];

		if (leg != NULL && (leg->channel[RELAY_VIDEO].to >> viewer->index & 1))
			on_picture_wanted(w, &leg->channel[RELAY_VIDEO]);
	}
}

static void on_web(void *arg, enum web_event event)
{
	struct leg *leg = arg;

	if (event == WEB_PICTURE)
		on_picture_wanted(leg->worker, leg->watched);
	else
		tell_web(leg, event == WEB_UP ? RELAY_EV_UP : RELAY_EV_DOWN);
}

static bool on_web_report(void *arg, struct feedback_block *ret_block)
{
	struct leg *leg = arg;

	return stream_report(&leg->channel[RELAY_AUDIO].stream, ret_block);
}

static void web_to(const struct channel *from, struct leg *to, uint8_t *p, size_t n,
		   const struct rtp *rtp)
{
	struct channel *c = &to->channel[RELAY_AUDIO];
	struct iovec iov = { p, n };
	uint8_t pt;

	if (to->is_web) {
		audio_to_web(from, to, p, rtp, rtp->pt);
		return;
	}
	pt = stream_pt(&from->stream, &c->stream, rtp->pt);
	if (!channel_is_open(c) || pt == STREAM_PT_NONE)
		return;
	if (channel_is_numbered(c)) {
		channel_put(from->leg->worker, c,
			    &(struct passed){ &from->stream, p, n, rtp->pt, pt });
		return;
	}
	p[1] = (uint8_t)((p[1] & 0x80) | pt);
	channel_send(c, &iov, 1);
}

/* Whose packet it is its key has shown: a new SSRC needs no probation. */
static void on_web_audio(void *arg, uint8_t *p, size_t n, const struct rtp *)
{
	struct leg *leg = arg;
	struct channel *c = &leg->channel[RELAY_AUDIO];
	struct rtp rtp;

	c->stream.ssrc_fresh = true;
	if (stream_hear(&c->stream, NULL, p, n, leg->worker->now_us, &rtp) > STREAM_LATCHED)
		return;
	on_heard(leg->worker, c, p, &rtp);
	for (uint32_t left = c->to; left; left &= left - 1) {
		struct leg *to = leg->session->legs[__builtin_ctz(left)];

		if (to != NULL)
			web_to(c, to, p, n, &rtp);
	}
}

static void web_begin(struct worker *w, struct leg *leg)
{
	const struct web_leg_conf conf = {
		.own = leg->own,
		.event = on_web,
		.audio = on_web_audio,
		.report = on_web_report,
		.arg = leg,
	};

	leg->worker = w;
	leg->watched_pt = STREAM_PT_NONE;
	leg->session->nweb++;
	if (web_leg_open(w->web, &conf, &leg->web) < 0)
		tell_web(leg, RELAY_EV_DOWN);
}

static void web_count(struct leg *leg)
{
	const struct web_stats stats = web_leg_stats(leg->web);
	struct relay_stats *audio = &leg->channel[RELAY_AUDIO].stream.stats;
	struct relay_stats *video = &leg->channel[RELAY_VIDEO].stream.stats;

	audio->sent_packets = stats.audio.packets;
	audio->sent_bytes = stats.audio.bytes;
	audio->rtcp_packets = stats.reports;
	audio->refused += stats.refused;
	video->sent_packets = stats.video.packets;
	video->sent_bytes = stats.video.bytes;
}

void session_leg_clear(struct leg *leg)
{
	if (leg->web != NULL)
		web_count(leg);
	web_leg_close(TAKE(leg->web));
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		struct channel *c = &leg->channel[k];

		picture_drop(c);
		free(TAKE(c->sets));
		seal_free(TAKE(c->seal));
		tone_free(TAKE(c->tone));
		channel_press_free(c);
	}
}

static void web_end(struct session *s)
{
	if (--s->nweb)
		return;
	for (unsigned i = 0; i < RELAY_LEGS_MAX; i++) {
		if (s->legs[i] != NULL)
			picture_drop(&s->legs[i]->channel[RELAY_VIDEO]);
	}
}

static void answer_order(struct leg *leg, const struct web_peer *peer)
{
	if (leg->web != NULL && web_leg_answer(leg->web, peer) < 0)
		tell_web(leg, RELAY_EV_DOWN);
}

/* Without memory for it the sets may still come in the stream. */
static void sets_order(struct channel *c, struct view sps, struct view pps)
{
	if (c->sets == NULL)
		c->sets = malloc(sizeof(*c->sets));
	if (c->sets == NULL)
		return;
	c->sets->nsps = sps.n;
	c->sets->npps = pps.n;
	memcpy(c->sets->sps, sps.p, sps.n);
	memcpy(c->sets->pps, pps.p, pps.n);
	sets_use(c);
}

static void leg_open(struct worker *w, struct leg *leg)
{
	leg->session->legs[leg->index] = leg;
	list_append(&w->legs, &leg->node);
	if (leg->is_web)
		web_begin(w, leg);
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		leg->channel[k].stream.watch_us = w->now_us;
		for (unsigned i = 0; i < SIDES; i++) {
			struct end *end = &leg->channel[k].end[i];
			struct epoll_event e = { .events = EPOLLIN, .data.ptr = end };

			/* Out of kernel memory the stream stays silent, which the owner hears of.
			 */
			if (end->fd >= 0)
				(void)epoll_ctl(w->epoll, EPOLL_CTL_ADD, end->fd, &e);
		}
	}
}

static void leg_unwatch(struct worker *w, struct leg *leg)
{
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		for (unsigned i = 0; i < SIDES; i++) {
			const int fd = leg->channel[k].end[i].fd;

			if (fd >= 0)
				(void)epoll_ctl(w->epoll, EPOLL_CTL_DEL, fd, NULL);
		}
	}
}

static void leg_close(struct worker *w, struct session *s, unsigned index)
{
	struct leg *leg = s->legs[index];

	if (leg == NULL)
		return;
	s->legs[index] = NULL;
	list_remove(&leg->node);
	for (unsigned i = 0; i < RELAY_LEGS_MAX; i++) {
		for (unsigned k = 0; s->legs[i] != NULL && k < RELAY_KINDS; k++)
			s->legs[i]->channel[k].to &= ~(UINT32_C(1) << index);
	}
	leg_unwatch(w, leg);
	watch_all(s);
	session_leg_clear(leg);
	if (leg->is_web)
		web_end(s);
	worker_hand_back(w, &leg->done);
}

/* Without memory for it nothing passes: better no sound than one that others hear. */
static void seal_order(struct channel *c)
{
	const struct seal_keys *keys = &c->stream.peer.keys;

	if (c->seal && channel_is_sealed(c) && seal_has(c->seal, keys))
		return;
	seal_free(TAKE(c->seal));
	if (channel_is_sealed(c) && seal_new(keys, c->stream.peer.clock_hz, &c->seal) < 0)
		c->seal = NULL;
}

static void tone_order(struct channel *c)
{
	if (!c->stream.peer.tones)
		tone_free(TAKE(c->tone));
	else if (!c->tone && tone_new(&c->tone) < 0)
		c->tone = NULL;
}

static void stream_order(struct worker *w, struct channel *c, const struct relay_stream *peer)
{
	if (stream_set(&c->stream, peer, c->kind, w->now_us) && c->end[SIDE_RTP].connected)
		connect_end(&c->end[SIDE_RTP], NULL);
	seal_order(c);
	tone_order(c);
	watch_all(c->leg->session);
}

/* Browsers are given what is kept, or ask by themselves. */
static bool has_plain(const struct session *s, uint32_t legs)
{
	for (; legs; legs &= legs - 1) {
		const struct leg *leg = s->legs[__builtin_ctz(legs)];

		if (leg != NULL && !leg->is_web)
			return true;
	}
	return false;
}

static void route_order(struct worker *w, struct channel *c, uint32_t to)
{
	uint32_t fresh = to & ~c->to;

	c->to = to;
	if (c->kind != RELAY_VIDEO)
		return;
	if (has_plain(c->leg->session, fresh)) {
		c->keyframe_wanted = c->stream.ssrc_known;
		keyframe_due(w, c);
	}
	watch_all(c->leg->session);
}

static void session_close(struct worker *w, struct session *s)
{
	for (unsigned i = 0; i < RELAY_LEGS_MAX; i++)
		leg_close(w, s, i);
	worker_hand_back(w, &s->done);
}

void session_apply(struct worker *w, const struct order *o)
{
	struct leg *leg = o->session->legs[o->leg];
	struct channel *c = leg ? &leg->channel[o->kind] : NULL;

	switch (o->type) {
	case ORDER_LEG_OPEN:
		leg_open(w, o->opened);
		break;
	case ORDER_LEG_CLOSE:
		leg_close(w, o->session, o->leg);
		break;
	case ORDER_STREAM:
		if (c != NULL)
			stream_order(w, c, &o->stream);
		break;
	case ORDER_ROUTE:
		if (c != NULL)
			route_order(w, c, o->to);
		break;
	case ORDER_KEYFRAME:
		if (c != NULL && !leg->is_web) {
			c->keyframe_wanted = true;
			keyframe_due(w, c);
		}
		break;
	case ORDER_ANSWER:
		if (leg != NULL)
			answer_order(leg, &o->peer);
		break;
	case ORDER_PRESS:
		if (c != NULL && channel_is_open(c))
			channel_press(w, c, o->key);
		break;
	case ORDER_SETS:
		if (c != NULL)
			sets_order(c, o->sets.sps, o->sets.pps);
		break;
	case ORDER_CLOSE:
		session_close(w, o->session);
		break;
	}
}
