#include "proto/jpeg.h"
#include "../test.h"

#include <errno.h>
#include <string.h>

#define SOI     "\xff\xd8"
#define APP0    "\xff\xe0\0\x04JF"
#define FRAME   "\xff\xc0\0\x0b\x08\x01\x20\x02\x80\x01\x01\x11\0" /* 640 by 288, one colour */
#define SCAN    "\xff\xda\0\x08\x01\x01\0\0\x3f\0ab\xff\0c\xff\xd0"
#define EOI     "\xff\xd9"
#define PICTURE SOI APP0 FRAME SCAN EOI

#define measure(bytes, ret) jpeg_measure(VIEW(bytes), ret)

static void a_whole_picture_has_a_size(void **)
{
	struct jpeg_size size;

	assert_int_equal(measure(PICTURE, &size), 0);
	assert_int_equal(size.width, 640);
	assert_int_equal(size.height, 288);
	/* progressive: several scans; and fill bytes before a marker */
	assert_int_equal(measure(SOI "\xff\xff\xff\xc2\0\x11\x08\0\x10\0\x20\x03"
				     "\x01\x22\0\x02\x11\0\x03\x11\0" SCAN
				     "\xff\xc4\0\x03x" SCAN EOI,
				 &size),
			 0);
	assert_int_equal(size.width, 32);
	assert_int_equal(size.height, 16);
}

static void what_is_not_whole_is_none(void **)
{
	static const char picture[] = PICTURE;
	struct jpeg_size size = { 7, 7 };

	for (size_t n = 0; n < sizeof(picture) - 1; n++)
		assert_int_equal(jpeg_measure((struct view){ picture, n }, &size), -EBADMSG);
	assert_int_equal(measure(PICTURE "<script>", &size), -EBADMSG);
	assert_int_equal(size.width, 7); /* untouched */
}

static void what_is_something_else_is_none(void **)
{
	struct jpeg_size size;

	assert_int_equal(measure("\x89PNG\r\n\x1a\n", &size), -EBADMSG);
	assert_int_equal(measure("GIF89a" PICTURE, &size), -EBADMSG);
	assert_int_equal(measure(SOI EOI, &size), -EBADMSG);
	assert_int_equal(measure(SOI FRAME EOI, &size), -EBADMSG); /* no scan */
	assert_int_equal(measure(SOI SCAN EOI, &size), -EBADMSG);  /* no frame */
	assert_int_equal(measure(SOI FRAME FRAME SCAN EOI, &size), -EBADMSG);
	assert_int_equal(measure(SOI SOI FRAME SCAN EOI, &size), -EBADMSG);
	assert_int_equal(measure(SOI "x" FRAME SCAN EOI, &size), -EBADMSG);
	assert_int_equal(measure(SOI "\xff\xe0\0\x01" FRAME SCAN EOI, &size), -EBADMSG);
	assert_int_equal(
		measure(SOI "\xff\xc0\0\x0e\x08\x01\x20\x02\x80\x03\x01\x11\0xyz" SCAN EOI, &size),
		-EBADMSG); /* three colours, told of two */
}

static void what_browsers_do_not_show_is_named_so(void **)
{
	struct jpeg_size size;

	/* lossless; 12 bit; CMYK; a height that comes later */
	assert_int_equal(
		measure(SOI "\xff\xc3\0\x0b\x08\x01\x20\x02\x80\x01\x01\x11\0" SCAN EOI, &size),
		-ENOTSUP);
	assert_int_equal(
		measure(SOI "\xff\xc1\0\x0b\x0c\x01\x20\x02\x80\x01\x01\x11\0" SCAN EOI, &size),
		-ENOTSUP);
	assert_int_equal(measure(SOI "\xff\xc0\0\x14\x08\x01\x20\x02\x80\x04\x01\x11\0\x02\x11\0"
				     "\x03\x11\0\x04\x11\0" SCAN EOI,
				 &size),
			 -ENOTSUP);
	assert_int_equal(
		measure(SOI "\xff\xc0\0\x0b\x08\0\0\x02\x80\x01\x01\x11\0" SCAN EOI, &size),
		-ENOTSUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_picture_has_a_size),
		cmocka_unit_test(what_is_not_whole_is_none),
		cmocka_unit_test(what_is_something_else_is_none),
		cmocka_unit_test(what_browsers_do_not_show_is_named_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
