#include "store/device.h"

#include "store/app.h"
#include "store/change.h"
#include "store/switch.h"

#include <errno.h>

static const struct db_column device_columns[] = {
	DB_COLUMN_INT(struct device_row, number),       DB_COLUMN_INT(struct device_row, site_id),
	DB_COLUMN_TEXT(struct device_row, kind),        DB_COLUMN_TEXT(struct device_row, name),
	DB_COLUMN_INT(struct device_row, apartment_id), DB_COLUMN_TEXT(struct device_row, unlock_code),
	DB_COLUMN_INT(struct device_row, created_at),   DB_COLUMN_INT(struct device_row, registered_at),
	DB_COLUMN_TEXT(struct device_row, transport),   DB_COLUMN_TEXT(struct device_row, address),
	DB_COLUMN_TEXT(struct device_row, connection),  DB_COLUMN_TEXT(struct device_row, srtp),
	DB_COLUMN_INT(struct device_row, app),          DB_COLUMN_INT(struct device_row, person_id),
	DB_COLUMN_INT(struct device_row, app_online_at),
	DB_COLUMN_TEXT(struct device_row, line),        DB_COLUMN_INT(struct device_row, directory_id),
	DB_COLUMN_INT(struct device_row, wakes),
	DB_COLUMN_TEXT(struct device_row, snapshot_url),
	DB_COLUMN_TEXT(struct device_row, snapshot_user),
	DB_COLUMN_BLOB(struct device_row, snapshot_password_sealed),
};
static const struct db_shape device_shape = DB_SHAPE(struct device_row, device_columns);

static const struct db_column secret_columns[] = {
	DB_COLUMN_INT(struct device_secret_row, number),
	DB_COLUMN_BLOB(struct device_secret_row, password_sealed),
	DB_COLUMN_TEXT(struct device_secret_row, ha1_md5),
	DB_COLUMN_TEXT(struct device_secret_row, ha1_sha256),
};
static const struct db_shape secret_shape = DB_SHAPE(struct device_secret_row, secret_columns);

static const struct db_column camera_columns[] = {
	DB_COLUMN_TEXT(struct device_camera_row, snapshot_url),
	DB_COLUMN_TEXT(struct device_camera_row, snapshot_user),
	DB_COLUMN_BLOB(struct device_camera_row, snapshot_password_sealed),
};
static const struct db_shape camera_shape = DB_SHAPE(struct device_camera_row, camera_columns);

static const struct db_column button_columns[] = {
	DB_COLUMN_INT(struct button_row, button),
	DB_COLUMN_TEXT(struct button_row, label),
};
static const struct db_shape button_shape = DB_SHAPE(struct button_row, button_columns);

static const struct db_column destination_columns[] = {
	DB_COLUMN_INT(struct button_destination_row, button),
	DB_COLUMN_INT(struct button_destination_row, destination),
	DB_COLUMN_INT(struct button_destination_row, after_s),
};
static const struct db_shape destination_shape =
	DB_SHAPE(struct button_destination_row, destination_columns);

static const struct db_column peer_columns[] = {
	DB_COLUMN_INT(struct button_peer_row, button),
	DB_COLUMN_INT(struct button_peer_row, device),
	DB_COLUMN_INT(struct button_peer_row, after_s),
	DB_COLUMN_TEXT(struct button_peer_row, name),
	DB_COLUMN_TEXT(struct button_peer_row, connection),
	DB_COLUMN_TEXT(struct button_peer_row, line),
	DB_COLUMN_TEXT(struct button_peer_row, contact),
	DB_COLUMN_TEXT(struct button_peer_row, transport),
};
static const struct db_shape peer_shape = DB_SHAPE(struct button_peer_row, peer_columns);

