/* Who may have, and who may erase, the data of a person. */
#include "fixture.h"

#include "store/account.h"
#include "store/audit.h"

#include <string.h>

static const enum role ADMIN = ROLE_COMPANY_ADMIN;

static int64_t id_of(struct fixture *f, const char *role)
{
	struct person_row person;

	assert_int_equal(person_by_email(f->db, view_str(fixture_path(f, "%s@example.com", role)),
					 &f->setup, &person),
			 0);
	return person.id;
}

static const char *path_of(struct fixture *f, const char *role, const char *what)
{
	return fixture_path(f, "/sites/%lld/users/%lld/%s", (long long)f->own,
			    (long long)id_of(f, role), what);
}

static void role_give(struct fixture *f, const char *person, const char *role, int64_t company,
		      int64_t site)
{
	const struct role_row row = { view_str(role), company, site, DB_INT_NULL };

	assert_int_equal(role_grant(f->db, NOW, id_of(f, person), &row), 0);
}

static void ones_own_data_is_everybodys(void **state)
{
	struct fixture *f = *state;

	assert_status(f, 200, ROLE_SITE_USER, "GET", "/me/data", NULL);
	assert_non_null(strstr(fixture_text(f), "\"email\":\"site_user@example.com\""));
	assert_non_null(strstr(fixture_text(f), "\"agent\":\"test\""));
	assert_status(f, 401, NOBODY, "GET", "/me/data", NULL);
}

static void an_admin_hands_over_what_is_the_sites(void **state)
{
	struct fixture *f = *state;
	const char *path = path_of(f, "site_user", "data");

	assert_status(f, 200, ROLE_SITE_ADMIN, "GET", path, NULL);
	assert_non_null(
		strstr(fixture_text(f), "\"agent\":\"test\"")); /* all of it is the site's */
	assert_status(f, 403, ROLE_SITE_USER, "GET", path, NULL);
	assert_status(f, 404, ADMIN, "GET",
		      fixture_path(f, "/sites/%lld/users/%lld/data", (long long)f->next_door,
				   (long long)id_of(f, "site_user")),
		      NULL);
	role_give(f, "site_user", "site_user", f->company + 1, f->foreign);
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_null(strstr(fixture_text(f), "\"agent\":\"test\""));
	assert_null(strstr(fixture_text(f), "Foreign"));
	role_give(f, "site_user", "site_user", f->company, f->next_door);
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_non_null(strstr(fixture_text(f), "Next door"));
	assert_status(f, 200, ROLE_SITE_ADMIN, "GET", path, NULL);
	assert_null(strstr(fixture_text(f), "Next door"));
}

static void a_person_is_erased_and_signed_out(void **state)
{
	struct fixture *f = *state;
	const char *path = path_of(f, "site_user", "erase");
	struct audit_filter filter = AUDIT_FILTER_ALL;
	struct audit_row *rows;
	const char *alias;
	size_t n;

	assert_status(f, 200, ROLE_SITE_ADMIN, "GET", path, NULL);
	assert_non_null(strstr(fixture_text(f), "\"roles\":1"));
	assert_non_null(strstr(fixture_text(f), "\"refused\":null"));
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/session", NULL);
	assert_status(f, 200, ROLE_SITE_ADMIN, "POST", path, NULL);
	alias = fixture_get(f, "name");
	assert_status(f, 401, ROLE_SITE_USER, "GET", "/session", NULL);
	filter.company_id = f->company;
	assert_int_equal(audit_list(f->db, &filter, AUDIT_NEWEST, 10, &f->setup, &rows, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].object.p, "erase");
	assert_string_equal(rows[0].label.p, alias);
	assert_null(strstr(rows[0].before.p, "site_user"));
	assert_null(strstr(rows[0].after.p, "site_user"));
	assert_status(f, 404, ROLE_SITE_ADMIN, "POST", path, NULL);
}

static void refused(struct fixture *f, enum role asker, const char *whom, const char *why)
{
	const char *path = path_of(f, whom, "erase");

	assert_status(f, 200, asker, "GET", path, NULL);
	assert_string_equal(fixture_get(f, "refused"), why);
	assert_status(f, 409, asker, "POST", path, NULL);
	assert_true(id_of(f, whom) > 0);
}

static void what_stands_in_the_way_is_told(void **state)
{
	struct fixture *f = *state;

	refused(f, ROLE_SITE_ADMIN, "site_admin", "oneself");
	refused(f, ROLE_SITE_ADMIN, "company_admin", "elsewhere");
	role_give(f, "site_user", "site_user", f->company + 1, f->foreign);
	refused(f, ADMIN, "site_user", "elsewhere");
	role_give(f, "site_admin", "company_admin", f->company, DB_INT_NULL);
	assert_status(f, 200, ADMIN, "POST", path_of(f, "site_admin", "erase"), NULL);
	role_give(f, "site_admin_payment", "operator", DB_INT_NULL, DB_INT_NULL);
	refused(f, ADMIN, "site_admin_payment", "elsewhere");
}

static void the_only_administrator_stays(void **state)
{
	struct fixture *f = *state;

	refused(f, ADMIN, "company_admin", "last_administrator");
	assert_non_null(strstr(fixture_text(f), "only administrator of One"));
	role_give(f, "site_user", "company_admin", f->company, DB_INT_NULL);
	refused(f, ADMIN, "company_admin", "oneself");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
		TEST(ones_own_data_is_everybodys),
		TEST(an_admin_hands_over_what_is_the_sites),
		TEST(a_person_is_erased_and_signed_out),
		TEST(what_stands_in_the_way_is_told),
		TEST(the_only_administrator_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
