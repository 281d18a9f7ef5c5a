#include "base/clock.h"

#include "base/list.h"

#include <time.h>

static int64_t system_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t system_mono_us(const struct clock *)
{
	return system_us(CLOCK_MONOTONIC);
}

static int64_t system_wall_ms(const struct clock *)
{
	return system_us(CLOCK_REALTIME) / 1000;
}

const struct clock *clock_system(void)
{
	static const struct clock system_clock = { system_mono_us, system_wall_ms };

	return &system_clock;
}

static int64_t virtual_mono_us(const struct clock *c)
{
	return CONTAINER_OF(c, const struct clock_virtual, clock)->now_us;
}

static int64_t virtual_wall_ms(const struct clock *c)
{
	const struct clock_virtual *v = CONTAINER_OF(c, const struct clock_virtual, clock);

	return v->epoch_ms + v->now_us / 1000;
}

void clock_virtual_init(struct clock_virtual *v, int64_t epoch_ms)
{
	*v = (struct clock_virtual){ .clock = { virtual_mono_us, virtual_wall_ms },
				     .epoch_ms = epoch_ms };
}

void clock_virtual_advance(struct clock_virtual *v, int64_t us)
{
	v->now_us += us;
}
