#include "base/rand.h"
#include "../test.h"

#include <sodium.h>
#include <string.h>

/* Eight equal bytes by chance: once in 2^60 pairs. */
static void a_pool_never_gives_the_same_bytes_twice(void **)
{
	enum { DRAWS = 4 * RAND_POOL / 8 };
	uint64_t seen[DRAWS];
	struct rand_pool p;

	rand_pool_init(&p);
	for (size_t i = 0; i < DRAWS; i++) {
		rand_bytes(&p.rand, &seen[i], sizeof(seen[i]));
		assert_int_not_equal(seen[i], 0);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(seen[i], seen[k]);
	}
}

static void what_a_pool_gave_is_wiped(void **)
{
	static const unsigned char zeros[24];
	unsigned char drawn[24];
	struct rand_pool p;

	rand_pool_init(&p);
	rand_bytes(&p.rand, drawn, sizeof(drawn));
	assert_int_equal(p.left, RAND_POOL - sizeof(drawn));
	assert_memory_not_equal(drawn, zeros, sizeof(drawn));
	assert_memory_equal(p.bytes + p.left, zeros, sizeof(zeros));
}

static void a_pool_serves_more_than_it_holds(void **)
{
	unsigned char drawn[2 * RAND_POOL] = {};
	struct rand_pool p;

	rand_pool_init(&p);
	rand_bytes(&p.rand, drawn, sizeof(drawn));
	assert_memory_not_equal(drawn, drawn + RAND_POOL, RAND_POOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_never_gives_the_same_bytes_twice),
		cmocka_unit_test(what_a_pool_gave_is_wiped),
		cmocka_unit_test(a_pool_serves_more_than_it_holds),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
