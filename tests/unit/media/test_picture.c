#include "media/picture.h"
#include "../test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SPS = 0x67, PPS = 0x68, IDR = 0x65, SLICE = 0x41, SEI = 0x06, BIG = 1400 };

struct world {
	struct picture *picture;
	struct picture_packet out[PICTURE_BURST];
	uint16_t seq;
	uint32_t ts;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	*state = w;
	w->seq = 1000;
	return picture_new(&w->picture);
}

static int teardown(void **state)
{
	struct world *w = *state;

	picture_free(w->picture);
	free(w);
	return 0;
}

static unsigned hear_as(struct world *w, uint16_t seq, const void *payload, size_t n)
{
	uint8_t bytes[RTP_HEADER_SIZE + 2048] = {};
	const struct rtp rtp = { .ts = w->ts,
				 .ssrc = 1,
				 .seq = seq,
				 .payload = RTP_HEADER_SIZE,
				 .end = (uint16_t)(RTP_HEADER_SIZE + n) };

	memcpy(bytes + RTP_HEADER_SIZE, payload, n);
	return picture_hear(w->picture, bytes, &rtp, 0, w->out);
}

static unsigned hear(struct world *w, const void *payload, size_t n)
{
	return hear_as(w, w->seq++, payload, n);
}

static unsigned nal(struct world *w, uint8_t head)
{
	const uint8_t p[] = { head, 1, 2, 3 };

	return hear(w, p, sizeof(p));
}

static void next_picture(struct world *w)
{
	w->ts += 6000;
}

static const uint8_t both[] = { 0x78, 0, 4, SPS, 1, 2, 3, 0, 4, PPS, 1, 2, 3 };

static void parameter_sets_are_put_before_a_key_frame(void **state)
{
	struct world *w = *state;
	const uint8_t sps[] = { SPS, 1, 2, 3 }, pps[] = { PPS, 1, 2, 3 };

	assert_int_equal(picture_sets(w->picture, (struct view){ (const char *)sps, 4 },
				      (struct view){ (const char *)pps, 4 }),
			 0);
	assert_int_equal(nal(w, IDR), 2);
	assert_int_equal(w->out[0].n, sizeof(both));
	assert_memory_equal(w->out[0].payload, both, sizeof(both));
	assert_int_equal(w->out[0].number, 1);
	assert_int_equal(w->out[1].number, 2);
	assert_int_equal(w->out[0].ts, w->out[1].ts);
	assert_false(w->out[0].marker);
	assert_int_equal(nal(w, IDR), 1); /* another slice of it */
	next_picture(w);
	assert_int_equal(nal(w, SLICE), 1);
	assert_int_equal(w->out[0].number, 4);
	assert_int_equal(picture_key(w->picture), 1);
}

static void sets_in_the_stream_are_enough(void **state)
{
	struct world *w = *state;

	assert_int_equal(nal(w, SPS), 1);
	assert_int_equal(nal(w, PPS), 1);
	assert_int_equal(nal(w, SEI), 1);
	assert_int_equal(nal(w, IDR), 1);
	assert_int_equal(picture_key(w->picture), 1);
	next_picture(w);
	assert_int_equal(hear(w, both, sizeof(both)), 1);
	assert_int_equal(nal(w, IDR), 1);
	assert_int_equal(picture_key(w->picture), 5);
}

/* The sets came once; the second key frame comes without. */
static void sets_are_remembered(void **state)
{
	struct world *w = *state;
	const uint8_t first[] = { 0x7c, 0x85, 9 }, middle[] = { 0x7c, 0x05, 9 };

	hear(w, both, sizeof(both));
	next_picture(w);
	nal(w, SLICE);
	next_picture(w);
	assert_int_equal(hear(w, first, sizeof(first)), 2); /* FU-A */
	assert_memory_equal(w->out[0].payload, both, sizeof(both));
	assert_int_equal(hear(w, middle, sizeof(middle)), 1);
	assert_int_equal(picture_key(w->picture), 3);
}

