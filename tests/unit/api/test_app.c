/* Apps: who holds one and is told how to sign in, their sessions, what they are shown. */
#include "api/app.h"
#include "fixture.h"
#include "store/call.h"
#include "store/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const enum role ADMIN = ROLE_COMPANY_ADMIN;

static const char *own(struct fixture *f, const char *rest)
{
	return fixture_path(f, "/sites/%lld%s", (long long)f->own, rest);
}

static bool says(struct fixture *f, const char *text)
{
	return strstr(fixture_text(f), text);
}

static const char *device_path(struct fixture *f, int64_t number, const char *rest)
{
	return fixture_path(f, "/sites/%lld/devices/%lld%s", (long long)f->own, (long long)number,
			    rest);
}

/* person 0: nobody's. */
static const char *app_body(struct fixture *f, const char *name, int64_t apartment, int64_t person)
{
	return fixture_path(f,
			    person ? "{\"name\":\"%s\",\"kind\":\"app\",\"apartment_id\":\"%lld\","
				     "\"person_id\":\"%lld\"}"
				   : "{\"name\":\"%s\",\"kind\":\"app\",\"apartment_id\":\"%lld\"}",
			    name, (long long)apartment, (long long)person);
}

static int64_t made(struct fixture *f, const char *body)
{
	assert_status(f, 201, ADMIN, "POST", own(f, "/devices"), body);
	return strtoll(fixture_get(f, "id"), NULL, 10);
}

static int64_t app_make(struct fixture *f, const char *name, int64_t apartment, int64_t person)
{
	return made(f, app_body(f, name, apartment, person));
}

static const char *password_of(struct fixture *f, int64_t number)
{
	assert_status(f, 200, ADMIN, "GET", device_path(f, number, "/credentials"), NULL);
	return fixture_get(f, "sip_password");
}

static unsigned sign_in(struct fixture *f, int64_t number, const char *password)
{
	const char *cookie, *body = fixture_path(f, "{\"device\":\"%lld\",\"password\":\"%s\"}",
						 (long long)number, password);
	const unsigned status = fixture_call(f, NOBODY, "POST", "/app/session", body);
	struct view rest;

	if (status == 204) {
		cookie = fixture_field(f, "Set-Cookie");
		f->ask.cookie =
			view_str(arena_dup(&f->setup, view_cut(view_str(cookie), ';', &rest)));
		assert_memory_equal(cookie, "app=", 4);
		assert_non_null(strstr(cookie, "HttpOnly; SameSite=Lax"));
	}
	return status;
}

struct mail_seen {
	struct view recipient;
	struct view arguments;
};
static const struct db_column mail_columns[] = {
	DB_COLUMN_TEXT(struct mail_seen, recipient),
	DB_COLUMN_TEXT(struct mail_seen, arguments),
};
static const struct db_shape seen_shape = DB_SHAPE(struct mail_seen, mail_columns);
static const struct db_stmt mails = { "test_app_mails",
				      "SELECT recipient, arguments FROM mail"
				      " WHERE template = 'app_credentials' ORDER BY id",
				      &seen_shape };

static size_t mails_told(struct fixture *f, struct mail_seen *ret_last)
{
	struct mail_seen *seen;
	size_t n;

	assert_true(db_prepare(f->db, &mails, 1, NULL) <= 0);
	assert_int_equal(db_select(f->db, &mails, DB_NO_ARGS, &f->setup, &seen, &n), 0);
	assert_true(n > 0);
	*ret_last = seen[n - 1];
	return n;
}

/* How many mails there were, and that the last went there with what signs in. */
static void assert_told(struct fixture *f, size_t want, const char *recipient, int64_t number)
{
	const char *password = password_of(f, number);
	struct mail_seen last;

	assert_int_equal(mails_told(f, &last), want);
	assert_string_equal(last.recipient.p, recipient);
	assert_non_null(strstr(last.arguments.p, password));
	assert_non_null(strstr(last.arguments.p,
			       fixture_path(f, "\"number\":\"%lld\"", (long long)number)));
	assert_non_null(strstr(last.arguments.p, "\"place\":\"Own\""));
}

