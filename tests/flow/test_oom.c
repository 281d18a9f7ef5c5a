/* Each allocation of the server fails once, over registrations, a whole call and the parsers: it
 * may refuse or end what needed the memory, and nothing else. ASan sees to leaks and dangling
 * pointers, world_close to all that stays behind. */
#include "oom.h"
#include "world.h"

#include "proto/sdp.h"

#include <errno.h>
#include <stdlib.h>

enum { ALLOCATIONS_MAX = 20000, PATIENCE_MS = 400000 };

/* Twenty phones register, one shows the picture and another of another codec answers, holds and
 * resumes, and the door hangs up. Every step may fail. */
static void live(struct world *w)
{
	struct ua_call *door, *phone;

	world_wait(w, 3000);
	PHONE(0)->plan.answer_ms = 500;
	PHONE(0)->plan.codecs = "0";
	PHONE(1)->plan.early = true;
	PHONE(1)->plan.codecs = "8";
	PHONE(0)->plan.session_s = SESSION_MIN_SE_S;
	door = world_ring(w);
	world_wait(w, 3000);
	phone = ua_last(PHONE(0));
	if (phone && phone->state == UA_TALKING) {
		ua_info(phone, '4');
		ua_offer(phone, "sendonly", false);
		world_wait(w, 2000);
	}
	if (phone && phone->state == UA_TALKING) {
		ua_offer(phone, "sendrecv", true);
		world_wait(w, 2000);
	}
	if (door->state == UA_TALKING)
		ua_bye(door);
	else if (door->state == UA_CALLING) /* or a phone that registers late would answer it */
		ua_cancel(door);
	world_wait(w, 2000);
}

/* A repetition that was lost for want of memory may have let the call begin only now. */
static bool quiet(struct world *w)
{
	struct ua_call *late = ua_talking(&w->door);

	if (late)
		ua_bye(late);
	return w->board->calls.count == 0;
}

/* Who was refused may try again, and it works: nothing is broken for good. */
static void live_again(struct world *w)
{
	struct ua_call *door;

	for (unsigned i = 0; i < w->nphones; i++)
		ua_register(PHONE(i), UA_EXPIRES_S);
	ua_register(&w->door, UA_EXPIRES_S);
	UNTIL(world_registered(w) && quiet(w), PATIENCE_MS);
	door = world_ring(w);
	UNTIL(door->state == UA_TALKING, PATIENCE_MS);
	ua_bye(door);
	world_wait(w, 2000);
}

/* True when there was an n-th allocation. */
static bool life_without(unsigned n)
{
	static struct world w;
	bool failed;
	int rc;

	w = (struct world){ .nphones = 20, .talk_ms = TALK_MS };
	oom_arm(n);
	rc = world_open(&w);
	if (rc == 0)
		live(&w);
	else
		assert_int_equal(rc, -ENOMEM);
	failed = oom_disarm();
	if (rc == 0)
		live_again(&w);
	world_close(&w);
	return failed;
}

static void a_server_lives_without_any_one_allocation(void **)
{
	unsigned n = 1;

	world_in_server = oom_server;
	while (n < ALLOCATIONS_MAX && life_without(n))
		n++;
	world_in_server = NULL;
	print_message("# %u allocations\n", n - 1);
	assert_in_range(n, 100, ALLOCATIONS_MAX - 1); /* it did fail, and came to an end */
}

static void test_button(struct world *w)
{
	int64_t call;

	oom_server(true);
	(void)!switchboard_test(w->board, SITE, strtoull(DOOR, NULL, 10), 1, &call);
	oom_server(false);
	world_wait(w, 2000);
}

/* A page connects, sees the door, answers and opens, loses its socket and comes back, and looks at
 * the door; another sleeps; the door's button is tested. Every step may fail. */
