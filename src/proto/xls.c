/* XLS as Excel 97 and newer wrote it: a file system of sectors ([MS-CFB]) in which one stream is
 * the workbook, and that is a row of records ([MS-XLS], "BIFF8"). Older ones are refused.
 *
 * Written here because the packaged library reads only files by name, and takes memory for as many
 * cells as a file claims to have. Nothing here believes a count: chains of sectors end after as
 * many as the file has, and every read is of bytes that are there. */
#include "proto/sheet_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEADER_SIZE = 512,
	HEADER_FATS = 109, /* sectors of the table that the header names */
	ENTRY_SIZE = 128,
	STYLES_MAX = 65536,
	FORMATS_MAX = 65536,
	NO_SECTOR = 0xfffffffa, /* this and above: no sector, but a mark */
};

/* Little-endian numbers; what is not there reads as zero. */
static uint32_t number_at(struct view v, size_t at, size_t bytes)
{
	uint32_t n = 0;

	if (at > v.n || v.n - at < bytes)
		return 0;
	for (size_t i = 0; i < bytes; i++)
		n |= (uint32_t)(unsigned char)v.p[at + i] << (8 * i);
	return n;
}

static uint32_t u8(struct view v, size_t at)
{
	return number_at(v, at, 1);
}

static uint32_t u16(struct view v, size_t at)
{
	return number_at(v, at, 2);
}

static uint32_t u32(struct view v, size_t at)
{
	return number_at(v, at, 4);
}

static struct view part(struct view v, size_t at, size_t n)
{
	if (at > v.n)
		return (struct view){};
	return (struct view){ v.p + at, n < v.n - at ? n : v.n - at };
}

/* The file system. */

struct disk {
	struct view file;
	size_t sector;    /* bytes */
	struct buf table; /* of sectors: the next of each */
	struct buf small_table;
	struct buf small; /* the stream of small sectors */
	size_t small_sector, small_below;
};

static struct view sector_at(const struct disk *d, uint32_t i)
{
	return part(d->file, ((size_t)i + 1) * d->sector, d->sector);
}

/* A chain of sectors, of which no more than `n` bytes are wanted. */
static int chain_read(const struct disk *d, uint32_t at, size_t n, struct buf *out)
{
	size_t left = d->file.n / d->sector + 1;

	while (at < NO_SECTOR && out->n < n && left-- > 0) {
		const struct view sector = sector_at(d, at);

		if (sector.n == 0)
			return -EINVAL;
		buf_add(out, part(sector, 0, n - out->n));
		at = (size_t)at * 4 < d->table.n ? u32(buf_view(&d->table), (size_t)at * 4)
						 : NO_SECTOR;
	}
	return out->err;
}

static int small_chain_read(const struct disk *d, uint32_t at, size_t n, struct buf *out)
{
	const struct view table = buf_view(&d->small_table);
	size_t left = d->small.n / d->small_sector + 1;

	while (at < NO_SECTOR && out->n < n && left-- > 0) {
		const struct view sector =
			part(buf_view(&d->small), (size_t)at * d->small_sector, d->small_sector);

		if (sector.n == 0)
			return -EINVAL;
		buf_add(out, part(sector, 0, n - out->n));
		at = (size_t)at * 4 < table.n ? u32(table, (size_t)at * 4) : NO_SECTOR;
	}
	return out->err;
}

/* The table of sectors is in sectors itself; the header names the first, and a chain the others. */
static int table_read(struct disk *d)
{
	size_t left = d->file.n / d->sector + 1;
	uint32_t more = u32(d->file, 68);

	for (size_t i = 0; i < HEADER_FATS && u32(d->file, 76 + 4 * i) < NO_SECTOR; i++)
		buf_add(&d->table, sector_at(d, u32(d->file, 76 + 4 * i)));
	while (more < NO_SECTOR && left-- > 0) {
		const struct view list = sector_at(d, more);

		for (size_t i = 0; i + 4 < list.n && u32(list, i) < NO_SECTOR; i += 4)
			buf_add(&d->table, sector_at(d, u32(list, i)));
		more = list.n < 4 ? NO_SECTOR : u32(list, list.n - 4);
	}
	return d->table.err;
}

