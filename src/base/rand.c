#include "base/rand.h"

#include "base/list.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static void system_fill(struct rand *, void *bytes, size_t n)
{
	randombytes_buf(bytes, n);
}

struct rand *rand_system(void)
{
	static struct rand system_rand = { system_fill };

	return &system_rand;
}

static void pool_fill(struct rand *r, void *bytes, size_t n)
{
	struct rand_pool *p = CONTAINER_OF(r, struct rand_pool, rand);

	if (n > RAND_POOL) {
		randombytes_buf(bytes, n);
		return;
	}
	if (n > p->left) {
		randombytes_buf(p->bytes, sizeof(p->bytes));
		p->left = sizeof(p->bytes);
	}
	p->left -= n;
	memcpy(bytes, p->bytes + p->left, n);
	sodium_memzero(p->bytes + p->left, n);
}

void rand_pool_init(struct rand_pool *p)
{
	*p = (struct rand_pool){ .rand = { pool_fill } };
}

/* SplitMix64: short, and good enough to vary a test. */
static uint64_t seeded_next(struct rand_seeded *s)
{
	uint64_t z = (s->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void seeded_fill(struct rand *r, void *bytes, size_t n)
{
	struct rand_seeded *s = CONTAINER_OF(r, struct rand_seeded, rand);
	char *at = bytes;

	while (n > 0) {
		const uint64_t word = seeded_next(s);
		const size_t part = n < sizeof(word) ? n : sizeof(word);
		memcpy(at, &word, part);
		at += part;
		n -= part;
	}
}

void rand_seeded_init(struct rand_seeded *s, uint64_t seed)
{
	*s = (struct rand_seeded){ .rand = { seeded_fill }, .state = seed };
}

void rand_bytes(struct rand *r, void *bytes, size_t n)
{
	r->fill(r, bytes, n);
}

uint64_t rand_below(struct rand *r, uint64_t bound)
{
	const uint64_t skip = (UINT64_MAX - bound + 1) % bound; /* 2^64 mod bound */
	uint64_t word;

	do
		r->fill(r, &word, sizeof(word));
	while (word < skip);
	return word % bound;
}

void rand_hex(struct rand *r, char *ret_hex, size_t n)
{
	unsigned char bytes[RAND_HEX_MAX];

	assert(n <= RAND_HEX_MAX);
	r->fill(r, bytes, n);
	sodium_bin2hex(ret_hex, 2 * n + 1, bytes, n);
}
