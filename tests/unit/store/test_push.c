/* Subscriptions of browsers, on both engines. */
#include "store/push.h"

#include "store/account.h"
#include "store/app.h"
#include "store/change.h"
#include "store/company.h"
#include "store/device.h"
#include "store/privacy.h"
#include "fixture.h"

#include <errno.h>
#include <string.h>

enum { NOW = 1000000, PHONE = 1000000001, TABLET, ELSEWHERE, PHONES = 3 };
#define ENDPOINT VIEW("https://push.example/1")
#define OTHER    VIEW("https://push.example/2")

struct world {
	int64_t site, other_site, person, session, change;
};

static int64_t site_new(struct fixture *f, int64_t company, struct view name)
{
	const struct site_row site = { .company_id = company,
				       .name = name,
				       .type = VIEW("residential"),
				       .zone = VIEW("UTC"),
				       .language = VIEW("en") };
	int64_t id = 0;

	assert_int_equal(site_create(f->db, NOW, &site, &id), 0);
	return id;
}

static void device_new(struct fixture *f, int64_t site, int64_t number)
{
	const struct device_row device = { .number = number,
					   .site_id = site,
					   .kind = VIEW("phone"),
					   .name = VIEW("Phone"),
					   .apartment_id = DB_INT_NULL };
	const struct device_secret_row secret = { number, VIEW("sealed"), VIEW("m"), VIEW("s") };
	struct device_row row = device;

	if (number == TABLET)
		row.name = VIEW("Tablet");
	assert_int_equal(device_create(f->db, NOW, &row, &secret), 0);
}

static struct world world_make(struct fixture *f)
{
	const struct person_row p = { .email = VIEW("a@example.com"),
				      .name = VIEW("Ann"),
				      .password = VIEW("hash"),
				      .language = VIEW("en"),
				      .disabled_at = DB_INT_NULL };
	struct session_row session = { 0, NOW, NOW, INT64_MAX };
	struct world w = {};
	int64_t company, oldest;

	assert_int_equal(company_create(f->db, NOW, VIEW("One"), &company), 0);
	w.site = site_new(f, company, VIEW("Here"));
	w.other_site = site_new(f, company, VIEW("Elsewhere"));
	device_new(f, w.site, PHONE);
	device_new(f, w.site, TABLET);
	device_new(f, w.other_site, ELSEWHERE);
	assert_int_equal(person_create(f->db, NOW, &p, &w.person), 0);
	session.person_id = w.person;
	assert_int_equal(session_create(f->db, VIEW("0123456789abcdef0123456789abcdef"), &session,
					VIEW("198.51.100.9"), VIEW("Firefox")),
			 0);
	assert_int_equal(session_find(f->db, VIEW("0123456789abcdef0123456789abcdef"), NOW,
				      &f->arena, &session),
			 0);
	w.session = session.id;
	assert_int_equal(change_range(f->db, &oldest, &w.change), 0);
	return w;
}

static struct push_row row_of(const struct world *w, struct view endpoint)
{
	return (struct push_row){ .person_id = w->person,
				  .session_id = w->session,
				  .endpoint = endpoint,
				  .p256dh = VIEW("\0point"),
				  .auth = VIEW("\0auth"),
				  .language = VIEW("cs") };
}

static void put(struct fixture *f, const struct world *w, struct view endpoint,
		const struct push_place *devices, size_t n)
{
	const struct push_row row = row_of(w, endpoint);

	assert_int_equal(push_replace(f->db, NOW, &row, devices, n), 0);
}

static size_t count(struct fixture *f, int64_t site, int64_t device, struct push_row **ret_rows)
{
	size_t n;

	assert_int_equal(
		push_list(f->db, (struct push_place){ site, device }, &f->arena, ret_rows, &n), 0);
	return n;
}

/* The devices that the feed told of since the last time. */
static void expect_changes(struct fixture *f, struct world *w, size_t n, ...)
{
	struct change_row *rows;
	size_t got;
	va_list ap;

	assert_int_equal(change_after(f->db, w->change, 100, &f->arena, &rows, &got), 0);
	assert_int_equal(got, n);
	va_start(ap, n);
	for (size_t i = 0; i < n; i++) {
		uint64_t number;

		assert_true(view_eq(rows[i].type, VIEW("device")));
		assert_int_equal(view_u64(rows[i].object, UINT64_MAX, &number), 0);
		assert_int_equal(number, va_arg(ap, int));
		w->change = rows[i].id;
	}
	va_end(ap);
}

