/* Apps in calls: pages that ring, see, answer, open, call, go and come back. */
#include "world.h"

#include <errno.h>
#include <stdio.h>

static bool is(struct page *p, enum page_state state)
{
	const struct page_call *c = page_last(p);

	return c && c->state == state;
}

/* It rings, has agreed on media, and the door knows. */
static struct ua_call *ring(struct world *w, struct page *p)
{
	struct ua_call *door = world_ring(w);

	UNTIL(page_rings(p) && page_last(p)->up, world_slack(w));
	UNTIL(door->rang || w->storm, world_slack(w));
	return door;
}

/* The door's picture and sound come to the page. */
static bool sees(const struct world *w, const struct ua_call *door, struct page *p)
{
	const struct addr audio = ua_rtp(door, false), video = ua_rtp(door, true);

	return relay_fake_shows(w->relay, &audio, page_last(p)->ufrag, RELAY_AUDIO) &&
	       relay_fake_shows(w->relay, &video, page_last(p)->ufrag, RELAY_VIDEO);
}

static bool is_heard(const struct world *w, struct page *p, const struct ua_call *door)
{
	const struct addr audio = ua_rtp(door, false);

	return relay_fake_hears(w->relay, page_last(p)->ufrag, &audio);
}

static void show_picture(const struct world *w, const struct ua_call *door)
{
	const struct addr video = ua_rtp(door, true);

	relay_fake_video(w->relay, &video, false);
}

STORY_APPS(a_page_sees_the_door_and_answers, 0, 1)
{
	struct ua_call *door;
	struct page *p = PAGE(0);
	const struct page_call *c;

	world_page(w, p, 0);
	assert_int_equal(p->here, 1);
	door = ring(w, p);
	c = page_last(p);
	assert_string_equal(c->with, DOOR);
	assert_string_equal(c->with_kind, "intercom");
	assert_string_equal(c->with_name, "device 1");
	assert_int_equal(c->switches, 1); /* its code opens switch 1 */
	assert_true(c->video && c->until > clock_wall_ms(&w->clock.clock) + RING_MS / 2);
	assert_non_null(strstr(c->offer, "SAVPF 0 101\r\n")); /* the door's codec, and no other */
	UNTIL(door->preview || w->storm, world_slack(w));
	UNTIL(sees(w, door, p), world_slack(w));
	assert_false(is_heard(w, p, door));
	show_picture(w, door);
	page_do(p, "first");
	page_do(p, "answer");
	assert_int_equal(c->state, PAGE_TALKING);
	UNTIL(door->state == UA_TALKING, world_slack(w));
	assert_true(sees(w, door, p) && is_heard(w, p, door));
	world_wait(w, 90000); /* a page that says nothing is no lost side */
	assert_int_equal(c->state, PAGE_TALKING);
	ua_bye(door);
	world_over(w, "answered");
	assert_string_equal(c->why, "peer_hangup");
	assert_string_equal(world_why(w, APP(0)), "peer_hangup");
	assert_true(world_trace(w, APP(0))->rang && world_trace(w, APP(0))->preview &&
		    world_trace(w, APP(0))->video && world_trace(w, APP(0))->answered);
	assert_int_equal(w->nwakes, 1);
	assert_string_equal(w->wakes[0].over, "answered_elsewhere");
}

STORY_APPS(the_one_codec_is_the_first_of_the_door, 0, 1)
{
	struct ua_call *door;

	w->door.plan.pcma_first = true;
	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	assert_non_null(strstr(page_last(PAGE(0))->offer, "SAVPF 8 101\r\n"));
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	assert_true(sees(w, door, PAGE(0)));
	page_do(PAGE(0), "hangup");
	assert_string_equal(page_last(PAGE(0))->why, "hangup");
	world_over(w, "answered");
	UNTIL(door->hung_up || w->storm, world_slack(w));
}

STORY_APPS(two_pages_of_a_device_ring_and_one_answers, 0, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	world_page(w, PAGE(1), 0);
	door = ring(w, PAGE(0));
	assert_true(page_rings(PAGE(1)));
	UNTIL(sees(w, door, PAGE(0)) && sees(w, door, PAGE(1)), world_slack(w));
	page_do(PAGE(1), "answer");
	assert_string_equal(page_last(PAGE(0))->why, "answered_elsewhere");
	assert_string_equal(page_last(PAGE(0))->by, "device 100");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	assert_true(sees(w, door, PAGE(1)));
	ua_bye(door);
	world_over(w, "answered");
	assert_int_equal(world_seen(w)->nlegs, 2);
}

STORY_APPS(one_declines_and_the_other_goes_on, 0, 2)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	world_page(w, PAGE(1), 1);
	door = ring(w, PAGE(0));
	page_do(PAGE(0), "decline");
	assert_string_equal(page_last(PAGE(0))->why, "declined");
	assert_true(page_rings(PAGE(1)));
	UNTIL(page_last(PAGE(1))->up, world_slack(w));
	page_do(PAGE(1), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	page_do(PAGE(1), "hangup");
	world_over(w, "answered");
	assert_string_equal(world_result(w, APP(0)), "declined");
	assert_string_equal(world_why(w, APP(0)), "declined");
	assert_string_equal(world_why(w, APP(1)), "hangup");
}

STORY_APPS(all_decline, 0, 2)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	world_page(w, PAGE(1), 1);
	door = ring(w, PAGE(0));
	page_do(PAGE(0), "decline");
	page_do(PAGE(1), "decline");
	UNTIL(door->state == UA_OVER, 2 * world_slack(w));
	assert_int_equal(door->code, 603);
	world_over(w, "declined");
	assert_string_equal(w->wakes[0].over, "declined");
}

/* The 183 has the page's codecs; the phone that answers takes over with its own. */
STORY_APPS(pages_and_phones_ring_together_and_a_phone_answers, 2, 1)
{
	struct ua_call *door, *phone;

	PHONE(0)->plan = (struct ua_plan){ .ring_ms = 100, .early = true, .answer_ms = 4000 };
	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	UNTIL(sees(w, door, PAGE(0)), world_slack(w));
	if (!w->storm) {
		UNTIL(ua_rings(PHONE(0)), 1000);
		world_wait(w, 1000);
		const struct addr from = ua_rtp(door, true);
		const struct addr to = ua_rtp(ua_last(PHONE(0)), true);

		assert_true(relay_fake_passes(w->relay, &from, &to));
		assert_true(sees(w, door, PAGE(0)));
	}
	UNTIL(door->state == UA_TALKING, 4000 + 2 * world_slack(w));
	phone = ua_last(PHONE(0));
	assert_string_equal(page_last(PAGE(0))->why, "answered_elsewhere");
	assert_string_equal(page_last(PAGE(0))->by, "device 10");
	UNTIL(world_hears(w, door, phone) && world_hears(w, phone, door), world_slack(w));
	ua_bye(phone);
	world_over(w, "answered");
	assert_string_equal(world_result(w, APP(0)), "elsewhere");
}

STORY_APPS(a_page_answers_and_the_phones_hear_of_it, 2, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	UNTIL(ua_last(PHONE(0)) && ua_last(PHONE(1)), world_slack(w));
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	ua_bye(door);
	world_over(w, "answered");
	assert_string_equal(world_result(w, ua_number(PHONE(0))), "elsewhere");
	assert_string_equal(world_why(w, ua_number(PHONE(0))), "answered_elsewhere");
}

