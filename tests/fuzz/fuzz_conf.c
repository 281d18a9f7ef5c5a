/* A configuration: a file behind 'f', the environment behind 'e', flags behind 'a', the latter two
 * as texts with a NUL between them. What is taken over is within its limits; what is not is
 * explained. */
#include "base/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TEXTS_MAX = 64, MIN = -5, MAX = 70000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct settings {
	const char *text, *word;
	bool on;
	int64_t number;
};

static const struct conf_option options[] = {
	{ "log_file", CONF_TEXT, offsetof(struct settings, text), NULL, .doc = "Text" },
	{ "log", CONF_ENUM, offsetof(struct settings, word), "text", .words = "text json",
	  .doc = "Word" },
	{ "open", CONF_BOOL, offsetof(struct settings, on), "no", .doc = "Whether" },
	{ "number", CONF_INT, offsetof(struct settings, number), "7", MIN, MAX, .doc = "How many" },
};
static const struct conf_table table = { "VESTIBULE", "config", options,
					 sizeof(options) / sizeof(options[0]) };

static int from_file(struct settings *s, struct arena *arena, struct view text, struct err *err)
{
	const int fd = memfd_create("conf", MFD_CLOEXEC);
	char path[64];
	int rc;

	if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = conf_file(&table, s, arena, path, err);
	close(fd);
	return rc;
}

static int from_texts(struct settings *s, struct arena *arena, struct view rest, bool flags,
		      struct err *err)
{
	char *texts[TEXTS_MAX + 2] = { "vestibuled" };
	int n = 1;

	for (; n <= TEXTS_MAX && rest.n > 0; n++) {
		texts[n] = arena_dup(arena, view_cut(rest, '\0', &rest));
		if (!texts[n])
			abort();
	}
	conf_file_peek(&table, n, texts);
	return flags ? conf_flags(&table, s, arena, n, texts, err)
		     : conf_environment(&table, s, arena, texts, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	const struct view rest = { (const char *)data + (n > 0), n ? n - 1 : 0 };
	struct settings s = {};
	struct err err = {};
	int rc;

	if (n == 0 || conf_defaults(&table, &s, &arena, &err) < 0)
		return 0;
	if (data[0] == 'f')
		rc = from_file(&s, &arena, rest, &err);
	else
		rc = from_texts(&s, &arena, rest, data[0] == 'a', &err);
	if (rc < 0 && (!err.text[0] || err.code != rc))
		abort();
	if (s.number < MIN || s.number > MAX || (strcmp(s.word, "text") && strcmp(s.word, "json")))
		abort();
	return 0;
}
