#include "fixture.h"

#include "api/limits.h"
#include "store/audit.h"
#include "store/call.h"
#include "store/change.h"
#include "store/device.h"
#include "store/mail.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SITE(name) "{\"name\":\"" name "\",\"type\":\"residential\",\"zone\":\"UTC\",\"language\":\"en\"}"
#define INTERCOM(name) "{\"name\":\"" name "\",\"kind\":\"intercom\"}"
#define PHONE(name) phone_at(f, f->home, name)
#define APARTMENT(number) "{\"number\":\"" number "\"}"
static const enum role ADMIN = ROLE_COMPANY_ADMIN;

/* A path below the site `own`. */
static const char *own(struct fixture *f, const char *rest)
{
	return fixture_path(f, "/sites/%lld%s", (long long)f->own, rest);
}

static const char *phone_at(struct fixture *f, int64_t apartment, const char *name)
{
	return fixture_path(f, "{\"name\":\"%s\",\"kind\":\"phone\",\"apartment_id\":\"%lld\"}", name,
			    (long long)apartment);
}

/* Makes a thing and returns its id. */
static const char *make(struct fixture *f, const char *path, const char *body)
{
	assert_status(f, 201, ADMIN, "POST", path, body);
	return fixture_get(f, "id");
}

static const char *device_make(struct fixture *f, const char *body)
{
	return make(f, own(f, "/devices"), body);
}

static void a_site_lives(void **state)
{
	struct fixture *f = *state;
	const char *path = fixture_path(f, "/sites/%s", make(f, "/sites", SITE("  New ")));

	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_string_equal(fixture_get(f, "name"), "New");
	assert_status(f, 200, ADMIN, "PUT", path, SITE("Newer"));
	assert_string_equal(fixture_get(f, "name"), "Newer");
	assert_problem(f, 409, "name", ADMIN, "PUT", path, SITE("Own"));
	assert_problem(f, 409, "name", ADMIN, "POST", "/sites", SITE("Own"));
	assert_status(f, 204, ADMIN, "DELETE", path, NULL);
	assert_status(f, 404, ADMIN, "GET", path, NULL);
	assert_status(f, 404, ADMIN, "DELETE", path, NULL);
}

static void one_sees_the_sites_of_ones_roles(void **state)
{
	struct fixture *f = *state;

	assert_status(f, 200, ROLE_SITE_USER, "GET", "/sites", NULL);
	assert_non_null(strstr(fixture_text(f), "Own"));
	assert_null(strstr(fixture_text(f), "Next door"));
	assert_status(f, 200, ADMIN, "GET", "/sites", NULL);
	assert_non_null(strstr(fixture_text(f), "Next door"));
	assert_null(strstr(fixture_text(f), "Foreign"));
	assert_status(f, 200, ROLE_OPERATOR, "GET", "/sites", NULL);
	assert_non_null(strstr(fixture_text(f), "Foreign"));
}

static void an_apartment_lives(void **state)
{
	struct fixture *f = *state;
	const char *list = own(f, "/apartments"), *id = make(f, list, APARTMENT("12"));
	const char *path = fixture_path(f, "%s/%s", list, id), *device;

	assert_string_equal(fixture_get(f, "floor"), "");
	assert_problem(f, 409, "number", ADMIN, "POST", list, APARTMENT("12"));
	assert_status(f, 200, ADMIN, "PUT", path, "{\"number\":\"12\",\"floor\":\"3\",\"name\":\"Novak\"}");
	make(f, list, APARTMENT("12"));
	assert_problem(f, 409, "number", ADMIN, "PUT", path, APARTMENT("12"));
	device = device_make(f, fixture_path(f, "{\"name\":\"d\",\"kind\":\"phone\",\"apartment_id\":\"%s\"}",
					     id));
	assert_status(f, 409, ADMIN, "DELETE", path, NULL);
	assert_status(f, 204, ADMIN, "DELETE", own(f, fixture_path(f, "/devices/%s", device)), NULL);
	assert_status(f, 204, ADMIN, "DELETE", path, NULL);
	assert_status(f, 404, ADMIN, "GET", path, NULL);
}

static void a_device_lives(void **state)
{
	struct fixture *f = *state;
	const char *id = device_make(f, INTERCOM("Door"));
	const char *path = own(f, fixture_path(f, "/devices/%s", id));

	assert_int_equal(strlen(id), 10);
	assert_string_equal(fixture_get(f, "unlock_code"), "00*");
	assert_non_null(strstr(fixture_text(f), "\"online\":false,\"status\":\"needs_configuration\","
						"\"transport\":null,\"address\":null"));
	assert_problem(f, 409, "name", ADMIN, "POST", own(f, "/devices"), PHONE("Door"));
	assert_problem(f, 422, "kind", ADMIN, "PUT", path, PHONE("Door"));
	assert_status(f, 200, ADMIN, "PUT", path,
		      "{\"name\":\"Gate\",\"kind\":\"intercom\",\"apartment_id\":null,\"unlock_code\":\"123*\"}");
	assert_string_equal(fixture_get(f, "unlock_code"), "123*");
	assert_status(f, 200, ADMIN, "PUT", path,
		      "{\"name\":\"Gate\",\"kind\":\"intercom\",\"unlock_code\":\"\"}");
	assert_non_null(strstr(fixture_text(f), "\"unlock_code\":null"));
	assert_status(f, 204, ADMIN, "DELETE", path, NULL);
	assert_status(f, 404, ADMIN, "GET", path, NULL);
}

static void a_registered_device_is_online(void **state)
{
	struct fixture *f = *state;
	const char *id = device_make(f, PHONE("Phone"));
	const struct binding_row binding = {
		strtoll(id, NULL, 10), VIEW("sip:x@1.2.3.4"), VIEW("c"), 1, 1000, NOW + 60000,
		VIEW("tcp"), VIEW("1.2.3.4:5070")
	};
	struct db_tx tx = {};

	assert_int_equal(db_begin(f->db, &tx), 0);
	assert_int_equal(binding_replace(f->db, NOW, binding.device, &binding, 1), 0);
	assert_int_equal(db_commit(&tx), 0);
	assert_status(f, 200, ADMIN, "GET", own(f, "/devices"), NULL);
	assert_non_null(strstr(fixture_text(f), "\"online\":true,\"status\":\"registered\","
						"\"transport\":\"tcp\",\"address\":\"1.2.3.4:5070\""));
	f->now = NOW + 60001;
	assert_status(f, 200, ADMIN, "GET", own(f, fixture_path(f, "/devices/%s", id)), NULL);
	assert_string_equal(fixture_get(f, "online"), "other");
	assert_string_equal(fixture_get(f, "status"), "not_registered");
	assert_status(f, 200, ADMIN, "POST", own(f, fixture_path(f, "/devices/%s/credentials", id)), "{}");
	assert_status(f, 200, ADMIN, "GET", own(f, fixture_path(f, "/devices/%s", id)), NULL);
	assert_string_equal(fixture_get(f, "status"), "needs_configuration");
}

static void an_unlock_code_is_one_that_intercoms_take(void **state)
{
	static const struct {
		const char *code;
		unsigned status;
	} codes[] = { { "00*", 201 },  { "12345678901234*", 201 }, { "123456789012345*", 422 },
		      { "0*", 422 },   { "*", 422 },               { "00", 422 },
		      { "00**", 422 }, { "0a*", 422 },             { "00*0", 422 } };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		assert_status(f, codes[i].status, ADMIN, "POST", own(f, "/devices"),
			      fixture_path(f, "{\"name\":\"%zu\",\"kind\":\"intercom\",\"unlock_code\":\"%s\"}",
					   i, codes[i].code));
		if (codes[i].status == 422)
			assert_string_equal(fixture_get(f, "field"), "unlock_code");
	}
	assert_problem(f, 422, "unlock_code", ADMIN, "POST", own(f, "/devices"),
		       "{\"name\":\"p\",\"kind\":\"phone\",\"unlock_code\":\"00*\"}");
}

#define SWITCH(number, code)                                                                       \
	"{\"number\":" number ",\"name\":\"Door\",\"code\":\"" code "\",\"owner\":\"platform\"}"
#define SWITCHES(items) "{\"items\":[" items "]}"

