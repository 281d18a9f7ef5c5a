/* Any bytes as the row of a mail: what is made of it is one message to one recipient, whatever they
 * say. Lines of the input: template and language (two bytes), recipient, name of the recipient, name
 * of the sender; the rest is the arguments. */
#include "base/json.h"
#include "office/mail_priv.h"
#include "office/mail_text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const headers[] = { "Date", "From", "To", "Reply-To", "Subject", "Message-ID",
				       "Content-Language", "Auto-Submitted", "MIME-Version",
				       "Content-Type" };
enum { REPLY_TO = 3, HEADERS = sizeof(headers) / sizeof(headers[0]) };

static void check(bool good)
{
	if (!good)
		abort();
}

/* CRLF, ASCII and 78 characters a line, but for an address, and no line that SMTP would end at. */
static void check_lines(struct view message)
{
	while (message.n > 0) {
		const char *cr = memchr(message.p, '\r', message.n);
		const size_t n = cr ? (size_t)(cr - message.p) : 0;

		check(cr && n + 2 <= message.n && cr[1] == '\n' && !memchr(message.p, '\n', n));
		check(n <= 78 + MAIL_ADDRESS_MAX && !(n > 0 && message.p[0] == '.'));
		for (size_t i = 0; i < n; i++)
			check(message.p[i] >= 0x20 && message.p[i] < 0x7f);
		message = (struct view){ message.p + n + 2, message.n - n - 2 };
	}
}

/* Those above, each once, in their order. */
static void check_headers(struct view message)
{
	size_t at = 0;

	for (struct view line = view_line(message, &message); line.n > 0;
	     line = view_line(message, &message)) {
		struct view value;

		if (line.p[0] == ' ')
			continue;
		if (at == REPLY_TO && !view_starts(line, VIEW("Reply-To:")))
			at++; /* only where an answer is taken */
		check(at < HEADERS && view_eq(view_cut(line, ':', &value), view_str(headers[at])));
		at++;
	}
	check(at == HEADERS);
}

/* No argument adds an element to the page. */
static void check_html(struct view html)
{
	size_t links = 0;

	for (const char *p = html.p; (p = strchr(p, '<')); p++) {
		static const char *const tags[] = { "!doctype", "html", "head", "meta", "title",
						    "style", "body", "div", "p>", "p ", "br>", "a " };
		const char *name = p[1] == '/' ? p + 2 : p + 1;
		bool known = p[1] == '/' && strncmp(name, "a>", 2) == 0;

		for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
			known = known || strncmp(name, tags[i], strlen(tags[i])) == 0;
		check(known);
		links += strncmp(p, "<a ", 3) == 0;
	}
	check(links == 0 || links == 2);
	check(!strstr(html.p, "href=\"http") || strstr(html.p, "href=\"https://d.example/"));
}

static void check_letter(const struct mail_row *m)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4 << 20);
	struct mail_ask ask = { .template = m->template,
				.language = m->language,
				.site_language = m->recipient,
				.name = m->recipient_name,
				.arguments = m->arguments,
				.public_url = "https://d.example" };
	struct mail_letter letter;

	for (int i = 0; i < 2; i++) {
		ask.hide = i == 1;
		if (mail_text_render(&ask, &arena, &letter, NULL) < 0)
			return;
		check(json_is_text(letter.subject));
		check_html(letter.html);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(1 << 20);
	struct view rest = { (const char *)data, n };
	const struct view head = view_cut(rest, '\n', &rest);
	struct mail_address from = { .address = VIEW("no-reply@example.com") };
	struct mail_row m = { .id = 1, .created_at = 1, .requeued_at = DB_INT_NULL };
	size_t templates = 0, languages = 0;

	while (mail_text_name(templates))
		templates++;
	while (mail_text_language(languages))
		languages++;
	if (head.n < 2)
		return 0;
	m.template = view_str(mail_text_name((unsigned char)head.p[0] % templates));
	m.language = view_str(mail_text_language((unsigned char)head.p[1] % languages));
	m.recipient = view_cut(rest, '\n', &rest);
	m.recipient_name = view_cut(rest, '\n', &rest);
	from.name = view_cut(rest, '\n', &rest);
	m.arguments = view_cut(rest, '\0', &rest);
	check_letter(&m);
	const struct mail_parts parts = {
		.mail = &m, .from = &from, .public_url = "https://d.example", .picture = rest
	};
	if (mail_make(&parts, &out, NULL) < 0)
		return 0;
	check_lines(buf_view(&out));
	check_headers(buf_view(&out));
	return 0;
}
