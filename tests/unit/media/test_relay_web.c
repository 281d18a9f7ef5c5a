/* Browser legs of the whole relay, on loopback sockets. */
#include "media/relay.h"
#include "browser.h"
#include "../ports.h"
#include "../test.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	DEADLINE_MS = 10000,
	POLL_MS = 5,
	PORTS = 100,
	AUDIO = 1U << RELAY_AUDIO,
	VIDEO = 1U << RELAY_VIDEO,
	SPS = 0x67,
	PPS = 0x68,
	IDR = 0x65,
	SLICE = 0x41,
	PT_H264 = 97,    /* the door's */
	PT_EVENT = 100,  /* the same */
	WEB_H264 = 96,   /* of our offer */
	WEB_EVENT = 101, /* the same */
	EVENTS_MAX = 64,
	SLOWER = 100,
};

/* Numbers of the call's codecs. */
enum { PCMA, H264, EVENT };

struct world {
	struct relay *relay;
	struct relay_session *session;
	struct timers timers;
	struct relay_event events[EVENTS_MAX]; /* all that were told */
	unsigned nevents;
};

/* The door: a plain leg of sound and picture. */
struct door {
	unsigned leg;
	int fd[RELAY_KINDS];
	struct addr relay[RELAY_KINDS];
	uint16_t seq;
};

struct viewer {
	unsigned leg;
	struct relay_web ours;
	struct browser b;
};

static const struct relay_stream door_audio = {
	.nformats = 2,
	.formats = { { 8, PCMA, false }, { PT_EVENT, EVENT, true } },
};
static const struct relay_stream door_video = {
	.rtcp_mux = true,
	.nformats = 1,
	.formats = { { PT_H264, H264, false } },
};
static const struct relay_stream web_audio = {
	.nformats = 2,
	.formats = { { 8, PCMA, false }, { WEB_EVENT, EVENT, true } },
};
static const struct relay_stream web_video = {
	.nformats = 1,
	.formats = { { WEB_H264, H264, false } },
};

static struct addr loopback(uint16_t port)
{
	struct addr a;

	assert_int_equal(addr_parse_host("127.0.0.1", &a), 0);
	return addr_with_port(&a, port);
}

/* For tests of what must not happen within a time: it does not pass while the machine is busy. */
static int64_t slow_us(const struct clock *)
{
	return clock_mono_us(clock_system()) / SLOWER;
}

static int64_t wall_ms(const struct clock *)
{
	return clock_wall_ms(clock_system());
}

static const struct clock slow = { slow_us, wall_ms };

/* The first of the ports that the relay may use: ours while the test runs. */
static uint16_t port_lo(void)
{
	static uint16_t first;

	if (!first)
		first = ports_take(PORTS);
	return first;
}

static int start(struct world *w, const struct clock *clock, const struct addr *web, unsigned nweb)
{
	const struct relay_conf conf = { .clock = clock,
					 .port_lo = port_lo(),
					 .port_hi = (uint16_t)(port_lo() + PORTS - 1),
					 .v4 = loopback(0),
					 .workers = 2,
					 .web = web,
					 .nweb = nweb,
					 .rand = rand_system() };

	return relay_start(&conf, &w->relay);
}

static int setup_with(void **state, const struct clock *clock)
{
	const struct addr web = loopback(0);
	struct world *w = calloc(1, sizeof(*w));

	*state = w;
	timers_init(&w->timers, clock_system());
	return start(w, clock, &web, 1) || relay_session_open(w->relay, 42, &w->session);
}

static int setup(void **state)
{
	return setup_with(state, clock_system());
}

static int setup_slow(void **state)
{
	return setup_with(state, &slow);
}

static int teardown(void **state)
{
	struct world *w = *state;

	relay_stop(w->relay);
	timers_free(&w->timers);
	free(w);
	return 0;
}

/* One look at everything: events are kept, the browser hears. */
static void turn(struct world *w, struct viewer *v)
{
	struct pollfd f[] = { { .fd = relay_fd(w->relay), .events = POLLIN },
			      { .fd = v ? v->b.fd : -1, .events = POLLIN } };

	poll(f, 2, POLL_MS);
	while (w->nevents < EVENTS_MAX && relay_poll(w->relay, &w->events[w->nevents]))
		w->nevents++;
	timers_run(&w->timers);
	if (v)
		browser_read(&v->b);
}

static unsigned told(const struct world *w, enum relay_event_type type, uint64_t leg)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->nevents; i++)
		n += w->events[i].type == type && w->events[i].leg == leg;
	return n;
}

