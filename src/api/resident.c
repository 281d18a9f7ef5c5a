/* An apartment's people: several at once, who are there already or new; the switch that makes one
 * its admin. Staff of the site may do this everywhere; an apartment's admin in the own apartment,
 * with those people only whom nobody else has. */
#include "api/notice.h"
#include "api/people.h"
#include "api/resource.h"
#include "store/account.h"

#include <errno.h>
#include <stdio.h>

static const char *const roles[] = { "site_user", "site_user_no_login", NULL };
#define NO_LOGIN VIEW("site_user_no_login")

struct newcomer {
	struct user_edit who;
	struct view role;
	bool admin;
};

struct residents_body {
	struct shape_list people; /* of int64_t */
	struct shape_list users;  /* of struct newcomer */
};

struct resident_body {
	struct user_edit who;
	bool admin;
};

struct residents_view {
	struct shape_list items;
};

static const struct field newcomer_fields[] = {
	USER_EDIT_FIELDS(struct newcomer, who),
	{ "role", FIELD_ENUM, 0, offsetof(struct newcomer, role), .values = roles },
	{ "admin", FIELD_BOOL, FIELD_OPTIONAL, offsetof(struct newcomer, admin),
	  .doc = "Of the apartment" },
};
static const struct shape newcomer_shape = SHAPE("Newcomer", struct newcomer, newcomer_fields);

static const struct field residents_edit_fields[] = {
	{ "people", FIELD_IDS, FIELD_OPTIONAL, offsetof(struct residents_body, people),
	  .max = RESIDENTS_MAX, .doc = "Users of the site who move in" },
	{ "users", FIELD_OBJECTS, FIELD_OPTIONAL, offsetof(struct residents_body, users),
	  .max = USERS_AT_ONCE_MAX, .of = &newcomer_shape, .doc = "New ones" },
};
const struct shape residents_edit_shape =
	SHAPE("ResidentsEdit", struct residents_body, residents_edit_fields);

static const struct field residents_fields[] = {
	{ "items", FIELD_OBJECTS, 0, offsetof(struct residents_view, items), .max = RESIDENTS_MAX,
	  .of = &user_shape },
};
const struct shape residents_shape = SHAPE("Residents", struct residents_view, residents_fields);

static const struct field resident_edit_fields[] = {
	{ "admin", FIELD_BOOL, 0, offsetof(struct resident_body, admin),
	  .doc = "Of the apartment" },
	{ "name", FIELD_TEXT, FIELD_OPTIONAL, offsetof(struct resident_body, who.name), .min = 1,
	  .max = 100, .doc = "Without it nothing but `admin` changes" },
	{ "email", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULLABLE,
	  offsetof(struct resident_body, who.email), .max = EMAIL_MAX,
	  .check = people_email_fault },
	{ "phone", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULLABLE,
	  offsetof(struct resident_body, who.phone), .max = PHONE_MAX },
	{ "language", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULLABLE,
	  offsetof(struct resident_body, who.language), .min = LANGUAGE_MIN, .max = LANGUAGE_MAX,
	  .check = language_fault },
};
const struct shape resident_edit_shape =
	SHAPE("ResidentEdit", struct resident_body, resident_edit_fields);

static int check_apartment(struct request *r, struct apartment_row *ret_apartment)
{
	return apartment_get(r->db, r->place.site_id, r->place.apartment_id, r->arena,
			     ret_apartment);
}

static struct member_filter filter_of(const struct request *r, int64_t max)
{
	return (struct member_filter){ .site_id = r->place.site_id,
				       .apartment_id = r->place.apartment_id,
				       .after = NAME_CURSOR_FIRST,
				       .max = max };
}

int api_resident_list(struct request *r)
{
	struct member_filter filter = filter_of(r, r->limit + 1);
	struct apartment_row apartment;
	struct member_row *rows;
	size_t n;
	int rc = page_after(r, &filter.after);

	if (rc == 0)
		rc = check_apartment(r, &apartment);
	if (rc == 0)
		rc = member_list(r->db, &filter, r->arena, &rows, &n);
	return rc == 0 ? people_reply_page(r, rows, n) : rc;
}

