#include "base/conf.h"

#include "base/log.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_TEXT_MAX = 4096 };

/* Where a value came from: "FILE:LINE", "VESTIBULE_X", "--x". */
struct place {
	char text[160];
};

/* - and _ are the same, capitals too. */
static bool same_key(struct view a, const char *key)
{
	size_t i = 0;

	for (; i < a.n && key[i]; i++) {
		const char c = a.p[i] == '-' ? '_' : (char)tolower((unsigned char)a.p[i]);

		if (c != key[i])
			return false;
	}
	return i == a.n && !key[i];
}

static const struct conf_option *option_of(const struct conf_table *t, struct view key)
{
	for (size_t i = 0; i < t->n; i++) {
		if (same_key(key, t->options[i].key))
			return &t->options[i];
	}
	return NULL;
}

static void keys_print(const struct conf_table *t, struct buf *out)
{
	for (size_t i = 0; i < t->n; i++)
		buf_printf(out, "%s%s", i ? " " : "", t->options[i].key);
}

static bool is_word(const char *words, struct view value)
{
	struct view rest = view_str(words);

	while (rest.n) {
		if (view_eq(view_cut(rest, ' ', &rest), value))
			return true;
	}
	return false;
}

static int parse_int(struct view v, int64_t min, int64_t max, int64_t *ret_value)
{
	const bool minus = v.n && v.p[0] == '-';
	uint64_t n;

	if (minus)
		v = (struct view){ v.p + 1, v.n - 1 };
	if (view_u64(v, INT64_MAX, &n) < 0)
		return -EINVAL;
	*ret_value = minus ? -(int64_t)n : (int64_t)n;
	return *ret_value < min || *ret_value > max ? -ERANGE : 0;
}

static int set_text(const struct conf_option *o, void *at, struct arena *arena, struct view value,
		    const struct place *place, struct err *err)
{
	const char *copy = arena_dup(arena, value);

	if (!copy)
		return err_set(err, -ENOMEM, "no memory");
	if (strlen(copy) != value.n || (o->fits && !o->fits(copy)))
		return err_set(err, -EINVAL, "%s: %s is \"%s\", but must be %s", place->text, o->key, copy,
			       o->words ? o->words : "text");
	memcpy(at, &copy, sizeof(copy));
	return 0;
}

static int set(const struct conf_option *o, void *conf, struct arena *arena, struct view value,
	       const struct place *place, struct err *err)
{
	void *at = (char *)conf + o->offset;
	const int n = (int)value.n;
	int64_t number;
	bool on;

	switch (o->type) {
	case CONF_TEXT:
		return set_text(o, at, arena, value, place, err);
	case CONF_BOOL:
		on = view_eq(value, VIEW("yes"));
		if (!on && !view_eq(value, VIEW("no")))
			return err_set(err, -EINVAL, "%s: %s is \"%.*s\", but may be yes or no",
				       place->text, o->key, n, value.p);
		memcpy(at, &on, sizeof(on));
		return 0;
	case CONF_INT:
		if (parse_int(value, o->min, o->max, &number) < 0)
			return err_set(err, -EINVAL,
				       "%s: %s is \"%.*s\", but must be a number from %" PRId64
				       " to %" PRId64,
				       place->text, o->key, n, value.p, o->min, o->max);
		memcpy(at, &number, sizeof(number));
		return 0;
	case CONF_ENUM:
		if (!is_word(o->words, value))
			return err_set(err, -EINVAL, "%s: %s is \"%.*s\", but may be one of: %s", place->text,
				       o->key, n, value.p, o->words);
		return set_text(o, at, arena, value, place, err);
	}
	return -EINVAL;
}

