#include "api/api.h"

#include "api/app_live.h"
#include "api/limits.h"
#include "api/live.h"
#include "api/page.h"
#include "api/password.h"
#include "api/request.h"
#include "api/upgrade.h"
#include "base/list.h"
#include "base/log.h"
#include "store/change.h"
#include "store/store.h"

#include <errno.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SWITCHING = 101, STATUS_CLASSES = 6, DUMMY_SIZE = 16, FIELDS_MAX = ANSWER_FIELDS_MAX + 6 };

static const struct view api_prefix = VIEW("/api/v1");

struct source {
	metrics_fn *fn;
	void *arg;
};

struct api {
	struct env env;
	struct api_conf conf;
	struct http *http;
	struct pages *pages; /* NULL: none */
	struct app_live *app_live; /* NULL: no apps */
	struct arena arena; /* what lives as long as the api */
	struct list upgrades; /* jobs of live pages that are on their way */
	struct source sources[METRICS_SOURCES_MAX];
	size_t nsources;
	atomic_int_fast64_t answered[STATUS_CLASSES];
};

/* A request between the loop and a worker. Its worker owns it, but a live page's job goes back to
 * the loop: there it is in `upgrades` from start to end, so that api_free finds it. */
struct job {
	struct list node;
	struct api *api; /* NULL: the api went away first */
	struct http_exchange *x;
	const struct route *route;
	int64_t ids[ROUTE_IDS_MAX];
	struct arena arena;
	struct answer answer;
	int64_t site_id;
	int64_t cursor;
	struct app_live_ask app; /* of an app's; in the arena */
	bool answered; /* by its worker: the loop did not take it back */
};

int api_worker_open(void *db_url, struct err *err, void **ret_state)
{
	struct db *db;
	const int rc = store_open(db_url, err, &db);

	if (rc == 0)
		*ret_state = db;
	return rc;
}

void api_worker_close(void *, void *state)
{
	db_close(state);
}

/* Whatever the answer is, no browser shall run it, frame it, guess its type or keep it; unless it
 * brings a guard of the same name. */
static const struct http_field guard_fields[] = {
	{ "Cache-Control", "no-store" },
	{ "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'" },
	{ "Referrer-Policy", "no-referrer" },
	{ "X-Content-Type-Options", "nosniff" },
};
static const struct http_field https_only = { "Strict-Transport-Security", "max-age=31536000" };

static bool has_field(const struct http_field *fields, size_t nfields, const char *name)
{
	for (size_t i = 0; i < nfields; i++)
		if (strcmp(fields[i].name, name) == 0)
			return true;
	return false;
}

static void reply(struct api *api, struct http_exchange *x, unsigned status,
		  const struct http_field *fields, size_t nfields, struct view body)
{
	struct http_field all[FIELDS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(guard_fields) / sizeof(guard_fields[0]); i++)
		if (!has_field(fields, nfields, guard_fields[i].name))
			all[n++] = guard_fields[i];
	if (http_secure(x))
		all[n++] = https_only;
	for (size_t i = 0; i < nfields && n < FIELDS_MAX; i++)
		all[n++] = fields[i];
	atomic_fetch_add(&api->answered[status / 100 % STATUS_CLASSES], 1);
	http_reply(x, status, all, n, body);
}

static void reply_short(struct api *api, struct http_exchange *x, unsigned status,
			const char *allow)
{
	const struct http_field fields[] = { { "Content-Type", "application/problem+json" },
					     { allow ? "Allow" : "Retry-After", allow ? allow : "1" } };
	CLEANUP(buf_free) struct buf body = BUF_INIT(1024);

	problem_print(&body, status, NULL, problem_detail(status));
	reply(api, x, status, fields, allow || status == 503 ? 2 : 1, buf_view(&body));
}

static void job_free(struct job *job)
{
	buf_free(&job->answer.body);
	arena_free(&job->arena);
	free(job);
}

