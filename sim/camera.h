/* sim/camera.h - the simulated camera: H.264 for a call, a JPEG for whoever asks.
 *
 * Belongs to the loop's thread. A picture costs about 3 ms of it, fifteen times a second. */
#pragma once
#include "h264.h"

enum { CAMERA_FPS = 15, CAMERA_KEY_FRAMES = 2 * CAMERA_FPS, CAMERA_KBITS = 700 };

struct camera;

/* whole_nals: no NAL unit above H264_PAYLOAD_MAX (packetization-mode 0). 0 or a positive errno. */
[[nodiscard]] int camera_new(bool whole_nals, struct camera **ret_camera);
void camera_free(struct camera *c);
/* Draws and encodes the scene of now and emits its payloads. */
[[nodiscard]] int camera_frame(struct camera *c, int64_t wall_ms, bool open, bool key,
			       h264_emit *emit, void *arg);
/* A JPEG of the scene in width by height; *ret_jpeg is for free(). */
[[nodiscard]] int camera_snapshot(int64_t wall_ms, bool open, int width, int height,
				  uint8_t **ret_jpeg, size_t *ret_n);
