/* tests/unit/sip/talk_world.h - an endpoint and its sessions on a virtual clock, and no network
 * (fake_sip.h): what tests of dialogs stand on. Include it in one file of a test only. */
#pragma once
#include "base/rand.h"
#include "sip/session_priv.h"
#include "fake_sip.h"
#include "../test.h"

struct talk_world {
	struct clock_virtual clock;
	struct rand_seeded rand;
	struct loop *loop;
	struct sip_endpoint *e;
	struct sessions *sessions;
};

/* conf: what the endpoint asks its owner. sent: hears all that goes out. */
static inline void talk_world_open(struct talk_world *w, struct sip_endpoint_conf conf,
				   void (*sent)(const struct flow *flow, struct view bytes))
{
	fake_sip.sent = sent;
	fake_sip.gone = 0;
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
