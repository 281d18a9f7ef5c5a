/* api/live.h - what a live page is told, and where it goes on. Any thread. */
#pragma once
#include "base/buf.h"

struct request;

struct live_view {
	int64_t cursor;
	struct view type;
	int64_t site;
	struct view id;
};

/* The cursor of the query; 0 without one. */
int64_t live_cursor(const struct request *r);
