#include "store/order.h"

#include "store/change.h"

#include <errno.h>

static const struct db_column directory_columns[] = {
	DB_COLUMN_INT(struct phone_directory_row, id),
	DB_COLUMN_TEXT(struct phone_directory_row, name),
	DB_COLUMN_INT(struct phone_directory_row, entries),
	DB_COLUMN_INT(struct phone_directory_row, devices),
};
static const struct db_shape directory_shape =
	DB_SHAPE(struct phone_directory_row, directory_columns);

static const struct db_column entry_columns[] = {
	DB_COLUMN_INT(struct phone_entry_row, directory_id),
	DB_COLUMN_INT(struct phone_entry_row, device),
	DB_COLUMN_TEXT(struct phone_entry_row, name),
};
static const struct db_shape entry_shape = DB_SHAPE(struct phone_entry_row, entry_columns);

static const struct db_column quiet_columns[] = {
	DB_COLUMN_INT(struct quiet_row, device),
	DB_COLUMN_INT(struct quiet_row, days),
	DB_COLUMN_INT(struct quiet_row, from_minute),
	DB_COLUMN_INT(struct quiet_row, until_minute),
};
static const struct db_shape quiet_shape = DB_SHAPE(struct quiet_row, quiet_columns);

static const struct db_column line_columns[] = {
	DB_COLUMN_TEXT(struct line_row, host),
	DB_COLUMN_INT(struct line_row, port),
	DB_COLUMN_TEXT(struct line_row, transport),
	DB_COLUMN_TEXT(struct line_row, username),
	DB_COLUMN_BLOB(struct line_row, password_sealed),
	DB_COLUMN_TEXT(struct line_row, caller),
};
static const struct db_shape line_shape = DB_SHAPE(struct line_row, line_columns);

static const struct db_column missed_columns[] = {
	DB_COLUMN_INT(struct missed_row, id),
	DB_COLUMN_TEXT(struct missed_row, email),
	DB_COLUMN_TEXT(struct missed_row, name),
	DB_COLUMN_TEXT(struct missed_row, language),
};
static const struct db_shape missed_shape = DB_SHAPE(struct missed_row, missed_columns);

enum {
	DIRECTORY_LIST,
	DIRECTORY_GET,
	DIRECTORY_CREATE,
	DIRECTORY_RENAME,
	DIRECTORY_DELETE,
	ENTRIES,
	ENTRIES_OF_SITE,
	ENTRIES_CLEAR,
	ENTRY_ADD,
	QUIET_LIST,
	QUIET_OF_SITE,
	QUIET_OF_DEVICE,
	QUIET_CLEAR,
	QUIET_ADD,
	QUIET_DEVICES,
	MISSED_GET,
	MISSED_SET,
	MISSED_PEOPLE,
	MISSED_COUNT,
	LINE_GET,
	LINE_SET,
	LINE_DELETE,
};

#define DIRECTORY_SELECT                                                                           \
	"SELECT p.id, p.name, (SELECT COUNT(*) FROM phone_directory_entry e"                       \
	" WHERE e.site_id = p.site_id AND e.directory_id = p.id) AS entries,"                      \
	" (SELECT COUNT(*) FROM device d WHERE d.directory_id = p.id) AS devices"                  \
	" FROM phone_directory p"
#define ENTRY_SELECT "SELECT directory_id, device, name FROM phone_directory_entry"
#define QUIET_SELECT                                                                               \
	"SELECT d.number AS device, q.days, q.from_minute, q.until_minute FROM device d"           \
	" JOIN quiet q ON q.person_id = d.person_id"

/* The devices of the call that did not decline it; of those that nobody holds, who lives there. */
#define MISSED_LEGS                                                                                \
	" FROM call_leg l JOIN device d ON d.site_id = l.site_id AND d.number = l.device"
#define MISSED_WHERE  " WHERE l.site_id = $1 AND l.call_id = $2 AND l.result <> 'declined'"
#define MISSED_DEVICE MISSED_LEGS MISSED_WHERE
#define MISSED_RESIDENT                                                                            \
	MISSED_LEGS " JOIN resident r ON r.site_id = d.site_id"                                    \
		    " AND r.apartment_id = d.apartment_id" MISSED_WHERE " AND d.person_id IS NULL"

