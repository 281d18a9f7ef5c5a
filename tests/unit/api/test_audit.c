/* The trail: every change is told, with what was before and after, and no secret in it. */
#include "fixture.h"

#include "store/audit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SITE(name)                                                                                 \
	"{\"name\":\"" name "\",\"type\":\"residential\",\"zone\":\"UTC\",\"language\":\"en\"}"
static const enum role ADMIN = ROLE_COMPANY_ADMIN;

static const char *own(struct fixture *f, const char *rest)
{
	return fixture_path(f, "/sites/%lld%s", (long long)f->own, rest);
}

/* What the trail of the company says, newest first. */
static size_t trail(struct fixture *f, struct audit_row **ret_rows)
{
	struct audit_filter filter = AUDIT_FILTER_ALL;
	size_t n = 0;

	filter.company_id = f->company;
	assert_int_equal(audit_list(f->db, &filter, AUDIT_NEWEST, 100, &f->setup, ret_rows, &n), 0);
	return n;
}

static void assert_row(const struct audit_row *row, const char *verb, const char *object,
		       const char *label)
{
	assert_string_equal(row->verb.p, verb);
	assert_string_equal(row->object.p, object);
	assert_string_equal(row->label.p, label);
}

static void a_change_is_told_with_before_and_after(void **state)
{
	struct fixture *f = *state;
	struct audit_row *rows;
	const char *path, *id;

	assert_int_equal(addr_parse("192.0.2.9:1", &f->ask.peer), 0);
	assert_status(f, 201, ADMIN, "POST", own(f, "/apartments"),
		      "{\"number\":\"12\",\"name\":\"Novák\"}");
	id = fixture_get(f, "id");
	path = own(f, fixture_path(f, "/apartments/%s", id));
	assert_status(f, 200, ADMIN, "PUT", path, "{\"number\":\"13\"}");
	assert_status(f, 204, ADMIN, "DELETE", path, NULL);
	assert_int_equal(trail(f, &rows), 3);
	assert_row(&rows[2], "create", "apartments", "Novák");
	assert_null(rows[2].before.p);
	assert_non_null(strstr(rows[2].after.p, "\"number\":\"12\""));
	assert_row(&rows[1], "change", "apartments", "Novák");
	assert_non_null(strstr(rows[1].before.p, "\"number\":\"12\""));
	assert_non_null(strstr(rows[1].after.p, "\"number\":\"13\""));
	assert_row(&rows[0], "delete", "apartments", "13");
	assert_non_null(strstr(rows[0].before.p, "\"number\":\"13\""));
	assert_null(rows[0].after.p);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rows[i].object_id, strtoll(id, NULL, 10));
		assert_int_equal(rows[i].site_id, f->own);
		assert_int_equal(rows[i].at, NOW);
		assert_string_equal(rows[i].person_name.p, "company_admin");
		assert_string_equal(rows[i].address.p, "192.0.2.9");
		assert_int_equal(rows[i].denied, 0);
	}
}

static void a_site_is_told_of_from_its_making_to_its_end(void **state)
{
	struct fixture *f = *state;
	struct audit_row *rows;
	const char *id;

	assert_status(f, 201, ADMIN, "POST", "/sites", SITE("New"));
	id = fixture_get(f, "id");
	assert_status(f, 204, ADMIN, "DELETE", fixture_path(f, "/sites/%s", id), NULL);
	assert_int_equal(trail(f, &rows), 2);
	assert_row(&rows[0], "delete", "sites", "New");
	assert_row(&rows[1], "create", "sites", "New");
	assert_int_equal(rows[0].site_id, strtoll(id, NULL, 10));
	assert_int_equal(rows[1].site_id, strtoll(id, NULL, 10));
}

static void what_did_not_happen_is_not_told(void **state)
{
	struct fixture *f = *state;
	struct audit_row *rows;

	assert_status(f, 422, ADMIN, "POST", own(f, "/apartments"), "{}");
	assert_status(f, 404, ADMIN, "DELETE", own(f, "/apartments/999999"), NULL);
	assert_status(f, 409, ADMIN, "PUT", own(f, ""), SITE("Next door"));
	assert_status(f, 200, ADMIN, "GET", own(f, ""), NULL);
	assert_status(f, 204, ADMIN, "DELETE", "/session", NULL);
	assert_int_equal(trail(f, &rows), 0);
}

