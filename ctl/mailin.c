/* vestibulectl mail-in: an answer to a ticket, as a mail server's pipe gives it. The exit status is
 * what such a server understands (sysexits.h): it bounces the mail, or tries again. */
#include "ctl.h"

#include "api/key.h"
#include "api/reply.h"
#include "api/request.h"
#include "base/log.h"
#include "proto/mail_read.h"

#include <errno.h>
#include <stdio.h>
#include <sysexits.h>

enum { ARENA_MAX = 4 * 1024 * 1024, READ_STEP = 65536 };

static int read_all(struct buf *message, struct err *err)
{
	char part[READ_STEP];
	size_t n;

	while ((n = fread(part, 1, sizeof(part), stdin)) > 0)
		buf_add(message, (struct view){ part, n });
	if (ferror(stdin))
		return err_set(err, -EIO, "cannot read the mail");
	if (message->err == -ENOMEM)
		return err_set(err, -ENOMEM, "no memory");
	return message->err < 0
		       ? err_set(err, -EMSGSIZE, "the mail has more than %d bytes", MAIL_READ_MAX)
		       : 0;
}

/* What the mail server is told, and the sentence that a bounce shows. */
static const struct fate {
	int rc, status;
	const char *words;
} fates[] = {
	{ -ENOENT, EX_NOUSER, "there is no ticket that this address answers" },
	{ -EACCES, EX_NOPERM, "this answer does not come from whom the message went to" },
	{ -EBADMSG, EX_DATAERR, "this is no e-mail that names its writer" },
	{ -ENODATA, EX_DATAERR, "the e-mail has no plain text of its own" },
	{ -EMSGSIZE, EX_DATAERR, "the answer is too long" },
	{ -ENOSPC, EX_UNAVAILABLE, "this ticket is full: open a new one" },
	{ -EDQUOT, EX_TEMPFAIL, "too many answers today" },
};

static int refuse(struct ctl *c, int rc, struct err *err)
{
	for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++) {
		if (fates[i].rc != rc)
			continue;
		c->status = fates[i].status;
		return err_set(err, rc, "%s", fates[i].words);
	}
	return err_set(err, rc, "cannot add the answer: %s", db_error(c->db));
}

static int take(struct ctl *c, const struct secret_key *key, const struct reply_place *place,
		const struct mail_read *mail)
{
	const struct env env = { .clock = clock_system(),
				 .rand = rand_system(),
				 .key = *key,
				 .ticket_mail = c->ticket_mail };
	struct request r = {
		.env = &env, .db = c->db, .arena = &c->arena, .now = clock_wall_ms(clock_system())
	};

	return reply_take(&r, place, mail->from, mail->text);
}

int ctl_mail_in(struct ctl *c, struct err *err)
{
	CLEANUP(buf_free) struct buf message = BUF_INIT(MAIL_READ_MAX);
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ARENA_MAX);
	struct reply_place place;
	struct mail_read mail;
	struct secret_key key;
	int rc;

	if (!c->ticket_mail || !c->ticket_mail[0]) {
		c->status = EX_CONFIG;
		return err_set(err, -EINVAL, "ticket_mail is not set");
	}
	rc = key_open(c->data, false, &key, err);
	if (rc == 0)
		rc = read_all(&message, err);
	if (rc == -EMSGSIZE)
		c->status = EX_DATAERR;
	if (rc < 0)
		return rc;
	rc = reply_address_read(&key, view_str(c->ticket_mail), view_str(c->argv[0]), &place);
	if (rc == 0)
		rc = mail_read(buf_view(&message), &arena, &mail);
	if (rc == 0 && mail.automatic)
		return 0; /* an answer would have us answer again */
	if (rc == 0)
		rc = take(c, &key, &place, &mail);
	return rc < 0 ? refuse(c, rc, err) : 0;
}
