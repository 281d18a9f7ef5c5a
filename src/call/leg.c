/* What legs of all kinds have in common: keys, how they are lost, how a device's are started. */
#include "call/call_priv.h"

#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Keys. */

void leg_opened(const struct call_leg *leg, const char *how)
{
	call_record(leg->call, CALL_REC_OPENED, leg, how);
	log_info("call_opened", LF_I("call", leg->call->id), LF_I("device", leg->device),
		 LF_S("how", how));
}

static void pass_digit(struct call_leg *leg, char digit, enum dtmf_how how)
{
	struct call_leg *to = call_leg_peer(leg);

	if (!to || (how == DTMF_RTP && media_events_pass(leg->call->media, leg->at, to->at)))
		return; /* the relay has passed it */
	to->kind->digit(to, digit);
}

void leg_digit(struct call_leg *leg, char digit, enum dtmf_how how)
{
	struct call *call = leg->call;
	const int64_t now_ms = clock_mono_us(call->sb->conf.clock) / 1000;
	const struct call_leg *door = call_leg_peer(leg);

	if (call->state != CALL_TALKING || !dtmf_press(&leg->dtmf, digit, how, now_ms))
		return;
	pass_digit(leg, digit, how);
	/* Whoever called whom: what opens a door are the keys that it hears. */
	if (door && dtmf_take_code(&leg->dtmf, door->code))
		leg_opened(leg, how == DTMF_INFO ? "info" : "dtmf");
}

/* How they end. */

struct loss {
	const char *result, *why;
};

static struct loss loss_of(struct call *call, const struct call_leg *leg, unsigned code, bool lost)
{
	switch (code) {
	case 486:
	case 600:
		call->any_busy = true;
		return (struct loss){ "busy", "busy" };
	case 603:
		call->any_declined = true;
		return (struct loss){ "declined", "declined" };
	case 480:
	case 403:
		return (struct loss){ "missed", code == 403 ? "refused" : "no_answer" };
	default:
		if (lost && leg->trace.rang)
			return (struct loss){ "missed", "lost" };
		return (struct loss){ "failed", lost ? "unreachable" : "refused" };
	}
}

void leg_lose(struct call_leg *leg, unsigned code, bool lost)
{
	struct call *call = leg->call;
	const struct loss loss = loss_of(call, leg, code, lost);

	call->any_rang |= leg->trace.rang != 0;
	rung_lost(leg, code && !lost);
	call_leg_result(leg, loss.result, call->why ? call->why : loss.why);
	call_event(call, CALL_EV_LEG_LOST, leg);
	if (call->state == CALL_RINGING)
		ring_less(call);
}

static void leave_ring(struct call *call, uint64_t device)
{
	LIST_EACH(it, &call->legs) {
		struct call_leg *leg = CONTAINER_OF(it, struct call_leg, list);
		const bool last = it->next == it->prev;

		if (leg->device != device)
			continue;
		leg->kind->end(leg, &(struct leg_end){ .why = "stopped" });
		leg_lose(leg, 480, false);
		if (last) /* and with it perhaps the call */
			return;
	}
}

void call_leave(struct call *call, uint64_t device)
{
	struct rung *rung = rung_find(call, device);

	if (call->caller.device == device) {
		call_hang_up(call, NULL, "stopped");
		return;
	}
	if (call->answered) {
		if (call->answered->device == device)
			call_hang_up(call, call->answered, "stopped");
		return;
	}
	if (rung && rung->waits) {
		rung->waits = false;
		if (!ring_less(call))
			return;
	}
	leave_ring(call, device);
}

/* How they begin. */

struct call_leg *leg_new(struct call *call, const struct leg_kind *kind,
			 const struct dir_device *to)
{
	struct call_leg *leg = calloc(1, sizeof(*leg));

	if (!leg)
		return NULL;
	leg->call = call;
	leg->kind = kind;
	leg->number = ++call->nlegs;
	leg->device = to->number;
	strncpy(leg->name, to->name, sizeof(leg->name) - 1);
	strncpy(leg->code, to->unlock_code, sizeof(leg->code) - 1);
	list_init(&leg->list);
	return leg;
}

/* The history names also whom the bell did not reach. */
void leg_not_rung(struct call *call, const struct dir_device *to, const char *result,
		  const char *why)
{
	struct call_leg *leg = leg_new(call, &leg_nobody, to);

	if (!leg)
		return;
	rung_reached(call, to->number);
	call_leg_result(leg, result, why);
	free(leg);
}

struct wanted {
	struct call *call;
	const struct dir_device *to;
	enum legs which;
	unsigned max;
	unsigned seen, started, failed;
};

static bool start_app(void *arg, struct app_link *link)
{
	struct wanted *w = arg;
	const bool best = !w->seen++;

	if ((best && w->which == LEGS_OTHERS) || w->started == w->max)
		return w->started < w->max;
	if (app_link_has(link, w->call)) { /* one page, though it is several devices */
		rung_reached(w->call, w->to->number);
		return true;
	}
	if (leg_app_start(w->call, w->to, link))
		w->started++;
	else
		w->failed++;
	return w->which == LEGS_OTHERS;
}

static void start_phones(struct wanted *w)
{
	struct sip_binding bindings[BINDINGS_PER_DEVICE_MAX];
	const size_t n = sip_endpoint_bindings(w->call->sb->conf.endpoint, w->to->number, bindings,
					       BINDINGS_PER_DEVICE_MAX);

	for (size_t i = w->which == LEGS_OTHERS; i < n && w->started < w->max; i++) {
		if (leg_sip_start(w->call, w->to, &bindings[i]))
			w->started++;
		else
			w->failed++;
		if (w->which == LEGS_BEST)
			return;
	}
}

void legs_start(struct call *call, const struct dir_device *to, enum legs which, unsigned max)
{
	struct wanted w = { .call = call, .to = to, .which = which, .max = max };

	if (to->line)
		w.started += which == LEGS_BEST && leg_line_start(call, to);
	else if (to->app)
		app_each_link(call->sb, to->number, start_app, &w);
	else
		start_phones(&w);
	if (w.started)
		rung_reached(call, to->number);
	else if (which == LEGS_BEST && w.failed && !to->wakes) /* who sleeps may come yet */
		leg_not_rung(call, to, "failed", "refused");
}
