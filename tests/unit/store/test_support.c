/* Contacts and tickets: each site has its own, in order, and no more than it may. */
#include "store/account.h"
#include "store/site.h"
#include "store/support.h"
#include "fixture.h"

#include <errno.h>

enum { NOW = 1000000, PERSON = 7 };

static int64_t site_new(struct fixture *f, struct view name)
{
	struct site_row site = { .name = name,
				 .type = VIEW("residential"),
				 .zone = VIEW("UTC"),
				 .language = VIEW("en") };
	int64_t id = 0;

	assert_int_equal(company_create(f->db, NOW, VIEW("C"), &site.company_id), 0);
	assert_int_equal(site_create(f->db, NOW, &site, &id), 0);
	return id;
}

static struct contact_row contact_of(int64_t site, int64_t position, struct view name)
{
	return (struct contact_row){ 0,         site,      position,  name,
				     VIEW("r"), VIEW("p"), VIEW("1"), VIEW("e") };
}

static void contacts_are_a_sites_own_and_in_order(void **state)
{
	struct fixture *f = *state;
	const int64_t mine = site_new(f, VIEW("Mine")), other = site_new(f, VIEW("Other"));
	struct contact_row row = contact_of(mine, 2, VIEW("b")), *rows;
	int64_t id = 0, second = 0;
	size_t n;

	assert_int_equal(contact_create(f->db, NOW, &row, &id), 0);
	row = contact_of(mine, 1, VIEW("a"));
	assert_int_equal(contact_create(f->db, NOW, &row, &second), 0);
	assert_int_equal(contact_list(f->db, mine, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 2);
	assert_string_equal(rows[0].name.p, "a");
	assert_int_equal(contact_list(f->db, other, &f->arena, &rows, &n), 0);
	assert_int_equal(n, 0);
	row.id = id;
	row.site_id = other;
	assert_int_equal(contact_edit(f->db, NOW, &row), -ENOENT);
	assert_int_equal(contact_delete(f->db, NOW, other, id), -ENOENT);
	assert_int_equal(contact_get(f->db, other, id, &f->arena, &row), -ENOENT);
	assert_int_equal(contact_delete(f->db, NOW, mine, id), 0);
	for (int i = 1; i < CONTACTS_MAX; i++) {
		row = contact_of(mine, i, VIEW("x"));
		assert_int_equal(contact_create(f->db, NOW, &row, &id), 0);
	}
	assert_int_equal(contact_create(f->db, NOW, &row, &id), -ENOSPC);
	row.site_id = 999999;
	assert_int_equal(contact_create(f->db, NOW, &row, &id), -ENOLINK);
}

static int64_t ticket_new(struct fixture *f, int64_t site, int64_t person)
{
	const struct ticket_row ticket = { .site_id = site,
					   .person_id = person,
					   .person_name = VIEW("P"),
					   .contact = VIEW(""),
					   .subject = VIEW("S"),
					   .context = VIEW("{}") };
	int64_t id = 0;

	assert_int_equal(ticket_create(f->db, NOW, &ticket, VIEW("first"), &id), 0);
	return id;
}

static int message_new(struct fixture *f, int64_t site, int64_t ticket, struct view state)
{
	const struct ticket_message_row message = { .site_id = site,
						    .ticket_id = ticket,
						    .person_id = PERSON,
						    .person_name = VIEW("P"),
						    .staff = 1,
						    .text = VIEW("more"),
						    .at = NOW + 5 };
	int64_t id = 0;

	return ticket_message_add(f->db, NOW + 5, &message, state, &id);
}

static void a_ticket_has_its_messages_and_a_state(void **state)
{
	struct fixture *f = *state;
	const int64_t mine = site_new(f, VIEW("Mine")), other = site_new(f, VIEW("Other"));
	const int64_t id = ticket_new(f, mine, PERSON);
	struct ticket_message_row *messages;
	struct ticket_row ticket;
	size_t n;

	assert_int_equal(ticket_get(f->db, mine, id, &f->arena, &ticket), 0);
	assert_string_equal(ticket.state.p, "open");
	assert_int_equal(message_new(f, mine, id, VIEW("answered")), 0);
	assert_int_equal(message_new(f, mine, id, VIEW("lost")), -EINVAL);
	assert_int_equal(message_new(f, other, id, VIEW("answered")), -ENOENT);
	assert_int_equal(ticket_messages(f->db, mine, id, &f->arena, &messages, &n), 0);
	assert_int_equal(n, 2);
	assert_string_equal(messages[0].text.p, "first");
	assert_int_equal(messages[0].staff, 0);
	assert_string_equal(messages[1].text.p, "more");
	assert_int_equal(messages[1].staff, 1);
	assert_int_equal(ticket_messages(f->db, other, id, &f->arena, &messages, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(ticket_get(f->db, mine, id, &f->arena, &ticket), 0);
	assert_string_equal(ticket.state.p, "answered");
	assert_int_equal(ticket.changed_at, NOW + 5);
	assert_int_equal(ticket_get(f->db, other, id, &f->arena, &ticket), -ENOENT);
	assert_int_equal(ticket_state_set(f->db, NOW, other, id, VIEW("closed")), -ENOENT);
	assert_int_equal(ticket_state_set(f->db, NOW, mine, id, VIEW("closed")), 0);
	for (int i = 2; i < TICKET_MESSAGES_MAX; i++)
		assert_int_equal(message_new(f, mine, id, VIEW("open")), 0);
	assert_int_equal(message_new(f, mine, id, VIEW("open")), -ENOSPC);
}

static void tickets_are_found_by_person_and_counted(void **state)
{
	struct fixture *f = *state;
	const int64_t site = site_new(f, VIEW("Mine"));
	const int64_t mine = ticket_new(f, site, PERSON), other = ticket_new(f, site, PERSON + 1);
	struct ticket_count_row counts;
	struct ticket_row *rows;
	size_t n;

	assert_int_equal(ticket_list(f->db, site, PERSON, (struct view){}, TICKET_NEWEST, 10,
				     &f->arena, &rows, &n),
			 0);
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].id, mine);
	assert_int_equal(ticket_list(f->db, site, DB_INT_NULL, VIEW("open"), other, 10, &f->arena,
				     &rows, &n),
			 0);
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].id, mine);
	assert_int_equal(message_new(f, site, mine, VIEW("closed")), 0);
	assert_int_equal(ticket_count(f->db, site, PERSON, NOW, &counts), 0);
	assert_int_equal(counts.open, 0);
	assert_int_equal(counts.tickets, 1);
	assert_int_equal(counts.messages, 2);
	assert_int_equal(ticket_count(f->db, site, PERSON, NOW + 1, &counts), 0);
	assert_int_equal(counts.tickets, 0);
	assert_int_equal(counts.messages, 1);
}

