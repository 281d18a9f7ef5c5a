#include "sip/session_priv.h"

#include <errno.h>

static const struct tx_server_handlers incoming_handlers;

static bool on_knows(void *arg, const struct sip_msg *msg, const struct flow *flow);

int sessions_new(const struct sessions_conf *conf, struct sessions **ret_sessions)
{
	struct sessions *ss = calloc(1, sizeof(*ss));

	if (!ss)
		return -ENOMEM;
	ss->conf = *conf;
	ss->layer = sip_endpoint_transactions(conf->endpoint);
	map_init(&ss->by_tag);
	list_init(&ss->errands);
	sip_endpoint_dialogs(conf->endpoint, on_knows, ss);
	*ret_sessions = ss;
	return 0;
}

static void free_node(struct map_node *node, void *)
{
	session_free(CONTAINER_OF(node, struct session, node));
}

void sessions_free(struct sessions *ss)
{
	if (!ss)
		return;
	sip_endpoint_dialogs(ss->conf.endpoint, NULL, NULL);
	map_each(&ss->by_tag, free_node, NULL);
	map_free(&ss->by_tag);
	session_errands_free(ss);
	free(ss);
}

size_t sessions_count(const struct sessions *ss)
{
	return ss->by_tag.count;
}

static struct session *session_alloc(struct sessions *ss, const struct flow *flow, uint64_t user,
				     const struct session_handlers *handlers, void *arg)
{
	struct session *s;

	if (ss->by_tag.count >= SESSIONS_MAX)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->ss = ss;
	s->flow = *flow;
	s->user = user;
	s->handlers = handlers;
	s->arg = arg;
	s->offer_sdp = s->last_sdp = s->peer_sdp = s->asked_sdp = s->ok_body =
		BUF_INIT(SESSION_BODY_MAX);
	s->ok_headers = BUF_INIT(URI_MAX + 1024);
	s->ringing.sdp = s->ringing.next_sdp = BUF_INIT(SESSION_BODY_MAX);
	return s;
}

void session_free(struct session *s)
{
	struct timers *timers = s->ss->conf.timers;

	map_remove(&s->ss->by_tag, &s->node);
	timers_cancel(timers, &s->repeat);
	timers_cancel(timers, &s->limit);
	timers_cancel(timers, &s->refresh);
	session_reliable_free(s);
	session_account_free(s);
	if (s->invite && s->state == SESSION_CONFIRMED)
		tx_client_done(s->invite);
	else if (s->invite)
		tx_client_forget(s->invite);
	if (s->answering)
		tx_server_forget(s->answering);
	buf_free(&s->offer_sdp);
	buf_free(&s->last_sdp);
	buf_free(&s->peer_sdp);
	buf_free(&s->asked_sdp);
	buf_free(&s->ok_headers);
	buf_free(&s->ok_body);
	free(s);
}

void session_over(struct session *s, const struct session_end *end)
{
	const struct session_handlers *handlers = s->handlers;
	void *arg = s->arg;

	s->handlers = NULL;
	if (handlers)
		handlers->ended(arg, end);
	session_free(s);
}

void session_lost(struct session *s)
{
	if (s->state == SESSION_CONFIRMED || s->state == SESSION_ANSWERED)
		session_bye(s, NULL);
	session_over(s, &(struct session_end){ .code = 408, .lost = true });
}

/* Sending inside the dialog. */

static bool follow_binding(struct session *s)
{
	struct sip_binding binding;

	if (!sip_endpoint_bindings(s->ss->conf.endpoint, s->user, &binding, 1))
		return false;
	s->flow = binding.flow;
	return true;
}

int session_send(struct session *s, const char *method, struct view extra, struct view body,
		 tx_response_fn *fn, void *arg, struct tx_client **ret_tx)
{
	CLEANUP(buf_free) struct buf headers = BUF_INIT(FLOW_MESSAGE_MAX);
	const struct tx_out out = { method, view_str(s->target), {}, body };
	struct tx_out full = out;
	int rc;

	session_headers(s, &headers, method, ++s->cseq);
	session_account_headers(s, method, &headers);
	buf_add(&headers, extra);
	if (headers.err)
		return headers.err;
	full.headers = buf_view(&headers);
	rc = tx_request(s->ss->layer, &s->flow, &full, fn, arg, ret_tx);
	if (rc == -ENOTCONN && follow_binding(s))
		rc = tx_request(s->ss->layer, &s->flow, &full, fn, arg, ret_tx);
	return rc;
}

