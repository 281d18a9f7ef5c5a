/* Inside a call that was answered, and how it ends. */
#include "world.h"

struct talk {
	struct ua_call *door, *phone;
};

static bool ended(const struct world *w)
{
	return w->seen[w->nseen - 1].ended;
}

/* The door talks to the first phone. */
static struct talk talk_with(struct world *w, struct ua *phone)
{
	struct talk t;

	phone->plan.answer_ms = 500;
	t.door = world_ring(w);
	UNTIL(t.door->state == UA_TALKING, 500 + 2 * world_slack(w));
	t.phone = ua_last(phone);
	UNTIL(!timer_armed(&t.phone->repeat), world_slack(w));
	world_wait(w, world_slack(w)); /* the door's ACK has come, too */
	return t;
}

static struct talk talk(struct world *w)
{
	return talk_with(w, PHONE(0));
}

/* Until the other side has taken it, and both know. */
static void offer(struct world *w, struct ua_call *from, struct ua_call *to, const char *dir)
{
	const unsigned before = to->offers;

	ua_offer(from, dir, false);
	UNTIL(from->offer_code, 2 * world_slack(w) + 10000);
	assert_int_equal(from->offer_code, 200);
	UNTIL(!timer_armed(&to->repeat), world_slack(w));
	assert_int_equal(to->offers, before + 1);
	world_wait(w, world_slack(w)); /* the ACK of the offerer comes, too */
}

static void finish(struct world *w, struct ua_call *c)
{
	ua_bye(c);
	world_over(w, "answered");
}

STORY(the_phone_holds_and_resumes_many_times)
{
	const struct talk t = talk(w);

	for (int i = 0; i < 8; i++) {
		offer(w, t.phone, t.door, "sendonly");
		assert_string_equal(t.door->heard_dir, "sendonly");
		assert_string_equal(t.phone->heard_dir, "recvonly");
		offer(w, t.phone, t.door, "sendrecv");
		assert_string_equal(t.door->heard_dir, "sendrecv");
		assert_true(world_hears(w, t.door, t.phone) && world_hears(w, t.phone, t.door));
	}
	finish(w, t.door);
}

STORY(the_door_holds_and_resumes)
{
	const struct talk t = talk(w);

	offer(w, t.door, t.phone, "inactive");
	assert_string_equal(t.phone->heard_dir, "inactive");
	offer(w, t.door, t.phone, "sendrecv");
	assert_true(world_hears(w, t.door, t.phone) && world_hears(w, t.phone, t.door));
	finish(w, t.phone);
}

/* Neither sends a packet for minutes, and that is no reason to hang up. */
STORY(a_held_call_stays)
{
	const struct talk t = talk(w);

	offer(w, t.phone, t.door, "sendonly");
	world_wait(w, 5 * MEDIA_SILENCE_MS);
	assert_int_equal(t.phone->state, UA_TALKING);
	assert_int_equal(ended(w), false);
	offer(w, t.phone, t.door, "sendrecv");
	world_wait(w, 2 * MEDIA_SILENCE_MS);
	finish(w, t.door);
}

STORY(a_codec_changes)
{
	const struct talk t = talk(w);

	w->door.plan.pcma_first = true;
	offer(w, t.door, t.phone, "sendrecv");
	assert_non_null(strstr(t.phone->body, " RTP/AVP 8 0 101\r\n"));
	assert_true(world_hears(w, t.door, t.phone) && world_hears(w, t.phone, t.door));
	finish(w, t.phone);
}

STORY(an_update_is_put_to_the_other_side)
{
	const struct talk t = talk(w);

	ua_offer(t.phone, "sendonly", true);
	UNTIL(t.phone->offer_code, 2 * world_slack(w));
	assert_int_equal(t.phone->offer_code, 200);
	assert_string_equal(t.door->heard_dir, "sendonly");
	world_wait(w, world_slack(w));
	finish(w, t.phone);
}

STORY(both_offer_at_once)
{
	const struct talk t = talk(w);

	ua_offer(t.door, "sendrecv", false);
	ua_offer(t.phone, "sendrecv", false);
	UNTIL(t.door->offer_code && t.phone->offer_code, 4 * world_slack(w) + 20000);
	assert_int_equal(t.door->offer_code, 200);
	assert_int_equal(t.phone->offer_code, 200);
	world_wait(w, world_slack(w));
	assert_true(world_hears(w, t.door, t.phone) && world_hears(w, t.phone, t.door));
	finish(w, t.phone);
}

