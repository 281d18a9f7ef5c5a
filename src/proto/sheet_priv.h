/* proto/sheet_priv.h - what the readers of sheets share: a row that is being read. */
#pragma once
#include "proto/sheet.h"

struct sheet_builder {
	struct sheet *sheet;
	struct sheet_fault *fault;
	struct view cells[SHEET_COLUMNS_MAX];
	size_t n; /* columns up to the last with text */
};

/* Fills the fault and returns -EINVAL. */
int sheet_refuse(struct sheet_fault *fault, enum sheet_fault_kind kind, size_t row, size_t column);
/* Column from 1. The text is copied, in order; a blank one is nothing. */
[[nodiscard]] int sheet_cell(struct sheet_builder *b, size_t row, size_t column, struct view text);
/* Ends a row; one without text leaves no trace. */
[[nodiscard]] int sheet_row_end(struct sheet_builder *b, size_t row);
/* Days since 1899-12-30 (or 1904-01-01) as an ISO date, with the time when there is one; other
 * numbers as themselves. */
void sheet_number_text(double value, bool is_date, bool from_1904, char ret_text[32]);
/* A number format of a spreadsheet shows dates. */
bool sheet_format_is_date(struct view code);
/* The numbers that every spreadsheet knows, without a code of their own. */
bool sheet_format_id_is_date(unsigned id);

/* Texts that cells share, by number. One that is too long has no bytes, and only a cell that shows
 * it is refused. */
struct sheet_texts {
	struct arena arena;
	struct view *texts;
	size_t n, cap;
};
[[nodiscard]] int sheet_texts_add(struct sheet_texts *t, struct view text, bool too_long,
				  struct sheet_fault *fault);
void sheet_texts_free(struct sheet_texts *t);
