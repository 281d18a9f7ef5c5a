/* From the bell to the answer, or to none. */
#include "world.h"

#include <stdio.h>

static const char elsewhere[] = "SIP;cause=200;text=\"Call completed elsewhere\"";

static void all_plan(struct world *w, const struct ua_plan *plan)
{
	for (unsigned i = 0; i < w->nphones; i++)
		w->phones[i].plan = *plan;
}

static bool all_ring(struct world *w)
{
	for (unsigned i = 0; i < w->nphones; i++)
		if (!ua_rings(&w->phones[i]))
			return false;
	return true;
}

STORY(a_phone_answers_and_the_door_hangs_up)
{
	struct ua_call *door, *phone;

	PHONE(0)->plan.answer_ms = 3000;
	door = world_ring(w);
	UNTIL(door->rang || w->storm, world_slack(w)); /* a 180 is sent once */
	UNTIL(door->state == UA_TALKING, 3000 + world_slack(w));
	phone = ua_last(PHONE(0));
	UNTIL(world_hears(w, door, phone) && world_hears(w, phone, door), world_slack(w));
	assert_non_null(strstr(phone->body, "a=x-unknown:kept\r\n"));
	assert_true(phone->video && door->video);
	world_wait(w, 40000);
	assert_int_equal(phone->state, UA_TALKING);
	ua_bye(door);
	world_over(w, "answered");
	assert_int_equal(world_seen(w)->by, ua_number(PHONE(0)));
	assert_int_equal(w->nseen, 1);
}

/* Other apps of the same accounts take more legs than a call has. */
STORY_OF(each_phone_rings_before_any_rings_twice, 6, TALK_MS)
{
	struct ua_call *door;

	for (unsigned i = 0; i < 5; i++) {
		struct sip_binding b = { .user = ua_number(PHONE(i)), .q = 500, .cseq = 1,
					 .expires_at = clock_wall_ms(&w->clock.clock) + 3600 * 1000 };

		assert_int_equal(addr_parse("192.0.2.250:5060", &b.flow.peer), 0);
		for (unsigned k = 1; k < BINDINGS_PER_DEVICE_MAX; k++) {
			snprintf(b.contact, sizeof(b.contact), "sip:app%u-%u@192.0.2.250", i, k);
			assert_int_equal(sip_endpoint_restore(w->endpoint, &b), 0);
		}
	}
	all_plan(w, &(struct ua_plan){ .answer_ms = -1 });
	PHONE(5)->plan.answer_ms = 500;
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 500 + world_slack(w));
	for (unsigned i = 0; i < 5; i++)
		assert_non_null(ua_last(PHONE(i)));
	ua_bye(door);
	world_over(w, "answered");
	for (unsigned i = 0; i < 5; i++)
		sip_endpoint_unbind(w->endpoint, ua_number(PHONE(i)));
}

STORY(a_phone_of_each_transport_and_family_answers)
{
	for (unsigned i = 0; i < 3; i++) {
		struct ua_call *door, *phone;

		all_plan(w, &(struct ua_plan){ .answer_ms = -1 });
		PHONE(i)->plan.answer_ms = 500;
		door = world_ring(w);
		UNTIL(door->state == UA_TALKING, 500 + world_slack(w));
		phone = ua_talking(PHONE(i)); /* an INVITE of the last call may have come later */
		assert_non_null(phone);
		UNTIL(world_hears(w, door, phone) && world_hears(w, phone, door), world_slack(w));
		ua_bye(phone);
		world_over(w, "answered");
		assert_true(door->hung_up);
		assert_string_equal(door->reason, "");
	}
}

STORY(the_others_hear_that_it_was_answered_elsewhere)
{
	PHONE(1)->plan.answer_ms = world_slack(w);
	world_ring(w);
	UNTIL(all_ring(w), world_slack(w) + 1000);
	UNTIL(world_seen(w)->answered, 2 * world_slack(w));
	for (unsigned i = 0; i < w->nphones; i++) {
		if (i == 1)
			continue;
		UNTIL(ua_last(PHONE(i))->state == UA_OVER, world_slack(w));
		assert_string_equal(ua_last(PHONE(i))->reason, elsewhere);
	}
	assert_int_equal(world_seen(w)->nlegs, w->nphones);
	ua_bye(ua_last(PHONE(1)));
	world_over(w, "answered");
}

