/* The OpenAPI 3.1 document, printed from the tables that the server itself runs on. */
#include "api/request.h"
#include "api/resource.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SHAPES_MAX = 256, PATH_MAX_SIZE = 128 };

static const struct field problem_fields[] = {
	{ "type", FIELD_TEXT, 0 },
	{ "title", FIELD_TEXT, 0 },
	{ "status", FIELD_INT, 0 },
	{ "detail", FIELD_TEXT, 0 },
	{ "field", FIELD_TEXT, FIELD_OPTIONAL, .doc = "What of the request is wrong" },
};
static const struct shape problem_shape = {
	"Problem", 0, problem_fields, sizeof(problem_fields) / sizeof(problem_fields[0])
};

struct shapes {
	const struct shape *list[SHAPES_MAX];
	size_t n;
};

static void shapes_add(struct shapes *s, const struct shape *shape)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i] == shape)
			return;
	if (!shape || s->n == SHAPES_MAX)
		return;
	s->list[s->n++] = shape;
	for (size_t i = 0; i < shape->nfields; i++)
		shapes_add(s, shape->fields[i].of);
}

static void pair(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_str(j, value);
}

static void print_ref(struct json *j, const struct shape *shape)
{
	char ref[PATH_MAX_SIZE];

	snprintf(ref, sizeof(ref), "#/components/schemas/%s", shape->name);
	json_open(j);
	pair(j, "$ref", ref);
	json_close(j);
}

static void print_list_schema(struct json *j, const struct shape *shape)
{
	json_open(j);
	pair(j, "type", "object");
	json_key(j, "required");
	json_list_open(j);
	json_str(j, "items");
	json_str(j, "next");
	json_list_close(j);
	json_key(j, "properties");
	json_open(j);
	json_key(j, "items");
	json_open(j);
	pair(j, "type", "array");
	json_key(j, "items");
	print_ref(j, shape);
	json_close(j);
	json_key(j, "next");
	json_open(j);
	json_key(j, "type");
	json_list_open(j);
	json_str(j, "string");
	json_str(j, "null");
	json_list_close(j);
	pair(j, "description", "The cursor of the next page");
	json_close(j);
	json_close(j);
	json_close(j);
}

static void print_content(struct json *j, const char *type, const struct shape *shape, bool is_list)
{
	json_key(j, "content");
	json_open(j);
	json_key(j, type);
	json_open(j);
	json_key(j, "schema");
	is_list ? print_list_schema(j, shape) : print_ref(j, shape);
	json_close(j);
	json_close(j);
}

static void print_parameter(struct json *j, const char *name, const char *in, const char *type,
			    bool required)
{
	json_open(j);
	pair(j, "name", name);
	pair(j, "in", in);
	json_key(j, "required");
	json_bool(j, required);
	json_key(j, "schema");
	json_open(j);
	pair(j, "type", type);
	json_close(j);
	json_close(j);
}

static void print_query(struct json *j, struct view names)
{
	char name[PATH_MAX_SIZE];

	while (names.n > 0) {
		const struct view one = view_cut(names, ' ', &names);

		snprintf(name, sizeof(name), "%.*s", (int)one.n, one.p);
		print_parameter(j, name, "query", "string", false);
	}
}

/* The next ":name" of a pattern, without the colon; *at moves behind it. */
static bool next_name(const char **at, char name[PATH_MAX_SIZE])
{
	const char *colon = strchr(*at, ':');
	size_t n;

	if (!colon)
		return false;
	n = strcspn(colon + 1, "/");
	snprintf(name, PATH_MAX_SIZE, "%.*s", (int)n, colon + 1);
	*at = colon + 1 + n;
	return true;
}

static void print_parameters(struct json *j, const struct route *route)
{
	const char *at = route->path;
	char name[PATH_MAX_SIZE];

	json_key(j, "parameters");
	json_list_open(j);
	while (next_name(&at, name))
		print_parameter(j, name, "path", "string", true);
	if (route_is_live_site(route))
		print_parameter(j, "site", "query", "string", true);
	if ((route->flags & ROUTE_LIST) || route_is_live_site(route))
		print_parameter(j, "cursor", "query", "string", false);
	if (route->flags & ROUTE_LIST)
		print_parameter(j, "limit", "query", "integer", false);
	print_query(j, view_str(route->query));
	json_list_close(j);
}

static void print_file(struct json *j)
{
	json_key(j, "content");
	json_open(j);
	json_key(j, "*/*");
	json_open(j);
	json_close(j);
	json_close(j);
}

static void print_request(struct json *j, const struct route *route)
{
	if (!route->body && !(route->flags & ROUTE_UPLOAD))
		return;
	json_key(j, "requestBody");
	json_open(j);
	json_key(j, "required");
	json_bool(j, true);
	if (route->body)
		print_content(j, "application/json", route->body, false);
	else
		print_file(j);
	json_close(j);
}

