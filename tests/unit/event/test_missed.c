/* Mails about calls that nobody answered. */
#include "../store/fixture.h"
#include "event/missed.h"
#include "store/account.h"
#include "store/device.h"
#include "store/mail.h"
#include "store/member.h"
#include "store/order.h"
#include "store/picture.h"
#include "store/site.h"

#include <errno.h>
#include <string.h>

#define NOW INT64_C(1782900000000) /* 1 July 2026, 10:00 UTC: noon in Prague */
enum { DOOR = 1000000001, APP = 1000000002, PHONE = 1000000003, CALL = 77 };

struct house {
	int64_t site, flat, holder, resident;
};

static int64_t person_new(struct fixture *f, const char *email, bool wants)
{
	const struct person_row person = { .email = view_str(email),
					   .name = VIEW("P"),
					   .language = VIEW("cs") };
	int64_t id = 0;

	assert_int_equal(person_create(f->db, NOW, &person, &id), 0);
	assert_int_equal(missed_mail_set(f->db, id, wants), 0);
	return id;
}

static void device_new(struct fixture *f, const struct house *h, int64_t number, int64_t person)
{
	const struct device_row d = { .number = number,
				      .site_id = h->site,
				      .kind = VIEW("phone"),
				      .app = person != 0,
				      .person_id = person ? person : DB_INT_NULL,
				      .name = view_str(
					      arena_printf(&f->arena, "D%lld", (long long)number)),
				      .apartment_id = h->flat,
				      .directory_id = DB_INT_NULL };

	assert_int_equal(device_create(f->db, NOW, &d,
				       &(struct device_secret_row){ number, VIEW("x"), VIEW("a"),
								    VIEW("b") }),
			 0);
}

/* An app of one who lives elsewhere, and a phone of the flat; both want mails. */
static struct house house_new(struct fixture *f, bool holder_wants)
{
	struct site_row site = { .name = VIEW("House \"A\""),
				 .type = VIEW("residential"),
				 .zone = VIEW("Europe/Prague"),
				 .language = VIEW("en") };
	struct apartment_row flat = { .floor = VIEW("1"), .number = VIEW("7"), .name = VIEW("") };
	struct house h = {};

	assert_int_equal(company_create(f->db, NOW, VIEW("C"), &site.company_id), 0);
	assert_int_equal(site_create(f->db, NOW, &site, &h.site), 0);
	flat.site_id = h.site;
	assert_int_equal(apartment_create(f->db, NOW, &flat, &h.flat), 0);
	h.holder = person_new(f, "holder@example.com", holder_wants);
	h.resident = person_new(f, "resident@example.com", true);
	person_new(f, "stranger@example.com", true);
	assert_int_equal(
		db_script(f->db,
			  arena_printf(&f->arena,
				       "INSERT INTO member (site_id, person_id, sort, created_at) "
				       "VALUES (%lld, %lld, 'p', 1);"
				       "INSERT INTO resident (site_id, apartment_id, person_id, "
				       "created_at)"
				       " VALUES (%lld, %lld, %lld, 1)",
				       (long long)h.site, (long long)h.resident, (long long)h.site,
				       (long long)h.flat, (long long)h.resident)),
		0);
	device_new(f, &h, APP, h.holder);
	device_new(f, &h, PHONE, 0);
	return h;
}

static struct call_row call_of(struct fixture *f, const struct house *h, int64_t id, bool test)
{
	const struct call_row call = { .site_id = h->site,
				       .id = id,
				       .started_at = NOW,
				       .from_device = DOOR,
				       .from_name = VIEW("Front door"),
				       .button = 1,
				       .answered_at = DB_INT_NULL,
				       .ended_at = DB_INT_NULL,
				       .answered_by = DB_INT_NULL,
				       .test = test };

	assert_int_equal(call_start(f->db, NOW, &call), 0);
	return call;
}

static struct call_row call_new(struct fixture *f, const struct house *h, int64_t id)
{
	return call_of(f, h, id, false);
}

static void leg_new(struct fixture *f, const struct house *h, int64_t call, int64_t device,
		    struct view result)
{
	const struct call_leg_row leg = { .site_id = h->site,
					  .call_id = call,
					  .leg = device - DOOR,
					  .device = device,
					  .name = VIEW("D"),
					  .rang_at = DB_INT_NULL,
					  .at = NOW,
					  .result = result };

	assert_int_equal(call_leg_add(f->db, &leg), 0);
}

static void end(struct fixture *f, struct call_row *call, struct view result)
{
	call->ended_at = NOW + 1000;
	call->result = result;
	assert_int_equal(call_end(f->db, NOW, call), 0);
	assert_int_equal(missed_tell(f->db, NOW, call), 0);
}

