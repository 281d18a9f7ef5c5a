/* The outbox, as the operator reads it. */
#include "fixture.h"

#include "store/mail.h"

#include <string.h>

static int64_t queue(struct fixture *f, const char *to)
{
	const struct mail_row mail = { .company_id = DB_INT_NULL,
				       .site_id = DB_INT_NULL,
				       .person_id = DB_INT_NULL,
				       .recipient = view_str(to),
				       .recipient_name = VIEW("Zo\xc3\xab <b>"),
				       .language = VIEW("en"),
				       .template = VIEW("password_reset"),
				       .arguments = VIEW("{\"path\":\"/reset#one-time\"}") };
	DB_TRANSACTION struct db_tx tx = {};
	int64_t id = 0;

	assert_int_equal(db_begin(f->db, &tx), 0);
	assert_int_equal(mail_queue(f->db, NOW, &mail, &id), 0);
	assert_int_equal(db_commit(&tx), 0);
	return id;
}

static void settle(struct fixture *f, const char *state)
{
	const struct mail_outcome outcome = { view_str(state), NOW, VIEW("") };
	struct mail_row mail;

	assert_int_equal(mail_claim(f->db, NOW, NOW + 1000, &f->setup, &mail), 0);
	assert_int_equal(mail_settle(f->db, NOW, &mail, &outcome), 0);
}

static const char *mail_path(struct fixture *f, int64_t id, const char *rest)
{
	return fixture_path(f, "/mails/%lld%s", (long long)id, rest);
}

static void way(void *arg, struct mail_way *ret_way)
{
	*ret_way = *(const struct mail_way *)arg;
}

static void the_outbox_says_whether_mail_goes(void **state)
{
	struct fixture *f = *state;
	struct mail_way smtp = { "smtp://mail.example.com", "Door <door@example.com>", true };

	queue(f, "a@example.com");
	queue(f, "b@example.com");
	settle(f, "kept");
	assert_status(f, 200, ROLE_OPERATOR, "GET", "/mails/outbox", NULL);
	assert_string_equal(fixture_text(f),
			    "{\"smtp\":false,\"server\":null,\"from\":null,\"down\":false,"
			    "\"waiting\":1,\"sent\":0,\"failed\":0,\"kept\":1}");
	f->env.mail_way = way;
	f->env.mail_way_arg = &smtp;
	assert_status(f, 200, ROLE_OPERATOR, "GET", "/mails/outbox", NULL);
	assert_non_null(
		strstr(fixture_text(f), "\"smtp\":true,\"server\":\"smtp://mail.example.com\""));
	assert_non_null(strstr(fixture_text(f), "\"down\":true"));
	smtp = (struct mail_way){};
	assert_status(f, 200, ROLE_OPERATOR, "GET", "/mails/outbox", NULL);
	assert_non_null(strstr(fixture_text(f), "\"smtp\":false"));
}

static void a_mail_is_found_by_its_address(void **state)
{
	struct fixture *f = *state;
	char longest[MAIL_SEARCH_MAX + 2] = "";

	queue(f, "anna@example.com");
	queue(f, "bob@example.com");
	assert_status(f, 200, ROLE_OPERATOR, "GET", "/mails?q=ANNA%40&state=waiting", NULL);
	assert_non_null(strstr(fixture_text(f), "anna@example.com"));
	assert_null(strstr(fixture_text(f), "bob@example.com"));
	assert_problem(f, 400, "state", ROLE_OPERATOR, "GET", "/mails?state=lost", NULL);
	assert_problem(f, 400, "q", ROLE_OPERATOR, "GET", "/mails?q=%ff", NULL);
	memset(longest, 'a', sizeof(longest) - 1);
	assert_problem(f, 400, "q", ROLE_OPERATOR, "GET", fixture_path(f, "/mails?q=%s", longest),
		       NULL);
}

/* What a stranger typed stays text, and the page has neither origin nor scripts. */
static void html_is_for_a_frame(void **state)
{
	struct fixture *f = *state;
	const int64_t kept = queue(f, "a@example.com");
	int64_t sent;

	settle(f, "kept");
	assert_status(f, 200, ROLE_OPERATOR, "GET", mail_path(f, kept, "/html"), NULL);
	assert_string_equal(fixture_field(f, "Content-Type"), "text/html; charset=utf-8");
	assert_true(strncmp(fixture_field(f, "Content-Security-Policy"),
			    "sandbox; default-src 'none';", 28) == 0);
	assert_non_null(strstr(fixture_text(f), "<base target=\"_blank\">"));
	assert_non_null(strstr(fixture_text(f), "/reset#one-time"));
	assert_null(strstr(fixture_text(f), "<b>"));
	assert_status(f, 200, ROLE_OPERATOR, "GET", mail_path(f, kept, ""), NULL);
	assert_null(strstr(fixture_text(f), "<base"));

	sent = queue(f, "a@example.com");
	assert_status(f, 200, ROLE_OPERATOR, "GET", mail_path(f, sent, "/html"), NULL);
	assert_null(strstr(fixture_text(f), "one-time")); /* it is the recipient's alone */
	settle(f, "sent");
	assert_status(f, 404, ROLE_OPERATOR, "GET", mail_path(f, sent, "/html"), NULL);
	assert_status(f, 404, ROLE_OPERATOR, "GET", mail_path(f, sent + 1, "/html"), NULL);
	assert_status(f, 403, ROLE_COMPANY_ADMIN, "GET", mail_path(f, kept, "/html"), NULL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_outbox_says_whether_mail_goes),
		TEST(a_mail_is_found_by_its_address),
		TEST(html_is_for_a_frame),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
