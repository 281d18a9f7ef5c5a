/* Any bytes as an XLS file. */
#include "sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct sheet_fault fault = { .kind = SHEET_FAULTS };
	struct sheet sheet;
	const int rc = xls_read((struct view){ (const char *)data, n }, &sheet, &fault);

	sheet_check(rc, &sheet, &fault);
	return 0;
}
