/* api/test_call.h - how the routes have a button of an intercom rung. */
#pragma once
#include <stdint.h>

enum { TEST_CALL_WAIT_MS = 3000 };

struct test_call {
	int64_t site_id, device, button;
	int64_t ret_call; /* its id */
};

/* Any worker; it may wait for TEST_CALL_WAIT_MS. -ENOENT, -EHOSTUNREACH, -EBUSY, -ENOSPC: as
 * switchboard_test has it; -EAGAIN: the calls did not say in time whether it rings. */
typedef int test_call_fn(void *arg, struct test_call *call);
