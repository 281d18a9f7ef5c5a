/* The directory, and the routes through it. */
#include "call/route.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>

enum { DOOR = 1000000001, PHONE = 1000000002, SECOND = 1000000003, FOREIGN = 2000000001 };

struct seen {
	size_t n;
	uint64_t last;
};

static void on_changed(void *arg, uint64_t number)
{
	struct seen *s = arg;

	s->n++;
	s->last = number;
}

static struct directory *dir_new(struct seen *seen)
{
	const struct directory_conf conf = { on_changed, seen };
	struct directory *dir = NULL;

	*seen = (struct seen){};
	assert_int_equal(directory_new(&conf, &dir), 0);
	return dir;
}

static struct dir_site *site_of(int64_t id, const uint64_t *numbers, size_t n, const char *ha1)
{
	struct dir_site *site = dir_site_new(id);

	site->devices = arena_alloc(&site->arena, (n + 1) * sizeof(*site->devices));
	site->ndevices = n;
	for (size_t i = 0; i < n; i++) {
		site->devices[i] = (struct dir_device){ .number = numbers[i], .site_id = id, .name = "d",
							.unlock_code = "" };
		snprintf(site->devices[i].secret.ha1_md5, sizeof(site->devices[i].secret.ha1_md5), "%s", ha1);
	}
	return site;
}

static void a_swap_replaces_the_site_and_tells_who_changed(void **)
{
	const uint64_t two[] = { DOOR, PHONE }, one[] = { DOOR }, foreign[] = { FOREIGN };
	struct seen seen;
	struct directory *dir = dir_new(&seen);

	assert_int_equal(directory_swap(dir, site_of(1, two, 2, "a")), 0);
	assert_int_equal(directory_swap(dir, site_of(2, foreign, 1, "a")), 0);
	assert_int_equal(directory_count(dir), 3);
	assert_int_equal(directory_swap(dir, site_of(1, two, 2, "a")), 0);
	assert_int_equal(seen.n, 0);
	assert_int_equal(directory_swap(dir, site_of(1, one, 1, "a")), 0);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.last, PHONE);
	assert_null(directory_device(dir, PHONE));
	assert_int_equal(directory_swap(dir, site_of(1, one, 1, "b")), 0); /* a new password */
	assert_int_equal(seen.last, DOOR);
	assert_int_equal(directory_swap(dir, site_of(1, NULL, 0, "")), 0);
	assert_null(directory_device(dir, DOOR));
	assert_non_null(directory_device(dir, FOREIGN));
	assert_int_equal(directory_count(dir), 1);
	directory_free(dir);
}

/* The new site may be read before the old one, or after it. */
static void a_device_may_move_to_another_site(void **)
{
	const uint64_t both[] = { DOOR, PHONE }, door[] = { DOOR }, phone[] = { PHONE };
	struct seen seen;
	struct directory *dir = dir_new(&seen);

	assert_int_equal(directory_swap(dir, site_of(1, both, 2, "a")), 0);
	assert_int_equal(directory_swap(dir, site_of(2, phone, 1, "a")), 0);
	assert_int_equal(directory_device(dir, PHONE)->site_id, 2);
	assert_int_equal(directory_swap(dir, site_of(1, door, 1, "a")), 0);
	assert_int_equal(seen.last, PHONE);
	assert_int_equal(directory_device(dir, PHONE)->site_id, 2);
	seen.last = 0;
	assert_int_equal(directory_swap(dir, site_of(2, NULL, 0, "a")), 0);
	assert_int_equal(seen.last, PHONE);
	assert_int_equal(directory_swap(dir, site_of(1, both, 2, "a")), 0);
	assert_int_equal(directory_device(dir, PHONE)->site_id, 1);
	assert_int_equal(directory_count(dir), 2);
	directory_free(dir);
}

static struct dir_one *one_of(int64_t site, uint64_t number, const char *name, const char *ha1)
{
	struct dir_one *one = dir_one_new(site);

	one->device.number = number;
	one->device.name = arena_dup(&one->arena, view_str(name));
	snprintf(one->device.secret.ha1_md5, sizeof(one->device.secret.ha1_md5), "%s", ha1);
	return one;
}