STORY_APPS(the_door_gives_up, 0, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	ua_cancel(door);
	UNTIL(is(PAGE(0), PAGE_ENDED), world_slack(w));
	assert_string_equal(page_last(PAGE(0))->why, "caller_gone");
	world_over(w, "missed");
	assert_string_equal(world_why(w, APP(0)), "caller_gone");
	assert_string_equal(w->wakes[0].over, "caller_gone");
}

STORY_APPS(nobody_answers, 0, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	UNTIL(is(PAGE(0), PAGE_ENDED), RING_MS + world_slack(w));
	assert_string_equal(page_last(PAGE(0))->why, "no_answer");
	UNTIL(door->state == UA_OVER, world_slack(w));
	world_over(w, "missed");
}

/* The tap comes before the media are agreed on. */
STORY_APPS(an_answer_before_the_media_is_kept, 0, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	door = world_ring(w);
	UNTIL(page_rings(PAGE(0)), world_slack(w));
	page_do(PAGE(0), "answer");
	assert_int_equal(page_last(PAGE(0))->state, PAGE_RINGING);
	UNTIL(door->state == UA_TALKING, world_slack(w));
	assert_true(is(PAGE(0), PAGE_TALKING));
	page_do(PAGE(0), "hangup");
	world_over(w, "answered");
}

/* The socket drops in the middle of a call and comes back; the media went on. */
STORY_APPS(a_page_comes_back_to_its_call, 0, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	page_close(PAGE(0));
	world_wait(w, APP_RESUME_MS - 1000);
	assert_true(sees(w, door, PAGE(0)) && is_heard(w, PAGE(0), door));
	world_page(w, PAGE(0), 0);
	page_resume(PAGE(0), false);
	assert_int_equal(PAGE(0)->errors, 0);
	assert_int_equal(page_last(PAGE(0))->offers, 1);
	world_wait(w, APP_RESUME_MS);
	assert_int_equal(door->state, UA_TALKING);
	page_resume(PAGE(0), true); /* its media broke down: it says so, and so does the relay */
	assert_int_equal(page_last(PAGE(0))->offers, 2);
	page_resume(PAGE(0), true);
	assert_int_equal(page_last(PAGE(0))->offers, 2); /* which is on its way */
	UNTIL(page_last(PAGE(0))->up, world_slack(w));
	/* And loaded anew: it needs new media. */
	page_close(PAGE(0));
	world_page(w, PAGE(0), 0);
	page_resume(PAGE(0), true);
	assert_int_equal(page_last(PAGE(0))->offers, 3);
	UNTIL(page_last(PAGE(0))->up, world_slack(w));
	assert_true(sees(w, door, PAGE(0)) && is_heard(w, PAGE(0), door));
	page_do(PAGE(0), "hangup");
	world_over(w, "answered");
}

STORY_APPS(a_page_comes_back_too_late, 0, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	page_close(PAGE(0));
	UNTIL(world_seen(w)->ended, APP_RESUME_MS + world_slack(w));
	world_page(w, PAGE(0), 0);
	page_resume(PAGE(0), false);
	assert_string_equal(PAGE(0)->error, "no_such_call");
	page_last(PAGE(0))->state = PAGE_ENDED;
	world_over(w, "answered");
	assert_string_equal(world_why(w, APP(0)), "lost");
	UNTIL(door->state == UA_OVER, world_slack(w));
}

/* Another's token is of no use, nor is one of another device. */
STORY_APPS(only_the_token_takes_a_call_up_again, 0, 2)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	world_page(w, PAGE(1), 1);
	door = ring(w, PAGE(0));
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	page_say(PAGE(1), "{\"type\":\"resume\",\"call\":\"%s\",\"token\":\"%s\"}",
		 page_last(PAGE(0))->id, page_last(PAGE(0))->token);
	assert_string_equal(PAGE(1)->error, "no_such_call");
	page_say(PAGE(0), "{\"type\":\"resume\",\"call\":\"%s\",\"token\":\"%032d\"}",
		 page_last(PAGE(0))->id, 0);
	assert_string_equal(PAGE(0)->error, "no_such_call");
	page_say(PAGE(1), "{\"type\":\"hangup\",\"call\":\"%s\"}", page_last(PAGE(0))->id);
	assert_string_equal(PAGE(1)->error, "no_such_call");
	assert_int_equal(door->state, UA_TALKING);
	ua_bye(door);
	world_over(w, "answered");
}

/* A ringing page that drops is the same page when it comes back: one leg, rung anew. */
STORY_APPS(a_page_that_drops_while_it_rings_goes_on_ringing, 0, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	page_close(PAGE(0));
	world_wait(w, 5000);
	assert_int_equal(world_seen(w)->ended, 0);
	world_page(w, PAGE(0), 0);
	assert_int_equal(page_last(PAGE(0))->rings, 2);
	page_resume(PAGE(0), false); /* as it would, not knowing */
	UNTIL(page_last(PAGE(0))->up && sees(w, door, PAGE(0)), world_slack(w));
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	assert_int_equal(PAGE(0)->errors, 0);
	ua_bye(door);
	world_over(w, "answered");
	assert_int_equal(world_seen(w)->nlegs, 1);
}

STORY_APPS(a_ringing_page_that_stays_away_is_lost, 0, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	page_close(PAGE(0));
	page_last(PAGE(0))->state = PAGE_ENDED;
	UNTIL(door->state == UA_OVER, APP_RESUME_MS + 2 * world_slack(w));
	assert_int_equal(door->code, 480);
	world_over(w, "missed");
	assert_string_equal(world_why(w, APP(0)), "lost");
}

STORY_APPS(media_that_break_down_are_offered_anew, 0, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	relay_fake_media(w->relay, page_last(PAGE(0))->ufrag, false);
	UNTIL(page_last(PAGE(0))->offers == 2 && page_last(PAGE(0))->up, 1000);
	UNTIL(sees(w, door, PAGE(0)) && is_heard(w, PAGE(0), door), 1000);
	world_wait(w, 2 * APP_MEDIA_MS);
	assert_int_equal(door->state, UA_TALKING);
	PAGE(0)->deaf = true; /* and the next time it does not come up */
	relay_fake_media(w->relay, page_last(PAGE(0))->ufrag, false);
	UNTIL(world_seen(w)->ended, APP_MEDIA_MS + 1000);
	world_over(w, "answered");
	assert_string_equal(page_last(PAGE(0))->why, "lost");
	assert_string_equal(world_why(w, APP(0)), "lost");
}

/* Its socket drops with an offer on the way: it gets another, and what it says to the first counts
 * for nothing. */
