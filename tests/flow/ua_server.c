#include "ua_priv.h"

#include "../unit/sip/digest.h"

/* Of the second branch of a fork. */
#define ELSEWHERE ";tag=other"

/* The server's requests. */

static void reply_print(const struct ua_served *s, unsigned code, const char *tag,
			const char *extra, const char *body, char *out, size_t size)
{
	char via[512], from[512], to[512], call_id[128], cseq[64], has[80];

	ua_header(s->text, "Via", via, sizeof(via));
	ua_header(s->text, "From", from, sizeof(from));
	ua_header(s->text, "To", to, sizeof(to));
	ua_header(s->text, "Call-ID", call_id, sizeof(call_id));
	ua_header(s->text, "CSeq", cseq, sizeof(cseq));
	ua_tag_of(to, has, sizeof(has));
	snprintf(out, size,
		 "SIP/2.0 %u Whatever\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s%s\r\nCall-ID: %s\r\n"
		 "CSeq: %s\r\nContact: %s\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		 code, via, from, to, has[0] || !tag[0] ? "" : ";tag=", has[0] ? "" : tag, call_id,
		 cseq, ua_contact(s->ua), extra, body[0] ? "Content-Type: application/sdp\r\n" : "",
		 strlen(body), body);
}

static void on_reply_again(void *arg)
{
	struct ua_served *s = arg;

	ua_say(s->ua, s->reply);
	s->again_ms = s->again_ms * 2 < UA_T2 ? s->again_ms * 2 : UA_T2;
	if (s->again_ms && !timer_armed(&s->limit))
		return;
	ua_arm(s->ua, &s->again, s->again_ms, on_reply_again, s);
}

static void on_reply_limit(void *arg)
{
	struct ua_served *s = arg;

	timers_cancel(s->ua->timers, &s->again);
}

static void reply(struct ua_served *s, unsigned code, const char *extra, const char *body)
{
	reply_print(s, code, s->call ? s->call->tag : "", extra, body, s->reply, sizeof(s->reply));
	ua_say(s->ua, s->reply);
	if (code < 200)
		return;
	s->final = true;
	if (s->call && s->call->served == s)
		s->call->served = NULL;
	if (strcmp(s->method, "INVITE") == 0 && code >= 300 && !s->ua->tcp) {
		s->again_ms = UA_T1;
		ua_arm(s->ua, &s->again, UA_T1, on_reply_again, s);
		ua_arm(s->ua, &s->limit, UA_GIVE_UP, on_reply_limit, s);
	}
}

static void on_ok_again(void *arg)
{
	struct ua_call *c = arg;

	ua_say(c->ua, c->ok);
	c->again_ms = c->again_ms * 2 < UA_T2 ? c->again_ms * 2 : UA_T2;
	ua_arm(c->ua, &c->repeat, c->again_ms, on_ok_again, c);
}

static void on_no_ack(void *arg)
{
	struct ua_call *c = arg;

	timers_cancel(c->ua->timers, &c->repeat);
	ua_bye(c);
}

/* 200 with SDP to an INVITE, the first or another, again until its ACK. */
static void accept_offer(struct ua_served *s)
{
	struct ua_call *c = s->call;
	const char *offer = ua_body_of(s->text);
	char sdp[2048], extra[256], other[UA_TEXT];

	if (offer[0]) {
		ua_sdp_hear(c, offer);
		if (c->state == UA_TALKING)
			c->dir = ua_answer_dir(c->heard_dir);
	}
	ua_sdp_print(c, offer[0] ? offer : NULL, sdp, sizeof(sdp));
	if (c->state == UA_TALKING && c->ua->plan.spoil) {
		c->ua->plan.spoil--;
		snprintf(sdp, sizeof(sdp), "%s", c->ua->plan.spoilt);
	}
	ua_session_header(&c->ua->plan, false, extra, sizeof(extra));
	if (!strstr(s->text, "Supported: timer"))
		extra[0] = '\0';
	if (c->ua->plan.fork && c->state == UA_INCOMING) {
		reply_print(s, 200, "other", extra, sdp, other, sizeof(other));
		ua_say(c->ua, other);
	}
	reply(s, 200, extra, sdp);
	memcpy(c->ok, s->reply, sizeof(c->ok));
	c->again_ms = UA_T1;
	ua_arm(c->ua, &c->repeat, UA_T1, on_ok_again, c);
	ua_arm(c->ua, &c->limit, UA_GIVE_UP, on_no_ack, c);
	c->offers += c->state == UA_TALKING;
	c->state = UA_TALKING;
	ua_session_learn(c, s->reply, false);
}

