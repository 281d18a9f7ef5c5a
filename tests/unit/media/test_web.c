/* A whole leg over loopback sockets, which deliver during the send; time is virtual. The browser is
 * made of the parts that have tests of their own. */
#include "media/web.h"
#include "browser.h"
#include "../../flow/oom.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SPS = 0x67, PPS = 0x68, IDR = 0x65, SLICE = 0x41, TURNS = 12, PT = 96, NOBODY = 65534 };

struct world {
	struct clock_virtual clock;
	struct timers timers;
	struct rand_seeded rand;
	struct web *web;
	struct ice_own own;
	struct web_leg *leg;
	struct picture *picture;
	struct browser b;
	uint16_t seq;
	unsigned ups, downs, pictures, audio;
};

static void on_event(void *arg, enum web_event event)
{
	struct world *w = arg;

	w->ups += event == WEB_UP;
	w->downs += event == WEB_DOWN;
	w->pictures += event == WEB_PICTURE;
}

static void on_audio(void *arg, uint8_t *bytes, size_t n, const struct rtp *rtp)
{
	struct world *w = arg;

	assert_int_equal(n, rtp->end);
	assert_memory_equal(bytes + rtp->payload, "hello", 5);
	w->audio++;
}

static bool on_report(void *arg, struct feedback_block *ret_block)
{
	const struct world *w = arg;

	*ret_block = (struct feedback_block){ .ssrc = 77, .fraction = 3, .lost = -1 };
	return w->audio > 0;
}

static struct addr loopback(void)
{
	struct addr a;

	assert_int_equal(addr_parse("127.0.0.1:0", &a), 0);
	return a;
}

static void server_read(const struct world *w)
{
	oom_server(true);
	web_read(w->web, 0);
	web_flush(w->web);
	oom_server(false);
}

/* What was sent until now. */
static void hear(struct world *w)
{
	web_flush(w->web);
	browser_read(&w->b);
}

/* The browser's side. */

static void check(struct world *w, const char *pwd)
{
	browser_check(&w->b, pwd);
	server_read(w);
}

static void turns(struct world *w)
{
	for (unsigned i = 0; i < TURNS; i++) {
		server_read(w);
		hear(w);
	}
}

static void handshake_as(struct world *w, enum dtls_role role)
{
	browser_dtls(&w->b, role, web_fingerprint(w->web), &w->timers);
}

static void answer(struct world *w, bool passive)
{
	struct web_peer peer;

	browser_peer(&w->b, passive, &peer);
	assert_int_equal(web_leg_answer(w->leg, &peer), 0);
	assert_int_equal(web_leg_answer(w->leg, &peer), -EALREADY);
}

static void come_up(struct world *w)
{
	handshake_as(w, DTLS_CLIENT);
	answer(w, false);
	check(w, NULL);
	dtls_start(w->b.dtls);
	turns(w);
	assert_int_equal(w->ups, 1);
}

static void browser_asks(struct world *w, uint8_t type, uint16_t seq)
{
	browser_ask(&w->b, type, w->b.rtp[0].ssrc, seq);
	server_read(w);
	hear(w);
}

/* The door's side. */

static void door_sends(struct world *w, uint8_t nal, uint32_t ts)
{
	uint8_t bytes[RTP_HEADER_SIZE + 8] = { [RTP_HEADER_SIZE] = nal };
	const struct rtp rtp = { .ts = ts,
				 .ssrc = 9,
				 .seq = w->seq++,
				 .payload = RTP_HEADER_SIZE,
				 .end = sizeof(bytes) };
	struct picture_packet out[PICTURE_BURST];
	const unsigned n = picture_hear(w->picture, bytes, &rtp, w->clock.now_us, out);

	for (unsigned i = 0; i < n; i++)
		web_leg_video(w->leg, &out[i]);
}

static void door_sends_key(struct world *w, uint32_t ts)
{
	door_sends(w, SPS, ts);
	door_sends(w, PPS, ts);
	door_sends(w, IDR, ts);
}

