#include "call/call_priv.h"

#include "base/log.h"
#include "base/rand.h"
#include "sip/re.h"

#include <errno.h>
#include <event2/event.h>

_Static_assert((int)ROUTE_MAX_DEVICES <= (int)CALL_LEGS_MAX, "each device can ring");

struct call *switchboard_call(const struct switchboard *sb, int64_t id)
{
	const struct map_node *node = map_get(&sb->calls, id_key(&id));

	return node ? CONTAINER_OF(node, struct call, node) : NULL;
}

static struct caller *caller_find(const struct switchboard *sb, uint64_t device)
{
	const struct map_node *node = map_get(&sb->callers, device_key(&device));

	return node ? CONTAINER_OF(node, struct caller, node) : NULL;
}

static int caller_count(struct switchboard *sb, uint64_t device)
{
	struct caller *c = caller_find(sb, device);

	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return -ENOMEM;
		c->device = device;
		if (map_put(&sb->callers, &c->node, device_key(&c->device)) < 0) {
			free(c);
			return -ENOMEM;
		}
	}
	c->calls++;
	return 0;
}

static void caller_uncount(struct switchboard *sb, uint64_t device)
{
	struct caller *c = caller_find(sb, device);

	if (!c || --c->calls)
		return;
	map_remove(&sb->callers, &c->node);
	free(c);
}

bool switchboard_is_busy(const struct switchboard *sb, uint64_t device)
{
	const struct caller *c = caller_find(sb, device);

	return c && c->calls >= CALLS_PER_DEVICE_MAX;
}

bool switchboard_is_tested(const struct switchboard *sb, uint64_t device)
{
	const struct caller *c = caller_find(sb, device);

	return c && c->tested;
}

static void caller_tested(struct switchboard *sb, uint64_t device, bool tested)
{
	struct caller *c = caller_find(sb, device);

	if (c)
		c->tested = tested;
}

/* Relay events. */

static struct call_leg *leg_at(struct call *call, unsigned at)
{
	if (at == 0)
		return &call->caller;
	LIST_EACH(it, &call->legs) {
		struct call_leg *leg = CONTAINER_OF(it, struct call_leg, list);

		if (leg->at == at)
			return leg;
	}
	return NULL;
}

static void take_stats(struct switchboard *sb, const struct relay_event *e)
{
	const struct relay_stats *s = &e->stats;

	sb->stats.packets += s->packets;
	sb->stats.invalid += s->invalid;
	sb->stats.refused += s->refused;
	streams_take(&sb->streams, e);
	if (s->packets || s->sent_packets || s->refused || s->invalid)
		log_info("stream_ended", LF_I("call", e->session), LF_I("leg", e->leg),
			 LF_S("kind", e->kind == RELAY_AUDIO ? "audio" : "video"),
			 LF_I("packets", s->packets), LF_I("sent", s->sent_packets),
			 LF_I("lost", s->lost), LF_I("jitter_us", s->jitter_us),
			 LF_I("refused", s->refused), LF_I("invalid", s->invalid));
}

static void take_picture(struct call *call, const struct call_leg *from)
{
	if (from != &call->caller)
		call_picture_back(call);
	else if (!call->picture)
		call_picture(call, true);
}

/* After it the call may be gone. */
static void take_event(struct call *call, struct call_leg *leg, const struct relay_event *e)
{
	switch (e->type) {
	case RELAY_EV_DIGIT:
		leg_digit(leg, e->digit, e->tone ? DTMF_TONE : DTMF_RTP);
		break;
	case RELAY_EV_HEARD:
		media_silent(call->media, leg->at, e->kind, false);
		break;
	case RELAY_EV_SILENT:
		if (media_silent(call->media, leg->at, e->kind, true))
			call_event(call, CALL_EV_SILENT, leg);
		break;
	case RELAY_EV_LATCHED:
		if (e->kind == RELAY_VIDEO)
			take_picture(call, leg);
		break;
	case RELAY_EV_UP:
	case RELAY_EV_DOWN:
		if (leg->kind == &leg_app)
			leg_app_media(leg, e->type == RELAY_EV_UP);
		break;
	case RELAY_EV_PICTURE:
		leg->kind->picture(leg);
		break;
	default:
		break;
	}
}

static void on_relay_event(struct switchboard *sb, const struct relay_event *e)
{
	struct call *call;
	struct call_leg *leg;
	unsigned at;

	if (e->type == RELAY_EV_STATS)
		take_stats(sb, e);
	else if (e->type == RELAY_EV_CLOSED)
		streams_done(&sb->streams, e->session, clock_wall_ms(sb->conf.clock),
			     sb->conf.record, sb->conf.arg);
	call = switchboard_call(sb, (int64_t)e->session);
	leg = call && media_leg_of(call->media, e->leg, &at) ? leg_at(call, at) : NULL;
	if (leg)
		take_event(call, leg, e);
}

