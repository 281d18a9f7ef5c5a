/* Imports and exports of people through the API. */
#include "fixture.h"

#include "office/import.h"

#include <string.h>

#define ADMIN  ROLE_SITE_ADMIN
#define HEADER "Floor,Apartment number,Apartment name,First name,Surname,E-mail,Comment\n"

static const char two_good_one_bad[] = HEADER "1,11,Lee,Ann,Lee,ann@example.com,\n"
					      "1,12,,Bob,Lee,bob@example.com,\n"
					      "1,,,Cyd,Lee,cyd@example.com,\n";

static const char *path(struct fixture *f, const char *rest)
{
	return fixture_path(f, "/sites/%lld%s", (long long)f->own, rest);
}

static const char *import_path(struct fixture *f, const char *id, const char *rest)
{
	return fixture_path(f, "/sites/%lld/imports/%s%s", (long long)f->own, id, rest);
}

static const char *upload(struct fixture *f, const char *file)
{
	assert_status(f, 201, ADMIN, "POST", path(f, "/imports?name=people.csv"), file);
	return fixture_get(f, "id");
}

static bool says(struct fixture *f, const char *text)
{
	return strstr(fixture_text(f), text) != NULL;
}

static void a_file_becomes_a_preview(void **state)
{
	struct fixture *f = *state;
	const char *id;

	f->ask.content_type = VIEW("text/csv");
	id = upload(f, two_good_one_bad);
	assert_true(says(f, "\"name\":\"people.csv\",\"state\":\"ready\",\"error\":null,\"rows\":3,"
			    "\"done\":0,\"create\":2,\"add\":0,\"keep\":0,\"fault\":1"));
	assert_status(f, 200, ADMIN, "GET", import_path(f, id, ""), NULL);
	assert_status(f, 200, ADMIN, "GET", import_path(f, id, "/rows?limit=2"), NULL);
	assert_true(says(f, "\"row\":2,"));
	assert_true(says(f, "\"next\":\"3\""));
	assert_status(f, 200, ADMIN, "GET", import_path(f, id, "/rows?limit=2&cursor=3"), NULL);
	assert_true(says(f, "\"fate\":\"fault\",\"field\":\"number\",\"fault\":\"number_missing\","
			    "\"other_row\":null,\"detail\":\"The apartment has no number.\""));
	assert_true(says(f, "\"next\":null"));
	assert_status(f, 200, ADMIN, "GET", import_path(f, id, "/rows?fate=fault"), NULL);
	assert_true(says(f, "cyd@example.com") && !says(f, "ann@example.com"));
	assert_problem(f, 400, "fate", ADMIN, "GET", import_path(f, id, "/rows?fate=x"), NULL);
	assert_problem(f, 400, "cursor", ADMIN, "GET", import_path(f, id, "/rows?cursor=x"), NULL);
	assert_status(f, 200, ADMIN, "GET", path(f, "/imports"), NULL);
	assert_true(says(f, "people.csv"));
}

static void an_import_is_of_one_site(void **state)
{
	static const char *const rests[] = { "", "/rows", "/result" };
	struct fixture *f = *state;
	const char *id = upload(f, two_good_one_bad);

	for (size_t i = 0; i < 3; i++)
		assert_status(f, 404, ROLE_COMPANY_ADMIN, "GET",
			      fixture_path(f, "/sites/%lld/imports/%s%s", (long long)f->next_door,
					   id, rests[i]),
			      NULL);
	assert_status(f, 404, ROLE_COMPANY_ADMIN, "POST",
		      fixture_path(f, "/sites/%lld/imports/%s/start", (long long)f->next_door, id),
		      "{}");
	assert_status(f, 403, ROLE_SITE_USER, "GET", import_path(f, id, ""), NULL);
	assert_status(f, 404, ROLE_SITE_ADMIN, "POST",
		      fixture_path(f, "/sites/%lld/imports", (long long)f->foreign),
		      two_good_one_bad);
}

static void a_bad_file_is_refused_with_its_place(void **state)
{
	struct fixture *f = *state;
	const char *imports = path(f, "/imports");

	assert_problem(f, 422, "file", ADMIN, "POST", imports, "Surname,x\nLee,\"y\n");
	assert_true(says(
		f, "\"detail\":\"Row 2, column 2: A quotation mark does not end, or text follows "
		   "it.\""));
	assert_true(says(f, "\"fault\":\"quote\",\"row\":2,\"column\":2}"));
	assert_problem(f, 422, "file", ADMIN, "POST", imports, "Ann,Lee\n");
	assert_true(says(f, "\"fault\":\"header\",\"row\":1,\"column\":0}"));
	assert_problem(f, 422, "file", ADMIN, "POST", imports, NULL);
	assert_true(says(f, "\"fault\":\"empty\""));
	assert_problem(f, 422, "file", ADMIN, "POST", imports, "PK\x03\x04 no archive");
	assert_true(says(f, "\"fault\":\"broken\""));
	assert_status(f, 200, ADMIN, "GET", imports, NULL);
	assert_string_equal(fixture_text(f), "{\"items\":[],\"next\":null}");
}

