#include "media/line.h"

#include <openssl/rand.h>
#include <string.h>

bool line_init(struct line *line, uint32_t clock_hz)
{
	uint16_t first;

	*line = (struct line){ .sender.clock_hz = clock_hz };
	renumber_init(&line->numbers, clock_hz);
	if (RAND_bytes((uint8_t *)&line->sender.ssrc, sizeof(line->sender.ssrc)) != 1 ||
	    RAND_bytes((uint8_t *)&line->numbers.ts, sizeof(line->numbers.ts)) != 1 ||
	    RAND_bytes((uint8_t *)&first, sizeof(first)) != 1)
		return false;
	line->first = first % SENDER_FIRST_BELOW;
	return true;
}

void line_join(struct line *line, const struct rtp *last, int64_t at_us)
{
	line->sender.ssrc = last->ssrc;
	line->first = last->seq;
	renumber_join(&line->numbers, last, at_us);
}

bool line_packet(struct line *line, const uint8_t *p, const struct rtp *rtp, uint8_t pt,
		 int64_t now_us, uint8_t *ret_bytes, struct line_place *ret_place)
{
	struct renumbered r;

	if (!renumber_take(&line->numbers, rtp, now_us, &r))
		return false;
	*ret_place = (struct line_place){ line->first + r.number, r.ts };
	sender_header(&line->sender, pt, rtp->marker || r.source, ret_place->index, r.ts,
		      ret_bytes);
	memcpy(ret_bytes + RTP_HEADER_SIZE, p + rtp->payload, (size_t)(rtp->end - rtp->payload));
	return true;
}

void line_event(struct line *line, const struct line_event *event, uint8_t pt, int64_t now_us,
		uint8_t ret_bytes[LINE_EVENT_SIZE], struct line_place *ret_place)
{
	if (event->begins)
		line->event_ts = renumber_begin(&line->numbers, now_us);
	*ret_place = (struct line_place){ line->first + renumber_own(&line->numbers),
					  renumber_ts(&line->numbers, now_us) };
	sender_header(&line->sender, pt, event->begins, ret_place->index, line->event_ts,
		      ret_bytes);
	memcpy(ret_bytes + RTP_HEADER_SIZE, event->payload, LINE_EVENT_PAYLOAD);
}

void line_hold(struct line *line, const struct rtp *rtp, int64_t now_us)
{
	renumber_hold(&line->numbers, rtp, now_us);
}
