/* Dialogs: a door that calls, and what it asks for inside of the call. */
#include "talk_world.h"

#define DOOR "1000000001"

enum { TEXT = 8192 };

static struct {
	struct talk_world w;
	struct session *session;
	struct flow flow;
	unsigned offered, ended;
	char tag[64];     /* ours */
	const char *from; /* the door, as its From says */
} t;

static void on_offered(void *, struct view)
{
	t.offered++;
}

static void on_ended(void *, const struct session_end *)
{
	t.ended++;
	t.session = NULL;
}

static const struct session_handlers handlers = { .acked = talk_acked,
						  .offered = on_offered,
						  .ended = on_ended };

static void on_request(void *, struct tx_server *tx, const struct sip_msg *msg,
		       const struct flow *flow, uint64_t user)
{
	struct view sdp;

	if (user == 0)
		sessions_request(t.w.sessions, tx, msg, flow);
	else
		assert_int_equal(session_accept(t.w.sessions, tx, msg, flow, user, &handlers, NULL,
						&t.session, &sdp),
				 0);
}

static int setup(void **)
{
	memset(&t, 0, sizeof(t));
	t.from = "<sip:" DOOR "@r>";
	talk_world_open(&t.w, (struct sip_endpoint_conf){ .secret = talk_secret, .request = on_request },
			talk_sent);
	assert_int_equal(addr_parse("198.51.100.7:5060", &t.flow.peer), 0);
	return 0;
}

static int teardown(void **)
{
	talk_world_close(&t.w);
	return 0;
}

/* cseq names the branch too. */
static void say(const char *method, unsigned cseq, const char *extra, const char *body)
{
	char text[TEXT];
	const int n = snprintf(
		text, sizeof(text),
		"%s sip:1@r SIP/2.0\r\nVia: SIP/2.0/%s 10.0.0.9;branch=z9hG4bK%s%u;rport\r\n"
		"From: %s;tag=a\r\nTo: <sip:1@r>%s%s\r\nCall-ID: c\r\n"
		"CSeq: %u %s\r\nContact: <sip:d@10.0.0.9>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		method, t.flow.transport == FLOW_TCP ? "TCP" : "UDP", method, cseq, t.from,
		t.tag[0] ? ";tag=" : "", t.tag, cseq, method, extra,
		body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);

	fake_sip_hear(t.w.e, &t.flow, (struct view){ text, (size_t)n });
}

static void pass(int64_t ms)
{
	for (const int64_t step = ms / 10; ms > 0; ms -= step) {
		clock_virtual_advance(&t.w.clock, step * 1000);
		loop_turn(t.w.loop);
	}
}

/* A call that stands. */
static void call(const char *extra)
{
	const char *tag;

	say("INVITE", 1, extra, "v=0\r\n");
	assert_non_null(t.session);
	session_answer(t.session, VIEW("v=0\r\no=ours\r\n"));
	expect("SIP/2.0 200 OK\r\n");
	tag = strstr(strstr(last(), "To: "), ";tag=") + 5;
	snprintf(t.tag, sizeof(t.tag), "%.*s", (int)strcspn(tag, "\r"), tag);
	say("ACK", 1, "", "");
	assert_true(t.session->state == SESSION_CONFIRMED);
}

static void hang_up(unsigned cseq)
{
	say("BYE", cseq, "", "");
	expect("SIP/2.0 200 OK\r\n");
	assert_int_equal(t.ended, 1);
}

static void an_offer_is_answered_later(void **)
{
	call("");
	say("UPDATE", 2, "", "v=0\r\nnew\r\n");
	assert_int_equal(t.offered, 1);
	session_offer_reply(t.session, 200, VIEW("v=0\r\nyes\r\n"));
	expect("\r\n\r\nv=0\r\nyes\r\n");
	say("INVITE", 3, "", "v=0\r\nnewer\r\n");
	assert_int_equal(t.offered, 2);
	session_offer_reply(t.session, 488, (struct view){});
	expect("SIP/2.0 488 ");
	say("ACK", 3, "", "");
	hang_up(4);
}

/* The UPDATE's transaction is over after 64*T1: nobody can be answered then, and the next offer is
 * a new one. */