STORY(two_answers_at_once_give_one_call)
{
	struct ua_call *door;
	unsigned talking = 0;

	all_plan(w, &(struct ua_plan){ .answer_ms = 2000 });
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 2000 + world_slack(w));
	world_wait(w, 2 * world_slack(w));
	for (unsigned i = 0; i < w->nphones; i++) {
		const struct ua_call *c = ua_last(PHONE(i));

		talking += c->state == UA_TALKING;
		if (c->state == UA_TALKING)
			assert_int_equal(world_seen(w)->by, ua_number(PHONE(i)));
		else
			assert_string_equal(c->reason, elsewhere);
	}
	assert_int_equal(talking, 1);
	ua_bye(door);
	world_over(w, "answered");
}

STORY(the_door_gives_up)
{
	struct ua_call *door = world_ring(w);

	UNTIL(all_ring(w) && (door->rang || w->storm), world_slack(w) + 1000);
	ua_cancel(door);
	world_over(w, "missed");
	assert_int_equal(door->code, 487);
	assert_int_equal(world_seen(w)->nlegs, w->nphones);
	for (unsigned i = 0; i < w->nphones; i++)
		assert_true(ua_last(PHONE(i))->cancelled);
}

/* Before a phone has said anything: the CANCEL must wait for its 180 (section 9.1). */
STORY(the_door_gives_up_before_anything_rings)
{
	struct ua_call *door;

	all_plan(w, &(struct ua_plan){ .ring_ms = 1000, .answer_ms = -1 });
	door = world_ring(w);
	ua_cancel(door);
	UNTIL(door->state == UA_OVER, 2 * world_slack(w));
	assert_int_equal(door->code, 487);
	world_wait(w, 2000);
	if (w->nseen)
		world_over(w, "failed");
}

STORY(a_cancel_crosses_the_answer)
{
	struct ua_call *door;

	PHONE(0)->plan.answer_ms = 1000;
	door = world_ring(w);
	UNTIL(door->state != UA_CALLING || ua_calls(PHONE(0)), world_slack(w));
	world_wait(w, 980 + (int64_t)rand_below(&w->ua_rand.rand, 60));
	if (door->state == UA_CALLING)
		ua_cancel(door);
	else
		ua_bye(door);
	UNTIL(door->state == UA_OVER || door->state == UA_TALKING, world_slack(w));
	ua_bye(door);
	UNTIL(world_seen(w)->ended, world_slack(w));
	world_over(w, world_seen(w)->answered ? "answered" : world_seen(w)->result);
}

STORY(everybody_is_busy)
{
	struct ua_call *door;

	all_plan(w, &(struct ua_plan){ .ring_ms = -1, .answer_ms = 300, .code = 486 });
	door = world_ring(w);
	UNTIL(door->state == UA_OVER, 300 + 2 * world_slack(w));
	assert_int_equal(door->code, 486);
	world_over(w, "busy");
	assert_int_equal(world_seen(w)->nlegs, w->nphones);
	for (unsigned i = 0; i < w->nphones; i++)
		assert_string_equal(world_seen(w)->legs[i].result, "busy");
}

STORY(one_declines_and_another_answers)
{
	PHONE(0)->plan = (struct ua_plan){ .ring_ms = 100, .answer_ms = 500, .code = 603 };
	PHONE(1)->plan.answer_ms = 4000;
	world_ring(w);
	UNTIL(world_seen(w) && world_seen(w)->answered, 5000 + world_slack(w));
	assert_int_equal(world_seen(w)->by, ua_number(PHONE(1)));
	ua_bye(ua_last(PHONE(1)));
	world_over(w, "answered");
	assert_string_equal(world_seen(w)->legs[0].result,
			    w->storm ? world_seen(w)->legs[0].result : "declined");
}

static const char *part_of(const struct world *w, const struct ua *phone, bool rang)
{
	const struct seen *s = &w->seen[w->nseen - 1];

	for (unsigned i = 0; i < s->nlegs; i++) {
		if (s->legs[i].device != ua_number(phone))
			continue;
		assert_int_equal(s->legs[i].rang, rang);
		return s->legs[i].result;
	}
	return "none";
}

