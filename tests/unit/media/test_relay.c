/* The whole relay on loopback sockets, with a clock that can jump. */
#include "media/relay.h"
#include "../ports.h"
#include "../test.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

enum { DEADLINE_MS = 5000, PORTS = 200, AUDIO = 1, VIDEO = 2 };

static _Atomic int64_t jumped_us;
static _Atomic int64_t stopped_us; /* the time, while it stands still; 0: it does not */

static int64_t mono_us(const struct clock *)
{
	if (atomic_load(&stopped_us))
		return atomic_load(&stopped_us);
	return clock_mono_us(clock_system()) + atomic_load(&jumped_us);
}

static int64_t wall_ms(const struct clock *)
{
	return 0;
}

static const struct clock jumping = { mono_us, wall_ms };

struct peer {
	int fd;
	struct addr addr;
	struct addr relay;
	uint32_t ssrc;
	uint16_t seq;
};

struct world {
	struct relay *relay;
	struct relay_session *session;
};

static struct addr loopback(int family, uint16_t port)
{
	struct addr a = { .len = sizeof(struct sockaddr_in) };

	if (family == AF_INET6) {
		a.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
					      .sin6_addr = IN6ADDR_LOOPBACK_INIT };
		a.len = sizeof(a.v6);
	} else {
		a.v4 = (struct sockaddr_in){ .sin_family = AF_INET,
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	}
	return addr_with_port(&a, port);
}

static void peer_open(struct peer *p, int family, uint16_t relay_port, uint32_t ssrc)
{
	struct addr any = loopback(family, 0);

	*p = (struct peer){ .relay = loopback(family, relay_port), .ssrc = ssrc, .seq = 1000 };
	p->fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(p->fd >= 0);
	assert_int_equal(bind(p->fd, &any.sa, any.len), 0);
	p->addr.len = sizeof(p->addr.v6);
	assert_int_equal(getsockname(p->fd, &p->addr.sa, &p->addr.len), 0);
}

static void peer_send(struct peer *p, uint8_t pt, const void *payload, size_t n)
{
	uint8_t b[200] = { 0x80, pt, (uint8_t)(p->seq >> 8), (uint8_t)p->seq };
	uint32_t ts = htonl(p->seq * 160U), ssrc = htonl(p->ssrc);

	p->seq++;
	memcpy(b + 4, &ts, 4);
	memcpy(b + 8, &ssrc, 4);
	memcpy(b + 12, payload, n);
	assert_int_equal(sendto(p->fd, b, 12 + n, 0, &p->relay.sa, p->relay.len), 12 + n);
}

static void peer_send_raw(const struct peer *p, const void *b, size_t n)
{
	assert_int_equal(sendto(p->fd, b, n, 0, &p->relay.sa, p->relay.len), n);
}

/* What comes next, or fails at the deadline. */
static size_t peer_receive(const struct peer *p, uint8_t *b, size_t size)
{
	struct pollfd f = { .fd = p->fd, .events = POLLIN };
	ssize_t n;

	assert_int_equal(poll(&f, 1, DEADLINE_MS), 1);
	n = recv(p->fd, b, size, 0);
	assert_true(n >= 0);
	return (size_t)n;
}

static void expect(const struct peer *p, uint8_t pt, const char *payload)
{
	uint8_t b[2048];

	assert_int_equal(peer_receive(p, b, sizeof(b)), 12 + strlen(payload));
	assert_int_equal(b[1], pt);
	assert_memory_equal(b + 12, payload, strlen(payload));
}

static void expect_nothing(const struct peer *p)
{
	uint8_t b[2048];

	assert_int_equal(recv(p->fd, b, sizeof(b), 0), -1);
	assert_int_equal(errno, EAGAIN);
}

static struct relay_event next_event(const struct world *w)
{
	struct pollfd f = { .fd = relay_fd(w->relay), .events = POLLIN };
	struct relay_event e = {};

	while (!relay_poll(w->relay, &e))
		assert_int_equal(poll(&f, 1, DEADLINE_MS), 1);
	return e;
}

static struct relay_event event_of(const struct world *w, enum relay_event_type type)
{
	struct relay_event e = next_event(w);

	while (e.type != type)
		e = next_event(w);
	return e;
}

/* A leg of one stream whose peer is told of by SDP. */
static unsigned leg_with(const struct world *w, struct peer *p, int family, unsigned kind,
			 struct relay_stream stream)
{
	enum relay_kind k = kind == VIDEO ? RELAY_VIDEO : RELAY_AUDIO;
	struct relay_ports ports;
	static uint32_t ssrc;
	unsigned leg;

	assert_int_equal(relay_leg_open(w->session, 100, family, kind, &ports, &leg), 0);
	peer_open(p, family, ports.rtp[k], ++ssrc);
	stream.rtp = p->addr;
	assert_int_equal(relay_stream_set(w->session, leg, k, &stream), 0);
	return leg;
}

