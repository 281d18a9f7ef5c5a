/* Destinations that begin to ring one after the other. */
#include "world.h"

/* The phones with a number in seconds each. */
static void order(struct world *w, unsigned a, unsigned b, unsigned c, unsigned d)
{
	const unsigned after_s[] = { a, b, c, d };

	for (unsigned i = 0; i < w->nphones; i++)
		w->after_s[i] = after_s[i];
	world_directory(w, w->nphones, true);
}

/* Nobody has called it until then. */
static void quiet_for(struct world *w, const struct ua *ua, int64_t ms)
{
	world_wait(w, ms);
	assert_null(ua_last(ua));
}

STORY(each_step_begins_at_its_time_and_who_rings_rings_on)
{
	struct ua_call *door;

	order(w, 0, 0, 20, 40);
	door = world_ring(w);
	UNTIL(ua_rings(PHONE(0)) && ua_rings(PHONE(1)), world_slack(w));
	if (w->storm) { /* when what is late begins is told below */
		ua_cancel(door);
		UNTIL(door->state == UA_OVER, 2 * world_slack(w));
		return;
	}
	quiet_for(w, PHONE(2), 19000 - world_slack(w));
	UNTIL(ua_rings(PHONE(2)), 1500 + world_slack(w));
	quiet_for(w, PHONE(3), 18000 - world_slack(w));
	UNTIL(ua_rings(PHONE(3)), 3000 + world_slack(w));
	assert_true(ua_rings(PHONE(0)) && ua_rings(PHONE(1)) && ua_rings(PHONE(2)));
	world_wait(w, RING_MS - 3000); /* the time-out counts from the last step */
	assert_true(ua_rings(PHONE(0)) && ua_rings(PHONE(3)));
	UNTIL(door->state == UA_OVER, 4000);
	assert_int_equal(door->code, 480);
	world_over(w, "missed");
	assert_int_equal(world_seen(w)->nlegs, 4);
}

STORY(who_answers_keeps_the_later_steps_from_ringing)
{
	struct ua_call *door;

	order(w, 0, 0, 20, 20);
	PHONE(0)->plan.answer_ms = 3000;
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 3000 + world_slack(w));
	if (!w->storm)
		quiet_for(w, PHONE(2), 30000);
	ua_bye(door);
	world_over(w, "answered");
	if (!w->storm)
		assert_int_equal(world_seen(w)->nlegs, 2);
}

STORY(the_next_step_begins_at_once_when_all_before_it_refuse)
{
	struct ua_call *door;

	order(w, 0, 0, 20, 40);
	PHONE(0)->plan = (struct ua_plan){ .ring_ms = 100, .answer_ms = 500, .code = 603 };
	PHONE(1)->plan = (struct ua_plan){ .ring_ms = 100, .answer_ms = 1500, .code = 486 };
	door = world_ring(w);
	UNTIL(ua_rings(PHONE(2)), 2000 + 3 * world_slack(w));
	if (!w->storm) { /* and the one after it comes as long after it as before */
		quiet_for(w, PHONE(3), 18500);
		UNTIL(ua_rings(PHONE(3)), 1500 + world_slack(w));
	}
	ua_cancel(door);
	UNTIL(door->state == UA_OVER, 2 * world_slack(w));
	world_over(w, "missed");
}

STORY(steps_that_reach_nobody_are_passed_over)
{
	struct ua_call *door;

	order(w, 0, 0, 20, 60);
	for (unsigned i = 0; i < 3; i++)
		sip_endpoint_unbind(w->endpoint, ua_number(PHONE(i)));
	PHONE(3)->plan.answer_ms = 1000;
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 1000 + world_slack(w));
	ua_bye(door);
	world_over(w, "answered");
	assert_int_equal(world_seen(w)->by, ua_number(PHONE(3)));
	assert_int_equal(world_seen(w)->nlegs, 4);
}

STORY(when_all_steps_have_refused_so_does_the_call)
{
	struct ua_call *door;

	order(w, 0, 10, 20, 30);
	for (unsigned i = 0; i < w->nphones; i++)
		PHONE(i)->plan = (struct ua_plan){ .ring_ms = 100, .answer_ms = 500, .code = 603 };
	door = world_ring(w);
	UNTIL(door->state == UA_OVER, 4 * (500 + 2 * world_slack(w)));
	assert_int_equal(door->code, 603);
	world_over(w, "declined");
	assert_int_equal(world_seen(w)->nlegs, 4);
}

