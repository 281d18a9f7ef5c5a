/* Legs that are SIP phones and doors: what their sessions tell becomes an event of the call. */
#include "call/call_priv.h"

#include "base/log.h"
#include "proto/dtmf_info.h"
#include "sip/binding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct session *session_of(const struct call_leg *leg)
{
	return leg && leg->kind == &leg_sip ? leg->phone.session : NULL;
}

/* What they are told. */

static void sip_ringing(struct call_leg *caller, struct call_leg *early)
{
	CLEANUP(buf_free) struct buf sdp = BUF_INIT(MEDIA_SDP_MAX);
	struct call *call = caller->call;

	if (!caller->phone.session)
		return;
	if (!call->ringing_told) {
		call->ringing_told = true;
		session_progress(caller->phone.session, 180, (struct view){});
	}
	if (early && call->offered && !call->early_told &&
	    media_answer_early(call->media, early->at, &sdp) == 0) {
		call->early_told = true;
		session_progress(caller->phone.session, 183, buf_view(&sdp));
	}
}

static int sip_connect(struct call_leg *caller, struct call_leg *by)
{
	CLEANUP(buf_free) struct buf sdp = BUF_INIT(MEDIA_SDP_MAX);
	const int rc = media_answer_caller(caller->call->media, by->at, &sdp);

	if (rc < 0)
		return rc;
	media_connect(caller->call->media, by->at);
	session_answer(caller->phone.session, buf_view(&sdp)); /* may end the call */
	return 0;
}

static void sip_connected(struct call_leg *)
{
}

static void sip_end(struct call_leg *leg, const struct leg_end *end)
{
	if (leg->phone.session)
		session_end(TAKE(leg->phone.session), end->code, end->phrase);
}

/* One way, never both: who understands both would hear two keys. */
static void sip_digit(struct call_leg *leg, char digit)
{
	CLEANUP(buf_free) struct buf body = BUF_INIT(64);

	if (!leg->phone.session || media_press(leg->call->media, leg->at, digit) == 0)
		return;
	dtmf_info_write(&body, digit, RELAY_PRESS_MS);
	session_info(leg->phone.session, "application/dtmf-relay", buf_view(&body));
}

static void sip_opened(struct call_leg *, unsigned)
{
}

/* RFC 5168: many doors obey this and no RTCP. */
static void sip_picture(struct call_leg *leg)
{
	static const char body[] =
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<media_control><vc_primitive>"
		"<to_encoder><picture_fast_update/></to_encoder></vc_primitive></"
		"media_control>\r\n";
	const int64_t now_ms = clock_mono_us(leg->call->sb->conf.clock) / 1000;

	if (!leg->phone.session ||
	    (leg->phone.picture_ms && now_ms - leg->phone.picture_ms < LEG_PICTURE_MS))
		return;
	leg->phone.picture_ms = now_ms;
	session_info(leg->phone.session, "application/media_control+xml", VIEW(body));
}

static void sip_video(struct call_leg *, bool)
{
}

const struct leg_kind leg_sip = {
	.ringing = sip_ringing,
	.connect = sip_connect,
	.connected = sip_connected,
	.end = sip_end,
	.digit = sip_digit,
	.opened = sip_opened,
	.picture = sip_picture,
	.video = sip_video,
};

static void on_info(void *arg, struct view type, struct view body)
{
	const char digit = dtmf_info_read(type, body);

	if (digit)
		leg_digit(arg, digit, DTMF_INFO);
}

/* Offers inside the call: put to the other side, whose answer comes back. */

/* An offer of ours or of theirs is answered before the next. */
static bool exchanges(const struct call *call)
{
	return call->offering || call->restoring || call->telling;
}

/* What the caller was told while it rang is not what who answered takes: it is offered that. Until
 * it has taken it, what both know passes already. */
static void tell_anew(struct call_leg *caller)
{
	CLEANUP(buf_free) struct buf offer = BUF_INIT(MEDIA_SDP_MAX);
	struct call *call = caller->call;
	int rc;

	if (call->state != CALL_TALKING || exchanges(call) || !session_of(caller) ||
	    media_fits(call->media, call->answered->at) == MEDIA_FITS)
		return;
	rc = media_tell_anew(call->media, call->answered->at, &offer);
	if (rc == 0)
		rc = session_offer(caller->phone.session, buf_view(&offer));
	if (rc == 0)
		call->telling = caller;
	log_info("call_told_anew", LF_I("call", call->id), LF_I("device", caller->device),
		 LF_I("for", call->answered->device), LF_I("error", rc));
}

/* What was told before counts on. */
static void refuse_offer(struct call_leg *from, unsigned code)
{
	session_offer_reply(from->phone.session, code, (struct view){});
	tell_anew(&from->call->caller);
}

