#include "api/shape.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct part {
	int64_t number;
	struct view label;
	struct shape_list ids;
};

static const struct field part_fields[] = {
	{ "number", FIELD_INT, 0, offsetof(struct part, number), .min = 1, .max = 150 },
	{ "label", FIELD_TEXT, FIELD_OPTIONAL, offsetof(struct part, label), .max = 5 },
	{ "ids", FIELD_IDS, FIELD_OPTIONAL, offsetof(struct part, ids), .max = 2 },
};
static const struct shape part_shape = SHAPE("Part", struct part, part_fields);

struct thing {
	struct view name;
	struct view secret;
	struct view kind;
	int64_t parent;
	int64_t count;
	bool on;
	struct shape_list parts;
	const void *best; /* struct part */
};

static const char *no_x(struct view text)
{
	return memchr(text.p, 'x', text.n) ? "must not contain an x." : NULL;
}

static const char *const kinds[] = { "red", "green", NULL };
static const struct field thing_fields[] = {
	{ "name", FIELD_TEXT, 0, offsetof(struct thing, name), .min = 1, .max = 4, .check = no_x },
	{ "secret", FIELD_TEXT, FIELD_OPTIONAL | FIELD_RAW | FIELD_SECRET,
	  offsetof(struct thing, secret), .min = 3 },
	{ "kind", FIELD_ENUM, FIELD_OPTIONAL | FIELD_NULLABLE, offsetof(struct thing, kind),
	  .values = kinds },
	{ "parent", FIELD_ID, FIELD_OPTIONAL | FIELD_NULLABLE, offsetof(struct thing, parent) },
	{ "count", FIELD_INT, FIELD_OPTIONAL, offsetof(struct thing, count), .max = 9 },
	{ "on", FIELD_BOOL, FIELD_OPTIONAL, offsetof(struct thing, on), .doc = "Lit" },
	{ "parts", FIELD_OBJECTS, FIELD_OPTIONAL, offsetof(struct thing, parts), .max = 2,
	  .of = &part_shape },
	{ "best", FIELD_OBJECT, FIELD_OPTIONAL | FIELD_NULLABLE, offsetof(struct thing, best),
	  .of = &part_shape },
};
static const struct shape thing_shape = SHAPE("Thing", struct thing, thing_fields);

static void reads_every_type_and_prints_it_again(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(64 * 1024);
	CLEANUP(buf_free) struct buf out = BUF_INIT(4096);
	struct json j = JSON_TO(&out);
	struct shape_fault fault;
	struct thing thing;

	assert_int_equal(
		shape_read(&thing_shape,
			   VIEW("{\"name\":\" \xc3\xa9 a \",\"secret\":\"  ' \",\"kind\":\"green\","
				"\"parent\":\"42\",\"count\":7,\"on\":true,\"parts\":[{\"number\":1},"
				"{\"number\":150,\"label\":\"hall\",\"ids\":[\"1\",\"2\"]}],"
				"\"best\":{\"number\":7}}\r\n"),
			   &arena, &thing, &fault),
		0);
	shape_print(&thing_shape, &thing, &j);
	assert_string_equal(
		buf_cstr(&out),
		"{\"name\":\"\xc3\xa9 a\",\"secret\":\"  ' \",\"kind\":\"green\",\"parent\":\"42\","
		"\"count\":7,\"on\":true,\"parts\":[{\"number\":1,\"label\":null,\"ids\":[]},"
		"{\"number\":150,\"label\":\"hall\",\"ids\":[\"1\",\"2\"]}],"
		"\"best\":{\"number\":7,\"label\":null,\"ids\":[]}}");
}

static void what_is_absent_is_null(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(64 * 1024);
	struct shape_fault fault;
	struct thing thing;

	assert_int_equal(shape_read(&thing_shape, VIEW("{\"name\":\"a\",\"kind\":null}"), &arena,
				    &thing, &fault), 0);
	assert_null(thing.secret.p);
	assert_null(thing.kind.p);
	assert_int_equal(thing.parent, INT64_MIN);
	assert_int_equal(thing.parts.n, 0);
	assert_null(thing.best);
}

struct refusal {
	const char *text;
	int rc;
	const char *field;
	const char *detail; /* a part of it */
};

