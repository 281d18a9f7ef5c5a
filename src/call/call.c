#include "call/call_priv.h"

#include "base/log.h"
#include <stdlib.h>

static const char elsewhere[] = "SIP;cause=200;text=\"Call completed elsewhere\"";

void call_record(const struct call *call, enum call_record_type type, const struct call_leg *leg,
		 const char *text)
{
	const struct switchboard_conf *conf = &call->sb->conf;

	conf->record(conf->arg,
		     &(struct call_record){
			     .type = type,
			     .call_id = call->id,
			     .site_id = call->site_id,
			     .at = clock_wall_ms(conf->clock),
			     .device = leg ? leg->device : 0,
			     .name = leg ? leg->name : NULL,
			     .door = type == CALL_REC_OPENED ? call_leg_peer(leg)->device : 0,
			     .opening_id = type == CALL_REC_OPENED ? switchboard_id(call->sb) : 0,
			     .leg = leg ? leg->number : 0,
			     .rang_at = leg ? leg->rang_at : 0,
			     .text = text,
		     });
}

void call_leg_result(struct call_leg *leg, const char *result)
{
	if (leg->told)
		return;
	leg->told = true;
	call_record(leg->call, CALL_REC_LEG, leg, result);
}

void call_leg_drop(struct call_leg *leg, const char *result, const char *reason)
{
	struct call *call = leg->call;

	if (leg->session)
		session_end(TAKE(leg->session), 0, reason);
	if (result)
		call_leg_result(leg, result);
	media_leg_close(call->media, leg->at);
	list_remove(&leg->list);
	if (call->answered == leg)
		call->answered = NULL;
	free(leg);
}

static void drop_all(struct call *call, const struct call_leg *but, const char *result,
		     const char *reason)
{
	LIST_EACH(it, &call->legs) {
		struct call_leg *leg = CONTAINER_OF(it, struct call_leg, list);

		if (leg != but)
			call_leg_drop(leg, result, reason);
	}
}

void call_free(struct call *call)
{
	drop_all(call, NULL, NULL, NULL);
	if (call->caller.session)
		session_end(TAKE(call->caller.session), 0, NULL);
	timers_cancel(call->sb->timers, &call->timer);
	media_free(call->media);
	free(call);
}

/* Nobody answered: what the history says, and what the caller hears. */
struct verdict {
	const char *result;
	unsigned code;
	const char *phrase;
};

static struct verdict verdict_of(const struct call *call)
{
	if (call->any_declined)
		return (struct verdict){ "declined", 603, "Decline" };
	if (call->any_busy)
		return (struct verdict){ "busy", 486, "Busy Here" };
	if (call->any_rang)
		return (struct verdict){ "missed", 480, "Temporarily Unavailable" };
	return (struct verdict){ "failed", 480, "Temporarily Unavailable" };
}

static void on_talk_limit(void *arg)
{
	call_event(arg, CALL_EV_TALK_LIMIT, NULL);
}

/* The answer goes to the caller as soon as a leg has one; a 180 only once. */
static void do_ring(struct call *call, const struct call_leg *leg)
{
	CLEANUP(buf_free) struct buf sdp = BUF_INIT(MEDIA_SDP_MAX);

	call->any_rang = true;
	if (leg->early && call->offered && !call->early_told &&
	    media_answer_caller(call->media, leg->at, &sdp) == 0) {
		call->early_told = true;
		session_progress(call->caller.session, 183, buf_view(&sdp));
	} else if (!call->ringing_told && !call->early_told) {
		call->ringing_told = true;
		session_progress(call->caller.session, 180, (struct view){});
	}
	if (leg->early)
		media_preview(call->media);
}