/* The second one waits its turn (491, section 14.2), and then it is heard. */
STORY(an_offer_comes_while_another_is_pending)
{
	const struct talk t = talk(w);

	PHONE(0)->plan.offer_ms = 3000;
	ua_offer(t.door, "sendonly", false);
	UNTIL(t.phone->served, world_slack(w));
	world_wait(w, 500);
	if (!t.door->offer_code)
		ua_offer(t.phone, "sendrecv", true);
	UNTIL(t.door->offer_code == 200 && t.phone->offer_code, 2 * world_slack(w) + 10000);
	assert_true(t.phone->offer_code == 491 || t.phone->offer_code == 500 ||
		    t.phone->offer_code == 200);
	assert_string_equal(t.phone->heard_dir, "sendonly");
	world_wait(w, world_slack(w));
	finish(w, t.phone);
}

/* The very same offer again, after a refusal, is an offer and not a refresh. */
STORY(a_refused_offer_comes_again)
{
	const struct talk t = talk(w);

	w->door.plan.refuse_offer = 488;
	ua_offer(t.phone, "sendonly", false);
	UNTIL(t.phone->offer_code, 2 * world_slack(w));
	assert_int_equal(t.phone->offer_code, 488);
	assert_string_equal(t.door->heard_dir, "sendrecv");
	w->door.plan.refuse_offer = 0;
	ua_offer_again(t.phone);
	UNTIL(t.phone->offer_code, 2 * world_slack(w));
	assert_int_equal(t.phone->offer_code, 200);
	assert_string_equal(t.door->heard_dir, "sendonly");
	world_wait(w, world_slack(w));
	finish(w, t.phone);
}

static const char *const useless[] = {
	"v=0\r\nnonsense\r\n",
	("v=0\r\no=- 9 9 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
	 "m=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 99\r\n"),
	"",
};

/* Who took the offer must not believe in it while the one who made it was refused. */
STORY(an_answer_to_an_offer_is_of_no_use)
{
	const struct talk t = talk(w);

	for (unsigned i = 0; i < sizeof(useless) / sizeof(useless[0]); i++) {
		const unsigned before = t.door->offers;

		w->door.plan.spoil = 1;
		w->door.plan.spoilt = useless[i];
		ua_offer(t.phone, "sendonly", false);
		UNTIL(t.phone->offer_code, 2 * world_slack(w));
		assert_int_equal(t.phone->offer_code, 488);
		UNTIL(t.door->offers == before + 2, 2 * world_slack(w));
		assert_string_equal(t.door->heard_dir, "sendrecv");
		world_wait(w, world_slack(w));
		assert_true(world_hears(w, t.door, t.phone) && world_hears(w, t.phone, t.door));
	}
	offer(w, t.phone, t.door, "sendonly"); /* and the next one is a good one again */
	assert_string_equal(t.door->heard_dir, "sendonly");
	finish(w, t.phone);
}

STORY(answers_to_offers_are_never_of_use)
{
	const struct talk t = talk(w);

	w->door.plan.spoil = 2;
	w->door.plan.spoilt = useless[w->seed / 2 % 3];
	ua_offer(t.phone, "sendonly", false);
	UNTIL(t.phone->hung_up && t.door->hung_up, 4 * world_slack(w));
	assert_true(t.phone->offer_code == 488 || w->storm); /* it may come after the BYE */
	world_over(w, "answered");
}

/* Somebody for whom it is always the wrong moment must not be asked for ever. */
STORY(a_side_always_says_491)
{
	const struct talk t = talk(w);

	w->door.plan.refuse_offer = 491;
	ua_offer(t.phone, "sendonly", true);
	UNTIL(t.phone->offer_code, 120000);
	assert_int_not_equal(t.phone->offer_code, 200);
	world_wait(w, 2 * world_slack(w));
	finish(w, t.phone);
}

/* While an UPDATE waits, the other side vanishes. */
STORY(an_update_is_never_answered)
{
	const struct talk t = talk(w);

	w->door.vanished = true;
	ua_offer(t.phone, "sendonly", true);
	UNTIL(t.phone->state == UA_OVER, TX_TIMEOUT_MS + 2 * world_slack(w));
	UNTIL(ended(w), world_slack(w));
}

/* It has not heard our ACK yet when the other side's offer comes to it. */
STORY(a_phone_repeats_its_answer_after_an_offer)
{
	struct talk t;

	PHONE(0)->plan.deaf_to_acks = 2;
	PHONE(0)->plan.answer_ms = 500;
	t.door = world_ring(w);
	UNTIL(t.door->state == UA_TALKING, 500 + world_slack(w));
	t.phone = ua_last(PHONE(0));
	ua_offer(t.door, "sendrecv", false);
	UNTIL(t.door->offer_code || t.door->state == UA_OVER, 2 * world_slack(w) + 10000);
	UNTIL(!timer_armed(&t.phone->repeat), world_slack(w) + 10000);
	world_wait(w, 40000);
	assert_int_equal(t.door->state, UA_TALKING);
	assert_int_equal(t.phone->state, UA_TALKING);
	finish(w, t.door);
}