STORY_APPS(an_answer_to_an_earlier_offer_counts_for_nothing, 0, 1)
{
	struct page *p = PAGE(0);
	struct ua_call *door;
	char first[2048];

	world_page(w, p, 0);
	door = ring(w, p);
	page_do(p, "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	p->deaf = true;
	relay_fake_media(w->relay, page_last(p)->ufrag, false);
	UNTIL(page_last(p)->offers == 2, 1000);
	snprintf(first, sizeof(first), "%s", page_last(p)->offer);
	world_wait(w, APP_MEDIA_MS - 1000);
	page_close(p);
	world_wait(w, APP_MEDIA_MS); /* which begin anew */
	world_page(w, p, 0);
	page_resume(p, false);
	assert_int_equal(page_last(p)->offers, 3);
	page_answer(p, page_last(p), first);
	assert_int_equal(p->errors, 0);
	assert_false(sees(w, door, p));
	page_answer(p, page_last(p), page_last(p)->offer);
	assert_true(sees(w, door, p) && is_heard(w, p, door));
	relay_fake_media(w->relay, page_last(p)->ufrag, true);
	world_wait(w, 2 * APP_MEDIA_MS);
	assert_int_equal(door->state, UA_TALKING);
	page_do(p, "hangup");
	world_over(w, "answered");
}

/* A call whose only app sleeps rings on; the push wakes it, and it joins. */
STORY_APPS(a_sleeping_app_is_woken_and_joins, 0, 1)
{
	struct ua_call *door;
	const struct call_trace *t;

	w->sleeps[0] = true;
	world_directory(w, w->nphones, true);
	door = world_ring(w);
	UNTIL(w->nwakes == 1, world_slack(w));
	assert_true(w->wakes[0].device == APP(0));
	switchboard_pushed(w->board, w->wakes[0].call, APP(0), clock_wall_ms(&w->clock.clock),
			   true);
	world_wait(w, 2000);
	switchboard_delivered(w->board, w->wakes[0].call, APP(0), clock_wall_ms(&w->clock.clock));
	world_wait(w, 3000);
	assert_int_equal(world_seen(w)->ended, 0);
	world_page(w, PAGE(0), 0);
	assert_true(page_rings(PAGE(0)));
	UNTIL(page_last(PAGE(0))->up && sees(w, door, PAGE(0)), world_slack(w));
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	ua_bye(door);
	world_over(w, "answered");
	t = world_trace(w, APP(0));
	assert_true(t->pushed && t->delivered == t->pushed + 2000 &&
		    t->woken == t->delivered + 3000 && t->offered == t->woken);
	assert_int_equal(world_seen(w)->nlegs, 1);
}

STORY_APPS(a_pushed_app_that_never_came_is_in_the_history, 1, 1)
{
	struct ua_call *door;

	w->sleeps[0] = true;
	world_directory(w, w->nphones, true);
	PHONE(0)->plan.answer_ms = 10000;
	door = world_ring(w);
	UNTIL(w->nwakes == 1, world_slack(w));
	switchboard_pushed(w->board, w->wakes[0].call, APP(0), clock_wall_ms(&w->clock.clock),
			   true);
	UNTIL(door->state == UA_TALKING, 10000 + 2 * world_slack(w));
	assert_string_equal(w->wakes[0].over, "answered_elsewhere");
	ua_bye(door);
	world_over(w, "answered");
	assert_string_equal(world_result(w, APP(0)), "unreachable");
	assert_string_equal(world_why(w, APP(0)), "never_came");
	assert_true(world_trace(w, APP(0))->pushed && !world_trace(w, APP(0))->woken);
}

/* There was no subscription after all: nobody to wait for. */
STORY_APPS(an_app_that_nothing_can_wake_is_not_waited_for, 0, 1)
{
	struct ua_call *door;

	w->sleeps[0] = true;
	world_directory(w, w->nphones, true);
	door = world_ring(w);
	UNTIL(w->nwakes == 1, world_slack(w));
	switchboard_pushed(w->board, w->wakes[0].call, APP(0), 1, false);
	UNTIL(door->state == UA_OVER, world_slack(w));
	assert_int_equal(door->code, 480);
	world_over(w, "failed");
	assert_string_equal(world_why(w, APP(0)), "unreachable");
	assert_string_equal(w->wakes[0].over, "unreachable");
}

STORY_APPS(an_app_that_is_nowhere_is_unreachable, 1, 1)
{
	PHONE(0)->plan = (struct ua_plan){ .ring_ms = -1, .answer_ms = 100, .code = 486 };
	world_ring(w);
	world_over(w, "busy");
	assert_string_equal(world_result(w, APP(0)), "unreachable");
	assert_string_equal(world_why(w, APP(0)), "unreachable");
}

/* Who has said no is not rung again when his page reconnects. */
STORY_APPS(a_device_that_declined_does_not_join_again, 1, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	page_do(PAGE(0), "decline");
	page_close(PAGE(0));
	world_page(w, PAGE(0), 0);
	assert_int_equal(page_last(PAGE(0))->rings, 1);
	ua_cancel(door);
	UNTIL(door->state == UA_OVER, 2 * world_slack(w));
	world_over(w, "missed");
}

/* It registers while the call rings for it, and rings. */
STORY_APPS(a_phone_that_registers_late_joins, 2, 0)
{
	struct ua_call *door;

	ua_register(PHONE(0), 0);
	UNTIL(!sip_endpoint_bindings(w->endpoint, ua_number(PHONE(0)), (struct sip_binding[8]){},
				     8),
	      2 * world_slack(w));
	door = world_ring(w);
	UNTIL(ua_last(PHONE(1)), world_slack(w));
	assert_null(ua_last(PHONE(0)));
	PHONE(0)->plan.answer_ms = 2000;
	ua_register(PHONE(0), UA_EXPIRES_S);
	UNTIL(door->state == UA_TALKING, 2000 + 2 * world_slack(w));
	assert_int_equal(world_seen(w)->by, ua_number(PHONE(0)));
	ua_bye(door);
	world_over(w, "answered");
	assert_int_equal(world_seen(w)->nlegs, 2);
}

/* A refresh of a phone that rings, or that has said no, is no reason to call it again. */
STORY_APPS(a_phone_that_registers_again_is_not_called_twice, 2, 0)
{
	struct ua_call *door;

	PHONE(0)->plan = (struct ua_plan){ .ring_ms = 50, .answer_ms = 200, .code = 603 };
	door = world_ring(w);
	UNTIL(world_seen(w) && world_seen(w)->nlegs == 1, 200 + world_slack(w));
	UNTIL(ua_last(PHONE(1)), world_slack(w));
	ua_register(PHONE(0), UA_EXPIRES_S);
	ua_register(PHONE(1), UA_EXPIRES_S);
	world_wait(w, 5000);
	assert_int_equal(ua_calls(PHONE(0)), 1);
	assert_int_equal(ua_calls(PHONE(1)), 1);
	ua_cancel(door);
	UNTIL(door->state == UA_OVER, 2 * world_slack(w));
	world_over(w, "missed");
}

/* Its INVITE went to it while it slept; woken, it registers, and rings at once. */
STORY_APPS(a_sleeping_phone_is_woken_and_rings_at_once, 1, 0)
{
	struct ua_call *door;

	if (w->storm) /* how soon a message comes through */
		return;
	w->phone_sleeps = true;
	world_directory(w, w->nphones, true);
	PHONE(0)->vanished = true;
	door = world_ring(w);
	UNTIL(w->nwakes == 1, 1000);
	assert_true(w->wakes[0].device == ua_number(PHONE(0)));
	switchboard_pushed(w->board, w->wakes[0].call, w->wakes[0].device,
			   clock_wall_ms(&w->clock.clock), true);
	world_wait(w, 4000);
	assert_null(ua_last(PHONE(0)));
	PHONE(0)->vanished = false;
	PHONE(0)->plan.answer_ms = 5000;
	ua_register(PHONE(0), UA_EXPIRES_S);
	UNTIL(ua_rings(PHONE(0)), 500);
	UNTIL(door->state == UA_TALKING, 7000);
	assert_true(world_trace(w, ua_number(PHONE(0)))->woken);
	ua_bye(door);
	world_over(w, "answered");
}

/* Its connection is gone, so that nothing can be sent: it is waited for all the same. */
STORY_APPS(a_phone_without_a_connection_is_waited_for, 1, 0)
{
	struct sip_binding b = { .user = ua_number(PHONE(0)),
				 .contact = "sip:asleep@192.0.2.250;transport=tcp",
				 .q = 500,
				 .cseq = 1,
				 .expires_at = clock_wall_ms(&w->clock.clock) + UA_EXPIRES_S * 1000,
				 .flow = { .transport = FLOW_TCP, .conn = 999999 } };
	struct ua_call *door;

	w->phone_sleeps = true;
	world_directory(w, w->nphones, true);
	sip_endpoint_unbind(w->endpoint, ua_number(PHONE(0)));
	assert_int_equal(addr_parse("192.0.2.250:5060", &b.flow.peer), 0);
	assert_int_equal(sip_endpoint_restore(w->endpoint, &b), 0);
	door = world_ring(w);
	UNTIL(w->nwakes == 1, world_slack(w));
	world_wait(w, 3000);
	assert_int_equal(world_seen(w)->ended + world_seen(w)->nlegs, 0);
	PHONE(0)->plan.answer_ms = 1000;
	ua_register(PHONE(0), UA_EXPIRES_S);
	UNTIL(door->state == UA_TALKING, 1000 + 2 * world_slack(w));
	ua_bye(door);
	world_over(w, "answered");
	assert_int_equal(world_seen(w)->nlegs, 1);
}

/* It hears of the call once it is over, and how. */
STORY_APPS(an_app_that_keeps_quiet_hears_of_it_afterwards, 1, 1)
{
	static const struct quiet_time always = { 127, 0, QUIET_DAY_MIN };
	static const struct zone utc;
	struct dir_device *app;
	struct ua_call *door;

	app = (struct dir_device *)(uintptr_t)directory_device(w->directory, APP(0));
	app->quiet = &always;
	app->nquiet = 1;
	app->zone = &utc;
	world_page(w, PAGE(0), 0);
	door = world_ring(w);
	UNTIL(door->rang || w->storm, world_slack(w));
	assert_int_equal(w->nhushed, 0);
	/* It may not look through the door's camera; but it is told of the call, with a picture. */
	assert_true(w->storm || (w->look.lookers == 1 && w->look.device == 0));
	ua_cancel(door);
	world_over(w, "missed");
	assert_int_equal(w->nhushed, 1);
	assert_true(w->hushed.device == APP(0));
	assert_string_equal(w->hushed.why, "caller_gone");
	PHONE(0)->plan.answer_ms = 500;
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 500 + world_slack(w));
	assert_int_equal(w->nhushed, 2);
	assert_string_equal(w->hushed.why, "answered_elsewhere");
	ua_bye(door);
	world_over(w, "answered");
	assert_int_equal(w->nhushed, 2); /* once for each call */
	assert_true(w->nwakes == 0 && !page_last(PAGE(0)));
}

