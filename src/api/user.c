#include "api/people.h"
#include "api/resource.h"

#include <errno.h>

#define NO_LOGIN VIEW("site_user_no_login")

static const char *const roles[] = { "site_admin_payment", "site_admin", "site_user",
				     "site_user_no_login", NULL };

struct user_body {
	struct user_edit who;
	struct view role;
	struct shape_list apartments;
};

static const struct field edit_fields[] = {
	USER_EDIT_FIELDS(struct user_body, who),
	{ "role", FIELD_ENUM, 0, offsetof(struct user_body, role), .values = roles },
	{ "apartments", FIELD_IDS, FIELD_OPTIONAL, offsetof(struct user_body, apartments),
	  .max = MEMBER_HOMES_MAX, .doc = "All in which the person lives" },
};
const struct shape user_edit_shape = SHAPE("UserEdit", struct user_body, edit_fields);

static bool role_is_known(struct view role)
{
	for (size_t i = 0; roles[i]; i++)
		if (view_eq(role, view_str(roles[i])))
			return true;
	return false;
}

/* What the query narrows the list to. */
static int filter_of(struct request *r, struct member_filter *ret_filter)
{
	const struct view query = r->ask->query;
	const struct view apartment = query_get(r->arena, query, "apartment");
	const struct view role = query_get(r->arena, query, "role");
	const struct view q = view_trim(query_get(r->arena, query, "q"));
	const struct view order = query_get(r->arena, r->ask->query, "order");
	uint64_t id = 0;

	if (order.n > 0 && !view_eq(order, VIEW("name")) && !view_eq(order, VIEW("-name")))
		return reply_problem(r, 400, "order", "order must be name or -name.");
	if (apartment.p && view_u64(apartment, INT64_MAX, &id) < 0)
		return reply_problem(r, 400, "apartment", "apartment must be an id.");
	if (role.p && !role_is_known(role))
		return reply_problem(r, 400, "role", "There is no such role in a site.");
	if (q.n > MEMBER_QUERY_MAX || !json_is_text(q))
		return reply_problem(r, 400, "q", "q must be a text of at most %d bytes.",
				     MEMBER_QUERY_MAX);
	*ret_filter = (struct member_filter){
		.site_id = r->ids[ID_SITE],
		.apartment_id = apartment.p ? (int64_t)id : DB_INT_NULL,
		.role = role,
		.q = q,
		.down = view_eq(order, VIEW("-name")),
		.max = r->limit + 1,
	};
	return page_after(r, &ret_filter->after);
}

int api_user_list(struct request *r)
{
	struct member_filter filter;
	struct member_row *rows;
	size_t n;
	int rc = filter_of(r, &filter);

	if (rc == 0)
		rc = member_list(r->db, &filter, r->arena, &rows, &n);
	return rc == 0 ? people_reply_page(r, rows, n) : rc;
}

int api_user_get(struct request *r)
{
	return people_reply(r, r->ids[ID_OBJECT]);
}

/* Who signs in needs an address; nobody gives what he does not have. */
static int check_role(struct request *r, const struct user_body *body)
{
	if (!people_may_grant(r, body->role))
		return reply_problem(r, 403, "role", "This role is above yours.");
	if (body->who.email.n == 0 && !view_eq(body->role, NO_LOGIN))
		return reply_problem(r, 422, "email", "Who signs in needs an e-mail address.");
	return 0;
}

static bool is_among(const struct shape_list *ids, int64_t id)
{
	for (size_t i = 0; i < ids->n; i++)
		if (((const int64_t *)ids->p)[i] == id)
			return true;
	return false;
}

static struct home home_of(const struct request *r, int64_t person_id, int64_t apartment_id)
{
	return (struct home){ r->place.company_id, r->place.site_id, apartment_id, person_id };
}

