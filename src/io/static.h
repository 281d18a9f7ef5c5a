/* io/static.h - a folder of files, read once into memory, answered with ETag and compressed copies.
 *
 * FILE.gz beside FILE is its compressed copy. Files below assets/ carry their hash in the name and may
 * be kept for ever by browsers; everything else is asked for again. A path without a file is a page
 * of the one-page portal: index.html. What is not in memory cannot be asked for, so no path leads
 * out of the folder. */
#pragma once
#include "io/http.h"

enum {
	STATIC_FILES_MAX = 1000,
	STATIC_FILE_MAX = 8 * 1024 * 1024, /* bytes */
	STATIC_DEPTH_MAX = 4,              /* folders */
};

struct statics;

/* policy: the Content-Security-Policy of pages; stays the caller's. */
[[nodiscard]] int static_load(const char *folder, const char *policy, struct err *err,
			      struct statics **ret_statics);
void static_free(struct statics *s);
/* GET and HEAD; anything else 405. For api_conf.page: arg is the statics. */
void static_reply(void *arg, struct http_exchange *x);
