/* api/request.h - one request on its way through a worker, and the answer it becomes.
 *
 * A request belongs to the worker's thread. What it points at lives until the answer is sent: the
 * views of the ask are the connection's, the rest is in the arena. Handlers are straight-line
 * code: they read, write through store/, and end with one of the reply_ functions. */
#pragma once
#include "api/env.h"
#include "api/record.h"
#include "api/rights.h"
#include "api/routes.h"
#include "api/shape.h"
#include "base/addr.h"
#include "base/mem.h"
#include "io/http.h"
#include "store/site.h"

enum {
	REQUEST_ARENA_MAX = 8 * 1024 * 1024, /* bytes a request may take */
	ANSWER_BODY_MAX = 4 * 1024 * 1024,
	ANSWER_FIELDS_MAX = 8,
	PAGE_SIZE = 100, /* entries of a list, unless `limit` says otherwise */
	PAGE_SIZE_MAX = 200,
	GRANTS_MAX = 64, /* roles of one person that are looked at */
};

struct ask {
	struct view method;
	struct view path; /* behind /api/v1 */
	struct view query;
	struct view content_type;
	struct view origin;
	struct view host;
	struct view cookie;
	struct view agent;
	struct view body;
	struct addr peer;
	bool secure; /* the person's side speaks TLS */
};

struct answer {
	unsigned status;
	struct buf body;
	struct http_field fields[ANSWER_FIELDS_MAX];
	size_t nfields;
};

struct app_device_row;

struct who {
	int64_t person_id; /* 0: nobody signed in */
	struct view name;
	struct view email;
	struct view language;
	struct view token_hash; /* of the session */
	int64_t session_id;
	int64_t verified_at; /* when the person last proved to be there; epoch ms */
	struct grant grants[GRANTS_MAX];
	size_t ngrants;
	/* Of a route of RIGHT_APP, as api/app.h gives them. */
	const struct app_device_row *apps;
	size_t napps;
	struct view app_token_hash; /* of the device's own session; p NULL: none */
};

struct request {
	const struct env *env;
	const struct route *route;
	const struct ask *ask;
	struct db *db;
	struct arena *arena;
	int64_t now; /* epoch ms */
	int64_t ids[ROUTE_IDS_MAX];
	struct who who;
	struct place place;  /* the site of the path, once its right is judged */
	struct site_row site; /* the same as it was then; id 0: not read */
	struct view cursor;  /* of the query; p NULL without one */
	int64_t limit;       /* entries of the page */
	void *body;          /* the struct of the route's shape */
	struct answer *answer;
	struct record *record; /* what the trail keeps of the answer; NULL: nothing (api/record.h) */
};

/* Judges and runs. The answer is always whole afterwards; its body is the caller's to free. */
void request_run(struct request *r);

/* A problem document (RFC 9457) as it is sent; field may be NULL. */
void problem_print(struct buf *out, unsigned status, const char *field, const char *detail);
/* What is said about a status when there is nothing special to say. */
const char *problem_detail(unsigned status);

/* Ends a handler early: what it returned was answered already. */
enum { ANSWERED = 1 };

/* A problem document (RFC 9457); field may be NULL. Returns ANSWERED. */
int reply_problem(struct request *r, unsigned status, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* One that a page is to understand: `type` is a URN of ours (PROBLEM_…). Returns ANSWERED. */
int reply_problem_type(struct request *r, unsigned status, const char *type, const char *detail);
#define PROBLEM_SECOND_FACTOR "urn:vestibule:second-factor" /* POST /session/second goes on */
#define PROBLEM_VERIFY "urn:vestibule:verify" /* POST /session/verify or /session/verify/passkey first */
#define PROBLEM_CAPTCHA "urn:vestibule:captcha" /* another captcha is wanted */
/* 410 of the field `token`: a link that is not, or no longer, good. Returns ANSWERED. */
int reply_link_over(struct request *r);
/* 429 with how long to wait. Returns ANSWERED. */
int reply_wait(struct request *r, int64_t wait_ms);
/* The struct of the route's answer shape. Returns 0. */
int reply_one(struct request *r, const void *from);
/* n structs; `next` is the cursor of the next page, p NULL at the end. Returns 0. */
int reply_list(struct request *r, const void *from, size_t n, struct view next);
/* No body. Returns 0. */
int reply_none(struct request *r);
/* Value in the arena or constant. */
void reply_field(struct request *r, const char *name, const char *value);

/* The cursor of a list ordered by a text and an id: what to read after, or the first at the start.
 * ANSWERED when it is not one of ours. */
[[nodiscard]] int page_after(struct request *r, struct name_cursor *ret_after);
/* 400 of a cursor that no list of this kind has given. Returns ANSWERED. */
int reply_no_cursor(struct request *r);
/* The cursor that continues after this row. */
struct view page_next(struct request *r, struct view name, int64_t id);
/* Lists are read with limit + 1 rows, to know whether there is another page: the rows to show. */
size_t page_size(const struct request *r, size_t n);
/* The value of a name in the query, percent-decoded; p NULL without it. */
struct view query_get(struct arena *arena, struct view query, const char *name);