static void a_device_comes_changes_and_goes_alone(void **)
{
	const uint64_t two[] = { DOOR, PHONE };
	struct seen seen;
	struct directory *dir = dir_new(&seen);

	assert_int_equal(directory_swap(dir, site_of(1, two, 2, "a")), 0);
	assert_int_equal(directory_put(dir, one_of(1, SECOND, "New", "a")), 0);
	assert_int_equal(directory_put(dir, one_of(2, FOREIGN, "First of its site", "a")), 0);
	assert_int_equal(directory_count(dir), 4);
	assert_int_equal(directory_put(dir, one_of(1, PHONE, "Renamed", "a")), 0);
	assert_int_equal(directory_put(dir, one_of(1, SECOND, "Renamed, too", "a")), 0);
	assert_string_equal(directory_device(dir, PHONE)->name, "Renamed");
	assert_string_equal(directory_device(dir, SECOND)->name, "Renamed, too");
	assert_int_equal(directory_count(dir), 4);
	assert_int_equal(seen.n, 0);
	assert_int_equal(directory_put(dir, one_of(1, PHONE, "Renamed", "b")),
			 0); /* a new password */
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.last, PHONE);
	directory_remove(dir, 2, PHONE); /* another site's */
	assert_int_equal(seen.n, 1);
	directory_remove(dir, 1, DOOR);
	assert_int_equal(seen.last, DOOR);
	assert_null(directory_device(dir, DOOR));
	directory_remove(dir, 1, DOOR);
	assert_int_equal(seen.n, 2);
	assert_int_equal(directory_swap(dir, site_of(1, two, 2, "a")),
			 0); /* the old password again */
	assert_int_equal(seen.n, 4);
	assert_null(directory_device(dir, SECOND));
	assert_int_equal(directory_count(dir), 3);
	directory_free(dir);
}

/* The new site may hear of it before the old one, or after it. */
static void a_device_may_move_alone(void **)
{
	const uint64_t two[] = { DOOR, PHONE };
	struct seen seen;
	struct directory *dir = dir_new(&seen);

	assert_int_equal(directory_swap(dir, site_of(1, two, 2, "a")), 0);
	assert_int_equal(directory_put(dir, one_of(2, PHONE, "Moved", "a")), 0);
	assert_int_equal(seen.last, PHONE);
	directory_remove(dir, 1, PHONE);
	assert_int_equal(directory_device(dir, PHONE)->site_id, 2);
	directory_remove(dir, 2, PHONE);
	assert_int_equal(directory_put(dir, one_of(1, PHONE, "Back", "a")), 0);
	assert_int_equal(directory_device(dir, PHONE)->site_id, 1);
	assert_int_equal(directory_swap(dir, site_of(2, NULL, 0, "a")), 0);
	assert_int_equal(directory_swap(dir, site_of(1, NULL, 0, "a")), 0);
	assert_int_equal(directory_count(dir), 0);
	directory_free(dir);
}

static void a_route_stays_in_the_callers_site(void **)
{
	static const struct dir_destination to[] = { { PHONE, 0 }, { FOREIGN, 0 }, { DOOR, 10 },
						     { SECOND, 20 } };
	static struct dir_button buttons[] = { { 1, "Bell", to, 4 }, { 7, "Nobody", NULL, 0 } };
	const uint64_t mine[] = { DOOR, PHONE, SECOND }, foreign[] = { FOREIGN };
	struct seen seen;
	struct directory *dir = dir_new(&seen);
	struct dir_site *site = site_of(1, mine, 3, "a");
	const struct dir_device *door;
	struct route r;

	site->devices[0].buttons = buttons;
	site->devices[0].nbuttons = 2;
	assert_int_equal(directory_swap(dir, site), 0);
	assert_int_equal(directory_swap(dir, site_of(2, foreign, 1, "a")), 0);
	door = directory_device(dir, DOOR);
	assert_int_equal(route_devices(dir, door, VIEW("1"), &r), 0);
	assert_int_equal(r.button, 1);
	assert_int_equal(r.n, 2); /* neither the foreign device nor the door itself */
	assert_int_equal(r.to[0].device, PHONE);
	assert_int_equal(r.to[0].after_s, 0);
	assert_int_equal(r.to[1].device, SECOND);
	assert_int_equal(r.to[1].after_s, 20);
	assert_int_equal(route_devices(dir, door, VIEW("7"), &r), 0);
	assert_int_equal(r.n, 0);
	assert_int_equal(route_devices(dir, door, VIEW("8"), &r), -ENOENT);
	assert_int_equal(route_devices(dir, door, VIEW("1000000003"), &r), 0);
	assert_int_equal(r.button, 0);
	assert_int_equal(r.to[0].device, SECOND);
	assert_int_equal(r.to[0].after_s, 0);
	assert_int_equal(route_devices(dir, door, VIEW("2000000001"), &r), -ENOENT);
	assert_int_equal(route_devices(dir, door, VIEW("1000000001"), &r), -ENOENT);
	assert_int_equal(route_devices(dir, door, VIEW("alice"), &r), -EINVAL);
	assert_int_equal(route_devices(dir, door, VIEW(""), &r), -EINVAL);
	directory_free(dir);
}

