#include "fixture.h"

#include "store/account.h"
#include "store/member.h"
#include "store/migrate.h"
#include "store/store.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TOKEN_SIZE = 32 };
static const char dummy_hash[] = "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
				 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static void must(int rc)
{
	if (rc < 0)
		fail_msg("%s", strerror(-rc));
}

static void token_of(enum role role, unsigned char token[TOKEN_SIZE])
{
	memset(token, 'a' + (int)role, TOKEN_SIZE);
}

static int64_t site_make(struct fixture *f, int64_t company, const char *name)
{
	const struct site_row site = { .company_id = company, .name = view_str(name),
				       .type = VIEW("residential"), .zone = VIEW("Europe/Prague"),
				       .language = VIEW("en") };
	int64_t id = 0;

	must(site_create(f->db, NOW, &site, &id));
	return id;
}

static int64_t apartment_make(struct fixture *f, int64_t site, const char *number)
{
	const struct apartment_row apartment = { .site_id = site, .floor = VIEW("0"),
						 .number = view_str(number), .name = VIEW("") };
	int64_t id = 0;

	must(apartment_create(f->db, NOW, &apartment, &id));
	return id;
}

static void session_make(struct fixture *f, enum role role, int64_t person_id)
{
	unsigned char token[TOKEN_SIZE], hash[crypto_generichash_BYTES];
	const struct session_row session = { person_id, NOW, NOW, INT64_MAX };

	token_of(role, token);
	crypto_generichash(hash, sizeof(hash), token, sizeof(token), NULL, 0);
	must(session_create(f->db, (struct view){ (char *)hash, sizeof(hash) }, &session,
			    VIEW("::1"), VIEW("test")));
}

static void member_make(struct fixture *f, enum role role)
{
	const int64_t id = f->person[role];
	const struct home home = { f->company, f->own, f->home, id };

	must(member_add(f->db, NOW, &(struct member_edit){ f->own, id, VIEW(""), VIEW("") }));
	if (role != ROLE_APARTMENT_ADMIN) {
		must(member_role_set(f->db, NOW, f->company, f->own, id, view_str(role_text(role))));
		return;
	}
	must(resident_add(f->db, NOW, &home));
	must(resident_admin_set(f->db, NOW, &home, true, NULL));
}

static void person_make(struct fixture *f, enum role role)
{
	const struct person_row person = { .email = view_str(arena_printf(&f->setup, "%s@example.com",
									  role_text(role))),
					   .name = view_str(role_text(role)),
					   .password = VIEW("none"), .language = VIEW("en"),
					   .disabled_at = DB_INT_NULL };
	const struct role_row grant = { view_str(role_text(role)),
					role == ROLE_OPERATOR ? DB_INT_NULL : f->company, DB_INT_NULL,
					DB_INT_NULL };

	must(person_create(f->db, NOW, &person, &f->person[role]));
	if (role <= ROLE_COMPANY_ADMIN)
		must(role_grant(f->db, NOW, f->person[role], &grant));
	else
		member_make(f, role);
	session_make(f, role, f->person[role]);
}

static void fill(struct fixture *f)
{
	DB_TRANSACTION struct db_tx tx = {};

	must(db_begin(f->db, &tx));
	must(company_create(f->db, NOW, VIEW("One"), &f->company));
	must(company_create(f->db, NOW, VIEW("Two"), &f->foreign_company));
	f->own = site_make(f, f->company, "Own");
	f->next_door = site_make(f, f->company, "Next door");
	f->foreign = site_make(f, f->foreign_company, "Foreign");
	f->home = apartment_make(f, f->own, "admin's");
	f->beside = apartment_make(f, f->own, "beside");
	f->next_home = apartment_make(f, f->next_door, "1");
	f->foreign_home = apartment_make(f, f->foreign, "1");
	for (enum role role = 0; role < ROLES; role++)
		person_make(f, role);
	must(db_commit(&tx));
}

/* SQLite in a folder of its own, or the test's PostgreSQL, emptied. */
static void url_make(struct fixture *f)
{
	static const char empty[] = "DROP SCHEMA public CASCADE; CREATE SCHEMA public";
	const char *pgsql = getenv("VESTIBULE_TEST_DB");
	struct err err = {};
	struct db *db;

	if (!pgsql) {
		strcpy(f->folder, "/tmp/vestibule-api.XXXXXX");
		assert_non_null(mkdtemp(f->folder));
		snprintf(f->url, sizeof(f->url), "sqlite:%s/db", f->folder);
		return;
	}
	snprintf(f->url, sizeof(f->url), "%s", pgsql);
	must(db_open(f->url, &err, &db));
	must(db_script(db, empty));
	db_close(db);
}

static void db_make(struct fixture *f)
{
	struct err err = {};
	struct db *db;

	url_make(f);
	must(db_open(f->url, &err, &db));
	must(migrate_up(db, NOW, &err));
	db_close(db);
	must(store_open(f->url, &err, &f->db));
}

