#include "io/http_priv.h"

#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLY_FIELDS_MAX = 32 * 1024, REPLY_BODY_MAX = 64 * 1024 * 1024, HTTP_BACKLOG = 512 };

static const struct {
	unsigned status;
	const char *phrase;
} phrases[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 422, "Unprocessable Content" },
	{ 426, "Upgrade Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

const char *http_phrase(unsigned status)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "Status";
}

/* What a request says. */

static struct view text_of(const char *cstr)
{
	return cstr ? view_str(cstr) : (struct view){};
}

struct view http_method(const struct http_exchange *x)
{
	switch (evhttp_request_get_command(x->request)) {
	case EVHTTP_REQ_GET:
		return VIEW("GET");
	case EVHTTP_REQ_HEAD:
		return VIEW("HEAD");
	case EVHTTP_REQ_POST:
		return VIEW("POST");
	case EVHTTP_REQ_PUT:
		return VIEW("PUT");
	case EVHTTP_REQ_PATCH:
		return VIEW("PATCH");
	case EVHTTP_REQ_DELETE:
		return VIEW("DELETE");
	case EVHTTP_REQ_OPTIONS:
		return VIEW("OPTIONS");
	default:
		return VIEW("");
	}
}

struct view http_path(const struct http_exchange *x)
{
	return x->path;
}

struct view http_query(const struct http_exchange *x)
{
	return x->query;
}

struct view http_body(const struct http_exchange *x)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(x->request);
	const size_t n = evbuffer_get_length(in);

	return (struct view){ n ? (const char *)evbuffer_pullup(in, -1) : "", n };
}

struct view http_header(const struct http_exchange *x, const char *name)
{
	return text_of(evhttp_find_header(evhttp_request_get_input_headers(x->request), name));
}

struct addr http_peer(const struct http_exchange *x)
{
	return x->peer;
}

bool http_secure(const struct http_exchange *x)
{
	return x->secure;
}

/* Who asks: the socket's peer, or, when that is a trusted proxy, whom it names last. */

static bool is_trusted(const struct http *http, const struct addr *peer)
{
	for (unsigned i = 0; i < http->ntrusted; i++) {
		if (addr_same_host(&http->trusted[i], peer))
			return true;
	}
	return false;
}

static void forwarded(struct http_exchange *x)
{
	const struct view proto = http_header(x, "X-Forwarded-Proto");
	struct view list = http_header(x, "X-Forwarded-For");
	char text[ADDR_TEXT_MAX];
	struct addr peer;

	if (!is_trusted(x->http, &x->peer))
		return;
	if (proto.p)
		x->secure = view_ieq(view_trim(proto), VIEW("https"));
	for (size_t i = list.n; i > 0; i--) {
		if (list.p[i - 1] == ',') {
			list = (struct view){ list.p + i, list.n - i };
			break;
		}
	}
	list = view_trim(list);
	if (!list.n || list.n >= sizeof(text))
		return;
	memcpy(text, list.p, list.n);
	text[list.n] = '\0';
	if (addr_parse_host(text, &peer) == 0)
		x->peer = peer;
}

static struct bufferevent *bev_of(const struct http_exchange *x)
{
	return evhttp_connection_get_bufferevent(evhttp_request_get_connection(x->request));
}

static void peer_of(struct http_exchange *x)
{
	struct addr a = { .len = sizeof(a.v6) };
	const int fd = bufferevent_getfd(bev_of(x));

	if (fd >= 0 && getpeername(fd, &a.sa, &a.len) == 0)
		x->peer = a;
	forwarded(x);
}

static void exchange_free(struct http_exchange *x)
{
	buf_free(&x->fields);
	buf_free(&x->body);
	free(x);
}

static void on_request(struct evhttp_request *request, void *arg)
{
	struct http *http = arg;
	struct http_exchange *x = calloc(1, sizeof(*x));
	const char *uri = evhttp_request_get_uri(request);

	if (!x || uri[0] != '/') {
		free(x);
		evhttp_send_reply(request, x ? 400 : 503, x ? "Bad Request" : "Service Unavailable", NULL);
		return;
	}
	x->http = http;
	x->request = request;
	x->secure = http->conf.tls != NULL;
	x->path = view_cut(view_str(uri), '?', &x->query);
	x->fields = BUF_INIT(REPLY_FIELDS_MAX);
	x->body = BUF_INIT(REPLY_BODY_MAX);
	peer_of(x);
	http_gate_busy(http, evhttp_request_get_connection(request), true);
	http->conf.handle(http->conf.arg, x);
}

/* The reply: copied by whoever gives it, sent on the loop. */

static void add_fields(struct http_exchange *x, struct evkeyvalq *headers)
{
	const char *p = x->fields.p, *end = p ? p + x->fields.n : p;

	while (p < end) {
		const char *name = p, *value = name + strlen(name) + 1;

		evhttp_add_header(headers, name, value);
		p = value + strlen(value) + 1;
	}
}