static bool wakes(struct fixture *f, int64_t site, int64_t number)
{
	struct directory_row one;
	struct device_row device;

	assert_int_equal(directory_one(f->db, site, number, &f->arena, &one), 0);
	assert_int_equal(device_get(f->db, site, number, NOW, &f->arena, &device), 0);
	assert_int_equal(one.wakes, device.wakes);
	return one.wakes == 1;
}

static void a_browser_stands_for_the_devices_that_it_names_last(void **state)
{
	struct fixture *f = *state;
	struct world w = world_make(f);
	const struct push_place both[] = { { w.site, PHONE }, { w.other_site, ELSEWHERE } };
	const struct push_place tablet[] = { { w.site, TABLET } };
	struct push_row *rows;

	assert_false(wakes(f, w.site, PHONE));
	put(f, &w, ENDPOINT, both, 2);
	expect_changes(f, &w, 2, PHONE, ELSEWHERE);
	assert_true(wakes(f, w.site, PHONE) && wakes(f, w.other_site, ELSEWHERE));
	assert_int_equal(count(f, w.site, PHONE, &rows), 1);
	assert_true(view_eq(rows[0].endpoint, ENDPOINT) &&
		    view_eq(rows[0].p256dh, VIEW("\0point")));
	assert_true(view_eq(rows[0].auth, VIEW("\0auth")) && view_eq(rows[0].language, VIEW("cs")));
	assert_true(rows[0].person_id == w.person && rows[0].session_id == w.session);
	put(f, &w, ENDPOINT, both, 2);
	expect_changes(f, &w, 0); /* it was so before */
	put(f, &w, ENDPOINT, tablet, 1);
	expect_changes(f, &w, 3, PHONE, ELSEWHERE, TABLET);
	assert_false(wakes(f, w.site, PHONE) || wakes(f, w.other_site, ELSEWHERE));
	assert_int_equal(count(f, w.site, PHONE, &rows), 0);
	assert_int_equal(count(f, w.site, TABLET, &rows), 1);
}

static void a_site_has_its_own_devices_only(void **state)
{
	struct fixture *f = *state;
	const struct world w = world_make(f);
	const struct push_place foreign = { w.other_site, PHONE }, mine = { w.site, PHONE };
	const struct push_row row = row_of(&w, ENDPOINT);
	struct push_row *rows;

	assert_int_equal(push_replace(f->db, NOW, &row, &foreign, 1), -ENOLINK);
	put(f, &w, ENDPOINT, &mine, 1);
	assert_int_equal(push_remove(f->db, NOW, foreign, ENDPOINT), -ENOENT);
	assert_int_equal(count(f, w.other_site, PHONE, &rows), 0);
	assert_int_equal(count(f, w.site, PHONE, &rows), 1);
	assert_int_equal(push_gone(f->db, NOW, w.other_site, rows[0].id), 0);
	assert_int_equal(push_failed(f->db, w.other_site, rows[0].id, 7), 0);
	assert_int_equal(count(f, w.site, PHONE, &rows), 1);
	assert_int_equal(rows[0].failures, 0);
}

static void too_many_browsers_push_the_oldest_out(void **state)
{
	struct fixture *f = *state;
	const struct world w = world_make(f);
	const struct push_place phone = { w.site, PHONE };
	struct push_row *rows;

	for (int i = 0; i <= PUSH_PER_DEVICE_MAX; i++)
		put(f, &w, view_str(arena_printf(&f->arena, "https://push.example/%d", i)), &phone,
		    1);
	assert_int_equal(count(f, w.site, PHONE, &rows), PUSH_PER_DEVICE_MAX);
	assert_true(view_eq(rows[0].endpoint, ENDPOINT)); /* 0 is gone */
	const struct push_row row = row_of(&w, OTHER);
	assert_int_equal(push_replace(f->db, NOW, &row, &phone, PUSH_PER_ENDPOINT_MAX + 1), -E2BIG);
}

static void what_ends_is_told_to_the_feed(void **state)
{
	struct fixture *f = *state;
	struct world w = world_make(f);
	const struct push_place phone = { w.site, PHONE };
	struct push_row *rows;

	put(f, &w, ENDPOINT, &phone, 1);
	put(f, &w, OTHER, &phone, 1);
	expect_changes(f, &w, 2, PHONE, PHONE);
	assert_int_equal(push_remove(f->db, NOW, phone, ENDPOINT), 0);
	expect_changes(f, &w, 1, PHONE);
	assert_int_equal(push_remove(f->db, NOW, phone, ENDPOINT), -ENOENT);
	assert_int_equal(count(f, w.site, PHONE, &rows), 1);
	assert_int_equal(push_gone(f->db, NOW, w.site, rows[0].id), 0);
	expect_changes(f, &w, 1, PHONE);
	assert_false(wakes(f, w.site, PHONE));
	assert_int_equal(push_gone(f->db, NOW, w.site, rows[0].id), 0); /* it is no news */
	expect_changes(f, &w, 0);
}