static const struct db_column directory_columns[] = {
	DB_COLUMN_INT(struct directory_row, number),
	DB_COLUMN_TEXT(struct directory_row, kind),
	DB_COLUMN_INT(struct directory_row, app),
	DB_COLUMN_TEXT(struct directory_row, name),
	DB_COLUMN_TEXT(struct directory_row, line),
	DB_COLUMN_INT(struct directory_row, directory_id),
	DB_COLUMN_INT(struct directory_row, services),
	DB_COLUMN_INT(struct directory_row, residential),
	DB_COLUMN_TEXT(struct directory_row, srtp),
	DB_COLUMN_TEXT(struct directory_row, ha1_md5),
	DB_COLUMN_TEXT(struct directory_row, ha1_sha256),
	DB_COLUMN_INT(struct directory_row, wakes),
	DB_COLUMN_INT(struct directory_row, camera),
};
static const struct db_shape directory_shape = DB_SHAPE(struct directory_row, directory_columns);

static const struct db_column directory_button_columns[] = {
	DB_COLUMN_INT(struct directory_button_row, device),
	DB_COLUMN_INT(struct directory_button_row, button),
	DB_COLUMN_TEXT(struct directory_button_row, label),
	DB_COLUMN_INT(struct directory_button_row, destination),
	DB_COLUMN_INT(struct directory_button_row, after_s),
};
static const struct db_shape directory_button_shape =
	DB_SHAPE(struct directory_button_row, directory_button_columns);

static const struct db_column binding_columns[] = {
	DB_COLUMN_INT(struct binding_row, device),      DB_COLUMN_TEXT(struct binding_row, contact),
	DB_COLUMN_TEXT(struct binding_row, call_id),    DB_COLUMN_INT(struct binding_row, cseq),
	DB_COLUMN_INT(struct binding_row, q),           DB_COLUMN_INT(struct binding_row, expires_at),
	DB_COLUMN_TEXT(struct binding_row, transport),  DB_COLUMN_TEXT(struct binding_row, address),
	DB_COLUMN_TEXT(struct binding_row, path),       DB_COLUMN_TEXT(struct binding_row, instance),
	DB_COLUMN_INT(struct binding_row, reg_id),
};
static const struct db_shape binding_shape = DB_SHAPE(struct binding_row, binding_columns);

/* Of device d the binding that stands for longest, one of them: flows (RFC 5626) may share contact
 * and end. $2 is now. A device has few, so that to look for a later one costs less than to sort
 * them. */
#define JOIN_BINDING                                                                               \
	" LEFT JOIN binding b"                                                                      \
	" ON b.site_id = d.site_id AND b.device = d.number AND b.expires_at > $2"                   \
	" AND NOT EXISTS (SELECT 1 FROM binding l WHERE l.site_id = b.site_id"                      \
	" AND l.device = b.device AND (l.expires_at, l.contact, l.instance, l.reg_id)"               \
	" > (b.expires_at, b.contact, b.instance, b.reg_id))"
#define DEVICE_SELECT DEVICE_SELECT_AS("d.name")
#define DEVICE_SELECT_AS(name)                                                                     \
	"SELECT d.number, d.site_id, d.kind, " name ", d.apartment_id, d.connection, d.created_at," \
	" d.srtp, d.registered_at, d.app, d.person_id, d.app_online_at, d.line, d.directory_id,"            \
	" d.snapshot_url, d.snapshot_user, d.snapshot_password_sealed,"                            \
	" s.code AS unlock_code, b.transport, b.address, " DEVICE_WAKES("d") " FROM device d"              \
	" LEFT JOIN device_switch s ON s.site_id = d.site_id AND s.device = d.number"               \
	" AND s.number = 1" JOIN_BINDING

enum {
	LIST,
	LIST_OF_APARTMENT,
	CONTACTS,
	CONTACTS_LISTED,
	RESPONDERS,
	GET,
	CREATE,
	NAME_TAKEN,
	EDIT,
	DELETE,
	SECRET,
	SECRET_ANY,
	SECRET_SET,
	CAMERA,
	CAMERA_FORGET,
	UNBIND,
	BUTTONS,
	DESTINATIONS,
	PEERS,
	BUTTONS_CLEAR,
	BUTTON_ADD,
	DESTINATION_ADD,
	DIRECTORY,
	DIRECTORY_BUTTONS,
	DIRECTORY_ONE,
	DIRECTORY_ONE_BUTTONS,
	SITE_OF,
	BINDINGS_OF,
	BINDINGS_CLEAR,
	BINDING_ADD,
	BINDING_RENEW,
	REGISTERED,
	BINDING_LIST,
};

