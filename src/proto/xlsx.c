/* XLSX (ECMA-376): a ZIP of XML parts, of which four matter: the workbook and its relations say
 * which part is the first sheet, one part holds the texts, one the number formats.
 *
 * Parts are unpacked in steps straight into expat, and counted while they are: what the archive
 * says of its sizes is not believed. Document types are refused, and with them entities. */
#include "proto/sheet_priv.h"

#include <errno.h>
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum { STEP = 65536, PATH_SIZE = 256, FORMATS_MAX = 65536 };

struct book {
	zip_t *zip;
	struct sheet_fault *fault;
	struct arena arena;
	size_t unpacked;
	struct sheet_texts texts;
	char relation[PATH_SIZE]; /* of the first sheet, then its path */
	char path[PATH_SIZE];
	bool from_1904;
	unsigned char *date_formats; /* by number format: 1 shows dates */
	unsigned char *date_styles;  /* by index of a cell's style */
	size_t nstyles;
	struct sheet_builder builder;
};

/* One part while it is parsed. */
struct pass {
	struct book *book;
	XML_Parser parser;
	void (*start)(struct pass *p, struct view name, const char **attributes);
	void (*end)(struct pass *p, struct view name);
	int rc;
	size_t depth;
	bool collect; /* text goes to `text` */
	bool long_text;
	struct buf text; /* of a cell or a shared text */
	/* Where it stands. */
	bool in_phonetic, in_styles;
	size_t row, column;
	char type; /* of the cell: n, s, b, e, i(nline), t(ext) */
	size_t style;
};

static struct view local_name(const char *name)
{
	const char *colon = strrchr(name, ':');

	return view_str(colon ? colon + 1 : name);
}

static struct view attribute(const char **attributes, const char *name)
{
	for (size_t i = 0; attributes[i]; i += 2)
		if (strcmp(attributes[i], name) == 0)
			return view_str(attributes[i + 1]);
	return (struct view){};
}

static bool is(struct view name, const char *want)
{
	return view_eq(name, view_str(want));
}

static void stop(struct pass *p, int rc)
{
	if (p->rc == 0)
		p->rc = rc;
	XML_StopParser(p->parser, XML_FALSE);
}

static void on_start(void *arg, const char *name, const char **attributes)
{
	struct pass *p = arg;

	if (++p->depth > SHEET_XML_DEPTH_MAX)
		stop(p, sheet_refuse(p->book->fault, SHEET_BROKEN, 0, 0));
	else if (p->rc == 0)
		p->start(p, local_name(name), attributes);
}

static void on_end(void *arg, const char *name)
{
	struct pass *p = arg;

	p->depth--;
	if (p->rc == 0 && p->end)
		p->end(p, local_name(name));
}

static void on_text(void *arg, const char *text, int n)
{
	struct pass *p = arg;

	if (!p->collect || p->rc < 0)
		return;
	buf_add(&p->text, (struct view){ text, (size_t)n });
	if (p->text.err == -EMSGSIZE)
		p->long_text = true;
	else if (p->text.err < 0)
		stop(p, p->text.err);
}

static void on_doctype(void *arg, const char *, const char *, const char *, int)
{
	struct pass *p = arg;

	stop(p, sheet_refuse(p->book->fault, SHEET_BROKEN, 0, 0));
}

static void text_begin(struct pass *p)
{
	buf_reset(&p->text);
	p->long_text = false;
}

static int feed(struct pass *p, zip_file_t *file, size_t packed)
{
	struct book *b = p->book;
	size_t unpacked = 0;
	zip_int64_t n;

	do {
		void *step = XML_GetBuffer(p->parser, STEP);

		if (!step)
			return -ENOMEM;
		n = zip_fread(file, step, STEP);
		if (n < 0)
			return sheet_refuse(b->fault, SHEET_BROKEN, 0, 0);
		unpacked += (size_t)n;
		b->unpacked += (size_t)n;
		if (b->unpacked > SHEET_UNPACKED_MAX ||
		    (unpacked > SHEET_RATIO_FREE && unpacked / SHEET_RATIO_MAX > packed))
			return sheet_refuse(b->fault, SHEET_TOO_BIG, 0, 0);
		if (XML_ParseBuffer(p->parser, (int)n, n == 0) != XML_STATUS_OK)
			return p->rc < 0 ? p->rc : sheet_refuse(b->fault, SHEET_BROKEN, 0, 0);
	} while (n > 0);
	return p->rc;
}

