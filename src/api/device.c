#include "api/device.h"

#include "api/holder.h"
#include "api/request.h"
#include "api/resource.h"
#include "api/secret.h"
#include "api/switch.h"
#include "device/camera_url.h"
#include "store/device.h"
#include "store/order.h"

#include <errno.h>

enum {
	NUMBER_TRIES_MAX = 8,
	LINE_DIGITS_MIN = 7,
	LINE_DIGITS_MAX = 15,
	SNAPSHOT_USER_MAX = 100,
	SNAPSHOT_PASSWORD_MAX = 100,
};
#define UNLOCK_CODE_DEFAULT VIEW("00*")
#define NUMBER_FIRST INT64_C(1000000000) /* ten digits, the first not zero */
#define NUMBER_COUNT UINT64_C(9000000000)

static const char *const kinds[] = { "intercom", "phone", "app", "line", NULL };
static const char *const connections[] = { "cloud", "local", NULL };
static const char *const srtps[] = { "off", "offered", "required", NULL };
static const char *const transports[] = { "udp", "tcp", "tls", NULL };
enum { STATUS_REGISTERED, STATUS_READY, STATUS_NOT_REGISTERED, STATUS_NEEDS_CONFIGURATION };
static const char *const statuses[] = { "registered", "ready", "not_registered",
					"needs_configuration", NULL };

struct device_view {
	struct device_row row;
	bool online;
	struct view status;
	struct view snapshot_password; /* a new one */
	bool has_snapshot_password;
};

/* As E.164 writes it: what a provider understands without knowing where we are. */
static const char *line_fault(struct view line)
{
	bool good = line.n >= 1 + LINE_DIGITS_MIN && line.n <= 1 + LINE_DIGITS_MAX &&
		    line.p[0] == '+' && line.p[1] != '0';

	for (size_t i = 1; i < line.n; i++)
		good = good && line.p[i] >= '0' && line.p[i] <= '9';
	return good ? NULL : "must be a number with + and the country's code, such as +33123456789.";
}

/* Empty is none. */
static const char *snapshot_url_fault(struct view url)
{
	return url.n ? camera_url_fault(url) : NULL;
}

/* Basic ends the name at the first colon. */
static const char *snapshot_user_fault(struct view user)
{
	for (size_t i = 0; i < user.n; i++) {
		if (user.p[i] == ':')
			return "must have no colon.";
	}
	return NULL;
}

static const char *status_of(const struct device_row *row)
{
	if (device_is_online(row))
		return statuses[STATUS_REGISTERED];
	if (row->wakes)
		return statuses[STATUS_READY];
	return statuses[row->registered_at != DB_INT_NULL ? STATUS_NOT_REGISTERED
							  : STATUS_NEEDS_CONFIGURATION];
}

static struct device_view view_of(struct device_row row)
{
	const bool online = device_is_online(&row);
	const struct view status = view_str(status_of(&row));

	row.kind = device_kind(&row);
	return (struct device_view){ .row = row,
				     .online = online,
				     .status = status,
				     .has_snapshot_password = row.snapshot_password_sealed.p };
}