#define DIRECTORY_SELECT                                                                           \
	"SELECT number, kind, app, name, line, directory_id, srtp, ha1_md5, ha1_sha256,"           \
	" COALESCE((SELECT a.services FROM apartment a WHERE a.site_id = device.site_id"           \
	" AND a.id = device.apartment_id), 0) AS services, (SELECT COUNT(*) FROM site s"           \
	" WHERE s.id = device.site_id AND s.type = 'residential') AS residential,"                 \
	" CASE WHEN snapshot_url IS NULL THEN 0 ELSE 1 END AS camera, "                            \
	DEVICE_WAKES("device") " FROM device"
/* Of the device's site, $1 or $2. */
#define DIRECTORY_OF(site, id)                                                                     \
	"(SELECT p.id FROM phone_directory p WHERE p.site_id = " site " AND p.id = " id ")"
#define DIRECTORY_BUTTON_SELECT                                                                    \
	"SELECT b.device, b.button, b.label, t.destination, t.after_s FROM button b"               \
	" LEFT JOIN button_destination t ON t.site_id = b.site_id"                                 \
	" AND t.device = b.device AND t.button = b.button"

static const struct db_stmt stmts[] = {
	[LIST] = { "device_list",
		   DEVICE_SELECT " WHERE d.site_id = $1 AND (d.name, d.number) > ($3, $4)"
				 " ORDER BY d.name, d.number LIMIT $5",
		   &device_shape },
	[LIST_OF_APARTMENT] = { "device_list_of_apartment",
				DEVICE_SELECT " WHERE d.site_id = $1 AND d.apartment_id = $3"
					      " ORDER BY d.name, d.number LIMIT $4",
				&device_shape },
	[CONTACTS] = { "device_contacts",
		       DEVICE_SELECT " WHERE d.site_id = $1 AND d.number <> $3"
				     " AND (d.apartment_id IS NULL OR d.apartment_id = $4)"
				     " AND d.line IS NULL"
				     " ORDER BY d.kind, d.name, d.number LIMIT $5",
		       &device_shape },
	[CONTACTS_LISTED] = { "device_contacts_listed",
			      DEVICE_SELECT_AS("COALESCE(NULLIF(e.name, ''), d.name) AS name")
			      " JOIN phone_directory_entry e ON e.site_id = d.site_id"
			      " AND e.device = d.number AND e.directory_id = $4"
			      " WHERE d.site_id = $1 AND d.number <> $3 AND d.line IS NULL"
			      " ORDER BY d.kind, d.name, d.number LIMIT $5",
			      &device_shape },
	[RESPONDERS] = { "device_responders",
			 "SELECT COUNT(*) AS number FROM device"
			 " WHERE site_id = $1 AND apartment_id = $2 AND kind = 'phone'",
			 &db_number_shape },
	[GET] = { "device_get", DEVICE_SELECT " WHERE d.site_id = $1 AND d.number = $3",
		  &device_shape },
	[CREATE] = { "device_create",
		     "INSERT INTO device (number, site_id, kind, name, apartment_id, connection,"
		     " password_sealed, ha1_md5, ha1_sha256, created_at, app, person_id, line,"
		     " directory_id, srtp, snapshot_url, snapshot_user,"
		     " snapshot_password_sealed) VALUES ($1, $2, $3, $4, $5, COALESCE($6, 'cloud'), $7, $8,"
		     " $9, $10, $11, $12, $13, " DIRECTORY_OF("$2", "$14")
		     ", COALESCE($15, 'offered'), $16, $17, $18)" },
	[NAME_TAKEN] = { "device_name_taken",
			 "SELECT number FROM device WHERE site_id = $1 AND name = $2",
			 &db_number_shape },
	[EDIT] = { "device_edit", "UPDATE device SET name = $3, apartment_id = $4,"
				  " connection = COALESCE($5, 'cloud'),"
				  " srtp = COALESCE($9, 'offered'),"
				  " person_id = CASE app WHEN 1 THEN CAST($6 AS BIGINT) END,"
				  " snapshot_url = $10, snapshot_user = $11,"
				  " snapshot_password_sealed = $12,"
				  " line = $7, directory_id = " DIRECTORY_OF("$1", "$8")
				  " WHERE site_id = $1 AND number = $2" },
	[DELETE] = { "device_delete", "DELETE FROM device WHERE site_id = $1 AND number = $2" },
	[SECRET] = { "device_secret",
		     "SELECT number, password_sealed, ha1_md5, ha1_sha256 FROM device"
		     " WHERE site_id = $1 AND number = $2",
		     &secret_shape },
	[SECRET_ANY] = { "device_secret_any",
			 "SELECT number, password_sealed, ha1_md5, ha1_sha256 FROM device"
			 " ORDER BY number LIMIT 1",
			 &secret_shape },
	[SECRET_SET] = { "device_secret_set",
			 "UPDATE device SET password_sealed = $3, ha1_md5 = $4, ha1_sha256 = $5,"
			 " registered_at = NULL WHERE site_id = $1 AND number = $2" },
	[CAMERA] = { "device_camera",
		     "SELECT snapshot_url, snapshot_user, snapshot_password_sealed FROM device"
		     " WHERE site_id = $1 AND number = $2",
		     &camera_shape },
	[CAMERA_FORGET] = { "device_camera_forget",
			    "UPDATE device SET snapshot_password_sealed = NULL"
			    " WHERE site_id = $1 AND snapshot_password_sealed IS NOT NULL" },
	[UNBIND] = { "device_unbind", "DELETE FROM binding WHERE site_id = $1 AND device = $2" },
	[BUTTONS] = { "button_list",
		      "SELECT button, label FROM button WHERE site_id = $1 AND device = $2"
		      " ORDER BY button",
		      &button_shape },
	[DESTINATIONS] = { "button_destinations",
			   "SELECT button, destination, after_s FROM button_destination"
			   " WHERE site_id = $1 AND device = $2"
			   " ORDER BY button, after_s, destination",
			   &destination_shape },
	[PEERS] = { "button_peers",
		    "SELECT t.button, t.destination AS device, t.after_s, d.name, d.connection,"
		    " d.line, b.contact, b.transport FROM button_destination t"
		    " JOIN device d ON d.site_id = t.site_id AND d.number = t.destination"
		    JOIN_BINDING " WHERE t.site_id = $1 AND t.device = $3"
				 " ORDER BY t.button, t.after_s, t.destination",
		    &peer_shape },
	[BUTTONS_CLEAR] = { "button_clear",
			    "DELETE FROM button WHERE site_id = $1 AND device = $2" },
	[BUTTON_ADD] = { "button_add", "INSERT INTO button (site_id, device, button, label) VALUES "
				       "($1, $2, $3, $4)" },
	[DESTINATION_ADD] = { "button_destination_add",
			      "INSERT INTO button_destination (site_id, device, button, destination,"
			      " after_s) VALUES ($1, $2, $3, $4, $5)" },
	[DIRECTORY] = { "directory_devices", DIRECTORY_SELECT " WHERE site_id = $1 ORDER BY number",
			&directory_shape },
	[DIRECTORY_BUTTONS] = { "directory_buttons",
				DIRECTORY_BUTTON_SELECT
				" WHERE b.site_id = $1"
				" ORDER BY b.device, b.button, t.after_s, t.destination",
				&directory_button_shape },
	[DIRECTORY_ONE] = { "directory_one", DIRECTORY_SELECT " WHERE site_id = $1 AND number = $2",
			    &directory_shape },
	[DIRECTORY_ONE_BUTTONS] = { "directory_one_buttons",
				    DIRECTORY_BUTTON_SELECT
				    " WHERE b.site_id = $1 AND b.device = $2"
				    " ORDER BY b.button, t.after_s, t.destination",
				    &directory_button_shape },
	[SITE_OF] = { "device_site", "SELECT site_id AS number FROM device WHERE number = $1",
		      &db_number_shape },
	[BINDINGS_OF] = { "binding_of_device",
			  "SELECT device, contact, call_id, cseq, q, expires_at, transport, address,"
			  " path, instance, reg_id FROM binding WHERE site_id = $1 AND device = $2",
			  &binding_shape },
	[BINDINGS_CLEAR] = { "binding_clear",
			     "DELETE FROM binding WHERE site_id = $1 AND device = $2" },
	[BINDING_ADD] = { "binding_add",
			  "INSERT INTO binding (site_id, device, contact, call_id, cseq, q, expires_at,"
			  " transport, address, path, instance, reg_id)"
			  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)" },
	[REGISTERED] = { "device_registered",
			 "UPDATE device SET registered_at = $3"
			 " WHERE site_id = $1 AND number = $2 AND registered_at IS NULL" },
	[BINDING_RENEW] = { "binding_renew",
			    "UPDATE binding SET call_id = $4, cseq = $5, q = $6, expires_at = $7,"
			    " transport = $8, address = $9, path = $10"
			    " WHERE site_id = $1 AND device = $2 AND contact = $3 AND instance = $11"
			    " AND reg_id = $12" },
	[BINDING_LIST] = { "binding_list",
			   "SELECT device, contact, call_id, cseq, q, expires_at, transport, address,"
			   " path, instance, reg_id FROM binding WHERE expires_at > $1 AND device > $2 AND device <="
			   " COALESCE((SELECT MAX(device) FROM (SELECT DISTINCT device FROM binding"
			   " WHERE device > $2 AND expires_at > $1 ORDER BY device LIMIT $3) AS page), 0)"
			   " ORDER BY device, contact, reg_id",
			   &binding_shape },
};

