/* api/record.h - the trail: a row of `audit` beside every change, in the change's own transaction.
 *
 * request.c sends every route through here that is not GET, not public and not ROUTE_UNRECORDED, so
 * that none can forget its row. What is told comes from the tables: the object and the verb from
 *the route, before and after from the shapes, without the fields of FIELD_SECRET: before  what the
 *GET route of the same path would have answered after   what the route answered, or what it was
 *told where it answers nothing A route of LANE_HASH, which takes passwords, tells only that it was
 *used.
 *
 * Runs on the request's worker. */
#pragma once
#include "base/buf.h"

#include <stdint.h>

struct request;
struct shape;

enum {
	RECORD_JSON_MAX = 64 * 1024, /* bytes of before and of after; a longer one is left out */
	RECORD_LABEL_MAX = 200,      /* bytes of what a thing is called that are kept */
	RECORD_DENIED_MAX = 20,      /* refusals of one person that are told in RECORD_DENIED_MS */
	RECORD_DENIED_MS = 3600 * 1000,
};

/* What the trail keeps of an answer. */
struct record {
	struct buf json;
	int64_t id;        /* INT64_MIN: it had none */
	struct view label; /* in the request's arena; p NULL: none */
};

/* The route changes something, and is one to tell of. */
bool record_wants(const struct request *r);
/* Runs the route's handler and appends its row: both are there afterwards, or neither. What a
 * refused request committed on its own (a count of tries) stays, without a row. */
[[nodiscard]] int record_run(struct request *r);
/* The request was refused for want of a right. */
void record_denied(struct request *r);
/* Called for every answer that is printed while r->record is set. */
void record_take(struct request *r, const struct shape *shape, const void *from);
