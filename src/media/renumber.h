/* media/renumber.h - one numbering over RTP sources that come and go.
 *
 * A browser ties its picture to one SSRC and takes a jump of sequence numbers for loss. So packets
 * of whatever source get numbers that go on from each other, gaps and late packets where the source
 * had them, and timestamps that go on with the time. A packet of our own can be put before one, or
 * behind the newest, and packets can be held back without leaving a gap.
 * Numbers count from 1 and never wrap, and none is given twice: whoever encrypts by them never uses
 * a nonce again. Pure; belongs to its stream. */
#pragma once
#include "media/rtp.h"

enum {
	RENUMBER_AHEAD =
		3000, /* sequence numbers (RFC 3550 appendix A.1); beyond it the source is new */
	RENUMBER_BEHIND = 500, /* the same backwards */
	RENUMBER_LATE = 64,    /* what is this far behind the newest gets no number any more */
};

/* From this extended sequence number of the source on, number = sequence number + offset. */
struct renumber_run {
	int64_t from;
	int64_t offset;
};

struct renumber {
	bool any;
	uint32_t ssrc;
	uint32_t clock_hz;
	int64_t seq;   /* the newest of the source, extended */
	uint64_t seen; /* bit i: seq - i */
	struct renumber_run run, before;
	uint64_t newest; /* number */
	uint32_t ts_offset;
	uint32_t ts; /* of the newest, as given out */
	int64_t newest_us;
};

struct renumbered {
	uint64_t number;
	uint32_t ts;
	bool fresh;  /* it is the newest */
	bool source; /* it is the first of a source */
};

void renumber_init(struct renumber *r, uint32_t clock_hz);
/* False when the packet is too late to have a number, or was here before. */
[[nodiscard]] bool renumber_take(struct renumber *r, const struct rtp *rtp, int64_t now_us,
				 struct renumbered *ret_packet);
/* Moves the packet just taken, which must be the newest, one number on; the one that it had is
 * free for a packet before it. */
uint64_t renumber_insert(struct renumber *r, struct renumbered *packet);

/* Before anything was taken: the source has sent so far without us, this packet last; it is number
 * 0, and timestamps stay what they are. */
void renumber_join(struct renumber *r, const struct rtp *last, int64_t at_us);
/* The number behind the newest, for a packet of our own; what is late by now has none any more. */
uint64_t renumber_own(struct renumber *r);
/* The timestamp of what begins now. */
uint32_t renumber_ts(const struct renumber *r, int64_t now_us);
/* The same, and it is the newest from then on. */
uint32_t renumber_begin(struct renumber *r, int64_t now_us);
/* A packet that does not go out: it leaves no gap, and time passes. */
void renumber_hold(struct renumber *r, const struct rtp *rtp, int64_t now_us);
