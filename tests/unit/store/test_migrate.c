/* From a stored database of an old schema to the newest, as each engine wrote it when that was new.
 */
#include "fixture.h"
#include "store/account.h"
#include "store/app.h"
#include "store/call.h"
#include "store/change.h"
#include "store/device.h"
#include "store/summary.h"

#include <errno.h>
#include <string.h>

enum { SCRIPT_MAX = 1 << 20, DOOR = 1000000001, KITCHEN = 1000000002 };
static const int64_t NOW = 1800000000000;

static void run_script(const char *url, const char *path)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(SCRIPT_MAX);
	char part[4096];
	FILE *in = fopen(path, "re");
	struct err err = {};
	struct db *db;
	size_t n;

	assert_non_null(in);
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		buf_add(&text, (struct view){ part, n });
	fclose(in);
	if (db_open(url, &err, &db) < 0)
		fail_msg("%s", err.text);
	if (db_is_pgsql(db))
		assert_int_equal(db_script(db, "DROP SCHEMA public CASCADE; CREATE SCHEMA public"),
				 0);
	if (db_script(db, buf_cstr(&text)) < 0)
		fail_msg("%s", db_error(db));
	db_close(db);
}

static int old_open(void **state, struct fixture *f)
{
	const int64_t version = *(int64_t *)*state;
	char path[256];

	snprintf(path, sizeof(path), OLD "/%04lld-%s.sql", (long long)version,
		 f->path[0] ? "sqlite" : "pgsql");
	run_script(f->url, path);
	f->arena = ARENA_INIT(1 << 20);
	*state = f;
	return 0;
}

static int old_sqlite(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->path, sizeof(f->path), "/tmp/vestibule-db-XXXXXX");
	close(mkstemp(f->path));
	snprintf(f->url, sizeof(f->url), "sqlite:%s", f->path);
	return old_open(state, f);
}

static int old_pgsql(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->url, sizeof(f->url), "%s", getenv("VESTIBULE_TEST_DB"));
	return old_open(state, f);
}

static void migrate(struct fixture *f, int64_t from)
{
	struct err err = {};
	char needs[80];
	int64_t version;
	struct db *db;

	snprintf(needs, sizeof(needs), "the database has schema %lld, this program needs ",
		 (long long)from);
	assert_int_equal(store_open(f->url, &err, &f->db), -EPROTO);
	assert_non_null(strstr(err.text, needs));
	assert_int_equal(db_open(f->url, &err, &db), 0);
	assert_int_equal(migrate_version(db, &version), 0);
	assert_int_equal(version, from);
	if (migrate_up(db, NOW, &err) < 0)
		fail_msg("%s", err.text);
	db_close(db);
	if (store_open(f->url, &err, &f->db) < 0)
		fail_msg("%s", err.text);
}

