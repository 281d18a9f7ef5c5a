#include "store/site.h"

#include "store/change.h"

#include <errno.h>

static const struct db_column site_columns[] = {
	DB_COLUMN_INT(struct site_row, id),        DB_COLUMN_INT(struct site_row, company_id),
	DB_COLUMN_TEXT(struct site_row, name),     DB_COLUMN_TEXT(struct site_row, type),
	DB_COLUMN_TEXT(struct site_row, zone),     DB_COLUMN_TEXT(struct site_row, language),
	DB_COLUMN_INT(struct site_row, created_at), DB_COLUMN_TEXT(struct site_row, company),
	DB_COLUMN_TEXT(struct site_row, subtype),  DB_COLUMN_TEXT(struct site_row, country),
	DB_COLUMN_TEXT(struct site_row, region),   DB_COLUMN_TEXT(struct site_row, postal_code),
};
static const struct db_shape site_shape = DB_SHAPE(struct site_row, site_columns);

static const struct db_column apartment_columns[] = {
	DB_COLUMN_INT(struct apartment_row, id),      DB_COLUMN_INT(struct apartment_row, site_id),
	DB_COLUMN_TEXT(struct apartment_row, floor),  DB_COLUMN_TEXT(struct apartment_row, number),
	DB_COLUMN_TEXT(struct apartment_row, name),   DB_COLUMN_INT(struct apartment_row, services),
	DB_COLUMN_INT(struct apartment_row, residents), DB_COLUMN_INT(struct apartment_row, devices),
};
static const struct db_shape apartment_shape = DB_SHAPE(struct apartment_row, apartment_columns);

static const struct db_column facts_columns[] = {
	DB_COLUMN_INT(struct site_type_row, apartment_admins),
	DB_COLUMN_INT(struct site_type_row, services),
	DB_COLUMN_INT(struct site_type_row, responders),
	DB_COLUMN_INT(struct site_type_row, homeless),
	DB_COLUMN_INT(struct site_type_row, crowded),
};
static const struct db_shape facts_shape = DB_SHAPE(struct site_type_row, facts_columns);

struct id_row {
	int64_t id;
};
static const struct db_column id_columns[] = { DB_COLUMN_INT(struct id_row, id) };
static const struct db_shape id_shape = DB_SHAPE(struct id_row, id_columns);

#define SITE_SELECT                                                                                \
	"SELECT s.id, s.company_id, s.name, s.type, s.zone, s.language, s.created_at,"              \
	" c.name AS company, s.subtype, s.country, s.region, s.postal_code"                        \
	" FROM site s JOIN company c ON c.id = s.company_id"
#define APARTMENT_SELECT                                                                           \
	"SELECT a.id, a.site_id, a.floor, a.number, a.name, a.services,"                           \
	" (SELECT COUNT(*) FROM resident r WHERE r.site_id = a.site_id"                            \
	" AND r.apartment_id = a.id) AS residents,"                                                \
	" (SELECT COUNT(*) FROM device d WHERE d.site_id = a.site_id"                              \
	" AND d.apartment_id = a.id) AS devices FROM apartment a"
#define OF_RESPONDERS " FROM device d WHERE d.site_id = $1 AND d.kind = 'phone'"

enum {
	COMPANY_CREATE,
	COMPANY_FIRST,
	LIST,
	IDS,
	GET,
	CREATE,
	EDIT,
	DELETE,
	TYPE_FACTS,
	TYPE_SET,
	TYPE_ADMINS,
	TYPE_SERVICES,
	APARTMENT_LIST,
	APARTMENT_GET,
	APARTMENT_CREATE,
	APARTMENT_EDIT,
	APARTMENT_DELETE,
};

