/* Tickets: what people of a site report to those who look after it, and the conversation about it.
 *
 * Whoever has RIGHT_TICKET_READ is staff and sees all of the site; others see their own. */
#include "api/notice.h"
#include "api/reply.h"
#include "api/request.h"
#include "api/resource.h"
#include "api/session.h"
#include "store/account.h"
#include "store/device.h"
#include "store/support.h"

#include <errno.h>

enum {
	SUBJECT_MAX = 100,
	TEXT_MAX = 4000, /* characters of a message */
	REACH_MAX = 100, /* of how to reach the reporter */
	PAGE_MAX = 200,  /* of the page that it was reported from */
	BROWSER_MAX = 300,
	CONTEXT_MAX = 64 * 1024, /* bytes */
	CONTEXT_DEVICES_MAX = 100,
	TICKETS_OPEN_MAX = 10, /* of one person at one site */
	TICKETS_DAY_MAX = 10,
	MESSAGES_DAY_MAX = 100,
	DAY_MS = 24 * 3600 * 1000,
	WAIT_S = 3600, /* what somebody who wrote too much is told to wait */
};
_Static_assert((int)PAGE_SIZE_MAX < (int)TICKET_PAGE_MAX, "one row more tells of another page");

static const char *const states[] = { "open", "answered", "closed", "reopened", NULL };
static const char *const set_states[] = { "closed", "reopened", NULL };

/* ---- shapes ---- */

struct ticket_edit {
	struct view subject, text, contact, page;
	bool with_context;
};
#define EDIT(member) offsetof(struct ticket_edit, member)
static const struct field edit_fields[] = {
	{ "subject", FIELD_TEXT, 0, EDIT(subject), .min = 1, .max = SUBJECT_MAX },
	{ "text", FIELD_TEXT, FIELD_LINES, EDIT(text), .min = 1, .max = TEXT_MAX },
	{ "contact", FIELD_TEXT, FIELD_OPTIONAL, EDIT(contact), .max = REACH_MAX,
	  .doc = "How to reach the reporter besides by e-mail" },
	{ "page", FIELD_TEXT, FIELD_OPTIONAL, EDIT(page), .max = PAGE_MAX,
	  .doc = "What the reporter was looking at" },
	{ "with_context", FIELD_BOOL, 0, EDIT(with_context),
	  .doc = "Attach what /tickets/context shows" },
};
const struct shape ticket_edit_shape = SHAPE("TicketEdit", struct ticket_edit, edit_fields);

struct message_edit {
	struct view text;
};
static const struct field message_edit_fields[] = {
	{ "text", FIELD_TEXT, FIELD_LINES, offsetof(struct message_edit, text), .min = 1,
	  .max = TEXT_MAX },
};
const struct shape ticket_message_edit_shape =
	SHAPE("TicketMessageEdit", struct message_edit, message_edit_fields);

struct state_edit {
	struct view state;
};
static const struct field state_fields[] = {
	{ "state", FIELD_ENUM, 0, offsetof(struct state_edit, state), .values = set_states },
};
const struct shape ticket_state_shape = SHAPE("TicketState", struct state_edit, state_fields);

struct context_view {
	struct view context;
};
static const struct field context_fields[] = {
	{ "context", FIELD_TEXT, 0, offsetof(struct context_view, context), .max = CONTEXT_MAX,
	  .doc = "A JSON object, as text: exactly what would be attached" },
};
const struct shape ticket_context_shape =
	SHAPE("TicketContext", struct context_view, context_fields);

struct message_view {
	struct ticket_message_row row;
	bool staff, own;
};
#define MESSAGE(member) offsetof(struct message_view, row.member)
static const struct field message_fields[] = {
	{ "id", FIELD_ID, 0, MESSAGE(id) },
	{ "at", FIELD_INT, 0, MESSAGE(at), .max = INT64_MAX },
	{ "person_name", FIELD_TEXT, 0, MESSAGE(person_name) },
	{ "staff", FIELD_BOOL, 0, offsetof(struct message_view, staff),
	  .doc = "Written by who looks after the site" },
	{ "own", FIELD_BOOL, 0, offsetof(struct message_view, own) },
	{ "text", FIELD_TEXT, FIELD_LINES, MESSAGE(text) },
};
const struct shape ticket_message_shape =
	SHAPE("TicketMessage", struct message_view, message_fields);

