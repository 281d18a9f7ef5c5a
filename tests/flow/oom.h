/* tests/flow/oom.h - memory runs out: the n-th allocation of the server fails, once. The test
 * program is linked with --wrap for malloc, calloc and realloc. */
#pragma once
#include <stdbool.h>

/* From now on the n-th allocation (from 1) between oom_server(true) and oom_server(false) fails. */
void oom_arm(unsigned n);
/* Back to plenty; true when one has failed. */
bool oom_disarm(void);
void oom_server(bool entered);