static void who_holds_an_app_is_told_how_to_sign_in(void **state)
{
	struct fixture *f = *state;
	const int64_t user = f->person[ROLE_SITE_USER], admin = f->person[ROLE_SITE_ADMIN];
	const int64_t number = app_make(f, "Tablet", f->home, user);
	struct mail_seen last;
	const char *first;

	assert_true(says(f, "\"kind\":\"app\"") && says(f, "\"status\":\"needs_configuration\""));
	assert_true(says(f, fixture_path(f, "\"person_id\":\"%lld\"", (long long)user)));
	assert_told(f, 1, "site_user@example.com", number);
	first = password_of(f, number);
	assert_status(f, 200, ADMIN, "PUT", device_path(f, number, ""),
		      app_body(f, "Kitchen", f->home, user));
	assert_string_equal(password_of(f, number), first); /* only the name has changed */
	assert_status(f, 200, ADMIN, "PUT", device_path(f, number, ""),
		      app_body(f, "Kitchen", f->home, admin));
	assert_told(f, 2, "site_admin@example.com", number);
	assert_int_equal(sign_in(f, number, first), 401);
	assert_status(f, 200, ADMIN, "POST", device_path(f, number, "/credentials"), NULL);
	assert_told(f, 3, "site_admin@example.com", number);
	assert_status(f, 200, ADMIN, "PUT", device_path(f, number, ""),
		      app_body(f, "Kitchen", f->home, 0));
	assert_true(says(f, "\"person_id\":null"));
	assert_int_equal(mails_told(f, &last), 3); /* there is nobody to tell */
}

static void nobody_else_can_hold_one(void **state)
{
	struct fixture *f = *state;
	const int64_t stranger = f->person[ROLE_COMPANY_ADMIN]; /* none of the site's people */
	const int64_t number = app_make(f, "Tablet", f->home, 0);

	assert_problem(f, 422, "person_id", ADMIN, "POST", own(f, "/devices"),
		       app_body(f, "x", f->home, stranger));
	assert_problem(f, 422, "person_id", ADMIN, "POST", own(f, "/devices"),
		       app_body(f, "x", f->home, 999999));
	assert_problem(f, 422, "person_id", ADMIN, "PUT", device_path(f, number, ""),
		       app_body(f, "Tablet", f->home, stranger));
	assert_problem(f, 422, "person_id", ADMIN, "POST", own(f, "/devices"),
		       fixture_path(f,
				    "{\"name\":\"x\",\"kind\":\"intercom\",\"person_id\":\"%lld\"}",
				    (long long)f->person[ROLE_SITE_USER]));
	assert_problem(f, 422, "unlock_code", ADMIN, "POST", own(f, "/devices"),
		       "{\"name\":\"x\",\"kind\":\"app\",\"unlock_code\":\"00*\"}");
	assert_problem(f, 422, "apartment_id", ADMIN, "POST", own(f, "/devices"),
		       "{\"name\":\"x\",\"kind\":\"app\"}"); /* as a phone's, in a residence */
	assert_problem(
		f, 422, "kind", ADMIN, "PUT", device_path(f, number, ""),
		fixture_path(f,
			     "{\"name\":\"Tablet\",\"kind\":\"phone\",\"apartment_id\":\"%lld\"}",
			     (long long)f->home));
	assert_status(f, 403, ROLE_SITE_USER, "PUT", device_path(f, number, ""),
		      app_body(f, "Tablet", f->home, 0));
}

static void a_person_holds_so_many(void **state)
{
	struct fixture *f = *state;
	char sql[400];

	for (int i = 0; i < APPS_MAX; i++) {
		snprintf(sql, sizeof(sql),
			 "INSERT INTO device (number, site_id, kind, name, app, person_id,"
			 " password_sealed, ha1_md5, ha1_sha256, created_at)"
			 " VALUES (%d, %lld, 'phone', '%d', 1, %lld, '', '', '', 1)",
			 1000000001 + i, (long long)f->next_door, i,
			 (long long)f->person[ROLE_SITE_USER]);
		assert_int_equal(db_script(f->db, sql), 0);
	}
	assert_problem(f, 422, "person_id", ADMIN, "POST", own(f, "/devices"),
		       app_body(f, "x", f->home, f->person[ROLE_SITE_USER]));
}