/* When its row cannot be written, the change is not there either. */
static void without_its_row_a_change_does_not_happen(void **state)
{
	static const struct db_stmt none = { "no_trail", "ALTER TABLE audit RENAME TO gone" };
	struct fixture *f = *state;

	assert_int_equal(db_script(f->db, none.sql), 0);
	assert_status(f, 500, ADMIN, "POST", own(f, "/apartments"), "{\"number\":\"12\"}");
	assert_status(f, 200, ADMIN, "GET", own(f, "/apartments"), NULL);
	assert_null(strstr(fixture_text(f), "\"number\":\"12\""));
}

static void secrets_are_never_in_it(void **state)
{
	struct fixture *f = *state;
	const char *path, *password, *code = "4711*";
	struct audit_row *rows;
	size_t n;

	assert_status(
		f, 201, ADMIN, "POST", own(f, "/devices"),
		fixture_path(f, "{\"name\":\"Door\",\"kind\":\"intercom\",\"unlock_code\":\"%s\"}",
			     code));
	path = own(f, fixture_path(f, "/devices/%s", fixture_get(f, "id")));
	assert_status(f, 200, ADMIN, "POST", fixture_path(f, "%s/credentials", path), "{}");
	password = fixture_get(f, "sip_password");
	assert_status(f, 204, ADMIN, "DELETE", path, NULL);
	n = trail(f, &rows);
	assert_int_equal(n, 3);
	assert_row(&rows[1], "do", "credentials", "");
	for (size_t i = 0; i < n; i++) {
		assert_null(rows[i].before.p ? strstr(rows[i].before.p, code) : NULL);
		assert_null(rows[i].after.p ? strstr(rows[i].after.p, code) : NULL);
		assert_null(rows[i].before.p ? strstr(rows[i].before.p, password) : NULL);
		assert_null(rows[i].after.p ? strstr(rows[i].after.p, password) : NULL);
	}
	assert_null(strstr(rows[2].after.p, "unlock_code"));
	assert_non_null(strstr(rows[1].after.p, "sip_user"));
}

/* A field that sounds like a secret and is not marked as one would end up in the trail. */
static void check_secret_fields(const struct shape *shape)
{
	static const char *const words[] = { "password", "secret", "token", "code", "pin", "totp" };

	for (size_t i = 0; shape && i < shape->nfields; i++) {
		const struct field *field = &shape->fields[i];
		const bool plain = strcmp(field->name, "postal_code") == 0 ||
				   strcmp(field->name, "codec") == 0;
		for (size_t k = 0; k < sizeof(words) / sizeof(words[0]) && !plain; k++)
			if (field->type == FIELD_TEXT && strstr(field->name, words[k]) &&
			    !(field->flags & FIELD_SECRET))
				fail_msg("%s of %s is no FIELD_SECRET", field->name, shape->name);
		check_secret_fields(field->of);
	}
}

static void what_sounds_like_a_secret_is_marked(void **)
{
	for (size_t i = 0; i < routes_n; i++) {
		check_secret_fields(routes[i].body);
		check_secret_fields(routes[i].answer);
	}
}

static void few_changes_are_not_told_of(void **)
{
	static const char *const quiet[] = {
		"DELETE /session",
		"POST /session/verify",
		"POST /session/verify/options",
		"POST /session/verify/passkey",
		"POST /me/passkeys/options",
		"POST /sites/:site/tickets",
		"PUT /app/calls/:call/picture",
		"PUT /app/push",
		"DELETE /app/push",
		"PUT /sites/:site/tickets/:ticket",
		"POST /sites/:site/tickets/:ticket/messages",
	};
	size_t n = 0;

	for (size_t i = 0; i < routes_n; i++) {
		char name[128];
		bool known = false;

		if (!(routes[i].flags & ROUTE_UNRECORDED))
			continue;
		snprintf(name, sizeof(name), "%s %s", routes[i].method, routes[i].path);
		for (size_t k = 0; k < sizeof(quiet) / sizeof(quiet[0]); k++)
			known = known || strcmp(name, quiet[k]) == 0;
		if (!known)
			fail_msg("%s tells nothing: is that right?", name);
		n++;
	}
	assert_int_equal(n, sizeof(quiet) / sizeof(quiet[0]));
}

