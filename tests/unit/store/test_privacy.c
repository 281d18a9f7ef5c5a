/* The data of one person: all of it is handed over, and none of it is left. */
#include "store/account.h"
#include "store/app.h"
#include "store/audit.h"
#include "store/call.h"
#include "store/device.h"
#include "store/mail.h"
#include "store/privacy.h"
#include "store/site.h"
#include "store/support.h"
#include "fixture.h"

#include <errno.h>
#include <string.h>

enum { NOW = 1000000, PHONE = 1000000001, APP = 1000000002, TEXT_MAX = 1 << 20 };

struct world {
	int64_t company, other_company, site, other_site, apartment, person, namesake;
};

static int64_t person_new(struct fixture *f, struct view email, struct view name)
{
	const struct person_row p = { .email = email,
				      .name = name,
				      .password = VIEW("hash"),
				      .language = VIEW("en"),
				      .disabled_at = DB_INT_NULL };
	int64_t id = 0;

	assert_int_equal(person_create(f->db, NOW, &p, &id), 0);
	return id;
}

static int64_t site_new(struct fixture *f, int64_t company, struct view name)
{
	const struct site_row site = { .company_id = company,
				       .name = name,
				       .type = VIEW("residential"),
				       .zone = VIEW("UTC"),
				       .language = VIEW("en") };
	int64_t id = 0;

	assert_int_equal(site_create(f->db, NOW, &site, &id), 0);
	return id;
}

static void run(struct fixture *f, const char *fmt, ...)
{
	char sql[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sql, sizeof(sql), fmt, ap);
	va_end(ap);
	assert_int_equal(db_script(f->db, sql), 0);
}

static void trail(struct fixture *f, const struct world *w, int64_t company, int64_t who,
		  int64_t whom, struct view label)
{
	const struct audit_row row = {
		.at = NOW,
		.company_id = company,
		.site_id = w->site,
		.person_id = who,
		.subject_id = whom,
		.person_name = who == w->person ? VIEW("Žofie Nová") : VIEW("Ben"),
		.address = VIEW("192.0.2.77"),
		.verb = VIEW("change"),
		.object = VIEW("users"),
		.object_id = 1,
		.label = label,
		.before = VIEW("{\"name\":\"Žofie Nová\",\"note\":\"not Žofie Nováková\"}"),
		.after = VIEW("{\"email\":\"zofie@example.com\"}"),
	};

	assert_int_equal(audit_append(f->db, &row), 0);
}

static void home_make(struct fixture *f, struct world *w)
{
	const struct apartment_row apartment = { 0, w->site, VIEW("3"), VIEW("12"), VIEW("Nová") };
	const struct device_row device = { .number = PHONE,
					   .site_id = w->site,
					   .kind = VIEW("phone"),
					   .name = VIEW("Kitchen"),
					   .apartment_id = 0 };
	const struct device_secret_row secret = { PHONE, VIEW("sealed"), VIEW("m"), VIEW("s") };
	struct device_row phone = device;

	assert_int_equal(apartment_create(f->db, NOW, &apartment, &w->apartment), 0);
	phone.apartment_id = w->apartment;
	assert_int_equal(device_create(f->db, NOW, &phone, &secret), 0);
	for (int i = 0; i < 2; i++) {
		const int64_t site = i ? w->other_site : w->site;
		run(f,
		    "INSERT INTO member (site_id, person_id, phone, comment, sort, created_at)"
		    " VALUES (%lld, %lld, '+420 777', 'key in box %d', 'p', 1)",
		    (long long)site, (long long)w->person, i);
	}
	run(f,
	    "INSERT INTO resident (site_id, apartment_id, person_id, created_at)"
	    " VALUES (%lld, %lld, %lld, 1)",
	    (long long)w->site, (long long)w->apartment, (long long)w->person);
}

static void app_make(struct fixture *f, const struct world *w)
{
	const struct device_row device = { .number = APP,
					   .site_id = w->site,
					   .kind = VIEW("phone"),
					   .app = 1,
					   .person_id = w->person,
					   .name = VIEW("Zofie's tablet"),
					   .apartment_id = DB_INT_NULL };
	const struct device_secret_row secret = { APP, VIEW("sealed"), VIEW("m"), VIEW("s") };
	const struct app_session_row session = { w->site, APP, NOW, NOW, INT64_MAX };

	assert_int_equal(device_create(f->db, NOW, &device, &secret), 0);
	assert_int_equal(app_session_create(f->db, VIEW("abcdef0123456789abcdef0123456789"),
					    &session, VIEW("198.51.100.10"), VIEW("Safari")),
			 0);
}