static int parse_file(struct pass *p, zip_file_t *file, size_t packed)
{
	int rc;

	p->parser = XML_ParserCreate(NULL);
	if (!p->parser)
		return -ENOMEM;
	XML_SetUserData(p->parser, p);
	XML_SetElementHandler(p->parser, on_start, on_end);
	XML_SetCharacterDataHandler(p->parser, on_text);
	XML_SetStartDoctypeDeclHandler(p->parser, on_doctype);
	p->text = BUF_INIT(SHEET_CELL_MAX);
	rc = feed(p, file, packed);
	buf_free(&p->text);
	XML_ParserFree(p->parser);
	return rc;
}

/* -ENOENT: there is no such part. */
static int parse_part(struct book *b, const char *path, struct pass *p)
{
	const zip_int64_t at = zip_name_locate(b->zip, path, ZIP_FL_NOCASE);
	zip_stat_t stat;
	zip_file_t *file;
	int rc;

	if (at < 0)
		return -ENOENT;
	if (zip_stat_index(b->zip, (zip_uint64_t)at, 0, &stat) < 0)
		return sheet_refuse(b->fault, SHEET_BROKEN, 0, 0);
	if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE)
		return sheet_refuse(b->fault, SHEET_LOCKED, 0, 0);
	file = zip_fopen_index(b->zip, (zip_uint64_t)at, 0);
	if (!file)
		return sheet_refuse(b->fault, SHEET_BROKEN, 0, 0);
	p->book = b;
	rc = parse_file(p, file, (size_t)stat.comp_size);
	zip_fclose(file);
	return rc;
}

/* xl/workbook.xml and its relations: where the first sheet is. */

static void path_set(char path[PATH_SIZE], const char *folder, struct view name)
{
	if (strlen(folder) + name.n < PATH_SIZE)
		snprintf(path, PATH_SIZE, "%s%.*s", folder, (int)name.n, name.p);
}

static void workbook_start(struct pass *p, struct view name, const char **attributes)
{
	struct book *b = p->book;

	if (is(name, "workbookPr")) {
		const struct view v = attribute(attributes, "date1904");
		b->from_1904 = is(v, "1") || is(v, "true");
	} else if (is(name, "sheet") && !b->relation[0]) {
		for (size_t i = 0; attributes[i]; i += 2)
			if (strchr(attributes[i], ':') && is(local_name(attributes[i]), "id"))
				path_set(b->relation, "", view_str(attributes[i + 1]));
	}
}

/* Targets are relative to xl/, or begin with a slash. */
static void relations_start(struct pass *p, struct view name, const char **attributes)
{
	struct book *b = p->book;
	const struct view target = attribute(attributes, "Target");

	if (!is(name, "Relationship") || !is(attribute(attributes, "Id"), b->relation) ||
	    target.n == 0)
		return;
	if (target.p[0] == '/')
		path_set(b->path, "", (struct view){ target.p + 1, target.n - 1 });
	else
		path_set(b->path, "xl/", target);
}

static int find_sheet(struct book *b)
{
	struct pass workbook = { .start = workbook_start },
		    relations = { .start = relations_start };
	int rc = parse_part(b, "xl/workbook.xml", &workbook);

	if (rc == 0)
		rc = parse_part(b, "xl/_rels/workbook.xml.rels", &relations);
	if (rc == -ENOENT || (rc == 0 && !b->path[0]))
		rc = sheet_refuse(b->fault, SHEET_BROKEN, 0, 0);
	return rc;
}

/* xl/styles.xml: which cells hold dates. */

