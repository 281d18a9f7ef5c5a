/* media/h264.h - what an RTP payload of H.264 carries (RFC 6184), and parameter sets for it.
 * Pure; any thread. */
#pragma once
#include "base/buf.h"

enum {
	H264_SET_MAX = 256, /* bytes of a parameter set that we keep */
	H264_SETS_MAX = 1 + 2 * (2 + H264_SET_MAX),
};

struct h264_found {
	struct view sps, pps; /* whole ones; views into the payload */
	bool idr;             /* the beginning of a slice of an IDR picture */
};

/* Single NAL units, STAP-A and FU-A; anything else has nothing. */
struct h264_found h264_look(const uint8_t *p, size_t n);
/* A STAP-A of both. Bytes written. Neither is empty or longer than H264_SET_MAX. */
size_t h264_sets_print(struct view sps, struct view pps, uint8_t ret_payload[H264_SETS_MAX]);
