/* What a Contact says of push services. */
#include "proto/sip_push.h"
#include "../test.h"

#include "base/mem.h"

static struct sip_push read_from(const char *uri)
{
	struct sip_push push = {};

	assert_true(sip_push_read(view_str(uri), &push));
	return push;
}

static void the_parameters_are_found(void **)
{
	const struct sip_push p =
		read_from("sip:alice@h.example:5060;transport=tcp;pn-provider=apns;PN-PRID=a%3Ab;"
			  "pn-param=DEF123.app;x?pn-prid=other");

	assert_true(view_eq(p.provider, VIEW("apns")) && view_eq(p.prid, VIEW("a%3Ab")));
	assert_true(view_eq(p.param, VIEW("DEF123.app")) && sip_push_is_whole(&p));
}

static void asking_and_half_of_it_is_not_whole(void **)
{
	const struct sip_push asks = read_from("sip:a@h;pn-provider"),
			      half = read_from("sip:a@h;pn-provider=fcm;pn-prid=");

	assert_true(asks.provider.n == 0 && !sip_push_is_whole(&asks));
	assert_true(half.provider.n == 3 && !sip_push_is_whole(&half));
}

static void other_contacts_ask_for_nothing(void **)
{
	static const char *const others[] = {
		"",
		"sip:a@h",
		"sip:a@h;pn-prid=x",
		"sip:pn-provider=apns@h",
		"sip:a;pn-provider=apns@h", /* a user's, not the URI's */
		"sip:a@h?pn-provider=apns",
		"sip:a@h;pn-provider=apns;pn-provider=fcm",
	};
	struct sip_push push;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (sip_push_read(view_str(others[i]), &push))
			fail_msg("%s", others[i]);
}

static void providers_are_words_of_a_list(void **)
{
	assert_true(sip_push_is_among(VIEW("FCM"), "apns fcm"));
	assert_true(sip_push_is_among(VIEW("apns"), " apns  fcm "));
	assert_false(sip_push_is_among(VIEW("apn"), "apns fcm"));
	assert_false(sip_push_is_among(VIEW(""), "apns  fcm"));
	assert_false(sip_push_is_among(VIEW("x"), NULL));
}

static void escapes_become_what_they_stand_for(void **)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(64);

	sip_push_plain(VIEW("a%3ab%2F%zz%4"), &out);
	assert_string_equal(buf_cstr(&out), "a:b/%zz%4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parameters_are_found),
		cmocka_unit_test(asking_and_half_of_it_is_not_whole),
		cmocka_unit_test(other_contacts_ask_for_nothing),
		cmocka_unit_test(providers_are_words_of_a_list),
		cmocka_unit_test(escapes_become_what_they_stand_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