static size_t number_of(struct view v, size_t max, size_t otherwise)
{
	uint64_t n;

	return view_u64(v, max, &n) == 0 ? (size_t)n : otherwise;
}

static void style_add(struct pass *p, const char **attributes)
{
	struct book *b = p->book;
	const size_t id = number_of(attribute(attributes, "numFmtId"), FORMATS_MAX - 1, 0);

	if (b->nstyles < FORMATS_MAX)
		b->date_styles[b->nstyles++] =
			sheet_format_id_is_date((unsigned)id) || b->date_formats[id];
}

static void styles_start(struct pass *p, struct view name, const char **attributes)
{
	if (is(name, "numFmt"))
		p->book->date_formats[number_of(attribute(attributes, "numFmtId"), FORMATS_MAX - 1,
						0)] =
			sheet_format_is_date(attribute(attributes, "formatCode"));
	else if (is(name, "cellXfs"))
		p->in_styles = true;
	else if (is(name, "xf") && p->in_styles)
		style_add(p, attributes);
}

static void styles_end(struct pass *p, struct view name)
{
	if (is(name, "cellXfs"))
		p->in_styles = false;
}

static int read_styles(struct book *b)
{
	struct pass pass = { .start = styles_start, .end = styles_end };
	int rc;

	b->date_formats = arena_alloc(&b->arena, FORMATS_MAX);
	b->date_styles = arena_alloc(&b->arena, FORMATS_MAX);
	if (!b->date_formats || !b->date_styles)
		return -ENOMEM;
	rc = parse_part(b, "xl/styles.xml", &pass);
	return rc == -ENOENT ? 0 : rc;
}

/* xl/sharedStrings.xml: a text is one <t>, or the <t> of its runs; <rPh> says how to pronounce it.
 */

static void texts_start(struct pass *p, struct view name, const char **)
{
	if (is(name, "si"))
		text_begin(p);
	else if (is(name, "rPh"))
		p->in_phonetic = true;
	p->collect = is(name, "t") && !p->in_phonetic;
}

static void texts_end(struct pass *p, struct view name)
{
	int rc = 0;

	p->collect = false;
	if (is(name, "rPh"))
		p->in_phonetic = false;
	else if (is(name, "si"))
		rc = sheet_texts_add(&p->book->texts, buf_view(&p->text), p->long_text,
				     p->book->fault);
	if (rc < 0)
		stop(p, rc);
}

static int read_texts(struct book *b)
{
	struct pass pass = { .start = texts_start, .end = texts_end };
	const int rc = parse_part(b, "xl/sharedStrings.xml", &pass);

	return rc == -ENOENT ? 0 : rc;
}

/* The sheet. */

/* "BC12": 0 and the column from 1; a column that is too far is still a number, for the message. */
static size_t column_of(struct view reference, size_t otherwise)
{
	size_t column = 0, i;

	for (i = 0; i < reference.n && reference.p[i] >= 'A' && reference.p[i] <= 'Z'; i++)
		if (column < SHEET_FILE_MAX)
			column = column * 26 + (size_t)(reference.p[i] - 'A') + 1;
	return i ? column : otherwise;
}

static void cell_start(struct pass *p, const char **attributes)
{
	const struct view type = attribute(attributes, "t");

	p->column = column_of(attribute(attributes, "r"), p->column + 1);
	p->style = number_of(attribute(attributes, "s"), FORMATS_MAX, FORMATS_MAX);
	p->type = is(type, "inlineStr") ? 'i'
		  : is(type, "str")     ? 't'
		  : type.n == 1         ? type.p[0]
					: 'n';
	text_begin(p);
}

static void sheet_start(struct pass *p, struct view name, const char **attributes)
{
	if (is(name, "row")) {
		p->row = number_of(attribute(attributes, "r"), SHEET_FILE_MAX, p->row + 1);
		p->column = 0;
	} else if (is(name, "c")) {
		cell_start(p, attributes);
	} else if (is(name, "rPh")) {
		p->in_phonetic = true;
	}
	p->collect = (is(name, "v") && p->type != 'i') ||
		     (is(name, "t") && p->type == 'i' && !p->in_phonetic);
}

