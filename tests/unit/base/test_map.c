#include "base/list.h"
#include "base/map.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>

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
		cmocka_unit_test(a_taken_key_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
