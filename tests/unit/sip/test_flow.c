#include "sip/flow.h"
#include "../test.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { TURNS_MAX = 2000, KEPT = 64, TEXT = 512, STALL_MS = 50 };

/* One set of flows on loopback, under a virtual clock, and what it handed over. */
struct bench {
	struct clock_virtual clock;
	struct loop *loop;
	struct flows *flows;
	struct addr addr;
	bool admit;
	size_t messages, gone, asked;
	size_t stall_at;   /* when so many were asked, the loop stalls for STALL_MS … */
	int64_t behind_ms; /* … and is then so far behind */
	char text[KEPT][TEXT];
	struct flow flow[KEPT];
	struct flow last_gone;
};

static void on_message(void *arg, const struct flow *flow, struct view raw)
{
	struct bench *b = arg;

	assert_true(b->messages < KEPT);
	assert_int_equal(raw.p[raw.n], '\0');
	snprintf(b->text[b->messages], TEXT, "%.*s", (int)raw.n, raw.p);
	b->flow[b->messages++] = *flow;
}

static void on_gone(void *arg, const struct flow *flow)
{
	struct bench *b = arg;

	b->gone++;
	b->last_gone = *flow;
}

static bool on_admit(void *arg, const struct addr *)
{
	struct bench *b = arg;

	if (++b->asked == b->stall_at) {
		clock_virtual_advance(&b->clock, STALL_MS * 1000);
		b->behind_ms = flows_behind_ms(b->flows);
	}
	return b->admit;
}

static struct bench *bench_on(const char *listen, const char *public_host)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct flows_conf conf = { .listen = listen, .public_host = public_host,
				   .message = on_message, .gone = on_gone, .admit = on_admit,
				   .arg = b };
	struct err err = {};

	assert_non_null(b);
	b->admit = true;
	clock_virtual_init(&b->clock, 1000000);
	assert_int_equal(loop_new(&b->clock.clock, &b->loop), 0);
	conf.loop = b->loop;
	if (flows_open(&conf, &err, &b->flows))
		fail_msg("%s", err.text);
	assert_int_equal(addr_parse("127.0.0.1:0", &b->addr), 0);
	b->addr = addr_with_port(&b->addr, flows_port(b->flows));
	return b;
}

static struct bench *bench_open(void)
{
	return bench_on("127.0.0.1:0", NULL);
}

static void bench_close(struct bench *b)
{
	flows_close(b->flows);
	loop_free(b->loop);
	free(b);
}

static int peer_open(const struct bench *b, int type)
{
	const int fd = socket(AF_INET, type, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, &b->addr.sa, b->addr.len), 0);
	return fd;
}

static void put(int fd, struct view v)
{
	assert_int_equal(send(fd, v.p, v.n, MSG_NOSIGNAL), (ssize_t)v.n);
}

/* Turns the loop until *count is as wanted; loopback delivers within a few turns. */
static void turn_until(struct bench *b, const size_t *count, size_t wanted)
{
	for (int i = 0; i < TURNS_MAX && *count != wanted; i++)
		loop_turn(b->loop);
	assert_int_equal(*count, wanted);
}

static void turn_some(struct bench *b)
{
	for (int i = 0; i < 20; i++)
		loop_turn(b->loop);
}

/* What the peer got, after turning the loop; "" when the connection was closed. */
static void get(struct bench *b, int fd, char *ret_text, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	for (int i = 0; i < TURNS_MAX && poll(&p, 1, 0) == 0; i++)
		loop_turn(b->loop);
	n = recv(fd, ret_text, size - 1, MSG_DONTWAIT);
	assert_true(n >= 0 || errno == ECONNRESET);
	ret_text[n > 0 ? n : 0] = '\0';
}

