/* Files as offices make them, and as nobody should. */
#include "proto/sheet.h"
#include "../test.h"
#include "zip_make.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct sheet sheet;
static struct sheet_fault fault;
static const struct csv_options look = { .fallback = "windows-1252" };

static int done(void **)
{
	sheet_free(&sheet);
	return 0;
}

static int read_with(struct view file, const struct csv_options *options)
{
	sheet_free(&sheet);
	return sheet_read(file, options, &sheet, &fault);
}

static void reads(struct view file, const struct csv_options *options)
{
	if (read_with(file, options) < 0)
		fail_msg("%s in row %zu, column %zu", sheet_fault_text(fault.kind), fault.row,
			 fault.column);
}

static void refuses(struct view file, enum sheet_fault_kind kind, size_t row, size_t column)
{
	assert_int_equal(read_with(file, &look), -EINVAL);
	assert_string_equal(sheet_fault_word(fault.kind), sheet_fault_word(kind));
	assert_int_equal(fault.row, row);
	assert_int_equal(fault.column, column);
}

/* The sheet as lines of NUMBER:cell|cell */
static void is(const char *want)
{
	struct buf out = BUF_INIT(1 << 20);

	for (size_t i = 0; i < sheet.n; i++) {
		buf_printf(&out, "%zu:", sheet.rows[i].number);
		for (size_t k = 0; k < sheet.rows[i].n; k++) {
			buf_str(&out, k ? "|" : "");
			buf_add(&out, sheet.rows[i].cells[k]);
		}
		buf_chr(&out, '\n');
	}
	assert_string_equal(buf_cstr(&out), want);
	buf_free(&out);
}

static void repeat(struct buf *out, const char *text, size_t times)
{
	while (times-- > 0)
		buf_str(out, text);
}

/* ---- CSV ---- */

static void csv_finds_the_delimiter(void **)
{
	static const char *const files[] = {
		"a,b,;c\n1,2\n",  "a;b;c,d\n1;2\n",        "a\tb\tc,d\n1\t2\n",
		"a|b|c;d\n1|2\n", "sep=;\na;b,c,d\n1;2\n", "\"x,y,z\";b\n1;2\n",
	};
	static const char *const rows[] = {
		"1:a|b|;c\n2:1|2\n",  "1:a|b|c,d\n2:1|2\n", "1:a|b|c,d\n2:1|2\n",
		"1:a|b|c;d\n2:1|2\n", "1:a|b,c,d\n2:1|2\n", "1:x,y,z|b\n2:1|2\n",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		reads(view_str(files[i]), &look);
		is(rows[i]);
	}
	reads(VIEW("a,b;c\n"), &(struct csv_options){ .delimiter = ';' });
	is("1:a,b|c\n");
}

static void csv_reads_quotes_lines_and_gaps(void **)
{
	reads(VIEW("\"a \"\"b\"\"\",\"c\nd\"\r\n\r\n , \n\"\",  x  y\t\rlast"), &look);
	is("1:a \"b\"|c d\n4:|x y\n5:last\n");
	reads(VIEW("'=1+1,'+420 1,'x,it's\n"), &look);
	is("1:=1+1|+420 1|'x|it's\n");
}

static void csv_says_where_it_is_wrong(void **)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(1 << 22);

	refuses(VIEW("a,b\n1,\"2"), SHEET_QUOTE, 2, 2);
	refuses(VIEW("a,b\n\"1\"x,2\n"), SHEET_QUOTE, 2, 1);
	refuses(VIEW(""), SHEET_EMPTY, 0, 0);
	refuses(VIEW(" , ,\n\n"), SHEET_EMPTY, 0, 0);
	refuses(VIEW("a\0b,c\n"), SHEET_BROKEN, 0, 0);
	buf_str(&out, "a,b\n1,");
	repeat(&out, "x", SHEET_CELL_MAX + 1);
	refuses(buf_view(&out), SHEET_CELL, 2, 2);
	buf_reset(&out);
	repeat(&out, ",", SHEET_COLUMNS_MAX);
	buf_str(&out, "x\n");
	refuses(buf_view(&out), SHEET_COLUMNS, 1, SHEET_COLUMNS_MAX + 1);
	buf_reset(&out);
	repeat(&out, "x\n\n", SHEET_ROWS_MAX);
	reads(buf_view(&out), &look);
	assert_int_equal(sheet.n, SHEET_ROWS_MAX);
	buf_str(&out, "x");
	refuses(buf_view(&out), SHEET_ROWS, 2 * SHEET_ROWS_MAX + 1, 0);
}

