#include "api/rights.h"
#include "../test.h"

enum { COMPANY = 7, SITE = 70, OTHER_SITE = 71, FOREIGN_COMPANY = 8, FOREIGN_SITE = 80, HOME = 700 };

static const struct place here = { COMPANY, SITE };
static const struct place at_home = { COMPANY, SITE, HOME };
static const struct place neighbours = { COMPANY, SITE, HOME + 1 };
static const struct place next_door = { COMPANY, OTHER_SITE };
static const struct place foreign = { FOREIGN_COMPANY, FOREIGN_SITE };
static const struct place company = { COMPANY, 0 };

static struct grant grant_of(enum role role)
{
	return (struct grant){ role, role == ROLE_OPERATOR ? INT64_MIN : COMPANY,
			       role <= ROLE_COMPANY_ADMIN ? INT64_MIN : SITE,
			       role == ROLE_APARTMENT_ADMIN ? HOME : INT64_MIN };
}

/* Every role × right × place: inside its scope a role has what the table says, outside nothing. */
static void a_role_ends_with_its_scope(void **)
{
	for (enum role role = 0; role < ROLES; role++)
		for (enum right right = RIGHT_SITE_CREATE; right < RIGHTS; right++) {
			const struct grant g = grant_of(role);
			const enum verdict in = role_has(role, right) ? VERDICT_YES : VERDICT_NO;
			const bool all = role == ROLE_OPERATOR, of_company = role == ROLE_COMPANY_ADMIN;
			assert_int_equal(rights_judge(&g, 1, right, here), in);
			assert_int_equal(rights_judge(&g, 1, right, at_home), in);
			assert_int_equal(rights_judge(&g, 1, right, neighbours),
					 role == ROLE_APARTMENT_ADMIN ? VERDICT_UNSEEN : in);
			assert_int_equal(rights_judge(&g, 1, right, next_door),
					 all || of_company ? in : VERDICT_UNSEEN);
			assert_int_equal(rights_judge(&g, 1, right, foreign),
					 all ? in : VERDICT_UNSEEN);
			assert_int_equal(rights_judge(&g, 1, right, company),
					 all || of_company ? in : VERDICT_UNSEEN);
		}
}

static void grants_add_up(void **)
{
	const struct grant two[] = { { ROLE_SITE_USER, COMPANY, SITE },
				     { ROLE_SITE_ADMIN, COMPANY, OTHER_SITE } };

	assert_int_equal(rights_judge(two, 2, RIGHT_DEVICE_EDIT, here), VERDICT_NO);
	assert_int_equal(rights_judge(two, 2, RIGHT_DEVICE_EDIT, next_door), VERDICT_YES);
	assert_int_equal(rights_judge(two, 2, RIGHT_DEVICE_READ, here), VERDICT_YES);
	assert_int_equal(rights_judge(two, 2, RIGHT_DEVICE_READ, foreign), VERDICT_UNSEEN);
	assert_int_equal(rights_judge(two, 0, RIGHT_DEVICE_READ, here), VERDICT_UNSEEN);
}

/* Requirement B4: each of these includes the next. */
static void roles_of_a_site_include_each_other(void **)
{
	for (enum role role = ROLE_COMPANY_ADMIN; role < ROLE_SITE_USER; role++)
		for (enum right right = 0; right < RIGHTS; right++)
			assert_true(role_has(role, right) || !role_has(role + 1, right));
}

static void roles_that_are_none_have_nothing(void **)
{
	const struct grant g = { ROLE_NONE, COMPANY, SITE };

	assert_int_equal(role_from_text(VIEW("site_user_no_login")), ROLE_NONE);
	assert_int_equal(role_from_text(VIEW("site_admin")), ROLE_SITE_ADMIN);
	assert_string_equal(role_text(ROLE_OPERATOR), "operator");
	for (enum right right = 0; right < RIGHTS; right++)
		assert_int_equal(rights_judge(&g, 1, right, here), VERDICT_UNSEEN);
	for (enum role role = 0; role < ROLES; role++)
		assert_false(role_has(role, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_role_ends_with_its_scope),
		cmocka_unit_test(grants_add_up),
		cmocka_unit_test(roles_of_a_site_include_each_other),
		cmocka_unit_test(roles_that_are_none_have_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
