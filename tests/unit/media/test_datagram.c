#include "media/datagram.h"
#include "../test.h"

#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PACKET_MAX = 1500, ROOM = 65536 };

struct fixture {
	int out, in[2];
	struct addr to[2];
	uint8_t bytes[DATAGRAMS_MAX][PACKET_MAX];
	struct datagram list[DATAGRAMS_MAX];
	unsigned n;
};

static int socket_open(struct addr *ret_addr)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(addr_parse("127.0.0.1:0", ret_addr), 0);
	assert_int_equal(bind(fd, &ret_addr->sa, ret_addr->len), 0);
	assert_int_equal(getsockname(fd, &ret_addr->sa, &ret_addr->len), 0);
	return fd;
}

static int setup(void **state)
{
	static struct fixture f;
	struct addr own;

	f.n = 0;
	f.out = socket_open(&own);
	for (unsigned i = 0; i < 2; i++)
		f.in[i] = socket_open(&f.to[i]);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	const struct fixture *f = *state;

	close(f->out);
	close(f->in[0]);
	close(f->in[1]);
	return 0;
}

/* Each packet begins with its number. */
static void put(struct fixture *f, unsigned to, size_t n)
{
	memset(f->bytes[f->n], (int)f->n, n);
	f->list[f->n] = (struct datagram){ &f->to[to], f->bytes[f->n], n };
	f->n++;
}

static void assert_hears(const struct fixture *f, unsigned to, unsigned number)
{
	uint8_t p[ROOM];
	const ssize_t n = recv(f->in[to], p, sizeof(p), 0);

	assert_int_equal(n, f->list[number].n);
	assert_memory_equal(p, f->bytes[number], (size_t)n);
}

static void assert_hears_no_more(const struct fixture *f)
{
	uint8_t p[1];

	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(recv(f->in[i], p, sizeof(p), 0), -1);
}

static void put_mixed(struct fixture *f)
{
	put(f, 0, 1000); /* a picture, the last packet of which is shorter */
	put(f, 0, 1000);
	put(f, 0, 400);
	put(f, 0, 400); /* begins anew: nothing follows a shorter one */
	put(f, 1, 400); /* to another */
	put(f, 1, 900); /* longer than what it would follow */
	put(f, 0, 12);
}

static void assert_mixed_is_heard(const struct fixture *f)
{
	for (unsigned i = 0; i < f->n; i++)
		assert_hears(f, i == 4 || i == 5, i);
	assert_hears_no_more(f);
}

static void packets_come_as_they_are(void **state)
{
	struct fixture *f = *state;
	struct datagrams_sent sent;

	put_mixed(f);
	sent = datagrams_send(f->out, f->list, f->n);
	assert_int_equal(sent.packets, 7);
	assert_int_equal(sent.bytes, 1000 + 1000 + 400 + 400 + 400 + 900 + 12);
	assert_mixed_is_heard(f);
	assert_int_equal(datagrams_send(f->out, f->list, 0).packets, 0);
}

/* Told to make no checksums, the kernel refuses to cut, too. */
static void what_is_not_cut_goes_one_by_one(void **state)
{
	struct fixture *f = *state;
	const int on = 1;

	assert_int_equal(setsockopt(f->out, SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)), 0);
	put_mixed(f);
	assert_int_equal(datagrams_send(f->out, f->list, f->n).packets, 7);
	assert_mixed_is_heard(f);
}

static void a_refused_one_does_not_hold_up_the_others(void **state)
{
	struct fixture *f = *state;

	put(f, 0, 500);
	put(f, 0, 500);
	put(f, 1, 500);
	put(f, 1, 500);
	put(f, 0, 500);
	f->to[1].v4.sin_port = 0; /* nobody can be sent to there */
	assert_int_equal(datagrams_send(f->out, f->list, f->n).packets, 3);
	assert_hears(f, 0, 0);
	assert_hears(f, 0, 1);
	assert_hears(f, 0, 4);
	assert_hears_no_more(f);
}

/* More than one IP packet holds. */
static void many_long_ones_are_several_orders(void **state)
{
	struct fixture *f = *state;

	while (f->n < DATAGRAMS_MAX)
		put(f, 0, PACKET_MAX);
	assert_int_equal(datagrams_send(f->out, f->list, f->n).packets, DATAGRAMS_MAX);
	for (unsigned i = 0; i < f->n; i++)
		assert_hears(f, 0, i);
	assert_hears_no_more(f);
}

static void a_connected_socket_needs_no_address(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(connect(f->out, &f->to[1].sa, f->to[1].len), 0);
	for (unsigned i = 0; i < 3; i++) {
		put(f, 1, 1000);
		f->list[i].to = NULL;
	}
	assert_int_equal(datagrams_send(f->out, f->list, 1).packets, 1);
	assert_int_equal(datagrams_send(f->out, f->list + 1, 2).packets, 2);
	for (unsigned i = 0; i < 3; i++)
		assert_hears(f, 1, i);
	assert_hears_no_more(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(packets_come_as_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_cut_goes_one_by_one, setup, teardown),
		cmocka_unit_test_setup_teardown(a_refused_one_does_not_hold_up_the_others, setup,
						teardown),
		cmocka_unit_test_setup_teardown(many_long_ones_are_several_orders, setup, teardown),
		cmocka_unit_test_setup_teardown(a_connected_socket_needs_no_address, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