static int cell_text(struct pass *p, struct view *ret_text, char number[32])
{
	struct book *b = p->book;
	const char *text = buf_cstr(&p->text);
	char *end;

	*ret_text = buf_view(&p->text);
	if (p->text.n == 0 || p->long_text || !text)
		return 0;
	if (p->type == 's') {
		const size_t i = number_of(*ret_text, SIZE_MAX, SIZE_MAX);
		if (i >= b->texts.n)
			return sheet_refuse(b->fault, SHEET_BROKEN, p->row, p->column);
		*ret_text = b->texts.texts[i];
	} else if (p->type == 'b') {
		*ret_text = text[0] == '1' ? VIEW("TRUE") : VIEW("FALSE");
	} else if (p->type == 'n') {
		const double value = strtod(text, &end);
		if (*end)
			return 0;
		sheet_number_text(value, p->style < b->nstyles && b->date_styles[p->style],
				  b->from_1904, number);
		*ret_text = view_str(number);
	}
	return 0;
}

static int cell_end(struct pass *p)
{
	struct view text;
	char number[32];
	const int rc = cell_text(p, &text, number);

	if (rc < 0)
		return rc;
	if (p->long_text)
		text.n = SHEET_CELL_MAX + 1;
	return sheet_cell(&p->book->builder, p->row, p->column, text);
}

static void sheet_end(struct pass *p, struct view name)
{
	int rc = 0;

	p->collect = false;
	if (is(name, "rPh"))
		p->in_phonetic = false;
	else if (is(name, "c"))
		rc = cell_end(p);
	else if (is(name, "row"))
		rc = sheet_row_end(&p->book->builder, p->row);
	if (rc < 0)
		stop(p, rc);
}

static int read_book(struct book *b)
{
	struct pass pass = { .start = sheet_start, .end = sheet_end };
	int rc = find_sheet(b);

	if (rc == 0)
		rc = read_styles(b);
	if (rc == 0)
		rc = read_texts(b);
	if (rc == 0)
		rc = parse_part(b, b->path, &pass);
	if (rc == -ENOENT)
		rc = sheet_refuse(b->fault, SHEET_BROKEN, 0, 0);
	if (rc == 0 && b->builder.sheet->n == 0)
		rc = sheet_refuse(b->fault, SHEET_EMPTY, 0, 0);
	return rc;
}

static int read_zip(struct view file, struct book *b)
{
	zip_error_t error;
	zip_source_t *source;
	int rc;

	zip_error_init(&error);
	source = zip_source_buffer_create(file.p, file.n, 0, &error);
	b->zip = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
	rc = zip_error_code_zip(&error) == ZIP_ER_MEMORY ? -ENOMEM : -EINVAL;
	zip_error_fini(&error);
	if (b->zip) {
		rc = read_book(b);
		zip_discard(b->zip);
		return rc;
	}
	if (source)
		zip_source_free(source);
	return rc == -ENOMEM ? rc : sheet_refuse(b->fault, SHEET_BROKEN, 0, 0);
}

int xlsx_read(struct view file, struct sheet *ret_sheet, struct sheet_fault *ret_fault)
{
	CLEANUP(sheet_free) struct sheet sheet = { .arena = ARENA_INIT(SHEET_MEMORY_MAX) };
	struct book book = { .fault = ret_fault,
			     .arena = ARENA_INIT(4 * FORMATS_MAX),
			     .texts = { .arena = ARENA_INIT(SHEET_MEMORY_MAX) },
			     .builder = { .sheet = &sheet, .fault = ret_fault } };
	const int rc = read_zip(file, &book);

	arena_free(&book.arena);
	sheet_texts_free(&book.texts);
	if (rc < 0)
		return rc;
	*ret_sheet = sheet;
	sheet = (struct sheet){};
	return 0;
}
