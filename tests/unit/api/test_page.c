#include "api/page.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *path, *text;
} files[] = {
	{ "index.html", "<!doctype html>" },
	{ "index.html.br", "BR" },
	{ "index.html.gz", "GZIP" },
	{ "icon.svg", "<svg/>" },
	{ "assets/app-1.js", "x" },
	{ "assets/app-1.js.gz", "GX" },
	{ "app/index.html", "<!doctype app>" },
	{ "app/sw.js", "worker" },
};

static const char *const folders[] = { "assets", "app" };

struct fixture {
	char folder[64];
	struct pages *pages;
};

static void path_of(const struct fixture *f, const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", f->folder, name);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = {};
	char path[128];

	assert_non_null(f);
	strcpy(f->folder, "/tmp/vestibule-page.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		path_of(f, folders[i], path);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		path_of(f, files[i].path, path);
		FILE *to = fopen(path, "we");
		assert_non_null(to);
		fputs(files[i].text, to);
		fclose(to);
	}
	path_of(f, "", path); /* with a slash at its end */
	assert_int_equal(pages_open(path, &err, &f->pages), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char path[128];

	pages_free(f->pages);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		path_of(f, files[i].path, path);
		unlink(path);
	}
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		path_of(f, folders[i], path);
		rmdir(path);
	}
	rmdir(f->folder);
	free(f);
	return 0;
}

static struct page_answer get(const struct fixture *f, const char *path, const char *accept,
			      const char *tag)
{
	const struct page_ask ask = { VIEW("GET"), view_str(path), view_str(accept), view_str(tag),
				      false };

	return pages_answer(f->pages, &ask);
}

static const char *field(const struct page_answer *a, const char *name)
{
	for (size_t i = 0; i < a->nfields; i++)
		if (strcmp(a->fields[i].name, name) == 0)
			return a->fields[i].value;
	return "";
}

static void body_is(struct page_answer a, const char *text)
{
	assert_int_equal(a.status, 200);
	assert_true(view_eq(a.body, view_str(text)));
}

static void pages_are_the_index_and_files_are_themselves(void **state)
{
	const struct fixture *f = *state;
	struct page_answer a;

	body_is(get(f, "/", NULL, NULL), "<!doctype html>");
	body_is(get(f, "/sites/1/devices", NULL, NULL), "<!doctype html>");
	body_is(get(f, "/icon.svg", "gzip, br", NULL), "<svg/>");
	a = get(f, "/assets/app-1.js", NULL, NULL);
	body_is(a, "x");
	assert_string_equal(field(&a, "Content-Type"), "text/javascript; charset=utf-8");
	assert_non_null(strstr(field(&a, "Cache-Control"), "immutable"));
	a = get(f, "/", NULL, NULL);
	assert_string_equal(field(&a, "Cache-Control"), "no-cache");
}

/* A worker that browsers kept would keep the app old. */
static void the_app_has_an_index_of_its_own(void **state)
{
	const struct fixture *f = *state;
	struct page_answer a = get(f, "/app/sw.js", NULL, NULL);

	body_is(a, "worker");
	assert_string_equal(field(&a, "Cache-Control"), "no-cache");
	assert_string_equal(field(&a, "Content-Type"), "text/javascript; charset=utf-8");
	body_is(get(f, "/app/", NULL, NULL), "<!doctype app>");
	body_is(get(f, "/app/calls/7", NULL, NULL), "<!doctype app>");
	body_is(get(f, "/apples", NULL, NULL), "<!doctype html>");
	assert_int_equal(get(f, "/app/none.js", NULL, NULL).status, 404);
	a = get(f, "/app", NULL, NULL);
	assert_int_equal(a.status, 308);
	assert_string_equal(field(&a, "Location"), "/app/");
}