/* The first of the ports that the relay may use: ours while the test runs. */
static uint16_t port_lo(void)
{
	static uint16_t first;

	if (!first)
		first = ports_take(PORTS);
	return first;
}

static int setup(void **state)
{
	struct relay_conf conf = {
		.clock = &jumping,
		.port_lo = port_lo(),
		.port_hi = (uint16_t)(port_lo() + PORTS - 1),
		.v4 = loopback(AF_INET, 0),
		.v6 = loopback(AF_INET6, 0),
		.workers = 2,
	};
	static struct world w;

	*state = &w;
	return relay_start(&conf, &w.relay) || relay_session_open(w.relay, 42, &w.session);
}

static int teardown(void **state)
{
	atomic_store(&stopped_us, 0);
	relay_stop(((struct world *)*state)->relay);
	return 0;
}

/* Orders are done in order: all before this leg's are when it has come and gone. */
static void wait_for_orders(const struct world *w)
{
	struct relay_ports ports;
	unsigned leg;

	assert_int_equal(relay_leg_open(w->session, 101, AF_INET, AUDIO, &ports, &leg), 0);
	relay_leg_close(w->session, leg);
	event_of(w, RELAY_EV_LEG_CLOSED);
}

static void two_legs_talk_across_families(void **state)
{
	const struct world *w = *state;
	struct peer a, b;
	unsigned la = leg_with(w, &a, AF_INET, AUDIO, (struct relay_stream){});
	unsigned lb = leg_with(w, &b, AF_INET6, AUDIO, (struct relay_stream){});

	assert_int_equal(relay_route(w->session, la, RELAY_AUDIO, 1U << lb), 0);
	assert_int_equal(relay_route(w->session, lb, RELAY_AUDIO, 1U << la), 0);
	wait_for_orders(w);
	for (int i = 0; i < 20; i++) {
		peer_send(&a, 0, "to b", 4);
		expect(&b, 0, "to b");
		peer_send(&b, 8, "to a", 4);
		expect(&a, 8, "to a");
	}
	close(a.fd);
	close(b.fd);
}

static void video_fans_out_and_payload_types_are_those_of_each_leg(void **state)
{
	enum { VIEWERS = 5, BURST = 20 };
	const struct world *w = *state;
	struct relay_stream door = { .nformats = 1, .formats = { { 96, 1 } } };
	struct peer source, viewer[VIEWERS];
	unsigned from = leg_with(w, &source, AF_INET, VIDEO, door);
	uint32_t to = 0;

	for (uint8_t i = 0; i < VIEWERS; i++) {
		struct relay_stream s = { .nformats = 1, .formats = { { (uint8_t)(100 + i), 1 } } };

		to |= 1U << leg_with(w, &viewer[i], AF_INET, VIDEO, s);
	}
	assert_int_equal(relay_route(w->session, from, RELAY_VIDEO, to), 0);
	wait_for_orders(w);
	for (int i = 0; i < BURST; i++)
		peer_send(&source, 96, "picture", 7);
	for (int i = 0; i < BURST; i++) {
		for (uint8_t v = 0; v < VIEWERS; v++)
			expect(&viewer[v], (uint8_t)(100 + v), "picture");
	}
	for (int v = 0; v < VIEWERS; v++)
		close(viewer[v].fd);
	close(source.fd);
}

static void a_thief_is_not_heard_and_hears_nothing(void **state)
{
	const struct world *w = *state;
	struct peer a, b, thief;
	unsigned la = leg_with(w, &a, AF_INET, AUDIO, (struct relay_stream){});
	unsigned lb = leg_with(w, &b, AF_INET, AUDIO, (struct relay_stream){});

	assert_int_equal(relay_route(w->session, la, RELAY_AUDIO, 1U << lb), 0);
	assert_int_equal(relay_route(w->session, lb, RELAY_AUDIO, 1U << la), 0);
	wait_for_orders(w);
	peer_send(&a, 0, "mine", 4);
	expect(&b, 0, "mine");
	peer_open(&thief, AF_INET, ntohs(addr_port_raw(&a.relay)), a.ssrc);
	thief.seq = a.seq;
	for (int i = 0; i < 10; i++)
		peer_send(&thief, 0, "stolen", 6);
	peer_send(&a, 0, "still", 5);
	expect(&b, 0, "still");
	peer_send(&b, 0, "reply", 5);
	expect(&a, 0, "reply");
	expect_nothing(&b);
	expect_nothing(&thief);
	close(a.fd);
	close(b.fd);
	close(thief.fd);
}

