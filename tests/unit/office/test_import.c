/* People from a file: what its rows mean, and what is written, on both engines. */
#include "office/import.h"

#include "base/token.h"
#include "store/account.h"
#include "store/token.h"
#include "../store/fixture.h"

#include <errno.h>
#include <string.h>

#define NOW INT64_C(1700000000000)

enum { MANY = 4321 }; /* more than a page of the readers, and not whole chunks */

static struct sheet sheet;
static struct import_refusal refusal;

static int64_t site_make(struct fixture *f, const char *name, int64_t company)
{
	const struct site_row site = { .company_id = company,
				       .name = view_str(name),
				       .type = VIEW("residential"),
				       .zone = VIEW("Europe/Paris"),
				       .language = VIEW("fr") };
	int64_t id;

	assert_int_equal(site_create(f->db, NOW, &site, &id), 0);
	return id;
}

static int64_t one_site(struct fixture *f)
{
	int64_t company;

	assert_int_equal(company_create(f->db, NOW, VIEW("Maple"), &company), 0);
	return site_make(f, "Elm Court", company);
}

static void read_csv(const char *text)
{
	static const struct csv_options options = { .fallback = "windows-1252" };
	struct sheet_fault fault;

	sheet_free(&sheet);
	assert_int_equal(csv_read(view_str(text), &options, &sheet, &fault), 0);
}

static int64_t upload(struct fixture *f, int64_t site, const char *text)
{
	const struct import_row import = { .site_id = site,
					   .person_id = DB_INT_NULL,
					   .name = VIEW("people.csv") };
	int64_t id = 0;
	int rc;

	read_csv(text);
	rc = import_upload(f->db, NOW, &import, &sheet, &id, &refusal);
	if (rc < 0)
		fail_msg("%s", rc == -EINVAL ? refusal.text : strerror(-rc));
	return id;
}

/* The lines as NUMBER:fate[:fault:field[:other]][+P][+A] */
static const char *fates(struct fixture *f, int64_t site, int64_t id)
{
	struct buf out = BUF_INIT(1 << 16);
	struct import_line *lines;
	const char *text;
	size_t n;

	assert_int_equal(
		import_lines(f->db, site, id, (struct view){}, 0, 100, &f->arena, &lines, &n), 0);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&out, "%s%lld:%s", i ? " " : "", (long long)lines[i].line,
			   lines[i].fate.p);
		if (lines[i].fault.n)
			buf_printf(&out, ":%s:%s", lines[i].fault.p, lines[i].field.p);
		if (lines[i].other_line)
			buf_printf(&out, ":%lld", (long long)lines[i].other_line);
		buf_str(&out, lines[i].makes_person ? "+P" : "");
		buf_str(&out, lines[i].makes_apartment ? "+A" : "");
	}
	text = arena_dup(&f->arena, buf_view(&out));
	buf_free(&out);
	return text ? text : "";
}

static const char *run(struct fixture *f, int64_t site, int64_t id, bool good_only, bool invite)
{
	const struct import_row import = {
		.id = id, .site_id = site, .good_only = good_only, .invite = invite
	};
	struct import_row row;

	assert_int_equal(import_start(f->db, NOW, &import), 0);
	import_run_all(f->db, clock_system(), NULL);
	assert_int_equal(import_get(f->db, site, id, &f->arena, &row), 0);
	return arena_printf(&f->arena, "%s%s%s", row.state.p, row.error.n ? " " : "", row.error.p);
}

struct text_row {
	struct view text;
};
static const struct db_column text_columns[] = { DB_COLUMN_TEXT(struct text_row, text) };
static const struct db_shape text_shape = DB_SHAPE(struct text_row, text_columns);
static const struct db_stmt people_of = {
	"people_of",
	"SELECT COALESCE(a.floor || '/' || a.number || '/' || a.name, '-') || ' ' || p.name || ' '"
	" || COALESCE(p.email, '-') || ' ' || x.role || ' ' || m.comment AS text FROM member m"
	" JOIN person p ON p.id = m.person_id"
	" JOIN person_role x ON x.person_id = p.id AND x.site_id = m.site_id"
	" LEFT JOIN resident r ON r.site_id = m.site_id AND r.person_id = p.id"
	" LEFT JOIN apartment a ON a.id = r.apartment_id WHERE m.site_id = $1"
	" ORDER BY p.name, a.number",
	&text_shape
};
static const struct db_stmt mails_of = {
	"mails_of",
	"SELECT recipient || ' ' || template || ' ' || arguments AS text"
	" FROM mail WHERE site_id = $1 ORDER BY id",
	&text_shape
};