/* An app is not asked: what it has must do. */
static void offered_to_app(struct call_leg *leg, const struct call_leg *to, struct view sdp)
{
	CLEANUP(buf_free) struct buf answer = BUF_INIT(MEDIA_SDP_MAX);
	const int rc = media_app_reoffer(leg->call->media, leg->at, sdp, to->at, &answer);

	if (rc < 0)
		refuse_offer(leg, 488);
	else
		session_offer_reply(leg->phone.session, 200, buf_view(&answer));
}

static void on_offered(void *arg, struct view sdp)
{
	CLEANUP(buf_free) struct buf offer = BUF_INIT(MEDIA_SDP_MAX);
	struct call_leg *leg = arg, *to = call_leg_peer(leg);
	int rc = -EBUSY;

	if (to && to->kind != &leg_sip) {
		offered_to_app(leg, to, sdp);
		return;
	}
	if (session_of(to) && !exchanges(leg->call))
		rc = media_reoffer(leg->call->media, leg->at, sdp, to->at, &offer);
	if (rc == 0)
		rc = session_offer(session_of(to), buf_view(&offer));
	if (rc == 0)
		leg->call->offering = leg;
	else
		refuse_offer(leg, rc == -EBUSY ? 491 : 488);
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
		rc = session_offer(leg->phone.session, buf_view(&offer));
	if (rc == 0)
		call->restoring = leg;
	else
		call_event(call, CALL_EV_HANGUP, NULL);
}

static void on_restored(struct call_leg *leg, unsigned code, struct view sdp)
{
	struct call *call = leg->call;

	call->restoring = NULL;
	if (code == 491) /* its own offer came between: what is answered to that counts */
		return;
	if (code >= 300 || media_restored(call->media, leg->at, call_leg_peer(leg)->at, sdp) < 0)
		call_event(call, CALL_EV_HANGUP, NULL);
}

/* A door that refuses goes on as before; it may play what it hears all the same. */
static void on_heard(struct call_leg *leg, unsigned code, struct view sdp)
{
	struct call *call = leg->call;

	call->hearing = NULL;
	if (code < 300 && media_restored(call->media, leg->at, 0, sdp) == 0)
		return;
	media_app_looks(call->media);
	log_info("call_talk_refused", LF_I("call", call->id), LF_I("device", leg->device),
		 LF_I("code", code));
}

static void hearing_begin(struct call_leg *leg, const struct buf *offer)
{
	if (session_of(leg) && session_offer(leg->phone.session, buf_view(offer)) == 0)
		leg->call->hearing = leg;
	else
		media_app_looks(leg->call->media);
}

void leg_sip_talk(struct call_leg *leg)
{
	CLEANUP(buf_free) struct buf offer = BUF_INIT(MEDIA_SDP_MAX);

	if (media_app_talk(leg->call->media, leg->at, &offer) == 0)
		hearing_begin(leg, &offer);
}

void leg_sip_hear_keys(struct call_leg *leg)
{
	CLEANUP(buf_free) struct buf offer = BUF_INIT(MEDIA_SDP_MAX);

	if (!leg->call->hearing && media_is_deaf(leg->call->media, leg->at) &&
	    media_app_press(leg->call->media, leg->at, &offer) == 0)
		hearing_begin(leg, &offer);
}

/* 491: its own offer came between, and what is answered to that counts. Whoever refuses may still
 * be heard, and then goes on; if not, there is no use in a call. */
static void on_told_anew(struct call_leg *caller, unsigned code, struct view sdp)
{
	struct call *call = caller->call;
	int rc = 0;

	call->telling = NULL;
	if (code < 300)
		rc = media_told_anew(call->media, call->answered->at, sdp);
	if ((code < 300 && rc == 0) || code == 491)
		return;
	log_warn("call_codec_refused", LF_I("call", call->id), LF_I("device", caller->device),
		 LF_I("for", call->answered->device), LF_I("code", code), LF_I("error", rc));
	if (media_fits(call->media, call->answered->at) == MEDIA_FITS_NOT)
		call_hang_up(call, NULL, "codec");
}

static void on_offer_done(void *arg, unsigned code, struct view sdp)
{
	CLEANUP(buf_free) struct buf answer = BUF_INIT(MEDIA_SDP_MAX);
	struct call_leg *leg = arg;
	struct call_leg *from = TAKE(leg->call->offering);
	int rc;

	if (leg->call->hearing == leg) {
		on_heard(leg, code, sdp);
		return;
	}
	if (leg->call->restoring == leg) {
		on_restored(leg, code, sdp);
		return;
	}
	if (leg->call->telling == leg) {
		on_told_anew(leg, code, sdp);
		return;
	}
	if (!from || from == leg || !from->phone.session)
		return;
	if (code >= 300) { /* what a 401 or a 302 of the other side says is not for this one */
		refuse_offer(from, code == 491 ? 491 : 488);
		return;
	}
	rc = media_reanswer(leg->call->media, leg->at, sdp, from->at, &answer);
	session_offer_reply(from->phone.session, rc < 0 ? 488 : 200, buf_view(&answer));
	if (rc == -EBADMSG || rc == -EPROTONOSUPPORT)
		restore(leg, from);
	else if (rc < 0)
		call_event(leg->call, CALL_EV_HANGUP, NULL);
}

