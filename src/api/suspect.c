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
};
const struct shape suspect_shape = SHAPE("Suspect", struct suspect, suspect_fields);

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
