/* api/switch.h - what the codes of an intercom's switches may be. Any thread. */
#pragma once
#include "api/request.h"
#include "store/switch.h"

enum { SWITCH_CODE_MAX = 15 };

/* Of a field: half a sentence, or NULL. An empty code is none. */
const char *switch_code_fault(struct view code);
/* The two that would be heard at once: an intercom looks at the last digits, so that the end of one
 * must not be all of another. False without two. */
bool switch_codes_clash(const struct switch_row *switches, size_t n, size_t *ret_one,
			size_t *ret_other);
/* Answers when the intercom's new code of switch 1 clashes with that of another of its switches. */
[[nodiscard]] int switch_check_door(struct request *r, int64_t device, struct view code);
