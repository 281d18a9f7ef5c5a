#include "base/json.h"

enum { DIGITS_MAX = 20 /* of INT64_MIN, with its sign */ };

static void value_begin(struct json *j)
{
	if (j->comma)
		buf_chr(j->out, ',');
	j->comma = true;
}

static void bracket_open(struct json *j, char c)
{
	value_begin(j);
	buf_chr(j->out, c);
	j->comma = false;
}

static void bracket_close(struct json *j, char c)
{
	buf_chr(j->out, c);
	j->comma = true;
}

void json_open(struct json *j)
{
	bracket_open(j, '{');
}

void json_close(struct json *j)
{
	bracket_close(j, '}');
}

void json_list_open(struct json *j)
{
	bracket_open(j, '[');
}

void json_list_close(struct json *j)
{
	bracket_close(j, ']');
}

static bool is_tail(struct view v, size_t at, unsigned char lo, unsigned char hi)
{
	return at < v.n && (unsigned char)v.p[at] >= lo && (unsigned char)v.p[at] <= hi;
}

/* Bytes of the well-formed UTF-8 sequence at v.p[at] (Unicode table 3-7), or 0. */
static size_t utf8_len(struct view v, size_t at)
{
	const unsigned char c = (unsigned char)v.p[at];
	unsigned char lo = 0x80, hi = 0xbf;

	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return is_tail(v, at + 1, lo, hi) ? 2 : 0;
	if (c == 0xe0)
		lo = 0xa0;
	else if (c == 0xed)
		hi = 0x9f;
	else if (c == 0xf0)
		lo = 0x90;
	else if (c == 0xf4)
		hi = 0x8f;
	if (!is_tail(v, at + 1, lo, hi) || !is_tail(v, at + 2, 0x80, 0xbf))
		return 0;
	if (c >= 0xe0 && c <= 0xef)
		return 3;
	return c >= 0xf0 && c <= 0xf4 && is_tail(v, at + 3, 0x80, 0xbf) ? 4 : 0;
}

static void escape_byte(struct buf *out, unsigned char c)
{
	switch (c) {
	case '"':
		buf_str(out, "\\\"");
		break;
	case '\\':
		buf_str(out, "\\\\");
		break;
	case '\n':
		buf_str(out, "\\n");
		break;
	default:
		buf_printf(out, "\\u%04x", c);
	}
}

/* U+0080 to U+009F: controls, which a terminal obeys. */
static bool is_c1(struct view v, size_t at)
{
	return (unsigned char)v.p[at] == 0xc2 && (unsigned char)v.p[at + 1] < 0xa0;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Most text is plain from end to end: it is copied at once. */
static struct view plain_of(struct view v, size_t at)
{
	size_t end = at;

	while (end < v.n && is_plain((unsigned char)v.p[end]))
		end++;
	return (struct view){ v.p + at, end - at };
}

/* What stands at v.p[at] and is not plain; returns how many bytes it has. */
static size_t quote_one(struct buf *out, struct view v, size_t at)
{
	const size_t len = utf8_len(v, at);

	if (len == 2 && is_c1(v, at))
		buf_printf(out, "\\u00%02x", (unsigned char)v.p[at + 1]);
	else if (len == 1)
		escape_byte(out, (unsigned char)v.p[at]);
	else if (len == 0)
		buf_str(out, "\xef\xbf\xbd");
	else
		buf_add(out, (struct view){ v.p + at, len });
	return len ? len : 1;
}

static void quoted(struct buf *out, struct view v)
{
	buf_chr(out, '"');
	for (size_t i = 0; i < v.n;) {
		const struct view plain = plain_of(v, i);
		if (plain.n > 0)
			buf_add(out, plain);
		i += plain.n;
		if (i < v.n)
			i += quote_one(out, v, i);
	}
	buf_chr(out, '"');
}

void json_key(struct json *j, const char *key)
{
	value_begin(j);
	quoted(j->out, view_str(key));
	buf_chr(j->out, ':');
	j->comma = false;
}

void json_view(struct json *j, struct view v)
{
	value_begin(j);
	quoted(j->out, v);
}

void json_str(struct json *j, const char *cstr)
{
	if (cstr)
		json_view(j, view_str(cstr));
	else
		json_nil(j);
}

/* Lists are full of numbers, and printf is slow at them. */
static void digits(struct buf *out, int64_t value)
{
	char room[DIGITS_MAX];
	char *p = room + DIGITS_MAX;
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

	do {
		*--p = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		*--p = '-';
	buf_add(out, (struct view){ p, (size_t)(room + DIGITS_MAX - p) });
}

void json_int(struct json *j, int64_t value)
{
	value_begin(j);
	digits(j->out, value);
}

void json_bool(struct json *j, bool value)
{
	value_begin(j);
	buf_str(j->out, value ? "true" : "false");
}

void json_nil(struct json *j)
{
	value_begin(j);
	buf_str(j->out, "null");
}

void json_id(struct json *j, int64_t id)
{
	value_begin(j);
	buf_chr(j->out, '"');
	digits(j->out, id);
	buf_chr(j->out, '"');
}

bool json_is_text(struct view v)
{
	for (size_t i = 0; i < v.n;) {
		const size_t n = utf8_len(v, i);
		if (n == 0 || (unsigned char)v.p[i] < 0x20 || v.p[i] == 0x7f)
			return false;
		i += n;
	}
	return true;
}
