#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "api_priv.h"
#include "base/mem.h"

/* Answers */

void api_reply(struct ask *ask, const char *type, struct view body)
{
	ask->answered = true;
	web_reply(ask->conn, 200, type, body);
}

void api_reply_json(struct web_conn *conn, struct buf *out)
{
	if (out->err)
		web_reply(conn, 500, "text/plain", VIEW("out of memory\n"));
	else
		web_reply(conn, 200, "application/json", buf_view(out));
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
	case FAULT_TOO_BIG:
		return "parameter data too big";
	case FAULT_COLLISION:
		return "parameter collision";
	case FAULT_REJECTED:
		return "operation was rejected";
	default:
		return "processing error";
	}
}

void api_reply_fault(struct web_conn *conn, enum fault fault, const char *param)
{
	struct buf out = BUF_INIT(WEB_REPLY_MAX);
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
	api_reply_json(conn, &out);
	buf_free(&out);
}

void api_put_str(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_str(j, value);
}

void api_put_int(struct json *j, const char *key, int64_t value)
{
	json_key(j, key);
	json_int(j, value);
}

void api_put_bool(struct json *j, const char *key, bool value)
{
	json_key(j, key);
	json_bool(j, value);
}

void api_list_open(struct ask *ask, const char *key)
{
	json_open(ask->json);
	json_key(ask->json, key);
	json_list_open(ask->json);
}

void api_list_close(struct ask *ask)
{
	json_list_close(ask->json);
	json_close(ask->json);
}

/* Parameters */

enum fault api_number(struct ask *ask, const char *name, uint64_t max, uint64_t *ret_value)
{
	int err = params_number(&ask->params, name, max, ret_value);

	ask->param = name;
	return !err || err == -ENOENT ? FAULT_NONE : FAULT_VALUE;
}

enum fault api_needed(struct ask *ask, const char *name)
{
	ask->param = name;
	return params_get(&ask->params, name).n ? FAULT_NONE : FAULT_MISSING;
}

enum fault api_unit(struct ask *ask, const char *name, unsigned max, unsigned *ret_number)
{
	uint64_t value = 0;
	enum fault fault = api_number(ask, name, max, &value);

	if (!fault && !value && params_get(&ask->params, name).n)
		fault = FAULT_VALUE;
	*ret_number = (unsigned)value;
	return fault;
}

static int read_params(struct ask *ask)
{
	const struct web_request *r = ask->request;
	struct view boundary = params_boundary(r->head.type);
	int err = params_add(&ask->params, r->head.query);

	if (err)
		return err;
	if (boundary.n)
		return params_add_multipart(&ask->params, r->body, boundary);
	if (view_ieq(params_media_type(r->head.type), VIEW("application/x-www-form-urlencoded")))
		return params_add(&ask->params, r->body);
	return 0;
}

/* Functions */

enum methods { READ_OR_POST, POST_ONLY, READ_ONLY };

static const struct route {
	const char *path;
	api_fn *handle;
	enum methods methods;
} routes[] = {
	{ "/", api_page, READ_ONLY },
	{ "/ui/key", api_page_key, POST_ONLY },
	{ "/ui/state", api_page_state, READ_ONLY },
	{ "/api/system/info", api_system_info, READ_OR_POST },
	{ "/api/system/status", api_system_status, READ_OR_POST },
	{ "/api/switch/caps", api_switch_caps, READ_OR_POST },
	{ "/api/switch/status", api_switch_status, READ_OR_POST },
	{ "/api/switch/ctrl", api_switch_ctrl, READ_OR_POST },
	{ "/api/io/caps", api_io_caps, READ_OR_POST },
	{ "/api/io/status", api_io_status, READ_OR_POST },
	{ "/api/io/ctrl", api_io_ctrl, READ_OR_POST },
	{ "/api/phone/status", api_phone_status, READ_OR_POST },
	{ "/api/call/status", api_call_status, READ_OR_POST },
	{ "/api/call/dial", api_call_dial, READ_OR_POST },
	{ "/api/call/answer", api_call_answer, READ_OR_POST },
	{ "/api/call/hangup", api_call_hangup, READ_OR_POST },
	{ "/api/camera/caps", api_camera_caps, READ_OR_POST },
	{ "/api/camera/snapshot", api_camera_snapshot, READ_OR_POST },
	{ "/api/log/caps", api_log_caps, READ_OR_POST },
	{ "/api/log/subscribe", api_log_subscribe, READ_OR_POST },
	{ "/api/log/unsubscribe", api_log_unsubscribe, READ_OR_POST },
	{ "/api/log/pull", api_log_pull, READ_OR_POST },
};