int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	*state = f;
	f->setup = ARENA_INIT(1 << 20);
	f->now = NOW;
	clock_virtual_init(&f->clock, NOW);
	rand_seeded_init(&f->rand, 1);
	f->env = (struct env){ .clock = &f->clock.clock, .rand = &f->rand.rand,
			       .realm = "vestibule", .registrar = "sip.example.com:5060",
			       .registrar_tls = "sip.example.com:5061",
			       .version = "1.2.3", .dummy_hash = dummy_hash,
			       .public_url = "https://door.example.com",
			       .registration_open = true };
	must(limits_new(&f->clock.clock, &f->env.limits));
	f->ask.host = VIEW("door.example.com");
	f->ask.content_type = VIEW("application/json; charset=utf-8");
	f->ask.peer = (struct addr){ .v4 = { .sin_family = AF_INET }, .len = sizeof(struct sockaddr_in) };
	db_make(f);
	fill(f);
	return 0;
}

int fixture_teardown(void **state)
{
	static const char *const files[] = { "db", "db-wal", "db-shm" };
	struct fixture *f = *state;
	char path[128];

	db_close(f->db);
	for (size_t i = 0; f->folder[0] && i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->folder, files[i]);
		unlink(path);
	}
	if (f->folder[0])
		rmdir(f->folder);
	limits_free(f->env.limits);
	buf_free(&f->answer.body);
	arena_free(&f->arena);
	arena_free(&f->setup);
	free(f);
	return 0;
}

static void check_object(const struct route *route, const json_t *object)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	char *text = json_dumps(object, JSON_COMPACT);
	void *into = arena_alloc(&arena, route->answer->size);
	struct shape_fault fault;

	assert_non_null(text);
	assert_non_null(into);
	if (shape_read(route->answer, view_str(text), &arena, into, &fault) < 0)
		fail_msg("%s %s: %s: %s", route->method, route->path, fault.detail, text);
	free(text);
}

/* What a route answers is what its document says. */
static void check_answer(struct fixture *f, const struct route *route)
{
	json_t *root, *one;
	size_t i;

	assert_int_equal(f->answer.status, route->status);
	if (strncmp(fixture_field(f, "Content-Type"), "text/csv", 8) == 0)
		return;
	if (!route->answer || (route->flags & ROUTE_LIVE)) {
		assert_true((route->flags & (ROUTE_DOCUMENT | ROUTE_LIVE)) || f->answer.body.n == 0);
		return;
	}
	root = json_loads(fixture_text(f), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	if (route->flags & ROUTE_LIST) {
		assert_int_equal(json_object_size(root), 2);
		assert_non_null(json_object_get(root, "next"));
		json_array_foreach(json_object_get(root, "items"), i, one)
			check_object(route, one);
	} else {
		check_object(route, root);
	}
	json_decref(root);
}

static void ask_fill(struct fixture *f, enum role role, const char *path, const char *body)
{
	unsigned char token[TOKEN_SIZE];
	char hex[2 * TOKEN_SIZE + 1];
	struct view query;

	f->ask.path = view_cut(view_str(path), '?', &query);
	f->ask.query = query;
	f->ask.body = body || !f->bytes.p ? view_str(body) : f->bytes;
	if (role == NOBODY)
		return;
	token_of(role, token);
	sodium_bin2hex(hex, sizeof(hex), token, sizeof(token));
	f->ask.cookie = view_str(arena_printf(&f->arena, "theme=dark; %s=%s",
					      f->ask.secure ? "__Host-session" : "session", hex));
}

unsigned fixture_call(struct fixture *f, enum role role, const char *method, const char *path,
		      const char *body)
{
	struct request r = { .env = &f->env, .ask = &f->ask, .db = f->db, .arena = &f->arena,
			     .now = f->now, .answer = &f->answer };
	const struct view cookie = f->ask.cookie;
	char allow[ROUTE_ALLOW_MAX];
	int rc;

	buf_free(&f->answer.body);
	arena_free(&f->arena);
	f->arena = ARENA_INIT(REQUEST_ARENA_MAX);
	f->answer = (struct answer){};
	ask_fill(f, role, path, body);
	rc = route_find(view_str(method), f->ask.path, &r.route, r.ids, allow);
	if (rc < 0) {
		f->answer.status = rc == -ENOENT ? 404 : 405;
		return f->answer.status;
	}
	request_run(&r);
	f->ask.cookie = cookie;
	if (f->answer.status < 300 && f->answer.status > 0)
		check_answer(f, r.route);
	return f->answer.status;
}

const char *fixture_text(struct fixture *f)
{
	const char *text = buf_cstr(&f->answer.body);

	return text ? text : "";
}

const char *fixture_get(struct fixture *f, const char *name)
{
	json_t *root = json_loads(fixture_text(f), 0, NULL), *value = json_object_get(root, name);
	const char *text = NULL;

	if (json_is_string(value))
		text = arena_printf(&f->setup, "%s", json_string_value(value));
	else if (value)
		text = arena_printf(&f->setup, "%s", json_is_true(value) ? "true" : "other");
	json_decref(root);
	if (!text)
		fail_msg("no %s in %s", name, fixture_text(f));
	return text;
}

const char *fixture_field(struct fixture *f, const char *name)
{
	for (size_t i = 0; i < f->answer.nfields; i++)
		if (strcmp(f->answer.fields[i].name, name) == 0)
			return f->answer.fields[i].value;
	return "";
}

const char *fixture_path(struct fixture *f, const char *fmt, ...)
{
	struct buf out = BUF_INIT(4096);
	va_list ap;
	char *text;

	va_start(ap, fmt);
	buf_vprintf(&out, fmt, ap);
	va_end(ap);
	text = arena_dup(&f->setup, buf_view(&out));
	buf_free(&out);
	assert_non_null(text);
	return text;
}