static void an_update_may_be_answered_too_late(void **)
{
	size_t before;

	call("");
	say("UPDATE", 2, "", "v=0\r\nnew\r\n");
	pass(TX_TIMEOUT_MS + 1000);
	before = sent.n;
	session_offer_reply(t.session, 200, VIEW("v=0\r\nlate\r\n"));
	assert_int_equal(sent.n, before);
	say("UPDATE", 3, "", "v=0\r\nnewer\r\n");
	assert_int_equal(t.offered, 2);
	pass(TX_TIMEOUT_MS + 1000);
	session_end(t.session, 0, NULL);
	expect("BYE sip:d@10.0.0.9 SIP/2.0\r\n");
}

static void an_update_may_lose_its_connection(void **)
{
	t.flow.transport = FLOW_TCP;
	t.flow.conn = 7;
	call("");
	say("UPDATE", 2, "", "v=0\r\nnew\r\n");
	assert_int_equal(t.offered, 1);
	fake_sip_gone(t.w.e, &t.flow);
	session_offer_reply(t.session, 200, VIEW("v=0\r\nlate\r\n"));
	session_end(t.session, 0, NULL);
	assert_int_equal(sessions_count(t.w.sessions), 0);
}

/* What looks like a parameter may stand in a name. */
static void a_name_is_repeated_as_it_came(void **)
{
	t.from = "\"A;tag=<x>\" <sip:" DOOR "@r>;x=y";
	call("");
	session_end(t.session, 0, NULL);
	expect("BYE sip:d@10.0.0.9 SIP/2.0\r\n");
	expect("To: \"A;tag=<x>\" <sip:" DOOR "@r>;tag=a\r\n");
}

/* RFC 3327 section 5.3; what answers and asks inside of the dialog says where to go then. */
static void the_proxies_before_a_phone_are_on_the_way(void **)
{
	const struct session_to to = { .user = 2, .contact = "sip:p@10.0.0.9", .flow = t.flow,
				       .path = "<sip:p2;lr>, <sip:p1;lr>", .from_user = 1 };

	assert_int_equal(session_invite(t.w.sessions, &to, VIEW("v=0\r\n"), &handlers, NULL,
					&t.session),
			 0);
	expect("INVITE sip:p@10.0.0.9 SIP/2.0\r\n");
	expect("\r\nRoute: <sip:p2;lr>, <sip:p1;lr>\r\n");
	session_end(t.session, 0, NULL);
}

/* RFC 5630 section 5.1.1.1: who is called securely hears a secure Contact, on the same connection. */
static void a_secure_contact_is_called_securely(void **)
{
	struct session_to to = { .user = 2, .contact = "sips:p@10.0.0.9", .from_user = 1,
				 .flow = { FLOW_TLS, 7, t.flow.peer } };

	assert_int_equal(session_invite(t.w.sessions, &to, VIEW("v=0\r\n"), &handlers, NULL,
					&t.session),
			 0);
	expect("INVITE sips:p@10.0.0.9 SIP/2.0\r\nVia: SIP/2.0/TLS ");
	expect("\r\nContact: <sips:vestibule@192.0.2.1:5060;transport=tls>\r\n");
	session_end(t.session, 0, NULL);
}

static void what_a_call_cannot_do_is_refused_and_it_goes_on(void **)
{
	static const char *const methods[] = { "MESSAGE", "REFER", "SUBSCRIBE" };

	call("");
	for (unsigned i = 0; i < 3; i++) {
		say(methods[i], 2 + i, "Refer-To: <sip:x@h>\r\n", "");
		expect("SIP/2.0 405 ");
		expect("\r\nAllow: INVITE, ACK, CANCEL, BYE, ");
	}
	hang_up(9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_offer_is_answered_later, setup, teardown),
		cmocka_unit_test_setup_teardown(the_proxies_before_a_phone_are_on_the_way, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_secure_contact_is_called_securely, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_a_call_cannot_do_is_refused_and_it_goes_on,
						setup, teardown),
		cmocka_unit_test_setup_teardown(an_update_may_be_answered_too_late, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_update_may_lose_its_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(a_name_is_repeated_as_it_came, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
