#include "proto/sheet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xlsxwriter.h>

enum { CSV_MAX = 64 * 1024 * 1024, COLUMN_WIDTH = 22, READ_STEP = 65536 };

struct sheet_writer {
	enum sheet_format format;
	struct buf csv;
	/* XLSX */
	lxw_workbook *book;
	lxw_worksheet *sheet;
	lxw_format *bold;
	int fd;
	lxw_row_t row;
};

/* The library writes to a path: that of a file in memory. */
static int open_book(struct sheet_writer *w)
{
	char path[32];

	w->fd = memfd_create("sheet", MFD_CLOEXEC);
	if (w->fd < 0)
		return -EIO;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", w->fd);
	w->book = workbook_new(path);
	w->sheet = w->book ? workbook_add_worksheet(w->book, NULL) : NULL;
	w->bold = w->book ? workbook_add_format(w->book) : NULL;
	if (!w->sheet || !w->bold)
		return -ENOMEM;
	format_set_bold(w->bold);
	worksheet_freeze_panes(w->sheet, 1, 0);
	worksheet_set_column(w->sheet, 0, SHEET_COLUMNS_MAX - 1, COLUMN_WIDTH, NULL);
	return 0;
}

int sheet_writer_new(enum sheet_format format, struct sheet_writer **ret_writer)
{
	struct sheet_writer *w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return -ENOMEM;
	w->format = format;
	w->fd = -1;
	w->csv = BUF_INIT(CSV_MAX);
	/* Without the mark, Excel takes UTF-8 for a Windows code page. */
	rc = format == SHEET_XLSX ? open_book(w) : 0;
	if (rc < 0) {
		sheet_writer_free(w);
		return rc;
	}
	if (format == SHEET_CSV)
		buf_str(&w->csv, "\xef\xbb\xbf");
	*ret_writer = w;
	return 0;
}

/* What a spreadsheet would compute when it opens the file (CWE-1236). */
static bool is_formula(struct view cell)
{
	return cell.n > 0 && (strchr("=+-@", cell.p[0]) || (unsigned char)cell.p[0] < ' ');
}

static void csv_cell(struct buf *out, struct view cell)
{
	bool quote = is_formula(cell);

	for (size_t i = 0; i < cell.n && !quote; i++)
		quote = strchr(",;\t|\"\r\n", cell.p[i]) != NULL;
	if (!quote) {
		buf_add(out, cell);
		return;
	}
	buf_chr(out, '"');
	if (is_formula(cell))
		buf_chr(out, '\'');
	for (size_t i = 0; i < cell.n; i++) {
		if (cell.p[i] == '"')
			buf_chr(out, '"');
		buf_chr(out, cell.p[i]);
	}
	buf_chr(out, '"');
}

static int xlsx_cell(struct sheet_writer *w, size_t column, struct view cell)
{
	AUTO_FREE char *text = cell.n ? view_dup(cell) : NULL;
	lxw_format *format = w->row == 0 ? w->bold : NULL;
	lxw_error error;

	if (cell.n == 0)
		return 0;
	if (!text)
		return -ENOMEM;
	error = worksheet_write_string(w->sheet, w->row, (lxw_col_t)column, text, format);
	return error == LXW_NO_ERROR                     ? 0
	       : error == LXW_ERROR_MEMORY_MALLOC_FAILED ? -ENOMEM
							 : -EINVAL;
}

int sheet_writer_row(struct sheet_writer *w, const struct view *cells, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		if (w->format == SHEET_XLSX) {
			rc = xlsx_cell(w, i, cells[i]);
			continue;
		}
		if (i)
			buf_chr(&w->csv, ',');
		csv_cell(&w->csv, cells[i]);
	}
	if (w->format == SHEET_CSV)
		buf_str(&w->csv, "\r\n");
	w->row++;
	return rc < 0 ? rc : w->csv.err;
}

static int finish_book(struct sheet_writer *w, struct buf *out)
{
	const lxw_error error = workbook_close(TAKE(w->book));
	char step[READ_STEP];
	ssize_t got = 0;

	if (error != LXW_NO_ERROR)
		return error == LXW_ERROR_MEMORY_MALLOC_FAILED ? -ENOMEM : -EIO;
	if (lseek(w->fd, 0, SEEK_SET) < 0)
		return -EIO;
	while (out->err == 0 && (got = read(w->fd, step, sizeof(step))) > 0)
		buf_add(out, (struct view){ step, (size_t)got });
	return got < 0 ? -EIO : out->err;
}

int sheet_writer_finish(struct sheet_writer *w, struct buf *out)
{
	if (w->format == SHEET_XLSX)
		return finish_book(w, out);
	buf_add(out, buf_view(&w->csv));
	return w->csv.err < 0 ? w->csv.err : out->err;
}

void sheet_writer_free(struct sheet_writer *w)
{
	if (!w)
		return;
	if (w->book)
		lxw_workbook_free(w->book);
	if (w->fd >= 0)
		close(w->fd);
	buf_free(&w->csv);
	free(w);
}