static void failures_are_counted_until_one_is_taken(void **state)
{
	struct fixture *f = *state;
	const struct world w = world_make(f);
	const struct push_place phone = { w.site, PHONE };
	struct push_row *rows;

	put(f, &w, ENDPOINT, &phone, 1);
	assert_int_equal(count(f, w.site, PHONE, &rows), 1);
	assert_int_equal(push_failed(f->db, w.site, rows[0].id, NOW + 1), 0);
	assert_int_equal(push_failed(f->db, w.site, rows[0].id, NOW + 2), 0);
	assert_int_equal(count(f, w.site, PHONE, &rows), 1);
	assert_true(rows[0].failures == 2 && rows[0].retry_at == NOW + 2);
	assert_int_equal(push_took(f->db, w.site, rows[0].id), 0);
	assert_int_equal(count(f, w.site, PHONE, &rows), 1);
	assert_true(rows[0].failures == 0 && rows[0].retry_at == 0);
}

static void it_ends_with_its_session_and_with_its_device(void **state)
{
	struct fixture *f = *state;
	struct world w = world_make(f);
	const struct push_place both[] = { { w.site, PHONE }, { w.site, TABLET } };
	struct push_row *rows;

	put(f, &w, ENDPOINT, both, 2);
	assert_int_equal(device_delete(f->db, NOW, w.site, PHONE), 0);
	assert_int_equal(count(f, w.site, PHONE, &rows), 0);
	assert_int_equal(count(f, w.site, TABLET, &rows), 1);
	expect_changes(f, &w, 3, PHONE, TABLET, PHONE);
	assert_int_equal(session_delete_all(f->db, NOW, w.person, w.session), 0);
	expect_changes(f, &w, 0); /* it stays */
	assert_int_equal(session_delete_all(f->db, NOW, w.person, 0), 0);
	expect_changes(f, &w, 1, TABLET);
	assert_int_equal(count(f, w.site, TABLET, &rows), 0);
	assert_false(wakes(f, w.site, TABLET));
}

static void the_feed_is_told_however_a_session_ends(void **state)
{
	struct fixture *f = *state;
	struct world w = world_make(f);
	const struct push_place both[] = { { w.site, PHONE }, { w.other_site, ELSEWHERE } };

	for (int i = 0; i < 3; i++) {
		const struct view hash = view_str(arena_printf(&f->arena, "session %d", i));
		struct session_row s = { w.person, NOW, NOW, NOW + 10 };

		assert_int_equal(session_create(f->db, hash, &s, VIEW(""), VIEW("")), 0);
		assert_int_equal(session_find(f->db, hash, NOW, &f->arena, &s), 0);
		w.session = s.id;
		put(f, &w, ENDPOINT, both, 2);
		put(f, &w, OTHER, both, 1);
		expect_changes(f, &w, 3, PHONE, ELSEWHERE, PHONE);
		if (i == 0)
			assert_int_equal(session_delete(f->db, NOW, hash), 0);
		else if (i == 1)
			assert_int_equal(session_delete_one(f->db, NOW, w.person, s.id), 0);
		else
			assert_int_equal(session_expire(f->db, NOW + 10), 0);
		expect_changes(f, &w, 2, PHONE, ELSEWHERE);
		assert_false(wakes(f, w.site, PHONE) || wakes(f, w.other_site, ELSEWHERE));
	}
}

