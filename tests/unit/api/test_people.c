/* Users of a site, the people of an apartment, companies and their admins. */
#include "fixture.h"

#include "api/invite.h"
#include "api/limits.h"
#include "store/account.h"
#include "store/change.h"
#include "store/member.h"
#include "store/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const enum role ADMIN = ROLE_COMPANY_ADMIN, NEIGHBOUR = ROLE_APARTMENT_ADMIN;

static const char *own(struct fixture *f, const char *rest)
{
	return fixture_path(f, "/sites/%lld%s", (long long)f->own, rest);
}

static const char *below(struct fixture *f, const char *list, int64_t id)
{
	return own(f, fixture_path(f, "%s/%lld", list, (long long)id));
}

static const char *home(struct fixture *f, int64_t apartment, const char *rest)
{
	return own(f, fixture_path(f, "/apartments/%lld%s", (long long)apartment, rest));
}

static const char *user(struct fixture *f, const char *name, const char *role, const char *email)
{
	return fixture_path(f, "{\"name\":\"%s\",\"role\":\"%s\",\"email\":\"%s\"}", name, role,
			    email);
}

/* Makes a user of `own` and returns the id. */
static int64_t make(struct fixture *f, const char *name, const char *role, const char *email)
{
	assert_status(f, 201, ADMIN, "POST", own(f, "/users"), user(f, name, role, email));
	return strtoll(fixture_get(f, "id"), NULL, 10);
}

static bool says(struct fixture *f, const char *text)
{
	return strstr(fixture_text(f), text);
}

struct mail_seen {
	struct view template;
	struct view recipient;
};
static const struct db_column seen_columns[] = {
	DB_COLUMN_TEXT(struct mail_seen, template),
	DB_COLUMN_TEXT(struct mail_seen, recipient),
};
static const struct db_shape seen_shape = DB_SHAPE(struct mail_seen, seen_columns);
static const struct db_stmt mails = { "test_mails",
				      "SELECT template, recipient FROM mail ORDER BY id",
				      &seen_shape };

/* "template recipient, …" of all that were queued. */
static const char *mails_of(struct fixture *f)
{
	struct buf out = BUF_INIT(4096);
	struct mail_seen *seen;
	const char *text;
	size_t n;

	assert_true(db_prepare(f->db, &mails, 1, NULL) <= 0);
	assert_int_equal(db_select(f->db, &mails, DB_NO_ARGS, &f->setup, &seen, &n), 0);
	for (size_t i = 0; i < n; i++)
		buf_printf(&out, "%s%s %s", i ? ", " : "", seen[i].template.p, seen[i].recipient.p);
	text = fixture_path(f, "%s", out.n ? buf_cstr(&out) : "");
	buf_free(&out);
	return text;
}

static void a_user_lives(void **state)
{
	struct fixture *f = *state;
	const char *path, *list = own(f, "/users");

	assert_status(
		f, 201, ADMIN, "POST", list,
		fixture_path(
			f,
			"{\"name\":\"Bára\",\"role\":\"site_user\",\"email\":\"Bara@Example.com\","
			"\"phone\":\"+420 777\",\"comment\":\"c\",\"apartments\":[\"%lld\"]}",
			(long long)f->home));
	assert_string_equal(fixture_get(f, "email"), "bara@example.com");
	assert_string_equal(fixture_get(f, "status"), "invited");
	assert_string_equal(fixture_get(f, "language"), "en");
	assert_true(says(f, "\"apartments\":[{\"id\":"));
	assert_string_equal(mails_of(f), "invitation bara@example.com");
	path = own(f, fixture_path(f, "/users/%s", fixture_get(f, "id")));
	assert_status(
		f, 200, ADMIN, "PUT", path,
		"{\"name\":\"Barbora\",\"role\":\"site_admin\",\"email\":\"bara@example.com\","
		"\"language\":\"cs\",\"apartments\":[]}");
	assert_string_equal(fixture_get(f, "name"), "Barbora");
	assert_string_equal(fixture_get(f, "role"), "site_admin");
	assert_true(says(f, "\"apartments\":[]"));
	assert_status(f, 200, ADMIN, "GET", own(f, "/users?q=BARB"), NULL);
	assert_true(says(f, "Barbora"));
	assert_status(f, 200, ADMIN, "GET", own(f, "/users?role=site_user"), NULL);
	assert_false(says(f, "Barbora"));
	assert_problem(f, 422, "apartments", ADMIN, "PUT", path,
		       fixture_path(f,
				    "{\"name\":\"Barbora\",\"role\":\"site_admin\","
				    "\"email\":\"bara@example.com\",\"apartments\":[\"%lld\"]}",
				    (long long)f->foreign_home));
	assert_status(f, 204, ADMIN, "POST", fixture_path(f, "%s/invitation", path), NULL);
	assert_status(f, 204, ADMIN, "DELETE", path, NULL);
	assert_status(f, 404, ADMIN, "GET", path, NULL);
	assert_status(f, 404, ADMIN, "POST", fixture_path(f, "%s/invitation", path), NULL);
}

