/* api/factor.h - the second step of a sign-in, and what comes and goes with it. Worker threads. */
#pragma once
#include "api/request.h"
#include "api/totp.h"

struct factors_row;

struct recovery_code {
	struct view code;
};
extern const struct shape recovery_code_shape;

/* Whether the person's sign-in has a second step; *ret_rc is negative when nobody can say. */
bool factor_is_on(struct request *r, int64_t person_id, int *ret_rc);
/* The first step is done: answers that a second is wanted, and remembers whose. Returns ANSWERED.
 */
int factor_ask(struct request *r, int64_t person_id);

/* A second factor came: makes recovery codes where there are none (*ret_codes is those, or empty),
 * and tells the person by mail of the first. In the caller's transaction. */
[[nodiscard]] int factor_added(struct request *r, const struct factors_row *before,
			       struct recovery_code codes[RECOVERY_CODES],
			       struct shape_list *ret_codes);
/* One went: with the last, the recovery codes end, and the person is told. Likewise. */
[[nodiscard]] int factor_removed(struct request *r, const struct factors_row *left);