static void a_silent_peer_moves_and_goes_on(void **state)
{
	const struct world *w = *state;
	struct peer a, b, moved;
	unsigned la = leg_with(w, &a, AF_INET, AUDIO, (struct relay_stream){ .silence_ms = 1000 });
	unsigned lb = leg_with(w, &b, AF_INET, AUDIO, (struct relay_stream){});
	struct relay_event e;

	assert_int_equal(relay_route(w->session, la, RELAY_AUDIO, 1U << lb), 0);
	assert_int_equal(relay_route(w->session, lb, RELAY_AUDIO, 1U << la), 0);
	wait_for_orders(w);
	peer_send(&a, 0, "here", 4);
	expect(&b, 0, "here");
	event_of(w, RELAY_EV_LATCHED);
	atomic_fetch_add(&jumped_us, 3000000);
	e = event_of(w, RELAY_EV_SILENT);
	assert_int_equal(e.session, 42);
	assert_int_equal(e.leg, 100);
	peer_open(&moved, AF_INET, ntohs(addr_port_raw(&a.relay)), a.ssrc);
	moved.seq = (uint16_t)(a.seq + 150);
	peer_send(&moved, 0, "one", 3);
	peer_send(&moved, 0, "there", 5);
	expect(&b, 0, "there");
	e = event_of(w, RELAY_EV_LATCHED);
	assert_true(addr_same(&e.addr, &moved.addr));
	event_of(w, RELAY_EV_HEARD);
	peer_send(&b, 0, "follow", 6);
	expect(&moved, 0, "follow");
	close(a.fd);
	close(b.fd);
	close(moved.fd);
}

static void a_key_is_told_once_and_passed_on(void **state)
{
	const struct world *w = *state;
	struct relay_stream s = { .nformats = 1, .formats = { { 101, 2, .event = true } } };
	uint8_t end[4] = { 11, 0x8a, 0, 160 };
	struct relay_event e;
	struct peer a, b;
	unsigned la = leg_with(w, &a, AF_INET, AUDIO, s);
	unsigned lb = leg_with(w, &b, AF_INET, AUDIO, s);
	uint8_t got[64];

	assert_int_equal(relay_route(w->session, la, RELAY_AUDIO, 1U << lb), 0);
	wait_for_orders(w);
	peer_send(&a, 101, end, 4);
	assert_int_equal(peer_receive(&b, got, sizeof(got)), 16);
	e = event_of(w, RELAY_EV_DIGIT);
	assert_int_equal(e.digit, '#');
	assert_int_equal(e.kind, RELAY_AUDIO);
	close(a.fd);
	close(b.fd);
}

/* Peers whose sockets stand on the RTCP ports, where the relay sends by default. */
static void rtcp_passes_both_ways_and_viewers_get_a_key_frame(void **state)
{
	const struct world *w = *state;
	struct relay_stream mux = { .rtcp_mux = true };
	uint8_t rr[8] = { 0x80, 201, 0, 1 }, got[64];
	struct peer source, viewer;
	unsigned from = leg_with(w, &source, AF_INET, VIDEO, mux);
	unsigned to = leg_with(w, &viewer, AF_INET, VIDEO, mux);

	assert_int_equal(relay_keyframe(w->session, to), 0);
	wait_for_orders(w);
	peer_send(&source, 96, "x", 1);
	event_of(w, RELAY_EV_LATCHED);
	assert_int_equal(relay_route(w->session, from, RELAY_VIDEO, 1U << to), 0);
	assert_int_equal(peer_receive(&source, got, sizeof(got)), 20);
	assert_int_equal(got[9], 206);
	assert_int_equal(ntohl(*(uint32_t *)(void *)(got + 16)), source.ssrc);
	peer_send_raw(&viewer, rr, sizeof(rr));
	assert_int_equal(peer_receive(&source, got, sizeof(got)), sizeof(rr));
	rr[7] = (uint8_t)source.ssrc;
	peer_send_raw(&source, rr, sizeof(rr));
	assert_int_equal(peer_receive(&viewer, got, sizeof(got)), sizeof(rr));
	close(source.fd);
	close(viewer.fd);
}

static void ports_run_out_and_come_back(void **state)
{
	const struct world *w = *state;
	struct relay_session *many[8];
	struct relay_ports ports;
	unsigned leg, open = 0, sessions = 0;
	int err = 0;

	while (err == 0) {
		if (open % 20 == 0)
			assert_int_equal(relay_session_open(w->relay, 1, &many[sessions++]), 0);
		err = relay_leg_open(many[sessions - 1], 1, AF_INET, AUDIO, &ports, &leg);
		open += err == 0;
	}
	assert_int_equal(err, -ENOSPC);
	assert_in_range(open, 1, 100);
	assert_int_equal(relay_ports_used(w->relay), open);
	while (sessions)
		relay_session_close(many[--sessions]);
	while (relay_ports_used(w->relay))
		next_event(w);
	assert_int_equal(relay_leg_open(w->session, 1, AF_INET, AUDIO, &ports, &leg), 0);
}

