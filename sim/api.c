#include "api.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "camera.h"
#include "g711.h"
#include "page.h"
#include "params.h"

/* The error codes of the device API. */
enum fault {
	FAULT_NONE = 0,
	FAULT_UNSUPPORTED = 1,
	FAULT_PATH = 2,
	FAULT_METHOD = 3,
	FAULT_MISSING = 11,
	FAULT_VALUE = 12,
	FAULT_FAILED = 14,
	FAULT_REJECTED = 18,
};

struct pull {
	struct api *api;
	struct http_conn *conn; /* NULL = free; else our reference */
	uint32_t subscription;
	struct tmr timeout;
};

struct api {
	struct door *door;
	struct http_sock *sock;
	const char *name;
	struct pull pulls[API_PULLS_MAX];
	struct tmr wake;
};

struct ask {
	struct api *api;
	struct http_conn *conn;
	const struct http_msg *msg;
	struct params params;
	struct json *json; /* result is written here: {"success":true,"result": stands already */
	const char *param; /* the one a fault is about */
	bool answered;     /* the handler answered, or will, by itself */
};

typedef enum fault api_fn(struct ask *ask);

/* Replies */

static void reply_bytes(struct http_conn *conn, const char *type, struct view body)
{
	(void)http_reply(conn, 200, "OK",
			 "Content-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
			 "X-Content-Type-Options: nosniff\r\n\r\n%b",
			 type, body.n, body.p, body.n);
}

static void reply_json(struct http_conn *conn, struct buf *out)
{
	if (out->err)
		(void)http_ereply(conn, 500, "Internal Server Error");
	else
		reply_bytes(conn, "application/json", buf_view(out));
}

static const char *fault_text(enum fault fault)
{
	switch (fault) {
	case FAULT_UNSUPPORTED:
		return "function is not supported";
	case FAULT_PATH:
		return "invalid request path";
	case FAULT_METHOD:
		return "invalid request method";
	case FAULT_MISSING:
		return "missing mandatory parameter";
	case FAULT_VALUE:
		return "invalid parameter value";
	case FAULT_REJECTED:
		return "operation was rejected";
	default:
		return "processing error";
	}
}

static void reply_fault(struct http_conn *conn, enum fault fault, const char *param)
{
	struct buf out = BUF_INIT(API_REPLY_MAX);
	struct json j = JSON_TO(&out);

	json_open(&j);
	json_key(&j, "success");
	json_bool(&j, false);
	json_key(&j, "error");
	json_open(&j);
	json_key(&j, "code");
	json_int(&j, fault);
	if (param) {
		json_key(&j, "param");
		json_str(&j, param);
	}
	json_key(&j, "description");
	json_str(&j, fault_text(fault));
	json_close(&j);
	json_close(&j);
	reply_json(conn, &out);
	buf_free(&out);
}

static void put_str(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_str(j, value);
}

static void put_int(struct json *j, const char *key, int64_t value)
{
	json_key(j, key);
	json_int(j, value);
}

static void put_bool(struct json *j, const char *key, bool value)
{
	json_key(j, key);
	json_bool(j, value);
}

/* A number that may be absent: *ret_value stays then. */
static enum fault number(struct ask *ask, const char *name, uint64_t max, uint64_t *ret_value)
{
	int err = params_number(&ask->params, name, max, ret_value);

	ask->param = name;
	return !err || err == -ENOENT ? FAULT_NONE : FAULT_VALUE;
}

static enum fault needed(struct ask *ask, const char *name)
{
	ask->param = name;
	return params_get(&ask->params, name).n ? FAULT_NONE : FAULT_MISSING;
}

/* system */

static enum fault system_info(struct ask *ask)
{
	struct json *j = ask->json;

	json_open(j);
	put_str(j, "variant", "Vestibule Door");
	put_str(j, "serialNumber", "00-0000-0001");
	put_str(j, "macAddr", "02-00-00-00-00-01");
	put_str(j, "hwVersion", "simulated");
	put_str(j, "swVersion", VERSION);
	put_str(j, "buildType", "release");
	put_str(j, "deviceName", ask->api->name);
	json_close(j);
	return FAULT_NONE;
}

static enum fault system_status(struct ask *ask)
{
	struct json *j = ask->json;

