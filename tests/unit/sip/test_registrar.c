#include "sip/registrar.h"
#include "digest.h"

#define USER UINT64_C(1000000002)

enum { MANY = 100000, TOUCHED_PER_STEP = 4 };

static struct {
	struct clock_virtual clock;
	struct timers timers;
	struct registrar *r;
	struct flow flow;
	struct buf headers;
	size_t bounds, bound_n, kept, refreshed;
	uint64_t bound_user;
} t;

static void on_keep(void *, const struct sip_binding *b)
{
	t.kept += strcmp(b->contact, "sip:a@10.0.0.9") == 0;
	assert_string_not_equal(b->contact, "sip:a@198.51.100.7");
}

static void on_refresh(void *, const struct sip_binding *b)
{
	t.refreshed++;
	assert_true(b->push && b->user == USER);
}

static void on_bound(void *, uint64_t user, const struct sip_binding *, size_t n)
{
	t.bounds++;
	t.bound_user = user;
	t.bound_n = n;
}

static const char *push_providers; /* of the next registrar */

static int setup(void **)
{
	memset(&t, 0, sizeof(t));
	clock_virtual_init(&t.clock, 1700000000000);
	timers_init(&t.timers, &t.clock.clock);
	t.headers = BUF_INIT(16384);
	assert_int_equal(addr_parse("198.51.100.7:40000", &t.flow.peer), 0);
	return registrar_new(&(struct registrar_conf){ &t.timers, on_bound, on_keep, NULL, push_providers, on_refresh }, &t.r);
}

static int setup_push(void **state)
{
	int rc;

	push_providers = "apns fcm";
	rc = setup(state);
	push_providers = NULL;
	return rc;
}

static int teardown(void **)
{
	registrar_free(t.r);
	timers_free(&t.timers);
	buf_free(&t.headers);
	return 0;
}

static unsigned ask(uint64_t user, const char *call_id, unsigned cseq, const char *lines, bool repeat)
{
	char text[16384];
	struct sip_msg *msg;
	unsigned code;

	snprintf(text, sizeof(text),
		 "REGISTER sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nCall-ID: %s\r\n"
		 "CSeq: %u REGISTER\r\n%s\r\n",
		 call_id, cseq, lines);
	msg = msg_of(text);
	buf_reset(&t.headers);
	code = registrar_register(t.r, msg, &t.flow, user, repeat, &t.headers).code;
	mem_deref(msg);
	return code;
}

static unsigned reg(unsigned cseq, const char *lines)
{
	return ask(USER, "c", cseq, lines, false);
}