/* Session timers (RFC 4028). */

static void session_plan(const struct world *w, struct ua *ua, bool we_refresh)
{
	ua->plan.session_s = w->storm ? 300 : SESSION_MIN_SE_S;
	ua->plan.we_refresh = we_refresh;
}

STORY(the_phone_refreshes_the_session)
{
	struct talk t;

	session_plan(w, PHONE(0), true);
	PHONE(0)->plan.by_update = w->seed % 4 >= 2;
	t = talk(w);
	world_wait(w, 900000);
	assert_int_equal(t.phone->state, UA_TALKING);
	assert_int_equal(t.door->offers, 0); /* it has nothing to do with it */
	finish(w, t.door);
}

STORY(the_door_refreshes_the_session)
{
	struct talk t;

	session_plan(w, &w->door, true);
	t = talk(w);
	world_wait(w, 900000);
	assert_int_equal(t.door->state, UA_TALKING);
	assert_int_equal(t.phone->offers, 0);
	finish(w, t.door);
}

STORY(we_refresh_the_session)
{
	struct talk t;

	session_plan(w, w->seed % 4 >= 2 ? &w->door : PHONE(0), false);
	t = talk(w);
	world_wait(w, 900000);
	assert_int_equal(t.phone->state, UA_TALKING);
	assert_int_equal(t.door->state, UA_TALKING);
	finish(w, t.phone);
}

STORY(a_refresh_never_comes)
{
	struct ua *forgetful = w->seed % 4 >= 2 ? &w->door : PHONE(0);
	struct talk t;

	session_plan(w, forgetful, true);
	forgetful->plan.forgets_refresh = true;
	t = talk(w);
	world_wait(w, 20000);
	assert_int_equal(t.phone->state, UA_TALKING);
	UNTIL(ended(w), forgetful->plan.session_s * 1000);
	world_over(w, "answered");
}

/* The interval runs from the answer, not from the bell. */
STORY_OF(a_session_timer_does_not_run_while_it_rings, 1, TALK_MS)
{
	struct ua_call *door;

	session_plan(w, &w->door, true);
	PHONE(0)->plan.answer_ms = 59000;
	if (w->storm)
		return;
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 59500);
	world_wait(w, 120000);
	assert_int_equal(door->state, UA_TALKING);
	finish(w, door);
}

/* On hold there is no sound to miss: our own refresh finds out. */
STORY(a_phone_vanishes_while_it_holds)
{
	struct talk t;

	session_plan(w, PHONE(0), false);
	t = talk(w);
	offer(w, t.phone, t.door, "inactive");
	PHONE(0)->vanished = true;
	UNTIL(t.door->state == UA_OVER,
	      (int)PHONE(0)->plan.session_s * 1000 + TX_TIMEOUT_MS + world_slack(w));
	UNTIL(ended(w), world_slack(w));
}

/* The end. */

STORY(a_phone_vanishes)
{
	const struct talk t = talk(w);

	world_wait(w, 10000);
	PHONE(0)->vanished = true;
	UNTIL(t.door->state == UA_OVER, MEDIA_SILENCE_MS + 3000 + world_slack(w));
	assert_true(t.door->hung_up);
	UNTIL(ended(w), world_slack(w));
	assert_string_equal(world_seen(w)->result, "answered");
}

STORY(the_door_vanishes)
{
	const struct talk t = talk(w);

	world_wait(w, 10000);
	w->door.vanished = true;
	UNTIL(t.phone->state == UA_OVER, MEDIA_SILENCE_MS + 3000 + world_slack(w));
	UNTIL(ended(w), world_slack(w));
}

STORY(a_bye_is_lost)
{
	const struct talk t = talk(w);

	PHONE(0)->plan.no_bye = true;
	ua_bye(t.phone);
	UNTIL(t.door->state == UA_OVER, MEDIA_SILENCE_MS + 3000 + world_slack(w));
	UNTIL(ended(w), world_slack(w));
}

STORY(both_hang_up_at_once)
{
	const struct talk t = talk(w);

	ua_bye(t.door);
	ua_bye(t.phone);
	world_over(w, "answered");
}