static void on_relay(evutil_socket_t, short, void *arg)
{
	struct switchboard *sb = arg;
	struct relay_event e;

	while (relay_poll(sb->conf.relay, &e))
		on_relay_event(sb, &e);
}

/* Life. */

int switchboard_new(const struct switchboard_conf *conf, struct switchboard **ret_sb)
{
	struct switchboard *sb = calloc(1, sizeof(*sb));
	struct sessions_conf sessions;
	int rc;

	if (!sb)
		return -ENOMEM;
	sb->conf = *conf;
	sb->timers = loop_timers(conf->loop);
	map_init(&sb->calls);
	map_init(&sb->callers);
	map_init(&sb->streams);
	map_init(&sb->bells);
	map_init(&sb->seats);
	list_init(&sb->links);
	map_init(&sb->line_uses);
	list_init(&sb->line_asks);
	rand_bytes(conf->rand, &sb->session_ids, sizeof(sb->session_ids));
	sb->session_ids >>= 2; /* o= lines are read as signed by some */
	sessions = (struct sessions_conf){ conf->endpoint, sb->timers, conf->rand, conf->realm };
	rc = sessions_new(&sessions, &sb->sessions);
	sb->relay_event = event_new(loop_base(conf->loop), relay_fd(conf->relay), EV_READ | EV_PERSIST,
				    on_relay, sb);
	if (rc == 0 && (!sb->relay_event || event_add(sb->relay_event, NULL)))
		rc = -ENOMEM;
	if (rc < 0) {
		switchboard_free(sb);
		return rc;
	}
	*ret_sb = sb;
	return 0;
}

static void stop_call(struct map_node *node, void *)
{
	call_event(CONTAINER_OF(node, struct call, node), CALL_EV_STOP, NULL);
}

void switchboard_free(struct switchboard *sb)
{
	if (!sb)
		return;
	sb->idle = NULL;
	map_each(&sb->calls, stop_call, NULL);
	app_links_free(sb);
	leg_line_free(sb);
	map_free(&sb->calls);
	map_free(&sb->bells); /* empty: each call has taken its own out, and each link its seats */
	map_free(&sb->seats);
	streams_free(&sb->streams);
	map_free(&sb->callers); /* empty: each call has taken its own out */
	sessions_free(sb->sessions);
	if (sb->relay_event)
		event_free(sb->relay_event);
	free(sb);
}

void switchboard_forget(struct switchboard *sb, struct call *call)
{
	map_remove(&sb->calls, &call->node);
	if (call->test)
		caller_tested(sb, call->caller.device, false);
	caller_uncount(sb, call->caller.device);
	if (sb->draining && sb->idle && !sb->calls.count)
		sb->idle(sb->idle_arg);
}

void switchboard_drain(struct switchboard *sb, void (*idle)(void *arg), void *arg)
{
	sb->draining = true;
	sb->idle = idle;
	sb->idle_arg = arg;
	if (!sb->calls.count)
		idle(arg);
}

struct departure {
	uint64_t number;
	const struct dir_device *now; /* NULL: nowhere */
};

static void leave_call(struct map_node *node, void *arg)
{
	struct call *call = CONTAINER_OF(node, struct call, node);
	const struct departure *d = arg;

	if (!d->now || d->now->site_id != call->site_id)
		call_leave(call, d->number);
}

void switchboard_device_changed(struct switchboard *sb, uint64_t number)
{
	struct departure d = { number, directory_device(sb->conf.directory, number) };

	map_each(&sb->calls, leave_call, &d);
	app_device_changed(sb, number);
}

struct switchboard_stats switchboard_stats(const struct switchboard *sb)
{
	struct switchboard_stats stats = sb->stats;

	stats.calls = sb->calls.count;
	stats.sessions = sessions_count(sb->sessions);
	return stats;
}

/* A new call. */

int64_t switchboard_id(struct switchboard *sb)
{
	const int64_t id = clock_wall_ms(sb->conf.clock) << 20;

	sb->last_id = id > sb->last_id ? id : sb->last_id + 1;
	return sb->last_id;
}

static void refuse(struct tx_server *tx, unsigned code, const char *phrase)
{
	tx_reply(tx, code, phrase, code == 503 ? VIEW("Retry-After: 10\r\n") : (struct view){},
		 (struct view){});
}

struct call *switchboard_call_new(struct switchboard *sb, const struct dir_device *from)
{
	struct call *call = calloc(1, sizeof(*call));
	struct media_conf conf = { .relay = sb->conf.relay, .rand = sb->conf.rand };

