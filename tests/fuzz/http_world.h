/* tests/fuzz/http_world.h - the HTTP server on a loopback socket and a clock of its own, and one
 * raw client. Everything on one thread. Include it in one file of a target only. */
#pragma once
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "io/http_priv.h"
#include "io/websocket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	HTTP_WORLD_OUT_MAX = 4 << 20, /* bytes kept of what the server says */
	HTTP_WORLD_LATER_MAX = 8,     /* exchanges that wait for their answer */
	HTTP_WORLD_TURNS = 3,         /* of the loop behind each chunk */
	HTTP_WORLD_END_MS = 2 * (HTTP_IDLE_MS + HTTP_BODY_MS),
};

static struct {
	struct clock_virtual clock;
	struct rand_seeded rand;
	struct loop *loop;
	struct http *http;
	int fd;         /* the client */
	struct buf out; /* what the server said */
	struct http_exchange *later[HTTP_WORLD_LATER_MAX];
	unsigned nlater;
} hw;

static inline void hw_turn(void)
{
	for (int i = 0; i < HTTP_WORLD_TURNS; i++)
		loop_turn(hw.loop);
}

/* Once per process. */
static inline void hw_open(void (*handle)(void *arg, struct http_exchange *x),
			   size_t (*body_max)(void *arg, struct view method, struct view path))
{
	static const char *const trusted[] = { "127.0.0.1", NULL };
	const struct http_conf conf = {
		.listen = "127.0.0.1:0", .handle = handle, .body_max = body_max, .trusted = trusted
	};

	clock_virtual_init(&hw.clock, 1700000000000);
	hw.out = BUF_INIT(HTTP_WORLD_OUT_MAX);
	if (log_open(NULL, LOGL_ERROR, false) < 0 || loop_new(&hw.clock.clock, &hw.loop) ||
	    http_start(hw.loop, &conf, NULL, &hw.http))
		abort();
}

static inline void hw_dial(uint64_t seed)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(http_port(hw.http)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	rand_seeded_init(&hw.rand, seed);
	buf_reset(&hw.out);
	hw.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (hw.fd < 0 || connect(hw.fd, (struct sockaddr *)&at, sizeof(at)))
		abort();
	if (seed & 1) /* what comes may be there before the loop looks, or not */
		hw_turn();
}

static inline void hw_hear(void)
{
	char part[65536];
	ssize_t n;

	while ((n = recv(hw.fd, part, sizeof(part), MSG_DONTWAIT)) > 0)
		buf_add(&hw.out, (struct view){ part, (size_t)n });
}

/* In chunks of any size, few or many. */
static inline void hw_say(struct view bytes)
{
	const uint64_t limit = UINT64_C(1) << rand_below(&hw.rand.rand, 13);

	while (bytes.n > 0) {
		const size_t some =
			1 + (size_t)rand_below(&hw.rand.rand, limit < bytes.n ? limit : bytes.n);
		const ssize_t sent = send(hw.fd, bytes.p, some, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno != EAGAIN)
			return; /* the server does not want any more */
		if (sent > 0)
			bytes = (struct view){ bytes.p + sent, bytes.n - (size_t)sent };
		hw_turn();
		hw_hear();
	}
}

static inline void hw_later(struct http_exchange *x)
{
	if (hw.nlater < HTTP_WORLD_LATER_MAX)
		hw.later[hw.nlater++] = x;
	else
		http_reply(x, 503, NULL, 0, VIEW(""));
}

static inline void hw_answer_later(void)
{
	while (hw.nlater > 0) {
		http_reply(hw.later[--hw.nlater], 200, NULL, 0, VIEW("later"));
		hw_turn();
		hw_hear();
	}
}

/* Without TIME_WAIT, which would take all ports in a minute. */
static inline void hw_reset(void)
{
	const struct linger none = { .l_onoff = 1 };

	setsockopt(hw.fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(hw.fd);
}

/* The client goes, before or behind what it still would hear; nothing of it may be left. */
static inline void hw_hang_up(bool early)
{
	if (early)
		hw_reset();
	else
		shutdown(hw.fd, SHUT_WR);
	hw_turn();
	hw_answer_later();
	for (int i = 0; i < 8 && hw.http->connections; i++) {
		clock_virtual_advance(&hw.clock, HTTP_WORLD_END_MS / 8 * INT64_C(1000));
		hw_turn();
		hw_answer_later();
	}
	if (!early)
		hw_reset();
	if (hw.http->connections || hw.http->gates.count || hw.http->hosts.count ||
	    !list_empty(&hw.http->websockets))
		abort();
}
