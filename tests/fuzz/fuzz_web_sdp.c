/* Answers of browsers. */
#include "proto/web_sdp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct view text = { (const char *)data, n };
	struct web_answer a = {};

	if (web_answer_read(text, &a) < 0)
		return 0;
	if (!a.ufrag.n || a.ufrag.p < text.p || a.ufrag.p + a.ufrag.n > text.p + text.n)
		abort();
	if (a.audio && !(a.best == WEB_PCMA ? a.pcma : a.pcmu))
		abort();
	return 0;
}