/* Scripts and styles are files of ours, never part of a page; nothing comes from elsewhere. */
static void no_page_runs_what_stands_in_it(void **state)
{
	static const char *const paths[] = {
		"/", "/sites/1/devices", "/assets/app-1.js", "/icon.svg", "/app/", "/app/sw.js"
	};
	static const char *const wanted[] = { "default-src 'none'; ",  " script-src 'self'; ",
					      " style-src 'self'; ",   " base-uri 'none'; ",
					      " form-action 'self'; ", " frame-ancestors 'none'" };
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct page_answer a = get(f, paths[i], NULL, NULL);
		const char *policy = field(&a, "Content-Security-Policy");

		for (size_t k = 0; k < sizeof(wanted) / sizeof(wanted[0]); k++)
			assert_non_null(strstr(policy, wanted[k]));
		assert_null(strstr(policy, "unsafe"));
		assert_null(strstr(policy, "http"));
		assert_null(strchr(policy, '*'));
		assert_string_equal(field(&a, "X-Content-Type-Options"), "nosniff");
	}
}

static void what_is_no_file_is_not_found(void **state)
{
	static const char *const paths[] = { "/app.js", "/assets/other", "/assets/", "/../etc/passwd",
					     "/sites/..", "/index.html/x.y", "" };
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(get(f, paths[i], NULL, NULL).status, 404);
}

static void compressed_copies_go_to_who_takes_them(void **state)
{
	const struct fixture *f = *state;
	struct page_answer a = get(f, "/", "gzip, deflate, br", NULL);

	body_is(a, "BR");
	assert_string_equal(field(&a, "Content-Encoding"), "br");
	assert_string_equal(field(&a, "Content-Type"), "text/html; charset=utf-8");
	assert_string_equal(field(&a, "Vary"), "Accept-Encoding");
	body_is(get(f, "/", "GZIP;q=0.5", NULL), "GZIP");
	body_is(get(f, "/", "br;q=0, gzip", NULL), "GZIP");
	body_is(get(f, "/", "br;q=0.000, gzip; q=0", NULL), "<!doctype html>");
	body_is(get(f, "/assets/app-1.js", "br, gzip", NULL), "GX");
}

static void a_page_that_one_has_is_not_sent_again(void **state)
{
	const struct fixture *f = *state;
	const struct page_answer plain = get(f, "/", NULL, NULL), br = get(f, "/", "br", NULL);
	char tags[128];

	assert_string_not_equal(field(&plain, "ETag"), field(&br, "ETag"));
	snprintf(tags, sizeof(tags), "\"x\", W/%s", field(&br, "ETag"));
	struct page_answer again = get(f, "/", "br", tags);
	assert_int_equal(again.status, 304);
	assert_int_equal(again.body.n, 0);
	assert_string_equal(field(&again, "ETag"), field(&br, "ETag"));
	assert_int_equal(get(f, "/", NULL, tags).status, 200);
	assert_int_equal(get(f, "/", NULL, "*").status, 304);
}

static void only_get_and_head(void **state)
{
	const struct fixture *f = *state;
	const struct page_ask post = { .method = VIEW("POST"), .path = VIEW("/"), .secure = true };
	struct page_answer a = pages_answer(f->pages, &post);

	assert_int_equal(a.status, 405);
	assert_string_equal(field(&a, "Allow"), "GET, HEAD");
	assert_string_equal(field(&a, "Strict-Transport-Security"), "max-age=31536000");
}

static void a_folder_without_index_is_refused(void **state)
{
	const struct fixture *f = *state;
	struct err err = {};
	struct pages *pages;
	char path[128];

	path_of(f, "assets", path);
	assert_int_equal(pages_open(path, &err, &pages), -ENOENT);
	assert_non_null(strstr(err.text, "no index.html"));
	path_of(f, "nowhere", path);
	assert_true(pages_open(path, &err, &pages) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(pages_are_the_index_and_files_are_themselves),
		TEST(the_app_has_an_index_of_its_own),
		TEST(no_page_runs_what_stands_in_it),
		TEST(what_is_no_file_is_not_found),
		TEST(compressed_copies_go_to_who_takes_them),
		TEST(a_page_that_one_has_is_not_sent_again),
		TEST(only_get_and_head),
		TEST(a_folder_without_index_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
