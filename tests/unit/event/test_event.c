/* Feed, live pages and journal over a real database of each engine. */
#include "event/journal.h"
#include "event/live.h"
#include "store/change.h"
#include "../store/fixture.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

enum { DOOR = 1000000001, MANY = 300, GUARD_MS = 60000 };

struct seen {
	struct loop *loop;
	struct live_event events[2 * MANY];
	size_t n, want;
	void (*then)(void *arg); /* once, when the watch stands: its first event has come */
	void *then_arg;
};

static void on_live(void *arg, const struct live_event *events, size_t n)
{
	struct seen *s = arg;

	for (size_t i = 0; i < n && s->n < 2 * MANY; i++)
		s->events[s->n++] = events[i];
	if (s->n >= s->want)
		loop_stop(s->loop);
	if (s->then)
		TAKE(s->then)(s->then_arg);
}

static void on_guard(void *)
{
	fail_msg("nothing came in time");
}

/* Runs a loop of its own until `want` events have come. */
static void watch(struct live *live, int64_t site, int64_t cursor, struct seen *s, size_t want,
		  void (*then)(void *arg), void *arg)
{
	struct live_watcher *w;
	struct timer guard = {};

	*s = (struct seen){ .want = want, .then = then, .then_arg = arg };
	assert_int_equal(loop_new(clock_system(), &s->loop), 0);
	assert_int_equal(live_watch(live, s->loop, site, cursor, on_live, s, &w), 0);
	assert_int_equal(timers_arm(loop_timers(s->loop), &guard, GUARD_MS, on_guard, NULL), 0);
	loop_run(s->loop);
	live_leave(w);
}

static int64_t site_with_door(struct fixture *f, struct view name)
{
	struct site_row site = { .name = name, .type = VIEW("residential"), .zone = VIEW("UTC"),
				 .language = VIEW("en") };
	struct device_row door = { .number = DOOR, .kind = VIEW("intercom"), .name = VIEW("Door"),
				   .apartment_id = DB_INT_NULL };
	const struct device_secret_row secret = { DOOR, VIEW("x"), VIEW("m"), VIEW("s") };

	if (company_first(f->db, &site.company_id) < 0)
		assert_int_equal(company_create(f->db, 1, VIEW("C"), &site.company_id), 0);
	assert_int_equal(site_create(f->db, 1, &site, &door.site_id), 0);
	if (view_eq(name, VIEW("A")))
		assert_int_equal(device_create(f->db, 1, &door, &secret), 0);
	return door.site_id;
}

static void append(struct fixture *f, int64_t site, int i)
{
	/* Of today: the feed forgets old rows on its own. */
	assert_int_equal(change_append(f->db, clock_wall_ms(clock_system()), site, VIEW("device"), i),
			 0);
}

struct load {
	struct fixture *f;
	struct feed *feed;
	int64_t mine, other;
	int from;
};

static void append_many(void *arg)
{
	struct load *l = arg;

	for (int i = l->from; i < l->from + MANY;) {
		DB_TRANSACTION struct db_tx tx = {};

		assert_int_equal(db_begin(l->f->db, &tx), 0);
		for (int part = 0; part < 20; part++, i++) {
			append(l->f, l->mine, i);
			append(l->f, l->other, i);
		}
		assert_int_equal(db_commit(&tx), 0);
		feed_wake(l->feed);
	}
}

