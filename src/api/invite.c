#include "api/invite.h"

#include "api/limits.h"
#include "api/notice.h"
#include "base/token.h"
#include "store/account.h"
#include "store/token.h"

#include <errno.h>

static struct notice notice_of(const struct request *r, const struct invite *in,
			       const struct person_row *person, const char *template)
{
	return (struct notice){
		.template = template,
		.company_id = in->company_id,
		.site_id = in->site_id,
		.person_id = person->id,
		.recipient = person->email,
		.name = person->name,
		.language = in->language,
		.arguments = { { "by", r->who.name },
			       { "place", in->place },
			       { "path", VIEW("/") } },
		.narguments = 3,
	};
}

static int tell(struct request *r, const struct invite *in, const struct person_row *person)
{
	const struct notice notice = notice_of(r, in, person, "added_to_place");

	return notice_queue(r, &notice);
}

static int send_link(struct request *r, const struct invite *in, const struct person_row *person)
{
	struct notice notice = notice_of(r, in, person, "invitation");
	struct token token;
	struct token_row row = { .purpose = VIEW("invitation"),
				 .person_id = person->id,
				 .created_at = r->now,
				 .expires_at = r->now + INVITE_MS };
	const char *path;
	int rc = token_make(r->env->rand, r->arena, &token);

	if (rc < 0)
		return rc;
	path = arena_printf(r->arena, "/activate#%s", token.text.p);
	if (!path)
		return -ENOMEM;
	row.token_hash = token.hash;
	notice.arguments[2].value = view_str(path);
	rc = token_create(r->db, &row);
	return rc == 0 ? notice_queue(r, &notice) : rc;
}

int account_invite(struct request *r, const struct invite *in)
{
	struct person_row person;
	int64_t wait;
	int rc = person_get(r->db, in->person_id, r->arena, &person);

	if (rc < 0)
		return rc;
	if (!person.email.p)
		return -EDESTADDRREQ;
	wait = limits_try(r->env->limits, LIMITS_INVITED, person.email, NULL);
	if (wait > 0)
		return reply_wait(r, wait);
	rc = sender_ask(r);
	if (rc != 0)
		return rc;
	return person_is_active(&person) ? tell(r, in, &person) : send_link(r, in, &person);
}
