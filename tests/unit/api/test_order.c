/* Who may call whom, when, and over what: phone directories, quiet times, the line outside. */
#include "fixture.h"

#include "api/secret.h"
#include "store/order.h"

#include <stdio.h>
#include <string.h>

static const enum role ADMIN = ROLE_SITE_ADMIN, USER = ROLE_SITE_USER;

static const char *own(struct fixture *f, const char *rest)
{
	return fixture_path(f, "/sites/%lld%s", (long long)f->own, rest);
}

static const char *make(struct fixture *f, const char *path, const char *body)
{
	assert_status(f, 201, ADMIN, "POST", path, body);
	return fixture_get(f, "id");
}

static const char *phone_make(struct fixture *f, const char *name)
{
	return make(f, own(f, "/devices"),
		    fixture_path(f,
				 "{\"name\":\"%s\",\"kind\":\"phone\",\"apartment_id\":\"%lld\"}",
				 name, (long long)f->home));
}

static bool says(struct fixture *f, const char *part)
{
	return strstr(fixture_text(f), part) != NULL;
}

static void a_phone_directory_lives(void **state)
{
	struct fixture *f = *state;
	const char *a = phone_make(f, "A"), *b = phone_make(f, "B"), *path, *body;

	body = fixture_path(
		f, "{\"name\":\"Flats\",\"entries\":[{\"device\":\"%s\",\"name\":\"Gran\"}]}", a);
	path = own(f, fixture_path(f, "/directories/%s", make(f, own(f, "/directories"), body)));
	assert_true(says(f, "\"name\":\"Gran\""));
	assert_problem(f, 409, "name", ADMIN, "POST", own(f, "/directories"), body);
	body = fixture_path(
		f, "{\"name\":\"All\",\"entries\":[{\"device\":\"%s\"},{\"device\":\"%s\"}]}", a,
		b);
	assert_status(f, 403, USER, "PUT", path, body);
	assert_status(f, 200, ADMIN, "PUT", path, body);
	assert_true(says(f, b) && says(f, "\"name\":\"\"") && says(f, "\"devices\":0"));
	assert_status(f, 200, ADMIN, "GET", own(f, "/directories"), NULL);
	assert_true(says(f, "\"name\":\"All\",\"contacts\":2,\"devices\":0"));
	assert_problem(
		f, 422, "entries[1].device", ADMIN, "PUT", path,
		fixture_path(
			f, "{\"name\":\"x\",\"entries\":[{\"device\":\"%s\"},{\"device\":\"%s\"}]}",
			a, a));
	assert_problem(f, 422, "entries", ADMIN, "PUT", path,
		       "{\"name\":\"x\",\"entries\":[{\"device\":\"1234567890\"}]}");
	assert_status(f, 404, ADMIN, "PUT", own(f, "/directories/99999"), body);
	assert_status(f, 404, ROLE_COMPANY_ADMIN, "GET",
		      fixture_path(f, "/sites/%lld%s", (long long)f->next_door,
				   strstr(path, "/directories")),
		      NULL);
	assert_status(f, 204, ADMIN, "DELETE", path, NULL);
	assert_status(f, 404, ADMIN, "GET", path, NULL);
}

static const char *with_directory(struct fixture *f, const char *id)
{
	return fixture_path(f,
			    "{\"name\":\"A\",\"kind\":\"phone\",\"apartment_id\":\"%lld\","
			    "\"directory_id\":\"%s\"}",
			    (long long)f->home, id);
}

/* It stands for what its devices may not do: it does not go before them. */
static void a_directory_in_use_stays(void **state)
{
	struct fixture *f = *state;
	const char *id = make(f, own(f, "/directories"), "{\"name\":\"None\",\"entries\":[]}");
	const char *phone = own(f, fixture_path(f, "/devices/%s", phone_make(f, "A"))), *foreign;

	assert_status(f, 201, ROLE_COMPANY_ADMIN, "POST",
		      fixture_path(f, "/sites/%lld/directories", (long long)f->next_door),
		      "{\"name\":\"Next\",\"entries\":[]}");
	foreign = fixture_get(f, "id");
	assert_problem(f, 422, "directory_id", ADMIN, "PUT", phone, with_directory(f, foreign));
	assert_status(f, 200, ADMIN, "PUT", phone, with_directory(f, id));
	assert_string_equal(fixture_get(f, "directory_id"), id);
	assert_status(f, 409, ADMIN, "DELETE", own(f, fixture_path(f, "/directories/%s", id)),
		      NULL);
	assert_status(f, 200, ADMIN, "GET", own(f, fixture_path(f, "/directories/%s", id)), NULL);
	assert_true(says(f, "\"devices\":1"));
	assert_status(f, 204, ADMIN, "DELETE", phone, NULL);
	assert_status(f, 204, ADMIN, "DELETE", own(f, fixture_path(f, "/directories/%s", id)),
		      NULL);
}

