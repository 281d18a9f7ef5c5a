/* tests/unit/sip/fake_sip.h - an endpoint without sockets and passwords: takes the place of flow.c
 * and auth.c when the program is linked, so include it in one file of a test only. Everybody is
 * whom From names; what is sent goes to fake_sip.sent. */
#pragma once
#include "sip/auth.h"
#include "sip/re.h"

#include <errno.h>
#include <stdlib.h>

struct flows {
	struct flows_conf conf;
};

static struct {
	void (*sent)(const struct flow *flow, struct view bytes);
	uint64_t gone; /* the TCP connection of that number is no more; 0: all stand */
} fake_sip;

int flows_open(const struct flows_conf *conf, struct err *, struct flows **ret_flows)
{
	struct flows *flows = calloc(1, sizeof(*flows));

	if (!flows)
		return -ENOMEM;
	flows->conf = *conf;
	*ret_flows = flows;
	return 0;
}

void flows_close(struct flows *flows)
{
	free(flows);
}

bool flow_alive(const struct flows *, const struct flow *flow)
{
	return flow->transport == FLOW_UDP || flow->conn != fake_sip.gone;
}

int flow_send(struct flows *flows, const struct flow *flow, struct view bytes)
{
	if (!flow_alive(flows, flow))
		return -ENOTCONN;
	fake_sip.sent(flow, bytes);
	return 0;
}

struct view flow_local(struct flows *, const struct flow *)
{
	return VIEW("192.0.2.1:5060");
}

struct addr flow_local_addr(struct flows *, const struct flow *flow)
{
	return flow->peer;
}

void flow_close(struct flows *, const struct flow *)
{
}

void flow_keep(struct flows *, const struct flow *)
{
}

int64_t flows_behind_ms(const struct flows *)
{
	return 0;
}

struct flows_stats flows_stats(const struct flows *)
{
	return (struct flows_stats){};
}

uint16_t flows_port(const struct flows *)
{
	return 5060;
}

int auth_new(const struct auth_conf *, struct auth **ret_auth)
{
	*ret_auth = NULL;
	return 0;
}

void auth_free(struct auth *)
{
}

int auth_user(struct view text, uint64_t *ret_user)
{
	return text.n == 10 ? view_u64(text, UINT64_C(9999999999), ret_user) : -EINVAL;
}

enum auth_result auth_check(struct auth *, const struct sip_msg *msg, const struct flow *,
			    uint64_t *ret_user)
{
	return auth_user(view_pl(&msg->from.uri.user), ret_user) ? AUTH_NONE : AUTH_OK;
}

void auth_challenge(struct auth *, bool, struct buf *out)
{
	buf_add(out, VIEW("WWW-Authenticate: Digest realm=\"r\"\r\n"));
}

/* A message comes, in memory of its exact size with a NUL behind it. */
static inline void fake_sip_hear(struct sip_endpoint *e, const struct flow *flow, struct view raw)
{
	const struct flows_conf *conf = &sip_endpoint_flows(e)->conf;
	char *copy = malloc(raw.n + 1);

	if (!copy)
		abort();
	memcpy(copy, raw.p, raw.n);
	copy[raw.n] = '\0';
	conf->message(conf->arg, flow, (struct view){ copy, raw.n });
	free(copy);
}

static inline void fake_sip_gone(struct sip_endpoint *e, const struct flow *flow)
{
	const struct flows_conf *conf = &sip_endpoint_flows(e)->conf;

	fake_sip.gone = flow->conn;
	conf->gone(conf->arg, flow);
}
