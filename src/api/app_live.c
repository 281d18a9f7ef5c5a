/* Invariants:
 * 1. `ws`, the watchers and the timer are the web loop's; `link` and what counts who is connected
 * are the sip loop's; the rest is constant or atomic.
 * 2. A connection lives while it is referred to: by its page until close_link is posted, by its
 * link, and by everything that is posted.
 * 3. open_link is posted before, and close_link after, all that the page says. */
#include "api/app_live.h"

#include "api/request.h"
#include "api/resource.h"
#include "api/session.h"
#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "call/app.h"
#include "event/journal.h"
#include "event/live.h"
#include "io/websocket.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)APPS_MAX <= (int)APP_DEVICES_MAX, "a link acts for all of a session");
_Static_assert((int)WEBSOCKET_MESSAGE_MAX <= (int)APP_MESSAGE_MAX, "a link hears all that comes");

enum {
	CLOSE_POLICY = 1008,
	CLOSE_RESTART = 1012,
	CLOSE_TRY_LATER = 1013,
	RETRY_MS = 1000, /* to post what must not be lost */
	CHECK_ARENA_MAX = 1024 * 1024,
};

struct app_live {
	struct app_live_conf conf; /* workers, switchboard NULL: they are gone */
	atomic_int refs;           /* the owner, and each connection */
	struct list pages;         /* web loop: those whose close_link is not posted */
	struct list links;         /* sip loop: those whose link is open */
	struct map online;         /* sip loop: devices with a link */
};

struct connection {
	struct app_live *live;
	atomic_int refs;
	int64_t devices[APPS_MAX];
	size_t ndevices;
	int64_t person_id;
	bool secure;
	/* The web loop's. */
	struct websocket *ws; /* NULL: it has closed */
	struct list page;
	struct timer timer;
	struct live_watcher *watchers[APPS_MAX];
	size_t nwatchers;
	bool again; /* something changed while a check was under way */
	/* The sip loop's. */
	struct app_link *link; /* NULL: not open */
	struct list open;
	/* Both's. */
	atomic_int to_sip, to_web; /* messages on the way */
	atomic_bool lost;          /* one did not get on its way */
	atomic_bool checking;
	char cookies[];
};

/* A device that has a link. */
struct online {
	struct map_node node;
	int64_t device;
	unsigned links;
};

static void live_unref(struct app_live *live)
{
	if (atomic_fetch_sub(&live->refs, 1) > 1)
		return;
	map_free(&live->online);
	free(live);
}