static void datagrams_arrive_in_order_and_are_answered(void **)
{
	struct bench *b = bench_open();
	const int fd = peer_open(b, SOCK_DGRAM);
	char text[TEXT];

	for (int i = 0; i < 40; i++) { /* more than one batch */
		snprintf(text, sizeof(text), "message %d", i);
		put(fd, view_str(text));
	}
	turn_until(b, &b->messages, 40);
	assert_string_equal(b->text[0], "message 0");
	assert_string_equal(b->text[39], "message 39");
	assert_int_equal(b->asked, 40);
	assert_int_equal(b->flow[7].transport, FLOW_UDP);
	assert_true(flow_same(&b->flow[0], &b->flow[39]));
	assert_true(flow_alive(b->flows, &b->flow[0]));
	assert_int_equal(flow_send(b->flows, &b->flow[0], VIEW("back")), 0);
	get(b, fd, text, sizeof(text));
	assert_string_equal(text, "back");
	close(fd);
	bench_close(b);
}

/* More than one wake of the loop reads: it is behind until it has read the rest. */
static void what_waits_unread_is_told(void **)
{
	struct bench *b = bench_open();
	const int fd = peer_open(b, SOCK_DGRAM);

	b->admit = false;
	b->stall_at = 100; /* within the first */
	for (int i = 0; i < 300; i++)
		put(fd, VIEW("a datagram"));
	turn_until(b, &b->asked, 300);
	assert_int_equal(b->behind_ms, 0);
	b->stall_at = 600;
	for (int i = 0; i < 300; i++)
		put(fd, VIEW("a datagram"));
	turn_until(b, &b->asked, 600);
	assert_int_equal(b->behind_ms, STALL_MS);
	assert_int_equal(flows_behind_ms(b->flows), 0);
	close(fd);
	bench_close(b);
}

static void an_unwelcome_address_is_dropped(void **)
{
	struct bench *b = bench_open();
	const int udp = peer_open(b, SOCK_DGRAM);
	int tcp;
	char text[TEXT];

	b->admit = false;
	put(udp, VIEW("scan scan scan"));
	turn_until(b, &b->asked, 1);
	tcp = peer_open(b, SOCK_STREAM);
	get(b, tcp, text, sizeof(text));
	assert_string_equal(text, "");
	assert_int_equal(b->asked, 2);
	assert_int_equal(b->messages, 0);
	close(udp);
	close(tcp);
	bench_close(b);
}

static void keep_alives_are_answered_and_not_passed_on(void **)
{
	struct bench *b = bench_open();
	const int udp = peer_open(b, SOCK_DGRAM), tcp = peer_open(b, SOCK_STREAM);
	char text[TEXT];

	put(udp, VIEW("\r\n"));
	put(udp, VIEW("\0"));
	put(udp, VIEW("\r\n\r\n"));
	get(b, udp, text, sizeof(text));
	assert_string_equal(text, "\r\n");
	put(tcp, VIEW("\r\n\r\n"));
	get(b, tcp, text, sizeof(text));
	assert_string_equal(text, "\r\n");
	put(tcp, VIEW("\r\nA\r\nl: 2\r\n\r\nhi"));
	turn_until(b, &b->messages, 1);
	assert_string_equal(b->text[0], "A\r\nl: 2\r\n\r\nhi");
	close(udp);
	close(tcp);
	bench_close(b);
}

static void a_stream_is_cut_at_every_byte(void **)
{
	static const char stream[] = "ONE\r\nContent-Length : 5\r\nX: y\r\n\r\nhello"
				     "\r\nTWO\r\n\r\n"
				     "THREE\r\nl:3\r\ncontent-length: 3\r\n\r\nabc";
	const size_t whole = sizeof(stream) - 1;

	for (size_t cut = 0; cut <= whole; cut++) {
		struct bench *b = bench_open();
		const int fd = peer_open(b, SOCK_STREAM);

		if (cut > 0)
			put(fd, (struct view){ stream, cut });
		turn_some(b);
		if (cut < whole)
			put(fd, (struct view){ stream + cut, whole - cut });
		turn_until(b, &b->messages, 3);
		assert_string_equal(b->text[0], "ONE\r\nContent-Length : 5\r\nX: y\r\n\r\nhello");
		assert_string_equal(b->text[1], "TWO\r\n\r\n");
		assert_string_equal(b->text[2], "THREE\r\nl:3\r\ncontent-length: 3\r\n\r\nabc");
		close(fd);
		bench_close(b);
	}
}