static void said(const char *part)
{
	const char *text = buf_cstr(&t.headers);

	if (!strstr(text, part))
		fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

static size_t bindings(void)
{
	const struct binding_set *set = registrar_find(t.r, USER);

	return set ? set->n : 0;
}

static void several_contacts_and_their_ends(void **)
{
	assert_int_equal(reg(1, "Contact: <sip:a@h>;expires=60, <sip:b@h>\r\nm: <sip:c@h>\r\n"
				"Expires: 120\r\n"),
			 200);
	said("Contact: <sip:a@h>;expires=60\r\n");
	said("Contact: <sip:b@h>;expires=120\r\n");
	said("Contact: <sip:c@h>;expires=120\r\n");
	assert_int_equal(t.bounds, 1);
	assert_int_equal(t.bound_n, 3);
	clock_virtual_advance(&t.clock, 60 * INT64_C(1000000));
	timers_run(&t.timers);
	assert_int_equal(t.bounds, 2);
	assert_int_equal(t.bound_n, 2);
	assert_int_equal(reg(2, ""), 200); /* only asks */
	said("Contact: <sip:b@h>;expires=60\r\n");
	assert_int_equal(t.bounds, 2);
	clock_virtual_advance(&t.clock, 60 * INT64_C(1000000));
	timers_run(&t.timers);
	assert_int_equal(t.bound_n, 0);
	assert_int_equal(registrar_stats(t.r).devices, 0);
	assert_int_equal(t.timers.count, 0);
}

static void how_long_is_limited(void **)
{
	assert_int_equal(reg(1, "Contact: <sip:a@h>;expires=29\r\n"), 423);
	said("Min-Expires: 30\r\n");
	assert_int_equal(reg(1, "Contact: <sip:a@h>;expires=30\r\n"), 200);
	assert_int_equal(reg(2, "Contact: <sip:a@h>;expires=86400\r\n"), 200);
	said(";expires=3600\r\n");
	assert_int_equal(reg(3, "Contact: <sip:a@h>\r\nExpires: 4294967296\r\n"), 200);
	said(";expires=3600\r\n");
	assert_int_equal(reg(4, "Contact: <sip:a@h>\r\nExpires: tomorrow\r\n"), 200);
	said(";expires=300\r\n");
}

static void all_or_nothing(void **)
{
	assert_int_equal(reg(1, "Contact: <sip:a@h>, <sip:b@h>\r\n"), 200);
	assert_int_equal(reg(2, "Contact: <sip:c@h>, <sip:a@h>;expires=0, <sip:b@h>;expires=5\r\n"),
			 423);
	assert_int_equal(bindings(), 2);
	assert_int_equal(reg(2, "Contact: <sip:c@h>, <tel:1>\r\n"), 400);
	assert_int_equal(reg(1, "Contact: <sip:c@h>, <sip:a@h>\r\n"), 500);
	assert_int_equal(bindings(), 2);
	assert_int_equal(t.bounds, 1);
	assert_int_equal(reg(2, "Contact: <sip:c@h>, <sip:a@h>;expires=0\r\n"), 200);
	assert_int_equal(bindings(), 2);
}

static void the_star_removes_all(void **)
{
	assert_int_equal(reg(1, "Contact: <sip:a@h>, <sip:b@h>\r\n"), 200);
	assert_int_equal(reg(2, "Contact: *\r\n"), 400);
	assert_int_equal(reg(2, "Contact: *\r\nExpires: 60\r\n"), 400);
	assert_int_equal(reg(2, "Contact: *, <sip:c@h>\r\nExpires: 0\r\n"), 400);
	assert_int_equal(reg(1, "Contact: *\r\nExpires: 0\r\n"), 500);
	assert_int_equal(bindings(), 2);
	assert_int_equal(reg(2, "Contact: *\r\nExpires: 0\r\n"), 200);
	assert_int_equal(bindings(), 0);
	assert_int_equal(t.bounds, 2);
	assert_int_equal(t.bound_n, 0);
	assert_int_equal(reg(3, "Contact: *\r\nExpires: 0\r\n"), 200);
}

static void too_many_contacts_are_refused(void **)
{
	assert_int_equal(reg(1, "Contact: <sip:1@h>, <sip:2@h>, <sip:3@h>, <sip:4@h>, <sip:5@h>, "
				"<sip:6@h>, <sip:7@h>, <sip:8@h>, <sip:9@h>\r\n"),
			 403);
	assert_int_equal(bindings(), 0);
	assert_int_equal(registrar_stats(t.r).devices, 0);
}

static void a_repetition_says_the_same_and_changes_nothing(void **)
{
	assert_int_equal(reg(1, "Contact: <sip:a@h>\r\n"), 200);
	assert_int_equal(ask(USER, "c", 1, "Contact: <sip:a@h>\r\n", true), 200);
	said("Contact: <sip:a@h>;expires=300\r\n");
	assert_int_equal(ask(USER, "c", 2, "Contact: <sip:x@h>\r\n", true), 200);
	assert_int_equal(bindings(), 1);
	assert_int_equal(ask(USER, "c", 2, "Contact: <sip:x@h>;expires=1\r\n", true), 423);
	assert_int_equal(t.bounds, 1);
}

static void long_names_are_refused_not_cut(void **)
{
	char call_id[200];

	memset(call_id, 'c', sizeof(call_id));
	call_id[128] = '\0';
	assert_int_equal(ask(USER, call_id, 1, "Contact: <sip:a@h>\r\n", false), 400);
	call_id[127] = '\0';
	assert_int_equal(ask(USER, call_id, 1, "Contact: <sip:a@h>\r\n", false), 200);
}

/* The clock of the wall is put forward: bindings end when it says so, not before. */
static void the_walls_clock_rules(void **)
{
	assert_int_equal(reg(1, "Contact: <sip:a@h>\r\n"), 200);
	t.clock.epoch_ms -= 100000;
	clock_virtual_advance(&t.clock, 300 * INT64_C(1000000));
	timers_run(&t.timers);
	assert_int_equal(bindings(), 1);
	clock_virtual_advance(&t.clock, 100 * INT64_C(1000000));
	timers_run(&t.timers);
	assert_int_equal(bindings(), 0);
}

/* Turns the timers to each of their times. */
static void pass_s(int64_t seconds)
{
	for (int64_t i = 0; i < seconds * 10; i++) {
		clock_virtual_advance(&t.clock, 100000);
		timers_run(&t.timers);
	}
}

static void a_device_behind_a_nat_is_asked_to_say_something(void **)
{
	assert_int_equal(reg(1, "Contact: <sip:a@198.51.100.7>;expires=100\r\n"), 200);
	pass_s(99);
	assert_int_equal(t.kept, 0);
	assert_int_equal(reg(2, "Contact: <sip:a@10.0.0.9>;expires=200, "
				"<sip:a@198.51.100.7>;expires=200\r\n"),
			 200);
	pass_s(100);
	assert_int_equal(t.kept, 4);
	assert_int_equal(reg(3, "Contact: <sip:a@10.0.0.9>;expires=200\r\n"), 200);
	pass_s(100);
	assert_int_equal(t.kept, 8); /* in the same step */
	assert_int_equal(reg(4, "Contact: <sip:a@10.0.0.9>;expires=0\r\n"), 200);
	pass_s(100);
	assert_int_equal(t.kept, 8);
	t.flow.transport = FLOW_TCP;
	assert_int_equal(reg(5, "Contact: <sip:a@10.0.0.9>;expires=100\r\n"), 200);
	pass_s(99);
	assert_int_equal(t.kept, 8);
}

#define INSTANCE(n) ";+sip.instance=\"<urn:uuid:" n ">\""

/* RFC 5626 section 6: the connection ends with us. */
static void flows_of_an_instance_replace_each_other(void **)
{
	const struct binding_set *set;

	assert_int_equal(ask(USER, "c1", 1, "Supported: path, outbound\r\n"
			     "Contact: <sip:a@10.0.0.1>" INSTANCE("i") ";reg-id=1\r\n", false), 200);
	said("Contact: <sip:a@10.0.0.1>;expires=300;+sip.instance=\"<urn:uuid:i>\";reg-id=1\r\n");
	said("Require: outbound\r\n");
	said("Supported: path, outbound\r\n");
	assert_int_equal(ask(USER, "c2", 1, "Supported: outbound\r\n"
			     "Contact: <sip:a@10.0.0.1>" INSTANCE("i") ";reg-id=2\r\n", false), 200);
	assert_int_equal(bindings(), 2);
	assert_int_equal(ask(USER, "c3", 1, "Supported: outbound\r\n" /* it came back elsewhere */
			     "Contact: <sip:a@10.0.0.7>" INSTANCE("i") ";reg-id=1\r\n", false), 200);
	assert_int_equal(bindings(), 2);
	set = registrar_find(t.r, USER);
	assert_string_equal(set->items[1].contact, "sip:a@10.0.0.7");
	assert_string_equal(set->items[1].instance, "<urn:uuid:i>");
	assert_int_equal(ask(USER, "c2", 2, "Supported: outbound\r\n"
			     "Contact: <sip:a@10.0.0.1>" INSTANCE("i") ";reg-id=2;expires=0\r\n",
			     false), 200);
	assert_int_equal(bindings(), 1);
	assert_int_equal(ask(USER, "c4", 1, "Supported: outbound\r\n"
			     "Contact: <sip:a@h>" INSTANCE("i") ";reg-id=3, "
			     "<sip:a@h>" INSTANCE("i") ";reg-id=4\r\n", false), 400);
	assert_int_equal(bindings(), 1);
}

static void outbound_is_agreed_on_only_where_it_works(void **)
{
	static const char contact[] = "Contact: <sip:a@h>" INSTANCE("i") ";reg-id=1\r\n";
	char lines[512];

	assert_int_equal(reg(1, contact), 200); /* not asked for */
	assert_null(strstr(buf_cstr(&t.headers), "Require:"));
	assert_int_equal(registrar_find(t.r, USER)->items[0].reg_id, 0);
	snprintf(lines, sizeof(lines), "Via: SIP/2.0/TLS h2;branch=z9hG4bK2\r\n"
		 "Supported: outbound\r\nPath: <sip:p1;lr>\r\n%s", contact);
	assert_int_equal(reg(2, lines), 439);
	snprintf(lines, sizeof(lines), "Via: SIP/2.0/TLS h2;branch=z9hG4bK2\r\n"
		 "Supported: outbound\r\nPath: <sip:p2;lr>, <sip:token@p1;lr;ob>\r\n%s", contact);
	assert_int_equal(reg(3, lines), 200);
	said("Require: outbound\r\n");
}

/* RFC 3327. */
static void the_path_is_kept_and_told(void **)
{
	char lines[BINDING_PATH_MAX + 128];

	assert_int_equal(reg(1, "Path: <sip:p2;lr>,<sip:p1;lr>\r\nContact: <sip:a@10.0.0.9>\r\n"
				"Path: <sip:p0;lr>\r\n"), 200);
	said("Path: <sip:p2;lr>, <sip:p1;lr>, <sip:p0;lr>\r\n");
	assert_string_equal(registrar_find(t.r, USER)->items[0].path,
			    "<sip:p2;lr>, <sip:p1;lr>, <sip:p0;lr>");
	pass_s(60);
	assert_int_equal(t.kept, 0); /* the proxy does */
	snprintf(lines, sizeof(lines), "Path: <sip:%0*d>\r\nContact: <sip:b@h>\r\n",
		 BINDING_PATH_MAX, 0);
	assert_int_equal(reg(2, lines), 400);
	assert_int_equal(reg(3, "Path: nowhere\r\nContact: <sip:b@h>\r\n"), 400);
	assert_int_equal(bindings(), 1);
	assert_int_equal(reg(4, "Contact: <sip:a@10.0.0.9>\r\n"), 200); /* it moved out of there */
	assert_string_equal(registrar_find(t.r, USER)->items[0].path, "");
}

#define PUSH(provider) ";pn-provider=" provider ";pn-prid=token;pn-param=app"

static bool says(const char *part)
{
	return strstr(buf_cstr(&t.headers), part) != NULL;
}

static void a_phone_hears_whether_it_can_be_woken(void **)
{
	assert_int_equal(ask(USER, "c1", 1, "Contact: <sip:a@h" PUSH("APNS") ">\r\n", false), 200);
	said("Feature-Caps: *;+sip.pns=\"apns\"\r\n");
	assert_false(says("fcm"));
	assert_int_equal(ask(USER, "c1", 2, "Contact: <sip:b@h" PUSH("other") ">\r\n", false), 555);
	assert_int_equal(registrar_find(t.r, USER)->n, 1);
	assert_int_equal(ask(USER, "c2", 1, "Contact: <sip:c@h;pn-provider>\r\n", false), 200);
	said("Feature-Caps: *;+sip.pns=\"apns\"\r\n");
	said("Feature-Caps: *;+sip.pns=\"fcm\"\r\n");
	assert_int_equal(ask(USER, "c2", 2, "Contact: <sip:c@h" PUSH("fcm") ">;expires=0\r\n", false), 200);
	assert_false(says("Feature-Caps"));
	assert_int_equal(ask(USER, "c3", 1, "Contact: <sip:d@h>\r\n", false), 200);
	assert_false(says("Feature-Caps"));
}

static void without_a_gateway_nothing_is_said_of_waking(void **)
{
	assert_int_equal(ask(USER, "c1", 1, "Contact: <sip:a@h" PUSH("other") ">;expires=99999\r\n",
			     false),
			 200);
	assert_false(says("Feature-Caps"));
	said(";expires=3600");
}

static void a_phone_that_sleeps_is_woken_to_come_again(void **)
{
	assert_int_equal(ask(USER, "c1", 1, "Contact: <sip:a@h" PUSH("apns") ">;expires=9999999\r\n",
			     false),
			 200);
	said(";expires=604800");
	assert_int_equal(ask(USER, "c1", 2, "Contact: <sip:a@h" PUSH("apns") ">;expires=600\r\n", false),
			 200);
	pass_s(470);
	assert_int_equal(t.refreshed, 0);
	pass_s(20);
	assert_int_equal(t.refreshed, 1);
	pass_s(100);
	assert_int_equal(t.refreshed, 1); /* once */
	assert_int_equal(ask(USER, "c1", 3, "Contact: <sip:a@h" PUSH("apns") ">;expires=600\r\n", false),
			 200);
	pass_s(500);
	assert_int_equal(t.refreshed, 2);
	pass_s(200);
	assert_null(registrar_find(t.r, USER));
}

static void register_many(unsigned cseq)
{
	const struct binding_set *set;

	for (uint64_t i = 0; i < MANY; i++) {
		assert_int_equal(ask(USER + i, "c", cseq, "Contact: <sip:a@198.51.100.7>\r\n", false),
				 200);
		clock_virtual_advance(&t.clock, 1000);
		timers_run(&t.timers);
	}
	for (uint64_t i = 0; i < MANY; i++) {
		set = registrar_find(t.r, USER + i);
		assert_true(set && set->n == 1);
	}
}

/* The work per step stays the same however many there are: it is counted, not timed. */
static void a_hundred_thousand_cost_a_hundred_thousand_times_one(void **)
{
	uint64_t touched;

	register_many(1);
	touched = registrar_stats(t.r).touched;
	assert_int_equal(registrar_stats(t.r).devices, MANY);
	assert_int_equal(t.timers.count, MANY);
	assert_true(touched <= MANY * TOUCHED_PER_STEP);
	register_many(2);
	assert_true(registrar_stats(t.r).touched - touched <= MANY * TOUCHED_PER_STEP);
	touched = registrar_stats(t.r).touched;
	t.bounds = 0;
	for (int i = 0; i < 400; i++) {
		clock_virtual_advance(&t.clock, 1000000);
		timers_run(&t.timers);
	}
	assert_int_equal(t.bounds, MANY);
	assert_int_equal(registrar_stats(t.r).devices, 0);
	assert_int_equal(registrar_stats(t.r).bindings, 0);
	assert_true(registrar_stats(t.r).touched - touched <= MANY * TOUCHED_PER_STEP);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_PUSH(name) cmocka_unit_test_setup_teardown(name, setup_push, teardown)
	const struct CMUnitTest tests[] = {
		TEST(several_contacts_and_their_ends),
		TEST(how_long_is_limited),
		TEST(all_or_nothing),
		TEST(the_star_removes_all),
		TEST(too_many_contacts_are_refused),
		TEST(a_repetition_says_the_same_and_changes_nothing),
		TEST(long_names_are_refused_not_cut),
		TEST(the_walls_clock_rules),
		TEST(a_device_behind_a_nat_is_asked_to_say_something),
		TEST(flows_of_an_instance_replace_each_other),
		TEST(outbound_is_agreed_on_only_where_it_works),
		TEST(the_path_is_kept_and_told),
		TEST(without_a_gateway_nothing_is_said_of_waking),
		TEST_PUSH(a_phone_hears_whether_it_can_be_woken),
		TEST_PUSH(a_phone_that_sleeps_is_woken_to_come_again),
		TEST(a_hundred_thousand_cost_a_hundred_thousand_times_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
