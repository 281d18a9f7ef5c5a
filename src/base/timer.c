#include "base/timer.h"

#include <errno.h>
#include <stdlib.h>

enum { TIMERS_FIRST = 64 };

void timers_init(struct timers *ts, const struct clock *clock)
{
	*ts = (struct timers){ .clock = clock };
}

void timers_free(struct timers *ts)
{
	for (size_t i = 0; i < ts->count; i++)
		ts->heap[i]->place = 0;
	free(ts->heap);
	ts->heap = NULL;
	ts->count = ts->cap = 0;
}

static bool sooner(const struct timer *a, const struct timer *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static void place(struct timers *ts, size_t at, struct timer *t)
{
	ts->heap[at] = t;
	ts->moves++;
	t->place = at + 1;
}

static void sift_up(struct timers *ts, size_t at, struct timer *t)
{
	while (at > 0 && sooner(t, ts->heap[(at - 1) / 2])) {
		place(ts, at, ts->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	place(ts, at, t);
}

static void sift_down(struct timers *ts, size_t at, struct timer *t)
{
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= ts->count)
			break;
		if (child + 1 < ts->count && sooner(ts->heap[child + 1], ts->heap[child]))
			child++;
		if (!sooner(ts->heap[child], t))
			break;
		place(ts, at, ts->heap[child]);
		at = child;
	}
	place(ts, at, t);
}

static int timers_room(struct timers *ts)
{
	if (ts->count < ts->cap)
		return 0;
	const size_t cap = ts->cap ? ts->cap * 2 : TIMERS_FIRST;
	struct timer **heap = realloc(ts->heap, cap * sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	ts->heap = heap;
	ts->cap = cap;
	return 0;
}

int timers_arm(struct timers *ts, struct timer *t, int64_t ms, timer_fn *fn, void *arg)
{
	if (timer_armed(t))
		timers_cancel(ts, t); /* frees a place, so that the next line cannot fail */
	if (timers_room(ts) < 0)
		return -ENOMEM;
	t->due_us = clock_mono_us(ts->clock) + ms * 1000;
	t->order = ts->order++;
	t->fn = fn;
	t->arg = arg;
	ts->count++;
	sift_up(ts, ts->count - 1, t);
	if (t->place == 1 && ts->on_earlier)
		ts->on_earlier(ts->on_earlier_arg);
	return 0;
}

void timers_cancel(struct timers *ts, struct timer *t)
{
	if (!timer_armed(t))
		return;
	const size_t at = t->place - 1;
	struct timer *last = ts->heap[--ts->count];
	t->place = 0;
	if (last == t)
		return;
	if (at > 0 && sooner(last, ts->heap[(at - 1) / 2]))
		sift_up(ts, at, last);
	else
		sift_down(ts, at, last);
}

int64_t timers_wait_us(const struct timers *ts)
{
	if (ts->count == 0)
		return -1;
	const int64_t wait = ts->heap[0]->due_us - clock_mono_us(ts->clock);
	return wait > 0 ? wait : 0;
}

void timers_run(struct timers *ts)
{
	const int64_t now = ts->count > 0 ? clock_mono_us(ts->clock) : 0;
	const uint64_t end = ts->order; /* timers armed by handlers wait for the next run */

	while (ts->count > 0 && ts->heap[0]->due_us <= now && ts->heap[0]->order < end) {
		struct timer *t = ts->heap[0];
		timers_cancel(ts, t);
		t->fn(t->arg);
	}
}