/* Out of the apartments that are not in the list, then into all that are. */
static int move(struct request *r, int64_t person_id, const struct member_row *old, size_t nold,
		const struct shape_list *to)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < nold; i++) {
		const struct home home = home_of(r, person_id, old[i].apartment_id);

		if (home.apartment_id != DB_INT_NULL && !is_among(to, home.apartment_id))
			rc = resident_remove(r->db, r->now, &home);
	}
	for (size_t i = 0; rc == 0 && i < to->n; i++) {
		const struct home home = home_of(r, person_id, ((const int64_t *)to->p)[i]);

		rc = resident_add(r->db, r->now, &home);
	}
	if (rc == -ENOLINK)
		return reply_problem(r, 422, "apartments",
				     "There is no such apartment in this site.");
	return rc;
}

static int create(struct request *r, const struct user_body *body, int64_t *ret_id)
{
	int rc = people_join(r, &body->who, ret_id);

	if (rc == -EEXIST)
		return reply_problem(r, 409, "email",
				     "This person is one of the site's users already.");
	if (rc == 0)
		rc = people_check_above(r, *ret_id);
	if (rc == 0)
		rc = member_role_set(r->db, r->now, r->place.company_id, r->place.site_id, *ret_id,
				     body->role);
	if (rc == 0)
		rc = move(r, *ret_id, NULL, 0, &body->apartments);
	if (rc == 0 && !view_eq(body->role, NO_LOGIN))
		rc = people_invite(r, *ret_id);
	return rc;
}

int api_user_post(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	const struct user_body *body = r->body;
	int64_t id = 0;
	int rc = check_role(r, body);

	if (rc == 0)
		rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = create(r, body, &id);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? people_reply(r, id) : rc;
}

/* A new address, or a role that signs in where there was none: the mail goes (again). */
static bool wants_invitation(const struct member_row *old, const struct user_body *body)
{
	const bool signed_in = old->role.p && !view_eq(old->role, NO_LOGIN);

	if (view_eq(body->role, NO_LOGIN))
		return false;
	return !signed_in || (!old->active && !view_ieq(old->email, body->who.email));
}

static int change(struct request *r, const struct member_row *rows, size_t n,
		  const struct user_body *body)
{
	const int64_t id = rows[0].id;
	int rc = people_check_above(r, id);

	if (rc == 0)
		rc = people_edit(r, rows, &body->who);
	if (rc == 0 && !(rows[0].role.p && view_eq(rows[0].role, body->role)))
		rc = member_role_set(r->db, r->now, r->place.company_id, r->place.site_id, id,
				     body->role);
	if (rc == 0)
		rc = move(r, id, rows, n, &body->apartments);
	if (rc == 0 && wants_invitation(rows, body))
		rc = people_invite(r, id);
	return rc;
}

int api_user_put(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	const struct user_body *body = r->body;
	struct member_row *rows;
	size_t n;
	int rc = check_role(r, body);

	if (rc == 0)
		rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = member_get(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->arena, &rows, &n);
	if (rc == 0)
		rc = change(r, rows, n, body);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? people_reply(r, r->ids[ID_OBJECT]) : rc;
}

int api_user_delete(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = people_check_above(r, r->ids[ID_OBJECT]);
	if (rc == 0)
		rc = people_remove(r, r->ids[ID_OBJECT]);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_none(r) : rc;
}

static int check_invited(struct request *r, const struct user_view *user)
{
	if (people_may_invite(user))
		return 0;
	return reply_problem(r, 409, NULL,
			     view_eq(user->status, VIEW("active"))
				     ? "This person has an account already."
				     : "This person does not sign in.");
}

int api_user_invitation_post(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct member_row *rows;
	struct user_view *views = NULL;
	size_t n;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = member_get(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->arena, &rows, &n);
	if (rc == 0)
		rc = people_views(r, rows, n, &views, &n);
	if (rc == 0)
		rc = check_invited(r, views);
	if (rc == 0)
		rc = people_invite(r, r->ids[ID_OBJECT]);
	if (rc == 0)
		rc = member_invited(r->db, r->now, r->ids[ID_SITE], r->ids[ID_OBJECT]);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_none(r) : rc;
}
