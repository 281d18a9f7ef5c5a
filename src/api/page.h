/* api/page.h - the files of portal and app, read into memory at the start and answered from there.
 *
 * Beside FILE may lie FILE.br and FILE.gz: the same, compressed, for browsers that take it. A path
 * that names no file, and does not look like one, is a page of the portal: index.html shows it; below
 * app/ it is one of the app, and app/index.html does.
 *
 * Immutable after page_open; any thread. Cost of an answer: two look-ups. */
#pragma once
#include "base/err.h"
#include "io/http.h"

enum {
	PAGE_FILES_MAX = 1000,
	PAGE_FILE_MAX = 8 * 1024 * 1024, /* bytes */
	PAGE_FIELDS_MAX = 12,
};

struct pages;

/* -ENOENT without an index.html; -ENOSPC, -EFBIG beyond the limits. */
[[nodiscard]] int pages_open(const char *folder, struct err *err, struct pages **ret_pages);
void pages_free(struct pages *p);

struct page_ask {
	struct view method;
	struct view path;
	struct view accept_encoding;
	struct view if_none_match;
	bool secure;
};

struct page_answer {
	unsigned status;
	struct http_field fields[PAGE_FIELDS_MAX];
	size_t nfields;
	struct view body; /* the pages' */
};

struct page_answer pages_answer(const struct pages *p, const struct page_ask *ask);
