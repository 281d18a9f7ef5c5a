/* SIP over TLS on loopback, under a virtual clock. What is cut out of the stream: test_flow.c. */
#include "io/tls.h"
#include "sip/flow.h"
#include "../io/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>

enum { TURNS_MAX = 2000, TEXT = 512, TICK_MS = 100, PER_TICK = FLOW_TLS_RATE * TICK_MS / 1000 };

static struct {
	struct clock_virtual clock;
	struct loop *loop;
	struct certificate certificate;
	struct tls *tls;
	struct flows *flows;
	struct addr addr;
	size_t messages, gone, asked;
	char text[TEXT]; /* the last message */
	struct flow flow;
} t;

struct peer {
	int fd;
	SSL *ssl;
};

static void on_message(void *, const struct flow *flow, struct view raw)
{
	snprintf(t.text, TEXT, "%.*s", (int)raw.n, raw.p);
	t.flow = *flow;
	t.messages++;
}

static void on_gone(void *, const struct flow *)
{
	t.gone++;
}

static bool on_admit(void *, const struct addr *)
{
	t.asked++;
	return true;
}

static int setup(void **)
{
	struct flows_conf conf = { .listen = "127.0.0.1:0",
				   .listen_tls = "127.0.0.1:0",
				   .message = on_message,
				   .gone = on_gone,
				   .admit = on_admit };
	struct tls_conf tls = { .option = "tls" };
	struct err err = {};

	memset(&t, 0, sizeof(t));
	certificate_make(&t.certificate, 1, NULL);
	tls.certificate = t.certificate.certificate;
	tls.key = t.certificate.key;
	assert_int_equal(tls_open(&tls, &err, &t.tls), 0);
	clock_virtual_init(&t.clock, 1000000);
	assert_int_equal(loop_new(&t.clock.clock, &t.loop), 0);
	conf.loop = t.loop;
	conf.tls = t.tls;
	if (flows_open(&conf, &err, &t.flows))
		fail_msg("%s", err.text);
	assert_int_equal(addr_parse("127.0.0.1:0", &t.addr), 0);
	t.addr = addr_with_port(&t.addr, flows_port_tls(t.flows));
	return 0;
}

static int teardown(void **)
{
	flows_close(t.flows);
	tls_free(t.tls);
	loop_free(t.loop);
	certificate_remove(&t.certificate);
	return 0;
}

static int plain_open(void)
{
	const int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)), 0);
	assert_int_equal(connect(fd, &t.addr.sa, t.addr.len), 0); /* the system's queue takes it */
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* Loopback delivers within a few turns. */
static void turn_until(const size_t *count, size_t wanted)
{
	for (int i = 0; i < TURNS_MAX && *count != wanted; i++)
		loop_turn(t.loop);
	assert_int_equal(*count, wanted);
}

static void turn_some(void)
{
	for (int i = 0; i < 50; i++)
		loop_turn(t.loop);
}

