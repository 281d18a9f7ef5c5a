/* proto/jpeg.h - is this a whole JPEG (ISO/IEC 10918-1), and how large is its picture?
 *
 * Looks at the markers, not at the pixels: SOI, segments of a length that fits, one frame header of
 * a kind that browsers show (baseline, extended or progressive, 8 bit, 1 or 3 colours), scans, and
 * EOI with nothing behind it. Pure; one pass over the bytes. */
#pragma once
#include "base/buf.h"

struct jpeg_size {
	unsigned width, height; /* from 1 */
};

/* -EBADMSG: it is none, or not whole; -ENOTSUP: it is one that browsers do not show. */
[[nodiscard]] int jpeg_measure(struct view bytes, struct jpeg_size *ret_size);
