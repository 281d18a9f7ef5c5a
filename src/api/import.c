/* Imports and exports of people. */
#include "office/import.h"

#include "api/notice.h"
#include "api/request.h"
#include "api/resource.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { DOWNLOAD_MAX = 64 * 1024 * 1024 };

struct import_view {
	int64_t id;
	struct view name, state, error;
	int64_t rows, done;
	struct import_counts counts;
	bool good_rows_only, invite;
	int64_t created_at, done_at;
};

struct row_view {
	struct import_line line;
	int64_t other_row;
	struct view detail;
};

struct import_start_body {
	bool good_rows_only;
	bool invite;
};

static const char *const states[] = { "ready", "waiting", "running", "done", "failed", NULL };
static const char *const fates[] = { "create", "add", "keep", "fault", NULL };

static const struct field import_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct import_view, id) },
	{ "name", FIELD_TEXT, 0, offsetof(struct import_view, name), .doc = "Of the file" },
	{ "state", FIELD_ENUM, 0, offsetof(struct import_view, state), .values = states },
	{ "error", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct import_view, error),
	  .doc = "Why it failed: faults, server" },
	{ "rows", FIELD_INT, 0, offsetof(struct import_view, rows), .max = SHEET_ROWS_MAX },
	{ "done", FIELD_INT, 0, offsetof(struct import_view, done), .max = SHEET_ROWS_MAX,
	  .doc = "Rows that are through" },
	{ "create", FIELD_INT, 0, offsetof(struct import_view, counts.create_n),
	  .max = SHEET_ROWS_MAX, .doc = "Rows that make somebody, or an apartment alone" },
	{ "add", FIELD_INT, 0, offsetof(struct import_view, counts.add_n), .max = SHEET_ROWS_MAX,
	  .doc = "Rows that give somebody another apartment" },
	{ "keep", FIELD_INT, 0, offsetof(struct import_view, counts.keep_n), .max = SHEET_ROWS_MAX,
	  .doc = "Rows of what is there" },
	{ "fault", FIELD_INT, 0, offsetof(struct import_view, counts.fault_n),
	  .max = SHEET_ROWS_MAX },
	{ "good_rows_only", FIELD_BOOL, 0, offsetof(struct import_view, good_rows_only) },
	{ "invite", FIELD_BOOL, 0, offsetof(struct import_view, invite) },
	{ "created_at", FIELD_INT, 0, offsetof(struct import_view, created_at), .max = INT64_MAX },
	{ "done_at", FIELD_INT, FIELD_NULLABLE, offsetof(struct import_view, done_at),
	  .max = INT64_MAX },
};
const struct shape import_shape = SHAPE("Import", struct import_view, import_fields);

static const struct field row_fields[] = {
	{ "row", FIELD_INT, 0, offsetof(struct row_view, line.line), .max = INT64_MAX,
	  .doc = "In the file, from 1" },
	{ "floor", FIELD_TEXT, 0, offsetof(struct row_view, line.floor) },
	{ "number", FIELD_TEXT, 0, offsetof(struct row_view, line.number) },
	{ "apartment", FIELD_TEXT, 0, offsetof(struct row_view, line.apartment) },
	{ "first_name", FIELD_TEXT, 0, offsetof(struct row_view, line.first_name) },
	{ "surname", FIELD_TEXT, 0, offsetof(struct row_view, line.surname) },
	{ "email", FIELD_TEXT, 0, offsetof(struct row_view, line.email) },
	{ "comment", FIELD_TEXT, 0, offsetof(struct row_view, line.comment) },
	{ "fate", FIELD_ENUM, 0, offsetof(struct row_view, line.fate), .values = fates },
	{ "field", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct row_view, line.field) },
	{ "fault", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct row_view, line.fault),
	  .doc = "A word for programs" },
	{ "other_row", FIELD_INT, FIELD_NULLABLE, offsetof(struct row_view, other_row),
	  .max = INT64_MAX, .doc = "Which the fault is about too" },
	{ "detail", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct row_view, detail) },
};
const struct shape import_row_shape = SHAPE("ImportRow", struct row_view, row_fields);

