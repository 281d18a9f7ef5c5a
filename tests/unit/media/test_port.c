#include "media/port.h"
#include "../test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { PORT_LO = 21001, PORT_HI = 21008, PAIRS = 3 }; /* 21002 to 21007 */

static struct addr loopback4(void)
{
	return (struct addr){
		.v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) },
		.len = sizeof(struct sockaddr_in),
	};
}

static struct addr loopback6(void)
{
	return (struct addr){
		.v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT },
		.len = sizeof(struct sockaddr_in6),
	};
}

static uint16_t bound_port(int fd)
{
	struct addr a;

	a.len = sizeof(a.v6);
	assert_int_equal(getsockname(fd, &a.sa, &a.len), 0);
	return ntohs(addr_port_raw(&a));
}

static int tos_of(int fd)
{
	int tos = 0;
	socklen_t n = sizeof(tos);

	assert_int_equal(getsockopt(fd, IPPROTO_IP, IP_TOS, &tos, &n), 0);
	return tos;
}

static void pairs_are_even_and_odd_until_the_range_is_used_up(void **)
{
	struct addr v4 = loopback4();
	struct port_pool *pool;
	struct port_pair p[PAIRS + 1];

	assert_int_equal(port_pool_new(PORT_LO, PORT_HI, &v4, NULL, 1, clock_system(), &pool), 0);
	for (int i = 0; i < PAIRS; i++) {
		assert_int_equal(port_pair_open(pool, AF_INET, 0, &p[i]), 0);
		assert_int_equal(p[i].port % 2, 0);
		assert_int_equal(bound_port(p[i].fd[0]), p[i].port);
		assert_int_equal(bound_port(p[i].fd[1]), p[i].port + 1);
	}
	assert_int_equal(port_pair_open(pool, AF_INET, 0, &p[PAIRS]), -ENOSPC);
	assert_int_equal(port_pool_used(pool, AF_INET), PAIRS);
	port_pair_release(pool, &p[1]);
	assert_int_equal(port_pool_used(pool, AF_INET), PAIRS - 1);
	assert_int_equal(port_pair_open(pool, AF_INET, 0, &p[PAIRS]), 0);
	assert_int_equal(p[PAIRS].port, p[1].port);
	port_pair_release(pool, &p[0]);
	port_pair_release(pool, &p[2]);
	port_pair_release(pool, &p[PAIRS]);
	port_pool_free(pool);
}

static void a_port_of_another_program_is_passed_over(void **)
{
	struct addr v4 = loopback4(), taken = addr_with_port(&v4, 21005);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct port_pool *pool;
	struct port_pair p[3];

	assert_int_equal(bind(fd, &taken.sa, taken.len), 0);
	assert_int_equal(port_pool_new(PORT_LO, PORT_HI, &v4, NULL, 0, clock_system(), &pool), 0);
	assert_int_equal(port_pair_open(pool, AF_INET, 0, &p[0]), 0);
	assert_int_equal(port_pair_open(pool, AF_INET, 0, &p[1]), 0);
	assert_int_equal(p[0].port, 21002);
	assert_int_equal(p[1].port, 21006);
	assert_int_equal(port_pair_open(pool, AF_INET, 0, &p[2]), -ENOSPC);
	port_pair_release(pool, &p[0]);
	port_pair_release(pool, &p[1]);
	close(fd);
	port_pool_free(pool);
}

static void a_freed_port_comes_last(void **)
{
	struct addr v4 = loopback4();
	struct port_pool *pool;
	struct port_pair p;
	uint16_t first;

	assert_int_equal(port_pool_new(PORT_LO, PORT_HI, &v4, NULL, 0, clock_system(), &pool), 0);
	assert_int_equal(port_pair_open(pool, AF_INET, 0, &p), 0);
	first = p.port;
	for (int i = 1; i < PAIRS; i++) {
		port_pair_release(pool, &p);
		assert_int_equal(port_pair_open(pool, AF_INET, 0, &p), 0);
		assert_int_not_equal(p.port, first);
	}
	port_pair_release(pool, &p);
	port_pool_free(pool);
}

