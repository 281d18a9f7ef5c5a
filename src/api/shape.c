#include "api/shape.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct reading {
	struct arena *arena;
	struct shape_fault *fault;
	char path[SHAPE_PATH_MAX];
};

static int read_object(struct reading *r, const struct shape *shape, const json_t *from, void *to);

__attribute__((format(printf, 3, 4))) static int fault_set(struct shape_fault *fault, int rc,
							    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fault->detail, sizeof(fault->detail), fmt, ap);
	va_end(ap);
	return rc;
}

#define WRONG(r, ...)                                                                              \
	(memcpy((r)->fault->field, (r)->path, sizeof((r)->path)),                                  \
	 fault_set((r)->fault, -EINVAL, __VA_ARGS__))

/* jansson recurses down to 2048 levels; a body has few, so the depth is judged before it. */
static bool is_too_deep(struct view text)
{
	unsigned depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < text.n; i++) {
		const char c = text.p[i];
		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '[') && ++depth > SHAPE_DEPTH_MAX)
			return true;
		else if (!in_string && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return false;
}

/* Characters, not bytes: jansson has checked that it is UTF-8. */
static int64_t length_of(struct view v)
{
	int64_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n += ((unsigned char)v.p[i] & 0xc0) != 0x80;
	return n;
}

static int64_t text_max(const struct field *f)
{
	return f->max > 0 ? f->max : SHAPE_TEXT_MAX;
}

static bool is_lines(struct view v)
{
	while (v.n > 0) {
		struct view line = view_line(v, &v);

		while (line.n > 0)
			if (!json_is_text(view_cut(line, '\t', &line)))
				return false;
	}
	return true;
}

static int check_text(struct reading *r, const struct field *f, struct view v)
{
	const int64_t length = length_of(v);
	const char *wrong;

	if (!(f->flags & FIELD_LINES ? is_lines(v) : json_is_text(v)))
		return WRONG(r, "%s must not contain control characters.", r->path);
	if (length < f->min && f->min == 1)
		return WRONG(r, "%s must not be empty.", r->path);
	if (length < f->min)
		return WRONG(r, "%s needs at least %" PRId64 " characters.", r->path, f->min);
	if (length > text_max(f))
		return WRONG(r, "%s has more than %" PRId64 " characters.", r->path, text_max(f));
	wrong = f->check ? f->check(v) : NULL;
	return wrong ? WRONG(r, "%s %s", r->path, wrong) : 0;
}

static int read_text(struct reading *r, const struct field *f, const json_t *from, struct view *to)
{
	struct view v = { json_string_value(from), json_string_length(from) };
	int rc;

	if (!json_is_string(from))
		return WRONG(r, "%s must be a text.", r->path);
	if (!(f->flags & FIELD_RAW))
		v = view_trim(v);
	rc = check_text(r, f, v);
	if (rc < 0)
		return rc;
	to->p = arena_dup(r->arena, v);
	to->n = v.n;
	return to->p ? 0 : -ENOMEM;
}

static int read_enum(struct reading *r, const struct field *f, const json_t *from, struct view *to)
{
	struct buf allowed = BUF_INIT(SHAPE_DETAIL_MAX);
	int rc;

	for (size_t i = 0; json_is_string(from) && f->values[i]; i++)
		if (strcmp(json_string_value(from), f->values[i]) == 0) {
			*to = view_str(f->values[i]);
			return 0;
		}
	for (size_t i = 0; f->values[i]; i++)
		buf_printf(&allowed, "%s%s", i ? ", " : "", f->values[i]);
	rc = WRONG(r, "%s must be one of: %s.", r->path, buf_cstr(&allowed) ? allowed.p : "");
	buf_free(&allowed);
	return rc;
}