struct ticket_view {
	struct ticket_row row;
	bool own;
	struct shape_list messages;
};
#define TICKET(member) offsetof(struct ticket_view, row.member)
#define TICKET_FIELDS                                                                              \
	{ "id", FIELD_ID, 0, TICKET(id) }, { "subject", FIELD_TEXT, 0, TICKET(subject) },          \
		{ "state", FIELD_ENUM, 0, TICKET(state), .values = states },                       \
		{ "person_name", FIELD_TEXT, 0, TICKET(person_name), .doc = "Who reported it" },   \
		{ "contact", FIELD_TEXT, 0, TICKET(contact) },                                     \
		{ "created_at", FIELD_INT, 0, TICKET(created_at), .max = INT64_MAX },              \
		{ "changed_at", FIELD_INT, 0, TICKET(changed_at), .max = INT64_MAX },              \
	{                                                                                          \
		"own", FIELD_BOOL, 0, offsetof(struct ticket_view, own)                            \
	}

static const struct field entry_fields[] = { TICKET_FIELDS };
const struct shape ticket_entry_shape = SHAPE("TicketEntry", struct ticket_view, entry_fields);

static const struct field ticket_fields[] = {
	TICKET_FIELDS,
	{ "context", FIELD_TEXT, 0, TICKET(context), .max = CONTEXT_MAX,
	  .doc = "A JSON object, as text" },
	{ "messages", FIELD_OBJECTS, 0, offsetof(struct ticket_view, messages),
	  .max = TICKET_MESSAGES_MAX, .of = &ticket_message_shape },
};
const struct shape ticket_shape = SHAPE("Ticket", struct ticket_view, ticket_fields);

/* ---- reading ---- */

static bool may(const struct request *r, enum right right)
{
	return rights_judge(r->who.grants, r->who.ngrants, right, r->place) == VERDICT_YES;
}

/* -ENOENT for another's ticket, unless one is staff. */
static int ticket_find(struct request *r, struct ticket_row *ret_ticket)
{
	const int rc = ticket_get(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->arena, ret_ticket);

	if (rc < 0)
		return rc;
	return ret_ticket->person_id == r->who.person_id || may(r, RIGHT_TICKET_READ) ? 0 : -ENOENT;
}

static int cursor_read(struct request *r, int64_t *ret_before)
{
	uint64_t id;

	*ret_before = TICKET_NEWEST;
	if (!r->cursor.p)
		return 0;
	if (view_u64(r->cursor, INT64_MAX, &id) < 0)
		return reply_no_cursor(r);
	*ret_before = (int64_t)id;
	return 0;
}

static int state_read(struct request *r, struct view *ret_state)
{
	*ret_state = query_get(r->arena, r->ask->query, "state");
	if (!ret_state->p)
		return 0;
	for (size_t i = 0; states[i]; i++)
		if (view_eq(*ret_state, view_str(states[i])))
			return 0;
	return reply_problem(r, 400, "state", "There is no such state.");
}

static int reply_tickets(struct request *r, const struct ticket_row *rows, size_t n)
{
	const size_t shown = page_size(r, n);
	struct ticket_view *views = arena_alloc(r->arena, sizeof(*views) * (shown + 1));
	struct view next = {};

	if (!views)
		return -ENOMEM;
	for (size_t i = 0; i < shown; i++)
		views[i] = (struct ticket_view){ .row = rows[i],
						 .own = rows[i].person_id == r->who.person_id };
	if (n > shown)
		next = view_str(arena_printf(r->arena, "%lld", (long long)rows[shown - 1].id));
	return reply_list(r, views, shown, next);
}

int api_ticket_list(struct request *r)
{
	const int64_t whose = may(r, RIGHT_TICKET_READ) ? DB_INT_NULL : r->who.person_id;
	struct ticket_row *rows;
	struct view state;
	int64_t before;
	size_t n;
	int rc = cursor_read(r, &before);

	if (rc == 0)
		rc = state_read(r, &state);
	if (rc == 0)
		rc = ticket_list(r->db, r->ids[ID_SITE], whose, state, before, r->limit + 1,
				 r->arena, &rows, &n);
	return rc == 0 ? reply_tickets(r, rows, n) : rc;
}

