#include "media/keypad.h"
#include "../test.h"

enum { HZ = 8000, STEP_US = KEYPAD_STEP_MS * 1000, PACKETS = 10, PT = 101 };

static struct keypad t;

static int setup(void **)
{
	keypad_init(&t, HZ, 1, &(struct digit){});
	return 0;
}

/* Sends what is due until nothing waits, and returns the keys; *now_us moves on. */
static const char *press_all(int64_t *now_us)
{
	static char keys[KEYPAD_KEYS_MAX + 1];
	unsigned n = 0;
	int64_t due_us;

	while ((due_us = keypad_due_us(&t, *now_us)) >= 0) {
		struct line_event e;

		*now_us = due_us;
		keypad_next(&t, *now_us, &e);
		if (e.begins)
			keys[n++] = "0123456789*#ABCD"[e.payload[0]];
	}
	keys[n] = '\0';
	return keys;
}

/* One packet by which the source presses; what becomes of it. */
static bool passes(uint32_t ssrc, uint32_t ts, uint8_t code, int64_t now_us)
{
	const uint8_t p[RTP_HEADER_SIZE + LINE_EVENT_PAYLOAD] = {
		[RTP_HEADER_SIZE] = code, 10, 0, 160
	};
	const struct rtp rtp = {
		.ssrc = ssrc, .ts = ts, .pt = PT, .payload = RTP_HEADER_SIZE, .end = sizeof(p)
	};

	return keypad_passes(&t, p, &rtp, now_us);
}

static void a_press_grows_ends_three_times_and_is_followed_by_a_pause(void **)
{
	int64_t now_us = 1000000;

	assert_true(keypad_add(&t, '*', now_us));
	assert_true(keypad_add(&t, 'D', now_us));
	for (unsigned i = 0; i < PACKETS; i++) {
		const unsigned units = (i < 8 ? i + 1 : 8) * 160;
		struct line_event e;

		assert_int_equal(keypad_due_us(&t, now_us), 1000000 + i * STEP_US);
		now_us = 1000000 + i * STEP_US;
		keypad_next(&t, now_us, &e);
		assert_int_equal(e.begins, i == 0);
		assert_int_equal(e.payload[0], 10);
		assert_int_equal(e.payload[1], (i >= 7 ? 0x80 : 0) | KEYPAD_VOLUME);
		assert_int_equal(rtp_get16(e.payload + 2), units);
		assert_int_equal(keypad_presses(&t), i < PACKETS - 1);
	}
	assert_int_equal(keypad_due_us(&t, now_us),
			 1000000 + (RELAY_PRESS_MS + RELAY_PAUSE_MS) * 1000);
	assert_string_equal(press_all(&now_us), "D");
	assert_int_equal(keypad_due_us(&t, now_us), -1);
}

static void no_more_wait_than_there_is_room_for(void **)
{
	int64_t now_us = 0;

	for (unsigned i = 0; i < KEYPAD_KEYS_MAX; i++)
		assert_true(keypad_add(&t, (char)('0' + i % 10), 0));
	assert_false(keypad_add(&t, '#', 0));
	assert_int_equal(strlen(press_all(&now_us)), KEYPAD_KEYS_MAX);
	assert_true(keypad_add(&t, '#', now_us));
	assert_false(keypad_add(&t, 'x', now_us));
	assert_false(keypad_add(&t, '\0', now_us));
	keypad_stop(&t);
	assert_int_equal(keypad_due_us(&t, now_us), -1);
}

/* By INFO and by packets: INFO was first. */
static void a_twin_is_not_passed_on(void **)
{
	int64_t now_us = 0;

	keypad_add(&t, '5', now_us);
	assert_string_equal(press_all(&now_us), "5");
	assert_false(passes(1, 1000, 5, now_us));
	assert_false(passes(1, 1000, 5, now_us)); /* nor what else belongs to it */
	assert_true(passes(1, 9000, 5, now_us));  /* pressed again */
	assert_true(passes(1, 9000, 5, now_us));
	keypad_add(&t, '6', now_us);
	assert_string_equal(press_all(&now_us), "6");
	assert_true(passes(1, 19000, 6, now_us + KEYPAD_TWIN_MS * 2000)); /* much later */
}

static void who_presses_meanwhile_waits(void **)
{
	int64_t now_us = 0;
	struct line_event e;

	assert_true(passes(1, 1000, 4, now_us));
	keypad_add(&t, '1', now_us);
	keypad_next(&t, now_us, &e);
	assert_false(passes(1, 1000, 4, now_us)); /* has begun before: it was heard */
	assert_false(passes(1, 3000, 7, now_us));
	assert_false(passes(1, 3000, 7, now_us));
	assert_string_equal(press_all(&now_us), "7");
	assert_false(passes(1, 3000, 7, now_us));
	assert_true(passes(1, 5000, 7, now_us));
}

static void another_source_begins_anew(void **)
{
	int64_t now_us = 0;

	keypad_add(&t, '5', now_us);
	press_all(&now_us);
	assert_false(passes(1, 1000000, 5, now_us));
	assert_true(passes(2, 1000, 8, now_us));
	assert_true(passes(2, 1000, 8, now_us));
}

#define KEYPAD_TEST(test) cmocka_unit_test_setup(test, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEYPAD_TEST(a_press_grows_ends_three_times_and_is_followed_by_a_pause),
		KEYPAD_TEST(no_more_wait_than_there_is_room_for),
		KEYPAD_TEST(a_twin_is_not_passed_on),
		KEYPAD_TEST(who_presses_meanwhile_waits),
		KEYPAD_TEST(another_source_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
