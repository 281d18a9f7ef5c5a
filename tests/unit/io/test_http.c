/* The server over real sockets, plain and with TLS: its loop has a thread, the tests are raw clients. */
#include "io/http.h"
#include "io/tls.h"
#include "io/websocket.h"
#include "certificate.h"
#include "peer.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BIG = 3 * 1024 * 1024, SMALL_BODY = 1000, EARLY = 16 };

struct server {
	struct certificate certificate;
	struct tls *tls;
	struct clock_virtual clock;
	bool turned;
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

static int start(void **state, struct server *s)
{
	static const char *const trusted[] = { "127.0.0.1", NULL };
	const struct http_conf conf = { .listen = "127.0.0.1:0", .handle = handle, .body_max = body_max,
					.tls = s->tls, .arg = s, .trusted = trusted };
	struct err err = {};

	assert_int_equal(loop_new(s->turned ? &s->clock.clock : clock_system(), &s->loop), 0);
	if (http_start(s->loop, &conf, &err, &s->http) < 0)
		fail_msg("%s", err.text);
	if (!s->turned)
		assert_int_equal(pthread_create(&s->thread, NULL, run, s->loop), 0);
	*state = s;
	return 0;
}

static void use_tls(struct server *s)
{
	struct tls_conf conf = { .option = "tls", .http = true };
	struct err err = {};

	certificate_make(&s->certificate, 1, NULL);
	conf.certificate = s->certificate.certificate;
	conf.key = s->certificate.key;
	if (tls_open(&conf, &err, &s->tls) < 0)
		fail_msg("%s", err.text);
}

static int setup_plain(void **state)
{
	return start(state, calloc(1, sizeof(struct server)));
}

static int setup_tls(void **state)
{
	struct server *s = calloc(1, sizeof(*s));

	use_tls(s);
	return start(state, s);
}

/* No thread: the test turns the loop itself and owns its time. */
static int setup_turned(void **state, bool tls)
{
	struct server *s = calloc(1, sizeof(*s));

	clock_virtual_init(&s->clock, 0);
	s->turned = true;
	if (tls)
		use_tls(s);
	return start(state, s);
}

static int setup_turned_plain(void **state)
{
	return setup_turned(state, false);
}

static int setup_turned_tls(void **state)
{
	return setup_turned(state, true);
}

static int teardown(void **state)
{
	struct server *s = *state;

	if (!s->turned) {
		loop_stop(s->loop);
		pthread_join(s->thread, NULL);
	}
	while (atomic_load(&s->later))
		sched_yield();
	http_free(s->http);
	loop_free(s->loop);
	if (s->tls)
		certificate_remove(&s->certificate);
	tls_free(s->tls);
	free(s);
	return 0;
}

static struct peer dial(const struct server *s)
{
	return peer_open(http_port(s->http), s->tls != NULL);
}

static void says(const struct server *s, const char *request, const char *want)
{
	struct buf in = BUF_INIT(2 * BIG);
	const struct peer p = dial(s);
	const char *got;

	peer_put(&p, request, strlen(request));
	got = peer_get(&p, want, &in);
	if (!strstr(got, want))
		fail_msg("for %s\nwanted %s\ngot %s", request, want, got);
	peer_close(&p);
	buf_free(&in);
}

#define HOST "Host: a\r\n"

static void a_request_is_told_to_the_handler_and_answered(void **state)
{
	const struct server *s = *state;

	says(s, "GET /a%20b?c=d HTTP/1.1\r\n" HOST "\r\n",
	     s->tls ? "GET /a%20b q=c=d n=0 from=127.0.0.1 tls" : "GET /a%20b q=c=d n=0 from=127.0.0.1 plain");
	says(s, "GET / HTTP/1.1\r\n" HOST "X-Forwarded-Proto: http\r\n\r\n", "from=127.0.0.1 plain");
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
	const struct peer p = dial(s);

	for (size_t i = 0; i < sizeof(two) - 1; i++) /* byte by byte */
		peer_put(&p, two + i, 1);
	peer_get(&p, "/1 q= n=3", &in);
	peer_get(&p, "/2 q= n=0", &in);
	peer_put(&p, two, sizeof(two) - 1); /* at once */
	buf_reset(&in);
	peer_get(&p, "/1 q= n=3", &in);
	peer_get(&p, "/2 q= n=0", &in);
	peer_close(&p);
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
	says(s, "GET http://other/ HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 400 ");
	buf_free(&big);
}

/* A line that evhttp dislikes, before one that we do. */
static void a_bad_request_has_one_answer(void **state)
{
	static const char bad[] = "CONNECT a:' HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n";
	const struct server *s = *state;
	struct buf in = BUF_INIT(65536);
	const char *first;

	for (size_t cut = 1; cut < sizeof(bad) - 1; cut++) {
		const struct peer p = dial(s);

		buf_reset(&in);
		peer_put(&p, bad, cut);
		says(s, "GET / HTTP/1.1\r\n" HOST "\r\n", " 200 "); /* the loop has seen that much */
		peer_put(&p, bad + cut, sizeof(bad) - 1 - cut);
		first = peer_get(&p, NULL, &in);
		assert_true(strncmp(first, "HTTP/1.1 400 ", 13) == 0);
		assert_non_null(strstr(first, "application/problem+json"));
		assert_null(strstr(first + 1, "HTTP/1.1 "));
		peer_close(&p);
	}
	buf_free(&in);
}

static void large_bodies_pass_where_the_route_allows_them(void **state)
{
	const struct server *s = *state;
	static const char big[] = "GET /big HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n";
	static const char later[] = "GET /later HTTP/1.1\r\n" HOST "\r\n";
	struct buf in = BUF_INIT(2 * BIG);
	char *body = calloc(1, BIG);
	char head[128];
	struct peer p = dial(s);

	snprintf(head, sizeof(head), "PUT /upload HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", BIG);
	peer_put(&p, head, strlen(head));
	peer_put(&p, body, BIG);
	snprintf(head, sizeof(head), "n=%d ", BIG);
	peer_get(&p, head, &in);
	buf_reset(&in);
	peer_put(&p, big, sizeof(big) - 1);
	peer_get(&p, NULL, &in);
	assert_true(in.n > BIG);
	peer_close(&p);
	p = dial(s); /* one who leaves before the answer */
	peer_put(&p, later, sizeof(later) - 1);
	peer_close(&p);
	says(s, "GET / HTTP/1.1\r\n" HOST "\r\n", " 200 ");
	free(body);
	buf_free(&in);
}

static void frame(const struct peer *p, unsigned opcode, const char *text)
{
	const size_t n = strlen(text);
	char bytes[256] = { (char)(0x80 | opcode), (char)(0x80 | n), 0, 0, 0, 0 }; /* a mask of zeroes */

	memcpy(bytes + 6, text, n);
	peer_put(p, bytes, n + 6);
}

#define UPGRADE                                                                                    \
	"GET /ws HTTP/1.1\r\n" HOST "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"     \
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static void a_websocket_talks_both_ways_and_closes(void **state)
{
	struct server *s = *state;
	struct buf in = BUF_INIT(65536);
	const struct peer p = dial(s);

	peer_put(&p, UPGRADE, sizeof(UPGRADE) - 1);
	peer_get(&p, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", &in);
	frame(&p, 1, "hello");
	peer_get(&p, "hello", &in);
	frame(&p, 9, "pong?");
	peer_get(&p, "pong?", &in);
	frame(&p, 1, "bye");
	peer_get(&p, "\x88\x02\x03\xe8", &in);
	frame(&p, 8, "\x03\xe8");
	peer_get(&p, NULL, &in); /* the server ends it */
	peer_close(&p);
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
	struct peer peers[EARLY];
	sem_t go;

	assert_int_equal(sem_init(&go, 0, 0), 0);
	assert_int_equal(loop_post(s->loop, hold_loop, &go), 0);
	for (size_t i = 0; i < EARLY; i++) {
		peers[i] = dial(s);
		peer_put(&peers[i], UPGRADE, sizeof(UPGRADE) - 1);
	}
	sem_post(&go);
	for (size_t i = 0; i < EARLY; i++) {
		struct buf in = BUF_INIT(65536);

		peer_get(&peers[i], "\r\n\r\n", &in);
		frame(&peers[i], 1, "hello");
		peer_get(&peers[i], "hello", &in);
		buf_free(&in);
	}
	for (size_t i = 0; i < EARLY; i++)
		peer_close(&peers[i]);
	says(s, "GET / HTTP/1.1\r\n" HOST "\r\n", " 200 ");
	sem_destroy(&go);
}

static void a_bad_frame_ends_only_its_connection(void **state)
{
	struct server *s = *state;
	struct buf in = BUF_INIT(65536);
	const struct peer p = dial(s);

	peer_put(&p, UPGRADE, sizeof(UPGRADE) - 1);
	peer_get(&p, "\r\n\r\n", &in);
	peer_put(&p, "\x81\x05hello", 7); /* not masked */
	peer_get(&p, "\x88", &in);
	peer_close(&p);
	buf_free(&in);
	says(s, "GET / HTTP/1.1\r\n" HOST "\r\n", " 200 ");
}

static void one_host_has_its_share_of_connections(void **state)
{
	const struct server *s = *state;
	struct peer peers[20];

	/* 127.0.0.1 is a trusted proxy here, so its share has no limit */
	for (size_t i = 0; i < 20; i++)
		peers[i] = dial(s);
	says(s, "GET / HTTP/1.1\r\n" HOST "\r\n", " 200 ");
	for (size_t i = 0; i < 20; i++)
		peer_close(&peers[i]);
}

/* Turns the loop until something came, or the end; what came, terminated. */
static const char *turn(const struct server *s, int fd, char ret_text[512])
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	for (int i = 0; i < PEER_WAIT_MS; i++) {
		loop_turn(s->loop);
		if (poll(&p, 1, 1) == 1) {
			n = recv(fd, ret_text, 511, 0);
			ret_text[n > 0 ? n : 0] = '\0';
			return ret_text;
		}
	}
	fail_msg("nothing came");
	return NULL;
}

/* Nothing may come before the deadline, which is passed then. */
static void pass(struct server *s, int fd, int64_t ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (int i = 0; i < 3; i++)
		loop_turn(s->loop);
	clock_virtual_advance(&s->clock, (ms - 1) * 1000);
	for (int i = 0; i < 3; i++)
		loop_turn(s->loop);
	assert_int_equal(poll(&p, 1, 0), 0);
	clock_virtual_advance(&s->clock, 1000);
}

static void who_is_slow_is_told_so(void **state)
{
	static const char fast[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
	struct server *s = *state;
	const char *const parts[] = { "GET / HT", "POST / HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nabc" };
	const int64_t waits_ms[] = { HTTP_HEAD_MS, HTTP_BODY_MS };
	char text[512];

	for (size_t i = 0; i < 4; i++) { /* of the first request, and of the second */
		const struct peer p = { .fd = peer_connect(http_port(s->http)) };

		if (i >= 2) {
			peer_put(&p, fast, sizeof(fast) - 1);
			assert_non_null(strstr(turn(s, p.fd, text), " 200 "));
		}
		peer_put(&p, parts[i % 2], strlen(parts[i % 2]));
		pass(s, p.fd, waits_ms[i % 2]);
		assert_non_null(strstr(turn(s, p.fd, text), "HTTP/1.1 408 Request Timeout\r\n"));
		assert_string_equal(turn(s, p.fd, text), "");
		peer_close(&p);
	}
}

/* Silent, or in the middle of a handshake. */
static void a_handshake_has_its_deadline(void **state)
{
	static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
	struct server *s = *state;
	char text[512];

	for (size_t n = 0; n < sizeof(hello); n += sizeof(hello) - 1) {
		const struct peer p = { .fd = peer_connect(http_port(s->http)) };

		peer_put(&p, hello, n);
		pass(s, p.fd, HTTP_HEAD_MS);
		assert_string_equal(turn(s, p.fd, text), "");
		peer_close(&p);
	}
}

#define BOTH(fn)                                                                                   \
	{ #fn " plain", fn, setup_plain, teardown, NULL },                                         \
	{ #fn " with TLS", fn, setup_tls, teardown, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_request_is_told_to_the_handler_and_answered),
		BOTH(requests_follow_each_other_on_one_connection),
		BOTH(what_is_wrong_is_refused_by_name),
		BOTH(a_bad_request_has_one_answer),
		BOTH(large_bodies_pass_where_the_route_allows_them),
		BOTH(a_websocket_talks_both_ways_and_closes),
		BOTH(a_bad_frame_ends_only_its_connection),
		BOTH(one_host_has_its_share_of_connections),
		cmocka_unit_test_setup_teardown(a_websocket_may_begin_with_its_connection,
						setup_plain, teardown),
		cmocka_unit_test_setup_teardown(who_is_slow_is_told_so, setup_turned_plain, teardown),
		cmocka_unit_test_setup_teardown(a_handshake_has_its_deadline, setup_turned_tls, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
