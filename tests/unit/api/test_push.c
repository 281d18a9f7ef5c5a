/* Subscribing to notices, and what their tokens do. */
#include "api/push.h"
#include "fixture.h"
#include "store/app.h"
#include "store/push.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const enum role ADMIN = ROLE_COMPANY_ADMIN, USER = ROLE_SITE_USER;

#define P256DH                                                                                     \
	"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define AUTH     "BTBZMqHH6r4Tts7J_aSIgg"
#define ENDPOINT "https://push.example/x?y=1"

/* What the push sender and the calls would say. */
struct told {
	char token[65];
	int rc;
	unsigned seen, opened;
};

static int on_seen(void *arg, struct view token)
{
	struct told *t = arg;

	snprintf(t->token, sizeof(t->token), "%.*s", (int)token.n, token.p);
	t->seen++;
	return t->rc;
}

static int on_open(void *arg, struct view token)
{
	struct told *t = arg;

	snprintf(t->token, sizeof(t->token), "%.*s", (int)token.n, token.p);
	t->opened++;
	return t->rc;
}

static int64_t app_make(struct fixture *f, const char *name, enum role holder)
{
	assert_status(f, 201, ADMIN, "POST",
		      fixture_path(f, "/sites/%lld/devices", (long long)f->own),
		      fixture_path(f,
				   "{\"name\":\"%s\",\"kind\":\"app\",\"apartment_id\":\"%lld\","
				   "\"person_id\":\"%lld\"}",
				   name, (long long)f->home, (long long)f->person[holder]));
	return strtoll(fixture_get(f, "id"), NULL, 10);
}

static void notices_on(struct fixture *f, struct told *told)
{
	f->env.push = (struct push_way){
		.key = "the-key", .seen = on_seen, .open = on_open, .arg = told
	};
}

static const char *body_of(struct fixture *f, const char *endpoint, const char *more)
{
	return fixture_path(f,
			    "{\"endpoint\":\"%s\",\"p256dh\":\"" P256DH "\",\"auth\":\"" AUTH
			    "\",\"language\":\"cs\"%s}",
			    endpoint, more);
}

static size_t subscribed(struct fixture *f, int64_t device, struct push_row **ret_rows)
{
	size_t n;

	assert_int_equal(
		push_list(f->db, (struct push_place){ f->own, device }, &f->setup, ret_rows, &n),
		0);
	return n;
}

static void a_browser_subscribes_for_ones_apps(void **state)
{
	struct fixture *f = *state;
	const int64_t tablet = app_make(f, "Tablet", USER), phone = app_make(f, "Phone", USER);
	struct told told = {};
	struct push_row *rows;

	notices_on(f, &told);
	assert_status(f, 200, USER, "GET", "/app/push", NULL);
	assert_string_equal(fixture_get(f, "key"), "the-key");
	assert_status(f, 204, USER, "PUT", "/app/push", body_of(f, ENDPOINT, ""));
	assert_int_equal(subscribed(f, tablet, &rows), 1);
	assert_int_equal(subscribed(f, phone, &rows), 1);
	assert_string_equal(rows[0].endpoint.p, ENDPOINT);
	assert_string_equal(rows[0].language.p, "cs");
	assert_int_equal(rows[0].p256dh.n, WEBPUSH_PUBLIC_SIZE);
	assert_int_equal(rows[0].auth.n, WEBPUSH_AUTH_SIZE);
	assert_int_equal(rows[0].person_id, f->person[USER]);
	assert_true(rows[0].session_id > 0);
	assert_status(
		f, 204, USER, "PUT", "/app/push",
		body_of(f, ENDPOINT, fixture_path(f, ",\"devices\":[\"%lld\"]", (long long)phone)));
	assert_int_equal(subscribed(f, tablet, &rows), 0);
	assert_int_equal(subscribed(f, phone, &rows), 1);
}

static void what_can_be_woken_is_ready(void **state)
{
	struct fixture *f = *state;
	const int64_t tablet = app_make(f, "Tablet", USER);
	const char *path =
		fixture_path(f, "/sites/%lld/devices/%lld", (long long)f->own, (long long)tablet);
	struct told told = {};

	notices_on(f, &told);
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_string_equal(fixture_get(f, "status"), "needs_configuration");
	assert_status(f, 204, USER, "PUT", "/app/push", body_of(f, ENDPOINT, ""));
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_string_equal(fixture_get(f, "status"), "ready");
	assert_status(f, 200, ADMIN, "GET",
		      fixture_path(f, "/sites/%lld/summary", (long long)f->own), NULL);
	assert_non_null(strstr(fixture_text(f), "\"registered\":0,\"ready\":1,"));
	assert_status(f, 200, ROLE_APARTMENT_ADMIN, "GET",
		      fixture_path(f, "/sites/%lld/homes", (long long)f->own), NULL);
	assert_non_null(strstr(fixture_text(f), "\"online\":false,\"ready\":true"));
}

