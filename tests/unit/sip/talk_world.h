/* tests/unit/sip/talk_world.h - an endpoint and its sessions on a virtual clock, and no network
 * (fake_sip.h): what tests of dialogs stand on. Include it in one file of a test only. */
#pragma once
#include "base/rand.h"
#include "sip/session_priv.h"
#include "fake_sip.h"
#include "../test.h"

#include <stdio.h>

struct talk_world {
	struct clock_virtual clock;
	struct rand_seeded rand;
	struct loop *loop;
	struct sip_endpoint *e;
	struct sessions *sessions;
};

/* What went out, for tests that give talk_sent to talk_world_open. */
static struct {
	size_t n; /* all of it, of which the last are kept */
	char text[64][8192];
} sent;

static inline void talk_sent(const struct flow *, struct view bytes)
{
	const size_t at = sent.n++ % (sizeof(sent.text) / sizeof(sent.text[0]));

	snprintf(sent.text[at], sizeof(sent.text[at]), "%.*s", (int)bytes.n, bytes.p);
}

static inline const char *last(void)
{
	return sent.n ? sent.text[(sent.n - 1) % (sizeof(sent.text) / sizeof(sent.text[0]))] : "";
}

/* The last that went out has it. */
static inline void expect(const char *part)
{
	if (!strstr(last(), part))
		fail_msg("\"%s\" does not contain \"%s\"", last(), part);
}

/* Handlers of who does not mind. */

static inline void talk_acked(void *, struct view)
{
}

static inline bool talk_secret(void *, uint64_t, struct sip_secret *ret_secret)
{
	memset(ret_secret, 0, sizeof(*ret_secret));
	return true;
}

/* conf: what the endpoint asks its owner. on_sent: hears all that goes out. */
static inline void talk_world_open(struct talk_world *w, struct sip_endpoint_conf conf,
				   void (*on_sent)(const struct flow *flow, struct view bytes))
{
	fake_sip.sent = on_sent;
	fake_sip.gone = 0;
	sent.n = 0;
	clock_virtual_init(&w->clock, 1700000000000);
	rand_seeded_init(&w->rand, 1);
	assert_int_equal(loop_new(&w->clock.clock, &w->loop), 0);
	conf.clock = &w->clock.clock;
	conf.rand = &w->rand.rand;
	conf.realm = "r";
	conf.loop = w->loop;
	assert_int_equal(sip_endpoint_open(&conf, NULL, &w->e), 0);
	assert_int_equal(sessions_new(&(struct sessions_conf){ w->e, loop_timers(w->loop),
							       &w->rand.rand, "r" },
				      &w->sessions),
			 0);
}

static inline void talk_world_close(struct talk_world *w)
{
	sessions_free(w->sessions);
	sip_endpoint_close(w->e);
	loop_free(w->loop);
}
