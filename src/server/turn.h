/* server/turn.h - the TURN servers of turn_urls and turn_secret_file. Read once, before any thread.
 */
#pragma once
#include "base/json.h"
#include "proto/turn_credential.h"
#include "server/settings.h"

/* The texts live in the arena. None where none are set. -EINVAL: one of the two settings alone, or
 * no secret in the file; -EPERM: everybody may read it; -ENOMEM, or what the system said. */
[[nodiscard]] int turn_read(const struct settings *s, struct arena *arena,
			    struct turn_servers *ret_servers, struct err *err);
/* The servers as a browser takes them (iceServers of RTCConfiguration): a list, empty without any,
 * with a credential that is good until then. id: whom the server's log is to name. */
void turn_print(const struct turn_servers *servers, int64_t until_ms, struct view id,
		struct json *out);
