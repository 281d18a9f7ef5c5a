/* Contacts and tickets: whom to turn to, and what comes of it. */
#include "fixture.h"

#include "api/reply.h"
#include "store/account.h"
#include "store/device.h"
#include "store/mail.h"
#include "store/support.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define TICKET(subject)                                                                            \
	"{\"subject\":\"" subject "\",\"text\":\"It does\\nnot ring.\",\"contact\":\"+420 777\","  \
	"\"page\":\"/sites/1/devices\",\"with_context\":true}"
#define TEXT(text) "{\"text\":\"" text "\"}"
static const enum role ADMIN = ROLE_SITE_ADMIN, USER = ROLE_SITE_USER;

static const char *own(struct fixture *f, const char *rest)
{
	return fixture_path(f, "/sites/%lld%s", (long long)f->own, rest);
}

static const char *contact(struct fixture *f, int position, const char *name)
{
	return fixture_path(
		f,
		"{\"position\":%d,\"name\":\"%s\",\"role\":\"Caretaker\",\"purpose\":\"Doors\","
		"\"phone\":\"+33 (0)1 23-45\",\"email\":\"\"}",
		position, name);
}

static void contacts_are_shown_in_order(void **state)
{
	struct fixture *f = *state;
	const char *path, *a, *b;

	assert_status(f, 201, ADMIN, "POST", own(f, "/contacts"), contact(f, 2, "Ben"));
	path = own(f, fixture_path(f, "/contacts/%s", fixture_get(f, "id")));
	assert_status(f, 201, ADMIN, "POST", own(f, "/contacts"), contact(f, 1, "Ann"));
	assert_status(f, 200, ROLE_APARTMENT_ADMIN, "GET", own(f, "/contacts"), NULL);
	a = strstr(fixture_text(f), "Ann");
	b = strstr(fixture_text(f), "Ben");
	assert_true(a && b && a < b);
	assert_status(f, 200, ADMIN, "PUT", path, contact(f, 0, "Ben"));
	assert_status(f, 200, USER, "GET", own(f, "/contacts"), NULL);
	assert_true(strstr(fixture_text(f), "Ben") < strstr(fixture_text(f), "Ann"));
	assert_status(f, 403, USER, "PUT", path, contact(f, 0, "Ben"));
	assert_status(f, 204, ADMIN, "DELETE", path, NULL);
	assert_status(f, 404, ADMIN, "GET", path, NULL);
	assert_status(f, 404, ADMIN, "PUT", path, contact(f, 0, "Ben"));
	assert_status(f, 404, ROLE_COMPANY_ADMIN, "GET",
		      fixture_path(f, "/sites/%lld/contacts/2", (long long)f->next_door), NULL);
}

static void a_contact_has_a_phone_and_an_address_that_look_like_it(void **state)
{
	struct fixture *f = *state;
#define WITH(phone, email)                                                                         \
	"{\"position\":0,\"name\":\"A\",\"role\":\"\",\"purpose\":\"\",\"phone\":\"" phone         \
	"\",\"email\":\"" email "\"}"

	assert_status(f, 201, ADMIN, "POST", own(f, "/contacts"), WITH("", "a@example.com"));
	assert_problem(f, 422, "phone", ADMIN, "POST", own(f, "/contacts"),
		       WITH("javascript:x", ""));
	assert_problem(f, 422, "email", ADMIN, "POST", own(f, "/contacts"), WITH("", "nobody"));
}

static void a_site_has_only_so_many_contacts(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < CONTACTS_MAX; i++)
		assert_status(f, 201, ADMIN, "POST", own(f, "/contacts"), contact(f, i, "A"));
	assert_status(f, 409, ADMIN, "POST", own(f, "/contacts"), contact(f, 0, "A"));
	assert_status(f, 200, USER, "GET", own(f, "/contacts"), NULL);
	assert_non_null(strstr(fixture_text(f), "\"next\":null"));
}

static const char *report(struct fixture *f, enum role role, const char *body)
{
	assert_status(f, 201, role, "POST", own(f, "/tickets"), body);
	return own(f, fixture_path(f, "/tickets/%s", fixture_get(f, "id")));
}