static void a_device_signs_in_with_its_password_only(void **state)
{
	struct fixture *f = *state;
	const int64_t number = app_make(f, "Tablet", f->home, 0);
	const int64_t phone = made(f, fixture_path(f,
						   "{\"name\":\"Phone\",\"kind\":\"phone\","
						   "\"apartment_id\":\"%lld\"}",
						   (long long)f->home));
	const char *right = password_of(f, number);

	assert_status(f, 401, NOBODY, "GET", "/app", NULL);
	assert_problem(f, 422, "device", NOBODY, "POST", "/app/session",
		       "{\"device\":\"x\",\"password\":\"y\"}");
	assert_int_equal(sign_in(f, number, "wrong"), 401);
	assert_int_equal(sign_in(f, number + 1, right), 401);
	assert_int_equal(sign_in(f, phone, password_of(f, phone)), 401);
	assert_int_equal(sign_in(f, number, right), 204);
	assert_status(f, 200, NOBODY, "GET", "/app", NULL);
	assert_true(says(f, "{\"name\":\"Tablet\",\"person\":false,"));
	assert_status(f, 401, NOBODY, "GET", own(f, ""), NULL); /* it opens nothing else */
	assert_status(f, 401, NOBODY, "GET", "/session", NULL);
	assert_status(f, 204, NOBODY, "DELETE", "/app/session", NULL);
	assert_non_null(strstr(fixture_field(f, "Set-Cookie"), "Max-Age=0"));
	assert_status(f, 401, NOBODY, "GET", "/app", NULL);
	f->ask.origin = VIEW("https://evil.test");
	assert_int_equal(sign_in(f, number, right), 403);
}

static void guesses_are_slowed_down(void **state)
{
	struct fixture *f = *state;
	const int64_t number = app_make(f, "Tablet", f->home, 0);
	const char *right = password_of(f, number);

	for (int i = 0; i < LIMITS_ACCOUNT_TRIES; i++)
		assert_int_equal(sign_in(f, number, "wrong"), 401);
	assert_int_equal(sign_in(f, number, right), 429);
	assert_true(atoi(fixture_field(f, "Retry-After")) > 0);
	clock_virtual_advance(&f->clock, LIMITS_ACCOUNT_REFILL_MS * INT64_C(1000));
	assert_int_equal(sign_in(f, number, right), 204);
	for (int i = 0; i < LIMITS_ADDRESS_TRIES; i++) /* of others, from the same address */
		sign_in(f, 1000000000 + i, "wrong");
	assert_int_equal(sign_in(f, number, right), 429);
}

static void a_session_ends_with_its_time_password_and_device(void **state)
{
	struct fixture *f = *state;
	const int64_t number = app_make(f, "Tablet", f->home, 0);

	assert_int_equal(sign_in(f, number, password_of(f, number)), 204);
	f->now += APP_IDLE_MS - 1;
	assert_status(f, 200, NOBODY, "GET", "/app", NULL); /* a use counts */
	f->now += APP_IDLE_MS - 1;
	assert_status(f, 200, NOBODY, "GET", "/app", NULL);
	f->now += APP_IDLE_MS;
	assert_status(f, 401, NOBODY, "GET", "/app", NULL);
	f->now = NOW;
	assert_int_equal(sign_in(f, number, password_of(f, number)), 204);
	assert_status(f, 200, ADMIN, "POST", device_path(f, number, "/credentials"), NULL);
	assert_status(f, 401, NOBODY, "GET", "/app", NULL);
	assert_int_equal(sign_in(f, number, password_of(f, number)), 204);
	assert_status(f, 204, ADMIN, "DELETE", device_path(f, number, ""), NULL);
	assert_status(f, 401, NOBODY, "GET", "/app", NULL);
}

static void an_account_knows_whether_its_person_holds_one(void **state)
{
	struct fixture *f = *state;

	app_make(f, "Wall", f->beside, 0);
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/session", NULL);
	assert_true(says(f, "\"app\":false"));
	app_make(f, "Mine", f->home, f->person[ROLE_SITE_USER]);
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/session", NULL);
	assert_true(says(f, "\"app\":true"));
}

static void an_account_acts_for_what_its_person_holds(void **state)
{
	struct fixture *f = *state;
	const int64_t user = f->person[ROLE_SITE_USER];
	const int64_t held = app_make(f, "Mine", f->home, user);
	const int64_t wall = app_make(f, "Wall", f->beside, 0);
	const char *first = password_of(f, held);

	assert_status(f, 403, ROLE_SITE_ADMIN, "GET", "/app", NULL);
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/app", NULL);
	assert_true(says(f, "\"name\":\"site_user\",\"person\":true"));
	assert_true(says(f, "\"Mine\"") && !says(f, "\"Wall\""));
	assert_int_equal(sign_in(f, wall, password_of(f, wall)), 204);
	assert_status(f, 204, ADMIN, "DELETE",
		      own(f, fixture_path(f, "/users/%lld", (long long)user)), NULL);
	assert_status(f, 401, ROLE_SITE_USER, "GET", "/app", NULL); /* no place has him */
	assert_status(f, 200, ADMIN, "GET", device_path(f, held, ""), NULL);
	assert_true(says(f, "\"person_id\":null"));
	assert_int_equal(sign_in(f, held, first), 401);
}

