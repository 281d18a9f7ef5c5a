/* Phone directories: whom a device may call. */
#include "api/request.h"
#include "api/resource.h"
#include "store/order.h"

#include <errno.h>

_Static_assert((int)PHONE_DIRECTORIES_MAX <= (int)PAGE_SIZE_MAX, "all of a site fit on a page");

struct directory_view {
	struct phone_directory_row row;
	struct shape_list entries;
};

#define ENTRY(member) offsetof(struct phone_entry_row, member)
static const struct field entry_fields[] = {
	{ "device", FIELD_ID, 0, ENTRY(device) },
	{ "name", FIELD_TEXT, FIELD_OPTIONAL, ENTRY(name), .max = 100,
	  .doc = "What it is called there; empty: as everywhere" },
};
static const struct shape entry_shape =
	SHAPE("PhoneDirectoryContact", struct phone_entry_row, entry_fields);

#define DIRECTORY(member) offsetof(struct directory_view, member)
#define NAME_FIELD                                                                                 \
	{ "name", FIELD_TEXT, 0, DIRECTORY(row.name), .min = 1, .max = 100,                        \
	  .doc = "Unique in the site" }
#define ENTRIES_FIELD                                                                              \
	{ "entries", FIELD_OBJECTS, 0, DIRECTORY(entries), .max = PHONE_ENTRIES_MAX,               \
	  .of = &entry_shape }

static const struct field edit_fields[] = { NAME_FIELD, ENTRIES_FIELD };
const struct shape phone_directory_edit_shape =
	SHAPE("PhoneDirectoryEdit", struct directory_view, edit_fields);

static const struct field directory_fields[] = {
	{ "id", FIELD_ID, 0, DIRECTORY(row.id) },
	NAME_FIELD,
	ENTRIES_FIELD,
	{ "devices", FIELD_INT, 0, DIRECTORY(row.devices), .max = INT64_MAX,
	  .doc = "How many devices have it" },
};
const struct shape phone_directory_shape =
	SHAPE("PhoneDirectory", struct directory_view, directory_fields);

#define ROW(member) offsetof(struct phone_directory_row, member)
static const struct field list_fields[] = {
	{ "id", FIELD_ID, 0, ROW(id) },
	{ "name", FIELD_TEXT, 0, ROW(name) },
	{ "contacts", FIELD_INT, 0, ROW(entries), .max = PHONE_ENTRIES_MAX,
	  .doc = "How many devices are in it" },
	{ "devices", FIELD_INT, 0, ROW(devices), .max = INT64_MAX,
	  .doc = "How many devices have it" },
};
const struct shape phone_directory_entry_shape =
	SHAPE("PhoneDirectoryEntry", struct phone_directory_row, list_fields);

int api_phone_directory_list(struct request *r)
{
	struct phone_directory_row *rows;
	size_t n;
	const int rc = phone_directory_list(r->db, r->ids[ID_SITE], r->arena, &rows, &n);

	return rc == 0 ? reply_list(r, rows, n, (struct view){}) : rc;
}

static int reply_directory(struct request *r, int64_t id)
{
	struct directory_view view = {};
	struct phone_entry_row *entries;
	int rc = phone_directory_get(r->db, r->ids[ID_SITE], id, r->arena, &view.row);

	if (rc == 0)
		rc = phone_entries(r->db, r->ids[ID_SITE], id, r->arena, &entries, &view.entries.n);
	view.entries.p = rc == 0 ? entries : NULL;
	return rc == 0 ? reply_one(r, &view) : rc;
}

int api_phone_directory_get(struct request *r)
{
	return reply_directory(r, r->ids[ID_OBJECT]);
}

static int check_entries(struct request *r, struct phone_entry_row *entries, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!entries[i].name.p)
			entries[i].name = VIEW("");
		for (size_t k = 0; k < i; k++)
			if (entries[i].device == entries[k].device)
				return reply_problem(r, 422,
						     arena_printf(r->arena, "entries[%zu].device", i),
						     "The device is there twice.");
	}
	return 0;
}

/* Makes it, when *id is 0, or changes it. */
static int save(struct request *r, const struct directory_view *body, int64_t *id)
{
	DB_TRANSACTION struct db_tx tx = {};
	const int64_t site = r->ids[ID_SITE];
	int rc = db_begin(r->db, &tx);

	if (rc == 0 && *id)
		rc = phone_directory_rename(r->db, r->now, site, *id, body->row.name);
	else if (rc == 0)
		rc = phone_directory_create(r->db, r->now, site, body->row.name, id);
	if (rc == 0)
		rc = phone_entries_replace(r->db, site, *id, body->entries.p, body->entries.n);
	return rc == 0 ? db_commit(&tx) : rc;
}

static int save_and_reply(struct request *r, int64_t id)
{
	const struct directory_view *body = r->body;
	int rc = check_entries(r, body->entries.p, body->entries.n);

	if (rc != 0)
		return rc;
	rc = save(r, body, &id);
	if (rc == -EEXIST)
		return reply_problem(r, 409, "name", "There is a phone directory of this name already.");
	if (rc == -ENOLINK)
		return reply_problem(r, 422, "entries", "An entry is no device of this site.");
	if (rc == -ENOSPC)
		return reply_problem(r, 409, NULL, "A site has at most %d phone directories.",
				     PHONE_DIRECTORIES_MAX);
	return rc == 0 ? reply_directory(r, id) : rc;
}

int api_phone_directory_post(struct request *r)
{
	return save_and_reply(r, 0);
}

int api_phone_directory_put(struct request *r)
{
	return save_and_reply(r, r->ids[ID_OBJECT]);
}

/* Without it, whoever has it could call everybody. */
int api_phone_directory_delete(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = phone_directory_delete(r->db, r->now, r->ids[ID_SITE], r->ids[ID_OBJECT]);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == -ENOLINK)
		return reply_problem(r, 409, NULL, "Devices have this phone directory.");
	return rc == 0 ? reply_none(r) : rc;
}
