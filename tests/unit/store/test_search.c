#include "store/app.h"
#include "store/account.h"
#include "store/call.h"
#include "store/device.h"
#include "store/search.h"
#include "store/summary.h"
#include "fixture.h"

#include <inttypes.h>
#include <string.h>

#define NOW INT64_C(1700000000000)
#define DAY (INT64_C(24) * 3600 * 1000)

struct place {
	int64_t company;
	int64_t site;
	int64_t other;
};

static int64_t site_new(struct fixture *f, int64_t company, struct view name)
{
	const struct site_row site = { .company_id = company,
				       .name = name,
				       .type = VIEW("residential"),
				       .zone = VIEW("Europe/Prague"),
				       .language = VIEW("en") };
	int64_t id;

	assert_int_equal(site_create(f->db, NOW, &site, &id), 0);
	return id;
}

static struct place place_new(struct fixture *f)
{
	struct place p;

	assert_int_equal(company_create(f->db, NOW, VIEW("Gérance Dupont"), &p.company), 0);
	p.site = site_new(f, p.company, VIEW("Élysée"));
	p.other = site_new(f, p.company, VIEW("Other"));
	return p;
}

static void device_new(struct fixture *f, int64_t site, int64_t number, const char *kind,
		       struct view name)
{
	const struct device_row device = { .number = number,
					   .site_id = site,
					   .kind = view_str(kind),
					   .name = name,
					   .apartment_id = DB_INT_NULL };
	const struct device_secret_row secret = { number, VIEW("sealed"), VIEW("md5"),
						  VIEW("sha") };

	assert_int_equal(device_create(f->db, NOW, &device, &secret), 0);
}

/* It is connected. */
static void app_new(struct fixture *f, int64_t site, int64_t number)
{
	const struct device_row device = { .number = number,
					   .site_id = site,
					   .kind = VIEW("phone"),
					   .app = 1,
					   .person_id = DB_INT_NULL,
					   .name = VIEW("App"),
					   .apartment_id = DB_INT_NULL };
	const struct device_secret_row secret = { number, VIEW("sealed"), VIEW("md5"),
						  VIEW("sha") };

	assert_int_equal(device_create(f->db, NOW, &device, &secret), 0);
	assert_int_equal(app_online_set(f->db, NOW, number, NOW), 0);
}

/* A phone outside. */
static void line_new(struct fixture *f, int64_t site, int64_t number)
{
	const struct device_row device = { .number = number,
					   .site_id = site,
					   .kind = VIEW("phone"),
					   .line = VIEW("+33123456789"),
					   .name = VIEW("Outside"),
					   .apartment_id = DB_INT_NULL };
	const struct device_secret_row secret = { number, VIEW("sealed"), VIEW("md5"),
						  VIEW("sha") };

	assert_int_equal(device_create(f->db, NOW, &device, &secret), 0);
}

static void apartment_new(struct fixture *f, int64_t site, struct view number, struct view name)
{
	const struct apartment_row apartment = { 0, site, VIEW("2"), number, name };
	int64_t id;

	assert_int_equal(apartment_create(f->db, NOW, &apartment, &id), 0);
}

static void member_new(struct fixture *f, int64_t site, struct view email, struct view name,
		       const char *phone)
{
	const struct person_row person = {
		.email = email, .name = name, .language = VIEW("en"), .disabled_at = DB_INT_NULL
	};
	char sql[256];
	int64_t id;

	assert_int_equal(person_create(f->db, NOW, &person, &id), 0);
	snprintf(sql, sizeof(sql),
		 "INSERT INTO member (site_id, person_id, phone, sort, created_at) VALUES (%" PRId64
		 ", %" PRId64 ", '%s', 'x', 1)",
		 site, id, phone);
	assert_int_equal(db_script(f->db, sql), 0);
}

static size_t find(struct fixture *f, int64_t site, enum search_kind kind, const char *question,
		   struct search_hit hits[SEARCH_HITS_MAX])
{
	struct match_query query;
	size_t n;

	assert_int_equal(match_query(&f->arena, view_str(question), &query), 0);
	assert_int_equal(search_site(f->db, site, kind, &query, &f->arena, hits, &n), 0);
	return n;
}

