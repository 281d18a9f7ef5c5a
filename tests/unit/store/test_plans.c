/* How SQLite finds what the statements ask for: none reads a table that grows with time, or with
 * the number of customers, from one end to the other. */
#include "base/list.h"
#include "store/db_priv.h"
#include "fixture.h"

#include <string.h>

enum { STMTS_MAX = 1000 };

struct plan_row {
	struct view detail;
};
static const struct db_column plan_columns[] = { DB_COLUMN_TEXT(struct plan_row, detail) };
static const struct db_shape plan_shape = DB_SHAPE(struct plan_row, plan_columns);

/* What is read as a whole, by the name that it has in the statement. */
static const struct whole {
	const char *stmt, *name;
} wholes[] = {
	{ NULL, "CONSTANT" }, /* SELECT without a table */
	/* Pages and sums that were found along an index before. */
	{ "member_list", "m" },
	{ "missed_people", "who" },
	{ "member_list_apartment", "m" },
	{ "member_list_apartment_down", "m" },
	{ "member_list_apartment_role", "m" },
	{ "member_list_apartment_role_down", "m" },
	{ "member_list_down", "m" },
	{ "member_list_role", "m" },
	{ "member_list_role_down", "m" },
	{ "site_list", "page" },
	{ "site_type_facts", "crowd" },
	{ "summary_get", "d" },
	{ "summary_get", "o" },
	{ "summary_get", "ringing" },
	/* Up to the first row, or of an index that has no others. */
	{ "call_end_lost", "call" },
	{ "app_online_clear", "device" },
	{ "company_first", "company" },
	{ "device_secret_any", "device" },
	{ "totp_any", "totp" },
	/* Companies of a server, for its operator; for a new one, what refers to it, if a check
	   waits. */
	{ "company_list", "o" },
	{ "company_create", "person_role" },
	/* At the start, and before there is anybody. */
	{ "import_requeue", "import" },
	{ "person_any_operator", "person_role" },
	/* After the loss of the master key. */
	{ "totp_delete_all", "totp" },
	{ "recovery_delete_all", "recovery_code" },
	{ "push_forget_all", "push_subscription" },
	/* An erasure looks for the address wherever it was told. */
	{ "privacy_erase_imported", "import_line" },
	{ "privacy_erase_mails", "mail" },
	{ "privacy_trail_mailed", "audit" },
};

static bool is_allowed(const char *stmt, const char *name)
{
	for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++) {
		const struct whole *w = &wholes[i];
		const size_t n = strlen(w->name);

		if ((!w->stmt || strcmp(w->stmt, stmt) == 0) && strncmp(name, w->name, n) == 0 &&
		    (name[n] == ' ' || name[n] == '\0'))
			return true;
	}
	return false;
}

struct walk {
	const struct db_stmt *stmts[STMTS_MAX];
	size_t n;
};

static void stmt_add(struct map_node *node, void *arg)
{
	const struct db_prepared *p = CONTAINER_OF(node, struct db_prepared, node);
	struct walk *w = arg;

	assert_true(w->n < STMTS_MAX);
	w->stmts[w->n++] = p->stmt;
}

static struct plan_row *plan_of(struct fixture *f, const struct db_stmt *stmt, size_t *ret_n)
{
	/* The database keeps the address until it closes. */
	struct db_stmt *explain = arena_alloc(&f->arena, sizeof(*explain));
	const char *sql = arena_printf(&f->arena, "EXPLAIN QUERY PLAN %s", stmt->sql);
	struct plan_row *rows;

	assert_true(explain && sql);
	memcpy(explain, &(struct db_stmt){ stmt->name, sql, &plan_shape }, sizeof(*explain));
	assert_int_equal(db_prepare(f->db, explain, 1, NULL), 0);
	assert_int_equal(db_select(f->db, explain, DB_NO_ARGS, &f->arena, &rows, ret_n), 0);
	return rows;
}

static size_t plan_check(struct fixture *f, const struct db_stmt *stmt)
{
	size_t n, bad = 0;
	struct plan_row *rows = plan_of(f, stmt, &n);

	for (size_t i = 0; i < n; i++)
		if (strncmp(rows[i].detail.p, "SCAN ", 5) == 0 &&
		    !is_allowed(stmt->name, rows[i].detail.p + 5)) {
			print_error("%s: %s\n", stmt->name, rows[i].detail.p);
			bad++;
		}
	return bad;
}

static void no_statement_reads_a_whole_table(void **state)
{
	struct fixture *f = *state;
	struct walk w = {};
	size_t bad = 0;

	map_each(&f->db->prepared, stmt_add, &w);
	assert_true(w.n > 100);
	for (size_t i = 0; i < w.n; i++)
		bad += plan_check(f, w.stmts[i]);
	assert_int_equal(bad, 0);
}

/* Where any index would do for the test above, but only one is good enough: one step, along it. */
static const struct along {
	const char *stmt, *plan;
} alongs[] = {
	{ "call_list_late",
	  "SEARCH call USING INDEX call_late (site_id=? AND late=? AND (started_at,id)<(?,?))" },
	{ "summary_rings", "SEARCH call USING PRIMARY KEY (site_id=? AND started_at>?)" },
};

static void what_is_read_by_time_is_one_range(void **state)
{
	struct fixture *f = *state;
	struct walk w = {};
	size_t found = 0, n;

	map_each(&f->db->prepared, stmt_add, &w);
	for (size_t i = 0; i < w.n; i++)
		for (size_t k = 0; k < sizeof(alongs) / sizeof(alongs[0]); k++) {
			struct plan_row *rows;

			if (strcmp(w.stmts[i]->name, alongs[k].stmt) != 0)
				continue;
			rows = plan_of(f, w.stmts[i], &n);
			assert_int_equal(n, 1);
			assert_string_equal(rows[0].detail.p, alongs[k].plan);
			found++;
		}
	assert_int_equal(found, sizeof(alongs) / sizeof(alongs[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_statement_reads_a_whole_table, fixture_sqlite,
						fixture_close),
		cmocka_unit_test_setup_teardown(what_is_read_by_time_is_one_range, fixture_sqlite,
						fixture_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
