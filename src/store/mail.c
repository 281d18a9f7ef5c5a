#include "store/mail.h"

#include "store/change.h"

#include <errno.h>

struct id_row {
	int64_t id;
};
static const struct db_column id_columns[] = { DB_COLUMN_INT(struct id_row, id) };
static const struct db_shape id_shape = DB_SHAPE(struct id_row, id_columns);

struct place_row {
	int64_t site_id;
};
static const struct db_column place_columns[] = { DB_COLUMN_INT(struct place_row, site_id) };
static const struct db_shape place_shape = DB_SHAPE(struct place_row, place_columns);

static const struct db_column count_columns[] = {
	DB_COLUMN_INT(struct mail_counts, waiting),
	DB_COLUMN_INT(struct mail_counts, due),
};
static const struct db_shape count_shape = DB_SHAPE(struct mail_counts, count_columns);

static const struct db_column tally_columns[] = {
	DB_COLUMN_INT(struct mail_tally, waiting),
	DB_COLUMN_INT(struct mail_tally, sent),
	DB_COLUMN_INT(struct mail_tally, failed),
	DB_COLUMN_INT(struct mail_tally, kept),
};
static const struct db_shape tally_shape = DB_SHAPE(struct mail_tally, tally_columns);

#define MAIL_COLUMNS                                                                               \
	"id, company_id, site_id, person_id, recipient, recipient_name, language, template,"       \
	" arguments, state, tries, due_at, created_at, requeued_at, claimed_until, done_at, error" \
	", COALESCE((SELECT s.language FROM site s WHERE s.id = mail.site_id), '')"                \
	" AS site_language"

static const struct db_column mail_columns[] = {
	DB_COLUMN_INT(struct mail_row, id),
	DB_COLUMN_INT(struct mail_row, company_id),
	DB_COLUMN_INT(struct mail_row, site_id),
	DB_COLUMN_INT(struct mail_row, person_id),
	DB_COLUMN_TEXT(struct mail_row, recipient),
	DB_COLUMN_TEXT(struct mail_row, recipient_name),
	DB_COLUMN_TEXT(struct mail_row, language),
	DB_COLUMN_TEXT(struct mail_row, template),
	DB_COLUMN_TEXT(struct mail_row, arguments),
	DB_COLUMN_TEXT(struct mail_row, state),
	DB_COLUMN_INT(struct mail_row, tries),
	DB_COLUMN_INT(struct mail_row, due_at),
	DB_COLUMN_INT(struct mail_row, created_at),
	DB_COLUMN_INT(struct mail_row, requeued_at),
	DB_COLUMN_INT(struct mail_row, claimed_until),
	DB_COLUMN_INT(struct mail_row, done_at),
	DB_COLUMN_TEXT(struct mail_row, error),
	DB_COLUMN_TEXT(struct mail_row, site_language),
};
static const struct db_shape mail_shape = DB_SHAPE(struct mail_row, mail_columns);

/* The cast tells PostgreSQL what a parameter is that may be NULL. */
#define MAIL_PAGE                                                                                  \
	" AND (CAST($2 AS TEXT) IS NULL OR lower(recipient) LIKE $2 ESCAPE '!')"                   \
	" ORDER BY id DESC LIMIT $3"

enum { QUEUE, COUNT, CLAIM, SETTLE, RELEASE, TALLY, SEARCH, SEARCH_STATE, GET, RETRY, EXPIRE };

