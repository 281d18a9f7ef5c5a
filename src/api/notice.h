/* api/notice.h - mails about accounts, queued in the caller's transaction. */
#pragma once
#include "api/request.h"
#include "store/account.h"

enum { NOTICE_ARGUMENTS_MAX = 7 };

struct notice_argument {
	const char *name; /* as office/mail_text.h lists them */
	struct view value;
};

struct notice {
	const char *template;
	int64_t company_id; /* 0: about none; likewise the next two */
	int64_t site_id;
	int64_t person_id;
	struct view recipient;
	struct view name; /* whom to greet */
	struct view language;
	struct notice_argument arguments[NOTICE_ARGUMENTS_MAX];
	size_t narguments;
};

[[nodiscard]] int notice_queue(struct request *r, const struct notice *notice);
/* To a person, in the person's language; path (NULL: none) is where the button leads. */
[[nodiscard]] int notice_person(struct request *r, const struct person_row *person,
				const char *template, const char *path);
/* Counts a step of who signed in that mails others. ANSWERED when there were too many. */
[[nodiscard]] int sender_ask(struct request *r);