static void csv_is_read_in_its_encoding(void **)
{
	static const struct csv_options czech = { .fallback = "windows-1250" };

	reads(VIEW("\xef\xbb\xbf"
		   "Jm\xc3\xa9no,\xc2\xa0x\xe2\x80\x8b\n"),
	      &look);
	is("1:Jméno|x\n");
	reads(VIEW("Jm\xe9no;\x8e\n"), &czech);
	is("1:Jméno|Ž\n");
	reads(VIEW("Pr\xe9nom;\x80\n"), &look);
	is("1:Prénom|€\n");
	reads(VIEW("\x8e\n"), &(struct csv_options){ .charset = "windows-1252" });
	is("1:Ž\n");
	reads(VIEW("\xff\xfe\x17\x01\t\0x\0\n\0"), &look);
	is("1:ė|x\n");
	reads(VIEW("\0a\0b\0,\0c\0d\0e\0\n"), &look);
	is("1:ab|cde\n");
	reads(VIEW("a\0b\0,\0c\0"), &(struct csv_options){ .charset = "utf-16" });
	is("1:ab|c\n");
}

static void csv_refuses_what_its_encoding_has_not(void **)
{
	static const struct csv_options utf8 = { .charset = "utf-8" };

	assert_int_equal(read_with(VIEW("a\nb\n\xff\n"), &utf8), -EINVAL);
	assert_int_equal(fault.kind, SHEET_CHARSET);
	assert_int_equal(fault.row, 3);
	assert_int_equal(read_with(VIEW("\x81"), &look), -EINVAL); /* in neither */
	assert_int_equal(fault.kind, SHEET_CHARSET);
	for (size_t i = 0; sheet_charsets[i]; i++) /* every one is known here */
		reads(VIEW("a,bc"), &(struct csv_options){ .charset = sheet_charsets[i] });
}

/* ---- XLSX ---- */

#define WORKBOOK                                                                                   \
	"<x:workbook xmlns:r='r' xmlns:x='x'><x:sheets><x:sheet name='a' r:id='rId7'/>"            \
	"<x:sheet r:id='rId1'/></x:sheets></x:workbook>"
#define RELATIONS                                                                                  \
	"<Relationships><Relationship Id='rId1' Target='worksheets/no.xml'/>"                      \
	"<Relationship Id='rId7' Target='/xl/worksheets/yes.xml'/></Relationships>"
#define STYLES                                                                                     \
	"<styleSheet><numFmts><numFmt numFmtId='170' formatCode='\"d\"0.0'/>"                      \
	"<numFmt numFmtId='171' formatCode='[Red]yyyy'/></numFmts><cellStyleXfs><xf "              \
	"numFmtId='14'/>"                                                                          \
	"</cellStyleXfs><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='170'/>"        \
	"<xf numFmtId='171'/></cellXfs></styleSheet>"
#define TEXTS                                                                                      \
	"<sst><si><t>one</t></si><si><r><t xml:space='preserve'>t </t></r><r><t>wo</t></r>"        \
	"<rPh><t>no</t></rPh></si></sst>"

struct parts {
	const char *workbook, *relations, *styles, *texts;
	struct view sheet;
	bool pack;
};

static struct view book(struct zip_make *z, const struct parts *p)
{
	zip_add(z, "[Content_Types].xml", VIEW("<Types/>"), false);
	zip_add(z, "xl/workbook.xml", view_str(p->workbook ? p->workbook : WORKBOOK), p->pack);
	zip_add(z, "xl/_rels/workbook.xml.rels", view_str(p->relations ? p->relations : RELATIONS),
		true);
	zip_add(z, "xl/styles.xml", view_str(p->styles ? p->styles : STYLES), true);
	zip_add(z, "xl/sharedStrings.xml", view_str(p->texts ? p->texts : TEXTS), true);
	zip_add_claiming(z, "xl/worksheets/yes.xml", p->sheet, p->pack, p->sheet.n);
	return zip_end(z);
}

static void xlsx_reads(const struct parts *p, const char *want)
{
	CLEANUP(zip_free) struct zip_make z = ZIP_MAKE_INIT;

	reads(book(&z, p), &look);
	is(want);
}

