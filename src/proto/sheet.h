/* proto/sheet.h - a table of texts, as CSV files and spreadsheets hold it.
 *
 * A reader takes the bytes of a file and gives the rows of its first sheet that are not empty.
 * Every value is text: numbers and dates as a person would type them (2024-05-31), a formula as the
 * value that the file keeps beside it; nothing is ever computed. Cells are UTF-8 without white
 * space at their ends, every run of white space and control characters inside is one space.
 *
 * Pure; any thread. A sheet owns its memory. Errors: -EINVAL with what and where in *ret_fault,
 * -ENOMEM. Cost: linear in the bytes, packed or not, which the limits bound. */
#pragma once
#include "base/mem.h"

enum {
	SHEET_FILE_MAX = 8 * 1024 * 1024,      /* bytes of a file */
	SHEET_ROWS_MAX = 20000,                /* that are not empty, the header too */
	SHEET_COLUMNS_MAX = 64,                /* that have text in them */
	SHEET_CELL_MAX = 4096,                 /* bytes of a cell */
	SHEET_MEMORY_MAX = 128 * 1024 * 1024,  /* bytes that a sheet takes */
	SHEET_UNPACKED_MAX = 96 * 1024 * 1024, /* bytes of all parts of an XLSX */
	SHEET_RATIO_MAX = 200,                 /* unpacked to packed bytes, of a part above … */
	SHEET_RATIO_FREE = 1024 * 1024,        /* … so many bytes */
	SHEET_XML_DEPTH_MAX = 32,
};

enum sheet_format { SHEET_CSV, SHEET_XLSX, SHEET_XLS };

enum sheet_fault_kind {
	SHEET_BROKEN, /* is not what it looks like */
	SHEET_LOCKED, /* needs a password */
	SHEET_TOO_BIG,
	SHEET_ROWS,
	SHEET_COLUMNS,
	SHEET_CELL,
	SHEET_QUOTE,   /* a quote without its end, or text behind it */
	SHEET_CHARSET, /* bytes that the encoding does not have */
	SHEET_EMPTY,
	SHEET_FAULTS
};

struct sheet_fault {
	enum sheet_fault_kind kind;
	size_t row; /* from 1 as a spreadsheet counts; 0: the file as a whole */
	size_t column;
};

struct sheet_row {
	size_t number; /* in the file, from 1 */
	const struct view *cells;
	size_t n;
};

struct sheet {
	struct arena arena;
	struct sheet_row *rows;
	size_t n, cap;
};

/* How a CSV file is to be read. */
struct csv_options {
	char delimiter;       /* , ; tab | or 0: look */
	const char *charset;  /* a name of sheet_charsets; NULL: look */
	const char *fallback; /* of what is not Unicode, when it is looked for: "windows-1250" */
};

/* Names that may be chosen, NULL-terminated. */
extern const char *const sheet_charsets[];

/* By its first bytes; what is no spreadsheet is CSV. */
enum sheet_format sheet_format_of(struct view file);
/* Frees nothing of the file, which may go. The options count for CSV. */
[[nodiscard]] int sheet_read(struct view file, const struct csv_options *options,
			     struct sheet *ret_sheet, struct sheet_fault *ret_fault);
[[nodiscard]] int csv_read(struct view file, const struct csv_options *options,
			   struct sheet *ret_sheet, struct sheet_fault *ret_fault);
[[nodiscard]] int xlsx_read(struct view file, struct sheet *ret_sheet,
			    struct sheet_fault *ret_fault);
[[nodiscard]] int xls_read(struct view file, struct sheet *ret_sheet,
			   struct sheet_fault *ret_fault);
/* A sheet of zeroes is fine. */
void sheet_free(struct sheet *sheet);
/* One word for programs ("cell"), and a sentence. */
const char *sheet_fault_word(enum sheet_fault_kind kind);
const char *sheet_fault_text(enum sheet_fault_kind kind);

/* Writing: a file grows row by row. */
struct sheet_writer;
[[nodiscard]] int sheet_writer_new(enum sheet_format format, struct sheet_writer **ret_writer);
/* The first row is the header. A CSV cell that a spreadsheet would take for a formula (= + - @ and
 * control characters in front) is led by an apostrophe; in XLSX all cells are text. */
[[nodiscard]] int sheet_writer_row(struct sheet_writer *w, const struct view *cells, size_t n);
/* Appends the whole file to `out`. -EIO: no temporary file. */
[[nodiscard]] int sheet_writer_finish(struct sheet_writer *w, struct buf *out);
/* NULL is fine. */
void sheet_writer_free(struct sheet_writer *w);
