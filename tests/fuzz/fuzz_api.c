/* A whole request to the API as a signed-in administrator, or as nobody, on a database in memory:
 * the first line "METHOD PATH?QUERY", fields up to an empty line, the body. "Signed-In:" stands for
 * the right Cookie, "Secure:" for TLS. A change that succeeds is thrown away with its database, so
 * that each input finds the same. Nothing may end in 500; what is said is JSON, of the shape that
 * the route names; no field holds what the client put into it. */
#include "api/limits.h"
#include "api/request.h"
#include "api/secret.h"
#include "base/log.h"
#include "store/account.h"
#include "store/call.h"
#include "store/change.h"
#include "store/device.h"
#include "store/migrate.h"
#include "store/site.h"
#include "store/store.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define NOW      INT64_C(1700000000000)
#define PASSWORD "secret secret"

enum { TOKEN_SIZE = 32, DOOR = 1000000001 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct {
	struct clock_virtual clock;
	struct rand_seeded rand;
	struct env env;
	struct db *db; /* NULL: to be made */
	char cookie[sizeof("session=") + 2 * TOKEN_SIZE];
} w;

static void must(int rc)
{
	if (rc < 0)
		abort();
}

static void sign_in(int64_t person)
{
	const struct session_row session = { person, NOW, NOW, INT64_MAX };
	unsigned char token[TOKEN_SIZE], hash[crypto_generichash_BYTES];

	memset(token, 0xaa, sizeof(token));
	crypto_generichash(hash, sizeof(hash), token, sizeof(token), NULL, 0);
	strcpy(w.cookie, "session=");
	sodium_bin2hex(w.cookie + strlen(w.cookie), 2 * TOKEN_SIZE + 1, token, sizeof(token));
	must(session_create(w.db, (struct view){ (char *)hash, sizeof(hash) }, &session,
			    VIEW("::1"), VIEW("test")));
}

static void device_make(int64_t number, int64_t site, struct view kind)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);
	const struct device_row row = { .number = number,
					.site_id = site,
					.name = kind,
					.kind = kind,
					.apartment_id = DB_INT_NULL };
	struct device_secret_row secret = { .number = number };
	struct credential made;

	must(credential_make(&w.env.key, &w.rand.rand, number, w.env.realm, &arena, &made));
	secret.password_sealed = made.sealed;
	secret.ha1_md5 = made.ha1_md5;
	secret.ha1_sha256 = made.ha1_sha256;
	must(device_create(w.db, NOW, &row, &secret));
}

static void fill(void)
{
	struct person_row person = { .email = VIEW("a@example.com"),
				     .name = VIEW("A"),
				     .language = VIEW("en"),
				     .disabled_at = DB_INT_NULL };
	struct role_row role = { VIEW("company_admin"), DB_INT_NULL, DB_INT_NULL, DB_INT_NULL };
	struct site_row site = { .name = VIEW("Site"),
				 .type = VIEW("residential"),
				 .zone = VIEW("Europe/Prague"),
				 .language = VIEW("en") };
	DB_TRANSACTION struct db_tx tx = {};
	struct apartment_row apartment = { .number = VIEW("1"),
					   .name = VIEW("A"),
					   .floor = VIEW("0") };
	int64_t person_id = 0, site_id = 0, apartment_id = 0;
	char password[crypto_pwhash_STRBYTES];

	must(crypto_pwhash_str(password, PASSWORD, strlen(PASSWORD), crypto_pwhash_OPSLIMIT_MIN,
			       crypto_pwhash_MEMLIMIT_MIN));
	person.password = view_str(password);
	must(db_begin(w.db, &tx));
	must(company_create(w.db, NOW, VIEW("Company"), &site.company_id));
	must(person_create(w.db, NOW, &person, &person_id));
	role.company_id = site.company_id;
	must(role_grant(w.db, NOW, person_id, &role));
	must(site_create(w.db, NOW, &site, &site_id));
	apartment.site_id = site_id;
	must(apartment_create(w.db, NOW, &apartment, &apartment_id));
	device_make(DOOR, site_id, VIEW("intercom"));
	device_make(DOOR + 1, site_id, VIEW("phone"));
	sign_in(person_id);
	must(db_commit(&tx));
}

static void db_make(void)
{
	struct err err;

	must(db_open("sqlite::memory:", &err, &w.db));
	must(migrate_up(w.db, NOW, &err));
	must(store_prepare(w.db, &err));
	fill();
}

