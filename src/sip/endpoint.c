/* Messages go: flow → guard → transaction layer → screen (here: REGISTER and OPTIONS end, strangers
 * are challenged, all without state) → the owner. */
#include "sip/endpoint.h"

#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "sip/auth.h"
#include "sip/overload.h"
#include "sip/re.h"
#include "sip/registrar.h"

#include <errno.h>
#include <stdio.h>

#define SERVER_NAME "vestibule"
#define ALLOW       "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, PRACK, UPDATE, INFO\r\n"

enum { HEADERS_MAX = 16384 };

struct sip_endpoint {
	struct sip_endpoint_conf conf;
	char *realm;
	struct flows *flows;
	struct tx_layer *layer;
	struct auth *auth;
	struct guard *guard;
	struct registrar *registrar;
	struct overload *overload; /* NULL: nothing is turned away */
	struct buf headers;  /* of the reply being made */
	sip_endpoint_knows_fn *knows;
	void *knows_arg;
	uint64_t asking;     /* who the request just screened is from; 0 inside of a dialog */
	struct sip_endpoint_stats stats;
};

static void reply(struct sip_endpoint *e, const struct sip_msg *msg, const struct flow *flow,
		  struct registrar_reply what)
{
	if (e->headers.err) { /* a 401 without its challenge, a 200 without its contacts say nothing */
		buf_reset(&e->headers);
		what = (struct registrar_reply){ 500, "Server Internal Error" };
	}
	tx_reply_stateless(e->layer, msg, flow, what.code, what.reason, buf_view(&e->headers));
}

static void refuse(struct sip_endpoint *e, const struct sip_msg *msg, const struct flow *flow,
		   unsigned code, const char *reason)
{
	buf_reset(&e->headers);
	reply(e, msg, flow, (struct registrar_reply){ code, reason });
}

static void refuse_busy(struct sip_endpoint *e, const struct sip_msg *msg, const struct flow *flow)
{
	const unsigned more_s = (unsigned)rand_below(e->conf.rand, OVERLOAD_SPREAD_S + 1);

	e->stats.shed++;
	buf_reset(&e->headers);
	buf_printf(&e->headers, "Retry-After: %u\r\n", OVERLOAD_RETRY_S + more_s);
	reply(e, msg, flow, (struct registrar_reply){ 503, "Service Unavailable" });
}

/* 1. Who asks? */

static bool is_register(const struct sip_msg *msg)
{
	return pl_strcmp(&msg->met, "REGISTER") == 0;
}

static void challenge(struct sip_endpoint *e, const struct sip_msg *msg, const struct flow *flow,
		      bool stale)
{
	e->stats.challenged++;
	buf_reset(&e->headers);
	auth_challenge(e->auth, stale, &e->headers);
	reply(e, msg, flow, (struct registrar_reply){ 401, "Unauthorized" });
}

static void log_refused(const struct sip_msg *msg, const struct flow *flow)
{
	char host[ADDR_TEXT_MAX];

	addr_host_text(&flow->peer, host);
	log_info("sip_auth_failed", LF_S("host", host), LF_V("method", view_pl(&msg->met)),
		 LF_V("from", view_pl(&msg->from.uri.user)));
}

static bool names_device(struct sip_endpoint *e, const struct sip_msg *msg)
{
	struct sip_secret secret;
	uint64_t user;
	bool known;

	known = auth_user(view_pl(&msg->from.uri.user), &user) == 0 &&
		e->conf.secret(e->conf.arg, user, &secret);
	memset(&secret, 0, sizeof(secret));
	return known;
}

/* Credentials that are wrong, or none in the name of nobody: an answer only while such things are
 * rare from there. */
static void stranger(struct sip_endpoint *e, const struct sip_msg *msg, const struct flow *flow,
		     bool tried)
{
	guard_bad(e->guard, &flow->peer);
	if (tried)
		e->stats.refused++;
	if (guard_silent(e->guard, &flow->peer))
		return;
	if (tried)
		log_refused(msg, flow);
	challenge(e, msg, flow, false);
}

