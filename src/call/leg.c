#include "call/call_priv.h"

#include "base/log.h"
#include "proto/dtmf_info.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DTMF_INFO_MS = 160 };

/* Keys. */

static void opened(struct call_leg *leg, enum dtmf_how how)
{
	call_record(leg->call, CALL_REC_OPENED, leg, how == DTMF_RTP ? "dtmf" : "info");
	log_info("call_opened", LF_I("call", leg->call->id), LF_I("device", leg->device),
		 LF_S("how", how == DTMF_RTP ? "dtmf" : "info"));
}

static void pass_digit(struct call_leg *leg, char digit, enum dtmf_how how)
{
	CLEANUP(buf_free) struct buf body = BUF_INIT(64);
	struct call_leg *to = call_leg_peer(leg);

	if (!to || !to->session || (how == DTMF_RTP && media_takes_events(leg->call->media, to->at)))
		return; /* the relay has passed it */
	dtmf_info_write(&body, digit, DTMF_INFO_MS);
	session_info(to->session, "application/dtmf-relay", buf_view(&body));
}

void leg_digit(struct call_leg *leg, char digit, enum dtmf_how how)
{
	struct call *call = leg->call;
	const int64_t now_ms = clock_mono_us(call->sb->conf.clock) / 1000;
	const struct call_leg *door = call_leg_peer(leg);

	if (call->state != CALL_TALKING || !dtmf_press(&leg->dtmf, digit, how, now_ms))
		return;
	pass_digit(leg, digit, how);
	/* Whoever called whom: what opens a door are the keys that it hears. */
	if (door && dtmf_take_code(&leg->dtmf, door->code))
		opened(leg, how);
}

static void on_info(void *arg, struct view type, struct view body)
{
	const char digit = dtmf_info_read(type, body);

	if (digit)
		leg_digit(arg, digit, DTMF_INFO);
}

/* Offers inside the call: put to the other side, whose answer comes back. */

static void on_offered(void *arg, struct view sdp)
{
	CLEANUP(buf_free) struct buf offer = BUF_INIT(MEDIA_SDP_MAX);
	struct call_leg *leg = arg, *to = call_leg_peer(leg);
	int rc = -EBUSY;

	if (to && to->session && !leg->call->offering && !leg->call->restoring)
		rc = media_reoffer(leg->call->media, leg->at, sdp, to->at, &offer);
	if (rc == 0)
		rc = session_offer(to->session, buf_view(&offer));
	if (rc == 0)
		leg->call->offering = leg;
	else
		session_offer_reply(leg->session, rc == -EBUSY ? 491 : 488, (struct view){});
}

/* It has taken the offer, but its answer is of no use: for it the new description counts, for the
 * other side, which is refused, the old one. So it is offered the old one (RFC 3261 section 14.1:
 * with a 2xx the session has changed); a call whose two sides differ is no call. */
static void restore(struct call_leg *leg, const struct call_leg *other)
{
	CLEANUP(buf_free) struct buf offer = BUF_INIT(MEDIA_SDP_MAX);
	struct call *call = leg->call;
	int rc = media_restore(call->media, leg->at, other->at, &offer);

	log_warn("call_answer_unusable", LF_I("call", call->id), LF_I("device", leg->device));
	if (rc == 0)
		rc = session_offer(leg->session, buf_view(&offer));
	if (rc == 0)
		call->restoring = leg;
	else
		call_event(call, CALL_EV_HANGUP, NULL);
}

static void on_restored(struct call_leg *leg, unsigned code, struct view sdp)
{
	struct call *call = leg->call;

	call->restoring = NULL;
	if (code >= 300 || media_restored(call->media, leg->at, call_leg_peer(leg)->at, sdp) < 0)
		call_event(call, CALL_EV_HANGUP, NULL);
}