static void assert_status_of(struct fixture *f, const char *path, const char *status)
{
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_string_equal(fixture_get(f, "status"), status);
}

/* Who came by an import was not asked; whose link is over was, and hears so also when it is gone. */
static void an_invitation_goes_once_and_expires(void **state)
{
	struct fixture *f = *state;
	const int64_t id = make(f, "Bea", "site_user", "bea@example.com");
	const char *path = below(f, "/users", id);
	struct change_row *news;
	int64_t oldest, newest;
	size_t n;

	assert_status_of(f, path, "invited");
	f->now += INVITE_MS - 1;
	assert_status_of(f, path, "invited");
	f->now++;
	assert_status_of(f, path, "expired");
	assert_int_equal(token_expire(f->db, f->now), 0);
	assert_status_of(f, path, "expired");
	assert_int_equal(change_range(f->db, &oldest, &newest), 0);
	assert_status(f, 204, ADMIN, "POST", fixture_path(f, "%s/invitation", path), NULL);
	assert_int_equal(change_after_of_site(f->db, f->own, newest, 9, &f->arena, &news, &n), 0);
	assert_true(n > 0 && view_eq(news[n - 1].type, VIEW("person"))); /* pages with the list hear it */
	assert_status_of(f, path, "invited");
	assert_int_equal(db_script(f->db, "UPDATE person SET invited_until = NULL"), 0);
	assert_status_of(f, path, "not_invited");
	assert_status(f, 204, ADMIN, "POST", fixture_path(f, "%s/invitation", path), NULL);
	assert_status_of(f, path, "invited");
	assert_int_equal(db_script(f->db, "UPDATE person SET password = 'hash'"), 0);
	assert_status_of(f, path, "active");
	assert_status(f, 409, ADMIN, "POST", fixture_path(f, "%s/invitation", path), NULL);
}

static void who_does_not_sign_in_needs_no_address(void **state)
{
	struct fixture *f = *state;
	const int64_t id = make(f, "Grandma", "site_user_no_login", "");
	const char *path = below(f, "/users", id);

	assert_string_equal(fixture_get(f, "status"), "no_login");
	assert_true(says(f, "\"email\":null"));
	assert_string_equal(mails_of(f), "");
	assert_problem(f, 422, "email", ADMIN, "PUT", path, user(f, "Grandma", "site_user", ""));
	assert_status(f, 409, ADMIN, "POST", fixture_path(f, "%s/invitation", path), NULL);
	assert_status(f, 200, ADMIN, "PUT", path, user(f, "Grandma", "site_user", "g@example.com"));
	assert_string_equal(fixture_get(f, "status"), "invited");
	assert_string_equal(mails_of(f), "invitation g@example.com");
	assert_status(f, 200, ADMIN, "PUT", path,
		      user(f, "Grandma", "site_user", "g2@example.com"));
	assert_string_equal(mails_of(f), "invitation g@example.com, invitation g2@example.com");
}

