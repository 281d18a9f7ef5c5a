#include "base/list.h"
#include "base/map.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MANY = 100000 };

struct item {
	struct map_node node;
	char key[16];
};

static void finds_each_of_many_and_only_those(void **)
{
	static struct item items[MANY];
	struct map m;

	map_init(&m);
	for (int i = 0; i < MANY; i++) {
		snprintf(items[i].key, sizeof(items[i].key), "k%d", i);
		assert_int_equal(map_put(&m, &items[i].node, view_str(items[i].key)), 0);
	}
	for (int i = 0; i < MANY; i += 2)
		map_remove(&m, &items[i].node);
	assert_int_equal(m.count, MANY / 2);
	for (int i = 0; i < MANY; i++) {
		const struct map_node *node = map_get(&m, view_str(items[i].key));
		assert_ptr_equal(node, i % 2 ? &items[i].node : NULL);
	}
	map_free(&m);
}

/* However keys look, a search meets few others: neighbouring numbers, and long texts that differ at
 * their end only. */
static void no_chain_grows_with_the_map(void **)
{
	enum { CHAIN_MAX = 16 }; /* a longer one among MANY: less than once in a million runs */
	static struct item items[MANY];
	struct map m;

	map_init(&m);
	for (uint64_t i = 0; i < MANY; i++) {
		memcpy(items[i].key, &i, sizeof(i));
		assert_int_equal(map_put(&m, &items[i].node, (struct view){ items[i].key, 16 }), 0);
	}
	for (size_t i = 0; i < m.nbuckets; i++) {
		size_t n = 0;

		for (const struct map_node *node = m.buckets[i]; node; node = node->next)
			n++;
		assert_in_range(n, 0, CHAIN_MAX);
	}
	assert_in_range(m.nbuckets, MANY, 2 * MANY);
	map_free(&m);
}

static void a_taken_key_is_refused(void **)
{
	struct item a = { .key = "same" }, b = { .key = "same" };
	struct map m;

	map_init(&m);
	assert_null(map_get(&m, VIEW("same")));
	assert_int_equal(map_put(&m, &a.node, view_str(a.key)), 0);
	assert_int_equal(map_put(&m, &b.node, view_str(b.key)), -EEXIST);
	map_remove(&m, &b.node);
	assert_ptr_equal(map_get(&m, VIEW("same")), &a.node);
	map_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_each_of_many_and_only_those),
		cmocka_unit_test(no_chain_grows_with_the_map),
		cmocka_unit_test(a_taken_key_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
