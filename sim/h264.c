#include "h264.h"
#include <errno.h>

enum { NAL_TYPE_MASK = 0x1f, NAL_REF_MASK = 0x60, FU_A = 28, FU_START = 0x80, FU_END = 0x40 };

size_t h264_start_code(const uint8_t *p, size_t n)
{
	if (n >= 4 && !p[0] && !p[1] && !p[2] && p[3] == 1)
		return 4;
	return n >= 3 && !p[0] && !p[1] && p[2] == 1 ? 3 : 0;
}

/* RFC 6184 section 5.8: the NAL header's type moves into the FU header of every fragment. */
static int fragments(const uint8_t *nal, size_t n, bool last, h264_emit *emit, void *arg)
{
	const size_t room = H264_PAYLOAD_MAX - H264_HEAD_MAX;
	uint8_t head[H264_HEAD_MAX] = {
		(uint8_t)((nal[0] & NAL_REF_MASK) | FU_A),
		(uint8_t)(FU_START | (nal[0] & NAL_TYPE_MASK)),
	};

	for (size_t at = 1; at < n;) {
		size_t part = n - at < room ? n - at : room;
		bool end = at + part == n;

		if (end)
			head[1] |= FU_END;
		int err = emit(head, sizeof(head), nal + at, part, end && last, arg);
		if (err)
			return err;
		head[1] = (uint8_t)(head[1] & ~FU_START);
		at += part;
	}
	return 0;
}

int h264_packetize(const uint8_t *nal, size_t n, bool last, bool fragment, h264_emit *emit,
		   void *arg)
{
	if (!n)
		return EINVAL;
	if (n > H264_PAYLOAD_MAX && fragment)
		return fragments(nal, n, last, emit, arg);
	return emit(NULL, 0, nal, n, last, arg);
}