	json_open(j);
	put_int(j, "systemTime", clock_wall_ms(clock_system()) / 1000);
	put_int(j, "upTime", journal_uptime());
	json_close(j);
	return FAULT_NONE;
}

/* switch, io */

static enum fault switch_caps(struct ask *ask)
{
	struct json *j = ask->json;

	json_open(j);
	json_key(j, "switches");
	json_list_open(j);
	for (unsigned n = 1; n <= RELAY_COUNT; n++) {
		json_open(j);
		put_int(j, "switch", n);
		put_bool(j, "enabled", true);
		put_str(j, "mode", "monostable");
		put_int(j, "switchOnDuration", RELAY_ON_S);
		put_str(j, "type", "normal");
		json_close(j);
	}
	json_list_close(j);
	json_close(j);
	return FAULT_NONE;
}

/* The switch a request names; 0 in *ret_number when it names none. */
static enum fault switch_number(struct ask *ask, unsigned *ret_number)
{
	uint64_t value = 0;
	enum fault fault = number(ask, "switch", RELAY_COUNT, &value);

	if (!fault && !value && params_get(&ask->params, "switch").n)
		fault = FAULT_VALUE;
	*ret_number = (unsigned)value;
	return fault;
}

static enum fault switch_status(struct ask *ask)
{
	struct json *j = ask->json;
	unsigned only = 0;
	enum fault fault = switch_number(ask, &only);

	if (fault)
		return fault;
	json_open(j);
	json_key(j, "switches");
	json_list_open(j);
	for (unsigned n = 1; n <= RELAY_COUNT; n++) {
		const struct relay relay = relay_get(ask->api->door->relays, n);
		if (only && only != n)
			continue;
		json_open(j);
		put_int(j, "switch", n);
		put_bool(j, "active", relay.active);
		put_bool(j, "locked", relay.locked);
		put_bool(j, "held", relay.held);
		json_close(j);
	}
	json_list_close(j);
	json_close(j);
	return FAULT_NONE;
}

static enum fault switch_ctrl(struct ask *ask)
{
	unsigned n = 0;
	uint64_t timeout_s = 0;
	enum fault fault = needed(ask, "switch");

	if (!fault)
		fault = switch_number(ask, &n);
	if (!fault)
		fault = needed(ask, "action");
	if (fault)
		return fault;
	enum relay_action action = relay_action_find(params_get(&ask->params, "action"));
	if (action == RELAY_ACTIONS)
		return FAULT_VALUE;
	fault = number(ask, "timeout", RELAY_ON_MAX_S, &timeout_s);
	if (fault)
		return fault;
	ask->param = "switch";
	int err = relay_control(ask->api->door->relays, n, action, (unsigned)timeout_s, "api");
	if (err)
		return FAULT_REJECTED;
	struct view response = params_get(&ask->params, "response");
	if (response.n) {
		reply_bytes(ask->conn, "text/plain", response);
		ask->answered = true;
	}
	return FAULT_NONE;
}

static enum fault io_caps(struct ask *ask)
{
	struct json *j = ask->json;

	json_open(j);
	json_key(j, "ports");
	json_list_open(j);
	for (unsigned n = 1; n <= RELAY_COUNT; n++) {
		json_open(j);
		json_key(j, "port");
		json_view(j, n == 1 ? VIEW("relay1") : VIEW("relay2"));
		put_str(j, "type", "output");
		json_close(j);
	}
	json_list_close(j);
	json_close(j);
	return FAULT_NONE;
}

static enum fault io_status(struct ask *ask)
{
	struct json *j = ask->json;

	json_open(j);
	json_key(j, "ports");
	json_list_open(j);
	for (unsigned n = 1; n <= RELAY_COUNT; n++) {
		json_open(j);
		json_key(j, "port");
		json_view(j, n == 1 ? VIEW("relay1") : VIEW("relay2"));
		put_int(j, "state", relay_get(ask->api->door->relays, n).active);
		json_close(j);
	}
	json_list_close(j);
	json_close(j);
	return FAULT_NONE;
}

/* phone, call */

static enum fault phone_status_fn(struct ask *ask)
{
	struct json *j = ask->json;
	struct phone_status now;