static void an_intercom_has_switches(void **state)
{
	struct fixture *f = *state;
	const char *id = device_make(f, INTERCOM("Door"));
	const char *path = own(f, fixture_path(f, "/devices/%s", id));
	const char *switches = fixture_path(f, "%s/switches", path);

	assert_status(f, 200, ADMIN, "GET", switches, NULL);
	assert_string_equal(fixture_text(f), "{\"items\":[{\"number\":1,\"name\":\"\",\"code\":\"00*\","
					     "\"owner\":\"platform\"}]}");
	assert_status(f, 200, ADMIN, "PUT", switches, SWITCHES(SWITCH("1", "11*") "," SWITCH("4", "22*")));
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_string_equal(fixture_get(f, "unlock_code"), "11*");
	assert_problem(f, 422, "unlock_code", ADMIN, "PUT", path,
		       "{\"name\":\"Door\",\"kind\":\"intercom\",\"unlock_code\":\"322*\"}");
	assert_status(f, 200, ADMIN, "PUT", path,
		      "{\"name\":\"Door\",\"kind\":\"intercom\",\"unlock_code\":\"33*\"}");
	assert_status(f, 200, ADMIN, "GET", switches, NULL);
	assert_non_null(strstr(fixture_text(f), "{\"number\":1,\"name\":\"Door\",\"code\":\"33*\""));
	assert_problem(f, 422, "items[1].number", ADMIN, "PUT", switches,
		       SWITCHES(SWITCH("2", "11*") "," SWITCH("2", "22*")));
	assert_problem(f, 422, "items[0].code", ADMIN, "PUT", switches,
		       SWITCHES(SWITCH("1", "100*") "," SWITCH("2", "00*")));
	assert_problem(f, 422, "items[0].code", ADMIN, "PUT", switches, SWITCHES(SWITCH("1", "00")));
	assert_problem(f, 422, "items[0].number", ADMIN, "PUT", switches, SWITCHES(SWITCH("5", "00*")));
	assert_status(f, 403, ROLE_SITE_USER, "PUT", switches, SWITCHES(""));
	id = device_make(f, PHONE("Phone"));
	assert_status(f, 409, ADMIN, "GET", own(f, fixture_path(f, "/devices/%s/switches", id)), NULL);
}

static void only_a_phone_is_called_in_the_local_network(void **state)
{
	struct fixture *f = *state;
	const char *path;

	assert_problem(f, 422, "connection", ADMIN, "POST", own(f, "/devices"),
		       "{\"name\":\"Door\",\"kind\":\"intercom\",\"connection\":\"local\"}");
	path = own(f, fixture_path(f, "/devices/%s", device_make(f, PHONE("Phone"))));
	assert_string_equal(fixture_get(f, "connection"), "cloud");
	assert_status(f, 200, ADMIN, "PUT", path,
		      fixture_path(f,
				   "{\"name\":\"Phone\",\"kind\":\"phone\",\"apartment_id\":\"%lld\","
				   "\"connection\":\"local\"}",
				   (long long)f->home));
	assert_string_equal(fixture_get(f, "connection"), "local");
}

static void only_who_has_a_sip_account_has_a_setting_of_srtp(void **state)
{
	struct fixture *f = *state;
	const char *path;

	device_make(f, INTERCOM("Door"));
	assert_string_equal(fixture_get(f, "srtp"), "offered");
	path = own(f, fixture_path(f, "/devices/%s", fixture_get(f, "id")));
	assert_status(f, 200, ADMIN, "PUT", path,
		      "{\"name\":\"Door\",\"kind\":\"intercom\",\"srtp\":\"required\"}");
	assert_string_equal(fixture_get(f, "srtp"), "required");
	assert_problem(f, 422, "srtp", ADMIN, "PUT", path,
		       "{\"name\":\"Door\",\"kind\":\"intercom\",\"srtp\":\"always\"}");
	assert_status(f, 200, ADMIN, "PUT", path,
		      "{\"name\":\"Door\",\"kind\":\"intercom\",\"srtp\":null}");
	assert_string_equal(fixture_get(f, "srtp"), "offered");
	assert_problem(f, 422, "srtp", ADMIN, "POST", own(f, "/devices"),
		       "{\"name\":\"App\",\"kind\":\"app\",\"srtp\":\"off\"}");
	assert_problem(f, 422, "srtp", ADMIN, "POST", own(f, "/devices"),
		       "{\"name\":\"Guard\",\"kind\":\"line\",\"line\":\"+33123456789\","
		       "\"srtp\":\"required\"}");
	assert_status(f, 201, ADMIN, "POST", own(f, "/devices"),
		      "{\"name\":\"Guard\",\"kind\":\"line\",\"line\":\"+33123456789\","
		      "\"srtp\":\"offered\"}");
}

#define CAMERA(rest) "{\"name\":\"Door\",\"kind\":\"intercom\"," rest "}"

static void an_intercom_has_a_camera_whose_password_nobody_reads(void **state)
{
	struct fixture *f = *state;
	const char *path;

	device_make(f, CAMERA("\"snapshot_url\":\"http://10.1.2.3/a.jpg\","
			      "\"snapshot_user\":\"eye\",\"snapshot_password\":\"5ecret!\""));
	path = own(f, fixture_path(f, "/devices/%s", fixture_get(f, "id")));
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_string_equal(fixture_get(f, "snapshot_url"), "http://10.1.2.3/a.jpg");
	assert_string_equal(fixture_get(f, "snapshot_user"), "eye");
	assert_string_equal(fixture_get(f, "has_snapshot_password"), "true");
	assert_null(strstr(buf_cstr(&f->answer.body), "5ecret!"));
	assert_status(f, 200, ADMIN, "PUT", path,
		      CAMERA("\"snapshot_url\":\"http://10.1.2.3/b.jpg\""));
	assert_string_equal(fixture_get(f, "has_snapshot_password"), "true");
	assert_status(f, 200, ADMIN, "PUT", path,
		      CAMERA("\"snapshot_url\":\"http://10.1.2.3:81/b.jpg\""));
	assert_string_equal(fixture_get(f, "has_snapshot_password"), "other");
	assert_status(f, 200, ADMIN, "PUT", path,
		      CAMERA("\"snapshot_url\":\"http://10.1.2.3:81/b.jpg\","
			     "\"snapshot_password\":\"5ecret!\""));
	assert_string_equal(fixture_get(f, "has_snapshot_password"), "true");
	assert_status(f, 200, ADMIN, "PUT", path,
		      CAMERA("\"snapshot_url\":\"http://10.1.2.3:81/b.jpg\","
			     "\"snapshot_password\":\"\""));
	assert_string_equal(fixture_get(f, "has_snapshot_password"), "other");
	assert_status(f, 200, ADMIN, "PUT", path, CAMERA("\"snapshot_url\":\"\""));
	assert_string_equal(fixture_get(f, "snapshot_url"), "other");
	assert_problem(f, 422, "snapshot_url", ADMIN, "PUT", path,
		       CAMERA("\"snapshot_url\":\"http://eye:5ecret@10.1.2.3/\""));
	assert_problem(f, 422, "snapshot_user", ADMIN, "PUT", path,
		       CAMERA("\"snapshot_url\":\"http://10.1.2.3/\",\"snapshot_user\":\"a:b\""));
	assert_problem(f, 422, "snapshot_url", ADMIN, "POST", own(f, "/devices"),
		       "{\"name\":\"Phone\",\"kind\":\"phone\","
		       "\"snapshot_url\":\"http://10.1.2.3/\"}");
}

static void register_at(struct fixture *f, const char *device, struct view contact)
{
	const struct binding_row binding = { strtoll(device, NULL, 10), contact, VIEW("c"), 1, 1000,
					     NOW + 60000, VIEW("udp"), VIEW("1.2.3.4:5070") };
	struct db_tx tx = {};

	assert_int_equal(db_begin(f->db, &tx), 0);
	assert_int_equal(binding_replace(f->db, NOW, binding.device, &binding, 1), 0);
	assert_int_equal(db_commit(&tx), 0);
}