/* Whoever types an address learns the name that goes with it, and changes nothing. */
static void an_address_that_is_known_keeps_its_person(void **state)
{
	struct fixture *f = *state;
	struct person_row person;

	assert_status(f, 201, ADMIN, "POST",
		      fixture_path(f, "/sites/%lld/users", (long long)f->next_door),
		      "{\"name\":\"Somebody else\",\"role\":\"site_user\",\"language\":\"fr\","
		      "\"email\":\"SITE_USER@example.com\"}");
	assert_string_equal(fixture_get(f, "name"), "site_user");
	assert_string_equal(fixture_get(f, "language"), "en");
	assert_string_equal(fixture_get(f, "managed"), "other");
	assert_string_equal(mails_of(f), "added_to_place site_user@example.com");
	assert_int_equal(person_get(f->db, f->person[ROLE_SITE_USER], &f->setup, &person), 0);
	assert_string_equal(person.name.p, "site_user");
	assert_problem(f, 409, "email", ADMIN, "POST", own(f, "/users"),
		       user(f, "Again", "site_user", "site_user@example.com"));
	assert_problem(f, 422, "name", ADMIN, "PUT", below(f, "/users", f->person[ROLE_SITE_USER]),
		       user(f, "Renamed", "site_user", "site_user@example.com"));
	assert_problem(f, 422, "email", ADMIN, "PUT", below(f, "/users", f->person[ROLE_SITE_USER]),
		       user(f, "site_user", "site_user", "stolen@example.com"));
	assert_status(f, 200, ADMIN, "PUT", below(f, "/users", f->person[ROLE_SITE_USER]),
		      "{\"name\":\"site_user\",\"email\":\"site_user@example.com\",\"role\":\"site_"
		      "user\","
		      "\"phone\":\"12\"}");
	assert_string_equal(fixture_get(f, "phone"), "12");
	assert_string_equal(mails_of(f), "added_to_place site_user@example.com");
}

static void nobody_grants_or_touches_what_is_above(void **state)
{
	struct fixture *f = *state;
	const char *body = user(f, "New", "site_admin_payment", "new@example.com");
	const int64_t payer = f->person[ROLE_SITE_ADMIN_PAYMENT];

	assert_problem(f, 403, "role", ROLE_SITE_ADMIN, "POST", own(f, "/users"), body);
	assert_status(f, 403, ROLE_SITE_ADMIN, "DELETE", below(f, "/users", payer), NULL);
	assert_status(f, 403, ROLE_SITE_ADMIN, "PUT", below(f, "/users", payer),
		      user(f, "site_admin_payment", "site_user", "site_admin_payment@example.com"));
	assert_problem(f, 403, "role", ROLE_SITE_ADMIN, "PUT",
		       below(f, "/users", f->person[ROLE_SITE_ADMIN]),
		       user(f, "site_admin", "site_admin_payment", "site_admin@example.com"));
	assert_status(f, 403, ROLE_SITE_ADMIN, "POST", own(f, "/users"),
		      user(f, "x", "site_user", "company_admin@example.com"));
	assert_status(f, 404, ADMIN, "GET", below(f, "/users", f->person[ADMIN]), NULL);
	assert_status(f, 201, ADMIN, "POST", own(f, "/users"),
		      user(f, "x", "site_user", "company_admin@example.com"));
	assert_status(f, 403, ROLE_SITE_ADMIN, "DELETE", below(f, "/users", f->person[ADMIN]),
		      NULL);
	assert_status(f, 201, ROLE_SITE_ADMIN_PAYMENT, "POST", own(f, "/users"), body);
	assert_status(f, 204, ADMIN, "DELETE", below(f, "/users", payer), NULL);
	assert_status(f, 401, ROLE_SITE_ADMIN_PAYMENT, "GET", own(f, ""),
		      NULL); /* no place has him */
}

static void lists_refuse_what_they_do_not_know(void **state)
{
	struct fixture *f = *state;
	struct buf long_q = BUF_INIT(4096);

	assert_problem(f, 400, "role", ADMIN, "GET", own(f, "/users?role=operator"), NULL);
	assert_problem(f, 400, "apartment", ADMIN, "GET", own(f, "/users?apartment=x"), NULL);
	assert_problem(f, 400, "q", ADMIN, "GET", own(f, "/users?q=%FF"), NULL);
	assert_problem(f, 400, "order", ADMIN, "GET", own(f, "/users?order=email"), NULL);
	for (int i = 0; i <= MEMBER_QUERY_MAX; i++)
		buf_chr(&long_q, 'q');
	assert_problem(f, 400, "q", ADMIN, "GET",
		       own(f, fixture_path(f, "/users?q=%s", buf_cstr(&long_q))), NULL);
	buf_free(&long_q);
}