static struct connection *ref(struct connection *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

static void unref(struct connection *c)
{
	if (atomic_fetch_sub(&c->refs, 1) > 1)
		return;
	live_unref(c->live);
	free(c);
}

/* Posts with a reference that fn gives back. */
static int post(struct loop *loop, loop_fn *fn, struct connection *c)
{
	const int rc = loop_post(loop, fn, ref(c));

	if (rc < 0)
		unref(c);
	return rc;
}

/* Messages from loop to loop. */

struct message {
	struct connection *connection;
	size_t n;
	char text[];
};

static int message_post(struct connection *c, struct loop *loop, loop_fn *fn, struct view text)
{
	struct message *m = malloc(sizeof(*m) + text.n + 1);
	int rc;

	if (!m)
		return -ENOMEM;
	m->connection = ref(c);
	m->n = text.n;
	if (text.n)
		memcpy(m->text, text.p, text.n);
	m->text[text.n] = '\0';
	rc = loop_post(loop, fn, m);
	if (rc < 0) {
		unref(c);
		free(m);
	}
	return rc;
}

static void message_free(struct message *m)
{
	unref(m->connection);
	free(m);
}

/* Who is connected. */

static struct view device_key(const int64_t *device)
{
	return (struct view){ (const char *)device, sizeof(*device) };
}

static void tell(const struct app_live *live, int64_t device, int64_t online_at)
{
	if (live->conf.journal)
		journal_app(live->conf.journal, device, online_at);
}

static struct online *online_get(struct app_live *live, int64_t device)
{
	struct map_node *node = map_get(&live->online, device_key(&device));
	struct online *o = node ? CONTAINER_OF(node, struct online, node) : NULL;

	if (o)
		return o;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->device = device;
	if (map_put(&live->online, &o->node, device_key(&o->device)) < 0) {
		free(o);
		return NULL;
	}
	return o;
}

static void online_add(struct connection *c)
{
	for (size_t i = 0; i < c->ndevices; i++) {
		struct online *o = online_get(c->live, c->devices[i]);

		if (o && o->links++ == 0)
			tell(c->live, o->device, clock_wall_ms(c->live->conf.env->clock));
	}
}

static void online_drop(struct connection *c)
{
	for (size_t i = 0; i < c->ndevices; i++) {
		struct map_node *node = map_get(&c->live->online, device_key(&c->devices[i]));
		struct online *o = node ? CONTAINER_OF(node, struct online, node) : NULL;

		if (!o || --o->links > 0)
			continue;
		tell(c->live, o->device, DB_INT_NULL);
		map_remove(&c->live->online, &o->node);
		free(o);
	}
}

/* On the sip loop. */

static void on_slow(void *arg);
static void on_message(void *arg);

static void link_send(void *arg, struct view json)
{
	struct connection *c = arg;

	if (atomic_load(&c->lost))
		return;
	if (atomic_fetch_add(&c->to_web, 1) < APP_WAY_MAX &&
	    message_post(c, c->live->conf.web, on_message, json) == 0)
		return;
	atomic_store(&c->lost, true);
	if (post(c->live->conf.web, on_slow, c) < 0)
		log_warn("app_slow"); /* its timer ends it */
}

static void open_link(void *arg)
{
	struct connection *c = arg;
	struct switchboard *sb = c->live->conf.switchboard;
	uint64_t devices[APPS_MAX];
	const struct app_conf conf = { devices, c->ndevices, link_send, c };
	int rc;

	for (size_t i = 0; i < c->ndevices; i++)
		devices[i] = (uint64_t)c->devices[i];
	rc = sb ? app_open(sb, &conf, &c->link) : -ESHUTDOWN;
	if (rc == 0) {
		list_append(&c->live->links, &c->open);
		online_add(c);
		return; /* the reference is the link's now */
	}
	if (sb) {
		log_warn("app_link_refused", LF_I("rc", rc));
		c->link = NULL;
		atomic_store(&c->lost, true);
		if (post(c->live->conf.web, on_slow, c) < 0)
			log_warn("app_slow");
	}
	unref(c);
}

static void end_link(struct connection *c)
{
	if (!c->link)
		return;
	app_close(c->link);
	c->link = NULL;
	list_remove(&c->open);
	online_drop(c);
	unref(c);
}

static void close_link(void *arg)
{
	struct connection *c = arg;

	end_link(c);
	unref(c);
}

static void link_hear(void *arg)
{
	struct message *m = arg;
	struct connection *c = m->connection;

	atomic_fetch_sub(&c->to_sip, 1);
	if (c->link)
		app_hear(c->link, (struct view){ m->text, m->n });
	message_free(m);
}

/* On the web loop. */

static void on_message(void *arg)
{
	struct message *m = arg;
	struct connection *c = m->connection;

	atomic_fetch_sub(&c->to_web, 1);
	if (c->ws)
		websocket_send(c->ws, (struct view){ m->text, m->n }); /* it closes what is slow */
	message_free(m);
}

static void on_slow(void *arg)
{
	struct connection *c = arg;

	if (c->ws)
		websocket_close(c->ws, CLOSE_TRY_LATER);
	unref(c);
}

static void page_text(void *arg, struct websocket *ws, struct view text)
{
	struct connection *c = arg;

	if (atomic_fetch_add(&c->to_sip, 1) < APP_WAY_MAX &&
	    message_post(c, c->live->conf.sip, link_hear, text) == 0)
		return;
	atomic_fetch_sub(&c->to_sip, 1);
	websocket_close(ws, CLOSE_TRY_LATER);
}

/* The page's reference goes with it. */
static void say_close(void *arg)
{
	struct connection *c = arg;
	struct app_live *live = c->live;

	list_remove(&c->page);
	if (loop_post(live->conf.sip, close_link, c) == 0)
		return;
	list_append(&live->pages, &c->page);
	if (timers_arm(loop_timers(live->conf.web), &c->timer, RETRY_MS, say_close, c) < 0)
		log_error("app_link_stays"); /* until the server ends */
}

static void page_closed(void *arg, struct websocket *)
{
	struct connection *c = arg;

	c->ws = NULL;
	timers_cancel(loop_timers(c->live->conf.web), &c->timer);
	for (size_t i = 0; i < c->nwatchers; i++)
		live_leave(c->watchers[i]);
	c->nwatchers = 0;
	say_close(c);
}

/* Whether the session still is, and is for the same apps. */

struct check {
	struct connection *connection;
	int rc; /* 0, -ENOENT, or 1: its apps are others */
};

static bool has(const struct connection *c, int64_t device)
{
	for (size_t i = 0; i < c->ndevices; i++)
		if (c->devices[i] == device)
			return true;
	return false;
}

static bool is_same(const struct connection *c, const struct who *who)
{
	bool same = c->ndevices == who->napps && c->person_id == who->person_id;

	for (size_t i = 0; same && i < who->napps; i++)
		same = has(c, who->apps[i].number);
	return same;
}

static int check_session(const struct connection *c, struct db *db)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(CHECK_ARENA_MAX);
	const struct ask ask = { .cookie = view_str(c->cookies), .secure = c->secure };
	struct answer answer = {};
	struct request r = { .env = c->live->conf.env,
			     .ask = &ask,
			     .db = db,
			     .arena = &arena,
			     .now = clock_wall_ms(c->live->conf.env->clock),
			     .answer = &answer };
	const int rc = app_authenticate(&r);

	if (rc == 0 && r.who.napps == 0)
		return -ENOENT;
	return rc == 0 && !is_same(c, &r.who) ? 1 : rc;
}

