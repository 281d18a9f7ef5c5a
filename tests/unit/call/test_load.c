/* The directory follows the store, also when memory is short. */
#include "../../flow/oom.h"
#include "../store/fixture.h"
#include "call/load.h"
#include "call/route.h"
#include "io/loop.h"
#include "store/account.h"
#include "store/company.h"
#include "store/device.h"
#include "store/order.h"
#include "store/site.h"
#include "store/switch.h"

#include <errno.h>

enum { NOW = 1000000, DOOR = 1000000001, ALLOCATIONS_MAX = 1000 };

/* Of a site with a directory that follows it. */
struct follower {
	struct fixture *store;
	struct clock_virtual clock;
	struct loop *loop;
	struct directory *directory;
	struct directory_loader loader;
	int64_t site, cursor;
};

static void on_changed(void *, uint64_t)
{
}

static int64_t site_new(struct fixture *f)
{
	struct site_row site = { .name = VIEW("House"),
				 .type = VIEW("residential"),
				 .zone = VIEW("Europe/Prague"),
				 .language = VIEW("en") };
	int64_t id = 0;

	assert_int_equal(company_create(f->db, NOW, VIEW("Acme"), &site.company_id), 0);
	assert_int_equal(site_create(f->db, NOW, &site, &id), 0);
	return id;
}

static void device_of(struct follower *f, int64_t number, bool app)
{
	char name[32];
	struct device_row device = { .number = number,
				     .site_id = f->site,
				     .kind = VIEW("phone"),
				     .app = app,
				     .person_id = DB_INT_NULL,
				     .apartment_id = DB_INT_NULL };
	const struct device_secret_row secret = { number, VIEW("sealed"), VIEW("m"), VIEW("s") };

	snprintf(name, sizeof(name), "Device %lld", (long long)number);
	device.name = view_str(name);
	assert_int_equal(device_create(f->store->db, NOW, &device, &secret), 0);
}

static void device_new(struct follower *f, int64_t number)
{
	device_of(f, number, false);
}

static void follow_begin(struct follower *f, struct fixture *store)
{
	const struct directory_conf conf = { on_changed, NULL };

	*f = (struct follower){ .store = store, .site = site_new(store) };
	clock_virtual_init(&f->clock, NOW);
	assert_int_equal(loop_new(&f->clock.clock, &f->loop), 0);
	assert_int_equal(directory_new(&conf, &f->directory), 0);
	directory_loader_init(&f->loader, f->loop, f->directory);
}

static void follow_end(struct follower *f)
{
	loop_free(f->loop);
	directory_loader_free(&f->loader);
	directory_free(f->directory);
}

/* As the feed does it: what failed comes again. */
static int follow(struct follower *f)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	struct change_row *rows;
	size_t n;
	int rc;

	assert_int_equal(change_after(f->store->db, f->cursor, FEED_BATCH, &arena, &rows, &n), 0);
	if (n == 0)
		return 0;
	oom_server(true);
	rc = directory_follow(&f->loader, f->store->db, rows, n);
	loop_posts(f->loop);
	oom_server(false);
	if (rc == 0)
		f->cursor = rows[n - 1].id;
	return rc;
}

static void what_changes_is_followed(void **state)
{
	struct follower f;

	follow_begin(&f, *state);
	device_new(&f, DOOR);
	device_new(&f, DOOR + 1);
	assert_int_equal(follow(&f), 0);
	assert_int_equal(directory_count(f.directory), 2);
	assert_string_equal(directory_device(f.directory, DOOR)->name, "Device 1000000001");
	assert_false(directory_device(f.directory, DOOR)->app);
	assert_int_equal(device_delete(f.store->db, NOW, f.site, DOOR), 0);
	assert_int_equal(follow(&f), 0);
	assert_null(directory_device(f.directory, DOOR));
	assert_int_equal(directory_count(f.directory), 1);
	follow_end(&f);
}

