#include "api/metrics.h"

#include <inttypes.h>

void metrics_family(struct metrics *m, const char *name, enum metric_type type, const char *help)
{
	buf_printf(m->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
		   type == METRIC_COUNTER ? "counter" : "gauge");
}

void metrics_sample(struct metrics *m, const char *name, const char *labels, int64_t value)
{
	buf_str(m->out, name);
	if (labels)
		buf_printf(m->out, "{%s}", labels);
	buf_printf(m->out, " %" PRId64 "\n", value);
}

void metrics_one(struct metrics *m, const char *name, enum metric_type type, const char *help,
		 int64_t value)
{
	metrics_family(m, name, type, help);
	metrics_sample(m, name, NULL, value);
}
