#include "store/call.h"

#include "store/change.h"
#include "store/picture.h"
#include "store/site.h"

#include <assert.h>
#include <errno.h>

static const struct db_column call_columns[] = {
	DB_COLUMN_INT(struct call_row, site_id),
	DB_COLUMN_INT(struct call_row, id),
	DB_COLUMN_INT(struct call_row, started_at),
	DB_COLUMN_INT(struct call_row, from_device),
	DB_COLUMN_TEXT(struct call_row, from_name),
	DB_COLUMN_INT(struct call_row, button),
	DB_COLUMN_INT(struct call_row, answered_at),
	DB_COLUMN_INT(struct call_row, ended_at),
	DB_COLUMN_TEXT(struct call_row, state),
	DB_COLUMN_TEXT(struct call_row, result),
	DB_COLUMN_INT(struct call_row, answered_by),
	DB_COLUMN_TEXT(struct call_row, answered_by_name),
	DB_COLUMN_INT(struct call_row, rang_at),
	DB_COLUMN_INT(struct call_row, picture_at),
	DB_COLUMN_INT(struct call_row, test),
};
static const struct db_shape call_shape = DB_SHAPE(struct call_row, call_columns);

static const struct db_column leg_columns[] = {
	DB_COLUMN_INT(struct call_leg_row, site_id),
	DB_COLUMN_INT(struct call_leg_row, call_id),
	DB_COLUMN_INT(struct call_leg_row, leg),
	DB_COLUMN_INT(struct call_leg_row, device),
	DB_COLUMN_TEXT(struct call_leg_row, name),
	DB_COLUMN_INT(struct call_leg_row, rang_at),
	DB_COLUMN_INT(struct call_leg_row, at),
	DB_COLUMN_TEXT(struct call_leg_row, result),
	DB_COLUMN_INT(struct call_leg_row, pushed_at),
	DB_COLUMN_INT(struct call_leg_row, delivered_at),
	DB_COLUMN_INT(struct call_leg_row, woken_at),
	DB_COLUMN_INT(struct call_leg_row, offered_at),
	DB_COLUMN_INT(struct call_leg_row, preview_at),
	DB_COLUMN_INT(struct call_leg_row, answered_at),
	DB_COLUMN_INT(struct call_leg_row, video_at),
	DB_COLUMN_INT(struct call_leg_row, ended_at),
	DB_COLUMN_TEXT(struct call_leg_row, why),
	DB_COLUMN_TEXT(struct call_leg_row, apartment),
};
static const struct db_shape leg_shape = DB_SHAPE(struct call_leg_row, leg_columns);

static const struct db_column stream_columns[] = {
	DB_COLUMN_INT(struct call_stream_row, site_id),
	DB_COLUMN_INT(struct call_stream_row, call_id),
	DB_COLUMN_INT(struct call_stream_row, leg),
	DB_COLUMN_TEXT(struct call_stream_row, kind),
	DB_COLUMN_TEXT(struct call_stream_row, codec),
	DB_COLUMN_INT(struct call_stream_row, packets),
	DB_COLUMN_INT(struct call_stream_row, lost),
	DB_COLUMN_INT(struct call_stream_row, jitter_us),
	DB_COLUMN_INT(struct call_stream_row, sent),
	DB_COLUMN_INT(struct call_stream_row, device),
	DB_COLUMN_TEXT(struct call_stream_row, name),
};
static const struct db_shape stream_shape = DB_SHAPE(struct call_stream_row, stream_columns);

static const struct db_column opening_columns[] = {
	DB_COLUMN_INT(struct opening_row, site_id),
	DB_COLUMN_INT(struct opening_row, id),
	DB_COLUMN_INT(struct opening_row, at),
	DB_COLUMN_INT(struct opening_row, call_id),
	DB_COLUMN_INT(struct opening_row, device),
	DB_COLUMN_INT(struct opening_row, by_device),
	DB_COLUMN_TEXT(struct opening_row, by_name),
	DB_COLUMN_TEXT(struct opening_row, how),
};
static const struct db_shape opening_shape = DB_SHAPE(struct opening_row, opening_columns);

struct lost_row {
	int64_t site_id;
	int64_t id;
};
static const struct db_column lost_columns[] = {
	DB_COLUMN_INT(struct lost_row, site_id),
	DB_COLUMN_INT(struct lost_row, id),
};
static const struct db_shape lost_shape = DB_SHAPE(struct lost_row, lost_columns);