static struct message_view message_view_of(const struct request *r,
					   const struct ticket_message_row *row)
{
	return (struct message_view){ *row, row->staff != 0, row->person_id == r->who.person_id };
}

static int reply_ticket(struct request *r, const struct ticket_row *ticket)
{
	struct ticket_view view = { .row = *ticket, .own = ticket->person_id == r->who.person_id };
	struct ticket_message_row *rows;
	struct message_view *messages;
	size_t n;
	const int rc = ticket_messages(r->db, ticket->site_id, ticket->id, r->arena, &rows, &n);

	if (rc < 0)
		return rc;
	messages = arena_alloc(r->arena, sizeof(*messages) * (n + 1));
	if (!messages)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		messages[i] = message_view_of(r, &rows[i]);
	view.messages = (struct shape_list){ messages, n };
	return reply_one(r, &view);
}

int api_ticket_get(struct request *r)
{
	struct ticket_row ticket;
	const int rc = ticket_find(r, &ticket);

	return rc == 0 ? reply_ticket(r, &ticket) : rc;
}

/* ---- the context ---- */

/* The client's own words may be any bytes: only printable ASCII of them is kept. */
static struct view browser_of(struct request *r)
{
	const struct view agent = r->ask->agent;
	const size_t n = agent.n < BROWSER_MAX ? agent.n : BROWSER_MAX;
	char *p = arena_alloc(r->arena, n + 1);

	for (size_t i = 0; p && i < n; i++)
		p[i] = agent.p[i] >= ' ' && agent.p[i] <= '~' ? agent.p[i] : '?';
	return view_str(p);
}

static void pair(struct json *j, const char *key, struct view value)
{
	json_key(j, key);
	json_view(j, value);
}

/* Of the devices what everybody may see who may see devices at all. */
static int print_devices(struct request *r, struct json *j)
{
	struct device_row *rows;
	size_t n;
	const int rc = device_list(r->db, r->ids[ID_SITE], r->now, NAME_CURSOR_FIRST,
				   CONTEXT_DEVICES_MAX, r->arena, &rows, &n);

	if (rc < 0)
		return rc;
	json_key(j, "devices");
	json_list_open(j);
	for (size_t i = 0; i < n; i++) {
		json_open(j);
		pair(j, "name", rows[i].name);
		pair(j, "kind", rows[i].kind);
		json_key(j, "online");
		json_bool(j, rows[i].transport.p != NULL);
		json_close(j);
	}
	json_list_close(j);
	return 0;
}

static int context_make(struct request *r, struct view page, struct view *ret_context)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(CONTEXT_MAX);
	struct json j = JSON_TO(&out);
	int rc = 0;

	json_open(&j);
	pair(&j, "version", view_str(r->env->version));
	pair(&j, "page", page);
	pair(&j, "browser", browser_of(r));
	if (may(r, RIGHT_DEVICE_READ))
		rc = print_devices(r, &j);
	json_close(&j);
	if (rc == 0)
		rc = out.err;
	if (rc < 0)
		return rc;
	*ret_context = (struct view){ arena_dup(r->arena, buf_view(&out)), out.n };
	return ret_context->p ? 0 : -ENOMEM;
}

int api_ticket_context_get(struct request *r)
{
	const struct view page = query_get(r->arena, r->ask->query, "page");
	struct context_view view;
	int rc;

	if (!json_is_text(page) || page.n > PAGE_MAX)
		return reply_problem(r, 400, "page", "page has at most %d characters.", PAGE_MAX);
	rc = context_make(r, page, &view.context);
	return rc == 0 ? reply_one(r, &view) : rc;
}

/* ---- mails ---- */

struct telling {
	const char *template;
	const struct ticket_row *ticket;
	struct view place, text;
};

/* Where an answer goes, if it is taken by mail: no word of the template, but the mail's address. */
static int name_reply(struct request *r, const struct ticket_row *ticket,
		      const struct staff_row *whom, struct notice *notice)
{
	const struct reply_place place = { ticket->site_id, ticket->id, whom->person_id };
	struct notice_argument *to = &notice->arguments[notice->narguments];

	if (!r->env->ticket_mail)
		return 0;
	notice->narguments++;
	to->name = "reply_to";
	return reply_address_make(&r->env->key, view_str(r->env->ticket_mail), &place, r->arena,
				  &to->value);
}