/* One step of OpenSSL after another, the loop between them. False: the peer ended it. */
static bool step(SSL *ssl, int rc, bool *ret_done)
{
	const int error = SSL_get_error(ssl, rc);

	*ret_done = rc > 0;
	if (rc <= 0 && error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
		return false;
	loop_turn(t.loop);
	return true;
}

static struct peer peer_open(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	const struct peer p = { plain_open(), SSL_new(ctx) };
	bool done = false;

	SSL_CTX_free(ctx);
	SSL_set_fd(p.ssl, p.fd);
	for (int i = 0; i < TURNS_MAX && !done; i++) {
		ERR_clear_error();
		assert_true(step(p.ssl, SSL_connect(p.ssl), &done));
	}
	assert_true(done);
	return p;
}

static void peer_close(struct peer p)
{
	SSL_free(p.ssl);
	close(p.fd);
}

static void put(struct peer p, struct view v)
{
	assert_int_equal(SSL_write(p.ssl, v.p, (int)v.n), (int)v.n);
}

/* "" when the server said that it ends. */
static void get(struct peer p, char *ret_text)
{
	bool done = false;
	int rc = 0;

	for (int i = 0; i < TURNS_MAX && !done; i++) {
		ERR_clear_error();
		rc = SSL_read(p.ssl, ret_text, TEXT - 1);
		if (!step(p.ssl, rc, &done))
			break;
	}
	if (rc <= 0)
		assert_int_equal(SSL_get_error(p.ssl, rc), SSL_ERROR_ZERO_RETURN);
	ret_text[rc > 0 ? rc : 0] = '\0';
}

static void messages_come_and_go(void **)
{
	const struct peer p = peer_open();
	char text[TEXT], want[TEXT];

	put(p, VIEW("A\r\nl: 2\r\n\r\nhi"));
	turn_until(&t.messages, 1);
	assert_string_equal(t.text, "A\r\nl: 2\r\n\r\nhi");
	assert_int_equal(t.flow.transport, FLOW_TLS);
	assert_true(flow_alive(t.flows, &t.flow));
	assert_int_equal(flow_send(t.flows, &t.flow, VIEW("back")), 0);
	get(p, text);
	assert_string_equal(text, "back");
	put(p, VIEW("\r\n\r\n"));
	get(p, text);
	assert_string_equal(text, "\r\n");
	addr_text(&t.addr, want);
	assert_true(view_eq(flow_local(t.flows, &t.flow), view_str(want)));
	assert_int_not_equal(flows_port(t.flows), flows_port_tls(t.flows));
	assert_int_equal(flows_stats(t.flows).secure, 1);
	flow_close(t.flows, &t.flow);
	turn_until(&t.gone, 1);
	get(p, text);
	assert_string_equal(text, "");
	assert_int_equal(flow_send(t.flows, &t.flow, VIEW("x")), -ENOTCONN);
	assert_int_equal(flows_stats(t.flows).secure, 0);
	peer_close(p);
}

static void a_stranger_has_its_time_and_a_device_more(void **)
{
	const struct peer stranger = peer_open(), device = peer_open();

	put(device, VIEW("A\r\n\r\n"));
	turn_until(&t.messages, 1);
	flow_keep(t.flows, &t.flow);
	clock_virtual_advance(&t.clock, FLOW_TLS_HANDSHAKE_MS * INT64_C(1000));
	turn_some();
	assert_int_equal(t.gone, 0); /* the handshake's deadline went with it */
	clock_virtual_advance(&t.clock,
			      (FLOW_TCP_STRANGER_MS - FLOW_TLS_HANDSHAKE_MS) * INT64_C(1000));
	turn_until(&t.gone, 1);
	assert_true(flow_alive(t.flows, &t.flow));
	assert_int_equal(flows_stats(t.flows).handshakes_failed, 0);
	peer_close(stranger);
	peer_close(device);
}

static void what_was_sent_goes_out_before_the_end(void **)
{
	const struct peer p = peer_open();
	char text[TEXT];

	put(p, VIEW("A\r\n\r\n"));
	turn_until(&t.messages, 1);
	assert_int_equal(flow_send(t.flows, &t.flow, VIEW("BYE")), 0);
	flows_close(t.flows);
	t.flows = NULL;
	get(p, text);
	assert_string_equal(text, "BYE");
	get(p, text);
	assert_string_equal(text, "");
	peer_close(p);
}

static void plain_sip_is_no_handshake(void **)
{
	static const char plain[] = "REGISTER sip:r SIP/2.0\r\nl: 0\r\n\r\n";
	const int fd = plain_open();

	assert_int_equal(send(fd, plain, sizeof(plain) - 1, MSG_NOSIGNAL), sizeof(plain) - 1);
	turn_until(&t.gone, 1);
	assert_int_equal(t.messages, 0);
	assert_int_equal(flows_stats(t.flows).handshakes_failed, 1);
	close(fd);
	peer_close(peer_open());
}

static void a_slow_handshake_has_a_deadline(void **)
{
	const int fd = plain_open();

	turn_until(&t.asked, 1);
	clock_virtual_advance(&t.clock, (FLOW_TLS_HANDSHAKE_MS - 1) * INT64_C(1000));
	assert_int_equal(send(fd, "\x16\x03\x01\x02", 4, MSG_NOSIGNAL), 4);
	turn_some();
	assert_int_equal(t.gone, 0);
	clock_virtual_advance(&t.clock, 1000);
	turn_until(&t.gone, 1);
	assert_int_equal(flows_stats(t.flows).handshakes_failed, 1);
	close(fd);
}

static void who_leaves_in_the_handshake_is_forgotten(void **)
{
	const int fd = plain_open();

	assert_int_equal(send(fd, "\x16\x03\x01", 3, MSG_NOSIGNAL), 3);
	turn_until(&t.asked, 1);
	close(fd);
	turn_until(&t.gone, 1);
	assert_int_equal(flows_stats(t.flows).connections, 0);
}

/* Of those that come together, the loop takes so many at a time; the others wait. */
static void handshakes_are_paced(void **)
{
	int fds[PER_TICK + 5];

	for (size_t i = 0; i < PER_TICK + 5; i++)
		fds[i] = plain_open();
	turn_some();
	assert_int_equal(t.asked, PER_TICK);
	clock_virtual_advance(&t.clock, (TICK_MS - 1) * INT64_C(1000));
	turn_some();
	assert_int_equal(t.asked, PER_TICK);
	clock_virtual_advance(&t.clock, 1000);
	turn_until(&t.asked, PER_TICK + 5);
	assert_int_equal(t.gone, 0);
	for (size_t i = 0; i < PER_TICK + 5; i++)
		close(fds[i]);
}

static void one_host_has_so_many_under_way(void **)
{
	int fds[FLOW_TLS_PENDING_PER_HOST];
	char byte;
	int more;

	for (size_t i = 0; i < FLOW_TLS_PENDING_PER_HOST; i++) {
		if (i % PER_TICK == 0)
			clock_virtual_advance(&t.clock, TICK_MS * INT64_C(1000));
		fds[i] = plain_open();
		turn_until(&t.asked, i + 1);
	}
	clock_virtual_advance(&t.clock, TICK_MS * INT64_C(1000));
	more = plain_open();
	turn_some();
	assert_int_equal(recv(more, &byte, 1, 0), 0);
	close(more);
	close(fds[0]); /* makes room */
	turn_until(&t.gone, 1);
	peer_close(peer_open());
	for (size_t i = 1; i < FLOW_TLS_PENDING_PER_HOST; i++)
		close(fds[i]);
}

static void a_taken_port_is_said_so(void **)
{
	char listen[ADDR_TEXT_MAX];
	struct flows_conf conf = { .loop = t.loop,
				   .listen = "127.0.0.1:0",
				   .listen_tls = listen,
				   .tls = t.tls,
				   .message = on_message };
	struct flows *flows;
	struct err err;

	addr_text(&t.addr, listen);
	assert_int_equal(flows_open(&conf, &err, &flows), -EADDRINUSE);
	assert_non_null(strstr(err.text, "cannot listen for SIP over TLS on 127.0.0.1:"));
	conf.listen_tls = "somewhere";
	assert_int_equal(flows_open(&conf, &err, &flows), -EINVAL);
}

static void transports_have_names(void **)
{
	enum flow_transport transport = FLOW_UDP;

	assert_string_equal(flow_transport_name(FLOW_TLS), "tls");
	assert_true(flow_transport_read(VIEW("tls"), &transport));
	assert_int_equal(transport, FLOW_TLS);
	assert_true(flow_transport_read(VIEW("udp"), &transport));
	assert_int_equal(transport, FLOW_UDP);
	assert_false(flow_transport_read(VIEW("sctp"), &transport));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(messages_come_and_go, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stranger_has_its_time_and_a_device_more, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_was_sent_goes_out_before_the_end, setup,
						teardown),
		cmocka_unit_test_setup_teardown(plain_sip_is_no_handshake, setup, teardown),
		cmocka_unit_test_setup_teardown(a_slow_handshake_has_a_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(who_leaves_in_the_handshake_is_forgotten, setup,
						teardown),
		cmocka_unit_test_setup_teardown(handshakes_are_paced, setup, teardown),
		cmocka_unit_test_setup_teardown(one_host_has_so_many_under_way, setup, teardown),
		cmocka_unit_test_setup_teardown(a_taken_port_is_said_so, setup, teardown),
		cmocka_unit_test(transports_have_names),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
