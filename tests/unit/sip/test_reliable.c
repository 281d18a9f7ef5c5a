/* Provisional responses that are acknowledged (RFC 3262), in both directions. */
#include "talk_world.h"

#define DOOR "1000000001"

enum { TEXT = 8192, STEP_MS = 100 };

static struct {
	struct talk_world w;
	struct session *session;
	struct flow flow;
	unsigned progress, answered, ended;
	bool lost;
	char early[64]; /* the SDP that came with the last progress */
	char tag[64];   /* ours */
} t;

static void on_progress(void *, unsigned, struct view sdp)
{
	t.progress++;
	snprintf(t.early, sizeof(t.early), "%.*s", (int)sdp.n, sdp.n ? sdp.p : "");
}

static void on_answered(void *, struct view)
{
	t.answered++;
}

static void on_ended(void *, const struct session_end *end)
{
	t.ended++;
	t.lost = end->lost;
	t.session = NULL;
}

static const struct session_handlers handlers = { .progress = on_progress,
						  .answered = on_answered,
						  .acked = talk_acked,
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

static void hear(const char *text)
{
	fake_sip_hear(t.w.e, &t.flow, view_str(text));
}

static void pass(int64_t ms)
{
	for (; ms > 0; ms -= STEP_MS) {
		clock_virtual_advance(&t.w.clock, STEP_MS * 1000);
		loop_turn(t.w.loop);
	}
}

/* The text behind `name` of the last message, to the end of its line. */
static void value(const char *name, char ret_value[64])
{
	const char *at = strstr(last(), name);

	assert_non_null(at);
	at += strlen(name);
	snprintf(ret_value, 64, "%.*s", (int)strcspn(at, "\r;"), at);
}

/* Ours. */

static void say(const char *method, unsigned cseq, const char *extra, const char *body)
{
	char text[TEXT];

	snprintf(text, sizeof(text),
		 "%s sip:1@r SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK%s%u;rport\r\n"
		 "From: <sip:" DOOR "@r>;tag=a\r\nTo: <sip:1@r>%s%s\r\nCall-ID: c\r\n"
		 "CSeq: %u %s\r\nContact: <sip:d@10.0.0.9>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		 method, method, cseq, t.tag[0] ? ";tag=" : "", t.tag, cseq, method, extra,
		 body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
	hear(text);
}

static void ring(void)
{
	char to[64];

	say("INVITE", 1, "Require: 100rel\r\n", "v=0\r\n");
	assert_non_null(t.session);
	session_progress(t.session, 183, VIEW("v=0\r\no=early\r\n"));
	expect("SIP/2.0 183 Session Progress\r\n");
	expect("\r\nRequire: 100rel\r\nRSeq: ");
	expect("\r\nContact: <sip:"); /* where PRACK goes */
	value("To: <sip:1@r>;tag=", to);
	memcpy(t.tag, to, sizeof(to));
}

static void pracked(unsigned cseq)
{
	char rseq[64], extra[128];

	value("RSeq: ", rseq);
	snprintf(extra, sizeof(extra), "RAck: %s 1 INVITE\r\n", rseq);
	say("PRACK", cseq, extra, "");
}

static void ringing_is_repeated_until_it_is_acknowledged(void **)
{
	size_t n;

	ring();
	n = sent.n;
	pass(TX_T1_MS * 4);
	assert_true(sent.n >= n + 2);
	expect("SIP/2.0 183 ");
	pracked(2);
	expect("SIP/2.0 200 OK\r\n");
	expect(" PRACK\r\n");
	n = sent.n;
	pass(TX_TIMEOUT_MS * 2);
	assert_int_equal(sent.n, n);
	session_answer(t.session, VIEW("v=0\r\no=ours\r\n"));
	expect("SIP/2.0 200 OK\r\n");
	say("ACK", 1, "", "");
	assert_true(t.session->state == SESSION_CONFIRMED);
	session_end(t.session, 0, NULL);
}

static void the_answer_waits_for_what_it_follows(void **)
{
	char text[TEXT];
	size_t n;

	ring();
	snprintf(text, sizeof(text), "%s", last());
	n = sent.n;
	session_answer(t.session, VIEW("v=0\r\no=ours\r\n"));
	assert_int_equal(sent.n, n);
	pracked(2);
	expect("SIP/2.0 200 OK\r\n");
	expect("\r\n\r\nv=0\r\no=ours\r\n");
	say("ACK", 1, "", "");
	assert_true(t.session->state == SESSION_CONFIRMED);
	session_end(t.session, 0, NULL);
}

static void one_at_a_time_rings(void **)
{
	char first[64], second[64];
	size_t n;

	ring();
	value("RSeq: ", first);
	n = sent.n;
	session_progress(t.session, 180, (struct view){});
	assert_int_equal(sent.n, n);
	pracked(2);
	expect("SIP/2.0 180 Ringing\r\n");
	value("RSeq: ", second);
	assert_int_equal(atoi(second), atoi(first) + 1);
	pracked(3);
	expect(" PRACK\r\n");
	session_end(t.session, 486, "Busy Here");
	expect("SIP/2.0 486 ");
}

static void an_acknowledgement_of_nothing_is_refused(void **)
{
	ring();
	say("PRACK", 2, "RAck: 1 1 INVITE\r\n", "");
	expect("SIP/2.0 481 ");
	say("PRACK", 3, "RAck: x\r\n", "");
	expect("SIP/2.0 481 ");
	say("PRACK", 4, "", "");
	expect("SIP/2.0 481 ");
	session_end(t.session, 480, "Gone");
}

static void who_acknowledges_nothing_is_given_up(void **)
{
	ring();
	pass(TX_TIMEOUT_MS + 1000);
	expect("SIP/2.0 504 ");
	assert_int_equal(t.ended, 1);
	assert_true(t.lost);
	assert_int_equal(sessions_count(t.w.sessions), 0);
}

static void without_an_offer_nothing_rings_reliably(void **)
{
	size_t n;

	say("INVITE", 1, "Require: 100rel\r\n", "");
	n = sent.n;
	session_progress(t.session, 180, (struct view){});
	assert_int_equal(sent.n, n);
	session_end(t.session, 480, "Gone");
}

/* Theirs. */

static char invited[TEXT]; /* our INVITE */

static void invite(void)
{
	const struct session_to to = { .user = 2, .contact = "sip:p@10.0.0.9", .flow = t.flow,
				       .from_user = 1 };

	assert_int_equal(session_invite(t.w.sessions, &to, VIEW("v=0\r\n"), &handlers, NULL,
					&t.session),
			 0);
	expect("\r\nSupported: timer, 100rel\r\n");
	snprintf(invited, sizeof(invited), "%s", last());
}

/* The lines of our INVITE that a response repeats. */
static void line(const char *name, char ret_line[256])
{
	const char *at = strstr(invited, name);

	assert_non_null(at);
	snprintf(ret_line, 256, "%.*s", (int)strcspn(at, "\r"), at);
}

static void reply(unsigned code, const char *tag, const char *extra, const char *body)
{
	char via[256], from[256], to[256], id[256], cseq[256], text[TEXT];

	line("Via: ", via);
	line("From: ", from);
	line("To: ", to);
	line("Call-ID: ", id);
	line("CSeq: ", cseq);
	snprintf(text, sizeof(text),
		 "SIP/2.0 %u X\r\n%s\r\n%s\r\n%s;tag=%s\r\n%s\r\n%s\r\n"
		 "Contact: <sip:%s@10.0.0.9>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		 code, via, from, to, tag, id, cseq, tag, extra,
		 body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
	hear(text);
}

/* Of the last request; rises within a dialog (RFC 3261 section 12.2.1.1). */
static unsigned long number(void)
{
	char cseq[64];

	value("CSeq: ", cseq);
	return strtoul(cseq, NULL, 10);
}

static void a_phone_hears_that_its_ringing_came(void **)
{
	char cseq[256], rack[300];
	unsigned long first;
	size_t n;

	invite();
	line("CSeq: ", cseq);
	reply(183, "b", "Require: 100rel\r\nRSeq: 7\r\n", "v=0\r\no=b\r\n");
	expect("PRACK sip:b@10.0.0.9 SIP/2.0\r\n");
	expect(";tag=b\r\n");
	snprintf(rack, sizeof(rack), "RAck: 7 %s\r\n", cseq + strlen("CSeq: "));
	expect(rack);
	first = number();
	assert_true(first > strtoul(cseq + strlen("CSeq: "), NULL, 10));
	assert_int_equal(t.progress, 1);
	assert_string_equal(t.early, "v=0\r\no=b\r\n");
	n = sent.n;
	reply(183, "b", "Require: 100rel\r\nRSeq: 7\r\n", "v=0\r\no=b\r\n"); /* once more */
	reply(180, "b", "Require: 100rel\r\nRSeq: 9\r\n", "");		    /* one is missing */
	assert_int_equal(sent.n, n);
	assert_int_equal(t.progress, 1);
	reply(180, "b", "Require: 100rel\r\nRSeq: 8\r\n", "");
	expect("PRACK ");
	assert_int_equal(number(), first + 1);
	assert_int_equal(t.progress, 2);
	reply(200, "b", "", "v=0\r\n");
	expect("ACK sip:b@10.0.0.9 SIP/2.0\r\n");
	assert_int_equal(t.answered, 1);
	session_end(t.session, 0, NULL);
}

/* Two phones behind a proxy: each has numbers of its own. */
static void branches_are_counted_apart(void **)
{
	invite();
	reply(180, "b", "Require: 100rel\r\nRSeq: 7\r\n", "");
	reply(180, "c", "Require: 100rel\r\nRSeq: 70\r\n", "");
	expect("PRACK sip:c@10.0.0.9 SIP/2.0\r\n");
	expect("RAck: 70 ");
	assert_int_equal(t.progress, 2);
	reply(486, "b", "", "");
	assert_int_equal(t.ended, 1);
}

static void a_number_that_is_none_is_not_acknowledged(void **)
{
	size_t n;

	invite();
	n = sent.n;
	reply(180, "b", "Require: 100rel\r\n", "");
	reply(180, "b", "Require: 100rel\r\nRSeq: 99999999999\r\n", "");
	assert_int_equal(sent.n, n);
	assert_int_equal(t.progress, 0);
	session_end(t.session, 0, NULL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(ringing_is_repeated_until_it_is_acknowledged),
		CASE(the_answer_waits_for_what_it_follows),
		CASE(one_at_a_time_rings),
		CASE(an_acknowledgement_of_nothing_is_refused),
		CASE(who_acknowledges_nothing_is_given_up),
		CASE(without_an_offer_nothing_rings_reliably),
		CASE(a_phone_hears_that_its_ringing_came),
		CASE(branches_are_counted_apart),
		CASE(a_number_that_is_none_is_not_acknowledged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
