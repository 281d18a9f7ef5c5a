/* api/mail.h - the way that mail leaves this server, as the operator sees it.
 *
 * Whoever wires the server together knows it. */
#pragma once
#include <stdbool.h>

struct mail_way {
	const char *server; /* the SMTP server's URL; NULL: there is none, and mails are kept */
	const char *from;   /* whom mails come from; NULL likewise */
	bool down;          /* it did not take the last one */
};

/* The texts live as long as the server. Any thread. */
typedef void mail_way_fn(void *arg, struct mail_way *ret_way);