static void devices_made_one_by_one_are_read_one_by_one(void **state)
{
	enum { DEVICES = 300 };
	const struct button_destination bell[] = { { DOOR + 1, 20 }, { DOOR + 2, 0 } };
	const struct button_edit button = { 1, VIEW("Bell"), bell, 2 };
	struct follower f;
	const struct dir_device *door;

	follow_begin(&f, *state);
	for (int64_t i = 0; i < DEVICES; i++) {
		device_new(&f, DOOR + i);
		assert_int_equal(follow(&f), 0);
	}
	assert_int_equal(directory_count(f.directory), DEVICES);
	assert_int_equal(f.loader.rows, DEVICES);
	assert_int_equal(button_replace(f.store->db, NOW, f.site, DOOR, &button, 1), 0);
	assert_int_equal(follow(&f), 0);
	assert_int_equal(f.loader.rows, DEVICES + 3); /* the door, and two destinations */
	door = directory_device(f.directory, DOOR);
	assert_int_equal(door->nbuttons, 1);
	assert_int_equal(door->buttons[0].nto, 2);
	assert_int_equal(door->buttons[0].to[0].device, DOOR + 2); /* by time */
	assert_int_equal(door->buttons[0].to[1].device, DOOR + 1);
	assert_int_equal(door->buttons[0].to[1].after_s, 20);
	for (int64_t i = 0; i < DEVICES; i++) {
		assert_int_equal(device_delete(f.store->db, NOW, f.site, DOOR + i), 0);
		assert_int_equal(follow(&f), 0);
	}
	assert_int_equal(directory_count(f.directory), 0);
	assert_int_equal(f.loader.rows, DEVICES + 3);
	follow_end(&f);
}

/* Of one that is read alone, and of a whole site. */
static void switches_come_with_their_device(void **state)
{
	const struct switch_row two[] = {
		{ 0, 1, VIEW("Door"), VIEW("11*"), VIEW("device") },
		{ 0, 3, VIEW(""), VIEW("33*"), VIEW("platform") },
	};
	const struct dir_device *door;
	struct follower f;
	struct err err = {};

	follow_begin(&f, *state);
	for (int64_t i = 0; i < 3; i++)
		device_new(&f, DOOR + i);
	assert_int_equal(switch_replace(f.store->db, NOW, f.site, DOOR + 1, two, 2), 0);
	assert_int_equal(switch_replace(f.store->db, NOW, f.site, DOOR + 2, two + 1, 1), 0);
	assert_int_equal(follow(&f), 0);
	for (int i = 0; i < 2; i++) {
		door = directory_device(f.directory, DOOR + 1);
		assert_int_equal(door->nswitches, 2);
		assert_string_equal(door->unlock_code, "11*");
		assert_string_equal(door->switches[0].name, "Door");
		assert_int_equal(door->switches[1].number, 3);
		assert_string_equal(door->switches[1].code, "33*");
		assert_string_equal(directory_device(f.directory, DOOR + 2)->unlock_code, "");
		assert_int_equal(directory_device(f.directory, DOOR + 2)->nswitches, 1);
		assert_int_equal(directory_device(f.directory, DOOR)->nswitches, 0);
		assert_int_equal(directory_load_all(f.directory, f.store->db, &err), 0);
	}
	follow_end(&f);
}

static int64_t holder_new(struct follower *f, int64_t number)
{
	const struct person_row person = { .email = VIEW("p@example.com"), .name = VIEW("P"),
					   .language = VIEW("en") };
	const struct quiet_row night = { .days = 31, .from_minute = 1320, .until_minute = 420 };
	struct device_row d;
	int64_t id = 0;

	assert_int_equal(person_create(f->store->db, NOW, &person, &id), 0);
	assert_int_equal(device_get(f->store->db, f->site, number, NOW, &f->store->arena, &d), 0);
	d = (struct device_row){ .number = number + 10, .site_id = f->site, .kind = VIEW("phone"),
				 .app = 1, .person_id = id, .name = VIEW("App"),
				 .apartment_id = DB_INT_NULL, .directory_id = DB_INT_NULL };
	assert_int_equal(device_create(f->store->db, NOW, &d,
				       &(struct device_secret_row){ d.number, VIEW("x"), VIEW("a"), VIEW("b") }),
			 0);
	assert_int_equal(quiet_replace(f->store->db, NOW, id, &night, 1), 0);
	return d.number;
}