STORY(the_phone_hangs_up_while_an_offer_is_pending)
{
	const struct talk t = talk(w);

	PHONE(0)->plan.offer_ms = 2000;
	ua_offer(t.door, "sendonly", false);
	UNTIL(t.phone->served, world_slack(w));
	ua_bye(w->seed % 4 >= 2 ? t.door : t.phone);
	world_over(w, "answered");
}

STORY_OF(a_call_may_last_only_so_long, 2, 60000)
{
	const struct talk t = talk(w);

	UNTIL(t.door->state == UA_OVER && t.phone->state == UA_OVER, 60000 + world_slack(w));
	assert_true(t.door->hung_up && t.phone->hung_up);
	world_over(w, "answered");
}

/* What comes after goes down the new connection. */
STORY(a_connection_breaks_in_the_middle_of_a_call)
{
	const struct talk t = talk_with(w, PHONE(1));

	ua_reconnect(PHONE(1));
	PHONE(1)->registered = false;
	ua_register(PHONE(1), UA_EXPIRES_S);
	UNTIL(PHONE(1)->registered, world_slack(w));
	offer(w, t.door, t.phone, "sendonly");
	assert_string_equal(t.phone->heard_dir, "sendonly");
	finish(w, t.door);
	assert_true(t.phone->hung_up);
}

STORY(a_connection_breaks_while_an_offer_waits)
{
	const struct talk t = talk_with(w, PHONE(1));

	w->door.plan.offer_ms = 3000;
	ua_offer(t.phone, "sendonly", w->seed % 4 >= 2);
	UNTIL(t.door->served, world_slack(w));
	ua_reconnect(PHONE(1));
	PHONE(1)->registered = false;
	ua_register(PHONE(1), UA_EXPIRES_S);
	UNTIL(PHONE(1)->registered, world_slack(w));
	world_wait(w, 40000); /* an INVITE is given up, and with it that side of the call */
	if (t.phone->state == UA_TALKING)
		offer(w, t.phone, t.door, "sendrecv");
	finish(w, t.door);
}

STORY(the_server_goes_down_in_the_middle_of_a_call)
{
	const struct talk t = talk(w);

	world_restart(w);
	UNTIL(t.door->state == UA_OVER || w->storm, world_slack(w));
	ua_bye(t.door);
	ua_bye(t.phone);
}

/* Pictures and keys. */

STORY(a_phone_without_a_picture_talks)
{
	struct talk t;

	PHONE(0)->plan.no_video = true;
	t = talk(w);
	assert_false(t.door->video);
	assert_true(world_hears(w, t.door, t.phone) && world_hears(w, t.phone, t.door));
	finish(w, t.door);
}

/* 42e01f and 420029 are one profile at two levels. */
STORY(another_level_of_the_same_profile_is_no_reason_to_refuse_the_picture)
{
	struct talk t;

	PHONE(0)->plan.plain_profile = true;
	t = talk(w);
	assert_true(t.door->video && t.phone->video);
	assert_null(strstr(t.door->body, "m=video 0"));
	assert_true(world_hears(w, t.door, t.phone) && world_hears(w, t.phone, t.door));
	finish(w, t.door);
}

static bool hears_by_us(const struct world *w, const struct ua_call *door, const char *keys)
{
	const struct addr rtp = ua_rtp(door, false);

	return strcmp(relay_fake_pressed(w->relay, &rtp), keys) == 0;
}

/* Each key as RFC 4733 and as INFO, as some phones do: one opening. */
STORY(the_unlock_code_opens_once)
{
	const struct talk t = talk(w);
	const struct addr rtp = ua_rtp(t.phone, false);

	for (const char *key = CODE; *key; key++) {
		relay_fake_press(w->relay, &rtp, *key);
		world_wait(w, 10);
		if (w->storm) /* an INFO may come too late to be a twin, or out of order */
			continue;
		ua_info(t.phone, *key);
		world_wait(w, 300);
	}
	UNTIL(world_seen(w)->opened, world_slack(w));
	assert_int_equal(world_seen(w)->opened, 1);
	assert_true(!t.door->digits && hears_by_us(w, t.door, "")); /* the relay has passed them */
	finish(w, t.phone);
	assert_int_equal(world_seen(w)->opened, 1);
}

/* By INFO; the door hears them from us. */
static void type_code(struct world *w, const struct talk *t)
{
	char typed[sizeof(CODE)] = "";

	for (unsigned i = 0; CODE[i]; i++) {
		typed[i] = CODE[i];
		ua_info(t->phone, CODE[i]);
		UNTIL(hears_by_us(w, t->door, typed), world_slack(w));
	}
	assert_int_equal(t->door->digits, 0);
	if (!w->storm) /* one may have taken too long for a code */
		assert_int_equal(world_seen(w)->opened, 1);
}

