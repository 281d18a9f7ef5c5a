#include "g711.h"
#include "../test.h"
#include <stdlib.h>

/* A segment's step is at most a sixteenth of it: both laws err by half of that, or by 8 near zero.
 */
static void a_sample_survives_both_ways(void **)
{
	for (enum g711_law law = G711_ULAW; law <= G711_ALAW; law++) {
		for (int s = -32000; s <= 32000; s += 7) {
			int back = g711_decode(law, g711_encode(law, (int16_t)s));
			assert_true(abs(back - s) <= abs(s) / 32 + 16);
		}
	}
}

/* ITU-T G.711: the words for silence and for the largest sample. */
static void known_words(void **)
{
	assert_int_equal(g711_encode(G711_ULAW, 0), 0xff);
	assert_int_equal(g711_encode(G711_ULAW, 32767), 0x80);
	assert_int_equal(g711_encode(G711_ULAW, -32768), 0x00);
	assert_int_equal(g711_encode(G711_ALAW, 0), 0xd5);
	assert_int_equal(g711_encode(G711_ALAW, 32767), 0xaa);
	assert_int_equal(g711_encode(G711_ALAW, -32768), 0x2a);
}

static void the_meter_tells_the_level(void **)
{
	uint8_t loud[G711_FRAME];
	struct meter m = { .dbfs = METER_FLOOR };

	for (size_t i = 0; i < sizeof(loud); i++) /* a square at half of full scale: -6 dBFS */
		loud[i] = g711_encode(G711_ULAW, i % 16 < 8 ? 16384 : -16384);
	for (size_t n = 0; n < METER_SAMPLES; n += sizeof(loud)) {
		assert_int_equal(m.heard_ms, 0);
		meter_add(&m, G711_ULAW, loud, sizeof(loud), 7);
	}
	assert_int_equal(m.dbfs, -6);
	assert_int_equal(m.heard_ms, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_survives_both_ways),
		cmocka_unit_test(known_words),
		cmocka_unit_test(the_meter_tells_the_level),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
