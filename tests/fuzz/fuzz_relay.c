/* Packets over real sockets to the two legs of a call, whose worker has no thread here. An input is
 * a byte for what was agreed to, then packets: a byte for who sends where, a byte for the time
 * since the last one, a byte of length, the bytes. What comes out is what went in, but for its
 * payload type. */
#include "media/worker.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	LEGS = 2,
	STRANGER = LEGS, /* the peer behind the legs' own */
	PEERS,
	KEPT = WORKER_BATCH,
	STEP_US = 20000,
	PLI_SIZE = 20,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct packet {
	size_t n;
	uint8_t bytes[UINT8_MAX];
};

static struct worker w;
static struct session session;
static struct leg *legs[LEGS];
static int peers[PEERS];
static struct packet sent[KEPT]; /* and not read by the relay yet */
static unsigned nsent;

static void check(bool good)
{
	if (!good)
		abort();
}

static int udp_open(void)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct addr at;

	check(fd >= 0 && addr_parse("127.0.0.1:0", &at) == 0);
	check(bind(fd, &at.sa, at.len) == 0);
	return fd;
}

static struct addr addr_of(int fd)
{
	struct addr a = { .len = sizeof(a.v6) };

	check(getsockname(fd, &a.sa, &a.len) == 0);
	return a;
}

static void worker_open(void)
{
	w = (struct worker){ .epoll = epoll_create1(EPOLL_CLOEXEC),
			     .wake = -1,
			     .ready = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
			     .now_us = 1000000 };
	timers_init(&w.timers, clock_system());
	list_init(&w.legs);
	w.events_tail = &w.events;
	w.done_tail = &w.done;
	pthread_mutex_init(&w.lock, NULL);
	for (unsigned i = 0; i < WORKER_BATCH; i++) {
		w.iov[i] = (struct iovec){ w.bytes[i], RELAY_PACKET_MAX };
		w.in[i].msg_hdr = (struct msghdr){ .msg_name = &w.names[i].sa,
						   .msg_iov = &w.iov[i],
						   .msg_iovlen = 1 };
	}
}

static void order(enum order_type type, unsigned leg, const struct relay_stream *stream,
		  uint32_t to)
{
	struct order o = { .type = type, .session = &session, .leg = leg, .kind = RELAY_VIDEO };

	if (type == ORDER_LEG_OPEN)
		o.opened = legs[leg];
	else if (stream)
		o.stream = *stream;
	else
		o.to = to;
	session_apply(&w, &o);
}

static void leg_make(unsigned i, uint8_t what)
{
	struct leg *leg = legs[i] = calloc(1, sizeof(*leg));
	struct relay_stream stream = { .rtcp_mux = what >> i & 1,
				       .strict = what & 4,
				       .silence_ms = 500,
				       .nformats = what & 8 ? 2 : 0,
				       .formats = { { (uint8_t)(96 + i), 1, false },
						    { 101, 2, true } } };

	check(leg);
	leg->session = &session;
	leg->index = i;
	leg->kinds = 1U << RELAY_VIDEO;
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		struct channel *c = &leg->channel[k];

		for (unsigned side = 0; side < SIDES; side++)
			c->end[side] = (struct end){ .channel = c,
						     .side = (enum side)side,
						     .fd = k == RELAY_VIDEO ? udp_open() : -1 };
		c->leg = leg;
		c->kind = (enum relay_kind)k;
		stream_init(&c->stream, c->kind);
	}
	if (!(what & 16))
		stream.rtp = addr_of(peers[i]);
	order(ORDER_LEG_OPEN, i, NULL, 0);
	order(ORDER_STREAM, i, &stream, 0);
}

/* The same bytes, whatever became of the payload type. */
static bool is_one_of_sent(const uint8_t *p, size_t n)
{
	for (unsigned i = 0; i < nsent; i++)
		if (sent[i].n == n && (n < 2 || (p[0] == sent[i].bytes[0] &&
						 (p[1] & 0x80) == (sent[i].bytes[1] & 0x80) &&
						 memcmp(p + 2, sent[i].bytes + 2, n - 2) == 0)))
			return true;
	return false;
}

static void peers_hear(void)
{
	uint8_t p[RELAY_PACKET_MAX];

	for (unsigned i = 0; i < PEERS; i++) {
		ssize_t n;

		while ((n = recv(peers[i], p, sizeof(p), 0)) > 0)
			check(is_one_of_sent(p, (size_t)n) || (n == PLI_SIZE && p[1] == 201));
	}
}

static void relay_reads(unsigned leg)
{
	for (unsigned side = 0; side < SIDES; side++)
		session_read(&w, &legs[leg]->channel[RELAY_VIDEO].end[side]);
	peers_hear();
}

static void packet(uint8_t what, const uint8_t *p, size_t n)
{
	const unsigned from = what % 4 < PEERS ? what % 4 : 0, leg = what >> 2 & 1;
	struct addr to = addr_of(legs[leg]->channel[RELAY_VIDEO].end[what >> 3 & 1].fd);

	if (sendto(peers[from], p, n, 0, &to.sa, to.len) < 0)
		return; /* a connected socket of ours refused it before */
	sent[nsent].n = n;
	memcpy(sent[nsent++].bytes, p, n);
	if (what & 16 && nsent < KEPT)
		return; /* more before the relay looks */
	relay_reads(1 - leg);
	relay_reads(leg);
	if (what & 32)
		session_scan(&w, legs[leg]);
	if (what & 64)
		order(ORDER_KEYFRAME, leg, NULL, 0);
	peers_hear();
	nsent = 0;
}

static void world_close(void)
{
	struct event_node *e;

	order(ORDER_CLOSE, 0, NULL, 0);
	while ((e = worker_event(&w)) != NULL) {
		check(e->event.type != RELAY_EV_DIGIT ||
		      strchr("0123456789*#ABCD", e->event.digit));
		free(e);
	}
	for (unsigned i = 0; i < LEGS; i++) {
		for (unsigned side = 0; side < SIDES; side++)
			close(legs[i]->channel[RELAY_VIDEO].end[side].fd);
		free(legs[i]);
	}
	for (unsigned i = 0; i < PEERS; i++)
		close(peers[i]);
	close(w.ready);
	worker_free(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n == 0)
		return 0;
	worker_open();
	session = (struct session){ .done.is_session = true };
	nsent = 0;
	for (unsigned i = 0; i < PEERS; i++)
		peers[i] = udp_open();
	for (unsigned i = 0; i < LEGS; i++)
		leg_make(i, data[0]);
	for (unsigned i = 0; i < LEGS; i++)
		order(ORDER_ROUTE, i, NULL, UINT32_C(1) << (1 - i));
	for (size_t at = 1; at + 3 <= n;) {
		const size_t size = data[at + 2] < n - at - 3 ? data[at + 2] : n - at - 3;

		w.now_us += data[at + 1] * (uint64_t)STEP_US;
		packet(data[at], data + at + 3, size);
		at += 3 + size;
	}
	world_close();
	return 0;
}