static int reply_residents(struct request *r)
{
	const struct member_filter filter = filter_of(r, RESIDENTS_MAX);
	struct member_row *rows;
	struct user_view *views;
	size_t n;
	int rc = member_list(r->db, &filter, r->arena, &rows, &n);

	if (rc == 0)
		rc = people_views(r, rows, n, &views, &n);
	return rc == 0 ? reply_one(r, &(struct residents_view){ { views, n } }) : rc;
}

static struct home home_of(const struct request *r, int64_t person_id)
{
	return (struct home){ r->place.company_id, r->place.site_id, r->place.apartment_id,
			      person_id };
}

static const char *field_at(struct request *r, const char *list, size_t i, const char *name)
{
	return arena_printf(r->arena, "%s[%zu]%s%s", list, i, name[0] ? "." : "", name);
}

/* After it: counts stand in the same transaction, so two at once cannot pass the limit together. */
static int check_counts(struct request *r, int64_t person_id)
{
	struct member_row *rows;
	int64_t residents_n;
	size_t homes;
	int rc = resident_count(r->db, r->place.site_id, r->place.apartment_id, &residents_n);

	if (rc == 0)
		rc = member_get(r->db, r->place.site_id, person_id, r->arena, &rows, &homes);
	if (rc < 0)
		return rc;
	if (residents_n > RESIDENTS_MAX)
		return reply_problem(r, 422, NULL, "An apartment has at most %d users.",
				     RESIDENTS_MAX);
	if (homes > MEMBER_HOMES_MAX)
		return reply_problem(r, 422, NULL, "A user lives in at most %d apartments.",
				     MEMBER_HOMES_MAX);
	return 0;
}

static int move_in(struct request *r, int64_t person_id)
{
	const struct home home = home_of(r, person_id);
	const int rc = resident_add(r->db, r->now, &home);

	return rc == 0 ? check_counts(r, person_id) : rc;
}

/* Who lives in the apartment by name of its number, as the mail says it. */
static int tell_admin(struct request *r, const struct member_row *person)
{
	struct apartment_row apartment;
	struct site_row site;
	int rc = people_site(r, &site);

	if (rc == 0)
		rc = check_apartment(r, &apartment);
	if (rc == 0)
		rc = sender_ask(r);
	if (rc != 0)
		return rc;
	return notice_queue(r, &(struct notice){
				       .template = "apartment_admin",
				       .company_id = site.company_id,
				       .site_id = site.id,
				       .person_id = person->id,
				       .recipient = person->email,
				       .name = person->name,
				       .language = site.language,
				       .arguments = { { "place", site.name },
						      { "apartment", apartment.number },
						      { "path", VIEW("/") } },
				       .narguments = 3,
			       });
}

/* Only a residential site has apartment admins, and only those who can sign in are any. */
static int check_admin(struct request *r, const struct member_row *person, const char *field)
{
	struct site_row site;
	const int rc = people_site(r, &site);

	if (rc < 0)
		return rc;
	if (!view_eq(site.type, VIEW("residential")))
		return reply_problem(r, 422, field,
				     "Only a residential site has apartment admins.");
	if (!person->email.p)
		return reply_problem(r, 422, field,
				     "An apartment admin signs in, which needs an e-mail address.");
	return 0;
}

static int make_admin(struct request *r, int64_t person_id, const char *field)
{
	const struct home home = home_of(r, person_id);
	struct member_row *rows;
	bool changed = false;
	size_t n;
	int rc = member_get(r->db, r->place.site_id, person_id, r->arena, &rows, &n);

	if (rc == 0)
		rc = check_admin(r, rows, field);
	if (rc == 0)
		rc = resident_admin_set(r->db, r->now, &home, true, &changed);
	if (rc != 0 || !changed)
		return rc;
	rc = rows[0].active ? 0 : people_invite(r, person_id);
	return rc == 0 ? tell_admin(r, rows) : rc;
}

