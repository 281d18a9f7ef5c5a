/* api/account.h - what the resources of one's own account share. Worker threads. */
#pragma once
#include "api/captcha.h"
#include "api/request.h"
#include "store/account.h"

/* The new password (its hash; p NULL: none any more) is the person's; links that wait and all sessions but one (0: none)
 * are over, and the person is told by mail. In the caller's transaction. */
[[nodiscard]] int password_replace(struct request *r, const struct person_row *person,
				   struct view password, int64_t but_session);
/* Whether it is the password of who signed in; counts as a try. ANSWERED when it is not, or when
 * there were too many: `field` is what the refusal names. Takes as long as a hash. */
[[nodiscard]] int password_ask(struct request *r, struct view password, const char *field);
/* Whether the captcha of a body is solved; the caller then uses it up (captcha_use) in the
 * transaction that it is for, and where that is -EEXIST, refuses. ANSWERED when it is not. */
[[nodiscard]] int captcha_ask(struct request *r, struct view answer,
			      struct captcha_solved *ret_solved);
/* Returns ANSWERED. */
int captcha_refuse(struct request *r);