/* Also of the phone that is nowhere: without it one would look for a fault in the button. */
STORY_OF(the_history_knows_what_became_of_each, 5, TALK_MS)
{
	if (w->storm) /* a 180 is sent once, and may be lost */
		return;
	PHONE(0)->plan = (struct ua_plan){ .ring_ms = -1, .answer_ms = 100, .code = 486 };
	PHONE(1)->plan = (struct ua_plan){ .ring_ms = 100, .answer_ms = 500, .code = 603 };
	PHONE(2)->plan = (struct ua_plan){ .ring_ms = 100, .answer_ms = 4000 };
	PHONE(3)->plan = (struct ua_plan){ .ring_ms = 100, .answer_ms = -1 };
	sip_endpoint_unbind(w->endpoint, ua_number(PHONE(4)));
	world_ring(w);
	UNTIL(world_seen(w) && world_seen(w)->answered, 5000);
	ua_bye(ua_last(PHONE(2)));
	world_over(w, "answered");
	UNTIL(world_seen(w)->nstreams, 1000);
	assert_int_equal(world_seen(w)->nstreams, 4);
	assert_string_equal(world_seen(w)->codecs, "PCMU H264 PCMU H264 ");
	assert_int_equal(world_seen(w)->nlegs, 5);
	assert_string_equal(part_of(w, PHONE(0), false), "busy");
	assert_string_equal(part_of(w, PHONE(1), true), "declined");
	assert_string_equal(part_of(w, PHONE(2), true), "answered");
	assert_string_equal(part_of(w, PHONE(3), true), "elsewhere");
	assert_string_equal(part_of(w, PHONE(4), false), "unreachable");
}

STORY(everybody_declines)
{
	struct ua_call *door;

	all_plan(w, &(struct ua_plan){ .ring_ms = 100, .answer_ms = 500, .code = 603 });
	door = world_ring(w);
	UNTIL(door->state == UA_OVER, 500 + 2 * world_slack(w));
	assert_int_equal(door->code, 603);
	world_over(w, "declined");
}

STORY(nobody_answers)
{
	struct ua_call *door = world_ring(w);

	UNTIL(all_ring(w), world_slack(w) + 1000);
	UNTIL(door->state == UA_OVER, RING_MS + world_slack(w));
	assert_int_equal(door->code, 480);
	world_over(w, "missed");
}

STORY(nobody_is_there)
{
	struct ua_call *door;

	for (unsigned i = 0; i < w->nphones; i++)
		ua_register(PHONE(i), 0);
	UNTIL(!w->nstored || w->nstored == 2, 2 * world_slack(w));
	door = world_ring(w);
	UNTIL(door->state == UA_OVER, world_slack(w));
	assert_int_equal(door->code, 480);
	world_over(w, "failed");
}

/* A door that was started anew may call beside the call that it forgot, but not for ever. */
STORY(a_door_has_two_calls_at_most)
{
	struct ua_call *door[CALLS_PER_DEVICE_MAX], *over;

	for (unsigned i = 0; i < CALLS_PER_DEVICE_MAX; i++) {
		door[i] = world_ring(w);
		UNTIL(w->nseen == i + 1, world_slack(w));
	}
	over = world_ring(w);
	UNTIL(over->state == UA_OVER, world_slack(w));
	assert_int_equal(over->code, 486);
	assert_int_equal(w->nseen, CALLS_PER_DEVICE_MAX);
	for (unsigned i = 0; i < CALLS_PER_DEVICE_MAX; i++) {
		UNTIL(door[i]->rang || w->storm, world_slack(w));
		ua_cancel(door[i]);
	}
	world_over(w, "missed");
	over = world_ring(w);
	UNTIL(w->nseen == CALLS_PER_DEVICE_MAX + 1, world_slack(w));
	ua_cancel(over);
	UNTIL(over->state == UA_OVER, 2 * world_slack(w));
}

STORY(another_site_cannot_be_called)
{
	struct ua_call *door = ua_call(&w->door, w->stranger.user, false);

	UNTIL(door->state == UA_OVER, world_slack(w));
	assert_int_equal(door->code, 404);
	assert_int_equal(w->nseen, 0);
	door = ua_call(&w->stranger, w->phones[0].user, false);
	UNTIL(door->state == UA_OVER, world_slack(w));
	assert_int_equal(door->code, 404);
	assert_int_equal(w->nseen, 0);
}