void session_nobody_cares(void *, struct tx_client *, const struct sip_msg *, int)
{
}

void session_bye(struct session *s, const char *reason)
{
	CLEANUP(buf_free) struct buf extra = BUF_INIT(512);

	if (reason)
		buf_printf(&extra, "Reason: %s\r\n", reason);
	session_errand(s, "BYE", buf_view(&extra), (struct view){});
}

void session_info(struct session *s, const char *type, struct view body)
{
	CLEANUP(buf_free) struct buf extra = BUF_INIT(256);

	/* The peer of a call that is not answered knows our tag once it was told that it rings. */
	if (s->state != SESSION_CONFIRMED && s->state != SESSION_ANSWERED &&
	    s->state != SESSION_INCOMING)
		return;
	buf_printf(&extra, "Content-Type: %s\r\n", type);
	session_errand(s, "INFO", buf_view(&extra), body);
}

/* Should it be lost, the 2xx comes again, and so does this. */
void session_ack(struct session *s, uint32_t cseq)
{
	CLEANUP(buf_free) struct buf headers = BUF_INIT(FLOW_MESSAGE_MAX);
	struct tx_out out = { "ACK", view_str(s->target), {}, {} };

	session_headers(s, &headers, "ACK", cseq);
	session_account_headers(s, "ACK", &headers);
	if (headers.err)
		return;
	out.headers = buf_view(&headers);
	tx_ack(s->ss->layer, &s->flow, &out);
}

/* Session timers (RFC 4028). */

static void on_refresh(void *arg)
{
	struct session *s = arg;

	if (!s->we_refresh) {
		session_lost(s);
		return;
	}
	if (s->offer == OFFER_NONE) {
		session_keep(&s->offer_sdp, buf_view(&s->last_sdp));
		s->refreshing = true;
		if (session_offer_send(s) < 0) {
			session_lost(s);
			return;
		}
	}
	/* Should the refresh be lost, its transaction tells; should it be refused, this comes again. */
	if (timers_arm(s->ss->conf.timers, &s->refresh, (int64_t)s->expires_s * 500, on_refresh, s) < 0)
		session_lost(s);
}

static int64_t refresh_ms(const struct session *s)
{
	const unsigned early = s->expires_s / 3 < 32 ? s->expires_s / 3 : 32;

	return s->we_refresh ? (int64_t)s->expires_s * 500 : ((int64_t)s->expires_s - early) * 1000;
}

static unsigned expires_of(struct view value)
{
	struct view rest;
	uint64_t seconds;

	if (view_u64(view_trim(view_cut(value, ';', &rest)), 1000000, &seconds) < 0)
		return 0;
	return (unsigned)seconds;
}

static void timer_start(struct session *s, unsigned expires_s, bool we_refresh)
{
	s->expires_s = expires_s;
	s->we_refresh = we_refresh;
	timers_cancel(s->ss->conf.timers, &s->refresh);
	if (expires_s &&
	    timers_arm(s->ss->conf.timers, &s->refresh, refresh_ms(s), on_refresh, s) < 0)
		s->expires_s = 0;
}

/* The refresher that is named; uac without one. */
static bool names_uas(struct view session_expires)
{
	const struct pl pl = pl_view(session_expires);
	struct pl refresher = {};

	return msg_param_decode(&pl, "refresher", &refresher) == 0 &&
	       view_ieq(view_pl(&refresher), VIEW("uas"));
}

void session_timer_learn(struct session *s, const struct sip_msg *msg)
{
	const struct view value = sip_header(msg, SIP_HDR_SESSION_EXPIRES);

	timer_start(s, expires_of(value), !names_uas(value));
}

/* A proxy may ask in the name of a peer that does not know timers: then we refresh (section 9). */
void session_timer_ask(struct session *s, const struct sip_msg *msg)
{
	const struct view value = sip_header(msg, SIP_HDR_SESSION_EXPIRES);

	s->asked_s = expires_of(value);
	s->asked_we_refresh = names_uas(value) ||
			      !sip_msg_hdr_has_value(msg, SIP_HDR_SUPPORTED, "timer");
}

void session_timer_agree(struct session *s)
{
	timer_start(s, s->asked_s, s->asked_we_refresh);
}

