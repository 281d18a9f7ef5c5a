/* A picture. What counts as one has the size that libjpeg finds, and is not one when a byte is
 * missing at its end, or one too many. */
#include "base/mem.h"
#include "proto/jpeg.h"

#include <setjmp.h>
#include <stdio.h> /* before jpeglib.h */
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct fail {
	struct jpeg_error_mgr mgr; /* first: libjpeg knows only this */
	jmp_buf back;
};

static void failed(j_common_ptr jpeg)
{
	longjmp(((struct fail *)jpeg->err)->back, 1);
}

static void silent(j_common_ptr)
{
}

/* False where libjpeg finds a fault that is none of the markers'. */
static bool measure(const uint8_t *data, size_t n, struct jpeg_size *ret_size)
{
	struct jpeg_decompress_struct jpeg;
	struct fail fail;

	jpeg.err = jpeg_std_error(&fail.mgr);
	fail.mgr.error_exit = failed;
	fail.mgr.output_message = silent;
	jpeg_create_decompress(&jpeg);
	if (setjmp(fail.back) != 0) {
		jpeg_destroy_decompress(&jpeg);
		return false;
	}
	jpeg_mem_src(&jpeg, data, n);
	jpeg_read_header(&jpeg, TRUE);
	*ret_size = (struct jpeg_size){ jpeg.image_width, jpeg.image_height };
	jpeg_destroy_decompress(&jpeg);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct view bytes = { (const char *)data, n };
	struct jpeg_size size, other;
	AUTO_FREE char *longer = NULL;

	if (jpeg_measure(bytes, &size) < 0)
		return 0;
	if (measure(data, n, &other) && (size.width != other.width || size.height != other.height))
		abort();
	longer = malloc(n + 1);
	if (!longer)
		return 0;
	memcpy(longer, data, n);
	longer[n] = 0;
	if (jpeg_measure((struct view){ longer, n + 1 }, &size) == 0 ||
	    jpeg_measure((struct view){ longer, n - 1 }, &size) == 0)
		abort();
	return 0;
}