/* Our 2xx is repeated to its limit, then everybody is told that it is over. */
STORY(the_door_never_acknowledges)
{
	struct ua_call *door;

	w->door.plan.no_ack = true;
	PHONE(0)->plan.answer_ms = 1000;
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 1000 + world_slack(w));
	world_wait(w, 20000);
	assert_int_equal(world_seen(w)->ended, 0);
	UNTIL(world_seen(w)->ended, TX_TIMEOUT_MS);
	world_over(w, "answered");
	assert_true(door->hung_up);
}

STORY(a_caller_without_an_offer_is_offered_one)
{
	struct ua_call *door, *phone;

	PHONE(0)->plan.answer_ms = 1000;
	door = ua_call(&w->door, "1", true);
	UNTIL(door->state == UA_TALKING, 1000 + world_slack(w));
	phone = ua_last(PHONE(0));
	UNTIL(world_hears(w, door, phone) && world_hears(w, phone, door), world_slack(w));
	ua_bye(phone);
	world_over(w, "answered");
}

STORY(a_second_answer_behind_a_proxy_is_ended)
{
	struct ua_call *door, *phone;

	PHONE(0)->plan = (struct ua_plan){ .ring_ms = 100, .answer_ms = 1000, .fork = true };
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 1000 + world_slack(w));
	world_wait(w, 40000);
	phone = ua_last(PHONE(0));
	if (!w->storm) /* the other branch came first, so this one was hung up */
		assert_true(phone->hung_up || world_seen(w)->by == ua_number(PHONE(0)));
	ua_bye(door);
	world_over(w, "answered");
}

static void two_contacts(struct world *w)
{
	world_directory(w, w->nphones - 1,
			true); /* the last phone is the first one's second contact */
	snprintf(PHONE(3)->user, sizeof(PHONE(3)->user), "%s", PHONE(0)->user);
	PHONE(3)->registered = false;
	ua_register(PHONE(3), UA_EXPIRES_S);
	UNTIL(PHONE(3)->registered, 2 * world_slack(w));
}

STORY(each_contact_of_a_device_rings)
{
	struct ua_call *door;

	two_contacts(w);
	PHONE(3)->plan.answer_ms = world_slack(w);
	door = world_ring(w);
	UNTIL(all_ring(w), world_slack(w) + 1000);
	UNTIL(door->state == UA_TALKING, 2 * world_slack(w));
	assert_int_equal(world_seen(w)->by, ua_number(PHONE(0)));
	UNTIL(ua_last(PHONE(0))->state == UA_OVER, world_slack(w));
	ua_bye(door);
	world_over(w, "answered");
}

STORY(a_device_is_removed_while_it_rings)
{
	struct ua_call *door = world_ring(w);

	UNTIL(all_ring(w) && (door->rang || w->storm), world_slack(w) + 1000);
	world_directory(w, 2, true);
	UNTIL(ua_last(PHONE(2))->state == UA_OVER && ua_last(PHONE(3))->state == UA_OVER,
	      world_slack(w));
	assert_int_equal(ua_last(PHONE(0))->state, UA_INCOMING);
	world_directory(w, 0, true);
	UNTIL(door->state == UA_OVER, world_slack(w));
	world_over(w, "missed");
}

STORY(the_door_is_removed_while_it_rings)
{
	struct ua_call *door = world_ring(w);

	UNTIL(all_ring(w) && (door->rang || w->storm), world_slack(w) + 1000);
	world_directory(w, 4, false);
	world_over(w, "missed");
	assert_int_equal(door->state, UA_OVER);
}

STORY(a_device_is_removed_while_it_talks)
{
	struct ua_call *door;

	PHONE(0)->plan.answer_ms = 500;
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 500 + world_slack(w));
	world_directory(w, 0, true);
	world_over(w, "answered");
}

/* The list of a button changes under a call that rings already: nothing happens to it. */
STORY(a_site_is_read_anew_while_it_rings)
{
	struct ua_call *door;

	PHONE(0)->plan.answer_ms = world_slack(w);
	door = world_ring(w);
	UNTIL(all_ring(w), world_slack(w) + 1000);
	world_directory(w, w->nphones, true);
	UNTIL(door->state == UA_TALKING, 2 * world_slack(w));
	ua_bye(door);
	world_over(w, "answered");
}

