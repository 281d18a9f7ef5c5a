#include "proto/sheet_priv.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
	const char *word, *text;
} faults[SHEET_FAULTS] = {
	[SHEET_BROKEN] = { "broken", "The file is damaged, or not what its name says." },
	[SHEET_LOCKED] = { "locked", "The file is protected by a password." },
	[SHEET_TOO_BIG] = { "too_big", "The file holds more than can be read at once." },
	[SHEET_ROWS] = { "rows", "The file has more than 20000 rows." },
	[SHEET_COLUMNS] = { "columns", "The file has more than 64 columns." },
	[SHEET_CELL] = { "cell", "This cell is too long." },
	[SHEET_QUOTE] = { "quote", "A quotation mark does not end, or text follows it." },
	[SHEET_CHARSET] = { "charset",
			    "The text has characters that this encoding does not know." },
	[SHEET_EMPTY] = { "empty", "The file has no text." },
};

const char *sheet_fault_word(enum sheet_fault_kind kind)
{
	return faults[kind].word;
}

const char *sheet_fault_text(enum sheet_fault_kind kind)
{
	return faults[kind].text;
}

int sheet_refuse(struct sheet_fault *fault, enum sheet_fault_kind kind, size_t row, size_t column)
{
	*fault = (struct sheet_fault){ kind, row, column };
	return -EINVAL;
}

void sheet_free(struct sheet *sheet)
{
	arena_free(&sheet->arena);
	free(sheet->rows);
	*sheet = (struct sheet){};
}

/* Bytes of white space at p: ASCII space and controls, and what office programs leave behind: NBSP,
 * C1 controls, zero-width space, byte order mark. */
