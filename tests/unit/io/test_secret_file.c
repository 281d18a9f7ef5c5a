#include "io/secret_file.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOM = 8 };

static char path[] = "/tmp/vestibule-secret.XXXXXX";
static char text[ROOM];
static struct err err;

static int file_make(void **)
{
	const int fd = mkstemp(path);

	return fd < 0 || close(fd) < 0;
}

static int file_remove(void **)
{
	return unlink(path);
}

static int secret_is(const char *words, size_t n, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(words, 1, n, f), n);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
	memset(text, 'x', sizeof(text));
	return secret_file_read(path, text, sizeof(text), &err);
}

#define SECRET(words, mode) secret_is(words, sizeof(words) - 1, mode)

static void the_first_line_is_the_secret(void **)
{
	static const char *const files[] = { "seven77", "seven77\n", "seven77\r\n",
					     "seven77\nsecond line\n" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_int_equal(secret_is(files[i], strlen(files[i]), 0640), 0);
		assert_string_equal(text, "seven77");
	}
	assert_int_equal(SECRET("one\0two\n", 0600), 0);
	assert_string_equal(text, "one");
	assert_int_equal(SECRET("one\rtwo\n", 0600), 0);
	assert_string_equal(text, "one");
}

static void a_line_must_fit(void **)
{
	assert_int_equal(SECRET("eight888", 0600), -EINVAL);
	assert_string_equal(text, "");
	assert_non_null(strstr(err.text, "1 to 7 bytes"));
	assert_int_equal(SECRET("eight888\n", 0600), -EINVAL);
	assert_int_equal(SECRET("", 0600), -EINVAL);
	assert_int_equal(SECRET("\nsecond line\n", 0600), -EINVAL);
}

static void not_everybody_may_read_it(void **)
{
	assert_int_equal(SECRET("secret\n", 0644), -EPERM);
	assert_string_equal(text, "");
	assert_non_null(strstr(err.text, path));
	assert_int_equal(secret_file_read("/nowhere/secret", text, sizeof(text), &err), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_is_the_secret),
		cmocka_unit_test(a_line_must_fit),
		cmocka_unit_test(not_everybody_may_read_it),
	};

	return cmocka_run_group_tests(tests, file_make, file_remove);
}