static int64_t line_new(struct follower *f, int64_t number)
{
	const struct line_row line = { VIEW("sip.example.com"), 5070, VIEW("udp"), VIEW("u"),
				       VIEW("sealed"), VIEW("+331") };
	const struct device_row d = { .number = number + 20, .site_id = f->site, .kind = VIEW("phone"),
				      .line = VIEW("+33123456789"), .person_id = DB_INT_NULL,
				      .name = VIEW("Guard"), .apartment_id = DB_INT_NULL,
				      .directory_id = DB_INT_NULL };

	assert_int_equal(line_set(f->store->db, NOW, f->site, &line), 0);
	assert_int_equal(device_create(f->store->db, NOW, &d,
				       &(struct device_secret_row){ d.number, VIEW("x"), VIEW("a"), VIEW("b") }),
			 0);
	return d.number;
}

static void listed(struct follower *f, int64_t number, int64_t other)
{
	const struct phone_entry_row entry = { .device = other, .name = VIEW("") };
	struct device_row d;
	int64_t id;

	assert_int_equal(phone_directory_create(f->store->db, NOW, f->site, VIEW("Other"), &id), 0);
	assert_int_equal(phone_directory_create(f->store->db, NOW, f->site, VIEW("List"), &id), 0);
	assert_int_equal(phone_entries_replace(f->store->db, f->site, id, &entry, 1), 0);
	assert_int_equal(device_get(f->store->db, f->site, number, NOW, &f->store->arena, &d), 0);
	d.directory_id = id;
	assert_int_equal(device_edit(f->store->db, NOW, &d), 0);
}

/* Of devices that are read alone, and of a whole site. */
static void who_may_call_whom_and_when_comes_along(void **state)
{
	const struct dir_device *app, *line, *phone;
	struct follower f;
	struct err err = {};
	int64_t a, l;

	follow_begin(&f, *state);
	for (int64_t i = 0; i < 3; i++)
		device_new(&f, DOOR + i);
	assert_int_equal(follow(&f), 0);
	a = holder_new(&f, DOOR);
	l = line_new(&f, DOOR);
	listed(&f, DOOR + 1, a);
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			assert_int_equal(follow(&f), 0);
		else
			assert_int_equal(directory_load_all(f.directory, f.store->db, &err), 0);
		app = directory_device(f.directory, (uint64_t)a);
		line = directory_device(f.directory, (uint64_t)l);
		phone = directory_device(f.directory, DOOR + 1);
		assert_true(app->app && app->nquiet == 1 && app->quiet[0].until_minute == 420);
		assert_int_equal(zone_offset_s(app->zone, 1782864000), 7200); /* a summer's day in Prague */
		assert_string_equal(line->line, "+33123456789");
		assert_string_equal(line->trunk->host, "sip.example.com");
		assert_int_equal(line->trunk->port, 5070);
		assert_memory_equal(line->trunk->password_sealed.p, "sealed", 6);
		assert_true(phone->may_call->n == 1 && phone->may_call->devices[0] == (uint64_t)a);
		assert_null(app->may_call);
		assert_null(phone->line);
		assert_int_equal(phone->nquiet, 0);
		assert_true(phone->licence.residential && !phone->licence.sold);
	}
	assert_int_equal(line_delete(f.store->db, NOW, f.site), 0);
	assert_int_equal(follow(&f), 0);
	assert_null(directory_device(f.directory, (uint64_t)l)->trunk);
	follow_end(&f);
}

static void a_site_that_goes_takes_its_devices_along(void **state)
{
	struct follower f;

	follow_begin(&f, *state);
	device_new(&f, DOOR);
	assert_int_equal(follow(&f), 0);
	assert_int_equal(directory_count(f.directory), 1);
	device_new(&f, DOOR + 1);
	assert_int_equal(site_delete(f.store->db, NOW, f.site), 0);
	assert_int_equal(follow(&f), 0);
	assert_int_equal(directory_count(f.directory), 0);
	follow_end(&f);
}

/* The n-th allocation fails. Until there is memory, the directory is as it was; then it is as the
 * store says. False when there was no n-th. */
static bool follow_without(struct follower *f, unsigned n, size_t count)
{
	bool failed;
	int rc;

	oom_arm(n);
	rc = follow(f);
	failed = oom_disarm();
	assert_true(rc == 0 || rc == -ENOMEM);
	if (!failed)
		return false;
	if (rc < 0) {
		assert_in_range(directory_count(f->directory), count, count + 3);
		assert_int_equal(follow(f), 0); /* the feed's next try */
	}
	clock_virtual_advance(&f->clock, DIRECTORY_RETRY_MS * INT64_C(1000));
	loop_turn(f->loop);
	return true;
}