static void on_ring(void *arg)
{
	struct ua_call *c = arg;
	char sdp[2048] = "";

	if (c->ua->plan.early_dir)
		c->dir = c->ua->plan.early_dir;
	if (c->ua->plan.early)
		ua_sdp_print(c, ua_body_of(c->served->text), sdp, sizeof(sdp));
	reply(c->served, c->ua->plan.early ? 183 : 180, "", sdp);
}

static void on_answer(void *arg)
{
	struct ua_call *c = arg;
	const unsigned code = c->ua->plan.code;

	timers_cancel(c->ua->timers, &c->ring);
	if (!code) {
		c->answered = true;
		accept_offer(c->served);
		return;
	}
	reply(c->served, code, "", "");
	ua_call_over(c, code);
}

/* Nobody has told it for so long whether the call is still on. */
static void on_rung(void *arg)
{
	struct ua_call *c = arg;

	if (c->served)
		reply(c->served, 480, "", "");
	ua_call_over(c, 480);
}

static void on_think(void *arg)
{
	struct ua_call *c = arg;

	if (c->served)
		accept_offer(c->served);
}

static void hear_call(struct ua_served *s)
{
	const struct ua_plan *plan = &s->ua->plan;
	struct ua_call *c = s->call = ua_call_new(s->ua);
	char value[256];

	c->state = UA_INCOMING;
	c->served = s;
	ua_header(s->text, "Call-ID", c->call_id, sizeof(c->call_id));
	ua_header(s->text, "From", value, sizeof(value));
	ua_tag_of(value, c->peer_tag, sizeof(c->peer_tag));
	ua_party_of(value, c->peer, sizeof(c->peer));
	ua_header(s->text, "To", value, sizeof(value));
	ua_party_of(value, c->us, sizeof(c->us));
	ua_header(s->text, "Contact", value, sizeof(value));
	ua_uri_of(value, c->target, sizeof(c->target));
	ua_arm(s->ua, &c->limit, UA_RINGS_MS, on_rung, c);
	if (plan->ring_ms >= 0)
		ua_arm(s->ua, &c->ring, plan->ring_ms, on_ring, c);
	if (plan->answer_ms >= 0)
		ua_arm(s->ua, &c->answer, plan->answer_ms, on_answer, c);
}

static void hear_offer(struct ua_served *s)
{
	const struct ua_plan *plan = &s->ua->plan;
	struct ua_call *c = s->call;

	if (c->invite) {
		reply(s, 491, "", "");
	} else if (c->served || c->state != UA_TALKING) {
		reply(s, 500, "Retry-After: 2\r\n", "");
	} else if (plan->refuse_offer || !ua_sdp_takes(s->ua, ua_body_of(s->text))) {
		reply(s, plan->refuse_offer ? plan->refuse_offer : 488, "", "");
	} else {
		c->served = s;
		if (plan->offer_ms)
			ua_arm(s->ua, &c->answer, plan->offer_ms, on_think, c);
		else
			accept_offer(s);
	}
}

static void hear_bye(struct ua_served *s)
{
	struct ua_call *c = s->call;

	ua_header(s->text, "Reason", c->reason, sizeof(c->reason));
	c->hung_up = true;
	reply(s, 200, "", "");
	if (c->served)
		reply(c->served, 487, "", "");
	ua_call_over(c, 0);
}

static void hear_cancel(struct ua_served *s)
{
	struct ua_call *c = s->call;

	reply(s, 200, "", "");
	ua_header(s->text, "Reason", c->reason, sizeof(c->reason));
	c->cancelled = true;
	if (!c->served)
		return;
	reply(c->served, 487, "", "");
	if (c->state == UA_INCOMING)
		ua_call_over(c, 487);
}

/* As a provider: credentials. */

static void field_of(const char *value, const char *name, char *ret_text, size_t size)
{
	const char *at = strstr(value, name);

	at = at ? at + strlen(name) : "";
	snprintf(ret_text, size, "%.*s", (int)strcspn(at, "\","), at);
}

static unsigned cseq_of(const struct ua_served *s)
{
	char cseq[64];

	ua_header(s->text, "CSeq", cseq, sizeof(cseq));
	return (unsigned)strtoul(cseq, NULL, 10);
}