static const struct db_stmt invited_of = {
	"invited_of",
	"SELECT p.name || CASE WHEN p.invited_until IS NULL THEN ' -' ELSE ' invited' END AS text"
	" FROM member m JOIN person p ON p.id = m.person_id WHERE m.site_id = $1 ORDER BY p.name",
	&text_shape
};

static const char *select_text(struct fixture *f, const struct db_stmt *stmt, int64_t site)
{
	struct buf out = BUF_INIT(1 << 20);
	struct text_row *rows;
	const char *text;
	size_t n;
	const int rc = db_prepare(f->db, stmt, 1, NULL);

	assert_true(rc == 0 || rc == -EEXIST);
	assert_int_equal(db_select(f->db, stmt, DB_ARGS(A_INT(site)), &f->arena, &rows, &n), 0);
	for (size_t i = 0; i < n; i++)
		buf_printf(&out, "%s\n", rows[i].text.p);
	text = arena_dup(&f->arena, buf_view(&out));
	buf_free(&out);
	return text ? text : "";
}

#define HEADER "Floor,Apartment number,Apartment name,First name,Surname,E-mail,Comment\n"

/* ---- the file ---- */

static void headers_are_known_in_any_order_and_language(void **)
{
	static const struct {
		const char *header;
		enum import_column columns[3];
	} files[] = {
		{ "Surname,E-MAIL,floor", { IMPORT_SURNAME, IMPORT_EMAIL, IMPORT_FLOOR } },
		{ "Commentaire;NUMÉRO D'APPARTEMENT;prénom",
		  { IMPORT_COMMENT, IMPORT_NUMBER, IMPORT_FIRST_NAME } },
		{ "Příjmení,Jméno,Číslo bytu",
		  { IMPORT_SURNAME, IMPORT_FIRST_NAME, IMPORT_NUMBER } },
		{ "Nom,Nom d’appartement,Étage",
		  { IMPORT_SURNAME, IMPORT_APARTMENT, IMPORT_FLOOR } },
		{ "last_name,first_name,Shoe size",
		  { IMPORT_SURNAME, IMPORT_FIRST_NAME, IMPORT_COLUMNS } },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		read_csv(files[i].header);
		for (size_t k = 0; k < 3; k++)
			assert_int_equal(import_column_find(sheet.rows[0].cells[k]),
					 files[i].columns[k]);
	}
}

/* What the template says is understood, in every language; no two columns mean the same. */
static void the_template_is_understood(void **)
{
	static const char *const languages[] = { "en", "fr", "de", "es",    "it",
						 "cs", "nl", "pl", "pt-BR", "xx" };

	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
		CLEANUP(buf_free) struct buf out = BUF_INIT(1 << 16);

		assert_int_equal(import_template(SHEET_CSV, view_str(languages[i]), &out), 0);
		read_csv(buf_cstr(&out));
		assert_int_equal(sheet.n, 1);
		assert_int_equal(sheet.rows[0].n, IMPORT_COLUMNS);
		for (enum import_column c = 0; c < IMPORT_COLUMNS; c++)
			assert_int_equal(import_column_find(sheet.rows[0].cells[c]), c);
	}
}

static void files_without_a_header_are_refused(void **)
{
	static const struct {
		const char *text, *word;
		size_t row, column;
	} files[] = {
		{ "1,12,,Ann,Lee,ann@example.com\n", "header", 1, 0 },
		{ "Floor,E-mail\n1,a@example.com\n", "header", 1, 0 },
		{ "\nName,Surname,x,Nom\nAnn,Lee\n", "header_twice", 2, 4 },
		{ "Surname,x\n,1\n", "no_rows", 0, 0 },
		{ "Surname\n", "no_rows", 0, 0 },
	};
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	struct import_line *lines;
	size_t n;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		read_csv(files[i].text);
		assert_int_equal(import_read(&sheet, &arena, &lines, &n, &refusal), -EINVAL);
		assert_string_equal(refusal.word, files[i].word);
		assert_int_equal(refusal.row, files[i].row);
		assert_int_equal(refusal.column, files[i].column);
	}
}

