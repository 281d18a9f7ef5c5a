#include "proto/zone.h"

#include <errno.h>
#include <string.h>

enum {
	HEADER = 44,
	TYPE_BYTES = 6,
	OFFSET_MAX_S = 26 * 3600, /* of UTC: RFC 9636 section 3.2 */
	RULE_HOURS_MAX = 167,     /* section 3.3.1 */
	DAY_S = 86400,
	YEAR_S = 31556952,
};

/* The counts of a header, in its order. */
struct counts {
	uint32_t isut, isstd, leap, time, type, text;
};

static int64_t big_endian(const char *p, size_t n)
{
	uint64_t value = (unsigned char)p[0] & 0x80 && n == 4 ? UINT64_MAX << 32 : 0;

	for (size_t i = 0; i < n; i++)
		value |= (uint64_t)(unsigned char)p[i] << (8 * (n - 1 - i));
	return (int64_t)value;
}

static bool counts_read(struct view file, struct counts *ret_counts)
{
	uint32_t *const into[] = { &ret_counts->isut, &ret_counts->isstd, &ret_counts->leap,
				   &ret_counts->time, &ret_counts->type,  &ret_counts->text };

	if (file.n < HEADER || memcmp(file.p, "TZif", 4) != 0 || file.p[4] < '2')
		return false;
	for (size_t i = 0; i < sizeof(into) / sizeof(into[0]); i++) {
		*into[i] = (uint32_t)big_endian(file.p + 20 + 4 * i, 4);
		if (*into[i] > ZONE_FILE_MAX)
			return false;
	}
	return ret_counts->type > 0;
}

static size_t body_size(const struct counts *c, size_t time_size)
{
	return c->time * (time_size + 1) + c->type * TYPE_BYTES + c->text +
	       c->leap * (time_size + 4) + c->isstd + c->isut;
}

static void change_add(struct zone *zone, int64_t from, int64_t until, struct zone_change change)
{
	if (change.at <= from)
		zone->before_s = change.offset_s;
	else if (change.at <= until && zone->n < ZONE_CHANGES_MAX)
		zone->changes[zone->n++] = change;
}

/* The table; *ret_last is its last change, or one before all time. */
static bool table_read(struct view body, const struct counts *c, int64_t from, int64_t until,
		       struct zone *zone, struct zone_change *ret_last)
{
	const char *times = body.p, *kinds = times + 8 * c->time, *types = kinds + c->time;

	*ret_last = (struct zone_change){ INT64_MIN, (int32_t)big_endian(types, 4) };
	zone->before_s = ret_last->offset_s;
	for (size_t i = 0; i < c->time; i++) {
		const unsigned char kind = (unsigned char)kinds[i];
		const int64_t at = big_endian(times + 8 * i, 8);

		if (kind >= c->type || (i && at <= ret_last->at))
			return false;
		*ret_last = (struct zone_change){
			at, (int32_t)big_endian(types + (size_t)kind * TYPE_BYTES, 4)
		};
		if (ret_last->offset_s < -OFFSET_MAX_S || ret_last->offset_s > OFFSET_MAX_S)
			return false;
		change_add(zone, from, until, *ret_last);
	}
	return true;
}

/* The rule for what comes behind the table: CET-1CEST,M3.5.0,M10.5.0/3 (section 3.3.1). */

struct day_rule {
	unsigned month, week, weekday; /* 1 … 12, 1 … 5, 0: Sunday */
	int32_t time_s;
};

struct rule {
	int32_t standard_s, summer_s;
	bool changes;
	struct day_rule begin, end; /* of summer time */
};

static bool take(struct view *text, char c)
{
	if (!text->n || text->p[0] != c)
		return false;
	*text = (struct view){ text->p + 1, text->n - 1 };
	return true;
}

static bool take_number(struct view *text, unsigned max, unsigned *ret_number)
{
	unsigned number = 0;
	size_t n = 0;

	for (; n < text->n && text->p[n] >= '0' && text->p[n] <= '9' && number <= max; n++)
		number = number * 10 + (unsigned)(text->p[n] - '0');
	*text = (struct view){ text->p + n, text->n - n };
	*ret_number = number;
	return n > 0 && number <= max;
}

static bool take_time(struct view *text, int32_t *ret_s)
{
	const bool minus = take(text, '-');
	unsigned hours, minutes = 0, seconds = 0;

	if (!minus)
		take(text, '+');
	if (!take_number(text, RULE_HOURS_MAX, &hours) ||
	    (take(text, ':') && !take_number(text, 59, &minutes)) ||
	    (take(text, ':') && !take_number(text, 59, &seconds)))
		return false;
	*ret_s = (int32_t)(hours * 3600 + minutes * 60 + seconds) * (minus ? -1 : 1);
	return true;
}

