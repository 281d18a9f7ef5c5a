/* ctl/ctl.h - what the commands of vestibulectl share. One thread. */
#pragma once
#include "api/secret.h"
#include "base/clock.h"
#include "store/store.h"

struct ctl {
	const char *data, *db_url, *realm;
	const char *public_url; /* what links in mails begin with */
	const char *ticket_mail; /* where answers to mails of tickets go; may be NULL or empty */
	struct arena arena;
	struct db *db; /* open and at the right schema, where the command needs it */
	int argc;      /* what follows the command */
	char **argv;
	int status; /* of the exit, where the command fails */
};

/* The server's master key; made when the server has not run yet. */
[[nodiscard]] int ctl_key(struct ctl *c, struct secret_key *ret_key, struct err *err);
/* A person with that role; roles without company or site have them DB_INT_NULL. */
[[nodiscard]] int ctl_person(struct ctl *c, const char *email, const char *name, const char *password,
			     const char *role, int64_t company_id, int64_t site_id, int64_t apartment_id);
/* The operator of the server, who also runs that company. */
[[nodiscard]] int ctl_administrator(struct ctl *c, const char *email, const char *name,
				    const char *password, int64_t company_id);

/* newkey.c: a new master key in place of a lost one. */
[[nodiscard]] int ctl_new_key(struct ctl *c, struct err *err);
/* mail.c: the outbox. */
[[nodiscard]] int ctl_mails(struct ctl *c, struct err *err);
/* person.c: what is kept about a person, printed or erased, and a lost second factor. */
[[nodiscard]] int ctl_export_person(struct ctl *c, struct err *err);
[[nodiscard]] int ctl_erase_person(struct ctl *c, struct err *err);
[[nodiscard]] int ctl_reset_second_factor(struct ctl *c, struct err *err);
/* mailin.c: an answer to a ticket, from a mail server's pipe. */
[[nodiscard]] int ctl_mail_in(struct ctl *c, struct err *err);
/* demo.c: the demo building and its DATA/demo.json (doc/api.md). */
[[nodiscard]] int ctl_demo(struct ctl *c, struct err *err);
