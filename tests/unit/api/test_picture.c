/* Pictures of calls: who may give one, who sees it, and how long it stays. */
#include "fixture.h"

#include "store/call.h"
#include "store/change.h"
#include "store/device.h"
#include "store/picture.h"
#include "store/privacy.h"

#include <errno.h>
#include <string.h>

enum {
	DOOR = 1000000001,
	TABLET = 1000000002,
	OTHER = 1000000003,
	NEXT_DOOR = 1000000004,
	CALL = 7
};

static const enum role ADMIN = ROLE_COMPANY_ADMIN, HOLDER = ROLE_SITE_USER,
		       NEIGHBOUR = ROLE_APARTMENT_ADMIN;

#define JPEG(width, text)                                                                          \
	VIEW("\xff\xd8\xff\xc0\0\x0b\x08\0\x30" width "\x01\x01\x11\0"                             \
	     "\xff\xda\0\x08\x01\x01\0\0\x3f\0" text "\xff\xd9")

static void device_make(struct fixture *f, int64_t site, int64_t number, const char *kind,
			int64_t person)
{
	const struct device_row device = { .number = number,
					   .site_id = site,
					   .kind = view_str(kind),
					   .name = view_str(
						   fixture_path(f, "%lld", (long long)number)),
					   .apartment_id = DB_INT_NULL,
					   .app = person != DB_INT_NULL,
					   .person_id = person };
	const struct device_secret_row secret = { number, VIEW("sealed"), VIEW("m"), VIEW("s") };

	assert_int_equal(device_create(f->db, NOW, &device, &secret), 0);
}

static void call_begin(struct fixture *f)
{
	const struct call_row call = { .site_id = f->own,
				       .id = CALL,
				       .started_at = NOW,
				       .from_device = DOOR,
				       .from_name = VIEW("Door"),
				       .button = 1 };

	device_make(f, f->own, DOOR, "intercom", DB_INT_NULL);
	device_make(f, f->own, TABLET, "phone", f->person[HOLDER]);
	device_make(f, f->own, OTHER, "phone", f->person[NEIGHBOUR]);
	device_make(f, f->next_door, NEXT_DOOR, "phone", f->person[ADMIN]);
	assert_int_equal(call_start(f->db, NOW, &call), 0);
}

static void leg_end(struct fixture *f, int64_t device)
{
	const struct call_leg_row leg = { .site_id = f->own,
					  .call_id = CALL,
					  .leg = device - DOOR,
					  .device = device,
					  .name = VIEW("Tablet"),
					  .at = NOW + 5,
					  .result = VIEW("missed") };

	assert_int_equal(call_leg_add(f->db, &leg), 0);
}

static void call_over(struct fixture *f)
{
	const struct call_row call = {
		.site_id = f->own, .id = CALL, .ended_at = NOW + 9, .result = VIEW("missed")
	};

	assert_int_equal(call_end(f->db, NOW + 9, &call), 0);
}

static const char *own(struct fixture *f)
{
	return fixture_path(f, "/sites/%lld/calls/7/picture", (long long)f->own);
}

static unsigned give(struct fixture *f, enum role role, const char *query, struct view jpeg)
{
	const struct view type = f->ask.content_type;
	unsigned status;

	f->ask.content_type = VIEW("image/jpeg");
	f->bytes = jpeg;
	status = fixture_call(f, role, "PUT", fixture_path(f, "/app/calls/7/picture%s", query),
			      NULL);
	f->bytes = (struct view){};
	f->ask.content_type = type;
	return status;
}

static void assert_picture(struct fixture *f, enum role role, const char *path, struct view want)
{
	assert_status(f, 200, role, "GET", path, NULL);
	assert_string_equal(fixture_field(f, "Content-Type"), "image/jpeg");
	assert_true(view_eq(buf_view(&f->answer.body), want));
}

