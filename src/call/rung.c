#include "call/call_priv.h"

#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	SILENT_MS = 1500, /* a phone that is awake has said that it rings by then */
};

/* All calls that ring for one device. */
struct bell {
	uint64_t device;
	struct switchboard *sb;
	struct list rungs;
	struct timer bound; /* a phone of it registered: it is called on the loop's next turn */
	struct map_node node;
};

static struct bell *bell_find(const struct switchboard *sb, uint64_t device)
{
	const struct map_node *node = map_get(&sb->bells, device_key(&device));

	return node ? CONTAINER_OF(node, struct bell, node) : NULL;
}

static struct bell *bell_make(struct switchboard *sb, uint64_t device)
{
	struct bell *bell = bell_find(sb, device);

	if (bell)
		return bell;
	bell = calloc(1, sizeof(*bell));
	if (!bell)
		return NULL;
	bell->sb = sb;
	bell->device = device;
	list_init(&bell->rungs);
	if (map_put(&sb->bells, &bell->node, device_key(&bell->device)) < 0) {
		free(bell);
		return NULL;
	}
	return bell;
}

static void bell_drop(struct switchboard *sb, uint64_t device)
{
	struct bell *bell = bell_find(sb, device);

	if (!bell || !list_empty(&bell->rungs))
		return;
	timers_cancel(sb->timers, &bell->bound);
	map_remove(&sb->bells, &bell->node);
	free(bell);
}

/* Life. */

static struct wake wake_of(const struct call *call, uint64_t device)
{
	return (struct wake){ .call_id = call->id,
			      .site_id = call->site_id,
			      .device = device,
			      .from = call->caller.device,
			      .from_name = call->caller.name,
			      .at = call_now(call),
			      .until = ring_until(call),
			      .test = call->test };
}

static void wake(struct rung *rung, const struct dir_device *to)
{
	const struct switchboard_conf *conf = &rung->call->sb->conf;
	struct wake wake;

	if (!conf->wake || (!to->app && !to->wakes))
		return;
	rung->woken = true;
	wake = wake_of(rung->call, to->number);
	conf->wake(conf->arg, &wake);
}

/* Whoever tests a button is no guest that one would want to see. */
bool rung_has_camera(const struct call *call, const struct dir_device *door)
{
	return call->sb->conf.look && door && door->camera && !call->test;
}

/* device 0: nobody sees it now, and who is told of the call may want a picture. */
static void look(struct call *call, uint64_t door, uint64_t device)
{
	const struct switchboard_conf *conf = &call->sb->conf;

	if (call->picture || !rung_has_camera(call, directory_device(conf->directory, door)))
		return;
	call->looked_at = true;
	conf->look(conf->arg, &(struct look){ call->id, call->site_id, door, device });
}

void rung_look_back(struct call *call)
{
	if (call->caller.kind == &leg_app && !call->picture_back)
		look(call, call->answered->device, call->caller.device);
}

/* An app that keeps quiet while the call rings. */
struct hushed {
	struct wake wake;
	struct list of_call;
};

void rung_hushed(struct call *call, const struct dir_device *to)
{
	struct hushed *h = to->app && call->sb->conf.hushed ? calloc(1, sizeof(*h)) : NULL;

	if (!h)
		return;
	h->wake = wake_of(call, to->number);
	list_append(&call->hushed, &h->of_call);
	look(call, call->caller.device, 0);
}

static void hushed_over(struct call *call, const char *why)
{
	const struct switchboard_conf *conf = &call->sb->conf;

	LIST_EACH(it, &call->hushed) {
		struct hushed *h = CONTAINER_OF(it, struct hushed, of_call);

		conf->hushed(conf->arg, &h->wake, why);
		list_remove(&h->of_call);
		free(h);
	}
}

int rung_add(struct call *call, const struct dir_device *to)
{
	struct rung *rung = rung_find(call, to->number) ? NULL : calloc(1, sizeof(*rung));
	struct bell *bell = rung ? bell_make(call->sb, to->number) : NULL;

	if (!bell) {
		free(rung);
		return -ENOMEM;
	}
	rung->call = call;
	rung->device = to->number;
	rung->waits = to->wakes;
	strncpy(rung->name, to->name, sizeof(rung->name) - 1);
	list_append(&call->rung, &rung->of_call);
	list_append(&bell->rungs, &rung->of_device);
	wake(rung, to);
	if (to->app)
		look(call, call->caller.device, to->number);
	return 0;
}