static void a_site_is_searched_by_names_numbers_and_addresses(void **state)
{
	struct fixture *f = *state;
	const struct place p = place_new(f);
	struct search_hit hits[SEARCH_HITS_MAX];

	device_new(f, p.site, 1111111111, "intercom", VIEW("Entrée"));
	device_new(f, p.site, 2222222222, "phone", VIEW("Kitchen"));
	device_new(f, p.other, 3333333333, "phone", VIEW("Entrée"));
	apartment_new(f, p.site, VIEW("12"), VIEW("Nováková"));
	member_new(f, p.site, VIEW("jana@x.example"), VIEW("Jana Nováková"), "+420 123");
	member_new(f, p.other, VIEW("jan@x.example"), VIEW("Jan Novák"), "");

	assert_int_equal(find(f, p.site, SEARCH_DEVICE, "ENTREE", hits), 1);
	assert_int_equal(hits[0].id, 1111111111);
	assert_true(view_eq(hits[0].kind, VIEW("intercom")));
	assert_true(view_eq(hits[0].detail, VIEW("1111111111")));
	assert_int_equal(find(f, p.site, SEARCH_DEVICE, "2222", hits), 1);
	assert_int_equal(find(f, p.site, SEARCH_APARTMENT, "novakova 12", hits), 1);
	assert_int_equal(find(f, p.site, SEARCH_PERSON, "nova", hits), 1);
	assert_true(view_eq(hits[0].title, VIEW("Jana Nováková")));
	assert_int_equal(find(f, p.site, SEARCH_PERSON, "jana@", hits), 1);
	assert_int_equal(find(f, p.site, SEARCH_PERSON, "+420", hits), 1);
	assert_int_equal(find(f, p.site, SEARCH_PERSON, "%", hits), 0);
	assert_int_equal(find(f, p.site, SEARCH_PERSON, "'; --", hits), 0);
}

static void the_best_come_first_and_no_more_than_there_is_room_for(void **state)
{
	struct fixture *f = *state;
	const struct place p = place_new(f);
	struct search_hit hits[SEARCH_HITS_MAX];
	char name[24];

	assert_int_equal(db_script(f->db, "BEGIN"), 0);
	for (int i = 0; i < 1200; i++) { /* more than two pages of the reader */
		snprintf(name, sizeof(name), "x%04d flat", i);
		apartment_new(f, p.site, view_str(name), VIEW(""));
	}
	apartment_new(f, p.site, VIEW("B flat"), VIEW(""));
	apartment_new(f, p.site, VIEW("flat 1"), VIEW(""));
	assert_int_equal(db_script(f->db, "COMMIT"), 0);
	assert_int_equal(find(f, p.site, SEARCH_APARTMENT, "flat", hits), SEARCH_HITS_MAX);
	assert_true(view_eq(hits[0].title, VIEW("flat 1")));
	assert_true(view_eq(hits[1].title, VIEW("B flat")));
	assert_true(view_eq(hits[2].title, VIEW("x0000 flat")));
	assert_true(view_eq(hits[9].title, VIEW("x0007 flat")));
	assert_int_equal(find(f, p.site, SEARCH_APARTMENT, "x1199", hits), 1);
}

static size_t sites(struct fixture *f, int64_t person, const char *question, size_t max,
		    struct name_cursor *after, struct site_row **ret_sites)
{
	struct match_query query;
	size_t n;

	assert_int_equal(match_query(&f->arena, view_str(question), &query), 0);
	assert_int_equal(
		search_sites(f->db, person, &query, *after, max, &f->arena, ret_sites, &n, after),
		0);
	return n;
}