/* Turns until `good` holds; fails at the deadline. */
#define UNTIL(w, v, good)                                                                          \
	do {                                                                                       \
		const int64_t end_us = clock_mono_us(clock_system()) + DEADLINE_MS * 1000;         \
                                                                                                   \
		while (!(good)) {                                                                  \
			assert_true(clock_mono_us(clock_system()) < end_us);                       \
			turn(w, v);                                                                \
		}                                                                                  \
	} while (0)

static const struct relay_event *last(const struct world *w, enum relay_event_type type)
{
	for (unsigned i = w->nevents; i-- > 0;) {
		if (w->events[i].type == type)
			return &w->events[i];
	}
	return NULL;
}

/* Orders are done in order: all before this leg's are when it has come and gone. */
static void wait_for_orders(struct world *w)
{
	struct relay_ports ports;
	unsigned leg;

	w->nevents = 0;
	assert_int_equal(relay_leg_open(w->session, 999, AF_INET, AUDIO, &ports, &leg), 0);
	relay_leg_close(w->session, leg);
	UNTIL(w, NULL, told(w, RELAY_EV_LEG_CLOSED, 999));
}

/* The door. */

static void door_open(const struct world *w, struct door *d)
{
	struct relay_stream streams[RELAY_KINDS] = { door_audio, door_video };
	struct relay_ports ports;

	*d = (struct door){ .seq = 100 };
	assert_int_equal(relay_leg_open(w->session, 1, AF_INET, AUDIO | VIDEO, &ports, &d->leg), 0);
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		struct addr *at = &streams[k].rtp;

		*at = loopback(0);
		d->fd[k] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		assert_int_equal(bind(d->fd[k], &at->sa, at->len), 0);
		assert_int_equal(getsockname(d->fd[k], &at->sa, &at->len), 0);
		d->relay[k] = loopback(ports.rtp[k]);
		assert_int_equal(relay_stream_set(w->session, d->leg, k, &streams[k]), 0);
	}
}

static void door_close(struct door *d)
{
	close(d->fd[RELAY_AUDIO]);
	close(d->fd[RELAY_VIDEO]);
}

static void door_send(struct door *d, enum relay_kind kind, uint8_t pt, uint32_t ts,
		      const void *payload, size_t n)
{
	uint8_t p[64] = { 0x80, pt, (uint8_t)(d->seq >> 8), (uint8_t)d->seq };
	const uint32_t words[] = { htonl(ts), htonl(9 + kind) };

	d->seq++;
	memcpy(p + 4, words, sizeof(words));
	memcpy(p + RTP_HEADER_SIZE, payload, n);
	n += RTP_HEADER_SIZE;
	assert_int_equal(sendto(d->fd[kind], p, n, 0, &d->relay[kind].sa, d->relay[kind].len), n);
}

static void door_shows(struct door *d, uint8_t nal, uint32_t ts)
{
	door_send(d, RELAY_VIDEO, PT_H264, ts, (const uint8_t[]){ nal, 1, 2, 3 }, 4);
}

static void door_shows_key(struct door *d, uint32_t ts)
{
	door_shows(d, SPS, ts);
	door_shows(d, PPS, ts);
	door_shows(d, IDR, ts);
}

/* What the door hears next of this kind. */
static size_t door_hears(const struct door *d, enum relay_kind kind, uint8_t *p, size_t size)
{
	struct pollfd f = { .fd = d->fd[kind], .events = POLLIN };
	ssize_t n;

	assert_int_equal(poll(&f, 1, DEADLINE_MS), 1);
	n = recv(d->fd[kind], p, size, 0);
	assert_true(n >= 0);
	return (size_t)n;
}

static bool door_is_asked(const struct door *d)
{
	uint8_t p[64];
	ssize_t n = recv(d->fd[RELAY_VIDEO], p, sizeof(p), 0);

	return n == 20 && p[9] == 206;
}

/* The browser. */

static void viewer_open(struct world *w, struct viewer *v, uint64_t tag)
{
	struct ice_own own;
	struct web_peer peer;

	assert_int_equal(relay_web_open(w->session, tag, &v->ours, &v->leg), 0);
	memcpy(own.ufrag, v->ours.ufrag, sizeof(own.ufrag));
	memcpy(own.pwd, v->ours.pwd, sizeof(own.pwd));
	browser_open(&v->b, &v->ours.candidates[0], &own, clock_system());
	browser_dtls(&v->b, DTLS_CLIENT, v->ours.fingerprint, &w->timers);
	browser_peer(&v->b, false, &peer);
	assert_int_equal(relay_stream_set(w->session, v->leg, RELAY_AUDIO, &web_audio), 0);
	assert_int_equal(relay_stream_set(w->session, v->leg, RELAY_VIDEO, &web_video), 0);
	assert_int_equal(relay_web_answer(w->session, v->leg, &peer), 0);
}

