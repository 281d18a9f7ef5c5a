#include "media/stream.h"

enum {
	MISORDER_MAX = 100, /* RFC 3550 A.1 */
	LOST_MAX = 0x7fffff,
	HZ_AUDIO = 8000,
	HZ_VIDEO = 90000,
};

static bool fresh_us(uint64_t since_us, uint64_t now_us, unsigned limit_ms)
{
	return now_us - since_us < limit_ms * UINT64_C(1000);
}

static void formats_index(struct stream *s)
{
	memset(s->codec_of, STREAM_CODEC_NONE, sizeof(s->codec_of));
	memset(s->pt_of, STREAM_PT_NONE, sizeof(s->pt_of));
	memset(s->event_pts, 0, sizeof(s->event_pts));
	for (unsigned i = 0; i < s->peer.nformats; i++) {
		const struct relay_format *f = &s->peer.formats[i];

		if (s->codec_of[f->pt & 127] == STREAM_CODEC_NONE)
			s->codec_of[f->pt & 127] = f->codec;
		if (s->pt_of[f->codec] == STREAM_PT_NONE)
			s->pt_of[f->codec] = f->pt & 127;
		if (f->event)
			s->event_pts[(f->pt & 127) >> 6] |= UINT64_C(1) << (f->pt & 63);
	}
}

void stream_init(struct stream *s, enum relay_kind kind)
{
	*s = (struct stream){ .peer.clock_hz = kind == RELAY_VIDEO ? HZ_VIDEO : HZ_AUDIO,
			      .stats.codec = RELAY_CODEC_NONE };
	formats_index(s);
}

static void latch_reset(struct stream *s)
{
	s->from = s->rtcp_from = (struct addr){};
	s->rank = STREAM_NONE;
	s->settled = false;
	s->candidate = (struct candidate){};
}

bool stream_set(struct stream *s, const struct relay_stream *peer, enum relay_kind kind,
		uint64_t now_us)
{
	bool moved = addr_is_set(&peer->rtp) && !addr_same(&peer->rtp, &s->peer.rtp);

	s->peer = *peer;
	if (s->peer.clock_hz == 0)
		s->peer.clock_hz = kind == RELAY_VIDEO ? HZ_VIDEO : HZ_AUDIO;
	formats_index(s);
	if (moved)
		latch_reset(s);
	s->ssrc_fresh = true;
	s->silent = false;
	s->watch_us = now_us;
	return moved;
}

static enum stream_rank rank_of(const struct stream *s, const struct addr *from)
{
	if (addr_same(from, &s->peer.rtp))
		return STREAM_EXACT;
	if (addr_same_host(from, &s->peer.rtp) || addr_same_host(from, &s->peer.signal))
		return STREAM_HOST;
	return s->peer.strict ? STREAM_NONE : STREAM_ANY;
}

/* Counts packets of one source and SSRC in sequence; true once there are enough. */
static bool probation_passed(struct candidate *c, const struct addr *from, const struct rtp *rtp)
{
	if (c->count > 0 && c->ssrc == rtp->ssrc && c->next == rtp->seq &&
	    addr_same(&c->from, from))
		c->count++;
	else
		*c = (struct candidate){ .from = *from, .ssrc = rtp->ssrc, .count = 1 };
	c->next = (uint16_t)(rtp->seq + 1);
	return c->count >= RELAY_PROBATION;
}

static int64_t epoch_lost(const struct stream *s)
{
	uint32_t expected = s->cycles + s->seq_max - s->seq_base + 1;

	return s->epoch_packets ? (int64_t)expected - (int64_t)s->epoch_packets : 0;
}

static void epoch_start(struct stream *s, const struct rtp *rtp)
{
	s->lost_before += epoch_lost(s);
	s->ssrc = rtp->ssrc;
	s->ssrc_known = true;
	s->ssrc_fresh = false;
	s->seq_base = s->seq_max = rtp->seq;
	s->cycles = 0;
	s->epoch_packets = 0;
	s->transit_known = false;
	s->ts_us = 0;
	s->digit = (struct digit){};
}