static void world_open(void)
{
	static const char dummy[] = "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
				    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

	clock_virtual_init(&w.clock, NOW);
	rand_seeded_init(&w.rand, 1);
	if (sodium_init() < 0 || log_open(NULL, LOGL_ERROR, false) < 0)
		abort();
	w.env = (struct env){ .clock = &w.clock.clock,
			      .rand = &w.rand.rand,
			      .realm = "vestibule",
			      .registrar = "sip.example.com:5060",
			      .version = "1",
			      .dummy_hash = dummy,
			      .public_url = "http://127.0.0.1",
			      .registration_open = true };
}

/* What the client says. */
static struct ask ask_of(struct view rest, struct view target)
{
	struct ask ask = { .host = VIEW("a"),
			   .content_type = VIEW("application/json"),
			   .peer = { .v4 = { .sin_family = AF_INET },
				     .len = sizeof(struct sockaddr_in) } };
	const struct {
		struct view name;
		struct view *to;
	} fields[] = {
		{ VIEW("Host"), &ask.host },        { VIEW("Content-Type"), &ask.content_type },
		{ VIEW("Origin"), &ask.origin },    { VIEW("Cookie"), &ask.cookie },
		{ VIEW("User-Agent"), &ask.agent },
	};
	struct view line;

	ask.path = view_cut(target, '?', &ask.query);
	while ((line = view_line(rest, &rest)).n > 0) {
		struct view value, name = view_cut(line, ':', &value);

		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			if (view_ieq(name, fields[i].name))
				*fields[i].to = view_trim(value);
		if (view_ieq(name, VIEW("Signed-In")))
			ask.cookie = view_str(w.cookie);
		ask.secure |= view_ieq(name, VIEW("Secure"));
	}
	ask.body = rest;
	return ask;
}

/* What the server says. */

static void check_shape(const struct shape *shape, const json_t *object)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 22);
	AUTO_FREE char *text = json_dumps(object, JSON_COMPACT);
	void *into = arena_alloc(&arena, shape->size);
	struct shape_fault fault;

	if (!text || !into || shape_read(shape, view_str(text), &arena, into, &fault) < 0)
		abort();
}

static void check_body(const struct request *r, json_t *root)
{
	const struct answer *a = r->answer;
	const json_t *one;
	size_t i;

	if (a->status >= 400) {
		if (json_integer_value(json_object_get(root, "status")) != (json_int_t)a->status)
			abort();
	} else if (r->route->flags & ROUTE_LIST) {
		json_array_foreach(json_object_get(root, "items"), i, one)
			check_shape(r->route->answer, one);
	} else if (r->route->answer && !(r->route->flags & ROUTE_LIVE)) {
		check_shape(r->route->answer, root);
	}
}

static bool is_json(const struct answer *a)
{
	for (size_t i = 0; i < a->nfields; i++)
		if (strcmp(a->fields[i].name, "Content-Type") == 0)
			return strncmp(a->fields[i].value, "text/", 5) != 0;
	return true;
}

static void check_answer(const struct request *r)
{
	const struct answer *a = r->answer;
	json_t *root = NULL;

	if (a->status < 100 || a->status >= 500 || a->nfields > ANSWER_FIELDS_MAX || a->body.err)
		abort();
	for (size_t i = 0; i < a->nfields; i++)
		for (const char *p = a->fields[i].value; *p; p++)
			if (*p < ' ' || *p > '~')
				abort();
	if (a->body.n == 0 || !is_json(a))
		return;
	root = json_loadb(a->body.p, a->body.n, JSON_REJECT_DUPLICATES, NULL);
	if (!root)
		abort();
	check_body(r, root);
	json_decref(root);
}

static void run(struct request *r)
{
	struct answer answer = {};

	r->answer = &answer;
	rand_seeded_init(&w.rand, 1);
	must(limits_new(&w.clock.clock, &w.env.limits));
	request_run(r);
	check_answer(r);
	if (answer.status < 400 && !view_eq(view_str(r->route->method), VIEW("GET"))) {
		db_close(w.db);
		w.db = NULL;
	}
	buf_free(&answer.body);
	limits_free(w.env.limits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(REQUEST_ARENA_MAX);
	struct view rest, target;
	const struct view line = view_line((struct view){ (const char *)data, n }, &rest);
	const struct view method = view_cut(line, ' ', &target);
	const struct ask ask = ask_of(rest, target);
	struct request r = { .env = &w.env, .ask = &ask, .arena = &arena, .now = NOW };
	char allow[ROUTE_ALLOW_MAX];

	if (!w.env.clock)
		world_open();
	if (!w.db)
		db_make();
	r.db = w.db;
	if (route_find(method, ask.path, &r.route, r.ids, allow) == 0)
		run(&r);
	return 0;
}