static void check_free(struct check *check)
{
	unref(check->connection);
	free(check);
}

static void check_start(struct connection *c);

static void check_done(void *arg)
{
	struct check *check = arg;
	struct connection *c = check->connection;

	atomic_store(&c->checking, false);
	if (c->ws && check->rc == -ENOENT)
		websocket_close(c->ws, CLOSE_POLICY);
	else if (c->ws && check->rc > 0)
		websocket_close(c->ws, CLOSE_RESTART);
	else if (c->ws && c->again)
		check_start(c);
	check_free(check);
}

/* On a worker. */
static void check_run(void *arg, void *db)
{
	struct check *check = arg;
	struct connection *c = check->connection;

	check->rc = check_session(c, db);
	if (loop_post(c->live->conf.web, check_done, check) == 0)
		return;
	atomic_store(&c->checking, false); /* the timer asks again */
	check_free(check);
}

static void check_start(struct connection *c)
{
	struct check *check;

	c->again = atomic_exchange(&c->checking, true);
	if (c->again || !c->live->conf.workers)
		return;
	check = calloc(1, sizeof(*check));
	if (check)
		check->connection = ref(c);
	if (check && workers_run(c->live->conf.workers, LANE_REQUEST, check_run, check) == 0)
		return;
	atomic_store(&c->checking, false);
	if (check)
		check_free(check);
}

static void on_timer(void *arg)
{
	struct connection *c = arg;

	if (atomic_load(&c->lost) ||
	    timers_arm(loop_timers(c->live->conf.web), &c->timer, APP_CHECK_MS, on_timer, c) < 0)
		websocket_close(c->ws, CLOSE_TRY_LATER);
	else
		check_start(c);
}

static bool concerns(const struct connection *c, const struct live_event *event)
{
	const struct view type = view_str(event->type);
	uint64_t object;

	if (view_eq(type, VIEW("reset")))
		return true;
	if (view_u64(view_str(event->object), INT64_MAX, &object) < 0)
		return false;
	if (view_eq(type, VIEW("person")))
		return c->person_id == (int64_t)object;
	return view_eq(type, VIEW("device")) && has(c, (int64_t)object);
}

static void on_events(void *arg, const struct live_event *events, size_t n)
{
	struct connection *c = arg;

	for (size_t i = 0; i < n; i++)
		if (concerns(c, &events[i])) {
			check_start(c);
			return;
		}
}

/* Each begins with a `reset`: what changed since the request was judged is looked up then. */
static int watch(struct connection *c, const struct app_live_ask *ask)
{
	const struct app_live_conf *conf = &c->live->conf;
	int rc = 0;

	for (size_t i = 0; conf->live && i < ask->napps && rc == 0; i++) {
		bool known = false;

		for (size_t k = 0; k < i; k++)
			known = known || ask->apps[k].site_id == ask->apps[i].site_id;
		if (known)
			continue;
		rc = live_watch(conf->live, conf->web, ask->apps[i].site_id, 0, on_events, c,
				&c->watchers[c->nwatchers]);
		c->nwatchers += rc == 0;
	}
	return rc;
}

