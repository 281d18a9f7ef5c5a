#include "io/websocket.h"

#include "base/log.h"
#include "base/mem.h"
#include "io/http_priv.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

enum { KEY_BYTES = 24 /* base64 of 16 */, CLOSE_MS = 5000, TOO_SLOW = 1013 };

struct websocket {
	struct list node; /* of http's websockets */
	struct http *http;
	struct evhttp_request *request; /* ours to free, behind its connection */
	struct evhttp_connection *conn;
	struct bufferevent *bev;
	wslay_event_context_ptr ctx;
	const struct websocket_handlers *handlers;
	void *arg;
	bool closing;      /* a close frame went out, or the peer is gone */
	bool inside;       /* wslay is on the stack: do not free */
	struct timer ping; /* next ping, deadline of the pong, or of the close */
};

/* Sending: wslay's queue is emptied into the bufferevent at once; what piles up there counts. */

static ssize_t on_send(wslay_event_context_ptr, const uint8_t *data, size_t n, int, void *arg)
{
	struct websocket *ws = arg;

	return bufferevent_write(ws->bev, data, n) < 0 ? -1 : (ssize_t)n;
}

static ssize_t on_recv(wslay_event_context_ptr ctx, uint8_t *data, size_t n, int, void *arg)
{
	struct websocket *ws = arg;
	const size_t got = bufferevent_read(ws->bev, data, n);

	if (got)
		return (ssize_t)got;
	wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
	return -1;
}

static void ws_free(struct websocket *ws)
{
	list_remove(&ws->node);
	timers_cancel(loop_timers(ws->http->loop), &ws->ping);
	ws->handlers->closed(ws->arg, ws);
	wslay_event_context_free(ws->ctx);
	bufferevent_setcb(ws->bev, NULL, NULL, NULL, NULL);
	http_gate_close(ws->http, ws->bev);
	evhttp_connection_free(ws->conn);
	evhttp_request_free(ws->request);
	free(ws);
}

void websockets_end(struct http *http)
{
	LIST_EACH(it, &http->websockets)
		ws_free(CONTAINER_OF(it, struct websocket, node));
}

static void on_timeout(void *arg)
{
	ws_free(arg);
}

static void arm(struct websocket *ws, int64_t ms, timer_fn *fn)
{
	if (timers_arm(loop_timers(ws->http->loop), &ws->ping, ms, fn, ws) < 0)
		log_error("websocket_no_timer");
}

static void flush(struct websocket *ws)
{
	if (wslay_event_want_write(ws->ctx))
		wslay_event_send(ws->ctx);
}

static void on_ping_due(void *arg)
{
	struct websocket *ws = arg;
	const struct wslay_event_msg ping = { .opcode = WSLAY_PING };

	wslay_event_queue_msg(ws->ctx, &ping);
	flush(ws);
	arm(ws, WEBSOCKET_PONG_MS, on_timeout);
}

void websocket_close(struct websocket *ws, unsigned code)
{
	if (ws->closing)
		return;
	ws->closing = true;
	wslay_event_queue_close(ws->ctx, (uint16_t)code, NULL, 0);
	if (!ws->inside)
		flush(ws);
	arm(ws, CLOSE_MS, on_timeout);
}

int websocket_send(struct websocket *ws, struct view text)
{
	const struct wslay_event_msg msg = { .opcode = WSLAY_TEXT_FRAME,
					     .msg = (const uint8_t *)text.p,
					     .msg_length = text.n };

	if (ws->closing)
		return -ENOTCONN;
	if (evbuffer_get_length(bufferevent_get_output(ws->bev)) + text.n > WEBSOCKET_QUEUE_MAX) {
		websocket_close(ws, TOO_SLOW);
		return -ENOBUFS;
	}
	if (wslay_event_queue_msg(ws->ctx, &msg) != 0)
		return -ENOMEM;
	if (!ws->inside)
		flush(ws);
	return 0;
}

/* Receiving. */

static void on_message(wslay_event_context_ptr, const struct wslay_event_on_msg_recv_arg *msg, void *arg)
{
	struct websocket *ws = arg;

	if (!ws->closing)
		arm(ws, WEBSOCKET_PING_MS, on_ping_due); /* whatever came, the peer lives */
	if (msg->opcode == WSLAY_TEXT_FRAME && ws->handlers->text && !ws->closing)
		ws->handlers->text(ws->arg, ws,
				   (struct view){ (const char *)msg->msg, msg->msg_length });
}