static void live_with_pages(struct world *w)
{
	struct page *p = PAGE(0);
	struct ua_call *door;

	if (page_open(p) < 0)
		return;
	door = world_ring(w);
	if (w->nwakes)
		switchboard_pushed(w->board, w->wakes[0].call, APP(1), 1, true);
	world_wait(w, 2000);
	if (p->ncalls && page_last(p)->state != PAGE_ENDED) {
		page_do(p, "answer");
		world_wait(w, 500);
		page_switch(p, 1);
		world_wait(w, 2000);
		page_close(p);
		if (page_open(p) < 0)
			return;
		page_resume(p, true);
		world_wait(w, 1000);
		page_do(p, "hangup");
	}
	if (door->state == UA_CALLING)
		ua_cancel(door);
	test_button(w);
	page_dial(p, DOOR, true);
	world_wait(w, 2000);
}

static void page_ready(struct world *w, struct page *p)
{
	*p = (struct page){ .board = w->board,
			    .relay = w->relay,
			    .timers = &w->timers,
			    .server = oom_server,
			    .devices = { APP(0) },
			    .ndevices = 1 };
}

static void page_works(struct world *w, struct page *p)
{
	struct ua_call *door;

	UNTIL(w->board->calls.count == 0, PATIENCE_MS);
	assert_int_equal(page_open(p), 0);
	door = world_ring(w);
	UNTIL(p->ncalls && page_last(p)->up, PATIENCE_MS);
	page_do(p, "answer");
	UNTIL(door->state == UA_TALKING, PATIENCE_MS);
	ua_bye(door);
	world_wait(w, 2000);
}

static bool pages_without(unsigned n)
{
	static struct world w;
	bool failed;

	w = (struct world){ .nphones = 1, .talk_ms = TALK_MS, .napps = 2, .sleeps = { false, true } };
	assert_int_equal(world_open(&w), 0);
	while (!world_registered(&w))
		world_step(&w);
	w.door.plan = (struct ua_plan){ .ring_ms = -1, .answer_ms = 100 };
	page_ready(&w, &w.pages[0]);
	page_ready(&w, &w.pages[1]);
	oom_arm(n);
	live_with_pages(&w);
	failed = oom_disarm();
	page_close(&w.pages[0]);
	w.pages[0].ncalls = 0; /* what it missed while it was away is not its fault */
	page_works(&w, &w.pages[1]);
	world_close(&w);
	return failed;
}

static void pages_live_without_any_one_allocation(void **)
{
	unsigned n = 1;

	world_in_server = oom_server;
	while (n < ALLOCATIONS_MAX && pages_without(n))
		n++;
	world_in_server = NULL;
	print_message("# %u allocations\n", n - 1);
	assert_in_range(n, 50, ALLOCATIONS_MAX - 1);
}

static int sdp_once(void)
{
	static const char text[] =
		"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
		"m=audio 4000 RTP/AVP 0\r\na=x:y\r\nm=video 4002 RTP/AVP 99\r\n"
		"a=rtpmap:99 H264/90000\r\n";
	struct arena arena = ARENA_INIT(65536);
	struct buf out = BUF_INIT(16384);
	struct sdp_edit edit = { .media = { { .port = 1 }, { .port = 3 } } };
	struct sdp *sdp;
	int rc;

	assert_int_equal(addr_parse("192.0.2.2:1", &edit.host), 0);
	oom_server(true);
	rc = sdp_read(VIEW(text), &arena, &sdp);
	if (rc == 0)
		rc = sdp_relay(sdp, &edit, &out);
	if (rc == 0)
		rc = sdp_answer(sdp, sdp, &edit, &out);
	oom_server(false);
	arena_free(&arena);
	buf_free(&out);
	return rc;
}

static void descriptions_need_memory_and_say_so(void **)
{
	unsigned n = 1;

	for (;; n++) {
		int rc;

		oom_arm(n);
		rc = sdp_once();
		if (!oom_disarm()) {
			assert_int_equal(rc, 0);
			break;
		}
		assert_int_equal(rc, -ENOMEM);
	}
	assert_true(n > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_lives_without_any_one_allocation),
		cmocka_unit_test(pages_live_without_any_one_allocation),
		cmocka_unit_test(descriptions_need_memory_and_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