int device_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

static int update(struct db *db, int64_t now_ms, const struct db_stmt *stmt, const struct db_arg *args,
		  size_t nargs)
{
	int64_t n;
	const int rc = db_exec(db, stmt, args, nargs, &n);

	if (rc < 0)
		return rc;
	return n ? change_append(db, now_ms, args[0].number, VIEW("device"), args[1].number) : -ENOENT;
}

int device_list(struct db *db, int64_t site_id, int64_t now_ms, struct name_cursor after, int64_t max,
		struct arena *arena, struct device_row **ret_devices, size_t *ret_n)
{
	return db_select(db, &stmts[LIST],
			 DB_ARGS(A_INT(site_id), A_INT(now_ms), A_TEXT(after.name), A_INT(after.id),
				 A_INT(max)),
			 arena, ret_devices, ret_n);
}

int device_list_of_apartment(struct db *db, int64_t site_id, int64_t apartment_id, int64_t now_ms,
			     struct arena *arena, struct device_row **ret_devices, size_t *ret_n)
{
	return db_select(db, &stmts[LIST_OF_APARTMENT],
			 DB_ARGS(A_INT(site_id), A_INT(now_ms), A_INT(apartment_id),
				 A_INT(APARTMENT_DEVICES_MAX)),
			 arena, ret_devices, ret_n);
}

