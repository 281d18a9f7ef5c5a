/* vestibulectl new-key: the way on when the master key is lost. What the old key sealed cannot be
 * read any more, so every device gets a new SIP password, sealed with the new key, lines to
 * providers and cameras have none until it is entered again, second factors are off, and phones that
 * are to be woken subscribe anew. */
#include "ctl.h"

#include "api/key.h"
#include "store/device.h"
#include "store/factor.h"
#include "store/order.h"
#include "store/push.h"
#include "store/site.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SITES_PAGE = 100 };

/* What was renewed. */
struct renewed {
	size_t devices; /* that somebody must enter it in */
	size_t lines;   /* that need a password */
	int64_t cameras; /* likewise */
};

static int renew_device(struct ctl *c, const struct secret_key *key, int64_t site_id,
			int64_t number)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(16384);
	struct device_secret_row row = { .number = number };
	struct credential made;
	int rc = credential_make(key, rand_system(), number, c->realm, &arena, &made);

	if (rc < 0)
		return rc;
	row.password_sealed = made.sealed;
	row.ha1_md5 = made.ha1_md5;
	row.ha1_sha256 = made.ha1_sha256;
	return device_secret_set(c->db, clock_wall_ms(clock_system()), site_id, &row);
}

/* Only the provider knows it: it is empty until somebody enters it again. */
static int clear_line(struct ctl *c, const struct secret_key *key, int64_t site_id,
		      struct renewed *renewed)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(16384);
	struct line_row line;
	int rc = line_get(c->db, site_id, &arena, &line);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	rc = secret_seal(key, rand_system(), VIEW(""), &arena, &line.password_sealed);
	renewed->lines += line.username.n > 0;
	return rc < 0 ? rc : line_set(c->db, clock_wall_ms(clock_system()), site_id, &line);
}

static int renew_site(struct ctl *c, const struct secret_key *key, int64_t site_id,
		      struct renewed *renewed)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 24);
	struct directory_row *devices;
	int64_t cameras = 0;
	size_t n = 0;
	int rc = directory_devices(c->db, site_id, &arena, &devices, &n);

	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = renew_device(c, key, site_id, devices[i].number);
		renewed->devices += devices[i].line.n == 0;
	}
	if (rc == 0)
		rc = device_camera_forget(c->db, site_id, &cameras);
	renewed->cameras += cameras;
	return rc < 0 ? rc : clear_line(c, key, site_id, renewed);
}

/* The next sites behind *after; *ret_n of them. */
static int renew_page(struct ctl *c, const struct secret_key *key, int64_t *after,
		      struct renewed *renewed, size_t *ret_n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	struct site_row *sites;
	size_t n = 0;
	int rc = site_ids(c->db, *after, SITES_PAGE, &arena, &sites, &n);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = renew_site(c, key, sites[i].id, renewed);
		*after = sites[i].id;
	}
	*ret_n = n;
	return rc;
}

static int renew_all(struct ctl *c, const struct secret_key *key, struct renewed *renewed)
{
	int64_t after = 0;
	size_t n = SITES_PAGE;
	int rc = 0;

	while (rc == 0 && n == SITES_PAGE)
		rc = renew_page(c, key, &after, renewed, &n);
	return rc;
}

/* The wrong key is kept beside the new one: it may be the right one of another database. */
static int put_aside(struct ctl *c, struct err *err)
{
	const char *path = arena_printf(&c->arena, "%s/master.key", c->data);
	const char *old = arena_printf(&c->arena, "%s/master.key.old", c->data);

	if (!path || !old)
		return err_set(err, -ENOMEM, "no memory");
	if (rename(path, old) < 0 && errno != ENOENT)
		return err_set(err, -errno, "cannot rename %s: %s", path, strerror(errno));
	return 0;
}

int ctl_new_key(struct ctl *c, struct err *err)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct secret_key key;
	struct renewed renewed = {};
	int64_t factors = 0;
	int rc;

	if (key_open(c->data, false, &key, NULL) == 0 && key_check(c->db, &key, NULL) == 0)
		return err_set(err, -EEXIST, "the master key is sound: nothing is to be renewed");
	rc = put_aside(c, err);
	if (rc == 0)
		rc = key_open(c->data, true, &key, err);
	if (rc < 0)
		return rc;
	rc = db_begin(c->db, &tx);
	if (rc == 0)
		rc = renew_all(c, &key, &renewed);
	if (rc == 0)
		rc = totp_delete_all(c->db, &factors);
	if (rc == 0)
		rc = push_key_forget(c->db);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc < 0)
		return err_set(err, rc, "cannot renew the passwords: %s", db_error(c->db));
	printf("%zu devices have new SIP passwords: enter them in the devices\n", renewed.devices);
	if (renewed.lines > 0)
		printf("%zu sites have no password for their line: enter the provider's again\n",
		       renewed.lines);
	if (renewed.cameras > 0)
		printf("%lld cameras have no password: enter theirs again\n",
		       (long long)renewed.cameras);
	if (factors > 0)
		printf("%lld people sign in without a second factor until they set it up again\n",
		       (long long)factors);
	return 0;
}
