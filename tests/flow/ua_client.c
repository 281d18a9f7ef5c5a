#include "ua_priv.h"

#include "../unit/sip/digest.h"

#define BRANCH "z9hG4bKua"

/* Sending. */

struct flow ua_flow_of(const struct ua *ua)
{
	return (struct flow){ ua->tcp ? FLOW_TCP : FLOW_UDP, ua->conn, ua->addr };
}

void ua_say(struct ua *ua, const char *text)
{
	const struct flow flow = ua_flow_of(ua);

	if (!ua->vanished)
		net_to_server(ua->net, &flow, view_str(text));
}

void ua_arm(struct ua *ua, struct timer *t, int64_t ms, timer_fn *fn, void *arg)
{
	assert_int_equal(timers_arm(ua->timers, t, ms, fn, arg), 0);
}

const char *ua_contact(const struct ua *ua)
{
	static char text[160];
	char addr[ADDR_TEXT_MAX];

	addr_text(&ua->addr, addr);
	snprintf(text, sizeof(text), "<sip:%s@%s%s>", ua->user, addr,
		 ua->tcp ? ";transport=tcp" : "");
	return text;
}

static void print_via(const struct ua *ua, const char *branch, char *out, size_t size)
{
	char addr[ADDR_TEXT_MAX];

	addr_text(&ua->addr, addr);
	snprintf(out, size, "Via: SIP/2.0/%s %s;branch=%s;rport\r\nMax-Forwards: 70\r\n",
		 ua->tcp ? "TCP" : "UDP", addr, branch);
}

void ua_tx_over(struct ua_tx *tx)
{
	tx->done = true;
	timers_cancel(tx->ua->timers, &tx->again);
	timers_cancel(tx->ua->timers, &tx->limit);
	if (tx->call && tx->call->invite == tx)
		tx->call->invite = NULL;
}

void ua_call_over(struct ua_call *c, unsigned code)
{
	struct timers *timers = c->ua->timers;

	if (c->state == UA_OVER)
		return;
	c->state = UA_OVER;
	c->code = c->code ? c->code : code;
	timers_cancel(timers, &c->ring);
	timers_cancel(timers, &c->answer);
	timers_cancel(timers, &c->repeat);
	timers_cancel(timers, &c->limit);
	timers_cancel(timers, &c->refresh);
	timers_cancel(timers, &c->retry);
}

static void on_tx_limit(void *arg)
{
	struct ua_tx *tx = arg;
	const bool invite = strcmp(tx->method, "INVITE") == 0;

	ua_tx_over(tx);
	if (tx->call && invite)
		ua_call_over(tx->call, 408);
	else if (!tx->call)
		ua_register(tx->ua, UA_EXPIRES_S);
}

static void on_tx_again(void *arg)
{
	struct ua_tx *tx = arg;
	const bool invite = strcmp(tx->method, "INVITE") == 0;

	if (tx->done || (invite && tx->provisional))
		return;
	ua_say(tx->ua, tx->text);
	tx->again_ms = invite || tx->again_ms * 2 < UA_T2 ? tx->again_ms * 2 : UA_T2;
	ua_arm(tx->ua, &tx->again, tx->again_ms, on_tx_again, tx);
}

static void print_dialog(const struct ua_call *c, const struct ua_tx *tx, char *out, size_t size)
{
	snprintf(out, size, "From: %s;tag=%s\r\nTo: %s%s%s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n",
		 c->us, c->tag, c->peer, c->peer_tag[0] ? ";tag=" : "", c->peer_tag, c->call_id,
		 tx->cseq, tx->method);
}

static void print_register(const struct ua *ua, const struct ua_tx *tx, char *out, size_t size)
{
	snprintf(out, size,
		 "From: <sip:%s@" REALM ">;tag=reg\r\nTo: <sip:%s@" REALM ">\r\n"
		 "Call-ID: %s\r\nCSeq: %u REGISTER\r\n",
		 ua->user, ua->user, ua->register_id, tx->cseq);
}

