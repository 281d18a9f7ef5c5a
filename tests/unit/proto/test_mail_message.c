#include "proto/mail_message.h"
#include "../test.h"

#include "base/json.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

/* One address of 64 + 1 + 189 bytes, as long as it may be. */
#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct mail_message plain(void)
{
	return (struct mail_message){
		.from = { VIEW("Vestibule"), VIEW("no-reply@example.com") },
		.to = { VIEW("Anna"), VIEW("anna@example.org") },
		.id = VIEW("7.1700000000000@example.com"),
		.language = VIEW("en"),
		.subject = VIEW("Hello"),
		.text = VIEW("Hi\n"),
		.html = VIEW("<p>Hi</p>\n"),
		.date_ms = INT64_C(1700000000000),
	};
}

static void an_address_is_what_mail_can_go_to(void **)
{
	static const char *const good[] = { "a@b", "a.b+c@example.com", "o'neil@x-y.example",
					    "1@127.example", "a" L63 "@" L63 "." L63 ".aaaa" };
	static const char *const bad[] = {
		"", "a", "@", "a@", "@b", "a@b@c", "a b@c", ".a@b", "a.@b", "a..b@c", "a@b.", "a@.b",
		"a@b..c", "a@-b", "a@b-", "a@b_c", "\"a\"@b", "a@[127.0.0.1]", "a\r\n@b", "a@b\r\nRCPT TO:<x@y>",
		"a@b\n", "a@b>", "<a@b>", "a,b@c", "a@b,c@d", "a@b c@d", "\xc3\xa9@b", "a@\xc3\xa9",
		"aa" L63 "@b", "a@a" L63, "a@" L63 "." L63 "." L63 "." L63,
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!mail_address_fits(view_str(good[i])))
			fail_msg("%s is refused", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (mail_address_fits(view_str(bad[i])))
			fail_msg("%s is taken", bad[i]);
	assert_false(mail_address_fits((struct view){ "a\0@b", 4 }));
}

static void a_sender_may_have_a_name(void **)
{
	static const char *const bad[] = { "x <a@b", "x <a@b> y", "<a@b>,<c@d>", "a@b, c@d", "x <a>",
					   "x\r\nBcc: y@z <a@b>", "x <a@b\r\n>" };
	struct mail_address a;

	assert_int_equal(mail_address_parse(VIEW(" a@b "), &a), 0);
	assert_int_equal(a.name.n, 0);
	assert_true(view_eq(a.address, VIEW("a@b")));
	assert_int_equal(mail_address_parse(VIEW("Ring & Open <a@b>"), &a), 0);
	assert_true(view_eq(a.name, VIEW("Ring & Open")) && view_eq(a.address, VIEW("a@b")));
	assert_int_equal(mail_address_parse(VIEW("\"Ring, Open\" <a@b>"), &a), 0);
	assert_true(view_eq(a.name, VIEW("Ring, Open")));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (mail_address_parse(view_str(bad[i]), &a) == 0)
			fail_msg("%s is taken", bad[i]);
}

static void a_message_is_printed_to_the_byte(void **)
{
	struct mail_message m = plain();
	struct buf out = BUF_INIT(64 * 1024);

	m.from.name = VIEW("Vesti\"bule\\");
	m.to.name = VIEW("Žofie");
	m.text = VIEW("Grüße\n.dot\nFrom here\nend \ntab\t\na=b\n");
	assert_int_equal(mail_message_print(&m, &out), 0);
	assert_string_equal(buf_cstr(&out),
		"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
		"From: \"Vesti\\\"bule\\\\\"\r\n <no-reply@example.com>\r\n"
		"To: =?UTF-8?B?xb1vZmll?=\r\n <anna@example.org>\r\n"
		"Subject: Hello\r\n"
		"Message-ID: <7.1700000000000@example.com>\r\n"
		"Content-Language: en\r\n"
		"Auto-Submitted: auto-generated\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: multipart/alternative; boundary=\"=_vestibule_part\"\r\n"
		"\r\n--=_vestibule_part\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		"Gr=C3=BC=C3=9Fe\r\n=2Edot\r\n=46rom here\r\nend=20\r\ntab=09\r\na=3Db\r\n\r\n"
		"\r\n--=_vestibule_part\r\n"
		"Content-Type: text/html; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		"<p>Hi</p>\r\n\r\n"
		"\r\n--=_vestibule_part--\r\n");
	buf_free(&out);
}

/* What the HTML shows belongs to the HTML: mail programs that show the text show no attachment. */
static void a_picture_comes_with_the_html(void **)
{
	struct mail_message m = plain();
	struct buf out = BUF_INIT(64 * 1024);
	const char *behind;
	char bytes[100];

	memset(bytes, 0xff, sizeof(bytes));
	m.picture = (struct view){ bytes, 58 };
	m.picture_id = VIEW("picture.7@example.com");
	assert_int_equal(mail_message_print(&m, &out), 0);
	behind = strstr(buf_cstr(&out), "Content-Type: text/plain");
	assert_non_null(behind);
	behind = strstr(behind, "\r\n--=_vestibule_part\r\n");
	assert_non_null(behind);
	assert_string_equal(
		behind,
		"\r\n--=_vestibule_part\r\n"
		"Content-Type: multipart/related; type=\"text/html\"; "
		"boundary=\"=_vestibule_html\"\r\n"
		"\r\n--=_vestibule_html\r\n"
		"Content-Type: text/html; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		"<p>Hi</p>\r\n\r\n"
		"\r\n--=_vestibule_html\r\n"
		"Content-Type: image/jpeg\r\n"
		"Content-Transfer-Encoding: base64\r\n"
		"Content-ID: <picture.7@example.com>\r\n"
		"Content-Disposition: inline; filename=\"picture.jpg\"\r\n\r\n"
		"////////////////////////////////////////////////////////////////////////////\r\n"
		"/w==\r\n"
		"\r\n--=_vestibule_html--\r\n"
		"\r\n--=_vestibule_part--\r\n");
	buf_free(&out);
}

static void a_picture_has_a_limit_and_a_name(void **)
{
	static char bytes[MAIL_PICTURE_MAX + 1];
	struct buf out = BUF_INIT(1 << 20);
	struct mail_message m = plain();

	m.picture = (struct view){ bytes, MAIL_PICTURE_MAX };
	assert_int_equal(mail_message_print(&m, &out), -EINVAL);
	m.picture_id = VIEW("picture.7>\r\nBcc: <y@example.com");
	assert_int_equal(mail_message_print(&m, &out), -EINVAL);
	m.picture_id = VIEW("picture.7@example.com");
	m.picture.n++;
	assert_int_equal(mail_message_print(&m, &out), -EINVAL);
	assert_int_equal(out.n, 0);
	m.picture.n--;
	assert_int_equal(mail_message_print(&m, &out), 0);
	buf_free(&out);
}

static void long_headers_are_folded_between_characters(void **)
{
	struct mail_message m = plain();
	struct buf subject = BUF_INIT(4096), out = BUF_INIT(64 * 1024);
	unsigned char bytes[64];
	const char *at, *end;
	size_t n, total = 0;

	for (int i = 0; i < 100; i++)
		buf_str(&subject, i % 3 ? "ž" : "€x");
	m.subject = buf_view(&subject);
	assert_int_equal(mail_message_print(&m, &out), 0);
	at = strstr(buf_cstr(&out), "Subject: ") + 9;
	do {
		end = strstr(at, "\r\n");
		assert_memory_equal(at, "=?UTF-8?B?", 10);
		assert_memory_equal(end - 2, "?=", 2);
		assert_true(end - at <= 76 - 9); /* RFC 2047 section 2, with "Subject: " before it */
		assert_int_equal(sodium_base642bin(bytes, sizeof(bytes), at + 10, (size_t)(end - at) - 12,
						   NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL), 0);
		assert_true(json_is_text((struct view){ (const char *)bytes, n }));
		total += n;
		at = end + 3;
	} while (end[2] == ' ');
	assert_int_equal(total, subject.n);
	buf_free(&subject);
	buf_free(&out);
}

static void lines_are_short_whatever_the_text(void **)
{
	static char text[5000];
	struct mail_message m = plain();
	struct buf out = BUF_INIT(64 * 1024);
	const char *at;

	memset(text, 'x', sizeof(text));
	memset(text + 1000, ' ', 1000);
	memset(text + 2000, '.', 1000);
	memset(text + 3000, '=', 1000);
	m.text = m.html = (struct view){ text, sizeof(text) };
	assert_int_equal(mail_message_print(&m, &out), 0);
	for (at = buf_cstr(&out); *at; at = strstr(at, "\r\n") + 2) {
		assert_true(strstr(at, "\r\n") - at <= 76);
		assert_true(*at != '.');
	}
	buf_free(&out);
}

/* Whatever text a header gets, the message has the headers that it should, and no more. */
static void nothing_ends_a_header(void **)
{
	static const struct view evil[] = {
		VIEW("x\r\nBcc: y@example.com"), VIEW("x\nBcc: y@example.com"), VIEW("x\rBcc: y"),
		VIEW("x\0y"), VIEW("x\x7f"), VIEW("\xff\xfe"), VIEW("x\xe2\x80"),
	};

	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		struct buf out = BUF_INIT(64 * 1024);
		struct mail_message m[7];

		for (size_t k = 0; k < 7; k++)
			m[k] = plain();
		m[0].from.name = m[1].from.address = m[2].to.name = m[3].to.address = m[4].id =
			m[5].language = m[6].subject = evil[i];
		for (size_t k = 0; k < 7; k++) {
			assert_int_equal(mail_message_print(&m[k], &out), -EINVAL);
			assert_int_equal(out.n, 0);
		}
		buf_free(&out);
	}
}

