/* proto/base64.h - base64 as it stands in descriptions (RFC 4648 section 4). Pure. */
#pragma once
#include "base/buf.h"

/* With or without its padding. -EBADMSG: it is none; -EMSGSIZE: of more than `size` bytes. What was
 * written until then is the caller's to wipe. */
[[nodiscard]] int base64_read(struct view text, uint8_t *ret_bytes, size_t size, size_t *ret_n);