static void without_sets_there_is_no_key_frame(void **state)
{
	struct world *w = *state;

	assert_int_equal(nal(w, IDR), 1);
	assert_int_equal(picture_key(w->picture), 0);
	assert_int_equal(picture_sets(w->picture, VIEW("\x68"), VIEW("\x67")), -EINVAL);
	assert_int_equal(picture_sets(w->picture, VIEW(""), VIEW("\x68")), -EINVAL);
}

static void what_was_sent_is_found(void **state)
{
	struct world *w = *state;
	struct picture_packet k;

	hear(w, both, sizeof(both));
	nal(w, IDR);
	hear_as(w, 1003, "late", 4);
	hear_as(w, 1002, "later", 5);
	assert_true(picture_find(w->picture, 3, &k));
	assert_int_equal(k.n, 5);
	assert_memory_equal(k.payload, "later", 5);
	assert_true(picture_find(w->picture, 1, &k));
	assert_int_equal(k.n, sizeof(both));
	assert_false(picture_find(w->picture, 5, &k));
	assert_false(picture_find(w->picture, 0, &k));
	assert_int_equal(hear_as(w, 1002, "forged", 6), 0);
}

static void old_packets_make_room(void **state)
{
	struct world *w = *state;
	uint8_t big[PICTURE_PAYLOAD_MAX + 1];
	struct picture_packet k;
	unsigned found = 0;

	memset(big, SLICE, sizeof(big));
	hear(w, both, sizeof(both));
	nal(w, IDR);
	assert_int_equal(picture_key(w->picture), 1);
	for (unsigned i = 0; i < 4000; i++) {
		big[1] = (uint8_t)i;
		assert_int_equal(hear(w, big, BIG), 1);
	}
	assert_int_equal(picture_key(w->picture), 0);
	for (uint64_t number = 1; number <= picture_newest(w->picture); number++) {
		if (!picture_find(w->picture, number, &k))
			continue;
		found++;
		assert_int_equal(k.n, BIG);
		assert_int_equal(k.payload[1], (uint8_t)(number - 3));
	}
	assert_in_range(found, PICTURE_BYTES / BIG - 2, PICTURE_BYTES / BIG);
	assert_int_equal(hear(w, big, sizeof(big)), 0);
}

static void many_small_packets_make_room_too(void **state)
{
	struct world *w = *state;
	struct picture_packet k;

	hear(w, both, sizeof(both));
	nal(w, IDR);
	for (unsigned i = 0; i < PICTURE_SLOTS; i++)
		nal(w, SLICE);
	assert_int_equal(picture_key(w->picture), 0);
	assert_false(picture_find(w->picture, 2, &k));
	assert_true(picture_find(w->picture, 3, &k));
}

static void broken_aggregates_are_passed_over(void **)
{
	static const uint8_t bad[][6] = { { 0x78, 0, 9, SPS, 1, 2 },
					  { 0x78, 0, 0, 0, 1, IDR },
					  { 0x78, 0xff, 0xff, SPS, 1, 2 } };
	struct h264_found f;

	for (unsigned i = 0; i < 3; i++) {
		for (size_t n = 0; n <= sizeof(bad[i]); n++) {
			f = h264_look(bad[i], n);
			assert_int_equal(f.sps.n, 0);
			assert_false(f.idr);
		}
	}
	f = h264_look((const uint8_t *)"\x7c", 1);
	assert_false(f.idr);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(parameter_sets_are_put_before_a_key_frame),
		T(sets_in_the_stream_are_enough),
		T(sets_are_remembered),
		T(without_sets_there_is_no_key_frame),
		T(what_was_sent_is_found),
		T(old_packets_make_room),
		T(many_small_packets_make_room_too),
		cmocka_unit_test(broken_aggregates_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
