#include "store/picture.h"

#include "store/change.h"

#include <errno.h>

static const struct db_column picture_columns[] = {
	DB_COLUMN_INT(struct picture_row, site_id), DB_COLUMN_INT(struct picture_row, call_id),
	DB_COLUMN_INT(struct picture_row, device),  DB_COLUMN_INT(struct picture_row, at),
	DB_COLUMN_INT(struct picture_row, width),   DB_COLUMN_INT(struct picture_row, height),
	DB_COLUMN_BLOB(struct picture_row, jpeg),
};
static const struct db_shape picture_shape = DB_SHAPE(struct picture_row, picture_columns);

#define PICTURE_WHERE                                                                              \
	" FROM call_picture p WHERE p.site_id = $1 AND p.call_id = $2 AND EXISTS"                  \
	" (SELECT 1 FROM call_leg l WHERE l.site_id = p.site_id AND l.call_id = p.call_id"         \
	" AND l.device = p.device)"
#define PICTURE_FIRST  " ORDER BY p.at, p.device LIMIT 1"
#define PICTURE_FROM   PICTURE_WHERE PICTURE_FIRST
#define PICTURE_SELECT "SELECT p.site_id, p.call_id, p.device, p.at, p.width, p.height, p.jpeg"
#define PICTURE_INSERT                                                                             \
	"INSERT INTO call_picture (site_id, call_id, device, at, width, height, jpeg)"             \
	" VALUES ($1, $2, $3, $4, $5, $6, $7)"

enum { ADD, COUNT, TELL, WANTED, KEEP, GET, OF_RUNG, SETTLE, RUNG };

static const struct db_stmt stmts[] = {
	[ADD] = { "picture_add", PICTURE_INSERT },
	[COUNT] = { "picture_count",
		    "SELECT COUNT(*) AS number FROM call_picture"
		    " WHERE site_id = $1 AND call_id = $2",
		    &db_number_shape },
	[TELL] = { "picture_tell",
		   "UPDATE call SET " PICTURE_OF_CALL " WHERE site_id = $1 AND id = $2" },
	[WANTED] = { "picture_wanted",
		     "SELECT l.device AS number FROM call_leg l JOIN device d"
		     " ON d.site_id = l.site_id AND d.number = l.device"
		     " WHERE l.site_id = $1 AND l.call_id = $2 AND d.app = 1 AND NOT EXISTS"
		     " (SELECT 1" PICTURE_WHERE ") ORDER BY l.leg LIMIT 1",
		     &db_number_shape },
	/* The app's own may be written at the same moment: the call must not lose its end for it.
	 */
	[KEEP] = { "picture_keep",
		   PICTURE_INSERT " ON CONFLICT (site_id, call_id, device) DO NOTHING" },
	[GET] = { "picture_get", PICTURE_SELECT PICTURE_FROM, &picture_shape },
	[OF_RUNG] = { "picture_of_rung",
		      PICTURE_SELECT PICTURE_WHERE
		      " AND EXISTS (SELECT 1 FROM call_leg o JOIN device d"
		      " ON d.site_id = o.site_id AND d.number = o.device"
		      " WHERE o.site_id = p.site_id AND o.call_id = p.call_id"
		      " AND d.app = 1 AND d.person_id = $3)" PICTURE_FIRST,
		      &picture_shape },
	[SETTLE] = { "picture_settle",
		     "DELETE FROM call_picture WHERE site_id = $1 AND call_id = $2"
		     " AND device <> COALESCE((SELECT p.device" PICTURE_FROM "), 0)" },
	[RUNG] = { "picture_rung",
		   "SELECT leg AS number FROM call_leg WHERE site_id = $1 AND call_id = $2"
		   " AND device = $3 LIMIT 1",
		   &db_number_shape },
};

int picture_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

/* The call knows when its picture was taken. */
static int insert(struct db *db, int64_t now_ms, const struct db_stmt *stmt,
		  const struct picture_row *p, int64_t device)
{
	int rc = db_exec(db, stmt,
			 DB_ARGS(A_INT(p->site_id), A_INT(p->call_id), A_INT(device), A_INT(p->at),
				 A_INT(p->width), A_INT(p->height), A_BLOB(p->jpeg)),
			 NULL);

	if (rc == 0)
		rc = db_exec(db, &stmts[TELL], DB_ARGS(A_INT(p->site_id), A_INT(p->call_id)), NULL);
	return rc == 0 ? change_append(db, now_ms, p->site_id, VIEW("call"), p->call_id) : rc;
}

int picture_add(struct db *db, int64_t now_ms, const struct picture_row *p)
{
	int64_t n;
	int rc = db_number(db, &stmts[COUNT], DB_ARGS(A_INT(p->site_id), A_INT(p->call_id)), &n);

	if (rc == 0 && n >= PICTURES_MAX)
		rc = -ENOSPC;
	return rc == 0 ? insert(db, now_ms, &stmts[ADD], p, p->device) : rc;
}

int picture_keep(struct db *db, int64_t now_ms, const struct picture_row *p)
{
	int64_t device;
	const int rc = db_number(db, &stmts[WANTED], DB_ARGS(A_INT(p->site_id), A_INT(p->call_id)),
			   &device);

	return rc == 0 ? insert(db, now_ms, &stmts[KEEP], p, device) : rc;
}

int picture_get(struct db *db, int64_t site_id, int64_t call_id, struct arena *arena,
		struct picture_row *ret_picture)
{
	return db_one(db, &stmts[GET], DB_ARGS(A_INT(site_id), A_INT(call_id)), arena, ret_picture);
}

int picture_of_rung(struct db *db, int64_t site_id, int64_t call_id, int64_t person_id,
		    struct arena *arena, struct picture_row *ret_picture)
{
	return db_one(db, &stmts[OF_RUNG],
		      DB_ARGS(A_INT(site_id), A_INT(call_id), A_INT(person_id)), arena,
		      ret_picture);
}

int picture_settle(struct db *db, int64_t site_id, int64_t call_id)
{
	return db_exec(db, &stmts[SETTLE], DB_ARGS(A_INT(site_id), A_INT(call_id)), NULL);
}

int picture_rung(struct db *db, int64_t site_id, int64_t call_id, int64_t device)
{
	int64_t leg;

	return db_number(db, &stmts[RUNG], DB_ARGS(A_INT(site_id), A_INT(call_id), A_INT(device)),
			 &leg);
}
