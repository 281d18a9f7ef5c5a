#include "api/person.h"

#include "proto/mail_message.h"

#include <errno.h>

/* What the portal's field would have taken and no mail could go to must not wait for the outbox to
 * be found out. */
const char *email_fault(struct view text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == ' ')
			return "must not contain spaces.";
		if ((unsigned char)text.p[i] >= 0x80)
			return "must be of ASCII letters: mail goes to no others.";
	}
	return mail_address_fits(text) ? NULL : "must look like name@example.com.";
}

int email_fold(struct arena *arena, struct view *email)
{
	char *p = arena_dup(arena, *email);

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < email->n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] + 32);
	email->p = p;
	return 0;
}

/* ISO 639, with or without a region: de, pt-BR. */
const char *language_fault(struct view v)
{
	struct view region;
	const struct view base = view_cut(v, '-', &region);
	bool good = (base.n == 2 || base.n == 3) && (region.n == 2 || base.n == v.n);

	for (size_t i = 0; i < base.n; i++)
		good = good && base.p[i] >= 'a' && base.p[i] <= 'z';
	for (size_t i = 0; i < region.n; i++)
		good = good && region.p[i] >= 'A' && region.p[i] <= 'Z';
	return good ? NULL : "must be a language tag, such as en or pt-BR.";
}
