/* base/conf.h - the configuration, from one table: file, environment, flags, sample and man page.
 *
 * A file has lines `key = value`, empty lines and `#` comments. The environment names are PREFIX_KEY
 * in capitals, flags are --key VALUE or --key=VALUE, both with - for _. Later sources win: defaults,
 * file, environment, flags. An unknown key or a bad value is refused with its place and what is
 * allowed; nothing is half taken over: on failure the caller ends. */
#pragma once
#include <stddef.h>
#include "base/err.h"
#include "base/mem.h"

enum { CONF_FILE_MAX = 64 * 1024, CONF_LINES_MAX = 1000 };

enum conf_type {
	CONF_TEXT, /* const char * */
	CONF_BOOL, /* bool: yes, no */
	CONF_INT,  /* int64_t between min and max */
	CONF_ENUM, /* const char *: one of the words */
};

struct conf_option {
	const char *key; /* lower case and _ */
	enum conf_type type;
	size_t offset; /* in the caller's struct */
	const char *value; /* default; NULL: none, the text stays NULL */
	int64_t min, max;
	const char *words; /* CONF_ENUM: "text json" */
	const char *doc; /* one sentence, without a full stop */
};

struct conf_table {
	const char *prefix; /* of the environment: "VESTIBULE" */
	const struct conf_option *options;
	size_t n;
};

/* Texts go into the arena. */
[[nodiscard]] int conf_defaults(const struct conf_table *table, void *conf, struct arena *arena,
				struct err *err);
[[nodiscard]] int conf_file(const struct conf_table *table, void *conf, struct arena *arena,
			    const char *path, struct err *err);
[[nodiscard]] int conf_environment(const struct conf_table *table, void *conf, struct arena *arena,
				   char *const *environment, struct err *err);
/* argv[0] is not looked at. */
[[nodiscard]] int conf_flags(const struct conf_table *table, void *conf, struct arena *arena, int argc,
			     char *const *argv, struct err *err);
/* The value of --NAME in argv, NULL without it: for --config, which comes before everything. */
const char *conf_flag_peek(int argc, char *const *argv, const char *name);
/* A file with every option at its default, explained. */
void conf_sample(const struct conf_table *table, struct buf *out);
/* The options as roff for a man page. */
void conf_man(const struct conf_table *table, struct buf *out);
