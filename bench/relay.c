/* bench/relay - CPU time per relayed packet, side by side on loopback.
 *
 * bench_relay [SECONDS [RTPENGINE]]
 *
 * Each server runs in its own process and moves the same load: N streams of 50 packets/s of
 * 172 bytes, in calls of two. Its CPU time is what the kernel says of all its threads. Servers:
 *   mmsg       a bare epoll loop, recvmmsg and sendmmsg, no checks
 *   connected  a bare epoll loop every 2 ms, connected sockets, recv and send, no checks
 *   shared     a bare loop every 2 ms, one socket for all streams, recvmmsg and sendmmsg, no checks
 *   relay      media/relay.h with one worker
 *   rtpengine  Debian's daemon in user space with one thread, if RTPENGINE names it
 * Every server runs ROUNDS times in turn; the median is kept. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "load.h"
#include "media/relay.h"

enum {
	STREAMS_MAX = 1000,
	PACKET = 172,
	PERIOD_MS = 20,
	ROUNDS = 5,
	SIZES = 2,
	WARM_MS = 500,
	BATCH = 16,
	SHARED_BATCH = 256,
	SHARED_BUFFER = 4 * 1024 * 1024,
	TICK_US = 2000,
	PORT_LO = 24000,
};

struct load {
	unsigned n;
	struct {
		int fd;
		struct addr addr;
		uint16_t server; /* where it sends to */
		uint16_t seq;
	} stream[STREAMS_MAX];
};

struct server {
	const char *name;
	void (*run)(const struct load *load, int ports); /* writes n ports, serves for ever */
	double aim;                                      /* ours by this one, at most */
	double us[SIZES][ROUNDS];                        /* per packet */
	double delivered[SIZES];                         /* the least of the rounds */
};

static const char *rtpengine_path;

static void ports_tell(int pipe, const uint16_t *ports, unsigned n)
{
	if (write(pipe, ports, n * sizeof(*ports)) != (ssize_t)(n * sizeof(*ports)))
		load_die("pipe");
}

static int bare_open(const struct load *load, int ports, int *fd, bool connected)
{
	uint16_t port[STREAMS_MAX];
	int epoll = epoll_create1(0);

	for (unsigned i = 0; i < load->n; i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };
		struct addr a;

		fd[i] = load_udp(&a);
		port[i] = ntohs(addr_port_raw(&a));
		if (connected && connect(fd[i], &load->stream[i].addr.sa, a.len) < 0)
			load_die("connect");
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd[i], &e);
	}
	ports_tell(ports, port, load->n);
	return epoll;
}

static void run_mmsg(const struct load *load, int ports)
{
	static uint8_t bytes[BATCH][2048];
	struct epoll_event e[1024];
	struct addr dest[STREAMS_MAX], from[BATCH];
	struct mmsghdr m[BATCH];
	struct iovec iov[BATCH];
	int fd[STREAMS_MAX], epoll = bare_open(load, ports, fd, false);

	for (unsigned i = 0; i < load->n; i++)
		dest[i] = load->stream[i].addr;
	for (;;) {
		int n = epoll_wait(epoll, e, 1024, -1);

		for (int i = 0; i < n; i++) {
			unsigned to = e[i].data.u32 ^ 1U;
			int got;

			for (int k = 0; k < BATCH; k++) {
				iov[k] = (struct iovec){ bytes[k], sizeof(bytes[k]) };
				m[k].msg_hdr = (struct msghdr){ .msg_name = &from[k],
								.msg_namelen = sizeof(from[k].v6),
								.msg_iov = &iov[k],
								.msg_iovlen = 1 };
			}
			got = recvmmsg(fd[e[i].data.u32], m, BATCH, MSG_DONTWAIT, NULL);
			for (int k = 0; k < got; k++) {
				iov[k].iov_len = m[k].msg_len;
				m[k].msg_hdr.msg_name = &dest[to].sa;
				m[k].msg_hdr.msg_namelen = dest[to].len;
			}
			if (got > 0)
				sendmmsg(fd[to], m, (unsigned)got, MSG_DONTWAIT);
		}
	}
}