struct rung *rung_find(const struct call *call, uint64_t device)
{
	for (struct list *it = call->rung.next; it != &call->rung; it = it->next) {
		struct rung *rung = CONTAINER_OF(it, struct rung, of_call);

		if (rung->device == device)
			return rung;
	}
	return NULL;
}

unsigned rung_waiting(const struct call *call)
{
	unsigned n = 0;

	for (const struct list *it = call->rung.next; it != &call->rung; it = it->next)
		n += CONTAINER_OF(it, struct rung, of_call)->waits;
	return n;
}

void rung_reached(struct call *call, uint64_t device)
{
	struct rung *rung = rung_find(call, device);

	if (!rung)
		return;
	rung->reached = true;
	rung->waits = false;
}

static bool rings_still(const struct call_leg *but)
{
	LIST_EACH(it, &but->call->legs) {
		const struct call_leg *leg = CONTAINER_OF(it, struct call_leg, list);

		if (leg != but && leg->device == but->device)
			return true;
	}
	return false;
}

void rung_lost(struct call_leg *leg, bool final)
{
	const struct dir_device *d = ring_device(leg->call, leg->device);
	struct rung *rung = rung_find(leg->call, leg->device);

	if (!rung)
		return;
	if (final && leg->kind == &leg_app)
		rung->declined = true;
	else if (final && leg->kind == &leg_sip)
		rung->refused[rung->nrefused++ % BINDINGS_PER_DEVICE_MAX] = leg->phone.contact;
	else if (d && d->wakes && !rung->declined && !rings_still(leg))
		rung->waits = true; /* a push may bring it back */
}

/* What is known of its waking. late: it came because of it. */
static void trace_leg(const struct rung *rung, struct call_leg *leg, bool late)
{
	leg->trace.pushed = rung->pushed;
	leg->trace.delivered = rung->delivered;
	if (late && rung->pushed)
		leg->trace.woken = call_now(leg->call);
}

static void never_came(struct rung *rung, const char *why)
{
	struct call_leg leg = { .call = rung->call,
				.kind = &leg_nobody,
				.number = ++rung->call->nlegs,
				.device = rung->device };

	memcpy(leg.name, rung->name, sizeof(leg.name));
	trace_leg(rung, &leg, false);
	call_leg_result(&leg, "unreachable", why);
}

void rung_over(struct call *call, const char *why)
{
	const struct switchboard_conf *conf = &call->sb->conf;

	LIST_EACH(it, &call->rung) {
		struct rung *rung = CONTAINER_OF(it, struct rung, of_call);

		if (!rung->reached)
			never_came(rung, rung->pushed ? "never_came" : "unreachable");
		if (rung->woken && conf->wake_over)
			conf->wake_over(conf->arg, call->id, rung->device, why);
		list_remove(&rung->of_call);
		list_remove(&rung->of_device);
		bell_drop(call->sb, rung->device);
		free(rung);
	}
	hushed_over(call, why);
}

/* What became of a push. */

static struct rung *rung_at(const struct switchboard *sb, int64_t call_id, uint64_t device)
{
	struct call *call = switchboard_call(sb, call_id);

	return call && call->state == CALL_RINGING ? rung_find(call, device) : NULL;
}

/* What rings already was rung beside the push. */
static void trace_legs(struct rung *rung)
{
	for (struct list *it = rung->call->legs.next; it != &rung->call->legs; it = it->next) {
		struct call_leg *leg = CONTAINER_OF(it, struct call_leg, list);

		if (leg->device == rung->device)
			trace_leg(rung, leg, false);
	}
}

void switchboard_pushed(struct switchboard *sb, int64_t call_id, uint64_t device, int64_t at_ms,
			bool any)
{
	struct rung *rung = rung_at(sb, call_id, device);

	if (!rung)
		return;
	if (any) {
		if (!rung->pushed)
			rung->pushed = at_ms;
		trace_legs(rung);
		return;
	}
	if (!rung->waits || rung->pushed)
		return;
	rung->waits = false;
	ring_less(rung->call);
}

