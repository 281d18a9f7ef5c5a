/* proto/mail_read.h - an e-mail that came in, as far as an answer to a ticket needs it: who wrote
 * it, whether a program did, and what is new in its text. GMime takes the message apart.
 *
 * Pure; one thread. GMime ends the process without memory, so that this is for programs that take
 * one mail, not for the server. */
#pragma once
#include "base/mem.h"

enum {
	MAIL_READ_MAX = 8 * 1024 * 1024, /* bytes of a message, pictures and all */
	MAIL_READ_TEXT_MAX = 64 * 1024,  /* bytes of the text that are looked at */
};

struct mail_read {
	struct view from; /* the address of the first writer, in the arena as the text */
	struct view text; /* UTF-8, lines end with LF; without what it quotes, trimmed */
	bool automatic;   /* a program wrote it: an absence, a list, a bounce */
};

/* -EBADMSG: no message, or none that says who wrote it. -ENODATA: without plain text, or with
 * nothing new in it. -EMSGSIZE. -ENOMEM. */
[[nodiscard]] int mail_read(struct view message, struct arena *arena, struct mail_read *ret_mail);
/* What is new in a text that answers another: in the arena. */
[[nodiscard]] int mail_read_new(struct view text, struct arena *arena, struct view *ret_text);