#define CALL_SELECT                                                                                \
	"SELECT site_id, id, started_at, from_device, from_name, button, answered_at, ended_at,"   \
	" state, result, answered_by, answered_by_name, rang_at, picture_at, test"    \
	" FROM call"

/* When the first phone rang; one that answers at once may never say that it rings. */
#define FIRST_RANG                                                                                 \
	"(SELECT MIN(COALESCE(l.rang_at, l.answered_at)) FROM call_leg l"                          \
	" WHERE l.site_id = call.site_id AND l.call_id = call.id)"

#define LATE_MS "3000"
_Static_assert(CALL_LATE_MS == 3000, "LATE_MS");

/* What is known of a call at its end. */
#define ENDED                                                                                      \
	"rang_at = " FIRST_RANG ", late = CASE WHEN bell = 1 AND NOT EXISTS"                       \
	" (SELECT 1 FROM call_leg l WHERE l.site_id = call.site_id AND l.call_id = call.id"        \
	" AND COALESCE(l.rang_at, l.answered_at) < call.started_at + " LATE_MS ")"                 \
	" THEN 1 ELSE 0 END, " PICTURE_OF_CALL

#define TRACE_COLUMNS                                                                              \
	"pushed_at, delivered_at, woken_at, offered_at, rang_at, preview_at, answered_at, "        \
	"video_at,"                                                                                \
	" ended_at, why"
/* What is known stays where there is no news. */
#define TRACE_NEWS                                                                                 \
	"pushed_at = COALESCE(excluded.pushed_at, call_leg.pushed_at),"                            \
	" delivered_at = COALESCE(excluded.delivered_at, call_leg.delivered_at),"                  \
	" woken_at = COALESCE(excluded.woken_at, call_leg.woken_at),"                              \
	" offered_at = COALESCE(excluded.offered_at, call_leg.offered_at),"                        \
	" rang_at = COALESCE(excluded.rang_at, call_leg.rang_at),"                                 \
	" preview_at = COALESCE(excluded.preview_at, call_leg.preview_at),"                        \
	" answered_at = COALESCE(excluded.answered_at, call_leg.answered_at),"                     \
	" video_at = COALESCE(excluded.video_at, call_leg.video_at),"                              \
	" ended_at = COALESCE(excluded.ended_at, call_leg.ended_at),"                              \
	" why = COALESCE(excluded.why, call_leg.why)"
#define TRACE_SET                                                                                  \
	"pushed_at = COALESCE($4, pushed_at),"                                                     \
	" delivered_at = COALESCE($5, delivered_at),"                                              \
	" woken_at = COALESCE($6, woken_at), offered_at = COALESCE($7, offered_at),"               \
	" rang_at = COALESCE($8, rang_at), preview_at = COALESCE($9, preview_at),"                 \
	" answered_at = COALESCE($10, answered_at),"                                               \
	" video_at = COALESCE($11, video_at), ended_at = COALESCE($12, ended_at),"                 \
	" why = COALESCE($13, why)"

#define OPENING_SELECT                                                                             \
	"SELECT site_id, id, at, call_id, device, by_device, by_name, how FROM opening"

enum {
	START,
	ANSWER,
	END,
	LEG_ADD,
	LEG_TRACE,
	STREAM_ADD,
	OPENING_ADD,
	END_LOST,
	GET,
	LIST,
	LIST_LATE,
	LEGS,
	STREAMS,
	OPENINGS,
	BETWEEN,
	EXPIRE,
	EXPIRE_OPENINGS,
};