/* Who is one of the site's people moves in and stays what he is. */
static int add_new(struct request *r, const struct newcomer *in, size_t i)
{
	const bool signs_in = !view_eq(in->role, NO_LOGIN);
	int64_t id = 0;
	int rc;

	if (signs_in && in->who.email.n == 0)
		return reply_problem(r, 422, field_at(r, "users", i, "email"),
				     "Who signs in needs an e-mail address.");
	rc = people_join(r, &in->who, &id);
	if (rc == 0)
		rc = member_role_set(r->db, r->now, r->place.company_id, r->place.site_id, id,
				     in->role);
	if (rc == 0 && signs_in && !in->admin)
		rc = people_invite(r, id);
	if (rc == 0 || rc == -EEXIST)
		rc = move_in(r, id);
	if (rc == 0 && in->admin)
		rc = make_admin(r, id, field_at(r, "users", i, "admin"));
	return rc;
}

/* Ids are easily guessed: a neighbour would learn who else lives in the house. */
static int add_known(struct request *r, int64_t id, size_t i)
{
	int rc = people_by_neighbour(r) ? -ENOLINK : move_in(r, id);

	if (rc == -ENOLINK)
		rc = reply_problem(r, 422, field_at(r, "people", i, ""),
				   "There is no such user in this site.");
	return rc;
}

static int add_all(struct request *r, const struct residents_body *body)
{
	struct apartment_row apartment;
	int rc = check_apartment(r, &apartment);

	for (size_t i = 0; rc == 0 && i < body->people.n; i++)
		rc = add_known(r, ((const int64_t *)body->people.p)[i], i);
	for (size_t i = 0; rc == 0 && i < body->users.n; i++)
		rc = add_new(r, &((const struct newcomer *)body->users.p)[i], i);
	return rc;
}

int api_resident_post(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = add_all(r, r->body);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_residents(r) : rc;
}

/* The person as one of this apartment; -ENOENT for a neighbour who asks about others. */
static int find_resident(struct request *r, struct member_row **ret_rows, size_t *ret_n)
{
	const int rc =
		member_get(r->db, r->place.site_id, r->ids[ID_PART], r->arena, ret_rows, ret_n);

	if (rc < 0 || !people_by_neighbour(r))
		return rc;
	for (size_t i = 0; i < *ret_n; i++)
		if ((*ret_rows)[i].apartment_id == r->place.apartment_id)
			return 0;
	return -ENOENT;
}

static int edit_person(struct request *r, const struct member_row *rows, size_t n,
		       const struct user_edit *edit)
{
	struct user_edit whole = *edit;

	if (!edit->name.p)
		return 0;
	if (people_by_neighbour(r) && n > 1)
		return reply_problem(r, 403, NULL,
				     "This person lives elsewhere in the house, too.");
	whole.comment = rows[0].comment;
	return people_edit(r, rows, &whole);
}

static int change(struct request *r, const struct resident_body *body)
{
	const struct home home = home_of(r, r->ids[ID_PART]);
	struct member_row *rows;
	size_t n;
	int rc = find_resident(r, &rows, &n);

	if (rc == 0)
		rc = people_check_above(r, rows[0].id);
	if (rc == 0)
		rc = move_in(r, rows[0].id);
	if (rc == 0)
		rc = edit_person(r, rows, n, &body->who);
	if (rc != 0)
		return rc;
	return body->admin ? make_admin(r, rows[0].id, "admin")
			   : resident_admin_set(r->db, r->now, &home, false, NULL);
}

int api_resident_put(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct apartment_row apartment;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = check_apartment(r, &apartment);
	if (rc == 0)
		rc = change(r, r->body);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? people_reply(r, r->ids[ID_PART]) : rc;
}

/* A plain user who lives nowhere else has nothing left here once a neighbour sends him away; staff
 * may have another apartment in mind. */
static int leave(struct request *r, const struct member_row *rows, size_t n)
{
	const struct home home = home_of(r, rows[0].id);
	const bool plain = !rows[0].role.p || role_from_text(rows[0].role) >= ROLE_SITE_USER;

	if (people_by_neighbour(r) && plain && n == 1)
		return people_remove(r, rows[0].id);
	return resident_remove(r->db, r->now, &home);
}

int api_resident_delete(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct member_row *rows;
	size_t n;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = find_resident(r, &rows, &n);
	if (rc == 0)
		rc = people_check_above(r, rows[0].id);
	if (rc == 0)
		rc = leave(r, rows, n);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_none(r) : rc;
}