static void run_connected(const struct load *load, int ports)
{
	struct epoll_event e[1024];
	uint8_t bytes[2048];
	int fd[STREAMS_MAX], epoll = bare_open(load, ports, fd, true);

	for (;;) {
		struct timespec tick = { .tv_nsec = TICK_US * 1000 };
		int n = epoll_wait(epoll, e, 1024, -1);

		for (int i = 0; i < n; i++) {
			ssize_t got = recv(fd[e[i].data.u32], bytes, sizeof(bytes), MSG_DONTWAIT);

			if (got > 0)
				send(fd[e[i].data.u32 ^ 1U], bytes, (size_t)got, MSG_DONTWAIT);
		}
		nanosleep(&tick, NULL);
	}
}

static void run_shared(const struct load *load, int ports)
{
	static uint8_t bytes[SHARED_BATCH][2048];
	static uint16_t stream_of[UINT16_MAX + 1]; /* by the port that it sends from */
	const int size = SHARED_BUFFER;
	struct timespec tick = { .tv_nsec = TICK_US * 1000 };
	struct addr a, from[SHARED_BATCH], dest[STREAMS_MAX];
	struct mmsghdr m[SHARED_BATCH];
	struct iovec iov[SHARED_BATCH];
	uint16_t port[STREAMS_MAX];
	int fd = load_udp(&a), got;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	for (unsigned i = 0; i < load->n; i++) {
		port[i] = ntohs(addr_port_raw(&a));
		stream_of[ntohs(addr_port_raw(&load->stream[i].addr))] = (uint16_t)i;
		dest[i] = load->stream[i ^ 1U].addr;
	}
	ports_tell(ports, port, load->n);
	for (;; nanosleep(&tick, NULL)) {
		do {
			for (int k = 0; k < SHARED_BATCH; k++) {
				iov[k] = (struct iovec){ bytes[k], sizeof(bytes[k]) };
				m[k].msg_hdr = (struct msghdr){ .msg_name = &from[k],
								.msg_namelen = sizeof(from[k].v6),
								.msg_iov = &iov[k],
								.msg_iovlen = 1 };
			}
			got = recvmmsg(fd, m, SHARED_BATCH, MSG_DONTWAIT, NULL);
			for (int k = 0; k < got; k++) {
				struct addr *to = &dest[stream_of[ntohs(addr_port_raw(&from[k]))]];

				iov[k].iov_len = m[k].msg_len;
				m[k].msg_hdr.msg_name = &to->sa;
				m[k].msg_hdr.msg_namelen = to->len;
			}
			if (got > 0)
				sendmmsg(fd, m, (unsigned)got, MSG_DONTWAIT);
		} while (got == SHARED_BATCH);
	}
}

static void relay_call(struct relay *relay, const struct load *load, unsigned first,
		       uint16_t *ret_port)
{
	struct relay_session *s;
	struct relay_ports ports;
	unsigned leg[2];
	int err = relay_session_open(relay, first, &s);

	for (unsigned i = 0; i < 2 && err == 0; i++) {
		struct relay_stream stream = { .rtp = load->stream[first + i].addr,
					       .silence_ms = 10000,
					       .nformats = 2,
					       .formats = { { 8, 1 }, { 101, 2, true } } };

		err = relay_leg_open(s, i, AF_INET, 1U << RELAY_AUDIO, &ports, &leg[i]);
		ret_port[i] = ports.rtp[RELAY_AUDIO];
		if (err == 0)
			err = relay_stream_set(s, leg[i], RELAY_AUDIO, &stream);
	}
	for (unsigned i = 0; i < 2 && err == 0; i++)
		err = relay_route(s, leg[i], RELAY_AUDIO, 1U << leg[!i]);
	if (err < 0) {
		errno = -err;
		load_die("relay call");
	}
}