static const struct db_stmt stmts[] = {
	/* an intercom's is a bell, unless it is a test */
	[START] = { "call_start",
		    "INSERT INTO call (site_id, id, started_at, from_device, from_name, button,"
		    " state, test, bell) VALUES ($1, $2, $3, $4, $5, $6, 'ringing', $7,"
		    " (SELECT CASE WHEN COUNT(*) > $7 THEN 1 ELSE 0 END FROM device"
		    " WHERE site_id = $1 AND number = $4 AND kind = 'intercom'))" },
	[ANSWER] = { "call_answer",
		     "UPDATE call SET state = 'talking', answered_at = $3, answered_by = $4,"
		     " answered_by_name = $5, " PICTURE_OF_CALL " WHERE site_id = $1 AND id = $2" },
	[END] = { "call_end", "UPDATE call SET state = 'ended', ended_at = $3, result = $4,"
			      " " ENDED " WHERE site_id = $1 AND id = $2" },
	[LEG_ADD] = { "call_leg_add",
		      "INSERT INTO call_leg (site_id, call_id, leg, device, name, at, result,"
		      " " TRACE_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
		      " $12, $13, $14, $15, $16, $17)"
		      " ON CONFLICT (site_id, call_id, leg) DO UPDATE SET at = excluded.at,"
		      " result = excluded.result, " TRACE_NEWS },
	[LEG_TRACE] = { "call_leg_trace", "UPDATE call_leg SET " TRACE_SET
					  " WHERE site_id = $1 AND call_id = $2 AND leg = $3" },
	[STREAM_ADD] = { "call_stream_add",
			 "INSERT INTO call_stream (site_id, call_id, leg, kind, codec, packets, "
			 "lost,"
			 " jitter_us, sent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)" },
	[OPENING_ADD] = { "call_opening_add", "INSERT INTO opening (site_id, id, at, call_id, "
					      "device, by_device, by_name,"
					      " how) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)" },
	[END_LOST] = { "call_end_lost",
		       "UPDATE call SET state = 'ended', ended_at = $1, result = CASE WHEN "
		       "answered_at"
		       " IS NULL THEN 'failed' ELSE 'answered' END, " ENDED
		       " WHERE ended_at IS NULL RETURNING site_id, id",
		       &lost_shape },
	[GET] = { "call_get", CALL_SELECT " WHERE site_id = $1 AND id = $2", &call_shape },
	[LIST] = { "call_list",
		   CALL_SELECT " WHERE site_id = $1 AND (started_at, id) < ($2, $3)"
			       " ORDER BY started_at DESC, id DESC LIMIT $4",
		   &call_shape },
	[LIST_LATE] = { "call_list_late",
			CALL_SELECT
			" WHERE site_id = $1 AND late = 1 AND (started_at, id) < ($2, $3)"
			" ORDER BY started_at DESC, id DESC LIMIT $4",
			&call_shape },
	[LEGS] = { "call_legs",
		   "SELECT l.site_id, l.call_id, l.leg, l.device, l.name, l.at, l.result,"
		   " " TRACE_COLUMNS ", a.number AS apartment FROM call_leg l"
		   " LEFT JOIN device d ON d.site_id = l.site_id AND d.number = l.device"
		   " LEFT JOIN apartment a ON a.site_id = d.site_id AND a.id = d.apartment_id"
		   " WHERE l.site_id = $1 AND l.call_id = $2 ORDER BY l.leg",
		   &leg_shape },
	[STREAMS] = { "call_streams",
		      "SELECT s.site_id, s.call_id, s.leg, s.kind, s.codec, s.packets, s.lost, "
		      "s.jitter_us,"
		      " s.sent, COALESCE(l.device, c.from_device) AS device,"
		      " COALESCE(l.name, c.from_name) AS name FROM call_stream s"
		      " JOIN call c ON c.site_id = s.site_id AND c.id = s.call_id"
		      " LEFT JOIN call_leg l ON l.site_id = s.site_id AND l.call_id = s.call_id"
		      " AND l.leg = s.leg WHERE s.site_id = $1 AND s.call_id = $2 ORDER BY s.leg, "
		      "s.kind",
		      &stream_shape },
	[OPENINGS] = { "call_openings",
		       OPENING_SELECT " WHERE site_id = $1 AND call_id = $2 ORDER BY at, id",
		       &opening_shape },
	[BETWEEN] = { "call_openings_between",
		      OPENING_SELECT " WHERE (site_id, call_id) IN (SELECT site_id, id FROM call"
				     " WHERE site_id = $1 AND started_at BETWEEN $2 AND $3)"
				     " ORDER BY at, id",
		      &opening_shape },
	[EXPIRE] = { "call_expire",
		     "DELETE FROM call WHERE site_id = $1 AND (started_at, id) IN"
		     " (SELECT started_at, id FROM call WHERE site_id = $1 AND started_at < $2"
		     " AND ended_at IS NOT NULL ORDER BY started_at, id LIMIT $3)" },
	/* those of a call go with it */
	[EXPIRE_OPENINGS] = { "call_expire_openings",
			      "DELETE FROM opening WHERE site_id = $1 AND (at, id) IN"
			      " (SELECT at, id FROM opening WHERE site_id = $1 AND at < $2"
			      " AND call_id IS NULL ORDER BY at, id LIMIT $3)" },
};

int call_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

static int call_changed(struct db *db, int64_t now_ms, int64_t site_id, int64_t id)
{
	return change_append(db, now_ms, site_id, VIEW("call"), id);
}

