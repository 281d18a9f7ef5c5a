/* Bytes of a client to the whole HTTP server, in chunks of any size. The first byte seeds their
 * sizes, and says whether the client waits for the answers. What the server says is HTTP again, and
 * no field of it comes from the request's bytes but the one that is meant to. */
#include "http_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void on_text(void *, struct websocket *ws, struct view message)
{
	websocket_send(ws, message);
}

static void on_closed(void *, struct websocket *)
{
}

static const struct websocket_handlers ws_handlers = { on_text, on_closed };

static void echo(struct http_exchange *x)
{
	CLEANUP(buf_free) struct buf agent = BUF_INIT(HTTP_HEAD_MAX);
	const struct addr peer = http_peer(x);
	char from[ADDR_TEXT_MAX];

	buf_add(&agent, http_header(x, "User-Agent"));
	addr_text(&peer, from);
	const struct http_field fields[] = {
		{ "X-Method", http_method(x).p },
		{ "X-Agent", buf_cstr(&agent) },
		{ "X-From", from },
		{ "X-Secure", http_secure(x) ? "yes" : "no" },
	};
	http_reply(x, http_query(x).n % 2 ? 404 : 200, fields, 4, http_body(x));
}

static void handle(void *arg, struct http_exchange *x)
{
	struct websocket *ws;

	if (view_eq(http_path(x), VIEW("/ws")))
		(void)!websocket_accept(x, &ws_handlers, arg, &ws);
	else if (view_eq(http_path(x), VIEW("/later")))
		hw_later(x);
	else
		echo(x);
}

static size_t body_max(void *, struct view, struct view path)
{
	return view_eq(path, VIEW("/upload")) ? 4096 : 64;
}

static bool field_known(struct view name)
{
	static const struct view names[] = {
		VIEW("X-Method"),
		VIEW("X-Agent"),
		VIEW("X-From"),
		VIEW("X-Secure"),
		VIEW("Date"),
		VIEW("Content-Length"),
		VIEW("Content-Type"),
		VIEW("Connection"),
		VIEW("Upgrade"),
		VIEW("Sec-WebSocket-Version"),
		VIEW("Sec-WebSocket-Accept"),
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (view_eq(name, names[i]))
			return true;
	return false;
}

struct answer {
	bool head, upgrade;
	uint64_t length;
	unsigned lengths;
};

static void check_field(struct answer *a, struct view line)
{
	struct view value, name = view_cut(line, ':', &value);

	value = view_trim(value);
	if (!field_known(name) || memchr(line.p, '\r', line.n))
		abort();
	if (view_eq(name, VIEW("X-Method")))
		a->head = view_eq(value, VIEW("HEAD"));
	if (view_eq(name, VIEW("Content-Length")) &&
	    (a->lengths++ || view_u64(value, HTTP_WORLD_OUT_MAX, &a->length)))
		abort();
}

/* One answer; false when it was the last, or is not whole. */
static bool check_answer(struct view *rest)
{
	const char *end = memmem(rest->p, rest->n, "\r\n\r\n", 4);
	struct answer a = {};
	struct view head, line;

	if (!end)
		return false;
	head = (struct view){ rest->p, (size_t)(end - rest->p) };
	*rest = (struct view){ end + 4, rest->n - head.n - 4 };
	line = view_line(head, &head);
	if (line.n < 12 || !view_starts(line, VIEW("HTTP/1.")) || memchr(line.p, '\r', line.n))
		abort();
	a.upgrade = view_starts((struct view){ line.p + 9, 3 }, VIEW("101"));
	while (head.n > 0)
		check_field(&a, view_line(head, &head));
	if (a.upgrade || a.length > rest->n)
		return false;
	if (!a.head)
		*rest = (struct view){ rest->p + a.length, rest->n - (size_t)a.length };
	return rest->n > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct view rest;

	if (n == 0)
		return 0;
	if (!hw.http)
		hw_open(handle, body_max);
	hw_dial(data[0]);
	hw_say((struct view){ (const char *)data + 1, n - 1 });
	hw_hang_up(data[0] & 2);
	rest = buf_view(&hw.out);
	while (rest.n > 0 && check_answer(&rest))
		;
	return 0;
}
