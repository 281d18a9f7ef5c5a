/* A browser leg that is up, and a browser that has the right keys but says anything. An input is a
 * list of steps: a byte for what happens, a byte of length, the bytes. What the leg sends can
 * always be read, its end is told once, and nothing is told or sent behind it. */
#include "../unit/media/browser.h"

#include <stdlib.h>
#include <string.h>

enum { TURNS = 12, PT = 96, STEP_US = 20000, SIZE_MAX_ = 255 };

enum step { RAW, RTCP, AUDIO, PICTURE, SOUND, TIME, LOOK, CHECK, STEPS };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct world {
	struct clock_virtual clock;
	struct timers timers;
	struct rand_seeded rand;
	struct web *web;
	struct web_leg *leg;
	struct picture *picture;
	struct browser b;
	struct ice_own own;
	unsigned ups, downs;
	uint64_t index;
	uint16_t seq;
	bool looks;
};

static void check(bool good)
{
	if (!good)
		abort();
}

static void on_event(void *arg, enum web_event event)
{
	struct world *w = arg;

	check(w->downs == 0);
	w->ups += event == WEB_UP;
	w->downs += event == WEB_DOWN;
}

static void on_audio(void *arg, uint8_t *bytes, size_t n, const struct rtp *rtp)
{
	struct world *w = arg;

	check(w->downs == 0 && rtp->payload <= rtp->end && rtp->end <= n && bytes[0] >> 6 == 2);
}

static bool on_report(void *, struct feedback_block *ret_block)
{
	*ret_block = (struct feedback_block){ .ssrc = 1 };
	return true;
}

static void turns(struct world *w)
{
	for (unsigned i = 0; i < TURNS; i++) {
		web_read(w->web, 0);
		web_flush(w->web);
		browser_read(&w->b);
	}
}

static void world_open(struct world *w)
{
	struct addr here;
	struct web_peer peer;
	struct web_leg_conf leg = {
		.event = on_event, .audio = on_audio, .report = on_report, .arg = w
	};

	clock_virtual_init(&w->clock, 1700000000000);
	timers_init(&w->timers, &w->clock.clock);
	rand_seeded_init(&w->rand, 1);
	const struct web_conf conf = { .clock = &w->clock.clock,
				       .timers = &w->timers,
				       .rand = &w->rand.rand,
				       .addresses = &here,
				       .naddresses = 1 };

	ice_own_make(&w->rand.rand, &w->own);
	leg.own = w->own;
	check(addr_parse("127.0.0.1:0", &here) == 0 && web_open(&conf, &w->web) == 0 &&
	      web_leg_open(w->web, &leg, &w->leg) == 0 && picture_new(&w->picture) == 0);
	here = web_address(w->web, 0);
	browser_open(&w->b, &here, &w->own, &w->clock.clock);
	browser_dtls(&w->b, DTLS_CLIENT, web_fingerprint(w->web), &w->timers);
	browser_peer(&w->b, false, &peer);
	check(web_leg_answer(w->leg, &peer) == 0);
	browser_check(&w->b, NULL);
	dtls_start(w->b.dtls);
	turns(w);
	check(w->ups == 1);
}

static void world_close(struct world *w)
{
	web_leg_close(w->leg);
	web_close(w->web);
	picture_free(w->picture);
	browser_close(&w->b);
	check(timers_wait_us(&w->timers) < 0);
	timers_free(&w->timers);
}

/* The first bytes may be the stream's own SSRC: what is asked for it is looked at. */
static void rtcp(struct world *w, const uint8_t *p, size_t n)
{
	uint8_t bytes[SIZE_MAX_];
	const uint32_t ssrc = htonl(w->b.nrtp ? w->b.rtp[0].ssrc : 0);

	if (n < RTCP_HEADER_SIZE)
		return;
	memcpy(bytes, p, n);
	if (n >= 12 && p[0] & 1)
		memcpy(bytes + 8, &ssrc, sizeof(ssrc));
	browser_rtcp(&w->b, bytes, n);
}

static void picture(struct world *w, const uint8_t *p, size_t n)
{
	struct picture_packet out[PICTURE_BURST];
	const struct rtp rtp = { .ts = n ? p[0] * 6000U : 0,
				 .ssrc = 9,
				 .seq = w->seq++,
				 .payload = n > 0,
				 .end = (uint16_t)n };
	const unsigned count = picture_hear(w->picture, p, &rtp, w->clock.now_us, out);

	for (unsigned i = 0; i < count; i++)
		web_leg_video(w->leg, &out[i]);
}

static void step(struct world *w, enum step what, const uint8_t *p, size_t n)
{
	const struct rtp rtp = { .seq = w->seq, .ts = w->seq * 160U, .end = (uint16_t)n };

	if (what == RAW)
		browser_send(&w->b, p, n);
	else if (what == RTCP)
		rtcp(w, p, n);
	else if (what == AUDIO && n)
		browser_audio(&w->b, p[0] & 0x7f, ++w->index, p[0] * 160U, p, n);
	else if (what == PICTURE)
		picture(w, p, n);
	else if (what == SOUND && w->seq++ < UINT16_MAX)
		web_leg_audio(w->leg, p, &rtp, 8);
	else if (what == LOOK)
		web_leg_watch(w->leg, (w->looks = !w->looks) ? w->picture : NULL, PT);
	else if (what == CHECK)
		browser_check(&w->b, NULL);
	else if (what == TIME)
		clock_virtual_advance(&w->clock, (int64_t)n * STEP_US);
	timers_run(&w->timers);
	web_read(w->web, 0);
	web_flush(w->web);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct world *w = calloc(1, sizeof(*w));

	check(w);
	world_open(w);
	for (size_t at = 0; at + 2 <= n;) {
		const size_t want = data[at + 1], left = n - at - 2,
			     size = want < left ? want : left;
		const unsigned heard = w->b.nrtp + w->b.nrtcp;
		const bool was_down = w->downs > 0;

		step(w, data[at] % STEPS, data + at + 2, size);
		browser_read(&w->b);
		check(!was_down || heard == w->b.nrtp + w->b.nrtcp);
		at += 2 + size;
	}
	world_close(w);
	free(w);
	return 0;
}
