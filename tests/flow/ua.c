#include "ua.h"

#include "../unit/sip/digest.h"

#include <ctype.h>

enum { T1 = 500, T2 = 4000, GIVE_UP = 32000 };

#define REALM     "vestibule"
#define BRANCH    "z9hG4bKua"
#define ELSEWHERE ";tag=other"

/* A request of its own. */
struct ua_tx {
	struct list list;
	struct ua *ua;
	struct ua_call *call; /* NULL: REGISTER */
	char method[12], branch[40], uri[256], extra[512], body[2048];
	char text[UA_TEXT];
	unsigned cseq;
	bool done, provisional, tried;
	int64_t again_ms;
	struct timer again, limit;
};

/* A request of the server's, and what it got. */
struct ua_served {
	struct list list;
	struct ua *ua;
	struct ua_call *call;
	char method[12], branch[160];
	char text[UA_TEXT];  /* the request */
	char reply[UA_TEXT]; /* the last; "" for none */
	bool final;
	int64_t again_ms;
	struct timer again, limit;
};

/* Text. */

static bool header(const char *text, const char *name, char *ret_value, size_t size)
{
	const size_t n = strlen(name);

	ret_value[0] = '\0';
	for (const char *line = strstr(text, "\r\n"); line && strncmp(line, "\r\n\r\n", 4) != 0;
	     line = strstr(line + 2, "\r\n")) {
		const char *p = line + 2;

		if (strncasecmp(p, name, n) != 0 || p[n] != ':')
			continue;
		p += n + 1;
		p += strspn(p, " ");
		snprintf(ret_value, size, "%.*s", (int)strcspn(p, "\r"), p);
		return true;
	}
	return false;
}

static void tag_of(const char *value, char *ret_tag, size_t size)
{
	const char *at = strstr(value, ";tag=");

	snprintf(ret_tag, size, "%.*s", at ? (int)strcspn(at + 5, ";") : 0, at ? at + 5 : "");
}

static const char *body_of(const char *text)
{
	const char *at = strstr(text, "\r\n\r\n");

	return at ? at + 4 : "";
}

/* Without a tag. */
static void party_of(const char *value, char *ret_party, size_t size)
{
	const char *at = strstr(value, ";tag=");

	snprintf(ret_party, size, "%.*s", (int)(at ? (size_t)(at - value) : strlen(value)), value);
}

static void uri_of(const char *contact, char *ret_uri, size_t size)
{
	const char *at = strchr(contact, '<');

	if (at)
		snprintf(ret_uri, size, "%.*s", (int)strcspn(at + 1, ">"), at + 1);
}

/* Sending. */

static struct flow flow_of(const struct ua *ua)
{
	return (struct flow){ ua->tcp ? FLOW_TCP : FLOW_UDP, ua->conn, ua->addr };
}

static void say(struct ua *ua, const char *text)
{
	const struct flow flow = flow_of(ua);

	if (!ua->vanished)
		net_to_server(ua->net, &flow, view_str(text));
}

static void arm(struct ua *ua, struct timer *t, int64_t ms, timer_fn *fn, void *arg)
{
	assert_int_equal(timers_arm(ua->timers, t, ms, fn, arg), 0);
}

static const char *contact(const struct ua *ua)
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

static void tx_over(struct ua_tx *tx)
{
	tx->done = true;
	timers_cancel(tx->ua->timers, &tx->again);
	timers_cancel(tx->ua->timers, &tx->limit);
	if (tx->call && tx->call->invite == tx)
		tx->call->invite = NULL;
}

static void call_over(struct ua_call *c, unsigned code)
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

	tx_over(tx);
	if (tx->call && invite)
		call_over(tx->call, 408);
	else if (!tx->call)
		ua_register(tx->ua, UA_EXPIRES_S);
}

static void on_tx_again(void *arg)
{
	struct ua_tx *tx = arg;
	const bool invite = strcmp(tx->method, "INVITE") == 0;

	if (tx->done || (invite && tx->provisional))
		return;
	say(tx->ua, tx->text);
	tx->again_ms = invite || tx->again_ms * 2 < T2 ? tx->again_ms * 2 : T2;
	arm(tx->ua, &tx->again, tx->again_ms, on_tx_again, tx);
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

/* Prints and sends. */
static void tx_send(struct ua_tx *tx)
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
		 tx->method, tx->uri, via, dialog, contact(ua), auth, tx->extra,
		 tx->body[0] && tx->extra[0] != 'C' ? "Content-Type: application/sdp\r\n" : "",
		 strlen(tx->body), tx->body);
	tx->again_ms = T1;
	say(ua, tx->text);
	if (!ua->tcp)
		arm(ua, &tx->again, tx->again_ms, on_tx_again, tx);
	arm(ua, &tx->limit, GIVE_UP, on_tx_limit, tx);
}

