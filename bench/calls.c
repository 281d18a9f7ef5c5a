/* bench/calls - calls of sound and picture through the relay, all at once, and what SRTP costs.
 *
 *	bench_calls [CALLS [SECONDS [RTPENGINE]]]     by default 1,000 and 5
 *
 * A call is a door that sends 50 packets a second of sound (160 bytes) and 67 of picture (1,000
 * bytes, four at a time), and a phone or a browser that sends as much sound back. The server runs
 * in a process of its own, with two threads; its CPU time and memory are what the kernel says.
 * Calls are added in steps until less than 99.9 % arrives or all are there.
 *
 * On a machine that does other things, or where the load itself takes more than its share, it comes
 * slower than calls would ("pace"). Then the CPU time for a second of each call is what counts, and
 * the number of calls that two cores have time for.
 *
 * Then the same sound without picture is passed between RTP and SRTP (AES-128-GCM) by one thread of
 * ours and one of rtpengine's, in turn. */
#include "load.h"
#include "media/relay.h"

#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	CALLS_MAX = 2000,
	STEPS = 6, /* each with twice the calls of the one before */
	PERIOD_MS = 20,
	PICTURE_PERIODS = 3,
	BURST = 4, /* packets of a picture */
	AUDIO = 160,
	VIDEO = 1000,
	WARM_MS = 1000,
	QUIET_MS = 300,
	UP_MS = 60000,
	ASK_MS = 1000,
	CHECK_MS = 5000, /* a browser asks again whether it is heard */
	BRIDGED = 300,   /* calls beside rtpengine */
	ROUNDS = 3,
	PORT_LO = 24000,
	PORT_HI = 33999,
	ROOM = 1500,
	NAME = 64,
	PCMA = 8,
	H264 = 96,
	SALT = 12,
};

enum peer { PHONE, BROWSER, SRTP };

struct flow {
	int fd;
	struct addr own;
	uint16_t seq;
};

struct call {
	struct flow door[RELAY_KINDS], peer[RELAY_KINDS];
	struct ice_own own;
	struct dtls *dtls;
	struct srtp *out;
	bool up;
	int64_t checked_us;
};

/* What the server says of a call that it made. */
struct made {
	uint16_t door[RELAY_KINDS], peer[RELAY_KINDS];
	struct addr web;
	struct ice_own own;
	char fingerprint[DTLS_FINGERPRINT_MAX + 1];
};

struct count {
	uint64_t sent, got;
	int64_t took_us;
};

struct bench {
	enum peer kind;
	bool video;
	unsigned workers, n;
	struct dtls_identity *identity; /* of all browsers */
	struct timers timers;
	struct call calls[CALLS_MAX];
	pid_t pid;
	int pipe;
	uint64_t idle_kb; /* before the first call */
};

static const char *rtpengine_path;

static void must(int err, const char *what)
{
	if (err >= 0)
		return;
	errno = -err;
	load_die(what);
}

/* The server. */

static void hash_read(const char *fingerprint, uint8_t ret_hash[DTLS_HASH_SIZE])
{
	for (unsigned i = 0; i < DTLS_HASH_SIZE; i++)
		ret_hash[i] = (uint8_t)strtoul(fingerprint + (size_t)3 * i, NULL, 16);
}

static void stream_set(struct relay_session *s, unsigned leg, enum relay_kind kind,
		       const struct addr *rtp)
{
	const struct relay_stream stream = {
		.rtp = *rtp,
		.rtcp_mux = true,
		.nformats = 1,
		.formats = { { kind == RELAY_AUDIO ? PCMA : H264, (uint8_t)(1 + kind), false } },
	};

	must(relay_stream_set(s, leg, kind, &stream), "stream");
}

static void web_leg_make(const struct bench *b, struct relay_session *s, unsigned *ret_leg,
			 struct made *ret_made)
{
	struct web_peer peer = { .ufrag = VIEW("peer") };
	const struct addr none = {};
	struct relay_web ours;

	must(relay_web_open(s, 2, &ours, ret_leg), "browser leg");
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		stream_set(s, *ret_leg, (enum relay_kind)k, &none);
	hash_read(dtls_fingerprint(b->identity), peer.hash);
	must(relay_web_answer(s, *ret_leg, &peer), "answer");
	ret_made->web = ours.candidates[0];
	memcpy(ret_made->own.ufrag, ours.ufrag, sizeof(ours.ufrag));
	memcpy(ret_made->own.pwd, ours.pwd, sizeof(ours.pwd));
	snprintf(ret_made->fingerprint, sizeof(ret_made->fingerprint), "%s", ours.fingerprint);
}

