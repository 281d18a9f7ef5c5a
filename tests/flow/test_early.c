/* What the door is told while it rings, and who answers then. */
#include "world.h"

#include <stdio.h>

/* The payload types of the sound in an SDP: "0 101". */
static const char *codecs(const char *sdp)
{
	static char list[64];
	const char *m = strstr(sdp, "m=audio "), *at = m ? strstr(m, "AVP ") : NULL;

	assert_non_null(at);
	snprintf(list, sizeof(list), "%.*s", (int)strcspn(at + 4, "\r"), at + 4);
	return list;
}

/* The value of its first a=crypto line. */
static const char *key(const char *sdp)
{
	static char value[128];
	const char *at = strstr(sdp, "a=crypto:");

	assert_non_null(at);
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r"), at);
	return value;
}

/* The first phone shows the picture and takes these; the second answers with those. */
static void plan(struct world *w, const char *first, const char *second)
{
	PHONE(0)->plan =
		(struct ua_plan){ .ring_ms = 100, .early = true, .codecs = first, .answer_ms = -1 };
	PHONE(1)->plan = (struct ua_plan){ .ring_ms = 100,
					   .codecs = second,
					   .answer_ms = 3000 + world_slack(w) };
}

/* In bad weather a 183 that is sent once may not come. */
static bool was_told(const struct ua_call *door)
{
	return door->told[0] != '\0';
}

struct answered {
	struct ua_call *door, *phone;
};

static struct answered answer(struct world *w)
{
	struct answered a;

	a.door = world_ring(w);
	UNTIL(a.door->state == UA_TALKING, 3000 + 3 * world_slack(w));
	a.phone = ua_last(PHONE(1));
	assert_true(was_told(a.door) || (w->storm && !w->door.plan.reliable));
	if (was_told(a.door))
		assert_string_equal(a.door->first_ok, a.door->told);
	return a;
}

static void both_hear(struct world *w, const struct answered *a)
{
	assert_true(world_hears(w, a->door, a->phone) && world_hears(w, a->phone, a->door));
}

static void finish(struct world *w, const struct answered *a)
{
	world_wait(w, world_slack(w));
	assert_int_equal(a->door->state, UA_TALKING);
	ua_bye(a->door);
	world_over(w, "answered");
}

STORY_OF(who_answers_takes_what_was_told, 2, TALK_MS)
{
	struct answered a;

	plan(w, "0", "0 8");
	a = answer(w);
	world_wait(w, 2 * world_slack(w));
	if (was_told(a.door))
		assert_string_equal(codecs(a.door->told), "0 101");
	assert_int_equal(a.door->offers, 0);
	both_hear(w, &a);
	finish(w, &a);
}

/* What looks on only hears; who answers is heard, too. */
STORY_OF(who_shows_the_picture_says_that_it_sends_nothing, 2, TALK_MS)
{
	struct answered a;

	w->door.plan.reliable = true;
	plan(w, "0 8", "0 8");
	PHONE(0)->plan.early_dir = "recvonly";
	a = answer(w);
	assert_non_null(strstr(a.door->told, "a=sendrecv\r\nm=video"));
	assert_null(strstr(a.door->told, "a=recvonly"));
	assert_string_equal(a.door->heard_dir, "sendrecv");
	world_wait(w, 2 * world_slack(w));
	assert_int_equal(a.door->offers, 0);
	both_hear(w, &a);
	finish(w, &a);
}

static void takes_another(struct world *w)
{
	struct answered a;

	plan(w, "8", "0");
	a = answer(w);
	if (was_told(a.door))
		assert_string_equal(codecs(a.door->told), "8 101");
	UNTIL(strcmp(codecs(a.door->body), "0 101") == 0, 4 * world_slack(w));
	assert_true(a.door->offers == 1 || (w->storm && !was_told(a.door)));
	assert_non_null(strstr(a.door->body, "a=x-unknown:kept\r\n"));
	assert_true(a.door->video && a.phone->video);
	assert_int_equal(a.phone->offers, 0); /* it has nothing to do with it */
	both_hear(w, &a);
	world_wait(w, 40000);
	assert_true(a.door->offers <= 1);
	finish(w, &a);
}

STORY_OF(who_answers_takes_another_codec, 2, TALK_MS)
{
	takes_another(w);
}