/* 64 by 48. */
static const struct view jpeg = VIEW("\xff\xd8\xff\xc0\0\x0b\x08\0\x30\0\x40\x01\x01\x11\0"
				     "\xff\xda\0\x08\x01\x01\0\0\x3f\0x\xff\xd9");

/* With what the door's camera showed a second before. */
static void end_pictured(struct fixture *f, struct call_row *call, struct view result,
			 struct view picture)
{
	call->ended_at = NOW + 1000;
	call->result = result;
	assert_int_equal(call_end(f->db, NOW, call), 0);
	assert_int_equal(missed_keep(f->db, NOW, call, picture, NOW), 0);
	assert_int_equal(missed_tell(f->db, NOW, call), 0);
}

static int picture_for(struct fixture *f, const struct house *h, int64_t person)
{
	struct picture_row picture;
	const int rc = picture_of_rung(f->db, h->site, CALL, person, &f->arena, &picture);

	if (rc == 0)
		assert_true(view_eq(picture.jpeg, jpeg) && picture.width == 64 &&
			    picture.height == 48 && picture.at == NOW);
	return rc;
}

static bool has_picture(struct fixture *f, const struct house *h)
{
	struct picture_row picture;
	struct call_row call;
	const int rc = picture_get(f->db, h->site, CALL, &f->arena, &picture);

	assert_true(rc == 0 || rc == -ENOENT);
	assert_int_equal(call_get(f->db, h->site, CALL, &f->arena, &call), 0);
	assert_int_equal(call.picture_at != DB_INT_NULL, rc == 0);
	return rc == 0;
}

struct text_row {
	struct view text;
};
static const struct db_column text_columns[] = { DB_COLUMN_TEXT(struct text_row, text) };
static const struct db_shape text_shape = DB_SHAPE(struct text_row, text_columns);

/* Recipients and arguments, in order. */
static const char *outbox(struct fixture *f)
{
	static const struct db_stmt stmt = {
		"test_outbox",
		"SELECT recipient || ' ' || template || ' ' || language || ' ' || arguments AS text"
		" FROM mail ORDER BY recipient, id",
		&text_shape
	};
	struct text_row *rows;
	const char *all = "";
	size_t n;

	assert_int_equal(db_prepare(f->db, &stmt, 1, NULL), 0);
	assert_int_equal(db_select(f->db, &stmt, DB_NO_ARGS, &f->arena, &rows, &n), 0);
	for (size_t i = 0; i < n; i++)
		all = arena_printf(&f->arena, "%s%s\n", all, rows[i].text.p);
	return all;
}

static void who_was_to_be_rung_is_told_once(void **state)
{
	struct fixture *f = *state;
	const struct house h = house_new(f, true);
	struct call_row call = call_new(f, &h, CALL);

	leg_new(f, &h, CALL, APP, VIEW("unreachable")); /* as in a quiet time */
	leg_new(f, &h, CALL, PHONE, VIEW("missed"));
	end(f, &call, VIEW("missed"));
	assert_string_equal(outbox(f),
			    "holder@example.com missed_call cs {\"place\":\"House "
			    "\\\"A\\\"\",\"device\":\"Front door\","
			    "\"time\":\"2026-07-01 12:00\",\"path\":\"/app\",\"call\":\"77\"}\n"
			    "resident@example.com missed_call cs {\"place\":\"House "
			    "\\\"A\\\"\",\"device\":\"Front door\","
			    "\"time\":\"2026-07-01 12:00\",\"path\":\"/app\",\"call\":\"77\"}\n");
}

static int64_t first_due(struct fixture *f)
{
	struct mail_row *mails;
	size_t n;

	assert_int_equal(mail_list(f->db, VIEW("waiting"), INT64_MAX, 10, &f->arena, &mails, &n),
			 0);
	assert_true(n > 0);
	return mails[n - 1].due_at;
}

/* Also that of one whose app kept quiet; but not of one who lives where a phone rang, or a
 * stranger. */
static void the_door_s_picture_is_for_whose_apps_were_to_ring(void **state)
{
	struct fixture *f = *state;
	const struct house h = house_new(f, true);
	struct call_row call = call_new(f, &h, CALL);

	leg_new(f, &h, CALL, APP, VIEW("unreachable"));
	leg_new(f, &h, CALL, PHONE, VIEW("missed"));
	end_pictured(f, &call, VIEW("missed"), jpeg);
	assert_true(has_picture(f, &h));
	assert_int_equal(picture_for(f, &h, h.holder), 0);
	assert_int_equal(picture_for(f, &h, h.resident), -ENOENT);
	assert_int_equal(picture_for(f, &h, DB_INT_NULL), -ENOENT);
	assert_int_equal(first_due(f), NOW);
}

static void a_mail_waits_for_a_picture_that_may_come(void **state)
{
	struct fixture *f = *state;
	const struct house h = house_new(f, true);
	struct call_row call = call_new(f, &h, CALL);

	leg_new(f, &h, CALL, APP, VIEW("missed"));
	end(f, &call, VIEW("missed"));
	assert_int_equal(picture_for(f, &h, h.holder), -ENOENT);
	assert_int_equal(first_due(f), NOW + MISSED_PICTURE_MS);
}

