/* The data of one person: handed over as one document, or erased.
 *
 * A person may be known in several companies. Each sees what it has itself; only who may edit every
 * place that the person has sees, and may erase, the whole. */
#include "store/privacy.h"

#include "api/holder.h"
#include "api/request.h"
#include "api/resource.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>

struct preview {
	struct privacy_count_row counts;
	struct view refused;
};

/* Why a person cannot be erased, in the order in which they are looked for. */
enum { ELSEWHERE, LAST_ADMINISTRATOR, ONESELF };
static const char *const refusals[] = { "elsewhere", "last_administrator", "oneself", NULL };

#define COUNT(name, of)                                                                            \
	{                                                                                          \
		name, FIELD_INT, 0, offsetof(struct preview, counts.of), .max = INT64_MAX          \
	}
static const struct field preview_fields[] = {
	COUNT("roles", roles),
	COUNT("memberships", memberships),
	COUNT("apartments", apartments),
	COUNT("sessions", sessions),
	COUNT("mails", mails),
	COUNT("entries", entries),
	{ "refused", FIELD_ENUM, FIELD_NULLABLE, offsetof(struct preview, refused),
	  .values = refusals, .doc = "Why it cannot be done" },
};
const struct shape erase_preview_shape = SHAPE("ErasePreview", struct preview, preview_fields);

struct erased {
	struct view name;
};
static const struct field erased_fields[] = {
	{ "name", FIELD_TEXT, 0, offsetof(struct erased, name),
	  .doc = "What the trail calls the person" },
};
const struct shape erased_shape = SHAPE("Erased", struct erased, erased_fields);

struct known {
	struct privacy_place_row *places;
	size_t n;
};

static bool may(const struct request *r, enum right right, struct place place)
{
	return rights_judge(r->who.grants, r->who.ngrants, right, place) == VERDICT_YES;
}

/* -ENOENT when the person of the path has nothing to do with the site. */
static int person_find(struct request *r, struct known *ret_known)
{
	const struct place here = r->place;
	int rc = privacy_places(r->db, r->ids[ID_OBJECT], r->arena, &ret_known->places,
				&ret_known->n);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < ret_known->n; i++) {
		const struct privacy_place_row *p = &ret_known->places[i];
		const bool of_company =
			p->site_id == DB_INT_NULL && p->company_id == here.company_id;

		if (p->site_id == here.site_id || of_company)
			return 0;
	}
	return -ENOENT;
}

/* Every place of the person is one where the caller has the right. */
static bool covers_all(const struct request *r, enum right right, const struct known *known)
{
	if (known->n == PRIVACY_PLACES_MAX)
		return false;
	for (size_t i = 0; i < known->n; i++) {
		const struct privacy_place_row *p = &known->places[i];
		const struct place place = { p->company_id,
					     p->site_id == DB_INT_NULL ? 0 : p->site_id, 0 };

		if (p->company_id == DB_INT_NULL || !may(r, right, place))
			return false;
	}
	return true;
}

static int reply_export(struct request *r, int64_t person_id, struct privacy_scope scope)
{
	struct json j = JSON_TO(&r->answer->body);
	const int rc = privacy_export(r->db, person_id, scope, &j);

	if (rc < 0)
		return rc;
	r->answer->status = r->route->status;
	reply_field(r, "Content-Type", "application/json");
	return 0;
}

int api_own_data_get(struct request *r)
{
	return reply_export(r, r->who.person_id, PRIVACY_EVERYTHING);
}

int api_user_data_get(struct request *r)
{
	struct privacy_scope scope = { r->place.company_id, r->place.site_id };
	const struct place company = { r->place.company_id, 0, 0 };
	struct known known;
	const int rc = person_find(r, &known);

	if (rc < 0)
		return rc;
	if (covers_all(r, RIGHT_USER_READ, &known))
		scope = PRIVACY_EVERYTHING;
	else if (may(r, RIGHT_USER_READ, company))
		scope.site_id = DB_INT_NULL;
	return reply_export(r, r->ids[ID_OBJECT], scope);
}

/* What stands in the way; p NULL: nothing. */
static int refusal_find(struct request *r, const struct known *known, struct view *ret_refused,
			struct view *ret_company)
{
	int rc;

	*ret_refused = view_str(refusals[ELSEWHERE]);
	if (!covers_all(r, RIGHT_USER_EDIT, known))
		return 0;
	rc = privacy_last_admin(r->db, r->ids[ID_OBJECT], r->arena, ret_company);
	*ret_refused = view_str(refusals[LAST_ADMINISTRATOR]);
	if (rc != -ENOENT)
		return rc;
	*ret_refused = r->ids[ID_OBJECT] == r->who.person_id ? view_str(refusals[ONESELF])
							     : (struct view){};
	return 0;
}

int api_erase_get(struct request *r)
{
	struct preview preview = {};
	struct view company;
	struct known known;
	int rc = person_find(r, &known);

	if (rc == 0)
		rc = refusal_find(r, &known, &preview.refused, &company);
	if (rc == 0)
		rc = privacy_count(r->db, r->ids[ID_OBJECT], &preview.counts);
	return rc == 0 ? reply_one(r, &preview) : rc;
}

static int refuse(struct request *r, struct view refused, struct view company)
{
	if (view_eq(refused, view_str(refusals[ONESELF])))
		return reply_problem(r, 409, NULL,
				     "Nobody erases oneself: ask another administrator.");
	if (view_eq(refused, view_str(refusals[ELSEWHERE])))
		return reply_problem(
			r, 409, NULL,
			"This person has a role or a home that is not yours to take away.");
	return reply_problem(r, 409, NULL,
			     "This is the only administrator of %.*s: make another one first.",
			     (int)company.n, company.p);
}

int api_erase_post(struct request *r)
{
	char *alias = arena_alloc(r->arena, PRIVACY_ALIAS_SIZE);
	DB_TRANSACTION struct db_tx tx = {};
	struct view refused, company = {};
	struct known known;
	int rc = alias ? db_begin(r->db, &tx) : -ENOMEM;

	if (rc == 0)
		rc = person_find(r, &known);
	if (rc == 0)
		rc = refusal_find(r, &known, &refused, &company);
	if (rc == 0 && refused.p)
		return refuse(r, refused, company);
	if (rc == 0)
		rc = holder_lock_out(r, 0, r->ids[ID_OBJECT]);
	if (rc == 0)
		rc = privacy_erase(r->db, r->now, r->ids[ID_OBJECT]);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc < 0)
		return rc;
	log_info("person_erased", LF_I("person", r->ids[ID_OBJECT]), LF_I("by", r->who.person_id));
	privacy_alias(r->ids[ID_OBJECT], alias);
	return reply_one(r, &(struct erased){ view_str(alias) });
}
