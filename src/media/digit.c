#include "media/digit.h"

#include "media/rtp.h"

#include <string.h>

enum { DIGIT_PAYLOAD_SIZE = 4, DIGIT_CODES = 16, DIGIT_END = 0x80 };

static const char keys[] = "0123456789*#ABCD";

/* A press longer than 65,535 units goes on in a segment that starts where the last one stopped. */
static bool is_segment(const struct digit *d, uint32_t ts, uint8_t code)
{
	return !d->ended && code == d->code && ts == d->ts + d->duration;
}

char digit_read(struct digit *d, uint32_t ts, const uint8_t *p, size_t n)
{
	uint8_t code;
	uint16_t duration;
	bool end, fresh;

	if (n < DIGIT_PAYLOAD_SIZE || p[0] >= DIGIT_CODES)
		return 0;
	code = p[0];
	end = p[1] & DIGIT_END;
	duration = rtp_get16(p + 2);
	if (d->any && (int32_t)(ts - d->ts) < 0)
		return 0;
	if (d->any && ts == d->ts) {
		d->ended |= end;
		if (duration > d->duration)
			d->duration = duration;
		return 0;
	}
	fresh = !d->any || !is_segment(d, ts, code);
	*d = (struct digit){ true, end, code, duration, ts };
	return fresh ? keys[code] : 0;
}

int digit_code(char key)
{
	const char *found = key ? strchr(keys, key) : NULL;

	return found ? (int)(found - keys) : -1;
}
