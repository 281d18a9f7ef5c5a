/* The table families: what is written is read again, in its own site only. */
#include "store/account.h"
#include "store/call.h"
#include "store/change.h"
#include "store/device.h"
#include "store/summary.h"
#include "store/switch.h"
#include "fixture.h"

#include <errno.h>

enum {
	NOW = 1000000,
	DOOR = 1000000001,
	PHONE = 1000000002,
	FOREIGN = 1000000003,
	BELL = 1000000004, /* an intercom */
	KITCHEN = 1000000005,
};

static int64_t site_new(struct fixture *f, int64_t company, struct view name)
{
	const struct site_row site = { .company_id = company, .name = name, .type = VIEW("residential"),
				       .zone = VIEW("Europe/Prague"), .language = VIEW("en") };
	int64_t id = 0;

	assert_int_equal(site_create(f->db, NOW, &site, &id), 0);
	return id;
}

static void device_new(struct fixture *f, int64_t site, int64_t number, struct view name)
{
	const struct device_row device = { .number = number, .site_id = site, .kind = VIEW("phone"),
					   .name = name, .apartment_id = DB_INT_NULL };
	const struct device_secret_row secret = { number, VIEW("sealed\0bytes"), VIEW("m"), VIEW("s") };

	assert_int_equal(device_create(f->db, NOW, &device, &secret), 0);
}

struct two_sites {
	int64_t company, mine, other;
};

static struct two_sites two_sites(struct fixture *f)
{
	struct two_sites t;

	assert_int_equal(company_create(f->db, NOW, VIEW("Acme"), &t.company), 0);
	t.mine = site_new(f, t.company, VIEW("Mine"));
	t.other = site_new(f, t.company, VIEW("Other"));
	device_new(f, t.mine, DOOR, VIEW("Door"));
	device_new(f, t.mine, PHONE, VIEW("Phone"));
	device_new(f, t.other, FOREIGN, VIEW("Foreign"));
	return t;
}

static int64_t person_new(struct fixture *f, struct view email)
{
	const struct person_row p = { .email = email, .name = VIEW("P"), .password = VIEW("hash"),
				      .language = VIEW("en") };
	int64_t id = 0;

	assert_int_equal(person_create(f->db, NOW, &p, &id), 0);
	return id;
}

static void grant(struct fixture *f, int64_t person, struct view role, int64_t company, int64_t site)
{
	const struct role_row r = { role, company, site, DB_INT_NULL };

	assert_int_equal(role_grant(f->db, NOW, person, &r), 0);
}

static void people_sign_in_and_their_sessions_end(void **state)
{
	struct fixture *f = *state;
	const struct session_row s = { .created_at = NOW, .seen_at = NOW, .expires_at = NOW + 100 };
	struct session_row mine = s, found;
	struct person_row p;
	int64_t id;
	bool any;

	mine.person_id = person_new(f, VIEW("a@example.com"));
	assert_int_equal(person_by_email(f->db, VIEW("a@example.com"), &f->arena, &p), 0);
	assert_int_equal(p.id, mine.person_id);
	assert_true(p.disabled_at == DB_INT_NULL);
	assert_int_equal(person_create(f->db, NOW, &p, &id), -EEXIST);
	assert_int_equal(person_by_email(f->db, VIEW("b@example.com"), &f->arena, &p), -ENOENT);
	assert_int_equal(person_password_set(f->db, NOW, mine.person_id, VIEW("other")), 0);
	assert_int_equal(person_get(f->db, mine.person_id, &f->arena, &p), 0);
	assert_true(view_eq(p.password, VIEW("other")));
	assert_int_equal(session_create(f->db, VIEW("h\0sh"), &mine, VIEW("::1"), VIEW("x")), 0);
	assert_int_equal(session_find(f->db, VIEW("h\0sh"), NOW + 99, &f->arena, &found), 0);
	assert_int_equal(found.person_id, mine.person_id);
	assert_true(view_eq(found.email, VIEW("a@example.com")));
	assert_true(view_eq(found.name, p.name));
	assert_true(found.disabled_at == DB_INT_NULL);
	assert_int_equal(session_find(f->db, VIEW("h\0sh"), NOW + 100, &f->arena, &found), -ENOENT);
	assert_int_equal(session_touch(f->db, VIEW("h\0sh"), NOW + 50, NOW + 200), 0);
	assert_int_equal(session_find(f->db, VIEW("h\0sh"), NOW + 150, &f->arena, &found), 0);
	assert_int_equal(session_delete(f->db, NOW, VIEW("h\0sh")), 0);
	assert_int_equal(session_find(f->db, VIEW("h\0sh"), NOW, &f->arena, &found), -ENOENT);
	assert_int_equal(session_expire(f->db, NOW), 0);
	assert_int_equal(person_any_operator(f->db, &any), 0);
	assert_false(any);
	grant(f, mine.person_id, VIEW("operator"), DB_INT_NULL, DB_INT_NULL);
	assert_int_equal(person_any_operator(f->db, &any), 0);
	assert_true(any);
}

static size_t sites_of(struct fixture *f, int64_t person)
{
	struct site_row *sites;
	size_t n;

	assert_int_equal(site_list(f->db, person, NAME_CURSOR_FIRST, 10, &f->arena, &sites, &n), 0);
	return n;
}

/* One by one, in their order, and none twice. */
static bool pages_have_all(struct fixture *f, int64_t person)
{
	struct site_row *all, *one;
	struct name_cursor after = NAME_CURSOR_FIRST;
	size_t n, k = 0;

	assert_int_equal(site_list(f->db, person, after, 10, &f->arena, &all, &n), 0);
	for (size_t found = 1; found > 0; k += found) {
		assert_int_equal(site_list(f->db, person, after, 1, &f->arena, &one, &found), 0);
		if (found == 0)
			break;
		if (k == n || one[0].id != all[k].id)
			return false;
		after = (struct name_cursor){ one[0].name, one[0].id };
	}
	return k == n;
}