int conf_defaults(const struct conf_table *t, void *conf, struct arena *arena, struct err *err)
{
	const struct place place = { "default" };

	for (size_t i = 0; i < t->n; i++) {
		const struct conf_option *o = &t->options[i];
		const int rc = o->value ? set(o, conf, arena, view_str(o->value), &place, err) : 0;

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int set_line(const struct conf_table *t, void *conf, struct arena *arena, struct view line,
		    const struct place *place, struct err *err)
{
	struct view value;
	const struct view key = view_trim(view_cut(line, '=', &value));
	const struct conf_option *o = option_of(t, key);

	if (!memchr(line.p, '=', line.n))
		return err_set(err, -EINVAL, "%s: write key = value", place->text);
	if (!o && t->part)
		return 0;
	if (!o) {
		CLEANUP(buf_free) struct buf keys = BUF_INIT(KEYS_TEXT_MAX);

		keys_print(t, &keys);
		return err_set(err, -EINVAL, "%s: there is no option \"%.*s\", only: %s", place->text,
			       (int)key.n, key.p, buf_cstr(&keys) ? keys.p : "");
	}
	return set(o, conf, arena, view_trim(value), place, err);
}

static int read_file(const char *path, struct buf *out, struct err *err)
{
	char part[4096];
	FILE *in = fopen(path, "re");
	size_t n;

	if (!in)
		return err_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		buf_add(out, (struct view){ part, n });
	fclose(in);
	return out->err ? err_set(err, out->err, "%s is larger than %d bytes", path, CONF_FILE_MAX) : 0;
}

int conf_file(const struct conf_table *t, void *conf, struct arena *arena, const char *path,
	      struct err *err)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(CONF_FILE_MAX);
	struct view rest;
	int rc = read_file(path, &text, err);

	rest = buf_view(&text);
	for (int line = 1; rc == 0 && rest.n; line++) {
		const struct view v = view_trim(view_line(rest, &rest));
		struct place place;

		snprintf(place.text, sizeof(place.text), "%.120s:%d", path, line);
		if (line > CONF_LINES_MAX)
			return err_set(err, -EMSGSIZE, "%s: more than %d lines", place.text, CONF_LINES_MAX);
		if (v.n && v.p[0] != '#')
			rc = set_line(t, conf, arena, v, &place, err);
	}
	return rc;
}

int conf_environment(const struct conf_table *t, void *conf, struct arena *arena,
		     char *const *environment, struct err *err)
{
	const size_t n = strlen(t->prefix);
	int rc = 0;

	for (; *environment && rc == 0; environment++) {
		const struct view entry = view_str(*environment);
		struct view value, name = view_cut(entry, '=', &value);
		const struct conf_option *o;
		struct place place;

		if (name.n <= n + 1 || memcmp(name.p, t->prefix, n) != 0 || name.p[n] != '_')
			continue;
		o = option_of(t, (struct view){ name.p + n + 1, name.n - n - 1 });
		if (!o) {
			if (!t->part)
				log_warn("setting_unknown", LF_V("name", name));
			continue;
		}
		snprintf(place.text, sizeof(place.text), "%.*s", (int)name.n, name.p);
		rc = set(o, conf, arena, value, &place, err);
	}
	return rc;
}

/* argv[i] and, when the value is not joined to it, argv[i + 1]. Returns how many, or an error. */
static int split_flag(int argc, char *const *argv, int i, struct view *ret_name, struct view *ret_value,
		      struct err *err)
{
	const struct view word = view_str(argv[i]);
	const bool joined = strchr(argv[i], '=') != NULL;

	if (!view_starts(word, VIEW("--")))
		return err_set(err, -EINVAL, "\"%s\" is no flag: they begin with --", argv[i]);
	*ret_name = view_cut((struct view){ word.p + 2, word.n - 2 }, '=', ret_value);
	if (!joined && i + 1 < argc)
		*ret_value = view_str(argv[i + 1]);
	else if (!joined)
		*ret_value = (struct view){};
	return joined ? 1 : 2;
}

int conf_flags(const struct conf_table *t, void *conf, struct arena *arena, int argc, char *const *argv,
	       struct err *err)
{
	for (int i = 1; i < argc;) {
		struct view name, value;
		const int n = split_flag(argc, argv, i, &name, &value, err);
		const struct conf_option *o = n < 0 ? NULL : option_of(t, name);
		const bool file = n > 0 && t->file_flag && same_key(name, t->file_flag);
		struct place place;

		if (n < 0)
			return n;
		snprintf(place.text, sizeof(place.text), "--%.*s", (int)name.n, name.p);
		if (!o && !file)
			return err_set(err, -EINVAL, "there is no flag %s (--help shows all)", place.text);
		if (!value.p)
			return err_set(err, -EINVAL, "%s needs a value", place.text);
		if (o && set(o, conf, arena, value, &place, err) < 0)
			return -EINVAL;
		i += n;
	}
	return 0;
}

const char *conf_file_peek(const struct conf_table *t, int argc, char *const *argv)
{
	for (int i = 1; i < argc;) {
		struct view name, value;
		const int n = split_flag(argc, argv, i, &name, &value, NULL);

		if (n < 0)
			return NULL;
		if (same_key(name, t->file_flag))
			return value.p;
		i += n;
	}
	return NULL;
}

static void write_allowed(const struct conf_option *o, struct buf *out)
{
	switch (o->type) {
	case CONF_TEXT:
		if (o->words)
			buf_printf(out, " (%s)", o->words);
		break;
	case CONF_BOOL:
		buf_str(out, " (yes or no)");
		break;
	case CONF_INT:
		buf_printf(out, " (%" PRId64 " to %" PRId64 ")", o->min, o->max);
		break;
	case CONF_ENUM:
		buf_printf(out, " (one of: %s)", o->words);
		break;
	}
}

void conf_sample(const struct conf_table *t, struct buf *out)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct conf_option *o = &t->options[i];

		buf_printf(out, "# %s", o->doc);
		write_allowed(o, out);
		buf_printf(out, ".\n#%s = %s\n\n", o->key, o->value ? o->value : "");
	}
}

/* The flag's name: - for _. */
static void write_flag(const struct conf_option *o, const char *dash, struct buf *out)
{
	for (const char *p = o->key; *p; p++) {
		if (*p == '_')
			buf_str(out, dash);
		else
			buf_chr(out, *p);
	}
}

void conf_help(const struct conf_table *t, struct buf *out)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct conf_option *o = &t->options[i];

		buf_str(out, "  --");
		write_flag(o, "-", out);
		buf_printf(out, " VALUE\n        %s", o->doc);
		write_allowed(o, out);
		if (o->value)
			buf_printf(out, "; default: %s", o->value);
		buf_chr(out, '\n');
	}
}

void conf_man(const struct conf_table *t, struct buf *out)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct conf_option *o = &t->options[i];

		buf_str(out, ".TP\n.BI \\-\\-");
		write_flag(o, "\\-", out);
		buf_printf(out, " \" VALUE\"\n%s", o->doc);
		write_allowed(o, out);
		buf_str(out, ".\n");
		if (o->value && o->value[0])
			buf_printf(out, "Default: %s.\n", o->value);
	}
}