/* Keys reach the door as telephone-events, or by INFO when it has none; never as both. */
static bool hears_code(const struct world *w, const struct ua_call *door, const char *code)
{
	const struct addr rtp = ua_rtp(door, false);
	const char *pressed = relay_fake_pressed(w->relay, &rtp);

	if (w->door.plan.no_events)
		return !pressed[0] && door->digits == strlen(code);
	return !door->digits && strcmp(pressed, code) == 0;
}

STORY_APPS(a_page_opens_named_switches_while_it_talks, 0, 1)
{
	struct ua_call *door;

	w->named_switches = true;
	world_directory(w, w->nphones, true);
	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	assert_int_equal(page_last(PAGE(0))->switches, 2);
	assert_string_equal(page_last(PAGE(0))->switch_name, "Door");
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	page_switch(PAGE(0), 2);
	assert_string_equal(PAGE(0)->error, "no_such_switch");
	page_switch(PAGE(0), 3);
	page_switch(PAGE(0), 1);
	assert_string_equal(PAGE(0)->error, "busy");
	UNTIL(page_last(PAGE(0))->opened == 3, 2000);
	UNTIL(hears_code(w, door, "12#"), world_slack(w));
	assert_int_equal(world_seen(w)->opened, 1);
	world_wait(w, 2 * APP_OPEN_MS);
	assert_int_equal(door->state, UA_TALKING);
	page_do(PAGE(0), "hangup");
	world_over(w, "answered");
}

/* Opened unanswered: the door is answered for it, hears the code, and is hung up. */
STORY_APPS(a_page_opens_while_it_rings, 1, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	page_switch(PAGE(0), 1);
	UNTIL(door->state == UA_TALKING || world_seen(w)->ended, world_slack(w));
	UNTIL(page_last(PAGE(0))->opened == 1, 2000);
	assert_true(hears_code(w, door, CODE));
	UNTIL(world_seen(w)->ended, APP_OPEN_MS + world_slack(w));
	assert_string_equal(page_last(PAGE(0))->why, "opened");
	world_over(w, "answered");
	assert_int_equal(world_seen(w)->opened, 1);
	assert_string_equal(world_why(w, APP(0)), "opened");
}

/* Who opens at once has not agreed on media yet, and needs none. */
STORY_APPS(a_page_opens_before_its_media_are_there, 1, 2)
{
	struct ua_call *door;
	struct page *p = PAGE(0);

	p->deaf = true;
	world_page(w, p, 0);
	world_page(w, PAGE(1), 0);
	door = world_ring(w);
	UNTIL(page_rings(p) && page_rings(PAGE(1)), world_slack(w));
	page_switch(p, 1);
	UNTIL(page_last(PAGE(1))->state == PAGE_ENDED, world_slack(w));
	assert_string_equal(page_last(PAGE(1))->why, "answered_elsewhere");
	UNTIL(page_last(p)->opened == 1, 2000);
	assert_true(hears_code(w, door, CODE));
	page_answer(p, page_last(p), page_last(p)->offer); /* too late to talk */
	page_do(p, "answer");
	assert_int_equal(page_last(p)->state, PAGE_RINGING);
	UNTIL(world_seen(w)->ended, APP_OPEN_MS + world_slack(w));
	assert_string_equal(page_last(p)->why, "opened");
	assert_int_equal(p->errors, 0);
	world_over(w, "answered");
	assert_true(world_seen(w)->by == APP(0));
	assert_int_equal(world_seen(w)->opened, 1);
}

/* ...and who then wants to talk, talks. */
STORY_APPS(who_opened_may_stay, 0, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	page_switch(PAGE(0), 1);
	UNTIL(page_last(PAGE(0))->opened == 1, 2000);
	assert_int_equal(page_last(PAGE(0))->state, PAGE_RINGING);
	page_do(PAGE(0), "answer");
	assert_int_equal(page_last(PAGE(0))->state, PAGE_TALKING);
	UNTIL(door->state == UA_TALKING, world_slack(w));
	world_wait(w, 3 * APP_OPEN_MS);
	assert_int_equal(door->state, UA_TALKING);
	ua_bye(door);
	world_over(w, "answered");
}

