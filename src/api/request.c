#include "api/request.h"

#include "api/app_live.h"
#include "api/session.h"
#include "base/log.h"
#include "event/feed.h"
#include "store/company.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void reply_field(struct request *r, const char *name, const char *value)
{
	struct answer *a = r->answer;

	if (value && a->nfields < ANSWER_FIELDS_MAX)
		a->fields[a->nfields++] = (struct http_field){ name, value };
}

static void print_problem(struct buf *out, unsigned status, const char *type, const char *field,
			  const char *detail)
{
	struct json j = JSON_TO(out);

	buf_reset(out);
	json_open(&j);
	json_key(&j, "type");
	json_str(&j, type);
	json_key(&j, "title");
	json_str(&j, http_phrase(status)); /* RFC 9457 section 4.2.1 */
	json_key(&j, "status");
	json_int(&j, status);
	json_key(&j, "detail");
	json_str(&j, detail);
	if (field) {
		json_key(&j, "field");
		json_str(&j, field);
	}
	json_close(&j);
}

void problem_print(struct buf *out, unsigned status, const char *field, const char *detail)
{
	print_problem(out, status, "about:blank", field, detail);
}

const char *problem_detail(unsigned status)
{
	switch (status) {
	case 404:
		return "There is nothing here.";
	case 405:
		return "This path does not take that method.";
	case 503:
		return "The server is busy; try again.";
	default:
		return "The server failed; its log says why.";
	}
}

