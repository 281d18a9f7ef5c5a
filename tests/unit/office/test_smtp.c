/* What the SMTP settings may be; sending itself is the wire suite's (tests/wire/mail.py). */
#include "office/smtp.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64] = "/tmp/vestibule-smtp.XXXXXX";

static int password_file(void **)
{
	const int fd = mkstemp(path);
	const bool good = fd >= 0 && write(fd, "secret\nsecond line\n", 19) == 19;

	if (fd >= 0)
		close(fd);
	return good ? 0 : -1;
}

static int remove_file(void **)
{
	return unlink(path);
}

static int try(const struct smtp_conf *conf, struct err *err)
{
	struct smtp *s = NULL;
	const int rc = smtp_open(conf, err, &s);

	smtp_close(s);
	return rc;
}

static struct smtp_conf with(const char *url)
{
	return (struct smtp_conf){ .url = url, .timeout_ms = 1000 };
}

static void an_address_names_a_server_and_no_secret(void **)
{
	static const char *const good[] = { "smtp://mail.example.com", "smtp://127.0.0.1:2525",
					    "smtps://mail.example.com:465", "smtp://[::1]:25" };
	static const char *const bad[] = { "", "mail.example.com", "http://x", "smtp://", "file:///etc/passwd",
					   "smtp://user@x", "smtp://user:secret@x", "smtp://x:99999" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct smtp_conf conf = with(good[i]);

		assert_int_equal(try(&conf, NULL), 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct smtp_conf conf = with(bad[i]);
		struct err err = {};

		if (try(&conf, &err) == 0)
			fail_msg("%s is taken", bad[i]);
		assert_null(strstr(err.text, "secret"));
	}
}

static void a_password_does_not_go_open(void **)
{
	struct smtp_conf conf = with("smtp://mail.example.com");
	struct err err = {};

	conf.user = "u";
	assert_int_equal(try(&conf, &err), -EINVAL); /* no password */
	conf.password_file = path;
	assert_int_equal(try(&conf, &err), 0);
	conf.tls = SMTP_TLS_OFFERED;
	assert_int_equal(try(&conf, &err), -EPERM);
	conf.tls = SMTP_TLS_OFF;
	assert_int_equal(try(&conf, &err), -EPERM);
	conf.url = "smtp://127.evil.example";
	assert_int_equal(try(&conf, &err), -EPERM);
	conf.url = "smtps://mail.example.com";
	assert_int_equal(try(&conf, &err), 0);
	conf.url = "smtp://127.0.0.1:25";
	assert_int_equal(try(&conf, &err), 0);
}

static void a_password_does_not_lie_open(void **)
{
	struct smtp_conf conf = with("smtp://mail.example.com");

	conf.user = "u";
	conf.password_file = path;
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(try(&conf, NULL), -EPERM);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(try(&conf, NULL), 0);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(try(&conf, NULL), -EINVAL);
	conf.password_file = "/nowhere/password";
	assert_int_equal(try(&conf, NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_names_a_server_and_no_secret),
		cmocka_unit_test(a_password_does_not_go_open),
		cmocka_unit_test(a_password_does_not_lie_open),
	};

	return cmocka_run_group_tests(tests, password_file, remove_file);
}
