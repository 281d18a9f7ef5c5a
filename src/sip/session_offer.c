#include "sip/session_priv.h"

#include <errno.h>

static void reply(struct tx_server *tx, unsigned code, const char *phrase)
{
	tx_reply(tx, code, phrase, (struct view){}, (struct view){});
}

/* Our own offers. */

static void on_retry(void *arg)
{
	struct session *s = arg;

	if (s->account)
		s->account->repeats = 0; /* the nonce may have become too old meanwhile */
	if (s->offer == OFFER_RETRY && session_offer_send(s) < 0)
		session_lost(s);
}

static void offer_done(struct session *s, unsigned code, struct view sdp)
{
	const bool refreshing = s->refreshing;

	s->offer = OFFER_NONE;
	s->glares = 0;
	if (s->account)
		s->account->repeats = 0;
	s->refreshing = false;
	if (!refreshing && s->handlers)
		s->handlers->offer_done(s->arg, code, sdp);
}

/* Section 14.1: the owner of the Call-ID waits longer, so that the two do not meet again. For whom
 * it is always the wrong moment, it is as good as a refusal. */
static void glare(struct session *s)
{
	const uint64_t ms = s->caller ? 2100 + 10 * rand_below(s->ss->conf.rand, 191)
				      : 10 * rand_below(s->ss->conf.rand, 201);

	if (++s->glares > SESSION_GLARES_MAX) {
		offer_done(s, 488, (struct view){});
		return;
	}
	s->offer = OFFER_RETRY;
	if (timers_arm(s->ss->conf.timers, &s->repeat, (int64_t)ms, on_retry, s) < 0)
		session_lost(s);
}

/* Its connection broke; the peer may have come back by another one meanwhile. */
static bool offer_again(struct session *s)
{
	return s->offer == OFFER_OURS && session_offer_send(s) == 0;
}

/* The credentials that it had are too old. */
static bool offer_asked(struct session *s, const struct sip_msg *msg)
{
	if (s->offer != OFFER_OURS || !s->account || s->account->repeats >= SESSION_REPEATS_MAX ||
	    !session_account_anew(s, msg))
		return false;
	s->account->repeats++;
	return session_offer_send(s) == 0;
}

static void on_offer(void *arg, struct tx_client *, const struct sip_msg *msg, int err)
{
	struct session *s = arg;
	struct view sdp = {};

	if (!msg) {
		s->invite = NULL;
		if (err && (err != -ENOTCONN || !offer_again(s)))
			session_lost(s);
		return;
	}
	if (msg->scode < 200)
		return;
	if (msg->scode >= 300) {
		s->invite = NULL;
		if (offer_asked(s, msg))
			return;
		if (msg->scode == 491)
			glare(s);
		else if (msg->scode == 481 || msg->scode == 408)
			session_lost(s);
		else
			offer_done(s, msg->scode, sdp);
		return;
	}
	session_ack(s, msg->cseq.num);
	if (s->offer != OFFER_OURS) /* the 2xx again */
		return;
	if (session_target_learn(s, msg) < 0 || !session_body(msg, &sdp)) {
		session_lost(s);
		return;
	}
	session_timer_learn(s, msg);
	session_keep(&s->last_sdp, buf_view(&s->offer_sdp));
	session_keep(&s->peer_sdp, sdp);
	offer_done(s, msg->scode, sdp);
}

int session_offer_send(struct session *s)
{
	CLEANUP(buf_free) struct buf extra = BUF_INIT(2048);
	int rc;

	if (s->invite)
		tx_client_done(TAKE(s->invite));
	session_contact(s, &extra);
	session_timer_headers(s, &extra, false);
	session_type(&extra, buf_view(&s->offer_sdp));
	rc = session_send(s, "INVITE", buf_view(&extra), buf_view(&s->offer_sdp), on_offer, s,
			  &s->invite);
	if (rc < 0)
		return rc;
	s->offer = OFFER_OURS;
	return 0;
}

int session_offer(struct session *s, struct view sdp)
{
	if (s->state != SESSION_CONFIRMED || s->offer != OFFER_NONE)
		return -EBUSY;
	session_keep(&s->offer_sdp, sdp);
	if (s->offer_sdp.err)
		return s->offer_sdp.err;
	return session_offer_send(s);
}

/* The peer's offers. */

static void update_ok(struct session *s, struct view sdp)
{
	CLEANUP(buf_free) struct buf h = BUF_INIT(2048);

	session_timer_agree(s);
	session_contact(s, &h);
	session_timer_headers(s, &h, true);
	session_type(&h, sdp);
	tx_reply(s->answering, 200, "OK", buf_view(&h), sdp);
	tx_server_forget(TAKE(s->answering));
	if (sdp.n)
		session_keep(&s->last_sdp, sdp);
	s->offer = OFFER_NONE;
}

static void accept_offer(struct session *s, struct view sdp)
{
	if (s->asked_sdp.n)
		session_keep(&s->peer_sdp, buf_view(&s->asked_sdp));
	if (s->answering_update) {
		update_ok(s, sdp);
		return;
	}
	s->offer = OFFER_ACK;
	session_ok(s, sdp);
}

