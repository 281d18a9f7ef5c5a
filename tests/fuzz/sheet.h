/* What every sheet keeps, whatever bytes it was read from. */
#pragma once
#include "proto/sheet.h"

#include <stdlib.h>
#include <string.h>

static inline bool cell_is_good(struct view cell)
{
	if (cell.n > SHEET_CELL_MAX ||
	    (cell.n > 0 && (!cell.p || cell.p[0] == ' ' || cell.p[cell.n - 1] == ' ')))
		return false;
	for (size_t i = 0; i < cell.n; i++)
		if ((unsigned char)cell.p[i] < ' ' || (cell.p[i] == ' ' && cell.p[i + 1] == ' '))
			return false;
	return cell.n == 0 || cell.p[cell.n] == '\0';
}

static inline void sheet_check(int rc, struct sheet *sheet, const struct sheet_fault *fault)
{
	if (rc < 0) {
		if (rc != -12 && fault->kind >= SHEET_FAULTS)
			abort();
		return;
	}
	if (sheet->n == 0 || sheet->n > SHEET_ROWS_MAX)
		abort();
	for (size_t i = 0; i < sheet->n; i++) {
		const struct sheet_row *row = &sheet->rows[i];

		if (row->n == 0 || row->n > SHEET_COLUMNS_MAX || row->cells[row->n - 1].n == 0)
			abort();
		for (size_t k = 0; k < row->n; k++)
			if (!cell_is_good(row->cells[k]))
				abort();
	}
	sheet_free(sheet);
}
