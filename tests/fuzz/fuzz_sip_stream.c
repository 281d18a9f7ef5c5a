/* A TCP stream of SIP to the real sockets, cut in two ways: the same messages come out of both. The
 * first byte seeds the cuts. */
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "sip/flow.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { TURNS = 3, BYTES_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct {
	struct clock_virtual clock;
	struct loop *loop;
	struct flows *flows;
	struct buf heard; /* the messages, a NUL behind each */
	unsigned gone;
} w;

static void on_message(void *, const struct flow *flow, struct view raw)
{
	if (raw.n == 0 || raw.n > FLOW_MESSAGE_MAX || raw.p[raw.n] != '\0' ||
	    !flow_alive(w.flows, flow) || !memmem(raw.p, raw.n, "\r\n\r\n", 4))
		abort();
	buf_add(&w.heard, raw);
	buf_chr(&w.heard, '\0');
	if (view_starts(raw, VIEW("BYE"))) /* a handler may end the connection */
		flow_close(w.flows, flow);
	else
		flow_send(w.flows, flow, VIEW("SIP/2.0 200 OK\r\n\r\n"));
}

static void on_gone(void *, const struct flow *flow)
{
	if (flow_alive(w.flows, flow) || flow_send(w.flows, flow, VIEW("x")) != -ENOTCONN)
		abort();
	w.gone++;
}

static void turn(void)
{
	for (int i = 0; i < TURNS; i++)
		loop_turn(w.loop);
}

static void world_open(void)
{
	clock_virtual_init(&w.clock, 1700000000000);
	w.heard = BUF_INIT(BYTES_MAX);
	if (log_open(NULL, LOGL_ERROR, false) < 0 || loop_new(&w.clock.clock, &w.loop) ||
	    flows_open(&(struct flows_conf){ .loop = w.loop,
					     .listen = "127.0.0.1:0",
					     .message = on_message,
					     .gone = on_gone },
		       NULL, &w.flows))
		abort();
}

static int dial(void)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct addr at;

	if (addr_parse("127.0.0.1:0", &at))
		abort();
	at = addr_with_port(&at, flows_port(w.flows));
	if (fd < 0 || connect(fd, &at.sa, at.len))
		abort();
	return fd;
}

/* Without TIME_WAIT, which would take all ports in a minute. */
static void hang_up(int fd)
{
	const struct linger none = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
}

static void say(struct view bytes, struct rand *rand, size_t most)
{
	const int fd = dial();
	char part[4096];

	w.gone = 0;
	buf_reset(&w.heard);
	while (bytes.n > 0) {
		const size_t limit = most < bytes.n ? most : bytes.n;
		const size_t some = rand ? 1 + (size_t)rand_below(rand, limit) : limit;

		if (send(fd, bytes.p, some, MSG_NOSIGNAL) != (ssize_t)some)
			break;
		bytes = (struct view){ bytes.p + some, bytes.n - some };
		turn();
		while (recv(fd, part, sizeof(part), MSG_DONTWAIT) > 0)
			;
	}
	shutdown(fd, SHUT_WR);
	turn();
	clock_virtual_advance(&w.clock, FLOW_TCP_IDLE_MS * INT64_C(1000));
	turn();
	hang_up(fd);
	if (w.gone != 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rand_seeded rand;
	struct buf first;

	if (n == 0 || n > FLOW_MESSAGE_MAX)
		return 0;
	if (!w.flows)
		world_open();
	const struct view bytes = { (const char *)data + 1, n - 1 };

	rand_seeded_init(&rand, data[0]);
	say(bytes, NULL, SIZE_MAX);
	first = w.heard;
	w.heard = BUF_INIT(BYTES_MAX);
	say(bytes, &rand.rand, data[0] % 8 ? 200 : 3);
	if (!view_eq(buf_view(&first), buf_view(&w.heard)))
		abort();
	buf_free(&first);
	return 0;
}