#define DEVICE_EDIT_FIELDS                                                                         \
	{ "name", FIELD_TEXT, 0, offsetof(struct device_view, row.name), .min = 1, .max = 100,     \
	  .doc = "Unique in the site" },                                                           \
	{ "kind", FIELD_ENUM, 0, offsetof(struct device_view, row.kind), .values = kinds,          \
	  .doc = "Stays what it was when the device was made" },                                   \
	{ "apartment_id", FIELD_ID, FIELD_OPTIONAL | FIELD_NULLABLE,                               \
	  offsetof(struct device_view, row.apartment_id) },                                        \
	{ "unlock_code", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULLABLE | FIELD_SECRET,               \
	  offsetof(struct device_view, row.unlock_code), .max = SWITCH_CODE_MAX,                   \
	  .check = switch_code_fault,                                                              \
	  .doc = "The code of an intercom's switch 1: 00* unless a new one is given another" },    \
	{ "connection", FIELD_ENUM, FIELD_OPTIONAL | FIELD_NULLABLE,                               \
	  offsetof(struct device_view, row.connection), .values = connections,                    \
	  .doc = "How a phone is called: through the server (the default), or by the intercom"     \
		 " itself in the same network" },                                                  \
	{ "srtp", FIELD_ENUM, FIELD_OPTIONAL | FIELD_NULLABLE,                                     \
	  offsetof(struct device_view, row.srtp), .values = srtps,                                 \
	  .doc = "Encryption of sound and picture of an intercom or SIP phone, by keys in SIP"     \
		 " (RFC 4568). offered, the default: to who speaks TLS, and taken from whoever"    \
		 " offers it; required: nothing passes in clear; off: who insists is refused" },   \
	{ "person_id", FIELD_ID, FIELD_OPTIONAL | FIELD_NULLABLE,                                  \
	  offsetof(struct device_view, row.person_id),                                             \
	  .doc = "Who holds an app, and is mailed its password; null: whoever has the password" },    \
	{ "line", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULLABLE, offsetof(struct device_view, row.line), \
	  .max = 1 + LINE_DIGITS_MAX, .check = line_fault,                                         \
	  .doc = "The number of a phone outside, which is called through the site's line" },       \
	{ "directory_id", FIELD_ID, FIELD_OPTIONAL | FIELD_NULLABLE,                               \
	  offsetof(struct device_view, row.directory_id),                                          \
	  .doc = "The phone directory of those whom it may call; null: everybody of the site" },   \
	{ "snapshot_url", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULLABLE,                             \
	  offsetof(struct device_view, row.snapshot_url), .max = CAMERA_URL_MAX,                   \
	  .check = snapshot_url_fault,                                                             \
	  .doc = "Where an intercom's camera has a JPEG (http or https, the user and password in"  \
		 " their own fields): shown in apps when a call has no video" },                   \
	{ "snapshot_user", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULLABLE,                            \
	  offsetof(struct device_view, row.snapshot_user), .max = SNAPSHOT_USER_MAX,               \
	  .check = snapshot_user_fault }

static const struct field edit_fields[] = {
	DEVICE_EDIT_FIELDS,
	{ "snapshot_password", FIELD_TEXT,
	  FIELD_OPTIONAL | FIELD_NULLABLE | FIELD_RAW | FIELD_SECRET,
	  offsetof(struct device_view, snapshot_password), .max = SNAPSHOT_PASSWORD_MAX,
	  .doc = "Of Basic or Digest. Stays what it is unless said, but is gone with another host "
		 "or port in snapshot_url; empty: none" },
};
const struct shape device_edit_shape = SHAPE("DeviceEdit", struct device_view, edit_fields);

static const struct field device_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct device_view, row.number),
	  .doc = "Ten digits: SIP user and number to dial, too" },
	DEVICE_EDIT_FIELDS,
	{ "has_snapshot_password", FIELD_BOOL, 0,
	  offsetof(struct device_view, has_snapshot_password) },
	{ "online", FIELD_BOOL, 0, offsetof(struct device_view, online), .doc = "Registered, or an app that is connected" },
	{ "status", FIELD_ENUM, 0, offsetof(struct device_view, status), .values = statuses,
	  .doc = "ready: not connected, but a notice of a call wakes it; needs_configuration: never "
		 "registered, or connected, with its present password" },
	{ "transport", FIELD_ENUM, FIELD_NULLABLE, offsetof(struct device_view, row.transport),
	  .values = transports },
	{ "address", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct device_view, row.address),
	  .doc = "Whence it registered" },
};
const struct shape device_shape = SHAPE("Device", struct device_view, device_fields);

struct credentials_view {
	struct view sip_user;
	struct view sip_password;
	struct view registrar;
	struct view registrar_tls;
};

static const struct field credentials_fields[] = {
	{ "sip_user", FIELD_TEXT, 0, offsetof(struct credentials_view, sip_user) },
	{ "sip_password", FIELD_TEXT, FIELD_SECRET, offsetof(struct credentials_view, sip_password) },
	{ "registrar", FIELD_TEXT, 0, offsetof(struct credentials_view, registrar),
	  .doc = "Host and port of SIP over UDP and TCP" },
	{ "registrar_tls", FIELD_TEXT, FIELD_NULLABLE,
	  offsetof(struct credentials_view, registrar_tls),
	  .doc = "The same over TLS; null where the server has none" },
};
const struct shape credentials_shape =
	SHAPE("Credentials", struct credentials_view, credentials_fields);

