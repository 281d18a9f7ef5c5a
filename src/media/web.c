#include "media/web.h"

#include "media/datagram.h"
#include "media/sender.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	AUDIO_HZ = 8000,
	OUT_MAX = RTP_HEADER_SIZE + WEB_PACKET_MAX + SRTP_OVERHEAD_MAX,
};

/* One of the two streams to the browser. Before anything is sent the index is the one before the
 * first. */
struct track {
	struct sender sender;
	struct web_sent *sent;
	uint8_t pt;
	int64_t offset; /* index = number + offset */
	uint32_t ts_offset;
};

struct web_leg {
	struct web *web;
	struct web_leg_conf conf;
	struct ice_leg ice;
	struct dtls *dtls;
	struct srtp *in, *out;
	bool up, down;

	struct renumber audio_numbers;
	struct track audio, video;
	char cname[WEB_CNAME_SIZE + 1];

	const struct picture *picture;
	uint64_t first;  /* number of the picture's first packet for us */
	uint64_t next;   /* number to send next */
	uint64_t caught; /* newest number when it began to watch: what was there then is sent apart
			  */
	bool behind;     /* what is kept goes out first */
	struct timer catch_up;

	uint32_t report_ntp; /* of the browser's last sender report; 0: none came */
	int64_t report_us;

	struct timer tick;
	unsigned resends; /* since the last tick */
	bool picture_asked;
	int64_t picture_us;
	struct web_stats stats;
};

struct socket {
	int fd;
	struct addr addr;
};

struct packet {
	unsigned socket; /* where it leaves */
	struct addr peer;
	size_t n;
	uint8_t bytes[OUT_MAX];
};

struct web {
	struct web_conf conf;
	struct socket sockets[ICE_SOCKETS_MAX];
	unsigned nsockets;
	struct dtls_identity *identity;
	struct ice ice;
	struct packet out[WEB_BATCH]; /* put by */
	unsigned nout;
	struct packet in[WEB_BATCH];
};

/* Sockets. */

