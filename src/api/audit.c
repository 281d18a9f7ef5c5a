/* The trail, to read on a page and to take away as CSV (RFC 4180). */
#include "store/audit.h"

#include "api/request.h"
#include "api/resource.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	CSV_ROWS_MAX = 20000, /* rows of one file */
	CSV_PAGE = 500,
	CSV_ARENA_MAX = 128 * 1024 * 1024, /* CSV_PAGE rows of the longest before and after */
	TIME_TEXT_SIZE = 32,
};
_Static_assert((int)PAGE_SIZE_MAX < (int)AUDIT_PAGE_MAX, "one row more tells of another page");

struct audit_view {
	struct audit_row row;
	bool denied;
};

static const char *const verbs[] = { "create", "change", "delete", "do", NULL };

#define AUDIT_ROW(member) offsetof(struct audit_view, row.member)
static const struct field audit_fields[] = {
	{ "id", FIELD_ID, 0, AUDIT_ROW(id) },
	{ "at", FIELD_INT, 0, AUDIT_ROW(at), .max = INT64_MAX },
	{ "site_id", FIELD_ID, FIELD_NULLABLE, AUDIT_ROW(site_id) },
	{ "site_name", FIELD_TEXT, FIELD_NULLABLE, AUDIT_ROW(site_name),
	  .doc = "Of today; null when the site is gone" },
	{ "person_id", FIELD_ID, FIELD_NULLABLE, AUDIT_ROW(person_id), .doc = "Who did it" },
	{ "person_name", FIELD_TEXT, 0, AUDIT_ROW(person_name) },
	{ "address", FIELD_TEXT, 0, AUDIT_ROW(address), .doc = "The host it came from" },
	{ "verb", FIELD_ENUM, 0, AUDIT_ROW(verb), .values = verbs },
	{ "object", FIELD_TEXT, 0, AUDIT_ROW(object),
	  .doc = "The last word of the route: devices, users" },
	{ "object_id", FIELD_ID, FIELD_NULLABLE, AUDIT_ROW(object_id) },
	{ "label", FIELD_TEXT, 0, AUDIT_ROW(label), .doc = "What the object was called" },
	{ "denied", FIELD_BOOL, 0, offsetof(struct audit_view, denied),
	  .doc = "It was tried only" },
	{ "before", FIELD_TEXT, FIELD_NULLABLE | FIELD_RAW, AUDIT_ROW(before),
	  .max = RECORD_JSON_MAX, .doc = "A JSON object, without secrets, as text" },
	{ "after", FIELD_TEXT, FIELD_NULLABLE | FIELD_RAW, AUDIT_ROW(after), .max = RECORD_JSON_MAX,
	  .doc = "The same, of what it was afterwards or what was asked for" },
};
const struct shape audit_shape = SHAPE("AuditEntry", struct audit_view, audit_fields);

/* ---- what is asked for ---- */

static int wrong(struct request *r, const char *name)
{
	return reply_problem(r, 400, name, "%s is not one that can be asked for.", name);
}

/* DB_INT_NULL without it. */
static int number_read(struct request *r, const char *name, int64_t *ret_number)
{
	const struct view text = query_get(r->arena, r->ask->query, name);
	uint64_t number;

	*ret_number = DB_INT_NULL;
	if (!text.p || text.n == 0)
		return 0;
	if (view_u64(text, INT64_MAX, &number) < 0)
		return wrong(r, name);
	*ret_number = (int64_t)number;
	return 0;
}

static int text_read(struct request *r, const char *name, struct view *ret_text)
{
	const struct view text = query_get(r->arena, r->ask->query, name);

	*ret_text = text.n > 0 ? text : (struct view){};
	return json_is_text(text) ? 0 : wrong(r, name);
}

static int order_read(struct request *r, bool *ret_rising)
{
	const struct view order = query_get(r->arena, r->ask->query, "order");

	*ret_rising = view_eq(order, VIEW("at"));
	return order.n == 0 || *ret_rising || view_eq(order, VIEW("-at")) ? 0 : wrong(r, "order");
}

/* The company of the path: the rights table cannot know it before it is read. */
static int company_judge(struct request *r)
{
	const struct place place = { r->ids[ID_SITE], 0, 0 };

	return rights_judge(r->who.grants, r->who.ngrants, RIGHT_AUDIT_READ, place) == VERDICT_YES
		       ? 0
		       : -ENOENT;
}

static int filter_read(struct request *r, struct audit_filter *ret_filter)
{
	struct audit_filter f = AUDIT_FILTER_ALL;
	int rc = 0;

	if (route_has_site(r->route)) {
		f.site_id = r->ids[ID_SITE];
	} else {
		f.company_id = r->ids[ID_SITE];
		rc = company_judge(r);
	}
	if (rc == 0)
		rc = number_read(r, "person", &f.person_id);
	if (rc == 0)
		rc = number_read(r, "from", &f.from_ms);
	if (rc == 0)
		rc = number_read(r, "to", &f.to_ms);
	if (rc == 0)
		rc = text_read(r, "object", &f.object);
	if (rc == 0)
		rc = text_read(r, "q", &f.search);
	if (rc == 0)
		rc = order_read(r, &f.rising);
	*ret_filter = f;
	return rc;
}

