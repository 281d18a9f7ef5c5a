/* The file of a time zone: what is read of it rises with time, and lies where it was asked for. */
#include "proto/zone.h"

#include <stdlib.h>

#define FROM  INT64_C(1767225600)
#define UNTIL INT64_C(2713910400)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct zone zone;

	if (zone_read((struct view){ (const char *)data, n }, FROM, UNTIL, &zone) < 0)
		return 0;
	if (zone.n > ZONE_CHANGES_MAX)
		abort();
	for (unsigned i = 0; i < zone.n; i++) {
		if (zone.changes[i].at <= FROM || zone.changes[i].at > UNTIL)
			abort();
		if (i && zone.changes[i].at < zone.changes[i - 1].at)
			abort();
	}
	if (zone_offset_s(&zone, FROM) != zone.before_s)
		abort();
	return 0;
}