STORY(a_device_that_went_before_its_step_is_passed_over)
{
	struct ua_call *door;

	if (w->storm) /* the weather makes no difference to the directory */
		return;
	order(w, 0, 0, 0, 20);
	door = world_ring(w);
	UNTIL(ua_rings(PHONE(0)), world_slack(w));
	world_directory(w, 3, true);
	world_wait(w, 30000);
	assert_null(ua_last(PHONE(3)));
	assert_true(ua_rings(PHONE(0)));
	ua_cancel(door);
	world_over(w, "missed");
	assert_int_equal(world_seen(w)->nlegs, 3);
}

static struct dir_device *device_of(struct world *w, const struct ua *ua)
{
	return (struct dir_device *)(uintptr_t)directory_device(w->directory, ua_number(ua));
}

/* What the history has of it. */
static const char *result_of(const struct world *w, const struct ua *ua)
{
	const struct seen *s = &w->seen[w->nseen - 1];

	for (unsigned i = 0; i < s->nlegs; i++)
		if (s->legs[i].device == ua_number(ua))
			return s->legs[i].result;
	return "none";
}

static const struct quiet_time always[] = { { 127, 0, QUIET_DAY_MIN } };
static const struct zone utc;

STORY(who_is_in_a_quiet_time_is_not_rung)
{
	struct ua_call *door;

	order(w, 0, 0, 20, 20);
	for (unsigned i = 0; i < 2; i++) {
		device_of(w, PHONE(i))->quiet = always;
		device_of(w, PHONE(i))->nquiet = 1;
		device_of(w, PHONE(i))->zone = &utc;
	}
	PHONE(2)->plan.answer_ms = 3000;
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 3000 + world_slack(w)); /* the next step need not wait */
	assert_null(ua_last(PHONE(0)));
	assert_null(ua_last(PHONE(1)));
	assert_string_equal(result_of(w, PHONE(0)), "unreachable");
	assert_string_equal(result_of(w, PHONE(2)), "answered");
	ua_bye(door);
	world_over(w, "answered");
	assert_int_equal(world_seen(w)->nlegs, 4);
}

STORY(who_has_no_licence_is_not_rung)
{
	struct ua_call *door;

	order(w, 0, 0, 0, 0);
	for (unsigned i = 0; i < w->nphones; i++)
		device_of(w, PHONE(i))->licence.sold = true;
	device_of(w, PHONE(1))->licence.device = true;
	PHONE(1)->plan.answer_ms = 500;
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 500 + world_slack(w));
	assert_null(ua_last(PHONE(0)));
	assert_string_equal(result_of(w, PHONE(0)), "unreachable");
	ua_bye(door);
	world_over(w, "answered");
}

/* The first phone is one outside, the provider where it is. */
static void outside(struct world *w, const struct dir_trunk *trunk)
{
	struct dir_device *d = device_of(w, PHONE(0));

	d->line = "+33123456789";
	d->trunk = trunk;
	sip_endpoint_unbind(w->endpoint, d->number); /* nobody registers as it */
}

static const struct dir_trunk trunk_here = {
	.host = "203.0.113.10", .port = 5060, .user = "", .caller = "+33100000000"
};

STORY_OF(a_phone_outside_answers_through_the_line, 2, TALK_MS)
{
	struct ua_call *door;

	order(w, 0, 60, 0, 0);
	outside(w, &trunk_here);
	PHONE(0)->plan.answer_ms = 500;
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 500 + world_slack(w));
	UNTIL(world_hears(w, door, ua_last(PHONE(0))), world_slack(w));
	assert_non_null(strstr(ua_last(PHONE(0))->peer, "<sip:+33100000000@203.0.113.10>"));
	ua_bye(door);
	world_over(w, "answered");
	assert_int_equal(world_seen(w)->by, ua_number(PHONE(0)));
}

static const struct dir_trunk trunk_asks = {
	.host = "203.0.113.10", .port = 5060, .user = "trunk", .caller = ""
};

static struct ua_call *talk_outside(struct world *w)
{
	struct ua_call *door;

	order(w, 0, 60, 0, 0);
	outside(w, &trunk_asks);
	PHONE(0)->plan.answer_ms = 500;
	PHONE(0)->plan.asks = true;
	PHONE(0)->plan.no_events = true; /* its keys come by INFO */
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 500 + 2 * world_slack(w));
	world_wait(w, world_slack(w));
	assert_int_equal(PHONE(0)->asked, 1);
	return door;
}

