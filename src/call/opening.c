/* Opening a switch in a call: its code goes to the door as keys, one after the other, as if
 * somebody had pressed them. */
#include "call/call_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* From key to key: doors miss what comes faster. */
	KEY_MS = RELAY_PRESS_MS + RELAY_PAUSE_MS,
	WAITS_MAX = 8, /* of a key's time, for the door to listen: then INFO must do */
};

/* Keys. */

static struct call_leg *opener(struct call *call)
{
	return call->opening.by_caller ? &call->caller : call->answered;
}

static void on_hang_up(void *arg)
{
	call_hang_up(arg, NULL, "opened");
}

static void done(struct call *call)
{
	struct opening *o = &call->opening;
	struct call_leg *leg = opener(call);

	leg_opened(leg, o->how);
	leg->kind->opened(leg, o->number);
	o->number = 0;
	if (o->hang_up &&
	    timers_arm(call->sb->timers, &o->timer, APP_OPEN_MS, on_hang_up, call) < 0)
		on_hang_up(call);
}

static bool must_wait(struct call *call, const struct call_leg *door)
{
	struct opening *o = &call->opening;

	return !o->sent && call->hearing == door && o->waited++ < WAITS_MAX;
}

static void on_key(void *arg)
{
	struct call *call = arg;
	struct opening *o = &call->opening;
	struct call_leg *door = call_leg_peer(opener(call));

	if (!must_wait(call, door))
		door->kind->digit(door, o->code[o->sent++]);
	if (o->code[o->sent] == '\0')
		done(call);
	else if (timers_arm(call->sb->timers, &o->timer, KEY_MS, on_key, call) < 0)
		o->number = 0;
}

/* Its switches; one that has none named has its code. */
static const char *code_of(const struct dir_device *door, unsigned number)
{
	for (size_t i = 0; i < door->nswitches; i++) {
		if (door->switches[i].number == number)
			return door->switches[i].code;
	}
	return !door->nswitches && number == 1 ? door->unlock_code : "";
}

static int keys_start(struct call *call, const struct opening *like, const char *code)
{
	struct opening *o = &call->opening;
	const int rc = timers_arm(call->sb->timers, &o->timer, KEY_MS, on_key, call);

	if (rc < 0)
		return rc;
	o->number = like->number;
	o->how = like->how;
	o->by_caller = like->by_caller;
	o->sent = o->waited = 0;
	snprintf(o->code, sizeof(o->code), "%s", code);
	return 0;
}

/* The code of the switch, when it is free to be opened. */
static int code_for(const struct call *call, uint64_t door, unsigned number, const char **ret_code)
{
	const struct dir_device *d = directory_device(call->sb->conf.directory, door);
	const char *code = d && d->kind == DIR_INTERCOM ? code_of(d, number) : "";

	if (!code[0] || call->test) /* the door is not in the call */
		return -ENOENT;
	if (call->opening.number)
		return -EBUSY;
	*ret_code = code;
	return 0;
}

/* Answered only to be opened: keys go once it is, and then it ends. */
static int open_unanswered(struct call_leg *leg, const struct opening *like, const char *code)
{
	struct call *call = leg->call;
	const int rc = keys_start(call, like, code);

	if (rc < 0)
		return rc;
	call->opening.hang_up = true;
	call_event(call, CALL_EV_ANSWER, leg);
	return 0;
}

/* A page that has not agreed on media needs none for it, and keeps the call until it ends. */
static int open_without_media(struct call_leg *leg, const struct opening *like, const char *code)
{
	struct call *call = leg->call;
	unsigned at;
	const int rc = media_callee_nobody(call->media, &at);

	if (rc < 0)
		return rc;
	media_leg_close(call->media, leg->at);
	leg->at = at;
	timers_cancel(call->sb->timers, &leg->page.mute);
	return open_unanswered(leg, like, code);
}

static int open_talking(struct call_leg *leg, const struct opening *like, const char *code)
{
	struct call_leg *door = call_leg_peer(leg);
	const int rc = keys_start(leg->call, like, code);

	if (rc == 0 && leg->kind == &leg_app && leg->page.look && door->kind == &leg_sip)
		leg_sip_hear_keys(door);
	return rc;
}

static struct call_leg *nobody_new(struct call *call, uint64_t device)
{
	const struct dir_device *d = ring_device(call, device);
	struct call_leg *leg = d ? leg_new(call, &leg_nobody, d) : NULL;

	if (leg && media_callee_nobody(call->media, &leg->at) < 0) {
		free(leg);
		return NULL;
	}
	if (leg)
		list_append(&call->legs, &leg->list);
	return leg;
}

static int open_for(struct call *call, uint64_t device, const struct opening *like)
{
	const char *code;
	struct call_leg *leg;
	int rc = code_for(call, call->caller.device, like->number, &code);

	if (rc < 0)
		return rc;
	leg = nobody_new(call, device);
	if (!leg)
		return -ENOMEM;
	rung_reached(call, device);
	rc = open_unanswered(leg, like, code);
	if (rc < 0)
		call_leg_drop(leg, NULL, &(struct leg_end){ .why = "refused" });
	return rc;
}

int opening_start(struct call_leg *leg, unsigned number, const char *how)
{
	struct call *call = leg->call;
	const struct opening like = { .number = number,
				      .how = how,
				      .by_caller = leg == &call->caller };
	const struct call_leg *door = call_leg_peer(leg);
	const char *code;
	int rc = door ? code_for(call, door->device, number, &code) : -ENOENT;

	if (rc < 0)
		return rc;
	if (call->state == CALL_TALKING)
		return open_talking(leg, &like, code);
	return leg->early ? open_unanswered(leg, &like, code)
			  : open_without_media(leg, &like, code);
}

bool opening_stay(struct call *call)
{
	struct opening *o = &call->opening;

	if (!o->hang_up || media_is_nobody(call->media, call->answered->at))
		return false;
	o->hang_up = false;
	if (!o->number)
		timers_cancel(call->sb->timers, &o->timer);
	return true;
}

void opening_stop(struct call *call)
{
	timers_cancel(call->sb->timers, &call->opening.timer);
}

int switchboard_open_door(struct switchboard *sb, int64_t call_id, uint64_t device, unsigned number)
{
	static const char notice[] = "notice";
	struct call *call = switchboard_call(sb, call_id);

	if (!call)
		return -ENOENT;
	if (call->state == CALL_RINGING && rung_find(call, device))
		return open_for(call, device, &(struct opening){ .number = number, .how = notice });
	if (call->answered && call->answered->device == device)
		return opening_start(call->answered, number, notice);
	if (call->state == CALL_TALKING && call->caller.device == device)
		return opening_start(&call->caller, number, notice);
	return -ENOENT;
}
