/* Legs that are apps: what a page says becomes an event of the call, and what happens in the call
 * it is told. A leg outlives its link for a while: the page may come back on a new one. */
#include "call/call_priv.h"

#include "base/json.h"
#include "base/log.h"
#include "base/rand.h"
#include "call/media.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SWITCHES_MAX = 4, ICE_MAX = 4096, MESSAGE_MAX = APP_MESSAGE_MAX };

static void tell(const struct call_leg *leg, struct buf *message)
{
	if (leg->page.link)
		app_send(leg->page.link, message);
}

static void tell_word(const struct call_leg *leg, const char *word)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(MESSAGE_MAX);

	app_word_print(&out, leg->call->id, word);
	tell(leg, &out);
}

static void tell_talking(const struct call_leg *leg)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(MESSAGE_MAX);

	app_talking_print(&out, leg->call->id, leg->call->talking_at);
	tell(leg, &out);
}

static void tell_sdp(const struct call_leg *leg, const struct buf *offer)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(MESSAGE_MAX);

	app_sdp_print(&out, leg->call->id, buf_view(offer));
	tell(leg, &out);
}

/* A call as it is told. */

static const char *kind_of(const struct dir_device *d)
{
	if (!d)
		return "phone";
	return d->app ? "app" : d->kind == DIR_INTERCOM ? "intercom" : "phone";
}

static size_t switches_of(const struct dir_device *d, struct app_switch switches[SWITCHES_MAX])
{
	size_t n = 0;

	if (!d || d->kind != DIR_INTERCOM)
		return 0;
	for (; n < d->nswitches && n < SWITCHES_MAX; n++)
		switches[n] = (struct app_switch){ d->switches[n].number, d->switches[n].name };
	if (!n && d->unlock_code[0])
		switches[n++] = (struct app_switch){ 1, "" };
	return n;
}

static struct view ice_of(const struct call *call, struct buf *out)
{
	const struct switchboard_conf *conf = &call->sb->conf;
	struct json j = JSON_TO(out);

	if (conf->ice)
		conf->ice(conf->arg, call->id, &j);
	return out->err ? (struct view){} : buf_view(out);
}

static void tell_call(const struct call_leg *leg, struct app_call *c,
		      void (*print)(struct buf *out, const struct app_call *call))
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(MESSAGE_MAX), ice = BUF_INIT(ICE_MAX);
	const struct dir_device *with =
		directory_device(leg->call->sb->conf.directory, c->with.device);
	struct app_switch switches[SWITCHES_MAX];

	c->call = leg->call->id;
	c->device = leg->device;
	c->with.kind = kind_of(with);
	c->token = leg->page.token;
	c->ice = ice_of(leg->call, &ice);
	c->switches = switches;
	c->nswitches = leg->call->test ? 0 : switches_of(with, switches);
	c->camera = rung_has_camera(leg->call, with);
	c->test = leg->call->test;
	print(&out, c);
	tell(leg, &out);
}

static void tell_ring(const struct call_leg *leg, const struct buf *offer)
{
	const struct call *call = leg->call;
	struct app_call c = { .with = { call->caller.device, call->caller.name, NULL },
			      .sdp = buf_view(offer),
			      .at = call_now(call),
			      .until = ring_until(call),
			      .video = media_app_sees(call->media, leg->at) && !call->no_picture };

	tell_call(leg, &c, app_ring_print);
}

/* What it is told. */

static void page_ringing(struct call_leg *caller, struct call_leg *)
{
	if (!caller->call->ringing_told)
		tell_word(caller, "ringing");
	caller->call->ringing_told = true;
}

/* Its one codec is what the other side took, so it is offered only now. */
static int page_connect(struct call_leg *caller, struct call_leg *by)
{
	CLEANUP(buf_free) struct buf offer = BUF_INIT(MEDIA_SDP_MAX);
	struct call *call = caller->call;
	const int rc = media_offer_app(call->media, by->at, &offer);

	if (rc < 0)
		return rc;
	media_connect(call->media, by->at);
	caller->page.offered = true;
	tell_sdp(caller, &offer);
	tell_talking(caller);
	return 0;
}

static void page_connected(struct call_leg *callee)
{
	if (!callee->call->opening.hang_up)
		tell_talking(callee);
}

static void page_end(struct call_leg *leg, const struct leg_end *end)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(MESSAGE_MAX);
	struct timers *timers = leg->call->sb->timers;

	if (leg->page.over)
		return;
	leg->page.over = true;
	timers_cancel(timers, &leg->page.away);
	timers_cancel(timers, &leg->page.mute);
	app_ended_print(&out, leg->call->id, end->why, end->by);
	tell(leg, &out);
	app_link_remove(leg);
}

static void page_digit(struct call_leg *, char)
{
}

static void page_opened(struct call_leg *leg, unsigned number)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(MESSAGE_MAX);

	app_opened_print(&out, leg->call->id, number);
	tell(leg, &out);
}

/* Browsers send none. */
static void page_picture(struct call_leg *)
{
}