/* From a notice, of an app whose page never connected. */
STORY_APPS(a_notice_opens_the_door, 1, 2)
{
	struct ua_call *door;
	int64_t call;

	w->sleeps[0] = true;
	world_directory(w, w->nphones, true);
	world_page(w, PAGE(1), 1);
	door = ring(w, PAGE(1));
	call = world_seen(w)->id;
	assert_int_equal(switchboard_open_door(w->board, call, APP(0), 2), -ENOENT);
	assert_int_equal(switchboard_open_door(w->board, call, APP(3), 1), -ENOENT);
	assert_int_equal(switchboard_open_door(w->board, call + 1, APP(0), 1), -ENOENT);
	assert_int_equal(switchboard_open_door(w->board, call, APP(0), 1), 0);
	assert_string_equal(page_last(PAGE(1))->why, "answered_elsewhere");
	UNTIL(hears_code(w, door, CODE), 2000);
	UNTIL(world_seen(w)->ended, APP_OPEN_MS + 2000 + world_slack(w));
	world_over(w, "answered");
	assert_true(world_seen(w)->by == APP(0));
	assert_int_equal(world_seen(w)->opened, 1);
	assert_string_equal(world_why(w, APP(0)), "opened");
	assert_int_equal(switchboard_open_door(w->board, call, APP(0), 1), -ENOENT);
}

STORY_APPS(a_notice_opens_the_door_of_a_call_that_talks, 0, 2)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	world_page(w, PAGE(1), 1);
	door = ring(w, PAGE(0));
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	assert_int_equal(switchboard_open_door(w->board, world_seen(w)->id, APP(1), 1), -ENOENT);
	assert_int_equal(switchboard_open_door(w->board, world_seen(w)->id, APP(0), 1), 0);
	UNTIL(page_last(PAGE(0))->opened == 1, 2000);
	UNTIL(hears_code(w, door, CODE), world_slack(w));
	world_wait(w, 2 * APP_OPEN_MS);
	assert_int_equal(door->state, UA_TALKING);
	ua_bye(door);
	world_over(w, "answered");
}

STORY_APPS(keys_of_a_page_open_too, 0, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	for (const char *key = CODE; *key; key++)
		page_say(PAGE(0), "{\"type\":\"digit\",\"call\":\"%s\",\"digit\":\"%c\"}",
			 page_last(PAGE(0))->id, *key);
	UNTIL(hears_code(w, door, CODE), world_slack(w));
	assert_int_equal(world_seen(w)->opened, 1);
	ua_bye(door);
	world_over(w, "answered");
}

/* A page calls the door, or looks at it, and it answers. */
static struct ua_call *door_called(struct world *w, const struct ua_plan *plan, bool look)
{
	struct page *p = PAGE(0);

	w->door.plan = *plan;
	world_page(w, p, 0);
	page_dial(p, DOOR, look);
	UNTIL(is(p, PAGE_TALKING) && page_last(p)->up, 100 + 2 * world_slack(w));
	return ua_last(&w->door);
}

/* A door that is called, and one that has no telephone-events. */
STORY_APPS(keys_of_a_page_reach_a_door_that_it_calls, 0, 1)
{
	struct page *p = PAGE(0);
	struct ua_call *door;

	door = door_called(w, &(struct ua_plan){ .ring_ms = -1, .answer_ms = 100 }, false);
	page_switch(p, 1);
	UNTIL(page_last(p)->opened == 1, 2000);
	assert_true(hears_code(w, door, CODE));
	page_do(p, "hangup");
	world_over(w, "answered");
	UNTIL(door->state == UA_OVER, 2 * world_slack(w));
}

STORY_APPS(a_door_without_events_hears_info, 0, 1)
{
	struct ua_call *door;

	w->door.plan.no_events = true;
	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	page_switch(PAGE(0), 1);
	UNTIL(page_last(PAGE(0))->opened == 1, 2000);
	UNTIL(hears_code(w, door, CODE), world_slack(w));
	ua_bye(door);
	world_over(w, "answered");
}

STORY_APPS(a_called_door_without_events_hears_info, 0, 1)
{
	struct page *p = PAGE(0);
	struct ua_call *door;

	door = door_called(
		w, &(struct ua_plan){ .ring_ms = -1, .answer_ms = 100, .no_events = true }, false);
	page_switch(p, 1);
	UNTIL(page_last(p)->opened == 1, 2000);
	UNTIL(hears_code(w, door, CODE), world_slack(w));
	page_do(p, "hangup");
	world_over(w, "answered");
	UNTIL(door->state == UA_OVER, 2 * world_slack(w));
}

/* An intercom answers by itself; who looks is not heard. */
STORY_APPS(a_page_looks_at_the_door, 0, 1)
{
	struct page *p = PAGE(0);
	struct ua_call *door;

	w->door.plan = (struct ua_plan){ .ring_ms = -1, .answer_ms = 100 };
	world_page(w, p, 0);
	page_dial(p, DOOR, true);
	assert_int_equal(page_last(p)->state, PAGE_DIALLING);
	assert_string_equal(page_last(p)->with_kind, "intercom");
	assert_int_equal(page_last(p)->offers, 0);
	UNTIL(is(p, PAGE_TALKING) && page_last(p)->up, 100 + 2 * world_slack(w));
	door = ua_last(&w->door);
	assert_non_null(strstr(page_last(p)->offer, "m=video"));
	assert_string_equal(door->heard_dir, "recvonly");
	UNTIL(sees(w, door, p), world_slack(w));
	assert_false(is_heard(w, p, door));
	page_switch(p, 1); /* and may open, for which the door must listen */
	UNTIL(page_last(p)->opened == 1, 2000 + 2 * world_slack(w));
	if (!w->storm) { /* or it takes too long to say so */
		assert_true(hears_code(w, door, CODE));
		assert_string_equal(door->heard_dir, "sendrecv");
	}
	assert_false(is_heard(w, p, door));
	page_do(p, "answer"); /* and talk */
	assert_int_equal(p->errors, 0);
	UNTIL(strcmp(door->heard_dir, "sendrecv") == 0, 2 * world_slack(w));
	UNTIL(is_heard(w, p, door), world_slack(w));
	assert_true(sees(w, door, p));
	world_wait(w, world_slack(w));
	page_do(p, "hangup");
	world_over(w, "answered");
	UNTIL(door->state == UA_OVER, 2 * world_slack(w));
}

/* A door that has answered and shows nothing is looked at through its camera until it does. */
STORY_APPS(a_page_looks_at_a_door_through_its_camera, 0, 1)
{
	struct page *p = PAGE(0);

	w->door.plan = (struct ua_plan){ .ring_ms = -1, .answer_ms = 100 };
	world_page(w, p, 0);
	page_dial(p, DOOR, true);
	assert_true(page_last(p)->camera);
	assert_int_equal(w->look.lookers, 0); /* it may be off the hook */
	UNTIL(is(p, PAGE_TALKING) && page_last(p)->up, 100 + 2 * world_slack(w));
	assert_true(w->look.device == APP(0) && w->look.lookers == 1 && !w->look.over);
	show_picture(w, ua_last(&w->door));
	UNTIL(w->look.over, 1000);
	page_do(p, "hangup");
	world_over(w, "answered");
}