static const struct db_stmt stmts[] = {
	[DIRECTORY_LIST] = { "phone_directory_list",
			     DIRECTORY_SELECT " WHERE p.site_id = $1 ORDER BY p.name LIMIT $2",
			     &directory_shape },
	[DIRECTORY_GET] = { "phone_directory_get",
			    DIRECTORY_SELECT " WHERE p.site_id = $1 AND p.id = $2",
			    &directory_shape },
	[DIRECTORY_CREATE] = { "phone_directory_create",
			       "INSERT INTO phone_directory (site_id, name, created_at)"
			       " SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS BIGINT)"
			       " WHERE (SELECT COUNT(*) FROM phone_directory WHERE site_id = $1)"
			       " < $4 RETURNING id AS number",
			       &db_number_shape },
	[DIRECTORY_RENAME] = { "phone_directory_rename", "UPDATE phone_directory SET name = $3"
							 " WHERE site_id = $1 AND id = $2" },
	[DIRECTORY_DELETE] = { "phone_directory_delete",
			       "DELETE FROM phone_directory WHERE site_id = $1 AND id = $2" },
	[ENTRIES] = { "phone_entries",
		      ENTRY_SELECT " WHERE site_id = $1 AND directory_id = $2"
				   " ORDER BY device LIMIT $3",
		      &entry_shape },
	[ENTRIES_OF_SITE] = { "phone_entries_of_site",
			      ENTRY_SELECT " WHERE site_id = $1 ORDER BY directory_id, device",
			      &entry_shape },
	[ENTRIES_CLEAR] = { "phone_entries_clear", "DELETE FROM phone_directory_entry"
						   " WHERE site_id = $1 AND directory_id = $2" },
	[ENTRY_ADD] = { "phone_entry_add",
			"INSERT INTO phone_directory_entry (site_id, directory_id, device, name)"
			" VALUES ($1, $2, $3, $4)" },
	[QUIET_LIST] = { "quiet_list",
			 "SELECT 0 AS device, days, from_minute, until_minute FROM quiet"
			 " WHERE person_id = $1 ORDER BY position LIMIT $2",
			 &quiet_shape },
	[QUIET_OF_SITE] = { "quiet_list_of_site",
			    QUIET_SELECT
			    " WHERE d.site_id = $1 AND d.app = 1 ORDER BY d.number, q.position",
			    &quiet_shape },
	[QUIET_OF_DEVICE] = { "quiet_list_of_device",
			      QUIET_SELECT " WHERE d.site_id = $1 AND d.number = $2 AND d.app = 1"
					   " ORDER BY q.position",
			      &quiet_shape },
	[QUIET_CLEAR] = { "quiet_clear", "DELETE FROM quiet WHERE person_id = $1" },
	[QUIET_ADD] = { "quiet_add",
			"INSERT INTO quiet (person_id, position, days, from_minute, until_minute)"
			" VALUES ($1, $2, $3, $4, $5)" },
	[QUIET_DEVICES] = { "quiet_devices",
			    "SELECT site_id, number FROM device WHERE person_id = $1 LIMIT $2",
			    &change_device_shape },
	[MISSED_GET] = { "missed_mail_get",
			 "SELECT missed_mail AS number FROM person WHERE id = $1",
			 &db_number_shape },
	[MISSED_SET] = { "missed_mail_set", "UPDATE person SET missed_mail = $2 WHERE id = $1" },
	[MISSED_PEOPLE] = { "missed_people",
			    "SELECT p.id, p.email, p.name, p.language FROM ("
			    "SELECT d.person_id" MISSED_DEVICE " AND d.person_id IS NOT NULL"
			    " UNION SELECT r.person_id" MISSED_RESIDENT
			    ") who JOIN person p ON p.id = who.person_id"
			    " WHERE p.missed_mail = 1 AND p.email IS NOT NULL"
			    " AND p.disabled_at IS NULL ORDER BY p.id LIMIT $3",
			    &missed_shape },
	[MISSED_COUNT] = { "missed_count",
			   "SELECT COUNT(*) AS number FROM mail WHERE person_id = $1"
			   " AND template = 'missed_call' AND created_at > $2",
			   &db_number_shape },
	[LINE_GET] = { "line_get",
		       "SELECT host, port, transport, username, password_sealed, caller FROM line"
		       " WHERE site_id = $1",
		       &line_shape },
	[LINE_SET] = { "line_set",
		       "INSERT INTO line (site_id, host, port, transport, username,"
		       " password_sealed, caller) VALUES ($1, $2, $3, $4, $5, $6, $7)"
		       " ON CONFLICT (site_id) DO UPDATE SET host = excluded.host,"
		       " port = excluded.port, transport = excluded.transport,"
		       " username = excluded.username, password_sealed = excluded.password_sealed,"
		       " caller = excluded.caller" },
	[LINE_DELETE] = { "line_delete", "DELETE FROM line WHERE site_id = $1" },
};