	if (!call)
		return NULL;
	call->sb = sb;
	call->id = switchboard_id(sb);
	call->site_id = from->site_id;
	call->ring_ms = sb->conf.ring_ms ? sb->conf.ring_ms : CALL_RING_MS;
	call->talk_ms = sb->conf.talk_ms ? sb->conf.talk_ms : CALL_TALK_MS;
	list_init(&call->legs);
	list_init(&call->rung);
	list_init(&call->hushed);
	call->caller.call = call;
	call->caller.device = from->number;
	list_init(&call->caller.list);
	strncpy(call->caller.name, from->name, sizeof(call->caller.name) - 1);
	strncpy(call->caller.code, from->unlock_code, sizeof(call->caller.code) - 1);
	conf.tag = (uint64_t)call->id;
	conf.session_id = sb->session_ids += 64;
	if (media_new(&conf, &call->media) < 0 || caller_count(sb, from->number) < 0) {
		call_free(call);
		return NULL;
	}
	if (map_put(&sb->calls, &call->node, id_key(&call->id)) < 0) {
		caller_uncount(sb, from->number);
		call_free(call);
		return NULL;
	}
	return call;
}

static void caller_refuse(struct call *call, int rc)
{
	struct session *s = TAKE(call->caller.phone.session);

	if (rc == -EPROTONOSUPPORT)
		session_end(s, 488, "Not Acceptable Here");
	else if (rc == -EBADMSG || rc == -EMSGSIZE)
		session_end(s, 400, "Bad Session Description");
	else
		session_end(s, 503, "Service Unavailable");
}

/* The caller's session and media; answers the INVITE itself when that fails. */
static int caller_start(struct call *call, struct tx_server *tx, const struct sip_msg *msg,
			const struct flow *flow)
{
	struct switchboard *sb = call->sb;
	const struct media_way way = leg_sip_way(sb, call->caller.device, flow);
	struct view sdp;
	int rc;

	rc = session_accept(sb->sessions, tx, msg, flow, call->caller.device, &caller_handlers,
			    &call->caller, &call->caller.phone.session, &sdp);
	if (rc < 0)
		return rc;
	call->caller.kind = &leg_sip;
	call->offered = sdp.n > 0;
	rc = media_caller(call->media, sdp, &way);
	if (rc < 0)
		caller_refuse(call, rc);
	return rc;
}

void switchboard_call_drop(struct call *call)
{
	if (!call)
		return;
	switchboard_forget(call->sb, call);
	call_free(call);
}

void switchboard_call_start(struct call *call, const struct dir_device *from,
			    const struct route *route)
{
	const struct switchboard_conf *conf = &call->sb->conf;

	call->sb->stats.started++;
	if (call->test)
		caller_tested(call->sb, from->number, true);
	log_info("call_started", LF_I("call", call->id), LF_I("device", from->number),
		 LF_I("site", from->site_id), LF_I("button", route->button),
		 LF_I("test", call->test));
	conf->record(conf->arg, &(struct call_record){
					.type = CALL_REC_STARTED,
					.call_id = call->id,
					.site_id = call->site_id,
					.at = call_now(call),
					.device = from->number,
					.name = from->name,
					.button = route->button,
					.test = call->test,
				});
	ring_begin(call, route);
}

bool switchboard_is_full(const struct switchboard *sb)
{
	return sb->draining || sb->calls.count >= CALLS_MAX;
}

static void start(struct switchboard *sb, struct tx_server *tx, const struct sip_msg *msg,
		  const struct flow *flow, const struct dir_device *from, const struct route *route)
{
	struct call *call = switchboard_call_new(sb, from);

	if (!call)
		refuse(tx, 503, "Service Unavailable");
	else if (caller_start(call, tx, msg, flow) < 0)
		switchboard_call_drop(call);
	else
		switchboard_call_start(call, from, route);
}

static void on_invite(struct switchboard *sb, struct tx_server *tx, const struct sip_msg *msg,
		      const struct flow *flow, uint64_t user)
{
	const struct dir_device *from = directory_device(sb->conf.directory, user);
	struct route route;
	int rc;

	if (switchboard_is_full(sb)) {
		refuse(tx, 503, "Service Unavailable");
		return;
	}
	if (!from) {
		refuse(tx, 403, "Forbidden");
		return;
	}
	if (switchboard_is_busy(sb, from->number)) {
		refuse(tx, 486, "Busy Here");
		return;
	}
	rc = route_devices(sb->conf.directory, from, view_pl(&msg->uri.user), &route);
	if (rc < 0)
		refuse(tx, rc == -EINVAL ? 484 : 404, rc == -EINVAL ? "Address Incomplete" : "Not Found");
	else
		start(sb, tx, msg, flow, from, &route);
}

void switchboard_request(struct switchboard *sb, struct tx_server *tx, const struct sip_msg *msg,
			 const struct flow *flow, uint64_t user)
{
	if (!tx || msg->to.tag.l)
		sessions_request(sb->sessions, tx, msg, flow);
	else if (view_eq(view_pl(&msg->met), VIEW("INVITE")))
		on_invite(sb, tx, msg, flow, user);
	else
		tx_reply(tx, 405, "Method Not Allowed", VIEW(SESSION_ALLOW), (struct view){});
}