static void a_page_gets_each_change_of_its_site_once_and_resumes(void **state)
{
	struct fixture *f = *state;
	struct load l = { .f = f, .from = 0 };
	struct seen first, again, late;
	struct live *live;
	int64_t cursor;

	l.mine = site_with_door(f, VIEW("A"));
	l.other = site_with_door(f, VIEW("B"));
	assert_int_equal(feed_new(f->url, clock_system(), NULL, &l.feed), 0);
	assert_int_equal(live_new(l.feed, &live), 0);
	assert_int_equal(feed_start(l.feed), 0);

	watch(live, l.mine, 0, &first, 1 + MANY, append_many, &l);
	assert_string_equal(first.events[0].type, "reset");
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(first.events[1 + i].site_id, l.mine);
		assert_int_equal(atoi(first.events[1 + i].object), i);
		assert_true(first.events[1 + i].cursor > first.events[i].cursor);
	}
	cursor = first.events[MANY / 2].cursor; /* the connection broke here */
	l.from = MANY;
	watch(live, l.mine, cursor, &again, MANY / 2 + MANY, append_many, &l);
	for (size_t i = 0; i < again.n; i++)
		assert_int_equal(atoi(again.events[i].object), MANY / 2 + (int)i);
	assert_int_equal(again.n, MANY / 2 + MANY);
	l.from = 2 * MANY;
	for (int round = 0; round < 4; round++)
		append_many(&l);
	watch(live, l.mine, cursor, &late, 1, NULL, NULL); /* too far behind */
	assert_string_equal(late.events[0].type, "reset");
	feed_free(l.feed);
	loop_free(first.loop);
	loop_free(again.loop);
	loop_free(late.loop);
	live_free(live);
}

static int count_rows(void *arg, struct db *, const struct change_row *rows, size_t n)
{
	atomic_int *changes = arg;

	for (size_t i = 0; i < n; i++)
		atomic_fetch_add(changes, view_eq(rows[i].object, VIEW("7")));
	return 0;
}

static void on_task(void *arg, struct db *, int64_t)
{
	loop_stop(arg);
}

/* vestibulectl may write while the server reads the devices at its start. */
static void a_change_between_making_and_starting_is_not_lost(void **state)
{
	struct fixture *f = *state;
	const int64_t site = site_with_door(f, VIEW("A"));
	atomic_int changes = 0;
	struct loop *loop;
	struct feed *feed;

	append(f, site, 7); /* of before: loaded */
	assert_int_equal(loop_new(clock_system(), &loop), 0);
	assert_int_equal(feed_new(f->url, clock_system(), NULL, &feed), 0);
	assert_int_equal(feed_consume(feed, count_rows, &changes), 0);
	append(f, site, 7);
	assert_int_equal(feed_start(feed), 0);
	assert_int_equal(feed_task(feed, on_task, loop), 0); /* runs behind a look at the rows */
	loop_run(loop);
	feed_free(feed);
	assert_int_equal(changes, 1);
	loop_free(loop);
}

static struct call_row call_of(int64_t site, int64_t id)
{
	return (struct call_row){ .site_id = site, .id = id, .started_at = id, .from_device = DOOR,
				  .from_name = VIEW("Door"), .button = DB_INT_NULL, .answered_at = id + 1,
				  .answered_by = DOOR, .answered_by_name = VIEW("Door"),
				  .ended_at = id + 2, .result = VIEW("answered") };
}

