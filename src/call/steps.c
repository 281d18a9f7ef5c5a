#include "call/steps.h"

static int64_t after_ms(const struct dir_destination *to)
{
	return (int64_t)to->after_s * 1000;
}

void steps_begin(struct steps *steps, const struct route *route, int64_t now_ms)
{
	*steps = (struct steps){ .route = *route, .bell_ms = now_ms };
}

int64_t steps_wait_ms(const struct steps *steps, int64_t now_ms)
{
	int64_t wait;

	if (!steps_left(steps))
		return -1;
	wait = steps->bell_ms + after_ms(&steps->route.to[steps->next]) - now_ms;
	return wait > 0 ? wait : 0;
}

const struct dir_destination *steps_take(struct steps *steps, int64_t now_ms, size_t *ret_n)
{
	const struct dir_destination *to = &steps->route.to[steps->next];
	size_t n = 0;

	if (!steps_left(steps))
		return NULL;
	while (n < steps_left(steps) && to[n].after_s == to->after_s)
		n++;
	if (now_ms - after_ms(to) < steps->bell_ms)
		steps->bell_ms = now_ms - after_ms(to);
	steps->next += n;
	*ret_n = n;
	return to;
}

size_t steps_left(const struct steps *steps)
{
	return steps->route.n - steps->next;
}
