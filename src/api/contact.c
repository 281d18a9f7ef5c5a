/* Facility contacts: whom the people of a site turn to. */
#include "api/person.h"
#include "api/request.h"
#include "api/resource.h"
#include "store/support.h"

#include <errno.h>

enum { PHONE_MAX = 40, POSITION_MAX = 1000 };
_Static_assert((int)CONTACTS_MAX <= (int)PAGE_SIZE_MAX, "all of a site fit on a page");

/* An empty address is none. */
static const char *contact_email_fault(struct view text)
{
	return text.n == 0 ? NULL : email_fault(text);
}

static const char *phone_fault(struct view text)
{
	for (size_t i = 0; i < text.n; i++) {
		const char c = text.p[i];
		if (!((c >= '0' && c <= '9') || c == '+' || c == ' ' || c == '-' || c == '.' ||
		      c == '/' || c == '(' || c == ')'))
			return "must have digits, spaces and + - . / ( ) only.";
	}
	return NULL;
}

#define CONTACT(member) offsetof(struct contact_row, member)
#define CONTACT_EDIT_FIELDS                                                                         \
	{ "position",        FIELD_INT,           0,                                                \
	  CONTACT(position), .max = POSITION_MAX, .doc = "Smaller ones come first" },               \
		{ "name", FIELD_TEXT, 0, CONTACT(name), .min = 1, .max = 100 },                     \
		{ "role", FIELD_TEXT, 0, CONTACT(role), .max = 100, .doc = "Caretaker, manager" },  \
		{ "purpose",        FIELD_TEXT, 0,                                                  \
		  CONTACT(purpose), .max = 200, .doc = "What to turn to this person for" },         \
		{ "phone", FIELD_TEXT, 0, CONTACT(phone), .max = PHONE_MAX, .check = phone_fault }, \
	{                                                                                           \
		"email", FIELD_TEXT, 0, CONTACT(email), .max = EMAIL_MAX,                           \
							.check = contact_email_fault                \
	}

static const struct field edit_fields[] = { CONTACT_EDIT_FIELDS };
const struct shape contact_edit_shape = SHAPE("ContactEdit", struct contact_row, edit_fields);

static const struct field contact_fields[] = {
	{ "id", FIELD_ID, 0, CONTACT(id) },
	CONTACT_EDIT_FIELDS,
};
const struct shape contact_shape = SHAPE("Contact", struct contact_row, contact_fields);

int api_contact_list(struct request *r)
{
	struct contact_row *rows;
	size_t n;
	const int rc = contact_list(r->db, r->ids[ID_SITE], r->arena, &rows, &n);

	return rc == 0 ? reply_list(r, rows, n, (struct view){}) : rc;
}

static int reply_contact(struct request *r, int64_t id)
{
	struct contact_row row;
	const int rc = contact_get(r->db, r->ids[ID_SITE], id, r->arena, &row);

	return rc == 0 ? reply_one(r, &row) : rc;
}

int api_contact_get(struct request *r)
{
	return reply_contact(r, r->ids[ID_OBJECT]);
}

int api_contact_post(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct contact_row *row = r->body;
	int64_t id = 0;
	int rc = db_begin(r->db, &tx);

	row->site_id = r->ids[ID_SITE];
	if (rc == 0)
		rc = contact_create(r->db, r->now, row, &id);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == -ENOSPC)
		return reply_problem(r, 409, NULL, "A site has at most %d contacts.", CONTACTS_MAX);
	return rc == 0 ? reply_contact(r, id) : rc;
}

int api_contact_put(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct contact_row *row = r->body;
	int rc = db_begin(r->db, &tx);

	row->site_id = r->ids[ID_SITE];
	row->id = r->ids[ID_OBJECT];
	if (rc == 0)
		rc = contact_edit(r->db, r->now, row);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_contact(r, row->id) : rc;
}

int api_contact_delete(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = contact_delete(r->db, r->now, r->ids[ID_SITE], r->ids[ID_OBJECT]);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_none(r) : rc;
}