/* "template>recipient " of each mail, oldest first. */
static const char *mails(struct fixture *f)
{
	struct column {
		struct view line;
	};
	static const struct db_column columns[] = { DB_COLUMN_TEXT(struct column, line) };
	static const struct db_shape shape = DB_SHAPE(struct column, columns);
	static const struct db_stmt all = {
		"mails", "SELECT template || '>' || recipient AS line FROM mail ORDER BY id", &shape
	};
	struct buf out = BUF_INIT(4096);
	struct column *rows;
	const char *text;
	size_t n;
	const int rc = db_prepare(f->db, &all, 1, NULL);

	assert_true(rc == 0 || rc == -17); /* -EEXIST: prepared before */
	assert_int_equal(db_select(f->db, &all, DB_NO_ARGS, &f->setup, &rows, &n), 0);
	for (size_t i = 0; i < n; i++)
		buf_printf(&out, "%s ", rows[i].line.p);
	text = fixture_path(f, "%s", buf_cstr(&out) ? out.p : "");
	buf_free(&out);
	assert_int_equal(db_script(f->db, "DELETE FROM mail"), 0);
	return text;
}

#define STAFF_NEWS "ticket_news>site_admin_payment@example.com ticket_news>site_admin@example.com "

static void a_ticket_goes_back_and_forth(void **state)
{
	struct fixture *f = *state;
	const char *path = report(f, USER, TICKET("Bell")), *messages;

	assert_string_equal(fixture_get(f, "state"), "open");
	assert_string_equal(mails(f), "ticket_opened>site_user@example.com " STAFF_NEWS);
	messages = fixture_path(f, "%s/messages", path);
	assert_status(f, 201, ADMIN, "POST", messages, TEXT("Which\\nbell?"));
	assert_string_equal(fixture_get(f, "staff"), "true");
	assert_string_equal(mails(f), "ticket_answer>site_user@example.com ");
	assert_status(f, 200, USER, "GET", path, NULL);
	assert_string_equal(fixture_get(f, "state"), "answered");
	assert_non_null(strstr(fixture_text(f), "Which\\nbell?"));
	assert_status(f, 201, USER, "POST", messages, TEXT("Mine"));
	assert_string_equal(mails(f), STAFF_NEWS);
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_string_equal(fixture_get(f, "state"), "open");
	assert_string_equal(fixture_get(f, "own"), "other");
	assert_status(f, 200, ADMIN, "PUT", path, "{\"state\":\"closed\"}");
	assert_string_equal(mails(f), "ticket_closed>site_user@example.com ");
	assert_status(f, 201, USER, "POST", messages, TEXT("Still"));
	assert_status(f, 200, USER, "GET", path, NULL);
	assert_string_equal(fixture_get(f, "state"), "reopened");
	mails(f);
	assert_status(f, 200, USER, "PUT", path, "{\"state\":\"closed\"}");
	assert_string_equal(mails(f), "");
	assert_problem(f, 422, "state", USER, "PUT", path, "{\"state\":\"answered\"}");
}

static void ones_tickets_are_ones_own(void **state)
{
	struct fixture *f = *state;
	const char *path = report(f, USER, TICKET("Bell"));

	report(f, ROLE_APARTMENT_ADMIN, TICKET("Lift"));
	assert_status(f, 200, USER, "GET", own(f, "/tickets"), NULL);
	assert_non_null(strstr(fixture_text(f), "Bell"));
	assert_null(strstr(fixture_text(f), "Lift"));
	assert_status(f, 404, ROLE_APARTMENT_ADMIN, "GET", path, NULL);
	assert_status(f, 404, ROLE_APARTMENT_ADMIN, "PUT", path, "{\"state\":\"closed\"}");
	assert_status(f, 404, ROLE_APARTMENT_ADMIN, "POST", fixture_path(f, "%s/messages", path),
		      TEXT("x"));
	assert_status(f, 403, ROLE_OPERATOR, "GET", path, NULL);
	assert_status(f, 200, ADMIN, "GET", own(f, "/tickets"), NULL);
	assert_non_null(strstr(fixture_text(f), "Bell"));
	assert_non_null(strstr(fixture_text(f), "Lift"));
	assert_status(f, 404, ROLE_COMPANY_ADMIN, "GET",
		      fixture_path(f, "/sites/%lld/tickets/1", (long long)f->next_door), NULL);
}

