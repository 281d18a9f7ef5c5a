#include "server/turn.h"
#include "../test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARENA = 1 << 16 };

struct world {
	struct arena arena;
	char path[64];
	struct turn_servers servers;
	struct err err;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->arena = ARENA_INIT(ARENA);
	snprintf(w->path, sizeof(w->path), "/tmp/vestibule-turn.XXXXXX");
	*state = w;
	return mkstemp(w->path) < 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	arena_free(&w->arena);
	unlink(w->path);
	free(w);
	return 0;
}

static int secret_is(struct world *w, const char *text, mode_t mode)
{
	const struct settings s = { .turn_urls = "turn:a.example:3478, turns:b.example:5349",
				    .turn_secret_file = w->path };
	FILE *f = fopen(w->path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(w->path, mode), 0);
	return turn_read(&s, &w->arena, &w->servers, &w->err);
}

static void servers_and_their_secret_are_read(void **state)
{
	struct world *w = *state;

	assert_int_equal(secret_is(w, "north wind\nsecond line\n", 0640), 0);
	assert_int_equal(w->servers.nurls, 2);
	assert_string_equal(w->servers.urls[0], "turn:a.example:3478");
	assert_string_equal(w->servers.urls[1], "turns:b.example:5349");
	assert_true(view_eq(w->servers.secret, VIEW("north wind")));
}

static void without_settings_there_are_none(void **state)
{
	struct world *w = *state;

	w->servers.nurls = 7;
	assert_int_equal(turn_read(&(struct settings){}, &w->arena, &w->servers, &w->err), 0);
	assert_int_equal(w->servers.nurls, 0);
}

static void expect_list(const struct turn_servers *servers, const char *want)
{
	struct buf out = BUF_INIT(4096);
	struct json j = JSON_TO(&out);

	turn_print(servers, 1700000000000, VIEW("7"), &j);
	assert_string_equal(buf_cstr(&out), want);
	buf_free(&out);
}

static void browsers_are_told_of_them(void **state)
{
	struct world *w = *state;

	expect_list(&(struct turn_servers){}, "[]");
	assert_int_equal(secret_is(w, "north\n", 0600), 0);
	expect_list(&w->servers, "[{\"urls\":[\"turn:a.example:3478\",\"turns:b.example:5349\"],"
				 "\"username\":\"1700000000:7\","
				 "\"credential\":\"PPWz7PpRwxKwGzZCJzS+CZ2BJhk=\"}]");
}

static void a_bad_secret_is_named(void **state)
{
	struct world *w = *state;
	char longest[TURN_SECRET_MAX + 2] = {};

	assert_int_equal(secret_is(w, "north\n", 0644), -EPERM);
	assert_non_null(strstr(w->err.text, w->path));
	assert_int_equal(secret_is(w, "\nnorth\n", 0600), -EINVAL);
	memset(longest, 's', TURN_SECRET_MAX);
	assert_int_equal(secret_is(w, longest, 0600), 0);
	assert_int_equal(w->servers.secret.n, TURN_SECRET_MAX);
	longest[TURN_SECRET_MAX] = 's';
	assert_int_equal(secret_is(w, longest, 0600), -EINVAL);
	unlink(w->path);
	assert_int_equal(
		turn_read(&(struct settings){ .turn_urls = "turn:a", .turn_secret_file = w->path },
			  &w->arena, &w->servers, &w->err),
		-ENOENT);
	assert_int_equal(turn_read(&(struct settings){ .turn_urls = "turn:a" }, &w->arena,
				   &w->servers, &w->err),
			 -EINVAL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(servers_and_their_secret_are_read),
		T(without_settings_there_are_none),
		T(browsers_are_told_of_them),
		T(a_bad_secret_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
