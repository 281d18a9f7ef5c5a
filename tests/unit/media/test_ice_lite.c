#include "media/ice_lite.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_ = 64 };

struct world {
	struct clock_virtual clock;
	struct rand_seeded rand;
	struct ice ice;
	struct ice_leg leg, other;
	uint8_t reply[STUN_REPLY_MAX];
};

static int leg_open(struct world *w, struct ice_leg *leg, void *owner)
{
	struct ice_own own;

	ice_own_make(&w->rand.rand, &own);
	return ice_leg_open(&w->ice, leg, &own, owner);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	clock_virtual_init(&w->clock, 0);
	rand_seeded_init(&w->rand, 7);
	ice_init(&w->ice, &w->clock.clock);
	*state = w;
	return leg_open(w, &w->leg, w) || leg_open(w, &w->other, NULL);
}

static int teardown(void **state)
{
	struct world *w = *state;

	ice_leg_close(&w->leg);
	ice_leg_close(&w->other);
	assert_int_equal(w->ice.paths.count, 0);
	assert_int_equal(w->ice.legs.count, 0);
	ice_free(&w->ice);
	free(w);
	return 0;
}

static struct addr at(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

struct check {
	const char *from;
	unsigned socket;
	const char *theirs; /* NULL: "peer" */
	const char *pwd;    /* NULL: the leg's */
	struct stun more;
};

static struct ice_heard check_of(struct world *w, const struct ice_leg *leg, struct check c)
{
	char name[NAME_MAX_];
	uint8_t p[STUN_MESSAGE_MAX];
	const struct addr from = at(c.from);
	size_t n;

	snprintf(name, sizeof(name), "%s:%s", leg->own.ufrag, c.theirs ? c.theirs : "peer");
	c.more.type = STUN_REQUEST;
	c.more.username = view_str(name);
	n = stun_print(&c.more, view_str(c.pwd ? c.pwd : leg->own.pwd), p, sizeof(p));
	assert_true(n > 0);
	return ice_hear(&w->ice, c.socket, &from, p, n, w->reply);
}

#define CONTROLLING .role = STUN_CONTROLLING, .has_priority = true, .priority = 1

static struct ice_heard check(struct world *w, const char *from, bool use)
{
	return check_of(
		w, &w->leg,
		(struct check){ .from = from, .more = { CONTROLLING, .use_candidate = use } });
}

static unsigned error_in(const struct world *w, size_t n)
{
	struct stun m;

	assert_int_equal(stun_read(w->reply, n, &m), 0);
	assert_true(stun_verify(w->reply, n, &m, view_str(w->leg.own.pwd)));
	return m.error;
}

static void a_check_opens_a_path(void **state)
{
	struct world *w = *state;
	const struct addr from = at("192.0.2.7:5000");
	struct ice_heard heard;
	struct stun reply;

	assert_null(ice_find(&w->ice, 0, &from));
	assert_false(ice_consented(&w->leg));
	heard = check(w, "192.0.2.7:5000", false);
	assert_ptr_equal(heard.leg, &w->leg);
	assert_true(heard.moved);
	assert_int_equal(stun_read(w->reply, heard.reply, &reply), 0);
	assert_int_equal(reply.type, STUN_SUCCESS);
	assert_true(addr_same(&reply.mapped, &from));
	assert_int_equal(error_in(w, heard.reply), 0);
	assert_ptr_equal(ice_find(&w->ice, 0, &from), &w->leg);
	assert_null(ice_find(&w->ice, 1, &from));
	assert_true(ice_consented(&w->leg));
}

static void the_last_nomination_holds(void **state)
{
	struct world *w = *state;
	const struct addr first = at("192.0.2.7:1"), second = at("[2001:db8::7]:2");

	assert_true(check(w, "192.0.2.7:1", false).moved);
	assert_true(check(w, "[2001:db8::7]:2", false).moved);
	assert_true(check(w, "192.0.2.7:1", true).moved);
	assert_false(check(w, "[2001:db8::7]:2", false).moved);
	assert_true(addr_same(&w->leg.selected->peer, &first));
	assert_true(check(w, "[2001:db8::7]:2", true).moved);
	assert_true(addr_same(&w->leg.selected->peer, &second));
}

static void nothing_is_said_to_who_proves_nothing(void **state)
{
	struct world *w = *state;
	struct ice_leg nobody = { .own = { .ufrag = "ffffffffffffffff", .pwd = "x" } };
	struct ice_heard heard;

	heard = check_of(
		w, &w->leg,
		(struct check){ .from = "192.0.2.7:1", .pwd = "wrong", .more = { CONTROLLING } });
	assert_null(heard.leg);
	assert_int_equal(heard.reply, 0);
	heard = check_of(w, &nobody,
			 (struct check){ .from = "192.0.2.7:1", .more = { CONTROLLING } });
	assert_null(heard.leg);
	assert_int_equal(heard.reply, 0);
	assert_int_equal(w->ice.refused, 2);
	assert_int_equal(w->ice.paths.count, 0);
}

static void a_peer_that_would_be_controlled_is_told_so(void **state)
{
	struct world *w = *state;
	struct ice_heard heard = check_of(
		w, &w->leg,
		(struct check){ .from = "192.0.2.7:1",
				.more = { .role = STUN_CONTROLLED, .has_priority = true } });

	assert_int_equal(error_in(w, heard.reply), 487);
	assert_null(w->leg.selected);
	heard = check_of(
		w, &w->leg,
		(struct check){ .from = "192.0.2.7:1", .more = { .role = STUN_CONTROLLING } });
	assert_int_equal(error_in(w, heard.reply), 400);
	assert_null(w->leg.selected);
}

static void the_answer_says_who_may_check(void **state)
{
	struct world *w = *state;
	struct check c = { .from = "192.0.2.7:1", .theirs = "thief", .more = { CONTROLLING } };

	assert_int_equal(ice_leg_peer(&w->leg, VIEW("peer")), 0);
	assert_null(check_of(w, &w->leg, c).leg);
	c.theirs = "peer";
	assert_ptr_equal(check_of(w, &w->leg, c).leg, &w->leg);
	assert_int_equal(ice_leg_peer(&w->leg, VIEW("peer")), 0);
	assert_non_null(w->leg.selected);
	assert_int_equal(ice_leg_peer(&w->leg, VIEW("anew")), 0);
	assert_null(w->leg.selected);
	assert_int_equal(ice_leg_peer(&w->leg, VIEW("")), -EINVAL);
	assert_int_equal(ice_leg_peer(&w->leg, VIEW("no spaces")), -EINVAL);
}

static void consent_ends_when_the_peer_is_silent(void **state)
{
	struct world *w = *state;

	check(w, "192.0.2.7:1", true);
	clock_virtual_advance(&w->clock, ICE_CONSENT_MS * INT64_C(1000) - 1);
	check(w, "192.0.2.8:1", false); /* a path that is not the one */
	assert_true(ice_consented(&w->leg));
	clock_virtual_advance(&w->clock, 1);
	assert_false(ice_consented(&w->leg));
	check(w, "192.0.2.7:1", true);
	assert_true(ice_consented(&w->leg));
}

static void paths_are_few_and_the_selected_one_stays(void **state)
{
	struct world *w = *state;
	const struct addr first = at("192.0.2.7:1");
	char from[NAME_MAX_];

	check(w, "192.0.2.7:1", true);
	for (unsigned i = 0; i < 100; i++) {
		clock_virtual_advance(&w->clock, 1000);
		snprintf(from, sizeof(from), "192.0.2.8:%u", 1000 + i);
		check(w, from, false);
		assert_true(w->ice.paths.count <= ICE_PATHS_MAX);
	}
	assert_true(addr_same(&w->leg.selected->peer, &first));
	assert_ptr_equal(ice_find(&w->ice, 0, &first), &w->leg);
}

static void an_address_belongs_to_who_proved_it_last(void **state)
{
	struct world *w = *state;
	const struct addr from = at("192.0.2.7:1");

	check(w, "192.0.2.7:1", true);
	check_of(w, &w->other, (struct check){ .from = "192.0.2.7:1", .more = { CONTROLLING } });
	assert_ptr_equal(ice_find(&w->ice, 0, &from), &w->other);
	assert_null(w->leg.selected);
	assert_int_equal(w->ice.paths.count, 1);
}

static void a_name_is_given_once(void **state)
{
	struct world *w = *state;
	struct ice_leg twin;

	assert_int_equal(ice_leg_open(&w->ice, &twin, &w->leg.own, NULL), -EEXIST);
	ice_leg_close(&twin); /* is nothing */
	assert_int_equal(w->ice.legs.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_name_is_given_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_check_opens_a_path, setup, teardown),
		cmocka_unit_test_setup_teardown(the_last_nomination_holds, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_said_to_who_proves_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_peer_that_would_be_controlled_is_told_so, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_answer_says_who_may_check, setup, teardown),
		cmocka_unit_test_setup_teardown(consent_ends_when_the_peer_is_silent, setup,
						teardown),
		cmocka_unit_test_setup_teardown(paths_are_few_and_the_selected_one_stays, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_address_belongs_to_who_proved_it_last, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
