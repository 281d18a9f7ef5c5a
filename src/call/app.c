#include "call/app.h"

#include "base/log.h"
#include "call/call_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A device of a link. */
struct seat {
	struct app_link *link;
	uint64_t device;
	int64_t site_id;
	struct list of_device; /* the newest last */
};

/* The links of a device. */
struct seats {
	uint64_t device;
	unsigned n;
	struct list list;
	struct map_node node; /* the switchboard's */
};

struct app_link {
	struct switchboard *sb;
	struct app_conf conf; /* but for the devices */
	struct seat seats[APP_DEVICES_MAX];
	unsigned nseats;
	struct list legs; /* the newest last */
	unsigned nlegs;
	int64_t credit_us; /* of messages: APP_MESSAGES_PER_S of a second each */
	int64_t heard_us;
	struct list list; /* the switchboard's */
};

/* Messages. */

void app_send(struct app_link *link, struct buf *message)
{
	if (message->err)
		log_error("app_unsaid", LF_I("error", message->err));
	else
		link->conf.send(link->conf.arg, buf_view(message));
}

void app_error(struct app_link *link, const struct app_message *about, const char *code,
	       const char *detail)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(APP_MESSAGE_MAX);

	app_error_print(&out, about->call, about->ref, code, detail);
	if (link)
		app_send(link, &out);
}

static void hello(struct app_link *link)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(APP_MESSAGE_MAX);
	uint64_t devices[APP_DEVICES_MAX];

	for (unsigned i = 0; i < link->nseats; i++)
		devices[i] = link->seats[i].device;
	app_hello_print(&out, clock_wall_ms(link->sb->conf.clock), devices, link->nseats);
	app_send(link, &out);
}

/* Who is connected for a device. */

static struct seats *seats_find(const struct switchboard *sb, uint64_t device)
{
	const struct map_node *node = map_get(&sb->seats, device_key(&device));

	return node ? CONTAINER_OF(node, struct seats, node) : NULL;
}

static struct seats *seats_make(struct switchboard *sb, uint64_t device)
{
	struct seats *s = seats_find(sb, device);

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->device = device;
	list_init(&s->list);
	if (map_put(&sb->seats, &s->node, device_key(&s->device)) < 0) {
		free(s);
		return NULL;
	}
	return s;
}

/* The last one of the link takes its place in the array. */
static void seat_remove(struct seat *seat)
{
	struct app_link *link = seat->link;
	struct seats *s = seats_find(link->sb, seat->device);
	struct seat *last = &link->seats[--link->nseats];

	list_remove(&seat->of_device);
	if (--s->n == 0) {
		map_remove(&link->sb->seats, &s->node);
		free(s);
	}
	if (seat == last)
		return;
	seat->device = last->device;
	seat->site_id = last->site_id;
	list_append(&last->of_device, &seat->of_device); /* where the last one was */
	list_remove(&last->of_device);
}

static void seat_oldest_remove(struct seats *s)
{
	struct seat *oldest = CONTAINER_OF(s->list.next, struct seat, of_device);
	struct app_link *link = oldest->link;

	log_info("app_link_replaced", LF_I("device", s->device));
	seat_remove(oldest);
	hello(link);
}

static bool link_acts_for(const struct app_link *link, uint64_t device)
{
	for (unsigned i = 0; i < link->nseats; i++) {
		if (link->seats[i].device == device)
			return true;
	}
	return false;
}

static int seat_add(struct app_link *link, uint64_t device)
{
	const struct dir_device *d = directory_device(link->sb->conf.directory, device);
	struct seat *seat = &link->seats[link->nseats];
	struct seats *s;

	if (!d || !d->app || link_acts_for(link, device))
		return 0;
	s = seats_make(link->sb, device);
	if (!s)
		return -ENOMEM;
	if (s->n == APP_LINKS_PER_DEVICE_MAX)
		seat_oldest_remove(s);
	*seat = (struct seat){ .link = link, .device = device, .site_id = d->site_id };
	list_append(&s->list, &seat->of_device);
	s->n++;
	link->nseats++;
	return 0;
}