STORY(after_a_restart_the_bindings_are_back)
{
	struct ua_call *door = world_ring(w);

	UNTIL(all_ring(w), world_slack(w) + 1000);
	world_restart(w);
	UNTIL(door->state == UA_OVER, RING_MS + 600000);
	for (unsigned i = 0; i < w->nphones; i++)
		UNTIL(ua_last(PHONE(i))->state == UA_OVER, 3 * RING_MS);
	PHONE(0)->plan.answer_ms = 1000;
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, 1000 + 2 * world_slack(w));
	ua_bye(door);
	world_over(w, "answered");
	assert_true(w->nseen >= 2);
}

STORY(the_phones_vanish_while_they_ring)
{
	struct ua_call *door = world_ring(w);

	UNTIL(all_ring(w), world_slack(w) + 1000);
	for (unsigned i = 0; i < w->nphones; i++)
		PHONE(i)->vanished = true;
	UNTIL(door->state == UA_OVER, RING_MS + world_slack(w));
	assert_int_equal(door->code, 480);
	UNTIL(world_seen(w)->ended, world_slack(w));
}

STORY(the_phones_had_vanished_before)
{
	struct ua_call *door;

	for (unsigned i = 0; i < w->nphones; i++)
		PHONE(i)->vanished = true;
	door = world_ring(w);
	UNTIL(door->state == UA_OVER, TX_TIMEOUT_MS + 2 * world_slack(w));
	assert_int_equal(door->code, 480);
	world_over(w, "failed");
}

STORY(the_connection_of_a_phone_breaks_while_it_rings)
{
	struct ua_call *door = world_ring(w);
	const struct ua_call *phone;

	UNTIL(all_ring(w), world_slack(w) + 1000);
	ua_reconnect(PHONE(1));
	ua_register(PHONE(1), UA_EXPIRES_S);
	UNTIL(world_seen(w)->nlegs == 1, world_slack(w));
	assert_true(world_seen(w)->legs[0].device == ua_number(PHONE(1)));
	PHONE(0)->plan.answer_ms = 0;
	ua_cancel(door);
	UNTIL(door->state == UA_OVER, world_slack(w));
	phone = ua_last(PHONE(1));
	assert_int_equal(phone->state, UA_INCOMING); /* nobody can tell it */
	PHONE(1)->vanished = true;
}

static void door_by_tcp(struct world *w)
{
	w->door.tcp = true;
	ua_reconnect(&w->door);
	w->door.registered = false;
	ua_register(&w->door, UA_EXPIRES_S);
	UNTIL(w->door.registered, 2 * world_slack(w));
}

/* There is no way back to it: the phones must not ring on. */
STORY(the_connection_of_the_door_breaks_while_it_rings)
{
	struct ua_call *door;

	door_by_tcp(w);
	PHONE(0)->plan.answer_ms = 20000 + world_slack(w);
	door = world_ring(w);
	UNTIL(all_ring(w) && (door->rang || w->storm), world_slack(w) + 1000);
	ua_reconnect(&w->door);
	UNTIL(world_seen(w)->ended, world_slack(w));
	for (unsigned i = 0; i < w->nphones; i++)
		UNTIL(ua_last(PHONE(i))->state == UA_OVER, world_slack(w));
	assert_int_equal(world_seen(w)->answered, 0);
	w->door.vanished = true;
	assert_int_equal(door->state, UA_CALLING);
}

/* Every phone answers early, and again with the 200: each of these descriptions is kept somewhere.
 */
STORY_OF(many_phones_show_the_picture_before_anybody_answers, 20, TALK_MS)
{
	struct ua_call *door, *last;

	all_plan(w, &(struct ua_plan){ .ring_ms = 100, .answer_ms = -1, .early = true });
	PHONE(19)->plan.answer_ms = 5000 + world_slack(w);
	door = world_ring(w);
	UNTIL(all_ring(w) && (door->preview || w->storm), world_slack(w) + 1000);
	for (unsigned i = 0; i < w->nphones && !w->storm; i++) {
		const struct addr from = ua_rtp(door, true), to = ua_rtp(ua_last(PHONE(i)), true);

		UNTIL(relay_fake_passes(w->relay, &from, &to), world_slack(w));
		assert_false(relay_fake_passes(w->relay, &to, &from));
	}
	UNTIL(door->state == UA_TALKING, 5000 + 2 * world_slack(w));
	last = ua_last(PHONE(19));
	UNTIL(world_hears(w, door, last) && world_hears(w, last, door), world_slack(w));
	assert_false(world_hears(w, door, ua_last(PHONE(0))));
	ua_bye(last);
	world_over(w, "answered");
}

