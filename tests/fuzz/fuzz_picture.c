/* A door's packets, as they come from the network, into a picture. An input is packets: a byte of
 * length, the bytes. No number is given twice, and what was given is found as it was. */
#include "media/picture.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBERS_MAX = 1 << 20, STEP_US = 10000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint8_t given[NUMBERS_MAX / 8];

static void check(bool good)
{
	if (!good)
		abort();
}

static void given_once(uint64_t number)
{
	check(number > 0);
	if (number >= NUMBERS_MAX)
		return;
	check(!(given[number / 8] >> (number % 8) & 1));
	given[number / 8] |= (uint8_t)(1 << (number % 8));
}

static void hear(struct picture *p, const uint8_t *bytes, size_t n, int64_t now_us)
{
	struct picture_packet out[PICTURE_BURST], found;
	struct rtp rtp;
	unsigned count;

	if (!rtp_read(bytes, n, &rtp))
		return;
	count = picture_hear(p, bytes, &rtp, now_us, out);
	check(count <= PICTURE_BURST);
	for (unsigned i = 0; i < count; i++) {
		given_once(out[i].number);
		check(out[i].number <= picture_newest(p));
		check(picture_find(p, out[i].number, &found) && found.ts == out[i].ts &&
		      found.n == out[i].n && memcmp(found.payload, out[i].payload, found.n) == 0);
	}
	check(picture_key(p) <= picture_newest(p));
	check(!picture_key(p) || picture_find(p, picture_key(p), &found));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct picture *p;
	int64_t now_us = 0;

	check(picture_new(&p) == 0);
	memset(given, 0, sizeof(given));
	for (size_t at = 0; at + 1 <= n;) {
		const size_t size = data[at] < n - at - 1 ? data[at] : n - at - 1;

		hear(p, data + at + 1, size, now_us += STEP_US);
		at += 1 + size;
	}
	picture_free(p);
	return 0;
}
