/* What the rows of a file mean for a site. Invariants:
 *
 * 1. A line is judged by what the site has and by the good lines before it: a faulty one makes
 *    nothing, so that leaving it out changes no other line.
 * 2. Of the lines that name what is not there yet, exactly one makes it. */
#include "office/import.h"

#include "base/list.h"
#include "base/map.h"
#include "proto/mail_message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FLOOR_MAX = 20,
	NUMBER_MAX = 20,
	APARTMENT_MAX = 100,
	NAME_MAX_LENGTH = 100, /* of both names with the space between */
	EMAIL_MAX = 254,
	COMMENT_MAX = 1000,
	KEY_MAX = 8192,
	SEPARATOR = 0x1f,
};

/* Something that is known: a home, an account, or who lives where. */
struct known {
	struct map_node node;
	struct view name; /* of an account */
	int64_t line;     /* that named it first; 0: the site has it */
};

struct import_judge {
	struct arena arena;
	struct map homes, accounts, residences;
	struct buf key;
};

int import_judge_new(struct import_judge **ret_judge)
{
	struct import_judge *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->arena = ARENA_INIT(IMPORT_MEMORY_MAX);
	j->key = BUF_INIT(KEY_MAX);
	map_init(&j->homes);
	map_init(&j->accounts);
	map_init(&j->residences);
	*ret_judge = j;
	return 0;
}

void import_judge_free(struct import_judge *j)
{
	if (!j)
		return;
	map_free(&j->homes);
	map_free(&j->accounts);
	map_free(&j->residences);
	buf_free(&j->key);
	arena_free(&j->arena);
	free(j);
}

static void key_begin(struct import_judge *j)
{
	buf_reset(&j->key);
}

static void key_add(struct import_judge *j, struct view part)
{
	buf_add(&j->key, part);
	buf_chr(&j->key, SEPARATOR);
}

static struct known *find(const struct map *map, const struct import_judge *j)
{
	struct map_node *node = map_get(map, buf_view(&j->key));

	return node ? CONTAINER_OF(node, struct known, node) : NULL;
}

/* What is known already stays as it is. */
static int learn(struct map *map, struct import_judge *j, struct view name, int64_t line)
{
	struct known *k;

	if (j->key.err < 0)
		return j->key.err;
	if (find(map, j))
		return 0;
	k = arena_alloc(&j->arena, sizeof(*k));
	const char *key = arena_dup(&j->arena, buf_view(&j->key));
	const char *copy = arena_dup(&j->arena, name);
	if (!k || !key || !copy)
		return -ENOMEM;
	k->name = (struct view){ copy, name.n };
	k->line = line;
	return map_put(map, &k->node, (struct view){ key, j->key.n });
}

static void key_home(struct import_judge *j, struct view floor, struct view number)
{
	key_begin(j);
	key_add(j, floor);
	key_add(j, number);
}

/* Of somebody without e-mail, the name says who it is. */
static void key_residence(struct import_judge *j, struct view email, struct view name,
			  struct view floor, struct view number)
{
	key_begin(j);
	key_add(j, email);
	key_add(j, email.n ? VIEW("") : name);
	key_add(j, floor);
	key_add(j, number);
}

static void key_account(struct import_judge *j, struct view email)
{
	key_begin(j);
	key_add(j, email);
}

int import_judge_home(struct import_judge *j, const struct import_home *home)
{
	key_home(j, home->floor, home->number);
	return learn(&j->homes, j, (struct view){}, 0);
}

int import_judge_person(struct import_judge *j, const struct import_person *p)
{
	int rc = 0;

	if (p->email.n) {
		key_account(j, p->email);
		rc = learn(&j->accounts, j, p->name, 0);
	}
	if (rc < 0)
		return rc;
	key_residence(j, p->email, p->name, p->floor, p->number);
	return learn(&j->residences, j, (struct view){}, 0);
}

/* The rules for one line. */

