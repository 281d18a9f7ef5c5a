/* Keys pressed at a peer between the packets of sources that go there, as media/channel.c does it.
 * An input is steps of four bytes: what happens, and three of it. No number is given twice, which
 * would be a key stream used twice where the packets are sealed. */
#include "media/keypad.h"

#include <stdlib.h>
#include <string.h>

enum {
	HZ = 8000,
	STEP = 4,
	NUMBERS = 8192,     /* a power of two */
	NUMBERS_MAX = 4096, /* given in one run */
	PAYLOAD = 4,
};

enum what { SOUND, EVENT, KEY, TIME, STOP, WHATS };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct {
	struct keypad pad;
	struct line line;
	int64_t now_us;
	uint64_t given[NUMBERS]; /* 0: none; else the index and one */
	unsigned ngiven;
} w;

static void check(bool good)
{
	if (!good)
		abort();
}

static void give(const uint8_t *p, uint64_t index)
{
	unsigned at = (unsigned)(index * 2654435761U) % NUMBERS;
	struct rtp rtp;

	while (w.given[at]) {
		check(w.given[at] != index + 1);
		at = (at + 1) % NUMBERS;
	}
	w.given[at] = index + 1;
	w.ngiven++;
	check(rtp_read(p, RTP_HEADER_SIZE + PAYLOAD, &rtp) && rtp.seq == (uint16_t)index &&
	      rtp.ssrc == w.line.sender.ssrc);
}

static void packet(bool event, const uint8_t *d)
{
	const struct rtp rtp = { .ssrc = d[0] >> 7,
				 .seq = (uint16_t)(d[1] << 8 | d[2]),
				 .ts = (uint32_t)(d[0] & 0x7f) * 160,
				 .end = PAYLOAD };
	const uint8_t payload[PAYLOAD] = { d[0] & 0xf, (uint8_t)(d[2] & 0x80), 0, d[1] };
	uint8_t out[RTP_HEADER_SIZE + PAYLOAD];
	struct line_place place;

	if ((event && !keypad_passes(&w.pad, payload, &rtp, w.now_us)) || keypad_presses(&w.pad))
		line_hold(&w.line, &rtp, w.now_us);
	else if (line_packet(&w.line, payload, &rtp, 8, w.now_us, out, &place))
		give(out, place.index);
}

static void press_due(void)
{
	for (int64_t due; (due = keypad_due_us(&w.pad, w.now_us)) >= 0 && due <= w.now_us;) {
		uint8_t out[LINE_EVENT_SIZE];
		struct line_event event;
		struct line_place place;

		keypad_next(&w.pad, w.now_us, &event);
		check(digit_code('D') >= event.payload[0]);
		line_event(&w.line, &event, 101, w.now_us, out, &place);
		give(out, place.index);
	}
}

static void step(const uint8_t *d)
{
	static const char keys[] = "0123456789*#ABCD?";

	switch (d[0] % WHATS) {
	case SOUND:
	case EVENT:
		packet(d[0] % WHATS == EVENT, d + 1);
		break;
	case KEY:
		keypad_add(&w.pad, keys[d[1] % (sizeof(keys) - 1)], w.now_us);
		break;
	case TIME:
		w.now_us += d[1] * INT64_C(1000) + d[2];
		break;
	default:
		keypad_stop(&w.pad);
	}
	press_due();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	memset(&w, 0, sizeof(w));
	w.now_us = 1000000;
	if (!line_init(&w.line, HZ))
		return 0;
	if (n > 0 && data[0] & 1)
		line_join(&w.line, &(struct rtp){ .seq = data[0], .ts = 160 }, w.now_us);
	keypad_init(&w.pad, HZ, 0, &(struct digit){});
	for (size_t at = 1; at + STEP <= n && w.ngiven < NUMBERS_MAX; at += STEP)
		step(data + at);
	return 0;
}
