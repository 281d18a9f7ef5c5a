/* Tones that another hand makes: the frequencies of Q.23, and noise that must not be one. */
#include "base/rand.h"
#include "media/tone.h"
#include "../test.h"

#include <math.h>
#include <string.h>

enum { HZ = 8000, PACKET = 160, LEVEL = 6000 };

static const char keys[] = "123A456B789C*0#D";
static const double rows[] = { 697, 770, 852, 941 }, columns[] = { 1209, 1336, 1477, 1633 };

/* ITU-T G.711, by its definition and not by a table. */
static uint8_t ulaw(int x)
{
	const int sign = x < 0 ? 0x80 : 0, v = (x < 0 ? -x : x) + 132;
	int e = 7;

	while (e > 0 && !(v & (0x80 << e)))
		e--;
	return (uint8_t)~(sign | e << 4 | ((v >> (e + 3)) & 15));
}

static uint8_t alaw(int x)
{
	const int sign = x < 0 ? 0 : 0x80, v = x < 0 ? -x - 1 : x;
	int e = 7;

	while (e > 1 && !(v & (0x80 << e)))
		e--;
	if (v < 256)
		return (uint8_t)((sign | v >> 4) ^ 0x55);
	return (uint8_t)((sign | e << 4 | ((v >> (e + 3)) & 15)) ^ 0x55);
}

struct line {
	struct tone *tone;
	uint8_t pt;
	unsigned at;    /* samples so far */
	char heard[32];
	size_t n;
};

static void packet(struct line *l, const int *x)
{
	uint8_t p[PACKET];
	char key;

	for (unsigned i = 0; i < PACKET; i++)
		p[i] = l->pt == TONE_PT_ULAW ? ulaw(x[i]) : alaw(x[i]);
	l->at += PACKET;
	key = tone_hear(l->tone, l->pt, p, PACKET);
	if (key && l->n + 1 < sizeof(l->heard))
		l->heard[l->n++] = key;
}

/* For so many packets; key 0: silence. */
static void sound(struct line *l, char key, unsigned packets)
{
	const size_t at = key ? (size_t)(strchr(keys, key) - keys) : 0;
	int x[PACKET];

	for (; packets; packets--) {
		for (unsigned i = 0; i < PACKET; i++) {
			const double s = 2 * M_PI * (l->at + i) / HZ;

			x[i] = key ? (int)(LEVEL * (sin(s * rows[at / 4]) + sin(s * columns[at % 4]))) : 0;
		}
		packet(l, x);
	}
}

static void line_open(struct line *l, uint8_t pt)
{
	*l = (struct line){ .pt = pt };
	assert_int_equal(tone_new(&l->tone), 0);
}

static void every_key_is_heard_once(void **)
{
	static const uint8_t laws[] = { TONE_PT_ULAW, TONE_PT_ALAW };

	for (unsigned i = 0; i < 2; i++) {
		struct line l;

		line_open(&l, laws[i]);
		for (const char *key = keys; *key; key++) {
			sound(&l, *key, 5);
			sound(&l, 0, 4);
		}
		assert_string_equal(l.heard, keys);
		tone_free(l.tone);
	}
}

static void a_long_press_is_one(void **)
{
	struct line l;

	line_open(&l, TONE_PT_ALAW);
	sound(&l, '0', 100);
	sound(&l, 0, 4);
	sound(&l, '0', 3);
	assert_string_equal(l.heard, "00");
	tone_free(l.tone);
}

static void noise_and_single_tones_are_none(void **)
{
	struct rand_seeded rand;
	struct line l;
	int x[PACKET];

	rand_seeded_init(&rand, 1);
	line_open(&l, TONE_PT_ULAW);
	for (unsigned k = 0; k < 3000; k++) { /* a minute */
		for (unsigned i = 0; i < PACKET; i++) {
			const double s = 2 * M_PI * (l.at + i) / HZ;

			x[i] = k % 2 ? (int)rand_below(&rand.rand, 20000) - 10000 :
				       (int)(LEVEL * sin(s * rows[k / 2 % 4]));
		}
		packet(&l, x);
	}
	assert_string_equal(l.heard, "");
	tone_free(l.tone);
}

static void what_is_no_g711_is_not_listened_to(void **)
{
	uint8_t p[TONE_PACKET_MAX + 1] = {};
	struct tone *tone;

	assert_int_equal(tone_new(&tone), 0);
	assert_int_equal(tone_hear(tone, 9, p, PACKET), 0);
	assert_int_equal(tone_hear(tone, TONE_PT_ULAW, p, sizeof(p)), 0);
	assert_int_equal(tone_hear(tone, TONE_PT_ULAW, p, 0), 0);
	tone_free(tone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_heard_once),
		cmocka_unit_test(a_long_press_is_one),
		cmocka_unit_test(noise_and_single_tones_are_none),
		cmocka_unit_test(what_is_no_g711_is_not_listened_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