void session_offer_reply(struct session *s, unsigned code, struct view sdp)
{
	if (s->offer != OFFER_THEIRS || !s->answering)
		return;
	if (code >= 200 && code < 300) {
		accept_offer(s, sdp);
		return;
	}
	reply(s->answering, code, code == 488 ? "Not Acceptable Here" : "Refused");
	tx_server_forget(TAKE(s->answering));
	s->offer = OFFER_NONE;
}

static const struct tx_server_handlers *offer_handlers(void);

/* What the peer said before, or nothing at all, changes nothing: our last word again. last_sdp is
 * copied because session_ok keeps it anew. */
static void answer_refresh(struct session *s)
{
	CLEANUP(buf_free) struct buf sdp = BUF_INIT(SESSION_BODY_MAX);

	buf_add(&sdp, buf_view(&s->last_sdp));
	accept_offer(s, buf_view(&sdp));
}

static void on_peer_offer(struct session *s, struct tx_server *tx, const struct sip_msg *msg,
			  bool update)
{
	struct view sdp;

	if (s->offer == OFFER_OURS) {
		reply(tx, 491, "Request Pending");
		return;
	}
	if (s->state != SESSION_CONFIRMED || s->offer == OFFER_THEIRS || s->offer == OFFER_ACK) {
		tx_reply(tx, 500, "Busy With Another Offer", VIEW("Retry-After: 2\r\n"),
			 (struct view){});
		return;
	}
	if (session_timer_refused(tx, msg))
		return;
	if (!session_body(msg, &sdp)) {
		session_refuse_type(tx);
		return;
	}
	if (session_target_learn(s, msg) < 0) {
		reply(tx, 400, "Bad Contact");
		return;
	}
	session_timer_ask(s, msg);
	timers_cancel(s->ss->conf.timers, &s->repeat); /* a retry of ours waits no longer */
	if (s->offer == OFFER_RETRY)
		offer_done(s, 491, (struct view){});
	s->answering = tx;
	s->answering_update = update;
	s->offer = OFFER_THEIRS;
	tx_server_use(tx, offer_handlers(), s);
	if (!update)
		s->invite_cseq = msg->cseq.num;
	session_keep(&s->asked_sdp, sdp);
	if (update && !sdp.n) {
		update_ok(s, sdp);
	} else if (!sdp.n || view_eq(sdp, buf_view(&s->peer_sdp))) {
		answer_refresh(s);
	} else {
		s->handlers->offered(s->arg, sdp);
	}
}

static void on_offer_cancelled(void *arg, struct tx_server *tx, const struct sip_msg *)
{
	struct session *s = arg;

	if (s->offer != OFFER_THEIRS)
		return;
	reply(tx, 487, "Request Terminated");
	tx_server_forget(TAKE(s->answering));
	s->offer = OFFER_NONE;
}

/* An UPDATE lives for 64*T1 only, and over TCP no longer than its connection: the answer may come
 * too late. */
static void on_offer_ended(void *arg, struct tx_server *)
{
	struct session *s = arg;

	s->answering = NULL;
	if (s->offer == OFFER_THEIRS) /* too late for an answer */
		s->offer = OFFER_NONE;
}

static const struct tx_server_handlers *offer_handlers(void)
{
	static const struct tx_server_handlers handlers = { on_offer_cancelled, on_offer_ended };

	return &handlers;
}

/* Everything else. */

static void on_bye(struct session *s, struct tx_server *tx, const struct sip_msg *msg)
{
	reply(tx, 200, "OK");
	if (s->answering && (s->state == SESSION_INCOMING || s->offer == OFFER_THEIRS))
		reply(s->answering, 487, "Request Terminated");
	session_over(s, &(struct session_end){ .reason = sip_header(msg, SIP_HDR_REASON) });
}

static void on_info(struct session *s, struct tx_server *tx, const struct sip_msg *msg)
{
	CLEANUP(buf_free) struct buf type = BUF_INIT(128);

	reply(tx, 200, "OK");
	buf_add(&type, view_pl(&msg->ctyp.type));
	buf_chr(&type, '/');
	buf_add(&type, view_pl(&msg->ctyp.subtype));
	if (!type.err && msg->ctyp.type.l)
		s->handlers->info(s->arg, buf_view(&type), sip_body(msg));
}

void session_inside(struct session *s, struct tx_server *tx, const struct sip_msg *msg)
{
	const struct view method = view_pl(&msg->met);

	if (view_eq(method, VIEW("BYE")))
		on_bye(s, tx, msg);
	else if (!s->handlers) /* the user let go; only the ACK or the BYE is awaited */
		reply(tx, 481, "Call/Transaction Does Not Exist");
	else if (view_eq(method, VIEW("INVITE")))
		on_peer_offer(s, tx, msg, false);
	else if (view_eq(method, VIEW("UPDATE")))
		on_peer_offer(s, tx, msg, true);
	else if (view_eq(method, VIEW("INFO")))
		on_info(s, tx, msg);
	else if (view_eq(method, VIEW("PRACK")))
		session_pracked(s, tx, msg);
	else
		tx_reply(tx, view_eq(method, VIEW("OPTIONS")) ? 200 : 405,
			 view_eq(method, VIEW("OPTIONS")) ? "OK" : "Method Not Allowed",
			 VIEW(SESSION_ALLOW), (struct view){});
}
