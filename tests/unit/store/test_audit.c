/* The trail: what is appended is found again by whoever may, and by nobody else. */
#include "store/audit.h"
#include "store/site.h"
#include "fixture.h"

#include <errno.h>
#include <string.h>

enum { NOW = 1000000 };

static int64_t company_new(struct fixture *f)
{
	int64_t id = 0;

	assert_int_equal(company_create(f->db, NOW, VIEW("C"), &id), 0);
	return id;
}

static struct audit_row row_of(int64_t company, int64_t site, struct view label)
{
	return (struct audit_row){
		.at = NOW,
		.company_id = company,
		.site_id = site,
		.person_id = 7,
		.person_name = VIEW("Žofie Nováková"),
		.subject_id = DB_INT_NULL,
		.address = VIEW("192.0.2.1"),
		.verb = VIEW("change"),
		.object = VIEW("devices"),
		.object_id = 5,
		.label = label,
		.before = VIEW("{}"),
	};
}

static void append(struct fixture *f, struct audit_row row)
{
	assert_int_equal(audit_append(f->db, &row), 0);
}

static size_t found(struct fixture *f, struct audit_filter filter, struct audit_row **ret_rows)
{
	size_t n = 0;

	assert_int_equal(audit_list(f->db, &filter, AUDIT_NEWEST, 100, &f->arena, ret_rows, &n), 0);
	return n;
}

static void a_row_is_read_as_it_was_written(void **state)
{
	struct fixture *f = *state;
	struct audit_filter filter = AUDIT_FILTER_ALL;
	const int64_t company = company_new(f);
	struct audit_row *rows;

	append(f, row_of(company, 11, VIEW("Door")));
	filter.site_id = 11;
	assert_int_equal(found(f, filter, &rows), 1);
	assert_int_equal(rows[0].at, NOW);
	assert_int_equal(rows[0].company_id, company);
	assert_int_equal(rows[0].person_id, 7);
	assert_true(rows[0].subject_id == DB_INT_NULL);
	assert_string_equal(rows[0].person_name.p, "Žofie Nováková");
	assert_string_equal(rows[0].address.p, "192.0.2.1");
	assert_string_equal(rows[0].verb.p, "change");
	assert_string_equal(rows[0].object.p, "devices");
	assert_int_equal(rows[0].object_id, 5);
	assert_string_equal(rows[0].label.p, "Door");
	assert_string_equal(rows[0].before.p, "{}");
	assert_null(rows[0].after.p);
	assert_int_equal(rows[0].denied, 0);
}

static void a_site_has_its_own_and_a_company_those_of_its_sites(void **state)
{
	struct fixture *f = *state;
	struct audit_filter filter = AUDIT_FILTER_ALL;
	const int64_t mine = company_new(f), other = company_new(f);
	struct audit_row *rows;

	append(f, row_of(mine, 11, VIEW("a")));
	append(f, row_of(mine, 12, VIEW("b")));
	append(f, row_of(mine, DB_INT_NULL, VIEW("c")));
	append(f, row_of(other, 13, VIEW("d")));
	append(f, row_of(DB_INT_NULL, DB_INT_NULL, VIEW("e")));
	assert_int_equal(found(f, filter, &rows), 0);
	filter.company_id = mine;
	assert_int_equal(found(f, filter, &rows), 3);
	assert_string_equal(rows[0].label.p, "c"); /* the newest first */
	filter.site_id = 12;
	assert_int_equal(found(f, filter, &rows), 1);
	assert_string_equal(rows[0].label.p, "b");
}

/* The labels, one letter each, read two at a time. */
static void assert_pages(struct fixture *f, struct audit_filter filter, const char *labels)
{
	int64_t past = filter.rising ? AUDIT_OLDEST : AUDIT_NEWEST;
	char seen[8] = "";
	struct audit_row *rows;
	size_t n;

	do {
		assert_int_equal(audit_list(f->db, &filter, past, 2, &f->arena, &rows, &n), 0);
		for (size_t i = 0; i < n; i++) {
			strncat(seen, rows[i].label.p, 1);
			past = rows[i].id;
		}
	} while (n == 2 && strlen(seen) < 6);
	assert_string_equal(seen, labels);
}

static void the_last_row_is_the_cursor_of_the_next_page(void **state)
{
	struct fixture *f = *state;
	struct audit_filter filter = AUDIT_FILTER_ALL;
	const int64_t company = company_new(f);

	for (const char *c = "abcde"; *c; c++)
		append(f, row_of(company, 11, (struct view){ c, 1 }));
	filter.site_id = 11;
	assert_pages(f, filter, "edcba");
	filter.rising = true;
	assert_pages(f, filter, "abcde");
	filter.site_id = DB_INT_NULL;
	filter.company_id = company;
	assert_pages(f, filter, "abcde");
}

