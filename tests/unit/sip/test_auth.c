#include "base/rand.h"
#include "sip/auth.h"
#include "digest.h"

#define REALM "vestibule"
#define USER  "1000000002"
#define URI   "sip:vestibule"

static struct {
	struct clock_virtual clock;
	struct rand_seeded rand;
	struct auth *auth;
	struct flow flow, other;
	char nonce[128];
	uint64_t user;
	unsigned asked;
} t;

static bool on_secret(void *, uint64_t user, struct sip_secret *ret_secret)
{
	char ha1[65];

	t.asked++;
	if (user != 1000000002)
		return false;
	hash_ha1(true, USER, REALM, "secret", ha1);
	snprintf(ret_secret->ha1_md5, sizeof(ret_secret->ha1_md5), "%.32s", ha1);
	hash_ha1(false, USER, REALM, "secret", ret_secret->ha1_sha256);
	return true;
}

static void fresh_nonce(bool stale)
{
	struct buf out = BUF_INIT(4096);

	auth_challenge(t.auth, stale, &out);
	nonce_of(buf_cstr(&out), t.nonce);
	assert_int_equal(strstr(out.p, "stale=true") != NULL, stale);
	buf_free(&out);
}

static int setup(void **)
{
	memset(&t, 0, sizeof(t));
	clock_virtual_init(&t.clock, 0);
	rand_seeded_init(&t.rand, 1);
	assert_int_equal(addr_parse("198.51.100.7:5060", &t.flow.peer), 0);
	assert_int_equal(addr_parse("198.51.100.8:5060", &t.other.peer), 0);
	assert_int_equal(auth_new(&(struct auth_conf){ REALM, &t.clock.clock, &t.rand.rand, false,
						       on_secret, NULL },
				  &t.auth),
			 0);
	fresh_nonce(false);
	return 0;
}

static int teardown(void **)
{
	auth_free(t.auth);
	return 0;
}

static enum auth_result check_line(const struct flow *flow, const char *line)
{
	char text[8192];
	struct sip_msg *msg;
	enum auth_result result;

	snprintf(text, sizeof(text),
		 "REGISTER " URI " SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n%s\r\n", line);
	msg = msg_of(text);
	result = auth_check(t.auth, msg, flow, &t.user);
	mem_deref(msg);
	return result;
}

static enum auth_result check(const struct credentials *given)
{
	struct credentials c = *given;
	char line[2048];

	c.user = c.user ? c.user : USER;
	c.realm = c.realm ? c.realm : REALM;
	c.password = c.password ? c.password : "secret";
	c.method = c.method ? c.method : "REGISTER";
	c.uri = c.uri ? c.uri : URI;
	c.nonce = c.nonce ? c.nonce : t.nonce;
	c.cnonce = "abc";
	authorization(&c, line, sizeof(line));
	return check_line(&t.flow, line);
}

#define CHECK(...) check(&(struct credentials){ __VA_ARGS__ })

static void the_right_password_is_right(void **)
{
	assert_int_equal(CHECK(.nc = 1, .algorithm = "SHA-256"), AUTH_OK);
	assert_int_equal(t.user, 1000000002);
	assert_int_equal(CHECK(.nc = 2, .algorithm = "MD5"), AUTH_OK);
	assert_int_equal(CHECK(.nc = 3), AUTH_OK);
}

/* RFC 7616 section 3.9.1, with our own nonce set aside: the sums are those of the RFC. */
static void the_digests_are_those_of_the_rfc(void **)
{
	char ha1[65], ha2[65], all[512], hex[65];

	for (int md5 = 0; md5 < 2; md5++) {
		hash_ha1(md5, "Mufasa", "http-auth@example.org", "Circle of Life", ha1);
		hash_hex(md5, "GET:/dir/index.html", ha2);
		snprintf(all, sizeof(all),
			 "%s:7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v:00000001:"
			 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ:auth:%s",
			 ha1, ha2);
		hash_hex(md5, all, hex);
		assert_string_equal(hex, md5 ? "8ca523f5e9506fed4657c9700eebdbec"
					     : "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8d"
					       "b5856cb6c1");
	}
}

