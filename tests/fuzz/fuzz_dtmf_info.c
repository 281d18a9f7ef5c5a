/* The type of an INFO and, behind a line end, its body. */
#include "base/mem.h"
#include "proto/dtmf_info.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(64);
	struct view body;
	const struct view type = view_cut((struct view){ (const char *)data, n }, '\n', &body);
	const char digit = dtmf_info_read(type, body);

	if (!digit)
		return 0;
	dtmf_info_write(&out, digit, (unsigned)n);
	if (!strchr("0123456789*#ABCD", digit) || out.err ||
	    dtmf_info_read(VIEW("application/dtmf-relay"), buf_view(&out)) != digit)
		abort();
	return 0;
}