static const struct field start_fields[] = {
	{ "good_rows_only", FIELD_BOOL, FIELD_OPTIONAL,
	  offsetof(struct import_start_body, good_rows_only), .doc = "Leave faulty rows out" },
	{ "invite", FIELD_BOOL, FIELD_OPTIONAL, offsetof(struct import_start_body, invite),
	  .doc = "Mail an invitation to everybody who has no account yet" },
};
const struct shape import_start_shape =
	SHAPE("ImportStart", struct import_start_body, start_fields);

static struct view or_null(struct view text)
{
	return text.n ? text : (struct view){};
}

static int view_of(struct request *r, const struct import_row *row, struct import_view *ret_view)
{
	const bool done = view_eq(row->state, VIEW("done"));

	*ret_view = (struct import_view){
		.id = row->id,
		.name = row->name,
		.state = row->state,
		.error = or_null(row->error),
		.rows = row->lines,
		.done = done ? row->lines : importer_done(r->env->importer, row->id),
		.good_rows_only = row->good_only,
		.invite = row->invite,
		.created_at = row->created_at,
		.done_at = row->done_at,
	};
	return import_count(r->db, row->site_id, row->id, &ret_view->counts);
}

static int reply_import(struct request *r, int64_t id)
{
	struct import_view view;
	struct import_row row;
	int rc = import_get(r->db, r->ids[ID_SITE], id, r->arena, &row);

	if (rc == 0)
		rc = view_of(r, &row, &view);
	return rc == 0 ? reply_one(r, &view) : rc;
}

int api_import_get(struct request *r)
{
	return reply_import(r, r->ids[ID_OBJECT]);
}

/* Never more than a page. */
int api_import_list(struct request *r)
{
	struct import_view *views;
	struct import_row *rows;
	size_t n;
	int rc = import_list(r->db, r->ids[ID_SITE], r->arena, &rows, &n);

	views = rc == 0 ? arena_alloc(r->arena, (n + 1) * sizeof(*views)) : NULL;
	if (rc == 0 && !views)
		rc = -ENOMEM;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = view_of(r, &rows[i], &views[i]);
	return rc == 0 ? reply_list(r, views, page_size(r, n), (struct view){}) : rc;
}

/* The file. */

static int read_options(struct request *r, struct csv_options *ret_options)
{
	static const struct {
		const char *name;
		char delimiter;
	} delimiters[] = { { "", 0 },    { "auto", 0 },        { ",", ',' },   { "comma", ',' },
			   { ";", ';' }, { "semicolon", ';' }, { "\t", '\t' }, { "tab", '\t' },
			   { "|", '|' }, { "bar", '|' } };
	const struct view delimiter = query_get(r->arena, r->ask->query, "delimiter");
	const struct view encoding = query_get(r->arena, r->ask->query, "encoding");
	size_t i = 0;

	while (i < sizeof(delimiters) / sizeof(delimiters[0]) &&
	       !view_eq(delimiter, view_str(delimiters[i].name)))
		i++;
	if (i == sizeof(delimiters) / sizeof(delimiters[0]))
		return reply_problem(r, 400, "delimiter",
				     "delimiter must be auto, comma, semicolon, tab or bar.");
	ret_options->delimiter = delimiters[i].delimiter;
	if (encoding.n == 0 || view_eq(encoding, VIEW("auto")))
		return 0;
	for (i = 0; sheet_charsets[i] && !view_ieq(encoding, view_str(sheet_charsets[i])); i++)
		;
	if (!sheet_charsets[i])
		return reply_problem(r, 400, "encoding",
				     "encoding must be auto or one of the known ones.");
	ret_options->charset = sheet_charsets[i];
	return 0;
}

static int read_name(struct request *r, struct view *ret_name)
{
	const struct view name = query_get(r->arena, r->ask->query, "name");

	if (name.n > IMPORT_NAME_MAX || (name.n && !json_is_text(name)))
		return reply_problem(r, 400, "name", "name must be text of %d bytes at most.",
				     IMPORT_NAME_MAX);
	*ret_name = name.n ? name : VIEW("");
	return 0;
}