/* The caller. */

static void caller_acked(void *arg, struct view sdp)
{
	struct call_leg *leg = arg;

	if (leg->call->offered)
		tell_anew(leg);
	else if (media_caller_answered(leg->call->media, sdp) < 0)
		call_event(leg->call, CALL_EV_HANGUP, NULL);
}

static void caller_ended(void *arg, const struct session_end *)
{
	struct call_leg *leg = arg;

	leg->phone.session = NULL;
	call_hang_up(leg->call, leg, NULL);
}

const struct session_handlers caller_handlers = {
	.acked = caller_acked,
	.offered = on_offered,
	.offer_done = on_offer_done,
	.info = on_info,
	.ended = caller_ended,
};

/* Phones that ring. */

/* False: the leg is gone, its answer was of no use. */
static bool take_answer(struct call_leg *leg, struct view sdp)
{
	const int rc = media_answered(leg->call->media, leg->at, sdp);

	if (rc == 0)
		return true;
	log_warn("call_answer_unusable", LF_I("call", leg->call->id), LF_I("device", leg->device),
		 LF_I("error", rc));
	session_end(TAKE(leg->phone.session), 0, "SIP;cause=488;text=\"Not Acceptable Here\"");
	leg_lose(leg, 488, false);
	return false;
}

static void callee_progress(void *arg, unsigned, struct view sdp)
{
	struct call_leg *leg = arg;

	if (!leg->trace.rang)
		leg->trace.rang = call_now(leg->call);
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

	leg->phone.session = NULL;
	if (leg == leg->call->answered)
		call_event(leg->call, CALL_EV_HANGUP, leg);
	else
		leg_lose(leg, end->code, end->lost);
}

static const struct session_handlers callee_handlers = {
	.progress = callee_progress,
	.answered = callee_answered,
	.offered = on_offered,
	.offer_done = on_offer_done,
	.info = on_info,
	.ended = callee_ended,
};

uint64_t leg_contact(const struct sip_binding *binding)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */

	for (const char *p = binding->contact; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 0x100000001b3;
	return hash;
}

/* Keys are offered where nobody on the way can read them. */
static enum media_srtp srtp_of(const struct dir_device *device, const struct flow *flow)
{
	if (!device || device->srtp == DIR_SRTP_OFFERED)
		return flow->transport == FLOW_TLS ? MEDIA_SRTP_OFFERED : MEDIA_SRTP_TAKEN;
	return device->srtp == DIR_SRTP_OFF ? MEDIA_SRTP_OFF : MEDIA_SRTP_REQUIRED;
}

struct media_way leg_sip_way(const struct switchboard *sb, uint64_t device, const struct flow *flow)
{
	return (struct media_way){
		.local = flow_local_addr(sip_endpoint_flows(sb->conf.endpoint), flow),
		.signal = flow->peer,
		.srtp = srtp_of(directory_device(sb->conf.directory, device), flow),
	};
}

int leg_sip_invite(struct call_leg *leg, const struct session_to *to)
{
	CLEANUP(buf_free) struct buf offer = BUF_INIT(MEDIA_SDP_MAX);
	struct call *call = leg->call;
	struct switchboard *sb = call->sb;
	const struct media_way way = leg_sip_way(sb, leg->device, &to->flow);
	int rc;

	rc = media_callee(call->media, &way, &leg->at, &offer);
	if (rc < 0)
		return rc;
	rc = session_invite(sb->sessions, to, buf_view(&offer), &callee_handlers, leg, &leg->phone.session);
	if (rc < 0) {
		media_leg_close(call->media, leg->at);
		leg->at = 0;
		return rc;
	}
	leg->trace.offered = call_now(call);
	return 0;
}

static int invite(struct call_leg *leg, const struct sip_binding *binding)
{
	const struct session_to to = {
		.user = leg->device,
		.contact = binding->contact,
		.path = binding->path,
		.flow = binding->flow,
		.from_user = leg->call->caller.device,
		.from_name = leg->call->caller.name,
	};

	return leg_sip_invite(leg, &to);
}

bool leg_sip_start(struct call *call, const struct dir_device *to,
		   const struct sip_binding *binding)
{
	struct call_leg *leg = leg_new(call, &leg_sip, to);
	int rc;

	if (!leg)
		return false;
	leg->phone.contact = leg_contact(binding);
	leg->phone.flow = binding->flow;
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
