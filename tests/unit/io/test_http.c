/* The server over real sockets: its loop has a thread, the tests are raw clients. */
#include "io/http.h"
#include "io/websocket.h"
#include "../test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 10000, BIG = 3 * 1024 * 1024, SMALL_BODY = 1000, EARLY = 16 };

struct server {
	struct loop *loop;
	struct http *http;
	pthread_t thread;
	unsigned closed; /* WebSockets; the loop's thread */
	atomic_uint later; /* replies that are still to come */
};

static void on_text(void *, struct websocket *ws, struct view message)
{
	if (view_eq(message, VIEW("bye")))
		websocket_close(ws, 1000);
	else
		websocket_send(ws, message);
}

static void on_closed(void *arg, struct websocket *)
{
	((struct server *)arg)->closed++;
}

static const struct websocket_handlers ws_handlers = { on_text, on_closed };

struct later {
	struct server *server;
	struct http_exchange *x;
};

static void *reply_later(void *arg)
{
	struct later *l = arg;

	http_reply(l->x, 200, NULL, 0, VIEW("later"));
	atomic_fetch_sub(&l->server->later, 1);
	free(l);
	return NULL;
}

static void handle(void *arg, struct http_exchange *x)
{
	const struct http_field fields[] = { { "Content-Type", "text/plain" }, { "X-Two", "2" } };
	struct buf out = BUF_INIT(2 * BIG);
	struct websocket *ws;
	pthread_t thread;

	if (view_eq(http_path(x), VIEW("/ws"))) {
		if (websocket_accept(x, &ws_handlers, arg, &ws) < 0)
			return;
		return;
	}
	if (view_eq(http_path(x), VIEW("/later"))) {
		struct later *l = calloc(1, sizeof(*l));

		*l = (struct later){ arg, x };
		atomic_fetch_add(&l->server->later, 1);
		assert_int_equal(pthread_create(&thread, NULL, reply_later, l), 0);
		pthread_detach(thread);
		return;
	}
	if (view_eq(http_path(x), VIEW("/big"))) {
		for (size_t i = 0; i < BIG / 8; i++)
			buf_str(&out, "01234567");
	} else {
		const struct addr peer = http_peer(x);
		char text[ADDR_TEXT_MAX];

		addr_host_text(&peer, text);
		buf_printf(&out, "%.*s %.*s q=%.*s n=%zu from=%s %s", (int)http_method(x).n, http_method(x).p,
			   (int)http_path(x).n, http_path(x).p, (int)http_query(x).n, http_query(x).p,
			   http_body(x).n, text, http_secure(x) ? "tls" : "plain");
	}
	http_reply(x, 200, fields, 2, buf_view(&out));
	buf_free(&out);
}

static size_t body_max(void *, struct view, struct view path)
{
	return view_eq(path, VIEW("/upload")) ? BIG : SMALL_BODY;
}

static void *run(void *arg)
{
	loop_run(arg);
	return NULL;
}