int api_device_list(struct request *r)
{
	struct device_view *views;
	struct device_row *rows;
	struct name_cursor after;
	struct view next = {};
	size_t n;
	int rc = page_after(r, &after);

	if (rc == 0)
		rc = device_list(r->db, r->ids[ID_SITE], r->now, after, r->limit + 1, r->arena, &rows,
				 &n);
	if (rc != 0)
		return rc;
	if (n > (size_t)r->limit)
		next = page_next(r, rows[r->limit - 1].name, rows[r->limit - 1].number);
	n = page_size(r, n);
	views = arena_alloc(r->arena, sizeof(*views) * (n + 1));
	if (!views)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		views[i] = view_of(rows[i]);
	return reply_list(r, views, n, next);
}

static int reply_device(struct request *r, int64_t number)
{
	struct device_row row;
	struct device_view view;
	const int rc = device_get(r->db, r->ids[ID_SITE], number, r->now, r->arena, &row);

	if (rc < 0)
		return rc;
	view = view_of(row);
	return reply_one(r, &view);
}

int api_device_get(struct request *r)
{
	return reply_device(r, r->ids[ID_OBJECT]);
}

static int name_taken(struct request *r)
{
	return reply_problem(r, 409, "name", "There is a device of this name already.");
}

static int no_apartment(struct request *r)
{
	return reply_problem(r, 422, "apartment_id", "There is no such apartment in this site.");
}

int device_check_intercom(struct request *r, const char *what)
{
	struct device_row row;
	const int rc = device_get(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->now, r->arena, &row);

	if (rc != 0 || view_eq(row.kind, VIEW("intercom")))
		return rc;
	return reply_problem(r, 409, NULL, "Only an intercom has %s.", what);
}

/* A phone opens nothing of its own; an empty code is none. Only an app is somebody's. */
static int check_kind(struct request *r, struct device_row *row)
{
	const bool line = view_eq(row->kind, VIEW("line"));

	row->app = view_eq(row->kind, VIEW("app"));
	if (row->app || line)
		row->kind = VIEW("phone");
	if (line != (row->line.p != NULL))
		return reply_problem(r, 422, "line", line ? "line is missing." :
							    "Only a phone outside has such a number.");
	if (row->unlock_code.p && row->unlock_code.n == 0)
		row->unlock_code = (struct view){};
	if (row->unlock_code.p && !view_eq(row->kind, VIEW("intercom")))
		return reply_problem(r, 422, "unlock_code", "Only an intercom has an unlock code.");
	if (row->person_id != DB_INT_NULL && !row->app)
		return reply_problem(r, 422, "person_id", "Only an app has a person.");
	return row->person_id != DB_INT_NULL ? holder_check(r, row->person_id) : 0;
}

/* Sealed: the new password, or the old one, `old` NULL for none. Another host, port or scheme does
 * not get that, for it may be anybody's. */
static int seal_snapshot(struct request *r, struct device_view *device, const struct device_row *old)
{
	struct device_row *row = &device->row;
	const struct view password = device->snapshot_password;
	const bool same = old && old->snapshot_url.p &&
			  view_ieq(camera_url_origin(old->snapshot_url),
				   camera_url_origin(row->snapshot_url));

	row->snapshot_password_sealed = (struct view){};
	if (!row->snapshot_url.p)
		return 0;
	if (!password.p && same)
		row->snapshot_password_sealed = old->snapshot_password_sealed;
	if (password.n == 0)
		return 0;
	return secret_seal(&r->env->key, r->env->rand, password, r->arena,
			   &row->snapshot_password_sealed);
}

/* Without an address nothing of it is kept. */
static int check_snapshot(struct request *r, struct device_row *row)
{
	if (row->snapshot_url.n == 0)
		row->snapshot_url = row->snapshot_user = (struct view){};
	if (row->snapshot_user.n == 0)
		row->snapshot_user = (struct view){};
	if (row->snapshot_url.p && !view_eq(row->kind, VIEW("intercom")))
		return reply_problem(r, 422, "snapshot_url", "Only an intercom has a camera.");
	return 0;
}