static void what_is_wrong_is_wrong(void **)
{
	assert_int_equal(CHECK(.nc = 1, .password = "other"), AUTH_WRONG);
	assert_int_equal(CHECK(.nc = 1, .method = "INVITE"), AUTH_WRONG);
	assert_int_equal(CHECK(.nc = 1, .uri = "sip:somebody@vestibule"), AUTH_WRONG);
	assert_int_equal(CHECK(.nc = 1, .user = "1000000003"), AUTH_UNKNOWN);
	assert_int_equal(CHECK(.nc = 1, .user = "100"), AUTH_UNKNOWN);
	assert_int_equal(CHECK(.nc = 1, .realm = "elsewhere"), AUTH_NONE);
	assert_int_equal(CHECK(.nc = 1, .algorithm = "SHA-512-256"), AUTH_NONE);
	assert_int_equal(CHECK(.nc = 1), AUTH_OK); /* none of these used the nonce up */
}

static void no_count_is_good_twice(void **)
{
	assert_int_equal(CHECK(.nc = 5), AUTH_OK);
	assert_int_equal(CHECK(.nc = 3), AUTH_OK); /* overtaken on its way */
	assert_int_equal(CHECK(.nc = 3), AUTH_STALE);
	assert_int_equal(CHECK(.nc = 5), AUTH_REPEAT);
	assert_int_equal(CHECK(.nc = 5 + AUTH_WINDOW), AUTH_OK);
	assert_int_equal(CHECK(.nc = 5), AUTH_STALE);
	assert_int_equal(CHECK(.nc = 6), AUTH_OK);
	assert_int_equal(CHECK(.nc = 4), AUTH_STALE); /* too old to know */
	assert_int_equal(CHECK(.nc = 0xffffffff), AUTH_OK);
	assert_int_equal(CHECK(.nc = 0xfffffffe), AUTH_OK);
	assert_int_equal(CHECK(.nc = 0xfffffffe), AUTH_STALE);
}

static void a_copy_from_elsewhere_is_no_repetition(void **)
{
	char line[2048];

	authorization(&(struct credentials){ .user = USER, .realm = REALM, .password = "secret",
					     .method = "REGISTER", .uri = URI, .nonce = t.nonce,
					     .cnonce = "abc", .nc = 1 },
		      line, sizeof(line));
	assert_int_equal(check_line(&t.flow, line), AUTH_OK);
	assert_int_equal(check_line(&t.flow, line), AUTH_REPEAT);
	assert_int_equal(check_line(&t.other, line), AUTH_STALE);
}

static void without_qop_a_nonce_is_good_once(void **)
{
	assert_int_equal(CHECK(.nc = 0), AUTH_OK);
	assert_int_equal(CHECK(.nc = 0), AUTH_REPEAT);
	assert_int_equal(CHECK(.nc = 2), AUTH_OK);
	assert_int_equal(CHECK(.nc = 0), AUTH_STALE);
}

static void a_nonce_of_ours_grows_old_and_a_strange_one_is_stale(void **)
{
	char strange[128];

	memcpy(strange, t.nonce, sizeof(strange));
	strange[3] = strange[3] == '0' ? '1' : '0';
	assert_int_equal(CHECK(.nc = 1, .nonce = strange), AUTH_STALE);
	assert_int_equal(CHECK(.nc = 1, .nonce = "x"), AUTH_STALE);
	assert_int_equal(CHECK(.nc = 1, .nonce = strange, .password = "other"), AUTH_WRONG);
	clock_virtual_advance(&t.clock, AUTH_NONCE_LIFE_MS * INT64_C(1000));
	assert_int_equal(CHECK(.nc = 1), AUTH_OK);
	clock_virtual_advance(&t.clock, 1000);
	assert_int_equal(CHECK(.nc = 2), AUTH_STALE);
	fresh_nonce(true);
	assert_int_equal(CHECK(.nc = 1), AUTH_OK);
}

