/* vestibulectl mails: the outbox, and what kept mail says: for an operator without an SMTP server. */
#include "ctl.h"

#include "office/mail_text.h"
#include "store/mail.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PAGE = 100, TIME_MAX = 32 };

static void print_letter(const struct mail_row *m, const char *public_url)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1024 * 1024);
	const struct mail_ask ask = { .template = m->template,
				      .language = m->language,
				      .site_language = m->site_language,
				      .name = m->recipient_name,
				      .arguments = m->arguments,
				      .public_url = public_url };
	struct mail_letter letter;
	struct err err = {};

	if (mail_text_render(&ask, &arena, &letter, &err) < 0)
		printf("\t(%s)\n\n", err.text);
	else
		printf("Subject: %s\n\n%s\n", letter.subject.p, letter.text.p);
}

static void print_mail(const struct mail_row *m, const char *public_url)
{
	const time_t at = (time_t)(m->created_at / 1000);
	char when[TIME_MAX] = "";
	struct tm t;

	if (gmtime_r(&at, &t))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &t);
	printf("%lld %s %s %s %s%s%s\n", (long long)m->id, when, m->state.p, m->template.p,
	       m->recipient.p, m->error.n ? " " : "", m->error.p);
	if (view_eq(m->state, VIEW("kept")))
		print_letter(m, public_url);
}

static bool is_state(const char *text)
{
	static const char *const states[] = { "waiting", "sent", "failed", "kept" };

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(text, states[i]) == 0)
			return true;
	return false;
}

int ctl_mails(struct ctl *c, struct err *err)
{
	const struct view state = c->argc > 0 ? view_str(c->argv[0]) : (struct view){};
	int64_t before = INT64_MAX;
	size_t n = PAGE;

	if (c->argc > 0 && !is_state(c->argv[0]))
		return err_set(err, -EINVAL, "a mail is waiting, sent, failed or kept, never %s",
			       c->argv[0]);
	while (n == PAGE) {
		CLEANUP(arena_free) struct arena arena = ARENA_INIT(8 * 1024 * 1024);
		struct mail_row *rows;

		if (mail_list(c->db, state, before, PAGE, &arena, &rows, &n) < 0)
			return err_set(err, -EIO, "cannot read the outbox: %s", db_error(c->db));
		for (size_t i = 0; i < n; i++)
			print_mail(&rows[i], c->public_url);
		if (n)
			before = rows[n - 1].id;
	}
	return 0;
}