bool session_timer_refused(struct tx_server *tx, const struct sip_msg *msg)
{
	CLEANUP(buf_free) struct buf h = BUF_INIT(64);
	const unsigned seconds = expires_of(sip_header(msg, SIP_HDR_SESSION_EXPIRES));

	if (!seconds || seconds >= SESSION_MIN_SE_S)
		return false;
	buf_printf(&h, "Min-SE: %u\r\n", SESSION_MIN_SE_S);
	tx_reply(tx, 422, "Session Interval Too Small", buf_view(&h), (struct view){});
	return true;
}

/* Outgoing. */

static void on_limit(void *arg)
{
	struct session *s = arg;

	if (s->state == SESSION_CALLING && s->invite)
		tx_cancel(s->invite, (struct view){});
	session_over(s, &(struct session_end){ .code = 408, .lost = true });
}

/* Section 13.2.2.4: another branch of a fork answered too late. */
static void end_fork(struct session *s, const struct sip_msg *msg)
{
	struct session fork = *s;

	fork.route[0] = '\0';
	if (!session_copy(fork.peer_tag, sizeof(fork.peer_tag), view_pl(&msg->to.tag)) ||
	    session_target_learn(&fork, msg) < 0 || session_route_learn(&fork, msg, true) < 0)
		return;
	session_ack(&fork, s->invite_cseq);
	session_bye(&fork, "SIP;cause=200;text=\"Call completed elsewhere\"");
	s->cseq = fork.cseq;
}

static int dialog_learn(struct session *s, const struct sip_msg *msg)
{
	if (!session_copy(s->peer_tag, sizeof(s->peer_tag), view_pl(&msg->to.tag)))
		return -EMSGSIZE;
	if (session_target_learn(s, msg) < 0)
		return -EBADMSG;
	return session_route_learn(s, msg, true);
}

static void on_ok(struct session *s, const struct sip_msg *msg)
{
	const bool cancelled = s->state == SESSION_CANCELLED;
	struct view sdp = {};

	timers_cancel(s->ss->conf.timers, &s->limit);
	s->invite_cseq = msg->cseq.num;
	if (dialog_learn(s, msg) < 0) {
		session_over(s, &(struct session_end){ .code = 502, .lost = true });
		return;
	}
	session_ack(s, s->invite_cseq);
	s->state = SESSION_CONFIRMED;
	if (cancelled || !session_body(msg, &sdp)) {
		session_bye(s, cancelled ? "SIP;cause=200;text=\"Call completed elsewhere\"" : NULL);
		session_over(s, &(struct session_end){ .code = 415 });
		return;
	}
	session_keep(&s->peer_sdp, sdp);
	session_timer_learn(s, msg);
	if (s->handlers)
		s->handlers->answered(s->arg, sdp);
}

static void on_provisional(struct session *s, const struct sip_msg *msg)
{
	struct view sdp = {};

	if (s->state != SESSION_CALLING || msg->scode == 100 || !session_provisional_news(s, msg))
		return;
	if (!session_body(msg, &sdp))
		sdp = (struct view){};
	s->handlers->progress(s->arg, msg->scode, sdp);
}

static int invite_send(struct session *s);

static void on_invite(void *arg, struct tx_client *, const struct sip_msg *msg, int err)
{
	struct session *s = arg;

	if (!msg) {
		s->invite = NULL;
		if (err)
			session_over(s, &(struct session_end){ .code = 408, .lost = true });
		return;
	}
	if (msg->scode < 200) {
		on_provisional(s, msg);
	} else if (msg->scode >= 300) {
		s->invite = NULL;
		if (s->state == SESSION_CALLING && session_account_challenged(s, msg) &&
		    invite_send(s) == 0)
			return;
		session_over(s, &(struct session_end){ .code = msg->scode,
						       .reason = view_pl(&msg->reason) });
	} else if (s->state == SESSION_CALLING || s->state == SESSION_CANCELLED) {
		on_ok(s, msg);
	} else if (view_eq(view_pl(&msg->to.tag), view_str(s->peer_tag))) {
		session_ack(s, s->invite_cseq);
	} else {
		end_fork(s, msg);
	}
}