	phone_status(ask->api->door->phone, &now);
	json_open(j);
	json_key(j, "accounts");
	json_list_open(j);
	json_open(j);
	put_int(j, "account", 1);
	put_bool(j, "enabled", true);
	put_str(j, "sipNumber", ask->api->door->conf.phone.user);
	put_bool(j, "registered", now.registered);
	put_int(j, "registerTime", now.registered_at);
	json_close(j);
	json_list_close(j);
	json_close(j);
	return FAULT_NONE;
}

static void put_media(struct json *j, const struct stream_numbers *n)
{
	json_key(j, "media");
	json_open(j);
	put_bool(j, "audio", n->audio);
	put_bool(j, "video", n->video);
	put_int(j, "farEndLevel", n->level_dbfs);
	put_int(j, "audioReceived", (int64_t)n->audio_in);
	put_int(j, "audioSent", (int64_t)n->audio_out);
	put_int(j, "videoSent", (int64_t)n->video_out);
	put_int(j, "frames", (int64_t)n->frames);
	put_int(j, "keyFrameRequests", (int64_t)n->key_requests);
	json_close(j);
}

static enum fault call_status(struct ask *ask)
{
	struct json *j = ask->json;
	struct phone_status now;
	uint64_t session = 0;
	enum fault fault = number(ask, "session", UINT32_MAX, &session);

	if (fault)
		return fault;
	phone_status(ask->api->door->phone, &now);
	json_open(j);
	json_key(j, "sessions");
	json_list_open(j);
	if (now.state != PHONE_IDLE && (!session || session == now.session)) {
		json_open(j);
		put_int(j, "session", now.session);
		put_str(j, "direction", now.incoming ? "incoming" : "outgoing");
		put_str(j, "state", phone_state_text(now.state));
		json_key(j, "calls");
		json_list_open(j);
		json_open(j);
		put_int(j, "id", now.session);
		put_str(j, "peer", now.peer);
		put_str(j, "state", phone_state_text(now.state));
		json_close(j);
		json_list_close(j);
		put_media(j, &now.numbers);
		json_close(j);
	}
	json_list_close(j);
	json_close(j);
	return FAULT_NONE;
}

static enum fault call_dial(struct ask *ask)
{
	uint32_t session = 0;
	enum fault fault = needed(ask, "number");

	if (fault)
		return fault;
	AUTO_FREE char *text = view_dup(params_get(&ask->params, "number"));
	int err = text ? phone_dial(ask->api->door->phone, text, &session) : ENOMEM;
	if (err)
		return err == EINVAL ? FAULT_VALUE : FAULT_FAILED;
	json_open(ask->json);
	put_int(ask->json, "session", session);
	json_close(ask->json);
	return FAULT_NONE;
}

static enum fault in_call(struct ask *ask, int act(struct phone *p, uint32_t session))
{
	uint64_t session = 0;
	enum fault fault = needed(ask, "session");

	if (!fault)
		fault = number(ask, "session", UINT32_MAX, &session);
	if (fault || !session)
		return fault ? fault : FAULT_VALUE;
	return act(ask->api->door->phone, (uint32_t)session) ? FAULT_VALUE : FAULT_NONE;
}

static enum fault call_answer(struct ask *ask)
{
	return in_call(ask, phone_answer);
}

static enum fault call_hangup(struct ask *ask)
{
	return in_call(ask, phone_hangup);
}

/* camera */

static const struct {
	unsigned width, height;
} sizes[] = { { 160, 120 }, { 176, 144 }, { 320, 240 }, { 352, 288 }, { 640, 480 } };

static enum fault camera_caps(struct ask *ask)
{
	struct json *j = ask->json;

	json_open(j);
	json_key(j, "jpegResolution");
	json_list_open(j);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		json_open(j);
		put_int(j, "width", sizes[i].width);
		put_int(j, "height", sizes[i].height);
		json_close(j);
	}
	json_list_close(j);
	json_key(j, "sources");
	json_list_open(j);
	json_open(j);
	put_str(j, "source", "internal");
	json_close(j);
	json_list_close(j);
	json_close(j);
	return FAULT_NONE;
}