static void call_make(struct fixture *f, const struct world *w, int64_t id, int64_t by)
{
	const struct call_row call = { .site_id = w->site,
				       .id = id,
				       .started_at = NOW + id,
				       .from_device = PHONE,
				       .from_name = VIEW("Front door"),
				       .button = 1,
				       .answered_at = NOW + id,
				       .answered_by = by,
				       .answered_by_name = VIEW("Kitchen") };

	assert_int_equal(call_start(f->db, NOW, &call), 0);
	assert_int_equal(call_answer(f->db, NOW, &call), 0);
}

static void mail_make(struct fixture *f, const struct world *w)
{
	const struct mail_row mail = { 0,
				       w->company,
				       w->site,
				       w->person,
				       VIEW("zofie@example.com"),
				       VIEW("Žofie"),
				       VIEW("en"),
				       VIEW("invitation"),
				       VIEW("{\"link\":\"https://x/secret-token\"}") };
	int64_t id = 0;

	assert_int_equal(mail_queue(f->db, NOW, &mail, &id), 0);
}

static struct world world_make(struct fixture *f)
{
	const struct role_row user = { VIEW("site_user"), 0, 0, DB_INT_NULL };
	struct session_row session = { 0, NOW, NOW, INT64_MAX };
	struct world w = {};
	struct role_row role = user;

	assert_int_equal(company_create(f->db, NOW, VIEW("One"), &w.company), 0);
	assert_int_equal(company_create(f->db, NOW, VIEW("Two"), &w.other_company), 0);
	w.site = site_new(f, w.company, VIEW("Here"));
	w.other_site = site_new(f, w.other_company, VIEW("Elsewhere"));
	w.person = person_new(f, VIEW("zofie@example.com"), VIEW("Žofie Nová"));
	w.namesake = person_new(f, VIEW("other@example.com"), VIEW("Žofie Nová"));
	home_make(f, &w);
	app_make(f, &w);
	role.company_id = w.company;
	role.site_id = w.site;
	assert_int_equal(role_grant(f->db, NOW, w.person, &role), 0);
	session.person_id = w.person;
	assert_int_equal(session_create(f->db, VIEW("0123456789abcdef0123456789abcdef"), &session,
					VIEW("198.51.100.9"), VIEW("Firefox")),
			 0);
	mail_make(f, &w);
	run(f, "INSERT INTO totp (person_id, secret_sealed, created_at) VALUES (%lld, 'sealed', 7)",
	    (long long)w.person);
	run(f, "INSERT INTO recovery_code (person_id, code_hash) VALUES (%lld, 'hashed')",
	    (long long)w.person);
	run(f,
	    "INSERT INTO passkey (person_id, credential_id, user_handle, rp_id, algorithm,"
	    " public_key, sign_count, aaguid, transports, name, discoverable, verified, backed_up,"
	    " created_at) VALUES (%lld, 'credential', 'handle', 'door.example.com', -7, 'key', 0,"
	    " 'model', 'usb', 'Blue key', 1, 1, 0, 7)",
	    (long long)w.person);
	run(f,
	    "INSERT INTO push_subscription (site_id, device, person_id, endpoint, p256dh, auth,"
	    " language, created_at) VALUES (%lld, %d, %lld, 'https://push.example/x', 'key', 'auth',"
	    " 'cs', 7)",
	    (long long)w.site, PHONE, (long long)w.person);
	run(f,
	    "INSERT INTO account_token (token_hash, purpose, person_id, created_at, expires_at)"
	    " VALUES ('hash', 'password_reset', %lld, 7, 8)",
	    (long long)w.person);
	run(f,
	    "INSERT INTO quiet (person_id, position, days, from_minute, until_minute)"
	    " VALUES (%lld, 0, 31, 1320, 420)",
	    (long long)w.person);
	run(f, "INSERT INTO registration (token_hash, email, name, company, language, created_at,"
	       " expires_at) VALUES ('hash', 'zofie@example.com', 'Z', 'C', 'en', 7, 8)");
	const struct ticket_row ticket = { .site_id = w.site, .person_id = w.person,
					   .person_name = VIEW("Žofie Nová"), .contact = VIEW("+420 777"),
					   .subject = VIEW("Bell"), .context = VIEW("{\"page\":\"x\"}") };
	assert_int_equal(ticket_create(f->db, NOW, &ticket, VIEW("Call zofie@example.com, Žofie Nová"),
				       &(int64_t){ 0 }), 0);
	call_make(f, &w, 1, PHONE);
	call_make(f, &w, 2, PHONE + 1);
	return w;
}

