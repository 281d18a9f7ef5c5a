#include "base/conf.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct settings {
	const char *name, *format;
	int64_t count;
	bool open;
};

static bool fits(const char *value)
{
	return strlen(value) < 10;
}

static const struct conf_option options[] = {
	{ "full_name", CONF_TEXT, offsetof(struct settings, name), "nobody", .words = "short",
	  .doc = "Who it is", .fits = fits },
	{ "format", CONF_ENUM, offsetof(struct settings, format), "text", .words = "text json", .doc = "How" },
	{ "count", CONF_INT, offsetof(struct settings, count), "7", -1, 100, .doc = "How many" },
	{ "open", CONF_BOOL, offsetof(struct settings, open), "no", .doc = "Whether" },
};
static const struct conf_table table = { "T", "config", options, 4 };

static struct arena arena;

static int setup(void **)
{
	arena = ARENA_INIT(65536);
	return 0;
}

static int teardown(void **)
{
	arena_free(&arena);
	return 0;
}

static int file_of(const char *text, struct settings *s, struct err *err)
{
	char path[] = "/tmp/vestibule-conf-XXXXXX";
	const int fd = mkstemp(path);
	int rc;

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	rc = conf_file(&table, s, &arena, path, err);
	unlink(path);
	return rc;
}

static void later_sources_win(void **)
{
	char *const env[] = { "T_FULL_NAME=env", "T_COUNT=9", "OTHER=1", "T_UNKNOWN=1", NULL };
	char *const argv[] = { "prog", "--count", "10", "--open=yes", "--config", "x" };
	struct settings s = {};
	struct err err = {};

	assert_int_equal(conf_defaults(&table, &s, &arena, &err), 0);
	assert_string_equal(s.name, "nobody");
	assert_int_equal(file_of("# hello\n\n full_name = a = b \nformat=json\ncount = 8\n", &s, &err), 0);
	assert_string_equal(s.name, "a = b");
	assert_string_equal(s.format, "json");
	assert_int_equal(conf_environment(&table, &s, &arena, env, &err), 0);
	assert_string_equal(s.name, "env");
	assert_int_equal(conf_flags(&table, &s, &arena, 6, argv, &err), 0);
	assert_int_equal(s.count, 10);
	assert_true(s.open);
	assert_string_equal(conf_file_peek(&table, 6, argv), "x");
	assert_null(conf_file_peek(&table, 4, argv));
}

static void refused(const char *text, const char *want)
{
	struct settings s = {};
	struct err err = {};

	assert_int_equal(file_of(text, &s, &err), -EINVAL);
	if (!strstr(err.text, want))
		fail_msg("wanted %s, got %s", want, err.text);
}

static void what_is_wrong_is_named_with_its_place(void **)
{
	char *const missing[] = { "prog", "--count" }, *const unknown[] = { "prog", "--nothing", "1" };
	char *const word[] = { "prog", "word" }, *const no_file[] = { "prog", "--config" };
	char *const env[] = { "T_FULL_NAME=much too long", NULL };
	struct settings s = {};
	struct err err = {};

	refused("\nfull_nam = x\n", ":2: there is no option \"full_nam\", only: full_name format count open");
	refused("full_name = 0123456789\n", ":1: full_name is \"0123456789\", but must be short");
	refused("count = 101\n", ":1: count is \"101\", but must be a number from -1 to 100");
	refused("count = 1x\n", "must be a number");
	refused("format = xml\n", "may be one of: text json");
	refused("open = true\n", "may be yes or no");
	refused("open\n", "write key = value");
	assert_int_equal(conf_flags(&table, &s, &arena, 2, missing, &err), -EINVAL);
	assert_string_equal(err.text, "--count needs a value");
	assert_int_equal(conf_flags(&table, &s, &arena, 3, unknown, &err), -EINVAL);
	assert_string_equal(err.text, "there is no flag --nothing (--help shows all)");
	assert_int_equal(conf_flags(&table, &s, &arena, 2, word, &err), -EINVAL);
	assert_int_equal(conf_flags(&table, &s, &arena, 2, no_file, &err), -EINVAL);
	assert_string_equal(err.text, "--config needs a value");
	assert_int_equal(conf_environment(&table, &s, &arena, env, &err), -EINVAL);
	assert_string_equal(err.text, "T_FULL_NAME: full_name is \"much too long\", but must be short");
	assert_int_equal(conf_file(&table, &s, &arena, "/nowhere/x", &err), -ENOENT);
}

static void the_sample_is_a_file_that_changes_nothing(void **)
{
	struct buf out = BUF_INIT(65536);
	struct settings s = {}, d = {};
	struct err err = {};

	conf_sample(&table, &out);
	assert_int_equal(conf_defaults(&table, &s, &arena, &err), 0);
	assert_int_equal(conf_defaults(&table, &d, &arena, &err), 0);
	assert_int_equal(file_of(buf_cstr(&out), &s, &err), 0);
	assert_int_equal(s.count, d.count);
	assert_non_null(strstr(out.p, "# How many (-1 to 100).\n#count = 7\n"));
	buf_reset(&out);
	conf_help(&table, &out);
	assert_non_null(strstr(buf_cstr(&out), "  --full-name VALUE\n        Who it is (short); default: nobody\n"));
	buf_reset(&out);
	conf_man(&table, &out);
	assert_non_null(strstr(buf_cstr(&out), ".BI \\-\\-full\\-name \" VALUE\"\nWho it is (short).\nDefault: nobody.\n"));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(later_sources_win, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_wrong_is_named_with_its_place, setup, teardown),
		cmocka_unit_test_setup_teardown(the_sample_is_a_file_that_changes_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
