/* api/shape.h - what a JSON object of the API looks like, as a table of fields.
 *
 * One table reads a request's body into a struct, another prints an answer from a struct, and both
 * print the schemas of the OpenAPI document. Reading is strict (RFC 8259 with RFC 7493's ban on
 * duplicate names): an unknown field, trailing bytes, or a value outside its field's limits is
 * refused, and the refusal names the field.
 *
 * Tables are constant. Everything else belongs to one thread. */
#pragma once
#include "base/json.h"
#include "base/mem.h"

enum {
	SHAPE_DEPTH_MAX = 8,       /* brackets open at once in a body */
	SHAPE_PATH_MAX = 64,       /* bytes of a fault's field, such as items[3].label */
	SHAPE_DETAIL_MAX = 200,    /* bytes of a fault's sentence */
	SHAPE_TEXT_MAX = 64 * 1024 /* characters of a text whose field names no limit */
};

/* The member behind each: */
enum field_type {
	FIELD_TEXT = 1, /* struct view, NUL-terminated; p NULL for null */
	FIELD_ENUM,     /* struct view: one of `values` */
	FIELD_INT,      /* int64_t; INT64_MIN for null */
	FIELD_BOOL,     /* bool */
	FIELD_ID,       /* int64_t, a string of digits in JSON; INT64_MIN for null */
	FIELD_IDS,      /* struct shape_list of int64_t */
	FIELD_OBJECTS,  /* struct shape_list of the struct of `of` */
	FIELD_OBJECT,   /* pointer to the struct of `of`; NULL for null */
};

struct shape_list {
	void *p;
	size_t n;
};

enum field_flag {
	FIELD_OPTIONAL = 1, /* may be absent: read as null, false or the empty list */
	FIELD_NULLABLE = 2, /* may be null */
	FIELD_RAW = 4,      /* a text that keeps the white space at its ends */
	FIELD_SECRET = 8,   /* not for logs or examples */
	FIELD_LINES = 16,   /* a text that may have line breaks and tabs */
};

struct shape;

struct field {
	const char *name;
	enum field_type type;
	unsigned flags;
	size_t offset;
	int64_t min; /* characters of a text, value of a number, entries of a list */
	int64_t max;
	const char *const *values; /* NULL-terminated */
	const struct shape *of;
	/* NULL when the text will do, else what is wrong with it: half a sentence that follows the
	 * field's name. Not asked about null. */
	const char *(*check)(struct view text);
	const char *doc;
};

struct shape {
	const char *name; /* in the OpenAPI document */
	size_t size;
	const struct field *fields;
	size_t nfields;
};

#define SHAPE(cname, type, table)                                                                  \
	{ cname, sizeof(type), table, sizeof(table) / sizeof((table)[0]) }

struct shape_fault {
	char field[SHAPE_PATH_MAX]; /* empty when the document as a whole is wrong */
	char detail[SHAPE_DETAIL_MAX];
};

/* Reads `text` into the struct of the shape, which is zeroed first; what it points at is in the
 * arena. -EBADMSG: not JSON, or not strict. -EINVAL: a field is wrong. Both fill *ret_fault.
 * -ENOMEM. Cost: linear in the text, and fields × names of each object. */
[[nodiscard]] int shape_read(const struct shape *shape, struct view text, struct arena *arena,
			     void *ret_struct, struct shape_fault *ret_fault);
void shape_print(const struct shape *shape, const void *from, struct json *j);
/* The same without the fields of FIELD_SECRET, inner ones too. */
void shape_print_open(const struct shape *shape, const void *from, struct json *j);
/* The struct's member behind a field of that name and type; NULL without one. */
const void *shape_member(const struct shape *shape, const void *from, const char *name,
			 enum field_type type);
/* The JSON schema (draft 2020-12, as OpenAPI 3.1 wants it). Inner shapes are references to
 * #/components/schemas/NAME. */
void shape_schema(const struct shape *shape, struct json *j);