static void on_offer_done(void *arg, unsigned code, struct view sdp)
{
	CLEANUP(buf_free) struct buf answer = BUF_INIT(MEDIA_SDP_MAX);
	struct call_leg *leg = arg;
	struct call_leg *from = TAKE(leg->call->offering);
	int rc;

	if (leg->call->restoring == leg) {
		on_restored(leg, code, sdp);
		return;
	}
	if (!from || from == leg || !from->session)
		return;
	if (code >= 300) { /* what a 401 or a 302 of the other side says is not for this one */
		session_offer_reply(from->session, code == 491 ? 491 : 488, (struct view){});
		return;
	}
	rc = media_reanswer(leg->call->media, leg->at, sdp, from->at, &answer);
	session_offer_reply(from->session, rc < 0 ? 488 : 200, buf_view(&answer));
	if (rc == -EBADMSG || rc == -EPROTONOSUPPORT)
		restore(leg, from);
	else if (rc < 0)
		call_event(leg->call, CALL_EV_HANGUP, NULL);
}

/* The caller. */

static void caller_acked(void *arg, struct view sdp)
{
	struct call_leg *leg = arg;

	if (!leg->call->offered && media_caller_answered(leg->call->media, sdp) < 0)
		call_event(leg->call, CALL_EV_HANGUP, NULL);
}

static void caller_ended(void *arg, const struct session_end *)
{
	struct call_leg *leg = arg;

	leg->session = NULL;
	call_event(leg->call, leg->call->state == CALL_TALKING ? CALL_EV_HANGUP : CALL_EV_CANCEL, NULL);
}

const struct session_handlers caller_handlers = {
	.acked = caller_acked,
	.offered = on_offered,
	.offer_done = on_offer_done,
	.info = on_info,
	.ended = caller_ended,
};

/* Legs that ring. */

static const char *result_of(struct call *call, const struct call_leg *leg, unsigned code, bool lost)
{
	switch (code) {
	case 486:
	case 600:
		call->any_busy = true;
		return "busy";
	case 603:
	case 480:
	case 403:
		call->any_declined |= code == 603;
		return code == 603 ? "declined" : "missed";
	default:
		return leg->rang_at && lost ? "missed" : "failed";
	}
}

static void lose(struct call_leg *leg, unsigned code, bool lost)
{
	struct call *call = leg->call;

	call->any_rang |= leg->rang_at != 0;
	call_leg_result(leg, result_of(call, leg, code, lost));
	call_event(call, CALL_EV_LEG_LOST, leg);
	if (list_empty(&call->legs) && call->state == CALL_RINGING && !ring_on(call))
		call_event(call, CALL_EV_ALL_LOST, NULL);
}

void call_leave(struct call *call, uint64_t device)
{
	if (call->caller.device == device) {
		call_event(call, call->state == CALL_TALKING ? CALL_EV_HANGUP : CALL_EV_CANCEL, NULL);
		return;
	}
	if (call->answered) {
		if (call->answered->device == device)
			call_event(call, CALL_EV_HANGUP, call->answered);
		return;
	}
	LIST_EACH(it, &call->legs) {
		struct call_leg *leg = CONTAINER_OF(it, struct call_leg, list);
		const bool last = it->next == it->prev;

		if (leg->device != device)
			continue;
		session_end(TAKE(leg->session), 0, NULL);
		lose(leg, 480, true);
		if (last) /* and with it the call */
			return;
	}
}

/* False: the leg is gone, its answer was of no use. */
static bool take_answer(struct call_leg *leg, struct view sdp)
{
	const int rc = media_answered(leg->call->media, leg->at, sdp);

	if (rc == 0)
		return true;
	log_warn("call_answer_unusable", LF_I("call", leg->call->id), LF_I("device", leg->device),
		 LF_I("error", rc));
	session_end(TAKE(leg->session), 0, "SIP;cause=488;text=\"Not Acceptable Here\"");
	lose(leg, 488, false);
	return false;
}