static void a_closed_session_tells_its_last_numbers(void **state)
{
	const struct world *w = *state;
	struct relay_ports ports;
	struct relay_event e;
	struct peer a, b;
	unsigned la = leg_with(w, &a, AF_INET, AUDIO, (struct relay_stream){}), third;
	unsigned lb = leg_with(w, &b, AF_INET, AUDIO, (struct relay_stream){});

	assert_int_equal(relay_leg_open(w->session, 7, AF_INET, AUDIO | VIDEO, &ports, &third), 0);
	assert_int_equal(relay_route(w->session, la, RELAY_AUDIO, 1U << lb), 0);
	wait_for_orders(w);
	peer_send(&a, 0, "abcd", 4);
	expect(&b, 0, "abcd");
	event_of(w, RELAY_EV_LATCHED);
	relay_leg_close(w->session, la);
	relay_leg_close(w->session, la);
	assert_int_equal(relay_route(w->session, la, RELAY_AUDIO, 1U << lb), -EINVAL);
	e = event_of(w, RELAY_EV_LEG_CLOSED);
	relay_session_close(w->session);
	e = event_of(w, RELAY_EV_STATS);
	assert_int_equal(e.stats.sent_packets, 1);
	assert_int_equal(e.stats.sent_bytes, 16);
	event_of(w, RELAY_EV_LEG_CLOSED);
	e = event_of(w, RELAY_EV_CLOSED);
	assert_int_equal(e.session, 42);
	assert_int_equal(relay_ports_used(w->relay), 0);
	assert_int_equal(relay_events_lost(w->relay), 0);
	close(a.fd);
	close(b.fd);
}

static void wrong_orders_are_refused(void **state)
{
	const struct world *w = *state;
	struct relay_stream s = { .nformats = 1, .formats = { { 128, 1 } } };
	struct relay_ports ports;
	unsigned leg;

	assert_int_equal(relay_leg_open(w->session, 1, AF_INET, AUDIO, &ports, &leg), 0);
	assert_int_equal(ports.rtp[RELAY_VIDEO], 0);
	assert_int_equal(relay_stream_set(w->session, leg, RELAY_AUDIO, &s), -EINVAL);
	s.nformats = RELAY_FORMATS_MAX + 1;
	assert_int_equal(relay_stream_set(w->session, leg, RELAY_AUDIO, &s), -EINVAL);
	assert_int_equal(relay_keyframe(w->session, leg), -EINVAL);
	assert_int_equal(relay_route(w->session, RELAY_LEGS_MAX, RELAY_AUDIO, 1), -EINVAL);
}

/* A telephone with SRTP: what it says and hears is sealed with the other end of the keys. */
static struct seal_keys keys_of(uint8_t ours, uint8_t theirs)
{
	struct seal_keys keys = { .profile = SRTP_GCM_128 };

	memset(&keys.ours, ours, sizeof(keys.ours));
	memset(&keys.theirs, theirs, sizeof(keys.theirs));
	return keys;
}

static void sealed_send(struct peer *p, struct seal *seal, uint8_t pt, const char *payload)
{
	uint8_t b[200] = { 0x80, pt, (uint8_t)(p->seq >> 8), (uint8_t)p->seq }, out[SEAL_PACKET_MAX];
	struct rtp rtp;
	size_t n;

	b[11] = (uint8_t)p->ssrc;
	p->seq++;
	memcpy(b + 12, payload, strlen(payload));
	assert_true(rtp_read(b, 12 + strlen(payload), &rtp));
	assert_true(seal_close(seal, b, &rtp, pt, 0, out, &n));
	peer_send_raw(p, out, n);
}

static uint32_t sealed_expect(const struct peer *p, struct seal *seal, uint8_t pt, const char *payload)
{
	uint8_t b[SEAL_PACKET_MAX];
	size_t n = peer_receive(p, b, sizeof(b));

	assert_int_equal(seal_open(seal, b, &n), 0);
	assert_int_equal(n, 12 + strlen(payload));
	assert_int_equal(b[1] & 127, pt);
	assert_memory_equal(b + 12, payload, strlen(payload));
	return rtp_get32(b + 8);
}

static void a_sealed_leg_talks_with_one_in_clear(void **state)
{
	const struct seal_keys keys = keys_of(1, 2), other = keys_of(2, 1), wrong = keys_of(3, 1);
	const struct world *w = *state;
	struct seal *seal, *stranger;
	struct peer a, b;
	unsigned la = leg_with(w, &a, AF_INET, AUDIO, (struct relay_stream){});
	unsigned lb = leg_with(w, &b, AF_INET, AUDIO, (struct relay_stream){ .keys = keys });

	assert_int_equal(seal_new(&other, 8000, &seal), 0);
	assert_int_equal(seal_new(&wrong, 8000, &stranger), 0);
	assert_int_equal(relay_route(w->session, la, RELAY_AUDIO, 1U << lb), 0);
	assert_int_equal(relay_route(w->session, lb, RELAY_AUDIO, 1U << la), 0);
	wait_for_orders(w);
	for (int i = 0; i < 20; i++) {
		peer_send(&a, 0, "to b", 4);
		sealed_expect(&b, seal, 0, "to b");
		peer_send(&b, 8, "in clear", 8);
		sealed_send(&b, stranger, 8, "forged");
		sealed_send(&b, seal, 8, "to a");
		expect(&a, 8 | (i ? 0 : 0x80), "to a");
	}
	expect_nothing(&a);
	relay_leg_close(w->session, lb);
	assert_int_equal(event_of(w, RELAY_EV_STATS).stats.refused, 40);
	seal_free(seal);
	seal_free(stranger);
	close(a.fd);
	close(b.fd);
}