static void check_closed(struct view stream)
{
	struct bench *b = bench_open();
	const int fd = peer_open(b, SOCK_STREAM);

	put(fd, stream);
	turn_until(b, &b->gone, 1);
	assert_int_equal(b->messages, 0);
	close(fd);
	bench_close(b);
}

static void a_stream_that_cannot_be_cut_is_closed(void **)
{
	char *endless = malloc(2 * FLOW_MESSAGE_MAX);

	assert_non_null(endless);
	memset(endless, 'a', 2 * FLOW_MESSAGE_MAX);
	check_closed(VIEW("A\r\nl: 5\r\nContent-Length: 6\r\n\r\n"));
	check_closed(VIEW("A\r\nl: -1\r\n\r\n"));
	check_closed(VIEW("A\r\nl:\r\n\r\n"));
	check_closed(VIEW("A\r\nl: 99999999999999999999\r\n\r\n"));
	check_closed(VIEW("A\r\nl: 65535\r\n\r\n"));
	check_closed((struct view){ endless, 2 * FLOW_MESSAGE_MAX });
	free(endless);
}

static void a_message_that_drips_has_a_deadline(void **)
{
	struct bench *b = bench_open();
	const int fd = peer_open(b, SOCK_STREAM);

	put(fd, VIEW("A\r\n"));
	turn_some(b);
	clock_virtual_advance(&b->clock, (FLOW_TCP_MESSAGE_MS - 1) * INT64_C(1000));
	put(fd, VIEW("B"));
	turn_some(b);
	assert_int_equal(b->gone, 0);
	clock_virtual_advance(&b->clock, 1000);
	turn_until(b, &b->gone, 1);
	close(fd);
	bench_close(b);
}

static void an_idle_connection_ends(void **)
{
	struct bench *b = bench_open();
	const int fd = peer_open(b, SOCK_STREAM);

	put(fd, VIEW("A\r\n\r\n"));
	turn_until(b, &b->messages, 1);
	assert_true(flow_alive(b->flows, &b->flow[0]));
	flow_keep(b->flows, &b->flow[0]);
	clock_virtual_advance(&b->clock, (FLOW_TCP_IDLE_MS - 1) * INT64_C(1000));
	turn_some(b);
	assert_int_equal(b->gone, 0);
	clock_virtual_advance(&b->clock, 1000);
	turn_until(b, &b->gone, 1);
	assert_true(flow_same(&b->last_gone, &b->flow[0]));
	assert_false(flow_alive(b->flows, &b->flow[0]));
	assert_int_equal(flow_send(b->flows, &b->flow[0], VIEW("x")), -ENOTCONN);
	close(fd);
	bench_close(b);
}

/* One is silent, one sends keep-alives, one whole messages, one is kept. */
static void a_stranger_has_its_time_whatever_it_sends(void **)
{
	static const int64_t step_ms = FLOW_TCP_MESSAGE_MS - 1;
	struct bench *b = bench_open();
	int fds[4];

	for (size_t i = 0; i < 4; i++)
		fds[i] = peer_open(b, SOCK_STREAM);
	put(fds[3], VIEW("KEPT\r\n\r\n"));
	turn_until(b, &b->messages, 1);
	flow_keep(b->flows, &b->flow[0]);
	for (int64_t ms = step_ms; ms < FLOW_TCP_STRANGER_MS; ms += step_ms) {
		clock_virtual_advance(&b->clock, step_ms * 1000);
		put(fds[1], VIEW("\r\n\r\n"));
		put(fds[2], VIEW("A\r\n\r\n"));
		turn_some(b);
		assert_int_equal(b->gone, 0);
	}
	put(fds[2], VIEW("A\r\n")); /* a message begun late lives no longer for it */
	turn_some(b);
	clock_virtual_advance(&b->clock, (FLOW_TCP_STRANGER_MS % step_ms) * 1000);
	turn_until(b, &b->gone, 3);
	assert_true(flow_alive(b->flows, &b->flow[0]));
	for (size_t i = 0; i < 4; i++)
		close(fds[i]);
	bench_close(b);
}

