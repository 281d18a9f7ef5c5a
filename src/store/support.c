#include "store/support.h"

#include "store/change.h"

#include <assert.h>
#include <errno.h>

static const struct db_column contact_columns[] = {
	DB_COLUMN_INT(struct contact_row, id),       DB_COLUMN_INT(struct contact_row, site_id),
	DB_COLUMN_INT(struct contact_row, position), DB_COLUMN_TEXT(struct contact_row, name),
	DB_COLUMN_TEXT(struct contact_row, role),    DB_COLUMN_TEXT(struct contact_row, purpose),
	DB_COLUMN_TEXT(struct contact_row, phone),   DB_COLUMN_TEXT(struct contact_row, email),
};
static const struct db_shape contact_shape = DB_SHAPE(struct contact_row, contact_columns);

static const struct db_column ticket_columns[] = {
	DB_COLUMN_INT(struct ticket_row, id),
	DB_COLUMN_INT(struct ticket_row, site_id),
	DB_COLUMN_INT(struct ticket_row, person_id),
	DB_COLUMN_TEXT(struct ticket_row, person_name),
	DB_COLUMN_TEXT(struct ticket_row, contact),
	DB_COLUMN_TEXT(struct ticket_row, subject),
	DB_COLUMN_TEXT(struct ticket_row, context),
	DB_COLUMN_TEXT(struct ticket_row, state),
	DB_COLUMN_INT(struct ticket_row, created_at),
	DB_COLUMN_INT(struct ticket_row, changed_at),
};
static const struct db_shape ticket_shape = DB_SHAPE(struct ticket_row, ticket_columns);

static const struct db_column message_columns[] = {
	DB_COLUMN_INT(struct ticket_message_row, id),
	DB_COLUMN_INT(struct ticket_message_row, site_id),
	DB_COLUMN_INT(struct ticket_message_row, ticket_id),
	DB_COLUMN_INT(struct ticket_message_row, person_id),
	DB_COLUMN_TEXT(struct ticket_message_row, person_name),
	DB_COLUMN_INT(struct ticket_message_row, staff),
	DB_COLUMN_TEXT(struct ticket_message_row, text),
	DB_COLUMN_INT(struct ticket_message_row, at),
};
static const struct db_shape message_shape = DB_SHAPE(struct ticket_message_row, message_columns);

static const struct db_column staff_columns[] = {
	DB_COLUMN_INT(struct staff_row, person_id),
	DB_COLUMN_TEXT(struct staff_row, name),
	DB_COLUMN_TEXT(struct staff_row, email),
	DB_COLUMN_TEXT(struct staff_row, language),
};
static const struct db_shape staff_shape = DB_SHAPE(struct staff_row, staff_columns);

static const struct db_column count_columns[] = {
	DB_COLUMN_INT(struct ticket_count_row, open),
	DB_COLUMN_INT(struct ticket_count_row, tickets),
	DB_COLUMN_INT(struct ticket_count_row, messages),
};
static const struct db_shape count_shape = DB_SHAPE(struct ticket_count_row, count_columns);

struct id_row {
	int64_t id;
};
static const struct db_column id_columns[] = { DB_COLUMN_INT(struct id_row, id) };
static const struct db_shape id_shape = DB_SHAPE(struct id_row, id_columns);

#define CONTACT_SELECT                                                                             \
	"SELECT id, site_id, position, name, role, purpose, phone, email FROM contact"
#define TICKET_SELECT                                                                              \
	"SELECT id, site_id, person_id, person_name, contact, subject, context, state, "           \
	"created_at,"                                                                              \
	" changed_at FROM ticket"
#define TICKET_PAGE                                                                                \
	" AND id < $2 AND (CAST($3 AS TEXT) IS NULL OR state = $3) ORDER BY id DESC LIMIT $4"
#define STAFF_SELECT                                                                               \
	"SELECT DISTINCT p.id AS person_id, p.name, p.email, p.language FROM person_role r"        \
	" JOIN person p ON p.id = r.person_id"                                                     \
	" WHERE p.email IS NOT NULL AND p.disabled_at IS NULL AND"

