/* proto/turn_credential.h - credentials for TURN servers that share a secret with us, so that
 * nobody has to be known to them ("A REST API For Access To TURN Services", coturn's
 * use-auth-secret): the user name says until when, and the password proves that we said so. Pure;
 * any thread. */
#pragma once
#include "base/buf.h"

#include <stdint.h>

enum {
	TURN_ID_MAX = 32,                              /* characters */
	TURN_SECRET_MAX = 256,                         /* bytes */
	TURN_USERNAME_SIZE = 20 + 1 + TURN_ID_MAX + 1, /* with the NUL */
	TURN_PASSWORD_SIZE = 28 + 1,                   /* base64 of 20 bytes */
};

/* What we know of them; none: browsers do without. */
struct turn_servers {
	const char *const *urls; /* RFC 7065 */
	size_t nurls;
	struct view secret;
};

struct turn_credential {
	char username[TURN_USERNAME_SIZE];
	char password[TURN_PASSWORD_SIZE];
};

/* Good until then, to the second. id is for the server's log: letters and digits. -EINVAL: the id,
 * the time or the secret cannot be; -ENOMEM. */
[[nodiscard]] int turn_credential_make(struct view secret, int64_t until_ms, struct view id,
				       struct turn_credential *ret_credential);