static void branch_new(struct ua *ua, char ret_branch[40])
{
	memcpy(ret_branch, BRANCH, sizeof(BRANCH));
	rand_hex(ua->rand, ret_branch + sizeof(BRANCH) - 1, 8);
}

static struct ua_tx *tx_new(struct ua *ua, struct ua_call *c, const char *method)
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

/* Registering. */

static void on_register_again(void *arg)
{
	ua_register(arg, UA_EXPIRES_S);
}

void ua_register(struct ua *ua, unsigned expires_s)
{
	struct ua_tx *tx = tx_new(ua, NULL, "REGISTER");

	snprintf(tx->extra, sizeof(tx->extra), "Expires: %u\r\n", expires_s);
	tx_send(tx);
	if (expires_s)
		arm(ua, &ua->again, (int64_t)expires_s * 600, on_register_again, ua);
	else
		timers_cancel(ua->timers, &ua->again);
}

void ua_reconnect(struct ua *ua)
{
	const struct flow flow = flow_of(ua);

	if (ua->conn)
		net_reset(ua->net, &flow);
	ua->conn = net_connect(ua->net, &ua->addr).conn;
}

/* Descriptions. */

static const char *answer_dir(const char *offered)
{
	if (strcmp(offered, "sendonly") == 0)
		return "recvonly";
	if (strcmp(offered, "recvonly") == 0)
		return "sendonly";
	return strcmp(offered, "inactive") == 0 ? "inactive" : "sendrecv";
}

static void host_line(const struct ua *ua, char ret_line[80])
{
	char host[ADDR_TEXT_MAX];

	addr_host_text(&ua->addr, host);
	snprintf(ret_line, 80, "IN %s %s", ua->addr.sa.sa_family == AF_INET6 ? "IP6" : "IP4", host);
}

static bool offers_video(const char *sdp)
{
	const char *at = strstr(sdp, "m=video ");

	return at && at[8] != '0';
}

/* With an offer: its answer. A phone answers with the payload type that it was offered. */
static void sdp_print(struct ua_call *c, const char *offer, char *out, size_t size)
{
	const struct ua_plan *plan = &c->ua->plan;
	const bool has_video = !plan->no_video && (!offer || offers_video(offer));
	char host[80], video[512] = "";
	unsigned pt = 99;

	host_line(c->ua, host);
	if (offer) {
		const char *map = strstr(offer, " H264/90000");

		while (map && map > offer && isdigit((unsigned char)map[-1]))
			map--;
		pt = map ? (unsigned)strtoul(map, NULL, 10) : 99;
		c->video = has_video;
	}
	if (has_video)
		snprintf(video, sizeof(video),
			 "m=video %u RTP/AVP %u\r\na=rtpmap:%u H264/90000\r\n"
			 "a=fmtp:%u profile-level-id=%s;packetization-mode=1\r\na=%s\r\n",
			 c->port + 2u, pt, pt, pt, plan->plain_profile ? "420029" : "42e01f",
			 c->dir);
	else if (!offer || strstr(offer, "m=video"))
		snprintf(video, sizeof(video), "m=video 0 RTP/AVP %u\r\n", pt);
	snprintf(out, size,
		 "v=0\r\no=- %u %u %s\r\ns=-\r\nc=%s\r\nt=0 0\r\nm=audio %u RTP/AVP %s 101\r\n"
		 "a=rtpmap:101 telephone-event/8000\r\na=x-unknown:kept\r\na=%s\r\n%s",
		 c->port, ++c->version, host, host, c->port, plan->pcma_first ? "8 0" : "0 8",
		 c->dir, video);
	if (out != c->said)
		snprintf(c->said, sizeof(c->said), "%s", out);
}