enum {
	CONTACT_LIST,
	CONTACT_GET,
	CONTACT_CREATE,
	CONTACT_EDIT,
	CONTACT_DELETE,
	TICKET_LIST,
	TICKET_LIST_OWN,
	TICKET_GET,
	TICKET_CREATE,
	TICKET_STATE,
	MESSAGE_LIST,
	MESSAGE_ADD,
	MESSAGE_COUNT,
	COUNT,
	STAFF,
	STAFF_COMPANY,
};

static const struct db_stmt stmts[] = {
	[CONTACT_LIST] = { "contact_list",
			   CONTACT_SELECT " WHERE site_id = $1 ORDER BY position, id LIMIT $2",
			   &contact_shape },
	[CONTACT_GET] = { "contact_get", CONTACT_SELECT " WHERE site_id = $1 AND id = $2",
			  &contact_shape },
	[CONTACT_CREATE] = { "contact_create",
			     "INSERT INTO contact (site_id, position, name, role, purpose, phone, "
			     "email)"
			     " SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS TEXT),"
			     " CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS "
			     "TEXT)"
			     " WHERE (SELECT COUNT(*) FROM contact WHERE site_id = $1) < $8 "
			     "RETURNING id",
			     &id_shape },
	[CONTACT_EDIT] = { "contact_edit",
			   "UPDATE contact SET position = $3, name = $4, role = $5, purpose = $6,"
			   " phone = $7, email = $8 WHERE site_id = $1 AND id = $2" },
	[CONTACT_DELETE] = { "contact_delete",
			     "DELETE FROM contact WHERE site_id = $1 AND id = $2" },
	[TICKET_LIST] = { "ticket_list", TICKET_SELECT " WHERE site_id = $1" TICKET_PAGE,
			  &ticket_shape },
	/* The person has few, of a site that may have many. */
	[TICKET_LIST_OWN] = { "ticket_list_own",
			      TICKET_SELECT
			      " WHERE site_id + 0 = $1 AND person_id = $5" TICKET_PAGE,
			      &ticket_shape },
	[TICKET_GET] = { "ticket_get", TICKET_SELECT " WHERE site_id = $1 AND id = $2",
			 &ticket_shape },
	[TICKET_CREATE] = { "ticket_create",
			    "INSERT INTO ticket (site_id, person_id, person_name, contact, subject,"
			    " context, state, created_at, changed_at)"
			    " VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $7) RETURNING id",
			    &id_shape },
	[TICKET_STATE] = { "ticket_state", "UPDATE ticket SET state = $3, changed_at = $4"
					   " WHERE site_id = $1 AND id = $2" },
	[MESSAGE_LIST] = { "ticket_messages",
			   "SELECT id, site_id, ticket_id, person_id, person_name, staff, text, at"
			   " FROM ticket_message WHERE site_id = $1 AND ticket_id = $2"
			   " ORDER BY id LIMIT $3",
			   &message_shape },
	[MESSAGE_ADD] = { "ticket_message_add",
			  "INSERT INTO ticket_message (site_id, ticket_id, person_id, person_name, "
			  "staff,"
			  " text, at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
			  &id_shape },
	[MESSAGE_COUNT] = { "ticket_message_count",
			    "SELECT COUNT(*) AS id FROM ticket_message WHERE ticket_id = $1",
			    &id_shape },
	[COUNT] = { "ticket_count",
		    "SELECT (SELECT COUNT(*) FROM ticket WHERE person_id = $1 AND site_id = $2"
		    " AND state <> 'closed') AS open,"
		    " (SELECT COUNT(*) FROM ticket WHERE person_id = $1 AND created_at >= $3) AS "
		    "tickets,"
		    " (SELECT COUNT(*) FROM ticket_message WHERE person_id = $1 AND at >= $3)"
		    " AS messages",
		    &count_shape },
	[STAFF] = { "site_staff",
		    STAFF_SELECT
		    " r.site_id = $1 AND r.role IN ('site_admin_payment', 'site_admin')"
		    " ORDER BY p.id LIMIT $2",
		    &staff_shape },
	[STAFF_COMPANY] = { "site_staff_company",
			    STAFF_SELECT " r.role = 'company_admin' AND r.company_id ="
					 " (SELECT company_id FROM site WHERE id = $1)"
					 " ORDER BY p.id LIMIT $2",
			    &staff_shape },
};