static void latch(struct stream *s, const struct addr *from, enum stream_rank rank,
		  const struct rtp *rtp, uint64_t now_us)
{
	s->from = *from;
	s->rtcp_from = (struct addr){};
	s->rank = rank;
	s->latched_us = now_us;
	s->settled = rank == STREAM_EXACT;
	s->candidate = (struct candidate){};
	if (!s->ssrc_known || s->ssrc != rtp->ssrc)
		epoch_start(s, rtp);
}

static bool continues(const struct stream *s, const struct rtp *rtp)
{
	uint16_t ahead = (uint16_t)(rtp->seq - s->seq_max);

	return rtp->ssrc == s->ssrc && ahead != 0 && ahead <= RELAY_MOVE_WINDOW;
}

/* A source that is not the latched one. */
static enum stream_verdict stranger(struct stream *s, const struct addr *from,
				    const struct rtp *rtp, uint64_t now_us)
{
	enum stream_rank rank = rank_of(s, from);

	if (rank == STREAM_NONE)
		return STREAM_REFUSED;
	if (s->settled) {
		if (!stream_may_move(s, now_us) || !continues(s, rtp) ||
		    !probation_passed(&s->candidate, from, rtp))
			return STREAM_REFUSED;
	} else if (rank <= s->rank) {
		return STREAM_REFUSED;
	} else if (rank == STREAM_ANY && !probation_passed(&s->candidate, from, rtp)) {
		return STREAM_REFUSED;
	}
	latch(s, from, rank, rtp, now_us);
	return STREAM_LATCHED;
}

/* RFC 3550 A.1 without its drops: the source is known, so a jump is passed on and counted anew. */
static void seq_count(struct stream *s, uint16_t seq)
{
	uint16_t ahead = (uint16_t)(seq - s->seq_max);

	if (s->epoch_packets == 0) {
		s->seq_base = s->seq_max = seq;
	} else if (ahead < 0x8000) {
		if (seq < s->seq_max)
			s->cycles += 1U << 16;
		s->seq_max = seq;
	} else if ((uint16_t)-ahead > MISORDER_MAX) {
		s->lost_before += epoch_lost(s);
		s->seq_base = s->seq_max = seq;
		s->cycles = 0;
		s->epoch_packets = 0;
	}
	s->epoch_packets++;
}

/* RFC 3550 A.8, integer form. */
static void jitter_count(struct stream *s, uint32_t ts, uint64_t now_us)
{
	uint32_t transit = (uint32_t)(now_us * s->peer.clock_hz / 1000000) - ts;
	int32_t d = (int32_t)(transit - s->transit);

	if (s->transit_known)
		s->jitter16 += (uint32_t)(d < 0 ? -(int64_t)d : d) - ((s->jitter16 + 8) >> 4);
	s->transit = transit;
	s->transit_known = true;
}

static void count(struct stream *s, const struct rtp *rtp, size_t n, uint64_t now_us)
{
	seq_count(s, rtp->seq);
	if (!stream_is_event(s, rtp->pt)) {
		jitter_count(s, rtp->ts, now_us);
		s->stats.codec = s->codec_of[rtp->pt];
		s->ts = rtp->ts;
		s->ts_us = now_us;
	}
	s->stats.packets++;
	s->stats.bytes += n;
	if (s->stats.first_us == 0)
		s->stats.first_us = now_us;
	s->stats.last_us = now_us;
}

enum stream_verdict stream_hear(struct stream *s, const struct addr *from, const uint8_t *p,
				size_t n, uint64_t now_us, struct rtp *ret_rtp)
{
	enum stream_verdict verdict = STREAM_PASS;

	if (!rtp_read(p, n, ret_rtp) ||
	    (s->peer.nformats && s->codec_of[ret_rtp->pt] == STREAM_CODEC_NONE)) {
		s->stats.invalid++;
		return STREAM_INVALID;
	}
	if (from != NULL && !addr_same(from, &s->from))
		verdict = stranger(s, from, ret_rtp, now_us);
	else if (ret_rtp->ssrc != s->ssrc) {
		if (!s->ssrc_fresh && !probation_passed(&s->candidate, &s->from, ret_rtp))
			verdict = STREAM_REFUSED;
		else
			epoch_start(s, ret_rtp);
	}
	if (verdict == STREAM_REFUSED)
		s->stats.refused++;
	else
		count(s, ret_rtp, n, now_us);
	return verdict;
}