int order_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

/* Directories: the sip loop reads the whole site anew, for any of its devices may have it. */

static int tell_site(struct db *db, int64_t now_ms, int64_t site_id)
{
	return change_append(db, now_ms, site_id, VIEW("site"), site_id);
}

int phone_directory_list(struct db *db, int64_t site_id, struct arena *arena,
			 struct phone_directory_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[DIRECTORY_LIST],
			 DB_ARGS(A_INT(site_id), A_INT(PHONE_DIRECTORIES_MAX)), arena, ret_rows,
			 ret_n);
}

int phone_directory_get(struct db *db, int64_t site_id, int64_t id, struct arena *arena,
			struct phone_directory_row *ret_row)
{
	return db_one(db, &stmts[DIRECTORY_GET], DB_ARGS(A_INT(site_id), A_INT(id)), arena,
		      ret_row);
}

int phone_directory_create(struct db *db, int64_t now_ms, int64_t site_id, struct view name,
			   int64_t *ret_id)
{
	const int rc = db_number(
		db, &stmts[DIRECTORY_CREATE],
		DB_ARGS(A_INT(site_id), A_TEXT(name), A_INT(now_ms), A_INT(PHONE_DIRECTORIES_MAX)),
		ret_id);

	if (rc < 0)
		return rc == -ENOENT ? -ENOSPC : rc;
	return tell_site(db, now_ms, site_id);
}

/* The row of the site ($1) with that id is touched, or -ENOENT. */
static int directory_update(struct db *db, int64_t now_ms, const struct db_stmt *stmt,
			    const struct db_arg *args, size_t nargs)
{
	int64_t n;
	const int rc = db_exec(db, stmt, args, nargs, &n);

	if (rc < 0)
		return rc;
	return n ? tell_site(db, now_ms, args[0].number) : -ENOENT;
}

int phone_directory_rename(struct db *db, int64_t now_ms, int64_t site_id, int64_t id,
			   struct view name)
{
	return directory_update(db, now_ms, &stmts[DIRECTORY_RENAME],
				DB_ARGS(A_INT(site_id), A_INT(id), A_TEXT(name)));
}

int phone_directory_delete(struct db *db, int64_t now_ms, int64_t site_id, int64_t id)
{
	return directory_update(db, now_ms, &stmts[DIRECTORY_DELETE],
				DB_ARGS(A_INT(site_id), A_INT(id)));
}

int phone_entries(struct db *db, int64_t site_id, int64_t id, struct arena *arena,
		  struct phone_entry_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[ENTRIES],
			 DB_ARGS(A_INT(site_id), A_INT(id), A_INT(PHONE_ENTRIES_MAX)), arena,
			 ret_rows, ret_n);
}

int phone_entries_of_site(struct db *db, int64_t site_id, struct arena *arena,
			  struct phone_entry_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[ENTRIES_OF_SITE], DB_ARGS(A_INT(site_id)), arena, ret_rows,
			 ret_n);
}

