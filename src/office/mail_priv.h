/* office/mail_priv.h - the mail sender's inside, for mail.c and its tests. */
#pragma once
#include "office/mail.h"
#include "proto/mail_message.h"
#include "store/mail.h"

/* How long a mail waits after that many tries. */
int64_t mail_pause_ms(int64_t tries);
/* What becomes of a mail after a try that ended like this. words stay the caller's. */
struct mail_outcome mail_judge(const struct mail_row *mail, enum smtp_fate fate, const char *words,
			       int64_t now_ms);
/* What a message is made of. */
struct mail_parts {
	const struct mail_row *mail;
	const struct mail_address *from;
	const char *public_url;
	struct view picture; /* a JPEG that goes with it, left out where it is too long or not
			      * whole; n 0: none */
	int64_t now_ms;
};
/* The whole message of a queued mail. -EINVAL: it cannot be made, err says why. */
[[nodiscard]] int mail_make(const struct mail_parts *parts, struct buf *out, struct err *err);
