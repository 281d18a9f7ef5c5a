/* Test calls: a button's phones and apps ring, without the door. */
#include "world.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t door_number(void)
{
	return strtoull(DOOR, NULL, 10);
}

static int try(struct world *w, unsigned button)
{
	int64_t call = 0;
	const int rc = switchboard_test(w->board, SITE, door_number(), button, &call);

	assert_int_equal(rc == 0, call != 0);
	if (rc == 0) {
		assert_int_equal(call, world_seen(w)->id);
		assert_true(world_seen(w)->test);
	}
	return rc;
}

/* So long after the answer, whoever it was of. */
static void hung_up_by_itself(struct world *w, uint64_t device)
{
	const struct call_trace *t;

	UNTIL(world_seen(w)->ended, CALL_TEST_TALK_MS);
	world_over(w, "answered");
	t = world_trace(w, device);
	assert_int_equal(world_seen(w)->by, device);
	assert_int_equal(t->ended - t->answered, CALL_TEST_TALK_MS);
	assert_string_equal(world_why(w, device), "peer_hangup");
	assert_int_equal(ua_calls(&w->door), 0);
}

STORY_APPS(a_phone_answers_a_test_and_is_hung_up_on, 1, 1)
{
	struct ua_call *phone;

	PHONE(0)->plan.answer_ms = 3000;
	world_page(w, PAGE(0), 0);
	assert_int_equal(try(w, 1), 0);
	assert_true(page_rings(PAGE(0)));
	assert_string_equal(page_last(PAGE(0))->with, DOOR);
	assert_false(page_last(PAGE(0))->video || page_last(PAGE(0))->camera);
	assert_int_equal(w->look.lookers, 0);
	assert_int_equal(page_last(PAGE(0))->switches, 0);
	UNTIL(ua_rings(PHONE(0)), world_slack(w));
	phone = ua_last(PHONE(0));
	UNTIL(world_seen(w)->answered, 3000 + world_slack(w));
	assert_non_null(strstr(phone->body, "m=audio "));
	assert_null(strstr(phone->body, "m=video ")); /* sound alone */
	assert_string_equal(page_last(PAGE(0))->why, "answered_elsewhere");
	hung_up_by_itself(w, ua_number(PHONE(0)));
	assert_true(phone->hung_up || w->storm);
	assert_string_equal(world_result(w, APP(0)), "elsewhere");
}

STORY_APPS(a_page_answers_a_test_and_opens_nothing, 1, 1)
{
	struct page *p = PAGE(0);

	world_page(w, p, 0);
	assert_int_equal(try(w, 1), 0);
	UNTIL(page_last(p)->up, world_slack(w));
	assert_true(page_last(p)->test);
	page_switch(p, 1);
	assert_string_equal(p->error, "no_such_switch");
	page_do(p, "answer");
	assert_int_equal(page_last(p)->state, PAGE_TALKING);
	page_switch(p, 1);
	assert_int_equal(p->errors, 2);
	hung_up_by_itself(w, APP(0));
	assert_string_equal(page_last(p)->why, "peer_hangup");
	assert_int_equal(world_seen(w)->opened, 0);
}

/* Its keys open nothing, and it may hold the call. */
STORY(what_a_phone_says_in_a_test_is_taken)
{
	struct ua_call *phone;

	if (w->storm) /* it may be over before any of it comes */
		return;
	PHONE(0)->plan = (struct ua_plan){ .ring_ms = 100, .answer_ms = 500, .pcma_first = true };
	assert_int_equal(try(w, 1), 0);
	UNTIL(world_seen(w)->answered, 1000);
	phone = ua_last(PHONE(0));
	assert_int_equal(phone->state, UA_TALKING);
	for (const char *key = CODE; *key; key++) {
		ua_info(phone, *key);
		world_wait(w, 100);
	}
	ua_offer(phone, "sendonly", false);
	UNTIL(phone->offer_code, 1000);
	assert_int_equal(phone->offer_code, 200);
	hung_up_by_itself(w, ua_number(PHONE(0)));
	assert_int_equal(world_seen(w)->opened, 0);
}

STORY(who_answers_a_test_may_hang_up_first)
{
	PHONE(1)->plan.answer_ms = 500;
	assert_int_equal(try(w, 1), 0);
	UNTIL(world_seen(w)->answered, 500 + world_slack(w));
	if (!w->storm) {
		UNTIL(ua_talking(PHONE(1)), 500);
		ua_bye(ua_talking(PHONE(1)));
	}
	world_over(w, "answered");
	if (!w->storm)
		assert_string_equal(world_why(w, ua_number(PHONE(1))), "hangup");
}