/* True when the request is `*ret_user`'s; otherwise it is answered or dropped. */
static bool authenticated(struct sip_endpoint *e, const struct sip_msg *msg,
			  const struct flow *flow, uint64_t *ret_user, bool *ret_repeat)
{
	const enum auth_result result = auth_check(e->auth, msg, flow, ret_user);

	*ret_repeat = result == AUTH_REPEAT;
	switch (result) {
	case AUTH_REPEAT:
		if (is_register(msg))
			return true;
		[[fallthrough]];
	case AUTH_STALE:
		challenge(e, msg, flow, true);
		return false;
	case AUTH_OK:
		guard_good(e->guard, &flow->peer);
		flow_keep(e->flows, flow);
		return true;
	case AUTH_NONE:
		if (names_device(e, msg))
			challenge(e, msg, flow, false);
		else
			stranger(e, msg, flow, false);
		return false;
	case AUTH_WRONG:
	case AUTH_UNKNOWN:
		break;
	}
	stranger(e, msg, flow, true);
	return false;
}

static bool is_user(const struct pl *text, uint64_t user)
{
	uint64_t named;

	return auth_user(view_pl(text), &named) == 0 && named == user;
}

/* 2. What is asked? Each returns true when the owner shall see it. */

/* sips promises TLS on every leg up to the last device (RFC 5630 section 3), which a call that rings
 * several cannot; 416 makes the caller try again with sip (RFC 3261 section 8.1.3.5), down the same
 * connection. A registration ends here, so TLS to us is all of it. */
static bool scheme_fits(const struct sip_msg *msg, const struct flow *flow)
{
	if (pl_strcasecmp(&msg->uri.scheme, "sip") == 0)
		return true;
	return is_register(msg) && flow->transport == FLOW_TLS &&
	       pl_strcasecmp(&msg->uri.scheme, "sips") == 0;
}

/* A device that would lose what it has. Whether it is who it says is asked afterwards. */
static bool is_refresh(const struct sip_endpoint *e, const struct sip_msg *msg)
{
	uint64_t user;

	return auth_user(view_pl(&msg->to.uri.user), &user) == 0 &&
	       registrar_find(e->registrar, user);
}

/* Before anything that costs. Who gets no answer at other times gets none now. */
static bool turned_away(struct sip_endpoint *e, const struct sip_msg *msg, const struct flow *flow)
{
	const bool busy = is_register(msg) ?
				  overload_is(e->overload) && !is_refresh(e, msg) :
				  overload_is(e->overload) ||
					  (e->conf.full && e->conf.full(e->conf.arg));

	if (busy && !guard_silent(e->guard, &flow->peer))
		refuse_busy(e, msg, flow);
	return busy;
}

/* Stops at the first that is asked for in vain, and names it. */
static bool on_require(const struct sip_hdr *hdr, const struct sip_msg *, void *arg)
{
	if (pl_strcasecmp(&hdr->val, "path") == 0 || pl_strcasecmp(&hdr->val, "outbound") == 0)
		return false;
	buf_printf(arg, "Unsupported: %.*s\r\n", (int)hdr->val.l, hdr->val.p);
	return true;
}

static bool on_register(struct sip_endpoint *e, const struct sip_msg *msg, const struct flow *flow)
{
	struct registrar_reply what;
	uint64_t user;
	bool repeat;

	if (turned_away(e, msg, flow) || !authenticated(e, msg, flow, &user, &repeat))
		return false;
	buf_reset(&e->headers);
	if (!is_user(&msg->to.uri.user, user)) {
		refuse(e, msg, flow, 403, "Forbidden");
	} else if (!scheme_fits(msg, flow)) {
		refuse(e, msg, flow, 416, "Unsupported URI Scheme");
	} else if (sip_msg_hdr_apply(msg, true, SIP_HDR_REQUIRE, on_require, &e->headers)) {
		reply(e, msg, flow, (struct registrar_reply){ 420, "Bad Extension" });
	} else {
		what = registrar_register(e->registrar, msg, flow, user, repeat, &e->headers);
		reply(e, msg, flow, what);
	}
	return false;
}

