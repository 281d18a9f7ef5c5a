#include "api/notice.h"

#include "api/limits.h"
#include "base/json.h"
#include "store/mail.h"

#include <errno.h>

enum { ARGUMENTS_TEXT_MAX = 64 * 1024 };

static void print_arguments(struct buf *out, const struct notice *n)
{
	struct json j = JSON_TO(out);

	json_open(&j);
	for (size_t i = 0; i < n->narguments; i++) {
		json_key(&j, n->arguments[i].name);
		json_view(&j, n->arguments[i].value);
	}
	json_close(&j);
}

static int64_t or_null(int64_t id)
{
	return id ? id : DB_INT_NULL;
}

int notice_queue(struct request *r, const struct notice *n)
{
	CLEANUP(buf_free) struct buf arguments = BUF_INIT(ARGUMENTS_TEXT_MAX);
	int64_t id;

	print_arguments(&arguments, n);
	if (arguments.err < 0)
		return arguments.err;
	return mail_queue(r->db, r->now,
			  &(struct mail_row){ .company_id = or_null(n->company_id),
					      .site_id = or_null(n->site_id),
					      .person_id = or_null(n->person_id),
					      .recipient = n->recipient,
					      .recipient_name = n->name,
					      .language = n->language,
					      .template = view_str(n->template),
					      .arguments = buf_view(&arguments) },
			  &id);
}

int notice_person(struct request *r, const struct person_row *person, const char *template,
		  const char *path)
{
	return notice_queue(r, &(struct notice){
				       .template = template,
				       .person_id = person->id,
				       .recipient = person->email,
				       .name = person->name,
				       .language = person->language,
				       .arguments = { { "path", view_str(path) } },
				       .narguments = path ? 1 : 0,
			       });
}

int sender_ask(struct request *r)
{
	const struct view key = { (const char *)&r->who.person_id, sizeof(r->who.person_id) };
	const int64_t wait = limits_try(r->env->limits, LIMITS_SENDER, key, NULL);

	return wait > 0 ? reply_wait(r, wait) : 0;
}
