/* server/errand.h - what a worker has a loop's thread do, and waits for.
 *
 * Both may be the last to hold it: a worker that has waited long enough leaves, and what it asked
 * for is done all the same. */
#pragma once
#include "io/loop.h"

#include <stddef.h>

enum { ERRAND_SIZE_MAX = 256 };

/* What is to be done, on the loop's thread; what it writes to `what` goes back. */
typedef int errand_fn(void *arg, void *what);

/* Not on the loop's thread. `what` has n bytes, ERRAND_SIZE_MAX at most. What fn says, or -EAGAIN:
 * not within wait_ms, or the loop has too much to do; -ENOMEM. */
[[nodiscard]] int errand_run(struct loop *loop, errand_fn *fn, void *arg, void *what, size_t n,
			     unsigned wait_ms);
