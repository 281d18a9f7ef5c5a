/* A CSV file: the first byte chooses the encoding, the second the delimiter. What was read is
 * written, and reads as the same again. */
#include "sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void write_all(const struct sheet *sheet, struct buf *out)
{
	struct sheet_writer *w;

	if (sheet_writer_new(SHEET_CSV, &w) < 0)
		abort();
	for (size_t i = 0; i < sheet->n; i++)
		if (sheet_writer_row(w, sheet->rows[i].cells, sheet->rows[i].n) < 0)
			abort();
	if (sheet_writer_finish(w, out) < 0)
		abort();
	sheet_writer_free(w);
}

/* A cell that begins with an apostrophe and then a sign loses the apostrophe: it looks defused. */
static bool same(struct view was, struct view is)
{
	return view_eq(was, is) ||
	       (was.n > 1 && was.p[0] == '\'' && strchr("=+-@", was.p[1]) && was.n == is.n + 1);
}

static void read_again(const struct sheet *sheet)
{
	static const struct csv_options options = { .delimiter = ',', .charset = "utf-8" };
	CLEANUP(buf_free) struct buf out = BUF_INIT(1 << 24);
	struct sheet again;
	struct sheet_fault fault;

	write_all(sheet, &out);
	if (csv_read(buf_view(&out), &options, &again, &fault) < 0 || again.n != sheet->n)
		abort();
	for (size_t i = 0; i < sheet->n; i++)
		for (size_t k = 0; k < sheet->rows[i].n; k++)
			if (k >= again.rows[i].n ||
			    !same(sheet->rows[i].cells[k], again.rows[i].cells[k]))
				abort();
	sheet_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char delimiters[] = "\0,;\t|\0";
	struct csv_options options = { .fallback = "windows-1250" };
	struct sheet_fault fault = { .kind = SHEET_FAULTS };
	struct sheet sheet;
	int rc;

	if (n < 2)
		return 0;
	for (unsigned i = 0; i < data[0] % 16U && sheet_charsets[i]; i++)
		options.charset = sheet_charsets[i];
	options.delimiter = delimiters[data[1] % 6];
	rc = csv_read((struct view){ (const char *)data + 2, n - 2 }, &options, &sheet, &fault);
	if (rc == 0)
		read_again(&sheet);
	sheet_check(rc, &sheet, &fault);
	return 0;
}