static void tickets_are_listed_by_state_and_page(void **state)
{
	struct fixture *f = *state;
	const char *path = report(f, USER, TICKET("A")), *next;

	assert_status(f, 200, ADMIN, "PUT", path, "{\"state\":\"closed\"}");
	report(f, USER, TICKET("B"));
	report(f, USER, TICKET("C"));
	assert_status(f, 200, ADMIN, "GET", own(f, "/tickets?state=closed"), NULL);
	assert_non_null(strstr(fixture_text(f), "\"subject\":\"A\""));
	assert_null(strstr(fixture_text(f), "\"subject\":\"B\""));
	assert_status(f, 200, ADMIN, "GET", own(f, "/tickets?limit=2"), NULL);
	assert_true(strstr(fixture_text(f), "\"subject\":\"C\"") <
		    strstr(fixture_text(f), "\"subject\":\"B\""));
	next = fixture_get(f, "next");
	assert_status(f, 200, ADMIN, "GET",
		      own(f, fixture_path(f, "/tickets?limit=2&cursor=%s", next)), NULL);
	assert_non_null(strstr(fixture_text(f), "\"subject\":\"A\""));
	assert_null(strstr(fixture_text(f), "\"subject\":\"B\""));
	assert_problem(f, 400, "state", ADMIN, "GET", own(f, "/tickets?state=lost"), NULL);
	assert_problem(f, 400, "cursor", ADMIN, "GET", own(f, "/tickets?cursor=x"), NULL);
}

/* What is attached is what was shown, without a secret, and only of what one may see. */
static void the_context_is_shown_before_it_is_sent(void **state)
{
	struct fixture *f = *state;
	const char *shown, *path;

	assert_status(f, 201, ROLE_COMPANY_ADMIN, "POST", own(f, "/devices"),
		      "{\"name\":\"Door\",\"kind\":\"intercom\",\"unlock_code\":\"4711*\"}");
	f->ask.agent = VIEW("Fire\"fox\x01\xff");
	assert_status(f, 200, USER, "GET", own(f, "/tickets/context?page=/sites/1/devices"), NULL);
	shown = fixture_get(f, "context");
	assert_string_equal(shown, "{\"version\":\"1.2.3\",\"page\":\"/sites/1/devices\","
				   "\"browser\":\"Fire\\\"fox??\",\"devices\":[{\"name\":\"Door\","
				   "\"kind\":\"intercom\",\"online\":false}]}");
	path = report(f, USER, TICKET("Bell"));
	assert_string_equal(fixture_get(f, "context"), shown);
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_string_equal(fixture_get(f, "context"), shown);
	report(f, ROLE_APARTMENT_ADMIN, TICKET("Bell")); /* sees no devices */
	assert_null(strstr(fixture_get(f, "context"), "Door"));
	report(f, USER, "{\"subject\":\"s\",\"text\":\"t\",\"with_context\":false}");
	assert_string_equal(fixture_get(f, "context"), "{}");
	assert_problem(f, 400, "page", USER, "GET", own(f, "/tickets/context?page=%00"), NULL);
}

/* The address of the newest mail's answer, and what it says. */
static struct view answer_address(struct fixture *f, struct reply_place *ret_place)
{
	struct mail_row *mails;
	const char *at;
	struct view address;
	size_t n;

	assert_int_equal(mail_list(f->db, (struct view){}, INT64_MAX, 1, &f->setup, &mails, &n), 0);
	at = strstr(mails[0].arguments.p, "\"reply_to\":\"");
	assert_non_null(at);
	at += strlen("\"reply_to\":\"");
	address = (struct view){ at, strcspn(at, "\"") };
	assert_int_equal(reply_address_read(&f->env.key, view_str(f->env.ticket_mail), address, ret_place),
			 0);
	return address;
}

static int answer(struct fixture *f, const struct reply_place *place, const char *from,
		  const char *text)
{
	struct request r = { .env = &f->env, .db = f->db, .arena = &f->setup, .now = f->now };

	return reply_take(&r, place, view_str(from), view_str(text));
}