/* The same keys again, as after a hold, do not begin their numbers anew. */
static void keys_that_stay_go_on(void **state)
{
	const struct seal_keys keys = keys_of(1, 2), other = keys_of(2, 1);
	struct relay_stream stream = { .keys = keys };
	const struct world *w = *state;
	struct seal *seal;
	struct peer a, b;
	unsigned la = leg_with(w, &a, AF_INET, AUDIO, (struct relay_stream){});
	unsigned lb = leg_with(w, &b, AF_INET, AUDIO, stream);
	uint32_t ssrc;

	assert_int_equal(seal_new(&other, 8000, &seal), 0);
	assert_int_equal(relay_route(w->session, la, RELAY_AUDIO, 1U << lb), 0);
	wait_for_orders(w);
	peer_send(&a, 0, "before", 6);
	ssrc = sealed_expect(&b, seal, 0, "before");
	stream.rtp = b.addr;
	assert_int_equal(relay_stream_set(w->session, lb, RELAY_AUDIO, &stream), 0);
	wait_for_orders(w);
	peer_send(&a, 0, "after", 5);
	assert_int_equal(sealed_expect(&b, seal, 0, "after"), ssrc);
	seal_free(seal);
	close(a.fd);
	close(b.fd);
}

/* The other side has other keys in mid-call: its old ones are heard no more, and it is still spoken
 * to under ours, which it has. */
static void keys_that_change_take_over(void **state)
{
	const struct seal_keys before = keys_of(2, 1), after = keys_of(3, 1);
	struct relay_stream stream = { .keys = keys_of(1, 2) };
	const struct world *w = *state;
	struct seal *old, *new;
	struct peer a, b;
	unsigned la = leg_with(w, &a, AF_INET, AUDIO, (struct relay_stream){});
	unsigned lb = leg_with(w, &b, AF_INET, AUDIO, stream);

	assert_int_equal(seal_new(&before, 8000, &old), 0);
	assert_int_equal(seal_new(&after, 8000, &new), 0);
	assert_int_equal(relay_route(w->session, la, RELAY_AUDIO, 1U << lb), 0);
	assert_int_equal(relay_route(w->session, lb, RELAY_AUDIO, 1U << la), 0);
	wait_for_orders(w);
	sealed_send(&b, old, 8, "old");
	expect(&a, 8 | 0x80, "old");
	stream = (struct relay_stream){ .rtp = b.addr, .keys = keys_of(1, 3) };
	assert_int_equal(relay_stream_set(w->session, lb, RELAY_AUDIO, &stream), 0);
	wait_for_orders(w);
	sealed_send(&b, old, 8, "old");
	sealed_send(&b, new, 8, "new");
	expect(&a, 8 | 0x80, "new"); /* as from another source */
	expect_nothing(&a);
	peer_send(&a, 0, "to b", 4);
	sealed_expect(&b, new, 0, "to b");
	seal_free(old);
	seal_free(new);
	close(a.fd);
	close(b.fd);
}

static void a_sealed_viewer_gets_its_key_frame(void **state)
{
	const struct seal_keys keys = keys_of(1, 2), other = keys_of(2, 1);
	const struct world *w = *state;
	uint8_t out[SEAL_PACKET_MAX], got[64];
	struct peer source, viewer;
	struct seal *seal;
	unsigned from = leg_with(w, &source, AF_INET, VIDEO, (struct relay_stream){ .rtcp_mux = true });
	unsigned to = leg_with(w, &viewer, AF_INET, VIDEO,
			       (struct relay_stream){ .rtcp_mux = true, .keys = keys });
	uint32_t ssrc;
	size_t n;

	assert_int_equal(seal_new(&other, 90000, &seal), 0);
	assert_int_equal(relay_route(w->session, from, RELAY_VIDEO, 1U << to), 0);
	wait_for_orders(w);
	peer_send(&source, 96, "x", 1);
	ssrc = sealed_expect(&viewer, seal, 96, "x");
	assert_true(seal_pli(seal, ssrc, out, &n));
	peer_send_raw(&viewer, out, n);
	assert_int_equal(peer_receive(&source, got, sizeof(got)), 20);
	assert_int_equal(got[9], 206);
	assert_int_equal(ntohl(*(uint32_t *)(void *)(got + 16)), source.ssrc);
	event_of(w, RELAY_EV_PICTURE);
	seal_free(seal);
	close(source.fd);
	close(viewer.fd);
}