static void take_call(struct map_node *node, void *arg)
{
	*(struct call **)arg = CONTAINER_OF(node, struct call, node);
}

/* Whatever comes in whatever state: what the table does not allow changes nothing, and what it does
 * leaves nothing behind. An ANSWER comes with its media only: that is what the other stories tell. */
static void throw(struct world *w, enum call_state state, enum call_event event)
{
	struct call *call = NULL;
	struct call_leg *leg;

	PHONE(0)->plan.answer_ms = state == CALL_TALKING ? 200 : -1;
	world_ring(w);
	UNTIL(world_seen(w) && all_ring(w) && w->board->calls.count == 1, 2 * world_slack(w));
	UNTIL(world_seen(w)->answered == (state == CALL_TALKING), 2 * world_slack(w));
	map_each(&w->board->calls, take_call, &call);
	assert_int_equal(call->state, state);
	leg = CONTAINER_OF(call->legs.next, struct call_leg, list);
	call_event(call, event, leg);
	if (!call_step(state, event)->allowed)
		assert_int_equal(call->state, state);
	assert_int_equal(world_seen(w)->ended, call_step(state, event)->next == CALL_ENDED &&
						       call_step(state, event)->allowed);
	if (w->board->calls.count)
		call_event(call, CALL_EV_STOP, NULL);
	UNTIL(world_seen(w)->ended && sessions_count(w->board->sessions) == 0, 200000);
}

STORY(every_event_comes_in_every_state)
{
	if (w->storm) /* the weather makes no difference to what is thrown in by hand */
		return;
	for (int e = 0; e < CALL_NEVENTS; e++) {
		if (e != CALL_EV_ANSWER)
			throw(w, CALL_RINGING, (enum call_event)e);
		throw(w, CALL_TALKING, (enum call_event)e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_TEST(a_phone_answers_and_the_door_hangs_up),
		STORY_TEST(each_phone_rings_before_any_rings_twice),
		STORY_TEST(a_phone_of_each_transport_and_family_answers),
		STORY_TEST(the_others_hear_that_it_was_answered_elsewhere),
		STORY_TEST(two_answers_at_once_give_one_call),
		STORY_TEST(the_door_gives_up),
		STORY_TEST(the_door_gives_up_before_anything_rings),
		STORY_TEST(a_cancel_crosses_the_answer),
		STORY_TEST(everybody_is_busy),
		STORY_TEST(one_declines_and_another_answers),
		STORY_TEST(the_history_knows_what_became_of_each),
		STORY_TEST(everybody_declines),
		STORY_TEST(nobody_answers),
		STORY_TEST(nobody_is_there),
		STORY_TEST(a_door_has_two_calls_at_most),
		STORY_TEST(another_site_cannot_be_called),
		STORY_TEST(the_door_never_acknowledges),
		STORY_TEST(a_caller_without_an_offer_is_offered_one),
		STORY_TEST(a_second_answer_behind_a_proxy_is_ended),
		STORY_TEST(each_contact_of_a_device_rings),
		STORY_TEST(a_device_is_removed_while_it_rings),
		STORY_TEST(the_door_is_removed_while_it_rings),
		STORY_TEST(a_device_is_removed_while_it_talks),
		STORY_TEST(a_site_is_read_anew_while_it_rings),
		STORY_TEST(after_a_restart_the_bindings_are_back),
		STORY_TEST(the_phones_vanish_while_they_ring),
		STORY_TEST(the_phones_had_vanished_before),
		STORY_TEST(the_connection_of_a_phone_breaks_while_it_rings),
		STORY_TEST(the_connection_of_the_door_breaks_while_it_rings),
		STORY_TEST(every_event_comes_in_every_state),
		STORY_TEST(many_phones_show_the_picture_before_anybody_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