/* What was acknowledged is an answer for good (RFC 3262 section 5). */
STORY_OF(who_answers_takes_another_codec_than_was_acknowledged, 2, TALK_MS)
{
	w->door.plan.reliable = true;
	takes_another(w);
	assert_true(ua_last(&w->door)->rseq != 0);
}

STORY_OF(the_key_stays_while_the_codec_changes, 2, TALK_MS)
{
	char before[128];
	struct answered a;

	w->door.plan.sdes = true;
	w->door.plan.no_video = true;
	w->door.plan.reliable = true;
	plan(w, "8", "0");
	a = answer(w);
	snprintf(before, sizeof(before), "%s", key(a.door->told));
	assert_non_null(strstr(before, "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:"));
	assert_string_equal(key(a.door->first_ok), before);
	UNTIL(a.door->offers == 1, 4 * world_slack(w));
	assert_string_equal(key(a.door->body), before);
	assert_non_null(strstr(a.door->body, "RTP/SAVP 0 101\r\n"));
	both_hear(w, &a);
	finish(w, &a);
}

/* It would speak in a codec that the phone does not know: the history says why it ended. */
STORY_OF(a_door_refuses_the_codec_of_who_answers, 2, TALK_MS)
{
	struct answered a;

	w->door.plan.reliable = true;
	w->door.plan.refuse_offer = w->seed / 2 % 2 ? 491 : 488; /* 491: never the moment */
	plan(w, "8", "0");
	a = answer(w);
	UNTIL(a.door->hung_up && a.phone->hung_up, 60000 + 4 * world_slack(w));
	world_over(w, "answered");
	assert_string_equal(world_why(w, ua_number(PHONE(1))), "codec");
}

static const char *const useless[] = {
	"v=0\r\nnonsense\r\n",
	("v=0\r\no=- 9 9 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
	 "m=audio 0 RTP/AVP 0\r\nm=video 4000 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
	 "a=fmtp:99 profile-level-id=42e01f;packetization-mode=1\r\n"),
	("v=0\r\no=- 9 9 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
	 "m=audio 4002 RTP/AVP 8\r\nm=video 4000 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
	 "a=fmtp:99 profile-level-id=42e01f;packetization-mode=1\r\n"),
};

STORY_OF(a_door_answers_the_codec_of_who_answered_with_nonsense, 2, TALK_MS)
{
	struct answered a;

	w->door.plan.reliable = true;
	w->door.plan.spoil = 1;
	w->door.plan.spoilt = useless[w->seed / 2 % 3];
	plan(w, "8", "0");
	a = answer(w);
	UNTIL(a.door->hung_up && a.phone->hung_up, 4 * world_slack(w));
	world_over(w, "answered");
	assert_string_equal(world_why(w, ua_number(PHONE(1))), "codec");
}

/* The phone would rather speak the codec that was not told; it hears the other one. */
STORY_OF(a_door_refuses_what_it_can_do_without, 2, TALK_MS)
{
	struct answered a;

	w->door.plan.reliable = true;
	w->door.plan.refuse_offer = 488;
	plan(w, "0", "8 0");
	a = answer(w);
	world_wait(w, 4 * world_slack(w));
	assert_int_equal(a.door->offers, 0);
	assert_int_equal(a.door->state, UA_TALKING);
	both_hear(w, &a);
	finish(w, &a);
}

/* Ours and the door's meet: one of them comes again, and the last word is good. */
STORY_OF(the_door_offers_anew_at_the_same_time, 2, TALK_MS)
{
	struct answered a;

	w->door.plan.reliable = true;
	plan(w, "8", "0");
	a = answer(w);
	ua_offer(a.door, "sendrecv", w->seed / 2 % 2);
	UNTIL(a.door->offer_code == 200 || a.door->offer_code >= 488, 20000 + 4 * world_slack(w));
	world_wait(w, 10000 + 2 * world_slack(w));
	assert_string_equal(codecs(a.door->body), "0 101");
	both_hear(w, &a);
	finish(w, &a);
}

