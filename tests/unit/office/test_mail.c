/* What becomes of a mail after each try, on a clock of the test's own; and the whole message. */
#include "office/mail_priv.h"
#include "../test.h"

#include <errno.h>
#include <string.h>

#define NOW INT64_C(1700000000000)

static struct mail_row fresh(void)
{
	return (struct mail_row){ .id = 7, .recipient = VIEW("anna@example.org"),
				  .recipient_name = VIEW("Anna"), .language = VIEW("fr"),
				  .template = VIEW("password_reset"), .arguments = VIEW("{\"path\":\"/r#1\"}"),
				  .created_at = NOW, .requeued_at = DB_INT_NULL, .done_at = DB_INT_NULL };
}

/* Tries at each due time until the mail is given up; returns how long that took. */
static int64_t until_given_up(struct mail_row *m, struct clock_virtual *clock, enum smtp_fate fate)
{
	struct mail_outcome o;

	do {
		const int64_t now_ms = clock_wall_ms(&clock->clock);

		m->tries++;
		o = mail_judge(m, fate, "451 later", now_ms);
		assert_string_equal(o.error.p, "451 later");
		if (view_eq(o.state, VIEW("waiting"))) {
			assert_true(o.due_at > now_ms);
			clock_virtual_advance(clock, (o.due_at - now_ms) * 1000);
		}
	} while (view_eq(o.state, VIEW("waiting")));
	assert_true(view_eq(o.state, VIEW("failed")));
	return clock_wall_ms(&clock->clock) - NOW;
}

static void pauses_grow_to_four_hours(void **)
{
	static const int64_t want_s[] = { 5, 5, 30, 120, 600, 1800, 3600, 7200, 14400, 14400 };

	for (int64_t tries = 0; tries < 10; tries++)
		assert_int_equal(mail_pause_ms(tries), want_s[tries] * 1000);
	assert_int_equal(mail_pause_ms(INT64_MAX), 14400 * 1000);
}

static void a_mail_is_given_up_after_three_days(void **)
{
	struct mail_row m = fresh();
	struct clock_virtual clock;
	int64_t took;

	clock_virtual_init(&clock, NOW);
	took = until_given_up(&m, &clock, SMTP_LATER);
	assert_in_range(took, MAIL_AGE_MAX_MS - 14400 * 1000, MAIL_AGE_MAX_MS);
	assert_in_range(m.tries, 20, MAIL_TRIES_MAX);
	m = fresh();
	m.requeued_at = NOW + INT64_C(10) * MAIL_AGE_MAX_MS; /* its age begins anew */
	assert_true(view_eq(mail_judge(&m, SMTP_DOWN, "", m.requeued_at).state, VIEW("waiting")));
	m.requeued_at = DB_INT_NULL;
	assert_true(view_eq(mail_judge(&m, SMTP_DOWN, "", NOW + MAIL_AGE_MAX_MS).state, VIEW("failed")));
	m.tries = MAIL_TRIES_MAX;
	assert_true(view_eq(mail_judge(&m, SMTP_DOWN, "", NOW).state, VIEW("failed")));
}

static void what_is_refused_is_not_tried_again(void **)
{
	struct mail_row m = fresh();
	struct mail_outcome o;

	m.tries = 1;
	o = mail_judge(&m, SMTP_REFUSED, "550 no such user", NOW);
	assert_true(view_eq(o.state, VIEW("failed")));
	assert_string_equal(o.error.p, "550 no such user");
	m.tries = MAIL_TRIES_MAX + 1;
	o = mail_judge(&m, SMTP_SENT, "", NOW + 2 * (int64_t)MAIL_AGE_MAX_MS);
	assert_true(view_eq(o.state, VIEW("sent")));
}

static void a_queued_mail_becomes_a_message(void **)
{
	const struct mail_address from = { VIEW("Vestibule"), VIEW("no-reply@example.com") };
	CLEANUP(buf_free) struct buf out = BUF_INIT(1 << 20);
	struct mail_row m = fresh();
	struct err err = {};

	assert_int_equal(mail_make(&(struct mail_parts){ .mail = &m,
							 .from = &from,
							 .public_url = "https://d.example",
							 .now_ms = NOW },
				   &out, &err),
			 0);
	assert_non_null(strstr(buf_cstr(&out), "\r\nTo: <anna@example.org>\r\n"));
	assert_non_null(strstr(out.p, "\r\nMessage-ID: <7.1700000000000@example.com>\r\n"));
	assert_non_null(strstr(out.p, "\r\nContent-Language: fr\r\n"));
	assert_non_null(strstr(out.p, "https://d.example/r#1\r\n"));
}

#define JPEG(size, end)                                                                            \
	VIEW("\xff\xd8\xff\xc0\0\x0b\x08" size "\x01\x01\x11\0"                                    \
	     "\xff\xda\0\x08\x01\x01\0\0\x3f\0x" end)