static void xlsx_refuses(const struct parts *p, enum sheet_fault_kind kind, size_t row,
			 size_t column)
{
	CLEANUP(zip_free) struct zip_make z = ZIP_MAKE_INIT;

	refuses(book(&z, p), kind, row, column);
}

#define ROWS(text)                                                                                 \
	{                                                                                          \
		.sheet = VIEW("<worksheet><sheetData>" text "</sheetData></worksheet>")            \
	}

static void xlsx_has_every_kind_of_cell(void **)
{
	static const struct parts p = ROWS(
		"<row r='2'><c r='B2' t='s'><v>1</v></c><c "
		"t='inlineStr'><is><r><t>in</t></r><rPh><t>no"
		"</t></rPh><r><t>line</t></r></is></c></row>"
		"<row><c t='b'><v>1</v></c><c t='b'><v>0</v></c><c t='e'><v>#N/A</v></c><c/></row>"
		"<row r='9'><c t='str'><f>evil()</f><v>kept</v></c><c><f>1+1</f><v>2</v></c></row>"
		"<row><c s='0'><v>45443</v></c><c s='1'><v>45443</v></c><c s='2'><v>45443</v></c>"
		"<c s='3'><v>45443.75</v></c><c s='9'><v>1E3</v></c><c><v>0.1</v></c>"
		"<c><v>0.30000000000000004</v></c><c s='1'><v>-1</v></c><c "
		"s='1'><v>0.5</v></c></row>");

	xlsx_reads(&p, "2:|t wo|inline\n3:TRUE|FALSE|#N/A\n9:kept|2\n"
		       "10:45443|2024-05-31|45443|2024-05-31 18:00|1000|0.1|0.3|-1|12:00\n");
}

static void xlsx_counts_days_from_1904_too(void **)
{
	struct parts p = ROWS("<row><c s='1'><v>43981</v></c></row>");

	p.workbook = "<workbook><workbookPr date1904='1'/><sheets><sheet r:id='rId7' xmlns:r='r'/>"
		     "</sheets></workbook>";
	xlsx_reads(&p, "1:2024-05-31\n");
}

static void xlsx_of_other_programs(void **)
{
	char bytes[32768];
	static const struct {
		const char *name, *want;
	} files[] = {
		{ "gnumeric.xlsx", "1:Floor|Number|First name|Surname|E-mail|Comment\n"
				   "2:2|201|Žofie|Dvořáková|zofie@example.com|2024-05-31\n"
				   "3:3|ab|TRUE|1000||long ünïcode text\n" },
		{ "openpyxl.xlsx", "1:Floor|Number\n2:1|2024-02-29 13:30\n3:|0.3\n" },
		{ "gnumeric.xls", "1:Floor|Number|First name|Surname|E-mail|Comment\n"
				  "2:2|201|Žofie|Dvořáková|zofie@example.com|2024-05-31\n"
				  "3:3|ab|TRUE|1000||long ünïcode text\n" },
		{ "xlwt.xls", "1:Étage|Numéro|Prénom|Nom|E-mail|Commentaire\n"
			      "2:3|12.5|Zoë|Žižková 😀|zoe@example.com|2024-05-31\n"
			      "4:|TRUE|-17|0.125|123456789.25\n5:||a b\n" },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[512];
		snprintf(path, sizeof(path), "%s/%s", SHEETS, files[i].name);
		FILE *file = fopen(path, "re");
		assert_non_null(file);
		const size_t n = fread(bytes, 1, sizeof(bytes), file);
		fclose(file);
		reads((struct view){ bytes, n }, &look);
		is(files[i].want);
	}
}

static void xlsx_bombs_are_not_unpacked(void **)
{
	CLEANUP(buf_free) struct buf bomb = BUF_INIT(64 << 20);
	CLEANUP(zip_free) struct zip_make z = ZIP_MAKE_INIT;
	struct parts p = { .pack = true };

	buf_str(&bomb, "<worksheet><sheetData>");
	repeat(&bomb, "<row></row>                                                              ",
	       400000);
	buf_str(&bomb, "</sheetData></worksheet>");
	p.sheet = buf_view(&bomb);
	xlsx_refuses(&p, SHEET_TOO_BIG, 0, 0);
	/* The same, of an archive that denies it. */
	zip_add(&z, "xl/workbook.xml", view_str(WORKBOOK), true);
	zip_add(&z, "xl/_rels/workbook.xml.rels", view_str(RELATIONS), true);
	zip_add_claiming(&z, "xl/worksheets/yes.xml", p.sheet, true, 100);
	assert_int_equal(read_with(zip_end(&z), &look), -EINVAL);
	assert_true(fault.kind == SHEET_TOO_BIG || fault.kind == SHEET_BROKEN);
}