static int server_open(struct world *w)
{
	const struct addr here = loopback();
	const struct web_conf conf = { .clock = &w->clock.clock,
				       .timers = &w->timers,
				       .rand = &w->rand.rand,
				       .addresses = &here,
				       .naddresses = 1 };
	struct web_leg_conf leg = {
		.event = on_event, .audio = on_audio, .report = on_report, .arg = w
	};
	int err;

	ice_own_make(&w->rand.rand, &w->own);
	leg.own = w->own;

	oom_server(true);
	err = web_open(&conf, &w->web);
	if (!err)
		err = web_leg_open(w->web, &leg, &w->leg);
	if (!err)
		err = picture_new(&w->picture);
	oom_server(false);
	return err;
}

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	clock_virtual_init(&w->clock, 1700000000000);
	timers_init(&w->timers, &w->clock.clock);
	rand_seeded_init(&w->rand, 3);
	w->seq = 65530;
	w->b.fd = -1;
	return w;
}

static void browser_start(struct world *w)
{
	const struct addr server = web_address(w->web, 0);

	browser_open(&w->b, &server, &w->own, &w->clock.clock);
}

static int setup(void **state)
{
	struct world *w = world_new();

	*state = w;
	if (server_open(w))
		return -1;
	browser_start(w);
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	web_leg_close(w->leg);
	web_close(w->web);
	picture_free(w->picture);
	browser_close(&w->b);
	assert_int_equal(timers_wait_us(&w->timers), -1);
	timers_free(&w->timers);
	free(w);
	return 0;
}

static void pass(struct world *w, int64_t ms)
{
	clock_virtual_advance(&w->clock, ms * 1000);
	timers_run(&w->timers);
	hear(w);
}

static void media_flows_both_ways(void **state)
{
	struct world *w = *state;
	const struct rtp door = { .ts = 160, .ssrc = 5, .seq = 1, .payload = 0, .end = 5 };

	come_up(w);
	web_leg_audio(w->leg, (const uint8_t *)"audio", &door, 8);
	hear(w);
	assert_int_equal(w->b.nrtp, 1);
	assert_int_equal(w->b.rtp[0].pt, 8);
	assert_true(w->b.rtp[0].marker);
	assert_int_equal(w->b.first_byte[0], 'a');
	browser_audio(&w->b, 8, 7, 0, "hello", 5);
	browser_audio(&w->b, 8, 7, 0, "hello", 5); /* a replay */
	server_read(w);
	assert_int_equal(w->audio, 1);
	assert_int_equal(web_leg_stats(w->leg).refused, 1);
	pass(w, WEB_TICK_MS);
	assert_int_equal(w->b.nrtcp, 1); /* there was no video to report */
}

static void we_speak_first_when_the_browser_waits(void **state)
{
	struct world *w = *state;

	handshake_as(w, DTLS_SERVER);
	answer(w, true);
	turns(w);
	assert_int_equal(w->b.dtls_n, 0); /* nothing before a check */
	check(w, NULL);
	turns(w);
	assert_int_equal(w->ups, 1);
}

static void nothing_is_sent_to_who_proves_nothing(void **state)
{
	struct world *w = *state;

	handshake_as(w, DTLS_CLIENT);
	answer(w, false);
	dtls_start(w->b.dtls);
	check(w, "a wrong password");
	turns(w);
	assert_int_equal(w->b.stun + w->b.dtls_n, 0);
	assert_int_equal(w->ups, 0);
}

static void another_certificate_brings_the_leg_down(void **state)
{
	struct world *w = *state;
	struct web_peer peer = { .ufrag = VIEW("peer") };

	handshake_as(w, DTLS_CLIENT);
	assert_int_equal(web_leg_answer(w->leg, &peer), 0);
	check(w, NULL);
	dtls_start(w->b.dtls);
	turns(w);
	assert_int_equal(w->ups, 0);
	assert_int_equal(w->downs, 1);
}

static void a_late_viewer_gets_what_is_kept(void **state)
{
	struct world *w = *state;

	come_up(w);
	door_sends(w, SLICE, 0);
	door_sends_key(w, 6000);
	for (unsigned i = 0; i < 100; i++)
		door_sends(w, SLICE, 12000 + 6000 * i);
	web_leg_watch(w->leg, w->picture, PT);
	hear(w);
	assert_int_equal(w->b.nrtp, WEB_CATCH_UP);
	assert_int_equal(w->b.first_byte[0], SPS);
	assert_int_equal(w->b.first_byte[2], IDR);
	door_sends(w, SLICE, 700000); /* not before its turn */
	for (unsigned i = 0; i < 4; i++)
		pass(w, WEB_CATCH_UP_MS);
	assert_int_equal(w->b.nrtp, 104);
	door_sends(w, SLICE, 706000);
	hear(w);
	assert_int_equal(w->b.nrtp, 105);
	for (unsigned i = 1; i < w->b.nrtp; i++)
		assert_int_equal((uint16_t)(w->b.rtp[i].seq - w->b.rtp[i - 1].seq), 1);
	assert_int_equal(w->b.rtp[0].pt, PT);
	assert_int_equal(w->pictures, 0);
}