/* By INFO, of a phone that has telephone-events and of one that has none: the door, which understands
 * them alone, hears them. */
STORY(keys_by_info_reach_the_door_as_events)
{
	const struct talk t = talk(w);

	type_code(w, &t);
	finish(w, t.phone);
}

STORY(keys_of_a_phone_without_events_reach_the_door_as_events)
{
	struct talk t;

	PHONE(0)->plan.no_events = true;
	t = talk(w);
	assert_non_null(strstr(t.door->body, "telephone-event/8000")); /* we have */
	type_code(w, &t);
	finish(w, t.phone);
}

STORY(keys_of_a_phone_reach_a_door_without_events_by_info)
{
	struct talk t;
	struct addr rtp;

	w->door.plan.no_events = true;
	t = talk(w);
	rtp = ua_rtp(t.phone, false);
	for (const char *key = CODE; *key; key++) {
		relay_fake_press(w->relay, &rtp, *key);
		world_wait(w, 300);
	}
	UNTIL(t.door->digits == strlen(CODE), world_slack(w));
	assert_true(hears_by_us(w, t.door, ""));
	finish(w, t.phone);
}

STORY(a_phone_that_calls_the_door_may_open_it)
{
	struct ua_call *phone;
	struct addr rtp;

	w->door.plan.answer_ms = 500;
	phone = ua_call(PHONE(0), DOOR, false);
	UNTIL(phone->state == UA_TALKING, 500 + 2 * world_slack(w));
	world_wait(w, world_slack(w));
	assert_true(world_hears(w, phone, ua_last(&w->door)));
	rtp = ua_rtp(phone, false);
	for (const char *key = CODE; *key; key++) {
		relay_fake_press(w->relay, &rtp, *key);
		world_wait(w, 300);
	}
	UNTIL(world_seen(w)->opened, world_slack(w));
	finish(w, phone);
	assert_int_equal(world_seen(w)->opened, 1);
}

STORY(the_door_cannot_open_itself)
{
	const struct talk t = talk(w);
	const struct addr rtp = ua_rtp(t.door, false);

	for (const char *key = CODE; *key; key++) {
		relay_fake_press(w->relay, &rtp, *key);
		world_wait(w, 300);
	}
	world_wait(w, world_slack(w));
	assert_int_equal(world_seen(w)->opened, 0);
	finish(w, t.phone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_TEST(the_phone_holds_and_resumes_many_times),
		STORY_TEST(the_door_holds_and_resumes),
		STORY_TEST(a_held_call_stays),
		STORY_TEST(a_codec_changes),
		STORY_TEST(an_update_is_put_to_the_other_side),
		STORY_TEST(both_offer_at_once),
		STORY_TEST(an_offer_comes_while_another_is_pending),
		STORY_TEST(a_refused_offer_comes_again),
		STORY_TEST(an_answer_to_an_offer_is_of_no_use),
		STORY_TEST(answers_to_offers_are_never_of_use),
		STORY_TEST(a_side_always_says_491),
		STORY_TEST(an_update_is_never_answered),
		STORY_TEST(a_phone_repeats_its_answer_after_an_offer),
		STORY_TEST(the_phone_refreshes_the_session),
		STORY_TEST(the_door_refreshes_the_session),
		STORY_TEST(we_refresh_the_session),
		STORY_TEST(a_refresh_never_comes),
		STORY_TEST(a_session_timer_does_not_run_while_it_rings),
		STORY_TEST(a_phone_vanishes_while_it_holds),
		STORY_TEST(a_phone_vanishes),
		STORY_TEST(the_door_vanishes),
		STORY_TEST(a_bye_is_lost),
		STORY_TEST(both_hang_up_at_once),
		STORY_TEST(the_phone_hangs_up_while_an_offer_is_pending),
		STORY_TEST(a_call_may_last_only_so_long),
		STORY_TEST(a_connection_breaks_in_the_middle_of_a_call),
		STORY_TEST(a_connection_breaks_while_an_offer_waits),
		STORY_TEST(the_server_goes_down_in_the_middle_of_a_call),
		STORY_TEST(a_phone_without_a_picture_talks),
		STORY_TEST(another_level_of_the_same_profile_is_no_reason_to_refuse_the_picture),
		STORY_TEST(the_unlock_code_opens_once),
		STORY_TEST(keys_by_info_reach_the_door_as_events),
		STORY_TEST(keys_of_a_phone_without_events_reach_the_door_as_events),
		STORY_TEST(keys_of_a_phone_reach_a_door_without_events_by_info),
		STORY_TEST(a_phone_that_calls_the_door_may_open_it),
		STORY_TEST(the_door_cannot_open_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
