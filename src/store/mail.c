#include "store/mail.h"

#include "store/change.h"

#include <inttypes.h>
#include <stdio.h>

struct id_row {
	int64_t id;
};
static const struct db_column id_columns[] = { DB_COLUMN_INT(struct id_row, id) };
static const struct db_shape id_shape = DB_SHAPE(struct id_row, id_columns);

enum { QUEUE };

static const struct db_stmt stmts[] = {
	[QUEUE] = { "mail_queue",
		    "INSERT INTO mail (company_id, site_id, person_id, recipient, recipient_name,"
		    " language, template, arguments, state, due_at, created_at)"
		    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $9) RETURNING id",
		    &id_shape },
};

int mail_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

int mail_queue(struct db *db, int64_t now_ms, const struct mail_row *m, int64_t *ret_id)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4096);
	struct id_row row;
	char text[24];
	int rc = db_one(db, &stmts[QUEUE],
			DB_ARGS(A_INT_OR_NULL(m->company_id), A_INT_OR_NULL(m->site_id),
				A_INT_OR_NULL(m->person_id), A_TEXT(m->recipient),
				A_TEXT(m->recipient_name), A_TEXT(m->language), A_TEXT(m->template),
				A_TEXT(m->arguments), A_INT(now_ms)),
			&arena, &row);

	if (rc < 0)
		return rc;
	snprintf(text, sizeof(text), "%" PRId64, row.id);
	rc = change_append(db, now_ms, m->site_id, VIEW("mail"), view_str(text));
	if (rc == 0)
		*ret_id = row.id;
	return rc;
}