static void local_mode_is_computed(void **state)
{
	struct fixture *f = *state;
	const char *door = device_make(f, INTERCOM("Door")), *cloud = device_make(f, PHONE("Cloud"));
	const char *near = device_make(
		f, fixture_path(f,
				"{\"name\":\"Near\",\"kind\":\"phone\",\"apartment_id\":\"%lld\","
				"\"connection\":\"local\"}",
				(long long)f->home));
	const char *local = own(f, fixture_path(f, "/devices/%s/local", door));

	assert_status(f, 200, ADMIN, "PUT", own(f, fixture_path(f, "/devices/%s/buttons", door)),
		      fixture_path(f,
				   "{\"items\":[{\"button\":1,\"label\":\"Both\",\"destinations\":["
				   "{\"device\":\"%s\",\"after_s\":20},{\"device\":\"%s\"}]},"
				   "{\"button\":2,\"destinations\":[{\"device\":\"%s\"}]}]}",
				   cloud, near, cloud));
	assert_status(f, 200, ADMIN, "GET", local, NULL);
	assert_non_null(strstr(fixture_text(f), "\"direct\":false"));
	assert_non_null(strstr(fixture_text(f), "\"fault\":\"not_registered\""));
	assert_non_null(strstr(fixture_text(f), "\"uri\":\"sip:1@"));
	register_at(f, near, VIEW("sip:near@192.168.1.7:5062;ob"));
	register_at(f, cloud, VIEW("sip:cloud@192.168.1.8:5060"));
	assert_status(f, 200, ADMIN, "GET", local, NULL);
	assert_non_null(strstr(fixture_text(f), "\"direct\":true"));
	assert_non_null(strstr(fixture_text(f), "\"name\":\"Near\",\"after_s\":0,\"via\":\"direct\","
						"\"uri\":\"sip:near@192.168.1.7:5062\",\"fault\":null"));
	assert_non_null(strstr(fixture_text(f), "\"name\":\"Cloud\",\"after_s\":20,\"via\":\"server\","));
	assert_non_null(strstr(fixture_text(f), "\"uri\":\"sip:2@"));
	assert_null(strstr(fixture_text(f), "\"uri\":\"sip:1@"));
	assert_status(f, 409, ADMIN, "GET", own(f, fixture_path(f, "/devices/%s/local", near)), NULL);
	assert_status(f, 403, ROLE_SITE_USER, "GET", local, NULL);
}

static void a_number_that_is_taken_is_drawn_again(void **state)
{
	struct fixture *f = *state;
	const char *first, *second;

	first = device_make(f, PHONE("One"));
	rand_seeded_init(&f->rand, 1); /* the same numbers once more */
	second = device_make(f, PHONE("Two"));
	assert_string_not_equal(first, second);
}

static void credentials_are_shown_and_renewed(void **state)
{
	struct fixture *f = *state;
	const char *id = device_make(f, PHONE("Phone")), *old;
	const char *path = own(f, fixture_path(f, "/devices/%s/credentials", id));

	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_string_equal(fixture_get(f, "sip_user"), id);
	assert_string_equal(fixture_get(f, "registrar"), "sip.example.com:5060");
	assert_string_equal(fixture_get(f, "registrar_tls"), "sip.example.com:5061");
	f->env.registrar_tls = NULL;
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_non_null(strstr(fixture_text(f), "\"registrar_tls\":null"));
	old = fixture_get(f, "sip_password");
	assert_int_equal(strlen(old), SIP_PASSWORD_SIZE);
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_string_equal(fixture_get(f, "sip_password"), old);
	assert_status(f, 200, ADMIN, "POST", path, "{}");
	assert_string_not_equal(fixture_get(f, "sip_password"), old);
	assert_status(f, 404, ADMIN, "POST", own(f, "/devices/1234567890/credentials"), "{}");
	f->env.key.bytes[0] ^= 1; /* another master key: refused, not guessed */
	assert_status(f, 500, ADMIN, "GET", path, NULL);
}

static void buttons_are_replaced_whole(void **state)
{
	struct fixture *f = *state;
	const char *door = device_make(f, INTERCOM("Door")), *a = device_make(f, PHONE("A"));
	const char *b = device_make(f, PHONE("B"));
	const char *path = own(f, fixture_path(f, "/devices/%s/buttons", door)), *body;

	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_string_equal(fixture_text(f), "{\"items\":[]}");
	body = fixture_path(f, "{\"items\":[{\"button\":1,\"label\":\"Hall\",\"destinations\":[]},"
			       "{\"button\":150,\"label\":\"\",\"destinations\":["
			       "{\"device\":\"%s\",\"after_s\":0},{\"device\":\"%s\",\"after_s\":60}]}]}",
			    b, a);
	assert_status(f, 200, ADMIN, "PUT", path, body);
	assert_string_equal(fixture_text(f), body);
	assert_problem(f, 422, "items[1].button", ADMIN, "PUT", path,
		       "{\"items\":[{\"button\":1,\"destinations\":[]},{\"button\":1,\"destinations\":[]}]}");
	assert_problem(f, 422, "items[0].button", ADMIN, "PUT", path,
		       "{\"items\":[{\"button\":151,\"destinations\":[]}]}");
	assert_problem(f, 422, "items[0].destinations", ADMIN, "PUT", path,
		       fixture_path(f, "{\"items\":[{\"button\":1,\"destinations\":[{\"device\":\"%s\"},"
				       "{\"device\":\"%s\",\"after_s\":9}]}]}", a, a));
	assert_problem(f, 422, "items[0].destinations[0].after_s", ADMIN, "PUT", path,
		       fixture_path(f, "{\"items\":[{\"button\":1,\"destinations\":"
				       "[{\"device\":\"%s\",\"after_s\":61}]}]}", a));
	assert_problem(f, 422, "items", ADMIN, "PUT", path,
		       "{\"items\":[{\"button\":1,\"destinations\":[{\"device\":\"1234567890\"}]}]}");
	assert_status(f, 200, ADMIN, "GET", path, NULL);
	assert_string_equal(fixture_text(f), body);
	assert_status(f, 409, ADMIN, "PUT", own(f, fixture_path(f, "/devices/%s/buttons", a)),
		      "{\"items\":[]}");
	assert_status(f, 404, ADMIN, "GET", own(f, "/devices/1234567890/buttons"), NULL);
}

/* Rings what it is told, and counts. */
struct bells {
	unsigned rung;
	int rc;
	struct test_call last;
};

static int ring_one(void *arg, struct test_call *call)
{
	struct bells *b = arg;

	b->rung++;
	call->ret_call = 77;
	b->last = *call;
	return b->rc;
}

static void a_button_is_tested(void **state)
{
	struct fixture *f = *state;
	const char *door = device_make(f, INTERCOM("Door")), *phone = device_make(f, PHONE("A"));
	const char *path = own(f, fixture_path(f, "/devices/%s/buttons/3/test", door));
	struct bells bells = {};

	assert_status(f, 503, ADMIN, "POST", path, NULL); /* without calls */
	f->env.test_call = ring_one;
	f->env.test_call_arg = &bells;
	assert_status(f, 202, ADMIN, "POST", path, NULL);
	assert_string_equal(fixture_text(f), "{\"id\":\"77\"}");
	assert_int_equal(bells.last.button, 3);
	assert_int_equal(bells.last.device, strtoll(door, NULL, 10));
	assert_status(f, 403, ROLE_SITE_USER, "POST", path, NULL);
	assert_status(f, 401, NOBODY, "POST", path, NULL);
	assert_status(f, 409, ADMIN, "POST",
		      own(f, fixture_path(f, "/devices/%s/buttons/3/test", phone)), NULL);
	assert_status(f, 404, ADMIN, "POST", own(f, "/devices/1234567890/buttons/3/test"), NULL);
	assert_status(f, 404, ADMIN, "POST",
		      own(f, fixture_path(f, "/devices/%s/buttons/151/test", door)), NULL);
	assert_status(f, 404, ADMIN, "POST",
		      own(f, fixture_path(f, "/devices/%s/buttons/0/test", door)), NULL);
	assert_int_equal(bells.rung, 1);
	bells.rc = -ENOENT;
	assert_status(f, 404, ADMIN, "POST", path, NULL);
	bells.rc = -EHOSTUNREACH;
	assert_status(f, 422, ADMIN, "POST", path, NULL);
	bells.rc = -EBUSY;
	assert_status(f, 409, ADMIN, "POST", path, NULL);
	bells.rc = -EAGAIN;
	assert_status(f, 503, ADMIN, "POST", path, NULL);
}

/* People live where it rings. */
static void a_site_has_few_tests_an_hour(void **state)
{
	struct fixture *f = *state;
	const char *door = device_make(f, INTERCOM("Door"));
	const char *path = own(f, fixture_path(f, "/devices/%s/buttons/1/test", door));
	struct bells bells = {};

	f->env.test_call = ring_one;
	f->env.test_call_arg = &bells;
	for (unsigned i = 0; i < LIMITS_TEST_TRIES; i++)
		assert_status(f, 202, ADMIN, "POST", path, NULL);
	assert_status(f, 429, ADMIN, "POST", path, NULL);
	assert_int_equal(bells.rung, LIMITS_TEST_TRIES);
}

