#include "base/rand.h"
#include "base/timer.h"
#include "sip/re.h"
#include "fake_flow.h"

#define INVITE_TAIL                                                                                \
	"From: <sip:1@h>;tag=f\r\nTo: <sip:2@h>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n"              \
	"Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nContent-Length: 0\r\n\r\n"
#define VIA(branch) "Via: SIP/2.0/UDP 10.0.0.9:5070;branch=z9hG4bK" branch ";rport\r\n"
#define INVITE      "INVITE sip:2@h SIP/2.0\r\n" VIA("a") INVITE_TAIL
#define OPTIONS                                                                                    \
	"OPTIONS sip:2@h SIP/2.0\r\n" VIA("o")                                                     \
	"From: <sip:1@h>;tag=f\r\nTo: <sip:2@h>\r\nCall-ID: c2\r\nCSeq: 7 OPTIONS\r\n\r\n"

static struct {
	struct clock_virtual clock;
	struct timers timers;
	struct rand_seeded rand;
	struct tx_layer *layer;
	struct flow udp, tcp;
	struct tx_server *tx;
	size_t requests, acks, screened, cancelled, ended;
	bool screen;
	unsigned reply; /* at once, when not 0 */
} t;

static void on_request(void *, struct tx_server *tx, const struct sip_msg *msg, const struct flow *)
{
	assert_non_null(msg);
	if (!tx) {
		t.acks++;
		return;
	}
	t.requests++;
	t.tx = tx;
	if (t.reply)
		assert_int_equal(tx_reply(tx, t.reply, "Reply", VIEW("X-Own: 1\r\n"), VIEW("body")), 0);
}

static bool on_screen(void *, const struct sip_msg *msg, const struct flow *flow)
{
	t.screened++;
	if (!t.screen)
		assert_int_equal(tx_reply_stateless(t.layer, msg, flow, 401, "Unauthorized",
						    VIEW("X-Own: 1\r\n")),
				 0);
	return t.screen;
}

static void on_cancelled(void *, struct tx_server *tx, const struct sip_msg *cancel)
{
	t.cancelled++;
	assert_ptr_equal(tx, t.tx);
	assert_int_equal(pl_strcmp(&cancel->met, "CANCEL"), 0);
}

static void on_ended(void *, struct tx_server *tx)
{
	assert_ptr_equal(tx, t.tx);
	t.ended++;
}

static const struct tx_server_handlers handlers = { on_cancelled, on_ended };

static int setup(void **)
{
	memset(&t, 0, sizeof(t));
	memset(&fake, 0, sizeof(fake));
	clock_virtual_init(&t.clock, 0);
	timers_init(&t.timers, &t.clock.clock);
	rand_seeded_init(&t.rand, 1);
	t.udp = fake_peer(FLOW_UDP, "198.51.100.7:40000");
	t.tcp = fake_peer(FLOW_TCP, "198.51.100.7:40001");
	t.screen = true;
	return tx_layer_new(&(struct tx_conf){ .timers = &t.timers, .rand = &t.rand.rand,
					       .server = "vestibule", .request = on_request,
					       .screen = on_screen },
			    &t.layer);
}

static int teardown(void **)
{
	tx_layer_free(t.layer);
	timers_free(&t.timers);
	return 0;
}

static int feed_on(const struct flow *flow, const char *text)
{
	return tx_layer_message(t.layer, flow, view_str(text));
}

