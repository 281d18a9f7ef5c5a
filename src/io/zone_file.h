/* io/zone_file.h - the system's file of a time zone, for proto/zone.h. Any thread. */
#pragma once
#include "base/buf.h"

/* Appends it, up to the buffer's end. -ENOENT: there is none of this name, or it is no name. */
[[nodiscard]] int zone_file_read(struct view name, struct buf *out);
