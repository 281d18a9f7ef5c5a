/* Phone directories, quiet times and lines: each site's and person's own, and what the feed is
 * told. */
#include "store/account.h"
#include "store/change.h"
#include "store/device.h"
#include "store/order.h"
#include "fixture.h"

#include <errno.h>

enum { NOW = 1000000, DOOR = 1000000001, PHONE = 1000000002, FOREIGN = 2000000001 };

struct sites {
	int64_t mine, other;
};

static int64_t site_new(struct fixture *f, struct view name)
{
	struct site_row site = { .name = name,
				 .type = VIEW("commercial"),
				 .zone = VIEW("UTC"),
				 .language = VIEW("en") };
	int64_t id = 0;

	assert_int_equal(company_create(f->db, NOW, VIEW("C"), &site.company_id), 0);
	assert_int_equal(site_create(f->db, NOW, &site, &id), 0);
	return id;
}

static void device_new(struct fixture *f, int64_t site, int64_t number, int64_t person)
{
	const struct device_row d = {
		.number = number,
		.site_id = site,
		.kind = person ? VIEW("phone") : VIEW("intercom"),
		.app = person != 0,
		.person_id = person ? person : DB_INT_NULL,
		.name = view_str(arena_printf(&f->arena, "Device %lld", (long long)number)),
		.apartment_id = DB_INT_NULL,
	};
	const struct device_secret_row secret = { number, VIEW("sealed"), VIEW("a"), VIEW("b") };

	assert_int_equal(device_create(f->db, NOW, &d, &secret), 0);
}

static int64_t person_new(struct fixture *f, struct view email)
{
	const struct person_row person = { .email = email,
					   .name = VIEW("P"),
					   .language = VIEW("en") };
	int64_t id = 0;

	assert_int_equal(person_create(f->db, NOW, &person, &id), 0);
	return id;
}

static struct sites sites_new(struct fixture *f)
{
	const struct sites s = { site_new(f, VIEW("Mine")), site_new(f, VIEW("Other")) };

	device_new(f, s.mine, DOOR, 0);
	device_new(f, s.other, FOREIGN, 0);
	return s;
}

/* How often the feed tells of it. */
static size_t told(struct fixture *f, struct view type, int64_t site, const char *object)
{
	struct change_row *rows;
	size_t n, count = 0;

	assert_int_equal(change_after(f->db, 0, 1000, &f->arena, &rows, &n), 0);
	for (size_t i = 0; i < n; i++)
		count += view_eq(rows[i].type, type) && rows[i].site_id == site &&
			 (!object || view_eq(rows[i].object, view_str(object)));
	return count;
}

