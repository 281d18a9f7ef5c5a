#include "store/summary.h"

#include "store/device.h"

#define ASLEEP "online = 0 AND wakes = 0 AND registered_at IS "

static const struct db_column summary_columns[] = {
	DB_COLUMN_INT(struct summary_row, intercoms),
	DB_COLUMN_INT(struct summary_row, phones),
	DB_COLUMN_INT(struct summary_row, registered),
	DB_COLUMN_INT(struct summary_row, ready),
	DB_COLUMN_INT(struct summary_row, needs_configuration),
	DB_COLUMN_INT(struct summary_row, not_registered),
	DB_COLUMN_INT(struct summary_row, buttons),
	DB_COLUMN_INT(struct summary_row, apartments),
	DB_COLUMN_INT(struct summary_row, people),
	DB_COLUMN_INT(struct summary_row, openings_today),
	DB_COLUMN_INT(struct summary_row, openings_week),
};
static const struct db_shape summary_shape = DB_SHAPE(struct summary_row, summary_columns);

static const struct db_column calls_columns[] = {
	DB_COLUMN_TEXT(struct summary_calls_row, result),
	DB_COLUMN_INT(struct summary_calls_row, today),
	DB_COLUMN_INT(struct summary_calls_row, week),
};
static const struct db_shape calls_shape = DB_SHAPE(struct summary_calls_row, calls_columns);

static const struct db_column rings_columns[] = {
	DB_COLUMN_INT(struct summary_rings_row, rings),
	DB_COLUMN_INT(struct summary_rings_row, rings_1s),
	DB_COLUMN_INT(struct summary_rings_row, rings_3s),
	DB_COLUMN_INT(struct summary_rings_row, rings_10s),
	DB_COLUMN_INT(struct summary_rings_row, rings_never),
};
static const struct db_shape rings_shape = DB_SHAPE(struct summary_rings_row, rings_columns);

#define HOW_MANY(condition) "COALESCE(SUM(CASE WHEN " condition " THEN 1 ELSE 0 END), 0)"
#define RANG_WITHIN(ms)     HOW_MANY("rang_at - started_at < " ms)

enum { GET, CALLS, RINGS };

/* $1: site; $2, $3: since when today and the week are. $4: now, for what has registered. */
static const struct db_stmt
	stmts[] = {
		[GET] = { "summary_get",
			  "SELECT d.intercoms, d.phones, d.registered, d.ready, d.needs_configuration, "
			  "d.not_registered,"
			  " (SELECT COUNT(*) FROM (SELECT DISTINCT device, button FROM "
			  "button_destination"
			  " WHERE site_id = $1) AS ringing) AS buttons,"
			  " (SELECT COUNT(*) FROM apartment WHERE site_id = $1) AS apartments,"
			  " (SELECT COUNT(*) FROM member WHERE site_id = $1) AS people,"
			  " o.today AS openings_today, o.week AS openings_week FROM"
			  " (SELECT " HOW_MANY(
				  "kind = 'intercom'") " AS intercoms,"
						       " " HOW_MANY(
							       "kind = 'phone'") " AS phones,"
										 " " HOW_MANY(
											 "online = "
											 "1") " AS "
											      "regi"
											      "ster"
											      "ed,"
											      " " HOW_MANY(
												      ASLEEP "NULL") " AS needs_configuration,"
																	      " " HOW_MANY(
																		      ASLEEP "NOT NULL") " AS not_registered, " HOW_MANY("online = 0 AND wakes = 1") " AS ready"
																								  " FROM (SELECT kind, registered_at, " DEVICE_WAKES("device") ", CASE WHEN EXISTS (SELECT 1 FROM binding b"
																								  " WHERE b.site_id = device.site_id AND b.device = device.number"
																								  " AND b.expires_at > $4) OR app_online_at IS NOT NULL THEN 1 ELSE 0 END AS online"
																								  " FROM device WHERE site_id = $1 AND line IS NULL) AS one) AS d,"
																								  " (SELECT " HOW_MANY(
																									  "at >= $2") " AS today, COUNT(*) AS week"
																										      " FROM opening WHERE site_id = $1 AND at >= $3) AS o",
			  &summary_shape },
		[CALLS] = { "summary_calls",
			    "SELECT result, " HOW_MANY(
				    "started_at >= $2") " AS today, COUNT(*) AS week"
							" FROM call WHERE site_id = $1 AND "
							"started_at >= $3 AND test = 0"
							" GROUP BY result ORDER BY result",
			    &calls_shape },
		[RINGS] = { "summary_rings",
			    "SELECT COUNT(*) AS rings, " RANG_WITHIN("1000") " AS rings_1s,"
			    " " RANG_WITHIN("3000") " AS rings_3s, " RANG_WITHIN("10000")
			    " AS rings_10s, COUNT(*) - COUNT(rang_at) AS rings_never FROM call"
			    " WHERE site_id = $1 AND started_at >= $2 AND bell = 1"
			    " AND ended_at IS NOT NULL",
			    &rings_shape },
	};

int summary_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

int summary_get(struct db *db, int64_t site_id, const struct summary_times *t, struct arena *arena,
		struct summary_row *ret_summary)
{
	return db_one(
		db, &stmts[GET],
		DB_ARGS(A_INT(site_id), A_INT(t->today_ms), A_INT(t->week_ms), A_INT(t->now_ms)),
		arena, ret_summary);
}

int summary_calls(struct db *db, int64_t site_id, const struct summary_times *t,
		  struct arena *arena, struct summary_calls_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[CALLS],
			 DB_ARGS(A_INT(site_id), A_INT(t->today_ms), A_INT(t->week_ms)), arena,
			 ret_rows, ret_n);
}

int summary_rings(struct db *db, int64_t site_id, const struct summary_times *t,
		  struct summary_rings_row *ret_rings)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1024);

	return db_one(db, &stmts[RINGS], DB_ARGS(A_INT(site_id), A_INT(t->month_ms)), &arena,
		      ret_rings);
}
