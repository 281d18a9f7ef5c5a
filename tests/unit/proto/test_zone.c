/* Time zones of the system's database, against what the C library makes of them. */
#include "proto/zone.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* North and south, half hours, a quarter of one, summer time by half an hour, on a Thursday at 26
 * o'clock, an hour before midnight, in winter, and none. */
static const char *const names[] = {
	"Europe/Prague",    "Europe/London",     "Europe/Dublin",    "America/New_York",
	"America/Nuuk",     "America/Sao_Paulo", "America/Santiago", "America/St_Johns",
	"Asia/Jerusalem",   "Asia/Kathmandu",    "Asia/Tokyo",       "Australia/Lord_Howe",
	"Australia/Sydney", "Africa/Casablanca", "Africa/Cairo",     "Pacific/Chatham",
	"Pacific/Apia",     "Etc/UTC",           "Etc/GMT+12",
};

enum { HOUR = 3600, STEP = 7 * HOUR + 13 };
#define FROM  INT64_C(1735689600) /* 2025 */
#define UNTIL INT64_C(2556143999) /* 2050: behind all tables, which end with 2037 */

static struct view file_of(const char *name, char *bytes, size_t size)
{
	char path[128];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("no %s", path);
	n = fread(bytes, 1, size, file);
	fclose(file);
	return (struct view){ bytes, n };
}

static long libc_offset(int64_t at)
{
	const time_t t = (time_t)at;
	struct tm tm;

	assert_non_null(localtime_r(&t, &tm));
	return tm.tm_gmtoff;
}

static void zones_say_what_the_library_says(void **)
{
	static char bytes[ZONE_FILE_MAX];
	struct zone zone;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(setenv("TZ", names[i], 1), 0);
		tzset();
		assert_int_equal(
			zone_read(file_of(names[i], bytes, sizeof(bytes)), FROM, UNTIL, &zone), 0);
		for (int64_t at = FROM; at < UNTIL; at += STEP) {
			if (zone_offset_s(&zone, at) != libc_offset(at))
				fail_msg("%s at %lld: %d", names[i], (long long)at,
					 zone_offset_s(&zone, at));
		}
		for (unsigned k = 0; k < zone.n; k++) { /* to the second */
			const int64_t at = zone.changes[k].at;

			assert_int_equal(zone_offset_s(&zone, at), libc_offset(at));
			assert_int_equal(zone_offset_s(&zone, at - 1), libc_offset(at - 1));
		}
	}
	unsetenv("TZ");
}

static void a_zone_knows_what_was_before_its_first_change(void **)
{
	static char bytes[ZONE_FILE_MAX];
	struct zone zone;

	/* July 2026 until August */
	assert_int_equal(zone_read(file_of("Europe/Prague", bytes, sizeof(bytes)), 1782864000,
				   1785542400, &zone),
			 0);
	assert_int_equal(zone.n, 0);
	assert_int_equal(zone_offset_s(&zone, 1782864000), 2 * HOUR);
}

static void what_is_no_zone_is_refused(void **)
{
	static char bytes[ZONE_FILE_MAX];
	const struct view file = file_of("Europe/Prague", bytes, sizeof(bytes));
	struct zone zone;

	for (size_t n = 0; n < file.n; n++) { /* cut wherever it may be: the footer is not needed */
		const int rc = zone_read((struct view){ file.p, n }, FROM, UNTIL, &zone);

		if (rc != 0)
			assert_int_equal(rc, -EBADMSG);
		else
			assert_true(n > file.n - 64);
	}
	assert_int_equal(zone_read(file, UNTIL, FROM, &zone), -EBADMSG);
	assert_int_equal(zone_read(VIEW("TZif"), FROM, UNTIL, &zone), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zones_say_what_the_library_says),
		cmocka_unit_test(a_zone_knows_what_was_before_its_first_change),
		cmocka_unit_test(what_is_no_zone_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
