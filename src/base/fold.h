/* base/fold.h - text as a search compares it: without case and without accents.
 *
 * Latin letters (up to U+017F) become the plain small letter that they are written over; Greek and
 * Cyrillic ones become small; accents that stand alone (U+0300 to U+036F) go. Everything else stays.
 * The result is never longer than the text. Pure; any thread. */
#pragma once
#include "base/buf.h"

void fold_add(struct buf *out, struct view text);
