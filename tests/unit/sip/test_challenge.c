/* The client's half of digest authentication, against the examples of the RFCs. */
#include "sip/challenge.h"
#include "base/mem.h"
#include "digest.h"

#include <errno.h>

#define NONCE  "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define CNONCE "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
#define HEAD(code)                                                                                 \
	"SIP/2.0 " code " No\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\n"   \
	"To: <sip:b@b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
#define END "Content-Length: 0\r\n\r\n"
#define RFC7616(algorithm)                                                                         \
	"Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=" algorithm     \
	", nonce=\"" NONCE "\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"\r\n"

static int read_text(const char *text, struct challenge *ret)
{
	struct sip_msg *msg = msg_of(text);
	const int rc = challenge_read(msg, ret);

	mem_deref(msg);
	return rc;
}

static void assert_answer(struct challenge *c, const struct challenge_ask *ask, const char *part)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(CHALLENGE_LINE_MAX);

	challenge_answer(c, ask, &out);
	if (!strstr(buf_cstr(&out), part))
		fail_msg("no %s in %s", part, buf_cstr(&out));
}

static const struct challenge_ask mufasa = { "Mufasa", "Circle of Life", "GET", "/dir/index.html",
					     CNONCE };

static void the_examples_of_rfc_7616_come_out(void **)
{
	struct challenge c;

	assert_int_equal(read_text(HEAD("401") "WWW-Authenticate: " RFC7616("SHA-256")
					   "WWW-Authenticate: " RFC7616("MD5") END, &c), 0);
	assert_true(c.sha256 && !c.proxy);
	assert_answer(&c, &mufasa,
		      "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"");
	assert_answer(&c, &mufasa, "nc=00000002"); /* counted on */
	assert_int_equal(read_text(HEAD("407") "Proxy-Authenticate: " RFC7616("MD5") END, &c), 0);
	assert_true(c.proxy);
	assert_answer(&c, &mufasa, "response=\"8ca523f5e9506fed4657c9700eebdbec\"");
	assert_answer(&c, &mufasa, "Proxy-Authorization: Digest username=\"Mufasa\"");
	assert_answer(&c, &mufasa, "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"");
}

static void without_qop_it_is_as_of_old(void **)
{
	const struct challenge_ask ask = { "Mufasa", "Circle Of Life", "GET", "/dir/index.html", "1" };
	struct challenge c;

	assert_int_equal(read_text(HEAD("401") "WWW-Authenticate: Digest realm=\"testrealm@host.com\","
					       " nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"\r\n" END,
				   &c),
			 0);
	assert_answer(&c, &ask, "response=\"670fd8c2df070c60b045671b8b24ff02\"\r\n");
	assert_false(c.stale);
}

static void the_first_that_we_know_is_taken(void **)
{
	struct challenge c;

	assert_int_equal(read_text(HEAD("401") "WWW-Authenticate: Basic realm=\"x\"\r\n"
					       "WWW-Authenticate: " RFC7616("SHA-512-256")
					       "WWW-Authenticate: " RFC7616("MD5-sess")
					       "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\","
					       " qop=\"auth-int\"\r\n"
					       "WWW-Authenticate: Digest realm=\"good\", nonce=\"n\","
					       " stale=TRUE\r\n" END,
				   &c),
			 0);
	assert_string_equal(c.realm, "good");
	assert_true(c.stale && !c.named && !c.sha256);
	assert_int_equal(read_text(HEAD("401") END, &c), -ENOENT);
	assert_int_equal(read_text(HEAD("403") "WWW-Authenticate: " RFC7616("MD5") END, &c), -ENOENT);
	assert_int_equal(read_text(HEAD("407") "WWW-Authenticate: " RFC7616("MD5") END, &c), -ENOENT);
}

/* What goes back between quotes has no end of a line in it, however the header was folded. */
static void nothing_is_smuggled_into_our_request(void **)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(8192);
	struct challenge c;

	assert_int_equal(read_text(HEAD("401") "WWW-Authenticate: Digest realm=\"a\r\n b\","
					       " nonce=\"n\"\r\n" END,
				   &c),
			 -ENOENT);
	buf_str(&text, HEAD("401") "WWW-Authenticate: Digest realm=\"");
	for (int i = 0; i < CHALLENGE_TEXT_MAX; i++)
		buf_chr(&text, 'r');
	buf_str(&text, "\", nonce=\"n\"\r\n" END);
	assert_int_equal(read_text(buf_cstr(&text), &c), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_rfc_7616_come_out),
		cmocka_unit_test(without_qop_it_is_as_of_old),
		cmocka_unit_test(the_first_that_we_know_is_taken),
		cmocka_unit_test(nothing_is_smuggled_into_our_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