static void one_finds_only_ones_own_sites(void **state)
{
	struct fixture *f = *state;
	const struct place p = place_new(f);
	const struct person_row person = { .email = VIEW("a@x"),
					   .name = VIEW("A"),
					   .language = VIEW("en"),
					   .disabled_at = DB_INT_NULL };
	const struct role_row role = { VIEW("site_admin"), p.company, p.site, DB_INT_NULL };
	struct name_cursor after = NAME_CURSOR_FIRST;
	struct site_row *found;
	int64_t id;

	assert_int_equal(person_create(f->db, NOW, &person, &id), 0);
	assert_int_equal(role_grant(f->db, NOW, id, &role), 0);
	assert_int_equal(sites(f, id, "elys", 10, &after, &found), 1);
	assert_int_equal(found[0].id, p.site);
	assert_true(view_eq(found[0].company, VIEW("Gérance Dupont")));
	assert_int_equal(after.id, 0);
	after = NAME_CURSOR_FIRST;
	assert_int_equal(sites(f, id, "dupont", 10, &after, &found), 1); /* by the company */
	after = NAME_CURSOR_FIRST;
	assert_int_equal(sites(f, id, "other", 10, &after, &found), 0);
}

static void sites_are_found_beyond_the_first_page(void **state)
{
	struct fixture *f = *state;
	const struct place p = place_new(f);
	const struct person_row person = { .email = VIEW("o@x"),
					   .name = VIEW("O"),
					   .language = VIEW("en"),
					   .disabled_at = DB_INT_NULL };
	const struct role_row role = { VIEW("operator"), DB_INT_NULL, DB_INT_NULL, DB_INT_NULL };
	struct name_cursor after = NAME_CURSOR_FIRST;
	struct site_row *found;
	char name[24];
	int64_t id;

	assert_int_equal(db_script(f->db, "BEGIN"), 0);
	for (int i = 0; i < 1100; i++) {
		snprintf(name, sizeof(name), "House %04d", i);
		site_new(f, p.company, view_str(name));
	}
	assert_int_equal(db_script(f->db, "COMMIT"), 0);
	assert_int_equal(person_create(f->db, NOW, &person, &id), 0);
	assert_int_equal(role_grant(f->db, NOW, id, &role), 0);
	assert_int_equal(sites(f, id, "1099", 10, &after, &found), 1);
	assert_true(view_eq(found[0].name, VIEW("House 1099")));
	after = NAME_CURSOR_FIRST;
	assert_int_equal(sites(f, id, "house", 3, &after, &found), 3);
	assert_true(view_eq(found[2].name, VIEW("House 0002")));
	after = (struct name_cursor){ found[2].name, found[2].id };
	assert_int_equal(sites(f, id, "house", 3, &after, &found), 3);
	assert_true(view_eq(found[0].name, VIEW("House 0003")));
}

static void call_new(struct fixture *f, int64_t site, int64_t id, int64_t at, struct view result)
{
	const struct call_row call = { .site_id = site,
				       .id = id,
				       .started_at = at,
				       .from_device = 1,
				       .from_name = VIEW("Door"),
				       .button = DB_INT_NULL,
				       .ended_at = at + 1,
				       .result = result };

	assert_int_equal(call_start(f->db, at, &call), 0);
	if (result.p)
		assert_int_equal(call_end(f->db, at, &call), 0);
}