static void a_viewer_without_a_picture_asks_for_one(void **state)
{
	struct world *w = *state;

	web_leg_watch(w->leg, w->picture, PT); /* before it is up */
	assert_int_equal(w->pictures, 0);
	come_up(w);
	assert_int_equal(w->pictures, 1);
	door_sends_key(w, 0);
	hear(w);
	assert_int_equal(w->b.nrtp, 3);
	browser_asks(w, 206, 0);
	assert_int_equal(w->pictures, 1); /* one a second */
	pass(w, WEB_PICTURE_MS);
	browser_asks(w, 206, 0);
	assert_int_equal(w->pictures, 2);
	assert_int_equal(web_leg_stats(w->leg).picture_asks, 3);
}

static void what_got_lost_is_sent_again(void **state)
{
	struct world *w = *state;
	uint16_t first;

	come_up(w);
	web_leg_watch(w->leg, w->picture, PT);
	door_sends_key(w, 0);
	w->seq++; /* lost before us */
	door_sends(w, SLICE, 6000);
	hear(w);
	first = w->b.rtp[0].seq;
	assert_int_equal(w->b.nrtp, 4);
	/* A context that has not seen them: what comes again is no replay there. */
	browser_forget(&w->b);
	browser_asks(w, 205, (uint16_t)(first + 2));
	assert_int_equal(w->b.nrtp, 5);
	assert_int_equal(w->b.first_byte[4], IDR);
	assert_int_equal(w->b.rtp[4].seq, w->b.rtp[2].seq);
	assert_int_equal(w->b.rtp[4].ts, w->b.rtp[2].ts);
	browser_asks(w, 205, (uint16_t)(first + 3));
	browser_asks(w, 205, (uint16_t)(first - 1));
	browser_asks(w, 205, (uint16_t)(first + 100));
	assert_int_equal(w->b.nrtp, 5);
	assert_int_equal(web_leg_stats(w->leg).resent, 1);
	assert_int_equal(web_leg_stats(w->leg).lost_for_good, 3);
	for (unsigned i = 0; i < 2 * WEB_RESENDS_MAX; i++)
		browser_asks(w, 205, (uint16_t)(first + 2));
	assert_int_equal(web_leg_stats(w->leg).resent, WEB_RESENDS_MAX);
}

static void another_picture_goes_on_where_the_first_ended(void **state)
{
	struct world *w = *state;
	struct picture *first = w->picture;
	unsigned n;

	come_up(w);
	web_leg_watch(w->leg, w->picture, PT);
	door_sends_key(w, 1000);
	assert_int_equal(picture_new(&w->picture), 0);
	w->seq = 77;
	pass(w, 1000);
	web_leg_watch(w->leg, w->picture, PT);
	door_sends_key(w, 5);
	hear(w);
	n = w->b.nrtp;
	assert_int_equal(n, 6);
	for (unsigned i = 1; i < n; i++) {
		assert_int_equal((uint16_t)(w->b.rtp[i].seq - w->b.rtp[i - 1].seq), 1);
		assert_int_equal(w->b.rtp[i].ssrc, w->b.rtp[0].ssrc);
	}
	assert_int_equal(w->b.rtp[3].ts - w->b.rtp[2].ts, PICTURE_HZ);
	browser_asks(w, 205, w->b.rtp[1].seq); /* of the picture before */
	assert_int_equal(web_leg_stats(w->leg).resent, 0);
	web_leg_watch(w->leg, NULL, PT);
	picture_free(first);
}

