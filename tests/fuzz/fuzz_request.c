/* A request's line and body: "METHOD PATH?QUERY\nBODY". What a table reads, it can print as JSON. */
#include "api/request.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void try_body(const struct shape *shape, struct view body, struct arena *arena)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(1 << 24);
	struct json j = JSON_TO(&out);
	struct shape_fault fault;
	void *into = arena_alloc(arena, shape->size);
	json_t *root;
	int rc;

	if (!into)
		return;
	rc = shape_read(shape, body, arena, into, &fault);
	if (rc < 0 && rc != -ENOMEM && !fault.detail[0])
		abort();
	if (rc < 0)
		return;
	shape_print(shape, into, &j);
	root = out.err < 0 ? NULL : json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, NULL);
	if (!root)
		abort();
	json_decref(root);
}

static void try_query(struct view query, struct arena *arena)
{
	static const char *const names[] = { "cursor", "limit", "site" };
	struct name_cursor after;
	struct answer answer = { .body = BUF_INIT(4096) };
	struct request r = { .arena = arena, .limit = 1, .answer = &answer };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		r.cursor = query_get(arena, query, names[i]);
		if (r.cursor.n > query.n)
			abort();
		if (page_after(&r, &after) == 0 && !json_is_text(after.name))
			abort();
		answer.nfields = 0;
	}
	buf_free(&answer.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(REQUEST_ARENA_MAX);
	struct view body, target, query;
	const struct view line = view_cut((struct view){ (const char *)data, n }, '\n', &body);
	const struct view method = view_cut(line, ' ', &target);
	const struct view path = view_cut(target, '?', &query);
	const struct route *route;
	int64_t ids[ROUTE_IDS_MAX];
	char allow[ROUTE_ALLOW_MAX];

	try_query(query, &arena);
	if (route_find(method, path, &route, ids, allow) == 0 && route->body)
		try_body(route->body, body, &arena);
	return 0;
}