static bool entry_is(struct view entry, const char *name)
{
	const size_t n = strlen(name);

	if (u16(entry, 64) != 2 * (n + 1))
		return false;
	for (size_t i = 0; i < n; i++)
		if (u16(entry, 2 * i) != (unsigned char)name[i])
			return false;
	return true;
}

static int stream_read(struct disk *d, struct view folder, const char *name, struct buf *out)
{
	const uint32_t root = u32(folder, 116), root_size = u32(folder, 120);
	int rc;

	for (size_t at = 0; at + ENTRY_SIZE <= folder.n; at += ENTRY_SIZE) {
		const struct view entry = part(folder, at, ENTRY_SIZE);
		const uint32_t size = u32(entry, 120);

		if (u8(entry, 66) != 2 || !entry_is(entry, name))
			continue;
		if (size >= d->small_below)
			return chain_read(d, u32(entry, 116), size, out);
		rc = chain_read(d, u32(d->file, 60), SIZE_MAX, &d->small_table);
		if (rc == 0)
			rc = chain_read(d, root, root_size, &d->small);
		return rc < 0 ? rc : small_chain_read(d, u32(entry, 116), size, out);
	}
	return -ENOENT;
}

static int disk_stream(struct view file, const char *name, struct buf *out)
{
	struct disk d = { .file = file,
			  .table = BUF_INIT(file.n),
			  .small_table = BUF_INIT(file.n),
			  .small = BUF_INIT(file.n),
			  .small_below = u32(file, 56) };
	CLEANUP(buf_free) struct buf folder = BUF_INIT(file.n);
	const uint32_t shift = u16(file, 30), small_shift = u16(file, 32);
	int rc = -EINVAL;

	if (file.n >= HEADER_SIZE && (shift == 9 || shift == 12) && small_shift == 6) {
		d.sector = (size_t)1 << shift;
		d.small_sector = (size_t)1 << small_shift;
		rc = table_read(&d);
		if (rc == 0)
			rc = chain_read(&d, u32(file, 48), SIZE_MAX, &folder);
		if (rc == 0)
			rc = stream_read(&d, buf_view(&folder), name, out);
	}
	buf_free(&d.table);
	buf_free(&d.small_table);
	buf_free(&d.small);
	return rc;
}

/* The records. */

enum record {
	FORMULA = 0x0006,
	END = 0x000a,
	DATE_MODE = 0x0022,
	LOCKED = 0x002f,
	CONTINUE = 0x003c,
	SHEET = 0x0085,
	NUMBERS = 0x00bd, /* a run of compressed numbers */
	STYLE = 0x00e0,
	TEXTS = 0x00fc,
	SHARED_TEXT = 0x00fd,
	NUMBER = 0x0203,
	TEXT = 0x0204,
	BOOLEAN = 0x0205,
	FORMULA_TEXT = 0x0207,
	COMPRESSED = 0x027e,
	FORMAT = 0x041e,
	BEGIN = 0x0809,
};

enum {
	BIFF8 = 0x0600,
	HEAD_SIZE = 4,
	STRING_FLAG_WIDE = 1,
	STRING_FLAG_EXTRA = 4,
	STRING_FLAG_RUNS = 8
};

struct book {
	struct view stream;
	struct sheet_fault *fault;
	struct sheet_texts texts;
	struct buf text; /* the one being read */
	bool long_text;
	bool from_1904;
	size_t sheet; /* where the first one begins; 0: not found yet */
	bool sheet_hidden;
	unsigned char *date_formats; /* by number of the format */
	unsigned char *date_styles;  /* by number of the style */
	size_t nstyles;
	size_t row;          /* from 1, of the sheet */
	struct view formula; /* head of the cell whose text comes next */
	struct sheet_builder builder;
};

static int broken(const struct book *b)
{
	return sheet_refuse(b->fault, SHEET_BROKEN, 0, 0);
}

static bool record_next(struct view stream, size_t *at, enum record *ret_type,
			struct view *ret_data)
{
	const struct view head = part(stream, *at, HEAD_SIZE);