static bool on_invite(struct sip_endpoint *e, const struct sip_msg *msg, const struct flow *flow)
{
	uint64_t user;
	bool repeat;

	if (turned_away(e, msg, flow) || !authenticated(e, msg, flow, &user, &repeat))
		return false;
	if (!is_user(&msg->from.uri.user, user)) {
		refuse(e, msg, flow, 403, "Forbidden");
		return false;
	}
	if (!scheme_fits(msg, flow)) {
		refuse(e, msg, flow, 416, "Unsupported URI Scheme");
		return false;
	}
	e->asking = user;
	return true;
}

static bool on_options(struct sip_endpoint *e, const struct sip_msg *msg, const struct flow *flow)
{
	if (guard_silent(e->guard, &flow->peer))
		return false;
	buf_reset(&e->headers);
	buf_add(&e->headers, VIEW(ALLOW "Accept: application/sdp\r\n"
				     "Supported: timer, path, outbound\r\n"));
	reply(e, msg, flow, (struct registrar_reply){ 200, "OK" });
	return false;
}

/* Belongs into a dialog, but has no To tag, or one of no dialog of ours. */
static bool on_lost(struct sip_endpoint *e, const struct sip_msg *msg, const struct flow *flow)
{
	if (!guard_silent(e->guard, &flow->peer))
		refuse(e, msg, flow, 481, "Call/Transaction Does Not Exist");
	return false;
}

static bool on_other(struct sip_endpoint *e, const struct sip_msg *msg, const struct flow *flow)
{
	if (guard_silent(e->guard, &flow->peer))
		return false;
	buf_reset(&e->headers);
	buf_add(&e->headers, VIEW(ALLOW));
	reply(e, msg, flow, (struct registrar_reply){ 405, "Method Not Allowed" });
	return false;
}

static bool on_screen(void *arg, const struct sip_msg *msg, const struct flow *flow)
{
	static const struct {
		const char *method;
		bool (*screen)(struct sip_endpoint *e, const struct sip_msg *msg,
			       const struct flow *flow);
	} methods[] = {
		{ "REGISTER", on_register }, { "INVITE", on_invite }, { "OPTIONS", on_options },
		{ "BYE", on_lost },	     { "UPDATE", on_lost },   { "INFO", on_lost },
		{ "PRACK", on_lost },
	};
	struct sip_endpoint *e = arg;

	e->asking = 0;
	if (msg->to.tag.l > 0 && !is_register(msg))
		return !e->knows || e->knows(e->knows_arg, msg, flow) || on_lost(e, msg, flow);
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (pl_strcmp(&msg->met, methods[i].method) == 0)
			return methods[i].screen(e, msg, flow);
	return on_other(e, msg, flow);
}

static void on_request(void *arg, struct tx_server *tx, const struct sip_msg *msg,
		       const struct flow *flow)
{
	struct sip_endpoint *e = arg;
	const uint64_t user = tx ? e->asking : 0;

	e->asking = 0;
	e->conf.request(e->conf.arg, tx, msg, flow, user);
}

/* 3. What came in. */

static bool on_admit(void *arg, const struct addr *peer)
{
	return guard_admit(((struct sip_endpoint *)arg)->guard, peer);
}

static void on_message(void *arg, const struct flow *flow, struct view raw)
{
	struct sip_endpoint *e = arg;

	/* Datagrams were admitted one by one, of the others only the connection. */
	if (flow->transport != FLOW_UDP && !guard_admit(e->guard, &flow->peer))
		return;
	e->stats.messages++;
	if (tx_layer_message(e->layer, flow, raw) != -EBADMSG)
		return;
	e->stats.malformed++;
	if (guard_trusts(e->guard, &flow->peer))
		return;
	guard_bad(e->guard, &flow->peer);
	if (guard_silent(e->guard, &flow->peer))
		flow_close(e->flows, flow);
}

