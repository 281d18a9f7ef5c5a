/* People of a site: role, homes, and what goes when they go. */
#include "store/account.h"
#include "store/app.h"
#include "store/company.h"
#include "store/device.h"
#include "store/member.h"
#include "fixture.h"

#include <errno.h>
#include <string.h>

enum { NOW = 1000000, MANY = 1000 };

struct place {
	int64_t company, mine, other, flat, next_flat, other_flat;
};

static int64_t site_new(struct fixture *f, int64_t company, struct view name)
{
	const struct site_row site = { .company_id = company,
				       .name = name,
				       .type = VIEW("residential"),
				       .zone = VIEW("Europe/Prague"),
				       .language = VIEW("en") };
	int64_t id = 0;

	assert_int_equal(site_create(f->db, NOW, &site, &id), 0);
	return id;
}

static int64_t flat_new(struct fixture *f, int64_t site, struct view number)
{
	const struct apartment_row flat = { 0, site, VIEW("1"), number, VIEW("") };
	int64_t id = 0;

	assert_int_equal(apartment_create(f->db, NOW, &flat, &id), 0);
	return id;
}

static struct place place_new(struct fixture *f)
{
	struct place p;

	assert_int_equal(company_create(f->db, NOW, VIEW("Acme"), &p.company), 0);
	p.mine = site_new(f, p.company, VIEW("Mine"));
	p.other = site_new(f, p.company, VIEW("Other"));
	p.flat = flat_new(f, p.mine, VIEW("1"));
	p.next_flat = flat_new(f, p.mine, VIEW("2"));
	p.other_flat = flat_new(f, p.other, VIEW("1"));
	return p;
}

static int64_t person_new(struct fixture *f, const char *name, const char *email)
{
	const struct person_row p = { .email = email ? view_str(email) : (struct view){},
				      .name = view_str(name),
				      .language = VIEW("en") };
	int64_t id = 0;

	assert_int_equal(person_create(f->db, NOW, &p, &id), 0);
	return id;
}

static void join(struct fixture *f, const struct place *p, int64_t site, int64_t person,
		 struct view role)
{
	const struct member_edit edit = { site, person, VIEW(""), VIEW("") };

	assert_int_equal(member_add(f->db, NOW, &edit), 0);
	if (role.n > 0)
		assert_int_equal(member_role_set(f->db, NOW, p->company, site, person, role), 0);
}

static struct home home(const struct place *p, int64_t apartment, int64_t person)
{
	return (struct home){ p->company, p->mine, apartment, person };
}

/* The names found, one letter each. */
static const char *found(struct fixture *f, struct member_filter filter)
{
	static char names[512];
	struct member_row *rows;
	size_t n, at = 0;

	if (!filter.max)
		filter.max = 100;
	if (!filter.after.name.p)
		filter.after = NAME_CURSOR_FIRST;
	if (!filter.apartment_id)
		filter.apartment_id = DB_INT_NULL;
	assert_int_equal(member_list(f->db, &filter, &f->arena, &rows, &n), 0);
	for (size_t i = 0; i < n && at + 1 < sizeof(names); i++)
		names[at++] = rows[i].name.p[0];
	names[at] = '\0';
	return names;
}

