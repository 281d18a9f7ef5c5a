#include "io/static.h"

#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ETAG_SIZE = 24 };

struct file {
	struct map_node node;
	char *path; /* "/assets/app.js"; ".gz" copies are files of their own */
	struct buf bytes;
	char etag[ETAG_SIZE];
	const struct file *packed; /* its .gz, NULL without */
};

struct statics {
	const char *policy;
	struct map files;
	const struct file *index;
};

static const struct {
	const char *ending, *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" }, { ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },   { ".json", "application/json" },
	{ ".svg", "image/svg+xml" },             { ".png", "image/png" },
	{ ".webmanifest", "application/manifest+json" }, { ".woff2", "font/woff2" },
};

static bool ends(const char *text, const char *ending)
{
	const size_t n = strlen(text), e = strlen(ending);

	return n >= e && strcmp(text + n - e, ending) == 0;
}

static const char *type_of(const char *path)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (ends(path, types[i].ending))
			return types[i].type;
	}
	return "application/octet-stream";
}

static void file_free(struct map_node *node, void *)
{
	struct file *f = CONTAINER_OF(node, struct file, node);

	buf_free(&f->bytes);
	free(f->path);
	free(f);
}

static int read_bytes(const char *name, struct buf *out)
{
	char part[16384];
	FILE *in = fopen(name, "re");
	size_t n;
	int rc;

	if (!in)
		return -errno;
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		buf_add(out, (struct view){ part, n });
	rc = ferror(in) ? -EIO : out->err;
	fclose(in);
	return rc;
}

static void tag(struct file *f)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	EVP_Digest(f->bytes.p ? f->bytes.p : "", f->bytes.n, digest, &n, EVP_sha256(), NULL);
	f->etag[0] = '"';
	for (int i = 0; i < 10; i++)
		snprintf(f->etag + 1 + 2 * i, 3, "%02x", digest[i]);
	memcpy(f->etag + 21, "\"", 2);
}

static int load_file(struct statics *s, const char *name, const char *path)
{
	struct file *f = calloc(1, sizeof(*f));
	int rc;

	if (!f)
		return -ENOMEM;
	f->bytes = BUF_INIT(STATIC_FILE_MAX);
	f->path = strdup(path);
	rc = f->path ? read_bytes(name, &f->bytes) : -ENOMEM;
	if (rc == 0 && s->files.count >= STATIC_FILES_MAX)
		rc = -E2BIG;
	if (rc == 0)
		rc = map_put(&s->files, &f->node, view_str(f->path));
	if (rc < 0)
		file_free(&f->node, NULL);
	else
		tag(f);
	return rc;
}

static int load_folder(struct statics *s, const char *folder, const char *prefix, int depth)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int rc = 0;

	if (!dir)
		return -errno;
	while (rc == 0 && (entry = readdir(dir))) {
		AUTO_FREE char *name = NULL, *path = NULL;
		struct stat st;

		if (entry->d_name[0] == '.' || ends(entry->d_name, ".br"))
			continue;
		if (asprintf(&name, "%s/%s", folder, entry->d_name) < 0 ||
		    asprintf(&path, "%s/%s", prefix, entry->d_name) < 0)
			rc = -ENOMEM;
		else if (stat(name, &st) < 0)
			rc = -errno;
		else if (S_ISDIR(st.st_mode))
			rc = depth < STATIC_DEPTH_MAX ? load_folder(s, name, path, depth + 1) : -ELOOP;
		else if (S_ISREG(st.st_mode))
			rc = load_file(s, name, path);
	}
	closedir(dir);
	return rc;
}

static struct file *find(const struct statics *s, struct view path)
{
	struct map_node *node = map_get(&s->files, path);

	return node ? CONTAINER_OF(node, struct file, node) : NULL;
}

static void pair(struct map_node *node, void *arg)
{
	struct file *f = CONTAINER_OF(node, struct file, node);
	AUTO_FREE char *name = NULL;

	if (asprintf(&name, "%s.gz", f->path) >= 0)
		f->packed = find(arg, view_str(name));
}

int static_load(const char *folder, const char *policy, struct err *err, struct statics **ret_statics)
{
	struct statics *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return err_set(err, -ENOMEM, "no memory");
	s->policy = policy;
	map_init(&s->files);
	rc = load_folder(s, folder, "", 0);
	if (rc < 0) {
		static_free(s);
		return err_set(err, rc, "cannot read the portal in %s: %s", folder, strerror(-rc));
	}
	map_each(&s->files, pair, s);
	s->index = find(s, VIEW("/index.html"));
	if (!s->index) {
		static_free(s);
		return err_set(err, -ENOENT, "no index.html in %s: build the portal first", folder);
	}
	*ret_statics = s;
	return 0;
}

void static_free(struct statics *s)
{
	if (!s)
		return;
	map_each(&s->files, file_free, NULL);
	map_free(&s->files);
	free(s);
}

static bool takes_gzip(const struct http_exchange *x)
{
	struct view list = http_header(x, "Accept-Encoding"), rest;

	while (list.n) {
		const struct view one = view_cut(list, ',', &list);

		if (view_ieq(view_trim(view_cut(one, ';', &rest)), VIEW("gzip")))
			return !view_starts(view_trim(rest), VIEW("q=0")) ||
			       view_starts(view_trim(rest), VIEW("q=0."));
	}
	return false;
}

/* Any of the list, weakly compared (RFC 9110 section 13.1.2). */
static bool has_tag(struct view list, const char *etag)
{
	while (list.n) {
		struct view one = view_trim(view_cut(list, ',', &list));

		if (view_starts(one, VIEW("W/")))
			one = (struct view){ one.p + 2, one.n - 2 };
		if (view_eq(one, view_str(etag)) || view_eq(one, VIEW("*")))
			return true;
	}
	return false;
}

static void reply_file(const struct statics *s, struct http_exchange *x, const struct file *f)
{
	const bool gzip = f->packed && takes_gzip(x);
	const struct file *sent = gzip ? f->packed : f;
	const bool forever = view_starts(view_str(f->path), VIEW("/assets/"));
	const struct http_field fields[] = {
		{ "Content-Type", type_of(f->path) },
		{ "ETag", sent->etag },
		{ "Cache-Control", forever ? "public, max-age=31536000, immutable" : "no-cache" },
		{ "Vary", "Accept-Encoding" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Referrer-Policy", "same-origin" },
		{ "Content-Security-Policy", s->policy },
		{ "Content-Encoding", "gzip" }, /* last: left out when it is not */
	};
	const size_t n = sizeof(fields) / sizeof(fields[0]) - !gzip;

	if (has_tag(http_header(x, "If-None-Match"), sent->etag))
		http_reply(x, 304, fields + 1, n - 1, (struct view){});
	else
		http_reply(x, 200, fields, n, buf_view(&sent->bytes));
}

void static_reply(void *arg, struct http_exchange *x)
{
	static const struct http_field allow[] = { { "Allow", "GET, HEAD" } };
	static const struct http_field plain[] = { { "Content-Type", "text/plain; charset=utf-8" } };
	const struct statics *s = arg;
	const struct file *f = find(s, http_path(x));

	if (!view_eq(http_method(x), VIEW("GET")) && !view_eq(http_method(x), VIEW("HEAD")))
		http_reply(x, 405, allow, 1, (struct view){});
	else if (f && !ends(f->path, ".gz"))
		reply_file(s, x, f);
	else if (view_starts(http_path(x), VIEW("/assets/"))) /* an old page asks for an old file */
		http_reply(x, 404, plain, 1, VIEW("There is no such file.\n"));
	else
		reply_file(s, x, s->index);
}