int device_contacts(struct db *db, const struct device_caller *c, int64_t now_ms,
		    struct arena *arena, struct device_row **ret_devices, size_t *ret_n)
{
	const bool listed = c->directory_id != DB_INT_NULL;

	return db_select(db, &stmts[listed ? CONTACTS_LISTED : CONTACTS],
			 DB_ARGS(A_INT(c->site_id), A_INT(now_ms), A_INT(c->number),
				 A_INT_OR_NULL(listed ? c->directory_id : c->apartment_id),
				 A_INT(DEVICE_CONTACTS_MAX)),
			 arena, ret_devices, ret_n);
}

int device_responders(struct db *db, int64_t site_id, int64_t apartment_id, int64_t *ret_n)
{
	return db_number(db, &stmts[RESPONDERS], DB_ARGS(A_INT(site_id), A_INT(apartment_id)), ret_n);
}

int device_get(struct db *db, int64_t site_id, int64_t number, int64_t now_ms, struct arena *arena,
	       struct device_row *ret_device)
{
	return db_one(db, &stmts[GET], DB_ARGS(A_INT(site_id), A_INT(now_ms), A_INT(number)), arena,
		      ret_device);
}

int device_create(struct db *db, int64_t now_ms, const struct device_row *d,
		  const struct device_secret_row *s)
{
	int rc = db_exec(db, &stmts[CREATE],
			 DB_ARGS(A_INT(d->number), A_INT(d->site_id), A_TEXT(d->kind), A_TEXT(d->name),
				 A_INT_OR_NULL(d->apartment_id), A_TEXT(d->connection),
				 A_BLOB(s->password_sealed), A_TEXT(s->ha1_md5), A_TEXT(s->ha1_sha256),
				 A_INT(now_ms), A_INT(d->app),
				 A_INT_OR_NULL(d->app ? d->person_id : DB_INT_NULL), A_TEXT(d->line),
				 A_INT_OR_NULL(d->directory_id), A_TEXT(d->srtp),
				 A_TEXT(d->snapshot_url), A_TEXT(d->snapshot_user),
				 A_BLOB(d->snapshot_password_sealed)),
			 NULL);

	if (rc == 0)
		rc = switch_door_code(db, d->site_id, d->number, d->unlock_code);
	return rc < 0 ? rc : change_append(db, now_ms, d->site_id, VIEW("device"), d->number);
}