static void sdp_hear(struct ua_call *c, const char *sdp)
{
	static const char *const dirs[] = { "sendrecv", "sendonly", "recvonly", "inactive" };
	const char *m = strstr(sdp, "m=audio");

	snprintf(c->body, sizeof(c->body), "%s", sdp);
	c->video = !c->ua->plan.no_video && offers_video(sdp);
	for (size_t i = 0; m && i < sizeof(dirs) / sizeof(*dirs); i++) {
		char line[16];
		const char *at;

		snprintf(line, sizeof(line), "a=%s", dirs[i]);
		at = strstr(m, line);
		if (at && (!strstr(m, "m=video") || at < strstr(m, "m=video")))
			snprintf(c->heard_dir, sizeof(c->heard_dir), "%s", dirs[i]);
	}
}

struct addr ua_rtp(const struct ua_call *c, bool video)
{
	return addr_with_port(&c->ua->addr, (uint16_t)(c->port + (video ? 2 : 0)));
}

bool ua_sends(const struct ua *ua, const struct addr *rtp)
{
	LIST_EACH(it, (struct list *)&ua->calls) {
		const struct ua_call *c = CONTAINER_OF(it, struct ua_call, list);
		const struct addr audio = ua_rtp(c, false), video = ua_rtp(c, true);

		if (!addr_same(&audio, rtp) && !addr_same(&video, rtp))
			continue;
		return !ua->vanished && c->state == UA_TALKING && strcmp(c->dir, "sendrecv") == 0 &&
		       strcmp(c->heard_dir, "sendrecv") == 0;
	}
	return false;
}

/* Calls. */

static struct ua_call *call_new(struct ua *ua)
{
	struct ua_call *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->ua = ua;
	c->dir = "sendrecv";
	c->port = ua->next_port = (uint16_t)(ua->next_port + 10);
	c->cseq = 10;
	rand_hex(ua->rand, c->tag, 8);
	list_append(&ua->calls, &c->list);
	return c;
}

static void session_header(const struct ua_plan *plan, bool request, char *out, size_t size)
{
	if (plan->session_s)
		snprintf(out, size, "Supported: timer\r\nSession-Expires: %u;refresher=%s\r\n%s",
			 plan->session_s, plan->we_refresh == request ? "uac" : "uas",
			 request            ? "Min-SE: 90\r\n"
			 : plan->we_refresh ? ""
					    : "Require: timer\r\n");
	else
		out[0] = '\0';
}

struct ua_call *ua_call(struct ua *ua, const char *dial, bool late)
{
	struct ua_call *c = call_new(ua);

	c->state = UA_CALLING;
	c->caller = true;
	c->late = late;
	rand_hex(ua->rand, c->call_id, 16);
	snprintf(c->us, sizeof(c->us), "<sip:%s@" REALM ">", ua->user);
	snprintf(c->peer, sizeof(c->peer), "<sip:%s@" REALM ">", dial);
	snprintf(c->target, sizeof(c->target), "sip:%s@" REALM, dial);
	c->invite = tx_new(ua, c, "INVITE");
	if (!late)
		sdp_print(c, NULL, c->invite->body, sizeof(c->invite->body));
	session_header(&ua->plan, true, c->invite->extra, sizeof(c->invite->extra));
	tx_send(c->invite);
	return c;
}

static void send_cancel(struct ua_call *c)
{
	struct ua_tx *invite = c->invite, *tx = tx_new(c->ua, c, "CANCEL");

	c->cancel_wanted = false;
	c->cseq--;
	tx->cseq = invite->cseq;
	memcpy(tx->branch, invite->branch, sizeof(tx->branch));
	snprintf(tx->uri, sizeof(tx->uri), "%s", invite->uri);
	tx_send(tx);
}

void ua_cancel(struct ua_call *c)
{
	assert_true(c->state == UA_CALLING);
	if (c->invite->provisional)
		send_cancel(c);
	else
		c->cancel_wanted = true;
}

void ua_bye(struct ua_call *c)
{
	if (c->state != UA_TALKING)
		return;
	call_over(c, 0);
	if (!c->ua->plan.no_bye)
		tx_send(tx_new(c->ua, c, "BYE"));
}

void ua_info(struct ua_call *c, char digit)
{
	struct ua_tx *tx = tx_new(c->ua, c, "INFO");

	snprintf(tx->extra, sizeof(tx->extra), "Content-Type: application/dtmf-relay\r\n");
	snprintf(tx->body, sizeof(tx->body), "Signal=%c\r\nDuration=160\r\n", digit);
	tx_send(tx);
}

