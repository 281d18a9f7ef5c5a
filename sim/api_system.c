/* system/: what the device is, and how long it runs. */
#include "api_priv.h"
#include "base/clock.h"

enum { SERIAL_DIGITS = 10 };

/* Ten digits that differ from door to door: those of the account, when it has as many. */
static void serial_digits(const char *user, char ret_digits[SERIAL_DIGITS + 1])
{
	uint64_t n = 0;

	if (view_u64(view_str(user), UINT64_C(9999999999), &n))
		n = 1;
	snprintf(ret_digits, SERIAL_DIGITS + 1, "%010llu", (unsigned long long)n);
}

enum fault api_system_info(struct ask *ask)
{
	struct json *j = ask->json;
	char digits[SERIAL_DIGITS + 1], serial[16], mac[24];

	serial_digits(ask->api->door->conf.phone.user, digits);
	snprintf(serial, sizeof(serial), "%.2s-%.4s-%.4s", digits, digits + 2, digits + 6);
	snprintf(mac, sizeof(mac), "02-%.2s-%.2s-%.2s-%.2s-%.2s", digits, digits + 2, digits + 4,
		 digits + 6, digits + 8);
	json_open(j);
	api_put_str(j, "variant", "Vestibule Door");
	api_put_int(j, "variantId", 1);
	api_put_str(j, "devType", "1");
	api_put_str(j, "serialNumber", serial);
	api_put_str(j, "macAddr", mac);
	api_put_str(j, "hwVersion", "simulated");
	api_put_str(j, "swVersion", VERSION);
	api_put_str(j, "buildType", "release");
	api_put_str(j, "firmwarePackage", "vestibule-door");
	api_put_str(j, "deviceName", ask->api->name);
	json_close(j);
	return FAULT_NONE;
}

enum fault api_system_status(struct ask *ask)
{
	struct json *j = ask->json;

	json_open(j);
	api_put_int(j, "systemTime", clock_wall_ms(clock_system()) / 1000);
	api_put_int(j, "upTime", journal_uptime());
	json_close(j);
	return FAULT_NONE;
}