static int tell(struct request *r, const struct telling *t, const struct staff_row *whom)
{
	const char *number = arena_printf(r->arena, "%lld", (long long)t->ticket->id);
	const char *path = arena_printf(r->arena, "/sites/%lld/tickets/%lld",
					(long long)t->ticket->site_id, (long long)t->ticket->id);
	struct notice notice = {
		.template = t->template,
		.company_id = r->place.company_id,
		.site_id = r->place.site_id,
		.person_id = whom->person_id,
		.recipient = whom->email,
		.name = whom->name,
		.language = whom->language,
		.arguments = { { "number", view_str(number) },
			       { "subject", t->ticket->subject },
			       { "path", view_str(path) },
			       { "by", r->who.name },
			       { "place", t->place },
			       { "text", t->text } },
		.narguments = 6,
	};

	if (!number || !path)
		return -ENOMEM;
	return name_reply(r, t->ticket, whom, &notice) < 0 ? -ENOMEM : notice_queue(r, &notice);
}

/* Who reported it, unless that is who writes, or is gone, or has no address. */
static int tell_reporter(struct request *r, const struct telling *t)
{
	struct person_row person;
	const int rc = person_get(r->db, t->ticket->person_id, r->arena, &person);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (!person.email.p || person.disabled_at != DB_INT_NULL)
		return 0;
	return tell(r, t,
		    &(struct staff_row){ person.id, person.name, person.email, person.language });
}

static int tell_staff(struct request *r, struct telling t)
{
	struct staff_row *staff;
	size_t n;
	int rc = site_staff(r->db, t.ticket->site_id, r->arena, &staff, &n);

	t.place = r->site.name;
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (staff[i].person_id != r->who.person_id)
			rc = tell(r, &t, &staff[i]);
	return rc;
}

/* ---- writing ---- */

static size_t characters(struct view text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

static int too_many(struct request *r, const char *what)
{
	reply_field(r, "Retry-After", arena_printf(r->arena, "%d", WAIT_S));
	return reply_problem(r, 429, NULL, "%s", what);
}

static int check_limits(struct request *r, bool is_new)
{
	struct ticket_count_row counts;
	const int rc =
		ticket_count(r->db, r->ids[ID_SITE], r->who.person_id, r->now - DAY_MS, &counts);

	if (rc < 0)
		return rc;
	if (is_new && counts.open >= TICKETS_OPEN_MAX)
		return too_many(r, "You have too many open tickets here: close some first.");
	if (is_new && counts.tickets >= TICKETS_DAY_MAX)
		return too_many(r, "You have opened too many tickets today.");
	return counts.messages >= MESSAGES_DAY_MAX ? too_many(r, "You have written too much today.")
						   : 0;
}

static int ticket_make(struct request *r, const struct ticket_edit *in, struct ticket_row *t)
{
	int rc = 0;

	*t = (struct ticket_row){
		.site_id = r->ids[ID_SITE],
		.person_id = r->who.person_id,
		.person_name = r->who.name,
		.contact = in->contact.p ? in->contact : VIEW(""),
		.subject = in->subject,
		.context = VIEW("{}"),
		.state = VIEW("open"),
		.created_at = r->now,
		.changed_at = r->now,
	};
	if (in->with_context)
		rc = context_make(r, in->page, &t->context);
	return rc == 0 ? ticket_create(r->db, r->now, t, in->text, &t->id) : rc;
}

int api_ticket_post(struct request *r)
{
	const struct ticket_edit *in = r->body;
	DB_TRANSACTION struct db_tx tx = {};
	struct ticket_row ticket;
	struct telling t = { "ticket_opened", &ticket, VIEW(""), in->text };
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = check_limits(r, true);
	if (rc == 0)
		rc = ticket_make(r, in, &ticket);
	if (rc == 0)
		rc = tell_reporter(r, &t);
	t.template = "ticket_news";
	if (rc == 0)
		rc = tell_staff(r, t);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_ticket(r, &ticket) : rc;
}

/* Staff answers. The reporter asks on, which opens again what was closed. */
static struct view state_after(const struct ticket_row *ticket, bool by_staff)
{
	if (by_staff)
		return VIEW("answered");
	return view_eq(ticket->state, VIEW("closed")) || view_eq(ticket->state, VIEW("reopened"))
		       ? VIEW("reopened")
		       : VIEW("open");
}

static int message_add(struct request *r, const struct ticket_row *ticket, struct message_view *m)
{
	const bool by_staff = ticket->person_id != r->who.person_id;
	const struct telling t = { by_staff ? "ticket_answer" : "ticket_news", ticket, VIEW(""),
				   m->row.text };
	int rc;

	m->row.site_id = ticket->site_id;
	m->row.ticket_id = ticket->id;
	m->row.person_id = r->who.person_id;
	m->row.person_name = r->who.name;
	m->row.staff = by_staff;
	m->row.at = r->now;
	rc = ticket_message_add(r->db, r->now, &m->row, state_after(ticket, by_staff), &m->row.id);
	if (rc < 0)
		return rc;
	return by_staff ? tell_reporter(r, &t) : tell_staff(r, t);
}

/* In a transaction: onto the ticket of the path, by who is there. */
static int message_take(struct request *r, struct message_view *message)
{
	struct ticket_row ticket;
	int rc = ticket_find(r, &ticket);

	if (rc == 0)
		rc = check_limits(r, false);
	return rc == 0 ? message_add(r, &ticket, message) : rc;
}

int api_ticket_message_post(struct request *r)
{
	const struct message_edit *in = r->body;
	struct message_view message = { .row.text = in->text };
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = message_take(r, &message);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == -ENOSPC)
		return reply_problem(r, 409, NULL, "This ticket is full: open a new one.");
	message = message_view_of(r, &message.row);
	return rc == 0 ? reply_one(r, &message) : rc;
}

