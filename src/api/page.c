#include "api/page.h"

#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"

#include <errno.h>
#include <fts.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TAG_BYTES = 12, TAG_SIZE = 2 * TAG_BYTES + 3 };

struct file {
	struct map_node node;
	char *path; /* as it is asked for: /assets/app.js */
	char *body;
	size_t size;
	char tag[TAG_SIZE]; /* quoted */
};

struct pages {
	struct map files;
};

static const struct {
	const char *end;
	const char *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },     { ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },       { ".svg", "image/svg+xml" },
	{ ".json", "application/json" },             { ".png", "image/png" },
	{ ".ico", "image/x-icon" },                  { ".woff2", "font/woff2" },
	{ ".webmanifest", "application/manifest+json" }, { ".txt", "text/plain; charset=utf-8" },
};

static const char page_policy[] =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
	"connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; "
	"form-action 'self'; frame-ancestors 'none'";

static void file_free(struct file *file)
{
	if (!file)
		return;
	free(file->path);
	free(file->body);
	free(file);
}

static void file_drop(struct map_node *node, void *pages)
{
	map_remove(&((struct pages *)pages)->files, node);
	file_free(CONTAINER_OF(node, struct file, node));
}

void pages_free(struct pages *p)
{
	if (!p)
		return;
	map_each(&p->files, file_drop, p);
	map_free(&p->files);
	free(p);
}

static const struct file *file_get(const struct pages *p, struct view path)
{
	const struct map_node *node = map_get(&p->files, path);

	return node ? CONTAINER_OF(node, struct file, node) : NULL;
}

static int file_read(struct file *file, const char *path, size_t size)
{
	FILE *from = fopen(path, "re");
	size_t n;

	if (!from)
		return -errno;
	file->body = malloc(size + 1);
	n = file->body ? fread(file->body, 1, size, from) : 0;
	fclose(from);
	file->size = n;
	if (!file->body)
		return -ENOMEM;
	return n == size ? 0 : -EIO;
}

static void file_tag(struct file *file)
{
	unsigned char hash[crypto_generichash_BYTES];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)file->body, file->size, NULL, 0);
	file->tag[0] = '"';
	sodium_bin2hex(file->tag + 1, 2 * TAG_BYTES + 1, hash, TAG_BYTES);
	strcpy(file->tag + TAG_SIZE - 2, "\"");
}

static int file_add(struct pages *p, const char *path, size_t folder_n, size_t size)
{
	struct file *file = calloc(1, sizeof(*file));
	int rc;

	if (!file)
		return -ENOMEM;
	if (p->files.count == PAGE_FILES_MAX)
		rc = -ENOSPC;
	else
		rc = size > PAGE_FILE_MAX ? -EFBIG : file_read(file, path, size);
	if (rc == 0) {
		file->path = strdup(path + folder_n);
		rc = file->path ? map_put(&p->files, &file->node, view_str(file->path)) : -ENOMEM;
	}
	if (rc < 0)
		file_free(file);
	else
		file_tag(file);
	return rc;
}

static int read_folder(struct pages *p, const char *folder, struct err *err)
{
	char *const roots[] = { (char *)(uintptr_t)folder, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *one;
	int rc = tree ? 0 : -errno;

	while (rc == 0 && (one = fts_read(tree))) {
		if (one->fts_info == FTS_F)
			rc = file_add(p, one->fts_path, strlen(folder), (size_t)one->fts_statp->st_size);
		if (rc < 0)
			err_set(err, rc, "%s: %s", one->fts_path, strerror(-rc));
	}
	if (tree)
		fts_close(tree);
	return rc;
}

int pages_open(const char *folder, struct err *err, struct pages **ret_pages)
{
	CLEANUP(mem_free_ptr) char *plain = strdup(folder);
	struct pages *p = calloc(1, sizeof(*p));
	int rc;

	if (!p || !plain) {
		free(p);
		return err_set(err, -ENOMEM, "no memory for the pages");
	}
	for (size_t n = strlen(plain); n > 1 && plain[n - 1] == '/'; n--)
		plain[n - 1] = '\0';
	map_init(&p->files);
	rc = read_folder(p, plain, err);
	if (rc == 0 && !file_get(p, VIEW("/index.html")))
		rc = err_set(err, -ENOENT, "%s: no index.html", plain);
	if (rc < 0) {
		pages_free(p);
		return rc;
	}
	*ret_pages = p;
	return 0;
}

/* q=0, q=0.0 … : "not this one" (RFC 9110 section 12.4.2). */
static bool is_refused(struct view parameters)
{
	struct view q;
	const struct view name = view_trim(view_cut(parameters, '=', &q));

	q = view_trim(q);
	if (!view_ieq(name, VIEW("q")) || q.n == 0)
		return false;
	for (size_t i = 0; i < q.n; i++)
		if (q.p[i] != '0' && q.p[i] != '.')
			return false;
	return true;
}

static bool takes(struct view accept_encoding, struct view coding)
{
	while (accept_encoding.n > 0) {
		struct view parameters;
		const struct view one = view_cut(accept_encoding, ',', &accept_encoding);
		const struct view name = view_trim(view_cut(one, ';', &parameters));
		if (view_ieq(name, coding))
			return !is_refused(parameters);
	}
	return false;
}

static const struct file *variant(const struct pages *p, const struct file *plain, const char *end)
{
	char path[256];
	const int n = snprintf(path, sizeof(path), "%s%s", plain->path, end);

	return n > 0 && (size_t)n < sizeof(path) ? file_get(p, view_str(path)) : NULL;
}

static bool ends_with(struct view v, struct view end)
{
	return v.n >= end.n && view_eq((struct view){ v.p + v.n - end.n, end.n }, end);
}

static const char *type_of(const struct file *file)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (ends_with(view_str(file->path), view_str(types[i].end)))
			return types[i].type;
	return "application/octet-stream";
}