static struct ask ask_of(struct http_exchange *x)
{
	return (struct ask){
		.query = http_query(x),
		.content_type = http_header(x, "Content-Type"),
		.origin = http_header(x, "Origin"),
		.host = http_header(x, "Host"),
		.cookie = http_header(x, "Cookie"),
		.agent = http_header(x, "User-Agent"),
		.body = http_body(x),
		.peer = http_peer(x),
		.secure = http_secure(x),
	};
}

static void job_answer(struct job *job)
{
	reply(job->api, job->x, job->answer.status, job->answer.fields, job->answer.nfields,
	      buf_view(&job->answer.body));
}

/* Back on the loop, with a live page that may come in or must not. */
static void upgrade_done(void *arg)
{
	struct job *job = arg;
	struct api *api = job->api;

	if (api) {
		list_remove(&job->node);
		const struct upgrade up = { api->conf.live, api->conf.loop, job->site_id, job->cursor };
		if (job->answer.status == SWITCHING && job->route->right == RIGHT_APP)
			app_live_run(api->app_live, &job->app, job->x);
		else if (job->answer.status == SWITCHING)
			upgrade_run(&up, job->x);
		else
			job_answer(job);
	}
	job_free(job);
}

static void job_run(void *arg, void *state)
{
	struct job *job = arg;
	const struct ask ask = ask_of(job->x);
	struct request r = {
		.env = &job->api->env,
		.route = job->route,
		.ask = &ask,
		.db = state,
		.arena = &job->arena,
		.now = clock_wall_ms(job->api->env.clock),
		.answer = &job->answer,
	};

	memcpy(r.ids, job->ids, sizeof(r.ids));
	request_run(&r);
	if (!(job->route->flags & ROUTE_LIVE)) {
		job_answer(job);
		job_free(job);
		return;
	}
	job->site_id = r.place.site_id;
	job->cursor = live_cursor(&r);
	if (job->route->right == RIGHT_APP)
		job->app = app_live_ask(&r);
	if (loop_post(job->api->conf.loop, upgrade_done, job) < 0) {
		job->answered = true; /* api_free frees it */
		reply_short(job->api, job->x, 503, NULL);
	}
}

static void health_run(void *arg, void *state)
{
	struct job *job = arg;
	int64_t oldest, newest;
	const bool good = change_range(state, &oldest, &newest) == 0;
	const struct http_field type = { "Content-Type", "text/plain" };

	reply(job->api, job->x, good ? 200 : 503, &type, 1,
	      good ? VIEW("ok\n") : VIEW("the database does not answer\n"));
	job_free(job);
}

static void dispatch(struct api *api, struct http_exchange *x, worker_fn *fn,
		     const struct route *route, const int64_t *ids)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job) {
		reply_short(api, x, 503, NULL);
		return;
	}
	*job = (struct job){ .api = api, .x = x, .route = route,
			     .arena = ARENA_INIT(REQUEST_ARENA_MAX) };
	list_init(&job->node);
	if (ids)
		memcpy(job->ids, ids, sizeof(job->ids));
	if (route && (route->flags & ROUTE_LIVE))
		list_append(&api->upgrades, &job->node);
	if (workers_run(api->conf.workers, route ? route->lane : LANE_REQUEST, fn, job) == 0)
		return;
	list_remove(&job->node);
	job_free(job);
	reply_short(api, x, 503, NULL);
}

static bool has_live(const struct api *api, const struct route *route)
{
	return route->right == RIGHT_APP ? api->app_live != NULL : api->conf.live != NULL;
}

static void api_request(struct api *api, struct http_exchange *x, struct view path)
{
	const struct route *route;
	int64_t ids[ROUTE_IDS_MAX];
	char allow[ROUTE_ALLOW_MAX];
	const int rc = route_find(http_method(x), path, &route, ids, allow);

	if (rc == -ENOTSUP)
		reply_short(api, x, 405, allow);
	else if (rc < 0 || ((route->flags & ROUTE_LIVE) && !has_live(api, route)))
		reply_short(api, x, 404, NULL);
	else
		dispatch(api, x, job_run, route, ids);
}