/* One browser, both sessions. */
static void a_persons_and_a_devices_session_add_up(void **state)
{
	struct fixture *f = *state;
	const int64_t held = app_make(f, "Mine", f->home, f->person[ROLE_SITE_USER]);
	const int64_t wall = app_make(f, "Wall", f->beside, 0);
	const int64_t both[] = { wall, held };

	for (size_t i = 0; i < 2; i++) {
		f->ask.cookie = (struct view){};
		assert_int_equal(sign_in(f, both[i], password_of(f, both[i])), 204);
		f->ask.cookie = view_str(fixture_path(
			f, "session=%s; %.*s",
			/* the fixture's token of that role */
			"6565656565656565656565656565656565656565656565656565656565656565",
			(int)f->ask.cookie.n, f->ask.cookie.p));
		assert_status(f, 200, NOBODY, "GET", "/app", NULL);
		assert_true(says(f, "\"person\":true") && says(f, "\"Mine\""));
		assert_int_equal(says(f, "\"name\":\"Wall\",\"site_id\""), both[i] == wall);
	}
}

static int64_t door_make(struct fixture *f, const char *name, int code)
{
	const int64_t door =
		made(f, fixture_path(f, "{\"name\":\"%s\",\"kind\":\"intercom\"}", name));

	assert_status(f, 200, ADMIN, "PUT", device_path(f, door, "/switches"),
		      fixture_path(f,
				   "{\"items\":[{\"number\":2,\"name\":\"Of %s\",\"code\":\"%d*\","
				   "\"owner\":\"platform\"}]}",
				   name, code));
	return door;
}

static void contacts_are_a_directorys_where_there_is_one(void **state)
{
	struct fixture *f = *state;
	const int64_t user = f->person[ROLE_SITE_USER];
	const int64_t number = app_make(f, "Tablet", f->home, user);
	const int64_t gate = door_make(f, "Gate", 11);

	door_make(f, "Back", 22);
	door_make(f, "Yard", 33);
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/app", NULL);
	assert_true(says(f, "\"Gate\",\"kind\":\"intercom\",\"online\":false,\"switches\":"
			    "[{\"number\":2,\"name\":\"Of Gate\"}]"));
	assert_true(says(f, "[{\"number\":2,\"name\":\"Of Back\"}]"));
	assert_true(says(f, "[{\"number\":2,\"name\":\"Of Yard\"}]"));
	assert_status(f, 201, ADMIN, "POST", own(f, "/directories"),
		      fixture_path(f,
				   "{\"name\":\"Doors\",\"entries\":[{\"device\":\"%lld\","
				   "\"name\":\"Ours\"}]}",
				   (long long)gate));
	assert_status(f, 200, ADMIN, "PUT", device_path(f, number, ""),
		      fixture_path(f,
				   "{\"name\":\"Tablet\",\"kind\":\"app\",\"apartment_id\":\"%lld\","
				   "\"person_id\":\"%lld\",\"directory_id\":\"%s\"}",
				   (long long)f->home, (long long)user, fixture_get(f, "id")));
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/app", NULL);
	assert_true(says(f, "\"contacts\":[{\"id\":"));
	assert_true(says(f, "\"name\":\"Ours\",\"kind\":\"intercom\",\"online\":false,"
			    "\"switches\":[{\"number\":2,\"name\":\"Of Gate\"}]}]"));
	assert_false(says(f, "Back") || says(f, "Yard"));
}