static size_t changes(struct fixture *f)
{
	struct change_row *rows;
	size_t n, found = 0;

	assert_int_equal(change_after(f->db, 0, 1000, &f->setup, &rows, &n), 0);
	for (size_t i = 0; i < n; i++)
		found += view_eq(rows[i].type, VIEW("call"));
	return found;
}

static void the_first_picture_of_a_phone_that_rang_stays(void **state)
{
	const struct view first = JPEG("\0\x40", "first"), second = JPEG("\0\x40", "second");
	struct fixture *f = *state;
	size_t told;

	call_begin(f);
	told = changes(f);
	assert_int_equal(give(f, HOLDER, "", first), 204);
	assert_int_equal(changes(f), told + 1);
	assert_int_equal(give(f, HOLDER, "", second), 204);
	leg_end(f, OTHER);
	assert_status(f, 200, NEIGHBOUR, "GET", "/app/calls", NULL);
	assert_non_null(strstr(fixture_text(f), "\"picture\":false"));
	assert_status(f, 404, ADMIN, "GET", own(f), NULL); /* not known yet whether it rang */
	leg_end(f, TABLET);
	assert_picture(f, ADMIN, own(f), first);
	assert_string_equal(fixture_field(f, "Cache-Control"), "");
	call_over(f);
	assert_picture(f, ADMIN, own(f), first);
	assert_string_equal(fixture_field(f, "Cache-Control"), "private, max-age=86400");
	assert_picture(f, HOLDER, "/app/calls/7/picture", first);
	assert_int_equal(give(f, HOLDER, "", second), 204); /* there is one */
	assert_picture(f, HOLDER, "/app/calls/7/picture", first);
	assert_status(f, 200, ADMIN, "GET",
		      fixture_path(f, "/sites/%lld/calls/7", (long long)f->own), NULL);
	assert_non_null(strstr(fixture_text(f), "\"picture_at\":1700000000000,"));
	assert_status(f, 200, HOLDER, "GET", "/app/calls", NULL);
	assert_non_null(strstr(fixture_text(f), "\"picture\":true"));
}

/* One of the site who was not rung, but knows of the call. */
static void the_picture_of_a_phone_that_was_not_rung_never_counts(void **state)
{
	const struct view forged = JPEG("\0\x40", "forged"), true_one = JPEG("\0\x40", "true");
	struct picture_row picture;
	struct fixture *f = *state;

	call_begin(f);
	assert_int_equal(give(f, NEIGHBOUR, "", forged), 204);
	f->now += 10;
	assert_int_equal(give(f, HOLDER, "", true_one), 204);
	leg_end(f, TABLET);
	assert_picture(f, ADMIN, own(f), true_one);
	call_over(f);
	assert_int_equal(picture_get(f->db, f->own, CALL, &f->setup, &picture), 0);
	assert_int_equal(picture.device, TABLET);
	assert_int_equal(picture.at, NOW + 10);
	assert_int_equal(picture.width, 64);
	assert_int_equal(picture.height, 48);
	leg_end(f, OTHER); /* even then: it is gone */
	assert_picture(f, ADMIN, own(f), true_one);
	assert_status(f, 404, ADMIN, "GET", "/app/calls/7/picture",
		      NULL); /* an app, of next door */
	assert_int_equal(give(f, ADMIN, "", forged), 404);
	assert_status(f, 403, ROLE_OPERATOR, "GET", "/app/calls/7/picture",
		      NULL); /* without an app */
	assert_status(f, 401, NOBODY, "GET", "/app/calls/7/picture", NULL);
	assert_status(f, 403, HOLDER, "GET", own(f), NULL);
}

