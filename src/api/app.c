#include "api/app.h"

#include "api/session.h"

#include <errno.h>

static const struct app_device_row *find(const struct app_device_row *devices, size_t n,
					 int64_t number)
{
	for (size_t i = 0; i < n; i++)
		if (devices[i].number == number)
			return &devices[i];
	return NULL;
}

static int64_t expiry(int64_t created_at, int64_t now)
{
	const int64_t idle = now + APP_IDLE_MS, end = created_at + APP_MAX_MS;

	return idle < end ? idle : end;
}

/* The device of the device's own session. */
static int find_own(struct request *r, struct app_device_row *ret_device)
{
	struct app_session_row session = {};
	struct view hash;
	int rc = cookie_hash(r, APP_COOKIE, &hash);

	if (rc == 0)
		rc = app_session_find(r->db, hash, r->now, r->arena, &session);
	if (rc == 0)
		rc = app_get(r->db, session.site_id, session.device, r->arena, ret_device);
	if (rc == 0 && r->now - session.seen_at > SESSION_TOUCH_MS)
		rc = app_session_touch(r->db, hash, r->now, expiry(session.created_at, r->now));
	if (rc == 0)
		r->who.app_token_hash = hash;
	return rc;
}

static int find_held(struct request *r, struct app_device_row *devices, size_t *ret_n)
{
	struct app_device_row *held;
	const int rc =
		app_list_of_person(r->db, r->who.person_id, APPS_MAX, r->arena, &held, ret_n);

	for (size_t i = 0; rc == 0 && i < *ret_n; i++)
		devices[i] = held[i];
	return rc;
}

/* The device's own comes last, unless the person holds it. */
static int find_all(struct request *r, bool person)
{
	struct app_device_row *devices = arena_alloc(r->arena, APPS_MAX * sizeof(*devices));
	struct app_device_row own;
	size_t n = 0;
	int rc = devices ? 0 : -ENOMEM;

	if (rc == 0 && person)
		rc = find_held(r, devices, &n);
	if (rc < 0)
		return rc;
	rc = find_own(r, &own);
	if (rc < 0 && (rc != -ENOENT || !person))
		return rc;
	if (rc == 0 && n < APPS_MAX && !find(devices, n, own.number))
		devices[n++] = own;
	r->who.apps = devices;
	r->who.napps = n;
	return 0;
}

int app_authenticate(struct request *r)
{
	const int rc = session_authenticate(r);

	if (rc == -ENOENT)
		r->who = (struct who){};
	else if (rc < 0)
		return rc;
	return find_all(r, rc == 0);
}

void request_app_devices(const struct request *r, const struct app_device_row **ret_devices,
			 size_t *ret_n)
{
	*ret_devices = r->who.apps;
	*ret_n = r->who.napps;
}

const struct app_device_row *request_app_device(const struct request *r, int64_t number)
{
	return find(r->who.apps, r->who.napps, number);
}