void ua_tx_send(struct ua_tx *tx)
{
	struct ua *ua = tx->ua;
	char via[256], dialog[1536], auth[1024] = "";

	if (ua->nonce[0] &&
	    (!tx->call || (strcmp(tx->method, "INVITE") == 0 && !tx->call->peer_tag[0])))
		authorization(&(struct credentials){ .user = ua->user,
						     .realm = REALM,
						     .password = ua->password,
						     .method = tx->method,
						     .uri = tx->uri,
						     .nonce = ua->nonce,
						     .cnonce = "c",
						     .nc = ++ua->nc },
			      auth, sizeof(auth));
	print_via(ua, tx->branch, via, sizeof(via));
	if (tx->call)
		print_dialog(tx->call, tx, dialog, sizeof(dialog));
	else
		print_register(ua, tx, dialog, sizeof(dialog));
	snprintf(tx->text, sizeof(tx->text),
		 "%s %s SIP/2.0\r\n%s%sContact: %s\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
		 tx->method, tx->uri, via, dialog, ua_contact(ua), auth, tx->extra,
		 tx->body[0] && tx->extra[0] != 'C' ? "Content-Type: application/sdp\r\n" : "",
		 strlen(tx->body), tx->body);
	tx->again_ms = UA_T1;
	ua_say(ua, tx->text);
	if (!ua->tcp)
		ua_arm(ua, &tx->again, tx->again_ms, on_tx_again, tx);
	ua_arm(ua, &tx->limit, UA_GIVE_UP, on_tx_limit, tx);
}

static void branch_new(struct ua *ua, char ret_branch[40])
{
	memcpy(ret_branch, BRANCH, sizeof(BRANCH));
	rand_hex(ua->rand, ret_branch + sizeof(BRANCH) - 1, 8);
}

struct ua_tx *ua_tx_new(struct ua *ua, struct ua_call *c, const char *method)
{
	struct ua_tx *tx = calloc(1, sizeof(*tx));

	assert_non_null(tx);
	tx->ua = ua;
	tx->call = c;
	snprintf(tx->method, sizeof(tx->method), "%s", method);
	snprintf(tx->uri, sizeof(tx->uri), "%s", c ? c->target : "sip:" REALM);
	tx->cseq = c ? ++c->cseq : ++ua->cseq;
	branch_new(ua, tx->branch);
	list_append(&ua->txs, &tx->list);
	return tx;
}

/* Answers to its own requests. */

static void ack_ok(struct ua_call *c, struct ua_tx *tx, const char *text)
{
	char via[256], dialog[1536], body[2048] = "", branch[40];
	struct ua_tx like = { .cseq = tx->cseq, .method = "ACK" };
	const bool answer = c->late && !c->ack[0];

	if (c->ua->plan.no_ack)
		return;
	if (c->ack[0] && !tx->done) { /* of an earlier INVITE */
		c->ack[0] = '\0';
	}
	if (!c->ack[0]) {
		branch_new(c->ua, branch);
		print_via(c->ua, branch, via, sizeof(via));
		print_dialog(c, &like, dialog, sizeof(dialog));
		if (answer)
			ua_sdp_print(c, ua_body_of(text), body, sizeof(body));
		snprintf(c->ack, sizeof(c->ack),
			 "ACK %s SIP/2.0\r\n%s%s%sContent-Length: %zu\r\n\r\n%s", c->target, via,
			 dialog, body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body),
			 body);
	}
	ua_say(c->ua, c->ack);
}

static void ack_refusal(struct ua_tx *tx, const char *text)
{
	char via[256], from[256], to[256], out[2048], call_id[128];

	print_via(tx->ua, tx->branch, via, sizeof(via));
	ua_header(tx->text, "From", from, sizeof(from));
	ua_header(tx->text, "Call-ID", call_id, sizeof(call_id));
	ua_header(text, "To", to, sizeof(to));
	snprintf(out, sizeof(out),
		 "ACK %s SIP/2.0\r\n%sFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u ACK\r\n"
		 "Content-Length: 0\r\n\r\n",
		 tx->uri, via, from, to, call_id, tx->cseq);
	ua_say(tx->ua, out);
}

static void dialog_learn(struct ua_call *c, const char *text)
{
	char value[256];

	ua_header(text, "To", value, sizeof(value));
	ua_tag_of(value, c->peer_tag, sizeof(c->peer_tag));
	ua_header(text, "Contact", value, sizeof(value));
	ua_uri_of(value, c->target, sizeof(c->target));
}

static void on_ok(struct ua_tx *tx, const char *text)
{
	struct ua_call *c = tx->call;
	const bool first = c->state == UA_CALLING;

	if (first)
		dialog_learn(c, text);
	ack_ok(c, tx, text);
	if (tx->done)
		return;
	ua_tx_over(tx);
	if (c->state == UA_OVER)
		return;
	if (ua_body_of(text)[0])
		ua_sdp_hear(c, ua_body_of(text));
	c->answered = true;
	if (first)
		snprintf(c->first_ok, sizeof(c->first_ok), "%s", ua_body_of(text));
	if (first)
		c->state = UA_TALKING;
	else
		c->offer_code = 200;
	ua_session_learn(c, text, true);
	if (first && c->cancel_wanted)
		ua_bye(c);
}