static void users_page_one_by_one(void **state)
{
	struct fixture *f = *state;
	const char *path = own(f, "/users?limit=1"), *down = own(f, "/users?limit=1&order=-name");
	char seen[64] = "";

	for (int i = 0; i < 2; i++)
		assert_status(
			f, 201, ADMIN, "POST", home(f, f->home, "/residents"),
			fixture_path(
				f,
				"{\"users\":[{\"name\":\"%c\",\"role\":\"site_user_no_login\"}]}",
				i ? 'A' : 'B'));
	for (int i = 0; i < 10; i++) {
		assert_status(f, 200, ADMIN, "GET", path, NULL);
		strncat(seen, strstr(fixture_text(f), "\"name\":\"") + 8, 1);
		if (says(f, "\"next\":null"))
			break;
		path = own(f, fixture_path(f, "/users?limit=1&cursor=%s", fixture_get(f, "next")));
	}
	assert_string_equal(seen, "AaBsss"); /* apartment_admin, and three of the site */

	seen[0] = '\0';
	for (path = down;;) {
		assert_status(f, 200, ADMIN, "GET", path, NULL);
		strncat(seen, strstr(fixture_text(f), "\"name\":\"") + 8, 1);
		if (says(f, "\"next\":null") || strlen(seen) == 10)
			break;
		path = fixture_path(f, "%s&cursor=%s", down, fixture_get(f, "next"));
	}
	assert_string_equal(seen, "sssBaA");
}

/* ---- apartments ---- */

static void several_move_in_at_once_or_none(void **state)
{
	struct fixture *f = *state;
	const char *list = home(f, f->beside, "/residents");
	const int64_t ann = make(f, "Ann", "site_user", "ann@example.com");
	const char *good = fixture_path(f,
					"{\"people\":[\"%lld\"],\"users\":[{\"name\":\"Kid\","
					"\"role\":\"site_user_no_login\"},"
					"{\"name\":\"Ben\",\"email\":\"ben@example.com\",\"role\":"
					"\"site_user\",\"admin\":true}]}",
					(long long)ann);

	assert_problem(f, 422, "users[1].email", ADMIN, "POST", list,
		       "{\"users\":[{\"name\":\"Kid\",\"role\":\"site_user_no_login\"},"
		       "{\"name\":\"Ben\",\"role\":\"site_user\"}]}");
	assert_problem(
		f, 422, "users[0].admin", ADMIN, "POST", list,
		"{\"users\":[{\"name\":\"Kid\",\"role\":\"site_user_no_login\",\"admin\":true}]}");
	assert_problem(f, 422, "people[0]", ADMIN, "POST", list,
		       fixture_path(f, "{\"people\":[\"%lld\"]}", (long long)f->person[ADMIN]));
	assert_status(f, 200, ADMIN, "GET", list, NULL);
	assert_string_equal(fixture_text(f), "{\"items\":[],\"next\":null}");
	assert_status(f, 201, ADMIN, "POST", list, good);
	assert_true(says(f, "\"name\":\"Ann\"") && says(f, "\"name\":\"Kid\"") &&
		    says(f, "\"name\":\"Ben\""));
	assert_string_equal(mails_of(f), "invitation ann@example.com, invitation ben@example.com, "
					 "apartment_admin ben@example.com");
	assert_status(f, 200, ADMIN, "GET",
		      own(f, fixture_path(f, "/users?apartment=%lld", (long long)f->beside)), NULL);
	assert_true(says(f, "\"admin\":true"));
}

static void the_switch_makes_an_admin_and_says_so_once(void **state)
{
	struct fixture *f = *state;
	const int64_t id = f->person[ROLE_SITE_USER];
	const char *path = home(f, f->beside, fixture_path(f, "/residents/%lld", (long long)id));

	assert_status(f, 200, ADMIN, "PUT", path, "{\"admin\":true}");
	assert_status(f, 200, ADMIN, "PUT", path, "{\"admin\":true}");
	assert_string_equal(mails_of(f), "apartment_admin site_user@example.com");
	assert_status(f, 200, ROLE_SITE_USER, "GET", home(f, f->beside, "/residents"), NULL);
	assert_status(f, 403, ROLE_SITE_USER, "GET", home(f, f->home, "/residents"), NULL);
	assert_status(f, 200, ADMIN, "PUT", path, "{\"admin\":false}");
	assert_status(f, 403, ROLE_SITE_USER, "GET", home(f, f->beside, "/residents"), NULL);
	assert_status(f, 204, ADMIN, "DELETE", path, NULL);
	assert_status(f, 404, ADMIN, "DELETE", path, NULL);
	assert_status(f, 200, ADMIN, "GET", below(f, "/users", id), NULL); /* a user still */
}