static bool is_loopback(struct addr peer)
{
	static const struct in6_addr mapped = { { { [10] = 0xff, [11] = 0xff, [12] = 127 } } };

	if (peer.sa.sa_family == AF_INET)
		return ntohl(peer.v4.sin_addr.s_addr) >> 24 == 127;
	return peer.sa.sa_family == AF_INET6 &&
	       (IN6_IS_ADDR_LOOPBACK(&peer.v6.sin6_addr) ||
		memcmp(&peer.v6.sin6_addr, &mapped, 13) == 0);
}

static void metrics_own(struct api *api, struct metrics *m)
{
	static const char *const labels[STATUS_CLASSES] = { NULL, "code=\"1xx\"", "code=\"2xx\"",
							    "code=\"3xx\"", "code=\"4xx\"",
							    "code=\"5xx\"" };

	metrics_family(m, "vestibule_http_answers_total", METRIC_COUNTER, "HTTP answers by status");
	for (size_t i = 2; i < STATUS_CLASSES; i++)
		metrics_sample(m, "vestibule_http_answers_total", labels[i],
			       atomic_load(&api->answered[i]));
}

static void metrics_request(struct api *api, struct http_exchange *x)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(METRICS_SIZE_MAX);
	const struct http_field type = { "Content-Type", "text/plain; version=0.0.4" };
	struct metrics m = { &out };

	if (!api->conf.metrics_open && !is_loopback(http_peer(x))) {
		reply_short(api, x, 404, NULL);
		return;
	}
	metrics_own(api, &m);
	for (size_t i = 0; i < api->nsources; i++)
		api->sources[i].fn(api->sources[i].arg, &m);
	if (out.err < 0)
		reply_short(api, x, 503, NULL);
	else
		reply(api, x, 200, &type, 1, buf_view(&out));
}

static bool is_get(const struct http_exchange *x)
{
	return view_eq(http_method(x), VIEW("GET")) || view_eq(http_method(x), VIEW("HEAD"));
}

static void page_request(struct api *api, struct http_exchange *x)
{
	const struct page_ask ask = {
		.method = http_method(x),
		.path = http_path(x),
		.accept_encoding = http_header(x, "Accept-Encoding"),
		.if_none_match = http_header(x, "If-None-Match"),
		.secure = http_secure(x),
	};
	const struct page_answer a = pages_answer(api->pages, &ask);

	atomic_fetch_add(&api->answered[a.status / 100 % STATUS_CLASSES], 1);
	http_reply(x, a.status, a.fields, a.nfields, a.body);
}

static void handle(void *arg, struct http_exchange *x)
{
	const struct view path = http_path(x);
	struct api *api = arg;

	if (view_starts(path, VIEW("/api/"))) {
		if (view_starts(path, api_prefix))
			api_request(api, x,
				    (struct view){ path.p + api_prefix.n, path.n - api_prefix.n });
		else
			reply_short(api, x, 404, NULL);
	} else if (view_eq(path, VIEW("/healthz")) && is_get(x)) {
		dispatch(api, x, health_run, NULL, NULL);
	} else if (view_eq(path, VIEW("/metrics")) && is_get(x)) {
		metrics_request(api, x);
	} else if (api->pages) {
		page_request(api, x);
	} else {
		reply_short(api, x, 404, NULL);
	}
}

static size_t body_max(void *, struct view method, struct view path)
{
	const struct route *route;
	int64_t ids[ROUTE_IDS_MAX];
	char allow[ROUTE_ALLOW_MAX];

	if (!view_starts(path, api_prefix))
		return HTTP_BODY_MAX;
	path = (struct view){ path.p + api_prefix.n, path.n - api_prefix.n };
	return route_find(method, path, &route, ids, allow) == 0 && route->body_max
		       ? route->body_max
		       : HTTP_BODY_MAX;
}

