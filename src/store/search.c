#include "store/search.h"

#include "base/fold.h"

#include <errno.h>
#include <string.h>

enum {
	PAGE = 500,                   /* rows read at once */
	PAGE_BYTES = 4 * 1024 * 1024, /* their texts */
	ROW_BYTES = 8 * 1024,         /* one row, folded */
};

static const struct db_column hit_columns[] = {
	DB_COLUMN_TEXT(struct search_hit, kind),  DB_COLUMN_INT(struct search_hit, id),
	DB_COLUMN_TEXT(struct search_hit, title), DB_COLUMN_TEXT(struct search_hit, detail),
	DB_COLUMN_TEXT(struct search_hit, more),
};
static const struct db_shape hit_shape = DB_SHAPE(struct search_hit, hit_columns);

static const struct db_stmt stmts[SEARCH_KINDS] = {
	[SEARCH_DEVICE] = { "search_devices",
			    "SELECT CASE WHEN app = 1 THEN 'app' WHEN line IS NOT NULL THEN 'line' ELSE kind END AS kind, number AS id,"
			    " name AS title, CAST(number AS TEXT) AS detail,"
			    " '' AS more FROM device WHERE site_id = $1 AND number > $2"
			    " ORDER BY number LIMIT $3",
			    &hit_shape },
	[SEARCH_PERSON] = { "search_people",
			    "SELECT 'person' AS kind, m.person_id AS id, p.name AS title,"
			    " COALESCE(p.email, '') AS detail, m.phone AS more FROM member m"
			    " JOIN person p ON p.id = m.person_id"
			    " WHERE m.site_id = $1 AND m.person_id > $2 ORDER BY m.person_id LIMIT "
			    "$3",
			    &hit_shape },
	[SEARCH_APARTMENT] = { "search_apartments",
			       "SELECT 'apartment' AS kind, id, number AS title, name AS detail,"
			       " floor AS more FROM apartment WHERE site_id = $1 AND id > $2"
			       " ORDER BY id LIMIT $3",
			       &hit_shape },
};

int search_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, SEARCH_KINDS, err);
}

/* The best rank of any of the texts; every word may stand in another of them. */
static int rank(const struct view *texts, size_t n, const struct match_query *query)
{
	struct buf all = BUF_INIT(ROW_BYTES);
	int found = MATCH_NO;

	for (size_t i = 0; i < n; i++) {
		fold_add(&all, texts[i]);
		buf_chr(&all, '\n');
	}
	if (all.err == 0)
		found = match_rank(buf_view(&all), query);
	buf_free(&all);
	return found;
}

/* By bytes, as the lists of the store are ordered. */
static bool text_before(struct view a, struct view b)
{
	const int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return order ? order < 0 : a.n < b.n;
}

static bool before(const struct search_hit *a, const struct search_hit *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	return text_before(a->title, b->title);
}

/* Puts a hit where it belongs among the best, if it does. */
static int keep(struct arena *arena, const struct search_hit *hit, struct search_hit *hits,
		size_t *n)
{
	size_t at = *n;

	while (at > 0 && before(hit, &hits[at - 1]))
		at--;
	if (at == SEARCH_HITS_MAX)
		return 0;
	if (*n < SEARCH_HITS_MAX)
		(*n)++;
	for (size_t i = *n - 1; i > at; i--)
		hits[i] = hits[i - 1];
	hits[at] = *hit;
	hits[at].kind.p = arena_dup(arena, hit->kind);
	hits[at].title.p = arena_dup(arena, hit->title);
	hits[at].detail.p = arena_dup(arena, hit->detail);
	hits[at].more = (struct view){};
	return hits[at].kind.p && hits[at].title.p && hits[at].detail.p ? 0 : -ENOMEM;
}

static int look_at(struct search_hit *row, const struct match_query *query, struct arena *arena,
		   struct search_hit *hits, size_t *n)
{
	const struct view texts[] = { row->title, row->detail, row->more };

	row->rank = rank(texts, 3, query);
	return row->rank == MATCH_NO ? 0 : keep(arena, row, hits, n);
}

int search_site(struct db *db, int64_t site_id, enum search_kind kind,
		const struct match_query *query, struct arena *arena, struct search_hit *ret_hits,
		size_t *ret_n)
{
	size_t n = 0, got = PAGE;
	int64_t after = 0;
	int rc = 0;

	for (size_t seen = 0; rc == 0 && got == PAGE && seen < SEARCH_LOOKED_AT_MAX; seen += got) {
		CLEANUP(arena_free) struct arena page = ARENA_INIT(PAGE_BYTES);
		struct search_hit *rows;

		rc = db_select(db, &stmts[kind], DB_ARGS(A_INT(site_id), A_INT(after), A_INT(PAGE)),
			       &page, &rows, &got);
		for (size_t i = 0; rc == 0 && i < got; i++)
			rc = look_at(&rows[i], query, arena, ret_hits, &n);
		if (rc == 0 && got > 0)
			after = rows[got - 1].id;
	}
	if (rc == 0)
		*ret_n = n;
	return rc;
}

int search_sites(struct db *db, int64_t person_id, const struct match_query *query,
		 struct name_cursor after, size_t max, struct arena *arena,
		 struct site_row **ret_sites, size_t *ret_n, struct name_cursor *ret_after)
{
	struct site_row *sites = arena_alloc(arena, sizeof(*sites) * (max + 1)), *rows;
	size_t n = 0, got = PAGE, seen = 0;
	int rc = sites ? 0 : -ENOMEM;

	for (; rc == 0 && got == PAGE && n < max && seen < SEARCH_SITES_MAX; seen += got) {
		rc = site_list(db, person_id, after, PAGE, arena, &rows, &got);
		for (size_t i = 0; rc == 0 && i < got && n < max; i++) {
			const struct view texts[] = { rows[i].name, rows[i].company };
			if (rank(texts, 2, query) != MATCH_NO)
				sites[n++] = rows[i];
		}
		if (rc == 0 && got > 0)
			after = (struct name_cursor){ rows[got - 1].name, rows[got - 1].id };
	}
	if (rc < 0)
		return rc;
	*ret_sites = sites;
	*ret_n = n;
	*ret_after = got == PAGE && n < max ? after : (struct name_cursor){};
	return 0;
}
