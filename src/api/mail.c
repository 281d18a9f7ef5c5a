/* The outbox, for whoever runs the server. A one-time link lets in whoever has it: it is shown of
 * mail that was kept, for the operator is its postman then, and of no other. */
#include "store/mail.h"

#include "api/request.h"
#include "api/resource.h"
#include "base/log.h"
#include "office/mail_text.h"

#include <errno.h>

_Static_assert((int)PAGE_SIZE_MAX < (int)MAIL_PAGE_MAX, "one row more tells of another page");

struct letter_view {
	struct mail_row row;
	struct view subject, text, html;
	bool hidden;
};

static const char *const states[] = { "waiting", "sent", "failed", "kept", NULL };

#define MAIL_FIELDS                                                                                \
	{ "id", FIELD_ID, 0, offsetof(struct mail_row, id) },                                      \
	{ "state", FIELD_ENUM, 0, offsetof(struct mail_row, state), .values = states },            \
	{ "template", FIELD_TEXT, 0, offsetof(struct mail_row, template) },                        \
	{ "recipient", FIELD_TEXT, 0, offsetof(struct mail_row, recipient) },                      \
	{ "recipient_name", FIELD_TEXT, 0, offsetof(struct mail_row, recipient_name) },            \
	{ "language", FIELD_TEXT, 0, offsetof(struct mail_row, language) },                        \
	{ "company", FIELD_ID, FIELD_NULLABLE, offsetof(struct mail_row, company_id) },            \
	{ "site", FIELD_ID, FIELD_NULLABLE, offsetof(struct mail_row, site_id) },                  \
	{ "created_at", FIELD_INT, 0, offsetof(struct mail_row, created_at), .max = INT64_MAX },   \
	{ "due_at", FIELD_INT, 0, offsetof(struct mail_row, due_at), .max = INT64_MAX,             \
	  .doc = "When it is tried next, while it waits" },                                        \
	{ "done_at", FIELD_INT, FIELD_NULLABLE, offsetof(struct mail_row, done_at),                \
	  .max = INT64_MAX },                                                                      \
	{ "tries", FIELD_INT, 0, offsetof(struct mail_row, tries), .max = INT64_MAX },             \
	{ "error", FIELD_TEXT, 0, offsetof(struct mail_row, error),                                \
	  .doc = "What the mail server said to the last try" }

static const struct field mail_fields[] = { MAIL_FIELDS };
const struct shape mail_shape = SHAPE("Mail", struct mail_row, mail_fields);

_Static_assert(offsetof(struct letter_view, row) == 0, "the fields of the row stand first");
static const struct field letter_fields[] = {
	MAIL_FIELDS,
	{ "subject", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct letter_view, subject),
	  .doc = "Null once it was sent: what it said is forgotten then" },
	{ "text", FIELD_TEXT, FIELD_NULLABLE | FIELD_LINES, offsetof(struct letter_view, text) },
	{ "html", FIELD_TEXT, FIELD_NULLABLE | FIELD_LINES, offsetof(struct letter_view, html) },
	{ "hidden", FIELD_BOOL, 0, offsetof(struct letter_view, hidden),
	  .doc = "A one-time link or a PIN was left out: only those of kept mail are shown" },
};
const struct shape mail_letter_shape = SHAPE("MailLetter", struct letter_view, letter_fields);

struct outbox {
	struct mail_tally tally;
	bool smtp, down;
	struct view server, from;
};

#define OUTBOX(member) offsetof(struct outbox, member)
static const struct field outbox_fields[] = {
	{ "smtp", FIELD_BOOL, 0, OUTBOX(smtp), .doc = "Mails are sent; without it they are kept" },
	{ "server", FIELD_TEXT, FIELD_NULLABLE, OUTBOX(server) },
	{ "from", FIELD_TEXT, FIELD_NULLABLE, OUTBOX(from) },
	{ "down", FIELD_BOOL, 0, OUTBOX(down), .doc = "The mail server did not take the last one" },
	{ "waiting", FIELD_INT, 0, OUTBOX(tally.waiting), .max = INT64_MAX },
	{ "sent", FIELD_INT, 0, OUTBOX(tally.sent), .max = INT64_MAX,
	  .doc = "As long as they are listed" },
	{ "failed", FIELD_INT, 0, OUTBOX(tally.failed), .max = INT64_MAX },
	{ "kept", FIELD_INT, 0, OUTBOX(tally.kept), .max = INT64_MAX },
};
const struct shape outbox_shape = SHAPE("Outbox", struct outbox, outbox_fields);