/* Its credentials are those of "trunk", without a password, for the nonce that it was told. */
static bool pleases(const struct ua_served *s)
{
	char value[1024], nonce[64], cnonce[64], uri[256], said[80], text[512], ha1[65], ha2[65];

	if (!ua_header(s->text, "Authorization", value, sizeof(value)) || !s->ua->asked_nonce[0])
		return false;
	field_of(value, " nonce=\"", nonce, sizeof(nonce));
	if (strcmp(nonce, s->ua->asked_nonce) != 0)
		return false;
	field_of(value, "cnonce=\"", cnonce, sizeof(cnonce));
	field_of(value, "uri=\"", uri, sizeof(uri));
	field_of(value, "response=\"", said, sizeof(said));
	hash_ha1(true, "trunk", "provider", "", ha1);
	snprintf(text, sizeof(text), "%s:%s", s->method, uri);
	hash_hex(true, text, ha2);
	snprintf(text, sizeof(text), "%s:%s:00000001:%s:auth:%s", ha1, nonce, cnonce, ha2);
	hash_hex(true, text, ha1);
	assert_string_equal(said, ha1);
	assert_true(cseq_of(s) > s->ua->asked_cseq);
	s->ua->asked_nonce[0] = '\0'; /* good once */
	return true;
}

/* True: it was asked for them. */
static bool ask(struct ua_served *s)
{
	struct ua *ua = s->ua;
	char extra[256];

	if (!ua->plan.asks || strcmp(s->method, "CANCEL") == 0 ||
	    (pleases(s) && !(s->call && ua->plan.never_pleased)))
		return false;
	rand_hex(ua->rand, ua->asked_nonce, 8);
	ua->asked_cseq = cseq_of(s);
	ua->asked++;
	snprintf(extra, sizeof(extra),
		 "WWW-Authenticate: Digest realm=\"provider\", nonce=\"%s\", qop=\"auth\"\r\n",
		 ua->asked_nonce);
	reply(s, 401, extra, "");
	return true;
}

static void hear_request(struct ua_served *s)
{
	char to[512], tag[80];

	ua_header(s->text, "To", to, sizeof(to));
	ua_tag_of(to, tag, sizeof(tag));
	if (ask(s))
		return;
	if (strcmp(s->method, "OPTIONS") == 0)
		reply(s, 200, "", "");
	else if (strcmp(s->method, "INVITE") == 0 && !tag[0])
		hear_call(s);
	else if (!s->call || (s->call->state == UA_OVER && strcmp(s->method, "BYE") != 0 &&
			      strcmp(s->method, "CANCEL") != 0))
		reply(s, 481, "", "");
	else if (strcmp(s->method, "INVITE") == 0)
		hear_offer(s);
	else if (strcmp(s->method, "BYE") == 0)
		hear_bye(s);
	else if (strcmp(s->method, "CANCEL") == 0)
		hear_cancel(s);
	else
		reply(s, 200, "", "");
	if (s->call && strcmp(s->method, "INFO") == 0)
		++*(strstr(s->text, "picture_fast_update") ? &s->call->pictures :
							     &s->call->digits);
}

static struct ua_call *call_of(const struct ua *ua, const char *text)
{
	char call_id[128];

	ua_header(text, "Call-ID", call_id, sizeof(call_id));
	LIST_EACH(it, (struct list *)&ua->calls)
	{
		struct ua_call *c = CONTAINER_OF(it, struct ua_call, list);

		if (strcmp(c->call_id, call_id) == 0)
			return c;
	}
	return NULL;
}

void ua_hear_ack(struct ua *ua, const char *text)
{
	struct ua_call *c = call_of(ua, text);
	char via[512], to[256];

	ua_header(text, "Via", via, sizeof(via));
	ua_header(text, "To", to, sizeof(to));
	LIST_EACH(it, &ua->serveds)
	{
		struct ua_served *s = CONTAINER_OF(it, struct ua_served, list);

		if (strcmp(s->method, "INVITE") == 0 && strcmp(s->branch, via) == 0) {
			timers_cancel(ua->timers, &s->again);
			timers_cancel(ua->timers, &s->limit);
			return;
		}
	}
	if (!c || strstr(to, ELSEWHERE))
		return;
	if (ua->plan.deaf_to_acks) {
		ua->plan.deaf_to_acks--;
		return;
	}
	timers_cancel(ua->timers, &c->repeat);
	timers_cancel(ua->timers, &c->limit);
}

/* Of the second branch of a fork: a dialog that ends at once. */
static bool of_fork(const char *text)
{
	char to[256];

	ua_header(text, "To", to, sizeof(to));
	return strstr(to, ELSEWHERE) != NULL;
}

void ua_hear_request(struct ua *ua, const char *text, const char *method, const char *via)
{
	struct ua_served *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->ua = ua;
	snprintf(s->method, sizeof(s->method), "%s", method);
	snprintf(s->branch, sizeof(s->branch), "%s", via);
	snprintf(s->text, sizeof(s->text), "%s", text);
	list_append(&ua->serveds, &s->list);
	if (of_fork(text)) {
		reply(s, 200, "", "");
		return;
	}
	s->call = call_of(ua, text);
	hear_request(s);
}
