#include "api/suspect.h"

#include "api/request.h"
#include "api/resource.h"

#include <errno.h>

_Static_assert((int)SUSPECTS_SHOWN_MAX <= (int)PAGE_SIZE_MAX, "the list is one page");

#define SUSPECT(member) offsetof(struct suspect, member)
static const struct field suspect_fields[] = {
	{ "address", FIELD_TEXT, 0, SUSPECT(address) },
	{ "failures", FIELD_INT, 0, SUSPECT(failures), .max = INT64_MAX,
	  .doc = "Wrong passwords, unknown users and broken messages" },
	{ "dropped", FIELD_INT, 0, SUSPECT(dropped), .max = INT64_MAX,
	  .doc = "Messages that were left without an answer" },
	{ "first_at", FIELD_INT, 0, SUSPECT(first_at), .max = INT64_MAX },
	{ "last_at", FIELD_INT, 0, SUSPECT(last_at), .max = INT64_MAX },
	{ "until_at", FIELD_INT, 0, SUSPECT(until_at), .max = INT64_MAX,
	  .doc = "When its requests are answered again, should no failure follow" },
};
const struct shape suspect_shape = SHAPE("Suspect", struct suspect, suspect_fields);

struct suspect_edit {
	struct view address;
};

static const struct field suspect_edit_fields[] = {
	{ "address", FIELD_TEXT, 0, offsetof(struct suspect_edit, address),
	  .max = SUSPECT_ADDRESS_MAX, .doc = "As the list has it" },
};
const struct shape suspect_edit_shape =
	SHAPE("SuspectEdit", struct suspect_edit, suspect_edit_fields);

/* One page: the list moves while it is read, and what counts stands first. */
int api_suspect_list(struct request *r)
{
	struct suspect *some;
	size_t n = 0;
	int rc = 0;

	if (r->cursor.p)
		return reply_problem(r, 400, "cursor", "This list has one page only.");
	some = arena_alloc(r->arena, SUSPECTS_SHOWN_MAX * sizeof(*some));
	if (!some)
		return -ENOMEM;
	if (r->env->suspects)
		rc = r->env->suspects(r->env->suspects_arg, r->arena, some, (size_t)r->limit, &n);
	return rc == 0 ? reply_list(r, some, n, (struct view){}) : rc;
}

int api_suspect_forget(struct request *r)
{
	const struct suspect_edit *in = r->body;
	const int rc = r->env->suspect_forget
			       ? r->env->suspect_forget(r->env->suspects_arg, in->address)
			       : -ENOENT;

	if (rc == -EINVAL)
		return reply_problem(r, 422, "address", "This is no address of a host.");
	if (rc == -ENOENT)
		return reply_problem(r, 404, "address", "This host is not on the list.");
	return rc == 0 ? reply_none(r) : rc;
}
