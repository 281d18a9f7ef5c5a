/* CSV as it is found: RFC 4180, other delimiters, other encodings. Everything becomes UTF-8 first,
 * through iconv, which also refuses what is no UTF-8. */
#include "proto/sheet_priv.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

enum {
	LOOK_MAX = 512, /* bytes that tell UTF-16 from the rest */
	GROWTH = 4,     /* bytes that a byte may become in UTF-8 */
	CONVERT_STEP = 16384,
};

const char *const sheet_charsets[] = { "utf-8",
				       "utf-16",
				       "windows-1250",
				       "windows-1251",
				       "windows-1252",
				       "windows-1253",
				       "windows-1254",
				       "windows-1257",
				       "iso-8859-1",
				       "iso-8859-2",
				       "iso-8859-15",
				       "macintosh",
				       NULL };

static size_t lines_in(struct view text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

static void converter_close(iconv_t *cd)
{
	if (*cd != (iconv_t)-1)
		iconv_close(*cd);
}

/* -EILSEQ: a byte that the encoding does not have, in row *ret_row. */
static int convert(struct view in, const char *charset, struct buf *out, size_t *ret_row)
{
	CLEANUP(converter_close) iconv_t cd = iconv_open("UTF-8", charset);
	char *from = (char *)in.p, step[CONVERT_STEP];
	size_t left = in.n;

	if (cd == (iconv_t)-1)
		return errno == ENOMEM ? -ENOMEM : -EILSEQ;
	while (left > 0) {
		char *to = step;
		size_t room = sizeof(step);
		const size_t rc = iconv(cd, &from, &left, &to, &room);
		const int error = rc == (size_t)-1 ? errno : 0;

		buf_add(out, (struct view){ step, sizeof(step) - room });
		if (out->err < 0)
			return out->err;
		if (error && error != E2BIG) {
			*ret_row = 1 + lines_in(buf_view(out));
			return -EILSEQ;
		}
	}
	return 0;
}

/* Text of our languages in UTF-16 has a zero in most of its pairs, always on the same side. */
static const char *utf16_order(struct view file)
{
	size_t zeroes[2] = {};
	const size_t n = file.n < LOOK_MAX ? file.n & ~(size_t)1 : LOOK_MAX;

	if (view_starts(file, VIEW("\xff\xfe")))
		return "UTF-16LE";
	if (view_starts(file, VIEW("\xfe\xff")))
		return "UTF-16BE";
	for (size_t i = 0; i < n; i++)
		zeroes[i & 1] += file.p[i] == '\0';
	if (n >= 4 && zeroes[1] > n / 4 && zeroes[0] == 0)
		return "UTF-16LE";
	return n >= 4 && zeroes[0] > n / 4 && zeroes[1] == 0 ? "UTF-16BE" : NULL;
}

static struct view without_mark(struct view text)
{
	const size_t n = view_starts(text, VIEW("\xef\xbb\xbf")) ? 3 : 0;

	return (struct view){ text.p + n, text.n - n };
}

static int to_utf8(struct view file, const struct csv_options *o, struct buf *out,
		   struct sheet_fault *fault)
{
	const bool chosen = o->charset != NULL;
	const char *charset = chosen ? o->charset : "utf-8", *order = utf16_order(file);
	size_t row = 0;
	int rc;

	if (order && (!chosen || strcmp(charset, "utf-16") == 0))
		charset = order;
	rc = convert(file, charset, out, &row);
	if (rc == -EILSEQ && !chosen && !order && o->fallback) {
		buf_reset(out);
		rc = convert(file, o->fallback, out, &row);
	}
	if (rc == 0 && out->n > 0 && memchr(out->p, '\0', out->n))
		return sheet_refuse(fault, SHEET_BROKEN, 0, 0);
	if (rc == -EMSGSIZE)
		return sheet_refuse(fault, SHEET_TOO_BIG, 0, 0);
	return rc == -EILSEQ ? sheet_refuse(fault, SHEET_CHARSET, row, 0) : rc;
}

static const char candidates[] = ",;\t|";

/* What stands most often in the first line, outside of quotes. */
static char delimiter_find(struct view text)
{
	size_t counts[sizeof(candidates)] = {}, best = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.n && (quoted || (text.p[i] != '\n' && text.p[i] != '\r'));
	     i++) {
		const char *found = strchr(candidates, text.p[i]);

		if (text.p[i] == '"')
			quoted = !quoted;
		else if (found && !quoted)
			counts[found - candidates]++;
	}
	for (size_t i = 1; candidates[i]; i++)
		if (counts[i] > counts[best])
			best = i;
	return candidates[best];
}

