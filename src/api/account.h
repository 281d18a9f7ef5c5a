/* api/account.h - what the resources of one's own account share. Worker threads. */
#pragma once
#include "api/request.h"
#include "store/account.h"

/* The new password (its hash) is the person's; links that wait and all sessions but one (0: none)
 * are over, and the person is told by mail. In the caller's transaction. */
[[nodiscard]] int password_replace(struct request *r, const struct person_row *person,
				   struct view password, int64_t but_session);
/* Whether it is the password of who signed in; counts as a try. ANSWERED when it is not, or when
 * there were too many: `field` is what the refusal names. Takes as long as a hash. */
[[nodiscard]] int password_ask(struct request *r, struct view password, const char *field);
