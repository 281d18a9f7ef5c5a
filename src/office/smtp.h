/* office/smtp.h - one mail at a time to the server that takes ours, through libcurl.
 *
 * Belongs to one thread, which blocks; smtp_stop alone may come from another. The connection stays
 * open from a mail to the next until one says that it is the last. Every wait has an end: the
 * connection's at SMTP_CONNECT_MS, the whole mail's at timeout_ms. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

enum {
	SMTP_CONNECT_MS = 10000, /* name, TCP and TLS; timeout_ms when that is less */
	SMTP_STOP_MS = 3000,     /* how long a mail that is on its way may still take */
	SMTP_WORDS_MAX = 400,    /* bytes of what is said about a failure */
	SMTP_CAUSE_MAX = 256,
	SMTP_PASSWORD_MAX = 1024,
};

enum smtp_tls {
	SMTP_TLS_REQUIRED, /* STARTTLS, or no mail */
	SMTP_TLS_OFFERED,  /* STARTTLS where the server has it */
	SMTP_TLS_OFF,
};

struct smtp_conf {
	const char *url;           /* smtp://HOST:PORT, or smtps:// for TLS from the first byte */
	const char *user;          /* NULL: no authentication */
	const char *password_file; /* its first line; only its owner and group may read it */
	const char *ca_file; /* certificates to trust instead of the system's; NULL: the system's */
	enum smtp_tls tls;
	int64_t timeout_ms;
};

enum smtp_fate {
	SMTP_SENT,
	SMTP_REFUSED, /* this mail, for good */
	SMTP_LATER,   /* this mail, for now */
	SMTP_DOWN,    /* the server, or the way to it: no mail goes now */
};

struct smtp_mail {
	const char *from, *to; /* addresses, as mail_address_fits has them */
	struct view bytes;     /* as mail_message_print makes them */
	bool last;             /* the connection is not needed after it */
};

struct smtp_result {
	enum smtp_fate fate;
	long code;                  /* the server's last reply; 0 without one */
	char words[SMTP_WORDS_MAX]; /* what the server said, or else the cause; empty when sent */
	char cause[SMTP_CAUSE_MAX]; /* in libcurl's words: without addresses, so it may be logged */
};

struct smtp;

/* Does not connect yet. -EINVAL: a setting is wrong; -EPERM: the password would go, or lies, open.
 */
[[nodiscard]] int smtp_open(const struct smtp_conf *conf, struct err *err, struct smtp **ret_smtp);
/* NULL is fine. */
void smtp_close(struct smtp *s);
void smtp_send(struct smtp *s, const struct smtp_mail *mail, struct smtp_result *ret_result);
/* No more mail from now on: what is on its way has SMTP_STOP_MS. Any thread. */
void smtp_stop(struct smtp *s);
