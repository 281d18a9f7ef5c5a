/* base/timer.h - many timers, few of which fire: a binary heap of timers embedded in their owners.
 *
 * One thread. Arm and cancel cost O(log n), asking for the next O(1). Whoever drives the heap (a
 * loop, or a test with a virtual clock) calls timers_run when timers_wait_us has passed. Timers due
 * at the same time fire in the order in which they were armed. */
#pragma once
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

typedef void timer_fn(void *arg);

struct timer {
	int64_t due_us;
	uint64_t order;
	size_t place; /* 1-based index in the heap; 0 = not armed, so zeroed memory is a timer */
	timer_fn *fn;
	void *arg;
};

struct timers {
	struct timer **heap;
	size_t count;
	size_t cap;
	uint64_t order;
	uint64_t moves; /* timers put into a place since the start: what the work grows with */
	const struct clock *clock;
	void (*on_earlier)(void *arg); /* the next due time moved forward; may be NULL */
	void *on_earlier_arg;
};

void timers_init(struct timers *ts, const struct clock *clock);
/* Forgets all timers without firing them. */
void timers_free(struct timers *ts);
/* Armed again, a timer moves. -ENOMEM leaves it as it was. */
[[nodiscard]] int timers_arm(struct timers *ts, struct timer *t, int64_t ms, timer_fn *fn, void *arg);
/* Does nothing to a timer that is not armed. */
void timers_cancel(struct timers *ts, struct timer *t);
/* Microseconds until the next is due (0 = now), or -1 without any. */
int64_t timers_wait_us(const struct timers *ts);
/* Fires what was due when the call began; handlers may arm, cancel and free timers. */
void timers_run(struct timers *ts);

static inline bool timer_armed(const struct timer *t)
{
	return t->place != 0;
}