static size_t roles_at(struct fixture *f, int64_t person, int64_t site)
{
	struct role_row *roles;
	size_t n;

	assert_int_equal(role_list_of_site(f->db, person, site, &f->arena, &roles, &n), 0);
	return n;
}

static void a_role_reaches_as_far_as_it_says(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	const int64_t operator= person_new(f, VIEW("o@x")), company = person_new(f, VIEW("c@x"));
	const int64_t site = person_new(f, VIEW("s@x")), nobody = person_new(f, VIEW("n@x"));
	const int64_t stranger = person_new(f, VIEW("t@x"));
	int64_t rival;

	assert_int_equal(company_create(f->db, NOW, VIEW("Rival"), &rival), 0);
	grant(f, operator, VIEW("operator"), DB_INT_NULL, DB_INT_NULL);
	grant(f, company, VIEW("company_admin"), t.company, DB_INT_NULL);
	grant(f, stranger, VIEW("company_admin"), rival, DB_INT_NULL);
	grant(f, site, VIEW("site_admin"), t.company, t.mine);
	assert_int_equal(sites_of(f, operator), 2);
	grant(f, operator, VIEW("site_user"), t.company, t.mine); /* a site that it sees twice */
	assert_true(pages_have_all(f, operator));
	assert_int_equal(sites_of(f, company), 2);
	assert_int_equal(sites_of(f, site), 1);
	assert_int_equal(sites_of(f, nobody), 0);
	assert_int_equal(sites_of(f, stranger), 0);
	assert_int_equal(roles_at(f, operator, t.mine), 2);
	assert_int_equal(roles_at(f, operator, 999), 0);
	assert_int_equal(roles_at(f, company, t.other), 1);
	assert_int_equal(roles_at(f, stranger, t.other), 0);
	assert_int_equal(roles_at(f, site, t.mine), 1);
	assert_int_equal(roles_at(f, site, t.other), 0);
}

static void lists_page_by_the_last_row(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	struct name_cursor after = NAME_CURSOR_FIRST;
	struct device_row *page;
	char name[16];
	size_t n, seen = 0;

	for (int i = 0; i < 23; i++) {
		snprintf(name, sizeof(name), "d%02d", i);
		device_new(f, t.mine, 2000000000 + i, view_str(name));
	}
	do {
		assert_int_equal(device_list(f->db, t.mine, NOW, after, 10, &f->arena, &page, &n), 0);
		for (size_t i = 0; i < n; i++)
			assert_true(page[i].site_id == t.mine);
		seen += n;
		if (n)
			after = (struct name_cursor){ page[n - 1].name, page[n - 1].number };
	} while (n == 10);
	assert_int_equal(seen, 25);
}

static void another_sites_rows_are_not_there(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	const struct apartment_row flat = { .site_id = t.other, .floor = VIEW("1"), .number = VIEW("7"),
					    .name = VIEW("") };
	const struct button_destination to_phone[] = { { PHONE, 0 } }, to_foreign[] = { { FOREIGN, 0 } };
	const struct button_edit good = { 1, VIEW("Bell"), to_phone, 1 }, bad = { 1, VIEW("Bell"), to_foreign, 1 };
	struct apartment_row apartment = flat;
	struct device_row device = { .number = DOOR, .site_id = t.other, .name = VIEW("x"),
				     .apartment_id = DB_INT_NULL };
	struct device_secret_row secret;
	struct button_row *buttons;
	size_t n;

	assert_int_equal(apartment_create(f->db, NOW, &flat, &apartment.id), 0);
	assert_int_equal(apartment_create(f->db, NOW, &flat, &apartment.id), -EEXIST);
	apartment.site_id = t.mine;
	assert_int_equal(apartment_edit(f->db, NOW, &apartment), -ENOENT);
	assert_int_equal(apartment_delete(f->db, NOW, t.mine, apartment.id), -ENOENT);
	assert_int_equal(device_edit(f->db, NOW, &device), -ENOENT);
	assert_int_equal(device_delete(f->db, NOW, t.other, DOOR), -ENOENT);
	assert_int_equal(device_get(f->db, t.other, DOOR, NOW, &f->arena, &device), -ENOENT);
	assert_int_equal(device_secret(f->db, t.other, DOOR, &f->arena, &secret), -ENOENT);
	device = (struct device_row){ .number = DOOR, .site_id = t.mine, .name = VIEW("x"),
				      .apartment_id = apartment.id };
	assert_int_equal(device_edit(f->db, NOW, &device), -ENOLINK); /* the other site's flat */
	assert_int_equal(button_replace(f->db, NOW, t.other, DOOR, &good, 1), -ENOENT);
	assert_int_equal(button_replace(f->db, NOW, t.mine, DOOR, &bad, 1), -ENOLINK);
	assert_int_equal(button_replace(f->db, NOW, t.mine, DOOR, &good, 1), 0);
	assert_int_equal(button_list(f->db, t.other, DOOR, &f->arena, &buttons, &n), 0);
	assert_int_equal(n, 0);
}