static void delimiter_and_encoding_can_be_chosen(void **state)
{
	struct fixture *f = *state;

	assert_status(f, 201, ADMIN, "POST",
		      path(f, "/imports?delimiter=semicolon&encoding=windows-1250"),
		      "Surname;a,b,c\n\x8eof;\n");
	assert_status(f, 200, ADMIN, "GET", import_path(f, fixture_get(f, "id"), "/rows"), NULL);
	assert_true(says(f, "\"surname\":\"Žof\""));
	assert_status(f, 201, ADMIN, "POST", path(f, "/imports?delimiter=%09&encoding=auto"),
		      "Surname\tx\nLee\t\n");
	assert_problem(f, 400, "delimiter", ADMIN, "POST", path(f, "/imports?delimiter=x"), "");
	assert_problem(f, 400, "encoding", ADMIN, "POST", path(f, "/imports?encoding=ebcdic"), "");
	assert_problem(f, 400, "name", ADMIN, "POST", path(f, "/imports?name=%00x"), "");
	assert_problem(f, 422, "file", ADMIN, "POST", path(f, "/imports?encoding=utf-8"),
		       "Surname\n\x8eof\n");
	assert_true(says(f, "\"fault\":\"charset\",\"row\":2"));
}

static void faults_must_be_left_out_on_purpose(void **state)
{
	struct fixture *f = *state;
	const char *id = upload(f, two_good_one_bad), *bad = upload(f, HEADER "1,,,,,,\n");

	assert_problem(f, 409, "good_rows_only", ADMIN, "POST", import_path(f, id, "/start"), "{}");
	assert_status(f, 409, ADMIN, "POST", import_path(f, bad, "/start"),
		      "{\"good_rows_only\":true}");
	assert_status(f, 200, ADMIN, "POST", import_path(f, id, "/start"),
		      "{\"good_rows_only\":true}");
	assert_string_equal(fixture_get(f, "state"), "waiting");
	assert_status(f, 409, ADMIN, "POST", import_path(f, id, "/start"),
		      "{\"good_rows_only\":true}");
	import_run_all(f->db, &f->clock.clock, NULL);
	assert_status(f, 200, ADMIN, "GET", import_path(f, id, ""), NULL);
	assert_true(says(f, "\"state\":\"done\",\"error\":null,\"rows\":3,\"done\":3"));
	assert_status(f, 200, ADMIN, "GET", import_path(f, id, "/result?format=csv"), NULL);
	assert_true(says(f, "1,11,Lee,Ann,Lee,ann@example.com,,Created,\r\n"));
	assert_true(
		says(f, "1,,,Cyd,Lee,cyd@example.com,,Left out,The apartment has no number.\r\n"));
}

/* A preview goes with its rows; what was started stays, and so does what the trail says. */
static void a_file_that_was_not_imported_is_discarded(void **state)
{
	struct fixture *f = *state;
	const char *id = upload(f, two_good_one_bad), *kept = upload(f, HEADER "1,11,,Eve,,,\n");

	assert_status(f, 403, ROLE_SITE_USER, "DELETE", import_path(f, id, ""), NULL);
	assert_status(f, 404, ROLE_COMPANY_ADMIN, "DELETE",
		      fixture_path(f, "/sites/%lld/imports/%s", (long long)f->next_door, id), NULL);
	assert_status(f, 204, ADMIN, "DELETE", import_path(f, id, ""), NULL);
	assert_status(f, 404, ADMIN, "GET", import_path(f, id, ""), NULL);
	assert_status(f, 404, ADMIN, "GET", import_path(f, id, "/rows"), NULL);
	assert_status(f, 404, ADMIN, "DELETE", import_path(f, id, ""), NULL);
	assert_status(f, 200, ADMIN, "GET", path(f, "/audit?object=imports"), NULL);
	assert_true(says(f, "\"verb\":\"delete\"") && says(f, "people.csv"));
	assert_status(f, 200, ADMIN, "POST", import_path(f, kept, "/start"), "{}");
	assert_status(f, 409, ADMIN, "DELETE", import_path(f, kept, ""), NULL);
	import_run_all(f->db, &f->clock.clock, NULL);
	assert_status(f, 409, ADMIN, "DELETE", import_path(f, kept, ""), NULL);
	assert_status(f, 200, ADMIN, "GET", import_path(f, kept, "/rows"), NULL);
}

static void files_are_downloads(void **state)
{
	static const char xlsx[] =
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
	struct fixture *f = *state;
	const char *id = upload(f, HEADER ",,,Ann,Lee,ann@example.com,=1+1\n");

	assert_status(f, 200, ADMIN, "GET", path(f, "/imports/template"), NULL);
	assert_string_equal(fixture_field(f, "Content-Type"), xlsx);
	assert_string_equal(fixture_field(f, "Content-Disposition"),
			    "attachment; filename=\"template.xlsx\"");
	assert_int_equal(sheet_format_of(buf_view(&f->answer.body)), SHEET_XLSX);
	assert_status(f, 200, ADMIN, "POST", import_path(f, id, "/start"), "{}");
	import_run_all(f->db, &f->clock.clock, NULL);
	assert_status(f, 200, ADMIN, "GET", path(f, "/users/export?format=csv"), NULL);
	assert_string_equal(fixture_field(f, "Content-Type"), "text/csv; charset=utf-8");
	assert_true(says(
		f, "\xef\xbb\xbf"
		   "Floor,Apartment number,Apartment name,First name,Surname,E-mail,Comment\r\n"));
	assert_true(says(f, "\r\n,,,Ann,Lee,ann@example.com,\"'=1+1\"\r\n"));
	assert_problem(f, 400, "format", ADMIN, "GET", path(f, "/users/export?format=pdf"), NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_becomes_a_preview),
		TEST(an_import_is_of_one_site),
		TEST(a_bad_file_is_refused_with_its_place),
		TEST(delimiter_and_encoding_can_be_chosen),
		TEST(faults_must_be_left_out_on_purpose),
		TEST(a_file_that_was_not_imported_is_discarded),
		TEST(files_are_downloads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