static const char *exported(struct fixture *f, int64_t person, struct privacy_scope scope)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(TEXT_MAX);
	struct json j = JSON_TO(&out);

	assert_int_equal(privacy_export(f->db, person, scope, &j), 0);
	return arena_dup(&f->arena, buf_view(&out));
}

static bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

static void all_of_a_person_is_handed_over_without_secrets(void **state)
{
	static const char *const parts[] = {
		"\"email\":\"zofie@example.com\"",
		"\"role\":\"site_user\"",
		"\"company\":\"One\"",
		"\"phone\":\"+420 777\"",
		"key in box 0",
		"key in box 1",
		"\"floor\":\"3\"",
		"\"agent\":\"Firefox\"",
		"\"name\":\"Zofie's tablet\",\"id\":\"1000000002\"",
		"\"address\":\"198.51.100.10\",\"agent\":\"Safari\"",
		"\"purpose\":\"password_reset\"",
		"\"recovery_codes\":1",
		"\"name\":\"Blue key\"",
		"\"from_minute\":1320",
		"\"device\":\"Kitchen\",\"language\":\"cs\"",
		"\"subject\":\"Bell\"", "Call zofie@example.com",
		"\"template\":\"invitation\"",
		"\"from_name\":\"Front door\"",
		"\"address\":\"192.0.2.77\"",
		"\"cut\":[]",
	};
	struct fixture *f = *state;
	const struct world w = world_make(f);
	const char *text;

	trail(f, &w, w.company, w.person, w.namesake, VIEW("done"));
	trail(f, &w, w.company, w.namesake, w.person, VIEW("suffered"));
	text = exported(f, w.person, PRIVACY_EVERYTHING);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!has(text, parts[i]))
			fail_msg("no %s in %s", parts[i], text);
	assert_true(has(text, "\"label\":\"done\"") && has(text, "\"label\":\"suffered\""));
	assert_true(has(text, "\"calls\":[{\"id\":\"1\"") && !has(text, "\"id\":\"2\",\"site\""));
	assert_false(has(text, "secret-token") || has(text, "hash") || has(text, "push.example"));
	struct json j = JSON_TO(&(struct buf){ .max = TEXT_MAX });
	assert_int_equal(privacy_export(f->db, 999999, PRIVACY_EVERYTHING, &j), -ENOENT);
	buf_free(j.out);
}

static void a_company_hands_over_what_it_has_itself(void **state)
{
	struct fixture *f = *state;
	const struct world w = world_make(f);
	const char *here = exported(f, w.person, (struct privacy_scope){ w.company, DB_INT_NULL });
	const char *there =
		exported(f, w.person, (struct privacy_scope){ w.other_company, w.other_site });

	assert_true(has(here, "key in box 0") && has(here, "\"template\"") &&
		    has(here, "\"from_name\""));
	assert_false(has(here, "key in box 1") || has(here, "Firefox"));
	assert_true(has(there, "key in box 1"));
	assert_false(has(there, "key in box 0") || has(there, "\"template\"") ||
		     has(there, "\"from_name\"") || has(there, "\"role\"") ||
		     has(there, "Firefox"));
}