static int read_int(struct reading *r, const struct field *f, const json_t *from, int64_t *to)
{
	const int64_t n = json_integer_value(from);

	if (!json_is_integer(from) || n < f->min || n > f->max)
		return WRONG(r, "%s must be a whole number from %" PRId64 " to %" PRId64 ".",
			     r->path, f->min, f->max);
	*to = n;
	return 0;
}

static int read_bool(struct reading *r, const json_t *from, bool *to)
{
	if (!json_is_boolean(from))
		return WRONG(r, "%s must be true or false.", r->path);
	*to = json_is_true(from);
	return 0;
}

static int read_id(struct reading *r, const json_t *from, int64_t *to)
{
	const struct view v = { json_string_value(from), json_string_length(from) };
	uint64_t id;

	if (!json_is_string(from) || view_u64(v, INT64_MAX, &id) < 0)
		return WRONG(r, "%s must be an id: a string of digits.", r->path);
	*to = (int64_t)id;
	return 0;
}

static int read_list(struct reading *r, const struct field *f, const json_t *from,
		     struct shape_list *to)
{
	const size_t n = json_array_size(from), path_n = strlen(r->path);
	const size_t size = f->type == FIELD_IDS ? sizeof(int64_t) : f->of->size;
	char *entry;
	int rc = 0;

	if (!json_is_array(from))
		return WRONG(r, "%s must be a list.", r->path);
	if ((int64_t)n < f->min || (int64_t)n > f->max)
		return WRONG(r, "%s must have %" PRId64 " to %" PRId64 " entries.", r->path, f->min,
			     f->max);
	entry = arena_alloc(r->arena, n * size + 1);
	if (!entry)
		return -ENOMEM;
	*to = (struct shape_list){ entry, n };
	for (size_t i = 0; i < n && rc == 0; i++, entry += size) {
		const json_t *one = json_array_get(from, i);
		snprintf(r->path + path_n, sizeof(r->path) - path_n, "[%zu]", i);
		rc = f->type == FIELD_IDS ? read_id(r, one, (int64_t *)(void *)entry)
					  : read_object(r, f->of, one, entry);
	}
	r->path[path_n] = '\0';
	return rc;
}

static int read_one(struct reading *r, const struct field *f, const json_t *from, const void **to)
{
	void *one = arena_alloc(r->arena, f->of->size);

	if (!one)
		return -ENOMEM;
	memset(one, 0, f->of->size);
	*to = one;
	return read_object(r, f->of, from, one);
}

static void set_null(const struct field *f, void *at)
{
	if (f->type == FIELD_INT || f->type == FIELD_ID)
		*(int64_t *)at = INT64_MIN;
}

static int read_field(struct reading *r, const struct field *f, const json_t *from, void *at)
{
	if (!from && !(f->flags & FIELD_OPTIONAL))
		return WRONG(r, "%s is missing.", r->path);
	if (!from || (json_is_null(from) && (f->flags & FIELD_NULLABLE))) {
		set_null(f, at);
		return 0;
	}
	switch (f->type) {
	case FIELD_TEXT:
		return read_text(r, f, from, at);
	case FIELD_ENUM:
		return read_enum(r, f, from, at);
	case FIELD_INT:
		return read_int(r, f, from, at);
	case FIELD_BOOL:
		return read_bool(r, from, at);
	case FIELD_ID:
		return read_id(r, from, at);
	case FIELD_IDS:
	case FIELD_OBJECTS:
		return read_list(r, f, from, at);
	case FIELD_OBJECT:
		return read_one(r, f, from, at);
	}
	return -EINVAL;
}

static bool is_known(const struct shape *shape, const char *name)
{
	for (size_t i = 0; i < shape->nfields; i++)
		if (strcmp(shape->fields[i].name, name) == 0)
			return true;
	return false;
}

static void path_add(struct reading *r, size_t path_n, const char *name)
{
	snprintf(r->path + path_n, sizeof(r->path) - path_n, "%s%s", path_n ? "." : "", name);
}