void switchboard_delivered(struct switchboard *sb, int64_t call_id, uint64_t device, int64_t at_ms)
{
	struct rung *rung = rung_at(sb, call_id, device);

	if (!rung || rung->delivered)
		return;
	rung->delivered = at_ms;
	trace_legs(rung);
}

/* Who comes late. */

static void late(struct rung *rung, struct call_leg *leg)
{
	trace_leg(rung, leg, true);
	rung_reached(rung->call, rung->device);
	log_info("leg_late", LF_I("call", rung->call->id), LF_I("device", rung->device));
}

static struct call_leg *newest(const struct call *call)
{
	return CONTAINER_OF(call->legs.prev, struct call_leg, list);
}

void rung_app(struct switchboard *sb, uint64_t device, struct app_link *link)
{
	struct bell *bell = bell_find(sb, device);

	if (!bell)
		return;
	LIST_EACH(it, &bell->rungs) {
		struct rung *rung = CONTAINER_OF(it, struct rung, of_device);
		const struct dir_device *d = ring_device(rung->call, device);

		if (!d || rung->declined || app_link_has(link, rung->call) ||
		    leg_app_adopt(rung->call, device, link))
			continue;
		if (leg_app_start(rung->call, d, link))
			late(rung, newest(rung->call));
	}
}

static struct call_leg *leg_of(const struct call *call, uint64_t device, uint64_t contact)
{
	for (struct list *it = call->legs.next; it != &call->legs; it = it->next) {
		struct call_leg *leg = CONTAINER_OF(it, struct call_leg, list);

		if (leg->kind == &leg_sip && leg->device == device && leg->phone.contact == contact)
			return leg;
	}
	return NULL;
}

static bool has_refused(const struct rung *rung, uint64_t contact)
{
	for (unsigned i = 0; i < rung->nrefused && i < BINDINGS_PER_DEVICE_MAX; i++) {
		if (rung->refused[i] == contact)
			return true;
	}
	return false;
}

/* What the leg was sent is lost, or on its way to where the phone is no more; or the phone slept,
 * and would hear of it only when it is repeated, which may be seconds from now. */
static bool is_stale(const struct call_leg *leg, const struct dir_device *d,
		     const struct sip_binding *binding)
{
	const struct flow *was = &leg->phone.flow, *is = &binding->flow;
	const bool moved = was->transport != is->transport || was->conn != is->conn ||
			   !addr_same(&was->peer, &is->peer);

	return !leg->trace.rang &&
	       (moved || (d->wakes && call_now(leg->call) - leg->trace.offered > SILENT_MS));
}

static void join(struct rung *rung, const struct dir_device *d, const struct sip_binding *binding)
{
	const uint64_t contact = leg_contact(binding);
	struct call_leg *old = leg_of(rung->call, rung->device, contact);

	if (has_refused(rung, contact) || (old && !is_stale(old, d, binding)) ||
	    !leg_sip_start(rung->call, d, binding))
		return;
	late(rung, newest(rung->call));
	if (old)
		call_leg_drop(old, "unreachable", &(struct leg_end){ .why = "unreachable" });
}

static void on_bound(void *arg)
{
	struct bell *bell = arg;
	struct sip_binding bindings[BINDINGS_PER_DEVICE_MAX];
	const size_t n = sip_endpoint_bindings(bell->sb->conf.endpoint, bell->device, bindings,
					       BINDINGS_PER_DEVICE_MAX);

	LIST_EACH(it, &bell->rungs) {
		struct rung *rung = CONTAINER_OF(it, struct rung, of_device);
		const struct dir_device *d = ring_device(rung->call, bell->device);

		for (size_t i = 0; d && i < n; i++)
			join(rung, d, &bindings[i]);
	}
}

void switchboard_bound(struct switchboard *sb, uint64_t device)
{
	struct bell *bell = bell_find(sb, device);

	if (bell && timers_arm(sb->timers, &bell->bound, 0, on_bound, bell) < 0)
		log_warn("leg_late_failed", LF_I("device", device));
}