int device_name_taken(struct db *db, int64_t site_id, struct view name, bool *ret_taken)
{
	int64_t number;
	const int rc = db_number(db, &stmts[NAME_TAKEN], DB_ARGS(A_INT(site_id), A_TEXT(name)), &number);

	if (rc < 0 && rc != -ENOENT)
		return rc;
	*ret_taken = rc == 0;
	return 0;
}

int device_edit(struct db *db, int64_t now_ms, const struct device_row *d)
{
	const int rc = update(db, now_ms, &stmts[EDIT],
			      DB_ARGS(A_INT(d->site_id), A_INT(d->number), A_TEXT(d->name),
				      A_INT_OR_NULL(d->apartment_id), A_TEXT(d->connection),
				      A_INT_OR_NULL(d->person_id), A_TEXT(d->line),
				      A_INT_OR_NULL(d->directory_id), A_TEXT(d->srtp),
				      A_TEXT(d->snapshot_url), A_TEXT(d->snapshot_user),
				      A_BLOB(d->snapshot_password_sealed)));

	return rc < 0 ? rc : switch_door_code(db, d->site_id, d->number, d->unlock_code);
}

int device_delete(struct db *db, int64_t now_ms, int64_t site_id, int64_t number)
{
	return update(db, now_ms, &stmts[DELETE], DB_ARGS(A_INT(site_id), A_INT(number)));
}

int device_secret_any(struct db *db, struct arena *arena, struct device_secret_row *ret_secret)
{
	return db_one(db, &stmts[SECRET_ANY], DB_NO_ARGS, arena, ret_secret);
}

int device_secret(struct db *db, int64_t site_id, int64_t number, struct arena *arena,
		  struct device_secret_row *ret_secret)
{
	return db_one(db, &stmts[SECRET], DB_ARGS(A_INT(site_id), A_INT(number)), arena, ret_secret);
}

int device_secret_set(struct db *db, int64_t now_ms, int64_t site_id,
		      const struct device_secret_row *s)
{
	int rc = update(db, now_ms, &stmts[SECRET_SET],
			DB_ARGS(A_INT(site_id), A_INT(s->number), A_BLOB(s->password_sealed),
				A_TEXT(s->ha1_md5), A_TEXT(s->ha1_sha256)));

	if (rc == 0)
		rc = app_session_clear(db, site_id, s->number);
	if (rc < 0)
		return rc;
	return db_exec(db, &stmts[UNBIND], DB_ARGS(A_INT(site_id), A_INT(s->number)), NULL);
}

