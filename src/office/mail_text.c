#include "office/mail_text.h"

#include "base/json.h"
#include "office/mail_catalogue.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

enum {
	ARGUMENTS_MAX = 6,
	CATALOGUES = sizeof(mail_catalogues) / sizeof(mail_catalogues[0]),
};

enum kind {
	LINE = 1, /* one line of text */
	LONG,     /* several */
	PATH,     /* the link of the button */
};

struct argument {
	const char *name;
	enum kind kind;
	bool secret;
};

struct template
{
	const char *name;
	struct argument arguments[ARGUMENTS_MAX];
};

/* clang-format off */
#define LINK { "path", PATH, false }
#define ONE_TIME_LINK { "path", PATH, true }
#define BY { "by", LINE, false }
#define PLACE { "place", LINE, false }
#define DEVICE { "device", LINE, false }
#define NUMBER { "number", LINE, false }
#define SUBJECT { "subject", LINE, false }
#define VISITOR { "visitor", LINE, false }
#define VALIDITY { "validity", LINE, false }
#define TEMPLATE(word, ...) [MAIL_TEXT_##word] = { #word, { __VA_ARGS__ } }

static const struct template templates[MAIL_TEXTS] = {
	TEMPLATE(activation, ONE_TIME_LINK),
	TEMPLATE(already_registered, LINK),
	TEMPLATE(password_reset, ONE_TIME_LINK),
	TEMPLATE(password_changed, LINK),
	TEMPLATE(email_change, ONE_TIME_LINK),
	TEMPLATE(email_changed_notice, { "email", LINE, false }),
	TEMPLATE(two_factor_on),
	TEMPLATE(two_factor_off),
	TEMPLATE(invitation, BY, PLACE, ONE_TIME_LINK),
	TEMPLATE(added_to_place, BY, PLACE, LINK),
	TEMPLATE(apartment_admin, PLACE, { "apartment", LINE, false }, ONE_TIME_LINK),
	TEMPLATE(sip_credentials, PLACE, DEVICE, NUMBER, ONE_TIME_LINK),
	TEMPLATE(app_credentials, PLACE, DEVICE, NUMBER, { "password", LINE, true }, ONE_TIME_LINK),
	TEMPLATE(missed_call, PLACE, DEVICE, { "time", LINE, false }, LINK),
	TEMPLATE(mobile_access, PLACE, ONE_TIME_LINK),
	TEMPLATE(visitor_pin, PLACE, VISITOR, { "pin", LINE, true }, VALIDITY),
	TEMPLATE(visitor_validity, PLACE, VISITOR, VALIDITY),
	TEMPLATE(ticket_opened, NUMBER, SUBJECT, LINK),
	TEMPLATE(ticket_answer, NUMBER, SUBJECT, BY, { "text", LONG, false }, LINK),
	TEMPLATE(ticket_news, NUMBER, SUBJECT, BY, PLACE, { "text", LONG, false }, LINK),
	TEMPLATE(ticket_closed, NUMBER, SUBJECT, LINK),
};
/* clang-format on */

/* A placeholder's value. */
struct value {
	const char *name;
	struct view text;
};

struct letter_state {
	const struct mail_ask *ask;
	const struct template *template;
	const struct mail_catalogue *catalogue;
	const struct mail_words *words;
	struct arena *arena;
	struct value values[ARGUMENTS_MAX];
	size_t nvalues;
	struct view link; /* p NULL without a button */
	bool secret;
};

const char *mail_text_name(size_t i)
{
	return i < MAIL_TEXTS ? templates[i].name : NULL;
}

const char *mail_text_language(size_t i)
{
	return i < CATALOGUES ? mail_catalogues[i].language : NULL;
}

/* What comes in. */

static bool is_host_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c && strchr(".-:[]", c));
}

/* RFC 3986's characters, without the quotes and brackets that would end a link somewhere. */
static bool is_url(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] <= 0x20 || v.p[i] >= 0x7f || strchr("\"'<>\\^`{|}", v.p[i]))
			return false;
	return true;
}

static struct view host_of(const char *public_url)
{
	const char *host = strstr(public_url, "//");
	struct view path;

	return host ? view_cut(view_str(host + 2), '/', &path) : (struct view){};
}