static bool size_ok(uint64_t width, uint64_t height)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		if (sizes[i].width == width && sizes[i].height == height)
			return true;
	return false;
}

static enum fault snapshot(struct ask *ask)
{
	uint64_t width = 0, height = 0;
	uint8_t *jpeg = NULL;
	size_t n = 0;
	enum fault fault = needed(ask, "width");

	if (!fault)
		fault = needed(ask, "height");
	if (!fault)
		fault = number(ask, "height", UINT32_MAX, &height);
	if (!fault)
		fault = number(ask, "width", UINT32_MAX, &width);
	if (fault || !size_ok(width, height))
		return fault ? fault : FAULT_VALUE;
	if (params_get(&ask->params, "fps").n) {
		ask->param = "fps";
		return FAULT_UNSUPPORTED;
	}
	int err = camera_snapshot(clock_wall_ms(clock_system()),
				  relay_get(ask->api->door->relays, 1).active, (int)width,
				  (int)height, &jpeg, &n);
	if (err)
		return FAULT_FAILED;
	reply_bytes(ask->conn, "image/jpeg", (struct view){ (const char *)jpeg, n });
	ask->answered = true;
	free(jpeg);
	return FAULT_NONE;
}

/* log */

static enum fault log_caps(struct ask *ask)
{
	struct json *j = ask->json;

	json_open(j);
	json_key(j, "events");
	json_list_open(j);
	for (const char *const *name = journal_names(); *name; name++)
		json_str(j, *name);
	json_list_close(j);
	json_close(j);
	return FAULT_NONE;
}

/* new, all, or -SECONDS. */
static bool include_of(struct view text, int64_t *ret_back_s)
{
	uint64_t seconds = 0;

	if (!text.n || view_eq(text, VIEW("new"))) {
		*ret_back_s = 0;
	} else if (view_eq(text, VIEW("all"))) {
		*ret_back_s = INT64_MAX;
	} else {
		if (text.p[0] != '-' ||
		    view_u64((struct view){ text.p + 1, text.n - 1 }, UINT32_MAX, &seconds))
			return false;
		*ret_back_s = (int64_t)seconds;
	}
	return true;
}

static enum fault log_subscribe(struct ask *ask)
{
	struct journal_wish wish = { .filter = params_get(&ask->params, "filter") };
	uint64_t life_s = JOURNAL_LIFE_S;
	uint32_t id = 0;

	enum fault fault = number(ask, "duration", JOURNAL_LIFE_MAX_S, &life_s);
	if (fault || life_s < 10)
		return FAULT_VALUE;
	wish.life_s = (int64_t)life_s;
	ask->param = "include";
	if (!include_of(params_get(&ask->params, "include"), &wish.back_s))
		return FAULT_VALUE;
	ask->param = "filter";
	int err = journal_subscribe(ask->api->door->journal, &wish, &id);
	if (err)
		return err == -EINVAL ? FAULT_VALUE : FAULT_FAILED;
	json_open(ask->json);
	put_int(ask->json, "id", id);
	json_close(ask->json);
	return FAULT_NONE;
}

static enum fault subscription_of(struct ask *ask, uint32_t *ret_id)
{
	uint64_t id = 0;
	enum fault fault = needed(ask, "id");

	if (!fault)
		fault = number(ask, "id", UINT32_MAX, &id);
	*ret_id = (uint32_t)id;
	return fault;
}

static enum fault log_unsubscribe(struct ask *ask)
{
	uint32_t id = 0;
	enum fault fault = subscription_of(ask, &id);

	if (fault)
		return fault;
	return journal_unsubscribe(ask->api->door->journal, id) ? FAULT_VALUE : FAULT_NONE;
}

static void pull_end(struct pull *pull)
{
	tmr_cancel(&pull->timeout);
	pull->conn = mem_deref(pull->conn);
}

/* Answers a waiting pull: with what there is, or not yet when nothing is and it may wait. */
static void pull_try(struct pull *pull, bool last)
{
	struct buf out = BUF_INIT(API_REPLY_MAX);
	size_t count = 0;

	buf_str(&out, "{\"success\":true,\"result\":");
	int err = journal_pull(pull->api->door->journal, pull->subscription, &out, &count);
	buf_chr(&out, '}');
	if (err)
		reply_fault(pull->conn, FAULT_VALUE, "id");
	else if (count || last)
		reply_json(pull->conn, &out);
	if (err || count || last)
		pull_end(pull);
	buf_free(&out);
}

