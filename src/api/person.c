#include "api/person.h"

#include <errno.h>
#include <string.h>

const char *email_fault(struct view text)
{
	struct view domain;
	const struct view local = view_cut(text, '@', &domain);

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == ' ')
			return "must not contain spaces.";
	return local.n > 0 && domain.n > 0 && !memchr(domain.p, '@', domain.n)
		       ? NULL
		       : "must look like name@example.com.";
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