static void on_gone(void *arg, const struct flow *flow)
{
	struct sip_endpoint *e = arg;

	tx_layer_flow_gone(e->layer, flow);
}

/* 4. What the registrar has to say. */

static void on_bound(void *arg, uint64_t user, const struct sip_binding *bindings, size_t n)
{
	struct sip_endpoint *e = arg;

	if (e->conf.bound)
		e->conf.bound(e->conf.arg, user, bindings, n);
}

/* What it answers finds no transaction and ends there; that it answers keeps the NAT's door open. */
static void on_keep(void *arg, const struct sip_binding *b)
{
	struct sip_endpoint *e = arg;
	char headers[512], random[2 * 8 + 1];
	struct tx_out out = { .method = "OPTIONS", .uri = view_str(b->contact) };

	rand_hex(e->conf.rand, random, 8);
	snprintf(headers, sizeof(headers),
		 "From: <sip:%.128s>;tag=%s\r\nTo: <sip:%010llu@%.128s>\r\nCall-ID: %s\r\n"
		 "CSeq: 1 OPTIONS\r\n",
		 e->realm, random, (unsigned long long)b->user, e->realm, random);
	out.headers = view_str(headers);
	tx_ack(e->layer, &b->flow, &out);
}

static void on_refresh(void *arg, const struct sip_binding *binding)
{
	struct sip_endpoint *e = arg;

	if (e->conf.refresh)
		e->conf.refresh(e->conf.arg, binding);
}

/* 5. Life. */

static int open_parts(struct sip_endpoint *e)
{
	const struct sip_endpoint_conf *conf = &e->conf;
	struct timers *timers = loop_timers(conf->loop);
	int rc = auth_new(&(struct auth_conf){ e->realm, conf->clock, conf->rand,
					       conf->offer_sha256, conf->secret, conf->arg },
			  &e->auth);

	if (rc == 0)
		rc = guard_new(conf->clock, &e->guard);
	if (rc == 0)
		rc = registrar_new(&(struct registrar_conf){ timers, on_bound, on_keep, e,
							   conf->push_providers, on_refresh },
				   &e->registrar);
	return rc;
}

static int64_t on_behind(void *arg)
{
	return flows_behind_ms(((struct sip_endpoint *)arg)->flows);
}

static int open_sockets(struct sip_endpoint *e, struct err *err)
{
	const struct sip_endpoint_conf *conf = &e->conf;
	int rc = flows_open(&(struct flows_conf){ .loop = conf->loop,
						  .listen = conf->listen,
						  .listen_tls = conf->listen_tls,
						  .tls = conf->tls,
						  .public_host = conf->public_host,
						  .message = on_message,
						  .gone = on_gone,
						  .admit = on_admit,
						  .arg = e },
			    err, &e->flows);

	if (rc < 0)
		return rc;
	rc = tx_layer_new(&(struct tx_conf){ .flows = e->flows,
					     .timers = loop_timers(conf->loop),
					     .rand = conf->rand,
					     .server = SERVER_NAME,
					     .request = on_request,
					     .screen = on_screen,
					     .arg = e },
			  &e->layer);
	if (rc == 0 && conf->shed)
		rc = overload_new(&(struct overload_conf){ loop_timers(conf->loop), on_behind, e },
				  &e->overload);
	return rc < 0 ? err_set(err, rc, "no memory for SIP") : 0;
}

int sip_endpoint_open(const struct sip_endpoint_conf *conf, struct err *err,
		      struct sip_endpoint **ret_endpoint)
{
	struct sip_endpoint *e = calloc(1, sizeof(*e));
	int rc;

	if (!e)
		return err_set(err, -ENOMEM, "no memory for SIP");
	e->conf = *conf;
	e->headers = BUF_INIT(HEADERS_MAX);
	e->realm = view_dup(view_str(conf->realm));
	if (!e->realm || open_parts(e) < 0) {
		sip_endpoint_close(e);
		return err_set(err, -ENOMEM, "no memory for SIP");
	}
	rc = open_sockets(e, err);
	if (rc < 0) {
		sip_endpoint_close(e);
		return rc;
	}
	*ret_endpoint = e;
	return 0;
}