	if (head.n < HEAD_SIZE)
		return false;
	*ret_type = (enum record)u16(head, 0);
	*ret_data = part(stream, *at + HEAD_SIZE, u16(head, 2));
	*at += HEAD_SIZE + u16(head, 2);
	return true;
}

static void add_utf8(struct buf *out, uint32_t c)
{
	if (c >= 0x80) {
		if (c >= 0x10000) {
			buf_chr(out, (char)(0xf0 | c >> 18));
			buf_chr(out, (char)(0x80 | (c >> 12 & 0x3f)));
		} else if (c >= 0x800) {
			buf_chr(out, (char)(0xe0 | c >> 12));
		}
		if (c >= 0x800)
			buf_chr(out, (char)(0x80 | (c >> 6 & 0x3f)));
		else
			buf_chr(out, (char)(0xc0 | c >> 6));
		c = 0x80 | (c & 0x3f);
	}
	buf_chr(out, (char)c);
}

/* A string may go on in CONTINUE records: its characters behind a flag of their own width. */
struct string_in {
	const struct book *book;
	struct view left; /* of the record */
	size_t at;        /* of the next record */
};

static bool string_more(struct string_in *in)
{
	enum record type;
	size_t at = in->at;

	while (in->left.n == 0) {
		if (!record_next(in->book->stream, &at, &type, &in->left) || type != CONTINUE) {
			in->left = (struct view){};
			return false;
		}
		in->at = at;
	}
	return true;
}

static uint32_t string_take(struct string_in *in, size_t bytes)
{
	uint32_t n = 0;

	for (size_t i = 0; i < bytes && string_more(in); i++) {
		n |= u8(in->left, 0) << (8 * i);
		in->left = part(in->left, 1, SIZE_MAX);
	}
	return n;
}

static void string_skip(struct string_in *in, size_t n)
{
	while (n > 0 && string_more(in)) {
		const size_t some = n < in->left.n ? n : in->left.n;

		in->left = part(in->left, some, SIZE_MAX);
		n -= some;
	}
}

/* Characters into b->text; half a pair of surrogates becomes U+FFFD. */
static void string_characters(struct book *b, struct string_in *in, size_t n, bool wide)
{
	uint32_t high = 0;

	for (; n > 0; n--) {
		if (in->left.n == 0) {
			if (!string_more(in))
				break;
			wide = string_take(in, 1) & STRING_FLAG_WIDE;
		}
		const uint32_t c = string_take(in, wide ? 2 : 1);
		const bool low = c >= 0xdc00 && c < 0xe000;

		if (high && low)
			add_utf8(&b->text, 0x10000 + ((high - 0xd800) << 10) + (c - 0xdc00));
		else if (high || low)
			add_utf8(&b->text, 0xfffd);
		high = c >= 0xd800 && c < 0xdc00 ? c : 0;
		if (!high && !low)
			add_utf8(&b->text, c);
	}
	if (high)
		add_utf8(&b->text, 0xfffd);
}

static int string_read(struct book *b, struct string_in *in)
{
	const size_t n = string_take(in, 2);
	const uint32_t flags = string_take(in, 1);
	const size_t runs = flags & STRING_FLAG_RUNS ? string_take(in, 2) : 0;
	const size_t extra = flags & STRING_FLAG_EXTRA ? string_take(in, 4) : 0;

	buf_reset(&b->text);
	string_characters(b, in, n, flags & STRING_FLAG_WIDE);
	string_skip(in, 4 * runs);
	string_skip(in, extra);
	b->long_text = b->text.err == -EMSGSIZE;
	return b->text.err == -ENOMEM ? -ENOMEM : 0;
}

static int texts_read(struct book *b, struct view data, size_t at)
{
	struct string_in in = { b, part(data, 8, SIZE_MAX), at };
	size_t left = u32(data, 4);
	int rc = 0;

	while (rc == 0 && left-- > 0 && string_more(&in)) {
		rc = string_read(b, &in);
		if (rc == 0)
			rc = sheet_texts_add(&b->texts, buf_view(&b->text), b->long_text, b->fault);
	}
	return rc;
}