static void run_relay(const struct load *load, int ports)
{
	struct relay_conf conf = { .clock = clock_system(),
				   .port_lo = PORT_LO,
				   .port_hi = PORT_LO + 4 * STREAMS_MAX,
				   .v4 = load_loopback(0) };
	uint16_t port[STREAMS_MAX];
	struct relay *relay;
	struct relay_event e;

	errno = -relay_start(&conf, &relay);
	if (errno)
		load_die("relay");
	for (unsigned i = 0; i < load->n; i += 2)
		relay_call(relay, load, i, port + i);
	ports_tell(ports, port, load->n);
	for (;;) {
		struct pollfd f = { .fd = relay_fd(relay), .events = POLLIN };

		poll(&f, 1, -1);
		while (relay_poll(relay, &e))
			;
	}
}

/* The one that started it gives the calls. */
static void run_rtpengine(const struct load *, int)
{
	load_rtpengine(rtpengine_path);
}

/* One offer or answer in bencode; the port in the SDP that comes back. */
static uint16_t ng_sdp(int fd, unsigned call, bool answer, uint16_t port)
{
	char sdp[256], request[1024], reply[LOAD_ANSWER_MAX];
	const char *m;
	int n = snprintf(sdp, sizeof(sdp),
			 "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
			 "m=audio %u RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
			 "a=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n",
			 port);

	snprintf(request, sizeof(request),
		 "c%u%c d7:call-id8:call%04u7:command%s8:from-tag1:a%s3:ICE6:remove"
		 "3:sdp%d:%se",
		 call, answer ? 'a' : 'o', call, answer ? "6:answer" : "5:offer",
		 answer ? "6:to-tag1:b" : "", n, sdp);
	load_ng(fd, request, reply);
	m = strstr(reply, "m=audio ");
	if (m == NULL) {
		fprintf(stderr, "rtpengine: %s\n", reply);
		exit(1);
	}
	return (uint16_t)strtoul(m + 8, NULL, 10);
}

static void rtpengine_calls(struct load *load)
{
	struct addr a;
	int fd = load_udp(&a);

	for (unsigned i = 0; i < load->n; i += 2) {
		uint16_t x = ntohs(addr_port_raw(&load->stream[i].addr));
		uint16_t y = ntohs(addr_port_raw(&load->stream[i + 1].addr));

		load->stream[i + 1].server = ng_sdp(fd, i, false, x);
		load->stream[i].server = ng_sdp(fd, i, true, y);
	}
	close(fd);
}

static void stream_send(struct load *load, unsigned i)
{
	uint16_t seq = load->stream[i].seq++;
	uint8_t p[PACKET] = { 0x80, 8, (uint8_t)(seq >> 8), (uint8_t)seq };
	struct addr to = load_loopback(load->stream[i].server);
	uint32_t ts = htonl(seq * 160U), ssrc = htonl(i + 1);

	memcpy(p + 4, &ts, 4);
	memcpy(p + 8, &ssrc, 4);
	sendto(load->stream[i].fd, p, sizeof(p), 0, &to.sa, to.len);
}

static unsigned stream_drain(const struct load *load, unsigned i)
{
	uint8_t p[2048];
	unsigned n = 0;

	while (recv(load->stream[i].fd, p, sizeof(p), 0) >= 0)
		n++;
	return n;
}