/* The sound of a 5 by its definition, as A-law. */
static void send_five(struct peer *p, unsigned packet)
{
	uint8_t b[160];

	for (unsigned i = 0; i < sizeof(b); i++) {
		const double s = 2 * M_PI * (packet * 160 + i) / 8000;
		const int x = (int)(6000 * (sin(s * 770) + sin(s * 1336)));
		const int sign = x < 0 ? 0 : 0x80, v = x < 0 ? -x - 1 : x;
		int e = 7;

		while (e > 1 && !(v & (0x80 << e)))
			e--;
		b[i] = (uint8_t)((v < 256 ? sign | v >> 4 : sign | e << 4 | ((v >> (e + 3)) & 15)) ^ 0x55);
	}
	peer_send(p, 8, b, sizeof(b));
}

static void a_tone_is_a_key_where_it_is_listened_for(void **state)
{
	const struct world *w = *state;
	struct relay_event e;
	struct peer deaf, a;

	leg_with(w, &deaf, AF_INET, AUDIO, (struct relay_stream){});
	leg_with(w, &a, AF_INET, AUDIO, (struct relay_stream){ .tones = true });
	wait_for_orders(w);
	for (unsigned i = 0; i < 6; i++)
		send_five(&deaf, i);
	for (unsigned i = 0; i < 6; i++)
		send_five(&a, i);
	e = event_of(w, RELAY_EV_DIGIT);
	assert_int_equal(e.digit, '5');
	relay_session_close(w->session);
	for (e = next_event(w); e.type != RELAY_EV_CLOSED; e = next_event(w))
		assert_int_not_equal(e.type, RELAY_EV_DIGIT);
	close(deaf.fd);
	close(a.fd);
}

/* Keys of ours. */

enum { EVENT_PT = 101, EVENT_PACKETS = 10, STEP_US = 20000, STEP_TICKS = 160 };

static const struct relay_stream takes_events = {
	.event_pt = EVENT_PT,
	.nformats = 2,
	.formats = { { 0, 1 }, { EVENT_PT, 2, .event = true } },
};

static void time_stops(void)
{
	atomic_store(&stopped_us, clock_mono_us(clock_system()) + atomic_load(&jumped_us));
}

static void time_moves(void)
{
	atomic_fetch_add(&stopped_us, STEP_US);
}

/* What a packet has of its stream. */
struct mark {
	uint32_t ssrc, ts;
	uint16_t seq;
};

static struct mark mark_of(const uint8_t *b)
{
	return (struct mark){ rtp_get32(b + 8), rtp_get32(b + 4), rtp_get16(b + 2) };
}

/* A packet of sound, in clear; what it has of its stream. */
static struct mark sound(const struct peer *p, bool marker, const char *payload)
{
	uint8_t b[2048];

	assert_int_equal(peer_receive(p, b, sizeof(b)), 12 + strlen(payload));
	assert_int_equal(b[0], 0x80);
	assert_int_equal(b[1], marker ? 0x80 : 0);
	assert_memory_equal(b + 12, payload, strlen(payload));
	return mark_of(b);
}

/* The bytes of the i-th packet of a press that began there. */
static void event_is(const uint8_t *b, size_t n, struct mark first, unsigned i, uint8_t code)
{
	const uint16_t seq = (uint16_t)(first.seq + i),
		       units = (uint16_t)((i < 8 ? i + 1 : 8) * 160);
	const uint8_t want[] = {
		0x80,
		(i ? 0 : 0x80) | EVENT_PT,
		(uint8_t)(seq >> 8),
		(uint8_t)seq,
		(uint8_t)(first.ts >> 24),
		(uint8_t)(first.ts >> 16),
		(uint8_t)(first.ts >> 8),
		(uint8_t)first.ts,
		(uint8_t)(first.ssrc >> 24),
		(uint8_t)(first.ssrc >> 16),
		(uint8_t)(first.ssrc >> 8),
		(uint8_t)first.ssrc,
		code,
		(i >= 7 ? 0x80 : 0) | 10,
		(uint8_t)(units >> 8),
		(uint8_t)units,
	};

	assert_int_equal(n, sizeof(want));
	assert_memory_equal(b, want, sizeof(want));
}

/* A whole press, whose first packet has this place; time moves between its packets, not before. */
static void event(const struct peer *p, struct seal *seal, struct mark first, uint8_t code)
{
	for (unsigned i = 0; i < EVENT_PACKETS; i++) {
		uint8_t b[SEAL_PACKET_MAX];
		size_t n;

		if (i)
			time_moves();
		n = peer_receive(p, b, sizeof(b));
		if (seal)
			assert_int_equal(seal_open(seal, b, &n), 0);
		event_is(b, n, first, i, code);
	}
}

