#include "api/people.h"

#include "api/holder.h"
#include "api/invite.h"
#include "store/account.h"

#include <errno.h>

#define NO_LOGIN VIEW("site_user_no_login")

static const char *const roles[] = { "site_admin_payment", "site_admin", "site_user",
				     "site_user_no_login", NULL };
enum status { NOT_SIGNING_IN, NOT_INVITED, INVITED, EXPIRED, ACTIVE, NSTATUSES };
static const char *const statuses[NSTATUSES + 1] = {
	[NOT_SIGNING_IN] = "no_login", [NOT_INVITED] = "not_invited", [INVITED] = "invited",
	[EXPIRED] = "expired",         [ACTIVE] = "active",
};

static const struct field home_ref_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct home_ref, id) },
	{ "floor", FIELD_TEXT, 0, offsetof(struct home_ref, floor) },
	{ "number", FIELD_TEXT, 0, offsetof(struct home_ref, number) },
	{ "name", FIELD_TEXT, 0, offsetof(struct home_ref, name) },
	{ "admin", FIELD_BOOL, 0, offsetof(struct home_ref, admin) },
};
static const struct shape home_ref_shape = SHAPE("UserApartment", struct home_ref, home_ref_fields);

static const struct field user_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct user_view, id) },
	{ "name", FIELD_TEXT, 0, offsetof(struct user_view, name) },
	{ "email", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct user_view, email) },
	{ "role", FIELD_ENUM, FIELD_NULLABLE, offsetof(struct user_view, role), .values = roles,
	  .doc = "null: has only what an apartment's admin has" },
	{ "phone", FIELD_TEXT, 0, offsetof(struct user_view, phone) },
	{ "language", FIELD_TEXT, 0, offsetof(struct user_view, language) },
	{ "comment", FIELD_TEXT, 0, offsetof(struct user_view, comment) },
	{ "status", FIELD_ENUM, 0, offsetof(struct user_view, status), .values = statuses,
	  .doc = "Without a password: not invited yet, by a link that is good still, or by one that "
		 "has expired" },
	{ "managed", FIELD_BOOL, 0, offsetof(struct user_view, managed),
	  .doc = "This site may change name, e-mail and language" },
	{ "apartments", FIELD_OBJECTS, 0, offsetof(struct user_view, apartments),
	  .max = MEMBER_HOMES_MAX, .of = &home_ref_shape },
};
const struct shape user_shape = SHAPE("User", struct user_view, user_fields);

const char *people_email_fault(struct view text)
{
	return text.n > 0 ? email_fault(text) : NULL;
}

struct view people_text(struct view text)
{
	return text.p ? text : VIEW("");
}

bool people_is_managed(const struct member_row *member)
{
	return member->alone && !member->active;
}

static enum status status_of(const struct member_row *m, bool admin, int64_t now_ms)
{
	if (!admin && (!m->role.p || view_eq(m->role, NO_LOGIN)))
		return NOT_SIGNING_IN;
	if (m->active)
		return ACTIVE;
	if (m->invited_until == DB_INT_NULL)
		return NOT_INVITED;
	return m->invited_until > now_ms ? INVITED : EXPIRED;
}

bool people_may_invite(const struct user_view *user)
{
	return view_eq(user->status, view_str(statuses[NOT_INVITED])) ||
	       view_eq(user->status, view_str(statuses[INVITED])) ||
	       view_eq(user->status, view_str(statuses[EXPIRED]));
}

static struct user_view view_of(const struct member_row *m)
{
	return (struct user_view){
		.id = m->id,
		.name = m->name,
		.email = m->email,
		.role = m->role,
		.phone = m->phone,
		.language = m->language,
		.comment = m->comment,
		.managed = people_is_managed(m),
	};
}

/* A neighbour sees neither where else somebody lives nor what the site notes about him. */
static void narrow(const struct request *r, struct user_view *user)
{
	struct home_ref *homes = (struct home_ref *)(uintptr_t)user->apartments.p;

	user->comment = VIEW("");
	for (size_t i = 0; i < user->apartments.n; i++)
		if (homes[i].id == r->place.apartment_id)
			homes[0] = homes[i];
	user->apartments.n = user->apartments.n > 0;
}

int people_views(struct request *r, const struct member_row *rows, size_t nrows,
		 struct user_view **ret_views, size_t *ret_n)
{
	struct user_view *views = arena_alloc(r->arena, sizeof(*views) * (nrows + 1));
	struct home_ref *homes = arena_alloc(r->arena, sizeof(*homes) * (nrows + 1));
	size_t n = 0, nhomes = 0;

	if (!views || !homes)
		return -ENOMEM;
	for (size_t i = 0; i < nrows;) {
		struct user_view *view = &views[n++];
		const int64_t id = rows[i].id;
		const size_t first = i;
		bool admin = false;

		*view = view_of(&rows[i]);
		view->apartments.p = homes + nhomes;
		for (; i < nrows && rows[i].id == id; i++) {
			const struct member_row *m = &rows[i];

			if (m->apartment_id == DB_INT_NULL)
				continue;
			admin = admin || m->admin;
			homes[nhomes++] = (struct home_ref){ m->apartment_id, m->floor, m->number,
							     m->apartment_name, m->admin };
			view->apartments.n++;
		}
		view->status = view_str(statuses[status_of(&rows[first], admin, r->now)]);
		if (people_by_neighbour(r))
			narrow(r, view);
	}
	*ret_views = views;
	*ret_n = n;
	return 0;
}

