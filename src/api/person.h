/* api/person.h - what a person's e-mail address and language look like. Pure; any thread. */
#pragma once
#include "base/mem.h"

enum { EMAIL_MIN = 3, EMAIL_MAX = 254, LANGUAGE_MIN = 2, LANGUAGE_MAX = 8 };

/* NULL when mail can go to the address, else half a sentence that follows the field's name. */
const char *email_fault(struct view text);
/* In lower case, as addresses are stored and compared: people type them either way. -ENOMEM. */
[[nodiscard]] int email_fold(struct arena *arena, struct view *email);
/* NULL when it looks like a language's tag, else half a sentence. */
const char *language_fault(struct view text);