static void page_video(struct call_leg *callee, bool shows)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(MESSAGE_MAX);

	if (!media_app_sees(callee->call->media, callee->at))
		return;
	app_video_print(&out, callee->call->id, shows);
	tell(callee, &out);
}

const struct leg_kind leg_app = {
	.ringing = page_ringing,
	.connect = page_connect,
	.connected = page_connected,
	.end = page_end,
	.digit = page_digit,
	.opened = page_opened,
	.picture = page_picture,
	.video = page_video,
};

/* How it is lost. */

static void end_with(struct call_leg *leg, const char *why)
{
	leg->kind->end(leg, &(struct leg_end){ .why = why });
}

/* It leaves the call, which may be gone after it. code: as in leg_lose; why: NULL for what it did
 * by itself. */
static void leave(struct call_leg *leg, unsigned code, const char *why)
{
	struct call *call = leg->call;

	if (leg == &call->caller || leg == call->answered) {
		call_hang_up(call, leg, why);
		return;
	}
	end_with(leg, why ? why : "declined");
	leg_lose(leg, code, code == 0);
}

static void on_lost(void *arg)
{
	leave(arg, 0, "lost");
}

static bool may_renew(const struct call_leg *leg)
{
	return leg != &leg->call->caller || leg->page.offered;
}

/* Its media broke down, or its page was loaded anew: it gets a new offer, and has some time for it.
 */
static int renew(struct call_leg *leg, struct buf *ret_offer)
{
	struct call *call = leg->call;
	struct timers *timers = call->sb->timers;
	int rc = media_app_again(call->media, leg->at, ret_offer);

	if (rc == 0 && !timer_armed(&leg->page.mute))
		rc = timers_arm(timers, &leg->page.mute, APP_MEDIA_MS, on_lost, leg);
	if (rc < 0)
		return rc;
	leg->page.down = false;
	leg->early = false;
	return 0;
}

void leg_app_media(struct call_leg *leg, bool up)
{
	CLEANUP(buf_free) struct buf offer = BUF_INIT(MEDIA_SDP_MAX);

	leg->page.down = !up;
	if (up) {
		timers_cancel(leg->call->sb->timers, &leg->page.mute);
		tell_word(leg, "up");
	} else if (leg->page.link) {
		if (may_renew(leg) && renew(leg, &offer) == 0)
			tell_sdp(leg, &offer);
		else
			leave(leg, 0, "lost");
	}
}

/* Its time for new media begins anew when it comes back. */
void leg_app_away(struct call_leg *leg)
{
	app_link_remove(leg);
	leg->page.down |= timer_armed(&leg->page.mute);
	timers_cancel(leg->call->sb->timers, &leg->page.mute);
	if (timers_arm(leg->call->sb->timers, &leg->page.away,
		       leg->page.look ? APP_RESUME_LOOK_MS : APP_RESUME_MS, on_lost, leg) < 0)
		log_warn("app_leg_stays", LF_I("call", leg->call->id), LF_I("device", leg->device));
}

static void come_back(struct call_leg *leg, struct app_link *link)
{
	timers_cancel(leg->call->sb->timers, &leg->page.away);
	if (leg->page.link == link)
		return;
	app_link_remove(leg);
	app_link_add(link, leg);
}

void leg_app_resume(struct call_leg *leg, struct app_link *link, bool fresh)
{
	CLEANUP(buf_free) struct buf offer = BUF_INIT(MEDIA_SDP_MAX);
	const struct call *call = leg->call;
	const bool moved = leg->page.link != link, waits = media_app_waits(call->media, leg->at);
	/* What is on its way to the page is fresh enough, unless it went to another socket. */
	const bool wanted = leg->page.down || (waits ? moved : fresh);

	come_back(leg, link);
	if (wanted && may_renew(leg) && renew(leg, &offer) == 0)
		tell_sdp(leg, &offer);
	if (call->state == CALL_TALKING && !call->opening.hang_up)
		tell_talking(leg);
	else if (leg == &call->caller && call->ringing_told)
		tell_word(leg, "ringing");
}

bool leg_app_adopt(struct call *call, uint64_t device, struct app_link *link)
{
	LIST_EACH(it, &call->legs) {
		CLEANUP(buf_free) struct buf offer = BUF_INIT(MEDIA_SDP_MAX);
		struct call_leg *leg = CONTAINER_OF(it, struct call_leg, list);

		if (leg->kind != &leg_app || leg->device != device || leg->page.link ||
		    renew(leg, &offer) < 0)
			continue;
		come_back(leg, link);
		tell_ring(leg, &offer);
		return true;
	}
	return false;
}

/* How it begins. */

static void on_no_picture(void *arg)
{
	struct call *call = arg;

	if (!call->picture)
		call_picture(call, false);
}

/* A door that has begun to show something has done so by then. */
static void expect_picture(const struct call_leg *leg)
{
	struct call *call = leg->call;

	if (call->picture || call->no_picture || timer_armed(&call->video) ||
	    !media_app_sees(call->media, leg->at))
		return;
	if (timers_arm(call->sb->timers, &call->video, APP_VIDEO_MS, on_no_picture, call) < 0)
		log_warn("call_picture_unwatched", LF_I("call", call->id));
}