/* A device of the neighbouring site, where one is admin too, is no destination here. */
static void buttons_never_ring_another_site(void **state)
{
	struct fixture *f = *state;
	const char *door = device_make(f, INTERCOM("Door"));
	const char *phone = make(f, fixture_path(f, "/sites/%lld/devices", (long long)f->next_door),
				 phone_at(f, f->next_home, "P"));

	assert_problem(f, 422, "items", ADMIN, "PUT", own(f, fixture_path(f, "/devices/%s/buttons", door)),
		       fixture_path(f, "{\"items\":[{\"button\":1,\"destinations\":[{\"device\":\"%s\"}]}]}", phone));
	assert_status(f, 404, ADMIN, "GET", own(f, fixture_path(f, "/devices/%s", phone)), NULL);
	assert_problem(f, 422, "apartment_id", ADMIN, "POST",
		       fixture_path(f, "/sites/%lld/devices", (long long)f->next_door),
		       fixture_path(f, "{\"name\":\"x\",\"kind\":\"phone\",\"apartment_id\":\"%s\"}",
				    make(f, own(f, "/apartments"), APARTMENT("1"))));
}

static void call_make(struct fixture *f, int64_t id, int64_t at)
{
	struct db_tx tx = {};
	struct call_row call = {
		.site_id = f->own, .id = id, .started_at = at, .from_device = 1000000001,
		.from_name = VIEW("Door"), .button = 1, .answered_at = at + 5, .ended_at = at + 9,
		.result = VIEW("answered"), .answered_by = 1000000002, .answered_by_name = VIEW("Phone"),
	};
	const struct opening_row opening = { f->own, id, at + 7, id, 1000000001, 1000000002,
					     VIEW("Phone"), VIEW("dtmf") };
	const struct call_leg_row answered = { .site_id = f->own,
					       .call_id = id,
					       .leg = 1,
					       .device = 1000000002,
					       .name = VIEW("Phone"),
					       .at = at + 5,
					       .result = VIEW("answered"),
					       .pushed_at = at,
					       .rang_at = at + 2,
					       .preview_at = at + 3,
					       .answered_at = at + 5,
					       .ended_at = at + 9,
					       .why = VIEW("peer_hangup") };
	const struct call_leg_row away = { .site_id = f->own,
					   .call_id = id,
					   .leg = 2,
					   .device = 1000000003,
					   .name = VIEW("Old \"phone\""),
					   .at = at,
					   .result = VIEW("unreachable") };

	assert_int_equal(db_begin(f->db, &tx), 0);
	call.state = VIEW("ringing");
	assert_int_equal(call_start(f->db, at, &call), 0);
	if (id % 2 == 1) {
		assert_int_equal(call_leg_add(f->db, &answered), 0);
		assert_int_equal(call_leg_add(f->db, &away), 0);
		assert_int_equal(call_answer(f->db, at + 5, &call), 0);
		assert_int_equal(call_opening_add(f->db, at + 7, &opening), 0);
		assert_int_equal(call_end(f->db, at + 9, &call), 0);
	}
	assert_int_equal(db_commit(&tx), 0);
}

static void calls_come_newest_first_with_their_openings(void **state)
{
	struct fixture *f = *state;
	const char *next;

	for (int64_t id = 1; id <= 5; id++)
		call_make(f, id, NOW + id / 2); /* some at the same time */
	assert_status(f, 200, ADMIN, "GET", own(f, "/calls?limit=2"), NULL);
	assert_non_null(strstr(fixture_text(f), "[{\"id\":\"5\","));
	assert_non_null(strstr(fixture_text(f), "},{\"id\":\"4\","));
	assert_null(strstr(fixture_text(f), "\"id\":\"3\""));
	assert_non_null(strstr(fixture_text(f), "\"opened\":[{\"at\":1700000000009,"
						"\"by_device\":\"1000000002\",\"by_name\":\"Phone\","
						"\"how\":\"dtmf\"}]"));
	next = fixture_get(f, "next");
	assert_status(f, 200, ADMIN, "GET", own(f, fixture_path(f, "/calls?cursor=%s", next)), NULL);
	assert_non_null(strstr(fixture_text(f), "[{\"id\":\"3\","));
	assert_non_null(strstr(fixture_text(f), "\"next\":null"));
	assert_null(strstr(fixture_text(f), "\"legs\"")); /* of one call only */
	assert_status(f, 200, ADMIN, "GET", own(f, "/calls/3"), NULL);
	assert_string_equal(fixture_get(f, "answered_by"), "1000000002");
	assert_non_null(strstr(fixture_text(f), "\"opened\":[{"));
	assert_non_null(
		strstr(fixture_text(f),
		       "\"legs\":[{\"device\":\"1000000002\",\"name\":\"Phone\","
		       "\"apartment\":null,\"at\":1700000000006,\"result\":\"answered\","
		       "\"pushed_at\":1700000000001,\"delivered_at\":null,\"woken_at\":null,"
		       "\"offered_at\":null,\"rang_at\":1700000000003,"
		       "\"preview_at\":1700000000004,\"answered_at\":1700000000006,"
		       "\"video_at\":null,\"ended_at\":1700000000010,"
		       "\"why\":\"peer_hangup\"},{\"device\":\"1000000003\","));
	assert_non_null(strstr(fixture_text(f), "\"rang_at\":null,\"preview_at\":null,"));
	assert_non_null(strstr(fixture_text(f), "\"rang_at\":1700000000003,\"picture_at\":null,"));
	assert_status(f, 200, ADMIN, "GET", own(f, "/calls/4"), NULL);
	assert_string_equal(fixture_get(f, "state"), "ringing");
	assert_non_null(strstr(fixture_text(f), "\"ended_at\":null"));
	assert_non_null(strstr(fixture_text(f), "\"legs\":[]"));
	assert_status(f, 404, ADMIN, "GET", own(f, "/calls/6"), NULL);
	assert_status(f, 404, ADMIN, "GET",
		      fixture_path(f, "/sites/%lld/calls/3", (long long)f->next_door), NULL);
	assert_problem(f, 400, "cursor", ADMIN, "GET", own(f, "/calls?cursor=x"), NULL);
}

/* A call of the site's first intercom whose phone rang after so long; < 0: never. */
static void ring_make(struct fixture *f, int64_t id, int64_t rang_ms)
{
	const struct call_row call = { .site_id = f->own,
				       .id = id,
				       .started_at = NOW - 1000 + id,
				       .from_device = 1000000001,
				       .from_name = VIEW("Door"),
				       .button = 1,
				       .ended_at = NOW,
				       .result = VIEW("missed") };
	const struct call_leg_row leg = { .site_id = f->own,
					  .call_id = id,
					  .leg = 1,
					  .device = 1000000002,
					  .name = VIEW("Phone"),
					  .at = NOW,
					  .rang_at = rang_ms < 0 ? 0 : call.started_at + rang_ms,
					  .result = VIEW("missed") };

	assert_int_equal(call_start(f->db, NOW, &call), 0);
	assert_int_equal(call_leg_add(f->db, &leg), 0);
	assert_int_equal(call_end(f->db, NOW, &call), 0);
}

static void rings_that_were_late_are_found(void **state)
{
	struct fixture *f = *state;
	const struct device_row door = { .number = 1000000001,
					 .site_id = f->own,
					 .kind = VIEW("intercom"),
					 .name = VIEW("Door"),
					 .apartment_id = DB_INT_NULL,
					 .person_id = DB_INT_NULL };
	const struct device_secret_row secret = { 1000000001, VIEW("sealed"), VIEW("m"),
						  VIEW("s") };
	const char *next;

	assert_int_equal(device_create(f->db, NOW, &door, &secret), 0);
	ring_make(f, 1, 400);
	ring_make(f, 2, 3000);
	ring_make(f, 3, 2999);
	ring_make(f, 4, -1);
	assert_status(f, 200, ADMIN, "GET", own(f, "/calls?rang=late&limit=1"), NULL);
	assert_non_null(strstr(fixture_text(f), "{\"items\":[{\"id\":\"4\","));
	next = fixture_get(f, "next");
	assert_status(f, 200, ADMIN, "GET",
		      own(f, fixture_path(f, "/calls?rang=late&limit=1&cursor=%s", next)), NULL);
	assert_non_null(strstr(fixture_text(f), "{\"items\":[{\"id\":\"2\","));
	assert_non_null(strstr(fixture_text(f), "\"next\":null"));
	assert_problem(f, 400, "rang", ADMIN, "GET", own(f, "/calls?rang=soon"), NULL);
	assert_status(f, 200, ADMIN, "GET", own(f, "/summary"), NULL);
	assert_non_null(strstr(fixture_text(f), "\"rings\":4,\"rings_1s\":1,\"rings_3s\":2,"
						"\"rings_10s\":3,\"rings_never\":1,"));
	assert_status(f, 200, ROLE_SITE_USER, "GET", own(f, "/summary"), NULL); /* sees no calls */
	assert_non_null(strstr(fixture_text(f), "\"rings\":null,\"rings_1s\":null,"));
}

