#include "g711.h"
#include <math.h>

enum { ULAW_BIAS = 0x84, ULAW_CLIP = 32635, ALAW_MASK = 0x55 };

static int segment(int magnitude, int first)
{
	int seg = 0;

	while (seg < 7 && magnitude >= first << (seg + 1))
		seg++;
	return seg;
}

static uint8_t ulaw_encode(int s)
{
	int sign = s < 0 ? 0x80 : 0;

	s = s < 0 ? -s : s;
	s = (s > ULAW_CLIP ? ULAW_CLIP : s) + ULAW_BIAS;
	int seg = segment(s, 0x80);
	return (uint8_t) ~(sign | seg << 4 | (s >> (seg + 3) & 0x0f));
}

static int16_t ulaw_decode(uint8_t byte)
{
	int b = (uint8_t)~byte;
	int s = (((b & 0x0f) << 3) + ULAW_BIAS) << (b >> 4 & 7);

	s -= ULAW_BIAS;
	return (int16_t)(b & 0x80 ? -s : s);
}

static uint8_t alaw_encode(int s)
{
	int sign = s < 0 ? 0 : 0x80;

	s = s < 0 ? -s - 1 : s;
	int seg = segment(s, 0x80);
	int value = seg ? seg << 4 | (s >> (seg + 3) & 0x0f) : s >> 4;
	return (uint8_t)((sign | value) ^ ALAW_MASK);
}

static int16_t alaw_decode(uint8_t byte)
{
	int b = byte ^ ALAW_MASK, seg = b >> 4 & 7;
	int s = ((b & 0x0f) << 4) + 8;

	if (seg)
		s = (s + 0x100) << (seg - 1);
	return (int16_t)(b & 0x80 ? s : -s);
}

uint8_t g711_encode(enum g711_law law, int16_t sample)
{
	return law == G711_ULAW ? ulaw_encode(sample) : alaw_encode(sample);
}

int16_t g711_decode(enum g711_law law, uint8_t byte)
{
	return law == G711_ULAW ? ulaw_decode(byte) : alaw_decode(byte);
}

void voice_make(struct voice *v, int16_t *pcm, size_t n)
{
	static const double peak = 0.09 * 32768, pitch = 140, syllables = 3.1;

	for (size_t i = 0; i < n; i++, v->at++) {
		double t = (double)v->at / G711_RATE;
		double breath = 0.55 + 0.45 * sin(2 * M_PI * syllables * t);
		double tone = sin(2 * M_PI * pitch * t) + 0.6 * sin(4 * M_PI * pitch * t) +
			      0.3 * sin(10 * M_PI * pitch * t);

		pcm[i] = (int16_t)lrint(peak * breath * tone);
	}
}

void meter_add(struct meter *m, enum g711_law law, const uint8_t *p, size_t n, int64_t now_ms)
{
	for (size_t i = 0; i < n; i++) {
		double s = g711_decode(law, p[i]) / 32768.0;
		m->sum += s * s;
	}
	m->n += n;
	if (m->n < METER_SAMPLES)
		return;
	double mean = m->sum / (double)m->n;
	int dbfs = mean > 0 ? (int)lrint(10 * log10(mean)) : METER_FLOOR;

	m->dbfs = dbfs < METER_FLOOR ? METER_FLOOR : dbfs;
	m->heard_ms = now_ms;
	m->sum = 0;
	m->n = 0;
}
