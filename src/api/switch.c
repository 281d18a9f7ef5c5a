#include "api/switch.h"

#include "api/device.h"
#include "api/resource.h"

enum { SWITCH_NAME_MAX = 60 };

static const char *const owners[] = { "platform", "device", NULL };

struct switches_view {
	struct shape_list items;
};

/* Intercoms end a switch code with `*`, and take at least two digits before it. */
const char *switch_code_fault(struct view code)
{
	bool good = code.n == 0 || (code.n >= 3 && code.p[code.n - 1] == '*');

	for (size_t i = 0; i + 1 < code.n; i++)
		good = good && code.p[i] >= '0' && code.p[i] <= '9';
	return good ? NULL : "must be two digits or more, and then one *, such as 00*.";
}

static const struct field switch_fields[] = {
	{ "number", FIELD_INT, 0, offsetof(struct switch_row, number), .min = 1,
	  .max = SWITCHES_MAX, .doc = "1 opens the door: its code is the device's unlock_code" },
	{ "name", FIELD_TEXT, FIELD_OPTIONAL, offsetof(struct switch_row, name),
	  .max = SWITCH_NAME_MAX, .doc = "What it does, as the app shows it" },
	{ "code", FIELD_TEXT, FIELD_SECRET, offsetof(struct switch_row, code), .min = 1,
	  .max = SWITCH_CODE_MAX, .check = switch_code_fault,
	  .doc = "What the intercom must hear; none may be the end of another" },
	{ "owner", FIELD_ENUM, 0, offsetof(struct switch_row, owner), .values = owners,
	  .doc = "Who keeps the setting: the platform writes it to the device, or leaves it "
		 "alone" },
};
static const struct shape switch_shape = SHAPE("Switch", struct switch_row, switch_fields);

static const struct field switches_fields[] = {
	{ "items", FIELD_OBJECTS, 0, offsetof(struct switches_view, items), .max = SWITCHES_MAX,
	  .of = &switch_shape },
};
const struct shape switches_shape = SHAPE("Switches", struct switches_view, switches_fields);

static bool ends_with(struct view code, struct view end)
{
	return code.n >= end.n && memcmp(code.p + code.n - end.n, end.p, end.n) == 0;
}

bool switch_codes_clash(const struct switch_row *switches, size_t n, size_t *ret_one,
			size_t *ret_other)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			if (i != k && ends_with(switches[i].code, switches[k].code)) {
				*ret_one = i;
				*ret_other = k;
				return true;
			}
	return false;
}

int switch_check_door(struct request *r, int64_t device, struct view code)
{
	struct switch_row *rows, all[SWITCHES_MAX + 1];
	size_t n, nall = 0, one, other;
	const int rc = switch_list(r->db, r->ids[ID_SITE], device, r->arena, &rows, &n);

	if (rc < 0 || code.n == 0)
		return rc;
	all[nall++] = (struct switch_row){ .number = SWITCH_DOOR, .code = code };
	for (size_t i = 0; i < n; i++)
		if (rows[i].number != SWITCH_DOOR)
			all[nall++] = rows[i];
	if (!switch_codes_clash(all, nall, &one, &other))
		return 0;
	return reply_problem(r, 422, "unlock_code",
			     "The code ends as that of switch %d, or that one as it does.",
			     (int)all[one ? one : other].number);
}

static int reply_switches(struct request *r)
{
	struct switch_row *rows;
	size_t n;
	const int rc = switch_list(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->arena, &rows, &n);

	return rc == 0 ? reply_one(r, &(struct switches_view){ { rows, n } }) : rc;
}

int api_switches_get(struct request *r)
{
	const int rc = device_check_intercom(r, "switches");

	return rc == 0 ? reply_switches(r) : rc;
}

/* Names that are not given are empty. */
static int check_switches(struct request *r, struct switch_row *rows, size_t n)
{
	bool used[SWITCHES_MAX + 1] = {};
	size_t one, other;

	for (size_t i = 0; i < n; i++) {
		if (used[rows[i].number])
			return reply_problem(r, 422, arena_printf(r->arena, "items[%zu].number", i),
					     "Switch %d is there twice.", (int)rows[i].number);
		used[rows[i].number] = true;
		if (!rows[i].name.p)
			rows[i].name = VIEW("");
	}
	if (!switch_codes_clash(rows, n, &one, &other))
		return 0;
	return reply_problem(r, 422, arena_printf(r->arena, "items[%zu].code", one),
			     "The code of switch %d ends as that of switch %d: both would switch.",
			     (int)rows[one].number, (int)rows[other].number);
}

int api_switches_put(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	const struct switches_view *body = r->body;
	int rc = device_check_intercom(r, "switches");

	if (rc == 0)
		rc = check_switches(r, body->items.p, body->items.n);
	if (rc == 0)
		rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = switch_replace(r->db, r->now, r->ids[ID_SITE], r->ids[ID_OBJECT],
				    body->items.p, body->items.n);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_switches(r) : rc;
}
