#include "web_head.h"
#include "../test.h"
#include <string.h>

static unsigned reads(const char *text, struct web_head *h)
{
	struct view head = view_str(text);

	assert_int_equal(web_head_size(head), head.n);
	return web_head_read(head, h);
}

static void assert_view(struct view v, const char *text)
{
	assert_int_equal(v.n, strlen(text));
	assert_memory_equal(v.p, text, v.n);
}

static void a_request_is_taken_apart(void **)
{
	struct web_head h;

	assert_int_equal(
		reads("POST /api/x?a=1&b=?2 HTTP/1.1\r\nHost: d\r\ncontent-length:  12 \r\n"
		      "Content-Type: text/plain; a=b\r\nAccept-Language: fr\r\n"
		      "Expect: 100-Continue\r\n\r\n",
		      &h),
		0);
	assert_view(h.method, "POST");
	assert_view(h.path, "/api/x");
	assert_view(h.query, "a=1&b=?2");
	assert_view(h.type, "text/plain; a=b");
	assert_view(h.languages, "fr");
	assert_int_equal(h.body_n, 12);
	assert_true(h.expects);
	assert_false(h.close);
}

static void who_closes_is_told(void **)
{
	struct web_head h;

	assert_int_equal(reads("GET / HTTP/1.1\r\nConnection: keep-alive, Close\r\n\r\n", &h), 0);
	assert_true(h.close);
	assert_int_equal(reads("GET / HTTP/1.1\r\nConnection: closed\r\n\r\n", &h), 0);
	assert_false(h.close);
	assert_int_equal(reads("GET / HTTP/1.0\r\n\r\n", &h), 0);
	assert_true(h.close);
}

static void an_unfinished_head_has_no_size(void **)
{
	assert_int_equal(web_head_size(VIEW("")), 0);
	assert_int_equal(web_head_size(VIEW("GET / HTTP/1.1\r\n")), 0);
	assert_int_equal(web_head_size(VIEW("GET / HTTP/1.1\r\n\r\nbody")), 18);
}

static void what_two_readers_could_read_differently_is_refused(void **)
{
	static const struct {
		const char *text;
		unsigned status;
	} bad[] = {
		{ "GET /\r\n\r\n", 400 },
		{ "GET a HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1 x\r\n\r\n", 505 },
		{ "GET / HTTP/3.0\r\n\r\n", 505 },
		{ "GET / SIP/2.0\r\n\r\n", 400 },
		{ " GET / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nA : b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nA: \x01\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nA\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n: a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", 413 },
		{ "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct web_head h;

		assert_int_equal(reads(bad[i].text, &h), bad[i].status);
	}
}

static void fields_are_counted(void **)
{
	struct buf text = BUF_INIT(WEB_HEAD_MAX);
	struct web_head h;

	buf_str(&text, "GET / HTTP/1.1\r\n");
	for (int i = 0; i < WEB_FIELDS_MAX; i++)
		buf_str(&text, "A: b\r\n");
	buf_str(&text, "\r\n");
	assert_int_equal(web_head_read(buf_view(&text), &h), 0);
	text.n -= 2;
	buf_str(&text, "A: b\r\n\r\n");
	assert_int_equal(web_head_read(buf_view(&text), &h), 431);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_taken_apart),
		cmocka_unit_test(who_closes_is_told),
		cmocka_unit_test(an_unfinished_head_has_no_size),
		cmocka_unit_test(what_two_readers_could_read_differently_is_refused),
		cmocka_unit_test(fields_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
