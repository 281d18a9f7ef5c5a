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

/* What the system gave for later: one system call for many small draws. Its bytes are given out
 * once and wiped. Belongs to its thread. */
enum { RAND_POOL = 1024 };
struct rand_pool {
	struct rand rand; /* hand out &p->rand */
	size_t left;
	unsigned char bytes[RAND_POOL];
};

struct rand *rand_system(void);
void rand_pool_init(struct rand_pool *p);
void rand_seeded_init(struct rand_seeded *s, uint64_t seed);
void rand_bytes(struct rand *r, void *bytes, size_t n);
/* 0 … bound-1, without bias; bound > 0. */
uint64_t rand_below(struct rand *r, uint64_t bound);
/* 2n hexadecimal digits and a NUL; n <= RAND_HEX_MAX. */
enum { RAND_HEX_MAX = 32 };
void rand_hex(struct rand *r, char *ret_hex, size_t n);