static void callee_progress(void *arg, unsigned, struct view sdp)
{
	struct call_leg *leg = arg;

	if (!leg->rang_at)
		leg->rang_at = clock_wall_ms(leg->call->sb->conf.clock);
	if (sdp.n && !leg->early && media_answered(leg->call->media, leg->at, sdp) == 0)
		leg->early = true;
	call_event(leg->call, CALL_EV_PROGRESS, leg);
}

static void callee_answered(void *arg, struct view sdp)
{
	struct call_leg *leg = arg;

	if (leg->call->state != CALL_RINGING) /* legs end with the ringing: a late one is gone */
		return;
	if (sdp.n ? take_answer(leg, sdp) : leg->early)
		call_event(leg->call, CALL_EV_ANSWER, leg);
	else if (!sdp.n)
		take_answer(leg, sdp);
}

static void callee_ended(void *arg, const struct session_end *end)
{
	struct call_leg *leg = arg;

	leg->session = NULL;
	if (leg == leg->call->answered)
		call_event(leg->call, CALL_EV_HANGUP, leg);
	else
		lose(leg, end->code, end->lost);
}

static const struct session_handlers callee_handlers = {
	.progress = callee_progress,
	.answered = callee_answered,
	.offered = on_offered,
	.offer_done = on_offer_done,
	.info = on_info,
	.ended = callee_ended,
};

static int invite(struct call_leg *leg, const struct sip_binding *binding)
{
	CLEANUP(buf_free) struct buf offer = BUF_INIT(MEDIA_SDP_MAX);
	struct call *call = leg->call;
	struct switchboard *sb = call->sb;
	const struct addr local =
		flow_local_addr(sip_endpoint_flows(sb->conf.endpoint), &binding->flow);
	const struct session_to to = {
		.user = leg->device,
		.contact = binding->contact,
		.path = binding->path,
		.flow = binding->flow,
		.from_user = call->caller.device,
		.from_name = call->caller.name,
	};
	int rc;

	rc = media_callee(call->media, &local, &binding->flow.peer, &leg->at, &offer);
	if (rc < 0)
		return rc;
	rc = session_invite(sb->sessions, &to, buf_view(&offer), &callee_handlers, leg, &leg->session);
	if (rc < 0)
		media_leg_close(call->media, leg->at);
	return rc;
}

static void leg_init(struct call_leg *leg, struct call *call, const struct dir_device *to)
{
	leg->call = call;
	leg->number = ++call->nlegs;
	leg->device = to->number;
	strncpy(leg->name, to->name, sizeof(leg->name) - 1);
	strncpy(leg->code, to->unlock_code, sizeof(leg->code) - 1);
}

static bool leg_start(struct call *call, const struct dir_device *to, const struct sip_binding *binding)
{
	struct call_leg *leg = calloc(1, sizeof(*leg));
	int rc;

	if (!leg)
		return false;
	leg_init(leg, call, to);
	rc = invite(leg, binding);
	if (rc < 0) {
		log_warn("leg_failed", LF_I("call", call->id), LF_I("device", to->number),
			 LF_I("error", rc));
		free(leg);
		return false;
	}
	list_append(&call->legs, &leg->list);
	return true;
}

/* The history names also whom the bell did not reach. */
static void not_rung(struct call *call, const struct dir_device *to, const char *result)
{
	struct call_leg leg = {};

	leg_init(&leg, call, to);
	call_leg_result(&leg, result);
}

void legs_start(struct call *call, const struct dir_device *to, enum legs which, unsigned max)
{
	struct sip_binding bindings[BINDINGS_PER_DEVICE_MAX];
	const size_t n = sip_endpoint_bindings(call->sb->conf.endpoint, to->number, bindings,
					       BINDINGS_PER_DEVICE_MAX);
	const size_t end = which == LEGS_BEST && n ? 1 : n;
	unsigned started = 0;

	for (size_t i = which == LEGS_BEST ? 0 : 1; i < end && started < max; i++)
		started += leg_start(call, to, &bindings[i]);
	if (which == LEGS_BEST && !started)
		not_rung(call, to, n ? "failed" : "unreachable");
}