static void the_directory_has_buttons_and_their_destinations(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	const struct button_destination both[] = { { PHONE, 0 }, { DOOR, 40 } };
	const struct button_edit buttons[] = { { 1, VIEW("Bell"), both, 2 }, { 2, VIEW("Empty"), NULL, 0 } };
	struct directory_button_row *rows;
	struct directory_row *devices;
	size_t n;

	assert_int_equal(button_replace(f->db, NOW, t.mine, DOOR, buttons, 2), 0);
	assert_int_equal(directory_devices(f->db, t.mine, &f->arena, &devices, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(devices[0].number, DOOR);
	assert_int_equal(directory_buttons(f->db, t.mine, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(rows[0].destination, PHONE); /* it rings first */
	assert_int_equal(rows[1].destination, DOOR);
	assert_int_equal(rows[1].after_s, 40);
	assert_true(rows[2].destination == DB_INT_NULL);
	assert_int_equal(device_delete(f->db, NOW, t.mine, PHONE), 0);
	assert_int_equal(directory_buttons(f->db, t.mine, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 2);
}

static struct directory_row known(struct fixture *f, int64_t site, int64_t number)
{
	struct directory_row row;

	assert_int_equal(directory_one(f->db, site, number, &f->arena, &row), 0);
	return row;
}

static void encryption_is_offered_unless_it_is_set(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	struct device_row d;

	assert_true(view_eq(known(f, t.mine, PHONE).srtp, VIEW("offered")));
	assert_int_equal(device_get(f->db, t.mine, PHONE, NOW, &f->arena, &d), 0);
	assert_true(view_eq(d.srtp, VIEW("offered")));
	d.srtp = VIEW("required");
	assert_int_equal(device_edit(f->db, NOW, &d), 0);
	assert_true(view_eq(known(f, t.mine, PHONE).srtp, VIEW("required")));
	assert_int_equal(device_get(f->db, t.mine, PHONE, NOW, &f->arena, &d), 0);
	assert_true(view_eq(d.srtp, VIEW("required")));
	d.srtp = (struct view){};
	assert_int_equal(device_edit(f->db, NOW, &d), 0);
	assert_true(view_eq(known(f, t.mine, PHONE).srtp, VIEW("offered")));
	d.srtp = VIEW("always");
	assert_int_equal(device_edit(f->db, NOW, &d), -EINVAL);
}

static void a_camera_has_its_place_beside_the_device(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	struct device_camera_row camera;
	struct device_row d;
	int64_t n = -1;

	assert_int_equal(known(f, t.mine, DOOR).camera, 0);
	assert_int_equal(device_get(f->db, t.mine, DOOR, NOW, &f->arena, &d), 0);
	assert_null(d.snapshot_url.p);
	d.snapshot_url = VIEW("http://door.lan/snapshot.jpg");
	d.snapshot_user = VIEW("vestibule");
	d.snapshot_password_sealed = VIEW("\0sealed\xff");
	assert_int_equal(device_edit(f->db, NOW, &d), 0);
	assert_int_equal(known(f, t.mine, DOOR).camera, 1);
	assert_int_equal(known(f, t.mine, PHONE).camera, 0);
	assert_int_equal(device_camera(f->db, t.mine, DOOR, &f->arena, &camera), 0);
	assert_true(view_eq(camera.snapshot_url, d.snapshot_url));
	assert_true(view_eq(camera.snapshot_user, d.snapshot_user));
	assert_true(view_eq(camera.snapshot_password_sealed, d.snapshot_password_sealed));
	assert_int_equal(device_camera(f->db, t.other, DOOR, &f->arena, &camera), -ENOENT);

	assert_int_equal(device_camera_forget(f->db, t.other, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(device_camera_forget(f->db, t.mine, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(device_get(f->db, t.mine, DOOR, NOW, &f->arena, &d), 0);
	assert_null(d.snapshot_password_sealed.p);
	assert_true(view_eq(d.snapshot_user, VIEW("vestibule")));
}

static size_t changes(struct fixture *f, struct view type)
{
	struct change_row *rows;
	size_t n, count = 0;

	assert_int_equal(change_after(f->db, 0, 1000, &f->arena, &rows, &n), 0);
	for (size_t i = 0; i < n; i++)
		count += view_eq(rows[i].type, type);
	return count;
}

static void the_unlock_code_is_that_of_switch_1(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	const struct switch_row two[] = {
		{ 0, 1, VIEW("Door"), VIEW("11*"), VIEW("device") },
		{ 0, 2, VIEW("Light"), VIEW("22*"), VIEW("platform") },
	};
	struct switch_row *rows;
	struct device_row d;
	size_t n;

	assert_int_equal(switch_replace(f->db, NOW, t.mine, DOOR, two, 2), 0);
	assert_int_equal(switch_replace(f->db, NOW, t.other, DOOR, two, 2), -ENOLINK);
	assert_int_equal(device_get(f->db, t.mine, DOOR, NOW, &f->arena, &d), 0);
	assert_true(view_eq(d.unlock_code, VIEW("11*")));
	d.unlock_code = VIEW("99*");
	assert_int_equal(device_edit(f->db, NOW, &d), 0);
	assert_int_equal(switch_list(f->db, t.mine, DOOR, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 2);
	assert_true(view_eq(rows[0].code, VIEW("99*")));
	assert_true(view_eq(rows[0].name, VIEW("Door")));
	assert_true(view_eq(rows[0].owner, VIEW("device")));
	d.unlock_code = (struct view){};
	assert_int_equal(device_edit(f->db, NOW, &d), 0);
	assert_int_equal(switch_list_of_site(f->db, t.mine, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].device, DOOR);
	assert_int_equal(rows[0].number, 2);
	assert_int_equal(switch_list_of_site(f->db, t.other, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 0);
}

static void a_binding_tells_only_when_the_device_comes_moves_or_goes(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	struct binding_row b = { .device = DOOR, .contact = VIEW("sip:a@192.0.2.1"), .call_id = VIEW("c"),
				 .cseq = 1, .q = 1000, .expires_at = NOW + 100, .transport = VIEW("udp"),
				 .address = VIEW("192.0.2.1:5060") };
	const size_t before = changes(f, VIEW("device"));
	struct binding_row *rows;
	struct device_row device;
	struct binding_row two[2];
	size_t n;

	assert_int_equal(binding_replace(f->db, NOW, DOOR, NULL, 0), 0);
	assert_int_equal(device_get(f->db, t.mine, DOOR, NOW, &f->arena, &device), 0);
	assert_true(device.registered_at == DB_INT_NULL);
	assert_int_equal(binding_replace(f->db, NOW, DOOR, &b, 1), 0);
	b.expires_at += 100;
	assert_int_equal(binding_replace(f->db, NOW + 50, DOOR, &b, 1), 0);
	assert_int_equal(changes(f, VIEW("device")), before + 1);
	assert_int_equal(device_get(f->db, t.mine, DOOR, NOW, &f->arena, &device), 0);
	assert_true(view_eq(device.address, VIEW("192.0.2.1:5060")));
	b.address = VIEW("192.0.2.9:5060");
	assert_int_equal(binding_replace(f->db, NOW + 60, DOOR, &b, 1), 0);
	assert_int_equal(changes(f, VIEW("device")), before + 2);
	assert_int_equal(binding_list(f->db, NOW, 0, 10, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 1);
	assert_true(view_eq(rows[0].address, b.address));
	assert_int_equal(rows[0].expires_at, b.expires_at);
	assert_int_equal(binding_list(f->db, NOW, DOOR, 10, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(device_get(f->db, t.mine, DOOR, NOW + 200, &f->arena, &device), 0);
	assert_null(device.address.p); /* expired */
	assert_int_equal(device.registered_at, NOW); /* the first time, and not the move */
	b.expires_at = NOW + 500; /* a page of expired ones does not end the reading */
	assert_int_equal(binding_replace(f->db, NOW + 65, PHONE, &b, 1), 0);
	assert_int_equal(binding_list(f->db, NOW + 400, 0, 1, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].device, PHONE);
	assert_int_equal(changes(f, VIEW("device")), before + 3);
	assert_int_equal(binding_replace(f->db, NOW + 65, PHONE, NULL, 0), 0);
	assert_int_equal(binding_replace(f->db, NOW + 70, DOOR, NULL, 0), 0);
	assert_int_equal(changes(f, VIEW("device")), before + 5);
	b.device = DOOR;
	two[0] = two[1] = b;
	two[1].contact = VIEW("sip:second@192.0.2.9");
	assert_int_equal(binding_replace(f->db, NOW + 75, DOOR, two, 2), 0);
	two[0].contact = VIEW("sip:third@192.0.2.9"); /* as many, but not the same */
	two[1].cseq = 9;
	assert_int_equal(binding_replace(f->db, NOW + 80, DOOR, two, 2), 0);
	assert_int_equal(binding_list(f->db, NOW, 0, 10, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 2);
	assert_true(view_eq(rows[0].contact, two[1].contact));
	assert_int_equal(rows[0].cseq, 9);
	assert_true(view_eq(rows[1].contact, two[0].contact));
	b.device = 1999999999; /* gone meanwhile */
	assert_int_equal(binding_replace(f->db, NOW, b.device, &b, 1), 0);
}

static void flows_of_one_contact_are_kept_apart(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	struct binding_row some[3], *rows;
	struct device_row *devices;
	size_t n, ndevices;

	assert_int_equal(device_list(f->db, t.mine, NOW, NAME_CURSOR_FIRST, 10, &f->arena, &devices,
				     &ndevices), 0);
	for (int64_t i = 0; i < 3; i++)
		some[i] = (struct binding_row){ .device = DOOR, .contact = VIEW("sip:a@192.0.2.1"),
						.call_id = VIEW("c"), .q = 1000, .cseq = 1,
						.expires_at = NOW + 100, .transport = VIEW("tls"),
						.address = VIEW("192.0.2.1:5060"),
						.instance = i < 2 ? VIEW("<urn:a>") : VIEW("<urn:b>"),
						.reg_id = i < 2 ? i + 1 : 1 };
	assert_int_equal(binding_replace(f->db, NOW, DOOR, some, 3), 0);
	some[0].path = VIEW("<sip:p1;lr>");
	some[1].cseq = 7; /* a renewal */
	assert_int_equal(binding_replace(f->db, NOW, DOOR, some, 3), 0);
	assert_int_equal(binding_list(f->db, NOW, 0, 10, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < 3; i++) {
		const bool first = rows[i].reg_id == 1 && view_eq(rows[i].instance, VIEW("<urn:a>"));

		assert_true(view_eq(rows[i].path, first ? VIEW("<sip:p1;lr>") : VIEW("")));
		assert_int_equal(rows[i].cseq, rows[i].reg_id == 2 ? 7 : 1);
	}
	assert_int_equal(device_list(f->db, t.mine, NOW, NAME_CURSOR_FIRST, 10, &f->arena, &devices,
				     &n), 0);
	assert_int_equal(n, ndevices); /* a phone of several flows is one */
}

/* The sip loop writes the end of a binding after its time. */
static void a_binding_that_expires_goes_and_is_told(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	struct binding_row b = { .device = DOOR, .contact = VIEW("sip:a@192.0.2.1"), .call_id = VIEW("c"),
				 .cseq = 1, .q = 1000, .expires_at = NOW + 100, .transport = VIEW("udp"),
				 .address = VIEW("192.0.2.1:5060") };
	struct binding_row *rows;
	struct device_row device;
	size_t before, n;

	assert_int_equal(binding_replace(f->db, NOW, DOOR, &b, 1), 0);
	before = changes(f, VIEW("device"));
	assert_int_equal(binding_replace(f->db, NOW + 150, DOOR, NULL, 0), 0);
	assert_int_equal(changes(f, VIEW("device")), before + 1);
	assert_int_equal(binding_list(f->db, NOW, 0, 10, &f->arena, &rows, &n), 0); /* a clock put back */
	assert_int_equal(n, 0);

	assert_int_equal(binding_replace(f->db, NOW + 200, DOOR, &b, 1), 0);
	b.expires_at = NOW + 400; /* it comes back before anybody wrote that it was gone */
	before = changes(f, VIEW("device"));
	assert_int_equal(binding_replace(f->db, NOW + 300, DOOR, &b, 1), 0);
	assert_int_equal(changes(f, VIEW("device")), before + 1);
	assert_int_equal(device_get(f->db, t.mine, DOOR, NOW + 300, &f->arena, &device), 0);
	assert_true(view_eq(device.address, b.address));
}

static void a_call_is_written_as_it_happens(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	struct call_row c = { .site_id = t.mine, .id = 77, .started_at = NOW, .from_device = DOOR,
			      .from_name = VIEW("Door"), .button = 1 }, got, *list;
	const struct call_leg_row leg = { .site_id = t.mine,
					  .call_id = 77,
					  .leg = 1,
					  .device = PHONE,
					  .name = VIEW("Phone"),
					  .rang_at = NOW + 2,
					  .at = NOW + 5,
					  .result = VIEW("answered") };
	const struct call_leg_row gone = { .site_id = t.mine,
					   .call_id = 77,
					   .leg = 2,
					   .device = PHONE + 7,
					   .name = VIEW("Old phone"),
					   .at = NOW,
					   .result = VIEW("unreachable") };
	const struct opening_row o = { t.mine, 78, NOW + 6, 77, DOOR, PHONE, VIEW("Phone"), VIEW("dtmf") };
	const struct call_stream_row said[] = {
		{ t.mine, 77, 0, VIEW("video"), VIEW("H264"), 500, 3, 4000, 0, 0, {} },
		{ t.mine, 77, 1, VIEW("audio"), VIEW("PCMU"), 400, 0, 100, 399, 0, {} },
	};
	struct call_stream_row *streams;
	struct call_leg_row *legs;
	struct opening_row *openings;
	size_t n;

	assert_int_equal(call_start(f->db, NOW, &c), 0);
	assert_int_equal(call_get(f->db, t.mine, 77, &f->arena, &got), 0);
	assert_true(view_eq(got.state, VIEW("ringing")));
	assert_null(got.result.p);
	c.answered_at = NOW + 5;
	c.answered_by = PHONE;
	c.answered_by_name = VIEW("Phone");
	assert_int_equal(call_leg_add(f->db, &leg), 0);
	assert_int_equal(call_leg_add(f->db, &gone), 0);
	assert_int_equal(call_answer(f->db, NOW, &c), 0);
	assert_int_equal(call_opening_add(f->db, NOW, &o), 0);
	assert_int_equal(call_streams_add(f->db, NOW, said, 2), 0);
	c.ended_at = NOW + 9;
	c.result = VIEW("nonsense");
	assert_int_equal(call_end(f->db, NOW, &c), -EINVAL);
	c.result = VIEW("answered");
	assert_int_equal(call_end(f->db, NOW, &c), 0);
	assert_int_equal(call_get(f->db, t.mine, 77, &f->arena, &got), 0);
	assert_true(view_eq(got.result, VIEW("answered")));
	assert_int_equal(got.answered_by, PHONE);
	assert_int_equal(got.ended_at, NOW + 9);
	assert_int_equal(call_legs(f->db, t.mine, 77, &f->arena, &legs, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(legs[0].rang_at, NOW + 2);
	assert_int_equal(legs[1].rang_at, DB_INT_NULL);
	assert_true(view_eq(legs[1].result, VIEW("unreachable")));
	assert_int_equal(call_streams(f->db, t.mine, 77, &f->arena, &streams, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(streams[0].device, DOOR);
	assert_true(view_eq(streams[0].name, VIEW("Door")));
	assert_true(view_eq(streams[0].codec, VIEW("H264")));
	assert_int_equal(streams[0].lost, 3);
	assert_int_equal(streams[1].device, PHONE);
	assert_int_equal(streams[1].sent, 399);
	assert_int_equal(call_streams(f->db, t.other, 77, &f->arena, &streams, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(call_openings_between(f->db, t.mine, NOW, NOW, &f->arena, &openings, &n), 0);
	assert_int_equal(n, 1);
	assert_true(view_eq(openings[0].by_name, VIEW("Phone")));
	assert_int_equal(call_get(f->db, t.other, 77, &f->arena, &got), -ENOENT);
	assert_int_equal(call_list(f->db, t.other, CALL_CURSOR_NEWEST, 10, &f->arena, &list, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(changes(f, VIEW("call")), 5);
}

static struct call_leg_row leg_get(struct fixture *f, int64_t site, int64_t call)
{
	struct call_leg_row *legs;
	size_t n;

	assert_int_equal(call_legs(f->db, site, call, &f->arena, &legs, &n), 0);
	assert_int_equal(n, 1);
	return legs[0];
}

/* Beside the phones of two_sites: an intercom, and a tablet of flat 12. */
static void bell_and_tablet(struct fixture *f, int64_t site)
{
	const struct apartment_row flat = {
		.site_id = site, .floor = VIEW("1"), .number = VIEW("12"), .name = VIEW("")
	};
	const struct device_secret_row secret = { BELL, VIEW("sealed"), VIEW("m"), VIEW("s") };
	const struct device_secret_row other = { KITCHEN, VIEW("sealed"), VIEW("m"), VIEW("s") };
	const struct device_row bell = { .number = BELL,
					 .site_id = site,
					 .kind = VIEW("intercom"),
					 .name = VIEW("Bell"),
					 .apartment_id = DB_INT_NULL };
	struct device_row tablet = {
		.number = KITCHEN, .site_id = site, .kind = VIEW("phone"), .name = VIEW("Kitchen")
	};

	assert_int_equal(apartment_create(f->db, NOW, &flat, &tablet.apartment_id), 0);
	assert_int_equal(device_create(f->db, NOW, &bell, &secret), 0);
	assert_int_equal(device_create(f->db, NOW, &tablet, &other), 0);
}

static void a_leg_keeps_its_trace(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	const struct call_row c = { .site_id = t.mine,
				    .id = 77,
				    .started_at = NOW,
				    .from_device = DOOR,
				    .from_name = VIEW("Door"),
				    .button = 1 };
	struct call_leg_row leg = { .site_id = t.mine,
				    .call_id = 77,
				    .leg = 1,
				    .device = KITCHEN,
				    .name = VIEW("Kitchen"),
				    .at = NOW + 5,
				    .result = VIEW("answered"),
				    .pushed_at = NOW + 1,
				    .woken_at = NOW + 2,
				    .rang_at = NOW + 3,
				    .answered_at = NOW + 5 };
	const struct call_leg_row end = { .site_id = t.mine,
					  .call_id = 77,
					  .leg = 1,
					  .video_at = NOW + 6,
					  .ended_at = NOW + 9,
					  .why = VIEW("peer_hangup") };
	struct call_leg_row got, none = end;

	bell_and_tablet(f, t.mine);
	assert_int_equal(call_start(f->db, NOW, &c), 0);
	assert_int_equal(call_leg_trace(f->db, &end), -ENOENT);
	assert_int_equal(call_leg_add(f->db, &leg), 0);
	assert_int_equal(call_leg_trace(f->db, &end), 0);
	leg.pushed_at = leg.rang_at = 0; /* once more, with less: what was known stays */
	assert_int_equal(call_leg_add(f->db, &leg), 0);
	got = leg_get(f, t.mine, 77);
	assert_int_equal(got.pushed_at, NOW + 1);
	assert_int_equal(got.delivered_at, DB_INT_NULL);
	assert_int_equal(got.woken_at, NOW + 2);
	assert_int_equal(got.offered_at, DB_INT_NULL);
	assert_int_equal(got.rang_at, NOW + 3);
	assert_int_equal(got.preview_at, DB_INT_NULL);
	assert_int_equal(got.answered_at, NOW + 5);
	assert_int_equal(got.video_at, NOW + 6);
	assert_int_equal(got.ended_at, NOW + 9);
	assert_true(view_eq(got.why, VIEW("peer_hangup")));
	assert_true(view_eq(got.result, VIEW("answered")));
	assert_int_equal(got.at, NOW + 5);
	assert_true(view_eq(got.apartment, VIEW("12")));
	none.site_id = t.other;
	assert_int_equal(call_leg_trace(f->db, &none), -ENOENT);
}

static void rings(struct fixture *f, int64_t site, int64_t id, int64_t from, int64_t rang_ms,
		  int64_t answered_ms)
{
	struct call_row c = { .site_id = site,
			      .id = id,
			      .started_at = NOW + id,
			      .from_device = from,
			      .from_name = VIEW("Door"),
			      .button = DB_INT_NULL,
			      .ended_at = NOW + id + 60000,
			      .result = VIEW("missed") };
	struct call_leg_row leg = { .site_id = site,
				    .call_id = id,
				    .leg = 1,
				    .device = PHONE,
				    .name = VIEW("Phone"),
				    .at = NOW + id,
				    .rang_at = rang_ms < 0 ? 0 : NOW + id + rang_ms,
				    .answered_at = answered_ms < 0 ? 0 : NOW + id + answered_ms,
				    .result = VIEW("missed") };

	assert_int_equal(call_start(f->db, NOW, &c), 0);
	assert_int_equal(call_leg_add(f->db, &leg), 0);
	leg.leg = 2;
	leg.answered_at = 0;
	leg.rang_at = rang_ms < 0 ? 0 : NOW + id + rang_ms + 20000; /* the second phone is late */
	assert_int_equal(call_leg_add(f->db, &leg), 0);
	assert_int_equal(call_end(f->db, NOW, &c), 0);
}

static void calls_know_how_soon_a_phone_rang(void **state)
{
	const struct summary_times month = { .now_ms = NOW, .month_ms = NOW + 2 };
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	struct summary_rings_row got;
	struct call_row c, *late;
	size_t n;

	bell_and_tablet(f, t.mine);
	rings(f, t.mine, 1, BELL, 10, -1); /* more than a month ago */
	rings(f, t.mine, 2, BELL, 999, -1);
	rings(f, t.mine, 3, BELL, 1000, -1);
	rings(f, t.mine, 4, BELL, -1, 2999); /* answered without having rung */
	rings(f, t.mine, 5, BELL, 3000, -1);
	rings(f, t.mine, 6, BELL, 10000, -1);
	rings(f, t.mine, 7, BELL, -1, -1);
	rings(f, t.mine, 8, PHONE, -1, -1); /* not a bell */
	c = (struct call_row){ .site_id = t.mine,
			       .id = 9,
			       .started_at = NOW + 9,
			       .from_device = BELL,
			       .from_name = VIEW("Door"),
			       .button = DB_INT_NULL };
	assert_int_equal(call_start(f->db, NOW, &c), 0); /* goes on */
	c.id = 10;
	c.test = 1; /* nobody waited at the door */
	c.ended_at = c.started_at + 30000;
	c.result = VIEW("missed");
	assert_int_equal(call_start(f->db, NOW, &c), 0);
	assert_int_equal(call_end(f->db, NOW, &c), 0);
	assert_int_equal(call_get(f->db, t.mine, 10, &f->arena, &c), 0);
	assert_int_equal(c.test, 1);
	assert_int_equal(call_get(f->db, t.mine, 9, &f->arena, &c), 0);
	assert_int_equal(c.test, 0);

	assert_int_equal(summary_rings(f->db, t.mine, &month, &got), 0);
	assert_int_equal(got.rings, 6);
	assert_int_equal(got.rings_1s, 1);
	assert_int_equal(got.rings_3s, 3);
	assert_int_equal(got.rings_10s, 4);
	assert_int_equal(got.rings_never, 1);
	assert_int_equal(summary_rings(f->db, t.other, &month, &got), 0);
	assert_int_equal(got.rings, 0);
	assert_int_equal(got.rings_never, 0);

	assert_int_equal(call_list_late(f->db, t.mine, CALL_CURSOR_NEWEST, 2, &f->arena, &late, &n),
			 0);
	assert_int_equal(n, 2);
	assert_int_equal(late[0].id, 7);
	assert_int_equal(late[0].rang_at, DB_INT_NULL);
	assert_int_equal(late[1].id, 6);
	assert_int_equal(late[1].rang_at, NOW + 6 + 10000);
	assert_int_equal(call_list_late(f->db, t.mine,
					(struct call_cursor){ late[1].started_at, late[1].id }, 2,
					&f->arena, &late, &n),
			 0);
	assert_int_equal(n, 1);
	assert_int_equal(late[0].id, 5);
	assert_int_equal(
		call_list_late(f->db, t.other, CALL_CURSOR_NEWEST, 2, &f->arena, &late, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(call_end_lost(f->db, NOW + 50, &n), 0);
	assert_int_equal(call_list_late(f->db, t.mine, CALL_CURSOR_NEWEST, 9, &f->arena, &late, &n),
			 0);
	assert_int_equal(n, 4);
	assert_int_equal(late[0].id, 9);
}

static void a_device_shows_the_binding_that_stands_longest(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	const struct name_cursor first = NAME_CURSOR_FIRST;
	const struct binding_row b = { .device = DOOR, .call_id = VIEW("c"), .q = 1000,
				       .expires_at = NOW + 100, .transport = VIEW("udp"),
				       .contact = VIEW("sip:a@x"), .address = VIEW("192.0.2.1:5060") };
	struct binding_row some[] = { b, b, b };
	struct device_row *rows, row;
	size_t n;

	some[1].contact = VIEW("sip:b@x");
	some[1].expires_at = NOW + 300;
	some[1].transport = VIEW("tls");
	some[1].address = VIEW("192.0.2.2:5061");
	some[2].contact = VIEW("sip:c@x"); /* as long as another: one of them */
	some[2].expires_at = NOW + 300;
	some[2].transport = VIEW("tls");
	some[2].address = VIEW("192.0.2.2:5061");
	assert_int_equal(binding_replace(f->db, NOW, DOOR, some, 3), 0);
	assert_int_equal(device_list(f->db, t.mine, NOW, first, 10, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].number, DOOR);
	assert_true(view_eq(rows[0].transport, VIEW("tls")));
	assert_true(view_eq(rows[0].address, VIEW("192.0.2.2:5061")));
	assert_int_equal(rows[1].number, PHONE);
	assert_null(rows[1].transport.p);
	assert_int_equal(binding_replace(f->db, NOW, DOOR, some, 1), 0);
	assert_int_equal(device_get(f->db, t.mine, DOOR, NOW + 99, &f->arena, &row), 0);
	assert_true(view_eq(row.address, b.address));
	assert_int_equal(device_get(f->db, t.mine, DOOR, NOW + 100, &f->arena, &row), 0);
	assert_null(row.address.p);
}

static void openings_are_those_of_the_calls_of_a_page(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	struct opening_row o = { t.mine, 0, NOW, 0, DOOR, PHONE, VIEW("Phone"), VIEW("dtmf") }, *rows;
	struct call_row c = { .site_id = t.mine, .from_device = DOOR, .from_name = VIEW("Door"),
			      .button = DB_INT_NULL };
	size_t n;

	for (c.id = 1; c.id <= 4; c.id++) {
		c.started_at = NOW + c.id * 10;
		assert_int_equal(call_start(f->db, NOW, &c), 0);
		o.call_id = c.id;
		for (int i = 0; i < 2; i++, o.id++) {
			o.at = NOW + 100 - o.id; /* long after: the call counts */
			assert_int_equal(call_opening_add(f->db, NOW, &o), 0);
		}
	}
	o.call_id = DB_INT_NULL;
	assert_int_equal(call_opening_add(f->db, NOW, &o), 0);
	assert_int_equal(call_openings_between(f->db, t.mine, NOW + 20, NOW + 30, &f->arena, &rows, &n),
			 0);
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++) /* by time */
		assert_int_equal(rows[i].id, 5 - (int64_t)i);
	assert_int_equal(call_openings(f->db, t.mine, 4, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].id, 7);
	assert_int_equal(call_openings_between(f->db, t.other, NOW, NOW + 99, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(call_openings(f->db, t.other, 4, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 0);
}

static void calls_left_open_by_a_crash_are_ended(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	struct call_row c = { .site_id = t.mine, .started_at = NOW, .from_device = DOOR,
			      .from_name = VIEW("Door"), .button = DB_INT_NULL }, *list;
	size_t n;

	for (c.id = 1; c.id <= 3; c.id++, c.started_at++)
		assert_int_equal(call_start(f->db, NOW, &c), 0);
	c = (struct call_row){ .site_id = t.mine, .id = 2, .answered_at = NOW, .answered_by = PHONE,
			       .answered_by_name = VIEW("Phone") };
	assert_int_equal(call_answer(f->db, NOW, &c), 0);
	assert_int_equal(call_end_lost(f->db, NOW + 50, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(call_list(f->db, t.mine, CALL_CURSOR_NEWEST, 2, &f->arena, &list, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(list[0].id, 3);
	assert_true(view_eq(list[0].result, VIEW("failed")));
	assert_true(view_eq(list[1].result, VIEW("answered")));
	assert_int_equal(call_list(f->db, t.mine, (struct call_cursor){ list[1].started_at, list[1].id }, 2,
				   &f->arena, &list, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(list[0].id, 1);
}

static size_t calls_of(struct fixture *f, int64_t site)
{
	struct call_row *list;
	size_t n = 0;

	assert_int_equal(
		call_list(f->db, site, CALL_CURSOR_NEWEST, CALL_PAGE_MAX, &f->arena, &list, &n), 0);
	return n;
}

static void call_old(struct fixture *f, int64_t site, int64_t id, int64_t started_at, bool ended)
{
	struct call_row c = { .site_id = site,
			      .id = id,
			      .started_at = started_at,
			      .from_device = DOOR,
			      .from_name = VIEW("Door"),
			      .button = DB_INT_NULL,
			      .ended_at = started_at + 1,
			      .result = VIEW("missed") };
	const struct call_leg_row leg = { site,          id,          1,          PHONE,
					  VIEW("Phone"), DB_INT_NULL, started_at, VIEW("missed") };
	const struct opening_row o = { site, id,    started_at,    id,
				       DOOR, PHONE, VIEW("Phone"), VIEW("dtmf") };

	assert_int_equal(call_start(f->db, NOW, &c), 0);
	assert_int_equal(call_leg_add(f->db, &leg), 0);
	assert_int_equal(call_opening_add(f->db, NOW, &o), 0);
	if (ended)
		assert_int_equal(call_end(f->db, NOW, &c), 0);
}

static void old_calls_and_openings_are_forgotten(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	struct opening_row o = { t.mine, 90,    NOW - 1,       DB_INT_NULL,
				 DOOR,   PHONE, VIEW("Phone"), VIEW("dtmf") },
			   *openings;
	struct call_leg_row *legs;
	int64_t after = 0, removed = 0;
	bool more = true;
	size_t n;

	call_old(f, t.mine, 1, NOW - 2, true);
	call_old(f, t.mine, 2, NOW - 1, false); /* still on */
	call_old(f, t.mine, 3, NOW, true);
	call_old(f, t.other, 4, NOW - 1, true);
	assert_int_equal(call_opening_add(f->db, NOW, &o), 0);
	o.id++;
	o.at = NOW;
	assert_int_equal(call_opening_add(f->db, NOW, &o), 0);
	assert_int_equal(call_expire(f->db, NOW, &after, &removed, &more), 0);
	assert_false(more);
	assert_int_equal(after, 0);
	assert_int_equal(removed, 3);
	assert_int_equal(calls_of(f, t.mine), 2);
	assert_int_equal(calls_of(f, t.other), 0);
	assert_int_equal(call_legs(f->db, t.mine, 1, &f->arena, &legs, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(call_openings(f->db, t.mine, 1, &f->arena, &openings, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(call_openings(f->db, t.mine, 3, &f->arena, &openings, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(call_expire(f->db, NOW + 1, &after, &removed, &more), 0);
	assert_int_equal(removed, 2); /* the call and the opening that were of just then */
}

/* A part at a time, and the next part goes on where this one stopped. */
static void forgetting_calls_is_bounded(void **state)
{
	struct fixture *f = *state;
	const struct two_sites t = two_sites(f);
	int64_t after = 0, removed = 0, total;
	bool more = false;
	unsigned parts;
	char name[16];

	DB_TRANSACTION struct db_tx tx = {};
	assert_int_equal(db_begin(f->db, &tx), 0);
	for (int64_t i = 0; i < CALL_EXPIRE_MAX + 2; i++)
		call_old(f, t.mine, i, NOW - 10000 + i, true);
	for (int i = 0; i < CALL_EXPIRE_SITES; i++) {
		snprintf(name, sizeof(name), "Site %d", i);
		call_old(f, site_new(f, t.company, view_str(name)), i, NOW - 1, true);
	}
	assert_int_equal(db_commit(&tx), 0);
	assert_int_equal(call_expire(f->db, NOW, &after, &removed, &more), 0);
	assert_true(more);
	assert_int_equal(removed, CALL_EXPIRE_MAX);
	assert_int_equal(calls_of(f, t.mine), 2);
	for (parts = 1, total = removed; more; parts++, total += removed)
		assert_int_equal(call_expire(f->db, NOW, &after, &removed, &more), 0);
	assert_int_equal(total, CALL_EXPIRE_MAX + 2 + CALL_EXPIRE_SITES);
	assert_int_equal(parts, 3); /* so many calls, so many sites, and the rest */
	assert_int_equal(after, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(people_sign_in_and_their_sessions_end),
		ON_BOTH(a_role_reaches_as_far_as_it_says),
		ON_BOTH(lists_page_by_the_last_row),
		ON_BOTH(another_sites_rows_are_not_there),
		ON_BOTH(the_directory_has_buttons_and_their_destinations),
		ON_BOTH(encryption_is_offered_unless_it_is_set),
		ON_BOTH(a_camera_has_its_place_beside_the_device),
		ON_BOTH(the_unlock_code_is_that_of_switch_1),
		ON_BOTH(a_binding_tells_only_when_the_device_comes_moves_or_goes),
		ON_BOTH(flows_of_one_contact_are_kept_apart),
		ON_BOTH(a_binding_that_expires_goes_and_is_told),
		ON_BOTH(a_device_shows_the_binding_that_stands_longest),
		ON_BOTH(openings_are_those_of_the_calls_of_a_page),
		ON_BOTH(a_call_is_written_as_it_happens),
		ON_BOTH(a_leg_keeps_its_trace),
		ON_BOTH(calls_know_how_soon_a_phone_rang),
		ON_BOTH(calls_left_open_by_a_crash_are_ended),
		ON_BOTH(old_calls_and_openings_are_forgotten),
		ON_BOTH(forgetting_calls_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