static void what_the_journal_took_is_written_in_order(void **state)
{
	struct fixture *f = *state;
	const int64_t site = site_with_door(f, VIEW("A"));
	const struct opening_row o = { site, 9, 10, 5, DOOR, DOOR, VIEW("Door"), VIEW("dtmf") };
	const struct call_leg_row leg = { .site_id = site,
					  .call_id = 5,
					  .leg = 1,
					  .device = DOOR,
					  .name = VIEW("Door"),
					  .rang_at = 6,
					  .at = 6,
					  .result = VIEW("answered") };
	const struct call_leg_row rest = {
		.site_id = site, .call_id = 5, .leg = 1, .ended_at = 7, .why = VIEW("hangup")
	};
	const struct call_leg_row lost = { .site_id = site, .call_id = MANY + 1, .leg = 1 };
	struct call_leg_row *legs;
	const struct binding_row b = { DOOR, VIEW("sip:d"), VIEW("c"), 1, 1000, INT64_MAX / 2, VIEW("udp"),
				       VIEW("192.0.2.1:5060") };
	struct opening_row *openings;
	struct device_row door;
	struct call_row got;
	struct journal *j;
	size_t n;

	assert_int_equal(journal_start(f->url, clock_system(), NULL, NULL, &j), 0);
	for (int64_t id = 1; id <= MANY; id++) {
		const struct call_row c = call_of(site, id);

		assert_int_equal(journal_call_start(j, &c), 0);
		assert_int_equal(journal_call_answer(j, &c), 0);
		assert_int_equal(journal_call_end(j, &c, (struct view){}, 0), 0);
	}
	assert_int_equal(journal_call_leg(j, &leg), 0);
	assert_int_equal(journal_call_trace(j, &lost), 0); /* its call is gone: nobody else minds */
	assert_int_equal(journal_call_trace(j, &rest), 0);
	assert_int_equal(journal_call_leg(j, &leg), 0); /* as after a commit's lost answer */
	assert_int_equal(journal_call_trace(j, &rest), 0);
	assert_int_equal(journal_opening(j, &o), 0);
	assert_int_equal(journal_bindings(j, DOOR, &b, 1), 0);
	journal_stop(j);
	for (int64_t id = 1; id <= MANY; id++) {
		assert_int_equal(call_get(f->db, site, id, &f->arena, &got), 0);
		assert_int_equal(got.ended_at, id + 2);
	}
	assert_int_equal(call_legs(f->db, site, 5, &f->arena, &legs, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(legs[0].rang_at, 6);
	assert_int_equal(legs[0].ended_at, 7);
	assert_true(view_eq(legs[0].why, VIEW("hangup")));
	assert_int_equal(call_openings(f->db, site, 5, &f->arena, &openings, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(device_get(f->db, site, DOOR, 1, &f->arena, &door), 0);
	assert_true(view_eq(door.address, VIEW("192.0.2.1:5060")));
}

static void a_bad_record_does_not_take_others_with_it(void **state)
{
	struct fixture *f = *state;
	const int64_t site = site_with_door(f, VIEW("A"));
	struct call_row good = call_of(site, 1), bad = call_of(site + 99, 2), got;
	struct journal *j;

	assert_int_equal(journal_start(f->url, clock_system(), NULL, NULL, &j), 0);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(journal_call_start(j, &bad), 0); /* no such site */
		assert_int_equal(journal_call_end(j, &bad, (struct view){}, 0),
				 0); /* so no such call */
		good.id = 10 + i;
		assert_int_equal(journal_call_start(j, &good), 0);
	}
	journal_stop(j);
	for (int i = 0; i < 5; i++)
		assert_int_equal(call_get(f->db, site, 10 + i, &f->arena, &got), 0);
}

/* The last of a batch is bad: its batch is not written record by record. What was written before, as
 * after a commit whose answer was lost, is not lost. */
static void a_bad_record_costs_one_more_try(void **state)
{
	struct fixture *f = *state;
	const int64_t site = site_with_door(f, VIEW("A"));
	struct call_row c = call_of(site, 1), bad = call_of(site + 99, MANY + 1), got;
	struct journal_stats stats;
	struct journal *j;

	assert_int_equal(call_start(f->db, 1, &c), 0);
	assert_int_equal(journal_start(f->url, clock_system(), NULL, NULL, &j), 0);
	{
		DB_TRANSACTION struct db_tx tx = {};

		assert_int_equal(db_begin(f->db, &tx), 0);
		append(f, site, 1); /* holds the write lock, so that all wait for it together */
		for (c.id = 1; c.id <= MANY; c.id++)
			assert_int_equal(journal_call_start(j, &c), 0);
		assert_int_equal(journal_call_start(j, &bad), 0);
		assert_int_equal(db_commit(&tx), 0);
	}
	for (int i = 0; i < GUARD_MS / 10 && journal_stats(j).waiting; i++)
		usleep(10 * 1000);
	stats = journal_stats(j);
	assert_int_equal(stats.written, MANY);
	assert_int_equal(stats.lost, 1);
	assert_in_range(stats.commits, 1, 8); /* the first few may have gone ahead of the lock */
	journal_stop(j);
	for (c.id = 1; c.id <= MANY; c.id++)
		assert_int_equal(call_get(f->db, site, c.id, &f->arena, &got), 0);
}

struct follower {
	int failures; /* still to come */
	atomic_int seen;
	int64_t cursor;
};

static int on_follow(void *arg, struct db *, const struct change_row *rows, size_t n)
{
	struct follower *follower = arg;

	if (follower->failures > 0) {
		follower->failures--;
		return -EIO;
	}
	for (size_t i = 0; i < n; i++) {
		assert_true(rows[i].id > follower->cursor);
		follower->cursor = rows[i].id;
	}
	atomic_fetch_add(&follower->seen, (int)n);
	return 0;
}

static void rows_come_again_to_who_could_not_take_them(void **state)
{
	struct fixture *f = *state;
	const int64_t site = site_with_door(f, VIEW("A"));
	struct follower follower = { .failures = 2 };
	struct feed *feed;

	assert_int_equal(feed_new(f->url, clock_system(), NULL, &feed), 0);
	assert_int_equal(feed_consume(feed, on_follow, &follower), 0);
	assert_int_equal(feed_start(feed), 0);
	for (int i = 0; i < 5; i++) { /* of now, or the feed forgets them meanwhile */
		assert_int_equal(change_append(f->db, clock_wall_ms(clock_system()), site,
					       VIEW("device"), 1), 0);
		feed_wake(feed);
	}
	for (int i = 0; i < GUARD_MS / 10 && atomic_load(&follower.seen) < 5; i++)
		usleep(10 * 1000);
	assert_int_equal(atomic_load(&follower.seen), 5);
	feed_free(feed);
	assert_int_equal(follower.failures, 0);
}

static void a_locked_database_only_delays(void **state)
{
	struct fixture *f = *state;
	const int64_t site = site_with_door(f, VIEW("A"));
	const struct call_row c = call_of(site, 1);
	struct call_row got;
	struct journal *j;

	assert_int_equal(journal_start(f->url, clock_system(), NULL, NULL, &j), 0);
	{
		DB_TRANSACTION struct db_tx tx = {};

		assert_int_equal(db_begin(f->db, &tx), 0);
		append(f, site, 1); /* holds the write lock */
		assert_int_equal(journal_call_start(j, &c), 0);
		assert_int_equal(call_get(f->db, site, 1, &f->arena, &got), -ENOENT);
		assert_int_equal(db_commit(&tx), 0);
	}
	journal_stop(j);
	assert_int_equal(call_get(f->db, site, 1, &f->arena, &got), 0);
}

/* What the engine says of a table that is not there is no fault of the records. */
static void a_failing_database_only_delays(void **state)
{
	struct fixture *f = *state;
	const int64_t site = site_with_door(f, VIEW("A"));
	struct call_row c = call_of(site, 1), got;
	struct journal *j;

	assert_int_equal(journal_start(f->url, clock_system(), NULL, NULL, &j), 0);
	assert_int_equal(db_script(f->db, "ALTER TABLE call RENAME TO gone"), 0);
	for (c.id = 1; c.id <= MANY; c.id++)
		assert_int_equal(journal_call_start(j, &c), 0);
	usleep(100 * 1000);
	assert_int_equal(journal_stats(j).waiting, MANY);
	assert_int_equal(db_script(f->db, "ALTER TABLE gone RENAME TO call"), 0);
	journal_stop(j);
	for (c.id = 1; c.id <= MANY; c.id++)
		assert_int_equal(call_get(f->db, site, c.id, &f->arena, &got), 0);
}

static void connections_end(struct fixture *f)
{
	assert_int_equal(db_script(f->db, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
					  " WHERE pid <> pg_backend_pid()"
					  " AND backend_type = 'client backend'"), 0);
}

static void wait_written(struct journal *j, uint64_t want)
{
	for (int i = 0; i < GUARD_MS / 10 && journal_stats(j).written < want; i++)
		usleep(10 * 1000);
	assert_int_equal(journal_stats(j).written, want);
}

static void cut_append(void *arg)
{
	struct load *l = arg;

	connections_end(l->f);
	append_many(l);
}

static void a_database_that_restarts_only_delays(void **state)
{
	struct fixture *f = *state;
	const int64_t site = site_with_door(f, VIEW("A"));
	struct load l = { .f = f, .mine = site, .other = site_with_door(f, VIEW("B")) };
	struct call_row c = call_of(site, 1), got;
	struct journal *j;
	struct live *live;
	struct seen seen;

	assert_int_equal(journal_start(f->url, clock_system(), NULL, NULL, &j), 0);
	for (c.id = 1; c.id <= MANY; c.id++) {
		if (c.id % 100 == 0) {
			wait_written(j, (uint64_t)c.id - 1);
			connections_end(f);
		}
		assert_int_equal(journal_call_start(j, &c), 0);
	}
	wait_written(j, MANY);
	journal_stop(j);
	for (c.id = 1; c.id <= MANY; c.id++)
		assert_int_equal(call_get(f->db, site, c.id, &f->arena, &got), 0);

	assert_int_equal(feed_new(f->url, clock_system(), NULL, &l.feed), 0);
	assert_int_equal(live_new(l.feed, &live), 0);
	assert_int_equal(feed_start(l.feed), 0);
	watch(live, site, 0, &seen, 1 + MANY, cut_append, &l);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(atoi(seen.events[1 + i].object), i);
	feed_free(l.feed);
	loop_free(seen.loop);
	live_free(live);
}

/* However fast records come. Only the least time is asserted: a slow machine commits less often. */
static void commits_keep_a_gap(void **state)
{
	enum { COMMITS = 20 };
	struct fixture *f = *state;
	struct call_row c = call_of(site_with_door(f, VIEW("A")), 1);
	const int64_t begin_us = clock_mono_us(clock_system());
	struct journal *j;

	assert_int_equal(journal_start(f->url, clock_system(), NULL, NULL, &j), 0);
	while (journal_stats(j).commits < COMMITS) {
		assert_true(clock_mono_us(clock_system()) - begin_us < GUARD_MS * INT64_C(1000));
		assert_int_equal(journal_call_start(j, &c), 0);
		c.id++;
		usleep(500);
	}
	assert_true(clock_mono_us(clock_system()) - begin_us >=
		    (COMMITS - 1) * JOURNAL_GAP_MS * INT64_C(1000));
	journal_stop(j);
}

/* The peer chose it; PostgreSQL takes no text that is not UTF-8. */
static void a_record_that_is_no_text_does_not_stop_the_others(void **state)
{
	struct fixture *f = *state;
	const int64_t site = site_with_door(f, VIEW("A"));
	const struct binding_row b = { DOOR, VIEW("sip:d"), VIEW("\xff\xfe"), 1, 1000, INT64_MAX / 2,
				       VIEW("udp"), VIEW("192.0.2.1:5060") };
	const struct call_row c = call_of(site, 1);
	struct call_row got;
	struct journal *j;

	assert_int_equal(journal_start(f->url, clock_system(), NULL, NULL, &j), 0);
	assert_int_equal(journal_bindings(j, DOOR, &b, 1), 0);
	assert_int_equal(journal_call_start(j, &c), 0);
	journal_stop(j);
	assert_int_equal(call_get(f->db, site, 1, &f->arena, &got), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_change_between_making_and_starting_is_not_lost),
		ON_BOTH(a_page_gets_each_change_of_its_site_once_and_resumes),
		ON_BOTH(what_the_journal_took_is_written_in_order),
		ON_BOTH(a_bad_record_does_not_take_others_with_it),
		ON_BOTH(a_bad_record_costs_one_more_try),
		ON_BOTH(rows_come_again_to_who_could_not_take_them),
		ON_BOTH(a_locked_database_only_delays),
		ON_BOTH(a_failing_database_only_delays),
		ON_BOTH(commits_keep_a_gap),
		{ "a_database_that_restarts_only_delays on PostgreSQL",
		  a_database_that_restarts_only_delays, fixture_pgsql, fixture_close, NULL },
		ON_BOTH(a_record_that_is_no_text_does_not_stop_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