static void plain_leg_make(const struct bench *b, struct relay_session *s, const struct flow *flows,
			   unsigned *ret_leg, uint16_t ret_ports[RELAY_KINDS])
{
	const unsigned kinds = 1U << RELAY_AUDIO | (unsigned)b->video << RELAY_VIDEO;
	struct relay_ports ports;

	must(relay_leg_open(s, 1, AF_INET, kinds, &ports, ret_leg), "leg");
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		if (kinds >> k & 1)
			stream_set(s, *ret_leg, (enum relay_kind)k, &flows[k].own);
	memcpy(ret_ports, ports.rtp, sizeof(ports.rtp));
}

static struct made call_make(const struct bench *b, struct relay *relay, const struct call *c)
{
	struct relay_session *s;
	struct made made = {};
	unsigned door, peer;

	must(relay_session_open(relay, 1, &s), "session");
	plain_leg_make(b, s, c->door, &door, made.door);
	if (b->kind == BROWSER)
		web_leg_make(b, s, &peer, &made);
	else
		plain_leg_make(b, s, c->peer, &peer, made.peer);
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		if (k == RELAY_AUDIO || b->video)
			must(relay_route(s, door, (enum relay_kind)k, 1U << peer), "route");
	must(relay_route(s, peer, RELAY_AUDIO, 1U << door), "route");
	return made;
}

/* Orders are taken faster than they are put, but not by much. */
static void relay_drain(struct relay *relay, int ms)
{
	struct pollfd f = { .fd = relay_fd(relay), .events = POLLIN };
	struct relay_event e;

	poll(&f, 1, ms);
	while (relay_poll(relay, &e))
		;
}

static void serve(const struct bench *b, int pipe)
{
	const struct addr web = load_loopback(0);
	const struct relay_conf conf = { .clock = clock_system(),
					 .port_lo = PORT_LO,
					 .port_hi = PORT_HI,
					 .v4 = load_loopback(0),
					 .workers = b->workers,
					 .web = &web,
					 .nweb = 1,
					 .rand = rand_system() };
	struct relay *relay;
	char go;

	must(relay_start(&conf, &relay), "relay");
	must(write(pipe, "r", 1) == 1 && read(pipe, &go, 1) == 1 ? 0 : -EPIPE, "pipe");
	for (unsigned i = 0; i < b->n; i++) {
		const struct made made = call_make(b, relay, &b->calls[i]);

		must(write(pipe, &made, sizeof(made)) == sizeof(made) ? 0 : -EPIPE, "pipe");
		relay_drain(relay, 1);
	}
	for (;;)
		relay_drain(relay, -1);
}

/* The other ends. What they cost comes off the same cores: connected sockets, a picture as one order,
 * no copies of what is only counted. */

static void flow_connect(const struct flow *f, const struct addr *to)
{
	must(connect(f->fd, &to->sa, to->len) < 0 ? -errno : 0, "connect");
}

static void flow_connect_port(const struct flow *f, uint16_t port)
{
	const struct addr to = load_loopback(port);

	flow_connect(f, &to);
}

static void stun_send(struct call *c, int64_t now_us)
{
	const struct flow *f = &c->peer[RELAY_AUDIO];
	char name[NAME];
	uint8_t p[STUN_MESSAGE_MAX];
	struct stun m = { .type = STUN_REQUEST,
			  .role = STUN_CONTROLLING,
			  .has_priority = true,
			  .use_candidate = true };
	size_t n;

	snprintf(name, sizeof(name), "%s:peer", c->own.ufrag);
	m.username = view_str(name);
	n = stun_print(&m, view_str(c->own.pwd), p, sizeof(p));
	send(f->fd, p, n, 0);
	c->checked_us = now_us;
}

static void on_dtls_send(void *arg, const uint8_t *p, size_t n)
{
	const struct flow *f = &((struct call *)arg)->peer[RELAY_AUDIO];

	send(f->fd, p, n, 0);
}