/* Follows the cursors, percent-encoded as the portal does, until the end. */
static void lists_page_through_everything_once(void **state)
{
	struct fixture *f = *state;
	char seen[8] = "";
	const char *path = own(f, "/devices?limit=2");
	json_t *next;

	for (char c = 'g'; c >= 'a'; c--)
		device_make(f, fixture_path(f, "{\"name\":\"%c & \xc3\xa9\",\"kind\":\"intercom\"}", c));
	do {
		assert_status(f, 200, ADMIN, "GET", path, NULL);
		json_t *root = json_loads(fixture_text(f), 0, NULL), *one;
		size_t i;
		json_array_foreach(json_object_get(root, "items"), i, one)
			strncat(seen, json_string_value(json_object_get(one, "name")), 1);
		next = json_object_get(root, "next");
		if (json_is_string(next)) {
			struct buf out = BUF_INIT(1024);
			for (const char *at = json_string_value(next); *at; at++)
				buf_printf(&out, "%%%02X", (unsigned char)*at);
			path = own(f, fixture_path(f, "/devices?limit=2&cursor=%s", buf_cstr(&out)));
			buf_free(&out);
			next = json_true();
		} else {
			next = NULL;
		}
		json_decref(root);
	} while (next);
	assert_string_equal(seen, "abcdefg");
}

static void one_finds_what_one_may_read(void **state)
{
	struct fixture *f = *state;

	device_make(f, "{\"name\":\"Entr\u00e9e\",\"kind\":\"intercom\"}");
	assert_status(f, 201, ADMIN, "POST", own(f, "/apartments"),
		      "{\"number\":\"12\",\"floor\":\"1\",\"name\":\"Entr\u00e9es\"}");
	assert_int_equal(db_script(f->db, "INSERT INTO member (site_id, person_id, sort, created_at)"
					  " SELECT s.id, p.id, 'operator', 1 FROM site s, person p WHERE s.name = 'Own'"
					  " AND p.email = 'operator@example.com'"), 0);
	assert_status(f, 200, ADMIN, "GET", own(f, "/search?q=ENTREE"), NULL);
	assert_non_null(strstr(fixture_text(f), "[{\"kind\":\"intercom\","));
	assert_non_null(strstr(fixture_text(f), "},{\"kind\":\"apartment\","));
	assert_status(f, 200, ADMIN, "GET", own(f, "/search?q=oper%41tor"), NULL);
	assert_non_null(strstr(fixture_text(f), "[{\"kind\":\"person\","));
	assert_status(f, 200, ROLE_SITE_USER, "GET", own(f, "/search?q=operator"), NULL);
	assert_string_equal(fixture_text(f), "{\"items\":[]}");
	assert_status(f, 200, ROLE_SITE_USER, "GET", own(f, "/search?q=entree"), NULL);
	assert_non_null(strstr(fixture_text(f), "intercom"));
	assert_status(f, 200, ROLE_APARTMENT_ADMIN, "GET", own(f, "/search?q=e"), NULL);
	assert_string_equal(fixture_text(f), "{\"items\":[]}");
	for (const char *const *q = (const char *const[]){ "", "?q=", "?q=%20", "?q=%FF", NULL }; *q; q++) {
		assert_status(f, 200, ADMIN, "GET", own(f, fixture_path(f, "/search%s", *q)), NULL);
		assert_string_equal(fixture_text(f), "{\"items\":[]}");
	}
}

static void sites_are_found_by_parts_of_their_names(void **state)
{
	struct fixture *f = *state;

	assert_status(f, 200, ROLE_COMPANY_ADMIN, "GET", "/sites?q=DOOR", NULL);
	assert_non_null(strstr(fixture_text(f), "Next door"));
	assert_null(strstr(fixture_text(f), "\"Own\""));
	assert_status(f, 200, ROLE_COMPANY_ADMIN, "GET", "/sites?q=foreign", NULL);
	assert_string_equal(fixture_text(f), "{\"items\":[],\"next\":null}");
	assert_status(f, 200, ROLE_OPERATOR, "GET", "/sites?q=o&limit=1", NULL); /* Foreign, Next door, Own */
	assert_non_null(strstr(fixture_text(f), "Foreign"));
	assert_status(f, 200, ROLE_OPERATOR, "GET",
		      fixture_path(f, "/sites?q=o&limit=2&cursor=%s", fixture_get(f, "next")), NULL);
	assert_non_null(strstr(fixture_text(f), "Next door"));
	assert_non_null(strstr(fixture_text(f), "\"Own\""));
	assert_non_null(strstr(fixture_text(f), "\"next\":null"));
}

static void a_summary_has_what_one_may_read(void **state)
{
	struct fixture *f = *state;

	call_make(f, 1, NOW - 1000);
	call_make(f, 2, NOW - 5000);
	assert_status(f, 200, ADMIN, "GET", own(f, "/summary"), NULL);
	assert_non_null(strstr(fixture_text(f), "\"apartments\":2,\"people\":4,"
						"\"openings_today\":1,\"openings_week\":1"));
	assert_non_null(strstr(fixture_text(f), "{\"result\":\"answered\",\"today\":1,\"week\":1}"));
	assert_int_equal(db_script(f->db, "UPDATE call SET test = 1 WHERE id = 2"),
			 0); /* it counts not */
	assert_status(f, 200, ADMIN, "GET", own(f, "/summary"), NULL);
	assert_non_null(strstr(fixture_text(f),
			       "\"calls\":[{\"result\":\"answered\",\"today\":1,\"week\":1}]"));
	assert_status(f, 200, ADMIN, "GET", own(f, fixture_path(f, "/summary?today=%lld",
								 (long long)NOW - 500)), NULL);
	assert_non_null(strstr(fixture_text(f), "{\"result\":\"answered\",\"today\":0,\"week\":1}"));
	for (const char *const *today = (const char *const[]){ "1", "x", "9999999999999", NULL }; *today;
	     today++) { /* cannot be: the last day counts */
		assert_status(f, 200, ADMIN, "GET", own(f, fixture_path(f, "/summary?today=%s", *today)),
			      NULL);
		assert_non_null(strstr(fixture_text(f), "\"today\":1"));
	}
	assert_status(f, 200, ROLE_SITE_USER, "GET", own(f, "/summary"), NULL);
	assert_non_null(strstr(fixture_text(f), "\"apartments\":2,\"people\":null,"
						"\"openings_today\":null"));
	assert_non_null(strstr(fixture_text(f), "\"calls\":[]"));
	assert_status(f, 200, ROLE_APARTMENT_ADMIN, "GET", own(f, "/summary"), NULL);
	assert_non_null(strstr(fixture_text(f), "{\"intercoms\":null,"));
}

struct refusal {
	const char *method, *path, *body;
	unsigned status;
	const char *field; /* NULL: none */
};

static const struct refusal refusals[] = {
	{ "GET", "/sites?limit=0", NULL, 400, "limit" },
	{ "GET", "/sites?limit=201", NULL, 400, "limit" },
	{ "GET", "/sites?limit=x", NULL, 400, "limit" },
	{ "GET", "/sites?sort=name", NULL, 400, "sort" },
	{ "GET", "/session?limit=1", NULL, 400, "limit" },
	{ "GET", "/sites?cursor=1", NULL, 400, "cursor" },
	{ "GET", "/sites?cursor=1:%FF", NULL, 400, "cursor" },
	{ "GET", "/sites?cursor=1:%00", NULL, 400, "cursor" },
	{ "GET", "/sites/9999999", NULL, 404, NULL },
	{ "GET", "/live", NULL, 400, "site" },
	{ "GET", "/live?site=x", NULL, 404, NULL },
	{ "GET", "/session", "{\"a\":1}", 422, "a" },
	{ "POST", "/sites", NULL, 400, NULL },
	{ "POST", "/sites", "{", 400, NULL },
	{ "POST", "/sites", "[]", 422, NULL },
	{ "POST", "/sites", "{}", 422, "name" },
	{ "POST", "/sites", "{\"name\":\"n\",\"type\":\"ship\",\"zone\":\"UTC\",\"language\":\"en\"}", 422,
	  "type" },
	{ "POST", "/sites", "{\"name\":\"n\",\"type\":\"commercial\",\"zone\":\"UTC\",\"language\":\"EN\"}",
	  422, "language" },
	{ "POST", "/sites",
	  "{\"name\":\"n\",\"type\":\"commercial\",\"zone\":\"../etc/passwd\",\"language\":\"en\"}", 422,
	  "zone" },
	{ "POST", "/sites", "{\"name\":\"n\",\"type\":\"commercial\",\"zone\":\"Europe\",\"language\":\"en\"}",
	  422, "zone" },
	{ "POST", "/sites", "{\"name\":\"n\",\"type\":\"commercial\",\"zone\":\"tzdata.zi\",\"language\":\"en\"}",
	  422, "zone" },
	{ "PATCH", "/sites", "{}", 405, NULL },
	{ "DELETE", "/sites", NULL, 405, NULL },
	{ "GET", "/nothing", NULL, 404, NULL },
	{ "GET", "/sites/", NULL, 404, NULL },
	{ "GET", "/sites/-1", NULL, 404, NULL },
	{ "GET", "/sites/%31", NULL, 404, NULL },
	{ "GET", "/sites/1/devices/", NULL, 404, NULL },
	{ "GET", "/sites/1//devices", NULL, 404, NULL },
	{ "GET", "sites", NULL, 404, NULL },
	{ "GET", "", NULL, 404, NULL },
};

