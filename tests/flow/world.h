/* tests/flow/world.h - the server without main, in one process: SIP endpoint, sessions, switchboard
 * and directory, with a clock that only the test moves, seeded randomness, and a network that may
 * lose, repeat, delay and reorder, and phones around it.
 *
 * A story is played once per seed. An odd seed has bad weather; VESTIBULE_SEED=N plays that one
 * alone, VESTIBULE_ROUNDS=N more of them. When a story is told, everybody hangs up, and world_close
 * checks what must hold after any story:
 *   1. No session, transaction, timer, relay session or relay leg is left behind.
 *   2. Every call that started has exactly one end, every leg one result, and an opening belongs to
 * a call that was on.
 *   3. Nobody outside of the caller's site took part.
 *   4. Each leg has its end in its trace, each wake has one, and times are in order.
 *   5. No phone believes in a call that the server does not know; no page does. */
#pragma once
#include "../unit/test.h"
#include "call/call_priv.h"
#include "call/directory.h"
#include "page.h"
#include "relay.h"
#include "ua.h"

enum {
	SITE = 1,
	SITE_OTHER = 2,
	CALLS_SEEN_MAX = 64,
	LEGS_SEEN_MAX = 40,
	PHONES_MAX = 24,
	APPS_MAX = 4,   /* devices */
	PAGES_MAX = 12,
	WAKES_MAX = 64,
	RING_MS = 60000,
	TALK_MS = 4000000,
};

#define DOOR     "1000000001" /* button 1 rings all phones of its site */
#define CODE     "4711"
#define APP(n)   (1000000100u + (n))
#define PAGE(n)  (&w->pages[n])
#define PHONE(n) (&w->phones[n]) /* 0: UDP, 1: TCP, 2: UDP over IPv6, 3…: UDP */

struct seen {
	int64_t id, site;
	unsigned started, answered, ended, opened, nlegs, nstreams;
	bool test;
	char codecs[64]; /* of the streams, as they were told */
	uint64_t by; /* who answered */
	unsigned by_leg;
	char result[16];
	struct {
		unsigned number;
		uint64_t device;
		char result[16];
		bool rang;
		struct call_trace trace; /* the last that was told */
		char why[24];
	} legs[LEGS_SEEN_MAX];
};

struct world {
	uint64_t seed;
	bool storm;
	struct clock_virtual clock;
	struct rand_seeded server_rand, net_rand, ua_rand;
	struct timers timers; /* the phones' */
	struct loop *loop;
	struct net *net;
	struct relay *relay;
	struct directory *directory;
	struct sip_endpoint *endpoint;
	struct switchboard *board;
	struct ua door, stranger; /* the stranger is a phone of the other site */
	struct ua phones[PHONES_MAX];
	unsigned nphones;
	/* Apps: devices that the door rings as well, and pages that the test opens for them. */
	unsigned napps;
	bool sleeps[APPS_MAX];  /* a push may wake it */
	bool phone_sleeps;      /* and the first phone */
	bool named_switches;    /* the door's */
	bool no_camera;         /* likewise */
	struct page pages[PAGES_MAX];
	struct {
		int64_t call;
		uint64_t device;
		char over[24]; /* "": not yet */
		bool test;
	} wakes[WAKES_MAX];
	unsigned nwakes;
	struct {
		uint64_t device;
		char why[24];
	} hushed; /* the last app that kept quiet in a call that is over */
	unsigned nhushed;
	struct {
		int64_t call;
		uint64_t device; /* the last that may look */
		unsigned lookers;
		bool over;
	} look; /* through the door's camera, in the last call that it was asked for */
	unsigned after_s[PHONES_MAX]; /* after the bell, as world_directory tells it; rising */
	unsigned talk_ms;
	struct timer tick;
	struct seen seen[CALLS_SEEN_MAX];
	unsigned nseen;
	struct sip_binding stored[PHONES_MAX * 2 + 4];
	unsigned nstored;
	bool renumbered; /* a device is not the one it was */
};

typedef void story_fn(struct world *w);
/* Plays it in fair and bad weather; weather of the network, not of the phones' plans. */
void world_play(story_fn *story, unsigned nphones, unsigned talk_ms);
/* The same with so many apps. */
void world_play_apps(story_fn *story, unsigned nphones, unsigned napps);
/* Of the seed in it, with so many phones, which begin to register. -ENOMEM or what failed. */
int world_open(struct world *w);
bool world_registered(struct world *w);
/* Everybody hangs up and leaves; checks what must hold. */
void world_close(struct world *w);
/* A teardown: tells how to play again what failed. */
int world_told(void **state);
#define STORY_OF(name, nphones, talk_ms)                                                           \
	static void name##_in(struct world *w);                                                    \
	static void name(void **)                                                                  \
	{                                                                                          \
		world_play(name##_in, nphones, talk_ms);                                           \
	}                                                                                          \
	static void name##_in(struct world *w)
#define STORY_APPS(name, nphones, napps)                                                           \
	static void name##_in(struct world *w);                                                    \
	static void name(void **)                                                                  \
	{                                                                                          \
		world_play_apps(name##_in, nphones, napps);                                        \
	}                                                                                          \
	static void name##_in(struct world *w)
#define STORY(name)      STORY_OF(name, 4, TALK_MS)
#define STORY_TEST(name) cmocka_unit_test_teardown(name, world_told)

/* A page of these devices connects: APP(n). */
void world_page(struct world *w, struct page *p, unsigned app);
/* What became of the device's leg in the last call; the last of them. */
const char *world_result(struct world *w, uint64_t device);
const char *world_why(struct world *w, uint64_t device);
const struct call_trace *world_trace(struct world *w, uint64_t device);
/* One step: to the next timer or packet. False when nothing comes any more. */
bool world_step(struct world *w);
void world_wait(struct world *w, int64_t ms);
/* Steps until the condition holds; fails when it does not within so long. */
#define UNTIL(condition, ms)                                                                       \
	do {                                                                                       \
		const int64_t until_ = w->clock.now_us + (int64_t)(ms)*1000;                       \
		while (!(condition) && w->clock.now_us < until_ && world_step(w))                  \
			;                                                                          \
		if (!(condition))                                                                  \
			fail_msg("not within %d ms: %s", (int)(ms), #condition);                   \
	} while (0)

/* The directory as it is told to the server: with these phones, and with or without the door. */
void world_directory(struct world *w, unsigned nphones, bool door);
/* Ends without a good-bye and comes back with the bindings that were stored. */
void world_restart(struct world *w);
/* The last call that started; NULL without one. */
struct seen *world_seen(struct world *w);
/* The door's and the phone's sound and picture reach each other. */
bool world_hears(const struct world *w, const struct ua_call *from, const struct ua_call *to);
/* Rings the door's button 1; the caller's side of it. */
struct ua_call *world_ring(struct world *w);
/* The call ended, and everybody knows: within the slack. */
void world_over(struct world *w, const char *result);
/* How long a message may take in this weather, ms. */
int world_slack(const struct world *w);
/* For test_oom.c: called around each call into the server; may be NULL. */
extern void (*world_in_server)(bool entered);
