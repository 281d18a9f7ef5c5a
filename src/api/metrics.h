/* api/metrics.h - numbers for Prometheus (text format 0.0.4), asked of whoever registered.
 *
 * Sources run on the web loop's thread at each scrape: they read atomics or their own copies. */
#pragma once
#include "base/buf.h"

enum {
	METRICS_SIZE_MAX = 256 * 1024, /* bytes of a scrape */
	METRICS_SOURCES_MAX = 16,
};

struct metrics {
	struct buf *out;
};

typedef void metrics_fn(void *arg, struct metrics *m);

enum metric_type { METRIC_GAUGE, METRIC_COUNTER };

/* Begins a family; its samples follow. Names by Prometheus' customs: vestibule_calls, …_total. */
void metrics_family(struct metrics *m, const char *name, enum metric_type type, const char *help);
/* labels: `code="2xx",lane="request"`, or NULL. */
void metrics_sample(struct metrics *m, const char *name, const char *labels, int64_t value);
/* A family with one sample. */
void metrics_one(struct metrics *m, const char *name, enum metric_type type, const char *help,
		 int64_t value);