static const struct db_stmt stmts[] = {
	[QUEUE] = { "mail_queue",
		    "INSERT INTO mail (company_id, site_id, person_id, recipient, recipient_name,"
		    " language, template, arguments, state, due_at, created_at)"
		    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $10) RETURNING id",
		    &id_shape },
	[COUNT] = { "mail_count",
		    "SELECT COUNT(*) AS waiting,"
		    " COUNT(CASE WHEN due_at <= $1 AND claimed_until <= $1 THEN 1 END) AS due"
		    " FROM mail WHERE state = 'waiting'",
		    &count_shape },
	/* The outer conditions again: on PostgreSQL the row may have been claimed since the inner
	 * look, and they are asked of it anew. */
	[CLAIM] = { "mail_claim",
		    "UPDATE mail SET claimed_until = $2, tries = tries + 1"
		    " WHERE id = (SELECT id FROM mail WHERE state = 'waiting' AND due_at <= $1"
		    " AND claimed_until <= $1 ORDER BY due_at, id LIMIT 1)"
		    " AND state = 'waiting' AND due_at <= $1 AND claimed_until <= $1"
		    " RETURNING " MAIL_COLUMNS,
		    &mail_shape },
	[SETTLE] = { "mail_settle",
		     "UPDATE mail SET state = $3, due_at = $4, error = $5, done_at = $6, "
		     "claimed_until = 0,"
		     " arguments = CASE WHEN $3 = 'sent' THEN '{}' ELSE arguments END"
		     " WHERE id = $1 AND claimed_until = $2" },
	[RELEASE] = { "mail_release", "UPDATE mail SET claimed_until = 0"
				      " WHERE state = 'waiting' AND claimed_until <> 0" },
	[TALLY] = { "mail_tally",
		    "SELECT (SELECT COUNT(*) FROM mail WHERE state = 'waiting') AS waiting,"
		    " (SELECT COUNT(*) FROM mail WHERE state = 'sent') AS sent,"
		    " (SELECT COUNT(*) FROM mail WHERE state = 'failed') AS failed,"
		    " (SELECT COUNT(*) FROM mail WHERE state = 'kept') AS kept",
		    &tally_shape },
	[SEARCH] = { "mail_search", "SELECT " MAIL_COLUMNS " FROM mail WHERE id < $1" MAIL_PAGE,
		     &mail_shape },
	[SEARCH_STATE] = { "mail_search_state",
			   "SELECT " MAIL_COLUMNS
			   " FROM mail WHERE state = $4 AND id < $1" MAIL_PAGE,
			   &mail_shape },
	[GET] = { "mail_get", "SELECT " MAIL_COLUMNS " FROM mail WHERE id = $1", &mail_shape },
	/* A claim stays: who has it sends it now. */
	[RETRY] = { "mail_retry",
		    "UPDATE mail SET state = 'waiting', tries = 0, due_at = $2, requeued_at = $2,"
		    " done_at = NULL, error = '' WHERE id = $1 AND state <> 'sent'"
		    " RETURNING site_id",
		    &place_shape },
	[EXPIRE] = { "mail_expire", "DELETE FROM mail WHERE done_at < $1" },
};

int mail_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

static int tell(struct db *db, int64_t now_ms, int64_t site_id, int64_t id)
{
	return change_append(db, now_ms, site_id, VIEW("mail"), id);
}

int mail_queue(struct db *db, int64_t now_ms, const struct mail_row *m, int64_t *ret_id)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);
	struct id_row row;
	int rc = db_one(db, &stmts[QUEUE],
			DB_ARGS(A_INT_OR_NULL(m->company_id), A_INT_OR_NULL(m->site_id),
				A_INT_OR_NULL(m->person_id), A_TEXT(m->recipient),
				A_TEXT(m->recipient_name), A_TEXT(m->language), A_TEXT(m->template),
				A_TEXT(m->arguments), A_INT(m->due_at ? m->due_at : now_ms),
				A_INT(now_ms)),
			&arena, &row);

	if (rc < 0)
		return rc;
	rc = tell(db, now_ms, m->site_id, row.id);
	if (rc == 0)
		*ret_id = row.id;
	return rc;
}

int mail_count(struct db *db, int64_t now_ms, struct mail_counts *ret_counts)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1024);

	return db_one(db, &stmts[COUNT], DB_ARGS(A_INT(now_ms)), &arena, ret_counts);
}