bool mail_base_fits(const char *public_url)
{
	const struct view v = view_str(public_url);
	struct view host;

	if (v.n > MAIL_BASE_MAX || !is_url(v) || strpbrk(v.n ? v.p : "", "?#") ||
	    !(view_starts(v, VIEW("http://")) || view_starts(v, VIEW("https://"))))
		return false;
	host = host_of(public_url);
	for (size_t i = 0; i < host.n; i++)
		if (!is_host_char(host.p[i]))
			return false;
	return host.n > 0 && v.p[v.n - 1] != '/';
}

/* On this server, and nowhere else: "//host" would lead away. */
static bool is_path(struct view v)
{
	return v.n > 0 && v.p[0] == '/' && !(v.n > 1 && v.p[1] == '/') && is_url(v);
}

/* Lines without other control characters. */
static bool is_long(struct view v)
{
	while (v.n > 0)
		if (!json_is_text(view_cut(v, '\n', &v)))
			return false;
	return true;
}

static bool argument_fits(enum kind kind, struct view v)
{
	switch (kind) {
	case PATH:
		return v.n <= MAIL_ARGUMENT_MAX && is_path(v);
	case LONG:
		return v.n <= MAIL_LONG_MAX && is_long(v);
	default:
		return v.n <= MAIL_ARGUMENT_MAX && json_is_text(v);
	}
}

/* Browsers send a text area's lines with CRLF, and people paste tabs. */
static struct view tidied(struct view v, char *copy)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] != '\r' || i + 1 == v.n || v.p[i + 1] != '\n')
			copy[n++] = v.p[i] == '\t' ? ' ' : v.p[i];
	return (struct view){ copy, n };
}

static const char *hidden = "••••••";

static int take_argument(struct letter_state *s, const struct argument *a, const json_t *from,
			 struct err *err)
{
	const json_t *json = json_object_get(from, a->name);
	struct view v = { json_string_value(json), json_string_length(json) };
	char *copy;

	if (!v.p)
		return err_set(err, -EINVAL, "argument %s is missing", a->name);
	copy = arena_alloc(s->arena, v.n + 1);
	if (!copy)
		return err_set(err, -ENOMEM, "no memory");
	v = tidied(v, copy);
	if (!argument_fits(a->kind, v))
		return err_set(err, -EINVAL, "argument %s does not fit", a->name);
	s->secret = s->secret || a->secret;
	if (a->secret && s->ask->hide)
		v = a->kind == PATH ? VIEW("/…") : view_str(hidden);
	if (a->kind != PATH) {
		s->values[s->nvalues++] = (struct value){ a->name, v };
		return 0;
	}
	s->link = view_str(arena_printf(s->arena, "%s%.*s", s->ask->public_url, (int)v.n, v.p));
	return s->link.p ? 0 : err_set(err, -ENOMEM, "no memory");
}

static int take_arguments(struct letter_state *s, struct err *err)
{
	const struct view text = s->ask->arguments;
	json_t *root = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, NULL);
	int rc = json_is_object(root) ? 0 : err_set(err, -EINVAL, "the arguments are no object");

	for (size_t i = 0; rc == 0 && i < ARGUMENTS_MAX && s->template->arguments[i].name; i++)
		rc = take_argument(s, &s->template->arguments[i], root, err);
	json_decref(root);
	return rc;
}

/* A name comes from whoever registered, and goes to whatever address was typed: one that mail
 * programs would make a link of greets nobody. */
static bool may_greet(struct view name)
{
	bool dot = false;

	for (size_t i = 0; i < name.n; i++) {
		const unsigned char c = (unsigned char)name.p[i];

		if (c == '/' || c == '@' || c == ':' || (dot && c != ' '))
			return false;
		dot = c == '.';
	}
	return name.n > 0 && name.n <= MAIL_ARGUMENT_MAX && json_is_text(name);
}

/* Filling in: once through, so that a value with braces stays what it is. */

static struct view value_of(const struct value *values, size_t n, struct view name)
{
	for (size_t i = 0; i < n; i++)
		if (view_eq(view_str(values[i].name), name))
			return values[i].text;
	return (struct view){};
}

static struct view fill(struct arena *arena, const char *pattern, const struct value *values,
			size_t n)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(MAIL_LETTER_MAX);
	struct view rest = view_str(pattern);

	while (rest.n > 0) {
		struct view behind, after;
		const struct view before = view_cut(rest, '{', &behind);

		buf_add(&out, before);
		if (before.n == rest.n)
			break;
		buf_add(&out, value_of(values, n, view_cut(behind, '}', &after)));
		rest = after;
	}
	return (struct view){ out.err ? NULL : arena_dup(arena, buf_view(&out)), out.n };
}