static void what_looks_like_an_encoded_word_is_encoded(void **)
{
	struct mail_message m = plain();
	struct buf out = BUF_INIT(64 * 1024);

	m.subject = VIEW("=?UTF-8?B?QmNjOg==?=");
	assert_int_equal(mail_message_print(&m, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), "Subject: =?UTF-8?B?PT9VVEYtOD9CP1FtTmpPZz09Pz0=?=\r\n"));
	buf_free(&out);
}

static void a_message_beyond_the_buffer_is_an_error(void **)
{
	struct mail_message m = plain();
	struct buf out = BUF_INIT(300);

	assert_int_equal(mail_message_print(&m, &out), -EMSGSIZE);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_what_mail_can_go_to),
		cmocka_unit_test(a_sender_may_have_a_name),
		cmocka_unit_test(a_message_is_printed_to_the_byte),
		cmocka_unit_test(a_picture_comes_with_the_html),
		cmocka_unit_test(a_picture_has_a_limit_and_a_name),
		cmocka_unit_test(long_headers_are_folded_between_characters),
		cmocka_unit_test(lines_are_short_whatever_the_text),
		cmocka_unit_test(nothing_ends_a_header),
		cmocka_unit_test(what_looks_like_an_encoded_word_is_encoded),
		cmocka_unit_test(a_message_beyond_the_buffer_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