static size_t characters(struct view text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

static struct view line_name(const struct import_line *l, char to[2 * SHEET_CELL_MAX + 2])
{
	const int n = snprintf(to, 2 * SHEET_CELL_MAX + 2, "%.*s%s%.*s", (int)l->first_name.n,
			       l->first_name.p, l->first_name.n && l->surname.n ? " " : "",
			       (int)l->surname.n, l->surname.p);

	return (struct view){ to, n > 0 ? (size_t)n : 0 };
}

static int refuse(struct import_line *l, enum import_fault fault, enum import_column field,
		  int64_t other_line)
{
	l->fate = VIEW("fault");
	l->fault = view_str(import_fault_word(fault));
	l->field = view_str(import_column_word(field));
	l->other_line = other_line;
	return 1;
}

static int check_lengths(struct import_line *l, struct view name)
{
	const struct {
		struct view text;
		enum import_column column;
		size_t max;
	} limits[] = {
		{ l->floor, IMPORT_FLOOR, FLOOR_MAX },
		{ l->number, IMPORT_NUMBER, NUMBER_MAX },
		{ l->apartment, IMPORT_APARTMENT, APARTMENT_MAX },
		{ name, l->surname.n ? IMPORT_SURNAME : IMPORT_FIRST_NAME, NAME_MAX_LENGTH },
		{ l->email, IMPORT_EMAIL, EMAIL_MAX },
		{ l->comment, IMPORT_COMMENT, COMMENT_MAX },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (characters(limits[i].text) > limits[i].max)
			return refuse(l, IMPORT_TOO_LONG, limits[i].column, 0);
	return 0;
}

static int check_alone(struct import_line *l, struct view name)
{
	if (check_lengths(l, name))
		return 1;
	if (l->number.n == 0 && (l->floor.n || l->apartment.n))
		return refuse(l, IMPORT_NUMBER_MISSING, IMPORT_NUMBER, 0);
	if (l->email.n && !mail_address_fits(l->email))
		return refuse(l, IMPORT_EMAIL_INVALID, IMPORT_EMAIL, 0);
	if (name.n == 0 && (l->email.n || l->comment.n || l->number.n == 0))
		return refuse(l, IMPORT_NAME_MISSING, IMPORT_SURNAME, 0);
	return 0;
}

/* The e-mail as an account, and whether somebody in the site or the file has it. */
static int judge_account(struct import_judge *j, struct import_line *l, struct view name)
{
	const struct known *k;

	key_account(j, l->account);
	k = find(&j->accounts, j);
	if (k && k->line && !view_eq(k->name, name))
		return refuse(l, IMPORT_EMAIL_TWICE, IMPORT_EMAIL, k->line);
	l->makes_person = !k;
	return 0;
}

static int judge_person(struct import_judge *j, struct import_line *l, struct view name)
{
	const struct view email = l->email.n ? l->account : (struct view){};
	const struct known *k;

	l->makes_person = 1;
	if (l->email.n && judge_account(j, l, name))
		return 0;
	key_residence(j, email, name, l->floor, l->number);
	k = find(&j->residences, j);
	if (k && k->line)
		return refuse(l, IMPORT_ROW_TWICE, l->email.n ? IMPORT_EMAIL : IMPORT_SURNAME,
			      k->line);
	if (k || (l->number.n == 0 && !l->makes_person)) {
		l->makes_person = 0;
		l->fate = VIEW("keep");
	} else {
		l->fate = l->makes_person ? VIEW("create") : VIEW("add");
	}
	return 0;
}

/* A good line: what it makes is known from here on. */
static int learn_line(struct import_judge *j, const struct import_line *l, struct view name)
{
	const struct view email = l->email.n ? l->account : (struct view){};
	int rc = 0;

	if (l->number.n) {
		key_home(j, l->floor, l->number);
		rc = learn(&j->homes, j, (struct view){}, l->line);
	}
	if (rc == 0 && l->email.n) {
		key_account(j, l->account);
		rc = learn(&j->accounts, j, name, l->line);
	}
	if (rc < 0 || name.n == 0)
		return rc;
	key_residence(j, email, name, l->floor, l->number);
	return learn(&j->residences, j, (struct view){}, l->line);
}

static bool is_new_home(struct import_judge *j, const struct import_line *l)
{
	key_home(j, l->floor, l->number);
	return l->number.n && !find(&j->homes, j);
}

int import_judge_line(struct import_judge *j, struct import_line *l)
{
	char text[2 * SHEET_CELL_MAX + 2];
	const struct view name = line_name(l, text);

	l->field = l->fault = VIEW("");
	l->other_line = l->makes_person = l->makes_apartment = 0;
	l->fate = VIEW("keep");
	if (check_alone(l, name))
		return 0;
	if (name.n)
		judge_person(j, l, name);
	if (view_eq(l->fate, VIEW("fault"))) {
		l->makes_person = 0;
		return 0;
	}
	l->makes_apartment = is_new_home(j, l);
	if (l->makes_apartment && name.n == 0)
		l->fate = VIEW("create");
	return learn_line(j, l, name);
}