static void contacts_are_the_houses_and_the_apartments(void **state)
{
	struct fixture *f = *state;
	const int64_t number = app_make(f, "Tablet", f->home, f->person[ROLE_SITE_USER]);

	const int64_t door = made(f, "{\"name\":\"Front door\",\"kind\":\"intercom\"}");

	assert_status(f, 200, ADMIN, "PUT", device_path(f, door, "/switches"),
		      "{\"items\":[{\"number\":1,\"name\":\"Door\",\"code\":\"00*\",\"owner\":"
		      "\"platform\"},"
		      "{\"number\":3,\"name\":\"Garage\",\"code\":\"33*\",\"owner\":\"device\"}]}");
	made(f,
	     fixture_path(
		     f, "{\"name\":\"Their door\",\"kind\":\"intercom\",\"apartment_id\":\"%lld\"}",
		     (long long)f->beside));
	app_make(f, "Child", f->home, 0);
	app_make(f, "Neighbour", f->beside, 0);
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/app", NULL);
	assert_true(says(f,
			 "\"Front door\",\"kind\":\"intercom\",\"online\":false,\"switches\":"
			 "[{\"number\":1,\"name\":\"Door\"},{\"number\":3,\"name\":\"Garage\"}]"));
	assert_false(says(f, "33*"));
	assert_true(says(f, "\"Child\",\"kind\":\"app\",\"online\":false,\"switches\":[]"));
	assert_false(says(f, "Their door") || says(f, "Neighbour"));
	assert_true(says(f, fixture_path(f, "\"apartment\":{\"id\":\"%lld\"", (long long)f->home)));
	assert_true(says(f, "\"services\":false") && says(f, "\"zone\":\"Europe/Prague\""));
	assert_int_equal(app_online_set(f->db, NOW, number, NOW), 0);
	assert_status(f, 200, ADMIN, "GET", device_path(f, number, ""), NULL);
	assert_true(says(f, "\"online\":true,\"status\":\"registered\""));
	assert_int_equal(app_online_set(f->db, NOW, number, DB_INT_NULL), 0);
	assert_status(f, 200, ADMIN, "GET", device_path(f, number, ""), NULL);
	assert_true(says(f, "\"online\":false,\"status\":\"not_registered\""));
	assert_int_equal(app_online_set(f->db, NOW, number, NOW), 0);
	assert_int_equal(app_online_clear(f->db, NOW), 0);
	assert_status(f, 200, ADMIN, "GET", device_path(f, number, ""), NULL);
	assert_true(says(f, "\"online\":false"));
}

/* ---- calls ---- */

static void call_make(struct fixture *f, int64_t site, int64_t id, int64_t from, const int64_t *to,
		      size_t n)
{
	const struct call_row call = { .site_id = site,
				       .id = id,
				       .started_at = NOW + id,
				       .from_device = from,
				       .from_name = VIEW("Caller"),
				       .button = DB_INT_NULL };
	struct call_leg_row leg = { .site_id = site,
				    .call_id = id,
				    .name = VIEW("Called"),
				    .rang_at = DB_INT_NULL,
				    .at = NOW + id,
				    .result = VIEW("missed") };

	assert_int_equal(call_start(f->db, NOW, &call), 0);
	for (size_t i = 0; i < n; i++) {
		leg.leg = (int64_t)i + 1;
		leg.device = to[i];
		assert_int_equal(call_leg_add(f->db, &leg), 0);
	}
}

static void call_answered(struct fixture *f, int64_t id, int64_t by)
{
	const struct call_row call = { .site_id = f->own,
				       .id = id,
				       .answered_at = NOW + id,
				       .answered_by = by,
				       .answered_by_name = VIEW("Two") };
	char sql[100];

	assert_int_equal(call_answer(f->db, NOW, &call), 0);
	snprintf(sql, sizeof(sql), "UPDATE call SET picture_at = 1 WHERE id = %lld", (long long)id);
	assert_int_equal(db_script(f->db, sql), 0);
}

/* The ids of all pages of so many, by spaces. */
static const char *ids_of(struct fixture *f, const char *query)
{
	struct buf out = BUF_INIT(4096);
	const char *next = NULL, *text, *at;

	do {
		assert_status(f, 200, ROLE_SITE_USER, "GET",
			      fixture_path(f, "/app/calls?%s%s%s", query, next ? "&cursor=" : "",
					   next ? next : ""),
			      NULL);
		for (at = fixture_text(f); (at = strstr(at, "{\"id\":\"")) != NULL; at += 7)
			if (!view_starts(view_str(at - 7), VIEW("\"with\":")))
				buf_printf(&out, "%s%.*s", out.n ? " " : "",
					   (int)strcspn(at + 7, "\""), at + 7);
		next = says(f, "\"next\":null") ? NULL : fixture_get(f, "next");
	} while (next);
	text = fixture_path(f, "%s", out.n ? buf_cstr(&out) : "");
	buf_free(&out);
	return text;
}

