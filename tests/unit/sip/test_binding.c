#include "sip/binding.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>

static void contacts_are_read(void **)
{
	struct contact c;

	assert_int_equal(contact_read(VIEW("\"P\" <sip:p@h:5070;transport=tcp>;expires=60;q=0.25"), &c),
			 0);
	assert_true(view_eq(c.uri, VIEW("sip:p@h:5070;transport=tcp")));
	assert_true(c.has_expires);
	assert_int_equal(c.expires_s, 60);
	assert_int_equal(c.q, 250);
	assert_int_equal(contact_read(VIEW("sip:p@h;expires=7"), &c), 0); /* a header parameter */
	assert_true(view_eq(c.uri, VIEW("sip:p@h")));
	assert_int_equal(c.expires_s, 7);
	assert_int_equal(c.q, 1000);
	assert_int_equal(contact_read(VIEW("<sip:p@h>;expires=soon;q=1.000"), &c), 0);
	assert_false(c.has_expires);
	assert_int_equal(contact_read(VIEW("<sip:p@h>;expires=99999999999"), &c), 0);
	assert_int_equal(c.expires_s, UINT32_MAX);
	assert_int_equal(contact_read(VIEW("<sip:p@h>;q=0"), &c), 0);
	assert_int_equal(c.q, 0);
}

static void what_cannot_be_called_is_no_contact(void **)
{
	char longest[BINDING_CONTACT_MAX + 16];
	struct contact c;

	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "<sip:", 5);
	longest[BINDING_CONTACT_MAX + 1] = '>';
	assert_int_equal(contact_read((struct view){ longest, BINDING_CONTACT_MAX + 2 }, &c),
			 -EBADMSG);
	longest[BINDING_CONTACT_MAX] = '>';
	assert_int_equal(contact_read((struct view){ longest, BINDING_CONTACT_MAX + 1 }, &c), 0);
	assert_int_equal(contact_read(VIEW(""), &c), -EBADMSG);
	assert_int_equal(contact_read(VIEW("<>"), &c), -EBADMSG);
	assert_int_equal(contact_read(VIEW("<tel:+123>"), &c), -EBADMSG);
	assert_int_equal(contact_read(VIEW("<sips:p@h>"), &c), 0);
	assert_true(c.secure);
	assert_int_equal(contact_read(VIEW("<sip:p@h\r\n x>"), &c), -EBADMSG);
	assert_int_equal(contact_read(VIEW("<sip:p q@h>"), &c), -EBADMSG);
}