int device_camera(struct db *db, int64_t site_id, int64_t number, struct arena *arena,
		  struct device_camera_row *ret_camera)
{
	return db_one(db, &stmts[CAMERA], DB_ARGS(A_INT(site_id), A_INT(number)), arena, ret_camera);
}

int device_camera_forget(struct db *db, int64_t site_id, int64_t *ret_n)
{
	return db_exec(db, &stmts[CAMERA_FORGET], DB_ARGS(A_INT(site_id)), ret_n);
}

/* Buttons. */

int button_list(struct db *db, int64_t site_id, int64_t device, struct arena *arena,
		struct button_row **ret_buttons, size_t *ret_n)
{
	return db_select(db, &stmts[BUTTONS], DB_ARGS(A_INT(site_id), A_INT(device)), arena, ret_buttons,
			 ret_n);
}

int button_destinations(struct db *db, int64_t site_id, int64_t device, struct arena *arena,
			struct button_destination_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[DESTINATIONS], DB_ARGS(A_INT(site_id), A_INT(device)), arena,
			 ret_rows, ret_n);
}

int button_peers(struct db *db, int64_t site_id, int64_t device, int64_t now_ms, struct arena *arena,
		 struct button_peer_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[PEERS], DB_ARGS(A_INT(site_id), A_INT(now_ms), A_INT(device)), arena,
			 ret_rows, ret_n);
}

static int button_add(struct db *db, int64_t site_id, int64_t device, const struct button_edit *b)
{
	int rc = db_exec(db, &stmts[BUTTON_ADD],
			 DB_ARGS(A_INT(site_id), A_INT(device), A_INT(b->button), A_TEXT(b->label)),
			 NULL);

	for (size_t i = 0; rc == 0 && i < b->ndestinations; i++)
		rc = db_exec(db, &stmts[DESTINATION_ADD],
			     DB_ARGS(A_INT(site_id), A_INT(device), A_INT(b->button),
				     A_INT(b->destinations[i].device),
				     A_INT(b->destinations[i].after_s)),
			     NULL);
	return rc;
}

static int device_site(struct db *db, int64_t device, int64_t *ret_site_id)
{
	return db_number(db, &stmts[SITE_OF], DB_ARGS(A_INT(device)), ret_site_id);
}

int button_replace(struct db *db, int64_t now_ms, int64_t site_id, int64_t device,
		   const struct button_edit *buttons, size_t n)
{
	int64_t own_site;
	int rc = device_site(db, device, &own_site);

	if (rc == 0 && own_site != site_id)
		rc = -ENOENT;
	if (rc == 0)
		rc = db_exec(db, &stmts[BUTTONS_CLEAR], DB_ARGS(A_INT(site_id), A_INT(device)), NULL);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = button_add(db, site_id, device, &buttons[i]);
	return rc < 0 ? rc : change_append(db, now_ms, site_id, VIEW("button"), device);
}

/* The directory. */

int directory_devices(struct db *db, int64_t site_id, struct arena *arena,
		      struct directory_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[DIRECTORY], DB_ARGS(A_INT(site_id)), arena, ret_rows, ret_n);
}

int directory_buttons(struct db *db, int64_t site_id, struct arena *arena,
		      struct directory_button_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[DIRECTORY_BUTTONS], DB_ARGS(A_INT(site_id)), arena, ret_rows, ret_n);
}

int directory_one(struct db *db, int64_t site_id, int64_t number, struct arena *arena,
		  struct directory_row *ret_row)
{
	return db_one(db, &stmts[DIRECTORY_ONE], DB_ARGS(A_INT(site_id), A_INT(number)), arena,
		      ret_row);
}

int directory_one_buttons(struct db *db, int64_t site_id, int64_t number, struct arena *arena,
			  struct directory_button_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[DIRECTORY_ONE_BUTTONS], DB_ARGS(A_INT(site_id), A_INT(number)),
			 arena, ret_rows, ret_n);
}