static void on_dtls(void *arg, enum dtls_state state)
{
	struct call *c = arg;
	struct dtls_keys keys;

	if (state != DTLS_UP)
		return;
	must(dtls_keys(c->dtls, &keys), "keys");
	must(srtp_new(keys.profile, SRTP_SEND, &keys.ours, &c->out), "keys");
	c->up = true;
}

static void browser_open(struct bench *b, struct call *c, const struct made *made)
{
	struct dtls_conf conf = { .identity = b->identity,
				  .role = DTLS_CLIENT,
				  .timers = &b->timers,
				  .send = on_dtls_send,
				  .changed = on_dtls,
				  .arg = c };

	c->own = made->own;
	flow_connect(&c->peer[RELAY_AUDIO], &made->web);
	hash_read(made->fingerprint, conf.hash);
	must(dtls_new(&conf, &c->dtls), "DTLS");
}

/* The reply to its check starts the handshake. Before the server has the leg there is none. */
static void browser_read(struct call *c, bool ask)
{
	uint8_t p[ROOM];
	ssize_t n;

	if (ask)
		stun_send(c, clock_mono_us(clock_system()));
	while ((n = recv(c->peer[RELAY_AUDIO].fd, p, sizeof(p), 0)) > 0) {
		if (stun_is(p, (size_t)n))
			dtls_start(c->dtls);
		else if (dtls_is(p, (size_t)n))
			dtls_hear(c->dtls, p, (size_t)n);
	}
}

static void browsers_connect(struct bench *b)
{
	const int64_t end_us = clock_mono_us(clock_system()) + UP_MS * 1000;
	int64_t ask_us = 0;
	unsigned up = 0;

	while (up < b->n && clock_mono_us(clock_system()) < end_us) {
		const bool ask = clock_mono_us(clock_system()) >= ask_us;

		up = 0;
		for (unsigned i = 0; i < b->n; i++) {
			browser_read(&b->calls[i], ask);
			up += b->calls[i].up;
		}
		if (ask)
			ask_us = clock_mono_us(clock_system()) + ASK_MS * 1000;
		timers_run(&b->timers);
		poll(NULL, 0, 1);
	}
	must(up == b->n ? 0 : -ETIMEDOUT, "browsers");
}

static void rtp_print(struct flow *f, uint8_t pt, uint32_t ts, uint8_t *p)
{
	const uint32_t words[] = { htonl(ts), htonl(f->own.v4.sin_port) };

	p[0] = 0x80;
	p[1] = pt;
	p[2] = (uint8_t)(f->seq >> 8);
	p[3] = (uint8_t)f->seq;
	memcpy(p + 4, words, sizeof(words));
	f->seq++;
}

static void audio_send(struct flow *f, struct srtp *out, struct count *count)
{
	uint8_t p[ROOM] = {};
	size_t n = RTP_HEADER_SIZE + AUDIO;

	rtp_print(f, PCMA, f->seq * (uint32_t)AUDIO, p);
	if (out)
		must(srtp_protect(out, (uint16_t)(f->seq - 1), p, &n, sizeof(p)), "SRTP");
	count->sent += send(f->fd, p, n, 0) == (ssize_t)n;
}

/* Parameter sets are smaller than the rest, so these packets go one by one. */
static void key_picture_send(struct flow *f, struct count *count)
{
	static const uint8_t nals[BURST] = { 0x67, 0x68, 0x65, 0x41 };

	for (unsigned i = 0; i < BURST; i++) {
		uint8_t p[RTP_HEADER_SIZE + VIDEO] = {};
		const size_t n = RTP_HEADER_SIZE + (i < 2 ? SALT : VIDEO);

		rtp_print(f, (uint8_t)(H264 | (i == BURST - 1) << 7), 0, p);
		p[RTP_HEADER_SIZE] = nals[i];
		count->sent += send(f->fd, p, n, 0) == (ssize_t)n;
	}
}

/* The kernel cuts it into packets: UDP_SEGMENT. The first of all is a key frame. */
static void picture_send(struct flow *f, struct count *count)
{
	const uint32_t ts = f->seq / BURST * 5400U;
	uint8_t p[BURST][RTP_HEADER_SIZE + VIDEO] = {};

	if (f->seq == 0) {
		key_picture_send(f, count);
		return;
	}
	for (unsigned i = 0; i < BURST; i++) {
		rtp_print(f, (uint8_t)(H264 | (i == BURST - 1) << 7), ts, p[i]);
		p[i][RTP_HEADER_SIZE] = 0x41;
	}
	count->sent += send(f->fd, p, sizeof(p), 0) == sizeof(p) ? BURST : 0;
}

