#include "media/tone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include <spandsp/telephony.h>
#include <spandsp/logging.h>
#include <spandsp/bit_operations.h>
#include <spandsp/super_tone_rx.h>
#include <spandsp/g711.h>
#include <spandsp/dtmf.h>
#pragma GCC diagnostic pop

struct tone {
	dtmf_rx_state_t *rx;
};

int tone_new(struct tone **ret_tone)
{
	struct tone *tone = calloc(1, sizeof(*tone));

	if (!tone)
		return -ENOMEM;
	tone->rx = dtmf_rx_init(NULL, NULL, NULL);
	if (!tone->rx) {
		free(tone);
		return -ENOMEM;
	}
	*ret_tone = tone;
	return 0;
}

void tone_free(struct tone *tone)
{
	if (!tone)
		return;
	dtmf_rx_free(tone->rx);
	free(tone);
}

char tone_hear(struct tone *tone, uint8_t pt, const uint8_t *p, size_t n)
{
	int16_t samples[TONE_PACKET_MAX];
	char key[2] = "";

	if ((pt != TONE_PT_ULAW && pt != TONE_PT_ALAW) || n > TONE_PACKET_MAX)
		return 0;
	for (size_t i = 0; i < n; i++)
		samples[i] = pt == TONE_PT_ULAW ? ulaw_to_linear(p[i]) : alaw_to_linear(p[i]);
	dtmf_rx(tone->rx, samples, (int)n);
	return dtmf_rx_get(tone->rx, key, 1) ? key[0] : 0;
}
