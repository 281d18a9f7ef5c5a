/* camera/: single pictures. A stream of them (fps) is not made. */
#include <stdlib.h>
#include "api_priv.h"
#include "base/clock.h"
#include "camera.h"

enum { FPS_MAX = 15 }; /* above it the value is wrong, as on the real device */

static const struct {
	unsigned width, height;
} sizes[] = { { 160, 120 }, { 176, 144 }, { 320, 240 }, { 352, 288 }, { 640, 480 } };

enum fault api_camera_caps(struct ask *ask)
{
	struct json *j = ask->json;

	json_open(j);
	json_key(j, "jpegResolution");
	json_list_open(j);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		json_open(j);
		api_put_int(j, "width", sizes[i].width);
		api_put_int(j, "height", sizes[i].height);
		json_close(j);
	}
	json_list_close(j);
	json_key(j, "sources");
	json_list_open(j);
	json_open(j);
	api_put_str(j, "source", "internal");
	json_close(j);
	json_list_close(j);
	json_close(j);
	return FAULT_NONE;
}

static bool size_ok(uint64_t width, uint64_t height)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		if (sizes[i].width == width && sizes[i].height == height)
			return true;
	return false;
}

enum fault api_camera_snapshot(struct ask *ask)
{
	uint64_t width = 0, height = 0, fps = 0;
	uint8_t *jpeg = NULL;
	size_t n = 0;
	enum fault fault = api_needed(ask, "width");

	if (!fault)
		fault = api_needed(ask, "height");
	if (!fault)
		fault = api_number(ask, "height", UINT32_MAX, &height);
	if (!fault)
		fault = api_number(ask, "width", UINT32_MAX, &width);
	if (fault || !size_ok(width, height))
		return fault ? fault : FAULT_VALUE;
	fault = api_number(ask, "fps", FPS_MAX, &fps);
	if (fault || fps)
		return fault ? fault : FAULT_UNSUPPORTED;
	int err = camera_snapshot(clock_wall_ms(clock_system()),
				  relay_get(ask->api->door->relays, 1).active, (int)width,
				  (int)height, &jpeg, &n);
	if (err)
		return FAULT_FAILED;
	api_reply(ask, "image/jpeg", (struct view){ (const char *)jpeg, n });
	free(jpeg);
	return FAULT_NONE;
}