static void a_change_is_not_lost_for_want_of_memory(void **state)
{
	struct follower f;
	size_t count = 40; /* the next ones make the directory's table grow */
	unsigned n = 1;
	bool more = true;

	follow_begin(&f, *state);
	for (size_t i = 0; i < count; i++)
		device_new(&f, DOOR + (int64_t)i);
	assert_int_equal(follow(&f), 0);
	for (; more && n < ALLOCATIONS_MAX; n++) {
		const size_t fresh = count;

		while (count < fresh + 3)
			device_new(&f, DOOR + (int64_t)count++);
		more = follow_without(&f, n, fresh);
		assert_int_equal(directory_count(f.directory), count);
	}
	assert_in_range(n, 5, ALLOCATIONS_MAX - 1);
	follow_end(&f);
}

/* All of the site or nothing of it. */
static void a_swap_without_memory_changes_nothing(void **state)
{
	struct follower f;
	struct dir_site *site;
	unsigned n = 1;

	follow_begin(&f, *state);
	device_new(&f, DOOR);
	assert_int_equal(follow(&f), 0);
	site = dir_site_new(f.site);
	site->devices = arena_alloc(&site->arena, 100 * sizeof(*site->devices));
	for (size_t i = 0; i < 100; i++)
		site->devices[site->ndevices++] =
			(struct dir_device){ .number = DOOR + 1 + i, .name = "" };
	for (;; n++) {
		int rc;

		oom_arm(n);
		oom_server(true);
		rc = directory_swap(f.directory, site);
		oom_server(false);
		if (!oom_disarm()) {
			assert_int_equal(rc, 0);
			break;
		}
		assert_int_equal(rc, -ENOMEM);
		assert_int_equal(directory_count(f.directory), 1);
		assert_non_null(directory_device(f.directory, DOOR));
	}
	assert_true(n > 1);
	assert_int_equal(directory_count(f.directory), 100);
	assert_null(directory_device(f.directory, DOOR));
	follow_end(&f);
}

static void apps_are_known_as_such(void **state)
{
	struct follower f;
	struct err err = {};

	follow_begin(&f, *state);
	device_of(&f, DOOR, true);
	assert_int_equal(follow(&f), 0);
	assert_true(directory_device(f.directory, DOOR)->app);
	assert_int_equal(directory_load_all(f.directory, f.store->db, &err), 0);
	assert_true(directory_device(f.directory, DOOR)->app);
	follow_end(&f);
}

static void encryption_is_as_it_was_set(void **state)
{
	static const struct {
		struct view word;
		enum dir_srtp srtp;
	} all[] = {
		{ VIEW("off"), DIR_SRTP_OFF },
		{ VIEW("required"), DIR_SRTP_REQUIRED },
		{ VIEW("offered"), DIR_SRTP_OFFERED },
	};
	struct device_row d;
	struct follower f;

	follow_begin(&f, *state);
	device_new(&f, DOOR);
	assert_int_equal(follow(&f), 0);
	assert_int_equal(directory_device(f.directory, DOOR)->srtp, DIR_SRTP_OFFERED);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(device_get(f.store->db, f.site, DOOR, NOW, &f.store->arena, &d), 0);
		d.srtp = all[i].word;
		assert_int_equal(device_edit(f.store->db, NOW, &d), 0);
		assert_int_equal(follow(&f), 0);
		assert_int_equal(directory_device(f.directory, DOOR)->srtp, all[i].srtp);
	}
	follow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(what_changes_is_followed),
		ON_BOTH(devices_made_one_by_one_are_read_one_by_one),
		ON_BOTH(apps_are_known_as_such),
		ON_BOTH(switches_come_with_their_device),
		ON_BOTH(encryption_is_as_it_was_set),
		ON_BOTH(who_may_call_whom_and_when_comes_along),
		ON_BOTH(a_site_that_goes_takes_its_devices_along),
		ON_BOTH(a_change_is_not_lost_for_want_of_memory),
		ON_BOTH(a_swap_without_memory_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