/* No page of portal or app has a dot in its path, and nothing of assets/ is one. */
static bool looks_like_file(struct view path)
{
	return view_starts(path, VIEW("/assets/")) || memchr(path.p, '.', path.n);
}

static const struct file *find(const struct pages *p, struct view path)
{
	const struct file *file = file_get(p, path);

	if (!file && path.n > 0 && !looks_like_file(path))
		file = file_get(p, view_starts(path, VIEW("/app/")) ? VIEW("/app/index.html")
								    : VIEW("/index.html"));
	return file;
}

static void add(struct page_answer *a, const char *name, const char *value)
{
	a->fields[a->nfields++] = (struct http_field){ name, value };
}

static void add_guards(struct page_answer *a, const struct page_ask *ask)
{
	add(a, "Content-Security-Policy", page_policy);
	add(a, "Referrer-Policy", "same-origin");
	add(a, "X-Content-Type-Options", "nosniff");
	if (ask->secure)
		add(a, "Strict-Transport-Security", "max-age=31536000");
}

static bool has_tag(struct view if_none_match, const char *tag)
{
	while (if_none_match.n > 0) {
		struct view one = view_trim(view_cut(if_none_match, ',', &if_none_match));
		if (view_starts(one, VIEW("W/")))
			one = (struct view){ one.p + 2, one.n - 2 };
		if (view_eq(one, VIEW("*")) || view_eq(one, view_str(tag)))
			return true;
	}
	return false;
}

/* Names below assets/ carry a hash of their content: what they name never changes. */
static void add_file(struct page_answer *a, const struct pages *p, const struct page_ask *ask,
		     const struct file *plain)
{
	const struct file *br = variant(p, plain, ".br"), *gz = variant(p, plain, ".gz");
	const struct file *shown = plain;

	if (br && takes(ask->accept_encoding, VIEW("br")))
		shown = br;
	else if (gz && takes(ask->accept_encoding, VIEW("gzip")))
		shown = gz;
	add(a, "Content-Type", type_of(plain));
	add(a, "Cache-Control", view_starts(view_str(plain->path), VIEW("/assets/"))
					? "public, max-age=31536000, immutable"
					: "no-cache");
	add(a, "ETag", shown->tag);
	add(a, "Vary", "Accept-Encoding");
	a->status = has_tag(ask->if_none_match, shown->tag) ? 304 : 200;
	if (a->status == 304)
		return;
	if (shown != plain)
		add(a, "Content-Encoding", shown == br ? "br" : "gzip");
	a->body = (struct view){ shown->body, shown->size };
}

struct page_answer pages_answer(const struct pages *p, const struct page_ask *ask)
{
	const struct file *file = find(p, ask->path);
	struct page_answer a = {};

	add_guards(&a, ask);
	if (!file) {
		a.status = 404;
	} else if (view_eq(ask->path, VIEW("/app"))) {
		a.status = 308; /* the app's worker serves only what lies below its folder */
		add(&a, "Location", "/app/");
	} else if (!view_eq(ask->method, VIEW("GET")) && !view_eq(ask->method, VIEW("HEAD"))) {
		a.status = 405;
		add(&a, "Allow", "GET, HEAD");
	} else {
		add_file(&a, p, ask, file);
	}
	return a;
}