static bool rtcp_source_ok(const struct stream *s, const struct addr *from, uint32_t ssrc)
{
	if (addr_is_set(&s->rtcp_from))
		return addr_same(from, &s->rtcp_from);
	if (s->rank != STREAM_NONE)
		return addr_same_host(from, &s->from) && (!s->ssrc_known || ssrc == s->ssrc);
	return addr_same_host(from, &s->peer.rtp) || addr_same_host(from, &s->peer.rtcp) ||
	       addr_same_host(from, &s->peer.signal);
}

enum stream_verdict stream_hear_rtcp(struct stream *s, const struct addr *from, const uint8_t *p,
				     size_t n)
{
	if (!rtcp_valid(p, n)) {
		s->stats.invalid++;
		return STREAM_INVALID;
	}
	if (from != NULL && !rtcp_source_ok(s, from, rtp_get32(p + 4))) {
		s->stats.refused++;
		return STREAM_REFUSED;
	}
	s->stats.rtcp_packets++;
	if (from != NULL && !addr_is_set(&s->rtcp_from)) {
		s->rtcp_from = *from;
		return STREAM_LATCHED;
	}
	return STREAM_PASS;
}

char stream_digit(struct stream *s, const uint8_t *p, const struct rtp *rtp)
{
	if (!stream_is_event(s, rtp->pt))
		return 0;
	return digit_read(&s->digit, rtp->ts, p + rtp->payload, rtp->end - rtp->payload);
}

bool stream_settles(const struct stream *s, uint64_t now_us)
{
	return s->rank != STREAM_NONE &&
	       (s->rank == STREAM_EXACT || !fresh_us(s->latched_us, now_us, RELAY_SETTLE_MS));
}

bool stream_may_move(const struct stream *s, uint64_t now_us)
{
	return s->settled && !fresh_us(s->stats.last_us, now_us, RELAY_MOVE_MS);
}

struct addr stream_rtp_dest(const struct stream *s)
{
	return addr_is_set(&s->from) ? s->from : s->peer.rtp;
}

struct addr stream_rtcp_dest(const struct stream *s)
{
	struct addr rtp = stream_rtp_dest(s);

	if (addr_is_set(&s->rtcp_from))
		return s->rtcp_from;
	if (s->peer.rtcp_mux || !addr_is_set(&rtp))
		return rtp;
	if (addr_is_set(&s->peer.rtcp) && s->rank != STREAM_ANY)
		return s->peer.rtcp;
	return addr_with_port(&rtp, (uint16_t)(ntohs(addr_port_raw(&rtp)) + 1));
}

struct relay_stats stream_stats(const struct stream *s)
{
	struct relay_stats ret = s->stats;

	ret.lost = s->lost_before + epoch_lost(s);
	ret.jitter_us = (uint32_t)((uint64_t)(s->jitter16 >> 4) * 1000000 / s->peer.clock_hz);
	return ret;
}

/* RFC 3550 A.3. Duplicates may make more of what came than was expected. */
bool stream_report(struct stream *s, struct feedback_block *ret_block)
{
	const struct relay_stats now = stream_stats(s);
	const int64_t lost = now.lost - s->reported_lost;
	const int64_t expected = (int64_t)(now.packets - s->reported_packets) + lost;
	const int64_t fraction = lost > 0 ? lost * 256 / expected : 0;

	if (!s->ssrc_known)
		return false;
	*ret_block = (struct feedback_block){
		.ssrc = s->ssrc,
		.fraction = (uint8_t)(fraction < 256 ? fraction : 255),
		.lost = (int32_t)(now.lost < LOST_MAX ? now.lost : LOST_MAX),
		.highest = s->cycles + s->seq_max,
		.jitter = s->jitter16 >> 4,
	};
	s->reported_lost = now.lost;
	s->reported_packets = now.packets;
	return true;
}