static void viewer_up(struct world *w, struct viewer *v, uint64_t tag)
{
	wait_for_orders(w);
	w->nevents = 0;
	browser_check(&v->b, NULL);
	UNTIL(w, v, v->b.stun == 1);
	dtls_start(v->b.dtls);
	UNTIL(w, v, dtls_state(v->b.dtls) == DTLS_UP);
	UNTIL(w, v, told(w, RELAY_EV_UP, tag));
}

static void viewer_close(struct viewer *v)
{
	browser_close(&v->b);
}

static void route(const struct world *w, unsigned from, enum relay_kind kind, uint32_t to)
{
	assert_int_equal(relay_route(w->session, from, kind, to), 0);
}

static void expect_kinds(const struct viewer *v, unsigned from, const uint8_t *nals, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(v->b.rtp[from + i].pt, WEB_H264);
		assert_int_equal(v->b.first_byte[from + i], nals[i]);
		if (i)
			assert_int_equal(
				(uint16_t)(v->b.rtp[from + i].seq - v->b.rtp[from + i - 1].seq), 1);
	}
}

static void a_browser_sees_hears_and_speaks(void **state)
{
	struct world *w = *state;
	struct viewer v;
	struct door d;
	uint8_t p[64];

	door_open(w, &d);
	viewer_open(w, &v, 2);
	route(w, d.leg, RELAY_VIDEO, 1U << v.leg);
	route(w, d.leg, RELAY_AUDIO, 1U << v.leg);
	route(w, v.leg, RELAY_AUDIO, 1U << d.leg);
	viewer_up(w, &v, 2);
	door_shows_key(&d, 6000);
	UNTIL(w, &v, v.b.nrtp == 3);
	expect_kinds(&v, 0, (const uint8_t[]){ SPS, PPS, IDR }, 3);
	assert_int_equal(told(w, RELAY_EV_PICTURE, 1), 0); /* it came by itself */
	door_send(&d, RELAY_AUDIO, 8, 160, "voice", 5);
	UNTIL(w, &v, v.b.nrtp == 4);
	assert_int_equal(v.b.rtp[3].pt, 8);
	assert_int_equal(v.b.first_byte[3], 'v');
	browser_audio(&v.b, 8, 7, 160, "hello", 5);
	assert_int_equal(door_hears(&d, RELAY_AUDIO, p, sizeof(p)), RTP_HEADER_SIZE + 5);
	assert_int_equal(p[1] & 0x7f, 8);
	assert_memory_equal(p + RTP_HEADER_SIZE, "hello", 5);
	viewer_close(&v);
	door_close(&d);
}

static void a_key_pressed_in_a_browser_is_told_and_passed_on(void **state)
{
	static const uint8_t press[4] = { 11, 0x0a, 0, 160 };
	struct world *w = *state;
	struct viewer v;
	struct door d;
	uint8_t p[64];

	door_open(w, &d);
	viewer_open(w, &v, 2);
	route(w, v.leg, RELAY_AUDIO, 1U << d.leg);
	viewer_up(w, &v, 2);
	for (unsigned i = 0; i < 3; i++)
		browser_audio(&v.b, WEB_EVENT, i, 800, press, sizeof(press));
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(door_hears(&d, RELAY_AUDIO, p, sizeof(p)), RTP_HEADER_SIZE + 4);
		assert_int_equal(p[1] & 0x7f, PT_EVENT);
	}
	UNTIL(w, &v, told(w, RELAY_EV_DIGIT, 2));
	wait_for_orders(w);
	assert_int_equal(told(w, RELAY_EV_DIGIT, 2), 0); /* once for all three */
	viewer_close(&v);
	door_close(&d);
}

