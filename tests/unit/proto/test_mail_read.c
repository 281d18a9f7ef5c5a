/* Answers as mail programs write them. */
#include "proto/mail_read.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FROM                                                                                       \
	"From: Anna <Anna@Example.com>\r\nTo: tickets+1.2.3.x@example.com\r\nSubject: Re: x\r\n"
#define PLAIN FROM "Content-Type: text/plain; charset=utf-8\r\n"

struct fixture {
	struct arena arena;
	struct mail_read mail;
};

static int fixture_setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .arena = ARENA_INIT(1 << 20) };
	*state = &f;
	return 0;
}

static int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	arena_free(&f->arena);
	return 0;
}

static int read_one(struct fixture *f, const char *message)
{
	f->mail = (struct mail_read){};
	return mail_read(view_str(message), &f->arena, &f->mail);
}

static void assert_text(struct fixture *f, const char *want, const char *message)
{
	const int rc = read_one(f, message);

	if (rc < 0)
		fail_msg("%d for %s", rc, message);
	assert_string_equal(f->mail.text.p, want);
	assert_int_equal(strlen(want), f->mail.text.n);
	assert_false(f->mail.automatic);
}

static void a_plain_answer_is_its_text(void **state)
{
	struct fixture *f = *state;

	assert_text(f, "It rings again.\nThank you!",
		    PLAIN "\r\nIt rings again.\r\nThank you!\r\n");
	assert_true(view_eq(f->mail.from, VIEW("Anna@Example.com")));
	assert_text(f, "caf\xc3\xa9",
		    PLAIN "Content-Transfer-Encoding: quoted-printable\r\n\r\ncaf=C3=\r\n=A9\r\n");
	assert_text(f, "caf\xc3\xa9",
		    PLAIN "Content-Transfer-Encoding: base64\r\n\r\nY2Fmw6k=\r\n");
	assert_text(f, "caf\xc3\xa9",
		    FROM "Content-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9\r\n");
	assert_text(f, "hello", FROM "\r\nhello\r\n"); /* RFC 822: no MIME at all */
}

static void of_several_parts_the_plain_text_counts(void **state)
{
	struct fixture *f = *state;

	assert_text(f, "It is mute.",
		    FROM
		    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n"
		    "--o\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; "
		    "filename=a.txt\r\n\r\nnot this\r\n"
		    "--o\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n"
		    "--i\r\nContent-Type: text/html\r\n\r\n<p>nor this</p>\r\n"
		    "--i\r\nContent-Type: text/plain\r\n\r\nIt is mute.\r\n--i--\r\n"
		    "--o\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
		    "iVBORw0KGgo=\r\n--o--\r\n");
	assert_int_equal(read_one(f, FROM "Content-Type: text/html\r\n\r\n<p>only</p>\r\n"),
			 -ENODATA);
	assert_int_equal(read_one(f, PLAIN "\r\n  \r\n"), -ENODATA);
	assert_int_equal(read_one(f, PLAIN "\r\n> all of it is old\r\n"), -ENODATA);
}

static void what_is_quoted_is_left_out(void **state)
{
	struct fixture *f = *state;

	assert_text(f, "Yes, still.",
		    PLAIN
		    "\r\nYes, still.\r\n\r\nOn Monday, Karl Keeper wrote:\r\n\r\n> Is it still "
		    "mute?\r\n>> It is.\r\n");
	assert_text(f, "Since Monday.\n\nNo.",
		    PLAIN
		    "\r\n> Since when?\r\nSince Monday.\r\n\r\n> Does it light up?\r\n\r\nNo.\r\n");
	assert_text(f, "Both of these:\none\ntwo", PLAIN "\r\nBoth of these:\r\none\r\ntwo\r\n");
	assert_text(f, "Done.", PLAIN "\r\nDone.\r\n-- \r\nAnna\r\n+33 1 23\r\n");
	assert_text(f, "Done.",
		    PLAIN "\r\nDone.\r\n\r\n-----Original Message-----\r\nFrom: Karl\r\nold\r\n");
	assert_text(f, "Done.",
		    PLAIN "\r\nDone.\r\n________________________________\r\nFrom: Karl\r\n");
	assert_text(f, "a - b\n-- c", PLAIN "\r\na - b\r\n-- c\r\n");
}

static void what_no_person_wrote_is_known(void **state)
{
	static const char *const headers[] = {
		"Auto-Submitted: auto-replied\r\n",
		"Auto-Submitted: auto-generated (x)\r\n",
		"Precedence: bulk\r\n",
		"Precedence: List\r\n",
		"Return-Path: <>\r\n",
		"List-Id: <x.y>\r\n",
	};
	struct fixture *f = *state;
	char message[512];

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		snprintf(message, sizeof(message), "%s" PLAIN "\r\nI am away.\r\n", headers[i]);
		assert_int_equal(read_one(f, message), 0);
		assert_true(f->mail.automatic);
	}
	assert_text(f, "here", "Auto-Submitted: no\r\n" PLAIN "\r\nhere\r\n");
}

static void what_is_no_answer_is_refused(void **state)
{
	struct fixture *f = *state;
	const struct view huge = { "", (size_t)MAIL_READ_MAX + 1 };

	assert_int_equal(read_one(f, ""), -EBADMSG);
	assert_int_equal(read_one(f, "Subject: x\r\n\r\nnobody wrote this\r\n"), -EBADMSG);
	assert_int_equal(read_one(f, "From: undisclosed:;\r\n\r\nnor this\r\n"), -EBADMSG);
	assert_int_equal(mail_read(huge, &f->arena, &f->mail), -EMSGSIZE);
	assert_text(f, "a b\tc",
		    PLAIN "\r\na\x01"
			  "b\tc\r\n");
	assert_int_equal(read_one(f, PLAIN "\r\nhi \xff\xfe\r\n"), 0); /* no UTF-8 */
	assert_true(view_starts(f->mail.text, VIEW("hi")) &&
		    !memchr(f->mail.text.p, '\xff', f->mail.text.n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
		TEST(a_plain_answer_is_its_text),   TEST(of_several_parts_the_plain_text_counts),
		TEST(what_is_quoted_is_left_out),   TEST(what_no_person_wrote_is_known),
		TEST(what_is_no_answer_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