static void do_bridge(struct call *call, struct call_leg *leg)
{
	CLEANUP(buf_free) struct buf sdp = BUF_INIT(MEDIA_SDP_MAX);
	const struct switchboard_conf *conf = &call->sb->conf;
	int rc;

	call->answered = leg;
	leg->told = true; /* by the record of the answer */
	drop_all(call, leg, "elsewhere", elsewhere);
	call_record(call, CALL_REC_ANSWERED, leg, NULL);
	call->sb->stats.answered++;
	call->sb->stats.talking++;
	rc = media_answer_caller(call->media, leg->at, &sdp);
	if (rc == 0)
		rc = timers_arm(call->sb->timers, &call->timer,
				conf->talk_ms ? conf->talk_ms : CALL_TALK_MS, on_talk_limit, call);
	if (rc < 0) {
		log_error("call_bridge_failed", LF_I("call", call->id), LF_I("error", rc));
		call_event(call, CALL_EV_HANGUP, NULL);
		return;
	}
	media_connect(call->media, leg->at);
	session_answer(call->caller.session, buf_view(&sdp)); /* may end the call */
}

static void do_refuse(struct call *call)
{
	const struct verdict v = verdict_of(call);

	if (call->caller.session)
		session_end(TAKE(call->caller.session), v.code, v.phrase);
}

/* How a call that is over is called. */
static const char *result_of(const struct call *call, enum call_state before, enum call_event event)
{
	if (before == CALL_TALKING)
		return "answered";
	switch (event) {
	case CALL_EV_CANCEL:
	case CALL_EV_RING_TIMEOUT:
		return call->any_rang || event == CALL_EV_RING_TIMEOUT ? "missed" : "failed";
	case CALL_EV_STOP:
		return "failed";
	default:
		return verdict_of(call).result;
	}
}

static void end(struct call *call, enum call_state before, enum call_event event)
{
	const char *result = result_of(call, before, event);
	const struct call_leg *answered = call->answered;
	const struct streams_leg talked[] = { { call->caller.at, call->caller.number },
					      { answered ? answered->at : 0,
						answered ? answered->number : 0 } };

	drop_all(call, NULL, before == CALL_TALKING ? NULL : "missed", NULL);
	if (before == CALL_TALKING)
		call->sb->stats.talking--;
	else
		call->sb->stats.failed += result[0] == 'f';
	call_record(call, CALL_REC_ENDED, NULL, result);
	log_info("call_ended", LF_I("call", call->id), LF_S("why", call_event_name(event)),
		 LF_S("result", result));
	if (answered)
		streams_keep(&call->sb->streams, call->id, call->site_id, TAKE(call->media),
			     talked);
	switchboard_forget(call->sb, call);
	call_free(call);
}

static void act(struct call *call, enum call_action action, struct call_leg *leg)
{
	switch (action) {
	case CALL_DO_NOTHING:
	case CALL_DO_RELEASE:
		break;
	case CALL_DO_RING:
		do_ring(call, leg);
		break;
	case CALL_DO_BRIDGE:
		do_bridge(call, leg);
		break;
	case CALL_DO_DROP_LEG:
		call_leg_drop(leg, NULL, NULL);
		break;
	case CALL_DO_REFUSE:
		do_refuse(call);
		break;
	case CALL_DO_TIME_OUT:
		call->any_rang = true;
		if (call->caller.session)
			session_end(TAKE(call->caller.session), 480, "No Answer");
		break;
	case CALL_DO_HANG_UP:
		if (call->caller.session)
			session_end(TAKE(call->caller.session), 480, NULL);
		break;
	case CALL_DO_SHUT:
		if (call->caller.session)
			session_end(TAKE(call->caller.session), 503, NULL);
		break;
	}
}

void call_event(struct call *call, enum call_event event, struct call_leg *leg)
{
	const enum call_state before = call->state;
	const struct call_step *step = call_step(before, event);

	if (!step->allowed) {
		log_debug("call_event_ignored", LF_I("call", call->id),
			  LF_S("state", call_state_name(before)), LF_S("event", call_event_name(event)));
		return;
	}
	call->state = step->next;
	if (step->next != before)
		log_info("call", LF_I("call", call->id), LF_S("event", call_event_name(event)),
			 LF_S("state", call_state_name(step->next)),
			 LF_I("device", leg ? leg->device : 0));
	/* An ended call is freed by end(); do_bridge may get there by an event of its own. */
	if (step->next == CALL_ENDED) {
		act(call, step->action, leg);
		end(call, before, event);
	} else {
		act(call, step->action, leg);
	}
}
