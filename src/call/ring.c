/* Who rings when: begins the steps of a call. */
#include "call/call_priv.h"

static int64_t now_ms(const struct call *call)
{
	return clock_mono_us(call->sb->conf.clock) / 1000;
}

static size_t legs_count(const struct call *call)
{
	size_t n = 0;

	for (const struct list *it = call->legs.next; it != &call->legs; it = it->next)
		n++;
	return n;
}

const struct dir_device *ring_device(const struct call *call, uint64_t number)
{
	const struct dir_device *d = directory_device(call->sb->conf.directory, number);

	return d && d->site_id == call->site_id ? d : NULL;
}

/* Somebody rings, or may yet come. */
static bool any(const struct call *call)
{
	return !list_empty(&call->legs) || rung_waiting(call);
}

int64_t ring_until(const struct call *call)
{
	const struct route *route = &call->steps.route;
	const int64_t last_s = route->n ? route->to[route->n - 1].after_s : 0;

	return call_now(call) + call->steps.bell_ms + last_s * 1000 + call->ring_ms - now_ms(call);
}

static const char quiet[] = "quiet";

/* Why it is not to ring, though it could; NULL: it is. */
static const char *kept_from(const struct call *call, const struct dir_device *to)
{
	if (!licence_allows(&to->licence, LICENCE_RING))
		return "unlicensed";
	return to->nquiet && quiet_at(to->quiet, to->nquiet, to->zone, call_now(call)) ? quiet : NULL;
}

/* False: it is not to ring, and the history knows. */
static bool may_ring(struct call *call, const struct dir_device *to)
{
	const char *why = kept_from(call, to);

	if (!why)
		return true;
	leg_not_rung(call, to, "unreachable", why);
	if (why == quiet)
		rung_hushed(call, to);
	return false;
}

/* A call has only so many legs: each device rings once before any rings twice, also those of the
 * steps to come, and those that may yet wake. */
static void step_start(struct call *call)
{
	size_t n;
	const struct dir_destination *step = steps_take(&call->steps, now_ms(call), &n);

	for (size_t i = 0; i < 2 * n; i++) {
		const struct dir_device *to = ring_device(call, step[i % n].device);
		const size_t taken =
			legs_count(call) + steps_left(&call->steps) + rung_waiting(call);

		if (to && i < n && may_ring(call, to) && rung_add(call, to) == 0)
			legs_start(call, to, LEGS_BEST, 1);
		else if (to && i >= n && rung_find(call, to->number) && taken < CALL_LEGS_MAX)
			legs_start(call, to, LEGS_OTHERS, (unsigned)(CALL_LEGS_MAX - taken));
	}
}

static bool ring_on(struct call *call);

static void on_ring_timer(void *arg)
{
	struct call *call = arg;

	if (!steps_left(&call->steps))
		call_event(call, CALL_EV_RING_TIMEOUT, NULL);
	else if (!ring_on(call))
		call_event(call, CALL_EV_ALL_LOST, NULL);
}

/* The next step, if any is left, begins now, and one after the other until somebody rings. False:
 * nobody does. */
static bool ring_on(struct call *call)
{
	int64_t wait;

	do {
		if (steps_left(&call->steps))
			step_start(call);
		wait = steps_wait_ms(&call->steps, now_ms(call));
	} while (wait == 0 || (wait > 0 && !any(call)));
	if (wait < 0)
		wait = call->ring_ms;
	return any(call) &&
	       timers_arm(call->sb->timers, &call->timer, wait, on_ring_timer, call) == 0;
}

bool ring_less(struct call *call)
{
	if (any(call) || ring_on(call))
		return true;
	call_event(call, CALL_EV_ALL_LOST, NULL);
	return false;
}

void ring_begin(struct call *call, const struct route *route)
{
	steps_begin(&call->steps, route, now_ms(call));
	call_event(call, ring_on(call) ? CALL_EV_ROUTED : CALL_EV_NOBODY, NULL);
}
