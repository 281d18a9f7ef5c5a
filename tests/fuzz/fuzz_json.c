/* Any bytes as a text of JSON: jansson reads what was printed, and reads what was meant when they
 * are text. */
#include "base/json.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void print(struct buf *out, struct view text, int64_t number)
{
	struct json j = JSON_TO(out);

	json_open(&j);
	json_key(&j, "list");
	json_list_open(&j);
	json_int(&j, number);
	json_id(&j, number);
	json_bool(&j, number & 1);
	json_nil(&j);
	json_list_close(&j);
	json_key(&j, "text");
	json_view(&j, text);
	json_close(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(8 * n + 256);
	const struct view text = { (const char *)data, n };
	const json_t *read;
	int64_t number = 0;
	json_t *root;

	memcpy(&number, data, n < sizeof(number) ? n : sizeof(number));
	print(&out, text, number);
	root = out.err ? NULL
		       : json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	read = json_object_get(root, "text");
	if (!read || json_integer_value(json_array_get(json_object_get(root, "list"), 0)) != number)
		abort();
	if (json_is_text(text) &&
	    !view_eq(text, (struct view){ json_string_value(read), json_string_length(read) }))
		abort();
	json_decref(root);
	return 0;
}
