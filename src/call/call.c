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
			     .at = call_now(call),
			     .device = leg ? leg->device : 0,
			     .name = leg ? leg->name : NULL,
			     .door = type == CALL_REC_OPENED ? call_leg_peer(leg)->device : 0,
			     .opening_id = type == CALL_REC_OPENED ? switchboard_id(call->sb) : 0,
			     .leg = leg ? leg->number : 0,
			     .trace = leg ? &leg->trace : NULL,
			     .text = text,
		     });
}

void call_leg_result(struct call_leg *leg, const char *result, const char *why)
{
	if (leg->told)
		return;
	leg->told = true;
	leg->trace.ended = call_now(leg->call);
	leg->trace.why = why;
	call_record(leg->call, CALL_REC_LEG, leg, result);
}

void call_leg_drop(struct call_leg *leg, const char *result, const struct leg_end *end)
{
	struct call *call = leg->call;

	leg->kind->end(leg, end);
	if (result)
		call_leg_result(leg, result, end->why);
	if (leg->at) /* 0 is the caller's: it has none yet */
		media_leg_close(call->media, leg->at);
	list_remove(&leg->list);
	if (call->answered == leg)
		call->answered = NULL;
	free(leg);
}

static void drop_all(struct call *call, const struct call_leg *but, const char *result,
		     const struct leg_end *end)
{
	LIST_EACH(it, &call->legs) {
		struct call_leg *leg = CONTAINER_OF(it, struct call_leg, list);

		if (leg != but)
			call_leg_drop(leg, result, end);
	}
}

/* Nobody but the device may look through that camera any more; 0: nobody at all. */
static void look_over(struct call *call, uint64_t device)
{
	const struct switchboard_conf *conf = &call->sb->conf;

	if (!call->looked_at)
		return;
	call->looked_at = device != 0;
	if (conf->look_over)
		conf->look_over(conf->arg, call->id, device);
}

void call_free(struct call *call)
{
	static const struct leg_end end = { .why = "stopped" };

	drop_all(call, NULL, NULL, &end);
	rung_over(call, end.why);
	look_over(call, 0);
	if (call->caller.kind)
		call->caller.kind->end(&call->caller, &end);
	timers_cancel(call->sb->timers, &call->timer);
	timers_cancel(call->sb->timers, &call->video);
	opening_stop(call);
	media_free(call->media);
	free(call);
}

/* Nobody answered: what the history says, and what the caller hears. */
struct verdict {
	const char *result;
	unsigned code;
	const char *phrase;
	const char *why;
};

static struct verdict verdict_of(const struct call *call)
{
	if (call->any_declined)
		return (struct verdict){ "declined", 603, "Decline", "declined" };
	if (call->any_busy)
		return (struct verdict){ "busy", 486, "Busy Here", "busy" };
	if (call->any_rang)
		return (struct verdict){ "missed", 480, "Temporarily Unavailable", "no_answer" };
	return (struct verdict){ "failed", 480, "Temporarily Unavailable", "unreachable" };
}

/* Whoever made a test has what was wanted, and hangs up. */
static void on_talk_limit(void *arg)
{
	struct call *call = arg;

	if (call->test)
		call_event(call, CALL_EV_HANGUP, &call->caller);
	else
		call_event(call, CALL_EV_TALK_LIMIT, NULL);
}

static void previews(struct call *call, struct call_leg *leg)
{
	if (leg->early && call->picture && !leg->trace.preview)
		leg->trace.preview = call_now(call);
}

void call_picture(struct call *call, bool shows)
{
	call->picture = shows;
	call->no_picture = !shows;
	if (shows)
		look_over(call, 0);
	for (struct list *it = call->legs.next; it != &call->legs; it = it->next) {
		struct call_leg *leg = CONTAINER_OF(it, struct call_leg, list);

		if (call->state == CALL_RINGING)
			previews(call, leg);
		leg->kind->video(leg, shows);
	}
}

void call_picture_back(struct call *call)
{
	call->picture_back = true;
	if (call->caller.kind == &leg_app)
		look_over(call, 0);
}

/* Whoever has agreed on media sees the caller, all at once. */
static void do_ring(struct call *call, struct call_leg *leg)
{
	call->any_rang = true;
	call->caller.kind->ringing(&call->caller, leg->early ? leg : NULL);
	if (!leg->early)
		return;
	media_preview(call->media);
	previews(call, leg);
	call->caller.kind->picture(&call->caller);
}

