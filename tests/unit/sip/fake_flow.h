/* tests/unit/sip/fake_flow.h - flows without sockets: what is sent is kept. Takes the place of
 * flow.c when the program is linked, so include it in one file of a test only. */
#pragma once
#include "sip/flow.h"
#include "sip/transaction.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>

enum { FAKE_SENT = 64, FAKE_TEXT = 4096 };

static struct {
	size_t n; /* all that was sent; the last FAKE_SENT are kept */
	char text[FAKE_SENT][FAKE_TEXT];
	struct flow flow[FAKE_SENT];
	int fail; /* what flow_send says instead, if negative */
} fake;

int flow_send(struct flows *, const struct flow *flow, struct view bytes)
{
	if (fake.fail < 0)
		return fake.fail;
	assert_true(bytes.n < FAKE_TEXT);
	snprintf(fake.text[fake.n % FAKE_SENT], FAKE_TEXT, "%.*s", (int)bytes.n, bytes.p);
	fake.flow[fake.n++ % FAKE_SENT] = *flow;
	return 0;
}

struct view flow_local(struct flows *, const struct flow *)
{
	return VIEW("192.0.2.1:5060");
}

/* The last thing sent, or the n-th before it. */
static inline const char *fake_sent(size_t back)
{
	assert_true(fake.n > back && back < FAKE_SENT);
	return fake.text[(fake.n - 1 - back) % FAKE_SENT];
}

static inline struct flow fake_peer(enum flow_transport transport, const char *addr)
{
	struct flow flow = { .transport = transport, .conn = transport == FLOW_TCP ? 77 : 0 };

	assert_int_equal(addr_parse(addr, &flow.peer), 0);
	return flow;
}

static inline void assert_starts(const char *text, const char *prefix)
{
	if (strncmp(text, prefix, strlen(prefix)) != 0)
		fail_msg("\"%s\" does not start with \"%s\"", text, prefix);
}

static inline void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

static inline void assert_has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" contains \"%s\"", text, part);
}
