#include "proto/mail_read.h"

#include "base/buf.h"

#include <errno.h>
#include <gmime/gmime.h>
#include <string.h>
#include <strings.h>

enum { RULE_MIN = 5 /* signs of a line that is a rule */ };

/* ---- what is new ---- */

static bool is_blank(struct view line)
{
	return view_trim(line).n == 0;
}

static bool is_quote(struct view line)
{
	return line.n > 0 && line.p[0] == '>';
}

/* "On Monday, Anna wrote:", in whatever language: what stands right above a quote and ends so. */
static bool is_attribution(struct view line)
{
	const struct view text = view_trim(line);

	return text.n > 0 && text.p[text.n - 1] == ':';
}

static size_t run_of(struct view v, char c)
{
	size_t n = 0;

	while (n < v.n && v.p[n] == c)
		n++;
	return n;
}

/* Everything below is older: a signature ("-- "), "-----Original Message-----", or a rule. */
static bool is_end(struct view line)
{
	const struct view text = view_trim(line);

	if (view_eq(line, VIEW("-- ")) || view_eq(text, VIEW("--")))
		return true;
	return run_of(text, '-') >= RULE_MIN ||
	       (run_of(text, '_') >= RULE_MIN && run_of(text, '_') == text.n);
}

/* The next line that is not blank is a quote. */
static bool quote_follows(struct view rest)
{
	while (rest.n > 0) {
		const struct view line = view_line(rest, &rest);

		if (!is_blank(line))
			return is_quote(line);
	}
	return false;
}

static void add_line(struct buf *out, struct view line)
{
	size_t n = line.n;

	while (n > 0 && (line.p[n - 1] == ' ' || line.p[n - 1] == '\t'))
		n--;
	if (n == 0 && (out->n == 0 || (out->n > 1 && out->p[out->n - 2] == '\n')))
		return; /* no blank line at the top, and never two */
	buf_add(out, (struct view){ line.p, n });
	buf_chr(out, '\n');
}

int mail_read_new(struct view text, struct arena *arena, struct view *ret_text)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(MAIL_READ_TEXT_MAX + 2);
	struct view rest = text, found;

	while (rest.n > 0) {
		const struct view line = view_line(rest, &rest);

		if (is_end(line))
			break;
		if (is_quote(line) || (is_attribution(line) && quote_follows(rest)))
			continue;
		add_line(&out, line);
	}
	if (out.err < 0)
		return out.err;
	found = view_trim(buf_view(&out));
	*ret_text = (struct view){ arena_dup(arena, found), found.n };
	return ret_text->p ? 0 : -ENOMEM;
}

/* ---- the message ---- */

static bool header_is(GMimeObject *o, const char *name, const char *value)
{
	const char *have = g_mime_object_get_header(o, name);

	return have && strncasecmp(have, value, strlen(value)) == 0;
}

/* RFC 3834 section 5, and what was written before it. */
static bool is_automatic(GMimeMessage *m)
{
	GMimeObject *o = GMIME_OBJECT(m);
	const char *submitted = g_mime_object_get_header(o, "Auto-Submitted");

	return (submitted && strncasecmp(submitted, "no", 2) != 0) ||
	       header_is(o, "Precedence", "bulk") || header_is(o, "Precedence", "junk") ||
	       header_is(o, "Precedence", "list") || header_is(o, "Return-Path", "<>") ||
	       g_mime_object_get_header(o, "List-Id");
}

static int read_from(GMimeMessage *m, struct arena *arena, struct view *ret_from)
{
	InternetAddressList *list = g_mime_message_get_from(m);
	InternetAddress *one = list ? internet_address_list_get_address(list, 0) : NULL;
	const char *text =
		one && INTERNET_ADDRESS_IS_MAILBOX(one)
			? internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(one))
			: NULL;

	if (!text || !text[0])
		return -EBADMSG;
	*ret_from = (struct view){ arena_dup(arena, view_str(text)), strlen(text) };
	return ret_from->p ? 0 : -ENOMEM;
}

static bool is_text(GMimeObject *part)
{
	GMimeContentType *type = g_mime_object_get_content_type(part);

	return GMIME_IS_TEXT_PART(part) && g_mime_content_type_is_type(type, "text", "plain") &&
	       !(GMIME_IS_PART(part) && g_mime_part_is_attachment(GMIME_PART(part)));
}

/* The first one that a reader would be shown; NULL without. The message keeps it. */
static GMimeTextPart *find_text(GMimeMessage *m)
{
	GMimeTextPart *found = NULL;
	GMimePartIter *it = g_mime_part_iter_new(GMIME_OBJECT(m));

	do {
		GMimeObject *part = g_mime_part_iter_get_current(it);

		if (part && is_text(part))
			found = GMIME_TEXT_PART(part);
	} while (!found && g_mime_part_iter_next(it));
	g_mime_part_iter_free(it);
	return found;
}

/* UTF-8 without control characters but line breaks and tabs, whatever the message said it was. */
static int clean(const char *text, struct arena *arena, struct view *ret_text)
{
	gchar *valid = g_utf8_make_valid(text, (gssize)strnlen(text, MAIL_READ_TEXT_MAX));
	CLEANUP(buf_free) struct buf out = BUF_INIT(4 * MAIL_READ_TEXT_MAX);

	for (const gchar *p = valid; *p; p = g_utf8_next_char(p)) {
		const gunichar c = g_utf8_get_char(p);

		if (c == '\r')
			continue;
		if (c != '\n' && c != '\t' && g_unichar_iscntrl(c))
			buf_chr(&out, ' ');
		else
			buf_add(&out, (struct view){ p, (size_t)(g_utf8_next_char(p) - p) });
	}
	g_free(valid);
	if (out.err < 0)
		return out.err;
	return mail_read_new(buf_view(&out), arena, ret_text);
}

static int read_text(GMimeMessage *m, struct arena *arena, struct view *ret_text)
{
	GMimeTextPart *part = find_text(m);
	char *text = part ? g_mime_text_part_get_text(part) : NULL;
	int rc = text ? clean(text, arena, ret_text) : -ENODATA;

	g_free(text);
	if (rc == 0 && ret_text->n == 0)
		rc = -ENODATA;
	return rc;
}

static int read_message(GMimeMessage *m, struct arena *arena, struct mail_read *ret_mail)
{
	struct mail_read mail = { .automatic = is_automatic(m) };
	int rc = read_from(m, arena, &mail.from);

	if (rc == 0)
		rc = read_text(m, arena, &mail.text);
	if (rc == -ENODATA && mail.automatic)
		rc = 0; /* nobody wants its text */
	if (rc == 0)
		*ret_mail = mail;
	return rc;
}

int mail_read(struct view message, struct arena *arena, struct mail_read *ret_mail)
{
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *m;
	int rc;

	if (message.n > MAIL_READ_MAX)
		return -EMSGSIZE;
	g_mime_init();
	stream = g_mime_stream_mem_new_with_buffer(message.p ? message.p : "", message.n);
	parser = g_mime_parser_new_with_stream(stream);
	m = g_mime_parser_construct_message(parser, NULL);
	rc = m ? read_message(m, arena, ret_mail) : -EBADMSG;
	if (m)
		g_object_unref(m);
	g_object_unref(parser);
	g_object_unref(stream);
	return rc;
}
