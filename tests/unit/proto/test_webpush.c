/* Messages of Web Push: the RFC's own, and what is refused. */
#include "proto/webpush.h"
#include "../test.h"

#include "base/list.h"
#include "base/mem.h"

#include <errno.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

/* RFC 8291 section 5 and appendix A. */
#define PLAIN      "When I grow up, I want to be a watermelon"
#define OUR_SECRET "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
#define OUR_POINT                                                                                  \
	"BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
#define THEIR_POINT                                                                                \
	"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define AUTH "BTBZMqHH6r4Tts7J_aSIgg"
#define SALT "DGv6ra1nlYgDCS1FRnbzlw"
#define BODY                                                                                       \
	"DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInm"  \
	"YWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQ"   \
	"exSgSxsj_Qulcy4a-fN"

static size_t plain_of(const char *base64, unsigned char *ret, size_t size)
{
	size_t n = 0;

	assert_int_equal(sodium_base642bin(ret, size, base64, strlen(base64), NULL, &n, NULL,
					   sodium_base64_VARIANT_URLSAFE_NO_PADDING),
			 0);
	return n;
}

/* Randomness that was drawn before. */
struct script {
	struct rand rand;
	unsigned char bytes[64];
	size_t at;
};

static void script_fill(struct rand *r, void *bytes, size_t n)
{
	struct script *s = CONTAINER_OF(r, struct script, rand);

	assert_true(s->at + n <= sizeof(s->bytes));
	memcpy(bytes, s->bytes + s->at, n);
	s->at += n;
}

static struct webpush_keys their_keys(void)
{
	struct webpush_keys keys;

	assert_int_equal(webpush_keys_read(VIEW(THEIR_POINT), VIEW(AUTH), &keys), 0);
	return keys;
}

static void the_rfcs_message_comes_out(void **)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(WEBPUSH_BODY_MAX);
	struct script s = { .rand = { script_fill } };
	const struct webpush_keys keys = their_keys();
	unsigned char body[256];
	const size_t n = plain_of(BODY, body, sizeof(body));

	plain_of(OUR_SECRET, s.bytes, 32);
	plain_of(SALT, s.bytes + 32, 16);
	assert_int_equal(webpush_encrypt(&keys, VIEW(PLAIN), &s.rand, &out), 0);
	assert_int_equal(out.n, n);
	assert_memory_equal(out.p, body, n);
}

static void no_two_messages_share_key_or_salt(void **)
{
	CLEANUP(buf_free) struct buf a = BUF_INIT(WEBPUSH_BODY_MAX), b = BUF_INIT(WEBPUSH_BODY_MAX);
	const struct webpush_keys keys = their_keys();

	assert_int_equal(webpush_encrypt(&keys, VIEW(PLAIN), rand_system(), &a), 0);
	assert_int_equal(webpush_encrypt(&keys, VIEW(PLAIN), rand_system(), &b), 0);
	assert_memory_not_equal(a.p, b.p, WEBPUSH_SALT_SIZE);
	assert_memory_not_equal(a.p + WEBPUSH_SALT_SIZE + 5, b.p + WEBPUSH_SALT_SIZE + 5,
				WEBPUSH_PUBLIC_SIZE);
}

static void the_longest_message_fills_a_body(void **)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(2 * WEBPUSH_BODY_MAX);
	static const char plain[WEBPUSH_PLAIN_MAX + 1];
	const struct webpush_keys keys = their_keys();

	assert_int_equal(webpush_encrypt(&keys, (struct view){ plain, WEBPUSH_PLAIN_MAX },
					 rand_system(), &out),
			 0);
	assert_int_equal(out.n, WEBPUSH_BODY_MAX);
	assert_int_equal(webpush_encrypt(&keys, (struct view){ plain, WEBPUSH_PLAIN_MAX + 1 },
					 rand_system(), &out),
			 -EMSGSIZE);
}

static void the_public_key_follows_from_the_secret(void **)
{
	unsigned char secret[WEBPUSH_PRIVATE_SIZE];
	char text[WEBPUSH_KEY_TEXT_MAX];
	struct webpush_pair pair;

	plain_of(OUR_SECRET, secret, sizeof(secret));
	assert_int_equal(webpush_pair_of(secret, &pair), 0);
	webpush_key_text(pair.point, text);
	assert_string_equal(text, OUR_POINT);
	memset(secret, 0, sizeof(secret));
	assert_int_equal(webpush_pair_of(secret, &pair), -EINVAL);
	memset(secret, 0xff, sizeof(secret)); /* beyond the curve's order */
	assert_int_equal(webpush_pair_of(secret, &pair), -EINVAL);
}