static void refuses_what_it_should(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *want = &refusals[i];
		const unsigned status = fixture_call(f, ADMIN, want->method, want->path, want->body);
		if (status != want->status)
			fail_msg("%s %s: %u, %s", want->method, want->path, status, fixture_text(f));
		if (want->field)
			assert_string_equal(fixture_get(f, "field"), want->field);
		else
			assert_null(strstr(fixture_text(f), "\"field\""));
	}
}

static void a_body_must_say_that_it_is_json(void **state)
{
	static const char *const types[] = { "", "text/plain", "application/x-www-form-urlencoded",
					     "application/jsonp" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		f->ask.content_type = view_str(types[i]);
		assert_status(f, 415, ADMIN, "POST", "/sites", SITE("New"));
		assert_string_equal(fixture_field(f, "Content-Type"), "application/problem+json");
		assert_status(f, 200, ADMIN, "GET", "/sites", NULL);
	}
	f->ask.content_type = VIEW("Application/JSON");
	assert_status(f, 201, ADMIN, "POST", "/sites", SITE("New"));
}

static void another_origin_changes_nothing(void **state)
{
	static const struct {
		const char *origin;
		bool secure, good;
	} origins[] = {
		{ "http://door.example.com", false, true },
		{ "HTTPS://DOOR.example.com", false, true },
		{ "https://door.example.com", true, true },
		{ "http://door.example.com", true, false },
		{ "https://door.example.com:444", true, false },
		{ "https://door.example.com.evil.example", true, false },
		{ "https://evil.example", true, false },
		{ "null", false, false },
		{ "", false, false },
		{ "https:door.example.com", false, false },
		{ "ftp://door.example.com", false, false },
	};
	struct fixture *f = *state;
	const char *live = fixture_path(f, "/live?site=%lld", (long long)f->own);

	for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
		f->ask.origin = view_str(origins[i].origin);
		f->ask.secure = origins[i].secure;
		assert_status(f, origins[i].good ? 422 : 403, ADMIN, "POST", "/sites", "{}");
		assert_status(f, origins[i].good ? 101 : 403, ADMIN, "GET", live, NULL);
		assert_status(f, 200, ADMIN, "GET", "/sites", NULL);
	}
}

static void live_takes_the_cursor_of_an_event(void **state)
{
	struct fixture *f = *state;
	const char *live = fixture_path(f, "/live?site=%lld&cursor=", (long long)f->own);

	assert_status(f, 101, ADMIN, "GET", fixture_path(f, "%s7", live), NULL);
	assert_problem(f, 400, "cursor", ADMIN, "GET", fixture_path(f, "%sx", live), NULL);
}

static void allow_names_the_methods(void **)
{
	const struct route *route;
	int64_t ids[ROUTE_IDS_MAX];
	char allow[ROUTE_ALLOW_MAX];

	assert_int_equal(route_find(VIEW("BREW"), VIEW("/sites/1"), &route, ids, allow), -ENOTSUP);
	assert_string_equal(allow, "GET, PUT, DELETE");
	assert_int_equal(route_find(VIEW("HEAD"), VIEW("/sites/12/calls/34"), &route, ids, allow), 0);
	assert_string_equal(route->path, "/sites/:site/calls/:call");
	assert_int_equal(ids[ID_SITE], 12);
	assert_int_equal(ids[ID_OBJECT], 34);
}

/* A change is in the feed when, and only when, its request was answered with success. */
static void the_feed_tells_what_changed(void **state)
{
	struct fixture *f = *state;
	struct change_row *rows;
	int64_t oldest, before, after;
	size_t n;

	assert_int_equal(change_range(f->db, &oldest, &before), 0);
	assert_status(f, 422, ADMIN, "POST", own(f, "/devices"), "{}");
	assert_int_equal(change_range(f->db, &oldest, &after), 0);
	assert_int_equal(after, before);
	const char *id = device_make(f, PHONE("Phone"));
	assert_int_equal(change_after_of_site(f->db, f->own, before, 10, &f->setup, &rows, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].type.p, "device");
	assert_string_equal(rows[0].object.p, id);
}

/* ---- every route × role × place, against the rights table ---- */

/* Ids for what stands in a path; there is no such thing as the last anywhere. */
struct ids {
	int64_t company, site, apartment, other;
};
enum { NOWHERE = 1999999999 };

static int64_t id_of(const struct ids *ids, struct view name)
{
	if (view_eq(name, VIEW(":company")))
		return ids->company;
	if (view_eq(name, VIEW(":site")))
		return ids->site;
	return view_eq(name, VIEW(":apartment")) ? ids->apartment : ids->other;
}

static const char *path_of(struct fixture *f, const struct route *route, const struct ids *ids)
{
	struct view rest = view_str(route->path);
	struct buf out = BUF_INIT(256);
	const char *path;

	while (rest.n > 0) {
		struct view behind;
		const struct view part = view_cut(rest, '/', &behind);
		const bool last = part.n == rest.n;
		if (part.n > 0 && part.p[0] == ':')
			buf_printf(&out, "%lld", (long long)id_of(ids, part));
		else
			buf_add(&out, part);
		if (!last)
			buf_chr(&out, '/');
		rest = behind;
	}
	if (route_is_live_site(route))
		buf_printf(&out, "?site=%lld", (long long)ids->site);
	path = fixture_path(f, "%s", buf_cstr(&out));
	buf_free(&out);
	return path;
}

/* Does the role of the fixture's person reach so far? Said once more, without rights_judge. */
static bool is_covered(const struct fixture *f, const struct route *route, enum role role,
		       const struct ids *ids)
{
	const bool has_site = route_has_site(route) || route_is_live_site(route);

	switch (role) {
	case ROLE_OPERATOR:
		return true;
	case ROLE_COMPANY_ADMIN:
		return ids->company == f->company;
	case ROLE_APARTMENT_ADMIN:
		return has_site && ids->site == f->own &&
		       (!route_has_apartment(route) || ids->apartment == f->home);
	default:
		return has_site && ids->site == f->own;
	}
}

/* The apartment is one of that site. */
static bool is_there(const struct fixture *f, const struct ids *ids)
{
	if (ids->site == f->own)
		return ids->apartment == f->home || ids->apartment == f->beside;
	return ids->apartment == (ids->site == f->foreign ? f->foreign_home : f->next_home);
}

/* What a route says to a role at a place, when nothing but rights stands in the way: the body is
 * `{}`, which whoever may come in gets 422 for, or an answer that is no refusal. */
static void check_route(struct fixture *f, const struct route *route, enum role role,
			const struct ids *ids)
{
	const bool open = route->right == RIGHT_PUBLIC || route->right == RIGHT_SESSION;
	const bool has_place = route_has_site(route) || route_has_company(route) ||
			       route_is_live_site(route);
	const char *path = path_of(f, route, ids), *body = route->body ? "{}" : NULL;
	const unsigned status = fixture_call(f, role, route->method, path, body);
	const bool denied = status == 401 || status == 403;
	const bool astray = route_has_apartment(route) && !is_there(f, ids);
	unsigned want = 0; /* anything that is no refusal */

	if (role == NOBODY && route->right != RIGHT_PUBLIC)
		want = 401;
	else if (has_place && !is_covered(f, route, role, ids))
		want = 404;
	else if (!open && !role_has(role, route->right))
		want = 403;
	if (want     ? status != want
	    : astray ? denied || status < 400 || status >= 500
		     : denied || (status == 404 && !strstr(path, "1999999999")))
		fail_msg("%s %s to %s: %u: %s", route->method, path, role_text(role), status,
			 fixture_text(f));
}

/* What would take away what the rest needs is asked to remove what is not there. */
static struct ids ids_for(const struct route *route, struct ids ids)
{
	const struct view path = view_str(route->path), end = VIEW("/:apartment");

	if (strcmp(route->method, "DELETE") == 0 &&
	    view_eq((struct view){ path.p + path.n - end.n, end.n }, end))
		ids.apartment = NOWHERE;
	return ids;
}