/* The problem of a file says more than that of a field: a word for programs, row and column. */
static int refuse_file(struct request *r, const struct import_refusal *refusal)
{
	struct buf *out = &r->answer->body;
	struct json j = { .out = out, .comma = true };
	char where[64] = "";

	if (refusal->row && refusal->column)
		snprintf(where, sizeof(where), "Row %zu, column %zu: ", refusal->row,
			 refusal->column);
	else if (refusal->row)
		snprintf(where, sizeof(where), "Row %zu: ", refusal->row);
	reply_problem(r, 422, "file", "%s%s", where, refusal->text);
	if (out->err < 0)
		return ANSWERED;
	out->n--; /* the closing bracket */
	json_key(&j, "fault");
	json_str(&j, refusal->word);
	json_key(&j, "row");
	json_int(&j, (int64_t)refusal->row);
	json_key(&j, "column");
	json_int(&j, (int64_t)refusal->column);
	json_close(&j);
	return ANSWERED;
}

static int keep_file(struct request *r, const struct import_row *import,
		     const struct csv_options *options)
{
	CLEANUP(sheet_free) struct sheet sheet = {};
	struct import_refusal refusal;
	struct sheet_fault fault;
	int64_t id;
	int rc = sheet_read(r->ask->body, options, &sheet, &fault);

	if (rc == -EINVAL) {
		refusal = (struct import_refusal){ sheet_fault_word(fault.kind),
						   sheet_fault_text(fault.kind), fault.row,
						   fault.column };
		return refuse_file(r, &refusal);
	}
	if (rc == 0)
		rc = import_upload(r->db, r->now, import, &sheet, &id, &refusal);
	if (rc == -EINVAL)
		return refuse_file(r, &refusal);
	return rc == 0 ? reply_import(r, id) : rc;
}

int api_import_post(struct request *r)
{
	struct import_row import = { .site_id = r->ids[ID_SITE], .person_id = r->who.person_id };
	struct csv_options options = {};
	int rc = read_name(r, &import.name);

	if (rc == 0)
		rc = read_options(r, &options);
	if (rc != 0)
		return rc;
	options.fallback = import_charset(r->site.language);
	return keep_file(r, &import, &options);
}

/* The rows of the preview, and later of the result. */

static int row_of(struct request *r, const struct import_line *line, struct row_view *ret_row)
{
	CLEANUP(buf_free) struct buf detail = BUF_INIT(SHAPE_DETAIL_MAX);

	*ret_row = (struct row_view){ .line = *line };
	ret_row->line.field = or_null(line->field);
	ret_row->line.fault = or_null(line->fault);
	ret_row->other_row = line->other_line ? line->other_line : INT64_MIN;
	if (!line->fault.n)
		return 0;
	import_fault_text(import_fault_from(line->fault), line->other_line, VIEW("en"), &detail);
	ret_row->detail = view_str(arena_dup(r->arena, buf_view(&detail)));
	return ret_row->detail.p ? 0 : -ENOMEM;
}

static int reply_rows(struct request *r, const struct import_line *lines, size_t n)
{
	const size_t shown = page_size(r, n);
	struct row_view *rows = arena_alloc(r->arena, (shown + 1) * sizeof(*rows));
	struct view next = {};
	int rc = rows ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < shown; i++)
		rc = row_of(r, &lines[i], &rows[i]);
	if (n > shown)
		next = view_str(arena_printf(r->arena, "%lld", (long long)lines[shown - 1].line));
	return rc == 0 ? reply_list(r, rows, shown, next) : rc;
}

static bool is_fate(struct view text)
{
	for (size_t i = 0; fates[i]; i++)
		if (view_eq(text, view_str(fates[i])))
			return true;
	return false;
}