static void feed(const char *text)
{
	assert_int_equal(feed_on(&t.udp, text), 0);
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

static int reply(unsigned code)
{
	return tx_reply(t.tx, code, "Reply", (struct view){}, (struct view){});
}

static void a_reply_repeats_what_it_must(void **)
{
	t.reply = 200;
	feed(OPTIONS);
	assert_string_equal(fake_sent(0),
			    "SIP/2.0 200 Reply\r\n"
			    "Via: SIP/2.0/UDP 10.0.0.9:5070;branch=z9hG4bKo"
			    ";received=198.51.100.7;rport=40000\r\n"
			    "From: <sip:1@h>;tag=f\r\nTo: <sip:2@h>;tag=5e5532fbeea293f8\r\n"
			    "Call-ID: c2\r\nCSeq: 7 OPTIONS\r\nX-Own: 1\r\n"
			    "Server: vestibule\r\nContent-Length: 4\r\n\r\nbody");
	assert_true(flow_same(&fake.flow[0], &t.udp));
}

static void a_repeated_request_gets_the_last_reply(void **)
{
	char first[FAKE_TEXT];

	t.reply = 200;
	feed(OPTIONS);
	snprintf(first, sizeof(first), "%s", fake_sent(0));
	feed(OPTIONS);
	assert_int_equal(t.requests, 1);
	assert_int_equal(t.screened, 1);
	assert_int_equal(fake.n, 2);
	assert_string_equal(fake_sent(0), first);
	pass_ms(TX_TIMEOUT_MS); /* timer J: it is a new request after that */
	feed(OPTIONS);
	assert_int_equal(t.requests, 2);
}

static void a_request_nobody_answers_is_let_go(void **)
{
	feed(OPTIONS);
	tx_server_use(t.tx, &handlers, NULL);
	feed(OPTIONS);
	assert_int_equal(fake.n, 0);
	pass_ms(TX_TIMEOUT_MS - 1);
	assert_int_equal(t.ended, 0);
	pass_ms(1);
	assert_int_equal(t.ended, 1);
}

static void the_same_branch_from_another_house_is_another_request(void **)
{
	const struct flow other = fake_peer(FLOW_UDP, "198.51.100.8:40000");

	feed(INVITE);
	assert_int_equal(feed_on(&other, INVITE), 0);
	assert_int_equal(t.requests, 2);
}

static void an_invite_unanswered_gets_trying(void **)
{
	feed(INVITE);
	assert_starts(fake_sent(0), "SIP/2.0 100 Trying\r\n");
	assert_has_not(fake_sent(0), "Record-Route");
	feed(INVITE);
	assert_int_equal(fake.n, 2);
	assert_int_equal(reply(180), 0);
	assert_has(fake_sent(0), "Record-Route: <sip:p1;lr>\r\nRecord-Route: <sip:p2;lr>\r\n");
	feed(INVITE);
	assert_starts(fake_sent(0), "SIP/2.0 180 ");
}

static void an_accepted_invite_swallows_repetitions(void **)
{
	feed(INVITE);
	tx_server_use(t.tx, &handlers, NULL);
	assert_int_equal(reply(200), 0);
	assert_has(fake_sent(0), "Record-Route");
	feed(INVITE);
	assert_int_equal(fake.n, 2);
	assert_int_equal(reply(200), 0); /* its repetition is ours to send */
	assert_int_equal(fake.n, 3);
	assert_int_equal(reply(486), -EALREADY);
	assert_int_equal(reply(180), -EALREADY);
	feed("ACK sip:2@h SIP/2.0\r\n" VIA("ack")
	     "From: <sip:1@h>;tag=f\r\nTo: <sip:2@h>;tag=x\r\nCall-ID: c1\r\nCSeq: 1 ACK\r\n\r\n");
	assert_int_equal(t.acks, 1);
	pass_ms(TX_TIMEOUT_MS - 1);
	assert_int_equal(t.ended, 0);
	pass_ms(1);
	assert_int_equal(t.ended, 1);
}

#define ACK_OF_INVITE                                                                              \
	"ACK sip:2@h SIP/2.0\r\n" VIA("a")                                                         \
	"From: <sip:1@h>;tag=f\r\nTo: <sip:2@h>;tag=x\r\nCall-ID: c1\r\nCSeq: 1 ACK\r\n\r\n"

static void a_refused_invite_waits_for_its_ack(void **)
{
	size_t sent;

	feed(INVITE);
	tx_server_use(t.tx, &handlers, NULL);
	assert_int_equal(reply(486), 0);
	pass_ms(499);
	assert_int_equal(fake.n, 2);
	pass_ms(1 + 1000 + 2000); /* timer G: 0.5, 1, 2 s … */
	assert_int_equal(fake.n, 5);
	assert_starts(fake_sent(0), "SIP/2.0 486 ");
	feed(ACK_OF_INVITE);
	sent = fake.n;
	pass_ms(TX_T4_MS - 1);
	feed(ACK_OF_INVITE); /* swallowed */
	assert_int_equal(t.acks, 0);
	assert_int_equal(t.ended, 0);
	pass_ms(1);
	assert_int_equal(t.ended, 1);
	assert_int_equal(fake.n, sent);
}

static void a_refusal_without_ack_is_given_up(void **)
{
	feed(INVITE);
	tx_server_use(t.tx, &handlers, NULL);
	assert_int_equal(reply(486), 0);
	pass_ms(TX_TIMEOUT_MS);
	assert_int_equal(t.ended, 1);
	assert_int_equal(fake.n, 2 + 10); /* 0.5 1.5 3.5 7.5 11.5 … 31.5 s */
}

static void tcp_repeats_nothing(void **)
{
	assert_int_equal(feed_on(&t.tcp, INVITE), 0);
	tx_server_use(t.tx, &handlers, NULL);
	assert_int_equal(reply(486), 0);
	pass_ms(TX_TIMEOUT_MS - 1);
	assert_int_equal(fake.n, 2);
	assert_int_equal(feed_on(&t.tcp, ACK_OF_INVITE), 0);
	pass_ms(0);
	assert_int_equal(t.ended, 1);
}

static void the_end_of_a_connection_ends_its_transactions(void **)
{
	assert_int_equal(feed_on(&t.tcp, INVITE), 0);
	tx_server_use(t.tx, &handlers, NULL);
	tx_layer_flow_gone(t.layer, &t.tcp);
	assert_int_equal(t.ended, 1);
	tx_layer_flow_gone(t.layer, &t.tcp);
	assert_int_equal(t.ended, 1);
}

#define CANCEL                                                                                     \
	"CANCEL sip:2@h SIP/2.0\r\n" VIA("a")                                                      \
	"From: <sip:1@h>;tag=f\r\nTo: <sip:2@h>\r\nCall-ID: c1\r\nCSeq: 1 CANCEL\r\n\r\n"

static void a_cancel_finds_its_invite_by_branch(void **)
{
	char want[64];

	feed(CANCEL);
	assert_starts(fake_sent(0), "SIP/2.0 481 ");
	feed(INVITE);
	tx_server_use(t.tx, &handlers, NULL);
	feed(CANCEL);
	assert_int_equal(t.cancelled, 1);
	assert_starts(fake_sent(0), "SIP/2.0 200 OK\r\n");
	assert_has(fake_sent(0), "CSeq: 1 CANCEL\r\n");
	snprintf(want, sizeof(want), "To: <sip:2@h>;tag=%s\r\n", tx_server_tag(t.tx).p);
	assert_has(fake_sent(0), want);
	feed(CANCEL);
	assert_int_equal(t.cancelled, 1);
	assert_int_equal(reply(487), 0);
	assert_has(fake_sent(0), want);
	feed(CANCEL);
	assert_starts(fake_sent(0), "SIP/2.0 200 OK\r\n");
}

static void a_cancel_without_user_is_487(void **)
{
	feed(INVITE);
	feed(CANCEL);
	assert_starts(fake_sent(0), "SIP/2.0 487 ");
	assert_starts(fake_sent(1), "SIP/2.0 200 ");
}

static void a_forgotten_invite_is_500(void **)
{
	feed(INVITE);
	tx_server_use(t.tx, &handlers, NULL);
	tx_server_forget(t.tx);
	assert_starts(fake_sent(0), "SIP/2.0 500 ");
	pass_ms(TX_TIMEOUT_MS);
	assert_int_equal(t.ended, 0);
}

static void an_invite_cannot_ring_for_ever(void **)
{
	feed(INVITE);
	tx_server_use(t.tx, &handlers, NULL);
	pass_ms(TX_PROCEEDING_MS - 1);
	assert_int_equal(reply(180), 0);
	pass_ms(TX_PROCEEDING_MS - 1);
	assert_int_equal(fake.n, 2);
	pass_ms(1);
	assert_starts(fake_sent(0), "SIP/2.0 408 ");
	pass_ms(TX_TIMEOUT_MS);
	assert_int_equal(t.ended, 1);
}

static void a_screened_request_makes_no_transaction(void **)
{
	char ack[FAKE_TEXT];
	const char *tag;

	t.screen = false;
	feed(INVITE);
	feed(INVITE);
	assert_int_equal(t.requests, 0);
	assert_int_equal(t.screened, 2);
	assert_starts(fake_sent(0), "SIP/2.0 401 Unauthorized\r\n");
	assert_has(fake_sent(0), "X-Own: 1\r\n");
	assert_string_equal(fake_sent(0), fake_sent(1));
	tag = strstr(fake_sent(0), "<sip:2@h>;tag=");
	assert_non_null(tag);
	/* The ACK of a stateless refusal is known by its tag. */
	snprintf(ack, sizeof(ack),
		 "ACK sip:2@h SIP/2.0\r\n" VIA("a") "From: <sip:1@h>;tag=f\r\n"
		 "To: %.30s\r\nCall-ID: c1\r\nCSeq: 1 ACK\r\n\r\n",
		 tag);
	feed(ack);
	assert_int_equal(t.acks, 0);
	feed(ACK_OF_INVITE);
	assert_int_equal(t.acks, 1);
}

static void replies_go_to_the_sent_by_port_without_nat_and_rport(void **)
{
	t.reply = 200;
	feed("OPTIONS sip:2@h SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bKq\r\n"
	     "From: <sip:1@h>;tag=f\r\nTo: <sip:2@h>\r\nCall-ID: c2\r\nCSeq: 7 OPTIONS\r\n\r\n");
	assert_int_equal(addr_port(&fake.flow[0].peer), 5070);
	feed("OPTIONS sip:2@h SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKr\r\n"
	     "From: <sip:1@h>;tag=f\r\nTo: <sip:2@h>\r\nCall-ID: c2\r\nCSeq: 7 OPTIONS\r\n\r\n");
	assert_int_equal(addr_port(&fake.flow[1].peer), 5060);
	feed("OPTIONS sip:2@h SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5070;branch=z9hG4bKs\r\n"
	     "From: <sip:1@h>;tag=f\r\nTo: <sip:2@h>\r\nCall-ID: c2\r\nCSeq: 7 OPTIONS\r\n\r\n");
	assert_int_equal(addr_port(&fake.flow[2].peer), 40000);
}

static void several_vias_go_back_in_order(void **)
{
	t.reply = 200;
	feed("OPTIONS sip:2@h SIP/2.0\r\n"
	     "v: SIP/2.0/UDP a;received=9.9.9.9;branch=z9hG4bK1;rport=1, SIP/2.0/TCP b;branch=x\r\n"
	     "Via: SIP/2.0/UDP c;branch=y\r\n"
	     "f: <sip:1@h>;tag=f\r\nt: <sip:2@h>\r\ni: c2\r\nCSeq: 7 OPTIONS\r\n\r\n");
	assert_has(fake_sent(0), "Via: SIP/2.0/UDP a;branch=z9hG4bK1;received=198.51.100.7"
				 ";rport=40000\r\nVia: SIP/2.0/TCP b;branch=x\r\n"
				 "Via: SIP/2.0/UDP c;branch=y\r\n");
}

#define BAD_TAIL "From: <sip:1@h>;tag=f\r\nTo: <sip:2@h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"
#define BAD_VIA  "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"

static void what_is_malformed_is_refused_or_ignored(void **)
{
	static const struct {
		const char *text;
		unsigned code; /* 0: silence */
	} bad[] = {
		{ "OPTIONS sip:2@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=1\r\n" BAD_TAIL "\r\n", 400 },
		{ "OPTIONS sip:2@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK\r\n" BAD_TAIL "\r\n",
		  400 },
		{ "INVITE sip:2@h SIP/2.0\r\n" BAD_VIA BAD_TAIL "\r\n", 400 },
		{ "OPTIONS sip:2@h SIP/2.0\r\n" BAD_VIA BAD_TAIL "Content-Length: 1\r\n\r\n", 400 },
		{ "OPTIONS sip:2@h SIP/2.0\r\n" BAD_VIA BAD_TAIL "l: 0\r\nl: 0\r\n\r\n", 400 },
		{ "OPTIONS sip:2@h SIP/2.0\r\n" BAD_VIA BAD_TAIL "Content-Length: -1\r\n\r\n", 400 },
		{ "OPTIONS sip:2@h SIP/2.0\r\n" BAD_VIA BAD_TAIL "X: a\x01z\r\n\r\n", 400 },
		{ "OPTIONS sip:2@h SIP/2.0\r\n" BAD_VIA BAD_TAIL "X: a\x7fz\r\n\r\n", 400 },
		{ "OPTIONS sip:2@h SIP/2.0\r\n" BAD_VIA BAD_TAIL "X: a\rY: z\r\n\r\n", 400 },
		{ "OPTIONS sip:2@h SIP/2.0\r\n" BAD_VIA "From: <sip:1@h>;tag=f\r\nTo: <sip:2@h>\r\n"
		  "Call-ID: c\r\nCSeq: 4294967297 OPTIONS\r\n\r\n", 400 },
		{ "OPTIONS sip:2@h SIP/2.0\r\n" BAD_VIA "From: <sip:1@h>;tag=f\r\nTo: <sip:2@h>\r\n"
		  "Call-ID: c\r\nCSeq: 2147483648 OPTIONS\r\n\r\n", 400 },
		{ "OPTIONS sip:2@h SIP/2.0\r\n" BAD_VIA "From: <sip:1@h>;tag=f\rX\r\nTo: <sip:2@h>\r\n"
		  "Call-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n", 0 },
		{ "OPTIONS <> SIP/2.0\r\n" BAD_VIA BAD_TAIL "\r\n", 400 },
		{ "OPTIONS sip:2@h SIP/2.0\r\n" BAD_VIA BAD_TAIL "To: <sip:3@h>\r\n\r\n", 0 },
		{ "OPTIONS sip:2@h SIP/2.0\r\n" BAD_TAIL "\r\n", 0 },
		{ "OPTIONS sip:2@h SIP/2.0\r\nVia\r\n" BAD_TAIL "\r\n", 0 },
		{ "OPTIONS sip:2@h SIP/3.0\r\n" BAD_VIA BAD_TAIL "\r\n", 505 },
		{ "ACK sip:2@h SIP/2.0\r\n" BAD_VIA BAD_TAIL "\r\n", 0 },
		{ "SIP/2.0 0 Hm\r\n" BAD_VIA BAD_TAIL "\r\n", 0 },
		{ "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 0 },
		{ "OPTIONS sip:2@h SIP/2.0", 0 },
		{ "\r\n\r\n", 0 },
		{ "", 0 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const size_t before = fake.n;
		char start[32];

		assert_int_equal(feed_on(&t.udp, bad[i].text), -EBADMSG);
		if (fake.n != before + (bad[i].code > 0))
			fail_msg("number %zu was%s answered", i, bad[i].code ? " not" : "");
		snprintf(start, sizeof(start), "SIP/2.0 %u ", bad[i].code);
		if (bad[i].code)
			assert_starts(fake_sent(0), start);
	}
	assert_int_equal(t.requests, 0);
}

static void bytes_behind_the_body_are_cut_off(void **)
{
	t.reply = 200;
	feed("OPTIONS sip:2@h SIP/2.0\r\n" BAD_VIA BAD_TAIL "Content-Length: 2\r\n\r\nabcd");
	assert_int_equal(t.requests, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_reply_repeats_what_it_must),
		TEST(a_repeated_request_gets_the_last_reply),
		TEST(a_request_nobody_answers_is_let_go),
		TEST(the_same_branch_from_another_house_is_another_request),
		TEST(an_invite_unanswered_gets_trying),
		TEST(an_accepted_invite_swallows_repetitions),
		TEST(a_refused_invite_waits_for_its_ack),
		TEST(a_refusal_without_ack_is_given_up),
		TEST(tcp_repeats_nothing),
		TEST(the_end_of_a_connection_ends_its_transactions),
		TEST(a_cancel_finds_its_invite_by_branch),
		TEST(a_cancel_without_user_is_487),
		TEST(a_forgotten_invite_is_500),
		TEST(an_invite_cannot_ring_for_ever),
		TEST(a_screened_request_makes_no_transaction),
		TEST(replies_go_to_the_sent_by_port_without_nat_and_rport),
		TEST(several_vias_go_back_in_order),
		TEST(what_is_malformed_is_refused_or_ignored),
		TEST(bytes_behind_the_body_are_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