void ua_offer(struct ua_call *c, const char *dir, bool update)
{
	assert_true(c->state == UA_TALKING);
	c->dir = dir;
	c->asked_by_update = update;
	sdp_print(c, NULL, c->said, sizeof(c->said));
	ua_offer_again(c);
}

void ua_offer_again(struct ua_call *c)
{
	struct ua_tx *tx = tx_new(c->ua, c, c->asked_by_update ? "UPDATE" : "INVITE");

	c->offer_code = 0;
	memcpy(tx->body, c->said, sizeof(tx->body));
	if (c->session_s)
		snprintf(tx->extra, sizeof(tx->extra),
			 "Supported: timer\r\nSession-Expires: %u;refresher=%s\r\n", c->session_s,
			 c->we_refresh ? "uac" : "uas");
	c->invite = tx;
	tx_send(tx);
}

/* Session timers: it refreshes, or notices that nobody did. */

static void session_arm(struct ua_call *c);

static void on_refresh(void *arg)
{
	struct ua_call *c = arg;
	struct ua_tx *tx;

	if (!c->we_refresh) {
		ua_bye(c);
		return;
	}
	if (c->ua->plan.forgets_refresh)
		return;
	session_arm(c);
	if (c->invite)
		return;
	if (!c->ua->plan.by_update) {
		c->asked_by_update = false;
		ua_offer_again(c);
		return;
	}
	tx = c->invite = tx_new(c->ua, c, "UPDATE");
	snprintf(tx->extra, sizeof(tx->extra),
		 "Supported: timer\r\nSession-Expires: %u;refresher=uac\r\n", c->session_s);
	tx_send(tx);
}

static void session_arm(struct ua_call *c)
{
	if (c->session_s && c->state == UA_TALKING)
		arm(c->ua, &c->refresh, (int64_t)c->session_s * (c->we_refresh ? 500 : 1000),
		    on_refresh, c);
	else
		timers_cancel(c->ua->timers, &c->refresh);
}

/* response: to a request of its own. */
static void session_learn(struct ua_call *c, const char *text, bool response)
{
	char value[80];

	if (!header(text, "Session-Expires", value, sizeof(value))) {
		c->session_s = 0;
	} else {
		c->session_s = (unsigned)strtoul(value, NULL, 10);
		c->we_refresh = (strstr(value, "refresher=uac") != NULL) == response;
	}
	session_arm(c);
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
			sdp_print(c, body_of(text), body, sizeof(body));
		snprintf(c->ack, sizeof(c->ack),
			 "ACK %s SIP/2.0\r\n%s%s%sContent-Length: %zu\r\n\r\n%s", c->target, via,
			 dialog, body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body),
			 body);
	}
	say(c->ua, c->ack);
}

static void ack_refusal(struct ua_tx *tx, const char *text)
{
	char via[256], from[256], to[256], out[2048], call_id[128];

	print_via(tx->ua, tx->branch, via, sizeof(via));
	header(tx->text, "From", from, sizeof(from));
	header(tx->text, "Call-ID", call_id, sizeof(call_id));
	header(text, "To", to, sizeof(to));
	snprintf(out, sizeof(out),
		 "ACK %s SIP/2.0\r\n%sFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u ACK\r\n"
		 "Content-Length: 0\r\n\r\n",
		 tx->uri, via, from, to, call_id, tx->cseq);
	say(tx->ua, out);
}

static void dialog_learn(struct ua_call *c, const char *text)
{
	char value[256];

	header(text, "To", value, sizeof(value));
	tag_of(value, c->peer_tag, sizeof(c->peer_tag));
	header(text, "Contact", value, sizeof(value));
	uri_of(value, c->target, sizeof(c->target));
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
	tx_over(tx);
	if (c->state == UA_OVER)
		return;
	if (body_of(text)[0])
		sdp_hear(c, body_of(text));
	c->answered = true;
	if (first)
		c->state = UA_TALKING;
	else
		c->offer_code = 200;
	session_learn(c, text, true);
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
	next = tx_new(ua, tx->call, tx->method);
	next->tried = true;
	snprintf(next->uri, sizeof(next->uri), "%s", tx->uri);
	snprintf(next->extra, sizeof(next->extra), "%s", tx->extra);
	snprintf(next->body, sizeof(next->body), "%s", tx->body);
	if (tx->call)
		tx->call->invite = next;
	tx_send(next);
	return true;
}

