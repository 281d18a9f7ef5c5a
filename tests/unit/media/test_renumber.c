#include "media/renumber.h"
#include "../test.h"

enum { HZ = 8000, SECOND_US = 1000000 };

static struct renumber fresh(void)
{
	struct renumber r;

	renumber_init(&r, HZ);
	return r;
}

static struct renumbered take(struct renumber *r, uint32_t ssrc, uint16_t seq, uint32_t ts,
			      int64_t now_us)
{
	const struct rtp rtp = { .ssrc = ssrc, .seq = seq, .ts = ts };
	struct renumbered k;

	assert_true(renumber_take(r, &rtp, now_us, &k));
	return k;
}

static bool refused(struct renumber *r, uint32_t ssrc, uint16_t seq)
{
	const struct rtp rtp = { .ssrc = ssrc, .seq = seq };
	struct renumbered k;

	return !renumber_take(r, &rtp, 0, &k);
}

static void gaps_and_late_packets_stay(void **)
{
	struct renumber r = fresh();

	assert_int_equal(take(&r, 1, 65534, 10, 0).number, 1);
	assert_int_equal(take(&r, 1, 65535, 20, 0).number, 2);
	assert_int_equal(take(&r, 1, 2, 50, 0).number, 5);
	assert_false(take(&r, 1, 0, 30, 0).fresh);
	assert_int_equal(take(&r, 1, 1, 40, 0).number, 4);
	assert_int_equal(take(&r, 1, 3, 60, 0).number, 6);
	assert_int_equal(take(&r, 1, 4, 70, 0).ts, 70);
}

static void no_number_is_given_twice(void **)
{
	struct renumber r = fresh();

	take(&r, 1, 100, 0, 0);
	take(&r, 1, 102, 0, 0);
	assert_true(refused(&r, 1, 102));
	assert_true(refused(&r, 1, 100));
	take(&r, 1, 101, 0, 0);
	assert_true(refused(&r, 1, 101));
	take(&r, 1, 103 + RENUMBER_LATE, 0, 0);
	assert_true(refused(&r, 1, 103)); /* never came, but it is too late */
	take(&r, 1, 104, 0, 0);
	assert_true(refused(&r, 1, 104));
	assert_true(refused(&r, 1, 99)); /* before the first */
}

static void another_source_goes_on(void **)
{
	struct renumber r = fresh();
	struct renumbered k;

	take(&r, 1, 100, 5000, 0);
	assert_int_equal(take(&r, 1, 101, 5160, 20000).number, 2);
	k = take(&r, 2, 7, 999, 20000 + SECOND_US);
	assert_true(k.source);
	assert_int_equal(k.number, 3);
	assert_int_equal(k.ts, 5160 + HZ);
	k = take(&r, 2, 8, 999 + 160, 20000 + SECOND_US);
	assert_false(k.source);
	assert_int_equal(k.number, 4);
	assert_int_equal(k.ts, 5160 + HZ + 160);
	k = take(&r, 3, 9, 0, 20000 + SECOND_US); /* no time has passed */
	assert_int_equal(k.ts, 5160 + HZ + 160 + 1);
}

static void a_jump_is_another_source(void **)
{
	struct renumber r = fresh();

	take(&r, 1, 100, 0, 0);
	assert_int_equal(take(&r, 1, 100 + RENUMBER_AHEAD, 0, 0).number, 1 + RENUMBER_AHEAD);
	assert_int_equal(take(&r, 1, 10000, 0, 0).number, 2 + RENUMBER_AHEAD);
	assert_int_equal(take(&r, 1, 10000 - RENUMBER_BEHIND - 1, 0, 0).number, 3 + RENUMBER_AHEAD);
}

static void a_packet_of_ours_finds_its_place(void **)
{
	struct renumber r = fresh();
	struct renumbered k;

	take(&r, 1, 100, 0, 0);
	k = take(&r, 1, 103, 0, 0);
	assert_int_equal(renumber_insert(&r, &k), 4);
	assert_int_equal(k.number, 5);
	assert_int_equal(take(&r, 1, 102, 0, 0).number, 3); /* late, before ours */
	k = take(&r, 1, 105, 0, 0);
	assert_int_equal(k.number, 7);
	assert_int_equal(renumber_insert(&r, &k), 7);
	assert_int_equal(take(&r, 1, 104, 0, 0).number, 6);
	assert_int_equal(take(&r, 1, 106, 0, 0).number, 9);
	assert_true(refused(&r, 1, 101)); /* two runs back: nobody knows its place */
}