static void a_silent_browser_is_gone(void **state)
{
	struct world *w = *state;
	unsigned sent;

	come_up(w);
	pass(w, ICE_CONSENT_MS - 1);
	assert_int_equal(w->downs, 0);
	check(w, NULL);
	for (unsigned i = 0; i < ICE_CONSENT_MS / WEB_TICK_MS; i++) {
		assert_int_equal(w->downs, 0);
		pass(w, WEB_TICK_MS);
	}
	assert_int_equal(w->downs, 1);
	sent = w->b.nrtp + w->b.nrtcp + w->b.stun;
	web_leg_audio(w->leg, (const uint8_t *)"audio", &(struct rtp){ .end = 5 }, 8);
	check(w, NULL);
	pass(w, 10 * WEB_TICK_MS);
	assert_int_equal(w->b.nrtp + w->b.nrtcp + w->b.stun, sent);
	assert_int_equal(w->downs, 1);
}

static void a_browser_that_leaves_is_gone(void **state)
{
	struct world *w = *state;

	come_up(w);
	dtls_free(w->b.dtls);
	w->b.dtls = NULL;
	server_read(w);
	assert_int_equal(w->downs, 1);
}

static void garbage_does_no_harm(void **state)
{
	struct world *w = *state;
	uint8_t p[WEB_PACKET_MAX + 10];

	come_up(w);
	for (unsigned i = 0; i < 2000; i++) {
		rand_bytes(&w->rand.rand, p, sizeof(p));
		p[0] = (uint8_t)i;
		browser_send(&w->b, p, i % sizeof(p));
		server_read(w);
	}
	assert_int_equal(w->downs, 0);
	assert_int_equal(w->audio, 0);
}

/* The browser comes up if it can, and sees what there is. */
static void live(struct world *w)
{
	struct web_peer peer;
	int err;

	browser_start(w);
	handshake_as(w, DTLS_CLIENT);
	browser_peer(&w->b, false, &peer);
	oom_server(true);
	err = web_leg_answer(w->leg, &peer);
	oom_server(false);
	assert_true(err == 0 || err == -ENOMEM);
	check(w, NULL);
	dtls_start(w->b.dtls);
	turns(w);
	if (!w->ups)
		return;
	oom_server(true);
	door_sends_key(w, 0);
	for (unsigned i = 0; i < 2 * WEB_CATCH_UP; i++)
		door_sends(w, SLICE, 6000 + 6000 * i);
	web_leg_watch(w->leg, w->picture, PT);
	oom_server(false);
	pass(w, WEB_TICK_MS);
}

/* True when there was an n-th allocation. */
static bool life_without(unsigned n)
{
	struct world *w = world_new();
	bool failed;
	int err;

	oom_arm(n);
	err = server_open(w);
	if (!err)
		live(w);
	failed = oom_disarm();
	assert_true(failed || (w->ups == 1 && w->downs == 0 && w->b.nrtp > WEB_CATCH_UP));
	teardown((void **)&w);
	return failed;
}

/* OpenSSL's own are not among them. */
static void each_allocation_may_fail(void **)
{
	unsigned n = 1;

	while (life_without(n))
		n++;
	assert_true(n > 8);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Only root may have a bigger buffer than the system lets everybody have. */
static void the_sockets_need_no_privilege(void **state)
{
	struct world *w = *state;
	const struct addr here = loopback();
	const struct web_conf conf = { .clock = &w->clock.clock,
				       .timers = &w->timers,
				       .addresses = &here,
				       .naddresses = 1 };
	const uid_t own = geteuid();
	struct web *web;
	int err;

	assert_int_equal(own == 0 ? seteuid(NOBODY) : 0, 0);
	err = web_open(&conf, &web);
	assert_int_equal(seteuid(own), 0);
	assert_int_equal(err, 0);
	web_close(web);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(media_flows_both_ways),
		T(we_speak_first_when_the_browser_waits),
		T(nothing_is_sent_to_who_proves_nothing),
		T(another_certificate_brings_the_leg_down),
		T(a_late_viewer_gets_what_is_kept),
		T(a_viewer_without_a_picture_asks_for_one),
		T(what_got_lost_is_sent_again),
		T(another_picture_goes_on_where_the_first_ended),
		T(a_silent_browser_is_gone),
		T(a_browser_that_leaves_is_gone),
		T(garbage_does_no_harm),
		T(the_sockets_need_no_privilege),
		cmocka_unit_test(each_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
