/* device/camera_url.h - the address of a camera's picture, as somebody types it, and what it leads
 * to.
 *
 * Pure; any thread. */
#pragma once
#include "base/addr.h"
#include "base/buf.h"

enum { CAMERA_URL_MAX = 500 }; /* bytes */

/* NULL when it will do: http or https, a host, a port perhaps, and no name or password in it, which
 * would end up in logs. Else what is wrong with it: half a sentence that follows the field's name.
 */
const char *camera_url_fault(struct view url);
/* Scheme, host and port of one that will do: who is told the password. */
struct view camera_url_origin(struct view url);
/* An address of this host, or of a link without addresses of its own (RFC 3927, RFC 4291). */
bool camera_is_near(const struct addr *at);
