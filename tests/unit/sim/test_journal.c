#include "journal.h"
#include "../test.h"
#include <errno.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 };

static uint32_t subscribe(struct journal *j, int64_t back_s, const char *filter)
{
	const struct journal_wish wish = { .filter = view_str(filter),
					   .back_s = back_s,
					   .life_s = JOURNAL_LIFE_S };
	uint32_t id = 0;

	assert_int_equal(journal_subscribe(j, &wish, &id), 0);
	assert_int_not_equal(id, 0);
	return id;
}

/* How many events a pull gives; the last answer stays in out. */
static size_t pull(struct journal *j, uint32_t id, struct buf *out)
{
	size_t count = 0;

	buf_reset(out);
	assert_int_equal(journal_pull(j, id, out, &count), 0);
	assert_int_equal(out->err, 0);
	return count;
}

static void a_subscriber_gets_what_it_asked_for(void **)
{
	struct journal *j = journal_new();
	struct buf out = BUF_INIT(TEXT_MAX);

	journal_add(j, "DeviceState", JP_S("state", "startup"));
	uint32_t keys = subscribe(j, 0, "KeyPressed, SwitchStateChanged");
	uint32_t all = subscribe(j, INT64_MAX, "");
	journal_add(j, "KeyPressed", JP_S("key", "\"1\""));
	journal_add(j, "KeyReleased", JP_S("key", "1"));
	journal_add(j, "SwitchStateChanged", JP_I("switch", 1), JP_B("state", true));
	assert_int_equal(pull(j, all, &out), 4);
	assert_int_equal(pull(j, keys, &out), 2);
	assert_non_null(strstr(buf_cstr(&out), "\"params\":{\"key\":\"\\\"1\\\"\"}},{"));
	assert_non_null(strstr(buf_cstr(&out), "{\"switch\":1,\"state\":true}"));
	assert_int_equal(pull(j, keys, &out), 0);
	assert_string_equal(buf_cstr(&out), "{\"events\":[]}");
	assert_int_equal(journal_unsubscribe(j, keys), 0);
	assert_int_equal(journal_unsubscribe(j, keys), -ENOENT);
	assert_int_equal(journal_keep(j, keys, 1), -ENOENT);
	buf_free(&out);
	journal_free(j);
}

static void the_oldest_events_go_first(void **)
{
	struct journal *j = journal_new();
	struct buf out = BUF_INIT(TEXT_MAX);
	uint32_t id = subscribe(j, 0, "");
	size_t count = 0, n;

	for (int i = 0; i < JOURNAL_EVENTS_MAX + 5; i++)
		journal_add(j, "KeyPressed", JP_I("key", i));
	assert_int_equal(pull(j, id, &out), JOURNAL_PULL_MAX);
	assert_non_null(strstr(buf_cstr(&out), "{\"events\":[{\"id\":6,"));
	for (count = JOURNAL_PULL_MAX; (n = pull(j, id, &out)); count += n)
		assert_true(n <= JOURNAL_PULL_MAX);
	assert_int_equal(count, JOURNAL_EVENTS_MAX);
	buf_free(&out);
	journal_free(j);
}

static void channels_and_filters_are_checked(void **)
{
	struct journal *j = journal_new();
	struct journal_wish wish = { .filter = VIEW("KeyPressed,Nonsense"),
				     .life_s = JOURNAL_LIFE_S };
	uint32_t id;

	assert_int_equal(journal_subscribe(j, &wish, &id), -EINVAL);
	for (int i = 0; i < JOURNAL_SUBSCRIPTIONS_MAX; i++)
		subscribe(j, 0, "");
	wish.filter = VIEW("");
	assert_int_equal(journal_subscribe(j, &wish, &id), -EBUSY);
	journal_free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_subscriber_gets_what_it_asked_for),
		cmocka_unit_test(the_oldest_events_go_first),
		cmocka_unit_test(channels_and_filters_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