/* Bindings. */

static const struct binding_row *freshest(const struct binding_row *rows, size_t n)
{
	const struct binding_row *best = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!best || rows[i].expires_at > best->expires_at)
			best = &rows[i];
	}
	return best;
}

/* Whether a page shows the device otherwise than before. `was` may have expired: its end is told
 * when it is written, and its coming back as a coming. */
static bool shows(const struct binding_row *was, const struct binding_row *is, int64_t now_ms)
{
	if (!was || !is)
		return was != is;
	return was->expires_at <= now_ms || !view_eq(was->address, is->address) ||
	       !view_eq(was->transport, is->transport);
}

static bool has_contact(const struct binding_row *rows, size_t n, const struct binding_row *b)
{
	for (size_t i = 0; i < n; i++) {
		if (view_eq(rows[i].contact, b->contact) && rows[i].reg_id == b->reg_id &&
		    view_eq(rows[i].instance, b->instance))
			return true;
	}
	return false;
}

/* Contacts with their flows differ within a set, so that equal numbers make equal sets. */
static bool same_contacts(const struct binding_row *a, size_t na, const struct binding_row *b, size_t nb)
{
	for (size_t i = 0; i < na; i++) {
		if (!has_contact(b, nb, &a[i]))
			return false;
	}
	return na == nb;
}

static struct view not_null(struct view v)
{
	return v.p ? v : VIEW("");
}

static int bindings_write(struct db *db, int64_t site_id, int64_t device, bool renew,
			  const struct binding_row *rows, size_t n)
{
	int rc = 0;

	if (!renew)
		rc = db_exec(db, &stmts[BINDINGS_CLEAR], DB_ARGS(A_INT(site_id), A_INT(device)), NULL);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct binding_row *b = &rows[i];

		rc = db_exec(db, &stmts[renew ? BINDING_RENEW : BINDING_ADD],
			     DB_ARGS(A_INT(site_id), A_INT(device), A_TEXT(b->contact),
				     A_TEXT(b->call_id), A_INT(b->cseq), A_INT(b->q),
				     A_INT(b->expires_at), A_TEXT(b->transport), A_TEXT(b->address),
				     A_TEXT(not_null(b->path)), A_TEXT(not_null(b->instance)),
				     A_INT(b->reg_id)),
			     NULL);
	}
	return rc;
}

int binding_replace(struct db *db, int64_t now_ms, int64_t device, const struct binding_row *bindings,
		    size_t n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(64 * 1024);
	struct binding_row *old;
	int64_t site_id;
	size_t nold;
	bool shown;
	int rc = device_site(db, device, &site_id);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	rc = db_select(db, &stmts[BINDINGS_OF], DB_ARGS(A_INT(site_id), A_INT(device)), &arena, &old,
		       &nold);
	if (rc < 0)
		return rc;
	shown = shows(freshest(old, nold), freshest(bindings, n), now_ms);
	rc = bindings_write(db, site_id, device, same_contacts(old, nold, bindings, n), bindings, n);
	if (rc < 0 || !shown)
		return rc;
	if (n > 0)
		rc = db_exec(db, &stmts[REGISTERED], DB_ARGS(A_INT(site_id), A_INT(device), A_INT(now_ms)),
			     NULL);
	return rc < 0 ? rc : change_append(db, now_ms, site_id, VIEW("device"), device);
}

int binding_of_device(struct db *db, int64_t site_id, int64_t device, struct arena *arena,
		      struct binding_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[BINDINGS_OF], DB_ARGS(A_INT(site_id), A_INT(device)), arena, ret_rows,
			 ret_n);
}

int binding_list(struct db *db, int64_t now_ms, int64_t after_device, int64_t max, struct arena *arena,
		 struct binding_row **ret_rows, size_t *ret_n)
{
	return db_select(db, &stmts[BINDING_LIST], DB_ARGS(A_INT(now_ms), A_INT(after_device), A_INT(max)),
			 arena, ret_rows, ret_n);
}