static void every_route_asks_for_its_right(void **state)
{
	struct fixture *f = *state;
	const struct ids places[] = {
		{ f->company, f->own, f->home, NOWHERE },
		{ f->company, f->own, f->beside, NOWHERE },
		{ f->company, f->own, f->foreign_home, NOWHERE },
		{ f->company, f->next_door, f->next_home, NOWHERE },
		{ f->foreign_company, f->foreign, f->foreign_home, NOWHERE },
		{ f->foreign_company, f->foreign, f->home, NOWHERE },
	};

	for (size_t i = 0; i < routes_n; i++) {
		assert_true(routes[i].right >= RIGHT_PUBLIC && routes[i].right < RIGHTS);
		assert_non_null(routes[i].handle);
		assert_non_null(routes[i].doc);
		if (strcmp(routes[i].method, "DELETE") == 0 && !strstr(routes[i].path + 1, "/:"))
			continue; /* one's own session */
		if (strcmp(routes[i].method, "DELETE") == 0 &&
		    strcmp(routes[i].path, "/sites/:site") == 0)
			continue; /* on its own below */
		for (enum role role = 0; role <= ROLE_NONE; role++)
			for (size_t k = 0; k < sizeof(places) / sizeof(places[0]); k++) {
				const struct ids ids = ids_for(&routes[i], places[k]);
				check_route(f, &routes[i], role, &ids);
			}
	}
}

/* A page elsewhere can have a signed-in browser send any of these: with its Origin, or as a form. */
static void no_route_does_anything_for_a_page_elsewhere(void **state)
{
	static const char *const origins[] = { "https://evil.example", "null", "" };
	static const char *const forms[] = { "text/plain", "multipart/form-data",
					     "application/x-www-form-urlencoded", "" };
	struct fixture *f = *state;
	const struct ids ids = { f->company, f->own, f->home, f->person[ROLE_SITE_USER] };
	struct audit_filter all = AUDIT_FILTER_ALL;
	struct audit_row *rows;
	size_t n;

	for (size_t i = 0; i < routes_n; i++) {
		const struct route *route = &routes[i];
		const bool takes_any = (route->flags & ROUTE_UPLOAD) || !route->body;

		if (strcmp(route->method, "GET") == 0)
			continue;
		f->ask.content_type = VIEW("application/json");
		for (size_t k = 0; k < sizeof(origins) / sizeof(origins[0]); k++) {
			f->ask.origin = view_str(origins[k]);
			assert_status(f, 403, ADMIN, route->method, path_of(f, route, &ids), NULL);
			assert_non_null(strstr(fixture_text(f), "another site"));
			assert_string_equal(fixture_field(f, "Set-Cookie"), "");
		}
		f->ask.origin = (struct view){};
		for (size_t k = 0; !takes_any && k < sizeof(forms) / sizeof(forms[0]); k++) {
			f->ask.content_type = view_str(forms[k]);
			assert_status(f, 415, ADMIN, route->method, path_of(f, route, &ids), "{}");
		}
	}
	all.company_id = f->company;
	assert_int_equal(audit_list(f->db, &all, AUDIT_NEWEST, 10, &f->setup, &rows, &n), 0);
	assert_int_equal(n, 0);
}

/* Whatever the client says where, no field of an answer begins or ends with it. */
static void no_words_of_a_client_make_a_field(void **state)
{
#define EVIL "x%0d%0aSet-Cookie:%20evil=1%0d%0a%0d%0a<script>"
	static const char *const paths[] = {
		"/sites?q=" EVIL, "/sites?cursor=1:" EVIL, "/sites?limit=" EVIL, "/sites?" EVIL "=1",
		"/mails?state=" EVIL, "/session?" EVIL,
	};
	static const char *const rests[] = {
		"/users/export?format=" EVIL, "/imports/template?format=" EVIL, "/audit?object=" EVIL,
		"/audit?format=csv&q=" EVIL,  "/users?role=" EVIL,		"/tickets?state=" EVIL,
	};
	struct fixture *f = *state;

	f->ask.host = VIEW("door.example.com\r\nX-Evil: 1");
	f->ask.agent = VIEW("Evil\r\nX-Evil: 1");
	for (size_t i = 0; i < 12; i++) {
		const char *path = i < 6 ? paths[i] : own(f, rests[i - 6]);

		fixture_call(f, ROLE_COMPANY_ADMIN, "GET", path, NULL);
		for (size_t k = 0; k < f->answer.nfields; k++) {
			const char *value = f->answer.fields[k].value;

			if (strpbrk(value, "\r\n") || strstr(value, "vil"))
				fail_msg("%s: %s: %s", path, f->answer.fields[k].name, value);
		}
	}
#undef EVIL
}

static void only_some_may_delete_a_site(void **state)
{
	struct fixture *f = *state;
	const char *path = own(f, "");

	for (enum role role = ROLE_SITE_ADMIN_PAYMENT; role < ROLES; role++) {
		assert_status(f, 403, role, "DELETE", path, NULL);
		assert_status(f, 404, role, "DELETE",
			      fixture_path(f, "/sites/%lld", (long long)f->foreign), NULL);
	}
	assert_status(f, 401, NOBODY, "DELETE", path, NULL);
	assert_status(f, 204, ADMIN, "DELETE", path, NULL);
}

static void only_a_company_makes_sites(void **state)
{
	struct fixture *f = *state;

	for (enum role role = 0; role < ROLES; role++)
		assert_status(f, role == ADMIN ? 201 : 403, role, "POST", "/sites", SITE("New"));
}

/* ---- the document ---- */

static void check_refs(const json_t *schemas, const json_t *value)
{
	const char *key;
	json_t *one;
	size_t i;

	if (json_is_array(value)) {
		json_array_foreach(value, i, one)
			check_refs(schemas, one);
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)value, key, one) {
		if (strcmp(key, "$ref") == 0) {
			const char *name = strrchr(json_string_value(one), '/') + 1;
			if (!json_object_get(schemas, name))
				fail_msg("no schema %s", name);
		}
		check_refs(schemas, one);
	}
}

