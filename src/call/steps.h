/* call/steps.h - in which order the destinations of a call ring. Pure.
 *
 * A step is what rings from one moment on. It begins when its time has come, or as soon as nobody
 * of the steps before it rings any more; what comes later then moves forward with it, so that the
 * time between two steps stays what somebody has set. Who has begun to ring rings on. */
#pragma once
#include "call/route.h"

struct steps {
	struct route route;
	size_t next;     /* the first that has not begun to ring */
	int64_t bell_ms; /* monotonic; moves back when a step begins early */
};

void steps_begin(struct steps *steps, const struct route *route, int64_t now_ms);
/* Until the next step, 0 when it is due; -1: all have begun. */
int64_t steps_wait_ms(const struct steps *steps, int64_t now_ms);
/* The next step, which begins now; NULL when all have begun. Good for as long as *steps is. */
const struct dir_destination *steps_take(struct steps *steps, int64_t now_ms, size_t *ret_n);
/* How many destinations have yet to begin. */
size_t steps_left(const struct steps *steps);
