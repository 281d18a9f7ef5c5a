#include "io/http_head.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINE "GET / HTTP/1.1\r\n"
#define HOST "Host: a\r\n"

static int check(struct view raw)
{
	struct http_head h = {};

	return http_head_check(&h, raw);
}

static void a_fair_head_tells_where_it_ends_and_how_long_the_body_is(void **)
{
	struct http_head h = {};
	struct view v = VIEW("POST /a?b=%20 HTTP/1.1\r\nHost: a\r\ncontent-LENGTH: \t12 \r\n\r\nbody");

	assert_int_equal(http_head_check(&h, v), 0);
	assert_int_equal(h.size, v.n - 4);
	assert_true(h.has_length);
	assert_false(h.chunked);
	assert_int_equal(h.body_size, 12);
	assert_int_equal(h.fields, 2);

	h = (struct http_head){};
	v = VIEW(LINE HOST "Transfer-Encoding: Chunked\r\n\r\n");
	assert_int_equal(http_head_check(&h, v), 0);
	assert_true(h.chunked);
	assert_int_equal(check(VIEW("GET / HTTP/1.0\r\n\r\n")), 0);
	assert_int_equal(check(VIEW(LINE HOST "X: caf\xc3\xa9\tend\r\nY:\r\n\r\n")), 0);
}

static void what_can_be_read_in_two_ways_is_refused(void **)
{
	static const struct view bad[] = {
		VIEW("GET / HTTP/1.1\nHost: a\r\n\r\n"),
		VIEW("GET http://a/ HTTP/1.1\r\n" HOST "\r\n"),
		VIEW("GET //a:b/ HTTP/1.1\r\n" HOST "\r\n"),
		VIEW("CONNECT a:1% HTTP/1.1\r\n" HOST "\r\n"),
		VIEW("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"),
		VIEW(LINE "Host: a\n\r\n"),
		VIEW(LINE HOST "\n"),
		VIEW(LINE HOST "X: a\rb\r\n\r\n"),
		VIEW(LINE HOST "X: a\r\r\n\r\n"),
		VIEW(LINE HOST "X: a\0b\r\n\r\n"),
		VIEW(LINE HOST "X: a\x7f\r\n\r\n"),
		VIEW(LINE HOST "X\0: a\r\n\r\n"),
		VIEW(LINE HOST "X : a\r\n\r\n"),
		VIEW(LINE HOST " folded: a\r\n\r\n"),
		VIEW(LINE HOST "\tfolded\r\n\r\n"),
		VIEW(LINE HOST ": no name\r\n\r\n"),
		VIEW(LINE HOST "no colon\r\n\r\n"),
		VIEW(LINE HOST HOST "\r\n"),
		VIEW(LINE "\r\n"),
		VIEW(LINE HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"),
		VIEW(LINE HOST "Content-Length: 1, 1\r\n\r\n"),
		VIEW(LINE HOST "Content-Length: +1\r\n\r\n"),
		VIEW(LINE HOST "Content-Length: -1\r\n\r\n"),
		VIEW(LINE HOST "Content-Length: 0x1\r\n\r\n"),
		VIEW(LINE HOST "Content-Length:\r\n\r\n"),
		VIEW(LINE HOST "Content-Length: 9223372036854775808\r\n\r\n"),
		VIEW(LINE HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
		VIEW(LINE HOST "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"),
		VIEW(LINE HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
		VIEW(LINE HOST "Transfer-Encoding: gzip, chunked\r\n\r\n"),
		VIEW(LINE HOST "Transfer-Encoding: identity\r\n\r\n"),
		VIEW("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
		VIEW("\r\n" LINE HOST "\r\n"),
		VIEW("GET  / HTTP/1.1\r\n" HOST "\r\n"),
		VIEW("GET / HTTP/1.1 \r\n" HOST "\r\n"),
		VIEW("GET /a b HTTP/1.1\r\n" HOST "\r\n"),
		VIEW("GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n"),
		VIEW("G\tT / HTTP/1.1\r\n" HOST "\r\n"),
		VIEW("GET /\r\n"),
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (check(bad[i]) != -EBADMSG)
			fail_msg("case %zu passed: %.*s", i, (int)bad[i].n, bad[i].p);
	}
	assert_int_equal(check(VIEW("GET / HTTP/2.0\r\n" HOST "\r\n")), -ENOTSUP);
}

static void byte_by_byte_gives_the_same_end(void **)
{
	struct view v = VIEW(LINE HOST "Content-Length: 3\r\n\r\nabc");
	struct http_head h = {};

	for (size_t n = 0; n < v.n - 3; n++)
		assert_int_equal(http_head_check(&h, (struct view){ v.p, n }), -EAGAIN);
	assert_int_equal(http_head_check(&h, v), 0);
	assert_int_equal(h.size, v.n - 3);
	assert_int_equal(h.body_size, 3);
}

/* A head of exactly n bytes: fields of 1000 bytes and one that fills up. */
static struct view head_of(char *p, size_t n)
{
	size_t at = strlen(LINE HOST);

	memset(p, 'x', n);
	memcpy(p, LINE HOST, at);
	while (at + 2 < n) {
		size_t size = n - 2 - at < 1200 ? n - 2 - at : 1000;

		memcpy(p + at, "X:", 2);
		memcpy(p + at + size - 2, "\r\n", 2);
		at += size;
	}
	memcpy(p + at, "\r\n", 2);
	return (struct view){ p, n };
}

static void each_limit_holds_at_its_edge(void **)
{
	static char p[HTTP_HEAD_MAX + 1];
	struct buf b = BUF_INIT(HTTP_HEAD_MAX);

	assert_int_equal(check(head_of(p, HTTP_HEAD_MAX)), 0);
	assert_int_equal(check(head_of(p, HTTP_HEAD_MAX + 1)), -EMSGSIZE);
	memset(p, 'x', sizeof(p));
	assert_int_equal(check((struct view){ p, HTTP_LINE_MAX - 1 }), -EAGAIN);
	assert_int_equal(check((struct view){ p, HTTP_LINE_MAX }), -EMSGSIZE);

	buf_str(&b, LINE HOST);
	for (int i = 1; i < HTTP_FIELDS_MAX; i++)
		buf_str(&b, "X: y\r\n");
	buf_str(&b, "\r\n");
	assert_int_equal(check(buf_view(&b)), 0);
	b.n -= 2;
	buf_str(&b, "X: y\r\n\r\n");
	assert_int_equal(check(buf_view(&b)), -EMSGSIZE);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fair_head_tells_where_it_ends_and_how_long_the_body_is),
		cmocka_unit_test(what_can_be_read_in_two_ways_is_refused),
		cmocka_unit_test(byte_by_byte_gives_the_same_end),
		cmocka_unit_test(each_limit_holds_at_its_edge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
