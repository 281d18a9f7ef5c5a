#include "media/sender.h"

#include <arpa/inet.h>
#include <string.h>

/* Seconds from 1900 to 1970. */
#define NTP_EPOCH_S UINT64_C(2208988800)

void sender_header(const struct sender *s, uint8_t pt, bool marker, uint64_t index, uint32_t ts,
		   uint8_t ret_bytes[RTP_HEADER_SIZE])
{
	const uint32_t words[] = { htonl(ts), htonl(s->ssrc) };

	ret_bytes[0] = 0x80;
	ret_bytes[1] = (uint8_t)(marker << 7 | pt);
	ret_bytes[2] = (uint8_t)(index >> 8);
	ret_bytes[3] = (uint8_t)index;
	memcpy(ret_bytes + 4, words, sizeof(words));
}

void sender_note(struct sender *s, uint64_t index, uint32_t ts, size_t payload, int64_t now_us)
{
	s->packets++;
	s->bytes += (uint32_t)payload;
	if (s->any && index <= s->index)
		return;
	s->any = true;
	s->index = index;
	s->ts = ts;
	s->sent_us = now_us;
}

size_t sender_report(const struct sender *s, int64_t now_us, int64_t wall_ms, const char *cname,
		     const struct feedback_block *block, uint8_t ret_bytes[FEEDBACK_REPORT_MAX])
{
	const int64_t ticks = (now_us - s->sent_us) * s->clock_hz / 1000000;
	const uint64_t ms = (uint64_t)wall_ms;
	const struct feedback_sender report = {
		.ssrc = s->ssrc,
		.ntp = (ms / 1000 + NTP_EPOCH_S) << 32 | (ms % 1000 << 32) / 1000,
		.ts = s->ts + (uint32_t)ticks,
		.packets = s->packets,
		.bytes = s->bytes,
		.cname = cname,
		.block = block,
	};

	return feedback_report_print(&report, ret_bytes);
}