static void a_picture_may_come_soon_after_the_end(void **state)
{
	const struct view late = JPEG("\0\x40", "late");
	struct fixture *f = *state;

	call_begin(f);
	leg_end(f, TABLET);
	call_over(f);
	assert_int_equal(give(f, NEIGHBOUR, "", late), 404); /* was not rung */
	f->now = NOW + 9 + 60001;
	assert_int_equal(give(f, HOLDER, "", late), 409);
	f->now--;
	assert_int_equal(give(f, HOLDER, "", late), 204);
	assert_picture(f, ADMIN, own(f), late);
	assert_picture(f, HOLDER, "/app/calls/7/picture", late);
	assert_status(f, 404, NEIGHBOUR, "GET", "/app/calls/7/picture", NULL);
}

static void what_is_no_picture_is_refused(void **state)
{
	const struct view good = JPEG("\0\x40", "x");
	struct fixture *f = *state;

	call_begin(f);
	assert_int_equal(give(f, HOLDER, "", VIEW("GIF89a")), 422);
	assert_non_null(strstr(fixture_text(f), "not a whole JPEG"));
	assert_int_equal(give(f, HOLDER, "", (struct view){ good.p, good.n - 1 }), 422);
	assert_int_equal(give(f, HOLDER, "", JPEG("\0\x0f", "x")), 422);
	assert_non_null(strstr(fixture_text(f), "15 by 48; each must be from 16 to 4096"));
	assert_int_equal(give(f, HOLDER, "", JPEG("\x10\x01", "x")), 422);
	f->bytes = good;
	assert_status(f, 415, HOLDER, "PUT", "/app/calls/7/picture", NULL); /* as JSON */
	f->bytes = (struct view){};
	assert_int_equal(give(f, HOLDER, "?device=1000000001", good), 400);
	assert_int_equal(give(f, HOLDER, "?device=1000000002", good), 204);
}

static void a_call_takes_so_many_pictures(void **state)
{
	struct fixture *f = *state;

	call_begin(f);
	for (int64_t i = 0; i < PICTURES_MAX; i++) {
		const struct picture_row p = { .site_id = f->own,
					       .call_id = CALL,
					       .device = 2000000000 + i,
					       .at = NOW,
					       .jpeg = VIEW("x") };
		DB_TRANSACTION struct db_tx tx = {};

		assert_int_equal(db_begin(f->db, &tx), 0);
		assert_int_equal(picture_add(f->db, NOW, &p), 0);
		assert_int_equal(db_commit(&tx), 0);
	}
	assert_int_equal(give(f, HOLDER, "", JPEG("\0\x40", "x")), 409);
}

/* With the call, and with the person whose app it was. */
static void pictures_go(void **state)
{
	const struct view jpeg = JPEG("\0\x40", "x");
	struct fixture *f = *state;
	int64_t after = 0, removed;
	struct picture_row picture;
	struct call_row call;
	bool more;

	call_begin(f);
	assert_int_equal(give(f, HOLDER, "", jpeg), 204);
	leg_end(f, TABLET);
	call_over(f);
	assert_int_equal(privacy_erase(f->db, NOW, f->person[HOLDER]), 0);
	assert_int_equal(picture_get(f->db, f->own, CALL, &f->setup, &picture), -ENOENT);
	assert_int_equal(call_get(f->db, f->own, CALL, &f->setup, &call), 0);
	assert_int_equal(call.picture_at, DB_INT_NULL);
	leg_end(f, OTHER);
	assert_int_equal(give(f, NEIGHBOUR, "", jpeg), 204);
	assert_picture(f, ADMIN, own(f), jpeg);
	assert_int_equal(call_expire(f->db, NOW + 1, &after, &removed, &more), 0);
	assert_int_equal(removed, 1);
	assert_int_equal(picture_get(f->db, f->own, CALL, &f->setup, &picture), -ENOENT);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_picture_of_a_phone_that_rang_stays),
		TEST(the_picture_of_a_phone_that_was_not_rung_never_counts),
		TEST(a_picture_may_come_soon_after_the_end),
		TEST(what_is_no_picture_is_refused),
		TEST(a_call_takes_so_many_pictures),
		TEST(pictures_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