int people_reply_page(struct request *r, const struct member_row *rows, size_t nrows)
{
	struct user_view *views;
	struct view next = {};
	size_t n, last = nrows;
	const int rc = people_views(r, rows, nrows, &views, &n);

	if (rc < 0)
		return rc;
	if (n > (size_t)r->limit) {
		while (rows[last - 1].id == views[n - 1].id)
			last--;
		next = page_next(r, rows[last - 1].sort, rows[last - 1].id);
	}
	return reply_list(r, views, page_size(r, n), next);
}

int people_reply(struct request *r, int64_t person_id)
{
	struct member_row *rows;
	struct user_view *views;
	size_t n;
	int rc = member_get(r->db, r->place.site_id, person_id, r->arena, &rows, &n);

	if (rc == 0)
		rc = people_views(r, rows, n, &views, &n);
	return rc == 0 ? reply_one(r, views) : rc;
}

enum role people_rank(const struct request *r)
{
	enum role best = ROLE_NONE;

	for (size_t i = 0; i < r->who.ngrants; i++) {
		const struct grant *grant = &r->who.grants[i];

		if (grant->role < best &&
		    rights_judge(grant, 1, RIGHT_HOME_EDIT, r->place) == VERDICT_YES)
			best = grant->role;
	}
	return best;
}

bool people_by_neighbour(const struct request *r)
{
	return people_rank(r) == ROLE_APARTMENT_ADMIN;
}

bool people_may_grant(const struct request *r, struct view role)
{
	const enum role rank = people_rank(r);

	return rank < ROLE_APARTMENT_ADMIN
		       ? role_from_text(role) >= rank
		       : rank == ROLE_APARTMENT_ADMIN && role_from_text(role) >= ROLE_SITE_USER;
}

int people_check_above(struct request *r, int64_t person_id)
{
	const enum role rank = people_rank(r);
	struct role_row *rows;
	size_t n;
	const int rc = role_list_of_site(r->db, person_id, r->place.site_id, r->arena, &rows, &n);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		const enum role role = role_from_text(rows[i].role);

		if (role != ROLE_OPERATOR && role < rank && role < ROLE_SITE_USER)
			return reply_problem(r, 403, NULL, "This person's role is above yours.");
	}
	return 0;
}

int people_site(struct request *r, struct site_row *ret_site)
{
	return site_get(r->db, r->place.site_id, r->arena, ret_site);
}

static int person_find_or_make(struct request *r, const struct person_row *wanted, int64_t *ret_id)
{
	struct person_row known;
	const int rc =
		wanted->email.p ? person_by_email(r->db, wanted->email, r->arena, &known) : -ENOENT;

	if (rc == 0)
		*ret_id = known.id;
	return rc == -ENOENT ? person_create(r->db, r->now, wanted, ret_id) : rc;
}

/* What was typed, as a person: an empty address is none, the language is the site's unless said. */
static int person_of(struct request *r, const struct user_edit *edit, struct view language,
		     struct person_row *ret_person)
{
	*ret_person = (struct person_row){
		.email = edit->email.n > 0 ? edit->email : (struct view){},
		.name = edit->name,
		.language = edit->language.p ? edit->language : language,
		.disabled_at = DB_INT_NULL,
	};
	return ret_person->email.p ? email_fold(r->arena, &ret_person->email) : 0;
}

int people_join(struct request *r, const struct user_edit *edit, int64_t *ret_id)
{
	struct member_edit member = { r->place.site_id, 0, people_text(edit->phone),
				      people_text(edit->comment) };
	struct person_row person;
	struct site_row site;
	int rc = people_site(r, &site);

	if (rc == 0)
		rc = person_of(r, edit, site.language, &person);
	if (rc == 0)
		rc = person_find_or_make(r, &person, ret_id);
	if (rc < 0)
		return rc;
	member.person_id = *ret_id;
	return member_add(r->db, r->now, &member);
}

static bool is_same(const struct member_row *old, const struct person_row *person)
{
	return view_eq(old->name, person->name) && view_eq(old->email, person->email) &&
	       view_eq(old->language, person->language);
}

static int rename_person(struct request *r, const struct member_row *old,
			 const struct person_row *person)
{
	const char *field = !view_eq(old->name, person->name)     ? "name"
			    : !view_eq(old->email, person->email) ? "email"
								  : "language";
	int rc;

	if (!people_is_managed(old))
		return reply_problem(r, 422, field, "Only this person can change that.");
	rc = member_name(r->db, r->now, r->place.site_id, person);
	if (rc == -EEXIST)
		return reply_problem(
			r, 409, "email",
			"Somebody has this address; remove this user and add that one.");
	return rc;
}

int people_edit(struct request *r, const struct member_row *old, const struct user_edit *edit)
{
	const struct member_edit member = { r->place.site_id, old->id, people_text(edit->phone),
					    people_text(edit->comment) };
	struct person_row person;
	int rc = person_of(r, edit, old->language, &person);

	person.id = old->id;
	if (rc == 0 && !is_same(old, &person))
		rc = rename_person(r, old, &person);
	return rc == 0 ? member_edit(r->db, r->now, &member) : rc;
}

int people_invite(struct request *r, int64_t person_id)
{
	struct site_row site;
	int rc = people_site(r, &site);

	if (rc == 0)
		rc = account_invite(r, &(struct invite){ .person_id = person_id,
							 .company_id = site.company_id,
							 .site_id = site.id,
							 .place = site.name,
							 .language = site.language });
	return rc == -EDESTADDRREQ ? 0 : rc;
}

int people_remove(struct request *r, int64_t person_id)
{
	const int rc = holder_lock_out(r, r->place.site_id, person_id);

	return rc < 0 ? rc : member_remove(r->db, r->now, r->place.site_id, person_id);
}