static void directories_are_a_sites_own(void **state)
{
	struct fixture *f = *state;
	const struct sites s = sites_new(f);
	const struct phone_entry_row door = { .device = DOOR, .name = VIEW("Gate") };
	const struct phone_entry_row twice[] = { door, door },
				     foreign = { .device = FOREIGN, .name = VIEW("") };
	struct phone_directory_row row, *rows;
	struct phone_entry_row *entries;
	int64_t id = 0, other = 0;
	size_t n, before;

	assert_int_equal(phone_directory_create(f->db, NOW, s.mine, VIEW("Doors"), &id), 0);
	assert_int_equal(phone_directory_create(f->db, NOW, s.other, VIEW("Doors"), &other), 0);
	assert_int_equal(phone_directory_create(f->db, NOW, s.mine, VIEW("Doors"), &other),
			 -EEXIST);
	assert_int_equal(phone_entries_replace(f->db, s.mine, id, &door, 1), 0);
	assert_int_equal(phone_entries(f->db, s.mine, id, &f->arena, &entries, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(entries[0].name.p, "Gate");
	assert_int_equal(phone_entries(f->db, s.other, id, &f->arena, &entries, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(phone_entries_of_site(f->db, s.mine, &f->arena, &entries, &n), 0);
	assert_true(n == 1 && entries[0].directory_id == id && entries[0].device == DOOR);
	assert_int_equal(phone_directory_list(f->db, s.mine, &f->arena, &rows, &n), 0);
	assert_true(n == 1 && rows[0].id == id && rows[0].entries == 1 && rows[0].devices == 0);
	assert_int_equal(phone_directory_get(f->db, s.other, id, &f->arena, &row), -ENOENT);
	assert_int_equal(phone_directory_rename(f->db, NOW, s.other, id, VIEW("x")), -ENOENT);
	assert_int_equal(phone_directory_delete(f->db, NOW, s.other, id), -ENOENT);
	before = told(f, VIEW("site"), s.mine, NULL);
	assert_int_equal(phone_directory_rename(f->db, NOW, s.mine, id, VIEW("Gates")), 0);
	assert_int_equal(told(f, VIEW("site"), s.mine, NULL), before + 1);
	assert_int_equal(device_delete(f->db, NOW, s.mine, DOOR), 0); /* and its entry */
	assert_int_equal(phone_entries(f->db, s.mine, id, &f->arena, &entries, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(phone_directory_delete(f->db, NOW, s.mine, id), 0);
	assert_int_equal(phone_directory_create(f->db, NOW, s.mine, VIEW("Doors"), &id), 0);
	device_new(f, s.mine, DOOR, 0);
	assert_int_equal(phone_entries_replace(f->db, s.mine, id, &foreign, 1), -ENOLINK);
	assert_int_equal(phone_entries_replace(f->db, s.mine, id, twice, 2), -EEXIST);
}

/* By kind and name; a phone outside is nobody's to dial. */
static void a_directory_says_whom_one_may_call_and_what_they_are_called(void **state)
{
	struct fixture *f = *state;
	const struct sites s = sites_new(f);
	const int64_t person = person_new(f, VIEW("a@example.com"));
	struct phone_entry_row entries[] = { { .device = PHONE, .name = VIEW("Gran") },
					     { .device = PHONE + 2, .name = VIEW("") } };
	struct device_caller caller = { s.mine, PHONE + 1, DB_INT_NULL, DB_INT_NULL };
	struct device_row own, *rows;
	int64_t id = 0;
	size_t n;

	device_new(f, s.mine, PHONE, person);
	device_new(f, s.mine, PHONE + 1, person);
	device_new(f, s.mine, PHONE + 2, person);
	assert_int_equal(device_contacts(f->db, &caller, NOW, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 3); /* the door too */
	assert_int_equal(device_get(f->db, s.mine, PHONE + 2, NOW, &f->arena, &own), 0);
	own.line = VIEW("+33123456789");
	assert_int_equal(device_edit(f->db, NOW, &own), 0);
	assert_int_equal(phone_directory_create(f->db, NOW, s.mine, VIEW("Family"), &id), 0);
	assert_int_equal(phone_entries_replace(f->db, s.mine, id, entries, 2), 0);
	assert_int_equal(device_get(f->db, s.mine, PHONE + 1, NOW, &f->arena, &own), 0);
	assert_true(own.directory_id == DB_INT_NULL);
	own.directory_id = id;
	assert_int_equal(device_edit(f->db, NOW, &own), 0);
	assert_int_equal(device_get(f->db, s.mine, PHONE + 1, NOW, &f->arena, &own), 0);
	assert_true(own.directory_id == id);
	caller.directory_id = own.directory_id;
	assert_int_equal(device_contacts(f->db, &caller, NOW, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].name.p, "Gran");
	assert_int_equal(phone_directory_delete(f->db, NOW, s.mine, id), -ENOLINK);
}

static void a_site_has_only_so_many_directories(void **state)
{
	struct fixture *f = *state;
	const struct sites s = sites_new(f);
	int64_t id;

	for (int i = 0; i < PHONE_DIRECTORIES_MAX; i++)
		assert_int_equal(phone_directory_create(f->db, NOW, s.mine,
							view_str(arena_printf(&f->arena, "D%d", i)),
							&id),
				 0);
	assert_int_equal(phone_directory_create(f->db, NOW, s.mine, VIEW("more"), &id), -ENOSPC);
	assert_int_equal(phone_directory_create(f->db, NOW, s.other, VIEW("more"), &id), 0);
}

static void quiet_times_are_told_to_the_persons_devices(void **state)
{
	struct fixture *f = *state;
	const struct sites s = sites_new(f);
	const int64_t person = person_new(f, VIEW("a@example.com"));
	const struct quiet_row night = { .days = 127, .from_minute = 1320, .until_minute = 420 };
	const struct quiet_row two[] = { { .days = 31, .from_minute = 720, .until_minute = 780 },
					 night };
	struct quiet_row *rows, bad = night;
	size_t n;
	bool on = true;

	device_new(f, s.mine, PHONE, person);
	device_new(f, s.other, PHONE + 1, person);
	assert_int_equal(quiet_replace(f->db, NOW, person, two, 2), 0);
	assert_int_equal(told(f, VIEW("device"), s.mine, "1000000002"), 2); /* with its making */
	assert_int_equal(told(f, VIEW("device"), s.other, "1000000003"), 2);
	assert_int_equal(quiet_list(f->db, person, &f->arena, &rows, &n), 0);
	assert_true(n == 2 && rows[0].from_minute == 720 && rows[1].days == 127);
	assert_int_equal(quiet_list_of_site(f->db, s.mine, &f->arena, &rows, &n), 0);
	assert_true(n == 2 && rows[0].device == PHONE && rows[0].until_minute == 780);
	assert_int_equal(quiet_list_of_device(f->db, s.mine, PHONE, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(quiet_list_of_device(f->db, s.mine, PHONE + 1, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 0);
	bad.days = 128;
	assert_int_equal(quiet_replace(f->db, NOW, person, &bad, 1), -EINVAL);
	assert_int_equal(quiet_replace(f->db, NOW, person, NULL, 0), 0);
	assert_int_equal(quiet_list(f->db, person, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(missed_mail_get(f->db, person, &on), 0);
	assert_false(on);
	assert_int_equal(missed_mail_set(f->db, person, true), 0);
	assert_int_equal(missed_mail_get(f->db, person, &on), 0);
	assert_true(on);
	assert_int_equal(missed_mail_get(f->db, 999999, &on), -ENOENT);
}

static void a_site_has_one_line(void **state)
{
	struct fixture *f = *state;
	const struct sites s = sites_new(f);
	struct line_row line = {
		VIEW("sip.example.com"), 5060, VIEW("udp"), VIEW("user"), VIEW("sealed"),
		VIEW("+33123456789")
	};
	struct line_row got;

	assert_int_equal(line_get(f->db, s.mine, &f->arena, &got), -ENOENT);
	assert_int_equal(line_set(f->db, NOW, s.mine, &line), 0);
	line.host = VIEW("other.example.com");
	assert_int_equal(line_set(f->db, NOW, s.mine, &line), 0);
	assert_int_equal(line_get(f->db, s.mine, &f->arena, &got), 0);
	assert_string_equal(got.host.p, "other.example.com");
	assert_int_equal(got.port, 5060);
	assert_memory_equal(got.password_sealed.p, "sealed", got.password_sealed.n);
	assert_int_equal(line_get(f->db, s.other, &f->arena, &got), -ENOENT);
	assert_int_equal(line_delete(f->db, NOW, s.other), -ENOENT);
	assert_int_equal(told(f, VIEW("site"), s.mine, NULL), 3); /* with the making of the site */
	assert_int_equal(line_delete(f->db, NOW, s.mine), 0);
	assert_int_equal(told(f, VIEW("site"), s.mine, NULL), 4);
	line.transport = VIEW("pigeon");
	assert_int_equal(line_set(f->db, NOW, s.mine, &line), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(directories_are_a_sites_own),
		ON_BOTH(a_directory_says_whom_one_may_call_and_what_they_are_called),
		ON_BOTH(a_site_has_only_so_many_directories),
		ON_BOTH(quiet_times_are_told_to_the_persons_devices),
		ON_BOTH(a_site_has_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