static void on_retry(void *arg)
{
	struct ua_call *c = arg;

	if (c->state == UA_TALKING && !c->invite && !c->served)
		ua_offer_again(c);
	else if (c->state == UA_TALKING)
		arm(c->ua, &c->retry, T1, on_retry, c);
}

/* Section 14.1: the owner of the Call-ID waits longer. */
static void glare(struct ua_call *c)
{
	const uint64_t ms =
		c->caller ? 2100 + rand_below(c->ua->rand, 1900) : rand_below(c->ua->rand, 2000);

	arm(c->ua, &c->retry, (int64_t)ms, on_retry, c);
}

static void on_invite_refused(struct ua_tx *tx, const char *text, unsigned code)
{
	struct ua_call *c = tx->call;

	ack_refusal(tx, text);
	if (tx->done)
		return;
	tx_over(tx);
	if (c->state == UA_TALKING && code == 491)
		glare(c);
	else if (c->state != UA_CALLING)
		c->offer_code = code;
	else if (!try_again(tx, text, code))
		call_over(c, code);
}

static void on_other_answer(struct ua_tx *tx, const char *text, unsigned code)
{
	if (tx->done)
		return;
	tx_over(tx);
	if (!tx->call) {
		if (!try_again(tx, text, code))
			tx->ua->registered = code == 200;
		return;
	}
	if (strcmp(tx->method, "UPDATE") == 0 && tx->call->state == UA_TALKING) {
		tx->call->offer_code = code;
		if (code == 200 && body_of(text)[0])
			sdp_hear(tx->call, body_of(text));
		if (code == 200)
			session_learn(tx->call, text, true);
	}
}

static void on_provisional(struct ua_tx *tx, const char *text, unsigned code)
{
	struct ua_call *c = tx->call;

	tx->provisional = true;
	if (!c || strcmp(tx->method, "INVITE") != 0 || tx->done)
		return;
	arm(tx->ua, &tx->limit, 600000, on_tx_limit, tx);
	c->rang |= code > 100;
	if (code == 183 && body_of(text)[0]) {
		c->preview = true;
		sdp_hear(c, body_of(text));
	}
	if (c->cancel_wanted)
		send_cancel(c);
}

