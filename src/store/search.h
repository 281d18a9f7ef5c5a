/* store/search.h - finding by a part of a name: sites, and what is in one.
 *
 * Names are read by their keys, page by page, folded (base/fold.h) and held against the question in
 * memory: the engines fold accents differently or not at all, and a site has thousands of names,
 * not millions. Cost: linear in the names looked at; of a kind SEARCH_LOOKED_AT_MAX at most. */
#pragma once
#include "base/match.h"
#include "store/site.h"

enum {
	SEARCH_LOOKED_AT_MAX = 20000,
	SEARCH_SITES_MAX = 10000, /* looked at in one go */
	SEARCH_HITS_MAX = 10,     /* of a kind */
};

enum search_kind { SEARCH_DEVICE, SEARCH_PERSON, SEARCH_APARTMENT, SEARCH_KINDS };

struct search_hit {
	struct view kind; /* intercom, phone; person; apartment */
	int64_t id;
	struct view title;
	struct view detail; /* number, e-mail, name at the bell */
	struct view more;   /* what is looked through, too, but not shown: a telephone number */
	int rank;           /* match_rank */
};

[[nodiscard]] int search_prepare(struct db *db, struct err *err);

/* The best of one kind, the best first; ret_hits has SEARCH_HITS_MAX places. */
[[nodiscard]] int search_site(struct db *db, int64_t site_id, enum search_kind kind,
			      const struct match_query *query, struct arena *arena,
			      struct search_hit *ret_hits, size_t *ret_n);

/* Those of site_list whose name or company fits, by name: at most `max`. When it ends early, after
 * SEARCH_SITES_MAX, *ret_after is where to go on; else its id is 0. */
[[nodiscard]] int search_sites(struct db *db, int64_t person_id, const struct match_query *query,
			       struct name_cursor after, size_t max, struct arena *arena,
			       struct site_row **ret_sites, size_t *ret_n,
			       struct name_cursor *ret_after);