STORY_APPS(a_door_without_a_camera_says_so, 0, 1)
{
	struct ua_call *door;

	w->no_camera = true;
	world_directory(w, w->nphones, true);
	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	assert_false(page_last(PAGE(0))->camera);
	assert_int_equal(w->look.lookers, 0);
	ua_cancel(door);
	world_over(w, "missed");
}

/* A door that does not listen has INFO left, and one without telephone-events is not asked to. */
static void look_and_open(struct world *w, const struct ua_plan *plan)
{
	struct page *p = PAGE(0);
	struct ua_call *door;
	struct addr rtp;

	door = door_called(w, plan, true);
	page_switch(p, 1);
	UNTIL(page_last(p)->opened == 1, 2000 + 2 * world_slack(w));
	UNTIL(door->digits == strlen(CODE), world_slack(w));
	rtp = ua_rtp(door, false);
	assert_string_equal(relay_fake_pressed(w->relay, &rtp), "");
	page_do(p, "hangup");
	world_over(w, "answered");
	UNTIL(door->state == UA_OVER, 2 * world_slack(w));
}

STORY_APPS(a_door_that_will_not_listen_is_opened_by_info, 0, 1)
{
	look_and_open(w, &(struct ua_plan){ .ring_ms = -1, .answer_ms = 100, .refuse_offer = 488 });
}

STORY_APPS(a_door_without_events_need_not_listen, 0, 1)
{
	look_and_open(w, &(struct ua_plan){ .ring_ms = -1, .answer_ms = 100, .no_events = true });
	assert_int_equal(ua_last(&w->door)->offers, 0);
}

/* Whoever looked on and is gone does not keep the door from ringing. */
STORY_APPS(a_page_that_looked_and_left_frees_the_door, 0, 1)
{
	w->door.plan = (struct ua_plan){ .ring_ms = -1, .answer_ms = 100 };
	world_page(w, PAGE(0), 0);
	page_dial(PAGE(0), DOOR, true);
	UNTIL(is(PAGE(0), PAGE_TALKING) && page_last(PAGE(0))->up, 100 + 2 * world_slack(w));
	page_close(PAGE(0));
	UNTIL(world_seen(w)->ended, APP_RESUME_LOOK_MS + world_slack(w));
	world_over(w, "answered");
	UNTIL(ua_last(&w->door)->state == UA_OVER, 2 * world_slack(w));
}

STORY_APPS(a_page_calls_a_phone, 1, 1)
{
	struct page *p = PAGE(0);
	struct ua_call *phone;

	PHONE(0)->plan = (struct ua_plan){ .ring_ms = 100,
					   .answer_ms = 2000 + world_slack(w),
					   .pcma_first = true };
	world_page(w, p, 0);
	page_dial(p, PHONE(0)->user, false);
	UNTIL(page_last(p)->rang || w->storm, world_slack(w));
	UNTIL(is(p, PAGE_TALKING) && page_last(p)->up, 2000 + 4 * world_slack(w));
	phone = ua_last(PHONE(0));
	UNTIL(phone->state == UA_TALKING, world_slack(w));
	const struct addr audio = ua_rtp(phone, false);

	assert_true(relay_fake_shows(w->relay, &audio, page_last(p)->ufrag, RELAY_AUDIO));
	assert_true(is_heard(w, p, phone));
	ua_bye(phone);
	world_over(w, "answered");
	assert_string_equal(page_last(p)->why, "peer_hangup");
}

STORY_APPS(a_page_gives_up_calling, 1, 1)
{
	world_page(w, PAGE(0), 0);
	page_dial(PAGE(0), PHONE(0)->user, false);
	UNTIL(ua_last(PHONE(0)) && (page_last(PAGE(0))->rang || w->storm), 2 * world_slack(w));
	page_do(PAGE(0), "hangup");
	assert_string_equal(page_last(PAGE(0))->why, "hangup");
	world_over(w, "missed");
	assert_string_equal(world_why(w, ua_number(PHONE(0))), "caller_gone");
}

STORY_APPS(a_page_hears_why_nobody_came, 1, 2)
{
	PHONE(0)->plan = (struct ua_plan){ .ring_ms = -1, .answer_ms = 100, .code = 486 };
	world_page(w, PAGE(0), 0);
	page_dial(PAGE(0), PHONE(0)->user, false);
	UNTIL(is(PAGE(0), PAGE_ENDED), 2 * world_slack(w));
	assert_string_equal(page_last(PAGE(0))->why, "busy");
	page_dial(PAGE(0), "1000000101", false); /* an app that is nowhere */
	assert_string_equal(page_last(PAGE(0))->why, "unreachable");
	assert_int_equal(PAGE(0)->ncalls, 2);
	world_over(w, "failed");
}

STORY_APPS(a_page_calls_a_page, 0, 2)
{
	world_page(w, PAGE(0), 0);
	world_page(w, PAGE(1), 1);
	page_dial(PAGE(0), "1000000101", false);
	assert_true(page_rings(PAGE(1)));
	assert_string_equal(page_last(PAGE(1))->with_kind, "app");
	assert_false(page_last(PAGE(1))->video);
	assert_null(strstr(page_last(PAGE(1))->offer, "m=video"));
	UNTIL(page_last(PAGE(1))->up && page_last(PAGE(0))->rang, 1000);
	page_do(PAGE(1), "answer");
	UNTIL(page_last(PAGE(0))->up && is(PAGE(0), PAGE_TALKING), 1000);
	assert_true(
		relay_fake_joins(w->relay, page_last(PAGE(0))->ufrag, page_last(PAGE(1))->ufrag));
	assert_true(
		relay_fake_joins(w->relay, page_last(PAGE(1))->ufrag, page_last(PAGE(0))->ufrag));
	page_close(PAGE(0)); /* who called comes back, too */
	world_page(w, PAGE(0), 0);
	page_resume(PAGE(0), true);
	UNTIL(page_last(PAGE(0))->up, 1000);
	assert_true(
		relay_fake_joins(w->relay, page_last(PAGE(0))->ufrag, page_last(PAGE(1))->ufrag));
	assert_true(
		relay_fake_joins(w->relay, page_last(PAGE(1))->ufrag, page_last(PAGE(0))->ufrag));
	page_do(PAGE(0), "hangup");
	assert_string_equal(page_last(PAGE(1))->why, "peer_hangup");
	world_over(w, "answered");
}

STORY_APPS(what_may_not_be_called_is_not, 1, 1)
{
	struct page *p = PAGE(0);

	world_page(w, p, 0);
	page_dial(p, "1000000999", false); /* of another site */
	assert_string_equal(p->error, "not_allowed");
	assert_string_equal(p->error_ref, "r1");
	page_dial(p, "1000000777", false); /* no such device */
	assert_string_equal(p->error, "not_allowed");
	page_dial(p, PHONE(0)->user, true); /* a phone cannot be looked at */
	assert_string_equal(p->error, "not_allowed");
	page_say(p, "{\"type\":\"dial\",\"device\":\"%s\",\"to\":\"%s\"}", PHONE(0)->user, DOOR);
	assert_string_equal(p->error, "not_allowed"); /* in another's name */
	assert_int_equal(p->errors, 4);
	assert_int_equal(p->ncalls, 0);
	page_dial(p, PHONE(0)->user, false);
	page_dial(p, PHONE(0)->user, false);
	assert_int_equal(p->ncalls, CALLS_PER_DEVICE_MAX);
	page_dial(p, PHONE(0)->user, false);
	assert_string_equal(p->error, "busy");
	for (unsigned i = 0; i < p->ncalls; i++)
		page_say(p, "{\"type\":\"hangup\",\"call\":\"%s\"}", p->calls[i].id);
	world_over(w, "failed");
}