static void people_are_as_they_were(struct fixture *f)
{
	struct session_row session;
	struct person_row p;
	struct role_row *roles;
	size_t n;

	assert_int_equal(person_by_email(f->db, VIEW("admin@example.com"), &f->arena, &p), 0);
	assert_int_equal(p.id, 1);
	assert_true(view_eq(p.password, VIEW("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$aGFzaA")));
	assert_int_equal(role_list(f->db, 1, &f->arena, &roles, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(role_list_of_site(f->db, 2, 1, &f->arena, &roles, &n), 0);
	assert_int_equal(n, 1);
	assert_true(view_eq(roles[0].role, VIEW("site_user")));
	assert_int_equal(person_get(f->db, 2, &f->arena, &p), 0);
	assert_null(p.email.p);
	assert_int_equal(p.disabled_at, 1700000000006);
	assert_int_equal(session_find(f->db, VIEW("\0\xff\x10"), NOW, &f->arena, &session), 0);
	assert_int_equal(session.person_id, 1);
}

static void the_building_is_as_it_was(struct fixture *f)
{
	struct device_secret_row secret;
	struct directory_button_row *buttons;
	struct apartment_row apartment;
	struct device_row device;
	struct site_row site;
	size_t n;

	assert_int_equal(site_get(f->db, 1, &f->arena, &site), 0);
	assert_true(view_eq(site.name, VIEW("Rue de l'\xc3\x89glise 7")));
	assert_true(view_eq(site.zone, VIEW("Europe/Paris")));
	assert_int_equal(apartment_get(f->db, 1, 1, &f->arena, &apartment), 0);
	assert_true(view_eq(apartment.name, VIEW("M\xc3\xbcller")));
	assert_int_equal(device_get(f->db, 1, DOOR, NOW, &f->arena, &device), 0);
	assert_true(view_eq(device.unlock_code, VIEW("1234*")));
	assert_int_equal(device_get(f->db, 1, KITCHEN, NOW, &f->arena, &device), 0);
	assert_true(view_eq(device.srtp, VIEW("offered")));
	assert_null(device.snapshot_url.p);
	assert_int_equal(device.apartment_id, 1);
	assert_int_equal(device.created_at, 1700000000010);
	assert_int_equal(device_secret(f->db, 1, DOOR, &f->arena, &secret), 0);
	assert_true(view_eq(secret.password_sealed, VIEW("\0sealed\xff")));
	assert_int_equal(directory_buttons(f->db, 1, &f->arena, &buttons, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(buttons[0].destination, KITCHEN);
}

/* New rows follow the old ones, and the new tables work with them. */
static void work_goes_on(struct fixture *f)
{
	const struct call_row call = { .site_id = 1,
				       .id = 77,
				       .started_at = NOW,
				       .from_device = DOOR,
				       .from_name = VIEW("Door"),
				       .button = 1 };
	struct app_device_row app;
	struct device_row kitchen;
	struct change_row *changes;
	struct call_row got;
	int64_t company;
	size_t n;

	assert_int_equal(company_create(f->db, NOW, VIEW("Second"), &company), 0);
	assert_int_equal(company, 2);
	assert_int_equal(app_get(f->db, 1, KITCHEN, &f->arena, &app), -ENOENT); /* still a phone */
	assert_int_equal(app_online_set(f->db, NOW, KITCHEN, NOW), 0);
	assert_int_equal(device_get(f->db, 1, KITCHEN, NOW, &f->arena, &kitchen), 0);
	assert_false(device_is_online(&kitchen));
	assert_int_equal(call_start(f->db, NOW, &call), 0);
	assert_int_equal(call_get(f->db, 1, 77, &f->arena, &got), 0);
	assert_int_equal(change_after(f->db, 41, 10, &f->arena, &changes, &n), 0);
	assert_true(n >= 2);
	assert_int_equal(changes[0].id, 42);
	assert_true(view_eq(changes[0].object, VIEW("1000000001")));
	assert_int_equal(changes[1].id, 43);
}

static void schema_1_comes_forward_with_its_data(void **state)
{
	struct fixture *f = *state;

	migrate(f, 1);
	people_are_as_they_were(f);
	the_building_is_as_it_was(f);
	work_goes_on(f);
}

/* Calls from before there was a trace: what can be told of them is, and nothing else. */
static void schema_14_comes_forward_with_its_calls(void **state)
{
	enum { ANSWERED = 1, UNKNOWN, FAILED, LATE, NO_BELL };
	static const int64_t at = 1700000000000;
	const struct summary_times all = { .now_ms = NOW };
	struct fixture *f = *state;
	struct summary_rings_row rings;
	struct opening_row *openings;
	struct call_leg_row *legs;
	struct call_row *late, c;
	int64_t after = 0, removed;
	bool more;
	size_t n;

	migrate(f, 14);
	assert_int_equal(call_get(f->db, 1, ANSWERED, &f->arena, &c), 0);
	assert_int_equal(c.rang_at, at + 1400);
	assert_int_equal(call_legs(f->db, 1, ANSWERED, &f->arena, &legs, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(legs[0].answered_at, at + 7000);
	assert_int_equal(legs[0].ended_at, DB_INT_NULL);
	assert_int_equal(legs[1].answered_at, DB_INT_NULL);
	assert_int_equal(legs[1].ended_at, at + 7000);
	assert_int_equal(legs[1].pushed_at, DB_INT_NULL);
	assert_null(legs[1].why.p);
	assert_int_equal(summary_rings(f->db, 1, &all, &rings), 0);
	assert_int_equal(rings.rings, 3); /* nobody knows when UNKNOWN rang */
	assert_int_equal(rings.rings_1s, 1);
	assert_int_equal(rings.rings_10s, 2);
	assert_int_equal(rings.rings_never, 1);
	assert_int_equal(call_list_late(f->db, 1, CALL_CURSOR_NEWEST, 9, &f->arena, &late, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(late[0].id, LATE);
	assert_int_equal(late[1].id, FAILED);

	assert_int_equal(call_openings(f->db, 1, ANSWERED, &f->arena, &openings, &n), 0);
	assert_int_equal(n, 1);
	assert_true(view_eq(openings[0].by_name, VIEW("Kitchen")));
	openings[0].id = 3;
	openings[0].how = VIEW("notice");
	assert_int_equal(call_opening_add(f->db, NOW, &openings[0]), 0);
	openings[0].id = 4;
	openings[0].how = VIEW("crowbar");
	assert_int_equal(call_opening_add(f->db, NOW, &openings[0]), -EINVAL);
	/* all calls, and the opening outside of them */
	assert_int_equal(call_expire(f->db, NOW, &after, &removed, &more), 0);
	assert_int_equal(removed, 6);
	assert_int_equal(call_openings(f->db, 1, ANSWERED, &f->arena, &openings, &n), 0);
	assert_int_equal(n, 0);
}

struct until_row {
	int64_t invited_until;
};
static const struct db_column until_columns[] = { DB_COLUMN_INT(struct until_row, invited_until) };
static const struct db_shape until_shape = DB_SHAPE(struct until_row, until_columns);

/* By a link that is good still; by a mail whose link is gone; not at all; no more, with a password. */
static void who_was_invited_before_is_known(void **state)
{
	static const struct db_stmt stmt = { "test_invited",
					     "SELECT invited_until FROM person WHERE id > 100"
					     " ORDER BY id",
					     &until_shape };
	static const int64_t until[] = { 9000, 7000 + 1209600000, DB_INT_NULL, DB_INT_NULL };
	struct fixture *f = *state;
	struct err err = {};
	struct until_row *rows;
	struct db *db;
	size_t n;

	assert_int_equal(db_open(f->url, &err, &db), 0);
	assert_int_equal(
		db_script(db,
			  "INSERT INTO person (id, name, password, language, created_at) VALUES"
			  " (101, 'A', NULL, 'en', 1), (102, 'B', NULL, 'en', 1),"
			  " (103, 'C', NULL, 'en', 1), (104, 'D', 'hash', 'en', 1);"
			  "INSERT INTO account_token VALUES"
			  " ('a', 'invitation', 101, NULL, 1, 9000),"
			  " ('b', 'password_reset', 102, NULL, 1, 9001);"
			  "INSERT INTO mail (person_id, recipient, recipient_name, language, template,"
			  " arguments, state, due_at, created_at) VALUES"
			  " (102, 'b', 'B', 'en', 'invitation', '', 'sent', 1, 6000),"
			  " (102, 'b', 'B', 'en', 'invitation', '', 'sent', 1, 7000),"
			  " (103, 'c', 'C', 'en', 'added_to_place', '', 'sent', 1, 7000),"
			  " (104, 'd', 'D', 'en', 'invitation', '', 'sent', 1, 7000)"),
		0);
	db_close(db);
	migrate(f, 14);
	assert_int_equal(db_prepare(f->db, &stmt, 1, NULL), 0);
	assert_int_equal(db_select(f->db, &stmt, DB_NO_ARGS, &f->arena, &rows, &n), 0);
	assert_int_equal(n, sizeof(until) / sizeof(until[0]));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(rows[i].invited_until, until[i]);
}

static void a_newer_database_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct err err = {};
	int64_t version;
	struct db *db;

	assert_int_equal(db_open(f->url, &err, &db), 0);
	assert_int_equal(db_script(db, "INSERT INTO migration VALUES (9999, 1)"), 0);
	assert_int_equal(migrate_up(db, NOW, &err), -EPROTO);
	assert_non_null(strstr(err.text, "the database has schema 9999, this program knows "));
	assert_non_null(strstr(err.text, ": install the newer program again"));
	assert_int_equal(migrate_version(db, &version), 0);
	assert_int_equal(version, 9999);
	db_close(db);
	assert_int_equal(store_open(f->url, &err, &f->db), -EPROTO);
}

static int64_t schema_1 = 1, schema_14 = 14;

#define OLD_ON_BOTH(fn, version)                                                                   \
	{ #fn " on SQLite", fn, old_sqlite, fixture_close, version },                              \
	{                                                                                          \
#fn " on PostgreSQL", fn, old_pgsql, fixture_close, version                        \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OLD_ON_BOTH(schema_1_comes_forward_with_its_data, &schema_1),
		OLD_ON_BOTH(schema_14_comes_forward_with_its_calls, &schema_14),
		OLD_ON_BOTH(who_was_invited_before_is_known, &schema_14),
		OLD_ON_BOTH(a_newer_database_is_left_alone, &schema_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