static void print_responses(struct json *j, const struct route *route)
{
	char status[8];

	snprintf(status, sizeof(status), "%u", route->status);
	json_key(j, "responses");
	json_open(j);
	json_key(j, status);
	json_open(j);
	pair(j, "description", route->doc);
	if (route->answer && !(route->flags & ROUTE_LIVE))
		print_content(j, "application/json", route->answer, route->flags & ROUTE_LIST);
	json_close(j);
	json_key(j, "default");
	json_open(j);
	pair(j, "description", "A problem (RFC 9457)");
	print_content(j, "application/problem+json", &problem_shape, false);
	json_close(j);
	json_close(j);
}

static void print_scheme(struct json *j, const char *name)
{
	json_open(j);
	json_key(j, name);
	json_list_open(j);
	json_list_close(j);
	json_close(j);
}

/* Where it differs from that of the whole document. */
static void print_security(struct json *j, enum right right)
{
	if (right != RIGHT_PUBLIC && right != RIGHT_APP)
		return;
	json_key(j, "security");
	json_list_open(j);
	if (right == RIGHT_APP) {
		print_scheme(j, "session");
		print_scheme(j, "app");
	}
	json_list_close(j);
}

static void print_operation(struct json *j, const struct route *route)
{
	char method[8] = "";

	for (size_t i = 0; i < sizeof(method) - 1 && route->method[i]; i++)
		method[i] = (char)(route->method[i] | 0x20);
	json_key(j, method);
	json_open(j);
	pair(j, "summary", route->doc);
	print_parameters(j, route);
	print_request(j, route);
	print_responses(j, route);
	print_security(j, route->right);
	json_close(j);
}

/* ":site" becomes "{site}". */
static void template_of(const char *pattern, char to[PATH_MAX_SIZE])
{
	size_t n = 0;
	bool in_name = false;

	for (; *pattern && n + 2 < PATH_MAX_SIZE; pattern++) {
		if (in_name && *pattern == '/') {
			to[n++] = '}';
			in_name = false;
		}
		in_name = in_name || *pattern == ':';
		to[n++] = *pattern == ':' ? '{' : *pattern;
	}
	if (in_name)
		to[n++] = '}';
	to[n] = '\0';
}

static bool is_first_of_path(size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(routes[i].path, routes[at].path) == 0)
			return false;
	return true;
}

static void print_paths(struct json *j)
{
	char path[PATH_MAX_SIZE];

	json_key(j, "paths");
	json_open(j);
	for (size_t i = 0; i < routes_n; i++) {
		if (!is_first_of_path(i))
			continue;
		template_of(routes[i].path, path);
		json_key(j, path);
		json_open(j);
		for (size_t k = i; k < routes_n; k++)
			if (strcmp(routes[k].path, routes[i].path) == 0)
				print_operation(j, &routes[k]);
		json_close(j);
	}
	json_close(j);
}

static void print_cookie(struct json *j, const char *scheme, const char *name, const char *doc)
{
	json_key(j, scheme);
	json_open(j);
	pair(j, "type", "apiKey");
	pair(j, "in", "cookie");
	pair(j, "name", name);
	pair(j, "description", doc);
	json_close(j);
}

static void print_components(struct json *j)
{
	struct shapes shapes = {};

	shapes_add(&shapes, &problem_shape);
	for (size_t i = 0; i < routes_n; i++) {
		shapes_add(&shapes, routes[i].body);
		shapes_add(&shapes, routes[i].answer);
	}
	json_key(j, "components");
	json_open(j);
	json_key(j, "securitySchemes");
	json_open(j);
	print_cookie(j, "session", "__Host-session",
		     "Set by POST /session; named `session` without TLS");
	print_cookie(j, "app", "__Host-app", "Set by POST /app/session; named `app` without TLS");
	json_close(j);
	json_key(j, "schemas");
	json_open(j);
	for (size_t i = 0; i < shapes.n; i++) {
		json_key(j, shapes.list[i]->name);
		shape_schema(shapes.list[i], j);
	}
	json_close(j);
	json_close(j);
}

int api_openapi_get(struct request *r)
{
	struct json j = JSON_TO(&r->answer->body);

	reply_field(r, "Content-Type", "application/json");
	r->answer->status = r->route->status;
	json_open(&j);
	pair(&j, "openapi", "3.1.0");
	json_key(&j, "info");
	json_open(&j);
	pair(&j, "title", "Vestibule");
	pair(&j, "version", r->env->version);
	json_close(&j);
	json_key(&j, "servers");
	json_list_open(&j);
	json_open(&j);
	pair(&j, "url", "/api/v1");
	json_close(&j);
	json_list_close(&j);
	json_key(&j, "security");
	json_list_open(&j);
	print_scheme(&j, "session");
	json_list_close(&j);
	print_paths(&j);
	print_components(&j);
	json_close(&j);
	return 0;
}