STORY_APPS(bad_messages_are_answered_and_do_no_harm, 0, 1)
{
	struct page *p = PAGE(0);
	struct ua_call *door;

	world_page(w, p, 0);
	door = ring(w, p);
	page_say(p, "no json");
	assert_string_equal(p->error, "bad_message");
	page_say(p, "{\"type\":\"answer\"}");
	assert_non_null(strstr(p->detail, "\"call\""));
	page_say(p, "{\"type\":\"answer\",\"call\":\"12\"}");
	assert_string_equal(p->error, "no_such_call");
	assert_int_equal(p->errors, 3);
	assert_true(page_rings(p));
	page_do(p, "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	page_do(p, "answer"); /* again: nothing happens */
	page_do(p, "shown");
	assert_int_equal(p->errors, 3);
	ua_bye(door);
	world_over(w, "answered");
}

STORY_APPS(an_answer_of_no_use_ends_that_leg, 0, 2)
{
	struct ua_call *door;

	PAGE(0)->no_sound = true;
	world_page(w, PAGE(0), 0);
	world_page(w, PAGE(1), 1);
	door = ring(w, PAGE(1));
	UNTIL(is(PAGE(0), PAGE_ENDED), 1000);
	assert_string_equal(PAGE(0)->error, "bad_message");
	assert_string_equal(page_last(PAGE(0))->why, "refused");
	assert_true(page_rings(PAGE(1)));
	page_do(PAGE(1), "decline");
	UNTIL(door->state == UA_OVER, 2 * world_slack(w));
	world_over(w, "declined");
	assert_string_equal(world_result(w, APP(0)), "failed");
}

STORY_APPS(a_page_that_says_too_much_is_not_heard, 0, 1)
{
	struct page *p = PAGE(0);
	static char big[APP_MESSAGE_MAX + 2];

	world_page(w, p, 0);
	memset(big, ' ', sizeof(big));
	app_hear(p->link, (struct view){ big, sizeof(big) });
	assert_string_equal(p->error, "bad_message");
	for (unsigned i = 0; i < APP_MESSAGES_BURST - 1; i++)
		page_say(p, "{}");
	assert_string_equal(p->error, "bad_message");
	page_say(p, "{}");
	assert_string_equal(p->error, "full");
	world_wait(w, 1000);
	page_say(p, "{}");
	assert_string_equal(p->error, "bad_message");
	ua_cancel(ring(w, p));
	world_over(w, "missed");
}

STORY_APPS(links_have_limits, 0, 4)
{
	struct page *p = PAGE(APP_LINKS_PER_DEVICE_MAX);

	p->ndevices = 0;
	p->board = w->board;
	assert_int_equal(page_open(p), -EINVAL);
	p->ndevices = APP_DEVICES_MAX + 1;
	assert_int_equal(page_open(p), -ENOSPC);
	w->board->stats.app_links += APP_LINKS_MAX;
	p->ndevices = 1;
	assert_int_equal(page_open(p), -ENOSPC);
	w->board->stats.app_links -= APP_LINKS_MAX;
	for (unsigned i = 0; i < APP_LINKS_PER_DEVICE_MAX; i++)
		world_page(w, PAGE(i), 0);
	assert_int_equal(PAGE(0)->hellos, 1);
	world_page(w, p, 0); /* the oldest gives way */
	assert_int_equal(PAGE(0)->hellos, 2);
	assert_int_equal(PAGE(0)->here, 0);
	assert_int_equal(switchboard_stats(w->board).app_links, APP_LINKS_PER_DEVICE_MAX + 1);
	ua_cancel(ring(w, p));
	world_over(w, "missed");
	assert_int_equal(PAGE(0)->ncalls, 0);
	assert_int_equal(PAGE(1)->ncalls, 1);
}

/* A person's page acts for two of his devices: it rings once, and both have been reached. */
STORY_APPS(a_page_of_two_devices_rings_once, 0, 2)
{
	struct page *p = PAGE(0);
	struct ua_call *door;

	world_page(w, p, 0);
	page_close(p);
	p->devices[0] = APP(0);
	p->devices[1] = APP(1);
	p->devices[2] = ua_number(&w->door); /* none of an app: passed over */
	p->ndevices = 3;
	assert_int_equal(page_open(p), 0);
	assert_int_equal(p->here, 2);
	door = ring(w, p);
	assert_int_equal(p->ncalls, 1);
	assert_int_equal(page_last(p)->rings, 1);
	page_do(p, "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	ua_bye(door);
	world_over(w, "answered");
	assert_int_equal(world_seen(w)->nlegs, 1);
}

STORY_APPS(a_device_is_removed_and_its_page_hears_of_it, 0, 2)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	world_page(w, PAGE(1), 1);
	door = ring(w, PAGE(0));
	w->napps = 1;
	world_directory(w, w->nphones, true);
	assert_string_equal(page_last(PAGE(1))->why, "stopped");
	assert_int_equal(PAGE(1)->hellos, 2);
	assert_int_equal(PAGE(1)->here, 0);
	assert_true(page_rings(PAGE(0)) && PAGE(0)->hellos == 1);
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	w->napps = 0;
	world_directory(w, w->nphones, true);
	assert_string_equal(page_last(PAGE(0))->why, "stopped");
	world_over(w, "answered");
}

/* The door shows nothing before it is answered: the page hears that, and when it does. */
STORY_APPS(a_page_hears_that_there_is_no_picture, 0, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	assert_true(page_last(PAGE(0))->video);
	UNTIL(page_last(PAGE(0))->no_video, APP_VIDEO_MS + 100);
	assert_false(page_last(PAGE(0))->video);
	world_page(w, PAGE(1), 0); /* who comes later hears it at once */
	assert_false(page_last(PAGE(1))->video);
	assert_true(page_last(PAGE(0))->camera && page_last(PAGE(1))->camera);
	assert_true(w->look.device == APP(0) && w->look.lookers == 1 && !w->look.over);
	show_picture(w, door);
	UNTIL(page_last(PAGE(0))->video && page_last(PAGE(1))->video, 1000);
	assert_true(w->look.over);
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	ua_bye(door);
	world_over(w, "answered");
	assert_true(world_trace(w, APP(0))->preview);
}

/* A door that never shows anything is looked at through its camera: by those that it rings, and then
 * by who answered. */
STORY_APPS(a_page_that_answers_looks_on, 0, 2)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	world_page(w, PAGE(1), 1);
	door = ring(w, PAGE(0));
	assert_true(w->look.lookers == 2 && !w->look.over);
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	assert_true(w->look.device == APP(0) && !w->look.over);
	ua_bye(door);
	world_over(w, "answered");
	assert_true(w->look.over);
}

STORY_APPS(a_phone_that_answers_ends_the_look, 1, 1)
{
	struct ua_call *door;

	PHONE(0)->plan.answer_ms = 5000;
	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	assert_true(w->look.lookers == 1 && !w->look.over);
	UNTIL(door->state == UA_TALKING, 5000 + 2 * world_slack(w));
	assert_true(w->look.over);
	ua_bye(door);
	world_over(w, "answered");
}

