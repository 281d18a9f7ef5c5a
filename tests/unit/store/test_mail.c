/* The outbox: who has which mail, and what becomes of it. */
#include "store/change.h"
#include "store/company.h"
#include "store/mail.h"
#include "store/site.h"
#include "fixture.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

enum { NOW = 1000000, MANY = 120, NODES = 3 };

static const struct mail_outcome sent = { VIEW("sent"), NOW, VIEW("") };
static const struct mail_outcome later = { VIEW("waiting"), NOW + 5000, VIEW("451 busy") };
static const struct mail_outcome failed = { VIEW("failed"), NOW, VIEW("550 no such user") };

static int64_t queue(struct db *db, int64_t now, struct view to)
{
	const struct mail_row m = { .company_id = DB_INT_NULL, .site_id = DB_INT_NULL,
				    .person_id = DB_INT_NULL, .recipient = to,
				    .recipient_name = VIEW("A"), .language = VIEW("en"),
				    .template = VIEW("activation"), .arguments = VIEW("{\"path\":\"/x\"}") };
	int64_t id = 0;

	assert_int_equal(mail_queue(db, now, &m, &id), 0);
	return id;
}

static struct mail_row claim(struct fixture *f, int64_t now)
{
	struct mail_row m = {};

	assert_int_equal(mail_claim(f->db, now, now + 1000, &f->arena, &m), 0);
	return m;
}

static struct mail_row get(struct fixture *f, int64_t id)
{
	struct mail_row m = {};

	assert_int_equal(mail_get(f->db, id, &f->arena, &m), 0);
	return m;
}

static void a_mail_is_claimed_once_and_in_order(void **state)
{
	struct fixture *f = *state;
	const int64_t second = queue(f->db, NOW + 1, VIEW("b@x")), first = queue(f->db, NOW, VIEW("a@x"));
	struct mail_counts counts;
	struct mail_row m;

	assert_int_equal(mail_claim(f->db, NOW - 1, NOW, &f->arena, &m), -ENOENT);
	assert_int_equal(mail_count(f->db, NOW, &counts), 0);
	assert_int_equal(counts.waiting, 2);
	assert_int_equal(counts.due, 1);
	m = claim(f, NOW + 1);
	assert_int_equal(m.id, first);
	assert_int_equal(m.tries, 1);
	assert_int_equal(m.claimed_until, NOW + 1001);
	assert_string_equal(m.recipient.p, "a@x");
	assert_string_equal(m.arguments.p, "{\"path\":\"/x\"}");
	assert_int_equal(claim(f, NOW + 1).id, second);
	assert_int_equal(mail_count(f->db, NOW + 1, &counts), 0);
	assert_int_equal(counts.due, 0);
	assert_int_equal(mail_claim(f->db, NOW + 1000, NOW + 2000, &f->arena, &m), -ENOENT);
	assert_int_equal(claim(f, NOW + 1001).tries, 2); /* whoever had it is gone */
}

/* Not kept with the mail: it is the one that the site has when the mail is made. */
static void a_mail_knows_the_language_of_its_site(void **state)
{
	struct fixture *f = *state;
	struct site_row site = { .name = VIEW("Elm"),
				 .type = VIEW("residential"),
				 .zone = VIEW("UTC"),
				 .language = VIEW("fr") };
	struct mail_row m = { .company_id = DB_INT_NULL,
			      .person_id = DB_INT_NULL,
			      .recipient = VIEW("a@x"),
			      .recipient_name = VIEW("A"),
			      .language = VIEW("tlh"),
			      .template = VIEW("two_factor_on"),
			      .arguments = VIEW("{}") };
	int64_t id;

	assert_int_equal(company_create(f->db, NOW, VIEW("Acme"), &site.company_id), 0);
	assert_int_equal(site_create(f->db, NOW, &site, &site.id), 0);
	m.site_id = site.id;
	assert_int_equal(mail_queue(f->db, NOW, &m, &id), 0);
	assert_string_equal(claim(f, NOW).site_language.p, "fr");
	site.language = VIEW("de");
	assert_int_equal(site_edit(f->db, NOW, &site), 0);
	assert_string_equal(get(f, id).site_language.p, "de");
	assert_string_equal(get(f, queue(f->db, NOW, VIEW("b@x"))).site_language.p, "");
}

static void a_claim_that_is_over_settles_nothing(void **state)
{
	struct fixture *f = *state;
	const int64_t id = queue(f->db, NOW, VIEW("a@x"));
	const struct mail_row slow = claim(f, NOW), quick = claim(f, NOW + 1000);

	assert_int_equal(mail_settle(f->db, NOW, &slow, &failed), -ENOENT);
	assert_int_equal(mail_settle(f->db, NOW + 1001, &quick, &sent), 0);
	assert_string_equal(get(f, id).state.p, "sent");
	assert_int_equal(get(f, id).done_at, NOW + 1001);
	assert_int_equal(mail_settle(f->db, NOW, &quick, &failed), -ENOENT);
}

