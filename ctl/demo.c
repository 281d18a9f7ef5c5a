/* vestibulectl demo HTTP-URL SIP-ADDRESS [DOOR-URL]: the demo building.
 *
 * Made once; a second run keeps people, devices and passwords and only writes the addresses anew. */
#include "ctl.h"

#include "base/json.h"
#include "store/account.h"
#include "store/device.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { APARTMENTS = 3, PHONES = 3, USERS = 3, RESIDENT = 2 /* of the users */, JSON_MAX = 16384, PASSWORD_BYTES = 10 };

struct user {
	const char *role, *email, *name;
	char password[2 * PASSWORD_BYTES + 1];
};

struct device {
	int64_t number;
	const char *name, *kind;
	int apartment; /* index; -1: none */
	int holder;    /* index of the user who signs in with it, an app; 0: it is none */
	struct credential credential;
};

struct demo {
	struct ctl *ctl;
	struct secret_key key;
	int64_t company_id, site_id, apartments[APARTMENTS];
	struct user users[USERS];
	struct device door, phones[PHONES], app;
};

static const struct demo plan = {
	.users = {
		{ "company_admin", "admin@demo.example", "Ada Administrator" },
		{ "site_admin", "manager@demo.example", "Mark Manager" },
		{ "apartment_admin", "resident@demo.example", "Rosa Resident" },
	},
	.door = { 0, "Front door", "intercom", -1 },
	.phones = {
		{ 0, "Living room 1", "phone", 0 },
		{ 0, "Living room 2", "phone", 1 },
		{ 0, "Concierge", "phone", 2 },
	},
	.app = { 0, "Rosa's phone", "phone", 0, RESIDENT },
};

static const char unlock_code[] = "00*";

static int64_t now_ms(void)
{
	return clock_wall_ms(clock_system());
}

static int make_site(struct demo *d)
{
	struct site_row site = { .name = VIEW("Maple House"), .type = VIEW("residential"),
				 .zone = VIEW("Europe/Prague"), .language = VIEW("en") };
	struct apartment_row flat = { .name = VIEW("") };
	static const struct view floors[APARTMENTS] = { VIEW("1"), VIEW("2"), VIEW("0") };
	static const struct view numbers[APARTMENTS] = { VIEW("11"), VIEW("21"), VIEW("Concierge") };
	int rc = company_create(d->ctl->db, now_ms(), VIEW("Demo Estates"), &d->company_id);

	site.company_id = d->company_id;
	if (rc == 0)
		rc = site_create(d->ctl->db, now_ms(), &site, &d->site_id);
	for (int i = 0; rc == 0 && i < APARTMENTS; i++) {
		flat.site_id = d->site_id;
		flat.floor = floors[i];
		flat.number = numbers[i];
		rc = apartment_create(d->ctl->db, now_ms(), &flat, &d->apartments[i]);
	}
	return rc;
}

static int make_users(struct demo *d)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < USERS; i++) {
		struct user *u = &d->users[i];

		rand_hex(rand_system(), u->password, PASSWORD_BYTES);
		rc = i == 0 ? ctl_administrator(d->ctl, u->email, u->name, u->password, d->company_id) :
			      ctl_person(d->ctl, u->email, u->name, u->password, u->role, d->company_id,
					 d->site_id, i == RESIDENT ? d->apartments[0] : DB_INT_NULL);
	}
	return rc;
}

static int holder_of(struct demo *d, const struct device *device, struct device_row *row)
{
	struct person_row person;
	int rc;

	row->person_id = DB_INT_NULL;
	if (!device->holder)
		return 0;
	rc = person_by_email(d->ctl->db, view_str(d->users[device->holder].email), &d->ctl->arena,
			     &person);
	if (rc == 0) {
		row->app = 1;
		row->person_id = person.id;
	}
	return rc;
}

static int make_device(struct demo *d, struct device *device)
{
	struct device_row row = { .site_id = d->site_id, .kind = view_str(device->kind),
				  .name = view_str(device->name),
				  .directory_id = DB_INT_NULL };
	struct credential *c = &device->credential;
	int rc;

	row.apartment_id = device->apartment < 0 ? DB_INT_NULL : d->apartments[device->apartment];
	if (strcmp(device->kind, "intercom") == 0)
		row.unlock_code = VIEW(unlock_code);
	row.number = device->number = 1000000000 + (int64_t)rand_below(rand_system(), 9000000000);
	rc = holder_of(d, device, &row);
	if (rc < 0)
		return rc;
	rc = credential_make(&d->key, rand_system(), row.number, d->ctl->realm, &d->ctl->arena, c);
	if (rc < 0)
		return rc;
	return device_create(d->ctl->db, now_ms(), &row,
			     &(struct device_secret_row){ row.number, c->sealed, c->ha1_md5, c->ha1_sha256 });
}

static int make_devices(struct demo *d)
{
	int rc = make_device(d, &d->door);

	for (int i = 0; rc == 0 && i < PHONES; i++)
		rc = make_device(d, &d->phones[i]);
	return rc == 0 ? make_device(d, &d->app) : rc;
}