/* Whose only role is that of an apartment's admin. */
static void a_neighbour_manages_the_own_home_and_no_other(void **state)
{
	struct fixture *f = *state;
	const char *list = home(f, f->home, "/residents"), *kid;
	const int64_t staff = f->person[ROLE_SITE_ADMIN], other = f->person[ROLE_SITE_USER];

	assert_status(f, 201, NEIGHBOUR, "POST", list,
		      "{\"users\":[{\"name\":\"Kid\",\"role\":\"site_user_no_login\",\"comment\":"
		      "\"loud\"}]}");
	assert_false(says(f, "loud"));
	assert_status(f, 200, ADMIN, "GET", own(f, "/users?q=kid"), NULL);
	assert_true(says(f, "loud"));
	kid = strstr(fixture_text(f), "\"id\":\"") + 6;
	kid = fixture_path(f, "%s/%lld", list, strtoll(kid, NULL, 10));
	assert_status(f, 200, NEIGHBOUR, "PUT", kid, "{\"admin\":false,\"name\":\"Child\"}");
	assert_string_equal(fixture_get(f, "name"), "Child");
	assert_problem(f, 422, "people[0]", NEIGHBOUR, "POST", list,
		       fixture_path(f, "{\"people\":[\"%lld\"]}", (long long)other));
	assert_status(f, 404, NEIGHBOUR, "PUT", fixture_path(f, "%s/%lld", list, (long long)other),
		      "{\"admin\":false}");
	assert_status(f, 404, NEIGHBOUR, "DELETE",
		      fixture_path(f, "%s/%lld", list, (long long)other), NULL);
	assert_status(f, 200, ADMIN, "PUT", fixture_path(f, "%s/%lld", list, (long long)staff),
		      "{\"admin\":false}");
	assert_status(f, 403, NEIGHBOUR, "DELETE",
		      fixture_path(f, "%s/%lld", list, (long long)staff), NULL);
	assert_status(f, 403, NEIGHBOUR, "PUT", fixture_path(f, "%s/%lld", list, (long long)staff),
		      "{\"admin\":true}");
	assert_status(f, 404, NEIGHBOUR, "GET", home(f, f->beside, "/residents"), NULL);
	assert_status(f, 403, NEIGHBOUR, "GET", own(f, "/users"), NULL);
	assert_status(f, 204, NEIGHBOUR, "DELETE", kid, NULL);
	assert_status(f, 200, ADMIN, "GET", own(f, "/users?q=child"), NULL);
	assert_string_equal(fixture_text(f), "{\"items\":[],\"next\":null}");
}

/* Who lives in two homes is changed by staff, and is only sent out of the one. */
static void a_neighbour_keeps_off_who_lives_elsewhere_too(void **state)
{
	struct fixture *f = *state;
	const int64_t id = make(f, "Two", "site_user", "two@example.com");
	const char *at_home = home(f, f->home, fixture_path(f, "/residents/%lld", (long long)id));
	const char *beside = home(f, f->beside, fixture_path(f, "/residents/%lld", (long long)id));

	assert_status(f, 200, ADMIN, "PUT", at_home, "{\"admin\":false}");
	assert_status(f, 200, ADMIN, "PUT", beside, "{\"admin\":false}");
	assert_status(f, 403, NEIGHBOUR, "PUT", at_home, "{\"admin\":false,\"name\":\"Three\"}");
	assert_status(f, 200, NEIGHBOUR, "PUT", at_home, "{\"admin\":true}");
	assert_false(says(f, "beside"));
	assert_status(f, 204, NEIGHBOUR, "DELETE", at_home, NULL);
	assert_status(f, 200, ADMIN, "GET", below(f, "/users", id), NULL);
	assert_true(says(f, "beside") && !says(f, "admin's"));
}

/* ---- homes ---- */

static int64_t phone_make(struct fixture *f, int64_t apartment, const char *kind, const char *name)
{
	assert_status(f, 201, ADMIN, "POST", own(f, "/devices"),
		      fixture_path(f, "{\"name\":\"%s\",\"kind\":\"%s\",\"apartment_id\":\"%lld\"}",
				   name, kind, (long long)apartment));
	return strtoll(fixture_get(f, "id"), NULL, 10);
}