/* Viewers want key frames: the door is asked by INFO, at most one a second. */
STORY_APPS(the_door_is_asked_for_key_frames, 0, 1)
{
	struct ua_call *door;
	unsigned asked;

	if (w->storm) /* counts of INFO that may be lost */
		return;
	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	UNTIL(door->pictures == 1, 1000);
	world_wait(w, 2000);
	const struct addr video = ua_rtp(door, true);

	for (unsigned i = 0; i < 5; i++)
		relay_fake_video(w->relay, &video, true);
	UNTIL(!relay_fake_events(w->relay), 2000);
	world_wait(w, 500);
	asked = door->pictures;
	assert_int_equal(asked, 2);
	world_wait(w, 1000);
	relay_fake_video(w->relay, &video, true);
	UNTIL(door->pictures == asked + 1, 1000);
	ua_cancel(door);
	world_over(w, "missed");
}

/* The door holds and goes on: the page is not asked. */
STORY_APPS(the_door_offers_anew_inside_the_call, 0, 1)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	door = ring(w, PAGE(0));
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	world_wait(w, world_slack(w)); /* until its ACK has come */
	ua_offer(door, "sendonly", false);
	UNTIL(door->offer_code, 4 * world_slack(w));
	assert_int_equal(door->offer_code, 200);
	assert_string_equal(door->heard_dir, "recvonly");
	world_wait(w, world_slack(w));
	door->offer_code = 0;
	ua_offer(door, "sendrecv", false);
	UNTIL(door->offer_code, 4 * world_slack(w));
	assert_int_equal(door->offer_code, 200);
	assert_int_equal(page_last(PAGE(0))->offers, 1);
	assert_true(sees(w, door, PAGE(0)) && is_heard(w, PAGE(0), door));
	ua_bye(door);
	world_over(w, "answered");
}

/* The server ends with links open and calls on. */
STORY_APPS(the_server_stops_with_pages_connected, 1, 2)
{
	struct ua_call *door;

	world_page(w, PAGE(0), 0);
	world_page(w, PAGE(1), 1);
	door = ring(w, PAGE(0));
	page_do(PAGE(0), "answer");
	UNTIL(door->state == UA_TALKING, world_slack(w));
	page_dial(PAGE(1), PHONE(0)->user, false);
	world_restart(w);
	assert_string_equal(page_last(PAGE(0))->why, "stopped");
	assert_string_equal(page_last(PAGE(1))->why, "stopped");
	ua_bye(door);
	UNTIL(door->state == UA_OVER, world_slack(w));
}

/* Without addresses for browsers an app cannot ring; phones can. */
STORY_APPS(without_media_for_browsers_phones_ring, 1, 1)
{
	struct ua_call *door;

	relay_fake_no_web(w->relay);
	world_page(w, PAGE(0), 0);
	PHONE(0)->plan.answer_ms = 1000;
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 1000 + 2 * world_slack(w));
	assert_int_equal(PAGE(0)->ncalls, 0);
	page_dial(PAGE(0), PHONE(0)->user, false);
	assert_string_equal(PAGE(0)->error, "full");
	ua_bye(door);
	world_over(w, "answered");
	assert_string_equal(world_result(w, APP(0)), "failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_TEST(a_page_sees_the_door_and_answers),
		STORY_TEST(the_one_codec_is_the_first_of_the_door),
		STORY_TEST(two_pages_of_a_device_ring_and_one_answers),
		STORY_TEST(one_declines_and_the_other_goes_on),
		STORY_TEST(all_decline),
		STORY_TEST(pages_and_phones_ring_together_and_a_phone_answers),
		STORY_TEST(a_page_answers_and_the_phones_hear_of_it),
		STORY_TEST(the_door_gives_up),
		STORY_TEST(nobody_answers),
		STORY_TEST(an_answer_before_the_media_is_kept),
		STORY_TEST(a_page_comes_back_to_its_call),
		STORY_TEST(a_page_comes_back_too_late),
		STORY_TEST(only_the_token_takes_a_call_up_again),
		STORY_TEST(a_page_that_drops_while_it_rings_goes_on_ringing),
		STORY_TEST(a_ringing_page_that_stays_away_is_lost),
		STORY_TEST(media_that_break_down_are_offered_anew),
		STORY_TEST(an_answer_to_an_earlier_offer_counts_for_nothing),
		STORY_TEST(a_sleeping_app_is_woken_and_joins),
		STORY_TEST(a_pushed_app_that_never_came_is_in_the_history),
		STORY_TEST(an_app_that_nothing_can_wake_is_not_waited_for),
		STORY_TEST(an_app_that_is_nowhere_is_unreachable),
		STORY_TEST(a_device_that_declined_does_not_join_again),
		STORY_TEST(a_phone_that_registers_late_joins),
		STORY_TEST(a_phone_that_registers_again_is_not_called_twice),
		STORY_TEST(a_sleeping_phone_is_woken_and_rings_at_once),
		STORY_TEST(a_phone_without_a_connection_is_waited_for),
		STORY_TEST(an_app_that_keeps_quiet_hears_of_it_afterwards),
		STORY_TEST(a_page_opens_named_switches_while_it_talks),
		STORY_TEST(a_page_opens_while_it_rings),
		STORY_TEST(a_page_opens_before_its_media_are_there),
		STORY_TEST(who_opened_may_stay),
		STORY_TEST(a_notice_opens_the_door),
		STORY_TEST(a_notice_opens_the_door_of_a_call_that_talks),
		STORY_TEST(keys_of_a_page_open_too),
		STORY_TEST(keys_of_a_page_reach_a_door_that_it_calls),
		STORY_TEST(a_door_without_events_hears_info),
		STORY_TEST(a_called_door_without_events_hears_info),
		STORY_TEST(a_page_looks_at_the_door),
		STORY_TEST(a_page_looks_at_a_door_through_its_camera),
		STORY_TEST(a_door_without_a_camera_says_so),
		STORY_TEST(a_door_that_will_not_listen_is_opened_by_info),
		STORY_TEST(a_door_without_events_need_not_listen),
		STORY_TEST(a_page_that_looked_and_left_frees_the_door),
		STORY_TEST(a_page_calls_a_phone),
		STORY_TEST(a_page_gives_up_calling),
		STORY_TEST(a_page_hears_why_nobody_came),
		STORY_TEST(a_page_calls_a_page),
		STORY_TEST(what_may_not_be_called_is_not),
		STORY_TEST(bad_messages_are_answered_and_do_no_harm),
		STORY_TEST(an_answer_of_no_use_ends_that_leg),
		STORY_TEST(a_page_that_says_too_much_is_not_heard),
		STORY_TEST(links_have_limits),
		STORY_TEST(a_page_of_two_devices_rings_once),
		STORY_TEST(a_device_is_removed_and_its_page_hears_of_it),
		STORY_TEST(a_page_hears_that_there_is_no_picture),
		STORY_TEST(a_page_that_answers_looks_on),
		STORY_TEST(a_phone_that_answers_ends_the_look),
		STORY_TEST(the_door_is_asked_for_key_frames),
		STORY_TEST(the_door_offers_anew_inside_the_call),
		STORY_TEST(the_server_stops_with_pages_connected),
		STORY_TEST(without_media_for_browsers_phones_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