/* Each nonce is good once: a key, a new offer and the end are all asked for credentials anew. */
STORY_OF(a_provider_asks_for_credentials_each_time, 2, TALK_MS)
{
	struct ua_call *door = talk_outside(w), *phone = ua_last(PHONE(0));

	ua_info(door, '5');
	UNTIL(phone->digits == 1, world_slack(w));
	assert_int_equal(PHONE(0)->asked, 2);
	ua_offer(door, "sendonly", false);
	UNTIL(door->offer_code, 2 * world_slack(w));
	assert_int_equal(door->offer_code, 200);
	assert_string_equal(phone->heard_dir, "sendonly");
	assert_int_equal(PHONE(0)->asked, 3);
	world_wait(w, world_slack(w));
	ua_bye(door);
	UNTIL(phone->hung_up, 2 * world_slack(w));
	assert_int_equal(PHONE(0)->asked, 4);
	world_over(w, "answered");
	PHONE(0)->plan.asks = false;
}

/* Whatever is shown: each request goes out twice, and not once more. */
STORY_OF(a_provider_that_nothing_pleases_is_not_asked_for_ever, 2, TALK_MS)
{
	struct ua_call *door = talk_outside(w), *phone = ua_last(PHONE(0));

	PHONE(0)->plan.never_pleased = true;
	ua_info(door, '5');
	UNTIL(PHONE(0)->asked == 3, 2 * world_slack(w));
	ua_offer(door, "sendrecv", false);
	UNTIL(door->offer_code, 2 * world_slack(w));
	assert_int_equal(door->offer_code, 488);
	world_wait(w, 2 * world_slack(w));
	assert_int_equal(phone->digits, 0);
	assert_int_equal(PHONE(0)->asked, 5);
	ua_bye(door);
	world_wait(w, 2 * world_slack(w));
	assert_int_equal(PHONE(0)->asked, 7);
	assert_false(phone->hung_up);
	PHONE(0)->plan.asks = false;
	ua_bye(phone);
	UNTIL(world_seen(w)->ended, world_slack(w));
}

STORY_OF(without_a_line_the_next_step_begins_at_once, 2, TALK_MS)
{
	struct ua_call *door;

	order(w, 0, 60, 0, 0);
	outside(w, NULL);
	PHONE(1)->plan.answer_ms = 500;
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 500 + world_slack(w));
	assert_string_equal(result_of(w, PHONE(0)), "unreachable");
	ua_bye(door);
	world_over(w, "answered");
}

STORY_OF(a_site_calls_outside_only_so_often, 1, TALK_MS)
{
	struct ua_call *door;

	if (w->storm) /* the weather makes no difference to what is counted */
		return;
	order(w, 0, 0, 0, 0);
	outside(w, &trunk_here);
	PHONE(0)->plan = (struct ua_plan){ .ring_ms = -1, .answer_ms = 10, .code = 603 };
	for (unsigned i = 0; i < LINE_CALLS_PER_HOUR_MAX; i++) {
		door = world_ring(w);
		UNTIL(door->state == UA_OVER, 1000);
		assert_int_equal(door->code, 603);
	}
	door = world_ring(w);
	UNTIL(door->state == UA_OVER, 1000);
	assert_int_equal(door->code, 480);
	assert_int_equal(ua_calls(PHONE(0)), LINE_CALLS_PER_HOUR_MAX);
	ua_register(&w->door, 7200);
	world_wait(w, 3600 * 1000);
	door = world_ring(w);
	UNTIL(door->state == UA_OVER, 1000);
	assert_int_equal(door->code, 603);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_TEST(each_step_begins_at_its_time_and_who_rings_rings_on),
		STORY_TEST(who_answers_keeps_the_later_steps_from_ringing),
		STORY_TEST(the_next_step_begins_at_once_when_all_before_it_refuse),
		STORY_TEST(steps_that_reach_nobody_are_passed_over),
		STORY_TEST(when_all_steps_have_refused_so_does_the_call),
		STORY_TEST(a_device_that_went_before_its_step_is_passed_over),
		STORY_TEST(who_is_in_a_quiet_time_is_not_rung),
		STORY_TEST(who_has_no_licence_is_not_rung),
		STORY_TEST(a_phone_outside_answers_through_the_line),
		STORY_TEST(a_provider_asks_for_credentials_each_time),
		STORY_TEST(a_provider_that_nothing_pleases_is_not_asked_for_ever),
		STORY_TEST(without_a_line_the_next_step_begins_at_once),
		STORY_TEST(a_site_calls_outside_only_so_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
