#include "api/link.h"

#include "api/limits.h"
#include "api/password.h"
#include "base/token.h"

#include <errno.h>

int link_follow(struct request *r, struct view token, struct view password,
		int (*fn)(struct request *r, struct view hash, struct view password))
{
	const int64_t wait =
		limits_try(r->env->limits, LIMITS_LINK, (struct view){}, &r->ask->peer);
	struct view hash, hashed;
	int rc;

	if (wait > 0)
		return reply_wait(r, wait);
	rc = token_hash(token, r->arena, &hash);
	if (rc == 0)
		rc = password_hash(password, r->arena, &hashed);
	if (rc == 0)
		rc = fn(r, hash, hashed);
	if (rc == -ENOENT)
		return reply_link_over(r);
	if (rc == 0)
		limits_forgive(r->env->limits, LIMITS_LINK, (struct view){}, &r->ask->peer);
	return rc;
}