static void a_phone_outside_has_a_number_and_no_account(void **state)
{
	static const char *const bad[] = { "33123456789",       "+0123456789", "+12345",
					   "+1234567890123456", "+33 123456",  "" };
	struct fixture *f = *state;
	const char *id = make(f, own(f, "/devices"),
			      "{\"name\":\"Guard\",\"kind\":\"line\",\"line\":\"+33123456789\"}");
	const char *path = own(f, fixture_path(f, "/devices/%s", id));

	assert_string_equal(fixture_get(f, "kind"), "line");
	assert_string_equal(fixture_get(f, "line"), "+33123456789");
	assert_string_equal(fixture_get(f, "status"), "registered");
	assert_status(f, 409, ADMIN, "GET", fixture_path(f, "%s/credentials", path), NULL);
	assert_status(f, 409, ADMIN, "POST", fixture_path(f, "%s/credentials", path), "{}");
	assert_status(f, 200, ADMIN, "PUT", path,
		      "{\"name\":\"Guard\",\"kind\":\"line\",\"line\":\"+4915112345678\"}");
	assert_string_equal(fixture_get(f, "line"), "+4915112345678");
	assert_problem(f, 422, "kind", ADMIN, "PUT", path,
		       fixture_path(f,
				    "{\"name\":\"x\",\"kind\":\"phone\",\"apartment_id\":\"%lld\"}",
				    (long long)f->home));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_problem(f, 422, "line", ADMIN, "POST", own(f, "/devices"),
			       fixture_path(f, "{\"name\":\"x\",\"kind\":\"line\",\"line\":\"%s\"}",
					    bad[i]));
	assert_problem(f, 422, "line", ADMIN, "POST", own(f, "/devices"),
		       "{\"name\":\"x\",\"kind\":\"line\"}");
	assert_problem(f, 422, "line", ADMIN, "POST", own(f, "/devices"),
		       "{\"name\":\"x\",\"kind\":\"intercom\",\"line\":\"+33123456789\"}");
}

static bool kinds_of(struct fixture *f, const char *shape, const char *kinds)
{
	const char *at = strstr(fixture_text(f), fixture_path(f, "\"%s\":{", shape));

	assert_non_null(at);
	at = strstr(at, "\"enum\":");
	assert_non_null(at);
	return strncmp(at, kinds, strlen(kinds)) == 0;
}

/* As on its own page: nothing registers for it, so it is not away. */
static void a_phone_outside_of_a_home_is_shown_there(void **state)
{
	struct fixture *f = *state;

	make(f, own(f, "/devices"),
	     fixture_path(f,
			  "{\"name\":\"Office\",\"kind\":\"line\",\"line\":\"+33123456789\","
			  "\"apartment_id\":\"%lld\"}",
			  (long long)f->home));
	assert_status(f, 200, ROLE_APARTMENT_ADMIN, "GET", own(f, "/homes"), NULL);
	assert_true(says(f, "\"kind\":\"line\",\"online\":true,\"ready\":true"));
	assert_status(f, 200, NOBODY, "GET", "/openapi.json", NULL);
	assert_true(kinds_of(f, "HomeDevice", "\"enum\":[\"intercom\",\"phone\",\"app\",\"line\"]"));
	assert_true(kinds_of(f, "SearchHit", "\"enum\":[\"intercom\",\"phone\",\"app\",\"line\","));
}

static struct view password_of(struct fixture *f)
{
	struct line_row line;
	struct view password;