static int invite_fill(struct session *s, const struct session_to *to)
{
	CLEANUP(buf_free) struct buf from = BUF_INIT(PARTY_MAX - 1);
	struct rand *rand = s->ss->conf.rand;

	if (!session_copy(s->target, sizeof(s->target), view_str(to->contact)))
		return -EMSGSIZE;
	if (to->path && to->path[0]) /* RFC 3327 section 5.3 */
		snprintf(s->route, sizeof(s->route), "Route: %.*s\r\n", BINDING_PATH_MAX, to->path);
	if (to->from_name && to->from_name[0]) {
		session_quote(&from, view_str(to->from_name));
		buf_chr(&from, ' ');
	}
	if (to->line)
		buf_printf(&from, "<sip:%s@%s>", to->line->caller, to->line->host);
	else
		buf_printf(&from, "<sip:%llu@%s>", (unsigned long long)to->from_user,
			   s->ss->conf.realm);
	if (from.err || !session_copy(s->us, sizeof(s->us), buf_view(&from)))
		return -EMSGSIZE;
	if (to->line)
		snprintf(s->peer, sizeof(s->peer), "<sip:%s@%s>", to->line->number, to->line->host);
	else
		snprintf(s->peer, sizeof(s->peer), "<sip:%llu@%s>", (unsigned long long)to->user,
			 s->ss->conf.realm);
	rand_hex(rand, s->tag, TX_TAG_LEN / 2);
	rand_hex(rand, s->call_id, 16);
	s->cseq = (uint32_t)rand_below(rand, 1 << 16);
	s->caller = true;
	return map_put(&s->ss->by_tag, &s->node, view_str(s->tag));
}

static int invite_send(struct session *s)
{
	CLEANUP(buf_free) struct buf extra = BUF_INIT(2048);
	const struct view sdp = buf_view(&s->last_sdp);
	int rc;

	session_contact(s, &extra);
	session_timer_headers(s, &extra, false);
	session_type(&extra, sdp);
	rc = session_send(s, "INVITE", buf_view(&extra), sdp, on_invite, s, &s->invite);
	s->invite_cseq = s->cseq;
	return rc;
}

int session_invite(struct sessions *ss, const struct session_to *to, struct view sdp,
		   const struct session_handlers *handlers, void *arg, struct session **ret_session)
{
	struct session *s = session_alloc(ss, &to->flow, to->user, handlers, arg);
	int rc;

	if (!s)
		return -EAGAIN;
	rc = invite_fill(s, to);
	if (rc == 0)
		rc = session_account_keep(s, to);
	session_keep(&s->last_sdp, sdp);
	if (rc == 0)
		rc = s->last_sdp.err ? s->last_sdp.err : invite_send(s);
	if (rc == 0)
		rc = timers_arm(ss->conf.timers, &s->limit, SESSION_INVITE_MS, on_limit, s);
	if (rc < 0) {
		session_free(s);
		return rc;
	}
	*ret_session = s;
	return 0;
}

/* Incoming. */

static void on_cancelled(void *arg, struct tx_server *tx, const struct sip_msg *cancel)
{
	struct session *s = arg;

	if (s->state != SESSION_INCOMING && s->offer != OFFER_THEIRS)
		return;
	tx_reply(tx, 487, "Request Terminated", (struct view){}, (struct view){});
	tx_server_forget(TAKE(s->answering));
	if (s->state != SESSION_INCOMING) {
		s->offer = OFFER_NONE;
		return;
	}
	session_over(s, &(struct session_end){ .reason = sip_header(cancel, SIP_HDR_REASON) });
}

static void on_server_ended(void *arg, struct tx_server *)
{
	struct session *s = arg;

	s->answering = NULL;
	if (s->state == SESSION_INCOMING) /* its connection broke: there is nothing left to answer */
		session_over(s, &(struct session_end){ .code = 408, .lost = true });
}

static const struct tx_server_handlers incoming_handlers = { on_cancelled, on_server_ended };

struct unsupported {
	struct buf *out;
	bool any;
};

static bool on_require(const struct sip_hdr *hdr, const struct sip_msg *, void *arg)
{
	struct unsupported *u = arg;

	if (view_ieq(view_pl(&hdr->val), VIEW("timer")) ||
	    view_ieq(view_pl(&hdr->val), VIEW("100rel")))
		return false;
	buf_printf(u->out, "Unsupported: %.*s\r\n", (int)hdr->val.l, hdr->val.p);
	u->any = true;
	return false;
}

/* Section 8.2.2.3 */
static bool require_refused(struct tx_server *tx, const struct sip_msg *msg)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(4096);
	struct unsupported u = { .out = &text };

	sip_msg_hdr_apply(msg, true, SIP_HDR_REQUIRE, on_require, &u);
	if (u.any)
		tx_reply(tx, 420, "Bad Extension", buf_view(&text), (struct view){});
	return u.any;
}