int api_metrics_add(struct api *api, metrics_fn *fn, void *arg)
{
	if (api->nsources == METRICS_SOURCES_MAX)
		return -ENOSPC;
	api->sources[api->nsources++] = (struct source){ fn, arg };
	return 0;
}

uint16_t api_port(const struct api *api)
{
	return http_port(api->http);
}

void api_free(struct api *api)
{
	if (!api)
		return;
	app_live_stop(api->app_live);
	http_free(api->http);
	LIST_EACH(it, &api->upgrades) {
		struct job *job = CONTAINER_OF(it, struct job, node);
		list_remove(&job->node);
		job->api = NULL;
		if (job->answered)
			job_free(job);
	}
	app_live_free(api->app_live);
	pages_free(api->pages);
	limits_free(api->env.limits);
	arena_free(&api->arena);
	sodium_memzero(&api->env.key, sizeof(api->env.key));
	sodium_memzero(&api->conf.key, sizeof(api->conf.key));
	free(api);
}

/* A hash of bytes that nobody knows. */
static int make_dummy(struct api *api)
{
	char secret[2 * DUMMY_SIZE + 1];
	struct view hash;
	int rc;

	rand_hex(rand_system(), secret, DUMMY_SIZE);
	rc = password_hash(view_str(secret), &api->arena, &hash);
	if (rc == 0)
		api->env.dummy_hash = hash.p;
	return rc;
}

static int start_apps(struct api *api)
{
	const struct app_live_conf conf = { .env = &api->env,
					    .web = api->conf.loop,
					    .sip = api->conf.sip,
					    .workers = api->conf.workers,
					    .live = api->conf.live,
					    .switchboard = api->conf.switchboard,
					    .journal = api->conf.journal };

	const int rc = conf.switchboard ? app_live_new(&conf, &api->app_live) : 0;

	api->env.apps = api->app_live;
	return rc;
}

static int start(struct api *api, struct err *err)
{
	const struct api_conf *conf = &api->conf;
	const struct http_conf http = { .listen = conf->listen,
					.tls = conf->tls,
					.trusted = conf->trusted,
					.handle = handle,
					.body_max = body_max,
					.arg = api };
	int rc = limits_new(conf->clock, &api->env.limits);

	if (rc == 0)
		rc = make_dummy(api);
	if (rc == 0)
		rc = start_apps(api);
	if (rc < 0)
		return err_set(err, rc, "no memory for the API");
	if (conf->web_root)
		rc = pages_open(conf->web_root, err, &api->pages);
	return rc < 0 ? rc : http_start(conf->loop, &http, err, &api->http);
}

int api_start(const struct api_conf *conf, struct err *err, struct api **ret_api)
{
	struct api *api = calloc(1, sizeof(*api));
	int rc;

	if (!api)
		return err_set(err, -ENOMEM, "no memory for the API");
	api->conf = *conf;
	api->arena = ARENA_INIT(4096);
	list_init(&api->upgrades);
	api->env = (struct env){
		.clock = conf->clock,
		.rand = conf->rand,
		.key = conf->key,
		.realm = conf->realm,
		.registrar = conf->registrar,
		.registrar_tls = conf->registrar_tls,
		.version = conf->version,
		.public_url = conf->public_url,
		.ticket_mail = conf->ticket_mail,
		.public_url_given = conf->public_url_given,
		.registration_open = conf->registration_open,
		.setup_token = conf->setup_token,
		.feed = conf->feed,
		.importer = conf->importer,
		.suspects = conf->suspects,
		.suspect_forget = conf->suspect_forget,
		.suspects_arg = conf->suspects_arg,
		.test_call = conf->test_call,
		.test_call_arg = conf->test_call_arg,
		.mail_way = conf->mail_way,
		.mail_way_arg = conf->mail_way_arg,
		.push = conf->push,
		.camera = conf->camera,
	};
	rc = start(api, err);
	if (rc < 0) {
		pages_free(api->pages);
		limits_free(api->env.limits);
		arena_free(&api->arena);
		free(api);
		return rc;
	}
	*ret_api = api;
	return 0;
}