static void one_sees_the_own_home(void **state)
{
	struct fixture *f = *state;
	const int64_t id = f->person[ROLE_SITE_USER];

	phone_make(f, f->home, "phone", "Kitchen");
	assert_status(f, 200, NEIGHBOUR, "GET", own(f, "/homes"), NULL);
	assert_true(says(f, "\"number\":\"admin's\"") && says(f, "\"admin\":true") &&
		    says(f, "\"name\":\"Kitchen\",\"kind\":\"phone\",\"online\":false"));
	assert_status(f, 200, NEIGHBOUR, "GET", home(f, f->home, "/home"), NULL);
	assert_status(f, 404, NEIGHBOUR, "GET", home(f, f->beside, "/home"), NULL);
	assert_status(f, 200, ROLE_SITE_USER, "GET", own(f, "/homes"), NULL);
	assert_string_equal(fixture_text(f), "{\"items\":[],\"next\":null}");
	assert_status(f, 200, ADMIN, "PUT",
		      home(f, f->home, fixture_path(f, "/residents/%lld", (long long)id)),
		      "{\"admin\":false}");
	assert_status(f, 200, ROLE_SITE_USER, "GET", own(f, "/homes"), NULL);
	assert_true(says(f, "\"services\":false,\"admin\":false,\"residents\":[{") &&
		    says(f, "\"name\":\"apartment_admin\",\"admin\":true"));
	assert_false(says(f, "@example.com"));
	assert_status(f, 403, ROLE_SITE_USER, "GET", home(f, f->home, "/home"), NULL);
}

/* What is said before is what happens, and nothing else. */
static void moving_out_says_what_it_takes(void **state)
{
	struct fixture *f = *state;
	const char *path = home(f, f->home, "/move-out");
	const int64_t plain = make(f, "Plain", "site_user", "plain@example.com");
	const int64_t boss = f->person[ROLE_SITE_ADMIN], admin = f->person[NEIGHBOUR];
	const int64_t phone = phone_make(f, f->home, "phone", "Kitchen");
	const int64_t door = phone_make(f, f->home, "intercom", "Own door");
	const int64_t other = phone_make(f, f->beside, "phone", "Beside");

	assert_status(f, 201, ADMIN, "POST", home(f, f->home, "/residents"),
		      fixture_path(f, "{\"people\":[\"%lld\",\"%lld\"]}", (long long)plain,
				   (long long)boss));
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_true(says(f, "\"name\":\"Plain\",\"email\":\"plain@example.com\","
			    "\"role\":\"site_user\",\"phone\":\"\",\"language\":\"en\","
			    "\"comment\":\"\",\"admin\":false,\"leaves_site\":true,"
			    "\"account_ends\":true"));
	assert_true(says(f, "\"role\":null,\"phone\":\"\",\"language\":\"en\",\"comment\":\"\","
			    "\"admin\":true,\"leaves_site\":true"));
	assert_true(says(f, "\"role\":\"site_admin\",\"phone\":\"\",\"language\":\"en\","
			    "\"comment\":\"\",\"admin\":false,\"leaves_site\":false"));
	assert_true(says(f, "\"kind\":\"phone\",\"removed\":true") &&
		    says(f, "\"kind\":\"intercom\",\"removed\":false"));
	assert_problem(f, 422, "people[1]", ADMIN, "POST", path,
		       fixture_path(f, "{\"people\":[\"%lld\",\"1999999999\"],\"devices\":[]}",
				    (long long)plain));
	assert_problem(f, 422, "devices[0]", ADMIN, "POST", path,
		       fixture_path(f, "{\"people\":[\"%lld\"],\"devices\":[\"%lld\"]}",
				    (long long)plain, (long long)other));
	assert_status(f, 422, ADMIN, "POST", path,
		      fixture_path(f, "{\"people\":[\"%lld\",\"%lld\"],\"devices\":[]}",
				   (long long)plain, (long long)plain));
	assert_status(f, 200, ADMIN, "GET", below(f, "/users", plain), NULL); /* nothing of it */
	assert_status(
		f, 200, ADMIN, "POST", path,
		fixture_path(f, "{\"people\":[\"%lld\",\"%lld\",\"%lld\"],\"devices\":[\"%lld\"]}",
			     (long long)plain, (long long)boss, (long long)admin,
			     (long long)phone));
	assert_true(says(f, "Plain") && says(f, "Kitchen") && !says(f, "Own door"));
	assert_status(f, 404, ADMIN, "GET", below(f, "/users", plain), NULL);
	assert_status(f, 200, ADMIN, "GET", below(f, "/users", boss), NULL);
	assert_true(says(f, "\"apartments\":[]"));
	assert_status(f, 401, NEIGHBOUR, "GET", "/session", NULL);
	assert_status(f, 404, ADMIN, "GET", below(f, "/devices", phone), NULL);
	assert_status(f, 200, ADMIN, "GET", below(f, "/devices", door), NULL);
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_true(says(f, "\"people\":[]"));
}

