/* Packets of one stream, RTP and RTCP, from several sources and over time. An input is a byte with
 * the payload types that were agreed to, then packets: a byte for what and from where, a byte for
 * the time since the last one, a byte of length, the bytes. */
#include "media/stream.h"

#include <stdlib.h>

enum { SOURCES = 4, STEP_US = 20000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool good)
{
	if (!good)
		abort();
}

static struct relay_stream peer_of(uint8_t what)
{
	struct relay_stream peer = {
		.rtcp_mux = what & 1,
		.strict = what & 2,
		.clock_hz = what & 4 ? 90000 : 0,
		.nformats = what & 8 ? 3 : 0,
		.formats = { { 0, 0, false }, { 101, 7, true }, { 99, 254, false } }
	};

	if (addr_parse("10.0.0.1:4000", &peer.rtp) || addr_parse("10.0.0.2:5060", &peer.signal))
		abort();
	if (what & 16)
		peer.rtp = (struct addr){};
	return peer;
}

static struct addr source(unsigned i)
{
	static const char *const texts[SOURCES] = { "10.0.0.1:4000", "10.0.0.1:4002",
						    "10.0.0.2:4000", "192.0.2.66:4000" };
	struct addr a;

	if (addr_parse(texts[i], &a))
		abort();
	return a;
}

static void hear_rtp(struct stream *s, const struct addr *from, const uint8_t *p, size_t n,
		     uint64_t now)
{
	const struct relay_stats before = s->stats;
	struct rtp rtp;
	const enum stream_verdict verdict = stream_hear(s, from, p, n, now, &rtp);
	const struct relay_stats *after = &s->stats;

	check(before.packets + before.invalid + before.refused + 1 ==
	      after->packets + after->invalid + after->refused);
	check((verdict == STREAM_INVALID) == (after->invalid > before.invalid));
	check((verdict == STREAM_REFUSED) == (after->refused > before.refused));
	if (verdict == STREAM_INVALID)
		return;
	check(rtp.payload >= RTP_HEADER_SIZE && rtp.payload <= rtp.end && rtp.end <= n &&
	      rtp.pt < RTP_FORMATS);
	check(!from || verdict == STREAM_REFUSED || addr_same(from, &s->from));
	check(stream_pt(s, s, rtp.pt) == rtp.pt);
	if (verdict != STREAM_REFUSED) {
		const char digit = stream_digit(s, p, &rtp);

		check(!digit || strchr("0123456789*#ABCD", digit));
	}
}

static void packet(struct stream *s, uint8_t what, const uint8_t *p, size_t n, uint64_t now)
{
	const struct addr from = source(what % SOURCES);
	const struct addr dest = stream_rtp_dest(s);
	struct addr to;

	if (what & 4)
		stream_hear_rtcp(s, &from, p, n);
	else
		hear_rtp(s, what & 8 && addr_is_set(&s->from) ? NULL : &from, p, n, now);
	if (what & 16 && stream_settles(s, now) && !stream_may_move(s, now))
		s->settled = true;
	if (what & 32)
		s->peer.strict = true;
	check(!s->settled || s->rank != STREAM_NONE);
	to = stream_rtp_dest(s);
	check(!addr_is_set(&dest) || addr_is_set(&to)); /* a way back is never lost */
	to = stream_rtcp_dest(s);
	check(!addr_is_set(&dest) || addr_is_set(&to));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint64_t now = 1000000;
	struct stream s;

	if (n == 0)
		return 0;
	const enum relay_kind kind = data[0] & 32 ? RELAY_VIDEO : RELAY_AUDIO;
	const struct relay_stream peer = peer_of(data[0]);

	stream_init(&s, kind);
	stream_set(&s, &peer, kind, now);
	for (size_t at = 1; at + 3 <= n;) {
		const size_t size = data[at + 2] < n - at - 3 ? data[at + 2] : n - at - 3;

		now += data[at + 1] * (uint64_t)STEP_US;
		packet(&s, data[at], data + at + 3, size, now);
		at += 3 + size;
	}
	check(stream_stats(&s).packets == s.stats.packets);
	return 0;
}
