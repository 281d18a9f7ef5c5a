#include "base/fold.h"
#include "base/mem.h"
#include "../test.h"

static void check(const char *in, const char *want)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(256);

	fold_add(&out, view_str(in));
	assert_string_equal(buf_cstr(&out), want);
}

static void case_and_accents_go(void **)
{
	check("Novák, Žofie", "novak, zofie");
	check("Łódź ÆØÅ ß ſ Ÿ", "lodz aoa s s y");
	check("ΑΘΗΝΑ Ђ Москва", "αθηνα ђ москва");
	check("e\xcc\x81", "e");
	check("A-1 × ÷ 中 😀", "a-1 × ÷ 中 😀");
	check("", "");
}

static void bytes_that_are_no_text_stay(void **)
{
	check("\xc3", "\xc3");
	check("\xc3X\x80\xff", "\xc3x\x80\xff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_and_accents_go),
		cmocka_unit_test(bytes_that_are_no_text_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
