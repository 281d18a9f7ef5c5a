/* An XLSX file as it is (PK…), or its parts between lines of --, in the order of `names`. */
#include "sheet.h"

#include "../unit/proto/zip_make.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const names[] = { "xl/workbook.xml", "xl/_rels/workbook.xml.rels",
				     "xl/styles.xml", "xl/sharedStrings.xml",
				     "xl/worksheets/sheet1.xml" };

static struct view next_part(struct view *rest)
{
	const char *end = rest->n ? memmem(rest->p, rest->n, "\n--\n", 4) : NULL;
	const struct view found = { rest->p, end ? (size_t)(end - rest->p) : rest->n };

	*rest = end ? (struct view){ end + 4, rest->n - found.n - 4 } : (struct view){};
	return found;
}

static void read_one(struct view file)
{
	struct sheet_fault fault = { .kind = SHEET_FAULTS };
	struct sheet sheet;
	const int rc = xlsx_read(file, &sheet, &fault);

	sheet_check(rc, &sheet, &fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct view rest = { (const char *)data, n };
	struct zip_make zip = ZIP_MAKE_INIT;

	if (view_starts(rest, VIEW("PK"))) {
		read_one(rest);
		return 0;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		zip_add(&zip, names[i], next_part(&rest), false);
	read_one(zip_end(&zip));
	zip_free(&zip);
	return 0;
}