/* The closing handshake is over and the last frame has left. */
static bool is_over(const struct websocket *ws)
{
	return wslay_event_get_close_sent(ws->ctx) && wslay_event_get_close_received(ws->ctx) &&
	       evbuffer_get_length(bufferevent_get_output(ws->bev)) == 0;
}

static void on_read(struct bufferevent *, void *arg)
{
	struct websocket *ws = arg;
	int rc;

	ws->inside = true;
	rc = wslay_event_recv(ws->ctx);
	ws->inside = false;
	flush(ws);
	if (rc != 0 || is_over(ws)) {
		ws_free(ws);
		return;
	}
	/* wslay answers a bad frame by a close of its own */
	if (wslay_event_get_close_sent(ws->ctx) && !ws->closing) {
		ws->closing = true;
		arm(ws, CLOSE_MS, on_timeout);
	}
}

static void on_written(struct bufferevent *, void *arg)
{
	struct websocket *ws = arg;

	if (is_over(ws))
		ws_free(ws);
}

static void on_event(struct bufferevent *, short, void *arg)
{
	ws_free(arg);
}

static const struct wslay_event_callbacks callbacks = {
	.recv_callback = on_recv,
	.send_callback = on_send,
	.on_msg_recv_callback = on_message,
};

/* The handshake (RFC 6455 section 4.2). */

static bool has_token(struct view list, struct view token)
{
	while (list.n) {
		if (view_ieq(view_trim(view_cut(list, ',', &list)), token))
			return true;
	}
	return false;
}

static void accept_key(struct view key, char ret_text[32])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char bytes[KEY_BYTES + sizeof(guid) - 1], digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	memcpy(bytes, key.p, KEY_BYTES);
	memcpy(bytes + KEY_BYTES, guid, sizeof(guid) - 1);
	EVP_Digest(bytes, sizeof(bytes), digest, &n, EVP_sha1(), NULL);
	EVP_EncodeBlock((unsigned char *)ret_text, digest, (int)n);
}

/* 0, or the status of the refusal. */
static unsigned judge(const struct http_exchange *x)
{
	if (!view_eq(http_method(x), VIEW("GET")) ||
	    !has_token(http_header(x, "Upgrade"), VIEW("websocket")) ||
	    !has_token(http_header(x, "Connection"), VIEW("upgrade")))
		return 426;
	if (!view_eq(http_header(x, "Sec-WebSocket-Version"), VIEW("13")))
		return 426;
	if (http_header(x, "Sec-WebSocket-Key").n != KEY_BYTES)
		return 400;
	return evhttp_request_get_connection(x->request) ? 0 : 503; /* nobody is there any more */
}

static int refuse(struct http_exchange *x, unsigned status)
{
	static const struct http_field fields[] = { { "Upgrade", "websocket" },
						    { "Sec-WebSocket-Version", "13" },
						    { "Content-Type", "application/problem+json" } };

	http_reply(x, status, fields, 3,
		   VIEW("{\"type\":\"about:blank\",\"title\":\"WebSocket expected\","
			"\"detail\":\"This address speaks WebSocket (RFC 6455).\"}"));
	return -EBADMSG;
}

int websocket_accept(struct http_exchange *x, const struct websocket_handlers *handlers, void *arg,
		     struct websocket **ret_ws)
{
	const unsigned status = judge(x);
	struct websocket *ws;
	char accept[32];

	if (status)
		return refuse(x, status);
	ws = calloc(1, sizeof(*ws));
	if (!ws || wslay_event_context_server_init(&ws->ctx, &callbacks, ws) != 0) {
		free(ws);
		return refuse(x, 503);
	}
	accept_key(http_header(x, "Sec-WebSocket-Key"), accept);
	wslay_event_config_set_max_recv_msg_length(ws->ctx, WEBSOCKET_MESSAGE_MAX);
	ws->http = x->http;
	list_append(&ws->http->websockets, &ws->node);
	ws->handlers = handlers;
	ws->arg = arg;
	ws->request = http_take_request(x);
	ws->conn = evhttp_request_get_connection(ws->request);
	ws->bev = evhttp_connection_get_bufferevent(ws->conn);
	http_gate_open(ws->http, ws->bev);
	bufferevent_setcb(ws->bev, on_read, on_written, on_event, ws);
	bufferevent_setwatermark(ws->bev, EV_WRITE, 0, 0);
	bufferevent_enable(ws->bev, EV_READ | EV_WRITE);
	evbuffer_add_printf(bufferevent_get_output(ws->bev),
			    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
			    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			    accept);
	arm(ws, WEBSOCKET_PING_MS, on_ping_due);
	*ret_ws = ws;
	return 0;
}