static int format_read(struct book *b, struct view data, size_t at)
{
	struct string_in in = { b, part(data, 2, SIZE_MAX), at };
	const int rc = string_read(b, &in);

	b->date_formats[u16(data, 0)] = sheet_format_is_date(buf_view(&b->text));
	return rc;
}

/* The first that is a table of cells; one that shows before one that is hidden. */
static void sheet_note(struct book *b, struct view data)
{
	const bool hidden = u8(data, 4) & 3;

	if (u8(data, 5) == 0 && u32(data, 0) > 0 && (!b->sheet || (b->sheet_hidden && !hidden))) {
		b->sheet = u32(data, 0);
		b->sheet_hidden = hidden;
	}
}

static int global_read(struct book *b, enum record type, struct view data, size_t at)
{
	switch (type) {
	case LOCKED:
		return sheet_refuse(b->fault, SHEET_LOCKED, 0, 0);
	case DATE_MODE:
		b->from_1904 = u16(data, 0) == 1;
		return 0;
	case FORMAT:
		return format_read(b, data, at);
	case STYLE:
		if (b->nstyles < STYLES_MAX)
			b->date_styles[b->nstyles++] = sheet_format_id_is_date(u16(data, 2)) ||
						       b->date_formats[u16(data, 2)];
		return 0;
	case SHEET:
		sheet_note(b, data);
		return 0;
	case TEXTS:
		return texts_read(b, data, at);
	default:
		return 0;
	}
}

static int globals_read(struct book *b)
{
	enum record type;
	struct view data;
	size_t at = 0;
	int rc = 0;

	if (!record_next(b->stream, &at, &type, &data) || type != BEGIN || u16(data, 0) != BIFF8)
		return broken(b);
	while (rc == 0 && record_next(b->stream, &at, &type, &data) && type != END)
		rc = global_read(b, type, data, at);
	return rc;
}

/* Cells: row, column and style stand in front. Rows ascend, as the format demands. */
static int cell_put(struct book *b, struct view head, size_t column, struct view text)
{
	const size_t row = u16(head, 0) + 1;
	int rc = 0;

	if (row < b->row)
		return broken(b);
	if (row > b->row)
		rc = sheet_row_end(&b->builder, b->row);
	b->row = row;
	return rc < 0 ? rc : sheet_cell(&b->builder, row, column + 1, text);
}

static int cell_number(struct book *b, struct view head, size_t column, uint32_t style,
		       double value)
{
	char text[32];

	sheet_number_text(value, style < b->nstyles && b->date_styles[style], b->from_1904, text);
	return cell_put(b, head, column, view_str(text));
}