static void a_picture_is_kept_only_for_somebody_who_may_see_it(void **state)
{
	struct fixture *f = *state;
	const struct house h = house_new(f, true);
	struct call_row call = call_new(f, &h, CALL);

	leg_new(f, &h, CALL, PHONE, VIEW("missed"));
	end_pictured(f, &call, VIEW("missed"), jpeg);
	assert_false(has_picture(f, &h));
}

static void an_answered_call_keeps_no_picture_of_the_door(void **state)
{
	struct fixture *f = *state;
	const struct house h = house_new(f, true);
	struct call_row call = call_new(f, &h, CALL);

	leg_new(f, &h, CALL, APP, VIEW("answered"));
	end_pictured(f, &call, VIEW("answered"), jpeg);
	assert_false(has_picture(f, &h));
	end_pictured(f, &call, VIEW("declined"), jpeg);
	assert_false(has_picture(f, &h));
}

static void what_is_no_picture_is_not_kept(void **state)
{
	struct fixture *f = *state;
	const struct house h = house_new(f, true);
	struct call_row call = call_new(f, &h, CALL);

	leg_new(f, &h, CALL, APP, VIEW("missed"));
	end_pictured(f, &call, VIEW("missed"), (struct view){ jpeg.p, jpeg.n - 1 });
	assert_false(has_picture(f, &h));
}

static void the_picture_of_an_app_stays(void **state)
{
	struct fixture *f = *state;
	const struct house h = house_new(f, true);
	struct call_row call = call_new(f, &h, CALL);
	const struct picture_row own = { .site_id = h.site,
					 .call_id = CALL,
					 .device = APP,
					 .at = NOW,
					 .width = 64,
					 .height = 48,
					 .jpeg = jpeg };

	assert_int_equal(picture_add(f->db, NOW, &own), 0);
	leg_new(f, &h, CALL, APP, VIEW("missed"));
	end_pictured(f, &call, VIEW("missed"),
		     VIEW("\xff\xd8\xff\xc0\0\x0b\x08\0\x30\0\x41\x01\x01\x11"
			  "\0\xff\xda\0\x08\x01\x01\0\0\x3f\0y\xff\xd9"));
	assert_int_equal(picture_for(f, &h, h.holder), 0);
}

static void who_does_not_want_it_or_declined_is_not_told(void **state)
{
	struct fixture *f = *state;
	const struct house h = house_new(f, false);
	struct call_row call = call_new(f, &h, CALL), second = call_new(f, &h, CALL + 1);

	leg_new(f, &h, CALL, APP, VIEW("missed"));
	leg_new(f, &h, CALL, PHONE, VIEW("declined"));
	end(f, &call, VIEW("missed"));
	leg_new(f, &h, CALL + 1, PHONE, VIEW("elsewhere"));
	end(f, &second, VIEW("answered"));
	assert_string_equal(outbox(f), "");
}

static void nobody_missed_a_test(void **state)
{
	struct fixture *f = *state;
	const struct house h = house_new(f, true);
	struct call_row call = call_of(f, &h, CALL, true);

	leg_new(f, &h, CALL, PHONE, VIEW("missed"));
	call.test = 0; /* who ends it does not know */
	end(f, &call, VIEW("missed"));
	assert_string_equal(outbox(f), "");
}

static void a_bell_that_is_pressed_for_fun_fills_no_letter_box(void **state)
{
	struct fixture *f = *state;
	const struct house h = house_new(f, false);
	int64_t n = 0;

	for (int i = 0; i < MISSED_MAILS_MAX + 3; i++) {
		struct call_row call = call_new(f, &h, CALL + i);

		leg_new(f, &h, CALL + i, PHONE, VIEW("missed"));
		end(f, &call, VIEW("missed"));
	}
	assert_int_equal(missed_count(f->db, h.resident, 0, &n), 0);
	assert_int_equal(n, MISSED_MAILS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(who_was_to_be_rung_is_told_once),
		ON_BOTH(the_door_s_picture_is_for_whose_apps_were_to_ring),
		ON_BOTH(a_mail_waits_for_a_picture_that_may_come),
		ON_BOTH(a_picture_is_kept_only_for_somebody_who_may_see_it),
		ON_BOTH(an_answered_call_keeps_no_picture_of_the_door),
		ON_BOTH(what_is_no_picture_is_not_kept),
		ON_BOTH(the_picture_of_an_app_stays),
		ON_BOTH(who_does_not_want_it_or_declined_is_not_told),
		ON_BOTH(nobody_missed_a_test),
		ON_BOTH(a_bell_that_is_pressed_for_fun_fills_no_letter_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