/* Spreadsheets write the line sep=; in front for each other. */
static char delimiter_take(struct view *text, char chosen)
{
	struct view rest;
	const struct view line = view_line(*text, &rest);

	if (line.n == 5 && view_starts(line, VIEW("sep=")) && strchr(candidates, line.p[4])) {
		*text = rest;
		return chosen ? chosen : line.p[4];
	}
	return chosen ? chosen : delimiter_find(*text);
}

struct reader {
	struct view text;
	size_t at;
	char delimiter;
	size_t row, column;
	struct buf cell; /* a quoted one */
	struct sheet_builder builder;
};

static bool ends_cell(const struct reader *r)
{
	if (r->at == r->text.n)
		return true;
	const char c = r->text.p[r->at];

	return c == r->delimiter || c == '\n' || c == '\r';
}

/* What sheet_writer put in front of what looks like a formula. */
static int keep_cell(struct reader *r, struct view text)
{
	if (text.n > 1 && text.p[0] == '\'' && strchr("=+-@", text.p[1]))
		text = (struct view){ text.p + 1, text.n - 1 };
	return sheet_cell(&r->builder, r->row, r->column, text);
}

/* Behind the opening quote. */
static int read_quoted(struct reader *r)
{
	buf_reset(&r->cell);
	for (;;) {
		const char *from = r->text.p + r->at;
		const char *quote = memchr(from, '"', r->text.n - r->at);

		if (!quote)
			return sheet_refuse(r->builder.fault, SHEET_QUOTE, r->row, r->column);
		buf_add(&r->cell, (struct view){ from, (size_t)(quote - from) });
		r->at += (size_t)(quote - from) + 1;
		if (r->at == r->text.n || r->text.p[r->at] != '"')
			break;
		buf_chr(&r->cell, '"');
		r->at++;
	}
	if (r->cell.err == -EMSGSIZE)
		return sheet_refuse(r->builder.fault, SHEET_CELL, r->row, r->column);
	if (r->cell.err < 0)
		return r->cell.err;
	if (!ends_cell(r))
		return sheet_refuse(r->builder.fault, SHEET_QUOTE, r->row, r->column);
	return keep_cell(r, buf_view(&r->cell));
}

static int read_cell(struct reader *r)
{
	const size_t from = r->at;

	if (!ends_cell(r) && r->text.p[r->at] == '"') {
		r->at++;
		return read_quoted(r);
	}
	while (!ends_cell(r))
		r->at++;
	return keep_cell(r, (struct view){ r->text.p + from, r->at - from });
}

static int read_row(struct reader *r)
{
	r->row++;
	for (r->column = 1;; r->column++) {
		const int rc = read_cell(r);

		if (rc < 0)
			return rc;
		if (r->at == r->text.n || r->text.p[r->at] != r->delimiter)
			break;
		r->at++;
	}
	if (r->at < r->text.n && r->text.p[r->at] == '\r')
		r->at++;
	if (r->at < r->text.n && r->text.p[r->at] == '\n')
		r->at++;
	return sheet_row_end(&r->builder, r->row);
}

int csv_read(struct view file, const struct csv_options *options, struct sheet *ret_sheet,
	     struct sheet_fault *ret_fault)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(GROWTH * file.n + CONVERT_STEP);
	CLEANUP(sheet_free) struct sheet sheet = { .arena = ARENA_INIT(SHEET_MEMORY_MAX) };
	struct reader r = { .cell = BUF_INIT(SHEET_CELL_MAX),
			    .builder = { .sheet = &sheet, .fault = ret_fault } };
	int rc = to_utf8(file, options, &text, ret_fault);

	if (rc < 0)
		return rc;
	r.text = without_mark(buf_view(&text));
	r.delimiter = delimiter_take(&r.text, options->delimiter);
	while (rc == 0 && r.at < r.text.n)
		rc = read_row(&r);
	buf_free(&r.cell);
	if (rc == 0 && sheet.n == 0)
		rc = sheet_refuse(ret_fault, SHEET_EMPTY, 0, 0);
	if (rc < 0)
		return rc;
	*ret_sheet = sheet;
	sheet = (struct sheet){};
	return 0;
}