int reply_problem(struct request *r, unsigned status, const char *field, const char *fmt, ...)
{
	char detail[SHAPE_DETAIL_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	r->answer->status = status;
	reply_field(r, "Content-Type", "application/problem+json");
	problem_print(&r->answer->body, status, field, detail);
	return ANSWERED;
}

int reply_problem_type(struct request *r, unsigned status, const char *type, const char *detail)
{
	r->answer->status = status;
	reply_field(r, "Content-Type", "application/problem+json");
	print_problem(&r->answer->body, status, type, NULL, detail);
	return ANSWERED;
}

int reply_link_over(struct request *r)
{
	return reply_problem(r, 410, "token", "This link is not, or no longer, good.");
}

int reply_wait(struct request *r, int64_t wait_ms)
{
	const int64_t wait_s = (wait_ms + 999) / 1000;

	reply_field(r, "Retry-After", arena_printf(r->arena, "%lld", (long long)wait_s));
	return reply_problem(r, 429, NULL, "Too many tries; wait %lld seconds.", (long long)wait_s);
}

int reply_one(struct request *r, const void *from)
{
	struct json j = JSON_TO(&r->answer->body);

	r->answer->status = r->route->status;
	reply_field(r, "Content-Type", "application/json");
	shape_print(r->route->answer, from, &j);
	if (r->record)
		record_take(r, r->route->answer, from);
	return 0;
}

int reply_list(struct request *r, const void *from, size_t n, struct view next)
{
	const struct shape *shape = r->route->answer;
	struct json j = JSON_TO(&r->answer->body);

	r->answer->status = r->route->status;
	reply_field(r, "Content-Type", "application/json");
	json_open(&j);
	json_key(&j, "items");
	json_list_open(&j);
	for (size_t i = 0; i < n; i++)
		shape_print(shape, (const char *)from + i * shape->size, &j);
	json_list_close(&j);
	json_key(&j, "next");
	next.p ? json_view(&j, next) : json_nil(&j);
	json_close(&j);
	return 0;
}

int reply_none(struct request *r)
{
	r->answer->status = r->route->status;
	return 0;
}

int reply_no_cursor(struct request *r)
{
	return reply_problem(r, 400, "cursor", "This is no cursor of this list.");
}

/* "42:Name": the client sends it back as it came. */
int page_after(struct request *r, struct name_cursor *ret_after)
{
	struct view name;
	const struct view id_text = view_cut(r->cursor, ':', &name);
	uint64_t id;

	*ret_after = NAME_CURSOR_FIRST;
	if (!r->cursor.p)
		return 0;
	if (view_u64(id_text, INT64_MAX, &id) < 0 || id_text.n == r->cursor.n || !json_is_text(name))
		return reply_no_cursor(r);
	*ret_after = (struct name_cursor){ name, (int64_t)id };
	return 0;
}

struct view page_next(struct request *r, struct view name, int64_t id)
{
	return view_str(arena_printf(r->arena, "%lld:%.*s", (long long)id, (int)name.n, name.p));
}

size_t page_size(const struct request *r, size_t n)
{
	return n < (size_t)r->limit ? n : (size_t)r->limit;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static struct view percent_decode(struct arena *arena, struct view v)
{
	char *to = arena_alloc(arena, v.n + 1);
	size_t n = 0;

	for (size_t i = 0; to && i < v.n; i++) {
		const int hi = i + 2 < v.n ? hex_value(v.p[i + 1]) : -1;
		const int lo = i + 2 < v.n ? hex_value(v.p[i + 2]) : -1;
		if (v.p[i] == '%' && hi >= 0 && lo >= 0) {
			to[n++] = (char)(hi * 16 + lo);
			i += 2;
		} else {
			to[n++] = v.p[i] == '+' ? ' ' : v.p[i];
		}
	}
	return (struct view){ to, to ? n : 0 };
}

struct view query_get(struct arena *arena, struct view query, const char *name)
{
	while (query.n > 0) {
		struct view value;
		const struct view pair = view_cut(query, '&', &query);
		const struct view key = view_cut(pair, '=', &value);

		if (view_eq(key, view_str(name)))
			return percent_decode(arena, value);
	}
	return (struct view){};
}

static bool is_safe(const struct request *r)
{
	return strcmp(r->route->method, "GET") == 0;
}

/* Browsers send Origin with every request that could change something, and with every WebSocket;
 * other clients send none, and carry no cookie that somebody else could ride on. */
static int check_origin(struct request *r)
{
	const struct ask *ask = r->ask;
	struct view scheme, rest;
	bool same;

	if (!ask->origin.p || (is_safe(r) && !(r->route->flags & ROUTE_LIVE)))
		return 0;
	scheme = view_cut(ask->origin, ':', &rest);
	same = view_ieq(scheme, VIEW("https")) || (view_ieq(scheme, VIEW("http")) && !ask->secure);
	same = same && view_starts(rest, VIEW("//"));
	if (same) {
		rest = (struct view){ rest.p + 2, rest.n - 2 };
		same = view_ieq(rest, ask->host);
	}
	return same ? 0 : reply_problem(r, 403, NULL, "The request comes from another site.");
}

static int check_content_type(struct request *r)
{
	struct view parameters;
	const struct view type = view_trim(view_cut(r->ask->content_type, ';', &parameters));

	if ((r->ask->body.n == 0 && !r->route->body) || (r->route->flags & ROUTE_UPLOAD))
		return 0;
	if (view_ieq(type, VIEW("application/json")))
		return 0;
	return reply_problem(r, 415, NULL, "The body must be application/json.");
}

static int check_app(struct request *r)
{
	const int rc = app_authenticate(r);

	if (rc == -ENOENT)
		return reply_problem(r, 401, NULL, "Sign in first.");
	if (rc == 0 && r->who.napps == 0)
		return reply_problem(r, 403, NULL, "You have no app here.");
	return rc;
}

static int check_person(struct request *r)
{
	int rc;

	if (r->route->right == RIGHT_PUBLIC)
		return 0;
	if (r->route->right == RIGHT_APP)
		return check_app(r);
	rc = session_authenticate(r);
	if (rc == -ENOENT)
		return reply_problem(r, 401, NULL, "Sign in first.");
	return rc == 0 && (r->route->flags & ROUTE_FRESH) ? session_ask_fresh(r) : rc;
}

static int not_found(struct request *r)
{
	return reply_problem(r, 404, NULL, "%s", problem_detail(404));
}

static int find_company(struct request *r)
{
	struct company_row company;
	const int rc = company_get(r->db, r->ids[ID_SITE], r->arena, &company);

	r->place.company_id = r->ids[ID_SITE];
	return rc == -ENOENT ? not_found(r) : rc;
}

/* The live page's site stands in the query, because a browser's WebSocket sends no body. */
static int find_site(struct request *r)
{
	uint64_t id;
	int rc;

	if (route_is_live_site(r->route)) {
		const struct view text = query_get(r->arena, r->ask->query, "site");
		if (!text.p)
			return reply_problem(r, 400, "site", "site is missing.");
		if (view_u64(text, INT64_MAX, &id) < 0)
			return not_found(r);
		r->ids[ID_SITE] = (int64_t)id;
	} else if (!route_has_site(r->route)) {
		return 0;
	}
	rc = site_get(r->db, r->ids[ID_SITE], r->arena, &r->site);
	if (rc == 0)
		r->place = (struct place){ r->site.company_id, r->site.id,
					   route_has_apartment(r->route) ? r->ids[ID_OBJECT] : 0 };
	return rc == -ENOENT ? not_found(r) : rc;
}

static bool any_role_has(const struct request *r, enum right right)
{
	for (size_t i = 0; i < r->who.ngrants; i++)
		if (role_has(r->who.grants[i].role, right))
			return true;
	return false;
}

static int check_right(struct request *r)
{
	enum verdict verdict;
	int rc;

	if (r->route->right == RIGHT_PUBLIC || r->route->right == RIGHT_SESSION ||
	    r->route->right == RIGHT_APP) /* check_person did */
		return 0;
	rc = route_has_company(r->route) ? find_company(r) : find_site(r);
	if (rc != 0)
		return rc;
	if (r->place.company_id == 0) /* of the server, or of the company that the handler finds */
		verdict = any_role_has(r, r->route->right) ? VERDICT_YES : VERDICT_NO;
	else
		verdict = rights_judge(r->who.grants, r->who.ngrants, r->route->right,
				       r->place);
	if (verdict == VERDICT_UNSEEN)
		return not_found(r);
	if (verdict == VERDICT_YES)
		return 0;
	record_denied(r);
	return reply_problem(r, 403, NULL, "Your role may not do this.");
}

static bool has_word(struct view words, struct view word)
{
	while (words.n > 0)
		if (view_eq(view_cut(words, ' ', &words), word))
			return true;
	return false;
}

static bool query_is_known(const struct request *r, struct view key)
{
	if (has_word(view_str(r->route->query), key))
		return true;

	if (view_eq(key, VIEW("cursor")))
		return (r->route->flags & ROUTE_LIST) || route_is_live_site(r->route);
	if (view_eq(key, VIEW("limit")))
		return r->route->flags & ROUTE_LIST;
	return view_eq(key, VIEW("site")) && route_is_live_site(r->route);
}

static int check_query(struct request *r)
{
	struct view rest = r->ask->query, value;
	uint64_t limit;

	while (rest.n > 0) {
		const struct view key = view_cut(view_cut(rest, '&', &rest), '=', &value);
		if (!query_is_known(r, key))
			return reply_problem(r, 400, arena_dup(r->arena, key),
					     "There is no such parameter here.");
	}
	r->cursor = query_get(r->arena, r->ask->query, "cursor");
	r->limit = PAGE_SIZE;
	value = query_get(r->arena, r->ask->query, "limit");
	if (!value.p)
		return 0;
	if (view_u64(value, PAGE_SIZE_MAX, &limit) < 0 || limit == 0)
		return reply_problem(r, 400, "limit", "limit must be from 1 to %d.", PAGE_SIZE_MAX);
	r->limit = (int64_t)limit;
	return 0;
}

static const struct shape shape_empty = { .name = "Nothing", .size = 1 };

static int read_body(struct request *r)
{
	const struct shape *shape = r->route->body ? r->route->body : &shape_empty;
	struct shape_fault fault;
	int rc;

	if ((r->ask->body.n == 0 && !r->route->body) || (r->route->flags & ROUTE_UPLOAD))
		return 0;
	r->body = arena_alloc(r->arena, shape->size);
	if (!r->body)
		return -ENOMEM;
	rc = shape_read(shape, r->ask->body, r->arena, r->body, &fault);
	if (rc == -EBADMSG)
		return reply_problem(r, 400, NULL, "%s", fault.detail);
	if (rc == -EINVAL)
		return reply_problem(r, 422, fault.field[0] ? fault.field : NULL, "%s", fault.detail);
	return rc;
}

static int handle(struct request *r)
{
	static int (*const steps[])(struct request *r) = {
		check_origin, check_content_type, check_person, check_right, check_query, read_body,
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && rc == 0; i++)
		rc = steps[i](r);
	if (rc != 0)
		return rc;
	return record_wants(r) ? record_run(r) : r->route->handle(r);
}

static void reply_error(struct request *r, int rc)
{
	r->answer->nfields = 0;
	switch (rc) {
	case -ENOENT:
		not_found(r);
		return;
	case -EEXIST:
		reply_problem(r, 409, NULL, "There is one like this already.");
		return;
	case -EBUSY:
		reply_field(r, "Retry-After", "1");
		reply_problem(r, 503, NULL, "%s", problem_detail(503));
		return;
	default:
		log_error("api_failed", LF_S("method", r->route->method), LF_S("path", r->route->path),
			  LF_I("rc", rc));
		reply_problem(r, 500, NULL, "%s", problem_detail(500));
	}
}

void request_run(struct request *r)
{
	int rc;

	*r->answer = (struct answer){ .body = BUF_INIT(ANSWER_BODY_MAX) };
	rc = handle(r);
	if (rc >= 0 && r->answer->body.err < 0)
		rc = r->answer->body.err;
	if (rc < 0)
		reply_error(r, rc);
	else if (rc == 0 && !is_safe(r) && r->env->feed)
		feed_wake(r->env->feed);
	if (rc == 0 && (r->route->flags & ROUTE_SIGNS_OUT))
		app_live_look(r->env->apps, r->who.person_id);
}
