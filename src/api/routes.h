/* api/routes.h - the table of everything that can be asked, and how a path finds its row.
 *
 * The OpenAPI document, the checks before a handler runs, and the generated tests all read this
 * table. Constant; any thread. */
#pragma once
#include "api/rights.h"
#include "api/shape.h"
#include "io/worker.h"

enum { ROUTE_IDS_MAX = 3 };
/* Which id of the path is which: a site comes first, what belongs to it second, and what belongs to
 * that third. */
enum { ID_SITE, ID_OBJECT, ID_PART };
enum { ID_OWN }; /* of a path that has no site */

enum route_flag {
	ROUTE_LIST = 1, /* answers {"items", "next"}, takes ?cursor= and ?limit= */
	ROUTE_LIVE = 2, /* becomes a WebSocket */
	ROUTE_DOCUMENT = 4, /* answers a document of its own making */
	ROUTE_UPLOAD = 8, /* takes a file as it is, of any type, instead of JSON */
	ROUTE_FRESH = 16, /* its person proved to be there within SESSION_FRESH_MS */
	ROUTE_UNRECORDED = 32, /* changes nothing that the trail tells of (api/record.h) */
	ROUTE_SIGNS_OUT = 64, /* ends sessions of whoever asks */
};

struct request;

struct route {
	const char *method;
	const char *path; /* behind /api/v1; a segment that begins with ':' is an id */
	enum right right;
	int (*handle)(struct request *r);
	const struct shape *body;   /* NULL: none, or {} */
	const struct shape *answer; /* NULL: none */
	unsigned status;            /* of success */
	unsigned flags;
	enum worker_lane lane;
	const char *doc;
	const char *query; /* names that the query may have besides, by spaces; NULL: none */
	size_t body_max;   /* bytes; 0: HTTP_BODY_MAX */
};

extern const struct route routes[];
extern const size_t routes_n;

/* 0; -ENOENT: no such path; -ENOTSUP: the path exists, but not with this method, and *ret_allow
 * names those that it has ("GET, POST"; ROUTE_ALLOW_MAX bytes). HEAD counts as GET. */
enum { ROUTE_ALLOW_MAX = 64 };
[[nodiscard]] int route_find(struct view method, struct view path, const struct route **ret_route,
			     int64_t ret_ids[ROUTE_IDS_MAX], char ret_allow[ROUTE_ALLOW_MAX]);
/* The path is about a site. */
bool route_has_site(const struct route *route);
/* A live page of a site, which stands in the query; an app's has none. */
bool route_is_live_site(const struct route *route);
/* The path is about a company: its first id. */
bool route_has_company(const struct route *route);
/* Its second id is an apartment. */
bool route_has_apartment(const struct route *route);