static void keys_of_a_subscription_are_held_against_the_curve(void **)
{
	static const struct {
		struct view p256dh, auth;
	} bad[] = {
		{ VIEW(""), VIEW(AUTH) },
		{ VIEW(THEIR_POINT), VIEW("") },
		{ VIEW(THEIR_POINT), VIEW("BTBZMqHH6r4Tts7J_aSI") },
		{ VIEW(THEIR_POINT), VIEW(AUTH "AA") },
		{ VIEW(THEIR_POINT "AA"), VIEW(AUTH) },
		{ VIEW("BCVxsr7N+eNgVRqvHtD0zTZsEc6"), VIEW(AUTH) },
		/* its last bit is another: beside the curve */
		{ VIEW("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-"
		       "AYWXvTBHm4bjyPjs7Vd8pZGH6SRp"
		       "kNtoIAiw8"),
		  VIEW(AUTH) },
		{ VIEW("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		       "AAA"
		       "AAAAAAAAA"),
		  VIEW(AUTH) },
	};
	struct webpush_keys keys;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(webpush_keys_read(bad[i].p256dh, bad[i].auth, &keys), -EBADMSG);
	assert_int_equal(webpush_keys_read(VIEW(THEIR_POINT "="), VIEW(AUTH "=="), &keys), 0);
}

static void endpoints_are_read(void **)
{
	static const struct {
		const char *text, *origin, *host;
		uint16_t port;
		bool secure;
	} good[] = {
		{ "https://fcm.googleapis.com/fcm/send/a:b-_%20", "https://fcm.googleapis.com",
		  "fcm.googleapis.com", 443, true },
		{ "https://push.example:8443/x?y=z", "https://push.example:8443", "push.example",
		  8443, true },
		{ "http://127.0.0.1:9/x", "http://127.0.0.1:9", "127.0.0.1", 9, false },
		{ "https://[2001:db8::1]:1/", "https://[2001:db8::1]:1", "2001:db8::1", 1, true },
		{ "https://[2001:db8::1]", "https://[2001:db8::1]", "2001:db8::1", 443, true },
		{ "https://a?b", "https://a", "a", 443, true },
	};
	struct webpush_endpoint e;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(webpush_endpoint_read(view_str(good[i].text), &e), 0);
		assert_true(view_eq(e.origin, view_str(good[i].origin)));
		assert_true(view_eq(e.host, view_str(good[i].host)));
		assert_true(e.port == good[i].port && e.secure == good[i].secure);
	}
}

static void what_is_no_endpoint_is_refused(void **)
{
	static const char *const bad[] = {
		"",
		"ftp://a/",
		"HTTPS://a/",
		"https://",
		"https:///x",
		"https://?x",
		"https://user@a/",
		"https://a:/",
		"https://a:0/",
		"https://a:65536/",
		"https://a:b/",
		"https://a b/",
		"https://a/\r\nX: y",
		"https://a/#b",
		"https://a\\b/",
		"https://[::1/",
		"https://[::1]x/",
		"https://[::1]:/",
		"https://[]/",
		"https://[a.b]/",
		"https://:1/",
		"https://a_b/",
		"https://a/\xc3\xa9",
	};
	static char longer[WEBPUSH_ENDPOINT_MAX + 2] = "https://a/";
	struct webpush_endpoint e;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(webpush_endpoint_read(view_str(bad[i]), &e), -EBADMSG);
	memset(longer + strlen(longer), 'a', WEBPUSH_ENDPOINT_MAX - strlen(longer));
	assert_int_equal(webpush_endpoint_read(view_str(longer), &e), 0);
	longer[WEBPUSH_ENDPOINT_MAX] = 'a';
	assert_int_equal(webpush_endpoint_read(view_str(longer), &e), -EMSGSIZE);
}

