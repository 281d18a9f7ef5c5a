/* media/line.h - a stream that goes out in our numbering, under one SSRC, whatever sources its
 * packets come from, and telephone-events of our own (RFC 4733) among them.
 *
 * An index is what media/sender.h means by it: never given twice. Belongs to whoever sends. */
#pragma once
#include "media/renumber.h"
#include "media/sender.h"

enum { LINE_EVENT_PAYLOAD = 4, LINE_EVENT_SIZE = RTP_HEADER_SIZE + LINE_EVENT_PAYLOAD };

struct line {
	struct renumber numbers;
	uint64_t first; /* index of number 0 */
	struct sender sender;
	uint32_t event_ts; /* of the event that began last */
};

/* One packet of an event. */
struct line_event {
	bool begins;
	uint8_t payload[LINE_EVENT_PAYLOAD];
};

/* Of a packet that goes out, for sender_note. */
struct line_place {
	uint64_t index;
	uint32_t ts; /* when it goes out: an event's own is when that began */
};

/* False: there is no randomness. */
[[nodiscard]] bool line_init(struct line *line, uint32_t clock_hz);
/* Before anything went out: goes on behind a source whose packets went out as they were. */
void line_join(struct line *line, const struct rtp *last, int64_t at_us);

/* A packet as it goes out, under this payload type: RTP_HEADER_SIZE and its payload. False: too
 * late, or here before. */
[[nodiscard]] bool line_packet(struct line *line, const uint8_t *p, const struct rtp *rtp,
			       uint8_t pt, int64_t now_us, uint8_t *ret_bytes,
			       struct line_place *ret_place);
/* All packets of an event have the timestamp of its beginning. */
void line_event(struct line *line, const struct line_event *event, uint8_t pt, int64_t now_us,
		uint8_t ret_bytes[LINE_EVENT_SIZE], struct line_place *ret_place);
/* A packet that is held back while an event lasts. */
void line_hold(struct line *line, const struct rtp *rtp, int64_t now_us);
