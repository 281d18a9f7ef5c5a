/* What an authenticator says, byte for byte. */
#include "proto/webauthn.h"
#include "../test.h"

#include <errno.h>
#include <string.h>

#define HASH  "0123456789abcdef0123456789abcdef"
#define MODEL "MODELMODELMODEL!"
#define COUNT "\x00\x00\x01\x02"
/* {1: 2, 3: -7} and {"credProtect": 2} */
#define KEY "\xa2\x01\x02\x03\x26"
#define PROTECTION                                                                                 \
	"\xa1\x6b"                                                                                 \
	"credProtect"                                                                              \
	"\x02"

static int data_read(const char *bytes, size_t n, struct webauthn_data *ret_data)
{
	return webauthn_data_read((struct view){ bytes, n }, ret_data);
}
#define DATA(text, d) data_read(text, sizeof(text) - 1, d)

static void data_is_read_whole(void **)
{
	struct webauthn_data d;

	assert_int_equal(DATA(HASH "\x05" COUNT, &d), 0);
	assert_true(view_eq(d.rp_hash, VIEW(HASH)) && d.count == 0x102 && !d.credential_id.p);
	assert_int_equal(d.flags, WEBAUTHN_PRESENT | WEBAUTHN_VERIFIED);
	assert_int_equal(DATA(HASH "\xc1" COUNT MODEL "\x00\x02"
				   "id" KEY PROTECTION,
			      &d),
			 0);
	assert_true(view_eq(d.aaguid, VIEW(MODEL)) && view_eq(d.credential_id, VIEW("id")));
	assert_true(d.algorithm == -7 && d.protection == 2);
	assert_int_equal(DATA(HASH "\x81" COUNT "\xa0", &d), 0);
}

static void data_that_is_not_whole_is_refused(void **)
{
	static const char whole[] = HASH "\xc1" COUNT MODEL "\x00\x02"
					 "id" KEY PROTECTION;
	struct webauthn_data d;

	for (size_t n = 0; n < sizeof(whole) - 1; n++)
		assert_int_equal(data_read(whole, n, &d), -EBADMSG);
	assert_int_equal(data_read(whole, sizeof(whole), &d), -EBADMSG); /* a byte too many */
	assert_int_equal(DATA(HASH "\x41" COUNT MODEL "\x00\x00" KEY, &d), -EBADMSG); /* no id */
	assert_int_equal(DATA(HASH "\x41" COUNT MODEL "\x00\x02"
				   "id"
				   "\x01",
			      &d),
			 -EBADMSG);
	assert_int_equal(DATA(HASH "\x41" COUNT MODEL "\x00\x02"
				   "id"
				   "\xa2\x03\x26\x03\x27",
			      &d),
			 -EBADMSG); /* two algorithms */
	assert_int_equal(DATA(HASH "\x41" COUNT MODEL "\x00\x02"
				   "id"
				   "\xa1\x03\x61\x61",
			      &d),
			 -EBADMSG); /* one that is a text */
}

static int object_read(const char *bytes, size_t n, struct webauthn_attestation *ret_object)
{
	return webauthn_attestation_read((struct view){ bytes, n }, ret_object);
}
#define OBJECT(text, a) object_read(text, sizeof(text) - 1, a)

#define FMT                                                                                        \
	"\x63"                                                                                     \
	"fmt"
#define STMT                                                                                       \
	"\x67"                                                                                     \
	"attStmt"
#define AUTH                                                                                       \
	"\x68"                                                                                     \
	"authData"

static void an_attestation_has_its_three_parts(void **)
{
	struct webauthn_attestation a;

	assert_int_equal(OBJECT("\xa3" FMT "\x64none" STMT "\xa0" AUTH "\x42hi", &a), 0);
	assert_true(view_eq(a.format, VIEW("none")) && view_eq(a.data, VIEW("hi")));
	assert_true(a.empty && !a.certified && a.algorithm == 0);
	assert_int_equal(OBJECT("\xa3" AUTH "\x58\x02hi" STMT "\xa2\x63"
				"alg\x39\x01\x00\x63"
				"x5c\x81\x41q" FMT "\x66packed",
				&a),
			 0);
	assert_true(view_eq(a.data, VIEW("hi")) && a.certified && a.algorithm == -257 && !a.empty);
	assert_int_equal(a.statement.n, 15);
}

static void an_attestation_that_is_none_is_refused(void **)
{
	static const char whole[] = "\xa3" FMT "\x64none" STMT "\xa0" AUTH "\x42hi";
	struct webauthn_attestation a;

	for (size_t n = 0; n < sizeof(whole) - 1; n++)
		assert_int_equal(object_read(whole, n, &a), -EBADMSG);
	assert_int_equal(object_read(whole, sizeof(whole), &a), -EBADMSG);
	assert_int_equal(OBJECT("\xa2" FMT "\x64none" AUTH "\x42hi", &a), -EBADMSG);
	assert_int_equal(OBJECT("\xa3" FMT "\x64none" FMT "\x64none" AUTH "\x42hi", &a), -EBADMSG);
	assert_int_equal(OBJECT("\xa3" FMT "\x01" STMT "\xa0" AUTH "\x42hi", &a), -EBADMSG);
	assert_int_equal(OBJECT("\xa3" FMT "\x64none" STMT "\x80" AUTH "\x42hi", &a), -EBADMSG);
	assert_int_equal(OBJECT("\xa3" FMT "\x64none" STMT "\xa0" AUTH "\x62hi", &a), -EBADMSG);
	/* Without an end, of a tag, a count that is a lie, too deep. */
	assert_int_equal(OBJECT("\xbf" FMT "\x64none" STMT "\xa0" AUTH "\x42hi\xff", &a), -EBADMSG);
	assert_int_equal(OBJECT("\xc1\xa3" FMT "\x64none" STMT "\xa0" AUTH "\x42hi", &a), -EBADMSG);
	assert_int_equal(OBJECT("\xa3" FMT "\x64none" STMT
				"\xa1\x61q\x9b\xff\xff\xff\xff\xff\xff\xff\xff" AUTH "\x42hi",
				&a),
			 -EBADMSG);
	assert_int_equal(OBJECT("\xa3" FMT "\x64none" STMT "\xa1\x61q\x81\x81\x81\x81\x01" AUTH
				"\x42hi",
				&a),
			 -EBADMSG);
	assert_int_equal(
		OBJECT("\xa3" FMT "\x64none" STMT "\xa1\x61q\x81\x81\x01" AUTH "\x42hi", &a), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_is_read_whole),
		cmocka_unit_test(data_that_is_not_whole_is_refused),
		cmocka_unit_test(an_attestation_has_its_three_parts),
		cmocka_unit_test(an_attestation_that_is_none_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