static size_t space_at(const unsigned char *p, size_t n)
{
	if (p[0] <= ' ' || p[0] == 0x7f)
		return 1;
	if (n > 1 && p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0xa0)
		return 2;
	if (n > 2 && memcmp(p, "\xe2\x80\x8b", 3) == 0)
		return 3;
	return n > 2 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* Into `to`, which has room for as many bytes; returns how many there are. */
static size_t squeeze(struct view text, char *to)
{
	const unsigned char *p = (const unsigned char *)text.p;
	size_t n = 0, left = text.n;
	bool gap = false;

	while (left > 0) {
		const size_t space = space_at(p, left), step = space ? space : 1;

		if (space) {
			gap = n > 0;
		} else {
			if (gap)
				to[n++] = ' ';
			to[n++] = (char)*p;
			gap = false;
		}
		p += step;
		left -= step;
	}
	return n;
}

int sheet_cell(struct sheet_builder *b, size_t row, size_t column, struct view text)
{
	char *to;
	size_t n;

	if (text.n > SHEET_CELL_MAX)
		return sheet_refuse(b->fault, SHEET_CELL, row, column);
	if (text.n == 0)
		return 0;
	to = arena_alloc(&b->sheet->arena, text.n + 1);
	if (!to)
		return sheet_refuse(b->fault, SHEET_TOO_BIG, row, column);
	n = squeeze(text, to);
	if (n == 0)
		return 0;
	to[n] = '\0';
	if (column == 0 || column > SHEET_COLUMNS_MAX)
		return sheet_refuse(b->fault, SHEET_COLUMNS, row, column);
	b->cells[column - 1] = (struct view){ to, n };
	if (column > b->n)
		b->n = column;
	return 0;
}

static int rows_grow(struct sheet *s)
{
	const size_t cap = s->cap ? s->cap * 2 : 64;
	struct sheet_row *rows;

	if (s->n < s->cap)
		return 0;
	rows = realloc(s->rows, cap * sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	s->rows = rows;
	s->cap = cap;
	return 0;
}

int sheet_row_end(struct sheet_builder *b, size_t row)
{
	struct sheet *s = b->sheet;
	struct view *cells;

	if (b->n == 0)
		return 0;
	if (s->n == SHEET_ROWS_MAX)
		return sheet_refuse(b->fault, SHEET_ROWS, row, 0);
	cells = arena_alloc(&s->arena, b->n * sizeof(*cells));
	if (!cells || rows_grow(s) < 0)
		return -ENOMEM;
	memcpy(cells, b->cells, b->n * sizeof(*cells));
	s->rows[s->n++] = (struct sheet_row){ row, cells, b->n };
	memset(b->cells, 0, b->n * sizeof(*b->cells));
	b->n = 0;
	return 0;
}

int sheet_texts_add(struct sheet_texts *t, struct view text, bool too_long,
		    struct sheet_fault *fault)
{
	struct view copy = { NULL, SHEET_CELL_MAX + 1 };

	if (t->n == t->cap) {
		const size_t cap = t->cap ? t->cap * 2 : 256;
		struct view *texts = reallocarray(t->texts, cap, sizeof(*texts));

		if (!texts)
			return -ENOMEM;
		t->texts = texts;
		t->cap = cap;
	}
	if (!too_long)
		copy = (struct view){ arena_dup(&t->arena, text), text.n };
	if (!too_long && !copy.p)
		return sheet_refuse(fault, SHEET_TOO_BIG, 0, 0);
	t->texts[t->n++] = copy;
	return 0;
}

void sheet_texts_free(struct sheet_texts *t)
{
	arena_free(&t->arena);
	free(t->texts);
}

bool sheet_format_id_is_date(unsigned id)
{
	return (id >= 14 && id <= 22) || (id >= 45 && id <= 47);
}

bool sheet_format_is_date(struct view code)
{
	bool quoted = false, bracket = false;

	for (size_t i = 0; i < code.n; i++) {
		const char c = code.p[i];

		if (c == '"')
			quoted = !quoted;
		else if (c == '\\' && !quoted)
			i++;
		else if ((c == '[' || c == ']') && !quoted)
			bracket = c == '[';
		else if (!quoted && !bracket && strchr("yYmMdDhH", c))
			return true;
	}
	return false;
}

/* The day 60 is 1900-02-29 to spreadsheets, which never was: before it they are a day late. */
static bool date_text(double value, bool from_1904, char ret_text[32])
{
	enum { DAYS_TO_1970 = 25569, DAYS_TO_1904 = 1462, DAY_S = 86400, LAST_DAY = 2958465 };
	const double days = value + (from_1904 ? DAYS_TO_1904 : 0) + (value < 60 && !from_1904);
	const time_t at = (time_t)llround((days - DAYS_TO_1970) * DAY_S);
	struct tm tm;

	if (!(value >= 0) || value > LAST_DAY || !gmtime_r(&at, &tm))
		return false;
	if (value < 1) /* a time of day alone */
		return strftime(ret_text, 32, "%H:%M", &tm) > 0;
	return strftime(ret_text, 32, at % DAY_S ? "%Y-%m-%d %H:%M" : "%Y-%m-%d", &tm) > 0;
}

void sheet_number_text(double value, bool is_date, bool from_1904, char ret_text[32])
{
	if (is_date && date_text(value, from_1904, ret_text))
		return;
	snprintf(ret_text, 32, "%.15g", value);
}

enum sheet_format sheet_format_of(struct view file)
{
	if (view_starts(file, VIEW("PK\x03\x04")))
		return SHEET_XLSX;
	return view_starts(file, VIEW("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) ? SHEET_XLS : SHEET_CSV;
}

int sheet_read(struct view file, const struct csv_options *options, struct sheet *ret_sheet,
	       struct sheet_fault *ret_fault)
{
	if (file.n > SHEET_FILE_MAX)
		return sheet_refuse(ret_fault, SHEET_TOO_BIG, 0, 0);
	switch (sheet_format_of(file)) {
	case SHEET_XLSX:
		return xlsx_read(file, ret_sheet, ret_fault);
	case SHEET_XLS:
		return xls_read(file, ret_sheet, ret_fault);
	default:
		return csv_read(file, options, ret_sheet, ret_fault);
	}
}