/* 401: once more with credentials. */
static bool try_again(struct ua_tx *tx, const char *text, unsigned code)
{
	struct ua *ua = tx->ua;
	struct ua_tx *next;

	if (code != 401 || tx->tried)
		return false;
	nonce_of(text, ua->nonce);
	ua->nc = 0;
	next = ua_tx_new(ua, tx->call, tx->method);
	next->tried = true;
	snprintf(next->uri, sizeof(next->uri), "%s", tx->uri);
	snprintf(next->extra, sizeof(next->extra), "%s", tx->extra);
	snprintf(next->body, sizeof(next->body), "%s", tx->body);
	if (tx->call)
		tx->call->invite = next;
	ua_tx_send(next);
	return true;
}

static void on_retry(void *arg)
{
	struct ua_call *c = arg;

	if (c->state == UA_TALKING && !c->invite && !c->served)
		ua_offer_again(c);
	else if (c->state == UA_TALKING)
		ua_arm(c->ua, &c->retry, UA_T1, on_retry, c);
}

/* Section 14.1: the owner of the Call-ID waits longer. */
static void glare(struct ua_call *c)
{
	const uint64_t ms =
		c->caller ? 2100 + rand_below(c->ua->rand, 1900) : rand_below(c->ua->rand, 2000);

	ua_arm(c->ua, &c->retry, (int64_t)ms, on_retry, c);
}

static void on_invite_refused(struct ua_tx *tx, const char *text, unsigned code)
{
	struct ua_call *c = tx->call;

	ack_refusal(tx, text);
	if (tx->done)
		return;
	ua_tx_over(tx);
	if (c->state == UA_TALKING && code == 491)
		glare(c);
	else if (c->state != UA_CALLING)
		c->offer_code = code;
	else if (!try_again(tx, text, code))
		ua_call_over(c, code);
}

static void on_other_answer(struct ua_tx *tx, const char *text, unsigned code)
{
	if (tx->done)
		return;
	ua_tx_over(tx);
	if (!tx->call) {
		if (!try_again(tx, text, code))
			tx->ua->registered = code == 200;
		return;
	}
	if (strcmp(tx->method, "UPDATE") == 0 && tx->call->state == UA_TALKING) {
		tx->call->offer_code = code;
		if (code == 200 && ua_body_of(text)[0])
			ua_sdp_hear(tx->call, ua_body_of(text));
		if (code == 200)
			ua_session_learn(tx->call, text, true);
	}
}

/* RFC 3262 section 4. */
static void acknowledge(struct ua_call *c, const char *text)
{
	char rseq[16], cseq[64];
	struct ua_tx *tx;

	if (!ua_header(text, "RSeq", rseq, sizeof(rseq)) || strtoul(rseq, NULL, 10) == c->rseq)
		return;
	c->rseq = (unsigned)strtoul(rseq, NULL, 10);
	ua_header(text, "CSeq", cseq, sizeof(cseq));
	dialog_learn(c, text);
	tx = ua_tx_new(c->ua, c, "PRACK");
	snprintf(tx->extra, sizeof(tx->extra), "RAck: %s %s\r\n", rseq, cseq);
	ua_tx_send(tx);
}

static void on_provisional(struct ua_tx *tx, const char *text, unsigned code)
{
	struct ua_call *c = tx->call;

	tx->provisional = true;
	if (!c || strcmp(tx->method, "INVITE") != 0 || tx->done)
		return;
	ua_arm(tx->ua, &tx->limit, 600000, on_tx_limit, tx);
	c->rang |= code > 100;
	if (code == 183 && ua_body_of(text)[0]) {
		c->preview = true;
		snprintf(c->told, sizeof(c->told), "%s", ua_body_of(text));
		ua_sdp_hear(c, ua_body_of(text));
	}
	acknowledge(c, text);
	if (c->cancel_wanted)
		ua_send_cancel(c);
}

void ua_hear_response(struct ua *ua, const char *text)
{
	const unsigned code = (unsigned)strtoul(text + 8, NULL, 10);
	char via[512], cseq[64];
	const char *method;

	ua_header(text, "Via", via, sizeof(via));
	ua_header(text, "CSeq", cseq, sizeof(cseq));
	method = strchr(cseq, ' ') ? strchr(cseq, ' ') + 1 : "";
	LIST_EACH(it, &ua->txs)
	{
		struct ua_tx *tx = CONTAINER_OF(it, struct ua_tx, list);

		if (strcmp(tx->method, method) != 0 || !strstr(via, tx->branch))
			continue;
		if (code < 200)
			on_provisional(tx, text, code);
		else if (strcmp(method, "INVITE") == 0 && code < 300)
			on_ok(tx, text);
		else if (strcmp(method, "INVITE") == 0)
			on_invite_refused(tx, text, code);
		else
			on_other_answer(tx, text, code);
		return;
	}
}