void app_each_link(struct switchboard *sb, uint64_t device,
		   bool (*fn)(void *arg, struct app_link *link), void *arg)
{
	const struct seats *s = seats_find(sb, device);

	for (struct list *it = s ? s->list.prev : NULL; s && it != &s->list; it = it->prev) {
		if (!fn(arg, CONTAINER_OF(it, struct seat, of_device)->link))
			return;
	}
}

void app_device_changed(struct switchboard *sb, uint64_t device)
{
	const struct dir_device *d = directory_device(sb->conf.directory, device);
	struct seats *s;

	while ((s = seats_find(sb, device)) != NULL) {
		struct seat *seat = CONTAINER_OF(s->list.next, struct seat, of_device);
		struct app_link *link = seat->link;

		if (d && d->app && d->site_id == seat->site_id)
			return; /* and so it is with the others */
		seat_remove(seat);
		hello(link);
	}
}

/* The legs of a link. */

static struct call_leg *leg_of(const struct app_link *link, int64_t call)
{
	for (struct list *it = link->legs.next; it != &link->legs; it = it->next) {
		struct call_leg *leg = CONTAINER_OF(it, struct call_leg, page.of_link);

		if (leg->call->id == call)
			return leg;
	}
	return NULL;
}

bool app_link_has(const struct app_link *link, const struct call *call)
{
	return leg_of(link, call->id) != NULL;
}

bool app_link_full(const struct app_link *link)
{
	return link->nlegs >= APP_CALLS_MAX;
}

void app_link_add(struct app_link *link, struct call_leg *leg)
{
	leg->page.link = link;
	list_append(&link->legs, &leg->page.of_link);
	link->nlegs++;
	link->sb->stats.app_legs++;
}

void app_link_remove(struct call_leg *leg)
{
	struct app_link *link = TAKE(leg->page.link);

	if (!link)
		return;
	list_remove(&leg->page.of_link);
	link->nlegs--;
	link->sb->stats.app_legs--;
}

/* Life. */

int app_open(struct switchboard *sb, const struct app_conf *conf, struct app_link **ret_link)
{
	struct app_link *link;
	int rc = 0;

	if (!conf->ndevices)
		return -EINVAL;
	if (conf->ndevices > APP_DEVICES_MAX || sb->stats.app_links >= APP_LINKS_MAX)
		return -ENOSPC;
	link = calloc(1, sizeof(*link));
	if (!link)
		return -ENOMEM;
	link->sb = sb;
	link->conf = *conf;
	link->conf.devices = NULL;
	link->credit_us = APP_MESSAGES_BURST * (1000000 / APP_MESSAGES_PER_S);
	link->heard_us = clock_mono_us(sb->conf.clock);
	list_init(&link->legs);
	list_append(&sb->links, &link->list);
	sb->stats.app_links++;
	for (size_t i = 0; i < conf->ndevices && rc == 0; i++)
		rc = seat_add(link, conf->devices[i]);
	if (rc < 0) {
		app_close(link);
		return rc;
	}
	*ret_link = link;
	hello(link);
	for (unsigned i = 0; i < link->nseats; i++)
		rung_app(sb, link->seats[i].device, link);
	return 0;
}

void app_close(struct app_link *link)
{
	if (!link)
		return;
	LIST_EACH(it, &link->legs)
		leg_app_away(CONTAINER_OF(it, struct call_leg, page.of_link));
	while (link->nseats)
		seat_remove(&link->seats[link->nseats - 1]);
	link->sb->stats.app_links--;
	list_remove(&link->list);
	free(link);
}

void app_links_free(struct switchboard *sb)
{
	LIST_EACH(it, &sb->links)
		app_close(CONTAINER_OF(it, struct app_link, list));
}

/* What is heard. */

static const struct dir_device *may_dial(struct app_link *link, const struct app_message *m,
					 struct route *ret_route)
{
	const struct directory *dir = link->sb->conf.directory;
	const struct dir_device *from =
		link_acts_for(link, m->device) ? directory_device(dir, m->device) : NULL;
	const struct dir_device *to = NULL;

