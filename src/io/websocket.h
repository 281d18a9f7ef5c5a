/* io/websocket.h - WebSocket (RFC 6455) on a connection that http.h accepted; framing by wslay.
 * Everything on the loop's thread. */
#pragma once
#include "io/http.h"

enum {
	WEBSOCKET_MESSAGE_MAX = 64 * 1024,
	WEBSOCKET_QUEUE_MAX = 1024 * 1024, /* bytes waiting to go out; beyond it the peer is too slow: 1013 */
	WEBSOCKET_PING_MS = 25000,
	WEBSOCKET_PONG_MS = 20000, /* without an answer the connection is closed */
};

struct websocket;

struct websocket_handlers {
	void (*text)(void *arg, struct websocket *ws, struct view message); /* valid UTF-8 */
	/* Called exactly once; ws is dead afterwards. */
	void (*closed)(void *arg, struct websocket *ws);
};

/* Checks the handshake; answers 400 or 426 itself and returns -EBADMSG. Origin is the caller's
 * to check. The exchange is gone after in any case. */
[[nodiscard]] int websocket_accept(struct http_exchange *x, const struct websocket_handlers *handlers,
				   void *arg, struct websocket **ret_ws);
/* -ENOBUFS: the peer is too slow; the connection will close. */
int websocket_send(struct websocket *ws, struct view text);
/* code: RFC 6455 section 7.4.1. `closed` follows later from the loop. */
void websocket_close(struct websocket *ws, unsigned code);
