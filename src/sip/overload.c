#include "sip/overload.h"

#include "base/log.h"

#include <errno.h>
#include <stdlib.h>

struct overload {
	struct overload_conf conf;
	struct timer timer;
	int64_t due_us; /* when the next look is due */
	int64_t lag_ms;
	unsigned late, calm; /* looks in a row */
	bool on;
};

static int64_t now_us(const struct overload *o)
{
	return clock_mono_us(o->conf.timers->clock);
}

static void turn(struct overload *o, bool on)
{
	o->on = on;
	if (on)
		log_warn("sip_overload", LF_I("lag_ms", o->lag_ms));
	else
		log_info("sip_overload_over");
}

static void judge(struct overload *o)
{
	const bool late = o->lag_ms >= OVERLOAD_LAG_MS;

	o->late = late ? o->late + 1 : 0;
	o->calm = late ? 0 : o->calm + 1;
	if (!o->on && o->late >= OVERLOAD_LATE)
		turn(o, true);
	else if (o->on && o->calm >= OVERLOAD_CALM)
		turn(o, false);
}

static int look_again(struct overload *o);

static void on_look(void *arg)
{
	struct overload *o = arg;
	const int64_t behind_ms = o->conf.behind_ms ? o->conf.behind_ms(o->conf.arg) : 0;

	o->lag_ms = (now_us(o) - o->due_us) / 1000;
	if (behind_ms > o->lag_ms)
		o->lag_ms = behind_ms;
	judge(o);
	if (look_again(o) < 0)
		log_error("sip_timer", LF_I("code", -ENOMEM));
}

static int look_again(struct overload *o)
{
	o->due_us = now_us(o) + OVERLOAD_TICK_MS * 1000;
	return timers_arm(o->conf.timers, &o->timer, OVERLOAD_TICK_MS, on_look, o);
}

int overload_new(const struct overload_conf *conf, struct overload **ret_overload)
{
	struct overload *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->conf = *conf;
	if (look_again(o) < 0) {
		free(o);
		return -ENOMEM;
	}
	*ret_overload = o;
	return 0;
}

void overload_free(struct overload *o)
{
	if (!o)
		return;
	timers_cancel(o->conf.timers, &o->timer);
	free(o);
}

bool overload_is(const struct overload *o)
{
	return o && o->on;
}

int64_t overload_lag_ms(const struct overload *o)
{
	return o ? o->lag_ms : 0;
}