static void who_comes_late_sees_what_is_kept(void **state)
{
	static const uint8_t nals[] = { SPS, PPS, IDR, SLICE, SLICE };
	struct world *w = *state;
	struct viewer first, late;
	struct door d;

	door_open(w, &d);
	viewer_open(w, &first, 2);
	route(w, d.leg, RELAY_VIDEO, 1U << first.leg);
	viewer_up(w, &first, 2);
	door_shows_key(&d, 6000);
	door_shows(&d, SLICE, 12000);
	door_shows(&d, SLICE, 18000);
	UNTIL(w, &first, first.b.nrtp == 5);
	viewer_open(w, &late, 3);
	route(w, d.leg, RELAY_VIDEO, 1U << first.leg | 1U << late.leg);
	viewer_up(w, &late, 3);
	UNTIL(w, &late, late.b.nrtp == 5);
	expect_kinds(&late, 0, nals, 5);
	assert_int_equal(told(w, RELAY_EV_PICTURE, 1), 0);
	assert_false(door_is_asked(&d));
	door_shows(&d, SLICE, 24000);
	UNTIL(w, &late, late.b.nrtp == 6);
	UNTIL(w, &first, first.b.nrtp == 6);
	route(w, d.leg, RELAY_VIDEO, 1U << first.leg); /* another took the call */
	wait_for_orders(w);
	door_shows(&d, SLICE, 30000);
	UNTIL(w, &first, first.b.nrtp == 7);
	browser_read(&late.b);
	assert_int_equal(late.b.nrtp, 6);
	viewer_close(&first);
	viewer_close(&late);
	door_close(&d);
}

/* All of them at once are one wish. */
static void wishes_for_a_picture_reach_source_and_owner_once(void **state)
{
	struct world *w = *state;
	struct viewer v[3];
	struct door d;
	uint32_t to = 0;
	uint8_t p[64];

	door_open(w, &d);
	for (unsigned i = 0; i < 3; i++) {
		viewer_open(w, &v[i], 2 + i);
		to |= 1U << v[i].leg;
	}
	door_shows(&d, SLICE, 0); /* in the middle of things */
	door_shows(&d, SLICE, 6000);
	route(w, d.leg, RELAY_VIDEO, to);
	for (unsigned i = 0; i < 3; i++)
		viewer_up(w, &v[i], 2 + i);
	assert_int_equal(door_hears(&d, RELAY_VIDEO, p, sizeof(p)), 20);
	assert_int_equal(p[9], 206);
	UNTIL(w, &v[0], told(w, RELAY_EV_PICTURE, 1));
	assert_int_equal(last(w, RELAY_EV_PICTURE)->kind, RELAY_VIDEO);
	door_shows_key(&d, 12000);
	for (unsigned i = 0; i < 3; i++)
		UNTIL(w, &v[i], v[i].b.nrtp == 3);
	wait_for_orders(w);
	while (door_is_asked(&d))
		;
	UNTIL(w, &v[1],
	      (browser_ask(&v[1].b, 206, v[1].b.rtp[0].ssrc, 0), told(w, RELAY_EV_PICTURE, 1)));
	assert_true(door_is_asked(&d));
	browser_forget(&v[1].b);
	browser_ask(&v[1].b, 205, v[1].b.rtp[0].ssrc, v[1].b.rtp[1].seq); /* and a packet again */
	UNTIL(w, &v[1], v[1].b.nrtp == 4);
	assert_int_equal(v[1].b.first_byte[3], PPS);
	for (unsigned i = 0; i < 3; i++)
		viewer_close(&v[i]);
	door_close(&d);
}

static void sets_of_the_description_go_before_the_picture(void **state)
{
	struct world *w = *state;
	struct viewer v;
	struct door d;

	door_open(w, &d);
	assert_int_equal(
		relay_picture_sets(w->session, d.leg, VIEW("\x67\x42\x01"), VIEW("\x68\x01")), 0);
	assert_int_equal(relay_picture_sets(w->session, d.leg, VIEW(""), VIEW("\x68\x01")),
			 -EINVAL);
	viewer_open(w, &v, 2);
	route(w, d.leg, RELAY_VIDEO, 1U << v.leg);
	viewer_up(w, &v, 2);
	door_shows(&d, IDR, 6000);
	UNTIL(w, &v, v.b.nrtp == 2);
	expect_kinds(&v, 0, (const uint8_t[]){ 0x78, IDR }, 2); /* STAP-A of both */
	viewer_close(&v);
	door_close(&d);
}