static double double_at(struct view data, size_t at)
{
	const uint64_t bits = u32(data, at) | (uint64_t)u32(data, at + 4) << 32;
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* [MS-XLS] 2.5.217: an integer or the high half of a double, of hundredths or not. */
static double compressed_value(uint32_t bits)
{
	const uint64_t high = (uint64_t)(bits & ~3u) << 32;
	double value;

	if (bits & 2)
		value = (int32_t)bits >> 2;
	else
		memcpy(&value, &high, sizeof(value));
	return bits & 1 ? value / 100 : value;
}

static int cell_numbers(struct book *b, struct view data)
{
	size_t column = u16(data, 2);
	int rc = 0;

	for (size_t at = 4; rc == 0 && at + 8 <= data.n; at += 6, column++)
		rc = cell_number(b, data, column, u16(data, at),
				 compressed_value(u32(data, at + 2)));
	return rc;
}

static int cell_text(struct book *b, struct view head, struct view data, size_t at)
{
	struct string_in in = { b, data, at };
	const int rc = string_read(b, &in);

	return rc < 0 ? rc
		      : cell_put(b, head, u16(head, 2),
				 b->long_text ? (struct view){ NULL, SHEET_CELL_MAX + 1 }
					      : buf_view(&b->text));
}

static int cell_boolean(struct book *b, struct view head, uint32_t value, bool is_error)
{
	return cell_put(b, head, u16(head, 2),
			is_error ? VIEW("#N/A")
			: value  ? VIEW("TRUE")
				 : VIEW("FALSE"));
}

/* The value that was last computed: a number, or a mark of what else it is. */
static int cell_formula(struct book *b, struct view data)
{
	b->formula = (struct view){};
	if (data.n < 14)
		return broken(b);
	if (u16(data, 12) != 0xffff)
		return cell_number(b, data, u16(data, 2), u16(data, 4), double_at(data, 6));
	if (u8(data, 6) == 1 || u8(data, 6) == 2)
		return cell_boolean(b, data, u8(data, 8), u8(data, 6) == 2);
	if (u8(data, 6) == 0)
		b->formula = data;
	return 0;
}

static int formula_text(struct book *b, struct view data, size_t at)
{
	const struct view head = b->formula;

	b->formula = (struct view){};
	return head.n ? cell_text(b, head, data, at) : 0;
}

static int cell_shared(struct book *b, struct view data)
{
	const uint32_t i = u32(data, 6);

	if (i >= b->texts.n)
		return sheet_refuse(b->fault, SHEET_BROKEN, u16(data, 0) + 1, u16(data, 2) + 1);
	return cell_put(b, data, u16(data, 2), b->texts.texts[i]);
}

static int cell_read(struct book *b, enum record type, struct view data, size_t at)
{
	switch (type) {
	case NUMBER:
		return cell_number(b, data, u16(data, 2), u16(data, 4), double_at(data, 6));
	case COMPRESSED:
		return cell_number(b, data, u16(data, 2), u16(data, 4),
				   compressed_value(u32(data, 6)));
	case NUMBERS:
		return cell_numbers(b, data);
	case TEXT:
		return cell_text(b, data, part(data, 6, SIZE_MAX), at);
	case SHARED_TEXT:
		return cell_shared(b, data);
	case BOOLEAN:
		return cell_boolean(b, data, u8(data, 6), u8(data, 7) != 0);
	case FORMULA:
		return cell_formula(b, data);
	case FORMULA_TEXT:
		return formula_text(b, data, at);
	default:
		return 0;
	}
}

static int sheet_cells(struct book *b)
{
	enum record type;
	struct view data;
	size_t at = b->sheet;
	int rc = 0;

	if (!b->sheet || !record_next(b->stream, &at, &type, &data) || type != BEGIN)
		return broken(b);
	b->row = 1;
	while (rc == 0 && record_next(b->stream, &at, &type, &data) && type != END)
		rc = cell_read(b, type, data, at);
	if (rc == 0)
		rc = sheet_row_end(&b->builder, b->row);
	if (rc == 0 && b->builder.sheet->n == 0)
		rc = sheet_refuse(b->fault, SHEET_EMPTY, 0, 0);
	return rc;
}

static int book_read(struct view file, struct book *b)
{
	CLEANUP(buf_free) struct buf stream = BUF_INIT(file.n);
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(2 * (STYLES_MAX + FORMATS_MAX));
	int rc = disk_stream(file, "Workbook", &stream);

	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		return broken(b);
	b->stream = buf_view(&stream);
	b->date_formats = arena_alloc(&arena, FORMATS_MAX);
	b->date_styles = arena_alloc(&arena, STYLES_MAX);
	if (!b->date_formats || !b->date_styles)
		return -ENOMEM;
	rc = globals_read(b);
	return rc < 0 ? rc : sheet_cells(b);
}

int xls_read(struct view file, struct sheet *ret_sheet, struct sheet_fault *ret_fault)
{
	CLEANUP(sheet_free) struct sheet sheet = { .arena = ARENA_INIT(SHEET_MEMORY_MAX) };
	struct book book = { .fault = ret_fault,
			     .text = BUF_INIT(SHEET_CELL_MAX),
			     .texts = { .arena = ARENA_INIT(SHEET_MEMORY_MAX) },
			     .builder = { .sheet = &sheet, .fault = ret_fault } };
	const int rc = book_read(file, &book);

	sheet_texts_free(&book.texts);
	buf_free(&book.text);
	if (rc < 0)
		return rc;
	*ret_sheet = sheet;
	sheet = (struct sheet){};
	return 0;
}
