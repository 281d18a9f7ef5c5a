/* Datagrams at a DTLS session of ours that nobody has proved anything to. An input is a byte with
 * the role, then datagrams: two bytes of length, the bytes. Only a fault inside may stop it: it
 * never comes up, and tells its end once. */
#include "media/dtls.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct told {
	unsigned ups, ends;
};

static void check(bool good)
{
	if (!good)
		abort();
}

static void on_send(void *, const uint8_t *p, size_t n)
{
	check(n <= DTLS_MTU && dtls_is(p, n));
}

static void on_changed(void *arg, enum dtls_state state)
{
	struct told *told = arg;

	told->ups += state == DTLS_UP;
	told->ends += state == DTLS_FAILED || state == DTLS_CLOSED;
}

static const struct dtls_identity *identity(void)
{
	static struct dtls_identity *made;

	check(made || dtls_identity_new(clock_system(), &made) == 0);
	return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct clock_virtual clock;
	struct timers timers;
	struct told told = {};
	struct dtls *dtls;

	if (n == 0)
		return 0;
	clock_virtual_init(&clock, 0);
	timers_init(&timers, &clock.clock);
	const struct dtls_conf conf = { .identity = identity(),
					.timers = &timers,
					.send = on_send,
					.role = data[0] & 1 ? DTLS_CLIENT : DTLS_SERVER,
					.changed = on_changed,
					.arg = &told };

	check(dtls_new(&conf, &dtls) == 0);
	dtls_start(dtls);
	for (size_t at = 1; at + 2 <= n;) {
		const size_t want = (size_t)(data[at] << 8 | data[at + 1]), left = n - at - 2;
		const size_t size = want < left ? want : left;

		dtls_hear(dtls, data + at + 2, size);
		at += 2 + size;
	}
	clock_virtual_advance(&clock, DTLS_HANDSHAKE_MS * INT64_C(1000));
	timers_run(&timers);
	check(told.ups == 0 && told.ends == 1);
	dtls_free(dtls);
	check(timers_wait_us(&timers) < 0);
	timers_free(&timers);
	return 0;
}