static void it_can_be_ended(void **state)
{
	struct fixture *f = *state;
	const int64_t tablet = app_make(f, "Tablet", USER),
		      other = app_make(f, "Other", ROLE_SITE_ADMIN);
	struct told told = {};
	struct push_row *rows;

	notices_on(f, &told);
	assert_status(f, 204, USER, "PUT", "/app/push", body_of(f, ENDPOINT, ""));
	assert_problem(f, 400, "endpoint", USER, "DELETE", "/app/push", NULL);
	/* Of another's browser nobody ends anything. */
	assert_problem(f, 404, "endpoint", ROLE_SITE_ADMIN, "DELETE",
		       "/app/push?endpoint=https%3A%2F%2Fpush.example%2Fx%3Fy%3D1", NULL);
	assert_int_equal(subscribed(f, tablet, &rows), 1);
	assert_int_equal(subscribed(f, other, &rows), 0);
	assert_status(f, 204, USER, "DELETE",
		      "/app/push?endpoint=https%3A%2F%2Fpush.example%2Fx%3Fy%3D1", NULL);
	assert_int_equal(subscribed(f, tablet, &rows), 0);
	assert_problem(f, 404, "endpoint", USER, "DELETE",
		       "/app/push?endpoint=https%3A%2F%2Fpush.example%2Fx%3Fy%3D1", NULL);
}

static void app_give(struct fixture *f, int64_t device, const char *holder)
{
	assert_status(f, 200, ADMIN, "PUT",
		      fixture_path(f, "/sites/%lld/devices/%lld", (long long)f->own,
				   (long long)device),
		      fixture_path(f,
				   "{\"name\":\"Given %lld\",\"kind\":\"app\",\"apartment_id\":\"%lld\","
				   "\"person_id\":%s}",
				   (long long)device, (long long)f->home, holder));
}

static void whose_app_is_given_away_is_woken_for_it_no_more(void **state)
{
	struct fixture *f = *state;
	const int64_t tablet = app_make(f, "Tablet", USER), phone = app_make(f, "Phone", USER),
		      wall = app_make(f, "Wall", USER);
	struct told told = {};
	struct push_row *rows;

	notices_on(f, &told);
	assert_status(f, 204, USER, "PUT", "/app/push", body_of(f, ENDPOINT, ""));
	app_give(f, tablet,
		 fixture_path(f, "\"%lld\"", (long long)f->person[ROLE_SITE_ADMIN]));
	app_give(f, wall, "null");
	assert_int_equal(subscribed(f, tablet, &rows), 0);
	assert_int_equal(subscribed(f, wall, &rows), 0);
	/* Another password alone does not end what its holder's account has. */
	assert_status(f, 200, ADMIN, "POST",
		      fixture_path(f, "/sites/%lld/devices/%lld/credentials", (long long)f->own,
				   (long long)phone),
		      NULL);
	assert_int_equal(subscribed(f, phone, &rows), 1);
}

static void what_is_no_subscription_is_refused(void **state)
{
	static const char *const addresses[] = {
		"http://push.example/x",   "https://127.0.0.1/x", "https://[::1]/x",
		"https://10.0.0.1:8443/x", "https://[fd00::1]/x", "https://169.254.169.254/latest",
	};
	struct fixture *f = *state;
	const int64_t tablet = app_make(f, "Tablet", USER),
		      other = app_make(f, "Other", ROLE_SITE_ADMIN);
	struct told told = {};
	struct push_row *rows;

	assert_status(f, 409, USER, "PUT", "/app/push", body_of(f, ENDPOINT, "")); /* no notices */
	notices_on(f, &told);
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++)
		assert_problem(f, 422, "endpoint", USER, "PUT", "/app/push",
			       body_of(f, addresses[i], ""));
	assert_problem(f, 422, "endpoint", USER, "PUT", "/app/push", body_of(f, "ftp://a/", ""));
	assert_problem(
		f, 422, "devices", USER, "PUT", "/app/push",
		body_of(f, ENDPOINT, fixture_path(f, ",\"devices\":[\"%lld\"]", (long long)other)));
	assert_problem(f, 422, "devices", USER, "PUT", "/app/push",
		       body_of(f, ENDPOINT,
			       fixture_path(f, ",\"devices\":[\"%lld\",\"%lld\"]",
					    (long long)tablet, (long long)tablet)));
	assert_problem(f, 422, "p256dh", USER, "PUT", "/app/push",
		       "{\"endpoint\":\"" ENDPOINT "\",\"p256dh\":\"AAAA\",\"auth\":\"" AUTH
		       "\",\"language\":\"cs\"}");
	assert_int_equal(subscribed(f, tablet, &rows), 0);
	assert_status(f, 401, NOBODY, "PUT", "/app/push", body_of(f, ENDPOINT, ""));
	assert_status(f, 403, ROLE_APARTMENT_ADMIN, "PUT", "/app/push", body_of(f, ENDPOINT, ""));
	f->env.push.private = true;
	assert_status(f, 204, USER, "PUT", "/app/push", body_of(f, "http://127.0.0.1:81/x", ""));
	assert_int_equal(subscribed(f, tablet, &rows), 1);
}

