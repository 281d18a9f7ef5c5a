/* Messages as odd as those of RFC 4475 and, with IPv6 addresses, of RFC 5118, and what becomes of
 * each. They are files of the fuzzer's corpus. Who sends them is a device, so that nothing but the
 * message itself is a reason to refuse.
 */
#include "talk_world.h"

#include <stdio.h>

enum { TEXT = 16384 };

static struct {
	struct talk_world w;
	struct session *session;
	char sent[TEXT]; /* the first */
} t;

static const struct {
	const char *name;
	unsigned code;   /* of the answer; 0: silence */
	const char *has; /* in the answer; NULL: no matter */
} messages[] = {
	/* 3.1.1: valid */
	{ "spaces", 180, "Call-ID: c.spaces\r\nCSeq: 0009" },
	{ "method", 405, "CSeq: 9 !odd-Method0_*+`.%indeed'~\r\n" },
	{ "escapes", 200, "To: sip:%75se%72@example.com;tag=" },
	{ "escaped_nul", 200, "Contact: <sip:%00@10.0.0.9>;expires=300\r\n" },
	{ "escaped_method", 405, NULL },
	{ "no_space_before_uri", 200, "From: caller<sip:1000000001@r>;tag=a\r\n" },
	{ "long", 200, "sip21.example.com" },
	{ "bytes_behind", 200, NULL },
	{ "semicolon_user", 200, NULL },
	{ "transports", 200, "Via: SIP/2.0/UNKNOWN u.example.com;branch=z9hG4bKc\r\n" },
	{ "multipart", 405, NULL },
	{ "reason_utf8", 0, NULL },
	{ "no_reason", 0, NULL },
	{ "zero_hops", 200, NULL }, /* the hop ends here */
	{ "contact_params", 200, "Contact: <sip:+19725552222@gw1.example.net>;expires=300\r\n" },
	{ "contact_uri_params", 200,
	  "Contact: <sip:+19725552222@gw1.example.net;unknownparam>;expires=300\r\n" },
	{ "contact_headers", 200, NULL },
	/* 3.1.2: invalid */
	{ "separators", 400, NULL },
	{ "length_too_large", 400, NULL },
	{ "length_negative", 400, NULL },
	{ "length_huge", 400, NULL },
	{ "numbers_huge", 400, NULL },
	{ "numbers_huge_response", 0, NULL },
	{ "quote_open", 400, NULL },
	{ "uri_brackets", 400, NULL },
	{ "uri_space", 400, NULL },
	{ "start_spaces", 400, NULL },
	{ "start_trailing", 400, NULL },
	{ "uri_headers", 180,
	  NULL }, /* passed over: nothing of a request URI but its user matters */
	{ "contact_question", 400, NULL },
	{ "spec_spaces", 200, NULL }, /* these two can be meant in one way only */
	{ "name_comma", 200, NULL },
	{ "version", 505, NULL },
	{ "method_differs", 400, NULL },
	{ "method_unknown_differs", 400, NULL },
	{ "code_huge", 0, NULL },
	/* 3.2, 3.3: what transactions and dialogs make of it */
	{ "branch_empty", 400, NULL },
	{ "insufficient", 0, NULL }, /* nothing to send a 400 with */
	{ "scheme_unknown", 416, NULL },
	{ "scheme_dotted", 400, NULL }, /* libre takes letters only */
	{ "scheme_headers", 400, NULL },
	{ "require", 420, "Unsupported: nothingSupportsThis\r\n" },
	{ "type_unknown", 415, "Accept: application/sdp\r\n" },
	{ "twice", 0, NULL }, /* which of them would the 400 repeat? */
	{ "length_twice", 400, NULL },
	{ "response_broadcast", 0, NULL },
	{ "rfc2543", 400, NULL }, /* transaction.h, invariant 1 */
	/* RFC 3261 section 26.2, RFC 5630 */
	{ "sips_register", 200, "Contact: <sips:d@10.0.0.9>;expires=300\r\n" },
	{ "sips_register_plain", 416, NULL },
	{ "sips_contact_plain", 400, NULL },
	{ "sips_invite", 416, NULL },
	/* RFC 5118 section 4 */
	{ "v6_good", 200, "Contact: <sip:caller@[2001:db8::1]>;expires=300\r\n" },
	{ "v6_no_brackets", 400, NULL },
	{ "v6_port_ambiguous", 200, NULL },
	{ "v6_port", 200, "Contact: <sip:caller@[2001:db8::1]:5062>;expires=300\r\n" },
	{ "v6_received_brackets", 481,
	  "Via: SIP/2.0/UDP "
	  "[2001:db8::9:1];branch=z9hG4bKv6_received_brackets;received=2001:db8::9:255\r\n" },
	{ "v6_received", 200, ";branch=z9hG4bKv6_received;received=2001:db8::9:255\r\n" },
	{ "v6_sdp", 180, NULL },
	{ "v6_several", 481,
	  "Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bKc;received=192.0.2.200\r\n" },
	{ "v6_several_sdp", 180, NULL },
	{ "v6_mapped", 180, "Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;" },
	{ "v6_three_colons", 200, "To: <sip:user@[2001:db8:::192.0.2.1]>;tag=" }, /* section 4.10 */
	{ "v6_two_colons", 200, NULL },
};

