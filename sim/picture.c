#include "picture.h"
#include <string.h>
#include <time.h>

struct colour {
	uint8_t y, u, v;
};

struct box {
	int x, y, w, h; /* pixels, even, inside the picture */
};

static const struct colour WALL = { 96, 124, 134 }, FLOOR = { 60, 126, 130 };
static const struct colour FRAME = { 40, 128, 128 }, LEAF = { 84, 108, 158 };
static const struct colour OUTSIDE = { 190, 150, 110 }, KNOB = { 180, 90, 140 };
static const struct colour PANEL = { 20, 128, 128 }, DIGIT = { 225, 110, 125 };
static const struct colour BAR = { 150, 60, 190 };

static void fill(struct picture *p, struct box b, struct colour c)
{
	for (int row = b.y; row < b.y + b.h; row++)
		memset(&p->y[row][b.x], c.y, (size_t)b.w);
	for (int row = b.y / 2; row < (b.y + b.h) / 2; row++) {
		memset(&p->u[row][b.x / 2], c.u, (size_t)b.w / 2);
		memset(&p->v[row][b.x / 2], c.v, (size_t)b.w / 2);
	}
}

enum { CELL_W = 48, CELL_H = 84, STROKE = 8, COLON_W = 20 };

/* Seven segments, bit by bit: top, upper left, upper right, middle, lower left, lower right,
 * bottom. */
static void draw_digit(struct picture *p, int x, int y, int digit)
{
	static const uint8_t lit[10] = {
		0x77, 0x24, 0x5d, 0x6d, 0x2e, 0x6b, 0x7b, 0x25, 0x7f, 0x6f
	};
	const int w = CELL_W - 12, half = CELL_H / 2;
	const struct box segments[7] = {
		{ x, y, w, STROKE },
		{ x, y, STROKE, half },
		{ x + w - STROKE, y, STROKE, half },
		{ x, y + half - STROKE / 2, w, STROKE },
		{ x, y + half, STROKE, half },
		{ x + w - STROKE, y + half, STROKE, half },
		{ x, y + CELL_H - STROKE, w, STROKE },
	};

	for (int i = 0; i < 7; i++)
		if (lit[digit] & 1 << i)
			fill(p, segments[i], DIGIT);
}

static void draw_clock(struct picture *p, int64_t wall_ms)
{
	const time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm = {};
	const int top = 44;
	int x = 124;

	localtime_r(&seconds, &tm);
	fill(p, (struct box){ 100, 24, 440, CELL_H + 40 }, PANEL);
	const int parts[] = { tm.tm_hour, tm.tm_min, tm.tm_sec % 60 };
	for (int i = 0; i < 3; i++) {
		draw_digit(p, x, top, parts[i] / 10);
		draw_digit(p, x + CELL_W, top, parts[i] % 10);
		x += 2 * CELL_W;
		if (i < 2) {
			fill(p, (struct box){ x, top + 22, STROKE, STROKE }, DIGIT);
			fill(p, (struct box){ x, top + 54, STROKE, STROKE }, DIGIT);
		} else {
			fill(p, (struct box){ x, top + CELL_H - STROKE, STROKE, STROKE }, DIGIT);
		}
		x += COLON_W;
	}
	draw_digit(p, x, top, (int)(wall_ms / 100 % 10));
}

static void draw_doorway(struct picture *p, bool open)
{
	fill(p, (struct box){ 0, 0, PICTURE_WIDTH, 380 }, WALL);
	fill(p, (struct box){ 0, 380, PICTURE_WIDTH, 100 }, FLOOR);
	fill(p, (struct box){ 250, 180, 140, 220 }, FRAME);
	fill(p, (struct box){ 260, 190, 120, 210 }, open ? OUTSIDE : LEAF);
	if (open)
		fill(p, (struct box){ 260, 190, 20, 210 }, LEAF);
	else
		fill(p, (struct box){ 360, 290, 10, 14 }, KNOB);
}

void picture_draw(struct picture *p, int64_t wall_ms, bool open)
{
	enum { BAR_W = 40, LAP_MS = 4000 };
	int x = (int)(wall_ms % LAP_MS * (PICTURE_WIDTH - BAR_W) / LAP_MS) & ~1;

	draw_doorway(p, open);
	draw_clock(p, wall_ms);
	fill(p, (struct box){ x, 440, BAR_W, 24 }, BAR);
}
