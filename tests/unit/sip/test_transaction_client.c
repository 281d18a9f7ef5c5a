#include "base/rand.h"
#include "base/timer.h"
#include "sip/re.h"
#include "fake_flow.h"

static struct {
	struct clock_virtual clock;
	struct timers timers;
	struct rand_seeded rand;
	struct tx_layer *layer;
	struct flow udp, tcp;
	struct tx_client *tx;
	size_t provisionals, finals, ends;
	unsigned last_code;
	int last_err;
} t;

static void on_request(void *, struct tx_server *, const struct sip_msg *, const struct flow *)
{
	fail();
}

static void on_response(void *arg, struct tx_client *tx, const struct sip_msg *msg, int err)
{
	assert_ptr_equal(arg, &t);
	if (t.tx)
		assert_ptr_equal(tx, t.tx);
	t.last_err = err;
	t.last_code = msg ? msg->scode : 0;
	if (!msg)
		t.ends++;
	else if (msg->scode < 200)
		t.provisionals++;
	else
		t.finals++;
}

static int setup(void **)
{
	memset(&t, 0, sizeof(t));
	memset(&fake, 0, sizeof(fake));
	clock_virtual_init(&t.clock, 0);
	timers_init(&t.timers, &t.clock.clock);
	rand_seeded_init(&t.rand, 1);
	t.udp = fake_peer(FLOW_UDP, "198.51.100.7:40000");
	t.tcp = fake_peer(FLOW_TCP, "198.51.100.7:40001");
	return tx_layer_new(&(struct tx_conf){ .timers = &t.timers, .rand = &t.rand.rand,
					       .server = "vestibule", .request = on_request },
			    &t.layer);
}

static int teardown(void **)
{
	tx_layer_free(t.layer);
	timers_free(&t.timers);
	return 0;
}

static void pass_ms(int64_t ms)
{
	const int64_t end = t.clock.now_us + ms * 1000;

	for (;;) {
		const int64_t wait = timers_wait_us(&t.timers);
		if (wait < 0 || t.clock.now_us + wait > end)
			break;
		clock_virtual_advance(&t.clock, wait);
		timers_run(&t.timers);
	}
	t.clock.now_us = end;
}

static void start_on(const struct flow *flow, const char *method)
{
	char headers[512];

	snprintf(headers, sizeof(headers),
		 "From: <sip:us@h>;tag=u\r\nTo: <sip:p@h>\r\nCall-ID: c\r\nCSeq: 5 %s\r\n"
		 "Route: <sip:r;lr>\r\nContact: <sip:us@192.0.2.1>\r\n",
		 method);
	assert_int_equal(tx_request(t.layer, flow,
				    &(struct tx_out){ method, VIEW("sip:p@10.0.0.9:5070"),
						      view_str(headers), VIEW("sdp") },
				    on_response, &t, &t.tx),
			 0);
}

static void start(const char *method)
{
	start_on(&t.udp, method);
}

/* A response to what was sent `back` messages ago. */
static void respond_to(size_t back, unsigned code, const char *method)
{
	const char *via = strstr(fake_sent(back), "Via: ");
	char text[FAKE_TEXT];

	snprintf(text, sizeof(text),
		 "SIP/2.0 %u Hm\r\n%.*s\r\nFrom: <sip:us@h>;tag=u\r\nTo: <sip:p@h>;tag=p\r\n"
		 "Call-ID: c\r\nCSeq: 5 %s\r\nContact: <sip:phone@10.0.0.9>\r\n"
		 "Content-Length: 0\r\n\r\n",
		 code, (int)strcspn(via, "\r"), via, method);
	assert_int_equal(tx_layer_message(t.layer, &t.udp, view_str(text)), 0);
}