static void send_reply(void *arg)
{
	struct http_exchange *x = arg;
	struct evhttp_connection *conn = evhttp_request_get_connection(x->request);
	struct evkeyvalq *headers = evhttp_request_get_output_headers(x->request);
	const bool head = evhttp_request_get_command(x->request) == EVHTTP_REQ_HEAD;
	struct evbuffer *out = NULL;
	char length[24];

	if (x->fields.err || x->body.err) {
		log_error("http_reply_failed", LF_I("error", x->fields.err ? x->fields.err : x->body.err));
		x->status = 500;
		buf_reset(&x->fields);
		buf_reset(&x->body);
	}
	add_fields(x, headers);
	if (head) {
		snprintf(length, sizeof(length), "%zu", x->body.n);
		evhttp_add_header(headers, "Content-Length", length);
	} else if (x->body.n) {
		out = evbuffer_new();
		if (out)
			evbuffer_add(out, x->body.p, x->body.n);
	}
	if (conn) /* else it is gone, and evhttp left the request to us */
		http_gate_busy(x->http, conn, false);
	evhttp_send_reply(x->request, (int)x->status, http_phrase(x->status), out);
	if (out)
		evbuffer_free(out);
	exchange_free(x);
}

void http_reply(struct http_exchange *x, unsigned status, const struct http_field *fields,
		size_t nfields, struct view body)
{
	x->status = status;
	for (size_t i = 0; i < nfields; i++) {
		buf_str(&x->fields, fields[i].name);
		buf_chr(&x->fields, '\0');
		buf_str(&x->fields, fields[i].value);
		buf_chr(&x->fields, '\0');
	}
	buf_add(&x->body, body);
	/* Without memory for the post the peer waits until its own patience ends. */
	if (loop_post(x->http->loop, send_reply, x) < 0)
		log_error("http_reply_lost");
}

struct evhttp_request *http_take_request(struct http_exchange *x)
{
	struct evhttp_request *request = x->request;

	evhttp_request_own(request);
	exchange_free(x);
	return request;
}

/* Life. */

static int listen_at(struct http *http, struct err *err)
{
	struct addr at, got = { .len = sizeof(got.v6) };
	struct evconnlistener *listener;

	if (addr_parse(http->conf.listen, &at) < 0)
		return err_set(err, -EINVAL, "\"%s\" is no address: write ADDR:PORT or [V6]:PORT",
			       http->conf.listen);
	listener = evconnlistener_new_bind(loop_base(http->loop), NULL, NULL,
					   LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
					   HTTP_BACKLOG, &at.sa, (int)at.len);
	if (!listener)
		return err_set(err, -errno, "cannot listen on %s: %s", http->conf.listen, strerror(errno));
	if (getsockname(evconnlistener_get_fd(listener), &got.sa, &got.len) == 0)
		http->port = ntohs(addr_port_raw(&got));
	if (!evhttp_bind_listener(http->evhttp, listener)) {
		evconnlistener_free(listener);
		return err_set(err, -ENOMEM, "no memory");
	}
	return 0;
}

static int trust(struct http *http, struct err *err)
{
	for (const char *const *t = http->conf.trusted; t && *t; t++) {
		if (http->ntrusted == HTTP_TRUSTED_MAX)
			return err_set(err, -E2BIG, "more than %d trusted proxies", HTTP_TRUSTED_MAX);
		if (addr_parse_host(*t, &http->trusted[http->ntrusted++]) < 0)
			return err_set(err, -EINVAL, "\"%s\" is no address of a trusted proxy", *t);
	}
	return 0;
}

int http_start(struct loop *loop, const struct http_conf *conf, struct err *err, struct http **ret_http)
{
	struct http *http = calloc(1, sizeof(*http));
	int rc;

	if (!http)
		return err_set(err, -ENOMEM, "no memory");
	http->loop = loop;
	http->conf = *conf;
	map_init(&http->hosts);
	map_init(&http->gates);
	list_init(&http->websockets);
	http->evhttp = evhttp_new(loop_base(loop));
	rc = http->evhttp ? trust(http, err) : err_set(err, -ENOMEM, "no memory");
	if (rc == 0) {
		evhttp_set_bevcb(http->evhttp, http_gate_new, http);
		evhttp_set_gencb(http->evhttp, on_request, http);
		evhttp_set_max_headers_size(http->evhttp, HTTP_HEAD_MAX);
		evhttp_set_default_content_type(http->evhttp, NULL);
		evhttp_set_allowed_methods(http->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD |
				EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH |
				EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS);
		rc = listen_at(http, err);
	}
	if (rc < 0) {
		http_free(http);
		return rc;
	}
	*ret_http = http;
	return 0;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	loop_posts(http->loop); /* replies that were given while the loop had stopped */
	websockets_end(http);
	http_gates_close(http);
	if (http->evhttp)
		evhttp_free(http->evhttp);
	map_free(&http->hosts);
	map_free(&http->gates);
	free(http);
}

uint16_t http_port(const struct http *http)
{
	return http->port;
}