static void people_are_listed_by_name_and_found_by_what_is_known(void **state)
{
	struct fixture *f = *state;
	const struct place p = place_new(f);
	const int64_t b = person_new(f, "Bára Šťastná", "bara@example.com");
	const int64_t a = person_new(f, "adam", NULL),
		      c = person_new(f, "Čeněk 100%", "c@example.com");
	const int64_t z = person_new(f, "Zoe elsewhere", "z@example.com");
	const struct member_edit edit = { p.mine, a, VIEW("+420 777"), VIEW("keys_at desk") };

	join(f, &p, p.mine, b, VIEW("site_admin"));
	join(f, &p, p.mine, a, VIEW("site_user_no_login"));
	join(f, &p, p.mine, c, VIEW("site_user"));
	join(f, &p, p.other, z, VIEW("site_user"));
	assert_int_equal(member_edit(f->db, NOW, &edit), 0);
	assert_int_equal(resident_add(f->db, NOW, &(struct home){ p.company, p.mine, p.flat, c }),
			 0);
	assert_string_equal(found(f, (struct member_filter){ .site_id = p.mine }), "aB\xc4");
	assert_string_equal(found(f, (struct member_filter){ .site_id = p.mine, .max = 1 }), "a");
	assert_string_equal(
		found(f, (struct member_filter){ .site_id = p.mine, .after = { VIEW("adam"), a } }),
		"B\xc4");
	assert_string_equal(found(f, (struct member_filter){ .site_id = p.mine, .down = true }),
			    "\xc4"
			    "Ba");
	assert_string_equal(found(f, (struct member_filter){ .site_id = p.mine,
							     .down = true,
							     .after = { VIEW("adam"), a } }),
			    "");
	assert_string_equal(found(f, (struct member_filter){ .site_id = p.mine,
							     .down = true,
							     .role = VIEW("site_user"),
							     .apartment_id = p.flat }),
			    "\xc4");
	assert_string_equal(
		found(f, (struct member_filter){ .site_id = p.mine, .q = VIEW("STASTNA") }), "B");
	assert_string_equal(found(f, (struct member_filter){ .site_id = p.mine, .q = VIEW("7") }),
			    "a");
	assert_string_equal(found(f, (struct member_filter){ .site_id = p.mine, .q = VIEW("s_a") }),
			    "a");
	assert_string_equal(found(f, (struct member_filter){ .site_id = p.mine, .q = VIEW("%") }),
			    "\xc4");
	assert_string_equal(found(f, (struct member_filter){ .site_id = p.mine, .q = VIEW("!") }),
			    "");
	assert_string_equal(
		found(f, (struct member_filter){ .site_id = p.mine, .role = VIEW("site_user") }),
		"\xc4");
	assert_string_equal(
		found(f, (struct member_filter){ .site_id = p.mine, .apartment_id = p.flat }),
		"\xc4");
	assert_string_equal(found(f, (struct member_filter){ .site_id = p.mine,
							     .apartment_id = p.flat,
							     .role = VIEW("site_admin") }),
			    "");
	assert_string_equal(
		found(f, (struct member_filter){ .site_id = p.other, .apartment_id = p.flat }), "");
}

static struct member_row *get(struct fixture *f, int64_t site, int64_t person, size_t *ret_n)
{
	struct member_row *rows;

	assert_int_equal(member_get(f->db, site, person, &f->arena, &rows, ret_n), 0);
	return rows;
}

static void a_member_has_one_role_and_several_homes(void **state)
{
	struct fixture *f = *state;
	const struct place p = place_new(f);
	const int64_t ann = person_new(f, "Ann", "ann@example.com"),
		      bob = person_new(f, "Bob", NULL);
	struct home flat = home(&p, p.flat, ann), next = home(&p, p.next_flat, ann);
	struct home none = home(&p, p.flat, bob), astray = home(&p, p.other_flat, ann);
	const struct member_edit again = { p.mine, ann, VIEW(""), VIEW("") };
	struct member_row *rows;
	bool changed;
	size_t n;

	join(f, &p, p.mine, ann, VIEW("site_user"));
	assert_int_equal(member_add(f->db, NOW, &again), -EEXIST);
	assert_int_equal(member_role_set(f->db, NOW, p.company, p.mine, ann, VIEW("site_admin")),
			 0);
	rows = get(f, p.mine, ann, &n);
	assert_int_equal(n, 1);
	assert_true(view_eq(rows[0].role, VIEW("site_admin")));
	assert_true(rows[0].apartment_id == DB_INT_NULL);
	assert_int_equal(rows[0].alone, 1);
	assert_int_equal(rows[0].active, 0);
	assert_int_equal(resident_add(f->db, NOW, &flat), 0);
	assert_int_equal(resident_add(f->db, NOW, &flat), 0);
	assert_int_equal(resident_add(f->db, NOW, &next), 0);
	assert_int_equal(resident_add(f->db, NOW, &none), -ENOLINK);
	assert_int_equal(resident_add(f->db, NOW, &astray), -ENOLINK);
	assert_int_equal(resident_admin_set(f->db, NOW, &next, true, &changed), 0);
	assert_true(changed);
	assert_int_equal(resident_admin_set(f->db, NOW, &next, true, &changed), 0);
	assert_false(changed);
	assert_int_equal(resident_admin_set(f->db, NOW, &none, true, &changed), -ENOENT);
	rows = get(f, p.mine, ann, &n);
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].apartment_id, p.flat);
	assert_int_equal(rows[0].admin, 0);
	assert_int_equal(rows[1].apartment_id, p.next_flat);
	assert_int_equal(rows[1].admin, 1);
	assert_true(view_eq(rows[1].role, VIEW("site_admin")));
	assert_int_equal(resident_remove(f->db, NOW, &next), 0);
	assert_int_equal(resident_remove(f->db, NOW, &next), -ENOENT);
	rows = get(f, p.mine, ann, &n);
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].admin, 0);
}