/* The parts of a letter, in both of its forms. */

struct parts {
	struct view hello, body, footer;
};

static void text_print(struct buf *out, const struct letter_state *s, const struct parts *p)
{
	struct view rest = p->body;
	bool gap = true;

	buf_add(out, p->hello);
	buf_str(out, "\n\n");
	while (rest.n > 0) { /* an empty value leaves no gap */
		const struct view line = view_cut(rest, '\n', &rest);

		if (line.n > 0 || !gap) {
			buf_add(out, line);
			buf_chr(out, '\n');
		}
		gap = line.n == 0;
	}
	buf_str(out, gap ? "" : "\n");
	if (s->link.p) {
		buf_printf(out, "%s\n", s->words->action);
		buf_add(out, s->link);
		buf_str(out, "\n\n");
	}
	buf_str(out, "-- \n");
	buf_add(out, p->footer);
	buf_chr(out, '\n');
}

static int letter_print(struct letter_state *s, const struct parts *p, struct mail_letter *letter,
			struct err *err)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(MAIL_LETTER_MAX);
	CLEANUP(buf_free) struct buf html = BUF_INIT(MAIL_LETTER_MAX);
	const struct mail_page page = {
		.language = view_str(s->catalogue->language),
		.title = letter->subject,
		.hello = p->hello,
		.body = p->body,
		.picture = s->ask->picture,
		.picture_text = view_str(s->catalogue->picture),
		.link = s->link,
		.action = view_str(s->words->action),
		.link_hint = view_str(s->catalogue->link_hint),
		.footer = p->footer,
		.framed = s->ask->framed,
	};

	text_print(&text, s, p);
	mail_html_print(&html, &page);
	if (text.err || html.err)
		return err_set(err, -EINVAL, "the mail is too long");
	letter->text = (struct view){ arena_dup(s->arena, buf_view(&text)), text.n };
	letter->html = (struct view){ arena_dup(s->arena, buf_view(&html)), html.n };
	return letter->text.p && letter->html.p ? 0 : err_set(err, -ENOMEM, "no memory");
}

/* A region does not matter: pt-BR gets Portuguese. */
static const struct mail_catalogue *catalogue_of(struct view language)
{
	struct view region;
	const struct view spoken = view_cut(language, '-', &region);

	for (size_t i = 0; i < CATALOGUES; i++)
		if (view_eq(view_str(mail_catalogues[i].language), spoken))
			return &mail_catalogues[i];
	return NULL;
}

static int find(struct letter_state *s, struct err *err)
{
	for (size_t i = 0; i < MAIL_TEXTS; i++)
		if (view_eq(view_str(templates[i].name), s->ask->template))
			s->template = &templates[i];
	if (!s->template)
		return err_set(err, -EINVAL, "there is no such template");
	s->catalogue = catalogue_of(s->ask->language);
	if (!s->catalogue)
		s->catalogue = catalogue_of(s->ask->site_language);
	if (!s->catalogue)
		s->catalogue = &mail_catalogues[0];
	s->words = &s->catalogue->words[s->template - templates];
	return 0;
}

int mail_text_render(const struct mail_ask *ask, struct arena *arena,
		     struct mail_letter *ret_letter, struct err *err)
{
	const struct value name = { "name", ask->name };
	const struct value host = { "host", host_of(ask->public_url) };
	struct letter_state s = { .ask = ask, .arena = arena };
	struct mail_letter letter;
	struct parts p;
	int rc = find(&s, err);

	if (rc == 0)
		rc = take_arguments(&s, err);
	if (rc < 0)
		return rc;
	p = (struct parts){
		.hello = fill(arena,
			      may_greet(ask->name) ? s.catalogue->hello : s.catalogue->hello_nobody,
			      &name, 1),
		.body = fill(arena, s.words->body, s.values, s.nvalues),
		.footer = fill(arena, s.catalogue->footer, &host, 1),
	};
	letter =
		(struct mail_letter){ .subject = fill(arena, s.words->subject, s.values, s.nvalues),
				      .language = view_str(s.catalogue->language),
				      .secret = s.secret };
	if (!p.hello.p || !p.body.p || !p.footer.p || !letter.subject.p)
		return err_set(err, -ENOMEM, "no memory");
	rc = letter_print(&s, &p, &letter, err);
	if (rc == 0)
		*ret_letter = letter;
	return rc;
}