static void what_was_sent_keeps_no_secrets(void **state)
{
	struct fixture *f = *state;
	const int64_t id = queue(f->db, NOW, VIEW("a@x"));
	struct mail_row m = claim(f, NOW);

	assert_int_equal(mail_settle(f->db, NOW, &m, &later), 0);
	m = get(f, id);
	assert_string_equal(m.arguments.p, "{\"path\":\"/x\"}");
	assert_string_equal(m.error.p, "451 busy");
	assert_true(m.done_at == DB_INT_NULL && m.claimed_until == 0 && m.due_at == NOW + 5000);
	assert_int_equal(mail_claim(f->db, NOW + 4999, NOW + 9000, &f->arena, &m), -ENOENT);
	m = claim(f, NOW + 5000);
	assert_int_equal(mail_settle(f->db, NOW, &m, &sent), 0);
	assert_string_equal(get(f, id).arguments.p, "{}");
	assert_string_equal(get(f, id).error.p, "");
}

static void the_operator_may_try_again(void **state)
{
	struct fixture *f = *state;
	const int64_t id = queue(f->db, NOW, VIEW("a@x"));
	struct mail_row m = claim(f, NOW);
	int64_t oldest, before, after;

	assert_int_equal(mail_settle(f->db, NOW, &m, &failed), 0);
	assert_int_equal(change_range(f->db, &oldest, &before), 0);
	assert_int_equal(mail_retry(f->db, NOW + 7, id), 0);
	assert_int_equal(change_range(f->db, &oldest, &after), 0);
	assert_int_equal(after, before + 1);
	m = get(f, id);
	assert_string_equal(m.state.p, "waiting");
	assert_true(m.tries == 0 && m.due_at == NOW + 7 && m.requeued_at == NOW + 7);
	assert_true(m.done_at == DB_INT_NULL && m.error.n == 0 && m.created_at == NOW);
	m = claim(f, NOW + 7);
	assert_int_equal(mail_settle(f->db, NOW, &m, &sent), 0);
	assert_int_equal(mail_retry(f->db, NOW, id), -ENOENT); /* its arguments are gone */
	assert_int_equal(mail_retry(f->db, NOW, id + 1), -ENOENT);
}

static void a_former_run_lets_go(void **state)
{
	struct fixture *f = *state;
	const int64_t id = queue(f->db, NOW, VIEW("a@x"));
	struct mail_row m;

	claim(f, NOW);
	assert_int_equal(mail_claim(f->db, NOW, NOW + 1, &f->arena, &m), -ENOENT);
	assert_int_equal(mail_release(f->db), 0);
	assert_int_equal(claim(f, NOW).id, id);
}

static void lists_are_newest_first_by_state(void **state)
{
	struct fixture *f = *state;
	struct mail_row *page, m;
	int64_t before = INT64_MAX, seen = 0;
	size_t n;

	for (int i = 0; i < 25; i++)
		queue(f->db, NOW + i, VIEW("a@x"));
	for (int i = 0; i < 5; i++) {
		m = claim(f, NOW + i);
		assert_int_equal(mail_settle(f->db, NOW, &m, &failed), 0);
	}
	do {
		assert_int_equal(mail_list(f->db, (struct view){}, before, 10, &f->arena, &page, &n), 0);
		for (size_t i = 0; i < n; i++, seen++) {
			assert_true(page[i].id < before);
			before = page[i].id;
		}
	} while (n == 10);
	assert_int_equal(seen, 25);
	assert_int_equal(mail_list(f->db, VIEW("failed"), INT64_MAX, 10, &f->arena, &page, &n), 0);
	assert_int_equal(n, 5);
	assert_string_equal(page[0].error.p, "550 no such user");
	assert_int_equal(mail_list(f->db, VIEW("kept"), INT64_MAX, 10, &f->arena, &page, &n), 0);
	assert_int_equal(n, 0);
}

static size_t found(struct fixture *f, struct view state, struct view recipient)
{
	const struct mail_filter filter = { state, recipient };
	struct mail_row *rows;
	size_t n = 0;

	assert_int_equal(mail_search(f->db, &filter, INT64_MAX, 10, &f->arena, &rows, &n), 0);
	return n;
}