static void app_give(struct fixture *f, int64_t site, int64_t number, int64_t person)
{
	const struct device_row device = { .number = number,
					   .site_id = site,
					   .kind = VIEW("phone"),
					   .app = 1,
					   .person_id = person,
					   .name = VIEW("App"),
					   .apartment_id = DB_INT_NULL };
	const struct device_secret_row secret = { number, VIEW("sealed"), VIEW("m"), VIEW("s") };

	assert_int_equal(device_create(f->db, NOW, &device, &secret), 0);
}

static void a_person_stays_while_another_site_has_it(void **state)
{
	struct fixture *f = *state;
	const struct place p = place_new(f);
	const int64_t ann = person_new(f, "Ann", "ann@example.com");
	struct home flat = home(&p, p.flat, ann);
	struct app_device_row *apps;
	struct member_row *rows;
	struct person_row person;
	int64_t residents;
	size_t n;

	join(f, &p, p.mine, ann, VIEW("site_user"));
	join(f, &p, p.other, ann, VIEW("site_user"));
	assert_int_equal(resident_add(f->db, NOW, &flat), 0);
	assert_int_equal(resident_admin_set(f->db, NOW, &flat, true, NULL), 0);
	app_give(f, p.mine, 1000000001, ann);
	app_give(f, p.other, 1000000002, ann);
	rows = get(f, p.mine, ann, &n);
	assert_int_equal(rows[0].alone, 0); /* the other site knows her too */
	assert_int_equal(member_remove(f->db, NOW, p.mine, ann), 0);
	assert_int_equal(member_remove(f->db, NOW, p.mine, ann), -ENOENT);
	assert_int_equal(app_list_of_person(f->db, ann, 10, &f->arena, &apps, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(apps[0].number, 1000000002);
	assert_int_equal(resident_count(f->db, p.mine, p.flat, &residents), 0);
	assert_int_equal(residents, 0);
	assert_int_equal(member_get(f->db, p.mine, ann, &f->arena, &rows, &n), -ENOENT);
	assert_int_equal(person_get(f->db, ann, &f->arena, &person), 0);
	assert_int_equal(member_remove(f->db, NOW, p.other, ann), 0);
	assert_int_equal(person_get(f->db, ann, &f->arena, &person), -ENOENT);
}

static void a_new_name_shows_in_every_site(void **state)
{
	struct fixture *f = *state;
	const struct place p = place_new(f);
	struct person_row ann = { .id = person_new(f, "Ann", "ann@example.com"),
				  .name = VIEW("Zed"),
				  .email = VIEW("zed@example.com"),
				  .language = VIEW("fr") };

	join(f, &p, p.mine, ann.id, VIEW("site_user"));
	join(f, &p, p.mine, person_new(f, "Bob", "bob@example.com"), VIEW("site_user"));
	join(f, &p, p.other, ann.id, VIEW("site_user"));
	assert_string_equal(found(f, (struct member_filter){ .site_id = p.mine }), "AB");
	assert_int_equal(member_name(f->db, NOW, p.mine, &ann), 0);
	assert_string_equal(found(f, (struct member_filter){ .site_id = p.mine }), "BZ");
	assert_string_equal(
		found(f, (struct member_filter){ .site_id = p.other, .q = VIEW("ZED@") }), "Z");
	assert_int_equal(person_profile_set(f->db, NOW, ann.id, VIEW("Aaron"), VIEW("fr")), 0);
	assert_string_equal(found(f, (struct member_filter){ .site_id = p.mine }), "AB");
	assert_int_equal(person_email_set(f->db, NOW, ann.id, VIEW("own@example.com")), 0);
	assert_string_equal(
		found(f, (struct member_filter){ .site_id = p.other, .q = VIEW("OWN@") }), "A");
	ann.email = VIEW("bob@example.com");
	assert_int_equal(member_name(f->db, NOW, p.mine, &ann), -EEXIST);
	ann.id = 999999;
	ann.email = VIEW("new@example.com");
	assert_int_equal(member_name(f->db, NOW, p.mine, &ann), -ENOENT);
}

static void a_company_has_admins_and_counts_them(void **state)
{
	struct fixture *f = *state;
	const struct place p = place_new(f);
	const int64_t ann = person_new(f, "Ann", "ann@example.com"),
		      bob = person_new(f, "Bob", "b@x");
	const struct role_row admin = { VIEW("company_admin"), p.company, DB_INT_NULL,
					DB_INT_NULL };
	struct company_admin_row *admins, one;
	struct company_row *companies;
	struct person_row person;
	int64_t left;
	size_t n;

	assert_int_equal(role_grant(f->db, NOW, ann, &admin), 0);
	assert_int_equal(role_grant(f->db, NOW, ann, &admin), -EEXIST);
	assert_int_equal(role_grant(f->db, NOW, bob, &admin), 0);
	assert_int_equal(company_list(f->db, ann, NAME_CURSOR_FIRST, 10, &f->arena, &companies, &n),
			 0);
	assert_int_equal(n, 1);
	assert_int_equal(companies[0].sites, 2);
	assert_int_equal(company_rename(f->db, NOW, p.company, VIEW("Apex")), 0);
	assert_int_equal(company_get(f->db, p.company, &f->arena, companies), 0);
	assert_true(view_eq(companies[0].name, VIEW("Apex")));
	assert_int_equal(
		company_admins(f->db, p.company, NAME_CURSOR_FIRST, 10, &f->arena, &admins, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(admins[0].id, ann);
	assert_int_equal(company_admin_get(f->db, p.company, bob, &f->arena, &one), 0);
	assert_int_equal(company_admin_remove(f->db, NOW, p.company, bob, &left), 0);
	assert_int_equal(left, 1);
	assert_int_equal(company_admin_get(f->db, p.company, bob, &f->arena, &one), -ENOENT);
	assert_int_equal(person_get(f->db, bob, &f->arena, &person), -ENOENT);
	assert_int_equal(company_admin_remove(f->db, NOW, p.company, bob, &left), -ENOENT);
	assert_int_equal(company_list(f->db, bob, NAME_CURSOR_FIRST, 10, &f->arena, &companies, &n),
			 0);
	assert_int_equal(n, 0);
}

/* A thousand people page by page: each once, in order. */
/* Reads to the end, P00000 and up or the last and down; how many there were. */
static size_t all_in_order(struct fixture *f, struct member_filter filter)
{
	struct member_row *rows;
	size_t n, seen = 0;
	char name[32];

	do {
		struct arena arena = ARENA_INIT(1 << 22);

		assert_int_equal(member_list(f->db, &filter, &arena, &rows, &n), 0);
		for (size_t i = 0; i < n; i++, seen++) {
			snprintf(name, sizeof(name), "P%05zu",
				 filter.down ? MANY - 1 - seen : seen);
			assert_string_equal(rows[i].name.p, name);
		}
		if (n > 0)
			filter.after =
				(struct name_cursor){ { arena_dup(&f->arena, rows[n - 1].sort),
							rows[n - 1].sort.n },
						      rows[n - 1].id };
		arena_free(&arena);
	} while (n > 0);
	return seen;
}

static void many_people_are_paged_through(void **state)
{
	struct fixture *f = *state;
	const struct place p = place_new(f);
	struct member_filter filter = { .site_id = p.mine,
					.apartment_id = DB_INT_NULL,
					.max = 150,
					.after = NAME_CURSOR_FIRST,
					.role = VIEW("site_user") };
	struct member_row *rows;
	size_t n;
	char name[32];

	{
		DB_TRANSACTION struct db_tx tx = {};

		assert_int_equal(db_begin(f->db, &tx), 0);
		for (int i = 0; i < MANY; i++) {
			snprintf(name, sizeof(name), "P%05d", i * 7919 % MANY);
			join(f, &p, p.mine, person_new(f, name, NULL), VIEW("site_user"));
		}
		assert_int_equal(db_commit(&tx), 0);
	}
	assert_int_equal(all_in_order(f, filter), MANY);
	filter.down = true;
	assert_int_equal(all_in_order(f, filter), MANY);
	filter.q = VIEW("p0099");
	assert_int_equal(member_list(f->db, &filter, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(people_are_listed_by_name_and_found_by_what_is_known),
		ON_BOTH(a_member_has_one_role_and_several_homes),
		ON_BOTH(a_person_stays_while_another_site_has_it),
		ON_BOTH(a_new_name_shows_in_every_site),
		ON_BOTH(a_company_has_admins_and_counts_them),
		ON_BOTH(many_people_are_paged_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
