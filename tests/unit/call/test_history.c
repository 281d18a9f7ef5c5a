/* What a call tells of its legs, as it stands in the database afterwards. */
#include "../store/fixture.h"
#include "call/history.h"
#include "store/account.h"
#include "store/device.h"

enum { DOOR = 1000000001, PHONE = 1000000002, OTHER = 1000000003, CALL = 7 };
static const int64_t AT = 1700000000000;

static int64_t site_make(struct fixture *f)
{
	struct site_row site = { .name = VIEW("Mine"),
				 .type = VIEW("residential"),
				 .zone = VIEW("UTC"),
				 .language = VIEW("en") };
	int64_t id;

	assert_int_equal(company_create(f->db, 1, VIEW("One"), &site.company_id), 0);
	assert_int_equal(site_create(f->db, 1, &site, &id), 0);
	return id;
}

static void tell(struct journal *j, enum call_record_type type, int64_t site, int64_t at,
		 uint64_t device, const struct call_trace *trace)
{
	static const char *const texts[] = { [CALL_REC_LEG] = "elsewhere",
					     [CALL_REC_OPENED] = "app",
					     [CALL_REC_ENDED] = "answered",
					     [CALL_REC_STREAMS] = NULL };

	history_record(j, &(struct call_record){ .type = type,
						 .call_id = CALL,
						 .site_id = site,
						 .at = AT + at,
						 .device = device,
						 .name = "Phone",
						 .door = DOOR,
						 .opening_id = 8,
						 .leg = device == OTHER ? 2 : 1,
						 .trace = trace,
						 .test = type == CALL_REC_STARTED,
						 .text = texts[type] });
}

static void a_trace_comes_with_its_leg_and_completes_the_one_that_answered(void **state)
{
	struct fixture *f = *state;
	const int64_t site = site_make(f);
	struct call_trace won = { .pushed = AT + 10,
				  .delivered = AT + 90,
				  .woken = AT + 200,
				  .offered = AT + 210,
				  .rang = AT + 400,
				  .preview = AT + 500,
				  .answered = AT + 3000 };
	const struct call_trace lost = {
		.offered = AT + 5, .rang = AT + 300, .ended = AT + 3000, .why = "answered_elsewhere"
	};
	struct opening_row *openings;
	struct call_leg_row *legs;
	struct call_row call;
	struct journal *j;
	size_t n;

	assert_int_equal(journal_start(f->url, clock_system(), NULL, NULL, &j), 0);
	tell(j, CALL_REC_STARTED, site, 0, DOOR, NULL);
	tell(j, CALL_REC_LEG, site, 3000, OTHER, &lost);
	tell(j, CALL_REC_ANSWERED, site, 3000, PHONE, &won);
	tell(j, CALL_REC_OPENED, site, 4000, PHONE, NULL);
	won.video = AT + 3100;
	won.ended = AT + 9000;
	won.why = "peer_hangup";
	tell(j, CALL_REC_TRACE, site, 9000, PHONE, &won);
	tell(j, CALL_REC_ENDED, site, 9000, 0, NULL);
	journal_stop(j);

	assert_int_equal(call_legs(f->db, site, CALL, &f->arena, &legs, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(legs[0].pushed_at, AT + 10);
	assert_int_equal(legs[0].delivered_at, AT + 90);
	assert_int_equal(legs[0].woken_at, AT + 200);
	assert_int_equal(legs[0].offered_at, AT + 210);
	assert_int_equal(legs[0].rang_at, AT + 400);
	assert_int_equal(legs[0].preview_at, AT + 500);
	assert_int_equal(legs[0].answered_at, AT + 3000);
	assert_int_equal(legs[0].video_at, AT + 3100);
	assert_int_equal(legs[0].ended_at, AT + 9000);
	assert_true(view_eq(legs[0].why, VIEW("peer_hangup")));
	assert_true(view_eq(legs[0].result, VIEW("answered")));
	assert_int_equal(legs[0].at, AT + 3000);
	assert_int_equal(legs[1].pushed_at, DB_INT_NULL);
	assert_int_equal(legs[1].rang_at, AT + 300);
	assert_int_equal(legs[1].answered_at, DB_INT_NULL);
	assert_true(view_eq(legs[1].why, VIEW("answered_elsewhere")));
	assert_int_equal(call_get(f->db, site, CALL, &f->arena, &call), 0);
	assert_int_equal(call.rang_at, AT + 300);
	assert_int_equal(call.test, 1);
	assert_int_equal(call_openings(f->db, site, CALL, &f->arena, &openings, &n), 0);
	assert_int_equal(n, 1);
	assert_true(view_eq(openings[0].how, VIEW("app")));
}

static void what_a_trace_does_not_have_is_not_known(void **state)
{
	struct fixture *f = *state;
	const int64_t site = site_make(f);
	struct call_trace won = { .rang = AT + 400, .answered = AT + 3000 };
	const struct call_trace lost = { .ended = AT + 3000 };
	struct call_leg_row *legs;
	struct journal *j;
	size_t n;

	assert_int_equal(journal_start(f->url, clock_system(), NULL, NULL, &j), 0);
	tell(j, CALL_REC_STARTED, site, 0, DOOR, NULL);
	tell(j, CALL_REC_LEG, site, 3000, OTHER, &lost);
	tell(j, CALL_REC_ANSWERED, site, 3000, PHONE, &won);
	won.ended = AT + 9000;
	tell(j, CALL_REC_TRACE, site, 9000, PHONE, &won);
	journal_stop(j);

	assert_int_equal(call_legs(f->db, site, CALL, &f->arena, &legs, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(legs[0].rang_at, AT + 400);
	assert_int_equal(legs[0].answered_at, AT + 3000);
	assert_int_equal(legs[0].ended_at, AT + 9000);
	assert_int_equal(legs[0].offered_at, DB_INT_NULL);
	assert_null(legs[0].why.p);
	assert_int_equal(legs[1].answered_at, DB_INT_NULL);
	assert_int_equal(legs[1].ended_at, AT + 3000);
}

#define ON_SQLITE(fn) cmocka_unit_test_setup_teardown(fn, fixture_sqlite, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE(a_trace_comes_with_its_leg_and_completes_the_one_that_answered),
		ON_SQLITE(what_a_trace_does_not_have_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