static void hear_response(struct ua *ua, const char *text)
{
	const unsigned code = (unsigned)strtoul(text + 8, NULL, 10);
	char via[512], cseq[64];
	const char *method;

	header(text, "Via", via, sizeof(via));
	header(text, "CSeq", cseq, sizeof(cseq));
	method = strchr(cseq, ' ') ? strchr(cseq, ' ') + 1 : "";
	LIST_EACH(it, &ua->txs) {
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

/* The server's requests. */

static void reply_print(const struct ua_served *s, unsigned code, const char *tag,
			const char *extra, const char *body, char *out, size_t size)
{
	char via[512], from[512], to[512], call_id[128], cseq[64], has[80];

	header(s->text, "Via", via, sizeof(via));
	header(s->text, "From", from, sizeof(from));
	header(s->text, "To", to, sizeof(to));
	header(s->text, "Call-ID", call_id, sizeof(call_id));
	header(s->text, "CSeq", cseq, sizeof(cseq));
	tag_of(to, has, sizeof(has));
	snprintf(out, size,
		 "SIP/2.0 %u Whatever\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s%s\r\nCall-ID: %s\r\n"
		 "CSeq: %s\r\nContact: %s\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		 code, via, from, to, has[0] || !tag[0] ? "" : ";tag=", has[0] ? "" : tag, call_id,
		 cseq, contact(s->ua), extra, body[0] ? "Content-Type: application/sdp\r\n" : "",
		 strlen(body), body);
}

static void on_reply_again(void *arg)
{
	struct ua_served *s = arg;

	say(s->ua, s->reply);
	s->again_ms = s->again_ms * 2 < T2 ? s->again_ms * 2 : T2;
	if (s->again_ms && !timer_armed(&s->limit))
		return;
	arm(s->ua, &s->again, s->again_ms, on_reply_again, s);
}

static void on_reply_limit(void *arg)
{
	struct ua_served *s = arg;

	timers_cancel(s->ua->timers, &s->again);
}

static void reply(struct ua_served *s, unsigned code, const char *extra, const char *body)
{
	reply_print(s, code, s->call ? s->call->tag : "", extra, body, s->reply, sizeof(s->reply));
	say(s->ua, s->reply);
	if (code < 200)
		return;
	s->final = true;
	if (s->call && s->call->served == s)
		s->call->served = NULL;
	if (strcmp(s->method, "INVITE") == 0 && code >= 300 && !s->ua->tcp) {
		s->again_ms = T1;
		arm(s->ua, &s->again, T1, on_reply_again, s);
		arm(s->ua, &s->limit, GIVE_UP, on_reply_limit, s);
	}
}

static void on_ok_again(void *arg)
{
	struct ua_call *c = arg;

	say(c->ua, c->ok);
	c->again_ms = c->again_ms * 2 < T2 ? c->again_ms * 2 : T2;
	arm(c->ua, &c->repeat, c->again_ms, on_ok_again, c);
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
	const char *offer = body_of(s->text);
	char sdp[2048], extra[256], other[UA_TEXT];

	if (offer[0]) {
		sdp_hear(c, offer);
		if (c->state == UA_TALKING)
			c->dir = answer_dir(c->heard_dir);
	}
	sdp_print(c, offer[0] ? offer : NULL, sdp, sizeof(sdp));
	session_header(&c->ua->plan, false, extra, sizeof(extra));
	if (!strstr(s->text, "Supported: timer"))
		extra[0] = '\0';
	if (c->ua->plan.fork && c->state == UA_INCOMING) {
		reply_print(s, 200, "other", extra, sdp, other, sizeof(other));
		say(c->ua, other);
	}
	reply(s, 200, extra, sdp);
	memcpy(c->ok, s->reply, sizeof(c->ok));
	c->again_ms = T1;
	arm(c->ua, &c->repeat, T1, on_ok_again, c);
	arm(c->ua, &c->limit, GIVE_UP, on_no_ack, c);
	c->offers += c->state == UA_TALKING;
	c->state = UA_TALKING;
	session_learn(c, s->reply, false);
}

static void on_ring(void *arg)
{
	struct ua_call *c = arg;
	char sdp[2048] = "";

	if (c->ua->plan.early)
		sdp_print(c, body_of(c->served->text), sdp, sizeof(sdp));
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
	call_over(c, code);
}

/* Nobody has told it for so long whether the call is still on. */
static void on_rung(void *arg)
{
	struct ua_call *c = arg;

	if (c->served)
		reply(c->served, 480, "", "");
	call_over(c, 480);
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
	struct ua_call *c = s->call = call_new(s->ua);
	char value[256];

	c->state = UA_INCOMING;
	c->served = s;
	header(s->text, "Call-ID", c->call_id, sizeof(c->call_id));
	header(s->text, "From", value, sizeof(value));
	tag_of(value, c->peer_tag, sizeof(c->peer_tag));
	party_of(value, c->peer, sizeof(c->peer));
	header(s->text, "To", value, sizeof(value));
	party_of(value, c->us, sizeof(c->us));
	header(s->text, "Contact", value, sizeof(value));
	uri_of(value, c->target, sizeof(c->target));
	arm(s->ua, &c->limit, UA_RINGS_MS, on_rung, c);
	if (plan->ring_ms >= 0)
		arm(s->ua, &c->ring, plan->ring_ms, on_ring, c);
	if (plan->answer_ms >= 0)
		arm(s->ua, &c->answer, plan->answer_ms, on_answer, c);
}

static void hear_offer(struct ua_served *s)
{
	const struct ua_plan *plan = &s->ua->plan;
	struct ua_call *c = s->call;

	if (c->invite) {
		reply(s, 491, "", "");
	} else if (c->served || c->state != UA_TALKING) {
		reply(s, 500, "Retry-After: 2\r\n", "");
	} else if (plan->refuse_offer) {
		reply(s, plan->refuse_offer, "", "");
	} else {
		c->served = s;
		if (plan->offer_ms)
			arm(s->ua, &c->answer, plan->offer_ms, on_think, c);
		else
			accept_offer(s);
	}
}

static void hear_bye(struct ua_served *s)
{
	struct ua_call *c = s->call;

	header(s->text, "Reason", c->reason, sizeof(c->reason));
	c->hung_up = true;
	reply(s, 200, "", "");
	if (c->served)
		reply(c->served, 487, "", "");
	call_over(c, 0);
}

static void hear_cancel(struct ua_served *s)
{
	struct ua_call *c = s->call;

	reply(s, 200, "", "");
	header(s->text, "Reason", c->reason, sizeof(c->reason));
	c->cancelled = true;
	if (!c->served)
		return;
	reply(c->served, 487, "", "");
	if (c->state == UA_INCOMING)
		call_over(c, 487);
}

static void hear_request(struct ua_served *s)
{
	char to[512], tag[80];

	header(s->text, "To", to, sizeof(to));
	tag_of(to, tag, sizeof(tag));
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
		s->call->digits++;
}

static struct ua_call *call_of(const struct ua *ua, const char *text)
{
	char call_id[128];

	header(text, "Call-ID", call_id, sizeof(call_id));
	LIST_EACH(it, (struct list *)&ua->calls) {
		struct ua_call *c = CONTAINER_OF(it, struct ua_call, list);

		if (strcmp(c->call_id, call_id) == 0)
			return c;
	}
	return NULL;
}

static void hear_ack(struct ua *ua, const char *text)
{
	struct ua_call *c = call_of(ua, text);
	char via[512], to[256];

	header(text, "Via", via, sizeof(via));
	header(text, "To", to, sizeof(to));
	LIST_EACH(it, &ua->serveds) {
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

	header(text, "To", to, sizeof(to));
	return strstr(to, ELSEWHERE) != NULL;
}

static void hear_first(struct ua *ua, const char *text, const char *method, const char *via)
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

void ua_hear(struct ua *ua, struct view text)
{
	char method[12], via[512];

	if (ua->vanished)
		return;
	if (view_starts(text, VIEW("SIP/2.0 "))) {
		hear_response(ua, text.p);
		return;
	}
	snprintf(method, sizeof(method), "%.*s", (int)strcspn(text.p, " "), text.p);
	header(text.p, "Via", via, sizeof(via));
	if (strcmp(method, "ACK") == 0) {
		hear_ack(ua, text.p);
		return;
	}
	LIST_EACH(it, &ua->serveds) {
		struct ua_served *s = CONTAINER_OF(it, struct ua_served, list);

		if (strcmp(s->method, method) == 0 && strcmp(s->branch, via) == 0) {
			if (s->reply[0])
				say(ua, s->reply);
			return;
		}
	}
	hear_first(ua, text.p, method, via);
}

/* Life. */

void ua_open(struct ua *ua, const char *user, const char *addr, bool tcp)
{
	snprintf(ua->user, sizeof(ua->user), "%s", user);
	snprintf(ua->password, sizeof(ua->password), "secret");
	assert_int_equal(addr_parse(addr, &ua->addr), 0);
	rand_hex(ua->rand, ua->register_id, 8);
	ua->tcp = tcp;
	ua->next_port = 30000;
	list_init(&ua->calls);
	list_init(&ua->txs);
	list_init(&ua->serveds);
	if (tcp)
		ua_reconnect(ua);
}

void ua_close(struct ua *ua)
{
	LIST_EACH(it, &ua->txs) {
		struct ua_tx *tx = CONTAINER_OF(it, struct ua_tx, list);

		tx_over(tx);
		free(tx);
	}
	LIST_EACH(it, &ua->serveds) {
		struct ua_served *s = CONTAINER_OF(it, struct ua_served, list);

		timers_cancel(ua->timers, &s->again);
		timers_cancel(ua->timers, &s->limit);
		free(s);
	}
	LIST_EACH(it, &ua->calls) {
		struct ua_call *c = CONTAINER_OF(it, struct ua_call, list);

		call_over(c, 0);
		timers_cancel(ua->timers, &c->repeat);
		timers_cancel(ua->timers, &c->limit);
		free(c);
	}
	timers_cancel(ua->timers, &ua->again);
}

struct ua_call *ua_last(const struct ua *ua)
{
	return list_empty(&ua->calls) ? NULL : CONTAINER_OF(ua->calls.prev, struct ua_call, list);
}

struct ua_call *ua_talking(const struct ua *ua)
{
	struct ua_call *talking = NULL;

	LIST_EACH(it, (struct list *)&ua->calls) {
		struct ua_call *c = CONTAINER_OF(it, struct ua_call, list);

		if (c->state == UA_TALKING)
			talking = c;
	}
	return talking;
}

unsigned ua_calls(const struct ua *ua)
{
	unsigned n = 0;

	LIST_EACH(it, (struct list *)&ua->calls)
		n++;
	return n;
}

uint64_t ua_number(const struct ua *ua)
{
	return strtoull(ua->user, NULL, 10);
}