int phone_entries_replace(struct db *db, int64_t site_id, int64_t id,
			  const struct phone_entry_row *entries, size_t n)
{
	int rc = db_exec(db, &stmts[ENTRIES_CLEAR], DB_ARGS(A_INT(site_id), A_INT(id)), NULL);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = db_exec(db, &stmts[ENTRY_ADD],
			     DB_ARGS(A_INT(site_id), A_INT(id), A_INT(entries[i].device),
				     A_TEXT(entries[i].name)),
			     NULL);
	return rc;
}

/* Quiet times: the sip loop reads each of the person's devices anew. */

int quiet_list(struct db *db, int64_t person_id, struct arena *arena, struct quiet_row **ret_rows,
	       size_t *ret_n)
{
	return db_select(db, &stmts[QUIET_LIST], DB_ARGS(A_INT(person_id), A_INT(QUIET_MAX)), arena,
			 ret_rows, ret_n);
}

int quiet_list_of_site(struct db *db, int64_t site_id, struct arena *arena,
		       struct quiet_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[QUIET_OF_SITE], DB_ARGS(A_INT(site_id)), arena, ret_rows,
			 ret_n);
}

int quiet_list_of_device(struct db *db, int64_t site_id, int64_t device, struct arena *arena,
			 struct quiet_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[QUIET_OF_DEVICE], DB_ARGS(A_INT(site_id), A_INT(device)), arena,
			 ret_rows, ret_n);
}

int quiet_replace(struct db *db, int64_t now_ms, int64_t person_id, const struct quiet_row *times,
		  size_t n)
{
	int rc = db_exec(db, &stmts[QUIET_CLEAR], DB_ARGS(A_INT(person_id)), NULL);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = db_exec(db, &stmts[QUIET_ADD],
			     DB_ARGS(A_INT(person_id), A_INT((int64_t)i), A_INT(times[i].days),
				     A_INT(times[i].from_minute), A_INT(times[i].until_minute)),
			     NULL);
	return rc < 0 ? rc
		      : change_append_devices(db, now_ms, &stmts[QUIET_DEVICES],
					      DB_ARGS(A_INT(person_id), A_INT(PERSON_DEVICES_MAX)),
					      NULL);
}

int missed_mail_get(struct db *db, int64_t person_id, bool *ret_on)
{
	int64_t on;
	const int rc = db_number(db, &stmts[MISSED_GET], DB_ARGS(A_INT(person_id)), &on);

	if (rc == 0)
		*ret_on = on != 0;
	return rc;
}

int missed_mail_set(struct db *db, int64_t person_id, bool on)
{
	return db_exec(db, &stmts[MISSED_SET], DB_ARGS(A_INT(person_id), A_INT(on)), NULL);
}

int missed_people(struct db *db, int64_t site_id, int64_t call_id, int64_t max, struct arena *arena,
		  struct missed_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[MISSED_PEOPLE],
			 DB_ARGS(A_INT(site_id), A_INT(call_id), A_INT(max)), arena, ret_rows,
			 ret_n);
}

int missed_count(struct db *db, int64_t person_id, int64_t since_ms, int64_t *ret_n)
{
	return db_number(db, &stmts[MISSED_COUNT], DB_ARGS(A_INT(person_id), A_INT(since_ms)),
			 ret_n);
}

/* Lines. */

int line_get(struct db *db, int64_t site_id, struct arena *arena, struct line_row *ret_line)
{
	return db_one(db, &stmts[LINE_GET], DB_ARGS(A_INT(site_id)), arena, ret_line);
}

int line_set(struct db *db, int64_t now_ms, int64_t site_id, const struct line_row *l)
{
	const int rc = db_exec(db, &stmts[LINE_SET],
			       DB_ARGS(A_INT(site_id), A_TEXT(l->host), A_INT(l->port),
				       A_TEXT(l->transport), A_TEXT(l->username),
				       A_BLOB(l->password_sealed), A_TEXT(l->caller)),
			       NULL);

	return rc < 0 ? rc : tell_site(db, now_ms, site_id);
}

int line_delete(struct db *db, int64_t now_ms, int64_t site_id)
{
	int64_t n;
	const int rc = db_exec(db, &stmts[LINE_DELETE], DB_ARGS(A_INT(site_id)), &n);

	if (rc < 0)
		return rc;
	return n ? tell_site(db, now_ms, site_id) : -ENOENT;
}
