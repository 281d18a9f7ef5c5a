/* sim/params.h - parameters of a request: the query and the fields of a form, decoded.
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
/* Adds the parts of multipart/form-data (RFC 7578), bytes as they are; their file names and types
 * are of no interest. 0; -E2BIG; -EINVAL for a body that is not in that form. */
[[nodiscard]] int params_add_multipart(struct params *p, struct view body, struct view boundary);
/* A Content-Type without its parameters. */
struct view params_media_type(struct view content_type);
/* The boundary of multipart/form-data; empty for any other type, and for one that is none. */
struct view params_boundary(struct view content_type);
/* Empty view when absent; the first one counts. */
struct view params_get(const struct params *p, const char *name);
/* 0; -ENOENT when absent; -EINVAL or -ERANGE when it is no number up to max. */
[[nodiscard]] int params_number(const struct params *p, const char *name, uint64_t max,
				uint64_t *ret_value);