static void pull_timeout(void *arg)
{
	pull_try(arg, true);
}

/* Events come in bursts; one turn of the loop later they go out together. */
static void wake_now(void *arg)
{
	struct api *a = arg;

	for (size_t i = 0; i < API_PULLS_MAX; i++)
		if (a->pulls[i].conn)
			pull_try(&a->pulls[i], false);
}

static void wake_soon(void *arg)
{
	struct api *a = arg;
	tmr_start(&a->wake, 0, wake_now, a);
}

static struct pull *pull_free_slot(struct api *a)
{
	for (size_t i = 0; i < API_PULLS_MAX; i++)
		if (!a->pulls[i].conn)
			return &a->pulls[i];
	return NULL;
}

static enum fault log_pull(struct ask *ask)
{
	uint64_t wait_s = 0;
	uint32_t id = 0;
	enum fault fault = number(ask, "timeout", API_PULL_WAIT_S, &wait_s);

	if (!fault)
		fault = subscription_of(ask, &id);
	if (fault)
		return fault;
	struct pull *pull = pull_free_slot(ask->api);
	if (!pull)
		return FAULT_FAILED;
	ask->answered = true;
	*pull = (struct pull){ .api = ask->api, .conn = mem_ref(ask->conn), .subscription = id };
	tmr_init(&pull->timeout);
	if (wait_s)
		tmr_start(&pull->timeout, wait_s * 1000, pull_timeout, pull);
	pull_try(pull, !wait_s);
	return FAULT_NONE;
}

/* The page's own functions */

static enum fault ui_key(struct ask *ask)
{
	struct view key = params_get(&ask->params, "key");
	bool bell = view_eq(key, VIEW("%1"));

	if (pl_strcmp(&ask->msg->met, "POST"))
		return FAULT_METHOD;
	ask->param = "key";
	if (!key.n)
		return FAULT_MISSING;
	if (!bell && (key.n != 1 || !strchr("0123456789*#", key.p[0])))
		return FAULT_VALUE;
	door_key(ask->api->door, key.p[0]);
	return FAULT_NONE;
}

/* All that the page shows, in one answer. */
static enum fault ui_state(struct ask *ask)
{
	struct json *j = ask->json;
	struct phone_status now;

	phone_status(ask->api->door->phone, &now);
	json_open(j);
	put_str(j, "user", ask->api->door->conf.phone.user);
	put_bool(j, "registered", now.registered);
	put_str(j, "state", phone_state_text(now.state));
	put_str(j, "peer", now.state == PHONE_IDLE ? "" : now.peer);
	put_bool(j, "open", relay_get(ask->api->door->relays, 1).active);
	put_int(j, "level", now.state == PHONE_IDLE ? METER_FLOOR : now.numbers.level_dbfs);
	json_close(j);
	return FAULT_NONE;
}

static enum fault ui_page(struct ask *ask)
{
	const struct http_hdr *hdr = http_msg_hdr(ask->msg, HTTP_HDR_ACCEPT_LANGUAGE);
	struct view languages = hdr ? (struct view){ hdr->val.p, hdr->val.l } : VIEW("");
	struct buf out = BUF_INIT(API_REPLY_MAX);

	page_print(&out, languages, ask->api->name);
	if (out.err)
		(void)http_ereply(ask->conn, 500, "Internal Server Error");
	else
		reply_bytes(ask->conn, "text/html; charset=utf-8", buf_view(&out));
	buf_free(&out);
	ask->answered = true;
	return FAULT_NONE;
}