static void what_a_filter_leaves_out_is_not_found(void **state)
{
	struct fixture *f = *state;
	const struct audit_filter all = { .site_id = 11,
					  .company_id = DB_INT_NULL,
					  .person_id = DB_INT_NULL,
					  .from_ms = DB_INT_NULL,
					  .to_ms = DB_INT_NULL };
	const int64_t company = company_new(f);
	struct audit_row late = row_of(company, 11, VIEW("100% Óda_\\")), *rows;
	struct audit_filter filter = all;

	late.at = NOW + 10;
	late.person_id = INT64_C(1) << 40;
	late.person_name = VIEW("Ben");
	late.object = VIEW("users");
	append(f, row_of(company, 11, VIEW("Door")));
	append(f, late);
#define ONE(field, value, want)                                                                    \
	filter = all;                                                                              \
	filter.field = value;                                                                      \
	assert_int_equal(found(f, filter, &rows), 1);                                              \
	assert_string_equal(rows[0].person_name.p, want)
#define NONE(field, value)                                                                         \
	filter = all;                                                                              \
	filter.field = value;                                                                      \
	assert_int_equal(found(f, filter, &rows), 0)
	ONE(person_id, late.person_id, "Ben");
	NONE(person_id, 8);
	ONE(object, VIEW("users"), "Ben");
	NONE(object, VIEW("user"));
	ONE(from_ms, NOW + 10, "Ben");
	ONE(to_ms, NOW + 10, "Žofie Nováková");
	ONE(search, VIEW("NOVAK"), "Žofie Nováková");
	ONE(search, VIEW("zofie"), "Žofie Nováková");
	ONE(search, VIEW("0% oda_"), "Ben");
	ONE(search, VIEW("\\"), "Ben");
	NONE(search, VIEW("d__r"));
	filter = all;
	filter.search = VIEW("192.0.2");
	assert_int_equal(found(f, filter, &rows), 2);
	char words[4 * AUDIT_SEARCH_MAX];
	memset(words, '%', sizeof(words));
	filter.search = (struct view){ words, sizeof(words) }; /* only the beginning counts */
	assert_int_equal(found(f, filter, &rows), 0);
}

static void old_rows_are_forgotten(void **state)
{
	struct fixture *f = *state;
	struct audit_filter filter = AUDIT_FILTER_ALL;
	const int64_t company = company_new(f);
	struct audit_row old = row_of(company, 11, VIEW("old")), *rows;
	int64_t removed = 0;

	old.at = NOW - 1;
	append(f, old);
	append(f, row_of(company, 11, VIEW("new")));
	assert_int_equal(audit_expire(f->db, NOW, &removed), 0);
	assert_int_equal(removed, 1);
	filter.site_id = 11;
	assert_int_equal(found(f, filter, &rows), 1);
	assert_string_equal(rows[0].label.p, "new");
}

static void refusals_are_counted(void **state)
{
	struct fixture *f = *state;
	const int64_t company = company_new(f);
	struct audit_row row = row_of(company, 11, VIEW(""));
	int64_t n = -1;

	append(f, row);
	row.denied = 1;
	append(f, row);
	assert_int_equal(audit_denied(f->db, 7, NOW, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(audit_denied(f->db, 7, NOW + 1, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(audit_denied(f->db, 8, 0, &n), 0);
	assert_int_equal(n, 0);
}

static void it_outlives_the_site_but_not_the_company(void **state)
{
	struct fixture *f = *state;
	struct audit_filter filter = AUDIT_FILTER_ALL;
	const int64_t company = company_new(f);
	const struct site_row site = { .company_id = company,
				       .name = VIEW("S"),
				       .type = VIEW("residential"),
				       .zone = VIEW("UTC"),
				       .language = VIEW("en") };
	struct audit_row row, *rows;
	int64_t id = 0;

	assert_int_equal(site_create(f->db, NOW, &site, &id), 0);
	append(f, row_of(company, id, VIEW("Door")));
	assert_int_equal(site_delete(f->db, NOW, id), 0);
	filter.company_id = company;
	assert_int_equal(found(f, filter, &rows), 1);
	row = row_of(company + 1000, id, VIEW("Door"));
	assert_int_equal(audit_append(f->db, &row), -ENOLINK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_row_is_read_as_it_was_written),
		ON_BOTH(a_site_has_its_own_and_a_company_those_of_its_sites),
		ON_BOTH(the_last_row_is_the_cursor_of_the_next_page),
		ON_BOTH(what_a_filter_leaves_out_is_not_found),
		ON_BOTH(old_rows_are_forgotten),
		ON_BOTH(refusals_are_counted),
		ON_BOTH(it_outlives_the_site_but_not_the_company),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