static void browsers_hear_each_other(void **state)
{
	struct world *w = *state;
	struct viewer a, b;

	viewer_open(w, &a, 2);
	viewer_open(w, &b, 3);
	route(w, a.leg, RELAY_AUDIO, 1U << b.leg);
	route(w, b.leg, RELAY_AUDIO, 1U << a.leg);
	viewer_up(w, &a, 2);
	viewer_up(w, &b, 3);
	browser_audio(&a.b, 8, 1, 160, "from a", 6);
	UNTIL(w, &b, b.b.nrtp == 1);
	browser_audio(&b.b, 8, 1, 160, "to a", 4);
	UNTIL(w, &a, a.b.nrtp == 1);
	assert_int_equal(a.b.first_byte[0], 't');
	viewer_close(&a);
	viewer_close(&b);
}

static void a_browser_is_told_what_is_heard_of_it(void **state)
{
	struct world *w = *state;
	struct viewer v;

	viewer_open(w, &v, 2);
	viewer_up(w, &v, 2);
	browser_audio(&v.b, 8, 10, 160, "a", 1);
	browser_audio(&v.b, 8, 13, 640, "b", 1); /* two are lost */
	UNTIL(w, &v, v.b.nrtcp > 0 && rtp_get32(v.b.rtcp + 16) == 13);
	assert_int_equal(v.b.rtcp[0], 0x81);
	assert_int_equal(v.b.rtcp[1], 201);
	assert_int_equal(rtp_get32(v.b.rtcp + 8), 0x01010101);
	assert_int_equal(rtp_get32(v.b.rtcp + 12) & 0xffffff, 2);
	viewer_close(&v);
}

static void silence_and_the_end_are_told(void **state)
{
	struct relay_stream watched = web_audio;
	struct world *w = *state;
	struct viewer v;

	watched.silence_ms = 200;
	viewer_open(w, &v, 2);
	viewer_up(w, &v, 2);
	assert_int_equal(relay_stream_set(w->session, v.leg, RELAY_AUDIO, &watched), 0);
	UNTIL(w, &v, told(w, RELAY_EV_SILENT, 2));
	browser_audio(&v.b, 8, 10, 160, "a", 1);
	UNTIL(w, &v, told(w, RELAY_EV_HEARD, 2));
	dtls_free(v.b.dtls);
	v.b.dtls = NULL;
	UNTIL(w, &v, told(w, RELAY_EV_DOWN, 2));
	relay_leg_close(w->session, v.leg);
	UNTIL(w, &v, told(w, RELAY_EV_LEG_CLOSED, 2));
	viewer_close(&v);
}

static void the_last_numbers_are_told(void **state)
{
	struct world *w = *state;
	struct relay_stats stats[RELAY_KINDS] = {};
	struct viewer v;
	struct door d;

	door_open(w, &d);
	viewer_open(w, &v, 2);
	route(w, d.leg, RELAY_VIDEO, 1U << v.leg);
	viewer_up(w, &v, 2);
	door_shows_key(&d, 6000);
	browser_audio(&v.b, 8, 10, 160, "a", 1);
	browser_send(&v.b, (const uint8_t[RTP_HEADER_SIZE]){ 0x80, 8 }, RTP_HEADER_SIZE);
	UNTIL(w, &v, v.b.nrtp == 3);
	relay_session_close(w->session);
	UNTIL(w, &v, told(w, RELAY_EV_CLOSED, 0));
	for (unsigned i = 0; i < w->nevents; i++) {
		if (w->events[i].type == RELAY_EV_STATS && w->events[i].leg == 2)
			stats[w->events[i].kind] = w->events[i].stats;
	}
	assert_int_equal(stats[RELAY_AUDIO].packets, 1);
	assert_int_equal(stats[RELAY_AUDIO].bytes, RTP_HEADER_SIZE + 1);
	assert_int_equal(stats[RELAY_AUDIO].codec, PCMA);
	assert_int_equal(stats[RELAY_AUDIO].refused, 1);
	assert_int_equal(stats[RELAY_VIDEO].codec, RELAY_CODEC_NONE);
	assert_int_equal(stats[RELAY_VIDEO].sent_packets, 3);
	assert_int_equal(stats[RELAY_VIDEO].sent_bytes, 3 * (RTP_HEADER_SIZE + 4));
	assert_int_equal(relay_ports_used(w->relay), 0);
	viewer_close(&v);
	door_close(&d);
}