static int make_buttons(struct demo *d)
{
	const struct button_destination flats[] = { { d->phones[0].number, 0 },
						    { d->phones[1].number, 0 },
						    { d->app.number, 0 } };
	const struct button_destination concierge[] = { { d->phones[2].number, 0 } };
	const struct button_edit buttons[] = { { 1, VIEW("Maple"), flats, 3 },
					       { 2, VIEW("Concierge"), concierge, 1 } };

	return button_replace(d->ctl->db, now_ms(), d->site_id, d->door.number, buttons, 2);
}

static int make_all(struct demo *d)
{
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(d->ctl->db, &tx);

	if (rc == 0)
		rc = make_site(d);
	if (rc == 0)
		rc = make_users(d);
	if (rc == 0)
		rc = make_devices(d);
	if (rc == 0)
		rc = make_buttons(d);
	return rc == 0 ? db_commit(&tx) : rc;
}

/* The file. */

static void write_account(struct json *j, const struct device *d)
{
	json_key(j, "device_id");
	json_id(j, d->number);
	json_key(j, "name");
	json_str(j, d->name);
	json_key(j, "sip_user");
	json_id(j, d->number);
	json_key(j, "sip_password");
	json_view(j, d->credential.password);
}

static void write_json(const struct demo *d, struct buf *out)
{
	struct json json = JSON_TO(out), *j = &json;

	json_open(j);
	json_key(j, "site_id");
	json_id(j, d->site_id);
	json_key(j, "users");
	json_list_open(j);
	for (int i = 0; i < USERS; i++) {
		json_open(j);
		json_key(j, "role");
		json_str(j, d->users[i].role);
		json_key(j, "email");
		json_str(j, d->users[i].email);
		json_key(j, "password");
		json_str(j, d->users[i].password);
		json_close(j);
	}
	json_list_close(j);
	json_key(j, "door");
	json_open(j);
	write_account(j, &d->door);
	json_key(j, "dial");
	json_str(j, "1");
	json_key(j, "unlock_code");
	json_str(j, unlock_code);
	json_close(j);
	json_key(j, "phones");
	json_list_open(j);
	for (int i = 0; i < PHONES; i++) {
		json_open(j);
		write_account(j, &d->phones[i]);
		json_close(j);
	}
	json_list_close(j);
	json_key(j, "app");
	json_open(j);
	write_account(j, &d->app);
	json_close(j);
	json_close(j);
}

/* Written beside and renamed, so that nobody reads half a file. */
static int save(const char *path, const json_t *root, struct err *err)
{
	CLEANUP(buf_free) struct buf name = BUF_INIT(4096);
	int fd, rc;

	buf_printf(&name, "%s.new", path);
	if (!buf_cstr(&name))
		return err_set(err, -ENOMEM, "no memory");
	fd = open(name.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, -errno, "cannot write %s: %s", name.p, strerror(errno));
	rc = json_dumpfd(root, fd, JSON_INDENT(2)) < 0 || fsync(fd) < 0 ? -EIO : 0;
	close(fd);
	if (rc == 0 && rename(name.p, path) < 0)
		rc = -errno;
	return rc < 0 ? err_set(err, rc, "cannot write %s", path) : 0;
}

/* Addresses of this run into what was made once. */
static int address(struct ctl *c, json_t *root)
{
	json_t *door = json_object_get(root, "door");
	int bad = json_object_set_new(root, "http", json_string(c->argv[0])) |
		  json_object_set_new(root, "sip", json_string(c->argv[1]));

	bad |= json_object_set_new(door, "http", c->argc > 2 ? json_string(c->argv[2]) : json_null());
	return bad ? -EINVAL : 0;
}

static json_t *make(struct ctl *c, struct err *err)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(JSON_MAX);
	struct demo d = plan;
	int rc;

	d.ctl = c;
	if (ctl_key(c, &d.key, err) < 0)
		return NULL;
	rc = make_all(&d);
	if (rc < 0) {
		err_set(err, rc, "cannot make the demo building: %s",
			rc == -EEXIST ? "it is there, but demo.json is gone" : db_error(c->db));
		return NULL;
	}
	write_json(&d, &text);
	return json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
}

int ctl_demo(struct ctl *c, struct err *err)
{
	const char *path = arena_printf(&c->arena, "%s/demo.json", c->data);
	json_t *root;
	int rc;

	if (!path)
		return err_set(err, -ENOMEM, "no memory");
	root = access(path, F_OK) == 0 ? json_load_file(path, JSON_REJECT_DUPLICATES, NULL) : make(c, err);
	if (!root)
		return err->code ? err->code : err_set(err, -EBADMSG, "%s cannot be read", path);
	rc = address(c, root);
	rc = rc < 0 ? err_set(err, rc, "%s is not what the demo wrote", path) : save(path, root, err);
	json_decref(root);
	return rc;
}