static const struct {
	const char *path;
	api_fn *handle;
} routes[] = {
	{ "/", ui_page },
	{ "/ui/key", ui_key },
	{ "/ui/state", ui_state },
	{ "/api/system/info", system_info },
	{ "/api/system/status", system_status },
	{ "/api/switch/caps", switch_caps },
	{ "/api/switch/status", switch_status },
	{ "/api/switch/ctrl", switch_ctrl },
	{ "/api/io/caps", io_caps },
	{ "/api/io/status", io_status },
	{ "/api/phone/status", phone_status_fn },
	{ "/api/call/status", call_status },
	{ "/api/call/dial", call_dial },
	{ "/api/call/answer", call_answer },
	{ "/api/call/hangup", call_hangup },
	{ "/api/camera/caps", camera_caps },
	{ "/api/camera/snapshot", snapshot },
	{ "/api/log/caps", log_caps },
	{ "/api/log/subscribe", log_subscribe },
	{ "/api/log/unsubscribe", log_unsubscribe },
	{ "/api/log/pull", log_pull },
};

static api_fn *route(const struct pl *path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++)
		if (!pl_strcmp(path, routes[i].path))
			return routes[i].handle;
	return NULL;
}

static int read_params(struct ask *ask)
{
	const struct http_msg *msg = ask->msg;
	struct view query = { msg->prm.p, msg->prm.l };

	if (query.n && query.p[0] == '?')
		query = (struct view){ query.p + 1, query.n - 1 };
	int err = params_add(&ask->params, query);
	if (err || !msg_ctype_cmp(&msg->ctyp, "application", "x-www-form-urlencoded"))
		return err;
	return params_add(&ask->params,
			  (struct view){ (const char *)mbuf_buf(msg->mb), mbuf_get_left(msg->mb) });
}

static bool method_ok(const struct pl *method)
{
	return !pl_strcmp(method, "GET") || !pl_strcmp(method, "POST") || !pl_strcmp(method, "PUT");
}

/* {"success":true} alone, or with the result that the handler wrote. */
static void answer(struct ask *ask, api_fn *handle)
{
	const struct view head = VIEW("{\"success\":true");
	const struct view key = VIEW(",\"result\":");
	struct buf out = BUF_INIT(API_REPLY_MAX);
	struct json json = JSON_TO(&out);

	ask->json = &json;
	buf_add(&out, head);
	buf_add(&out, key);
	enum fault fault = handle(ask);
	if (fault) {
		reply_fault(ask->conn, fault, ask->param);
	} else if (!ask->answered) {
		if (out.n == head.n + key.n) {
			buf_reset(&out);
			buf_add(&out, head);
		}
		buf_chr(&out, '}');
		reply_json(ask->conn, &out);
	}
	buf_free(&out);
}

static void on_request(struct http_conn *conn, const struct http_msg *msg, void *arg)
{
	AUTO_FREE struct ask *ask = calloc(1, sizeof(*ask));
	api_fn *handle = route(&msg->path);

	if (!ask) {
		(void)http_ereply(conn, 500, "Internal Server Error");
		return;
	}
	*ask = (struct ask){ .api = arg, .conn = conn, .msg = msg };
	if (!handle && (msg->path.l < 5 || memcmp(msg->path.p, "/api/", 5)))
		(void)http_ereply(conn, 404, "Not Found");
	else if (!handle)
		reply_fault(conn, FAULT_PATH, NULL);
	else if (!method_ok(&msg->met))
		reply_fault(conn, FAULT_METHOD, NULL);
	else if (read_params(ask))
		reply_fault(conn, FAULT_VALUE, NULL);
	else
		answer(ask, handle);
}

int api_new(struct door *door, const char *name, const char *address, struct api **ret_api)
{
	struct sa at;
	struct api *a = calloc(1, sizeof(*a));

	if (!a)
		return ENOMEM;
	a->door = door;
	a->name = name;
	int err = sa_decode(&at, address, strlen(address));
	if (!err)
		err = http_listen(&a->sock, &at, on_request, a);
	if (err) {
		free(a);
		return err;
	}
	journal_on_event(door->journal, wake_soon, a);
	*ret_api = a;
	return 0;
}

void api_free(struct api *a)
{
	if (!a)
		return;
	journal_on_event(a->door->journal, NULL, NULL);
	tmr_cancel(&a->wake);
	for (size_t i = 0; i < API_PULLS_MAX; i++)
		pull_end(&a->pulls[i]);
	mem_deref(a->sock);
	free(a);
}

void api_address(const struct api *a, struct sa *ret_sa)
{
	if (tcp_local_get(http_sock_tcp(a->sock), ret_sa))
		sa_init(ret_sa, AF_UNSPEC);
}