static void person_with(struct fixture *f, struct view email, struct view role, int64_t company,
			int64_t site, int64_t disabled_at)
{
	const struct person_row person = { .email = email,
					   .name = VIEW("P"),
					   .language = VIEW("fr") };
	const struct role_row grant = { role, company, site, DB_INT_NULL };
	char sql[96];
	int64_t id = 0;

	assert_int_equal(person_create(f->db, NOW, &person, &id), 0);
	assert_int_equal(role_grant(f->db, NOW, id, &grant), 0);
	if (disabled_at == DB_INT_NULL)
		return;
	snprintf(sql, sizeof(sql), "UPDATE person SET disabled_at = 1 WHERE id = %lld",
		 (long long)id);
	assert_int_equal(db_script(f->db, sql), 0);
}

static void who_looks_after_a_site_can_be_reached(void **state)
{
	struct fixture *f = *state;
	const int64_t site = site_new(f, VIEW("Mine"));
	struct staff_row *staff;
	struct site_row row;
	size_t n;

	assert_int_equal(site_get(f->db, site, &f->arena, &row), 0);
	person_with(f, VIEW("boss@example.com"), VIEW("company_admin"), row.company_id, DB_INT_NULL,
		    DB_INT_NULL);
	person_with(f, VIEW("gone@example.com"), VIEW("site_admin"), row.company_id, site, 1);
	person_with(f, (struct view){}, VIEW("site_admin"), row.company_id, site, DB_INT_NULL);
	person_with(f, VIEW("user@example.com"), VIEW("site_user"), row.company_id, site,
		    DB_INT_NULL);
	assert_int_equal(site_staff(f->db, site, &f->arena, &staff, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(staff[0].email.p, "boss@example.com");
	person_with(f, VIEW("here@example.com"), VIEW("site_admin"), row.company_id, site,
		    DB_INT_NULL);
	assert_int_equal(site_staff(f->db, site, &f->arena, &staff, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(staff[0].email.p, "here@example.com");
	assert_string_equal(staff[0].language.p, "fr");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(contacts_are_a_sites_own_and_in_order),
		ON_BOTH(a_ticket_has_its_messages_and_a_state),
		ON_BOTH(tickets_are_found_by_person_and_counted),
		ON_BOTH(who_looks_after_a_site_can_be_reached),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