static const struct refusal refusals[] = {
	{ "", -EBADMSG, "", "not JSON" },
	{ "{\"name\":\"a\"} x", -EBADMSG, "", "not JSON" },
	{ "{\"name\":\"a\"}{}", -EBADMSG, "", "not JSON" },
	{ "{\"name\":\"a\",\"name\":\"b\"}", -EBADMSG, "", "duplicate" },
	{ "{\"name\":\"a\\u0000b\"}", -EBADMSG, "", "not JSON" },
	{ "{\"name\":\"\xff\"}", -EBADMSG, "", "not JSON" },
	{ "{'name':'a'}", -EBADMSG, "", "not JSON" },
	{ "[[[[[[[[[]]]]]]]]]", -EBADMSG, "", "nested" },
	{ "[]", -EINVAL, "", "must be an object" },
	{ "{}", -EINVAL, "name", "name is missing." },
	{ "{\"name\":null}", -EINVAL, "name", "must be a text" },
	{ "{\"name\":1}", -EINVAL, "name", "must be a text" },
	{ "{\"name\":\"  \"}", -EINVAL, "name", "must not be empty" },
	{ "{\"name\":\"12345\"}", -EINVAL, "name", "more than 4" },
	{ "{\"name\":\"a\\tb\"}", -EINVAL, "name", "control" },
	{ "{\"name\":\"ax\"}", -EINVAL, "name", "name must not contain an x." },
	{ "{\"name\":\"a\",\"secret\":\"ab\"}", -EINVAL, "secret", "at least 3" },
	{ "{\"name\":\"a\",\"kind\":\"blue\"}", -EINVAL, "kind", "red, green" },
	{ "{\"name\":\"a\",\"parent\":42}", -EINVAL, "parent", "string of digits" },
	{ "{\"name\":\"a\",\"parent\":\"-1\"}", -EINVAL, "parent", "string of digits" },
	{ "{\"name\":\"a\",\"parent\":\"9223372036854775808\"}", -EINVAL, "parent", "digits" },
	{ "{\"name\":\"a\",\"count\":10}", -EINVAL, "count", "from 0 to 9" },
	{ "{\"name\":\"a\",\"count\":1.0}", -EINVAL, "count", "whole number" },
	{ "{\"name\":\"a\",\"count\":null}", -EINVAL, "count", "whole number" },
	{ "{\"name\":\"a\",\"on\":1}", -EINVAL, "on", "true or false" },
	{ "{\"name\":\"a\",\"off\":true}", -EINVAL, "off", "no field off" },
	{ "{\"name\":\"a\",\"parts\":{}}", -EINVAL, "parts", "must be a list" },
	{ "{\"name\":\"a\",\"parts\":[{\"number\":1},{\"number\":1},{\"number\":1}]}", -EINVAL,
	  "parts", "0 to 2 entries" },
	{ "{\"name\":\"a\",\"parts\":[{\"number\":1},{\"number\":0}]}", -EINVAL,
	  "parts[1].number", "from 1 to 150" },
	{ "{\"name\":\"a\",\"parts\":[{\"number\":1,\"ids\":[\"1\",2]}]}", -EINVAL,
	  "parts[0].ids[1]", "must be an id" },
	{ "{\"name\":\"a\",\"best\":[]}", -EINVAL, "best", "must be an object" },
	{ "{\"name\":\"a\",\"best\":{\"number\":0}}", -EINVAL, "best.number", "from 1 to 150" },
};

static void refuses_and_names_the_field(void **)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		CLEANUP(arena_free) struct arena arena = ARENA_INIT(64 * 1024);
		const struct refusal *want = &refusals[i];
		struct shape_fault fault;
		struct thing thing;
		const int rc = shape_read(&thing_shape, view_str(want->text), &arena, &thing, &fault);
		if (rc != want->rc || strcmp(fault.field, want->field) != 0 ||
		    !strstr(fault.detail, want->detail))
			fail_msg("%s: %d, field '%s', '%s'", want->text, rc, fault.field, fault.detail);
	}
}

static void brackets_in_texts_are_no_depth(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(64 * 1024);
	struct shape_fault fault;
	struct thing thing;

	assert_int_equal(shape_read(&thing_shape,
				    VIEW("{\"name\":\"a\",\"secret\":\"[[[[[[[[[\\\"[[\"}"), &arena,
				    &thing, &fault), 0);
}

static void a_long_name_is_cut_in_the_fault(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(64 * 1024);
	struct shape_fault fault;
	struct thing thing;
	char text[1024];

	snprintf(text, sizeof(text), "{\"%0600d\":1}", 7);
	assert_int_equal(shape_read(&thing_shape, view_str(text), &arena, &thing, &fault), -EINVAL);
	assert_int_equal(strlen(fault.field), SHAPE_PATH_MAX - 1);
}

static void schema_says_the_limits(void **)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(4096);
	struct json j = JSON_TO(&out);

	shape_schema(&thing_shape, &j);
	assert_non_null(strstr(buf_cstr(&out), "\"required\":[\"name\"]"));
	assert_non_null(strstr(out.p, "\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":4}"));
	assert_non_null(strstr(out.p, "\"kind\":{\"type\":[\"string\",\"null\"],"
				      "\"enum\":[\"red\",\"green\",null]}"));
	assert_non_null(strstr(out.p, "\"best\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/Part\"},"
				      "{\"type\":\"null\"}]}"));
	assert_non_null(strstr(out.p, "\"items\":{\"$ref\":\"#/components/schemas/Part\"}"));
	assert_non_null(strstr(out.p, "\"on\":{\"type\":\"boolean\",\"description\":\"Lit\"}"));
}

static void only_some_texts_have_lines(void **)
{
	static const struct field fields[] = { { "v", FIELD_TEXT, FIELD_LINES, 0 } };
	static const struct shape lines = SHAPE("Lines", struct view, fields);
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(64 * 1024);
	struct shape_fault fault;
	struct thing thing;
	struct view v;

	assert_int_equal(shape_read(&lines, VIEW("{\"v\":\"a\\r\\n\\tb\\n\\nc\"}"), &arena, &v, &fault), 0);
	assert_string_equal(v.p, "a\r\n\tb\n\nc");
	assert_int_equal(shape_read(&lines, VIEW("{\"v\":\"a\\u0001b\"}"), &arena, &v, &fault), -EINVAL);
	assert_int_equal(shape_read(&lines, VIEW("{\"v\":\"a\\rb\"}"), &arena, &v, &fault), -EINVAL);
	assert_int_equal(shape_read(&thing_shape, VIEW("{\"name\":\"a\\nb\"}"), &arena, &thing, &fault), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_type_and_prints_it_again),
		cmocka_unit_test(what_is_absent_is_null),
		cmocka_unit_test(refuses_and_names_the_field),
		cmocka_unit_test(brackets_in_texts_are_no_depth),
		cmocka_unit_test(a_long_name_is_cut_in_the_fault),
		cmocka_unit_test(schema_says_the_limits),
		cmocka_unit_test(only_some_texts_have_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
