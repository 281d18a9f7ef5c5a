#include "base/conf.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static int set_text(void *at, struct arena *arena, struct view value)
{
	const char *copy = arena_dup(arena, value);

	if (!copy)
		return -ENOMEM;
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
		break;
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
		break;
	}
	if (set_text(at, arena, value) < 0)
		return err_set(err, -ENOMEM, "no memory");
	return 0;
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
	if (!o)
		return err_set(err, -EINVAL, "%s: there is no option \"%.*s\"", place->text, (int)key.n, key.p);
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
		if (!o) /* other programs of the family have names with this prefix too */
			continue;
		snprintf(place.text, sizeof(place.text), "%.*s", (int)name.n, name.p);
		rc = set(o, conf, arena, value, &place, err);
	}
	return rc;
}

int conf_flags(const struct conf_table *t, void *conf, struct arena *arena, int argc, char *const *argv,
	       struct err *err)
{
	int rc = 0;

	for (int i = 1; i < argc && rc == 0; i++) {
		struct view value, name = view_str(argv[i]);
		const bool joined = strchr(argv[i], '=') != NULL;
		const struct conf_option *o;
		struct place place;

		if (!view_starts(name, VIEW("--")))
			return err_set(err, -EINVAL, "\"%s\" is no flag: they begin with --", argv[i]);
		name = view_cut((struct view){ name.p + 2, name.n - 2 }, '=', &value);
		snprintf(place.text, sizeof(place.text), "--%.*s", (int)name.n, name.p);
		o = option_of(t, name);
		if (!o)
			return err_set(err, -EINVAL, "there is no flag %s", place.text);
		if (!joined && i + 1 == argc)
			return err_set(err, -EINVAL, "%s needs a value", place.text);
		if (!joined)
			value = view_str(argv[++i]);
		rc = set(o, conf, arena, value, &place, err);
	}
	return rc;
}

const char *conf_flag_peek(int argc, char *const *argv, const char *name)
{
	const size_t n = strlen(name);

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) != 0 || strncmp(argv[i] + 2, name, n) != 0)
			continue;
		if (argv[i][2 + n] == '=')
			return argv[i] + 3 + n;
		if (!argv[i][2 + n] && i + 1 < argc)
			return argv[i + 1];
	}
	return NULL;
}

static void write_allowed(const struct conf_option *o, struct buf *out)
{
	switch (o->type) {
	case CONF_TEXT:
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

void conf_man(const struct conf_table *t, struct buf *out)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct conf_option *o = &t->options[i];

		buf_str(out, ".TP\n.BR \\-\\-");
		for (const char *p = o->key; *p; p++) {
			if (*p == '_')
				buf_str(out, "\\-");
			else
				buf_chr(out, *p);
		}
		buf_printf(out, " \\fIVALUE\\fR\n%s", o->doc);
		write_allowed(o, out);
		buf_str(out, ".\n");
		if (o->value && o->value[0])
			buf_printf(out, "Default: %s.\n", o->value);
	}
}