/* One text of 4 KB, shown by more cells than fit into memory. */
static void xlsx_texts_do_not_multiply(void **)
{
	CLEANUP(buf_free) struct buf rows = BUF_INIT(64 << 20);
	CLEANUP(buf_free) struct buf texts = BUF_INIT(1 << 16);
	struct parts p = { .pack = false };

	buf_str(&texts, "<sst><si><t>");
	repeat(&texts, "x", SHEET_CELL_MAX);
	buf_str(&texts, "</t></si><si><t>");
	repeat(&texts, "x", SHEET_CELL_MAX + 1);
	buf_str(&texts, "</t></si></sst>");
	buf_str(&rows, "<worksheet>");
	for (int i = 0; i < 1000; i++) {
		buf_str(&rows, "<row>");
		repeat(&rows, "<c t='s'><v>0</v></c>", SHEET_COLUMNS_MAX);
		buf_str(&rows, "</row>");
	}
	buf_str(&rows, "</worksheet>");
	p.texts = buf_cstr(&texts);
	p.sheet = buf_view(&rows);
	assert_true(p.sheet.n < SHEET_FILE_MAX);
	CLEANUP(zip_free) struct zip_make z = ZIP_MAKE_INIT;
	assert_int_equal(read_with(book(&z, &p), &look), -EINVAL);
	assert_int_equal(fault.kind, SHEET_TOO_BIG);
	p.sheet = VIEW(
		"<worksheet><row><c t='s'><v>0</v></c></row><row><c/><c t='s'><v>1</v></c></row>"
		"</worksheet>");
	xlsx_refuses(&p, SHEET_CELL, 2, 2);
}

static void xlsx_that_is_none(void **)
{
	CLEANUP(buf_free) struct buf deep = BUF_INIT(1 << 16);
	struct parts p = ROWS("<row><c t='s'><v>2</v></c></row>");
	CLEANUP(zip_free) struct zip_make z = ZIP_MAKE_INIT;

	xlsx_refuses(&p, SHEET_BROKEN, 1, 1); /* there are two texts */
	p = (struct parts)ROWS("<row><c r='CA7'><v>2</v></c></row>");
	xlsx_refuses(&p, SHEET_COLUMNS, 1, 79);
	p = (struct parts)ROWS("<row></row>");
	xlsx_refuses(&p, SHEET_EMPTY, 0, 0);
	p = (struct parts)ROWS("<row><c></row>");
	xlsx_refuses(&p, SHEET_BROKEN, 0, 0);
	p.sheet = VIEW(
		"<!DOCTYPE a [<!ENTITY b 'ccc'>]><worksheet><row><c t='str'><v>&b;</v></c></row>"
		"</worksheet>");
	xlsx_refuses(&p, SHEET_BROKEN, 0, 0);
	repeat(&deep, "<a>", SHEET_XML_DEPTH_MAX + 1);
	repeat(&deep, "</a>", SHEET_XML_DEPTH_MAX + 1);
	p.sheet = buf_view(&deep);
	xlsx_refuses(&p, SHEET_BROKEN, 0, 0);
	p = (struct parts)ROWS("<row><c><v>1</v></c></row>");
	p.relations = "<Relationships/>";
	xlsx_refuses(&p, SHEET_BROKEN, 0, 0);
	zip_add(&z, "word/document.xml", VIEW("<a/>"), true);
	refuses(zip_end(&z), SHEET_BROKEN, 0, 0);
	refuses(VIEW("PK\x03\x04 and no more"), SHEET_BROKEN, 0, 0);
}

/* ---- XLS ---- */

static void xls_file(const char *name, char *bytes, size_t max, size_t *ret_n)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", SHEETS, name);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	*ret_n = fread(bytes, 1, max, file);
	fclose(file);
}