/* RTP alone counts. */
static void drain(const struct flow *f, struct count *count)
{
	static uint8_t p[2 * BURST][RTP_HEADER_SIZE];
	struct iovec iov[2 * BURST];
	struct mmsghdr m[2 * BURST] = {};
	int n;

	for (unsigned i = 0; i < 2 * BURST; i++) {
		iov[i] = (struct iovec){ p[i], sizeof(p[i]) };
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	do {
		n = recvmmsg(f->fd, m, 2 * BURST, MSG_DONTWAIT | MSG_TRUNC, NULL);
		for (int i = 0; i < n; i++)
			count->got += p[i][0] >> 6 == 2 && !rtp_is_rtcp(p[i], m[i].msg_len);
	} while (n == 2 * BURST);
}

static void call_drain(const struct bench *b, const struct call *c, struct count *count)
{
	drain(&c->door[RELAY_AUDIO], count);
	drain(&c->peer[RELAY_AUDIO], count);
	if (b->video && b->kind == PHONE)
		drain(&c->peer[RELAY_VIDEO], count);
}

static void call_turn(const struct bench *b, struct call *c, unsigned period, struct count *count)
{
	const int64_t now_us = clock_mono_us(clock_system());

	if (period % PICTURE_PERIODS == 1)
		call_drain(b, c, count);
	if (b->kind == BROWSER && now_us - c->checked_us > CHECK_MS * 1000)
		stun_send(c, now_us);
	audio_send(&c->door[RELAY_AUDIO], NULL, count);
	audio_send(&c->peer[RELAY_AUDIO], c->out, count);
	if (b->video && period % PICTURE_PERIODS == 0)
		picture_send(&c->door[RELAY_VIDEO], count);
}

/* Every call has its turn once in PERIOD_MS, the calls spread evenly over it. */
static struct count load_run(struct bench *b, unsigned ms)
{
	struct count count = { .took_us = clock_mono_us(clock_system()) };
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	for (unsigned t = 0; t < ms; t++) {
		for (unsigned i = t % PERIOD_MS; i < b->n; i += PERIOD_MS)
			call_turn(b, &b->calls[i], t / PERIOD_MS, &count);
		at.tv_nsec += 1000000;
		if (at.tv_nsec >= 1000000000) {
			at.tv_nsec -= 1000000000;
			at.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	}
	count.took_us = clock_mono_us(clock_system()) - count.took_us;
	return count;
}

static void all_drain(const struct bench *b, struct count *count)
{
	for (unsigned t = 0; t < QUIET_MS; t++) {
		poll(NULL, 0, 1);
		for (unsigned i = t % PERIOD_MS; i < b->n; i += PERIOD_MS)
			call_drain(b, &b->calls[i], count);
	}
}

/* rtpengine. */

static uint16_t sdp_port(const char *reply)
{
	const char *m = strstr(reply, "m=audio ");

	if (m == NULL) {
		fprintf(stderr, "rtpengine: %s\n", reply);
		exit(1);
	}
	return (uint16_t)strtoul(m + 8, NULL, 10);
}

/* The number under which it offers this suite. */
static unsigned suite_tag(const char *reply)
{
	const char *suite = strstr(reply, " AEAD_AES_128_GCM ");

	if (suite == NULL) {
		fprintf(stderr, "rtpengine offers no AES-128-GCM: %s\n", reply);
		exit(1);
	}
	while (suite[-1] != ':')
		suite--;
	return (unsigned)strtoul(suite, NULL, 10);
}

static void ng_sdp(int fd, unsigned call, bool answer, const char *sdp,
		   char ret_answer[LOAD_ANSWER_MAX])
{
	char request[2 * ROOM];

	snprintf(request, sizeof(request),
		 "c%u%c d7:call-id8:call%04u7:command%s8:from-tag1:a%s3:ICE6:remove"
		 "4:DTLS3:off18:transport-protocol%s3:sdp%zu:%se",
		 call, answer ? 'a' : 'o', call, answer ? "6:answer" : "5:offer",
		 answer ? "6:to-tag1:b" : "", answer ? "7:RTP/AVP" : "8:RTP/SAVP", strlen(sdp),
		 sdp);
	load_ng(fd, request, ret_answer);
}

/* Our key is all zeros: 28 bytes. */
static void srtp_call(struct bench *b, int fd, unsigned i)
{
	static const char head[] =
		"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
		"t=0 0\r\n";
	static const struct srtp_master zeros;
	struct call *c = &b->calls[i];
	char sdp[ROOM], reply[LOAD_ANSWER_MAX];

	snprintf(sdp, sizeof(sdp), "%sm=audio %u RTP/AVP 8\r\na=sendrecv\r\n", head,
		 addr_port(&c->door[RELAY_AUDIO].own));
	ng_sdp(fd, i, false, sdp, reply);
	flow_connect_port(&c->peer[RELAY_AUDIO], sdp_port(reply));
	snprintf(sdp, sizeof(sdp),
		 "%sm=audio %u RTP/SAVP 8\r\na=sendrecv\r\na=crypto:%u AEAD_AES_128_GCM inline:"
		 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\r\n",
		 head, addr_port(&c->peer[RELAY_AUDIO].own), suite_tag(reply));
	ng_sdp(fd, i, true, sdp, reply);
	flow_connect_port(&c->door[RELAY_AUDIO], sdp_port(reply));
	must(srtp_new(SRTP_GCM_128, SRTP_SEND, &zeros, &c->out), "SRTP");
}

/* Servers. */

static void calls_take(struct bench *b)
{
	struct made made;

	for (unsigned i = 0; i < b->n; i++) {
		struct call *c = &b->calls[i];

		must(read(b->pipe, &made, sizeof(made)) == sizeof(made) ? 0 : -EPIPE, "server");
		for (unsigned k = 0; k < RELAY_KINDS; k++) {
			flow_connect_port(&c->door[k], made.door[k]);
			if (b->kind == PHONE)
				flow_connect_port(&c->peer[k], made.peer[k]);
		}
		if (b->kind == BROWSER)
			browser_open(b, c, &made);
	}
	if (b->kind == BROWSER)
		browsers_connect(b);
}

static void srtp_calls(struct bench *b)
{
	struct addr own;
	int fd = load_udp(&own);

	for (unsigned i = 0; i < b->n; i++)
		srtp_call(b, fd, i);
	close(fd);
}

static void server_start(struct bench *b)
{
	int ends[2];
	char ready;

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : 0, "pipe");
	b->pid = fork();
	must(b->pid, "fork");
	if (b->pid == 0 && b->kind == SRTP)
		load_rtpengine(rtpengine_path);
	if (b->pid == 0)
		serve(b, ends[1]);
	close(ends[1]);
	b->pipe = ends[0];
	if (b->kind == SRTP) {
		srtp_calls(b);
		return;
	}
	must(read(b->pipe, &ready, 1) == 1 ? 0 : -EPIPE, "server");
	b->idle_kb = load_memory_kb(b->pid);
	must(write(b->pipe, "g", 1) == 1 ? 0 : -EPIPE, "server");
	calls_take(b);
}

static void bench_open(struct bench *b)
{
	const int segment = RTP_HEADER_SIZE + VIDEO;

	for (unsigned i = 0; i < b->n; i++) {
		struct call *c = &b->calls[i];

		*c = (struct call){};
		for (unsigned k = 0; k < RELAY_KINDS; k++) {
			c->door[k].fd = load_udp(&c->door[k].own);
			c->peer[k].fd = load_udp(&c->peer[k].own);
		}
		must(setsockopt(c->door[RELAY_VIDEO].fd, IPPROTO_UDP, UDP_SEGMENT, &segment,
				sizeof(segment)) < 0
			     ? -errno
			     : 0,
		     "segments");
	}
	server_start(b);
}

static void bench_close(struct bench *b)
{
	kill(b->pid, SIGKILL);
	waitpid(b->pid, NULL, 0);
	close(b->pipe);
	for (unsigned i = 0; i < b->n; i++) {
		struct call *c = &b->calls[i];

		dtls_free(c->dtls);
		srtp_free(c->out);
		for (unsigned k = 0; k < RELAY_KINDS; k++) {
			close(c->door[k].fd);
			close(c->peer[k].fd);
		}
	}
}

/* Tables. */

struct result {
	double arrived;   /* of what was sent */
	double pace;      /* of the load: 1 is as fast as calls are */
	double cpu;       /* of the server, of one core */
	double packet_us; /* of the server, for each packet that arrived */
	double memory_kb; /* for each call */
};

static struct result measure(struct bench *b, unsigned ms)
{
	struct result r;
	struct count count;
	uint64_t cpu;

	bench_open(b);
	count = load_run(b, WARM_MS);
	all_drain(b, &count);
	cpu = load_cpu_ns(b->pid);
	count = load_run(b, ms);
	cpu = load_cpu_ns(b->pid) - cpu;
	r.memory_kb = ((double)load_memory_kb(b->pid) - (double)b->idle_kb) / b->n;
	all_drain(b, &count);
	r.arrived = count.sent ? (double)count.got / (double)count.sent : 0;
	r.pace = (double)ms * 1e3 / (double)count.took_us;
	r.cpu = (double)cpu / 1e6 / ms;
	r.packet_us = (double)cpu / 1e3 / (double)(count.got ? count.got : 1);
	bench_close(b);
	return r;
}

static void calls_measure(struct bench *b, enum peer kind, unsigned most, unsigned ms)
{
	static const char *const names[] = { "phone", "browser" };

	b->kind = kind;
	b->video = true;
	b->workers = 2;
	for (unsigned step = STEPS; step-- > 0;) {
		struct result r;

		b->n = most >> step;
		if (b->n == 0)
			continue;
		r = measure(b, ms);
		printf("%-8s %6u %6.0f%% %8.2f%% %7.0f%% %8.2f ms %8.2f us %7.0f kB %10.0f\n",
		       names[kind], b->n, 100 * r.pace, 100 * r.arrived, 100 * r.cpu,
		       1000 * r.cpu / b->n, r.packet_us, r.memory_kb, 2 / r.cpu * b->n);
		fflush(stdout);
		if (r.arrived < 0.999)
			return;
	}
}

static void bridge_measure(struct bench *b, unsigned ms)
{
	double ours[ROUNDS], theirs[ROUNDS], ratios[ROUNDS], least[] = { 1, 1 };

	b->video = false;
	b->workers = 1;
	b->n = BRIDGED;
	for (unsigned i = 0; i < ROUNDS; i++) {
		for (unsigned k = 0; k < 2; k++) {
			struct result r;

			b->kind = k ? SRTP : BROWSER;
			r = measure(b, ms);
			*(k ? &theirs[i] : &ours[i]) = r.packet_us;
			least[k] = r.arrived < least[k] ? r.arrived : least[k];
		}
		ratios[i] = theirs[i] / ours[i];
	}
	printf("\nRTP to SRTP and back, packets per CPU second: ours %.0f (%.1f%% arrived), "
	       "rtpengine %.0f (%.1f%%); ours / rtpengine %.2f\n",
	       1e6 / load_median(ours, ROUNDS), 100 * least[0], 1e6 / load_median(theirs, ROUNDS),
	       100 * least[1], load_median(ratios, ROUNDS));
}

int main(int argc, char **argv)
{
	static struct bench b;
	const unsigned most = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000;
	const unsigned ms = (argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 5) * 1000;
	struct rlimit files;

	must(most <= CALLS_MAX ? 0 : -EINVAL, "too many calls");
	must(getrlimit(RLIMIT_NOFILE, &files) < 0 ? -errno : 0, "files");
	files.rlim_cur = files.rlim_max;
	must(setrlimit(RLIMIT_NOFILE, &files) < 0 ? -errno : 0, "files");
	rtpengine_path = argc > 3 && argv[3][0] ? argv[3] : NULL;
	timers_init(&b.timers, clock_system());
	must(dtls_identity_new(clock_system(), &b.identity), "certificate");
	printf("%-8s %6s %7s %9s %8s %11s %11s %10s %10s\n", "peer", "calls", "pace", "arrived",
	       "CPU", "per call", "per packet", "memory", "on 2 cores");
	calls_measure(&b, PHONE, most, ms);
	calls_measure(&b, BROWSER, most, ms);
	if (rtpengine_path)
		bridge_measure(&b, ms);
	dtls_identity_free(b.identity);
	timers_free(&b.timers);
	return 0;
}