int api_import_rows(struct request *r)
{
	const struct view fate = query_get(r->arena, r->ask->query, "fate");
	struct import_line *lines;
	struct import_row import;
	uint64_t after = 0;
	size_t n;
	int rc;

	if (fate.n && !is_fate(fate))
		return reply_problem(r, 400, "fate", "fate must be create, add, keep or fault.");
	if (r->cursor.p && view_u64(r->cursor, INT64_MAX, &after) < 0)
		return reply_no_cursor(r);
	rc = import_get(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->arena, &import);
	if (rc == 0)
		rc = import_lines(r->db, import.site_id, import.id, fate, (int64_t)after,
				  r->limit + 1, r->arena, &lines, &n);
	return rc == 0 ? reply_rows(r, lines, n) : rc;
}

/* The start. */

static int check_start(struct request *r, const struct import_row *import)
{
	struct import_counts counts;
	const int rc = import_count(r->db, import->site_id, import->id, &counts);

	if (rc < 0)
		return rc;
	if (counts.fault_n == import->lines)
		return reply_problem(r, 409, NULL, "No row of this file is good.");
	if (counts.fault_n > 0 && !import->good_only)
		return reply_problem(r, 409, "good_rows_only",
				     "%lld rows are faulty: correct the file, or leave them out.",
				     (long long)counts.fault_n);
	return 0;
}

int api_import_start(struct request *r)
{
	const struct import_start_body *body = r->body;
	DB_TRANSACTION struct db_tx tx = {};
	struct import_row import;
	int rc = import_get(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->arena, &import);

	if (rc < 0)
		return rc;
	import.good_only = body->good_rows_only;
	import.invite = body->invite;
	rc = check_start(r, &import);
	if (rc == 0 && import.invite)
		rc = sender_ask(r);
	if (rc == 0)
		rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = import_start(r->db, r->now, &import);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == -EEXIST)
		return reply_problem(r, 409, NULL, "This import has been started already.");
	return rc == 0 ? reply_import(r, import.id) : rc;
}

int api_import_delete(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = import_delete(r->db, r->now, r->ids[ID_SITE], r->ids[ID_OBJECT]);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == -EEXIST)
		return reply_problem(r, 409, NULL, "This import has been started already.");
	return rc == 0 ? reply_none(r) : rc;
}

/* Downloads. */

static int read_format(struct request *r, enum sheet_format *ret_format)
{
	const struct view format = query_get(r->arena, r->ask->query, "format");

	if (format.n && !view_eq(format, VIEW("csv")) && !view_eq(format, VIEW("xlsx")))
		return reply_problem(r, 400, "format", "format must be csv or xlsx.");
	*ret_format = view_eq(format, VIEW("csv")) ? SHEET_CSV : SHEET_XLSX;
	r->answer->body.max = DOWNLOAD_MAX;
	return 0;
}

static int reply_file(struct request *r, enum sheet_format format, const char *name)
{
	const bool csv = format == SHEET_CSV;

	r->answer->status = r->route->status;
	reply_field(r, "Content-Type",
		    csv ? "text/csv; charset=utf-8"
			: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
	reply_field(r, "Content-Disposition",
		    arena_printf(r->arena, "attachment; filename=\"%s.%s\"", name,
				 csv ? "csv" : "xlsx"));
	return 0;
}

int api_import_template(struct request *r)
{
	enum sheet_format format;
	int rc = read_format(r, &format);

	if (rc == 0)
		rc = import_template(format, r->site.language, &r->answer->body);
	return rc == 0 ? reply_file(r, format, "template") : rc;
}

int api_import_result(struct request *r)
{
	enum sheet_format format;
	struct import_row import;
	int rc = read_format(r, &format);

	if (rc == 0)
		rc = import_get(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->arena, &import);
	if (rc == 0)
		rc = import_result(r->db, &import, r->site.language, format, &r->answer->body);
	return rc == 0 ? reply_file(r, format, "result") : rc;
}

int api_user_export(struct request *r)
{
	enum sheet_format format;
	int rc = read_format(r, &format);

	if (rc == 0)
		rc = import_export(r->db, &r->site, format, &r->answer->body);
	return rc == 0 ? reply_file(r, format, "people") : rc;
}