static int check_directory(struct request *r, const struct device_row *row)
{
	struct phone_directory_row directory;
	int rc = 0;

	if (row->directory_id != DB_INT_NULL)
		rc = phone_directory_get(r->db, row->site_id, row->directory_id, r->arena, &directory);
	if (rc == -ENOENT)
		return reply_problem(r, 422, "directory_id",
				     "There is no such phone directory in this site.");
	return rc;
}

static int check_connection(struct request *r, const struct device_row *row)
{
	if (!view_eq(row->connection, VIEW("local")) ||
	    (view_eq(row->kind, VIEW("phone")) && !row->app && !row->line.p))
		return 0;
	return reply_problem(r, 422, "connection", "Only a phone is called in the local network.");
}

/* What has no SIP account has no keys in SIP: an app's media are always encrypted, by DTLS, and a
 * phone outside is the line's. */
static int check_srtp(struct request *r, const struct device_row *row)
{
	if (!row->srtp.p || view_eq(row->srtp, VIEW("offered")) || (!row->app && !row->line.p))
		return 0;
	return reply_problem(r, 422, "srtp", "Only an intercom or SIP phone has a setting of SRTP.");
}

/* Of a new one, and of what is changed. */
static int check_fields(struct request *r, struct device_row *row)
{
	int rc = check_kind(r, row);

	if (rc == 0)
		rc = check_connection(r, row);
	if (rc == 0)
		rc = check_srtp(r, row);
	return rc == 0 ? check_snapshot(r, row) : rc;
}

/* On a residential site each responder but a phone outside, which may be a guard's, has an apartment, and an apartment few of those that are paid
 * for: all phones. Looked at once the device's row in the feed stands: its lock makes two that come
 * at once wait for each other. */
static int check_home(struct request *r, const struct device_row *row, bool moved)
{
	struct site_row site;
	int64_t n = 0;
	int rc;

	if (!view_eq(row->kind, VIEW("phone")))
		return 0;
	rc = site_get(r->db, row->site_id, r->arena, &site);
	if (rc < 0 || !view_eq(site.type, VIEW("residential")))
		return rc;
	if (row->apartment_id == DB_INT_NULL && row->line.p)
		return 0;
	if (row->apartment_id == DB_INT_NULL)
		return reply_problem(r, 422, "apartment_id",
				     "On a residential site a phone belongs to an apartment.");
	rc = moved ? device_responders(r->db, row->site_id, row->apartment_id, &n) : 0;
	if (rc == 0 && n > RESPONDERS_MAX)
		return reply_problem(r, 422, "apartment_id",
				     "An apartment has at most %d phones and apps.", RESPONDERS_MAX);
	return rc;
}

static int create_with_number(struct request *r, struct device_row *row)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct device_secret_row secret;
	struct credential made;
	int rc;

	row->number = NUMBER_FIRST + (int64_t)rand_below(r->env->rand, NUMBER_COUNT);
	rc = credential_make(&r->env->key, r->env->rand, row->number, r->env->realm, r->arena, &made);
	if (rc < 0)
		return rc;
	secret = (struct device_secret_row){ row->number, made.sealed, made.ha1_md5, made.ha1_sha256 };
	rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = device_create(r->db, r->now, row, &secret);
	if (rc == 0)
		rc = check_home(r, row, true);
	if (rc == 0 && row->person_id != DB_INT_NULL)
		rc = holder_take(r, row, made.password);
	return rc == 0 ? db_commit(&tx) : rc;
}

/* Numbers are drawn, not counted, so that nobody can guess a neighbour's; one that is taken is
 * drawn again. */
static int create(struct request *r, struct device_row *row)
{
	int rc = -EEXIST;

	for (int i = 0; i < NUMBER_TRIES_MAX && rc == -EEXIST; i++) {
		bool taken = false;
		rc = create_with_number(r, row);
		if (rc != -EEXIST)
			break;
		const int asked = device_name_taken(r->db, row->site_id, row->name, &taken);
		if (asked < 0)
			return asked;
		if (taken)
			return name_taken(r);
	}
	return rc;
}