/* ---- the rules ---- */

static void each_row_has_its_fate(void **state)
{
	struct fixture *f = *state;
	const int64_t site = one_site(f);
	const int64_t id = upload(f, site,
				  HEADER "1,11,Lee,Ann,Lee,Ann@Example.com,first\n"
					 "1,11,ignored,Bob,Lee,,\n"
					 ",,,Cyd,Ray,cyd@example.com,\n"
					 "2,21,,Ann,Lee,ann@example.com,another home\n"
					 "3,,,Dan,Fox,dan@example.com,\n"
					 ",,Tower,Dan,Fox,dan@example.com,\n"
					 "1,12,,,,eve@example.com,\n"
					 "1,12,,Eve,,eve@example..com,\n"
					 "1,12,,Eve,,ève@example.com,\n"
					 "1,12,,Someone,Else,ann@example.com,\n"
					 "1,11,,Ann,Lee,ann@example.com,\n"
					 "1,11,,Bob,Lee,,\n"
					 "4,41,Empty,,,,\n"
					 "4,41,,,,,\n"
					 "1,12,,Zoe,Last,zoe@example.com,\n"
					 "123456789012345678901,1,,Long,Floor,,\n"
					 "1,2,,,\"\",,note\n");

	assert_string_equal(
		fates(f, site, id),
		"2:create+P+A 3:create+P 4:create+P 5:add+A 6:fault:number_missing:number"
		" 7:fault:number_missing:number 8:fault:name_missing:surname "
		"9:fault:email_invalid:email"
		" 10:fault:email_invalid:email 11:fault:email_twice:email:2 "
		"12:fault:row_twice:email:2"
		" 13:fault:row_twice:surname:3 14:create+A 15:keep 16:create+P+A "
		"17:fault:too_long:floor"
		" 18:fault:name_missing:surname");
}