int support_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

/* The row of the site ($1) with that id ($2) is touched, or -ENOENT. */
static int update(struct db *db, int64_t now_ms, const struct db_stmt *stmt, struct view type,
		  const struct db_arg *args, size_t nargs)
{
	int64_t n;
	const int rc = db_exec(db, stmt, args, nargs, &n);

	if (rc < 0)
		return rc;
	return n ? change_append(db, now_ms, args[0].number, type, args[1].number) : -ENOENT;
}

int contact_list(struct db *db, int64_t site_id, struct arena *arena,
		 struct contact_row **ret_contacts, size_t *ret_n)
{
	return db_select(db, &stmts[CONTACT_LIST], DB_ARGS(A_INT(site_id), A_INT(CONTACTS_MAX)),
			 arena, ret_contacts, ret_n);
}

int contact_get(struct db *db, int64_t site_id, int64_t id, struct arena *arena,
		struct contact_row *ret_contact)
{
	return db_one(db, &stmts[CONTACT_GET], DB_ARGS(A_INT(site_id), A_INT(id)), arena,
		      ret_contact);
}

int contact_create(struct db *db, int64_t now_ms, const struct contact_row *c, int64_t *ret_id)
{
	const int rc = db_number(db, &stmts[CONTACT_CREATE],
				 DB_ARGS(A_INT(c->site_id), A_INT(c->position), A_TEXT(c->name),
					 A_TEXT(c->role), A_TEXT(c->purpose), A_TEXT(c->phone),
					 A_TEXT(c->email), A_INT(CONTACTS_MAX)),
				 ret_id);

	if (rc < 0)
		return rc == -ENOENT ? -ENOSPC : rc;
	return change_append(db, now_ms, c->site_id, VIEW("contact"), *ret_id);
}

int contact_edit(struct db *db, int64_t now_ms, const struct contact_row *c)
{
	return update(db, now_ms, &stmts[CONTACT_EDIT], VIEW("contact"),
		      DB_ARGS(A_INT(c->site_id), A_INT(c->id), A_INT(c->position), A_TEXT(c->name),
			      A_TEXT(c->role), A_TEXT(c->purpose), A_TEXT(c->phone),
			      A_TEXT(c->email)));
}

int contact_delete(struct db *db, int64_t now_ms, int64_t site_id, int64_t id)
{
	return update(db, now_ms, &stmts[CONTACT_DELETE], VIEW("contact"),
		      DB_ARGS(A_INT(site_id), A_INT(id)));
}

int ticket_list(struct db *db, int64_t site_id, int64_t person_id, struct view state,
		int64_t before_id, int64_t max, struct arena *arena,
		struct ticket_row **ret_tickets, size_t *ret_n)
{
	assert(max > 0 && max <= TICKET_PAGE_MAX);
	if (person_id == DB_INT_NULL)
		return db_select(
			db, &stmts[TICKET_LIST],
			DB_ARGS(A_INT(site_id), A_INT(before_id), A_TEXT(state), A_INT(max)), arena,
			ret_tickets, ret_n);
	return db_select(db, &stmts[TICKET_LIST_OWN],
			 DB_ARGS(A_INT(site_id), A_INT(before_id), A_TEXT(state), A_INT(max),
				 A_INT(person_id)),
			 arena, ret_tickets, ret_n);
}

