/* api/factor.h - the second step of a sign-in. Worker threads. */
#pragma once
#include "api/request.h"

/* Whether the person's sign-in has a second step; *ret_rc is negative when nobody can say. */
bool factor_is_on(struct request *r, int64_t person_id, int *ret_rc);
/* The first step is done: answers that a code is wanted, and remembers whose. Returns ANSWERED. */
int factor_ask(struct request *r, int64_t person_id);
