/* A site's details, its type and what that asks of devices; apartments. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

static const enum role ADMIN = ROLE_COMPANY_ADMIN;
#define REST "\"zone\":\"UTC\",\"language\":\"en\""

static const char *own(struct fixture *f, const char *rest)
{
	return fixture_path(f, "/sites/%lld%s", (long long)f->own, rest);
}

static bool says(struct fixture *f, const char *text)
{
	return strstr(fixture_text(f), text);
}

static const char *phone(struct fixture *f, const char *name, int64_t apartment)
{
	return fixture_path(f, "{\"name\":\"%s\",\"kind\":\"phone\",\"apartment_id\":\"%lld\"}",
			    name, (long long)apartment);
}

static int64_t phone_make(struct fixture *f, const char *name, int64_t apartment)
{
	assert_status(f, 201, ADMIN, "POST", own(f, "/devices"), phone(f, name, apartment));
	return strtoll(fixture_get(f, "id"), NULL, 10);
}

static void a_site_says_where_and_what_it_is(void **state)
{
	struct fixture *f = *state;

	assert_status(f, 201, ADMIN, "POST", "/sites",
		      "{\"name\":\"Tower\",\"type\":\"commercial\",\"subtype\":\"office\"," REST
		      ",\"country\":\"CZ\",\"region\":\"Praha\",\"postal_code\":\"110 00\"}");
	assert_true(says(f, "\"subtype\":\"office\"") && says(f, "\"country\":\"CZ\"") &&
		    says(f, "\"region\":\"Praha\"") && says(f, "\"postal_code\":\"110 00\""));
	assert_problem(f, 422, "subtype", ADMIN, "POST", "/sites",
		       "{\"name\":\"a\",\"type\":\"residential\",\"subtype\":\"office\"," REST "}");
	assert_problem(f, 422, "subtype", ADMIN, "POST", "/sites",
		       "{\"name\":\"a\",\"type\":\"commercial\",\"subtype\":\"family_house\"," REST
		       "}");
	assert_problem(f, 422, "country", ADMIN, "POST", "/sites",
		       "{\"name\":\"a\",\"type\":\"commercial\",\"country\":\"cz\"," REST "}");
	assert_status(f, 201, ADMIN, "POST", "/sites",
		      "{\"name\":\"a\",\"type\":\"residential\",\"subtype\":\"other\"," REST "}");
}

static void a_site_is_made_in_the_company_that_was_named(void **state)
{
	struct fixture *f = *state;
	const char *body =
		"{\"name\":\"Own\",\"type\":\"residential\",\"company_id\":\"%s\"," REST "}";
	const char *id;

	assert_status(f, 201, ADMIN, "POST", "/companies", "{\"name\":\"Second\"}");
	id = fixture_get(f, "id");
	assert_problem(
		f, 422, "company_id", ADMIN, "POST", "/sites",
		"{\"name\":\"x\",\"type\":\"residential\",\"company_id\":\"1999999999\"," REST "}");
	assert_status(f, 201, ADMIN, "POST", "/sites", fixture_path(f, body, id));
	assert_string_equal(fixture_get(f, "company_id"), id);
	assert_problem(f, 422, "company_id", ADMIN, "PUT", own(f, ""), fixture_path(f, body, id));
}

/* Four phones and apps in an apartment; none without one. */
static void an_apartment_has_four_responders(void **state)
{
	struct fixture *f = *state;
	int64_t id = 0;

	assert_problem(f, 422, "apartment_id", ADMIN, "POST", own(f, "/devices"),
		       "{\"name\":\"Stray\",\"kind\":\"phone\"}");
	for (char name[] = "1"; name[0] <= '4'; name[0]++)
		id = phone_make(f, name, f->home);
	assert_problem(f, 422, "apartment_id", ADMIN, "POST", own(f, "/devices"),
		       phone(f, "Fifth", f->home));
	assert_status(f, 200, ADMIN, "GET", own(f, "/devices"), NULL);
	assert_false(says(f, "Fifth") || says(f, "Stray"));
	assert_status(f, 200, ADMIN, "PUT", own(f, fixture_path(f, "/devices/%lld", (long long)id)),
		      phone(f, "Renamed", f->home));
	id = phone_make(f, "Beside", f->beside);
	assert_problem(f, 422, "apartment_id", ADMIN, "PUT",
		       own(f, fixture_path(f, "/devices/%lld", (long long)id)),
		       phone(f, "Beside", f->home));
	assert_problem(f, 422, "apartment_id", ADMIN, "PUT",
		       own(f, fixture_path(f, "/devices/%lld", (long long)id)),
		       "{\"name\":\"Beside\",\"kind\":\"phone\"}");
	assert_status(
		f, 201, ADMIN, "POST", own(f, "/devices"),
		fixture_path(f,
			     "{\"name\":\"Door\",\"kind\":\"intercom\",\"apartment_id\":\"%lld\"}",
			     (long long)f->home));
}

