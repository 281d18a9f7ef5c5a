/* sim/page.h - the door's own page, in the reader's language. Pure. */
#pragma once
#include "base/buf.h"

/* languages: an Accept-Language value (RFC 9110 section 12.5.4); English unless French comes
 * before it. name: of the door, escaped here. */
void page_print(struct buf *out, struct view languages, const char *name);