static void an_address_is_found_by_a_part_of_it(void **state)
{
	struct fixture *f = *state;
	static char long_part[MAIL_SEARCH_MAX + 1];
	const struct mail_filter too_long = { .recipient = { long_part, sizeof(long_part) } };
	struct mail_row *rows, m;
	struct mail_tally tally;
	size_t n;

	queue(f->db, NOW, VIEW("Anna_B@example.com"));
	queue(f->db, NOW, VIEW("bob@example.org"));
	queue(f->db, NOW, VIEW("annaxb@example.org"));
	m = claim(f, NOW);
	assert_int_equal(mail_settle(f->db, NOW, &m, &failed), 0);
	assert_int_equal(found(f, (struct view){}, VIEW("aNNa")), 2);
	assert_int_equal(found(f, (struct view){}, VIEW("a_b")), 1);
	assert_int_equal(found(f, (struct view){}, VIEW("%")), 0);
	assert_int_equal(found(f, (struct view){}, VIEW("!")), 0);
	assert_int_equal(found(f, (struct view){}, VIEW("")), 3);
	assert_int_equal(found(f, VIEW("failed"), VIEW("anna_b")), 1);
	assert_int_equal(found(f, VIEW("failed"), VIEW("bob")), 0);
	memset(long_part, 'a', sizeof(long_part));
	assert_int_equal(mail_search(f->db, &too_long, INT64_MAX, 10, &f->arena, &rows, &n),
			 -EMSGSIZE);

	assert_int_equal(mail_tally(f->db, &tally), 0);
	assert_true(tally.waiting == 2 && tally.failed == 1 && tally.sent == 0 && tally.kept == 0);
}

static void only_what_is_done_is_forgotten(void **state)
{
	struct fixture *f = *state;
	const int64_t waits = queue(f->db, NOW + 1, VIEW("a@x")), old = queue(f->db, NOW, VIEW("a@x"));
	struct mail_row m = claim(f, NOW);
	int64_t removed = 0;

	assert_int_equal(m.id, old);
	assert_int_equal(mail_settle(f->db, NOW, &m, &sent), 0);
	assert_int_equal(mail_expire(f->db, NOW, &removed), 0);
	assert_int_equal(removed, 0);
	assert_int_equal(mail_expire(f->db, INT64_MAX, &removed), 0);
	assert_int_equal(removed, 1);
	assert_int_equal(mail_get(f->db, old, &f->arena, &m), -ENOENT);
	assert_int_equal(get(f, waits).id, waits);
}

struct node {
	const char *url;
	pthread_t thread;
	int64_t got[MANY];
	size_t n;
	int rc;
};

/* Until there is nothing left: another node may be quicker, which is no end. */
static void *node_main(void *arg)
{
	struct node *node = arg;
	struct mail_counts counts = { .due = 1 };
	struct db *db;

	node->rc = store_open(node->url, NULL, &db);
	while (node->rc == 0 && counts.due > 0) {
		struct arena arena = ARENA_INIT(1 << 16);
		struct mail_row m;

		node->rc = mail_claim(db, NOW, NOW + 1000, &arena, &m);
		if (node->rc == 0 && node->n < MANY)
			node->got[node->n++] = m.id;
		arena_free(&arena);
		if (node->rc == -ENOENT || node->rc == -EBUSY)
			node->rc = 0;
		if (node->rc == 0)
			node->rc = mail_count(db, NOW, &counts);
	}
	db_close(db);
	return NULL;
}

static void nodes_share_the_mail_without_sending_twice(void **state)
{
	static struct node nodes[NODES];
	struct fixture *f = *state;
	bool seen[MANY + 1] = {};
	size_t total = 0;

	memset(nodes, 0, sizeof(nodes));
	for (int i = 0; i < MANY; i++)
		assert_in_range(queue(f->db, NOW, VIEW("a@x")), 1, MANY);
	for (int i = 0; i < NODES; i++) {
		nodes[i].url = f->url;
		assert_int_equal(pthread_create(&nodes[i].thread, NULL, node_main, &nodes[i]), 0);
	}
	for (int i = 0; i < NODES; i++) {
		pthread_join(nodes[i].thread, NULL);
		assert_int_equal(nodes[i].rc, 0);
		for (size_t k = 0; k < nodes[i].n; k++, total++) {
			assert_false(seen[nodes[i].got[k]]);
			seen[nodes[i].got[k]] = true;
		}
	}
	assert_int_equal(total, MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_mail_is_claimed_once_and_in_order),
		ON_BOTH(a_mail_knows_the_language_of_its_site),
		ON_BOTH(a_claim_that_is_over_settles_nothing),
		ON_BOTH(what_was_sent_keeps_no_secrets),
		ON_BOTH(the_operator_may_try_again),
		ON_BOTH(a_former_run_lets_go),
		ON_BOTH(lists_are_newest_first_by_state),
		ON_BOTH(an_address_is_found_by_a_part_of_it),
		ON_BOTH(only_what_is_done_is_forgotten),
		ON_BOTH(nodes_share_the_mail_without_sending_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