/* The writer is who was told, as far as a mail can say, and may still be heard there. */
static int writer_find(struct request *r, const struct reply_place *at, struct view from)
{
	struct person_row person;
	int rc = person_get(r->db, at->person_id, r->arena, &person);

	if (rc == 0)
		rc = site_get(r->db, at->site_id, r->arena, &r->site);
	if (rc < 0)
		return rc;
	r->ids[ID_SITE] = at->site_id;
	r->ids[ID_OBJECT] = at->ticket_id;
	r->place = (struct place){ r->site.company_id, r->site.id, 0 };
	if (!person.email.p || !view_ieq(person.email, from) || session_person(r, &person) < 0)
		return -EACCES;
	return may(r, RIGHT_CONTACT_READ) ? 0 : -EACCES;
}

int reply_take(struct request *r, const struct reply_place *at, struct view from, struct view text)
{
	struct answer unheard = { .body = BUF_INIT(ANSWER_BODY_MAX) };
	struct message_view message = { .row.text = text };
	DB_TRANSACTION struct db_tx tx = {};
	int rc = characters(text) <= TEXT_MAX ? db_begin(r->db, &tx) : -EMSGSIZE;

	r->answer = &unheard;
	if (rc == 0)
		rc = writer_find(r, at, from);
	if (rc == 0)
		rc = message_take(r, &message);
	if (rc == 0)
		rc = db_commit(&tx);
	r->answer = NULL;
	buf_free(&unheard.body);
	return rc == ANSWERED ? -EDQUOT : rc;
}

int api_ticket_put(struct request *r)
{
	const struct state_edit *in = r->body;
	DB_TRANSACTION struct db_tx tx = {};
	struct ticket_row ticket;
	const struct telling t = { "ticket_closed", &ticket, VIEW(""), VIEW("") };
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = ticket_find(r, &ticket);
	if (rc == 0)
		rc = ticket_state_set(r->db, r->now, ticket.site_id, ticket.id, in->state);
	if (rc == 0 && view_eq(in->state, VIEW("closed")) && ticket.person_id != r->who.person_id) {
		rc = sender_ask(r);
		if (rc == 0)
			rc = tell_reporter(r, &t);
	}
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc != 0)
		return rc;
	ticket.state = in->state;
	ticket.changed_at = r->now;
	return reply_ticket(r, &ticket);
}
