/* base/json.h - JSON written by appending to a buf (RFC 8259). Reading is jansson's.
 *
 * Commas are the writer's business. A value inside an object follows json_key; errors are those of
 * the buf. Bytes that are not UTF-8 become U+FFFD, so the output is always valid. */
#pragma once
#include "base/buf.h"

struct json {
	struct buf *out;
	bool comma; /* the next value or key needs one before it */
};

#define JSON_TO(buf_ptr) ((struct json){ .out = (buf_ptr) })

void json_open(struct json *j);        /* { */
void json_close(struct json *j);       /* } */
void json_list_open(struct json *j);   /* [ */
void json_list_close(struct json *j);  /* ] */
void json_key(struct json *j, const char *key);
void json_view(struct json *j, struct view v);
/* NULL gives null. */
void json_str(struct json *j, const char *cstr);
void json_int(struct json *j, int64_t value);
void json_bool(struct json *j, bool value);
void json_nil(struct json *j); /* null; the plain name is jansson's */
/* An id: a 64-bit number as a string, because JavaScript's numbers end at 2^53. */
void json_id(struct json *j, int64_t id);
/* Well-formed UTF-8 (Unicode table 3-7) without control characters. */
bool json_is_text(struct view v);
