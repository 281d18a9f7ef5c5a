/* sim/h264.h - H.264 in RTP (RFC 6184): one NAL unit becomes single-NAL or FU-A payloads.
 * Pure; any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { H264_PAYLOAD_MAX = 1200, H264_HEAD_MAX = 2 };

/* One RTP payload: head (0 to H264_HEAD_MAX bytes) followed by p. 0 or a positive errno, which
 * ends the NAL unit. */
typedef int h264_emit(const uint8_t *head, size_t head_n, const uint8_t *p, size_t n, bool marker,
		      void *arg);

/* A NAL unit without its start code; last says that it ends the picture, which gives the marker to
 * its last payload. Whole when it fits or when fragment is false (packetization-mode 0). */
[[nodiscard]] int h264_packetize(const uint8_t *nal, size_t n, bool last, bool fragment,
				 h264_emit *emit, void *arg);
/* How many bytes of Annex B start code stand at p: 3, 4 or 0. */
size_t h264_start_code(const uint8_t *p, size_t n);