STORY(a_test_that_nobody_answers_ends)
{
	assert_int_equal(try(w, 1), 0);
	if (!w->storm) {
		UNTIL(ua_rings(PHONE(0)) && ua_rings(PHONE(3)), world_slack(w));
		world_wait(w, CALL_TEST_RING_MS - 2000);
		assert_true(ua_rings(PHONE(0)) && ua_rings(PHONE(3)));
		UNTIL(world_seen(w)->ended, 2000);
	}
	world_over(w, "missed");
	assert_int_equal(world_seen(w)->nlegs, 4);
}

STORY(all_decline_a_test)
{
	for (unsigned i = 0; i < w->nphones; i++)
		PHONE(i)->plan = (struct ua_plan){ .ring_ms = 100, .answer_ms = 500, .code = 603 };
	assert_int_equal(try(w, 1), 0);
	UNTIL(world_seen(w)->ended, 500 + 2 * world_slack(w));
	if (!w->storm)
		assert_string_equal(world_seen(w)->result, "declined");
}

STORY_APPS(a_test_that_reaches_nobody_is_over_at_once, 2, 1)
{
	for (unsigned i = 0; i < w->nphones; i++)
		sip_endpoint_unbind(w->endpoint, ua_number(PHONE(i)));
	assert_int_equal(try(w, 1), 0);
	assert_int_equal(world_seen(w)->ended, 1);
	assert_string_equal(world_seen(w)->result, "failed");
	assert_string_equal(world_result(w, ua_number(PHONE(0))), "unreachable");
	assert_string_equal(world_result(w, APP(0)), "unreachable");
	assert_int_equal(try(w, 1), 0); /* and the next one is none too many */
}

static int try_at(struct world *w, int64_t site, uint64_t device)
{
	int64_t call;

	return switchboard_test(w->board, site, device, 1, &call);
}

STORY(what_cannot_be_tested_is_refused)
{
	struct dir_device *door =
		(struct dir_device *)(uintptr_t)directory_device(w->directory, door_number());

	assert_int_equal(try(w, 0), -ENOENT);
	assert_int_equal(try(w, 2), -ENOENT);
	assert_int_equal(try(w, 1000000010), -ENOENT); /* a number is no button */
	assert_int_equal(try_at(w, SITE_OTHER, door_number()), -ENOENT);
	assert_int_equal(try_at(w, SITE, ua_number(PHONE(0))), -ENOENT);
	assert_int_equal(try_at(w, SITE, 1), -ENOENT);
	((struct dir_button *)(uintptr_t)door->buttons)->nto = 0;
	assert_int_equal(try(w, 1), -EHOSTUNREACH);
	assert_int_equal(w->nseen, 0);
}

/* One test at a time, and somebody at the door need not wait for it. */
STORY(the_bell_rings_beside_a_test)
{
	struct ua_call *door;

	if (w->storm) /* the weather makes no difference to what is counted */
		return;
	assert_int_equal(try(w, 1), 0);
	assert_int_equal(try(w, 1), -EBUSY);
	door = world_ring(w);
	UNTIL(door->rang, world_slack(w));
	assert_false(world_seen(w)->test);
	ua_cancel(door);
	UNTIL(w->seen[0].ended && w->seen[1].ended, CALL_TEST_RING_MS + 1000);
	assert_int_equal(try(w, 1), 0);
	world_restart(w);
	assert_int_equal(world_seen(w)->ended, 1);
}

STORY_APPS(a_test_wakes_whom_the_bell_would_wake, 0, 1)
{
	w->sleeps[0] = true;
	world_directory(w, 0, true);
	assert_int_equal(try(w, 1), 0);
	assert_int_equal(w->nwakes, 1);
	assert_true(w->wakes[0].test);
	world_page(w, PAGE(0), 0);
	UNTIL(page_rings(PAGE(0)) && page_last(PAGE(0))->up, world_slack(w));
	page_do(PAGE(0), "decline");
	world_over(w, "declined");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_TEST(a_phone_answers_a_test_and_is_hung_up_on),
		STORY_TEST(a_page_answers_a_test_and_opens_nothing),
		STORY_TEST(what_a_phone_says_in_a_test_is_taken),
		STORY_TEST(who_answers_a_test_may_hang_up_first),
		STORY_TEST(a_test_that_nobody_answers_ends),
		STORY_TEST(all_decline_a_test),
		STORY_TEST(a_test_that_reaches_nobody_is_over_at_once),
		STORY_TEST(what_cannot_be_tested_is_refused),
		STORY_TEST(the_bell_rings_beside_a_test),
		STORY_TEST(a_test_wakes_whom_the_bell_would_wake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
