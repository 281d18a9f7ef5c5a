/* Files of people: read into lines, and written. */
#include "office/import.h"

#include <errno.h>
#include <string.h>

enum { RESULT_TEXT_MAX = 512, READ_ARENA_MAX = 64 * 1024 * 1024 };

static int refuse(struct import_refusal *refusal, const char *word, const char *text, size_t row,
		  size_t column)
{
	*refusal = (struct import_refusal){ word, text, row, column };
	return -EINVAL;
}

/* Where each column is: cell[c] is its index, or SHEET_COLUMNS_MAX without it. */
static int read_header(const struct sheet_row *row, size_t cell[IMPORT_COLUMNS],
		       struct import_refusal *refusal)
{
	for (size_t c = 0; c < IMPORT_COLUMNS; c++)
		cell[c] = SHEET_COLUMNS_MAX;
	for (size_t i = 0; i < row->n; i++) {
		const enum import_column c = import_column_find(row->cells[i]);

		if (c == IMPORT_COLUMNS)
			continue;
		if (cell[c] < SHEET_COLUMNS_MAX)
			return refuse(refusal, "header_twice", "Two columns have this name.",
				      row->number, i + 1);
		cell[c] = i;
	}
	if (cell[IMPORT_FIRST_NAME] == SHEET_COLUMNS_MAX &&
	    cell[IMPORT_SURNAME] == SHEET_COLUMNS_MAX)
		return refuse(refusal, "header",
			      "The first row must name the columns, as the template does.",
			      row->number, 0);
	return 0;
}

static struct view cell_of(const struct sheet_row *row, size_t i)
{
	return i < row->n && row->cells[i].p ? row->cells[i] : VIEW("");
}

static int fold_email(struct import_line *l, struct arena *arena)
{
	char *p = arena_dup(arena, l->email);

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < l->email.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] + 32);
	l->account = (struct view){ p, l->email.n };
	return 0;
}

static bool read_line(const struct sheet_row *row, const size_t cell[IMPORT_COLUMNS],
		      struct import_line *l)
{
	struct view *const into[IMPORT_COLUMNS] = { &l->floor,      &l->number,  &l->apartment,
						    &l->first_name, &l->surname, &l->email,
						    &l->comment };
	bool any = false;

	*l = (struct import_line){ .line = (int64_t)row->number, .account = VIEW("") };
	for (size_t c = 0; c < IMPORT_COLUMNS; c++) {
		*into[c] = cell_of(row, cell[c]);
		any = any || into[c]->n > 0;
	}
	return any;
}

int import_read(const struct sheet *sheet, struct arena *arena, struct import_line **ret_lines,
		size_t *ret_n, struct import_refusal *ret_refusal)
{
	struct import_line *lines = arena_alloc(arena, (sheet->n + 1) * sizeof(*lines));
	size_t cell[IMPORT_COLUMNS], n = 0;
	int rc = lines ? read_header(&sheet->rows[0], cell, ret_refusal) : -ENOMEM;

	for (size_t i = 1; i < sheet->n && rc == 0; i++)
		if (read_line(&sheet->rows[i], cell, &lines[n]))
			rc = fold_email(&lines[n++], arena);
	if (rc == 0 && n == 0)
		rc = refuse(ret_refusal, "no_rows", "The file has no row below its header.", 0, 0);
	if (rc < 0)
		return rc;
	*ret_lines = lines;
	*ret_n = n;
	return 0;
}

/* Writing. */

static void writer_close(struct sheet_writer **w)
{
	sheet_writer_free(*w);
}

static int write_header(struct sheet_writer *w, struct view language, bool with_result)
{
	struct view cells[IMPORT_COLUMNS + 2] = {};

	for (enum import_column c = 0; c < IMPORT_COLUMNS; c++)
		cells[c] = view_str(import_column_name(c, language));
	cells[IMPORT_COLUMNS] = view_str(import_result_name(language));
	cells[IMPORT_COLUMNS + 1] = view_str(import_reason_name(language));
	return sheet_writer_row(w, cells, IMPORT_COLUMNS + (with_result ? 2 : 0));
}

int import_template(enum sheet_format format, struct view language, struct buf *out)
{
	CLEANUP(writer_close) struct sheet_writer *w = NULL;
	int rc = sheet_writer_new(format, &w);

	if (rc == 0)
		rc = write_header(w, language, false);
	return rc == 0 ? sheet_writer_finish(w, out) : rc;
}

/* The first word is the first name: put together again, both are the same name. */
static int write_person(void *writer, const struct import_person *p)
{
	struct view surname;
	const struct view first = view_cut(p->name, ' ', &surname);
	const struct view cells[IMPORT_COLUMNS] = { p->floor, p->number, p->apartment, first,
						    surname,  p->email,  p->comment };

	return sheet_writer_row(writer, cells, IMPORT_COLUMNS);
}

int import_export(struct db *db, const struct site_row *site, enum sheet_format format,
		  struct buf *out)
{
	CLEANUP(writer_close) struct sheet_writer *w = NULL;
	int rc = sheet_writer_new(format, &w);

	if (rc == 0)
		rc = write_header(w, site->language, false);
	if (rc == 0)
		rc = import_people_each(db, site->id, write_person, w);
	return rc == 0 ? sheet_writer_finish(w, out) : rc;
}

static int write_line(struct sheet_writer *w, const struct import_line *l, bool done,
		      struct view language)
{
	CLEANUP(buf_free) struct buf reason = BUF_INIT(RESULT_TEXT_MAX);
	struct view cells[IMPORT_COLUMNS + 2] = { l->floor,      l->number,  l->apartment,
						  l->first_name, l->surname, l->email,
						  l->comment };

	import_fault_text(import_fault_from(l->fault), l->other_line, language, &reason);
	if (reason.err < 0)
		return reason.err;
	cells[IMPORT_COLUMNS] = view_str(import_fate_text(l->fate, done, language));
	cells[IMPORT_COLUMNS + 1] = buf_view(&reason);
	return sheet_writer_row(w, cells, IMPORT_COLUMNS + 2);
}

static int write_lines(struct sheet_writer *w, struct db *db, const struct import_row *import,
		       struct view language)
{
	const bool done = view_eq(import->state, VIEW("done"));
	size_t n = IMPORT_LINES_READ;
	int64_t after = 0;
	int rc = 0;

	while (rc == 0 && n == IMPORT_LINES_READ) {
		CLEANUP(arena_free) struct arena arena = ARENA_INIT(READ_ARENA_MAX);
		struct import_line *lines;

		rc = import_lines(db, import->site_id, import->id, (struct view){}, after,
				  IMPORT_LINES_READ, &arena, &lines, &n);
		for (size_t i = 0; rc == 0 && i < n; i++)
			rc = write_line(w, &lines[i], done, language);
		if (rc == 0 && n > 0)
			after = lines[n - 1].line;
	}
	return rc;
}

int import_result(struct db *db, const struct import_row *import, struct view language,
		  enum sheet_format format, struct buf *out)
{
	CLEANUP(writer_close) struct sheet_writer *w = NULL;
	int rc = sheet_writer_new(format, &w);

	if (rc == 0)
		rc = write_header(w, language, true);
	if (rc == 0)
		rc = write_lines(w, db, import, language);
	return rc == 0 ? sheet_writer_finish(w, out) : rc;
}
