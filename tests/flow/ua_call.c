#include "ua_priv.h"

/* Calls. */

struct ua_call *ua_call_new(struct ua *ua)
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

void ua_session_header(const struct ua_plan *plan, bool request, char *out, size_t size)
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
	struct ua_call *c = ua_call_new(ua);

	c->state = UA_CALLING;
	c->caller = true;
	c->late = late;
	rand_hex(ua->rand, c->call_id, 16);
	snprintf(c->us, sizeof(c->us), "<sip:%s@" REALM ">", ua->user);
	snprintf(c->peer, sizeof(c->peer), "<sip:%s@" REALM ">", dial);
	snprintf(c->target, sizeof(c->target), "sip:%s@" REALM, dial);
	c->invite = ua_tx_new(ua, c, "INVITE");
	if (!late)
		ua_sdp_print(c, NULL, c->invite->body, sizeof(c->invite->body));
	ua_session_header(&ua->plan, true, c->invite->extra, sizeof(c->invite->extra));
	if (ua->plan.reliable)
		strcat(c->invite->extra, "Require: 100rel\r\n");
	ua_tx_send(c->invite);
	return c;
}

void ua_send_cancel(struct ua_call *c)
{
	struct ua_tx *invite = c->invite, *tx = ua_tx_new(c->ua, c, "CANCEL");

	c->cancel_wanted = false;
	c->cseq--;
	tx->cseq = invite->cseq;
	memcpy(tx->branch, invite->branch, sizeof(tx->branch));
	snprintf(tx->uri, sizeof(tx->uri), "%s", invite->uri);
	ua_tx_send(tx);
}

void ua_cancel(struct ua_call *c)
{
	assert_true(c->state == UA_CALLING);
	if (c->invite->provisional)
		ua_send_cancel(c);
	else
		c->cancel_wanted = true;
}

void ua_bye(struct ua_call *c)
{
	if (c->state != UA_TALKING)
		return;
	ua_call_over(c, 0);
	if (!c->ua->plan.no_bye)
		ua_tx_send(ua_tx_new(c->ua, c, "BYE"));
}

void ua_info(struct ua_call *c, char digit)
{
	struct ua_tx *tx = ua_tx_new(c->ua, c, "INFO");

	snprintf(tx->extra, sizeof(tx->extra), "Content-Type: application/dtmf-relay\r\n");
	snprintf(tx->body, sizeof(tx->body), "Signal=%c\r\nDuration=160\r\n", digit);
	ua_tx_send(tx);
}

void ua_offer(struct ua_call *c, const char *dir, bool update)
{
	assert_true(c->state == UA_TALKING);
	c->dir = dir;
	c->asked_by_update = update;
	ua_sdp_print(c, NULL, c->said, sizeof(c->said));
	ua_offer_again(c);
}

void ua_offer_again(struct ua_call *c)
{
	struct ua_tx *tx = ua_tx_new(c->ua, c, c->asked_by_update ? "UPDATE" : "INVITE");

	c->offer_code = 0;
	memcpy(tx->body, c->said, sizeof(tx->body));
	if (c->session_s)
		snprintf(tx->extra, sizeof(tx->extra),
			 "Supported: timer\r\nSession-Expires: %u;refresher=%s\r\n", c->session_s,
			 c->we_refresh ? "uac" : "uas");
	c->invite = tx;
	ua_tx_send(tx);
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
	tx = c->invite = ua_tx_new(c->ua, c, "UPDATE");
	snprintf(tx->extra, sizeof(tx->extra),
		 "Supported: timer\r\nSession-Expires: %u;refresher=uac\r\n", c->session_s);
	ua_tx_send(tx);
}

static void session_arm(struct ua_call *c)
{
	if (c->session_s && c->state == UA_TALKING)
		ua_arm(c->ua, &c->refresh, (int64_t)c->session_s * (c->we_refresh ? 500 : 1000),
		       on_refresh, c);
	else
		timers_cancel(c->ua->timers, &c->refresh);
}

void ua_session_learn(struct ua_call *c, const char *text, bool response)
{
	char value[80];

	if (!ua_header(text, "Session-Expires", value, sizeof(value))) {
		c->session_s = 0;
	} else {
		c->session_s = (unsigned)strtoul(value, NULL, 10);
		c->we_refresh = (strstr(value, "refresher=uac") != NULL) == response;
	}
	session_arm(c);
}