static void a_request_is_whole(void **)
{
	const char *sent;

	start("INVITE");
	sent = fake_sent(0);
	assert_starts(sent, "INVITE sip:p@10.0.0.9:5070 SIP/2.0\r\n"
			    "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK");
	assert_has(sent, ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:us@h>;tag=u\r\n");
	assert_has(sent, "User-Agent: vestibule\r\nContent-Length: 3\r\n\r\nsdp");
	start_on(&t.tcp, "BYE");
	assert_has(fake_sent(0), "Via: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK");
}

static void an_invite_is_repeated_and_given_up(void **)
{
	start("INVITE");
	pass_ms(TX_TIMEOUT_MS - 1);
	assert_int_equal(fake.n, 7); /* 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s */
	assert_int_equal(t.ends, 0);
	pass_ms(1);
	assert_int_equal(t.ends, 1);
	assert_int_equal(t.last_err, -ETIMEDOUT);
}

static void another_request_is_repeated_every_four_seconds(void **)
{
	start("BYE");
	pass_ms(TX_TIMEOUT_MS);
	assert_int_equal(fake.n, 11); /* section 17.1.2.2 */
	assert_int_equal(t.last_err, -ETIMEDOUT);
}

static void tcp_repeats_nothing_but_gives_up(void **)
{
	start_on(&t.tcp, "INVITE");
	pass_ms(TX_TIMEOUT_MS);
	assert_int_equal(fake.n, 1);
	assert_int_equal(t.last_err, -ETIMEDOUT);
}

static void ringing_stops_the_repetition(void **)
{
	start("INVITE");
	respond_to(0, 180, "INVITE");
	pass_ms(120000);
	assert_int_equal(fake.n, 1);
	assert_int_equal(t.provisionals, 1);
	assert_int_equal(t.ends, 0);
}

static void every_2xx_of_an_invite_reaches_the_user(void **)
{
	start("INVITE");
	respond_to(0, 200, "INVITE");
	respond_to(0, 200, "INVITE");
	assert_int_equal(t.finals, 2);
	assert_int_equal(fake.n, 1);
	pass_ms(TX_TIMEOUT_MS);
	assert_int_equal(t.ends, 1);
	assert_int_equal(t.last_err, 0);
}

static void a_refusal_is_acknowledged_each_time(void **)
{
	char branch[64];

	start("INVITE");
	snprintf(branch, sizeof(branch), "%.31s", strstr(fake_sent(0), "z9hG4bK"));
	respond_to(0, 486, "INVITE");
	assert_int_equal(t.finals, 1);
	assert_int_equal(fake.n, 2);
	assert_starts(fake_sent(0), "ACK sip:p@10.0.0.9:5070 SIP/2.0\r\nVia: ");
	assert_has(fake_sent(0), branch);
	assert_has(fake_sent(0), "To: <sip:p@h>;tag=p\r\n");
	assert_has(fake_sent(0), "CSeq: 5 ACK\r\n");
	assert_has(fake_sent(0), "Route: <sip:r;lr>\r\n");
	assert_has(fake_sent(0), "Content-Length: 0\r\n\r\n");
	assert_has_not(fake_sent(0), "Contact");
	respond_to(1, 486, "INVITE");
	assert_int_equal(t.finals, 1);
	assert_int_equal(fake.n, 3);
	assert_string_equal(fake_sent(0), fake_sent(1));
	pass_ms(TX_TIMEOUT_MS);
	respond_to(2, 486, "INVITE");
	assert_int_equal(fake.n, 3);
	assert_int_equal(t.ends, 0);
}

static void a_final_answer_ends_another_request(void **)
{
	start("BYE");
	respond_to(0, 100, "BYE");
	assert_int_equal(t.provisionals, 1);
	respond_to(0, 200, "BYE");
	respond_to(0, 200, "BYE");
	assert_int_equal(t.finals, 1);
	pass_ms(TX_TIMEOUT_MS);
	assert_int_equal(fake.n, 1);
	assert_int_equal(t.ends, 0);
}

static void a_cancel_waits_for_a_provisional(void **)
{
	char branch[64];

	start("INVITE");
	snprintf(branch, sizeof(branch), "%.31s", strstr(fake_sent(0), "z9hG4bK"));
	assert_int_equal(tx_cancel(t.tx, VIEW("Reason: SIP;cause=200\r\n")), 0);
	assert_int_equal(tx_cancel(t.tx, (struct view){}), 0);
	assert_int_equal(fake.n, 1);
	respond_to(0, 100, "INVITE");
	assert_int_equal(fake.n, 2);
	assert_starts(fake_sent(0), "CANCEL sip:p@10.0.0.9:5070 SIP/2.0\r\nVia: ");
	assert_has(fake_sent(0), branch);
	assert_has(fake_sent(0), "To: <sip:p@h>\r\n");
	assert_has(fake_sent(0), "CSeq: 5 CANCEL\r\n");
	assert_has(fake_sent(0), "Reason: SIP;cause=200\r\n");
	respond_to(0, 200, "CANCEL");
	assert_int_equal(t.finals, 0);
	respond_to(1, 487, "INVITE");
	assert_int_equal(t.last_code, 487);
	assert_starts(fake_sent(0), "ACK ");
	assert_int_equal(tx_cancel(t.tx, (struct view){}), -EALREADY);
}

static void a_cancel_that_nobody_hears_ends_the_invite(void **)
{
	start("INVITE");
	respond_to(0, 180, "INVITE");
	assert_int_equal(tx_cancel(t.tx, (struct view){}), 0);
	pass_ms(TX_TIMEOUT_MS);
	assert_int_equal(t.last_err, -ETIMEDOUT);
	assert_int_equal(fake.n, 1 + 11);
}

static void a_forgotten_invite_is_cancelled(void **)
{
	start("INVITE");
	respond_to(0, 180, "INVITE");
	tx_client_forget(t.tx);
	assert_starts(fake_sent(0), "CANCEL ");
	respond_to(1, 487, "INVITE");
	assert_starts(fake_sent(0), "ACK ");
	assert_int_equal(t.finals, 0);
}

static void a_forgotten_invite_that_is_answered_is_hung_up(void **)
{
	start("INVITE");
	respond_to(0, 180, "INVITE");
	tx_client_forget(t.tx);
	respond_to(1, 200, "INVITE");
	assert_int_equal(fake.n, 4);
	assert_starts(fake_sent(1), "ACK sip:phone@10.0.0.9 SIP/2.0\r\n");
	assert_has(fake_sent(1), "CSeq: 5 ACK\r\n");
	assert_starts(fake_sent(0), "BYE sip:phone@10.0.0.9 SIP/2.0\r\n");
	assert_has(fake_sent(0), "CSeq: 6 BYE\r\n");
	respond_to(3, 200, "INVITE");
	assert_int_equal(fake.n, 5);
	assert_starts(fake_sent(0), "ACK ");
	pass_ms(2 * TX_TIMEOUT_MS);
	assert_int_equal(t.ends, 0);
}

static void the_end_of_a_connection_is_told(void **)
{
	start_on(&t.tcp, "INVITE");
	tx_layer_flow_gone(t.layer, &t.tcp);
	assert_int_equal(t.last_err, -ENOTCONN);
	assert_int_equal(t.ends, 1);
	fake.fail = -ENOTCONN;
	assert_int_equal(tx_request(t.layer, &t.tcp,
				    &(struct tx_out){ .method = "BYE", .uri = VIEW("sip:p@h") },
				    on_response, &t, &t.tx),
			 -ENOTCONN);
	assert_int_equal(t.ends, 1);
}

static void a_lost_packet_is_no_error(void **)
{
	fake.fail = -ENOBUFS;
	start("INVITE");
	fake.fail = 0;
	pass_ms(TX_T1_MS);
	assert_int_equal(fake.n, 1);
	respond_to(0, 200, "INVITE");
	assert_int_equal(t.finals, 1);
}

static void the_ack_of_an_answer_has_its_own_branch(void **)
{
	char branch[64];

	start("INVITE");
	snprintf(branch, sizeof(branch), "%.31s", strstr(fake_sent(0), "z9hG4bK"));
	assert_int_equal(tx_ack(t.layer, &t.udp,
				&(struct tx_out){ .method = "ACK", .uri = VIEW("sip:p@h"),
						  .headers = VIEW("CSeq: 5 ACK\r\n") }),
			 0);
	assert_starts(fake_sent(0), "ACK sip:p@h SIP/2.0\r\n");
	assert_has_not(fake_sent(0), branch);
}

static void strangers_are_ignored(void **)
{
	start("INVITE");
	respond_to(0, 200, "BYE");
	assert_int_equal(tx_layer_message(t.layer, &t.udp,
					  VIEW("SIP/2.0 200 OK\r\n"
					       "Via: SIP/2.0/UDP x;branch=z9hG4bKother\r\n"
					       "From: <sip:us@h>;tag=u\r\nTo: <sip:p@h>;tag=p\r\n"
					       "Call-ID: c\r\nCSeq: 5 INVITE\r\n\r\n")),
			 0);
	assert_int_equal(t.finals, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_whole),
		TEST(an_invite_is_repeated_and_given_up),
		TEST(another_request_is_repeated_every_four_seconds),
		TEST(tcp_repeats_nothing_but_gives_up),
		TEST(ringing_stops_the_repetition),
		TEST(every_2xx_of_an_invite_reaches_the_user),
		TEST(a_refusal_is_acknowledged_each_time),
		TEST(a_final_answer_ends_another_request),
		TEST(a_cancel_waits_for_a_provisional),
		TEST(a_cancel_that_nobody_hears_ends_the_invite),
		TEST(a_forgotten_invite_is_cancelled),
		TEST(a_forgotten_invite_that_is_answered_is_hung_up),
		TEST(the_end_of_a_connection_is_told),
		TEST(a_lost_packet_is_no_error),
		TEST(the_ack_of_an_answer_has_its_own_branch),
		TEST(strangers_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