static void page_init(struct call_leg *leg, struct app_link *link)
{
	rand_hex(leg->call->sb->conf.rand, leg->page.token, APP_TOKEN_DIGITS / 2);
	list_init(&leg->page.of_link);
	app_link_add(link, leg);
}

bool leg_app_start(struct call *call, const struct dir_device *to, struct app_link *link)
{
	CLEANUP(buf_free) struct buf offer = BUF_INIT(MEDIA_SDP_MAX);
	struct call_leg *leg = app_link_full(link) ? NULL : leg_new(call, &leg_app, to);
	int rc;

	if (!leg)
		return false;
	rc = media_callee_app(call->media, &leg->at, &offer);
	if (rc < 0) {
		log_warn("leg_failed", LF_I("call", call->id), LF_I("device", to->number),
			 LF_I("error", rc));
		free(leg);
		return false;
	}
	page_init(leg, link);
	leg->trace.offered = call_now(call);
	list_append(&call->legs, &leg->list);
	tell_ring(leg, &offer);
	expect_picture(leg);
	return true;
}

void leg_app_caller(struct call_leg *leg, struct app_link *link, const struct app_message *dial,
		    const struct dir_device *to)
{
	struct app_call c = { .with = { to->number, to->name, NULL }, .ref = dial->ref };

	leg->kind = &leg_app;
	leg->page.look = dial->look;
	leg->call->offered = true;
	page_init(leg, link);
	tell_call(leg, &c, app_dialling_print);
}

/* What it says. */

/* Who looks on may talk, once the call is there. */
static void look_up(struct call_leg *leg)
{
	struct call *call = leg->call;

	leg->page.answer_wanted = true;
	if (call->state != CALL_TALKING || media_app_waits(call->media, leg->at))
		return;
	leg->page.look = false;
	if (call->answered->kind == &leg_sip)
		leg_sip_talk(call->answered);
}

static void hear_sdp(struct call_leg *leg, const struct app_message *m)
{
	struct call *call = leg->call;
	int rc;

	if (!may_renew(leg)) {
		app_error(leg->page.link, m, "bad_message", "there was no offer yet");
		return;
	}
	rc = media_app_answered(call->media, leg->at, m->sdp);
	if (rc == -EALREADY)
		return;
	if (rc < 0) {
		app_error(leg->page.link, m, "bad_message",
			  "this answer to the offer is of no use");
		leave(leg, 488, "refused");
		return;
	}
	if (leg->page.look && leg->page.answer_wanted)
		look_up(leg);
	if (call->state != CALL_RINGING || leg == &call->caller)
		return;
	leg->early = true;
	call_event(call, CALL_EV_PROGRESS, leg);
	if (leg->page.answer_wanted)
		call_event(call, CALL_EV_ANSWER, leg);
}

static void hear_shown(struct call_leg *leg)
{
	struct call *call = leg->call;

	if (leg == &call->caller || call->state != CALL_RINGING)
		return;
	if (!leg->trace.rang)
		leg->trace.rang = call_now(call);
	call_event(call, CALL_EV_PROGRESS, leg);
}

static void hear_first(struct call_leg *leg)
{
	const struct call *call = leg->call;

	if (!leg->trace.video)
		leg->trace.video = call_now(call);
	if (!leg->trace.preview && call->state == CALL_RINGING)
		leg->trace.preview = call_now(call);
}

static void hear_answer(struct call_leg *leg, const struct app_message *m)
{
	struct call *call = leg->call;

	if (leg == &call->caller && leg->page.look)
		look_up(leg);
	else if (leg == &call->caller)
		app_error(leg->page.link, m, "bad_message", "who calls has nothing to answer");
	else if (leg == call->answered && opening_stay(call))
		tell_talking(leg);
	else if (call->state == CALL_RINGING && leg->early)
		call_event(call, CALL_EV_ANSWER, leg);
	else
		leg->page.answer_wanted = true;
}

static void hear_open(struct call_leg *leg, const struct app_message *m)
{
	struct app_link *link = leg->page.link;
	const int rc = opening_start(leg, m->number, "app");

	if (rc == -ENOENT)
		app_error(link, m, "no_such_switch", "there is no such switch at the other end");
	else if (rc == -EBUSY)
		app_error(link, m, "busy", "a switch is being opened");
	else if (rc < 0)
		app_error(link, m, "full", "the server is out of memory");
}

void leg_app_hear(struct call_leg *leg, const struct app_message *m)
{
	switch (m->word) {
	case APP_SDP:
		hear_sdp(leg, m);
		break;
	case APP_SHOWN:
		hear_shown(leg);
		break;
	case APP_FIRST:
		hear_first(leg);
		break;
	case APP_ANSWER:
		hear_answer(leg, m);
		break;
	case APP_DECLINE:
	case APP_HANGUP:
		leave(leg, 603, NULL);
		break;
	case APP_OPEN:
		hear_open(leg, m);
		break;
	case APP_DIGIT:
		leg_digit(leg, m->digit, DTMF_INFO);
		break;
	default:
		break;
	}
}