static void the_document_has_every_route(void **state)
{
	struct fixture *f = *state;
	json_t *root, *paths, *operation;

	assert_status(f, 200, NOBODY, "GET", "/openapi.json", NULL);
	root = json_loads(fixture_text(f), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_string_equal(json_string_value(json_object_get(root, "openapi")), "3.1.0");
	paths = json_object_get(root, "paths");
	operation = json_object_get(
		json_object_get(paths, "/sites/{site}/devices/{device}/credentials"), "post");
	assert_int_equal(json_array_size(json_object_get(operation, "parameters")), 2);
	operation = json_object_get(json_object_get(paths, "/sites/{site}"), "delete");
	assert_non_null(json_object_get(json_object_get(operation, "responses"), "204"));
	size_t operations = 0;
	const char *key;
	json_t *path;
	json_object_foreach(paths, key, path)
		operations += json_object_size(path);
	assert_int_equal(operations, routes_n);
	check_refs(json_object_get(json_object_get(root, "components"), "schemas"), root);
	json_decref(root);
}

static int two_suspects(void *arg, struct arena *, struct suspect *ret_suspects, size_t max,
			size_t *ret_n)
{
	static const struct suspect two[] = {
		{ VIEW("192.0.2.1"), 27, 400, NOW - 5000, NOW - 1, NOW + 1 },
		{ VIEW("2001:db8::1"), 20, 0, NOW - 9000, NOW - 2, NOW + 2 },
	};

	*(size_t *)arg = max;
	*ret_n = max < 2 ? max : 2;
	memcpy(ret_suspects, two, *ret_n * sizeof(two[0]));
	return 0;
}

static void the_operator_sees_who_guesses(void **state)
{
	struct fixture *f = *state;
	size_t asked = 0;

	assert_status(f, 200, ROLE_OPERATOR, "GET", "/suspects", NULL);
	assert_string_equal(fixture_text(f), "{\"items\":[],\"next\":null}");
	f->env.suspects = two_suspects;
	f->env.suspects_arg = &asked;
	assert_status(f, 200, ROLE_OPERATOR, "GET", "/suspects", NULL);
	assert_non_null(strstr(fixture_text(f), "{\"address\":\"192.0.2.1\",\"failures\":27,"
						"\"dropped\":400,\"first_at\":1699999995000,"
						"\"last_at\":1699999999999,"
						"\"until_at\":1700000000001}"));
	assert_non_null(strstr(fixture_text(f), "2001:db8::1"));
	assert_status(f, 200, ROLE_OPERATOR, "GET", "/suspects?limit=1", NULL);
	assert_int_equal(asked, 1);
	assert_null(strstr(fixture_text(f), "2001:db8::1"));
	assert_problem(f, 400, "cursor", ROLE_OPERATOR, "GET", "/suspects?cursor=1", NULL);
	assert_status(f, 403, ROLE_COMPANY_ADMIN, "GET", "/suspects", NULL);
	assert_status(f, 401, NOBODY, "GET", "/suspects", NULL);
}

/* Knows one host. */
static int one_forgotten(void *arg, struct view address)
{
	if (!memchr(address.p, '.', address.n))
		return -EINVAL;
	if (!view_eq(address, VIEW("192.0.2.1")))
		return -ENOENT;
	++*(size_t *)arg;
	return 0;
}

static void the_operator_forgets_a_suspect(void **state)
{
	struct fixture *f = *state;
	size_t forgotten = 0;

#define FORGET(address) "POST", "/suspects/forget", "{\"address\":\"" address "\"}"
	assert_problem(f, 404, "address", ROLE_OPERATOR, FORGET("192.0.2.1"));
	f->env.suspect_forget = one_forgotten;
	f->env.suspects_arg = &forgotten;
	assert_problem(f, 404, "address", ROLE_OPERATOR, FORGET("192.0.2.2"));
	assert_problem(f, 422, "address", ROLE_OPERATOR, FORGET("nobody"));
	assert_status(f, 403, ROLE_COMPANY_ADMIN, FORGET("192.0.2.1"));
	assert_status(f, 401, NOBODY, FORGET("192.0.2.1"));
	assert_int_equal(forgotten, 0);
	assert_status(f, 204, ROLE_OPERATOR, FORGET("192.0.2.1"));
	assert_int_equal(forgotten, 1);
#undef FORGET
}

/* ---- the outbox ---- */

static int64_t mail_make(struct fixture *f, const char *template, const char *arguments)
{
	const struct mail_row m = { .company_id = DB_INT_NULL, .site_id = f->own,
				    .person_id = DB_INT_NULL, .recipient = VIEW("anna@example.org"),
				    .recipient_name = VIEW("Anna"), .language = VIEW("fr"),
				    .template = view_str(template), .arguments = view_str(arguments) };
	int64_t id = 0;

	assert_int_equal(mail_queue(f->db, NOW, &m, &id), 0);
	return id;
}

static void mail_end(struct fixture *f, const char *state, const char *error)
{
	const struct mail_outcome outcome = { view_str(state), NOW, view_str(error) };
	struct mail_row m;

	assert_int_equal(mail_claim(f->db, NOW, NOW + 1, &f->setup, &m), 0);
	assert_int_equal(mail_settle(f->db, NOW, &m, &outcome), 0);
}

static void the_operator_reads_the_outbox(void **state)
{
	struct fixture *f = *state;
	const int64_t kept = mail_make(f, "password_reset", "{\"path\":\"/reset#tell-nobody\"}");

	mail_end(f, "kept", "");
	mail_make(f, "mobile_access", "{\"place\":\"House\",\"path\":\"/m#tell-nobody\"}");
	mail_end(f, "failed", "550 <anna@example.org> no such user");
	assert_status(f, 200, ROLE_OPERATOR, "GET", "/mails", NULL);
	assert_non_null(strstr(fixture_text(f), "550 <anna@example.org> no such user"));
	assert_null(strstr(fixture_text(f), "tell-nobody"));
	assert_status(f, 200, ROLE_OPERATOR, "GET", "/mails?state=kept", NULL);
	assert_null(strstr(fixture_text(f), "mobile_access"));
	assert_non_null(strstr(fixture_text(f), "password_reset"));
	assert_status(f, 200, ROLE_OPERATOR, "GET", "/mails?limit=1", NULL);
	const char *next = fixture_path(f, "/mails?limit=1&cursor=%s", fixture_get(f, "next"));
	assert_null(strstr(fixture_text(f), "password_reset"));
	assert_status(f, 200, ROLE_OPERATOR, "GET", next, NULL);
	assert_non_null(strstr(fixture_text(f), "password_reset"));
	assert_problem(f, 400, "state", ROLE_OPERATOR, "GET", "/mails?state=gone", NULL);
	assert_problem(f, 400, "cursor", ROLE_OPERATOR, "GET", "/mails?cursor=x", NULL);
	assert_status(f, 200, ROLE_OPERATOR, "GET", fixture_path(f, "/mails/%lld", (long long)kept), NULL);
	assert_string_equal(fixture_get(f, "subject"), "Choisissez un nouveau mot de passe");
	assert_non_null(strstr(fixture_get(f, "text"), "https://door.example.com/reset#tell-nobody"));
	assert_non_null(strstr(fixture_get(f, "html"), "<html lang=\"fr\">"));
}

/* Only of a kept mail, which nobody else brings to its recipient, does one see the one-time link. */
static void one_time_links_are_the_recipients(void **state)
{
	struct fixture *f = *state;
	const int64_t id = mail_make(f, "password_reset", "{\"path\":\"/reset#tell-nobody\"}");
	const char *path = fixture_path(f, "/mails/%lld", (long long)id);

	assert_status(f, 200, ROLE_OPERATOR, "GET", path, NULL);
	assert_null(strstr(fixture_text(f), "tell-nobody"));
	assert_non_null(strstr(fixture_get(f, "text"), "https://door.example.com/…"));
	mail_end(f, "failed", "550 no");
	assert_status(f, 200, ROLE_OPERATOR, "GET", path, NULL);
	assert_null(strstr(fixture_text(f), "tell-nobody"));
	assert_status(f, 403, ADMIN, "GET", path, NULL);
	assert_status(f, 404, ROLE_OPERATOR, "GET", "/mails/999", NULL);
}

static void the_operator_sends_a_mail_again(void **state)
{
	struct fixture *f = *state;
	const int64_t id = mail_make(f, "two_factor_on", "{}");
	const char *path = fixture_path(f, "/mails/%lld/retry", (long long)id);

	mail_end(f, "failed", "550 no");
	assert_status(f, 200, ROLE_OPERATOR, "POST", path, "{}");
	assert_string_equal(fixture_get(f, "state"), "waiting");
	assert_string_equal(fixture_get(f, "error"), "");
	f->now = NOW;
	mail_end(f, "sent", "");
	assert_status(f, 409, ROLE_OPERATOR, "POST", path, "{}");
	assert_status(f, 404, ROLE_OPERATOR, "POST", "/mails/999/retry", "{}");
	assert_status(f, 200, ROLE_OPERATOR, "GET", fixture_path(f, "/mails/%lld", (long long)id), NULL);
	assert_non_null(strstr(fixture_text(f), "\"subject\":null,\"text\":null,\"html\":null"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
		TEST(a_site_lives),
		TEST(one_sees_the_sites_of_ones_roles),
		TEST(an_apartment_lives),
		TEST(a_device_lives),
		TEST(a_registered_device_is_online),
		TEST(an_unlock_code_is_one_that_intercoms_take),
		TEST(an_intercom_has_switches),
		TEST(only_a_phone_is_called_in_the_local_network),
		TEST(only_who_has_a_sip_account_has_a_setting_of_srtp),
		TEST(an_intercom_has_a_camera_whose_password_nobody_reads),
		TEST(local_mode_is_computed),
		TEST(a_number_that_is_taken_is_drawn_again),
		TEST(credentials_are_shown_and_renewed),
		TEST(buttons_are_replaced_whole),
		TEST(a_button_is_tested),
		TEST(a_site_has_few_tests_an_hour),
		TEST(buttons_never_ring_another_site),
		TEST(calls_come_newest_first_with_their_openings),
		TEST(lists_page_through_everything_once),
		TEST(one_finds_what_one_may_read),
		TEST(sites_are_found_by_parts_of_their_names),
		TEST(a_summary_has_what_one_may_read),
		TEST(rings_that_were_late_are_found),
		TEST(refuses_what_it_should),
		TEST(a_body_must_say_that_it_is_json),
		TEST(another_origin_changes_nothing),
		TEST(no_route_does_anything_for_a_page_elsewhere),
		TEST(no_words_of_a_client_make_a_field),
		TEST(live_takes_the_cursor_of_an_event),
		cmocka_unit_test(allow_names_the_methods),
		TEST(the_feed_tells_what_changed),
		TEST(every_route_asks_for_its_right),
		TEST(only_some_may_delete_a_site),
		TEST(only_a_company_makes_sites),
		TEST(the_operator_sees_who_guesses),
		TEST(the_operator_forgets_a_suspect),
		TEST(the_operator_reads_the_outbox),
		TEST(one_time_links_are_the_recipients),
		TEST(the_operator_sends_a_mail_again),
		TEST(the_document_has_every_route),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
