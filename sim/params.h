/* sim/params.h - parameters of a request: the query and an urlencoded body, decoded.
 * Pure; owns its bytes. */
#pragma once
#include "base/buf.h"

enum { PARAMS_COUNT_MAX = 16, PARAMS_BYTES_MAX = 4096 };

struct params {
	struct {
		struct view name, value; /* into bytes */
	} items[PARAMS_COUNT_MAX];
	size_t count, used;
	char bytes[PARAMS_BYTES_MAX];
};

/* Adds a=b&c=d, percent and plus decoded. 0; -E2BIG; -EINVAL for a broken escape. */
[[nodiscard]] int params_add(struct params *p, struct view text);
/* Empty view when absent; the first one counts. */
struct view params_get(const struct params *p, const char *name);
/* 0; -ENOENT when absent; -EINVAL or -ERANGE when it is no number up to max. */
[[nodiscard]] int params_number(const struct params *p, const char *name, uint64_t max,
				uint64_t *ret_value);