static void what_was_sent_goes_out_before_the_end(void **)
{
	struct bench *b = bench_open();
	const int fd = peer_open(b, SOCK_STREAM);
	char text[TEXT] = "";

	put(fd, VIEW("A\r\n\r\n"));
	turn_until(b, &b->messages, 1);
	assert_int_equal(flow_send(b->flows, &b->flow[0], VIEW("BYE")), 0);
	bench_close(b);
	assert_int_equal(recv(fd, text, sizeof(text) - 1, 0), 3);
	assert_string_equal(text, "BYE");
	assert_int_equal(recv(fd, text, sizeof(text), 0), 0);
	close(fd);
}

static void a_peer_that_does_not_read_is_closed(void **)
{
	struct bench *b = bench_open();
	const int fd = peer_open(b, SOCK_STREAM);
	static char block[32 * 1024];
	int rc = 0;

	put(fd, VIEW("A\r\n\r\n"));
	turn_until(b, &b->messages, 1);
	for (int i = 0; i < 1000 && rc == 0; i++) {
		rc = flow_send(b->flows, &b->flow[0], (struct view){ block, sizeof(block) });
		loop_turn(b->loop);
	}
	assert_int_equal(rc, -ENOBUFS);
	turn_until(b, &b->gone, 1);
	close(fd);
	bench_close(b);
}

static void connections_per_host_are_limited(void **)
{
	struct rlimit files;
	struct bench *b;
	static int fds[FLOW_TCP_PER_HOST_MAX + 1];
	char text[TEXT];

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	if (files.rlim_cur < 2 * FLOW_TCP_PER_HOST_MAX + 100)
		skip();
	b = bench_open();
	for (size_t i = 0; i < FLOW_TCP_PER_HOST_MAX + 1; i++) {
		fds[i] = peer_open(b, SOCK_STREAM);
		loop_turn(b->loop);
	}
	turn_until(b, &b->asked, FLOW_TCP_PER_HOST_MAX + 1);
	get(b, fds[FLOW_TCP_PER_HOST_MAX], text, sizeof(text));
	assert_string_equal(text, "");
	put(fds[0], VIEW("A\r\n\r\n"));
	turn_until(b, &b->messages, 1);
	close(fds[0]); /* makes room */
	turn_until(b, &b->gone, 1);
	fds[0] = peer_open(b, SOCK_STREAM);
	put(fds[0], VIEW("B\r\n\r\n"));
	turn_until(b, &b->messages, 2);
	for (size_t i = 0; i < FLOW_TCP_PER_HOST_MAX + 1; i++)
		close(fds[i]);
	bench_close(b);
}

static void we_name_ourselves_as_the_peer_sees_us(void **)
{
	struct flow flow = { .transport = FLOW_UDP };
	char expect[TEXT];
	struct bench *b;
	struct addr local;

	assert_int_equal(addr_parse("127.0.0.1:9", &flow.peer), 0);
	b = bench_on("0.0.0.0:0", NULL);
	snprintf(expect, sizeof(expect), "127.0.0.1:%u", flows_port(b->flows));
	assert_true(view_eq(flow_local(b->flows, &flow), view_str(expect)));
	bench_close(b);

	b = bench_on("127.0.0.1:0", "sip.example.net");
	snprintf(expect, sizeof(expect), "sip.example.net:%u", flows_port(b->flows));
	assert_true(view_eq(flow_local(b->flows, &flow), view_str(expect)));
	local = flow_local_addr(b->flows, &flow);
	assert_true(addr_same_host(&local, &b->addr));
	bench_close(b);

	b = bench_on("127.0.0.1:0", "203.0.113.7");
	snprintf(expect, sizeof(expect), "203.0.113.7:%u", flows_port(b->flows));
	assert_true(view_eq(flow_local(b->flows, &flow), view_str(expect)));
	bench_close(b);
}

