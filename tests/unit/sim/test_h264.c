#include "h264.h"
#include "../test.h"
#include <errno.h>
#include <string.h>

enum { NAL_MAX = 5000 };

/* What the payloads say, put together again by RFC 6184 section 5.8. */
struct taken {
	uint8_t nal[NAL_MAX];
	size_t n, payloads, markers;
};

static int take(const uint8_t *head, size_t head_n, const uint8_t *p, size_t n, bool marker,
		void *arg)
{
	struct taken *t = arg;

	assert_true(head_n + n <= H264_PAYLOAD_MAX);
	if (head_n) {
		assert_int_equal(head_n, 2);
		assert_int_equal(head[0] & 0x1f, 28);
		assert_int_equal(head[1] & 0x80, t->payloads ? 0 : 0x80);
		if (!t->payloads)
			t->nal[t->n++] = (uint8_t)((head[0] & 0xe0) | (head[1] & 0x1f));
	}
	memcpy(t->nal + t->n, p, n);
	t->n += n;
	t->payloads++;
	t->markers += marker;
	assert_int_equal(t->markers, marker);
	return 0;
}

static void every_size_comes_together_again(void **)
{
	static const size_t sizes[] = { 1,    2,    H264_PAYLOAD_MAX, H264_PAYLOAD_MAX + 1,
					2397, 2398, NAL_MAX };
	uint8_t nal[NAL_MAX];

	for (size_t i = 0; i < NAL_MAX; i++)
		nal[i] = (uint8_t)(i * 7);
	nal[0] = 0x65;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct taken t = {};

		assert_int_equal(h264_packetize(nal, sizes[i], true, true, take, &t), 0);
		assert_int_equal(t.n, sizes[i]);
		assert_memory_equal(t.nal, nal, t.n);
		assert_int_equal(t.markers, 1);
	}
}

static void start_codes_are_measured(void **)
{
	static const uint8_t four[] = { 0, 0, 0, 1, 9 };

	assert_int_equal(h264_start_code(four, 5), 4);
	assert_int_equal(h264_start_code(four + 1, 4), 3);
	assert_int_equal(h264_start_code(four + 2, 3), 0);
	assert_int_equal(h264_start_code(four, 3), 0);
}

static void nothing_is_no_nal(void **)
{
	struct taken t = {};

	assert_int_equal(h264_packetize(t.nal, 0, true, true, take, &t), EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_comes_together_again),
		cmocka_unit_test(start_codes_are_measured),
		cmocka_unit_test(nothing_is_no_nal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
