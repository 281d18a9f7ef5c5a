#include "store/company.h"

#include "api/invite.h"
#include "api/people.h"
#include "api/resource.h"
#include "store/account.h"

#include <errno.h>

enum { ID_COMPANY = ID_SITE, ID_ADMIN = ID_OBJECT };

struct admin_body {
	struct view name;
	struct view email;
	struct view language;
};

struct admin_view {
	struct company_admin_row row;
	bool active;
};

static const struct field edit_fields[] = {
	{ "name", FIELD_TEXT, 0, offsetof(struct company_row, name), .min = 1, .max = 100 },
};
const struct shape company_edit_shape = SHAPE("CompanyEdit", struct company_row, edit_fields);

static const struct field company_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct company_row, id) },
	{ "name", FIELD_TEXT, 0, offsetof(struct company_row, name) },
	{ "sites", FIELD_INT, 0, offsetof(struct company_row, sites), .max = INT64_MAX,
	  .doc = "How many it has" },
};
const struct shape company_shape = SHAPE("Company", struct company_row, company_fields);

static const struct field admin_edit_fields[] = {
	{ "name", FIELD_TEXT, 0, offsetof(struct admin_body, name), .min = 1, .max = 100 },
	{ "email", FIELD_TEXT, 0, offsetof(struct admin_body, email), .min = EMAIL_MIN,
	  .max = EMAIL_MAX, .check = email_fault,
	  .doc = "Of a person who has an account: keeps that person's name and language" },
	{ "language", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULLABLE,
	  offsetof(struct admin_body, language), .min = LANGUAGE_MIN, .max = LANGUAGE_MAX,
	  .check = language_fault, .doc = "Of portal and mails; one's own unless said" },
};
const struct shape company_admin_edit_shape =
	SHAPE("CompanyAdminEdit", struct admin_body, admin_edit_fields);

static const struct field admin_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct admin_view, row.id) },
	{ "name", FIELD_TEXT, 0, offsetof(struct admin_view, row.name) },
	{ "email", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct admin_view, row.email) },
	{ "active", FIELD_BOOL, 0, offsetof(struct admin_view, active),
	  .doc = "Has chosen a password" },
};
const struct shape company_admin_shape = SHAPE("CompanyAdmin", struct admin_view, admin_fields);

int api_company_list(struct request *r)
{
	struct company_row *rows;
	struct name_cursor after;
	struct view next;
	size_t n;
	int rc = page_after(r, &after);

	if (rc == 0)
		rc = company_list(r->db, r->who.person_id, after, r->limit + 1, r->arena, &rows,
				  &n);
	if (rc != 0)
		return rc;
	next = n > (size_t)r->limit ? page_next(r, rows[r->limit - 1].name, rows[r->limit - 1].id)
				    : (struct view){};
	return reply_list(r, rows, page_size(r, n), next);
}

static int reply_company(struct request *r, int64_t id)
{
	struct company_row row;
	const int rc = company_get(r->db, id, r->arena, &row);

	return rc == 0 ? reply_one(r, &row) : rc;
}

int api_company_get(struct request *r)
{
	return reply_company(r, r->ids[ID_COMPANY]);
}

static int found(struct request *r, const struct company_row *company, int64_t *ret_id)
{
	struct role_row role = { VIEW("company_admin"), 0, DB_INT_NULL, DB_INT_NULL };
	struct company_row *rows;
	size_t n;
	int rc = company_list(r->db, r->who.person_id, NAME_CURSOR_FIRST, COMPANIES_MAX, r->arena,
			      &rows, &n);

	if (rc == 0 && n >= COMPANIES_MAX)
		return reply_problem(r, 422, NULL, "One person has at most %d companies.",
				     COMPANIES_MAX);
	if (rc == 0)
		rc = company_create(r->db, r->now, company->name, ret_id);
	role.company_id = *ret_id;
	return rc == 0 ? role_grant(r->db, r->now, r->who.person_id, &role) : rc;
}

int api_company_post(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	int64_t id = 0;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = found(r, r->body, &id);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_company(r, id) : rc;
}

int api_company_put(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	const struct company_row *company = r->body;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = company_rename(r->db, r->now, r->ids[ID_COMPANY], company->name);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_company(r, r->ids[ID_COMPANY]) : rc;
}

static struct admin_view view_of(const struct company_admin_row *row)
{
	return (struct admin_view){ *row, row->active };
}

int api_company_admin_list(struct request *r)
{
	struct company_admin_row *rows;
	struct admin_view *views;
	struct name_cursor after;
	struct view next = {};
	size_t n;
	int rc = page_after(r, &after);

	if (rc == 0)
		rc = company_admins(r->db, r->ids[ID_COMPANY], after, r->limit + 1, r->arena, &rows,
				    &n);
	if (rc != 0)
		return rc;
	if (n > (size_t)r->limit)
		next = page_next(r, rows[r->limit - 1].name, rows[r->limit - 1].id);
	n = page_size(r, n);
	views = arena_alloc(r->arena, sizeof(*views) * (n + 1));
	if (!views)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		views[i] = view_of(&rows[i]);
	return reply_list(r, views, n, next);
}

static int own_language(struct request *r, struct view *ret_language)
{
	struct person_row own;
	const int rc = person_get(r->db, r->who.person_id, r->arena, &own);

	if (rc == 0)
		*ret_language = own.language;
	return rc;
}

static int person_find_or_make(struct request *r, const struct admin_body *body,
			       struct person_row *ret_person)
{
	struct person_row person = { .email = body->email,
				     .name = body->name,
				     .language = body->language,
				     .disabled_at = DB_INT_NULL };
	int rc = email_fold(r->arena, &person.email);

	if (rc == 0)
		rc = person_by_email(r->db, person.email, r->arena, ret_person);
	if (rc != -ENOENT)
		return rc;
	rc = person.language.p ? 0 : own_language(r, &person.language);
	if (rc == 0)
		rc = person_create(r->db, r->now, &person, &person.id);
	*ret_person = person;
	return rc;
}

static int invite(struct request *r, const struct person_row *person)
{
	struct company_row company;
	const int rc = company_get(r->db, r->ids[ID_COMPANY], r->arena, &company);

	if (rc < 0)
		return rc;
	return account_invite(r, &(struct invite){ .person_id = person->id,
						   .company_id = company.id,
						   .place = company.name,
						   .language = person->language });
}

static int add_admin(struct request *r, int64_t *ret_id)
{
	const struct role_row role = { VIEW("company_admin"), r->ids[ID_COMPANY], DB_INT_NULL,
				       DB_INT_NULL };
	struct person_row person = {};
	int rc = person_find_or_make(r, r->body, &person);

	if (rc == 0)
		rc = role_grant(r->db, r->now, person.id, &role);
	if (rc == -EEXIST)
		return reply_problem(r, 409, "email",
				     "This person administers the company already.");
	*ret_id = person.id;
	return rc == 0 ? invite(r, &person) : rc;
}

int api_company_admin_post(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct company_admin_row row;
	struct admin_view view;
	int64_t id = 0;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = add_admin(r, &id);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == 0)
		rc = company_admin_get(r->db, r->ids[ID_COMPANY], id, r->arena, &row);
	if (rc != 0)
		return rc;
	view = view_of(&row);
	return reply_one(r, &view);
}

int api_company_admin_delete(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	int64_t left = 0;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = company_admin_remove(r->db, r->now, r->ids[ID_COMPANY], r->ids[ID_ADMIN],
					  &left);
	if (rc == 0 && left == 0)
		return reply_problem(r, 409, NULL, "The last admin of a company stays.");
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_none(r) : rc;
}