static void a_phone_directory_and_a_licence_stand_in_the_way(void **)
{
	static const struct dir_destination to[] = { { PHONE, 0 }, { SECOND, 0 } };
	static struct dir_button buttons[] = { { 1, "Bell", to, 2 } };
	uint64_t listed[] = { SECOND };
	const struct dir_list list = { listed, 1 }, none = {};
	const uint64_t mine[] = { DOOR, PHONE, SECOND };
	struct seen seen;
	struct directory *dir = dir_new(&seen);
	struct dir_site *site = site_of(1, mine, 3, "a");
	struct dir_device *door = &site->devices[0], *phone = &site->devices[1];
	struct route r;

	door->buttons = buttons;
	door->nbuttons = 1;
	door->may_call = &list;
	phone->kind = DIR_PHONE;
	phone->may_call = &none;
	assert_int_equal(directory_swap(dir, site), 0);
	assert_int_equal(route_devices(dir, door, VIEW("1"), &r), 0);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.to[0].device, SECOND);
	assert_int_equal(route_devices(dir, door, VIEW("1000000002"), &r), -ENOENT);
	assert_int_equal(route_devices(dir, door, VIEW("1000000003"), &r), 0);
	assert_int_equal(route_devices(dir, phone, VIEW("1000000001"), &r), -ENOENT);
	phone->may_call = NULL;
	assert_int_equal(route_devices(dir, phone, VIEW("1000000001"), &r), 0);
	phone->licence.sold = true;
	assert_int_equal(route_devices(dir, phone, VIEW("1000000001"), &r), -ENOENT);
	phone->licence.device = true;
	assert_int_equal(route_devices(dir, phone, VIEW("1000000001"), &r), 0);
	directory_free(dir);
}

static void nobody_dials_his_way_out(void **)
{
	static const struct dir_destination to[] = { { PHONE, 0 } };
	static struct dir_button buttons[] = { { 1, "Bell", to, 1 } };
	const uint64_t mine[] = { DOOR, PHONE, SECOND };
	struct seen seen;
	struct directory *dir = dir_new(&seen);
	struct dir_site *site = site_of(1, mine, 3, "a");
	struct route r;

	site->devices[0].buttons = buttons;
	site->devices[0].nbuttons = 1;
	site->devices[1].line = "+33123456789";
	assert_int_equal(directory_swap(dir, site), 0);
	assert_int_equal(route_devices(dir, directory_device(dir, DOOR), VIEW("1"), &r), 0);
	assert_int_equal(r.n, 1);
	assert_int_equal(route_devices(dir, directory_device(dir, DOOR), VIEW("1000000002"), &r), -ENOENT);
	assert_int_equal(route_devices(dir, directory_device(dir, SECOND), VIEW("1000000002"), &r),
			 -ENOENT);
	directory_free(dir);
}

static void licences_count_where_they_are_sold(void **)
{
	const struct licence none = {}, flat = { .sold = true, .residential = true, .apartment = true },
			     office = { .sold = true, .device = true };
	struct licence unpaid = { .sold = true, .residential = true, .device = true };

	for (enum licence_use use = LICENCE_RING; use <= LICENCE_LOOK; use++) {
		assert_true(licence_allows(&none, use));
		assert_true(licence_allows(&flat, use));
		assert_true(licence_allows(&office, use));
		assert_false(licence_allows(&unpaid, use));
	}
	unpaid = (struct licence){ .sold = true, .apartment = true };
	assert_false(licence_allows(&unpaid, LICENCE_RING));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_swap_replaces_the_site_and_tells_who_changed),
		cmocka_unit_test(a_device_may_move_to_another_site),
		cmocka_unit_test(a_device_comes_changes_and_goes_alone),
		cmocka_unit_test(a_device_may_move_alone),
		cmocka_unit_test(a_route_stays_in_the_callers_site),
		cmocka_unit_test(a_phone_directory_and_a_licence_stand_in_the_way),
		cmocka_unit_test(nobody_dials_his_way_out),
		cmocka_unit_test(licences_count_where_they_are_sold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