void sip_endpoint_close(struct sip_endpoint *e)
{
	if (!e)
		return;
	overload_free(e->overload);
	tx_layer_free(e->layer);
	flows_close(e->flows);
	registrar_free(e->registrar);
	guard_free(e->guard);
	auth_free(e->auth);
	buf_free(&e->headers);
	free(e->realm);
	free(e);
}

struct tx_layer *sip_endpoint_transactions(struct sip_endpoint *e)
{
	return e->layer;
}

struct flows *sip_endpoint_flows(struct sip_endpoint *e)
{
	return e->flows;
}

void sip_endpoint_dialogs(struct sip_endpoint *e, sip_endpoint_knows_fn *knows, void *arg)
{
	e->knows = knows;
	e->knows_arg = arg;
}

int sip_endpoint_restore(struct sip_endpoint *e, const struct sip_binding *binding)
{
	return registrar_restore(e->registrar, binding);
}

/* A newer flow of the same instance stands. */
static bool superseded(const struct sip_endpoint *e, const struct binding_set *set, size_t i)
{
	const struct sip_binding *b = &set->items[i];

	for (size_t j = i + 1; b->reg_id && j < set->n; j++) {
		const struct sip_binding *newer = &set->items[j];

		if (newer->reg_id && strcmp(newer->instance, b->instance) == 0 &&
		    flow_alive(e->flows, &newer->flow))
			return true;
	}
	return false;
}

size_t sip_endpoint_bindings(struct sip_endpoint *e, uint64_t user,
			     struct sip_binding *ret_bindings, size_t max)
{
	const struct binding_set *set = registrar_find(e->registrar, user);
	size_t n = 0;

	for (unsigned best = 1000; set && n < max;) {
		unsigned next = 0;
		bool more = false;

		for (size_t i = 0; i < set->n; i++) {
			const struct sip_binding *b = &set->items[i];
			if (b->q == best && n < max && flow_alive(e->flows, &b->flow) &&
			    !superseded(e, set, i))
				ret_bindings[n++] = *b;
			if (b->q < best && (!more || b->q > next)) {
				next = b->q;
				more = true;
			}
		}
		if (!more)
			break;
		best = next;
	}
	return n;
}

bool sip_endpoint_knows_host(const struct sip_endpoint *e, uint64_t user, const struct addr *host)
{
	const struct binding_set *set = registrar_find(e->registrar, user);

	for (size_t i = 0; set && i < set->n; i++)
		if (addr_same_host(&set->items[i].flow.peer, host))
			return true;
	return false;
}

void sip_endpoint_unbind(struct sip_endpoint *e, uint64_t user)
{
	registrar_unbind(e->registrar, user);
}

size_t sip_endpoint_suspects(const struct sip_endpoint *e, struct guard_entry *ret_entries,
			     size_t max)
{
	return guard_list(e->guard, ret_entries, max);
}

bool sip_endpoint_forget_suspect(struct sip_endpoint *e, const struct addr *host)
{
	return guard_forget(e->guard, host);
}

struct sip_endpoint_stats sip_endpoint_stats(const struct sip_endpoint *e)
{
	const struct registrar_stats r = registrar_stats(e->registrar);
	const struct flows_stats flows = flows_stats(e->flows);
	struct sip_endpoint_stats stats = e->stats;

	stats.blocked = guard_dropped(e->guard);
	stats.lag_ms = overload_lag_ms(e->overload);
	stats.overload = overload_is(e->overload);
	stats.bindings = r.bindings;
	stats.devices = r.devices;
	stats.transactions = tx_layer_count(e->layer);
	stats.connections = flows.connections;
	stats.secure = flows.secure;
	stats.handshakes_failed = flows.handshakes_failed;
	return stats;
}