/* The name-addr or addr-spec of a From, without its parameters. */
static struct view without_params(const struct sip_taddr *from)
{
	const char *end = from->auri.p + from->auri.l;

	if (end < from->val.p + from->val.l && *end == '>')
		end++;
	return (struct view){ from->val.p, (size_t)(end - from->val.p) };
}

static int accept_fill(struct session *s, struct tx_server *tx, const struct sip_msg *msg)
{
	if (!session_copy(s->peer, sizeof(s->peer), without_params(&msg->from)) ||
	    !session_copy(s->us, sizeof(s->us), view_pl(&msg->to.val)) ||
	    !session_copy(s->peer_tag, sizeof(s->peer_tag), view_pl(&msg->from.tag)) ||
	    !session_copy(s->call_id, sizeof(s->call_id), view_pl(&msg->callid)) ||
	    !session_copy(s->tag, sizeof(s->tag), tx_server_tag(tx)))
		return -EMSGSIZE;
	if (!msg->from.tag.l || session_target_learn(s, msg) < 0 || !s->target[0] ||
	    session_route_learn(s, msg, false) < 0)
		return -EBADMSG;
	s->peer_cseq = s->invite_cseq = msg->cseq.num;
	s->cseq = (uint32_t)rand_below(s->ss->conf.rand, 1 << 16);
	s->state = SESSION_INCOMING;
	return map_put(&s->ss->by_tag, &s->node, view_str(s->tag));
}

static int refuse(struct tx_server *tx, unsigned code, const char *phrase, int rc)
{
	tx_reply(tx, code, phrase, (struct view){}, (struct view){});
	return rc;
}

int session_accept(struct sessions *ss, struct tx_server *tx, const struct sip_msg *msg,
		   const struct flow *flow, uint64_t user, const struct session_handlers *handlers,
		   void *arg, struct session **ret_session, struct view *ret_sdp)
{
	struct view sdp;
	struct session *s;

	if (require_refused(tx, msg))
		return -EPROTONOSUPPORT;
	if (session_timer_refused(tx, msg))
		return -ERANGE;
	if (!session_body(msg, &sdp)) {
		session_refuse_type(tx);
		return -EMEDIUMTYPE;
	}
	s = session_alloc(ss, flow, user, handlers, arg);
	if (!s)
		return refuse(tx, 503, "Service Unavailable", -EAGAIN);
	if (accept_fill(s, tx, msg) < 0) {
		session_free(s);
		return refuse(tx, 400, "Bad Request", -EBADMSG);
	}
	session_keep(&s->peer_sdp, sdp);
	session_timer_ask(s, msg);
	session_reliable_init(s, sip_msg_hdr_has_value(msg, SIP_HDR_REQUIRE, "100rel"));
	s->answering = tx;
	tx_server_use(tx, &incoming_handlers, s);
	*ret_sdp = buf_view(&s->peer_sdp);
	*ret_session = s;
	return 0;
}

const char *session_phrase(unsigned code)
{
	return code == 180 ? "Ringing" : "Session Progress";
}

void session_progress(struct session *s, unsigned code, struct view sdp)
{
	CLEANUP(buf_free) struct buf h = BUF_INIT(2048);

	if (s->state != SESSION_INCOMING || !s->answering || session_ring_reliably(s, code, sdp))
		return;
	session_contact(s, &h);
	session_type(&h, sdp);
	tx_reply(s->answering, code, session_phrase(code), buf_view(&h), sdp);
}

static void on_no_ack(void *arg)
{
	session_lost(arg);
}

static void on_repeat(void *arg)
{
	struct session *s = arg;

	if (s->answering)
		tx_reply(s->answering, 200, "OK", buf_view(&s->ok_headers), buf_view(&s->ok_body));
	s->repeat_ms = s->repeat_ms * 2 < TX_T2_MS ? s->repeat_ms * 2 : TX_T2_MS;
	if (timers_arm(s->ss->conf.timers, &s->repeat, s->repeat_ms, on_repeat, s) < 0)
		session_lost(s);
}

void session_ok(struct session *s, struct view sdp)
{
	struct timers *timers = s->ss->conf.timers;

	session_timer_agree(s);
	buf_reset(&s->ok_headers);
	session_contact(s, &s->ok_headers);
	session_timer_headers(s, &s->ok_headers, true);
	session_type(&s->ok_headers, sdp);
	session_keep(&s->ok_body, sdp);
	session_keep(&s->last_sdp, sdp);
	tx_reply(s->answering, 200, "OK", buf_view(&s->ok_headers), buf_view(&s->ok_body));
	s->repeat_ms = TX_T1_MS;
	if (timers_arm(timers, &s->limit, TX_TIMEOUT_MS, on_no_ack, s) < 0 ||
	    timers_arm(timers, &s->repeat, s->repeat_ms, on_repeat, s) < 0)
		session_lost(s);
}