static void send_to(uint16_t port, const char *text)
{
	struct addr v4 = loopback4(), to = addr_with_port(&v4, port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(sendto(fd, text, strlen(text), 0, &to.sa, to.len), strlen(text));
	close(fd);
}

/* Loopback delivers during the send, so nothing here waits. */
static void a_pair_serves_again_after_its_rest(void **)
{
	struct addr v4 = loopback4();
	struct clock_virtual clock;
	struct port_pool *pool;
	struct port_pair first, other, again;
	char got[8];

	clock_virtual_init(&clock, 0);
	assert_int_equal(port_pool_new(PORT_LO, PORT_HI, &v4, NULL, 0, &clock.clock, &pool), 0);
	assert_int_equal(port_pair_open(pool, AF_INET, 0x88, &first), 0);
	send_to(first.port, "before");
	port_pair_release(pool, &first);
	assert_int_equal(port_pool_used(pool, AF_INET), 0);
	clock_virtual_advance(&clock, PORT_REST_MS * 1000 - 1);
	assert_int_equal(port_pair_open(pool, AF_INET, 0, &other), 0);
	assert_int_not_equal(other.port, first.port);
	clock_virtual_advance(&clock, 1);
	assert_int_equal(port_pair_open(pool, AF_INET, 0xb8, &again), 0);
	assert_int_equal(again.port, first.port);
	assert_int_equal(again.fd[0], first.fd[0]);
	assert_int_equal(bound_port(again.fd[1]), first.port + 1);
	assert_int_equal(tos_of(again.fd[0]), 0xb8);
	assert_int_equal(recv(again.fd[0], got, sizeof(got), 0), -1);
	assert_int_equal(errno, EAGAIN);
	send_to(again.port, "after");
	assert_int_equal(recv(again.fd[0], got, sizeof(got), 0), 5);
	port_pair_release(pool, &other);
	port_pair_release(pool, &again);
	port_pool_free(pool);
}

static int rcvbuf_of(int fd)
{
	int size = 0;
	socklen_t n = sizeof(size);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &n), 0);
	return size;
}

/* On either port; in the end, when there is no other pair, it serves all the same. */
static void a_pair_that_is_still_sent_to_rests_on(void **)
{
	struct addr v4 = loopback4(), from = addr_with_port(&v4, 9);
	struct clock_virtual clock;
	struct port_pool *pool;
	struct port_pair first, p[PAIRS];
	char got[8];
	int size;

	clock_virtual_init(&clock, 0);
	assert_int_equal(port_pool_new(PORT_LO, PORT_HI, &v4, NULL, 0, &clock.clock, &pool), 0);
	assert_int_equal(port_pair_open(pool, AF_INET, 0, &first), 0);
	size = rcvbuf_of(first.fd[0]);
	/* As a call leaves its sockets: connected. */
	assert_int_equal(connect(first.fd[0], &from.sa, from.len), 0);
	port_pair_release(pool, &first);
	for (int i = 0; i < 2; i++) {
		send_to((uint16_t)(first.port + i), "on");
		clock_virtual_advance(&clock, PORT_REST_MS * 1000);
		assert_int_equal(port_pair_open(pool, AF_INET, 0, &p[i]), 0);
		assert_int_not_equal(p[i].port, first.port);
	}
	for (int i = 0; i < 1000; i++)
		send_to(first.port, "on");
	assert_int_equal(port_pair_open(pool, AF_INET, 0, &p[2]), 0);
	assert_int_equal(p[2].port, first.port);
	assert_int_equal(recv(p[2].fd[0], got, sizeof(got), 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(rcvbuf_of(p[2].fd[0]), size);
	for (int i = 0; i < PAIRS; i++)
		port_pair_release(pool, &p[i]);
	port_pool_free(pool);
}

static void both_families_have_the_whole_range(void **)
{
	struct addr v4 = loopback4(), v6 = loopback6();
	struct port_pool *pool;
	struct port_pair a, b;

	assert_int_equal(port_pool_new(PORT_LO, PORT_HI, &v4, &v6, 2, clock_system(), &pool), 0);
	assert_int_equal(port_pair_open(pool, AF_INET, 0, &a), 0);
	assert_int_equal(port_pair_open(pool, AF_INET6, 0, &b), 0);
	assert_int_equal(a.port, b.port);
	assert_int_equal(b.family, AF_INET6);
	port_pair_release(pool, &a);
	port_pair_release(pool, &b);
	port_pool_free(pool);
}

static void ranges_without_a_pair_are_refused(void **)
{
	struct addr v4 = loopback4();
	struct port_pool *pool;
	struct port_pair p;

	assert_int_equal(port_pool_new(0, 10, &v4, NULL, 0, clock_system(), &pool), -EINVAL);
	assert_int_equal(port_pool_new(4001, 4002, &v4, NULL, 0, clock_system(), &pool), -EINVAL);
	assert_int_equal(port_pool_new(4002, 4000, &v4, NULL, 0, clock_system(), &pool), -EINVAL);
	assert_int_equal(port_pool_new(65535, 65535, &v4, NULL, 0, clock_system(), &pool), -EINVAL);
	assert_int_equal(port_pool_new(PORT_LO, PORT_HI, &v4, NULL, 0, clock_system(), &pool), 0);
	assert_int_equal(port_pair_open(pool, AF_INET6, 0, &p), -EAFNOSUPPORT);
	port_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_even_and_odd_until_the_range_is_used_up),
		cmocka_unit_test(a_port_of_another_program_is_passed_over),
		cmocka_unit_test(a_freed_port_comes_last),
		cmocka_unit_test(a_pair_serves_again_after_its_rest),
		cmocka_unit_test(a_pair_that_is_still_sent_to_rests_on),
		cmocka_unit_test(both_families_have_the_whole_range),
		cmocka_unit_test(ranges_without_a_pair_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