static void a_wrong_certificate_ends_the_leg(void **state)
{
	struct web_peer peer = { .ufrag = VIEW("peer") };
	struct world *w = *state;
	struct viewer v;
	struct ice_own own = {};

	assert_int_equal(relay_web_open(w->session, 2, &v.ours, &v.leg), 0);
	memcpy(own.ufrag, v.ours.ufrag, sizeof(own.ufrag));
	memcpy(own.pwd, v.ours.pwd, sizeof(own.pwd));
	browser_open(&v.b, &v.ours.candidates[0], &own, clock_system());
	browser_dtls(&v.b, DTLS_CLIENT, v.ours.fingerprint, &w->timers);
	assert_int_equal(relay_web_answer(w->session, v.leg, &peer), 0);
	wait_for_orders(w);
	browser_check(&v.b, NULL);
	UNTIL(w, &v, v.b.stun == 1);
	dtls_start(v.b.dtls);
	UNTIL(w, &v, told(w, RELAY_EV_DOWN, 2));
	assert_int_equal(told(w, RELAY_EV_UP, 2), 0);
	viewer_close(&v);
}

static void what_makes_no_sense_is_refused(void **state)
{
	const struct web_peer nameless = {}, wrong = { .ufrag = VIEW("no spaces") };
	struct world *w = *state;
	struct relay_session *other;
	struct world bare = {};
	struct relay_web ours;
	struct relay_ports ports;
	unsigned leg, plain;

	assert_int_equal(relay_web_open(w->session, 2, &ours, &leg), 0);
	assert_int_equal(relay_leg_open(w->session, 3, AF_INET, AUDIO, &ports, &plain), 0);
	assert_int_equal(relay_web_answer(w->session, leg, &nameless), -EINVAL);
	assert_int_equal(relay_web_answer(w->session, plain, &wrong), -EINVAL);
	assert_int_equal(relay_web_answer(w->session, 7, &wrong), -EINVAL);
	assert_int_equal(relay_web_answer(w->session, leg, &wrong), 0);
	UNTIL(w, NULL, told(w, RELAY_EV_DOWN, 2));
	assert_int_equal(start(&bare, clock_system(), NULL, RELAY_WEB_MAX + 1), -EINVAL);
	assert_int_equal(start(&bare, clock_system(), NULL, 0), 0);
	assert_int_equal(relay_session_open(bare.relay, 1, &other), 0);
	assert_int_equal(relay_web_open(other, 2, &ours, &leg), -ENOTSUP);
	relay_stop(bare.relay);
}

/* Behind a NAT the public address comes first, and workers have neighbouring ports. */
static void candidates_are_what_browsers_can_reach(void **state)
{
	struct addr web[] = { loopback(0), {} };
	struct relay_conf conf = { .clock = clock_system(),
				   .port_lo = port_lo(),
				   .port_hi = (uint16_t)(port_lo() + PORTS - 1),
				   .v4 = loopback(0),
				   .web = web,
				   .nweb = 2,
				   .rand = rand_system() };
	struct relay_session *s;
	struct relay_web ours;
	struct relay *relay;
	unsigned leg;

	(void)state;
	assert_int_equal(addr_parse_host("::1", &web[1]), 0);
	assert_int_equal(addr_parse_host("192.0.2.1", &conf.web_public), 0);
	assert_int_equal(relay_start(&conf, &relay), 0);
	assert_int_equal(relay_session_open(relay, 1, &s), 0);
	assert_int_equal(relay_web_open(s, 2, &ours, &leg), 0);
	assert_int_equal(ours.ncandidates, 3);
	assert_true(addr_same_host(&ours.candidates[0], &conf.web_public));
	assert_int_equal(addr_port(&ours.candidates[0]), addr_port(&ours.candidates[1]));
	assert_true(addr_same_host(&ours.candidates[1], &web[0]));
	assert_true(addr_same_host(&ours.candidates[2], &web[1]));
	relay_stop(relay);
}

#define T(name)      cmocka_unit_test_setup_teardown(name, setup, teardown)
#define T_SLOW(name) cmocka_unit_test_setup_teardown(name, setup_slow, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T_SLOW(a_browser_sees_hears_and_speaks),
		T(a_key_pressed_in_a_browser_is_told_and_passed_on),
		T_SLOW(who_comes_late_sees_what_is_kept),
		T(wishes_for_a_picture_reach_source_and_owner_once),
		T(sets_of_the_description_go_before_the_picture),
		T(browsers_hear_each_other),
		T(a_browser_is_told_what_is_heard_of_it),
		T(silence_and_the_end_are_told),
		T(the_last_numbers_are_told),
		T(a_wrong_certificate_ends_the_leg),
		T(what_makes_no_sense_is_refused),
		cmocka_unit_test(candidates_are_what_browsers_can_reach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
