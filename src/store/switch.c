#include "store/switch.h"

#include "store/change.h"

static const struct db_column switch_columns[] = {
	DB_COLUMN_INT(struct switch_row, device), DB_COLUMN_INT(struct switch_row, number),
	DB_COLUMN_TEXT(struct switch_row, name),  DB_COLUMN_TEXT(struct switch_row, code),
	DB_COLUMN_TEXT(struct switch_row, owner),
};
static const struct db_shape switch_shape = DB_SHAPE(struct switch_row, switch_columns);

enum { LIST, LIST_OF_SITE, CLEAR, ADD, DOOR_SET, DOOR_CLEAR };

#define SWITCH_SELECT "SELECT device, number, name, code, owner FROM device_switch"

static const struct db_stmt stmts[] = {
	[LIST] = { "switch_list",
		   SWITCH_SELECT " WHERE site_id = $1 AND device = $2 ORDER BY number",
		   &switch_shape },
	[LIST_OF_SITE] = { "switch_list_of_site",
			   SWITCH_SELECT " WHERE site_id = $1 ORDER BY device, number",
			   &switch_shape },
	[CLEAR] = { "switch_clear",
		    "DELETE FROM device_switch WHERE site_id = $1 AND device = $2" },
	[ADD] = { "switch_add",
		  "INSERT INTO device_switch (site_id, device, number, name, code, owner)"
		  " VALUES ($1, $2, $3, $4, $5, $6)" },
	[DOOR_SET] = { "switch_door_set",
		       "INSERT INTO device_switch (site_id, device, number, name, code, owner)"
		       " VALUES ($1, $2, $3, '', $4, 'platform')"
		       " ON CONFLICT (site_id, device, number) DO UPDATE SET code = "
		       "excluded.code" },
	[DOOR_CLEAR] = { "switch_door_clear",
			 "DELETE FROM device_switch WHERE site_id = $1 AND device = $2"
			 " AND number = $3" },
};

int switch_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

int switch_list(struct db *db, int64_t site_id, int64_t device, struct arena *arena,
		struct switch_row **ret_switches, size_t *ret_n)
{
	return db_select(db, &stmts[LIST], DB_ARGS(A_INT(site_id), A_INT(device)), arena,
			 ret_switches, ret_n);
}

int switch_list_of_site(struct db *db, int64_t site_id, struct arena *arena,
			struct switch_row **ret_switches, size_t *ret_n)
{
	return db_select(db, &stmts[LIST_OF_SITE], DB_ARGS(A_INT(site_id)), arena, ret_switches,
			 ret_n);
}

static int add(struct db *db, int64_t site_id, int64_t device, const struct switch_row *s)
{
	return db_exec(db, &stmts[ADD],
		       DB_ARGS(A_INT(site_id), A_INT(device), A_INT(s->number), A_TEXT(s->name),
			       A_TEXT(s->code), A_TEXT(s->owner)),
		       NULL);
}

int switch_replace(struct db *db, int64_t now_ms, int64_t site_id, int64_t device,
		   const struct switch_row *switches, size_t n)
{
	int rc = db_exec(db, &stmts[CLEAR], DB_ARGS(A_INT(site_id), A_INT(device)), NULL);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = add(db, site_id, device, &switches[i]);
	return rc < 0 ? rc : change_append(db, now_ms, site_id, VIEW("device"), device);
}

int switch_door_code(struct db *db, int64_t site_id, int64_t device, struct view code)
{
	if (code.n == 0)
		return db_exec(db, &stmts[DOOR_CLEAR],
			       DB_ARGS(A_INT(site_id), A_INT(device), A_INT(SWITCH_DOOR)), NULL);
	return db_exec(db, &stmts[DOOR_SET],
		       DB_ARGS(A_INT(site_id), A_INT(device), A_INT(SWITCH_DOOR), A_TEXT(code)),
		       NULL);
}
