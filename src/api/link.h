/* api/link.h - what a link of a mail leads to when a password is chosen there. */
#pragma once
#include "api/request.h"

/* Counts as a try, which is given back when the link was good. fn gets the token's hash and the
 * password's, and says -ENOENT of a link that is over; it begins the transaction itself, behind the
 * slow hash, which would keep others from writing. 0, ANSWERED, or what went wrong. */
[[nodiscard]] int link_follow(struct request *r, struct view token, struct view password,
			      int (*fn)(struct request *r, struct view hash, struct view password));