static void a_key_goes_in_the_line_of_the_sound(void **state)
{
	const struct world *w = *state;
	struct peer phone, door;
	unsigned from = leg_with(w, &phone, AF_INET, AUDIO, takes_events);
	unsigned to = leg_with(w, &door, AF_INET, AUDIO, takes_events);
	struct mark last, next;

	assert_int_equal(relay_route(w->session, from, RELAY_AUDIO, 1U << to), 0);
	time_stops();
	wait_for_orders(w);
	for (int i = 0; i < 3; i++) {
		peer_send(&phone, 0, "before", 6);
		last = sound(&door, false, "before");
	}
	assert_int_equal(last.ssrc, phone.ssrc);
	assert_int_equal(last.seq, 1002);
	time_moves();
	next = (struct mark){ last.ssrc, last.ts + STEP_TICKS, (uint16_t)(last.seq + 1) };
	assert_int_equal(relay_press(w->session, to, '5'), 0);
	wait_for_orders(w);
	for (int i = 0; i < 4; i++) /* what is said meanwhile is not heard */
		peer_send(&phone, 0, "held back", 9);
	event(&door, NULL, next, 5);
	peer_send(&phone, 0, "after", 5);
	next = sound(&door, false, "after");
	assert_int_equal(next.ssrc, phone.ssrc);
	assert_int_equal(next.seq, 1003 + EVENT_PACKETS);
	assert_int_equal(next.ts, (1003 + 4) * 160);
	peer_send(&phone, 0, "after", 5);
	assert_int_equal(sound(&door, false, "after").seq, next.seq + 1);
	expect_nothing(&door);
	close(phone.fd);
	close(door.fd);
}

static void keys_come_one_after_the_other(void **state)
{
	const struct world *w = *state;
	struct peer door;
	unsigned to = leg_with(w, &door, AF_INET, AUDIO, takes_events);
	uint8_t b[64];
	struct mark first;

	time_stops();
	assert_int_equal(relay_press(w->session, to, '#'), 0);
	assert_int_equal(relay_press(w->session, to, 'A'), 0);
	assert_int_equal(peer_receive(&door, b, sizeof(b)), 16);
	first = mark_of(b);
	event_is(b, 16, first, 0, 11);
	for (unsigned i = 1; i < EVENT_PACKETS; i++) {
		time_moves();
		event_is(b, peer_receive(&door, b, sizeof(b)), first, i, 11);
	}
	for (int ms = 180; ms < RELAY_PRESS_MS + RELAY_PAUSE_MS; ms += 20)
		time_moves();
	event(&door, NULL,
	      (struct mark){ first.ssrc, first.ts + (RELAY_PRESS_MS + RELAY_PAUSE_MS) * 8,
			     (uint16_t)(first.seq + EVENT_PACKETS) },
	      12);
	close(door.fd);
}

/* Nobody has spoken yet: who speaks then goes on where the key was. */
static void a_key_may_come_before_all_sound(void **state)
{
	const struct world *w = *state;
	struct peer phone, door;
	unsigned from = leg_with(w, &phone, AF_INET, AUDIO, takes_events);
	unsigned to = leg_with(w, &door, AF_INET, AUDIO, takes_events);
	struct mark first, next;
	uint8_t b[64];

	assert_int_equal(relay_route(w->session, from, RELAY_AUDIO, 1U << to), 0);
	time_stops();
	assert_int_equal(relay_press(w->session, to, '0'), 0);
	assert_int_equal(peer_receive(&door, b, sizeof(b)), 16);
	first = mark_of(b);
	event_is(b, 16, first, 0, 0);
	for (unsigned i = 1; i < EVENT_PACKETS; i++) {
		time_moves();
		event_is(b, peer_receive(&door, b, sizeof(b)), first, i, 0);
	}
	time_moves();
	peer_send(&phone, 0, "after", 5);
	next = sound(&door, true, "after");
	assert_int_equal(next.ssrc, first.ssrc);
	assert_int_not_equal(next.ssrc, phone.ssrc);
	assert_int_equal(next.seq, (uint16_t)(first.seq + EVENT_PACKETS));
	assert_int_equal(next.ts, first.ts + EVENT_PACKETS * STEP_TICKS);
	close(phone.fd);
	close(door.fd);
}