static int read_object(struct reading *r, const struct shape *shape, const json_t *from, void *to)
{
	const size_t path_n = strlen(r->path);
	const char *name;
	json_t *value;
	int rc = 0;

	if (!json_is_object(from))
		return WRONG(r, "%s must be an object.", path_n ? r->path : "The body");
	json_object_foreach((json_t *)(uintptr_t)from, name, value)
		if (!is_known(shape, name)) {
			path_add(r, path_n, name);
			return WRONG(r, "There is no field %s here.", r->path);
		}
	for (size_t i = 0; i < shape->nfields && rc == 0; i++) {
		const struct field *f = &shape->fields[i];
		path_add(r, path_n, f->name);
		rc = read_field(r, f, json_object_get(from, f->name), (char *)to + f->offset);
	}
	r->path[path_n] = '\0';
	return rc;
}

int shape_read(const struct shape *shape, struct view text, struct arena *arena, void *ret_struct,
	       struct shape_fault *ret_fault)
{
	struct reading r = { .arena = arena, .fault = ret_fault };
	json_error_t error;
	json_t *root;
	int rc;

	*ret_fault = (struct shape_fault){};
	if (is_too_deep(text))
		return fault_set(ret_fault, -EBADMSG, "The body is nested more than %d deep.",
				 SHAPE_DEPTH_MAX);
	root = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return fault_set(ret_fault, -EBADMSG, "The body is not JSON: line %d, column %d: %s.",
				 error.line, error.column, error.text);
	memset(ret_struct, 0, shape->size);
	rc = read_object(&r, shape, root, ret_struct);
	json_decref(root);
	return rc;
}

static void print(const struct shape *shape, const void *from, struct json *j, unsigned but);

static void print_field(const struct field *f, const void *at, struct json *j, unsigned but)
{
	const struct shape_list *list = at;
	const struct view *text = at;
	const int64_t *number = at;
	const void *const *one = at;

	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_ENUM:
		text->p ? json_view(j, *text) : json_nil(j);
		break;
	case FIELD_INT:
		*number != INT64_MIN ? json_int(j, *number) : json_nil(j);
		break;
	case FIELD_ID:
		*number != INT64_MIN ? json_id(j, *number) : json_nil(j);
		break;
	case FIELD_BOOL:
		json_bool(j, *(const bool *)at);
		break;
	case FIELD_IDS:
	case FIELD_OBJECTS:
		json_list_open(j);
		for (size_t i = 0; i < list->n; i++)
			if (f->type == FIELD_IDS)
				json_id(j, ((const int64_t *)list->p)[i]);
			else
				print(f->of, (const char *)list->p + i * f->of->size, j, but);
		json_list_close(j);
		break;
	case FIELD_OBJECT:
		*one ? print(f->of, *one, j, but) : json_nil(j);
		break;
	}
}

/* Leaves fields with a flag of `but` out. */
static void print(const struct shape *shape, const void *from, struct json *j, unsigned but)
{
	json_open(j);
	for (size_t i = 0; i < shape->nfields; i++) {
		const struct field *f = &shape->fields[i];
		if (f->flags & but)
			continue;
		json_key(j, f->name);
		print_field(f, (const char *)from + f->offset, j, but);
	}
	json_close(j);
}

void shape_print(const struct shape *shape, const void *from, struct json *j)
{
	print(shape, from, j, 0);
}

void shape_print_open(const struct shape *shape, const void *from, struct json *j)
{
	print(shape, from, j, FIELD_SECRET);
}

const void *shape_member(const struct shape *shape, const void *from, const char *name,
			 enum field_type type)
{
	for (size_t i = 0; i < shape->nfields; i++)
		if (shape->fields[i].type == type && strcmp(shape->fields[i].name, name) == 0)
			return (const char *)from + shape->fields[i].offset;
	return NULL;
}

static const char *schema_type(const struct field *f)
{
	switch (f->type) {
	case FIELD_INT:
		return "integer";
	case FIELD_BOOL:
		return "boolean";
	case FIELD_IDS:
	case FIELD_OBJECTS:
		return "array";
	default:
		return "string";
	}
}