static void a_file_is_taken_whole(void **state)
{
	struct fixture *f = *state;
	const int64_t site = one_site(f);
	const int64_t id = upload(f, site,
				  HEADER "1,11,Lee,Ann,Lee,Ann@Example.com,first\n"
					 "1,11,,Bob,,,\n"
					 ",,,Cyd,Ray,cyd@example.com,\n"
					 "2,21,,Ann,Lee,ann@example.com,second\n"
					 "3,31,Empty,,,,\n");
	struct import_counts counts;
	struct import_home *homes;
	size_t n;

	assert_string_equal(select_text(f, &people_of, site), "");
	assert_string_equal(run(f, site, id, false, false), "done");
	assert_string_equal(select_text(f, &people_of, site),
			    "1/11/Lee Ann Lee ann@example.com site_user first\n"
			    "2/21/ Ann Lee ann@example.com site_user first\n"
			    "1/11/Lee Bob - site_user_no_login \n"
			    "- Cyd Ray cyd@example.com site_user \n");
	assert_int_equal(import_homes(f->db, site, 0, 10, &f->arena, &homes, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(import_count(f->db, site, id, &counts), 0);
	assert_int_equal(counts.create_n, 4);
	assert_int_equal(counts.add_n, 1);
	assert_string_equal(select_text(f, &mails_of, site), "");
	assert_int_equal(
		import_start(f->db, NOW, &(struct import_row){ .id = id, .site_id = site }),
		-EEXIST);
}

static void what_is_there_stays_as_it_is(void **state)
{
	struct fixture *f = *state;
	const int64_t site = one_site(f), other = site_make(f, "Oak Court", 1);
	const int64_t first = upload(f, other, "Surname;Email\nKnown Elsewhere;k@example.com\n");

	assert_string_equal(run(f, other, first, false, false), "done");
	assert_string_equal(run(f, site,
				upload(f, site, HEADER "1,11,Lee,Ann,Lee,ann@example.com,one\n"),
				false, false),
			    "done");
	const int64_t id = upload(f, site,
				  HEADER "1,11,New name,Other,Name,ann@example.com,two\n"
					 "1,11,New name,New,Name,K@example.com,three\n");
	assert_string_equal(fates(f, site, id), "2:keep 3:create+P");
	assert_string_equal(run(f, site, id, false, false), "done");
	assert_string_equal(select_text(f, &people_of, site),
			    "1/11/Lee Ann Lee ann@example.com site_user one\n"
			    "1/11/Lee Known Elsewhere k@example.com site_user three\n");
	assert_string_equal(select_text(f, &people_of, other),
			    "- Known Elsewhere k@example.com site_user \n");
}

static void all_or_nothing_unless_asked_otherwise(void **state)
{
	struct fixture *f = *state;
	const int64_t site = one_site(f);
	const int64_t id = upload(f, site,
				  HEADER "1,11,,Ann,Lee,ann@example.com,\n"
					 "1,11,,Bob,Lee,bob@,\n1,12,,Cyd,Ray,,\n");

	assert_string_equal(run(f, site, id, false, false), "failed faults");
	assert_string_equal(select_text(f, &people_of, site), "");
	assert_string_equal(run(f, site, id, true, false), "done");
	assert_string_equal(select_text(f, &people_of, site),
			    "1/11/ Ann Lee ann@example.com site_user \n"
			    "1/12/ Cyd Ray - site_user_no_login \n");
}

/* Between preview and start, another import brings the same people. */
static void a_preview_that_is_old_is_judged_again(void **state)
{
	struct fixture *f = *state;
	const int64_t site = one_site(f);
	const char *file = HEADER "1,11,,Ann,Lee,ann@example.com,\n1,12,,Bob,Lee,,\n";
	const int64_t one = upload(f, site, file), two = upload(f, site, file);

	assert_string_equal(fates(f, site, two), "2:create+P+A 3:create+P+A");
	assert_string_equal(run(f, site, one, false, false), "done");
	assert_string_equal(run(f, site, two, false, false), "done");
	assert_string_equal(fates(f, site, two), "2:keep 3:keep");
	assert_string_equal(select_text(f, &people_of, site),
			    "1/11/ Ann Lee ann@example.com site_user \n"
			    "1/12/ Bob Lee - site_user_no_login \n");
}

static void an_interrupted_import_runs_again(void **state)
{
	struct fixture *f = *state;
	const int64_t site = one_site(f);
	const int64_t id = upload(f, site, HEADER "1,11,,Ann,Lee,ann@example.com,\n");
	const struct import_row import = { .id = id, .site_id = site };
	struct import_row row;

	assert_int_equal(import_start(f->db, NOW, &import), 0);
	assert_int_equal(import_take(f->db, &f->arena, &row), 0);
	assert_string_equal(row.state.p, "running");
	assert_int_equal(import_take(f->db, &f->arena, &row), -ENOENT);
	assert_int_equal(import_requeue(f->db), 0);
	import_run_all(f->db, clock_system(), NULL);
	assert_int_equal(import_get(f->db, site, id, &f->arena, &row), 0);
	assert_string_equal(row.state.p, "done");
	assert_true(row.done_at > NOW);
	assert_string_not_equal(select_text(f, &people_of, site), "");
}

/* Whoever is new to the site gets one: with a link that lets in, or where to sign in. */
static void invitations_go_to_new_people_if_asked(void **state)
{
	static const char before[] = "bob@example.com invitation {\"by\":\"Maple\",\"place\":"
				     "\"Elm Court\",\"path\":\"/activate#";
	static const char behind[] =
		"\"}\ndee@example.com added_to_place {\"by\":\"Maple\",\"place\":"
		"\"Elm Court\",\"path\":\"/\"}\n";
	struct fixture *f = *state;
	const int64_t site = one_site(f);
	const struct person_row dee = { .email = VIEW("dee@example.com"),
					.name = VIEW("Dee"),
					.password = VIEW("hash"),
					.language = VIEW("en") };
	struct token_row found;
	struct view hash;
	int64_t id;

	assert_int_equal(person_create(f->db, NOW, &dee, &id), 0);
	id = upload(f, site, HEADER "1,11,,Ann,Lee,ann@example.com,\n");
	assert_string_equal(run(f, site, id, false, false), "done");
	id = upload(f, site,
		    HEADER "1,12,,Ann,Lee,ann@example.com,\n1,12,,Bob,,bob@example.com,\n"
			   "1,12,,Cyd,,,\n,,,Dee,,dee@example.com,\n");
	assert_string_equal(run(f, site, id, false, true), "done");
	const char *mails = select_text(f, &mails_of, site);
	assert_memory_equal(mails, before, strlen(before));
	assert_string_equal(mails + strlen(before) + TOKEN_DIGITS, behind);
	assert_int_equal(
		token_hash((struct view){ mails + strlen(before), TOKEN_DIGITS }, &f->arena, &hash),
		0);
	assert_int_equal(token_find(f->db, hash, VIEW("invitation"), NOW, &f->arena, &found), 0);
	assert_string_equal(select_text(f, &invited_of, site), "Ann Lee -\nBob invited\nCyd -\nDee -\n");
}

/* ---- out again ---- */

static void an_export_imports_and_changes_nothing(void **state)
{
	static const enum sheet_format formats[] = { SHEET_CSV, SHEET_XLSX };
	struct fixture *f = *state;
	const int64_t site = one_site(f);
	const int64_t id = upload(
		f, site,
		HEADER
		"1,11,=Lee,Anne Marie,van der Lee,ann@example.com,+420 1\n1,11,,Bob,,,\"a, "
		"\"\"b\"\"\"\n"
		",,,Cyd,Ray,cyd@example.com,\n2,21,,Anne Marie,van der Lee,ann@example.com,\n"
		",,,Solo,,,\n-1,07,,Žofie,Ďasová,,\n");

	assert_string_equal(run(f, site, id, false, false), "done");
	const char *before = select_text(f, &people_of, site);
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(buf_free) struct buf out = BUF_INIT(1 << 20);
		const struct site_row row = { .id = site, .language = VIEW("fr") };
		const struct import_row import = { .site_id = site,
						   .person_id = DB_INT_NULL,
						   .name = VIEW("again") };
		struct sheet_fault fault;
		int64_t again;

		assert_int_equal(import_export(f->db, &row, formats[i], &out), 0);
		sheet_free(&sheet);
		assert_int_equal(
			sheet_read(buf_view(&out), &(struct csv_options){}, &sheet, &fault), 0);
		assert_int_equal(sheet.n, 7);
		assert_int_equal(import_upload(f->db, NOW, &import, &sheet, &again, &refusal), 0);
		assert_string_equal(fates(f, site, again),
				    "2:keep 3:keep 4:keep 5:keep 6:keep 7:keep");
		assert_string_equal(run(f, site, again, false, false), "done");
		assert_string_equal(select_text(f, &people_of, site), before);
	}
}

static void the_result_says_what_became_of_each_row(void **state)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(1 << 20);
	struct fixture *f = *state;
	const int64_t site = one_site(f);
	const int64_t id = upload(f, site,
				  HEADER "1,11,,Ann,Lee,ann@example.com,\n"
					 "1,11,,Bob,Lee,ann@example.com,\n");
	struct import_row row;

	assert_string_equal(run(f, site, id, true, false), "done");
	assert_int_equal(import_get(f->db, site, id, &f->arena, &row), 0);
	assert_int_equal(import_result(f->db, &row, VIEW("fr"), SHEET_CSV, &out), 0);
	read_csv(buf_cstr(&out));
	assert_string_equal(sheet.rows[0].cells[7].p, "Résultat");
	assert_string_equal(sheet.rows[1].cells[7].p, "Créé");
	assert_string_equal(sheet.rows[2].cells[7].p, "Ignorée");
	assert_string_equal(sheet.rows[2].cells[8].p,
			    "La ligne 2 a la même adresse avec un autre nom.");
	buf_reset(&out);
	assert_int_equal(import_result(f->db, &row, VIEW("de"), SHEET_CSV, &out), 0);
	read_csv(buf_cstr(&out));
	assert_string_equal(sheet.rows[0].cells[8].p, "Grund");
	assert_string_equal(sheet.rows[1].cells[7].p, "Angelegt");
	assert_string_equal(sheet.rows[2].cells[8].p,
			    "Zeile 2 hat dieselbe Adresse mit einem anderen Namen.");
	buf_reset(&out);
	assert_int_equal(import_result(f->db, &row, VIEW("xx"), SHEET_CSV, &out), 0);
	read_csv(buf_cstr(&out));
	assert_string_equal(sheet.rows[0].cells[7].p, "Result");
	assert_string_equal(sheet.rows[2].cells[8].p,
			    "Row 2 has the same address with another name.");
}