static void hold(struct renumber *r, uint32_t ssrc, uint16_t seq, uint32_t ts, int64_t now_us)
{
	const struct rtp rtp = { .ssrc = ssrc, .seq = seq, .ts = ts };

	renumber_hold(r, &rtp, now_us);
}

static void packets_of_ours_take_the_place_of_what_is_held_back(void **)
{
	struct renumber r = fresh();
	struct renumbered k;

	take(&r, 1, 100, 0, 0);
	take(&r, 1, 102, 320, 40000); /* 101 is late */
	assert_int_equal(renumber_begin(&r, 60000), 480);
	assert_int_equal(renumber_own(&r), 4);
	hold(&r, 1, 103, 480, 60000);
	hold(&r, 1, 105, 800, 100000); /* 104 is lost */
	hold(&r, 1, 105, 800, 100000);
	assert_int_equal(renumber_own(&r), 5);
	assert_true(refused(&r, 1, 101));
	assert_true(refused(&r, 1, 104)); /* now its number would be another's */
	assert_true(refused(&r, 1, 105));
	k = take(&r, 1, 106, 960, 120000);
	assert_int_equal(k.number, 6);
	assert_int_equal(k.ts, 960);
	assert_false(k.source);
	assert_int_equal(take(&r, 1, 108, 1280, 160000).number, 8); /* gaps are gaps again */
	assert_int_equal(take(&r, 1, 107, 1120, 160000).number, 7);
}

static void ours_may_come_first(void **)
{
	struct renumber r = fresh();
	struct renumbered k;

	assert_int_equal(renumber_own(&r), 1);
	assert_int_equal(renumber_begin(&r, SECOND_US), HZ);
	k = take(&r, 1, 100, 7, SECOND_US + 20000);
	assert_int_equal(k.number, 2);
	assert_int_equal(k.ts, HZ + HZ / 50);
	assert_true(k.source);
}

static void what_went_out_as_it_was_goes_on(void **)
{
	const struct rtp last = { .ssrc = 1, .seq = 65535, .ts = 5000 };
	struct renumber r = fresh();
	struct renumbered k;

	renumber_join(&r, &last, 0);
	assert_int_equal(renumber_begin(&r, 20000), 5160);
	assert_int_equal(renumber_own(&r), 1);
	assert_true(refused(&r, 1, 65535));
	k = take(&r, 1, 0, 5160, 20000);
	assert_int_equal(k.number, 2);
	assert_int_equal(k.ts, 5160);
	assert_false(k.source);
}

/* Whatever comes, in whatever order: a number seals one packet. */
static void no_number_is_given_twice_with_ours_among_them(void **)
{
	enum { PACKETS = 20000, NUMBERS_MAX = 64 * PACKETS };
	static bool given[NUMBERS_MAX];
	struct renumber r = fresh();
	uint32_t random = 1, ssrc = 1;
	uint16_t seq = 65000;

	for (unsigned i = 0; i < PACKETS; i++) {
		struct rtp rtp;
		struct renumbered k = {};

		random = random * 1664525 + 1013904223;
		seq = (uint16_t)(seq + (random >> 28 & 3)); /* repeated, or with gaps */
		ssrc += (random >> 8 & 255) == 7;
		rtp = (struct rtp){ .ssrc = ssrc,
				    .seq = (uint16_t)(seq - (random >> 24 & 7)), /* or late */
				    .ts = i * 160 };
		if ((random >> 16 & 7) == 0)
			k.number = renumber_own(&r);
		else if ((random >> 16 & 7) == 1)
			renumber_hold(&r, &rtp, i);
		else if (!renumber_take(&r, &rtp, i, &k))
			continue;
		if (!k.number)
			continue;
		assert_true(k.number < NUMBERS_MAX);
		if (given[k.number])
			fail_msg("packet %u: %u again", i, (unsigned)k.number);
		given[k.number] = true;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_and_late_packets_stay),
		cmocka_unit_test(no_number_is_given_twice),
		cmocka_unit_test(another_source_goes_on),
		cmocka_unit_test(a_jump_is_another_source),
		cmocka_unit_test(a_packet_of_ours_finds_its_place),
		cmocka_unit_test(packets_of_ours_take_the_place_of_what_is_held_back),
		cmocka_unit_test(no_number_is_given_twice_with_ours_among_them),
		cmocka_unit_test(ours_may_come_first),
		cmocka_unit_test(what_went_out_as_it_was_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