static void on_sent(const struct flow *, struct view bytes)
{
	if (!t.sent[0])
		snprintf(t.sent, sizeof(t.sent), "%.*s", (int)bytes.n, bytes.p);
}

static void on_ended(void *, const struct session_end *)
{
	t.session = NULL;
}

static const struct session_handlers handlers = { .ended = on_ended };

static bool on_secret(void *, uint64_t user, struct sip_secret *ret_secret)
{
	memset(ret_secret, 0, sizeof(*ret_secret));
	return user == 1000000001;
}

static void on_request(void *, struct tx_server *tx, const struct sip_msg *msg,
		       const struct flow *flow, uint64_t user)
{
	struct view sdp;

	if (session_accept(t.w.sessions, tx, msg, flow, user, &handlers, NULL, &t.session, &sdp) == 0)
		session_progress(t.session, 180, (struct view){});
}

static int setup(void **)
{
	memset(&t, 0, sizeof(t));
	talk_world_open(&t.w, (struct sip_endpoint_conf){ .secret = on_secret, .request = on_request },
			on_sent);
	return 0;
}

static int teardown(void **)
{
	talk_world_close(&t.w);
	return 0;
}

static void hear_file(const char *name)
{
	const bool v6 = strncmp(name, "v6_", 3) == 0;
	struct flow flow = { .transport = FLOW_UDP };
	char path[512], text[TEXT];
	size_t n;
	FILE *in;

	snprintf(path, sizeof(path), CORPUS "/torture_%s", name);
	in = fopen(path, "re");
	if (!in)
		fail_msg("no %s", path);
	n = fread(text, 1, sizeof(text), in);
	fclose(in);
	text[n < TEXT ? n : TEXT - 1] = '\0';
	if (strstr(text, "Via: SIP/2.0/TLS 10."))
		flow = (struct flow){ .transport = FLOW_TLS, .conn = 1 };
	assert_int_equal(
		addr_parse(v6 ? "[2001:db8::9:255]:5060" : "198.51.100.7:5060", &flow.peer), 0);
	fake_sip_hear(t.w.e, &flow, (struct view){ text, n });
}

static void each_gets_what_it_deserves(void **state)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		unsigned code = 0;

		setup(state);
		hear_file(messages[i].name);
		sscanf(t.sent, "SIP/2.0 %u ", &code);
		if (code != messages[i].code ||
		    (messages[i].has && !strstr(t.sent, messages[i].has))) {
			print_error("%s: wanted %u %s, got %s\n", messages[i].name,
				    messages[i].code, messages[i].has ? messages[i].has : "",
				    t.sent);
			wrong++;
		}
		teardown(state);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_gets_what_it_deserves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
