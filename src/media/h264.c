#include "media/h264.h"

#include "media/rtp.h"

#include <string.h>

enum {
	TYPE = 0x1f,
	IDR = 5,
	SPS = 7,
	PPS = 8,
	STAP_A = 24,
	STAP_A_HEAD = 0x78, /* with the highest nal_ref_idc */
	FU_A = 28,
	FU_START = 0x80,
};

static void nal_look(const uint8_t *p, size_t n, struct h264_found *f)
{
	const struct view nal = { (const char *)p, n };

	switch (p[0] & TYPE) {
	case SPS:
		f->sps = nal;
		break;
	case PPS:
		f->pps = nal;
		break;
	case IDR:
		f->idr = true;
		break;
	default:
		break;
	}
}

/* RFC 6184 section 5.7.1: NAL units, each behind its size. */
static void aggregate_look(const uint8_t *p, size_t n, struct h264_found *f)
{
	for (size_t at = 1, size; at + 2 < n; at += 2 + size) {
		size = rtp_get16(p + at);
		if (size == 0 || size > n - at - 2)
			return;
		nal_look(p + at + 2, size, f);
	}
}

struct h264_found h264_look(const uint8_t *p, size_t n)
{
	struct h264_found f = {};

	if (n == 0)
		return f;
	if ((p[0] & TYPE) == STAP_A)
		aggregate_look(p, n, &f);
	else if ((p[0] & TYPE) == FU_A)
		f.idr = n > 1 && (p[1] & FU_START) && (p[1] & TYPE) == IDR;
	else
		nal_look(p, n, &f);
	return f;
}

static size_t set_print(struct view set, uint8_t *p)
{
	p[0] = (uint8_t)(set.n >> 8);
	p[1] = (uint8_t)set.n;
	memcpy(p + 2, set.p, set.n);
	return 2 + set.n;
}

size_t h264_sets_print(struct view sps, struct view pps, uint8_t ret_payload[H264_SETS_MAX])
{
	size_t n = 1;

	ret_payload[0] = STAP_A_HEAD;
	n += set_print(sps, ret_payload + n);
	n += set_print(pps, ret_payload + n);
	return n;
}