static void a_site_admin_moves_no_company_admin_out_of_the_site(void **state)
{
	struct fixture *f = *state;
	const char *path = home(f, f->home, "/move-out"), *body;

	assert_status(f, 201, ADMIN, "POST", home(f, f->home, "/residents"),
		      "{\"users\":[{\"name\":\"x\",\"role\":\"site_user\","
		      "\"email\":\"company_admin@example.com\"}]}");
	body = fixture_path(f, "{\"people\":[\"%lld\"],\"devices\":[]}",
			    (long long)f->person[ADMIN]);
	assert_status(f, 403, ROLE_SITE_ADMIN, "POST", path, body);
	assert_status(f, 200, ADMIN, "POST", path, body);
}

/* Nobody's mailbox is filled by pressing a button, and no account mails the whole world. */
static void invitations_are_counted_for_both_ends(void **state)
{
	struct fixture *f = *state;
	const int64_t id = make(f, "Ivy", "site_user", "ivy@example.com");
	const char *again = below(f, "/users", id);
	char wait[16];

	again = fixture_path(f, "%s/invitation", again);
	for (int i = 1; i < LIMITS_INVITED_TRIES; i++)
		assert_status(f, 204, ADMIN, "POST", again, NULL);
	assert_status(f, 429, ADMIN, "POST", again, NULL);
	snprintf(wait, sizeof(wait), "%d", LIMITS_INVITED_REFILL_MS / 1000);
	assert_string_equal(fixture_field(f, "Retry-After"), wait);
	assert_status(f, 429, ROLE_SITE_ADMIN, "POST", again, NULL); /* whoever asks */
	assert_status(f, 429, ADMIN, "POST",
		      fixture_path(f, "/companies/%lld/admins", (long long)f->company),
		      "{\"name\":\"Ivy\",\"email\":\"ivy@example.com\"}");
	for (int i = LIMITS_INVITED_TRIES; i < LIMITS_SENDER_TRIES; i++)
		make(f, "Jo", "site_user", fixture_path(f, "jo%d@example.com", i));
	assert_status(f, 429, ADMIN, "POST", own(f, "/users"),
		      user(f, "Kim", "site_user", "kim@example.com"));
	assert_status(f, 201, ROLE_SITE_ADMIN, "POST", own(f, "/users"),
		      user(f, "Kim", "site_user", "kim@example.com"));
	assert_status(f, 201, ADMIN, "POST", own(f, "/users"), /* who gets no mail counts nowhere */
		      "{\"name\":\"Lee\",\"role\":\"site_user_no_login\"}");
}

/* Whatever route takes an address holds it to what the outbox takes later. */
static void no_door_takes_an_address_that_mail_would_refuse(void **state)
{
	static const char *const bad[] = {
		"nobody",
		"a@b@c",
		"a..b@example.com",
		".a@example.com",
		"a@example.com.",
		"a@-example.com",
		"a@exa_mple.com",
		"a@[127.0.0.1]",
		"\\\"a\\\"@example.com",
		"a<b@example.com",
		"\xc3\xa9ve@example.com",
		"eve@ex\xc3\xa4mple.com",
		"a b@example.com",
	};
	struct fixture *f = *state;
	const char *admins = fixture_path(f, "/companies/%lld/admins", (long long)f->company);
	const struct {
		enum role role;
		const char *path, *body, *field;
	} doors[] = {
		{ NOBODY, "/registration",
		  "{\"name\":\"E\",\"company\":\"E\",\"language\":\"en\",\"consent\":true,"
		  "\"captcha\":\"x\",\"email\":\"%s\"}" },
		{ NOBODY, "/password/forgotten", "{\"email\":\"%s\",\"captcha\":\"x\"}" },
		{ NOBODY, "/setup",
		  "{\"token\":\"x\",\"password\":\"correct horse battery\",\"name\":\"E\","
		  "\"email\":\"%s\"}" },
		{ ROLE_SITE_USER, "/me/email", "{\"email\":\"%s\"}" },
		{ ADMIN, admins, "{\"name\":\"E\",\"email\":\"%s\"}" },
		{ ADMIN, own(f, "/users"),
		  "{\"name\":\"E\",\"role\":\"site_user\",\"email\":\"%s\"}" },
		{ ADMIN, home(f, f->home, "/residents"),
		  "{\"people\":[],\"users\":[{\"name\":\"E\",\"role\":\"site_user\",\"email\":\"%"
		  "s\"}]}",
		  "users[0].email" },
		{ ADMIN, own(f, "/contacts"),
		  "{\"position\":1,\"name\":\"E\",\"role\":\"\",\"purpose\":\"\",\"phone\":\"\","
		  "\"email\":\"%s\"}" },
	};

	for (size_t i = 0; i < sizeof(doors) / sizeof(doors[0]); i++)
		for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
			struct buf body = BUF_INIT(4096);
			const char *at = strstr(doors[i].body, "%s");

			buf_add(&body,
				(struct view){ doors[i].body, (size_t)(at - doors[i].body) });
			buf_str(&body, bad[k]);
			buf_str(&body, at + 2);
			assert_problem(f, 422, doors[i].field ? doors[i].field : "email",
				       doors[i].role, "POST", doors[i].path, buf_cstr(&body));
			buf_free(&body);
		}
	assert_string_equal(mails_of(f), "");
}