/* Every stream sends once in PERIOD_MS, the streams spread evenly over it. */
static unsigned load_run(struct load *load, unsigned ms, unsigned *ret_received)
{
	struct timespec at;
	unsigned sent = 0;

	*ret_received = 0;
	clock_gettime(CLOCK_MONOTONIC, &at);
	for (unsigned t = 0; t < ms; t++) {
		for (unsigned i = t % PERIOD_MS; i < load->n; i += PERIOD_MS) {
			*ret_received += stream_drain(load, i);
			stream_send(load, i);
			sent++;
		}
		at.tv_nsec += 1000000;
		if (at.tv_nsec >= 1000000000) {
			at.tv_nsec -= 1000000000;
			at.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	}
	return sent;
}

static void ports_hear(int pipe, struct load *load)
{
	for (unsigned i = 0; i < load->n; i++) {
		uint16_t *port = &load->stream[i].server;

		if (read(pipe, port, sizeof(*port)) != sizeof(*port))
			load_die("server");
	}
}

static void measure(struct server *s, unsigned which, unsigned round, struct load *load,
		    unsigned ms)
{
	unsigned sent, got;
	uint64_t cpu;
	int ports[2];
	pid_t pid;

	if (pipe2(ports, O_CLOEXEC) < 0)
		load_die("pipe");
	pid = fork();
	if (pid == 0)
		s->run(load, ports[1]);
	if (pid < 0)
		load_die("fork");
	if (s->run == run_rtpengine)
		rtpengine_calls(load);
	else
		ports_hear(ports[0], load);
	load_run(load, WARM_MS, &got);
	cpu = load_cpu_ns(pid);
	sent = load_run(load, ms, &got);
	cpu = load_cpu_ns(pid) - cpu;
	s->us[which][round] = (double)cpu / 1e3 / (got ? got : 1);
	if (round == 0 || (double)got / sent < s->delivered[which])
		s->delivered[which] = (double)got / sent;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ports[0]);
	close(ports[1]);
	for (unsigned i = 0; i < load->n; i++)
		stream_drain(load, i);
}

static double median(const double values[ROUNDS])
{
	double sorted[ROUNDS];

	memcpy(sorted, values, sizeof(sorted));
	return load_median(sorted, ROUNDS);
}

/* Ours by theirs, round by round, so that a busy machine touches both alike. */
static double ratio(const struct server *peer, const struct server *ours, unsigned which)
{
	double rounds[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++)
		rounds[i] = ours->us[which][i] / peer->us[which][i];
	return median(rounds);
}

static void report(const struct server *servers, unsigned n, const struct server *ours,
		   const unsigned sizes[SIZES])
{
	printf("%-40s %8s %8s %6s %6s %7s\n", "CPU-us per packet", "peer", "ours", "ratio", "aim",
	       "there");
	for (unsigned k = 0; k < SIZES; k++) {
		for (unsigned i = 0; i < n; i++) {
			const struct server *s = &servers[i];

			if (s == ours)
				continue;
			printf("%4u streams, %-26s %8.2f %8.2f %6.2f %6.2f %6.1f%%\n", sizes[k],
			       s->name, median(s->us[k]), median(ours->us[k]), ratio(s, ours, k),
			       s->aim, 100 * s->delivered[k]);
		}
	}
	for (unsigned k = 0; k < SIZES; k++)
		printf("%4u streams: %.1f%% of ours arrived\n", sizes[k], 100 * ours->delivered[k]);
}

int main(int argc, char **argv)
{
	static const unsigned sizes[SIZES] = { 100, STREAMS_MAX };
	static struct load load;
	static struct server servers[] = {
		{ .name = "bare mmsg", .run = run_mmsg, .aim = 1.25 },
		{ .name = "bare connected, 2 ms", .run = run_connected, .aim = 1.25 },
		{ .name = "bare shared port, 2 ms", .run = run_shared, .aim = 1.25 },
		{ .name = "relay", .run = run_relay },
		{ .name = "rtpengine, user space", .run = run_rtpengine, .aim = 0.5 },
	};
	unsigned ms = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) * 1000 : 3000;
	unsigned n = argc > 2 && argv[2][0] ? 5 : 4;

	rtpengine_path = argc > 2 ? argv[2] : NULL;
	for (unsigned i = 0; i < STREAMS_MAX; i++)
		load.stream[i].fd = load_udp(&load.stream[i].addr);
	for (unsigned k = 0; k < SIZES; k++) {
		load.n = sizes[k];
		for (unsigned round = 0; round < ROUNDS; round++) {
			for (unsigned i = 0; i < n; i++)
				measure(&servers[i], k, round, &load, ms);
		}
	}
	report(servers, n, &servers[3], sizes);
	return 0;
}