	if (!from) {
		app_error(link, m, "not_allowed", "this app does not act for that device");
		return NULL;
	}
	if (route_devices(dir, from, m->to, ret_route) == 0 && ret_route->n)
		to = directory_device(dir, ret_route->to[0].device);
	if (!to || (m->look && to->kind != DIR_INTERCOM)) {
		app_error(link, m, "not_allowed",
			  m->look && to ? "only intercoms can be looked at"
					: "there is no such number, or it may not be called");
		return NULL;
	}
	if (switchboard_is_busy(link->sb, from->number) || app_link_full(link)) {
		app_error(link, m, "busy", "this device has too many calls");
		return NULL;
	}
	return from;
}

static void dial(struct app_link *link, const struct app_message *m)
{
	struct switchboard *sb = link->sb;
	struct route route;
	const struct dir_device *from = may_dial(link, m, &route);
	struct call *call =
		from && !switchboard_is_full(sb) ? switchboard_call_new(sb, from) : NULL;
	int rc = call ? media_caller_app(call->media, m->look) : -ENOSPC;

	if (!from)
		return;
	if (rc < 0) {
		app_error(link, m, "full", "the server takes no call of an app now");
		switchboard_call_drop(call);
		return;
	}
	leg_app_caller(&call->caller, link, m,
		       directory_device(sb->conf.directory, route.to[0].device));
	switchboard_call_start(call, from, &route);
}

static bool has_token(const struct call_leg *leg, struct view token)
{
	return leg->kind == &leg_app && !leg->page.over &&
	       view_eq(view_str(leg->page.token), token);
}

static struct call_leg *leg_by_token(struct call *call, struct view token)
{
	if (has_token(&call->caller, token))
		return &call->caller;
	for (struct list *it = call->legs.next; it != &call->legs; it = it->next) {
		struct call_leg *leg = CONTAINER_OF(it, struct call_leg, list);

		if (has_token(leg, token))
			return leg;
	}
	return NULL;
}

static void resume(struct app_link *link, const struct app_message *m)
{
	struct call *call = switchboard_call(link->sb, m->call);
	struct call_leg *leg = call ? leg_by_token(call, m->token) : NULL;

	if (!leg || !link_acts_for(link, leg->device))
		app_error(link, m, "no_such_call", "this call is over");
	else if (leg->page.link != link && (app_link_has(link, call) || app_link_full(link)))
		app_error(link, m, "busy", "this page has that call already, or too many");
	else
		leg_app_resume(leg, link, m->fresh);
}

static void obey(struct app_link *link, const struct app_message *m)
{
	struct call_leg *leg = leg_of(link, m->call);

	if (m->word == APP_DIAL)
		dial(link, m);
	else if (m->word == APP_RESUME)
		resume(link, m);
	else if (leg)
		leg_app_hear(leg, m);
	else
		app_error(link, m, "no_such_call", "this call is over");
}

/* A page that says too much is not heard for a while. */
static bool is_patient(struct app_link *link)
{
	const int64_t now_us = clock_mono_us(link->sb->conf.clock);
	const int64_t price_us = 1000000 / APP_MESSAGES_PER_S,
		      most_us = APP_MESSAGES_BURST * price_us;

	link->credit_us += now_us - link->heard_us;
	link->heard_us = now_us;
	if (link->credit_us > most_us)
		link->credit_us = most_us;
	if (link->credit_us < price_us)
		return false;
	link->credit_us -= price_us;
	return true;
}

void app_hear(struct app_link *link, struct view json)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(2 * APP_MESSAGE_MAX);
	struct app_message m = {};
	const char *why = "the message is too long";
	int rc = -EBADMSG;

	if (!is_patient(link)) {
		app_error(link, &m, "full", "too many messages: some were not heard");
		return;
	}
	if (json.n <= APP_MESSAGE_MAX)
		rc = app_message_read(json, &arena, &m, &why);
	if (rc == 0)
		obey(link, &m);
	else
		app_error(link, &m, "bad_message", rc == -ENOMEM ? "out of memory" : why);
}