static void an_answer_by_mail_is_of_who_was_told(void **state)
{
	struct fixture *f = *state;
	struct reply_place place, other;
	const char *path = report(f, USER, TICKET("Bell"));
	struct mail_row *mails;
	struct view address;
	char longer[128];
	size_t n;

	assert_int_equal(mail_list(f->db, (struct view){}, INT64_MAX, 1, &f->setup, &mails, &n), 0);
	assert_null(strstr(mails[0].arguments.p, "reply_to")); /* nowhere to answer to */
	f->env.ticket_mail = "tickets@door.example";
	assert_status(f, 201, ADMIN, "POST", fixture_path(f, "%s/messages", path), TEXT("Which?"));
	address = answer_address(f, &place);
	assert_true(place.site_id == f->own && place.person_id == f->person[USER]);
	assert_int_equal(reply_address_read(&f->env.key, VIEW("other@door.example"), address, &other),
			 -ENOENT);
	snprintf(longer, sizeof(longer), "%.*s0@door.example",
		 (int)(strchr(address.p, '@') - address.p), address.p);
	assert_int_equal(reply_address_read(&f->env.key, VIEW("tickets@door.example"),
					    view_str(longer), &other),
			 -ENOENT);
	assert_int_equal(answer(f, &place, "site_user@example.com", "The left one."), 0);
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_non_null(strstr(fixture_text(f), "The left one."));
	assert_string_equal(fixture_get(f, "state"), "open");
	assert_int_equal(answer(f, &place, "eve@example.com", "Mine."), -EACCES);
	other = (struct reply_place){ f->next_door, place.ticket_id, place.person_id };
	assert_int_equal(answer(f, &other, "site_user@example.com", "Elsewhere."), -EACCES);
	other = (struct reply_place){ f->own, place.ticket_id + 99, place.person_id };
	assert_int_equal(answer(f, &other, "site_user@example.com", "Nowhere."), -ENOENT);
	for (int i = 2; i < 100; i++) /* the ticket's text and the answer count */
		assert_int_equal(answer(f, &place, "site_user@example.com", "x"), 0);
	assert_int_equal(answer(f, &place, "site_user@example.com", "x"), -EDQUOT);
	assert_false(reply_base_fits("tickets+x@door.example"));
	assert_false(reply_base_fits("a-very-long-name@door.example"));
	assert_true(reply_base_fits("tickets@door.example") && reply_base_fits(""));
}

static void nobody_floods_the_site(void **state)
{
	struct fixture *f = *state;
	const char *path = NULL;

	for (int i = 0; i < 10; i++)
		path = report(f, USER, TICKET("Bell"));
	assert_status(f, 429, USER, "POST", own(f, "/tickets"), TICKET("Bell"));
	assert_string_equal(fixture_field(f, "Retry-After"), "3600");
	assert_status(f, 200, USER, "PUT", path, "{\"state\":\"closed\"}");
	assert_status(f, 429, USER, "POST", own(f, "/tickets"), TICKET("Bell"));
	f->now += 24 * 3600 * 1000 + 1; /* the next day nine are still open */
	path = report(f, USER, TICKET("Bell"));
	assert_status(f, 429, USER, "POST", own(f, "/tickets"), TICKET("Bell"));
	report(f, ADMIN, TICKET("Bell")); /* others are not held up */
	for (int i = 0; i < 99; i++)
		assert_status(f, 201, USER, "POST", fixture_path(f, "%s/messages", path),
			      TEXT("x"));
	assert_status(f, 429, USER, "POST", fixture_path(f, "%s/messages", path), TEXT("x"));
}

static void a_ticket_is_full_some_day(void **state)
{
	struct fixture *f = *state;
	const char *path = report(f, USER, TICKET("Bell"));

	for (int i = 1; i < TICKET_MESSAGES_MAX; i++) {
		f->now += 3600 * 1000;
		assert_status(f, 201, ADMIN, "POST", fixture_path(f, "%s/messages", path),
			      TEXT("x"));
	}
	f->now += 24 * 3600 * 1000;
	assert_status(f, 409, ADMIN, "POST", fixture_path(f, "%s/messages", path), TEXT("x"));
	assert_status(f, 200, USER, "GET", path, NULL);
}

/* Without admins of its own, a site's news go to its company's. */
static void somebody_is_always_told(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_script(f->db, "DELETE FROM person_role WHERE role LIKE 'site_admin%'"),
			 0);
	report(f, USER, TICKET("Bell"));
	assert_string_equal(mails(f), "ticket_opened>site_user@example.com "
				      "ticket_news>company_admin@example.com ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
		TEST(contacts_are_shown_in_order),
		TEST(a_contact_has_a_phone_and_an_address_that_look_like_it),
		TEST(a_site_has_only_so_many_contacts),
		TEST(a_ticket_goes_back_and_forth),
		TEST(ones_tickets_are_ones_own),
		TEST(tickets_are_listed_by_state_and_page),
		TEST(the_context_is_shown_before_it_is_sent),
		TEST(an_answer_by_mail_is_of_who_was_told),
		TEST(nobody_floods_the_site),
		TEST(a_ticket_is_full_some_day),
		TEST(somebody_is_always_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