/* ---- companies ---- */

static void a_company_keeps_its_last_admin(void **state)
{
	struct fixture *f = *state;
	const char *path = fixture_path(f, "/companies/%lld", (long long)f->company), *second;
	const char *admins = fixture_path(f, "%s/admins", path);
	const char *first = fixture_path(f, "%s/%lld", admins, (long long)f->person[ADMIN]);

	assert_status(f, 200, ADMIN, "PUT", path, "{\"name\":\"Renamed\"}");
	assert_status(f, 200, ADMIN, "GET", "/companies", NULL);
	assert_true(says(f, "\"name\":\"Renamed\",\"sites\":2") && !says(f, "Two"));
	assert_status(f, 200, ROLE_SITE_USER, "GET", "/companies", NULL);
	assert_string_equal(fixture_text(f), "{\"items\":[],\"next\":null}");
	assert_status(f, 200, ROLE_OPERATOR, "GET", "/companies", NULL);
	assert_true(says(f, "Two"));
	assert_status(f, 409, ADMIN, "DELETE", first, NULL);
	assert_status(f, 201, ADMIN, "POST", admins,
		      "{\"name\":\"Eve\",\"email\":\"eve@example.com\"}");
	assert_string_equal(mails_of(f), "invitation eve@example.com");
	second = fixture_path(f, "%s/%s", admins, fixture_get(f, "id"));
	assert_problem(f, 409, "email", ADMIN, "POST", admins,
		       "{\"name\":\"Eve\",\"email\":\"EVE@example.com\"}");
	assert_status(f, 204, ADMIN, "DELETE", second, NULL);
	assert_status(f, 404, ADMIN, "DELETE", second, NULL);
	assert_status(f, 409, ADMIN, "DELETE", first, NULL);
	assert_status(f, 404, ADMIN, "GET",
		      fixture_path(f, "/companies/%lld/admins", (long long)f->foreign_company),
		      NULL);
	assert_status(f, 404, ROLE_OPERATOR, "GET", "/companies/1999999999", NULL);
}

static void one_person_has_several_companies(void **state)
{
	struct fixture *f = *state;
	const char *id;

	assert_status(f, 403, ROLE_SITE_ADMIN, "POST", "/companies", "{\"name\":\"Mine\"}");
	assert_status(f, 201, ADMIN, "POST", "/companies", "{\"name\":\"Another\"}");
	id = fixture_get(f, "id");
	assert_status(f, 200, ADMIN, "GET", "/companies", NULL);
	assert_true(says(f, "Another") && says(f, "One"));
	assert_status(f, 200, ADMIN, "GET", fixture_path(f, "/companies/%s/admins", id), NULL);
	assert_true(says(f, "company_admin@example.com"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
		TEST(a_user_lives),
		TEST(an_invitation_goes_once_and_expires),
		TEST(who_does_not_sign_in_needs_no_address),
		TEST(an_address_that_is_known_keeps_its_person),
		TEST(nobody_grants_or_touches_what_is_above),
		TEST(lists_refuse_what_they_do_not_know),
		TEST(users_page_one_by_one),
		TEST(several_move_in_at_once_or_none),
		TEST(the_switch_makes_an_admin_and_says_so_once),
		TEST(a_neighbour_manages_the_own_home_and_no_other),
		TEST(a_neighbour_keeps_off_who_lives_elsewhere_too),
		TEST(one_sees_the_own_home),
		TEST(moving_out_says_what_it_takes),
		TEST(a_site_admin_moves_no_company_admin_out_of_the_site),
		TEST(invitations_are_counted_for_both_ends),
		TEST(no_door_takes_an_address_that_mail_would_refuse),
		TEST(a_company_keeps_its_last_admin),
		TEST(one_person_has_several_companies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
