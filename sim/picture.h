/* sim/picture.h - what the simulated camera sees: a doorway, a readable clock, a moving bar.
 * YUV 4:2:0, limited range. A picture belongs to its caller; no thread of its own. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { PICTURE_WIDTH = 640, PICTURE_HEIGHT = 480 };

struct picture {
	uint8_t y[PICTURE_HEIGHT][PICTURE_WIDTH];
	uint8_t u[PICTURE_HEIGHT / 2][PICTURE_WIDTH / 2];
	uint8_t v[PICTURE_HEIGHT / 2][PICTURE_WIDTH / 2];
};

/* The scene at a moment: local time with tenths, the bar's place, the door open or closed. */
void picture_draw(struct picture *p, int64_t wall_ms, bool open);
