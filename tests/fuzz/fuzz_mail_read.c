/* Any bytes as a mail that came in. What is taken of it is text of people: UTF-8 within its limit,
 * without control characters, and nothing in it is new a second time. */
#include "proto/mail_read.h"

#include "base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_text(struct view text)
{
	while (text.n > 0) {
		const struct view line = view_cut(text, '\n', &text);

		for (size_t i = 0; i < line.n; i++)
			check((unsigned char)line.p[i] >= ' ' || line.p[i] == '\t');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 22);
	struct mail_read mail;
	struct view again;
	const int rc = mail_read((struct view){ (const char *)data, n }, &arena, &mail);

	if (rc < 0) {
		check(rc == -EBADMSG || rc == -ENODATA || rc == -EMSGSIZE || rc == -ENOMEM);
		return 0;
	}
	check(mail.from.n > 0 && (mail.automatic || mail.text.n > 0));
	check(mail.text.n <= 4 * MAIL_READ_TEXT_MAX);
	check_text(mail.text);
	check(mail_read_new(mail.text, &arena, &again) == 0 && again.n <= mail.text.n);
	return 0;
}
