/* proto/dtmf_info.h - one key in the body of a SIP INFO request.
 *
 * application/dtmf-relay says `Signal=5` and `Duration=160`, one a line; application/dtmf is the bare
 * key. Neither has an RFC: this is what devices send. Pure. */
#pragma once
#include "base/buf.h"

/* '0'-'9', '*', '#', 'A'-'D'; 0 when type or body is anything else. */
char dtmf_info_read(struct view type, struct view body);
/* The body of application/dtmf-relay. */
void dtmf_info_write(struct buf *out, char digit, unsigned duration_ms);