/* The phone without a picture said first what it takes, and the one with it takes that, too. */
STORY_OF(what_all_take_is_told, 3, TALK_MS)
{
	struct ua_call *door;

	if (w->storm) /* the first may be the second */
		return;
	plan(w, "8", "0 8");
	PHONE(0)->plan.no_video = true;
	PHONE(2)->plan = (struct ua_plan){ .ring_ms = 400, .early = true, .answer_ms = 2000 };
	door = world_ring(w);
	UNTIL(ua_rings(PHONE(0)), 1000);
	world_wait(w, 250);
	assert_false(was_told(door)); /* it would show nothing to anybody */
	UNTIL(was_told(door), 1000);
	assert_string_equal(codecs(door->told), "8 101");
	assert_true(door->video);
	UNTIL(door->state == UA_TALKING, 3000);
	assert_string_equal(door->first_ok, door->told);
	ua_bye(door);
	world_over(w, "answered");
}

/* It has one codec from its ring on; the phone that shows the picture first knows two. */
STORY_APPS(what_an_app_takes_counts_before_it_has_said_so, 1, 1)
{
	struct ua_call *door;

	if (w->storm)
		return;
	PHONE(0)->plan =
		(struct ua_plan){ .ring_ms = 100, .early = true, .codecs = "8 0", .answer_ms = -1 };
	PAGE(0)->deaf = true;
	world_page(w, PAGE(0), 0);
	door = world_ring(w);
	UNTIL(was_told(door), 1000);
	assert_string_equal(codecs(door->told), "0 101");
	ua_cancel(door);
	world_over(w, "missed");
}

/* Who wakes late is offered what was told. */
STORY_APPS(an_app_that_comes_late_has_the_codec_that_was_told, 1, 1)
{
	struct ua_call *door;

	PHONE(0)->plan =
		(struct ua_plan){ .ring_ms = 100, .early = true, .codecs = "8", .answer_ms = -1 };
	w->sleeps[0] = true;
	world_directory(w, 1, true);
	w->door.plan.reliable = true;
	door = world_ring(w);
	UNTIL(was_told(door), 2 * world_slack(w));
	world_page(w, PAGE(0), 0);
	UNTIL(page_rings(PAGE(0)) && page_last(PAGE(0))->up, world_slack(w));
	assert_non_null(strstr(page_last(PAGE(0))->offer, "SAVPF 8 101\r\n"));
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, 2 * world_slack(w));
	world_wait(w, 2 * world_slack(w));
	assert_int_equal(door->offers, 0);
	assert_string_equal(door->first_ok, door->told);
	ua_bye(door);
	world_over(w, "answered");
}

/* It was there before the phone said what it takes. */
STORY_APPS(an_app_answers_with_another_codec_than_was_told, 1, 1)
{
	const struct page_call *page;
	struct ua_call *door;
	struct addr sound;

	if (w->storm)
		return;
	PHONE(0)->plan =
		(struct ua_plan){ .ring_ms = 100, .early = true, .codecs = "8", .answer_ms = -1 };
	PAGE(0)->deaf = true;
	world_page(w, PAGE(0), 0);
	door = world_ring(w);
	UNTIL(was_told(door), 1000);
	page = page_last(PAGE(0));
	page_answer(PAGE(0), page, page->offer);
	page_do(PAGE(0), "answer");
	UNTIL(door->offers == 1, 2000);
	assert_string_equal(codecs(door->first_ok), "8 101");
	assert_string_equal(codecs(door->body), "0 101");
	sound = ua_rtp(door, false);
	assert_true(relay_fake_shows(w->relay, &sound, page->ufrag, RELAY_AUDIO));
	ua_bye(door);
	world_over(w, "answered");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_TEST(who_answers_takes_what_was_told),
		STORY_TEST(who_shows_the_picture_says_that_it_sends_nothing),
		STORY_TEST(who_answers_takes_another_codec),
		STORY_TEST(who_answers_takes_another_codec_than_was_acknowledged),
		STORY_TEST(the_key_stays_while_the_codec_changes),
		STORY_TEST(a_door_refuses_the_codec_of_who_answers),
		STORY_TEST(a_door_answers_the_codec_of_who_answered_with_nonsense),
		STORY_TEST(a_door_refuses_what_it_can_do_without),
		STORY_TEST(the_door_offers_anew_at_the_same_time),
		STORY_TEST(what_all_take_is_told),
		STORY_TEST(what_an_app_takes_counts_before_it_has_said_so),
		STORY_TEST(an_app_that_comes_late_has_the_codec_that_was_told),
		STORY_TEST(an_app_answers_with_another_codec_than_was_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
