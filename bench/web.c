/* What a browser leg costs: a handshake, a check, a packet of video and of audio, memory. The
 *browsers are made of the same parts, in this process; what they cost is measured apart and left
 *out where it is known. CPU time, user and system, on loopback.
 *
 *	bench_web [LEGS]     by default 100 */
#include "media/web.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LEGS = 100, LEGS_MAX = 1000, ROUNDS = 200, TURNS = 8, VIDEO = 1200, AUDIO = 160, NAME = 64 };

struct browser {
	int fd;
	struct ice_own own;
	struct web_leg *leg;
	struct dtls *dtls;
	bool up;
};

struct bench {
	struct clock_virtual clock;
	struct timers timers;
	struct web *web;
	struct addr server;
	struct dtls_identity *identity;
	struct picture *picture;
	struct browser browsers[LEGS_MAX];
	unsigned n;
};

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench_web: %s\n", what);
	exit(1);
}

static double cpu_us(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static void say(const char *what, double from_us, double count)
{
	printf("%-28s %8.2f us\n", what, (cpu_us() - from_us) / count);
}

static void on_event(void *arg, enum web_event event)
{
	struct browser *b = arg;

	b->up |= event == WEB_UP;
}

static void on_audio(void *, uint8_t *, size_t, const struct rtp *)
{
}

static bool on_report(void *, struct feedback_block *)
{
	return false;
}

static void on_changed(void *, enum dtls_state)
{
}

static struct bench bench;

static void on_send(void *arg, const uint8_t *p, size_t n)
{
	const struct browser *b = arg;

	check(sendto(b->fd, p, n, 0, &bench.server.sa, bench.server.len) == (ssize_t)n, "send");
}

static void browser_check(const struct browser *b)
{
	char name[NAME];
	uint8_t p[STUN_MESSAGE_MAX];
	struct stun m = { .type = STUN_REQUEST,
			  .role = STUN_CONTROLLING,
			  .has_priority = true,
			  .use_candidate = true };

	snprintf(name, sizeof(name), "%s:peer", b->own.ufrag);
	m.username = view_str(name);
	on_send((void *)(uintptr_t)b, p, stun_print(&m, view_str(b->own.pwd), p, sizeof(p)));
	web_read(bench.web, 0);
	web_flush(bench.web);
}

/* Only DTLS is looked at. */
static void browser_read(struct browser *b)
{
	uint8_t p[WEB_PACKET_MAX];
	ssize_t n;

	while ((n = recv(b->fd, p, sizeof(p), MSG_DONTWAIT)) > 0)
		if (dtls_is(p, (size_t)n) && b->dtls)
			dtls_hear(b->dtls, p, (size_t)n);
}

static void hash_read(const char *fingerprint, uint8_t ret_hash[DTLS_HASH_SIZE])
{
	for (unsigned i = 0; i < DTLS_HASH_SIZE; i++)
		ret_hash[i] = (uint8_t)strtoul(fingerprint + (size_t)3 * i, NULL, 16);
}

static void browser_open(struct browser *b)
{
	struct web_leg_conf conf = {
		.event = on_event, .audio = on_audio, .report = on_report, .arg = b
	};
	struct dtls_conf dtls = { .identity = bench.identity,
				  .role = DTLS_CLIENT,
				  .timers = &bench.timers,
				  .send = on_send,
				  .changed = on_changed,
				  .arg = b };
	struct web_peer peer = { .ufrag = VIEW("peer") };

	b->fd = socket(AF_INET, SOCK_DGRAM, 0);
	ice_own_make(rand_system(), &b->own);
	conf.own = b->own;
	hash_read(web_fingerprint(bench.web), dtls.hash);
	hash_read(dtls_fingerprint(bench.identity), peer.hash);
	check(b->fd >= 0 && web_leg_open(bench.web, &conf, &b->leg) == 0 &&
		      dtls_new(&dtls, &b->dtls) == 0 && web_leg_answer(b->leg, &peer) == 0,
	      "a leg");
	browser_check(b);
}

static void browser_connect(struct browser *b)
{
	dtls_start(b->dtls);
	for (unsigned i = 0; i < TURNS && !b->up; i++) {
		web_read(bench.web, 0);
		web_flush(bench.web);
		browser_read(b);
	}
	check(b->up, "no handshake");
}

static void bench_video(void)
{
	uint8_t bytes[VIDEO] = { 0x41 };
	struct picture_packet out[PICTURE_BURST];

	for (uint16_t seq = 0; seq < ROUNDS; seq++) {
		const struct rtp rtp = { .seq = seq, .ts = seq * 6000U, .end = VIDEO };
		const unsigned n = picture_hear(bench.picture, bytes, &rtp, 0, out);

		for (unsigned k = 0; k < n * bench.n; k++)
			web_leg_video(bench.browsers[k % bench.n].leg, &out[0]);
		web_flush(bench.web);
	}
}

static void bench_audio(void)
{
	uint8_t bytes[AUDIO] = {};

	for (uint16_t seq = 0; seq < ROUNDS; seq++) {
		const struct rtp rtp = { .seq = seq, .ts = seq * 160U, .end = AUDIO };

		for (unsigned k = 0; k < bench.n; k++)
			web_leg_audio(bench.browsers[k].leg, bytes, &rtp, 8);
		web_flush(bench.web);
	}
}

static void bench_run(void)
{
	const double packets = (double)ROUNDS * bench.n;
	double from_us = cpu_us();

	for (unsigned i = 0; i < bench.n; i++)
		browser_open(&bench.browsers[i]);
	from_us = cpu_us();
	for (unsigned i = 0; i < bench.n; i++)
		browser_connect(&bench.browsers[i]);
	say("handshake, both sides", from_us, bench.n);
	from_us = cpu_us();
	for (unsigned i = 0; i < ROUNDS; i++)
		for (unsigned k = 0; k < bench.n; k++)
			browser_check(&bench.browsers[k]);
	say("check, both sides", from_us, packets);
	for (unsigned i = 0; i < bench.n; i++)
		web_leg_watch(bench.browsers[i].leg, bench.picture, 96);
	from_us = cpu_us();
	bench_video();
	say("packet of video, 1,200 B", from_us, packets);
	from_us = cpu_us();
	bench_audio();
	say("packet of audio, 160 B", from_us, packets);
}

static void bench_close(void)
{
	size_t before;

	for (unsigned i = 0; i < bench.n; i++)
		dtls_free(bench.browsers[i].dtls);
	before = mallinfo2().uordblks;
	for (unsigned i = 0; i < bench.n; i++) {
		web_leg_close(bench.browsers[i].leg);
		close(bench.browsers[i].fd);
	}
	printf("%-28s %8.1f kB\n", "memory of a leg",
	       (double)(before - mallinfo2().uordblks) / bench.n / 1024);
}

int main(int argc, char **argv)
{
	struct addr here;

	bench.n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : LEGS;
	check(bench.n > 0 && bench.n <= LEGS_MAX, "how many legs?");
	clock_virtual_init(&bench.clock, 1700000000000);
	timers_init(&bench.timers, &bench.clock.clock);
	const struct web_conf conf = { .clock = &bench.clock.clock,
				       .timers = &bench.timers,
				       .rand = rand_system(),
				       .addresses = &here,
				       .naddresses = 1 };

	check(addr_parse("127.0.0.1:0", &here) == 0 && web_open(&conf, &bench.web) == 0 &&
		      dtls_identity_new(&bench.clock.clock, &bench.identity) == 0 &&
		      picture_new(&bench.picture) == 0,
	      "cannot start");
	bench.server = web_address(bench.web, 0);
	bench_run();
	bench_close();
	web_close(bench.web);
	dtls_identity_free(bench.identity);
	picture_free(bench.picture);
	timers_free(&bench.timers);
	return 0;
}