static void make_pictured(struct view jpeg, struct buf *out)
{
	const struct mail_address from = { VIEW("Vestibule"), VIEW("no-reply@example.com") };
	struct mail_row m = fresh();

	m.template = VIEW("missed_call");
	m.arguments = VIEW("{\"place\":\"House\",\"device\":\"Gate\",\"time\":\"noon\","
			   "\"path\":\"/app\",\"call\":\"77\"}");
	const struct mail_parts parts = { .mail = &m,
					  .from = &from,
					  .public_url = "https://d.example",
					  .picture = jpeg,
					  .now_ms = NOW };
	assert_int_equal(mail_make(&parts, out, NULL), 0);
	assert_non_null(buf_cstr(out));
}

/* 1036 by 480: twice as wide as the sheet. */
static void a_picture_is_in_its_mail(void **)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(1 << 20);

	make_pictured(JPEG("\x01\xe0\x04\x0c", "\xff\xd9"), &out);
	assert_non_null(strstr(out.p, "Content-ID: <picture.7.1700000000000@example.com>\r\n"));
	/* as quoted-printable has it, which folds lines */
	assert_non_null(strstr(out.p, "<img src=3D\"cid:picture.7.1700000000000@example.com\""));
	assert_non_null(strstr(out.p, "width=3D\"518\" height=3D\"240\""));
	assert_non_null(strstr(out.p, "Image prise"));
}

/* A mail goes whatever stands in the database. */
static void what_is_no_picture_is_left_out(void **)
{
	static char long_one[MAIL_PICTURE_MAX + 1];
	CLEANUP(buf_free) struct buf plain = BUF_INIT(1 << 20);
	const struct view good = JPEG("\0\x30\0\x40", "\xff\xd9");
	const struct view bad[] = {
		VIEW("x"),
		JPEG("\0\x30\0\x40", "\xff"),
		JPEG("\0\0\0\x40", "\xff\xd9"),
		JPEG("\x10\x01\0\x40", "\xff\xd9"),
		JPEG("\0\x30\x10\x01", "\xff\xd9"),
		{ long_one, sizeof(long_one) },
	};

	memcpy(long_one, good.p, good.n);
	memmove(long_one + sizeof(long_one) - 2, "\xff\xd9", 2);
	memset(long_one + good.n - 2, 'x', sizeof(long_one) - good.n);
	make_pictured((struct view){}, &plain);
	assert_null(strstr(plain.p, "cid:"));
	assert_null(strstr(plain.p, "multipart/related"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CLEANUP(buf_free) struct buf out = BUF_INIT(1 << 20);

		make_pictured(bad[i], &out);
		assert_true(view_eq(buf_view(&out), buf_view(&plain)));
	}
}

static void the_longest_sender_can_send(void **)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(1 << 20), text = BUF_INIT(MAIL_ADDRESS_MAX);
	struct mail_address from;
	struct mail_row m = fresh();

	m.id = m.created_at = INT64_MAX;
	buf_str(&text, "a@");
	while (text.n + 2 < MAIL_ADDRESS_MAX)
		buf_str(&text, text.n % 2 ? "." : "b");
	buf_str(&text, "b");
	assert_int_equal(mail_address_parse(buf_view(&text), &from), 0);
	assert_int_equal(mail_make(&(struct mail_parts){ .mail = &m,
							 .from = &from,
							 .public_url = "https://d.example",
							 .now_ms = NOW },
				   &out, NULL),
			 0);
}

static void what_cannot_be_a_message_says_why(void **)
{
	const struct mail_address from = { VIEW(""), VIEW("no-reply@example.com") };
	CLEANUP(buf_free) struct buf out = BUF_INIT(1 << 20);
	struct mail_row m = fresh();
	struct err err = {};

	m.recipient = VIEW("anna@example.org\r\nRCPT TO:<all@example.org>");
	assert_int_equal(mail_make(&(struct mail_parts){ .mail = &m,
							 .from = &from,
							 .public_url = "https://d.example",
							 .now_ms = NOW },
				   &out, &err),
			 -EINVAL);
	assert_string_equal(err.text, "no mail can go to this address");
	m = fresh();
	m.arguments = VIEW("{}");
	assert_int_equal(mail_make(&(struct mail_parts){ .mail = &m,
							 .from = &from,
							 .public_url = "https://d.example",
							 .now_ms = NOW },
				   &out, &err),
			 -EINVAL);
	assert_string_equal(err.text, "argument path is missing");
	assert_int_equal(out.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses_grow_to_four_hours),
		cmocka_unit_test(a_mail_is_given_up_after_three_days),
		cmocka_unit_test(what_is_refused_is_not_tried_again),
		cmocka_unit_test(a_queued_mail_becomes_a_message),
		cmocka_unit_test(a_picture_is_in_its_mail),
		cmocka_unit_test(what_is_no_picture_is_left_out),
		cmocka_unit_test(the_longest_sender_can_send),
		cmocka_unit_test(what_cannot_be_a_message_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