static const struct db_stmt stmts[] = {
	[COMPANY_CREATE] = { "company_create",
			     "INSERT INTO company (name, created_at) VALUES ($1, $2) RETURNING id",
			     &id_shape },
	[COMPANY_FIRST] = { "company_first", "SELECT id FROM company ORDER BY id LIMIT 1", &id_shape },
	/* Of all sites, which are an operator's, no more than the page; of none for anybody else. */
	[LIST] = { "site_list",
		   SITE_SELECT " WHERE (s.name, s.id) > ($2, $3) AND s.id IN"
			       " (SELECT r.site_id FROM person_role r WHERE r.person_id = $1"
			       " AND r.site_id IS NOT NULL"
			       " UNION SELECT o.id FROM person_role r JOIN site o"
			       " ON o.company_id = r.company_id"
			       " WHERE r.person_id = $1 AND r.role = 'company_admin'"
			       " UNION SELECT id FROM (SELECT o.id FROM site o WHERE (o.name, o.id) > ($2, $3)"
			       " ORDER BY o.name, o.id LIMIT (SELECT CASE WHEN EXISTS"
			       " (SELECT 1 FROM person_role r WHERE r.person_id = $1 AND r.role = 'operator')"
			       " THEN CAST($4 AS BIGINT) ELSE 0 END)) AS page)"
			       " ORDER BY s.name, s.id LIMIT $4",
		   &site_shape },
	[IDS] = { "site_ids", SITE_SELECT " WHERE s.id > $1 ORDER BY s.id LIMIT $2", &site_shape },
	[GET] = { "site_get", SITE_SELECT " WHERE s.id = $1", &site_shape },
	[CREATE] = { "site_create",
		     "INSERT INTO site (company_id, name, type, zone, language, created_at, subtype,"
		     " country, region, postal_code)"
		     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
		     &id_shape },
	[EDIT] = { "site_edit",
		   "UPDATE site SET name = $2, zone = $3, language = $4, subtype = $5, country = $6,"
		   " region = $7, postal_code = $8 WHERE id = $1" },
	[DELETE] = { "site_delete", "DELETE FROM site WHERE id = $1" },
	[TYPE_FACTS] = { "site_type_facts",
			 "SELECT (SELECT COUNT(*) FROM person_role r WHERE r.site_id = $1"
			 " AND r.role = 'apartment_admin') AS apartment_admins,"
			 " (SELECT COUNT(*) FROM apartment a WHERE a.site_id = $1"
			 " AND a.services <> 0) AS services,"
			 " (SELECT COUNT(*)" OF_RESPONDERS ") AS responders,"
			 " (SELECT COUNT(*)" OF_RESPONDERS " AND d.apartment_id IS NULL) AS homeless,"
			 " (SELECT COUNT(*) FROM (SELECT d.apartment_id" OF_RESPONDERS
			 " AND d.apartment_id IS NOT NULL GROUP BY d.apartment_id"
			 " HAVING COUNT(*) > $2) AS crowd) AS crowded",
			 &facts_shape },
	[TYPE_SET] = { "site_type_set", "UPDATE site SET type = $2, subtype = '' WHERE id = $1" },
	[TYPE_ADMINS] = { "site_type_admins",
			  "DELETE FROM person_role WHERE site_id = $1 AND role = 'apartment_admin'" },
	[TYPE_SERVICES] = { "site_type_services",
			    "UPDATE apartment SET services = 0 WHERE site_id = $1 AND services <> 0" },
	[APARTMENT_LIST] = { "apartment_list",
			     APARTMENT_SELECT " WHERE a.site_id = $1 AND (a.number, a.id) > ($2, $3)"
					      " ORDER BY a.number, a.id LIMIT $4",
			     &apartment_shape },
	[APARTMENT_GET] = { "apartment_get", APARTMENT_SELECT " WHERE a.site_id = $1 AND a.id = $2",
			    &apartment_shape },
	[APARTMENT_CREATE] = { "apartment_create",
			       "INSERT INTO apartment (site_id, floor, number, name, services,"
			       " created_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
			       &id_shape },
	[APARTMENT_EDIT] = { "apartment_edit",
			     "UPDATE apartment SET floor = $3, number = $4, name = $5, services = $6"
			     " WHERE site_id = $1 AND id = $2" },
	[APARTMENT_DELETE] = { "apartment_delete",
			       "DELETE FROM apartment WHERE site_id = $1 AND id = $2" },
};

int site_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

static int create(struct db *db, const struct db_stmt *stmt, const struct db_arg *args, size_t nargs,
		  int64_t *ret_id)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);
	struct id_row row;
	const int rc = db_one(db, stmt, args, nargs, &arena, &row);

	if (rc == 0)
		*ret_id = row.id;
	return rc;
}

/* -ENOENT when no row was touched. */
static int update(struct db *db, const struct db_stmt *stmt, const struct db_arg *args, size_t nargs)
{
	int64_t n;
	const int rc = db_exec(db, stmt, args, nargs, &n);

	return rc < 0 ? rc : n ? 0 : -ENOENT;
}

int company_create(struct db *db, int64_t now_ms, struct view name, int64_t *ret_id)
{
	const int rc = create(db, &stmts[COMPANY_CREATE], DB_ARGS(A_TEXT(name), A_INT(now_ms)), ret_id);

	return rc < 0 ? rc : change_append(db, now_ms, DB_INT_NULL, VIEW("company"), *ret_id);
}

int company_first(struct db *db, int64_t *ret_id)
{
	return create(db, &stmts[COMPANY_FIRST], DB_NO_ARGS, ret_id);
}

int site_list(struct db *db, int64_t person_id, struct name_cursor after, int64_t max,
	      struct arena *arena, struct site_row **ret_sites, size_t *ret_n)
{
	return db_select(db, &stmts[LIST],
			 DB_ARGS(A_INT(person_id), A_TEXT(after.name), A_INT(after.id), A_INT(max)),
			 arena, ret_sites, ret_n);
}

int site_ids(struct db *db, int64_t after_id, int64_t max, struct arena *arena,
	     struct site_row **ret_sites, size_t *ret_n)
{
	return db_select(db, &stmts[IDS], DB_ARGS(A_INT(after_id), A_INT(max)), arena, ret_sites, ret_n);
}