static void many_rows_go_over_pages_and_chunks(void **state)
{
	CLEANUP(buf_free) struct buf file = BUF_INIT(1 << 22);
	struct fixture *f = *state;
	const int64_t site = one_site(f);
	struct import_counts counts;

	buf_str(&file, HEADER);
	for (int i = 0; i < MANY; i++)
		buf_printf(&file, "%d,%d,,First %d,Last,%s%d%s,\n", i / 30, i / 3, i,
			   i % 2 ? "p" : "", i, i % 2 ? "@example.com" : "");
	/* Every other row has a number as e-mail. */
	const int64_t id = upload(f, site, buf_cstr(&file));
	assert_int_equal(import_count(f->db, site, id, &counts), 0);
	assert_int_equal(counts.fault_n, MANY / 2 + 1);
	assert_int_equal(counts.create_n, MANY / 2);
	assert_string_equal(run(f, site, id, true, true), "done");
	const int64_t again = upload(f, site, buf_cstr(&file));
	assert_int_equal(import_count(f->db, site, again, &counts), 0);
	assert_int_equal(counts.keep_n, MANY / 2);
	arena_free(&f->arena);
}

static void old_imports_are_forgotten(void **state)
{
	struct fixture *f = *state;
	const int64_t site = one_site(f);
	const int64_t first = upload(f, site, "Surname\nA\n"),
		      waits = upload(f, site, "Surname\nB\n");
	const struct import_row import = { .id = waits, .site_id = site };
	struct import_row *rows, row;
	int64_t last = 0;
	size_t n;

	assert_int_equal(import_start(f->db, NOW, &import), 0);
	for (int i = 0; i < IMPORTS_KEPT_MAX; i++)
		last = upload(f, site, "Surname\nC\n");
	assert_int_equal(import_list(f->db, site, &f->arena, &rows, &n), 0);
	assert_int_equal(n, IMPORTS_KEPT_MAX);
	assert_int_equal(rows[0].id, last);
	assert_int_equal(import_get(f->db, site, first, &f->arena, &row), -ENOENT);
	assert_int_equal(import_get(f->db, site, waits, &f->arena, &row), 0);
	const struct import_row late = { .site_id = site,
					 .person_id = DB_INT_NULL,
					 .name = VIEW("x") };
	assert_int_equal(import_create(f->db, NOW + IMPORT_KEEP_MS + 1, &late, &last), 0);
	assert_int_equal(import_list(f->db, site, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_known_in_any_order_and_language),
		cmocka_unit_test(the_template_is_understood),
		cmocka_unit_test(files_without_a_header_are_refused),
		ON_BOTH(each_row_has_its_fate),
		ON_BOTH(a_file_is_taken_whole),
		ON_BOTH(what_is_there_stays_as_it_is),
		ON_BOTH(all_or_nothing_unless_asked_otherwise),
		ON_BOTH(a_preview_that_is_old_is_judged_again),
		ON_BOTH(an_interrupted_import_runs_again),
		ON_BOTH(invitations_go_to_new_people_if_asked),
		ON_BOTH(an_export_imports_and_changes_nothing),
		ON_BOTH(the_result_says_what_became_of_each_row),
		ON_BOTH(many_rows_go_over_pages_and_chunks),
		ON_BOTH(old_imports_are_forgotten),
	};
	const int rc = cmocka_run_group_tests(tests, NULL, NULL);

	sheet_free(&sheet);
	return rc;
}