/* Also of a device that somebody else holds: the person had its password. */
static void the_feed_is_told_when_a_person_is_erased(void **state)
{
	struct fixture *f = *state;
	struct world w = world_make(f);
	const struct push_place phone = { w.site, PHONE };
	struct change_row *rows;
	size_t n;

	put(f, &w, ENDPOINT, &phone, 1);
	expect_changes(f, &w, 1, PHONE);
	assert_int_equal(privacy_erase(f->db, NOW, w.person), 0);
	assert_false(wakes(f, w.site, PHONE));
	assert_int_equal(change_after(f->db, w.change, 100, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 2);
	assert_true(view_eq(rows[0].type, VIEW("device")) && rows[0].site_id == w.site);
	assert_true(view_eq(rows[1].type, VIEW("person")));
}

static void it_ends_with_the_session_of_a_device(void **state)
{
	struct fixture *f = *state;
	struct world w = world_make(f);
	const struct push_place phone = { w.site, PHONE };
	const struct app_session_row session = { w.site, PHONE, NOW, NOW, NOW + 10 };
	struct push_row row = row_of(&w, ENDPOINT), *rows;

	row.person_id = row.session_id = DB_INT_NULL;
	row.app_token_hash = VIEW("\0hash of its cookie");
	assert_int_equal(push_replace(f->db, NOW, &row, &phone, 1), -ENOLINK);
	assert_int_equal(app_session_create(f->db, row.app_token_hash, &session, VIEW(""), VIEW("")), 0);
	assert_int_equal(push_replace(f->db, NOW, &row, &phone, 1), 0);
	assert_int_equal(count(f, w.site, PHONE, &rows), 1);
	assert_true(view_eq(rows[0].app_token_hash, row.app_token_hash));
	expect_changes(f, &w, 1, PHONE);
	assert_int_equal(app_session_delete(f->db, NOW, row.app_token_hash), 0);
	expect_changes(f, &w, 1, PHONE);
	assert_int_equal(count(f, w.site, PHONE, &rows), 0);
	assert_int_equal(app_session_create(f->db, row.app_token_hash, &session, VIEW(""), VIEW("")), 0);
	assert_int_equal(push_replace(f->db, NOW, &row, &phone, 1), 0);
	assert_int_equal(app_session_expire(f->db, NOW + 10), 0);
	expect_changes(f, &w, 2, PHONE, PHONE);
	assert_false(wakes(f, w.site, PHONE));
}

static void a_sip_phone_says_itself_how_to_wake_it(void **state)
{
	struct fixture *f = *state;
	const struct world w = world_make(f);
	struct binding_row row = { .device = PHONE,
				   .contact = VIEW("sip:a@h;pn-provider=apns;PN-PRID=x"),
				   .call_id = VIEW("c"),
				   .q = 1000,
				   .expires_at = NOW + 1000,
				   .transport = VIEW("tcp"),
				   .address = VIEW("192.0.2.1:5060") };
	struct binding_row *rows;
	size_t n;

	assert_int_equal(binding_replace(f->db, NOW, PHONE, &row, 1), 0);
	assert_true(wakes(f, w.site, PHONE));
	assert_int_equal(binding_of_device(f->db, w.site, PHONE, &f->arena, &rows, &n), 0);
	assert_true(n == 1 && view_eq(rows[0].contact, row.contact));
	assert_int_equal(binding_of_device(f->db, w.other_site, PHONE, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 0);
	row.contact = VIEW("sip:a@h;pn-provider=apns;pn-prid=");
	assert_int_equal(binding_replace(f->db, NOW, PHONE, &row, 1), 0);
	assert_false(wakes(f, w.site, PHONE));
}

static void of_two_keys_the_first_stays(void **state)
{
	struct fixture *f = *state;
	const struct world w = world_make(f);
	const struct push_place phone = { w.site, PHONE };
	struct push_row *rows;
	struct view sealed;

	assert_int_equal(push_key_get(f->db, &f->arena, &sealed), -ENOENT);
	assert_int_equal(push_key_put(f->db, NOW, VIEW("first")), 0);
	assert_int_equal(push_key_put(f->db, NOW, VIEW("second")), 0);
	assert_int_equal(push_key_get(f->db, &f->arena, &sealed), 0);
	assert_true(view_eq(sealed, VIEW("first")));
	put(f, &w, ENDPOINT, &phone, 1);
	assert_int_equal(push_key_forget(f->db), 0);
	assert_int_equal(push_key_get(f->db, &f->arena, &sealed), -ENOENT);
	assert_int_equal(count(f, w.site, PHONE, &rows), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_browser_stands_for_the_devices_that_it_names_last),
		ON_BOTH(a_site_has_its_own_devices_only),
		ON_BOTH(too_many_browsers_push_the_oldest_out),
		ON_BOTH(what_ends_is_told_to_the_feed),
		ON_BOTH(failures_are_counted_until_one_is_taken),
		ON_BOTH(it_ends_with_its_session_and_with_its_device),
		ON_BOTH(the_feed_is_told_however_a_session_ends),
		ON_BOTH(the_feed_is_told_when_a_person_is_erased),
		ON_BOTH(it_ends_with_the_session_of_a_device),
		ON_BOTH(a_sip_phone_says_itself_how_to_wake_it),
		ON_BOTH(of_two_keys_the_first_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