static void the_host_of_a_contact_is_found(void **)
{
	static const struct {
		const char *uri, *host;
	} cases[] = {
		{ "sip:192.0.2.1", "192.0.2.1" },
		{ "sip:a@192.0.2.1", "192.0.2.1" },
		{ "sip:a;x=1?y:secret@192.0.2.1:5060;transport=udp", "192.0.2.1" },
		{ "sip:a@host;x=:5?h=1", "host" },
		{ "sip:host?subject=a:b", "host" },
		{ "sip:a@[2001:db8::1]:5060;ob", "2001:db8::1" },
		{ "sip:[::1]", "::1" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_true(view_eq(contact_host(view_str(cases[i].uri)), view_str(cases[i].host)));
}

static bool same(const char *a, const char *b)
{
	const bool forth = contact_same(view_str(a), view_str(b));

	assert_int_equal(forth, contact_same(view_str(b), view_str(a)));
	return forth;
}

/* RFC 3261 section 19.1.4's own examples, as far as they are ours. */
static void uris_compare_as_the_rfc_says(void **)
{
	assert_true(same("sip:alice@AtLanTa.CoM;Transport=tcp", "sip:alice@atlanta.com;transport=TCP"));
	assert_true(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
	assert_true(same("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"));
	assert_true(same("sip:a@h;x=1;transport=udp", "sip:a@h;transport=udp;x=1"));
	assert_false(same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
	assert_false(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
	assert_false(same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
	assert_false(same("sip:bob@biloxi.com;transport=udp", "sip:bob@biloxi.com;transport=tcp"));
	assert_false(same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
	assert_false(same("sip:a@h", "sip:b@h"));
	assert_false(same("sip:a@h", "not a uri"));
}

static struct sip_binding binding(const char *contact, const char *call_id, uint32_t cseq,
				  int64_t expires_at)
{
	struct sip_binding b = { .user = 1, .cseq = cseq, .q = 1000, .expires_at = expires_at };

	snprintf(b.contact, sizeof(b.contact), "%s", contact);
	snprintf(b.call_id, sizeof(b.call_id), "%s", call_id);
	return b;
}

static int put(struct binding_update *u, const char *contact, const char *call_id, uint32_t cseq,
	       int64_t expires_at)
{
	const struct sip_binding b = binding(contact, call_id, cseq, expires_at);

	return binding_put(u, &b);
}

static int take(struct binding_update *u, const char *contact, uint32_t cseq)
{
	const struct sip_binding b = binding(contact, "c", cseq, 0);

	return binding_remove(u, &b);
}

static void instances_and_flows_are_read(void **)
{
	static const char urn[] = "<urn:uuid:00000000-0000-1000-8000-000a95a0e128>";
	struct contact c;
	char text[256];

	snprintf(text, sizeof(text), "<sip:p@h>;+sip.instance=\"%s\";reg-id=3;q=0.5", urn);
	assert_int_equal(contact_read(view_str(text), &c), 0);
	assert_true(view_eq(c.instance, view_str(urn)));
	assert_int_equal(c.reg_id, 3);
	assert_int_equal(c.q, 500);
	assert_int_equal(contact_read(VIEW("<sip:p@h>;+sip.instance=<urn:x>;reg-id=x"), &c), 0);
	assert_int_equal(c.instance.n, 0); /* no quotes, no number */
	assert_int_equal(c.reg_id, 0);
	snprintf(text, sizeof(text), "<sip:p@h>;+sip.instance=\"%0*d\"", BINDING_INSTANCE_MAX, 0);
	assert_int_equal(contact_read(view_str(text), &c), 0);
	assert_int_equal(c.instance.n, 0);
}

static int put_flow(struct binding_update *u, const char *contact, const char *instance,
		    uint32_t reg_id)
{
	struct sip_binding b = binding(contact, contact, 1, 100);

	snprintf(b.instance, sizeof(b.instance), "%s", instance);
	b.reg_id = reg_id;
	return binding_put(u, &b);
}

/* RFC 5626 section 6. */
static void a_flow_replaces_the_one_of_its_number(void **)
{
	struct binding_set set = {};
	struct binding_update u;

	binding_begin(&u, &set);
	assert_int_equal(put_flow(&u, "sip:p@1", "i", 1), 0);
	assert_int_equal(put_flow(&u, "sip:p@1", "i", 2), 0); /* the same Contact */
	assert_int_equal(put_flow(&u, "sip:p@1", "j", 1), 0); /* another phone */
	assert_int_equal(put(&u, "sip:p@1", "c", 1, 100), 0); /* one without flows */
	assert_int_equal(u.n, 4);
	assert_int_equal(put_flow(&u, "sip:p@9", "i", 1), 0);
	assert_int_equal(u.n, 4);
	assert_string_equal(u.items[3].contact, "sip:p@9");
	assert_int_equal(take(&u, "sip:p@1", 2), 0);
	assert_int_equal(u.n, 3);
	assert_int_equal(u.items[2].reg_id, 1);
}

static void an_update_counts_when_it_is_committed(void **)
{
	struct binding_set set = {};
	struct binding_update u;

	binding_begin(&u, &set);
	assert_int_equal(put(&u, "sip:a@h", "c", 1, 100), 0);
	assert_int_equal(put(&u, "sip:b@h", "c", 1, 200), 0);
	assert_int_equal(set.n, 0);
	assert_int_equal(binding_commit(&u), 0);
	assert_int_equal(set.n, 2);

	binding_begin(&u, &set); /* rolled back */
	assert_int_equal(take(&u, "sip:a@h", 2), 0);
	assert_int_equal(put(&u, "sip:c@h", "c", 2, 100), 0);
	assert_int_equal(set.n, 2);
	assert_string_equal(set.items[0].contact, "sip:a@h");

	binding_begin(&u, &set);
	assert_int_equal(take(&u, "sip:A@h", 2), 0); /* another one */
	assert_int_equal(take(&u, "sip:a@H", 2), 0);
	assert_int_equal(binding_commit(&u), 0);
	assert_int_equal(set.n, 1);
	assert_string_equal(set.items[0].contact, "sip:b@h");
	binding_set_free(&set);
}

static void an_older_request_changes_nothing(void **)
{
	struct binding_set set = {};
	struct binding_update u;

	binding_begin(&u, &set);
	assert_int_equal(put(&u, "sip:a@h", "c", 5, 100), 0);
	assert_int_equal(binding_commit(&u), 0);
	binding_begin(&u, &set);
	assert_int_equal(put(&u, "sip:a@h", "c", 5, 100), -ESTALE);
	assert_int_equal(put(&u, "sip:a@h", "c", 4, 100), -ESTALE);
	assert_int_equal(take(&u, "sip:a@h", 5), -ESTALE);
	assert_int_equal(binding_remove_all(&u, VIEW("c"), 5), -ESTALE);
	assert_int_equal(put(&u, "sip:a@h", "after a restart", 1, 100), 0);
	assert_int_equal(put(&u, "sip:a@h", "after a restart", 1, 300), 0); /* twice in one */
	assert_int_equal(u.n, 1);
	assert_int_equal(binding_remove_all(&u, VIEW("c"), 6), 0);
	assert_int_equal(binding_commit(&u), 0);
	assert_int_equal(set.n, 0);
	binding_set_free(&set);
}

static void a_full_set_loses_what_ends_first(void **)
{
	struct binding_set set = {};
	struct binding_update u;
	char contact[32];

	binding_begin(&u, &set);
	for (int i = 0; i < BINDINGS_PER_DEVICE_MAX; i++) {
		snprintf(contact, sizeof(contact), "sip:%d@h", i);
		assert_int_equal(put(&u, contact, "c", 1, i == 3 ? 50 : 100 + i), 0);
	}
	assert_int_equal(put(&u, "sip:more@h", "c", 1, 999), -ENOSPC); /* too many in one request */
	assert_int_equal(binding_commit(&u), 0);
	binding_begin(&u, &set);
	assert_int_equal(put(&u, "sip:more@h", "c", 2, 999), 0);
	assert_int_equal(binding_commit(&u), 0);
	assert_int_equal(set.n, BINDINGS_PER_DEVICE_MAX);
	for (size_t i = 0; i < set.n; i++)
		assert_string_not_equal(set.items[i].contact, "sip:3@h");
	binding_begin(&u, &set);
	assert_int_equal(binding_expire(&u, 101), 2); /* 100 and 101 */
	assert_int_equal(u.n, BINDINGS_PER_DEVICE_MAX - 2);
	binding_set_free(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contacts_are_read),
		cmocka_unit_test(what_cannot_be_called_is_no_contact),
		cmocka_unit_test(the_host_of_a_contact_is_found),
		cmocka_unit_test(uris_compare_as_the_rfc_says),
		cmocka_unit_test(instances_and_flows_are_read),
		cmocka_unit_test(a_flow_replaces_the_one_of_its_number),
		cmocka_unit_test(an_update_counts_when_it_is_committed),
		cmocka_unit_test(an_older_request_changes_nothing),
		cmocka_unit_test(a_full_set_loses_what_ends_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
