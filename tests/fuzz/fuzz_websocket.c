/* Frames of a client behind a handshake, in chunks of any size; the first byte as in fuzz_http.c.
 * The server's frames are whole and never masked, and the texts that it takes are UTF-8. */
#include "http_world.h"

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static unsigned open_now;

/* Tabs and line ends are text, but not for json_is_text. */
static bool is_utf8(struct view v)
{
	AUTO_FREE char *copy = view_dup(v);

	for (size_t i = 0; copy && i < v.n; i++)
		if ((unsigned char)copy[i] < 0x20 || copy[i] == 0x7f)
			copy[i] = ' ';
	return !copy || json_is_text((struct view){ copy, v.n });
}

static void on_text(void *, struct websocket *ws, struct view message)
{
	if (!is_utf8(message) || message.n > WEBSOCKET_MESSAGE_MAX)
		abort();
	if (view_eq(message, VIEW("bye")))
		websocket_close(ws, 1000);
	else
		websocket_send(ws, message);
}

static void on_closed(void *, struct websocket *)
{
	open_now--;
}

static const struct websocket_handlers handlers = { on_text, on_closed };

static void handle(void *arg, struct http_exchange *x)
{
	struct websocket *ws;

	if (websocket_accept(x, &handlers, arg, &ws) == 0)
		open_now++;
}

/* The size of the frame that comes next; 0 when it is not whole. */
static size_t frame(struct view v)
{
	size_t size = 2, n = v.n > 1 ? (unsigned char)v.p[1] : 0;
	const size_t more = n == 126 ? 2 : n == 127 ? 8 : 0;

	if (v.n < 2 + more)
		return 0;
	if (n & 0x80 || (v.p[0] & 0x70) || ((v.p[0] & 8) && n > 125))
		abort(); /* masked, a reserved bit, or a long control frame */
	if (more)
		n = 0;
	for (size_t i = 0; i < more; i++)
		n = n << 8 | (unsigned char)v.p[2 + i];
	size += more + n;
	return size <= v.n ? size : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char shake[] = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
				    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
				    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	struct view rest;
	const char *end;
	size_t size;

	if (n == 0)
		return 0;
	if (!hw.http)
		hw_open(handle, NULL);
	hw_dial(data[0]);
	hw_say((struct view){ shake, sizeof(shake) - 1 });
	hw_turn();
	hw_hear();
	hw_say((struct view){ (const char *)data + 1, n - 1 });
	hw_hang_up(data[0] & 2);
	rest = buf_view(&hw.out);
	end = memmem(rest.p, rest.n, "\r\n\r\n", 4);
	if (!end || open_now)
		abort();
	rest = (struct view){ end + 4, rest.n - (size_t)(end + 4 - rest.p) };
	while ((size = frame(rest)) > 0)
		rest = (struct view){ rest.p + size, rest.n - size };
	return 0;
}