static void calls_are_those_in_which_an_app_took_part(void **state)
{
	struct fixture *f = *state;
	const int64_t user = f->person[ROLE_SITE_USER];
	const int64_t one = app_make(f, "One", f->home, user),
		      two = app_make(f, "Two", f->home, user);
	const int64_t other = app_make(f, "Other", f->beside, 0);
	const int64_t door = 1999999999;
	const int64_t both[] = { one, two, two }, neighbour[] = { other };

	call_make(f, f->own, 10, door, both, 3);
	call_make(f, f->own, 20, door, neighbour, 1);
	call_make(f, f->own, 30, one, neighbour, 1);
	call_make(f, f->own, 40, two, &one, 1);
	call_make(f, f->own, 50, door, &two, 1);
	call_make(f, f->next_door, 60, door, both, 2); /* these numbers, but another site */
	call_answered(f, 50, two);
	for (int limit = 1; limit <= 5; limit++)
		assert_string_equal(ids_of(f, fixture_path(f, "limit=%d", limit)), "50 40 30 10");
	assert_string_equal(ids_of(f, fixture_path(f, "limit=1&device=%lld", (long long)one)),
			    "40 30 10");
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/app/calls?limit=2&cursor=50", NULL);
	assert_true(says(f, fixture_path(f, "\"device\":\"%lld\"", (long long)two)));
	assert_true(says(f, fixture_path(f,
					 "\"outgoing\":true,\"test\":false,\"with\":"
					 "{\"id\":\"%lld\",\"name\":\"Called\"}",
					 (long long)other)));
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/app/calls?limit=1", NULL);
	assert_true(says(f, "\"outgoing\":false,\"test\":false,\"with\":{\"id\":\"1999999999\","
			    "\"name\":\"Caller\"}"));
	assert_true(says(f, "\"answered_by\":\"Two\",\"picture\":true"));
	assert_int_equal(db_script(f->db, "UPDATE call SET test = 1 WHERE id = 50"), 0);
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/app/calls?limit=1", NULL);
	assert_true(says(f, "\"test\":true,"));
	assert_problem(f, 404, "device", ROLE_SITE_USER, "GET",
		       fixture_path(f, "/app/calls?device=%lld", (long long)other), NULL);
	assert_problem(f, 400, "device", ROLE_SITE_USER, "GET", "/app/calls?device=x", NULL);
	assert_problem(f, 400, "cursor", ROLE_SITE_USER, "GET", "/app/calls?cursor=x", NULL);
	assert_status(f, 401, NOBODY, "GET", "/app/calls", NULL);
	assert_status(f, 403, ROLE_SITE_ADMIN, "GET", "/app/calls", NULL);
}

/* Without a socket the request ends where the upgrade would begin. */
static void a_socket_is_for_apps_and_their_own_pages(void **state)
{
	struct fixture *f = *state;

	assert_status(f, 401, NOBODY, "GET", "/app/live", NULL);
	assert_status(f, 403, ROLE_SITE_USER, "GET", "/app/live", NULL);
	app_make(f, "Mine", f->home, f->person[ROLE_SITE_USER]);
	assert_status(f, 101, ROLE_SITE_USER, "GET", "/app/live", NULL);
	assert_problem(f, 400, "site", ROLE_SITE_USER, "GET", "/app/live?site=1", NULL);
	f->ask.origin = VIEW("https://evil.test");
	assert_status(f, 403, ROLE_SITE_USER, "GET", "/app/live", NULL);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(who_holds_an_app_is_told_how_to_sign_in),
		T(nobody_else_can_hold_one),
		T(a_person_holds_so_many),
		T(a_device_signs_in_with_its_password_only),
		T(guesses_are_slowed_down),
		T(a_session_ends_with_its_time_password_and_device),
		T(an_account_knows_whether_its_person_holds_one),
		T(an_account_acts_for_what_its_person_holds),
		T(a_persons_and_a_devices_session_add_up),
		T(contacts_are_the_houses_and_the_apartments),
		T(contacts_are_a_directorys_where_there_is_one),
		T(calls_are_those_in_which_an_app_took_part),
		T(a_socket_is_for_apps_and_their_own_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