/* However many nonces are used, memory is bounded, and a forgotten one never counts again. */
static void a_full_table_forgets_safely(void **)
{
	char first[128];

	clock_virtual_advance(&t.clock, 1000);
	fresh_nonce(false);
	memcpy(first, t.nonce, sizeof(first));
	assert_int_equal(CHECK(.nc = 1), AUTH_OK);
	clock_virtual_advance(&t.clock, 1000);
	for (unsigned i = 0; i < AUTH_NONCES_MAX; i++) {
		fresh_nonce(false);
		if (CHECK(.nc = 1) != AUTH_OK)
			fail_msg("number %u", i);
	}
	assert_int_equal(CHECK(.nc = 1, .nonce = first), AUTH_STALE);
	assert_int_equal(CHECK(.nc = 2, .nonce = first), AUTH_STALE);
	assert_int_equal(CHECK(.nc = 2), AUTH_OK);
}

static void headers_that_make_no_sense_are_no_credentials(void **)
{
	static const char *const bad[] = {
		"",
		"Authorization: Digest\r\n",
		"Authorization: Digest \r\n",
		"Authorization: Basic dTpw\r\n",
		"Authorization: Digest username\r\n",
		"Authorization: Digest username=\"1000000002\r\n",
		"Authorization: Digest username=\"a\", username=\"b\"\r\n",
		"Authorization: Digest username=\"\\\"\"\r\n",
		"Authorization: Digest =,=,=\r\n",
		"Authorization: Digest realm=\"vestibule\"\r\n",
		"Authorization: Digest username=1000000002,realm=vestibule,nonce=n,uri=sip:x,"
		"response=r,qop=auth-int,nc=00000001,cnonce=c\r\n",
		"Authorization: Digest username=1000000002,realm=vestibule,nonce=n,uri=sip:x,"
		"response=r,qop=auth,nc=00000001\r\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (check_line(&t.flow, bad[i]) != AUTH_NONE)
			fail_msg("number %zu", i);
	assert_int_equal(t.asked, 0);
	assert_int_equal(check_line(&t.flow,
				    "Authorization: Digest username=1000000002,realm=vestibule,"
				    "nonce=n,uri=sip:x,response=r\r\n"),
			 AUTH_WRONG);
}

static void the_header_for_us_is_found_among_others(void **)
{
	char line[4096] = "Authorization: Digest username=\"a\",realm=\"other\",nonce=\"n\",uri=\"u\","
			  "response=\"r\"\r\nAuthorization: Basic x\r\n";
	const size_t n = strlen(line);

	authorization(&(struct credentials){ .user = USER, .realm = REALM, .password = "secret",
					     .method = "REGISTER", .uri = URI, .nonce = t.nonce,
					     .cnonce = "abc", .nc = 1, .algorithm = "SHA-256" },
		      line + n, sizeof(line) - n);
	assert_int_equal(check_line(&t.flow, line), AUTH_OK);
}

static void a_user_is_ten_digits(void **)
{
	uint64_t user;

	assert_int_equal(auth_user(VIEW("0000000001"), &user), 0);
	assert_int_equal(user, 1);
	assert_true(auth_user(VIEW("1"), &user) < 0);
	assert_true(auth_user(VIEW("00000000001"), &user) < 0);
	assert_true(auth_user(VIEW("+000000001"), &user) < 0);
	assert_true(auth_user(VIEW(""), &user) < 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_right_password_is_right),
		TEST(the_digests_are_those_of_the_rfc),
		TEST(what_is_wrong_is_wrong),
		TEST(no_count_is_good_twice),
		TEST(a_copy_from_elsewhere_is_no_repetition),
		TEST(without_qop_a_nonce_is_good_once),
		TEST(a_nonce_of_ours_grows_old_and_a_strange_one_is_stale),
		TEST(a_full_table_forgets_safely),
		TEST(headers_that_make_no_sense_are_no_credentials),
		TEST(the_header_for_us_is_found_among_others),
		TEST(a_user_is_ten_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
