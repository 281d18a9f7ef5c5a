#include "api/record.h"

#include "api/request.h"
#include "base/log.h"
#include "store/audit.h"

#include <errno.h>
#include <string.h>

#define RECORD_INIT ((struct record){ .json = BUF_INIT(RECORD_JSON_MAX), .id = INT64_MIN })

static void record_free(struct record *record)
{
	buf_free(&record->json);
}

/* What people call a thing, by the fields that have it. */
static struct view label_of(const struct shape *shape, const void *from)
{
	static const char *const names[] = { "name", "number", "email", "role" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct view *text = shape_member(shape, from, names[i], FIELD_TEXT);
		if (text && text->p && text->n > 0)
			return *text;
	}
	return (struct view){};
}

/* Not through the middle of a character. */
static struct view cut(struct view v)
{
	if (v.n <= RECORD_LABEL_MAX)
		return v;
	v.n = RECORD_LABEL_MAX;
	while (v.n > 0 && ((unsigned char)v.p[v.n] & 0xc0) == 0x80)
		v.n--;
	return v;
}

void record_take(struct request *r, const struct shape *shape, const void *from)
{
	const int64_t *id = shape_member(shape, from, "id", FIELD_ID);
	const struct view label = label_of(shape, from);
	struct record *record = r->record;
	struct json j = JSON_TO(&record->json);

	record->id = id ? *id : INT64_MIN;
	record->label = (struct view){ label.p ? arena_dup(r->arena, label) : NULL, label.n };
	buf_reset(&record->json);
	shape_print_open(shape, from, &j);
}

static struct view json_of(const struct request *r, const struct record *record)
{
	const bool told = record->json.n > 0 && record->json.err == 0;

	return told && r->route->lane != LANE_HASH ? buf_view(&record->json) : (struct view){};
}

bool record_wants(const struct request *r)
{
	return strcmp(r->route->method, "GET") != 0 && r->route->right != RIGHT_PUBLIC &&
	       !(r->route->flags & ROUTE_UNRECORDED);
}

static const struct route *reading_of(const struct route *route)
{
	for (size_t i = 0; i < routes_n; i++)
		if (strcmp(routes[i].method, "GET") == 0 &&
		    strcmp(routes[i].path, route->path) == 0)
			return routes[i].flags || !routes[i].answer ? NULL : &routes[i];
	return NULL;
}

/* There may be nothing before; whether that is a fault is the handler's business. */
static void before_read(struct request *r, struct record *before)
{
	struct answer scratch = { .body = BUF_INIT(ANSWER_BODY_MAX) };
	const struct route *reading = reading_of(r->route);
	struct request look = *r;

	if (!reading || r->route->lane == LANE_HASH)
		return;
	look.route = reading;
	look.answer = &scratch;
	look.record = before;
	look.body = NULL;
	look.site = (struct site_row){}; /* that was before the transaction */
	if (reading->handle(&look) != 0)
		buf_reset(&before->json);
	buf_free(&scratch.body);
}

/* ---- the row ---- */

static const char *verb_of(const struct route *route)
{
	if (strcmp(route->method, "PUT") == 0)
		return "change";
	if (strcmp(route->method, "DELETE") == 0)
		return "delete";
	return route->status == 201 ? "create" : "do";
}

struct path_words {
	struct view object; /* the last word that is no id */
	struct view id;     /* the name of the last id; p NULL: none */
	size_t nids;
};

static struct path_words words_of(const struct route *route)
{
	struct view rest = view_str(route->path + 1);
	struct path_words words = {};

	while (rest.n > 0) {
		const struct view word = view_cut(rest, '/', &rest);

		if (word.p[0] == ':') {
			words.id = word;
			words.nids++;
		} else {
			words.object = word;
		}
	}
	return words;
}

/* The person whom it is about: named by the path, made by the route, or oneself. */
static int64_t subject_of(const struct request *r, const struct path_words *words,
			  int64_t object_id)
{
	const bool people = view_eq(words->object, VIEW("users")) ||
			    view_eq(words->object, VIEW("residents")) ||
			    view_eq(words->object, VIEW("admins"));

	if (view_starts(view_str(r->route->path), VIEW("/me")))
		return r->who.person_id;
	if (view_eq(words->id, VIEW(":user")) || view_eq(words->id, VIEW(":admin")))
		return r->ids[words->nids - 1];
	return people && strcmp(verb_of(r->route), "create") == 0 ? object_id : DB_INT_NULL;
}

