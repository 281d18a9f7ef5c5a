#include "media/renumber.h"

#include <assert.h>

void renumber_init(struct renumber *r, uint32_t clock_hz)
{
	*r = (struct renumber){ .clock_hz = clock_hz };
}

/* Timestamps go on by the time that has passed, and by one at least: it is another picture. */
uint32_t renumber_ts(const struct renumber *r, int64_t now_us)
{
	const int64_t ticks = (now_us - r->newest_us) * r->clock_hz / 1000000;

	return r->ts + (ticks > 0 ? (uint32_t)ticks : 1);
}

static void source_start(struct renumber *r, const struct rtp *rtp, int64_t now_us)
{
	r->ssrc = rtp->ssrc;
	r->seq = rtp->seq;
	r->seen = 0;
	r->run = (struct renumber_run){ rtp->seq, (int64_t)r->newest + 1 - rtp->seq };
	r->before = r->run;
	r->ts_offset = r->any || r->newest ? renumber_ts(r, now_us) - rtp->ts : 0;
	r->any = true;
}

/* True the first time. */
static bool first_seen(struct renumber *r, int64_t seq)
{
	const int64_t ahead = seq - r->seq;
	const uint64_t bit = ahead > 0 ? 1 : UINT64_C(1) << -ahead;

	if (ahead > 0)
		r->seen = ahead < RENUMBER_LATE ? r->seen << ahead : 0;
	if (r->seen & bit)
		return false;
	r->seen |= bit;
	return true;
}

bool renumber_take(struct renumber *r, const struct rtp *rtp, int64_t now_us,
		   struct renumbered *ret_packet)
{
	const int16_t ahead = (int16_t)(uint16_t)(rtp->seq - (uint16_t)r->seq);
	const bool source = !r->any || rtp->ssrc != r->ssrc || ahead > RENUMBER_AHEAD ||
			    ahead < -RENUMBER_BEHIND;
	const struct renumber_run *run = &r->run;
	int64_t seq;

	if (source)
		source_start(r, rtp, now_us);
	else if (ahead <= -RENUMBER_LATE)
		return false;
	seq = source ? r->seq : r->seq + ahead;
	if (seq < run->from)
		run = &r->before;
	if (seq < run->from || !first_seen(r, seq))
		return false;
	*ret_packet = (struct renumbered){
		.number = (uint64_t)(seq + run->offset),
		.ts = rtp->ts + r->ts_offset,
		.fresh = source || ahead > 0,
		.source = source,
	};
	if (ret_packet->fresh) {
		r->seq = seq;
		r->newest = ret_packet->number;
		r->ts = ret_packet->ts;
		r->newest_us = now_us;
	}
	return true;
}

uint64_t renumber_insert(struct renumber *r, struct renumbered *packet)
{
	assert(packet->fresh && packet->number == r->newest);
	if (r->seq > r->run.from)
		r->before = r->run;
	r->run = (struct renumber_run){ r->seq, r->run.offset + 1 };
	r->newest++;
	return packet->number++;
}

/* What comes next of the source has the next number. */
static void run_begin(struct renumber *r)
{
	r->run = (struct renumber_run){ r->seq + 1, (int64_t)r->newest - r->seq };
	r->before = r->run;
}

void renumber_join(struct renumber *r, const struct rtp *last, int64_t at_us)
{
	r->any = true;
	r->ssrc = last->ssrc;
	r->seq = last->seq;
	r->seen = 1;
	r->ts = last->ts;
	r->newest_us = at_us;
	run_begin(r);
}

uint64_t renumber_own(struct renumber *r)
{
	r->newest++;
	run_begin(r);
	return r->newest;
}

uint32_t renumber_begin(struct renumber *r, int64_t now_us)
{
	r->ts = renumber_ts(r, now_us);
	r->newest_us = now_us;
	return r->ts;
}

void renumber_hold(struct renumber *r, const struct rtp *rtp, int64_t now_us)
{
	const uint64_t newest = r->newest;
	struct renumbered packet;

	if (!renumber_take(r, rtp, now_us, &packet))
		return;
	r->newest = newest;
	run_begin(r);
}