static void the_trail_keeps_an_alias(void **state)
{
	struct audit_filter filter = AUDIT_FILTER_ALL;
	struct fixture *f = *state;
	const struct world w = world_make(f);
	char alias[PRIVACY_ALIAS_SIZE];
	struct audit_row *rows;
	size_t n;

	privacy_alias(w.person, alias);
	trail(f, &w, w.company, w.person, DB_INT_NULL, VIEW("Door"));
	trail(f, &w, w.company, w.namesake, w.person, VIEW("Žofie Nová"));
	trail(f, &w, w.company, w.namesake, DB_INT_NULL, VIEW("Žofie Nová"));
	trail(f, &w, w.company, w.namesake, w.namesake, VIEW("Žofie Nová"));
	assert_int_equal(privacy_erase(f->db, NOW, w.person), 0);
	filter.company_id = w.company;
	assert_int_equal(audit_list(f->db, &filter, AUDIT_NEWEST, 10, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 4);
	/* about somebody else of the same name: stays, but for the address that is no longer
	 * anybody's */
	assert_string_equal(rows[0].label.p, "Žofie Nová");
	assert_true(has(rows[0].before.p, "\"Žofie Nová\""));
	assert_false(has(rows[0].after.p, "zofie@"));
	assert_string_equal(rows[1].label.p, alias);
	assert_true(has(rows[1].before.p, alias) && has(rows[1].before.p, "not Žofie Nováková"));
	assert_false(has(rows[1].before.p, "\"Žofie Nová\"") || has(rows[1].after.p, "zofie@"));
	assert_string_equal(rows[2].label.p, alias);
	assert_null(rows[2].before.p);
	assert_null(rows[2].after.p);
	assert_string_equal(rows[3].person_name.p, alias);
	assert_int_equal(rows[3].person_id, w.person);
	assert_string_equal(rows[3].address.p, "");
	filter.search = view_str(alias);
	assert_int_equal(audit_list(f->db, &filter, AUDIT_NEWEST, 10, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 3);
	filter.search = VIEW("nova");
	assert_int_equal(audit_list(f->db, &filter, AUDIT_NEWEST, 10, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 1);
	filter.search =
		VIEW("door"); /* what it is about is still found, from where it was done not */
	assert_int_equal(audit_list(f->db, &filter, AUDIT_NEWEST, 10, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 1);
	filter.search = VIEW("192.0.2.77");
	assert_int_equal(audit_list(f->db, &filter, AUDIT_NEWEST, 10, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 1);
}

/* A file of people that this one stands in, by person and, not yet written, by e-mail. */
static void import_of(struct fixture *f, const struct world *w)
{
	CLEANUP(buf_free) struct buf sql = BUF_INIT(4096);

	buf_printf(&sql, "INSERT INTO import (id, site_id, name, state, lines, created_at)"
			 " VALUES (1, %lld, 'f', 'done', 2, 0);", (long long)w->site);
	for (int line = 1; line <= 2; line++)
		buf_printf(&sql,
			   "INSERT INTO import_line VALUES (%lld, 1, %d, '', '', '', 'ofie', 'ofie',"
			   " 'ofie', '777', '%s', 'create', '', '', 0, 1, 0, %s%lld, NULL);",
			   (long long)w->site, line, line == 1 ? "mark" : "zofie@example.com",
			   line == 1 ? "" : "0 * ", (long long)w->person);
	assert_int_equal(db_script(f->db, buf_cstr(&sql)), 0);
}

struct left_row {
	int64_t n;
};
static const struct db_column left_columns[] = { DB_COLUMN_INT(struct left_row, n) };
static const struct db_shape left_shape = DB_SHAPE(struct left_row, left_columns);
static const struct db_stmt imported_left = {
	"imported_left",
	"SELECT COUNT(*) AS n FROM import_line WHERE first_name || surname || email || comment ||"
	" account <> ''",
	&left_shape
};

static void nothing_of_an_import_is_left(void **state)
{
	struct fixture *f = *state;
	const struct world w = world_make(f);
	struct left_row left;

	import_of(f, &w);
	assert_int_equal(db_prepare(f->db, &imported_left, 1, NULL), 0);
	assert_int_equal(db_one(f->db, &imported_left, DB_NO_ARGS, &f->arena, &left), 0);
	assert_int_equal(left.n, 2);
	assert_int_equal(privacy_erase(f->db, NOW, w.person), 0);
	assert_int_equal(db_one(f->db, &imported_left, DB_NO_ARGS, &f->arena, &left), 0);
	assert_int_equal(left.n, 0);
}

static void nothing_of_a_person_is_left(void **state)
{
	struct fixture *f = *state;
	const struct world w = world_make(f);
	struct privacy_count_row counts;
	struct app_session_row app;
	struct session_row session;
	struct person_row person;
	const char *text;

	trail(f, &w, w.company, w.person, w.person, VIEW("Žofie Nová"));
	assert_int_equal(privacy_count(f->db, w.person, &counts), 0);
	assert_int_equal(counts.roles, 1);
	assert_int_equal(counts.memberships, 2);
	assert_int_equal(counts.apartments, 1);
	assert_int_equal(counts.sessions, 1);
	assert_int_equal(counts.mails, 1);
	assert_int_equal(counts.entries, 1);
	assert_int_equal(privacy_erase(f->db, NOW, w.person), 0);
	assert_int_equal(privacy_count(f->db, w.person, &counts), 0);
	assert_int_equal(counts.roles + counts.memberships + counts.apartments + counts.sessions +
				 counts.mails,
			 0);
	assert_int_equal(counts.entries, 1);
	assert_int_equal(person_get(f->db, w.person, &f->arena, &person), 0);
	assert_null(person.email.p);
	assert_null(person.password.p);
	assert_int_equal(person.disabled_at, NOW);
	assert_int_equal(session_find(f->db, VIEW("0123456789abcdef0123456789abcdef"), NOW,
				      &f->arena, &session),
			 -ENOENT);
	assert_int_equal(app_session_find(f->db, VIEW("abcdef0123456789abcdef0123456789"), NOW,
					  &f->arena, &app),
			 -ENOENT);
	text = exported(f, w.person, PRIVACY_EVERYTHING);
	assert_true(has(text, "\"apps\":[]") && has(text, "\"app_sessions\":[]"));
	assert_true(has(text, "\"subject\":\"Bell\",\"contact\":\"\",\"context\":\"{}\""));
	assert_true(has(text, "\"links\":[]") && has(text, "\"second_factor\":[]"));
	assert_true(has(text, "\"notices\":[]"));
	assert_false(has(text, "ofie") || has(text, "777") || has(text, "192.0.2"));
	assert_int_equal(person_by_email(f->db, VIEW("other@example.com"), &f->arena, &person), 0);
	assert_int_equal(privacy_erase(f->db, NOW, w.person), 0); /* once more does no harm */
	assert_int_equal(privacy_erase(f->db, NOW, 999999), -ENOENT);
}

static void the_last_administrator_is_known(void **state)
{
	const struct role_row admin = { VIEW("company_admin"), 0, DB_INT_NULL, DB_INT_NULL };
	struct fixture *f = *state;
	const struct world w = world_make(f);
	struct role_row role = admin;
	struct view company;

	role.company_id = w.company;
	assert_int_equal(privacy_last_admin(f->db, w.person, &f->arena, &company), -ENOENT);
	assert_int_equal(role_grant(f->db, NOW, w.person, &role), 0);
	assert_int_equal(privacy_last_admin(f->db, w.person, &f->arena, &company), 0);
	assert_string_equal(company.p, "One");
	assert_int_equal(role_grant(f->db, NOW, w.namesake, &role), 0);
	assert_int_equal(privacy_last_admin(f->db, w.person, &f->arena, &company), -ENOENT);
	assert_int_equal(privacy_erase(f->db, NOW, w.namesake), 0);
	assert_int_equal(privacy_last_admin(f->db, w.person, &f->arena, &company), 0);
}

struct line_row {
	struct view line;
};
static const struct db_column line_columns[] = { DB_COLUMN_TEXT(struct line_row, line) };
static const struct db_shape line_shape = DB_SHAPE(struct line_row, line_columns);
static const struct db_stmt person_columns = {
	"person_columns",
	"SELECT m.name || '.' || c.name AS line FROM sqlite_master m, pragma_table_info(m.name) c"
	" WHERE m.type = 'table' AND (c.name LIKE '%person_id' OR c.name LIKE '%subject_id'"
	" OR c.name LIKE '%reporter%' OR c.name LIKE '%author%') ORDER BY line",
	&line_shape
};

/* A new table that refers to people is to be handed over and erased too: privacy.c, and then here.
 */
static void no_table_with_people_is_forgotten(void **state)
{
	static const char *const known[] = {
		"account_token.person_id", "audit.person_id",    "audit.subject_id",
		"device.person_id",
		"import.person_id", "import_line.person_id",
		"mail.person_id",          "member.person_id",   "passkey.person_id",
		"person_role.person_id",    "quiet.person_id",
		"push_subscription.person_id",
		"recovery_code.person_id", "resident.person_id", "session.person_id",
		"ticket.person_id", "ticket_message.person_id", "totp.person_id",
	};
	struct fixture *f = *state;
	struct line_row *rows;
	size_t n;

	assert_int_equal(db_prepare(f->db, &person_columns, 1, NULL), 0);
	assert_int_equal(db_select(f->db, &person_columns, DB_NO_ARGS, &f->arena, &rows, &n), 0);
	for (size_t i = 0; i < n; i++) {
		bool found = false;
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			found = found || strcmp(rows[i].line.p, known[k]) == 0;
		if (!found)
			fail_msg("%s: privacy.c does not know of it", rows[i].line.p);
	}
	assert_int_equal(n, sizeof(known) / sizeof(known[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(all_of_a_person_is_handed_over_without_secrets),
		ON_BOTH(a_company_hands_over_what_it_has_itself),
		ON_BOTH(the_trail_keeps_an_alias),
		ON_BOTH(nothing_of_a_person_is_left),
		ON_BOTH(nothing_of_an_import_is_left),
		ON_BOTH(the_last_administrator_is_known),
		cmocka_unit_test_setup_teardown(no_table_with_people_is_forgotten, fixture_sqlite,
						fixture_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