static struct view address_of(struct request *r)
{
	char text[ADDR_TEXT_MAX] = "";

	if (addr_is_set(&r->ask->peer))
		addr_host_text(&r->ask->peer, text);
	return (struct view){ arena_dup(r->arena, view_str(text)), strlen(text) };
}

static int64_t company_of(const struct request *r)
{
	if (r->place.company_id)
		return r->place.company_id;
	return view_starts(view_str(r->route->path), VIEW("/companies/:company")) ? r->ids[ID_SITE]
										  : DB_INT_NULL;
}

static struct audit_row row_of(struct request *r)
{
	return (struct audit_row){
		.at = r->now,
		.company_id = company_of(r),
		.site_id = r->place.site_id ? r->place.site_id : DB_INT_NULL,
		.person_id = r->who.person_id,
		.subject_id = DB_INT_NULL,
		.person_name = cut(r->who.name),
		.address = address_of(r),
		.verb = view_str(verb_of(r->route)),
		.object_id = DB_INT_NULL,
		.label = VIEW(""),
	};
}

static int row_append(struct request *r, const struct record *before, const struct record *after)
{
	const struct path_words words = words_of(r->route);
	struct audit_row row = row_of(r);

	if (!row.address.p)
		return -ENOMEM;
	row.object = words.object;
	if (strcmp(verb_of(r->route), "create") == 0 && after->id != INT64_MIN)
		row.object_id = after->id;
	else if (words.nids > 0)
		row.object_id = r->ids[words.nids - 1];
	row.subject_id = subject_of(r, &words, row.object_id);
	if (before->label.p || after->label.p)
		row.label = cut(before->label.p ? before->label : after->label);
	row.before = json_of(r, before);
	row.after = json_of(r, after);
	return audit_append(r->db, &row);
}

static int handle(struct request *r, struct record *before, struct record *after)
{
	int rc;

	before_read(r, before);
	r->record = after;
	rc = r->route->handle(r);
	if (rc == 0 && after->json.n == 0 && r->route->body && r->body)
		record_take(r, r->route->body, r->body);
	r->record = NULL;
	if (rc == 0)
		rc = r->answer->body.err;
	return rc == 0 ? row_append(r, before, after) : rc;
}

/* What takes long before it writes (a hash, a file) must not hold SQLite's one write lock: its
 * transaction begins when the handler begins its own. */
int record_run(struct request *r)
{
	CLEANUP(record_free) struct record before = RECORD_INIT;
	CLEANUP(record_free) struct record after = RECORD_INIT;
	DB_TRANSACTION struct db_tx tx = {};
	int rc = r->route->lane == LANE_REQUEST ? db_begin(r->db, &tx) : db_begin_late(r->db, &tx);

	if (rc < 0)
		return rc;
	rc = handle(r, &before, &after);
	if (rc < 0)
		return rc;
	const int done = db_commit(&tx);
	return done < 0 ? done : rc;
}

/* ---- refusals ---- */

static int64_t first_company(const struct request *r)
{
	for (size_t i = 0; i < r->who.ngrants; i++)
		if (r->who.grants[i].company_id != INT64_MIN)
			return r->who.grants[i].company_id;
	return DB_INT_NULL;
}

static int denied_append(struct request *r)
{
	const struct path_words words = words_of(r->route);
	DB_TRANSACTION struct db_tx tx = {};
	struct audit_row row = row_of(r);
	int64_t n = 0;
	int rc = row.address.p ? db_begin(r->db, &tx) : -ENOMEM;

	if (rc == 0)
		rc = audit_denied(r->db, r->who.person_id, r->now - RECORD_DENIED_MS, &n);
	if (rc < 0 || n >= RECORD_DENIED_MAX)
		return rc;
	row.company_id = r->place.company_id ? r->place.company_id : first_company(r);
	row.object = words.object;
	row.object_id = words.nids > 0 ? r->ids[words.nids - 1] : DB_INT_NULL;
	row.denied = 1;
	rc = audit_append(r->db, &row);
	return rc == 0 ? db_commit(&tx) : rc;
}

/* Reading a device's password is a privilege as changes are. */
void record_denied(struct request *r)
{
	int rc;

	if (!record_wants(r) && r->route->right != RIGHT_CREDENTIALS)
		return;
	rc = denied_append(r);
	if (rc < 0)
		log_warn("denied_untold", LF_I("rc", rc));
}