int call_start(struct db *db, int64_t now_ms, const struct call_row *c)
{
	const int rc = db_exec(db, &stmts[START],
			       DB_ARGS(A_INT(c->site_id), A_INT(c->id), A_INT(c->started_at),
				       A_INT(c->from_device), A_TEXT(c->from_name),
				       A_INT_OR_NULL(c->button), A_INT(c->test)),
			       NULL);

	return rc < 0 ? rc : call_changed(db, now_ms, c->site_id, c->id);
}

static int call_update(struct db *db, int64_t now_ms, const struct db_stmt *stmt,
		       const struct db_arg *args, size_t nargs)
{
	int64_t n;
	const int rc = db_exec(db, stmt, args, nargs, &n);

	if (rc < 0)
		return rc;
	return n ? call_changed(db, now_ms, args[0].number, args[1].number) : -ENOENT;
}

int call_answer(struct db *db, int64_t now_ms, const struct call_row *c)
{
	return call_update(db, now_ms, &stmts[ANSWER],
			   DB_ARGS(A_INT(c->site_id), A_INT(c->id), A_INT(c->answered_at),
				   A_INT(c->answered_by), A_TEXT(c->answered_by_name)));
}

int call_end(struct db *db, int64_t now_ms, const struct call_row *c)
{
	const int rc = call_update(
		db, now_ms, &stmts[END],
		DB_ARGS(A_INT(c->site_id), A_INT(c->id), A_INT(c->ended_at), A_TEXT(c->result)));

	return rc == 0 ? picture_settle(db, c->site_id, c->id) : rc;
}

static struct db_arg time_arg(int64_t ms)
{
	return A_INT_OR_NULL(ms ? ms : DB_INT_NULL);
}

#define A_TRACE(l)                                                                                 \
	time_arg((l)->pushed_at), time_arg((l)->delivered_at), time_arg((l)->woken_at),            \
		time_arg((l)->offered_at), time_arg((l)->rang_at), time_arg((l)->preview_at),      \
		time_arg((l)->answered_at), time_arg((l)->video_at), time_arg((l)->ended_at),      \
		A_TEXT((l)->why)

int call_leg_add(struct db *db, const struct call_leg_row *l)
{
	return db_exec(db, &stmts[LEG_ADD],
		       DB_ARGS(A_INT(l->site_id), A_INT(l->call_id), A_INT(l->leg),
			       A_INT(l->device), A_TEXT(l->name), A_INT(l->at), A_TEXT(l->result),
			       A_TRACE(l)),
		       NULL);
}

int call_leg_trace(struct db *db, const struct call_leg_row *l)
{
	int64_t n;
	const int rc = db_exec(
		db, &stmts[LEG_TRACE],
		DB_ARGS(A_INT(l->site_id), A_INT(l->call_id), A_INT(l->leg), A_TRACE(l)), &n);

	if (rc < 0)
		return rc;
	return n ? 0 : -ENOENT;
}

int call_streams_add(struct db *db, int64_t now_ms, const struct call_stream_row *streams, size_t n)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct call_stream_row *s = &streams[i];

		rc = db_exec(db, &stmts[STREAM_ADD],
			     DB_ARGS(A_INT(s->site_id), A_INT(s->call_id), A_INT(s->leg),
				     A_TEXT(s->kind), A_TEXT(s->codec), A_INT(s->packets),
				     A_INT(s->lost), A_INT(s->jitter_us), A_INT(s->sent)),
			     NULL);
	}
	return rc == 0 && n ? call_changed(db, now_ms, streams->site_id, streams->call_id) : rc;
}

int call_opening_add(struct db *db, int64_t now_ms, const struct opening_row *o)
{
	const int rc = db_exec(db, &stmts[OPENING_ADD],
			       DB_ARGS(A_INT(o->site_id), A_INT(o->id), A_INT(o->at),
				       A_INT_OR_NULL(o->call_id), A_INT(o->device),
				       A_INT_OR_NULL(o->by_device), A_TEXT(o->by_name),
				       A_TEXT(o->how)),
			       NULL);

	if (rc < 0)
		return rc;
	if (o->call_id != DB_INT_NULL) /* a page shows it with its call */
		return call_changed(db, now_ms, o->site_id, o->call_id);
	return change_append(db, now_ms, o->site_id, VIEW("opening"), o->id);
}

int call_end_lost(struct db *db, int64_t now_ms, size_t *ret_ended)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(DB_ROWS_MAX * 4 * sizeof(struct lost_row));
	struct lost_row *ended;
	size_t n;
	int rc = db_select(db, &stmts[END_LOST], DB_ARGS(A_INT(now_ms)), &arena, &ended, &n);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = picture_settle(db, ended[i].site_id, ended[i].id);
		if (rc == 0)
			rc = call_changed(db, now_ms, ended[i].site_id, ended[i].id);
	}
	if (rc == 0)
		*ret_ended = n;
	return rc;
}