void session_answer(struct session *s, struct view sdp)
{
	if (s->state != SESSION_INCOMING || !s->answering || session_answer_waits(s, sdp))
		return;
	session_reliable_stop(s);
	s->state = SESSION_ANSWERED;
	session_ok(s, sdp);
}

void session_acked(struct session *s, const struct sip_msg *msg)
{
	const bool first = s->state == SESSION_ANSWERED;
	struct view sdp;

	if (msg->cseq.num != s->invite_cseq || (!first && s->offer != OFFER_ACK))
		return;
	timers_cancel(s->ss->conf.timers, &s->repeat);
	timers_cancel(s->ss->conf.timers, &s->limit);
	if (s->answering)
		tx_server_forget(TAKE(s->answering));
	s->state = SESSION_CONFIRMED;
	s->offer = OFFER_NONE;
	if (!s->handlers) { /* let go between our 2xx and now (section 15: no BYE before the ACK) */
		session_bye(s, NULL);
		session_free(s);
		return;
	}
	if (!session_body(msg, &sdp))
		sdp = (struct view){};
	if (first)
		s->handlers->acked(s->arg, sdp);
}

void session_end(struct session *s, unsigned code, const char *reason)
{
	CLEANUP(buf_free) struct buf extra = BUF_INIT(512);

	s->handlers = NULL;
	switch (s->state) {
	case SESSION_CALLING:
		if (reason)
			buf_printf(&extra, "Reason: %s\r\n", reason);
		s->state = SESSION_CANCELLED;
		tx_cancel(s->invite, buf_view(&extra));
		if (timers_arm(s->ss->conf.timers, &s->limit, 2 * TX_TIMEOUT_MS, on_limit, s) < 0)
			session_free(s);
		return;
	case SESSION_INCOMING:
		if (s->answering)
			tx_reply(s->answering, code ? code : 480, reason ? reason : "Call Ended",
				 (struct view){}, (struct view){});
		session_free(s);
		return;
	case SESSION_CONFIRMED:
		if (s->offer == OFFER_THEIRS && s->answering)
			tx_reply(s->answering, 487, "Request Terminated", (struct view){},
				 (struct view){});
		session_bye(s, reason);
		session_free(s);
		return;
	case SESSION_ANSWERED:
	case SESSION_CANCELLED:
		return; /* goes when the ACK or the final response comes, or the limit */
	}
}

/* What comes in with a tag of ours. */

static bool host_known(const struct session *s, const struct flow *flow)
{
	return addr_same_host(&s->flow.peer, &flow->peer) ||
	       sip_endpoint_knows_host(s->ss->conf.endpoint, s->user, &flow->peer);
}

static struct session *session_find(struct sessions *ss, const struct sip_msg *msg)
{
	const struct map_node *node = map_get(&ss->by_tag, view_pl(&msg->to.tag));
	struct session *s;

	if (!node)
		return NULL;
	s = CONTAINER_OF(node, struct session, node);
	if (!view_eq(view_pl(&msg->callid), view_str(s->call_id)) ||
	    !view_eq(view_pl(&msg->from.tag), view_str(s->peer_tag)))
		return NULL;
	return s;
}

static bool on_knows(void *arg, const struct sip_msg *msg, const struct flow *flow)
{
	const struct session *s = session_find(arg, msg);

	return s && host_known(s, flow);
}

void sessions_request(struct sessions *ss, struct tx_server *tx, const struct sip_msg *msg,
		      const struct flow *flow)
{
	struct session *s = session_find(ss, msg);

	if (!s || !host_known(s, flow)) {
		if (tx)
			refuse(tx, 481, "Call/Transaction Does Not Exist", 0);
		return;
	}
	if (!tx) {
		s->flow = *flow;
		session_acked(s, msg);
		return;
	}
	if (msg->cseq.num <= s->peer_cseq && s->peer_cseq) { /* section 12.2.2 */
		refuse(tx, 500, "CSeq Out Of Order", 0);
		return;
	}
	s->flow = *flow;
	s->peer_cseq = msg->cseq.num;
	session_inside(s, tx, msg);
}