/* Texts of this one go over many records, and change their width there. */
static void xls_goes_on_in_the_next_record(void **)
{
	static char bytes[1 << 17];
	CLEANUP(buf_free) struct buf want = BUF_INIT(1 << 16);
	size_t n;

	xls_file("continued.xls", bytes, sizeof(bytes), &n);
	reads((struct view){ bytes, n }, &look);
	assert_int_equal(sheet.n, 150);
	for (size_t i = 0; i < sheet.n; i++) {
		buf_reset(&want);
		buf_printf(&want, "Přízvisko %zu%s", i, i ? " " : "");
		repeat(&want, "ž", i);
		assert_string_equal(sheet.rows[i].cells[0].p, buf_cstr(&want));
		buf_reset(&want);
		buf_printf(&want, "plain %zu ", i);
		repeat(&want, "x", 90 + i);
		assert_string_equal(sheet.rows[i].cells[1].p, buf_cstr(&want));
	}
}

static void xls_that_is_cut_is_refused(void **)
{
	static char bytes[1 << 16];
	size_t n;

	xls_file("xlwt.xls", bytes, sizeof(bytes), &n);
	for (size_t cut = 8; cut + 512 < n; cut += 64) {
		char *exact = malloc(cut);

		assert_non_null(exact);
		memcpy(exact, bytes, cut);
		if (read_with((struct view){ exact, cut }, &look) < 0)
			assert_true(fault.kind == SHEET_BROKEN || fault.kind == SHEET_EMPTY);
		free(exact);
	}
	refuses(VIEW("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), SHEET_BROKEN, 0, 0);
}

/* ---- writing ---- */

static void write_rows(enum sheet_format format, struct buf *out)
{
	const struct view rows[][3] = {
		{ VIEW("Floor"), VIEW("E-mail"), VIEW("Comment") },
		{ VIEW("1"), VIEW("a@example.com"), VIEW("=cmd|'/C calc'!A0") },
		{ VIEW(""), VIEW("+420 1"), VIEW("a,b;\"c\" ž 😀") },
		{ VIEW("-"), VIEW("@x"), VIEW("it's") },
	};
	struct sheet_writer *w;

	assert_int_equal(sheet_writer_new(format, &w), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(sheet_writer_row(w, rows[i], 3), 0);
	assert_int_equal(sheet_writer_finish(w, out), 0);
	sheet_writer_free(w);
}

static void what_is_written_reads_as_the_same(void **)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(1 << 20);
	static const char same[] = "1:Floor|E-mail|Comment\n2:1|a@example.com|=cmd|'/C calc'!A0\n"
				   "3:|+420 1|a,b;\"c\" ž 😀\n4:-|@x|it's\n";

	write_rows(SHEET_CSV, &out);
	reads(buf_view(&out), &look);
	is(same);
	buf_reset(&out);
	write_rows(SHEET_XLSX, &out);
	assert_int_equal(sheet_format_of(buf_view(&out)), SHEET_XLSX);
	reads(buf_view(&out), &look);
	is(same);
}

static void csv_has_no_formulas(void **)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(1 << 20);

	write_rows(SHEET_CSV, &out);
	assert_non_null(strstr(buf_cstr(&out), ",\"'=cmd|'/C calc'!A0\"\r\n"));
	assert_non_null(strstr(out.p, ",\"'+420 1\","));
	assert_non_null(strstr(out.p, "\"'-\",\"'@x\",it's\r\n"));
	assert_memory_equal(out.p,
			    "\xef\xbb\xbf"
			    "Floor,E-mail,Comment\r\n",
			    25);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, NULL, done)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(csv_finds_the_delimiter),
		TEST(csv_reads_quotes_lines_and_gaps),
		TEST(csv_says_where_it_is_wrong),
		TEST(csv_is_read_in_its_encoding),
		TEST(csv_refuses_what_its_encoding_has_not),
		TEST(xlsx_has_every_kind_of_cell),
		TEST(xlsx_counts_days_from_1904_too),
		TEST(xlsx_of_other_programs),
		TEST(xlsx_bombs_are_not_unpacked),
		TEST(xlsx_texts_do_not_multiply),
		TEST(xlsx_that_is_none),
		TEST(xls_goes_on_in_the_next_record),
		TEST(xls_that_is_cut_is_refused),
		TEST(what_is_written_reads_as_the_same),
		TEST(csv_has_no_formulas),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
