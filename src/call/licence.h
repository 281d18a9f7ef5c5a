/* call/licence.h - what of a responder is paid for: the one place that decides whether it may ring
 * and see. Pure.
 *
 * On a residential site services are bought for an apartment, for all of its responders; elsewhere
 * for each device. Where nothing is sold, everybody may do everything. */
#pragma once
#include <stdbool.h>

struct licence {
	bool sold;        /* this server sells services; none does yet */
	bool residential; /* the site */
	bool apartment;   /* services are on for its apartment */
	bool device;      /* it is paid for itself */
};

enum licence_use {
	LICENCE_RING, /* to be rung by a door */
	LICENCE_LOOK, /* to see a door that has not rung */
};

bool licence_allows(const struct licence *licence, enum licence_use use);
