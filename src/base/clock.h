/* base/clock.h - time by pointer, so that tests own it. The system clock serves every thread; a
 * virtual clock belongs to the thread of its test. */
#pragma once
#include <stdint.h>

struct clock {
	int64_t (*mono_us)(const struct clock *c); /* only differences mean something */
	int64_t (*wall_ms)(const struct clock *c); /* UTC since 1970 */
};

struct clock_virtual {
	struct clock clock; /* hand out &v->clock */
	int64_t now_us;
	int64_t epoch_ms; /* wall time at now_us = 0 */
};

const struct clock *clock_system(void);
void clock_virtual_init(struct clock_virtual *v, int64_t epoch_ms);
void clock_virtual_advance(struct clock_virtual *v, int64_t us);

static inline int64_t clock_mono_us(const struct clock *c)
{
	return c->mono_us(c);
}

static inline int64_t clock_wall_ms(const struct clock *c)
{
	return c->wall_ms(c);
}