static void a_summary_counts_what_a_site_has(void **state)
{
	struct fixture *f = *state;
	const struct place p = place_new(f);
	const struct summary_times times = { NOW, NOW - DAY / 2, NOW - 7 * DAY };
	const struct button_destination phone[] = { { 2222222222, 0 } };
	const struct button_edit buttons[] = { { 1, VIEW("Bell"), phone, 1 },
					       { 2, VIEW(""), NULL, 0 } };
	const struct opening_row opening = { p.site, 9, NOW - DAY, DB_INT_NULL,
					     1,      2, VIEW("P"), VIEW("dtmf") };
	const struct binding_row binding = { .device = 1111111111,
					     .contact = VIEW("sip:a"),
					     .call_id = VIEW("c"),
					     .cseq = 1,
					     .expires_at = NOW + 1,
					     .transport = VIEW("udp"),
					     .address = VIEW("192.0.2.1:5060") };
	struct summary_calls_row *calls;
	struct summary_row s;
	size_t n;

	assert_int_equal(summary_get(f->db, p.site, &times, &f->arena, &s), 0);
	assert_int_equal(
		s.intercoms + s.phones + s.registered + s.buttons + s.apartments + s.people, 0);
	device_new(f, p.site, 1111111111, "intercom", VIEW("Door"));
	device_new(f, p.site, 2222222222, "phone", VIEW("Phone"));
	device_new(f, p.other, 3333333333, "phone", VIEW("Phone"));
	app_new(f, p.site, 4444444444);
	line_new(f, p.site, 5555555555);
	assert_int_equal(button_replace(f->db, NOW, p.site, 1111111111, buttons, 2), 0);
	assert_int_equal(binding_replace(f->db, NOW, 1111111111, &binding, 1), 0);
	apartment_new(f, p.site, VIEW("1"), VIEW(""));
	member_new(f, p.site, VIEW("a@x"), VIEW("A"), "");
	assert_int_equal(call_opening_add(f->db, NOW, &opening), 0);
	call_new(f, p.site, 1, NOW - 1, VIEW("answered"));
	call_new(f, p.site, 2, NOW - 2 * DAY, VIEW("answered"));
	call_new(f, p.site, 3, NOW - 8 * DAY, VIEW("answered"));
	call_new(f, p.site, 4, NOW - 2, VIEW("missed"));
	call_new(f, p.site, 5, NOW - 3, (struct view){});
	call_new(f, p.other, 6, NOW - 3, VIEW("busy"));

	assert_int_equal(summary_get(f->db, p.site, &times, &f->arena, &s), 0);
	assert_int_equal(s.intercoms, 1);
	assert_int_equal(s.phones, 2); /* an app is one */
	assert_int_equal(s.registered, 2);
	assert_int_equal(s.needs_configuration, 1);
	assert_int_equal(s.not_registered, 0);
	assert_int_equal(s.buttons, 1);
	assert_int_equal(s.apartments, 1);
	assert_int_equal(s.people, 1);
	assert_int_equal(s.openings_today, 0);
	assert_int_equal(s.openings_week, 1);
	assert_int_equal(summary_calls(f->db, p.site, &times, &f->arena, &calls, &n), 0);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++) { /* the engines sort NULL at different ends */
		const bool answered = view_eq(calls[i].result, VIEW("answered"));
		assert_int_equal(calls[i].today, 1);
		assert_int_equal(calls[i].week, answered ? 2 : 1);
	}
	assert_int_equal(binding_replace(f->db, NOW, 1111111111, NULL, 0), 0);
	assert_int_equal(summary_get(f->db, p.site, &times, &f->arena, &s), 0);
	assert_int_equal(s.not_registered, 1);
}

/* A SIP phone that named its push service, and whose registration has run out. */
static void a_phone_that_sleeps_is_ready(void **state)
{
	struct fixture *f = *state;
	const struct place p = place_new(f);
	const struct summary_times times = { NOW, NOW, NOW };
	const struct binding_row binding = { .device = 2222222222,
					     .contact = VIEW("sip:p@192.0.2.2;pn-provider=apns"
							     ";pn-prid=token"),
					     .call_id = VIEW("c"),
					     .cseq = 1,
					     .expires_at = NOW - 1,
					     .transport = VIEW("tls"),
					     .address = VIEW("192.0.2.2:5061") };
	struct device_row device;
	struct summary_row s;

	device_new(f, p.site, 2222222222, "phone", VIEW("Phone"));
	assert_int_equal(binding_replace(f->db, NOW, 2222222222, &binding, 1), 0);
	assert_int_equal(device_get(f->db, p.site, 2222222222, NOW, &f->arena, &device), 0);
	assert_false(device_is_online(&device));
	assert_int_equal(device.wakes, 1);
	assert_int_equal(summary_get(f->db, p.site, &times, &f->arena, &s), 0);
	assert_int_equal(s.ready, 1);
	assert_int_equal(s.registered + s.not_registered + s.needs_configuration, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_site_is_searched_by_names_numbers_and_addresses),
		ON_BOTH(the_best_come_first_and_no_more_than_there_is_room_for),
		ON_BOTH(one_finds_only_ones_own_sites),
		ON_BOTH(sites_are_found_beyond_the_first_page),
		ON_BOTH(a_summary_counts_what_a_site_has),
		ON_BOTH(a_phone_that_sleeps_is_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