static void a_key_is_sealed_as_all_else(void **state)
{
	const struct seal_keys keys = keys_of(1, 2), other = keys_of(2, 1);
	struct relay_stream stream = takes_events;
	const struct world *w = *state;
	uint8_t b[SEAL_PACKET_MAX];
	struct peer phone, door;
	struct seal *seal;
	struct mark last;
	unsigned from, to;
	size_t n;

	stream.keys = keys;
	from = leg_with(w, &phone, AF_INET, AUDIO, takes_events);
	to = leg_with(w, &door, AF_INET, AUDIO, stream);
	assert_int_equal(seal_new(&other, 8000, &seal), 0);
	assert_int_equal(relay_route(w->session, from, RELAY_AUDIO, 1U << to), 0);
	time_stops();
	wait_for_orders(w);
	peer_send(&phone, 0, "before", 6);
	n = peer_receive(&door, b, sizeof(b));
	assert_int_equal(seal_open(seal, b, &n), 0);
	last = mark_of(b);
	time_moves();
	assert_int_equal(relay_press(w->session, to, '9'), 0);
	wait_for_orders(w);
	peer_send(&phone, 0, "held back", 9);
	event(&door, seal,
	      (struct mark){ last.ssrc, last.ts + STEP_TICKS, (uint16_t)(last.seq + 1) }, 9);
	peer_send(&phone, 0, "after", 5);
	n = peer_receive(&door, b, sizeof(b));
	assert_int_equal(seal_open(seal, b, &n), 0);
	assert_memory_equal(b + 12, "after", 5);
	assert_int_equal(mark_of(b).seq, (uint16_t)(last.seq + 1 + EVENT_PACKETS));
	assert_int_equal(mark_of(b).ts, last.ts + 2 * STEP_TICKS);
	seal_free(seal);
	close(phone.fd);
	close(door.fd);
}

/* A telephone that says each key twice, by packets after the order that its INFO was. */
static void a_key_that_comes_by_packets_too_is_passed_once(void **state)
{
	const struct world *w = *state;
	const uint8_t six[] = { 6, 10, 0, 160 };
	struct peer phone, door;
	unsigned from = leg_with(w, &phone, AF_INET, AUDIO, takes_events);
	unsigned to = leg_with(w, &door, AF_INET, AUDIO, takes_events);
	struct mark last;

	assert_int_equal(relay_route(w->session, from, RELAY_AUDIO, 1U << to), 0);
	time_stops();
	wait_for_orders(w);
	peer_send(&phone, 0, "before", 6);
	last = sound(&door, false, "before");
	time_moves();
	assert_int_equal(relay_press(w->session, to, '6'), 0);
	wait_for_orders(w);
	peer_send(&phone, EVENT_PT, six, sizeof(six));
	event(&door, NULL,
	      (struct mark){ last.ssrc, last.ts + STEP_TICKS, (uint16_t)(last.seq + 1) }, 6);
	peer_send(&phone, 0, "after", 5);
	assert_int_equal(sound(&door, false, "after").seq, last.seq + 1 + EVENT_PACKETS);
	expect_nothing(&door);
	close(phone.fd);
	close(door.fd);
}

/* A press that is under way when its leg ends, and one that nobody takes. */
static void a_press_ends_with_its_leg(void **state)
{
	const struct world *w = *state;
	struct relay_stream none = takes_events;
	struct peer door, deaf;
	unsigned to = leg_with(w, &door, AF_INET, AUDIO, takes_events), other;
	uint8_t b[64];

	none.event_pt = 0;
	other = leg_with(w, &deaf, AF_INET, AUDIO, none);
	assert_int_equal(relay_press(w->session, to, 'x'), -EINVAL);
	assert_int_equal(relay_press(w->session, RELAY_LEGS_MAX, '1'), -EINVAL);
	assert_int_equal(relay_press(w->session, other, '1'), 0);
	assert_int_equal(relay_press(w->session, to, '1'), 0);
	peer_receive(&door, b, sizeof(b));
	relay_leg_close(w->session, to);
	event_of(w, RELAY_EV_LEG_CLOSED);
	expect_nothing(&deaf);
	close(door.fd);
	close(deaf.fd);
}

#define WITH_RELAY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RELAY(two_legs_talk_across_families),
		WITH_RELAY(video_fans_out_and_payload_types_are_those_of_each_leg),
		WITH_RELAY(a_thief_is_not_heard_and_hears_nothing),
		WITH_RELAY(a_silent_peer_moves_and_goes_on),
		WITH_RELAY(a_key_is_told_once_and_passed_on),
		WITH_RELAY(rtcp_passes_both_ways_and_viewers_get_a_key_frame),
		WITH_RELAY(ports_run_out_and_come_back),
		WITH_RELAY(a_closed_session_tells_its_last_numbers),
		WITH_RELAY(wrong_orders_are_refused),
		WITH_RELAY(a_sealed_leg_talks_with_one_in_clear),
		WITH_RELAY(keys_that_stay_go_on),
		WITH_RELAY(keys_that_change_take_over),
		WITH_RELAY(a_sealed_viewer_gets_its_key_frame),
		WITH_RELAY(a_tone_is_a_key_where_it_is_listened_for),
		WITH_RELAY(a_key_goes_in_the_line_of_the_sound),
		WITH_RELAY(keys_come_one_after_the_other),
		WITH_RELAY(a_key_may_come_before_all_sound),
		WITH_RELAY(a_key_is_sealed_as_all_else),
		WITH_RELAY(a_key_that_comes_by_packets_too_is_passed_once),
		WITH_RELAY(a_press_ends_with_its_leg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