static void the_trail_has_no_word_of_it(void **state)
{
	struct fixture *f = *state;
	struct told told = {};

	app_make(f, "Tablet", USER);
	notices_on(f, &told);
	assert_status(f, 204, USER, "PUT", "/app/push", body_of(f, ENDPOINT, ""));
	assert_status(f, 200, ADMIN, "GET", fixture_path(f, "/sites/%lld/audit", (long long)f->own),
		      NULL);
	assert_null(strstr(fixture_text(f), "push.example"));
}

static void tokens_are_handed_on(void **state)
{
	struct fixture *f = *state;
	struct told told = {};

	assert_problem(f, 410, "token", NOBODY, "POST", "/app/open", "{\"token\":\"ab\"}");
	notices_on(f, &told);
	assert_status(f, 204, NOBODY, "POST", "/app/push/seen", "{\"token\":\"ab\"}");
	assert_true(told.seen == 1 && told.opened == 0 && strcmp(told.token, "ab") == 0);
	assert_status(f, 204, NOBODY, "POST", "/app/open", "{\"token\":\"cd\"}");
	assert_true(told.seen == 1 && told.opened == 1 && strcmp(told.token, "cd") == 0);
	told.rc = -ENOENT;
	assert_problem(f, 410, "token", NOBODY, "POST", "/app/open", "{\"token\":\"cd\"}");
	told.rc = -EAGAIN;
	assert_status(f, 503, NOBODY, "POST", "/app/open", "{\"token\":\"cd\"}");
	assert_problem(f, 422, "token", NOBODY, "POST", "/app/open", "{\"token\":\"\"}");
	for (unsigned i = 0; i < LIMITS_NOTICE_TRIES; i++)
		(void)!limits_try(f->env.limits, LIMITS_NOTICE, (struct view){}, &f->ask.peer);
	assert_status(f, 429, NOBODY, "POST", "/app/open", "{\"token\":\"cd\"}");
}

static void our_key_stays_the_same(void **state)
{
	struct secret_key other = { { 1 } };
	struct webpush_pair first, again, renewed;
	struct fixture *f = *state;
	const int64_t tablet = app_make(f, "Tablet", USER);
	struct told told = {};
	struct push_row *rows;
	struct err err = {};

	assert_int_equal(push_key_open(f->db, &f->env.key, rand_system(), NOW, &first, &err), 0);
	assert_int_equal(push_key_open(f->db, &f->env.key, rand_system(), NOW, &again, &err), 0);
	assert_memory_equal(&first, &again, sizeof(first));
	notices_on(f, &told);
	assert_status(f, 204, USER, "PUT", "/app/push", body_of(f, ENDPOINT, ""));
	/* What nobody can read any more is made anew: browsers have to subscribe again. */
	assert_int_equal(push_key_open(f->db, &other, rand_system(), NOW, &renewed, &err), 0);
	assert_memory_not_equal(&first, &renewed, sizeof(first));
	assert_int_equal(subscribed(f, tablet, &rows), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_browser_subscribes_for_ones_apps),
		TEST(what_can_be_woken_is_ready),
		TEST(it_can_be_ended),
		TEST(whose_app_is_given_away_is_woken_for_it_no_more),
		TEST(what_is_no_subscription_is_refused),
		TEST(the_trail_has_no_word_of_it),
		TEST(tokens_are_handed_on),
		TEST(our_key_stays_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
