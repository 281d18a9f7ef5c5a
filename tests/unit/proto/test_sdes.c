#include "proto/sdes.h"
#include "base/mem.h"
#include "../test.h"

#include <errno.h>
#include <string.h>

/* The example of RFC 4568 section 9. */
#define KEY "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"

static int read_as(const char *text, struct sdes *ret_sdes)
{
	return sdes_read(view_str(text), ret_sdes);
}

static void the_example_of_the_rfc_is_read(void **)
{
	struct sdes s;

	assert_int_equal(read_as("1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^20 FEC_ORDER=FEC_SRTP",
				 &s),
			 0);
	assert_int_equal(s.tag, 1);
	assert_int_equal(s.suite, SDES_CM_SHA1_80);
	assert_memory_equal(s.key, "wDfvg&T+)xG7@fb5", 16);
	assert_memory_equal(s.salt, "jU,RaA}\\|p0%*#", 14);
}

static void what_is_printed_is_read(void **)
{
	static const enum sdes_suite suites[] = { SDES_CM_SHA1_80, SDES_GCM_128 };

	for (unsigned i = 0; i < 2; i++) {
		CLEANUP(buf_free) struct buf out = BUF_INIT(SDES_LINE_MAX);
		struct sdes in = { .tag = 7 + i, .suite = suites[i] }, s;
		struct view line;

		for (unsigned k = 0; k < SDES_KEY_SIZE; k++)
			in.key[k] = (uint8_t)(k * 37);
		for (unsigned k = 0; k < sdes_salt_size(in.suite); k++)
			in.salt[k] = (uint8_t)(255 - k);
		sdes_print(&in, &out);
		line = buf_view(&out);
		assert_true(view_starts(line, VIEW("a=crypto:")));
		assert_int_equal(sdes_read(view_trim((struct view){ line.p + 9, line.n - 9 }), &s), 0);
		assert_memory_equal(&s, &in, sizeof(s));
	}
}

static void padding_is_no_matter(void **)
{
	struct sdes a, b;

	assert_int_equal(read_as("1 AEAD_AES_128_GCM inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
				 &a),
			 0);
	assert_int_equal(read_as("1 aead_aes_128_gcm inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &b),
			 0);
	assert_memory_equal(&a, &b, sizeof(a));
}

static void less_than_all_protection_is_refused(void **)
{
	static const char *const texts[] = {
		"1 AES_CM_128_HMAC_SHA1_32 inline:" KEY,
		"1 F8_128_HMAC_SHA1_80 inline:" KEY,
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " UNENCRYPTED_SRTP",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " WSH=64 UNAUTHENTICATED_SRTP",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY " KDR=1",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "|2^20|1:4",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY ";inline:" KEY,
	};

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sdes s = { .tag = 99 };

		assert_int_equal(read_as(texts[i], &s), -ENOTSUP);
		assert_int_equal(s.tag, 99);
	}
}

static void what_is_none_is_refused(void **)
{
	static const char *const texts[] = {
		"",
		"1",
		"x AES_CM_128_HMAC_SHA1_80 inline:" KEY,
		"1 AES_CM_128_HMAC_SHA1_80",
		"1 AES_CM_128_HMAC_SHA1_80 online:" KEY,
		"1 AES_CM_128_HMAC_SHA1_80 inline:",
		"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "A",
		"1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSo",
		"1 AES_CM_128_HMAC_SHA1_80 inline:!0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
		"1 AEAD_AES_128_GCM inline:" KEY,
	};

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sdes s;
		const int rc = read_as(texts[i], &s);

		if (rc != (i == 1 ? -ENOTSUP : -EBADMSG))
			fail_msg("\"%s\" gave %d", texts[i], rc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_rfc_is_read),
		cmocka_unit_test(what_is_printed_is_read),
		cmocka_unit_test(padding_is_no_matter),
		cmocka_unit_test(less_than_all_protection_is_refused),
		cmocka_unit_test(what_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