static int64_t start_of(const struct audit_filter *filter)
{
	return filter->rising ? AUDIT_OLDEST : AUDIT_NEWEST;
}

static int cursor_read(struct request *r, const struct audit_filter *filter,
		       int64_t *ret_past)
{
	uint64_t id;

	*ret_past = start_of(filter);
	if (!r->cursor.p)
		return 0;
	if (view_u64(r->cursor, INT64_MAX, &id) < 0)
		return reply_no_cursor(r);
	*ret_past = (int64_t)id;
	return 0;
}

/* ---- as JSON ---- */

static int reply_page(struct request *r, const struct audit_filter *filter)
{
	struct audit_view *views;
	struct audit_row *rows;
	struct view next = {};
	int64_t past;
	size_t n;
	int rc = cursor_read(r, filter, &past);

	if (rc == 0)
		rc = audit_list(r->db, filter, past, r->limit + 1, r->arena, &rows, &n);
	if (rc != 0)
		return rc;
	if (n > (size_t)r->limit)
		next = view_str(arena_printf(r->arena, "%lld", (long long)rows[r->limit - 1].id));
	n = page_size(r, n);
	views = arena_alloc(r->arena, sizeof(*views) * (n + 1));
	if (!views)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		views[i] = (struct audit_view){ rows[i], rows[i].denied != 0 };
	return reply_list(r, views, n, next);
}

/* ---- as CSV ---- */

/* A spreadsheet runs what begins like a formula: an apostrophe makes it text. */
static void cell_add(struct buf *out, struct view v)
{
	const bool formula = v.n > 0 && v.p[0] && strchr("=+-@\t\r", v.p[0]);

	buf_chr(out, '"');
	if (formula)
		buf_chr(out, '\'');
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '"')
			buf_chr(out, '"');
		buf_chr(out, v.p[i]);
	}
	buf_chr(out, '"');
}

static void time_add(struct buf *out, int64_t at_ms)
{
	const time_t at = (time_t)(at_ms / 1000);
	char text[TIME_TEXT_SIZE] = "";
	struct tm tm;

	if (gmtime_r(&at, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_str(out, text);
}

static void id_add(struct buf *out, int64_t id)
{
	if (id != DB_INT_NULL)
		buf_printf(out, "%lld", (long long)id);
}

static void row_add(struct buf *out, const struct audit_row *row)
{
	const struct view texts[] = { row->person_name, row->address, row->verb, row->object,
				      row->label,       row->before,  row->after };

	time_add(out, row->at);
	buf_chr(out, ',');
	id_add(out, row->site_id);
	buf_chr(out, ',');
	id_add(out, row->person_id);
	buf_chr(out, ',');
	id_add(out, row->object_id);
	buf_str(out, row->denied ? ",yes" : ",no");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		buf_chr(out, ',');
		cell_add(out, texts[i]);
	}
	buf_str(out, "\r\n");
}

/* *past moves behind the page; *ret_n are its rows. */
static int page_add(struct request *r, const struct audit_filter *filter, int64_t *past,
		    size_t *ret_n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(CSV_ARENA_MAX);
	struct audit_row *rows;
	int rc = audit_list(r->db, filter, *past, CSV_PAGE, &arena, &rows, ret_n);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < *ret_n; i++)
		row_add(&r->answer->body, &rows[i]);
	if (*ret_n > 0)
		*past = rows[*ret_n - 1].id;
	return r->answer->body.err;
}

static int too_much(struct request *r)
{
	return reply_problem(r, 422, "from", "That is too much for one file: narrow the time.");
}

static int reply_csv(struct request *r, const struct audit_filter *filter)
{
	int64_t past = start_of(filter);
	size_t n = CSV_PAGE;
	int rc = 0;

	buf_str(&r->answer->body,
		"time,site_id,person_id,object_id,denied,person,address,verb,object,"
		"label,before,after\r\n");
	for (size_t all = 0; rc == 0 && n == CSV_PAGE; all += n) {
		if (all >= CSV_ROWS_MAX)
			return too_much(r);
		rc = page_add(r, filter, &past, &n);
	}
	if (rc == -EMSGSIZE)
		return too_much(r);
	if (rc < 0)
		return rc;
	r->answer->status = r->route->status;
	reply_field(r, "Content-Type", "text/csv; charset=utf-8");
	reply_field(r, "Content-Disposition", "attachment; filename=\"audit.csv\"");
	return 0;
}

int api_audit_list(struct request *r)
{
	const struct view format = query_get(r->arena, r->ask->query, "format");
	struct audit_filter filter;
	const int rc = filter_read(r, &filter);

	if (rc != 0)
		return rc;
	if (!format.p || view_eq(format, VIEW("json")))
		return reply_page(r, &filter);
	return view_eq(format, VIEW("csv")) ? reply_csv(r, &filter) : wrong(r, "format");
}