int mail_claim(struct db *db, int64_t now_ms, int64_t until_ms, struct arena *arena,
	       struct mail_row *ret_mail)
{
	return db_one(db, &stmts[CLAIM], DB_ARGS(A_INT(now_ms), A_INT(until_ms)), arena, ret_mail);
}

int mail_settle(struct db *db, int64_t now_ms, const struct mail_row *claimed,
		const struct mail_outcome *outcome)
{
	const bool waits = view_eq(outcome->state, VIEW("waiting"));
	const int64_t done_at = waits ? DB_INT_NULL : now_ms;
	int64_t changes = 0;
	const int rc = db_exec(db, &stmts[SETTLE],
			       DB_ARGS(A_INT(claimed->id), A_INT(claimed->claimed_until),
				       A_TEXT(outcome->state), A_INT(outcome->due_at),
				       A_TEXT(outcome->error), A_INT_OR_NULL(done_at)),
			       &changes);

	return rc == 0 && changes == 0 ? -ENOENT : rc;
}

int mail_release(struct db *db)
{
	return db_exec(db, &stmts[RELEASE], DB_NO_ARGS, NULL);
}

int mail_tally(struct db *db, struct mail_tally *ret_tally)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1024);

	return db_one(db, &stmts[TALLY], DB_NO_ARGS, &arena, ret_tally);
}

/* A pattern for LIKE that finds a part of an address; p NULL: any. Only ASCII letters have a case
 * in what the database compares with, so no more is folded. */
static struct view pattern_of(struct buf *out, struct view part)
{
	if (!part.p)
		return (struct view){};
	buf_chr(out, '%');
	for (size_t i = 0; i < part.n; i++) {
		const char c = part.p[i];
		if (c == '%' || c == '_' || c == '!')
			buf_chr(out, '!');
		buf_chr(out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
	}
	buf_chr(out, '%');
	return buf_view(out);
}

int mail_search(struct db *db, const struct mail_filter *filter, int64_t before_id, int64_t max,
		struct arena *arena, struct mail_row **ret_mails, size_t *ret_n)
{
	CLEANUP(buf_free) struct buf pattern = BUF_INIT(2 * MAIL_SEARCH_MAX + 2);
	const struct view like = pattern_of(&pattern, filter->recipient);

	if (filter->recipient.n > MAIL_SEARCH_MAX)
		return -EMSGSIZE;
	if (pattern.err < 0)
		return pattern.err;
	if (max > MAIL_PAGE_MAX)
		max = MAIL_PAGE_MAX;
	if (!filter->state.p)
		return db_select(db, &stmts[SEARCH],
				 DB_ARGS(A_INT(before_id), A_TEXT(like), A_INT(max)), arena,
				 ret_mails, ret_n);
	return db_select(
		db, &stmts[SEARCH_STATE],
		DB_ARGS(A_INT(before_id), A_TEXT(like), A_INT(max), A_TEXT(filter->state)), arena,
		ret_mails, ret_n);
}

int mail_list(struct db *db, struct view state, int64_t before_id, int64_t max, struct arena *arena,
	      struct mail_row **ret_mails, size_t *ret_n)
{
	return mail_search(db, &(struct mail_filter){ .state = state }, before_id, max, arena,
			   ret_mails, ret_n);
}

int mail_get(struct db *db, int64_t id, struct arena *arena, struct mail_row *ret_mail)
{
	return db_one(db, &stmts[GET], DB_ARGS(A_INT(id)), arena, ret_mail);
}

int mail_retry(struct db *db, int64_t now_ms, int64_t id)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1024);
	struct place_row row;
	const int rc = db_one(db, &stmts[RETRY], DB_ARGS(A_INT(id), A_INT(now_ms)), &arena, &row);

	return rc == 0 ? tell(db, now_ms, row.site_id, id) : rc;
}

int mail_expire(struct db *db, int64_t before_ms, int64_t *ret_removed)
{
	return db_exec(db, &stmts[EXPIRE], DB_ARGS(A_INT(before_ms)), ret_removed);
}