static bool have_ipv6(void)
{
	struct addr at;
	int fd;
	bool ok;

	if (addr_parse("[::1]:0", &at) < 0)
		return false;
	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	ok = fd >= 0 && bind(fd, &at.sa, at.len) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

static void a_socket_for_both_families_speaks_to_both(void **)
{
	static const char *const peers[] = { "127.0.0.1:0", "[::1]:0" };
	char text[TEXT], want[TEXT];
	struct bench *b;

	if (!have_ipv6())
		skip();
	b = bench_on("[::]:0", NULL);
	for (size_t i = 0; i < 2; i++) {
		int udp, tcp;

		assert_int_equal(addr_parse(peers[i], &b->addr), 0);
		b->addr = addr_with_port(&b->addr, flows_port(b->flows));
		udp = socket(b->addr.sa.sa_family, SOCK_DGRAM, 0);
		tcp = socket(b->addr.sa.sa_family, SOCK_STREAM, 0);
		assert_int_equal(connect(udp, &b->addr.sa, b->addr.len), 0);
		assert_int_equal(connect(tcp, &b->addr.sa, b->addr.len), 0);
		b->messages = 0;
		put(udp, VIEW("hello hello"));
		turn_until(b, &b->messages, 1);
		put(tcp, VIEW("A\r\n\r\n"));
		turn_until(b, &b->messages, 2);
		for (size_t m = 0; m < 2; m++) {
			assert_int_equal(b->flow[m].peer.sa.sa_family, b->addr.sa.sa_family);
			addr_text(&b->addr, want);
			assert_true(view_eq(flow_local(b->flows, &b->flow[m]), view_str(want)));
			assert_int_equal(flow_send(b->flows, &b->flow[m], VIEW("back")), 0);
			get(b, m == 0 ? udp : tcp, text, sizeof(text));
			assert_string_equal(text, "back");
		}
		close(udp);
		close(tcp);
	}
	bench_close(b);
}

static void a_taken_port_is_said_so(void **)
{
	struct bench *b = bench_open();
	char listen[ADDR_TEXT_MAX];
	struct flows_conf conf = { .loop = b->loop, .listen = listen, .message = on_message };
	struct flows *flows;
	struct err err;

	addr_text(&b->addr, listen);
	assert_int_equal(flows_open(&conf, &err, &flows), -EADDRINUSE);
	assert_non_null(strstr(err.text, listen));
	conf.listen = "somewhere";
	assert_int_equal(flows_open(&conf, &err, &flows), -EINVAL);
	bench_close(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(datagrams_arrive_in_order_and_are_answered),
		cmocka_unit_test(what_waits_unread_is_told),
		cmocka_unit_test(an_unwelcome_address_is_dropped),
		cmocka_unit_test(keep_alives_are_answered_and_not_passed_on),
		cmocka_unit_test(a_stream_is_cut_at_every_byte),
		cmocka_unit_test(a_stream_that_cannot_be_cut_is_closed),
		cmocka_unit_test(a_message_that_drips_has_a_deadline),
		cmocka_unit_test(an_idle_connection_ends),
		cmocka_unit_test(what_was_sent_goes_out_before_the_end),
		cmocka_unit_test(a_stranger_has_its_time_whatever_it_sends),
		cmocka_unit_test(a_peer_that_does_not_read_is_closed),
		cmocka_unit_test(connections_per_host_are_limited),
		cmocka_unit_test(we_name_ourselves_as_the_peer_sees_us),
		cmocka_unit_test(a_socket_for_both_families_speaks_to_both),
		cmocka_unit_test(a_taken_port_is_said_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
