/* sim/g711.h - G.711 both ways (ITU-T G.711), a soft voice-like signal, and a level meter.
 * 8000 samples a second, 16-bit linear. Pure; each struct belongs to its caller. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { G711_RATE = 8000, G711_FRAME = 160 /* samples: 20 ms */ };
enum g711_law { G711_ULAW, G711_ALAW };

uint8_t g711_encode(enum g711_law law, int16_t sample);
int16_t g711_decode(enum g711_law law, uint8_t byte);

/* A signal with the pace of speech, about -24 dBFS: what a microphone at a door might hear. */
struct voice {
	uint64_t at; /* samples made so far */
};
void voice_make(struct voice *v, int16_t *pcm, size_t n);

enum { METER_SAMPLES = 4000, METER_FLOOR = -90 }; /* half a second; dBFS */

struct meter {
	double sum; /* of squares */
	size_t n;
	int dbfs;         /* of the last whole window */
	int64_t heard_ms; /* when that window ended, 0 = never */
};
void meter_add(struct meter *m, enum g711_law law, const uint8_t *p, size_t n, int64_t now_ms);