int ticket_get(struct db *db, int64_t site_id, int64_t id, struct arena *arena,
	       struct ticket_row *ret_ticket)
{
	return db_one(db, &stmts[TICKET_GET], DB_ARGS(A_INT(site_id), A_INT(id)), arena,
		      ret_ticket);
}

static int message_insert(struct db *db, const struct ticket_message_row *m, int64_t *ret_id)
{
	return db_number(db, &stmts[MESSAGE_ADD],
			 DB_ARGS(A_INT(m->site_id), A_INT(m->ticket_id), A_INT(m->person_id),
				 A_TEXT(m->person_name), A_INT(m->staff), A_TEXT(m->text),
				 A_INT(m->at)),
			 ret_id);
}

int ticket_create(struct db *db, int64_t now_ms, const struct ticket_row *t, struct view text,
		  int64_t *ret_id)
{
	struct ticket_message_row first = { .site_id = t->site_id,
					    .person_id = t->person_id,
					    .person_name = t->person_name,
					    .text = text,
					    .at = now_ms };
	int64_t message_id;
	int rc = db_number(db, &stmts[TICKET_CREATE],
			   DB_ARGS(A_INT(t->site_id), A_INT(t->person_id), A_TEXT(t->person_name),
				   A_TEXT(t->contact), A_TEXT(t->subject), A_TEXT(t->context),
				   A_INT(now_ms)),
			   &first.ticket_id);

	if (rc == 0)
		rc = message_insert(db, &first, &message_id);
	if (rc == 0)
		rc = change_append(db, now_ms, t->site_id, VIEW("ticket"), first.ticket_id);
	if (rc == 0)
		*ret_id = first.ticket_id;
	return rc;
}

int ticket_state_set(struct db *db, int64_t now_ms, int64_t site_id, int64_t id, struct view state)
{
	return update(db, now_ms, &stmts[TICKET_STATE], VIEW("ticket"),
		      DB_ARGS(A_INT(site_id), A_INT(id), A_TEXT(state), A_INT(now_ms)));
}

int ticket_messages(struct db *db, int64_t site_id, int64_t ticket_id, struct arena *arena,
		    struct ticket_message_row **ret_messages, size_t *ret_n)
{
	return db_select(db, &stmts[MESSAGE_LIST],
			 DB_ARGS(A_INT(site_id), A_INT(ticket_id), A_INT(TICKET_MESSAGES_MAX)),
			 arena, ret_messages, ret_n);
}

int ticket_message_add(struct db *db, int64_t now_ms, const struct ticket_message_row *m,
		       struct view state, int64_t *ret_id)
{
	int64_t n = 0;
	/* first: two who write at once wait for each other here, so that the count is right */
	int rc = ticket_state_set(db, now_ms, m->site_id, m->ticket_id, state);

	if (rc == 0)
		rc = db_number(db, &stmts[MESSAGE_COUNT], DB_ARGS(A_INT(m->ticket_id)), &n);
	if (rc == 0 && n >= TICKET_MESSAGES_MAX)
		rc = -ENOSPC;
	return rc == 0 ? message_insert(db, m, ret_id) : rc;
}

int ticket_count(struct db *db, int64_t site_id, int64_t person_id, int64_t from_ms,
		 struct ticket_count_row *ret_counts)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1024);

	return db_one(db, &stmts[COUNT], DB_ARGS(A_INT(person_id), A_INT(site_id), A_INT(from_ms)),
		      &arena, ret_counts);
}

int site_staff(struct db *db, int64_t site_id, struct arena *arena, struct staff_row **ret_staff,
	       size_t *ret_n)
{
	int rc = db_select(db, &stmts[STAFF], DB_ARGS(A_INT(site_id), A_INT(STAFF_MAX)), arena,
			   ret_staff, ret_n);

	if (rc == 0 && *ret_n == 0)
		rc = db_select(db, &stmts[STAFF_COMPANY], DB_ARGS(A_INT(site_id), A_INT(STAFF_MAX)),
			       arena, ret_staff, ret_n);
	return rc;
}