int api_device_post(struct request *r)
{
	struct device_view *device = r->body;
	struct device_row *row = &device->row;
	int rc = check_fields(r, row);

	row->site_id = r->ids[ID_SITE];
	if (rc == 0)
		rc = check_directory(r, row);
	if (rc == 0)
		rc = seal_snapshot(r, device, NULL);
	if (rc != 0)
		return rc;
	if (!row->unlock_code.p && view_eq(row->kind, VIEW("intercom")))
		row->unlock_code = UNLOCK_CODE_DEFAULT;
	rc = create(r, row);
	if (rc == -ENOLINK)
		return no_apartment(r);
	return rc == 0 ? reply_device(r, row->number) : rc;
}

/* Who held it knows its password, and is woken for it: the next one gets another. */
static int hand_over(struct request *r, const struct device_row *row)
{
	struct view password;
	int rc = holder_end(r, row->site_id, row->number, &password);

	if (rc == 0 && row->person_id != DB_INT_NULL)
		rc = holder_take(r, row, password);
	return rc;
}

int api_device_put(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct device_view *device = r->body;
	struct device_row *row = &device->row, old = {};
	int rc = check_fields(r, row);

	row->number = r->ids[ID_OBJECT];
	row->site_id = r->ids[ID_SITE];
	if (rc == 0)
		rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = device_get(r->db, row->site_id, row->number, r->now, r->arena, &old);
	if (rc == 0 && !view_eq(device_kind(&old), device_kind(row)))
		return reply_problem(r, 422, "kind", "The kind of a device cannot change.");
	if (rc == 0)
		rc = check_directory(r, row);
	if (rc == 0)
		rc = seal_snapshot(r, device, &old);
	if (rc == 0)
		rc = switch_check_door(r, row->number, row->unlock_code);
	if (rc == 0)
		rc = device_edit(r->db, r->now, row);
	if (rc == 0)
		rc = check_home(r, row, old.apartment_id != row->apartment_id);
	if (rc == 0 && old.person_id != row->person_id)
		rc = hand_over(r, row);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == -EEXIST)
		return name_taken(r);
	if (rc == -ENOLINK)
		return no_apartment(r);
	return rc == 0 ? reply_device(r, row->number) : rc;
}

int api_device_delete(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = device_delete(r->db, r->now, r->ids[ID_SITE], r->ids[ID_OBJECT]);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_none(r) : rc;
}

static int reply_credentials(struct request *r, struct view password)
{
	const struct credentials_view view = {
		.sip_user = view_str(
			arena_printf(r->arena, "%lld", (long long)r->ids[ID_OBJECT])),
		.sip_password = password,
		.registrar = view_str(r->env->registrar),
		.registrar_tls = r->env->registrar_tls ? view_str(r->env->registrar_tls) :
							 (struct view){},
	};

	return view.sip_user.p ? reply_one(r, &view) : -ENOMEM;
}

/* Nobody registers as a phone outside. */
static int check_account(struct request *r)
{
	struct device_row row;
	const int rc = device_get(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->now, r->arena, &row);

	if (rc != 0 || !row.line.p)
		return rc;
	return reply_problem(r, 409, NULL, "A phone outside has no SIP account.");
}

int api_credentials_get(struct request *r)
{
	struct device_secret_row secret;
	struct view password;
	int rc = check_account(r);

	if (rc == 0)
		rc = device_secret(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->arena, &secret);

	if (rc == 0)
		rc = secret_open(&r->env->key, secret.password_sealed, r->arena, &password);
	return rc == 0 ? reply_credentials(r, password) : rc;
}

/* Whoever holds an app is told the new one. */
int api_credentials_post(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	const int64_t site = r->ids[ID_SITE], number = r->ids[ID_OBJECT];
	struct device_row device;
	struct view password;
	int rc = check_account(r);

	if (rc == 0)
		rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = holder_renew(r, site, number, &password);
	if (rc == 0)
		rc = device_get(r->db, site, number, r->now, r->arena, &device);
	if (rc == 0 && device.person_id != DB_INT_NULL)
		rc = holder_tell(r, &device, password);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_credentials(r, password) : rc;
}