/* To commercial and back: what it says, what it does, what hinders it. */
static void a_type_changes_once_nothing_hinders_it(void **state)
{
	struct fixture *f = *state;
	const char *ask = own(f, "/type-change?type="), *put = own(f, "/type-change");
	char name[] = "1";

	assert_problem(f, 400, "type", ADMIN, "GET", fixture_path(f, "%sship", ask), NULL);
	assert_problem(f, 400, "type", ADMIN, "GET", put, NULL);
	assert_status(f, 200, ADMIN, "GET", fixture_path(f, "%sresidential", ask), NULL);
	assert_string_equal(fixture_text(f),
			    "{\"type\":\"residential\",\"allowed\":false,\"changes\":[],"
			    "\"obstacles\":[]}");
	assert_status(f, 200, ADMIN, "PUT",
		      own(f, fixture_path(f, "/apartments/%lld", (long long)f->home)),
		      "{\"number\":\"1\",\"services\":true}");
	assert_status(f, 200, ADMIN, "GET", fixture_path(f, "%scommercial", ask), NULL);
	assert_string_equal(fixture_text(f),
			    "{\"type\":\"commercial\",\"allowed\":true,\"changes\":["
			    "{\"code\":\"charged_by_device\",\"count\":0},"
			    "{\"code\":\"apartment_admins_end\",\"count\":1},"
			    "{\"code\":\"services_end\",\"count\":1}],\"obstacles\":[]}");
	assert_status(f, 200, ADMIN, "PUT", put, "{\"type\":\"commercial\"}");
	assert_string_equal(fixture_get(f, "type"), "commercial");
	assert_status(f, 404, ROLE_APARTMENT_ADMIN, "GET", own(f, ""), NULL);
	assert_status(f, 200, ADMIN, "GET",
		      own(f, fixture_path(f, "/apartments/%lld", (long long)f->home)), NULL);
	assert_true(says(f, "\"services\":false") && says(f, "\"residents\":1"));
	assert_status(f, 201, ADMIN, "POST", own(f, "/devices"),
		      "{\"name\":\"Stray\",\"kind\":\"phone\"}");
	for (; name[0] <= '5'; name[0]++)
		phone_make(f, name, f->home);
	assert_status(f, 200, ADMIN, "GET", fixture_path(f, "%sresidential", ask), NULL);
	assert_string_equal(fixture_text(f),
			    "{\"type\":\"residential\",\"allowed\":false,\"changes\":["
			    "{\"code\":\"charged_by_apartment\",\"count\":6}],\"obstacles\":["
			    "{\"code\":\"responders_without_apartment\",\"count\":1},"
			    "{\"code\":\"apartments_with_too_many\",\"count\":1}]}");
	assert_problem(f, 409, "type", ADMIN, "PUT", put, "{\"type\":\"residential\"}");
	assert_status(f, 200, ADMIN, "GET", own(f, ""), NULL);
	assert_string_equal(fixture_get(f, "type"), "commercial");
	assert_problem(f, 422, "admin", ADMIN, "PUT",
		       own(f, fixture_path(f, "/apartments/%lld/residents/%lld", (long long)f->home,
					   (long long)f->person[ROLE_SITE_USER])),
		       "{\"admin\":true}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
		TEST(a_site_says_where_and_what_it_is),
		TEST(a_site_is_made_in_the_company_that_was_named),
		TEST(an_apartment_has_four_responders),
		TEST(a_type_changes_once_nothing_hinders_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