static void refusals_are_told_but_not_for_ever(void **state)
{
	struct fixture *f = *state;
	struct audit_row *rows;

	for (int i = 0; i < 2 * RECORD_DENIED_MAX; i++)
		assert_status(f, 403, ROLE_SITE_USER, "DELETE", own(f, "/devices/1234567890"),
			      NULL);
	assert_status(f, 403, ROLE_SITE_ADMIN, "POST", "/sites", SITE("New"));
	assert_status(f, 403, ROLE_SITE_ADMIN, "DELETE", own(f, ""), NULL);
	assert_status(f, 403, ROLE_OPERATOR, "GET", own(f, "/devices/1234567890/credentials"),
		      NULL);
	assert_status(f, 403, ROLE_SITE_USER, "GET", own(f, "/calls"), NULL);
	assert_status(f, 404, ROLE_SITE_ADMIN, "DELETE",
		      fixture_path(f, "/sites/%lld", (long long)f->foreign), NULL);
	assert_int_equal(trail(f, &rows), RECORD_DENIED_MAX + 3);
	assert_row(&rows[0], "do", "credentials", "");
	assert_row(&rows[1], "delete", "sites", "");
	assert_row(&rows[2], "create", "sites", "");
	assert_row(&rows[3], "delete", "devices", "");
	assert_int_equal(rows[3].denied, 1);
	assert_int_equal(rows[3].object_id, 1234567890);
	f->now += RECORD_DENIED_MS + 1;
	assert_status(f, 403, ROLE_SITE_USER, "DELETE", own(f, "/devices/1234567890"), NULL);
	assert_int_equal(trail(f, &rows), RECORD_DENIED_MAX + 4);
}

static void apartments_make(struct fixture *f, const char *numbers)
{
	for (; *numbers; numbers++)
		assert_status(f, 201, ADMIN, "POST", own(f, "/apartments"),
			      fixture_path(f, "{\"number\":\"%c\"}", *numbers));
}

static void assert_pages(struct fixture *f, const char *list, const char *labels)
{
	const char *path = list, *next = "";
	char seen[8] = "";

	for (int pages = 0; next; pages++) {
		assert_true(pages < 3);
		assert_status(f, 200, ROLE_SITE_ADMIN, "GET", path, NULL);
		json_t *root = json_loads(fixture_text(f), 0, NULL), *one;
		size_t i;
		json_array_foreach(json_object_get(root, "items"), i, one)
			strncat(seen, json_string_value(json_object_get(one, "label")), 1);
		next = json_string_value(json_object_get(root, "next"));
		if (next)
			path = fixture_path(f, "%s&cursor=%s", list, next);
		json_decref(root);
	}
	assert_string_equal(seen, labels);
}

static void admins_read_it_page_by_page(void **state)
{
	struct fixture *f = *state;

	apartments_make(f, "abcde");
	assert_pages(f, own(f, "/audit?limit=2"), "edcba");
	assert_pages(f, own(f, "/audit?limit=2&order=at"), "abcde");
	assert_status(f, 400, ROLE_SITE_ADMIN, "GET", own(f, "/audit?order=label"), NULL);
	assert_problem(f, 400, "cursor", ROLE_SITE_ADMIN, "GET", own(f, "/audit?cursor=x"), NULL);
}

static void it_is_searched_and_filtered(void **state)
{
	static const struct {
		const char *query;
		unsigned found; /* 1: apartment a, 2: b, 4: c */
	} asked[] = {
		{ "", 7 },
		{ "q=B", 2 },
		{ "q=company_admin", 7 },
		{ "q=nobody", 0 },
		{ "object=apartments", 7 },
		{ "object=devices", 0 },
		{ "person=99", 0 },
		{ "from=1700000000001", 6 },
		{ "to=1700000000002", 3 },
		{ "from=1700000000001&to=1700000000002", 2 },
		{ "format=json", 7 },
	};
	struct fixture *f = *state;

	for (const char *c = "abc"; *c; c++, f->now++)
		apartments_make(f, (char[]){ *c, '\0' });
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		unsigned found = 0;
		assert_status(f, 200, ADMIN, "GET",
			      own(f, fixture_path(f, "/audit?%s", asked[i].query)), NULL);
		for (unsigned k = 0; k < 3; k++)
			if (strstr(fixture_text(f),
				   fixture_path(f, "\"label\":\"%c\"", 'a' + (int)k)))
				found |= 1u << k;
		if (found != asked[i].found)
			fail_msg("%s: %u", asked[i].query, found);
	}
	assert_problem(f, 400, "person", ADMIN, "GET", own(f, "/audit?person=x"), NULL);
	assert_problem(f, 400, "from", ADMIN, "GET", own(f, "/audit?from=-1"), NULL);
	assert_problem(f, 400, "q", ADMIN, "GET", own(f, "/audit?q=%00"), NULL);
	assert_problem(f, 400, "format", ADMIN, "GET", own(f, "/audit?format=xls"), NULL);
}

