/* base/conf.h - the configuration, from one table: file, environment, flags, sample and man page.
 *
 * A file has lines `key = value`, empty lines and `#` comments. The environment names are PREFIX_KEY
 * in capitals, flags are --key VALUE or --key=VALUE, both with - for _. Later sources win: defaults,
 * file, environment, flags. An unknown key or a bad value is refused with its place and what is
 * allowed; nothing is half taken over: on failure the caller ends. Only an unknown name in the
 * environment is no more than warned of: what starts a program puts names there that are not ours. */
#pragma once
#include <stdbool.h>
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
	const char *words; /* CONF_ENUM: "text json"; CONF_TEXT: what fits, in words */
	const char *doc; /* one sentence, without a full stop */
	bool (*fits)(const char *value); /* CONF_TEXT; NULL: every text does */
};

struct conf_table {
	const char *prefix; /* of the environment: "VESTIBULE" */
	const char *file_flag; /* "config": the flag that names the file, taken before; NULL: none */
	const struct conf_option *options;
	size_t n;
	bool part; /* of another program's table: unknown keys and names are that program's */
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
/* The value of the table's file_flag in argv, NULL without it: it comes before everything. */
const char *conf_file_peek(const struct conf_table *table, int argc, char *const *argv);
/* A file with every option at its default, explained. */
void conf_sample(const struct conf_table *table, struct buf *out);
/* The flags, a line or two each, for --help. */
void conf_help(const struct conf_table *table, struct buf *out);
/* The options as roff for a man page. */
void conf_man(const struct conf_table *table, struct buf *out);