/* Groups of the real device that this one does without: a client learns that it need not ask. */
static const char *const absent[] = {
	"/api/system/", "/api/firmware",     "/api/config", "/api/phone/", "/api/camera/",
	"/api/dir/",    "/api/accesspoint/", "/api/lpr/",   "/api/audio/", "/api/mobilekey/",
};

static const struct route *route_find(struct view path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++)
		if (view_eq(path, view_str(routes[i].path)))
			return &routes[i];
	return NULL;
}

static void reply_unknown(struct web_conn *conn, struct view path)
{
	if (!view_starts(path, VIEW("/api/"))) {
		web_reply(conn, 404, "text/plain", VIEW("There is no such page.\n"));
		return;
	}
	for (size_t i = 0; i < sizeof(absent) / sizeof(*absent); i++) {
		if (view_starts(path, view_str(absent[i]))) {
			api_reply_fault(conn, FAULT_UNSUPPORTED, NULL);
			return;
		}
	}
	api_reply_fault(conn, FAULT_PATH, NULL);
}

static bool method_ok(struct view method, enum methods methods)
{
	const bool post = view_eq(method, VIEW("POST"));
	const bool read = view_eq(method, VIEW("GET")) || view_eq(method, VIEW("HEAD"));

	return (post && methods != READ_ONLY) || (read && methods != POST_ONLY);
}

/* A fault that is about a parameter names it. */
static const char *param_of(enum fault fault, const char *param)
{
	return fault == FAULT_MISSING || fault == FAULT_VALUE || fault == FAULT_COLLISION ? param
											  : NULL;
}

/* {"success":true} alone, or with the result that the handler wrote. */
static void answer(struct ask *ask, api_fn *handle)
{
	const struct view head = VIEW("{\"success\":true");
	const struct view key = VIEW(",\"result\":");
	struct buf out = BUF_INIT(WEB_REPLY_MAX);
	struct json json = JSON_TO(&out);

	ask->json = &json;
	buf_add(&out, head);
	buf_add(&out, key);
	enum fault fault = handle(ask);
	if (fault) {
		api_reply_fault(ask->conn, fault, param_of(fault, ask->param));
	} else if (!ask->answered) {
		if (out.n == head.n + key.n) {
			buf_reset(&out);
			buf_add(&out, head);
		}
		buf_chr(&out, '}');
		api_reply_json(ask->conn, &out);
	}
	buf_free(&out);
}

static void on_request(struct web_conn *conn, const struct web_request *request, void *arg)
{
	AUTO_FREE struct ask *ask = calloc(1, sizeof(*ask));
	const struct route *route = route_find(request->head.path);

	if (!ask) {
		web_reply(conn, 500, "text/plain", VIEW("out of memory\n"));
		return;
	}
	*ask = (struct ask){ .api = arg, .conn = conn, .request = request };
	int err = read_params(ask);
	if (!route)
		reply_unknown(conn, request->head.path);
	else if (!method_ok(request->head.method, route->methods))
		api_reply_fault(conn, FAULT_METHOD, NULL);
	else if (err)
		api_reply_fault(conn, err == -E2BIG ? FAULT_TOO_BIG : FAULT_VALUE, NULL);
	else
		answer(ask, route->handle);
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
		err = web_open(&at, on_request, a, &a->web);
	if (err) {
		free(a);
		return err;
	}
	api_log_open(a);
	*ret_api = a;
	return 0;
}

void api_free(struct api *a)
{
	if (!a)
		return;
	api_log_close(a);
	web_close(a->web);
	free(a);
}

void api_address(const struct api *a, struct sa *ret_sa)
{
	if (web_address(a->web, ret_sa))
		sa_init(ret_sa, AF_UNSPEC);
}