static void a_companys_trail_is_its_admins(void **state)
{
	struct fixture *f = *state;
	const char *path = fixture_path(f, "/companies/%lld/audit", (long long)f->company);

	apartments_make(f, "a");
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_non_null(strstr(fixture_text(f), "\"label\":\"a\""));
	assert_non_null(strstr(fixture_text(f), "\"site_name\":\"Own\""));
	assert_status(f, 404, ADMIN, "GET",
		      fixture_path(f, "/companies/%lld/audit", (long long)f->company + 1), NULL);
	assert_status(f, 404, ROLE_SITE_ADMIN, "GET", path, NULL);
	assert_status(f, 404, ROLE_SITE_USER, "GET", path, NULL);
	assert_status(f, 403, ROLE_OPERATOR, "GET", path, NULL);
}

static void it_is_taken_away_as_csv(void **state)
{
	struct fixture *f = *state;

	assert_status(f, 201, ADMIN, "POST", own(f, "/apartments"),
		      "{\"number\":\"1\",\"name\":\"=1+1, \\\"x\\\"\"}");
	assert_status(f, 200, ADMIN, "GET", own(f, "/audit?format=csv"), NULL);
	assert_string_equal(fixture_field(f, "Content-Type"), "text/csv; charset=utf-8");
	assert_non_null(strstr(fixture_text(f), "time,site_id,person_id,"));
	assert_non_null(strstr(fixture_text(f), "\r\n2023-11-14T22:13:20Z,"));
	assert_non_null(strstr(fixture_text(f), ",\"'=1+1, \"\"x\"\"\","));
	assert_non_null(strstr(fixture_text(f), "\"{\"\"id\"\":"));
}

/* More rows than one read of the store takes. */
static void a_long_csv_has_every_row_once(void **state)
{
	struct audit_row row = { .at = NOW,
				 .site_id = 0,
				 .company_id = 0,
				 .person_id = 1,
				 .subject_id = DB_INT_NULL,
				 .object_id = 1,
				 .person_name = VIEW("P"),
				 .address = VIEW(""),
				 .verb = VIEW("do"),
				 .object = VIEW("x"),
				 .label = VIEW("") };
	struct fixture *f = *state;
	struct db_tx tx = {};
	size_t lines = 0;

	row.site_id = f->own;
	row.company_id = f->company;
	assert_int_equal(db_begin(f->db, &tx), 0);
	for (int i = 0; i < 1100; i++)
		assert_int_equal(audit_append(f->db, &row), 0);
	assert_int_equal(db_commit(&tx), 0);
	assert_status(f, 200, ADMIN, "GET", own(f, "/audit?format=csv"), NULL);
	for (const char *at = fixture_text(f); (at = strstr(at, "\r\n")); at += 2)
		lines++;
	assert_int_equal(lines, 1101);
}

static void what_fits_into_no_file_is_refused(void **state)
{
	CLEANUP(buf_free) struct buf big = BUF_INIT(RECORD_JSON_MAX);
	struct audit_row row = { .at = NOW,
				 .person_id = 1,
				 .subject_id = DB_INT_NULL,
				 .object_id = 1,
				 .person_name = VIEW("P"),
				 .address = VIEW(""),
				 .verb = VIEW("do"),
				 .object = VIEW("x"),
				 .label = VIEW("") };
	struct fixture *f = *state;
	struct db_tx tx = {};

	while (big.n < RECORD_JSON_MAX)
		buf_chr(&big, 'x');
	row.site_id = f->own;
	row.company_id = f->company;
	row.after = buf_view(&big);
	assert_int_equal(db_begin(f->db, &tx), 0);
	for (int i = 0; i <= ANSWER_BODY_MAX / RECORD_JSON_MAX; i++)
		assert_int_equal(audit_append(f->db, &row), 0);
	assert_int_equal(db_commit(&tx), 0);
	assert_problem(f, 422, "from", ADMIN, "GET", own(f, "/audit?format=csv"), NULL);
	assert_status(f, 200, ADMIN, "GET", own(f, "/audit?format=csv&to=1"), NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
		TEST(a_change_is_told_with_before_and_after),
		TEST(a_site_is_told_of_from_its_making_to_its_end),
		TEST(what_did_not_happen_is_not_told),
		TEST(without_its_row_a_change_does_not_happen),
		TEST(secrets_are_never_in_it),
		cmocka_unit_test(what_sounds_like_a_secret_is_marked),
		cmocka_unit_test(few_changes_are_not_told_of),
		TEST(refusals_are_told_but_not_for_ever),
		TEST(admins_read_it_page_by_page),
		TEST(it_is_searched_and_filtered),
		TEST(a_companys_trail_is_its_admins),
		TEST(it_is_taken_away_as_csv),
		TEST(a_long_csv_has_every_row_once),
		TEST(what_fits_into_no_file_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