static const struct websocket_handlers handlers = { page_text, page_closed };

static struct connection *connection_new(struct app_live *live, const struct app_live_ask *ask)
{
	struct connection *c = ask->cookies.p ? calloc(1, sizeof(*c) + ask->cookies.n + 1) : NULL;

	if (!c)
		return NULL;
	c->live = live;
	atomic_fetch_add(&live->refs, 1);
	atomic_init(&c->refs, 1);
	list_init(&c->page);
	list_init(&c->open);
	for (size_t i = 0; i < ask->napps; i++)
		c->devices[c->ndevices++] = ask->apps[i].number;
	c->person_id = ask->person_id;
	c->secure = ask->secure;
	memcpy(c->cookies, ask->cookies.p, ask->cookies.n);
	return c;
}

void app_live_run(struct app_live *live, const struct app_live_ask *ask, struct http_exchange *x)
{
	struct connection *c = connection_new(live, ask);
	int rc;

	if (!c) {
		http_reply(x, 503, NULL, 0, VIEW(""));
		return;
	}
	if (websocket_accept(x, &handlers, c, &c->ws) < 0) {
		unref(c);
		return;
	}
	list_append(&live->pages, &c->page);
	rc = timers_arm(loop_timers(live->conf.web), &c->timer, APP_CHECK_MS, on_timer, c);
	if (rc == 0)
		rc = watch(c, ask);
	if (rc == 0)
		rc = post(live->conf.sip, open_link, c);
	if (rc < 0) {
		log_warn("app_refused_live", LF_I("rc", rc));
		websocket_close(c->ws, CLOSE_TRY_LATER);
	}
}

/* Somebody signed out. */

struct look {
	struct app_live *live;
	int64_t person_id;
};

static void on_look(void *arg)
{
	struct look *look = arg;

	LIST_EACH(it, &look->live->pages) {
		struct connection *c = CONTAINER_OF(it, struct connection, page);

		if (c->ws && c->person_id == look->person_id)
			check_start(c);
	}
	live_unref(look->live);
	free(look);
}

void app_live_look(struct app_live *live, int64_t person_id)
{
	struct look *look = live ? calloc(1, sizeof(*look)) : NULL;

	if (!look)
		return; /* the timers find out */
	atomic_fetch_add(&live->refs, 1);
	*look = (struct look){ live, person_id };
	if (loop_post(live->conf.web, on_look, look) == 0)
		return;
	live_unref(live);
	free(look);
}

/* The request's side. */

struct app_live_ask app_live_ask(struct request *r)
{
	struct app_live_ask ask = { .person_id = r->who.person_id, .secure = r->ask->secure };
	const struct view account = cookie_field(r, SESSION_COOKIE);
	const struct view device = cookie_field(r, APP_COOKIE);

	request_app_devices(r, &ask.apps, &ask.napps);
	ask.cookies = view_str(arena_printf(r->arena, "%.*s;%.*s", (int)account.n, account.p,
					    (int)device.n, device.p));
	return ask;
}

/* The right was judged before. */
int api_app_live_get(struct request *r)
{
	return reply_none(r);
}

int app_live_new(const struct app_live_conf *conf, struct app_live **ret_live)
{
	struct app_live *live = calloc(1, sizeof(*live));

	if (!live)
		return -ENOMEM;
	live->conf = *conf;
	atomic_init(&live->refs, 1);
	list_init(&live->pages);
	list_init(&live->links);
	map_init(&live->online);
	*ret_live = live;
	return 0;
}

void app_live_stop(struct app_live *live)
{
	if (live)
		live->conf.workers = NULL;
}

void app_live_free(struct app_live *live)
{
	if (!live)
		return;
	LIST_EACH(it, &live->links)
		end_link(CONTAINER_OF(it, struct connection, open));
	live->conf.switchboard = NULL;
	live->conf.journal = NULL;
	LIST_EACH(it, &live->pages) { /* those that could not say that they close */
		struct connection *c = CONTAINER_OF(it, struct connection, page);

		timers_cancel(loop_timers(live->conf.web), &c->timer);
		list_remove(&c->page);
		unref(c);
	}
	live_unref(live);
}