/* CET, or <+03>. */
static bool take_name(struct view *text)
{
	const bool quoted = take(text, '<');
	size_t n = 0;

	while (n < text->n && (quoted ? text->p[n] != '>'
				      : ((text->p[n] | 32) >= 'a' && (text->p[n] | 32) <= 'z')))
		n++;
	*text = (struct view){ text->p + n, text->n - n };
	return n >= 3 && (!quoted || take(text, '>'));
}

/* Months alone: nothing of the database says otherwise today. */
static bool take_day(struct view *text, struct day_rule *ret_day)
{
	struct day_rule d = { .time_s = 2 * 3600 };

	if (!take(text, ',') || !take(text, 'M') || !take_number(text, 12, &d.month) ||
	    !take(text, '.') || !take_number(text, 5, &d.week) || !take(text, '.') ||
	    !take_number(text, 6, &d.weekday) || !d.month || !d.week)
		return false;
	if (take(text, '/') && !take_time(text, &d.time_s))
		return false;
	*ret_day = d;
	return true;
}

static bool rule_read(struct view text, struct rule *ret_rule)
{
	struct rule r = {};
	int32_t west_s;

	if (!take_name(&text) || !take_time(&text, &west_s))
		return false;
	r.standard_s = -west_s;
	r.summer_s = r.standard_s + 3600;
	if (text.n) {
		r.changes = true;
		if (!take_name(&text))
			return false;
		if (text.n && text.p[0] != ',') {
			if (!take_time(&text, &west_s))
				return false;
			r.summer_s = -west_s;
		}
		if (!take_day(&text, &r.begin) || !take_day(&text, &r.end) || text.n)
			return false;
	}
	*ret_rule = r;
	return true;
}

/* Days since 1970 of the first of a month; years begin with March, so that the odd day is the last.
 */
static int64_t month_day(int64_t year, unsigned month)
{
	const int64_t y = year - (month <= 2), m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 - 719468;
}

static int64_t rule_at(const struct day_rule *d, int64_t year, int32_t offset_s)
{
	const int64_t first = month_day(year, d->month);
	const int64_t next = month_day(d->month == 12 ? year + 1 : year, d->month % 12 + 1);
	const int64_t weekday = (first + 4) % 7; /* 1970 began with a Thursday */
	int64_t day = first + (d->weekday + 7 - weekday) % 7 + 7 * (d->week - 1);

	if (day >= next) /* the fifth is the last */
		day -= 7;
	return day * DAY_S + d->time_s - offset_s;
}

static void rule_add(struct zone *zone, const struct rule *rule, int64_t last, int64_t from,
		     int64_t until)
{
	const int64_t begin = (last > from ? last : from) / YEAR_S + 1970 - 1;

	for (int64_t year = begin; year <= until / YEAR_S + 1971; year++) {
		struct zone_change two[] = {
			{ rule_at(&rule->begin, year, rule->standard_s), rule->summer_s },
			{ rule_at(&rule->end, year, rule->summer_s), rule->standard_s },
		};

		for (size_t i = 0; i < 2; i++) { /* in the south summer ends first */
			const struct zone_change *c = &two[(two[0].at > two[1].at) ^ i];

			if (c->at > last)
				change_add(zone, from, until, *c);
		}
	}
}

int zone_read(struct view file, int64_t from, int64_t until, struct zone *ret_zone)
{
	struct zone_change last;
	struct view rest, footer;
	struct counts c;
	struct rule rule;
	struct zone zone = {};

	if (file.n > ZONE_FILE_MAX || from < 0 || until < from || until - from > 100LL * YEAR_S ||
	    !counts_read(file, &c) || body_size(&c, 4) > file.n - HEADER)
		return -EBADMSG;
	rest = (struct view){ file.p + HEADER + body_size(&c, 4),
			      file.n - HEADER - body_size(&c, 4) };
	if (!counts_read(rest, &c) || body_size(&c, 8) > rest.n - HEADER ||
	    !table_read((struct view){ rest.p + HEADER, rest.n - HEADER }, &c, from, until, &zone,
			&last))
		return -EBADMSG;
	footer = (struct view){ rest.p + HEADER + body_size(&c, 8),
				rest.n - HEADER - body_size(&c, 8) };
	if (take(&footer, '\n') && rule_read(view_cut(footer, '\n', &rest), &rule) && rule.changes)
		rule_add(&zone, &rule, last.at, from, until);
	*ret_zone = zone;
	return 0;
}

int32_t zone_offset_s(const struct zone *zone, int64_t at)
{
	int32_t offset_s = zone->before_s;

	for (unsigned i = 0; i < zone->n && zone->changes[i].at <= at; i++)
		offset_s = zone->changes[i].offset_s;
	return offset_s;
}
