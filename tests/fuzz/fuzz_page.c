/* What a browser asks of the portal's files: the method, the path, Accept-Encoding and
 * If-None-Match, one a line. */
#include "api/page.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const files[] = { "/index.html",       "/index.html.gz",    "/assets/app.js",
				     "/assets/app.js.br", "/assets/app.js.gz", "/logo.svg" };
static struct pages *pages;

static void file_make(const char *folder, const char *name, bool make)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s%s", folder, name);
	fd = make ? open(path, O_WRONLY | O_CREAT, 0600) : -1;
	if (make ? fd < 0 || write(fd, name, strlen(name)) < 0 : unlink(path) < 0)
		abort();
	if (fd >= 0)
		close(fd);
}

/* The files are in memory afterwards. */
static void world_open(void)
{
	char folder[] = "/tmp/vestibule-fuzz.XXXXXX", assets[64];

	if (!mkdtemp(folder))
		abort();
	snprintf(assets, sizeof(assets), "%s/assets", folder);
	if (mkdir(assets, 0700) < 0)
		abort();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		file_make(folder, files[i], true);
	if (pages_open(folder, NULL, &pages) < 0)
		abort();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		file_make(folder, files[i], false);
	rmdir(assets);
	rmdir(folder);
}

static bool is_ours(struct view body)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (view_eq(body, view_str(files[i])))
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct view rest = { (const char *)data, n };
	struct page_ask ask = {};
	struct page_answer a;

	if (!pages)
		world_open();
	ask.method = view_line(rest, &rest);
	ask.path = view_line(rest, &rest);
	ask.accept_encoding = view_line(rest, &rest);
	ask.if_none_match = view_line(rest, &rest);
	ask.secure = rest.n > 0;
	a = pages_answer(pages, &ask);
	if (a.status != 200 && a.status != 304 && a.status != 404 && a.status != 405)
		abort();
	if (a.nfields > PAGE_FIELDS_MAX || (a.status == 200) != is_ours(a.body))
		abort();
	for (size_t i = 0; i < a.nfields; i++)
		for (const char *p = a.fields[i].value; *p; p++)
			if (*p < ' ' || *p > '~')
				abort();
	return 0;
}