static void schema_limit(struct json *j, const char *key, int64_t value, bool shown)
{
	if (!shown)
		return;
	json_key(j, key);
	json_int(j, value);
}

static void schema_ref(struct json *j, const struct shape *of)
{
	struct buf ref = BUF_INIT(128);

	buf_printf(&ref, "#/components/schemas/%s", of->name);
	json_open(j);
	json_key(j, "$ref");
	json_str(j, buf_cstr(&ref));
	json_close(j);
	buf_free(&ref);
}

static void schema_details(const struct field *f, struct json *j)
{
	switch (f->type) {
	case FIELD_TEXT:
		schema_limit(j, "minLength", f->min, f->min > 0);
		schema_limit(j, "maxLength", f->max, f->max > 0);
		break;
	case FIELD_ENUM:
		json_key(j, "enum");
		json_list_open(j);
		for (size_t i = 0; f->values[i]; i++)
			json_str(j, f->values[i]);
		if (f->flags & FIELD_NULLABLE)
			json_nil(j);
		json_list_close(j);
		break;
	case FIELD_INT:
		schema_limit(j, "minimum", f->min, f->max > f->min);
		schema_limit(j, "maximum", f->max, f->max > f->min && f->max != INT64_MAX);
		break;
	case FIELD_ID:
		json_key(j, "pattern");
		json_str(j, "^[0-9]+$");
		break;
	case FIELD_IDS:
	case FIELD_OBJECTS:
		schema_limit(j, "minItems", f->min, f->min > 0);
		schema_limit(j, "maxItems", f->max, f->max > 0);
		json_key(j, "items");
		if (f->type == FIELD_OBJECTS) {
			schema_ref(j, f->of);
			break;
		}
		json_open(j);
		json_key(j, "type");
		json_str(j, "string");
		json_close(j);
		break;
	case FIELD_BOOL:
	case FIELD_OBJECT:
		break;
	}
}

/* A type beside a reference would have to hold as well. */
static void schema_one(const struct field *f, struct json *j)
{
	json_key(j, "anyOf");
	json_list_open(j);
	schema_ref(j, f->of);
	if (f->flags & FIELD_NULLABLE) {
		json_open(j);
		json_key(j, "type");
		json_str(j, "null");
		json_close(j);
	}
	json_list_close(j);
}

static void schema_kind(const struct field *f, struct json *j)
{
	json_key(j, "type");
	if (f->flags & FIELD_NULLABLE) {
		json_list_open(j);
		json_str(j, schema_type(f));
		json_str(j, "null");
		json_list_close(j);
	} else {
		json_str(j, schema_type(f));
	}
	schema_details(f, j);
}

static void schema_field(const struct field *f, struct json *j)
{
	json_key(j, f->name);
	json_open(j);
	if (f->type == FIELD_OBJECT)
		schema_one(f, j);
	else
		schema_kind(f, j);
	if (f->flags & FIELD_SECRET) {
		json_key(j, "format");
		json_str(j, "password");
	}
	if (f->doc) {
		json_key(j, "description");
		json_str(j, f->doc);
	}
	json_close(j);
}

void shape_schema(const struct shape *shape, struct json *j)
{
	json_open(j);
	json_key(j, "type");
	json_str(j, "object");
	json_key(j, "additionalProperties");
	json_bool(j, false);
	json_key(j, "required");
	json_list_open(j);
	for (size_t i = 0; i < shape->nfields; i++)
		if (!(shape->fields[i].flags & FIELD_OPTIONAL))
			json_str(j, shape->fields[i].name);
	json_list_close(j);
	json_key(j, "properties");
	json_open(j);
	for (size_t i = 0; i < shape->nfields; i++)
		schema_field(&shape->fields[i], j);
	json_close(j);
	json_close(j);
}