	assert_int_equal(line_get(f->db, f->own, &f->setup, &line), 0);
	assert_int_equal(secret_open(&f->env.key, line.password_sealed, &f->setup, &password), 0);
	return password;
}

static void a_line_keeps_its_password_to_itself(void **state)
{
	struct fixture *f = *state;
	const char *path = own(f, "/line");

	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_string_equal(fixture_get(f, "host"), "");
	assert_problem(f, 422, "host", ADMIN, "PUT", path, "{\"host\":\"\"}");
	assert_status(f, 403, USER, "PUT", path, "{\"host\":\"sip.example.com\"}");
	assert_status(f, 200, ADMIN, "PUT", path,
		      "{\"host\":\"sip.example.com\",\"username\":\"u1\",\"password\":\"hush\","
		      "\"caller\":\"+33100000000\"}");
	assert_true(says(f, "\"port\":5060,\"transport\":\"udp\"") &&
		    says(f, "\"has_password\":true"));
	assert_false(says(f, "hush"));
	assert_true(view_eq(password_of(f), VIEW("hush")));
	assert_status(f, 200, ADMIN, "PUT", path,
		      "{\"host\":\"SIP.example.com\",\"username\":\"u2\"}");
	assert_true(view_eq(password_of(f), VIEW("hush")));
	/* whoever may change the line cannot read the password off a host of his own */
	assert_status(f, 200, ADMIN, "PUT", path,
		      "{\"host\":\"evil.example.com\",\"username\":\"u2\"}");
	assert_true(says(f, "\"has_password\":false"));
	assert_int_equal(password_of(f).n, 0);
	assert_problem(f, 422, "host", ADMIN, "PUT", path, "{\"host\":\"a b\"}");
	assert_problem(f, 422, "host", ADMIN, "PUT", path, "{\"host\":\"a;x=1\"}");
	assert_problem(f, 422, "username", ADMIN, "PUT", path,
		       "{\"host\":\"a\",\"username\":\"a\\\"b\"}");
	assert_problem(f, 422, "caller", ADMIN, "PUT", path, "{\"host\":\"a\",\"caller\":\"bob\"}");
	assert_problem(f, 422, "port", ADMIN, "PUT", path, "{\"host\":\"a\",\"port\":65536}");
	assert_status(f, 204, ADMIN, "DELETE", path, NULL);
	assert_status(f, 204, ADMIN, "DELETE", path, NULL);
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_string_equal(fixture_get(f, "host"), "");
}

static void quiet_times_are_ones_own(void **state)
{
	struct fixture *f = *state;
	const char *body = "{\"items\":[{\"days\":31,\"from_minute\":1320,\"until_minute\":420}],"
			   "\"missed_mail\":true}";

	assert_status(f, 401, NOBODY, "GET", "/me/quiet", NULL);
	assert_status(f, 200, USER, "GET", "/me/quiet", NULL);
	assert_string_equal(fixture_text(f), "{\"items\":[],\"missed_mail\":false}");
	assert_status(f, 200, USER, "PUT", "/me/quiet", body);
	assert_string_equal(fixture_text(f), body);
	assert_status(f, 200, ADMIN, "GET", "/me/quiet", NULL);
	assert_string_equal(fixture_text(f), "{\"items\":[],\"missed_mail\":false}");
	assert_problem(f, 422, "items[0].days", USER, "PUT", "/me/quiet",
		       "{\"items\":[{\"days\":0,\"from_minute\":0,\"until_minute\":1}],\"missed_"
		       "mail\":false}");
	assert_problem(f, 422, "items[0].until_minute", USER, "PUT", "/me/quiet",
		       "{\"items\":[{\"days\":1,\"from_minute\":0,\"until_minute\":1441}],\"missed_"
		       "mail\":false}");
	assert_status(f, 200, USER, "GET", "/me/quiet", NULL);
	assert_string_equal(fixture_text(f), body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
		TEST(a_phone_directory_lives),
		TEST(a_directory_in_use_stays),
		TEST(a_phone_outside_has_a_number_and_no_account),
		TEST(a_phone_outside_of_a_home_is_shown_there),
		TEST(a_line_keeps_its_password_to_itself),
		TEST(quiet_times_are_ones_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
