/* Legs that are nobody: in whose name a door is answered that is opened unanswered (opening.c); and
 * the caller of a test call, which rings a button's phones without its door. */
#include "call/call_priv.h"

#include <errno.h>
#include <stdio.h>

static void nobody_ringing(struct call_leg *, struct call_leg *)
{
}

static int nobody_connect(struct call_leg *caller, struct call_leg *by)
{
	return media_connect_nobody(caller->call->media, by->at);
}

static void nobody_connected(struct call_leg *)
{
}

static void nobody_end(struct call_leg *, const struct leg_end *)
{
}

static void nobody_digit(struct call_leg *, char)
{
}

static void nobody_opened(struct call_leg *, unsigned)
{
}

static void nobody_picture(struct call_leg *)
{
}

static void nobody_video(struct call_leg *, bool)
{
}

const struct leg_kind leg_nobody = {
	.ringing = nobody_ringing,
	.connect = nobody_connect,
	.connected = nobody_connected,
	.end = nobody_end,
	.digit = nobody_digit,
	.opened = nobody_opened,
	.picture = nobody_picture,
	.video = nobody_video,
};

/* The device's own calls go on beside it; a second test would ring the same phones. */
static int test_route(struct switchboard *sb, int64_t site_id, uint64_t number, unsigned button,
		      struct route *ret_route)
{
	const struct dir_device *d = directory_device(sb->conf.directory, number);
	char dialled[12];
	int rc;

	if (!d || d->site_id != site_id || d->kind != DIR_INTERCOM || !button ||
	    button > ROUTE_BUTTON_MAX)
		return -ENOENT;
	snprintf(dialled, sizeof(dialled), "%u", button);
	rc = route_devices(sb->conf.directory, d, view_str(dialled), ret_route);
	if (rc == 0 && !ret_route->n)
		return -EHOSTUNREACH;
	return rc;
}

int switchboard_test(struct switchboard *sb, int64_t site_id, uint64_t device, unsigned button,
		     int64_t *ret_call)
{
	const struct dir_device *from = directory_device(sb->conf.directory, device);
	struct route route;
	struct call *call;
	int rc = test_route(sb, site_id, device, button, &route);

	if (rc < 0)
		return rc;
	if (switchboard_is_tested(sb, device) || switchboard_is_busy(sb, device))
		return -EBUSY;
	call = switchboard_is_full(sb) ? NULL : switchboard_call_new(sb, from);
	if (!call)
		return -ENOSPC;
	rc = media_caller_nobody(call->media);
	if (rc < 0) {
		switchboard_call_drop(call);
		return rc;
	}
	call->test = call->offered = true;
	call->ring_ms = CALL_TEST_RING_MS;
	call->talk_ms = CALL_TEST_TALK_MS;
	call->caller.kind = &leg_nobody;
	call->caller.code[0] = '\0'; /* no keys open what is not there */
	*ret_call = call->id;
	switchboard_call_start(call, from, &route);
	return 0;
}
