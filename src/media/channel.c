#include "media/channel.h"

#include <stdlib.h>
#include "base/mem.h"
#include "media/datagram.h"
#include "media/keypad.h"

struct press {
	struct channel *channel;
	struct worker *worker;
	struct keypad pad;
	struct line line; /* of a channel in clear; a seal has its own */
	struct timer timer;
};

void end_send(const struct end *end, const struct addr *to, const void *p, size_t n)
{
	if (end->connected)
		send(end->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (addr_is_set(to))
		sendto(end->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL, &to->sa, to->len);
}

void channel_send(struct channel *to, const struct iovec *iov, unsigned n)
{
	const struct end *end = &to->end[SIDE_RTP];
	const struct addr dest = end->connected ? (struct addr){} : stream_rtp_dest(&to->stream);
	struct datagram out[WORKER_BATCH];
	struct datagrams_sent sent;

	if (!end->connected && !addr_is_set(&dest))
		return;
	for (unsigned i = 0; i < n; i++)
		out[i] = (struct datagram){ end->connected ? NULL : &dest, iov[i].iov_base,
					    iov[i].iov_len };
	sent = datagrams_send(end->fd, out, n);
	to->stream.stats.sent_packets += sent.packets;
	to->stream.stats.sent_bytes += sent.bytes;
}

/* One numbering. */

static void send_bytes(struct channel *c, uint8_t *p, size_t n)
{
	struct iovec iov = { p, n };

	channel_send(c, &iov, 1);
}

static void put(const struct worker *w, struct channel *to, const struct passed *k,
		const struct rtp *rtp)
{
	const int64_t now_us = (int64_t)w->now_us;
	uint8_t out[SEAL_PACKET_MAX];
	struct line_place place;
	size_t n = RTP_HEADER_SIZE + (size_t)(rtp->end - rtp->payload);
	bool goes;

	if (channel_is_sealed(to))
		goes = to->seal && seal_close(to->seal, k->p, rtp, k->pt, now_us, out, &n);
	else
		goes = line_packet(&to->press->line, k->p, rtp, k->pt, now_us, out, &place);
	if (goes)
		send_bytes(to, out, n);
}

static void hold(const struct worker *w, struct channel *to, const struct rtp *rtp)
{
	if (!channel_is_sealed(to))
		line_hold(&to->press->line, rtp, (int64_t)w->now_us);
	else if (to->seal)
		seal_hold(to->seal, rtp, (int64_t)w->now_us);
}

static bool is_held(const struct worker *w, struct press *press, const struct passed *k,
		    const struct rtp *rtp)
{
	if (stream_is_event(k->from, k->from_pt) &&
	    !keypad_passes(&press->pad, k->p, rtp, (int64_t)w->now_us))
		return true;
	return keypad_presses(&press->pad);
}

void channel_put(const struct worker *w, struct channel *to, const struct passed *k)
{
	struct rtp rtp;

	if (!rtp_read(k->p, k->n, &rtp))
		return;
	if (to->press && is_held(w, to->press, k, &rtp))
		hold(w, to, &rtp);
	else
		put(w, to, k, &rtp);
}

/* Keys. */

static void send_event(struct channel *c, const struct line_event *event, int64_t now_us)
{
	const uint8_t pt = c->stream.peer.event_pt;
	uint8_t out[SEAL_PACKET_MAX];
	struct line_place place;
	size_t n = LINE_EVENT_SIZE;

	if (!pt) /* a new description has taken it away */
		return;
	if (!channel_is_sealed(c))
		line_event(&c->press->line, event, pt, now_us, out, &place);
	else if (!c->seal || !seal_event(c->seal, event, pt, now_us, out, &n))
		return;
	send_bytes(c, out, n);
}

static void on_due(void *arg);

static void arm(struct press *press, int64_t now_us)
{
	const int64_t due_us = keypad_due_us(&press->pad, now_us);
	const int64_t wait_ms = due_us > now_us ? (due_us - now_us + 999) / 1000 : 0;

	if (due_us >= 0 &&
	    timers_arm(&press->worker->timers, &press->timer, wait_ms, on_due, press) < 0)
		keypad_stop(&press->pad);
}

/* The round may have begun a while ago. */
static void on_due(void *arg)
{
	struct press *press = arg;
	const int64_t now_us = clock_mono_us(press->worker->clock);
	struct line_event event;

	keypad_next(&press->pad, now_us, &event);
	arm(press, now_us);
	send_event(press->channel, &event, now_us);
}

/* Who sends to the channel; NULL: nobody was heard yet. */
static const struct stream *source_of(const struct channel *c)
{
	const struct leg *leg = c->leg;

	for (unsigned i = 0; i < RELAY_LEGS_MAX; i++) {
		const struct leg *other = leg->session->legs[i];
		const struct channel *from = other ? &other->channel[c->kind] : NULL;

		if (from && (from->to >> leg->index & 1) && from->stream.ssrc_known)
			return &from->stream;
	}
	return NULL;
}

static struct press *press_new(struct worker *w, struct channel *c)
{
	const struct stream *from = source_of(c);
	struct press *press = calloc(1, sizeof(*press));

	if (!press || !line_init(&press->line, c->stream.peer.clock_hz)) {
		free(press);
		return NULL;
	}
	press->channel = c;
	press->worker = w;
	keypad_init(&press->pad, c->stream.peer.clock_hz, from ? from->ssrc : 0,
		    from ? &from->digit : &(struct digit){});
	if (from && from->ts_us && !channel_is_sealed(c))
		line_join(&press->line,
			  &(struct rtp){ .ssrc = from->ssrc, .seq = from->seq_max, .ts = from->ts },
			  (int64_t)from->ts_us);
	return press;
}

void channel_press(struct worker *w, struct channel *c, char key)
{
	if (!c->press)
		c->press = press_new(w, c);
	if (c->press && keypad_add(&c->press->pad, key, (int64_t)w->now_us) &&
	    !timer_armed(&c->press->timer))
		arm(c->press, (int64_t)w->now_us);
}

void channel_press_free(struct channel *c)
{
	struct press *press = TAKE(c->press);

	if (press)
		timers_cancel(&press->worker->timers, &press->timer);
	free(press);
}