/* All browsers share it. Beyond the system's limit only root may go. */
static void buffers_enlarge(int fd)
{
	const int size = WEB_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static int socket_open(const struct addr *addr, struct socket *ret_socket)
{
	const int on = 1;
	struct addr bound = { .len = sizeof(bound.v6) };
	int fd = socket(addr->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	buffers_enlarge(fd);
	if (addr->sa.sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		err = -errno;
	if (!err &&
	    (bind(fd, &addr->sa, addr->len) < 0 || getsockname(fd, &bound.sa, &bound.len) < 0))
		err = -errno;
	if (err)
		close(fd);
	else
		*ret_socket = (struct socket){ fd, bound };
	return err;
}

int web_open(const struct web_conf *conf, struct web **ret_web)
{
	struct web *web;
	int err = 0;

	if (conf->naddresses == 0 || conf->naddresses > ICE_SOCKETS_MAX)
		return -EINVAL;
	web = calloc(1, sizeof(*web));
	if (!web)
		return -ENOMEM;
	web->conf = *conf;
	web->conf.addresses = NULL;
	ice_init(&web->ice, conf->clock);
	for (unsigned i = 0; i < conf->naddresses && !err; i++) {
		err = socket_open(&conf->addresses[i], &web->sockets[i]);
		web->nsockets += err == 0;
	}
	if (!err)
		err = dtls_identity_new(conf->clock, &web->identity);
	if (err) {
		web_close(web);
		return err;
	}
	*ret_web = web;
	return 0;
}

void web_close(struct web *web)
{
	if (!web)
		return;
	web_flush(web);
	for (unsigned i = 0; i < web->nsockets; i++)
		close(web->sockets[i].fd);
	dtls_identity_free(web->identity);
	ice_free(&web->ice);
	free(web);
}

unsigned web_sockets(const struct web *web)
{
	return web->nsockets;
}

int web_fd(const struct web *web, unsigned socket)
{
	return web->sockets[socket].fd;
}

struct addr web_address(const struct web *web, unsigned socket)
{
	return web->sockets[socket].addr;
}

const char *web_fingerprint(const struct web *web)
{
	return dtls_fingerprint(web->identity);
}

/* The first packets put by from `at` on that leave by one socket; how many. */
static unsigned run_send(struct web *web, unsigned at)
{
	const unsigned socket = web->out[at].socket;
	struct datagram run[WEB_BATCH];
	unsigned n = 0;

	for (; at + n < web->nout && web->out[at + n].socket == socket; n++) {
		const struct packet *p = &web->out[at + n];

		run[n] = (struct datagram){ &p->peer, p->bytes, p->n };
	}
	datagrams_send(web->sockets[socket].fd, run, n);
	return n;
}

void web_flush(struct web *web)
{
	for (unsigned at = 0; at < web->nout;)
		at += run_send(web, at);
	web->nout = 0;
}

static void socket_send(struct web *web, unsigned socket, const struct addr *to, const uint8_t *p,
			size_t n)
{
	struct packet *out;

	if (n == 0 || n > OUT_MAX)
		return;
	if (web->nout == WEB_BATCH)
		web_flush(web);
	out = &web->out[web->nout++];
	out->socket = socket;
	out->peer = *to;
	out->n = n;
	memcpy(out->bytes, p, n);
}

static void leg_send(const struct web_leg *leg, const uint8_t *p, size_t n)
{
	const struct ice_path *path = leg->ice.selected;

	if (ice_consented(&leg->ice))
		socket_send(leg->web, path->socket, &path->peer, p, n);
}

static int64_t now_us(const struct web_leg *leg)
{
	return clock_mono_us(leg->web->conf.clock);
}

/* Sending. */

static void track_init(struct track *t, struct web_sent *sent, struct rand *rand, uint32_t hz)
{
	*t = (struct track){ .sent = sent, .sender.clock_hz = hz };
	rand_bytes(rand, &t->sender.ssrc, sizeof(t->sender.ssrc));
	rand_bytes(rand, &t->ts_offset, sizeof(t->ts_offset));
	t->sender.index = rand_below(rand, SENDER_FIRST_BELOW);
}

/* The next number is this one: indices go on, and timestamps with the time. */
static void track_align(struct track *t, uint64_t number, uint32_t ts, int64_t at_us)
{
	const struct sender *s = &t->sender;
	const int64_t ticks = (at_us - s->sent_us) * s->clock_hz / 1000000;

	t->offset = (int64_t)s->index + 1 - (int64_t)number;
	if (s->any)
		t->ts_offset = s->ts + (ticks > 0 ? (uint32_t)ticks : 1) - ts;
}

static void media_send(struct web_leg *leg, struct track *t, const struct picture_packet *k)
{
	uint8_t p[OUT_MAX];
	const uint64_t index = (uint64_t)((int64_t)k->number + t->offset);
	const uint32_t ts = k->ts + t->ts_offset;
	size_t n = RTP_HEADER_SIZE + (size_t)k->n;

	sender_header(&t->sender, t->pt, k->marker, index, ts, p);
	memcpy(p + RTP_HEADER_SIZE, k->payload, k->n);
	if (srtp_protect(leg->out, index, p, &n, sizeof(p)) < 0)
		return;
	sender_note(&t->sender, index, ts, k->n, now_us(leg));
	t->sent->packets++;
	t->sent->bytes += RTP_HEADER_SIZE + k->n;
	leg_send(leg, p, n);
}

/* What the browser is told of its voice. */
static bool block_make(const struct web_leg *leg, struct feedback_block *ret_block)
{
	if (!leg->conf.report(leg->conf.arg, ret_block))
		return false;
	ret_block->last_report = leg->report_ntp;
	ret_block->delay =
		leg->report_ntp ? (uint32_t)((now_us(leg) - leg->report_us) * 65536 / 1000000) : 0;
	return true;
}

/* Without a block: what was sent alone, or nothing. */
static void report_send(struct web_leg *leg, const struct sender *s,
			const struct feedback_block *block)
{
	uint8_t p[FEEDBACK_REPORT_MAX + SRTP_OVERHEAD_MAX];
	size_t n;

	if (!s->any && !block)
		return;
	n = sender_report(s, now_us(leg), clock_wall_ms(leg->web->conf.clock), leg->cname, block,
			  p);
	if (srtcp_protect(leg->out, p, &n, sizeof(p)) == 0)
		leg_send(leg, p, n);
}

/* The picture. */

static void picture_ask(struct web_leg *leg)
{
	const int64_t now = now_us(leg);

	leg->stats.picture_asks++;
	if (leg->picture_asked && now - leg->picture_us < WEB_PICTURE_MS * INT64_C(1000))
		return;
	leg->picture_asked = true;
	leg->picture_us = now;
	leg->conf.event(leg->conf.arg, WEB_PICTURE);
}

static void on_catch_up(void *arg)
{
	struct web_leg *leg = arg;
	struct picture_packet k;

	for (unsigned i = 0; i < WEB_CATCH_UP && leg->next <= picture_newest(leg->picture);
	     leg->next++) {
		if (!picture_find(leg->picture, leg->next, &k))
			continue;
		media_send(leg, &leg->video, &k);
		i++;
	}
	leg->behind = leg->next <= picture_newest(leg->picture) &&
		      timers_arm(leg->web->conf.timers, &leg->catch_up, WEB_CATCH_UP_MS,
				 on_catch_up, leg) == 0;
}

static void watch_begin(struct web_leg *leg)
{
	const uint64_t key = picture_key(leg->picture);
	struct picture_packet k = {};

	leg->first = leg->next = key ? key : picture_newest(leg->picture) + 1;
	if (!key || !picture_find(leg->picture, key, &k)) {
		leg->first = 0; /* aligned with the first packet that comes */
		picture_ask(leg);
		return;
	}
	track_align(&leg->video, key, k.ts, now_us(leg));
	leg->caught = picture_newest(leg->picture);
	leg->behind = true;
	on_catch_up(leg);
}

void web_leg_watch(struct web_leg *leg, const struct picture *picture, uint8_t pt)
{
	timers_cancel(leg->web->conf.timers, &leg->catch_up);
	leg->behind = false;
	leg->caught = 0;
	leg->picture = picture;
	leg->video.pt = pt;
	if (picture && leg->up)
		watch_begin(leg);
}

void web_leg_video(struct web_leg *leg, const struct picture_packet *k)
{
	if (!leg->up || !leg->picture)
		return;
	if (!leg->first) {
		leg->first = leg->next = k->number;
		track_align(&leg->video, k->number, k->ts, now_us(leg));
	}
	if (k->number < leg->first || k->number <= leg->caught ||
	    (leg->behind && k->number >= leg->next))
		return;
	media_send(leg, &leg->video, k);
	if (k->number >= leg->next)
		leg->next = k->number + 1;
}

void web_leg_audio(struct web_leg *leg, const uint8_t *bytes, const struct rtp *rtp, uint8_t pt)
{
	struct renumbered r;
	struct picture_packet k;

	if (!leg->up || rtp->end - rtp->payload > WEB_PACKET_MAX ||
	    !renumber_take(&leg->audio_numbers, rtp, now_us(leg), &r))
		return;
	k = (struct picture_packet){ r.number, r.ts, rtp->marker || r.source,
				     (uint16_t)(rtp->end - rtp->payload), bytes + rtp->payload };
	if (!leg->audio.sender.any)
		track_align(&leg->audio, r.number, r.ts, now_us(leg));
	leg->audio.pt = pt;
	media_send(leg, &leg->audio, &k);
}

/* What is asked for by its sequence number is the youngest packet that has it. */
static void resend(struct web_leg *leg, uint16_t seq)
{
	const uint16_t back = (uint16_t)((uint16_t)leg->video.sender.index - seq);
	const int64_t number = (int64_t)leg->video.sender.index - back - leg->video.offset;
	struct picture_packet k;

	if (leg->resends >= WEB_RESENDS_MAX)
		return;
	if (!leg->picture || !leg->first || number < (int64_t)leg->first ||
	    !picture_find(leg->picture, (uint64_t)number, &k)) {
		leg->stats.lost_for_good++;
		return;
	}
	leg->resends++;
	leg->stats.resent++;
	media_send(leg, &leg->video, &k);
}

/* Life and death. */

static void leg_down(struct web_leg *leg)
{
	if (leg->down)
		return;
	leg->down = true;
	leg->up = false;
	timers_cancel(leg->web->conf.timers, &leg->tick);
	timers_cancel(leg->web->conf.timers, &leg->catch_up);
	leg->conf.event(leg->conf.arg, WEB_DOWN);
}

static void on_tick(void *arg)
{
	struct web_leg *leg = arg;
	struct feedback_block block;

	leg->resends = 0;
	if (!ice_consented(&leg->ice)) {
		leg_down(leg);
		return;
	}
	report_send(leg, &leg->audio.sender, block_make(leg, &block) ? &block : NULL);
	report_send(leg, &leg->video.sender, NULL);
	if (timers_arm(leg->web->conf.timers, &leg->tick, WEB_TICK_MS, on_tick, leg) < 0)
		leg_down(leg);
}

static int keys_take(struct web_leg *leg)
{
	struct dtls_keys keys;
	int err = dtls_keys(leg->dtls, &keys);

	if (!err)
		err = srtp_new(keys.profile, SRTP_RECEIVE, &keys.theirs, &leg->in);
	if (!err)
		err = srtp_new(keys.profile, SRTP_SEND, &keys.ours, &leg->out);
	explicit_bzero(&keys, sizeof(keys));
	return err;
}

static void leg_up(struct web_leg *leg)
{
	if (keys_take(leg) < 0 ||
	    timers_arm(leg->web->conf.timers, &leg->tick, WEB_TICK_MS, on_tick, leg) < 0) {
		leg_down(leg);
		return;
	}
	leg->up = true;
	leg->conf.event(leg->conf.arg, WEB_UP);
	if (leg->picture && !leg->first)
		watch_begin(leg);
}

static void on_dtls_send(void *arg, const uint8_t *p, size_t n)
{
	leg_send(arg, p, n);
}

static void on_dtls(void *arg, enum dtls_state state)
{
	struct web_leg *leg = arg;

	if (state == DTLS_UP)
		leg_up(leg);
	else
		leg_down(leg);
}

int web_leg_open(struct web *web, const struct web_leg_conf *conf, struct web_leg **ret_leg)
{
	struct web_leg *leg = calloc(1, sizeof(*leg));
	int err;

	if (!leg)
		return -ENOMEM;
	leg->web = web;
	leg->conf = *conf;
	err = ice_leg_open(&web->ice, &leg->ice, &conf->own, leg);
	if (err) {
		free(leg);
		return err;
	}
	renumber_init(&leg->audio_numbers, AUDIO_HZ);
	track_init(&leg->audio, &leg->stats.audio, web->conf.rand, AUDIO_HZ);
	do
		track_init(&leg->video, &leg->stats.video, web->conf.rand, PICTURE_HZ);
	while (leg->video.sender.ssrc == leg->audio.sender.ssrc);
	rand_hex(web->conf.rand, leg->cname, WEB_CNAME_SIZE / 2);
	*ret_leg = leg;
	return 0;
}

void web_leg_close(struct web_leg *leg)
{
	if (!leg)
		return;
	timers_cancel(leg->web->conf.timers, &leg->tick);
	timers_cancel(leg->web->conf.timers, &leg->catch_up);
	dtls_free(leg->dtls);
	ice_leg_close(&leg->ice);
	srtp_free(leg->in);
	srtp_free(leg->out);
	free(leg);
}

int web_leg_answer(struct web_leg *leg, const struct web_peer *peer)
{
	struct dtls_conf conf = {
		.identity = leg->web->identity,
		.role = peer->passive ? DTLS_CLIENT : DTLS_SERVER,
		.timers = leg->web->conf.timers,
		.send = on_dtls_send,
		.changed = on_dtls,
		.arg = leg,
	};
	int err;

	if (leg->dtls)
		return -EALREADY;
	err = ice_leg_peer(&leg->ice, peer->ufrag);
	if (err)
		return err;
	memcpy(conf.hash, peer->hash, sizeof(conf.hash));
	err = dtls_new(&conf, &leg->dtls);
	if (!err && leg->ice.selected)
		dtls_start(leg->dtls);
	return err;
}

struct web_stats web_leg_stats(const struct web_leg *leg)
{
	return leg->stats;
}

/* Hearing. */

static void rtcp_hear(struct web_leg *leg, uint8_t *p, size_t n)
{
	struct feedback f;

	if (srtcp_unprotect(leg->in, p, &n) < 0 || !rtcp_valid(p, n)) {
		leg->stats.refused++;
		return;
	}
	leg->stats.reports++;
	feedback_read(p, n, leg->video.sender.ssrc, &f);
	if (f.report)
		leg->stats.fraction = f.fraction;
	if (f.sent) {
		leg->report_ntp = f.ntp;
		leg->report_us = now_us(leg);
	}
	for (unsigned i = 0; i < f.nlost; i++)
		resend(leg, f.lost[i]);
	if (f.picture && leg->picture)
		picture_ask(leg);
}

static void rtp_hear(struct web_leg *leg, uint8_t *p, size_t n)
{
	struct rtp rtp;

	if (srtp_unprotect(leg->in, p, &n) < 0 || !rtp_read(p, n, &rtp)) {
		leg->stats.refused++;
		return;
	}
	leg->stats.heard++;
	leg->conf.audio(leg->conf.arg, p, n, &rtp);
}

static void stun_hear(struct web *web, unsigned socket, const struct addr *from, const uint8_t *p,
		      size_t n)
{
	uint8_t reply[STUN_REPLY_MAX];
	const struct ice_heard heard = ice_hear(&web->ice, socket, from, p, n, reply);
	const struct web_leg *leg = heard.leg ? heard.leg->owner : NULL;

	if (!leg || leg->down)
		return;
	socket_send(web, socket, from, reply, heard.reply);
	if (leg->dtls && leg->ice.selected)
		dtls_start(leg->dtls);
}

static void hear(struct web *web, unsigned socket, const struct addr *from, uint8_t *p, size_t n)
{
	const struct ice_leg *ice;
	struct web_leg *leg;

	if (stun_is(p, n)) {
		stun_hear(web, socket, from, p, n);
		return;
	}
	ice = ice_find(&web->ice, socket, from);
	leg = ice ? ice->owner : NULL;
	if (!leg || leg->down)
		return;
	if (dtls_is(p, n) && leg->dtls)
		dtls_hear(leg->dtls, p, n);
	else if (leg->up && rtp_is_rtcp(p, n))
		rtcp_hear(leg, p, n);
	else if (leg->up)
		rtp_hear(leg, p, n);
}

unsigned web_read(struct web *web, unsigned socket)
{
	struct mmsghdr m[WEB_BATCH];
	struct iovec iov[WEB_BATCH];
	int n;

	for (unsigned i = 0; i < WEB_BATCH; i++) {
		struct packet *p = &web->in[i];

		iov[i] = (struct iovec){ p->bytes, WEB_PACKET_MAX };
		m[i].msg_hdr = (struct msghdr){ .msg_name = &p->peer.sa,
						.msg_namelen = sizeof(p->peer.v6),
						.msg_iov = &iov[i],
						.msg_iovlen = 1 };
	}
	n = recvmmsg(web->sockets[socket].fd, m, WEB_BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL);
	for (int i = 0; i < n; i++) {
		struct packet *p = &web->in[i];

		p->peer.len = m[i].msg_hdr.msg_namelen;
		if (m[i].msg_len <= WEB_PACKET_MAX)
			hear(web, socket, &p->peer, p->bytes, m[i].msg_len);
	}
	return n > 0 ? (unsigned)n : 0;
}