/* Holds the last two parts of a token against the key. */
static bool is_signed(const struct webpush_pair *pair, struct view jwt)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
	EVP_PKEY *params = NULL, *key = NULL;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char plain[64], *der = NULL;
	const char *dot = memrchr(jwt.p, '.', jwt.n);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int n;
	bool ok;

	assert_non_null(dot);
	assert_int_equal(sodium_base642bin(plain, sizeof(plain), dot + 1,
					   (size_t)(jwt.p + jwt.n - dot - 1), NULL, NULL, NULL,
					   sodium_base64_VARIANT_URLSAFE_NO_PADDING),
			 0);
	ECDSA_SIG_set0(sig, BN_bin2bn(plain, 32, NULL), BN_bin2bn(plain + 32, 32, NULL));
	n = i2d_ECDSA_SIG(sig, &der);
	EVP_PKEY_paramgen_init(ctx);
	EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, NID_X9_62_prime256v1);
	assert_true(EVP_PKEY_paramgen(ctx, &params) > 0);
	key = EVP_PKEY_new();
	assert_true(EVP_PKEY_copy_parameters(key, params) > 0 &&
		    EVP_PKEY_set1_encoded_public_key(key, pair->point, sizeof(pair->point)) > 0);
	assert_true(EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) > 0);
	ok = EVP_DigestVerify(md, der, (size_t)n, (const unsigned char *)jwt.p,
			      (size_t)(dot - jwt.p)) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	EVP_PKEY_free(params);
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static void a_token_names_and_proves_its_sender(void **)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(WEBPUSH_TOKEN_MAX);
	struct view jwt, key, claims;
	char plain[256], text[WEBPUSH_KEY_TEXT_MAX];
	struct webpush_pair pair, other;
	size_t n;

	assert_int_equal(webpush_pair_make(rand_system(), &pair), 0);
	assert_int_equal(webpush_pair_make(rand_system(), &other), 0);
	assert_int_equal(webpush_token(&pair, VIEW("https://push.example"), VIEW("mailto:a@b.c"),
				       1700, &out),
			 0);
	assert_true(view_starts(buf_view(&out), VIEW("vapid t=")));
	jwt = view_cut((struct view){ out.p + 8, out.n - 8 }, ',', &key);
	webpush_key_text(pair.point, text);
	assert_true(view_eq((struct view){ key.p + 3, key.n - 3 }, view_str(text)));
	view_cut(jwt, '.', &claims);
	claims = view_cut(claims, '.', &key);
	assert_int_equal(sodium_base642bin((unsigned char *)plain, sizeof(plain), claims.p,
					   claims.n, NULL, &n, NULL,
					   sodium_base64_VARIANT_URLSAFE_NO_PADDING),
			 0);
	assert_true(view_eq((struct view){ plain, n },
			    VIEW("{\"aud\":\"https://push.example\",\"exp\":1700,"
				 "\"sub\":\"mailto:a@b.c\"}")));
	assert_true(is_signed(&pair, jwt));
	assert_false(is_signed(&other, jwt));
}

static void a_token_without_origin_or_with_a_book_as_subject_is_refused(void **)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(WEBPUSH_TOKEN_MAX);
	static char book[WEBPUSH_SUBJECT_MAX + 1];
	struct webpush_pair pair;

	memset(book, 'a', sizeof(book));
	assert_int_equal(webpush_pair_make(rand_system(), &pair), 0);
	assert_int_equal(webpush_token(&pair, VIEW(""), VIEW(""), 1, &out), -EINVAL);
	assert_int_equal(webpush_token(&pair, VIEW("https://a"),
				       (struct view){ book, sizeof(book) }, 1, &out),
			 -EINVAL);
	assert_int_equal(webpush_token(&pair, VIEW("https://a"), VIEW(""), 1, &out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfcs_message_comes_out),
		cmocka_unit_test(no_two_messages_share_key_or_salt),
		cmocka_unit_test(the_longest_message_fills_a_body),
		cmocka_unit_test(the_public_key_follows_from_the_secret),
		cmocka_unit_test(keys_of_a_subscription_are_held_against_the_curve),
		cmocka_unit_test(endpoints_are_read),
		cmocka_unit_test(what_is_no_endpoint_is_refused),
		cmocka_unit_test(a_token_names_and_proves_its_sender),
		cmocka_unit_test(a_token_without_origin_or_with_a_book_as_subject_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
