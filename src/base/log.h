/* base/log.h - an event name and fields, as a line of text or of JSON. Never PINs, secrets or bodies.
 *
 *	log_info("call_answered", LF_S("call", id), LF_I("ms", waited));
 *
 * The one global of the program. Any thread; a line is one write(2), so lines never mix. Before
 * log_open, lines go to standard error as text. */
#pragma once
#include "base/buf.h"

enum log_level { LOGL_DEBUG, LOGL_INFO, LOGL_WARN, LOGL_ERROR };

struct log_field {
	const char *key; /* NULL ends the list */
	enum { LOG_FIELD_VIEW, LOG_FIELD_INT } type;
	struct view text;
	int64_t number;
};

enum { LOG_LINE_MAX = 4096 }; /* bytes; a longer line is cut at a field and says cut=1 */

#define LF_S(k, cstr) ((struct log_field){ .key = (k), .text = view_str(cstr) })
#define LF_V(k, v) ((struct log_field){ .key = (k), .text = (v) })
#define LF_I(k, n) ((struct log_field){ .key = (k), .type = LOG_FIELD_INT, .number = (int64_t)(n) })

/* path NULL = standard error. Called again with the same or another path it reopens (HUP) without
 * losing a line. Negative errno when the file cannot be opened; the old one stays. */
[[nodiscard]] int log_open(const char *path, enum log_level least, bool as_json);
void log_write(enum log_level level, const char *event, const struct log_field *fields);

#define LOG_AT_(level, event, ...)                                                                 \
	log_write(level, event, (const struct log_field[]){ {}, ##__VA_ARGS__, {} } + 1)
#define log_debug(event, ...) LOG_AT_(LOGL_DEBUG, event, ##__VA_ARGS__)
#define log_info(event, ...) LOG_AT_(LOGL_INFO, event, ##__VA_ARGS__)
#define log_warn(event, ...) LOG_AT_(LOGL_WARN, event, ##__VA_ARGS__)
#define log_error(event, ...) LOG_AT_(LOGL_ERROR, event, ##__VA_ARGS__)
