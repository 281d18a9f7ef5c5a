#include "base/log.h"
#include "base/mem.h"
#include "../test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/vestibule-log-XXXXXX";
static char text[3 * LOG_LINE_MAX];

/* What has been written since the last call, without the time of the line. */
static const char *written(bool as_json)
{
	FILE *in = fopen(path, "re");
	const size_t n = fread(text, 1, sizeof(text) - 1, in);

	fclose(in);
	text[n] = '\0';
	assert_int_equal(truncate(path, 0), 0);
	assert_true(n > 30);
	return text + strlen(as_json ? "{\"time\":\"2000-01-01T00:00:00.000Z\"," : "2000-01-01T00:00:00.000Z ");
}

static int setup(void **)
{
	strcpy(path, "/tmp/vestibule-log-XXXXXX");
	close(mkstemp(path));
	return 0;
}

static int teardown(void **)
{
	unlink(path);
	return 0;
}

/* What comes from the network cannot begin a line, a field or a terminal's sequence. */
static const struct view evil = VIEW("a\r\n2026 error fake=1 \x1b[2J\x7f\"\\=\xc2\x9b\xff");

static void a_line_of_text_is_one_line(void **)
{
	assert_int_equal(log_open(path, LOGL_INFO, false), 0);
	log_info("call_answered", LF_S("call", "17"), LF_I("ms", -5), LF_S("empty", ""), LF_S("two", "a b"));
	assert_string_equal(written(false), "info call_answered call=17 ms=-5 empty=\"\" two=\"a b\"\n");
	log_debug("not_written");
	log_warn("odd", LF_V("agent", evil));
	written(false);
	assert_non_null(strstr(text, " agent=\"a\\u000d\\n2026 error fake=1 \\u001b[2J"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	log_info("name", LF_S("name", "\xc2\x9b" "31m"));
	assert_string_equal(written(false), "info name name=\"\\u009b31m\"\n");
}

static void a_line_of_text_has_no_control_characters(void **)
{
	assert_int_equal(log_open(path, LOGL_INFO, false), 0);
	log_warn("odd", LF_V("agent", evil));
	written(false);
	for (const char *p = text; p[1]; p++)
		assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
	assert_null(strstr(text, "\xc2\x9b"));
	assert_null(strstr(text, "\xff"));
}

static void a_line_of_json_is_an_object(void **)
{
	assert_int_equal(log_open(path, LOGL_INFO, true), 0);
	log_error("db_failed", LF_S("statement", "x\"y"), LF_I("rc", 3));
	assert_string_equal(written(true), "\"level\":\"error\",\"event\":\"db_failed\",\"statement\":\"x\\\"y\",\"rc\":3}\n");
	log_warn("odd", LF_V("agent", evil));
	written(true);
	assert_non_null(strstr(text, "\"agent\":\"a\\u000d\\n2026 error fake=1 \\u001b[2J"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_null(strstr(text, "\xff"));
}

static void a_long_line_is_cut_at_a_field(void **)
{
	char *big = malloc(LOG_LINE_MAX + 1);

	memset(big, 'x', LOG_LINE_MAX);
	big[LOG_LINE_MAX] = '\0';
	assert_int_equal(log_open(path, LOGL_INFO, false), 0);
	log_info("long", LF_S("short", "1"), LF_S("big", big), LF_S("after", "2"));
	assert_string_equal(written(false), "info long short=1 cut=1\n");
	assert_int_equal(log_open(path, LOGL_INFO, true), 0);
	log_info("long", LF_S("short", "1"), LF_S("big", big));
	assert_string_equal(written(true), "\"level\":\"info\",\"event\":\"long\",\"short\":\"1\",\"cut\":1}\n");
	free(big);
}

static void a_file_that_cannot_be_opened_keeps_the_old_one(void **)
{
	char moved[64];

	assert_int_equal(log_open(path, LOGL_INFO, false), 0);
	assert_true(log_open("/nowhere/log", LOGL_INFO, false) < 0);
	log_info("here");
	assert_string_equal(written(false), "info here\n");
	snprintf(moved, sizeof(moved), "%s.1", path); /* as logrotate does */
	assert_int_equal(rename(path, moved), 0);
	log_info("to_the_old_file");
	assert_int_equal(log_open(path, LOGL_INFO, false), 0);
	log_info("to_the_new_file");
	assert_string_equal(written(false), "info to_the_new_file\n");
	unlink(moved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_of_text_is_one_line, setup, teardown),
		cmocka_unit_test_setup_teardown(a_line_of_text_has_no_control_characters, setup, teardown),
		cmocka_unit_test_setup_teardown(a_line_of_json_is_an_object, setup, teardown),
		cmocka_unit_test_setup_teardown(a_long_line_is_cut_at_a_field, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_cannot_be_opened_keeps_the_old_one, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