static void do_bridge(struct call *call, struct call_leg *leg)
{
	const struct leg_end elsewhere_end = { .why = "answered_elsewhere",
					       .by = leg->name,
					       .phrase = elsewhere };
	int rc;

	call->answered = leg;
	call->talking_at = leg->trace.answered = call_now(call);
	leg->told = true; /* by the record of the answer */
	drop_all(call, leg, "elsewhere", &elsewhere_end);
	rung_over(call, elsewhere_end.why);
	look_over(call, leg->kind == &leg_app ? leg->device : 0);
	rung_look_back(call);
	call_record(call, CALL_REC_ANSWERED, leg, NULL);
	call->sb->stats.answered++;
	call->sb->stats.talking++;
	rc = timers_arm(call->sb->timers, &call->timer, call->talk_ms, on_talk_limit, call);
	leg->kind->connected(leg);
	if (rc == 0)
		rc = call->caller.kind->connect(&call->caller, leg); /* may end the call */
	if (rc < 0) {
		log_error("call_bridge_failed", LF_I("call", call->id), LF_I("error", rc));
		call_event(call, CALL_EV_HANGUP, NULL);
	}
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

/* What the party hears of the end. by: whose doing it was; NULL: nobody's of the two. */
static const char *why_of(const struct call *call, enum call_event event, const struct call_leg *by,
			  const struct call_leg *party)
{
	if (event == CALL_EV_CANCEL && !party)
		return "caller_gone";
	if (call->why)
		return call->why;
	switch (event) {
	case CALL_EV_CANCEL:
	case CALL_EV_HANGUP:
		return !by ? "lost" : by == party ? "hangup" : "peer_hangup";
	case CALL_EV_RING_TIMEOUT:
		return "no_answer";
	case CALL_EV_TALK_LIMIT:
		return "limit";
	case CALL_EV_SILENT:
		return "lost";
	case CALL_EV_STOP:
		return "stopped";
	default:
		return verdict_of(call).why;
	}
}

static void end_answered(struct call *call, const char *why)
{
	struct call_leg *leg = call->answered;

	leg->trace.ended = call_now(call);
	leg->trace.why = why;
	call_record(call, CALL_REC_TRACE, leg, NULL);
	leg->kind->end(leg, &(struct leg_end){ .why = why });
}

static void end(struct call *call, enum call_state before, enum call_event event,
		const struct call_leg *by)
{
	const char *result = result_of(call, before, event);
	const struct call_leg *answered = call->answered;
	const struct leg_end ringing_end = { .why = why_of(call, event, by, NULL) };
	const struct streams_leg talked[] = { { call->caller.at, call->caller.number },
					      { answered ? answered->at : 0,
						answered ? answered->number : 0 } };

	if (answered)
		end_answered(call, why_of(call, event, by, answered));
	drop_all(call, NULL, before == CALL_TALKING ? NULL : "missed", &ringing_end);
	rung_over(call, ringing_end.why);
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

static void end_caller(struct call *call, unsigned code, const char *phrase, const char *why)
{
	call->caller.kind->end(&call->caller,
			       &(struct leg_end){ .why = why, .code = code, .phrase = phrase });
}

/* What the caller hears, first. */
static void tell_caller(struct call *call, enum call_action action, const char *why)
{
	const struct verdict v = verdict_of(call);

	switch (action) {
	case CALL_DO_REFUSE:
		end_caller(call, v.code, v.phrase, why);
		break;
	case CALL_DO_TIME_OUT:
		call->any_rang = true;
		end_caller(call, 480, "No Answer", why);
		break;
	case CALL_DO_SHUT:
		end_caller(call, 503, NULL, why);
		break;
	default:
		end_caller(call, 480, NULL, why);
		break;
	}
}

static void act(struct call *call, enum call_action action, struct call_leg *leg)
{
	switch (action) {
	case CALL_DO_RING:
		do_ring(call, leg);
		break;
	case CALL_DO_BRIDGE:
		do_bridge(call, leg);
		break;
	case CALL_DO_DROP_LEG:
		call_leg_drop(leg, NULL, &(struct leg_end){ .why = "lost" });
		break;
	default:
		break;
	}
}

void call_event(struct call *call, enum call_event event, struct call_leg *leg)
{
	const enum call_state before = call->state;
	const struct call_step *step = call_step(before, event);

	if (!step->allowed) {
		log_debug("call_event_ignored", LF_I("call", call->id),
			  LF_S("state", call_state_name(before)),
			  LF_S("event", call_event_name(event)));
		return;
	}
	call->state = step->next;
	if (step->next != before)
		log_info("call", LF_I("call", call->id), LF_S("event", call_event_name(event)),
			 LF_S("state", call_state_name(step->next)),
			 LF_I("device", leg ? leg->device : 0));
	/* An ended call is freed by end(); do_bridge may get there by an event of its own. */
	if (step->next == CALL_ENDED) {
		tell_caller(call, step->action, why_of(call, event, leg, &call->caller));
		end(call, before, event, leg);
	} else {
		act(call, step->action, leg);
	}
}

void call_hang_up(struct call *call, struct call_leg *leg, const char *why)
{
	call->why = why;
	call_event(call, call->state == CALL_TALKING ? CALL_EV_HANGUP : CALL_EV_CANCEL, leg);
}