int site_get(struct db *db, int64_t id, struct arena *arena, struct site_row *ret_site)
{
	return db_one(db, &stmts[GET], DB_ARGS(A_INT(id)), arena, ret_site);
}

static struct view or_empty(struct view text)
{
	return text.p ? text : VIEW("");
}

int site_create(struct db *db, int64_t now_ms, const struct site_row *s, int64_t *ret_id)
{
	const int rc = create(db, &stmts[CREATE],
			      DB_ARGS(A_INT(s->company_id), A_TEXT(s->name), A_TEXT(s->type),
				      A_TEXT(s->zone), A_TEXT(s->language), A_INT(now_ms),
				      A_TEXT(or_empty(s->subtype)), A_TEXT(or_empty(s->country)),
				      A_TEXT(or_empty(s->region)), A_TEXT(or_empty(s->postal_code))),
			      ret_id);

	return rc < 0 ? rc : change_append(db, now_ms, *ret_id, VIEW("site"), *ret_id);
}

int site_edit(struct db *db, int64_t now_ms, const struct site_row *s)
{
	const int rc = update(db, &stmts[EDIT],
			      DB_ARGS(A_INT(s->id), A_TEXT(s->name), A_TEXT(s->zone),
				      A_TEXT(s->language), A_TEXT(or_empty(s->subtype)),
				      A_TEXT(or_empty(s->country)), A_TEXT(or_empty(s->region)),
				      A_TEXT(or_empty(s->postal_code))));

	return rc < 0 ? rc : change_append(db, now_ms, s->id, VIEW("site"), s->id);
}

int site_type_facts(struct db *db, int64_t id, struct site_type_row *ret_facts)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);

	return db_one(db, &stmts[TYPE_FACTS], DB_ARGS(A_INT(id), A_INT(RESPONDERS_MAX)), &arena,
		      ret_facts);
}

int site_type_set(struct db *db, int64_t now_ms, int64_t id, struct view type)
{
	int rc = update(db, &stmts[TYPE_SET], DB_ARGS(A_INT(id), A_TEXT(type)));

	if (rc == 0 && view_eq(type, VIEW("commercial")))
		rc = db_exec(db, &stmts[TYPE_ADMINS], DB_ARGS(A_INT(id)), NULL);
	if (rc == 0 && view_eq(type, VIEW("commercial")))
		rc = db_exec(db, &stmts[TYPE_SERVICES], DB_ARGS(A_INT(id)), NULL);
	return rc < 0 ? rc : change_append(db, now_ms, id, VIEW("site"), id);
}

int site_delete(struct db *db, int64_t now_ms, int64_t id)
{
	const int rc = update(db, &stmts[DELETE], DB_ARGS(A_INT(id)));

	return rc < 0 ? rc : change_append(db, now_ms, id, VIEW("site"), id);
}

int apartment_list(struct db *db, int64_t site_id, struct name_cursor after, int64_t max,
		   struct arena *arena, struct apartment_row **ret_apartments, size_t *ret_n)
{
	return db_select(db, &stmts[APARTMENT_LIST],
			 DB_ARGS(A_INT(site_id), A_TEXT(after.name), A_INT(after.id), A_INT(max)), arena,
			 ret_apartments, ret_n);
}

int apartment_get(struct db *db, int64_t site_id, int64_t id, struct arena *arena,
		  struct apartment_row *ret_apartment)
{
	return db_one(db, &stmts[APARTMENT_GET], DB_ARGS(A_INT(site_id), A_INT(id)), arena,
		      ret_apartment);
}

int apartment_create(struct db *db, int64_t now_ms, const struct apartment_row *a, int64_t *ret_id)
{
	const int rc = create(db, &stmts[APARTMENT_CREATE],
			      DB_ARGS(A_INT(a->site_id), A_TEXT(a->floor), A_TEXT(a->number),
				      A_TEXT(a->name), A_INT(a->services), A_INT(now_ms)),
			      ret_id);

	return rc < 0 ? rc : change_append(db, now_ms, a->site_id, VIEW("apartment"), *ret_id);
}

int apartment_edit(struct db *db, int64_t now_ms, const struct apartment_row *a)
{
	const int rc = update(db, &stmts[APARTMENT_EDIT],
			      DB_ARGS(A_INT(a->site_id), A_INT(a->id), A_TEXT(a->floor),
				      A_TEXT(a->number), A_TEXT(a->name), A_INT(a->services)));

	return rc < 0 ? rc : change_append(db, now_ms, a->site_id, VIEW("apartment"), a->id);
}

int apartment_delete(struct db *db, int64_t now_ms, int64_t site_id, int64_t id)
{
	const int rc = update(db, &stmts[APARTMENT_DELETE], DB_ARGS(A_INT(site_id), A_INT(id)));

	return rc < 0 ? rc : change_append(db, now_ms, site_id, VIEW("apartment"), id);
}