int call_get(struct db *db, int64_t site_id, int64_t id, struct arena *arena,
	     struct call_row *ret_call)
{
	return db_one(db, &stmts[GET], DB_ARGS(A_INT(site_id), A_INT(id)), arena, ret_call);
}

int call_list(struct db *db, int64_t site_id, struct call_cursor before, int64_t max,
	      struct arena *arena, struct call_row **ret_calls, size_t *ret_n)
{
	assert(max > 0 && max <= CALL_PAGE_MAX);
	return db_select(db, &stmts[LIST],
			 DB_ARGS(A_INT(site_id), A_INT(before.started_at), A_INT(before.id), A_INT(max)),
			 arena, ret_calls, ret_n);
}

int call_list_late(struct db *db, int64_t site_id, struct call_cursor before, int64_t max,
		   struct arena *arena, struct call_row **ret_calls, size_t *ret_n)
{
	assert(max > 0 && max <= CALL_PAGE_MAX);
	return db_select(
		db, &stmts[LIST_LATE],
		DB_ARGS(A_INT(site_id), A_INT(before.started_at), A_INT(before.id), A_INT(max)),
		arena, ret_calls, ret_n);
}

int call_legs(struct db *db, int64_t site_id, int64_t call_id, struct arena *arena,
	      struct call_leg_row **ret_legs, size_t *ret_n)
{
	return db_select(db, &stmts[LEGS], DB_ARGS(A_INT(site_id), A_INT(call_id)), arena, ret_legs,
			 ret_n);
}

int call_streams(struct db *db, int64_t site_id, int64_t call_id, struct arena *arena,
		 struct call_stream_row **ret_streams, size_t *ret_n)
{
	return db_select(db, &stmts[STREAMS], DB_ARGS(A_INT(site_id), A_INT(call_id)), arena,
			 ret_streams, ret_n);
}

int call_openings(struct db *db, int64_t site_id, int64_t call_id, struct arena *arena,
		  struct opening_row **ret_openings, size_t *ret_n)
{
	return db_select(db, &stmts[OPENINGS], DB_ARGS(A_INT(site_id), A_INT(call_id)), arena,
			 ret_openings, ret_n);
}

int call_openings_between(struct db *db, int64_t site_id, int64_t from_ms, int64_t to_ms,
			  struct arena *arena, struct opening_row **ret_openings, size_t *ret_n)
{
	return db_select(db, &stmts[BETWEEN], DB_ARGS(A_INT(site_id), A_INT(from_ms), A_INT(to_ms)),
			 arena, ret_openings, ret_n);
}

static int expire_site(struct db *db, int64_t site_id, int64_t at_ms, int64_t max,
		       int64_t *ret_removed)
{
	int64_t calls = 0, openings = 0;
	int rc = db_exec(db, &stmts[EXPIRE], DB_ARGS(A_INT(site_id), A_INT(at_ms), A_INT(max)),
			 &calls);

	if (rc == 0 && calls < max)
		rc = db_exec(db, &stmts[EXPIRE_OPENINGS],
			     DB_ARGS(A_INT(site_id), A_INT(at_ms), A_INT(max - calls)), &openings);
	if (rc == 0)
		*ret_removed = calls + openings;
	return rc;
}

int call_expire(struct db *db, int64_t at_ms, int64_t *after_site, int64_t *ret_removed,
		bool *ret_more)
{
	CLEANUP(arena_free)
	struct arena arena = ARENA_INIT(CALL_EXPIRE_SITES * sizeof(struct site_row) * 4);
	int64_t left = CALL_EXPIRE_MAX;
	struct site_row *sites;
	size_t n, i;
	int rc = site_ids(db, *after_site, CALL_EXPIRE_SITES, &arena, &sites, &n);

	for (i = 0; rc == 0 && i < n && left > 0; i++) {
		int64_t removed;

		rc = expire_site(db, sites[i].id, at_ms, left, &removed);
		left -= rc == 0 ? removed : 0;
		if (rc == 0 && left > 0) /* otherwise the site may have more */
			*after_site = sites[i].id;
	}
	if (rc < 0)
		return rc;
	*ret_more = left == 0 || n == CALL_EXPIRE_SITES;
	if (!*ret_more)
		*after_site = 0;
	*ret_removed = CALL_EXPIRE_MAX - left;
	return 0;
}
