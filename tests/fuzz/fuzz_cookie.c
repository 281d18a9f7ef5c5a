/* The Cookie field of a request: what is taken from it is a token that stands in it under the whole
 * of its name, and over TLS only under the name with the prefix. */
#include "api/request.h"
#include "api/session.h"
#include "base/token.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Whether NAME=TOKEN stands there with this hash: told apart by hand, byte by byte. */
static bool stands_in(struct view cookie, struct view name, struct view hash, struct arena *arena)
{
	for (size_t i = 0; i + name.n + 1 + TOKEN_DIGITS <= cookie.n; i++) {
		const char *p = cookie.p + i;
		struct view found = {};
		size_t at = name.n;

		if (memcmp(p, name.p, name.n) != 0 || (i > 0 && !strchr("; \t\r\n\v\f", p[-1])))
			continue;
		at += strspn(p + at, " \t\r\n\v\f");
		if (p[at++] != '=')
			continue;
		at += strspn(p + at, " \t\r\n\v\f");
		if (i + at + TOKEN_DIGITS <= cookie.n &&
		    token_hash((struct view){ p + at, TOKEN_DIGITS }, arena, &found) == 0 &&
		    view_eq(found, hash))
			return true;
	}
	return false;
}

static void try_cookie(struct view cookie, bool secure, struct view name)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	const struct ask ask = { .cookie = cookie, .secure = secure };
	struct request r = { .ask = &ask, .arena = &arena };
	struct view hash = {};
	const int rc = cookie_hash(&r, SESSION_COOKIE, &hash);

	if (rc != 0 && rc != -ENOENT && rc != -ENOMEM)
		abort();
	if (rc == 0 && !stands_in(cookie, name, hash, &arena))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 22);
	/* NUL-terminated for the check by hand. */
	const struct view cookie = { arena_dup(&arena, (struct view){ (const char *)data, n }), n };

	if (!cookie.p)
		return 0;
	try_cookie(cookie, false, VIEW(SESSION_COOKIE));
	try_cookie(cookie, true, VIEW("__Host-" SESSION_COOKIE));
	return 0;
}
