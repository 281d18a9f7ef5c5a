#include "ua_priv.h"

/* Registering. */

static void on_register_again(void *arg)
{
	ua_register(arg, UA_EXPIRES_S);
}

void ua_register(struct ua *ua, unsigned expires_s)
{
	struct ua_tx *tx = ua_tx_new(ua, NULL, "REGISTER");

	snprintf(tx->extra, sizeof(tx->extra), "Expires: %u\r\n", expires_s);
	ua_tx_send(tx);
	if (expires_s)
		ua_arm(ua, &ua->again, (int64_t)expires_s * 600, on_register_again, ua);
	else
		timers_cancel(ua->timers, &ua->again);
}

void ua_reconnect(struct ua *ua)
{
	const struct flow flow = ua_flow_of(ua);

	if (ua->conn)
		net_reset(ua->net, &flow);
	ua->conn = net_connect(ua->net, &ua->addr).conn;
}

void ua_hear(struct ua *ua, struct view text)
{
	char method[12], via[512];

	if (ua->vanished)
		return;
	if (view_starts(text, VIEW("SIP/2.0 "))) {
		ua_hear_response(ua, text.p);
		return;
	}
	snprintf(method, sizeof(method), "%.*s", (int)strcspn(text.p, " "), text.p);
	ua_header(text.p, "Via", via, sizeof(via));
	if (strcmp(method, "ACK") == 0) {
		ua_hear_ack(ua, text.p);
		return;
	}
	LIST_EACH(it, &ua->serveds)
	{
		struct ua_served *s = CONTAINER_OF(it, struct ua_served, list);

		if (strcmp(s->method, method) == 0 && strcmp(s->branch, via) == 0) {
			if (s->reply[0])
				ua_say(ua, s->reply);
			return;
		}
	}
	ua_hear_request(ua, text.p, method, via);
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
	LIST_EACH(it, &ua->txs)
	{
		struct ua_tx *tx = CONTAINER_OF(it, struct ua_tx, list);

		ua_tx_over(tx);
		free(tx);
	}
	LIST_EACH(it, &ua->serveds)
	{
		struct ua_served *s = CONTAINER_OF(it, struct ua_served, list);

		timers_cancel(ua->timers, &s->again);
		timers_cancel(ua->timers, &s->limit);
		free(s);
	}
	LIST_EACH(it, &ua->calls)
	{
		struct ua_call *c = CONTAINER_OF(it, struct ua_call, list);

		ua_call_over(c, 0);
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

bool ua_rings(const struct ua *ua)
{
	const struct ua_call *c = ua_last(ua);

	return c && c->state == UA_INCOMING;
}

struct ua_call *ua_talking(const struct ua *ua)
{
	struct ua_call *talking = NULL;

	LIST_EACH(it, (struct list *)&ua->calls)
	{
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