static int setup(void **state)
{
	static const char *const trusted[] = { "127.0.0.1", NULL };
	struct server *s = calloc(1, sizeof(*s));
	const struct http_conf conf = { .listen = "127.0.0.1:0", .handle = handle, .body_max = body_max,
					.arg = s, .trusted = trusted };
	struct err err = {};

	assert_int_equal(loop_new(clock_system(), &s->loop), 0);
	if (http_start(s->loop, &conf, &err, &s->http) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(pthread_create(&s->thread, NULL, run, s->loop), 0);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct server *s = *state;

	loop_stop(s->loop);
	pthread_join(s->thread, NULL);
	while (atomic_load(&s->later))
		sched_yield();
	http_free(s->http);
	loop_free(s->loop);
	free(s);
	return 0;
}

static int dial(const struct server *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(http_port(s->http)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void put(int fd, const char *p, size_t n)
{
	while (n) {
		const ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return; /* refused half-way: what the server says tells */
		p += sent;
		n -= (size_t)sent;
	}
}

/* Reads until `mark` was seen, or the end. */
static char *get(int fd, const char *mark, struct buf *in)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char part[4096];

	for (;;) {
		const char *text = buf_cstr(in);
		ssize_t n;

		if (mark && text && strstr(text, mark))
			return in->p;
		if (poll(&p, 1, WAIT_MS) != 1)
			fail_msg("nothing came; so far: %s", text ? text : "");
		n = recv(fd, part, sizeof(part), 0);
		if (n <= 0)
			return buf_cstr(in) ? in->p : "";
		buf_add(in, (struct view){ part, (size_t)n });
	}
}

static void says(const struct server *s, const char *request, const char *want)
{
	struct buf in = BUF_INIT(2 * BIG);
	const int fd = dial(s);
	const char *got;

	put(fd, request, strlen(request));
	got = get(fd, want, &in);
	if (!strstr(got, want))
		fail_msg("for %s\nwanted %s\ngot %s", request, want, got);
	close(fd);
	buf_free(&in);
}

#define HOST "Host: a\r\n"

static void a_request_is_told_to_the_handler_and_answered(void **state)
{
	const struct server *s = *state;

	says(s, "GET /a%20b?c=d HTTP/1.1\r\n" HOST "\r\n", "GET /a%20b q=c=d n=0 from=127.0.0.1 plain");
	says(s, "GET / HTTP/1.1\r\n" HOST "\r\n", "X-Two: 2\r\n");
	says(s, "POST /x HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", "POST /x q= n=5 ");
	says(s, "GET /later HTTP/1.1\r\n" HOST "\r\n", "\r\n\r\nlater");
	says(s, "HEAD /h HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", "Content-Length: ");
	says(s, "GET / HTTP/1.1\r\n" HOST "X-Forwarded-For: 192.0.2.9, 2001:db8::1\r\n"
		"X-Forwarded-Proto: https\r\n\r\n", "from=2001:db8::1 tls");
}

static void requests_follow_each_other_on_one_connection(void **state)
{
	static const char two[] = "POST /1 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
				  "GET /2 HTTP/1.1\r\n" HOST "\r\n";
	const struct server *s = *state;
	struct buf in = BUF_INIT(65536);
	const int fd = dial(s);

	for (size_t i = 0; i < sizeof(two) - 1; i++) /* byte by byte */
		put(fd, two + i, 1);
	get(fd, "/1 q= n=3", &in);
	get(fd, "/2 q= n=0", &in);
	put(fd, two, sizeof(two) - 1); /* at once */
	buf_reset(&in);
	get(fd, "/1 q= n=3", &in);
	get(fd, "/2 q= n=0", &in);
	close(fd);
	buf_free(&in);
}

static void what_is_wrong_is_refused_by_name(void **state)
{
	const struct server *s = *state;
	struct buf big = BUF_INIT(65536);

	says(s, "GET / HTTP/1.1\n" HOST "\r\n", "HTTP/1.1 400 ");
	says(s, "GET / HTTP/1.1\r\n\r\n", "application/problem+json");
	says(s, "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", " 400 ");
	says(s, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", " 411 ");
	says(s, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n", " 413 ");
	says(s, "GET / HTTP/3.0\r\n" HOST "\r\n", " 505 ");
	buf_str(&big, "GET / HTTP/1.1\r\nX: ");
	while (big.n < 20000)
		buf_chr(&big, 'x');
	says(s, buf_cstr(&big), " 431 ");
	says(s, "GET http://other/ HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 ");
	buf_free(&big);
}

static void large_bodies_pass_where_the_route_allows_them(void **state)
{
	const struct server *s = *state;
	static const char big[] = "GET /big HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n";
	static const char later[] = "GET /later HTTP/1.1\r\n" HOST "\r\n";
	struct buf in = BUF_INIT(2 * BIG);
	char *body = calloc(1, BIG);
	char head[128];
	int fd = dial(s);

	snprintf(head, sizeof(head), "PUT /upload HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", BIG);
	put(fd, head, strlen(head));
	put(fd, body, BIG);
	snprintf(head, sizeof(head), "n=%d ", BIG);
	get(fd, head, &in);
	buf_reset(&in);
	put(fd, big, sizeof(big) - 1);
	get(fd, NULL, &in);
	assert_true(in.n > BIG);
	close(fd);
	fd = dial(s); /* one who leaves before the answer */
	put(fd, later, sizeof(later) - 1);
	close(fd);
	says(s, "GET / HTTP/1.1\r\n" HOST "\r\n", " 200 ");
	free(body);
	buf_free(&in);
}

static void frame(int fd, unsigned opcode, const char *text)
{
	const size_t n = strlen(text);
	char bytes[256] = { (char)(0x80 | opcode), (char)(0x80 | n), 0, 0, 0, 0 }; /* a mask of zeroes */

	memcpy(bytes + 6, text, n);
	put(fd, bytes, n + 6);
}

#define UPGRADE                                                                                    \
	"GET /ws HTTP/1.1\r\n" HOST "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"     \
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static void a_websocket_talks_both_ways_and_closes(void **state)
{
	struct server *s = *state;
	struct buf in = BUF_INIT(65536);
	const int fd = dial(s);

	put(fd, UPGRADE, sizeof(UPGRADE) - 1);
	get(fd, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", &in);
	frame(fd, 1, "hello");
	get(fd, "hello", &in);
	frame(fd, 9, "pong?");
	get(fd, "pong?", &in);
	frame(fd, 1, "bye");
	get(fd, "\x88\x02\x03\xe8", &in);
	frame(fd, 8, "\x03\xe8");
	get(fd, NULL, &in); /* the server ends it */
	close(fd);
	buf_free(&in);
	says(s, "GET /ws HTTP/1.1\r\n" HOST "\r\n", " 426 ");
	loop_stop(s->loop);
	pthread_join(s->thread, NULL);
	assert_int_equal(s->closed, 1);
	assert_int_equal(pthread_create(&s->thread, NULL, run, s->loop), 0);
}

static void hold_loop(void *arg)
{
	sem_wait(arg);
}

/* Their requests are there before the loop has had a turn for anything else. There are several,
 * because a write past one of them shows only when the heap is walked. */
static void a_websocket_may_begin_with_its_connection(void **state)
{
	struct server *s = *state;
	int fds[EARLY];
	sem_t go;

	assert_int_equal(sem_init(&go, 0, 0), 0);
	assert_int_equal(loop_post(s->loop, hold_loop, &go), 0);
	for (size_t i = 0; i < EARLY; i++) {
		fds[i] = dial(s);
		put(fds[i], UPGRADE, sizeof(UPGRADE) - 1);
	}
	sem_post(&go);
	for (size_t i = 0; i < EARLY; i++) {
		struct buf in = BUF_INIT(65536);

		get(fds[i], "\r\n\r\n", &in);
		frame(fds[i], 1, "hello");
		get(fds[i], "hello", &in);
		buf_free(&in);
	}
	for (size_t i = 0; i < EARLY; i++)
		close(fds[i]);
	says(s, "GET / HTTP/1.1\r\n" HOST "\r\n", " 200 ");
	sem_destroy(&go);
}

static void a_bad_frame_ends_only_its_connection(void **state)
{
	struct server *s = *state;
	struct buf in = BUF_INIT(65536);
	const int fd = dial(s);

	put(fd, UPGRADE, sizeof(UPGRADE) - 1);
	get(fd, "\r\n\r\n", &in);
	put(fd, "\x81\x05hello", 7); /* not masked */
	get(fd, "\x88", &in);
	close(fd);
	buf_free(&in);
	says(s, "GET / HTTP/1.1\r\n" HOST "\r\n", " 200 ");
}

static void one_host_has_its_share_of_connections(void **state)
{
	const struct server *s = *state;
	int fds[20];

	/* 127.0.0.1 is a trusted proxy here, so its share has no limit */
	for (size_t i = 0; i < 20; i++)
		fds[i] = dial(s);
	says(s, "GET / HTTP/1.1\r\n" HOST "\r\n", " 200 ");
	for (size_t i = 0; i < 20; i++)
		close(fds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_request_is_told_to_the_handler_and_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(requests_follow_each_other_on_one_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_wrong_is_refused_by_name, setup, teardown),
		cmocka_unit_test_setup_teardown(large_bodies_pass_where_the_route_allows_them, setup, teardown),
		cmocka_unit_test_setup_teardown(a_websocket_talks_both_ways_and_closes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_websocket_may_begin_with_its_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(a_bad_frame_ends_only_its_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(one_host_has_its_share_of_connections, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