int api_outbox_get(struct request *r)
{
	struct mail_way way = {};
	struct outbox box = {};
	const int rc = mail_tally(r->db, &box.tally);

	if (rc < 0)
		return rc;
	if (r->env->mail_way)
		r->env->mail_way(r->env->mail_way_arg, &way);
	box.smtp = way.server != NULL;
	box.down = way.down;
	if (way.server)
		box.server = view_str(way.server);
	if (way.from)
		box.from = view_str(way.from);
	return reply_one(r, &box);
}

static bool is_state(struct view text)
{
	for (size_t i = 0; states[i]; i++)
		if (view_eq(text, view_str(states[i])))
			return true;
	return false;
}

int api_mail_list(struct request *r)
{
	struct mail_filter filter = { query_get(r->arena, r->ask->query, "state"),
				      query_get(r->arena, r->ask->query, "q") };
	uint64_t before = INT64_MAX;
	struct mail_row *rows;
	struct view next = {};
	size_t n;
	int rc;

	if (filter.state.p && !is_state(filter.state))
		return reply_problem(r, 400, "state",
				     "state must be one of waiting, sent, failed and kept.");
	if (!json_is_text(filter.recipient) || filter.recipient.n > MAIL_SEARCH_MAX)
		return reply_problem(r, 400, "q", "q has at most %d bytes.", MAIL_SEARCH_MAX);
	if (r->cursor.p && view_u64(r->cursor, INT64_MAX, &before) < 0)
		return reply_no_cursor(r);
	rc = mail_search(r->db, &filter, (int64_t)before, r->limit + 1, r->arena, &rows, &n);
	if (rc != 0)
		return rc;
	if (n > (size_t)r->limit)
		next = view_str(arena_printf(r->arena, "%lld", (long long)rows[r->limit - 1].id));
	return reply_list(r, rows, page_size(r, n), next);
}

/* What the mail says, or nothing when that cannot be told. */
static int read_letter(struct request *r, bool framed, struct letter_view *view)
{
	const bool kept = view_eq(view->row.state, VIEW("kept"));
	const struct mail_ask ask = { .template = view->row.template,
				      .language = view->row.language,
				      .site_language = view->row.site_language,
				      .name = view->row.recipient_name,
				      .arguments = view->row.arguments,
				      .public_url = r->env->public_url,
				      .hide = !kept,
				      .framed = framed };
	struct mail_letter letter;
	int rc;

	if (view_eq(view->row.state, VIEW("sent")))
		return 0;
	rc = mail_text_render(&ask, r->arena, &letter, NULL);
	if (rc < 0)
		return rc == -EINVAL ? 0 : rc;
	view->subject = letter.subject;
	view->text = letter.text;
	view->html = letter.html;
	view->hidden = letter.secret && !kept;
	if (letter.secret && kept)
		log_info("mail_read", LF_I("mail", view->row.id),
			 LF_V("template", view->row.template), LF_I("by", r->who.person_id));
	return 0;
}

int api_mail_get(struct request *r)
{
	struct letter_view view = {};
	int rc = mail_get(r->db, r->ids[ID_SITE], r->arena, &view.row);

	if (rc == 0)
		rc = read_letter(r, false, &view);
	return rc == 0 ? reply_one(r, &view) : rc;
}

/* The HTML is for a frame: it may have its own styles, but no origin, scripts or forms. */
static const char letter_policy[] =
	"sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'";

int api_mail_html_get(struct request *r)
{
	struct letter_view view = {};
	int rc = mail_get(r->db, r->ids[ID_OWN], r->arena, &view.row);

	if (rc == 0)
		rc = read_letter(r, true, &view);
	if (rc == 0 && !view.html.p)
		rc = -ENOENT;
	if (rc != 0)
		return rc;
	buf_add(&r->answer->body, view.html);
	r->answer->status = r->route->status;
	reply_field(r, "Content-Type", "text/html; charset=utf-8");
	reply_field(r, "Content-Security-Policy", letter_policy);
	return 0;
}

int api_mail_retry(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	const int64_t id = r->ids[ID_SITE]; /* the first of the path */
	struct mail_row row;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = mail_get(r->db, id, r->arena, &row);
	if (rc == 0 && view_eq(row.state, VIEW("sent")))
		return reply_problem(r, 409, NULL, "This mail was sent already.");
	if (rc == 0)
		rc = mail_retry(r->db, r->now, id);
	if (rc == 0)
		rc = mail_get(r->db, id, r->arena, &row);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_one(r, &row) : rc;
}
