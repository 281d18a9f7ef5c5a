/* base/rand.h - randomness by pointer. The system source is cryptographic and serves every thread;
 * a seeded one repeats a test run and belongs to its thread. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct rand {
	void (*fill)(struct rand *r, void *bytes, size_t n);
};

struct rand_seeded {
	struct rand rand; /* hand out &s->rand */
	uint64_t state;
};

struct rand *rand_system(void);
void rand_seeded_init(struct rand_seeded *s, uint64_t seed);
void rand_bytes(struct rand *r, void *bytes, size_t n);
/* 0 … bound-1, without bias; bound > 0. */
uint64_t rand_below(struct rand *r, uint64_t bound);
/* 2n hexadecimal digits and a NUL; n <= RAND_HEX_MAX. */
enum { RAND_HEX_MAX = 32 };
void rand_hex(struct rand *r, char *ret_hex, size_t n);
