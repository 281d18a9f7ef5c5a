#include "store/search.h"

#include "api/request.h"
#include "api/resource.h"

#include <errno.h>

static const char *const kinds[] = { "intercom", "phone", "app", "line", "person", "apartment", NULL };

static const struct field hit_fields[] = {
	{ "kind", FIELD_ENUM, 0, offsetof(struct search_hit, kind), .values = kinds },
	{ "id", FIELD_ID, 0, offsetof(struct search_hit, id) },
	{ "title", FIELD_TEXT, 0, offsetof(struct search_hit, title) },
	{ "detail", FIELD_TEXT, 0, offsetof(struct search_hit, detail),
	  .doc = "A device's number, a person's e-mail, the name at an apartment's bell" },
};
static const struct shape hit_shape = SHAPE("SearchHit", struct search_hit, hit_fields);

struct search_view {
	struct shape_list items;
};
static const struct field search_fields[] = {
	{ "items", FIELD_OBJECTS, 0, offsetof(struct search_view, items),
	  .max = SEARCH_KINDS * SEARCH_HITS_MAX, .of = &hit_shape,
	  .doc = "The best first, of each kind" },
};
const struct shape search_shape = SHAPE("SearchResult", struct search_view, search_fields);

/* What one must be allowed to read to find it. */
static const enum right rights[SEARCH_KINDS] = {
	[SEARCH_DEVICE] = RIGHT_DEVICE_READ,
	[SEARCH_PERSON] = RIGHT_USER_READ,
	[SEARCH_APARTMENT] = RIGHT_APARTMENT_READ,
};

int api_search_get(struct request *r)
{
	struct search_hit hits[SEARCH_KINDS * SEARCH_HITS_MAX];
	struct search_view view = { { hits, 0 } };
	struct match_query query;
	size_t n;
	int rc = match_query(r->arena, query_get(r->arena, r->ask->query, "q"), &query);

	for (enum search_kind kind = 0; rc == 0 && kind < SEARCH_KINDS && query.n > 0; kind++) {
		if (rights_judge(r->who.grants, r->who.ngrants, rights[kind], r->place) !=
		    VERDICT_YES)
			continue;
		rc = search_site(r->db, r->ids[ID_SITE], kind, &query, r->arena,
				 hits + view.items.n, &n);
		if (rc == 0)
			view.items.n += n;
	}
	return rc == 0 ? reply_one(r, &view) : rc;
}
